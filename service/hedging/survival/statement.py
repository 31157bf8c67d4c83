"""The statement of a margin account: every figure that is told of it, by its name."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.cautions import Caution
from service.hedging.contracts import Settlement
from service.hedging.survival.account import Account
from service.hedging.survival.ladder import EquityReason, Rung, Status
from service.hedging.survival.liquidation import Tier
from service.hedging.survival.outlook import NoLiquidation, SafeLeverage, Survival, Touch
from service.hedging.survival.posting import PostedLine
from service.hedging.units import Amount, ClosingFeeRate, Lots, Money, Price, PriceLevel, Share, SignedAmount

PositionSide = Literal["short", "long"]
WalletBasis = Literal["wallet_balance", "leverage", "initial_margin"]


class MarginTier(Struct, frozen=True, kw_only=True):
    """A tier of the exchange's maintenance margin: value x rate - deduction."""

    number: Annotated[int, Meta(description="Place in the table, from 1.", ge=1, le=100, examples=[1])]
    floor: Annotated[Money, Meta(description="Position value at which it begins.", examples=["0"])]
    rate: Annotated[Share, Meta(description="Rate, without the closing fee.", examples=["0.004"])]
    deduction: Annotated[Money, Meta(description="Amount that keeps margin continuous at the floor.", examples=["0"])]


class AccountMargin(Struct, frozen=True, kw_only=True):
    """A margin account; amounts in the contract's settlement currency."""

    side: Annotated[PositionSide, Meta(description="As requested.")]
    contracts: Annotated[Lots, Meta(description="As requested.")]
    currency: Annotated[
        Settlement, Meta(description="Currency of the amounts: `quote` (linear) or `base`, the coin (inverse).")
    ]
    mark_price: Annotated[Price, Meta(description="Mark price of the contract.")]
    entry_price: Annotated[Price, Meta(description="As requested, or else the mark.")]
    value: Annotated[Money, Meta(description="Value of the position at the mark.", examples=["6000"])]
    wallet: Annotated[Money, Meta(description="Without unrealised profit.", examples=["300"])]
    wallet_basis: Annotated[
        WalletBasis,
        Meta(
            description="Where it is from: sent; value at entry over the leverage sent; or value at entry times the "
            "contract's initial margin rate; the last two rounded up."
        ),
    ]
    collateral: Annotated[tuple[PostedLine, ...], Meta(description="What is posted beside it.", max_length=20)]
    collateral_value: Annotated[Money, Meta(description="Of all of it, after haircuts.", examples=["0"])]
    other_unrealized_pnl: Annotated[SignedAmount, Meta(description="As requested.", examples=["0"])]
    other_maintenance_margin: Annotated[Amount, Meta(description="As requested.", examples=["0"])]
    unrealized_pnl: Annotated[Money, Meta(description="Of the position, at the mark.", examples=["0"])]
    equity: Annotated[Money, Meta(description="wallet + both unrealised profits + collateral_value.", examples=["300"])]
    initial: Annotated[
        Money | None, Meta(description="Margin to open the position at the mark, rounded up.", examples=["300"])
    ]
    initial_reason: Annotated[
        Literal["initial_margin_rate_missing"] | None, Meta(description="Why there is no initial margin.")
    ]
    maintenance: Annotated[Money, Meta(description="Of the position, at the mark; rounded up.", examples=["24"])]
    closing_fee: Annotated[Money, Meta(description="value x closing_fee_rate, rounded up.", examples=["0"])]
    closing_fee_rate: Annotated[ClosingFeeRate, Meta(description="As requested, or as the exchange adds it.")]
    required: Annotated[
        Money,
        Meta(
            description="maintenance + closing_fee + other_maintenance_margin, rounded up: equity that is not above it "
            "is liquidated.",
            examples=["24"],
        ),
    ]
    tier: Annotated[MarginTier, Meta(description="Maintenance tier now.")]
    margin_ratio: Annotated[Share | None, Meta(description="required / equity.", examples=["0.08"])]
    margin_ratio_reason: Annotated[EquityReason | None, Meta(description="Why there is no ratio.")]
    status: Annotated[
        Status,
        Meta(description="`margin_call`: the position could not be opened with this. `liquidated`: equity is too low."),
    ]
    top_up: Annotated[Money, Meta(description="What is lacking now, as in the ladder.", examples=["0"])]
    leverage: Annotated[Share | None, Meta(description="value / equity.", examples=["20"])]
    leverage_reason: Annotated[EquityReason | None, Meta(description="Why there is none.")]
    liquidation_price: Annotated[
        PriceLevel | None,
        Meta(
            description="Mark price at which the exchange closes the position, rounded toward the mark; where it is "
            "liquidated now, the price that it has passed."
        ),
    ]
    liquidation_move: Annotated[
        Share | None,
        Meta(description="liquidation_price / mark_price - 1: positive for a short.", examples=["0.04581667"]),
    ]
    liquidation_tier: Annotated[MarginTier | None, Meta(description="Maintenance tier there, which is what counts.")]
    liquidation_reason: Annotated[
        NoLiquidation | None,
        Meta(
            description="Why there is no price: none below 10^15 reaches it (`not_liquidatable`), or none makes an "
            "account whole that is liquidated now (`insolvent`)."
        ),
    ]
    other_side_price: Annotated[
        PriceLevel | None,
        Meta(
            description="Mark price in favour of the position at which falling collateral liquidates it all the same."
        ),
    ]
    other_side_move: Annotated[Share | None, Meta(description="other_side_price / mark_price - 1.", examples=["-0.5"])]
    other_side_reason: Annotated[
        Literal["not_liquidatable", "liquidated"] | None, Meta(description="Why there is no such price.")
    ]
    ladder: Annotated[tuple[Rung, ...], Meta(description="One row a move.", max_length=100)]
    survival: Annotated[tuple[Survival, ...], Meta(description="One row a move to survive.", max_length=2)]
    touch: Annotated[Touch, Meta(description="How likely the liquidation price is touched before the horizon.")]
    safe_leverage: Annotated[
        tuple[SafeLeverage, ...],
        Meta(
            description="Largest leverage whose probability is at most `max_probability`, by either law.",
            min_length=2,
            max_length=2,
        ),
    ]
    volatility: Annotated[
        float, Meta(description="A year, as requested or as assumed.", ge=0.01, le=10, examples=[0.6])
    ]
    horizon_days: Annotated[
        float, Meta(description="As requested, but no longer than until the contract expires.", examples=[30.0])
    ]
    checks_per_day: Annotated[float, Meta(description="As requested.", ge=0.01, le=86400, examples=[1.0])]
    max_probability: Annotated[float, Meta(description="As requested.", ge=0.0001, le=0.5, examples=[0.01])]
    warnings: Annotated[tuple[Caution, ...], Meta(description="What to know before acting on it.", max_length=100)]


def show_tier(account: Account, number: int) -> MarginTier:
    """Write the tier at a position in the table."""
    tier: Tier = account.tiers[number]
    return MarginTier(
        number=number + 1, floor=Money.of(tier.floor), rate=Share.of(tier.rate), deduction=Money.of(tier.deduction)
    )
