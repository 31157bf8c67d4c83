"""Onto a grid: exactly, and in the direction that was asked for."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.hedging.rounding import ceil_steps, floor_steps, nearest_steps, quantise, round_up, toward

values = st.decimals(min_value=0, max_value=10**12, places=9, allow_nan=False)
steps = st.decimals(min_value=Decimal("1E-9"), max_value=10**6, places=9, allow_nan=False)


@given(value=values, step=steps)
def test_floor_nearest_and_ceil_stand_in_order(value: Decimal, step: Decimal) -> None:
    """Floor <= nearest <= ceil, floor <= value <= ceil, nearest within half a step."""
    floor, nearest, ceil = (round_(value, step) * step for round_ in (floor_steps, nearest_steps, ceil_steps))

    assert floor <= nearest <= ceil
    assert floor <= value <= ceil
    assert abs(nearest - value) <= step / 2


@given(count=st.integers(0, 10**9), step=steps)
def test_what_lies_on_the_grid_stays(count: int, step: Decimal) -> None:
    """A size that is whole already is never pushed to a neighbour: 0.7 is seven steps of 0.1."""
    value = count * step

    assert floor_steps(value, step) == nearest_steps(value, step) == ceil_steps(value, step) == count


@given(count=st.integers(0, 10**9), step=steps)
def test_a_tie_goes_to_fewer(count: int, step: Decimal) -> None:
    """Rounding to nearest never adds leverage on a tie."""
    assert nearest_steps(count * step + step / 2, step) == count


@pytest.mark.parametrize(
    ("value", "goal", "expected"),
    [
        ("62749.0039", "60000", "62749"),
        ("57250.01", "60000", "57250.1"),
        ("60001.07", "60001.05", "60001.05"),
        ("59999.01", "59999.05", "59999.05"),
        ("60000", "60000", "60000"),
    ],
)
def test_a_liquidation_price_is_shown_nearer_than_it_is(value: str, goal: str, expected: str) -> None:
    """Rounded onto the tick toward the entry and never past it, on either side."""
    assert toward(Decimal(value), Decimal(goal), Decimal("0.1")) == Decimal(expected)


@pytest.mark.parametrize("goal", ["60000", "70000"])
def test_a_quotient_that_misses_its_tick_by_its_last_digit_lies_on_it(goal: str) -> None:
    """Contracts that are a third of something lead to 62,999.99...9: that is 63,000 and no tick further."""
    values = [Decimal("62999." + "9" * 150), Decimal("63000." + "0" * 149 + "1")]

    assert [toward(value, Decimal(goal), Decimal("0.1")) for value in values] == [63000, 63000]


def test_a_price_beyond_all_bounds_is_still_put_on_its_grid() -> None:
    """Where almost all is posted the price is vast, and has no digits left that could be noise."""
    assert toward(Decimal("1E130"), Decimal(60000), Decimal("0.1")) == Decimal("1E130")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3000." + "0" * 150 + "2", "3000"),
        ("2999." + "9" * 150, "3000"),
        ("3000." + "0" * 58 + "2", "3000.00000001"),
        ("3000.000000001", "3000.00000001"),
    ],
)
def test_what_has_to_be_there_is_rounded_up_but_for_what_a_quotient_leaves(value: str, expected: str) -> None:
    """A sixth of 18,000 is 3,000 and not a hundred-millionth more; what is really more is never dropped."""
    assert round_up(Decimal(value)) == Decimal(expected)


@given(value=values, quantum=steps)
def test_a_quantised_value_is_a_multiple(value: Decimal, quantum: Decimal) -> None:
    """Whatever the mode, the result lies on the grid, within half a step for half_even."""
    assume(value / quantum < Decimal("1E20"))
    result = quantise(value, quantum, ROUND_HALF_EVEN)

    assert result % quantum == 0
    assert abs(result - value) <= quantum / 2
