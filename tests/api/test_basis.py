"""The basis endpoint, from bytes to bytes: what was sent, and what five exchanges list."""

import math
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service.api.openapi import examples
from service.market.source import EXCHANGES
from tests.api.charts.test_line_charts import read
from tests.api.conftest import service_at
from tests.api.truth import (
    NEAR,
    answered,
    codes,
    days_left,
    follow,
    listing,
    listing_of,
    moment,
    named,
    printed,
    refused,
)
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, Fault, faults
from tests.market.exchange.assets import MAJORS

SEED: dict[str, Any] = examples.SEED_BASIS
AS_OF = "2026-01-02T03:04:05Z"
FAPI = "fapi.binance.com"
PERPETUAL = {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}


def ask_basis(ask: Call, **question: Any) -> Any:
    """Ask for the basis of something that has one."""
    return answered(ask("POST", "/v1/basis", json=question))


def given(**terms: Any) -> dict[str, Any]:
    """Write the future of the seed: 61,200 over 60,000, with 90 days left."""
    seed = {"style": "given", "symbol": "F", "underlying": "BTC", "spot_price": "60000", "futures_price": "61200"}
    return {**seed, "expiry": "2026-04-02T03:04:05Z", **terms}


# What was sent


def test_two_percent_in_90_days_over_http(call: Call) -> None:
    """Spot 60,000, future 61,200: 1,200, 2 %, a year 8.111 %, 8.362 % and 8.031 %; Hull's basis is the opposite."""
    (line,) = ask_basis(call, pairs=[given()], as_of=AS_OF)["pairs"]

    assert (line["basis"], line["hull_basis"], line["basis_rate"], line["state"]) == (
        "1200",
        "-1200",
        "0.02",
        "contango",
    )
    assert line["days_to_expiry"] == 90
    assert line["annualized_basis_rate"] == "0.08111111"
    assert line["annualized_basis_rate_compounded"] == "0.08362365"
    assert line["annualized_basis_rate_continuous"] == "0.08031066"
    assert (line["annualized_reason"], line["annualized_funding_rate"], line["market"]) == (None, None, "request")


def test_a_year_of_360_days_changes_the_annual_rates_alone(call: Call) -> None:
    """2 % x 360 / 90 is 8 %; what it costs and how it runs off does not depend on the convention."""
    (usual,) = ask_basis(call, pairs=[given()], as_of=AS_OF)["pairs"]
    (bank,) = ask_basis(call, pairs=[given()], as_of=AS_OF, day_count="ACT/360")["pairs"]

    assert bank["annualized_basis_rate"] == "0.08"
    assert float(bank["annualized_basis_rate_continuous"]) == pytest.approx(math.log(1.02) * 4, abs=NEAR)
    assert {name for name in usual if usual[name] != bank[name]} == {
        "annualized_basis_rate",
        "annualized_basis_rate_compounded",
        "annualized_basis_rate_continuous",
    }


def test_funding_is_annualised_by_its_own_interval_over_http(call: Call) -> None:
    """0.01 % every 8 hours is 10.95 % a year, and every 4 hours twice as much."""
    perpetual = given(expiry=None, funding_rate="0.0001", funding_interval_hours=8)

    reply = ask_basis(call, pairs=[perpetual, {**perpetual, "funding_interval_hours": 4}], as_of=AS_OF)

    assert [line["annualized_funding_rate"] for line in reply["pairs"]] == ["0.1095", "0.219"]
    assert [line["annualized_reason"] for line in reply["pairs"]] == ["perpetual", "perpetual"]
    assert reply["term_structures"] == []


def test_what_a_reply_says_it_used_gives_the_same_bytes(call: Call) -> None:
    """Each pair of the seed, sent back with everything else as it was."""
    first = call("POST", "/v1/basis", json=SEED)
    pairs = [line["pair"] for line in first.json()["pairs"]]

    again = call("POST", "/v1/basis", json={**SEED, "pairs": pairs})

    assert again.status_code == 200
    assert again.content == first.content


def test_a_question_without_a_time_is_answered_as_of_now(call: Call) -> None:
    """The time is echoed, and with it the answer can be had again."""
    question = {"pairs": [given(expiry=None)]}
    begin = datetime.now(UTC)
    first = call("POST", "/v1/basis", json=question)

    again = call("POST", "/v1/basis", json={**question, "as_of": first.json()["as_of"]})

    assert begin <= moment(first.json()["as_of"]) <= datetime.now(UTC)
    assert again.content == first.content


def test_a_sent_history_places_the_pair(call: Call) -> None:
    """Of 5, 6, 7, 8 and 9 % a year the mean is 7; the future's 8.111 % are above four of them."""
    past = [0.05, 0.06, None, 0.07, 0.08, 0.09]

    reply = ask_basis(call, pairs=[given(history=past), given()], as_of=AS_OF)

    line, plain = reply["pairs"]
    standing = line["history"]
    rate = 0.02 * 365 / 90
    assert (standing["measure"], standing["observations"]) == ("annualized_basis_rate", 5)
    assert standing["mean"] == pytest.approx(0.07)
    assert standing["z_score"] == pytest.approx((rate - 0.07) / math.sqrt(0.00025))
    assert standing["percentile"] == 0.8
    assert line["history_origin"] == {"source": "request", "first_at": None, "last_at": None}
    assert (plain["history"], plain["history_origin"]) == (None, None)
    assert codes(reply) == {"low_sample": ["#/pairs/0/history"]}


def test_sent_expiries_on_one_asset_make_a_curve(call: Call) -> None:
    """A short that rolls 30 days on earns ln(61,200 / 60,600) x 365 / 60; another asset has a curve of its own."""
    near = given(symbol="NEAR", futures_price="60600", expiry="2026-02-01T03:04:05Z")
    other = given(symbol="E", underlying="ETH", spot_price="3000", futures_price="3030")

    reply = ask_basis(call, pairs=[given(), near, other, given(symbol="P", expiry=None)], as_of=AS_OF)

    bitcoin, ether = reply["term_structures"]
    assert [(curve["market"], curve["underlying"]) for curve in (bitcoin, ether)] == [
        ("request", "BTC"),
        ("request", "ETH"),
    ]
    assert [point["symbol"] for point in bitcoin["points"]] == ["NEAR", "F"]
    (roll,) = bitcoin["rolls"]
    assert (roll["near"], roll["far"]) == ("NEAR", "F")
    assert float(roll["annualized_roll_rate"]) == pytest.approx(math.log(61200 / 60600) * 365 / 60, abs=NEAR)
    assert ether["rolls"] == []


@pytest.mark.parametrize(
    ("question", "code", "pointers"),
    [
        ({}, "inconsistent_question", ["#"]),
        ({"exchange": "binance"}, "inconsistent_question", ["#"]),
        ({"exchange": "binance", "pairs": [PERPETUAL]}, "inconsistent_question", ["#/exchange"]),
        ({"pairs": [given(history=[0.1, None, None])]}, "too_few_observations", ["#/pairs/0/history"]),
        ({"pairs": [given(), given(expiry=AS_OF)]}, "expired_contract", ["#/pairs/1/expiry"]),
        ({"pairs": [given(futures_bid="2", futures_ask="1")]}, "crossed_market", ["#/pairs/0/futures_bid"]),
        ({"pairs": [given(funding_rate="0.1")]}, "inconsistent_question", ["#/pairs/0/funding_rate"]),
        ({"pairs": [PERPETUAL]}, "as_of_not_now", ["#/as_of"]),
        ({"underlying": "BTC"}, "as_of_not_now", ["#/as_of"]),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(
    ask: Call, exchanges: ExchangeServer, *, question: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """422 with pointers that lead into the question, and no exchange is asked."""
    whole = {**question, "as_of": AS_OF}

    answer = ask("POST", "/v1/basis", json=whole)

    assert refused(answer, whole) == (422, code, pointers)
    assert exchanges.count() == 0


# What exchanges list


@pytest.mark.parametrize("exchange", ["binance", "bingx", "bybit", "mexc", "weex"])
@pytest.mark.parametrize(("asset", "hours"), [("TRX", 1), ("UNI", 2), ("ADA", 4), ("BTC", 8), ("ETC", 24)])
def test_every_funding_interval_is_taken_from_the_exchange(
    ask: Call, exchanges: ExchangeServer, *, exchange: str, asset: str, hours: int
) -> None:
    """1, 2, 4, 8 and 24 hours: annual rates by its own interval, and the fair price until its own next payment."""
    world = exchanges.world
    one = listing(world, exchange, asset)
    rate, truth = world.rate(one), world.quote(one)

    (line,) = ask_basis(ask, pairs=[named(world, one)])["pairs"]

    pair, times = line["pair"], 365 * 24 // hours
    assert (pair["funding_interval_hours"], Decimal(pair["funding_rate"])) == (hours, rate)
    assert moment(pair["next_funding_at"]).timestamp() * 1000 == world.next_funding(hours)
    assert line["annualized_funding_rate"] == printed(rate * times)
    assert float(line["annualized_funding_rate_compounded"]) == pytest.approx((1 + float(rate)) ** times - 1, abs=NEAR)
    premium = (truth.mark - truth.index) / truth.index
    correction = min(max(Decimal("0.0001") - premium, Decimal("-0.0005")), Decimal("0.0005"))
    assert line["premium_funding_rate"] == printed((premium + correction) * hours / 8)
    left = world.next_funding(hours) / 1000 - moment(_reply_time(line)).timestamp()
    fair = float(truth.index) * (1 + float(rate) * left / (hours * 3600))
    assert float(line["fair_price"]) == pytest.approx(fair, rel=1e-6)


def _reply_time(line: dict[str, Any]) -> str:
    """Give a time close to that of the answer: when its price was true."""
    return str(line["futures_origin"]["as_of"])


def test_all_futures_on_an_asset_stand_side_by_side(ask: Call, exchanges: ExchangeServer) -> None:
    """Each by its own exchange's mark against its own index: linear and inverse, USDT, USDC and dollars."""
    world = exchanges.world
    reply = ask_basis(ask, underlying="BTC")

    as_of = reply["as_of"]
    for line in reply["pairs"]:
        pair = line["pair"]
        one = listing_of(world, line, pair)
        truth = world.quote(one)
        assert (Decimal(pair["spot_price"]), Decimal(pair["futures_price"])) == (truth.index, truth.mark)
        assert pair["futures_bid"] in {None, printed(truth.bid)}
        assert pair["futures_ask"] in {None, printed(truth.ask)}
        assert line["basis"] == printed(truth.mark - truth.index)
        assert line["basis_rate"] == printed((truth.mark - truth.index) / truth.index)
        assert line["state"] == "contango"
        assert line["futures_origin"]["kind"] == "mark"
        assert line["spot_origin"]["kind"] == "index"
        assert {line[name]["source"] for name in ("futures_origin", "spot_origin")} == {one.exchange}
        assert {line[name]["symbol"] for name in ("futures_origin", "spot_origin")} == {pair["symbol"]}
        if one.quarter is not None:
            days = days_left(as_of, world.expiry(one.quarter))
            ratio = float(truth.mark / truth.index)
            assert line["days_to_expiry"] == pytest.approx(days)
            if days < 1:
                continue
            assert float(line["annualized_basis_rate"]) == pytest.approx((ratio - 1) * 365 / days, abs=NEAR)
            compounded = float(line["annualized_basis_rate_compounded"])
            assert compounded == pytest.approx(ratio ** (365 / days) - 1, abs=NEAR)
    assert (reply["unavailable"], codes(reply).keys() - {"expiry_near"}) == ([], set())
    assert Counter(line["market"] for line in reply["pairs"]) == {
        "binance linear USDT": 3,
        "binance linear USDC": 1,
        "binance inverse USD": 3,
        "bingx linear USDT": 1,
        "bingx linear USDC": 1,
        "bingx inverse USD": 1,
        "bybit linear USDT": 3,
        "bybit linear USDC": 1,
        "bybit inverse USD": 3,
        "mexc linear USDT": 1,
        "mexc linear USDC": 1,
        "mexc inverse USD": 1,
        "weex linear USDT": 1,
    }
    assert [curve["market"] for curve in reply["term_structures"]] == [
        "binance linear USDT",
        "binance inverse USD",
        "bybit linear USDT",
        "bybit inverse USD",
    ]


def test_a_roll_between_listed_expiries_earns_their_spread(ask: Call, exchanges: ExchangeServer) -> None:
    """ln(far / near) x 365 / the days between them, from the marks of one exchange."""
    world = exchanges.world
    near, far = (listing(world, "bybit", "BTC", quarter=quarter) for quarter in (0, 1))

    (curve, *_) = ask_basis(ask, underlying="BTC", exchange="bybit")["term_structures"]

    (roll,) = curve["rolls"]
    days = (world.expiry(1) - world.expiry(0)).days
    expected = math.log(world.quote(far).mark / world.quote(near).mark) * 365 / days
    assert (roll["near"], roll["far"]) == (world.symbol(near), world.symbol(far))
    assert float(roll["annualized_roll_rate"]) == pytest.approx(expected, abs=NEAR)


def test_one_exchange_answers_for_itself_alone(ask: Call, exchanges: ExchangeServer) -> None:
    """Nobody else is asked; an exchange without expiries has no curve."""
    reply = ask_basis(ask, underlying="BTC", exchange="weex")

    assert [(line["market"], line["pair"]["symbol"]) for line in reply["pairs"]] == [("weex linear USDT", "BTCUSDT")]
    assert reply["term_structures"] == []
    assert {request.host for request in exchanges.requests} == {"api-contract.weex.com"}


def test_what_is_named_comes_first_and_once(ask: Call, exchanges: ExchangeServer) -> None:
    """In the order of the question, given ones between, and then what else the underlying has."""
    world = exchanges.world
    inverse = named(world, listing(world, "binance", "BTC", "inverse"))
    dated = named(world, listing(world, "binance", "BTC", quarter=1))

    reply = ask_basis(ask, pairs=[dated, given(expiry=None), inverse], underlying="BTC", exchange="binance")

    symbols = [line["pair"]["symbol"] for line in reply["pairs"]]
    assert symbols[:3] == [dated["symbol"], "F", inverse["symbol"]]
    assert len(symbols) == 8
    assert len(set(symbols)) == 8
    assert [line["market"] for line in reply["pairs"][:3]] == ["binance linear USDT", "request", "binance inverse USD"]


def test_a_looked_up_pair_sent_back_gives_the_same_line(ask: Call, exchanges: ExchangeServer) -> None:
    """All numbers, without asking anybody; only where they are from is another."""
    names = ("market", "futures_origin", "spot_origin")
    reply = ask_basis(ask, underlying="BTC")
    asked = exchanges.count()

    again = ask_basis(ask, pairs=[line["pair"] for line in reply["pairs"]], as_of=reply["as_of"])

    for line in (*reply["pairs"], *again["pairs"]):
        for name in names:
            del line[name]
    assert again["pairs"] == reply["pairs"]
    assert exchanges.count() == asked


def test_a_question_as_of_a_moment_ago_is_one_of_now(ask: Call) -> None:
    """Within the age that a price may have; the answer is as of what was asked."""
    as_of = f"{datetime.now(UTC) - timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"

    fine = ask("POST", "/v1/basis", json={"pairs": [PERPETUAL], "as_of": as_of})
    late = ask("POST", "/v1/basis", json={"pairs": [PERPETUAL], "as_of": as_of, "max_age_seconds": 3})

    assert (fine.status_code, fine.json()["as_of"]) == (200, as_of)
    assert late.json()["code"] == "as_of_not_now"


# What can't be had


@pytest.mark.parametrize(
    ("question", "pointers"),
    [
        ({"underlying": "NOPE"}, ["#/underlying"]),
        ({"underlying": "XMR"}, ["#/underlying"]),
        ({"underlying": "BNB", "exchange": "bybit", "spot_source": "last", "pairs": [PERPETUAL]}, None),
        (
            {"pairs": [{**PERPETUAL, "symbol": "BTCUSD"}, PERPETUAL, {**PERPETUAL, "symbol": "EOSUSDT"}]},
            ["#/pairs/0/symbol", "#/pairs/2/symbol"],
        ),
        ({"pairs": [given(), {**PERPETUAL, "exchange": "weex", "symbol": "BTCUSDT_261225"}]}, ["#/pairs/1/symbol"]),
    ],
)
def test_what_nobody_lists_is_refused_with_all_its_places(
    ask: Call, question: dict[str, Any], pointers: list[str] | None
) -> None:
    """Also what no longer trades; never another contract instead."""
    answer = ask("POST", "/v1/basis", json=question)

    if pointers is None:
        answered(answer)
    else:
        assert refused(answer, question) == (422, "not_listed", pointers)


def settled(server: ExchangeServer) -> Fault:
    """Let Binance go on listing a future that settled a second ago, as its terms of an hour ago would."""

    def change(value: dict[str, Any]) -> dict[str, Any]:
        """Put its expiry into the past."""
        over = server.world.millis() - 1000
        rows = [
            {**row, "deliveryDate": over} if row["contractType"] == "CURRENT_QUARTER" else row
            for row in value["symbols"]
        ]
        return {**value, "symbols": rows}

    return server.inject(FAPI, "/fapi/v1/exchangeInfo", Fault(change=change))


def test_what_has_settled_is_no_future_any_more(ask: Call, exchanges: ExchangeServer) -> None:
    """Named it is refused where it is named; beside others it is left out, and the others are answered."""
    world = exchanges.world
    over, next_one = (listing(world, "binance", "BTC", quarter=quarter) for quarter in (0, 1))
    fault = settled(exchanges)
    question = {"pairs": [PERPETUAL, named(world, over)]}

    answer = ask("POST", "/v1/basis", json=question)
    reply = ask_basis(ask, underlying="BTC", exchange="binance")

    assert fault.fired
    assert refused(answer, question) == (422, "not_listed", ["#/pairs/1/symbol"])
    symbols = {line["pair"]["symbol"] for line in reply["pairs"]}
    assert world.symbol(over) not in symbols
    assert world.symbol(next_one) in symbols


def test_an_exchange_that_is_off_is_refused_where_it_is_named(exchanges: ExchangeServer) -> None:
    """Where it is not named, the others answer."""
    weex = {**PERPETUAL, "exchange": "weex"}
    risk = {"style": "candles", "holdings": [{"asset": "SOL", "quantity": "1"}], "contract": weex}
    questions: list[tuple[dict[str, Any], str]] = [
        ({"pairs": [PERPETUAL, weex]}, "#/pairs/1/exchange"),
        ({"underlying": "BTC", "exchange": "weex"}, "#/exchange"),
        ({"risk": risk}, "#/risk/contract/exchange"),
    ]
    with service_at(exchanges, HEDGE_EXCHANGES="binance,mexc") as ask:
        answers = [(refused(ask("POST", "/v1/basis", json=one), one), place) for one, place in questions]
        reply = ask_basis(ask, underlying="BTC")

    for refusal, place in answers:
        assert refusal == (422, "exchange_off", [place])
    assert {line["market"].split()[0] for line in reply["pairs"]} == {"binance", "mexc"}


def test_with_every_exchange_off_that_is_what_is_said(exchanges: ExchangeServer) -> None:
    """And not that nobody lists the asset; what was sent is answered as ever."""
    with service_at(exchanges, HEDGE_EXCHANGES="none") as ask:
        answer = ask("POST", "/v1/basis", json={"underlying": "BTC"})
        listed = ask("GET", "/v1/contracts?underlying=BTC")
        reply = ask_basis(ask, **SEED)

    assert listed.json()["code"] == "exchange_off"
    assert refused(answer, {"underlying": "BTC"}) == (422, "exchange_off", ["#/underlying"])
    assert len(reply["pairs"]) == 2


@pytest.mark.parametrize(
    ("path", "fault", "doubt"),
    [
        ("", faults.maintenance(), "status 503"),
        ("", faults.drop(), "can't be reached"),
        ("", faults.hang(), "has not answered within 0.3 s"),
        ("", faults.html(), "The reply is no"),
        ("/fapi/v1/premiumIndex", faults.truncated(shorter=True), "The reply is no list"),
        ("/fapi/v1/premiumIndex", faults.null(), "The reply is no list"),
        ("", faults.rate_limited("binance"), "429"),
        ("/fapi/v1/ticker/bookTicker", faults.price_times("BTCUSDT", 2, fields=("bidPrice",)), "above its best ask"),
        ("/fapi/v1/premiumIndex", faults.price_times("BTCUSDT", 2, fields=("markPrice",)), "mark_far_from_index"),
        ("/fapi/v1/premiumIndex", faults.clock_back(30), "30."),
    ],
)
def test_a_future_whose_price_can_not_be_had_is_no_answer(
    exchanges: ExchangeServer, path: str, fault: Fault, doubt: str
) -> None:
    """Down, hanging, garbage, a crossed book or a stale quote: 503, with the reason and when to ask again."""
    injected = exchanges.inject(FAPI, path, fault)
    question = {"pairs": [given(), PERPETUAL]}
    hurried = {"HEDGE_PATIENCE_SECONDS": "0.3"} if fault.hang else {}
    with service_at(exchanges, **hurried) as ask:
        answer = ask("POST", "/v1/basis", json=question)
        exchanges.wait_for(1, FAPI, path)
        exchanges.clear()

    assert injected.fired
    assert refused(answer, question) == (503, "price_unavailable", ["#/pairs/1/symbol"])
    assert doubt in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) >= 1


def test_an_outage_of_a_part_is_named_and_nothing_stands_in_for_it(ask: Call, exchanges: ExchangeServer) -> None:
    """COIN-M and MEXC are silent: their futures are missing, everybody else's are there as ever."""
    whole = ask_basis(ask, underlying="BTC")
    exchanges.inject("dapi.binance.com", "", faults.maintenance())
    exchanges.inject("api.mexc.com", "", faults.forbidden())
    with service_at(exchanges) as fresh:
        reply = ask_basis(fresh, underlying="BTC")

    gone = [("binance", "inverse"), ("mexc", "linear"), ("mexc", "inverse")]
    assert [(gap["exchange"], gap["style"]) for gap in reply["unavailable"]] == gone
    assert all(f"{gap['style']} futures at {gap['exchange']}: " in gap["detail"] for gap in reply["unavailable"])

    def rates(answer: Any) -> dict[tuple[str, str], str]:
        """Give the rates of what does not come from there."""
        lines = [(tuple(line["market"].split()[:2]), line) for line in answer["pairs"]]
        return {(line["market"], line["pair"]["symbol"]): line["basis_rate"] for at, line in lines if at not in gone}

    assert rates(reply) == rates(whole)
    assert len(reply["pairs"]) == len(rates(reply))


def test_an_asset_of_which_nothing_can_be_had_is_refused(exchanges: ExchangeServer) -> None:
    """With a reason of each exchange at the one place that asks for it, and as soon as any may be back."""
    exchanges.inject("", "", faults.maintenance())
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/basis", json={"underlying": "BTC"})

    status, code, pointers = refused(answer, {"underlying": "BTC"})
    assert (status, code, set(pointers)) == (503, "price_unavailable", {"#/underlying"})
    assert len(pointers) == 9
    assert answer.headers["retry-after"]


def test_a_warning_leads_to_the_line_that_it_is_about(exchanges: ExchangeServer) -> None:
    """Also behind what was sent: an inverse future of the underlying has no past in its own currency."""
    sent = given(expiry=None)
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, pairs=[sent], underlying="BNB", exchange="binance", history_days=30)

    (place,) = codes(reply)["no_history"]
    assert follow(reply, place.removesuffix("/history"))["market"] == "binance inverse USD"


# Charts and counts


def draw(ask: Call, accept: str, **question: Any) -> bytes:
    """Ask for a chart."""
    answer = ask("POST", "/v1/basis", json=question, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.headers["vary"] == "accept"
    return answer.content


def test_a_curve_comes_as_a_chart(ask: Call) -> None:
    """With its name, the markets that it compares and the time; the theme changes the ink and no word."""
    light = read(draw(ask, "image/svg+xml", underlying="BTC", exchange="binance"))
    dark = read(draw(ask, "image/svg+xml", underlying="BTC", exchange="binance", theme="dark"))

    assert light.title.startswith("Basis of BTC, 20")
    assert light.title.endswith(" UTC")
    assert "binance linear USDT" in light.description
    assert "binance inverse USD" in light.description
    assert light.elements != dark.elements


def test_the_theme_of_a_chart_is_the_only_thing_that_changes(call: Call) -> None:
    """Of one question as of one time: the same words, other colours; drawn twice, the same bytes."""
    light, again = (draw(call, "image/svg+xml", **SEED) for _ in range(2))
    dark = draw(call, "image/svg+xml", **SEED, theme="dark")

    assert light == again
    assert light != dark
    assert read(light).title == read(dark).title == "Basis of BTC, 2026-01-02 03:04 UTC"
    assert read(light).description == read(dark).description


def test_a_chart_of_nothing_says_so(call: Call) -> None:
    """A risk has no curve, and a future on its last day has no annual rate."""
    nothing = read(draw(call, "image/svg+xml", **examples.RISK_BASIS))
    last_day = given(expiry="2026-01-02T13:04:05Z")
    empty = read(draw(call, "image/svg+xml", pairs=[last_day], as_of=AS_OF))

    assert nothing.title.startswith("Basis of nothing, ")
    assert empty.title.startswith("Basis of BTC, ")
    assert "Nothing to draw" in empty.description


def test_a_refusal_is_a_problem_also_for_who_wants_a_chart(call: Call) -> None:
    """In JSON: there is nothing to draw of it."""
    answer = call("POST", "/v1/basis", json={}, headers={"accept": "image/svg+xml"})

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_ages_are_counted_by_exchange_and_by_nothing_that_a_client_names(ask: Call) -> None:
    """The oldest price of each source in an answer; what was sent has no age."""
    odd = given(symbol="MY-OWN-NAME", underlying="ODDCOIN", expiry=None)
    ask_basis(ask, underlying="BTC", exchange="weex")
    ask_basis(ask, pairs=[odd, PERPETUAL], underlying="BTC", exchange="weex")
    ask_basis(ask, pairs=[odd])
    ask("POST", "/v1/basis", json={"underlying": "ODDCOIN"})

    text = ask("GET", "/metrics").text

    assert 'hedge_price_age_seconds_count{exchange="weex"} 2.0' in text
    assert 'hedge_price_age_seconds_count{exchange="binance"} 1.0' in text
    assert 'hedge_price_age_seconds_count{exchange="request"}' not in text
    assert "MY-OWN-NAME" not in text
    assert "ODDCOIN" not in text


# Greed


def test_a_greedy_question_asks_no_exchange_for_more_than_its_share(exchanges: ExchangeServer) -> None:
    """A hundred futures with their past are 200 histories: MEXC grants two at once, and who asks for less is served."""
    world = exchanges.world
    many = [named(world, listing(world, name, asset)) for name in EXCHANGES for asset in MAJORS]
    with service_at(exchanges) as ask:
        question = {"pairs": many, "history_days": 390}
        answer = ask("POST", "/v1/basis", json=question)
        calm = ask("POST", "/v1/basis", json={"pairs": many})

    status, code, pointers = refused(answer, question)
    assert (len(many), status, code) == (100, 503, "price_unavailable")
    assert {many[int(pointer.split("/")[2])]["exchange"] for pointer in pointers} == {"mexc"}
    assert len(pointers) > 10
    assert len(calm.json()["pairs"]) == 100
    spent = Counter(request.host for request in exchanges.requests if "line" in request.path)
    assert spent["api.mexc.com"] < 20
    assert all(spent[host] <= 40 for host in spent)


@pytest.mark.parametrize(("points", "is_long"), [(4, False), (60, True)])
@pytest.mark.parametrize("style", ["given", "listed"])
def test_much_to_project_is_done_in_the_worker(
    exchanges: ExchangeServer, style: str, points: int, *, is_long: bool
) -> None:
    """Sent or looked up, so that others are answered meanwhile; little is not worth a thread."""
    expiry = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"
    pairs = [given(symbol=f"F-{number}", expiry=expiry) for number in range(10)]
    question = {"pairs": pairs, "underlying": "BTC" if style == "listed" else None}
    before = set(threading.enumerate())
    with service_at(exchanges) as ask:
        lines = ask_basis(ask, **question, projection={"points": points})["pairs"]
        begun = {thread.name for thread in set(threading.enumerate()) - before}

    assert [len(line["convergence"]) for line in lines[:10]] == [points + 1] * 10
    assert (len(lines) > 10) == (style == "listed")
    assert any(name.startswith("worker") for name in begun) == is_long
