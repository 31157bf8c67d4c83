"""How the golden vectors of value at risk and expected shortfall are reckoned."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from service.hedging.risk.tail import Tail, measure_tail, normal_tail, student_quantile, student_tail

_CELLS = 200


def _tell(tail: Tail, **others: float) -> dict[str, Decimal]:
    floats = {"var": tail.value_at_risk, "es": tail.expected_shortfall, **others}
    return {name: Decimal(repr(value)) for name, value in floats.items()}


def _measure(results: list[float], confidence: float) -> Tail:
    return measure_tail(sorted((-one for one in results), reverse=True), len(results), confidence)


def _discrete(given: dict[str, Any]) -> dict[str, Decimal]:
    """Count each result as often as its probability says."""
    chances = [Fraction(chance) for chance in given.get("prob", ["1"] * len(given["pnl"]))]
    parts = math.lcm(*(chance.denominator for chance in chances))
    pairs = zip(given["pnl"], chances, strict=True)
    return _tell(
        _measure([float(one) for one, chance in pairs for _ in range(int(chance * parts))], _confidence(given))
    )


def _uniform(given: dict[str, Any]) -> dict[str, Decimal]:
    """Cut the range into cells, of which each counts with both of its ends: so the mean of a tail is exact."""
    low, high = Fraction(given["lo"]), Fraction(given["hi"])
    ends = [low + (high - low) * place / _CELLS for place in range(_CELLS + 1)]
    results = [float(end) for end in (*ends[:-1], *ends[1:])]
    return _tell(_measure(results, _confidence(given)), mean=math.fsum(results) / len(results))


def _normal(given: dict[str, Any]) -> dict[str, Decimal]:
    return _tell(normal_tail(float(given["mean"]), float(given["sd"]), _confidence(given)))


def _student(given: dict[str, Any]) -> dict[str, Decimal]:
    degrees, confidence = int(given["nu"]), _confidence(given)
    tail = student_tail(float(given["mean"]), float(given["sd"]), degrees=degrees, confidence=confidence)
    return _tell(tail, t_quantile=student_quantile(confidence, degrees))


def _confidence(given: dict[str, Any]) -> float:
    return float(given["conf"])


CALCULATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "var_es_discrete": _discrete,
    "var_es_normal": _normal,
    "var_es_t": _student,
    "var_es_uniform": _uniform,
}
