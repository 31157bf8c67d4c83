"""Margin of a futures position: what must be posted, what must remain, and the price at which it is taken away.

Law: at the liquidation price, before it is rounded, equity equals maintenance margin. All amounts are in the
contract's settlement currency. Maintenance is a convex, continuous function of position value, so there is at most one
such price, and the tier that counts is the tier of the position's value there, not at entry.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from service.hedging.contracts import Contract, Linear, MaintenanceTier, price_of_value, settlement_value
from service.hedging.units import Side, exactly


class Tier(NamedTuple):
    """One maintenance tier with its deduction: margin of a value within it is value x rate - deduction."""

    floor: Decimal
    rate: Decimal
    deduction: Decimal


class Position(NamedTuple):
    """A position with the wallet that stands behind it alone (isolated margin)."""

    contract: Contract
    side: Side
    contracts: Decimal
    entry_price: Decimal
    wallet: Decimal
    """Margin balance in the settlement currency, after the entry fee; in a cross account add the unrealised profit of
    the other positions and take off their maintenance margin."""

    @property
    def entry_value(self) -> Decimal:
        """Value at entry in the settlement currency."""
        return settlement_value(self.contract, self.contracts, self.entry_price)

    @property
    def falls_with_value(self) -> bool:
        """Tell whether equity falls as the value in the settlement currency rises: a linear short, an inverse long."""
        return (self.side == "short") == isinstance(self.contract, Linear)


@exactly
def tier_amounts(tiers: Sequence[MaintenanceTier]) -> tuple[Tier, ...]:
    """Give each tier the deduction that makes maintenance margin continuous at its floor.

    A_1 = 0, A_i = A_(i-1) + floor_i x (rate_i - rate_(i-1)); the exchanges call it maintenance amount or deduction.
    """
    amounts: list[Tier] = []
    for tier in tiers:
        before = amounts[-1] if amounts else Tier(tier.floor, tier.rate, Decimal(0))
        deduction = before.deduction + tier.floor * (tier.rate - before.rate)
        amounts.append(Tier(tier.floor, tier.rate, deduction))
    return tuple(amounts)


def maintenance_tiers(contract: Contract) -> tuple[Tier, ...] | None:
    """Maintenance tiers of the contract, ascending; one for a single rate; None where the contract states none."""
    if contract.maintenance_tiers is not None:
        return tier_amounts(contract.maintenance_tiers)
    if contract.maintenance_margin_rate is not None:
        return (Tier(Decimal(0), contract.maintenance_margin_rate, Decimal(0)),)
    return None


def tier_of(tiers: Sequence[Tier], value: Decimal) -> Tier:
    """Tier of a position value; a value on a floor may count to either side, since margin is the same there."""
    return next(tier for tier in reversed(tiers) if value >= tier.floor)


@exactly
def maintenance_margin(tiers: Sequence[Tier], value: Decimal) -> Decimal:
    """Maintenance margin of a position value of at least zero, in the same currency."""
    tier = tier_of(tiers, value)
    return value * tier.rate - tier.deduction


@exactly
def equity_at(position: Position, price: Decimal) -> Decimal:
    """Wallet plus unrealised profit at a price, in the settlement currency."""
    rise = settlement_value(position.contract, position.contracts, price) - position.entry_value
    return position.wallet - rise if position.falls_with_value else position.wallet + rise


@exactly
def liquidation_price(position: Position, tiers: Sequence[Tier]) -> Decimal | None:
    """Price at which the exchange closes the position, unrounded, quote per base.

    Args:
        position: contracts above zero, with its wallet.
        tiers: ascending maintenance tiers, the first from 0.

    Returns:
        The price, or None where no price above zero liquidates the position: a long with its full value posted, or an
        inverse short with at least its coins posted.

    Source: Binance FAQ on USDS-M and COIN-M liquidation prices, Bybit's isolated margin under `maintenance_basis`
    entry. With y the position value and s = 1 where equity falls as y rises, else -1:
    wallet + s (y0 - y) = rate y - deduction.
    """
    value = _liquidation_value(position, tiers)
    return price_of_value(position.contract, position.contracts, value) if value > 0 else None


def _liquidation_value(position: Position, tiers: Sequence[Tier]) -> Decimal:
    entry_value = position.entry_value
    sign = 1 if position.falls_with_value else -1
    if position.contract.maintenance_basis == "entry":
        return entry_value + sign * (position.wallet - maintenance_margin(tiers, entry_value))
    roots = [(position.wallet + tier.deduction + sign * entry_value) / (tier.rate + sign) for tier in tiers]
    # Maintenance is the largest of its tiers' lines, so the line that counts is the one that is met first.
    return min(roots) if sign > 0 else max(roots)
