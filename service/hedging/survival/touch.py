"""How likely a price is to touch a barrier, such as a liquidation price, before a day.

Law: the price has no drift, so that its logarithm drifts by minus half of its variance; a barrier that is already
reached is touched for certain; and a price that is looked at now and then touches no more often than one that is
watched all the time.

float64. A distance is the absolute logarithm of barrier over price: positive while the barrier is not reached, whatever
the side. Source: the reflection principle (Hull, Options, Futures and Other Derivatives, on barrier options).
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from service.hedging.rates import YEAR_DAYS

TouchSide = Literal["short", "long"]
"""Whose barrier it is: a short's lies above the price, a long's below."""

MONITORING_SHIFT = 0.5825971579390107
"""-zeta(1/2) / sqrt(2 pi): how far a walk that is seen at steps overshoots, in standard deviations of one step.

Source: Broadie, Glasserman and Kou (1997), A continuity correction for discrete barrier options.
"""
FARTHEST = 64
"""Standard deviations beyond which fat tails are taken as there: less than one in a million."""
LONGEST_DISTANCE = 40.0
"""Beyond which any chance is taken as there: a rise of 2 x 10^17, or a fall to what that leaves of 1."""
LEAST_VARIANCE = 1e-24
"""Below which a price stands still: moves of a millionth of a millionth."""

_EULER = 0.5772156649015329
_STEP = 2 * math.pi / (2 * FARTHEST)
_NEGLIGIBLE = 1e-14
_HALVINGS = 50


class Walk(NamedTuple):
    """How a price moves until the horizon."""

    volatility: float
    """Annual standard deviation of the price's logarithm, from 0."""
    days: float
    """Until the horizon, from 0."""

    @property
    def variance(self) -> float:
        """Variance of the logarithm at the horizon."""
        return self.volatility**2 * self.days / float(YEAR_DAYS)

    @property
    def stands_still(self) -> bool:
        """Tell whether there is no movement to speak of."""
        return self.variance < LEAST_VARIANCE


Chance = Callable[[float], float]
"""Probability of touching a barrier by its distance: 1 from 0 down, and falling."""


def distance_to(barrier: float, *, price: float, side: TouchSide) -> float:
    """Distance of a barrier from a price, both above zero: 0 or less where it is reached already."""
    rise = math.log(barrier / price)
    return rise if side == "short" else -rise


def touch_probability(distance: float, walk: Walk, *, side: TouchSide) -> float:
    """Probability that a price which is watched all the time touches a barrier by the horizon.

    With b the distance below the price and V the variance: N((V/2 - b) / sqrt V) + e^b N((-V/2 - b) / sqrt V); above
    it e^-b times the same.

    Args:
        distance: of the barrier, see `distance_to`.
        walk: normal steps.
        side: whose barrier it is.
    """
    if distance <= 0:
        return 1.0
    if walk.stands_still:
        return 0.0
    reach = min(distance, LONGEST_DISTANCE)
    return min(1.0, _reflect(reach, walk.variance) * _above(reach, side))


def terminal_probability(distance: float, walk: Walk, *, side: TouchSide) -> float:
    """Probability that the price lies beyond a barrier at the horizon, wherever it was before."""
    if walk.stands_still:
        return 1.0 if distance <= 0 else 0.0
    drift = walk.variance / 2 if side == "long" else -walk.variance / 2
    return _normal((drift - distance) / math.sqrt(walk.variance))


def watched_touch_probability(distance: float, walk: Walk, *, side: TouchSide, checks: int) -> float:
    """Probability that a price is seen beyond a barrier at one of some evenly spaced moments, the last at the horizon.

    Args:
        distance: of the barrier.
        walk: normal steps.
        side: whose barrier it is.
        checks: moments at which it is looked at, one at least; now is one more.

    Source: Broadie, Glasserman and Kou: the formula for one that is watched all the time, with the barrier moved away
    by 0.5826 standard deviations of the walk between two moments.
    """
    if distance <= 0:
        return 1.0
    terminal = terminal_probability(distance, walk, side=side)
    if checks == 1:
        return terminal
    shifted = distance + MONITORING_SHIFT * math.sqrt(walk.variance / checks)
    return max(terminal, touch_probability(shifted, walk, side=side))


def count_checks(walk: Walk, checks_per_day: float) -> int:
    """Moments until the horizon at which a price is looked at, the horizon among them: 1 at least."""
    return max(1, math.ceil(walk.days * checks_per_day - 1e-9))


def fat_tailed_chance(walk: Walk, *, side: TouchSide) -> Chance:
    """Give the probability of touching a barrier where every day has a variance of its own: daily t(4) returns.

    The variance of a day is the mean one times 1/G, G of the gamma law with shape 2, whose mean is 1: the day's return
    is Student's with 4 degrees of freedom and of the same variance. Given all variances the price is watched all the
    time and the formula of `touch_probability` holds with their sum V. It is averaged over V exactly, not by sampling:
    survival is a sum of waves, in k, whose amplitudes fall as exp(-(k^2 + 1/4) V / 2), and the mean of that over
    V is a power of the Laplace transform of 1/G, which is 2 s K_2(2 sqrt s).

    Args:
        walk: its mean variance, and the days; what is left after whole days is one more, shorter day.
        side: whose barrier it is.
    """
    if walk.stands_still:
        return lambda distance: touch_probability(distance, walk, side=side)
    waves, farthest = tuple(_waves(walk)), min(FARTHEST * math.sqrt(walk.variance), LONGEST_DISTANCE)

    def chance(distance: float) -> float:
        if distance <= 0:
            return 1.0
        reach = min(distance, farthest)
        excess = math.fsum(amplitude * math.sin(wave * reach) for wave, amplitude in waves)
        below = _reflect(reach, walk.variance) + math.exp(reach / 2) * excess
        return min(1.0, max(0.0, below * _above(reach, side)))

    return chance


def safe_distance(chance: Chance, probability: float, *, farthest: float) -> float | None:
    """Find the least distance whose probability is at most a given one; None where that is beyond the farthest.

    Args:
        chance: probability by distance, falling.
        probability: the most that is accepted, above 0.
        farthest: distance to look up to.
    """
    near, far = 0.0, farthest
    if chance(far) > probability:
        return None
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        near, far = (near, middle) if chance(middle) <= probability else (middle, far)
    return far


def mean_decay(rate: float) -> float:
    """Mean of exp(-rate / G) over the gamma law with shape 2: 2 s K_2(2 sqrt s) of the rate s, from 0."""
    return _small_decay(rate) if rate <= 1 else _large_decay(rate)


def _above(distance: float, side: TouchSide) -> float:
    """Weight of a barrier above: a price without drift reaches it less often than the one as far below."""
    return math.exp(-distance) if side == "short" else 1.0


def _reflect(distance: float, variance: float) -> float:
    spread = math.sqrt(variance)
    ahead, behind = (variance / 2 - distance) / spread, (-variance / 2 - distance) / spread
    return _normal(ahead) + math.exp(distance) * _normal(behind)


def _normal(value: float) -> float:
    return math.erfc(-value / math.sqrt(2)) / 2


def _waves(walk: Walk) -> Iterator[tuple[float, float]]:
    """Waves of what fat tails add to the normal law's probability, with their amplitudes, until they die out.

    Only the difference of the two laws is summed up: it is near 0 both at no distance and far away, so that the sum
    over equidistant waves, which repeats itself beyond twice `FARTHEST`, is as good as the integral.
    """
    spread = math.sqrt(walk.variance)
    step = _STEP / spread
    whole, rest = divmod(walk.days, 1)
    day = walk.volatility**2 / float(YEAR_DAYS)
    wave = step
    while True:
        frequency = wave**2 + 0.25
        fat = mean_decay(frequency * day / 2) ** whole * mean_decay(frequency * day * rest / 2)
        normal = math.exp(-frequency * walk.variance / 2)
        if max(fat, normal) < _NEGLIGIBLE:
            return
        yield wave, 2 / math.pi * step * wave / frequency * (normal - fat)
        wave += step


def _small_decay(rate: float) -> float:
    """Sum the series of K_2 (Abramowitz and Stegun 9.6.11), whose terms fall off at once up to 1."""
    if not rate:
        return 1.0
    logarithm = math.log(rate)
    term, digammas = rate**2 / 2, 1.5 - 2 * _EULER
    terms = [1.0, -rate]
    for index in range(1, 14):
        terms.append(term * (digammas - logarithm))
        term *= rate / (index * (index + 2))
        digammas += 1 / index + 1 / (index + 2)
    return math.fsum(terms)


def _large_decay(rate: float) -> float:
    """Integrate K_2 (Abramowitz and Stegun 9.6.24) by trapezoids, which converge faster than any power of the step."""
    argument = 2 * math.sqrt(rate)
    return 2 * rate * math.fsum(weight * math.exp(-argument * level) for level, weight in _NODES)


_NODES = (
    (1.0, 0.1),
    *((math.cosh(0.2 * index), 0.2 * math.cosh(0.4 * index)) for index in range(1, 24)),
)
"""Steps of 0.2 through the integral of exp(-x cosh t) cosh 2t: cosh t, and cosh 2t times the step; half at its end."""
