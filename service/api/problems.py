"""Every way to say no: RFC 9457 problems, one table, one page each.

Law: a refusal names a stable code and points at every place that has to change; nothing internal leaks.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException
from msgspec import UNSET, Meta, Struct, UnsetType

from service.hedging.errors import HedgingError

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50
LONGEST_TEXT = 256
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
        str, Meta(description="This occurrence in a sentence.", examples=["1 place to change"], max_length=1000)
    ]
    code: Annotated[str, Meta(description="Stable name of the problem.", examples=["invalid_request"], max_length=64)]
    request_id: Annotated[
        str, Meta(description="X-Request-ID of this answer, for the logs.", examples=["f3a1"], max_length=128)
    ]
    errors: Annotated[
        tuple[Violation, ...], Meta(description="Every place to change, at most 50.", max_length=MOST_ERRORS)
    ]


class Kind(NamedTuple):
    """What all problems of one code share."""

    status: int
    title: str
    meaning: str
    remedy: str


_SEND_JSON = "Send one JSON object as UTF-8 with Content-Type: application/json."

KINDS: Mapping[str, Kind] = {
    "bad_head": Kind(
        400, "Malformed request head", "A header of the request, most often Host, can't be read.", "Mend the header."
    ),
    "not_json": Kind(400, "Not JSON", "The body is not a JSON text.", _SEND_JSON),
    "not_utf8": Kind(400, "Not UTF-8", "The body is not UTF-8 text.", _SEND_JSON),
    "duplicate_key": Kind(
        400,
        "Duplicate key",
        "An object in the body names one key twice, so that it says two things.",
        "Send each key once. Most JSON libraries do; look for text that was put together by hand.",
    ),
    "too_deep": Kind(400, "Nested too deeply", "The body is nested deeper than any request here.", _SEND_JSON),
    "body_incomplete": Kind(400, "Body incomplete", "The connection ended within the body.", "Send the request again."),
    "not_found": Kind(404, "Not found", "There is nothing under this path.", "GET /openapi.json lists every path."),
    "method_not_allowed": Kind(
        405, "Method not allowed", "The path does not take this method.", "The Allow header names those that it takes."
    ),
    "not_acceptable": Kind(
        406,
        "Not acceptable",
        "The Accept header excludes JSON, and there is nothing else to send.",
        "Send Accept: application/json, or no Accept header.",
    ),
    "body_timeout": Kind(408, "Body too slow", "The body did not arrive in time.", "Send the body without a pause."),
    "body_too_large": Kind(
        413, "Body too large", "The body is larger than 1 MiB.", "A request of 1,000 holdings needs a tenth of that."
    ),
    "unsupported_media_type": Kind(
        415,
        "Unsupported media type",
        "The body is not declared as plain JSON: another Content-Type, another charset, or compressed.",
        _SEND_JSON,
    ),
    "invalid_request": Kind(
        422,
        "Invalid request",
        "The body is JSON, but not the request that the OpenAPI document describes.",
        "errors[] points at every place to change. Decimals are JSON strings in plain notation: "
        '"0.1", not 0.1 and not "1e-1".',
    ),
    "inconsistent_contract": Kind(
        422,
        "Inconsistent contract",
        "Two terms of the contract contradict each other.",
        "Change one of the places that errors[] points at.",
    ),
    "margin_conflict": Kind(
        422,
        "Margin stated twice",
        "Both a wallet and a leverage were sent, and they say two things about the same margin.",
        "Send margin.wallet_balance or margin.leverage.",
    ),
    "margin_terms_missing": Kind(
        422,
        "Margin terms missing",
        "Whether the hedge survives a move can't be judged without the terms of its margin.",
        "Add the terms that errors[] points at, or leave margin.survive_move out.",
    ),
    "leverage_out_of_range": Kind(
        422,
        "Leverage out of range",
        "The leverage posts less than the contract's initial margin.",
        "Lower margin.leverage to at most 1 / initial_margin_rate.",
    ),
    "expired_contract": Kind(
        422,
        "Expired contract",
        "The contract expires at or before the time of the question.",
        "Take a later expiry or a perpetual.",
    ),
    "price_missing": Kind(
        422,
        "Price missing",
        "The answer needs a price that was not sent.",
        "Add the spot price of every asset and the futures mark price of the contract to prices.",
    ),
    "beta_missing": Kind(
        422,
        "Beta missing",
        "Weighting by beta needs the beta of every risky asset.",
        "Add the betas that errors[] points at, or weight by value, which takes every beta as 1.",
    ),
    "duplicate_symbol_beta_conflict": Kind(
        422,
        "Two betas for one asset",
        "One asset is held twice, with two different betas.",
        "Send each asset once, or with one beta.",
    ),
    "size_out_of_range": Kind(
        422,
        "Size out of range",
        "The hedge would be worth more than this service is set to size, which is most often a slip of units.",
        "Check quantities, prices and the multiplier; the operator sets the ceiling with HEDGE_MAX_NOTIONAL.",
    ),
    "internal_error": Kind(
        500,
        "Internal error",
        "The service failed. This is a defect.",
        "Send the request again once; if it fails again, report it with the request id.",
    ),
}
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
    _log.info("refused", **_context(request, refusal.code))
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
    _log.error("failed", **_context(request, "internal_error"), exc_info=error)
    return _answer(request, RefusalError("internal_error"))


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


def _context(request: Request[Any, Any, Any], code: str) -> dict[str, Any]:
    return {
        "request_id": request.scope["state"]["request_id"],
        "method": request.scope["method"][:16],
        "route": request.scope.get("path_template", "unmatched"),
        "code": code,
        "status": KINDS[code].status,
    }
