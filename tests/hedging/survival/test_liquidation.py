"""Margin and liquidation: the exchanges' examples, and the one test that no wrong formula passes."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.hedging.contracts import Contract, settlement_value
from service.hedging.survival.liquidation import (
    Position,
    Tier,
    equity_at,
    liquidation_price,
    maintenance_margin,
    maintenance_tiers,
)
from service.hedging.units import Side, exactly
from tests.hedging.build import TIERS_2021, inverse, linear, number, tiers

LINEAR = linear(multiplier="1", maintenance_tiers=tiers(TIERS_2021))
INVERSE = inverse(multiplier="100", maintenance_tiers=tiers([("0", "0.004"), ("5", "0.005"), ("50", "0.025")]))
sides: st.SearchStrategy[Side] = st.sampled_from(["short", "long"])
values = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False)


def _contract(index: int) -> Contract:
    return (LINEAR, INVERSE)[index]


def tiers_of(contract: Contract) -> tuple[Tier, ...]:
    """Give a contract's tiers, which it has."""
    found = maintenance_tiers(contract)
    assert found is not None
    return found


@st.composite
def positions(draw: st.DrawFn, *, least: int = 0) -> Position:
    """Draw a linear or inverse position with a wallet of at least so many times its value, at most ten times."""
    contract = _contract(draw(st.integers(0, 1)))
    entry, contracts = Decimal(draw(st.integers(100, 200_000))), Decimal(draw(st.integers(1, 10_000)))
    share = draw(st.decimals(min_value=least, max_value=10, places=4, allow_nan=False))
    side = draw(sides)
    return Position(contract, side, contracts, entry, settlement_value(contract, contracts, entry) * share)


def flat(rate: str, deduction: str = "0") -> list[Tier]:
    """Make one tier for all sizes."""
    return [Tier(Decimal(0), Decimal(rate), Decimal(deduction))]


@pytest.mark.parametrize(
    ("position", "found", "price"),
    [
        pytest.param(
            Position(linear(multiplier="1"), "long", number("3683.979"), number("1456.84"), number("1407887.62856")),
            flat("0.10", "135365"),
            "1153.26",
            id="Binance FAQ: cross ETHUSDT, wallet less the other position's margin and loss",
        ),
        pytest.param(
            Position(inverse(), "long", number("2"), number("37643.10000021"), number("0.00268058")),
            flat("0.004"),
            "25119.97",
            id="Binance COIN-M position reply: 25119.97445760",
        ),
        pytest.param(
            Position(inverse(), "short", number("60"), number("60000"), number("0.01")),
            flat("0.004"),
            "66400",
            id="derived: inverse short at 10x",
        ),
        pytest.param(
            Position(linear(multiplier="1"), "short", number("15"), number("60000"), number("200000")),
            tiers_of(LINEAR),
            "72604.88",
            id="derived: the tier at liquidation is one above the tier at entry",
        ),
        pytest.param(
            Position(
                linear(multiplier="1", maintenance_basis="entry"), "short", number("1"), number("20000"), number("400")
            ),
            flat("0.005"),
            "20300",
            id="Bybit classic isolated: 50x, margin on the entry value",
        ),
        pytest.param(
            Position(
                inverse(multiplier="1", maintenance_basis="entry"),
                "short",
                number("60000"),
                number("50000"),
                number("0.12"),
            ),
            flat("0.005"),
            "55248.62",
            id="Bybit inverse: 60,000 USD at 50,000, 10x",
        ),
        pytest.param(
            Position(linear(), "short", number("1"), number("60000"), number("300")),
            flat("0.004"),
            "62749.00",
            id="the seed's 5 % margin: liquidated at +4.58 %",
        ),
    ],
)
def test_a_position_is_liquidated_where_the_exchange_says(position: Position, found: list[Tier], price: str) -> None:
    """Worked examples of Binance and Bybit, and two that cross a tier."""
    answer = liquidation_price(position, found)

    assert answer is not None
    assert round(answer, 2) == Decimal(price)


@given(positions())
@exactly
def test_at_the_liquidation_price_equity_is_maintenance(position: Position) -> None:
    """The residual test, on the price before it is rounded, across tiers, styles and sides."""
    found = tiers_of(position.contract)

    price = liquidation_price(position, found)

    assume(price is not None)
    assert price is not None
    value = settlement_value(position.contract, position.contracts, price)
    rest = equity_at(position, price) - maintenance_margin(found, value)
    assert abs(rest) <= (position.wallet + value) * Decimal("1E-100")


@exactly
def survives(position: Position, price: Decimal) -> bool:
    """Tell whether equity is at least maintenance margin at a price."""
    value = settlement_value(position.contract, position.contracts, price)
    return equity_at(position, price) >= maintenance_margin(tiers_of(position.contract), value)


@given(positions(least=1), st.integers(-9, 9))
def test_no_price_means_that_every_price_is_survived(position: Position, power: int) -> None:
    """With all of its value posted, a position either names its price or survives prices near and absurd."""
    price = liquidation_price(position, tiers_of(position.contract))

    assert price is not None or survives(position, position.entry_price * Decimal(10) ** power)


@given(positions())
def test_a_position_lives_before_its_liquidation_price_and_not_beyond(position: Position) -> None:
    """A ten-thousandth on either side of the price decides."""
    price = liquidation_price(position, tiers_of(position.contract))
    assume(price is not None)
    assert price is not None
    away = Decimal("1.0001") if position.side == "short" else 1 / Decimal("1.0001")

    assert survives(position, price / away)
    assert not survives(position, price * away)


@given(positions(), st.integers(1, 10**6))
def test_a_larger_wallet_moves_liquidation_away(position: Position, extra: int) -> None:
    """The price of a short rises and that of a long falls with the wallet."""
    found = tiers_of(position.contract)
    price = liquidation_price(position, found)
    richer = liquidation_price(position._replace(wallet=position.wallet + extra), found)
    assume(price is not None and richer is not None)
    assert price is not None
    assert richer is not None

    assert richer > price if position.side == "short" else richer < price


@given(positions())
def test_a_short_is_liquidated_above_its_entry_only_if_its_wallet_exceeds_maintenance(position: Position) -> None:
    """LP > E exactly where the wallet is above maintenance at the entry."""
    found = tiers_of(position.contract)
    assume(position.side == "short")
    price = liquidation_price(position, found)

    covered = position.wallet > maintenance_margin(found, position.entry_value)

    assert (price is None or price > position.entry_price) == covered


@given(wallet=st.integers(1, 10**5), low=st.integers(0, 98), side=sides)
def test_a_higher_maintenance_rate_moves_liquidation_nearer(wallet: int, low: int, side: Side) -> None:
    """The price of a short falls with the rate, that of a long rises."""
    position = Position(linear(multiplier="1"), side, Decimal(1), Decimal(60000), Decimal(wallet))
    prices = [liquidation_price(position, flat(f"0.{rate:02}")) for rate in (low, low + 1)]
    assume(None not in prices)
    mild, harsh = prices
    assert mild is not None
    assert harsh is not None

    assert harsh < mild if side == "short" else harsh > mild


@pytest.mark.parametrize("short_by", ["1E-3", "1E-6", "1E-9", "1E-12"])
def test_an_inverse_short_with_almost_all_its_coins_posted_is_almost_never_liquidated(short_by: str) -> None:
    """The price goes to infinity as the wallet nears Q/E."""
    whole = Decimal(6000) / 60000
    position = Position(inverse(), "short", Decimal(60), Decimal(60000), whole - Decimal(short_by))

    price = liquidation_price(position, flat("0.004"))

    assert price is not None
    assert price > Decimal(5000) / Decimal(short_by)


@pytest.mark.parametrize("wallet", ["0.1", "0.2"])
def test_an_inverse_short_with_all_its_coins_posted_is_never_liquidated(wallet: str) -> None:
    """At 1x or less there is no liquidation price."""
    position = Position(inverse(), "short", Decimal(60), Decimal(60000), Decimal(wallet))

    assert liquidation_price(position, flat("0.004")) is None


def test_a_long_with_its_whole_value_posted_is_never_liquidated() -> None:
    """A linear long at 1x loses no more than it posted."""
    position = Position(linear(), "long", Decimal(1), Decimal(60000), Decimal(6000))

    assert liquidation_price(position, flat("0")) is None


@given(value=values, more=values)
def test_maintenance_does_not_fall_and_is_convex(value: Decimal, more: Decimal) -> None:
    """Non-decreasing and convex in the position's value."""
    found = tiers_of(LINEAR)

    low, high = maintenance_margin(found, value), maintenance_margin(found, value + more)
    middle = maintenance_margin(found, value + more / 2)

    assert low <= high
    assert middle <= (low + high) / 2


def test_maintenance_is_continuous_at_every_floor() -> None:
    """The tier below and the tier above agree on their border."""
    found = tiers_of(LINEAR)

    for below, above in pairwise(found):
        assert above.floor * below.rate - below.deduction == above.floor * above.rate - above.deduction


def test_deductions_are_those_that_the_exchange_prints() -> None:
    """BTCUSDT on Binance in 2021, maintenance amounts as its page printed them."""
    amounts = [tier.deduction for tier in tiers_of(LINEAR)]

    assert amounts == [0, 50, 1300, 16300, 266300, 1266300, 2516300, 5016300, 25016300, 100016300]


def test_one_rate_makes_one_tier_and_none_makes_none() -> None:
    """A contract that states no maintenance margin gets none invented."""
    assert maintenance_tiers(linear(maintenance_margin_rate="0.004")) == tuple(flat("0.004"))
    assert maintenance_tiers(linear()) is None
