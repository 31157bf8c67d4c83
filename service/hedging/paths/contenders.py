"""Hedges that are held against each other: how large each is, what is posted behind it, and where that is lost.

Law: a hedge is sized by the share of the exposure it is to cover, to a fraction of a contract, or by its contracts. The
gain on the coins sits elsewhere and does not answer the margin call; only what is posted behind the hedge counts.
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.contracts import Contract, Settlement, settlement, settlement_value, unit_notional
from service.hedging.errors import (
    Fault,
    HedgingError,
    InconsistentQuestionError,
    LeverageOutOfRangeError,
    MarginConflictError,
    MarginTermsMissingError,
    SizeOutOfRangeError,
)
from service.hedging.rounding import round_up, toward
from service.hedging.survival.liquidation import (
    Position,
    Tier,
    liquidation_price,
    maintenance_margin,
    maintenance_tiers,
)
from service.hedging.units import (
    Amount,
    Contracts,
    Coverage,
    Leverage,
    Money,
    PriceLevel,
    Share,
    Side,
    Size,
    exactly,
)

FARTHEST = Decimal("1E21")
"""Value of a hedge, over that at the start, up to which it is told what wallet it needs."""
Unknown = Literal["initial_margin_rate_missing", "maintenance_rate_missing"]
Unliquidated = Literal["no_contracts", "not_liquidatable", Unknown]


class Contender(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hedge: how large, and what is posted behind it."""

    coverage: Annotated[
        Coverage | None,
        Meta(
            description="Share of the (beta) exposure that it covers, to a fraction of a contract; or else contracts."
        ),
    ] = None
    contracts: Annotated[Contracts | None, Meta(description="Its contracts; or else send coverage.")] = None
    wallet_balance: Annotated[
        Amount | None,
        Meta(description="Margin behind it alone, in the contract's settlement currency, after the entry fee."),
    ] = None
    leverage: Annotated[
        Leverage | None,
        Meta(
            description="Its value per unit of margin posted, instead of wallet_balance. With neither, it has the "
            "contract's initial margin; where the contract states none, it survives whatever happens, with a warning."
        ),
    ] = None


class EnteredHedge(Struct, frozen=True, kw_only=True):
    """A hedge as it is held; amounts in the quote currency unless said otherwise."""

    contracts: Annotated[Size, Meta(description="As requested, or what covers the share, unrounded.")]
    notional: Annotated[Money, Meta(description="Its value at the start.", examples=["10000"])]
    coverage: Annotated[
        Share | None, Meta(description="notional / |beta_exposure|; null where there is no exposure.", examples=["1"])
    ]
    wallet: Annotated[
        Money | None,
        Meta(
            description="Margin behind it, in its settlement currency, rounded up: as sent, or the initial margin; "
            "null where the contract states none.",
            examples=["2000"],
        ),
    ]
    wallet_currency: Annotated[
        Settlement, Meta(description="Currency of the wallet: `quote` (linear) or `base`, the coin (inverse).")
    ]
    liquidation_price: Annotated[
        PriceLevel | None,
        Meta(
            description="Mark price at which the wallet is lost before any funding, rounded toward the entry; null "
            "where there is none."
        ),
    ]
    liquidation_move: Annotated[
        Share | None, Meta(description="liquidation_price / futures_price - 1; null likewise.", examples=["0.19521912"])
    ]
    liquidation_reason: Annotated[
        Unliquidated | None,
        Meta(description="Why there is no such price; not_liquidatable: no price above zero reaches it."),
    ]


class Stake(NamedTuple):
    """What is lost with a hedge, and when: with its wallet of the start, or with what funding leaves of it."""

    price: Decimal | None
    """At which the whole wallet is lost, unrounded; None where it is at none."""
    barrier: float
    """Logarithm of the move against the hedge that leads there; infinite where none does."""
    loss: float
    """What is lost, in the quote currency; the coins of an inverse contract at their price at the start."""
    wallet: float
    """Over the hedge's value at the start, both in the settlement currency, as all that follows."""
    values: tuple[float, ...]
    """What the hedge may be worth: from 0 to `FARTHEST`, and where a tier of maintenance begins."""
    needs: tuple[float, ...]
    """Wallet that is lost there, linear between: what the hedge has lost by then, and its maintenance margin."""


class Held(NamedTuple):
    """A hedge in numbers to reckon with."""

    shown: EnteredHedge
    notional: float
    """Value at the start in the quote currency."""
    stake: Stake | None
    """None where there is nothing to lose, or nobody can tell when it is lost."""
    unknown: Unknown | None
    """Why nobody can say whether it is liquidated; it is taken to survive whatever happens then."""
    is_short_of_margin: bool
    """Whether the wallet is less than the contract's initial margin."""


class Desk(NamedTuple):
    """What all hedges of a question share."""

    contract: Contract
    side: Side
    futures_price: Decimal
    beta_exposure: Decimal
    """Absolute."""
    largest_notional: Decimal


@exactly
def enter_hedges(plans: Sequence[Contender], desk: Desk) -> tuple[Held, ...]:
    """Size the hedges and find where each is liquidated.

    Raises:
        InconsistentQuestionError: for every hedge without a size, or with two.
        MarginConflictError: for every one with a wallet and a leverage.
        LeverageOutOfRangeError: for every one that posts less than the contract asks for.
        MarginTermsMissingError: if a wallet stands behind a contract whose maintenance is not known.
        SizeOutOfRangeError: for every one that is worth more than the ceiling.
    """
    tiers = maintenance_tiers(desk.contract)
    _refuse(InconsistentQuestionError, _sizeless(plans))
    _refuse(MarginConflictError, _conflicts(plans))
    _refuse(LeverageOutOfRangeError, _overleveraged(plans, desk.contract.initial_margin_rate))
    if tiers is None and any(_posts(plan) for plan in plans):
        detail = "When a wallet that is sent is lost can't be told without the contract's maintenance rate or tiers"
        raise MarginTermsMissingError(Fault(("contract", "maintenance_margin_rate"), detail))
    sizes = [_size(plan, desk) for plan in plans]
    _refuse(SizeOutOfRangeError, _oversized(sizes, desk))
    return tuple(_hold(plan, size, desk, tiers=tiers) for plan, size in zip(plans, sizes, strict=True))


def _refuse(kind: type[HedgingError], faults: Iterator[Fault]) -> None:
    found = tuple(faults)
    if found:
        raise kind(*found)


def _sizeless(plans: Sequence[Contender]) -> Iterator[Fault]:
    for index, plan in enumerate(plans):
        if (plan.coverage is None) == (plan.contracts is None):
            yield Fault(("hedges", index), "How large is it? Send coverage or contracts, one of the two")


def _conflicts(plans: Sequence[Contender]) -> Iterator[Fault]:
    for index, plan in enumerate(plans):
        if plan.wallet_balance is not None and plan.leverage is not None:
            yield Fault(("hedges", index, "leverage"), "Send wallet_balance or leverage, not both")


def _overleveraged(plans: Sequence[Contender], least: Decimal | None) -> Iterator[Fault]:
    for index, plan in enumerate(plans):
        if plan.leverage is not None and least is not None and plan.leverage * least > 1:
            detail = f"Leverage {plan.leverage} posts less than the contract's initial margin rate {least}"
            yield Fault(("hedges", index, "leverage"), detail)


def _posts(plan: Contender) -> bool:
    return plan.wallet_balance is not None or plan.leverage is not None


def _size(plan: Contender, desk: Desk) -> Decimal:
    if plan.contracts is not None:
        return plan.contracts
    return (plan.coverage or 0) * desk.beta_exposure / unit_notional(desk.contract, desk.futures_price)


def _oversized(sizes: Sequence[Decimal], desk: Desk) -> Iterator[Fault]:
    for index, size in enumerate(sizes):
        notional = size * unit_notional(desk.contract, desk.futures_price)
        if notional > desk.largest_notional:
            most = Money.of(desk.largest_notional)
            detail = f"The hedge would be worth {Money.of(notional)}; this service takes positions up to {most}"
            yield Fault(("hedges", index), detail)


def _hold(plan: Contender, contracts: Decimal, desk: Desk, *, tiers: Sequence[Tier] | None) -> Held:
    value = settlement_value(desk.contract, contracts, desk.futures_price)
    notional = contracts * unit_notional(desk.contract, desk.futures_price)
    wallet, least = _wallet(plan, desk, value), desk.contract.initial_margin_rate
    stake, unknown = _stake(desk, contracts, wallet, tiers=tiers), _find_unknown(contracts, wallet, tiers)
    price = None if stake is None else stake.price
    return Held(
        shown=EnteredHedge(
            contracts=Size.of(contracts),
            notional=Money.of(notional),
            coverage=Share.of(notional / desk.beta_exposure) if desk.beta_exposure else None,
            wallet=None if wallet is None else round_up(wallet),
            wallet_currency=settlement(desk.contract),
            liquidation_price=None if price is None else _show(price, desk),
            liquidation_move=None if price is None else Share.of(_show(price, desk) / desk.futures_price - 1),
            liquidation_reason=_find_reason(contracts, price, unknown),
        ),
        notional=float(notional),
        stake=stake,
        unknown=unknown,
        is_short_of_margin=wallet is not None and least is not None and wallet < value * least,
    )


def _wallet(plan: Contender, desk: Desk, value: Decimal) -> Decimal | None:
    """Give what is posted, or the least that the contract asks for; None where it states none."""
    if plan.leverage is not None:
        return value / plan.leverage
    least = desk.contract.initial_margin_rate
    return value * least if plan.wallet_balance is None and least is not None else plan.wallet_balance


def _find_unknown(contracts: Decimal, wallet: Decimal | None, tiers: Sequence[Tier] | None) -> Unknown | None:
    if not contracts:
        return None
    if wallet is None:
        return "initial_margin_rate_missing"
    return "maintenance_rate_missing" if tiers is None else None


def _find_reason(contracts: Decimal, price: Decimal | None, unknown: Unknown | None) -> Unliquidated | None:
    if price is not None:
        return None
    return "no_contracts" if not contracts else unknown or "not_liquidatable"


def _stake(desk: Desk, contracts: Decimal, wallet: Decimal | None, *, tiers: Sequence[Tier] | None) -> Stake | None:
    if not contracts or wallet is None or tiers is None:
        return None
    position = Position(desk.contract, desk.side, contracts, desk.futures_price, wallet)
    price, start = liquidation_price(position, tiers), position.entry_value
    values = [*(tier.floor / start for tier in tiers if tier.floor / start < FARTHEST), FARTHEST]
    return Stake(
        price=price,
        barrier=math.inf if price is None else _barrier(price, desk),
        loss=float(wallet if settlement(desk.contract) == "quote" else wallet * desk.futures_price),
        wallet=float(wallet / start),
        values=tuple(float(value) for value in values),
        needs=tuple(float(_need(position, tiers, value * start) / start) for value in values),
    )


def _need(position: Position, tiers: Sequence[Tier], value: Decimal) -> Decimal:
    """Give the wallet that is lost as the position is worth a value, in the settlement currency: below 0 for none."""
    rise = value - position.entry_value
    base = position.entry_value if position.contract.maintenance_basis == "entry" else value
    return maintenance_margin(tiers, base) + (rise if position.falls_with_value else -rise)


def _show(price: Decimal, desk: Desk) -> PriceLevel:
    grid = PriceLevel.places if desk.contract.tick_size is None else desk.contract.tick_size
    return PriceLevel(toward(price, desk.futures_price, grid))


def _barrier(price: Decimal, desk: Desk) -> float:
    ratio = price / desk.futures_price
    return float((ratio if desk.side == "short" else 1 / ratio).ln())
