"""The services under test, as operators may have set them up, with the exchanges and the Redis that they ask.

Law: they live in one event loop from the first question to the last, since what they keep open belongs to it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.app import create_app
from service.hedging.sizing import Sizing
from service.keys import make_key
from service.metrics import Metrics
from tests.conftest import NO_LIMIT, shut_down
from tests.market.exchange import ExchangeServer
from tests.market.redis.server import RedisServer, find_redis
from tests.openapi import scenes, troubles
from tests.openapi.asgi import Answer, Fault, Sent, deliver
from tests.openapi.looks import CONTRACTS, PRICES, look
from tests.openapi.market import WORLD

T = TypeVar("T")

REDIS = find_redis()
"""Path of a Redis; None where there is none on this machine."""
_NOBODY = "redis://127.0.0.1:1"
"""An address at which nobody answers."""
_COMMON = {**NO_LIMIT, "HEDGE_LOG_LEVEL": "error", "HEDGE_PATIENCE_SECONDS": "30"}
"""A limit that nobody uses up, so that it is told; and patience for a machine that is busy with other tests."""
_FIRST = (
    *(look(CONTRACTS, f"underlying=BTC&exchange={name}") for name in ("binance", "bingx", "bybit", "weex")),
    look(PRICES, "exchange=mexc&symbols=BTC,BTC_USDT"),
    look(PRICES, "exchange=median&symbols=BTC"),
)
_LAST = look(PRICES, "exchange=mexc&symbols=BTC_USD")
"""For all boards of MEXC at once its budget does not reach."""
_MOST_TRIES = 100_000


class BrokenMetrics(Metrics):
    """Metrics with a defect, as any part of the service may have one."""

    def observe_sizing(self, _: Sizing) -> None:
        """Fail for a reason that is nobody's business outside."""
        raise ZeroDivisionError("a secret of the house")


class House:
    """Everything that answers questions, between entering and leaving."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._stack = ExitStack()
        self._apps: dict[Fault, ASGIApp] = {}
        self._portal: BlockingPortal

    def __enter__(self) -> Self:
        """Start the exchanges and the services, and fetch what the exchanges have."""
        with ExitStack() as stack:
            whole, broken, patchy = (stack.enter_context(ExchangeServer(world=WORLD)) for _ in range(3))
            troubles.break_all(broken)
            troubles.break_some(patchy)
            folder = Path(stack.enter_context(TemporaryDirectory()))
            redis = _NOBODY if REDIS is None else stack.enter_context(RedisServer(REDIS, folder)).url
            self._portal = stack.enter_context(start_blocking_portal())
            stack.callback(self._shut_down)
            at = {"whole": whole.url, "broken": broken.url, "patchy": patchy.url, "redis": redis}
            self._open({**at, "keys": _write_keys(folder)})
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Shut the services down, then what they asked."""
        self._stack.close()

    def ask(self, fault: Fault, many: Iterable[Sent]) -> list[Answer]:
        """Send requests, one after the other, to the service of which a fault speaks."""
        return self._portal.call(deliver, self._apps[fault], list(many))

    def begin(self, work: Callable[[ASGIApp], Awaitable[T]], fault: Fault) -> "Future[T]":
        """Begin with what takes longer and goes on beside the other questions."""
        return self._portal.start_task_soon(work, self._apps[fault])

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an application to a caller in another event loop: the plain service answers, in its own."""
        body: Any = await receive()
        answering = self._portal.start_task_soon(_answer, self._apps["none"], scope, body)
        for message in await asyncio.wrap_future(answering):
            await send(message)

    def _open(self, at: Mapping[str, str]) -> None:
        """Make the services one after the other, and let some of them make their first steps."""
        upstream = {"HEDGE_UPSTREAM": at["whole"]}
        plain = create_app({**_COMMON, **upstream})
        self._apps |= {"none": plain, "cut": plain}
        self.ask("none", _FIRST)
        settings: dict[Fault, dict[str, str]] = {
            "silent": {"HEDGE_BODY_SECONDS": "0.05"},
            "off": {"HEDGE_EXCHANGES": "none"},
            "keyless": {"HEDGE_API_KEYS_FILE": at["keys"]},
            "spent": {"HEDGE_LIMIT_PER_ADDRESS": "1", "HEDGE_LIMIT_SECONDS": "86400"},
            "outage": {"HEDGE_UPSTREAM": at["broken"]},
            "gap": {"HEDGE_UPSTREAM": at["patchy"]},
            "redis answers": {"HEDGE_REDIS_URL": at["redis"]},
            "redis is gone": {"HEDGE_REDIS_URL": _NOBODY},
        }
        self._apps |= {fault: create_app({**_COMMON, **upstream, **own}) for fault, own in settings.items()}
        self._apps["defect"] = create_app({**_COMMON, **upstream}, BrokenMetrics())
        self.ask("spent", [_LAST])
        self.ask("outage", [scenes.pose(scenes.LIVE), look(CONTRACTS, "underlying=BTC")])
        self._settle()

    def _settle(self) -> None:
        """Ask for what is left until it is there."""
        if not any(self.ask("none", [_LAST])[0].status == 200 for _ in range(_MOST_TRIES)):
            raise TimeoutError(_LAST)

    def _shut_down(self) -> None:
        """End the services as a server does."""
        for app in dict.fromkeys(self._apps.values()):
            self._portal.call(shut_down, app)


def _write_keys(folder: Path) -> str:
    """Write a file with a key that nobody has."""
    _, key = make_key("somebody")
    path = folder / "keys"
    path.write_text(f"{key.digest} {key.name}\n")
    return str(path)


async def _answer(app: ASGIApp, scope: Scope, body: Any) -> list[Message]:
    """Let an application answer a request whose body is there."""
    messages: list[Message] = []

    async def receive() -> Any:
        """Give the body."""
        return body

    async def send(message: Message) -> None:
        """Keep what the application sends."""
        messages.append(message)

    await app(scope, receive, send)
    return messages


class Door:
    """A house's plain service under a name that it has before the house is there: schemathesis wants one at import."""

    def __init__(self) -> None:
        """Lead nowhere yet."""
        self.house: House | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Lead to the house; its life is its own business."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif self.house is not None:
            await self.house.forward(scope, receive, send)


async def _live(receive: Any, send: Any) -> None:
    """Say yes to whatever a server says of beginning and end."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
