"""Charts for chats: whatever comes in, an honest picture comes out."""

import re
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.charts.inks import INKS, Theme
from service.api.charts.line_charts import (
    MOST_LINES,
    MOST_POINTS,
    CostLine,
    Curve,
    CurvePoint,
    draw_costs,
    draw_term_structure,
)

LARGEST = 120_000
BINANCE = Curve("binance USDT linear", [CurvePoint("27 Mar", 84, 0.081), CurvePoint("26 Jun", 175, 0.09)], 0.109)
FUTURE = CostLine("binance 27 Mar", [1, 30, 90], [0.004, 0.002, -0.003], [0.001, -0.001, -0.009], [0.007, 0.005, 0.004])
PERPETUAL = CostLine("bybit perpetual", [1, 30, 90], [0.001, 0.003, 0.008])


class Seen(NamedTuple):
    """What a picture says."""

    elements: Sequence[tuple[str, dict[str, str]]]
    title: str
    description: str

    def number(self, attribute: str, value: str) -> int:
        """Count the elements with an attribute."""
        return sum(attributes.get(attribute) == value for _, attributes in self.elements)

    def height(self, color: str) -> float:
        """Measure from the lowest to the highest place of the first line of a colour."""
        (path, *_) = (each["d"] for _, each in self.elements if each.get("stroke") == color.lower() and "d" in each)
        places = [float(number) for number in re.findall(r"[ML] [0-9.-]+ ([0-9.-]+)", path)]
        return max(places) - min(places)


def read(picture: bytes) -> Seen:
    """Read a picture as a strict XML parser does."""
    elements: list[tuple[str, dict[str, str]]] = []
    words = {"title": "", "desc": ""}
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: elements.append((name, attributes))

    def hear(text: str) -> None:
        """Keep what the title and the description say."""
        if elements[-1][0] in words:
            words[elements[-1][0]] += text

    parser.CharacterDataHandler = hear
    parser.Parse(picture, True)  # noqa: FBT003
    return Seen(elements, words["title"].strip(), words["desc"].strip())


def draw(*curves: Curve, title: str = "BTC", theme: Theme = "light") -> bytes:
    """Draw a term structure."""
    return draw_term_structure(curves, title=title, theme=theme)


def weigh(
    *lines: CostLine,
    days: float | None = 41,
    label: str = "the future is better from day 41 on",
    horizon_days: float = 30,
    theme: Theme = "light",
) -> bytes:
    """Draw costs."""
    return draw_costs(
        lines,
        title="Hedging 40 SOL",
        break_even_days=days,
        break_even_label=label,
        horizon_days=horizon_days,
        theme=theme,
    )


def check(picture: bytes) -> Seen:
    """Hold a picture to what all pictures promise."""
    seen = read(picture)
    numbers = " ".join(value for _, attributes in seen.elements for value in attributes.values())

    assert not re.search(rb"<!--|<!DOCTYPE|<script|<style| style=| on[a-z]+=|href=\"[^#]", picture)
    assert not re.search(r"\b(?:nan|inf)\b", numbers, re.IGNORECASE)
    assert len(picture) < LARGEST
    return seen


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_stands_alone(theme: Theme) -> None:
    """It scales, has paper of its own and words for who can't see it, and needs and runs nothing."""
    for picture in (draw(BINANCE, theme=theme), weigh(FUTURE, PERPETUAL, theme=theme)):
        seen = check(picture)
        name, root = seen.elements[0]

        assert name == "svg"
        assert (root["width"], root["height"], root["viewBox"]) == ("900", "540", "0 0 900 540")
        assert (root["role"], root["aria-labelledby"]) == ("img", "title description")
        assert seen.number("fill", INKS[theme].paper.lower()) >= 1


def test_the_same_chart_is_the_same_bytes() -> None:
    """So that a cache and an entity tag can tell; the theme makes another."""
    assert draw(BINANCE) == draw(BINANCE)
    assert weigh(FUTURE) == weigh(FUTURE)
    assert draw(BINANCE) != draw(BINANCE, theme="dark")


def test_a_term_structure_is_told_in_words_too() -> None:
    """For readers of the screen and for bots."""
    seen = check(draw(BINANCE, Curve("bybit", [], -0.02), title="BTC on 1 November"))

    assert seen.title == "BTC on 1 November"
    assert seen.description == (
        "Annualised basis, % a year; a short earns above zero, a short pays below. "
        "binance USDT linear: funding 10.90 %, 27 Mar in 84 days 8.10 %, 26 Jun in 175 days 9.00 %; "
        "bybit: funding -2.00 %; ◆ funding of the perpetual."
    )


def test_costs_are_told_in_words_too() -> None:
    """In the order in which they were given, with their bands."""
    seen = check(weigh(PERPETUAL, FUTURE))

    assert seen.title == "Hedging 40 SOL"
    assert seen.description == (
        "Cost of the hedge, % of the notional; the hedger pays above zero, the hedger earns below. "
        "bybit perpetual: 0.80 % after 90 days; binance 27 Mar: -0.30 % after 90 days (-0.90 to 0.40 %); "
        "the future is better from day 41 on; shaded: 5 to 95 % of outcomes."
    )


def test_a_chart_of_nothing_says_so() -> None:
    """Also where there are lines that have no points."""
    for picture in (draw(), draw(Curve("x", [])), weigh(), weigh(CostLine("x", [], [], [], []))):
        assert check(picture).description == "Nothing to draw"


def test_more_lines_than_can_be_told_apart_are_counted() -> None:
    """The first are drawn."""
    curves = check(draw(*(Curve(f"curve {number}.", [CurvePoint("27 Mar", 9, 0.1)]) for number in range(40))))
    lines = [CostLine(f"line {number}.", [1, 30], [0.01, 0.01 * number]) for number in range(40)]
    costs = check(weigh(*lines, days=None, label=""))

    assert curves.description.endswith("; 28 more not shown.")
    assert [f"curve {number}." in curves.description for number in (0, MOST_LINES - 1, MOST_LINES)] == [
        True,
        True,
        False,
    ]
    assert costs.description.endswith("line 11.: 11.00 % after 30 days; 28 more not shown.")


def test_of_too_many_points_some_in_between_are_left_out() -> None:
    """The first and the last stay; a picture does not grow with its data."""
    days = [float(day) for day in range(1000)]
    zigzag = [CostLine(f"line {shift}", days, [(day * 7919 + shift) % 97 / 97 for day in days]) for shift in range(12)]
    banded = [line._replace(low=line.costs, high=line.costs) for line in zigzag]
    names = check(draw(Curve("x", [CurvePoint(f"p{day:.0f}", day, 0.01 * (day % 7)) for day in days])))

    assert "after 999 days" in check(weigh(*banded)).description
    assert "p0 in 0 days" in names.description
    assert "p999 in 999 days" in names.description
    assert names.description.count(" in ") <= MOST_POINTS + 1


@pytest.mark.parametrize(
    "words",
    [
        "A&B <script>alert(1)</script>",
        "--><x>",
        "]]>",
        "$\\frac{$",
        "a\x00b\ud800\x1b",
        "日本 😀",
        "\u202egnp",
        "",
        "\n",
    ],
)
def test_words_are_only_words(words: str) -> None:
    """Whoever names a symbol or writes a title can't add to the picture, or break it."""
    printable = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    curve = check(draw(Curve(words, [CurvePoint(words, 9, 0.1)], 0.1), title=words))
    costs = check(weigh(CostLine(words, [1], [0.1]), label=words))

    assert {name for name, _ in curve.elements} <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "defs",
        "use",
        "clipPath",
        "rect",
    }
    assert curve.title == printable
    assert f"{printable}: funding 10.00 %, {printable[:15]}" in curve.description
    assert f"{printable}: 10.00 % after 1 day" in costs.description


def test_long_words_are_cut() -> None:
    """In the picture to their room, and in its description to a length."""
    seen = check(draw(Curve("W" * 1000, [CurvePoint("W" * 1000, 9, 0.1)]), title="W" * 1000))

    assert seen.title == "W" * 199 + "…"
    assert f"{'W' * 59}…: {'W' * 15}… in 9 days" in seen.description


@pytest.mark.parametrize("rate", [0.0, 1e-300, -1e-9, 0.08, -0.5, 1e4, -1e4, 1e308, -1e308])
def test_any_size_of_number_can_be_drawn(rate: float) -> None:
    """Alone, twice, and on both sides of zero."""
    points = [CurvePoint("a", 10, rate), CurvePoint("b", 20, rate)]
    both = [CurvePoint("a", 10, rate), CurvePoint("b", 20, -rate)]

    check(draw(Curve("x", points[:1])))
    check(draw(Curve("x", points), Curve("y", points), Curve("z", both, rate)))
    check(weigh(CostLine("x", [10, 20], [rate, rate]), CostLine("y", [10, 20], [rate, -rate], [rate] * 2, [-rate] * 2)))


def test_funding_is_a_diamond_at_zero_days() -> None:
    """A curve that is nothing else has one for its label too."""
    color = INKS["light"].lines[0].lower()
    dated, both, alone = (BINANCE._replace(funding=None), BINANCE, Curve("x", [], 0.1))
    uses = [check(draw(curve)).number("fill", color) for curve in (dated, both, alone)]

    assert uses[1] - uses[0] == 1
    assert uses[2] == 2


def test_a_value_has_its_name_where_there_is_room() -> None:
    """Above it, below it, or not at all: what is crowded is not labelled."""

    def drawing(name: str, *crowd: CurvePoint) -> bytes:
        """Draw a value with a name, among others without."""
        return draw(Curve("x", [*crowd, CurvePoint(name, 100, 0.05)])).partition(b"</desc>")[2]

    wall = [CurvePoint("", 100, rate) for rate in (0.0, 0.1)]

    assert len(drawing("abc")) > len(drawing(""))
    assert drawing("abc", *wall) == drawing("", *wall)


@pytest.mark.parametrize("horizon_days", [0, 1, 30, 89, 1e9])
@pytest.mark.parametrize("days", [None, 0, 12, 29.5, 30, 90, 500, 1e9])
def test_durations_are_drawn_wherever_they_are(days: float | None, horizon_days: float) -> None:
    """A break-even beyond the axis is only words, and so is one that never comes."""
    seen = check(weigh(FUTURE, PERPETUAL, days=days, horizon_days=horizon_days))
    is_drawn = days is not None and (days <= 90 or days <= horizon_days)

    assert seen.number("stroke-dasharray", "11,6.6") == is_drawn


def test_nothing_is_drawn_with_until_there_is_something_to_draw() -> None:
    """A process that never draws pays neither the time nor the memory."""
    program = (
        "import sys, service.app, service.api.charts.line_charts; "
        "print('matplotlib' in sys.modules, 'numpy' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split()[0] == "False"


rates = st.floats(allow_nan=False, allow_infinity=False)
spans = st.floats(0, 1e6)


@settings(max_examples=25)
@given(
    st.lists(
        st.builds(
            Curve,
            st.text(max_size=30),
            st.lists(st.builds(CurvePoint, st.text(max_size=10), spans, rates), max_size=6),
            st.none() | rates,
        ),
        max_size=15,
    ),
    st.text(max_size=100),
    st.sampled_from(["light", "dark"]),
)
def test_any_term_structure_can_be_drawn(curves: list[Curve], title: str, theme: Theme) -> None:
    """Finite numbers and any words make a whole picture."""
    check(draw(*curves, title=title, theme=theme))


@st.composite
def cost_lines(pick: st.DrawFn) -> CostLine:
    """Make a line, with a band or without."""
    days = sorted(pick(st.lists(spans, max_size=8)))
    costs, low, high = (pick(st.lists(rates, min_size=len(days), max_size=len(days))) for _ in range(3))
    label = pick(st.text(max_size=30))
    return CostLine(label, days, costs, low, high) if pick(st.booleans()) else CostLine(label, days, costs)


@settings(max_examples=25)
@given(st.lists(cost_lines(), max_size=15), st.none() | rates, st.text(max_size=80), rates)
def test_any_costs_can_be_drawn(lines: list[CostLine], days: float | None, label: str, horizon_days: float) -> None:
    """Finite numbers and any words make a whole picture."""
    check(weigh(*lines, days=days, label=label, horizon_days=horizon_days))
