"""`GET /v1/stresses`: the named stresses, each with all that it is made of."""

from typing import Annotated, Any

from litestar import Request, Response, route
from msgspec import Meta, Struct

from service.api.messages.queries import read_query
from service.api.messages.tags import respond
from service.api.messages.wire import READ, encode
from service.hedging.stresses import STRESSES, Stress, StressKind

_SECONDS = 3600
"""For which the answer may be kept: it changes with the version only."""


class StressesReply(Struct, frozen=True, kw_only=True):
    """The named stresses of this version."""

    stresses: Annotated[tuple[Stress, ...], Meta(description="The past first.", min_length=1, max_length=100)]


class StressesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of them."""

    kind: Annotated[StressKind | None, Meta(description="Windows of the past, or those that are made up; both.")] = None


def list_kind(kind: StressKind | None) -> StressesReply:
    """List the stresses of a kind, or all."""
    return StressesReply(stresses=tuple(stress for stress in STRESSES.values() if kind in {None, stress.kind}))


SHOWN = list_kind("synthetic")
"""The shorter of the answers."""


@route("/v1/stresses", http_method=READ)
async def list_stresses(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the named stresses that scenarios play, with their figures, dates, definitions and sources.

    Windows of the past are from closes, with each coin's own worst low where it is known; the others are assumed.
    """
    content = encode(list_kind(read_query(StressesQuery, request).kind))
    return respond(request, content, identity=content, seconds=_SECONDS)
