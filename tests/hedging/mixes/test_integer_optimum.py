"""Whole lots with the least variance: worked vectors, brute force, and what is said where the work ends first."""

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.arrays import Floats
from service.hedging.mixes.integer_optimum import (
    TIE,
    Grounds,
    Limit,
    Quadratic,
    Range,
    choose,
    find_least,
    relax,
    relax_within,
)

NONE = np.zeros((1, 2))
FUTURES = np.array([[0.00096, 0.00104], [0.00104, 0.00173]])
BOOK = np.array([0.00105, 0.00143])


def quadratic(value: float, units: list[float]) -> Quadratic:
    """Make the variance of the golden vectors: a book of so much beside lots worth so much."""
    lots = np.array(units)
    return Quadratic(value**2 * 0.0021, value * BOOK * lots, FUTURES * np.outer(lots, lots))


@pytest.mark.parametrize(
    ("value", "units", "most", "lots", "variance", "fractions"),
    [
        (25000, [6000, 260], (8, 120), [2, 52], 507746.592, [2.368928406998158, 46.61602209944751]),
        (10000, [6000, 2500], (4, 8), [1, 2], 81210.0, [0.9475713627992633, 1.939226519337016]),
    ],
)
def test_the_golden_plans_are_found(
    value: float, units: list[float], most: tuple[int, int], lots: list[int], variance: float, fractions: list[float]
) -> None:
    """Vectors R22 and R23, exact arithmetic of 50 digits; the first is 5.4 contracts from the best fraction."""
    shape = quadratic(value, units)

    found = find_least(Grounds(shape, tuple(Range(1, one) for one in most)), NONE)

    assert found.lots.tolist() == lots
    assert found.variance == pytest.approx(variance, rel=1e-10)
    assert found.is_proven
    assert relax(shape, np.full(2, np.inf)) == pytest.approx(fractions, rel=1e-10)


def test_rounding_each_leg_by_itself_is_not_optimal() -> None:
    """(2, 47) are the roundings of vector R22, and leave more than (2, 52)."""
    shape = quadratic(25000, [6000, 260])

    rounded, best = shape.at(np.array([[2.0, 47.0], [2.0, 52.0]]))

    assert rounded > best


class Puzzle(NamedTuple):
    """A few legs, some of them on one underlying, with what limits them."""

    grounds: Grounds
    plans: Floats
    """All there are."""


def make_puzzle(seed: int, legs: int) -> Puzzle:
    """Make one: prices that are alike, sizes that have a minimum, budgets that bind."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, legs + 1))
    common = random.normal(size=(30, 1)) * random.choice([0, 1, 3])
    moves = random.normal(size=(30, count)) + common
    book = moves @ random.normal(size=count) + random.normal(size=30)
    every = np.atleast_2d(np.cov(np.column_stack((book, moves)).T))
    follows = random.integers(0, count, size=legs)
    units = np.round(random.uniform(0.05, 2, size=legs), int(random.integers(1, 3)))
    shape = Quadratic(
        float(every[0, 0]),
        every[0, 1:][follows] * units,
        every[1:, 1:][np.ix_(follows, follows)] * np.outer(units, units),
    )
    most = [int(one) for one in random.integers(0, 7, size=legs)]
    ranges = tuple(Range(int(random.integers(1, max(2, one + 1))), one) for one in most)
    limits = [Limit(random.uniform(0, 1, size=legs), random.uniform(0, 4))] if random.random() < 0.6 else []
    limits += [Limit(random.uniform(-1, 1, size=legs), random.uniform(0, 2))] if random.random() < 0.5 else []
    grounds = Grounds(shape, ranges, tuple(limits), (units, random.normal(size=legs)))
    every_plan = np.array(list(product(*([0, *range(one.least, one.most + 1)] for one in ranges))), dtype=np.float64)
    return Puzzle(grounds, every_plan[grounds.allow(every_plan)])


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_what_is_found_is_what_brute_force_finds(seed: int, legs: int) -> None:
    """Of all plans within ranges and limits, the same one, by the same preferences: so none beside it is better."""
    grounds, plans = make_puzzle(seed, legs)

    found = find_least(grounds, np.zeros((1, legs)))

    values = grounds.variance.at(plans)
    best = choose(values, plans, preferences=grounds.preferences, tie=TIE * grounds.variance.constant)
    assert found.is_proven
    assert found.lots.tolist() == plans[best].tolist()
    assert found.variance == pytest.approx(values[best], abs=1e-14 * grounds.variance.constant)


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_no_plan_is_below_what_fractions_reach_within_limits(seed: int, legs: int) -> None:
    """Of all plans within ranges and limits none is below the bound; the search that knows it finds the same."""
    grounds, plans = make_puzzle(seed, legs)
    whole = grounds._replace(ranges=tuple(Range(1, one.most) for one in grounds.ranges))

    relaxed = relax_within(whole)

    values = grounds.variance.at(plans)
    slack = 1e-9 * grounds.variance.constant
    assert relaxed.bound <= values.min() + slack
    assert relaxed.bound <= grounds.variance.at(relaxed.lots[None, :])[0] + slack
    assert (relaxed.below.at(plans) <= values + slack).all()
    with_bound = find_least(grounds, np.zeros((1, legs)), relaxed.below)
    assert with_bound.is_proven
    assert with_bound.lots.tolist() == find_least(grounds, np.zeros((1, legs))).lots.tolist()


@pytest.mark.parametrize(
    ("most", "lots"), [(2.0, [2.5, 0.0]), (0.4, [0.5, 0.0]), (9.0, [2.368928406998158, 46.61602209944751])]
)
def test_fractions_within_a_limit_touch_it_or_are_free_of_it(most: float, lots: list[float]) -> None:
    """Of vector R22, where each bitcoin contract takes 0.8 and each ether contract more than it is worth."""
    shape = quadratic(25000, [6000, 260])
    limits = (Limit(np.array([0.8, 0.13]), most),)

    relaxed = relax_within(Grounds(shape, (Range(1, 8), Range(1, 120)), limits))

    assert relaxed.lots == pytest.approx(lots, abs=1e-9)
    assert relaxed.bound == pytest.approx(shape.at(relaxed.lots[None, :])[0], rel=1e-12)


def test_a_limit_of_one_leg_leaves_the_other_its_own_optimum() -> None:
    """At most 1.25 bitcoin contracts of vector R22: ether is refitted beside them."""
    shape = quadratic(25000, [6000, 260])
    limits = (Limit(np.array([0.8, 0.0]), 1.0),)

    relaxed = relax_within(Grounds(shape, (Range(1, 8), Range(1, 120)), limits))

    beside = (shape.linear[1] - shape.matrix[1, 0] * 1.25) / shape.matrix[1, 1]
    assert relaxed.lots == pytest.approx([1.25, beside], rel=1e-9)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_no_neighbour_is_better_where_lots_are_fine(seed: int) -> None:
    """Tens of thousands of lots, far beyond brute force: every plan one lot away in any legs leaves as much or more."""
    random = np.random.default_rng(seed)
    moves = random.normal(size=(60, 2)) * 0.02 + random.normal(size=(60, 1)) * 0.02
    book = moves.mean(axis=1) + random.normal(size=60) * 0.02
    every = np.cov(np.column_stack((book, moves)).T)
    units = random.uniform(0.00002, 0.0002, size=2)
    shape = Quadratic(every[0, 0], every[0, 1:] * units, every[1:, 1:] * np.outer(units, units))
    ranges = (Range(1, 60_000), Range(1, 60_000))

    found = find_least(Grounds(shape, ranges), NONE)

    steps = np.array(list(product((-1, 0, 1), repeat=2)), dtype=np.float64)
    near = np.clip(found.lots + steps, 0, 60_000)
    assert found.is_proven
    assert shape.at(near).min() >= found.variance - TIE * shape.constant
    assert shape.at(relax(shape, np.full(2, 60_000.0))[None, :])[0] <= found.variance + TIE * shape.constant


def alike(legs: int, units: list[float], most: int) -> Grounds:
    """Make legs on one underlying, of which only the sum matters."""
    lots = np.array(units)
    return Grounds(Quadratic(1.0, 0.8 * lots, np.outer(lots, lots)), (Range(1, most),) * legs)


def test_of_equal_plans_the_cheapest_is_taken() -> None:
    """Two exchanges, one price: variance and notional are of the sum, so cost decides, and then margin."""
    grounds = alike(2, [0.1, 0.1], 10)
    cheap_first = (np.array([0.1, 0.1]), np.array([-1.0, 2.0]), np.zeros(2))
    by_margin = (np.array([0.1, 0.1]), np.zeros(2), np.array([2.0, 1.0]))

    assert find_least(grounds._replace(preferences=cheap_first), NONE).lots.tolist() == [8, 0]
    assert find_least(grounds._replace(preferences=by_margin), NONE).lots.tolist() == [0, 8]


def test_of_two_sizes_as_far_from_the_best_the_smaller_is_taken() -> None:
    """A tie never adds leverage: 0.8 lies between 0.6 and 1."""
    grounds = alike(1, [0.4], 5)._replace(preferences=(np.array([0.4]),))
    shape = Quadratic(1.0, np.array([0.32]), np.array([[0.16]]))

    middle = grounds._replace(variance=shape._replace(linear=np.array([0.4 * 0.6])))

    assert find_least(middle, np.zeros((1, 1))).lots.tolist() == [1]


def test_a_limit_that_is_reached_is_kept() -> None:
    """Three times a tenth is three tenths, whatever float64 says."""
    grounds = alike(1, [0.1], 10)

    found = find_least(grounds._replace(limits=(Limit(np.array([0.1]), 0.3),)), np.zeros((1, 1)))

    assert found.lots.tolist() == [3]


def test_where_the_work_ends_first_nothing_is_claimed() -> None:
    """Four fine legs on one underlying: all sums are dense, and the best of them is not looked for to the end."""
    grounds = alike(4, [0.000061, 0.000067, 0.000071, 0.000073], 10_000)

    found = find_least(grounds, np.zeros((1, 4)))

    assert not found.is_proven
    assert found.variance - 0.36 < 1e-6


def test_the_variance_is_never_below_nothing() -> None:
    """A perfect hedge leaves none, and not a little less than that."""
    shape = Quadratic(1.0, np.array([0.1]), np.array([[0.01]]))
    values: Any = shape.at(np.array([[10.0], [10.000000001]]))

    assert (values >= 0).all()
    assert values[0] == pytest.approx(0, abs=1e-15)
