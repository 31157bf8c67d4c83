"""What one contract is worth and what a position earns, by the exchanges' own examples."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.contracts import (
    Contract,
    check_terms,
    price_of_value,
    quote_profit,
    settled_profit,
    settlement,
    settlement_value,
    unit_notional,
)
from service.hedging.errors import InconsistentContractError
from service.hedging.units import Side
from tests.hedging.build import inverse, linear, tiers

positive = st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("contract", "price", "notional"),
    [
        pytest.param(linear(multiplier="0.1"), "60000", "6000", id="CME: a Micro Bitcoin future at 60,000"),
        pytest.param(linear(multiplier="0.1"), "50000", "5000", id="CME: the same at 50,000"),
        pytest.param(inverse(multiplier="100"), "60000", "100", id="Binance COIN-M: 100 USD at any price"),
        pytest.param(inverse(multiplier="1"), "12.5", "1", id="Bybit inverse: 1 USD"),
    ],
)
def test_one_contract_is_worth_what_the_exchange_says(contract: Contract, price: str, notional: str) -> None:
    """A linear contract is worth multiplier x price, an inverse one its face value."""
    assert unit_notional(contract, Decimal(price)) == Decimal(notional)


@pytest.mark.parametrize(
    ("contract", "trade", "profit"),
    [
        pytest.param(linear(), ("short", 1, 60100, 60000), "10", id="CME: 100 dollars on one contract are 10"),
        pytest.param(linear(), ("long", 1, 50000, 50005), "0.5", id="CME: one tick of 5 points is 0.50"),
        pytest.param(linear(multiplier="1"), ("long", 10, 3000, 4000), "10000", id="Deribit: 10 units"),
        pytest.param(linear(multiplier="50"), ("short", 21, 2100, 1850), "262500", id="Hull 3.5: stock picker"),
        pytest.param(inverse(multiplier="1"), ("short", 35000, 35000, 32000), "0.09375", id="Kraken: hedged coin"),
        pytest.param(inverse(multiplier="1"), ("short", 5000, 5000, 4000), "0.25", id="Crypto Facilities"),
    ],
)
def test_a_position_earns_what_the_exchange_says(
    contract: Contract, trade: tuple[Side, int, int, int], profit: str
) -> None:
    """Profit in the settlement currency: quote for linear, coins for inverse."""
    side, contracts, entry, exit_ = trade

    earned = settled_profit(
        contract, side=side, contracts=Decimal(contracts), entry_price=Decimal(entry), exit_price=Decimal(exit_)
    )

    assert earned == Decimal(profit)


def test_deribits_inverse_example_comes_out() -> None:
    """Deribit's documents: 1,000 USD from 600 to 700 earn 0.238095 BTC, or 166.66 USD."""
    trade = {"contracts": Decimal(100), "entry_price": Decimal(600), "exit_price": Decimal(700)}

    coins = settled_profit(inverse(multiplier="10"), side="long", **trade)
    quote = quote_profit(inverse(multiplier="10"), side="long", **trade)

    assert round(coins, 6) == Decimal("0.238095")
    assert round(quote, 2) == Decimal("166.67")


@given(entry=positive, exit_=positive, notional=positive)
def test_linear_and_inverse_shorts_of_one_size_earn_the_same_in_quote(
    entry: Decimal, exit_: Decimal, notional: Decimal
) -> None:
    """An inverse short, valued at the exit price, is exactly a short of notional / entry coins."""
    prices = {"entry_price": entry, "exit_price": exit_}

    coins = quote_profit(linear(multiplier="1"), side="short", contracts=notional / entry, **prices)
    quote = quote_profit(inverse(multiplier="1"), side="short", contracts=notional, **prices)

    assert abs(coins - quote) <= Decimal("1E-15") * (notional + abs(coins))


@given(entry=positive, exit_=positive, contracts=positive, kind=st.sampled_from([linear(), inverse()]))
def test_what_the_long_wins_the_short_loses(entry: Decimal, exit_: Decimal, contracts: Decimal, kind: Contract) -> None:
    """The two sides of a trade cancel exactly."""
    trade = {"contracts": contracts, "entry_price": entry, "exit_price": exit_}

    assert settled_profit(kind, side="long", **trade) + settled_profit(kind, side="short", **trade) == 0


@given(price=positive, contracts=positive, kind=st.sampled_from([linear(), inverse()]))
def test_price_and_value_answer_each_other(price: Decimal, contracts: Decimal, kind: Contract) -> None:
    """The price of a value is the price it was the value of."""
    value = settlement_value(kind, contracts, price)

    assert abs(price_of_value(kind, contracts, value) / price - 1) < Decimal("1E-100")


def test_each_style_is_settled_in_its_own_currency() -> None:
    """Linear in the quote currency, inverse in the coin."""
    assert (settlement(linear()), settlement(inverse())) == ("quote", "base")


@pytest.mark.parametrize(
    ("terms", "places"),
    [
        ({"min_quantity": "2", "max_quantity": "1"}, ["min_quantity"]),
        ({"maintenance_margin_rate": "0.1", "maintenance_tiers": tiers([("0", "0.1")])}, ["maintenance_margin_rate"]),
        ({"initial_margin_rate": "0.1", "maintenance_margin_rate": "0.1"}, ["initial_margin_rate"]),
        ({"initial_margin_rate": "0.1", "maintenance_tiers": tiers([("0", "0.2")])}, ["initial_margin_rate"]),
        ({"maintenance_tiers": tiers([("1", "0.1")])}, ["maintenance_tiers/0/floor"]),
        ({"maintenance_tiers": tiers([("0", "0.1"), ("5", "0.2"), ("5", "0.3")])}, ["maintenance_tiers/2/floor"]),
        ({"maintenance_tiers": tiers([("0", "0.1"), ("5", "0.05")])}, ["maintenance_tiers/1/rate"]),
        (
            {"min_quantity": "2", "max_quantity": "1", "maintenance_tiers": tiers([("0", "0.1"), ("0", "0")])},
            ["min_quantity", "maintenance_tiers/1/floor", "maintenance_tiers/1/rate"],
        ),
    ],
)
def test_terms_that_contradict_each_other_are_all_named(terms: dict[str, object], places: list[str]) -> None:
    """Every contradiction at once, each at its place."""
    with pytest.raises(InconsistentContractError) as refusal:
        check_terms(linear(**terms))

    assert ["/".join(map(str, fault.path[1:])) for fault in refusal.value.faults] == places


def test_terms_that_agree_pass() -> None:
    """A contract with every term stated is no contradiction."""
    check_terms(linear(min_quantity="1", max_quantity="1", maintenance_tiers=tiers([("0", "0"), ("5", "0.1")])))
