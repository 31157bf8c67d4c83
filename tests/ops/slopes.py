"""What measuring hedge ratios costs: all estimates of 50 coins on two instruments, against plain numpy pair by pair."""

import time
from statistics import median
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats
from service.hedging.estimation.measurement import Instrument, Row, Rows, Terms, measure_joint, measure_pairs
from service.hedging.estimation.priors import PRIORS
from service.hedging.estimation.regression import stack

COINS, DAYS, WINDOW, DECAY = 50, 365, 30, 0.94
_ROUNDS = 7
_TOLERANCE = 1e-8


class Measured(NamedTuple):
    """What both ways took, in seconds of processor time."""

    ours: float
    naive: float

    @property
    def faster(self) -> float:
        """How many times the time of ours the other takes."""
        return self.naive / self.ours


def measure_slopes() -> Measured:
    """Race all estimates of a year of returns, in turns; both have to find the same betas."""
    coins, drivers = _draw()
    ours, naive = [], []
    for _ in range(_ROUNDS):
        started = time.process_time()
        found = _measure(coins, drivers)
        middle = time.process_time()
        expected = _measure_naively(coins, drivers)
        ours.append(middle - started)
        naive.append(time.process_time() - middle)
        if not np.allclose(found, expected, rtol=_TOLERANCE):
            raise AssertionError("Two ways to the same betas differ")
    return Measured(median(ours), median(naive))


def _draw() -> tuple[Floats, Floats]:
    random = np.random.default_rng(1)
    btc = random.normal(0, 0.03, DAYS)
    drivers = np.stack([btc, 1.05 * btc + random.normal(0, 0.02, DAYS)])
    return random.uniform(0.5, 1.5, (COINS, 1)) * btc + random.normal(0, 0.04, (COINS, DAYS)), drivers


def _measure(coins: Floats, drivers: Floats) -> list[float]:
    """Measure as a question does, from lists of returns to records."""
    lines = [Row(f"C{place}", column, {f"C{place}": 1.0}) for place, column in enumerate(coins.tolist())]
    rows, terms = Rows.of(lines, DAYS), Terms(0.95, DECAY, WINDOW, 365.0)
    moves = stack(drivers.tolist())
    measure_joint(rows.returns, moves)
    return [
        pair.ols.beta
        for name, driver in zip(("BTC", "ETH"), moves, strict=True)
        for pair in measure_pairs(rows, Instrument(name, driver, PRIORS[name]), terms)
    ]


def _measure_naively(coins: Floats, drivers: Floats) -> list[float]:
    """Do the same with numpy's own functions, one pair after the other and one window after the other."""
    betas = []
    weights = DECAY ** np.arange(DAYS)[::-1]
    for driver in drivers:
        lags = np.column_stack([np.ones(DAYS - 2), driver[:-2], driver[1:-1], driver[2:]])
        for coin in coins:
            betas.append(float(_line(coin, driver)[0]))
            np.sum(weights * coin * driver) / np.sum(weights * driver * driver)
            for side in (driver < 0, driver > 0):
                _line(coin[side], driver[side])
            for lag in range(1, 4):
                _line(coin[1:-1], lags[:, lag])
            np.corrcoef(driver[1:], driver[:-1])
            np.linalg.lstsq(lags, coin[1:-1], rcond=None)
            windows = [
                _line(coin[start : start + WINDOW], driver[start : start + WINDOW])[0]
                for start in range(DAYS - WINDOW + 1)
            ]
            np.percentile(windows, (0, 5, 50, 95, 100))
    for coin in coins:
        np.linalg.lstsq(np.column_stack([np.ones(DAYS), drivers.T]), coin, rcond=None)
    return betas


def _line(coin: Floats, driver: Floats) -> tuple[float, float]:
    """Give the slope and its error."""
    (variance, covariance), (_, own) = np.cov(driver, coin)
    slope = covariance / variance
    return slope, np.sqrt((own - slope * covariance) / variance / (len(coin) - 2))
