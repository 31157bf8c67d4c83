"""What a look-up finds, how old it is, and whether to believe it now that it is known what it is a price of.

Law: an age is that of the board, or more where the exchange's own time says so; what speaks against a price is said.
"""

from decimal import Decimal
from typing import Literal, NamedTuple, Self, cast

from service.hedging.contracts import Inverse, Linear
from service.hedging.units import Exact
from service.market.fetcher import Kept
from service.market.maintenance import Maintenance
from service.market.source import Exchange, Listing, Quote, UpstreamError
from service.market.vetting import SMALLEST

PERPETUAL_GAP, DATED_GAP = Decimal("0.05"), Decimal("0.3")
"""Distance of a mark from its index beyond which one of them is wrong; that of a dated future is its basis."""
BOOK_GAP = Decimal("0.02")
"""Distance of the last spot trade from the orders beyond which it is no price any more."""


class NotListedError(Exception):
    """What was asked for is not to be had at the exchange at all; the message says so in a sentence."""


class UnavailableError(Exception):
    """What was asked for is listed, and its price or terms can't be had now."""

    def __init__(self, exchange: str, name: str, cause: UpstreamError, *, age_seconds: float | None = None) -> None:
        """Make the error.

        Args:
            exchange: where it was looked up.
            name: symbol or asset.
            cause: what stands in the way.
            age_seconds: age of the youngest value that there is; None for none at all.
        """
        age = "" if age_seconds is None else f"; the youngest is {age_seconds:.1f} s old"
        super().__init__(f"{name} at {exchange}: {cause}{age}")
        self.exchange = exchange
        self.cause = cause
        self.age_seconds = age_seconds
        self.retry_after = cause.retry_after

    def about(self, name: str) -> Self:
        """Say the same of another name at the same exchange."""
        return type(self)(self.exchange, name, self.cause, age_seconds=self.age_seconds)


class OutdatedError(UnavailableError):
    """What was asked for has daily closes, and they ended too long ago to say anything of today."""


class Seen(NamedTuple):
    """A listing and its quote, with their time and age."""

    exchange: Exchange
    listing: Listing
    quote: Quote
    as_of_ms: int
    """In milliseconds since 1970: the time that the exchange gives to the prices, else that at which it was asked."""
    age_seconds: float
    steady_then: float
    """When it had that age, by the steady clock."""


class Looked(NamedTuple):
    """A price of one unit of an asset."""

    price: Decimal
    source: Literal[Exchange, "median"]
    sources: tuple[Exchange, ...]
    """Exchanges behind it."""
    symbol: str | None
    """Symbol at the exchange whose price it is; None for several."""
    as_of_ms: int
    """Of the oldest of them."""
    age_seconds: float
    """Same, when it was looked up."""
    steady_then: float
    """When that was, by the steady clock."""


class Listed(NamedTuple):
    """A contract in the words of the hedging core."""

    contract: Linear | Inverse
    maintenance: Maintenance


Answer = Looked | NotListedError | UnavailableError
"""What one of several look-ups found."""


class Now(NamedTuple):
    """One moment by both clocks."""

    steady: float
    wall: float


class Search(NamedTuple):
    """What is looked for, and for how long."""

    exchange: Exchange
    name: str
    """What the caller asked for."""
    longest: float
    """Age in seconds that it may have."""
    until: float
    """End of patience by the steady clock."""


def pick(search: Search, listing: Listing, kept: Kept, *, now: Now) -> Seen:
    """Take a quote off a board.

    Raises:
        UnavailableError: if it is not there, too old, or can't be true.
    """
    if listing.symbol not in kept.board.rows:
        reason = kept.board.dropped.get(listing.symbol, "not sent")
        raise UnavailableError(search.exchange, search.name, UpstreamError("rejected", f"its quote was {reason}"))
    seen = date(search.exchange, listing, kept, now=now)
    if seen.age_seconds > search.longest:
        raise too_old(search.name, seen, search.longest)
    against = doubt(seen)
    if against is not None:
        raise UnavailableError(search.exchange, search.name, UpstreamError("rejected", against))
    return seen


def too_old(name: str, found: Seen | Looked, longest: float) -> UnavailableError:
    """Make the error for what is older than asked for."""
    where = found.exchange if isinstance(found, Seen) else found.source
    cause = UpstreamError("stale", f"older than {longest:g} s", retry_after=1.0)
    return UnavailableError(where, name, cause, age_seconds=found.age_seconds)


def doubt(seen: Seen) -> str | None:
    """Say what speaks against a quote, knowing what it is a quote of; None if nothing does."""
    quote, gap = seen.quote, PERPETUAL_GAP if seen.listing.expiry_ms is None else DATED_GAP
    if quote.mark is not None and quote.index is not None and abs(quote.mark - quote.index) >= gap * quote.index:
        return f"its mark {Exact(quote.mark)} is {gap * 100:g} % or more from its index {Exact(quote.index)}"
    if quote.bid is None or quote.ask is None:
        return None
    if quote.bid > quote.ask:
        return f"its best bid {Exact(quote.bid)} is above its best ask {Exact(quote.ask)}"
    if quote.last is None or seen.listing.segment != "spot":
        return None
    if not quote.bid * (1 - BOOK_GAP) <= quote.last <= quote.ask * (1 + BOOK_GAP):
        orders = f"{Exact(quote.bid)} and {Exact(quote.ask)}"
        return f"its last trade at {Exact(quote.last)} is far from the orders at {orders}"
    return None


def date(exchange: Exchange, listing: Listing, kept: Kept, *, now: Now) -> Seen:
    """Give a quote its age: that of its board, or more where the exchange's own time says so."""
    quote = cast("Quote", kept.board.rows[listing.symbol])
    as_of_ms = kept.board.wall_ms if quote.as_of_ms is None else min(quote.as_of_ms, kept.board.wall_ms)
    age = max(kept.age(now.steady), now.wall - as_of_ms / 1e3)
    return Seen(exchange, listing, quote, as_of_ms, age, now.steady)


def price(seen: Seen) -> Looked:
    """Give the last price of one unit of the asset.

    Raises:
        UnavailableError: if there is none, or one too small to be written.
    """
    last, units = seen.quote.last, seen.listing.units
    if last is None:
        raise UnavailableError(seen.exchange, seen.listing.symbol, UpstreamError("rejected", "it has not been traded"))
    price = last if units == 1 else last / units
    if price < SMALLEST:
        raise UnavailableError(seen.exchange, seen.listing.symbol, UpstreamError("rejected", "it is worth too little"))
    return look(seen, price)


def look(seen: Seen, price: Decimal) -> Looked:
    """Give a price that was seen as one of an asset."""
    exchange = seen.exchange
    return Looked(price, exchange, (exchange,), seen.listing.symbol, seen.as_of_ms, seen.age_seconds, seen.steady_then)


def require_trading(exchange: Exchange, listing: Listing) -> Listing:
    """Give a listing back if orders for it are taken.

    Raises:
        NotListedError: if they are not.
    """
    if not listing.is_trading:
        raise NotListedError(f"{exchange} lists {listing.symbol}, but takes no orders for it")
    return listing
