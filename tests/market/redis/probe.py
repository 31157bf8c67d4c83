"""A link under observation: what it answers, what it tells of failures, and a clock that a test may move on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, TypeVar

from service.link import Allowance, Failure, Link, LinkError

GET = "return redis.call('GET', KEYS[1])"
SET = "return redis.call('SET', KEYS[1], ARGV[1])"
PATIENT = 10.0
"""Seconds that a question has here where its allowance is not what a test is about: a busy machine is no fault."""
HURRIED = 1.0
"""Seconds that a question has of a Redis that never answers it."""
T = TypeVar("T")


class Steady:
    """A clock that goes on by itself and can be moved on besides."""

    def __init__(self) -> None:
        """Show the machine's time, as if it had been up for another day: a test may set the clock back."""
        self.ahead = 86_400.0

    def __call__(self) -> float:
        """Give seconds."""
        return monotonic() + self.ahead


class Probe:
    """A link, with what it told."""

    def __init__(self, url: str, seconds: float) -> None:
        """Make the link; it connects with the first question."""
        self.steady = Steady()
        self.failures: list[Failure] = []
        self.link = Link(url, self.steady, self.failures.append, seconds=seconds)

    async def get(self, key: str, allowance: Allowance | None = None) -> Any:
        """Read a key as any question would: the value, or the failure's name."""
        return await self.run(GET, key, allowance=allowance)

    async def run(
        self, script: str, key: str, *arguments: str | bytes | int, allowance: Allowance | None = None
    ) -> Any:
        """Run a script on a key: its answer, or the failure's name."""
        try:
            return await self.link.run(script, [key], *arguments, allowance=allowance or self.link.allow())
        except LinkError as error:
            return error.failure

    def end_pause(self) -> None:
        """Move the clock on past any pause."""
        self.steady.ahead += 1.0


@asynccontextmanager
async def probing(url: str, *, seconds: float = PATIENT) -> AsyncIterator[Probe]:
    """Open a link and close it in the end."""
    probe = Probe(url, seconds)
    try:
        yield probe
    finally:
        await probe.link.close()


def on_link(url: str, ask: Callable[[Probe], Coroutine[Any, Any, T]], *, seconds: float = PATIENT) -> T:
    """Run what a test does with one link, in an event loop of its own."""

    async def run() -> T:
        """Open the link within the loop."""
        async with probing(url, seconds=seconds) as probe:
            return await ask(probe)

    return asyncio.run(run())
