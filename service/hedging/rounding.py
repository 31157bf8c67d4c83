"""Onto a grid, once and exactly.

Law: 0.7 is seven steps of 0.1. Whether a size lies on a grid is decided by exact division, never by a float.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from service.hedging.units import Money, exactly

_NOISE = Decimal("1E-60")
_LARGEST_NOISY = 90
"""Power of ten from which no digit is left beyond those that are noise."""


@exactly
def quantise(value: Decimal, quantum: Decimal, rounding: str) -> Decimal:
    """Move a value onto a grid.

    Args:
        value: any finite decimal whose quotient by the quantum fits the exact context.
        quantum: the distance between two grid points, above zero.
        rounding: one of the rounding constants of the decimal module.

    Returns:
        A multiple of the quantum.
    """
    return (value / quantum).to_integral_value(rounding) * quantum


@exactly
def floor_steps(value: Decimal, step: Decimal) -> Decimal:
    """Whole steps within a value of at least zero: 0.7 over 0.1 is 7."""
    return value // step


@exactly
def ceil_steps(value: Decimal, step: Decimal) -> Decimal:
    """Whole steps that reach a value of at least zero: 0.71 over 0.1 is 8."""
    steps, rest = divmod(value, step)
    return steps + 1 if rest else steps


@exactly
def nearest_steps(value: Decimal, step: Decimal) -> Decimal:
    """Whole steps nearest to a value of at least zero; a tie goes to fewer, never adding leverage."""
    steps, rest = divmod(value, step)
    return steps + 1 if 2 * rest > step else steps


@exactly
def toward(value: Decimal, goal: Decimal, quantum: Decimal) -> Decimal:
    """Move a price onto the grid on the side of the goal, and not past it.

    Used for a displayed liquidation price, which is rounded toward the entry: the conservative side.
    """
    value = drop_noise(value)
    if value >= goal:
        return max(quantise(value, quantum, ROUND_FLOOR), goal)
    return min(quantise(value, quantum, ROUND_CEILING), goal)


@exactly
def round_up(value: Decimal) -> Money:
    """Write what has to be there, never as less than it is."""
    return Money.of(drop_noise(value), ROUND_CEILING)


@exactly
def drop_noise(value: Decimal) -> Decimal:
    """Leave out what is beyond 60 fractional digits, before a value is rounded to one side.

    A quotient is not exact: 18,000 times a sixth is a little more than 3,000, and is 3,000.
    """
    return value.quantize(_NOISE) if value.adjusted() < _LARGEST_NOISY else value
