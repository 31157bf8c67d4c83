"""The chart of scenarios: whatever comes in, an honest picture comes out."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.charts.inks import INKS, Theme
from service.api.charts.scenario_chart import MOST_LINES, NetLine, draw_nets, spread_moves
from tests.api.charts.test_line_charts import LARGEST, Seen, read

HALF = NetLine("50 % hedged", [-0.2, 0.0, 0.1, 0.2], [-0.1, 0.0, 0.0, 0.1], 0.1)
BARE = NetLine("not hedged", [-0.2, 0.2], [-0.2, 0.2], None)


def draw(*lines: NetLine, title: str = "10000 of coins", theme: Theme = "light") -> bytes:
    """Draw lines."""
    return draw_nets(lines, title=title, underlying="BTC", theme=theme)


def check(picture: bytes) -> Seen:
    """Read a picture that is small enough and runs nothing."""
    seen = read(picture)
    assert len(picture) < LARGEST
    assert not {"script", "image", "foreignObject"} & {name for name, _ in seen.elements}
    return seen


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_is_drawn_on_the_paper_of_its_theme(theme: Theme) -> None:
    """As wide as the others, with a title."""
    seen = check(draw(BARE, HALF, theme=theme))

    assert seen.elements[0][1]["viewBox"] == "0 0 900 540"
    assert seen.title == "10000 of coins"
    assert seen.number("fill", INKS[theme].paper.lower()) >= 1


def test_the_same_chart_is_the_same_bytes() -> None:
    """So that a cache can tell; another theme is another chart."""
    assert draw(HALF) == draw(HALF) != draw(HALF, theme="dark")


def test_liquidation_outside_of_the_moves_is_not_marked() -> None:
    """Nor told."""
    far = HALF._replace(liquidation_move=0.5)

    assert "liquidated" in check(draw(HALF)).description
    assert "liquidated" not in check(draw(far)).description


def test_more_lines_than_can_be_told_apart_are_counted() -> None:
    """The first are drawn."""
    seen = check(draw(*[BARE._replace(label=f"line {number}.") for number in range(21)]))

    assert f"line {MOST_LINES - 1}." in seen.description
    assert seen.description.endswith("; 9 more not shown.")


def test_a_chart_of_nothing_says_so() -> None:
    """There is always a picture."""
    assert check(draw()).description == "Nothing to draw"


def test_fees_do_not_look_like_a_loss() -> None:
    """What moves by two basis points is all but flat; a loss is not."""
    line = NetLine("line", [-0.2, 0.2], [-0.0004, -0.0006], None)
    loss = line._replace(returns=[-0.0004, -0.06])

    assert check(draw(line)).height(INKS["light"].lines[0]) < 10
    assert check(draw(loss)).height(INKS["light"].lines[0]) > 200


numbers = st.sampled_from([0.0, 1e-12, -1e30, 1e30, 0.5]) | st.floats(-1e6, 1e6)


@settings(deadline=None, max_examples=25)
@given(returns=st.lists(numbers, min_size=2, max_size=30), low=st.floats(-0.99, -0.2), high=st.floats(0.2, 9.9))
def test_any_finite_numbers_are_drawn(returns: list[float], low: float, high: float) -> None:
    """However large or small they are."""
    step = (high - low) / (len(returns) - 1)
    line = NetLine("line", [low + step * number for number in range(len(returns))], returns, 0.1)

    assert check(draw(line)).title


def test_moves_are_spread_between_the_outermost_and_beside_jumps() -> None:
    """At least from -20 % to +20 %, ascending; a jump outside of them is left out."""
    moves = spread_moves([Decimal("-0.5"), Decimal("0.1")], [Decimal("0.05"), Decimal(3)])

    assert (moves[0], moves[-1]) == (Decimal("-0.5"), Decimal("0.2"))
    assert moves == sorted(set(moves))
    assert {Decimal("0.049999"), Decimal("0.050001")} <= set(moves)
    assert len(moves) < 130
    assert max(spread_moves([], [])) == Decimal("0.2")
