"""One thread for what takes long, so that the loop goes on meanwhile.

Law: the loop goes first; one job at a time, in the order of asking; what nobody waits for any more does not begin.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

QUEUE = 4


NICENESS = 10
"""By how much the thread steps back; with more it would hold the interpreter's lock while it does not run."""


def _step_back() -> None:
    """Let the loop go first: on Linux every thread has a priority of its own."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_STEP_BACK = _step_back if sys.platform == "linux" else None


class OverloadedError(Exception):
    """As many jobs are waiting as may wait."""


class Worker:
    """A thread that starts with its first job."""

    def __init__(self, *, queue: int = QUEUE) -> None:
        """Make a worker that has nothing to do.

        Args:
            queue: jobs that may wait while one is done.
        """
        self._most = queue + 1
        self._jobs: set[Future[Any]] = set()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker", initializer=_STEP_BACK)

    async def run(self, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run a function in the thread; it may raise what it likes.

        A caller that is cancelled takes its job along if it has not begun. One that has begun goes on, and keeps its
        place until it ends.

        Raises:
            OverloadedError: if too many are waiting; the function is not run.
        """
        if len(self._jobs) >= self._most:
            raise OverloadedError
        job = self._executor.submit(function, *args)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Let the job that has begun go on to its end, and cancel all that wait and whoever waits for them."""
        self._executor.shutdown(wait=False, cancel_futures=True)
