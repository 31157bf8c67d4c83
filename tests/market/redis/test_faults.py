"""Prices while Redis fails and lies: the answer comes from the exchange, of its own key, as young as it says.

Law: each fault proves by an event that it struck. Nothing is asserted about seconds but that no wait is forever.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from service.market.sealing import STAMP_DIGITS, Board, seal
from service.market.source import Quote
from tests.market.exchange import ExchangeServer, Fault, faults
from tests.market.redis.conftest import MakeRedis
from tests.market.redis.probe import HURRIED, PATIENT
from tests.market.redis.proxy import delaying, proxying
from tests.market.redis.replica import BINANCE, BYBIT, Replica, Spot, on_replicas, replicas
from tests.market.redis.server import RedisServer

KEY = BINANCE.feed.key
LOCK, FAILURE = f"{KEY}:lock", f"{KEY}:failure"
SECOND = 1_000_000
"""In microseconds, as stamps are."""


@pytest.fixture(scope="module")
def listening() -> Iterator[ExchangeServer]:
    """Give the exchanges, started once."""
    with ExchangeServer() as exchanges:
        yield exchanges


@pytest.fixture
def exchanges(listening: ExchangeServer) -> Iterator[ExchangeServer]:
    """Give the exchanges as if just started."""
    listening.reset()
    yield listening
    listening.clear()


async def look(*asked: Replica, spot: Spot = BINANCE) -> list[str]:
    """Ask several processes at once."""
    return await asyncio.gather(*(replica.look(spot) for replica in asked))


# Sharing


def test_an_exchange_is_asked_once_for_all(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """Four processes with ten questions each at the same time: one call for each board, and all answers are right."""

    async def ask(*processes: Replica) -> list[str]:
        """Have each of them open its client, which takes a while, and then ask all of them at once."""
        seen = [(await look(process, spot=BYBIT))[0] for process in processes]
        for process in processes:
            process.steady.ahead += 1.0
        return [*seen, *await look(*processes * 10)]

    seen = on_replicas(redis.url, exchanges, ask, count=4)

    assert seen == ["right"] * 44
    assert BINANCE.calls(exchanges) == 1


def test_who_comes_later_takes_what_is_there(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """A process that has nothing yet finds what another one fetched, and asks no exchange at all."""

    async def ask(first: Replica, second: Replica) -> tuple[list[str], list[str], int]:
        """Ask one after the other."""
        return await look(first), await look(second), sum(len(one.failures + one.rejections) for one in (first, second))

    assert on_replicas(redis.url, exchanges, ask, count=2) == (["right"], ["right"], 0)
    assert BINANCE.calls(exchanges) == 1


def test_who_waits_gets_what_another_one_fetches(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """An exchange that takes its time is asked by one process, and the others wait for that one's board."""
    slow = exchanges.inject(BINANCE.host, BINANCE.path, faults.hang(times=1))

    async def ask(first: Replica, *others: Replica) -> list[str]:
        """Let the others come while the first one is asking."""
        asking = asyncio.create_task(look(first))
        await asyncio.to_thread(exchanges.wait_for, 1, BINANCE.host, BINANCE.path)
        waiting = asyncio.create_task(look(*others))
        await asyncio.sleep(0.1)
        exchanges.clear()
        return [*await asking, *await waiting]

    assert on_replicas(redis.url, exchanges, ask, count=3) == ["right"] * 3
    assert (slow.fired, BINANCE.calls(exchanges)) == (1, 1)


def test_waiting_for_another_process_costs_no_trust_in_redis(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """Asking again and again whether its board is there is no failure of Redis, however long the exchange takes."""
    slow = exchanges.inject(BINANCE.host, "/api/v3/exchangeInfo", faults.hang(times=1))

    async def ask() -> tuple[list[str], list[str]]:
        """Wait over a way that is as slow as one to another continent, until one allowance would long be spent."""
        async with (
            delaying(redis.port, 0.15, seed=1) as port,
            replicas(f"redis://127.0.0.1:{port}", exchanges, 2, seconds=HURRIED) as (first, second),
        ):
            asking = asyncio.create_task(look(first))
            await asyncio.to_thread(exchanges.wait_for, 1, BINANCE.host, "/api/v3/exchangeInfo")
            waiting = asyncio.create_task(look(second))
            await asyncio.wait({waiting}, timeout=2 * HURRIED)
            exchanges.clear()
            return [*await asking, *await waiting], second.failures

    assert asyncio.run(ask()) == (["right", "right"], [])
    assert slow.fired == 1
    assert exchanges.count(BINANCE.host, "/api/v3/exchangeInfo") == 1


def test_a_failure_is_not_repeated_by_the_others(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """What one process was told, the others say too, without asking; when that is over one of them asks again."""
    refusing = exchanges.inject(BINANCE.host, BINANCE.path, faults.null())

    async def ask(*processes: Replica) -> list[list[str]]:
        """Ask all, one after the other, and again when nobody remembers."""
        seen = [[await process.look() for process in processes]]
        exchanges.clear()
        redis.command("DEL", FAILURE)
        for process in processes:
            process.steady.ahead += 1.0
        return [*seen, await look(*processes)]

    seen = on_replicas(redis.url, exchanges, ask, count=3)

    assert seen == [["bad_payload"] * 3, ["right"] * 3]
    assert (refusing.fired, BINANCE.calls(exchanges)) == (1, 2)


def test_a_late_process_replaces_nothing_younger(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """One that loses its right while the exchange makes it wait has its own answer, and leaves Redis as it is."""
    slow = exchanges.inject(BINANCE.host, BINANCE.path, faults.hang(times=1))

    async def ask(late: Replica, quick: Replica) -> tuple[list[str], bytes]:
        """Let the second one overtake the first one."""
        asking = asyncio.create_task(look(late))
        await asyncio.to_thread(exchanges.wait_for, 1, BINANCE.host, BINANCE.path)
        redis.command("DEL", LOCK)
        seen = await look(quick)
        kept = redis.command("GET", KEY)
        exchanges.clear()
        return [*seen, *await asking], kept

    seen, kept = on_replicas(redis.url, exchanges, ask, count=2)

    assert seen == ["right", "right"]
    assert (slow.fired, BINANCE.calls(exchanges)) == (1, 2)
    assert redis.command("GET", KEY) == kept


# Values that were changed by hand


def _stamp(redis: RedisServer) -> int:
    seconds, micros = redis.command("TIME")
    return int(seconds) * SECOND + int(micros)


def _young(redis: RedisServer) -> bytes:
    return b"%0*d" % (STAMP_DIGITS, _stamp(redis))


def _sealed(stamp: int, *, price: str = "1") -> bytes:
    """Seal a board with a price that is not true."""
    rows = {BINANCE.symbol: Quote(symbol=BINANCE.symbol, last=price)}  # type: ignore[arg-type]
    return seal(BINANCE.feed, Board(rows=rows, dropped={}, wall_ms=stamp // 1000, stamp=stamp))


Change = Callable[[RedisServer, bytes], bytes]
CHANGES: dict[str, tuple[Change, Sequence[str]]] = {
    "a flipped bit": (lambda _, value: value[:-9] + bytes([value[-9] ^ 1]) + value[-8:], ["checksum"]),
    "a flipped bit of the checksum": (lambda _, value: value[:25] + bytes([value[25] ^ 1]) + value[26:], ["checksum"]),
    "half": (lambda _, value: value[: len(value) // 2], ["checksum"]),
    "one byte less": (lambda _, value: value[:-1], ["checksum"]),
    "one byte more": (lambda _, value: value + b"\0", ["checksum"]),
    "only a stamp": (lambda _, value: value[:STAMP_DIGITS], ["truncated"]),
    "a stamp and garbage": (lambda _, value: value[:STAMP_DIGITS] + b"\xc1" * 100, ["checksum"]),
    "another board": (lambda redis, _: redis.command("GET", BYBIT.feed.key), ["wrong_key"]),
    "another board with a young stamp": (
        lambda redis, _: _young(redis) + redis.command("GET", BYBIT.feed.key)[STAMP_DIGITS:],
        ["wrong_key"],
    ),
    "an old board with a young stamp": (
        lambda redis, _: _young(redis) + _sealed(_stamp(redis) - 300 * SECOND)[STAMP_DIGITS:],
        ["stamp"],
    ),
    "a price that is no number": (lambda redis, _: _sealed(_stamp(redis), price="NaN"), ["not_finite"]),
    "nothing": (lambda *_: b"", []),
    "text": (lambda *_: b"not a board at all, whatever else it is", []),
    "an old board": (lambda redis, _: _sealed(_stamp(redis) - 300 * SECOND), []),
    "a board of the future": (lambda redis, _: _sealed(_stamp(redis) + 300 * SECOND), []),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_value_is_refused_counted_and_replaced(
    name: str, redis: RedisServer, exchanges: ExchangeServer
) -> None:
    """Corrupt, truncated, swapped, old: it is not used, the exchange is asked anew, and the next process is served."""
    change, reasons = CHANGES[name]

    async def ask(first: Replica, second: Replica, third: Replica) -> list[Any]:
        """Change what the first one wrote before the second one reads."""
        seen = await look(first) + await look(first, spot=BYBIT)
        before = BINANCE.calls(exchanges)
        redis.command("SET", KEY, change(redis, redis.command("GET", KEY)))
        seen += await look(second)
        asked = BINANCE.calls(exchanges) - before
        seen += await look(third)
        return [seen, asked, BINANCE.calls(exchanges) - before, second.rejections, third.rejections]

    seen = on_replicas(redis.url, exchanges, ask, count=3)

    assert seen == [["right"] * 4, 1, 1, reasons, []]


def test_a_value_that_is_too_large_is_not_used(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """It is refused, unless it took so long to come that nobody waited for it."""

    async def ask(first: Replica, second: Replica) -> tuple[list[str], list[str]]:
        """Lengthen what the first one wrote before the second one reads."""
        seen = await look(first)
        redis.command("SET", KEY, redis.command("GET", KEY) + bytes(17 * 1024 * 1024))
        return [*seen, *await look(second)], second.rejections[:1] or second.failures[:1]

    seen, told = on_replicas(redis.url, exchanges, ask, count=2)

    assert seen == ["right", "right"]
    assert told in (["oversized"], ["timeout"])
    assert BINANCE.calls(exchanges) == 2


def test_a_stale_value_is_served_with_its_true_age(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """Younger than asked for, it is given while a new one is fetched, and says how old it is; else it is not given."""
    slow = exchanges.inject(BINANCE.host, BINANCE.path, faults.hang())
    redis.command("SET", KEY, _sealed(_stamp(redis) - 5 * SECOND, price="80"))

    async def ask(patient: Replica, strict: Replica) -> tuple[float, bool]:
        """Ask for one of at most 10 s, and for one of at most 3 s, while the exchange says nothing."""
        given = (
            await patient.market.price_assets("binance", ["SOL"], quote="USDT", longest=10, until=patient.steady() + 20)
        )["SOL"]
        refused = asyncio.create_task(strict.look(longest=3))
        await asyncio.to_thread(exchanges.wait_for, 1, BINANCE.host, BINANCE.path)
        early = refused.done()
        exchanges.clear()
        assert await refused == "right"
        return getattr(given, "age_seconds", 0.0), early

    age, early = on_replicas(redis.url, exchanges, ask, count=2)

    assert slow.fired >= 1
    assert 5 <= age <= 10
    assert not early


def test_a_flush_costs_one_call(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """Who has a board keeps it, who has none fetches it, and after that it is shared again."""

    async def ask(first: Replica, second: Replica, third: Replica) -> list[str]:
        """Flush between the first one's question and the others'."""
        seen = await look(first)
        redis.command("FLUSHALL")
        return [*seen, *await look(first), *await look(second), *await look(third)]

    assert on_replicas(redis.url, exchanges, ask, count=3) == ["right"] * 4
    assert redis.command("EXISTS", KEY) == 1
    assert BINANCE.calls(exchanges) == 2


# A Redis that fails

BREAK: dict[str, tuple[Callable[[RedisServer], Any], str]] = {
    "frozen": (RedisServer.stop, "timeout"),
    "killed": (RedisServer.kill, "connection"),
    "read only": (lambda server: server.command("REPLICAOF", "127.0.0.1", 1), "refused"),
    "full": (lambda server: server.command("CONFIG", "SET", "maxmemory", 1), "refused"),
}
MEND: dict[str, Callable[[RedisServer], Any]] = {
    "frozen": RedisServer.cont,
    "killed": RedisServer.start,
    "read only": lambda server: server.command("REPLICAOF", "NO", "ONE"),
    "full": lambda server: server.command("CONFIG", "SET", "maxmemory", 0),
}


@pytest.mark.parametrize("name", BREAK)
def test_a_redis_that_fails_costs_no_answer(name: str, make_redis: MakeRedis, exchanges: ExchangeServer) -> None:
    """Each process asks the exchange once for itself, the failure is told, and when it is over they share again."""
    server = make_redis()
    break_it, failure = BREAK[name]
    seconds = HURRIED if failure == "timeout" else PATIENT

    async def ask(*processes: Replica) -> list[Any]:
        """Ask two processes while it fails, and two others after that, none of them for the first time."""
        first, second, third, fourth = processes
        seen = [(await look(process, spot=BYBIT))[0] for process in processes]
        break_it(server)
        seen += await look(*[first, second] * 5)
        asked = BINANCE.calls(exchanges)
        told = [failure in process.failures for process in (first, second)]
        MEND[name](server)
        third.steady.ahead += 1.0
        fourth.steady.ahead += 1.0
        seen += await look(*[third, fourth] * 5)
        return [set(seen), asked, told, BINANCE.calls(exchanges) - asked]

    assert on_replicas(server.url, exchanges, ask, count=4, seconds=seconds) == [{"right"}, 2, [True, True], 1]


@pytest.mark.parametrize("name", BREAK)
def test_a_redis_that_fails_while_the_exchange_is_asked_costs_no_answer(
    name: str, make_redis: MakeRedis, exchanges: ExchangeServer
) -> None:
    """The board that came in is served although it can't be shared, and nobody asks twice."""
    server = make_redis()
    break_it, failure = BREAK[name]
    seconds = HURRIED if failure == "timeout" else PATIENT
    slow = exchanges.inject(BINANCE.host, BINANCE.path, faults.hang(times=1))

    async def ask(process: Replica) -> tuple[list[str], bool]:
        """Break it between the right to fetch and the answer."""
        asking = asyncio.create_task(look(process))
        await asyncio.to_thread(exchanges.wait_for, 1, BINANCE.host, BINANCE.path)
        break_it(server)
        exchanges.clear()
        seen = await asking
        await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == KEY] or [asking])
        return seen, failure in process.failures

    assert on_replicas(server.url, exchanges, ask, seconds=seconds) == (["right"], True)
    assert (slow.fired, BINANCE.calls(exchanges)) == (1, 1)


def test_a_failure_that_can_not_be_shared_is_told_all_the_same(
    make_redis: MakeRedis, exchanges: ExchangeServer
) -> None:
    """What the exchange did wrong is the answer, not what Redis did."""
    server = make_redis()
    refusing = exchanges.inject(BINANCE.host, BINANCE.path, Fault(hang=True, body=b"null", times=1))

    async def ask(process: Replica) -> tuple[list[str], bool]:
        """Kill it before the exchange says no."""
        asking = asyncio.create_task(look(process))
        await asyncio.to_thread(exchanges.wait_for, 1, BINANCE.host, BINANCE.path)
        server.kill()
        exchanges.clear()
        return await asking, "connection" in process.failures

    assert on_replicas(server.url, exchanges, ask) == (["bad_payload"], True)
    assert refusing.fired == 1


def test_a_lie_of_redis_reaches_no_answer(redis: RedisServer, exchanges: ExchangeServer) -> None:
    """A reply that was meant for the question of another board is told by its mark: the exchange is asked instead."""

    async def ask() -> tuple[list[str], list[str], int]:
        """Have the two boards' replies swapped on their way back."""
        swap = Swap()
        async with proxying(redis.port) as proxy, replicas(proxy.url, exchanges, 2) as (first, second):
            seen = await look(first) + await look(first, spot=BYBIT)
            proxy.only, proxy.always = b"hedge:{", swap
            seen += [*await look(second), *await look(second, spot=BYBIT)]
            return seen, second.failures, swap.fired

    seen, failures, fired = asyncio.run(ask())

    assert seen == ["right"] * 4
    assert failures[:1] == ["garbage"]
    assert fired > 0


class Swap:
    """Gives each question the reply of the one before."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.fired = 0
        self._last = b""

    async def __call__(self, reply: bytes) -> bytes:
        """Keep one reply and give the last."""
        given, self._last = self._last or reply, reply
        self.fired += given != reply
        return given
