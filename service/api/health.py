"""Whether the service lives and can answer, and what it has counted."""

from typing import Annotated, Any, Literal

from litestar import Request, Response, route
from msgspec import Meta, Struct

from service import __version__
from service.api.messages.wire import READ, Wire
from service.link import Link, LinkError
from service.market.lookup import Market
from service.market.source import Exchange


class Liveness(Struct, frozen=True, kw_only=True):
    """That the process runs."""

    status: Annotated[Literal["live"], Meta(description="`live`: it runs.")]
    version: Annotated[str, Meta(description="Version of the service.", examples=[__version__], max_length=32)]


class ExchangeHealth(Struct, frozen=True, kw_only=True):
    """How it is with the prices of one exchange, in the worker that answers."""

    exchange: Annotated[Exchange, Meta(description="Its name in this API.")]
    state: Annotated[
        Literal["unused", "reachable", "failing"],
        Meta(
            description="`unused`: nobody asked for it yet. `reachable`: what was asked last was answered. `failing`: "
            "something it was asked for failed a moment ago, or one of its hosts is spared."
        ),
    ]


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether requests can be answered, and what can't be reached; those that bring their prices need nothing else."""

    status: Annotated[Literal["ready"], Meta(description="`ready`: it can answer.")]
    version: Annotated[str, Meta(description="Version of the service.", examples=[__version__], max_length=32)]
    redis: Annotated[
        Literal["off", "reachable", "failing"],
        Meta(description="`off`: the service keeps prices in each process. `failing`: it does so until Redis answers."),
    ]
    exchanges: Annotated[tuple[ExchangeHealth, ...], Meta(description="Exchanges that are on.", max_length=5)]


@route("/health/live", http_method=READ, return_dto=Wire)
async def check_live() -> Liveness:
    """Tell that the process runs.

    Touches nothing else: a failure means that the process has to be restarted.
    """
    return Liveness(status="live", version=__version__)


@route("/health/ready", http_method=READ, return_dto=Wire)
async def check_ready(request: Request[Any, Any, Any]) -> Readiness:
    """Tell that requests can be answered, and what can't be reached.

    Asks Redis, and no exchange. Always 200: neither is needed for requests that bring their prices.
    """
    state = request.app.state
    market: Market = state.market
    return Readiness(
        status="ready",
        version=__version__,
        redis="off" if state.link is None else await _try(state.link),
        exchanges=tuple(ExchangeHealth(exchange=name, state=_state(market, name)) for name in market.adapters),
    )


async def _try(link: Link) -> Literal["reachable", "failing"]:
    try:
        await link.run("return 1", ["hedge:health"], allowance=link.allow())
    except LinkError:
        return "failing"
    return "reachable"


def _state(market: Market, name: Exchange) -> Literal["unused", "reachable", "failing"]:
    feeds = market.feeds(name)
    if any(now.failure for now in feeds) or any(host.state != "closed" for host in market.hosts[name].values()):
        return "failing"
    return "reachable" if any(now.kept for now in feeds) else "unused"


@route("/metrics", http_method=READ)
async def read_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read the metrics for Prometheus.

    Text format; with several workers, the sum over all of them.
    """
    body, content_type = request.app.state.metrics.render()
    return Response(body, headers={"content-type": content_type})
