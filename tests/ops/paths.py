"""What a simulation costs: against all numbers at once, in memory, and for those who ask something small meanwhile."""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any, NamedTuple

import numpy as np

from service.hedging.contracts import Linear
from service.hedging.paths.contenders import Contender
from service.hedging.paths.dynamics import FactorModel
from service.hedging.paths.experiments import Experiment, Setup, plan_experiment
from service.hedging.portfolio import Holding
from service.hedging.simulations import run
from service.hedging.units import (
    Coverage,
    InitialMarginRate,
    Instant,
    Leverage,
    MaintenanceMarginRate,
    Multiplier,
    Price,
    Quantity,
)

PATHS, ASSETS, DAYS = 100_000, 20, 30
ROUNDS = 3
ASKED = 1500
_BETA, _MARKET, _OWN, _SHARED = 1.1, 0.6 / math.sqrt(365), 0.8 / math.sqrt(365), 0.4
_PAUSE = 0.002


class Told(NamedTuple):
    """What one way of simulating took and found."""

    seconds: float
    """Of CPU, which others on the machine do not change much."""
    added: float
    """MB beyond what it had before."""
    low: float
    """Result that 5 % of the paths are below."""
    deviation: float


class Simulated(NamedTuple):
    """One run."""

    faster: float
    """Times less CPU than all numbers at once: median of the rounds."""
    added: float
    """MB."""
    naive_added: float
    seconds: float
    """Of CPU."""
    low: tuple[float, float]
    """Ours, and that of all numbers at once."""
    idle: float
    """p99 of small requests, in seconds, while nothing else is asked."""
    busy: float
    """Same while simulations run all the time."""


def simulate_paths() -> Simulated:
    """Race both ways, each in a process of its own."""
    rounds = [(_tell("ours"), _tell("naive")) for _ in range(ROUNDS)]
    ours, naive = rounds[0]
    return Simulated(
        faster=median(other.seconds / one.seconds for one, other in rounds),
        added=max(one.added for one, _ in rounds),
        naive_added=naive.added,
        seconds=median(one.seconds for one, _ in rounds),
        low=(ours.low, naive.low),
        idle=0.0,
        busy=0.0,
    )


def _tell(way: str) -> Told:
    command = [sys.executable, "-m", "tests.ops.paths", way]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    return Told(**json.loads(told.stdout))


def measure_meanwhile(port: int, small: bytes) -> tuple[float, float]:
    """Give the p99 of small questions to a server, alone and while simulations run."""
    _time(port, small, 200)
    idle = _time(port, small, ASKED)
    is_over = Event()
    asking = Thread(target=_simulate_on, args=(port, is_over))
    asking.start()
    try:
        _time(port, small, 200)
        busy = _time(port, small, ASKED)
    finally:
        is_over.set()
        asking.join()
    return idle, busy


def _time(port: int, body: bytes, count: int) -> float:
    """Ask so many times on one connection, with a pause between, and give the p99."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        _ask(connection, "/v1/sizing", body)
        seconds.append(time.perf_counter() - started)
        time.sleep(_PAUSE)
    connection.close()
    return quantiles(seconds, n=100, method="inclusive")[98]


def _simulate_on(port: int, is_over: Event) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = write_simulation()
    while not is_over.is_set():
        _ask(connection, "/v1/simulations", body)
    connection.close()


def _ask(connection: HTTPConnection, path: str, body: bytes) -> None:
    connection.request("POST", path, body, {"content-type": "application/json"})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise ConnectionError(f"{path} answered {response.status}")


def write_simulation() -> bytes:
    """Write a question of all paths, assets and days."""
    assets = [f"A{place}" for place in range(ASSETS)]
    question = {
        "holdings": [{"asset": asset, "quantity": "1000", "beta": _BETA} for asset in assets],
        "contract": {
            "style": "linear",
            "symbol": "BTC-MINI",
            "underlying": "BTC",
            "multiplier": "0.1",
            "maintenance_margin_rate": "0.004",
        },
        "prices": {**dict.fromkeys(assets, "1"), "BTC-MINI": "60000"},
        "weighting": "beta",
        "hedges": [{"coverage": "1", "leverage": "5"}],
        "horizon_days": DAYS,
        "paths": PATHS,
        "as_of": "2026-01-02T03:04:05Z",
    }
    return json.dumps(question).encode()


def _plan() -> Experiment:
    assets = [f"A{place}" for place in range(ASSETS)]
    return plan_experiment(
        Setup(
            model=FactorModel(degrees_of_freedom=None),
            hedges=[Contender(coverage=Coverage("1"), leverage=Leverage("5"))],
            horizon_days=DAYS,
            paths=PATHS,
            seed=0,
            confidence=0.95,
            funding_rate=None,
            funding_process=None,
        ),
        holdings=[Holding(asset=asset, quantity=Quantity("1000"), beta=_BETA) for asset in assets],
        contract=Linear(
            symbol="BTC-MINI",
            underlying="BTC",
            multiplier=Multiplier("0.1"),
            initial_margin_rate=InitialMarginRate("0.05"),
            maintenance_margin_rate=MaintenanceMarginRate("0.004"),
        ),
        prices={**dict.fromkeys(assets, Price("1")), "BTC-MINI": Price("60000")},
        weighting="beta",
        as_of=Instant.parse("2026-01-02T03:04:05Z"),
        largest_notional=Decimal("1E12"),
    )


def _simulate_ours() -> tuple[float, float]:
    (hedge,) = run(_plan()).hedges
    return hedge.outcome.quantiles[1].net_pnl, hedge.outcome.standard_deviation


def _simulate_naively() -> tuple[float, float]:
    """Draw the daily log returns of everything at once, and look at the market once a day, at a barrier that is nearer.

    Source of the shift: Broadie, Glasserman and Kou (1997).
    """
    covariance = np.full((ASSETS + 1, ASSETS + 1), _BETA**2 * _MARKET**2 + _SHARED * _OWN**2)
    covariance[0, :] = covariance[:, 0] = _BETA * _MARKET**2
    np.fill_diagonal(covariance, _BETA**2 * _MARKET**2 + _OWN**2)
    covariance[0, 0] = _MARKET**2
    generator = np.random.default_rng(0)
    steps = generator.multivariate_normal(-np.diag(covariance) / 2, covariance, size=(PATHS, DAYS))
    prices = np.exp(steps.cumsum(axis=1))
    is_lost = (prices[:, :, 0] >= 1.2 / 1.004 * math.exp(-0.5826 * _MARKET)).any(axis=1)
    coins = (prices[:, -1, 1:] - 1) @ np.full(ASSETS, 1000.0)
    notional = 1000 * ASSETS * _BETA
    results = coins + np.where(is_lost, -notional / 5, -notional * (prices[:, -1, 0] - 1))
    return float(np.quantile(results, 0.05)), float(results.std())


_WAYS: dict[str, Callable[[], tuple[float, float]]] = {"ours": _simulate_ours, "naive": _simulate_naively}


def _peak() -> float:
    """Give the MB resident at most since the last call."""
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    Path("/proc/self/clear_refs").write_text("5")
    return int(status["VmHWM"].split()[0]) / 1e3


def _measure(way: str) -> dict[str, Any]:
    _peak()
    before, started = _peak(), time.process_time()
    low, deviation = _WAYS[way]()
    return Told(time.process_time() - started, _peak() - before, low, deviation)._asdict()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure(sys.argv[1])))
