"""What the coins make of a move: by their betas, and never more than all."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service.hedging.moves.spot_curve import Coin, draw_curve, follow_coins, list_coins
from service.hedging.portfolio import value_portfolio
from service.hedging.units import Price, exactly
from tests.hedging.build import holding

numbers = st.decimals(Decimal("-1E9"), Decimal("1E9"), places=4)
betas = st.decimals(-100, 100, places=3) | st.sampled_from([Decimal(text) for text in ("0", "1", "2", "-0.1", "100")])
coins = st.lists(st.builds(Coin, st.just("X"), numbers, betas, is_money=st.just(value=False)), min_size=1, max_size=8)
moves = st.decimals(-1, 10, places=5)


def coin(value: str, beta: str, asset: str = "X") -> Coin:
    """Make a coin."""
    return Coin(asset, Decimal(value), Decimal(beta), is_money=False)


def test_a_coin_loses_no_more_than_all() -> None:
    """At beta 2 it is gone at -50 %, and what falls further costs nothing more; a short of it gains no more either."""
    curve = draw_curve([coin("1000", "2")])

    assert [curve.profit(Decimal(move)) for move in ("-0.4", "-0.5", "-0.6", "-1", "0", "0.3")] == [
        *(-800, -1000, -1000, -1000, 0, 600)
    ]
    assert draw_curve([coin("-1000", "2")]).profit(Decimal("-0.9")) == 1000
    assert curve.corners == [Decimal("-0.5")]


def test_a_coin_that_moves_the_other_way_is_gone_in_a_rally() -> None:
    """At beta -2 that is at +50 %."""
    curve = draw_curve([coin("1000", "-2"), coin("500", "1")])

    assert curve.profit(Decimal("0.25")) == -500 + 125
    assert curve.profit(Decimal(2)) == -1000 + 1000
    assert curve.corners == [Decimal("0.5")]


def test_money_does_not_move() -> None:
    """A stablecoin at its peg is no part of the curve, whatever beta the book gives it."""
    prices = {"SOL": Price("150"), "USDT": Price("1.001")}
    book = value_portfolio([holding("SOL", "2"), holding("USDT", "100")], prices, weighting="value", underlying="BTC")
    listed = list_coins(book)

    assert listed == (
        Coin("SOL", Decimal(300), Decimal(1), is_money=False),
        Coin("USDT", Decimal("100.1"), Decimal(0), is_money=True),
    )
    assert draw_curve(listed).profit(Decimal("-0.1")) == -30
    assert follow_coins(listed, {"USDT": Decimal("-0.1")}, market=Decimal("-0.1")) == Decimal("-40.01")


@given(book=coins, move=moves)
@exactly
def test_the_curve_is_the_sum_of_its_coins(book: list[Coin], move: Decimal) -> None:
    """Sorted and summed up or one by one: the same, to the last places of a quotient."""
    assert abs(draw_curve(book).profit(move) - follow_coins(book, {}, market=move)) < Decimal("1E-90")


@given(book=coins)
@exactly
def test_corners_are_where_a_coin_is_gone(book: list[Coin]) -> None:
    """Ascending, each within the range, and each of one coin's beta."""
    corners = draw_curve(book).corners

    assert corners == sorted(set(corners))
    assert all(-1 < corner < 10 for corner in corners)
    assert all(any(abs(corner * one.beta + 1) < Decimal("1E-90") for one in book) for corner in corners)
