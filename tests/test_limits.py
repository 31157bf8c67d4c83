"""Limits: exactly as many as allowed, for each caller, with Redis or without."""

import asyncio

from service import limits
from service.gcra import Pace, Verdict
from service.limits import Limiter
from service.link import Link

PACE = Pace(3, 60)


class Clock:
    """A clock that is set by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def spend(limiter: Limiter, *callers: str) -> list[Verdict]:
    """Let callers ask one after the other."""

    async def run() -> list[Verdict]:
        """Ask in one loop."""
        return [await limiter.spend(caller) for caller in callers]

    return asyncio.run(run())


def test_every_caller_has_a_limit_of_its_own() -> None:
    """One that has used its own up does not stand in another's way."""
    verdicts = spend(Limiter(PACE, None, Clock()), "a", "a", "a", "a", "b")

    assert [verdict.is_allowed for verdict in verdicts] == [True, True, True, False, True]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 2]
    assert verdicts[3].retry_after == 20


def test_units_come_back_one_by_one() -> None:
    """After a third of the window one of three is back."""
    clock = Clock()
    limiter = Limiter(PACE, None, clock)
    spend(limiter, "a", "a", "a")

    clock.now += 20

    assert [verdict.is_allowed for verdict in spend(limiter, "a", "a")] == [True, False]


def test_a_process_does_not_keep_every_stranger_in_mind() -> None:
    """Callers whose units are all back are forgotten when there are too many."""
    clock = Clock()
    limiter = Limiter(PACE, None, clock)
    spend(limiter, *(f"stranger {number}" for number in range(limits.MOST_CALLERS)))
    clock.now += 60

    spend(limiter, "one more")

    assert len(limiter) == 1


def test_without_redis_each_process_counts_for_itself() -> None:
    """A Redis that can't be reached costs its allowance once, and no request its answer."""
    failures: list[str] = []
    clock = Clock()
    limiter = Limiter(PACE, Link("redis://127.0.0.1:1", clock, failures.append), clock)

    verdicts = spend(limiter, "a", "a", "a", "a")

    assert [verdict.is_allowed for verdict in verdicts] == [True, True, True, False]
    assert failures == ["connection", "paused", "paused", "paused"]
