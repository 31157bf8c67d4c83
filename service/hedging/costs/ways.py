"""The ways to hold a hedge: each perpetual, each expiry, and each chain of expiries that begins with one.

Law: a chain stays within one market and one asset, and rolls to the next expiry there; what would have to be rolled at
once is none.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from service.hedging.costs.holding_cost import (
    Costs,
    Desk,
    Paid,
    cost_chain,
    cost_chain_barely,
    cost_perpetual,
    foresee_funding,
)
from service.hedging.costs.instruments import Known
from service.hedging.rates import days_between
from service.hedging.term_structure.rolls import Leg, plan_legs
from service.hedging.units import Instant, exactly

LEAST_DAYS = 30
"""Days that the last listed expiry has left at least where later ones are assumed to carry as it does: the annual rate
of a basis that is about to run off says nothing about another."""
Kind = Literal["perpetual", "expiry", "roll_chain"]


class Way(NamedTuple):
    """A perpetual alone, or an expiry with those that follow it in its market."""

    chain: tuple[Known, ...]

    @property
    def first(self) -> Known:
        """What is held at the start."""
        return self.chain[0]

    @property
    def is_perpetual(self) -> bool:
        """Whether it never settles."""
        return self.first.instrument.expiry is None


class Priced(NamedTuple):
    """A way with what it costs until a moment."""

    way: Way
    costs: Costs
    legs: tuple[Leg, ...]
    """Empty for a perpetual."""
    paid: Paid | None
    """Funding of a perpetual."""

    @property
    def kind(self) -> Kind:
        """What kind of way it is for the time that it was priced for."""
        if not self.legs:
            return "perpetual"
        return "expiry" if len(self.legs) == 1 else "roll_chain"


def list_ways(instruments: Sequence[Known]) -> Iterator[Way]:
    """List the ways, in the order of the instruments; a perpetual whose interval nobody knows is none."""
    for known in instruments:
        expiry = known.instrument.expiry
        if expiry is not None:
            yield Way((known, *_following(known, expiry, instruments)))
        elif known.funding is not None:
            yield Way((known,))


@exactly
def price_way(way: Way, desk: Desk, end: Instant) -> Priced | None:
    """Price a way until a moment; None where its first expiry would have to be rolled at once."""
    if way.first.funding is not None:
        paid = foresee_funding(way.first, way.first.funding, start=desk.as_of, end=end)
        return Priced(way, cost_perpetual(way.first, desk, paid, end=end), (), paid)
    legs = _plan(way, desk, end)
    return Priced(way, cost_chain(way.chain, desk, legs), tuple(legs), None) if legs else None


@exactly
def price_for_days(way: Way, desk: Desk, days: float) -> Priced | None:
    """Price a way that is held for some days."""
    return price_way(way, desk, Instant.of(desk.as_of + timedelta(days=days)))


@exactly
def cost_of(way: Way, desk: Desk, days: int) -> Decimal | None:
    """What a way costs that is held for some days; None where it can't be."""
    end = Instant.of(desk.as_of + timedelta(days=days))
    if not way.is_perpetual:
        legs = _plan(way, desk, end)
        return cost_chain_barely(way.chain, desk, legs).total if legs else None
    priced = price_way(way, desk, end)
    return None if priced is None else priced.costs.total


def _plan(way: Way, desk: Desk, end: Instant) -> list[Leg]:
    expiries = [known.instrument.expiry for known in way.chain if known.instrument.expiry is not None]
    legs = plan_legs(desk.as_of, end, expiries=expiries, lead_days=desk.roll_lead_days)
    is_guessed = any(leg.is_assumed for leg in legs) and days_between(desk.as_of, expiries[-1]) < LEAST_DAYS
    return [] if is_guessed else legs


def _following(known: Known, expiry: Instant, instruments: Sequence[Known]) -> list[Known]:
    """List what settles later in the same market, the nearest first."""
    later = [
        (other.instrument.expiry, other)
        for other in instruments
        if (other.market, other.instrument.underlying) == (known.market, known.instrument.underlying)
        and other.instrument.expiry is not None
        and other.instrument.expiry > expiry
    ]
    return [other for _, other in sorted(later, key=lambda one: (one[0], one[1].instrument.symbol))]
