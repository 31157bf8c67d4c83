"""What the five wire formats share: how a route is written down and how a number is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from tests.market.exchange.world import Candle, Payment, World

Query = Mapping[str, str]
T = TypeVar("T", Candle, Payment)


class Reply(NamedTuple):
    """What an exchange answers."""

    value: Any
    """To be written as JSON, unless it is bytes."""
    status: int = 200
    media_type: str = "application/json"


class Spending(NamedTuple):
    """How much of a limit is used, after the request that is answered."""

    used: int
    limit: int
    ends_ms: int
    """When the count starts anew."""
    now_ms: int


class Route(NamedTuple):
    """One endpoint."""

    answer: Callable[[World, Query], Reply]
    weight: int | Callable[[Query], int] = 1
    """What it counts for; some ask more for a longer answer."""

    def cost(self, query: Query) -> int:
        """Tell what a request counts for."""
        return self.weight if isinstance(self.weight, int) else self.weight(query)


class Exchange(NamedTuple):
    """One exchange as its clients see it."""

    name: str
    routes: Mapping[str, Mapping[str, Route]]
    """By host and path."""
    limits: Mapping[str, int]
    """How much weight a host grants in a window."""
    window: int
    """Seconds."""
    headers: Callable[[Spending], dict[str, str]]
    """What it tells of its limits."""
    unknown_path: Callable[[World, str], Reply]
    ends_in_symbol: frozenset[str] = frozenset()
    """Paths that may go on with a slash and a symbol."""


def wanted(query: Query, usual: int, *, name: str = "limit") -> int:
    """Read how many rows are asked for; 0 if that is no number."""
    asked = query.get(name, str(usual))
    return int(asked) if asked.isdecimal() else 0


def stretch(
    rows: Sequence[T], query: Query, *, most: int, names: tuple[str, str] = ("startTime", "endTime")
) -> list[T]:
    """Choose what began between two moments, both included: the newest of it, or, if there is a start, the oldest.

    Args:
        rows: oldest first.
        query: may hold the moments, in milliseconds.
        most: how many to choose.
        names: of the parameters that hold the moments.
    """
    start, end = (int(query[name]) if query.get(name, "").isdecimal() else None for name in names)
    found = [row for row in rows if (start or 0) <= row[0] <= (row[0] if end is None else end)]
    return found[-most:] if start is None else found[:most]


def text(value: Decimal) -> str:
    """Write a decimal with all its digits and no exponent."""
    return f"{value:f}"


def short(value: Decimal) -> str:
    """Write a decimal with no exponent and no zeros that say nothing."""
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def number(value: Decimal) -> int | float:
    """Make a JSON number of a decimal; a whole one has no point."""
    return int(value) if value == value.to_integral_value() else float(value)


def places(step: Decimal) -> int:
    """Count the decimal places of a step; below zero for 10, 100 and so on."""
    exponent = step.normalize().as_tuple().exponent
    return -int(exponent)


def millis(moment: datetime) -> int:
    """Give milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def html_not_found(_world: World, path: str) -> Reply:
    """Answer for a path that is not there as a web server does."""
    page = f"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>{path}</body></html>"
    return Reply(page.encode(), 404, "text/html")


def iso(world: World) -> str:
    """Give the time as Java writes it."""
    return datetime.fromtimestamp(world.now(), UTC).isoformat(timespec="milliseconds")
