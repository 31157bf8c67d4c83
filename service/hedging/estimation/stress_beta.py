"""Beta in falls of the past: how much more than its everyday beta says a coin or a book fell when the market did.

Law: only windows in which everything of the book has a figure of its own count, and none is filled in.
"""

from collections.abc import Mapping
from statistics import median
from typing import Annotated, Literal, cast

from msgspec import Meta, Struct

from service.hedging.risk.hedge_ratios import tidy
from service.hedging.stresses import STRESSES, FallName

LEAST_FALL = 0.05
"""Of the underlying: a quotient by less says little of how a coin falls with it."""

_MOVES: dict[FallName, dict[str, float]] = {
    cast("FallName", stress.name): {figure.asset: float(figure.move) for figure in stress.figures}
    for stress in STRESSES.values()
}
"""From close to close, of each coin that has a figure in a window."""


class StressBeta(Struct, frozen=True, kw_only=True):
    """Move over the underlying's move, from close to close, in named falls of the past."""

    beta: Annotated[float | None, Meta(description="Median of the falls; null as absent_reason says.", examples=[1.43])]
    worst: Annotated[float | None, Meta(description="Largest of them; null likewise.", examples=[2.37])]
    worst_stress: Annotated[FallName | None, Meta(description="In which it was that; null likewise.")]
    falls: Annotated[
        int,
        Meta(
            description="Falls of the underlying by 5 % and more in which everything has a figure: see /v1/stresses.",
            ge=0,
            le=100,
            examples=[8],
        ),
    ]
    absent_reason: Annotated[
        Literal["unknown", "no_exposure"] | None,
        Meta(description="`unknown`: no fall has a figure of everything. Null where there is a beta."),
    ]


def measure_stress_beta(weights: Mapping[str, float], underlying: str) -> StressBeta:
    """Hold what a book did in falls of the past against what its underlying did.

    Args:
        weights: exposure of each asset at risk as a share of the book's net; none where there is no net exposure.
        underlying: what the future follows.
    """
    needed = {underlying, *weights}
    betas = {
        name: sum(weight * moves[asset] for asset, weight in weights.items()) / moves[underlying]
        for name, moves in _MOVES.items()
        if needed <= moves.keys() and moves[underlying] <= -LEAST_FALL
    }
    if not weights or not betas:
        reason: Literal["unknown", "no_exposure"] = "unknown" if weights else "no_exposure"
        return StressBeta(beta=None, worst=None, worst_stress=None, falls=0, absent_reason=reason)
    worst = max(betas, key=lambda name: betas[name])
    return StressBeta(
        beta=tidy(median(betas.values())),
        worst=tidy(betas[worst]),
        worst_stress=worst,
        falls=len(betas),
        absent_reason=None,
    )
