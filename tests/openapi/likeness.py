"""When two answers say the same: to the digit, of then; or but for what a moment makes, of now."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import isclose
from typing import Any

_PRECISE = 1e-9
"""How far apart two figures of statistics may be that different machines work out: addition is not associative."""
_NEAR = Decimal("1E-3")
"""How far apart two figures may be that were worked out a moment apart, of their size."""
_TINY = {str: Decimal("1E-4"), float: Decimal("0.02"), int: Decimal(0)}
"""How far at all: decimals, statistics and counts."""
_MOMENT_SECONDS = 600
_FLEETING = frozenset(("age_seconds", "as_of", "detail", "errors"))
"""Members that tell the moment, or tell in sentences what others tell in figures."""
_numbers = re.compile(r"[0-9][0-9.,:]*")


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two answers of then are one, statistics within the last digits of a float."""
    if isinstance(one, float) and isinstance(other, float | int):
        return isclose(one, other, rel_tol=_PRECISE, abs_tol=_PRECISE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def is_alike(one: Any, other: Any) -> bool:
    """Tell whether two answers of now could be one: the same but for the time between them."""
    if isinstance(one, dict) and isinstance(other, dict):
        lasting = one.keys() - _FLEETING
        return one.keys() == other.keys() and all(is_alike(one[name], other[name]) for name in lasting)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_alike, one, other))
    return one == other or (type(one) is type(other) and not isinstance(one, bool) and _is_near(one, other))


def _is_near(one: Any, other: Any) -> bool:
    """Tell whether two figures, times or sentences could be one."""
    figure, other_figure, time, other_time = _figure(one), _figure(other), _time(one), _time(other)
    if figure is not None and other_figure is not None:
        return abs(figure - other_figure) <= max(_TINY[type(one)], _NEAR * abs(figure))
    if time is not None and other_time is not None:
        return abs((time - other_time).total_seconds()) <= _MOMENT_SECONDS
    return isinstance(one, str) and _numbers.sub("#", one) == _numbers.sub("#", other)


def _figure(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError):
        return None
