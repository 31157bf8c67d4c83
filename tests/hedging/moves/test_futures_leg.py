"""The futures leg of a hedge: its profit in either currency, its margin, and the price at which it is gone."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.contracts import Contract, quote_profit, unit_notional
from service.hedging.moves.futures_leg import Charges, Fate, Leg, find_limit, gain, loss, reaches, settle
from service.hedging.survival.liquidation import Position, equity_at, maintenance_margin, maintenance_tiers
from service.hedging.units import Side, exactly
from tests.hedging.build import inverse, linear

FREE = Charges(Decimal(0), Decimal(0))
TERMS = {"maintenance_margin_rate": "0.004", "initial_margin_rate": "0.05", "tick_size": "0.1"}
BOTH: list[Contract] = [linear(**TERMS), inverse(**TERMS)]
ENTRY = Decimal(60000)


@exactly
def leg(contract: Contract, side: Side = "short", contracts: str = "10", wallet: str | None = "1") -> Leg:
    """Make a leg at 60,000."""
    size = Decimal(contracts)
    return Leg(
        contract=contract,
        side=side,
        contracts=size,
        notional=size * unit_notional(contract, ENTRY),
        futures_price=ENTRY,
        wallet=None if wallet is None else Decimal(wallet),
        tiers=maintenance_tiers(contract),
        initial_rate=contract.initial_margin_rate,
    )


@pytest.mark.parametrize("side", ["short", "long"])
@pytest.mark.parametrize("contract", BOTH, ids=["linear", "inverse"])
@given(move=st.decimals("-0.9", "9", places=4))
@exactly
def test_profit_and_equity_are_those_of_the_contract(contract: Contract, side: Side, move: Decimal) -> None:
    """The same that the position itself earns at the price, in the quote currency and in its own."""
    held = leg(contract, side, wallet="1000000")

    outcome = settle(held, Fate(move, FREE), None)

    exit_price = ENTRY * (1 + move)
    profit = quote_profit(contract, side=side, contracts=held.contracts, entry_price=ENTRY, exit_price=exit_price)
    position = Position(contract, side, held.contracts, ENTRY, Decimal(1000000))
    assert abs(outcome.hedge_pnl - profit) < Decimal("1E-90")
    assert outcome.equity is not None
    assert abs(outcome.equity - equity_at(position, exit_price)) < Decimal("1E-90")


@pytest.mark.parametrize(
    ("contract", "side", "wallet"),
    [
        (BOTH[0], "short", "3000"),
        (BOTH[0], "long", "3000"),
        (BOTH[1], "short", "0.005"),
        (BOTH[1], "long", "0.005"),
    ],
)
@exactly
def test_at_the_limit_equity_is_maintenance(contract: Contract, side: Side, wallet: str) -> None:
    """Domain 9, property 16, to a tick: the best single test of any liquidation price."""
    held = leg(contract, side, wallet=wallet)
    limit = find_limit(held, FREE)
    assert limit is not None
    assert (limit > ENTRY) == (side == "short")

    outcome = settle(held, Fate(limit / ENTRY - 1, FREE), None)

    assert outcome.equity is not None
    assert outcome.maintenance == maintenance_margin(held.tiers or (), held.value_at(limit / ENTRY - 1))
    tick = held.contracts * contract.multiplier * (Decimal("0.1") if contract in BOTH[:1] else Decimal("1E-9"))
    assert 0 <= outcome.equity - outcome.maintenance <= tick


@pytest.mark.parametrize(
    ("side", "move", "passes"),
    [("short", "0.1", True), ("short", "0.0999", False), ("short", "-0.5", False), ("long", "0.5", False)],
)
def test_a_price_is_passed_on_the_way(side: Side, move: str, passes: bool) -> None:
    """Only by a move against the position, and where it is reached exactly too."""
    limit = Decimal(66000) if side == "short" else Decimal(54000)

    assert reaches(leg(BOTH[0], side), Decimal(move), limit) is passes


@pytest.mark.parametrize("contract", BOTH, ids=["linear", "inverse"])
@given(move=st.decimals("-0.9", "9", places=4), funding=st.decimals("-0.1", "0.1", places=4))
@exactly
def test_what_is_solved_for_is_what_is_settled(contract: Contract, move: Decimal, funding: Decimal) -> None:
    """The lines that turning points are solved on are the outcomes of the table, alive and gone."""
    held, charges = leg(contract), Charges(funding, Decimal("0.0005"))

    alive, gone = settle(held, Fate(move, charges), None), settle(held, Fate(move, charges), ENTRY)

    assert abs(gain(held, charges, move) - (alive.hedge_pnl + alive.funding_pnl - alive.fees)) < Decimal("1E-90")
    assert gone.status == "liquidated"
    assert loss(held, charges, move) == gone.hedge_pnl - gone.fees


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"notional": Decimal(0)}, None),
        ({"wallet": None}, None),
        ({"tiers": None}, None),
        ({"wallet": Decimal(0)}, ENTRY),
    ],
)
def test_where_there_is_no_limit_or_it_is_passed_at_once(changes: dict[str, Any], limit: Decimal | None) -> None:
    """No position, no terms; and a wallet that does not even maintain it."""
    assert find_limit(leg(BOTH[0])._replace(**changes), FREE) == limit
