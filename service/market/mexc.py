"""MEXC: linear and inverse perpetuals ordered in contracts, and spot; none that expire.

Source: https://www.mexc.com/api-docs/, and what live replies of 2026 looked like.
"""

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import quote as percent_encode

from msgspec import Meta, Struct, field

from service.market.payload import by_symbol, is_symbol, number, read, some
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
    Tier,
    UpstreamError,
    history_of,
)

HOST = "api.mexc.com"
API_MAKER_FEE, API_TAKER_FEE = Decimal("0.0006"), Decimal("0.0008")
"""Fees of futures orders sent by a program since 2026-06-01, read 2026-09-15; contract/detail names those of the web,
which are lower on most contracts."""
LIMITED_FOR = 2.0
"""Seconds of the window in which requests are counted."""
MOST_PAYMENTS = 1000
"""Of one page of past funding; older documentation says 100."""

_RATE_LIMITED = 510
_CONTRACTS = "/api/v1/contract/detail"
_SPEAKING = frozenset({200, 400})
"""Statuses under which the code in the body is MEXC's own word; any other status says enough itself."""
T = TypeVar("T")
Futures = Literal["linear", "inverse"]
Rows = Annotated[list[T], Meta(min_length=1)]
Places = Annotated[int, Meta(ge=-18, le=18)]


class Refusal(Struct, frozen=True):
    """How an error is written; spot leaves `success` out."""

    code: int
    success: bool = False


class Answer(Struct, Generic[T], frozen=True):
    """The envelope of what is asked for of futures."""

    data: Rows[T]


class Funding(Struct, frozen=True, rename="camel"):
    """A row of contract/funding_rate."""

    symbol: str
    fair_price: Decimal
    idx_price: Decimal
    funding_rate: Decimal
    next_settle_time: int
    collect_cycle: int | None = None
    min_funding_rate: Decimal | None = None
    max_funding_rate: Decimal | None = None
    timestamp: int | None = None


class Ticker(Struct, frozen=True, rename="camel"):
    """A row of contract/ticker."""

    symbol: str
    last_price: Decimal | None
    bid1: Decimal | None = None
    ask1: Decimal | None = None


_UNTRADED = Ticker(symbol="", last_price=None)


class Limit(Struct, frozen=True, rename="camel"):
    """A row of riskLimitCustom."""

    max_vol: Decimal
    """Contracts at which the next tier begins."""
    mmr: Decimal


class Contract(Struct, frozen=True, rename="camel"):
    """A perpetual in contract/detail."""

    symbol: str
    base_coin: str
    quote_coin: str
    settle_coin: str
    contract_size: Decimal
    state: int
    api_allowed: bool
    kind: int = field(name="type", default=1)
    future_type: int = 1
    vol_unit: Decimal | None = None
    min_vol: Decimal | None = None
    max_vol: Decimal | None = None
    limit_max_vol: Decimal | None = None
    price_unit: Decimal | None = None
    max_leverage: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    risk_limit_type: str = "BY_VOLUME"
    risk_limit_mode: str = "INCREASE"
    risk_limit_custom: list[Limit] | None = None
    maintenance_margin_rate: Decimal | None = None
    risk_base_vol: Decimal | None = None
    risk_incr_vol: Decimal | None = None
    risk_incr_mmr: Decimal | None = None
    risk_level_limit: Annotated[int, Meta(le=100)] | None = None


class Price(Struct, frozen=True):
    """A row of ticker/price."""

    symbol: str
    price: str | None


class Book(Struct, frozen=True, rename="camel"):
    """A row of ticker/bookTicker."""

    symbol: str
    bid_price: str | None
    ask_price: str | None


_NO_ORDERS = Book(symbol="", bid_price=None, ask_price=None)


class Pair(Struct, frozen=True, rename="camel"):
    """A spot pair in exchangeInfo."""

    symbol: str
    status: str
    is_spot_trading_allowed: bool
    base_asset: str
    quote_asset: str
    base_asset_precision: Places
    quote_asset_precision: Places
    base_size_precision: str | None = None
    """No precision: the smallest order."""
    quote_amount_precision: str | None = None
    """Same, in the quote currency."""
    maker_commission: Decimal | None = None
    taker_commission: Decimal | None = None


class Pairs(Struct, frozen=True):
    """What exchangeInfo says."""

    symbols: Rows[Pair]


class Columns(Struct, frozen=True):
    """What contract/kline holds: a list for each column, in place of rows."""

    time: Annotated[list[int], Meta(min_length=1)]
    """When the days began, in seconds."""
    close: list[float]


class ColumnsAnswer(Struct, frozen=True):
    """The envelope of contract/kline."""

    data: Columns


class SpotCandle(Struct, frozen=True, array_like=True):
    """A row of klines on spot; more follows behind the close."""

    open_time: int
    open: Any
    high: Any
    low: Any
    close: float


class Paid(Struct, frozen=True, rename="camel"):
    """A row of contract/funding_rate/history."""

    symbol: str
    funding_rate: float
    settle_time: int


class Page(Struct, frozen=True, rename="camel"):
    """A page of contract/funding_rate/history, the first with the newest; empty before the first payment."""

    result_list: list[Paid]


class PageAnswer(Struct, frozen=True):
    """The envelope of contract/funding_rate/history."""

    data: Page


def parse_quotes(funding: bytes, tickers: bytes, segment: Futures) -> list[Quote]:
    """Read the quotes of one kind of perpetual out of contract/funding_rate and contract/ticker.

    Mark and index are funding_rate's, which makes them anew each second and says when; ticker does so every three or
    four seconds, and its own time is that of the last trade.
    """
    traded = by_symbol(read(Answer[Ticker], tickers).data)
    return [
        _quote(row, traded.get(row.symbol, _UNTRADED))
        for row in read(Answer[Funding], funding).data
        if row.symbol.endswith("_USD") == (segment == "inverse") and is_symbol(row.symbol)
    ]


def parse_spot_quotes(prices: bytes, books: bytes) -> list[Quote]:
    """Read the spot quotes out of ticker/price and ticker/bookTicker, which tell no time."""
    orders = by_symbol(some(read(list[Book], books)))
    return [
        _spot_quote(row, orders.get(row.symbol, _NO_ORDERS))
        for row in some(read(list[Price], prices))
        if is_symbol(row.symbol)
    ]


def parse_listings(body: bytes, segment: Futures) -> list[Listing]:
    """Read the perpetuals of one kind on coins out of contract/detail; stocks and other goods are of type 2."""
    return [
        _listing(row, segment)
        for row in read(Answer[Contract], body).data
        if _segment(row) == segment and row.kind == 1 and row.future_type == 1 and is_symbol(row.symbol)
    ]


def parse_spot_listings(body: bytes) -> list[Listing]:
    """Read the spot pairs out of exchangeInfo."""
    return [_spot_listing(row) for row in read(Pairs, body).symbols if is_symbol(row.symbol)]


def parse_candles(listing: Listing, body: bytes) -> list[Candles]:
    """Read the daily closes of one symbol out of contract/kline or klines, with that of the day under way.

    The former takes no limit and holds two thousand days; as many are kept as of all others.
    """
    closes = sorted(_spot_closes(body) if listing.segment == "spot" else _closes(body))
    return [Candles(symbol=listing.symbol, closes=tuple(closes[-HISTORY_DAYS:]))]


def parse_fundings(listing: Listing, body: bytes) -> list[Fundings]:
    """Read the past funding of one perpetual out of a page of contract/funding_rate/history, newest first there."""
    rows = read(PageAnswer, body).data.result_list
    if any(row.symbol != listing.symbol for row in rows):
        raise UpstreamError("bad_payload", "The funding is that of another symbol")
    payments = sorted(Payment(row.settle_time, row.funding_rate) for row in rows)
    return [Fundings(symbol=listing.symbol, payments=tuple(payments))]


def refuse(status: int, body: bytes) -> UpstreamError | None:
    """Read MEXC's own error, which for futures comes under status 200; None where there is none."""
    said = _refusal(body) if status in _SPEAKING else None
    if said is None or (said.success and said.code == 0):
        return None
    if said.code == _RATE_LIMITED:
        return UpstreamError("rate_limited", "MEXC limits this address", retry_after=LIMITED_FOR)
    return UpstreamError("bad_payload", f"MEXC answered with code {said.code}")


def _refusal(body: bytes) -> Refusal | None:
    try:
        return read(Refusal, body)
    except UpstreamError:
        return None


def _closes(body: bytes) -> list[Close]:
    columns = read(ColumnsAnswer, body).data
    if len(columns.time) != len(columns.close):
        raise UpstreamError("bad_payload", "The columns of the candles differ in length")
    return [Close(began * 1000 + DAY_MS, close) for began, close in zip(columns.time, columns.close, strict=True)]


def _spot_closes(body: bytes) -> list[Close]:
    return [Close(row.open_time + DAY_MS, row.close) for row in some(read(list[SpotCandle], body))]


def _quote(funding: Funding, ticker: Ticker) -> Quote:
    return Quote(
        symbol=funding.symbol,
        last=ticker.last_price,
        mark=funding.fair_price,
        index=funding.idx_price,
        bid=ticker.bid1,
        ask=ticker.ask1,
        funding_rate=funding.funding_rate,
        funding_interval_hours=funding.collect_cycle,
        funding_cap=_cap(funding),
        next_funding_ms=funding.next_settle_time,
        as_of_ms=funding.timestamp,
    )


def _cap(funding: Funding) -> Decimal | None:
    bounds = (funding.min_funding_rate, funding.max_funding_rate)
    return max((bound.copy_abs() for bound in bounds if bound is not None and bound.is_finite()), default=None)


def _spot_quote(price: Price, orders: Book) -> Quote:
    return Quote(
        symbol=price.symbol,
        last=number(price.price),
        bid=number(orders.bid_price),
        ask=number(orders.ask_price),
    )


def _segment(row: Contract) -> Futures | None:
    if row.settle_coin == row.quote_coin:
        return "linear"
    return "inverse" if row.settle_coin == row.base_coin and row.quote_coin == "USD" else None


def _listing(row: Contract, segment: Futures) -> Listing:
    asset, units = unscale(row.base_coin)
    return Listing(
        symbol=row.symbol,
        segment=segment,
        base=asset,
        units=units,
        quote=row.quote_coin,
        is_trading=row.state == 0 and row.api_allowed,
        multiplier=row.contract_size,
        lot_step=row.vol_unit,
        min_quantity=row.min_vol,
        # limitMaxVol is the largest limit order; where it stands, maxVol is what remains for the others.
        max_quantity=row.max_vol if row.limit_max_vol is None else row.limit_max_vol,
        max_market_quantity=row.max_vol,
        tick_size=row.price_unit,
        max_leverage=row.max_leverage,
        maker_fee_rate=_dearer(row.maker_fee_rate, API_MAKER_FEE),
        taker_fee_rate=_dearer(row.taker_fee_rate, API_TAKER_FEE),
        tiers=_tiers(row),
        tier_unit="contracts",
    )


def _dearer(listed: Decimal | None, api: Decimal) -> Decimal:
    return listed if listed is not None and listed.is_finite() and listed > api else api


def _tiers(row: Contract) -> tuple[Tier, ...] | None:
    """Read the maintenance tiers; None where there are none, or where they don't count in contracts."""
    if row.risk_limit_type != "BY_VOLUME":
        return None
    try:
        steps = _custom(row.risk_limit_custom or ()) if row.risk_limit_mode == "CUSTOM" else _increasing(row)
        return tuple(steps) or None
    except ArithmeticError:
        raise UpstreamError("bad_payload", "A tier of MEXC can't be computed") from None


def _custom(limits: Sequence[Limit]) -> Iterator[Tier]:
    """Turn upper limits into floors: a tier begins where the one below it ends."""
    floor = Decimal(0)
    for limit in sorted(limits, key=lambda limit: limit.max_vol):
        yield Tier(floor, limit.mmr)
        floor = limit.max_vol


def _increasing(row: Contract) -> Iterator[Tier]:
    """Write out tiers that grow by equal steps, in size and in rate; without a step in size there is but one."""
    rate, base, step, rise = row.maintenance_margin_rate, row.risk_base_vol, row.risk_incr_vol, row.risk_incr_mmr
    if rate is None or base is None or step is None or rise is None:
        return
    yield Tier(Decimal(0), rate)
    for above in range(1, (row.risk_level_limit or 0) if step else 0):
        yield Tier(base + (above - 1) * step, rate + above * rise)


def _spot_listing(row: Pair) -> Listing:
    asset, units = unscale(row.base_asset)
    return Listing(
        symbol=row.symbol,
        segment="spot",
        base=asset,
        units=units,
        quote=row.quote_asset,
        is_trading=row.status == "1" and row.is_spot_trading_allowed,
        order_unit="base",
        lot_step=_grid(row.base_asset_precision),
        min_quantity=number(row.base_size_precision) or None,
        min_notional=number(row.quote_amount_precision) or None,
        tick_size=_grid(row.quote_asset_precision),
        maker_fee_rate=row.maker_commission,
        taker_fee_rate=row.taker_commission,
    )


def _grid(places: int) -> Decimal:
    return Decimal(10) ** -places


async def fetch_linear_quotes(get: Get) -> list[Quote]:
    """Ask for the quotes of linear perpetuals."""
    return parse_quotes(*await _ask_quotes(get), "linear")


async def fetch_inverse_quotes(get: Get) -> list[Quote]:
    """Ask for the quotes of inverse perpetuals, which come with those of the linear ones."""
    return parse_quotes(*await _ask_quotes(get), "inverse")


async def fetch_spot_quotes(get: Get) -> list[Quote]:
    """Ask for the spot quotes; ticker/24hr has both in one reply, of thrice the length and at a larger weight."""
    return parse_spot_quotes(
        *await asyncio.gather(get(HOST, "/api/v3/ticker/price"), get(HOST, "/api/v3/ticker/bookTicker"))
    )


async def fetch_linear_listings(get: Get) -> list[Listing]:
    """Ask for the linear perpetuals."""
    return parse_listings(await get(HOST, _CONTRACTS, weight=10), "linear")


async def fetch_inverse_listings(get: Get) -> list[Listing]:
    """Ask for the inverse perpetuals, which come with the linear ones."""
    return parse_listings(await get(HOST, _CONTRACTS, weight=10), "inverse")


async def fetch_spot_listings(get: Get) -> list[Listing]:
    """Ask for the spot pairs."""
    return parse_spot_listings(await get(HOST, "/api/v3/exchangeInfo", weight=2))


async def fetch_candles(listing: Listing, get: Get) -> list[Candles]:
    """Ask for the daily closes of one symbol."""
    symbol = listing.symbol
    if listing.segment == "spot":
        body = await get(HOST, "/api/v3/klines", symbol=symbol, interval="1d", limit=str(HISTORY_DAYS))
    else:
        path = f"/api/v1/contract/kline/{percent_encode(symbol, safe='')}"
        body = await get(HOST, path, weight=5, interval="Day1")
    return parse_candles(listing, body)


async def fetch_fundings(listing: Listing, get: Get) -> list[Fundings]:
    """Ask for the past funding of one perpetual."""
    page = {"symbol": listing.symbol, "page_num": "1", "page_size": str(MOST_PAYMENTS)}
    return parse_fundings(listing, await get(HOST, "/api/v1/contract/funding_rate/history", weight=5, **page))


candles_of = history_of("mexc", "candles", fetch_candles)
fundings_of = history_of("mexc", "fundings", fetch_fundings)


async def _ask_quotes(get: Get) -> tuple[bytes, bytes]:
    return await asyncio.gather(
        get(HOST, "/api/v1/contract/funding_rate", weight=5), get(HOST, "/api/v1/contract/ticker", weight=10)
    )


ADAPTER = Adapter(
    exchange="mexc",
    feeds=(
        Feed("mexc", "linear", "quotes", Quote, fetch_linear_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("mexc", "inverse", "quotes", Quote, fetch_inverse_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("mexc", "spot", "quotes", Quote, fetch_spot_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("mexc", "linear", "listings", Listing, fetch_linear_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("mexc", "inverse", "listings", Listing, fetch_inverse_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("mexc", "spot", "listings", Listing, fetch_spot_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
    ),
    # In hundredths of what 2 s allow: ticker and detail may be asked 10 times, the other paths of futures 20 times.
    # Spot has limits of its own at the same host, 500 in 10 s for each path.
    budgets={HOST: Budget(weight=50, seconds=2.0)},
    refuse=refuse,
    candles_of=candles_of,
    fundings_of=fundings_of,
    publishes_tiers=True,
    maintenance_basis="entry",
)
