"""Refusals for what the market does not list or can't give now, each with the place in the request that asked."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from service.api.messages.problems import LONGEST_DETAIL, LONGEST_TEXT, RefusalError, Violation, pointer
from service.market.found import NotListedError, OutdatedError, UnavailableError
from service.market.lookup import Market


class Place(NamedTuple):
    """Where in the request: in the body, or a query parameter. Written out only where something is refused."""

    path: tuple[str | int, ...]
    parameter: str | None = None


def at(*path: str | int) -> Place:
    """Name a place in the body."""
    return Place(path)


def parameter(name: str) -> Place:
    """Name a query parameter."""
    return Place((), name)


def refuse(code: str, detail: str, place: Place) -> RefusalError:
    """Make a refusal of one place."""
    return RefusalError(code, detail[:LONGEST_DETAIL], errors=[_violation(code, detail, place)])


def require_on(market: Market, exchange: str, place: Place) -> None:
    """Refuse an exchange that the operator has switched off."""
    if exchange not in market.adapters:
        on = ", ".join(market.adapters) or "none"
        raise refuse("exchange_off", f"{exchange} is switched off here; on: {on}", place)


def refuse_failures(answers: Mapping[str, object], place_of: Callable[[str], Place]) -> None:
    """Refuse with all that is not listed, else outdated, else can't be had; pass if everything was found.

    Args:
        answers: what was looked up, by name: found, or the error.
        place_of: tells where in the request a name stands.
    """
    for code, kind in (("not_listed", NotListedError), ("stale_price", OutdatedError)):
        errors = [
            _violation(code, str(answer), place_of(name))
            for name, answer in answers.items()
            if isinstance(answer, kind)
        ]
        if errors:
            raise RefusalError(code, errors[0].detail, errors=errors)
    failed = [(answer, place_of(name)) for name, answer in answers.items() if isinstance(answer, UnavailableError)]
    if failed:
        raise refuse_unavailable(failed)


def refuse_unavailable(
    failed: Sequence[tuple[UnavailableError, Place]], *, one_is_enough: bool = False
) -> RefusalError:
    """Make the refusal for what can't be had now; it says when to ask again, unless that is never.

    Args:
        failed: what can't be had, and where the request asks for it.
        one_is_enough: whether the request is answered as soon as any of it can be had.
    """
    errors = [_violation("price_unavailable", str(error), place) for error, place in failed]
    wait = (min if one_is_enough else max)(error.retry_after or 1.0 for error, _ in failed)
    headers = {} if math.isinf(wait) else {"retry-after": str(max(1, math.ceil(wait)))}
    return RefusalError("price_unavailable", errors[0].detail, errors=errors, headers=headers)


def _violation(code: str, detail: str, place: Place) -> Violation:
    detail = detail[:LONGEST_TEXT]
    if place.parameter is not None:
        return Violation(parameter=place.parameter, code=code, detail=detail)
    return Violation(pointer=pointer(place.path), code=code, detail=detail)
