"""Expected shortfall of a hedge over outcomes that happened, and the hedge ratio that makes it least.

Law: the worst part of n outcomes is n (1 - c) of them, the last one in part, and its mean loss is convex and piecewise
linear in the ratio. So the least one lies where two lines meet, and is found there instead of by steps; of several
ratios that are least alike it is the smallest. float64 throughout.
Source: Acerbi and Tasche (2002) on the part of an outcome; Rockafellar and Uryasev (2000) on convexity.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

_ROUNDING = 1e-14
"""Relative: what float64 leaves of a sum of products."""
_MASS_DIGITS = 9


class Outcome(NamedTuple):
    """What one period brings: a loss of `level` unhedged, and of `slope` more for each unit of the hedge."""

    level: float
    slope: float

    def at(self, hedge_ratio: float) -> float:
        """Loss behind a hedge, positive where money is lost."""
        return self.level + hedge_ratio * self.slope


def shortfall_line(outcomes: Sequence[Outcome], hedge_ratio: float, *, confidence: float) -> Outcome:
    """Average the worst outcomes behind a hedge: a line that touches the expected shortfall there and is above nowhere.

    Args:
        outcomes: of periods of one length, one at least.
        hedge_ratio: of the hedge, from 0; infinite for the order in which ever larger hedges put them.
        confidence: c; the worst part is 1 - c of the outcomes.
    """
    mass = round(len(outcomes) * (1 - confidence), _MASS_DIGITS)
    if math.isinf(hedge_ratio):
        ranked = sorted(((slope, slope, level) for level, slope in outcomes), reverse=True)
    else:
        ranked = sorted(((level + hedge_ratio * slope, slope, level) for level, slope in outcomes), reverse=True)
    worst = [(min(1.0, mass - index), *ranked[index]) for index in range(math.ceil(mass))]
    return Outcome(
        math.fsum(weight * level for weight, _, _, level in worst) / mass,
        math.fsum(weight * slope for weight, _, slope, _ in worst) / mass,
    )


def expected_shortfall(outcomes: Sequence[Outcome], hedge_ratio: float, *, confidence: float) -> float:
    """Mean of the worst losses behind a hedge; negative where even they are gains."""
    return shortfall_line(outcomes, hedge_ratio, confidence=confidence).at(hedge_ratio)


def least_shortfall_ratio(outcomes: Sequence[Outcome], *, confidence: float) -> float | None:
    """Hedge ratio from 0 with the least expected shortfall; None where more is always better.

    A line that touches from the left and one that touches from the right meet below the least one or at it; the line
    at the place where they meet takes the place of one of them, until there is nothing between.

    Args:
        outcomes: of periods of one length, one at least.
        confidence: c; the worst part is 1 - c of the outcomes.
    """
    steepest, largest = max(abs(one.slope) for one in outcomes), max(abs(one.level) for one in outcomes)
    flat = _ROUNDING * steepest
    left = shortfall_line(outcomes, 0.0, confidence=confidence)
    if left.slope >= -flat:
        return 0.0
    right = shortfall_line(outcomes, math.inf, confidence=confidence)
    if right.slope < -flat:
        return None
    while True:
        ratio = (left.level - right.level) / (right.slope - left.slope)
        line = shortfall_line(outcomes, ratio, confidence=confidence)
        if line.at(ratio) - left.at(ratio) <= _ROUNDING * (largest + ratio * steepest):
            return max(0.0, ratio)
        left, right = (line, right) if line.slope < -flat else (left, line)
