"""Whether the service lives and can answer, and what it has counted."""

from typing import Annotated, Any, Literal

from litestar import Request, Response, route
from msgspec import Meta, Struct

from service import __version__
from service.api.wire import READ, Wire


class Health(Struct, frozen=True, kw_only=True):
    """State of the service."""

    status: Annotated[Literal["live", "ready"], Meta(description="`live`: it runs. `ready`: it can answer.")]
    version: Annotated[str, Meta(description="Version of the service.", examples=[__version__], max_length=32)]


@route("/health/live", http_method=READ, return_dto=Wire)
async def check_live() -> Health:
    """Tell that the process runs.

    Touches nothing else: a failure means that the process has to be restarted.
    """
    return Health(status="live", version=__version__)


@route("/health/ready", http_method=READ, return_dto=Wire)
async def check_ready() -> Health:
    """Tell that requests can be answered.

    Prices come with each request, so the service is ready as soon as it runs.
    """
    return Health(status="ready", version=__version__)


@route("/metrics", http_method=READ)
async def read_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read the metrics for Prometheus.

    Text format; with several workers, the sum over all of them.
    """
    body, content_type = request.app.state.metrics.render()
    return Response(body, headers={"content-type": content_type})
