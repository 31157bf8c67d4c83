"""One coverage of a book with all that it brings: risk, tail, cost, upside given up, and whether it survives.

Law: risk is that of the coins and the hedge together; survival is that of the hedge alone, because the gain on the
coins sits elsewhere and does not answer the margin call. Amounts are exact decimals, statistics floats.
"""

from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.contracts import settlement_value
from service.hedging.costs.hedge_cost import Expected
from service.hedging.risk.hedge_ratios import RiskModel, normal_shortfall, tidy
from service.hedging.risk.least_shortfall import Outcome, expected_shortfall
from service.hedging.survival.collateral import Backing, LiquidationReason, Margin, covers, post_margin
from service.hedging.survival.touch import TouchSide, Walk, distance_to, touch_probability
from service.hedging.units import Coverage, Money, PriceLevel, Share, Size, exactly

SurvivalReason = Literal["margin_not_sent", "maintenance_rate_missing"]
_WHY_UNKNOWN: dict[bool, SurvivalReason] = {False: "margin_not_sent", True: "maintenance_rate_missing"}
"""By whether margin was sent."""
_HALVINGS = 30
"""Of a coverage from 0 to 1, down to its last printed digit."""


class CoverageRow(Struct, frozen=True, kw_only=True):
    """One coverage with its consequences over the horizon."""

    coverage: Annotated[Coverage, Meta(description="Share of the beta exposure that is hedged.", examples=["0.75"])]
    hedge_ratio: Annotated[
        float, Meta(description="Value of the hedge per unit of exposure: coverage x beta.", examples=[0.825])
    ]
    notional: Annotated[Money, Meta(description="coverage x |beta_exposure|.", examples=["8250"])]
    exact_contracts: Annotated[
        Size, Meta(description="notional / unit_notional; /v1/sizing rounds it.", examples=["1.375"])
    ]
    variance_reduction: Annotated[
        float, Meta(description="Share of the book's variance that it removes; negative: adds.", examples=[0.54375])
    ]
    volatility_reduction: Annotated[
        float, Meta(description="Same of the standard deviation: what is felt.", examples=[0.324537196694])
    ]
    share_of_attainable: Annotated[
        float | None,
        Meta(
            description="variance_reduction / r_squared: of what a hedge can remove at all; null where that is "
            "nothing.",
            examples=[0.9375],
        ),
    ]
    volatility: Annotated[
        float,
        Meta(description="Annual, of book and hedge together, as a share of the exposure.", ge=0, examples=[0.58]),
    ]
    horizon_volatility: Annotated[float, Meta(description="Same over the horizon.", ge=0, examples=[0.166])]
    expected_shortfall: Annotated[
        float,
        Meta(
            description="Mean loss in the worst 1 - confidence of horizons, as a share of the exposure: by the normal "
            "law, with cost and drift, as if the hedge were never liquidated. Negative for a gain.",
            examples=[0.35],
        ),
    ]
    historical_shortfall: Annotated[
        float | None,
        Meta(
            description="Mean loss in the worst 1 - confidence of the periods that were sent, each with its part of "
            "the cost; null where the risk is assumed.",
            examples=[0.06],
        ),
    ]
    cost: Annotated[
        Money, Meta(description="Expected over the horizon: positive is paid, negative earned.", examples=["8.25"])
    ]
    upside_kept: Annotated[
        Share,
        Meta(
            description="1 - coverage: share of a move of the underlying that still reaches the book, up and down; "
            "negative where it is over-hedged.",
            examples=["0.25"],
        ),
    ]
    liquidation_price: Annotated[
        PriceLevel | None,
        Meta(
            description="Mark price at which the exchange closes the hedge, with the margin that was sent, else with "
            "the contract's initial margin."
        ),
    ]
    liquidation_move: Annotated[
        Share | None,
        Meta(description="liquidation_price / futures_price - 1: positive for a short.", examples=["0.19521912"]),
    ]
    liquidation_reason: Annotated[
        LiquidationReason | None,
        Meta(description="Why there is no liquidation price; not_liquidatable: no price above zero reaches it."),
    ]
    touch_probability: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="That the price reaches it within the horizon, watched all the time, by the normal law without "
            "drift; 0 where nothing reaches it, null where terms of the margin are missing.",
            examples=[0.27],
        ),
    ]
    survives: Annotated[
        bool | None,
        Meta(
            description="Whether the margin opens it, and is lost with at most max_probability.",
            examples=[True],
        ),
    ]
    survives_reason: Annotated[
        SurvivalReason | None,
        Meta(description="Why survival is not judged."),
    ]


class Case(NamedTuple):
    """What every coverage of one book is held against."""

    beta: float
    """Absolute beta exposure per absolute exposure, above 0: what coverage counts in."""
    posterior: float
    """Beta of the mean-variance rule."""
    beta_exposure: Decimal
    """Absolute, above 0."""
    unit_notional: Decimal
    backing: Backing
    side: TouchSide
    """Of the hedge."""
    model: RiskModel
    """Per year."""
    years: float
    days: float
    expected: Expected
    outcomes: tuple[Outcome, ...]
    """Per period, with the period's part of the cost; none where the risk is assumed."""
    confidence: float
    tail: float
    """Of the normal law at that confidence."""
    max_probability: float

    @property
    def is_posted(self) -> bool:
        """Whether the caller said what stands behind the hedge."""
        return self.backing.collateral is not None


@exactly
def cover(case: Case, coverage: Decimal) -> CoverageRow:
    """Work out what a coverage brings."""
    ratio = float(coverage) * case.beta
    notional = coverage * case.beta_exposure
    over = case.model.over(case.years)
    margin = _post(case, coverage)
    chance = chance_of(case, margin)
    survives = _survives(case, margin, chance)
    mean = case.model.best * case.expected.drift - ratio * case.expected.loss
    share = case.model.share_of_attainable(ratio)
    return CoverageRow(
        coverage=Coverage(coverage),
        hedge_ratio=tidy(ratio),
        notional=Money.of(notional),
        exact_contracts=Size.of(notional / case.unit_notional),
        variance_reduction=tidy(case.model.variance_reduction(ratio)),
        volatility_reduction=tidy(case.model.volatility_reduction(ratio)),
        share_of_attainable=None if share is None else tidy(share),
        volatility=tidy(case.model.deviation(ratio)),
        horizon_volatility=tidy(over.deviation(ratio)),
        expected_shortfall=tidy(normal_shortfall(over, ratio, mean=mean, tail=case.tail)),
        historical_shortfall=_look_back(case, ratio),
        cost=Money.of(notional * case.expected.rate),
        upside_kept=Share.of(1 - coverage),
        liquidation_price=margin.liquidation_price,
        liquidation_move=margin.liquidation_move,
        liquidation_reason=margin.liquidation_reason,
        touch_probability=None if chance is None else tidy(chance),
        survives=survives,
        survives_reason=None if survives is not None else _WHY_UNKNOWN[case.is_posted],
    )


def chance_of(case: Case, margin: Margin) -> float | None:
    """Probability that a position is liquidated within the horizon; None where its terms are missing."""
    if margin.liquidation_price is None:
        return 0.0 if margin.liquidation_reason in {"no_contracts", "not_liquidatable"} else None
    price = float(case.backing.futures_price)
    distance = distance_to(float(margin.liquidation_price), price=price, side=case.side)
    return touch_probability(distance, Walk(case.model.volatility, case.days), side=case.side)


@exactly
def bears(case: Case, coverage: Decimal) -> bool | None:
    """Tell whether the margin bears a coverage; None where nobody can tell."""
    margin = _post(case, coverage)
    return _survives(case, margin, chance_of(case, margin))


@exactly
def largest_survivor(case: Case) -> Decimal:
    """Halve the way to the largest coverage below 1 that the margin bears; 0 where it bears none."""
    good, bad = Decimal(0), Decimal(1)
    for _ in range(_HALVINGS):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if bears(case, middle) else (good, middle)
    return good


def _post(case: Case, coverage: Decimal) -> Margin:
    contracts = coverage * case.beta_exposure / case.unit_notional
    value = settlement_value(case.backing.contract, contracts, case.backing.futures_price)
    return post_margin(case.backing, contracts, value)


def _survives(case: Case, margin: Margin, chance: float | None) -> bool | None:
    if chance is None or not case.is_posted:
        return None
    return covers(margin.wallet, margin.initial) and chance <= case.max_probability


def _look_back(case: Case, ratio: float) -> float | None:
    if not case.outcomes:
        return None
    return tidy(expected_shortfall(case.outcomes, ratio, confidence=case.confidence))
