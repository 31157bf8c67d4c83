"""What holding a hedge costs until a day, through everything that can hold it; which is cheapest, and when that turns.

Law: a cost is positive where the hedger pays. Options are ranked by what they are expected to cost, and each says how
sure that is: funding is a forecast, a basis that is held until it settles is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.costs.break_even import Switches, Winner, find_switches
from service.hedging.costs.holding_cost import Desk, carry_rate
from service.hedging.costs.instruments import Assumption, Instrument, Known, assume, check_instruments
from service.hedging.costs.options import CarryOption, describe_option
from service.hedging.costs.ways import LEAST_DAYS, Priced, Way, cost_of, list_ways, price_way
from service.hedging.errors import Fault, InconsistentQuestionError, NoInstrumentError, SizeOutOfRangeError
from service.hedging.portfolio import Book
from service.hedging.rates import days_between
from service.hedging.term_structure.pairs import LARGEST_BASIS_RATE, Placed, check_pairs
from service.hedging.term_structure.rolls import LEAD_DAYS
from service.hedging.units import Instant, Money, Share, Symbol, exactly

TRIED_DAYS = 365
"""Days for which it is tried which is cheaper."""
MOST_SWITCHES = 20
_MOST_TOLD = 5
LAST_YEAR = 2198
"""In which a hedge may end: the expiry that it is held in lies later, and moments are written until 2199."""
LONGEST_DAYS = 1825
"""For which a hedge may be held."""
FEW_PAYMENTS = 30
"""Past payments below which it is warned that they are few."""


class Excluded(Struct, frozen=True, kw_only=True):
    """An instrument that can't hold this hedge."""

    market: Annotated[str, Meta(description="Where it is traded.", max_length=60, examples=["binance linear USDT"])]
    symbol: Annotated[Symbol, Meta(description="Its name.")]
    reason: Annotated[
        Literal["expires_first", "nothing_follows", "unknown_funding", "too_coarse"],
        Meta(
            description="It would have to be rolled at once; it has to be rolled, and too little is known of what "
            "follows; nobody knows its funding interval; or its smallest order is larger than the hedge."
        ),
    ]
    detail: Annotated[
        str, Meta(description="Same in a sentence.", max_length=300, examples=["BTC-0626 expires within 2 days"])
    ]


class BreakEven(Struct, frozen=True, kw_only=True):
    """The cheapest perpetual against the cheapest expiry."""

    perpetual: Annotated[Symbol, Meta(description="Cheapest perpetual for the horizon.")]
    perpetual_market: Annotated[str, Meta(description="Where.", max_length=60, examples=["binance linear USDT"])]
    expiry: Annotated[Symbol, Meta(description="Cheapest expiry, or first of a chain, for the horizon.")]
    expiry_market: Annotated[str, Meta(description="Where.", max_length=60, examples=["binance linear USDT"])]
    funding_rate: Annotated[
        Share | None, Meta(description="Funding per interval at which both cost the same; null without a payment.")
    ]
    annualized_funding_rate: Annotated[
        Share | None, Meta(description="Same as a simple rate a year.", examples=["0.07"])
    ]
    cheaper: Annotated[Winner, Meta(description="Cheaper for the horizon that was asked.")]
    depends_on_duration: Annotated[
        bool, Meta(description="Whether the cheaper one changes with the time for which it is held.", examples=[True])
    ]
    cheaper_at_first: Annotated[
        Winner | None, Meta(description="Cheaper for the shortest time; null where there never are both.")
    ]
    days: Annotated[
        Annotated[int, Meta(ge=1, le=365)] | None,
        Meta(description="First number of days for which the other is cheaper; null for none.", examples=[31]),
    ]
    switches: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=365, examples=[31])], ...],
        Meta(description="All numbers of days at which they change places, at most 20.", max_length=20),
    ]
    tried_days: Annotated[
        int, Meta(description="Days that were tried, one by one: a year.", ge=1, le=365, examples=[365])
    ]
    detail: Annotated[
        str,
        Meta(
            description="Same in words.",
            max_length=500,
            examples=["For the 90 days asked BTC-APR is the cheaper one. Held for less than 17 days ..."],
        ),
    ]


class Carry(Struct, frozen=True, kw_only=True):
    """What holding the hedge costs, the cheapest way first."""

    side: Annotated[Literal["short", "long"], Meta(description="As requested, or what hedges the book.")]
    notional: Annotated[
        Money, Meta(description="As requested, or coverage times the beta exposure of the book.", examples=["10000"])
    ]
    ends_at: Annotated[Instant, Meta(description="When the hedge ends.")]
    horizon_days: Annotated[float, Meta(description="Days until then.", examples=[90.0])]
    options: Annotated[
        tuple[CarryOption, ...], Meta(description="Ways to hold it, by rank.", min_length=1, max_length=650)
    ]
    excluded: Annotated[tuple[Excluded, ...], Meta(description="What can't hold it, and why.", max_length=200)]
    break_even: Annotated[
        BreakEven | None, Meta(description="Null where there are not both a perpetual and an expiry.")
    ]
    assumptions: Annotated[
        tuple[Assumption, ...], Meta(description="What nobody knew, and was assumed.", max_length=1000)
    ]
    warnings: Annotated[tuple[Caution, ...], Meta(description="What to know before acting on it.", max_length=1000)]


@exactly
def assess_carry(
    placed: Sequence[Placed[Instrument]],
    *,
    desk: Desk,
    end: Instant,
    excluded: Sequence[Excluded] = (),
    largest_notional: Decimal,
) -> Carry:
    """Price every way to hold a hedge until a day.

    Args:
        placed: the instruments, with their places in the question.
        desk: what is held, from when on, and what capital costs.
        end: when the hedge ends.
        excluded: what was left out before.
        largest_notional: ceiling of the position's value in the quote currency.

    Raises:
        InconsistentQuestionError, ExpiredContractError, CrossedMarketError, SizeOutOfRangeError, NoInstrumentError: in
            this order.
    """
    check_time(desk.as_of, end)
    check_instruments(placed)
    check_pairs(placed, desk.as_of)
    _refuse_oversize(desk.notional, largest_notional)
    instruments = [assume(one) for one in placed]
    found = [(way, price_way(way, desk, end)) for way in list_ways(instruments)]
    late = (_exclude_late(way, desk) for way, priced in found if priced is None)
    out = (*excluded, *_exclude_unfunded(instruments), *late)
    ranked = sorted((priced for _, priced in found if priced is not None), key=_order)
    if not ranked:
        raise NoInstrumentError(Fault(("instruments",), "; ".join(one.detail for one in out) or "None was found"))
    expiry = next((priced for priced in ranked if not priced.way.is_perpetual), None)
    options = tuple(describe_option(rank, one, desk, end=end, rival=expiry) for rank, one in enumerate(ranked, start=1))
    return Carry(
        side="long" if desk.side == "long" else "short",
        notional=Money.of(desk.notional),
        ends_at=end,
        horizon_days=float(days_between(desk.as_of, end)),
        options=options,
        excluded=out,
        break_even=_break_even(ranked, options, desk, end=end),
        assumptions=tuple(one for priced in ranked for one in _assumptions(priced, desk)),
        warnings=tuple(note for index, priced in enumerate(ranked) for note in _warn(priced, desk, index)),
    )


class Worth(NamedTuple):
    """What a hedge of a book is worth, and on which side it is."""

    notional: Decimal
    """In the quote currency, above 0."""
    side: Literal["short", "long"]


@exactly
def size_worth(book: Book, coverage: Decimal, largest_notional: Decimal) -> Worth:
    """Say what a hedge of a book is worth, before it is in whole contracts.

    Args:
        book: weighed.
        coverage: share of its beta exposure, from 0 to 10.
        largest_notional: ceiling of the position's value in the quote currency.

    Raises:
        InconsistentQuestionError: if that is nothing.
        SizeOutOfRangeError: if it is more than the ceiling.
    """
    notional = Money.of(abs(book.beta_exposure) * coverage)
    if not notional:
        place = "holdings" if coverage else "coverage"
        raise InconsistentQuestionError(Fault((place,), "There is nothing to hedge: a hedge of nothing costs nothing"))
    _refuse_oversize(notional, largest_notional, "holdings")
    return Worth(notional, "short" if book.beta_exposure > 0 else "long")


def check_time(start: Instant, end: Instant, *, field: str = "ends_at") -> None:
    """Refuse an end that does not lie ahead, or too far.

    Args:
        start: when the hedge begins.
        end: when it ends.
        field: of the question that says so.

    Raises:
        InconsistentQuestionError: same.
    """
    detail = ""
    if end <= start:
        detail = f"The hedge ends at {end}, and the question is as of {start}"
    elif days_between(start, end) > LONGEST_DAYS:
        detail = f"The hedge ends at {end}, more than {LONGEST_DAYS} days after {start}"
    elif end.year > LAST_YEAR:
        detail = f"The hedge ends after the year {LAST_YEAR}"
    if detail:
        raise InconsistentQuestionError(Fault((field,), detail))


def _refuse_oversize(notional: Decimal, largest: Decimal, place: str = "notional") -> None:
    if notional > largest:
        detail = f"The hedge is worth {Money.of(notional)}; this service sizes positions up to {Money.of(largest)}"
        raise SizeOutOfRangeError(Fault((place,), detail))


def _order(priced: Priced) -> tuple[Decimal, float, str, str]:
    """Cheapest first; of two that cost the same the surer one."""
    first = priced.way.first
    return priced.costs.total, priced.costs.standard_deviation, first.market, first.instrument.symbol


def _exclude_unfunded(instruments: Sequence[Known]) -> Iterator[Excluded]:
    for known in instruments:
        symbol = known.instrument.symbol
        if known.instrument.expiry is None and known.funding is None:
            detail = f"The funding interval of {symbol} is not known, and its rate means nothing without it"
            yield Excluded(market=known.market, symbol=symbol, reason="unknown_funding", detail=detail)


def _exclude_late(way: Way, desk: Desk) -> Excluded:
    symbol, expiry = way.first.instrument.symbol, way.first.instrument.expiry
    if expiry is not None and days_between(desk.as_of, expiry) > desk.roll_lead_days:
        last = way.chain[-1].instrument.symbol
        detail = (
            f"Nothing is listed after {last}, and with less than {LEAST_DAYS} days left its rate says nothing of more"
        )
        return Excluded(market=way.first.market, symbol=symbol, reason="nothing_follows", detail=detail)
    detail = f"{symbol} expires within {desk.roll_lead_days:g} days, before the hedge ends: it would be rolled at once"
    return Excluded(market=way.first.market, symbol=symbol, reason="expires_first", detail=detail)


def _assumptions(priced: Priced, desk: Desk) -> Iterator[Assumption]:
    """List what was assumed of an instrument, and of the expiries that nobody lists yet."""
    yield from priced.way.first.assumptions
    assumed = [leg for leg in priced.legs if leg.is_assumed]
    if assumed:
        last = priced.way.chain[-1].instrument.symbol
        dates = ", ".join(str(leg.expiry)[:10] for leg in assumed[:4])
        rate = Share.of(carry_rate(priced.way.chain[-1], desk.as_of))
        first = priced.way.first
        yield Assumption(
            name="next_expiry",
            symbol=first.instrument.symbol,
            market=first.market,
            value=f"{dates} at {rate} a year",
            detail=f"Nothing is listed after {last}: quarterly expiries are assumed, as dear to hold and to trade",
        )


def _warn(priced: Priced, desk: Desk, index: int) -> Iterator[Caution]:
    first, path = priced.way.first, ("options", index)
    instrument = first.instrument
    if abs(instrument.basis_rate) > LARGEST_BASIS_RATE:
        detail = f"{instrument.symbol} at {instrument.futures_price} is far from its spot at {instrument.spot_price}"
        yield caution("basis_implausible", detail, *path, "instrument")
    if instrument.expiry is not None and days_between(desk.as_of, instrument.expiry) < LEAD_DAYS:
        detail = f"{instrument.symbol} expires at {instrument.expiry}, within {LEAD_DAYS} days"
        yield caution("expiry_near", detail, *path, "instrument")
    if first.observations is not None and first.observations < FEW_PAYMENTS:
        detail = f"{first.observations} past payments are few: the process fitted to them is unsure"
        yield caution("low_sample", detail, *path, "funding")


def _break_even(
    ranked: Sequence[Priced], options: Sequence[CarryOption], desk: Desk, *, end: Instant
) -> BreakEven | None:
    """Hold the cheapest perpetual against the cheapest expiry; None where there are not both."""
    perpetual = next((priced for priced in ranked if priced.way.is_perpetual), None)
    expiry = next((priced for priced in ranked if not priced.way.is_perpetual), None)
    funding = next((option.funding for option in options if option.funding is not None), None)
    if perpetual is None or expiry is None or funding is None:
        return None
    switches = find_switches(
        lambda day: cost_of(perpetual.way, desk, day), lambda day: cost_of(expiry.way, desk, day), last_day=TRIED_DAYS
    )
    cheaper: Winner = "perpetual" if perpetual.costs.total <= expiry.costs.total else "expiry"
    one, other = perpetual.way.first, expiry.way.first
    names: dict[Winner, str] = {
        "perpetual": f"the perpetual {one.instrument.symbol}",
        "expiry": other.instrument.symbol,
    }
    return BreakEven(
        perpetual=one.instrument.symbol,
        perpetual_market=one.market,
        expiry=other.instrument.symbol,
        expiry_market=other.market,
        funding_rate=funding.break_even_rate,
        annualized_funding_rate=funding.annualized_break_even_rate,
        cheaper=cheaper,
        depends_on_duration=bool(switches.days) or switches.at_first not in {None, cheaper},
        cheaper_at_first=switches.at_first,
        days=switches.days[0] if switches.days else None,
        switches=switches.days[:MOST_SWITCHES],
        tried_days=switches.last_day,
        detail=f"For the {_span(days_between(desk.as_of, end))} asked {names[cheaper]} is the cheaper one. "
        f"{_words(switches, cheaper, names)}",
    )


def _span(days: Decimal) -> str:
    return f"{round(days, 2).normalize():f} days"


def _words(switches: Switches, cheaper: Winner, names: Mapping[Winner, str]) -> str:
    """Say how the time for which a hedge is held decides which is cheaper, if it does."""
    if switches.at_first is None:
        return f"{names['expiry']} can't be held for a whole day, so there is nothing to hold against it"
    first, other = names[switches.at_first], names["expiry" if switches.at_first == "perpetual" else "perpetual"]
    if not switches.days and switches.compared_days < switches.last_day:
        return f"So it is with {first} up to {switches.compared_days} days; beyond, {names['expiry']} can't be rolled"
    if not switches.days and cheaper != switches.at_first:
        return f"Held for 1 to {switches.last_day} days, {first} is"
    if not switches.days:
        return (
            f"So it is from 1 to {switches.last_day} days: how long the hedge is held decides nothing here, funding "
            "against basis does"
        )
    if len(switches.days) == 1:
        return f"Held for less than {switches.days[0]} days {first} is, from {switches.days[0]} days on {other}"
    days = ", ".join(map(str, switches.days[:_MOST_TOLD]))
    more = "" if len(switches.days) <= _MOST_TOLD else ", ..."
    return f"Held for a day {first} is, and they change places at {days}{more} days"
