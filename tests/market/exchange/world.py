"""The world that the local exchanges live in: prices, rates and a clock that a test may set, and what they imply."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from tests.market.exchange import history
from tests.market.exchange.assets import ASSETS
from tests.market.exchange.history import DAY_MS, HOUR_MS
from tests.market.exchange.listings import LISTINGS, Listing, Market

_POINT = Decimal("0.0001")
BIAS = {"binance": Decimal(0), "bybit": Decimal("0.4"), "bingx": Decimal("-0.6"), "weex": Decimal("1.1")} | {
    "mexc": Decimal("-1.3")
}
"""How far the prices of an exchange lie from the world's, in basis points: each source can be told from the others."""
MARKET_BIAS = {"spot": Decimal(0), "linear": Decimal("0.2"), "inverse": Decimal("-0.2")}
RATE_BIAS = {"binance": 0, "bybit": 1, "bingx": 2, "weex": 3, "mexc": 4}
"""What an exchange adds to the funding rate of an asset, in millionths."""
PREMIUM = Decimal("0.5")
"""Of a perpetual's mark over its index, in basis points."""
CARRY = Decimal("0.04")
"""Of a dated contract's mark over its index, in a year."""
DOLLAR = Decimal("1.0004")
"""A dollar in USDT: an inverse contract follows a price in dollars."""
WOBBLE = 0.7
"""Of a price that is no longer known to the tick, from one day and exchange to the next, in basis points."""
_MONTHS = "FGHJKMNQUVXZ"
_DATED_DAYS = 190
"""From the listing of a dated contract to its expiry."""


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The prices of one listing, as its exchange rounds them."""

    index: Decimal
    mark: Decimal
    last: Decimal
    bid: Decimal
    ask: Decimal


class Candle(NamedTuple):
    """One day of a listing."""

    opened_ms: int
    """Midnight UTC at which it began, in milliseconds since 1970."""
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    @property
    def ended_ms(self) -> int:
        """Midnight UTC at which it ended, or will end."""
        return self.opened_ms + DAY_MS


class Payment(NamedTuple):
    """One funding payment of a listing."""

    at_ms: int
    rate: Decimal


class World:
    """Prices, rates and a clock; a test may change each, and every exchange follows."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Take a clock that gives seconds since 1970."""
        self._clock = self.clock = clock
        self.offset = 0.0
        """Seconds that all exchanges are ahead of the clock."""
        self.prices: dict[str, Decimal] = {}
        self.rates: dict[str, Decimal] = {}
        self.page_cap = 10
        """How many contracts Bybit puts on a page, whatever was asked for; the real cap is 1000."""
        self.reset()

    def reset(self) -> None:
        """Undo what a test changed."""
        self.clock = self._clock
        self.offset = 0.0
        self.page_cap = 10
        self.prices.update({name: asset.price for name, asset in ASSETS.items()})
        self.rates.update({name: asset.rate for name, asset in ASSETS.items()})

    def now(self) -> float:
        """Tell the time at the exchanges, in seconds since 1970."""
        return self.clock() + self.offset

    def millis(self) -> int:
        """Tell the time at the exchanges, in milliseconds since 1970."""
        return int(self.now() * 1000)

    def next_funding(self, hours: int) -> int:
        """Tell when the next funding is, in milliseconds: always later than now."""
        period = hours * HOUR_MS
        return (self.millis() // period + 1) * period

    def expiry(self, quarter: int) -> datetime:
        """Tell when the first or second dated contract to come expires: a last Friday of a quarter, 08:00 UTC."""
        now = datetime.fromtimestamp(self.now(), UTC)
        fridays = [_last_friday(now.year + month // 12, month % 12 + 1) for month in (2, 5, 8, 11, 14, 17, 20)]
        return [friday for friday in fridays if friday > now][quarter]

    def symbol(self, listing: Listing) -> str:
        """Give the symbol as the exchange writes it today."""
        if listing.quarter is None:
            return listing.symbol
        expiry = self.expiry(listing.quarter)
        return listing.symbol.format(expiry, _MONTHS[expiry.month - 1]).upper()

    def listings(self, exchange: str, market: Market) -> list[Listing]:
        """Give what an exchange lists on one of its markets, wanted or not."""
        return [listing for listing in LISTINGS if (listing.exchange, listing.market) == (exchange, market)]

    def listing(self, exchange: str, market: Market, symbol: str) -> Listing:
        """Find a listing by the symbol that the exchange writes today."""
        found = self.find(exchange, market, symbol)
        assert found is not None, f"{exchange} lists no {symbol}"
        return found

    def find(self, exchange: str, market: Market, symbol: str) -> Listing | None:
        """Find a listing by the symbol that the exchange writes today, if there is one."""
        return next((one for one in self.listings(exchange, market) if self.symbol(one) == symbol), None)

    def truth(self, exchange: str, market: Market, symbol: str) -> Quote:
        """Give the prices that an exchange serves for a symbol when nothing goes wrong."""
        return self.quote(self.listing(exchange, market, symbol))

    def rate(self, listing: Listing) -> Decimal:
        """Give the funding rate of a perpetual for its next funding."""
        own = self.rates[listing.asset] + RATE_BIAS[listing.exchange] * Decimal("0.000001")
        return own if listing.rate is None else listing.rate

    def quote(self, listing: Listing) -> Quote:
        """Give the prices of a listing as its exchange rounds them."""
        index = self._index(listing)
        mark = self._mark(listing)
        fine = Decimal("1E-8") if listing.exchange == "binance" else listing.tick
        last = _round(mark, listing.tick)
        return Quote(index=_round(index, fine), mark=_round(mark, fine), last=last, bid=last, ask=last + listing.tick)

    def _index(self, listing: Listing) -> Decimal:
        bias = (BIAS[listing.exchange] + MARKET_BIAS[listing.market]) * _POINT
        raw = self.prices[listing.asset] * listing.scale / self._worth(listing.quote) * listing.stale
        return raw * (1 + bias)

    def _mark(self, listing: Listing) -> Decimal:
        return self._index(listing) * (1 + self._premium(listing))

    def candles(self, listing: Listing) -> list[Candle]:
        """Give the days of a listing, oldest first; the last one is under way, and so far it closes at the price now.

        When a price is set, all before it follows: the moves from day to day stay what they were.
        """
        today = self.millis() // DAY_MS
        first = today - min(self._age(listing), history.DAYS - 1) + 1
        mark = self._mark(listing)
        prices = [
            _round(mark * self._level(listing, today, ago), listing.tick) for ago in range(today - first + 1, 0, -1)
        ]
        prices.append(self.quote(listing).last)
        return [_candle(listing, day, pair) for day, pair in enumerate(pairwise(prices), first)]

    def closes(self, listing: Listing) -> list[Candle]:
        """Give the days of a listing that are over, oldest first."""
        return self.candles(listing)[:-1]

    def payments(self, listing: Listing) -> list[Payment]:
        """Give the funding that a perpetual paid until now, oldest first; none for anything else."""
        if listing.market == "spot" or listing.quarter is not None:
            return []
        period = listing.hours * HOUR_MS
        days = min(self._age(listing), history.FUNDED_DAYS)
        stamps = range(self.millis() // DAY_MS * DAY_MS - (days - 1) * DAY_MS, self.millis() + 1, period)
        return [Payment(at_ms, _paid(listing, at_ms)) for at_ms in stamps]

    def _age(self, listing: Listing) -> int:
        """Count the days on which something was traded, today included."""
        if listing.quarter is None:
            return ASSETS[listing.asset].days
        return max(1, _DATED_DAYS - self._days_left(listing.quarter))

    def _level(self, listing: Listing, today: int, ago: int) -> Decimal:
        """Give the price at the end of a day so many days ago as a share of the price now."""
        ago = max(ago, listing.still_days)
        level = history.levels(listing.asset, today)[-1 - ago]
        if listing.quote in ASSETS:
            level /= history.levels(listing.quote, today)[-1 - ago]
        carry = CARRY * ago / 365 if listing.quarter is not None else 0
        wobble = history.chance(f"{listing.exchange} {listing.market} {listing.symbol}", today - ago)
        return level * (1 + carry) * (1 + Decimal(WOBBLE * wobble) * _POINT)

    def _worth(self, quote: str) -> Decimal:
        return {"USDT": Decimal(1), "USD": DOLLAR}.get(quote) or self.prices[quote]

    def _premium(self, listing: Listing) -> Decimal:
        """Give what a mark is above its index; a dated one changes once a day, so that two reads in a test agree."""
        if listing.market == "spot":
            return Decimal(0)
        if listing.quarter is None:
            return PREMIUM * _POINT
        return CARRY * self._days_left(listing.quarter) / 365

    def _days_left(self, quarter: int) -> int:
        return ceil((self.expiry(quarter).timestamp() - self.now()) / 86_400)


def _last_friday(year: int, month: int) -> datetime:
    end = datetime(year + month // 12, month % 12 + 1, 1, 8, tzinfo=UTC) - timedelta(days=1)
    return end - timedelta(days=(end.weekday() - 4) % 7)


def _round(price: Decimal, tick: Decimal) -> Decimal:
    return (price / tick).to_integral_value() * tick


def _candle(listing: Listing, day: int, prices: tuple[Decimal, Decimal]) -> Candle:
    """Write a day that opens at the close of the one before, and goes a little beyond both."""
    opened, closed = prices
    high, low = (
        _round(max(prices) * Decimal("1.004"), listing.tick),
        _round(min(prices) * Decimal("0.996"), listing.tick),
    )
    return Candle(day * DAY_MS, opened, high, low, closed)


def _paid(listing: Listing, at_ms: int) -> Decimal:
    if listing.rate is not None:
        return listing.rate
    own = RATE_BIAS[listing.exchange] * Decimal("0.000001")
    return history.funding_rate(listing.asset, listing.hours, at_ms) + own
