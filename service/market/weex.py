"""WEEX: perpetuals ordered in coins, and spot; it lists no inverse contracts and none that expire.

Source: https://www.weex.com/api-doc/, and what live replies of 2026 looked like.
"""

import asyncio
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct

from service.market.payload import by_symbol, is_symbol, read, some
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
    UpstreamError,
    history_of,
)

FUTURES_HOST, SPOT_HOST = "api-contract.weex.com", "api-spot.weex.com"
BANNED_FOR = 10.0
"""Seconds that an address is shut out for too many requests."""
SPOT_DAYS = 300
"""Candles of spot that come at most; of futures 1000 do."""
MOST_PAYMENTS = 1000
"""Without a start and an end; between the two it would be a week."""

_DAY_MINUTES = 1440
T = TypeVar("T")
Places = Annotated[int, Meta(ge=-18, le=18)]
"""Decimal places of a grid; negative ones count tens: -2 is a grid of 100."""


class Refusal(Struct, frozen=True):
    """How an error is written."""

    code: int


class Ticker(Struct, frozen=True, rename="camel"):
    """A perpetual's row of ticker/24hr."""

    symbol: str
    last_price: Decimal | None
    mark_price: Decimal
    index_price: Decimal


class Premium(Struct, frozen=True, rename="camel"):
    """A row of premiumIndex, without its mark and index: those are up to a minute old, whatever `time` says."""

    symbol: str
    forecast_funding_rate: Decimal
    next_funding_time: int
    collect_cycle: int | None = None


class Book(Struct, frozen=True, rename="camel"):
    """A row of bookTicker; a contract without orders has none."""

    symbol: str
    bid_price: Decimal | None
    ask_price: Decimal | None


_NO_ORDERS = Book(symbol="", bid_price=None, ask_price=None)


class SpotTicker(Struct, frozen=True, rename="camel"):
    """A pair's row of ticker/24hr."""

    symbol: str
    last_price: Decimal | None
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None


class Contract(Struct, frozen=True, rename="camel"):
    """A perpetual in exchangeInfo."""

    symbol: str
    base_asset: str
    quote_asset: str
    price_precision: Places
    quantity_precision: Places
    delivery: list[str]
    underlying_type: str = "COIN"
    forward_contract_flag: bool = True
    min_order_size: Decimal | None = None
    max_order_size: Decimal | None = None
    market_open_limit_size: Decimal | None = None
    max_leverage: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None


class Contracts(Struct, frozen=True):
    """What exchangeInfo says of futures."""

    symbols: Annotated[list[Contract], Meta(min_length=1)]


class Pair(Struct, frozen=True, rename="camel"):
    """A spot pair in exchangeInfo."""

    symbol: str
    status: str
    enable_trade: bool
    base_asset: str
    quote_asset: str
    tick_size: Decimal
    step_size: Decimal
    min_trade_amount: Decimal | None = None
    max_trade_amount: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None


class Pairs(Struct, frozen=True):
    """What exchangeInfo says of spot."""

    symbols: Annotated[list[Pair], Meta(min_length=1)]


class Candle(Struct, frozen=True, array_like=True):
    """A row of klines; more follows behind the close."""

    open_time: int
    open: Any
    high: Any
    low: Any
    close: float


class Paid(Struct, frozen=True, rename="camel"):
    """A row of fundingRate."""

    symbol: str
    funding_rate: float
    funding_time: int


def parse_linear_quotes(tickers: bytes, premiums: bytes, books: bytes) -> list[Quote]:
    """Read the quotes of perpetuals out of ticker/24hr, premiumIndex and bookTicker.

    None tells the time of its prices: `closeTime` is the edge of a day's window on the half hour, and `time` in
    premiumIndex runs on while the prices beside it stand still.
    """
    funding = by_symbol(some(read(list[Premium], premiums)))
    orders = by_symbol(some(read(list[Book], books)))
    rows = some(read(list[Ticker], tickers))
    return [
        _quote(row, funding.get(row.symbol), orders.get(row.symbol, _NO_ORDERS))
        for row in rows
        if is_symbol(row.symbol)
    ]


def parse_spot_quotes(tickers: bytes) -> list[Quote]:
    """Read the spot quotes out of ticker/24hr; `closeTime` is the edge of a day's window there, too."""
    rows = some(read(list[SpotTicker], tickers))
    return [
        Quote(symbol=row.symbol, last=row.last_price, bid=row.bid_price, ask=row.ask_price)
        for row in rows
        if is_symbol(row.symbol)
    ]


def parse_linear_listings(contracts: bytes, tradable: bytes) -> list[Listing]:
    """Read the perpetuals on coins out of exchangeInfo; apiTradingSymbols names those that a program may trade."""
    open_to_programs = frozenset(some(read(list[str], tradable)))
    return [
        _linear_listing(row, is_trading=row.symbol in open_to_programs)
        for row in read(Contracts, contracts).symbols
        if is_symbol(row.symbol) and row.underlying_type == "COIN" and row.forward_contract_flag
    ]


def parse_spot_listings(body: bytes) -> list[Listing]:
    """Read the spot pairs out of exchangeInfo."""
    return [_spot_listing(row) for row in read(Pairs, body).symbols if is_symbol(row.symbol)]


def parse_candles(listing: Listing, body: bytes) -> list[Candles]:
    """Read the daily closes of one symbol out of klines, newest first there, with that of the day under way."""
    rows = some(read(list[Candle], body))
    closes = sorted(Close(row.open_time + DAY_MS, row.close) for row in rows)
    return [Candles(symbol=listing.symbol, closes=tuple(closes))]


def parse_fundings(listing: Listing, body: bytes) -> list[Fundings]:
    """Read the past funding of one perpetual out of fundingRate: newest first there, and empty before the first."""
    rows = read(list[Paid], body)
    if any(row.symbol != listing.symbol for row in rows):
        raise UpstreamError("bad_payload", "The funding is that of another symbol")
    payments = sorted(Payment(row.funding_time, row.funding_rate) for row in rows)
    return [Fundings(symbol=listing.symbol, payments=tuple(payments))]


def refuse(status: int, body: bytes) -> UpstreamError | None:
    """Read WEEX's own error; None where there is none."""
    if status == 429:
        return UpstreamError("rate_limited", "WEEX shuts this address out", retry_after=BANNED_FOR)
    code = _code(body) if status == 400 else None
    return UpstreamError("bad_payload", f"WEEX answered with code {code}") if code else None


def _code(body: bytes) -> int | None:
    try:
        return read(Refusal, body).code
    except UpstreamError:
        return None


def _quote(ticker: Ticker, funding: Premium | None, orders: Book) -> Quote:
    return Quote(
        symbol=ticker.symbol,
        last=ticker.last_price,
        mark=ticker.mark_price,
        index=ticker.index_price,
        bid=orders.bid_price,
        ask=orders.ask_price,
        # The rate to come; `lastFundingRate` is the one that was paid last.
        funding_rate=None if funding is None else funding.forecast_funding_rate,
        funding_interval_hours=None if funding is None else _hours(funding.collect_cycle),
        next_funding_ms=None if funding is None else funding.next_funding_time,
    )


def _linear_listing(row: Contract, *, is_trading: bool) -> Listing:
    asset, units = unscale(row.base_asset)
    return Listing(
        symbol=row.symbol,
        segment="linear",
        base=asset,
        units=units,
        quote=row.quote_asset,
        is_trading=is_trading,
        # An order counts in coins; `contractVal` is its step and no size of a contract.
        order_unit="base",
        lot_step=_grid(row.quantity_precision),
        min_quantity=row.min_order_size,
        max_quantity=row.max_order_size,
        max_market_quantity=row.market_open_limit_size,
        tick_size=_grid(row.price_precision),
        max_leverage=row.max_leverage,
        maker_fee_rate=row.maker_fee_rate,
        taker_fee_rate=row.taker_fee_rate,
        # The times of day at which funding is exchanged.
        funding_interval_hours=_hours(_DAY_MINUTES // len(row.delivery)) if row.delivery else None,
    )


def _spot_listing(row: Pair) -> Listing:
    asset, units = unscale(row.base_asset)
    return Listing(
        symbol=row.symbol,
        segment="spot",
        base=asset,
        units=units,
        quote=row.quote_asset,
        is_trading=row.status == "TRADING" and row.enable_trade,
        order_unit="base",
        lot_step=row.step_size,
        min_quantity=row.min_trade_amount,
        max_quantity=row.max_trade_amount,
        tick_size=row.tick_size,
        maker_fee_rate=row.maker_fee_rate,
        taker_fee_rate=row.taker_fee_rate,
    )


def _hours(minutes: int | None) -> int | None:
    """Whole hours of an interval; None for one that has none."""
    return minutes // 60 if minutes and minutes % 60 == 0 else None


def _grid(places: int) -> Decimal:
    return Decimal(10) ** -places


async def fetch_linear_quotes(get: Get) -> list[Quote]:
    """Ask for the quotes of perpetuals."""
    return parse_linear_quotes(
        *await asyncio.gather(
            get(FUTURES_HOST, "/capi/v3/market/ticker/24hr", weight=40),
            get(FUTURES_HOST, "/capi/v3/market/premiumIndex"),
            get(FUTURES_HOST, "/capi/v3/market/ticker/bookTicker"),
        )
    )


async def fetch_spot_quotes(get: Get) -> list[Quote]:
    """Ask for the spot quotes."""
    return parse_spot_quotes(await get(SPOT_HOST, "/api/v3/market/ticker/24hr", weight=10))


async def fetch_linear_listings(get: Get) -> list[Listing]:
    """Ask for the perpetuals."""
    return parse_linear_listings(
        *await asyncio.gather(
            get(FUTURES_HOST, "/capi/v3/market/exchangeInfo"),
            get(FUTURES_HOST, "/capi/v3/market/apiTradingSymbols", weight=5),
        )
    )


async def fetch_spot_listings(get: Get) -> list[Listing]:
    """Ask for the spot pairs."""
    return parse_spot_listings(await get(SPOT_HOST, "/api/v3/exchangeInfo", weight=100))


async def fetch_candles(listing: Listing, get: Get) -> list[Candles]:
    """Ask for the daily closes of one symbol."""
    wanted = {"symbol": listing.symbol, "interval": "1d"}
    if listing.segment == "spot":
        body = await get(SPOT_HOST, "/api/v3/market/klines", weight=2, limit=str(SPOT_DAYS), **wanted)
    else:
        body = await get(FUTURES_HOST, "/capi/v3/market/klines", weight=1, limit=str(HISTORY_DAYS), **wanted)
    return parse_candles(listing, body)


async def fetch_fundings(listing: Listing, get: Get) -> list[Fundings]:
    """Ask for the past funding of one perpetual."""
    wanted = {"symbol": listing.symbol, "limit": str(MOST_PAYMENTS)}
    return parse_fundings(listing, await get(FUTURES_HOST, "/capi/v3/market/fundingRate", weight=5, **wanted))


candles_of = history_of("weex", "candles", fetch_candles)
fundings_of = history_of("weex", "fundings", fetch_fundings)


_BUDGET = Budget(weight=250, seconds=10.0)
ADAPTER = Adapter(
    exchange="weex",
    feeds=(
        Feed("weex", "linear", "quotes", Quote, fetch_linear_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("weex", "spot", "quotes", Quote, fetch_spot_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("weex", "linear", "listings", Listing, fetch_linear_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("weex", "spot", "listings", Listing, fetch_spot_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
    ),
    # 500 in 10 s: exchangeInfo says minutes, the headers of its reply say seconds. Spot's weights are upper bounds.
    budgets={FUTURES_HOST: _BUDGET, SPOT_HOST: _BUDGET},
    refuse=refuse,
    candles_of=candles_of,
    fundings_of=fundings_of,
)
