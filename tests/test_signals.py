"""Hearing that the process is asked to end before the server tells."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from service.signals import calling_at_end

ENDINGS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def caught() -> Iterator[list[int]]:
    """Mind the signals as a server does, give what it caught, and put everything back."""
    numbers: list[int] = []
    before = {number: signal.signal(number, lambda caught, _: numbers.append(caught)) for number in ENDINGS}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDINGS)
def test_both_hear_of_the_end(caught: list[int], number: signal.Signals) -> None:
    """The function at once, and the server as ever; afterwards the server alone."""
    heard: list[str] = []

    async def scene() -> None:
        """Be asked to end, and end."""
        async with calling_at_end(lambda: heard.append("end")):
            signal.raise_signal(number)
            assert (caught, heard) == ([number], [])  # it is told by the loop
            await asyncio.sleep(0)
            assert heard == ["end"]
        assert heard == ["end", "end"]
        signal.raise_signal(number)
        await asyncio.sleep(0)

    asyncio.run(scene())

    assert (caught, heard) == ([number, number], ["end", "end"])


def test_a_signal_that_nobody_minds_is_left_alone(caught: list[int]) -> None:
    """It goes on ending the process."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    async def scene() -> None:
        """Look while it listens."""
        async with calling_at_end(caught.clear):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    asyncio.run(scene())


def test_beside_the_main_thread_only_leaving_counts() -> None:
    """Python lets no other thread mind a signal."""
    heard: list[str] = []

    async def scene() -> None:
        """Leave."""
        before = signal.getsignal(signal.SIGTERM)
        async with calling_at_end(lambda: heard.append("end")):
            assert signal.getsignal(signal.SIGTERM) is before

    async def play() -> None:
        """Play it in a thread."""
        await asyncio.to_thread(asyncio.run, scene())

    asyncio.run(play())

    assert heard == ["end"]
