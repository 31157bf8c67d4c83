"""The term structure: expiries side by side, and what a short earns that rolls."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.hedging.term_structure.curve import draw_curve, list_rolls
from service.hedging.units import Instant
from tests.hedging.build import NOW, check_answer, moment, pair
from tests.hedging.questions import pairs, times


def test_expiries_are_listed_the_nearest_first() -> None:
    """Perpetuals are no part of it, and on its last day an expiry has no annual rate."""
    found = draw_curve(
        [
            pair(symbol="FAR", expiry=str(moment(90))),
            pair(symbol="PERP"),
            pair(symbol="NEAR", expiry=str(moment(0.5)), futures_price="60060"),
        ],
        NOW,
    )

    assert [(point.symbol, point.days_to_expiry) for point in found] == [("NEAR", 0.5), ("FAR", 90)]
    assert [str(point.basis_rate) for point in found] == ["0.001", "0.02"]
    assert [point.annualized_basis_rate for point in found] == [None, Decimal("0.08111111")]


def test_rolling_from_60420_to_61010_earns_10_percent_a_year() -> None:
    """Golden vector B14: 590 or 0.9765 % for 35 days, 10.134 % a year continuous."""
    near = pair(symbol="NEAR", expiry=str(moment(10)), futures_price="60420")
    far = pair(symbol="FAR", expiry=str(moment(45)), futures_price="61010")

    (roll,) = list_rolls([far, near])

    assert (roll.near, roll.far, roll.days_between) == ("NEAR", "FAR", 35)
    assert (str(roll.spread), str(roll.roll_rate)) == ("590", "0.00976498")
    assert str(roll.annualized_roll_rate) == "0.10134078"


def test_two_futures_that_settle_together_are_no_roll() -> None:
    """There is no time between them in which anything could be earned."""
    together = [pair(symbol=name, expiry=str(moment(10))) for name in ("B", "A")]
    later = pair(symbol="C", expiry=str(moment(20)))

    assert [point.symbol for point in draw_curve([*together, later], NOW)] == ["A", "B", "C"]
    assert [(roll.near, roll.far) for roll in list_rolls([*together, later])] == [("B", "C")]


@given(data=st.data(), as_of=times)
def test_every_number_of_a_curve_is_finite(data: st.DataObject, as_of: Instant) -> None:
    """Whatever the prices, and microseconds between two expiries."""
    drawn = data.draw(st.lists(pairs(as_of), max_size=5))

    points = [check_answer(point) for point in draw_curve(drawn, as_of)]
    rolls = [check_answer(roll) for roll in list_rolls(drawn)]

    assert all(one.expiry <= other.expiry for one, other in pairwise(points))
    assert all((roll.spread > 0) <= (roll.roll_rate >= 0) <= (roll.annualized_roll_rate >= 0) for roll in rolls)
