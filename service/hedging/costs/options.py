"""One way to hold a hedge as a trader wants to read it: what it costs, of what, how sure that is, and why."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from service.hedging.costs.break_even import break_even_funding
from service.hedging.costs.holding_cost import Costs, Desk, Paid
from service.hedging.costs.instruments import FundingProcess, FundingSource, Instrument, Known
from service.hedging.costs.ways import Kind, Priced, price_for_days
from service.hedging.rates import annualize, days_between
from service.hedging.term_structure.convergence import TAIL
from service.hedging.term_structure.funding import INTEREST_RATE, USUAL_HOURS, annualize_funding, next_stamp
from service.hedging.term_structure.pairs import AnnualRates, annualize_basis
from service.hedging.term_structure.rolls import Leg
from service.hedging.units import Instant, Money, Share, Symbol, exactly

DURATIONS = (1, 2, 3, 7, 14, 30, 45, 60, 90, 120, 180, 270, 365)
"""Days for which every way is also priced."""


class CostParts(Struct, frozen=True, kw_only=True):
    """What a cost is made of, in the quote currency; income is negative."""

    fees: Annotated[Money, Meta(description="Of all trades and of the settlement.", examples=["10"])]
    spread: Annotated[Money, Meta(description="Half of the spread in every trade.", examples=["2"])]
    slippage: Annotated[Money, Meta(description="As asked, in every trade.", examples=["0"])]
    funding: Annotated[Money, Meta(description="Expected; negative where the hedge receives.", examples=["-270"])]
    carry: Annotated[Money, Meta(description="Of the basis; negative where the hedge earns it.", examples=["0"])]
    capital: Annotated[Money, Meta(description="Interest on the margin.", examples=["24.65753425"])]


class DurationCost(Struct, frozen=True, kw_only=True):
    """What an option costs if it is held for another time, as a fraction of the notional."""

    days: Annotated[float, Meta(description="Time for which it is held.", examples=[30.0])]
    cost_rate: Annotated[Share, Meta(description="Expected.", examples=["-0.0069"])]
    low_rate: Annotated[Share, Meta(description="5 % of outcomes cost less.", examples=["-0.0102"])]
    high_rate: Annotated[Share, Meta(description="5 % of outcomes cost more.", examples=["-0.0036"])]


class HeldLeg(Struct, frozen=True, kw_only=True):
    """Time for which one expiry is held."""

    symbol: Annotated[Symbol, Meta(description="What is held; the last listed one stands for an assumed one.")]
    start: Annotated[Instant, Meta(description="When it is sold.")]
    end: Annotated[Instant, Meta(description="When it is bought back, or settles.")]
    expiry: Annotated[Instant, Meta(description="When it would settle.")]
    annualized_basis_rate: Annotated[
        Share | None,
        Meta(
            description="Simple rate a year at which its basis is taken to run off; null on its last day.",
            examples=["0.07"],
        ),
    ]
    settles: Annotated[bool, Meta(description="Whether it is held until it settles.", examples=[True])]
    is_assumed: Annotated[
        bool,
        Meta(
            description="Whether no such expiry is listed yet: one like the last listed one is assumed.",
            examples=[False],
        ),
    ]


class ExpectedFunding(Struct, frozen=True, kw_only=True):
    """Funding of a perpetual over the horizon; per interval of its own, positive for a short."""

    source: Annotated[FundingSource, Meta(description="Whether the process was sent, fitted to a past, or assumed.")]
    process: Annotated[FundingProcess, Meta(description="How funding is expected to go.")]
    half_life_hours: Annotated[
        float | None,
        Meta(
            description="Hours in which half of a distance from the mean fades; null where it does not.",
            examples=[52.6],
        ),
    ]
    observations: Annotated[
        Annotated[int, Meta(ge=3, le=2000)] | None,
        Meta(description="Past payments that the process is fitted to; null where it is not.", examples=[90]),
    ]
    payments: Annotated[int, Meta(description="Payments while it is held.", ge=0, le=43_800, examples=[270])]
    first_at: Annotated[Instant | None, Meta(description="The first of them; null for none.")]
    expected_rate: Annotated[
        float | None, Meta(description="Mean rate of those payments; null for none.", examples=[0.0001])
    ]
    adverse_rate: Annotated[
        Share,
        Meta(
            description="A mean rate that goes against the hedge: the usual interest part against it, or the one that "
            "5 % of outcomes are worse than, whichever is worse."
        ),
    ]
    adverse_cost: Annotated[Money, Meta(description="What the hedge costs if all payments are at that rate.")]
    adverse_cost_rate: Annotated[Share, Meta(description="Same as a fraction of the notional.", examples=["0.0307"])]
    break_even_rate: Annotated[
        Share | None,
        Meta(
            description="Mean rate at which it costs as much as the cheapest expiry: a short wants more. Null without "
            "an expiry or a payment.",
            examples=["0.00006393"],
        ),
    ]
    annualized_break_even_rate: Annotated[
        Share | None, Meta(description="Same as a simple rate a year.", examples=["0.07"])
    ]


class CarryOption(Struct, frozen=True, kw_only=True):
    """One way to hold the hedge."""

    rank: Annotated[int, Meta(description="1 for the cheapest by expectation.", ge=1, le=650, examples=[1])]
    kind: Annotated[Kind, Meta(description="A perpetual, one expiry, or several one after the other.")]
    market: Annotated[str, Meta(description="Where it is traded.", max_length=60, examples=["binance linear USDT"])]
    instrument: Annotated[
        Instrument,
        Meta(description="What is held first, with all that was used; sent back it gives the same option again."),
    ]
    cost: Annotated[Money, Meta(description="Expected cost; negative: the hedge earns.", examples=["-233.34"])]
    cost_rate: Annotated[Share, Meta(description="Same as a fraction of the notional.", examples=["-0.023334"])]
    annualized_cost_rate: Annotated[Share, Meta(description="Same a year.", examples=["-0.09463"])]
    low_cost: Annotated[Money, Meta(description="5 % of outcomes cost less.", examples=["-310"])]
    high_cost: Annotated[Money, Meta(description="5 % of outcomes cost more.", examples=["-157"])]
    parts: Annotated[CostParts, Meta(description="What the expected cost is made of.")]
    rolls: Annotated[
        int, Meta(description="Times that it is bought back and sold again later.", ge=0, le=100, examples=[2])
    ]
    legs: Annotated[
        tuple[HeldLeg, ...],
        Meta(description="Expiries that are held, in order; empty for a perpetual.", max_length=100),
    ]
    funding: Annotated[ExpectedFunding | None, Meta(description="Of a perpetual; null for what expires.")]
    by_duration: Annotated[
        tuple[DurationCost, ...], Meta(description="What it costs if it is held for another time.", max_length=20)
    ]
    reason: Annotated[
        str,
        Meta(
            description="What speaks for and against it, in a sentence or two.",
            max_length=1000,
            examples=["Earns 1.73 % of the notional as basis, fixed now: it is held until it settles."],
        ),
    ]


@exactly
def describe_option(rank: int, priced: Priced, desk: Desk, *, end: Instant, rival: Priced | None) -> CarryOption:
    """Describe a way that was priced.

    Args:
        rank: its place among all.
        priced: until the end of the hedge.
        desk: what is held.
        end: when the hedge ends.
        rival: cheapest expiry, against which the funding of a perpetual breaks even; None for none.
    """
    first, costs, days = priced.way.first, priced.costs, days_between(desk.as_of, end)
    rate, spread = costs.total / desk.notional, Decimal(repr(TAIL * costs.standard_deviation))
    funding = _funding(priced, desk, rival=rival)
    return CarryOption(
        rank=rank,
        kind=priced.kind,
        market=first.market,
        instrument=first.instrument,
        cost=Money.of(costs.total),
        cost_rate=Share.of(rate),
        annualized_cost_rate=Share.of(annualize(rate, days)),
        low_cost=Money.of(costs.total - spread),
        high_cost=Money.of(costs.total + spread),
        parts=_parts(costs),
        rolls=max(0, len(priced.legs) - 1),
        legs=tuple(_leg(priced.way.chain[leg.position], leg, desk.as_of) for leg in priced.legs),
        funding=funding,
        by_duration=tuple(_durations(priced, desk, days=float(days))),
        reason=("Cheapest by expectation. " if rank == 1 else "") + _reason(priced, desk, funding),
    )


def _parts(costs: Costs) -> CostParts:
    return CostParts(
        fees=Money.of(costs.fees),
        spread=Money.of(costs.spread),
        slippage=Money.of(costs.slippage),
        funding=Money.of(costs.funding),
        carry=Money.of(costs.carry),
        capital=Money.of(costs.capital),
    )


def _leg(known: Known, leg: Leg, as_of: Instant) -> HeldLeg:
    rates = annualize_basis(known.instrument, as_of)
    return HeldLeg(
        symbol=known.instrument.symbol,
        start=leg.start,
        end=leg.end,
        expiry=leg.expiry,
        annualized_basis_rate=Share.of(rates.simple) if isinstance(rates, AnnualRates) else None,
        settles=leg.end == leg.expiry,
        is_assumed=leg.is_assumed,
    )


def _durations(priced: Priced, desk: Desk, *, days: float) -> Iterator[DurationCost]:
    """Price the same way for other times, and for its own."""
    for duration in sorted({*map(float, DURATIONS), days}):
        other = price_for_days(priced.way, desk, duration)
        if other is not None:
            rate, spread = other.costs.total / desk.notional, TAIL * other.costs.standard_deviation
            width = Decimal(repr(spread)) / desk.notional
            yield DurationCost(
                days=duration,
                cost_rate=Share.of(rate),
                low_rate=Share.of(rate - width),
                high_rate=Share.of(rate + width),
            )


def _funding(priced: Priced, desk: Desk, *, rival: Priced | None) -> ExpectedFunding | None:
    """Describe a perpetual's funding; None for what expires."""
    first, model, paid = priced.way.first, priced.way.first.funding, priced.paid
    if model is None or paid is None:
        return None
    hours = first.instrument.funding_interval_hours or USUAL_HOURS
    without = priced.costs.total - priced.costs.funding
    adverse_rate = -desk.sign * max(INTEREST_RATE * hours / USUAL_HOURS, _tail(paid, desk.sign))
    adverse = without - desk.sign * desk.notional * adverse_rate * paid.payments
    turn = None
    if rival is not None:
        turn = break_even_funding(
            without, rival.costs.total, notional=desk.notional, payments=paid.payments, sign=desk.sign
        )
    stamp = next_stamp(desk.as_of, next_at=first.instrument.next_funding_at, hours=hours)
    half_life = model.half_life
    return ExpectedFunding(
        source=first.funding_source or "assumed",
        process=FundingProcess(mean_rate=model.mean, persistence=model.persistence, volatility=model.volatility),
        half_life_hours=None if half_life is None else half_life * hours,
        observations=first.observations,
        payments=paid.payments,
        first_at=stamp if paid.payments else None,
        expected_rate=round(paid.outlook.expected / paid.payments, 12) if paid.payments else None,
        adverse_rate=Share.of(adverse_rate),
        adverse_cost=Money.of(adverse),
        adverse_cost_rate=Share.of(adverse / desk.notional),
        break_even_rate=None if turn is None else Share.of(turn),
        annualized_break_even_rate=None if turn is None else Share.of(annualize_funding(turn, hours)),
    )


def _tail(paid: Paid, sign: int) -> Decimal:
    """Give the mean rate against the hedge that 5 % of outcomes are worse than; negative where even they are good."""
    if not paid.payments:
        return Decimal(0)
    against = TAIL * paid.outlook.standard_deviation - sign * paid.outlook.expected
    return Decimal(repr(against / paid.payments))


def _reason(priced: Priced, desk: Desk, funding: ExpectedFunding | None) -> str:
    """Say in a trader's words what speaks for and against a way."""
    return _carry_words(priced, desk) if funding is None else _funding_words(priced, desk, funding)


def _funding_words(priced: Priced, desk: Desk, funding: ExpectedFunding) -> str:
    if not funding.payments:
        return "It is closed before any funding is paid: it costs its trades."
    income = -priced.costs.funding / desk.notional
    spread = Decimal(repr(TAIL * priced.costs.standard_deviation)) / desk.notional
    verb, amount = ("Receives" if income >= 0 else "Pays"), abs(income)
    words = (
        f"{verb} {_percent(amount)} of the notional in {_count(funding.payments, 'funding payment')} by expectation"
        f"{_band(amount - spread, amount + spread)}; nothing fixes that"
    )
    if funding.break_even_rate is None:
        return f"{words}."
    side, hours = "below" if desk.sign > 0 else "above", priced.way.first.instrument.funding_interval_hours
    turn = f"{_percent(funding.break_even_rate, 4)} per {hours} h"
    return f"{words}. Dearer than the cheapest expiry if funding averages {side} {turn}."


def _carry_words(priced: Priced, desk: Desk) -> str:
    income, last = -priced.costs.carry / desk.notional, priced.legs[-1]
    verb = "Earns" if income >= 0 else "Pays"
    if len(priced.legs) > 1:
        return (
            f"{verb} {_percent(abs(income))} of the notional as basis if annual rates stay as they are, rolled "
            f"{'once' if len(priced.legs) == 2 else f'{len(priced.legs) - 1} times'}; only the rate until "
            f"{priced.legs[0].expiry} is known."
        )
    if last.end == last.expiry:
        return f"{verb} {_percent(abs(income))} of the notional as basis, fixed now: it is held until it settles."
    left = days_between(last.end, last.expiry)
    return (
        f"{verb} {_percent(abs(income))} of the notional as basis if its annual rate stays; closed {_span(left)} "
        "before it settles, when the basis that is left may be another."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _span(days: Decimal) -> str:
    """Write a time in the unit in which it is no fraction of one."""
    if days >= 1:
        return f"{days:.1f} days"
    return f"{days * 24:.1f} hours" if days * 24 >= 1 else f"{days * 1440:.0f} minutes"


def _band(low: Decimal, high: Decimal) -> str:
    return "" if low == high else f", between {_percent(low)} and {_percent(high)} in nine cases of ten"


def _percent(rate: Decimal, places: int = 2) -> str:
    return f"{rate * 100:z.{places}f} %"
