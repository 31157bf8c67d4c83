"""What past returns say of one asset's beta to one instrument: several estimates, each with its doubt.

Law: an estimate without a value is null and says why; how far windows of the past differ stands beside the estimate of
all of it. float64 throughout, 12 significant digits.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.estimation.priors import Belief
from service.hedging.estimation.stress_beta import StressBeta
from service.hedging.units import Asset

BetaMethod = Literal["vasicek", "ols", "ewma"]
Lacking = Literal["too_few_observations", "not_independent"]
Unstable = Literal["too_few_observations", "unstable_denominator", "not_independent"]
Unjoined = Literal["one_instrument", "too_few_observations", "singular_covariance", "never_moved"]
_Beta = Annotated[float, Meta(examples=[1.1])]
_Count = Annotated[int, Meta(ge=0, le=1000, examples=[90])]


class Slope(Struct, frozen=True, kw_only=True):
    """Least squares with an intercept."""

    beta: Annotated[_Beta, Meta(description="Slope; of hedges, the ratio with the least variance in the sample.")]
    error: Annotated[float, Meta(description="Its standard error.", ge=0, examples=[0.12])]
    low: Annotated[_Beta, Meta(description="Lower end of the confidence interval, by Student's law.")]
    high: Annotated[_Beta, Meta(description="Upper end.")]
    intercept: Annotated[float, Meta(description="Return per interval at none of the instrument.", examples=[0.0004])]


class Shrunk(Struct, frozen=True, kw_only=True):
    """The slope, drawn toward what is believed of such betas by how unsure it is (Vasicek)."""

    beta: Annotated[_Beta, Meta(description="Mean of the posterior: the ratio to hedge with when beta is uncertain.")]
    error: Annotated[float, Meta(description="Standard deviation of the posterior.", ge=0, examples=[0.1])]
    low: Annotated[_Beta, Meta(description="Lower end of its interval of the same probability, by the normal law.")]
    high: Annotated[_Beta, Meta(description="Upper end.")]
    weight: Annotated[
        float, Meta(description="Of the slope; the rest is that of the prior.", ge=0, le=1, examples=[0.74])
    ]
    prior: Annotated[
        Belief,
        Meta(
            description="What it was drawn toward. For the book: as if all of it but the underlying itself moved as "
            "one coin of the prior, which doubts more than coins that differ each by itself."
        ),
    ]


class Weighted(Struct, frozen=True, kw_only=True):
    """Exponentially weighted moments about 0 (RiskMetrics): what is recent counts more."""

    beta: Annotated[
        _Beta | None, Meta(description="Slope; null where the instrument did not move lately by any weight.")
    ]
    volatility: Annotated[float, Meta(description="Annual, of the asset, by the same weights.", ge=0, examples=[0.8])]
    underlying_volatility: Annotated[
        float, Meta(description="Annual, of the instrument, by the same weights.", ge=0, examples=[0.5])
    ]
    effective_observations: Annotated[
        float, Meta(description="How many equal weights say as much: (sum w)^2 / sum w^2.", ge=0, examples=[31.8])
    ]


class OneSided(Struct, frozen=True, kw_only=True):
    """Slope within the intervals in which the instrument fell, or rose."""

    beta: Annotated[_Beta | None, Meta(description="Slope, with an intercept of its own; null for too few.")]
    error: Annotated[
        Annotated[float, Meta(ge=0)] | None, Meta(description="Its standard error; null likewise.", examples=[0.2])
    ]
    observations: Annotated[_Count, Meta(description="How many intervals those are.")]
    absent_reason: Annotated[
        Literal["too_few_observations"] | None, Meta(description="Why there is no slope; null where there is one.")
    ]


class LaggedSlope(Struct, frozen=True, kw_only=True):
    """Beta where closes are not of one moment: what the asset does an interval before and after counts, too."""

    beta: Annotated[_Beta | None, Meta(description="Of all three; null as absent_reason says.")]
    observations: Annotated[_Count, Meta(description="Intervals that have all returns that it takes.")]
    before: Annotated[_Beta | None, Meta(description="Slope on the instrument's return an interval before.")]
    same: Annotated[_Beta | None, Meta(description="Slope on that of the same interval.")]
    after: Annotated[_Beta | None, Meta(description="Slope on that of the interval after.")]


class Dimson(LaggedSlope, frozen=True, kw_only=True):
    """Three slopes of one regression, for coins that are traded thinly."""

    absent_reason: Annotated[
        Lacking | None,
        Meta(
            description="Why there is no beta: `not_independent` where one of the three returns follows from "
            "the others. Null where there is one."
        ),
    ]


class ScholesWilliams(LaggedSlope, frozen=True, kw_only=True):
    """Three simple slopes over 1 + 2 rho, rho the correlation of the instrument with itself an interval before."""

    absent_reason: Annotated[
        Unstable | None,
        Meta(
            description="Why there is no beta: `unstable_denominator` where 1 + 2 rho is not above 0, "
            "`not_independent` where the instrument stood still at one of the three times. Null where there is one."
        ),
    ]


class RollingSlope(Struct, frozen=True, kw_only=True):
    """Least-squares slopes within all windows of one length: how much beta has moved."""

    windows: Annotated[_Count, Meta(description="Windows that have at least half of their pairs of returns.")]
    lowest: Annotated[_Beta | None, Meta(description="Of the windows; null, as the others, where there is none.")]
    low: Annotated[_Beta | None, Meta(description="5 % of windows are lower.")]
    median: Annotated[_Beta | None, Meta(description="Half of windows are lower.")]
    high: Annotated[_Beta | None, Meta(description="95 % of windows are lower.")]
    highest: Annotated[_Beta | None, Meta(description="Of the windows.")]
    latest: Annotated[_Beta | None, Meta(description="Of the last window that has one.")]


class PairSlopes(Struct, frozen=True, kw_only=True):
    """Everything that past returns say of an asset, or of the book, and one instrument."""

    underlying: Annotated[Asset, Meta(description="Instrument: what the future follows.", examples=["BTC"])]
    observations: Annotated[
        int, Meta(description="Intervals in which both returns are known.", ge=3, le=1000, examples=[90])
    ]
    correlation: Annotated[
        Annotated[float, Meta(ge=-1, le=1)] | None,
        Meta(description="Pearson's; null for an asset that never moved.", examples=[0.76]),
    ]
    r_squared: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="Share of variance that the instrument explains: the most that futures on it can remove. Null "
            "likewise.",
            examples=[0.58],
        ),
    ]
    volatility: Annotated[float, Meta(description="Annual, of the asset.", ge=0, examples=[0.95])]
    underlying_volatility: Annotated[
        float, Meta(description="Annual, of the instrument in the same intervals.", ge=0, examples=[0.6])
    ]
    ols: Annotated[Slope, Meta(description="Least squares.")]
    vasicek: Annotated[
        Shrunk | None, Meta(description="Drawn toward the prior; null where none is known and none was sent.")
    ]
    blume: Annotated[_Beta, Meta(description="0.343 + 0.677 x the slope; Blume (1975), of shares.")]
    ewma: Annotated[Weighted, Meta(description="Exponentially weighted.")]
    downside: Annotated[OneSided, Meta(description="Where the instrument fell.")]
    upside: Annotated[OneSided, Meta(description="Where it rose.")]
    scholes_williams: Annotated[ScholesWilliams, Meta(description="Three simple slopes over 1 + 2 rho.")]
    dimson: Annotated[Dimson, Meta(description="Three slopes of one regression.")]
    rolling: Annotated[RollingSlope, Meta(description="Within windows of rolling_intervals.")]
    stress: Annotated[StressBeta, Meta(description="In named falls of the past, whatever returns were sent.")]


class JointSlopes(Struct, frozen=True, kw_only=True):
    """Slopes of one regression on both instruments."""

    betas: Annotated[
        tuple[_Beta, ...],
        Meta(description="One an instrument, in their order; empty as absent_reason says.", max_length=2),
    ]
    r_squared: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Share of variance that both explain; null likewise.", examples=[0.66]),
    ]
    observations: Annotated[
        int, Meta(description="Intervals in which all three returns are known.", ge=0, le=1000, examples=[90])
    ]
    absent_reason: Annotated[
        Unjoined | None,
        Meta(
            description="Why there is none: `singular_covariance` where one instrument is as good as the other. Null "
            "where there is one."
        ),
    ]


def beta_of(pair: PairSlopes, method: BetaMethod) -> float | None:
    """Give the estimate that a method asks for; None where there is none."""
    if method == "vasicek":
        return None if pair.vasicek is None else pair.vasicek.beta
    return pair.ols.beta if method == "ols" else pair.ewma.beta
