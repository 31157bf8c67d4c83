"""What holding a hedge in one instrument, or in a chain of them, costs until a day.

Law: a cost is positive where the hedger pays and negative where it earns; the parts add up. The notional is taken as
constant, although exchanges pay funding on the mark value of the moment; a future's annual rate is taken as constant,
and only what is held until it settles earns its basis whatever happens.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from service.hedging.costs.instruments import Known
from service.hedging.rates import YEAR_DAYS, annualize, days_between
from service.hedging.term_structure.funding import (
    FundingModel,
    FundingOutlook,
    count_stamps,
    expect_funding,
    receive_funding,
)
from service.hedging.term_structure.rolls import Leg
from service.hedging.units import Instant, Side, exactly


class Desk(NamedTuple):
    """What is to be held, from when on, and what capital costs there."""

    as_of: Instant
    notional: Decimal
    """Value of the position in the quote currency."""
    side: Side
    margin_rate: Decimal
    """Margin posted, as a fraction of the notional."""
    capital_cost_rate: Decimal
    """A year, of the margin."""
    slippage_rate: Decimal
    """Lost per trade beyond half of the spread."""
    roll_lead_days: float
    carry_volatility: float
    """Standard deviation by which a future's annual rate moves in a year."""
    spot_volatility: float

    @property
    def sign(self) -> int:
        """1 for a short, which receives positive funding and a positive basis; -1 for a long."""
        return -1 if self.side == "long" else 1


class Costs(NamedTuple):
    """The parts of a cost in the quote currency; income is negative."""

    fees: Decimal
    spread: Decimal
    slippage: Decimal
    funding: Decimal
    carry: Decimal
    capital: Decimal
    standard_deviation: float
    """Of the sum."""

    @property
    @exactly
    def total(self) -> Decimal:
        """What the hedge costs in all."""
        return self.fees + self.spread + self.slippage + self.funding + self.carry + self.capital


class Paid(NamedTuple):
    """Funding that is expected in a time."""

    payments: int
    outlook: FundingOutlook
    """Of the sum of their rates."""


class _Trading(NamedTuple):
    fees: Decimal
    spread: Decimal
    slippage: Decimal


def foresee_funding(known: Known, model: FundingModel, *, start: Instant, end: Instant) -> Paid:
    """Expect what funding a perpetual pays in a time: its published rate at the next stamp, then what follows from it.

    Args:
        known: a perpetual whose interval is known.
        model: per interval.
        start: when the position is opened; a payment at that moment counts.
        end: when it is closed; one at that moment does not.
    """
    instrument = known.instrument
    hours, rate = instrument.funding_interval_hours or 0, instrument.funding_rate
    payments = count_stamps(start, end, next_at=instrument.next_funding_at, hours=hours)
    if not payments:
        return Paid(0, FundingOutlook(0.0, 0.0))
    if rate is None:
        return Paid(payments, expect_funding(model.mean, model, payments))
    later = expect_funding(float(rate), model, payments - 1)
    return Paid(payments, FundingOutlook(float(rate) + later.expected, later.standard_deviation))


@exactly
def cost_perpetual(known: Known, desk: Desk, paid: Paid, *, end: Instant) -> Costs:
    """Cost of holding a perpetual: 2 N (fee + half spread) - N sum of funding + N margin x capital cost x T / 365."""
    trading, notional = _trade(desk, [known, known]), desk.notional
    return Costs(
        **trading._asdict(),
        funding=-receive_funding(desk.side, notional=notional, rate=Decimal(repr(paid.outlook.expected))),
        carry=Decimal(0),
        capital=_capital(desk, end),
        standard_deviation=float(notional) * paid.outlook.standard_deviation,
    )


@exactly
def cost_chain(chain: Sequence[Known], desk: Desk, legs: Sequence[Leg]) -> Costs:
    """Cost of holding expiries one after the other: two trades each, one where it settles, less their carry.

    Args:
        chain: the expiries, ascending.
        desk: what is held.
        legs: from `rolls.plan_legs` over the same expiries, not empty.
    """
    bare = cost_chain_barely(chain, desk, legs)
    earned = -desk.sign * bare.carry / desk.notional
    deviation = _carry_deviation(desk, legs, rate=float(earned))
    return bare._replace(standard_deviation=float(desk.notional) * deviation)


@exactly
def cost_chain_barely(chain: Sequence[Known], desk: Desk, legs: Sequence[Leg]) -> Costs:
    """Give the same without its standard deviation, which is half of the work; arguments as of `cost_chain`."""
    entered = [chain[leg.position] for leg in legs]
    closed = [chain[leg.position] for leg in legs if leg.end < leg.expiry]
    settled = [chain[leg.position] for leg in legs if leg.end == leg.expiry]
    settlement = sum((known.instrument.settlement_fee_rate for known in settled), Decimal(0))
    trading = _trade(desk, [*entered, *closed])
    earned = sum((_leg_rate(chain[leg.position], desk, leg) for leg in legs), Decimal(0))
    return Costs(
        fees=trading.fees + settlement * desk.notional,
        spread=trading.spread,
        slippage=trading.slippage,
        funding=Decimal(0),
        carry=-desk.sign * desk.notional * earned,
        capital=_capital(desk, legs[-1].end),
        standard_deviation=0.0,
    )


def carry_rate(known: Known, as_of: Instant) -> Decimal:
    """Simple annual rate at which a future's basis runs off; 0 for a perpetual."""
    pair = known.instrument
    return Decimal(0) if pair.expiry is None else annualize(pair.basis_rate, days_between(as_of, pair.expiry))


def _leg_rate(known: Known, desk: Desk, leg: Leg) -> Decimal:
    """What one leg earns as a fraction of the notional."""
    return carry_rate(known, desk.as_of) * days_between(leg.start, leg.end) / YEAR_DAYS


def _trade(desk: Desk, trades: Sequence[Known]) -> _Trading:
    return _Trading(
        fees=desk.notional * sum((known.fee_rate for known in trades), Decimal(0)),
        spread=desk.notional * sum((known.half_spread_rate for known in trades), Decimal(0)),
        slippage=desk.notional * desk.slippage_rate * len(trades),
    )


def _capital(desk: Desk, end: Instant) -> Decimal:
    return desk.notional * desk.margin_rate * desk.capital_cost_rate * days_between(desk.as_of, end) / YEAR_DAYS


def _carry_deviation(desk: Desk, legs: Sequence[Leg], *, rate: float) -> float:
    """Standard deviation of what a chain earns, as a fraction of the notional, to first order.

    All annual rates move together, as a random walk W that begins now. A leg from a to b, in years, with t left to its
    expiry at b earns c(a) (b - a) - (c(b) - c(a)) t, so the sum is linear in W at the ends of the legs. For one leg
    that is closed early it is the standard deviation of its basis then, and for one that settles it is 0.
    """
    weights: dict[float, float] = {}
    for leg in legs:
        begin, end, left = (_years(desk.as_of, leg.start), _years(desk.as_of, leg.end), _years(leg.end, leg.expiry))
        weights[begin] = weights.get(begin, 0.0) + end - begin + left
        weights[end] = weights.get(end, 0.0) - left
    whole = _years(desk.as_of, legs[-1].end)
    moved = math.hypot(desk.carry_volatility, desk.spot_volatility * rate / whole)
    return moved * math.sqrt(_walk_variance(weights))


def _walk_variance(weights: Mapping[float, float]) -> float:
    """Variance of a weighted sum of a standard random walk at some times."""
    variance = then = 0.0
    left = math.fsum(weights.values())
    for time, weight in sorted(weights.items()):
        variance += left**2 * (time - then)
        left, then = left - weight, time
    return variance


def _years(start: Instant, end: Instant) -> float:
    return float(days_between(start, end) / YEAR_DAYS)
