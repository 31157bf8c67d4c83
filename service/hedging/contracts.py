"""Mini-futures: what one contract is worth and what a position in it earns.

Law: a linear contract is a number of coins, so its value moves with the price; an inverse contract is a number of
quote units, so its value in coins moves against the price. Each is settled in the currency it is margined in:
the quote currency (linear) or the coin (inverse).
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.errors import Fault, InconsistentContractError
from service.hedging.units import (
    Amount,
    Asset,
    Contracts,
    FeeRate,
    InitialMarginRate,
    Instant,
    MaintenanceMarginRate,
    Multiplier,
    Side,
    Step,
    Symbol,
    exactly,
)

Settlement = Literal["quote", "base"]


class MaintenanceTier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the exchange's maintenance margin table."""

    floor: Annotated[
        Amount,
        Meta(description="Position value at which the tier begins, in the settlement currency; the first is 0."),
    ]
    rate: Annotated[
        MaintenanceMarginRate,
        Meta(description="Maintenance margin rate of the part of the position within this tier."),
    ]


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style"):
    """What every contract states, whatever it is settled in."""

    symbol: Annotated[Symbol, Meta(description="Name of the contract; its futures mark price goes under it.")]
    underlying: Annotated[Asset, Meta(description="Asset that the contract follows.", examples=["BTC"])]
    quoted_units: Annotated[
        Step,
        Meta(
            description="Units of the underlying that one price is for: 1000 where the venue quotes a thousand coins, "
            "as in 1000SHIBUSDT; its base units then count in thousands too.",
            examples=["1"],
        ),
    ] = Step("1")
    lot_step: Annotated[Step, Meta(description="Grid of tradable sizes, in contracts.", examples=["1"])] = Step("1")
    min_quantity: Annotated[
        Contracts | None, Meta(description="Smallest order in contracts; null or absent for none.")
    ] = None
    max_quantity: Annotated[
        Contracts | None,
        Meta(description="Largest order in contracts; null or absent for none.", examples=["1000"]),
    ] = None
    max_market_quantity: Annotated[
        Contracts | None,
        Meta(
            description="Largest market order in contracts, where it is less than max_quantity; a larger hedge takes "
            "several. Null or absent for none.",
            examples=["100"],
        ),
    ] = None
    min_notional: Annotated[
        Amount | None,
        Meta(description="Smallest order value in the quote currency; null or absent for none.", examples=["5"]),
    ] = None
    tick_size: Annotated[
        Step | None, Meta(description="Grid of prices; null or absent: 8 fractional digits.", examples=["0.1"])
    ] = None
    expiry: Annotated[
        Instant | None,
        Meta(
            description="When the contract settles; null or absent for a perpetual.", examples=["2026-12-25T08:00:00Z"]
        ),
    ] = None
    initial_margin_rate: Annotated[
        InitialMarginRate | None,
        Meta(description="Least initial margin, as a fraction of position value: 1 over the largest leverage."),
    ] = None
    maintenance_margin_rate: Annotated[
        MaintenanceMarginRate | None,
        Meta(description="Maintenance margin rate where one rate holds for every size; else send maintenance_tiers."),
    ] = None
    maintenance_tiers: Annotated[
        Annotated[tuple[MaintenanceTier, ...], Meta(min_length=1, max_length=100)] | None,
        Meta(description="Maintenance margin by position value: floors ascend from 0 and rates do not fall."),
    ] = None
    maintenance_basis: Annotated[
        Literal["liquidation", "entry"],
        Meta(
            description="Value that maintenance margin is taken of: at the liquidation price (Binance and most), or at "
            "entry (Bybit's classic isolated margin)."
        ),
    ] = "liquidation"
    maker_fee_rate: Annotated[
        FeeRate | None,
        Meta(description="Fee of a resting order as a fraction of notional; not used by a market order."),
    ] = None
    taker_fee_rate: Annotated[
        FeeRate | None, Meta(description="Fee of a market order as a fraction of notional; negative for a rebate.")
    ] = None
    funding_interval_hours: Annotated[
        Annotated[int, Meta(ge=1, le=24)] | None,
        Meta(description="Hours between two funding payments of a perpetual; not used by a sizing.", examples=[8]),
    ] = None


class Linear(Terms, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="linear"):
    """A future on a number of coins, margined and settled in the quote currency."""

    multiplier: Annotated[Multiplier, Meta(description="Base units (coins) per contract.")]
    order_unit: Annotated[
        Literal["contract", "base"],
        Meta(description="What the venue counts an order in: contracts, or base units (contracts x multiplier)."),
    ] = "contract"


class Inverse(Terms, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="inverse"):
    """A future on a number of quote units, margined and settled in the coin."""

    multiplier: Annotated[Multiplier, Meta(description="Quote units (face value) per contract.", examples=["100"])]
    order_unit: Annotated[
        Literal["contract", "quote"],
        Meta(description="What the venue counts an order in: contracts, or quote units (contracts x multiplier)."),
    ] = "contract"


Contract = Linear | Inverse


def settlement(contract: Contract) -> Settlement:
    """Currency in which the contract is margined and settled: `quote` (linear) or `base`, the coin (inverse)."""
    return "quote" if isinstance(contract, Linear) else "base"


@exactly
def unit_notional(contract: Contract, futures_price: Decimal) -> Decimal:
    """Value of one contract in the quote currency, above zero.

    Args:
        contract: linear (value moves with the price) or inverse (face value, whatever the price).
        futures_price: mark price of the contract, quote per base, above zero. Not the spot price: the difference is
            the basis (Hull 3.4, V_F = F x Q_F).
    """
    return contract.multiplier * futures_price if isinstance(contract, Linear) else Decimal(contract.multiplier)


@exactly
def settlement_value(contract: Contract, contracts: Decimal, price: Decimal) -> Decimal:
    """Value of a position in its settlement currency: contracts x multiplier x price, or contracts x face / price."""
    size = contracts * contract.multiplier
    return size * price if isinstance(contract, Linear) else size / price


@exactly
def price_of_value(contract: Contract, contracts: Decimal, value: Decimal) -> Decimal:
    """Price at which a position has a given value in its settlement currency: the inverse of `settlement_value`."""
    size = contracts * contract.multiplier
    return value / size if isinstance(contract, Linear) else size / value


@exactly
def settled_profit(
    contract: Contract, *, side: Side, contracts: Decimal, entry_price: Decimal, exit_price: Decimal
) -> Decimal:
    """Profit of a position in its settlement currency, positive for a gain.

    Linear short: q x (E - X). Inverse short, in coins: N x face x (1/X - 1/E). A long earns the opposite.
    Source: Deribit's and CME's contract documents, whose worked examples are tests.
    """
    gain = settlement_value(contract, contracts, exit_price) - settlement_value(contract, contracts, entry_price)
    return gain if (side == "long") == isinstance(contract, Linear) else -gain


@exactly
def quote_profit(
    contract: Contract, *, side: Side, contracts: Decimal, entry_price: Decimal, exit_price: Decimal
) -> Decimal:
    """Profit in the quote currency; coins are valued at the exit price, which makes an inverse short exactly linear."""
    profit = settled_profit(contract, side=side, contracts=contracts, entry_price=entry_price, exit_price=exit_price)
    return profit if isinstance(contract, Linear) else profit * exit_price


def check_terms(contract: Contract) -> None:
    """Raise `InconsistentContractError` with every contradiction among the terms; pass if there is none."""
    faults = [*_size_faults(contract), *_maintenance_faults(contract), *_initial_faults(contract)]
    if faults:
        raise InconsistentContractError(*faults)


def _size_faults(contract: Contract) -> Iterator[Fault]:
    least, most = contract.min_quantity, contract.max_quantity
    if least is not None and most is not None and least > most:
        yield Fault(("contract", "min_quantity"), f"min_quantity {least} is above max_quantity {most}")


def _maintenance_faults(contract: Contract) -> Iterator[Fault]:
    tiers = contract.maintenance_tiers
    if tiers is None:
        return
    if contract.maintenance_margin_rate is not None:
        detail = "Send maintenance_margin_rate or maintenance_tiers, not both"
        yield Fault(("contract", "maintenance_margin_rate"), detail)
    if tiers[0].floor:
        yield Fault(("contract", "maintenance_tiers", 0, "floor"), "The first tier begins at 0")
    for index, (lower, upper) in enumerate(pairwise(tiers), start=1):
        yield from _tier_faults(lower, upper, index)


def _tier_faults(lower: MaintenanceTier, upper: MaintenanceTier, index: int) -> Iterator[Fault]:
    if upper.floor <= lower.floor:
        yield Fault(("contract", "maintenance_tiers", index, "floor"), "Tier floors ascend")
    if upper.rate < lower.rate:
        yield Fault(("contract", "maintenance_tiers", index, "rate"), "Rates do not fall from tier to tier")


def _initial_faults(contract: Contract) -> Iterator[Fault]:
    initial, maintenance = contract.initial_margin_rate, contract.maintenance_margin_rate
    if contract.maintenance_tiers is not None:
        maintenance = contract.maintenance_tiers[0].rate
    if initial is not None and maintenance is not None and initial <= maintenance:
        detail = f"An initial margin rate of {initial} is liquidated at once by a maintenance rate of {maintenance}"
        yield Fault(("contract", "initial_margin_rate"), detail)
