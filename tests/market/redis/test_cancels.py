"""Twenty thousand questions that are given up at random times: nobody gets what was meant for another.

Law: a control that breaks the one rule (a connection that still owes a reply is used again) shows cross-talk under the
same storm, or the storm proves nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from itertools import count
from random import Random
from typing import Any, TypeVar

import uvloop

from service.link import Link, LinkError
from tests.market.redis.probe import GET, HURRIED
from tests.market.redis.proxy import delaying
from tests.market.redis.server import RedisServer, wait_until

QUESTIONS = 20_000
AT_ONCE = 24
LONGEST_WAIT = 0.012
"""Seconds after which a question is given up at the latest, half of the time."""
LONGER_WAIT = 0.5
"""The same, the other half of the time."""
LONGEST_DELAY = 0.002
"""Seconds that a reply is held at the most."""
MOST_CLIENTS = 16
"""Connections that a link may have."""
T = TypeVar("T")
Ask = Callable[[str], Awaitable[bytes | None]]


async def storm(ask: Ask, questions: int, seed: int) -> Counter[str]:
    """Ask for a key of its own each time, give many up, and count how they ended."""
    chance, numbers, ends = Random(seed), count(), Counter[str]()  # noqa: S311

    async def go_on() -> None:
        """Ask one question after another."""
        while (number := next(numbers)) < questions:
            seconds = chance.uniform(0, chance.choice((LONGEST_WAIT, LONGER_WAIT)))
            ends[await give_up(ask, f"key-{number}", seconds)] += 1

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return ends


async def give_up(ask: Ask, key: str, seconds: float) -> str:
    """Ask, cancel after some time, and tell how it ended."""
    task = asyncio.ensure_future(ask(key))
    alarm = asyncio.get_running_loop().call_later(seconds, task.cancel)
    await asyncio.wait([task])
    alarm.cancel()
    if task.cancelled():
        return "cancelled"
    if task.exception() is not None:
        return type(task.exception()).__name__
    return "answered" if task.result() == key.encode() else "crossed"


def run_fast(what: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that the service runs on, where there is it."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(what)


class Careless:
    """A client that gives a connection back whatever it still owes: what no client may do."""

    def __init__(self, port: int) -> None:
        """Lead to a port, with no connection yet."""
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._all: list[asyncio.StreamWriter] = []

    async def ask(self, key: str) -> bytes:
        """Read a key over a connection that is free, or over a new one."""
        if not self._free:
            self._free.append(await asyncio.open_connection("127.0.0.1", self._port))
            self._all.append(self._free[-1][1])
        reader, writer = connection = self._free.pop()
        try:
            writer.write(b"GET %b\r\n" % key.encode())
            await reader.readline()
            return (await reader.readline()).rstrip()
        finally:
            self._free.append(connection)

    def close(self) -> None:
        """Close all connections."""
        for writer in self._all:
            writer.close()


def fill(redis: RedisServer) -> None:
    """Give every key its own name as its value."""
    pairs = [f"key-{number // 2}" for number in range(2 * QUESTIONS)]
    redis.command("MSET", *pairs)


def test_no_answer_reaches_another_question(redis: RedisServer) -> None:
    """Of 20,000 questions thousands are given up while they wait, and every answer that comes is its own key's."""
    fill(redis)

    async def run() -> tuple[Counter[str], Any, int]:
        """Ask through a way that holds replies for a random time; the clock leaps, so that no pause lasts."""
        async with delaying(redis.port, LONGEST_DELAY, seed=1) as port:
            link = Link(f"redis://127.0.0.1:{port}", count(0, 10).__next__, lambda _: None, seconds=HURRIED)

            async def ask(key: str) -> Any:
                """Read a key."""
                return await link.run(GET, [key], allowance=link.allow())

            ends = await storm(ask, QUESTIONS, seed=2)
            after = await ask("key-7")
            await asyncio.to_thread(wait_until, lambda: redis.clients <= MOST_CLIENTS)
            clients = redis.clients
            await link.close()
            return ends, after, clients

    ends, after, clients = run_fast(run())

    assert ends["crossed"] == 0
    assert (sum(ends.values()), after) == (QUESTIONS, b"key-7")
    assert min(ends["cancelled"], ends["answered"]) > QUESTIONS / 40
    assert set(ends) <= {"cancelled", "answered", LinkError.__name__}
    assert ends[LinkError.__name__] < QUESTIONS / 100
    assert 0 < clients <= MOST_CLIENTS


def test_a_careless_client_does_mix_them_up(redis: RedisServer) -> None:
    """The control: under the same storm, a client that uses connections again as they are hands out wrong answers."""
    fill(redis)

    async def run() -> Counter[str]:
        """Ask through the same way."""
        async with delaying(redis.port, LONGEST_DELAY, seed=1) as port:
            with closing(Careless(port)) as client:
                return await storm(client.ask, 1000, seed=2)

    ends = run_fast(run())

    assert ends["crossed"] > 0
    assert ends["cancelled"] > 0
