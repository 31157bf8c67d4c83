"""Standing: a number among its past values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.errors import TooFewObservationsError
from service.hedging.term_structure.standing import place
from tests.hedging.build import check_answer

PATH = ("pairs", 2, "history")


@pytest.mark.parametrize(
    ("value", "z_score", "percentile"),
    [
        (0.03, 0.0, 0.5),
        (0.05, 2 / math.sqrt(2.5), 0.9),
        (0.0, -3 / math.sqrt(2.5), 0.0),
        (0.06, 3 / math.sqrt(2.5), 1.0),
    ],
)
def test_a_number_stands_above_and_below_its_past(value: float, z_score: float, percentile: float) -> None:
    """Of 1, 2, 3, 4 and 5 %: the mean is 3 %, the variance with n - 1 is 2.5, and what is equal counts by half."""
    standing = place(value, [0.01, 0.02, 0.03, 0.04, 0.05], measure="basis_rate", path=PATH)

    assert (standing.observations, standing.mean) == (5, 0.03)
    assert standing.standard_deviation == pytest.approx(0.01 * math.sqrt(2.5))
    assert standing.z_score == pytest.approx(z_score)
    assert standing.percentile == pytest.approx(percentile)


def test_a_missing_value_is_left_out() -> None:
    """None is no zero, and three that are there are enough."""
    standing = place(2.0, [None, 1.0, 2.0, None, 3.0], measure="annualized_basis_rate", path=PATH)

    assert (standing.observations, standing.mean, standing.measure) == (3, 2.0, "annualized_basis_rate")


@pytest.mark.parametrize("history", [[], [1.0, 2.0], [1.0, None, 2.0, None]])
def test_two_past_values_say_nothing(history: list[float | None]) -> None:
    """Refused at the history of that pair, with what it takes."""
    with pytest.raises(TooFewObservationsError) as refusal:
        place(1.0, history, measure="basis_rate", path=PATH)

    assert [fault.path for fault in refusal.value.faults] == [PATH]
    assert "it takes 3" in refusal.value.faults[0].detail


@given(value=st.floats(-10, 10), past=st.floats(-10, 10), count=st.integers(3, 300))
def test_a_past_that_never_moved_gives_no_score(value: float, past: float, count: int) -> None:
    """Its mean may be off by a rounding, which is no deviation: 0.1 four times and 0.00012 six times once gave one."""
    standing = place(value, [past] * count, measure="basis_rate", path=PATH)

    assert (standing.z_score, standing.standard_deviation) == (None, 0)
    assert standing.percentile == (0.5 if value == past else float(value > past))


@given(value=st.floats(-1e33, 1e33), history=st.lists(st.floats(-10, 10) | st.none(), min_size=6, max_size=60))
def test_every_number_of_a_standing_is_finite(value: float, history: list[float | None]) -> None:
    """Values as close together as floats can be, and a number as far away as prices allow."""
    standing = check_answer(place(value, [1e-200, 0.0, 5e-324, *history], measure="basis_rate", path=PATH))

    assert standing.observations == 3 + sum(one is not None for one in history)
