"""Charts for people in a chat: what a term structure earns, and what hedges cost over time, as SVG.

Law: whatever finite numbers and words come in, a chart comes out, and it says what it leaves out. Whoever calls sees
to it that one is drawn at a time.
"""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from unicodedata import normalize

from service.api.charts.inks import Theme

if TYPE_CHECKING:
    from service.api.charts.canvas import Canvas, Mark, Point

T = TypeVar("T")

MOST_LINES = 12
"""More can't be told apart; the others are counted."""
MOST_POINTS = 60
"""Of one line; where there are more, some in between are left out."""
LONGEST_TITLE = 200
LONGEST_LABEL = 60
_LONGEST_NAME = 16
MOST_PERCENT = 1e12
MOST_DAYS = 1e5
"""What is beyond is drawn there."""
_LEAST_PERCENT = 0.05
"""That the axis spans, so that noise does not look like a move."""
_EVENT_AT, _HORIZON_AT = 438, 415
"""Heights of words on the sheet, between the unit and a field that leaves room for them."""
_ROOM_FOR_RULES = 40


class CurvePoint(NamedTuple):
    """A contract with an expiry."""

    name: str
    """Of the expiry."""
    days: float
    """To the expiry."""
    rate: float
    """Annualised basis, as a fraction."""


class Curve(NamedTuple):
    """The contracts of one kind at one exchange."""

    label: str
    points: Sequence[CurvePoint]
    funding: float | None = None
    """What a short of the perpetual gets in a year, as a fraction; None without a perpetual."""


class CostLine(NamedTuple):
    """What hedging with one instrument costs; its sequences are of one length."""

    label: str
    days: Sequence[float]
    """Ascending."""
    costs: Sequence[float]
    """As fractions of the notional; positive: the hedger pays."""
    low: Sequence[float] | None = None
    """What it costs less than in 5 % of cases; with `high`, or not at all."""
    high: Sequence[float] | None = None
    """What it costs more than in 5 % of cases."""


class _Line(NamedTuple):
    """A line in days and percent."""

    label: str
    values: "Sequence[Point]"
    names: Sequence[str]
    """Of the values; none, or as many."""
    funding: "Sequence[Point]"
    """None or one."""
    low: "Sequence[Point]"
    high: "Sequence[Point]"
    """The ends of a band; none, or as many as there are values."""


class _Rules(NamedTuple):
    """Durations of note."""

    horizon_days: float
    break_even_days: float | None
    break_even_label: str


class _Words(NamedTuple):
    """What a chart says beside its lines."""

    title: str
    unit: str
    above: str
    below: str
    across: str
    notes: Sequence[str]
    facts: Sequence[str]


def draw_term_structure(curves: Sequence[Curve], *, title: str, theme: Theme) -> bytes:
    """Draw what basis and funding come to in a year, by days to expiry.

    Args:
        curves: the first that have points or funding are drawn.
        title: one line; what is too long is cut.
        theme: of the place where people look at it.

    Returns:
        SVG in UTF-8, readable down to a width of 600 pixels.
    """
    lines = [_line_of_curve(curve) for curve in curves if curve.points or curve.funding is not None][:MOST_LINES]
    sign = "◆ funding of the perpetual" if any(line.funding for line in lines) else ""
    words = _Words(
        title=_clean(title, LONGEST_TITLE),
        unit="Annualised basis, % a year",
        above="a short earns",
        below="a short pays",
        across="days to expiry",
        notes=_notes(sign, len(curves) - len(lines)),
        facts=[_tell_curve(line) for line in lines],
    )
    return _draw(lines, words, None, theme=theme)


def draw_costs(
    lines: Sequence[CostLine],
    *,
    title: str,
    break_even_days: float | None,
    break_even_label: str,
    horizon_days: float,
    theme: Theme,
) -> bytes:
    """Draw what hedges cost over the time that they last.

    Args:
        lines: the first are drawn.
        title: one line; what is too long is cut.
        break_even_days: from when on another one is better; None where there is no such day.
        break_even_label: what is better from then on, or that nothing is.
        horizon_days: how long the hedge is meant to last.
        theme: of the place where people look at it.

    Returns:
        SVG in UTF-8, readable down to a width of 600 pixels.
    """
    drawn = [_line_of_costs(line) for line in lines if line.days][:MOST_LINES]
    sign = "shaded: 5 to 95 % of outcomes" if any(line.low for line in drawn) else ""
    event = _clean(break_even_label, LONGEST_LABEL)
    words = _Words(
        title=_clean(title, LONGEST_TITLE),
        unit="Cost of the hedge, % of the notional",
        above="the hedger pays",
        below="the hedger earns",
        across="days that the hedge lasts",
        notes=_notes(sign, len(lines) - len(drawn)),
        facts=[*map(_tell_costs, drawn), *filter(None, [event])],
    )
    end = None if break_even_days is None else _day(break_even_days)
    return _draw(drawn, words, _Rules(_day(horizon_days), end, event), theme=theme)


def _draw(lines: Sequence[_Line], words: _Words, rules: _Rules | None, *, theme: Theme) -> bytes:
    from service.api.charts.canvas import open_canvas

    with open_canvas(theme, words.title) as canvas:
        if not lines:
            return canvas.blank()
        _paint_field(canvas, lines, rules)
        _paint_lines(canvas, lines)
        if rules:
            _paint_rules(canvas, rules)
        unit, below = f"{words.unit}   ↑ above zero: {words.above}", f"↓ below zero: {words.below}"
        canvas.explain(unit, words.across, words.notes, below=below)
        facts = "; ".join([*words.facts, *words.notes])
        return canvas.svg(f"{words.unit}; {words.above} above zero, {words.below} below. {facts}.")


def _paint_field(canvas: "Canvas", lines: Sequence[_Line], rules: _Rules | None) -> None:
    from service.api.charts.canvas import span

    points = [point for line in lines for point in chain(line.values, line.funding, line.low, line.high)]
    days = [day for day, _ in points] + ([rules.horizon_days] if rules else [])
    canvas.open_field(
        span(days, least=1, margin=0.02) if rules else span(days, least=30, margin=0.05),
        [rate for _, rate in points],
        least=_LEAST_PERCENT,
        labels=[line.label for line in lines],
        room=_ROOM_FOR_RULES if rules else 0,
    )


def _paint_lines(canvas: "Canvas", lines: Sequence[_Line]) -> None:
    for number, line in enumerate(lines):
        if line.low:
            canvas.band(number, line.low, line.high)
    for number, line in enumerate(lines):
        canvas.line(number, line.values, mark=_mark(line))
        canvas.line(number, line.funding, mark="diamond")
    canvas.list_labels([(line.label, [*line.funding, *line.values][-1], _mark(line)) for line in lines])
    for name, value in _peaks(lines):
        canvas.name(value, name)


def _mark(line: _Line) -> "Mark":
    """Tell how values are marked: those with names, and one that is alone."""
    if not line.values:
        return "diamond"
    return "dot" if line.names or len(line.values) == 1 else "none"


def _peaks(lines: Sequence[_Line]) -> "list[tuple[str, Point]]":
    """Find the highest value of each name, in the order of days."""
    named = chain.from_iterable(zip(line.names, line.values, strict=True) for line in lines if line.names)
    peaks = dict(sorted(named, key=lambda pair: pair[1][1]))
    return sorted(peaks.items(), key=lambda pair: pair[1])


def _paint_rules(canvas: "Canvas", rules: _Rules) -> None:
    """Draw the horizon, and the break-even above it; the words of the one are not in the way of the other."""
    end = rules.break_even_days
    horizon = f"asked: {_tell_days(rules.horizon_days)}"
    canvas.rule(rules.horizon_days, _HORIZON_AT, horizon, is_left=end is None or end >= rules.horizon_days)
    if end is None:
        canvas.write((canvas.field.left, _EVENT_AT), rules.break_even_label)
    else:
        canvas.event(end, _EVENT_AT, rules.break_even_label)


def _line_of_curve(curve: Curve) -> _Line:
    points = _thin(sorted(curve.points, key=lambda point: point.days))
    return _Line(
        label=_clean(curve.label, LONGEST_LABEL),
        values=[(_day(point.days), _percent(point.rate)) for point in points],
        names=[_clean(point.name, _LONGEST_NAME) for point in points],
        funding=[] if curve.funding is None else [(0.0, _percent(curve.funding))],
        low=[],
        high=[],
    )


def _line_of_costs(line: CostLine) -> _Line:
    def place(costs: Sequence[float] | None) -> "list[Point]":
        pairs = [] if costs is None else _thin(list(zip(line.days, costs, strict=True)))
        return [(_day(days), _percent(cost)) for days, cost in pairs]

    label = _clean(line.label, LONGEST_LABEL)
    return _Line(label, place(line.costs), names=[], funding=[], low=place(line.low), high=place(line.high))


def _tell_curve(line: _Line) -> str:
    """Say what is drawn of a curve."""
    pairs = zip(line.names, line.values, strict=True)
    dated = [f"{name} in {_tell_days(days)} {rate:,.2f} %" for name, (days, rate) in pairs]
    return f"{line.label}: {', '.join([*(f'funding {rate:,.2f} %' for _, rate in line.funding), *dated])}"


def _tell_costs(line: _Line) -> str:
    """Say what a hedge costs at its end."""
    days, cost = line.values[-1]
    band = [f" ({low:,.2f} to {high:,.2f} %)" for (_, low), (_, high) in zip(line.low, line.high, strict=True)][-1:]
    return f"{line.label}: {cost:,.2f} % after {_tell_days(days)}{''.join(band)}"


def _tell_days(days: float) -> str:
    number = f"{days:,.1f}".removesuffix(".0")
    return f"{number} day" if number == "1" else f"{number} days"


def _notes(sign: str, left_out: int) -> list[str]:
    return [*([sign] if sign else []), *([f"{left_out} more not shown"] if left_out else [])]


def _clean(words: str, longest: int) -> str:
    """Make one line of printable letters out of whatever somebody wrote."""
    printable = "".join(letter if letter.isprintable() else " " for letter in normalize("NFC", words))
    line = " ".join(printable.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _thin(items: Sequence[T]) -> list[T]:
    """Leave items in between out where there are too many."""
    step = -(-len(items) // MOST_POINTS)
    return [*items[: -1 : max(step, 1)], *items[-1:]]


def _percent(rate: float) -> float:
    return max(-MOST_PERCENT, min(MOST_PERCENT, rate * 100))


def _day(days: float) -> float:
    return max(0.0, min(MOST_DAYS, days))
