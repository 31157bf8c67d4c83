"""The sheet of a chart: words fit, and nothing is written over anything."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.charts.canvas import fit, measure, span, spread, ticks


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], []),
        ([50], [50]),
        ([20, 80], [20, 80]),
        ([50, 50], [45, 55]),
        ([52, 50, 48], [60, 50, 40]),
        ([50, 51, 62], [45, 55, 65]),
        ([0, 0, 100, 100], [0, 10, 90, 100]),
        ([-20, 120], [0, 100]),
    ],
)
def test_labels_move_apart_as_little_as_it_takes(wanted: list[float], expected: list[float]) -> None:
    """Those that are too close make room to both sides; nothing leaves the range."""
    assert spread(wanted, (0, 100), 10) == pytest.approx(expected, abs=1)


@given(st.lists(st.floats(-1e3, 1e3), max_size=12))
def test_labels_are_never_written_over_each_other(wanted: list[float]) -> None:
    """They keep their order, their distance and the range."""
    heights = spread(wanted, (0, 300), 24)
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places = [heights[number] for number in order]

    assert all(above - below >= 24 - 1e-6 for below, above in pairwise(places))
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in places)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("binance", "binance"),
        ("a" * 100, "aaaaaaa…"),
        ("日本 x", "?? x"),
        ("a\u0301\u0302\u0303", "a"),
        ("$x^2$", "$x^2$"),
        ("", ""),
    ],
)
def test_words_are_cut_to_their_room(words: str, expected: str) -> None:
    """What the font can't write is a question mark, marks don't stack up, and a dollar sign is no formula."""
    assert fit(words, 100) == expected


@given(st.text(max_size=40), st.floats(20, 800))
def test_words_never_leave_their_room(words: str, room: float) -> None:
    """Whatever they are."""
    assert measure(fit(words, room)) <= room


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-1.0, 6.5, ["0 %", "2 %", "4 %", "6 %"]),
        (-0.02, 0.13, ["0.00 %", "0.05 %", "0.10 %"]),
        (-1200.0, 1200.0, ["\N{MINUS SIGN}1,000 %", "0 %", "1,000 %"]),
        (0.0, 1e12, ["0 %", "5e+11 %", "1e+12 %"]),
    ],
)
def test_an_axis_has_round_numbers(low: float, high: float, expected: list[str]) -> None:
    """With as many decimals as it takes to tell them apart."""
    assert list(ticks((low, high), 4, " %").values()) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0], (-0.1, 1.1)),
        ([-0.5], (-0.6, 0.6)),
        ([-0.25, 0.5], (-0.35, 0.85)),
        ([2.0, 10.0], (-1.0, 11.0)),
        ([-10.0, -2.0], (-11.0, 1.0)),
    ],
)
def test_a_range_reaches_zero_and_is_never_too_short(values: list[float], expected: tuple[float, float]) -> None:
    """A tenth goes on at both ends."""
    assert span(values, least=1, margin=0.1) == pytest.approx(expected)
