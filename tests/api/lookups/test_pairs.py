"""Futures that are looked up beside their spot price: which two numbers meet, of what time, for how many units."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from service.api.lookups.absences import at
from service.api.lookups.origins import Listed
from service.api.lookups.pairs import Found, Look, find_pairs, instrument_of, place_of, redate, smallest_order
from service.api.messages.problems import RefusalError
from service.hedging.units import Instant
from service.market.found import Looked, Seen
from service.market.lookup import Market
from service.market.source import Listing, Quote
from tests.api.conftest import service_at
from tests.api.test_basis import ask_basis
from tests.api.truth import answered, codes, listing, listing_of, named, printed, refused
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults


@pytest.mark.parametrize("exchange", ["binance", "bingx", "bybit", "mexc", "weex"])
def test_the_last_trade_of_the_spot_pair_may_be_the_spot_price(
    ask: Call, exchanges: ExchangeServer, exchange: str
) -> None:
    """Of the same exchange and currency; the answer says which pair that is."""
    world = exchanges.world
    future, spot = listing(world, exchange, "SOL"), listing(world, exchange, "SOL", "spot")

    (line,) = ask_basis(ask, pairs=[named(world, future)], spot_source="last")["pairs"]

    last, mark = world.quote(spot).last, world.quote(future).mark
    assert (Decimal(line["pair"]["spot_price"]), Decimal(line["pair"]["futures_price"])) == (last, mark)
    assert line["basis_rate"] == printed((mark - last) / last)
    assert (line["spot_origin"]["kind"], line["spot_origin"]["symbol"]) == ("last", spot.symbol)
    assert (line["spot_origin"]["source"], line["futures_origin"]["symbol"]) == (exchange, future.symbol)


def test_a_future_without_a_spot_pair_in_its_currency_is_no_pair(ask: Call) -> None:
    """An inverse future is in dollars and spot is not: named it is refused, beside others it is missing by name."""
    question = {"pairs": [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}], "spot_source": "last"}

    answer = ask("POST", "/v1/basis", json=question)
    reply = ask_basis(ask, underlying="BTC", exchange="bybit", spot_source="last")

    assert refused(answer, question) == (422, "not_listed", ["#/pairs/0/symbol"])
    assert {line["market"] for line in reply["pairs"]} == {"bybit linear USDT"}
    gaps = [(gap["style"], gap["detail"]) for gap in reply["unavailable"]]
    assert gaps == [("linear", "bybit trades no BTC for USDC"), ("inverse", "bybit trades no BTC for USD")]


def test_an_asset_whose_futures_have_no_spot_pair_says_why(ask: Call) -> None:
    """Not that there are none."""
    question = {"underlying": "BABYDOGE", "exchange": "bybit", "spot_source": "last"}

    by_index = ask("POST", "/v1/basis", json={**question, "spot_source": "index"})
    by_trade = ask("POST", "/v1/basis", json=question)

    assert len(answered(by_index)["pairs"]) == 1
    assert refused(by_trade, question) == (422, "not_listed", ["#/underlying"])
    assert by_trade.json()["detail"].endswith("is listed at bybit: bybit trades no BABYDOGE for USDT")


@pytest.mark.parametrize(
    "wanted",
    [
        {"pairs": [{"style": "listed", "exchange": "weex", "symbol": "BTCUSDT"}]},
        {"underlying": "BTC", "exchange": "weex"},
    ],
)
def test_spot_is_asked_for_beside_the_futures(exchanges: ExchangeServer, wanted: dict[str, Any]) -> None:
    """Not one after the other, so that one patience is enough for all: futures say nothing, and spot is there."""
    spot = {"/api/v3/exchangeInfo", "/api/v3/market/ticker/24hr"}
    exchanges.inject("api-contract.weex.com", "", faults.hang())
    with service_at(exchanges, HEDGE_PATIENCE_SECONDS="0.3") as ask:
        by_trade = ask("POST", "/v1/basis", json={**wanted, "spot_source": "last"})
        for path in spot:
            exchanges.wait_for(1, "api-spot.weex.com", path)  # it may come after a busy machine's patience
        exchanges.clear()

    assert by_trade.json()["code"] == "price_unavailable"
    assert {request.path for request in exchanges.requests if request.host == "api-spot.weex.com"} == spot


@pytest.mark.parametrize(("seconds", "is_warned"), [(0.5, False), (2.5, True)])
def test_prices_of_two_times_are_warned_about(
    ask: Call, exchanges: ExchangeServer, seconds: float, is_warned: bool
) -> None:
    """More than two seconds between future and spot: what looks like a basis may be the market's move."""
    exchanges.inject("fapi.binance.com", "", faults.clock_back(seconds))
    pair = {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}

    reply = ask_basis(ask, pairs=[{**pair, "symbol": "ETHUSDT"}, pair], spot_source="last")
    index = ask_basis(ask, pairs=[pair])

    places = ["#/pairs/0", "#/pairs/1"] if is_warned else []
    assert codes(reply).get("asynchronous_prices", []) == places
    assert codes(index) == {}


def test_a_price_beyond_the_age_that_was_asked_for_is_refused(exchanges: ExchangeServer) -> None:
    """Seven seconds are fine among ten, and too many among five; of the spot price as of the future's."""
    exchanges.inject("fapi.binance.com", "", faults.clock_back(7))
    question: dict[str, Any] = {"pairs": [{"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}]}
    with service_at(exchanges) as ask:
        (line,) = answered(ask("POST", "/v1/basis", json=question))["pairs"]
        answer = ask("POST", "/v1/basis", json={**question, "max_age_seconds": 5})
        other = ask("POST", "/v1/basis", json={"underlying": "BTC", "exchange": "binance", "max_age_seconds": 5})

    assert 7 <= line["futures_origin"]["age_seconds"] < 10
    assert refused(answer, question) == (503, "price_unavailable", ["#/pairs/0/symbol"])
    assert "older than 5 s" in answer.json()["detail"]
    assert {line["market"] for line in answered(other)["pairs"]} == {"binance inverse USD"}
    assert [(gap["exchange"], gap["style"]) for gap in other.json()["unavailable"]] == [("binance", "linear")]


@pytest.mark.parametrize("source", ["index", "last"])
@pytest.mark.parametrize("exchange", ["binance", "bingx", "bybit", "weex", "mexc"])
def test_both_prices_of_a_scaled_future_are_for_as_many_units(
    ask: Call, exchanges: ExchangeServer, *, exchange: str, source: str
) -> None:
    """A thousand PEPE against a thousand PEPE: the basis is that of the world, not 1,000 times anything."""
    world = exchanges.world
    future = listing(world, exchange, "PEPE")
    spot = world.quote(listing(world, exchange, "PEPE", "spot")).last * future.scale
    truth = world.quote(future)

    (line,) = ask_basis(ask, pairs=[named(world, future)], spot_source=source)["pairs"]

    assert (line["pair"]["underlying"], line["pair"]["symbol"]) == ("PEPE", future.symbol)
    assert Decimal(line["pair"]["futures_price"]) == truth.mark
    assert Decimal(line["pair"]["spot_price"]) == (truth.index if source == "index" else spot)
    assert abs(Decimal(line["basis_rate"])) < Decimal("0.002")


def test_a_scaled_pair_stands_beside_a_plain_one(ask: Call, exchanges: ExchangeServer) -> None:
    """MEXC lists PEPE by one and all others by the thousand: rates are comparable, prices are not."""
    lines = ask_basis(ask, underlying="PEPE")["pairs"]

    scales = {line["market"].split()[0]: listing_of(exchanges.world, line, line["pair"]).scale for line in lines}
    assert scales == {"binance": 1000, "bingx": 1000, "bybit": 1000, "mexc": 1, "weex": 1000}
    assert all(Decimal("0.00004") < Decimal(line["basis_rate"]) < Decimal("0.00006") for line in lines)


# A market that answers as told

NOW = 1_800_000_000_000
TERMS: dict[str, Any] = {"symbol": "B", "segment": "linear", "base": "BTC", "quote": "USDT", "is_trading": True}
FUTURE = Listing(**TERMS, funding_interval_hours=8)
WHOLE = Quote(symbol="B", mark=Decimal(61200), index=Decimal(60000))


class Told(Market):
    """A market with one future."""

    def __init__(self, quote: Quote, listing: Listing = FUTURE, *, waited: float = 0.0) -> None:
        """Need no exchange."""
        super().__init__({}, cast("Any", None), cast("Any", None))
        self.adapters = {"bybit": cast("Any", None)}
        self._seen = Seen("bybit", listing, quote, NOW, 1.0, 0.0)
        self._waited = waited

    async def find_contract(self, *_: object, **__: object) -> Listing:
        """Find it."""
        return self._seen.listing

    async def see(self, *_: object, **__: object) -> Seen:
        """See its quote."""
        return self._seen

    def age_now(self, found: Looked | Seen) -> float:
        """Add what was waited."""
        return found.age_seconds + self._waited


def look_at(market: Market) -> Look:
    """Look as a question of now does, with ten seconds."""
    return Look(market, "index", 10.0, 0.0, Instant.of(datetime.now(UTC)))


def find(quote: Quote, listing: Listing = FUTURE) -> Found:
    """Find the future of a market."""
    wanted = {3: Listed(exchange="bybit", symbol="B")}
    found = asyncio.run(find_pairs(look_at(Told(quote, listing)), wanted, field="pairs"))
    return found[3]


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        (Quote(symbol="B", index=Decimal(60000)), "it has no mark price"),
        (Quote(symbol="B", mark=Decimal(61200)), "it has no index price"),
        (Quote(symbol="B", mark=Decimal(61200), index=Decimal("1E-19")), "no price: "),
        (Quote(symbol="B", mark=Decimal(61200), index=Decimal(60000), bid=Decimal("1E-19")), "no price: "),
    ],
)
def test_a_future_without_two_prices_is_no_pair(quote: Quote, reason: str) -> None:
    """Nothing is made up for the one that is missing, or that can't be written."""
    with pytest.raises(RefusalError) as refusal:
        find(quote)

    (error,) = refusal.value.errors
    assert (refusal.value.code, error.pointer) == ("price_unavailable", "#/pairs/3/symbol")
    assert reason in error.detail


def test_prices_that_grow_too_old_while_a_history_is_waited_for_are_refused() -> None:
    """Their age is taken when all is there; the place is that where the question asks for them."""
    found = {3: find(WHOLE)}
    served = redate(look_at(Told(WHOLE, waited=8.9)), found, lambda _: at("underlying"))
    with pytest.raises(RefusalError) as refusal:
        redate(look_at(Told(WHOLE, waited=9.1)), found, lambda index: at("pairs", index, "symbol"))

    assert served[3].future.age_seconds == 9.9
    assert [error.pointer for error in refusal.value.errors] == ["#/pairs/3/symbol"]


def test_a_future_that_nobody_named_stands_for_its_underlying() -> None:
    """That is what the question asks for."""
    assert place_of("pairs", 1, {0, 1}) == at("pairs", 1, "symbol")
    assert place_of("pairs", 2, {0, 1}) == at("underlying")


def test_terms_that_make_no_sense_have_no_smallest_order() -> None:
    """Nobody can say that it is too coarse then; else it is the smallest legal quantity at the mark."""
    fine = Listing(**TERMS, lot_step=Decimal("0.001"), min_quantity=Decimal("0.002"))
    absurd = Listing(**TERMS, lot_step=Decimal("0.001"), min_quantity=Decimal(2), max_quantity=Decimal(1))

    assert smallest_order(find(WHOLE, fine)) == Decimal("122.4")
    assert smallest_order(find(WHOLE, absurd)) is None


@pytest.mark.parametrize(
    ("known", "taker", "settlement"),
    [("0.0003", "0.0004", "0.0003"), ("0", "0.0004", "0"), (None, "0.0004", "0.0004"), (None, None, "0.0005")],
)
def test_settling_costs_what_is_known_or_else_as_much_as_a_trade(
    known: str | None, taker: str | None, settlement: str
) -> None:
    """A fee of nothing is known, and is not taken for one that is not."""
    fee = None if taker is None else Decimal(taker)
    dated = find(WHOLE, Listing(**TERMS, expiry_ms=4_000_000_000_000, taker_fee_rate=fee))
    perpetual = find(WHOLE, Listing(**TERMS, taker_fee_rate=fee))
    rate = None if known is None else Decimal(known)

    assert str(instrument_of(dated, rate).settlement_fee_rate) == settlement
    assert str(instrument_of(perpetual, rate).settlement_fee_rate) == "0"


def test_funding_of_an_interval_that_nobody_tells_is_no_funding() -> None:
    """A rate means nothing without it; the interval may stand with the terms or with the quote."""
    rate = Quote(symbol="B", mark=Decimal(61200), index=Decimal(60000), funding_rate=Decimal("0.0001"))

    with_terms, without = (instrument_of(find(rate, one), None) for one in (FUTURE, Listing(**TERMS)))

    assert (with_terms.funding_rate, with_terms.funding_interval_hours) == (Decimal("0.0001"), 8)
    assert (without.funding_rate, without.funding_interval_hours) == (None, None)
