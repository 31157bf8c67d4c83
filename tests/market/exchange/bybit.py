"""Bybit v5: one envelope for all, a category instead of a host, everything a string, errors with HTTP status 200."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import parse_qs, quote_plus, unquote

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
    short,
    stretch,
    text,
    wanted,
)
from tests.market.exchange.world import Candle, Payment, Quote, World

Row = dict[str, Any]

_TIERS = (
    ("300000", "0.0033", "0.0066", "150.00"),
    ("2000000", "0.005", "0.01", "100.00"),
    ("3800000", "0.0067", "0.0134", "75.00"),
    ("8500000", "0.01", "0.02", "50.00"),
    ("20000000", "0.016", "0.0286", "35.00"),
    ("80000000", "0.045", "0.0714", "14.00"),
    ("200000000", "0.1", "0.2", "5.00"),
)
"""Limit of the position, maintenance and initial margin, and leverage, each for contracts that allow the leverage."""
_RISK_PAGE = 15
_MOST_CANDLES, _MOST_PAYMENTS = 1000, 200


def _envelope(world: World, result: Row, *, code: int = 0, message: str = "OK") -> Reply:
    body = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": world.millis()}
    return Reply(body)


def _refusal(world: World, message: str) -> Reply:
    return _envelope(world, {"category": "", "list": []}, code=10001, message=message)


def _market(query: Query) -> Market | None:
    return next((market for market in get_args(Market) if market == query.get("category")), None)


def _instruments(world: World, query: Query) -> Reply:
    """Answer instruments-info; futures come in pages, spot in one piece."""
    market = _market(query)
    if market is None:
        return _refusal(world, "params error: Category is invalid")
    write = _pair if market == "spot" else _contract
    rows = [write(world, listing) for listing in world.listings("bybit", market)]
    found = [row for row in rows if _fits(row, query)]
    if not found and "symbol" in query:
        return _refusal(world, "Not supported symbols")
    return _envelope(world, {"category": market, "list": found}) if market == "spot" else _page(world, found, query)


def _fits(row: Row, query: Query) -> bool:
    return all(row[name] == query.get(name, row[name]) for name in ("symbol", "status"))


def _page(world: World, rows: list[Row], query: Query) -> Reply:
    """Cut out the page that a cursor names; it holds the first and the last symbol of the page before, quoted."""
    asked = query.get("limit", "500")
    if not asked.isdecimal() or not 1 <= int(asked) <= 1000:
        return _refusal(world, "params error: limit is invalid")
    symbols = [row["symbol"] for row in rows]
    start = _start(symbols, query.get("cursor", ""))
    if start is None:
        return _refusal(world, "params error: cursor is invalid")
    end = start + min(int(asked), world.page_cap)
    cursor = quote_plus(f"first={symbols[start]}&last={symbols[end - 1]}") if end < len(rows) else ""
    return _envelope(world, {"category": query["category"], "list": rows[start:end], "nextPageCursor": cursor})


def _start(symbols: list[str], cursor: str) -> int | None:
    if not cursor:
        return 0
    last = parse_qs(unquote(cursor)).get("last", [""])[0]
    return symbols.index(last) + 1 if last in symbols[:-1] else None


def _contract(world: World, listing: Listing) -> Row:
    style = "Linear" if listing.market == "linear" else "Inverse"
    cap = "0.00375" if listing.asset in ("BTC", "ETH") else "0.02"
    return {
        "symbol": world.symbol(listing),
        "symbolId": 5,
        "contractType": style + ("Perpetual" if listing.quarter is None else "Futures"),
        "status": "Trading",
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "launchTime": "1585526400000",
        "deliveryTime": _delivery(world, listing),
        "deliveryFeeRate": "" if listing.quarter is None else "0.0005",
        "priceScale": str(places(listing.tick)),
        **_filters(listing),
        "unifiedMarginTrade": True,
        "fundingInterval": listing.hours * 60 if listing.quarter is None else 0,
        "settleCoin": listing.quote if listing.market == "linear" else listing.base,
        "copyTrading": "both",
        "upperFundingRate": cap,
        "lowerFundingRate": "-" + cap,
        "isPreListing": False,
        "preListingInfo": _auction(world) if listing.spec.get("isPreListing") else None,
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        "symbolType": "",
    } | listing.spec


def _delivery(world: World, listing: Listing) -> str:
    return "0" if listing.quarter is None else str(millis(world.expiry(listing.quarter)))


def _filters(listing: Listing) -> Row:
    tick, step = text(listing.tick), text(listing.step)
    most = text(listing.step * 1_000_000)
    lots = {"maxOrderQty": most, "minOrderQty": step, "qtyStep": step, "postOnlyMaxOrderQty": most}
    lots["maxMktOrderQty"] = text(listing.step * 500_000)
    if listing.min_notional is not None:
        lots["minNotionalValue"] = short(listing.min_notional)
    return {
        "leverageFilter": {"minLeverage": "1", "maxLeverage": f"{listing.leverage}.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": tick, "maxPrice": text(listing.tick * 19_999_998), "tickSize": tick},
        "lotSizeFilter": lots,
    }


def _auction(world: World) -> Row:
    phases = [{"phase": "ContinuousTrading", "startTime": str(world.millis() - 60_000), "endTime": ""}]
    fees = {"auctionFeeRate": "0", "takerFeeRate": "0.001", "makerFeeRate": "0.0004"}
    return {"curAuctionPhase": "ContinuousTrading", "phases": phases, "auctionFeeInfo": fees}


def _pair(_world: World, listing: Listing) -> Row:
    step = text(listing.step)
    sizes = {"basePrecision": step, "quotePrecision": "0.0000001", "minOrderQty": step, "maxOrderQty": "8300000"}
    amounts = {"minOrderAmt": "5", "maxOrderAmt": "8000000", "maxLimitOrderQty": "8300000"}
    return {
        "symbolId": 9,
        "symbol": listing.symbol,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": {
            **sizes,
            **amounts,
            "maxMarketOrderQty": "4150000",
            "postOnlyMaxLimitOrderSize": "6000000",
        },
        "priceFilter": {"tickSize": text(listing.tick)},
        "riskParameters": {"priceLimitRatioX": "0.005", "priceLimitRatioY": "0.01"},
        "symbolType": "",
    } | listing.spec


def _tickers(world: World, query: Query) -> Reply:
    """Answer tickers, which for futures holds everything there is to know of a price."""
    market = _market(query)
    if market is None:
        return _refusal(world, "params error: Category is invalid")
    write = _spot_ticker if market == "spot" else _ticker
    rows = [write(world, listing, world.quote(listing)) | listing.row for listing in world.listings("bybit", market)]
    found = [row for row in rows if row["symbol"] == query.get("symbol", row["symbol"])]
    return _envelope(world, {"category": market, "list": found}) if found else _refusal(world, "Not supported symbols")


def _spot_ticker(_world: World, listing: Listing, quote: Quote) -> Row:
    last = text(quote.last)
    return {
        "symbol": listing.symbol,
        "bid1Price": text(quote.bid),
        "bid1Size": "2",
        "ask1Price": text(quote.ask),
        "ask1Size": "1.862172",
        "lastPrice": last,
        "prevPrice24h": last,
        "price24hPcnt": "0",
        "highPrice24h": last,
        "lowPrice24h": last,
        "turnover24h": "243765620.65899866",
        "volume24h": "11801.27771",
        "usdIndexPrice": text(quote.index),
    }


def _ticker(world: World, listing: Listing, quote: Quote) -> Row:
    last = text(quote.last)
    return {
        "symbol": world.symbol(listing),
        "lastPrice": last,
        "indexPrice": text(quote.index),
        "markPrice": text(quote.mark),
        "prevPrice24h": last,
        "price24hPcnt": "-0.024155",
        "highPrice24h": last,
        "lowPrice24h": last,
        "prevPrice1h": last,
        "openInterest": "50923.331",
        "openInterestValue": "5453073976.80",
        "turnover24h": "10983940889.6900",
        "volume24h": "102583.4090",
        **_funding(world, listing),
        "predictedDeliveryPrice": "",
        "basisRate": "" if listing.quarter is None else "0.01",
        "deliveryFeeRate": "" if listing.quarter is None else "0.0005",
        "deliveryTime": _delivery(world, listing),
        "ask1Size": "0.012",
        "bid1Price": text(quote.bid),
        "ask1Price": text(quote.ask),
        "bid1Size": "2.529",
        "basis": "" if listing.quarter is None else text(quote.mark - quote.index),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "ContinuousTrading" if listing.spec.get("isPreListing") else "",
        "basisRateYear": "" if listing.quarter is None else "0.04",
    }


def _funding(world: World, listing: Listing) -> Row:
    """Write what funding there is; a dated contract has none, and says so in empty strings and a zero."""
    if listing.quarter is not None:
        return {"fundingRate": "", "nextFundingTime": "0", "fundingIntervalHour": "", "fundingCap": ""}
    return {
        "fundingRate": text(world.rate(listing)),
        "nextFundingTime": str(world.next_funding(listing.hours)),
        "fundingIntervalHour": str(listing.hours),
        "fundingCap": "0.005" if listing.asset in ("BTC", "ETH") else "0.02",
    }


def _risk_limit(world: World, query: Query) -> Reply:
    """Answer risk-limit: tiers with the highest id first, rates as fractions, some symbols to a page."""
    market = _market(query)
    if market is None or market == "spot":
        return _refusal(world, "params error: Category is invalid")
    listings = [one for one in world.listings("bybit", market) if _named(world, one, query)]
    if not listings:
        return _refusal(world, "Not supported symbols")
    symbols = [world.symbol(listing) for listing in listings]
    start = _start(symbols, query.get("cursor", "")) or 0
    page = listings[start : start + _RISK_PAGE]
    more = start + _RISK_PAGE < len(listings)
    cursor = quote_plus(f"first={symbols[start]}&last={world.symbol(page[-1])}") if more else ""
    rows = [row for listing in page for row in _tiers(world, listing)]
    return _envelope(world, {"category": market, "list": rows, "nextPageCursor": cursor})


def _named(world: World, listing: Listing, query: Query) -> bool:
    symbol = world.symbol(listing)
    return symbol == query.get("symbol", symbol)


def _tiers(world: World, listing: Listing) -> Iterator[Row]:
    """Write the tiers of a contract; those of an inverse one are limits in the coin."""
    inverse = listing.market == "inverse"
    coin = world.quote(listing).mark if inverse else Decimal(1)
    offered = [tier for tier in _TIERS if Decimal(tier[3]) <= listing.leverage]
    for place, (limit, maintenance, initial, leverage) in reversed(list(enumerate(offered, 1))):
        yield {
            "id": place,
            "symbol": world.symbol(listing),
            "riskLimitValue": text((Decimal(limit) / coin).to_integral_value()),
            "maintenanceMargin": maintenance,
            "initialMargin": initial,
            "isLowestRisk": int(place == 1),
            "maxLeverage": leverage,
        }


def _listed(world: World, query: Query) -> Listing | None:
    market = _market(query)
    return None if market is None else world.find("bybit", market, query.get("symbol", ""))


def _candles(world: World, query: Query) -> Reply:
    """Answer kline, newest first; only the candles of a day are kept here."""
    listing = _listed(world, query)
    if listing is None:
        return _refusal(world, "Not supported symbols" if _market(query) else "params error: Category is invalid")
    if query.get("interval") != "D":
        return _refusal(world, "Invalid period!")
    asked = wanted(query, 200)
    if not 1 <= asked <= _MOST_CANDLES:
        return _refusal(world, "params error: limit is invalid")
    days = stretch(world.candles(listing), query, most=asked, names=("start", "end"))
    rows = [_candle(day) for day in reversed(days)]
    return _envelope(world, {"symbol": query["symbol"], "category": query["category"], "list": rows})


def _candle(day: Candle) -> list[str]:
    prices = [text(price) for price in (day.open, day.high, day.low, day.close)]
    return [str(day.opened_ms), *prices, "102692.021", "4182081209.2145"]


def _payments(world: World, query: Query) -> Reply:
    """Answer funding/history, newest first; it takes no start without an end."""
    listing = _listed(world, query)
    if listing is None or listing.market == "spot":
        return _refusal(world, "Not supported symbols")
    asked = wanted(query, 200)
    if not 1 <= asked <= _MOST_PAYMENTS:
        return _refusal(world, "params error: limit is invalid")
    if "startTime" in query and "endTime" not in query:
        return _refusal(world, "params error: endTime is required")
    window = {"endTime": query["endTime"]} if "endTime" in query else {}
    since = int(query.get("startTime", "0"))
    paid = [one for one in stretch(world.payments(listing), window, most=asked) if one.at_ms >= since]
    rows = [_payment(query["symbol"], one) for one in reversed(paid)]
    return _envelope(world, {"category": query["category"], "list": rows})


def _payment(symbol: str, payment: Payment) -> Row:
    return {"symbol": symbol, "fundingRate": text(payment.rate), "fundingRateTimestamp": str(payment.at_ms)}


def _headers(spending: Spending) -> dict[str, str]:
    return {
        "X-Bapi-Limit": str(spending.limit),
        "X-Bapi-Limit-Status": str(max(spending.limit - spending.used, 0)),
        "X-Bapi-Limit-Reset-Timestamp": str(spending.ends_ms),
    }


EXCHANGE = Exchange(
    name="bybit",
    routes={
        "api.bybit.com": {
            "/v5/market/instruments-info": Route(_instruments),
            "/v5/market/tickers": Route(_tickers),
            "/v5/market/risk-limit": Route(_risk_limit),
            "/v5/market/kline": Route(_candles),
            "/v5/market/funding/history": Route(_payments),
        },
    },
    limits={"api.bybit.com": 600},
    window=5,
    headers=_headers,
    unknown_path=html_not_found,
)
