"""Answers that go on: how many of them a process has open, and what ends them.

Law: a stream ends by itself, when its reader has gone, after its longest time, or as soon as the process is to end;
whatever ended it, its place is free then, and nothing of it runs on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

LONGEST_SECONDS = 900.0
"""Time after which a stream ends, so that its reader comes back, perhaps to another process."""

Sleep = Callable[[float], Awaitable[None]]


class NoPlaceError(Exception):
    """As many streams are open as may be."""


class Streams:
    """The streams of one process."""

    def __init__(self, most: int, *, observe: Callable[[int], None], sleep: Sleep = asyncio.sleep) -> None:
        """Make places for streams.

        Args:
            most: streams that may be open.
            observe: is told how many are open, whenever that changes.
            sleep: waits for some seconds.
        """
        self.sleep = sleep
        self._most = most
        self._observe = observe
        self._open: set[asyncio.Future[None]] = set()
        self._is_ended = False

    def __len__(self) -> int:
        """Count the open streams."""
        return len(self._open)

    @contextmanager
    def open(self) -> Iterator[Awaitable[None]]:
        """Hold a place, and give what is done when the process is to end.

        Raises:
            NoPlaceError: if none is free.
        """
        if len(self._open) >= self._most:
            raise NoPlaceError
        end = asyncio.get_running_loop().create_future()
        self._open.add(end)
        self._observe(len(self._open))
        try:
            if self._is_ended:
                end.set_result(None)
            yield end
        finally:
            self._open.remove(end)
            self._observe(len(self._open))

    def end(self) -> None:
        """End all streams, and from now on each as soon as it is open."""
        self._is_ended = True
        for end in self._open:
            if not end.done():
                end.set_result(None)

    async def race(self, *runners: Awaitable[object], seconds: float) -> None:
        """Let several run until one has come to its end or the time is over, and leave none of them behind.

        Raises:
            Exception: whatever ended the first of them.
        """
        tasks = [asyncio.ensure_future(runner) for runner in (*runners, self.sleep(seconds))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
