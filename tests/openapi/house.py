"""The services under test, as operators may have set them up, with the exchanges and the Redis that they ask.

Law: they live in one event loop from the first question to the last, since what they keep open belongs to it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.app import create_app
from service.hedging.sizing import Sizing
from service.keys import make_key
from service.market.clock import Clock
from service.market.events import Event as MarketEvent
from service.market.events import Priced
from service.metrics import Metrics
from service.worker import QUEUE, Worker
from tests.conftest import NO_LIMIT, shut_down
from tests.market.exchange import ExchangeServer
from tests.market.redis.server import RedisServer, find_redis
from tests.openapi import troubles
from tests.openapi.asgi import Answer, Fault, Reader, Sent, deliver, scope_of
from tests.openapi.looks import CONTRACTS, PRICES, look
from tests.openapi.market import EXCHANGES, WORLD, named, on_bitcoin, with_past
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.staging import BASIS, CARRY, SIZING, pose

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
_SPARED_SECONDS = 2.0
"""After a first refusal: boards have forgotten it by then, and their hosts are spared for longer.

They stay so for good, since that service's clock stands: whatever is asked of it is answered as if it came right then.
"""


class BrokenMetrics(Metrics):
    """Metrics with a defect, as any part of the service may have one."""

    def observe_sizing(self, _: Sizing) -> None:
        """Fail for a reason that is nobody's business outside."""
        raise ZeroDivisionError("a secret of the house")

    def observe_market(self, event: MarketEvent) -> None:
        """Fail where an answer says how old its prices are."""
        if isinstance(event, Priced):
            raise ZeroDivisionError("a secret of the house")


class House:
    """Everything that answers questions, between entering and leaving."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._stack = ExitStack()
        self._apps: dict[Fault, ASGIApp] = {}
        self._portal: BlockingPortal
        self._released = Event()
        """What the jobs of the service that has too many of them wait for."""
        self._held_at = Clock().steady()
        """What the clock of the service shows whose exchanges are out of order."""
        self._jobs: list[asyncio.Task[bool]] = []

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
            stack.callback(self._released.set)
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
        self.ask("none", [*_FIRST, *_ask_for_past()])
        settings: dict[Fault, dict[str, str]] = {
            "silent": {"HEDGE_BODY_SECONDS": "0.05"},
            "off": {"HEDGE_EXCHANGES": "none"},
            "keyless": {"HEDGE_API_KEYS_FILE": at["keys"]},
            "spent": {"HEDGE_LIMIT_PER_ADDRESS": "1", "HEDGE_LIMIT_SECONDS": "86400"},
            "gap": {"HEDGE_UPSTREAM": at["patchy"]},
            "redis answers": {"HEDGE_REDIS_URL": at["redis"], "HEDGE_REDIS_SECONDS": "10"},
            "redis is gone": {"HEDGE_REDIS_URL": _NOBODY},
        }
        self._apps |= {fault: create_app({**_COMMON, **upstream, **own}) for fault, own in settings.items()}
        self._apps["outage"] = create_app({**_COMMON, "HEDGE_UPSTREAM": at["broken"]}, clock=Clock(steady=self._held))
        self._apps["defect"] = create_app({**_COMMON, **upstream}, BrokenMetrics())
        self._apps["overloaded"] = create_app({**_COMMON, **upstream, "HEDGE_STREAMS": "0"})
        self._jobs = self._portal.call(_occupy, self._apps["overloaded"], self._released)
        self.ask("spent", [_LAST])
        self.ask("outage", [pose(REPERTOIRE[SIZING].live), look(CONTRACTS, "underlying=BTC")])
        self._held_at += _SPARED_SECONDS
        self._settle()

    def _held(self) -> float:
        return self._held_at

    def _settle(self) -> None:
        """Ask for what is left, and for the past of all that anybody will ask it of, until it is there."""
        waiting = [*_ask_for_past(), _LAST]
        for _ in range(_MOST_TRIES):
            answers = self.ask("none", waiting)
            waiting = [sent for sent, answer in zip(waiting, answers, strict=True) if answer.status != 200]
            if not waiting:
                return
        raise TimeoutError(waiting)

    def _shut_down(self) -> None:
        """End the services as a server does."""
        for app in dict.fromkeys(self._apps.values()):
            self._portal.call(shut_down, app)


def _ask_for_past() -> Iterator[Sent]:
    """Ask every exchange for closes and funding; it allows little of that at once."""
    for exchange in EXCHANGES:
        listed = named(exchange, with_past(exchange))
        held = [{"asset": asset, "quantity": "1"} for asset in ("SOL", "ADA")[: len(listed)]]
        risk = {"style": "candles", "holdings": held, "contract": listed[0]}
        yield pose({"pairs": listed, "history_days": 30, "risk": risk}, BASIS)
        held_in = named(exchange, on_bitcoin(exchange))
        yield pose({"notional": "1000000", "horizon_days": 60, "instruments": held_in, "funding_days": 30}, CARRY)


async def _occupy(app: ASGIApp, released: Event) -> "list[asyncio.Task[bool]]":
    """Give the workers of a service as much as they take on, until they are let go."""
    scope: Any = scope_of(Sent("GET", "/health/live", headers=()))
    await _answer(app, scope, {"type": "http.request", "body": b"", "more_body": False})
    state = scope["litestar_app"].state
    workers: list[Worker] = [state.worker, state.simulator]
    return [asyncio.create_task(worker.run(released.wait)) for worker in workers for _ in range(QUEUE + 1)]


def _write_keys(folder: Path) -> str:
    """Write a file with a key that nobody has."""
    _, key = make_key("somebody")
    path = folder / "keys"
    path.write_text(f"{key.digest} {key.name}\n")
    return str(path)


async def _answer(app: ASGIApp, scope: Scope, body: Any) -> list[Message]:
    """Let an application answer a request whose body is there."""
    reader = Reader(body)
    await app(scope, reader.receive, reader.send)
    return reader.kept


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
