"""Server-sent events: how they are written, and the answer that goes on sending them.

Law: nothing is written before the reader has taken what came before, so nobody's slowness fills the memory of the
service; and a stream that ends in good order ends as an answer that is whole.
Source: HTML, 9.2, server-sent events.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from service.api.messages.problems import RefusalError
from service.api.messages.wire import encode
from service.streams import LONGEST_SECONDS, NoPlaceError, Streams

MEDIA_TYPE = "text/event-stream"
RETRY = b"retry: 3000\n\n"
"""Tells a reader to come back three seconds after a stream has ended."""
HEARTBEAT = b": heartbeat\n\n"
_PARTING_SECONDS = 1.0
"""Time in which a reader has to take the end; who doesn't is let go without one."""
_HEADERS = [(b"content-type", MEDIA_TYPE.encode()), (b"x-accel-buffering", b"no")]
_RETRY_AFTER = "10"

Chunks = AsyncGenerator[bytes, None]


def write_event(name: str, record: Struct, *, identity: str) -> bytes:
    """Write one event; its JSON has no line ends of its own."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name.encode(), identity.encode(), encode(record))


class EventStream(Response[bytes]):
    """An answer that goes on until its events end, its reader leaves, its time is over or the service ends."""

    def __init__(self, chunks: Chunks, streams: Streams) -> None:
        self.chunks = chunks
        self.streams = streams

    def to_asgi_response(self, *_: object, **__: object) -> ASGIApp:  # type: ignore[override]
        """Make the application that sends it; Litestar calls it and asks no more of it."""
        return self._respond

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and, but for HEAD, the events.

        Raises:
            RefusalError: overloaded, if too many streams are open; nothing has been sent then.
        """
        scope["state"]["is_stream"] = True
        try:
            with self.streams.open() as end:
                await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                if scope["method"] != "HEAD":  # type: ignore[typeddict-item]
                    await self.streams.race(self._push(send), _leave(receive), end, seconds=LONGEST_SECONDS)
                await self.streams.race(_finish(send), seconds=_PARTING_SECONDS)
        except NoPlaceError:
            raise RefusalError("overloaded", headers={"retry-after": _RETRY_AFTER}) from None

    async def _push(self, send: Send) -> None:
        async with aclosing(self.chunks) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _finish(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _leave(receive: Receive) -> None:
    """Wait until the reader has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
