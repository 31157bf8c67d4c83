"""The link to a Redis that answers, hangs, is gone, refuses or lies.

Law: nothing here waits for a pause to end; the clock of the link is moved on. A frozen server costs the link its own
time limit, and nothing is asserted about seconds.
"""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from service.link import SCHEMES, Allowance, check_url
from tests.market.redis.conftest import MakeRedis
from tests.market.redis.probe import GET, HURRIED, PATIENT, SET, Probe, on_link, probing
from tests.market.redis.proxy import Hold, Spoil, proxying, replace, surround
from tests.market.redis.server import RedisServer, wait_until

GOOD = (
    "redis://cache",
    "redis://cache:6379/1",
    "redis://user:p%40ss@cache/0",
    "redis://[::1]:6379/0",
    "redis://cache?client_name=hedge",
    "rediss://cache:6380/0?ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false",
    "redis+sentinel://one/main",
    "redis+sentinel://one:26379,two:26379,three:26380/main/2",
    "redis+sentinel://user:p%40ss@one:26379,two:26379/main?client_name=hedge",
    "rediss+sentinel://one:26379/main?ssl_ca_certs=/etc/ca.pem",
    "redis+cluster://one",
    "redis+cluster://one:7000/0",
    "redis+cluster://user:p%40ss@one:7000,two:7000?client_name=hedge",
    "rediss+cluster://one:7000?ssl_ca_certs=/etc/ca.pem",
)
BAD = (
    "",
    "cache",
    "cache:6379",
    "http://cache",
    "unix:///tmp/redis",
    "REDIS",
    "redis://",
    "redis:///0",
    "redis+sentinel:///main",
    "redis+nothing://cache",
    "redis://cache:0x10",
    "redis://cache:99999",
    "redis://cache/0?no_such_option=1",
    "redis://cache/0?ssl_ca_certs=/etc/ca.pem",
    "redis://cache/main",
    "redis://cache/\N{SUPERSCRIPT TWO}",
    "redis://one,two/0",
    "rediss://cache?ssl_check_hostname=perhaps",
    "redis+sentinel://one:26379",
    "redis+sentinel://one:26379/",
    "redis+sentinel://one:port/main",
    "redis+sentinel://:26379/main",
    "redis+sentinel://one:26379,/main",
    "redis+sentinel://one:26379/main/zero",
    "redis+sentinel://one:26379/main?no_such_option=1",
    "redis+cluster://one/1",
    "redis+cluster://:7000",
    "redis+cluster://one:port",
    "redis+cluster://one:7000?no_such_option=1",
    *(f"{scheme}://one:7000/0?protocol=3" for scheme in SCHEMES),
    *(f"{scheme}://one:7000/0?socket_timeout=60" for scheme in SCHEMES),
)


@pytest.mark.parametrize("url", GOOD)
def test_a_url_of_every_form_is_taken(url: str) -> None:
    """One server, sentinels and a cluster, with and without TLS, login, database and options of the client."""
    check_url(url)
    gc.collect()


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_names_no_redis_is_told_at_once(url: str) -> None:
    """It is a ValueError before the first question: what can't work, and what would take a guard of the link away."""
    with pytest.raises(ValueError, match=r".+"):
        check_url(url)


def test_an_answer_is_what_the_script_returned(redis: RedisServer) -> None:
    """Bytes, numbers, lists with nothing in them, and nothing at all come back as Redis has them."""
    redis.command("SET", "a", b"\xff\x00")
    scripts = {
        GET: b"\xff\x00",
        "return 7": 7,
        "return {1, false, 'x', {}}": [1, None, b"x", []],
        "return false": None,
        "local x = 1": None,
        "return ARGV[1] .. #KEYS": b"x1",
    }

    async def ask(probe: Probe) -> list[Any]:
        """Run all of them."""
        return [await probe.run(script, "a", "x") for script in scripts]

    assert on_link(redis.url, ask) == list(scripts.values())


@pytest.mark.parametrize("login", ["user:{}@", ":{}@"])
def test_a_password_of_any_characters_opens_the_door(login: str, make_redis: MakeRedis) -> None:
    """What has a meaning in a URL is escaped there; a wrong password is a failure that is told."""
    password = "p@ss:/?#[]%"  # noqa: S105
    server = make_redis()
    server.command("ACL", "SETUSER", "user", "on", f">{password}", "~*", "+@all")
    server.command("SET", "a", "1")
    server.command("CONFIG", "SET", "requirepass", password)
    address = server.url.partition("://")[2]

    async def ask(probe: Probe) -> Any:
        """Read what is there."""
        return await probe.get("a")

    right, wrong = (f"redis://{login.format(quote(word, safe=''))}{address}" for word in (password, "wrong"))
    assert on_link(right, ask) == b"1"
    assert on_link(wrong, ask) == "connection"


def test_a_database_of_its_own_is_used(redis: RedisServer) -> None:
    """The number at the end of the URL counts."""

    async def write(probe: Probe) -> Any:
        """Write where the URL leads."""
        return await probe.run(SET, "a", "1")

    on_link(f"{redis.url}/3", write)

    assert redis.info("keyspace").keys() == {"db3"}


def test_who_had_no_time_to_wait_has_learned_nothing(redis: RedisServer) -> None:
    """An allowance that ends too soon ends the question, and Redis is not spared for it: others go on."""
    redis.command("SET", "a", "1")

    async def ask() -> tuple[int, Any, Any, Any]:
        """Ask with almost nothing left, while the reply is held."""
        late = Hold()
        async with proxying(redis.port) as proxy, probing(proxy.url) as probe:
            await probe.get("a")
            proxy.next.append(late)
            hurried = await probe.get("a", Allowance(0.01))
            late.released.set()
            return proxy.fired, hurried, await probe.get("a"), probe.failures

    assert asyncio.run(ask()) == (1, "timeout", b"1", ["timeout"])


def test_several_runs_share_one_allowance(redis: RedisServer) -> None:
    """Each takes what it needs; when nothing is left nothing more is asked of Redis, and the others may go on."""

    async def ask(probe: Probe) -> tuple[float, Any, Any, int, Any]:
        """Use an allowance up, and then ask with another one."""
        allowance = probe.link.allow()
        await probe.get("a", allowance)
        left = allowance.left
        allowance.left = 0.0
        commands = redis.info("stats")["total_commands_processed"]
        refused = await probe.run(SET, "a", "1", allowance=allowance)
        sent = redis.info("stats")["total_commands_processed"] - commands - 1
        return left, refused, await probe.get("a"), sent, probe.failures

    left, refused, other, sent, failures = on_link(redis.url, ask)

    assert 0 < left < PATIENT
    assert (refused, other, sent, failures) == ("timeout", None, 0, ["timeout"])


def test_a_frozen_redis_is_asked_once_and_then_spared(make_redis: MakeRedis) -> None:
    """The first question ends in time, the next ones are not sent at all, and when the pause is over all is well."""
    server = make_redis()
    server.command("SET", "a", "1")

    async def ask(probe: Probe) -> list[Any]:
        """Ask before, while and after."""
        before = server.accepted
        server.stop()
        seen = [await probe.get("a") for _ in range(3)]
        server.cont()
        wait_until(lambda: server.accepted > before)
        seen += [await probe.get("a"), server.accepted - before]
        probe.end_pause()
        return [*seen, await probe.get("a"), probe.failures]

    *seen, failures = on_link(server.url, ask, seconds=HURRIED)

    assert seen == ["timeout", "paused", "paused", "paused", 1, b"1"]
    assert failures == ["timeout", "paused", "paused", "paused"]


def test_a_frozen_redis_costs_all_that_wait_for_it_no_more_than_one(make_redis: MakeRedis) -> None:
    """Questions that are under way when it freezes end with one allowance each, on connections they already have."""
    server = make_redis()

    async def ask(probe: Probe) -> tuple[list[Any], int]:
        """Freeze it behind questions."""
        await asyncio.gather(*(probe.get("a") for _ in range(8)))
        server.stop()
        asked = await asyncio.gather(*(probe.get("a") for _ in range(8)))
        server.cont()
        wait_until(lambda: server.scripts == 16)
        probe.end_pause()
        await asyncio.gather(*(probe.get("a") for _ in range(8)))
        return asked, server.clients

    asked, clients = on_link(server.url, ask, seconds=HURRIED)

    assert asked == ["timeout"] * 8
    assert clients <= 8


def test_what_nobody_waits_for_any_more_is_not_done_later(make_redis: MakeRedis) -> None:
    """A server that hung reads everything that it was sent meanwhile; by then it is too late, and it knows."""
    server = make_redis()

    async def ask(probe: Probe) -> tuple[Any, bytes]:
        """Have a write lie before the frozen server, and look what becomes of it."""
        await probe.run(SET, "a", "1")
        before = server.scripts
        server.stop()
        seen = await probe.run(SET, "a", "2")
        server.cont()
        await asyncio.to_thread(wait_until, lambda: server.scripts > before)
        return seen, server.command("GET", "a")

    assert on_link(server.url, ask, seconds=HURRIED) == ("timeout", b"1")


def test_a_clock_of_redis_that_leaps_costs_one_question(redis: RedisServer) -> None:
    """It looks as if the question came too late; the answer says what time it is there, and the next one is in time."""

    async def ask(probe: Probe) -> list[Any]:
        """Have Redis's clock run ahead by setting one's own back."""
        seen = [await probe.run(SET, "a", "1")]
        probe.steady.ahead -= 3600.0
        seen.append(await probe.run(SET, "a", "2"))
        probe.end_pause()
        return [*seen, await probe.get("a"), await probe.run(SET, "a", "3"), probe.failures]

    assert on_link(redis.url, ask) == [b"OK", "timeout", b"1", b"OK", ["timeout"]]


def test_a_killed_redis_is_spared_and_comes_back(make_redis: MakeRedis) -> None:
    """While it is gone the failure is told; what was written before is gone, and the next question is answered."""
    server = make_redis()

    async def ask(probe: Probe) -> list[Any]:
        """Ask before, between and after."""
        seen = [await probe.run(SET, "a", "1")]
        server.kill()
        seen += [await probe.get("a"), await probe.get("a")]
        server.start()
        probe.end_pause()
        return [*seen, await probe.get("a"), probe.failures]

    assert on_link(server.url, ask) == [b"OK", "connection", "paused", None, ["connection", "paused"]]


def test_a_redis_that_was_restarted_between_two_questions_is_not_noticed(make_redis: MakeRedis) -> None:
    """The connection that was kept open is closed by then; a second try finds that out, and no failure is told."""
    server = make_redis()

    async def ask(probe: Probe) -> list[Any]:
        """Restart it behind an idle connection."""
        seen = [await probe.run(SET, "a", "1")]
        server.restart()
        return [*seen, await probe.get("a"), probe.failures]

    assert on_link(server.url, ask) == [b"OK", None, []]


REFUSING: dict[str, Sequence[str]] = {
    "read only": ("REPLICAOF 127.0.0.1 1",),
    "full": ("CONFIG SET maxmemory-policy noeviction", "CONFIG SET maxmemory 1"),
}


@pytest.mark.parametrize("name", REFUSING)
def test_a_redis_that_takes_no_writes_is_not_spared(name: str, make_redis: MakeRedis) -> None:
    """It says no, and is asked again: reading still helps, and it may take writes again at any time."""
    server = make_redis()
    server.command("SET", "a", "1")
    for order in REFUSING[name]:
        server.command(*order.split())

    async def ask(probe: Probe) -> list[Any]:
        """Write, read, and write again when it may be written."""
        seen = [await probe.run(SET, "a", "2"), await probe.run(SET, "a", "2")]
        seen.append(await probe.get("a"))
        server.command("REPLICAOF", "NO", "ONE")
        server.command("CONFIG", "SET", "maxmemory", "0")
        return [*seen, await probe.run(SET, "a", "3"), await probe.get("a"), probe.failures]

    assert on_link(server.url, ask) == ["refused", "refused", b"1", b"OK", b"3", ["refused", "refused"]]


def test_a_value_of_another_type_is_refused_and_the_next_key_is_right(redis: RedisServer) -> None:
    """A list where a text should be, a script that fails and a script that is none are no reason to spare Redis."""
    redis.command("RPUSH", "list", "1")
    redis.command("SET", "a", "1")

    async def ask(probe: Probe) -> list[Any]:
        """Ask for the list and then for a text, three times."""
        bad = [(GET, "list"), ("return redis.call('NOSUCH')", "a"), ("this is no Lua", "a"), ("error('x')", "a")]
        return [await probe.run(script, key) for pair in bad for script, key in (pair, (GET, "a"))]

    assert on_link(redis.url, ask) == ["refused", b"1"] * 4


class Lie(NamedTuple):
    """What comes instead of one reply, and what the question that meets it may get."""

    spoil: Spoil
    first: frozenset[Any]


def _lie(spoil: Spoil, *first: Any) -> Lie:
    return Lie(spoil, frozenset(first))


DEEP = b"*1\r\n" * 100_000
LIES = {
    "one reply more": _lie(surround(after=b"$5\r\nother\r\n"), b"a"),
    "two replies more": _lie(surround(after=b"$5\r\nother\r\n:1\r\n"), b"a"),
    "half a reply more": _lie(surround(after=b"$50\r\noth"), b"a"),
    "one reply before": _lie(surround(before=b"$5\r\nother\r\n"), "garbage"),
    "a list before": _lie(surround(before=b"*2\r\n$5\r\nother\r\n$5\r\nother\r\n"), "garbage"),
    "an empty reply before": _lie(surround(before=b"$-1\r\n"), "garbage"),
    "an error before": _lie(surround(before=b"-ERR no\r\n"), "refused"),
    "a push before": _lie(surround(before=b">2\r\n$3\r\nmsg\r\n$1\r\nx\r\n"), "garbage"),
    "another value": _lie(replace(b"$5\r\nother\r\n"), "garbage"),
    "an empty list": _lie(replace(b"*0\r\n"), "garbage"),
    "no list": _lie(replace(b"*-1\r\n"), "garbage"),
    "text": _lie(replace(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "garbage"),
    "zeros": _lie(replace(bytes(100)), "garbage", "timeout"),
    "a length that is no number": _lie(replace(b"$many\r\n"), "garbage"),
    "a length below zero": _lie(replace(b"$-7\r\n"), "garbage"),
    "a length beyond all": _lie(replace(b"$99999999999999999999\r\n"), "garbage", "timeout"),
    "a list beyond all": _lie(replace(b"*999999999\r\n"), "garbage", "timeout"),
    "a list of words": _lie(replace(b"*x\r\n"), "garbage"),
    "a number that is none": _lie(replace(b":seven\r\n"), "garbage"),
    "lists within lists": _lie(replace(DEEP), "garbage"),
    "half a reply": _lie(replace(b"$100\r\nhalf"), "timeout"),
    "a reply without an end": _lie(replace(b"+" + b"a" * 100_000), "garbage", "timeout"),
    "the end of the connection": _lie(replace(b""), b"a"),
}


@pytest.mark.parametrize("name", LIES)
def test_the_next_keys_are_right_whatever_one_reply_was(name: str, redis: RedisServer) -> None:
    """Surplus, missing and nonsensical replies cost one answer at most, and no key gets what is not its own."""
    for key in ("a", "b", "c"):
        redis.command("SET", key, key)
    seconds = HURRIED if "timeout" in LIES[name].first else PATIENT

    async def ask() -> tuple[int, list[Any]]:
        """Spoil the second reply on a connection that is already there, and ask on."""
        async with proxying(redis.port) as proxy, probing(proxy.url, seconds=seconds) as probe:
            assert await probe.get("a") == b"a"
            proxy.next.append(LIES[name].spoil)
            seen = [await probe.get("a")]
            probe.end_pause()
            return proxy.fired, [*seen, await probe.get("b"), await probe.get("c")]

    fired, (first, *others) = asyncio.run(ask())

    assert fired == 1
    assert first in LIES[name].first
    assert others == [b"b", b"c"]


def test_a_reply_that_comes_too_late_reaches_nobody(redis: RedisServer) -> None:
    """The question is over when it comes; who asks next on that link gets the answer to its own question."""
    for key in ("a", "b", "c"):
        redis.command("SET", key, key)

    async def ask() -> tuple[int, list[Any]]:
        """Let the reply come after the question is over."""
        late = Hold()
        async with proxying(redis.port) as proxy, probing(proxy.url, seconds=HURRIED) as probe:
            await probe.get("c")
            proxy.next.append(late)
            seen = [await probe.get("a")]
            late.released.set()
            probe.end_pause()
            return proxy.fired, [*seen, await probe.get("b"), await probe.get("c")]

    assert asyncio.run(ask()) == (1, ["timeout", b"b", b"c"])


def test_nonsense_on_one_connection_spoils_no_answer_on_another(redis: RedisServer) -> None:
    """All connections are closed then; a question that is under way on one of them gets its own answer or none."""
    for key in ("a", "b"):
        redis.command("SET", key, key)

    async def ask() -> tuple[int, Any, Any, Any]:
        """Have one question wait while another one meets nonsense."""
        late = Hold()
        async with proxying(redis.port) as proxy, probing(proxy.url) as probe:
            await asyncio.gather(probe.get("a"), probe.get("b"))
            proxy.next.extend([late, replace(b"$5\r\nother\r\n")])
            task = asyncio.create_task(probe.get("a"))
            await late.reached.wait()
            met = await probe.get("b")
            late.released.set()
            waited = await task
            probe.end_pause()
            return proxy.fired, met, waited, await probe.get("b")

    fired, met, waited, after = asyncio.run(ask())

    assert (fired, met, after) == (2, "garbage", b"b")
    assert waited in {b"a", "connection"}


def test_a_connection_that_is_cut_twice_is_a_failure(redis: RedisServer) -> None:
    """A second try is one; after it the failure is told, and Redis is spared."""

    async def ask() -> tuple[int, Any, Any]:
        """Cut the connection, and the one of the second try."""
        async with proxying(redis.port) as proxy, probing(proxy.url) as probe:
            await probe.get("a")
            proxy.always = replace(b"")
            return proxy.connections, await probe.get("a"), probe.failures

    assert asyncio.run(ask()) == (1, "connection", ["connection"])


def test_more_questions_than_connections_wait_for_their_turn(redis: RedisServer) -> None:
    """A hundred at once are all answered, each with its own, over as many connections as the link may have."""
    for number in range(100):
        redis.command("SET", f"key-{number}", str(number))

    async def ask(probe: Probe) -> tuple[list[Any], int]:
        """Ask for all at once."""
        answers = await asyncio.gather(*(probe.get(f"key-{number}") for number in range(100)))
        return answers, redis.clients

    answers, clients = on_link(redis.url, ask)

    assert answers == [b"%d" % number for number in range(100)]
    assert clients <= 16


def test_what_is_cancelled_is_cancelled(redis: RedisServer) -> None:
    """A question whose asker is gone ends as such: it is no failure of Redis, and nobody is told."""
    redis.command("SET", "a", "a")
    redis.command("SET", "b", "b")

    async def ask() -> tuple[int, type[Any], Any, list[Any]]:
        """Cancel a question that waits for its reply."""
        late = Hold()
        async with proxying(redis.port) as proxy, probing(proxy.url) as probe:
            await probe.get("a")
            proxy.next.append(late)
            task = asyncio.create_task(probe.get("a"))
            await late.reached.wait()
            task.cancel()
            ended = await asyncio.gather(task, return_exceptions=True)
            await proxy.see_off()
            failures = [*probe.failures]
            return proxy.fired, type(ended[0]), await probe.get("b"), failures

    assert asyncio.run(ask()) == (1, asyncio.CancelledError, b"b", [])


def test_closing_ends_what_is_under_way(redis: RedisServer) -> None:
    """A question that waits when the link closes is over, and its connection is closed with the others."""

    async def ask() -> tuple[int, Any]:
        """Close behind a question that waits for its reply."""
        late = Hold()
        async with proxying(redis.port) as proxy:
            async with probing(proxy.url) as probe:
                await probe.get("a")
                proxy.next.append(late)
                task = asyncio.create_task(probe.get("a"))
                await late.reached.wait()
            late.released.set()
            ended = await asyncio.gather(task, return_exceptions=True)
            return proxy.fired, type(ended[0])

    before = redis.clients
    assert asyncio.run(ask()) == (1, asyncio.CancelledError)
    wait_until(lambda: redis.clients == before)


def test_who_waits_for_a_place_is_spared_with_the_others(make_redis: MakeRedis) -> None:
    """Of more questions than there are connections, those that still wait when the first ones fail are not sent."""
    server = make_redis()

    async def ask(probe: Probe) -> tuple[list[Any], int]:
        """Ask a frozen server more than it has connections for."""
        before = server.accepted
        server.stop()
        asked = await asyncio.gather(*(probe.get("a", Allowance(5.0)) for _ in range(40)))
        server.cont()
        wait_until(lambda: server.accepted > before)
        return asked, server.accepted - before

    asked, accepted = on_link(server.url, ask, seconds=HURRIED)

    assert asked == ["timeout"] * 16 + ["paused"] * 24
    assert accepted <= 16


def test_closing_leaves_no_connection(redis: RedisServer) -> None:
    """Neither a link that was used nor one that never was keeps anything open, and both may be closed twice."""

    async def ask(probe: Probe) -> int:
        """Use it, close it, and close it again when the test ends."""
        await asyncio.gather(*(probe.get("a") for _ in range(5)))
        open_before = redis.clients
        await probe.link.close()
        return open_before

    before = redis.clients
    opened = on_link(redis.url, ask)

    assert opened > before
    wait_until(lambda: redis.clients == before)
    on_link(redis.url, lambda probe: probe.link.close())
