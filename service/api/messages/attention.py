"""Long work for a caller who may not wait for it: who leaves takes it along."""

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any, TypeVar

from litestar import Request
from litestar.types import Receive

from service.api.messages.drawing import work
from service.worker import Worker

T = TypeVar("T")
LEFT = 499
"""Status of an answer that nobody reads: the caller closed the connection."""


async def attend(
    request: Request[Any, Any, Any], worker: Worker, function: Callable[[Callable[[], bool]], T]
) -> T | None:
    """Do something long in a worker's thread for as long as the caller is there.

    Args:
        request: whose body has been read.
        worker: where it is done.
        function: is given another, which tells whether the answer is still wanted.

    Returns:
        What the function gives; None where the caller has left.

    Raises:
        RefusalError: overloaded, if too much is waiting.
    """
    is_over = Event()
    job = asyncio.ensure_future(work(worker, partial(function, lambda: not is_over.is_set())))
    leaving = asyncio.ensure_future(_leave(request.receive))
    try:
        await asyncio.wait((job, leaving), return_when=asyncio.FIRST_COMPLETED)
        return job.result() if job.done() else None
    finally:
        is_over.set()
        for task in (job, leaving):
            task.cancel()
        await asyncio.gather(job, leaving, return_exceptions=True)


async def _leave(receive: Receive) -> None:
    """Wait until the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
