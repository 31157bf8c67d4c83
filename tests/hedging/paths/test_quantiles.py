"""From many results to a distribution, and how it is written."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.paths.distribution import PROBABILITIES
from service.hedging.paths.quantiles import Scale, chance_error, describe, fan_out, measure_worst, quantiles, shorten
from tests.hedging.build import check_answer

SCALE = Scale(exposure=10_000.0, size=10_000.0)


def test_a_quantile_is_a_result_that_occurred() -> None:
    """The smallest that the share of the paths does not exceed: of a hundred the fifth for 5 %."""
    results = np.arange(1.0, 101.0)

    assert list(quantiles(results, PROBABILITIES)) == [1, 5, 25, 50, 75, 95, 99]


def test_six_digits_are_written_and_what_is_next_to_nothing_is_nothing() -> None:
    """So that the last bits of a processor's sums are not told."""
    assert shorten(1234.56789) == 1234.57
    assert SCALE.amount(-0.000009) == 0
    assert SCALE.amount(0.0123456789) == 0.0123457
    assert SCALE.returned(1234.56789) == 0.123457
    assert Scale(0.0, 5.0).returned(1.0) is None


def test_normal_results_are_described_as_such() -> None:
    """Every number within four of its own standard errors."""
    count = 200_000
    results = np.sort(np.random.Generator(np.random.PCG64(1)).standard_normal(count) * 1000 + 100)

    told = check_answer(describe(results, SCALE, confidence=0.95, degrees=4))

    assert abs(told.mean - 100) < 4 * told.mean_error
    assert told.mean_error == pytest.approx(1000 / math.sqrt(count), rel=0.01)
    assert abs(told.value_at_risk - (1644.8536 - 100)) < 4 * told.value_at_risk_error
    assert abs(told.expected_shortfall - (2062.7128 - 100)) < 4 * told.expected_shortfall_error
    assert told.value_at_risk_error == pytest.approx(math.sqrt(0.95 * 0.05 / count) / 0.103136 * 1000, rel=0.15)
    assert told.probability_of_loss == pytest.approx(0.46017, abs=0.005)
    assert [law.law for law in told.laws] == ["normal", "student"]
    assert told.laws[0].value_at_risk == pytest.approx(told.value_at_risk, rel=0.01)


def test_without_degrees_there_is_one_law_to_compare_with() -> None:
    """The normal one."""
    told = describe(np.arange(1000.0), SCALE, confidence=0.99, degrees=None)

    assert [law.law for law in told.laws] == ["normal"]


def test_the_errors_of_a_tail_are_as_large_as_it_scatters() -> None:
    """Measured on 400 samples of 2,000 results."""
    generator = np.random.Generator(np.random.PCG64(2))
    samples = np.sort(generator.standard_normal((400, 2000)), axis=1) * 1000

    told = [describe(sample, SCALE, confidence=0.95, degrees=None) for sample in samples]

    for risk, error in (("value_at_risk", "value_at_risk_error"), ("expected_shortfall", "expected_shortfall_error")):
        scatter = float(np.std([getattr(one, risk) for one in told]))
        assert float(np.mean([getattr(one, error) for one in told])) == pytest.approx(scatter, rel=0.15)


def test_results_that_are_all_one_have_no_spread() -> None:
    """A hedge that leaves nothing: nothing is divided by 0."""
    told = check_answer(describe(np.zeros(1000), SCALE, confidence=0.999, degrees=3))

    assert told.standard_deviation == told.value_at_risk == told.expected_shortfall_error == 0


def test_the_error_of_a_share_is_that_of_a_coin() -> None:
    """Largest at a half, nothing where all or none."""
    assert chance_error(0.5, 10_000) == 0.005
    assert chance_error(0.0, 10_000) == 0


def test_a_fan_is_told_column_by_column() -> None:
    """And not at all where there is nothing to be a return of."""
    columns = [np.arange(100.0) * scale for scale in (1, 2)]

    fan = fan_out([1, 2], columns, SCALE)

    assert fan is not None
    assert fan.days == (1, 2)
    assert fan.p05 == (0.0004, 0.0008)
    assert fan.p50 == (0.0049, 0.0098)
    assert fan_out([1, 2], columns, Scale(0.0, 1.0)) is None


@settings(deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=10, max_size=50), st.sampled_from([0.8, 0.95, 0.999]))
def test_quantiles_ascend_and_shortfalls_are_worse(results: list[float], confidence: float) -> None:
    """Whatever came out, every number is finite."""
    told = check_answer(describe(np.sort(results), Scale(1e12, 1e12), confidence=confidence, degrees=None))

    values = [one.net_pnl for one in told.quantiles]
    assert values == sorted(values)
    assert told.expected_shortfall >= told.value_at_risk
    assert measure_worst(np.sort(results), confidence).value_at_risk <= -min(results)


def test_what_is_next_to_nothing_is_no_loss() -> None:
    """A book that is hedged to the last bit never loses, whatever its sums leave behind the point."""
    results = np.sort(np.array([-0.000009] * 500 + [0.0] * 499 + [-0.00002]))

    assert describe(results, SCALE, confidence=0.95, degrees=None).probability_of_loss == 0.001
