"""The hedge with the least shortfall: exact, the smallest of those that are alike, and no other is better."""

import math
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.risk.least_shortfall import Outcome, expected_shortfall, least_shortfall_ratio, shortfall_line

SPOT = (-0.12, 0.05, -0.03, 0.08, -0.20, 0.02, 0.11, -0.07, 0.04, -0.01)
FUTURES = (-0.07, 0.04, -0.03, 0.06, -0.11, 0.00, 0.09, -0.02, 0.05, 0.01)
numbers = st.sampled_from([0.0, 0.01, -0.01, 0.02, -1.0, 100.0]) | st.floats(-1, 100)
periods = st.lists(st.builds(Outcome, numbers.map(lambda one: -one), numbers), min_size=1, max_size=12)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.999])


def outcomes(cost: float = 0.0) -> list[Outcome]:
    """Make the ten periods of the golden vectors."""
    return [Outcome(-spot, future + cost) for spot, future in zip(SPOT, FUTURES, strict=True)]


@pytest.mark.parametrize(
    ("confidence", "cost", "ratio", "least", "unhedged"),
    [(0.8, 0.0, 1.5, 0.0375, 0.16), (0.7, 0.01, 1.55, 0.05083333333333333, 0.13)],
)
def test_the_worked_examples(*, confidence: float, cost: float, ratio: float, least: float, unhedged: float) -> None:
    """Golden vectors X27 and X28, derived in exact arithmetic."""
    found = least_shortfall_ratio(outcomes(cost), confidence=confidence)

    assert found == pytest.approx(ratio, abs=1e-12)
    assert expected_shortfall(outcomes(cost), ratio, confidence=confidence) == pytest.approx(least, abs=1e-12)
    assert expected_shortfall(outcomes(cost), 0.0, confidence=confidence) == pytest.approx(unhedged, abs=1e-12)


def test_an_outcome_counts_in_part() -> None:
    """Golden vector X22: of 30 outcomes at 95 % one and a half are the worst: (760 + 0.5 x 510) / 1.5."""
    losses = [-120, 340, -88, 15, -410, 760, -33, 91, -205, 128, -67, 455, -12, 8, -301]
    losses += [222, -54, 61, -175, 390, -9, 44, -140, 510, -78, 19, -260, 175, -39, 105]

    found = expected_shortfall([Outcome(float(loss), 0.0) for loss in losses], 0.0, confidence=0.95)

    assert found == pytest.approx(676.6666666666666)


@given(periods, confidences)
def test_no_other_hedge_has_less(some: list[Outcome], confidence: float) -> None:
    """Against every place where two outcomes cross: between them the shortfall is straight."""
    found = least_shortfall_ratio(some, confidence=confidence)

    crossings = [0.0, *_crossings(some)]
    others = [expected_shortfall(some, ratio, confidence=confidence) for ratio in crossings]
    noise = 1e-9 * (1 + max(abs(other) for other in others))
    if found is None:
        beyond = 2 * max(crossings) + 1
        assert expected_shortfall(some, beyond, confidence=confidence) < min(others) + noise
    else:
        assert found >= 0
        assert expected_shortfall(some, found, confidence=confidence) <= min(others) + noise


def _crossings(some: list[Outcome]) -> list[float]:
    pairs = [(one, other) for one, other in permutations(some, 2) if abs(one.slope - other.slope) > 1e-9]
    ratios = [(one.level - other.level) / (other.slope - one.slope) for one, other in pairs]
    return [ratio for ratio in ratios if ratio > 0]


@given(periods, confidences, st.floats(0, 50), st.floats(0, 50))
def test_a_line_touches_and_is_above_nowhere(
    some: list[Outcome], confidence: float, at: float, elsewhere: float
) -> None:
    """The shortfall is convex, so the line at one ratio bounds it from below at every other."""
    line = shortfall_line(some, at, confidence=confidence)
    there = expected_shortfall(some, elsewhere, confidence=confidence)

    assert line.at(elsewhere) <= there + 1e-9 * (1 + abs(there) + 100 * elsewhere)


@given(periods, confidences, st.floats(0, 100), st.floats(-10, 10))
def test_a_shortfall_grows_with_the_book_and_by_what_is_lost_for_sure(
    some: list[Outcome], confidence: float, scale: float, loss: float
) -> None:
    """Property 19: positively homogeneous, equivariant to translation, never below the mean, never above the worst."""
    plain = expected_shortfall(some, 0.5, confidence=confidence)
    grown = [Outcome(scale * one.level, scale * one.slope) for one in some]
    moved = [Outcome(one.level + loss, one.slope) for one in some]

    assert expected_shortfall(grown, 0.5, confidence=confidence) == pytest.approx(scale * plain, abs=1e-6)
    assert expected_shortfall(moved, 0.5, confidence=confidence) == pytest.approx(plain + loss, abs=1e-6)
    losses = [one.at(0.5) for one in some]
    assert math.fsum(losses) / len(losses) - 1e-9 <= plain <= max(losses) + 1e-9


def test_of_hedges_that_are_alike_the_smallest_is_taken() -> None:
    """From 1 to 3 the worst outcome is the same one, which the hedge does not touch."""
    some = [Outcome(2.0, -1.0), Outcome(1.0, 0.0), Outcome(-2.0, 1.0)]

    assert least_shortfall_ratio(some, confidence=0.999) == 1
    assert {expected_shortfall(some, ratio, confidence=0.999) for ratio in (1.0, 2.0, 3.0)} == {1}


@pytest.mark.parametrize(
    ("some", "found"),
    [
        ([Outcome(0.1, 0.0)], 0.0),
        ([Outcome(0.1, 0.02), Outcome(-0.1, -0.02)], 0.0),
        ([Outcome(0.1, -0.02), Outcome(-0.1, -0.01)], None),
    ],
    ids=["nothing moves", "every hedge costs", "every hedge earns"],
)
def test_there_may_be_nothing_to_gain_and_no_end(some: list[Outcome], found: float | None) -> None:
    """A hedge that only adds is none; one that only earns is never large enough."""
    assert least_shortfall_ratio(some, confidence=0.95) == found


def test_an_endless_hedge_is_ranked_by_what_it_loses() -> None:
    """Two that lose alike in the end are ranked by what they lost before."""
    some = [Outcome(0.3, 0.1), Outcome(0.1, 0.2), Outcome(0.2, 0.2)]

    assert shortfall_line(some, math.inf, confidence=0.8) == Outcome(0.2, 0.2)
