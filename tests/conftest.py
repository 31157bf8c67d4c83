"""What many tests need: the application in this process, and a way to call it."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from litestar.types import ASGIApp

from service.app import create_app


@pytest.fixture(scope="session")
def app() -> ASGIApp:
    """Give the application as an operator gets it who sets nothing."""
    return create_app({})


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
