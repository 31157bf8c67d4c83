"""A chart for people in a chat: what is left of a book, hedged and not, as the market moves.

Law: that of `charts`: whatever finite numbers and words come in, a chart comes out, and it says what it leaves out.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from service.api.charts.inks import Theme

if TYPE_CHECKING:
    from service.api.charts.canvas import Canvas, Point

MOST_LINES = 12
"""More can't be told apart; the others are counted."""
MOST_PERCENT = 1e12
"""What is beyond is drawn there."""
_STEPS = 120
_BESIDE = Decimal("0.000001")
"""So far beside a jump a line still has, or has already, the value of its side."""
_LEAST = Decimal("0.2")
"""That the chart reaches on both sides."""
_LEAST_PERCENT = 1.0
"""That the axis spans, so that fees do not look like a loss."""


class NetLine(NamedTuple):
    """One hedge; its sequences are of one length, two points at least."""

    label: str
    moves: Sequence[float]
    """Ascending, as fractions."""
    returns: Sequence[float]
    """Net, as fractions of the exposure."""
    liquidation_move: float | None
    """None where it lies outside or nowhere."""


class _Line(NamedTuple):
    label: str
    values: "Sequence[Point]"
    """In percent."""
    mark: "Sequence[Point]"
    """Where it is liquidated: none or one."""


def spread_moves(asked: Iterable[Decimal], jumps: Iterable[Decimal]) -> list[Decimal]:
    """Spread moves evenly over those that were asked for, and put two beside each jump among them, ascending."""
    reached = [-_LEAST, *asked, _LEAST]
    low, high = min(reached), max(reached)
    even = (low + (high - low) * step / _STEPS for step in range(_STEPS + 1))
    beside = (jump + side for jump in jumps for side in (-_BESIDE, _BESIDE))
    return sorted({round(move, 6) for move in (*even, *beside) if low <= move <= high})


def draw_nets(lines: Sequence[NetLine], *, title: str, underlying: str, theme: Theme) -> bytes:
    """Draw what hedges leave of a book against the move of the market.

    Args:
        lines: the first are drawn.
        title: one line; what is too long is cut.
        underlying: what moves.
        theme: of the place where people look at it.

    Returns:
        SVG in UTF-8, readable down to a width of 600 pixels.
    """
    from service.api.charts.canvas import open_canvas

    drawn = [_place(line) for line in lines[:MOST_LINES]]
    left_out = [f"{len(lines) - len(drawn)} more not shown"] if len(lines) > len(drawn) else []
    with open_canvas(theme, title) as canvas:
        if not drawn:
            return canvas.blank()
        _paint(canvas, drawn)
        sign = ["◆ liquidated"] if any(line.mark for line in drawn) else []
        canvas.explain("Net return, % of the exposure", f"move of {underlying}, %", [*sign, *left_out])
        facts = "; ".join([*map(_tell, drawn), *left_out])
        return canvas.svg(f"Net return, % of the exposure, against the move of {underlying}. {facts}.")


def _place(line: NetLine) -> _Line:
    values = [(_percent(move), _percent(net)) for move, net in zip(line.moves, line.returns, strict=True)]
    limit = line.liquidation_move
    if limit is None or not line.moves[0] <= limit <= line.moves[-1]:
        return _Line(line.label, values, [])
    nearest = min(range(len(values)), key=lambda index: abs(line.moves[index] - limit))
    return _Line(line.label, values, [(_percent(limit), values[nearest][1])])


def _paint(canvas: "Canvas", lines: Sequence[_Line]) -> None:
    points = [point for line in lines for point in line.values]
    moves = [move for move, _ in points]
    canvas.open_field(
        (min(moves), max(moves)),
        [net for _, net in points],
        least=_LEAST_PERCENT,
        labels=[line.label for line in lines],
    )
    for number, line in enumerate(lines):
        canvas.line(number, line.values, mark="none")
    for number, line in enumerate(lines):
        canvas.line(number, line.mark, mark="diamond")
    canvas.list_labels([(line.label, line.values[-1], "none") for line in lines])


def _percent(fraction: float) -> float:
    return max(-MOST_PERCENT, min(MOST_PERCENT, fraction * 100))


def _tell(line: _Line) -> str:
    """Say what is drawn of a hedge: its ends, and where it is liquidated."""
    ends = " and ".join(f"{net:,.2f} % at {move:+,.2f} %" for move, net in (line.values[0], line.values[-1]))
    return f"{line.label}: {ends}" + "".join(f", liquidated at {move:+,.2f} %" for move, _ in line.mark)
