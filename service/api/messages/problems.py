"""How to say no: RFC 9457 problems, with every place that has to change.

Law: a refusal names a stable code and points at every place that has to change; nothing internal leaks.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException
from litestar.types import HTTPScope, Send
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api.messages.kinds import KINDS
from service.hedging.errors import HedgingError

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50
LONGEST_TEXT = 256
LONGEST_DETAIL = 1000
LONGEST_NAME = 255

_log = structlog.get_logger()


class Violation(Struct, frozen=True, kw_only=True):
    """One thing to change in the request."""

    pointer: (
        Annotated[
            str,
            Meta(
                description="JSON pointer, as a URI fragment, to the place in the request body.",
                examples=["#/holdings/0/quantity"],
                max_length=1300,
            ),
        ]
        | UnsetType
    ) = UNSET
    parameter: (
        Annotated[
            str,
            Meta(
                description="Name of the query parameter, instead of a pointer.", examples=["symbols"], max_length=255
            ),
        ]
        | UnsetType
    ) = UNSET
    code: Annotated[str, Meta(description="Stable name of what is wrong.", examples=["not_a_string"], max_length=64)]
    detail: Annotated[
        str,
        Meta(
            description="What is wrong and how to write it.",
            examples=['Write the decimal as a JSON string such as "40"'],
            max_length=1000,
        ),
    ]


class Problem(Struct, frozen=True, kw_only=True):
    """A refusal, as RFC 9457 has it."""

    type: Annotated[
        str,
        Meta(
            description="Page that explains the problem, relative to this service.",
            examples=["/problems/invalid_request"],
            max_length=100,
        ),
    ]
    title: Annotated[str, Meta(description="The problem in a few words.", examples=["Invalid request"], max_length=100)]
    status: Annotated[int, Meta(description="The HTTP status again.", examples=[422], ge=400, le=599)]
    detail: Annotated[
        str,
        Meta(description="This occurrence in a sentence.", examples=["1 place to change"], max_length=LONGEST_DETAIL),
    ]
    code: Annotated[str, Meta(description="Stable name of the problem.", examples=["invalid_request"], max_length=64)]
    request_id: Annotated[
        str, Meta(description="X-Request-ID of this answer, for the logs.", examples=["f3a1"], max_length=128)
    ]
    errors: Annotated[
        tuple[Violation, ...], Meta(description="Every place to change, at most 50.", max_length=MOST_ERRORS)
    ]


_POINTER_ESCAPES = {"~": "~0", "/": "~1"}
_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


class RefusalError(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self, code: str, detail: str = "", *, errors: Sequence[Violation] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or KINDS[code].meaning
        self.errors = errors
        self.headers = headers or {}


def pointer(path: Sequence[str | int]) -> str:
    """Write a path as a JSON pointer in a URI fragment (RFC 6901, section 6), each name cut to a printable length."""
    return "#" + "".join("/" + printable(str(step)) for step in path)


def printable(name: str) -> str:
    """Percent-encode what a caller named, with the escapes of a JSON pointer, cut between two characters."""
    shown = ""
    for character in name[:LONGEST_NAME]:
        encoded = _POINTER_ESCAPES.get(character) or quote(character, safe="!$&'()*+,;=:@", errors="replace")
        if len(shown) + len(encoded) > LONGEST_NAME:
            break
        shown += encoded
    return shown


def answer_refusal(request: Request[Any, Any, Any], refusal: RefusalError) -> Response[bytes]:
    """Answer a refusal of our own."""
    _log.info("refused", **_context(request.scope, refusal.code))
    return _answer(request, refusal)


def answer_hedging_error(request: Request[Any, Any, Any], error: HedgingError) -> Response[bytes]:
    """Answer a valid question that has no honest answer."""
    errors = [
        Violation(pointer=pointer(fault.path), code=error.code, detail=fault.detail[:LONGEST_TEXT])
        for fault in error.faults[:MOST_ERRORS]
    ]
    return answer_refusal(request, RefusalError(error.code, errors[0].detail, errors=errors))


def answer_client_exception(request: Request[Any, Any, Any], error: ClientException) -> Response[bytes]:
    """Answer what the framework refuses: unknown paths, wrong methods, bodies over the limit, unreadable heads."""
    code = _BY_STATUS.get(error.status_code, "bad_head")
    headers = {name: ", ".join(sorted(value.split(", "))) for name, value in (error.headers or {}).items()}
    return answer_refusal(request, RefusalError(code, headers=headers))


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a defect: the log gets all of it, the caller nothing but the request id."""
    _log.error("failed", **_context(request.scope, "internal_error"), exc_info=error)
    return _answer(request, RefusalError("internal_error"))


async def send_refusal(scope: HTTPScope, send: Send, refusal: RefusalError) -> None:
    """Answer a refusal where no request has been read yet."""
    state = scope["state"]
    state["problem"] = refusal.code
    _log.info("refused", **_context(scope, refusal.code))
    problem = describe(refusal, state["request_id"])
    body = msgspec.json.encode(problem)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **refusal.headers}
    start = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": start})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})


def describe(refusal: RefusalError, request_id: str) -> Problem:
    """Write a refusal as the problem that the caller gets."""
    kind = KINDS[refusal.code]
    return Problem(
        type=f"/problems/{refusal.code}",
        title=kind.title,
        status=kind.status,
        detail=refusal.detail,
        code=refusal.code,
        request_id=request_id,
        errors=tuple(refusal.errors[:MOST_ERRORS]),
    )


def _answer(request: Request[Any, Any, Any], refusal: RefusalError) -> Response[bytes]:
    state = request.scope["state"]
    state["problem"] = refusal.code
    problem = describe(refusal, state["request_id"])
    return Response(
        msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=refusal.headers
    )


def _context(scope: HTTPScope, code: str) -> dict[str, Any]:
    return {
        "request_id": scope["state"]["request_id"],
        "method": scope["method"][:16],
        "route": scope.get("path_template", "unmatched"),
        "code": code,
        "status": KINDS[code].status,
    }
