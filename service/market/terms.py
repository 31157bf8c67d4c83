"""A listing in the words of the hedging core: the contract that a caller would have written."""

from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any, Literal, TypeVar

from msgspec.structs import replace

from service.hedging.contracts import Inverse, Linear, MaintenanceTier, check_terms
from service.hedging.errors import InconsistentContractError
from service.hedging.units import (
    Amount,
    Contracts,
    Exact,
    FeeRate,
    InitialMarginRate,
    Instant,
    InvalidWordError,
    MaintenanceMarginRate,
    Multiplier,
    Step,
    exactly,
)
from service.market.maintenance import Maintenance
from service.market.source import Listing, Tier, UpstreamError

W = TypeVar("W", bound=Exact)
C = TypeVar("C", bound=Linear | Inverse)
Basis = Literal["liquidation", "entry"]

_PLACES = Decimal("1E-18")


@exactly
def contract_of(
    listing: Listing, maintenance: Maintenance, futures_price: Decimal, *, basis: Basis = "liquidation"
) -> Linear | Inverse:
    """Write a listing as contract terms.

    Args:
        listing: a linear or an inverse contract.
        maintenance: its tiers.
        futures_price: price at which tiers that count contracts are turned into position values.
        basis: value that the exchange takes maintenance margin of.

    Raises:
        UpstreamError: rejected, for terms that no contract can have, or that contradict each other.
    """
    try:
        contract = _terms(listing, maintenance, basis)
        if listing.tier_unit == "value" or maintenance.tiers is None:
            return contract
        value = _contract_value(listing, futures_price)
        tiers = tuple(_tier(Tier(round(tier.floor * value, 8), tier.rate)) for tier in maintenance.tiers)
        return _checked(replace(contract, maintenance_tiers=tiers))
    except InconsistentContractError as error:
        raise UpstreamError("rejected", f"its terms contradict each other: {error}") from None
    except InvalidWordError as error:
        raise UpstreamError("rejected", f"its terms can't be used: {error}") from None


@lru_cache(maxsize=4096)
def _terms(listing: Listing, maintenance: Maintenance, basis: Basis) -> Linear | Inverse:
    shared: dict[str, Any] = {
        "symbol": listing.symbol,
        "underlying": listing.base,
        "quoted_units": _word(Step, listing.units),
        "multiplier": _word(Multiplier, listing.multiplier),
        "lot_step": _word(Step, listing.lot_step) or Step("1"),
        "min_quantity": _word(Contracts, listing.min_quantity),
        "max_quantity": _word(Contracts, listing.max_quantity),
        "max_market_quantity": _word(Contracts, listing.max_market_quantity),
        "min_notional": _word(Amount, listing.min_notional),
        "tick_size": _word(Step, listing.tick_size),
        "expiry": None if listing.expiry_ms is None else Instant.of_ms(listing.expiry_ms),
        "initial_margin_rate": _initial_rate(maintenance.max_leverage),
        "maintenance_tiers": None if maintenance.tiers is None else tuple(map(_tier, maintenance.tiers)),
        "maintenance_basis": basis,
        "maker_fee_rate": _word(FeeRate, listing.maker_fee_rate),
        "taker_fee_rate": _word(FeeRate, listing.taker_fee_rate),
        "funding_interval_hours": listing.funding_interval_hours,
    }
    if listing.segment == "inverse":
        return _checked(Inverse(**shared))
    return _checked(Linear(**shared, order_unit=listing.order_unit))


def _checked(contract: C) -> C:
    check_terms(contract)
    return contract


def _initial_rate(max_leverage: Decimal | None) -> InitialMarginRate | None:
    """Turn the largest leverage into the margin that it takes, rounded down: that leverage is still allowed."""
    if max_leverage is None:
        return None
    return _word(InitialMarginRate, (1 / max_leverage).quantize(_PLACES, ROUND_FLOOR))


def _tier(tier: Tier) -> MaintenanceTier:
    rate = MaintenanceMarginRate.parse(str(Exact(tier.rate)))
    return MaintenanceTier(floor=Amount.parse(str(Exact(tier.floor))), rate=rate)


def _contract_value(listing: Listing, futures_price: Decimal) -> Decimal:
    """Value of one contract in its settlement currency."""
    return listing.multiplier * futures_price if listing.segment == "linear" else listing.multiplier / futures_price


def _word(word: type[W], value: Decimal | None) -> W | None:
    return None if value is None else word.parse(str(Exact(value)))
