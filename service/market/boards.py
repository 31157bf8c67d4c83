"""Boards of all feeds as one process has them, with their age.

Law: a fresh board is served at once, a stale one at once while it is renewed behind the answer, one about to be old
when patience or its renewal ends, an old one never. One task fetches a board however many wait for it, and those have a
patience that ends. Of the boards of single symbols only those stay that were used last, for there are thousands of
symbols.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from service.market.clock import Clock
from service.market.events import Observe, Read
from service.market.fetcher import Fetcher, Kept, failure_seconds
from service.market.source import Feed, UpstreamError

MOST_SYMBOLS = 512
"""Boards of single symbols that a process keeps, of some 50 KB each; no single question may need as many."""

_ENDING_SECONDS = 1.0
"""The last of a board's time, in which it is renewed first: what stands on it is older than the board itself."""


class Failed(NamedTuple):
    """Why a board could not be had, and until when nobody asks again."""

    error: UpstreamError
    until: float
    """By the steady clock."""


class _Flight(NamedTuple):
    task: "asyncio.Task[None]"
    arrival: "asyncio.Future[None]"
    """Is done as soon as any younger board is there."""


class _Shelf:
    """Boards by feed; of those of single symbols the most recently used, in the order of their use."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._whole: dict[str, Kept] = {}
        self._single: dict[str, Kept] = {}

    def get(self, feed: Feed) -> Kept | None:
        """Give a board, which is used by that."""
        if feed.symbol is None:
            return self._whole.get(feed.key)
        kept = self._single.pop(feed.key, None)
        if kept is not None:
            self._single[feed.key] = kept
        return kept

    def put(self, feed: Feed, kept: Kept) -> None:
        """Keep a board in place of the one before, and drop the one that nobody used for longest if they are many."""
        if feed.symbol is None:
            self._whole[feed.key] = kept
            return
        self._single.pop(feed.key, None)
        self._single[feed.key] = kept
        if len(self._single) > self._most:
            del self._single[next(iter(self._single))]


class Boards:
    """The boards as one process has them."""

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        patience: float,
        observe: Observe,
        clock: Clock,
        most_symbols: int = MOST_SYMBOLS,
    ) -> None:
        """Make an empty cache.

        Args:
            fetcher: where boards come from.
            patience: seconds that a question waits for a board at most.
            observe: is told of every read.
            clock: steady time.
            most_symbols: boards of single symbols that are kept.
        """
        self._fetcher = fetcher
        self._patience = patience
        self._observe = observe
        self._clock = clock
        self._kept = _Shelf(most_symbols)
        self._failed: dict[str, Failed] = {}
        self._flights: dict[str, _Flight] = {}

    def deadline(self) -> float:
        """Time of the steady clock until which a question that comes now waits for its boards."""
        return self._clock.steady() + self._patience

    def prepare(self, feeds: Iterable[Feed], longest: float) -> None:
        """Begin to fetch what is not there, so that several boards come in side by side."""
        for feed in feeds:
            if self._lasting(feed, longest) is None and self._failure(feed) is None:
                self._fly(feed)

    async def read(self, feed: Feed, longest: float, *, until: float) -> Kept:
        """Give a board that is at most so many seconds old.

        Args:
            feed: the board.
            longest: seconds, no less than the feed calls fresh; its own limit holds too.
            until: time of the steady clock at which patience ends.

        Raises:
            UpstreamError: if there is none: what the exchange did, `timeout` while it is still asked, or `stale`.
        """
        kept = self._lasting(feed, longest)
        if kept is None:
            return await self._wait(feed, longest, until)
        is_fresh = kept.age(self._clock.steady()) <= feed.fresh_seconds
        if not is_fresh and self._failure(feed) is None:
            self._fly(feed)
        self._observe(Read(feed.exchange, feed.subject, "fresh" if is_fresh else "stale"))
        return kept

    def peek(self, feed: Feed) -> tuple[Kept | None, UpstreamError | None]:
        """Give what there is without asking anybody, and what keeps a newer one away."""
        return self._kept.get(feed), self._failure(feed)

    async def close(self) -> None:
        """End the fetches that are under way."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _lasting(self, feed: Feed, longest: float) -> Kept | None:
        """Give a board that is fresh, or young enough and not about to be too old."""
        limit = min(longest, feed.longest_seconds)
        return self._young(feed, max(limit - _ENDING_SECONDS, min(limit, feed.fresh_seconds)))

    def _young(self, feed: Feed, longest: float) -> Kept | None:
        kept = self._kept.get(feed)
        if kept is None or kept.age(self._clock.steady()) > min(longest, feed.longest_seconds):
            return None
        return kept

    def _failure(self, feed: Feed) -> UpstreamError | None:
        failed = self._failed.get(feed.key)
        return failed.error if failed is not None and self._clock.steady() < failed.until else None

    async def _wait(self, feed: Feed, longest: float, until: float) -> Kept:
        before = self._kept.get(feed)
        if self._failure(feed) is None:
            await self._watch(self._fly(feed), feed, longest=longest, until=until)
        kept = self._young(feed, longest)  # its age is taken after the wait
        if kept is None:
            self._observe(Read(feed.exchange, feed.subject, "failed"))
            self._refuse(feed)
        self._observe(Read(feed.exchange, feed.subject, "stale" if kept is before else "fetched"))
        return kept

    async def _watch(self, flight: _Flight, feed: Feed, *, longest: float, until: float) -> None:
        """Wait for a board that is not about to be old, for the end of the flight, or for the end of patience."""
        await asyncio.wait(flight, timeout=self._left(until), return_when=asyncio.FIRST_COMPLETED)
        if self._lasting(feed, longest) is None and not flight.task.done():  # what came first was too old, or nearly
            await asyncio.wait({flight.task}, timeout=self._left(until))
        if flight.task.done() and not flight.task.cancelled():
            flight.task.result()

    def _left(self, until: float) -> float:
        return max(0.0, until - self._clock.steady())

    def _refuse(self, feed: Feed) -> NoReturn:
        failure = self._failure(feed)
        if failure is not None:
            raise failure.with_traceback(None)  # it is raised for many: their frames would pile up in it
        if feed.key in self._flights:
            detail = f"{feed.exchange} has not answered within {self._patience:g} s and is still being asked"
            raise UpstreamError("timeout", detail, retry_after=1.0)
        raise UpstreamError("stale", f"What {feed.exchange} gave is older than asked for", retry_after=1.0)

    def _fly(self, feed: Feed) -> _Flight:
        """Start the one task that fetches a board, or give the one that does."""
        flight = self._flights.get(feed.key)
        if flight is None:
            arrival = asyncio.get_running_loop().create_future()
            flight = _Flight(asyncio.create_task(self._renew(feed, arrival), name=feed.key), arrival)
            self._flights[feed.key] = flight
        return flight

    async def _renew(self, feed: Feed, arrival: "asyncio.Future[None]") -> None:
        def take(kept: Kept) -> None:
            self._kept.put(feed, kept)
            self._failed.pop(feed.key, None)
            if not arrival.done():
                arrival.set_result(None)

        try:
            await self._fetcher.fetch(feed, self._kept.get(feed), take)
        except UpstreamError as error:
            self._remember(feed, error)
        finally:
            del self._flights[feed.key]

    def _remember(self, feed: Feed, error: UpstreamError) -> None:
        """Note a failure, and forget those whose time is over."""
        now = self._clock.steady()
        self._failed = {key: failed for key, failed in self._failed.items() if now < failed.until}
        self._failed[feed.key] = Failed(error, now + failure_seconds(error))
