"""What past returns say of the betas of coins, and how sure they are of it.

Law: an interval that lacks one of two returns is left out of their pair and of no other; nothing is filled in. Sums are
exactly rounded, so that an estimate is the same number on every machine. float64 throughout.

`measurement` says the same of each coin, and more, by numpy, which a service that only sizes never loads.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.hedging.errors import Fault, InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError
from service.hedging.estimation.priors import Prior, shrink
from service.hedging.estimation.slopes import BetaMethod
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.samples import Sample
from service.hedging.risk.tail import student_quantile
from service.hedging.risk.variance import FEWEST, LEAST_VARIANCE, covariance
from service.hedging.units import Beta

LARGEST_BETA = 100
"""Beyond which a slope is a slip of units and no beta."""
_NORMAL = NormalDist()


class BetaEstimate(Struct, frozen=True, kw_only=True):
    """What past returns say of one coin's beta; statistics of returns per interval."""

    observations: Annotated[
        int,
        Meta(
            description="Intervals in which the coin and the underlying both have a return.",
            ge=3,
            le=1000,
            examples=[90],
        ),
    ]
    effective_observations: Annotated[
        float,
        Meta(
            description="How many the weights of `ewma` are worth, (sum w)^2 / sum w^2; else the same.",
            ge=1,
            le=1000,
            examples=[90],
        ),
    ]
    slope: Annotated[
        float,
        Meta(description="Least squares of the coin's return on the underlying's, with an intercept.", examples=[1.21]),
    ]
    standard_error: Annotated[float, Meta(description="Of the slope.", ge=0, examples=[0.12])]
    r_squared: Annotated[
        float,
        Meta(
            description="Share of the coin's variance that the underlying explains: no future on it removes the rest.",
            ge=0,
            le=1,
            examples=[0.55],
        ),
    ]
    sample_weight: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="Part of beta that is the slope, the rest being the prior's mean; null for methods without a "
            "prior.",
            examples=[0.74],
        ),
    ]
    beta: Annotated[Beta, Meta(description="By the method that was asked for.")]
    beta_low: Annotated[
        float | None,
        Meta(
            description="Lower end of beta's interval at the confidence: slope - t x error for `ols`, mean - z x "
            "standard deviation of the posterior for `vasicek`. How far the sample may be off, not how far beta moves "
            "on. Null for `ewma`, whose error nobody knows.",
            examples=[0.98],
        ),
    ]
    beta_high: Annotated[float | None, Meta(description="Upper end; null likewise.", examples=[1.37])]

    @property
    def is_doubtful(self) -> bool:
        """Tell whether there may be no beta at all; without an interval by two errors of the slope."""
        if self.beta_low is None or self.beta_high is None:
            return abs(self.slope) < 2 * self.standard_error
        return self.beta_low <= 0 <= self.beta_high


class Estimator(NamedTuple):
    """How betas are estimated."""

    method: BetaMethod
    prior: Prior | None
    """There is one for `vasicek`."""
    decay: float
    """By which an observation of `ewma` weighs less than the one after it."""
    confidence: float
    """Of the intervals."""


class Places(NamedTuple):
    """Where a question names what is estimated."""

    of_assets: Mapping[str, tuple[str | int, ...]]
    of_returns: tuple[str | int, ...]


class _Pairs(NamedTuple):
    """Returns in the intervals that have both, oldest first."""

    asset: Sequence[float]
    underlying: Sequence[float]


class _Line(NamedTuple):
    """Least squares with an intercept."""

    slope: float
    error: float
    r_squared: float


class _Beta(NamedTuple):
    """A beta with its doubt."""

    beta: float
    reach: float | None = None
    """From it to either end of its interval; None where nobody knows."""
    sample_weight: float | None = None


def estimate_betas(sample: Sample, underlying: str, estimator: Estimator, *, places: Places) -> dict[str, BetaEstimate]:
    """Estimate the betas of coins to what a contract follows.

    Args:
        sample: returns of all coins that have a place, and of the underlying.
        underlying: what the contract follows.
        estimator: how.
        places: where the question names the coins, and the returns.

    Raises:
        TooFewObservationsError, ZeroVarianceError, InconsistentQuestionError: in this order, the first that applies,
            with all of its places; a beta beyond 100 is a slip of units.
    """
    market = sample.returns[underlying]
    pairs = {asset: _pair(sample.returns[asset], market) for asset in places.of_assets}
    short = [*_find_short(pairs, underlying, places)]
    if short:
        raise TooFewObservationsError(*short)
    still = [*_find_still(pairs, underlying, estimator, places=places)]
    if still:
        raise ZeroVarianceError(*still)
    estimates = {asset: _estimate(one, estimator) for asset, one in pairs.items()}
    wild = [*_find_wild(estimates, places)]
    if wild:
        raise InconsistentQuestionError(*wild)
    return estimates


def _estimate(pairs: _Pairs, estimator: Estimator) -> BetaEstimate:
    line, worth = _fit(pairs), float(len(pairs.asset))
    if estimator.method == "ewma":
        found, worth = _weigh(pairs, estimator.decay)
    elif estimator.prior is not None:
        found = _shrink(line, estimator.prior, estimator.confidence)
    else:
        found = _Beta(line.slope, student_quantile((1 + estimator.confidence) / 2, len(pairs.asset) - 2) * line.error)
    return BetaEstimate(
        observations=len(pairs.asset),
        effective_observations=tidy(worth),
        slope=tidy(line.slope),
        standard_error=tidy(line.error),
        r_squared=tidy(line.r_squared),
        sample_weight=None if found.sample_weight is None else tidy(found.sample_weight),
        beta=tidy(found.beta),
        beta_low=None if found.reach is None else tidy(found.beta - found.reach),
        beta_high=None if found.reach is None else tidy(found.beta + found.reach),
    )


def _fit(pairs: _Pairs) -> _Line:
    """Fit a line, and say how sure its slope is.

    Source: Hull, Options, Futures, and Other Derivatives, 3.4; se = sqrt(SSE / (n - 2) / sum (x - mean)^2).
    """
    asset, market = pairs
    spread, own = covariance(market, market), covariance(asset, asset)
    slope = covariance(asset, market) / spread
    rest = [y - slope * x for y, x in zip(asset, market, strict=True)]
    left = covariance(rest, rest)
    error = math.sqrt(left / spread / (len(asset) - 2))
    return _Line(slope, error, min(1.0, max(0.0, 1 - left / own)))


def _shrink(line: _Line, prior: Prior, confidence: float) -> _Beta:
    posterior = shrink(line.slope, line.error, prior)
    return _Beta(posterior.beta, _NORMAL.inv_cdf((1 + confidence) / 2) * posterior.error, posterior.weight)


def _weigh(pairs: _Pairs, decay: float) -> tuple[_Beta, float]:
    """Give the slope by exponential weights and zero means, and how many observations such weights are worth.

    Source: J.P. Morgan/Reuters, RiskMetrics Technical Document (1996), 5.2.
    """
    weights = _weights(len(pairs.asset), decay)
    moved = [weight * x for weight, x in zip(weights, pairs.underlying, strict=True)]
    products, squares = (math.fsum(one * other for one, other in zip(moved, others, strict=True)) for others in pairs)
    slope = products / squares
    return _Beta(slope), math.fsum(weights) ** 2 / math.fsum(weight * weight for weight in weights)


def _weights(count: int, decay: float) -> list[float]:
    return [decay ** (count - 1 - place) for place in range(count)]


def _pair(asset: Sequence[float | None], underlying: Sequence[float | None]) -> _Pairs:
    """Keep the intervals in which nothing is missing."""
    rows = [(y, x) for y, x in zip(asset, underlying, strict=True) if y is not None and x is not None]
    return _Pairs([y for y, _ in rows], [x for _, x in rows])


def _find_short(pairs: Mapping[str, _Pairs], underlying: str, places: Places) -> Iterator[Fault]:
    """Say of which coins there is too little."""
    for asset, one in pairs.items():
        if len(one.asset) < FEWEST:
            detail = f"{len(one.asset)} intervals have a return of both {asset} and {underlying}, and it takes {FEWEST}"
            yield Fault(places.of_assets[asset], f"{detail}: send its beta, or more returns")


def _find_still(
    pairs: Mapping[str, _Pairs], underlying: str, estimator: Estimator, *, places: Places
) -> Iterator[Fault]:
    """Say what never moved: the underlying beside some coins, or a coin itself."""
    beside = [asset for asset, one in pairs.items() if _spread(one.underlying, estimator) < LEAST_VARIANCE]
    if beside:
        detail = f"{underlying} never moved in the intervals of {', '.join(beside[:10])}: no beta"
        yield Fault(places.of_returns, detail)
    for asset, one in pairs.items():
        if covariance(one.asset, one.asset) < LEAST_VARIANCE:
            yield Fault(places.of_assets[asset], f"The returns of {asset} never moved: no beta")


def _spread(underlying: Sequence[float], estimator: Estimator) -> float:
    """Give the variance that an estimate is divided by; of two the smaller one."""
    spread = covariance(underlying, underlying)
    if estimator.method != "ewma":
        return spread
    weights = _weights(len(underlying), estimator.decay)
    squares = math.fsum(weight * x * x for weight, x in zip(weights, underlying, strict=True))
    return min(spread, squares / math.fsum(weights))


def _find_wild(estimates: Mapping[str, BetaEstimate], places: Places) -> Iterator[Fault]:
    """Say which slopes are no betas."""
    for asset, one in estimates.items():
        if abs(one.beta) > LARGEST_BETA:
            detail = f"The beta of {asset} would be {one.beta:.6g}, beyond {LARGEST_BETA}: returns are fractions"
            yield Fault(places.of_assets[asset], detail)
