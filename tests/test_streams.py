"""Places for answers that go on, and what ends them."""

import asyncio
from typing import NoReturn

import pytest

from service.streams import NoPlaceError, Streams


def test_there_are_so_many_places_and_no_more() -> None:
    """Whoever leaves makes room, whatever it leaves for; every change is told."""
    counts: list[int] = []

    async def scene() -> None:
        """Take two places of two."""
        streams = Streams(2, observe=counts.append)
        with streams.open():
            with pytest.raises(ZeroDivisionError), streams.open():
                raise ZeroDivisionError
            with streams.open(), pytest.raises(NoPlaceError), streams.open():
                pytest.fail("there was a third")
            with streams.open():
                assert len(streams) == 2

    asyncio.run(scene())

    assert counts == [1, 2, 1, 2, 1, 2, 1, 0]


def test_the_end_is_told_to_all_once_and_to_whoever_comes_after_it() -> None:
    """It may be called again."""

    async def scene() -> None:
        """End twice."""
        streams = Streams(3, observe=lambda _: None)
        with streams.open() as first, streams.open() as second:
            streams.end()
            streams.end()
            await first
            await second
        with streams.open() as third:
            await third

    asyncio.run(scene())


def test_the_first_to_end_ends_the_others() -> None:
    """Each has come to its own end before anything goes on."""

    async def scene() -> None:
        """Let one of two be the first."""
        streams = Streams(1, observe=lambda _: None)
        ended: list[str] = []

        async def wait() -> None:
            """Wait for ever."""
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append("other")

        await streams.race(wait(), asyncio.sleep(0), seconds=1000)

        assert ended == ["other"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


def test_time_is_one_of_those_that_may_be_first() -> None:
    """By the clock that the streams were given."""

    async def scene() -> None:
        """Let time be over at once."""
        streams = Streams(1, observe=lambda _: None, sleep=lambda _: asyncio.sleep(0))
        await streams.race(asyncio.Event().wait(), seconds=900)

        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


def test_what_fails_first_is_raised_and_what_is_cancelled_leaves_nothing_behind() -> None:
    """Nor does what fails while it is ended."""

    async def fail() -> NoReturn:
        """Fail at once."""
        raise ZeroDivisionError

    async def scene() -> None:
        """Fail, and be cancelled."""
        streams = Streams(1, observe=lambda _: None)
        with pytest.raises(ZeroDivisionError):
            await streams.race(asyncio.Event().wait(), fail(), seconds=1000)
        cancelled = asyncio.create_task(streams.race(asyncio.Event().wait(), seconds=1000))
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled

        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())
