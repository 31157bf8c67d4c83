"""The carry endpoint, from bytes to bytes: what a hedge costs in what was sent, and in what five exchanges list."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service.api.openapi import examples
from tests.api.charts.test_line_charts import read
from tests.api.conftest import service_at
from tests.api.truth import (
    answered,
    codes,
    days_left,
    lasting,
    listing,
    listing_of,
    moment,
    named,
    printed,
    refused,
)
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults

SEED: dict[str, Any] = examples.SEED_CARRY
AS_OF = "2026-01-02T03:04:05Z"
NOTIONAL = Decimal(10000)
PERPETUAL, APRIL, JANUARY = (dict(one) for one in SEED["instruments"])
FREE = {"taker_fee_rate": "0", "half_spread_rate": "0"}
STEADY = {"mean_rate": 0.0001, "persistence": 0.0, "volatility": 0.0}
BITCOIN = {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}
UNTIMED = {**PERPETUAL, "next_funding_at": None}


def ask_carry(ask: Call, **question: Any) -> Any:
    """Ask what a hedge of 10,000 costs that can be held."""
    horizon = {} if "ends_at" in question else {"horizon_days": 90}
    return answered(ask("POST", "/v1/carry", json={"notional": "10000", **horizon, **question}))


def sent(call: Call, *instruments: dict[str, Any], **question: Any) -> Any:
    """Ask what a hedge costs in instruments that are sent."""
    return ask_carry(call, instruments=instruments, as_of=AS_OF, **question)


def by_symbol(reply: Any) -> dict[str, Any]:
    """Give the options by what they hold first."""
    return {option["instrument"]["symbol"]: option for option in reply["options"]}


# What was sent


def test_a_hundredth_of_a_percent_every_8_hours_is_270_of_10000_in_90_days(call: Call) -> None:
    """An income of the short, and 10.95 % a year; 270 payments, the first at 08:00."""
    (option,) = sent(call, PERPETUAL)["options"]

    assert (option["parts"]["funding"], option["parts"]["carry"]) == ("-270", "0")
    assert option["funding"]["payments"] == 270
    assert option["funding"]["first_at"] == "2026-01-02T08:00:00Z"
    assert Decimal(option["parts"]["funding"]) * 365 / 90 / NOTIONAL == Decimal("-0.1095")


def test_the_parts_of_the_seed_add_up_to_what_it_costs(call: Call) -> None:
    """5 bp and 1 bp a trade, 20 % margin that would earn 5 %: 233.34 are earned."""
    options = by_symbol(sent(call, PERPETUAL, APRIL))

    perpetual, expiry = options["BTC-PERP"], options["BTC-APR"]
    capital = printed(NOTIONAL * Decimal("0.2") * Decimal("0.05") * 90 / 365)
    assert perpetual["parts"] == {
        "fees": "10",
        "spread": "2",
        "slippage": "0",
        "funding": "-270",
        "carry": "0",
        "capital": capital,
    }
    assert perpetual["cost"] == printed(12 - 270 + Decimal(capital))
    assert expiry["parts"] == {
        "fees": "5",
        "spread": "2",
        "slippage": "0",
        "funding": "0",
        "carry": "-200",
        "capital": capital,
    }
    assert expiry["cost_rate"] == printed(Decimal(expiry["cost"]) / NOTIONAL)
    for option in (perpetual, expiry):
        assert option["annualized_cost_rate"] == printed(Decimal(option["cost"]) / NOTIONAL * 365 / 90)
        assert sum(map(Decimal, option["parts"].values())) == Decimal(option["cost"])
    assert (expiry["low_cost"], expiry["high_cost"]) == (expiry["cost"], expiry["cost"])
    assert Decimal(perpetual["low_cost"]) < Decimal(perpetual["cost"]) < Decimal(perpetual["high_cost"])


def test_funding_breaks_even_at_the_carry_over_1095(call: Call) -> None:
    """Where trading costs the same: 8.111 % a year against three payments a day, 0.0074 % each."""
    reply = sent(call, PERPETUAL | FREE, APRIL | FREE)

    carry = Decimal("0.02") * 365 / 90
    assert reply["break_even"]["funding_rate"] == printed(carry / 1095)
    assert reply["break_even"]["annualized_funding_rate"] == printed(carry)
    assert by_symbol(reply)["BTC-PERP"]["funding"]["break_even_rate"] == printed(carry / 1095)


def test_slippage_is_paid_in_every_trade(call: Call) -> None:
    """Twice by a perpetual, once by what settles; rolls pay it each time."""
    reply = sent(call, PERPETUAL, APRIL, JANUARY, slippage_rate="0.001")

    paid = {symbol: (option["rolls"], option["parts"]["slippage"]) for symbol, option in by_symbol(reply).items()}
    assert paid == {"BTC-PERP": (0, "20"), "BTC-APR": (0, "10"), "BTC-JAN": (1, "30")}


def test_a_long_hedge_mirrors_a_short_one(call: Call) -> None:
    """What a short earns a long pays; trades and capital cost both the same."""
    short, long = (by_symbol(sent(call, PERPETUAL, APRIL, JANUARY, side=side)) for side in ("short", "long"))

    assert short.keys() == long.keys()
    for symbol, option in long.items():
        other = short[symbol]
        for part in ("funding", "carry"):
            assert Decimal(option["parts"][part]) == -Decimal(other["parts"][part])
        for part in ("fees", "spread", "slippage", "capital"):
            assert option["parts"][part] == other["parts"][part]
        widths = [float(one["high_cost"]) - float(one["low_cost"]) for one in (option, other)]
        assert widths[0] == pytest.approx(widths[1], abs=1e-7)
    rates = {name: float(one["BTC-PERP"]["funding"]["adverse_rate"]) for name, one in {"s": short, "l": long}.items()}
    assert rates["s"] == -0.0001
    assert rates["l"] > 0.0001, "for a long the usual rate is what it expects anyway"


@pytest.mark.parametrize("end", [{"horizon_days": 90}, {"ends_at": "2026-04-02T03:04:05Z"}])
def test_an_end_may_be_said_in_days_or_as_a_time(call: Call, end: dict[str, Any]) -> None:
    """The answer says both."""
    question = {"notional": "1", "instruments": [PERPETUAL], "as_of": AS_OF, **end}
    reply = answered(call("POST", "/v1/carry", json=question))

    assert (reply["ends_at"], reply["horizon_days"]) == ("2026-04-02T03:04:05Z", 90)


def test_what_a_reply_says_it_used_gives_the_same_bytes(call: Call) -> None:
    """The instruments of the seed, with their process, sent back with everything else as it was."""
    question = {**SEED, "instruments": [PERPETUAL | {"funding_process": STEADY}, APRIL]}
    first = call("POST", "/v1/carry", json=question)

    again = call(
        "POST", "/v1/carry", json={**SEED, "instruments": [one["instrument"] for one in first.json()["options"]]}
    )

    assert again.status_code == 200
    assert again.content == first.content


def test_a_question_without_a_time_begins_now(call: Call) -> None:
    """The time is echoed, and with it the answer can be had again."""
    question = {"notional": "10000", "horizon_days": 7, "instruments": [PERPETUAL | {"next_funding_at": None}]}
    begin = datetime.now(UTC)
    first = call("POST", "/v1/carry", json=question)

    again = call("POST", "/v1/carry", json={**question, "as_of": first.json()["as_of"]})

    assert begin <= moment(first.json()["as_of"]) <= datetime.now(UTC)
    assert again.content == first.content


@pytest.mark.parametrize(
    ("changes", "code", "pointers"),
    [
        ({"instruments": []}, "inconsistent_question", ["#"]),
        ({"exchange": "bybit"}, "inconsistent_question", ["#/exchange"]),
        ({"ends_at": "2026-02-02T03:04:05Z"}, "inconsistent_question", ["#/horizon_days"]),
        ({"horizon_days": None}, "inconsistent_question", ["#"]),
        ({"horizon_days": None, "ends_at": AS_OF}, "inconsistent_question", ["#/ends_at"]),
        ({"horizon_days": None, "ends_at": "2031-01-02T03:04:05Z"}, "inconsistent_question", ["#/ends_at"]),
        ({"as_of": "2198-01-01T00:00:00Z", "horizon_days": 1825}, "inconsistent_question", ["#/horizon_days"]),
        ({"instruments": [PERPETUAL, APRIL | {"expiry": AS_OF}]}, "expired_contract", ["#/instruments/1/expiry"]),
        ({"instruments": [BITCOIN]}, "as_of_not_now", ["#/as_of"]),
        ({"underlying": "BTC"}, "as_of_not_now", ["#/as_of"]),
        ({"notional": "1000000000001"}, "size_out_of_range", ["#/notional"]),
        (
            {"instruments": [{**PERPETUAL, "funding_rate": None, "funding_interval_hours": None}]},
            "no_instrument",
            ["#/instruments"],
        ),
        (
            {"instruments": [APRIL | {"funding_process": STEADY}, PERPETUAL]},
            "inconsistent_question",
            ["#/instruments/0/expiry"],
        ),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(
    ask: Call, exchanges: ExchangeServer, *, changes: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """422 with pointers that lead into the question, and no exchange is asked."""
    question = {**SEED, **changes}

    answer = ask("POST", "/v1/carry", json=question)

    assert refused(answer, question) == (422, code, pointers)
    assert exchanges.count() == 0


def test_the_operator_sets_the_largest_hedge(exchanges: ExchangeServer) -> None:
    """Above the ceiling a notional is most often a slip of units."""
    with service_at(exchanges, HEDGE_MAX_NOTIONAL="9999.99") as ask:
        large = ask("POST", "/v1/carry", json=SEED)
        small = ask("POST", "/v1/carry", json={**SEED, "notional": "9999.99"})

    assert refused(large, SEED) == (422, "size_out_of_range", ["#/notional"])
    assert "up to 9999.99" in large.json()["detail"]
    assert small.status_code == 200


# What exchanges list


def usual_funding(rate: float, hours: int, payments: int) -> float:
    """Expect the sum of some rates as domain 4.4 does with its defaults: the first is published, the rest reverts."""
    mean, kept = 0.0001 * hours / 8, math.pow(0.9, hours / 8)
    later = payments - 1
    return rate + later * mean + (rate - mean) * kept * (1 - math.pow(kept, later)) / (1 - kept)


@pytest.mark.parametrize(("asset", "hours"), [("TRX", 1), ("UNI", 2), ("ADA", 4), ("BTC", 8), ("ETC", 24)])
def test_payments_are_counted_by_the_interval_of_the_exchange(
    ask: Call, exchanges: ExchangeServer, *, asset: str, hours: int
) -> None:
    """From the next stamp to the end, at each of five exchanges; the sum is that of the domain's process."""
    world = exchanges.world
    reply = ask_carry(ask, underlying=asset, horizon_days=10)

    begin = moment(reply["as_of"]).timestamp() * 1000
    payments = math.ceil((begin + 10 * 86_400_000 - world.next_funding(hours)) / (hours * 3_600_000))
    options = [option for option in reply["options"] if option["market"].split()[1:] == ["linear", "USDT"]]
    assert len([option for option in options if option["kind"] == "perpetual"]) == 5
    for option in options:
        one = listing_of(world, option, option["instrument"])
        if one.quarter is not None:
            continue
        funding = option["funding"]
        assert (funding["payments"], option["instrument"]["funding_interval_hours"]) == (payments, hours)
        expected = usual_funding(float(world.rate(one)), hours, payments)
        assert float(option["parts"]["funding"]) == pytest.approx(-10_000 * expected, abs=1e-6)
        assert Decimal(funding["adverse_rate"]) == -Decimal("0.0001") * hours / 8


def test_every_listed_future_costs_what_its_own_exchange_says(ask: Call, exchanges: ExchangeServer) -> None:
    """Spread from bid and ask, the basis by the days that are held, capital alike; ranked by what that adds up to."""
    world = exchanges.world
    reply = ask_carry(ask, underlying="BTC", horizon_days=20)

    days = Decimal(20)
    capital = printed(NOTIONAL * Decimal("0.2") * Decimal("0.05") * days / 365)
    for option in reply["options"]:
        instrument, parts = option["instrument"], option["parts"]
        one = listing_of(world, option, instrument)
        truth = world.quote(one)
        assert (Decimal(instrument["spot_price"]), Decimal(instrument["futures_price"])) == (truth.index, truth.mark)
        fee, half = (Decimal(instrument[name]) for name in ("taker_fee_rate", "half_spread_rate"))
        if instrument["futures_bid"] is not None and instrument["futures_ask"] is not None:
            assert float(half) == pytest.approx(float((truth.ask - truth.bid) / (truth.ask + truth.bid)), rel=1e-9)
        trades = 2 * NOTIONAL * (1 + option["rolls"])
        assert option["rolls"] or parts["spread"] == printed(trades * half)
        assert parts["fees"] == printed(trades * fee)
        assert parts["capital"] == capital
        assert sum(map(Decimal, parts.values())) == pytest.approx(Decimal(option["cost"]), abs=Decimal("5E-8"))
        if one.quarter == 1:
            left = days_left(reply["as_of"], world.expiry(1))
            earned = float(truth.mark / truth.index - 1) * 20 / left
            assert option["kind"] == "expiry"
            assert float(parts["carry"]) == pytest.approx(-10_000 * earned, abs=1e-4)
    costs = [Decimal(option["cost"]) for option in reply["options"]]
    assert costs == sorted(costs)
    assert [option["rank"] for option in reply["options"]] == list(range(1, len(costs) + 1))
    excluded = [(one["market"], one["reason"]) for one in reply["excluded"] if one["reason"] != "expires_first"]
    kinds = Counter(one["market"] for one in (*reply["options"], *reply["excluded"]))
    assert kinds["binance linear USDT"] == kinds["bybit linear USDT"] == kinds["binance inverse USD"] == 3
    assert kinds["weex linear USDT"] == kinds["mexc linear USDC"] == 1
    assert excluded == [("bingx inverse USD", "unknown_funding")]
    inverse = [f"#/options/{place}" for place, option in enumerate(reply["options"]) if " inverse " in option["market"]]
    assert codes(reply)["coin_margin_is_exposure"] == inverse
    assert codes(reply).keys() <= {"coin_margin_is_exposure", "expiry_near"}


def test_an_instrument_that_was_looked_up_gives_the_same_option_when_sent_back(exchanges: ExchangeServer) -> None:
    """With fitted funding and a roll: the same but for where it is from, and without asking anybody."""
    world = exchanges.world
    futures = [listing(world, "binance", "BTC", quarter=quarter) for quarter in (None, 0, 1)]
    question = {"instruments": [named(world, one) for one in futures], "horizon_days": 60}
    with service_at(exchanges) as ask:
        reply = ask_carry(ask, **question, funding_days=30)
        asked = exchanges.count()
        instruments = [option["instrument"] for option in reply["options"]]
        again = ask_carry(ask, instruments=instruments, horizon_days=60, as_of=reply["as_of"])

    assert [option["kind"] for option in reply["options"]].count("perpetual") == 1
    (fitted,) = (option["funding"] for option in reply["options"] if option["funding"])
    (resent,) = (option["funding"] for option in again["options"] if option["funding"])
    assert (fitted.pop("source"), resent.pop("source")) == ("fitted", "sent")
    assert (fitted.pop("observations"), resent.pop("observations")) == (91, None)
    for option in (*reply["options"], *again["options"]):
        for name in ("market", "futures_origin", "spot_origin"):
            del option[name]
    assert again["options"] == reply["options"]
    assert exchanges.count() == asked
    turn, other = reply["break_even"], again["break_even"]
    assert {**turn, "perpetual_market": "request", "expiry_market": "request"} == other


def test_what_settling_costs_is_known_at_bybit_and_assumed_at_binance(ask: Call, exchanges: ExchangeServer) -> None:
    """One trade and a settlement for what is held to its end; the assumption has a name and a value."""
    world = exchanges.world
    quarter = lasting(world)
    futures = [listing(world, name, "BTC", quarter=quarter) for name in ("binance", "bybit")]
    end = f"{world.expiry(quarter):%Y-%m-%dT%H:%M:%SZ}"

    reply = ask_carry(ask, instruments=[named(world, one) for one in futures], ends_at=end)

    options = {option["market"]: option for option in reply["options"]}
    for option in options.values():
        instrument = option["instrument"]
        assert instrument["settlement_fee_rate"] == "0.0005"
        assert option["legs"][0]["settles"] is True
        trade = Decimal(instrument["taker_fee_rate"])
        assert option["parts"]["fees"] == printed(NOTIONAL * (trade + Decimal("0.0005")))
        assert option["low_cost"] == option["high_cost"]
    assumed = [one for one in reply["assumptions"] if one["name"] == "settlement_fee_rate"]
    assert [(one["symbol"], one["value"]) for one in assumed] == [(world.symbol(futures[0]), "0.0005")]


def test_what_is_too_coarse_for_the_hedge_is_excluded_by_name(ask: Call, exchanges: ExchangeServer) -> None:
    """A thousandth of a bitcoin is more than 61 dollars; what is quoted finer holds it."""
    world = exchanges.world
    mark = world.quote(listing(world, "binance", "BTC")).mark
    least = Decimal("0.001") * mark

    above = ask_carry(ask, underlying="BTC", notional=printed(least + Decimal("0.01")))
    below = ask_carry(ask, underlying="BTC", notional=printed(least - Decimal("0.01")))

    def coarse(reply: Any) -> set[str]:
        """Name what is too coarse."""
        return {f"{one['market']} {one['symbol']}" for one in reply["excluded"] if one["reason"] == "too_coarse"}

    assert "binance linear USDT BTCUSDT" in coarse(below) - coarse(above)
    details = [one["detail"] for one in below["excluded"]]
    assert f"The smallest order of BTCUSDT is worth {printed(least)}, more than the hedge" in details
    held = {f"{option['market']} {option['instrument']['symbol']}" for option in below["options"]}
    assert held.isdisjoint(coarse(below))
    assert {"bybit inverse USD BTCUSD", "bingx linear USDT BTC-USDT", "weex linear USDT BTCUSDT"} <= held


def test_a_hedge_that_nothing_can_hold_says_why_of_each(ask: Call) -> None:
    """422 at what the question asks for, with the smallest order of each."""
    by_asset = {"notional": "1", "horizon_days": 7, "underlying": "BTC", "exchange": "binance"}
    by_name = {"notional": "1", "horizon_days": 7, "instruments": [BITCOIN]}

    answers = [ask("POST", "/v1/carry", json=question) for question in (by_asset, by_name)]

    assert refused(answers[0], by_asset) == (422, "no_instrument", ["#/underlying"])
    assert refused(answers[1], by_name) == (422, "no_instrument", ["#/instruments"])
    assert "The smallest order of BTCUSDT is worth 61.5" in answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("question", "code", "pointers"),
    [
        ({"underlying": "NOPE"}, "not_listed", ["#/underlying"]),
        ({"underlying": "BTC", "exchange": "mexc"}, "exchange_off", ["#/exchange"]),
        ({"instruments": [PERPETUAL, {**BITCOIN, "exchange": "mexc"}]}, "exchange_off", ["#/instruments/1/exchange"]),
        ({"instruments": [BITCOIN, {**BITCOIN, "symbol": "NOPE"}]}, "not_listed", ["#/instruments/1/symbol"]),
        ({"instruments": [PERPETUAL, {**BITCOIN, "symbol": "EOSUSDT"}]}, "not_listed", ["#/instruments/1/symbol"]),
    ],
)
def test_what_nobody_lists_is_refused(
    exchanges: ExchangeServer, question: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """Where it was named."""
    whole = {"notional": "10000", "horizon_days": 7, **question}
    with service_at(exchanges, HEDGE_EXCHANGES="binance,bybit") as ask:
        answer = ask("POST", "/v1/carry", json=whole)

    assert refused(answer, whole) == (422, code, pointers)


def test_an_outage_of_a_part_is_named_and_may_hide_the_cheapest(exchanges: ExchangeServer) -> None:
    """A named future is refused, the asset is answered with what is there."""
    exchanges.inject("fapi.binance.com", "/fapi/v1/premiumIndex", faults.maintenance())
    question = {"notional": "10000", "horizon_days": 7, "instruments": [PERPETUAL, BITCOIN]}
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/carry", json=question)
        reply = ask_carry(ask, underlying="BTC")

    assert refused(answer, question) == (503, "price_unavailable", ["#/instruments/1/symbol"])
    assert [(gap["exchange"], gap["style"]) for gap in reply["unavailable"]] == [("binance", "linear")]
    assert "binance linear USDT" not in {option["market"] for option in reply["options"]}
    assert "binance inverse USD" in {option["market"] for option in reply["options"]}


def test_a_hedge_that_begins_at_another_time_is_not_priced_by_what_is_listed_now(ask: Call) -> None:
    """Five seconds ago is now for ten, and not for two."""
    as_of = f"{datetime.now(UTC) - timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"
    question = {"notional": "10000", "horizon_days": 7, "instruments": [BITCOIN], "as_of": as_of}

    assert ask("POST", "/v1/carry", json=question).json()["as_of"] == as_of
    assert ask("POST", "/v1/carry", json={**question, "max_age_seconds": 3}).json()["code"] == "as_of_not_now"


# The hedge of a book

BOOK: dict[str, Any] = {
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.5}, {"asset": "ADA", "quantity": "5000", "beta": 1.0}],
    "prices": {"SOL": "150", "ADA": "0.44"},
}
DEAR = {"SOL": "25000000000", "ADA": "1"}
RETURNS: dict[str, list[float]] = {
    "SOL": [0.031, -0.052, 0.018, -0.071, 0.044],
    "ADA": [0.01, -0.04, 0.02, -0.05, 0.02],
    "BTC": [0.020, -0.031, 0.011, -0.049, 0.025],
}


def ask_book(call: Call, *, instruments: Any = (PERPETUAL, APRIL), **book: Any) -> Any:
    """Ask what the hedge of a book costs in instruments that are sent."""
    asked = {"book": {**BOOK, **book}, "horizon_days": 90, "instruments": instruments, "as_of": AS_OF}
    return answered(call("POST", "/v1/carry", json=asked))


@pytest.mark.parametrize(
    ("book", "notional", "side"),
    [
        ({}, "8200", "short"),
        ({"weighting": "beta"}, "11200", "short"),
        ({"weighting": "beta", "coverage": "0.5"}, "5600", "short"),
        ({"holdings": [{"asset": "SOL", "quantity": "-40"}]}, "6000", "long"),
    ],
)
def test_the_hedge_of_a_book_costs_what_one_of_its_value_does(
    call: Call, book: dict[str, Any], notional: str, side: str
) -> None:
    """6,000 of SOL and 2,200 of ADA: by value, by beta, half of it, and the other way round."""
    told = ask_book(call, **book)
    same = sent(call, PERPETUAL, APRIL, notional=notional, side=side)

    assert (told["notional"], told["side"]) == (notional, side)
    assert told["options"] == same["options"]
    assert told["break_even"] == same["break_even"]
    assert same["book"] is None


def test_betas_of_a_book_are_estimated_as_in_sizing(call: Call) -> None:
    """The same estimates, doubt and warnings, each at its place within the book."""
    held = [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}]
    series = {"style": "returns", "returns": RETURNS}
    weighed = {"holdings": held, "weighting": "beta", "betas": {"series": series}}
    told = ask_book(call, **weighed)
    prices = {**BOOK["prices"], "BTC-MINI": "60000"}
    whole = {**weighed, "contract": examples.SEED["contract"], "prices": prices, "as_of": AS_OF}
    sized = answered(call("POST", "/v1/sizing", json=whole))

    assert told["book"]["betas"] == sized["betas"]
    assert told["book"]["beta_exposure"] == sized["beta_exposure"] == told["notional"]
    assert told["book"]["holdings"] == sized["holdings"]
    lacking = {name: at for name, at in codes(told).items() if name == "low_sample"}
    assert lacking == {"low_sample": [f"#/book/betas/assets/{place}/estimate/observations" for place in (0, 1)]}


def test_a_book_that_brings_its_betas_needs_no_estimates(call: Call) -> None:
    """They are told as sent, and the hedge is the one that they say."""
    told = ask_book(call, weighting="beta", betas={})

    assert [one["source"] for one in told["book"]["betas"]["assets"]] == ["request", "request"]
    assert told["book"]["betas"]["series"] is None
    assert told["notional"] == "11200"


def test_one_question_of_a_bot_tells_what_a_hedge_by_beta_costs(exchanges: ExchangeServer) -> None:
    """The book is sent, all else is found; what was found and sent back gives the same, and asks nobody."""
    question = examples.LIVE_CARRY["book"]["value"]
    with service_at(exchanges) as ask:
        told = answered(ask("POST", "/v1/carry", json=question))
        asked = exchanges.count()
        book, betas = told["book"], told["book"]["betas"]
        back = {**question["book"], "prices": book["prices"], "betas": {"series": betas["series"]}, "market": None}
        instruments = [option["instrument"] for option in told["options"]]
        again = {"book": back, "horizon_days": 30, "instruments": instruments, "as_of": told["as_of"]}
        resent = answered(ask("POST", "/v1/carry", json=again))

    assert exchanges.count() == asked
    assert {one["source"] for one in betas["assets"]} == {"estimate"}
    assert betas["history"]["source"] == "binance"
    assert {one["source"] for one in book["provenance"].values()} == {"binance"}
    assert told["notional"] == book["beta_exposure"] == resent["notional"]
    first, second = (
        {option["instrument"]["symbol"]: option["cost"] for option in reply["options"] if option["kind"] == "perpetual"}
        for reply in (told, resent)
    )
    assert first == second
    assert first


@pytest.mark.parametrize(
    ("changes", "code", "pointers"),
    [
        ({"notional": "10"}, "inconsistent_question", ["#/notional"]),
        ({"side": "short"}, "inconsistent_question", ["#/side"]),
        ({"book": None}, "inconsistent_question", ["#"]),
        ({"book": {**BOOK, "betas": {}}}, "inconsistent_question", ["#/book/betas"]),
        ({"book": {**BOOK, "coverage": "0"}}, "inconsistent_question", ["#/book/coverage"]),
        ({"book": {**BOOK, "prices": DEAR}}, "size_out_of_range", ["#/book/holdings"]),
        ({"instruments": [PERPETUAL, {**APRIL, "underlying": "ETH"}]}, "inconsistent_question", ["#/instruments"]),
    ],
)
def test_a_book_that_can_not_be_hedged_is_refused_at_its_place(
    call: Call, changes: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """What is wrong within the book points into it."""
    asked = {"book": BOOK, "horizon_days": 90, "instruments": [PERPETUAL, APRIL], "as_of": AS_OF, **changes}

    assert refused(call("POST", "/v1/carry", json=asked), asked) == (422, code, pointers)


def test_a_book_of_more_digits_than_decimals_have_by_default_is_told_in_full(call: Call) -> None:
    """Next to nothing of it can still be hedged."""
    held = [{"asset": "SOL", "quantity": "123456", "beta": 10}]
    told = ask_book(
        call, holdings=held, prices={"SOL": "100000000000000"}, weighting="beta", coverage="0.000000000000000001"
    )

    assert told["notional"] == "123.456"
    assert (told["book"]["exposure"], told["book"]["beta_exposure"]) == (
        "12345600000000000000",
        "123456000000000000000",
    )


def test_a_price_that_a_book_lacks_is_named_where_it_is_to_stand(call: Call) -> None:
    """Every one of them, within the book."""
    asked = {"book": {**BOOK, "prices": {}}, "horizon_days": 90, "instruments": [PERPETUAL], "as_of": AS_OF}

    refusal = call("POST", "/v1/carry", json=asked).json()

    assert refusal["code"] == "price_missing"
    assert [error["pointer"] for error in refusal["errors"]] == ["#/book/prices/SOL", "#/book/prices/ADA"]


@pytest.mark.parametrize(
    ("book", "code", "pointers"),
    [
        ({"holdings": [{"asset": "NOPE", "quantity": "1"}]}, "not_listed", ["#/book/holdings/0/asset"]),
        ({"weighting": "beta", "betas": {}, "market": {"exchange": "median"}}, None, ["#/book/market/exchange"]),
        ({"holdings": [{"asset": "LUNC", "quantity": "1"}], "weighting": "beta", "betas": {}}, "stale_price", None),
    ],
)
def test_what_can_not_be_looked_up_of_a_book_points_into_it(
    ask: Call, book: dict[str, Any], code: str | None, pointers: list[str] | None
) -> None:
    """A coin that is not listed, a median that has no past, a coin that nobody trades."""
    held = {"holdings": [{"asset": "SOL", "quantity": "1"}], "market": {"exchange": "binance"}, **book}
    asked = {"book": held, "horizon_days": 30, "instruments": [PERPETUAL]}

    refusal = refused(ask("POST", "/v1/carry", json=asked), asked)

    assert refusal == (422, code or "inconsistent_question", pointers or ["#/book/holdings/0/asset"])


def test_a_book_of_then_is_not_valued_by_prices_of_now(ask: Call) -> None:
    """The time stands in the question, not in the book."""
    book = {"holdings": [{"asset": "SOL", "quantity": "1"}], "market": {"exchange": "binance"}}
    asked = {"book": book, "horizon_days": 30, "instruments": [PERPETUAL], "as_of": AS_OF}

    assert refused(ask("POST", "/v1/carry", json=asked), asked) == (422, "as_of_not_now", ["#/as_of"])


def test_a_book_in_dollars_is_not_hedged_by_as_many_bitcoins(ask: Call) -> None:
    """A future that is quoted in a coin has another notional, whatever was sent beside it."""
    ether = {**PERPETUAL, "underlying": "ETH"}
    in_bitcoin = {"style": "listed", "exchange": "binance", "symbol": "ETHBTC"}
    asked = {"book": BOOK, "horizon_days": 30, "instruments": [ether, in_bitcoin]}

    assert refused(ask("POST", "/v1/carry", json=asked), asked) == (
        422,
        "currency_mismatch",
        ["#/instruments/1/symbol"],
    )


@pytest.mark.parametrize(
    ("book", "instruments", "others"),
    [
        ({}, [BITCOIN], None),
        ({}, [BITCOIN, {**BITCOIN, "symbol": "BTCUSD_PERP"}, {**BITCOIN, "symbol": "BTCUSDC"}], "USD, USDC"),
        ({}, [BITCOIN, UNTIMED], "an unsaid currency"),
        ({"prices": BOOK["prices"]}, [{**BITCOIN, "symbol": "BTCUSDC"}], None),
        ({"prices": {"SOL": "150"}}, [{**BITCOIN, "symbol": "BTCUSDC"}], "USDC"),
    ],
)
def test_dollars_that_are_taken_to_be_worth_one_another_are_named(
    ask: Call, book: dict[str, Any], instruments: list[dict[str, Any]], others: str | None
) -> None:
    """Prices that are looked up have a currency; all that were sent are in whatever the caller thinks in."""
    held = {"holdings": BOOK["holdings"], "market": {"exchange": "binance"}, **book}
    reply = answered(ask("POST", "/v1/carry", json={"book": held, "horizon_days": 30, "instruments": instruments}))
    told = [warning for warning in reply["warnings"] if warning["code"] == "currency_assumed"]

    assert [warning["pointer"] for warning in told] == ["#/options"] * len(told)
    assert [set(warning["detail"].split(" options in ")[1].split(":")[0].split(", ")) for warning in told] == (
        [] if others is None else [set(others.split(", "))]
    )


# Charts and counts


def draw(call: Call, *instruments: dict[str, Any], **question: Any) -> Any:
    """Ask for a chart of what was sent."""
    whole = {**SEED, "instruments": instruments, **question}
    answer = call("POST", "/v1/carry", json=whole, headers={"accept": "image/svg+xml"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    return read(answer.content)


@pytest.mark.parametrize(
    ("instruments", "changes", "words"),
    [
        ([PERPETUAL, APRIL], {}, "BTC-PERP cheaper all along"),
        (
            [PERPETUAL | {"taker_fee_rate": "0.003", "funding_rate": "0.0003"}, APRIL | FREE],
            {},
            "BTC-PERP cheaper from day ",
        ),
        ([APRIL, PERPETUAL | {"funding_rate": "-0.0001"}], {"side": "short"}, "cheaper"),
        ([APRIL], {}, ""),
        ([PERPETUAL, APRIL | {"expiry": "2026-01-02T18:00:00Z"}], {"horizon_days": 0.5}, ""),
    ],
)
def test_a_chart_says_what_happens_on_the_day_that_it_marks(
    call: Call, instruments: list[dict[str, Any]], changes: dict[str, Any], words: str
) -> None:
    """Which is cheaper from when on, or all along; nothing where there are no two to compare."""
    seen = draw(call, *instruments, **changes)

    assert seen.title == "Cost of 10000 short BTC, 2026-01-02 03:04 UTC"
    assert words in seen.description
    assert bool(words) is ("cheaper" in seen.description)


def test_the_theme_of_a_chart_changes_its_colours_alone(call: Call) -> None:
    """The words stay."""
    light, dark = draw(call, PERPETUAL, APRIL), draw(call, PERPETUAL, APRIL, theme="dark")

    assert light.elements != dark.elements
    assert (light.title, light.description) == (dark.title, dark.description)


def test_a_chart_of_everything_shows_perpetuals_and_expiries(ask: Call) -> None:
    """Twenty lines are too many: six of each, the cheapest, and a word on the rest."""
    question = {"notional": "10000", "horizon_days": 30, "underlying": "BTC"}
    answer = ask("POST", "/v1/carry", json=question, headers={"accept": "image/svg+xml"})

    seen = read(answer.content)
    assert seen.title.startswith("Cost of 10000 short BTC, ")
    assert " binance" in seen.description
    assert " request" not in seen.description


def test_ages_are_counted_by_exchange(ask: Call) -> None:
    """Once an answer and source, and nothing that was sent."""
    undated = PERPETUAL | {"next_funding_at": None}
    ask_carry(ask, instruments=[undated], underlying="BTC", exchange="weex")
    ask_carry(ask, instruments=[undated])

    text = ask("GET", "/metrics").text

    assert 'hedge_price_age_seconds_count{exchange="weex"} 1.0' in text
    assert 'hedge_price_age_seconds_count{exchange="request"}' not in text
    assert "BTC-PERP" not in text


def test_a_future_that_is_not_believed_is_missing_by_name(ask: Call, exchanges: ExchangeServer) -> None:
    """The cheapest way may be among what could not be had: nothing vanishes in silence."""
    exchanges.inject("fapi.binance.com", "/fapi/v1/ticker", faults.price_times("BTCUSDT", "1.01", fields=("bidPrice",)))

    reply = ask_carry(ask, underlying="BTC", exchange="binance")

    (gap,) = reply["unavailable"]
    assert (gap["exchange"], gap["style"]) == ("binance", "linear")
    assert gap["detail"].startswith("BTCUSDT at binance: its best bid ")
    assert "BTCUSDT" not in by_symbol(reply)


def test_instruments_on_another_asset_than_the_underlying_are_refused(ask: Call, exchanges: ExchangeServer) -> None:
    """Costs of hedges in two assets are not held against each other."""
    question = {
        "notional": "10000",
        "horizon_days": 7,
        "underlying": "SOL",
        "exchange": "weex",
        "instruments": [named(exchanges.world, listing(exchanges.world, "bybit", "BTC"))],
    }

    answer = ask("POST", "/v1/carry", json=question)

    assert refused(answer, question) == (422, "inconsistent_question", ["#/underlying"])


def test_many_instruments_are_priced_in_the_worker(call: Call) -> None:
    """With the same result, and while others are answered."""
    many = [PERPETUAL | {"symbol": f"PERP-{number}"} for number in range(13)]

    options = ask_carry(call, **{**SEED, "instruments": many})["options"]

    assert len(options) == 13
    assert {option["cost"] for option in options} == {options[0]["cost"]}


def test_a_chart_says_how_often_two_change_places(call: Call) -> None:
    """Each roll of a chain costs at once, and gives the perpetual a while: no day from which on one is cheaper."""
    steady = {"mean_rate": 0.00006, "persistence": 0.0, "volatility": 0.0}
    futures = [PERPETUAL | {"funding_rate": "0.00006", "funding_process": steady}, APRIL | {"futures_price": "61035"}]

    turn = ask_carry(call, **{**SEED, "instruments": futures})["break_even"]
    chart = call("POST", "/v1/carry", json={**SEED, "instruments": futures}, headers={"Accept": "image/svg+xml"})

    assert len(turn["switches"]) > 1
    assert f"BTC-PERP and BTC-APR change places {len(turn['switches'])} times" in chart.text
