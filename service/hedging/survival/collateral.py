"""What is posted behind a hedge, and whether it survives.

Law: the gain on the coins sits elsewhere and does not answer the margin call; only what is in the wallet counts.
"""

from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.contracts import Contract, Settlement, settlement
from service.hedging.errors import Fault, LeverageOutOfRangeError, MarginConflictError, MarginTermsMissingError
from service.hedging.rounding import round_up, toward
from service.hedging.survival.liquidation import (
    Position,
    Tier,
    liquidation_price,
    maintenance_margin,
    maintenance_tiers,
)
from service.hedging.units import Amount, Leverage, Money, PriceLevel, Rise, Share, Side, exactly

LiquidationReason = Literal[
    "no_contracts", "not_liquidatable", "initial_margin_rate_missing", "maintenance_rate_missing"
]


ONE_DAY_MOVE = Decimal("0.0314")
"""Typical move of bitcoin in one day: 60 % a year over the root of 365."""
_NEVER_LIQUIDATED = ("no_contracts", "not_liquidatable")


class Collateral(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the hedger posts; without it, the least that the contract asks for."""

    wallet_balance: Annotated[
        Amount | None,
        Meta(description="Margin behind this position alone, in the contract's settlement currency, after entry fees."),
    ] = None
    leverage: Annotated[
        Leverage | None, Meta(description="Position value per unit of margin posted; instead of wallet_balance.")
    ] = None
    survive_move: Annotated[
        Rise | None,
        Meta(description="Move against the hedge that it has to survive, as a fraction of the entry price."),
    ] = None


class Margin(Struct, frozen=True, kw_only=True):
    """Margin of one candidate; amounts in the contract's settlement currency."""

    currency: Annotated[
        Settlement, Meta(description="Currency of the amounts: `quote` (linear) or `base`, the coin (inverse).")
    ]
    wallet: Annotated[
        Money | None,
        Meta(
            description="Margin behind the position: as sent, or the initial margin; null as initial.", examples=["300"]
        ),
    ]
    initial: Annotated[Money | None, Meta(description="Margin to open the position, rounded up.", examples=["300"])]
    initial_reason: Annotated[
        Literal["initial_margin_rate_missing"] | None, Meta(description="Why there is no initial margin.")
    ]
    maintenance: Annotated[
        Money | None, Meta(description="Margin that must remain at the entry price, rounded up.", examples=["24"])
    ]
    maintenance_reason: Annotated[
        Literal["maintenance_rate_missing"] | None, Meta(description="Why there is no maintenance margin.")
    ]
    liquidation_price: Annotated[
        PriceLevel | None, Meta(description="Mark price at which the exchange closes it, rounded toward the entry.")
    ]
    liquidation_move: Annotated[
        Share | None,
        Meta(description="liquidation_price / futures_price - 1: positive for a short.", examples=["0.04581667"]),
    ]
    liquidation_reason: Annotated[
        LiquidationReason | None,
        Meta(description="Why there is no liquidation price; not_liquidatable: no price above zero reaches it."),
    ]
    survives: Annotated[
        bool | None,
        Meta(
            description="Whether the wallet covers the initial margin and the hedge outlives survive_move, or any move "
            "at all where none is sent.",
            examples=[True],
        ),
    ]
    survives_reason: Annotated[
        Literal["margin_not_sent", "initial_margin_rate_missing", "maintenance_rate_missing"] | None,
        Meta(description="Why survival is not judged."),
    ]


class Backing(NamedTuple):
    """The terms on which every candidate of one hedge is margined."""

    contract: Contract
    side: Side
    futures_price: Decimal
    collateral: Collateral | None
    tiers: tuple[Tier, ...] | None
    initial_rate: Decimal | None

    @property
    def has_fixed_wallet(self) -> bool:
        """Tell whether the wallet is given, and does not grow with the size."""
        return self.collateral is not None and self.collateral.wallet_balance is not None

    def initial_for(self, value: Decimal) -> Decimal | None:
        """Margin that opens a position of a value, unrounded; None where nobody knows."""
        return None if self.initial_rate is None else value * self.initial_rate

    def wallet_for(self, value: Decimal) -> Decimal | None:
        """Margin behind a position of a value, unrounded: as sent, or the initial margin."""
        sent = None if self.collateral is None else self.collateral.wallet_balance
        return self.initial_for(value) if sent is None else sent


@exactly
def back_hedge(contract: Contract, side: Side, *, futures_price: Decimal, collateral: Collateral | None) -> Backing:
    """Settle the terms of margin, or refuse them.

    Raises:
        MarginConflictError: if both a wallet and a leverage are given.
        LeverageOutOfRangeError: if the leverage asks for less than the contract's initial margin.
        MarginTermsMissingError: if a move is to be survived and the terms to judge it are not given.
    """
    backing = Backing(
        contract=contract,
        side=side,
        futures_price=futures_price,
        collateral=collateral,
        tiers=maintenance_tiers(contract),
        initial_rate=_initial_rate(contract, collateral),
    )
    if collateral is not None and collateral.survive_move is not None:
        _require_terms(backing, collateral)
    return backing


@exactly
def post_margin(backing: Backing, contracts: Decimal, value: Decimal) -> Margin:
    """Work out the margin of one candidate.

    Args:
        backing: the terms of the hedge.
        contracts: size of the position, at least zero.
        value: its value in the settlement currency at the futures price.
    """
    initial, wallet = backing.initial_for(value), backing.wallet_for(value)
    maintenance = None if backing.tiers is None else maintenance_margin(backing.tiers, value)
    price, reason = _liquidation(backing, contracts, wallet)
    move = None if price is None else Share.of(price / backing.futures_price - 1)
    survives = _survives(backing, can_open=covers(wallet, initial), move=move, reason=reason)
    return Margin(
        currency=settlement(backing.contract),
        wallet=_money_up(wallet),
        initial=_money_up(initial),
        initial_reason="initial_margin_rate_missing" if initial is None else None,
        maintenance=_money_up(maintenance),
        maintenance_reason="maintenance_rate_missing" if maintenance is None else None,
        liquidation_price=price,
        liquidation_move=move,
        liquidation_reason=reason,
        survives=survives,
        survives_reason=_survives_reason(backing, reason) if survives is None else None,
    )


@exactly
def check_leverage(
    contract: Contract, leverage: Decimal, *, wallet_balance: Decimal | None, path: tuple[str, ...]
) -> None:
    """Refuse a leverage beside a wallet, or one that is too large.

    Args:
        contract: whose initial margin is the least.
        leverage: value per unit of margin.
        wallet_balance: None where none was sent.
        path: of the leverage in the question.

    Raises:
        MarginConflictError: if both a wallet and a leverage are given.
        LeverageOutOfRangeError: if the leverage asks for less than the contract's initial margin.
    """
    least = contract.initial_margin_rate
    if wallet_balance is not None:
        raise MarginConflictError(Fault(path, "Send wallet_balance or leverage, not both"))
    if least is not None and leverage * least > 1:
        detail = f"Leverage {leverage} posts less than the contract's initial margin rate {least}"
        raise LeverageOutOfRangeError(Fault(path, detail))


def covers(wallet: Decimal | None, initial: Decimal | None) -> bool:
    """Tell whether a wallet opens the position; unknown terms stand in nobody's way."""
    return wallet is None or initial is None or wallet >= initial


def room_of(side: Side, move: Decimal) -> Decimal:
    """Turn the move to liquidation into the distance against the hedge; not above 0 where it is liquidated at once."""
    return move if side == "short" else -move


def _initial_rate(contract: Contract, collateral: Collateral | None) -> Decimal | None:
    if collateral is None or collateral.leverage is None:
        return contract.initial_margin_rate
    check_leverage(contract, collateral.leverage, wallet_balance=collateral.wallet_balance, path=("margin", "leverage"))
    return 1 / collateral.leverage


def _require_terms(backing: Backing, collateral: Collateral) -> None:
    faults = []
    if backing.tiers is None:
        detail = "survive_move needs the contract's maintenance_margin_rate or maintenance_tiers"
        faults.append(Fault(("contract", "maintenance_margin_rate"), detail))
    if backing.initial_rate is None and collateral.wallet_balance is None:
        detail = "survive_move needs margin.wallet_balance, margin.leverage or the contract's initial_margin_rate"
        faults.append(Fault(("margin", "wallet_balance"), detail))
    if faults:
        raise MarginTermsMissingError(*faults)


def _liquidation(
    backing: Backing, contracts: Decimal, wallet: Decimal | None
) -> tuple[PriceLevel | None, LiquidationReason | None]:
    if not contracts:
        return None, "no_contracts"
    if wallet is None:
        return None, "initial_margin_rate_missing"
    if backing.tiers is None:
        return None, "maintenance_rate_missing"
    position = Position(backing.contract, backing.side, contracts, backing.futures_price, wallet)
    price = liquidation_price(position, backing.tiers)
    if price is None:
        return None, "not_liquidatable"
    grid = PriceLevel.places if backing.contract.tick_size is None else backing.contract.tick_size
    return PriceLevel(toward(price, backing.futures_price, grid)), None


def _survives(
    backing: Backing, *, can_open: bool, move: Decimal | None, reason: LiquidationReason | None
) -> bool | None:
    if backing.collateral is None:
        return None
    if not can_open:
        return False
    if move is None:
        return True if reason in _NEVER_LIQUIDATED else None
    room = room_of(backing.side, move)
    return room > 0 and room >= (backing.collateral.survive_move or 0)


def _survives_reason(
    backing: Backing, reason: LiquidationReason | None
) -> Literal["margin_not_sent", "initial_margin_rate_missing", "maintenance_rate_missing"]:
    if backing.collateral is None:
        return "margin_not_sent"
    return "initial_margin_rate_missing" if reason == "initial_margin_rate_missing" else "maintenance_rate_missing"


def _money_up(value: Decimal | None) -> Money | None:
    return None if value is None else round_up(value)
