"""The port: what the market can be asked for, in its own words, and what comes back.

Law: a fact carries the time of its source; what is missing is None, never 0; a figure that fails a check is an error
with a reason, never a number.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol, get_args

from msgspec import Struct

Exchange = Literal["binance", "bingx", "bybit", "mexc", "weex"]
EXCHANGES: tuple[Exchange, ...] = get_args(Exchange)
Segment = Literal["linear", "inverse", "spot"]
"""What a symbol is margined in: the quote currency, the coin, or nothing at all."""
Subject = Literal["quotes", "listings", "tiers", "candles", "fundings"]
"""What a board is about: prices, what can be traded on which terms; or, of one symbol, its maintenance margin, its
daily closes or the funding that was paid."""
Reason = Literal[
    "rate_limited",
    "banned",
    "blocked",
    "geo_blocked",
    "maintenance",
    "bad_payload",
    "timeout",
    "network",
    "budget_spent",
    "stale",
    "no_quorum",
    "rejected",
]
"""Why a fact can't be had; the first eight are what an exchange or the way to it did."""


class UpstreamError(Exception):
    """An exchange did not give what it was asked for."""

    def __init__(self, reason: Reason, detail: str, *, retry_after: float | None = None) -> None:
        """Make the error.

        Args:
            reason: stable name of what happened.
            detail: one sentence for the operator; nothing that the exchange wrote is in it but codes and numbers.
            retry_after: seconds after which asking again makes sense, where the exchange said so; infinity for never.
        """
        super().__init__(detail)
        self.reason = reason
        self.retry_after = retry_after


class Quote(Struct, frozen=True, kw_only=True, gc=False):
    """Prices of one symbol at one time; decimals in the quote currency per unit of the base asset as it is listed."""

    symbol: str
    last: Decimal | None = None
    """Price of the last trade."""
    mark: Decimal | None = None
    """Price by which the exchange computes margin and liquidation; None for spot."""
    index: Decimal | None = None
    """Price of the underlying over several venues; None for spot."""
    bid: Decimal | None = None
    ask: Decimal | None = None
    funding_rate: Decimal | None = None
    """Fraction exchanged at `next_funding_ms`: positive, longs pay; None for what is not a perpetual."""
    funding_interval_hours: int | None = None
    funding_cap: Decimal | None = None
    """Largest absolute funding rate."""
    next_funding_ms: int | None = None
    """Milliseconds since 1970."""
    as_of_ms: int | None = None
    """Time of the prices at the exchange, in milliseconds since 1970; None where it gives none."""


class Tier(NamedTuple):
    """One step of a maintenance margin table."""

    floor: Decimal
    """Position value at which it begins, in the settlement currency; the first begins at 0."""
    rate: Decimal


class Listing(Struct, frozen=True, kw_only=True, gc=False):
    """What one symbol is and on which terms it trades; sizes count in contracts.

    Where an order counts in coins, a contract is one coin: `multiplier` 1 and `order_unit` base.
    """

    symbol: str
    segment: Segment
    base: str
    """Asset that is held or followed, without a scale: SHIB for 1000SHIBUSDT."""
    units: Decimal = Decimal(1)
    """How many of it one price is for: 1000 for 1000SHIBUSDT."""
    quote: str
    """Currency of its prices."""
    is_trading: bool
    """Whether orders are taken now, also those sent by a program."""
    expiry_ms: int | None = None
    """When it settles, in milliseconds since 1970; None for a perpetual and for spot."""
    multiplier: Decimal = Decimal(1)
    """Units of the listed base per contract (linear), quote units per contract (inverse)."""
    order_unit: Literal["contract", "base"] = "contract"
    lot_step: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    """Largest order of any kind."""
    max_market_quantity: Decimal | None = None
    """Largest market order."""
    min_notional: Decimal | None = None
    """Smallest order value in the quote currency."""
    tick_size: Decimal | None = None
    max_leverage: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    funding_interval_hours: int | None = None
    funding_cap: Decimal | None = None
    tiers: tuple[Tier, ...] | None = None
    """Where the exchange publishes them with its listings."""
    tier_unit: Literal["value", "contracts"] = "value"
    """What the floors of `tiers` count: position value, or contracts, where the exchange limits those."""


class Tiers(Struct, frozen=True, kw_only=True, gc=False):
    """Maintenance margin of one contract, where it is published apart from the listings."""

    symbol: str
    tiers: tuple[Tier, ...]


class Close(NamedTuple):
    """Price at the end of one day."""

    at_ms: int
    """End of the UTC day, in milliseconds since 1970: the first moment that is no longer part of it."""
    price: float
    """Of the last trade, in the quote currency per unit of the base asset as it is listed."""


class Candles(Struct, frozen=True, kw_only=True, gc=False):
    """Daily closes of one symbol, oldest first; a day that is missing is missing, and the one under way is absent."""

    symbol: str
    closes: tuple[Close, ...]


class Payment(NamedTuple):
    """One funding payment that was made."""

    at_ms: int
    """When, in milliseconds since 1970."""
    rate: float
    """Fraction of the position's value, positive where longs paid."""


class Fundings(Struct, frozen=True, kw_only=True, gc=False):
    """Funding of one perpetual that was paid, oldest first."""

    symbol: str
    payments: tuple[Payment, ...]


Row = Quote | Listing | Tiers | Candles | Fundings


class Get(Protocol):
    """Asks one exchange; the host, the budget and the breaker are its business."""

    async def __call__(self, host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Give the body of a 200 answer to GET https://{host}{path}?{parameters}, uncompressed.

        Args:
            host: from the adapter's own constants, never from a caller.
            path: same.
            weight: what the exchange counts the request as.
            parameters: of the query.

        Raises:
            UpstreamError: for everything else that can happen.
        """
        ...


Fetch = Callable[[Get], Awaitable[Sequence[Row]]]


class Feed(NamedTuple):
    """One board of one exchange: everything that it says about one subject, in one or two calls."""

    exchange: Exchange
    segment: Segment
    subject: Subject
    row: type[Any]
    fetch: Fetch
    fresh_seconds: float
    """Age up to which it is served without asking again."""
    longest_seconds: float
    """Age up to which it may be served at all."""
    symbol: str | None = None
    """For boards of a single symbol."""

    @property
    def key(self) -> str:
        """Name of the board; the braces keep what belongs to it on one node of a Redis Cluster."""
        tail = "" if self.symbol is None else f":{self.symbol}"
        return f"hedge:{{{self.exchange}:{self.segment}:{self.subject}{tail}}}"


class Budget(NamedTuple):
    """What an exchange allows one address: `weight` units per `seconds`."""

    weight: int
    seconds: float


class Adapter(NamedTuple):
    """One exchange: how it is asked, and how it says no."""

    exchange: Exchange
    feeds: tuple[Feed, ...]
    budgets: dict[str, Budget]
    """By host: no other host is asked. Half of what the exchange allows: a burst, and what comes back meanwhile, stay
    below all of it."""
    refuse: Callable[[int, bytes], UpstreamError | None]
    """Reads the exchange's own error out of a status and a body; None where it is none of its known ones."""
    tiers_of: Callable[[Listing], Feed] | None = None
    """Feed of a contract's maintenance tiers, where they are published apart and without a key."""
    candles_of: Callable[[Listing], Feed] | None = None
    """Feed of a symbol's daily closes; that of the day under way may be in it, and is dropped as not yet true."""
    fundings_of: Callable[[Listing], Feed] | None = None
    """Feed of a perpetual's past funding, which is empty where none was paid yet."""
    maintenance_basis: Literal["liquidation", "entry"] = "liquidation"
    """Value that it takes maintenance margin of: at the liquidation price, or at entry."""
    publishes_tiers: bool = False
    """Whether it shows maintenance tiers to everybody."""
    settlement_fee_rate: Decimal | None = None
    """Fee of what is held until it settles, as a fraction of its value; None where it does not tell."""
    lists_expiring: bool = False
    """Whether it lists futures that expire."""


QUOTES_FRESH, QUOTES_LONGEST = 2.0, 60.0
LISTINGS_FRESH, LISTINGS_LONGEST = 3600.0, 86_400.0
HISTORY_FRESH, HISTORY_LONGEST = 600.0, 3600.0
HISTORY_DAYS = 400
"""Days of daily closes that are asked for."""
DAY_MS = 86_400_000


def history_of(
    exchange: Exchange,
    subject: Literal["candles", "fundings"],
    fetch: Callable[[Listing, Get], Awaitable[Sequence[Row]]],
) -> Callable[[Listing], Feed]:
    """Make the function that gives the feed of a symbol's past.

    Args:
        exchange: where it is.
        subject: daily closes, or the funding that was paid.
        fetch: asks for those of one listing.
    """
    row = Candles if subject == "candles" else Fundings

    def feed_of(listing: Listing) -> Feed:
        terms = (row, partial(fetch, listing), HISTORY_FRESH, HISTORY_LONGEST)
        return Feed(exchange, listing.segment, subject, *terms, symbol=listing.symbol)

    return feed_of
