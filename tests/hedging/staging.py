"""Short ways to play scenarios in a test."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from service.hedging.contracts import Contract
from service.hedging.moves.shocks import Script
from service.hedging.portfolio import Weighting
from service.hedging.scenarios import HedgeChoice, Scenarios, play_scenarios
from service.hedging.survival.collateral import Collateral
from service.hedging.units import Amount, Contracts, Coverage, Leverage, Move, Price
from tests.hedging.build import NOW, holding

CEILING = Decimal("1E12")


def played_through(
    contract: Contract,
    script: Script,
    *,
    coverages: Sequence[str] = (),
    contracts: Sequence[str] = (),
    book: Mapping[str, str] | None = None,
    beta: float | None = None,
    price: str = "60000",
    wallet: str | None = None,
    leverage: str | None = None,
    **options: Any,
) -> Scenarios:
    """Play scenarios of a book given as value by asset: every price is 1, and every beta the same if there is one."""
    book = book or {"SOL": "10000"}
    weighting: Weighting = "value" if beta is None else "beta"
    hedges = [HedgeChoice(coverage=Coverage(one)) for one in coverages]
    hedges += [HedgeChoice(contracts=Contracts(one)) for one in contracts]
    return play_scenarios(
        **{
            "holdings": [holding(asset, value, beta) for asset, value in book.items()],
            "contract": contract,
            "prices": {**dict.fromkeys(book, Price("1")), contract.symbol: Price(price)},
            "hedges": hedges,
            "weighting": weighting,
            "as_of": NOW,
            "script": script,
            "collateral": _collateral(wallet, leverage),
            "largest_notional": CEILING,
            **options,
        }
    )


def moved(*moves: str, **rest: Any) -> Script:
    """Write a script of moves."""
    return Script(moves=[Move(move) for move in moves], **rest)


def _collateral(wallet: str | None, leverage: str | None) -> Collateral | None:
    if wallet is None and leverage is None:
        return None
    return Collateral(
        wallet_balance=None if wallet is None else Amount(wallet),
        leverage=None if leverage is None else Leverage(leverage),
    )
