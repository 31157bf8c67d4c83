"""One question to an application in this process, delivered well or, on purpose, badly."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, NamedTuple, cast

from litestar.types import ASGIApp, HTTPScope, Message

Fault = Literal[
    "none",
    "cut",
    "silent",
    "defect",
    "off",
    "keyless",
    "spent",
    "overloaded",
    "outage",
    "gap",
    "redis answers",
    "redis is gone",
]
"""What goes wrong: the body ends early, or never comes; or the service that is asked has a defect, has switched all
exchanges off, knows callers by their keys, has answered this one too often, has as many charts to draw as it takes on
and no place for a stream, or finds that no exchange answers, or not every one. With Redis nothing need go wrong."""

JSON = "application/json"
SVG = "image/svg+xml"
REQUEST_ID = "f3a1"
DEADLINE = 120.0
"""Of an answer, in seconds; it only fails a hang."""


class Sent(NamedTuple):
    """A request."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", JSON),)
    query: bytes = b""
    fault: Fault = "none"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked_at: datetime
    """Just before the request was sent."""
    media_type: str
    """Content type without its parameters."""

    @property
    def content(self) -> Any:
        """The body as the value it stands for, JSON decoded, anything else as text; shared, so not to be changed."""
        return _decode(self.media_type, self.body)


def answer_of(status: int, headers: dict[str, str], body: bytes, asked_at: datetime) -> Answer:
    """Put together what came back."""
    return Answer(status, headers, body, asked_at, headers.get("content-type", "").partition(";")[0])


@cache
def _decode(media_type: str, body: bytes) -> Any:
    """Decode a body once, however often it is looked at."""
    return json.loads(body) if media_type.endswith("json") else body.decode()


def ask(app: ASGIApp, sent: Sent) -> Answer:
    """Send one request to an application that looks nothing up."""
    (answer,) = asyncio.run(deliver(app, [sent]))
    return answer


async def deliver(app: ASGIApp, many: Iterable[Sent]) -> list[Answer]:
    """Send requests one after the other; one that is never answered raises TimeoutError."""
    return [await asyncio.wait_for(_exchange(app, sent), DEADLINE) for sent in many]


async def _exchange(app: ASGIApp, sent: Sent) -> Answer:
    """Play the server's part in one request."""
    is_partial = sent.fault in {"cut", "silent"}
    reader = Reader({"type": "http.request", "body": sent.body, "more_body": is_partial}, is_gone=sent.fault == "cut")
    asked_at = datetime.now(UTC)
    await app(scope_of(sent), reader.receive, reader.send)
    headers = {name.decode(): value.decode() for name, value in reader.kept[0]["headers"]}
    body = b"".join(message["body"] for message in reader.kept[1:])
    return answer_of(reader.kept[0]["status"], headers, body, asked_at)


class Reader:
    """Whoever asks: sends a body, keeps what comes, and of a stream leaves after the first event."""

    def __init__(self, body: Any, *, is_gone: bool = False) -> None:
        """Have a message to send, and leave after it or stay."""
        self.kept: list[Any] = []
        """What came."""
        self._messages = [body]
        self._has_enough = asyncio.Event()
        if is_gone:
            self._has_enough.set()

    async def receive(self) -> Any:
        """Give the body, and then the end of the connection once enough has come."""
        if not self._messages:
            await self._has_enough.wait()
            return {"type": "http.disconnect"}
        return self._messages.pop()

    async def send(self, message: Message) -> None:
        """Keep what the application sends."""
        self.kept.append(message)
        if _EVENT in cast("bytes", message.get("body", b"")):
            self._has_enough.set()


_EVENT = b"\ndata: "


def scope_of(sent: Sent) -> HTTPScope:
    """Describe the request as ASGI does; it has an id of its own or the usual one.

    Where there is to be a defect, the query is none: nothing else fails in an operation that has no body.
    """
    headers = {"host": "service", "x-request-id": REQUEST_ID, **dict(sent.headers)}
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": sent.path,
        "raw_path": sent.path.encode(),
        "root_path": "",
        "query_string": None if sent.fault == "defect" and sent.method == "GET" else sent.query,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("client", 50_000),
        "server": ("service", 80),
    }
    return scope  # type: ignore[no-any-return]
