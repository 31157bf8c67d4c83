"""One thread for heavy work: in order, within bounds, and never for nobody."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from service.worker import NICENESS, OverloadedError, Worker

Scenario = Callable[[Worker], Coroutine[Any, Any, None]]


class Job:
    """A job that says when it begins and ends when it is told to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, answer: str) -> str:
        """Wait to be told."""
        self.begun.set()
        assert self.may_end.wait(10)
        return answer

    async def begin(self) -> None:
        """Wait until it has begun."""
        assert await asyncio.to_thread(self.begun.wait, 10)


def play(scenario: Scenario, *, queue: int = 2) -> None:
    """Play a scenario with a worker of its own."""

    async def run() -> None:
        """Close the worker whatever happens."""
        worker = Worker(queue=queue)
        try:
            await scenario(worker)
        finally:
            worker.close()

    asyncio.run(run())


async def ask(worker: Worker, job: Job, answer: str) -> "asyncio.Task[str]":
    """Ask for a job without waiting for it."""
    task = asyncio.create_task(worker.run(job, answer))
    await asyncio.sleep(0)
    return task


def test_a_job_runs_in_another_thread() -> None:
    """What it returns and what it raises comes back to the caller."""

    async def scenario(worker: Worker) -> None:
        """Ask for three things."""
        assert await worker.run(divmod, 7, 2) == (3, 1)
        assert await worker.run(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await worker.run(divmod, 7, 0)

    play(scenario)


def test_jobs_run_one_at_a_time_in_the_order_of_asking() -> None:
    """What is not safe in threads is safe here."""

    async def scenario(worker: Worker) -> None:
        """Ask for two jobs at once."""
        first, second = Job(), Job()
        asked = [await ask(worker, first, "first"), await ask(worker, second, "second")]
        await first.begin()

        assert not second.begun.is_set()

        first.may_end.set()
        second.may_end.set()

        assert await asyncio.gather(*asked) == ["first", "second"]

    play(scenario)


def test_more_than_may_wait_are_refused() -> None:
    """At once, without being run; when one has ended there is room again."""

    async def scenario(worker: Worker) -> None:
        """Fill the queue."""
        first, later, refused = Job(), Job(), Job()
        asked = [await ask(worker, first, "first")]
        await first.begin()
        asked += [await ask(worker, later, "later") for _ in range(2)]

        with pytest.raises(OverloadedError):
            await worker.run(refused, "refused")

        first.may_end.set()
        later.may_end.set()

        assert await asyncio.gather(*asked) == ["first", "later", "later"]
        assert await worker.run(later, "again") == "again"
        assert not refused.begun.is_set()

    play(scenario)


def test_a_job_that_nobody_waits_for_does_not_begin() -> None:
    """And another one may wait in its place."""

    async def scenario(worker: Worker) -> None:
        """Go away while waiting."""
        first, left, next_one = Job(), Job(), Job()
        asked = await ask(worker, first, "first")
        leaving = await ask(worker, left, "left")
        await first.begin()
        leaving.cancel()
        await asyncio.wait({leaving})
        following = await ask(worker, next_one, "next")
        first.may_end.set()
        next_one.may_end.set()

        assert list(await asyncio.gather(asked, following)) == ["first", "next"]
        assert leaving.cancelled()
        assert not left.begun.is_set()

    play(scenario, queue=1)


def test_a_job_that_has_begun_keeps_its_place_until_it_ends() -> None:
    """A thread can't be stopped; who left does not make room that is not there."""

    async def scenario(worker: Worker) -> None:
        """Go away in the middle."""
        first, refused = Job(), Job()
        leaving = await ask(worker, first, "first")
        await first.begin()
        leaving.cancel()
        await asyncio.wait({leaving})

        with pytest.raises(OverloadedError):
            await worker.run(refused, "refused")

        first.may_end.set()

    play(scenario, queue=0)


def test_the_thread_starts_with_the_first_job() -> None:
    """A process that has none has no thread for it."""

    async def scenario(worker: Worker) -> None:
        """Look at the threads before, and at that of the first job."""
        before = threading.enumerate()

        assert await worker.run(threading.current_thread) not in before

    before = threading.enumerate()
    Worker()

    assert set(threading.enumerate()) <= set(before)
    play(scenario)


def test_who_waits_for_a_worker_that_closes_is_not_left_waiting() -> None:
    """The job that has begun ends, the others are cancelled."""

    async def scenario(worker: Worker) -> None:
        """Close with one job begun and one waiting."""
        first, second = Job(), Job()
        asked = [await ask(worker, first, "first"), await ask(worker, second, "second")]
        await first.begin()
        worker.close()
        first.may_end.set()
        await asyncio.wait(asked)

        assert asked[0].result() == "first"
        assert asked[1].cancelled()
        assert not second.begun.is_set()

    play(scenario)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_the_thread_steps_back_and_the_loop_does_not() -> None:
    """Whoever asks for something small meanwhile is served first."""

    async def scenario(worker: Worker) -> None:
        """Ask both."""
        before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        assert await worker.run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())) == NICENESS
        assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before

    play(scenario)
