"""Answers what went on at an exchange before now: the daily closes of a symbol, the funding that a perpetual paid.

Law: a history ends with what is over, and one that ended long ago is an error that says how long; a gap stays a gap.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar, cast

from service.market.boards import Boards
from service.market.clock import Clock
from service.market.fetcher import Kept
from service.market.found import NotListedError, OutdatedError, UnavailableError
from service.market.source import (
    Candles,
    Close,
    Exchange,
    Feed,
    Fundings,
    Listing,
    Payment,
    UpstreamError,
)
from service.market.upstream import Upstream

LONGEST_HOURS = 36
"""Age of a last close, or of a last funding, beyond which a history says nothing about today."""
_HOUR_MS = 3_600_000

P = TypeVar("P", Close, Payment)
Wanted = Iterable[tuple[Exchange, Listing]]


class History(NamedTuple, Generic[P]):
    """What is known of one symbol, with its time and age."""

    points: tuple[P, ...]
    """Oldest first, at least one."""
    as_of_ms: int
    """When the exchange was asked, in milliseconds since 1970."""
    age_seconds: float
    """Since then, when it was looked up."""
    steady_then: float
    """When that was, by the steady clock."""


class Histories:
    """The past of all symbols at the exchanges that are on."""

    def __init__(self, upstreams: Mapping[Exchange, Upstream], boards: Boards, clock: Clock) -> None:
        """Make the look-up.

        Args:
            upstreams: the exchanges that are on.
            boards: where their boards are.
            clock: wall and steady time.
        """
        self._adapters = {name: upstream.adapter for name, upstream in upstreams.items()}
        self._boards = boards
        self._clock = clock

    def prepare(self, *, closes: Wanted = (), payments: Wanted = ()) -> None:
        """Begin to fetch what is not there, so that several histories come in side by side.

        Args:
            closes: symbols whose daily closes will be asked for, each with its exchange.
            payments: symbols whose funding will be.
        """
        for wanted, feed_of in ((closes, self._feed_of_closes), (payments, self._feed_of_payments)):
            for exchange, listing in wanted:
                with suppress(NotListedError):  # who asks for it is told
                    feed = feed_of(exchange, listing)
                    self._boards.prepare([feed], feed.longest_seconds)

    async def see_closes(self, exchange: Exchange, listing: Listing, *, until: float) -> History[Close]:
        """Give the daily closes of a future or of a pair.

        Args:
            exchange: one that is on.
            listing: of that exchange.
            until: from `Market.deadline`.

        Raises:
            NotListedError: if the exchange tells none at all.
            UnavailableError: if they can't be had.
            OutdatedError: if the last one is older than 36 hours.
        """
        name = f"The daily closes of {listing.symbol}"
        kept = await self._read(self._feed_of_closes(exchange, listing), name, until)
        points = cast("Candles", kept.board.rows[listing.symbol]).closes
        return self._recent(kept, points, (exchange, name), outdated=OutdatedError)

    async def see_payments(self, exchange: Exchange, listing: Listing, *, until: float) -> History[Payment]:
        """Give the funding that a perpetual has paid.

        Args: as of `see_closes`.

        Raises:
            NotListedError: if it is no perpetual, or the exchange tells none at all.
            UnavailableError: if it can't be had, or the last one is older than 36 hours.
        """
        name = f"The funding of {listing.symbol}"
        kept = await self._read(self._feed_of_payments(exchange, listing), name, until)
        return self._recent(kept, cast("Fundings", kept.board.rows[listing.symbol]).payments, (exchange, name))

    def age_now(self, history: History[Close] | History[Payment]) -> float:
        """Age in seconds of what was looked up some waits ago."""
        return history.age_seconds + self._clock.steady() - history.steady_then

    def _feed_of_closes(self, exchange: Exchange, listing: Listing) -> Feed:
        return _feed(self._adapters[exchange].candles_of, listing, f"{exchange} tells no daily closes")

    def _feed_of_payments(self, exchange: Exchange, listing: Listing) -> Feed:
        if listing.segment == "spot" or listing.expiry_ms is not None:
            raise NotListedError(f"{listing.symbol} at {exchange} is no perpetual, and has no funding")
        return _feed(self._adapters[exchange].fundings_of, listing, f"{exchange} tells no past funding")

    async def _read(self, feed: Feed, name: str, until: float) -> Kept:
        try:
            return await self._boards.read(feed, feed.longest_seconds, until=until)
        except UpstreamError as error:
            kept, _ = self._boards.peek(feed)
            age = None if kept is None else kept.age(self._clock.steady())
            raise UnavailableError(feed.exchange, name, error, age_seconds=age) from None

    def _recent(
        self,
        kept: Kept,
        points: tuple[P, ...],
        about: tuple[Exchange, str],
        *,
        outdated: type[UnavailableError] = UnavailableError,
    ) -> History[P]:
        """Give a history its age, and refuse one that is empty or ended long ago."""
        if not points:
            raise UnavailableError(*about, UpstreamError("rejected", "there are none yet"))
        hours = (self._clock.wall() * 1e3 - points[-1].at_ms) / _HOUR_MS
        if hours > LONGEST_HOURS:
            detail = f"the last is {hours:.1f} h old, and {LONGEST_HOURS} h are the most"
            raise outdated(*about, UpstreamError("rejected", detail))
        steady = self._clock.steady()
        return History(points, kept.board.wall_ms, kept.age(steady), steady)


def _feed(feed_of: Callable[[Listing], Feed] | None, listing: Listing, absent: str) -> Feed:
    if feed_of is None:
        raise NotListedError(absent)
    return feed_of(listing)
