"""One question to an application in this process, delivered well or, on purpose, badly."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, NamedTuple

from litestar.types import ASGIApp, HTTPScope, Message, Receive

Fault = Literal[
    "none", "cut", "silent", "defect", "off", "keyless", "spent", "outage", "gap", "redis answers", "redis is gone"
]
"""What goes wrong: the body ends early, or never comes; or the service that is asked has a defect, has switched all
exchanges off, knows callers by their keys, has answered this one too often, or finds that no exchange answers, or not
every one. With Redis nothing need go wrong."""

JSON = "application/json"
REQUEST_ID = "f3a1"
_PATIENCE_SECONDS = 30.0


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

    @property
    def media_type(self) -> str:
        """Content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def content(self) -> Any:
        """The body as the value it stands for, JSON decoded, anything else as text; shared, so not to be changed."""
        return _decode(self.media_type, self.body)


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
    return [await asyncio.wait_for(_exchange(app, sent), _PATIENCE_SECONDS) for sent in many]


async def _exchange(app: ASGIApp, sent: Sent) -> Answer:
    """Play the server's part in one request."""
    messages: list[Any] = []

    async def send(message: Message) -> None:
        """Keep what the application sends."""
        messages.append(message)

    asked_at = datetime.now(UTC)
    await app(_scope(sent), _body(sent), send)
    headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return Answer(messages[0]["status"], headers, b"".join(message["body"] for message in messages[1:]), asked_at)


def _scope(sent: Sent) -> HTTPScope:
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


def _body(sent: Sent) -> Receive:
    """Make the channel on which the body arrives."""
    is_partial = sent.fault in {"cut", "silent"}
    messages: list[Any] = [{"type": "http.request", "body": sent.body, "more_body": is_partial}]

    async def receive() -> Any:
        """Give the body, and then the end of the connection or nothing ever."""
        if messages:
            return messages.pop()
        if sent.fault == "silent":
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return receive
