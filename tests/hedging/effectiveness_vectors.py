"""How the golden vectors of hedge effectiveness are reckoned."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from service.hedging.hindsight.judgement import Evidence, Standard, judge
from service.hedging.hindsight.offset import Changes, offset_changes
from service.hedging.hindsight.reductions import compare_risks
from service.hedging.units import SignedAmount


def _write(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _ederington(given: dict[str, str]) -> dict[str, Decimal | None]:
    """Take returns of two equal steps up and down, whose variance is as given."""
    unhedged, hedged = (
        [step, -step] for step in (math.sqrt(float(given[name]) / 2) for name in ("var_unhedged", "var_hedged"))
    )
    return {
        "effectiveness": _write(compare_risks(unhedged, hedged, confidence=0.95, periods_a_year=365).variance.reduction)
    }


def _effectiveness(given: dict[str, Any]) -> dict[str, Decimal | None]:
    """Judge the hedge, a period taken as a year: the vector's tracking error is that of a period."""
    item, future = ([float(one) for one in given[name]] for name in ("spot", "futures"))
    found = judge(Evidence(item, future, None, 1.0, 1.0), Standard(float(given["h"]), 0.95, None)).judgement
    figures = found.in_sample
    return {
        "var_unhedged": _write(figures.variance.unhedged),
        "var_hedged": _write(figures.variance.hedged),
        "variance_reduction": _write(figures.variance.reduction),
        "sd_reduction": _write(figures.volatility.reduction),
        "semivar_reduction": _write(figures.semivariance.reduction),
        "tracking_error": _write(found.tracking_error),
    }


def _dollar_offset(given: dict[str, list[str]]) -> dict[str, Any]:
    items, hedges = (tuple(map(SignedAmount, given[name])) for name in ("hedged_item_changes", "hedge_changes"))
    offset = offset_changes(Changes(item_changes=items, hedge_changes=hedges))
    return {
        "period": [_write(ratio) for ratio in offset.ratios],
        "cumulative": _write(offset.cumulative),
        "effective": offset.is_within_corridor,
    }


CALCULATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "ederington": _ederington,
    "effectiveness": _effectiveness,
    "dollar_offset": _dollar_offset,
}
"""By the name that the vectors give them."""
