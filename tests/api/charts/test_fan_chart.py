"""The fan of simulated outcomes as a chart: what it shows, what it says, and that it is always drawn."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.charts.fan_chart import MOST_BANDS, Band, draw_fan
from service.api.charts.inks import INKS, Theme
from tests.api.charts.test_line_charts import read


def band(label: str = "no hedge", *, width: float = 0.2, days: int = 7) -> Band:
    """Make a fan that widens evenly."""
    span = range(1, days + 1)
    edges = ([share * width * day / days for day in span] for share in (-1, -0.4, 0, 0.4, 1))
    return Band(label, tuple(span), *edges)


def draw(*bands: Band, theme: Theme = "light") -> bytes:
    """Draw fans under a title."""
    return draw_fan(bands, title="10000 hedged with BTC-MINI", facts=["10,000 paths"], theme=theme)


def test_the_chart_says_what_it_shows() -> None:
    """Title and description hold what somebody reads who does not look."""
    seen = read(draw(band(), band("100% hedged", width=0.1)))
    title, description = seen.title, seen.description

    assert title == "10000 hedged with BTC-MINI"
    assert "no hedge: after 7 days -20.00 to 20.00 %, median 0.00 %" in description
    assert "100% hedged: after 7 days -10.00 to 10.00 %" in description
    assert "10,000 paths" in description


def test_more_fans_than_can_be_told_apart_are_counted() -> None:
    """And not drawn."""
    description = read(draw(*(band(f"{place}% hedged") for place in range(MOST_BANDS + 3)))).description

    assert "3 more not shown" in description
    assert f"{MOST_BANDS}% hedged" not in description


def test_without_returns_there_is_nothing_to_draw() -> None:
    """A book without exposure has a chart that says so."""
    assert read(draw()).description == "Nothing to draw"


def test_noise_does_not_look_like_a_move() -> None:
    """A millionth of the exposure is all but flat; a thousandth is not."""
    flat, wide = (read(draw(band(width=width))).height(INKS["light"].lines[0]) for width in (0.000001, 0.001))

    assert flat < 2
    assert wide > 100


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_theme_has_its_paper(theme: Theme) -> None:
    """And the same chart is the same bytes."""
    drawn = draw(band(), theme=theme)

    assert INKS[theme].paper.lower() in drawn.decode().lower()
    assert draw(band(), theme=theme) == drawn


@settings(max_examples=15, deadline=None)
@given(
    widths=st.lists(st.sampled_from([0.0, 1e-9, 0.3, 1e3, 1e20, -1e20]), min_size=1, max_size=6),
    days=st.sampled_from([1, 2, 30]),
)
def test_whatever_comes_out_is_drawn(widths: list[float], days: int) -> None:
    """From nothing at all to twenty orders of magnitude."""
    read(draw(*(band(f"{place}", width=width, days=days) for place, width in enumerate(widths))))
