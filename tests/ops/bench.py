"""The service against FastAPI and against bare ASGI, side by side in one run.

Law: only ratios between contenders of the same round mean anything; nothing here asserts a wall clock.
"""

import argparse
import asyncio
import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import uvloop

from tests.ops.lookups import IDLE_SECONDS, LookUps, count_calls, exchanges, write_listed, write_sent
from tests.ops.mixes import Planned, plan_mixes
from tests.ops.paths import Simulated, measure_meanwhile, simulate_paths
from tests.ops.slopes import Measured, measure_slopes

SIZES = (1, 10, 100, 1000)
CONNECTIONS = 16
STARTS = 3
_PATH = "/v1/sizing"
_START_SECONDS = 30.0
_ROUND_SECONDS = 60.0
_BUSY_CLIENT = 0.9
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_GRANIAN = (
    *("-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws", "--workers", "1", "--factory"),
    *("--http1-header-read-timeout", "5000", "--http1-buffer-size", "32768"),
)
COMMANDS = {
    "service": ("-m", "service", "serve"),
    "FastAPI": (*_GRANIAN, "tests.ops.baselines:create_fastapi"),
    "bare ASGI": (*_GRANIAN, "tests.ops.baselines:create_bare"),
}
OURS, FASTAPI, BARE = COMMANDS


class BenchError(Exception):
    """Something failed to run, or the contenders do not answer the same numbers."""


class Pace(NamedTuple):
    """How long a run takes."""

    rounds: int
    seconds: float
    """Of each contender and size, in every round."""


class Measure(NamedTuple):
    """One round of one contender at one size."""

    rate: float
    """Answers a second."""
    p50: float
    """Seconds."""
    p99: float
    cpu: float
    """Seconds of CPU an answer, of all the server's processes."""
    memory: float
    """MB resident in the worker afterwards."""
    client: float
    """Share of its core that the load generator used."""


Cells = dict[tuple[str, int], list[Measure]]


class Goal(NamedTuple):
    """One goal of the design with what was measured."""

    what: str
    goal: str
    measured: str
    met: bool


def write_question(count: int) -> bytes:
    """Write a request with so many different assets, all prices given, in one linear contract with tiers and fees."""
    assets = [f"A{number:04}" for number in range(count)]
    question = {
        "holdings": [
            {"asset": asset, "quantity": f"{number % 97 + 1}.{number % 89 + 10}5"}
            for number, asset in enumerate(assets)
        ],
        "contract": {
            "style": "linear",
            "symbol": "BTC-MINI",
            "underlying": "BTC",
            "multiplier": "0.001",
            "tick_size": "0.1",
            "initial_margin_rate": "0.05",
            "maintenance_tiers": [{"floor": "0", "rate": "0.004"}, {"floor": "50000", "rate": "0.005"}],
            "maker_fee_rate": "0.0002",
            "taker_fee_rate": "0.0005",
        },
        "prices": {asset: f"{number % 83 + 1}.{number % 79 + 10}1" for number, asset in enumerate(assets)}
        | {"BTC-MINI": "60000.5"},
        "as_of": "2026-01-02T03:04:05Z",
    }
    return json.dumps(question, separators=(",", ":")).encode()


def same_numbers(value: Any) -> Any:
    """Read a decoded reply so that two notations of one number are equal."""
    if isinstance(value, dict):
        return {name: same_numbers(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [same_numbers(entry) for entry in value]
    try:
        return Decimal(value) if isinstance(value, str) else value
    except InvalidOperation:
        return value


def require_agreement(replies: dict[str, bytes]) -> None:
    """Raise `BenchError` unless all contenders gave the same candidates, and the same everything."""
    read = {name: same_numbers(json.loads(reply)) for name, reply in replies.items()}
    for name, reply in read.items():
        for field in read[OURS] | reply:
            if reply.get(field) != read[OURS].get(field):
                raise BenchError(f"{name} answers another {field} than the {OURS}")


class Cores(NamedTuple):
    """Where the two sides run."""

    server: int
    load: int


def choose_cores() -> Cores:
    """Give each side a core of its own where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(server=usable[-1], load=usable[0])


class Server(NamedTuple):
    """A contender that is up."""

    port: int
    pids: tuple[int, ...]
    """Its processes, the supervisor first."""
    seconds: float
    """From its start to its first reply."""
    reply: bytes
    """That first reply, to a question of 10 holdings."""

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used."""
        fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids)
        return (
            sum(int(user) + int(system) for _, user, system in ((row[0], row[11], row[12]) for row in fields)) * _TICK
        )

    def memory(self) -> float:
        """MB resident in its worker."""
        pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids[1:])
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def running(name: str, cores: Cores, **settings: str) -> Iterator[Server]:
    """Start a contender on the server's core, wait for its first reply, and end it afterwards."""
    port = _free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HEDGE_", "GRANIAN_"))}
    environment |= {"HEDGE_LIMIT_PER_ADDRESS": "1000000000"} | settings
    os.sched_setaffinity(0, {cores.server})  # the new process and all its threads inherit it
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *COMMANDS[name], "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.sched_setaffinity(0, {cores.load})
    try:
        reply = _first_reply(process, port, started + _START_SECONDS)
        seconds = time.perf_counter() - started
        yield Server(port, (process.pid, *_children(process.pid)), seconds, reply)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_reply(process: subprocess.Popen[bytes], port: int, deadline: float) -> bytes:
    """Ask until the server answers."""
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            return ask(port, write_question(10))
        except ConnectionError:
            time.sleep(0.002)
    raise BenchError(f"no reply from {' '.join(map(str, process.args))}")  # type: ignore[arg-type]  # a list, above


def _children(parent: int) -> Iterator[int]:
    """Find the processes below a process."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == parent:
            child = int(entry.parent.name)
            yield child
            yield from _children(child)


def ask(port: int, body: bytes) -> bytes:
    """Ask once, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_SECONDS)
    try:
        connection.request("POST", _PATH, body, {"content-type": "application/json", "accept": "application/json"})
        response = connection.getresponse()
        reply = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise BenchError(f"status {response.status}: {reply[:200].decode(errors='replace')}")
    return reply


class Load:
    """A number of requests that the connections of one round share."""

    def __init__(self, port: int, body: bytes, count: int) -> None:
        """Prepare the request; nothing is sent yet."""
        self.left = count
        self.seconds: list[float] = []
        self.request = (
            f"POST {_PATH} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
            f"accept: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def run(self, port: int) -> None:
        """Connect, then ask until nothing is left, each connection as soon as it is answered."""
        loop = asyncio.get_running_loop()
        callers = [
            (await loop.create_connection(lambda: Caller(self), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
        ]
        for caller in callers:
            caller.ask()
        async with asyncio.timeout(_ROUND_SECONDS):
            await asyncio.gather(*(caller.finished for caller in callers))


class Caller(asyncio.Protocol):
    """One keep-alive connection."""

    transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        """Belong to a load."""
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load = load
        self._head = b""
        self._missing = 0
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport = transport  # type: ignore[assignment]  # a stream's transport

    def ask(self) -> None:
        """Send the next request, or hang up if there is none."""
        if self._load.left == 0:
            self.transport.close()
            return
        self._load.left -= 1
        self._asked = time.perf_counter()
        self.transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        """Count bytes until the answer is whole."""
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = b""
            self._missing = _body_length(head) - len(body)
        if self._missing == 0:
            self._load.seconds.append(time.perf_counter() - self._asked)
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell that this connection is through, or that it broke."""
        if error is None and self._load.left == 0:
            self.finished.set_result(None)
        else:
            self.finished.set_exception(error or BenchError("the server hung up"))


def _body_length(head: bytes) -> int:
    """Read from the head of an answer how long its body is; raise `BenchError` for any status but 200."""
    if not head.startswith(b"HTTP/1.1 200 "):
        raise BenchError(head.decode(errors="replace"))
    return int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])


def measure(runner: asyncio.Runner, server: Server, body: bytes, *, count: int) -> Measure:
    """Ask a server so many times and read what it took."""
    load = Load(server.port, body, count)
    cpu, busy, started = server.cpu(), time.process_time(), time.perf_counter()
    runner.run(load.run(server.port))
    elapsed = time.perf_counter() - started
    if len(load.seconds) != count:
        raise BenchError(f"{count} requests, {len(load.seconds)} answers")
    return Measure(
        rate=count / elapsed,
        p50=median(load.seconds),
        p99=quantiles(load.seconds, n=100, method="inclusive")[98],
        cpu=(server.cpu() - cpu) / count,
        memory=server.memory(),
        client=(time.process_time() - busy) / elapsed,
    )


def race(servers: dict[str, Server], pace: Pace) -> Cells:
    """Run the rounds, interleaved: every contender at every size, then again."""
    bodies = {size: write_question(size) for size in SIZES}
    cells: Cells = {key: [] for key in product(servers, SIZES)}
    with _runner() as runner:
        for body in bodies.values():
            require_agreement({name: ask(server.port, body) for name, server in servers.items()})
        counts = {
            (name, size): max(2 * CONNECTIONS, round(_settle(runner, servers[name], bodies[size]) * pace.seconds))
            for name, size in cells
        }
        for _ in range(pace.rounds):
            for size, name in product(SIZES, servers):
                cells[name, size].append(measure(runner, servers[name], bodies[size], count=counts[name, size]))
    return cells


def _settle(runner: asyncio.Runner, server: Server, body: bytes) -> float:
    """Warm a server up and find its rate."""
    count = max(CONNECTIONS, 1_000_000 // (len(body) + 1_000))
    return measure(runner, server, body, count=count).rate


def look_up(cores: Cores, pace: Pace) -> LookUps:
    """Race ten looked-up prices, warm, against the same prices sent, on one server."""
    with exchanges() as url, running(OURS, cores, HEDGE_UPSTREAM=url) as server, _runner() as runner:
        ask(server.port, write_listed())
        bodies = (write_listed(), write_sent(json.loads(ask(server.port, write_listed()))))
        count = round(_settle(runner, server, bodies[1]) * pace.seconds)
        calls, started = count_calls(url), time.perf_counter()
        rates = [[measure(runner, server, body, count=count).rate for body in bodies] for _ in range(pace.rounds)]
        busy = (count_calls(url) - calls) / (time.perf_counter() - started) * 60
        time.sleep(2)  # whatever is under way comes in
        calls = count_calls(url)
        time.sleep(IDLE_SECONDS)
        return LookUps(median(looked / sent for looked, sent in rates), busy, count_calls(url) - calls)


def simulate(cores: Cores) -> Simulated:
    """Race simulations, and ask a server small questions while it simulates."""
    with running(OURS, cores) as server:
        idle, busy = measure_meanwhile(server.port, write_question(10))
    return simulate_paths()._replace(idle=idle, busy=busy)


def _runner() -> asyncio.Runner:
    """Make the load generator's loop."""
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


class Result(NamedTuple):
    """One run."""

    date: str
    machine: str
    starts: list[float]
    """Seconds from start to first reply of the service."""
    memory: dict[str, float]
    """MB resident in each worker after its first reply."""
    cells: Cells
    looked_up: LookUps
    simulated: Simulated
    slopes: Measured
    planned: Planned

    def pick(self, name: str, size: int, field: str) -> float:
        """Give the median of one column over the rounds."""
        return float(median(getattr(row, field) for row in self.cells[name, size]))

    def paired(self, one: tuple[str, int], other: tuple[str, int], of: Callable[[Measure, Measure], float]) -> float:
        """Give the median over the rounds of something between two cells of the same round."""
        return median(of(mine, yours) for mine, yours in zip(self.cells[one], self.cells[other], strict=True))

    def faster(self, size: int, than: str) -> float:
        """Tell how many times the requests per second of another contender ours answers."""
        return self.paired((OURS, size), (than, size), lambda mine, yours: mine.rate / yours.rate)


def weigh_goals(result: Result) -> list[Goal]:
    """Hold the run against the goals of the design that apply."""
    against_fastapi, against_bare = result.faster(10, FASTAPI), result.faster(10, BARE)
    growth = result.paired((OURS, 1000), (OURS, 10), lambda mine, yours: mine.cpu / yours.cpu)
    added = result.paired((OURS, 10), (BARE, 10), lambda mine, yours: mine.cpu - yours.cpu) * 1e6
    memory, first, looked = result.memory[OURS], median(result.starts), result.looked_up
    return [
        Goal("Requests/s against FastAPI, 10 holdings", ">= 3", f"{against_fastapi:.2f}", against_fastapi >= 3),
        Goal("Requests/s against bare ASGI, 10 holdings", ">= 0.7", f"{against_bare:.2f}", against_bare >= 0.7),
        Goal("CPU that the service adds, 10 holdings", "<= 80 us", f"{added:.0f} us", added <= 80),
        Goal("CPU of 1,000 holdings against 10", "<= 60", f"{growth:.1f}", growth <= 60),
        Goal("Worker after its start", "<= 80 MB", f"{memory:.0f} MB", memory <= 80),
        Goal("Start to first reply", "<= 1.0 s", f"{first:.2f} s", first <= 1),
        Goal("10 prices looked up, warm, against sent", ">= 0.95", f"{looked.ratio:.2f}", looked.ratio >= 0.95),
        Goal("Calls to exchanges while nobody asks", "0", str(looked.idle_calls), looked.idle_calls == 0),
        *weigh_simulations(result.simulated),
        *weigh_slopes(result.slopes),
        *weigh_plans(result.planned),
    ]


def weigh_simulations(told: Simulated) -> list[Goal]:
    """Hold the simulations against their goals."""
    waiting = told.busy / told.idle
    return [
        Goal("CPU of all numbers at once against a simulation", ">= 15", f"{told.faster:.1f}", told.faster >= 15),
        Goal("Memory that it adds", "<= 64 MB", f"{told.added:.0f} MB", told.added <= 64),
        Goal("p99 of small requests while it runs", "<= 2", f"{waiting:.2f}", waiting <= 2),
    ]


def weigh_slopes(told: Measured) -> list[Goal]:
    """Hold the hedge ratios against their goals."""
    took = told.ours * 1e3
    return [
        Goal("CPU of all betas of 50 coins on 2, a year of days", "<= 20 ms", f"{took:.1f} ms", took <= 20),
        Goal("CPU of numpy pair by pair against that", ">= 10", f"{told.faster:.1f}", told.faster >= 10),
    ]


def weigh_plans(told: Planned) -> list[Goal]:
    """Hold a frontier of 10,000 plans over 1,000 days against its goals."""
    return [
        Goal("CPU of plain numpy against a frontier", ">= 10", f"{told.faster:.1f}", told.faster >= 10),
        Goal("CPU of a frontier", "<= 0.2 s", f"{told.seconds:.2f} s", told.seconds <= 0.2),
    ]


def write_report(result: Result) -> str:
    """Write a run as Markdown."""
    busiest = max(row.client for rows in result.cells.values() for row in rows)
    return "\n".join(
        [
            f"{result.date}; {result.machine}; medians of {len(result.cells[OURS, 10])} interleaved rounds",
            "",
            "| holdings | contender | requests/s | p50 ms | p99 ms | CPU us/request | worker MB |",
            "|---:|---|---:|---:|---:|---:|---:|",
            *(_row(result, size, name) for size, name in product(SIZES, COMMANDS)),
            "",
            f"| holdings | {OURS} / {FASTAPI} | {OURS} / {BARE} |",
            "|---:|---:|---:|",
            *(f"| {size:,} | {result.faster(size, FASTAPI):.2f} | {result.faster(size, BARE):.2f} |" for size in SIZES),
            "",
            "| goal | wanted | measured | |",
            "|---|---|---|---|",
            *(f"| {what} | {goal} | {found} | {_verdict(met=met)} |" for what, goal, found, met in weigh_goals(result)),
            "",
            f"Workers after their first reply: {_list_memory(result)}. Starts: {_list_starts(result)}.",
            f"Calls to exchanges under load: {result.looked_up.busy_calls:.0f} a minute, of three boards.",
            f"The load generator used at most {busiest:.0%} of its core"
            + (": it was the bottleneck, and the fastest rates are too low." if busiest > _BUSY_CLIENT else "."),
            "",
        ]
    )


def _row(result: Result, size: int, name: str) -> str:
    """Write one cell."""
    rate, p50, p99, cpu, memory = (result.pick(name, size, field) for field in Measure._fields[:5])
    return f"| {size:,} | {name} | {rate:,.0f} | {p50 * 1e3:.2f} | {p99 * 1e3:.2f} | {cpu * 1e6:,.0f} | {memory:.0f} |"


def _verdict(*, met: bool) -> str:
    """Say whether a goal is met."""
    return "met" if met else "not met"


def _list_memory(result: Result) -> str:
    """Write the memory of the workers."""
    return ", ".join(f"{name} {memory:.0f} MB" for name, memory in result.memory.items())


def _list_starts(result: Result) -> str:
    """Write the times to the first reply."""
    return ", ".join(f"{seconds:.2f} s" for seconds in result.starts)


def write_json(result: Result) -> str:
    """Write a run as JSON: every round, and the goals."""
    cells = [
        {"contender": name, "holdings": size, "rounds": [row._asdict() for row in rows]}
        for (name, size), rows in result.cells.items()
    ]
    goals = [goal._asdict() for goal in weigh_goals(result)]
    return json.dumps(result._asdict() | {"cells": cells, "goals": goals}, indent=1) + "\n"


def describe_machine(cores: Cores) -> str:
    """Name the processor, its cores and what runs on them."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    layout = "one core for both sides" if cores.server == cores.load else "server and load on a core each"
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("granian", "litestar", "msgspec", "fastapi", "pydantic")
    )
    return f"{model}, {os.cpu_count()} cores, {layout}; Python {platform.python_version()}, {packages}"


def run(pace: Pace) -> Result:
    """Start everything, race, and tell."""
    cores = choose_cores()
    starts = []
    for _ in range(STARTS):
        with running(OURS, cores) as server:
            starts.append(server.seconds)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(running(name, cores)) for name in COMMANDS}
        return Result(
            date=str(datetime.now(UTC).date()),
            machine=describe_machine(cores),
            starts=starts,
            memory={name: server.memory() for name, server in servers.items()},
            cells=race(servers, pace),
            looked_up=look_up(cores, pace),
            simulated=simulate(cores),
            slopes=measure_slopes(),
            planned=plan_mixes(),
        )


def main(arguments: Sequence[str]) -> int:
    """Run the comparison and print it; 1 only if something failed to run."""
    parser = argparse.ArgumentParser(prog="python -m tests.ops.bench", description="Compares speed, side by side.")
    parser.add_argument("--quick", action="store_true", help="40 seconds instead of 3 minutes, and less certain")
    parser.add_argument("--json", action="store_true", help="every round as JSON instead of the tables")
    options = parser.parse_args(arguments)
    try:
        result = run(Pace(rounds=3, seconds=0.7) if options.quick else Pace(rounds=9, seconds=1.2))
    except (BenchError, OSError, TimeoutError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    sys.stdout.write(write_json(result) if options.json else write_report(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
