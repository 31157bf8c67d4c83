"""A server that speaks the protocol of Redis and answers what a test tells it to.

It stands in for Redis where none is installed, and only for what a client makes of answers; what Redis itself does is
asked of a real one, in `redis`.
"""

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

Answer = Callable[[list[bytes]], bytes]
"""Gives the reply to the arguments of a script, of which the last is the mark of the question."""


def write(value: bytes | int | list[Any] | None) -> bytes:
    """Write a value as the protocol has it."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(write, value))
    return b"$%d\r\n%b\r\n" % (len(value), value)


def giving(value: Any, *, ahead: float = 0.0) -> Answer:
    """Answer every question with a value, at a time that may be ahead of this machine's."""
    return lambda arguments: write([arguments[-1], b"%.6f" % (time.time() + ahead), value])


def saying(reply: bytes) -> Answer:
    """Answer every question with the same bytes."""
    return lambda _: reply


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    answer: Answer
    asked: int = 0


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Answer one command after the other, until the client hangs up."""
        server = cast("_Server", self.server)
        while head := self.rfile.readline():
            words = [self._word() for _ in range(int(head[1:]))]
            if words[0].upper() == b"EVAL":
                server.asked += 1
                self.wfile.write(server.answer(words[3 + int(words[2]) :]))
            else:
                self.wfile.write(b"+OK\r\n")

    def _word(self) -> bytes:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2]


@contextmanager
def scripted(answer: Answer) -> Iterator[tuple[str, Callable[[], int]]]:
    """Run a server; give its URL, and a function that tells how many scripts it was asked to run."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.answer = answer
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}", lambda: server.asked
        finally:
            server.shutdown()
            thread.join()
