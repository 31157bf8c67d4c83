"""Colours of charts: everybody can read them."""

from itertools import combinations

import pytest

from service.api.charts.inks import INKS, Theme


def luminance(color: str) -> float:
    """Tell how bright a colour is (WCAG 2.2, relative luminance)."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Tell how far two colours stand out from each other (WCAG 2.2, contrast ratio)."""
    dark, bright = sorted((luminance(first), luminance(second)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_lines_stand_out_from_the_paper(theme: Theme) -> None:
    """By 4.5 to 1 for words and 3 to 1 for lines, as WCAG 2.2 asks (1.4.3 and 1.4.11)."""
    ink = INKS[theme]

    assert min(contrast(words, ink.paper) for words in (ink.words, ink.hints)) >= 4.5
    assert min(contrast(line, ink.paper) for line in ink.lines) >= 3
    assert all(first != second for first, second in combinations(ink.lines, 2))
