"""Binance: USD-M and COIN-M futures, and spot; prices are strings with eight decimals, errors have HTTP statuses."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.market.exchange.history import DAY_MS, HOUR_MS
from tests.market.exchange.listings import Listing, Market
from tests.market.exchange.wire import (
    Exchange,
    Query,
    Reply,
    Route,
    Spending,
    html_not_found,
    millis,
    places,
    stretch,
    text,
    wanted,
)
from tests.market.exchange.world import Candle, Payment, Quote, World

Row = dict[str, Any]

_NEVER = 4_133_404_800_000
"""When a perpetual is delivered, says Binance."""
_ONBOARD = 1_567_965_300_000
_STATUSES = ("TRADING", "HALT", "BREAK")
_INVALID_SYMBOL = Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
_NO_SYMBOL = Reply(
    {"code": -1102, "msg": "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."}, 400
)
_INVALID_INTERVAL = Reply({"code": -1120, "msg": "Invalid interval."}, 400)
_INVALID_LIMIT = Reply({"code": -1130, "msg": "Data sent for parameter 'limit' is not valid."}, 400)
_MOST_CANDLES = {"spot": 1000, "linear": 1500, "inverse": 1500}
_MOST_PAYMENTS = 1000
_QUARTERS = ("CURRENT_QUARTER", "NEXT_QUARTER")
_SPOT_FLAGS = (
    "icebergAllowed",
    "ocoAllowed",
    "otoAllowed",
    "opoAllowed",
    "quoteOrderQtyMarketAllowed",
    "allowTrailingStop",
    "cancelReplaceAllowed",
    "amendAllowed",
    "pegInstructionsAllowed",
    "isSpotTradingAllowed",
    "isMarginTradingAllowed",
)
_ORDER_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]
_SPOT_ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]


def _eight(value: Decimal) -> str:
    return f"{value:.8f}"


def _weight_limit(limit: int) -> list[Row]:
    return [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": limit}]


def _linear_specs(world: World, _query: Query) -> Reply:
    """Answer fapi/v1/exchangeInfo; it ignores a symbol."""
    assets = [
        {"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"},
        {"asset": "BTC", "marginAvailable": True, "autoAssetExchange": "-0.10000000"},
    ]
    head = {"timezone": "UTC", "serverTime": world.millis(), "futuresType": "U_MARGINED"}
    symbols = [_linear_spec(world, listing) for listing in world.listings("binance", "linear")]
    limits = _weight_limit(2400)
    return Reply({**head, "rateLimits": limits, "exchangeFilters": [], "assets": assets, "symbols": symbols})


def _inverse_specs(world: World, _query: Query) -> Reply:
    """Answer dapi/v1/exchangeInfo; it ignores a symbol."""
    symbols = [_inverse_spec(world, listing) for listing in world.listings("binance", "inverse")]
    head = {"timezone": "UTC", "serverTime": world.millis()}
    return Reply({**head, "rateLimits": _weight_limit(2400), "exchangeFilters": [], "symbols": symbols})


def _contract_spec(world: World, listing: Listing) -> Row:
    dated = listing.quarter is not None
    return {
        "symbol": world.symbol(listing),
        "pair": listing.base + listing.quote,
        "contractType": _QUARTERS[listing.quarter] if listing.quarter is not None else "PERPETUAL",
        "deliveryDate": millis(world.expiry(listing.quarter or 0)) if dated else _NEVER,
        "onboardDate": _ONBOARD,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "pricePrecision": places(listing.tick) + 1,  # finer than the tick, as for BTCUSDT: not to be used for it
        "quantityPrecision": max(places(listing.step), 0),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "maxMoveOrderLimit": 10000,
        "orderTypes": _ORDER_TYPES,
    }


def _linear_spec(world: World, listing: Listing) -> Row:
    own = {
        "status": "TRADING",
        "marginAsset": listing.quote,
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": _linear_filters(listing),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY", "DCA", "PSB"],
    }
    return _contract_spec(world, listing) | own | listing.spec


def _inverse_spec(world: World, listing: Listing) -> Row:
    own = {
        "contractStatus": "TRADING",
        "contractSize": int(listing.size),
        "marginAsset": listing.base,
        "equalQtyPrecision": 4,
        "liquidationFee": "0.006000",
        "marketTakeBound": "0.30",
        "filters": _inverse_filters(listing),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
    return _contract_spec(world, listing) | own | listing.spec


def _price_filter(listing: Listing) -> Row:
    top = text(listing.tick * 10_000_000)
    return {
        "filterType": "PRICE_FILTER",
        "minPrice": text(listing.tick),
        "maxPrice": top,
        "tickSize": text(listing.tick),
    }


def _lot_filter(name: str, step: Decimal, most: int) -> Row:
    return {"filterType": name, "minQty": text(step), "maxQty": text(step * most), "stepSize": text(step)}


def _linear_filters(listing: Listing) -> list[Row]:
    return [
        _price_filter(listing),
        _lot_filter("LOT_SIZE", listing.step, 1_000_000),
        _lot_filter("MARKET_LOT_SIZE", listing.step, 120_000),
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": text(listing.min_notional or Decimal(5))},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierDecimal": "4",
            "multiplierDown": "0.9500",
            "multiplierUp": "1.0500",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]


def _inverse_filters(listing: Listing) -> list[Row]:
    return [
        _price_filter(listing),
        _lot_filter("LOT_SIZE", listing.step, 1_000_000),
        _lot_filter("MARKET_LOT_SIZE", listing.step, 100_000),
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 100},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierDecimal": "4",
            "multiplierDown": "0.8500",
            "multiplierUp": "1.1500",
        },
    ]


def _spot_specs(world: World, query: Query) -> Reply:
    """Answer api/v3/exchangeInfo; a status that it does not know is an error, not an empty list."""
    status = query.get("symbolStatus")
    if status is not None and status not in _STATUSES:
        return Reply({"code": -1130, "msg": "Data sent for parameter 'symbolStatus' is not valid."}, 400)
    rows = [_spot_spec(listing, sets=query.get("showPermissionSets") != "false") for listing in _spots(world)]
    wanted = [row for row in rows if row["status"] == (status or row["status"])]
    if "symbol" in query:
        wanted = [row for row in wanted if row["symbol"] == query["symbol"]]
    head = {"timezone": "UTC", "serverTime": world.millis(), "rateLimits": _weight_limit(6000), "exchangeFilters": []}
    return Reply({**head, "symbols": wanted}) if wanted else _INVALID_SYMBOL


def _spots(world: World) -> list[Listing]:
    return world.listings("binance", "spot")


def _spot_spec(listing: Listing, *, sets: bool) -> Row:
    precisions = (
        "baseAssetPrecision",
        "quotePrecision",
        "quoteAssetPrecision",
        "baseCommissionPrecision",
        "quoteCommissionPrecision",
    )
    return {
        "symbol": listing.symbol,
        "status": "TRADING",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        **dict.fromkeys(precisions, 8),
        "orderTypes": _SPOT_ORDER_TYPES,
        **dict.fromkeys(_SPOT_FLAGS, True),
        "filters": _spot_filters(listing),
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]] if sets else [],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    } | listing.spec


def _spot_filters(listing: Listing) -> list[Row]:
    tick, step = _eight(listing.tick), _eight(listing.step)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000000.00000000", "stepSize": step},
        {
            "filterType": "NOTIONAL",
            "minNotional": _eight(listing.min_notional or Decimal(5)),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
    ]


def _premium(world: World, listing: Listing, quote: Quote) -> Row:
    """Write a row of premiumIndex; a dated contract has no funding, and says so in zeros or empty strings."""
    coined = listing.market == "inverse"
    nothing = "" if coined else "0.00000000"
    perpetual = listing.quarter is None
    return {
        "symbol": world.symbol(listing),
        **({"pair": listing.base + listing.quote} if coined else {}),
        "markPrice": _eight(quote.mark),
        "indexPrice": _eight(quote.index),
        "estimatedSettlePrice": _eight(quote.index),
        "lastFundingRate": _eight(world.rate(listing)) if perpetual else nothing,
        "interestRate": "0.00010000" if perpetual else nothing,
        "nextFundingTime": world.next_funding(listing.hours) if perpetual else 0,
        "time": world.millis(),
    }


def _price(world: World, listing: Listing, quote: Quote) -> Row:
    row = {"symbol": world.symbol(listing), "price": _written(listing, quote.last)}
    if listing.market == "inverse":
        row["ps"] = listing.base + listing.quote
    return row if listing.market == "spot" else {**row, "time": world.millis()}


def _written(listing: Listing, price: Decimal) -> str:
    return _eight(price) if listing.market == "spot" else text(price)


def _book(world: World, listing: Listing, quote: Quote) -> Row:
    row = {
        "symbol": world.symbol(listing),
        "bidPrice": _written(listing, quote.bid),
        "bidQty": "31.21000000",
        "askPrice": _written(listing, quote.ask),
        "askQty": "4.90000000",
    }
    if listing.market == "inverse":
        row["pair"] = listing.base + listing.quote
    return row if listing.market == "spot" else {**row, "time": world.millis(), "lastUpdateId": 9_182_736_450}


def _day(world: World, listing: Listing, quote: Quote) -> Row:
    last, opened = text(quote.last), text(quote.last + listing.tick * 100)
    row = {
        "symbol": world.symbol(listing),
        "priceChange": text(listing.tick * -100),
        "priceChangePercent": "-0.160",
        "weightedAvgPrice": last,
        "lastPrice": last,
        "lastQty": "0.5",
        "openPrice": opened,
        "highPrice": opened,
        "lowPrice": text(quote.last - listing.tick),
        "volume": "105000.000",
        "openTime": world.millis() - DAY_MS,
        "closeTime": world.millis(),
        "firstId": 28_385,
        "lastId": 38_460,
        "count": 10_076,
    }
    coined = {"pair": listing.base + listing.quote, "baseVolume": "5192.94797687"}
    return row | (coined if listing.market == "inverse" else {"quoteVolume": "9000000.00"})


Writer = Callable[[World, Listing, Quote], Row]


def _prices(market: Market, write: Writer) -> Callable[[World, Query], Reply]:
    """Make an endpoint: all rows, or one if a symbol is named; COIN-M puts even one into a list."""

    def answer(world: World, query: Query) -> Reply:
        rows = [
            write(world, listing, world.quote(listing)) | listing.row for listing in world.listings("binance", market)
        ]
        if "symbol" not in query:
            return Reply(rows)
        found = [row for row in rows if row["symbol"] == query["symbol"]]
        if not found:
            return _INVALID_SYMBOL
        return Reply(found if market == "inverse" else found[0])

    return answer


def _funding_info(market: Market) -> Callable[[World, Query], Reply]:
    """Make an endpoint that lists only what was adjusted: all that is not listed has 8 hours."""

    def answer(world: World, _query: Query) -> Reply:
        listings = [listing for listing in world.listings("binance", market) if listing.quarter is None]
        adjusted = [one for one in listings if one.hours != 8 or one.asset in ("BTC", "ETH")]
        return Reply([_funding_row(world.symbol(listing), listing) for listing in adjusted])

    return answer


def _funding_row(symbol: str, listing: Listing) -> Row:
    cap = "0.00300" if listing.asset in ("BTC", "ETH") else "0.02000000"
    return {
        "symbol": symbol,
        "adjustedFundingRateCap": cap,
        "adjustedFundingRateFloor": "-" + cap,
        "fundingIntervalHours": listing.hours,
        "disclaimer": False,
        "updateTime": 1_741_256_207_491 if listing.hours != 8 else None,
    }


def _history(market: Market, query: Query, most: int) -> Reply | None:
    """Refuse what can't be answered; too large a page is refused on futures, and cut on spot."""
    if not query.get("symbol"):
        return _NO_SYMBOL
    if query.get("interval", "1d") != "1d":
        return _INVALID_INTERVAL
    asked = wanted(query, 1)
    return None if asked and (asked <= most or market == "spot") else _INVALID_LIMIT


def _klines(market: Market) -> Callable[[World, Query], Reply]:
    """Make an endpoint of candles, oldest first; only those of a day are kept here."""
    most = _MOST_CANDLES[market]

    def answer(world: World, query: Query) -> Reply:
        refusal = _history(market, {"interval": "", **query}, most)
        if refusal is not None:
            return refusal
        listing = world.find("binance", market, query["symbol"])
        if listing is None:
            return _INVALID_SYMBOL
        days = stretch(world.candles(listing), query, most=min(wanted(query, 500), most))
        return Reply([_kline(listing, day) for day in days])

    return answer


def _kline(listing: Listing, day: Candle) -> list[Any]:
    prices = [_written(listing, price) for price in (day.open, day.high, day.low, day.close)]
    amounts = ["9241.53", day.ended_ms - 1, "568420013.29", 140_223, "4633.88", "285018220.41", "0"]
    return [day.opened_ms, *prices, *amounts]


def _kline_weight(query: Query) -> int:
    """Count candles of futures: the more are asked for, the more."""
    return next((weight for most, weight in ((99, 1), (499, 2), (1000, 5)) if wanted(query, 500) <= most), 10)


def _payments(market: Market) -> Callable[[World, Query], Reply]:
    """Make an endpoint of past funding, oldest first; an expiring contract has none."""

    def answer(world: World, query: Query) -> Reply:
        refusal = _history(market, query, _MOST_PAYMENTS)
        if refusal is not None:
            return refusal
        listing = world.find("binance", market, query["symbol"])
        if listing is None:
            return _INVALID_SYMBOL
        paid = stretch(world.payments(listing), query, most=wanted(query, 100))
        return Reply([_payment(world, listing, payment) for payment in paid])

    return answer


def _payment(world: World, listing: Listing, payment: Payment) -> Row:
    """Write a payment: most are stamped some milliseconds late."""
    return {
        "symbol": world.symbol(listing),
        "fundingTime": payment.at_ms + payment.at_ms // HOUR_MS * 5 % 14,
        "fundingRate": _eight(payment.rate),
        "markPrice": _eight(world.quote(listing).mark),
    }


def _headers(spending: Spending) -> dict[str, str]:
    return {"X-MBX-USED-WEIGHT-1M": str(spending.used)}


EXCHANGE = Exchange(
    name="binance",
    routes={
        "fapi.binance.com": {
            "/fapi/v1/exchangeInfo": Route(_linear_specs),
            "/fapi/v1/premiumIndex": Route(_prices("linear", _premium), 10),
            "/fapi/v1/ticker/price": Route(_prices("linear", _price), 2),
            "/fapi/v1/ticker/bookTicker": Route(_prices("linear", _book), 5),
            "/fapi/v1/ticker/24hr": Route(_prices("linear", _day), 40),
            "/fapi/v1/fundingInfo": Route(_funding_info("linear"), 0),
            "/fapi/v1/klines": Route(_klines("linear"), _kline_weight),
            "/fapi/v1/fundingRate": Route(_payments("linear"), 0),
        },
        "dapi.binance.com": {
            "/dapi/v1/exchangeInfo": Route(_inverse_specs),
            "/dapi/v1/premiumIndex": Route(_prices("inverse", _premium), 10),
            "/dapi/v1/ticker/price": Route(_prices("inverse", _price), 2),
            "/dapi/v1/ticker/bookTicker": Route(_prices("inverse", _book), 5),
            "/dapi/v1/ticker/24hr": Route(_prices("inverse", _day), 40),
            "/dapi/v1/fundingInfo": Route(_funding_info("inverse"), 0),
            "/dapi/v1/klines": Route(_klines("inverse"), _kline_weight),
            "/dapi/v1/fundingRate": Route(_payments("inverse"), 0),
        },
        "api.binance.com": {
            "/api/v3/exchangeInfo": Route(_spot_specs, 20),
            "/api/v3/ticker/price": Route(_prices("spot", _price), 4),
            "/api/v3/ticker/bookTicker": Route(_prices("spot", _book), 4),
            "/api/v3/klines": Route(_klines("spot"), 2),
        },
    },
    limits={"fapi.binance.com": 2400, "dapi.binance.com": 2400, "api.binance.com": 6000},
    window=60,
    headers=_headers,
    unknown_path=html_not_found,
)
