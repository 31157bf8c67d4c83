"""The worst part of a distribution of outcomes: value at risk and expected shortfall.

Law: losses are positive, and a negative one is a gain even in the tail. The shortfall is the mean of exactly the worst
share of outcomes, so the outcome on its edge counts with the fraction that is needed (Acerbi and Tasche), and it is
never below the value at risk.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

_NORMAL = NormalDist()
_LEAST_STEP = 1e-14
"""Of a quantile, below which it is found."""


class Tail(NamedTuple):
    """How bad the worst share of outcomes is."""

    value_at_risk: float
    """The least loss that is not exceeded with the confidence."""
    expected_shortfall: float
    """Mean loss of the worst share."""


@lru_cache(maxsize=64)
def count_tail(outcomes: int, confidence: float) -> Fraction:
    """Give how many of the outcomes are the worst share, its fraction exact: 15 of 300 at 0.95."""
    return outcomes * (1 - Fraction(repr(confidence)))


def measure_tail(worst: Sequence[float], outcomes: int, confidence: float) -> Tail:
    """Measure the tail of outcomes that are all as likely.

    Args:
        worst: losses, the largest first; the whole of `count_tail` of them and one more at least.
        outcomes: how many there are in all.
        confidence: 0.95 for the worst 5 %.

    Source: VaR = inf{l: P(L <= l) >= c}; Acerbi and Tasche (2002), On the coherence of expected shortfall.
    """
    share = count_tail(outcomes, confidence)
    whole = math.floor(share)
    edge = worst[whole]
    return Tail(edge, max(edge, (math.fsum(worst[:whole]) + float(share - whole) * edge) / float(share)))


def normal_tail(mean: float, deviation: float, confidence: float) -> Tail:
    """Give the tail of normal outcomes.

    Args:
        mean: of the outcomes, gains positive.
        deviation: their standard deviation.
        confidence: 0.95 for the worst 5 %.
    """
    quantile = _NORMAL.inv_cdf(confidence)
    return Tail(quantile * deviation - mean, _NORMAL.pdf(quantile) / (1 - confidence) * deviation - mean)


def student_tail(mean: float, deviation: float, *, degrees: int, confidence: float) -> Tail:
    """Give the tail of outcomes of Student's law, scaled to a standard deviation.

    Args:
        mean: of the outcomes, gains positive.
        deviation: their standard deviation.
        degrees: of freedom, at least 3.
        confidence: 0.95 for the worst 5 %.

    Source: McNeil, Frey and Embrechts, Quantitative Risk Management, example 2.15.
    """
    scale, quantile = deviation * math.sqrt((degrees - 2) / degrees), student_quantile(confidence, degrees)
    shortfall = _student_density(quantile, degrees) / (1 - confidence) * (degrees + quantile**2) / (degrees - 1)
    return Tail(quantile * scale - mean, shortfall * scale - mean)


@lru_cache(maxsize=1024)
def student_quantile(probability: float, degrees: int) -> float:
    """Give the quantile of Student's law.

    Its distribution is concave above 0 and has fatter tails than the normal one, so that Newton's steps rise to the
    quantile from the normal one, and never beyond.

    Args:
        probability: from 0.5, below 1.
        degrees: of freedom, at least 1.
    """
    value, step = _NORMAL.inv_cdf(probability), math.inf
    while step > _LEAST_STEP * value:
        step = (_exceed(value, degrees) - (1 - probability)) / _student_density(value, degrees)
        value += step
    return value


def _exceed(value: float, degrees: int) -> float:
    """Give the chance of more than a value of at least 0.

    Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    angle = math.atan2(value, math.sqrt(degrees))
    cosine = math.cos(angle)
    term, total = (cosine, 0.0) if degrees % 2 else (1.0, 0.0)
    for step in range(1 + degrees % 2, degrees, 2):
        total += term
        term *= cosine * cosine * step / (step + 1)
    within = math.sin(angle) * total
    return (1 - (2 * (angle + within) / math.pi if degrees % 2 else within)) / 2


def _student_density(value: float, degrees: int) -> float:
    log = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    return math.exp(log) / math.sqrt(degrees * math.pi) * math.pow(1 + value**2 / degrees, -(degrees + 1) / 2)
