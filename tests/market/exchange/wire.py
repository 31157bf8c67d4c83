"""What the five wire formats share: how a route is written down and how a number is."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.market.exchange.world import World

Query = Mapping[str, str]


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
    weight: int = 1


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
