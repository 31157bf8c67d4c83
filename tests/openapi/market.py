"""What the local exchanges list and quote, restated from their world as far as an oracle has to know it.

Law: nothing of `service` is imported. What an exchange lists and does not trade, or what is no coin, is not here.
"""

from fractions import Fraction
from functools import cache
from statistics import median
from typing import NamedTuple

from tests.market.exchange import World
from tests.market.exchange.listings import LISTINGS, Listing

WORLD = World()
"""The world in which the services under test live."""
EXCHANGES = ("binance", "bingx", "bybit", "mexc", "weex")
WITH_EXPIRIES = ("binance", "bybit")
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


def find_future(exchange: str, symbol: str) -> Future | None:
    """Find what trades at an exchange under a symbol."""
    return futures(exchange).get(symbol)


@cache
def futures(exchange: str) -> dict[str, Future]:
    """List the futures on coins that trade at an exchange, by symbol."""
    found = [listing for listing in LISTINGS if listing.market != "spot" and _trades(listing, exchange)]
    return {WORLD.symbol(listing): _future(listing) for listing in found}


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
    return Future(
        style=listing.market,
        symbol=symbol,
        underlying=listing.base if listing.scale == 1 else listing.asset,
        quote=listing.quote,
        multiplier=Fraction(listing.size),
        lot_step=Fraction(listing.step),
        max_leverage=None if leverage is None else Fraction(leverage),
        mark=Fraction(WORLD.quote(listing).mark),
    )


def _leverage(listing: Listing, symbol: str) -> int | None:
    """Tell the largest leverage, if anybody does."""
    if listing.exchange == "binance":
        return _TABLE.get(symbol) or _TABLE.get(symbol.partition("_")[0] + "_")
    return None if (listing.exchange, listing.market) == ("bingx", "inverse") else listing.leverage
