"""One board is fetched: from Redis if it is fresh there, else from the exchange, whatever Redis does."""

import asyncio
import math
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from service.link import LinkError
from service.market.fetcher import Kept, failure_seconds
from service.market.sealing import seal
from service.market.source import Candles, Close, Quote, Row, UpstreamError
from service.market.store import Claim
from tests.market.hand import Hands, Shelf, Source, board, quotes

NOW = Hands()
OURS = Claim(NOW.micros, None, is_ours=True, failure=None)
THEIRS = OURS._replace(is_ours=False)
GONE = LinkError("timeout")
FEED = Source(Hands()).feed
GARBAGE = seal(FEED, board("SOLUSDT", wall=NOW.wall))[:-1]


def fetch(source: Source, known: Kept | None = None) -> list[Kept]:
    """Fetch the board, and give what came in."""
    taken: list[Kept] = []
    asyncio.run(source.fetcher.fetch(source.feed, known, taken.append))
    return taken


def refused(source: Source, known: Kept | None = None) -> UpstreamError:
    """Fetch the board in vain, and give the reason."""
    with pytest.raises(UpstreamError) as refusal:
        fetch(source, known)
    return refusal.value


def held(age: float = 0.0, *symbols: str) -> Kept:
    """Give a board that the process has had for some time."""
    return Kept(board(*(symbols or ("SOLUSDT",)), wall=NOW.wall - age), 0.0, NOW.steady - age)


def of_redis(age: float = 0.0, *, by_wall: float | None = None, symbols: tuple[str, ...] = ("SOLUSDT",)) -> bytes:
    """Give a board as it lies in Redis, of some age by Redis's clock and another by this machine's."""
    wall = NOW.wall - (age if by_wall is None else by_wall)
    return seal(FEED, board(*symbols, wall=wall, stamp=NOW.micros - int(age * 1e6)))


def test_without_redis_every_board_comes_from_its_exchange() -> None:
    """With the time before the call as its own, by all clocks."""
    source = Source(Hands())
    source.takes = 3.0

    (kept,) = fetch(source)

    assert (kept.board.wall_ms, kept.board.stamp) == (int(NOW.wall * 1e3), NOW.micros)
    assert (kept.age_then, kept.steady_then) == (0.0, NOW.steady)
    assert kept.age(source.hands.steady) == 3.0


@pytest.mark.parametrize("age", [0.0, 2.0])
def test_a_fresh_board_of_redis_is_enough(age: float) -> None:
    """The exchange is not asked."""
    shelf = Shelf(THEIRS._replace(value=of_redis(age)))
    source = Source(Hands(), shelf)

    (kept,) = fetch(source, held(age=30))

    assert kept.age(NOW.steady) == age
    assert (source.calls, shelf.kept, shelf.asked) == (0, [], [(NOW.micros - 30_000_000, False)])


def test_who_has_the_right_asks_and_shares() -> None:
    """The board carries the time of Redis at which the right was given."""
    shelf = Shelf(OURS._replace(now=NOW.micros + 777))
    source = Source(Hands(), shelf)

    (kept,) = fetch(source)

    assert kept.board.stamp == NOW.micros + 777
    assert kept.board.wall_ms == int(NOW.wall * 1e3)
    assert (source.calls, shelf.kept, shelf.asked) == (1, [(kept.board, False)], [(0, False)])


def test_a_stale_board_of_redis_comes_in_before_the_fresh_one() -> None:
    """Those who can use it need not wait."""
    source = Source(Hands(), Shelf(OURS._replace(value=of_redis(5.0))))

    stale, fresh = fetch(source)

    assert (stale.age(NOW.steady), fresh.age(NOW.steady), source.calls) == (5.0, 0.0, 1)


@pytest.mark.parametrize(
    ("by_redis", "by_wall", "age"),
    [(1.0, 1.0, 1.0), (1.0, 7.0, 7.0), (1.5, -3600.0, 1.5), (-5.0, -5.0, 0.0), (-5.0, 9.0, 9.0)],
)
def test_a_board_of_redis_is_as_old_as_the_worse_of_two_clocks_says(
    by_redis: float, by_wall: float, age: float
) -> None:
    """Redis's and this machine's: one that is wrong makes a board older, never younger."""
    source = Source(Hands(), Shelf(OURS._replace(value=of_redis(by_redis, by_wall=by_wall))))

    assert fetch(source)[0].age(NOW.steady) == pytest.approx(age)


def test_a_board_from_the_future_of_redis_is_not_fresh() -> None:
    """Its time is wrong, so the exchange is asked."""
    source = Source(Hands(), Shelf(OURS._replace(value=of_redis(-5.0))))
    fetch(source)

    assert source.calls == 1


def test_a_failure_elsewhere_is_one_here() -> None:
    """Nobody repeats at once what another process just tried."""
    shelf = Shelf(THEIRS._replace(failure=UpstreamError("banned", "a moment ago", retry_after=1.0)))
    source = Source(Hands(), shelf)

    assert refused(source).reason == "banned"
    assert (source.calls, shelf.failed) == (0, [])


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, 1.0), (7.0, 7.0), (math.inf, 60.0)])
def test_who_fails_tells_the_others(retry_after: float | None, seconds: float) -> None:
    """With the time for which nobody repeats it."""
    shelf = Shelf(OURS)
    source = Source(Hands(), shelf)
    source.answer = UpstreamError("rate_limited", "too often", retry_after=retry_after)

    assert refused(source) is source.answer
    assert (shelf.failed, shelf.kept) == ([("rate_limited", seconds)], [])


def test_a_failure_is_remembered_for_a_second_to_a_minute() -> None:
    """Whatever the exchange says."""
    errors = [UpstreamError("timeout", "", retry_after=after) for after in (None, 0.5, 30.0, 61.0, math.inf)]

    assert [failure_seconds(error) for error in errors] == [1.0, 1.0, 30.0, 60.0, 60.0]


def test_without_an_answer_of_redis_the_exchange_is_asked() -> None:
    """Nothing is written then: the right to fetch was not given."""
    shelf = Shelf(GONE)
    source = Source(Hands(), shelf)
    (kept,) = fetch(source)
    assert (kept.board.stamp, shelf.kept) == (NOW.micros, [])

    shelf.answers, source.answer = [GONE], UpstreamError("network", "no way to it")
    refused(source)
    assert shelf.failed == []


def test_a_board_is_taken_although_it_can_t_be_shared() -> None:
    """And a failure is one although nobody can be told."""
    shelf = Shelf(OURS, OURS)
    shelf.is_gone = True
    source = Source(Hands(), shelf)
    assert len(fetch(source)) == 1

    source.answer = UpstreamError("network", "no way to it")
    assert refused(source).reason == "network"


def test_a_value_that_is_refused_counts_as_not_there() -> None:
    """It is counted by its flaw, doubted in the next claim, and overwritten."""
    shelf = Shelf(THEIRS._replace(value=GARBAGE), OURS)
    source = Source(Hands(), shelf)

    (kept,) = fetch(source)

    assert source.log.rejected() == {"checksum": 1}
    assert shelf.asked == [(0, False), (0, True)]
    assert shelf.kept == [(kept.board, True)]


def test_who_waits_for_another_process_gets_its_board() -> None:
    """Claims are repeated until the board is there, each with the stamp that is known by then."""
    shelf = Shelf(THEIRS, THEIRS._replace(value=of_redis(9.0)), THEIRS._replace(value=of_redis(1.0)))
    source = Source(Hands(), shelf)

    assert [kept.age(NOW.steady) for kept in fetch(source)] == [9.0, 1.0]
    assert [known for known, _ in shelf.asked] == [0, 0, NOW.micros - 9_000_000]
    assert source.calls == 0


def test_who_waits_for_one_that_does_nothing_asks_in_the_end() -> None:
    """When the other's right is over, and even if it is given to nobody."""
    shelf = Shelf(*[THEIRS] * 4)
    source = Source(Hands(), shelf)
    shelf.turned = lambda: source.hands.go(0.9)

    assert len(fetch(source)) == 1
    assert (len(shelf.asked), source.calls, shelf.kept) == (3, 1, [])


@pytest.mark.parametrize(
    ("age", "symbols", "reason"),
    [(30.0, 10, "bad_payload"), (60.0, 10, "bad_payload"), (60.1, 10, None), (30.0, 2, None)],
)
def test_a_board_is_held_against_the_last_one(age: float, symbols: int, reason: str | None) -> None:
    """Half of its rows may be missing at most; one that was too old to be served is no measure."""
    source = Source(Hands())
    known = held(age, *(f"S{number}" for number in range(symbols)))

    if reason is None:
        assert len(fetch(source, known)) == 1
    else:
        assert refused(source, known).reason == reason
        assert source.log.rejected() == {"too_few_rows": 1}


def test_a_board_is_held_against_that_of_redis_too() -> None:
    """A process that has just started knows what another one saw."""
    value = of_redis(5.0, symbols=tuple(f"S{number}" for number in range(10)))
    source = Source(Hands(), Shelf(OURS._replace(value=value)))

    assert refused(source).reason == "bad_payload"


def test_what_is_not_believed_is_counted_and_kept_with_its_reason() -> None:
    """Dropped rows by their doubt; a doubtful funding rate is counted too."""
    source = Source(Hands())
    doubtful = Quote(symbol="ETHUSDT", last=Decimal(1), funding_rate=Decimal(1), next_funding_ms=1)
    source.answer = [*quotes("SOLUSDT"), *quotes("A", "B", last=Decimal(-1)), doubtful]

    (kept,) = fetch(source)

    assert source.log.rejected() == {"not_positive": 2, "funding_rate": 1}
    assert kept.board.dropped == {"A": "not_positive", "B": "not_positive"}
    assert kept.board.rows.keys() == {"SOLUSDT", "ETHUSDT"}


def test_rows_are_held_against_the_time_after_the_call() -> None:
    """A quote of the middle of a slow call is not from the future."""
    source = Source(Hands())
    source.takes, later = 5.0, int(NOW.wall * 1e3) + 4_000
    source.answer = quotes("SOLUSDT", as_of_ms=later)

    assert len(fetch(source)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"wall_ms": 10**15},
        {"wall_ms": -1},
        {"rows": {"SOLUSDT": Quote(symbol="SOLUSDT", last=Decimal(-5))}},
        {"rows": {"SOLUSDT": Quote(symbol="SOLUSDT", last=Decimal("1E+999999"))}},
    ],
)
def test_a_board_of_redis_that_no_process_can_have_written_is_refused(changes: dict[str, Any]) -> None:
    """Though its checksum is right: the exchange is asked, and what lies there is replaced."""
    forged = seal(FEED, replace(board("SOLUSDT", wall=NOW.wall, stamp=NOW.micros), **changes))
    shelf = Shelf(THEIRS._replace(value=forged), OURS)
    source = Source(Hands(), shelf)

    (kept,) = fetch(source)

    assert (source.calls, source.log.rejected()) == (1, {"unsound": 1})
    assert shelf.kept == [(kept.board, True)]


@pytest.mark.parametrize(
    ("closes", "is_enough"),
    [
        ([Close(1_799_884_800_000, 79.0), Close(1_799_971_200_000, 80.0)], True),
        ([Close(1_799_971_200_000, 80.0), Close(1_799_884_800_000, 79.0)], False),
        ([Close(1_799_884_800_000, 79.0), Close(1_799_971_200_000, -80.0)], False),
        ([Close(1_799_971_200_000, 80.0), Close(1_800_057_600_000, 81.0)], False),
    ],
)
def test_a_history_of_redis_is_held_against_every_rule(closes: list[Close], *, is_enough: bool) -> None:
    """None of its points would have been dropped: not one that is wrong, and not one of a day under way."""
    row: Row = Candles(symbol="SOLUSDT", closes=tuple(closes))
    source = Source(Hands())
    source.feed = source.feed._replace(subject="candles", row=Candles, symbol="SOLUSDT")
    source.answer = [replace(row, closes=(closes[0]._replace(price=78.0),))]
    kept = replace(board(wall=NOW.wall, stamp=NOW.micros), rows={"SOLUSDT": row})
    shelf = Shelf(THEIRS._replace(value=seal(source.feed, kept)), OURS)
    told = Source(source.hands, shelf)
    told.feed, told.answer = source.feed._replace(fetch=told.feed.fetch), source.answer

    (found,) = fetch(told)

    assert (found.board.rows["SOLUSDT"] == row) == is_enough
    assert (told.calls, told.log.rejected()) == ((0, {}) if is_enough else (1, {"unsound": 1}))
