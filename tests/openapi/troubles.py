"""Exchanges that fail, each in a way of its own, and what a service says of them while they do."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar.types import ASGIApp

from tests.market.exchange import ExchangeServer, Fault
from tests.market.exchange.faults import banned, drop, forbidden, hang, html, maintenance, price_times, rate_limited
from tests.openapi.asgi import Answer, Sent, deliver
from tests.openapi.looks import CONTRACTS, EXCHANGES_, PRICES, Key, look
from tests.openapi.staging import BASIS, CARRY, pose

READY: Key = ("GET", "/health/ready")
_HOUR_MS = 3_600_000
_DELAY_MS = 4_000
"""By which prices are late and yet believed."""
_MOST_TRIES = 10_000


class Told(NamedTuple):
    """A question to an operation, and what it was answered at its time."""

    operation: Key
    sent: Sent
    answer: Answer


def break_all(server: ExchangeServer) -> None:
    """Let every host of every exchange fail, as many ways as there are."""
    faults = {
        "fapi.binance.com": _gone(),
        "dapi.binance.com": banned(server.world.millis() + _HOUR_MS),
        "api.binance.com": rate_limited("binance"),
        "api.bybit.com": maintenance(),
        "open-api.bingx.com": drop(),
        "api.mexc.com": forbidden(),
        "api-contract.weex.com": Fault(status=451, body=b"{}"),
        "api-spot.weex.com": Fault(status=451, body=b"{}"),
    }
    for host, fault in faults.items():
        server.inject(host, "", fault)


def break_some(server: ExchangeServer) -> None:
    """Let something fail at every exchange, and only delay Bybit's linear contracts; one coin was never traded.

    What MEXC sends makes no sense. Since that is no reason to spare it, it is asked again and again.
    """
    server.inject("fapi.binance.com", "", hang())
    server.inject("dapi.binance.com", "", _gone())
    server.inject("api.binance.com", "/api/v3/ticker/price", price_times("ADAUSDT", 0))
    server.inject("api.bybit.com", "", Fault(change=_without_inverse))
    server.inject("api.bybit.com", "", Fault(change=_with_late_linear))
    server.inject("open-api.bingx.com", "/openApi/swap", _gone())
    server.inject("api-contract.weex.com", "", _gone())
    server.inject("api.mexc.com", "", html())


async def tell(app: ASGIApp) -> list[Told]:
    """Ask a service whose exchanges have a gap; in the end it waits for a call to give up, and that takes seconds."""
    return [
        *await _ask_together(app, [(EXCHANGES_, _STATES)]),
        *await _ask_until(app, [*_ALL_OF_MEXC, (EXCHANGES_, _STATES)], b'"reason":"budget_spent"'),
        *await _ask_together(app, [(PRICES, look(PRICES, "exchange=binance&symbols=ADA", "gap"))]),
        *await _ask_together(app, [(CONTRACTS, look(CONTRACTS, "underlying=BTC", "gap")), *_ALL_ON_BITCOIN]),
        *await _ask_together(app, [(READY, Sent(*READY, headers=(), fault="gap"))]),
        *await _ask_until(app, [(EXCHANGES_, _STATES)], b'"breaker":"open","reason":"timeout"'),
    ]


async def tell_of_redis(app: ASGIApp) -> list[Told]:
    """Ask a service that has a Redis until it has been reached: it has to answer at once, and a machine may be slow."""
    return await _ask_until(app, [(READY, Sent(*READY, headers=(), fault="redis answers"))], b'"redis":"reachable"')


_STATES = look(EXCHANGES_, "", "gap")
_ALL_OF_MEXC = [
    (PRICES, look(PRICES, "exchange=mexc&symbols=BTC", "outage")),
    (CONTRACTS, look(CONTRACTS, "underlying=BTC&exchange=mexc", "outage")),
]
"""More than its budget allows at once."""


_ALL_ON_BITCOIN = [
    (key, pose({"underlying": "BTC", "max_age_seconds": 60, **body}, key)._replace(fault="gap"))
    for key, body in ((BASIS, {"spot_source": "last"}), (CARRY, {"notional": "10000", "horizon_days": 30}))
]
"""What is left of it: a mark of a moment ago against a spot price of now."""


async def _ask_until(app: ASGIApp, many: Sequence[tuple[Key, Sent]], state: bytes) -> list[Told]:
    """Ask all but the last together, and then the last, until that has an answer that tells of a state."""
    for _ in range(_MOST_TRIES):
        told = [*await _ask_together(app, many[:-1]), *await _ask_together(app, many[-1:])]
        if state in told[-1].answer.body:
            return told
    raise TimeoutError(state)


async def _ask_together(app: ASGIApp, together: Sequence[tuple[Key, Sent]]) -> list[Told]:
    """Ask some questions at the same time."""
    answers = await asyncio.gather(*(deliver(app, [sent]) for _, sent in together))
    return [Told(key, sent, answer) for (key, sent), (answer,) in zip(together, answers, strict=True)]


def _gone() -> Fault:
    """Answer as one who knows of nothing."""
    return Fault(status=404, body=b"{}")


def _without_inverse(value: Any) -> Any:
    """Empty a reply of Bybit about inverse contracts."""
    result = value.get("result", {})
    return {**value, "result": {**result, "list": []}} if result.get("category") == "inverse" else value


def _with_late_linear(value: Any) -> Any:
    """Date a reply of Bybit about linear contracts back."""
    is_linear = value.get("result", {}).get("category") == "linear"
    return {**value, "time": value["time"] - _DELAY_MS} if is_linear and "time" in value else value
