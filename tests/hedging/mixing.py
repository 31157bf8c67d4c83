"""Short ways to ask about plans of several contracts in a test."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from service.hedging.contracts import Contract
from service.hedging.costs.hedge_cost import Outlook
from service.hedging.frontier import draw_frontier
from service.hedging.mixes.best_plans import Drawn, Frontier
from service.hedging.mixes.mix import Candidate, Mix, Terms, plan_mix
from service.hedging.risk.samples import Sample
from service.hedging.setting import Quoted
from service.hedging.units import AnnualRate, FeeRate, FundingRate, Leverage, Price
from tests.hedging.build import NOW, holding, linear

_TERMS = {"initial_margin_rate": "0.05", "maintenance_margin_rate": "0.004", "taker_fee_rate": "0.0005"}
BTC = linear(**_TERMS)
"""6,000 at 60,000."""
ETH = linear(symbol="ETH-MINI", underlying="ETH", multiplier="1", **_TERMS)
"""3,000 at 3,000."""
PRICES = {"BTC": "60000", "ETH": "3000"}


def candidate(
    contract: Contract = BTC,
    *,
    price: str | None = None,
    leverage: str | None = "4",
    funding: str | None = None,
    cost: str | None = None,
    fee: str | None = None,
    place: int = 0,
) -> Candidate:
    """Offer a contract, at 60,000 or 3,000 where no price is named, at four times its margin."""
    outlook = Outlook(
        30.0,
        0.0,
        None if cost is None else AnnualRate(cost),
        None if funding is None else FundingRate(funding),
        None if fee is None else FeeRate(fee),
    )
    quoted = Quoted(contract, Price(price or PRICES[contract.underlying]), ("instruments", place, "contract"))
    return Candidate(quoted, None if leverage is None else Leverage(leverage), outlook)


def mixed(candidates: Sequence[Candidate], book: Mapping[str, str] | None = None, **terms: Any) -> Mix:
    """Enter contracts beside a book given as value by asset: every price is 1."""
    book = book or {"SOL": "6000", "ADA": "4000"}
    largest = Decimal(terms.pop("largest", "1000000000000"))
    prices = {asset: Price(terms.get("prices", {}).get(asset, "1")) for asset in book}
    terms.pop("prices", None)
    defaults: dict[str, Any] = {
        "horizon_days": 30.0,
        "confidence": 0.95,
        "most_coverage": 1.25,
        "budget": None,
        "stresses": None,
        "most_plans": 200,
    }
    return plan_mix(
        candidates,
        Terms(**{**defaults, **terms}),
        holdings=[holding(asset, value) for asset, value in book.items()],
        prices=prices,
        as_of=NOW,
        largest_notional=largest,
    )


def days(count: int = 60, seed: int = 7) -> dict[str, list[float | None]]:
    """Make returns of coins that move with bitcoin and ether, and by themselves."""
    random = np.random.default_rng(seed)
    btc = random.standard_t(4, size=count) * 0.02
    eth = 1.1 * btc + random.standard_t(4, size=count) * 0.013
    sol = 0.5 * btc + 0.5 * eth + random.standard_t(4, size=count) * 0.02
    ada = 0.6 * btc + 0.4 * eth + random.standard_t(4, size=count) * 0.02
    return {
        name: [float(one) for one in np.round(moves, 4)]
        for name, moves in {"BTC": btc, "ETH": eth, "SOL": sol, "ADA": ada}.items()
    }


def draw(mix: Mix, returns: Mapping[str, Sequence[float | None]] | None = None, interval: float = 1.0) -> Drawn:
    """Draw the frontier by some returns."""
    return draw_frontier(mix, Sample(returns or days(), interval))


def plan(candidates: Sequence[Candidate], book: Mapping[str, str] | None = None, **terms: Any) -> Frontier:
    """Draw the frontier of a book."""
    returns = terms.pop("returns", None)
    return draw(mixed(candidates, book, **terms), returns).frontier
