"""MEXC: linear and inverse contracts in one list of numbers, and spot in strings; no limit is told of in a header."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.market.exchange.history import DAY_MS
from tests.market.exchange.listings import Listing
from tests.market.exchange.wire import (
    Exchange,
    Query,
    Reply,
    Route,
    Spending,
    html_not_found,
    number,
    places,
    stretch,
    text,
    wanted,
)
from tests.market.exchange.world import Candle, Payment, Quote, World

Row = dict[str, Any]
Writer = Callable[[World, Listing, Quote], Row]

_UNKNOWN_CONTRACT = Reply({"success": False, "code": 1001, "message": "Contract does not exist"})
_INVALID = Reply({"success": False, "code": 600, "message": "Parameter error"})
_INVALID_INTERVAL = Reply({"msg": "Invalid interval.", "code": -1121, "_extend": None}, 400)
_MOST_CANDLES, _MOST_SPOT_CANDLES, _MOST_PAYMENTS = 2000, 500, 1000
_INVALID_SYMBOL = Reply({"msg": "Invalid symbol.", "code": -1121, "_extend": None}, 400)
_NO_CONTRACTS = ("MX_USDT", "TON_USDT")
"""What has prices but is no contract."""
_TIERS = (
    {"level": 1, "maxVol": 50_000, "mmr": 0.001, "imr": 0.002, "maxLeverage": 500},
    {"level": 2, "maxVol": 120_000, "mmr": 0.004, "imr": 0.005, "maxLeverage": 200},
    {"level": 3, "maxVol": 320_000, "mmr": 0.005, "imr": 0.01, "maxLeverage": 100},
    {"level": 4, "maxVol": 2_280_000, "mmr": 0.01, "imr": 0.02, "maxLeverage": 50},
    {"level": 5, "maxVol": 15_500_000, "mmr": 0.02, "imr": 0.05, "maxLeverage": 20},
    {"level": 6, "maxVol": 17_000_000, "mmr": 0.05, "imr": 0.1, "maxLeverage": 10},
)
_LIMITS: Row = {
    "volScale": 0,
    "volUnit": 1,
    "minVol": 1,
    "maxVol": 400_000,
    "bidLimitPriceRate": 0.1,
    "askLimitPriceRate": 0.1,
    "maxNumOrders": [200, 50],
    "marketOrderMaxLevel": 20,
    "marketOrderPriceLimitRate1": 0.1,
    "marketOrderPriceLimitRate2": 0.005,
    "triggerProtect": 0.1,
    "limitMaxVol": 2_500_000,
    "depthStepList": ["0.1", "1", "10", "100"],
}
_STATE: Row = {
    "state": 0,
    "isNew": False,
    "isHot": False,
    "isHidden": False,
    "appraisal": 0,
    "showAppraisalCountdown": 0,
    "automaticDelivery": 0,
    "apiAllowed": True,
    "threshold": 0,
    "createTime": 1_591_242_684_000,
    "openingTime": 0,
    "openingCountdownOption": 1,
    "showBeforeOpen": True,
    "isMaxLeverage": True,
    "isZeroFeeRate": False,
    "isZeroFeeSymbol": False,
    "type": 1,
    "stopOnlyFair": False,
    "preMarket": False,
    "typeLabel": 0,
}
_FEES: Row = {
    "takerFeeRate": 0.0001,
    "makerFeeRate": 0,
    "liquidationFeeRate": 0.0004,
    "feeRateMode": "NORMAL",
    "leverageFeeRates": [],
    "tieredFeeRates": [],
    "feeRateType": "BASE",
}
_LABELS: Row = {
    "indexOrigin": ["BITGET", "BYBIT", "BINANCE", "OKX", "MEXC", "KUCOIN"],
    "conceptPlate": ["mc-trade-zone-pow"],
    "conceptPlateId": [12],
    "tagIdList": [5, 8],
    "priceCoefficientVariation": 0.004,
}


def _contracts(world: World) -> list[Listing]:
    return world.listings("mexc", "linear") + world.listings("mexc", "inverse")


def _some(rows: list[Row], query: Query) -> Reply:
    """Answer with all rows, or with the one of a symbol, which then is no list."""
    if "symbol" not in query:
        return Reply({"success": True, "code": 0, "data": rows})
    found = [row for row in rows if row["symbol"] == query["symbol"]]
    return Reply({"success": True, "code": 0, "data": found[0]}) if found else _UNKNOWN_CONTRACT


def _detail(world: World, query: Query) -> Reply:
    return _some([_spec(place, listing) for place, listing in enumerate(_contracts(world), 10)], query)


def _spec(place: int, listing: Listing) -> Row:
    """Write a contract in full, as the newer ones are."""
    settled = listing.base if listing.market == "inverse" else listing.quote
    names = {"displayName": f"{listing.symbol}永续", "displayNameEn": f"{listing.symbol} PERPETUAL"}
    coins = {"baseCoin": listing.base, "quoteCoin": listing.quote, "settleCoin": settled}
    terms = {
        "contractSize": number(listing.size),
        "minLeverage": 1,
        "maxLeverage": listing.leverage,
        "countryConfigContractMaxLeverage": 0,
        "priceScale": places(listing.tick),
        "amountScale": max(places(listing.size), 0),
        "priceUnit": number(listing.tick),
    }
    own = {"symbol": listing.symbol, **names, "positionOpenType": 3, **coins, "futureType": 1}
    full_names = {"baseCoinName": listing.base, "quoteCoinName": listing.quote}
    idents = {"id": place, "vid": f"{place:032x}", "baseCoinId": f"{place + 5000:032x}"}
    shared = {**_LIMITS, **_STATE, **_FEES, **_LABELS}
    return own | full_names | terms | idents | shared | _risk(listing) | listing.spec


def _risk(listing: Listing) -> Row:
    """Write the margin tiers in one of two ways: as a list, or as a first step and what each further one adds."""
    custom = listing.asset == "BTC"
    first, shared = number(Decimal("0.5") / listing.leverage), {"riskLongShortSwitch": 0, "riskLimitType": "BY_VOLUME"}
    return shared | {
        "maintenanceMarginRate": first,
        "initialMarginRate": number(Decimal(1) / listing.leverage),
        "riskBaseVol": 17_000_000 if custom else 10_000,
        "riskIncrVol": 0 if custom else 10_000,
        "riskIncrMmr": 0 if custom else 0.004,
        "riskIncrImr": 0 if custom else 0.004,
        "riskLevelLimit": 1 if custom else 100,
        "riskLimitMode": "CUSTOM" if custom else "INCREASE",
        "riskLimitCustom": list(_custom(listing)) if custom else [],
    }


def _custom(listing: Listing) -> Iterator[Row]:
    offered = [tier for tier in _TIERS if tier["maxLeverage"] <= listing.leverage]
    for level, tier in enumerate(offered, 1):
        yield {**tier, "level": level}


def _ticker(world: World, listing: Listing, quote: Quote) -> Row:
    last = number(quote.last)
    return {
        "contractId": 10,
        "symbol": listing.symbol,
        "lastPrice": last,
        "bid1": number(quote.bid),
        "ask1": number(quote.ask),
        "volume24": 247_517_798,
        "amount24": 2009840383.8286,
        "holdVol": 554_731_422,
        "lower24Price": last,
        "high24Price": last,
        "riseFallRate": -0.0127,
        "riseFallValue": -1034.2,
        "indexPrice": number(quote.index),
        "fairPrice": number(quote.mark),
        "fundingRate": number(world.rate(listing)),
        "maxBidPrice": number(quote.last * 2),
        "minAskPrice": number(quote.last / 2),
        "timestamp": world.millis(),
    }


def _funding(world: World, listing: Listing, quote: Quote) -> Row:
    cap = 0.0018 if listing.asset in ("BTC", "ETH") else 0.03
    return {
        "symbol": listing.symbol,
        "fundingRate": number(world.rate(listing)),
        "maxFundingRate": cap,
        "minFundingRate": -cap,
        "collectCycle": listing.hours,
        "nextSettleTime": world.next_funding(listing.hours),
        "timestamp": world.millis(),
        "idxPrice": number(quote.index),
        "fairPrice": number(quote.mark),
    }


def _prices(write: Writer, empty: Row) -> Callable[[World, Query], Reply]:
    """Make an endpoint of contract prices, with some rows at its end that belong to no contract."""

    def answer(world: World, query: Query) -> Reply:
        listings = _contracts(world)
        rows = [write(world, listing, world.quote(listing)) | listing.row for listing in listings]
        strays = [{**rows[0], **empty, "symbol": symbol} for symbol in _NO_CONTRACTS]
        return _some(rows + strays, query)

    return answer


def _pairs(world: World, query: Query) -> Reply:
    rows = [_pair(listing) for listing in world.listings("mexc", "spot")]
    found = [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"])]
    head = {"timezone": "CST", "serverTime": world.millis(), "rateLimits": [], "exchangeFilters": []}
    return Reply({**head, "symbols": found}) if found else _INVALID_SYMBOL


def _pair(listing: Listing) -> Row:
    return {
        "symbol": listing.symbol,
        "status": "1",
        "baseAsset": listing.base,
        "baseAssetPrecision": max(places(listing.step), 0),
        "quoteAsset": listing.quote,
        "quotePrecision": places(listing.tick),
        "quoteAssetPrecision": places(listing.tick),
        "baseCommissionPrecision": 2,
        "quoteCommissionPrecision": 5,
        "orderTypes": ["LIMIT", "MARKET", "LIMIT_MAKER"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": text(listing.step),
        "permissions": ["SPOT"],
        "filters": [],
        "maxQuoteAmount": "2000000",
        "makerCommission": "0.0005",
        "takerCommission": "0.0005",
        "quoteAmountPrecisionMarket": "1",
        "maxQuoteAmountMarket": "100000",
        "fullName": listing.base,
        "tradeSideType": 1,
    } | listing.spec


def _spot_price(_world: World, listing: Listing, quote: Quote) -> Row:
    return {"symbol": listing.symbol, "price": text(quote.last)}


def _spot_book(_world: World, listing: Listing, quote: Quote) -> Row:
    return {
        "symbol": listing.symbol,
        "bidPrice": text(quote.bid),
        "bidQty": "115.59",
        "askPrice": text(quote.ask),
        "askQty": "215.48",
    }


def _spot_day(world: World, listing: Listing, quote: Quote) -> Row:
    last = text(quote.last)
    return {
        "symbol": listing.symbol,
        "priceChange": "184.34",
        "priceChangePercent": "0.00400048",
        "prevClosePrice": last,
        "lastPrice": last,
        "bidPrice": text(quote.bid),
        "bidQty": "",
        "askPrice": text(quote.ask),
        "askQty": "",
        "openPrice": last,
        "highPrice": last,
        "lowPrice": last,
        "volume": "1732.461487",
        "quoteVolume": None,
        "openTime": world.millis() - DAY_MS,
        "closeTime": world.millis(),
        "count": None,
    }


def _spot(write: Writer) -> Callable[[World, Query], Reply]:
    """Make an endpoint of spot prices: all rows, or one if a symbol is named."""

    def answer(world: World, query: Query) -> Reply:
        listings = world.listings("mexc", "spot")
        rows = [write(world, listing, world.quote(listing)) | listing.row for listing in listings]
        if "symbol" not in query:
            return Reply(rows)
        found = [row for row in rows if row["symbol"] == query["symbol"]]
        return Reply(found[0]) if found else _INVALID_SYMBOL

    return answer


def _contract(world: World, query: Query) -> Listing | None:
    symbol = query.get("symbol", "")
    return world.find("mexc", "linear", symbol) or world.find("mexc", "inverse", symbol)


def _columns(world: World, query: Query) -> Reply:
    """Answer contract/kline: columns and seconds, oldest first; it takes no limit, and usually it is about minutes."""
    listing = _contract(world, query)
    if listing is None:
        return _UNKNOWN_CONTRACT
    if query.get("interval") != "Day1":
        return _INVALID
    window = {name: str(int(query[name]) * 1000) for name in ("start", "end") if query.get(name, "").isdecimal()}
    days = stretch(world.candles(listing), window, most=_MOST_CANDLES, names=("start", "end"))
    return Reply({"success": True, "code": 0, "data": _table(days)})


def _table(days: list[Candle]) -> Row:
    prices = {name: [number(getattr(day, name)) for day in days] for name in ("open", "close", "high", "low")}
    amounts = {"vol": [1740.0] * len(days), "amount": [60793.623] * len(days)}
    real = {"real" + name.title(): column for name, column in prices.items()}
    return {"time": [day.opened_ms // 1000 for day in days], **prices, **amounts, **real}


def _payments(world: World, query: Query) -> Reply:
    """Answer contract/funding_rate/history in pages, newest first."""
    listing = _contract(world, query)
    if listing is None:
        return _UNKNOWN_CONTRACT
    page, size = wanted(query, 1, name="page_num"), wanted(query, 20, name="page_size")
    if not page or not 1 <= size <= _MOST_PAYMENTS:
        return _INVALID
    paid = world.payments(listing)[::-1]
    rows = [_payment(listing, one) for one in paid[(page - 1) * size : page * size]]
    counts = {"pageSize": size, "totalCount": len(paid), "totalPage": -(-len(paid) // size), "currentPage": page}
    return Reply({"success": True, "code": 0, "data": {**counts, "resultList": rows}})


def _payment(listing: Listing, payment: Payment) -> Row:
    rate = number(payment.rate)
    return {"symbol": listing.symbol, "fundingRate": rate, "settleTime": payment.at_ms, "collectCycle": listing.hours}


def _klines(world: World, query: Query) -> Reply:
    """Answer klines of spot, oldest first."""
    listing = world.find("mexc", "spot", query.get("symbol", ""))
    if listing is None:
        return _INVALID_SYMBOL
    if query.get("interval") != "1d":
        return _INVALID_INTERVAL
    days = stretch(world.candles(listing), query, most=min(wanted(query, 500), _MOST_SPOT_CANDLES))
    return Reply([_kline(day) for day in days])


def _kline(day: Candle) -> list[Any]:
    prices = [text(price) for price in (day.open, day.high, day.low, day.close)]
    return [day.opened_ms, *prices, "3.550717", day.ended_ms, "168387.3"]


def _headers(_spending: Spending) -> dict[str, str]:
    return {}


_CONTRACTS = {
    "/api/v1/contract/detail": Route(_detail),
    "/api/v1/contract/ticker": Route(_prices(_ticker, {"lastPrice": 0})),
    "/api/v1/contract/funding_rate": Route(_prices(_funding, {})),
    "/api/v1/contract/funding_rate/history": Route(_payments),
    "/api/v1/contract/kline": Route(_columns),
}

EXCHANGE = Exchange(
    name="mexc",
    routes={
        "api.mexc.com": {
            **_CONTRACTS,
            "/api/v3/exchangeInfo": Route(_pairs),
            "/api/v3/ticker/price": Route(_spot(_spot_price)),
            "/api/v3/ticker/bookTicker": Route(_spot(_spot_book)),
            "/api/v3/ticker/24hr": Route(_spot(_spot_day)),
            "/api/v3/klines": Route(_klines),
        },
        "contract.mexc.com": _CONTRACTS,
    },
    limits={"api.mexc.com": 20, "contract.mexc.com": 20},
    window=2,
    headers=_headers,
    unknown_path=html_not_found,
    ends_in_symbol=frozenset({"/api/v1/contract/funding_rate", "/api/v1/contract/kline"}),
)
