"""The variance behind a hedge in its parts, and that they are the whole."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.hedging.errors import TooFewObservationsError, ZeroVarianceError
from service.hedging.risk.variance import (
    BasisRisk,
    Moments,
    measure_basis_risk,
    split_variance,
    warn_of_risk,
)
from tests.hedging.build import check_answer


def test_the_worked_example_of_five_parts() -> None:
    """Golden vector E13: beta 1.25 hedged at 0.9; the two cross parts are .0000252 and -.000018."""
    split = split_variance(Moments(0.0009, 0.0011, 0.00003, -0.00004, 0.00001), beta=1.25, hedge_ratio=0.9)
    unhedged = split_variance(Moments(0.0009, 0.0011, 0.00003, -0.00004, 0.00001), beta=1.25, hedge_ratio=0.0)

    assert split.market == pytest.approx(0.00011025, rel=1e-10)
    assert split.residual == 0.0011
    assert split.basis == pytest.approx(0.0000243, rel=1e-10)
    assert split.market_basis == pytest.approx(0.0000252, rel=1e-10)
    assert split.residual_basis == pytest.approx(-0.000018, rel=1e-10)
    assert split.total == pytest.approx(0.00124175, rel=1e-10)
    assert unhedged.total == pytest.approx(0.00250625, rel=1e-10)
    assert 1 - split.total / unhedged.total == pytest.approx(0.5045386533665835, rel=1e-10)


def test_a_full_beta_hedge_leaves_no_market_part() -> None:
    """Golden vector E15: what is left is the coins' own movement and the basis."""
    split = split_variance(Moments(0.001, 0.0008, 0.00002, 0.0, 0.0), beta=1.1, hedge_ratio=1.1)

    assert (split.market, split.residual) == (0, 0.0008)
    assert split.basis == pytest.approx(0.0000242, rel=1e-10)
    assert split.total == pytest.approx(0.0008242, rel=1e-10)


def series(count: int, seed: int = 1) -> dict[str, Any]:
    """Draw returns of a book with beta 1.2, of its market, and of a future on it."""
    draws = np.random.default_rng(seed).standard_normal((3, count))
    market = 0.03 * draws[0]
    return {
        "portfolio": (0.001 + 1.2 * market + 0.02 * draws[1]).tolist(),
        "market": market.tolist(),
        "futures": (market + 0.003 * draws[2]).tolist(),
    }


def test_beta_is_the_least_squares_slope_with_its_error() -> None:
    """Against numpy's line and the textbook's standard error, s^2 = SSE / (n - 2)."""
    returns = series(90)
    risk = measure_basis_risk(**returns)
    market, held = np.array(returns["market"]), np.array(returns["portfolio"])
    slope, offset = np.polyfit(market, held, 1)
    errors = held - offset - slope * market

    assert (risk.observations, risk.hedge_ratio) == (90, risk.beta)
    assert risk.beta == pytest.approx(slope, rel=1e-10)
    scatter = np.sum((market - market.mean()) ** 2)
    assert risk.beta_error == pytest.approx(math.sqrt(np.sum(errors**2) / 88 / scatter), rel=1e-10)
    assert risk.r_squared == pytest.approx(np.corrcoef(held, market)[0, 1] ** 2, rel=1e-10)
    assert risk.unhedged_variance == pytest.approx(np.var(held, ddof=1), rel=1e-10)
    assert risk.hedged_variance.residual == pytest.approx(np.sum(errors**2) / 89, rel=1e-10)


def test_what_is_felt_is_less_than_what_variance_promises() -> None:
    """60 % of the variance gone is 37 % of the volatility (domain 2.4): 1 - sqrt(1 - e); a year has 365 days."""
    risk = measure_basis_risk(**series(400))

    assert risk.effectiveness is not None
    assert risk.volatility_reduction == pytest.approx(1 - math.sqrt(1 - risk.effectiveness), rel=1e-10)
    assert risk.tracking_error == pytest.approx(math.sqrt(365 * risk.hedged_variance.total), rel=1e-10)


@pytest.mark.parametrize("periods", [52.0, 8760.0])
def test_only_the_tracking_error_knows_how_long_a_period_is(periods: float) -> None:
    """Weekly and hourly returns lead to the same beta and the same effectiveness."""
    daily, other = measure_basis_risk(**series(40)), measure_basis_risk(**series(40), periods=periods)

    assert other.tracking_error == pytest.approx(daily.tracking_error * math.sqrt(periods / 365))
    assert (other.beta, other.effectiveness) == (daily.beta, daily.effectiveness)


def test_a_missing_return_takes_its_period_out_of_all_three() -> None:
    """Never filled in: a return of nothing would pull beta to 0."""
    returns = series(40)
    gaps: Any = {
        name: [None if index == at else value for index, value in enumerate(values)]
        for (name, values), at in zip(returns.items(), (3, 3, 7), strict=True)
    }
    kept: Any = {
        name: [value for index, value in enumerate(values) if index not in {3, 7}] for name, values in returns.items()
    }

    assert measure_basis_risk(**gaps) == measure_basis_risk(**kept)


@pytest.mark.parametrize(
    "returns",
    [
        {"portfolio": [0.1, 0.2], "market": [0.1, 0.2], "futures": [0.1, 0.2]},
        {"portfolio": [0.1, None, 0.2, 0.3], "market": [0.1, 0.2, None, 0.1], "futures": [0.1, 0.2, 0.3, 0.1]},
    ],
)
def test_two_periods_are_too_few(returns: dict[str, Any]) -> None:
    """Three is what arithmetic takes; it is said how many there are."""
    with pytest.raises(TooFewObservationsError) as refusal:
        measure_basis_risk(**returns)

    assert [fault.path[0] for fault in refusal.value.faults] == ["risk"]
    assert "2 periods have all three returns" in refusal.value.faults[0].detail


@pytest.mark.parametrize("market", [[0.0] * 4, [0.1] * 4, [1e-300, 0.0, -1e-300, 0.0], [1e-10, -1e-10, 1e-10, -1e-10]])
def test_a_market_that_never_moved_has_no_beta(market: list[float]) -> None:
    """Neither zeros nor equal returns nor the noise of rounding are divided by."""
    with pytest.raises(ZeroVarianceError) as refusal:
        measure_basis_risk(portfolio=[0.1, -0.1, 0.2, 0.0], market=market, futures=[0.1, -0.1, 0.2, 0.0])

    assert [fault.path[0] for fault in refusal.value.faults] == ["risk"]


def test_a_book_that_never_moved_has_nothing_to_remove() -> None:
    """Null, not 0 and not 1: there is no variance of which a share could be removed."""
    risk = measure_basis_risk(portfolio=[0.1] * 4, market=[0.1, -0.1, 0.2, 0.0], futures=[0.1, -0.1, 0.2, 0.0])

    assert (risk.r_squared, risk.effectiveness, risk.volatility_reduction) == (None, None, None)
    assert risk.beta == pytest.approx(0, abs=1e-15)


def test_a_perfectly_hedged_book_has_no_risk_left() -> None:
    """A book that is twice the market behind a future without basis: e = 1, and nothing falls below 0 by rounding."""
    market = [0.01, -0.03, 0.02, 0.05, -0.01]

    risk = check_answer(measure_basis_risk(portfolio=[2 * one for one in market], market=market, futures=market))

    assert risk.beta == pytest.approx(2)
    assert risk.effectiveness == pytest.approx(1)
    assert risk.tracking_error == pytest.approx(0, abs=1e-8)
    assert risk.r_squared == pytest.approx(1)


@pytest.mark.parametrize(("ratio", "effectiveness"), [(0.0, 0.0), (1.2, 1.0), (2.4, 0.0), (0.6, 0.75), (3.6, -3.0)])
def test_effectiveness_is_a_parabola_in_the_hedge_ratio(ratio: float, effectiveness: float) -> None:
    """Domain property 6: 2k - k^2 of R^2, which is 1 here; half a hedge removes three quarters, twice one nothing."""
    market = [0.01, -0.03, 0.02, 0.05, -0.01]

    risk = measure_basis_risk(portfolio=[1.2 * one for one in market], market=market, futures=market, hedge_ratio=ratio)

    assert risk.effectiveness == pytest.approx(effectiveness, abs=1e-9)


@pytest.mark.parametrize(
    ("count", "scale", "codes"),
    [
        (29, 1.2, ["low_sample"]),
        (30, 1.2, []),
        (60, 0.0, ["beta_not_significant"]),
        (10, 0.0, ["low_sample", "beta_not_significant"]),
    ],
)
def test_a_beta_that_may_be_none_is_doubted(count: int, scale: float, codes: list[str]) -> None:
    """Fewer than 30 observations, or a slope within two of its standard errors of 0."""
    market = [0.03 * math.sin(2.3 * day) for day in range(count)]
    held = [scale * one + 0.01 * math.cos(1.7 * day) for day, one in enumerate(market)]
    risk = measure_basis_risk(portfolio=held, market=market, futures=market)

    notes = list(warn_of_risk(risk, "risk"))

    assert [(note.code, note.pointer) for note in notes] == [(code, "#/risk") for code in codes]


returns_of = st.floats(-1, 100, allow_subnormal=True)
rows = st.lists(st.tuples(returns_of, returns_of, returns_of), min_size=3, max_size=40)


def measured(table: list[tuple[float, float, float]], ratio: float | None) -> BasisRisk:
    """Measure a table of returns of book, market and future; skip a market that stands still."""
    held, moved, hedge = zip(*table, strict=True)
    assume(np.var(moved, ddof=1) >= 1e-12)
    return measure_basis_risk(portfolio=held, market=moved, futures=hedge, hedge_ratio=ratio)


@given(table=rows, ratio=st.none() | st.floats(-10, 10))
def test_the_parts_are_the_variance_of_the_hedged_return(
    table: list[tuple[float, float, float]], ratio: float | None
) -> None:
    """Domain property 11: they add up, and to the variance of r_P - h r_F itself, at 1e-10 of what is added."""
    risk = measured(table, ratio)
    split = risk.hedged_variance
    parts = [split.market, split.residual, split.basis, split.market_basis, split.residual_basis]
    held, _, hedge = (np.array(column) for column in zip(*table, strict=True))

    direct = float(np.var(held - risk.hedge_ratio * hedge, ddof=1))

    size = math.fsum(map(abs, parts)) + risk.unhedged_variance + risk.hedge_ratio**2 * float(np.var(hedge, ddof=1))
    assert split.total == pytest.approx(math.fsum(parts), rel=1e-12, abs=1e-300)
    assert abs(split.total - direct) <= 1e-10 * size + 1e-30


@given(table=rows, ratio=st.floats(-10, 10), other=st.floats(-10, 10))
def test_the_coins_own_part_does_not_depend_on_the_hedge(
    table: list[tuple[float, float, float]], ratio: float, other: float
) -> None:
    """No amount of futures removes it."""
    assert measured(table, ratio).hedged_variance.residual == measured(table, other).hedged_variance.residual


@given(table=rows, ratio=st.none() | st.floats(-10, 10), periods=st.floats(1, 1_000_000))
def test_every_number_of_a_risk_is_finite(
    table: list[tuple[float, float, float]], ratio: float | None, periods: float
) -> None:
    """Denormal returns, hundredfold gains, three rows: numbers within their bounds, or a refusal."""
    held, moved, hedge = zip(*table, strict=True)
    try:
        risk = measure_basis_risk(portfolio=held, market=moved, futures=hedge, hedge_ratio=ratio, periods=periods)
    except ZeroVarianceError:
        return

    assert check_answer(risk).tracking_error >= 0
    assert risk.r_squared is None or 0 <= risk.r_squared <= 1
    assert risk.effectiveness is None or risk.effectiveness <= 1 + 1e-9
    assert list(warn_of_risk(risk)) is not None
