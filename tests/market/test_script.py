"""What the service makes of the answers of Redis, where no Redis is at hand."""

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event
from time import monotonic
from typing import Any

import pytest

from service.app import create_app, open_link
from service.gcra import Pace
from service.limits import Limiter
from service.link import ALLOWANCE_SECONDS, Allowance, Failure, Link, LinkError
from service.market.clock import Clock
from service.market.source import UpstreamError
from service.market.store import Store
from service.settings import read_settings
from tests.conftest import conversing
from tests.market.hand import DEADLINE, Hands, Source, board
from tests.market.redis.probe import PATIENT
from tests.market.script import Answer, giving, saying, scripted

FEED = Source(Hands()).feed
SCRIPT = "return 1"


def play(
    answer: Answer, scene: Callable[[Link], Awaitable[Any]], *, seconds: float = PATIENT
) -> tuple[Any, list[Failure], int]:
    """Play a scene with a link; give what came of it, the failures, and how many scripts were run."""
    failures: list[Failure] = []

    async def run(url: str) -> Any:
        """Open the link and close it in the end."""
        link = Link(url, monotonic, failures.append, seconds=seconds)
        try:
            return await scene(link)
        finally:
            await link.close()

    with scripted(answer) as (url, asked):
        found = asyncio.run(run(url))
        return found, failures, asked()


async def ask(link: Link, allowance: Allowance | None = None) -> Any:
    """Ask once: the answer, or the failure."""
    try:
        return await link.run(SCRIPT, ["key"], allowance=allowance or link.allow())
    except LinkError as error:
        return error.failure


def test_an_answer_is_given() -> None:
    """Without the mark and the time that came with it."""
    assert play(giving(b"value"), ask) == (b"value", [], 1)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (saying(b"+OK\r\n"), "garbage"),
        (giving(b"value", ahead=0), None),
        (lambda arguments: giving(b"value")([*arguments, b"another"]), "garbage"),
        (saying(b"-READONLY You can't write against a read only replica.\r\n"), "refused"),
    ],
)
def test_what_is_no_answer_to_the_question_is_a_failure(answer: Answer, failure: Failure | None) -> None:
    """Another question's answer, none at all, or a refusal."""
    found, failures, _ = play(answer, ask)

    assert (found, failures) == (failure or b"value", [failure] if failure else [])


def test_nonsense_costs_a_second_and_a_refusal_does_not() -> None:
    """Who sent one wrong answer may send the next; who refuses one script may run another."""

    async def twice(link: Link) -> list[Any]:
        """Ask two times."""
        return [await ask(link), await ask(link)]

    assert play(saying(b"+OK\r\n"), twice)[0] == ["garbage", "paused"]
    assert play(saying(b"-ERR no\r\n"), twice)[0] == ["refused", "refused"]


def test_a_question_that_came_too_late_has_no_answer() -> None:
    """The clock of Redis went on while the question was under way: it was not run, and counts as not answered."""
    times = iter([0.0, 3600.0])

    def late(arguments: list[bytes]) -> bytes:
        """Answer at the next of the times."""
        return giving(b"value", ahead=next(times))(arguments)

    async def twice(link: Link) -> list[Any]:
        """Learn the time of Redis, then be late."""
        return [await ask(link), await ask(link)]

    found, failures, _ = play(late, twice)

    assert (found, failures) == ([b"value", "timeout"], ["timeout"])


@pytest.mark.parametrize(("seconds", "then"), [(ALLOWANCE_SECONDS, "paused"), (0.05, "timeout")])
def test_silence_ends_when_the_time_is_over(seconds: float, then: Failure) -> None:
    """A Redis that had all its time is spared for a second; one that had little of it is not judged by that."""
    released = Event()

    async def twice(link: Link) -> list[Any]:
        """Ask two times, and let the server go on."""
        found = [await ask(link, Allowance(seconds)), await ask(link, Allowance(seconds))]
        released.set()
        return found

    def wait(arguments: list[bytes]) -> bytes:
        """Say nothing until it is over."""
        released.wait(DEADLINE)
        return giving(b"value")(arguments)

    found, _, _ = play(wait, twice, seconds=ALLOWANCE_SECONDS)

    assert found == ["timeout", then]


def test_what_is_under_way_ends_with_the_link() -> None:
    """Who still waits is not left waiting."""

    async def leave(link: Link) -> Any:
        """Close in the turn of the loop after the question has begun, before anything can be answered."""
        waiting = asyncio.create_task(ask(link))
        await asyncio.sleep(0)
        await link.close()
        return await asyncio.gather(waiting, return_exceptions=True)

    (found,), failures, _ = play(giving(1), leave)

    assert isinstance(found, asyncio.CancelledError)
    assert failures == []


def test_a_link_that_was_never_used_is_closed() -> None:
    """In each of its forms, without having asked anybody."""
    for url in ("redis://redis", "rediss://redis", "redis+sentinel://a:1,b:2/master/0", "redis+cluster://a:1"):
        asyncio.run(Link(url, monotonic, print).close())


def test_a_spent_allowance_sends_nothing() -> None:
    """Redis may be well: it is not spared for that."""
    found, failures, asked = play(giving(b"value"), lambda link: ask(link, Allowance(0)))

    assert (found, failures, asked) == ("timeout", ["timeout"], 0)


@pytest.mark.parametrize(
    ("failure", "reason"), [(b"rate_limited", "rate_limited"), (b"nonsense", None), (b"\xff", None), (None, None)]
)
def test_a_claim_is_read(failure: bytes | None, reason: str | None) -> None:
    """The time, the board, the right, and what failed a moment ago."""

    async def claim(link: Link) -> Any:
        """Claim a board."""
        store = Store(link)
        return await store.claim(FEED, known=0, is_doubted=False, allowance=store.allow())

    found, failures, _ = play(giving([b"1700000000000000", b"board", b"OK", failure]), claim)

    assert (found.now, found.value, found.is_ours) == (1_700_000_000_000_000, b"board", True)
    assert (found.failure.reason if found.failure else None) == reason
    assert failures == []


def test_boards_and_failures_are_told() -> None:
    """Each by one script."""

    async def tell(link: Link) -> None:
        """Keep a board, and leave word of a failure."""
        store = Store(link)
        await store.keep(FEED, board("SOLUSDT", wall=1.0), is_doubted=False, allowance=store.allow())
        await store.fail(FEED, UpstreamError("network", "gone"), seconds=1, allowance=store.allow())

    assert play(giving(1), tell) == (None, [], 2)


@pytest.mark.parametrize(
    ("answer", "expected"), [([1, b"20000000"], (True, 2, 0.0)), ([0, b"60000000"], (False, 0, 20.0))]
)
def test_a_limit_is_what_redis_says(answer: list[Any], expected: tuple[bool, int, float]) -> None:
    """What is left, and when the next request is allowed."""

    async def spend(link: Link) -> Any:
        """Count one request."""
        return await Limiter(Pace(3, 60), link, monotonic).spend("caller")

    verdict, failures, _ = play(giving(answer), spend)

    assert (verdict.is_allowed, verdict.remaining, verdict.retry_after) == expected
    assert failures == []


def test_the_time_for_redis_is_what_the_operator_says() -> None:
    """Every question has it anew."""
    settings = read_settings({"HEDGE_REDIS_URL": "redis://redis", "HEDGE_REDIS_SECONDS": "0.7"})
    link = open_link(settings, lambda _: None, Clock())

    assert link is not None
    assert [link.allow().left, Store(link).allow().left] == [0.7, 0.7]
    asyncio.run(link.close())


def test_a_redis_that_answers_is_reachable() -> None:
    """Readiness has asked it."""
    settings = {
        "HEDGE_EXCHANGES": "none",
        "HEDGE_LIMIT_PER_ADDRESS": "0",
        "HEDGE_PATIENCE_SECONDS": f"{DEADLINE}",
        "HEDGE_REDIS_SECONDS": f"{PATIENT}",
    }
    with scripted(giving(1)) as (url, _), conversing(create_app({**settings, "HEDGE_REDIS_URL": url})) as call:
        assert call("GET", "/health/ready").json()["redis"] == "reachable"
