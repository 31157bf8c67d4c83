"""Looks up what perpetuals paid, so that a process of their funding can be fitted to it.

Law: only payments of the interval that holds now, and without a gap: a rate of another interval is another number.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service.hedging.term_structure.funding import FEWEST_PAYMENTS
from service.market.found import NotListedError, UnavailableError
from service.market.history import Histories
from service.market.source import DAY_MS, Exchange, Listing, Payment, UpstreamError

HOUR_MS = 3_600_000
TOLERANCE_MS = 600_000
"""By which a payment may be off its time."""


class PastFunding(NamedTuple):
    """Rates of a perpetual, oldest first."""

    rates: tuple[float, ...]


Answer = PastFunding | NotListedError | UnavailableError


async def find_past_funding(
    histories: Histories, wanted: Mapping[int, tuple[Exchange, Listing, int]], *, days: int, until: float
) -> dict[int, Answer]:
    """Look up the past funding of some perpetuals.

    Args:
        histories: where.
        wanted: each with its exchange and the hours of its interval, by position.
        days: how far back.
        until: end of patience.
    """
    histories.prepare(payments=[(exchange, listing) for exchange, listing, _ in wanted.values()])
    return {
        index: await _try(histories, (exchange, listing), _Span(hours, days), until=until)
        for index, (exchange, listing, hours) in wanted.items()
    }


class _Span(NamedTuple):
    hours: int
    days: int


async def _try(histories: Histories, about: tuple[Exchange, Listing], span: _Span, *, until: float) -> Answer:
    exchange, listing = about
    try:
        history = await histories.see_payments(exchange, listing, until=until)
    except (NotListedError, UnavailableError) as error:
        return error
    rates = recent_rates(history.points, hours=span.hours, days=span.days)
    if len(rates) < FEWEST_PAYMENTS:
        detail = f"{len(rates)} payments every {span.hours} h are known, and it takes {FEWEST_PAYMENTS}"
        return UnavailableError(exchange, f"The funding of {listing.symbol}", UpstreamError("rejected", detail))
    return PastFunding(rates)


def recent_rates(payments: Sequence[Payment], *, hours: int, days: int) -> tuple[float, ...]:
    """Give the rates of the last payments that lie one interval apart.

    Args:
        payments: oldest first.
        hours: interval that holds now.
        days: how far back from the last payment, it included.
    """
    rates: list[float] = []
    later: int | None = None
    for payment in reversed(payments):
        is_next = later is None or abs(later - payment.at_ms - hours * HOUR_MS) <= TOLERANCE_MS
        if not is_next or payments[-1].at_ms - payment.at_ms > days * DAY_MS + TOLERANCE_MS:
            break
        rates.append(payment.rate)
        later = payment.at_ms
    return tuple(reversed(rates))
