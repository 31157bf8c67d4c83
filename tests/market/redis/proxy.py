"""A way to Redis on which replies are delayed, cut, lengthened or replaced; and it counts what it did.

Law: it changes only what comes back. A reply here is what Redis sends in one piece, which on one connection that waits
for each answer is one RESP reply.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from ssl import SSLContext
from typing import Any

Spoil = Callable[[bytes], Awaitable[bytes]]
"""Makes what is passed on of a reply; it may take its time, and an empty one cuts the connection."""


class Proxy:
    """One way; between entering and leaving `proxying` it listens."""

    def __init__(self, redis_port: int, port: int) -> None:
        """Lead to a Redis, from a port of its own."""
        self.port = port
        self.connections = 0
        """How many were taken."""
        self.fired = 0
        """How many replies were spoilt."""
        self.next: deque[Spoil] = deque()
        """For the next replies, one each."""
        self.always: Spoil | None = None
        """For the others."""
        self.only = b""
        """Where set, a reply is spoilt only if it holds this."""
        self._redis_port = redis_port
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address, without a database."""
        return f"redis://127.0.0.1:{self.port}"

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._carry(reader, writer)
        finally:
            writer.close()
            self._tasks.discard(task)

    async def see_off(self) -> None:
        """Wait until the connections that there are have ended."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            redis_reader, redis_writer = await asyncio.open_connection("127.0.0.1", self._redis_port)
            try:
                await self._exchange((reader, redis_writer), (redis_reader, writer))
            finally:
                redis_writer.close()

    async def _exchange(self, there: "_Way", back: "_Way") -> None:
        """Carry both ways until one of them ends."""
        tasks = {asyncio.create_task(_pass(*there, _keep)), asyncio.create_task(_pass(*back, self._spoil))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _spoil(self, reply: bytes) -> bytes:
        if self.only not in reply:
            return reply
        spoil = self.next.popleft() if self.next else self.always
        if spoil is None:
            return reply
        self.fired += 1
        return await spoil(reply)


_Way = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _keep(part: bytes) -> bytes:
    return part


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoil: Spoil) -> None:
    """Carry one way."""
    while part := await reader.read(65_536):
        changed = await spoil(part)
        if not changed:
            return
        writer.write(changed)
        await writer.drain()


def replace(reply: bytes) -> Spoil:
    """Send something else; nothing at all cuts the connection."""

    async def spoil(_: bytes) -> bytes:
        """Replace one reply."""
        return reply

    return spoil


def surround(before: bytes = b"", after: bytes = b"") -> Spoil:
    """Send more than was answered."""

    async def spoil(reply: bytes) -> bytes:
        """Lengthen one reply."""
        return before + reply + after

    return spoil


class Hold:
    """Sends replies late: when it is let go."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.reached = asyncio.Event()
        """A reply is held."""
        self.released = asyncio.Event()

    async def __call__(self, reply: bytes) -> bytes:
        """Hold one reply."""
        self.reached.set()
        await self.released.wait()
        return reply


@asynccontextmanager
async def proxying(redis_port: int, port: int = 0, *, tls: SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Open a way to a Redis, at a port or else at any that is free, and end all connections in the end.

    Args:
        redis_port: where it leads.
        port: where it begins, 0 for any.
        tls: the certificate to show; None for a way without TLS.
    """
    proxy = Proxy(redis_port, port)
    server = await asyncio.start_server(proxy.relay, "127.0.0.1", port, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()


class _There(asyncio.Protocol):
    """The end at Redis of a way that holds replies: each for a time of its own, and none before an earlier one."""

    def __init__(self, back: asyncio.Transport, delay: Callable[[], float]) -> None:
        self._back = back
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._last = 0.0

    def data_received(self, data: bytes) -> None:
        """Send a reply on, later."""
        self._last = max(self._loop.time() + self._delay(), self._last + 1e-5)
        self._loop.call_at(self._last, self._back.write, data)

    def connection_lost(self, _: Exception | None) -> None:
        """End the other end too."""
        self._back.close()


class _Here(asyncio.Protocol):
    """The end at the client."""

    def __init__(self, redis_port: int, delay: Callable[[], float], open_ends: set[asyncio.Transport]) -> None:
        self._redis_port = redis_port
        self._delay = delay
        self._open_ends = open_ends
        self._waiting = b""
        self._there: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        """Go on to Redis."""
        self._here = transport
        self._open_ends.add(transport)
        self._task = asyncio.ensure_future(self._connect())

    def data_received(self, data: bytes) -> None:
        """Send a question on, at once."""
        if self._there is None:
            self._waiting += data
        else:
            self._there.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        """End the other end too."""
        self._open_ends.discard(self._here)
        if self._there is not None:
            self._there.close()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        there, _ = await loop.create_connection(lambda: _There(self._here, self._delay), "127.0.0.1", self._redis_port)
        self._there = there
        there.write(self._waiting)
        if self._here.is_closing():
            there.close()


@asynccontextmanager
async def delaying(redis_port: int, longest: float, *, seed: int, port: int = 0) -> AsyncIterator[int]:
    """Open a way that holds each reply for a random time, cheap enough for many connections, and give its port."""
    chance, open_ends = Random(seed), set[asyncio.Transport]()  # noqa: S311

    def make() -> _Here:
        """Make the end of one connection."""
        return _Here(redis_port, lambda: chance.uniform(0, longest), open_ends)

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        while open_ends:
            for end in list(open_ends):
                end.close()
            await asyncio.sleep(0)
