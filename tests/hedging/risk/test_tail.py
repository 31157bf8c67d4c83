"""Value at risk and expected shortfall: of outcomes that are counted, and of laws."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.risk.tail import count_tail, measure_tail, normal_tail, student_quantile, student_tail

confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999])
results = st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=60)


def worst_first(outcomes: list[float]) -> list[float]:
    """Write results as losses, the largest first."""
    return sorted((-one for one in outcomes), reverse=True)


def test_the_16th_worst_of_300_is_not_exceeded_with_95_percent() -> None:
    """Source: the worst 5 % are 15, and domain 6.3 has the smallest loss that enough outcomes do not exceed."""
    losses = [float(loss) for loss in range(300, 0, -1)]

    tail = measure_tail(losses, 300, 0.95)

    assert tail.value_at_risk == 285
    assert tail.expected_shortfall == 293


def test_the_outcome_on_the_edge_counts_with_its_fraction() -> None:
    """Of 30 outcomes the worst 5 % are one and a half."""
    tail = measure_tail([9.0, 6.0, 1.0], 30, 0.95)

    assert tail.value_at_risk == 6
    assert tail.expected_shortfall == (9 + 6 / 2) / 1.5


def test_a_tail_of_less_than_one_outcome_is_the_worst_one() -> None:
    """There is nothing worse to tell."""
    assert measure_tail([5.0, 1.0], 10, 0.95) == (5.0, 5.0)


def test_the_share_is_exact() -> None:
    """0.95 means 95 %, not the nearest binary fraction."""
    assert count_tail(300, 0.95) == 15
    assert count_tail(1000, 0.999) == 1


@settings(deadline=None)
@given(results, confidences)
def test_the_shortfall_is_at_least_the_value_at_risk(outcomes: list[float], confidence: float) -> None:
    """Whatever came out (domain 9.19)."""
    tail = measure_tail(worst_first(outcomes), len(outcomes), confidence)

    assert tail.expected_shortfall >= tail.value_at_risk


@settings(deadline=None)
@given(results, confidences, st.integers(-1000, 1000), st.sampled_from([0.5, 2.0, 8.0]))
def test_both_move_and_grow_with_the_outcomes(
    outcomes: list[float], confidence: float, gift: int, scale: float
) -> None:
    """Translation-equivariant and positively homogeneous (domain 9.19)."""
    before = measure_tail(worst_first(outcomes), len(outcomes), confidence)

    after = measure_tail(worst_first([scale * one + gift for one in outcomes]), len(outcomes), confidence)

    for old, new in zip(before, after, strict=True):
        assert new == pytest.approx(scale * old - gift, rel=1e-9, abs=1e-4)


@settings(deadline=None)
@given(results, st.data(), confidences)
def test_the_shortfall_is_subadditive(outcomes: list[float], data: st.DataObject, confidence: float) -> None:
    """Two books together are no worse than each by itself (domain 9.19)."""
    size = len(outcomes)
    others = data.draw(st.lists(st.floats(-1e6, 1e6), min_size=size, max_size=size))
    both = [one + other for one, other in zip(outcomes, others, strict=True)]

    alone = sum(measure_tail(worst_first(one), size, confidence).expected_shortfall for one in (outcomes, others))

    assert measure_tail(worst_first(both), size, confidence).expected_shortfall <= alone + 1e-6 * (1 + abs(alone))


@pytest.mark.parametrize(
    ("degrees", "probability", "quantile"),
    [
        (1, 0.975, 12.7062),
        (2, 0.975, 4.3027),
        (3, 0.99, 4.5407),
        (4, 0.95, 2.1318),
        (5, 0.999, 5.8934),
        (30, 0.95, 1.6973),
    ],
)
def test_quantiles_of_student_are_those_of_the_tables(degrees: int, probability: float, quantile: float) -> None:
    """Source: any table of the t distribution."""
    assert student_quantile(probability, degrees) == pytest.approx(quantile, abs=5e-5)


def test_student_with_many_degrees_is_nearly_normal() -> None:
    """And with few its tail is worse far out, at the same standard deviation."""
    normal = normal_tail(0.0, 1.0, 0.99)

    many, few = (student_tail(0.0, 1.0, degrees=degrees, confidence=0.99) for degrees in (30, 4))

    assert math.isclose(many.value_at_risk, normal.value_at_risk, rel_tol=0.03)
    assert few.expected_shortfall > many.expected_shortfall > normal.expected_shortfall
