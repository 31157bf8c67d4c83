"""Ways to hold a hedge: each perpetual, each expiry, each chain within one market."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.costs.instruments import Instrument, assume
from service.hedging.costs.ways import Way, cost_of, list_ways, price_for_days, price_way
from service.hedging.term_structure.pairs import Placed
from tests.hedging.build import desk, expiring, instrument, moment, perpetual


def ways_of(*traded: tuple[Instrument, str]) -> list[Way]:
    """List the ways of instruments and the markets in which they are traded."""
    placed = [Placed(future, ("instruments", index), market) for index, (future, market) in enumerate(traded)]
    return list(list_ways([assume(one) for one in placed]))


def names(way: Way) -> str:
    """Write the chain of a way."""
    return " ".join(known.instrument.symbol for known in way.chain)


def test_each_expiry_begins_a_chain_of_those_that_settle_later_in_its_market() -> None:
    """In the order of the instruments; a perpetual stands alone, and one of which the interval is unknown is no way."""
    found = ways_of(
        (expiring(90), "here"),
        (perpetual(), "here"),
        (expiring(30), "here"),
        (instrument(symbol="UNKNOWN"), "here"),
        (expiring(60), "there"),
        (expiring(180), "here"),
    )

    assert [names(way) for way in found] == ["F-90 F-180", "PERP", "F-30 F-90 F-180", "F-60", "F-180"]
    assert [way.is_perpetual for way in found] == [False, True, False, False, False]
    assert found[2].first.instrument.symbol == "F-30"


def test_of_two_that_settle_together_each_begins_its_own_chain() -> None:
    """Neither follows the other."""
    found = ways_of(
        (expiring(30, symbol="B"), "here"), (expiring(30, symbol="A"), "here"), (expiring(60, symbol="C"), "here")
    )

    assert [names(way) for way in found] == ["B C", "A C", "C"]


@pytest.mark.parametrize(
    ("days", "kind", "legs"), [(30, "expiry", 1), (90, "expiry", 1), (91, "roll_chain", 2), (170, "roll_chain", 3)]
)
def test_a_chain_that_is_not_rolled_is_an_expiry(days: float, kind: str, legs: int) -> None:
    """The kind is that of the time for which it is held."""
    (way, _) = ways_of((expiring(90), "here"), (expiring(150), "here"))

    priced = price_for_days(way, desk(), days)

    assert priced is not None
    assert (priced.kind, len(priced.legs), priced.paid) == (kind, legs, None)
    assert priced.costs.total == cost_of(way, desk(), int(days))


def test_a_perpetual_has_payments_and_no_legs() -> None:
    """270 of them in 90 days."""
    (way,) = ways_of((perpetual(), "here"))

    priced = price_way(way, desk(), moment(90))

    assert priced is not None
    assert (priced.kind, priced.legs) == ("perpetual", ())
    assert priced.paid is not None
    assert priced.paid.payments == 270


@pytest.mark.parametrize(("days", "held"), [(1, True), (1.5, True), (1.6, False), (90, False)])
def test_what_would_have_to_be_rolled_at_once_is_no_way(days: float, held: bool) -> None:
    """An expiry in a day and a half holds a hedge until then and no longer."""
    (way,) = ways_of((expiring(1.5), "here"))

    assert (price_for_days(way, desk(), days) is not None) == held
    assert (cost_of(way, desk(), 2) is None, cost_of(way, desk(), 1) is None) == (True, False)


@given(days=st.integers(1, 700), ladder=st.lists(st.integers(31, 500), min_size=1, max_size=4, unique=True))
def test_each_trade_of_a_chain_is_in_its_cost(days: int, ladder: list[int]) -> None:
    """Without carry, capital and spread a chain costs 5 bp for every trade that it takes."""
    found = ways_of(*((expiring(day, carry="0", half_spread_rate="0"), "here") for day in ladder))
    bare = desk(capital_cost_rate=Decimal(0))

    for way in found:
        priced = price_for_days(way, bare, days)
        assert priced is not None
        trades = sum(1 if leg.end == leg.expiry else 2 for leg in priced.legs)
        assert priced.costs.total == 5 * trades
