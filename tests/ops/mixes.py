"""What a frontier of plans costs: 10,000 of them over 1,000 days, against the same in plain numpy."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from statistics import median
from typing import NamedTuple

import numpy as np

from service.hedging.contracts import Linear
from service.hedging.costs.hedge_cost import Outlook
from service.hedging.frontier import draw_frontier
from service.hedging.mixes.mix import Candidate, Mix, Terms, plan_mix
from service.hedging.portfolio import Holding
from service.hedging.risk.samples import Sample
from service.hedging.setting import Quoted
from service.hedging.units import (
    Contracts,
    FeeRate,
    FundingRate,
    InitialMarginRate,
    Instant,
    Multiplier,
    Price,
    Quantity,
)

DAYS, MOST = 1000, 99
ROUNDS = 3
_VALUE, _MARGIN = 1_000_000.0, 0.05
_UNITS = {"BTC": 6000.0, "ETH": 6000.0}
_FUNDING = {"BTC": "0.0001", "ETH": "0.00005"}
_FEE = 0.0005


class Told(NamedTuple):
    """What one way of working plans out took and found."""

    seconds: float
    """Of CPU, which others on the machine do not change much."""
    wall: float
    least: float
    """Variance that the best plan leaves, of the book's own."""
    undominated: int
    """Plans that no other dominates, in one way or the other; of all of them in plain numpy."""


class Planned(NamedTuple):
    """One run."""

    faster: float
    """Times less CPU than plain numpy: median of the rounds."""
    seconds: float
    """Of CPU."""
    wall: float
    least: tuple[float, float]
    """Ours, and that of plain numpy."""


def plan_mixes() -> Planned:
    """Race both ways, each in a process of its own."""
    rounds = [(_tell("ours"), _tell("plain")) for _ in range(ROUNDS)]
    ours, plain = rounds[0]
    return Planned(
        faster=median(other.seconds / one.seconds for one, other in rounds),
        seconds=median(one.seconds for one, _ in rounds),
        wall=median(one.wall for one, _ in rounds),
        least=(ours.least, plain.least),
    )


def _tell(way: str) -> Told:
    told = subprocess.run([sys.executable, "-m", "tests.ops.mixes", way], capture_output=True, check=True, text=True)
    return Told(**json.loads(told.stdout))


def _days() -> dict[str, list[float]]:
    random = np.random.default_rng(0)
    btc = random.standard_t(4, size=DAYS) * 0.02
    eth = 1.1 * btc + random.standard_t(4, size=DAYS) * 0.013
    sol = 0.5 * btc + 0.5 * eth + random.standard_t(4, size=DAYS) * 0.02
    return {name: moves.tolist() for name, moves in {"BTC": btc, "ETH": eth, "SOL": sol}.items()}


def _plan() -> Mix:
    """Ask about all plans of 0 to 99 lots of two contracts."""
    candidates = [
        Candidate(
            Quoted(
                Linear(
                    symbol=f"{asset}-MINI",
                    underlying=asset,
                    multiplier=Multiplier("0.1"),
                    max_quantity=Contracts(str(MOST)),
                    initial_margin_rate=InitialMarginRate(str(_MARGIN)),
                    taker_fee_rate=FeeRate(str(_FEE)),
                    funding_interval_hours=8,
                ),
                Price("60000"),
                ("instruments", place, "contract"),
            ),
            None,
            Outlook(30.0, 0.0, None, FundingRate(_FUNDING[asset]), None),
        )
        for place, asset in enumerate(_UNITS)
    ]
    return plan_mix(
        candidates,
        Terms(horizon_days=30.0, confidence=0.95, most_coverage=1.25, budget=None, stresses=None, most_plans=200),
        holdings=[Holding(asset="SOL", quantity=Quantity("1000000"))],
        prices={"SOL": Price("1")},
        as_of=Instant.parse("2026-01-02T03:04:05Z"),
        largest_notional=Decimal("1E12"),
    )


def _plan_ours() -> tuple[float, int]:
    frontier = draw_frontier(_plan(), Sample(_days(), 1.0)).frontier
    if frontier.best is None or frontier.evaluated is None or frontier.evaluated.plans != (MOST + 1) ** 2:
        raise ValueError(frontier.evaluated)
    best = frontier.plans[frontier.best.by_variance.plan]
    return 1 - best.variance_reduction, frontier.evaluated.undominated


def _plan_plainly() -> tuple[float, int]:
    """Work everything out at once, as one would write it down, and hold every plan against all others."""
    days = {name: np.array(moves) for name, moves in _days().items()}
    lots = np.stack(np.meshgrid(np.arange(MOST + 1), np.arange(MOST + 1)), axis=-1).reshape(-1, 2)
    notionals = lots * np.array(list(_UNITS.values()))
    net = days["SOL"] - notionals / _VALUE @ np.stack([days["BTC"], days["ETH"]])
    variances = net.var(axis=1, ddof=1)
    shortfalls = np.sort(-net, axis=1)[:, -DAYS // 20 :].mean(axis=1)
    costs = notionals @ np.array([2 * _FEE - 90 * float(rate) for rate in _FUNDING.values()])
    measures = np.column_stack((variances, shortfalls, costs, notionals.sum(axis=1) * _MARGIN))
    undominated = sum(not ((measures <= one).all(axis=1) & (measures < one).any(axis=1)).any() for one in measures)
    return float(variances.min() / days["SOL"].var(ddof=1)), undominated


_WAYS: dict[str, Callable[[], tuple[float, int]]] = {"ours": _plan_ours, "plain": _plan_plainly}


def _measure(way: str) -> Told:
    started, started_wall = time.process_time(), time.perf_counter()
    least, undominated = _WAYS[way]()
    return Told(time.process_time() - started, time.perf_counter() - started_wall, least, undominated)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure(sys.argv[1])._asdict()))
