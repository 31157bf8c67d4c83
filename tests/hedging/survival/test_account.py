"""Margin accounts: exchanges' examples with fees, other positions and collateral, and the residual test."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.hedging.contracts import Contract
from service.hedging.survival.account import Account, state_at, take_ways, tier_at
from service.hedging.survival.liquidation import Position, Tier, liquidation_price, maintenance_tiers
from service.hedging.units import exactly
from tests.hedging.build import TIERS_2021, inverse, linear, tiers
from tests.hedging.margins import account, flat, posted

LINEAR = linear(multiplier="1", maintenance_tiers=tiers(TIERS_2021))
INVERSE = inverse(multiplier="100", maintenance_tiers=tiers([("0", "0.004"), ("5", "0.005"), ("50", "0.025")]))
ENTRY = linear(multiplier="1", maintenance_basis="entry", maintenance_tiers=tiers(TIERS_2021))


def price_of(one: Account) -> Decimal | None:
    """Find the liquidation price of an account that has some excess."""
    return take_ways(one).against.first_below()


@pytest.mark.parametrize(
    ("terms", "price"),
    [
        pytest.param({"wallet": "3000"}, "62749.00", id="the seed's 5 % margin: +4.58 %"),
        pytest.param(
            {"side": "long", "contracts": "109.488", "entry_price": "32481.98", "mark_price": "31967.27",
             "wallet": "1535443.01", "tiers": flat("0.025", "16300"), "other_pnl": "-448192.89",
             "other_maintenance": "356512.508"},
            "26316.89",
            id="Binance FAQ: cross BTCUSDT beside an ETHUSDT position (M02)",
        ),
        pytest.param(
            {"contracts": "1.5", "entry_price": "2600", "mark_price": "2600", "wallet": "900",
             "tiers": flat("0.0065", "15"), "other_pnl": "-120", "other_maintenance": "60"},
            "3070.04",
            id="derived: cross with another position's loss (M34)",
        ),
        pytest.param(
            {"contracts": "0.2", "wallet": "800", "tiers": flat("0.005"),
             "posted": posted(("2700", "1.2"), ("800", "0.9"))},
            "91407.41",
            id="derived: altcoin collateral with betas (M28)",
        ),
        pytest.param(
            {"contract": inverse(multiplier="1"), "side": "long", "contracts": "10000", "entry_price": "8000",
             "mark_price": "8000", "wallet": "0.5", "tiers": flat("0"), "closing_fee_rate": "0.00075"},
            "5718.57",
            id="Bybit 360039261334: bankruptcy of an inverse long with the fee of closing (M09)",
        ),
        pytest.param(
            {"contract": inverse(multiplier="1", maintenance_basis="entry"), "side": "long", "contracts": "10000",
             "entry_price": "8000", "mark_price": "8000", "wallet": "0.5", "tiers": flat("0.005"),
             "closing_fee_rate": "0.00075"},
            "5739.07",
            id="Bybit 360039261334: its liquidation, printed 5739.50, on a tick of 0.5 (M09)",
        ),
    ],
)  # fmt: skip
def test_an_account_is_liquidated_where_the_exchange_says(terms: dict[str, Any], price: str) -> None:
    """Worked examples of Binance and Bybit, and derived ones of domain 5."""
    found = price_of(account(**terms))

    assert found is not None
    assert round(found, 2) == Decimal(price)


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(
            {"contracts": "0.2", "wallet": "1000", "tiers": flat("0.005"), "posted": posted(("14250", "1"))},
            id="derived: coins of the underlying cover the short (M27)",
        ),
        pytest.param(
            {"contract": inverse(), "contracts": "60", "wallet": "0.1", "tiers": flat("0.004")},
            id="derived: inverse short at 1x (M25)",
        ),
        pytest.param({"side": "long", "wallet": "60000"}, id="a long with all of its value posted"),
        pytest.param({"wallet": "999999999999999999"}, id="none that anybody could write"),
    ],
)
def test_an_account_may_have_no_liquidation_price(terms: dict[str, Any]) -> None:
    """Nothing below 10^15 liquidates it."""
    assert price_of(account(**terms)) is None


def test_the_tier_that_counts_is_the_one_at_liquidation() -> None:
    """Golden vector M21: from tier 3 at entry to tier 4 at 72,604.88."""
    found = maintenance_tiers(LINEAR)
    assert found is not None
    one = account(contracts="15", wallet="200000", tiers=found)

    price = price_of(one)

    assert price is not None
    assert round(price, 8) == Decimal("72604.87804878")
    assert [tier_at(one, ratio) for ratio in (Decimal(1), one.ratio_of(price))] == [2, 3]


def test_maintenance_at_entry_keeps_its_tier() -> None:
    """Bybit's classic isolated margin takes it of the entry value at every price."""
    one = account(ENTRY, contracts="15", wallet="200000", tiers=maintenance_tiers(ENTRY))

    assert [state_at(one, Decimal(ratio)).maintenance for ratio in (1, 2)] == [Decimal(7700)] * 2
    assert tier_at(one, Decimal(2)) == 2


def test_a_passed_price_is_found_on_the_way_back() -> None:
    """A short at 70,000 that is liquidated at 62,749 has been."""
    one = account(wallet="3000", mark_price="70000")

    assert state_at(one, Decimal(1)).excess < 0
    found = take_ways(one).in_favour.first_above()
    assert found is not None
    assert round(found) == 62749


def test_a_hopeless_account_is_never_whole() -> None:
    """A loss elsewhere of more than the short can gain."""
    assert take_ways(account(wallet="0", other_pnl="-70000")).in_favour.first_above() is None


@exactly
def test_falling_collateral_liquidates_a_short_that_gains() -> None:
    """A small short before a large, levered book of coins: at half the price they are worth less than the debt."""
    one = account(contracts="0.1", wallet="0", other_pnl="-30000", posted=posted(("40000", "1.5")))

    price = take_ways(one).in_favour.first_below()

    assert price is not None
    ratio = one.ratio_of(price)
    assert abs(state_at(one, ratio).excess) < Decimal("1E-100")
    assert 0 < ratio < 1


def test_collateral_falls_to_nothing_and_no_further() -> None:
    """A coin of beta 2 is gone at half the price, and owes nothing below."""
    one = account(posted=posted(("1000", "2")))

    assert [state_at(one, Decimal(text)).collateral for text in ("1", "0.75", "0.5", "0.25", "2")] == [
        1000,
        500,
        0,
        0,
        3000,
    ]


@exactly
def test_what_survives_a_price_is_liquidated_at_it() -> None:
    """Golden vector M30: the wallet for 3 deviations in 30 days; with it the liquidation price is that one."""
    goal = Decimal("100523.1976643944830260193")
    one = account(contracts="0.2", wallet="0", tiers=flat("0.005"))

    wallet = take_ways(one).wallet_to_survive(goal)

    assert abs(wallet - Decimal("8205.162730543291088229873")) < Decimal("1E-12")
    price = price_of(one._replace(wallet=wallet))
    assert price is not None
    assert abs(price - goal) < Decimal("1E-100")


@pytest.mark.parametrize(("side", "goal"), [("long", "20000"), ("short", "90000")])
@exactly
def test_a_wallet_survives_all_of_the_way(side: str, goal: str) -> None:
    """Between the mark and the goal nothing liquidates, whatever bends on the way."""
    one = account(side=side, posted=posted(("30000", "3"), ("5000", "0.5")), wallet="0")
    ways = take_ways(one)
    safe = one._replace(wallet=ways.wallet_to_survive(Decimal(goal)))

    steps = [one.mark_price + (Decimal(goal) - one.mark_price) * step / 50 for step in range(51)]
    excesses = [state_at(safe, safe.ratio_of(price)).excess for price in steps]
    assert min(excesses) >= Decimal("-1E-100")


contracts: st.SearchStrategy[Contract] = st.sampled_from([LINEAR, INVERSE, ENTRY])
shares = st.decimals(0, 3, places=4)
fees = st.sampled_from(["0", "0.0005", "0.01", "0.6", "0.999"])
betas = st.sampled_from(["0", "0.5", "1", "1.2", "2", "100"])


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Draw an account of any contract and side, collateral only where there may be some."""
    contract: Contract = draw(contracts)
    mark, entry = (Decimal(draw(st.integers(100, 200_000))) for _ in range(2))
    size = Decimal(draw(st.integers(1, 10_000)))
    found = maintenance_tiers(contract)
    one = account(contract, side=draw(st.sampled_from(["short", "long"])), contracts=size, entry_price=entry,
                  mark_price=mark, tiers=found, closing_fee_rate=draw(fees), wallet="0")  # fmt: skip
    value = one.value_at(Decimal(1))
    lines = draw(st.lists(st.tuples(shares, betas), max_size=3)) if one.is_linear else []
    return one._replace(
        wallet=value * draw(shares),
        other_pnl=value * draw(st.decimals(-1, 1, places=4)),
        other_maintenance=value * draw(st.sampled_from([Decimal(0), Decimal("0.01")])),
        posted=tuple(posted(*((str(value * share), beta) for share, beta in lines))),
    )


@settings(deadline=None)
@given(accounts())
@exactly
def test_at_every_liquidation_price_equity_is_what_is_required(one: Account) -> None:
    """Domain 9.16, the residual test: any contract, side, tiers, fee, collateral; on both ways and on the way back."""
    ways = take_ways(one)
    has_excess = state_at(one, Decimal(1)).excess > 0
    found = (
        (ways.against.first_below(), ways.in_favour.first_below()) if has_excess else (ways.in_favour.first_above(),)
    )

    for price in found:
        if price is not None:
            state = state_at(one, one.ratio_of(price))
            assert abs(state.excess) <= (abs(state.equity) + state.value + one.value_at(Decimal(1))) * Decimal("1E-90")


@settings(deadline=None)
@given(accounts(), st.decimals("0.01", 1, places=3))
@exactly
def test_before_its_price_an_account_lives(one: Account, share: Decimal) -> None:
    """Nowhere between the mark and the first price is the excess gone, on either way."""
    assume(state_at(one, Decimal(1)).excess > 0)
    ways = take_ways(one)

    for way in (ways.against, ways.in_favour):
        price = way.first_below()
        end = one.ratio_of(price) if price is not None else Decimal(1000) if way.rises else Decimal("0.001")
        between = 1 + (end - 1) * share * Decimal("0.999")
        assert state_at(one, between).excess > 0


@settings(deadline=None)
@given(accounts())
@exactly
def test_without_collateral_it_is_the_liquidation_price_of_a_position(one: Account) -> None:
    """One formula and one walk, without a fee of closing: the same price for every contract and side."""
    bare = one._replace(posted=(), closing_fee_rate=Decimal(0))
    assume(state_at(bare, Decimal(1)).excess > 0)
    funds = bare.wallet + bare.other_pnl - bare.other_maintenance
    position = Position(bare.contract, bare.side, bare.contracts, bare.entry_price, funds)

    price = liquidation_price(position, bare.tiers)

    found = price_of(bare)
    assert (found is None) == (price is None or price >= Decimal("1E15"))
    assert found is None or price is None or abs(found - price) <= price * Decimal("1E-90")


@settings(deadline=None)
@given(accounts(), st.decimals("0.01", 5, places=2))
@exactly
def test_the_wallet_to_survive_is_the_least_one(one: Account, ratio: Decimal) -> None:
    """With it the lowest excess on the way is 0, or the wallet is empty already."""
    price = one.price_at(ratio)

    wallet = take_ways(one).wallet_to_survive(price)

    lowest = take_ways(one._replace(wallet=wallet)).lowest(one.ratio_of(price))
    assert lowest >= -(wallet + 1) * Decimal("1E-90")
    assert not wallet or lowest <= (wallet + 1) * Decimal("1E-90")


def test_a_tier_floor_at_the_mark_bends_nothing_beside_it() -> None:
    """The mark itself may stand on a floor."""
    found = (Tier(Decimal(0), Decimal("0.004"), Decimal(0)), Tier(Decimal(60000), Decimal("0.01"), Decimal(360)))

    price = price_of(account(tiers=found, wallet="3000"))

    assert price is not None
    assert round(price, 2) == Decimal("62732.67")
