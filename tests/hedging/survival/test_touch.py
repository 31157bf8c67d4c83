"""How likely a price is to touch a barrier: closed forms, the correction for looking now and then, and fat tails."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.survival import touch
from service.hedging.survival.touch import (
    TouchSide,
    Walk,
    count_checks,
    distance_to,
    fat_tailed_chance,
    safe_distance,
    terminal_probability,
    touch_probability,
    watched_touch_probability,
)

MONTH = Walk(0.6, 30)
SEED = distance_to(62749, price=60000, side="short")
"""Liquidation of the seed's 5 % margin."""
sides = st.sampled_from(["short", "long"])
walks = st.builds(Walk, st.floats(0, 10), st.floats(0, 365))
distances = st.floats(-1, 80)


def test_touch_of_a_barrier_by_reflection() -> None:
    """Golden vector M31: 71,713 from 60,000 within 30 days at 60 % a year."""
    distance = distance_to(71713.147, price=60000, side="short")

    assert touch_probability(distance, MONTH, side="short") == pytest.approx(0.2737458921699296, rel=1e-10)
    assert terminal_probability(distance, MONTH, side="short") == pytest.approx(0.13077851399737053, rel=1e-10)


def test_touch_of_a_barrier_that_is_looked_at_once_a_day() -> None:
    """Golden vector M33: 72,000, thirty looks; Monte Carlo of the source 0.2206 +- 0.0007."""
    distance = distance_to(72000, price=60000, side="short")

    seen = watched_touch_probability(distance, MONTH, side="short", checks=30)

    assert seen == pytest.approx(0.2197903830686109, rel=1e-6)
    shifted = distance + touch.MONITORING_SHIFT * math.sqrt(MONTH.variance / 30)
    assert 60000 * math.exp(shifted) == pytest.approx(73329.48920642957, rel=1e-6)


@pytest.mark.parametrize(
    ("move", "days", "chance"),
    [
        *((0.04581667, 2, 0.31), (0.04581667, 7, 0.58), (0.04581667, 30, 0.78), (0.04581667, 90, 0.86)),
        *((0.0956, 2, 0.038), (0.0956, 7, 0.26), (0.0956, 30, 0.57), (0.1952, 7, 0.029), (0.1952, 90, 0.5)),
        *((0.3280, 30, 0.086), (0.3280, 90, 0.29), (0.494, 30, 0.016), (0.494, 90, 0.14)),
    ],
)
def test_chances_of_the_seeds_margin(move: float, days: float, chance: float) -> None:
    """Domain 5.8: a short of BTC at 60 %, by leverage and days; the seed's 5 % margin goes in 78 of 100 months."""
    probability = touch_probability(math.log1p(move), Walk(0.6, days), side="short")

    assert probability == pytest.approx(chance, abs=0.006 if chance > 0.05 else 0.0006)


def test_looking_once_a_day_makes_the_seeds_78_percent_69() -> None:
    """Domain 5.8: which of the two is meant has to be said."""
    assert round(touch_probability(SEED, MONTH, side="short"), 4) == 0.7764
    assert round(watched_touch_probability(SEED, MONTH, side="short", checks=30), 4) == 0.691


@pytest.mark.parametrize("side", ["short", "long"])
@pytest.mark.parametrize("distance", [0.05, 0.18])
def test_the_correction_agrees_with_brute_force(side: TouchSide, distance: float) -> None:
    """100,000 walks that are looked at on 30 days touch as often, within 4 standard errors and 0.2 %."""
    daily = 0.6**2 / 365
    steps = np.random.default_rng(7).normal(-daily / 2, math.sqrt(daily), (100_000, 30)).cumsum(axis=1)
    reached = (steps.max(axis=1) if side == "short" else -steps.min(axis=1)) >= distance

    seen = watched_touch_probability(distance, MONTH, side=side, checks=30)

    share = float(reached.mean())
    assert abs(seen - share) < 4 * math.sqrt(share * (1 - share) / 100_000) + 0.002


@pytest.mark.parametrize("side", ["short", "long"])
@pytest.mark.parametrize("days", [0.5, 1, 2.25, 7, 30])
@pytest.mark.parametrize("distance", [0.0448, 0.1783, 0.2837])
def test_fat_tails_agree_with_sampled_variances(side: TouchSide, days: float, distance: float) -> None:
    """The average over V without sampling is that over 20,000 sampled V, within 4.5 standard errors."""
    whole, rest = divmod(days, 1)
    weights = np.array([1.0] * int(whole) + [rest] * bool(rest))
    inverse = 1 / np.random.default_rng(11).gamma(2, size=(20_000, len(weights)))
    variances = (inverse * weights).sum(axis=1) * 0.36 / 365
    sampled = [touch_probability(distance, Walk(math.sqrt(v * 365), 1), side=side) for v in variances.tolist()]

    chance = fat_tailed_chance(Walk(0.6, days), side=side)(distance)

    assert abs(chance - np.mean(sampled)) < 4.5 * np.std(sampled) / math.sqrt(20_000)


def test_fat_tails_make_near_barriers_safer_and_far_ones_less_safe() -> None:
    """Domain 5.8: 5x for 30 days is touched a little less often than under the normal law, 3x for 7 days far more."""
    near, far = math.log(1.1952191), math.log(1.328)

    assert 0.24 < fat_tailed_chance(MONTH, side="short")(near) < touch_probability(near, MONTH, side="short") < 0.28
    week = Walk(0.6, 7)
    assert fat_tailed_chance(week, side="short")(far) > 5 * touch_probability(far, week, side="short")


@pytest.mark.parametrize("deviations", [0.5, 2, 8])
def test_one_day_of_fat_tails_is_students_law(deviations: float) -> None:
    """A single day without drift to speak of: twice the tail of t(4), scaled to the same variance."""
    t = deviations * math.sqrt(2)
    tail = 0.5 - 0.375 * t / math.sqrt(1 + t**2 / 4) * (1 - t**2 / (12 + 3 * t**2))

    chance = fat_tailed_chance(Walk(1e-6 * math.sqrt(365), 1), side="short")

    assert chance(deviations * 1e-6) == pytest.approx(2 * tail, rel=1e-3)


def test_the_two_ways_to_reckon_the_transform_meet() -> None:
    """Series and integral of 2 s K_2(2 sqrt s) are one function; 2 K_2(2) = 0.50751950."""
    assert touch.mean_decay(1.0) == pytest.approx(0.50751950913211, rel=1e-13)
    assert touch.mean_decay(1 + 1e-12) == pytest.approx(touch.mean_decay(1.0), rel=1e-11)
    assert touch.mean_decay(0.0) == 1


def test_checks_are_counted_to_the_horizon() -> None:
    """A started interval ends with a look at the horizon; a product that is only nearly whole starts none."""
    assert [count_checks(Walk(0.6, days), 1) for days in (0.25, 1, 2.5, 30)] == [1, 1, 3, 30]
    assert count_checks(Walk(0.6, 0.3), 10) == 3


def test_one_look_is_the_terminal_probability() -> None:
    """Looked at once, at the horizon, the path in between does not matter."""
    seen = watched_touch_probability(SEED, MONTH, side="short", checks=1)

    assert seen == terminal_probability(SEED, MONTH, side="short")


@pytest.mark.parametrize("side", ["short", "long"])
def test_a_reached_barrier_is_touched_for_certain(side: TouchSide) -> None:
    """Domain 8.3: a barrier at or before the price has probability 1, even where nothing moves."""
    for walk in (MONTH, Walk(0, 30), Walk(0.6, 0)):
        assert touch_probability(0, walk, side=side) == 1
        assert watched_touch_probability(-0.1, walk, side=side, checks=2) == 1
        assert fat_tailed_chance(walk, side=side)(0) == 1


@pytest.mark.parametrize("side", ["short", "long"])
def test_a_price_that_stands_still_touches_nothing(side: TouchSide) -> None:
    """Without volatility or time every other barrier is safe."""
    for walk in (Walk(0, 30), Walk(0.6, 0), Walk(1e-160, 30)):
        assert touch_probability(1e-9, walk, side=side) == 0
        assert watched_touch_probability(1e-9, walk, side=side, checks=2) == 0
        assert terminal_probability(-1e-9, walk, side=side) == 1
        assert fat_tailed_chance(walk, side=side)(1e-9) == 0


def test_the_safe_distance_has_the_probability_asked_for() -> None:
    """Halving finds it to the last digits; where the farthest is not safe enough there is none."""

    def chance(distance: float) -> float:
        """Take the chance of a month."""
        return touch_probability(distance, MONTH, side="short")

    distance = safe_distance(chance, 0.01, farthest=5)

    assert distance is not None
    assert chance(distance) == pytest.approx(0.01, rel=1e-9)
    assert chance(distance) <= 0.01
    assert safe_distance(chance, 0.01, farthest=0.1) is None


@given(barrier=st.floats(1e-8, 1e15), price=st.floats(1e-8, 1e15), side=sides)
def test_a_distance_leads_back_to_its_barrier(barrier: float, price: float, side: TouchSide) -> None:
    """By the exponential, up for a short and down for a long."""
    distance = distance_to(barrier, price=price, side=side)

    assert price * math.exp(distance if side == "short" else -distance) == pytest.approx(barrier, rel=1e-12)


@given(distance=distances, walk=walks, side=sides, checks=st.integers(1, 10_000))
def test_looking_less_often_sees_less(distance: float, walk: Walk, side: TouchSide, checks: int) -> None:
    """Domain 9.18: terminal <= at some moments <= all the time, all within 0 and 1, for every input."""
    terminal = terminal_probability(distance, walk, side=side)
    seen = watched_touch_probability(distance, walk, side=side, checks=checks)
    touched = touch_probability(distance, walk, side=side)

    assert 0 <= terminal <= 1
    assert terminal <= seen <= touched + 1e-12
    assert touched <= 1


@given(distance=st.floats(0.001, 5), longer=st.floats(1.01, 5), walk=walks, side=sides)
def test_more_time_and_a_nearer_barrier_are_less_safe(
    distance: float, longer: float, walk: Walk, side: TouchSide
) -> None:
    """Domain 9.18: the chance does not fall with time nor with volatility, and does not rise with distance."""
    now = touch_probability(distance, walk, side=side)

    assert now <= touch_probability(distance, walk._replace(days=walk.days * longer), side=side) + 1e-12
    assert now <= touch_probability(distance, walk._replace(volatility=walk.volatility * longer), side=side) + 1e-12
    assert now >= touch_probability(distance * longer, walk, side=side) - 1e-12


@settings(deadline=None)
@given(distance=distances, walk=walks, side=sides)
def test_fat_tails_are_a_probability(distance: float, walk: Walk, side: TouchSide) -> None:
    """Within 0 and 1 and falling with distance, for every input."""
    chance = fat_tailed_chance(walk, side=side)

    assert 0 <= chance(distance) <= 1
    assert chance(distance + 0.01) <= chance(distance) + 1e-6


def test_two_looks_see_no_less_than_the_last_of_them() -> None:
    """At three deviations the correction alone would say 0.07 %, where 0.1 % end beyond."""
    walk, distance = Walk(0.6, 30), 3 * Walk(0.6, 30).variance ** 0.5
    terminal = terminal_probability(distance, walk, side="short")

    assert watched_touch_probability(distance, walk, side="short", checks=2) == terminal
