"""Daily closes to returns: of one asset, and of a book at its weights of today.

Law: what is missing stays missing and is never filled in, because a return of nothing pulls every beta to 0. A price
that stands still for three days running was not traded, and counts as missing. float64 throughout.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

DAY_MS = 86_400_000
STILL_DAYS = 3
"""Equal closes in a row from which on a price was not traded."""

Returns = list[float | None]


def last_days(closes: Mapping[int, float], days: int, *, interval: int = 1) -> list[int]:
    """List the ends of the last intervals that closes reach to, and where the first begins, in milliseconds since 1970.

    Args:
        closes: by the end of their UTC day; not empty.
        days: that the intervals are to cover; the rest of a part of one is left out.
        interval: days of each.
    """
    last, step = max(closes), interval * DAY_MS
    return list(range(last - days // interval * step, last + 1, step))


def simple_returns(closes: Mapping[int, float], ends: Sequence[int]) -> Returns:
    """Give the return of each day but the first: P(t) / P(t-1) - 1, None where a close is missing or stood still."""
    still = _still(closes)
    return [
        closes[end] / closes[begin] - 1 if {begin, end} <= closes.keys() and end not in still else None
        for begin, end in pairwise(ends)
    ]


def basket_returns(returns: Mapping[str, Returns], weights: Mapping[str, float]) -> Returns:
    """Give the returns of a book that has the same weights every day; None where one of them is missing.

    Args:
        returns: by asset, of the same days.
        weights: exposure of each asset as a share of the book's.
    """
    days = zip(*(returns[asset] for asset in weights), strict=True)
    return [_weigh(day, weights) for day in days]


def _weigh(day: Sequence[float | None], weights: Mapping[str, float]) -> float | None:
    total = 0.0
    for change, weight in zip(day, weights.values(), strict=True):
        if change is None:
            return None
        total += weight * change
    return total


def last_traded(closes: Mapping[int, float]) -> int:
    """Give the end of the last day on which a price was traded: one that stood still since then was not.

    Args:
        closes: by the end of their day; not empty.
    """
    still = _still(closes)
    return max(end for end in closes if end not in still)


def _still(closes: Mapping[int, float]) -> set[int]:
    """List the ends of days in which a price stood still, in runs of three closes and more."""
    still: set[int] = set()
    run: list[int] = []
    for end in sorted(closes):
        run = [*run, end] if run and closes[run[-1]] == closes[end] else [end]
        if len(run) >= STILL_DAYS:
            still.update(run[1:])
    return still
