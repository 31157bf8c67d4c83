"""A process's whole way to prices, several of which fit into one test: each with a memory and a link of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from service.app import ADAPTERS, open_link, open_market
from service.market.clock import Clock
from service.market.events import Event, Rejected, StoreFailed
from service.market.found import Looked, UnavailableError
from service.market.source import Exchange, Feed
from service.settings import read_settings
from tests.market.exchange import ExchangeServer
from tests.market.redis.probe import PATIENT, Steady

T = TypeVar("T")
PATIENCE = "20"
"""Seconds; a test fails before it waits that long."""


class Spot(NamedTuple):
    """Where an exchange tells the spot prices of one pair, and how the service calls their board."""

    exchange: Exchange
    host: str
    path: str
    asset: str
    symbol: str

    @property
    def feed(self) -> Feed:
        """The board that it is on."""
        (feed,) = (
            feed
            for adapter in ADAPTERS
            for feed in adapter.feeds
            if (feed.exchange, feed.segment, feed.subject) == (self.exchange, "spot", "quotes")
        )
        return feed

    def calls(self, exchanges: ExchangeServer) -> int:
        """Count how often the exchange was asked for that board."""
        return sum(
            (request.host, request.path, request.query.get("category", "spot")) == (self.host, self.path, "spot")
            for request in exchanges.requests
        )


BINANCE = Spot("binance", "api.binance.com", "/api/v3/ticker/price", "SOL", "SOLUSDT")
BYBIT = Spot("bybit", "api.bybit.com", "/v5/market/tickers", "ETH", "ETHUSDT")


class Replica:
    """One process's market, with what it told."""

    def __init__(self, redis_url: str, exchanges: ExchangeServer, seconds: float) -> None:
        """Wire it as the application does."""
        self.events: list[Event] = []
        self.steady = Steady()
        self._exchanges = exchanges
        settings = read_settings(
            {
                "HEDGE_REDIS_URL": redis_url,
                "HEDGE_REDIS_SECONDS": f"{seconds}",
                "HEDGE_UPSTREAM": exchanges.url,
                "HEDGE_PATIENCE_SECONDS": PATIENCE,
            }
        )
        clock = Clock(steady=self.steady)
        link = open_link(settings, self.events.append, clock)
        self.market, _, self.closers = open_market(settings, link, observe=self.events.append, clock=clock)

    async def look(self, spot: Spot = BINANCE, *, longest: float = 10.0) -> str:
        """Ask for a price and judge the answer: `right`, `old`, `wrong`, or why there is none."""
        (answer,) = (
            await self.market.price_assets(
                spot.exchange, [spot.asset], quote="USDT", longest=longest, until=self.market.deadline()
            )
        ).values()
        if isinstance(answer, UnavailableError):
            return answer.cause.reason
        assert isinstance(answer, Looked), answer
        if not 0 <= answer.age_seconds <= longest:
            return "old"
        truth = self._exchanges.world.truth(spot.exchange, "spot", spot.symbol).last
        return "right" if answer.price == truth else "wrong"

    @property
    def failures(self) -> list[str]:
        """What the link told of Redis, but for the times when it was spared."""
        return [event.error for event in self.events if isinstance(event, StoreFailed) and event.error != "paused"]

    @property
    def rejections(self) -> list[str]:
        """Why values were not believed."""
        return [event.reason for event in self.events if isinstance(event, Rejected)]

    async def close(self) -> None:
        """End it as the application does."""
        for close in self.closers:
            await close()


@asynccontextmanager
async def replicas(
    redis_url: str, exchanges: ExchangeServer, count: int, *, seconds: float = PATIENT
) -> AsyncIterator[list[Replica]]:
    """Open so many, and close them in the end."""
    opened = [Replica(redis_url, exchanges, seconds) for _ in range(count)]
    try:
        yield opened
    finally:
        for replica in opened:
            await replica.close()


def on_replicas(
    redis_url: str,
    exchanges: ExchangeServer,
    ask: Callable[..., Coroutine[Any, Any, T]],
    count: int = 1,
    *,
    seconds: float = PATIENT,
) -> T:
    """Run what a test does with the markets of several processes, in an event loop of its own."""

    async def run() -> T:
        """Open them within the loop."""
        async with replicas(redis_url, exchanges, count, seconds=seconds) as opened:
            return await ask(*opened)

    return asyncio.run(run())
