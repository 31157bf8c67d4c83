"""Boards of one process: fresh ones at once, stale ones at once while one task renews them, old ones never."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from service.market.events import Stumbled
from service.market.fetcher import Kept
from service.market.sealing import seal
from service.market.source import UpstreamError
from service.market.store import Claim
from tests.market.hand import Hands, Shelf, Source, board, quotes, settle

Scene = Callable[[Source], Awaitable[None]]
FAR = UpstreamError("network", "no way to it")


def play(scene: Scene, *, store: object = None) -> Source:
    """Play a scene on an exchange of its own, with time standing still unless it says otherwise."""
    source = Source(Hands(), store)

    async def run() -> None:
        """End what is under way when it is over."""
        await scene(source)
        await source.boards.close()

    asyncio.run(run())
    return source


def redis_with(age: float) -> Shelf:
    """Give a store that has a board of some age, and gives the right to fetch a fresh one."""
    now, feed = Hands(), Source(Hands()).feed
    value = seal(feed, board("SOLUSDT", wall=now.wall - age))
    return Shelf(Claim(now.micros, value, is_ours=True, failure=None))


async def read(source: Source, longest: float = 10.0) -> Kept:
    """Ask for the board, with more patience than is ever needed here."""
    return await source.boards.read(source.feed, longest, until=source.boards.deadline())


async def refusal(source: Source, longest: float = 10.0, *, patience: float = 20.0) -> UpstreamError:
    """Ask for the board, and give what it is refused with."""
    with pytest.raises(UpstreamError) as refused:
        await source.boards.read(source.feed, longest, until=source.hands.steady + patience)
    return refused.value


def test_a_fresh_board_is_served_without_a_call() -> None:
    """Up to the last moment that it is fresh."""

    async def scene(source: Source) -> None:
        """Ask at both ends of that time."""
        first = await read(source)
        source.hands.go(2.0)
        assert await read(source) is first
        assert source.boards.peek(source.feed) == (first, None)

    source = play(scene)

    assert source.calls == 1
    assert source.log.reads() == ["fetched", "fresh"]


@pytest.mark.parametrize("age", [2.1, 10.0])
def test_a_stale_board_is_served_at_once_and_renewed_once_behind_it(age: float) -> None:
    """A hundred ask while the exchange says nothing: all have the old board, and the exchange is asked once."""

    async def scene(source: Source) -> None:
        """Let the renewal come in after all of them are served."""
        first = await read(source)
        source.hands.go(age)
        source.gate = asyncio.Event()
        assert await asyncio.gather(*(read(source) for _ in range(100))) == [first] * 100
        await settle()
        assert source.calls == 2
        source.answer = quotes("SOLUSDT", last=Decimal(81))
        source.gate.set()
        await settle()
        assert (await read(source)).board.rows["SOLUSDT"] == source.answer[0]

    source = play(scene)

    assert source.calls == 2
    assert source.log.reads() == ["fetched", *["stale"] * 100, "fresh"]


def test_one_task_fetches_however_many_wait() -> None:
    """A hundred ask where there is nothing: one call, and one board for all."""

    async def scene(source: Source) -> None:
        """Ask all at once."""
        assert len({id(kept) for kept in await asyncio.gather(*(read(source) for _ in range(100)))}) == 1

    assert play(scene).calls == 1


def test_what_is_prepared_is_fetched_once() -> None:
    """Before anybody waits; and what is there already, or failed a moment ago, is not fetched."""

    async def scene(source: Source) -> None:
        """Prepare, and ask then."""
        for _ in range(3):
            source.boards.prepare([source.feed], 10.0)
        await read(source)
        source.boards.prepare([source.feed], 10.0)
        await settle()
        assert source.calls == 1
        source.answer = FAR
        source.hands.go(11)
        await refusal(source)
        source.boards.prepare([source.feed], 10.0)
        await settle()

    assert play(scene).calls == 2


@pytest.mark.parametrize(("age", "longest"), [(10.1, 10.0), (60.1, 90.0)])
def test_a_board_that_is_too_old_is_not_served(age: float, longest: float) -> None:
    """Too old for the question, or for the feed; what is said then is what the exchange did."""

    async def scene(source: Source) -> None:
        """Let the exchange fail when the board is old."""
        await read(source)
        source.answer = FAR
        source.hands.go(age)
        assert (await refusal(source, longest)).reason == "network"

    assert play(scene).log.reads() == ["fetched", "failed"]


@pytest.mark.parametrize(("takes", "longest", "reason"), [(10.0, 10.0, None), (10.1, 10.0, "stale")])
def test_the_age_counts_from_before_the_call(takes: float, longest: float, reason: str | None) -> None:
    """What a slow exchange sends may be too old when it comes; it was not served before, and it is not now."""

    async def scene(source: Source) -> None:
        """Let the call last."""
        source.takes = takes
        if reason is None:
            assert (await read(source, longest)).age(source.hands.steady) == takes
        else:
            assert (await refusal(source, longest)).reason == reason

    play(scene)


def test_the_age_is_taken_after_the_wait() -> None:
    """A board that was young enough when it came in, and is not when the waiting task goes on, is refused."""

    async def scene(source: Source) -> None:
        """Let time pass between the two, while the exchange says nothing."""
        source.gate = asyncio.Event()
        source.asked = lambda: source.hands.go(5.1)
        assert (await refusal(source, patience=0.0)).reason == "timeout"
        kept, _ = source.boards.peek(source.feed)
        assert kept is not None
        assert kept.age_then == 5.0

    play(scene, store=redis_with(age=5.0))


def test_only_the_steady_clock_makes_a_board_old() -> None:
    """A machine that slept has an old board; a wall clock that is set back does not make it young again."""

    async def scene(source: Source) -> None:
        """Move one clock, then the other."""
        first = await read(source)
        source.hands.wall += 86_400
        assert await read(source) is first
        source.hands.steady += 86_400
        source.hands.wall -= 2 * 86_400
        source.answer = FAR
        assert (await refusal(source, 60)).reason == "network"

    play(scene)


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(None, 1.0), (0.0, 1.0), (7.0, 7.0), (60.0, 60.0), (3600.0, 60.0), (math.inf, 60.0)]
)
def test_nobody_repeats_what_failed_a_moment_ago(retry_after: float | None, seconds: float) -> None:
    """For as long as the exchange says, but for a second at least and a minute at most."""

    async def scene(source: Source) -> None:
        """Ask again just before and just after the end of that time."""
        source.answer = UpstreamError("rate_limited", "too often", retry_after=retry_after)
        assert (await refusal(source)).reason == "rate_limited"
        source.hands.go(seconds - 0.01)
        assert (await refusal(source)).reason == "rate_limited"
        assert source.calls == 1
        assert source.boards.peek(source.feed) == (None, source.answer)
        source.answer = quotes("SOLUSDT")
        source.hands.go(0.01)
        await read(source)
        assert source.boards.peek(source.feed)[1] is None

    assert play(scene).calls == 2


def test_a_stale_board_is_served_while_the_exchange_fails() -> None:
    """As long as it is young enough for the question, and without a call in the time of the failure."""

    async def scene(source: Source) -> None:
        """Ask three times within a second of the failure."""
        first = await read(source)
        source.answer = FAR
        source.hands.go(3)
        for _ in range(3):
            assert await read(source) is first
            await settle()
        assert source.calls == 2
        assert (await refusal(source, 2.5)).reason == "network"

    assert play(scene).calls == 2


def test_a_failure_that_many_are_told_of_does_not_grow() -> None:
    """It is one error for all of them: the frames of each must not pile up in it."""

    async def scene(source: Source) -> None:
        """Count the frames after the first and after the hundredth."""
        source.answer = UpstreamError("network", "no way to it")
        lengths = set()
        for _ in range(100):
            trace, length = (await refusal(source)).__traceback__, 0
            while trace is not None:
                trace, length = trace.tb_next, length + 1
            lengths.add(length)
        assert len(lengths) == 1

    play(scene)


def test_patience_ends_and_the_fetch_goes_on() -> None:
    """Who can't wait is told that the exchange is still being asked; the next question gets what it says then."""

    async def scene(source: Source) -> None:
        """Ask without patience while the exchange says nothing."""
        source.gate = asyncio.Event()
        refused = await refusal(source, patience=0.0)
        assert (refused.reason, refused.retry_after) == ("timeout", 1.0)
        source.gate.set()
        assert (await read(source)).board.rows.keys() == {"SOLUSDT"}

    assert play(scene).calls == 1


@pytest.mark.parametrize(("longest", "is_enough"), [(5.0, True), (4.9, False)])
def test_a_stale_board_of_redis_is_served_while_the_exchange_says_nothing(longest: float, *, is_enough: bool) -> None:
    """If it is young enough; else the question waits on for the exchange."""

    async def scene(source: Source) -> None:
        """Ask while the exchange is asked."""
        source.gate = asyncio.Event()
        if is_enough:
            assert (await read(source, longest)).age(source.hands.steady) == 5.0
        else:
            assert (await refusal(source, longest, patience=0.0)).reason == "timeout"
        assert source.calls == 1

    play(scene, store=redis_with(age=5.0))


def test_who_waits_for_a_younger_board_than_that_of_redis_gets_it() -> None:
    """The board that came first does not end the wait."""

    async def scene(source: Source) -> None:
        """Let the exchange answer after Redis."""
        source.gate = asyncio.Event()
        waiting = asyncio.create_task(read(source, 4.9))
        await settle()
        assert not waiting.done()
        source.gate.set()
        assert (await waiting).age(source.hands.steady) == 0

    play(scene, store=redis_with(age=5.0))


def test_a_defect_of_the_service_itself_reaches_who_waits() -> None:
    """What is none of the things that an exchange or its reply does is not taken for one."""

    async def scene(source: Source) -> None:
        """Be wrong, then right."""
        source.answer = AssertionError("defect")
        with pytest.raises(AssertionError, match="defect"):
            await read(source)
        source.answer = quotes("SOLUSDT")
        await read(source)

    play(scene)


def test_a_reply_that_nobody_foresaw_is_refused_and_not_asked_for_again_at_once() -> None:
    """The adapter stumbles, which is told with the error; for a moment nobody repeats it."""

    async def scene(source: Source) -> None:
        """Ask twice."""
        source.answer = KeyError("result")
        assert [(await refusal(source)).reason for _ in range(2)] == ["bad_payload"] * 2

    source = play(scene)

    (stumbled,) = [event for event in source.log if isinstance(event, Stumbled)]
    assert isinstance(stumbled.error, KeyError)
    assert source.calls == 1


def test_at_the_end_nothing_is_under_way() -> None:
    """Fetches are cancelled, and who waits for one is told that there is nothing."""

    async def scene(source: Source) -> None:
        """Close while the exchange says nothing."""
        source.gate = asyncio.Event()
        waiting = asyncio.create_task(refusal(source))
        await settle()
        await source.boards.close()
        assert (await waiting).reason == "stale"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    assert play(scene).was_cancelled
