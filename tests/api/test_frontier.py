"""The question of plans in whole lots, from bytes to bytes: sent, looked up, sent back, refused."""

import asyncio
import json
from typing import Any

import pytest

from service.api.openapi import examples
from service.app import create_app
from tests.api.conftest import service_at
from tests.api.truth import answered, codes, follow, listing, named, refused
from tests.conftest import NO_LIMIT, Call
from tests.market.exchange import ExchangeServer
from tests.openapi.asgi import Sent, scope_of

PATH = "/v1/frontier"
SEED: dict[str, Any] = examples.SEED_FRONTIER


def test_one_contract_of_each_removes_more_than_any_other_plan(call: Call) -> None:
    """The example: 77 % of the variance is 52 % of the volatility; two of ether alone are what 2,000 of margin open."""
    reply = answered(call("POST", PATH, json=SEED))

    best = {name: reply["plans"][reply["best"][name]["plan"]] for name in ("by_variance", "by_shortfall", "by_budget")}
    held = {name: [leg["contracts"] for leg in one["legs"]] for name, one in best.items()}
    assert held == {"by_variance": ["1", "1"], "by_shortfall": ["1", "1"], "by_budget": ["0", "2"]}
    assert best["by_variance"]["variance_reduction"] == pytest.approx(0.772702, rel=1e-5)
    assert best["by_variance"]["volatility_reduction"] == pytest.approx(1 - (1 - 0.772702) ** 0.5, rel=1e-5)
    assert best["by_variance"]["margin"] == "2250"
    assert best["by_variance"]["cost"] == "-58.5"
    assert best["by_budget"]["margin"] == "1500"
    assert reply["least_variance"]["variance_reduction"] > best["by_variance"]["variance_reduction"]
    assert reply["instruments"][0]["cost"]["funding_payments"] == 90
    assert [one["asset"] for one in reply["underlyings"]] == ["BTC", "ETH"]
    assert "flat" not in json.dumps(reply)


def test_the_same_question_gets_the_same_bytes_and_so_does_what_it_used(call: Call) -> None:
    """All that a reply says it used is all that it used."""
    first = call("POST", PATH, json=SEED)
    reply = first.json()
    asked = [
        {**leg, **{name: told[name] for name in ("contract", "futures_price", "leverage")}}
        for leg, told in zip(SEED["instruments"], reply["instruments"], strict=True)
    ]
    names = ("prices", "series", "as_of", "budget", "horizon_days", "confidence", "most_coverage", "most_plans")

    again = call("POST", PATH, json={**SEED, "instruments": asked, **{name: reply[name] for name in names}})

    assert again.content == first.content


LISTED: dict[str, Any] = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "instruments": [
        {"contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}, "leverage": "3"},
        {"contract": {"style": "listed", "exchange": "binance", "symbol": "ETHUSDT"}, "leverage": "3"},
    ],
    "market": {"exchange": "binance"},
    "budget": {"margin": "400"},
}


def test_contracts_prices_and_past_days_are_looked_up(exchanges: ExchangeServer) -> None:
    """By default the last 90 days: of the coins, and of both underlyings, at the exchange that is named."""
    with service_at(exchanges) as ask:
        reply = answered(ask("POST", PATH, json=LISTED))

    assert [one["contract_source"]["source"] for one in reply["instruments"]] == ["bybit", "binance"]
    assert [one["futures_origin"]["source"] for one in reply["instruments"]] == ["bybit", "binance"]
    assert reply["provenance"]["SOL"]["source"] == "binance"
    history = reply["history"]
    assert (history["source"], history["history_days"], history["interval_days"]) == ("binance", 90, 1)
    assert history["series"].keys() == {"SOL", "ADA", "BTC", "ETH"} == reply["series"]["returns"].keys()
    assert reply["observations"] + reply["rows_dropped"] == 90
    assert reply["best"]["by_variance"]["proof"]["is_proven"]
    assert reply["plans"][reply["best"]["by_budget"]["plan"]]["margin"] <= "400"


def test_sending_a_looked_up_answer_back_gives_the_same_plans(exchanges: ExchangeServer, call: Call) -> None:
    """At a service that knows no exchange: only where things came from differs."""
    with service_at(exchanges) as ask:
        told = answered(ask("POST", PATH, json=LISTED))
    legs = [{name: one[name] for name in ("contract", "futures_price", "leverage")} for one in told["instruments"]]

    sent = {name: told[name] for name in ("prices", "series", "as_of")}
    again = answered(call("POST", PATH, json={**LISTED, **sent, "instruments": legs, "market": None}))

    assert told.pop("history") is not None
    assert again.pop("history") is None
    for reply in (told, again):
        del reply["provenance"]
        for one in reply["instruments"]:
            del one["contract_source"], one["futures_origin"]
    terms = [note for note in told.pop("warnings") if note["code"] not in {"estimated_tiers", "dated_tiers"}]
    assert again.pop("warnings") == terms
    assert again == told


def test_two_things_of_one_name_are_two_contracts(exchanges: ExchangeServer) -> None:
    """BTCUSDT at two exchanges, each with its own mark and terms; together with a dated one."""
    world = exchanges.world
    dated = named(world, listing(world, "binance", "BTC", quarter=1))
    legs = [
        {"contract": {"style": "listed", "exchange": exchange, "symbol": "BTCUSDT"}, "leverage": "3"}
        for exchange in ("binance", "bybit")
    ]
    with service_at(exchanges) as ask:
        reply = answered(
            ask("POST", PATH, json={**LISTED, "instruments": [*legs, {"contract": dated, "leverage": "3"}]})
        )

    origins = [one["futures_origin"]["source"] for one in reply["instruments"]]
    assert origins == ["binance", "bybit", "binance"]
    assert len(reply["underlyings"]) == 1
    assert "BTC" in reply["history"]["series"]
    assert reply["instruments"][2]["contract"]["expiry"] is not None


def test_contracts_in_two_currencies_are_refused(exchanges: ExchangeServer) -> None:
    """Their values can't be added; the second is named."""
    world = exchanges.world
    legs = [{"contract": named(world, listing(world, "binance", "BTC", quote=quote))} for quote in ("USDT", "USDC")]
    question = {**LISTED, "instruments": legs, "prices": {"SOL": "150", "ADA": "0.4"}, "budget": None}
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=question)

    assert refused(answer, question) == (422, "currency_mismatch", ["#/instruments/1/contract"])


def test_a_price_of_unknown_currency_is_said_to_be_assumed(exchanges: ExchangeServer) -> None:
    """At the contract's own place, since a reply has no mark among its spot prices."""
    question = {**SEED, "prices": {"SOL": "150"}, "market": {"exchange": "binance"}, "as_of": None}
    with service_at(exchanges) as ask:
        reply = answered(ask("POST", PATH, json=question))

    assert codes(reply)["currency_assumed"] == ["#/instruments/0/futures_price", "#/instruments/1/futures_price"]


def test_a_book_without_exposure_needs_no_past(exchanges: ExchangeServer) -> None:
    """Nothing is asked for in vain, and the series is echoed as it was asked."""
    question = {**LISTED, "holdings": [{"asset": "USDT", "quantity": "5"}], "prices": {"USDT": "1"}}
    with service_at(exchanges) as ask:
        reply = answered(ask("POST", PATH, json=question))

    assert (reply["absent_reason"], reply["plans"], reply["best"], reply["history"]) == ("no_exposure", [], None, None)
    assert reply["series"] == {"style": "window", "window_days": 90, "interval_days": 1}
    assert codes(reply)["no_exposure"] == ["#/exposure"]


RETURNS: dict[str, Any] = SEED["series"]["returns"]


def _with_leg(**changes: Any) -> dict[str, Any]:
    return {"instruments": [SEED["instruments"][0], {**SEED["instruments"][1], **changes}]}


@pytest.mark.parametrize(
    ("changes", "code", "pointers"),
    [
        (_with_leg(cost_rate="0"), "inconsistent_question", ["#/instruments/1/funding_rate"]),
        (_with_leg(leverage="20.1"), "leverage_out_of_range", ["#/instruments/1/leverage"]),
        (_with_leg(futures_price=None), "price_missing", ["#/instruments/1/contract"]),
        (
            _with_leg(contract={**SEED["instruments"][1]["contract"], "expiry": "2026-01-01T00:00:00Z"}),
            "expired_contract",
            ["#/instruments/1/contract/expiry"],
        ),
        ({"prices": {"SOL": "150"}}, "price_missing", ["#/prices/ADA"]),
        ({"holdings": [{"asset": "SOL", "quantity": "9" * 15}]}, "size_out_of_range", ["#/holdings"]),
        ({"stresses": ["ftx-2022-11", "covid-2020-03"]}, "stress_data_missing", ["#/stresses/1"]),
        (
            {"series": {"style": "returns", "returns": {**RETURNS, "BTC": RETURNS["BTC"][1:]}}},
            "inconsistent_question",
            ["#/series/returns/ETH", "#/series/returns/SOL", "#/series/returns/ADA"],
        ),
        (
            {"series": {"style": "returns", "returns": {"BTC": RETURNS["BTC"]}}},
            "inconsistent_question",
            ["#/series/returns"],
        ),
        (
            {"series": {"style": "returns", "returns": {**RETURNS, "ETH": [None] * 30}}},
            "too_few_observations",
            ["#/series"],
        ),
        ({"series": {"style": "returns", "returns": {**RETURNS, "ETH": [0.01] * 30}}}, "zero_variance", ["#/series"]),
        ({"series": {"style": "window"}}, "inconsistent_question", ["#"]),
        ({"instruments": []}, "invalid_request", ["#/instruments"]),
        ({"instruments": [SEED["instruments"][0]] * 5}, "invalid_request", ["#/instruments"]),
        ({"most_plans": 19}, "invalid_request", ["#/most_plans"]),
        ({"stresses": ["funding-spike"]}, "invalid_request", ["#/stresses/0"]),
        ({"budget": {"risk": "1"}}, "invalid_request", ["#/budget/risk"]),
    ],
)
def test_what_has_no_answer_is_refused_at_its_place(
    call: Call, changes: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """Each kind of it, with the place that is to blame."""
    question = {**SEED, **changes}
    answer = call("POST", PATH, json=question)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert [error["pointer"] for error in problem["errors"]] == pointers


def test_margin_of_unknown_terms_does_not_fit_a_budget(call: Call) -> None:
    """Nobody can say whether it does."""
    terms = {name: one for name, one in SEED["instruments"][1]["contract"].items() if name != "initial_margin_rate"}

    answer = call("POST", PATH, json={**SEED, **_with_leg(contract=terms, leverage=None)})

    assert refused(answer, {**SEED, **_with_leg(contract=terms, leverage=None)}) == (
        422,
        "margin_terms_missing",
        ["#/instruments/1/leverage"],
    )


def test_every_warning_points_into_the_reply(call: Call) -> None:
    """Of a question about which much can be said."""
    question = {
        **SEED,
        "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
        "prices": {**SEED["prices"], "XRP": "1", "BTC": "1000"},
        "instruments": [
            {
                "contract": {**SEED["instruments"][0]["contract"], "expiry": "2026-01-03T00:00:00Z"},
                "futures_price": "60000",
            },
            {
                "contract": {"style": "inverse", "symbol": "ETHUSD", "underlying": "ETH", "multiplier": "10"},
                "futures_price": "3000",
            },
        ],
        "budget": None,
    }

    reply = answered(call("POST", PATH, json=question))

    assert codes(reply).keys() >= {
        *("beta_ignored", "unused_prices", "basis_implausible", "expiry_near", "expires_first"),
        *("cost_assumed", "coin_margin_is_exposure", "by_closes"),
    }
    for pointers in codes(reply).values():
        for pointer in pointers:
            follow(reply, pointer)


def test_too_many_at_once_are_refused() -> None:
    """Plans wait in the queue of the simulations, and that has an end."""

    async def crowd() -> list[int]:
        """Ask for more at once than may wait."""
        app = create_app(NO_LIMIT)
        return await asyncio.gather(*(_status(app, Sent("POST", PATH, json.dumps(SEED).encode())) for _ in range(8)))

    statuses = asyncio.run(crowd())

    assert set(statuses) == {200, 503}


async def _status(app: Any, sent: Sent) -> int:
    """Ask, and give the status."""
    messages: list[Any] = [{"type": "http.request", "body": sent.body, "more_body": False}]
    kept: list[Any] = []

    async def receive() -> Any:
        """Give the body, and then nothing."""
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: Any) -> None:
        """Keep what comes."""
        kept.append(message)

    await app(scope_of(sent), receive, send)
    return int(kept[0]["status"])
