"""Looks up the daily closes of coins and futures at one exchange, in one currency per unit of the asset."""

from typing import NamedTuple

from service.market.found import NotListedError, UnavailableError
from service.market.history import Histories, History
from service.market.lookup import Market
from service.market.source import Close, Exchange, Listing


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
    """Find the spot pair of an asset; the error where there is none now."""
    try:
        return await vault.market.find_pair(exchange, asset, quote=quote, until=vault.until)
    except (NotListedError, UnavailableError) as error:
        return error


async def see_closes(vault: Vault, exchange: Exchange, listing: Listing) -> PastCloses | Failure:
    """Give the daily closes of a listing; the error where they can't be had."""
    try:
        history = await vault.histories.see_closes(exchange, listing, until=vault.until)
    except (NotListedError, UnavailableError) as error:
        return error
    by_day = {close.at_ms: close.price / float(listing.units) for close in history.points}
    return PastCloses(by_day, listing, history)
