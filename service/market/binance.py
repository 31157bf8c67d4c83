"""Binance: USD-M futures (linear), COIN-M futures (inverse) and spot, each on a host of its own.

Law: what Binance leaves out has a meaning: a funding interval that is not listed is 8 hours, and a contract without a
next funding time has no funding, whatever its rate says.
Source: developers.binance.com, and replies recorded in July 2026.
"""

import math
import re
import time
from asyncio import gather
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct

from service.market.payload import by_symbol, is_symbol, number, read, real, some
from service.market.scale import unscale
from service.market.source import (
    DAY_MS,
    HISTORY_DAYS,
    LISTINGS_FRESH,
    LISTINGS_LONGEST,
    QUOTES_FRESH,
    QUOTES_LONGEST,
    Adapter,
    Budget,
    Candles,
    Close,
    Feed,
    Fundings,
    Get,
    Listing,
    Payment,
    Quote,
    Reason,
    Segment,
    UpstreamError,
    history_of,
)

LINEAR_HOST, INVERSE_HOST, SPOT_HOST = "fapi.binance.com", "dapi.binance.com", "api.binance.com"
MAKER_FEE_RATE, TAKER_FEE_RATE = Decimal("0.0002"), Decimal("0.0005")
"""Fees of USD-M and COIN-M alike: of regular users, from binance.com/en/fee/futureFee, September 2026. Binance does not
publish them per symbol."""
USUAL_FUNDING_HOURS = 8
"""Interval of every perpetual that fundingInfo does not list."""
LONGEST_BAN = 3 * 86_400.0
"""Seconds; Binance says that it bans for up to three days."""

ROOTS: dict[Segment, tuple[str, str]] = {
    "linear": (LINEAR_HOST, "/fapi/v1"),
    "inverse": (INVERSE_HOST, "/dapi/v1"),
    "spot": (SPOT_HOST, "/api/v3"),
}
"""Where what is of single symbols lies."""
CANDLES_WEIGHT = 2
"""Of 100 to 499 candles; of any number on spot."""
FUNDING_WEIGHTS: dict[Segment, int] = {"linear": 15, "inverse": 1}
"""USD-M counts past funding apart, 500 in five minutes: at this weight our budget ends before that."""
MOST_PAYMENTS = 1000

T = TypeVar("T")
_is_contract = re.compile(r"(?:PERPETUAL|(?:CURRENT|NEXT)_QUARTER)(?:[ _]DELIVERING)?").fullmatch
_find_ban = re.compile(r"banned until ([0-9]{13})\b").search


class Premium(Struct, frozen=True, rename="camel"):
    """A row of premiumIndex."""

    symbol: str
    mark_price: str
    index_price: str
    last_funding_rate: str
    """Despite its name the rate that is going to be exchanged; empty (COIN-M) or 0 (USD-M) for a dated contract."""
    next_funding_time: int
    """0 for a dated contract."""
    time: int


class Price(Struct, frozen=True):
    """A row of ticker/price; a pair that was halted keeps its last price for good."""

    symbol: str
    price: str


class Book(Struct, frozen=True, rename="camel"):
    """A row of ticker/bookTicker."""

    symbol: str
    bid_price: str
    ask_price: str


class Filter(Struct, frozen=True, rename="camel"):
    """A rule for orders; each kind has fields of its own."""

    filter_type: str
    tick_size: str = ""
    step_size: str = ""
    min_qty: str = ""
    max_qty: str = ""
    notional: str = ""
    """Of MIN_NOTIONAL, on USD-M."""
    min_notional: str = ""
    """Of NOTIONAL, on spot."""


class Contract(Struct, frozen=True, rename="camel"):
    """A future in exchangeInfo."""

    symbol: str
    contract_type: str
    delivery_date: int
    base_asset: str
    quote_asset: str
    underlying_type: str
    filters: list[Filter]


class LinearContract(Contract, frozen=True, rename="camel"):
    """A USD-M future."""

    status: str


class InverseContract(Contract, frozen=True, rename="camel"):
    """A COIN-M future."""

    contract_status: str
    contract_size: Decimal
    """In USD."""


class Pair(Struct, frozen=True, rename="camel"):
    """A spot pair in exchangeInfo."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    is_spot_trading_allowed: bool
    filters: list[Filter]


class LinearInfo(Struct, frozen=True):
    """What exchangeInfo says of USD-M."""

    symbols: Annotated[list[LinearContract], Meta(min_length=1)]


class InverseInfo(Struct, frozen=True):
    """What exchangeInfo says of COIN-M."""

    symbols: Annotated[list[InverseContract], Meta(min_length=1)]


class SpotInfo(Struct, frozen=True):
    """What exchangeInfo says of spot."""

    symbols: Annotated[list[Pair], Meta(min_length=1)]


class Funding(Struct, frozen=True, rename="camel"):
    """A row of fundingInfo: a perpetual whose interval or cap was adjusted."""

    symbol: str
    funding_interval_hours: int
    adjusted_funding_rate_cap: str
    adjusted_funding_rate_floor: str


class Candle(Struct, frozen=True, array_like=True):
    """A row of klines; more follows behind the close."""

    open_time: int
    open: str
    high: str
    low: str
    close: str


class Paid(Struct, frozen=True, rename="camel"):
    """A row of fundingRate."""

    symbol: str
    funding_time: int
    """Some milliseconds late now and then."""
    funding_rate: str


class Refusal(Struct, frozen=True):
    """What Binance answers instead."""

    code: int
    msg: str


_NO_BOOK = Book("", "", "")
_NO_FILTER = Filter("")


def parse_futures_quotes(premiums: bytes, prices: bytes, books: bytes) -> list[Quote]:
    """Read the quotes of USD-M or COIN-M from premiumIndex, ticker/price and ticker/bookTicker."""
    last, book = _last_prices(prices), _books(books)
    return [
        _futures_quote(row, last.get(row.symbol), book.get(row.symbol, _NO_BOOK))
        for row in some(read(list[Premium], premiums))
        if is_symbol(row.symbol)
    ]


def parse_spot_quotes(prices: bytes, books: bytes) -> list[Quote]:
    """Read the quotes of spot from ticker/price and ticker/bookTicker; neither tells its time."""
    last, book = _last_prices(prices), _books(books)
    return [
        _spot_quote(symbol, price, book.get(symbol, _NO_BOOK)) for symbol, price in last.items() if is_symbol(symbol)
    ]


def parse_linear_listings(info: bytes, funding: bytes) -> list[Listing]:
    """Read what USD-M trades from exchangeInfo and fundingInfo; stocks, metals and indices are left out."""
    adjusted = by_symbol(some(read(list[Funding], funding)))
    return [
        Listing(
            segment="linear",
            is_trading=row.status == "TRADING",
            order_unit="base",
            min_notional=number(_by_kind(row.filters).get("MIN_NOTIONAL", _NO_FILTER).notional),
            **_terms(row, adjusted.get(row.symbol)),
        )
        for row in read(LinearInfo, info).symbols
        if _is_wanted(row)
    ]


def parse_inverse_listings(info: bytes, funding: bytes) -> list[Listing]:
    """Read what COIN-M trades from exchangeInfo and fundingInfo, which may list nothing at all here."""
    adjusted = by_symbol(read(list[Funding], funding))
    return [
        Listing(
            segment="inverse",
            is_trading=row.contract_status == "TRADING",
            multiplier=row.contract_size,
            **_terms(row, adjusted.get(row.symbol)),
        )
        for row in read(InverseInfo, info).symbols
        if _is_wanted(row)
    ]


def parse_spot_listings(info: bytes) -> list[Listing]:
    """Read what spot trades from exchangeInfo."""
    return [_spot_listing(row) for row in read(SpotInfo, info).symbols if is_symbol(row.symbol)]


def parse_candles(listing: Listing, body: bytes) -> list[Candles]:
    """Read the daily closes of one symbol from klines, the one of the day under way among them."""
    rows = some(read(list[Candle], body))
    closes = tuple(Close(row.open_time + DAY_MS, real(row.close)) for row in rows)
    return [Candles(symbol=listing.symbol, closes=closes)]


def parse_fundings(listing: Listing, body: bytes) -> list[Fundings]:
    """Read the past funding of one perpetual from fundingRate, which is empty before the first."""
    rows = read(list[Paid], body)
    if any(row.symbol != listing.symbol for row in rows):
        raise UpstreamError("bad_payload", "The funding is that of another symbol")
    payments = tuple(Payment(row.funding_time, real(row.funding_rate)) for row in rows)
    return [Fundings(symbol=listing.symbol, payments=payments)]


def classify(status: int, body: bytes, *, now: float) -> UpstreamError | None:
    """Read Binance's own error.

    Args:
        status: of the answer.
        body: same.
        now: seconds since 1970.

    Returns:
        The error; None for what is no error, or none of Binance's known ones.
    """
    refusal = _refusal(body) if status >= 400 else None
    if refusal is None:
        return None
    detail = f"binance answered with status {status} and code {refusal.code}"
    if ban := _find_ban(refusal.msg):
        left = int(ban[1]) / 1000 - now
        return UpstreamError("banned", detail, retry_after=min(LONGEST_BAN, max(0.0, left)))
    reason = _reason(status, refusal.code)
    if reason is None:
        return None
    return UpstreamError(reason, detail, retry_after=math.inf if reason == "geo_blocked" else None)


def refuse(status: int, body: bytes) -> UpstreamError | None:
    """Read Binance's own error, by this machine's clock."""
    return classify(status, body, now=time.time())


async def fetch_linear_quotes(get: Get) -> list[Quote]:
    """Ask USD-M for its quotes."""
    return parse_futures_quotes(*await _ask_quotes(get, LINEAR_HOST, "/fapi/v1"))


async def fetch_inverse_quotes(get: Get) -> list[Quote]:
    """Ask COIN-M for its quotes."""
    return parse_futures_quotes(*await _ask_quotes(get, INVERSE_HOST, "/dapi/v1"))


async def fetch_spot_quotes(get: Get) -> list[Quote]:
    """Ask spot for its quotes."""
    return parse_spot_quotes(
        *await gather(
            get(SPOT_HOST, "/api/v3/ticker/price", weight=4),
            get(SPOT_HOST, "/api/v3/ticker/bookTicker", weight=4),
        )
    )


async def fetch_linear_listings(get: Get) -> list[Listing]:
    """Ask USD-M what it trades."""
    return parse_linear_listings(*await _ask_listings(get, LINEAR_HOST, "/fapi/v1"))


async def fetch_inverse_listings(get: Get) -> list[Listing]:
    """Ask COIN-M what it trades."""
    return parse_inverse_listings(*await _ask_listings(get, INVERSE_HOST, "/dapi/v1"))


async def fetch_spot_listings(get: Get) -> list[Listing]:
    """Ask spot what it trades; without the permission sets, which are most of the reply."""
    wanted = {"permissions": "SPOT", "symbolStatus": "TRADING", "showPermissionSets": "false"}
    return parse_spot_listings(await get(SPOT_HOST, "/api/v3/exchangeInfo", weight=20, **wanted))


async def fetch_candles(listing: Listing, get: Get) -> list[Candles]:
    """Ask for the daily closes of one symbol."""
    host, root = ROOTS[listing.segment]
    wanted = {"symbol": listing.symbol, "interval": "1d", "limit": str(HISTORY_DAYS)}
    return parse_candles(listing, await get(host, f"{root}/klines", weight=CANDLES_WEIGHT, **wanted))


async def fetch_fundings(listing: Listing, get: Get) -> list[Fundings]:
    """Ask for the past funding of one perpetual."""
    host, root = ROOTS[listing.segment]
    weight = FUNDING_WEIGHTS[listing.segment]
    wanted = {"symbol": listing.symbol, "limit": str(MOST_PAYMENTS)}
    return parse_fundings(listing, await get(host, f"{root}/fundingRate", weight=weight, **wanted))


candles_of = history_of("binance", "candles", fetch_candles)
fundings_of = history_of("binance", "fundings", fetch_fundings)


async def _ask_quotes(get: Get, host: str, root: str) -> tuple[bytes, bytes, bytes]:
    return await gather(
        get(host, f"{root}/premiumIndex", weight=10),
        get(host, f"{root}/ticker/price", weight=2),
        get(host, f"{root}/ticker/bookTicker", weight=5),
    )


async def _ask_listings(get: Get, host: str, root: str) -> tuple[bytes, bytes]:
    return await gather(get(host, f"{root}/exchangeInfo"), get(host, f"{root}/fundingInfo"))


def _last_prices(body: bytes) -> dict[str, str]:
    return {symbol: row.price for symbol, row in by_symbol(some(read(list[Price], body))).items()}


def _books(body: bytes) -> dict[str, Book]:
    return by_symbol(some(read(list[Book], body)))


def _futures_quote(row: Premium, last: str | None, book: Book) -> Quote:
    return Quote(
        symbol=row.symbol,
        last=number(last),
        mark=number(row.mark_price),
        index=number(row.index_price),
        bid=number(book.bid_price),
        ask=number(book.ask_price),
        funding_rate=number(row.last_funding_rate) if row.next_funding_time else None,
        next_funding_ms=row.next_funding_time or None,
        as_of_ms=row.time,
    )


def _spot_quote(symbol: str, price: str, book: Book) -> Quote:
    return Quote(symbol=symbol, last=number(price), bid=number(book.bid_price), ask=number(book.ask_price))


def _is_wanted(row: Contract) -> bool:
    """Tell whether it is a future on a coin: TRADIFI_PERPETUAL, indices and pre-market contracts are not."""
    return bool(row.underlying_type == "COIN" and _is_contract(row.contract_type) and is_symbol(row.symbol))


def _terms(row: Contract, adjusted: Funding | None) -> dict[str, Any]:
    """Give the terms that USD-M and COIN-M state alike."""
    base, units = unscale(row.base_asset)
    return {
        "symbol": row.symbol,
        "base": base,
        "units": units,
        "quote": row.quote_asset,
        "maker_fee_rate": MAKER_FEE_RATE,
        "taker_fee_rate": TAKER_FEE_RATE,
        **_sizes(_by_kind(row.filters)),
        **_dates(row, adjusted),
    }


def _dates(row: Contract, adjusted: Funding | None) -> dict[str, Any]:
    """Give when it settles or how it is funded; the delivery date of a perpetual is no expiry."""
    if not row.contract_type.startswith("PERPETUAL"):
        return {"expiry_ms": row.delivery_date}
    if adjusted is None:
        return {"funding_interval_hours": USUAL_FUNDING_HOURS}
    limits = adjusted.adjusted_funding_rate_cap, adjusted.adjusted_funding_rate_floor
    return {
        "funding_interval_hours": adjusted.funding_interval_hours,
        "funding_cap": max(_needed(limit).copy_abs() for limit in limits),
    }


def _spot_listing(row: Pair) -> Listing:
    filters = _by_kind(row.filters)
    base, units = unscale(row.base_asset)
    return Listing(
        symbol=row.symbol,
        segment="spot",
        base=base,
        units=units,
        quote=row.quote_asset,
        is_trading=row.status == "TRADING" and row.is_spot_trading_allowed,
        order_unit="base",
        min_notional=number(filters.get("NOTIONAL", _NO_FILTER).min_notional),
        **_sizes(filters),
    )


def _by_kind(filters: list[Filter]) -> dict[str, Filter]:
    return {one.filter_type: one for one in filters}


def _sizes(filters: Mapping[str, Filter]) -> dict[str, Any]:
    """Give the grids, without which a listing would be worthless, and the bounds, where 0 stands for none."""
    lot = filters.get("LOT_SIZE", _NO_FILTER)
    return {
        "lot_step": _needed(lot.step_size),
        "min_quantity": number(lot.min_qty) or None,
        "max_quantity": number(lot.max_qty) or None,
        "max_market_quantity": number(filters.get("MARKET_LOT_SIZE", _NO_FILTER).max_qty) or None,
        "tick_size": _needed(filters.get("PRICE_FILTER", _NO_FILTER).tick_size),
    }


def _needed(text: str) -> Decimal:
    value = number(text)
    if value is None:
        raise UpstreamError("bad_payload", "A number is missing from the terms of a symbol")
    return value


def _refusal(body: bytes) -> Refusal | None:
    try:
        return read(Refusal, body)
    except UpstreamError:
        return None


def _reason(status: int, code: int) -> Reason | None:
    if code == -1003:
        return "banned" if status == 418 else "rate_limited"
    if status == 451:
        return "geo_blocked"
    return "bad_payload" if status in {400, 401, 404} else None


ADAPTER = Adapter(
    exchange="binance",
    feeds=(
        Feed("binance", "linear", "quotes", Quote, fetch_linear_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("binance", "inverse", "quotes", Quote, fetch_inverse_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("binance", "spot", "quotes", Quote, fetch_spot_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("binance", "linear", "listings", Listing, fetch_linear_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("binance", "inverse", "listings", Listing, fetch_inverse_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("binance", "spot", "listings", Listing, fetch_spot_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
    ),
    budgets={LINEAR_HOST: Budget(1200, 60), INVERSE_HOST: Budget(1200, 60), SPOT_HOST: Budget(3000, 60)},
    refuse=refuse,
    candles_of=candles_of,
    fundings_of=fundings_of,
    lists_expiring=True,
)
