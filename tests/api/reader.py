"""A reader of event streams, and a service whose time goes on only while the reader waits."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp

from service.api import stream
from service.api.messages import problems
from service.api.messages.envelope import ObserveRequest, envelop
from service.api.messages.wire import StrictRequest
from service.app import open_market
from service.market.lookup import Market
from service.metrics import Metrics
from service.settings import RelayUrl, Settings
from service.streams import Streams
from tests.market.exchange import ExchangeServer
from tests.market.hand import DEADLINE, Hands, Log, settle

PATH = "/v1/basis/stream"


class Event(NamedTuple):
    """One event, or a comment as an event of that name without anything."""

    name: str
    id: str = ""
    data: Any = None


class Time:
    """Sleep that lasts until a test lets time pass."""

    def __init__(self, hands: Hands) -> None:
        """Take the clocks that go on with it."""
        self.hands = hands
        self.asleep: list[tuple[float, asyncio.Future[None]]] = []
        self.moved = asyncio.Event()
        """Is set when somebody begins to sleep."""

    async def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed."""
        sleeper = (self.hands.steady + seconds, asyncio.get_running_loop().create_future())
        self.asleep.append(sleeper)
        self.moved.set()
        try:
            await sleeper[1]
        finally:
            self.asleep.remove(sleeper)

    async def wake_next(self) -> None:
        """Let time pass until the next sleeper wakes, and let it do what it can."""
        due, sleeper = min(self.asleep, key=lambda one: one[0])
        self.hands.go(max(0.0, due - self.hands.steady))
        sleeper.set_result(None)
        await settle()

    async def fall_asleep(self, count: int) -> None:
        """Wait until so many sleep."""
        async with asyncio.timeout(DEADLINE):
            while len(self.asleep) < count:
                self.moved.clear()
                await self.moved.wait()


class Reader:
    """One connection to a stream, as a server makes it."""

    def __init__(self, desk: "Desk", query: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> None:
        """Connect."""
        self.desk = desk
        self.head: dict[str, Any] = {}
        self.status = 0
        self.is_whole = False
        """Whether the answer has come to its end in good order."""
        self.takes = asyncio.Event()
        """Is set as long as the reader takes what comes."""
        self.takes.set()
        self.chunks: deque[bytes] = deque()
        self.offered = 0
        """Chunks that the service has begun to send."""
        self._left = asyncio.Event()
        self._is_asked = False
        self.task = asyncio.create_task(self._connect(query, method, headers or {}))
        self.task.add_done_callback(lambda _: desk.time.moved.set())

    async def _connect(self, query: str, method: str, headers: dict[str, str]) -> None:
        scope: Any = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": PATH,
            "raw_path": PATH.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in {"host": "service", **headers}.items()],
            "client": ("client", 50_000),
            "server": ("service", 80),
        }
        await self.desk.app(scope, self._receive, self._send)

    async def _receive(self) -> Any:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.head = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.offered += 1
            self.desk.time.moved.set()
            await self.takes.wait()
            self.chunks.extend([message["body"]] if message["body"] else [])
            self.is_whole = not message["more_body"]
        self.desk.time.moved.set()

    def leave(self) -> None:
        """Close the connection."""
        self._left.set()

    async def ended(self) -> None:
        """Wait until the service is through with it."""
        await asyncio.wait_for(asyncio.shield(self.task), DEADLINE)

    async def refusal(self) -> Any:
        """Give the problem that it was answered with."""
        await self.ended()
        return json.loads(b"".join(self.chunks))

    async def read(self) -> Event | None:
        """Give the next event or comment, letting time pass where none comes; None at the end."""
        await self.wait_for(lambda: bool(self.chunks) or self.task.done())
        return parse(self.chunks.popleft()) if self.chunks else None

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened, letting time pass while the stream sleeps."""
        time = self.desk.time
        async with asyncio.timeout(DEADLINE):
            while not happened():
                time.moved.clear()
                if len(time.asleep) > 1:  # beside the one that waits for the end of the stream's time
                    await time.wake_next()
                else:
                    await time.moved.wait()

    async def follow(self) -> AsyncIterator[tuple[float, Event]]:
        """Give everything until the end, with when it came."""
        while (event := await self.read()) is not None:
            yield self.desk.hands.steady, event


def parse(chunk: bytes) -> Event:
    """Read one event or comment, which is whole, and one."""
    text, end, rest = chunk.decode().partition("\n\n")
    assert (end, rest) == ("\n\n", "")
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    if "data" not in fields:
        ((name, value),) = fields.items()
        return Event(name or value)
    return Event(fields["event"], fields["id"], json.loads(fields["data"]))


class Desk:
    """A service that has nothing but the stream, on the local exchanges."""

    def __init__(self, server: ExchangeServer, *, most: int = 100) -> None:
        """Let the exchanges follow the clock."""
        self.server = server
        self.hands = Hands()
        self.time = Time(self.hands)
        self.metrics: Any = Metrics()
        self.counts: list[int] = []
        self.streams = Streams(most, observe=self.counts.append, sleep=self.time.sleep)
        self.settings = Settings(upstream=RelayUrl(server.url), patience_seconds=DEADLINE)
        self.observe: ObserveRequest = self.metrics.observe_request
        self.state = State({"streams": self.streams, "clock": self.hands.clock, "settings": self.settings})
        self.app: ASGIApp
        server.world.clock = lambda: self.hands.wall

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open the market; in the end nothing runs on."""
        market, _, closers = open_market(self.settings, None, observe=Log().append, clock=self.hands.clock)
        self.app = self._build(market)
        try:
            yield
        finally:
            for close in closers:
                await close()

    def _build(self, market: Market) -> ASGIApp:
        self.state.update({"market": market, "metrics": self.metrics})
        app = Litestar(
            route_handlers=[stream.stream_basis],
            exception_handlers={
                problems.RefusalError: problems.answer_refusal,
                Exception: problems.answer_failure,
            },
            state=self.state,
            request_class=StrictRequest,
            openapi_config=None,
            logging_config=None,
        )
        return envelop(app, self.observe, lambda: self.hands.steady)


Scene = Callable[[Desk], Awaitable[None]]


def play(desk: Desk, scene: Scene) -> None:
    """Play a scene at a desk."""

    async def run() -> None:
        """Open the desk for it."""
        async with desk.opened():
            await scene(desk)

    asyncio.run(run())
