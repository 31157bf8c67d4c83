"""An answer as JSON, or as a chart for whoever would rather look."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from litestar import Request, Response
from msgspec import Meta, Struct

from service.api.charts.inks import Theme
from service.api.messages.heads import JSON, SVG, choose_form
from service.api.messages.problems import RefusalError
from service.api.messages.wire import encode
from service.worker import OverloadedError, Worker

ThemeChoice = Annotated[Theme, Meta(description="Colours of a chart (Accept: image/svg+xml); JSON has none.")]
FORMS = (JSON, SVG)
T = TypeVar("T")


async def respond(request: Request[Any, Any, Any], reply: Struct | bytes, draw: Callable[[], bytes]) -> Response[bytes]:
    """Answer in the form that the caller wants most.

    Args:
        request: with its Accept.
        reply: the answer; its JSON text where that has been written already.
        draw: makes a chart of it; runs in the worker's thread.

    Raises:
        RefusalError: overloaded, if too many charts are waiting.
    """
    headers = {"vary": "accept"}
    if choose_form(request) == JSON:
        content = reply if isinstance(reply, bytes) else encode(reply)
        return Response(content, media_type=JSON, headers=headers)
    return Response(await work(request.app.state.worker, draw), media_type=SVG, headers=headers)


async def work(worker: Worker, function: Callable[[], T]) -> T:
    """Do what takes long in the worker's thread, so that others are answered meanwhile.

    Raises:
        RefusalError: overloaded, if too much is waiting.
    """
    try:
        return await worker.run(function)
    except OverloadedError:
        raise RefusalError("overloaded", headers={"retry-after": "1"}) from None
