"""`POST /v1/basis`: what futures cost over spot, what that is a year, and what is left of it before expiry."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, NamedTuple

from litestar import Request, Response, post
from litestar.params import JSONBody
from msgspec import Meta, Struct, convert
from msgspec.structs import asdict

from service.api.charts.inks import Theme
from service.api.charts.line_charts import Curve, draw_term_structure
from service.api.charts.line_charts import CurvePoint as ChartPoint
from service.api.lookups.absences import at, refuse
from service.api.lookups.histories import SENT, Archive, HistoryOrigin, Past, find_pasts
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
    Found,
    Look,
    SpotSource,
    find_pairs,
    gather_others,
    note_missing,
    origins_of,
    pair_of,
    place_of,
    redate,
    warn_of_times,
)
from service.api.lookups.past_closes import Vault
from service.api.lookups.risk import (
    Assessed,
    FetchedReturns,
    RiskQuestion,
    RiskReply,
    SentReturns,
    assess_risk,
    assess_sent,
)
from service.api.messages.drawing import FORMS, ThemeChoice, respond, work
from service.api.messages.heads import OFFERS
from service.hedging.basis import BasisLine, Measured, measure_basis
from service.hedging.cautions import Caution
from service.hedging.term_structure.convergence import Close, Projection
from service.hedging.term_structure.curve import CalendarRoll, CurvePoint, draw_curve, list_rolls
from service.hedging.term_structure.pairs import DayCount, Pair, Placed
from service.hedging.units import Asset, Instant
from service.market.source import Exchange
from service.worker import Worker

MOST_AT_ONCE = 500
"""Points that are projected at once; more take their turn in the worker, so that others are answered meanwhile."""
REQUEST = "request"
"""Name of the market in which pairs that were sent can be rolled."""


class GivenPair(Pair, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="given"):
    """A future and its spot price, as sent."""

    history: Annotated[
        Annotated[
            tuple[Annotated[float, Meta(ge=-10, le=10, examples=[0.07])] | None, ...],
            Meta(min_length=3, max_length=2000),
        ]
        | None,
        Meta(
            description="Past values among which it is placed: basis_rate of a perpetual, annualized_basis_rate of "
            "what expires; null for one that is missing. Null or absent for none."
        ),
    ] = None


class BasisRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pairs of futures and spot; all futures on an asset; the risk that a hedge with one leaves. Any of the three."""

    pairs: Annotated[
        tuple[GivenPair | Listed, ...],
        Meta(description="Futures, with their prices or by the name that an exchange lists.", max_length=100),
    ] = ()
    underlying: Annotated[
        Asset | None,
        Meta(description="Asset of which all listed dollar futures are answered too. Null or absent for none."),
    ] = None
    exchange: Annotated[
        Exchange | None,
        Meta(description="Where futures on `underlying` are listed; null or absent: all exchanges, side by side."),
    ] = None
    spot_source: Annotated[
        SpotSource,
        Meta(
            description="What a listed future is held against: the `index` that its exchange sends with the mark, or "
            "the `last` trade of its spot pair there."
        ),
    ] = "index"
    max_age_seconds: Annotated[MaxAge, Meta(description="Age from which a looked-up price is refused.")] = LONGEST_AGE
    history_days: Annotated[
        Annotated[int, Meta(ge=3, le=390)] | None,
        Meta(
            description="Days of closes among which each listed future is placed. Null or absent for none.",
            examples=[90],
        ),
    ] = None
    projection: Annotated[Projection, Meta(description="How the convergence is projected.")] = Projection()
    close: Annotated[
        Close | None, Meta(description="A hedge that is closed before expiry. Null or absent for none.")
    ] = None
    day_count: Annotated[
        DayCount, Meta(description="Days of a year in the annual basis rates; all else is ACT/365.")
    ] = "ACT/365"
    risk: Annotated[
        RiskQuestion | None,
        Meta(description="Returns of which the risk behind a hedge is measured. Null or absent for none."),
    ] = None
    theme: ThemeChoice = "light"
    as_of: Annotated[
        Instant | None,
        Meta(description="Time of the question; null or absent: now. With it the answer is reproducible."),
    ] = None


class PairLine(BasisLine, frozen=True, kw_only=True):
    """One future against its spot, with where the prices came from."""

    market: Annotated[
        str,
        Meta(
            description="Exchange, style and currency in which it is traded; `request` for what was sent.",
            max_length=60,
            examples=["binance linear USDT"],
        ),
    ]
    futures_origin: Annotated[Provenance, Meta(description="Where the future's prices and its funding came from.")]
    spot_origin: Annotated[Provenance, Meta(description="Where the spot price came from.")]
    history_origin: Annotated[
        HistoryOrigin | None, Meta(description="Where the past values came from; null without `history`.")
    ]


class TermStructure(Struct, frozen=True, kw_only=True):
    """The expiries on one asset in one market."""

    market: Annotated[str, Meta(description="As in the pairs.", max_length=60, examples=["binance linear USDT"])]
    underlying: Annotated[Asset, Meta(description="Asset that they follow.", examples=["BTC"])]
    points: Annotated[tuple[CurvePoint, ...], Meta(description="By expiry.", min_length=1, max_length=600)]
    rolls: Annotated[
        tuple[CalendarRoll, ...],
        Meta(description="What a short earns by rolling from each to the next.", max_length=600),
    ]


class BasisReply(Struct, frozen=True, kw_only=True):
    """The pairs that were asked for, in their order, then the futures that were found."""

    pairs: Annotated[tuple[PairLine, ...], Meta(description="One line a future.", max_length=700)]
    term_structures: Annotated[
        tuple[TermStructure, ...], Meta(description="One a market in which something expires.", max_length=110)
    ]
    unavailable: Annotated[
        tuple[Unavailable, ...],
        Meta(description="What could not be had: the futures on the underlying are not whole.", max_length=100),
    ]
    risk: Annotated[RiskReply | None, Meta(description="As asked; null where not asked.")]
    warnings: Annotated[tuple[Caution, ...], Meta(description="What to know before acting on it.", max_length=3000)]
    as_of: Annotated[Instant, Meta(description="Time of the question.")]


class _Entry(NamedTuple):
    """A pair with everything that belongs to it."""

    pair: Pair
    market: str
    origins: tuple[Provenance, Provenance]
    past: Past | None
    cautions: tuple[Caution, ...] = ()


@post("/v1/basis", status_code=200, return_dto=None, opt={OFFERS: FORMS})
async def measure(data: JSONBody[BasisRequest], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Measure the basis of futures: a year, until expiry, and as a risk.

    Answers with basis, annual rates and projected convergence of each future, the term structure of each market with
    what rolling earns, and the risk behind a hedge in its parts. Prices that were not sent are looked up. With `Accept:
    image/svg+xml` the term structures come as a chart. Idempotent and free of side effects: POST only because the
    question does not fit into a URL.
    """
    reply = await _answer(data, request.app.state)
    return await respond(request, reply, partial(_draw, reply, data.theme))


def answer(question: BasisRequest) -> BasisReply:
    """Answer a question of which nothing has to be looked up, as of its own time or else of now."""
    entries = [_given(pair) for pair in question.pairs if isinstance(pair, GivenPair)]
    risk = assess_sent(question.risk) if isinstance(question.risk, SentReturns) else None
    return _reply(question, entries, as_of=_as_of(question), risk=risk, missing=())


async def _answer(question: BasisRequest, state: Any) -> BasisReply:
    _check(question)
    if not _needs_market(question):
        return await _make(question, partial(answer, question), state.worker, count=len(question.pairs))
    as_of = _as_of(question)
    require_now(as_of, question.max_age_seconds)
    until = state.market.deadline()
    look_up = Look(state.market, question.spot_source, question.max_age_seconds, until, as_of)
    wanted = {index: pair for index, pair in enumerate(question.pairs) if isinstance(pair, Listed)}
    named = await find_pairs(look_up, wanted, field="pairs")
    others = await gather_others(look_up, question.underlying, question.exchange, named=named.values())
    found = {**named, **dict(enumerate(others.found, start=len(question.pairs)))}
    pasts: Mapping[int, Past] = {}
    if question.history_days is not None:
        archive = Archive(look_up, state.histories, question.history_days, question.day_count)
        pasts = await find_pasts(archive, found, named=named)
    vault = Vault(state.market, state.histories, until)
    risk = None if question.risk is None else await assess_risk(vault, question.risk)
    dated = redate(look_up, found, lambda index: place_of("pairs", index, named))
    entries = {index: _given(pair) for index, pair in enumerate(question.pairs) if isinstance(pair, GivenPair)}
    entries |= {index: _listed(one, index, pasts.get(index)) for index, one in dated.items()}
    ordered = [entries[index] for index in sorted(entries)]
    make = partial(_reply, question, ordered, as_of=as_of, risk=risk, missing=others.missing)
    reply = await _make(question, make, state.worker, count=len(ordered))
    note_ages((origin for entry in entries.values() for origin in entry.origins), state.metrics.observe_market)
    return reply


async def _make(question: BasisRequest, make: Callable[[], BasisReply], worker: Worker, *, count: int) -> BasisReply:
    """Make the answer for so many pairs, in the worker's thread where much is projected."""
    is_long = count * question.projection.points > MOST_AT_ONCE
    return await work(worker, make) if is_long else make()


def _check(question: BasisRequest) -> None:
    """Refuse a question that asks for nothing, or says where something is listed that it does not ask for."""
    if not question.pairs and question.underlying is None and question.risk is None:
        raise refuse("inconsistent_question", "Nothing is asked: send pairs, an underlying or a risk", at())
    if question.exchange is not None and question.underlying is None:
        detail = "An exchange is where futures on `underlying` are listed: send that too"
        raise refuse("inconsistent_question", detail, at("exchange"))


def _needs_market(question: BasisRequest) -> bool:
    """Tell whether anything has to be looked up."""
    has_listed = any(isinstance(pair, Listed) for pair in question.pairs)
    return has_listed or question.underlying is not None or isinstance(question.risk, FetchedReturns)


def _given(pair: GivenPair) -> _Entry:
    past = None if pair.history is None else Past(pair.history, SENT)
    plain = convert(pair, Pair, from_attributes=True)
    return _Entry(plain, REQUEST, (FROM_REQUEST, FROM_REQUEST), past)


def _listed(found: Found, index: int, past: Past | None) -> _Entry:
    cautions = (*warn_of_times(found, "pairs", index), *(() if past is None else past.cautions))
    return _Entry(pair_of(found), found.market, origins_of(found), past, cautions)


def _as_of(question: BasisRequest) -> Instant:
    return question.as_of or Instant.of(datetime.now(UTC))


def _reply(
    question: BasisRequest,
    entries: Sequence[_Entry],
    *,
    as_of: Instant,
    risk: Assessed | None,
    missing: Sequence[Unavailable],
) -> BasisReply:
    measured = measure_basis(
        [Placed(entry.pair, ("pairs", index), entry.market) for index, entry in enumerate(entries)],
        as_of=as_of,
        histories=[None if entry.past is None else entry.past.values for entry in entries],
        projection=question.projection,
        close=question.close,
        day_count=question.day_count,
    )
    return BasisReply(
        pairs=tuple(_line(entry, one) for entry, one in zip(entries, measured, strict=True)),
        term_structures=tuple(_structure(entries, as_of)),
        unavailable=tuple(missing),
        risk=None if risk is None else risk.reply,
        warnings=(
            *(note for entry in entries for note in entry.cautions),
            *(note for one in measured for note in one.cautions),
            *(() if risk is None else risk.cautions),
        ),
        as_of=as_of,
    )


def _line(entry: _Entry, measured: Measured) -> PairLine:
    futures_origin, spot_origin = entry.origins
    return PairLine(
        **asdict(measured.line),
        market=entry.market,
        futures_origin=futures_origin,
        spot_origin=spot_origin,
        history_origin=None if measured.line.history is None or entry.past is None else entry.past.origin,
    )


def _structure(entries: Sequence[_Entry], as_of: Instant) -> Iterator[TermStructure]:
    """Put the expiries of each market on each asset side by side."""
    for (market, underlying), pairs in _by_market(entries).items():
        points = draw_curve(pairs, as_of)
        if points:
            yield TermStructure(market=market, underlying=underlying, points=points, rolls=list_rolls(pairs))


def _by_market(entries: Sequence[_Entry]) -> dict[tuple[str, str], list[Pair]]:
    markets: dict[tuple[str, str], list[Pair]] = {}
    for entry in entries:
        markets.setdefault((entry.market, entry.pair.underlying), []).append(entry.pair)
    return markets


def _draw(reply: BasisReply, theme: Theme) -> bytes:
    """Draw the term structures, with the funding of each market's perpetual beside them."""
    lines: dict[tuple[str, str], list[PairLine]] = {}
    for line in reply.pairs:
        lines.setdefault((line.market, line.pair.underlying), []).append(line)
    names = ", ".join(dict.fromkeys(underlying for _, underlying in lines))
    curves = [_curve(market, some) for (market, _), some in lines.items()]
    return draw_term_structure(
        curves,
        title=f"Basis of {names or 'nothing'}, {reply.as_of:%Y-%m-%d %H:%M} UTC{note_missing(reply.unavailable)}",
        theme=theme,
    )


def _curve(market: str, lines: Sequence[PairLine]) -> Curve:
    fundings = [line.annualized_funding_rate for line in lines if line.annualized_funding_rate is not None]
    points = [
        ChartPoint(name=str(line.pair.expiry)[:10], days=line.days_to_expiry, rate=float(line.annualized_basis_rate))
        for line in lines
        if line.days_to_expiry is not None and line.annualized_basis_rate is not None
    ]
    points.sort(key=lambda point: point.days)
    return Curve(label=market, points=points, funding=float(fundings[0]) if fundings else None)
