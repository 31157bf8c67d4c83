"""Plans of a hedge in whole lots of several contracts: what each leaves, costs and risks.

Law: a plan is told by all that it costs beside all that it removes. Nothing here is flat: futures remove the share of
the variance that they explain, and no more. Amounts are exact decimals, risks are float64 and shares of the book's net
exposure.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.costs.hedge_cost import HoldingCost
from service.hedging.stresses import HistoricalName
from service.hedging.survival.collateral import LiquidationReason
from service.hedging.units import Amount, Asset, Money, PriceLevel, Share, Size

Role = Literal[
    "no_hedge", "alone", "rounded_separately", "least_variance", "least_shortfall", "within_budget", "dominator"
]
Limiting = Literal["coverage", "max_quantity", "largest_notional", "adds_risk", "no_legal_size", "no_exposure"]
MOST_LEGS = 4
MOST_PLANS = 2000


_VARIANCE_REDUCTION = "Share of the book's variance that it removes; negative where it adds."
_VOLATILITY_REDUCTION = "Share of the volatility that it removes: what is felt."
_SHORTFALL = "Mean loss of the worst intervals of the sample, as a share of the exposure; not scaled, without costs."


class Budget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan may take; amounts in the quote currency."""

    capital: Annotated[
        Amount | None,
        Meta(
            description="Most of what has to be there: margin posted, and the expected cost where it is paid. Null or "
            "absent: any.",
            examples=["3000"],
        ),
    ] = None
    margin: Annotated[
        Amount | None, Meta(description="Most margin posted. Null or absent: any.", examples=["2500"])
    ] = None
    cost: Annotated[
        Amount | None,
        Meta(description="Most that is expected to be paid over the horizon. Null or absent: any.", examples=["50"]),
    ] = None


class LegFacts(Struct, frozen=True, kw_only=True):
    """What one contract brings into every plan."""

    unit_notional: Annotated[Money, Meta(description="Value of one contract in the quote currency.", examples=["6000"])]
    cost: Annotated[HoldingCost, Meta(description="What holding it is expected to cost.")]
    margin_rate: Annotated[
        Share | None,
        Meta(
            description="Margin posted as a fraction of the notional: 1 / leverage, or the contract's initial margin.",
            examples=["0.2"],
        ),
    ]
    margin_reason: Annotated[
        Literal["initial_margin_rate_missing"] | None, Meta(description="Why there is no margin_rate.")
    ]
    least_contracts: Annotated[Size, Meta(description="Smallest size but none, on the lot step.", examples=["1"])]
    most_contracts: Annotated[
        Size, Meta(description="Largest size that is looked at, on the lot step; 0 for none.", examples=["3"])
    ]
    limited_by: Annotated[
        Limiting,
        Meta(
            description="Why not more. coverage: most_coverage times what it holds with the least variance, alone or "
            "beside the others, rounded up to a legal size; max_quantity: the largest order; largest_notional: this "
            "service's ceiling; adds_risk: any of it adds variance, alone and beside the best fractions of the others; "
            "no_legal_size: its minimum is above its maximum; no_exposure: there is nothing to hedge."
        ),
    ]


class UnderlyingRisk(Struct, frozen=True, kw_only=True):
    """How the book moves with what some contracts follow, by the joint rows of the sample."""

    asset: Asset
    volatility: Annotated[float, Meta(description="Its annual volatility.", ge=0, examples=[0.6])]
    correlation: Annotated[float, Meta(description="With the book's return.", ge=-1, le=1, examples=[0.8])]
    least_variance_ratio: Annotated[
        float,
        Meta(
            description="Value of the hedge per value held with the least variance, in this alone; negative where a "
            "hedge on this side adds risk.",
            examples=[1.1],
        ),
    ]
    variance_reduction: Annotated[
        float, Meta(description="Share of the book's variance that it explains alone: R squared.", examples=[0.58])
    ]


class FractionalPlan(Struct, frozen=True, kw_only=True):
    """The best that fractions of contracts could do, which nobody can hold: what whole lots are held against."""

    contracts: Annotated[
        tuple[Annotated[float, Meta(ge=0, examples=[1.58])], ...],
        Meta(
            description="Of each instrument, not rounded; of several on one underlying the cheapest has all, then that "
            "with the least margin.",
            min_length=1,
            max_length=MOST_LEGS,
        ),
    ]
    coverage: Annotated[float, Meta(description="Notional per exposure.", ge=0, examples=[1.1])]
    variance_reduction: Annotated[float, Meta(description=_VARIANCE_REDUCTION, examples=[0.61])]
    volatility_reduction: Annotated[float, Meta(description=_VOLATILITY_REDUCTION, examples=[0.38])]
    volatility: Annotated[
        float, Meta(description="Annual, of book and hedge, as a share of the exposure.", ge=0, examples=[0.5])
    ]
    expected_shortfall: Annotated[float, Meta(description=_SHORTFALL, examples=[0.05])]


class PlanLeg(Struct, frozen=True, kw_only=True):
    """What a plan holds of one contract; amounts in the quote currency."""

    contracts: Annotated[Size, Meta(description="On the lot step; 0 for none of it.", examples=["2"])]
    notional: Annotated[Money, Meta(description="Their value.", examples=["12000"])]
    margin: Annotated[
        Money | None,
        Meta(
            description="Margin posted, at today's price of the coin where it is posted in coins, rounded up; null as "
            "the instrument's margin_reason says.",
            examples=["600"],
        ),
    ]
    liquidation_price: Annotated[
        PriceLevel | None, Meta(description="Mark price at which the exchange closes it, rounded toward the entry.")
    ]
    liquidation_move: Annotated[
        Share | None,
        Meta(description="liquidation_price / futures_price - 1: positive for a short.", examples=["0.19521833"]),
    ]
    liquidation_reason: Annotated[LiquidationReason | None, Meta(description="Why there is no liquidation price.")]


class WorstStress(Struct, frozen=True, kw_only=True):
    """The stress in which a plan loses most, or gains least."""

    name: Annotated[HistoricalName, Meta(description="Which; /v1/stresses describes it.")]
    pnl: Annotated[
        Money,
        Meta(description="Of book and hedge, negative for a loss, without costs.", examples=["-1500"]),
    ]
    net_return: Annotated[Share, Meta(description="pnl / absolute exposure.", examples=["-0.15"])]
    is_liquidated: Annotated[
        bool | None,
        Meta(
            description="Whether a contract passes its liquidation price on the way and loses its margin; by closes, "
            "between which nobody knows. Null where that of a contract which the move is against is not known, as its "
            "liquidation_reason says: pnl counts it as held.",
            examples=[False],
        ),
    ]


class Plan(Struct, frozen=True, kw_only=True):
    """A hedge in whole lots; amounts in the quote currency, risks by the sample."""

    legs: Annotated[
        tuple[PlanLeg, ...],
        Meta(description="Of each instrument, in the order asked.", min_length=1, max_length=MOST_LEGS),
    ]
    roles: Annotated[
        tuple[Role, ...],
        Meta(
            description="What it is beside others: alone: the best of one contract by itself; rounded_separately: each "
            "leg of the fractional optimum rounded by itself; dominator: that which dominates one of these.",
            max_length=7,
        ),
    ]
    notional: Annotated[Money, Meta(description="Of all legs.", examples=["12000"])]
    coverage: Annotated[Share, Meta(description="notional / absolute exposure.", examples=["1.2"])]
    share_of_best: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="Size as a share of the least-variance size of its own mix of contracts: above 1 it is "
            "over-hedged, and a part k of the best removes 2 k - k^2 of what that mix can. Null where any size of this "
            "mix adds variance.",
            examples=[0.95],
        ),
    ]
    variance_reduction: Annotated[float, Meta(description=_VARIANCE_REDUCTION, examples=[0.6])]
    volatility_reduction: Annotated[float, Meta(description=_VOLATILITY_REDUCTION, examples=[0.37])]
    volatility: Annotated[
        float, Meta(description="Annual, of book and hedge, as a share of the exposure.", ge=0, examples=[0.5])
    ]
    horizon_volatility: Annotated[
        float, Meta(description="Same over horizon_days: variance grows with time.", ge=0, examples=[0.14])
    ]
    value_at_risk: Annotated[
        float,
        Meta(
            description="Loss of an interval of the sample that is not exceeded with the confidence, as a share of the "
            "exposure; negative for a gain.",
            examples=[0.04],
        ),
    ]
    expected_shortfall: Annotated[float, Meta(description=_SHORTFALL, examples=[0.05])]
    worst_stress: Annotated[WorstStress | None, Meta(description="Null where no stress is known of all coins.")]
    cost: Annotated[
        Money, Meta(description="Expected over the horizon: positive is paid, negative earned.", examples=["-12.5"])
    ]
    margin: Annotated[
        Money | None, Meta(description="Posted for all legs; null where it is unknown for one held.", examples=["600"])
    ]
    capital: Annotated[
        Money | None,
        Meta(description="margin, and cost where it is paid: what has to be there; null as margin.", examples=["612"]),
    ]
    dominated_by: Annotated[
        Annotated[int, Meta(ge=0, le=MOST_PLANS - 1)] | None,
        Meta(
            description="Position of a plan among these that is no worse in variance, expected shortfall, cost and "
            "margin, and better in one; null for none. Margin counts where it is known of all instruments.",
            examples=[3],
        ),
    ]


class LeftOut(Struct, frozen=True, kw_only=True):
    """A stress that says nothing of a book, because nobody knows what one of its coins did."""

    name: Annotated[HistoricalName, Meta(description="Which.")]
    unknown: Annotated[
        tuple[Asset, ...],
        Meta(description="Assets of the book or of the contracts without a figure; 20 at most.", max_length=20),
    ]
