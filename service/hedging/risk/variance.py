"""Where the risk of a hedged book comes from: the market, the coins themselves, the future's basis.

Law: the parts add up to the whole, and the coins' own part does not depend on the hedge: no future removes it.
float64 throughout. Source: the market model r_P = a + beta r_M + e, and r_F = r_M + b, put into r_P - h r_F.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.errors import Fault, TooFewObservationsError, ZeroVarianceError

FEWEST = 3
FEW = 30
"""Observations below which it is warned that they are few."""
LEAST_VARIANCE = 1e-18
"""Of returns that moved at all: a standard deviation of a billionth."""
PERIODS_A_YEAR = 365
Observations = Sequence[float | None]


class Moments(NamedTuple):
    """Second moments of the market's return m, the book's own return e, which is uncorrelated with it, and of b."""

    market: float
    residual: float
    basis: float
    """Variance of the future's return less the market's."""
    market_basis: float
    """Covariance of m and b."""
    residual_basis: float
    """Covariance of e and b."""


class VarianceSplit(Struct, frozen=True, kw_only=True):
    """Variance of the hedged return per period, in its parts; a cross part may be negative."""

    market: Annotated[
        float, Meta(description="(beta - hedge ratio)^2 x the market's: beta not hedged.", examples=[0.00001])
    ]
    residual: Annotated[float, Meta(description="The coins' own movement: no future removes it.", examples=[0.00043])]
    basis: Annotated[
        float, Meta(description="hedge ratio^2 x that of the future's return less the market's.", examples=[0.0000002])
    ]
    market_basis: Annotated[float, Meta(description="Cross part of market and basis.", examples=[-0.0000001])]
    residual_basis: Annotated[
        float, Meta(description="Cross part of the coins' own movement and basis.", examples=[0.0000003])
    ]
    total: Annotated[float, Meta(description="The sum of the five.", examples=[0.00044])]


class BasisRisk(Struct, frozen=True, kw_only=True):
    """What is left of a book's risk behind a hedge, and where it comes from; statistics of returns per period."""

    observations: Annotated[
        int, Meta(description="Periods in which all three returns are known.", ge=3, le=2000, examples=[90])
    ]
    beta: Annotated[float, Meta(description="Slope of the book's return on the market's.", examples=[1.1])]
    beta_error: Annotated[float, Meta(description="Standard error of the slope.", ge=0, examples=[0.05])]
    r_squared: Annotated[
        float | None,
        Meta(
            description="Share of the book's variance that the market explains; null for a book that never moved.",
            examples=[0.7],
        ),
    ]
    hedge_ratio: Annotated[
        float, Meta(description="Value short per value held, as asked; else the slope.", examples=[1.1])
    ]
    hedged_variance: Annotated[VarianceSplit, Meta(description="Variance of the hedged return, in its parts.")]
    unhedged_variance: Annotated[float, Meta(description="Variance of the book's own return.", examples=[0.0014])]
    effectiveness: Annotated[
        float | None,
        Meta(
            description="Share of variance that the hedge removes; negative where it adds; null for an unmoved book.",
            examples=[0.69],
        ),
    ]
    volatility_reduction: Annotated[
        float | None,
        Meta(description="Same of the standard deviation: what is felt; null for an unmoved book.", examples=[0.44]),
    ]
    tracking_error: Annotated[
        float, Meta(description="Standard deviation of the hedged return, a year.", ge=0, examples=[0.4])
    ]


def split_variance(moments: Moments, *, beta: float, hedge_ratio: float) -> VarianceSplit:
    """Split the variance of r_P - h r_F into its parts, which add up to it.

    Args:
        moments: of the returns, all with one divisor.
        beta: of the book to the market.
        hedge_ratio: value of the future short per value held, h.
    """
    left = beta - hedge_ratio
    market, basis = left**2 * moments.market, hedge_ratio**2 * moments.basis
    market_basis = -2 * hedge_ratio * left * moments.market_basis
    residual_basis = -2 * hedge_ratio * moments.residual_basis
    return VarianceSplit(
        market=market,
        residual=moments.residual,
        basis=basis,
        market_basis=market_basis,
        residual_basis=residual_basis,
        total=math.fsum((market, moments.residual, basis, market_basis, residual_basis)),
    )


def measure_basis_risk(
    *,
    portfolio: Observations,
    market: Observations,
    futures: Observations,
    hedge_ratio: float | None = None,
    periods: float = PERIODS_A_YEAR,
) -> BasisRisk:
    """Measure what a hedge leaves of a book's risk.

    Args:
        portfolio: simple returns of the book, one a period, oldest first.
        market: same of what the future follows.
        futures: same of the future.
        hedge_ratio: value of the future short per value held; None for the slope on the market.
        periods: in a year, 365 for days.

    Raises:
        TooFewObservationsError: if fewer than 3 periods have all three; a missing return is left out, never filled in.
        ZeroVarianceError: if the market never moved.
    """
    held, moved, hedge = _align(portfolio, market, futures)
    count, spread = len(held), covariance(moved, moved)
    if spread < LEAST_VARIANCE:
        raise ZeroVarianceError(Fault(("risk",), "The market's returns never moved: no beta"))
    beta = covariance(held, moved) / spread
    residual = [one - beta * other for one, other in zip(held, moved, strict=True)]
    basis = [one - other for one, other in zip(hedge, moved, strict=True)]
    own = covariance(residual, residual)
    moments = Moments(spread, own, covariance(basis, basis), covariance(moved, basis), covariance(residual, basis))
    ratio = beta if hedge_ratio is None else hedge_ratio
    split = split_variance(moments, beta=beta, hedge_ratio=ratio)
    unhedged = covariance(held, held)
    left, has_moved = max(0.0, split.total), unhedged >= LEAST_VARIANCE
    return BasisRisk(
        observations=count,
        beta=beta,
        beta_error=math.sqrt(own / spread / (count - 2)),
        r_squared=min(1.0, max(0.0, 1 - own / unhedged)) if has_moved else None,
        hedge_ratio=ratio,
        hedged_variance=split,
        unhedged_variance=unhedged,
        effectiveness=1 - split.total / unhedged if has_moved else None,
        volatility_reduction=1 - math.sqrt(left / unhedged) if has_moved else None,
        tracking_error=math.sqrt(left * periods),
    )


def warn_of_risk(risk: BasisRisk, *path: str | int) -> Iterator[Caution]:
    """Say what a careful reader would doubt about it."""
    if risk.observations < FEW:
        yield caution("low_sample", f"{risk.observations} observations are few: beta may be far off", *path)
    if abs(risk.beta) < 2 * risk.beta_error:
        detail = f"Beta {risk.beta:.2f} is within two standard errors ({risk.beta_error:.2f}) of none at all"
        yield caution("beta_not_significant", detail, *path)


def covariance(one: Sequence[float], other: Sequence[float]) -> float:
    """Sample covariance of two series of one length, two values at least.

    Sums are exactly rounded, so that it is the same number on every machine and every version of Python, which the
    standard library's is not.
    """
    center, other_center = math.fsum(one) / len(one), math.fsum(other) / len(other)
    products = ((x - center) * (y - other_center) for x, y in zip(one, other, strict=True))
    return math.fsum(products) / (len(one) - 1)


def _align(*series: Observations) -> list[list[float]]:
    """Keep the periods in which nothing is missing."""
    rows = [row for row in zip(*series, strict=True) if None not in row]
    if len(rows) < FEWEST:
        detail = f"{len(rows)} periods have all three returns, and it takes {FEWEST}"
        raise TooFewObservationsError(Fault(("risk",), detail))
    return [[value for value in column if value is not None] for column in zip(*rows, strict=True)]
