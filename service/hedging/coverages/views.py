"""What a coverage says about whoever chooses it: the view it implies, and what the rule of 50 to 75 % rests on.

Law: with h = k x h*, the variance removed is R^2 (2k - k^2): half of the best hedge removes 75 % of what a hedge can
remove at all, three quarters 93.75 %. What it can remove at all is R^2, and that is hardly ever everything.
"""

import math
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.coverages.choice import CAP, FLOOR
from service.hedging.coverages.covering import Case
from service.hedging.risk.hedge_ratios import implied_loss, tidy
from service.hedging.units import Coverage, Share, exactly

_NEARLY_ALL = 0.9995
_NOT_FLAT = "a full hedge is not flat."
_ALL_BUT_BASIS = "a full hedge leaves the future's own basis, which is not counted here."


class RuleStep(Struct, frozen=True, kw_only=True):
    """What a part of the hedge brings, by this book's own figures."""

    coverage: Annotated[Share, Meta(description="Half, three quarters, all of beta.", examples=["0.5"])]
    share_of_attainable: Annotated[
        float | None,
        Meta(
            description="Of the variance that a hedge can remove at all; null where that is nothing.", examples=[0.75]
        ),
    ]
    variance_reduction: Annotated[float, Meta(description="Of the book's variance.", examples=[0.435])]
    volatility_reduction: Annotated[
        float, Meta(description="Of the book's volatility: what is felt.", examples=[0.248335181081])
    ]
    upside_kept: Annotated[Share, Meta(description="Of a move of the underlying.", examples=["0.5"])]


class Rule(Struct, frozen=True, kw_only=True):
    """Why half to three quarters, and why all of it is not flat."""

    attainable_variance_reduction: Annotated[
        float, Meta(description="The most that a hedge removes: R squared.", ge=0, le=1, examples=[0.58])
    ]
    attainable_volatility_reduction: Annotated[
        float, Meta(description="Same of the volatility.", ge=0, le=1, examples=[0.351925930159])
    ]
    steps: Annotated[tuple[RuleStep, ...], Meta(description="50, 75 and 100 %.", min_length=3, max_length=3)]
    detail: Annotated[
        str,
        Meta(
            description="Same in words.",
            max_length=600,
            examples=["Half of the hedge removes 75.00 % of the variance that a hedge can remove at all, ..."],
        ),
    ]


class ImpliedView(Struct, frozen=True, kw_only=True):
    """What whoever chooses a coverage acts as if they expected."""

    coverage: Annotated[Coverage, Meta(description="Coverage that is read.", examples=["0.75"])]
    source: Annotated[
        Literal["chosen", "recommended"], Meta(description="`chosen_coverage` as sent, or the recommendation.")
    ]
    expected_loss_rate: Annotated[
        float,
        Meta(
            description="What a hedge is expected to lose per unit over the horizon, drift and cost together: "
            "(posterior beta - hedge ratio) x risk aversion x variance of the future.",
            examples=[0.0244],
        ),
    ]
    annualized_expected_loss_rate: Annotated[float, Meta(description="Same a year, simple.", examples=[0.297])]
    implied_drift: Annotated[
        float,
        Meta(
            description="Of it the annual drift of the underlying, up where positive: without the cost.", examples=[0.3]
        ),
    ]
    detail: Annotated[
        str,
        Meta(
            description="Same in words.",
            max_length=600,
            examples=[
                "Hedging 75.00 % and not all of it is right for someone who expects BTC to rise 29.7 % a year ..."
            ],
        ),
    ]


@exactly
def explain_rule(case: Case) -> Rule:
    """Explain the rule of 50 to 75 % by the figures of one book."""
    steps = tuple(_step(case, coverage) for coverage in (FLOOR, CAP, Decimal(1)))
    attainable = case.model.attainable
    felt = 1 - math.sqrt(1 - attainable)
    half, three_quarters, _ = steps
    if half.share_of_attainable is None or three_quarters.share_of_attainable is None:
        detail = "No hedge on this side removes anything of this book's risk: it does not move with the future"
    else:
        detail = (
            f"Half of the hedge removes {half.share_of_attainable * 100:.2f} % of the variance that a hedge of this "
            f"book can remove at all, three quarters {three_quarters.share_of_attainable * 100:.2f} %, while cost, "
            "margin and the upside given up grow in proportion. The most that any removes is "
            f"{attainable * 100:.1f} % of the variance, {felt * 100:.1f} % of the volatility: "
            f"{_ALL_BUT_BASIS if attainable > _NEARLY_ALL else _NOT_FLAT}"
        )
    return Rule(
        attainable_variance_reduction=tidy(attainable),
        attainable_volatility_reduction=tidy(felt),
        steps=steps,
        detail=detail,
    )


@exactly
def read_view(
    case: Case, coverage: Decimal, *, risk_aversion: float, source: Literal["chosen", "recommended"]
) -> ImpliedView:
    """Read the view out of a coverage: the mean-variance rule, inverted.

    Args:
        case: the book with its hedge.
        coverage: to read.
        risk_aversion: relative, of whoever chooses it.
        source: where it is from.
    """
    over = case.model.over(case.years)
    loss = implied_loss(
        case.posterior,
        hedge_ratio=float(coverage) * case.beta,
        volatility=over.volatility,
        risk_aversion=risk_aversion,
    )
    cost = float(case.expected.rate)
    drift = (loss - cost) / case.years * (1 if case.side == "short" else -1)
    return ImpliedView(
        coverage=Coverage(coverage),
        source=source,
        expected_loss_rate=tidy(loss),
        annualized_expected_loss_rate=tidy(loss / case.years),
        implied_drift=tidy(drift),
        detail=_say(case, coverage, drift=drift, yearly=loss / case.years, risk_aversion=risk_aversion),
    )


def _step(case: Case, coverage: Decimal) -> RuleStep:
    ratio = float(coverage) * case.beta
    share = case.model.share_of_attainable(ratio)
    return RuleStep(
        coverage=Share(coverage),
        share_of_attainable=None if share is None else tidy(share),
        variance_reduction=tidy(case.model.variance_reduction(ratio)),
        volatility_reduction=tidy(case.model.volatility_reduction(ratio)),
        upside_kept=Share(1 - coverage),
    )


def _say(case: Case, coverage: Decimal, *, drift: float, yearly: float, risk_aversion: float) -> str:
    """Say it in a trader's words."""
    name, cost = case.backing.contract.underlying, float(case.expected.rate) / case.years
    part = "all of beta" if coverage == 1 else f"{coverage * 100:z.2f} % of beta"
    way, holding = "rise" if drift >= 0 else "fall", "a cost" if cost >= 0 else "an income"
    result = "lose" if yearly >= 0 else "earn"
    move = "a rise" if case.side == "short" else "a fall"
    return (
        f"Hedging {part}, at risk aversion {risk_aversion:g}, is right for someone who expects the hedge to {result} "
        f"{_percent(yearly)} a year: {name} to {way} {_percent(drift)} a year, beside {holding} of {_percent(cost)} "
        f"for holding the hedge. Hedge more if you expect less of {move} than that."
    )


def _percent(rate: float) -> str:
    return f"{abs(rate) * 100:.3g} %"
