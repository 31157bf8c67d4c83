"""Fetches one board: from Redis if another process has a fresh one, else from the exchange, for all.

Law: the age of a board is counted from before the exchange was asked; what fails is told to everybody who would try it
again; and whatever Redis does, the exchange is asked in the end.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from msgspec.structs import replace

from service.link import Allowance, LinkError
from service.market.clock import Clock
from service.market.events import Observe, Rejected, Stumbled
from service.market.sealing import Board, FlawError, unseal
from service.market.source import Exchange, Feed, Row, UpstreamError
from service.market.store import Claim, Store, lock_seconds
from service.market.upstream import Upstream
from service.market.vetting import LATEST_MS, Vetted, is_sound, require_rows, vet

SHORTEST_FAILURE, LONGEST_FAILURE = 1.0, 60.0
"""Bounds of the time in seconds for which nobody repeats what failed."""
POLL_SECONDS = 0.03


class Kept(NamedTuple):
    """A board in this process."""

    board: Board
    age_then: float
    """Its age when it came in, in seconds."""
    steady_then: float

    def age(self, steady: float) -> float:
        """Age in seconds at a time of the steady clock."""
        return self.age_then + steady - self.steady_then


Take = Callable[[Kept], None]
"""Is given every younger board as soon as it is there."""


def failure_seconds(error: UpstreamError) -> float:
    """Seconds for which a failure is remembered: as long as the exchange says, within bounds."""
    return min(LONGEST_FAILURE, max(SHORTEST_FAILURE, error.retry_after or 0))


class Fetcher:
    """The way to the boards of all exchanges that are on."""

    def __init__(
        self, upstreams: Mapping[Exchange, Upstream], store: Store | None, *, observe: Observe, clock: Clock
    ) -> None:
        """Make a fetcher; without a store every board comes from its exchange."""
        self._upstreams = upstreams
        self._store = store
        self._observe = observe
        self._clock = clock

    async def fetch(self, feed: Feed, known: Kept | None, take: Take) -> None:
        """Get a fresh board.

        Args:
            feed: the board.
            known: the one that the process has.
            take: is given what comes in: perhaps a stale board of Redis first, then the fresh one.

        Raises:
            UpstreamError: if there is no fresh one.
        """
        shared = _Shared(self._store, feed, self._observe)
        youngest = known

        def note(kept: Kept) -> None:
            nonlocal youngest
            youngest = kept
            take(kept)

        turn = await self._await_turn(shared, known, note)
        if turn == "over":
            return
        try:
            kept = await self._ask(feed, youngest, turn)
        except UpstreamError as error:
            await shared.fail(error)
            raise
        take(kept)
        await shared.keep(kept.board)

    async def _await_turn(self, shared: "_Shared", known: Kept | None, take: Take) -> "_Turn":
        """Wait until a fresh board comes in, or until this process is to fetch it."""
        deadline = self._clock.steady() + lock_seconds(shared.feed)
        stamp = 0 if known is None else known.board.stamp
        while claim := await shared.claim(stamp):
            board = shared.open(claim, int(self._clock.wall() * 1e3))
            if board is not None:
                stamp = board.stamp
                take(self._date(board, claim))
            turn = _read_turn(claim, stamp, shared.feed)
            if turn is not None:
                return turn
            if self._clock.steady() > deadline:  # whoever has the right to fetch does not use it
                break
            await asyncio.sleep(POLL_SECONDS)
        return None

    def _date(self, board: Board, claim: Claim) -> Kept:
        """Give a board of Redis its age: the older of what Redis's clock and this machine's say."""
        by_redis = (claim.now - board.stamp) / 1e6
        wall = self._clock.wall()
        age = max(by_redis, wall - board.wall_ms / 1e3, 0.0)
        dated = replace(board, wall_ms=min(board.wall_ms, int((wall - age) * 1e3)))  # no clock makes it of the future
        return Kept(dated, age, self._clock.steady())

    async def _ask(self, feed: Feed, known: Kept | None, stamp: int | None) -> Kept:
        """Ask the exchange, with the time before the question as the board's own."""
        wall, steady = self._clock.wall(), self._clock.steady()
        rows = await self._rows(feed)
        is_recent = known is not None and known.age(steady) <= feed.longest_seconds
        last_count = len(known.board.rows) if known is not None and is_recent else 0
        vetted = vet(rows, int(self._clock.wall() * 1e3))
        for doubt, times in vetted.doubts.items():
            self._observe(Rejected(feed.exchange, doubt, times))
        self._require_rows(feed, vetted, last_count)
        stamp = int(wall * 1e6) if stamp is None else stamp
        board = Board(rows=vetted.rows, dropped=vetted.dropped, wall_ms=int(wall * 1e3), stamp=stamp)
        return Kept(board, 0.0, steady)

    def _require_rows(self, feed: Feed, vetted: Vetted, last_count: int) -> None:
        try:
            require_rows(vetted, last_count)
        except UpstreamError:
            self._observe(Rejected(feed.exchange, "too_few_rows", 1))
            raise

    async def _rows(self, feed: Feed) -> Sequence[Row]:
        """Ask for the rows; what the adapter stumbles over is a reply that nobody foresaw, and no row of it counts."""
        try:
            return await feed.fetch(self._upstreams[feed.exchange].getter(feed))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            self._observe(Stumbled(feed.exchange, feed.subject, error))
            detail = f"The reply of {feed.exchange} can't be read ({type(error).__name__})"
            raise UpstreamError("bad_payload", detail) from error


_Turn = int | Literal["over"] | None
"""Time of Redis at which the right to fetch was given, None where it is taken without Redis, `over` where a fresh board
came in."""


def _read_turn(claim: Claim, stamp: int, feed: Feed) -> _Turn:
    """Tell whose turn it is; None while another process has the right to fetch."""
    if 0 <= claim.now - stamp <= feed.fresh_seconds * 1e6:
        return "over"
    if claim.is_ours:
        return claim.now
    if claim.failure is not None:
        raise claim.failure
    return None


def _require_sound(board: Board, now_ms: int) -> None:
    """Refuse a board of Redis that no process of ours can have written.

    Raises:
        FlawError: unsound.
    """
    if not 0 <= board.wall_ms <= LATEST_MS or not is_sound(board.rows.values(), now_ms):
        raise FlawError("unsound")


class _Shared:
    """One board's place in Redis during one fetch; without Redis, a place that stays empty."""

    def __init__(self, store: Store | None, feed: Feed, observe: Observe) -> None:
        self.feed = feed
        self._store = store
        self._observe = observe
        self._allowance = Allowance(0.0) if store is None else store.allow()
        self._is_doubted = False
        self._has_asked = False
        self._has_right = False

    async def claim(self, stamp: int) -> Claim | None:
        """Ask for a board younger than a stamp or the right to fetch it; None where Redis does not answer."""
        if self._store is None:
            return None
        if self._has_asked:  # waiting for another process is no failing of Redis
            self._allowance = self._store.allow()
        self._has_asked = True
        try:
            claim = await self._store.claim(
                self.feed, known=stamp, is_doubted=self._is_doubted, allowance=self._allowance
            )
        except LinkError:  # the link itself tells
            return None
        self._has_right = claim.is_ours
        return claim

    def open(self, claim: Claim, now_ms: int) -> Board | None:
        """Read the board that came with a claim; one that is refused counts as not there from now on."""
        if claim.value is None:
            return None
        try:
            board = unseal(self.feed, claim.value)
            _require_sound(board, now_ms)
        except FlawError as error:
            self._observe(Rejected(self.feed.exchange, error.flaw, 1))
            self._is_doubted = True
            return None
        return board

    async def keep(self, board: Board) -> None:
        """Share a board, where the right to fetch it came from Redis."""
        if self._store is None or not self._has_right:
            return
        with suppress(LinkError):
            await self._store.keep(self.feed, board, is_doubted=self._is_doubted, allowance=self._allowance)

    async def fail(self, error: UpstreamError) -> None:
        """Tell the others that it failed, where the right to fetch came from Redis."""
        if self._store is None or not self._has_right:
            return
        with suppress(LinkError):
            await self._store.fail(self.feed, error, seconds=failure_seconds(error), allowance=self._allowance)
