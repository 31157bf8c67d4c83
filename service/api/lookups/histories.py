"""Looks up what a basis was in the past: daily closes of a future against those of its spot.

Law: two closes of one day in one currency make one past value; a day on which one of them is missing has none.
"""

import asyncio
from collections.abc import Container, Mapping
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.api.lookups.absences import at, refuse_failures
from service.api.lookups.origins import write_instant
from service.api.lookups.pairs import Found, Look
from service.hedging.cautions import Caution, caution
from service.hedging.risk.returns import DAY_MS
from service.hedging.term_structure.pairs import DAYS_OF_YEAR, DayCount
from service.hedging.term_structure.standing import FEWEST
from service.hedging.units import Instant
from service.market.found import NotListedError, UnavailableError
from service.market.history import Histories
from service.market.source import Close, Exchange, Listing


class HistoryOrigin(Struct, frozen=True, kw_only=True):
    """Where past values came from."""

    source: Annotated[Literal[Exchange, "request"], Meta(description="`request`: the caller sent them.")]
    first_at: Annotated[Instant | None, Meta(description="End of the first day; null where they were sent.")]
    last_at: Annotated[Instant | None, Meta(description="End of the last day; null where they were sent.")]


class Past(NamedTuple):
    """Past values of a pair's measure."""

    values: tuple[float | None, ...] | None
    """None where there are too few."""
    origin: HistoryOrigin
    cautions: tuple[Caution, ...] = ()


class Archive(NamedTuple):
    """How histories are looked up."""

    look_up: Look
    histories: Histories
    days: int
    """How far back."""
    day_count: DayCount
    """Of the annual rates."""


SENT = HistoryOrigin(source="request", first_at=None, last_at=None)


async def find_pasts(archive: Archive, found: Mapping[int, Found], *, named: Container[int]) -> dict[int, Past]:
    """Look up the past of some pairs' basis; where that of one which nobody named can't be had, it says so.

    Args:
        archive: how.
        found: the pairs, by their position in the answer.
        named: positions of those that the question names.

    Raises:
        RefusalError: price_unavailable, with all places.
    """
    pairs = await asyncio.gather(*(_find_spot(archive.look_up, one) for one in found.values()))
    spots = dict(zip(found, pairs, strict=True))
    listings = [(found[index].seen.exchange, spot) for index, spot in spots.items() if isinstance(spot, Listing)]
    futures = [(one.seen.exchange, one.listing) for one in found.values()]
    archive.histories.prepare(closes=[*futures, *listings])
    answers = {index: await _try(archive, found[index], spot, index=index) for index, spot in spots.items()}
    refuse_failures(
        {str(index): answer for index, answer in answers.items() if index in named},
        lambda name: at("pairs", int(name), "symbol"),
    )
    return {
        index: answer if isinstance(answer, Past) else _without(str(answer), index) for index, answer in answers.items()
    }


async def _find_spot(look_up: Look, found: Found) -> Listing | NotListedError | UnavailableError:
    try:
        return await look_up.market.find_pair(
            found.seen.exchange, found.listing.base, quote=found.listing.quote, until=look_up.until
        )
    except (NotListedError, UnavailableError) as error:
        return error


async def _try(
    archive: Archive, found: Found, spot: Listing | NotListedError | UnavailableError, *, index: int
) -> Past | UnavailableError:
    if isinstance(spot, NotListedError):
        detail = f"{spot}: the past basis of {found.listing.symbol} can't be measured in one currency"
        return _without(detail, index)
    if isinstance(spot, UnavailableError):
        return spot
    exchange, until = found.seen.exchange, archive.look_up.until
    try:
        futures = await archive.histories.see_closes(exchange, found.listing, until=until)
        spots = await archive.histories.see_closes(exchange, spot, until=until)
    except (NotListedError, UnavailableError) as error:
        return _excuse(error, index)
    rates = _measure(_by_day(futures.points), _by_day(spots.points), ratio=spot.units / found.listing.units)
    values = _annualize(rates, found.listing.expiry_ms, year_days=DAYS_OF_YEAR[archive.day_count])
    days = sorted(values)[-archive.days :]
    if len(days) < FEWEST:
        detail = f"{found.listing.symbol} has {len(days)} past days: too few to say where it stands among them"
        return _without(detail, index)
    origin = HistoryOrigin(source=exchange, first_at=write_instant(days[0]), last_at=write_instant(days[-1]))
    return Past(tuple(values[day] for day in days), origin)


def _excuse(error: NotListedError | UnavailableError, index: int) -> Past | UnavailableError:
    """Tell a past that is none, which the answer may lack, from one that can't be had now."""
    if isinstance(error, UnavailableError) and error.cause.reason != "rejected":
        return error
    return _without(str(error), index)


def _without(detail: str, index: int) -> Past:
    return Past(None, SENT, (caution("no_history", detail, "pairs", index, "history"),))


def _by_day(closes: tuple[Close, ...]) -> dict[int, float]:
    return {close.at_ms: close.price for close in closes}


def _measure(closes: Mapping[int, float], spot_closes: Mapping[int, float], *, ratio: Decimal) -> dict[int, float]:
    """Give the basis rate of each day.

    Args:
        closes: of the future, by the end of their day.
        spot_closes: same of the spot pair.
        ratio: units that a spot price is for, per unit of the future's.
    """
    return {day: closes[day] / spot_closes[day] * float(ratio) - 1 for day in closes.keys() & spot_closes.keys()}


def _annualize(rates: dict[int, float], expiry_ms: int | None, *, year_days: Decimal) -> dict[int, float]:
    """Give the rates a year where the future expires and has a day left; those of a perpetual stay as they are."""
    if expiry_ms is None:
        return rates
    left = {day: (expiry_ms - day) / DAY_MS for day in rates}
    return {day: rate * float(year_days) / left[day] for day, rate in rates.items() if left[day] >= 1}
