"""Where a hedged book turns: solved for piece by piece, across corners of the book and the price of liquidation."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.moves.futures_leg import Charges, Leg
from service.hedging.moves.spot_curve import Coin, draw_curve
from service.hedging.moves.turning_points import NetCurve, find_breach, find_break_even
from service.hedging.units import exactly
from tests.hedging.build import linear

FREE = Charges(Decimal(0), Decimal(0))


def net(
    *coins: tuple[str, str], notional: str = "0", charges: Charges = FREE, limit: str | None = None, wallet: str = "500"
) -> NetCurve:
    """Make the curve of coins, given by value and beta, with a short that is gone at a move."""
    leg = Leg(
        contract=linear(),
        side="short",
        contracts=Decimal(notional) / 6000,
        notional=Decimal(notional),
        futures_price=Decimal(60000),
        wallet=Decimal(wallet),
        tiers=None,
        initial_rate=None,
    )
    book = [Coin("X", Decimal(value), Decimal(beta), is_money=False) for value, beta in coins]
    return NetCurve(draw_curve(book), leg, charges, None if limit is None else Decimal(limit))


def test_a_breach_beyond_a_corner_is_on_the_line_beyond_it() -> None:
    """2,000 at beta 2 are gone at -50 %; after that only 1,000 at beta 1 go on losing: 2,800 are lost at -80 %."""
    curve = net(("2000", "2"), ("1000", "1"))

    assert find_breach(curve, Decimal(2500)) == Decimal("-0.5")
    assert find_breach(curve, Decimal(2800)) == Decimal("-0.8")
    assert find_breach(curve, Decimal(3000)) == -1
    assert find_breach(curve, Decimal(3001)) is None


def test_of_two_breaches_the_nearer_counts() -> None:
    """Three times the book is lost in a rally; a full hedge at beta 2 loses nowhere, and gains where coins are gone."""
    assert find_breach(net(("1000", "1"), notional="3000"), Decimal(100)) == Decimal("0.05")
    assert find_breach(net(("1000", "2"), notional="2000"), Decimal(1)) is None


def test_it_breaks_even_again_after_liquidation() -> None:
    """The short of 10,000 costs 100 and is gone at +4.5 % with 500: coins make up for 500 and 50 at +5.5 %."""
    costs = Charges(Decimal(0), Decimal("0.005"))

    move, reason = find_break_even(net(("10000", "1"), notional="10000", charges=costs, limit="0.045"))

    assert reason is None
    assert move == Decimal("0.055")


def test_what_is_gone_at_once_is_gone_on_both_sides() -> None:
    """A limit at entry: the wallet is lost whatever comes, and coins alone make up for it."""
    curve = net(("10000", "1"), notional="10000", limit="0")

    assert curve.at_rest == -500
    assert find_break_even(curve) == (Decimal("0.05"), None)


@pytest.mark.parametrize(
    ("charges", "reason"),
    [(FREE, "always"), (Charges(Decimal("0.01"), Decimal(0)), "flat")],
)
def test_a_full_hedge_has_no_break_even(charges: Charges, reason: str) -> None:
    """Where beta exposure equals the hedge, no small move matters."""
    assert find_break_even(net(("10000", "1"), notional="10000", charges=charges)) == (None, reason)


@given(
    exposure=st.integers(1, 10**6),
    beta=st.decimals("0.1", "0.9", places=2),
    notional=st.integers(1, 10**6),
    income=st.decimals("-0.001", "0.001", places=6),
)
@exactly
def test_on_the_first_piece_it_is_the_formula(exposure: int, beta: Decimal, notional: int, income: Decimal) -> None:
    """X19: x = (fees - funding) / (V beta - H), where that lies within the range."""
    slope = exposure * beta - notional
    if not slope:
        return
    expected = -income * notional / slope

    move, _ = find_break_even(
        net((str(exposure), str(beta)), notional=str(notional), charges=Charges(income, Decimal(0)))
    )

    if -1 <= expected <= 10:
        assert move is not None
        assert abs(move - expected) < Decimal("1E-90")
    else:
        assert move is None
