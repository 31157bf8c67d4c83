"""What is believed of an altcoin's beta before its returns are looked at, and what they make of that.

Law: a belief has a name, a source and a spread, and the caller may have another. float64 throughout.
"""

import math
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.risk.hedge_ratios import PRIOR_SPREAD, shrink_beta

_BLUME_LEVEL, _BLUME_SLOPE = 0.343, 0.677


class Prior(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A normal belief about betas."""

    mean: Annotated[float, Meta(description="Of the betas.", ge=-10, le=10, examples=[1.09])]
    spread: Annotated[
        float, Meta(description="Standard deviation of true betas about the mean.", ge=0.001, le=10, examples=[0.2])
    ]


class Belief(Struct, frozen=True, kw_only=True):
    """A normal belief about the beta of one coin, or of a book: as wide as what is long and short makes it."""

    mean: Annotated[float, Meta(description="Of the beta.", examples=[1.09])]
    spread: Annotated[float, Meta(description="Standard deviation about it.", ge=0, examples=[0.2])]


PRIORS: Mapping[str, Prior] = {
    "BTC": Prior(mean=1.09, spread=PRIOR_SPREAD),
    "ETH": Prior(mean=0.92, spread=0.14),
}
"""Of altcoins on BTC: eight coins, daily closes, 2021 to September 2025. On ETH: thirteen coins, the years 2021, 2022
and 2023 of each as far as they are known, daily closes; own computation."""


class Posterior(NamedTuple):
    """What a belief has become."""

    beta: float
    """Mean of the posterior: the hedge ratio with the least variance when beta is uncertain."""
    error: float
    """Its standard deviation."""
    weight: float
    """Of the measured slope, from 0 to 1; the rest is that of the belief."""


def find_prior(underlying: str, sent: Prior | None, *path: str | int) -> Prior:
    """Give the belief about betas to an underlying.

    Args:
        underlying: asset that they are to.
        sent: the caller's own; it counts.
        path: where the question states it.

    Raises:
        InconsistentQuestionError: if none was sent, and none is known of this underlying.
    """
    if sent is not None:
        return sent
    if underlying not in PRIORS:
        detail = (
            f"No prior of betas to {underlying} is known here, only to {' and '.join(PRIORS)}: send one, or take "
            "another method"
        )
        raise InconsistentQuestionError(Fault(path, detail))
    return PRIORS[underlying]


def shrink(slope: float, error: float, prior: Prior | Belief) -> Posterior:
    """Move a belief about beta by what was measured.

    Args:
        slope: measured.
        error: its standard error.
        prior: the belief.

    Source: Vasicek (1973), A note on using cross-sectional information in Bayesian estimation of security betas.
    """
    weight = 1 / (1 + (error / prior.spread) ** 2)
    beta = shrink_beta(slope, error=error, prior=prior.mean, spread=prior.spread)
    return Posterior(beta, math.sqrt(weight) * error, weight)


def adjust(slope: float) -> float:
    """Move a slope toward 1 as betas of shares moved from one period to the next: 0.343 + 0.677 x slope.

    Source: Blume (1975), Betas and their regression tendencies.
    """
    return _BLUME_LEVEL + _BLUME_SLOPE * slope
