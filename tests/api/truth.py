"""What an answer about futures has to say, restated from the world that the local exchanges live in."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import httpx

from tests.market.exchange.listings import Listing, Market
from tests.market.exchange.world import World

DAY_MS = 86_400_000
SETTLING_MS = 60_000
"""After midnight, while the close of the day before may still be corrected."""
NEAR = 2e-8
"""Within which a printed rate lies from what floats make of it."""


def listing(world: World, exchange: str, asset: str, market: Market = "linear", **wanted: Any) -> Listing:
    """Find what an exchange lists on an asset: a perpetual in the usual dollars, unless other terms are named."""
    usual = {"quote": "USD" if market == "inverse" else "USDT", "quarter": None}
    terms = {"asset": asset, **usual, **wanted}
    (found,) = (
        one
        for one in world.listings(exchange, market)
        if all(getattr(one, name) == value for name, value in terms.items())
    )
    return found


def named(world: World, one: Listing) -> dict[str, str]:
    """Name a future as a question does."""
    return {"style": "listed", "exchange": one.exchange, "symbol": world.symbol(one)}


def listing_of(world: World, line: dict[str, Any], terms: dict[str, Any]) -> Listing:
    """Find the listing that a line of an answer is about, by its market and the symbol among its terms."""
    exchange, market, quote = line["market"].split()
    found = world.listing(exchange, market, terms["symbol"])
    assert found.quote == quote
    return found


def moment(text: str) -> datetime:
    """Read a time of an answer."""
    return datetime.fromisoformat(text)


def lasting(world: World) -> int:
    """Give the quarter whose dated futures have days left and days behind them: the next, unless it is about to end."""
    return int((world.expiry(0) - datetime.fromtimestamp(world.now(), UTC)).days < 3)


def days_left(text: str, expiry: datetime) -> float:
    """Count the days from a time of an answer to an expiry."""
    return (expiry - moment(text)).total_seconds() / 86_400


def printed(value: Decimal) -> str:
    """Write a number as an answer prints money, rates and shares: 8 places half-even, no zeros that say nothing."""
    rounded = f"{round(value, 8):f}"
    short = rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
    return "0" if short in {"-0", ""} else short


def unsettled(world: World) -> int:
    """Count the days that are over, and that nobody believes yet: one in the first minute of a day."""
    return int(world.millis() % DAY_MS < SETTLING_MS)


def closes(world: World, one: Listing) -> dict[int, float]:
    """Give the true closes of a listing by the end of their day, each of one coin."""
    days = world.closes(one)
    return {day.ended_ms: float(day.close) / one.scale for day in days[: len(days) - unsettled(world)]}


def past_basis(world: World, future: Listing, days: int) -> dict[int, float]:
    """Give the true past of a basis: future over spot less 1 on each of the last days, a year where it expires."""
    spot = closes(world, listing(world, future.exchange, future.asset, "spot", quote=future.quote))
    held = closes(world, future)
    shared = sorted(held.keys() & spot.keys())[-days:]
    rates = {day: held[day] / spot[day] - 1 for day in shared}
    if future.quarter is None:
        return rates
    expiry_ms = world.expiry(future.quarter).timestamp() * 1000
    return {day: rate * 365 / ((expiry_ms - day) / DAY_MS) for day, rate in rates.items()}


def at_ms(day_ms: int) -> str:
    """Write the midnight at which a day ends as an answer does."""
    return f"{datetime.fromtimestamp(day_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def spread(values: list[float]) -> tuple[float, float]:
    """Give mean and standard deviation with n - 1."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def follow(document: Any, pointer: str) -> Any:
    """Follow a JSON pointer of a refusal or a warning, as a client does; fail where it leads nowhere."""
    place = document
    for step in pointer.removeprefix("#").split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        place = place[int(name) if isinstance(place, list) else name]
    return place


def refused(answer: httpx.Response, question: Any) -> tuple[int, str, list[str]]:
    """Read a refusal: status, code, and its places, each of which has to be in the question."""
    problem = answer.json()
    pointers = [error["pointer"] for error in problem["errors"]]
    for pointer in pointers:
        follow(question, pointer)
    return answer.status_code, problem["code"], pointers


def answered(answer: httpx.Response) -> Any:
    """Read an answer, whose warnings all have to point into it."""
    assert answer.status_code == 200, answer.text
    reply = answer.json()
    for warning in reply["warnings"]:
        follow(reply, warning["pointer"])
    return reply


def codes(reply: Any) -> dict[str, list[str]]:
    """Give the places of an answer's warnings by their code."""
    places: dict[str, list[str]] = {}
    for warning in reply["warnings"]:
        places.setdefault(warning["code"], []).append(warning["pointer"])
    return places
