"""The sheet that a chart is drawn on: where things stand, how words fit, and the SVG that comes out.

Law: the same chart is the same bytes. Nothing in them runs or loads, or depends on the reader's fonts or style sheets;
what a caller wrote is in the title and the description only, escaped, and is outlines elsewhere.

Matplotlib comes in with this module, so import it where a chart is drawn and not before. It is not safe in threads: one
chart at a time.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from statistics import fmean
from typing import Any, Literal, NamedTuple
from unicodedata import combining
from xml.sax.saxutils import escape

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import IdentityTransform

from service.api.charts.inks import INKS, Theme

_WIDTH, _HEIGHT, _EDGE = 900, 540, 22
"""Of the sheet and of its margin, in units; places are counted from the lower left corner."""
_INCH = 72
_SIZES = {"large": 23, "normal": 17, "small": 15}
_GAP = 8
_WIDEST_LABEL = 240
_LEADER, _KEY = 18, 30
"""Length of what leads from the end of the field to a label, and of the sample of the line there."""
_NEXT_TO = 40
"""What ends further from the end of the field is not led to its label, for that would look like more of the line."""
_LINE_HEIGHT = 24
_TITLE_AT, _UNIT_AT, _AXIS_AT, _NOTES_AT = 500, 466, 44, 17
"""Heights of words on the sheet."""
_BOTTOM, _TOP = 92, 446
"""Of the field."""
_NOTHING = "Nothing to draw"
_NEAR = 6
"""What comes within this many units of a line touches it."""
_DOTS = "os^vPX"
_DASHES, _EVENT = (0, (3, 1.6)), (0, (5, 3))
_FONT = "DejaVu Sans"
"""Comes with matplotlib."""
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_STYLE_SHEET = re.compile(r"<defs>\s*<style.*?</defs>\s*", re.DOTALL)
_STYLE = re.compile(r' style="([^"]*)"')
_ROOT = (
    f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{_WIDTH}"'
    f' height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="title description"'
    ' stroke-linejoin="round" stroke-linecap="butt">\n'
)

Align = Literal["left", "center", "right"]
Mark = Literal["none", "dot", "diamond"]
Size = Literal["large", "normal", "small"]
Point = tuple[float, float]
"""A place on the sheet, or a number of days and percent on the axes: x, y."""
Range = tuple[float, float]
"""From where to where an axis goes."""


class Box(NamedTuple):
    """A rectangle on the sheet."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> Point:
        """Tell where its middle is."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def meets(self, other: "Box") -> bool:
        """Tell whether two rectangles share a place."""
        across = max(self.left, other.left) < min(self.right, other.right)
        return across and max(self.bottom, other.bottom) < min(self.top, other.top)


class Canvas:
    """A sheet with one field, which axes span: places are on the sheet, values on the axes."""

    def __init__(self, theme: Theme, title: str) -> None:
        self._title = title
        self.ink = INKS[theme]
        self.sheet = self.field = Box(_EDGE, _EDGE, _WIDTH - _EDGE, _HEIGHT - _EDGE)
        self._taken: list[Box] = []
        self._figure = Figure(figsize=(_WIDTH / _INCH, _HEIGHT / _INCH), dpi=_INCH, facecolor=self.ink.paper)
        self._axes = self._figure.add_axes((0, 0, 1, 1), frame_on=False)
        self._axes.set_axis_off()
        self.write((self.sheet.left, _TITLE_AT), title, size="large")

    def write(
        self,
        place: Point,
        words: str,
        *,
        size: Size = "normal",
        align: Align = "left",
        ink: str | None = None,
        is_covering: bool = False,
    ) -> None:
        """Write words, cut to what fits on the sheet; the place is on their base line, where they are aligned."""
        x, y = place
        room = {"left": self.sheet.right - x, "right": x - self.sheet.left, "center": _WIDTH}[align]
        self._figure.text(
            x / _WIDTH,
            y / _HEIGHT,
            fit(words, room, size),
            size=_SIZES[size],
            horizontalalignment=align,
            color=ink or self.ink.words,
            bbox={"facecolor": self.ink.paper, "edgecolor": "none", "pad": 2} if is_covering else None,
        )

    def open_field(
        self, x: Range, values: Sequence[float], *, least: float, labels: Sequence[str], room: float = 0
    ) -> None:
        """Draw the axes, and leave room at their right for the labels of the lines.

        Args:
            x: from where to where it goes across.
            values: in percent; it goes up to zero and to all of them.
            least: percent that it spans upwards at least.
            labels: of the lines.
            room: height that is left free between it and the words above.
        """
        y = span(values, least=least)
        percents = ticks(y, 6, " %")
        left = self.sheet.left + max(measure(words) for words in percents.values()) + _GAP
        widest = max(measure(fit(label, _WIDEST_LABEL)) for label in labels)
        right = self.sheet.right - widest - 2 * _GAP - _KEY - _LEADER
        top = _TOP - room
        self.field = Box(left, _BOTTOM, right, top)
        self._axes.set_position((left / _WIDTH, _BOTTOM / _HEIGHT, (right - left) / _WIDTH, (top - _BOTTOM) / _HEIGHT))
        self._axes.set_axis_on()
        self._axes.set(xlim=x, ylim=y)
        days = ticks(x, 8)
        self._axes.set_xticks(list(days), list(days.values()))
        self._axes.set_yticks(list(percents), list(percents.values()))
        self._axes.tick_params(length=0, pad=_GAP, labelsize=_SIZES["normal"], labelcolor=self.ink.hints)
        self._axes.grid(color=self.ink.grid, linewidth=1)
        self._axes.axhline(0, color=self.ink.words, linewidth=1.6)
        zero = self.place((0, 0))[1]
        self._take((left, zero), (right, zero))

    def place(self, value: Point) -> Point:
        """Tell where a value is on the sheet."""
        x, y = self._axes.transData.transform(value)
        return float(x), float(y)

    def band(self, number: int, low: Sequence[Point], high: Sequence[Point]) -> None:
        """Shade what lies between two lines, in the colour of a third, which has that number."""
        outline = [*low, *reversed(high)]
        color = self._look(number, "none")["color"]
        self._axes.fill([x for x, _ in outline], [y for _, y in outline], color=color, alpha=0.16, linewidth=0)

    def line(self, number: int, values: Sequence[Point], *, mark: Mark) -> None:
        """Draw a line through values, or only mark them with diamonds; its number says how it looks."""
        places = [self.place(value) for value in values]
        self._stroke(places, **self._look(number, mark))
        for start, end in zip(places, [*places[1:], *places[-1:]], strict=True):
            self._take(start, end)

    def rule(self, days: float, height: float, words: str, *, is_left: bool) -> None:
        """Draw a thin vertical line from the foot of the field up to words beside it.

        Args:
            days: where it stands on the axis.
            height: of the words, on the sheet.
            words: they are cut if they are too long for the sheet.
            is_left: on which side they are, if there is room.
        """
        x, _ = self.place((days, 0))
        start = x - _GAP - measure(words)
        has_room = is_left and start >= self.sheet.left
        self._stroke([(x, self.field.bottom), (x, height + _GAP)], color=self.ink.hints, linewidth=1.2)
        self.write((start if has_room else x + _GAP, height), words, is_covering=True)

    def event(self, days: float, height: float, words: str) -> None:
        """Draw a strong vertical line up to words above it; outside of the field there are only words."""
        x, _ = self.place((days, 0))
        if x > self.field.right:
            self.write((self.field.right, height), f"{words} →", align="right")
            return
        self._stroke(
            [(x, self.field.bottom), (x, height - _GAP)], color=self.ink.hints, linewidth=2.2, linestyle=_EVENT
        )
        left = min(x - measure(words) / 2, self.sheet.right - measure(words))
        self.write((max(self.sheet.left, left), height), words)

    def name(self, value: Point, words: str) -> None:
        """Write words above or below a value, if there is room for them."""
        x, y = self.place(value)
        half, size = measure(words, "small") / 2 + 2, _SIZES["small"]
        for bottom in (y + _GAP + 2, y - _GAP - 2 - size):
            box = Box(x - half, bottom, x + half, bottom + size)
            if self._is_free(box):
                self._taken.append(box)
                self.write((x, bottom + 2), words, size="small", align="center", ink=self.ink.hints)
                return

    def list_labels(self, lines: Sequence[tuple[str, Point, Mark]]) -> None:
        """Write the label of each line, by number, beside the value where it ends."""
        ends = [self.place(value) for _, value, _ in lines]
        heights = spread([y for _, y in ends], (self.field.bottom, self.field.top - _GAP), _LINE_HEIGHT)
        left = self.field.right + _LEADER
        for number, ((label, _, mark), end, height) in enumerate(zip(lines, ends, heights, strict=True)):
            look = self._look(number, mark)
            if end[0] > self.field.right - _NEXT_TO:
                self._stroke([end, (left, height)], color=look["color"], linewidth=1, alpha=0.6)
                self._take(end, (left, height))
            self._stroke([(left, height), (left + _KEY / 2, height), (left + _KEY, height)], **look, markevery=[1])
            self.write((left + _KEY + _GAP, height - _SIZES["normal"] / 3), fit(label, _WIDEST_LABEL))

    def explain(self, unit: str, across: str, notes: Sequence[str], *, below: str = "") -> None:
        """Write around the field what it shows: over it, under it, and at the foot of the sheet."""
        left, right, hints = self.sheet.left, self.sheet.right, self.ink.hints
        self.write((left, _UNIT_AT), unit, ink=hints)
        self.write((self.field.middle[0], _AXIS_AT), across, align="center", ink=hints)
        self.write((left, _NOTES_AT), below, ink=hints)
        self.write((right, _NOTES_AT), "   ".join(notes), size="small", align="right", ink=hints)

    def blank(self) -> bytes:
        """End the drawing of nothing."""
        self.write(self.sheet.middle, _NOTHING, align="center")
        return self.svg(_NOTHING)

    def svg(self, description: str) -> bytes:
        """End the drawing and say in words what is on it."""
        output = BytesIO()
        self._figure.savefig(output, format="svg", metadata=_NO_METADATA)
        drawing = _COMMENT.sub("", output.getvalue().decode())
        drawing = _STYLE_SHEET.sub("", drawing[drawing.index(">", drawing.index("<svg")) + 1 :])
        words = f'<title id="title">{escape(self._title)}</title>\n<desc id="description">{escape(description)}</desc>'
        return f"{_ROOT}{words}{_STYLE.sub(_spell_out, drawing)}".encode()

    def _look(self, number: int, mark: Mark) -> dict[str, Any]:
        """Tell the colour, the dashes and the marks that no other line of the sheet has together."""
        place = number % len(self.ink.lines)
        look: dict[str, Any] = {"color": self.ink.lines[place], "linewidth": 2.6}
        if number > place:
            look |= {"linestyle": _DASHES, "markerfacecolor": self.ink.paper}
        marks: dict[Mark, dict[str, Any]] = {
            "none": {},
            "dot": {"marker": _DOTS[place], "markersize": 8.5},
            "diamond": {"marker": "D", "markersize": 10, "markeredgewidth": 1.8, "linestyle": "none"},
        }
        return look | marks[mark]

    def _stroke(self, places: Sequence[Point], **look: Any) -> None:
        x, y = [x for x, _ in places], [y for _, y in places]
        self._figure.add_artist(Line2D(x, y, transform=IdentityTransform(), **look))

    def _take(self, start: Point, end: Point) -> None:
        """Keep words off a part of a line."""
        steps = max(1, math.ceil(math.dist(start, end) / _NEAR))
        for step in range(steps):
            x, y = (start[axis] + (end[axis] - start[axis]) * step / steps for axis in (0, 1))
            self._taken.append(Box(x - _NEAR, y - _NEAR, x + _NEAR, y + _NEAR))

    def _is_free(self, box: Box) -> bool:
        field = self.field
        is_across = field.left <= box.left and box.right <= field.right + _LEADER
        is_inside = is_across and field.bottom <= box.bottom and box.top <= field.top
        return is_inside and not any(box.meets(taken) for taken in self._taken)


@contextmanager
def open_canvas(theme: Theme, title: str) -> Iterator[Canvas]:
    """Draw under a title by settings of our own, whatever the machine's are."""
    with rc_context():
        rcdefaults()
        rcParams["font.family"] = _FONT
        rcParams["svg.fonttype"] = "path"
        rcParams["svg.hashsalt"] = "minihedge"
        rcParams["text.parse_math"] = False
        yield Canvas(theme, title)


def measure(words: str, size: Size = "normal") -> float:
    """Tell how wide words are."""
    font = FontProperties(family=_FONT, size=_SIZES[size])
    width, _, _ = text_to_path.get_text_width_height_descent(_drawable(words), font, ismath=False)
    return float(width)


def fit(words: str, room: float, size: Size = "normal") -> str:
    """Cut words to a width, and write what the font has no outline for as a question mark."""
    words = _drawable(words)
    if measure(words, size) <= room:
        return words
    length = bisect_right(range(len(words)), room, key=lambda end: measure(f"{words[:end]}…", size)) - 1
    return f"{words[: max(length, 0)].rstrip()}…"


def span(values: Sequence[float], *, least: float, margin: float = 0.08) -> Range:
    """Find a range that reaches zero and all values, is so long at least, and goes on a little at both ends."""
    low, high = min(0.0, *values), max(0.0, *values)
    reach = max(high - low, least)
    return low - margin * reach, low + (1 + margin) * reach


def ticks(span: Range, most: int, unit: str = "") -> dict[float, str]:
    """Find round values within a range, and how to write them."""
    values = [float(value) for value in MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(*span)]
    decimals = max(0, -math.floor(math.log10(values[1] - values[0]) + 1e-9))
    inside = [value for value in values if span[0] <= value <= span[1]]
    return {value: _number(value, decimals) + unit for value in inside}


def spread(wanted: Sequence[float], span: Range, gap: float) -> list[float]:
    """Move heights apart as little as it takes, within a range that has room for all.

    Heights that are too close make a group around their mean, which takes in its neighbours while it meets them.
    """
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    groups: list[list[float]] = []
    for rank, number in enumerate(order):
        groups.append([wanted[number] - rank * gap])  # without the gaps, to keep apart is to keep the order
        while len(groups) > 1 and fmean(groups[-2]) > fmean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    feet = [fmean(group) for group in groups for _ in group]
    highest = span[1] - (len(order) - 1) * gap
    heights = {
        number: max(span[0], min(foot, highest)) + rank * gap
        for rank, (number, foot) in enumerate(zip(order, feet, strict=True))
    }
    return [heights[number] for number in range(len(wanted))]


def _number(value: float, decimals: int) -> str:
    text = f"{value + 0.0:,.{decimals}f}" if abs(value) < 1e7 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _drawable(words: str) -> str:
    """Leave out marks that stack up, and stand in for what the font does not have."""
    return "".join(letter if ord(letter) in _outlines() else "?" for letter in words if not combining(letter))


@cache
def _outlines() -> frozenset[int]:
    return frozenset(get_font(findfont(_FONT)).get_charmap())


def _spell_out(style: re.Match[str]) -> str:
    """Write a style as attributes, which a policy against inline styles leaves alone."""
    pairs = (part.split(": ") for part in style[1].split("; "))
    return "".join(f' {name}="{value}"' for name, value in pairs)
