"""The real process: how it starts, what it answers on a socket, how it ends.

Law: nothing here waits for a time to pass; every wait is for an event, and its deadline only fails a hang.
"""

import ipaddress
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import pytest

from service.__main__ import main
from service.api.messages.wire import encode
from service.api.openapi import examples
from tests.conftest import Call
from tests.market.exchange import ExchangeServer

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "openapi" / "openapi.json"
DEADLINE = 20.0
PAUSE = 0.02
ANYWHERE = str(ipaddress.IPv4Address(0))

SEED = encode(examples.SEED)
HOST = b"Host: service"
TYPE = b"Content-Type: application/json"
LENGTH = b"Content-Length: %d" % len(SEED)
CLOSE = b"Connection: close"
CHUNKED = b"Transfer-Encoding: chunked"
EXPECT = b"Expect: 100-continue"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SEED), SEED)


def request(*headers: bytes, line: bytes = b"POST /v1/sizing HTTP/1.1", body: bytes = SEED) -> bytes:
    """Write a request as it goes over the wire, with no header but the given."""
    return b"\r\n".join([line, *headers, b"", body])


def read(path: bytes) -> bytes:
    """Write a request that reads a path and closes the connection."""
    return request(HOST, CLOSE, line=b"GET %b HTTP/1.1" % path, body=b"")


QUESTION = request(HOST, TYPE, LENGTH, CLOSE)
KEPT_QUESTION = request(HOST, TYPE, LENGTH)


def statuses(received: bytes) -> list[int]:
    """Read the statuses of all answers in what a connection gave."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", received)]


def body(received: bytes) -> bytes:
    """Read the body of the one answer that a connection gave."""
    return received.partition(b"\r\n\r\n")[2]


class Server:
    """A service that runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], address: tuple[str, int], folder: Path) -> None:
        """Take over a process that writes its log and its complaints into a folder."""
        self.process = process
        self.address = address
        self._log = folder / "stdout"
        self._complaints = folder / "stderr"

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(self.address, DEADLINE)

    def send(self, *parts: bytes) -> bytes:
        """Send bytes over a new connection and give all that comes until it is closed."""
        with self.connect() as connection:
            with suppress(ConnectionError):  # the answer may come, and the connection end, before all is sent
                for part in parts:
                    connection.sendall(part)
            return drain(connection)

    def log(self) -> list[dict[str, Any]]:
        """Read the whole lines logged so far."""
        return [json.loads(line) for line in self._log.read_text().rpartition("\n")[0].splitlines()]

    def logged(self, event: str) -> int:
        """Count the lines of one event."""
        return sum(line["event"] == event for line in self.log())

    def complaints(self) -> str:
        """Read what was written to standard error so far."""
        return self._complaints.read_text()

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened; fail if the process ends before, or at the deadline."""
        deadline = monotonic() + DEADLINE
        while not happened():
            assert monotonic() < deadline
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"ended with {self.process.wait(PAUSE)}: {self.complaints()}")

    def is_ready(self) -> bool:
        """Ask whether it takes requests."""
        try:
            return statuses(self.send(read(b"/health/ready"))) == [200]
        except ConnectionError:
            return False

    def stop(self) -> int:
        """Ask it to end and give the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


def drain(connection: socket.socket) -> bytes:
    """Read all that comes until the other side closes."""
    received = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            received += part
    return received


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    """Give the environment without settings, and then with the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEDGE_", "PROMETHEUS_"))}
    return {**kept, **settings}


@contextmanager
def serving(folder: Path, *, host: str = "127.0.0.1", workers: int = 1, **settings: str) -> Iterator[Server]:
    """Start a service, wait until all of it is ready, and end it in the end."""
    port = free_port()
    options = ["--host", host, "--port", str(port), "--workers", str(workers)]
    command = [sys.executable, "-m", "service", "serve", *options]
    with ExitStack() as stack:
        out, err = (stack.enter_context((folder / name).open("wb")) for name in ("stdout", "stderr"))
        process = stack.enter_context(
            subprocess.Popen(command, cwd=ROOT, env=environment(**settings), stdout=out, stderr=err)
        )
        stack.callback(process.kill)
        server = Server(process, ("127.0.0.1" if host == ANYWHERE else host, port), folder)
        server.wait_for(server.is_ready)
        server.wait_for(lambda: all(server.logged(f"Started worker-{number + 1}") for number in range(workers)))
        yield server
        if process.poll() is None:
            assert server.stop() == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a service for all that look at single connections; a body may come as late as a busy machine sends it."""
    with serving(tmp_path_factory.mktemp("server"), HEDGE_BODY_SECONDS=f"{DEADLINE}") as running:
        yield running


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a service that is quick to give up a body."""
    with serving(tmp_path_factory.mktemp("hurried"), HEDGE_BODY_SECONDS="0.3") as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def unfinished(server: Server) -> Iterator[tuple[socket.socket, ...]]:
    """Open connections that send no whole head, before all else: they are given up while other tests run."""
    with server.connect() as silent, server.connect() as slow:
        slow.sendall(QUESTION[:40])
        yield silent, slow


def test_the_process_answers_what_the_application_answers(server: Server, call: Call) -> None:
    """The seed example comes over a socket as it comes within the tests, to the last byte."""
    received = server.send(QUESTION)

    assert statuses(received) == [200]
    assert (
        body(received) == call("POST", "/v1/sizing", content=SEED, headers={"content-type": "application/json"}).content
    )


class Exchange(NamedTuple):
    """What one connection sends and the statuses it gets; none where it is closed without an answer."""

    sent: Sequence[bytes]
    got: Sequence[int]


CONNECTIONS = {
    "two requests at once": Exchange([KEPT_QUESTION + QUESTION], [200, 200]),
    "a refused request and another": Exchange(
        [request(HOST, TYPE, b"Content-Length: 1", body=b"x"), QUESTION], [400, 200]
    ),
    "a request in single bytes": Exchange([QUESTION[index : index + 1] for index in range(len(QUESTION))], [200]),
    "a body in chunks": Exchange([request(HOST, TYPE, CHUNKED, CLOSE, body=CHUNKS)], [200]),
    "a body that waits to be asked for": Exchange([request(HOST, TYPE, LENGTH, EXPECT, CLOSE)], [100, 200]),
    "HTTP/1.0": Exchange([request(TYPE, LENGTH, line=b"POST /v1/sizing HTTP/1.0")], [200]),
    "no host": Exchange([request(TYPE, LENGTH, CLOSE)], [200]),
    "two hosts": Exchange([request(HOST, b"Host: other", TYPE, LENGTH, CLOSE)], [400]),
    "a host with a space": Exchange([request(b"Host: a b", TYPE, LENGTH, CLOSE)], [400]),
    "the same length twice": Exchange([request(HOST, TYPE, LENGTH, LENGTH, CLOSE)], [200]),
    "two lengths": Exchange([request(HOST, TYPE, LENGTH, b"Content-Length: 1", CLOSE)], [400]),
    "two lengths in a list": Exchange([request(HOST, TYPE, LENGTH + b", 1", CLOSE)], [400]),
    "a negative length": Exchange([request(HOST, TYPE, b"Content-Length: -1", CLOSE)], [400]),
    "a signed length": Exchange([request(HOST, TYPE, b"Content-Length: +1", CLOSE)], [400]),
    "a length that is a word": Exchange([request(HOST, TYPE, b"Content-Length: abc", CLOSE)], [400]),
    "a length of 30 digits": Exchange([request(HOST, TYPE, b"Content-Length: " + b"9" * 30, CLOSE)], [400]),
    "no length": Exchange([request(HOST, TYPE, CLOSE)], [400]),
    "a length and chunks": Exchange([request(HOST, TYPE, b"Content-Length: 3", CHUNKED, CLOSE, body=CHUNKS)], [200]),
    "a chunk size that is no number": Exchange([request(HOST, TYPE, CHUNKED, body=b"zz\r\n" + SEED)], [400]),
    "a negative chunk size": Exchange([request(HOST, TYPE, CHUNKED, body=b"-5\r\n" + SEED)], [400]),
    "a chunk size beyond all": Exchange([request(HOST, TYPE, CHUNKED, body=b"f" * 20 + b"\r\n" + SEED)], [400]),
    "a chunk longer than its size": Exchange([request(HOST, TYPE, CHUNKED, body=b"5\r\n" + SEED)], [400]),
    "a coding that is not chunked": Exchange([request(HOST, TYPE, b"Transfer-Encoding: gzip", CLOSE)], [400]),
    "chunked and then another coding": Exchange([request(HOST, TYPE, CHUNKED + b", identity", CLOSE)], [400]),
    "a TLS handshake": Exchange([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 64 + b"\r\n\r\n"], [400]),
    "a line of text": Exchange([b"hello\r\n\r\n"], [400]),
    "zeros": Exchange([b"\x00" * 1000], [400]),
    "HTTP/2": Exchange([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], []),
    "HTTP/9": Exchange([request(HOST, TYPE, LENGTH, CLOSE, line=b"POST /v1/sizing HTTP/9.9")], [400]),
    "a method that is none": Exchange([request(HOST, CLOSE, line=b"P(T / HTTP/1.1", body=b"")], [400]),
    "a method in lower case": Exchange([request(HOST, TYPE, LENGTH, CLOSE, line=b"post /v1/sizing HTTP/1.1")], [405]),
    "a tunnel": Exchange([request(HOST, CLOSE, line=b"CONNECT a:80 HTTP/1.1", body=b"")], [404]),
    "a folded header": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"X: a\r\n b")], [400]),
    "a space before the colon": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"X : a")], [400]),
    "a NUL in a header": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"X: a\x00b")], [400]),
    "half a line end in a header": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"X: a\rb")], [400]),
    "a header name that is no ASCII": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"\xff: a")], [400]),
    "a raw NUL in the path": Exchange([read(b"/\x00")], [400]),
    "a raw byte in the path": Exchange([read(b"/\xff")], [400]),
    "an encoded NUL in the path": Exchange([read(b"/%00")], [404]),
    "an encoded byte in the path": Exchange([read(b"/%ff")], [404]),
    "half an escape in the path": Exchange([read(b"/%")], [404]),
    "steps back": Exchange([read(b"/v1/%2e%2e/health/live")], [404]),
    "another host in the path": Exchange([read(b"http://other/health/live")], [200]),
    "a raw byte in the query": Exchange([read(b"/v1/sizing?\xff")], [400]),
    "a query of separators": Exchange([request(HOST, TYPE, LENGTH, CLOSE, line=b"POST /v1/sizing?& HTTP/1.1")], [422]),
    "a head of 31 kB": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"X: " + b"a" * 31_000)], [200]),
    "a head of 100 kB": Exchange([request(HOST, TYPE, LENGTH, CLOSE, b"X: " + b"a" * 100_000)], [431]),
    "a path of 100 kB": Exchange([read(b"/" + b"a" * 100_000)], [431]),
    "200 headers": Exchange([request(HOST, TYPE, LENGTH, CLOSE, *(b"X: a" for _ in range(200)))], [431]),
    "2 MiB announced": Exchange([request(HOST, TYPE, b"Content-Length: 2097152")], [413]),
    "2 MiB in chunks": Exchange(
        [request(HOST, TYPE, CHUNKED, CLOSE, body=(b"10000\r\n" + b" " * 65_536 + b"\r\n") * 32 + b"0\r\n\r\n")], [413]
    ),
}
SLOW = {
    "a body that stops": request(HOST, TYPE, LENGTH, body=SEED[:20]),
    "a chunk that stops": request(HOST, TYPE, CHUNKED, body=b"5\r\n{"),
    "no body at all": request(HOST, TYPE, LENGTH, body=b""),
}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_gets_what_it_deserves_and_the_next_is_served(name: str, server: Server) -> None:
    """Broken framing is 400 or the end of the connection; no traceback, and nobody else notices."""
    before = server.complaints()

    received = server.send(*CONNECTIONS[name].sent)

    assert statuses(received) == CONNECTIONS[name].got
    assert server.complaints() == before
    assert statuses(server.send(QUESTION)) == [200]


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_body_costs_the_connection(name: str, hurried: Server) -> None:
    """Whatever else comes on it is not read: 408, no traceback, the connection is closed, and the next is served."""
    before = hurried.complaints()

    received = hurried.send(SLOW[name])

    assert statuses(received) == [408]
    assert b"\r\nconnection: close\r\n" in received.lower()
    assert json.loads(body(received))["code"] == "body_timeout"
    assert hurried.complaints() == before
    assert statuses(hurried.send(QUESTION)) == [200]


@pytest.mark.parametrize("abruptly", [False, True], ids=["closing", "resetting"])
def test_a_caller_that_leaves_within_its_body_is_no_defect(abruptly: bool, server: Server) -> None:
    """It is a refusal in the log, without a traceback, and the next caller is served."""
    before, complaints = server.logged("refused"), server.complaints()

    with server.connect() as connection:
        connection.sendall(request(HOST, TYPE, LENGTH, EXPECT, body=b""))
        assert statuses(connection.recv(100)) == [100]
        connection.sendall(SEED[:20])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", abruptly, 0))

    server.wait_for(lambda: server.logged("refused") > before)
    assert server.log()[-1]["code"] == "body_incomplete"
    assert server.complaints() == complaints
    assert statuses(server.send(QUESTION)) == [200]


def test_a_connection_is_kept_for_the_next_request(server: Server) -> None:
    """HTTP/1.1 keeps a connection unless one side says otherwise."""
    with closing(HTTPConnection(*server.address, timeout=DEADLINE)) as connection:
        connection.connect()
        kept = connection.sock
        for _ in range(3):
            connection.request("POST", "/v1/sizing", SEED, {"content-type": "application/json"})
            answer = connection.getresponse()

            assert (answer.status, len(answer.read())) == (200, int(answer.headers["content-length"]))
            assert connection.sock is kept


def test_the_log_has_a_line_for_a_failure_and_none_for_an_answer(server: Server) -> None:
    """Every line is JSON, and finds its request by the id that the caller has."""
    before = len(server.log())

    server.send(QUESTION)
    server.send(read(b"/health/live"))
    refusal = json.loads(body(server.send(read(b"/nowhere"))))
    server.send(QUESTION)

    (line,) = server.log()[before:]
    assert (line["event"], line["code"], line["status"]) == ("refused", "not_found", 404)
    assert line["request_id"] == refusal["request_id"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_ends_with_the_process_and_does_not_keep_it(number: signal.Signals, tmp_path: Path) -> None:
    """A server waits for its answers to end and tells the application afterwards: a stream has to hear of it before."""
    stream = request(HOST, line=b"GET /v1/basis/stream?exchange=binance&symbols=BTCUSDT HTTP/1.1", body=b"")
    with (
        ExchangeServer() as exchanges,
        serving(tmp_path, HEDGE_UPSTREAM=exchanges.url) as server,
        server.connect() as connection,
    ):
        connection.sendall(stream)
        received = b""
        while b"event: basis" not in received:
            received += connection.recv(65_536)

        server.process.send_signal(number)

        assert (received + drain(connection)).endswith(b"\r\n0\r\n\r\n")
        assert server.process.wait(DEADLINE) == 0
        assert server.complaints() == ""
        assert [line["event"] for line in server.log() if line["level"] != "info"] == []


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_lets_an_accepted_request_finish(workers: int, tmp_path: Path) -> None:
    """A deployment costs no caller an answer: the process takes no more, answers what it has, and ends with 0."""
    with serving(tmp_path, workers=workers) as server, server.connect() as connection:
        connection.sendall(request(HOST, TYPE, LENGTH, EXPECT, body=b""))
        assert statuses(connection.recv(100)) == [100]

        server.process.send_signal(signal.SIGTERM)
        server.wait_for(lambda: server.logged(f"Stopping worker-{workers}") == 1)
        connection.sendall(SEED)

        assert statuses(drain(connection)) == [200]
        assert server.process.wait(DEADLINE) == 0
        assert server.complaints() == ""


def test_two_workers_count_together(tmp_path: Path) -> None:
    """Whichever worker is asked for metrics, it tells the sum of both; what they share is gone when they are."""
    with serving(tmp_path, workers=2, TMPDIR=str(tmp_path)) as server:
        received = [server.send(QUESTION) for _ in range(40)]

        assert [statuses(answer) for answer in received] == [[200]] * 40
        assert len(list(tmp_path.glob("minihedge-metrics-*/counter_*.db"))) == 2
        server.wait_for(lambda: counted(server) == 40)
        assert {counted(server) for _ in range(20)} == {40}
        assert server.stop() == 0
        assert list(tmp_path.glob("minihedge-metrics-*")) == []


def counted(server: Server) -> float:
    """Read how many sizing requests were answered; an answer is counted just after it is sent."""
    counter = 'hedge_http_requests_total{method="POST",route="/v1/sizing",status="200"} '
    lines = body(server.send(read(b"/metrics"))).decode().splitlines()
    (count,) = [line.removeprefix(counter) for line in lines if line.startswith(counter)]
    return float(count)


@pytest.mark.parametrize(("host", "anonymous"), [("localhost", "0"), (ANYWHERE, "1")])
def test_an_address_that_may_be_served_is_served(host: str, anonymous: str, tmp_path: Path) -> None:
    """Loopback under its name, and every address for an operator who says so."""
    with serving(tmp_path, host=host, HEDGE_ALLOW_ANONYMOUS=anonymous) as server:
        assert statuses(server.send(QUESTION)) == [200]
        assert server.stop() == 0


def test_with_keys_every_address_may_be_served(tmp_path: Path) -> None:
    """The key that `new-key` writes opens the service, and nothing else does."""
    made = run("new-key", "bot")
    secret = made.stderr.split()[-1].encode()
    (tmp_path / "keys").write_text(made.stdout)

    with serving(tmp_path, host=ANYWHERE, HEDGE_API_KEYS_FILE=str(tmp_path / "keys")) as server:
        known = server.send(request(HOST, TYPE, LENGTH, CLOSE, b"Authorization: Bearer " + secret))

        assert (statuses(known), statuses(server.send(QUESTION))) == ([200], [401])
        assert secret.decode() not in str(server.log())
        assert server.stop() == 0


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=DEADLINE, check=False
    )


REFUSALS: dict[str, tuple[Sequence[str], dict[str, str], str]] = {
    "an unknown setting": (["serve"], {"HEDGE_LOGLEVEL": "info"}, "did you mean HEDGE_LOG_LEVEL?"),
    "a setting like no other": (["serve"], {"HEDGE_": "1"}, "HEDGE_ is not a setting"),
    "a level that is none": (["serve"], {"HEDGE_LOG_LEVEL": "loud"}, "HEDGE_LOG_LEVEL"),
    "a time that is no number": (["serve"], {"HEDGE_BODY_SECONDS": "nan"}, "HEDGE_BODY_SECONDS"),
    "a ceiling that is no number": (["serve"], {"HEDGE_MAX_NOTIONAL": "sNaN"}, "HEDGE_MAX_NOTIONAL"),
    "a flag that is none": (["serve"], {"HEDGE_ALLOW_ANONYMOUS": "yes"}, "HEDGE_ALLOW_ANONYMOUS"),
    "an exchange that is none": (["serve"], {"HEDGE_EXCHANGES": "ftx"}, "HEDGE_EXCHANGES"),
    "a Redis that is none": (["serve"], {"HEDGE_REDIS_URL": "http://redis"}, "HEDGE_REDIS_URL"),
    "keys that are nowhere": (["serve"], {"HEDGE_API_KEYS_FILE": "nowhere"}, "nowhere"),
    "a key without a name": (["new-key"], {}, "name"),
    "a key with a name that is none": (["new-key", "a b"], {}, "letters"),
    "a port of 0": (["serve", "--port", "0"], {}, "--port"),
    "a port beyond all": (["serve", "--port", "65536"], {}, "--port"),
    "a port that is a word": (["serve", "--port", "http"], {}, "--port"),
    "a port of 5,000 digits": (["serve", "--port", "9" * 5000], {}, "--port"),
    "no worker": (["serve", "--workers", "0"], {}, "--workers"),
    "an unknown option": (["serve", "--reload"], {}, "--reload"),
    "an unknown command": (["fly"], {}, "fly"),
    "no command": ([], {}, "command"),
    "an address for everybody": (["serve", "--host", ANYWHERE], {}, "HEDGE_ALLOW_ANONYMOUS=1"),
    "an address that is not ours": (["serve", "--host", "192.0.2.1"], {"HEDGE_ALLOW_ANONYMOUS": "1"}, "192.0.2.1"),
    "a name that can't be one": (["serve", "--host", "a" * 64], {"HEDGE_ALLOW_ANONYMOUS": "1"}, "a" * 64),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_operator_has_to_change_is_told_in_one_line(name: str) -> None:
    """Status 2 and one line on standard error that names the culprit: no traceback, and nothing was started."""
    arguments, settings, culprit = REFUSALS[name]

    ended = run(*arguments, **settings)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"minihedge: .+\n", ended.stderr)
    assert culprit in ended.stderr


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    """Two services on one port would share its callers by chance."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        ended = run("serve", "--port", port)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(rf"minihedge: .*127\.0\.0\.1:{port}.*\n", ended.stderr)


def test_a_port_that_is_served_is_not_served_twice(server: Server) -> None:
    """Nor does a second service join the first one, whose workers share the port among themselves."""
    ended = run("serve", "--port", str(server.address[1]))

    assert (ended.returncode, ended.stdout) == (2, "")
    assert statuses(server.send(QUESTION)) == [200]


def test_the_document_is_written_as_it_is_committed() -> None:
    """`python -m service openapi` gives openapi/openapi.json, byte for byte."""
    written = run("openapi")

    assert (written.returncode, written.stderr) == (0, "")
    assert written.stdout.encode() == DOCUMENT.read_bytes()


def test_the_command_line_runs_in_a_process_of_any_kind(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Importing it does nothing; calling it does what the command does."""
    assert main(["openapi"]) == 0
    sys.stdout.flush()

    assert capfdbinary.readouterr() == (DOCUMENT.read_bytes(), b"")


def test_a_key_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The line for the file on standard output, where it can be appended; the key itself beside it."""
    assert main(["new-key", "bot"]) == 0

    line, shown = capsys.readouterr()
    digest, name = line.split()
    secret = shown.split()[-1]
    assert (sha256(secret.encode()).hexdigest(), name) == (digest, "bot")
    assert secret not in line


def test_a_head_that_does_not_come_is_given_up(unfinished: tuple[socket.socket, ...]) -> None:
    """Neither silence nor half a head keeps a connection open: it is closed without an answer."""
    assert [drain(connection) for connection in unfinished] == [b"", b""]
