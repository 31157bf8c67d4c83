"""Returns out of daily closes: what is missing stays missing, and what was not traded did not move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.risk.returns import DAY_MS, basket_returns, last_days, last_traded, simple_returns


def by_day(*closes: float | None) -> dict[int, float]:
    """Give the closes of the days from the first on; None for one that is missing."""
    return {day * DAY_MS: close for day, close in enumerate(closes) if close is not None}


def days(count: int) -> list[int]:
    """List the ends of so many days."""
    return [day * DAY_MS for day in range(count)]


@pytest.mark.parametrize(
    ("closes", "returns"),
    [
        ((100, 110, 99), [0.1, -0.1]),
        ((100, None, 99), [None, None]),  # a return over two days is none of one day
        ((None, 100, 150), [None, 0.5]),
        ((100, 150, None), [0.5, None]),
        ((100, 100, 150), [0, 0.5]),  # two equal closes are a calm day
        ((100, 100, 100, 150), [None, None, 0.5]),  # three are a price that nobody traded at
        ((50, 100, 100, 100, 100, 50), [1, None, None, None, -0.5]),
        ((100, 100, None, 100), [None, None, None]),  # a gap does not make a price move
        ((1, 2, 2, 1, 2, 2), [1, 0, -0.5, 1, 0]),
    ],
)
def test_a_return_is_of_two_closes_in_a_row(closes: tuple[float | None, ...], returns: list[float | None]) -> None:
    """P(t) / P(t-1) - 1; None where one of the two is missing, or where the price stood still for three days."""
    found = simple_returns(by_day(*closes), days(len(closes)))

    assert found == [None if one is None else pytest.approx(one) for one in returns]


def test_days_are_those_that_were_asked_for() -> None:
    """Whether there are closes for them or not: the last close ends them, and one more begins them."""
    closes = by_day(1, None, None, 4, 5)

    assert last_days(closes, 3) == days(5)[1:]
    assert last_days(closes, 6) == [-2 * DAY_MS, -DAY_MS, *days(5)]
    assert simple_returns(closes, last_days(closes, 3)) == [None, None, 0.25]


def test_a_stop_before_the_days_that_are_asked_for_counts() -> None:
    """The price stood still since before, so the first of the days is no return either."""
    closes = by_day(100, 100, 100, 150)

    assert simple_returns(closes, days(4)[1:]) == [None, 0.5]


@pytest.mark.parametrize(
    ("closes", "day"), [((1,), 0), ((1, 2, 2), 2), ((1, 2, 2, 2), 1), ((2, 2, 2), 0), ((1, 2, None, 2, 2, None), 1)]
)
def test_the_last_day_that_was_traded_is_that_before_a_price_stood_still(
    closes: tuple[float | None, ...], day: int
) -> None:
    """Two equal closes are a calm day; of three the first was traded."""
    assert last_traded(by_day(*closes)) == day * DAY_MS


def test_a_book_moves_by_its_weights() -> None:
    """Half in one that rises by 10 %, 150 % in one that falls by 2 %, short the same in a third: 2 % and 1 %."""
    returns: dict[str, list[float | None]] = {"A": [0.1, 0.02], "B": [-0.02, 0.02], "C": [0, 0.03]}

    assert basket_returns(returns, {"A": 0.5, "B": 1.5, "C": -1.0}) == [pytest.approx(0.02), pytest.approx(0.01)]


def test_a_day_that_one_asset_lacks_is_none_of_the_book() -> None:
    """The others' moves say nothing about it."""
    returns: dict[str, list[float | None]] = {"A": [0.1, None, 0.3], "B": [None, 0.2, 0.3]}

    assert basket_returns(returns, {"A": 0.5, "B": 0.5}) == [None, None, pytest.approx(0.3)]


def test_what_is_not_in_the_book_does_not_count() -> None:
    """Its gaps do not either."""
    assert basket_returns({"A": [0.1], "B": [None]}, {"A": 1.0}) == [0.1]


closes_of_days = st.dictionaries(st.sampled_from(days(40)), st.sampled_from([1.0, 2.0, 3.0]) | st.floats(1e-9, 1e9))


@given(closes=closes_of_days, factor=st.sampled_from([0.5, 2.0, 1024.0]))
def test_returns_do_not_depend_on_the_unit_of_prices(closes: dict[int, float], factor: float) -> None:
    """A price of a thousand coins moves as that of one does."""
    scaled = {day: close * factor for day, close in closes.items()}

    assert simple_returns(scaled, days(40)) == simple_returns(closes, days(40))


@given(closes=closes_of_days)
def test_there_is_a_place_for_every_day(closes: dict[int, float]) -> None:
    """One fewer than the ends, each a return of closes that are there, or None."""
    found = simple_returns(closes, days(40))

    assert len(found) == 39
    for day, change in enumerate(found, start=1):
        if change is not None:
            assert change == closes[day * DAY_MS] / closes[(day - 1) * DAY_MS] - 1
