"""Slopes: against numpy's own least squares, loops over what is known, and closes of the past."""

import math
from collections.abc import Sequence
from statistics import correlation, linear_regression

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.arrays import Floats
from service.hedging.estimation.regression import (
    fit_dimson,
    fit_each,
    fit_lines,
    fit_many,
    fit_rolling,
    fit_scholes_williams,
    fit_side,
    fit_weighted,
    stack,
)
from tests.hedging.history import daily_returns, golden, needs_history

NAN = math.nan
Series = list[float | None]
changes = st.floats(-0.5, 0.5, allow_subnormal=False).map(lambda one: round(one, 6))
pairs = st.lists(st.tuples(st.none() | changes, st.none() | changes), min_size=6, max_size=40)


def draw(count: int, intervals: int, *, seed: int = 1, missing: float = 0.0) -> tuple[Floats, Floats]:
    """Draw coins that follow an instrument, and leave some returns out."""
    random = np.random.default_rng(seed)
    instrument = random.normal(0, 0.03, intervals)
    assets = random.uniform(0.5, 1.5, (count, 1)) * instrument + random.normal(0, 0.04, (count, intervals))
    assets[random.random((count, intervals)) < missing] = NAN
    instrument[random.random(intervals) < missing / 2] = NAN
    return assets, instrument


def known(asset: Floats, instrument: Floats) -> tuple[list[float], list[float]]:
    """Keep the intervals in which both are known, one by one."""
    rows = [(y, x) for y, x in zip(asset, instrument, strict=True) if math.isfinite(y) and math.isfinite(x)]
    return [y for y, _ in rows], [x for _, x in rows]


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_lines_are_those_of_least_squares(missing: float) -> None:
    """By the standard library pair by pair, and the error by the residuals themselves."""
    assets, instrument = draw(7, 60, missing=missing)

    found = fit_lines(assets, instrument)

    for place, asset in enumerate(assets):
        y, x = known(asset, instrument)
        slope, intercept = linear_regression(x, y)
        residuals = [one - slope * other - intercept for one, other in zip(y, x, strict=True)]
        error = math.sqrt(math.fsum(one**2 for one in residuals) / (len(y) - 2) / (np.var(x) * len(x)))
        assert found.observations[place] == len(y)
        assert found.slope[place] == pytest.approx(slope, rel=1e-10)
        assert found.intercept[place] == pytest.approx(intercept, rel=1e-8)
        assert found.error[place] == pytest.approx(error, rel=1e-10)
        assert found.correlation[place] == pytest.approx(correlation(x, y), rel=1e-10)
        assert found.variance[place] == pytest.approx(np.var(y, ddof=1), rel=1e-10)
        assert found.instrument_variance[place] == pytest.approx(np.var(x, ddof=1), rel=1e-10)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_weighted_moments_are_those_of_the_recursion(missing: float) -> None:
    """Source: RiskMetrics: each day (1 - lambda) of the new square and lambda of the old; started at the first pair."""
    assets, instrument = draw(5, 80, missing=missing)
    decay = 0.9

    found = fit_weighted(assets, instrument, decay=decay)

    for place, asset in enumerate(assets):
        y, x = known(asset, instrument)
        covariance, variance = y[0] * x[0], x[0] * x[0]
        weights = [1.0]
        for one, other in zip(y[1:], x[1:], strict=True):
            covariance, variance = covariance * decay + one * other, variance * decay + other * other
            weights = [*(weight * decay for weight in weights), 1.0]
        assert found.slope[place] == pytest.approx(covariance / variance, rel=1e-10)
        assert found.instrument_variance[place] == pytest.approx(variance / sum(weights), rel=1e-10)
        assert found.worth[place] == pytest.approx(sum(weights) ** 2 / sum(one**2 for one in weights), rel=1e-10)


@pytest.mark.parametrize("falls", [True, False])
def test_sides_are_lines_over_what_fell_or_rose(falls: bool) -> None:
    """Each by the standard library over its own intervals."""
    assets, instrument = draw(4, 90, missing=0.1)

    found = fit_side(assets, instrument, falls=falls)

    for place, asset in enumerate(assets):
        y, x = known(asset, instrument)
        rows = [(one, other) for one, other in zip(y, x, strict=True) if (other < 0 if falls else other > 0)]
        slope, _ = linear_regression([other for _, other in rows], [one for one, _ in rows])
        assert found.slope[place] == pytest.approx(slope, rel=1e-10)
        assert found.observations[place] == len(rows)


def lagged_rows(asset: Floats, instrument: Floats) -> list[tuple[float, float, float, float]]:
    """List what an asset did beside the instrument before, at and after, where all is known."""
    rows = zip(asset[1:-1], instrument[:-2], instrument[1:-1], instrument[2:], strict=True)
    return [row for row in rows if all(map(math.isfinite, row))]


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_dimson_is_one_regression_on_three(missing: float) -> None:
    """Source: numpy's least squares with a column of ones."""
    assets, instrument = draw(6, 70, missing=missing)

    found = fit_dimson(assets, instrument)

    for place, asset in enumerate(assets):
        rows = np.array(lagged_rows(asset, instrument))
        design = np.column_stack([np.ones(len(rows)), rows[:, 1:]])
        fitted = np.linalg.lstsq(design, rows[:, 0], rcond=None)[0]
        assert found.observations[place] == len(rows)
        assert [found.before[place], found.same[place], found.after[place]] == pytest.approx(fitted[1:], rel=1e-8)
        assert found.total[place] == pytest.approx(fitted[1:].sum(), rel=1e-8)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_scholes_williams_is_three_lines_over_what_the_instrument_remembers(missing: float) -> None:
    """Source: Scholes and Williams (1977), by the standard library."""
    assets, instrument = draw(6, 70, missing=missing)
    memory = [(one, other) for one, other in zip(instrument[1:], instrument[:-1], strict=True)]
    memory = [pair for pair in memory if all(map(math.isfinite, pair))]
    rho = correlation([one for one, _ in memory], [other for _, other in memory])

    found = fit_scholes_williams(assets, instrument)

    for place, asset in enumerate(assets):
        rows = lagged_rows(asset, instrument)
        slopes = [linear_regression([row[lag] for row in rows], [row[0] for row in rows]).slope for lag in (1, 2, 3)]
        assert found.total[place] == pytest.approx(sum(slopes) / (1 + 2 * rho), rel=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_rolling_slopes_are_those_of_each_window(missing: float) -> None:
    """One by one, with numpy's own quantiles of them; a window with less than half of its pairs is left out."""
    assets, instrument = draw(4, 60, missing=missing)
    assets[0, 20:35] = NAN
    window = 20

    found = fit_rolling(assets, instrument, window=window)

    for place, asset in enumerate(assets):
        slopes = []
        for start in range(len(instrument) - window + 1):
            y, x = known(asset[start : start + window], instrument[start : start + window])
            if len(y) >= window / 2:
                slopes.append(linear_regression(x, y).slope)
        edges = [found.lowest[place], found.low[place], found.middle[place], found.high[place], found.highest[place]]
        assert found.windows[place] == len(slopes)
        assert edges == pytest.approx(np.percentile(slopes, (0, 5, 50, 95, 100)), rel=1e-9)
        assert found.latest[place] == pytest.approx(slopes[-1], rel=1e-9)


def test_without_a_window_there_is_no_rolling_slope() -> None:
    """The series is shorter than a window, or has too few pairs in each."""
    assets, instrument = draw(2, 10)
    sparse = np.where(np.arange(10) % 4, NAN, assets)

    for found in (fit_rolling(assets, instrument, window=11), fit_rolling(sparse, instrument, window=8)):
        assert not found.windows.any()
        assert all(np.isnan(one).all() for one in found[1:])


@given(pairs)
def test_what_is_missing_in_one_pair_is_as_if_it_had_never_been(rows: list[tuple[float | None, float | None]]) -> None:
    """A line is the same whether intervals lack a return, or are left out (domain 2.3)."""
    kept = [row for row in rows if None not in row]
    full = fit_lines(stack([[y for y, _ in rows]]), stack([[x for _, x in rows]])[0])
    left = fit_lines(stack([[y for y, _ in kept]]), stack([[x for _, x in kept]])[0])

    for one, other in zip(full, left, strict=True):
        assert one[0] == pytest.approx(other[0], rel=1e-9, abs=1e-12, nan_ok=True)


@given(st.lists(st.tuples(changes, changes), min_size=3, max_size=30), st.randoms(), changes)
def test_a_line_forgets_the_order_and_keeps_constants_apart(
    rows: list[tuple[float, float]], random: object, shift: float
) -> None:
    """Permuted and moved returns have the same slope (domain 9.7 and 9.8)."""
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    before, after = (
        fit_lines(np.array([[y + moved for y, _ in some]]), np.array([x + moved for _, x in some])).slope[0]
        for some, moved in ((rows, 0.0), (shuffled, shift))
    )

    if np.var([x for _, x in rows]) > 1e-8:
        assert after == pytest.approx(before, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "drivers",
    [
        [[0.01, -0.02, 0.03, 0.01, -0.01], [0.02, -0.04, 0.06, 0.02, -0.02]],
        [[0.01, -0.02, 0.03, 0.01, -0.01], [0.0, 0.0, 0.0, 0.0, 0.0]],
        [[0.01, -0.02, 0.03], [0.02, 0.04, -0.06]],
    ],
    ids=["one is twice the other", "one never moved", "too few"],
)
def test_drivers_that_say_the_same_have_no_slopes_of_their_own(drivers: Sequence[Sequence[float]]) -> None:
    """There is no number to give, and none is given."""
    moves = np.array(drivers)
    asset = moves[:1] * 1.1

    assert fit_many(asset, moves) is None
    assert np.isnan(fit_each(asset, moves)).all()


def test_an_instrument_that_never_moved_has_no_line() -> None:
    """NaN, which whoever asks turns into a refusal."""
    found = fit_lines(np.array([[0.01, 0.02, -0.01]]), np.array([0.01, 0.01, 0.01]))

    assert np.isnan([found.slope[0], found.error[0], found.correlation[0]]).all()
    assert np.isnan(fit_weighted(np.array([[0.01, 0.02, -0.01]]), np.zeros(3), decay=0.9).slope[0])


# What was reckoned from closes of the past


@needs_history
@pytest.mark.parametrize("year", ["2021", "2022", "2023"])
def test_betas_of_the_past_come_out(year: str) -> None:
    """Every coin's of the year, to six digits."""
    stated = {coin: years[year] for coin, years in golden()["beta_corr_vs_btc"].items() if year in years}
    stated.pop("BASKET", None)
    span = f"{year}-01-01", f"{year}-12-31"
    btc = stack([daily_returns("BTC", *span)])[0]

    found = fit_lines(stack([daily_returns(coin, *span) for coin in stated]), btc)

    assert found.slope.tolist() == pytest.approx([one["beta"] for one in stated.values()], abs=1e-6)
    assert found.correlation.tolist() == pytest.approx([one["corr"] for one in stated.values()], abs=1e-6)
    assert found.observations.tolist() == [one["n"] for one in stated.values()]


@needs_history
def test_rolling_betas_of_the_past_come_out() -> None:
    """Of an equal-weight basket of SOL, ADA and DOT, over 90 days each."""
    span = "2020-08-19", "2022-09-25"
    coins = stack([daily_returns(coin, *span) for coin in ("SOL", "ADA", "DOT")])
    basket = coins.mean(axis=0, keepdims=True)
    stated = golden()["rolling90"]

    found = fit_rolling(basket, stack([daily_returns("BTC", *span)])[0], window=90)

    assert [found.lowest[0], found.middle[0], found.highest[0]] == pytest.approx(
        [stated["min"], stated["median"], stated["max"]], abs=1e-6
    )
