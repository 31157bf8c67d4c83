"""What went on in the world before now: how far each coin moved on a day, and what its funding was.

Law: it follows from names and numbers alone, so that whoever asks, and whenever, is told the same.
"""

from decimal import Decimal
from functools import cache
from hashlib import blake2b
from math import exp
from statistics import NormalDist

from tests.market.exchange.assets import ASSETS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAYS = 520
"""How far back prices go, for what was there then."""
FUNDED_DAYS = 120
"""How far back funding goes."""
BITCOIN = "BTC"
VOLATILITY = 0.025
"""Of Bitcoin on a day."""
USUAL_RATE = 0.0001
"""What longs pay for eight hours if the mood is as usual."""

_WEEK_MS = 7 * DAY_MS
_PLACES = 8
_BYTES = 6
_NORMAL = NormalDist()


@cache
def chance(name: str, number: int) -> float:
    """Draw from the standard normal distribution: the same each time for a name and a number."""
    drawn = int.from_bytes(blake2b(f"{name} {number}".encode(), digest_size=_BYTES).digest())
    return _NORMAL.inv_cdf((drawn + 0.5) / 256**_BYTES)


@cache
def move(asset: str, day: int) -> float:
    """Tell the logarithm by which a price changed on a day, counted since 1970: with Bitcoin's, and by itself."""
    known = ASSETS[asset]
    return known.beta * VOLATILITY * chance(BITCOIN, day) + known.noise * chance(asset, day)


@cache
def levels(asset: str, today: int) -> tuple[Decimal, ...]:
    """Give the price of a coin at the end of each day as a share of the price now; the last day is today."""
    shares, later = [], 0.0
    for day in range(today, today - DAYS - 1, -1):
        shares.append(Decimal(exp(-later)))
        later += move(asset, day)
    return tuple(reversed(shares))


def funding_rate(asset: str, hours: int, at_ms: int) -> Decimal:
    """Give what longs paid at a moment for the hours before it: a mood that lasts for weeks, and some noise."""
    week, into = divmod(at_ms, _WEEK_MS)
    later = into / _WEEK_MS
    mood = (1 - later) * chance(f"{asset} mood", week) + later * chance(f"{asset} mood", week + 1)
    rate = USUAL_RATE * (1 + mood + 0.3 * chance(f"{asset} funding", at_ms // HOUR_MS))
    return round(Decimal(rate) * hours / 8, _PLACES)
