"""What the head of a request has to declare, and which form of the answer it takes.

Law: JSON unless another form is wanted more; what an operation offers beside or instead of it stands in its handler's
`opt`.
"""

import re
from collections.abc import Sequence
from typing import Any, cast

from litestar import Request

from service.api.messages.problems import RefusalError, Violation, printable

JSON = "application/json"
SVG = "image/svg+xml"
OFFERS = "offers"
"""Name in a handler's `opt` under which the forms of its answer stand, the usual one first; JSON alone without it."""


def check_head(request: Request[Any, Any, Any]) -> None:
    """Refuse a head that does not announce plain JSON, or does not take it; one sent twice counts as joined.

    Raises:
        RefusalError: bad_head, not_acceptable, unsupported_media_type, or invalid_request for a query parameter.
    """
    sent = check_accept(request)
    encoding = ",".join(sent.get(b"content-encoding", ["identity"])).lower()
    if encoding != "identity" or not _declares_json(",".join(sent.get(b"content-type", ()))):
        raise RefusalError("unsupported_media_type", headers={"accept": JSON})
    if request.scope["query_string"]:
        raise _refuse_query(request)


def check_accept(request: Request[Any, Any, Any]) -> dict[bytes, list[str]]:
    """Refuse a head with two hosts, or that takes no form that is offered; give its headers by name.

    Raises:
        RefusalError: bad_head or not_acceptable.
    """
    sent: dict[bytes, list[str]] = {}
    for name, value in request.scope["headers"]:
        sent.setdefault(name, []).append(value.decode("latin-1"))
    if len(sent.get(b"host", ())) > 1:
        raise RefusalError("bad_head", "Host is sent twice")
    if b"accept" in sent and not max(_weigh(",".join(sent[b"accept"]), _offers(request)).values()):
        raise RefusalError("not_acceptable")
    return sent


def choose_form(request: Request[Any, Any, Any]) -> str:
    """Choose the offered form that a head wants most; of several the first that is offered."""
    weights = _weigh(",".join(request.headers.getall("accept", ["*/*"])), _offers(request))
    return max(weights, key=lambda form: weights[form])


def _offers(request: Request[Any, Any, Any]) -> Sequence[str]:
    return cast("Sequence[str]", request.route_handler.opt.get(OFFERS, (JSON,)))


def _weigh(accept: str, forms: Sequence[str]) -> dict[str, float]:
    """Weigh forms by the most specific range that matches each, as RFC 9110 has it; 0 forbids."""
    weights = dict(_read_range(entry) for entry in accept.split(","))
    return {
        form: next((weights[kind] for kind in (form, f"{form.partition('/')[0]}/*", "*/*") if kind in weights), 0.0)
        for form in forms
    }


def _read_range(entry: str) -> tuple[str, float]:
    """Read a media range with its quality; one that can't be read counts as 1."""
    kind, *parameters = (part.strip().lower() for part in entry.split(";"))
    quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    return kind, float(quality) if _is_quality(quality) else 1.0


_is_quality = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)").fullmatch


def _declares_json(content_type: str) -> bool:
    kind, *options = (part.strip() for part in content_type.lower().split(";"))
    return kind == JSON and {*options} <= {"", "charset=utf-8", 'charset="utf-8"'}


def _refuse_query(request: Request[Any, Any, Any]) -> RefusalError:
    """Refuse a query parameter: what is in the body counts, and nothing beside it is ignored in silence."""
    name = printable(next(iter(request.query_params), ""))
    violation = Violation(parameter=name, code="unknown_parameter", detail="All goes into the body")
    return RefusalError("invalid_request", "This operation takes no query parameters", errors=[violation])
