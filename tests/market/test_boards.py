"""Boards of one process: fresh ones at once, stale ones at once while one task renews them, old ones never."""

import asyncio
import gc
import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from weakref import WeakSet

import pytest

from service.market.boards import MOST_SYMBOLS, Boards
from service.market.events import Stumbled
from service.market.fetcher import Kept
from service.market.sealing import seal
from service.market.source import Feed, UpstreamError
from service.market.store import Claim
from tests.market.hand import DEADLINE, Hands, Shelf, Source, board, quotes, settle

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


@pytest.mark.parametrize("age", [2.1, 9.0])
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


@pytest.mark.parametrize("age", [9.1, 10.0])
def test_a_board_about_to_be_old_is_renewed_first(age: float) -> None:
    """What stands on it is older than itself and would be refused: a hundred wait for one call."""

    async def scene(source: Source) -> None:
        """Ask in the last second of its time."""
        first = await read(source)
        source.hands.go(age)
        assert {id(kept) for kept in await asyncio.gather(*(read(source) for _ in range(100)))}.isdisjoint({id(first)})

    source = play(scene)

    assert source.calls == 2
    assert source.log.reads() == ["fetched"] * 101


def test_a_board_about_to_be_old_is_served_if_no_other_comes_in_time() -> None:
    """The exchange hangs, then fails: what is young enough is an answer all the same."""

    async def scene(source: Source) -> None:
        """Wait a moment, wait for the failure, and ask while it is remembered."""
        first = await read(source)
        source.hands.go(9.5)
        source.gate = asyncio.Event()
        assert await source.boards.read(source.feed, 10.0, until=source.hands.steady + 0.01) is first
        asking = asyncio.create_task(read(source))
        await settle()
        source.answer = FAR
        source.gate.set()
        assert await asking is first
        assert await read(source) is first

    source = play(scene)

    assert source.calls == 2
    assert source.log.reads() == ["fetched", *["stale"] * 3]


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


def test_a_stale_board_of_redis_is_served_while_the_exchange_says_nothing() -> None:
    """At once, if it is young enough for a second more."""

    async def scene(source: Source) -> None:
        """Ask while the exchange is asked."""
        source.gate = asyncio.Event()
        assert (await read(source, 6.0)).age(source.hands.steady) == 5.0
        assert source.calls == 1

    play(scene, store=redis_with(age=5.0))


@pytest.mark.parametrize(("longest", "is_enough"), [(5.0, True), (4.9, False)])
def test_an_older_board_of_redis_is_served_at_the_end_of_patience(longest: float, *, is_enough: bool) -> None:
    """If it is young enough; else the question is told that the exchange is still being asked."""

    async def scene(source: Source) -> None:
        """Have no more patience than it takes to read from Redis."""
        source.gate = asyncio.Event()
        if is_enough:
            kept = await source.boards.read(source.feed, longest, until=source.hands.steady + 0.1)
            assert kept.age(source.hands.steady) == 5.0
        else:
            assert (await refusal(source, longest, patience=0.01)).reason == "timeout"
        assert source.calls == 1

    play(scene, store=redis_with(age=5.0))


@pytest.mark.parametrize("longest", [4.9, 5.0, 5.9])
def test_who_waits_for_a_younger_board_than_that_of_redis_gets_it(longest: float) -> None:
    """The board that came first is too old or about to be, and does not end the wait: not for who comes later, too."""

    async def scene(source: Source) -> None:
        """Let the exchange answer after Redis."""
        source.gate = asyncio.Event()
        waiting = [asyncio.create_task(read(source, longest))]
        await settle()
        waiting.append(asyncio.create_task(read(source, longest)))
        await settle()
        assert not any(one.done() for one in waiting)
        source.gate.set()
        assert [(await one).age(source.hands.steady) for one in waiting] == [0, 0]
        assert source.calls == 1

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


# Boards of single symbols


def few(source: Source, most: int = 2) -> Boards:
    """Give boards of the exchange of which few of single symbols are kept."""
    return Boards(
        source.fetcher,
        patience=DEADLINE,
        observe=source.log.append,
        clock=source.hands.clock,
        most_symbols=most,
    )


def single(source: Source, symbol: str) -> Feed:
    """Give the feed of one symbol."""
    return source.feed._replace(symbol=symbol)


def held(source: Source, boards: Boards, symbols: str) -> str:
    """Tell which of the boards of these symbols are there."""
    return "".join(symbol for symbol in symbols if boards.peek(single(source, symbol))[0] is not None)


def test_of_single_symbols_the_boards_stay_that_were_used_last() -> None:
    """A board is used by whoever reads it, or looks whether it is there; the others are fetched again."""

    async def scene(source: Source) -> None:
        """Read A and B, use A, and read C, for which B makes room."""
        boards = few(source)
        for symbol in "ABA":
            await boards.read(single(source, symbol), 10.0, until=boards.deadline())
        assert source.calls == 2
        await boards.read(single(source, "C"), 10.0, until=boards.deadline())
        assert held(source, boards, "ABC") == "AC"
        boards.prepare([single(source, "A")], 10.0)
        await boards.read(single(source, "B"), 10.0, until=boards.deadline())
        assert held(source, boards, "ABC") == "AB"
        assert source.calls == 4

    play(scene)


def test_a_board_that_is_renewed_takes_its_own_place() -> None:
    """Nothing makes room for it."""

    async def scene(source: Source) -> None:
        """Let both boards grow old, and read one of them."""
        boards = few(source)
        for symbol in "AB":
            await boards.read(single(source, symbol), 10.0, until=boards.deadline())
        source.hands.go(11)
        await boards.read(single(source, "A"), 10.0, until=boards.deadline())
        assert held(source, boards, "AB") == "AB"

    play(scene)


def test_boards_of_all_symbols_are_never_dropped() -> None:
    """However many single ones come in."""

    async def scene(source: Source) -> None:
        """Read the board of all, then many of one."""
        boards = few(source)
        await boards.read(source.feed, 10.0, until=boards.deadline())
        for number in range(20):
            await boards.read(single(source, f"S{number}"), 10.0, until=boards.deadline())
        assert boards.peek(source.feed)[0] is not None
        assert [number for number in range(20) if boards.peek(single(source, f"S{number}"))[0]] == [18, 19]

    play(scene)


def test_who_waits_for_a_board_gets_it_however_many_others_come_in() -> None:
    """As many as are kept are asked for side by side, and one that was stale is dropped while it is renewed."""

    async def scene(source: Source) -> None:
        """Let the exchange answer all at once."""
        boards = few(source, 3)
        await boards.read(single(source, "A"), 10.0, until=boards.deadline())
        source.hands.go(5)
        source.gate = asyncio.Event()
        stale = await boards.read(single(source, "A"), 10.0, until=boards.deadline())
        boards.prepare([single(source, symbol) for symbol in "BCD"], 10.0)
        await settle()
        source.gate.set()
        await settle()
        found = [await boards.read(single(source, symbol), 10.0, until=boards.deadline()) for symbol in "BCD"]
        assert [kept.age(source.hands.steady) for kept in (stale, *found)] == [5, 0, 0, 0]
        assert held(source, boards, "ABCD") == "BCD"
        assert source.calls == 5

    play(scene)


def test_failures_are_forgotten_when_their_time_is_over() -> None:
    """Those of symbols that nobody asks for again don't pile up."""

    async def scene(source: Source) -> None:
        """Fail for many symbols, a second apart."""
        remembered: WeakSet[UpstreamError] = WeakSet()
        for number in range(50):
            source.answer = UpstreamError("network", "no way to it")
            remembered.add(source.answer)
            feed = single(source, f"S{number}")
            with pytest.raises(UpstreamError):
                await source.boards.read(feed, 10.0, until=source.boards.deadline())
            assert source.boards.peek(feed)[1] is source.answer
            source.hands.go(0.4)
        gc.collect()
        assert len(remembered) <= 3

    play(scene)


def test_a_process_keeps_some_hundreds_of_single_boards() -> None:
    """Unless it is told otherwise."""

    async def scene(source: Source) -> None:
        """Read one more than that."""
        for number in range(MOST_SYMBOLS + 1):
            await source.boards.read(single(source, f"S{number}"), 10.0, until=source.boards.deadline())
        assert source.boards.peek(single(source, "S0"))[0] is None
        assert source.boards.peek(single(source, "S1"))[0] is not None

    play(scene)
