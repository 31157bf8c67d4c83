"""How what was thought of becomes a question: a body that changes another, put to one of the operations with a body."""

from collections.abc import Callable
from typing import Any

import msgspec

from tests.openapi.asgi import JSON, Sent
from tests.openapi.boundaries import change

Body = dict[str, Any]
Changes = tuple[tuple[str, object], ...]
Key = tuple[str, str]
"""Method and path of an operation."""

SIZING: Key = ("POST", "/v1/sizing")
BASIS: Key = ("POST", "/v1/basis")
CARRY: Key = ("POST", "/v1/carry")
MARGIN: Key = ("POST", "/v1/margin")
COVERAGE: Key = ("POST", "/v1/coverage")
SCENARIOS: Key = ("POST", "/v1/scenarios")
SIMULATIONS: Key = ("POST", "/v1/simulations")


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


def is_live(path: str, body: Body) -> bool:
    """Tell whether the answer to a valid question depends on the market."""
    return _IS_LIVE[path](body)


def _is_live_sizing(body: Body) -> bool:
    if body["contract"]["style"] == "listed":
        return True
    is_whole = {holding["asset"] for holding in body["holdings"]} <= body.get("prices", {}).keys()
    return body.get("market") is not None and not is_whole


def _is_live_basis(body: Body) -> bool:
    risk = body.get("risk") or {}
    return _names_listed(body, "pairs") or risk.get("style") == "candles"


def _is_live_carry(body: Body) -> bool:
    return _names_listed(body, "instruments")


def _is_live_margin(body: Body) -> bool:
    return _is_live_sizing({**body, "holdings": body.get("collateral", ())})


def _is_live_simulation(body: Body) -> bool:
    return body.get("model", {}).get("history_days") is not None or _is_live_sizing(body)


def _names_listed(body: Body, field: str) -> bool:
    """Tell whether futures are to be looked up: by their names, or all on an asset."""
    return body.get("underlying") is not None or any(one["style"] == "listed" for one in body.get(field, ()))


_IS_LIVE: dict[str, Callable[[Body], bool]] = {
    SIZING[1]: _is_live_sizing,
    BASIS[1]: _is_live_basis,
    CARRY[1]: _is_live_carry,
    MARGIN[1]: _is_live_margin,
    COVERAGE[1]: _is_live_sizing,
    SCENARIOS[1]: _is_live_sizing,
    SIMULATIONS[1]: _is_live_simulation,
}
