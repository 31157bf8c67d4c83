"""Hears at once that the process is asked to end: a server tells its application only when all is answered."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from types import FrameType

_ENDINGS = (signal.SIGINT, signal.SIGTERM)
Handler = Callable[[int, FrameType | None], object]


@asynccontextmanager
async def calling_at_end(function: Callable[[], None]) -> AsyncIterator[None]:
    """Call a function when the process is asked to end, and besides when this is left.

    What the server does with the signals it goes on doing. Where it minds none of them, or this is not the main thread,
    only leaving counts.
    """
    with ExitStack() as stack:
        stack.callback(function)
        if threading.current_thread() is threading.main_thread():
            for number in _ENDINGS:
                _listen(stack, number, function)
        yield


def _listen(stack: ExitStack, number: int, function: Callable[[], None]) -> None:
    """Handle a signal that has a handler before that does."""
    handler = signal.getsignal(number)
    if callable(handler):
        loop = asyncio.get_running_loop()
        signal.signal(number, partial(_tell, partial(loop.call_soon_threadsafe, function), handler))
        stack.callback(signal.signal, number, handler)


def _tell(tell: Callable[[], object], handler: Handler, *caught: int | FrameType | None) -> None:
    tell()
    handler(*caught)  # type: ignore[arg-type]
