"""What can be read of the market: prices, contracts, the state of the exchanges."""

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest

from service.api.exchanges import tell_state
from service.app import configure_log, log_stumbles
from service.market import binance
from service.market.events import Event, Read, Stumbled
from tests.api.conftest import service_at
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, Fault, faults


def read(ask: Call, path: str) -> Any:
    """Read a path that has to answer."""
    answer = ask("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_prices_come_in_the_order_asked_for_with_all_that_is_known(ask: Call, exchanges: ExchangeServer) -> None:
    """Spot by the asset, a perpetual and a dated future by their symbols."""
    contracts = read(ask, "/v1/contracts?underlying=BTC&exchange=binance&style=linear&expiry=dated")["contracts"]
    dated = contracts[0]["contract"]["symbol"]

    lines = read(ask, f"/v1/prices?exchange=binance&symbols=ETH,BTCUSDT,{dated},BTCUSD_PERP")["prices"]

    assert [line["kind"] for line in lines] == ["spot", "perpetual", "future", "perpetual"]
    assert [line["quote"] for line in lines] == ["USDT", "USDT", "USDT", "USD"]
    perpetual = exchanges.world.truth("binance", "linear", "BTCUSDT")
    assert {name: Decimal(lines[1][name]) for name in asdict(perpetual)} == asdict(perpetual)
    assert Decimal(lines[1]["price"]) == perpetual.mark
    assert Decimal(lines[0]["price"]) == exchanges.world.truth("binance", "spot", "ETHUSDT").last
    assert (lines[1]["funding_interval_hours"], lines[2]["funding_rate"]) == (8, None)
    assert lines[1]["next_funding_at"] > lines[1]["as_of"]
    assert (lines[1]["expiry"], lines[2]["expiry"][:2]) == (None, "20")


def test_the_median_names_its_sources(ask: Call) -> None:
    """A price on which all five agree, and nothing that only one of them can say."""
    (line,) = read(ask, "/v1/prices?exchange=median&symbols=BTC")["prices"]

    assert line["exchanges"] == ["binance", "bingx", "bybit", "mexc", "weex"]
    assert line["last"] is None
    assert line["price"] is not None


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("exchange=binance&symbols=NOPE", "not_listed", "symbols"),
        ("exchange=median&symbols=NOPE", "not_listed", "symbols"),
        ("exchange=binance", "invalid_request", "symbols"),
        ("exchange=bitmex&symbols=BTC", "invalid_request", "exchange"),
        ("exchange=binance&symbols=btc", "invalid_request", "symbols"),
        ("exchange=binance&symbols=", "invalid_request", "symbols"),
        ("exchange=binance&symbols=BTC&symbols=ETH", "invalid_request", "symbols"),
        ("exchange=binance&symbols=BTC&max_age_seconds=0.5", "invalid_request", "max_age_seconds"),
        ("exchange=binance&symbols=BTC&max_age_seconds=ten", "invalid_request", "max_age_seconds"),
        ("exchange=binance&symbols=BTC&max_age_seconds=NaN", "invalid_request", "max_age_seconds"),
        ("exchange=binance&symbols=BTC&maxage=5", "invalid_request", "maxage"),
    ],
)
def test_a_query_that_can_not_be_answered_names_its_parameter(
    ask: Call, *, query: str, code: str, parameter: str
) -> None:
    """As strict as a body, and nothing is ignored in silence."""
    answer = ask("GET", f"/v1/prices?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_all_prices_or_none(ask: Call, exchanges: ExchangeServer) -> None:
    """A list with a hole would be read as a whole one."""
    exchanges.inject("fapi.binance.com", "/fapi/v1/premiumIndex", faults.html())

    answer = ask("GET", "/v1/prices?exchange=binance&symbols=BTC,BTCUSDT")

    assert (answer.status_code, answer.json()["code"]) == (503, "price_unavailable")


@pytest.mark.parametrize(
    "path", ["/v1/prices?exchange=bybit&symbols=BTC", "/v1/contracts?underlying=BTC", "/v1/exchanges"]
)
def test_an_answer_that_a_caller_has_is_not_sent_again(ask: Call, path: str) -> None:
    """The tag changes with what is said, not with ages; HEAD has it too."""
    ask("GET", path)
    first = ask("GET", path)

    again = ask("GET", path, headers={"if-none-match": first.headers["etag"]})
    other = ask("GET", path, headers={"if-none-match": '"else"'})
    head = ask("HEAD", path)

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.status_code == 200
    assert (head.status_code, head.content) == (200, b"")
    assert first.headers["cache-control"].startswith("private, ")


def test_a_new_price_is_another_answer(ask: Call, exchanges: ExchangeServer) -> None:
    """What moved has to be fetched."""
    first = ask("GET", "/v1/contracts?underlying=BTC&exchange=bybit")
    with service_at(exchanges) as later:
        exchanges.world.prices["BTC"] *= 2
        answer = later(
            "GET", "/v1/contracts?underlying=BTC&exchange=bybit", headers={"if-none-match": first.headers["etag"]}
        )

    assert answer.status_code == 200


def test_contracts_with_the_smallest_step_come_first(ask: Call) -> None:
    """The mini contracts: one dollar at Bybit, a tenth of a thousandth of a bitcoin at BingX and WEEX."""
    contracts = read(ask, "/v1/contracts?underlying=BTC&expiry=perpetual")["contracts"]

    steps = [Decimal(line["step_notional"]) for line in contracts]
    assert steps == sorted(steps)
    assert contracts[0]["contract"]["symbol"] == "BTCUSD"
    assert {line["exchange"] for line in contracts} == {"binance", "bingx", "bybit", "mexc", "weex"}
    assert all(line["contract"]["expiry"] is None for line in contracts)
    assert all(Decimal(line["smallest_notional"]) >= Decimal(line["step_notional"]) for line in contracts)


def test_the_smallest_order_obeys_the_least_value_of_the_venue(ask: Call) -> None:
    """A thousandth of a bitcoin at 61,500 is above the 50 USDT that Binance asks for; of ether it is not."""
    (line,) = [
        line
        for line in read(ask, "/v1/contracts?underlying=ETH&exchange=binance&style=linear&expiry=perpetual")[
            "contracts"
        ]
        if line["contract"]["symbol"] == "ETHUSDT"
    ]

    least = Decimal(line["contract"]["min_notional"])
    assert Decimal(line["smallest_notional"]) >= least
    assert Decimal(line["smallest_notional"]) < least + Decimal(line["step_notional"])


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("style=inverse", lambda line: line["contract"]["style"] == "inverse"),
        ("expiry=dated", lambda line: line["contract"]["expiry"] is not None),
        ("exchange=mexc", lambda line: line["exchange"] == "mexc"),
    ],
)
def test_contracts_are_chosen_by_style_expiry_and_exchange(ask: Call, query: str, holds: Callable[[Any], bool]) -> None:
    """Only what was asked for, and some of it."""
    contracts = read(ask, f"/v1/contracts?underlying=BTC&{query}")["contracts"]

    assert contracts
    assert all(map(holds, contracts))


def test_contracts_are_found_by_their_day_of_settlement(ask: Call) -> None:
    """The day in UTC; another day has none."""
    (first, *_) = read(ask, "/v1/contracts?underlying=BTC&expiry=dated")["contracts"]
    day = first["contract"]["expiry"][:10]

    found = read(ask, f"/v1/contracts?underlying=BTC&expiry={day}")["contracts"]

    assert {line["contract"]["expiry"][:10] for line in found} == {day}
    assert read(ask, "/v1/contracts?underlying=BTC&expiry=2030-01-01")["contracts"] == []


def test_an_expiry_at_an_exchange_without_any_is_refused(ask: Call) -> None:
    """Never a perpetual instead, and never an empty list that looks like an answer."""
    refused = ask("GET", "/v1/contracts?underlying=BTC&exchange=weex&expiry=dated").json()

    assert (refused["code"], refused["errors"][0]["parameter"]) == ("not_listed", "expiry")
    assert "binance and bybit" in refused["detail"]


def test_what_can_not_be_asked_is_named_beside_the_list(ask: Call, exchanges: ExchangeServer) -> None:
    """A list with a gap says so; one that is all gap is refused."""
    exchanges.inject("dapi.binance.com", "", faults.maintenance())

    reply = read(ask, "/v1/contracts?underlying=BTC&exchange=binance")
    refused = ask("GET", "/v1/contracts?underlying=BTC&exchange=binance&style=inverse")

    assert [(gap["exchange"], gap["style"]) for gap in reply["unavailable"]] == [("binance", "inverse")]
    assert reply["contracts"]
    assert (refused.status_code, refused.json()["code"]) == (503, "price_unavailable")


def test_an_exchange_that_is_off_lists_nothing(exchanges: ExchangeServer) -> None:
    """Asked for by name it is refused, else it is left out."""
    with service_at(exchanges, HEDGE_EXCHANGES="bybit") as ask:
        refused = ask("GET", "/v1/contracts?underlying=BTC&exchange=weex").json()
        contracts = read(ask, "/v1/contracts?underlying=BTC")["contracts"]
        states = read(ask, "/v1/exchanges")

    assert refused["code"] == "exchange_off"
    assert {line["exchange"] for line in contracts} == {"bybit"}
    assert states["off"] == ["binance", "bingx", "mexc", "weex"]


def feed(states: Any, exchange: str, segment: str, subject: str) -> Any:
    """Find one feed among the states of all."""
    (found,) = (
        row
        for state in states["exchanges"]
        if state["exchange"] == exchange
        for row in state["feeds"]
        if (row["segment"], row["subject"]) == (segment, subject)
    )
    return found


def test_the_state_of_the_feeds_is_told_without_asking_anybody(ask: Call, exchanges: ExchangeServer) -> None:
    """Unused at first, fresh after a question, with the number of symbols that are believed."""
    unused = feed(read(ask, "/v1/exchanges"), "bybit", "spot", "quotes")
    assert exchanges.count() == 0
    ask("GET", "/v1/prices?exchange=bybit&symbols=BTC")

    used = feed(read(ask, "/v1/exchanges"), "bybit", "spot", "quotes")

    assert (unused["state"], unused["symbols"], unused["last_success"]) == ("unused", 0, None)
    assert used["state"] == "fresh"
    assert used["symbols"] > 5
    assert used["last_success"] is not None


def test_a_spared_host_says_why_and_for_how_long(ask: Call, exchanges: ExchangeServer) -> None:
    """The breaker of the host that refused is open, and readiness names the exchange."""
    exchanges.inject("fapi.binance.com", "", faults.rate_limited("binance"))
    ask("GET", "/v1/contracts?underlying=BTC&exchange=binance&style=linear")

    states = read(ask, "/v1/exchanges")
    ready = read(ask, "/health/ready")

    (host,) = [host for host in states["exchanges"][0]["hosts"] if host["host"] == "fapi.binance.com"]
    assert (host["breaker"], host["reason"]) == ("open", "rate_limited")
    assert host["retry_after_seconds"] > 0
    assert feed(states, "binance", "linear", "listings")["state"] == "failed"
    assert {"exchange": "binance", "state": "failing"} in ready["exchanges"]


def test_what_answers_is_reachable(ask: Call) -> None:
    """Readiness tells the exchanges that were asked with success from those that nobody asked."""
    ask("GET", "/v1/prices?exchange=weex&symbols=BTC")

    states = {row["exchange"]: row["state"] for row in read(ask, "/health/ready")["exchanges"]}

    assert (states["weex"], states["mexc"]) == ("reachable", "unused")


def test_what_the_market_did_is_counted(ask: Call, exchanges: ExchangeServer) -> None:
    """Calls by outcome, reads by how they were had, refused values by reason, ages at answer, open breakers."""
    exchanges.inject("api.bybit.com", "/v5/market/tickers", faults.price_times("BTCUSDT", 3, fields=("markPrice",)))
    exchanges.inject("fapi.binance.com", "", faults.banned(0))
    body = {
        "holdings": [{"asset": "SOL", "quantity": "1"}],
        "contract": {"style": "listed", "exchange": "bybit", "symbol": "ETHUSDT"},
        "market": {"exchange": "bybit"},
    }
    for _ in range(2):
        ask("POST", "/v1/sizing", json=body)
    ask("GET", "/v1/prices?exchange=binance&symbols=BTCUSDT")

    text = ask("GET", "/metrics").text

    for line in (
        'hedge_upstream_calls_total{exchange="bybit",outcome="ok",segment="spot",subject="quotes"} 1.0',
        'hedge_board_reads_total{exchange="bybit",outcome="fetched",subject="quotes"}',
        'hedge_board_reads_total{exchange="bybit",outcome="fresh",subject="quotes"}',
        'hedge_rejected_values_total{exchange="bybit",reason="mark_far_from_index"} 1.0',
        'hedge_price_age_seconds_count{exchange="bybit"} 2.0',
        'hedge_breaker_state{exchange="binance",host="fapi.binance.com"} 2.0',
    ):
        assert line in text


def test_a_price_that_was_not_believed_is_refused_with_the_reason(ask: Call, exchanges: ExchangeServer) -> None:
    """The one symbol whose mark is torn from its index; the others stay."""
    exchanges.inject("api.bybit.com", "/v5/market/tickers", faults.price_times("BTCUSDT", 3, fields=("markPrice",)))

    refused = ask("GET", "/v1/prices?exchange=bybit&symbols=BTCUSDT")
    served = ask("GET", "/v1/prices?exchange=bybit&symbols=ETHUSDT")

    assert refused.status_code == 503
    assert "mark_far_from_index" in refused.json()["detail"]
    assert served.status_code == 200


def test_a_name_that_is_no_contract_may_be_a_coin_of_a_silent_host(ask: Call, exchanges: ExchangeServer) -> None:
    """Then nobody can say that it is not listed."""
    exchanges.inject("api.binance.com", "", faults.maintenance())

    unknown = ask("GET", "/v1/prices?exchange=binance&symbols=SOL")
    contract = ask("GET", "/v1/prices?exchange=binance&symbols=BTCUSDT")

    assert (unknown.status_code, unknown.json()["code"]) == (503, "price_unavailable")
    assert contract.status_code == 200


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/fapi/v1/premiumIndex", faults.price_times("BTCUSDT", 0, fields=("markPrice",))),
        ("/fapi/v1/exchangeInfo", Fault(change=lambda reply: with_least(reply, "BTCUSDT", "-5"))),
    ],
)
def test_a_contract_that_nobody_can_use_is_not_listed(
    ask: Call, exchanges: ExchangeServer, path: str, fault: Fault
) -> None:
    """Without a mark, or with terms that make no sense."""
    injected = exchanges.inject("fapi.binance.com", path, fault)

    contracts = read(ask, "/v1/contracts?underlying=BTC&exchange=binance&expiry=perpetual")["contracts"]
    refused = ask(
        "POST",
        "/v1/sizing",
        json={
            "holdings": [{"asset": "SOL", "quantity": "1"}],
            "contract": {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"},
            "prices": {"SOL": "80"},
        },
    )

    assert injected.fired
    assert "BTCUSDT" not in {line["contract"]["symbol"] for line in contracts}
    assert contracts
    assert refused.status_code == 503


def with_least(reply: Any, symbol: str, value: str) -> Any:
    """Give the least notional of a contract another value."""
    for row in reply["symbols"]:
        for rule in row["filters"]:
            if row["symbol"] == symbol and rule["filterType"] == "MIN_NOTIONAL":
                rule["notional"] = value
    return reply


@pytest.mark.parametrize(
    ("age", "state"), [(None, "unused"), (2.0, "fresh"), (2.1, "stale"), (60.0, "stale"), (60.1, "old")]
)
def test_the_age_of_a_board_has_a_name(age: float | None, state: str) -> None:
    """Served at once up to 2 s, renewed behind the answer up to a minute, then no more."""
    quotes, *_ = binance.ADAPTER.feeds

    assert tell_state(quotes, age) == state


def test_a_contract_whose_mark_can_not_be_true_is_not_listed(ask: Call, exchanges: ExchangeServer) -> None:
    """The value of its smallest order would be wrong; the others stay."""
    listed = read(ask, "/v1/contracts?underlying=BTC&exchange=binance&style=linear&expiry=dated")["contracts"]
    torn = listed[0]["contract"]["symbol"]
    exchanges.inject("fapi.binance.com", "/fapi/v1/premiumIndex", faults.price_times(torn, 0.1, fields=("markPrice",)))

    with service_at(exchanges) as later:
        contracts = read(later, "/v1/contracts?underlying=BTC&exchange=binance&style=linear&expiry=dated")["contracts"]

    assert [line["contract"]["symbol"] for line in contracts] == [line["contract"]["symbol"] for line in listed[1:]]


def test_a_reply_that_nobody_foresaw_is_logged_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """The caller hears that the price can't be had; who runs the service has to hear why. It is counted besides."""
    configure_log("info")
    seen: list[Event] = []
    observe = log_stumbles(seen.append)
    reply: dict[str, str] = {}
    try:
        reply["result"]
    except KeyError as error:
        stumbled = Stumbled("bybit", "quotes", error)

    observe(Read("bybit", "quotes", "fresh"))
    observe(stumbled)

    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["event"], line["level"], line["exchange"], line["subject"]) == ("stumbled", "error", "bybit", "quotes")
    assert line["exception"][0]["exc_type"] == "KeyError"
    assert seen == [Read("bybit", "quotes", "fresh"), stumbled]
