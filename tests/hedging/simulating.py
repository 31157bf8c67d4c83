"""Short ways to write a simulation in a test."""

from typing import Any

import msgspec

from service.hedging.contracts import Contract
from service.hedging.paths.contenders import Contender
from service.hedging.paths.distribution import Simulation
from service.hedging.paths.dynamics import FactorModel, Model
from service.hedging.paths.experiments import Experiment, Setup, plan_experiment
from service.hedging.simulations import run
from service.hedging.units import FundingRate, Price
from tests.hedging.build import NOW, check_answer, holding, linear, number

NORMAL = FactorModel(degrees_of_freedom=None)
"""Normal shocks at 60 % a year."""
ALONE = FactorModel(degrees_of_freedom=None, residual_volatility=0.0)
"""Same, and coins that do nothing but follow the market."""
BITCOIN = linear(maintenance_margin_rate="0.004", taker_fee_rate="0", funding_interval_hours=8)
"""A perpetual without fees, of which nobody says what has to be posted: a hedge without a wallet has none to lose."""


def contender(**terms: str) -> Contender:
    """Make a hedge; terms as a request has them."""
    return msgspec.convert(terms, Contender, dec_hook=lambda word, value: word.parse(value))


def planned(
    *hedges: Contender,
    book: dict[str, tuple[str, float]] | None = None,
    contract: Contract = BITCOIN,
    model: Model = NORMAL,
    funding_rate: str | None = None,
    price: str = "1",
    **terms: Any,
) -> Experiment:
    """Plan a simulation of a book given as quantity and beta by asset, all at one price; the contract is at 60,000."""
    held = book or {"SOL": ("10000", 1.0)}
    setup: dict[str, Any] = {
        "model": model,
        "hedges": hedges or (contender(coverage="1"),),
        "horizon_days": 30,
        "paths": 10_000,
        "seed": 0,
        "confidence": 0.95,
        "funding_rate": None if funding_rate is None else FundingRate(funding_rate),
        "funding_process": None,
    }
    return plan_experiment(
        Setup(**{**setup, **terms}),
        holdings=[holding(asset, value, beta) for asset, (value, beta) in held.items()],
        contract=contract,
        prices={**dict.fromkeys(held, Price(price)), contract.symbol: Price("60000")},
        weighting="beta",
        as_of=NOW,
        largest_notional=number("1E12"),
    )


def simulated(*hedges: Contender, **terms: Any) -> Simulation:
    """Simulate what `planned` plans, and look at all of the answer."""
    return check_answer(run(planned(*hedges, **terms)))
