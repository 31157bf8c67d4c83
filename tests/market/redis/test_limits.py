"""One limit, counted together in Redis by whoever asks it."""

import asyncio
import subprocess
import sys
from time import monotonic

from service.gcra import Pace, Verdict
from service.limits import Limiter
from service.link import Failure, Link
from tests.market.redis.probe import PATIENT
from tests.market.redis.server import DEADLINE, RedisServer

LIMIT = 100
KEY = "hedge:limit:caller"
ASKER = f"""
import asyncio, sys, time
from service.gcra import Pace
from service.limits import Limiter
from service.link import Link

async def ask():
    failures = []
    link = Link(sys.argv[1], time.monotonic, failures.append, seconds={PATIENT})
    limiter = Limiter(Pace({LIMIT}, 3600), link, time.monotonic)
    verdicts = [await limiter.spend("caller") for _ in range({LIMIT})]
    await link.close()
    print(sum(verdict.is_allowed for verdict in verdicts), len(failures))

asyncio.run(ask())
"""


def ask(server: RedisServer, times: int, *, links: int = 1, pace: Pace | None = None) -> list[Verdict]:
    """Let one caller ask so many times at once, through so many connections of their own."""

    async def run() -> list[Verdict]:
        """Ask in one loop."""
        failures: list[Failure] = []
        opened = [Link(server.url, monotonic, failures.append, seconds=PATIENT) for _ in range(links)]
        limiters = [Limiter(pace or Pace(LIMIT, 3600), link, monotonic) for link in opened]
        verdicts = [await limiters[number % links].spend("caller") for number in range(times)]
        for link in opened:
            await link.close()
        assert failures == []
        return verdicts

    return asyncio.run(run())


def test_exactly_as_many_are_admitted_as_are_allowed(redis: RedisServer) -> None:
    """A hundred, over three connections, and not one more."""
    verdicts = ask(redis, 2 * LIMIT, links=3)

    assert sum(verdict.is_allowed for verdict in verdicts) == LIMIT
    assert [verdict.remaining for verdict in verdicts[:3]] == [LIMIT - 1, LIMIT - 2, LIMIT - 3]
    assert 0 < verdicts[-1].retry_after <= 36


def test_two_processes_keep_one_limit(redis: RedisServer) -> None:
    """Together they admit exactly what is allowed, and both really asked Redis."""
    command = [sys.executable, "-c", ASKER, redis.url]
    askers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    told = [asker.communicate(timeout=DEADLINE)[0].split() for asker in askers]

    assert sum(int(admitted) for admitted, _ in told) == LIMIT
    assert [failures for _, failures in told] == ["0", "0"]


def test_what_is_said_with_redis_is_what_is_said_without(redis: RedisServer) -> None:
    """The script and the function of one name are one algorithm."""
    here = Limiter(Pace(3, 3600), None, lambda: 1_000.0)

    verdicts = ask(redis, 4, pace=Pace(3, 3600))

    expected = asyncio.run(spend(here, 4))
    assert [verdict[:2] for verdict in verdicts] == [verdict[:2] for verdict in expected]
    assert all(abs(one.retry_after - other.retry_after) < 5 for one, other in zip(verdicts, expected, strict=True))


async def spend(limiter: Limiter, times: int) -> list[Verdict]:
    """Ask so many times."""
    return [await limiter.spend("caller") for _ in range(times)]


def test_damage_locks_nobody_out(redis: RedisServer) -> None:
    """A number that no spending can have led to, a text, a list: as if nothing was used."""
    admitted = []
    for command in (("SET", KEY, "9" * 18), ("SET", KEY, "nan"), ("SET", KEY, "word"), ("RPUSH", KEY, "1")):
        redis.command("DEL", KEY)
        redis.command(*command)
        admitted.append(ask(redis, 1)[0].is_allowed)

    assert admitted == [True, True, True, True]


def test_a_caller_who_stays_away_is_forgotten(redis: RedisServer) -> None:
    """Each key lives no longer than it matters, and takes sixteen digits."""
    ask(redis, 1)

    assert 0 < redis.command("PTTL", KEY) <= 36_001
    assert redis.command("STRLEN", KEY) == 16
