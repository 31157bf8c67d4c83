"""Colours of charts that everybody can tell apart, on light paper and on dark.

Okabe and Ito (2008), "Color Universal Design", and two of Paul Tol's where theirs are too pale for white. Law: words
stand out from the paper by 4.5 to 1 at least, lines by 3 to 1.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Theme = Literal["light", "dark"]


class Ink(NamedTuple):
    """What a chart is drawn with."""

    paper: str
    words: str
    hints: str
    """Words that matter less."""
    grid: str
    lines: Sequence[str]


INKS: Mapping[Theme, Ink] = {
    "light": Ink(
        paper="#FFFFFF",
        words="#1B1F24",
        hints="#57606A",
        grid="#E3E6EA",
        lines=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#332288", "#882255"),
    ),
    "dark": Ink(
        paper="#16191F",
        words="#E8EAED",
        hints="#A6ADB8",
        grid="#2F353E",
        lines=("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00"),
    ),
}
