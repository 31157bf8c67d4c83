"""`POST /v1/carry`: what holding a hedge costs, through everything that can hold it, and where that turns."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from litestar import Request, Response, post
from litestar.params import JSONBody
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from service.api.charts.inks import Theme
from service.api.charts.line_charts import MOST_LINES, CostLine, draw_costs
from service.api.lookups.absences import at, refuse, refuse_failures
from service.api.lookups.books import AskedBook, FoundBook, UsedBook, check_book, find_book
from service.api.lookups.origins import (
    FROM_REQUEST,
    LONGEST_AGE,
    Listed,
    MaxAge,
    Provenance,
    Unavailable,
    note_ages,
    require_now,
)
from service.api.lookups.pairs import (
    MOST_MISSING,
    Found,
    Look,
    find_pairs,
    gather_others,
    instrument_of,
    miss,
    note_missing,
    origins_of,
    pair_of,
    place_of,
    redate,
    smallest_order,
)
from service.api.lookups.past_funding import PastFunding, find_past_funding
from service.api.messages.drawing import FORMS, ThemeChoice, respond, work
from service.api.messages.heads import OFFERS
from service.hedging.carry import BreakEven, Carry, Excluded, assess_carry, check_time
from service.hedging.cautions import Caution, caution
from service.hedging.costs.holding_cost import Desk
from service.hedging.costs.instruments import Assumption, Instrument
from service.hedging.costs.options import CarryOption
from service.hedging.errors import NoInstrumentError
from service.hedging.portfolio import STABLECOINS
from service.hedging.sizing import LARGEST_NOTIONAL
from service.hedging.term_structure.convergence import Projection
from service.hedging.term_structure.pairs import Placed
from service.hedging.term_structure.rolls import LEAD_DAYS
from service.hedging.units import AnnualRate, Asset, InitialMarginRate, Instant, Money, Notional, SpreadRate
from service.market.found import NotListedError, UnavailableError
from service.market.history import Histories
from service.market.source import Exchange

MOST_AT_ONCE = 12
"""Instruments that are priced at once; more take their turn in the worker, so that others are answered meanwhile."""
REQUEST = "request"
"""Name of the market in which instruments that were sent are rolled."""


class CarryRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hedge, for how long it is held, and what it may be held in."""

    notional: Annotated[
        Notional | None,
        Meta(
            description="Value of the hedge, in the quote currency of each instrument; or else send a book.",
            examples=["10000"],
        ),
    ] = None
    side: Annotated[
        Literal["short", "long"] | None,
        Meta(description="Side of the hedge. Null or absent: short, which hedges a book that is long; a book says it."),
    ] = None
    book: Annotated[
        AskedBook | None, Meta(description="What is to be hedged, by value or by beta; or else send its notional.")
    ] = None
    horizon_days: Annotated[
        Annotated[float, Meta(ge=0.01, le=1825)] | None,
        Meta(description="Days for which it is held; or else send ends_at.", examples=[90]),
    ] = None
    ends_at: Annotated[
        Instant | None,
        Meta(description="When it ends; or else send horizon_days.", examples=["2026-04-02T03:04:05Z"]),
    ] = None
    instruments: Annotated[
        tuple[Instrument | Listed, ...],
        Meta(
            description="What it may be held in, with prices and costs or by the name that an exchange lists.",
            max_length=50,
        ),
    ] = ()
    underlying: Annotated[
        Asset | None,
        Meta(description="Asset of which all listed dollar futures may hold it too. Null or absent for none."),
    ] = None
    exchange: Annotated[
        Exchange | None,
        Meta(description="Where futures on `underlying` are listed; null or absent: all exchanges, side by side."),
    ] = None
    max_age_seconds: Annotated[MaxAge, Meta(description="Age from which a looked-up price is refused.")] = LONGEST_AGE
    funding_days: Annotated[
        Annotated[int, Meta(ge=1, le=90)] | None,
        Meta(
            description="Days of past funding to which the process of each listed perpetual is fitted. Null or absent: "
            "none is looked up, and a usual process is assumed.",
            examples=[30],
        ),
    ] = None
    margin_rate: Annotated[
        InitialMarginRate,
        Meta(description="Margin that is posted, as a fraction of the notional: an assumption of 5x leverage."),
    ] = InitialMarginRate("0.2")
    capital_cost_rate: Annotated[
        AnnualRate, Meta(description="What the margin would earn elsewhere, a year: an assumption.")
    ] = AnnualRate("0.05")
    slippage_rate: Annotated[
        SpreadRate, Meta(description="Loss per trade beyond half of the spread, as a fraction of the notional.")
    ] = SpreadRate("0")
    roll_lead_days: Annotated[
        float, Meta(description="Days before expiry at which a future is rolled.", ge=0, le=30, examples=[2])
    ] = float(LEAD_DAYS)
    carry_volatility: Annotated[
        float,
        Meta(
            description="Standard deviation by which annual basis rates move in a year: an assumption.",
            ge=0,
            le=10,
            examples=[0.06],
        ),
    ] = Projection().carry_volatility
    spot_volatility: Annotated[
        float, Meta(description="Annual volatility of the spot price: an assumption.", ge=0, le=10, examples=[0.6])
    ] = Projection().spot_volatility
    theme: ThemeChoice = "light"
    as_of: Annotated[
        Instant | None,
        Meta(description="When the hedge begins; null or absent: now. With it the answer is reproducible."),
    ] = None


class CarryLine(CarryOption, frozen=True, kw_only=True):
    """One way to hold the hedge, with where its prices came from."""

    futures_origin: Annotated[
        Provenance, Meta(description="Where the price and funding of the first future came from.")
    ]
    spot_origin: Annotated[Provenance, Meta(description="Where the spot price came from.")]


class CarryReply(Carry, frozen=True, kw_only=True):
    """What holding the hedge costs, the cheapest way first, with everything it was made from."""

    options: Annotated[
        tuple[CarryLine, ...], Meta(description="Ways to hold it, by rank.", min_length=1, max_length=650)
    ]
    book: Annotated[
        UsedBook | None, Meta(description="The book with its prices and betas; null where its notional was sent.")
    ]
    unavailable: Annotated[
        tuple[Unavailable, ...],
        Meta(description="What could not be had: there may be cheaper ways.", max_length=100),
    ]
    margin_rate: Annotated[InitialMarginRate, Meta(description="As requested, or as assumed.")]
    capital_cost_rate: Annotated[AnnualRate, Meta(description="As requested, or as assumed.")]
    slippage_rate: Annotated[SpreadRate, Meta(description="As requested, or as assumed.")]
    roll_lead_days: Annotated[float, Meta(description="As requested, or as assumed.", ge=0, le=30, examples=[2.0])]
    carry_volatility: Annotated[float, Meta(description="As requested, or as assumed.", ge=0, le=10, examples=[0.06])]
    spot_volatility: Annotated[float, Meta(description="As requested, or as assumed.", ge=0, le=10, examples=[0.6])]
    as_of: Annotated[Instant, Meta(description="When the hedge begins.")]


_AS_REQUESTED = (
    "margin_rate",
    "capital_cost_rate",
    "slippage_rate",
    "roll_lead_days",
    "carry_volatility",
    "spot_volatility",
)


class _Entry(NamedTuple):
    """An instrument with everything that belongs to it."""

    instrument: Instrument
    market: str = REQUEST
    smallest: Decimal | None = None
    """Value of the smallest order; None where nobody tells."""
    assumptions: tuple[Assumption, ...] = ()
    found: Found | None = None

    @property
    def origins(self) -> tuple[Provenance, Provenance]:
        """Where the future's price and the spot price came from."""
        return (FROM_REQUEST, FROM_REQUEST) if self.found is None else origins_of(self.found)


class _Hedge(NamedTuple):
    """What is held."""

    notional: Decimal
    side: Literal["short", "long"]
    found: FoundBook | None
    """What it hedges; None where only its value was sent."""


class _Stock(NamedTuple):
    """What the hedge may be held in, and what could not be had."""

    entries: Sequence[_Entry]
    missing: tuple[Unavailable, ...]


@post("/v1/carry", status_code=200, return_dto=None, opt={OFFERS: FORMS})
async def assess(data: JSONBody[CarryRequest], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Compare what holding a hedge costs: perpetual, expiries, and chains of them.

    Answers with the expected cost of every way to hold the hedge until its end, in its parts and with a 5-95 % band,
    the cheapest first; with the funding and the number of days at which the cheapest perpetual and the cheapest expiry
    change places; and with what was assumed. The hedge is sent as its value, or as the book that it is to hedge, by
    value or by beta. With `Accept: image/svg+xml` cost against time comes as a chart.
    Idempotent and free of side effects: POST only because the question does not fit into a URL.
    """
    reply = await _answer(data, request.app.state)
    return await respond(request, reply, partial(_draw, reply, data.theme))


def answer(question: CarryRequest) -> CarryReply:
    """Answer a question about a notional of which nothing is looked up, as of its own time or else of now."""
    entries = [_Entry(instrument) for instrument in question.instruments if isinstance(instrument, Instrument)]
    stock, hedge = _Stock(entries, ()), _take(question)
    return _reply(question, stock, hedge, as_of=_as_of(question), largest_notional=LARGEST_NOTIONAL)


def _as_of(question: CarryRequest) -> Instant:
    return question.as_of or Instant.of(datetime.now(UTC))


async def _answer(question: CarryRequest, state: Any) -> CarryReply:
    _check(question)
    wanted = {index: one for index, one in enumerate(question.instruments) if isinstance(one, Listed)}
    entries = {index: _Entry(one) for index, one in enumerate(question.instruments) if isinstance(one, Instrument)}
    missing: tuple[Unavailable, ...] = ()
    as_of, until = _as_of(question), state.market.deadline()
    look_up = Look(state.market, "index", question.max_age_seconds, until, as_of)
    if wanted or question.underlying is not None:
        require_now(as_of, question.max_age_seconds)
        listed, missing = await _look_up(question, look_up, state.histories, wanted=wanted)
        entries |= listed
    stock = _Stock([entries[index] for index in sorted(entries)], missing)
    hedge = await _find_hedge(question, stock, state, as_of=as_of, until=until)
    stock = _redate(look_up, stock, wanted)
    make = partial(_reply, question, stock, hedge, as_of=as_of, largest_notional=state.settings.max_notional)
    reply = await work(state.worker, make) if len(stock.entries) > MOST_AT_ONCE else make()
    held = () if reply.book is None else reply.book.provenance.values()
    note_ages((*(origin for entry in stock.entries for origin in entry.origins), *held), state.metrics.observe_market)
    return reply


async def _find_hedge(question: CarryRequest, stock: _Stock, state: Any, *, as_of: Instant, until: float) -> _Hedge:
    """Take the hedge that was sent, or find what hedges the book once nothing else stands in the way."""
    if question.book is None:
        return _take(question)
    _end(question, as_of)
    followed = _require_one_asset(question, stock.entries)
    _require_dollars(stock.entries)
    found = await find_book(state, question.book, followed, as_of=question.as_of, until=until)
    return _Hedge(found.worth.notional, found.worth.side, found)


def _take(question: CarryRequest) -> _Hedge:
    """Take the hedge that was sent.

    Raises:
        RefusalError: if there is none.
    """
    if question.notional is None:
        raise refuse("inconsistent_question", "What is hedged? Send a notional or a book, one of the two", at())
    return _Hedge(question.notional, question.side or "short", None)


def _check(question: CarryRequest) -> None:
    """Refuse a question without anything to hedge, or to hold, or without one end."""
    _check_hedge(question)
    if not question.instruments and question.underlying is None:
        raise refuse("inconsistent_question", "Nothing to hold it in: send instruments, or an underlying", at())
    if question.exchange is not None and question.underlying is None:
        detail = "An exchange is where futures on `underlying` are listed: send that too"
        raise refuse("inconsistent_question", detail, at("exchange"))
    if (question.horizon_days is None) == (question.ends_at is None):
        detail = "For how long is it held? Send horizon_days or ends_at, one of the two"
        raise refuse("inconsistent_question", detail, at("horizon_days") if question.horizon_days else at())


def _check_hedge(question: CarryRequest) -> None:
    """Refuse a question about nothing, or about two hedges."""
    if question.book is None:
        _take(question)
        return
    for name in ("notional", "side"):
        if getattr(question, name) is not None:
            raise refuse("inconsistent_question", f"A book has its own {name}: leave it out, or the book", at(name))
    check_book(question.book)


async def _look_up(
    question: CarryRequest, look_up: Look, histories: Histories, *, wanted: Mapping[int, Listed]
) -> tuple[dict[int, _Entry], tuple[Unavailable, ...]]:
    """Look up what is named and what the underlying has, with the past funding of perpetuals where that is asked for.

    Returns:
        What was found by its position in the question, and what could not be had.
    """
    named = await find_pairs(look_up, wanted, field="instruments")
    others = await gather_others(look_up, question.underlying, question.exchange, named=named.values())
    found = {**named, **dict(enumerate(others.found, start=len(question.instruments)))}
    pasts = await _find_pasts(question, found, histories, until=look_up.until)
    refuse_failures(
        {str(index): past for index, past in pasts.items() if index in named},
        lambda name: at("instruments", int(name), "symbol"),
    )
    lost = {index: past for index, past in pasts.items() if not isinstance(past, PastFunding)}
    if len(lost) == len(found) and not question.instruments:
        refuse_failures({str(index): past for index, past in lost.items()}, lambda _: at("underlying"))
    missing = (*others.missing, *(miss(found[index].seen, str(error)) for index, error in lost.items()))
    entries = {index: _listed(look_up, one, pasts.get(index)) for index, one in found.items() if index not in lost}
    return entries, missing[:MOST_MISSING]


def _redate(look_up: Look, stock: _Stock, wanted: Container[int]) -> _Stock:
    """Give what is listed the age that it has after all that was waited for: the past of funding, and the book."""
    found = {index: entry.found for index, entry in enumerate(stock.entries) if entry.found is not None}
    dated = redate(look_up, found, lambda index: place_of("instruments", index, wanted))
    entries = [entry._replace(found=dated.get(index)) for index, entry in enumerate(stock.entries)]
    return stock._replace(entries=entries)


async def _find_pasts(
    question: CarryRequest, found: Mapping[int, Found], histories: Histories, *, until: float
) -> dict[int, PastFunding | NotListedError | UnavailableError]:
    """Look up the past funding of the perpetuals whose interval is known, where that is asked for."""
    if question.funding_days is None:
        return {}
    hours = {index: pair_of(one).funding_interval_hours for index, one in found.items()}
    wanted = {
        index: (found[index].seen.exchange, found[index].listing, every) for index, every in hours.items() if every
    }
    return await find_past_funding(histories, wanted, days=question.funding_days, until=until)


def _listed(look_up: Look, found: Found, past: object) -> _Entry:
    fee = look_up.market.adapters[found.seen.exchange].settlement_fee_rate
    instrument = instrument_of(found, fee)
    if isinstance(past, PastFunding):
        instrument = replace(instrument, past_funding=past.rates)
    return _Entry(
        instrument,
        found.market,
        smallest=smallest_order(found),
        assumptions=()
        if instrument.expiry is None or fee is not None
        else (_assume_settlement(instrument, found.market),),
        found=found,
    )


def _assume_settlement(instrument: Instrument, market: str) -> Assumption:
    return Assumption(
        name="settlement_fee_rate",
        symbol=instrument.symbol,
        market=market,
        value=str(instrument.settlement_fee_rate),
        detail="The exchange does not tell what settling costs: taken as the fee of a trade",
    )


def _warn(entry: _Entry, index: int) -> Iterator[Caution]:
    if entry.found is not None and entry.found.listing.segment == "inverse":
        detail = (
            f"Margin of {entry.instrument.symbol} is posted in {entry.instrument.underlying}, which is exposure itself"
        )
        yield caution("coin_margin_is_exposure", detail, "options", index)


def _warn_of_book(found: FoundBook, chosen: Sequence[_Entry]) -> Iterator[Caution]:
    """Say what is odd about a book, and in what other dollars than its own it would be hedged, at nobody's rate."""
    yield from found.cautions
    quotes = dict.fromkeys("an unsaid currency" if one.found is None else one.found.listing.quote for one in chosen)
    others = ", ".join(quote for quote in quotes if quote != found.currency)
    if found.currency is not None and others:
        detail = (
            f"Prices of the book are in {found.currency}, and options in {others}: one is taken to be worth the other"
        )
        yield caution("currency_assumed", detail, "options")


def _draw(reply: CarryReply, theme: Theme) -> bytes:
    """Draw what each way costs against the time for which it is held, with the bands of the two that are compared."""
    turn = reply.break_even
    names = ", ".join(dict.fromkeys(option.instrument.underlying for option in reply.options))
    perpetuals = [option for option in reply.options if option.kind == "perpetual"]
    others = [option for option in reply.options if option.kind != "perpetual"]
    best = {option.rank for option in (*perpetuals[:1], *others[:1])}
    half = MOST_LINES // 2
    ordered = (*perpetuals[:half], *others[:half], *perpetuals[half:], *others[half:])
    return draw_costs(
        [_cost_line(option, is_banded=option.rank in best) for option in ordered],
        title=f"Cost of {reply.notional} {reply.side} {names}, {reply.as_of:%Y-%m-%d %H:%M} UTC"
        f"{note_missing(reply.unavailable)}",
        break_even_days=None if turn is None else turn.days,
        break_even_label=_label(turn),
        horizon_days=reply.horizon_days,
        theme=theme,
    )


def _label(turn: BreakEven | None) -> str:
    """Say on a chart when the two that are compared change places, or that they don't."""
    if turn is None or turn.cheaper_at_first is None:
        return ""
    names = {"perpetual": turn.perpetual, "expiry": turn.expiry}
    if not turn.switches:
        return f"{names[turn.cheaper_at_first]} cheaper all along"
    if len(turn.switches) > 1:
        return f"{turn.perpetual} and {turn.expiry} change places {len(turn.switches)} times"
    return f"{names['expiry' if turn.cheaper_at_first == 'perpetual' else 'perpetual']} cheaper from day {turn.days}"


def _cost_line(option: CarryLine, *, is_banded: bool) -> CostLine:
    points = option.by_duration
    return CostLine(
        label=f"{option.instrument.symbol} {option.market.partition(' ')[0]}".removesuffix(f" {REQUEST}"),
        days=[point.days for point in points],
        costs=[float(point.cost_rate) for point in points],
        low=[float(point.low_rate) for point in points] if is_banded else None,
        high=[float(point.high_rate) for point in points] if is_banded else None,
    )


def _reply(
    question: CarryRequest, stock: _Stock, hedge: _Hedge, *, as_of: Instant, largest_notional: Decimal
) -> CarryReply:
    entries = stock.entries
    end = _end(question, as_of)
    _require_underlying(question.underlying, entries)
    fine = [(index, entry) for index, entry in enumerate(entries) if not _is_too_coarse(entry, hedge.notional)]
    try:
        carry = assess_carry(
            [Placed(entry.instrument, ("instruments", index), entry.market) for index, entry in fine],
            desk=_desk(question, hedge, as_of),
            end=end,
            excluded=[_exclude(entry) for entry in entries if _is_too_coarse(entry, hedge.notional)],
            largest_notional=largest_notional,
        )
    except NoInstrumentError as error:
        raise refuse(error.code, str(error), at("instruments" if question.instruments else "underlying")) from None
    by_name = {(entry.market, entry.instrument.symbol): entry for entry in entries}
    chosen = [by_name[option.market, option.instrument.symbol] for option in carry.options]
    return CarryReply(
        **asdict(carry)
        | {
            "options": tuple(_line(option, entry) for option, entry in zip(carry.options, chosen, strict=True)),
            "assumptions": (*carry.assumptions, *(one for entry in chosen for one in entry.assumptions)),
            "warnings": (
                *(() if hedge.found is None else _warn_of_book(hedge.found, chosen)),
                *carry.warnings,
                *(note for index, entry in enumerate(chosen) for note in _warn(entry, index)),
            ),
        },
        book=None if hedge.found is None else hedge.found.used,
        unavailable=stock.missing,
        **{name: getattr(question, name) for name in _AS_REQUESTED},
        as_of=as_of,
    )


def _end(question: CarryRequest, as_of: Instant) -> Instant:
    """Say when a hedge ends; refuse an end that does not lie ahead."""
    end = question.ends_at or Instant.of(as_of + timedelta(days=question.horizon_days or 0))
    check_time(as_of, end, field="ends_at" if question.ends_at else "horizon_days")
    return end


def _require_one_asset(question: CarryRequest, entries: Sequence[_Entry]) -> str:
    """Say what all instruments follow, to which betas are; refuse those that follow two."""
    _require_underlying(question.underlying, entries)
    followed = dict.fromkeys(entry.instrument.underlying for entry in entries)
    if len(followed) > 1:
        detail = f"These instruments follow {', '.join(followed)}, and a hedge is in one asset"
        raise refuse("inconsistent_question", detail, at("instruments"))
    return question.underlying or next(iter(followed))


def _require_dollars(entries: Sequence[_Entry]) -> None:
    """Refuse to hedge a book, whose value is in dollars, in what is quoted in a coin."""
    for index, entry in enumerate(entries):
        if entry.found is not None and entry.found.listing.quote not in STABLECOINS:
            symbol, quote = entry.instrument.symbol, entry.found.listing.quote
            detail = f"{symbol} is quoted in {quote}; hedges of a book are in dollars or a dollar stablecoin"
            raise refuse("currency_mismatch", detail, at("instruments", index, "symbol"))


def _require_underlying(underlying: str | None, entries: Sequence[_Entry]) -> None:
    """Refuse an underlying beside instruments on another asset."""
    other = next((entry.instrument for entry in entries if entry.instrument.underlying != underlying), None)
    if underlying is not None and other is not None:
        detail = f"{other.symbol} follows {other.underlying}, and a hedge is in one asset"
        raise refuse("inconsistent_question", detail, at("underlying"))


def _desk(question: CarryRequest, hedge: _Hedge, as_of: Instant) -> Desk:
    return Desk(
        as_of=as_of,
        notional=hedge.notional,
        side=hedge.side,
        margin_rate=question.margin_rate,
        capital_cost_rate=question.capital_cost_rate,
        slippage_rate=question.slippage_rate,
        roll_lead_days=question.roll_lead_days,
        carry_volatility=question.carry_volatility,
        spot_volatility=question.spot_volatility,
    )


def _is_too_coarse(entry: _Entry, notional: Decimal) -> bool:
    return entry.smallest is not None and entry.smallest > notional


def _exclude(entry: _Entry) -> Excluded:
    symbol = entry.instrument.symbol
    worth = Money.of(entry.smallest or Decimal(0))
    detail = f"The smallest order of {symbol} is worth {worth}, more than the hedge"
    return Excluded(market=entry.market, symbol=symbol, reason="too_coarse", detail=detail)


def _line(option: CarryOption, entry: _Entry) -> CarryLine:
    futures_origin, spot_origin = entry.origins
    return CarryLine(**asdict(option), futures_origin=futures_origin, spot_origin=spot_origin)
