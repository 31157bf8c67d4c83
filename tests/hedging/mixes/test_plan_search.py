"""Plans by their lots: how they are spread, what is said where the search ends, and which are picked."""

import numpy as np
import pytest

from service.hedging.mixes.integer_optimum import Quadratic, Range
from service.hedging.mixes.plan_search import MOST_EVALUATED, Scene, pick, spread, survey
from service.hedging.mixes.shortfall_plane import Outcomes


def scene(lots: list[float], follows: tuple[int, ...], most: list[int]) -> Scene:
    """Make legs worth so much of the exposure, on two things that a book of sixty days moves with."""
    random = np.random.default_rng(3)
    common = random.standard_t(3, size=60) * 0.03
    moves = np.array([common + random.normal(size=60) * 0.01 for _ in range(max(follows) + 1)])
    book = moves.mean(axis=0) + random.standard_t(3, size=60) * 0.02
    every = np.cov(np.vstack((book, moves)))
    ratios = np.array(lots)
    return Scene(
        variance=Quadratic(float(every[0, 0]), every[0, 1:], every[1:, 1:]),
        outcomes=Outcomes(-book, moves),
        confidence=0.95,
        underlyings=follows,
        ratios=ratios,
        ranges=tuple(Range(1, one) for one in most),
        costs=ratios * 0.001,
        margins=None,
        budget=None,
        most_share=1.25,
    )


@pytest.mark.parametrize(
    ("ranges", "count", "is_whole"),
    [
        ((Range(1, 0),), 1, True),
        ((Range(5, 7),), 4, True),
        ((Range(1, 99), Range(1, 99)), 10_000, True),
        ((Range(1, 99), Range(1, 100)), 10_000, False),
        ((Range(1, 1), Range(1, 10**12)), 10_000, False),
        ((Range(1, 10**9),) * 4, 10_000, False),
    ],
)
def test_plans_are_spread_evenly_where_they_are_too_many(
    ranges: tuple[Range, ...], count: int, *, is_whole: bool
) -> None:
    """As many as are worked out at most, no hedge and the most of each leg among them, and none between minimums."""
    lots, is_all = spread(ranges)

    assert (len(lots), is_all) == (count, is_whole)
    assert len(lots) <= MOST_EVALUATED
    assert lots.min(axis=0).tolist() == [0] * len(ranges)
    assert lots.max(axis=0).tolist() == [one.most for one in ranges]
    assert all(((column == 0) | (column >= one.least)).all() for column, one in zip(lots.T, ranges, strict=True))
    assert len(np.unique(lots, axis=0)) == count


def test_a_search_for_a_tail_that_ends_early_is_bounded() -> None:
    """Without a step from the spread plans, and with as many as it takes."""
    fine = scene([0.0003, 0.0007], (0, 1), [5000, 2500])

    early, late = survey(fine, steps=0), survey(fine)

    assert early.by_shortfall.bound <= late.rows.shortfalls[late.by_shortfall.row]
    assert early.rows.shortfalls[early.by_shortfall.row] >= late.rows.shortfalls[late.by_shortfall.row]
    assert not late.is_whole


@pytest.mark.parametrize(("lots", "follows", "is_proven"), [(0.1, (0, 0, 0, 0), True), (1, (0, 1, 0, 1), False)])
def test_a_search_for_the_variance_that_ends_early_says_so(
    lots: float, follows: tuple[int, ...], *, is_proven: bool
) -> None:
    """Four fine legs: what is found is proven where fractions reach no less, and else more is not claimed than is."""
    fine = scene([lots * one for one in (0.00061, 0.00067, 0.00071, 0.00073)], follows, [30_000] * 4)

    found = survey(fine)

    best = found.by_variance
    assert (found.is_whole, best.is_proven) == (False, is_proven)
    assert best.bound == pytest.approx(found.rows.variances[best.row], rel=1e-6)
    assert (best.bound == found.rows.variances[best.row]) == is_proven


def test_those_with_a_role_are_picked_first() -> None:
    """And what dominates them; the rest are spread over the variance."""
    fine = scene([0.0003, 0.0007], (0, 1), [5000, 2500])
    found = survey(fine)

    picked = pick(found, 20)

    assert len(picked) <= 20
    assert {role for _, roles in picked for role in roles} >= {"no_hedge", "alone", "least_variance", "least_shortfall"}
    assert {row for _, row in found.roles} <= {row for row, _ in picked}
