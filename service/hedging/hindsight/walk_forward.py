"""A hedge out of sample: its ratio is estimated on the past that was known, and held against what came next.

Law: no period is hedged by a ratio that has seen it, and each period counts once. Sums are of integers and exact, so
that the last window is as good as the first and costs no more.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.hedging.risk.variance import FEWEST, LEAST_VARIANCE

_UNIT = 2**60
"""Of a return as an integer: finer than a float of 1 is."""
_LEAST_SPREAD = round(LEAST_VARIANCE * _UNIT**2)


class WalkForward(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the past is walked through: a ratio is estimated on a window, and applied to the intervals after it."""

    estimation_intervals: Annotated[
        int,
        Meta(
            description="Intervals on which each ratio is estimated; those that lack a return don't count.",
            ge=FEWEST,
            le=997,
            examples=[90],
        ),
    ] = 90
    test_intervals: Annotated[
        int,
        Meta(
            description="Intervals after them to which it is applied, and by which the window moves on; the last time "
            "there may be fewer.",
            ge=1,
            le=365,
            examples=[30],
        ),
    ] = 30


class Walked(NamedTuple):
    """What came of it, oldest first."""

    ratios: tuple[float, ...]
    """One a window; 0 where the future never moved in it, so that nobody could have estimated one."""
    unhedged: list[float]
    hedged: list[float]


def walk_forward(item: Sequence[float], future: Sequence[float], plan: WalkForward) -> Walked | None:
    """Walk through the past.

    Args:
        item: profits of the book per period as a share of it.
        future: returns of the future, of the same periods.
        plan: how.

    Returns:
        None where fewer than 3 periods are left to be tested.
    """
    first, step = plan.estimation_intervals, plan.test_intervals
    if len(item) - first < FEWEST:
        return None
    starts = range(first, len(item), step)
    ratios = tuple(_estimate(item, future, windows=[(start - first, start) for start in starts]))
    hedged = [
        held - ratio * moved
        for start, ratio in zip(starts, ratios, strict=True)
        for held, moved in zip(item[start : start + step], future[start : start + step], strict=True)
    ]
    return Walked(ratios, list(item[first:]), hedged)


def _estimate(item: Sequence[float], future: Sequence[float], *, windows: Sequence[tuple[int, int]]) -> Iterator[float]:
    """Give the slope in each window, which begins at a period and ends before another."""
    held, moved = ([round(one * _UNIT) for one in series] for series in (item, future))
    of_held, of_moved = _sums(held), _sums(moved)
    of_products = _sums([one * other for one, other in zip(held, moved, strict=True)])
    of_squares = _sums([one * one for one in moved])
    for begin, end in windows:
        count, total = end - begin, of_moved[end] - of_moved[begin]
        spread = count * (of_squares[end] - of_squares[begin]) - total * total
        shared = count * (of_products[end] - of_products[begin]) - total * (of_held[end] - of_held[begin])
        yield shared / spread if spread >= _LEAST_SPREAD * count * (count - 1) else 0.0


def _sums(values: Sequence[int]) -> list[int]:
    """Give the sum of the first values for every number of them, from 0."""
    return list(accumulate(values, initial=0))
