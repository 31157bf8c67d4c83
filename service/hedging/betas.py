"""Betas of a book that nobody sent: from past returns, with their doubt, and with what falls of the past say of them.

Law: what the caller sent counts; an estimate is marked as one, and its doubt stands beside it. A book's doubt is stated
as if all estimates erred in one direction, so that it is never too small.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from service.hedging.cautions import Caution, caution
from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.estimation.estimates import BetaEstimate, Estimator, Places, estimate_betas
from service.hedging.estimation.priors import Prior, find_prior
from service.hedging.estimation.slopes import BetaMethod
from service.hedging.estimation.stress_beta import StressBeta, measure_stress_beta
from service.hedging.portfolio import Book, Holding, ValuedHolding, Weighting, exact_beta
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.samples import MOST_SERIES, SentSeries, take_sample
from service.hedging.risk.variance import FEW
from service.hedging.units import Asset, Beta, Money, exactly

WINDOW_DAYS = 90
MOST_ESTIMATES = MOST_SERIES - 1
"""Coins whose returns, with those of the underlying, one question can send."""
_PATH = ("betas",)

Method = Annotated[
    BetaMethod,
    Meta(
        description="`ols`: least squares. `vasicek`: that, moved toward a prior by how unsure it is; the mean of the "
        "posterior is the hedge ratio of least variance where beta is uncertain. `ewma`: exponential weights."
    ),
]
Decay = Annotated[
    float,
    Meta(
        description="By which an interval of `ewma` weighs less than the one after it; other methods don't use it.",
        ge=0.5,
        le=0.9999,
        examples=[0.94],
    ),
]
Confidence = Annotated[float, Meta(description="Of the intervals of beta.", ge=0.5, le=0.999, examples=[0.95])]


class BetaQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the betas that the holdings don't bring are estimated."""

    method: Method = "vasicek"
    window_days: Annotated[
        Annotated[int, Meta(ge=3, le=390)] | None,
        Meta(
            description="Days before the last close of the underlying whose returns are looked up at the exchange and "
            "in the currency of `market`; as_of has to be now. Null or absent: 90, unless `series` is sent.",
            examples=[90],
        ),
    ] = None
    interval_days: Annotated[
        Annotated[int, Meta(ge=1, le=30)] | None,
        Meta(
            description="Days of each return that is looked up; longer ones don't overlap. Null or absent: 1, unless "
            "`series` is sent.",
            examples=[1],
        ),
    ] = None
    series: Annotated[
        SentSeries | None,
        Meta(
            description="Returns or closes instead of a window: of the contract's underlying, and of every coin that "
            "brings no beta. Null or absent: they are looked up."
        ),
    ] = None
    prior: Annotated[
        Prior | None,
        Meta(
            description="What `vasicek` believes before it looks; other methods have none. Null or absent: what is "
            "known of altcoins on BTC (1.09, 0.2) or on ETH (0.92, 0.14)."
        ),
    ] = None
    decay: Decay = 0.94
    confidence: Confidence = 0.95


class AssetBeta(Struct, frozen=True, kw_only=True):
    """The beta of one coin at risk, and where it is from."""

    asset: Asset
    beta: Annotated[Beta, Meta(description="The beta used.")]
    source: Annotated[
        Literal["request", "underlying", "estimate"],
        Meta(description="The caller sent it; it is what the contract follows itself, with 1; or it was estimated."),
    ]
    estimate: Annotated[BetaEstimate | None, Meta(description="How it was estimated; null for another source.")]
    stress: Annotated[StressBeta, Meta(description="How the coin fell with the underlying in falls of the past.")]


class BookBetas(Struct, frozen=True, kw_only=True):
    """The betas of a book that were asked to be estimated where they were not sent."""

    underlying: Annotated[Asset, Meta(description="What the betas are to: the contract's.", examples=["BTC"])]
    method: Method
    prior: Annotated[
        Prior | None, Meta(description="What was believed before; null where nothing was estimated by `vasicek`.")
    ]
    decay: Decay
    confidence: Confidence
    assets: Annotated[
        tuple[AssetBeta, ...],
        Meta(description="Each coin at risk, in the order of `holdings`.", max_length=1000),
    ]
    portfolio_beta: Annotated[
        float | None,
        Meta(
            description="Beta exposure over exposure, by the betas of its coins; null where the net exposure is 0. "
            "/v1/hedge-ratio measures the book's own returns: another number under `vasicek`, or where some are "
            "missing.",
            examples=[1.18],
        ),
    ]
    portfolio_beta_low: Annotated[
        float | None,
        Meta(
            description="Same with every estimate at the end of its interval that makes it lowest: as if all erred in "
            "one direction, so the book's own interval is narrower. Null as absent_reason says.",
            examples=[0.97],
        ),
    ]
    portfolio_beta_high: Annotated[float | None, Meta(description="Same, highest; null likewise.", examples=[1.39])]
    absent_reason: Annotated[
        Literal["no_exposure", "no_interval"] | None,
        Meta(description="`no_interval`: of `ewma`. Null where there are both ends."),
    ]
    stress: Annotated[
        StressBeta, Meta(description="How the book, at its weights of today, would have fallen in falls of the past.")
    ]
    stress_beta_exposure: Annotated[
        Money | None,
        Meta(
            description="exposure x stress.beta: what there would be to hedge if it fell so again; null where stress "
            "has no beta.",
            examples=["14300"],
        ),
    ]


def check_question(asked: BetaQuestion, weighting: Weighting) -> None:
    """Refuse a question that can't be meant, whatever the market says.

    Raises:
        InconsistentQuestionError: same.
    """
    faults = [*_find_faults(asked, weighting)]
    if faults:
        raise InconsistentQuestionError(*faults)


def _find_faults(asked: BetaQuestion, weighting: Weighting) -> Iterator[Fault]:
    if weighting != "beta":
        yield Fault(_PATH, "Weighting by value takes every beta as 1: send weighting beta, or leave betas out")
    for name in ("window_days", "interval_days"):
        if asked.series is not None and getattr(asked, name) is not None:
            yield Fault((*_PATH, name), "Returns are looked up or sent: leave this out, or series")
    if asked.prior is not None and asked.method != "vasicek":
        yield Fault((*_PATH, "prior"), f"{asked.method} has no prior: take vasicek, or leave it out")


def list_lacking(book: Book, holdings: Sequence[Holding], underlying: str) -> dict[str, tuple[str | int, ...]]:
    """List the coins whose betas are to be estimated, with their places in the question.

    Args:
        book: the holdings with their prices.
        holdings: as sent.
        underlying: what the contract follows.

    Raises:
        InconsistentQuestionError: if there are too many.
    """
    known = {holding.asset for holding in holdings if holding.beta is not None} | {underlying}
    risky = {line.asset for line in book.holdings if line.kind == "risky"}
    places: dict[str, tuple[str | int, ...]] = {}
    for position, holding in enumerate(holdings):
        if holding.asset in risky - known:
            places.setdefault(holding.asset, ("holdings", position, "asset"))
    if len(places) > MOST_ESTIMATES:
        detail = f"{len(places)} coins bring no beta, and {MOST_ESTIMATES} betas are estimated at most: send the others"
        raise InconsistentQuestionError(Fault(_PATH, detail))
    return places


def make_estimator(asked: BetaQuestion, underlying: str, *, is_needed: bool) -> Estimator:
    """Say how betas to an underlying are estimated.

    Args:
        asked: the question.
        underlying: what the contract follows.
        is_needed: whether anything is to be estimated; else no prior is looked for.

    Raises:
        InconsistentQuestionError: as of `find_prior`.
    """
    has_prior = asked.method == "vasicek" and is_needed
    prior = find_prior(underlying, asked.prior, *_PATH) if has_prior else None
    return Estimator(asked.method, prior, asked.decay, asked.confidence)


def estimate(
    series: SentSeries, places: Mapping[str, tuple[str | int, ...]], estimator: Estimator, *, underlying: str
) -> dict[str, BetaEstimate]:
    """Estimate betas from returns that were sent, or looked up.

    Args:
        series: the returns.
        places: the coins, as `list_lacking` gives them.
        estimator: how.
        underlying: what the contract follows.

    Raises:
        InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError: as of `take_sample`, `estimate_betas`.
    """
    sample = take_sample(series, [*places, underlying], *_PATH, "series")
    return estimate_betas(sample, underlying, estimator, places=Places(places, _PATH))


def with_betas(holdings: Iterable[Holding], estimates: Mapping[str, BetaEstimate]) -> tuple[Holding, ...]:
    """Give holdings the betas that were estimated, as if they had been sent."""
    return tuple(
        replace(holding, beta=estimates[holding.asset].beta) if holding.asset in estimates else holding
        for holding in holdings
    )


@exactly
def describe_betas(
    book: Book, estimator: Estimator, estimates: Mapping[str, BetaEstimate], *, underlying: str
) -> BookBetas:
    """Say which betas a book has, how sure they are, and how it would fall.

    Args:
        book: with its betas.
        estimator: how they were estimated.
        estimates: of the coins that brought none.
        underlying: what they are to.
    """
    lines = [line for line in book.holdings if line.kind == "risky"]
    weights = {line.asset: float(line.exposure / book.exposure) for line in lines} if book.exposure else {}
    betas = tuple(_describe(line, underlying, estimates.get(line.asset)) for line in lines)
    stress = measure_stress_beta(weights, underlying)
    low, high = _bound(betas, weights)
    return BookBetas(
        underlying=underlying,
        method=estimator.method,
        prior=estimator.prior,
        decay=estimator.decay,
        confidence=estimator.confidence,
        assets=betas,
        portfolio_beta=float(book.beta_exposure / book.exposure) if book.exposure else None,
        portfolio_beta_low=low,
        portfolio_beta_high=high,
        absent_reason=None if low is not None else "no_interval" if book.exposure else "no_exposure",
        stress=stress,
        stress_beta_exposure=None if stress.beta is None else Money.of(book.exposure * exact_beta(stress.beta)),
    )


def warn_of_betas(betas: BookBetas) -> Iterator[Caution]:
    """Say what a careful reader would doubt about the estimates."""
    for index, one in enumerate(betas.assets):
        if one.estimate is not None:
            yield from _warn_of_estimate(one.asset, one.estimate, index)


def _warn_of_estimate(asset: str, found: BetaEstimate, index: int) -> Iterator[Caution]:
    if found.observations < FEW:
        detail = f"{found.observations} observations of {asset} are few: its beta may be far off"
        yield caution("low_sample", detail, "betas", "assets", index, "estimate", "observations")
    if found.is_doubtful:
        detail = f"Beta {found.beta:.2f} of {asset} can't be told from none: its interval has 0 in it"
        yield caution("beta_not_significant", detail, "betas", "assets", index, "estimate")
    elif found.beta < 0:
        detail = f"Beta {found.beta:.2f} of {asset} is below 0: the coin takes hedge away from the others"
        yield caution("negative_beta", detail, "betas", "assets", index, "beta")


def _describe(line: ValuedHolding, underlying: str, found: BetaEstimate | None) -> AssetBeta:
    is_usual = line.asset == underlying and line.beta == 1
    source: Literal["request", "underlying"] = "underlying" if is_usual else "request"
    return AssetBeta(
        asset=line.asset,
        beta=line.beta,
        source=source if found is None else "estimate",
        estimate=found,
        stress=measure_stress_beta({line.asset: 1.0}, underlying),
    )


def _bound(betas: Iterable[AssetBeta], weights: Mapping[str, float]) -> tuple[float | None, float | None]:
    """Give the lowest and the highest beta of a book; None where it has no weights, or an estimate no interval."""
    if not weights:
        return None, None
    low = high = 0.0
    for one in betas:
        ends = (one.beta, one.beta) if one.estimate is None else (one.estimate.beta_low, one.estimate.beta_high)
        if ends[0] is None or ends[1] is None:
            return None, None
        parts = sorted(weights[one.asset] * end for end in ends if end is not None)
        low, high = low + parts[0], high + parts[-1]
    return tidy(low), tidy(high)
