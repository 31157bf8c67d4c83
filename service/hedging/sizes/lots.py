"""The legal size next to an exact one.

Law: round onto the lot step, cap at the largest order, then hold against the smallest quantity and the
smallest notional. Rounding down or to nearest drops to nothing below a minimum; rounding up is raised to it.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Literal, NamedTuple

from service.hedging.contracts import Contract
from service.hedging.rounding import ceil_steps, floor_steps, nearest_steps
from service.hedging.units import exactly

LotRounding = Literal["down", "up", "nearest"]
Adjustment = Literal[
    "rounds_to_zero",
    "capped_at_max_quantity",
    "below_min_quantity",
    "below_min_notional",
    "raised_to_min_quantity",
    "raised_to_min_notional",
    "no_legal_size",
]

_ZERO = Decimal(0)
_STEPS: dict[LotRounding, Callable[[Decimal, Decimal], Decimal]] = {
    "down": floor_steps,
    "up": ceil_steps,
    "nearest": nearest_steps,
}


class Fit(NamedTuple):
    """A size that the venue accepts, or none."""

    contracts: Decimal
    """On the lot step; 0 where no size is legal or none is needed."""
    adjustment: Adjustment | None
    """Why the size is not simply the rounded one; None where it is."""


@exactly
def fit_size(contract: Contract, *, unit_notional: Decimal, target_notional: Decimal, rounding: LotRounding) -> Fit:
    """Find the legal size next to the one that meets a target.

    Args:
        contract: its lot step, quantities in contracts and minimum notional in the quote currency.
        unit_notional: value of one contract in the quote currency, above zero.
        target_notional: value to reach, at least zero.
        rounding: `down`, `up`, or `nearest` (a tie goes to fewer contracts).
    """
    wanted = _STEPS[rounding](target_notional, unit_notional * contract.lot_step) * contract.lot_step
    if not wanted:
        return Fit(_ZERO, "rounds_to_zero" if target_notional else None)
    largest = _largest(contract)
    size = wanted if largest is None else min(wanted, largest)
    by_quantity, by_notional = _minimums(contract, unit_notional)
    if size >= max(by_quantity, by_notional):
        return Fit(size, None if size == wanted else "capped_at_max_quantity" if size else "no_legal_size")
    if rounding != "up":
        return Fit(_ZERO, "below_min_quantity" if size < by_quantity else "below_min_notional")
    if largest is not None and max(by_quantity, by_notional) > largest:
        return Fit(_ZERO, "no_legal_size")
    if by_notional > by_quantity:
        return Fit(by_notional, "raised_to_min_notional")
    return Fit(by_quantity, "raised_to_min_quantity")


@exactly
def smallest_size(contract: Contract, unit_notional: Decimal) -> Decimal:
    """Give the smallest size above zero that the venue takes, in contracts."""
    return max(contract.lot_step, *_minimums(contract, unit_notional))


def _minimums(contract: Contract, unit_notional: Decimal) -> tuple[Decimal, Decimal]:
    """Give the smallest sizes by quantity and by notional, on the lot step; 0 for no minimum."""
    by_quantity = _on_lots(contract.min_quantity, contract.lot_step, contract.lot_step)
    return by_quantity, _on_lots(contract.min_notional, unit_notional * contract.lot_step, contract.lot_step)


def _largest(contract: Contract) -> Decimal | None:
    if contract.max_quantity is None:
        return None
    return floor_steps(contract.max_quantity, contract.lot_step) * contract.lot_step


def _on_lots(minimum: Decimal | None, per_step: Decimal, lot_step: Decimal) -> Decimal:
    return ceil_steps(minimum, per_step) * lot_step if minimum else _ZERO
