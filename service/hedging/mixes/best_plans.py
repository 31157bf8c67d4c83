"""All plans of a hedge together: the best of them and how that is known, which were worked out, and the frontier.

Law: a best plan is told with the proof that it is, or with how far it may be from one; what is left out is counted.
"""

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution
from service.hedging.mixes.plans import MOST_LEGS, MOST_PLANS, FractionalPlan, LeftOut, LegFacts, Plan, UnderlyingRisk
from service.hedging.portfolio import ValuedHolding
from service.hedging.stresses import HistoricalName
from service.hedging.units import Money, Side

MOST_EXAMINED = 100_000_000
"""Beyond all that is ever worked out for one question."""


class Proven(Struct, frozen=True, kw_only=True):
    """How far it is known that no other plan is better."""

    is_proven: Annotated[
        bool, Meta(description="Whether no plan within the instruments' sizes is better.", examples=[True])
    ]
    plans_examined: Annotated[
        int, Meta(description="Plans that were worked out.", ge=1, le=MOST_EXAMINED, examples=[45])
    ]
    lower_bound: Annotated[
        float,
        Meta(
            description="No plan within the instruments' sizes, and within the budget where there is one, has less: "
            "annual volatility, or expected shortfall of an interval; the plan's own where it is proven.",
            examples=[0.5],
        ),
    ]


class Proof(Proven, frozen=True, kw_only=True):
    """How it is known that no other plan leaves less variance."""

    method: Annotated[
        Literal["exhaustive", "branch_and_bound"],
        Meta(
            description="exhaustive: every plan within the instruments' sizes was worked out; branch_and_bound: they "
            "were, or lie behind a bound that is no better, as far as is_proven says."
        ),
    ]


class TailProof(Proven, frozen=True, kw_only=True):
    """How it is known that no other plan has less of a shortfall."""

    method: Annotated[
        Literal["exhaustive", "relaxation"],
        Meta(
            description="exhaustive: every plan within the instruments' sizes was worked out; relaxation: the best of "
            "those that were and of those next to it, beside what fractions reach."
        ),
    ]


class Chosen(Struct, frozen=True, kw_only=True):
    """A plan that is best for something."""

    plan: Annotated[int, Meta(description="Its position among the plans.", ge=0, le=MOST_PLANS - 1, examples=[3])]
    detail: Annotated[
        str,
        Meta(
            description="What it holds and removes, in a sentence.",
            max_length=1000,
            examples=["2 BTC-MINI and 52 ETH-MINI: 61.3 % less variance, which is 37.8 % less volatility"],
        ),
    ]
    gap: Annotated[
        float,
        Meta(
            description="How much more it leaves than the best fractions do: annual volatility, or expected shortfall "
            "of an interval; what whole lots, and a budget, cost.",
            ge=0,
            examples=[0.001],
        ),
    ]


class BestPlan(Chosen, frozen=True, kw_only=True):
    """The plan with the least variance."""

    proof: Annotated[Proof, Meta(description="How it is known to be the best.")]


class BestByTail(Chosen, frozen=True, kw_only=True):
    """The plan with the least expected shortfall."""

    proof: Annotated[TailProof, Meta(description="How it is known to be the best.")]


class BestPlans(Struct, frozen=True, kw_only=True):
    """The best plans."""

    by_variance: Annotated[
        BestPlan, Meta(description="The least variance; of equal ones the least notional, then cost, then margin.")
    ]
    by_shortfall: Annotated[BestByTail, Meta(description="The least expected shortfall; equal ones likewise.")]
    by_budget: Annotated[
        BestPlan | None, Meta(description="The least variance within the budget; null as budget_reason says.")
    ]
    budget_reason: Annotated[Literal["no_budget"] | None, Meta(description="Why there is none by budget.")]


class Evaluated(Struct, frozen=True, kw_only=True):
    """Which plans were worked out, and which of them are told."""

    plans: Annotated[
        int, Meta(description="Plans of which all measures were worked out.", ge=1, le=MOST_EXAMINED, examples=[45])
    ]
    is_whole: Annotated[
        bool,
        Meta(
            description="Whether these are all plans within the instruments' sizes; else sizes are spread evenly over "
            "them, and the best plans and those next to them are among these.",
            examples=[True],
        ),
    ]
    sensible: Annotated[
        int,
        Meta(
            description="Those of them whose share_of_best is at most most_coverage, that hold one contract alone, or "
            "that have a role: the others are not told, and dominate none.",
            ge=1,
            le=MOST_EXAMINED,
            examples=[40],
        ),
    ]
    undominated: Annotated[
        int, Meta(description="Sensible ones that no sensible one dominates.", ge=1, le=MOST_EXAMINED, examples=[12])
    ]
    left_out: Annotated[
        int,
        Meta(
            description="Undominated ones that are not told, because there are more than most_plans: those that are "
            "told are spread evenly over the variance.",
            ge=0,
            le=MOST_EXAMINED,
            examples=[0],
        ),
    ]


class Frontier(Struct, frozen=True, kw_only=True):
    """Every sensible plan from no hedge to more than all; amounts in the quote currency."""

    side: Annotated[Side, Meta(description="Side of all legs: short for a book that is net long, none for none.")]
    exposure: Annotated[Money, Meta(description="Net signed value of the book without pegged stablecoins.")]
    absent_reason: Annotated[
        Literal["no_exposure"] | None, Meta(description="Why there are no plans; null where there are.")
    ]
    observations: Annotated[
        Annotated[int, Meta(ge=3, le=1000)] | None,
        Meta(
            description="Intervals in which all returns are known: covariance and tails are of these alone; null as "
            "absent_reason.",
            examples=[90],
        ),
    ]
    rows_dropped: Annotated[
        Annotated[int, Meta(ge=0, le=1000)] | None,
        Meta(description="Intervals in which one is missing; null as absent_reason.", examples=[0]),
    ]
    volatility: Annotated[
        float | None,
        Meta(
            description="Annual volatility of the book without a hedge, as a share of the exposure; null as "
            "absent_reason.",
            examples=[0.8],
        ),
    ]
    underlyings: Annotated[
        tuple[UnderlyingRisk, ...],
        Meta(description="One for each that the instruments follow; none as absent_reason.", max_length=MOST_LEGS),
    ]
    least_variance: Annotated[
        FractionalPlan | None,
        Meta(
            description="The fractions with the least variance: their variance_reduction is all that futures on this "
            "side can remove, and the rest is the coins' own. Null as absent_reason."
        ),
    ]
    least_shortfall: Annotated[
        FractionalPlan | None,
        Meta(
            description="The fractions with the least expected shortfall within the instruments' sizes; null as "
            "absent_reason."
        ),
    ]
    plans: Annotated[
        tuple[Plan, ...],
        Meta(
            description="From no hedge on, by notional. All sensible ones that were worked out, if there are no more "
            "than most_plans; else those with a role, and of the undominated ones as many as there is room for. Empty "
            "as absent_reason.",
            max_length=MOST_PLANS,
        ),
    ]
    best: Annotated[BestPlans | None, Meta(description="Which is best for what; null as absent_reason.")]
    evaluated: Annotated[Evaluated | None, Meta(description="What was worked out; null as absent_reason.")]
    stresses_used: Annotated[
        tuple[HistoricalName, ...], Meta(description="Stresses that plans are held against.", max_length=11)
    ]
    stresses_left_out: Annotated[
        tuple[LeftOut, ...], Meta(description="Those that are not known of all coins.", max_length=11)
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...],
        Meta(description="The book, one line an asset.", min_length=1, max_length=1000),
    ]
    warnings: Annotated[
        tuple[Caution, ...], Meta(description="What to know before acting on the answer.", max_length=2200)
    ]


class Drawn(NamedTuple):
    """A frontier, and what each contract brings into it."""

    frontier: Frontier
    facts: tuple[LegFacts, ...]
