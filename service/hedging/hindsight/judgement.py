"""How much risk a hedge takes from a book, in the past it is judged on and out of it, and how much any could.

Law: the hedge is never said to take away more than the future explains. Returns are profits as a share of what is held,
and the hedge is against them, so that books that are net short are judged on their own side. float64 throughout, with
exactly rounded sums.
"""

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.errors import Fault, HedgingError, TooFewObservationsError, ZeroVarianceError
from service.hedging.hindsight.reductions import Reduction, Risks, compare_risks
from service.hedging.hindsight.walk_forward import Walked, WalkForward, walk_forward
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.tail import count_tail
from service.hedging.risk.variance import (
    FEW,
    FEWEST,
    LEAST_VARIANCE,
    BasisRisk,
    covariance,
    measure_basis_risk,
    warn_of_risk,
)
from service.hedging.sizes.advice import SPECULATIVE_COVERAGE

LEAST_R_SQUARED = 0.8
"""Of a future that hedges highly effectively, by convention."""
_LOWEST, _HIGHEST = 0.8, 1.25
_FEW_IN_TAIL = 2
CONVENTION = (
    f"{FEW} observations, an R squared of {LEAST_R_SQUARED:.2f} and a slope of 0.80 to 1.25 times the hedge ratio are "
    "what auditors ask for. It is a convention; a ratio estimated on the same returns has the slope itself"
)
RatioSource = Literal["given", "estimated"]
_Portion = Annotated[float, Meta(ge=0, le=1)]


class Evidence(NamedTuple):
    """Returns that a hedge is judged on, of the same intervals, oldest first; None for one that is missing."""

    item: Sequence[float | None]
    """Profits of the book as a share of its absolute exposure."""
    future: Sequence[float | None]
    """Returns of what hedges it; negated for a book that is net short, whose hedge is long."""
    market: Sequence[float | None] | None
    """Same of what the future follows, where they are known beside it."""
    interval_days: float
    periods_a_year: float


class Standard(NamedTuple):
    """How it is judged."""

    hedge_ratio: float | None
    """Value of the future against the book per value held; None for the slope of the returns."""
    confidence: float
    plan: WalkForward | None


class RiskFigures(Struct, frozen=True, kw_only=True):
    """Every measure of risk without and with the hedge: shares of the exposure, per interval but for `volatility`."""

    observations: Annotated[int, Meta(description="Intervals that it was measured on.", ge=3, le=1000, examples=[365])]
    variance: Annotated[Reduction, Meta(description="Of the returns; its reduction is Ederington's effectiveness.")]
    volatility: Annotated[Reduction, Meta(description="Standard deviation, a year: what is felt.")]
    value_at_risk: Annotated[
        Reduction,
        Meta(description="Loss of one interval that is not exceeded with the confidence; negative: a gain even then."),
    ]
    expected_shortfall: Annotated[
        Reduction, Meta(description="Mean loss in the worst 1 - confidence of intervals; never below value_at_risk.")
    ]
    semivariance: Annotated[Reduction, Meta(description="Mean square of the losses about 0; gains count as none.")]


class InSample(RiskFigures, frozen=True, kw_only=True):
    """What one hedge ratio does to the whole past; an estimated one has seen it all, so it flatters itself."""

    hedge_ratio: Annotated[
        float, Meta(description="Value of the future short per value held.", examples=[0.994495936227])
    ]
    hedge_ratio_source: Annotated[
        RatioSource, Meta(description="As sent, or estimated by least squares on the same returns.")
    ]


class HedgeRatios(Struct, frozen=True, kw_only=True):
    """Hedge ratios of all windows."""

    least: Annotated[float, Meta(description="The smallest.", examples=[0.593241])]
    median: Annotated[float, Meta(description="The one in the middle.", examples=[1.066664])]
    greatest: Annotated[float, Meta(description="The largest.", examples=[1.611463])]


class OutOfSample(RiskFigures, frozen=True, kw_only=True):
    """What ratios did that were estimated on each window, and applied to the intervals after it."""

    windows: Annotated[int, Meta(description="How many times a ratio was estimated.", ge=1, le=997, examples=[10])]
    hedge_ratios: Annotated[
        HedgeRatios, Meta(description="That were estimated; 0 for a window in which the future never moved.")
    ]


class Attainable(Struct, frozen=True, kw_only=True):
    """What the best hedge with this future would have taken away, and no more; it is of the past, as in_sample."""

    r_squared: Annotated[
        _Portion | None,
        Meta(
            description="Largest share of the variance that the future takes away; null for a book that never moved.",
            examples=[0.464413675],
        ),
    ]
    volatility_share: Annotated[
        _Portion | None, Meta(description="Same of the volatility: 1 - sqrt(1 - r_squared).", examples=[0.268])
    ]
    residual_volatility: Annotated[
        float, Meta(description="Volatility that is left behind the best hedge, a year.", ge=0, examples=[0.8588])
    ]
    share_reached: Annotated[
        float | None,
        Meta(
            description="Reduction of the variance in sample / r_squared; null where next to nothing can be reached.",
            examples=[0.99997],
        ),
    ]
    detail: Annotated[
        str,
        Meta(
            description="The same in a sentence.",
            max_length=300,
            examples=["This future takes away 46 % of the variance at most, and 27 % of the volatility"],
        ),
    ]


class RegressionTest(Struct, frozen=True, kw_only=True):
    """The book's returns regressed on the future's, by least squares with an intercept."""

    observations: Annotated[int, Meta(description="Intervals with both returns.", ge=3, le=1000, examples=[365])]
    slope: Annotated[float, Meta(description="Hedge ratio with the least variance.", examples=[0.994495936227])]
    slope_error: Annotated[float, Meta(description="Its standard error.", ge=0, examples=[0.056])]
    intercept: Annotated[
        float, Meta(description="Return per interval that the future does not explain.", examples=[0.0021])
    ]
    r_squared: Annotated[
        _Portion | None,
        Meta(description="Share of the variance that it explains; null for a book that never moved.", examples=[0.46]),
    ]
    slope_to_hedge_ratio: Annotated[
        float | None, Meta(description="slope / hedge ratio; null for a hedge ratio of less than 1e-9.", examples=[1.0])
    ]
    is_passed: Annotated[bool, Meta(description="Whether all three conventional conditions are met.", examples=[False])]
    convention: Annotated[
        str, Meta(description="What the conditions are, and what they are not.", max_length=300, examples=[CONVENTION])
    ]


class Judgement(Struct, frozen=True, kw_only=True):
    """How much risk a hedge takes away, by past returns."""

    interval_days: Annotated[float, Meta(description="Days of an interval.", ge=0.0005, le=31, examples=[1.0])]
    in_sample: Annotated[InSample, Meta(description="One hedge ratio on the whole past.")]
    out_of_sample: Annotated[
        OutOfSample | None,
        Meta(description="Ratios that had not seen what they are judged on; null as out_of_sample_reason says."),
    ]
    out_of_sample_reason: Annotated[
        Literal["not_asked", "too_few_observations"] | None,
        Meta(description="Why there is none; null where there is."),
    ]
    attainable: Annotated[Attainable, Meta(description="What a hedge with this future can take away at all.")]
    regression: Annotated[RegressionTest, Meta(description="Test of the hedge by regression.")]
    tracking_error: Annotated[
        float,
        Meta(
            description="Standard deviation of the hedged return, a year: in_sample.volatility.hedged under the name "
            "that it also goes by.",
            ge=0,
            examples=[0.8588],
        ),
    ]
    basis_risk: Annotated[
        BasisRisk | None,
        Meta(
            description="Where what is left comes from: the market, the coins, the future's basis. Null without "
            "returns of the future beside those of what it follows: then the basis is not told apart."
        ),
    ]


class Judged(NamedTuple):
    """A judgement, and what a careful reader would doubt about it."""

    judgement: Judgement
    cautions: tuple[Caution, ...]


class _Rows(NamedTuple):
    """Intervals in which nothing is missing."""

    item: list[float]
    future: list[float]
    market: list[float] | None


def judge(evidence: Evidence, standard: Standard) -> Judged:
    """Judge a hedge on past returns.

    Args:
        evidence: all series of one length.
        standard: how.

    Raises:
        TooFewObservationsError: if fewer than 3 intervals have all returns.
        ZeroVarianceError: if the future, or what it follows, never moved.
    """
    rows = _align(evidence)
    measured = _measure(rows, standard, evidence)
    ratio = measured.hedge_ratio
    hedged = [held - ratio * moved for held, moved in zip(rows.item, rows.future, strict=True)]
    risks = compare_risks(rows.item, hedged, confidence=standard.confidence, periods_a_year=evidence.periods_a_year)
    walked = None if standard.plan is None else walk_forward(rows.item, rows.future, standard.plan)
    judgement = Judgement(
        interval_days=evidence.interval_days,
        in_sample=InSample(
            observations=len(hedged),
            hedge_ratio=tidy(ratio),
            hedge_ratio_source="estimated" if standard.hedge_ratio is None else "given",
            **risks._asdict(),
        ),
        out_of_sample=None if walked is None else _tell_walked(walked, standard, evidence),
        out_of_sample_reason=_why_none(walked, standard),
        attainable=_reach(measured, risks.variance.reduction, evidence),
        regression=_test(measured, rows),
        tracking_error=risks.volatility.hedged,
        basis_risk=_split(rows, ratio, evidence),
    )
    dropped = len(evidence.item) - len(hedged)
    cautions = (*_warn(judgement, measured, standard, dropped=dropped), *_warn_of_sides(rows))
    return Judged(judgement, cautions)


def _align(evidence: Evidence) -> _Rows:
    """Keep the intervals in which nothing is missing."""
    series = [one for one in (evidence.item, evidence.future, evidence.market) if one is not None]
    rows = [row for row in zip(*series, strict=True) if None not in row]
    if len(rows) < FEWEST:
        detail = f"{len(rows)} intervals have all returns that are needed, and it takes {FEWEST}"
        raise TooFewObservationsError(Fault(("series",), detail))
    columns = [[value for value in column if value is not None] for column in zip(*rows, strict=True)]
    return _Rows(columns[0], columns[1], columns[2] if len(columns) > 2 else None)


def _measure(rows: _Rows, standard: Standard, evidence: Evidence) -> BasisRisk:
    """Regress the item on the future."""
    if covariance(rows.future, rows.future) < LEAST_VARIANCE:
        raise ZeroVarianceError(Fault(("series",), "The returns of the future never moved: they hedge nothing"))
    return measure_basis_risk(
        portfolio=rows.item,
        market=rows.future,
        futures=rows.future,
        hedge_ratio=standard.hedge_ratio,
        periods=evidence.periods_a_year,
    )


def _split(rows: _Rows, ratio: float, evidence: Evidence) -> BasisRisk | None:
    """Say where what is left comes from, where that is known."""
    if rows.market is None:
        return None
    try:
        return measure_basis_risk(
            portfolio=rows.item,
            market=rows.market,
            futures=rows.future,
            hedge_ratio=ratio,
            periods=evidence.periods_a_year,
        )
    except HedgingError as error:
        raise error.moved(("risk",), ("series",)) from None


def _tell_walked(walked: Walked, standard: Standard, evidence: Evidence) -> OutOfSample:
    risks: Risks = compare_risks(
        walked.unhedged, walked.hedged, confidence=standard.confidence, periods_a_year=evidence.periods_a_year
    )
    return OutOfSample(
        observations=len(walked.hedged),
        windows=len(walked.ratios),
        hedge_ratios=HedgeRatios(
            least=tidy(min(walked.ratios)), median=tidy(median(walked.ratios)), greatest=tidy(max(walked.ratios))
        ),
        **risks._asdict(),
    )


def _why_none(walked: Walked | None, standard: Standard) -> Literal["not_asked", "too_few_observations"] | None:
    if standard.plan is None:
        return "not_asked"
    return "too_few_observations" if walked is None else None


def _reach(measured: BasisRisk, reduction: float | None, evidence: Evidence) -> Attainable:
    r_squared = measured.r_squared
    residual = math.sqrt(measured.hedged_variance.residual * evidence.periods_a_year)
    if r_squared is None:
        return Attainable(
            r_squared=None,
            volatility_share=None,
            residual_volatility=tidy(residual),
            share_reached=None,
            detail="The book never moved: there is nothing to take away",
        )
    felt = 1 - math.sqrt(1 - r_squared)
    return Attainable(
        r_squared=tidy(r_squared),
        volatility_share=tidy(felt),
        residual_volatility=tidy(residual),
        share_reached=None if reduction is None or r_squared < _LEAST_SHARE else tidy(reduction / r_squared),
        detail=(
            f"This future takes away {r_squared * 100:.0f} % of the variance at most, and {felt * 100:.0f} % of the "
            f"volatility: a volatility of {residual * 100:.0f} % a year is left behind the best hedge"
        ),
    )


_LEAST_RATIO = 1e-9
"""Below which a hedge ratio is none that a slope could be held against."""
_LEAST_SHARE = 1e-6
"""Below which nothing is attainable that a share could be of."""


def _test(measured: BasisRisk, rows: _Rows) -> RegressionTest:
    count, ratio, slope = measured.observations, measured.hedge_ratio, measured.beta
    relative = slope / ratio if abs(ratio) >= _LEAST_RATIO else None
    is_near = relative is not None and _LOWEST <= tidy(relative) <= _HIGHEST
    r_squared = measured.r_squared
    is_close = r_squared is not None and r_squared >= LEAST_R_SQUARED
    return RegressionTest(
        observations=count,
        slope=tidy(slope),
        slope_error=tidy(measured.beta_error),
        intercept=tidy((math.fsum(rows.item) - slope * math.fsum(rows.future)) / count),
        r_squared=None if r_squared is None else tidy(r_squared),
        slope_to_hedge_ratio=None if relative is None else tidy(relative),
        is_passed=count >= FEW and is_close and is_near,
        convention=CONVENTION,
    )


def _warn(judgement: Judgement, measured: BasisRisk, standard: Standard, *, dropped: int) -> Iterator[Caution]:
    """Say what a careful reader would doubt about it."""
    place = "judgement"
    yield from warn_of_risk(measured, place, "regression")
    if dropped:
        detail = f"Intervals left out because a return is missing: {dropped}; nothing is filled in"
        yield caution("rows_dropped", detail, "series")
    yield from _warn_of_tail(judgement, standard.confidence)
    if measured.r_squared is not None and measured.r_squared < LEAST_R_SQUARED:
        left = judgement.attainable.detail
        yield caution("low_r_squared", f"{left}. A full hedge is not an absence of risk", place, "attainable")
    tested = judgement.out_of_sample
    if tested is not None and tested.observations < FEW <= measured.observations:
        detail = f"{tested.observations} observations out of sample are few: another month may say something else"
        yield caution("low_sample", detail, place, "out_of_sample")
    yield from _warn_of_ratio(measured, standard)
    yield from _warn_of_harm(judgement)


def _figures(judgement: Judgement) -> Iterator[tuple[str, RiskFigures]]:
    """Give all figures with the member in which they stand."""
    yield "in_sample", judgement.in_sample
    if judgement.out_of_sample is not None:
        yield "out_of_sample", judgement.out_of_sample


def _warn_of_tail(judgement: Judgement, confidence: float) -> Iterator[Caution]:
    """Say where there are enough observations, but next to none in the tail."""
    for name, one in _figures(judgement):
        in_tail = float(count_tail(one.observations, confidence))
        if one.observations >= FEW and in_tail < _FEW_IN_TAIL:
            detail = f"The tail is {in_tail:.1f} of {one.observations} observations: one day decides its figures"
            yield caution("low_sample", detail, "judgement", name, "expected_shortfall")


def _warn_of_ratio(measured: BasisRisk, standard: Standard) -> Iterator[Caution]:
    ratio, slope, path = measured.hedge_ratio, measured.beta, ("judgement", "in_sample", "hedge_ratio")
    if standard.hedge_ratio is None and slope < 0:
        detail = f"Book and future move against each other: a hedge ratio of {slope:.2f} buys the future"
        yield caution("beta_flips_side", detail, *path)
    if slope > 0 and ratio > float(SPECULATIVE_COVERAGE) * slope:
        detail = (
            f"A hedge ratio of {ratio:.2f} is {ratio / slope * 100:.0f} % of the slope {slope:.2f}: the part above it "
            "is a speculative short"
        )
        yield caution("over_hedge", detail, *path)


def _warn_of_sides(rows: _Rows) -> Iterator[Caution]:
    """Say where a future moves against what it follows: most often one of the two is negated, and the other is not."""
    if rows.market is not None and covariance(rows.future, rows.market) < 0:
        detail = (
            "The future moves against what it follows: for a book that is net short the returns of both are negated"
        )
        yield caution("basis_implausible", detail, "judgement", "basis_risk")


def _warn_of_harm(judgement: Judgement) -> Iterator[Caution]:
    """Say where a hedge adds risk."""
    for name, one in _figures(judgement):
        reduction = one.variance.reduction
        if reduction is not None and reduction < 0:
            detail = f"With the hedge the variance is {-reduction * 100:.0f} % above that without: it adds risk"
            yield caution("hedge_adds_risk", detail, "judgement", name, "variance")
