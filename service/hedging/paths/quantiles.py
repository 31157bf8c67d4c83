"""From many results to a distribution: mean, quantiles, tail, and how far each may be off.

Law: a quantile is a result that occurred, the smallest that the share of paths does not exceed. What is told has 6
significant digits, and what is less than a billionth of the book is 0.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from service.hedging.arrays import Floats
from service.hedging.paths.distribution import PROBABILITIES, Distribution, Fan, LawTail, Quantile
from service.hedging.risk.tail import Tail, count_tail, measure_tail, normal_tail, student_tail

FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
_DIGITS = 6
_SMALLEST = 1e-9


class Scale:
    """Writes amounts: with so many digits as mean something, beside a book of some size."""

    def __init__(self, exposure: float, size: float) -> None:
        """Make one.

        Args:
            exposure: what returns are of, not negative; 0 for no returns.
            size: of the largest amounts there are.
        """
        self.exposure = exposure
        self.least = size * _SMALLEST
        """What counts as nothing."""

    def amount(self, value: float) -> float:
        """Write an amount."""
        return 0.0 if abs(value) <= self.least else shorten(value)

    def returned(self, value: float) -> float | None:
        """Write an amount as a return, if there are any."""
        return shorten(self.amount(value) / self.exposure) if self.exposure else None


def shorten(value: float) -> float:
    """Round to 6 significant digits."""
    return float(f"{value:.{_DIGITS - 1}e}")


def describe(results: Floats, scale: Scale, *, confidence: float, degrees: int | None) -> Distribution:
    """Describe how results are distributed.

    Args:
        results: of all paths, in ascending order.
        scale: writes amounts.
        confidence: of the tail.
        degrees: of freedom of the law to compare with; None for the normal one alone.
    """
    count, amount = len(results), scale.amount
    mean, deviation = float(results.mean()), float(results.std(ddof=1))
    tail = measure_worst(results, confidence)
    risk_error, shortfall_error = _errors(results, tail, confidence)
    return Distribution(
        mean=amount(mean),
        mean_error=amount(deviation / math.sqrt(count)),
        standard_deviation=amount(deviation),
        quantiles=tuple(
            Quantile(probability=one, net_pnl=amount(value), net_return=scale.returned(value))
            for one, value in zip(PROBABILITIES, quantiles(results, PROBABILITIES), strict=True)
        ),
        value_at_risk=amount(tail.value_at_risk),
        value_at_risk_error=amount(risk_error),
        expected_shortfall=amount(tail.expected_shortfall),
        expected_shortfall_error=amount(shortfall_error),
        probability_of_loss=shorten(float(np.count_nonzero(results < -scale.least)) / count),
        laws=tuple(_compare(mean, deviation, scale, confidence=confidence, degrees=degrees)),
    )


def measure_worst(results: Floats, confidence: float) -> Tail:
    """Measure the tail of results in ascending order."""
    worst = math.floor(count_tail(len(results), confidence)) + 1
    return measure_tail((-results[:worst]).tolist(), len(results), confidence)


def quantiles(results: Floats, probabilities: Sequence[float]) -> Iterator[float]:
    """Give quantiles of results in ascending order."""
    for one in probabilities:
        place = math.ceil(Fraction(repr(one)) * len(results)) - 1
        yield float(results[place])


def chance_error(chance: float, count: int) -> float:
    """Give the standard error of a share of so many paths."""
    return shorten(math.sqrt(chance * (1 - chance) / count))


def fan_out(days: Sequence[int], columns: Sequence[Floats], scale: Scale) -> Fan | None:
    """Give the quantiles of returns day by day; None where there are no returns.

    Args:
        days: in ascending order.
        columns: results of each of them, in ascending order.
        scale: writes amounts.
    """
    if not scale.exposure:
        return None
    rows = [[scale.returned(value) or 0.0 for value in quantiles(column, FAN)] for column in columns]
    p05, p25, p50, p75, p95 = zip(*rows, strict=True)
    return Fan(days=tuple(days), p05=p05, p25=p25, p50=p50, p75=p75, p95=p95)


def _errors(results: Floats, tail: Tail, confidence: float) -> tuple[float, float]:
    """Give the standard errors of value at risk and expected shortfall.

    The first from the order statistics one binomial standard deviation around it, the second from the spread of the
    losses beyond it. Source: Manistre and Hancock (2005), Variance of the CTE estimator.
    """
    share = float(count_tail(len(results), confidence))
    spread = math.sqrt(share * confidence)
    low, high = (min(len(results) - 1, max(0, math.floor(share + sign * spread))) for sign in (-1, 1))
    beyond = -results[: max(1, math.floor(share))] - tail.expected_shortfall
    gap = tail.expected_shortfall - tail.value_at_risk
    variance = float(np.mean(beyond**2)) + confidence * gap**2
    return float(results[high] - results[low]) / 2, math.sqrt(variance / share)


def _compare(
    mean: float, deviation: float, scale: Scale, *, confidence: float, degrees: int | None
) -> Iterator[LawTail]:
    """Say what tails usual laws have."""
    normal = normal_tail(mean, deviation, confidence)
    yield _law("normal", normal, scale)
    if degrees is not None:
        yield _law("student", student_tail(mean, deviation, degrees=degrees, confidence=confidence), scale)


def _law(name: Literal["normal", "student"], tail: Tail, scale: Scale) -> LawTail:
    return LawTail(
        law=name,
        value_at_risk=scale.amount(tail.value_at_risk),
        expected_shortfall=scale.amount(tail.expected_shortfall),
    )
