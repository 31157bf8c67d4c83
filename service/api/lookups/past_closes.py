"""Looks up the daily closes of coins and futures at one exchange, in one currency per unit of the asset."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from service.api.lookups.absences import Place, refuse_failures
from service.hedging.risk.returns import last_traded
from service.market.found import NotListedError, OutdatedError, UnavailableError
from service.market.history import LONGEST_HOURS, Histories, History
from service.market.lookup import Market
from service.market.source import Close, Exchange, Listing, UpstreamError

_HOUR_MS = 3_600_000


class Vault(NamedTuple):
    """Where closes are looked up, and until when that is waited for."""

    market: Market
    histories: Histories
    until: float


class PastCloses(NamedTuple):
    """Daily closes of one listing."""

    by_day: dict[int, float]
    """In the quote currency per unit of the asset, by the end of the UTC day in milliseconds since 1970; not empty."""
    listing: Listing
    history: History[Close]


Failure = NotListedError | UnavailableError


async def find_spot(vault: Vault, exchange: Exchange, asset: str, *, quote: str) -> Listing | Failure:
    """Find the spot pair of an asset; the error where there is none now, with what does not mend it."""
    try:
        return await vault.market.find_pair(exchange, asset, quote=quote, until=vault.until)
    except NotListedError as error:
        remedy = "Send returns, or a beta where one is estimated: a price does not do"
        return NotListedError(f"{error}, so that there are no closes to look up. {remedy}")
    except UnavailableError as error:
        return error


async def require_closes(
    vault: Vault, exchange: Exchange, listings: Mapping[str, Listing | Failure], *, place_of: Callable[[str], Place]
) -> dict[str, PastCloses]:
    """Give the daily closes of several listings, side by side; refuse with all places.

    Args:
        vault: where they are.
        exchange: same of the listings.
        listings: what was found, or the errors, by name.
        place_of: tells where in the request a name stands.

    Raises:
        RefusalError: not_listed, stale_price (422) or price_unavailable (503).
    """
    refuse_failures(listings, place_of)
    known = {name: one for name, one in listings.items() if isinstance(one, Listing)}
    vault.histories.prepare(closes=[(exchange, one) for one in known.values()])
    answers = {name: await _see(vault, exchange, one) for name, one in known.items()}
    refuse_failures(answers, place_of)
    return {name: one for name, one in answers.items() if isinstance(one, PastCloses)}


async def _see(vault: Vault, exchange: Exchange, listing: Listing) -> PastCloses | Failure:
    try:
        history = await vault.histories.see_closes(exchange, listing, until=vault.until)
    except (NotListedError, UnavailableError) as error:
        return error
    by_day = {close.at_ms: close.price / float(listing.units) for close in history.points}
    hours = (history.as_of_ms - last_traded(by_day)) / _HOUR_MS + history.age_seconds / 3600
    if hours > LONGEST_HOURS:
        detail = f"the last that was traded is {hours:.1f} h old, and {LONGEST_HOURS} h are the most"
        return OutdatedError(exchange, f"The daily closes of {listing.symbol}", UpstreamError("rejected", detail))
    return PastCloses(by_day, listing, history)
