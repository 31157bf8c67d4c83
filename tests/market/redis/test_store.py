"""The boards that processes share: who may fetch, what is kept, what failed; and what damage by hand does.

Law: times are those of Redis; a test that needs another time writes a value of that time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, get_args

import pytest

from service.app import ADAPTERS
from service.link import Link, LinkError
from service.market.sealing import STAMP_DIGITS, Board, FlawError, seal, unseal
from service.market.source import Feed, Get, Quote, Reason, UpstreamError
from service.market.store import Claim, Store, lock_seconds
from tests.market.redis.conftest import MakeRedis
from tests.market.redis.probe import PATIENT, Steady
from tests.market.redis.server import RedisServer, wait_until

T = TypeVar("T")
SECOND = 1_000_000
"""In microseconds, as stamps are."""
Damage = Callable[[RedisServer], Any]


async def nothing(_: Get, /) -> Sequence[Quote]:
    """Fetch nothing: the store never fetches."""
    return []


FEED = Feed("bybit", "linear", "quotes", Quote, nothing, fresh_seconds=2.0, longest_seconds=60.0)
SLOW = FEED._replace(subject="listings", fresh_seconds=3600.0, longest_seconds=86_400.0)
LOCK, FAILURE = f"{FEED.key}:lock", f"{FEED.key}:failure"


def board(stamp: int, symbol: str = "SOLUSDT") -> Board:
    """Make a board of one symbol and a time."""
    return Board(rows={symbol: Quote(symbol=symbol)}, dropped={}, wall_ms=stamp // 1000, stamp=stamp)


class Holder:
    """One process's store, with what every call needs."""

    def __init__(self, link: Link) -> None:
        """Make the store on a link."""
        self.store = Store(link)

    async def claim(self, known: int = 0, *, feed: Feed = FEED, is_doubted: bool = False) -> Claim:
        """Ask for the board or the right to fetch it."""
        return await self.store.claim(feed, known=known, is_doubted=is_doubted, allowance=self.store.allow())

    async def keep(self, kept: Board, *, feed: Feed = FEED, is_doubted: bool = False) -> None:
        """Write a board."""
        await self.store.keep(feed, kept, is_doubted=is_doubted, allowance=self.store.allow())

    async def fail(self, reason: Reason, seconds: float = 20.0) -> None:
        """Leave word of a failure."""
        await self.store.fail(FEED, UpstreamError(reason, reason), seconds=seconds, allowance=self.store.allow())


@asynccontextmanager
async def holding(url: str, count: int) -> AsyncIterator[list[Holder]]:
    """Open the links of so many processes, and close them in the end."""
    links = [Link(url, Steady(), lambda _: None, seconds=PATIENT) for _ in range(count)]
    try:
        yield [Holder(link) for link in links]
    finally:
        for link in links:
            await link.close()


def on_stores(server: RedisServer, ask: Callable[..., Coroutine[Any, Any, T]], count: int = 1) -> T:
    """Run what a test does with the stores of several processes, in an event loop of its own."""

    async def run() -> T:
        """Open the links within the loop."""
        async with holding(server.url, count) as holders:
            return await ask(*holders)

    return asyncio.run(run())


def now(server: RedisServer) -> int:
    """Read the time of Redis in microseconds."""
    seconds, micros = server.command("TIME")
    return int(seconds) * SECOND + int(micros)


def kept_stamp(server: RedisServer) -> int:
    """Read the stamp of the board that lies there."""
    return int(server.command("GETRANGE", FEED.key, 0, STAMP_DIGITS - 1))


# The right to fetch


def test_one_of_many_claimers_gets_the_right(redis: RedisServer) -> None:
    """Forty processes at once: one may ask the exchange, the others wait, and nobody has a board yet."""

    async def ask(*holders: Holder) -> list[Claim]:
        """Claim from all of them."""
        return await asyncio.gather(*(holder.claim() for holder in holders))

    claims = on_stores(redis, ask, count=40)

    assert sum(claim.is_ours for claim in claims) == 1
    assert {(claim.value, claim.failure) for claim in claims} == {(None, None)}
    assert all(abs(claim.now - now(redis)) < 60 * SECOND for claim in claims)


def test_the_right_ends_by_itself(redis: RedisServer) -> None:
    """A process that dies with it keeps the others from fetching for a few seconds at most."""
    on_stores(redis, lambda holder: holder.claim())
    quotes = redis.command("PTTL", LOCK)

    on_stores(redis, lambda holder: holder.claim(feed=SLOW))

    assert 0 < quotes <= lock_seconds(FEED) * 1000 == 2000
    assert 0 < redis.command("PTTL", f"{SLOW.key}:lock") <= lock_seconds(SLOW) * 1000 == 6000


def test_a_process_takes_up_a_right_that_it_gave_up(redis: RedisServer) -> None:
    """A question that was given up may have been read all the same, later: its lock hinders the others only."""

    async def ask(first: Holder, second: Holder) -> list[bool]:
        """Claim, forget it, and claim again."""
        return [(await holder.claim()).is_ours for holder in (first, second, first, second)]

    assert on_stores(redis, ask, count=2) == [True, False, True, False]


def test_a_fresh_board_gives_nobody_the_right(redis: RedisServer) -> None:
    """It is given to whoever has an older one, and to nobody who has it already; a stale one comes with the right."""

    async def ask(first: Holder, second: Holder) -> list[tuple[bool, bool]]:
        """Claim with nothing, with an older board, with this one, and when it is no longer fresh."""
        fresh = (await first.claim()).now
        await first.keep(board(fresh))
        claims = [await second.claim(), await second.claim(fresh - 1), await second.claim(fresh)]
        redis.command("SET", FEED.key, seal(FEED, board(fresh - 3 * SECOND)))
        claims += [await second.claim(fresh - 3 * SECOND), await first.claim()]
        return [(claim.value is not None, claim.is_ours) for claim in claims]

    seen = on_stores(redis, ask, count=2)

    assert seen == [(True, False), (True, False), (False, False), (False, True), (True, False)]


def test_a_kept_board_comes_back_as_it_was(redis: RedisServer) -> None:
    """Byte for byte as it was sealed, with a life that ends, and the right to fetch is given back."""

    async def ask(first: Holder, second: Holder) -> tuple[Board, Board]:
        """Write in one process and read in another."""
        written = board((await first.claim()).now)
        await first.keep(written)
        claim = await second.claim()
        assert claim.value is not None
        return written, unseal(FEED, claim.value)

    written, read = on_stores(redis, ask, count=2)

    assert read == written
    assert 0 < redis.command("PTTL", FEED.key) <= FEED.longest_seconds * 1000
    assert redis.command("EXISTS", LOCK) == 0


def test_only_its_owner_gives_the_right_back(redis: RedisServer) -> None:
    """A process whose right has ended, and was given to another one, takes nothing away by writing or by failing."""

    async def ask(late: Holder, owner: Holder) -> list[int]:
        """Let the first one's right end before it writes."""
        stamp = (await late.claim()).now
        redis.command("DEL", LOCK)
        assert (await owner.claim()).is_ours
        await late.keep(board(stamp))
        seen = [redis.command("EXISTS", LOCK)]
        await late.fail("timeout")
        seen.append(redis.command("EXISTS", LOCK))
        await owner.fail("timeout")
        return [*seen, redis.command("EXISTS", LOCK)]

    assert on_stores(redis, ask, count=2) == [1, 1, 0]


# The fence


def test_a_late_writer_replaces_nothing_younger(redis: RedisServer) -> None:
    """A process that was frozen between asking and writing finds that another one has written: that stays."""

    async def ask(late: Holder, quick: Holder) -> tuple[int, int]:
        """Let the right of the first one end, and the second one overtake it."""
        old = (await late.claim()).now
        redis.command("DEL", LOCK)
        young = (await quick.claim()).now
        await quick.keep(board(young))
        await late.keep(board(old))
        return old, young

    old, young = on_stores(redis, ask, count=2)

    assert kept_stamp(redis) == young > old


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (2, 2)])
def test_the_youngest_board_stays_in_any_order(first: int, second: int, redis: RedisServer) -> None:
    """Whoever writes last, the younger stamp stays; of the same stamp either may, for they are of one question."""
    start = now(redis) - 10 * SECOND

    async def ask(holder: Holder) -> None:
        """Write both."""
        for number in (first, second):
            await holder.keep(board(start + number))

    on_stores(redis, ask)

    assert kept_stamp(redis) == start + 2


def test_a_refused_board_is_replaced_whatever_its_stamp_says(redis: RedisServer) -> None:
    """Who could not read what is kept claims as if it were not there, and its own board replaces it, older or not."""

    async def ask(holder: Holder) -> tuple[Claim, Claim, int]:
        """Claim with and without doubt beside a damaged board that looks fresh."""
        stamp = now(redis)
        redis.command("SET", FEED.key, b"%020d" % stamp + b"damage")
        trusting, doubting = await holder.claim(), await holder.claim(is_doubted=True)
        await holder.keep(board(stamp - 1), is_doubted=True)
        return trusting, doubting, stamp

    trusting, doubting, stamp = on_stores(redis, ask)

    assert (trusting.value, trusting.is_ours) == (b"%020d" % stamp + b"damage", False)
    assert (doubting.value, doubting.is_ours) == (None, True)
    assert kept_stamp(redis) == stamp - 1


STAMPS: dict[str, Callable[[RedisServer], bytes]] = {
    "of the future": lambda server: b"%020d" % (now(server) + 3600 * SECOND),
    "of a far future": lambda _: b"9" * 20,
    "infinite": lambda _: b"inf".rjust(20),
    "no number": lambda _: b"nan".rjust(20),
    "below zero": lambda _: b"-1".rjust(20),
    "a word": lambda _: b"yesterday at about ten",
    "bytes": lambda _: bytes(range(128, 148)),
    "nothing": lambda _: b"",
    "a digit": lambda _: b"0",
}


@pytest.mark.parametrize("name", STAMPS)
def test_a_stamp_that_makes_no_sense_keeps_nobody_from_fetching(name: str, redis: RedisServer) -> None:
    """Such a value is not there: it is not given out, the right to fetch is, and the next board replaces it."""
    redis.command("SET", FEED.key, STAMPS[name](redis) + b"rest of a value")

    async def ask(holder: Holder) -> Claim:
        """Claim, and write what the exchange said."""
        claim = await holder.claim()
        await holder.keep(board(claim.now))
        return claim

    claim = on_stores(redis, ask)

    assert (claim.value, claim.is_ours) == (None, True)
    assert kept_stamp(redis) == claim.now


# What failed


def test_a_failure_is_told_to_all_and_ends(redis: RedisServer) -> None:
    """While it lasts nobody may fetch, and everybody knows why; then somebody may. The right was given back."""

    async def ask(first: Holder, second: Holder) -> list[Any]:
        """Fail in one process, and claim in another one before and after the marker's end."""
        await first.claim()
        await first.fail("rate_limited")
        told = await second.claim()
        left = redis.command("PTTL", FAILURE)
        redis.command("PEXPIRE", FAILURE, 1)
        await asyncio.to_thread(wait_until, lambda: not redis.command("EXISTS", FAILURE))
        after = await second.claim()
        assert told.failure is not None
        return [told.is_ours, told.failure.reason, 0 < left <= 20_000, after.is_ours, after.failure]

    assert on_stores(redis, ask, count=2) == [False, "rate_limited", True, True, None]


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_is_read_as_it_was_left(reason: Reason, redis: RedisServer) -> None:
    """What another process says went wrong is said again, with a time after which asking makes sense."""

    async def ask(holder: Holder) -> UpstreamError | None:
        """Leave word and read it."""
        await holder.fail(reason)
        return (await holder.claim()).failure

    failure = on_stores(redis, ask)

    assert failure is not None
    assert (failure.reason, failure.retry_after) == (reason, 1.0)


def test_a_board_that_is_kept_ends_the_failure(redis: RedisServer) -> None:
    """What was fetched after all, by a process that did not know, is as good as any."""

    async def ask(holder: Holder) -> Claim:
        """Fail, write, and claim."""
        await holder.fail("network")
        await holder.keep(board(now(redis)))
        return await holder.claim()

    claim = on_stores(redis, ask)

    assert claim.failure is None
    assert claim.value is not None


def test_a_stale_board_is_given_beside_the_failure(redis: RedisServer) -> None:
    """Who has nothing gets the last board with the reason why there is no younger one."""
    redis.command("SET", FEED.key, seal(FEED, board(now(redis) - 5 * SECOND)))

    async def ask(holder: Holder) -> Claim:
        """Fail and claim."""
        await holder.fail("maintenance")
        return await holder.claim()

    claim = on_stores(redis, ask)

    assert claim.value is not None
    assert claim.failure is not None
    assert not claim.is_ours


# Damage by hand


DAMAGES: dict[str, Damage] = {
    "a list as value": lambda server: server.command("RPUSH", FEED.key, "1"),
    "a table as value": lambda server: server.command("HSET", FEED.key, "a", "1"),
    "a list as lock": lambda server: server.command("RPUSH", LOCK, "1"),
    "a lock without an end": lambda server: server.command("SET", LOCK, "somebody"),
    "a lock for a day": lambda server: server.command("SET", LOCK, "somebody", "EX", 86_400),
    "a list as failure": lambda server: server.command("RPUSH", FAILURE, "1"),
    "a list as failure for a while": lambda server: [
        server.command("RPUSH", FAILURE, "1"),
        server.command("EXPIRE", FAILURE, 30),
    ],
    "a failure without an end": lambda server: server.command("SET", FAILURE, "network"),
    "a failure for a day": lambda server: server.command("SET", FAILURE, "network", "EX", 86_400),
    "a failure of no kind": lambda server: server.command("SET", FAILURE, b"\xff\xfe"),
    "all of them lists": lambda server: [server.command("RPUSH", key, "1") for key in (FEED.key, LOCK, FAILURE)],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_does_not_outlive_the_next_fetch(name: str, redis: RedisServer) -> None:
    """Keys of another type or without an end keep nobody from fetching, and after that all is as it should be."""
    DAMAGES[name](redis)

    async def ask(first: Holder, second: Holder) -> tuple[Claim, Claim]:
        """Fetch in one process, and read in another one."""
        claim = await first.claim()
        await first.keep(board(claim.now))
        return claim, await second.claim()

    claim, after = on_stores(redis, ask, count=2)

    assert (claim.value, claim.is_ours, claim.failure) == (None, True, None)
    assert (after.value is not None, after.is_ours, after.failure) == (True, False, None)
    assert redis.command("EXISTS", FEED.key, LOCK, FAILURE) == 1


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_does_not_outlive_the_next_failure(name: str, redis: RedisServer) -> None:
    """Word of a failure replaces what lies in its place, whatever that is, and ends."""
    DAMAGES[name](redis)

    async def ask(holder: Holder) -> Claim:
        """Fail and claim."""
        await holder.claim()
        await holder.fail("blocked")
        return await holder.claim()

    claim = on_stores(redis, ask)

    assert claim.failure is not None
    assert claim.failure.reason == "blocked"
    assert redis.command("PTTL", FAILURE) > 0


@pytest.mark.parametrize("word", ["a reason of the future", "", b"\xff\xfe"])
def test_word_of_a_failure_that_can_not_be_read_ends_too(word: str | bytes, redis: RedisServer) -> None:
    """What a later version may write there keeps this one from fetching for as long as it says, and no longer."""
    redis.command("SET", FAILURE, word, "PX", 5000)

    claim = on_stores(redis, lambda holder: holder.claim())

    assert (claim.is_ours, claim.failure) == (False, None)


def test_a_redis_that_is_full_gives_the_right_back_all_the_same(make_redis: MakeRedis) -> None:
    """A board that it does not take is an error, but the lock is gone, so that the next one may try."""
    server = make_redis()

    async def ask(first: Holder, second: Holder) -> tuple[str, Claim]:
        """Have it full between asking and writing, and not full after that."""
        claim = await first.claim()
        server.command("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(LinkError) as caught:
            await first.keep(board(claim.now))
        server.command("CONFIG", "SET", "maxmemory", 0)
        return caught.value.failure, await second.claim()

    failure, claim = on_stores(server, ask, count=2)

    assert (failure, claim.is_ours) == ("refused", True)


# Names


def test_what_belongs_to_a_board_lies_on_one_node(make_redis: MakeRedis) -> None:
    """Value, lock and failure of every board, also of a single symbol, share a slot of a cluster; boards don't all."""
    server = make_redis("--cluster-enabled", "yes")
    feeds = [feed for adapter in ADAPTERS for feed in adapter.feeds]
    feeds.append(FEED._replace(subject="tiers", symbol="SOLUSDT"))

    slots = [
        {server.command("CLUSTER", "KEYSLOT", feed.key + end) for end in ("", ":lock", ":failure")} for feed in feeds
    ]

    assert {len(slot) for slot in slots} == {1}
    assert len({slot.pop() for slot in slots}) > len(feeds) / 2
    assert len({feed.key for feed in feeds}) == len(feeds)


def test_no_value_is_read_under_another_key() -> None:
    """A board's own name is in its value: under any other key it is refused."""
    value = seal(FEED, board(SECOND))

    with pytest.raises(FlawError) as caught:
        unseal(SLOW, value)

    assert caught.value.flaw == "wrong_key"
