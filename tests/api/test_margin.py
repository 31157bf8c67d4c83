"""The margin endpoint, from bytes to bytes: what was sent, and what five exchanges list."""

from decimal import Decimal
from typing import Any

import pytest

from service.api.openapi import examples
from service.app import create_app
from tests.api.truth import answered, follow, listing, named, refused
from tests.conftest import Call, caller
from tests.market.exchange import ExchangeServer, faults

SEED: dict[str, Any] = examples.SEED_MARGIN
CROSS: dict[str, Any] = examples.CROSS_MARGIN
PRICE = Decimal("1E-8")


def ask_margin(call: Call, question: dict[str, Any], **changes: Any) -> Any:
    """Ask about margin; the answer has to be one."""
    return answered(call("POST", "/v1/margin", json={**question, **changes}))


def codes_of(reply: Any) -> set[str]:
    """Name the warnings, each of which points into the answer."""
    for warning in reply["warnings"]:
        follow(reply, warning["pointer"])
    return {warning["code"] for warning in reply["warnings"]}


def excess_at(reply: Any, price: Decimal) -> Decimal:
    """Reckon equity less what is required of a linear short without collateral a second time, from the answer alone."""
    contract = reply["contract"]
    size = Decimal(reply["contracts"]) * Decimal(contract["multiplier"])
    at_entry = contract["maintenance_basis"] == "entry"
    value = size * (Decimal(reply["entry_price"]) if at_entry else price)
    margin, below = Decimal(0), Decimal(0)
    for tier in contract["maintenance_tiers"]:
        margin += max(Decimal(0), value - Decimal(tier["floor"])) * (Decimal(tier["rate"]) - below)
        below = Decimal(tier["rate"])
    equity = Decimal(reply["wallet"]) + size * (Decimal(reply["entry_price"]) - price)
    return equity - margin - size * price * Decimal(reply["closing_fee_rate"])


# What was sent


def test_the_seeds_margin_is_answered_to_the_last_digit(call: Call) -> None:
    """5 %: gone at +4.58 %, 78 % likely in a month when watched all the time and 69 % when looked at once a day."""
    reply = ask_margin(call, SEED)

    assert (reply["wallet"], reply["leverage"], reply["margin_ratio"]) == ("600", "20", "0.08")
    assert (reply["liquidation_price"], reply["liquidation_move"]) == ("62749", "0.04581667")
    assert [row["status"] for row in reply["ladder"]] == ["margin_call", "margin_call", "liquidated", "liquidated"]
    assert [row["top_up"] for row in reply["ladder"]] == ["252", "504", "630", "1260"]
    assert (reply["touch"]["probability"], reply["touch"]["watched_probability"]) == (0.7764, 0.690967)
    assert reply["touch"]["fat_tailed_probability"] == 0.770083
    assert [one["wallet_required"] for one in reply["survival"]] == ["2457.6", "8185.05809102"]
    assert [one["leverage"] for one in reply["safe_leverage"]] == ["1.84046221", "1.77369036"]
    assert codes_of(reply) == {"liquidation_likely"}


def test_a_cross_account_is_answered_to_the_last_digit(call: Call) -> None:
    """Equity 800 - 200 - 120 + 2,700 + 500 against 60 + 60 + 6; the tier at liquidation is the second."""
    reply = ask_margin(call, CROSS)

    assert (reply["unrealized_pnl"], reply["collateral_value"], reply["equity"]) == ("-200", "3200", "3680")
    assert (reply["maintenance"], reply["closing_fee"], reply["required"]) == ("60", "6", "126")
    # 3680 - 126 at the mark; each 1 of the ratio takes 12000 (1 + 0.005 + 0.0005) and gives 2700 x 1.2
    ratio = 1 + Decimal(3554) / (Decimal(12000) * Decimal("1.0055") - 3240)
    assert abs(Decimal(reply["liquidation_price"]) - 60000 * ratio) <= PRICE
    assert reply["other_side_reason"] == "not_liquidatable"
    assert codes_of(reply) == {"alt_collateral_decoupling", "volatility_assumed"}


def test_the_same_question_as_of_the_same_time_gets_the_same_bytes(call: Call) -> None:
    """Nothing depends on when or where it is worked out; probabilities have no seed."""
    first, second = (call("POST", "/v1/margin", json=CROSS).content for _ in range(2))

    assert first == second


def test_a_question_without_a_time_is_answered_as_of_now(call: Call) -> None:
    """The time is echoed, so that the answer can be had again."""
    reply = ask_margin(call, SEED, as_of=None)

    again = ask_margin(call, SEED, as_of=reply["as_of"])

    assert again == reply


def test_a_price_of_the_underlying_is_shown_once(call: Call) -> None:
    """Used for what is posted of it, and to see that the contract's price is of the same coin."""
    coins = [{"asset": "BTC", "quantity": "0.01", "haircut": "0.05"}]

    reply = ask_margin(call, SEED, collateral=coins, prices={"BTC-MINI": "60000", "BTC": "59990"})

    assert reply["prices"] == {"BTC-MINI": "60000", "BTC": "59990"}
    assert list(reply["provenance"]) == ["BTC", "BTC-MINI"]
    assert (reply["collateral"][0]["beta"], reply["collateral_value"]) == (1.0, "569.905")


def test_every_place_in_the_way_is_named(call: Call) -> None:
    """Two coins without a beta, in one refusal."""
    coins = [{"asset": asset, "quantity": "1", "haircut": "0"} for asset in ("SOL", "USDC", "ADA")]
    question = {**SEED, "collateral": coins, "prices": {**SEED["prices"], "SOL": "1", "USDC": "1", "ADA": "1"}}

    answer = call("POST", "/v1/margin", json=question)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "beta_missing")
    assert [error["pointer"] for error in problem["errors"]] == ["#/collateral/0/beta", "#/collateral/2/beta"]


def test_the_operator_sets_the_largest_position() -> None:
    """Above the ceiling a size is most often a slip of units, and is refused."""
    call = caller(create_app({"HEDGE_MAX_NOTIONAL": "11999.99"}))

    answer = call("POST", "/v1/margin", json=SEED)

    assert refused(answer, SEED) == (422, "size_out_of_range", ["#/contracts"])


# What exchanges list


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "weex", "mexc"])
def test_a_listed_contract_is_liquidated_where_its_tiers_say(
    ask: Call, exchanges: ExchangeServer, exchange: str
) -> None:
    """Mark, terms and tiers are looked up; at the price shown equity is what is required, within one tick."""
    one = listing(exchanges.world, exchange, "BTC")
    contract = named(exchanges.world, one)

    reply = ask_margin(ask, {"contract": contract, "contracts": "10", "leverage": "5"})

    mark = Decimal(reply["mark_price"])
    assert mark == exchanges.world.truth(exchange, "linear", contract["symbol"]).mark
    price, tick = Decimal(reply["liquidation_price"]), Decimal(reply["contract"]["tick_size"])
    assert excess_at(reply, price) >= 0 > excess_at(reply, price + tick)
    assert reply["provenance"][contract["symbol"]]["source"] == exchange
    assert ("closing_fee_assumed" in codes_of(reply)) == (exchange in {"bingx", "mexc"})
    assert (reply["closing_fee_rate"] == "0") == (exchange not in {"bingx", "mexc"})


@pytest.mark.parametrize("exchange", ["bingx", "mexc"])
def test_an_exchange_that_wants_the_fee_of_closing_liquidates_sooner(
    ask: Call, exchanges: ExchangeServer, exchange: str
) -> None:
    """The taker fee is taken, unless another is sent; 0 is another."""
    contract = named(exchanges.world, listing(exchanges.world, exchange, "BTC"))
    question = {"contract": contract, "contracts": "10", "leverage": "5"}

    usual, free = ask_margin(ask, question), ask_margin(ask, question, closing_fee_rate="0")

    assert usual["closing_fee_rate"] == usual["contract"]["taker_fee_rate"]
    assert Decimal(usual["liquidation_price"]) < Decimal(free["liquidation_price"])
    assert "closing_fee_assumed" not in codes_of(free)


def test_what_a_reply_says_it_used_gives_it_again(ask: Call, exchanges: ExchangeServer) -> None:
    """Terms, prices and the fee, sent back: the same figures."""
    contract = named(exchanges.world, listing(exchanges.world, "mexc", "BTC"))
    collateral = [{"asset": "SOL", "quantity": "3", "haircut": "0.2", "beta": 1.1}]
    question = {"contract": contract, "contracts": "10", "leverage": "5", "collateral": collateral}
    reply = ask_margin(ask, {**question, "market": {"exchange": "mexc"}})

    used = {name: reply[name] for name in ("contract", "prices", "closing_fee_rate", "as_of")}
    again = ask_margin(ask, {**question, **used})

    sources = {"provenance", "contract_source", "warnings"}
    assert {**again, **dict.fromkeys(sources)} == {**reply, **dict.fromkeys(sources)}


def test_coins_that_are_posted_are_looked_up(ask: Call, exchanges: ExchangeServer) -> None:
    """By the last spot trade at the market that is named; the contract's own currency costs 1."""
    contract = named(exchanges.world, listing(exchanges.world, "bybit", "BTC"))
    collateral = [
        {"asset": "SOL", "quantity": "10", "haircut": "0", "beta": 1.2},
        {"asset": "USDT", "quantity": "50", "haircut": "0"},
    ]
    question = {"contract": contract, "contracts": "1", "collateral": collateral, "market": {"exchange": "binance"}}

    reply = ask_margin(ask, question)

    last = exchanges.world.truth("binance", "spot", "SOLUSDT").last
    assert Decimal(reply["prices"]["SOL"]) == last
    assert reply["provenance"]["USDT"]["source"] == "definition"
    assert Decimal(reply["collateral_value"]) == 10 * last + 50


def test_a_coin_that_nobody_trades_is_named_where_it_stands(ask: Call, exchanges: ExchangeServer) -> None:
    """Among the collateral of the question."""
    contract = named(exchanges.world, listing(exchanges.world, "bybit", "BTC"))
    collateral = [{"asset": "NOPE", "quantity": "1", "haircut": "0", "beta": 1}]
    question = {"contract": contract, "contracts": "1", "collateral": collateral, "market": {"exchange": "binance"}}

    answer = ask("POST", "/v1/margin", json=question)

    assert refused(answer, question) == (422, "not_listed", ["#/collateral/0/asset"])


def test_without_tiers_there_is_no_answer(ask: Call, exchanges: ExchangeServer) -> None:
    """BingX tells nothing about margin of its inverse contracts: that is no time for a guess."""
    contract = named(exchanges.world, listing(exchanges.world, "bingx", "BTC", "inverse"))
    question = {"contract": contract, "contracts": "1", "wallet_balance": "1"}

    answer = ask("POST", "/v1/margin", json=question)

    assert (answer.status_code, answer.json()["code"]) == (422, "margin_terms_missing")


def test_an_exchange_that_fails_is_a_refusal(ask: Call, exchanges: ExchangeServer) -> None:
    """503 with the place; no number."""
    exchanges.inject("api.bybit.com", "/v5/market/tickers", faults.html())
    question = {"contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}, "contracts": "1"}

    answer = ask("POST", "/v1/margin", json=question)

    assert refused(answer, question) == (503, "price_unavailable", ["#/contract/symbol"])
