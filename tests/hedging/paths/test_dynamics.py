"""Models of the market: what they say of a book's coins, and what is no model."""

import math

import pytest

from service.hedging.errors import HedgingError, InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError
from service.hedging.paths.dynamics import (
    USUAL_CORRELATION,
    USUAL_RESIDUAL,
    Blocks,
    BootstrapModel,
    CovarianceModel,
    Factor,
    FactorModel,
    Model,
    check_history,
    take_model,
    usual_block,
)

SERIES = (0.01, -0.03, 0.02, 0.005, -0.015, 0.03, -0.01, 0.02, -0.025, 0.01, 0.04, -0.02)


def factor_of(model: Model, betas: dict[str, float]) -> Factor:
    """Take a model that has a market factor."""
    taken = take_model(model, betas, "BTC")
    assert isinstance(taken, Factor)
    return taken


def blocks_of(**terms: object) -> Blocks:
    """Take past days of BTC and SOL."""
    model = BootstrapModel(**{"returns": {"BTC": SERIES, "SOL": SERIES[::-1]}, **terms})  # type: ignore[arg-type]
    taken = take_model(model, {"SOL": 1.0}, "BTC")
    assert isinstance(taken, Blocks)
    return taken


def covariances(factor: Factor) -> list[list[float]]:
    """Put the coins' covariances together again."""
    rows = range(len(factor.betas))
    own = [
        [
            factor.common[one] * factor.common[other]
            + math.fsum(a * b for a, b in zip(factor.loadings[one], factor.loadings[other], strict=False))
            for other in rows
        ]
        for one in rows
    ]
    return [
        [own[one][other] + factor.betas[one] * factor.betas[other] * factor.variance for other in rows] for one in rows
    ]


def test_what_nobody_says_of_the_coins_is_assumed() -> None:
    """0.8 a year each, 0.4 between any two: a basket of eight then has the R^2 of 0.58 that it had (domain 2.4)."""
    factor = factor_of(FactorModel(volatility=0.6), {f"A{place}": 1.09 for place in range(8)})

    total = math.fsum(map(math.fsum, covariances(factor))) / 64
    explained = 1.09**2 * factor.variance

    assert explained / total == pytest.approx(0.58, abs=0.01)


def test_volatilities_are_annual_and_the_coins_own_may_differ() -> None:
    """By sqrt(365), and correlated as asked."""
    model = FactorModel(
        volatility=0.365, residual_volatility=0.5, residual_volatilities={"SOL": 1.0}, residual_correlation=0.25
    )

    (sol, both), (_, ada) = covariances(factor_of(model, {"SOL": 0.0, "ADA": 0.0}))

    assert factor_of(model, {}).variance == pytest.approx(0.365**2 / 365)
    assert sol * 365 == pytest.approx(1.0)
    assert ada * 365 == pytest.approx(0.25)
    assert both / math.sqrt(sol * ada) == pytest.approx(0.25)


def test_the_underlying_moves_only_with_itself() -> None:
    """Unless it is named: the same coin at another place is the market."""
    assert covariances(factor_of(FactorModel(residual_volatility=0.5), {"BTC": 1.0})) == [
        [factor_of(FactorModel(), {}).variance]
    ]
    assert USUAL_RESIDUAL == 0.8
    assert USUAL_CORRELATION == 0.4


def test_a_covariance_comes_back_out_of_its_parts() -> None:
    """Beta and residuals of it make the same covariance, of what is held and in that order."""
    given = ((0.001, 0.0011, 0.0008), (0.0011, 0.004, 0.002), (0.0008, 0.002, 0.003))
    model = CovarianceModel(assets=("BTC", "SOL", "ADA"), covariance=given)

    factor = factor_of(model, {"ADA": 9.0, "SOL": 9.0})

    assert factor.betas == pytest.approx((0.8, 1.1))
    (ada, both), (_, sol) = covariances(factor)
    assert (ada, both, sol) == pytest.approx((0.003, 0.002, 0.004))


def test_a_covariance_may_be_singular() -> None:
    """Two coins that are one are no contradiction, nor is one that stands still."""
    twins = CovarianceModel(
        assets=("BTC", "A", "B", "C"),
        covariance=((1e-3, 0, 0, 0), (0, 4e-3, 4e-3, 0), (0, 4e-3, 4e-3, 0), (0, 0, 0, 0)),
    )

    factor = factor_of(twins, {"A": 1.0, "B": 1.0, "C": 1.0})

    assert covariances(factor)[0] == pytest.approx([4e-3, 4e-3, 0])
    assert covariances(factor)[1] == pytest.approx([4e-3, 4e-3, 0])


def matrix(*rows: tuple[float, ...], assets: tuple[str, ...] = ("BTC", "SOL")) -> CovarianceModel:
    """Make a covariance of BTC and SOL."""
    return CovarianceModel(assets=assets, covariance=rows)


@pytest.mark.parametrize(
    ("model", "error", "path"),
    [
        (matrix((1.0, 0.0), (0.0, 1.0), assets=("BTC", "BTC")), InconsistentQuestionError, ("model", "assets")),
        (matrix((1.0, 0.0), (0.0, 1.0), assets=("BTC", "ADA")), InconsistentQuestionError, ("model", "assets")),
        (matrix((1.0, 0.0), (0.0, 1.0), assets=("ADA", "SOL")), InconsistentQuestionError, ("model", "assets")),
        (matrix((1.0, 0.0)), InconsistentQuestionError, ("model", "covariance")),
        (matrix((1.0, 0.0), (0.0,)), InconsistentQuestionError, ("model", "covariance")),
        (matrix((1.0, 0.1), (0.2, 1.0)), InconsistentQuestionError, ("model", "covariance")),
        (matrix((0.0, 0.0), (0.0, 1.0)), ZeroVarianceError, ("model", "covariance", 0, 0)),
        (matrix((0.1, 0.3), (0.3, 0.4)), InconsistentQuestionError, ("model", "covariance", 1)),
        (matrix((0.1, 0.0), (0.0, -0.1)), InconsistentQuestionError, ("model", "covariance", 1)),
        (
            matrix((1, 0, 0), (0, 0, 0.5), (0, 0.5, 1), assets=("BTC", "SOL", "X")),
            InconsistentQuestionError,
            ("model", "covariance", 2),
        ),
        (BootstrapModel(returns={"BTC": SERIES}), InconsistentQuestionError, ("model", "returns")),
        (
            BootstrapModel(returns={"BTC": SERIES, "SOL": SERIES[1:]}),
            InconsistentQuestionError,
            ("model", "returns", "SOL"),
        ),
        (
            BootstrapModel(returns={"BTC": (None, None, None, *SERIES[3:]), "SOL": SERIES}),
            TooFewObservationsError,
            ("model", "returns"),
        ),
        (
            BootstrapModel(returns={"BTC": SERIES, "SOL": SERIES}, block_days=13),
            TooFewObservationsError,
            ("model", "returns"),
        ),
        (
            BootstrapModel(returns={"BTC": SERIES, "SOL": SERIES}, history_days=30, block_days=13),
            TooFewObservationsError,
            ("model", "history_days"),
        ),
        (BootstrapModel(history_days=30), InconsistentQuestionError, ("model",)),
    ],
)
def test_what_is_no_model_is_refused(model: Model, error: type[HedgingError], path: tuple[object, ...]) -> None:
    """With the place that is wrong."""
    with pytest.raises(error) as refused:
        take_model(model, {"SOL": 1.0}, "BTC")

    assert path in [fault.path for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("model", "days"),
    [
        (FactorModel(), None),
        (BootstrapModel(returns={"BTC": SERIES}), None),
        (BootstrapModel(history_days=30), 30),
    ],
)
def test_past_days_are_sent_or_wanted(model: Model, days: int | None) -> None:
    """Only blocks need any."""
    assert check_history(model) == days


@pytest.mark.parametrize("model", [BootstrapModel(), BootstrapModel(returns={"BTC": SERIES}, history_days=30)])
def test_past_days_are_not_both_sent_and_wanted(model: Model) -> None:
    """Nor neither."""
    with pytest.raises(InconsistentQuestionError) as refused:
        check_history(model)

    assert [fault.path for fault in refused.value.faults] == [("model",)]


def test_past_days_expect_nothing_unless_asked() -> None:
    """Their mean growth is taken out; with `history` it stays."""
    level, drifting = blocks_of(), blocks_of(drift="history")

    assert math.fsum(map(math.exp, level.market)) / len(SERIES) == pytest.approx(1)
    assert drifting.market[0] == pytest.approx(math.log(1.01))
    assert level.variance == pytest.approx(drifting.variance)


def test_a_day_with_a_gap_is_left_out_for_all() -> None:
    """And nothing is filled in."""
    blocks = blocks_of(returns={"BTC": (None, *SERIES[1:]), "SOL": SERIES, "ADA": (None,) * 12})

    assert len(blocks.market) == len(blocks.coins[0]) == 11
    assert blocks.dropped == 1


def test_a_loss_of_everything_is_almost_that() -> None:
    """A logarithm has no value for it."""
    blocks = blocks_of(returns={"BTC": SERIES, "SOL": (-1.0, *SERIES[1:])}, drift="history")

    assert blocks.coins[0][0] == math.log(1e-6)


@pytest.mark.parametrize(("rows", "days"), [(10, 5), (125, 5), (343, 7), (1000, 10), (8000, 10)])
def test_a_block_is_about_the_cube_root_of_the_history(rows: int, days: int) -> None:
    """Within 5 to 10 days (domain 6.4)."""
    assert usual_block(rows) == days


def test_a_covariance_that_is_impossible_by_a_hair_is_refused() -> None:
    """A ten-thousandth of a variance is no rounding."""
    hardly = matrix((0.1, 0.1), (0.1, 0.09999))

    with pytest.raises(InconsistentQuestionError):
        take_model(hardly, {"SOL": 1.0}, "BTC")
