"""How what was thought of becomes a question: a body that changes another, put to one of the operations with a body."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.openapi.asgi import JSON, SVG, Fault, Sent
from tests.openapi.boundaries import Steps, change

Body = dict[str, Any]
Changes = tuple[tuple[str, object], ...]
Complete = tuple[tuple[Body, tuple[Steps, ...]], ...]
"""Bodies with every member there is, each with the places in which it is varied; none for all of them."""
Key = tuple[str, str]
"""Method and path of an operation."""

SIZING: Key = ("POST", "/v1/sizing")
BASIS: Key = ("POST", "/v1/basis")
CARRY: Key = ("POST", "/v1/carry")
MARGIN: Key = ("POST", "/v1/margin")
COVERAGE: Key = ("POST", "/v1/coverage")
EFFECTIVENESS: Key = ("POST", "/v1/effectiveness")
SCENARIOS: Key = ("POST", "/v1/scenarios")
SIMULATIONS: Key = ("POST", "/v1/simulations")
FRONTIER: Key = ("POST", "/v1/frontier")
HEDGE_RATIO: Key = ("POST", "/v1/hedge-ratio")


def stage(body: Body, changes: Changes) -> Body:
    """Change a body at places written with dots; what the last name stands in is made where it is not there."""
    for place, value in changes:
        steps = tuple(int(step) if step.isdecimal() else step for step in place.split("."))
        if steps[0] not in body:
            body = change(body, steps[:1], {})
        body = change(body, steps, value)
    return body


def pose(body: object, key: Key = SIZING, media_type: str = JSON) -> Sent:
    """Put a body into a request."""
    return Sent(*key, msgspec.json.encode(body), (("content-type", media_type),))


def pose_chart(body: object, key: Key, fault: Fault = "none") -> Sent:
    """Ask for a picture of the answer."""
    return pose(body, key)._replace(headers=(("content-type", JSON), ("accept", SVG)), fault=fault)


def pose_all(
    key: Key,
    *,
    complete: Complete,
    plain: Body,
    of_then: Iterable[Changes],
    live: Body,
    of_now: Iterable[Changes],
    by_the_way: Iterable[tuple[Fault, Changes]],
    age_limit: str = "market.max_age_seconds",
) -> Iterator[Sent]:
    """Pose what was thought of for one operation, one after the other.

    Args:
        key: of the operation.
        complete: bodies with every member there is.
        plain: what the questions of then change.
        of_then: those changes.
        live: what the questions of now change.
        of_now: those changes.
        by_the_way: changes to the live question, for services in which something is wrong.
        age_limit: where a question says how old a price may be.
    """
    for body, _ in complete:
        yield pose(body, key)
    for changes in of_then:
        yield pose(stage(plain, changes), key)
    for changes in of_now:
        yield pose(stage(live, changes), key)
    for fault, changes in by_the_way:
        yield pose(stage(live, changes), key)._replace(fault=fault)
    yield pose(stage(live, (("as_of", write_instant(datetime.now(UTC))), (age_limit, 60))), key)


def write_instant(moment: datetime) -> str:
    """Write a moment as a question does."""
    return moment.isoformat().replace("+00:00", "Z")


def is_live(path: str, body: Body) -> bool:
    """Tell whether the answer to a valid question depends on the market."""
    return _IS_LIVE[path](body)


def _is_live_sizing(body: Body) -> bool:
    if body["contract"]["style"] == "listed":
        return True
    betas = body.get("betas")
    if betas is not None and betas.get("series") is None and body.get("market") is not None:
        return True
    is_whole = {holding["asset"] for holding in body["holdings"]} <= body.get("prices", {}).keys()
    return body.get("market") is not None and not is_whole


def _is_live_basis(body: Body) -> bool:
    risk = body.get("risk") or {}
    return _names_listed(body, "pairs") or risk.get("style") == "candles"


def _is_live_carry(body: Body) -> bool:
    return _names_listed(body, "instruments") or is_live_book(body.get("book"))


def is_live_book(book: Body | None) -> bool:
    """Tell whether prices or betas of a book are looked up."""
    return book is not None and _is_live_sizing({**book, "contract": {"style": "none"}})


def _is_live_margin(body: Body) -> bool:
    return _is_live_sizing({**body, "holdings": body.get("collateral", ())})


def _is_live_effectiveness(body: Body) -> bool:
    held = {holding["asset"] for holding in body.get("holdings") or ()}
    is_whole = held <= body.get("prices", {}).keys()
    return (body.get("series") or {}).get("style") == "window" or (body.get("market") is not None and not is_whole)


def _is_live_simulation(body: Body) -> bool:
    return body.get("model", {}).get("history_days") is not None or _is_live_sizing(body)


def _is_live_legs(body: Body) -> bool:
    """Tell of a question about several contracts and their past."""
    if body.get("series", {}).get("style", "window") == "window":
        return True
    return any(_is_live_sizing({**body, "contract": leg["contract"]}) for leg in body["instruments"])


def _names_listed(body: Body, field: str) -> bool:
    """Tell whether futures are to be looked up: by their names, or all on an asset."""
    return body.get("underlying") is not None or any(one["style"] == "listed" for one in body.get(field, ()))


_IS_LIVE: dict[str, Callable[[Body], bool]] = {
    SIZING[1]: _is_live_sizing,
    BASIS[1]: _is_live_basis,
    CARRY[1]: _is_live_carry,
    MARGIN[1]: _is_live_margin,
    COVERAGE[1]: _is_live_sizing,
    EFFECTIVENESS[1]: _is_live_effectiveness,
    SCENARIOS[1]: _is_live_sizing,
    SIMULATIONS[1]: _is_live_simulation,
    FRONTIER[1]: _is_live_legs,
    HEDGE_RATIO[1]: _is_live_legs,
}
