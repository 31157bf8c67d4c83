"""Clients of a live service that judge each answer: its status, the age of its prices, and whether they are true.

Law: what is true is what the local exchanges serve when nothing goes wrong; an answer with another number is wrong,
whatever went wrong behind it.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import cycle, product
from statistics import median
from typing import Any, NamedTuple

from tests.market.exchange import Request, World

FRESH = 2.0
"""Seconds for which the prices of one call are not asked for again."""
Address = tuple[str, int]


class Question(NamedTuple):
    """A book of one asset, hedged with a listed contract."""

    asset: str
    market: str
    exchange: str
    symbol: str
    max_age: float
    """Seconds that a price may be old."""

    @property
    def body(self) -> bytes:
        """The request as JSON."""
        return json.dumps(
            {
                "holdings": [{"asset": self.asset, "quantity": "40"}],
                "contract": {"style": "listed", "exchange": self.exchange, "symbol": self.symbol},
                "market": {"exchange": self.market, "max_age_seconds": self.max_age},
            }
        ).encode()


QUESTIONS = tuple(
    Question(asset, market, "bybit", symbol, max_age)
    for asset, market, symbol, max_age in product(
        ("SOL", "ETH"), ("binance", "bybit"), ("BTCUSDT", "ETHUSDT"), (10.0, 3.0)
    )
)
MEDIANS = tuple(question._replace(market="median") for question in QUESTIONS if question.market == "binance")
"""The same for the price on which the exchanges agree."""


class Truth:
    """What the local exchanges serve, all of them with the prices they are started with."""

    def __init__(self) -> None:
        """Make a world like theirs."""
        self._world = World()

    def allows(self, question: Question, reply: dict[str, Any]) -> bool:
        """Tell whether both prices of an answer are what their exchanges say."""
        prices, origins = reply["prices"], reply["provenance"]
        mark = self._world.truth(question.exchange, "linear", question.symbol).mark
        sources = origins[question.asset]["exchanges"]
        return (
            Decimal(prices[question.symbol]) == mark
            and origins[question.symbol]["source"] == question.exchange
            and origins[question.asset]["source"] == question.market
            and median(self._lasts(question.asset, sources)) == Decimal(prices[question.asset])
        )

    def _lasts(self, asset: str, sources: Sequence[str]) -> list[Decimal]:
        """Give the last prices of an asset at some exchanges."""
        joints = {"bingx": "-"}
        symbols = {source: f"{asset}{joints.get(source, '')}USDT" for source in sources}
        return [self._world.truth(source, "spot", symbol).last for source, symbol in symbols.items()]


@dataclass
class Tally:
    """What a number of answers was like."""

    statuses: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Of answers that are no 200: their code and what it says of the cause."""
    over_age: int = 0
    wrong: int = 0
    slowest: dict[int, float] = field(default_factory=dict)
    """Seconds, by status."""

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.statuses.total()

    def judge(self, question: Question, answer: "Answer", truth: Truth) -> None:
        """Count one answer."""
        status, reply, seconds = answer
        self.statuses[status] += 1
        self.slowest[status] = max(seconds, self.slowest.get(status, 0.0))
        if status != 200:
            self.reasons[f"{reply['code']}: {reply['detail']}"] += 1
            return
        ages = [origin["age_seconds"] for origin in reply["provenance"].values()]
        self.over_age += not all(0 <= age <= question.max_age for age in ages)
        self.wrong += not truth.allows(question, reply)


class Answer(NamedTuple):
    """What came back, and after how many seconds."""

    status: int
    reply: dict[str, Any]
    seconds: float


class Line:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take over an open connection."""
        self._reader = reader
        self._writer = writer

    async def ask(self, body: bytes) -> Answer:
        """Send a sizing request and read its answer."""
        started = time.monotonic()
        head = (
            b"POST /v1/sizing HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        self._writer.write(head % len(body) + body)
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        (length,) = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
        reply = await self._reader.readexactly(int(length))
        return Answer(int(status.split()[1]), json.loads(reply), time.monotonic() - started)

    async def close(self) -> None:
        """Close it."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


class Load:
    """Connections that go on asking until they are told to stop."""

    def __init__(self, questions: Sequence[Question], *, think_seconds: float = 0.0) -> None:
        """Choose what is asked, in turns, and how long each connection rests after an answer."""
        self.tally = Tally()
        """Of the answers since it was last taken."""
        self._questions: Iterator[Question] = cycle(questions)
        self._think_seconds = think_seconds
        self._truth = Truth()
        self._is_over = False

    def take(self) -> Tally:
        """Take the tally, and begin a new one."""
        taken, self.tally = self.tally, Tally()
        return taken

    def stop(self) -> None:
        """End each connection with its next answer."""
        self._is_over = True

    async def run(self, *addresses: Address) -> None:
        """Ask over a connection to each of the addresses."""
        await asyncio.gather(*(self._run(address) for address in addresses))

    async def _run(self, address: Address) -> None:
        line = Line(*await asyncio.open_connection(*address))
        try:
            while not self._is_over:
                question = next(self._questions)
                self.tally.judge(question, await line.ask(question.body), self._truth)
                await asyncio.sleep(self._think_seconds)
        finally:
            await line.close()


def count_boards(requests: Sequence[Request]) -> Counter[str]:
    """Count the calls for each board; further pages and further halves of one board are no calls of their own."""
    return Counter(
        f"{request.host}{request.path}?{request.query.get('category', '')}{request.query.get('symbol', '')}"
        for request in requests
        if "cursor" not in request.query
    )
