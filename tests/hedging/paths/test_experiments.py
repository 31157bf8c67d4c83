"""A simulation before its first path: what is refused, what is supposed, and what is warned about."""

from typing import Any

import pytest

from service.hedging.costs.instruments import FundingProcess
from service.hedging.errors import (
    ExpiredContractError,
    HedgingError,
    InconsistentContractError,
    InconsistentQuestionError,
    WorkOutOfRangeError,
)
from service.hedging.paths.dynamics import BootstrapModel, CovarianceModel, FactorModel
from service.hedging.paths.experiments import MOST_WORK
from tests.hedging.build import inverse, linear
from tests.hedging.simulating import BITCOIN, contender, planned

PROCESS = FundingProcess(mean_rate=0.0001, persistence=0.9, volatility=0.00006)
SERIES = (0.01, -0.03, 0.02, 0.005, -0.015, 0.03, -0.01, 0.02, -0.025, 0.01, 0.04, -0.02)
TERMS = {"maintenance_margin_rate": "0.004", "initial_margin_rate": "0.05"}


def codes(**terms: Any) -> set[str]:
    """Give the codes of the warnings about a plan."""
    return {warning.code for warning in planned(*terms.pop("hedges", ()), **terms).warnings}


def supposed(**terms: Any) -> dict[str, str]:
    """Give what is supposed, by name."""
    return {one.name: one.detail for one in planned(**terms).assumptions}


@pytest.mark.parametrize(
    ("terms", "error", "path"),
    [
        ({"contract": linear(min_quantity="2", max_quantity="1")}, InconsistentContractError, "contract"),
        ({"contract": linear(symbol="SOL")}, InconsistentContractError, "contract"),
        ({"contract": linear(expiry="2026-01-02T03:04:05Z")}, ExpiredContractError, "contract"),
        ({"contract": linear(expiry="2026-02-01T03:04:04Z")}, InconsistentQuestionError, "horizon_days"),
        (
            {"contract": linear(expiry="2027-02-01T03:04:04Z"), "funding_rate": "0"},
            InconsistentQuestionError,
            "funding_rate",
        ),
        (
            {"contract": linear(expiry="2027-02-01T03:04:04Z"), "funding_process": PROCESS},
            InconsistentQuestionError,
            "funding_process",
        ),
        ({"contract": linear(), "funding_rate": "0"}, InconsistentQuestionError, "funding_rate"),
        ({"paths": 1_000_000, "horizon_days": 30}, WorkOutOfRangeError, "paths"),
    ],
)
def test_what_can_not_be_simulated_is_refused(terms: dict[str, Any], error: type[HedgingError], path: str) -> None:
    """Before anything long begins, with its place."""
    with pytest.raises(error) as refused:
        planned(**terms)

    assert [fault.path[0] for fault in refused.value.faults] == [path]


def test_the_most_work_is_allowed() -> None:
    """Paths x (days + holdings) x (hedges + 1), to the step."""
    assert planned(paths=1_000_000, horizon_days=29).setup.paths * 30 * 2 == MOST_WORK


def test_a_contract_that_settles_at_the_end_lasts() -> None:
    """To the second."""
    assert planned(contract=linear(expiry="2026-02-01T03:04:05Z")).funding is None


def test_funding_is_what_was_sent() -> None:
    """A rate alone stays; a process begins at the rate, or at its mean."""
    rate, process, both = (
        planned(**terms).funding
        for terms in (
            {"funding_rate": "0.0002"},
            {"funding_process": PROCESS},
            {"funding_rate": "0.0002", "funding_process": PROCESS},
        )
    )

    assert rate is not None
    assert process is not None
    assert both is not None
    assert (rate.model.mean, rate.model.volatility, rate.rate) == (0.0002, 0.0, 0.0002)
    assert (process.rate, both.rate) == (0.0001, 0.0002)


def test_all_that_is_supposed_is_said() -> None:
    """What was not sent, and what the model takes as true."""
    told = supposed(contract=linear(), model=FactorModel())

    assert told.keys() == {"prices", "basis", "shocks", "own_movement", "liquidation", "fees", "funding"}
    assert "Student" in told["shocks"]
    assert "0.8" in told["own_movement"]
    assert "funding" not in told["liquidation"]
    assert "funding" in supposed(funding_rate="0")["liquidation"]
    assert supposed(model=FactorModel(degrees_of_freedom=None))["shocks"] == "Daily log returns are normal"


def test_what_was_sent_is_not_supposed() -> None:
    """Nor what a history or a covariance says."""
    model = FactorModel(residual_volatility=0.7)
    days = BootstrapModel(returns={"BTC": SERIES, "SOL": SERIES}, drift="history")
    covariance = CovarianceModel(assets=("BTC", "SOL"), covariance=((0.001, 0.001), (0.001, 0.002)))

    assert supposed(model=model, funding_rate="0").keys() == {"prices", "basis", "shocks", "liquidation", "funding"}
    assert "own_movement" not in supposed(model=covariance)
    assert "the model says" in supposed(model=covariance)["betas"]
    assert "history" in supposed(model=days)["prices"]
    assert "margin" in supposed(contract=inverse(**TERMS))
    assert "funding" not in supposed(contract=linear(expiry="2027-02-01T03:04:04Z"))


def test_several_coins_are_supposed_to_move_together() -> None:
    """Unless it was sent how much."""
    book = {"SOL": ("6000", 1.2), "ADA": ("4000", 1.0)}
    model = FactorModel(residual_volatility=0.7)
    sent = FactorModel(residual_volatility=0.7, residual_correlation=0.3)

    assert "0.4" in supposed(book=book, model=model)["own_movement"]
    assert "own_movement" not in supposed(book=book, model=sent)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"paths": 1999}, "low_sample"),
        ({"hedges": [contender(coverage="1.3", leverage="5")]}, "over_hedge"),
        ({"hedges": [contender(coverage="1")]}, "survival_unknown"),
        ({"contract": linear(initial_margin_rate="0.05")}, "survival_unknown"),
        ({"contract": linear(**TERMS), "hedges": [contender(coverage="1", wallet_balance="1")]}, "wallet_too_small"),
        ({"book": {"SOL": ("0", 1.0)}}, "no_exposure"),
        ({"book": {"BTC": ("10000", 1.0)}}, "basis_implausible"),
        ({"contract": linear(**TERMS, expiry="2026-01-03T12:00:00Z"), "horizon_days": 1}, "expiry_near"),
        ({"book": {"SOL": ("10", -1.0), "ADA": ("1", 1.0)}}, "beta_flips_side"),
        ({"contract": inverse(**TERMS), "hedges": [contender(coverage="1", leverage="5")]}, "coin_margin_is_exposure"),
        ({"contract": inverse(**TERMS)}, "coin_margin_is_exposure"),
        (
            {"model": BootstrapModel(returns={"BTC": (None, *SERIES[1:]), "SOL": SERIES})},
            "rows_dropped",
        ),
        ({"model": BootstrapModel(returns={"BTC": SERIES, "SOL": SERIES}), "paths": 9000}, "low_sample"),
    ],
)
def test_what_a_trader_would_doubt_is_warned_about(terms: dict[str, Any], code: str) -> None:
    """And nothing of it where there is no reason."""
    assert code in codes(**terms)
    assert codes(hedges=[contender(coverage="1", leverage="5")], contract=BITCOIN) == set()
    assert codes(contract=linear(**TERMS)) == set()
    assert codes(hedges=[contender(coverage="0", leverage="5")], contract=inverse(**TERMS)) == set()


def test_enough_days_are_not_few() -> None:
    """Thirty of them, without a gap."""
    days = BootstrapModel(returns={"BTC": SERIES * 3, "SOL": SERIES * 3})

    assert codes(model=days, hedges=[contender(coverage="1", leverage="5")]) == set()


def test_a_hundred_paths_in_the_tail_are_enough() -> None:
    """2,000 at 95 %."""
    assert codes(paths=2000, hedges=[contender(coverage="1", leverage="5")]) == set()
