"""Bybit: linear and inverse futures and spot, on one host and in one envelope, with maintenance tiers.

Law: an answer counts only if its retCode is 0, for errors come with status 200 too.
Source: bybit-exchange.github.io/docs/v5 as of July 2026, and replies recorded in November 2025 and September 2026.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, TypeVar, get_args
from urllib.parse import unquote_plus

from msgspec import Struct, field

from service.market.payload import is_symbol, number, read, real, some, whole
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
    Tier,
    Tiers,
    UpstreamError,
    history_of,
)

HOST = "api.bybit.com"
TICKERS, INSTRUMENTS, RISK_LIMIT = "/v5/market/tickers", "/v5/market/instruments-info", "/v5/market/risk-limit"
KLINE, FUNDING = "/v5/market/kline", "/v5/market/funding/history"
MAKER_FEE_RATE, TAKER_FEE_RATE = Decimal("0.0002"), Decimal("0.00055")
"""Fees of linear and inverse contracts: of users without a VIP level, from bybit.com's page of trading fees, September
2026. Bybit publishes a user's own rates only to that user."""
TIERS_FRESH, TIERS_LONGEST = 3600.0, 86_400.0
MOST_PAGES = 20
MOST_PAYMENTS = 200
LARGEST_FIRST_RATE = Decimal("0.2")
"""Maintenance margin of a first tier beyond which it must be a percentage: older replies had "0.5" for 0.5 %."""
PAUSE_SECONDS = 600.0
"""Bybit asks for ten minutes of silence after 403."""
COINS = frozenset({"", "innovation", "adventure"})
"""Kinds of symbols that are about coins. The others ("stock", "xstocks") share tickers with coins: ON is a company."""

T = TypeVar("T")
Futures = Literal["linear", "inverse"]
_CONTRACTS = frozenset({"LinearPerpetual", "LinearFutures", "InversePerpetual", "InverseFutures"})
_BY_CODE: dict[int, Reason] = {
    10006: "rate_limited",
    10009: "banned",
    10016: "maintenance",
    10018: "rate_limited",
}


class Rows(Struct, Generic[T], frozen=True, rename="camel"):
    """What an answer holds."""

    rows: list[T] = field(name="list")
    category: str = ""
    symbol: str = ""
    """Of candles, which don't say it themselves."""
    next_page_cursor: str | None = None


class Reply(Struct, Generic[T], frozen=True, rename="camel"):
    """The envelope of an answer that is no error."""

    ret_code: Literal[0]
    result: Rows[T]
    time: int


class Head(Struct, frozen=True, rename="camel"):
    """What tells an error from an answer."""

    ret_code: int


class Ticker(Struct, frozen=True, rename="camel"):
    """A row of tickers."""

    symbol: str
    last_price: str
    bid1_price: str
    ask1_price: str


class FuturesTicker(Ticker, frozen=True, rename="camel"):
    """A row of tickers for a future; a dated one has "" for all that is about funding, but "0" for the time."""

    mark_price: str
    index_price: str
    funding_rate: str
    next_funding_time: str
    funding_interval_hour: str = ""
    funding_cap: str = ""


class PriceFilter(Struct, frozen=True, rename="camel"):
    """The grid of prices."""

    tick_size: Decimal


class LeverageFilter(Struct, frozen=True, rename="camel"):
    """How far a future can be levered."""

    max_leverage: str


class Lots(Struct, frozen=True, rename="camel"):
    """Sizes of orders of a future: coins (linear) or contracts of 1 USD (inverse)."""

    qty_step: Decimal
    min_order_qty: str
    max_order_qty: str
    max_mkt_order_qty: str
    min_notional_value: str = ""
    """Of linear contracts only."""


class Instrument(Struct, frozen=True, rename="camel"):
    """A future in instruments-info."""

    symbol: str
    contract_type: str
    status: str
    base_coin: str
    quote_coin: str
    delivery_time: str
    """Of a perpetual: when it is delisted, or "0"."""
    funding_interval: int
    """In minutes."""
    leverage_filter: LeverageFilter
    price_filter: PriceFilter
    lot_size_filter: Lots
    upper_funding_rate: str = ""
    lower_funding_rate: str = ""
    is_pre_listing: bool = False
    symbol_type: str = ""


class SpotLots(Struct, frozen=True, rename="camel"):
    """Sizes of orders of a pair; minOrderQty is in the reply, but Bybit says that it is not checked any more."""

    base_precision: Decimal
    min_order_amt: str
    max_limit_order_qty: str = ""
    max_market_order_qty: str = ""


class Pair(Struct, frozen=True, rename="camel"):
    """A spot pair in instruments-info."""

    symbol: str
    status: str
    base_coin: str
    quote_coin: str
    price_filter: PriceFilter
    lot_size_filter: SpotLots
    symbol_type: str = ""


class RiskLimit(Struct, frozen=True, rename="camel"):
    """A row of risk-limit."""

    symbol: str
    risk_limit_value: Decimal
    """Position value at which the tier ends, in the settlement currency."""
    maintenance_margin: Decimal


class Candle(Struct, frozen=True, array_like=True):
    """A row of kline; volume and turnover follow behind the close."""

    start_time: str
    open: str
    high: str
    low: str
    close: str


class Paid(Struct, frozen=True, rename="camel"):
    """A row of funding/history."""

    symbol: str
    funding_rate: str
    funding_rate_timestamp: str


class Page(NamedTuple):
    """Part of a list."""

    listings: list[Listing]
    cursor: str
    """What to ask for the next part with; empty where there is none."""


def parse_quotes(segment: Segment, body: bytes) -> list[Quote]:
    """Read the quotes of a segment from tickers, which has all there is in one reply."""
    return parse_spot_quotes(body) if segment == "spot" else parse_futures_quotes(segment, body)


def parse_futures_quotes(segment: Futures, body: bytes) -> list[Quote]:
    """Read the quotes of futures from tickers."""
    reply = _open(Reply[FuturesTicker], body, segment)
    return [_futures_quote(row, reply.time) for row in some(reply.result.rows) if is_symbol(row.symbol)]


def parse_spot_quotes(body: bytes) -> list[Quote]:
    """Read the quotes of spot from tickers."""
    reply = _open(Reply[Ticker], body, "spot")
    return [
        Quote(
            symbol=row.symbol,
            last=number(row.last_price),
            bid=number(row.bid1_price),
            ask=number(row.ask1_price),
            as_of_ms=reply.time,
        )
        for row in some(reply.result.rows)
        if is_symbol(row.symbol)
    ]


def parse_listings(segment: Segment, body: bytes) -> Page:
    """Read a page of instruments-info; spot has but one, and stocks are left out."""
    return parse_pairs(body) if segment == "spot" else parse_futures(segment, body)


def parse_futures(segment: Futures, body: bytes) -> Page:
    """Read a page of instruments-info about futures."""
    result = _open(Reply[Instrument], body, segment).result
    listings = [_future(segment, row) for row in result.rows if _is_wanted(row) and row.contract_type in _CONTRACTS]
    # The cursor comes quoted for a URL, and whoever sends a parameter quotes it again.
    return Page(listings, unquote_plus(result.next_page_cursor or ""))


def parse_pairs(body: bytes) -> Page:
    """Read instruments-info about spot."""
    result = _open(Reply[Pair], body, "spot").result
    return Page([_pair(row) for row in result.rows if _is_wanted(row)], "")


def parse_tiers(listing: Listing, body: bytes) -> list[Tiers]:
    """Read the maintenance tiers of one contract from risk-limit, where they come in any order."""
    rows = some(_open(Reply[RiskLimit], body, listing.segment).result.rows)
    _require_symbol(listing, [row.symbol for row in rows])
    _check_tiers(rows)
    rows.sort(key=lambda row: row.risk_limit_value)
    floors = [Decimal(0), *(row.risk_limit_value for row in rows)]
    tiers = tuple(Tier(floor, row.maintenance_margin) for floor, row in zip(floors, rows, strict=False))
    if tiers[0].rate > LARGEST_FIRST_RATE:
        raise UpstreamError("bad_payload", f"A first maintenance margin rate of {tiers[0].rate} is no fraction")
    return [Tiers(symbol=listing.symbol, tiers=tiers)]


def parse_candles(listing: Listing, body: bytes) -> list[Candles]:
    """Read the daily closes of one symbol from kline, where the newest comes first: that of the day under way."""
    result = _open(Reply[Candle], body, listing.segment).result
    _require_symbol(listing, [result.symbol])
    closes = (Close(whole(row.start_time) + DAY_MS, real(row.close)) for row in reversed(some(result.rows)))
    return [Candles(symbol=listing.symbol, closes=tuple(closes))]


def parse_fundings(listing: Listing, body: bytes) -> list[Fundings]:
    """Read the past funding of one perpetual from funding/history, the newest first; it is empty before the first."""
    rows = _open(Reply[Paid], body, listing.segment).result.rows
    _require_symbol(listing, [row.symbol for row in rows])
    payments = (Payment(whole(row.funding_rate_timestamp), real(row.funding_rate)) for row in reversed(rows))
    return [Fundings(symbol=listing.symbol, payments=tuple(payments))]


def refuse(status: int, body: bytes) -> UpstreamError | None:
    """Read Bybit's own error, which may come with status 200; None for what is no error, or none of its known ones."""
    if status == 403 and b"access too frequent" in body.lower():
        return UpstreamError("blocked", "bybit found the access too frequent", retry_after=PAUSE_SECONDS)
    code = _code(body)
    reason = _BY_CODE.get(code) or ("bad_payload" if code and status == 200 else None)
    return None if reason is None else UpstreamError(reason, f"bybit answered with code {code}")


async def fetch_quotes(segment: Segment, get: Get) -> list[Quote]:
    """Ask for all quotes of a segment."""
    return parse_quotes(segment, await get(HOST, TICKERS, category=segment))


async def fetch_listings(segment: Segment, get: Get) -> list[Listing]:
    """Ask what a segment trades, page by page.

    Raises:
        UpstreamError: bad_payload, if the pages have no end or list nothing.
    """
    listings: list[Listing] = []
    cursors: list[str] = []
    while len(cursors) < MOST_PAGES:
        further = {"cursor": cursors[-1]} if cursors else {}
        body = await get(HOST, INSTRUMENTS, weight=1, category=segment, limit="1000", **further)
        page = parse_listings(segment, body)
        listings += page.listings
        if not page.cursor:
            return some(listings)
        if page.cursor in cursors:
            break
        cursors.append(page.cursor)
    raise UpstreamError("bad_payload", f"The pages of {segment} have no end")


async def fetch_tiers(listing: Listing, get: Get) -> list[Tiers]:
    """Ask for the maintenance tiers of one contract."""
    return parse_tiers(listing, await get(HOST, RISK_LIMIT, category=listing.segment, symbol=listing.symbol))


async def fetch_candles(listing: Listing, get: Get) -> list[Candles]:
    """Ask for the daily closes of one symbol."""
    wanted = {"symbol": listing.symbol, "interval": "D", "limit": str(HISTORY_DAYS)}
    return parse_candles(listing, await get(HOST, KLINE, weight=1, category=listing.segment, **wanted))


async def fetch_fundings(listing: Listing, get: Get) -> list[Fundings]:
    """Ask for the past funding of one perpetual."""
    wanted = {"symbol": listing.symbol, "limit": str(MOST_PAYMENTS)}
    return parse_fundings(listing, await get(HOST, FUNDING, weight=1, category=listing.segment, **wanted))


def tiers_of(listing: Listing) -> Feed:
    """Give the feed of a contract's maintenance tiers."""
    fetch = partial(fetch_tiers, listing)
    return Feed("bybit", listing.segment, "tiers", Tiers, fetch, TIERS_FRESH, TIERS_LONGEST, symbol=listing.symbol)


candles_of = history_of("bybit", "candles", fetch_candles)
fundings_of = history_of("bybit", "fundings", fetch_fundings)


def _open(model: type[Reply[T]], body: bytes, segment: Segment) -> Reply[T]:
    """Decode an answer; symbols of linear and spot are the same, so it must say that it is about the right one."""
    reply = read(model, body)
    if reply.result.category not in {"", segment}:
        raise UpstreamError("bad_payload", f"The reply is not about {segment}")
    return reply


def _futures_quote(row: FuturesTicker, as_of_ms: int) -> Quote:
    next_funding_ms = _whole(row.next_funding_time)
    perpetual = next_funding_ms is not None
    return Quote(
        symbol=row.symbol,
        last=number(row.last_price),
        mark=number(row.mark_price),
        index=number(row.index_price),
        bid=number(row.bid1_price),
        ask=number(row.ask1_price),
        funding_rate=number(row.funding_rate) if perpetual else None,
        funding_interval_hours=_whole(row.funding_interval_hour) if perpetual else None,
        funding_cap=number(row.funding_cap) if perpetual else None,
        next_funding_ms=next_funding_ms,
        as_of_ms=as_of_ms,
    )


def _whole(text: str) -> int | None:
    """Read a whole number; 0 and "" stand for none."""
    return whole(text) or None


def _is_wanted(row: Instrument | Pair) -> bool:
    return bool(row.symbol_type in COINS and is_symbol(row.symbol))


def _future(segment: Futures, row: Instrument) -> Listing:
    base, units = unscale(row.base_coin)
    lots = row.lot_size_filter
    return Listing(
        symbol=row.symbol,
        segment=segment,
        base=base,
        units=units,
        quote=row.quote_coin,
        is_trading=row.status == "Trading" and not row.is_pre_listing,
        order_unit="base" if segment == "linear" else "contract",
        lot_step=lots.qty_step,
        min_quantity=number(lots.min_order_qty) or None,
        max_quantity=number(lots.max_order_qty) or None,
        max_market_quantity=number(lots.max_mkt_order_qty) or None,
        min_notional=number(lots.min_notional_value),
        tick_size=row.price_filter.tick_size,
        max_leverage=number(row.leverage_filter.max_leverage),
        maker_fee_rate=MAKER_FEE_RATE,
        taker_fee_rate=TAKER_FEE_RATE,
        **_dates(row),
    )


def _dates(row: Instrument) -> dict[str, Any]:
    """Give when it settles or how it is funded; the delivery time of a perpetual is no expiry."""
    if row.contract_type.endswith("Futures"):
        return {"expiry_ms": _expiry(row.delivery_time)}
    return {"funding_interval_hours": _hours(row.funding_interval), "funding_cap": _cap(row)}


def _expiry(text: str) -> int:
    """Read when a dated contract settles; without it, it would pass for a perpetual."""
    expiry_ms = _whole(text)
    if expiry_ms is None:
        raise UpstreamError("bad_payload", "A dated contract has no date")
    return expiry_ms


def _hours(minutes: int) -> int | None:
    hours, rest = divmod(minutes, 60)
    if rest:
        raise UpstreamError("bad_payload", f"A funding interval of {minutes} minutes is no number of hours")
    return hours or None


def _cap(row: Instrument) -> Decimal | None:
    limits = number(row.upper_funding_rate), number(row.lower_funding_rate)
    return max((limit.copy_abs() for limit in limits if limit is not None), default=None)


def _pair(row: Pair) -> Listing:
    base, units = unscale(row.base_coin)
    lots = row.lot_size_filter
    return Listing(
        symbol=row.symbol,
        segment="spot",
        base=base,
        units=units,
        quote=row.quote_coin,
        is_trading=row.status == "Trading",
        order_unit="base",
        lot_step=lots.base_precision,
        max_quantity=number(lots.max_limit_order_qty) or None,
        max_market_quantity=number(lots.max_market_order_qty) or None,
        min_notional=number(lots.min_order_amt) or None,
        tick_size=row.price_filter.tick_size,
    )


def _require_symbol(listing: Listing, named: Sequence[str]) -> None:
    """Refuse a reply that is about another symbol than was asked for."""
    if any(symbol != listing.symbol for symbol in named):
        raise UpstreamError("bad_payload", "The reply is about another symbol")


def _check_tiers(rows: Sequence[RiskLimit]) -> None:
    if not all(value.is_finite() for row in rows for value in (row.risk_limit_value, row.maintenance_margin)):
        raise UpstreamError("bad_payload", "A tier is not finite")


def _code(body: bytes) -> int:
    try:
        return read(Head, body).ret_code
    except UpstreamError:
        return 0


_SEGMENTS: tuple[Segment, ...] = get_args(Segment)
ADAPTER = Adapter(
    exchange="bybit",
    feeds=(
        *(
            Feed("bybit", one, "quotes", Quote, partial(fetch_quotes, one), QUOTES_FRESH, QUOTES_LONGEST)
            for one in _SEGMENTS
        ),
        *(
            Feed("bybit", one, "listings", Listing, partial(fetch_listings, one), LISTINGS_FRESH, LISTINGS_LONGEST)
            for one in _SEGMENTS
        ),
    ),
    budgets={HOST: Budget(300, 5)},
    refuse=refuse,
    publishes_tiers=True,
    maintenance_basis="entry",
    tiers_of=tiers_of,
    candles_of=candles_of,
    fundings_of=fundings_of,
    settlement_fee_rate=Decimal("0.0005"),  # of delivery; bybit.com/en/help-center, September 2026
    lists_expiring=True,
)
