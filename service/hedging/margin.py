"""Whether a position survives in its margin account: what it needs, where it is liquidated, and how likely that is.

Law: only what is in the account counts, and the tier that counts is the one at the liquidation price.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec.structs import replace

from service.hedging.contracts import Contract, check_terms, settlement, settlement_value, unit_notional
from service.hedging.errors import (
    Fault,
    InconsistentQuestionError,
    MarginTermsMissingError,
    SizeOutOfRangeError,
)
from service.hedging.portfolio import require_prices
from service.hedging.rates import days_between
from service.hedging.rounding import round_up
from service.hedging.setting import refuse_expired, warn_of_quotes
from service.hedging.survival.account import Account, state_at, take_ways, tier_at
from service.hedging.survival.collateral import check_leverage
from service.hedging.survival.concerns import list_concerns
from service.hedging.survival.ladder import climb, judge, show_rung
from service.hedging.survival.liquidation import Tier, maintenance_tiers
from service.hedging.survival.outlook import (
    Liquidation,
    Outlook,
    estimate_touch,
    find_liquidation,
    find_other_side,
    list_safe_leverages,
    list_survivals,
    touch_side,
)
from service.hedging.survival.posting import (
    PostedAsset,
    PostedLine,
    check_posted,
    find_betas,
    show_posted,
    value_posted,
)
from service.hedging.survival.statement import AccountMargin, PositionSide, WalletBasis, show_tier
from service.hedging.survival.touch import fat_tailed_chance
from service.hedging.units import (
    Amount,
    ClosingFeeRate,
    Instant,
    Leverage,
    Lots,
    Money,
    Move,
    Price,
    Share,
    SignedAmount,
    exactly,
)

LADDER = tuple(map(Move, ("0.02", "0.05", "0.1", "0.15", "0.2", "0.3", "0.5", "1")))
"""Moves against a short that are shown where none are asked for; against a long those that leave something."""


class Held(NamedTuple):
    """A position and what is in its account, as asked."""

    contract: Contract
    side: PositionSide
    contracts: Lots
    entry_price: Price | None
    """None for the mark."""
    wallet_balance: Amount | None
    leverage: Leverage | None
    other_pnl: SignedAmount
    other_maintenance: Amount
    collateral: Sequence[PostedAsset]
    closing_fee_rate: ClosingFeeRate


@exactly
def assess_margin(
    held: Held,
    outlook: Outlook,
    *,
    moves: Sequence[Move] | None,
    prices: Mapping[str, Price],
    as_of: Instant,
    largest_notional: Decimal,
) -> AccountMargin:
    """Assess a margin account.

    Args:
        held: the position and its account.
        outlook: what is asked about the time to come.
        moves: of the mark, for the ladder; None for a usual one.
        prices: the futures mark price by contract symbol, spot prices of the collateral by asset.
        as_of: time of the question.
        largest_notional: ceiling of the position's value in the quote currency, at the mark and at entry.

    Raises:
        InconsistentContractError, ExpiredContractError, InconsistentQuestionError, PriceMissingError,
        BetaMissingError, MarginConflictError, LeverageOutOfRangeError, MarginTermsMissingError, SizeOutOfRangeError:
            in this order, the first that applies.
    """
    contract = held.contract
    check_terms(contract)
    refuse_expired(contract, as_of)
    check_posted(held.collateral, contract)
    _refuse_fall_to_nothing(held, outlook)
    require_prices((contract.symbol, *(asset.asset for asset in held.collateral)), prices)
    betas = find_betas(held.collateral, prices, underlying=contract.underlying)
    entry_price = held.entry_price or prices[contract.symbol]
    wallet, basis = _settle_wallet(held, entry_price)
    valued = list(zip(held.collateral, betas, strict=True))
    account = Account(
        contract=contract,
        side=held.side,
        contracts=held.contracts,
        entry_price=entry_price,
        mark_price=prices[contract.symbol],
        wallet=wallet,
        tiers=_require_tiers(contract),
        closing_fee_rate=held.closing_fee_rate,
        other_pnl=held.other_pnl,
        other_maintenance=held.other_maintenance,
        posted=tuple(value_posted(asset, prices[asset.asset], beta) for asset, beta in valued),
    )
    _refuse_oversize(account, largest_notional)
    statement = _state(
        account,
        _cut(outlook, contract, as_of),
        _usual_moves(held.side) if moves is None else moves,
        held=held,
        basis=basis,
        lines=[show_posted(asset, prices[asset.asset], beta) for asset, beta in valued],
    )
    posted = {asset.asset for asset in held.collateral}
    return replace(
        statement,
        warnings=(*list_concerns(account, statement, outlook), *warn_of_quotes(contract, prices, used=posted)),
    )


def _refuse_fall_to_nothing(held: Held, outlook: Outlook) -> None:
    """Refuse to survive a fall of everything or more, which there is not."""
    if held.side == "long" and outlook.survive_move is not None and outlook.survive_move >= 1:
        detail = "A price does not fall by all of itself: survive_move of a long is below 1"
        raise InconsistentQuestionError(Fault(("survive_move",), detail))


def _settle_wallet(held: Held, entry_price: Price) -> tuple[Money | Amount, WalletBasis]:
    """Take the wallet that was sent, or the margin that the position was opened with, rounded up.

    Raises:
        MarginConflictError: if both a wallet and a leverage are given.
        LeverageOutOfRangeError: if the leverage asks for less than the contract's initial margin.
        MarginTermsMissingError: if neither is given, and the contract states no initial margin.
    """
    least = held.contract.initial_margin_rate
    value = settlement_value(held.contract, held.contracts, entry_price)
    if held.leverage is not None:
        check_leverage(held.contract, held.leverage, wallet_balance=held.wallet_balance, path=("leverage",))
        return round_up(value / held.leverage), "leverage"
    if held.wallet_balance is not None:
        return held.wallet_balance, "wallet_balance"
    if least is None:
        detail = "Send wallet_balance, leverage or the contract's initial_margin_rate"
        raise MarginTermsMissingError(Fault(("wallet_balance",), detail))
    return round_up(value * least), "initial_margin"


def _require_tiers(contract: Contract) -> tuple[Tier, ...]:
    tiers = maintenance_tiers(contract)
    if tiers is None:
        detail = "Without maintenance_margin_rate or maintenance_tiers nobody can say when it is liquidated"
        raise MarginTermsMissingError(Fault(("contract", "maintenance_margin_rate"), detail))
    return tiers


def _refuse_oversize(account: Account, largest: Decimal) -> None:
    notional = unit_notional(account.contract, max(account.mark_price, account.entry_price)) * account.contracts
    if notional > largest:
        detail = f"The position is worth {Money.of(notional)}; this service takes positions up to {Money.of(largest)}"
        raise SizeOutOfRangeError(Fault(("contracts",), detail))


def _cut(outlook: Outlook, contract: Contract, as_of: Instant) -> Outlook:
    """Look no further than to the contract's expiry."""
    if contract.expiry is None:
        return outlook
    left = float(days_between(as_of, contract.expiry))
    return outlook._replace(walk=outlook.walk._replace(days=min(outlook.walk.days, left)))


def _usual_moves(side: PositionSide) -> Sequence[Move]:
    return LADDER if side == "short" else [Move(-move) for move in LADDER if move < 1]


def _state(
    account: Account,
    outlook: Outlook,
    moves: Sequence[Move],
    *,
    held: Held,
    basis: WalletBasis,
    lines: Sequence[PostedLine],
) -> AccountMargin:
    """Make the statement, without its warnings."""
    state, rate = state_at(account, Decimal(1)), account.contract.initial_margin_rate
    now = judge(account, state, lowest=state.excess, initial_rate=rate)
    ratio, leverage = now.margin_ratio, state.value / state.equity if state.equity > 0 else None
    ways = take_ways(account)
    liquidation, other_side = find_liquidation(ways), find_other_side(ways)
    fat = fat_tailed_chance(outlook.walk, side=touch_side(account))
    steps = zip(moves, climb(ways, moves, initial_rate=rate), strict=True)
    return AccountMargin(
        side=held.side,
        contracts=held.contracts,
        currency=settlement(account.contract),
        mark_price=Price(account.mark_price),
        entry_price=Price(account.entry_price),
        value=Money.of(state.value),
        wallet=Money(account.wallet),
        wallet_basis=basis,
        collateral=tuple(lines),
        collateral_value=Money.of(state.collateral),
        other_unrealized_pnl=held.other_pnl,
        other_maintenance_margin=held.other_maintenance,
        unrealized_pnl=Money.of(state.unrealized_pnl),
        equity=Money.of(state.equity),
        initial=None if rate is None else round_up(state.value * rate),
        initial_reason="initial_margin_rate_missing" if rate is None else None,
        maintenance=round_up(state.maintenance),
        closing_fee=round_up(state.closing_fee),
        closing_fee_rate=held.closing_fee_rate,
        required=round_up(state.required),
        tier=show_tier(account, tier_at(account, Decimal(1))),
        margin_ratio=None if ratio is None else Share.of(ratio),
        margin_ratio_reason="no_equity" if ratio is None else None,
        status=now.status,
        top_up=round_up(now.top_up),
        leverage=None if leverage is None else Share.of(leverage),
        leverage_reason="no_equity" if leverage is None else None,
        liquidation_price=liquidation.price,
        liquidation_move=liquidation.move,
        liquidation_tier=None if liquidation.tier is None else show_tier(account, liquidation.tier),
        liquidation_reason=liquidation.reason,
        other_side_price=other_side.price,
        other_side_move=other_side.move,
        other_side_reason=_why_no_other_side(other_side),
        ladder=tuple(show_rung(account, move, standing) for move, standing in steps),
        survival=list_survivals(ways, outlook, rate),
        touch=estimate_touch(account, outlook, liquidation, fat=fat),
        safe_leverage=list_safe_leverages(ways, outlook, rate, fat=fat),
        volatility=outlook.walk.volatility,
        horizon_days=outlook.walk.days,
        checks_per_day=outlook.checks_per_day,
        max_probability=outlook.max_probability,
        warnings=(),
    )


def _why_no_other_side(other_side: Liquidation) -> Literal["not_liquidatable", "liquidated"] | None:
    if other_side.is_passed:
        return "liquidated"
    return None if other_side.price is not None else "not_liquidatable"
