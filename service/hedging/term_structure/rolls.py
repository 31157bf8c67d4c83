"""Through which expiries a hedge is rolled until its end.

Law: the nearest expiry that is not about to settle is held; it is left some days before it settles, and only if the
hedge outlives it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from service.hedging.units import Instant

LEAD_DAYS = 2
"""Days before expiry at which a hedge is rolled by default."""
_QUARTER_MONTHS = (3, 6, 9, 12)
_SETTLEMENT_HOUR = 8
_FRIDAY = 4
_WEEK = timedelta(days=7)


class Leg(NamedTuple):
    """Time for which one expiry is held."""

    position: int
    """Which of the expiries that were given; the last one stands for those that are assumed after it."""
    expiry: Instant
    start: Instant
    end: Instant
    is_assumed: bool
    """Whether nobody lists that expiry yet."""


def plan_legs(start: Instant, end: Instant, *, expiries: Sequence[Instant], lead_days: float = LEAD_DAYS) -> list[Leg]:
    """Plan a hedge that begins with the first of some expiries and is rolled as long as it outlives them.

    Args:
        start: when it begins.
        end: when it ends.
        expiries: what is listed, ascending; the first is held at the start.
        lead_days: days before expiry at which it is left.

    Returns:
        The legs, each beginning where the one before ends; after the last listed expiry quarterly ones are assumed.
        Empty where the first expiry is left before the hedge begins.
    """
    lead = timedelta(days=lead_days)
    legs: list[Leg] = []
    ladder = _ladder(expiries)
    while True:
        position, expiry, is_assumed = next(ladder)
        if expiry >= end:
            return [*legs, Leg(position, expiry, start, end, is_assumed)]
        left = Instant.of(expiry - lead)
        if left > start:
            legs.append(Leg(position, expiry, start, left, is_assumed))
            start = left
        elif not legs:
            return []


def _ladder(expiries: Sequence[Instant]) -> Iterator[tuple[int, Instant, bool]]:
    """List the expiries with their positions, and then quarterly ones that follow the last, for as long as asked."""
    for position, expiry in enumerate(expiries):
        yield position, expiry, False
    expiry = expiries[-1]
    while True:
        expiry = next_quarterly(expiry)
        yield len(expiries) - 1, expiry, True


@lru_cache(maxsize=1024)
def next_quarterly(after: Instant) -> Instant:
    """Give the usual quarterly settlement that comes next: last Friday of March, June, September or December.

    At 08:00 UTC, as Binance, Bybit and Deribit settle; one within a week is the same one at another hour.
    """
    candidates = (_last_friday(year, month) for year in (after.year, after.year + 1) for month in _QUARTER_MONTHS)
    return next(candidate for candidate in candidates if candidate > after + _WEEK)


def _last_friday(year: int, month: int) -> Instant:
    last = datetime(year + month // 12, month % 12 + 1, 1, _SETTLEMENT_HOUR, tzinfo=UTC) - timedelta(days=1)
    return Instant.of(last - timedelta(days=(last.weekday() - _FRIDAY) % 7))
