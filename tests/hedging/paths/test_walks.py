"""Paths: their laws, their highest points, and the coins beside them."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from service.hedging.paths.dynamics import Blocks, Dynamics, Factor
from service.hedging.paths.randomness import open_streams
from service.hedging.paths.walks import Walk, draw_high, grow, start_walk

COUNT = 100_000
DAILY = 0.6 / math.sqrt(365)
NORMAL = Factor(DAILY**2, None, (1.1, 0.9), (0.01, 0.02), ((0.03,), (0.0, 0.02)))
PAST = Blocks(
    market=(0.01, -0.02, 0.03, -0.01, 0.02), coins=((0.02, -0.03, 0.05, 0.0, 0.01),), variance=4e-4, length=2, dropped=0
)
_NORMAL = NormalDist()


def walked(dynamics: Dynamics, *exposures: float, days: int = 30, against: int = 1, count: int = COUNT) -> Walk:
    """Walk some days."""
    walk = start_walk(dynamics, exposures, open_streams(11, 0), count=count, against=against)
    for _ in range(days):
        walk.step()
    return walk


def chance_of_touch(barrier: float, days: float) -> float:
    """Give the chance that a price without drift touches a barrier above it; source: domain 5.8, reflection."""
    deviation = DAILY * math.sqrt(days)
    drift = -(DAILY**2) * days / 2
    bent = math.exp(2 * drift * barrier / deviation**2)
    return _NORMAL.cdf((drift - barrier) / deviation) + bent * _NORMAL.cdf((-barrier - drift) / deviation)


def is_near(share: float, chance: float, count: int = COUNT) -> bool:
    """Tell whether a share of the paths is within four standard errors of a chance."""
    return abs(share - chance) <= 4 * math.sqrt(chance * (1 - chance) / count)


@pytest.mark.parametrize("against", [1, -1])
@pytest.mark.parametrize("barrier", [0.05, 0.178, 0.3])
def test_the_chance_of_a_touch_is_that_of_watching_all_the_time(barrier: float, against: int) -> None:
    """Days are steps, and the bridge between them makes it exact: within four standard errors of reflection.

    A fall is as likely as a rise but for the drift that keeps the expected price where it is.
    """
    walk = walked(NORMAL, 0.0, 0.0, against=against)
    chance = chance_of_touch(barrier, 30)
    if against < 0:
        variance = DAILY**2 * 30
        deviation, drift = math.sqrt(variance), variance / 2
        bent = math.exp(2 * drift * barrier / variance)
        chance = _NORMAL.cdf((drift - barrier) / deviation) + bent * _NORMAL.cdf((-barrier - drift) / deviation)

    assert is_near(float(np.mean(walk.peak >= barrier)), chance)


def test_a_bridge_touches_as_often_as_a_path_that_is_looked_at_very_often() -> None:
    """By brute force: a day of 2,000 looks, and 30 days looked at once a day, which is less (domain 9.18)."""
    looks, count, barrier = 2000, 20_000, 0.03
    generator = np.random.Generator(np.random.PCG64(5))
    level, highest = np.zeros(count), np.zeros(count)
    for _ in range(looks):
        level += DAILY / math.sqrt(looks) * generator.standard_normal(count)
        np.maximum(highest, level, out=highest)
    peak = draw_high(np.zeros(count), level, variance=np.full(count, DAILY**2), stream=open_streams(3, 0).bridges)

    seen = float(np.mean(highest + 0.5826 * DAILY / math.sqrt(looks) >= barrier))

    assert abs(float(np.mean(peak >= barrier)) - seen) < 4 * math.sqrt(2 * seen / count)
    walk = walked(NORMAL, 0.0, 0.0)
    assert np.mean(walk.peak >= 0.1) > np.mean(walk.level >= 0.1)


def test_touches_of_a_path_that_is_looked_at_once_a_day_are_fewer() -> None:
    """Their chance is that of a barrier moved up by 0.5826 daily deviations (domain 5.8, Broadie-Glasserman-Kou)."""
    walk = start_walk(NORMAL, (0.0, 0.0), open_streams(12, 0), count=COUNT, against=0)
    highest = np.zeros(COUNT)
    for _ in range(30):
        walk.step()
        np.maximum(highest, walk.level, out=highest)

    seen = float(np.mean(highest >= 0.178))

    assert seen == pytest.approx(chance_of_touch(0.178 + 0.5826 * DAILY, 30), abs=0.008)
    assert seen < chance_of_touch(0.178, 30)


def test_the_peak_is_never_below_the_path() -> None:
    """Nor below where it began."""
    walk = walked(NORMAL, 0.0, 0.0, days=5, count=2000)

    assert (walk.peak >= walk.level).all()
    assert (walk.peak >= 0).all()


@pytest.mark.parametrize("degrees", [None, 3, 4, 7])
def test_prices_expect_to_stay_and_have_the_volatility_that_was_asked(degrees: int | None) -> None:
    """Of the market and of each coin, whatever the law of the shocks."""
    factor = NORMAL._replace(degrees=degrees)
    walk = walked(factor, 1.0, 0.0)

    moves, coin = grow(walk.level), walk.gain()

    for drawn in (moves, coin):
        assert abs(float(drawn.mean())) < 4 * float(drawn.std()) / math.sqrt(COUNT)
    assert float(walk.level.std()) == pytest.approx(DAILY * math.sqrt(30), rel=0.02)
    variance = 1.1**2 * DAILY**2 + 0.01**2 + 0.03**2
    assert float(np.log1p(coin).std()) == pytest.approx(math.sqrt(30 * variance), rel=0.02)


def test_coins_move_together_by_beta_and_beyond() -> None:
    """Their covariance is that of the model."""
    walks = [walked(NORMAL, *exposures) for exposures in ((1.0, 0.0), (0.0, 1.0))]
    one, other = (np.log1p(walk.gain()) for walk in walks)

    covariance = float(np.cov(one, other)[0, 1])

    assert covariance == pytest.approx(30 * (1.1 * 0.9 * DAILY**2 + 0.01 * 0.02), rel=0.03)


def test_looking_at_the_coins_between_does_not_change_their_law() -> None:
    """One draw at the end and one a day have the same variance."""
    walk = start_walk(NORMAL, (1.0, 0.0), open_streams(13, 0), count=COUNT, against=1)
    for _ in range(10):
        walk.step()
        walk.gain()

    once = walked(NORMAL, 1.0, 0.0, days=10)

    assert float(np.log1p(walk.gain()).std()) == pytest.approx(float(np.log1p(once.gain()).std()), rel=0.02)
    assert (once.gain() == once.gain()).all()


def test_past_days_come_in_blocks_of_all_their_returns() -> None:
    """Every path of four days is made of two blocks, and a coin moves with the market of the same days."""
    walk = walked(PAST, 1.0, days=4, count=5000)
    market, (coin,) = PAST.market, PAST.coins
    blocks = [(market[day] + market[day + 1], coin[day] + coin[day + 1]) for day in range(4)]
    possible = {(round(a + c, 9), round(b + d, 9)) for a, b in blocks for c, d in blocks}

    pairs = zip(walk.level.tolist(), np.log1p(walk.gain()).tolist(), strict=True)

    assert {(round(level, 9), round(own, 9)) for level, own in pairs} == possible


def test_a_block_that_is_cut_by_the_horizon_and_one_day_blocks_are_fine() -> None:
    """Three days of blocks of two; and each day by itself."""
    assert len(set(np.round(walked(PAST, 1.0, days=3, count=5000).level, 9).tolist())) > 4
    assert len(set(np.round(walked(PAST._replace(length=1), 1.0, days=1, count=5000, against=0).level, 9))) == 5


def test_no_price_grows_without_end() -> None:
    """Whatever the shocks, everything can be reckoned with."""
    wild = NORMAL._replace(variance=25 / 365, degrees=3, betas=(100.0, -100.0))

    walk = walked(wild, 1e30, 1e30, days=365, count=500)

    assert np.isfinite(walk.gain()).all()
    assert np.isfinite(grow(walk.level)).all()
