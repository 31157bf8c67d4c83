"""Betas from past returns: worked examples, the numpy engine as a second route, and what is refused."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.errors import (
    HedgingError,
    InconsistentQuestionError,
    TooFewObservationsError,
    ZeroVarianceError,
)
from service.hedging.estimation.estimates import BetaEstimate, Estimator, Places, estimate_betas
from service.hedging.estimation.priors import PRIORS, Prior
from service.hedging.estimation.regression import fit_lines, fit_weighted, stack
from service.hedging.risk.samples import Sample
from tests.hedging.measured import slopes_of

OLS = Estimator("ols", None, 0.94, 0.95)
VASICEK = Estimator("vasicek", PRIORS["BTC"], 0.94, 0.95)
EWMA = Estimator("ewma", None, 0.94, 0.95)
Column = Sequence[float | None]

HULL_SPOT = (0.029, 0.020, -0.044, 0.008, 0.026, -0.019, -0.010, -0.007, 0.043, 0.011, -0.036, -0.018, 0.009, -0.032)
HULL_FUTURES = (0.021, 0.035, -0.046, 0.001, 0.044, -0.029, -0.026, -0.029, 0.048, -0.006, -0.036, -0.011, 0.019)
ALT = (0.031, -0.052, None, 0.018, -0.071, 0.044, 0.009, -0.013, 0.062, -0.028, 0.015, -0.090, 0.055, 0.021)
BTC = (0.020, -0.031, 0.004, 0.011, -0.049, 0.025, None, -0.010, 0.038, -0.022, 0.006, -0.058, 0.041, 0.009)


def estimate(estimator: Estimator, market: Column, **assets: Column) -> dict[str, BetaEstimate]:
    """Estimate betas to BTC of assets that are held in the order in which they are named."""
    places = Places({asset: ("holdings", index, "asset") for index, asset in enumerate(assets)}, ("betas",))
    return estimate_betas(Sample({**assets, "BTC": market}, 1.0), "BTC", estimator, places=places)


# Worked examples


def test_the_textbook_slope() -> None:
    """Golden vector R01, Hull Table 3.2: slope 0.7777; with 15 months its 95 % interval is [.591, .964] (R15)."""
    found = estimate(OLS, (*HULL_FUTURES, -0.027, 0.029), OIL=(*HULL_SPOT, 0.023))["OIL"]

    assert found.slope == found.beta == pytest.approx(0.7777, abs=6e-5)
    assert found.r_squared == pytest.approx(0.862, abs=5e-4)
    assert found.observations == found.effective_observations == 15
    assert found.beta_low == pytest.approx(0.591, abs=5e-4)
    assert found.beta_high == pytest.approx(0.964, abs=5e-4)
    assert found.sample_weight is None


def test_a_missing_return_is_left_out_of_its_pair() -> None:
    """Golden vector R16, two codes to 50 digits: 12 of 14 intervals have both."""
    found = estimate(OLS._replace(confidence=0.9), BTC, ALT=ALT)["ALT"]

    assert found.observations == 12
    assert found.slope == pytest.approx(1.53040521232211236, rel=1e-10)
    assert found.standard_error == pytest.approx(0.0442482066889877771, rel=1e-10)
    assert found.r_squared == pytest.approx(0.991709836482234198, rel=1e-10)
    assert found.beta_low == pytest.approx(1.450207057944186445, rel=1e-10)
    assert found.beta_high == pytest.approx(1.610603366700038279, rel=1e-10)


def test_later_returns_weigh_more() -> None:
    """Golden vector R17: lambda 0.94, worth 11.48 observations; least squares stands beside it, and no interval."""
    found = estimate(EWMA, BTC, ALT=ALT)["ALT"]

    assert found.beta == pytest.approx(1.520674006887950258, rel=1e-10)
    assert found.effective_observations == pytest.approx(11.48113687727898998, rel=1e-10)
    assert found.slope == pytest.approx(1.53040521232211236, rel=1e-10)
    assert (found.beta_low, found.beta_high, found.sample_weight) == (None, None, None)


def test_a_sample_moves_a_belief_by_how_sure_it_is() -> None:
    """By the formulas of golden vector R26: w = 1 / (1 + (se / tau)^2), posterior sd = sqrt(w) se."""
    prior = Prior(mean=1.09, spread=0.2)
    found = estimate(VASICEK._replace(prior=prior, confidence=0.9), BTC, ALT=ALT)["ALT"]

    weight = 1 / (1 + (0.0442482066889877771 / 0.2) ** 2)
    beta = weight * 1.53040521232211236 + (1 - weight) * 1.09
    reach = NormalDist().inv_cdf(0.95) * math.sqrt(weight) * 0.0442482066889877771
    assert found.sample_weight == pytest.approx(weight, rel=1e-10)
    assert found.beta == pytest.approx(beta, rel=1e-10)
    assert found.beta_low == pytest.approx(beta - reach, rel=1e-10)
    assert found.beta_high == pytest.approx(beta + reach, rel=1e-10)


def test_a_coin_of_which_little_is_known_has_the_beta_of_the_others() -> None:
    """Three observations that say 3, and say it badly: the belief of 1.09 outweighs them."""
    found = estimate(VASICEK, (0.01, -0.01, 0.02), NEW=(0.07, -0.02, -0.01))["NEW"]

    assert found.standard_error > 1
    assert found.sample_weight is not None
    assert found.sample_weight < 0.04
    assert found.beta == pytest.approx(1.09, abs=0.05)


# Properties

_MOVES = st.floats(-0.3, 0.3).map(lambda move: round(move, 6))
_GAPPY = st.lists(st.tuples(*[st.one_of(st.none(), _MOVES, _MOVES, _MOVES)] * 3), min_size=8, max_size=60)
_METHODS = st.sampled_from([OLS, VASICEK, EWMA])


def _answer(estimator: Estimator, market: Column, **assets: Column) -> dict[str, BetaEstimate] | None:
    """Estimate; None where the returns say nothing."""
    try:
        return estimate(estimator, market, **assets)
    except HedgingError:
        return None


@given(rows=_GAPPY, estimator=_METHODS)
def test_both_engines_say_the_same(rows: list[tuple[float | None, ...]], estimator: Estimator) -> None:
    """The slopes and errors of a book's betas are those of /v1/hedge-ratio, which numpy calculates for all at once."""
    market, one, other = (list(column) for column in zip(*rows, strict=True))
    found = _answer(estimator, market, A=one, B=other)
    if found is None:
        return

    lines = fit_lines(stack([one, other]), stack([market])[0])
    faded = fit_weighted(stack([one, other]), stack([market])[0], decay=0.94)

    for place, line in enumerate((found["A"], found["B"])):
        assert line.observations == lines.observations[place]
        assert line.slope == pytest.approx(lines.slope[place], rel=1e-9, abs=1e-9)
        # What numpy leaves of a perfect fit is the last digit of a square: its root is an eighth digit of the slope.
        assert line.standard_error == pytest.approx(lines.error[place], rel=1e-6, abs=1e-6 * (1 + abs(line.slope)))
        assert line.r_squared == pytest.approx(lines.correlation[place] ** 2, rel=1e-6, abs=1e-9)
        if estimator.method == "ewma":
            assert line.beta == pytest.approx(faded.slope[place], rel=1e-9, abs=1e-9)
            assert line.effective_observations == pytest.approx(faded.worth[place], rel=1e-9)
            assert line.effective_observations == pytest.approx(faded.worth[place], rel=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
@pytest.mark.parametrize("count", [3, 14, 90])
def test_a_coin_has_one_beta_and_one_doubt_whichever_question_is_asked(count: int, confidence: float) -> None:
    """By each method: the beta, its interval and what the prior weighs are those that /v1/hedge-ratio tells of it."""
    market = [0.03 * math.sin(day * day) for day in range(count + 2)]
    coin: list[float | None] = [1.3 * move + 0.02 * math.cos(day * day) for day, move in enumerate(market)]
    coin[1] = coin[2] = None
    pair = slopes_of(coin, market, confidence=confidence)

    least, shrunk, faded = (
        estimate(estimator._replace(confidence=confidence), market, ALT=coin)["ALT"]
        for estimator in (OLS, VASICEK, EWMA)
    )

    assert pair.vasicek is not None
    ends = [(pair.ols.beta, pair.ols.low, pair.ols.high), (pair.vasicek.beta, pair.vasicek.low, pair.vasicek.high)]
    for found, expected in zip((least, shrunk), ends, strict=True):
        assert (found.beta, found.beta_low, found.beta_high) == pytest.approx(expected, rel=1e-9)
    assert shrunk.sample_weight == pytest.approx(pair.vasicek.weight, rel=1e-9)
    assert faded.beta == pytest.approx(pair.ewma.beta, rel=1e-9)
    assert {found.observations for found in (least, shrunk, faded)} == {pair.observations} == {count}


@given(rows=_GAPPY, estimator=_METHODS)
def test_every_number_is_one(rows: list[tuple[float | None, ...]], estimator: Estimator) -> None:
    """Finite, and within its bounds: a beta lies within its interval, a posterior between sample and belief."""
    market, one, other = (list(column) for column in zip(*rows, strict=True))
    for found in (_answer(estimator, market, A=one, B=other) or {}).values():
        numbers = [getattr(found, name) for name in found.__struct_fields__ if getattr(found, name) is not None]

        assert all(math.isfinite(number) for number in numbers)
        assert 0 <= found.r_squared <= 1
        assert 1 <= found.effective_observations <= found.observations
        assert abs(found.beta) <= 100
        if found.beta_low is not None and found.beta_high is not None:
            assert found.beta_low <= found.beta <= found.beta_high
        if found.sample_weight is not None:
            between = sorted((found.slope, 1.09))
            assert between[0] - 1e-9 <= found.beta <= between[1] + 1e-9


@given(rows=_GAPPY, seed=st.randoms(use_true_random=False))
def test_least_squares_does_not_know_the_order_of_days(rows: list[tuple[float | None, ...]], seed: Any) -> None:
    """To the last digit, since its sums are exactly rounded; a coin's beta does not depend on the others either."""
    market, one, other = (list(column) for column in zip(*rows, strict=True))
    shuffled = list(rows)
    seed.shuffle(shuffled)
    moved, again, _ = (list(column) for column in zip(*shuffled, strict=True))

    found, alone = _answer(VASICEK, market, A=one, B=other), _answer(VASICEK, moved, A=again)

    if found is not None:
        assert alone is not None
        assert found["A"] == alone["A"]


def test_the_interval_holds_the_true_beta_as_often_as_it_says() -> None:
    """Of 400 samples of 60 days with a beta of 1.3, 95 % within four standard errors."""
    draws = np.random.default_rng(7).standard_normal((400, 2, 60))
    held = 0
    for market, own in draws:
        asset = 1.3 * 0.03 * market + 0.03 * own
        found = estimate(OLS, (0.03 * market).tolist(), A=asset.tolist())["A"]
        held += (found.beta_low or 9) <= 1.3 <= (found.beta_high or -9)

    assert abs(held / 400 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 400)


# Doubts


@pytest.mark.parametrize(
    ("estimator", "asset", "is_doubtful"),
    [
        (OLS, (0.02, 0.01, -0.03, 0.01, 0.02, -0.01), True),
        (OLS, (0.012, -0.009, 0.022, -0.03, 0.011, -0.021), False),
        (EWMA, (0.02, 0.01, -0.03, 0.01, 0.02, -0.01), True),
        (EWMA, (0.012, -0.009, 0.022, -0.03, 0.011, -0.021), False),
        (VASICEK, (0.02, 0.01, -0.03, 0.01, 0.02, -0.01), False),  # it is believed to be like the others
        (VASICEK._replace(prior=Prior(mean=0.0, spread=0.2)), (0.02, 0.01, -0.03, 0.01, 0.02, -0.01), True),
    ],
)
def test_a_beta_that_may_be_none_is_doubtful(estimator: Estimator, asset: Column, *, is_doubtful: bool) -> None:
    """Where its interval has 0 in it; that of `ewma`, which has none, by two errors of the slope."""
    found = estimate(estimator, (0.01, -0.01, 0.02, -0.03, 0.01, -0.02), A=asset)["A"]

    assert found.is_doubtful == is_doubtful


# What is refused


@pytest.mark.parametrize(
    ("estimator", "market", "assets", "error", "paths"),
    [
        (
            OLS,
            (0.01, None, 0.02, 0.03),
            {"A": (0.01, 0.02, None, 0.01), "B": (0.01, 0.02, 0.03, 0.05), "C": (None, 0.02, 0.03, 0.05)},
            TooFewObservationsError,
            [("holdings", 0, "asset"), ("holdings", 2, "asset")],
        ),
        (OLS, (0.01, 0.01, 0.01), {"A": (0.01, 0.02, 0.03), "B": (0.1, 0.2, 0.3)}, ZeroVarianceError, [("betas",)]),
        (
            OLS,
            (0.01, 0.02, 0.03, None),
            {"A": (0.01, 0.02, 0.03, 0.1), "B": (0.02, 0.02, 0.02, 0.5)},
            ZeroVarianceError,
            [("holdings", 1, "asset")],
        ),
        (
            OLS,
            (0.01, 0.01, 0.01),
            {"A": (0.0, 0.0, 0.0)},
            ZeroVarianceError,
            [("betas",), ("holdings", 0, "asset")],
        ),
        # By weights of a half each, what moved a hundred days ago is nothing.
        (
            EWMA._replace(decay=0.5),
            (0.01, -0.01, *[0.0] * 100),
            {"A": (0.02, -0.02, *[0.001, 0.002] * 50)},
            ZeroVarianceError,
            [("betas",)],
        ),
        (
            OLS,
            (0.0001, -0.0001, 0.0001),
            {"A": (0.02, -0.02, 0.021), "B": (0.0001, -0.0001, 0.0002)},
            InconsistentQuestionError,
            [("holdings", 0, "asset")],
        ),
    ],
)
def test_what_returns_do_not_say_is_refused(
    estimator: Estimator,
    market: Column,
    assets: dict[str, Column],
    error: type[HedgingError],
    paths: list[tuple[str | int, ...]],
) -> None:
    """At every coin that it concerns; the underlying is where the returns are."""
    with pytest.raises(error) as raised:
        estimate(estimator, market, **assets)

    assert [fault.path for fault in raised.value.faults] == paths
