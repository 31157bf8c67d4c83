"""What the local exchanges list and quote, restated from their world as far as an oracle has to know it.

Law: nothing of `service` is imported. What an exchange lists and does not trade, or what is no coin, is not here.
"""

from datetime import datetime
from fractions import Fraction
from functools import cache
from math import ceil
from statistics import median
from typing import NamedTuple

from tests.market.exchange import World
from tests.market.exchange.assets import ASSETS
from tests.market.exchange.listings import LISTINGS, Listing

WORLD = World()
"""The world in which the services under test live."""
EXCHANGES = ("binance", "bingx", "bybit", "mexc", "weex")
WITH_EXPIRIES = ("binance", "bybit")
DAY_MS = 86_400_000
QUORUM = 3
"""How many exchanges have to trade a pair before it has a median."""

_TABLE = {
    **dict.fromkeys(("BTCUSDT", "ETHUSDT"), 150),
    **dict.fromkeys(("BTCUSDC", "ETHUSDC", "BTCUSD_"), 125),
    **dict.fromkeys(("SOLUSDT", "XRPUSDT", "ETHUSD_"), 100),
    **dict.fromkeys(("BTCUSDT_", "ETHUSDT_"), 50),
    **dict.fromkeys(("ADAUSDT", "DOTUSDT", "DOGEUSDT", "LINKUSDT", "LTCUSDT", "AVAXUSDT"), 75),
    **dict.fromkeys(("NEARUSDT", "BNBUSDT", "UNIUSDT", "ATOMUSDT", "AAVEUSDT", "1000PEPEUSDT"), 75),
}
"""Largest leverage at Binance, which tells it to account holders only, of what is in the service's table: by symbol, or
by what stands before an expiry."""


class Future(NamedTuple):
    """A contract that trades, with the terms on which a refusal may depend."""

    style: str
    symbol: str
    underlying: str
    quote: str
    multiplier: Fraction
    lot_step: Fraction
    max_leverage: Fraction | None
    """None where nobody tells it; then there are no maintenance tiers either."""
    mark: Fraction
    index_price: Fraction
    expiry: datetime | None
    """None for a perpetual."""
    hours: int | None
    """Between two payments of a perpetual; None where nobody tells them."""
    smallest: Fraction
    """Value of the smallest order in the quote currency."""


def find_future(exchange: str, symbol: str) -> Future | None:
    """Find what trades at an exchange under a symbol."""
    return futures(exchange).get(symbol)


@cache
def futures(exchange: str) -> dict[str, Future]:
    """List the futures on coins that trade at an exchange, by symbol."""
    found = [listing for listing in LISTINGS if listing.market != "spot" and _trades(listing, exchange)]
    return {WORLD.symbol(listing): _future(listing) for listing in found}


def on_bitcoin(exchange: str) -> list[str]:
    """List the futures on bitcoin at an exchange."""
    return [future.symbol for future in futures(exchange).values() if future.underlying == "BTC"]


def with_past(exchange: str) -> list[str]:
    """List those among them whose closes are asked for by name; MEXC tells little of that at once."""
    return on_bitcoin(exchange)[:1] if exchange == "mexc" else on_bitcoin(exchange)


def named(exchange: str, symbols: list[str]) -> list[dict[str, str]]:
    """Name futures as a question does."""
    return [{"style": "listed", "exchange": exchange, "symbol": symbol} for symbol in symbols]


@cache
def spot_prices(exchange: str, quote: str) -> dict[str, Fraction]:
    """List what a coin costs in a currency, for all that trade for it at an exchange; `median` counts as one."""
    if exchange == "median":
        return _medians(quote)
    pairs = [listing for listing in LISTINGS if listing.market == "spot" and _trades(listing, exchange)]
    return {
        listing.asset: Fraction(WORLD.quote(listing).last) / listing.scale
        for listing in pairs
        if listing.quote == quote
    }


def count_returns(asset: str, now: datetime) -> int:
    """Count the days of which a coin has a return: between closes of days that are over, and believed to be."""
    is_unsettled = now.hour == now.minute == 0
    return ASSETS[asset].days - 2 - is_unsettled


@cache
def past_closes(exchange: str, quote: str, asset: str, until_ms: int) -> dict[int, float]:
    """List the closes of a coin at an exchange by the end of their day, up to one, in milliseconds since 1970."""
    (pair,) = (
        listing
        for listing in LISTINGS
        if (listing.market, listing.asset, listing.quote) == ("spot", asset, quote) and _trades(listing, exchange)
    )
    return {day.ended_ms: float(day.close) / pair.scale for day in WORLD.closes(pair) if day.ended_ms <= until_ms}


def is_asleep(asset: str, exchange: str, quote: str) -> bool:
    """Tell whether nobody trades a coin any more at an exchange that still lists it."""
    place = ("spot", asset, exchange, quote)
    return any(one.still_days for one in LISTINGS if (one.market, one.asset, one.exchange, one.quote) == place)


def _medians(quote: str) -> dict[str, Fraction]:
    """Give the medians of what trades at enough exchanges; here their prices always agree."""
    boards = [spot_prices(exchange, quote) for exchange in EXCHANGES]
    prices = {asset: [board[asset] for board in boards if asset in board] for board in boards for asset in board}
    return {asset: median(found) for asset, found in prices.items() if len(found) >= QUORUM}


def _trades(listing: Listing, exchange: str) -> bool:
    """Tell whether an exchange takes orders for a listing and it is about a coin: no trap says otherwise."""
    return listing.exchange == exchange and not listing.spec and not listing.base.startswith("NC")


def _future(listing: Listing) -> Future:
    """Restate the terms of a listing."""
    symbol = WORLD.symbol(listing)
    leverage = _leverage(listing, symbol)
    quote = WORLD.quote(listing)
    return Future(
        style=listing.market,
        symbol=symbol,
        underlying=listing.base if listing.scale == 1 else listing.asset,
        quote=listing.quote,
        multiplier=Fraction(listing.size),
        lot_step=Fraction(listing.step),
        max_leverage=None if leverage is None else Fraction(leverage),
        mark=Fraction(quote.mark),
        index_price=Fraction(quote.index),
        expiry=None if listing.quarter is None else WORLD.expiry(listing.quarter),
        hours=None if listing.quarter is not None or _hides_terms(listing) else listing.hours,
        smallest=_smallest(listing, Fraction(quote.mark)),
    )


def _smallest(listing: Listing, mark: Fraction) -> Fraction:
    """Tell what the smallest order is worth: one step, or as many as the exchange wants at least."""
    step = Fraction(listing.step) * Fraction(listing.size) * (mark if listing.market == "linear" else 1)
    return max(1, ceil(Fraction(listing.min_notional or 0) / step)) * step


def _leverage(listing: Listing, symbol: str) -> int | None:
    """Tell the largest leverage, if anybody does."""
    if listing.exchange == "binance":
        return _TABLE.get(symbol) or _TABLE.get(symbol.partition("_")[0] + "_")
    return None if _hides_terms(listing) else listing.leverage


def _hides_terms(listing: Listing) -> bool:
    """Tell whether an exchange says neither how a contract is margined nor how it is funded."""
    return (listing.exchange, listing.market) == ("bingx", "inverse")
