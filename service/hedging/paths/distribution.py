"""What a simulation tells: the outcomes of a book without a hedge and with each of several, as distributions.

Law: numbers of many paths are statistics, in floats with 6 significant digits; each that decides something says how far
it may be off for want of more paths. How far the model is off nobody can say from within it.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.cautions import Caution
from service.hedging.paths.contenders import EnteredHedge, Unknown
from service.hedging.portfolio import ValuedHolding
from service.hedging.units import Money, Price

PROBABILITIES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Of the quantiles that are told."""
Chance = Annotated[float, Meta(ge=0, le=1, examples=[0.12])]
_Returns = tuple[Annotated[float, Meta(examples=[-0.11])], ...]
SuppositionName = Literal[
    "basis", "betas", "fees", "funding", "liquidation", "margin", "own_movement", "prices", "shocks"
]


class Supposition(Struct, frozen=True, kw_only=True):
    """Something that the simulation takes as true."""

    name: Annotated[SuppositionName, Meta(description="About what.")]
    detail: Annotated[
        str, Meta(description="What, in a sentence.", max_length=500, examples=["The basis stays as it is"])
    ]


class Quantile(Struct, frozen=True, kw_only=True):
    """A result that a share of the paths does not exceed."""

    probability: Annotated[float, Meta(description="The share.", ge=0, le=1, examples=[0.05])]
    net_pnl: Annotated[float, Meta(description="Result in the quote currency.", examples=[-1100.0])]
    net_return: Annotated[
        float | None, Meta(description="Same over |exposure|; null where the exposure is 0.", examples=[-0.11])
    ]


class LawTail(Struct, frozen=True, kw_only=True):
    """The tail that a law of the same mean and standard deviation has."""

    law: Annotated[
        Literal["normal", "student"],
        Meta(description="`student` has the model's degrees of freedom, and is told where it has some."),
    ]
    value_at_risk: Annotated[float, Meta(description="Its value at risk.", examples=[2700.0])]
    expected_shortfall: Annotated[float, Meta(description="Its expected shortfall.", examples=[3400.0])]


class Distribution(Struct, frozen=True, kw_only=True):
    """Distribution of a result at the horizon, in the quote currency; losses negative but for the risks."""

    mean: Annotated[float, Meta(description="Mean result.", examples=[-12.5])]
    mean_error: Annotated[float, Meta(description="Its standard error.", ge=0, examples=[17.0])]
    standard_deviation: Annotated[float, Meta(description="Of the result.", ge=0, examples=[1700.0])]
    quantiles: Annotated[
        tuple[Quantile, ...],
        Meta(description="At 1, 5, 25, 50, 75, 95 and 99 %.", min_length=7, max_length=7),
    ]
    value_at_risk: Annotated[
        float,
        Meta(description="Loss that is not exceeded with the confidence; negative for a gain.", examples=[2650.0]),
    ]
    value_at_risk_error: Annotated[float, Meta(description="Its standard error.", ge=0, examples=[38.0])]
    expected_shortfall: Annotated[
        float, Meta(description="Mean loss of the worst paths beyond the confidence.", examples=[3300.0])
    ]
    expected_shortfall_error: Annotated[float, Meta(description="Its standard error.", ge=0, examples=[48.0])]
    probability_of_loss: Annotated[Chance, Meta(description="Share of the paths that end below 0.")]
    laws: Annotated[
        tuple[LawTail, ...],
        Meta(
            description="What usual laws would say of the tail: by how much they are wrong here.",
            min_length=1,
            max_length=2,
        ),
    ]


class Fan(Struct, frozen=True, kw_only=True):
    """Quantiles of net_return day by day, column by column; the last day is the horizon, with all paths."""

    days: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=365, examples=[30])], ...],
        Meta(description="Days from the start, at most 10 of them.", min_length=1, max_length=10),
    ]
    p05: Annotated[_Returns, Meta(description="5 % of the paths are below.", min_length=1, max_length=10)]
    p25: Annotated[_Returns, Meta(description="25 % of the paths are below.", min_length=1, max_length=10)]
    p50: Annotated[_Returns, Meta(description="Median.", min_length=1, max_length=10)]
    p75: Annotated[_Returns, Meta(description="25 % of the paths are above.", min_length=1, max_length=10)]
    p95: Annotated[_Returns, Meta(description="5 % of the paths are above.", min_length=1, max_length=10)]


class HedgeOutlook(EnteredHedge, frozen=True, kw_only=True):
    """What comes of the book with one hedge."""

    outcome: Annotated[Distribution, Meta(description="Of coins, hedge, funding and fees together.")]
    probability_of_liquidation: Annotated[
        Chance | None,
        Meta(description="Share of the paths in which the wallet is lost; null where nobody can tell."),
    ]
    probability_of_liquidation_error: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="Its standard error; null likewise. Where no path was liquidated it is 0, and the chance is "
            "below 3 / paths with 95 % confidence.",
            examples=[0.004],
        ),
    ]
    probability_of_liquidation_reason: Annotated[
        Unknown | None,
        Meta(description="Why there is no chance of liquidation: the hedge is taken to survive whatever happens."),
    ]
    probability_worse_than_unhedged: Annotated[
        Chance, Meta(description="Share of the paths that end lower than they would without the hedge.")
    ]
    probability_worse_than_unhedged_error: Annotated[
        float, Meta(description="Its standard error.", ge=0, examples=[0.005])
    ]
    mean_funding: Annotated[
        float,
        Meta(
            description="Mean of what funding brings; 0 on a path on which the wallet is lost, and funding with it.",
            examples=[9.0],
        ),
    ]
    mean_fees: Annotated[float, Meta(description="Mean of what trading costs.", examples=[10.0])]
    fan: Annotated[Fan | None, Meta(description="Of net_return; null where the exposure is 0.")]


class Simulation(Struct, frozen=True, kw_only=True):
    """What comes of a book without a hedge and with each of several, on the same paths."""

    side: Annotated[
        Literal["short", "long"],
        Meta(description="Side of the hedges: short unless the book's beta exposure is negative."),
    ]
    exposure: Annotated[Money, Meta(description="Net signed value of the book without pegged stablecoins.")]
    beta_exposure: Annotated[Money, Meta(description="Sum of beta x exposure, by which coverage is sized.")]
    futures_price: Annotated[Price, Meta(description="Mark price of the contract, at which hedges are entered.")]
    fan_paths: Annotated[
        int,
        Meta(description="Paths behind the days of a fan but the last.", ge=1, le=4096, examples=[4096]),
    ]
    unhedged: Annotated[Distribution, Meta(description="Of the coins alone.")]
    unhedged_fan: Annotated[Fan | None, Meta(description="Of the coins alone; null where the exposure is 0.")]
    hedges: Annotated[
        tuple[HedgeOutlook, ...], Meta(description="In the order of the question.", min_length=1, max_length=10)
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...], Meta(description="The book, one line an asset.", min_length=1, max_length=100)
    ]
    assumptions: Annotated[
        tuple[Supposition, ...], Meta(description="What is taken as true.", min_length=1, max_length=20)
    ]
    warnings: Annotated[
        tuple[Caution, ...], Meta(description="What to know before acting on the answer.", max_length=300)
    ]
