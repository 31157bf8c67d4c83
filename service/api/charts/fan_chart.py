"""A chart of simulated outcomes: how far they fan out day by day, without a hedge and with some.

Law: what is shaded is where nine of ten paths are; the same chart is the same bytes.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from service.api.charts.inks import Theme

if TYPE_CHECKING:
    from service.api.charts.canvas import Canvas, Point

MOST_BANDS = 4
"""More can't be told apart; the others are counted."""
SHADED = 2
"""Of the first so many the inside is shaded, too."""
_MOST_PERCENT = 1e12
"""What is beyond is drawn there."""
_LEAST_PERCENT = 0.05
"""That the axis spans, so that noise does not look like a move."""
_SHADING = "lines: 5 and 95 % of paths; shaded darker: 25 to 75 %; lost: liquidated on the way"
_UNIT = "Result, % of the exposure   ↑ above zero: a gain"


class Band(NamedTuple):
    """Quantiles of returns, day by day; its sequences are of one length."""

    label: str
    days: Sequence[int]
    p05: Sequence[float]
    p25: Sequence[float]
    p50: Sequence[float]
    p75: Sequence[float]
    p95: Sequence[float]


def draw_fan(bands: Sequence[Band], *, title: str, facts: Sequence[str], theme: Theme) -> bytes:
    """Draw the fans of a simulation.

    Args:
        bands: the first are drawn; none where there are no returns.
        title: one line.
        facts: of note, for those who read instead of looking.
        theme: of the place where people look at it.

    Returns:
        SVG in UTF-8, readable down to a width of 600 pixels.
    """
    from service.api.charts.canvas import open_canvas

    drawn = bands[:MOST_BANDS]
    with open_canvas(theme, title) as canvas:
        if not drawn:
            return canvas.blank()
        _paint(canvas, drawn)
        left_out = len(bands) - len(drawn)
        notes = [_SHADING, *([f"{left_out} more not shown"] if left_out else [])]
        canvas.explain(_UNIT, "days", notes)
        told = "; ".join([*notes, *map(_tell, drawn), *facts])
        return canvas.svg(f"Result in % of the exposure, by days; {told}.")


def _paint(canvas: "Canvas", bands: Sequence[Band]) -> None:
    edges = [_percent(value) for band in bands for value in (*band.p05, *band.p95)]
    days = bands[0].days[-1]
    canvas.open_field(
        (-0.02 * days, 1.02 * days),
        edges,
        least=_LEAST_PERCENT,
        labels=[band.label for band in bands],
    )
    for number, band in enumerate(bands[:SHADED]):
        canvas.band(number, _points(band, band.p05), _points(band, band.p95))
        canvas.band(number, _points(band, band.p25), _points(band, band.p75))
    for number, band in enumerate(bands):
        for edge in (band.p05, band.p95):
            canvas.line(number, _points(band, edge), mark="none")
    canvas.list_labels([(band.label, _points(band, band.p05)[-1], "none") for band in bands])


def _points(band: Band, values: Sequence[float]) -> "list[Point]":
    """Place values, beginning with nothing gained or lost on day 0."""
    return [(0.0, 0.0), *_pairs(band, values)]


def _pairs(band: Band, values: Sequence[float]) -> "Iterator[Point]":
    for day, value in zip(band.days, values, strict=True):
        yield float(day), _percent(value)


def _percent(value: float) -> float:
    return max(-_MOST_PERCENT, min(_MOST_PERCENT, value * 100))


def _tell(band: Band) -> str:
    low, middle, high = (_percent(edge[-1]) for edge in (band.p05, band.p50, band.p95))
    return f"{band.label}: after {band.days[-1]} days {low:,.2f} to {high:,.2f} %, median {middle:,.2f} %"
