"""Expected shortfall of several hedges at once: bounds that hold, the least of all, and the sums of tails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.arrays import Floats
from service.hedging.mixes.shortfall_plane import Outcomes, find_lowest, measure_all, measure_one
from service.hedging.risk.least_shortfall import Outcome, expected_shortfall, least_shortfall_ratio


def make(seed: int, legs: int, count: int) -> tuple[Outcomes, Floats]:
    """Make outcomes with wild days and ties, and how much of each hedge there may be."""
    random = np.random.default_rng(seed)
    common = random.standard_t(3, size=count) * 0.03
    moves = np.round([common + random.normal(size=count) * 0.01 for _ in range(legs)], int(random.integers(2, 5)))
    levels = -moves.mean(axis=0) - random.standard_t(3, size=count) * 0.02
    return Outcomes(levels, moves), random.uniform(0, 2, size=legs) * (random.random(legs) < 0.9)


@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([3, 10, 60]), st.sampled_from([0.8, 0.95, 0.999]))
@settings(max_examples=40, deadline=None)
def test_no_hedge_goes_below_the_bound(seed: int, legs: int, count: int, confidence: float) -> None:
    """Nor below the least one that is found, which is within reach and where the bound is."""
    outcomes, most = make(seed, legs, count)

    lowest = find_lowest(outcomes, most, confidence=confidence)

    tries = np.random.default_rng(seed).uniform(size=(200, legs)) * most
    reached = measure_all(outcomes, tries, confidence=confidence)
    assert reached.min() >= lowest.bound - 1e-12
    assert lowest.shortfall - lowest.bound <= 1e-10
    assert (lowest.hedges >= -1e-9).all()
    assert (lowest.hedges <= most + 1e-9).all()


@given(st.integers(0, 10**6), st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_the_bound_holds_however_soon_the_search_ends(seed: int, legs: int) -> None:
    """After one step, too."""
    outcomes, most = make(seed, legs, 60)

    soon, late = (find_lowest(outcomes, most, confidence=0.95, steps=steps) for steps in (1, 500))

    assert soon.bound <= late.bound + 1e-12
    assert soon.shortfall >= late.shortfall - 1e-12


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_of_one_hedge_it_is_the_least_shortfall_ratio(seed: int) -> None:
    """Another way to the same: where two lines meet."""
    outcomes, _ = make(seed, 1, 60)
    pairs = [Outcome(level, slope) for level, slope in zip(outcomes.levels, outcomes.slopes[0], strict=True)]
    ratio = least_shortfall_ratio(pairs, confidence=0.95)

    lowest = find_lowest(outcomes, np.array([1e6]), confidence=0.95)

    assert ratio is not None
    assert lowest.shortfall == pytest.approx(expected_shortfall(pairs, ratio, confidence=0.95), abs=1e-12)


def test_the_tail_is_the_mean_of_the_worst_part() -> None:
    """Of ten losses the worst 15 % are one and a half: (9 + 8 / 2) / 1.5; with half of a hedge each is a half less."""
    outcomes = Outcomes(np.arange(10.0), np.full((1, 10), -1.0))

    found = measure_all(outcomes, np.array([[0.0], [0.5]]), confidence=0.85)

    assert found == pytest.approx([13 / 1.5, 13 / 1.5 - 0.5])
    told = measure_one(outcomes, np.array([0.0]), confidence=0.85)
    assert told.value_at_risk == 8
    assert told.expected_shortfall == pytest.approx(13 / 1.5)
