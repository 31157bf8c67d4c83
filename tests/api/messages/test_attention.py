"""Long work for a caller who may leave."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from service.api.messages.attention import attend
from service.api.messages.problems import RefusalError
from service.worker import Worker


class Line:
    """A connection whose caller stays until told to hang up."""

    def __init__(self) -> None:
        """Begin with a caller who is there."""
        self.gone = asyncio.Event()
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        """Give what a server gives after a body, once, and then wait for the end."""
        self.asked += 1
        if self.asked == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}


def play(scenario: Callable[[Any, Worker], Awaitable[None]], *, queue: int = 1) -> None:
    """Play a scenario with a worker and a line of its own."""

    async def run() -> None:
        """Close the worker whatever happens."""
        worker = Worker(queue=queue)
        try:
            await scenario(Line(), worker)
        finally:
            worker.close()

    asyncio.run(run())


def test_who_stays_gets_the_answer() -> None:
    """All along it is wanted."""

    async def scenario(line: Any, worker: Worker) -> None:
        """Wait to the end."""
        assert await attend(line, worker, lambda is_wanted: (is_wanted(), 7)) == (True, 7)

    play(scenario)


def test_who_leaves_gets_nothing_and_the_work_hears_of_it() -> None:
    """The thread is asked to end, and does not go on for nobody."""

    async def scenario(line: Any, worker: Worker) -> None:
        """Hang up when the work has begun."""
        begun, ended = threading.Event(), threading.Event()

        def work(is_wanted: Callable[[], bool]) -> str:
            """Go on until nobody wants it."""
            begun.set()
            while is_wanted():
                pass
            ended.set()
            return "late"

        attending = asyncio.ensure_future(attend(line, worker, work))
        assert await asyncio.to_thread(begun.wait, 10)
        line.gone.set()

        assert await attending is None
        assert await asyncio.to_thread(ended.wait, 10)

    play(scenario)


def test_who_leaves_while_waiting_never_has_it_begun() -> None:
    """Its place is free for another."""

    async def scenario(line: Any, worker: Worker) -> None:
        """Hang up behind a job that takes its time."""
        may_end, other = threading.Event(), Line()
        first = asyncio.ensure_future(worker.run(may_end.wait, 10))
        begun: list[str] = []

        def work(name: str, _: object) -> str:
            """Tell that it has begun."""
            begun.append(name)
            return name

        attending = asyncio.ensure_future(attend(line, worker, partial(work, "first")))
        await asyncio.sleep(0)
        line.gone.set()

        assert await attending is None

        later: Any = other
        waiting = asyncio.ensure_future(attend(later, worker, partial(work, "second")))
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(first, waiting)

        assert begun == ["second"]

    play(scenario)


def test_what_goes_wrong_comes_back() -> None:
    """As it would without a thread."""

    async def scenario(line: Any, worker: Worker) -> None:
        """Fail."""
        with pytest.raises(ZeroDivisionError):
            await attend(line, worker, lambda _: 1 // 0)

    play(scenario)


def test_too_much_is_refused() -> None:
    """With the time after which to ask again."""

    async def scenario(line: Any, worker: Worker) -> None:
        """Occupy the thread."""
        may_end = threading.Event()
        first = asyncio.ensure_future(worker.run(may_end.wait, 10))
        await asyncio.sleep(0)

        with pytest.raises(RefusalError) as refused:
            await attend(line, worker, lambda _: None)

        may_end.set()
        await first
        assert refused.value.code == "overloaded"
        assert refused.value.headers == {"retry-after": "1"}

    play(scenario, queue=0)


def test_a_handler_that_is_cancelled_ends_the_work() -> None:
    """A server may end the task instead of telling that the caller has left."""

    async def scenario(line: Any, worker: Worker) -> None:
        """Cancel when the work has begun."""
        begun, ended = threading.Event(), threading.Event()

        def work(is_wanted: Callable[[], bool]) -> None:
            """Go on until nobody wants it."""
            begun.set()
            while is_wanted():
                pass
            ended.set()

        attending: asyncio.Future[object] = asyncio.ensure_future(attend(line, worker, work))
        assert await asyncio.to_thread(begun.wait, 10)
        attending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attending

        assert await asyncio.to_thread(ended.wait, 10)

    play(scenario)
