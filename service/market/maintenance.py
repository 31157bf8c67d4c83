"""Maintenance margin of a listed contract: as the exchange publishes it, else from a dated table, else estimated.

Law: who uses the tiers is told which of the three they are, and of when.
Source: `maintenance.json` names its sources. An estimate takes 0.75 over the largest leverage, which of 7,276 tiers of
Binance none but a few exceeded; at larger sizes it is never below what Binance asks for the same coin.
"""

from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from service.hedging.units import exactly
from service.market.source import Listing, Tier

Origin = Literal["exchange", "table", "estimate", "unknown"]
ESTIMATE = Decimal("0.75")
_PLACES = Decimal("1E-18")
_ZERO = Decimal(0)


class Maintenance(NamedTuple):
    """Maintenance tiers of a contract and where they come from."""

    origin: Origin
    tiers: tuple[Tier, ...] | None = None
    """Floors in the settlement currency, or in contracts as `Listing.tier_unit` says; None where unknown."""
    as_of: str | None = None
    """Day of the table, as YYYY-MM-DD."""
    max_leverage: Decimal | None = None
    """Of the smallest position."""


class _Table(Struct, frozen=True):
    as_of: str
    source: str
    symbols: dict[str, tuple[tuple[Decimal, Decimal | None, Decimal | None], ...]]
    """By symbol, or by what stands before an expiry: floor, maintenance rate and largest leverage of each tier."""


@lru_cache(maxsize=4096)
def maintain(exchange: str, listing: Listing, published: tuple[Tier, ...] | None) -> Maintenance:
    """Find the maintenance tiers of a contract.

    Args:
        exchange: where it is listed.
        listing: its terms.
        published: tiers that the exchange publishes apart from its listings; None where it does not.
    """
    tiers = published or listing.tiers
    if tiers:
        return Maintenance("exchange", tiers, None, listing.max_leverage)
    table, rows = _rows(f"{exchange}:{listing.segment}", listing.symbol)
    max_leverage = listing.max_leverage or (rows[0][2] if rows else None)
    if rows and rows[0][1] is not None:
        known = tuple(Tier(floor, rate) for floor, rate, _ in rows if rate is not None)
        return Maintenance("table", known, table.as_of, max_leverage)
    if max_leverage is None:
        return Maintenance("unknown")
    by_leverage = tuple(Tier(floor, _estimate(leverage)) for floor, _, leverage in rows if leverage)
    estimated = by_leverage or _raise(_estimate(max_leverage), listing)
    return Maintenance("estimate", estimated, table.as_of if by_leverage else None, max_leverage)


def _raise(rate: Decimal, listing: Listing) -> tuple[Tier, ...]:
    """Let an estimated rate rise with the size as Binance's does for the same coin, where that is known."""
    first = Tier(_ZERO, rate)
    if listing.segment != "linear":
        return (first,)
    rows = next(filter(None, (_rows("binance:linear", f"{scale}{listing.base}USDT")[1] for scale in ("", "1000"))), ())
    higher = (Tier(floor, steeper) for floor, steeper, _ in rows if floor and steeper is not None and steeper > rate)
    return (first, *higher)


@exactly
def _estimate(leverage: Decimal) -> Decimal:
    return (ESTIMATE / leverage).quantize(_PLACES)


def _rows(table: str, symbol: str) -> tuple[_Table, tuple[tuple[Decimal, Decimal | None, Decimal | None], ...]]:
    found = _tables().get(table, _NO_TABLE)
    return found, found.symbols.get(symbol) or found.symbols.get(symbol.partition("_")[0] + "_", ())


_NO_TABLE = _Table("", "", {})


@cache
def _tables() -> dict[str, _Table]:
    text = files(__package__).joinpath("maintenance.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, _Table])
