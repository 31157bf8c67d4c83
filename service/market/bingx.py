"""BingX: perpetuals ordered in coins, inverse ones of a face value in USD, and spot.

Source: https://bingx-api.github.io/docs-v3/, and what live replies of 2026 looked like.
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct, field

from service.market.payload import by_symbol, number, read
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
    Segment,
    UpstreamError,
    history_of,
)

HOST = "open-api.bingx.com"
INVERSE_MAKER_FEE, INVERSE_TAKER_FEE = Decimal("0.0002"), Decimal("0.0005")
"""Base rates of BingX's fee schedule for perpetuals, read 2026-09-22; the inverse contracts' own reply names none."""
RESTORED_AFTER = 300.0
"""Seconds: the documentation lifts a limit after five minutes, and bans those who go on asking."""
CANDLES: dict[Segment, str] = {
    "linear": "/openApi/swap/v3/quote/klines",
    "inverse": "/openApi/cswap/v1/market/klines",
    "spot": "/openApi/spot/v2/market/kline",
}
"""Where daily closes are, 1000 or 1440 at most."""
MOST_PAYMENTS = 1000
UTC_OFFSET = "0"
"""Without it the days of spot begin in China, at 16:00 UTC; the inverse perpetuals ignore it, and begin at midnight."""

_RATE_LIMITED = 100410
_SPEAKING = frozenset({200, 400})
"""Statuses under which the code in the body is BingX's own word; any other status says enough itself."""
_is_symbol = re.compile(r"[A-Z0-9][A-Z0-9._:/]{0,25}-[A-Z0-9]{2,12}").fullmatch
T = TypeVar("T")
Rows = Annotated[list[T], Meta(min_length=1)]
Places = Annotated[int, Meta(ge=-18, le=18)]
Figure = str | float | None
"""Written as text, as a number and, where there is no order, as empty text or not at all."""


class Refusal(Struct, frozen=True):
    """How an error is written."""

    code: int


class Answer(Struct, Generic[T], frozen=True):
    """The envelope of what is asked for."""

    data: Rows[T]


class Premium(Struct, frozen=True, rename="camel"):
    """A row of premiumIndex."""

    symbol: str
    mark_price: Decimal
    index_price: Decimal
    last_funding_rate: Decimal
    next_funding_time: int
    funding_interval_hours: int | None = None
    min_funding_rate: Decimal | None = None
    max_funding_rate: Decimal | None = None


class Ticker(Struct, frozen=True, rename="camel"):
    """A row of ticker, and of ticker/24hr on spot."""

    symbol: str
    last_price: Figure
    bid_price: Figure = None
    ask_price: Figure = None


_UNTRADED = Ticker(symbol="", last_price=None)


class Contract(Struct, frozen=True, rename="camel"):
    """A perpetual in contracts."""

    symbol: str
    asset: str
    currency: str
    status: int
    api_state_open: bool
    api_state_close: bool
    quantity_precision: Places
    price_precision: Places
    trade_min_quantity: Decimal | None = None
    min_notional: Decimal | None = field(name="tradeMinUSDT", default=None)
    max_short_leverage: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None


class InverseContract(Struct, frozen=True, rename="camel"):
    """An inverse perpetual in contracts."""

    symbol: str
    status: int
    min_tick_size: Decimal
    """Not a tick: the face value."""
    price_precision: Places
    min_qty: Decimal | None = None
    min_trade_value: Decimal | None = None


class Pair(Struct, frozen=True, rename="camel"):
    """A spot pair in symbols."""

    symbol: str
    status: int
    tick_size: Decimal
    step_size: Decimal
    min_notional: Decimal | None = None
    api_state_buy: bool = True
    api_state_sell: bool = True


class Pairs(Struct, frozen=True):
    """What symbols holds."""

    symbols: Rows[Pair]


class PairsAnswer(Struct, frozen=True):
    """The envelope of symbols."""

    data: Pairs


class Candle(Struct, frozen=True):
    """A row of klines."""

    time: int
    """When the day began."""
    close: float


class SpotCandle(Struct, frozen=True, array_like=True):
    """A row of kline on spot; more follows behind the close."""

    time: int
    open: Any
    high: Any
    low: Any
    close: float


class Paid(Struct, frozen=True, rename="camel"):
    """A row of fundingRate."""

    symbol: str
    funding_rate: float
    funding_time: int


class PaidAnswer(Struct, frozen=True):
    """The envelope of fundingRate, in which nothing is before the first payment."""

    data: list[Paid]


def parse_linear_quotes(premiums: bytes, tickers: bytes) -> list[Quote]:
    """Read the quotes of perpetuals out of premiumIndex and ticker.

    Neither tells the time of its prices: `updateTime` is the last settlement, `closeTime` the end of a day's window.
    """
    return _parse_quotes(premiums, tickers, _is_linear)


def parse_inverse_quotes(premiums: bytes, tickers: bytes) -> list[Quote]:
    """Read the quotes of inverse perpetuals out of premiumIndex and ticker; same."""
    return _parse_quotes(premiums, tickers, _is_named)


def parse_spot_quotes(tickers: bytes) -> list[Quote]:
    """Read the spot quotes out of ticker/24hr; `closeTime` is the end of a day's window, not the time of the price."""
    rows = read(Answer[Ticker], tickers).data
    return [
        Quote(symbol=row.symbol, last=_price(row.last_price), bid=_price(row.bid_price), ask=_price(row.ask_price))
        for row in rows
        if _is_named(row.symbol)
    ]


def parse_linear_listings(body: bytes) -> list[Listing]:
    """Read the perpetuals out of contracts; an order counts in coins, whatever `size` says."""
    return [_linear_listing(row) for row in read(Answer[Contract], body).data if _is_linear(row.symbol)]


def parse_inverse_listings(body: bytes) -> list[Listing]:
    """Read the inverse perpetuals out of contracts; an order counts in contracts of a face value in USD."""
    return [_inverse_listing(row) for row in read(Answer[InverseContract], body).data if _is_named(row.symbol)]


def parse_spot_listings(body: bytes) -> list[Listing]:
    """Read the spot pairs out of symbols; `minQty` and `maxQty` are deprecated there and hold no longer."""
    return [_spot_listing(row) for row in read(PairsAnswer, body).data.symbols if _is_named(row.symbol)]


def parse_candles(listing: Listing, body: bytes) -> list[Candles]:
    """Read the daily closes of one symbol out of klines, newest first there, with that of the day under way."""
    rows: Sequence[Candle | SpotCandle] = (
        read(Answer[SpotCandle], body).data if listing.segment == "spot" else read(Answer[Candle], body).data
    )
    closes = sorted(Close(row.time + DAY_MS, row.close) for row in rows)
    return [Candles(symbol=listing.symbol, closes=tuple(closes))]


def parse_fundings(listing: Listing, body: bytes) -> list[Fundings]:
    """Read the past funding of one perpetual out of fundingRate, newest first there."""
    rows = read(PaidAnswer, body).data
    if any(row.symbol != listing.symbol for row in rows):
        raise UpstreamError("bad_payload", "The funding is that of another symbol")
    payments = sorted(Payment(row.funding_time, row.funding_rate) for row in rows)
    return [Fundings(symbol=listing.symbol, payments=tuple(payments))]


def refuse(status: int, body: bytes) -> UpstreamError | None:
    """Read BingX's own error, which mostly comes under status 200; None where there is none."""
    code = _code(body) if status in _SPEAKING else None
    if status == 429 or code == _RATE_LIMITED:
        return UpstreamError("rate_limited", "BingX limits this address", retry_after=RESTORED_AFTER)
    return UpstreamError("bad_payload", f"BingX answered with code {code}") if code else None


def _code(body: bytes) -> int | None:
    try:
        return read(Refusal, body).code
    except UpstreamError:
        return None


def _is_named(symbol: str) -> bool:
    return _is_symbol(symbol) is not None


def _is_linear(symbol: str) -> bool:
    """Tell a crypto perpetual; NC begins the names of stocks, currencies, goods and indices."""
    return _is_named(symbol) and not symbol.startswith("NC")


def _price(figure: Figure) -> Decimal | None:
    return None if figure is None else number(str(figure))


def _parse_quotes(premiums: bytes, tickers: bytes, is_wanted: Callable[[str], bool]) -> list[Quote]:
    traded = by_symbol(read(Answer[Ticker], tickers).data)
    rows = read(Answer[Premium], premiums).data
    return [_quote(row, traded.get(row.symbol, _UNTRADED)) for row in rows if is_wanted(row.symbol)]


def _quote(premium: Premium, ticker: Ticker) -> Quote:
    return Quote(
        symbol=premium.symbol,
        last=_price(ticker.last_price),
        mark=premium.mark_price,
        index=premium.index_price,
        bid=_price(ticker.bid_price),
        ask=_price(ticker.ask_price),
        # Despite its name the running rate of the settlement to come.
        funding_rate=premium.last_funding_rate,
        funding_interval_hours=premium.funding_interval_hours,
        funding_cap=_cap(premium),
        next_funding_ms=premium.next_funding_time,
    )


def _cap(premium: Premium) -> Decimal | None:
    bounds = (premium.min_funding_rate, premium.max_funding_rate)
    return max((bound.copy_abs() for bound in bounds if bound is not None and bound.is_finite()), default=None)


def _linear_listing(row: Contract) -> Listing:
    asset, units = unscale(row.asset)
    return Listing(
        symbol=row.symbol,
        segment="linear",
        base=asset,
        units=units,
        quote=row.currency,
        # Status 25 takes no new positions, and some contracts are closed to programs only.
        is_trading=row.status == 1 and row.api_state_open and row.api_state_close,
        order_unit="base",
        lot_step=_grid(row.quantity_precision),
        min_quantity=row.trade_min_quantity,
        min_notional=row.min_notional,
        tick_size=_grid(row.price_precision),
        max_leverage=row.max_short_leverage,
        maker_fee_rate=row.maker_fee_rate,
        taker_fee_rate=row.taker_fee_rate,
    )


def _inverse_listing(row: InverseContract) -> Listing:
    base, _, quote = row.symbol.partition("-")
    asset, units = unscale(base)
    return Listing(
        symbol=row.symbol,
        segment="inverse",
        base=asset,
        units=units,
        quote=quote,
        is_trading=row.status == 1,
        multiplier=row.min_tick_size,
        lot_step=Decimal(1),
        min_quantity=row.min_qty,
        min_notional=row.min_trade_value,
        tick_size=_grid(row.price_precision),
        maker_fee_rate=INVERSE_MAKER_FEE,
        taker_fee_rate=INVERSE_TAKER_FEE,
    )


def _spot_listing(row: Pair) -> Listing:
    base, _, quote = row.symbol.partition("-")
    asset, units = unscale(base)
    return Listing(
        symbol=row.symbol,
        segment="spot",
        base=asset,
        units=units,
        quote=quote,
        is_trading=row.status == 1 and row.api_state_buy and row.api_state_sell,
        order_unit="base",
        lot_step=row.step_size,
        min_notional=row.min_notional,
        tick_size=row.tick_size,
    )


def _grid(places: int) -> Decimal:
    return Decimal(10) ** -places


async def fetch_linear_quotes(get: Get) -> list[Quote]:
    """Ask for the quotes of perpetuals."""
    paths = ("/openApi/swap/v2/quote/premiumIndex", "/openApi/swap/v2/quote/ticker")
    return parse_linear_quotes(*await asyncio.gather(*(get(HOST, path) for path in paths)))


async def fetch_inverse_quotes(get: Get) -> list[Quote]:
    """Ask for the quotes of inverse perpetuals."""
    paths = ("/openApi/cswap/v1/market/premiumIndex", "/openApi/cswap/v1/market/ticker")
    return parse_inverse_quotes(*await asyncio.gather(*(get(HOST, path) for path in paths)))


async def fetch_spot_quotes(get: Get) -> list[Quote]:
    """Ask for the spot quotes."""
    return parse_spot_quotes(await get(HOST, "/openApi/spot/v1/ticker/24hr", timestamp=_now()))


async def fetch_linear_listings(get: Get) -> list[Listing]:
    """Ask for the perpetuals."""
    return parse_linear_listings(await get(HOST, "/openApi/swap/v2/quote/contracts"))


async def fetch_inverse_listings(get: Get) -> list[Listing]:
    """Ask for the inverse perpetuals."""
    return parse_inverse_listings(await get(HOST, "/openApi/cswap/v1/market/contracts", timestamp=_now()))


async def fetch_spot_listings(get: Get) -> list[Listing]:
    """Ask for the spot pairs."""
    return parse_spot_listings(await get(HOST, "/openApi/spot/v1/common/symbols"))


async def fetch_candles(listing: Listing, get: Get) -> list[Candles]:
    """Ask for the daily closes of one symbol."""
    page = {"symbol": listing.symbol, "interval": "1d", "limit": str(HISTORY_DAYS)}
    when = {"timeZone": UTC_OFFSET, "timestamp": _now()}
    return parse_candles(listing, await get(HOST, CANDLES[listing.segment], weight=1, **page, **when))


async def fetch_fundings(listing: Listing, get: Get) -> list[Fundings]:
    """Ask for the past funding of one perpetual.

    Raises:
        UpstreamError: rejected, for an inverse one: BingX tells but its next funding.
    """
    if listing.segment != "linear":
        raise UpstreamError("rejected", "BingX tells no past funding of inverse perpetuals")
    page = {"symbol": listing.symbol, "limit": str(MOST_PAYMENTS)}
    return parse_fundings(listing, await get(HOST, "/openApi/swap/v2/quote/fundingRate", weight=1, **page))


candles_of = history_of("bingx", "candles", fetch_candles)
fundings_of = history_of("bingx", "fundings", fetch_fundings)


def _now() -> str:
    """Give the time that some public calls insist on: without it they answer 100400 or 104414."""
    return str(int(time.time() * 1000))


ADAPTER = Adapter(
    exchange="bingx",
    feeds=(
        Feed("bingx", "linear", "quotes", Quote, fetch_linear_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("bingx", "inverse", "quotes", Quote, fetch_inverse_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("bingx", "spot", "quotes", Quote, fetch_spot_quotes, QUOTES_FRESH, QUOTES_LONGEST),
        Feed("bingx", "linear", "listings", Listing, fetch_linear_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("bingx", "inverse", "listings", Listing, fetch_inverse_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
        Feed("bingx", "spot", "listings", Listing, fetch_spot_listings, LISTINGS_FRESH, LISTINGS_LONGEST),
    ),
    # 500 requests in 10 s, counted for each path by itself.
    budgets={HOST: Budget(weight=250, seconds=10.0)},
    refuse=refuse,
    candles_of=candles_of,
    fundings_of=fundings_of,
)
