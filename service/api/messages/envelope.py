"""Around every answer, also to unknown paths: a request id, the time it took, safe headers, one observation."""

import re
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter
from typing import Protocol

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,128}").fullmatch
_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))


class ObserveRequest(Protocol):
    """Is told of every answer."""

    def __call__(self, *, route: str, method: str, status: int, problem: str | None, seconds: float) -> None:
        """Take note of one answer."""


def envelop(app: ASGIApp, observe: ObserveRequest, clock: Callable[[], float] = perf_counter) -> ASGIApp:
    """Wrap an application.

    Litestar's own middleware does not see what its router refuses (404, 405); an ASGI wrapper sees all.
    """

    async def enveloped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        started = clock()
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id.decode()
        status, headed = 500, started

        async def send_enveloped(message: Message) -> None:
            nonlocal status, headed
            if message["type"] == "http.response.start":
                status, headed = message["status"], clock()
                names = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id),
                    (b"x-content-type-options", b"nosniff"),
                    (b"server-timing", b"app;dur=%.3f" % ((headed - started) * 1000)),
                    *(() if b"cache-control" in names else ((b"cache-control", b"no-store"),)),
                ]
            await send(message)

        try:
            await app(scope, receive, send_enveloped)
        finally:
            observe(
                route=scope.get("path_template", "unmatched"),
                method=scope["method"] if scope["method"] in _METHODS else "other",
                status=status,
                problem=state.get("problem"),
                # Of a stream only the way to its head counts: how long it was open says nothing of the service.
                seconds=(headed if "is_stream" in state else clock()) - started,
            )

    return enveloped


def _request_id(scope: Scope) -> bytes:
    """Take the caller's id where it is printable and short, else make one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID(value):
            return value
    return token_hex(16).encode()
