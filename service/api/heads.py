"""What the head of a request has to declare."""

from typing import Any

from litestar import Request

from service.api.problems import RefusalError, Violation, printable

JSON = "application/json"


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
    """Refuse a head with two hosts, or that does not take JSON; give its headers by name.

    Raises:
        RefusalError: bad_head or not_acceptable.
    """
    sent: dict[bytes, list[str]] = {}
    for name, value in request.scope["headers"]:
        sent.setdefault(name, []).append(value.decode("latin-1"))
    if len(sent.get(b"host", ())) > 1:
        raise RefusalError("bad_head", "Host is sent twice")
    if b"accept" in sent and not _allows_json(",".join(sent[b"accept"])):
        raise RefusalError("not_acceptable")
    return sent


def _allows_json(accept: str) -> bool:
    """Weigh the most specific range that matches JSON, as RFC 9110 has it; q=0 forbids."""
    weights = {}
    for entry in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        weights[kind] = quality.strip("0.") != ""
    return next((weights[kind] for kind in (JSON, "application/*", "*/*") if kind in weights), False)


def _declares_json(content_type: str) -> bool:
    kind, *options = (part.strip() for part in content_type.lower().split(";"))
    return kind == JSON and {*options} <= {"", "charset=utf-8", 'charset="utf-8"'}


def _refuse_query(request: Request[Any, Any, Any]) -> RefusalError:
    """Refuse a query parameter: what is in the body counts, and nothing beside it is ignored in silence."""
    name = printable(next(iter(request.query_params), ""))
    violation = Violation(parameter=name, code="unknown_parameter", detail="All goes into the body")
    return RefusalError("invalid_request", "This operation takes no query parameters", errors=[violation])
