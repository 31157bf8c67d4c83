"""WEEX: linear contracts and spot; its premium index is a minute old though it says otherwise."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.market.exchange.history import DAY_MS
from tests.market.exchange.listings import Listing, Market
from tests.market.exchange.wire import (
    Exchange,
    Query,
    Reply,
    Route,
    Spending,
    iso,
    number,
    places,
    stretch,
    text,
    wanted,
)
from tests.market.exchange.world import Candle, Payment, Quote, World

Row = dict[str, Any]
Writer = Callable[[World, Listing, Quote], Row]

MINUTE_OLD = Decimal("0.9995")
"""The mark and the index that premiumIndex gives, as a share of the true ones; the ticker's are true."""
_DEMO = ["BTCSUSDT", "ETHSUSDT"]
_INVALID_SYMBOL = Reply({"code": -1142, "msg": "Parameter 'symbol' is invalid."}, 400)
_NO_SYMBOL = Reply({"code": -1141, "msg": "Parameter 'symbol' cannot be empty."}, 400)
_MOST_CANDLES = {"spot": 300, "linear": 1000}
_MOST_PAYMENTS = 1000
_WEEK_MS = 7 * DAY_MS


def _pick(rows: list[Row], query: Query) -> list[Row]:
    """Choose the rows of the symbol that is named, in whatever case."""
    return [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"]).upper()]


def _specs(world: World, query: Query) -> Reply:
    """Answer exchangeInfo; the limit it tells of is for 10 seconds, not 10 minutes."""
    found = _pick([_spec(listing) for listing in world.listings("weex", "linear")], query)
    if not found:
        return _INVALID_SYMBOL
    assets = [{"asset": "BTC", "marginAvailable": False}, {"asset": "USDT", "marginAvailable": True}]
    limits = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 10, "limit": 500}]
    return Reply({"assets": assets, "rateLimits": limits, "symbols": found})


def _spec(listing: Listing) -> Row:
    """Write a contract; there is no status in it."""
    spec = {
        "symbol": listing.symbol,
        "displaySymbol": listing.symbol,
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "contractType": "PERPETUAL",
        "underlyingType": "COIN",
        **_numbers(listing),
        "delivery": [f"{hour:02}:00:00" for hour in range(0, 24, listing.hours)],
        "forwardContractFlag": True,
    } | listing.spec
    spec.pop("tradable", None)
    return spec


def _numbers(listing: Listing) -> Row:
    step = number(listing.step)
    return {
        "pricePrecision": places(listing.tick),
        "quantityPrecision": places(listing.step),
        "baseAssetPrecision": 3,
        "quotePrecision": 8,
        "contractVal": step,
        "minLeverage": 1,
        "maxLeverage": listing.leverage,
        "buyLimitPriceRatio": 0.01,
        "sellLimitPriceRatio": 0.01,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0008,
        "minOrderSize": step,
        "maxOrderSize": number(listing.step * 12_000_000),
        "maxPositionSize": number(listing.step * 100_000_000),
        "marketOpenLimitSize": number(listing.step * 1_000_000),
    }


def _tradable(world: World, _query: Query) -> Reply:
    """Answer apiTradingSymbols: fewer contracts than there are, and some for play that are in no other list."""
    listings = world.listings("weex", "linear")
    return Reply([listing.symbol for listing in listings if listing.spec.get("tradable", True)] + _DEMO)


def _spot_specs(world: World, query: Query) -> Reply:
    found = _pick([_pair(listing) for listing in world.listings("weex", "spot")], query)
    body = {"timezone": "UTC", "serverTime": world.millis(), "symbols": found}
    return Reply(body) if found else _INVALID_SYMBOL


def _pair(listing: Listing) -> Row:
    tick = text(listing.tick)
    return {
        "symbol": listing.symbol,
        "status": "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": "8",
        "quoteAsset": listing.quote,
        "quoteAssetPrecision": "8",
        "tickSize": tick,
        "stepSize": text(listing.step),
        "minTradeAmount": text(listing.step),
        "maxTradeAmount": "99999999",
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "buyLimitPriceRatio": "0.1",
        "sellLimitPriceRatio": "0.1",
        "marketBuyLimitSize": "99999999",
        "marketSellLimitSize": "99999999",
        "marketFallbackPriceRatio": "0",
        "enableTrade": True,
        "enableDisplay": True,
        "displayDigitMerge": tick,
        "displayNew": False,
        "displayHot": False,
    } | listing.spec


def _premium(world: World, listing: Listing, quote: Quote) -> Row:
    """Write a row of premiumIndex: fundingRate to come, fundingRate last paid, and prices of the last minute."""
    old_mark, old_index = quote.mark * MINUTE_OLD, quote.index * MINUTE_OLD
    return {
        "symbol": listing.symbol,
        "markPrice": text(old_mark.quantize(listing.tick)),
        "indexPrice": text(old_index.quantize(listing.tick)),
        "forecastFundingRate": f"{world.rate(listing):.8f}",
        "lastFundingRate": f"{world.rate(listing) / 2:.8f}",
        "interestRate": "0.0003",
        "nextFundingTime": world.next_funding(listing.hours),
        "time": world.millis(),
        "collectCycle": listing.hours * 60,
    }


def _day(world: World, listing: Listing, quote: Quote) -> Row:
    last = text(quote.last)
    return {
        "symbol": listing.symbol,
        "priceChange": "-75.49",
        "priceChangePercent": "-0.034992",
        "lastPrice": last,
        "openPrice": last,
        "highPrice": last,
        "lowPrice": last,
        "volume": "623160.426",
        "quoteVolume": "1310647345.19346",
        "openTime": world.millis() - DAY_MS,
        "closeTime": world.millis(),
    }


def _contract_day(world: World, listing: Listing, quote: Quote) -> Row:
    return {**_day(world, listing, quote), "markPrice": text(quote.mark), "indexPrice": text(quote.index)}


def _spot_day(world: World, listing: Listing, quote: Quote) -> Row:
    sizes = {"bidQty": "1.53848", "askQty": "1.87504", "count": 59_727}
    return {**_day(world, listing, quote), "bidPrice": text(quote.bid), "askPrice": text(quote.ask), **sizes}


def _book(world: World, listing: Listing, quote: Quote) -> Row:
    prices = {"bidPrice": text(quote.bid), "bidQty": "12.5", "askPrice": text(quote.ask), "askQty": "8.3"}
    return {"symbol": listing.symbol, **prices, "time": world.millis()}


def _prices(market: Market, write: Writer) -> Callable[[World, Query], Reply]:
    """Make an endpoint of prices: a list, even for one symbol."""

    def answer(world: World, query: Query) -> Reply:
        rows = [write(world, one, world.quote(one)) for one in world.listings("weex", market)]
        for row, listing in zip(rows, world.listings("weex", market), strict=True):
            row.update({name: value for name, value in listing.row.items() if name in row})
        found = _pick(rows, query)
        return Reply(found) if found else _INVALID_SYMBOL

    return answer


def _invalid(parameter: str) -> Reply:
    return Reply({"code": -1142, "msg": f"Parameter '{parameter}' is invalid."}, 400)


def _klines(market: Market) -> Callable[[World, Query], Reply]:
    """Make an endpoint of candles, newest first; it knows of no start."""
    most = _MOST_CANDLES[market]

    def answer(world: World, query: Query) -> Reply:
        if not query.get("symbol"):
            return _NO_SYMBOL
        listing = world.find("weex", market, query["symbol"].upper())
        if listing is None:
            return _INVALID_SYMBOL
        asked = wanted(query, 100)
        if query.get("interval") != "1d" or not 1 <= asked <= most:
            return _invalid("interval" if 1 <= asked <= most else "limit")
        days = stretch(world.candles(listing), {}, most=asked)
        return Reply([_kline(day, market) for day in reversed(days)])

    return answer


def _kline(day: Candle, market: Market) -> list[Any]:
    prices = [text(price) for price in (day.open, day.high, day.low, day.close)]
    end = day.ended_ms - (market == "spot")
    return [day.opened_ms, *prices, "25.678", end, "1782223.45", 125, "12.345", "856789.12"]


def _payments(world: World, query: Query) -> Reply:
    """Answer fundingRate, newest first; between two moments it tells of a week at most."""
    if not query.get("symbol"):
        return _NO_SYMBOL
    listing = world.find("weex", "linear", query["symbol"].upper())
    if listing is None:
        return _INVALID_SYMBOL
    asked = wanted(query, 100)
    if not 1 <= asked <= _MOST_PAYMENTS:
        return _invalid("limit")
    if int(query.get("endTime", str(world.millis()))) - int(query.get("startTime", str(world.millis()))) > _WEEK_MS:
        return _invalid("startTime")
    paid = stretch(world.payments(listing), query, most=asked)
    mark = text(world.quote(listing).mark)
    return Reply([_payment(listing, one, mark) for one in reversed(paid)])


def _payment(listing: Listing, payment: Payment, mark: str) -> Row:
    rate = f"{payment.rate:.8f}"
    return {"symbol": listing.symbol, "fundingRate": rate, "fundingTime": payment.at_ms, "markPrice": mark}


def _headers(spending: Spending) -> dict[str, str]:
    left = max(spending.limit - spending.used, 0)
    return {"x-used-weight-10s": str(spending.used), "x-remaining-weight-10s": str(left)}


def _unknown_path(world: World, path: str) -> Reply:
    return Reply({"timestamp": iso(world), "status": 404, "error": "Not Found", "path": path}, 404)


EXCHANGE = Exchange(
    name="weex",
    routes={
        "api-contract.weex.com": {
            "/capi/v3/market/exchangeInfo": Route(_specs),
            "/capi/v3/market/apiTradingSymbols": Route(_tradable, 5),
            "/capi/v3/market/ticker/24hr": Route(_prices("linear", _contract_day), 40),
            "/capi/v3/market/premiumIndex": Route(_prices("linear", _premium)),
            "/capi/v3/market/bookTicker": Route(_prices("linear", _book)),
            "/capi/v3/market/ticker/bookTicker": Route(_prices("linear", _book)),
            "/capi/v3/market/klines": Route(_klines("linear")),
            "/capi/v3/market/fundingRate": Route(_payments, 5),
        },
        "api-spot.weex.com": {
            "/api/v3/exchangeInfo": Route(_spot_specs),
            "/api/v3/market/ticker/24hr": Route(_prices("spot", _spot_day), 40),
            "/api/v3/market/klines": Route(_klines("spot"), 2),
        },
    },
    limits={"api-contract.weex.com": 500, "api-spot.weex.com": 500},
    window=10,
    headers=_headers,
    unknown_path=_unknown_path,
)
