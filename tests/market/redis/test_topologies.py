"""Redis behind sentinels, as a cluster and behind TLS: the same link, the same promises.

Law: nothing is waited for but events: an election that is over, a cluster that agrees, a certificate that is written.
"""

import asyncio
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, suppress
from functools import partial
from itertools import count
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from redis.exceptions import ResponseError

from service.link import Allowance, Link
from service.market.source import Feed, Quote
from service.market.store import Claim, Store
from tests.market.redis.conftest import MakeRedis
from tests.market.redis.probe import HURRIED, PATIENT, SET, Probe, Steady, on_link, probing
from tests.market.redis.proxy import Proxy, delaying, proxying, replace, surround
from tests.market.redis.server import DEADLINE, RedisServer, free_port, wait_until
from tests.market.redis.test_cancels import run_fast, storm
from tests.market.redis.test_store import nothing

SLOTS = 16_384
HALF = SLOTS // 2
LEFT, RIGHT = "b", "a"
"""Keys in the lower and in the upper half of the slots."""


def slots(first: int, after: int) -> list[int]:
    """Write a range of slots out."""
    return list(range(first, after))


# Sentinel


class Watched:
    """A master, its replica, and the sentinel that watches them."""

    def __init__(self, make: MakeRedis) -> None:
        """Start all three, and wait until they know each other."""
        self.master, self.replica = make(), make()
        self.replica.command("REPLICAOF", "127.0.0.1", self.master.port)
        wait_until(lambda: self.replica.info("replication")["master_link_status"] == "up")
        lines = (
            f"sentinel monitor main 127.0.0.1 {self.master.port} 1",
            "sentinel down-after-milliseconds main 200",
            "sentinel failover-timeout main 2000",
        )
        self.sentinel = make("--sentinel", config="\n".join(lines))
        wait_until(self.knows_replica)
        self.url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{self.sentinel.port}/main"
        """With a first sentinel that is not there."""

    def knows_replica(self) -> bool:
        """Ask the sentinel whether it has seen the replica."""
        return bool(self.sentinel.info("sentinel")["master0"]["slaves"])

    def leads_to(self, server: RedisServer) -> bool:
        """Ask the sentinel whether a server is the master now."""
        return bool(self.sentinel.info("sentinel")["master0"]["address"].endswith(f":{server.port}"))

    def begins_failover(self) -> bool:
        """Tell the sentinel to make the replica the master, as soon as it finds it good enough."""
        with suppress(ResponseError):
            return bool(self.sentinel.command("SENTINEL", "FAILOVER", "main"))
        return False

    def has_failed_over(self) -> bool:
        """Tell whether the replica is the master now, for the sentinel and for itself."""
        return self.leads_to(self.replica) and self.replica.info("replication")["role"] == "master"


@pytest.fixture
def watched(make_redis: MakeRedis) -> Watched:
    """Give a master that a sentinel watches."""
    return Watched(make_redis)


def test_the_master_that_sentinels_name_is_asked(watched: Watched) -> None:
    """Also where the first sentinel of the URL is gone; and nothing stays open, not even to the sentinels."""

    async def ask(probe: Probe) -> list[Any]:
        """Write, and read from the master."""
        return [await probe.run(SET, "a", "1"), watched.master.command("GET", "a"), probe.failures]

    before = watched.sentinel.clients
    assert on_link(watched.url, ask) == [b"OK", b"1", []]
    wait_until(lambda: watched.sentinel.clients == before)


def test_the_database_of_a_watched_master_is_used(watched: Watched) -> None:
    """The number after the name counts."""
    assert on_link(f"{watched.url}/5", lambda probe: probe.run(SET, "a", "1")) == b"OK"
    assert "db5" in watched.master.info("keyspace")


def test_a_new_master_is_found_when_the_old_one_is_killed(watched: Watched) -> None:
    """The link fails, is spared, and then asks the one that the sentinels name now."""

    async def ask(probe: Probe) -> list[Any]:
        """Kill the master and wait for the election."""
        seen = [await probe.run(SET, "a", "1")]
        watched.master.kill()
        seen.append(await probe.get("a"))
        await asyncio.to_thread(wait_until, watched.has_failed_over)
        probe.end_pause()
        return [*seen, await probe.run(SET, "a", "2"), watched.replica.command("GET", "a")]

    assert on_link(watched.url, ask) == [b"OK", "connection", b"OK", b"2"]


def test_a_master_that_was_made_a_replica_is_left(watched: Watched) -> None:
    """The old one still answers, and takes no writes: the link goes on with the new one."""

    async def ask(probe: Probe) -> list[Any]:
        """Swap the two while the link has connections to the old one."""
        seen = [await probe.run(SET, "a", "1")]
        await asyncio.to_thread(wait_until, watched.begins_failover)
        await asyncio.to_thread(wait_until, watched.has_failed_over)
        watched.master.command("REPLICAOF", "127.0.0.1", watched.replica.port)  # as the sentinel does, some time later
        seen.append(await probe.run(SET, "a", "2"))
        watched.master.command("CLIENT", "KILL", "TYPE", "normal")  # same
        seen.append(await probe.run(SET, "a", "3"))
        probe.end_pause()
        return [*seen, await probe.run(SET, "a", "4"), watched.replica.command("GET", "a")]

    first, second, third, *after = on_link(watched.url, ask)

    assert (first, second, after) == (b"OK", "refused", [b"OK", b"4"])
    assert third in {"connection", b"OK"}


def test_a_watched_master_has_room_for_many_questions_at_once(watched: Watched) -> None:
    """A hundred wait for their turn; none of them is told that there is no connection left."""

    async def ask(probe: Probe) -> tuple[int, list[Any]]:
        """Ask for all at once."""
        answers = await asyncio.gather(*(probe.run(SET, f"key-{number}", "1") for number in range(100)))
        return answers.count(b"OK"), probe.failures

    assert on_link(watched.url, ask) == (100, [])


def test_sentinels_that_hang_leave_time_for_the_last_of_three(watched: Watched) -> None:
    """Each may use a third of what a question has."""
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)]
        hosts = ",".join(f"127.0.0.1:{port}" for port in [*silent, watched.sentinel.port])

        async def ask(probe: Probe) -> list[Any]:
            """Ask for the first time."""
            return [await probe.run(SET, "a", "1"), probe.failures]

        assert on_link(f"redis+sentinel://{hosts}/main", ask, seconds=3 * HURRIED) == [b"OK", []]


def test_sentinels_that_are_all_gone_are_a_failure(watched: Watched) -> None:
    """Without them nobody knows the master, and Redis is spared."""
    watched.sentinel.kill()

    assert on_link(watched.url, lambda probe: probe.get("a")) == "connection"


# Cluster


class Cluster:
    """Two masters, each with half of the slots."""

    def __init__(self, nodes: list[RedisServer]) -> None:
        """Make them one."""
        self.nodes = nodes
        self.left, self.right = nodes
        self.left.command("CLUSTER", "ADDSLOTS", *slots(0, HALF))
        self.right.command("CLUSTER", "ADDSLOTS", *slots(HALF, SLOTS))
        self.left.command("CLUSTER", "MEET", "127.0.0.1", self.right.port)
        self.wait_for_agreement()
        self.url = f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{self.left.port}"
        """With a first node that is not there."""

    def wait_for_agreement(self) -> None:
        """Wait until both know who has which slots."""
        wait_until(lambda: all(knows_all(node) for node in self.nodes))


def knows_all(node: RedisServer) -> bool:
    """Tell whether a node knows who has each of the slots."""
    told = node.command("CLUSTER", "INFO")
    text = told.decode() if isinstance(told, bytes) else " ".join(f"{name}:{value}" for name, value in told.items())
    return "cluster_state:ok" in text


MAKE_NODE = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no")


@pytest.fixture(scope="module")
def cluster(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a cluster that is started once."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("cluster")
        nodes = [stack.enter_context(RedisServer(executable, folder, *MAKE_NODE)) for _ in range(2)]
        yield Cluster(nodes)


class Lone:
    """A cluster of one node, which says that it is at another port: what is between can be chosen."""

    def __init__(self, executable: str, folder: Path) -> None:
        """Choose the ports."""
        self.port = free_port()
        self.node = RedisServer(executable, folder, *MAKE_NODE, "--cluster-announce-port", str(self.port))
        self.url = f"redis+cluster://127.0.0.1:{self.port}"

    def wait_for_slots(self) -> None:
        """Wait until it is sure of them."""
        wait_until(lambda: knows_all(self.node))


@pytest.fixture(scope="module")
def starting(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lone]:
    """Give a cluster of one node that is started once."""
    started = Lone(executable, tmp_path_factory.mktemp("lone"))
    with started.node:
        started.node.command("CLUSTER", "ADDSLOTS", *slots(0, SLOTS))
        yield started


@pytest.fixture
def lone(starting: Lone) -> Lone:
    """Give that cluster, empty and sure of its slots."""
    starting.wait_for_slots()
    starting.node.command("FLUSHALL")
    return starting


def test_each_key_of_a_cluster_is_asked_of_its_own_node(cluster: Cluster) -> None:
    """Also where the first node of the URL is gone."""

    async def ask(probe: Probe) -> list[Any]:
        """Write to both nodes and read it back."""
        return [
            *[await probe.run(SET, key, key) for key in (LEFT, RIGHT)],
            *[await probe.get(key) for key in (LEFT, RIGHT)],
            probe.failures,
        ]

    assert on_link(cluster.url, ask) == [b"OK", b"OK", b"b", b"a", []]
    assert cluster.left.command("GET", LEFT) == b"b"
    assert cluster.right.command("GET", RIGHT) == b"a"


def test_boards_are_shared_in_a_cluster(cluster: Cluster) -> None:
    """The three keys of a board may be asked for together, whatever board it is."""
    exchanges = ("binance", "bingx", "bybit", "mexc", "weex")
    feeds = [Feed(exchange, "spot", "quotes", Quote, nothing, 2.0, 60.0) for exchange in exchanges]  # type: ignore[arg-type]

    async def ask() -> list[tuple[Claim, Claim]]:
        """Claim each board from two processes."""
        first, second = (Link(cluster.url, Steady(), lambda _: None, seconds=PATIENT) for _ in range(2))
        stores = [Store(first), Store(second)]
        claims = [
            [await store.claim(feed, known=0, is_doubted=False, allowance=store.allow()) for store in stores]
            for feed in feeds
        ]
        await first.close()
        await second.close()
        return [(one, two) for one, two in claims]

    assert [(one.is_ours, two.is_ours) for one, two in asyncio.run(ask())] == [(True, False)] * len(feeds)


def test_a_node_that_hangs_costs_one_question(cluster: Cluster) -> None:
    """Then all of the cluster is spared, and when it goes on both halves answer."""

    async def ask(probe: Probe) -> list[Any]:
        """Freeze one node behind connections to both."""
        seen = [await probe.run(SET, key, key) for key in (LEFT, RIGHT)]
        before = cluster.right.scripts
        cluster.right.stop()
        seen += [await probe.get(RIGHT), await probe.get(LEFT)]
        cluster.right.cont()
        wait_until(lambda: cluster.right.scripts > before)
        cluster.wait_for_agreement()
        probe.end_pause()
        return [*seen, await probe.get(RIGHT), await probe.get(LEFT)]

    assert on_link(cluster.url, ask, seconds=HURRIED) == [b"OK", b"OK", "timeout", "paused", b"a", b"b"]


def test_a_node_that_hung_often_is_still_asked(cluster: Cluster) -> None:
    """A question ends when its time does, also where the library misses that; and no connection is lost for good."""

    async def ask(probe: Probe) -> tuple[list[Any], bool, Any]:
        """Give up more questions than there are connections, before an alarm that is far away."""
        await probe.run(SET, RIGHT, "1")
        cluster.right.stop()
        alarm = asyncio.Event()
        handle = asyncio.get_running_loop().call_later(PATIENT, alarm.set)
        seen = await asyncio.gather(*(probe.get(RIGHT, Allowance(0.05)) for _ in range(40)))
        handle.cancel()
        cluster.right.cont()
        await asyncio.to_thread(cluster.wait_for_agreement)
        probe.end_pause()
        return seen, alarm.is_set(), await probe.get(RIGHT)

    seen, is_late, after = on_link(cluster.url, ask, seconds=HURRIED)

    assert set(seen) == {"timeout"}
    assert (is_late, after) == (False, b"1")


def test_a_cluster_has_room_for_many_questions_at_once(cluster: Cluster) -> None:
    """A hundred for one node wait for their turn; none of them is told that there is no connection left."""

    async def ask(probe: Probe) -> tuple[int, list[Any]]:
        """Ask one node for all at once."""
        answers = await asyncio.gather(*(probe.run(SET, f"{{a}}{number}", "1") for number in range(100)))
        return answers.count(b"OK"), probe.failures

    assert on_link(cluster.url, ask) == (100, [])


def test_slots_that_move_under_many_questions_cost_no_more_than_some(cluster: Cluster) -> None:
    """The library closes all connections when it hears of it often, also those that just open; that is a failure."""
    slot = cluster.left.command("CLUSTER", "KEYSLOT", LEFT)
    names = [node.command("CLUSTER", "MYID") for node in cluster.nodes]
    for node in cluster.nodes:
        node.command("FLUSHALL")

    async def ask(name: bytes) -> set[Any]:
        """Move a slot behind a link's back, and then ask for it over many new connections."""
        async with probing(cluster.url) as probe:
            await probe.get(RIGHT)
            for node in cluster.nodes:
                node.command("CLUSTER", "SETSLOT", slot, "NODE", name)
            return set(await asyncio.gather(*(probe.get(LEFT) for _ in range(100))))

    async def run() -> set[Any]:
        """Move it to and fro."""
        return {answer for name in (names[1], names[0]) * 5 for answer in await ask(name)}

    seen = asyncio.run(run())

    assert seen <= {None, "connection", "paused", "timeout"}
    assert None in seen


def test_closing_a_cluster_that_failed_leaves_no_connection(cluster: Cluster) -> None:
    """The library leaves the connections of a cluster open that it means to look at anew."""
    before = cluster.left.clients

    async def ask(probe: Probe) -> list[Any]:
        """Fail at one node behind connections to both, and close."""
        seen = [await probe.run(SET, key, key) for key in (LEFT, RIGHT)]
        cluster.right.stop()
        return [*seen, await probe.get(RIGHT), cluster.left.clients > before]

    assert on_link(cluster.url, ask, seconds=HURRIED) == [b"OK", b"OK", "timeout", True]
    cluster.right.cont()
    wait_until(lambda: cluster.left.clients == before)
    cluster.wait_for_agreement()


def test_a_slot_that_moved_is_followed(cluster: Cluster) -> None:
    """The node that had it says where it is now, and the answer comes from there."""
    slot = cluster.left.command("CLUSTER", "KEYSLOT", LEFT)
    name = cluster.right.command("CLUSTER", "MYID")

    async def ask(probe: Probe) -> list[Any]:
        """Move the slot behind the link's back."""
        seen = [await probe.run(SET, LEFT, "1")]
        cluster.left.command("DEL", LEFT)
        for node in (cluster.right, cluster.left):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", name)
        return [*seen, await probe.run(SET, LEFT, "2"), cluster.right.command("GET", LEFT), probe.failures]

    assert on_link(cluster.url, ask) == [b"OK", b"OK", b"2", []]


def test_a_cluster_that_is_gone_is_a_failure_and_comes_back(lone: Lone) -> None:
    """While no node can be reached it is told and spared; it is asked again after that."""

    async def ask() -> list[Any]:
        """Kill the only node, and start it again."""
        async with proxying(lone.node.port, lone.port), probing(lone.url) as probe:
            seen = [await probe.run(SET, "a", "1")]
            lone.node.kill()
            for _ in range(2):
                probe.end_pause()
                seen.append(await probe.get("a"))
            lone.node.start()
            await asyncio.to_thread(lone.wait_for_slots)
            probe.end_pause()
            return [*seen, await probe.get("a")]

    assert asyncio.run(ask()) == [b"OK", "connection", "connection", None]


def test_a_cluster_that_is_gone_from_the_start_is_a_failure() -> None:
    """Where none of its nodes was ever reached."""
    url = f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{free_port()}"

    assert on_link(url, lambda probe: probe.get("a")) == "connection"


def test_a_cluster_without_all_slots_is_a_failure(make_redis: MakeRedis) -> None:
    """A server that is none, or one that lacks slots, is told as such: it is no defect of the service."""
    lacking, single = make_redis(*MAKE_NODE), make_redis()

    for server in (lacking, single):
        assert on_link(f"redis+cluster://127.0.0.1:{server.port}", lambda probe: probe.get("a")) in {
            "connection",
            "refused",
        }


def test_a_surplus_reply_of_a_cluster_reaches_no_other_key(lone: Lone) -> None:
    """Its connections are not looked at before they are used again; the mark of the question tells, and they go."""

    async def ask() -> list[Any]:
        """Add a reply to one, and ask for other keys."""
        async with proxying(lone.node.port, lone.port) as proxy, probing(lone.url) as probe:
            seen = [await probe.run(SET, key, key) for key in ("a", "b", "c")]
            proxy.next.append(surround(after=b"$5\r\nother\r\n"))
            seen += [await probe.get(key) for key in ("a", "b")]
            probe.end_pause()
            seen += [await probe.get(key) for key in ("b", "c")]
            return [*seen, proxy.fired, probe.failures]

    assert asyncio.run(ask()) == [*[b"OK"] * 3, b"a", "garbage", b"b", b"c", 1, ["garbage"]]


@pytest.mark.parametrize("form", ["redis", "redis+cluster"])
def test_nonsense_spoils_no_connection_that_just_opens(form: str, lone: Lone) -> None:
    """The library closes what is half open, and stumbles over that; to the questions it is a failure like any."""
    lone.node.command("SET", "a", "1")

    async def ask(proxy: Proxy) -> set[Any]:
        """Meet nonsense on the one connection that there is, while others open."""
        async with probing(f"{form}://127.0.0.1:{lone.port}") as probe:
            await probe.get("a")
            proxy.next.append(replace(b"$5\r\nother\r\n"))
            seen = set(await asyncio.gather(*(later(probe, turns) for turns in range(16))))
            probe.end_pause()
            return seen | {await probe.get("a")}

    async def later(probe: Probe, turns: int) -> Any:
        """Ask after so many turns of the loop, so that each connection is at another point."""
        for _ in range(turns):
            await asyncio.sleep(0)
        return await probe.get("a")

    async def run() -> tuple[int, set[Any]]:
        """Do so often enough for one of them to be half open."""
        async with proxying(lone.node.port, lone.port) as proxy:
            proxy.only = b"*3\r\n"
            seen = {answer for _ in range(20) for answer in await ask(proxy)}
            return proxy.fired, seen

    fired, seen = asyncio.run(run())

    assert fired == 20
    assert {b"1", "garbage"} <= seen <= {b"1", "garbage", "connection", "paused"}


def test_a_cluster_that_is_cut_under_many_questions_is_a_failure(lone: Lone) -> None:
    """Each gets its own answer or none, whatever its connection was doing, and after that all are answered."""

    async def ask() -> tuple[int, set[Any], Any]:
        """Cut all connections again and again while they are opened."""
        async with proxying(lone.node.port, lone.port) as proxy, probing(lone.url) as probe:
            await probe.run(SET, "a", "1")
            seen: set[Any] = set()
            for _ in range(30):
                proxy.next.extend([replace(b"")] * 3)
                seen |= set(await asyncio.gather(*(probe.get("a") for _ in range(16))))
                probe.end_pause()
            proxy.next.clear()
            return proxy.fired, seen, await probe.get("a")

    fired, seen, after = asyncio.run(ask())

    assert fired > 30
    assert seen <= {b"1", "connection", "timeout", "paused"}
    assert after == b"1"


def test_no_answer_of_a_cluster_reaches_another_question(lone: Lone) -> None:
    """Not even where thousands of questions are given up while they wait, and no connection is lost by that."""
    lone.node.command("FLUSHALL")

    async def ask(link: Link, key: str) -> Any:
        """Have a key's name come back."""
        return await link.run("return KEYS[1]", [key], allowance=link.allow())

    async def run() -> tuple[Counter[str], Any]:
        """Ask through a way that holds replies for a random time."""
        async with delaying(lone.node.port, 0.002, seed=1, port=lone.port):
            link = Link(lone.url, count(0, 10).__next__, lambda _: None, seconds=PATIENT)
            ends = await storm(partial(ask, link), 3000, seed=3)
            after = await ask(link, "key-7")
            await link.close()
            return ends, after

    ends, after = run_fast(run())

    assert (ends["crossed"], sum(ends.values()), after) == (0, 3000, b"key-7")
    assert min(ends["cancelled"], ends["answered"]) > 50
    assert ends["LinkError"] < 300


# TLS


class Certificate:
    """A certificate of this machine's loopback address, signed by itself."""

    def __init__(self, folder: Path) -> None:
        """Write it."""
        openssl = which("openssl")
        if openssl is None:
            pytest.skip("no openssl to write a certificate with")
        self.file, key = folder / "certificate.pem", folder / "key.pem"
        options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis"]
        names = ["-addext", "subjectAltName=IP:127.0.0.1"]
        places = ["-keyout", str(key), "-out", str(self.file)]
        subprocess.run(
            [openssl, "req", "-x509", *options, *names, *places], check=True, capture_output=True, timeout=DEADLINE
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, key)

    @property
    def query(self) -> str:
        """What a URL says to trust it."""
        return f"ssl_ca_certs={self.file}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Give a certificate."""
    return Certificate(tmp_path_factory.mktemp("tls"))


def ask_by_tls(certificate: Certificate, redis: RedisServer, *, query: str) -> tuple[int, Any]:
    """Ask a Redis behind TLS; give how many connections came to it, and the answer."""

    async def ask() -> tuple[int, Any]:
        """Put TLS before it."""
        async with (
            proxying(redis.port, tls=certificate.context) as proxy,
            probing(f"rediss://127.0.0.1:{proxy.port}/0?{query}") as probe,
        ):
            return proxy.connections, await probe.run(SET, "a", "1")

    return asyncio.run(ask())


def test_a_redis_behind_tls_is_asked(certificate: Certificate, redis: RedisServer) -> None:
    """Where its certificate is trusted, because the URL says so."""
    assert ask_by_tls(certificate, redis, query=certificate.query)[1] == b"OK"
    assert redis.command("GET", "a") == b"1"


def test_a_certificate_that_nobody_trusts_is_a_failure(certificate: Certificate, redis: RedisServer) -> None:
    """Nothing is sent to a Redis that can't show who it is."""
    assert ask_by_tls(certificate, redis, query="")[1] == "connection"
    assert redis.command("EXISTS", "a") == 0


def test_a_redis_without_tls_is_not_asked_by_a_url_with_it(certificate: Certificate, redis: RedisServer) -> None:
    """There is no way back to plain text."""
    url = f"rediss://127.0.0.1:{redis.port}?{certificate.query}"

    assert on_link(url, lambda probe: probe.run(SET, "a", "1"), seconds=HURRIED) in {"connection", "timeout"}
    assert redis.command("EXISTS", "a") == 0


def test_a_watched_master_behind_tls_is_asked(certificate: Certificate, make_redis: MakeRedis) -> None:
    """The sentinels are asked in plain text, the master is not."""
    master = make_redis()

    async def ask() -> list[Any]:
        """Have a sentinel name the way with TLS."""
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(proxying(master.port, tls=certificate.context))
            lines = (f"sentinel monitor main 127.0.0.1 {proxy.port} 1", "sentinel down-after-milliseconds main 600000")
            sentinel = make_redis("--sentinel", config="\n".join(lines))
            url = f"rediss+sentinel://127.0.0.1:{sentinel.port}/main?{certificate.query}"
            probe = await stack.enter_async_context(probing(url))
            return [await probe.run(SET, "a", "1"), probe.failures]

    assert asyncio.run(ask()) == [b"OK", []]
    assert master.command("GET", "a") == b"1"


def test_a_cluster_behind_tls_is_asked(certificate: Certificate, lone: Lone) -> None:
    """Its nodes are found and asked by TLS alike."""

    async def ask() -> list[Any]:
        """Have the node say that it is behind TLS."""
        url = f"rediss+cluster://127.0.0.1:{lone.port}?{certificate.query}"
        async with proxying(lone.node.port, lone.port, tls=certificate.context), probing(url) as probe:
            return [await probe.run(SET, "a", "1"), probe.failures]

    assert asyncio.run(ask()) == [b"OK", []]
    assert lone.node.command("GET", "a") == b"1"
