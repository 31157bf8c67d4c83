"""A Redis that may be gone, hung or lying at any time.

Law: one allowance of time covers everything that a question asks of Redis; after a failure nobody asks for a second.
An answer says which question it is for, or it is none. Redis is a cache, never a judge: whoever calls goes on without
it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Connection, Redis, RedisCluster, SSLConnection
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, RedisClusterException, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Failure = Literal["timeout", "connection", "refused", "garbage", "paused"]
"""It did not answer in time, could not be reached, said no, answered nonsense, or is spared after one of these."""
ALLOWANCE_SECONDS = 0.3
PAUSE_SECONDS = 1.0
_FAIR_SHARE = 1 / 3
"""Whoever had less of the allowance than this to wait for an answer has learned nothing about Redis."""
_SOCKET_SHARE = 5 / 6
_SENTINEL_SHARE = 1 / 3
_POOL_SHARE = 1 / 3
_CONNECTIONS = 16
SCHEMES = ("redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
_ONCE = """local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local function answer()
%s
end
local given = false
if now <= tonumber(ARGV[#ARGV - 1]) then given = answer() end
if type(given) == 'table' and given.err then return given end
return {ARGV[#ARGV], string.format('%%.6f', now), given or false}"""
"""Runs a script unless its time is over by the clock of Redis, and says which question it answers, and when."""
_NO_END = 1e15


class LinkError(Exception):
    """Redis did not do what it was asked to."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Allowance:
    """Time that one question may spend on Redis, however often it asks."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds


class Link:
    """The connection to Redis, by any of its forms."""

    def __init__(
        self,
        url: str,
        steady: Callable[[], float],
        failed: Callable[[Failure], None],
        *,
        seconds: float = ALLOWANCE_SECONDS,
    ) -> None:
        """Prepare a link; nothing is sent before the first question.

        Args:
            url: one of `SCHEMES`.
            steady: seconds on a clock that never jumps.
            failed: is told of every failure.
            seconds: that a question may spend on Redis.

        Raises:
            ValueError: for a URL that names no Redis.
        """
        self._client = _client(url, seconds)
        self._seconds = seconds
        self._steady = steady
        self._failed = failed
        self._marks = count()
        self._ahead: float | None = None  # of Redis's clock before the steady one, at least
        self._places = asyncio.Semaphore(_CONNECTIONS)  # a Sentinel's and a cluster's pool refuse where one could wait
        self._asking: set[asyncio.Task[Any]] = set()
        self._paused_until = 0.0

    def allow(self) -> Allowance:
        """Give the time of one question."""
        return Allowance(self._seconds)

    async def run(self, script: str, keys: Sequence[str], *arguments: str | bytes | int, allowance: Allowance) -> Any:
        """Run a Lua script, atomically, on keys of one node.

        Raises:
            LinkError: if it was not run, or its answer is not to be had; it may have been run all the same.
        """
        started, granted = self._steady(), allowance.left
        if not granted:
            raise self._note("timeout")
        try:
            answer = await self._wait(self._ask(script, keys, *arguments, until=started + granted), granted)
        except TimeoutError:
            raise (self._pause if granted >= _FAIR_SHARE * self._seconds else self._note)("timeout") from None
        finally:
            allowance.left = max(0.0, granted - (self._steady() - started))
        return answer

    async def close(self) -> None:
        """Close all connections."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._client.aclose()

    async def _wait(self, question: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """Wait for an answer, but no longer than so: under Python 3.11 the library may miss that it is to stop."""
        task = asyncio.create_task(question)
        self._asking.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        if not task.done():
            raise TimeoutError
        return task.result()

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to see it

    async def _ask(self, script: str, keys: Sequence[str], *arguments: str | bytes | int, until: float) -> Any:
        """Ask as soon as there is a place; whoever waits for one is told of a failure before it gets it."""
        async with self._places:
            self._spare()
            try:
                return await self._send(script, keys, *arguments, until=until)
            except (TimeoutError, RedisTimeoutError):
                raise self._pause("timeout") from None
            except (RedisConnectionError, RedisClusterException, OSError, AttributeError):
                # The library closes all connections of a cluster that changes, also under those that just open one.
                raise self._pause("connection") from None
            except ResponseError:  # read only, full, a value of another type: the next script may do better
                raise self._note("refused") from None
            except (RedisError, ValueError, RecursionError):  # an answer that can't be read, or to another question
                raise await self._clear() from None

    async def _send(self, script: str, keys: Sequence[str], *arguments: str | bytes | int, until: float) -> Any:
        """Ask, and check that the answer is to this question: on a connection with one reply too many it is not.

        A Redis that hung reads all that it was asked meanwhile. What nobody waits for any more it must not run: a lock
        would be taken, or a unit spent, for nobody.
        """
        await self._client.initialize()  # a cluster that does not know its nodes yet would ask any of them
        mark = b"%d" % next(self._marks)
        end = (
            _NO_END if self._ahead is None else min(until, self._steady() + _SOCKET_SHARE * self._seconds) + self._ahead
        )
        reply = await self._client.eval(_ONCE % script, len(keys), *keys, *arguments, f"{end:.6f}", mark)
        if not isinstance(reply, list) or len(reply) != 3 or reply[0] != mark:
            raise InvalidResponse
        now = float(reply[1])
        self._ahead = max(now - self._steady(), -_NO_END if self._ahead is None else self._ahead)
        if now > end:
            raise RedisTimeoutError
        return reply[2]

    def _spare(self) -> None:
        if self._steady() < self._paused_until:
            raise self._note("paused")

    async def _clear(self) -> LinkError:
        """Close the connections that nonsense came from, or may still come from."""
        error = self._pause("garbage")
        with suppress(RedisError, OSError):
            await self._client.aclose()
        return error

    def _note(self, failure: Failure) -> LinkError:
        self._failed(failure)
        return LinkError(failure)

    def _pause(self, failure: Failure) -> LinkError:
        self._paused_until = self._steady() + PAUSE_SECONDS
        return self._note(failure)


def check_url(url: str) -> None:
    """Raise ValueError with a sentence for a URL that names no Redis."""
    _client(url, ALLOWANCE_SECONDS)


class _Address(NamedTuple):
    """What a URL says."""

    hosts: Sequence[tuple[str, int]]
    is_secure: bool
    path: Sequence[str]
    seconds: float
    """That a question may spend on Redis."""
    options: Mapping[str, Any]
    """For each connection to Redis."""


class _Watched(Redis):
    """The master that sentinels name, which takes its sentinels along when it closes."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close all connections, also those to the sentinels."""
        await super().aclose(close_connection_pool)
        await cast("SentinelConnectionPool", self.connection_pool).sentinel_manager.aclose()


class _Cluster(RedisCluster):
    """A cluster that closes also what it means to look at anew, which the library leaves open."""

    async def aclose(self) -> None:
        """Close all connections to all nodes."""
        await super().aclose()
        await self.nodes_manager.aclose()
        await self.nodes_manager.aclose("startup_nodes")


def _guards(seconds: float) -> dict[str, Any]:
    return {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "protocol": 2,  # under 3 one surplus reply shifts every later one: a key gets another key's value
    }


_NO_RETRY = Retry(NoBackoff(), 0)
_FLAGS = {"true": True, "false": False}
_MAY_BE_SET: dict[str, Callable[[str], Any]] = {
    "client_name": str,
    "ssl_ca_certs": str,
    "ssl_certfile": str,
    "ssl_check_hostname": _FLAGS.__getitem__,
    "ssl_keyfile": str,
}


def _client(text: str, seconds: float) -> Any:
    """Make the client that a URL asks for."""
    url = urlsplit(text)
    secure, _, form = url.scheme.partition("+")
    if url.scheme not in SCHEMES or not url.netloc:
        raise ValueError(f"not a Redis URL; it begins with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    port = 26379 if form == "sentinel" else 6379
    address = _Address(
        hosts=[_host(entry, port) for entry in url.netloc.rpartition("@")[2].split(",")],
        is_secure=secure == "rediss",
        path=[unquote(step) for step in url.path.split("/")[1:]],
        seconds=seconds,
        options={**_guards(_SOCKET_SHARE * seconds), **_login(url), **_options(url)},
    )
    return {"": _single, "sentinel": _watched, "cluster": _cluster}[form](address)


def _retry() -> Retry:
    """Try a second time where a connection that was kept open turns out to be closed."""
    return Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))


def _single(address: _Address) -> Redis:
    if len(address.hosts) > 1:
        raise ValueError("one host is enough, unless the URL is of a sentinel or a cluster form")
    ((host, port),) = address.hosts
    pool = BlockingConnectionPool(
        max_connections=_CONNECTIONS,
        timeout=_POOL_SHARE * address.seconds,
        connection_class=SSLConnection if address.is_secure else Connection,
        host=host,
        port=port,
        db=_database(address.path),
        retry=_retry(),
        **address.options,
    )
    return Redis.from_pool(pool)


def _watched(address: _Address) -> Redis:
    """Follow the master that sentinels name: redis+sentinel://host:26379,host:26379/name/db."""
    name, *path = address.path or [""]
    if not name:
        raise ValueError("a sentinel URL has the name of the master after the hosts")
    options = {**address.options, "ssl": address.is_secure, "db": _database(path)}
    asking = {
        **_guards(_SENTINEL_SHARE * address.seconds),
        "retry": _NO_RETRY,
    }  # one that is gone leaves time for others
    sentinel = Sentinel(address.hosts, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    # A second try would go to where the master was, and stay there; only a new connection asks the sentinels.
    master = sentinel.master_for(name, _Watched, retry=_NO_RETRY, max_connections=_CONNECTIONS, **options)
    return cast("Redis", master)


def _cluster(address: _Address) -> _Cluster:
    if _database(address.path):
        raise ValueError("a cluster has database 0 and no other")
    nodes = [ClusterNode(host, port) for host, port in address.hosts]
    return _Cluster(
        startup_nodes=nodes,
        ssl=address.is_secure,
        retry=_retry(),
        max_connections=_CONNECTIONS,
        **address.options,
    )


def _host(entry: str, port: int) -> tuple[str, int]:
    place = urlsplit(f"//{entry}")
    if not place.hostname:
        raise ValueError("a Redis URL names a host")
    return place.hostname, place.port or port


def _database(path: Sequence[str]) -> int:
    number = "/".join(path) or "0"
    if not (number.isascii() and number.isdecimal()):
        raise ValueError("the database in a Redis URL is a number")
    return int(number)


def _login(url: SplitResult) -> dict[str, str]:
    """Take the login, which urlsplit finds before the last @."""
    given = {"username": url.username, "password": url.password}
    return {name: unquote(value) for name, value in given.items() if value}


def _options(url: SplitResult) -> dict[str, Any]:
    """Read what the query adds; what would take a guard away, or is not known, is refused."""
    given = dict(parse_qsl(url.query, keep_blank_values=True))
    allowed = {name for name in _MAY_BE_SET if url.scheme.startswith("rediss") or not name.startswith("ssl_")}
    for name in given:
        if name not in allowed:
            raise ValueError(f"{name} is not to be set here; what may be is {', '.join(sorted(allowed))}")
    try:
        return {name: _MAY_BE_SET[name](value) for name, value in given.items()}
    except KeyError as error:
        raise ValueError(f"{error} is neither true nor false") from None
