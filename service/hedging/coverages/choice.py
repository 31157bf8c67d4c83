"""How much to hedge: what a view, a tail, a budget and a wallet each ask for, and which of them decides.

Law: a hedge is there to reduce risk, so a view moves it between half and three quarters of beta and not beyond; a
caller's own budget takes the place of these bounds; and what the margin can't bear overrides everything, downwards.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.coverages.covering import Case, CoverageRow, bears, cover, largest_survivor
from service.hedging.risk.hedge_ratios import (
    least_normal_shortfall_ratio,
    mean_variance_ratio,
    risk_budget_ratio,
    tidy,
)
from service.hedging.risk.least_shortfall import least_shortfall_ratio
from service.hedging.units import Share, exactly

FLOOR = Decimal("0.5")
CAP = Decimal("0.75")
AnchorName = Literal["mean_variance", "least_shortfall", "floor", "cap", "risk_budget", "liquidation"]
Binding = Literal[
    "mean_variance", "least_shortfall", "floor", "cap", "risk_budget", "risk_budget_infeasible", "liquidation"
]
AnchorReason = Literal["no_least", "infeasible", "not_asked", "margin_not_sent", "margin_terms_missing", "no_limit"]


class Anchor(Struct, frozen=True, kw_only=True):
    """One coverage that was weighed against others."""

    name: Annotated[
        AnchorName,
        Meta(
            description="The view of the mean-variance rule; the least expected shortfall; half and three quarters of "
            "beta; the smallest hedge within target_volatility; the largest that the margin bears."
        ),
    ]
    coverage: Annotated[
        Share | None,
        Meta(
            description="Null as reason says. A view may ask for less than nothing, or for more than all.",
            examples=["0.75"],
        ),
    ]
    hedge_ratio: Annotated[
        float | None, Meta(description="Same per unit of exposure: coverage x beta.", examples=[0.825])
    ]
    reason: Annotated[
        AnchorReason | None,
        Meta(
            description="Why there is no number: every larger hedge has a smaller tail; no hedge reaches the target; "
            "it was not asked for; no margin was sent; its terms are missing; the margin bears a full hedge."
        ),
    ]


class Recommendation(Struct, frozen=True, kw_only=True):
    """How much to hedge, and why."""

    coverage: Annotated[
        Share | None,
        Meta(description="Post it to /v1/sizing; null where the target can't be reached.", examples=["0.75"]),
    ]
    rounding: Annotated[
        Literal["down", "up"] | None,
        Meta(
            description="Post it with the coverage: `down` where the margin does not bear a full hedge, so that whole "
            "contracts are not more than it bears, else `up` where less would miss the target; null: as /v1/sizing "
            "does by itself."
        ),
    ]
    reason: Annotated[Binding, Meta(description="Which of the anchors decides.")]
    detail: Annotated[
        str,
        Meta(
            description="Same in a sentence or two.",
            max_length=600,
            examples=["Without a view on the market and by its tail alone the book asks for more than three quarters."],
        ),
    ]
    anchors: Annotated[tuple[Anchor, ...], Meta(description="Everything that was weighed.", min_length=6, max_length=6)]
    outcome: Annotated[CoverageRow | None, Meta(description="What it brings; null where there is no coverage.")]


class Aims(NamedTuple):
    """What the caller wants of the hedge."""

    risk_aversion: float
    target_volatility: float | None
    """Annual, of book and hedge together; None: the rule's bounds hold."""


class _Chosen(NamedTuple):
    coverage: Decimal | None
    reason: Binding


@exactly
def choose_coverage(case: Case, aims: Aims) -> Recommendation:
    """Choose a coverage: the smaller of what view and tail ask for, within bounds, and not beyond what survives.

    Args:
        case: the book with its hedge.
        aims: of the caller.

    Source: the mean-variance rule, Rockafellar and Uryasev on the tail, and the seed's 50 to 75 %.
    """
    anchors = {anchor.name: anchor for anchor in _weigh(case, aims)}
    chosen = _within_budget(anchors) if aims.target_volatility is not None else _within_bounds(anchors)
    limit = anchors["liquidation"].coverage
    if limit is not None and chosen.coverage is not None and chosen.coverage > limit:
        chosen = _Chosen(limit, "liquidation")
    return Recommendation(
        coverage=None if chosen.coverage is None else Share.of(chosen.coverage),
        rounding=_round(chosen, limit),
        reason=chosen.reason,
        detail=_explain(case, aims, chosen),
        anchors=tuple(anchors.values()),
        outcome=None if chosen.coverage is None else cover(case, chosen.coverage),
    )


def _weigh(case: Case, aims: Aims) -> Iterator[Anchor]:
    over = case.model.over(case.years)
    view = mean_variance_ratio(
        case.posterior,
        expected_loss=case.expected.loss,
        volatility=over.volatility,
        risk_aversion=aims.risk_aversion,
    )
    yield _anchor(case, "mean_variance", view)
    tail = _least_shortfall(case)
    yield _none("least_shortfall", "no_least") if tail is None else _anchor(case, "least_shortfall", tail)
    for name, share in _BOUNDS:
        ratio = tidy(float(share) * case.beta)
        yield Anchor(name=name, coverage=Share(share), hedge_ratio=ratio, reason=None)
    if aims.target_volatility is None:
        yield _none("risk_budget", "not_asked")
    else:
        yield _budget(case, aims.target_volatility)
    yield _limit(case)


_ASKING: tuple[Literal["mean_variance", "least_shortfall"], ...] = ("mean_variance", "least_shortfall")
_BOUNDS: tuple[tuple[AnchorName, Decimal], ...] = (("floor", FLOOR), ("cap", CAP))


def _none(name: AnchorName, reason: AnchorReason) -> Anchor:
    return Anchor(name=name, coverage=None, hedge_ratio=None, reason=reason)


def _anchor(case: Case, name: AnchorName, ratio: float) -> Anchor:
    coverage = Share.of(Decimal(repr(ratio / case.beta)))
    return Anchor(name=name, coverage=coverage, hedge_ratio=tidy(ratio), reason=None)


def _budget(case: Case, target: float) -> Anchor:
    """Give the smallest hedge within a target, rounded up; more than all of beta is no hedge any more."""
    ratio = risk_budget_ratio(case.model, target)
    if ratio is None or ratio > case.beta:
        return _none("risk_budget", "infeasible")
    coverage = Share.of(Decimal(repr(ratio / case.beta)), ROUND_CEILING)
    return Anchor(name="risk_budget", coverage=coverage, hedge_ratio=tidy(ratio), reason=None)


def _least_shortfall(case: Case) -> float | None:
    if case.outcomes:
        return least_shortfall_ratio(case.outcomes, confidence=case.confidence)
    return least_normal_shortfall_ratio(case.model.over(case.years), expected_loss=case.expected.loss, tail=case.tail)


def _limit(case: Case) -> Anchor:
    """Give the largest coverage that the margin bears, where it does not bear a full hedge."""
    is_borne = bears(case, Decimal(1))
    if is_borne is not False:
        reason: AnchorReason = "no_limit"
        if is_borne is None:
            reason = "margin_terms_missing" if case.is_posted else "margin_not_sent"
        return _none("liquidation", reason)
    coverage = Share.of(largest_survivor(case), ROUND_FLOOR)
    ratio = tidy(float(coverage) * case.beta)
    return Anchor(name="liquidation", coverage=coverage, hedge_ratio=ratio, reason=None)


def _within_budget(anchors: dict[AnchorName, Anchor]) -> _Chosen:
    budget = anchors["risk_budget"].coverage
    return _Chosen(budget, "risk_budget_infeasible" if budget is None else "risk_budget")


def _within_bounds(anchors: dict[AnchorName, Anchor]) -> _Chosen:
    asked = ((anchors[name].coverage, name) for name in _ASKING)
    coverage, name = min((coverage, name) for coverage, name in asked if coverage is not None)
    if coverage < FLOOR:
        return _Chosen(FLOOR, "floor")
    return _Chosen(CAP, "cap") if coverage > CAP else _Chosen(coverage, name)


def _round(chosen: _Chosen, limit: Decimal | None) -> Literal["down", "up"] | None:
    if chosen.coverage is None:
        return None
    if limit is not None:
        return "down"
    return "up" if chosen.reason == "risk_budget" else None


def _explain(case: Case, aims: Aims, chosen: _Chosen) -> str:
    return _EXPLAINED[chosen.reason].format(
        coverage=f"{(chosen.coverage or Decimal(0)) * 100:z.2f} %",
        target=f"{(aims.target_volatility or 0) * 100:.1f} %",
        residual=f"{case.model.residual * 100:.1f} %",
        aversion=f"{aims.risk_aversion:g}",
        probability=f"{case.max_probability * 100:g} %",
        days=f"{case.days:g}",
    )


_EXPLAINED: dict[Binding, str] = {
    "mean_variance": "The view decides: what the hedge is expected to lose is worth its reduction of risk up to "
    "{coverage} at risk aversion {aversion}, and the tail asks for no less.",
    "least_shortfall": "The tail decides: the worst losses are smallest at {coverage}, and a view alone asks for more.",
    "floor": "Half of beta, the least that is recommended: view or tail ask for less, and the first half of a hedge "
    "removes most of the risk for half of its price.",
    "cap": "Three quarters of beta, the most that is recommended: view and tail ask for more, and the last quarter "
    "removes little risk for as much cost, margin and upside as the first.",
    "risk_budget": "The budget decides: {coverage} is the smallest hedge whose volatility is at most {target} a year.",
    "risk_budget_infeasible": "No hedge of up to all of beta reaches a volatility of {target} a year: the coins' own "
    "movement is {residual}, and no future removes it. Sell some of the coins, or raise the target.",
    "liquidation": "The margin decides: {coverage} is the most that it bears with at most {probability} of being "
    "liquidated within {days} days. Post more to hedge more.",
}
