"""What a test of the market holds in its own hand: the clocks, the events, an exchange that answers as told."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from service.link import Allowance, LinkError
from service.market.boards import Boards
from service.market.clock import Clock
from service.market.events import Called, Event, Read, Rejected
from service.market.fetcher import Fetcher
from service.market.sealing import Board
from service.market.source import Adapter, Budget, Feed, Get, Quote, Row, Tier, UpstreamError
from service.market.store import Claim, Store
from service.market.upstream import Upstream, Web

DEADLINE = 20.0
"""Of a wait for something that must happen, in seconds; it only fails a hang."""
HOST = "fapi.binance.com"


class Hands:
    """Two clocks that go on when they are told to."""

    def __init__(self) -> None:
        """Begin in 2027."""
        self.wall = 1_800_000_000.0
        self.steady = 5_000.0
        self.clock = Clock(lambda: self.wall, lambda: self.steady)

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.steady += seconds

    @property
    def micros(self) -> int:
        """Time of day in microseconds since 1970."""
        return int(self.wall * 1e6)


class Log(list[Event]):
    """What happened, oldest first."""

    def reads(self) -> list[str]:
        """How boards were had."""
        return [event.outcome for event in self if isinstance(event, Read)]

    def calls(self) -> list[str]:
        """How calls ended."""
        return [event.outcome for event in self if isinstance(event, Called)]

    def rejected(self) -> dict[str, int]:
        """What was not believed, and how often."""
        return {event.reason: event.times for event in self if isinstance(event, Rejected)}


class Source:
    """One board of an exchange, which answers as told and counts how often it is asked."""

    def __init__(self, hands: Hands, store: object = None) -> None:
        """Take the clocks, and a store or what stands in for one."""
        self.hands = hands
        self.calls = 0
        self.asked: Callable[[], None] = lambda: None
        """Is called when a call begins."""
        self.takes = 0.0
        """Seconds that a call lasts."""
        self.answer: Sequence[Row] | Exception = quotes("SOLUSDT")
        self.gate: asyncio.Event | None = None
        """Keeps the answer back until it is set."""
        self.was_cancelled = False
        self.log = Log()
        self.feed = Feed("binance", "linear", "quotes", Quote, self._fetch, 2.0, 60.0)
        adapter = Adapter("binance", (self.feed,), {HOST: Budget(1000, 60)}, lambda _status, _body: None)
        way = Upstream(adapter, Web(), relay=None, observe=self.log.append, clock=hands.clock)
        shelf: Any = store
        known: Store | None = shelf
        self.fetcher = Fetcher({"binance": way}, known, observe=self.log.append, clock=hands.clock)
        self.boards = Boards(self.fetcher, patience=DEADLINE, observe=self.log.append, clock=hands.clock)

    async def _fetch(self, _get: Get) -> Sequence[Row]:
        self.calls += 1
        self.asked()
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        self.hands.go(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Shelf:
    """A store that answers claims as told, one after the other, and notes what it is given."""

    def __init__(self, *answers: Claim | LinkError) -> None:
        """Take the answers."""
        self.answers = list(answers)
        self.asked: list[tuple[int, bool]] = []
        """The stamp that was known and whether the kept value was doubted, claim by claim."""
        self.kept: list[tuple[Board, bool]] = []
        self.failed: list[tuple[str, float]] = []
        self.is_gone = False
        """Whether nothing can be written."""
        self.turned: Callable[[], None] = lambda: None
        """Is called with every claim."""

    def allow(self) -> Allowance:
        """Give time that nobody uses up."""
        return Allowance(DEADLINE)

    async def claim(self, _feed: Feed, *, known: int, is_doubted: bool, **_: object) -> Claim:
        """Give the next answer."""
        self.asked.append((known, is_doubted))
        self.turned()
        answer = self.answers.pop(0)
        if isinstance(answer, LinkError):
            raise answer
        return answer

    async def keep(self, _feed: Feed, board: Board, *, is_doubted: bool, **_: object) -> None:
        """Note a board."""
        if self.is_gone:
            raise LinkError("connection")
        self.kept.append((board, is_doubted))

    async def fail(self, _feed: Feed, error: UpstreamError, *, seconds: float, **_: object) -> None:
        """Note a failure."""
        if self.is_gone:
            raise LinkError("connection")
        self.failed.append((error.reason, seconds))


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time a test sets forward, so that a timeout is not waited for."""

    ahead = 0.0

    def time(self) -> float:
        """Seconds on the loop's own clock."""
        return super().time() + self.ahead


def quotes(*symbols: str, **prices: Any) -> list[Quote]:
    """Make sound quotes of symbols."""
    return [Quote(symbol=symbol, **({"last": Decimal(80)} | prices)) for symbol in symbols]


def tiers(*pairs: tuple[str, str]) -> tuple[Tier, ...]:
    """Make maintenance tiers of floors and rates."""
    return tuple(Tier(Decimal(floor), Decimal(rate)) for floor, rate in pairs)


def board(*symbols: str, wall: float, stamp: int | None = None) -> Board:
    """Make a board of sound quotes, as of a time of day, by the clock of Redis too unless it says otherwise."""
    rows = {quote.symbol: quote for quote in quotes(*symbols)}
    return Board(rows=rows, dropped={}, wall_ms=int(wall * 1e3), stamp=int(wall * 1e6) if stamp is None else stamp)


async def settle() -> None:
    """Let every task go as far as it can without anything from outside."""
    for _ in range(20):
        await asyncio.sleep(0)
