"""Two service processes and one Redis, under load: what one fetches both use, and no answer is wrong.

Law: what is counted is allowed so often per interval of the time that has passed; nothing else depends on time.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.market.exchange import ExchangeServer
from tests.market.redis.server import RedisServer
from tests.ops.load import FRESH, QUESTIONS, Load, Tally, count_boards
from tests.ops.test_server import Server, body, read, serving

SECONDS = 4.0
"""For how long the load lasts at least."""
CONNECTIONS = 2
"""To each process."""


class Pair:
    """Two services that share a Redis and ask the local exchanges."""

    def __init__(self, servers: list[Server], exchanges: ExchangeServer) -> None:
        """Take over what runs."""
        self.servers = servers
        self.exchanges = exchanges

    async def load(self, *halfway: RedisServer) -> tuple[Tally, float]:
        """Ask both for some seconds, and kill a Redis in the middle; give the answers and the time that it took."""
        questions = [question for question in QUESTIONS if question.max_age == 10]
        load, started = Load(questions), monotonic()
        addresses = [server.address for server in self.servers for _ in range(CONNECTIONS)]
        asking = asyncio.create_task(load.run(*addresses))
        await asyncio.wait({asking}, timeout=SECONDS / 2)
        for redis in halfway:
            redis.kill()
        await asyncio.wait({asking}, timeout=SECONDS / 2)
        load.stop()
        await asking
        return load.tally, monotonic() - started

    def most_calls(self) -> int:
        """Count the calls for the board that was asked for most."""
        return max(count_boards(self.exchanges.requests).values())

    def redis_errors(self) -> list[int]:
        """Read from the metrics of each how often Redis failed."""
        texts = [body(server.send(read(b"/metrics"))).decode() for server in self.servers]
        return [
            sum(int(float(number)) for number in re.findall(r"^hedge_redis_errors_total{.*} (.*)$", text, re.MULTILINE))
            for text in texts
        ]


@pytest.fixture(scope="module")
def shared(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Give a Redis for both."""
    with RedisServer(executable, tmp_path_factory.mktemp("shared")) as server:
        yield server


@pytest.fixture(scope="module")
def running_pair(shared: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Start both, once."""
    with ExitStack() as stack:
        exchanges = stack.enter_context(ExchangeServer())
        services = [
            serving(
                tmp_path_factory.mktemp(name),
                HEDGE_REDIS_URL=shared.url,
                HEDGE_REDIS_SECONDS="10",
                HEDGE_UPSTREAM=exchanges.url,
                HEDGE_PATIENCE_SECONDS="20",
                HEDGE_LIMIT_PER_ADDRESS="1000000",
            )
            for name in ("first", "second")
        ]
        yield Pair([stack.enter_context(service) for service in services], exchanges)


@pytest.fixture
def pair(running_pair: Pair, shared: RedisServer) -> Pair:
    """Give both, with a Redis that runs and nothing asked so far."""
    if shared.process is None:
        shared.start()
    running_pair.exchanges.reset()
    return running_pair


def test_two_processes_ask_an_exchange_as_often_as_one(pair: Pair) -> None:
    """Every answer is 200, young enough and true, and no board is fetched more often than its interval allows."""
    tally, seconds = asyncio.run(pair.load())

    assert tally.statuses.keys() == {200}
    assert (tally.over_age, tally.wrong) == (0, 0)
    assert tally.requests > 100
    assert 1 <= pair.most_calls() <= 1.2 * (seconds / FRESH + 1)


def test_a_redis_that_dies_under_load_costs_no_answer(pair: Pair, shared: RedisServer) -> None:
    """Both notice it, each asks the exchange for itself from then on, and every answer stays true."""
    before = pair.redis_errors()

    tally, seconds = asyncio.run(pair.load(shared))

    assert all(after > once for after, once in zip(pair.redis_errors(), before, strict=True))
    assert tally.statuses.keys() == {200}
    assert (tally.over_age, tally.wrong) == (0, 0)
    assert tally.requests > 100
    assert 1 <= pair.most_calls() <= 2 * (seconds / FRESH + 1)
