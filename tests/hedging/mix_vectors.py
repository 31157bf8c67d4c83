"""How the golden vectors of whole lots of several contracts are reckoned."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from service.hedging.mixes.integer_optimum import Grounds, Quadratic, Range, find_least, relax


def _find(given: dict[str, Any]) -> dict[str, Any]:
    value, units = float(given["V"]), np.array(given["unit_notionals"], dtype=np.float64)
    variance = Quadratic(
        value**2 * float(given["var_p"]),
        value * np.array(given["cov_fp"], dtype=np.float64) * units,
        np.array(given["cov_ff"], dtype=np.float64) * np.outer(units, units),
    )
    ranges = tuple(Range(1, int(most)) for most in given["max_contracts"])
    found = find_least(Grounds(variance, ranges), np.zeros((1, len(ranges))))
    return {
        "contracts": [int(lots) for lots in found.lots],
        "variance": _tell(found.variance),
        "sd_usd": _tell(math.sqrt(found.variance)),
        "continuous_contracts": [_tell(float(lots)) for lots in relax(variance, np.full(len(ranges), np.inf))],
        "variance_reduction": _tell(1 - found.variance / variance.constant),
    }


def _tell(value: float) -> Decimal:
    return Decimal(repr(value))


CALCULATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"min_var_integer": _find}
