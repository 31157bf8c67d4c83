"""`GET /v1/exchanges`: what each exchange offers, and how it is with what was fetched from it."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast, get_args

from litestar import Request, Response, route
from msgspec import Meta, Struct
from msgspec.structs import replace

from service.api.messages.queries import read_query
from service.api.messages.tags import respond
from service.api.messages.wire import READ, encode
from service.hedging.units import Instant
from service.market.breaker import Breaker
from service.market.events import BreakerState
from service.market.lookup import FeedNow, Market
from service.market.source import EXCHANGES, Exchange, Feed, Segment

State = Literal["unused", "fresh", "stale", "old", "failed"]
Trouble = Literal[
    "rate_limited",
    "banned",
    "blocked",
    "geo_blocked",
    "maintenance",
    "bad_payload",
    "timeout",
    "network",
    "budget_spent",
]
"""Reasons that concern a whole board or host; the others are about a single price."""
MOST = 1_000_000
"""No exchange lists so many symbols: a reply of 32 MiB does not hold them."""


class FeedState(Struct, frozen=True, kw_only=True):
    """How it is with one board of an exchange, in the worker that answers."""

    segment: Annotated[Segment, Meta(description="What its symbols are margined in.")]
    subject: Annotated[Literal["quotes", "listings"], Meta(description="Prices, or what can be traded.")]
    state: Annotated[
        State,
        Meta(
            description="`unused`: nobody asked yet. `fresh`, `stale`: served, and renewed when asked for. `old`: too "
            "old to serve. `failed`: the last try failed a moment ago."
        ),
    ]
    symbols: Annotated[
        int, Meta(description="Symbols that are believed; 0 where there are none yet.", ge=0, le=MOST, examples=[812])
    ]
    rejected: Annotated[int, Meta(description="Symbols that were sent and not believed.", ge=0, le=MOST, examples=[0])]
    last_success: Annotated[Instant | None, Meta(description="When it was asked for last with success.")]
    age_seconds: Annotated[float | None, Meta(description="Since then; null for never.", examples=[1.2])]
    reason: Annotated[Trouble | None, Meta(description="Why the last try failed; null where it did not.")]


class HostState(Struct, frozen=True, kw_only=True):
    """How it is with one host of an exchange, in the worker that answers."""

    host: Annotated[str, Meta(description="Name of the host.", examples=["fapi.binance.com"], max_length=100)]
    breaker: Annotated[
        BreakerState,
        Meta(description="`closed`: asked freely. `open`: spared. `half_open`: the next request tries."),
    ]
    reason: Annotated[Trouble | None, Meta(description="Why it is spared; null where it is not.")]
    retry_after_seconds: Annotated[
        float | None,
        Meta(description="Until it is tried again; null where it is not spared, or for good.", examples=[12.5]),
    ]


class ExchangeState(Struct, frozen=True, kw_only=True):
    """One exchange that is on."""

    exchange: Annotated[Exchange, Meta(description="Its name in this API.")]
    offers: Annotated[
        tuple[Segment, ...], Meta(description="What it lists and this service reads.", min_length=1, max_length=3)
    ]
    lists_expiring: Annotated[bool, Meta(description="Whether it lists futures that expire.", examples=[True])]
    publishes_tiers: Annotated[
        bool,
        Meta(
            description="Whether it shows maintenance tiers to everybody; else they come from a dated table or an "
            "estimate, with a warning.",
            examples=[True],
        ),
    ]
    feeds: Annotated[tuple[FeedState, ...], Meta(description="Its boards.", max_length=10)]
    hosts: Annotated[tuple[HostState, ...], Meta(description="Its hosts.", max_length=10)]


class ExchangesReply(Struct, frozen=True, kw_only=True):
    """The exchanges that this service knows."""

    exchanges: Annotated[tuple[ExchangeState, ...], Meta(description="Those that are on.", max_length=5)]
    off: Annotated[tuple[Exchange, ...], Meta(description="Those that the operator has switched off.", max_length=5)]
    as_of: Annotated[Instant, Meta(description="Time of this answer.")]


class ExchangesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to choose."""


@route("/v1/exchanges", http_method=READ)
async def list_exchanges(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Tell what each exchange offers, and how its feeds are.

    Asks nobody: the state is that of the worker that answers, and changes as questions come in.
    """
    read_query(ExchangesQuery, request)
    market: Market = request.app.state.market
    states = tuple(_state(market, name) for name in market.adapters)
    off = tuple(name for name in EXCHANGES if name not in market.adapters)
    reply = ExchangesReply(exchanges=states, off=off, as_of=Instant.of(datetime.now(UTC)))
    return respond(request, encode(reply), identity=encode([_ageless(state) for state in states]), seconds=0)


def _ageless(state: ExchangeState) -> ExchangeState:
    """Take away what only grows."""
    return replace(
        state,
        feeds=tuple(replace(feed, age_seconds=None) for feed in state.feeds),
        hosts=tuple(replace(host, retry_after_seconds=None) for host in state.hosts),
    )


def _state(market: Market, name: Exchange) -> ExchangeState:
    adapter = market.adapters[name]
    return ExchangeState(
        exchange=name,
        offers=tuple(segment for segment in get_args(Segment) if market.offers(name, segment)),
        lists_expiring=adapter.lists_expiring,
        publishes_tiers=adapter.publishes_tiers,
        feeds=tuple(_feed(market, now) for now in market.feeds(name)),
        hosts=tuple(_host(host, breaker) for host, breaker in market.hosts[name].items()),
    )


def _feed(market: Market, now: FeedNow) -> FeedState:
    feed, kept, error = now
    age = None if kept is None else market.age(kept)
    return FeedState(
        segment=feed.segment,
        subject="quotes" if feed.subject == "quotes" else "listings",
        state="failed" if error is not None else tell_state(feed, age),
        symbols=0 if kept is None else len(kept.board.rows),
        rejected=0 if kept is None else len(kept.board.dropped),
        last_success=None if kept is None else Instant.of_ms(kept.board.wall_ms),
        age_seconds=None if age is None else round(age, 3),
        reason=None if error is None else cast("Trouble", error.reason),
    )


def tell_state(feed: Feed, age: float | None) -> State:
    """Tell what the age of a feed's board, in seconds, means; None for no board."""
    if age is None:
        return "unused"
    if age > feed.longest_seconds:
        return "old"
    return "fresh" if age <= feed.fresh_seconds else "stale"


def _host(host: str, breaker: Breaker) -> HostState:
    left = breaker.seconds_left
    return HostState(
        host=host,
        breaker=breaker.state,
        reason=cast("Trouble | None", breaker.reason),
        retry_after_seconds=round(left, 1) if left and not math.isinf(left) else None,
    )
