"""What many tests need: the application in this process, and a way to call it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import settings
from litestar.types import ASGIApp

from service.app import create_app

settings.register_profile("fresh", deadline=None)  # a busy machine is no fault
settings.register_profile("same", settings.get_profile("fresh"), derandomize=True)
settings.load_profile("same")  # what lands is tried with what passed before; `make fuzz` draws anew

NO_LIMIT = {"HEDGE_LIMIT_PER_ADDRESS": "1000000000"}
"""Tests ask more often than a caller may."""


@pytest.fixture(scope="session")
def app() -> ASGIApp:
    """Give the application as an operator gets it who sets nothing."""
    return create_app(NO_LIMIT)


Call = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def call(app: ASGIApp) -> Call:
    """Give a function that sends one request to the application and returns the answer."""
    return caller(app)


def caller(app: ASGIApp) -> Call:
    """Make a function that sends one request to an application in this process."""

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request."""

        async def exchange() -> httpx.Response:
            """Open a client for it, so that requests share nothing."""
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.request(method, path, **options)

        return anyio.run(exchange)

    return send


@contextmanager
def conversing(app: ASGIApp) -> Iterator[Call]:
    """Give a function that sends requests to an application that lives on between them, and shut it down in the end.

    What looks up prices keeps connections and goes on fetching when an answer is given, so it needs one event loop.
    """
    with start_blocking_portal() as portal:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        client = httpx.AsyncClient(transport=transport, base_url="http://service")

        def send(method: str, path: str, **options: Any) -> httpx.Response:
            """Send one request."""
            return portal.call(lambda: client.request(method, path, **options))

        try:
            yield send
        finally:
            portal.call(shut_down, app)
            portal.call(client.aclose)


async def shut_down(app: ASGIApp) -> None:
    """Start an application's lifespan and end it, as a server does when it stops."""
    messages = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> Any:
        """Give the next message."""
        return next(messages)

    async def send(_: Any) -> None:
        """Take note of nothing."""

    scope: Any = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    await app(scope, receive, send)
