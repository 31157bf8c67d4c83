"""`GET /v1/basis/stream`: basis, funding and a verdict for chosen futures, while they change.

Law: an event holds all that was asked for, so whoever missed some has lost nothing; its id names the state that it
tells, so whoever comes back with it is told nothing twice, by any process. What can't be had now is told once, and
what is there again at once.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any, Literal, NamedTuple

from litestar import Request, route
from litestar.datastructures import State
from msgspec import Meta, Struct
from msgspec.structs import asdict

from service.api.lookups.absences import parameter, refuse, refuse_failures, refuse_unavailable, require_on
from service.api.lookups.origins import LONGEST_AGE, Listed, MaxAge, write_instant
from service.api.lookups.pairs import Found, Look, SpotSource, date_pair, find_listed, pair_of
from service.api.messages.event_stream import HEARTBEAT, MEDIA_TYPE, RETRY, Chunks, EventStream, write_event
from service.api.messages.heads import OFFERS
from service.api.messages.problems import RefusalError
from service.api.messages.queries import read_query
from service.api.messages.wire import READ, encode
from service.hedging.term_structure.pairs import Pair
from service.hedging.term_structure.verdict import Reading, has_moved, identify, read_basis
from service.hedging.units import FundingRate, Instant, Price, SpreadRate, Symbol
from service.market.events import Priced
from service.market.found import NotListedError, UnavailableError
from service.market.source import QUOTES_FRESH, Exchange

_BEAT_SECONDS, _LOOK_SECONDS = 10.0, 5.0
"""Silence after which a heartbeat is due, and time that a look may take: 15 seconds together."""
_is_ours = re.compile(r"[0-9a-f]{32}").fullmatch


class StreamQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which futures, and from which change on."""

    exchange: Annotated[Exchange, Meta(description="Where they are listed.")]
    symbols: Annotated[
        tuple[Symbol, ...],
        Meta(description="Names of the futures as the exchange writes them, with commas.", min_length=1, max_length=20),
    ]
    spot_source: Annotated[
        SpotSource,
        Meta(
            description="What they are held against: the `index` that the exchange sends with the mark, or the `last` "
            "trade of the spot pair there."
        ),
    ] = "index"
    max_age_seconds: Annotated[MaxAge, Meta(description="Age from which a price is not shown.")] = LONGEST_AGE
    interval_seconds: Annotated[
        float, Meta(description="Seconds from one look at the market to the next.", ge=1, le=60, examples=[2])
    ] = 2.0
    min_change: Annotated[
        SpreadRate,
        Meta(
            description="Change of a basis rate, a funding rate, or one of both a year, as a fraction, from which an "
            'event is sent; "0": every change of prices or funding.',
            examples=["0.0001"],
        ),
    ] = SpreadRate("0")


class StreamLine(Reading, frozen=True, kw_only=True):
    """One future against its spot now, with the age of both prices."""

    futures_as_of: Annotated[Instant, Meta(description="Time of the future's price at the exchange.")]
    futures_age_seconds: Annotated[float, Meta(description="Age of the future's price.", examples=[0.8])]
    spot_as_of: Annotated[Instant, Meta(description="Time of the spot price at the exchange.")]
    spot_age_seconds: Annotated[float, Meta(description="Age of the spot price.", examples=[0.8])]


class BasisEvent(Struct, frozen=True, kw_only=True):
    """Data of an event `basis`: all futures that were chosen, in that order, but for those that trade no more."""

    exchange: Annotated[Exchange, Meta(description="Where they are listed.")]
    spot_source: Annotated[SpotSource, Meta(description="What they are held against.")]
    futures: Annotated[tuple[StreamLine, ...], Meta(description="One line a future.", min_length=1, max_length=20)]
    as_of: Annotated[Instant, Meta(description="Time of this look at the market.")]


class UnavailableEvent(Struct, frozen=True, kw_only=True):
    """Data of an event `unavailable`: why some futures can't be shown, for now or for good."""

    code: Annotated[
        Literal["price_unavailable", "not_listed"],
        Meta(
            description="Code of the problem. `price_unavailable`: for now, and of no future is anything told until a "
            "`basis` comes. `not_listed`: these have settled or trade no more, and the others go on."
        ),
    ]
    detail: Annotated[
        str,
        Meta(
            description="Why, in a sentence.",
            max_length=1000,
            examples=["BTCUSDT at bybit: Spared after maintenance"],
        ),
    ]
    symbols: Annotated[tuple[Symbol, ...], Meta(description="Of which futures.", min_length=1, max_length=20)]
    retry_after: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000_000)] | None,
        Meta(description="Seconds after which it may be there again; null where it won't be.", examples=[1]),
    ]


Answers = Mapping[str, Found | NotListedError | UnavailableError]


class Sight(NamedTuple):
    """What one look at the market found."""

    answers: Answers
    as_of: Instant


@route("/v1/basis/stream", http_method=READ, opt={OFFERS: (MEDIA_TYPE,)})
async def stream_basis(request: Request[Any, Any, Any]) -> EventStream:
    """Follow the basis and the funding of futures while they change.

    Server-sent events, for `EventSource` and for any client that reads lines. The first comes at once. `basis` holds
    all chosen futures with what each means for a short; `unavailable` says why there is nothing to show, once, until
    the next `basis`. A comment comes at least every 15 seconds. What can't be followed is refused before the stream
    begins. It ends after 15 minutes, when the service stops, and when none of the futures trades any more: come back
    after the 3 seconds that `retry` says with the last id as `Last-Event-ID`, as `EventSource` does by itself, and the
    state that it names is not sent again, whichever process answers. Who comes back while prices can't be had hears of
    it by an event. An id that is not from here counts as none.
    """
    query = read_query(StreamQuery, request)
    state = request.app.state
    require_on(state.market, query.exchange, parameter("exchange"))
    sent = request.headers.get("last-event-id", "")
    known = sent if _is_ours(sent) else None
    watch = _Watch(query, state, known)
    sight = await watch.look()
    _require(sight.answers, is_resumed=known is not None)
    return EventStream(_follow(watch, sight, state), state.streams)


def _require(answers: Answers, *, is_resumed: bool) -> None:
    """Refuse what can't be followed; who was there before hears of what can't be had now by an event.

    A refusal would be the end for an `EventSource`, which comes back after a broken connection but not after a status.
    """
    passing = UnavailableError if is_resumed else ()
    refuse_failures(
        {name: answer for name, answer in answers.items() if not isinstance(answer, passing)},
        lambda _: parameter("symbols"),
    )


async def _follow(watch: "_Watch", sight: Sight, state: State) -> Chunks:
    """Look at the market until nothing is left to look at, and yield what there is to tell."""
    steady, sleep = state.clock.steady, state.streams.sleep
    yield RETRY
    said = steady()
    while True:
        for chunk in watch.tell(sight):
            yield chunk
            said = steady()
        if not watch.symbols:
            return
        due = steady() + watch.query.interval_seconds
        while (now := steady()) < due:
            if now >= said + _BEAT_SECONDS:
                yield HEARTBEAT
                said = steady()
            await sleep(min(due, said + _BEAT_SECONDS) - now)
        sight = await watch.look()


class _Watch:
    """What one reader follows, and the state that it was told last."""

    def __init__(self, query: StreamQuery, state: State, known: str | None) -> None:
        self.query = query
        self.symbols = tuple(dict.fromkeys(query.symbols))
        self._state = state
        self._told = known
        """Id of the state that the reader knows."""
        self._readings: tuple[Reading, ...] | None = None
        """What it was told of the futures; None where that was nothing, or is no more so."""

    async def look(self) -> Sight:
        """Look at the market once, with what is young where that can be had, else with what is not too old."""
        market, clock = self._state.market, self._state.clock
        until = min(market.deadline(), clock.steady() + _LOOK_SECONDS)
        look_up = Look(market, self.query.spot_source, self.query.max_age_seconds, until, self._now())
        wanted = [Listed(exchange=self.query.exchange, symbol=symbol) for symbol in self.symbols]
        found = await asyncio.gather(*(_find(look_up, listed) for listed in wanted))
        dated = (date_pair(look_up, one) if isinstance(one, Found) else one for one in found)
        return Sight(dict(zip(self.symbols, dated, strict=True)), self._now())

    def _now(self) -> Instant:
        return Instant.of(datetime.fromtimestamp(self._state.clock.wall(), UTC))

    def tell(self, sight: Sight) -> Iterator[bytes]:
        """Write what the reader does not know yet."""
        for symbol, answer in sight.answers.items():
            if isinstance(answer, NotListedError):
                self.symbols = tuple(name for name in self.symbols if name != symbol)
                yield from self._tell_absence((symbol,), refuse("not_listed", str(answer), parameter("symbols")))
        failed = {name: answer for name, answer in sight.answers.items() if isinstance(answer, UnavailableError)}
        found = [answer for answer in sight.answers.values() if isinstance(answer, Found)]
        if failed:
            errors = [(error, parameter("symbols")) for error in failed.values()]
            yield from self._tell_absence(tuple(failed), refuse_unavailable(errors))
        elif found:
            yield from self._tell_basis(found, sight.as_of)

    def _tell_absence(self, symbols: tuple[str, ...], refusal: RefusalError) -> Iterator[bytes]:
        retry_after = refusal.headers.get("retry-after")
        identity = self._identify(refusal.code, symbols, retry_after is None)
        self._readings = None
        if identity != self._told:
            self._told = identity
            event = UnavailableEvent(
                code=refusal.code,  # type: ignore[arg-type]
                detail=refusal.detail,
                symbols=symbols,
                retry_after=None if retry_after is None else int(retry_after),
            )
            yield write_event("unavailable", event, identity=identity)

    def _tell_basis(self, found: list[Found], as_of: Instant) -> Iterator[bytes]:
        readings = tuple(read_basis(pair_of(one), as_of) for one in found)
        if self._readings is not None and not self._is_news(self._readings, readings):
            return
        self._readings = readings
        identity = self._identify("basis", *map(identify, readings))
        if identity != self._told:
            self._told = identity
            yield write_event("basis", self._write(found, readings, as_of), identity=identity)

    def _is_news(self, before: Iterable[Reading], after: Iterable[Reading]) -> bool:
        return any(has_moved(one, other, self.query.min_change) for one, other in zip(before, after, strict=True))

    def _write(self, found: list[Found], readings: Iterable[Reading], as_of: Instant) -> BasisEvent:
        lines = tuple(_line(reading, one) for reading, one in zip(readings, found, strict=True))
        oldest = max(max(line.futures_age_seconds, line.spot_age_seconds) for line in lines)
        self._state.metrics.observe_market(Priced(self.query.exchange, oldest))
        return BasisEvent(exchange=self.query.exchange, spot_source=self.query.spot_source, futures=lines, as_of=as_of)

    def _identify(self, *state: object) -> str:
        """Name a state by what it shows, so that every process gives it the same name."""
        text = encode((self.query.exchange, self.query.spot_source, *state))
        return blake2b(text, digest_size=16).hexdigest()


async def _find(look_up: Look, listed: Listed) -> Found | NotListedError | UnavailableError:
    """Look up a future: wait for what is fresh, and take what is older only where that does not come."""
    fresh = await find_listed(look_up._replace(longest=QUOTES_FRESH), listed)
    return await find_listed(look_up, listed) if isinstance(fresh, UnavailableError) else fresh


def _line(reading: Reading, found: Found) -> StreamLine:
    return StreamLine(
        **asdict(reading),
        futures_as_of=write_instant(found.future.as_of_ms),
        futures_age_seconds=round(found.future.age_seconds, 3),
        spot_as_of=write_instant(found.spot.as_of_ms),
        spot_age_seconds=round(found.spot.age_seconds, 3),
    )


_SHOWN_AT = Instant.parse("2026-01-02T03:04:05Z")
_SHOWN_PAIR = Pair(
    symbol="BTCUSDT",
    underlying="BTC",
    spot_price=Price("60000"),
    futures_price=Price("60003"),
    funding_rate=FundingRate("0.0001"),
    funding_interval_hours=8,
    next_funding_at=Instant.parse("2026-01-02T08:00:00Z"),
)
SHOWN = BasisEvent(
    exchange="binance",
    spot_source="index",
    futures=(
        StreamLine(
            **asdict(read_basis(_SHOWN_PAIR, _SHOWN_AT)),
            futures_as_of=_SHOWN_AT,
            futures_age_seconds=0.8,
            spot_as_of=_SHOWN_AT,
            spot_age_seconds=0.8,
        ),
    ),
    as_of=_SHOWN_AT,
)
"""Data of an event as the document shows it."""
