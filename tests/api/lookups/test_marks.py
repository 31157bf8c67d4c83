"""Questions that leave prices and terms to the market: what is looked up, what it says of itself, what is refused."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from service.api.lookups.marks import complete
from service.api.lookups.origins import Completed, Listed, Source
from service.api.messages.problems import RefusalError
from service.hedging.units import Price
from service.market.found import Listed as ListedTerms
from service.market.found import Looked
from service.market.lookup import Market
from service.market.maintenance import Maintenance
from service.market.source import Listing
from tests.api.conftest import service_at
from tests.conftest import Call
from tests.hedging.build import holding, linear
from tests.market.exchange import ExchangeServer, faults

Body = dict[str, Any]

BOOK = [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}]
BYBIT = {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}
MINI = {"style": "linear", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"}
FAPI = "fapi.binance.com"


def question(**changes: Any) -> Body:
    """Write a question that sends nothing but the book, with changes; a member changed to None is left out."""
    whole = {"holdings": BOOK, "contract": BYBIT, "market": {"exchange": "binance"}} | changes
    return {name: value for name, value in whole.items() if value is not None}


def answered_at(reply: Body) -> datetime:
    """Read the time of an answer."""
    return datetime.fromisoformat(reply["as_of"])


def truth(server: ExchangeServer, exchange: str, market: Any, symbol: str) -> Any:
    """Read what an exchange really quotes."""
    return server.world.truth(exchange, market, symbol)


def listed(exchange: str, symbol: str) -> Body:
    """Name a contract that an exchange lists."""
    return {"style": "listed", "exchange": exchange, "symbol": symbol}


@pytest.mark.parametrize(
    ("exchange", "symbol", "spot"),
    [
        ("binance", "BTCUSDT", "SOLUSDT"),
        ("bybit", "BTCUSDT", "SOLUSDT"),
        ("bingx", "BTC-USDT", "SOL-USDT"),
        ("weex", "BTCUSDT", "SOLUSDT"),
        ("mexc", "BTC_USDT", "SOLUSDT"),
    ],
)
def test_every_exchange_marks_its_contract_and_values_the_coins(
    ask: Call, exchanges: ExchangeServer, *, exchange: str, symbol: str, spot: str
) -> None:
    """The contract's mark and the coin's last trade are those of the exchange that was named, to the last digit."""
    body = question(
        holdings=BOOK[:1], contract=listed(exchange, symbol), market={"exchange": exchange, "quote": "USDT"}
    )

    reply = ask("POST", "/v1/sizing", json=body).json()

    assert Decimal(reply["prices"]["SOL"]) == truth(exchanges, exchange, "spot", spot).last
    assert Decimal(reply["prices"][symbol]) == truth(exchanges, exchange, "linear", symbol).mark
    assert (reply["contract"]["underlying"], reply["contract_source"]["source"]) == ("BTC", exchange)


def test_every_looked_up_price_says_what_it_is_from_where_and_how_old(ask: Call) -> None:
    """A last trade of spot for the coins, the mark of its own exchange for the contract."""
    reply = ask("POST", "/v1/sizing", json=question()).json()

    coin, contract = reply["provenance"]["SOL"], reply["provenance"]["BTCUSDT"]
    assert (coin["source"], coin["kind"], coin["exchanges"]) == ("binance", "last", ["binance"])
    assert (contract["source"], contract["kind"]) == ("bybit", "mark")
    assert all(0 <= origin["age_seconds"] < 10 for origin in (coin, contract))
    assert max(datetime.fromisoformat(origin["as_of"]) for origin in (coin, contract)) < answered_at(reply)


def test_posting_the_resolved_terms_and_prices_back_gives_the_same_hedge(ask: Call) -> None:
    """What was looked up is all there is to know."""
    reply = ask("POST", "/v1/sizing", json=question()).json()
    again = question(contract=reply["contract"], prices=reply["prices"], market=None, as_of=reply["as_of"])

    repeated = ask("POST", "/v1/sizing", json=again).json()

    origin = {"contract_source", "provenance", "warnings"}
    assert {k: v for k, v in repeated.items() if k not in origin} == {k: v for k, v in reply.items() if k not in origin}


def test_what_the_caller_sends_counts_and_is_not_looked_up(ask: Call, exchanges: ExchangeServer) -> None:
    """With all prices sent nobody is asked for any."""
    body = question(prices={"SOL": "150", "ADA": "0.44", "BTCUSDT": "60000"})

    reply = ask("POST", "/v1/sizing", json=body).json()

    assert reply["prices"] == {"SOL": "150", "ADA": "0.44", "BTCUSDT": "60000"}
    assert {origin["source"] for origin in reply["provenance"].values()} == {"request"}
    assert exchanges.count("api.binance.com") == 0
    assert exchanges.count("api.bybit.com", "/v5/market/tickers") == 0


def test_a_contract_in_full_takes_looked_up_spot_prices(ask: Call) -> None:
    """Its own price has to be sent, since nobody lists it."""
    body = question(contract=MINI, prices={"BTC-MINI": "60000"})

    reply = ask("POST", "/v1/sizing", json=body).json()
    refused = ask("POST", "/v1/sizing", json=question(contract=MINI)).json()

    assert reply["provenance"]["SOL"]["source"] == "binance"
    assert reply["contract_source"] == {
        "source": "request",
        "maintenance": "request",
        "maintenance_as_of": None,
        "as_of": None,
        "age_seconds": None,
        "quote": None,
    }
    assert "currency_assumed" in {warning["code"] for warning in reply["warnings"]}
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("price_missing", "#/prices/BTC-MINI")


def test_a_coin_without_a_market_to_look_in_has_no_price(ask: Call) -> None:
    """A listed contract alone does not say where spot is to be looked up."""
    refused = ask("POST", "/v1/sizing", json=question(market=None)).json()

    assert refused["code"] == "price_missing"
    assert [error["pointer"] for error in refused["errors"]] == ["#/prices/SOL", "#/prices/ADA"]


def test_the_currency_of_the_contract_costs_one_of_itself(ask: Call) -> None:
    """USDT in a book that is valued in USDT needs no price, and says why."""
    book = [*BOOK, {"asset": "USDT", "quantity": "500"}]

    reply = ask("POST", "/v1/sizing", json=question(holdings=book)).json()

    assert reply["prices"]["USDT"] == "1"
    assert reply["provenance"]["USDT"]["source"] == "definition"
    assert reply["stable_value"] == "500"


def test_a_coin_that_is_traded_by_the_million_is_valued_by_the_coin(ask: Call, exchanges: ExchangeServer) -> None:
    """Held are BABYDOGE; the exchange trades 1MBABYDOGE."""
    body = question(holdings=[{"asset": "BABYDOGE", "quantity": "50000000000"}])

    reply = ask("POST", "/v1/sizing", json=body).json()

    assert (
        Decimal(reply["prices"]["BABYDOGE"]) * 1_000_000 == truth(exchanges, "binance", "spot", "1MBABYDOGEUSDT").last
    )


def test_a_contract_on_a_thousand_coins_hedges_the_coin(ask: Call) -> None:
    """1000SHIBUSDT follows SHIB: nothing is off by a thousand, and no basis looks implausible."""
    body = question(holdings=[{"asset": "SHIB", "quantity": "40000000"}], contract=listed("binance", "1000SHIBUSDT"))

    reply = ask("POST", "/v1/sizing", json=body).json()

    contracts = Decimal(reply["exact_contracts"])
    assert (reply["contract"]["underlying"], reply["contract"]["quoted_units"]) == ("SHIB", "1000")
    assert abs(contracts - 40_000) < 100
    assert "basis_implausible" not in {warning["code"] for warning in reply["warnings"]}


def test_prices_of_two_currencies_meet_only_with_a_price_between_them(ask: Call, exchanges: ExchangeServer) -> None:
    """An inverse contract is quoted in dollars, spot in USDT; USDT is not silently a dollar."""
    body = question(contract=listed("binance", "BTCUSD_PERP"))

    refused = ask("POST", "/v1/sizing", json=body).json()
    reply = ask("POST", "/v1/sizing", json={**body, "prices": {"USDT": "0.998"}}).json()

    assert (refused["code"], refused["errors"][0]["pointer"]) == ("currency_mismatch", "#/market/quote")
    last = truth(exchanges, "binance", "spot", "SOLUSDT").last
    assert Decimal(reply["prices"]["SOL"]) == last * Decimal("0.998")
    assert reply["provenance"]["SOL"]["converted_at"] == "0.998"
    assert "USDT" not in reply["prices"]
    assert "unused_prices" not in {warning["code"] for warning in reply["warnings"]}


def test_the_price_of_the_currency_stays_where_it_is_held(ask: Call) -> None:
    """USDT in a book valued in dollars is a holding like any other."""
    body = question(
        holdings=[*BOOK, {"asset": "USDT", "quantity": "500"}],
        contract=listed("binance", "BTCUSD_PERP"),
        prices={"USDT": "0.998"},
    )

    reply = ask("POST", "/v1/sizing", json=body).json()

    assert (reply["prices"]["USDT"], reply["stable_value"]) == ("0.998", "499")


def test_a_price_that_converts_to_nothing_is_refused(ask: Call) -> None:
    """Nobody gets a price of 0, nor one with forty digits."""
    body = question(
        holdings=[{"asset": "SHIB", "quantity": "1"}],
        contract=listed("binance", "BTCUSD_PERP"),
        prices={"USDT": "0.000000000000000001"},
    )

    assert ask("POST", "/v1/sizing", json=body).json()["code"] == "currency_mismatch"


def test_a_contract_that_is_not_quoted_in_dollars_is_refused(ask: Call) -> None:
    """ETHBTC has a price in bitcoin, and no dollar value."""
    refused = ask("POST", "/v1/sizing", json=question(contract=listed("binance", "ETHBTC"))).json()

    assert (refused["code"], refused["errors"][0]["pointer"]) == ("currency_mismatch", "#/contract/symbol")


@pytest.mark.parametrize(
    ("contract", "detail"),
    [
        (listed("binance", "BTCUSDTT"), "binance lists no future BTCUSDTT; did you mean BTCUSDT"),
        (listed("weex", "BTCUSDT_261225"), "weex lists no future BTCUSDT_261225, nor any future that expires"),
        (listed("mexc", "XYZ_USDT"), "mexc lists no future XYZ_USDT"),
    ],
)
def test_no_contract_is_taken_for_another(ask: Call, contract: Body, detail: str) -> None:
    """A name that is not listed is refused, with what comes near to it; an expiry never becomes a perpetual."""
    answer = ask("POST", "/v1/sizing", json=question(contract=contract))

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == ("not_listed", "#/contract/symbol")
    assert answer.json()["detail"].startswith(detail)


def test_every_coin_that_is_not_traded_is_named(ask: Call) -> None:
    """All of them at once, each by its place."""
    book = [{"asset": "NOPE", "quantity": "1"}, *BOOK, {"asset": "NADA", "quantity": "1"}]

    refused = ask("POST", "/v1/sizing", json=question(holdings=book)).json()

    assert refused["code"] == "not_listed"
    assert [error["pointer"] for error in refused["errors"]] == ["#/holdings/0/asset", "#/holdings/3/asset"]


def test_an_exchange_that_is_switched_off_is_not_asked(exchanges: ExchangeServer) -> None:
    """The operator decides; the caller hears which are on, and where it named the other."""
    with service_at(exchanges, HEDGE_EXCHANGES="bybit") as ask:
        spot = ask("POST", "/v1/sizing", json=question()).json()
        contract = ask("POST", "/v1/sizing", json=question(contract=listed("weex", "BTCUSDT"))).json()

    assert (spot["code"], spot["errors"][0]["pointer"]) == ("exchange_off", "#/market/exchange")
    assert (contract["code"], contract["errors"][0]["pointer"]) == ("exchange_off", "#/contract/exchange")
    assert "on: bybit" in spot["detail"]
    assert exchanges.count("api.binance.com") == 0


@pytest.mark.parametrize("shift", [timedelta(minutes=-5), timedelta(minutes=5)])
def test_prices_of_now_answer_no_question_of_another_time(ask: Call, shift: timedelta) -> None:
    """A time that is not now and prices that are of now would make a wrong number."""
    as_of = (datetime.now(UTC) + shift).isoformat()

    refused = ask("POST", "/v1/sizing", json=question(as_of=as_of)).json()

    assert (refused["code"], refused["errors"][0]["pointer"]) == ("as_of_not_now", "#/as_of")


def test_now_may_be_said(ask: Call) -> None:
    """A question that names the present time gets looked-up prices like any other."""
    as_of = datetime.now(UTC).isoformat()

    assert ask("POST", "/v1/sizing", json=question(as_of=as_of)).status_code == 200


def test_the_median_names_the_exchanges_that_agree(ask: Call, exchanges: ExchangeServer) -> None:
    """One exchange that is off by a tenth is left out, and the price stays among the others'."""
    fault = exchanges.inject("api.bybit.com", "/v5/market/tickers", faults.price_times("SOLUSDT", 1.1))
    body = question(contract=listed("binance", "BTCUSDT"), market={"exchange": "median"})

    reply = ask("POST", "/v1/sizing", json=body).json()

    origin = reply["provenance"]["SOL"]
    assert fault.fired
    assert origin["source"] == "median"
    assert origin["exchanges"] == ["binance", "bingx", "mexc", "weex"]
    others = [truth(exchanges, "binance", "spot", "SOLUSDT").last, truth(exchanges, "weex", "spot", "SOLUSDT").last]
    assert abs(Decimal(reply["prices"]["SOL"]) - others[0]) < others[0] / 500


def test_no_median_is_given_where_exchanges_do_not_agree(ask: Call, exchanges: ExchangeServer) -> None:
    """Two of five with one wrong price are enough to doubt all."""
    exchanges.inject("api.bybit.com", "/v5/market/tickers", faults.price_times("SOLUSDT", 1.1))
    exchanges.inject("api.binance.com", "/api/v3/ticker", faults.price_times("SOLUSDT", 1.1))
    body = question(contract=listed("binance", "BTCUSDT"), market={"exchange": "median"})

    answer = ask("POST", "/v1/sizing", json=body)

    assert (answer.status_code, answer.json()["code"]) == (503, "price_unavailable")
    assert answer.json()["errors"][0]["pointer"] == "#/holdings/0/asset"
    assert "agree, and it takes 3" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.html, "no"),
        (faults.drop, "can't be reached"),
        (faults.maintenance, "status 503"),
        (faults.geo_blocked, "451"),
    ],
)
def test_an_exchange_that_fails_is_no_number_but_a_refusal(
    ask: Call, exchanges: ExchangeServer, *, fault: Any, said: str
) -> None:
    """503 with the exchange, the symbol and the reason; another exchange's mark is never put in its place."""
    injected = exchanges.inject("api.bybit.com", "/v5/market/tickers", fault())

    answer = ask("POST", "/v1/sizing", json=question())

    assert injected.fired
    assert (answer.status_code, answer.json()["code"]) == (503, "price_unavailable")
    assert "BTCUSDT at bybit" in answer.json()["detail"]
    assert said in answer.json()["detail"]


def test_a_limit_of_the_exchange_is_passed_on(ask: Call, exchanges: ExchangeServer) -> None:
    """Retry-After is what the exchange asks for, not a guess."""
    exchanges.inject(FAPI, "/fapi/v1/premiumIndex", faults.rate_limited("binance"))

    answer = ask("POST", "/v1/sizing", json=question(contract=listed("binance", "BTCUSDT")))

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


def test_a_country_that_is_not_served_is_said_plainly_and_for_good(ask: Call, exchanges: ExchangeServer) -> None:
    """No Retry-After: asking again makes no sense."""
    exchanges.inject(FAPI, "/fapi/v1/exchangeInfo", faults.geo_blocked())

    answer = ask("POST", "/v1/sizing", json=question(contract=listed("binance", "BTCUSDT")))

    assert answer.status_code == 503
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("contract", "origin", "warning"),
    [
        (listed("bybit", "BTCUSDT"), "exchange", None),
        (listed("mexc", "BTC_USDT"), "exchange", None),
        (listed("binance", "BTCUSDT"), "table", "dated_tiers"),
        (listed("weex", "BTCUSDT"), "estimate", "estimated_tiers"),
        (listed("binance", "TRXUSDT"), "unknown", "unknown_tiers"),
    ],
)
def test_where_maintenance_tiers_come_from_is_said_and_warned_about(
    ask: Call, *, contract: Body, origin: str, warning: str | None
) -> None:
    """Published tiers need no warning; a table says its day; an estimate and ignorance say what they are."""
    body = question(contract=contract, holdings=BOOK[:1], prices={"SOL": "80"}, market=None)

    reply = ask("POST", "/v1/sizing", json=body).json()

    said = {note["code"] for note in reply["warnings"]} & {"dated_tiers", "estimated_tiers", "unknown_tiers"}
    assert reply["contract_source"]["maintenance"] == origin
    assert said == ({warning} if warning else set())
    assert (reply["contract_source"]["maintenance_as_of"] == "2026-09-29") == (origin == "table")


def test_an_age_that_is_not_met_is_a_refusal_that_says_how_old(ask: Call, exchanges: ExchangeServer) -> None:
    """The exchange's own time counts, however fresh the reply is."""
    exchanges.inject(FAPI, "/fapi/v1/premiumIndex", faults.clock_back(30))
    body = question(contract=listed("binance", "BTCUSDT"))

    refused = ask("POST", "/v1/sizing", json=body)
    served = ask("POST", "/v1/sizing", json={**body, "market": {"exchange": "binance", "max_age_seconds": 60}})

    assert refused.status_code == 503
    assert "older than 10 s; the youngest is 30." in refused.json()["detail"]
    assert served.json()["provenance"]["BTCUSDT"]["age_seconds"] >= 30


def test_a_sent_rate_says_in_which_currency_a_contract_in_full_is(ask: Call) -> None:
    """Posting resolved terms back with the rate, and looking the coins up again, converts them again."""
    listed_terms = question(contract=listed("binance", "BTCUSD_PERP"), prices={"USDT": "0.97"})
    reply = ask("POST", "/v1/sizing", json=listed_terms).json()
    again = listed_terms | {
        "contract": reply["contract"],
        "prices": {"USDT": "0.97", "BTCUSD_PERP": reply["prices"]["BTCUSD_PERP"]},
    }

    repeated = ask("POST", "/v1/sizing", json=again).json()
    refused = ask("POST", "/v1/sizing", json=again | {"prices": {"BTCUSD_PERP": "60000"}}).json()

    assert repeated["exposure"] == reply["exposure"]
    assert repeated["provenance"]["SOL"]["converted_at"] == "0.97"
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("currency_mismatch", "#/market/quote")


def test_the_currency_of_the_look_ups_needs_no_look_up(ask: Call) -> None:
    """A contract in full, taken to be in USDT, beside USDT in the book."""
    body = question(contract=MINI, prices={"BTC-MINI": "60000"}, holdings=[{"asset": "USDT", "quantity": "5"}, *BOOK])

    reply = ask("POST", "/v1/sizing", json=body).json()

    assert (reply["prices"]["USDT"], reply["provenance"]["USDT"]["source"]) == ("1", "definition")


@pytest.mark.parametrize(
    ("path", "fault", "doubt"),
    [
        ("/fapi/v1/premiumIndex", faults.price_times("BTCUSDT", 1.06, fields=("markPrice",)), "mark_far_from_index"),
        ("/api/v3/ticker/price", faults.price_times("SOLUSDT", 1.05), "far from the orders"),
        ("/api/v3/ticker/bookTicker", faults.price_times("SOLUSDT", 2, fields=("bidPrice",)), "above its best ask"),
    ],
)
def test_a_price_that_can_not_be_true_is_no_price(
    ask: Call, exchanges: ExchangeServer, *, path: str, fault: Any, doubt: str
) -> None:
    """A mark torn from its index, a last trade far from the orders, a crossed book."""
    injected = exchanges.inject("", path, fault)

    answer = ask("POST", "/v1/sizing", json=question(contract=listed("binance", "BTCUSDT")))

    assert injected.fired
    assert answer.status_code == 503
    assert doubt in answer.json()["detail"]


def test_a_dated_future_may_be_far_from_its_index_but_not_anywhere(ask: Call, exchanges: ExchangeServer) -> None:
    """Its basis is real; a tenth of the price is not."""
    contracts = ask("GET", "/v1/contracts?underlying=BTC&exchange=binance&style=linear&expiry=dated").json()
    symbol = contracts["contracts"][0]["contract"]["symbol"]

    served: list[Any] = []
    refused: list[Any] = []
    for factor, answers in ((1.2, served), (0.1, refused)):
        exchanges.clear()
        exchanges.inject(FAPI, "/fapi/v1/premiumIndex", faults.price_times(symbol, factor, fields=("markPrice",)))
        with service_at(exchanges) as fresh:
            answers.append(fresh("POST", "/v1/sizing", json=question(contract=listed("binance", symbol))))

    assert served[0].status_code == 200
    assert (refused[0].status_code, refused[0].json()["code"]) == (503, "price_unavailable")


def test_the_pair_and_the_age_of_the_terms_are_told(ask: Call) -> None:
    """Nobody has to guess which symbol a price is of, nor how old the steps and tiers are."""
    reply = ask("POST", "/v1/sizing", json=question()).json()

    assert reply["provenance"]["SOL"]["symbol"] == "SOLUSDT"
    assert reply["provenance"]["BTCUSDT"]["symbol"] == "BTCUSDT"
    assert datetime.fromisoformat(reply["contract_source"]["as_of"]) <= answered_at(reply)
    assert 0 <= reply["contract_source"]["age_seconds"] < 60


def test_a_host_that_is_down_does_not_hide_the_contracts_of_another(ask: Call, exchanges: ExchangeServer) -> None:
    """COIN-M answers while USD-M is in maintenance; a name that is found nowhere may be one of the silent host."""
    exchanges.inject(FAPI, "", faults.maintenance())
    body = question(contract=listed("binance", "BTCUSD_PERP"), prices={"USDT": "1"})

    found = ask("POST", "/v1/sizing", json=body)
    unknown = ask("POST", "/v1/sizing", json=question(contract=listed("binance", "XYZUSDT")))

    assert found.status_code == 200
    assert unknown.status_code == 503


def test_a_size_above_the_smallest_tier_is_warned_about(ask: Call) -> None:
    """The exchange asks for more initial margin there than its largest leverage says."""
    body = question(contract=listed("binance", "BTCUSDT"), holdings=[{"asset": "SOL", "quantity": "20000"}])

    reply = ask("POST", "/v1/sizing", json=body).json()

    assert "larger_initial_margin" in {warning["code"] for warning in reply["warnings"]}


class Slow(Market):
    """A market that finds what it is asked for, and keeps whoever asks waiting for so many seconds."""

    def __init__(self, seconds: float) -> None:
        """Need no exchange."""
        super().__init__({}, cast("Any", None), cast("Any", None))
        self._seconds = seconds

    def deadline(self) -> float:
        """Have all the time."""
        return 0.0

    async def agree_on_assets(self, assets: Sequence[str], **_: object) -> dict[str, Any]:
        """Find prices of nine seconds ago."""
        return {asset: Looked(Decimal(80), "median", ("bybit",), None, 0, 9.0, 0.0) for asset in assets}

    def age_now(self, found: Any) -> float:
        """Add what was waited."""
        return float(found.age_seconds) + self._seconds

    def age_of_terms(self, *_: object) -> tuple[int, float]:
        """Have old terms."""
        return 0, 7200.5

    async def find_contract(self, *_: object, **__: object) -> Listing:
        """Find a contract."""
        return Listing(symbol="BTCUSDT", segment="linear", base="BTC", quote="USDT", is_trading=True)

    async def take_contract(self, *_: object, **__: object) -> ListedTerms:
        """Give its terms."""
        return ListedTerms(linear(symbol="BTCUSDT"), Maintenance("unknown"))


async def complete_slowly(seconds: float, **changes: Any) -> Completed:
    """Complete a question of one coin at a slow market."""
    whole: dict[str, Any] = {
        "holdings": [holding("SOL", "1")],
        "contract": linear(),
        "prices": {"BTC-MINI": Price("60000")},
        "source": Source(exchange="median"),
        "as_of": None,
        "until": 0.9,
    }
    return await complete(Slow(seconds), **whole | changes)


def test_a_price_that_grows_too_old_while_others_are_waited_for_is_refused() -> None:
    """Its age is taken when everything is there, not when it came in."""
    served = asyncio.run(complete_slowly(0.9))
    with pytest.raises(RefusalError) as refusal:
        asyncio.run(complete_slowly(1.1))

    assert served.provenance["SOL"].age_seconds == 9.9
    assert refusal.value.code == "price_unavailable"
    assert refusal.value.errors[0].pointer == "#/holdings/0/asset"


def test_terms_that_were_not_renewed_are_warned_about() -> None:
    """They are served for a day, so that a short outage stops nobody, and say how old they are."""
    bybit = Listed(exchange="bybit", symbol="BTCUSDT")
    market = Slow(0)
    market.adapters = {"bybit": cast("Any", None)}

    completed = asyncio.run(
        complete(
            market,
            holdings=[holding("SOL", "1")],
            contract=bybit,
            prices={"SOL": Price("80"), "BTCUSDT": Price("60000")},
            source=None,
            as_of=None,
            until=0.9,
        )
    )

    assert "old_terms" in {note.code for note in completed.cautions}
    assert completed.contract_source.age_seconds == 7200.5


def test_the_largest_leverage_is_allowed(ask: Call) -> None:
    """Also where it does not divide evenly: 75 on a contract that allows 75."""
    body = question(contract=listed("bybit", "ADAUSDT"), margin={"leverage": "75"})

    reply = ask("POST", "/v1/sizing", json=body)

    assert reply.status_code == 200
    assert reply.json()["contract"]["initial_margin_rate"] == "0.013333333333333333"
