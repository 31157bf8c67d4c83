"""The ratio to hedge a book with, as it is asked for and as it is answered; how it is measured is another matter.

Law: ratios are value short per value held, each on its own and for all instruments at once. A ratio below 0 is shown,
and sized as no contracts: no side is ever turned around silently.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution
from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.estimation.priors import PRIORS, Prior, find_prior
from service.hedging.estimation.slopes import BetaMethod, JointSlopes, PairSlopes
from service.hedging.portfolio import ValuedHolding
from service.hedging.risk.samples import Sample, SentSeries, take_sample
from service.hedging.setting import Quoted, Setting
from service.hedging.units import Asset, Coverage, Money, Side, Size, Symbol

MOST_INSTRUMENTS = 2
_Ratio = Annotated[float, Meta(examples=[1.1])]


class Aim(NamedTuple):
    """What is asked of past returns."""

    method: BetaMethod
    coverage: Coverage
    confidence: float
    priors: Mapping[str, Prior]
    """By underlying; those that were sent."""
    decay: float
    rolling_intervals: int


class Plan(NamedTuple):
    """A question that can be answered from its sample."""

    settings: tuple[Setting, ...]
    sample: Sample
    priors: Mapping[str, Prior]
    """By underlying; those that are known."""
    aim: Aim

    @property
    def assets(self) -> tuple[str, ...]:
        """Holdings at risk."""
        return risky_assets(self.settings[0])

    @property
    def weights(self) -> dict[str, float]:
        """Exposure of each of them as a share of the net; empty where that is 0."""
        book = self.settings[0].book
        if not book.exposure:
            return {}
        return {line.asset: float(line.exposure / book.exposure) for line in book.holdings if line.kind == "risky"}

    @property
    def underlyings(self) -> tuple[str, ...]:
        """What the contracts follow."""
        return tuple(setting.contract.underlying for setting in self.settings)


class AssetSlopes(Struct, frozen=True, kw_only=True):
    """What past returns say of one holding."""

    asset: Asset
    weight: Annotated[
        float | None, Meta(description="Share of the net exposure; null where that is 0.", examples=[0.6])
    ]
    slopes: Annotated[
        tuple[PairSlopes, ...], Meta(description="One an instrument, in their order.", min_length=1, max_length=2)
    ]
    joint: Annotated[JointSlopes, Meta(description="On both instruments at once.")]


class SizedRatio(Struct, frozen=True, kw_only=True):
    """A hedge ratio and the contracts that it means."""

    ratio: Annotated[_Ratio, Meta(description="Value of the futures per value held, for a coverage of 1.")]
    notional: Annotated[Money, Meta(description="coverage x ratio x exposure as a size; 0 for a ratio below 0.")]
    exact_contracts: Annotated[Size, Meta(description="notional / unit_notional.")]
    contracts: Annotated[Size, Meta(description="The legal size nearest to it, fewer on a tie; 0 below a minimum.")]


class InstrumentRatio(Struct, frozen=True, kw_only=True):
    """The book and one instrument: what to hedge with, how sure that is, and what it can remove."""

    symbol: Annotated[Symbol, Meta(description="Contract that is sized.")]
    unit_notional: Annotated[Money, Meta(description="Value of one contract.", examples=["6000"])]
    slopes: Annotated[PairSlopes, Meta(description="Of the book's own returns at today's weights.")]
    chosen: Annotated[SizedRatio | None, Meta(description="By the method asked for; null where it has no estimate.")]
    lowest: Annotated[
        SizedRatio | None, Meta(description="At the lower end of its interval; null under ewma, which has none.")
    ]
    highest: Annotated[SizedRatio | None, Meta(description="At the upper end; null likewise.")]
    stressed: Annotated[
        SizedRatio | None, Meta(description="At the median beta of named falls; null where none is known.")
    ]
    removable_variance: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="Largest share of the book's variance that this future alone removes: R squared, and 0 where "
            "the slope is below 0, as every hedge adds risk. The rest stays, however many contracts. Null for a book "
            "that never moved.",
            examples=[0.58],
        ),
    ]
    removable_volatility: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Same of its volatility, which is what is felt: 1 - sqrt(1 - R^2).", examples=[0.35]),
    ]


class JointLeg(Struct, frozen=True, kw_only=True):
    """One instrument's part of a hedge with both."""

    symbol: Annotated[Symbol, Meta(description="Contract that is sized.")]
    sized: Annotated[SizedRatio, Meta(description="Never on the other side: what would be below 0 is 0.")]
    is_dropped: Annotated[
        bool, Meta(description="Whether its ratio would be below 0, so that the other hedges alone.", examples=[False])
    ]


class JointRatio(Struct, frozen=True, kw_only=True):
    """The hedge with the least variance from both instruments at once, none on the other side."""

    slopes: Annotated[JointSlopes, Meta(description="Before anything is dropped.")]
    legs: Annotated[
        tuple[JointLeg, ...],
        Meta(description="In the order of the instruments; empty as slopes.absent_reason says.", max_length=2),
    ]
    removable_variance: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Share of variance that the legs remove in the sample; null likewise.", examples=[0.66]),
    ]
    removable_volatility: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Same of the volatility; null likewise.", examples=[0.41]),
    ]


class HedgeRatios(Struct, frozen=True, kw_only=True):
    """What past returns say of the ratio to hedge a book with."""

    side: Annotated[Side, Meta(description="Side of the hedge: short for a long book, none where there is none.")]
    exposure: Annotated[Money, Meta(description="Net signed value of the book without pegged stablecoins: V.")]
    assets: Annotated[
        tuple[AssetSlopes, ...], Meta(description="Of each holding at risk, one line an asset.", max_length=50)
    ]
    book: Annotated[
        tuple[InstrumentRatio, ...],
        Meta(
            description="Of the book and each instrument alone, in their order; empty as absent_reason says.",
            max_length=2,
        ),
    ]
    joint: Annotated[JointRatio | None, Meta(description="Of the book and both; null as absent_reason says.")]
    absent_reason: Annotated[
        Literal["no_exposure"] | None, Meta(description="Why there is no ratio of the book; null where there is.")
    ]
    priors: Annotated[
        dict[Asset, Prior], Meta(description="Beliefs that slopes were drawn toward, by instrument.", max_length=2)
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...], Meta(description="The book, one line an asset.", min_length=1, max_length=50)
    ]
    warnings: Annotated[
        tuple[Caution, ...], Meta(description="What to know before acting on the answer.", max_length=600)
    ]


def risky_assets(setting: Setting) -> tuple[str, ...]:
    """List the holdings whose returns are needed: all but stablecoins at their peg."""
    return tuple(line.asset for line in setting.book.holdings if line.kind == "risky")


def check_aim(quoted: Sequence[Quoted], aim: Aim) -> dict[str, Prior]:
    """Refuse what contradicts itself, and give what is believed of betas, by underlying.

    Raises:
        InconsistentQuestionError: for two contracts on one underlying, or a prior that is lacking or of anything else.
    """
    underlyings = [one.contract.underlying for one in quoted]
    if len(set(underlyings)) < len(underlyings):
        detail = f"Both contracts follow {underlyings[0]}, so that one is as good as the other: take one of them"
        raise InconsistentQuestionError(Fault(quoted[1].path, detail))
    idle = [name for name in aim.priors if name not in underlyings]
    if idle:
        detail = f"No future follows it, only {' and '.join(underlyings)}: priors are by that, and of all coins"
        raise InconsistentQuestionError(*(Fault(("priors", name), detail) for name in idle))
    needed = aim.method == "vasicek"
    return {
        name: find_prior(name, aim.priors.get(name), "priors")
        for name in underlyings
        if needed or name in aim.priors or name in PRIORS
    }


def plan_ratios(settings: tuple[Setting, ...], series: SentSeries, *, aim: Aim, priors: Mapping[str, Prior]) -> Plan:
    """Take a question with its sample.

    Args:
        settings: the book beside each contract.
        series: returns or closes of every holding at risk and of every underlying.
        aim: what is asked.
        priors: as `check_aim` gives them.

    Raises:
        InconsistentQuestionError: if a series is lacking or not as long as the others.
    """
    needed = [*risky_assets(settings[0]), *(setting.contract.underlying for setting in settings)]
    return Plan(settings, take_sample(series, needed, "series"), priors, aim)
