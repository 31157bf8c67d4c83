"""BingX: swaps, coin-M swaps and spot on one host; errors come with HTTP status 200, and lists mix types of number."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.market.exchange.history import DAY_MS, HOUR_MS
from tests.market.exchange.listings import Listing, Market
from tests.market.exchange.wire import (
    Exchange,
    Query,
    Reply,
    Route,
    Spending,
    number,
    places,
    stretch,
    text,
    wanted,
)
from tests.market.exchange.world import Candle, Payment, Quote, World

Row = dict[str, Any]
Writer = Callable[[World, Listing, Quote], Row]

_PAUSED = 25
_CATALOGUES: dict[Market, str] = {
    "linear": "/openApi/swap/v2/quote/contracts",
    "inverse": "/openApi/cswap/v1/market/contracts",
    "spot": "/openApi/spot/v1/common/symbols",
}
_MOST_CANDLES, _MOST_PAYMENTS = 1440, 1000
_CHINA_MS = 8 * HOUR_MS
_INVALID = Reply({"code": 109400, "msg": "Invalid parameters"})
_NO_TIMESTAMP = Reply({"code": 104414, "msg": "Invalid parameter", "retryable": 0}, 400)


def _unknown(market: Market, symbol: str) -> Reply:
    message = f"{symbol} not exist, please verify it in api: {_CATALOGUES[market]}"
    return Reply({"code": 109425, "msg": message})


def _stamped(answer: Callable[[World, Query], Reply]) -> Callable[[World, Query], Reply]:
    """Make an endpoint ask for a timestamp, as only two of them do."""

    def checked(world: World, query: Query) -> Reply:
        return answer(world, query) if query.get("timestamp", "").isdecimal() else _NO_TIMESTAMP

    return checked


def _contracts(world: World, query: Query) -> Reply:
    listings = world.listings("bingx", "linear")
    rows = [_contract(number_, listing) for number_, listing in enumerate(listings, 100)]
    found = [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"])]
    body = {"code": 0, "msg": "", "data": found}
    return Reply(body) if found else _unknown("linear", query["symbol"])


def _contract(number_: int, listing: Listing) -> Row:
    return {
        "contractId": str(number_),
        "symbol": listing.symbol,
        "size": "0",
        "quantityPrecision": places(listing.step),
        "pricePrecision": places(listing.tick),
        "feeRate": 0.0005,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0005,
        "tradeMinLimit": 0,
        "tradeMinQuantity": number(listing.step),
        "tradeMinUSDT": number(listing.min_notional or listing.step),
        "maxLongLeverage": listing.leverage,
        "maxShortLeverage": listing.leverage,
        "currency": listing.quote,
        "asset": listing.base,
        "status": 1,
        "apiStateOpen": "true",
        "apiStateClose": "true",
    } | listing.spec


def _coin_contracts(world: World, query: Query) -> Reply:
    rows = [_coin_contract(listing) for listing in world.listings("bingx", "inverse")]
    found = [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"])]
    body = {"code": 0, "msg": "", "timestamp": world.millis(), "data": found}
    return Reply(body) if found else _unknown("inverse", query["symbol"])


def _coin_contract(listing: Listing) -> Row:
    """Write a coin-M contract; its size is what is called minTickSize."""
    return {
        "symbol": listing.symbol,
        "pricePrecision": places(listing.tick),
        "minTickSize": text(listing.size),
        "minTradeValue": text(listing.size),
        "minQty": "1.00000000",
        "status": 1,
        "timeOnline": 1_710_738_000_000,
        "displayName": listing.symbol,
    } | listing.spec


def _pairs(world: World, query: Query) -> Reply:
    rows = [_pair(listing) for listing in world.listings("bingx", "spot")]
    found = [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"])]
    body = {"code": 0, "msg": "", "debugMsg": "", "data": {"symbols": found}}
    return Reply(body) if found else _unknown("spot", query["symbol"])


def _pair(listing: Listing) -> Row:
    return {
        "symbol": listing.symbol,
        "minQty": number(listing.step),
        "maxQty": number(listing.step * 1_000_000),
        "minNotional": 5,
        "maxNotional": 500_000,
        "status": 1,
        "tickSize": number(listing.tick),
        "stepSize": number(listing.step),
        "apiStateSell": True,
        "apiStateBuy": True,
        "timeOnline": 0,
        "offTime": 0,
        "maintainTime": 0,
    } | listing.spec


def _premium(world: World, listing: Listing, quote: Quote) -> Row:
    """Write a row of premiumIndex; updateTime is when funding last was, not when the row was made."""
    following = world.next_funding(listing.hours)
    row = {
        "symbol": listing.symbol,
        "markPrice": text(quote.mark),
        "indexPrice": text(quote.index),
        "lastFundingRate": f"{world.rate(listing):.8f}",
        "nextFundingTime": following,
    }
    if listing.market == "linear":
        row["fundingIntervalHours"] = listing.hours
        row["updateTime"] = following - listing.hours * HOUR_MS
    return row


def _ticker(_world: World, listing: Listing, quote: Quote) -> Row:
    last = text(quote.last)
    return {
        "symbol": listing.symbol,
        "priceChangePercent": "-0.00",
        "lastPrice": last,
        "highPrice": last,
        "lowPrice": last,
        "volume": "24302.0900",
        "quoteVolume": "1608166628.85",
        "openPrice": last,
        "askPrice": text(quote.ask),
        "bidPrice": text(quote.bid),
    }


def _coin_ticker(world: World, listing: Listing, quote: Quote) -> Row:
    return {
        **_ticker(world, listing, quote),
        "priceChange": "-2.418",
        "priceChangePercent": "-1.6900%",
        "lastQty": "1",
        "closeTime": str(world.millis()),
        "bidQty": "372",
        "askQty": "58",
    }


def _spot_ticker(world: World, listing: Listing, quote: Quote) -> Row:
    last = number(quote.last)
    return {
        "symbol": listing.symbol,
        "openPrice": last,
        "highPrice": last,
        "lowPrice": last,
        "lastPrice": last,
        "priceChange": 0.01,
        "priceChangePercent": "2.91%",
        "volume": 5099.21,
        "quoteVolume": 214948771.34,
        "openTime": world.millis() - DAY_MS,
        "closeTime": world.millis(),
        "askPrice": number(quote.ask),
        "askQty": 2.20125,
        "bidPrice": number(quote.bid),
        "bidQty": 0.8962,
    }


def _prices(market: Market, write: Writer) -> Callable[[World, Query], Reply]:
    """Make an endpoint of prices; a paused contract is in the list of contracts but not in here."""

    def answer(world: World, query: Query) -> Reply:
        listings = [one for one in world.listings("bingx", market) if one.spec.get("status") != _PAUSED]
        rows = [write(world, listing, world.quote(listing)) | listing.row for listing in listings]
        found = [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"])]
        if not found:
            return _unknown(market, query["symbol"])
        single = "symbol" in query and market == "linear"
        return Reply(_head(world, market) | {"data": found[0] if single else found})

    return answer


def _klines(market: Market, write: Callable[[Candle], Any]) -> Callable[[World, Query], Reply]:
    """Make an endpoint of candles, newest first; spot counts days by the clock of China, unless told not to."""
    zone = "8" if market == "spot" else "0"

    def answer(world: World, query: Query) -> Reply:
        listing = world.find("bingx", market, query.get("symbol", ""))
        if listing is None:
            return _unknown(market, query.get("symbol", ""))
        asked = wanted(query, 500)
        if query.get("interval") != "1d" or not 1 <= asked <= _MOST_CANDLES:
            return _INVALID
        is_chinese = market != "inverse" and query.get("timeZone", zone) == "8"
        days = _chinese(world.candles(listing)) if is_chinese else world.candles(listing)
        rows = [write(day) for day in reversed(stretch(days, query, most=asked))]
        return Reply(_head(world, market) | {"data": rows})

    return answer


def _chinese(days: list[Candle]) -> list[Candle]:
    """Cut the days anew, at 16:00 UTC."""
    return [_day_from(day, following) for day, following in pairwise(days)]


def _day_from(day: Candle, following: Candle) -> Candle:
    opened, closed = (each.open / 3 + each.close * 2 / 3 for each in (day, following))
    tick = day.close
    high, low = max(day.high, following.high), min(day.low, following.low)
    opened_ms = following.opened_ms - _CHINA_MS
    return Candle(opened_ms, opened.quantize(tick), high, low, closed.quantize(tick))


def _kline(day: Candle) -> Row:
    prices = {"open": text(day.open), "close": text(day.close), "high": text(day.high), "low": text(day.low)}
    return {**prices, "volume": "635494.00", "time": day.opened_ms}


def _spot_kline(day: Candle) -> list[int | float]:
    prices = [number(price) for price in (day.open, day.high, day.low, day.close)]
    return [day.opened_ms, *prices, 1523.8, day.ended_ms - 1, 64_331_290.17]


def _payments(world: World, query: Query) -> Reply:
    """Answer fundingRate, newest first; there is none for coin-margined contracts."""
    listing = world.find("bingx", "linear", query.get("symbol", ""))
    if listing is None:
        return _unknown("linear", query.get("symbol", ""))
    asked = wanted(query, 100)
    if not 1 <= asked <= _MOST_PAYMENTS:
        return _INVALID
    paid = stretch(world.payments(listing), query, most=asked)
    mark = text(world.quote(listing).mark)
    return Reply({"code": 0, "msg": "", "data": [_payment(listing, one, mark) for one in reversed(paid)]})


def _payment(listing: Listing, payment: Payment, mark: str) -> Row:
    rate = f"{payment.rate:.8f}"
    return {"symbol": listing.symbol, "fundingRate": rate, "fundingTime": payment.at_ms, "markPrice": mark}


def _head(world: World, market: Market) -> Row:
    heads: dict[Market, Row] = {
        "linear": {"code": 0, "msg": ""},
        "inverse": {"code": 0, "msg": "", "timestamp": world.millis()},
        "spot": {"code": 0, "timestamp": world.millis()},
    }
    return heads[market]


def _headers(spending: Spending) -> dict[str, str]:
    return {
        "X-RateLimit-Requests-Remain": str(max(spending.limit - spending.used, 0)),
        "X-RateLimit-Requests-Expire": str(spending.ends_ms - spending.now_ms),
    }


def _unknown_path(_world: World, _path: str) -> Reply:
    return Reply({"code": 100400, "msg": "this api is not exist"})


EXCHANGE = Exchange(
    name="bingx",
    routes={
        "open-api.bingx.com": {
            "/openApi/swap/v2/quote/contracts": Route(_contracts),
            "/openApi/swap/v2/quote/premiumIndex": Route(_prices("linear", _premium)),
            "/openApi/swap/v2/quote/ticker": Route(_prices("linear", _ticker)),
            "/openApi/cswap/v1/market/contracts": Route(_stamped(_coin_contracts)),
            "/openApi/cswap/v1/market/premiumIndex": Route(_prices("inverse", _premium)),
            "/openApi/cswap/v1/market/ticker": Route(_prices("inverse", _coin_ticker)),
            "/openApi/spot/v1/common/symbols": Route(_pairs),
            "/openApi/spot/v1/ticker/24hr": Route(_stamped(_prices("spot", _spot_ticker))),
            "/openApi/swap/v3/quote/klines": Route(_klines("linear", _kline)),
            "/openApi/cswap/v1/market/klines": Route(_klines("inverse", _kline)),
            "/openApi/spot/v2/market/kline": Route(_klines("spot", _spot_kline)),
            "/openApi/swap/v2/quote/fundingRate": Route(_payments),
        },
    },
    limits={"open-api.bingx.com": 500},
    window=10,
    headers=_headers,
    unknown_path=_unknown_path,
)
