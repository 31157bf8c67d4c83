"""How much of a risk a hedge takes away: each measure of the returns without and with it, side by side.

Law: returns are profits as a share of what is held, so that a loss is below 0 whatever side the book is on. A share of
next to nothing is none, and says why. float64 throughout, with exactly rounded sums.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.tail import Tail, measure_tail
from service.hedging.risk.variance import LEAST_VARIANCE, covariance

LEAST_LOSS = 1e-9
"""Below which there is nothing that a share could be of."""
NothingToReduce = Literal["nothing_to_reduce"]


class Reduction(Struct, frozen=True, kw_only=True):
    """One measure of risk without and with the hedge."""

    unhedged: Annotated[float, Meta(description="Of the book alone.", examples=[0.0036])]
    hedged: Annotated[float, Meta(description="Of book and hedge together.", examples=[0.0019])]
    reduction: Annotated[
        float | None,
        Meta(
            description="1 - hedged / unhedged; negative where the hedge adds risk, null as reduction_reason says.",
            examples=[0.46],
        ),
    ]
    reduction_reason: Annotated[
        NothingToReduce | None,
        Meta(description="`nothing_to_reduce`: unhedged is 0 or a gain. Null where there is a reduction."),
    ]


class Risks(NamedTuple):
    """Every measure of one series of returns without and with the hedge."""

    variance: Reduction
    volatility: Reduction
    value_at_risk: Reduction
    expected_shortfall: Reduction
    semivariance: Reduction


def compare_risks(
    unhedged: Sequence[float], hedged: Sequence[float], *, confidence: float, periods_a_year: float
) -> Risks:
    """Hold the risks of a book with a hedge against those without.

    Args:
        unhedged: profits of the book per period as a share of it, two at least.
        hedged: same of book and hedge together.
        confidence: of value at risk and shortfall, 0.95 for the worst 5 % of periods.
        periods_a_year: by which the volatility is annual; all else is per period.
    """
    spread, left = covariance(unhedged, unhedged), covariance(hedged, hedged)
    before, after = _tail(unhedged, confidence), _tail(hedged, confidence)
    return Risks(
        variance=_compare(spread, left, LEAST_VARIANCE),
        volatility=_compare(math.sqrt(spread * periods_a_year), math.sqrt(left * periods_a_year), LEAST_LOSS),
        value_at_risk=_compare(before.value_at_risk, after.value_at_risk, LEAST_LOSS),
        expected_shortfall=_compare(before.expected_shortfall, after.expected_shortfall, LEAST_LOSS),
        semivariance=_compare(semivariance(unhedged), semivariance(hedged), LEAST_VARIANCE),
    )


def semivariance(returns: Sequence[float]) -> float:
    """Mean square of the losses, about 0: gains count as none."""
    return math.fsum(min(one, 0.0) ** 2 for one in returns) / len(returns)


def _tail(returns: Sequence[float], confidence: float) -> Tail:
    return measure_tail(sorted((-one for one in returns), reverse=True), len(returns), confidence)


def _compare(unhedged: float, hedged: float, least: float) -> Reduction:
    is_some = unhedged >= least
    return Reduction(
        unhedged=tidy(unhedged),
        hedged=tidy(hedged),
        reduction=tidy(1 - hedged / unhedged) if is_some else None,
        reduction_reason=None if is_some else "nothing_to_reduce",
    )
