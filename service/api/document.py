"""The OpenAPI document: every operation, every status it can answer with, examples that are real answers.

Law: paths, methods, texts and records are read from the handlers themselves. Only what a handler can't know is written
here, and tests hold all of it against the running service.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from litestar.handlers import HTTPRouteHandler

from service import __version__
from service.api import examples, heads, health, pages, problems, sizing, wire
from service.api.kinds import KINDS
from service.api.problems import Problem
from service.api.schemas import Schema, build_components
from service.hedging.sizing import LARGEST_NOTIONAL

_DESCRIPTION = """\
How many mini-futures hedge a basket of altcoins, and what rounding, beta, fees and margin do to the hedge.

Decimals are JSON strings in plain notation in both directions. Rates, shares and moves are fractions: 0.05 is 5 %. \
A cost is positive, a residual exposure above 0 is still unhedged. Computations are POST, idempotent and free of side \
effects. All prices of a request are in one quote currency: US dollars or a dollar stablecoin.

Every refusal is an RFC 9457 problem whose `type` leads to a page. Unknown paths answer 404, wrong methods 405 with \
Allow, a malformed Host 400, request heads beyond 64 KiB 431 from the server itself. Every answer carries X-Request-ID \
and Server-Timing.
"""


class Operation(NamedTuple):
    """One operation as the document shows it."""

    handler: HTTPRouteHandler
    name: str
    tag: str
    refusals: tuple[str, ...] = ()
    """Codes of the problems that it can answer with, from `kinds.KINDS`."""
    reply: type[msgspec.Struct] | None = None
    """Record of the answer; None for text."""
    request: type[msgspec.Struct] | None = None
    examples: Mapping[str, Mapping[str, Any]] = {}
    """Requests by name, each with a `summary` and a `value`."""
    answer: Callable[[Any], msgspec.Struct] | None = None
    """The pure function behind a request."""
    shown: msgspec.Struct | None = None
    """An answer, where no request leads to one."""


_BODY_REFUSALS = (
    *("not_json", "not_utf8", "duplicate_key", "too_deep", "body_incomplete", "not_acceptable", "body_timeout"),
    *("body_too_large", "unsupported_media_type", "invalid_request", "internal_error"),
)
"""What every operation with a body refuses."""
_SIZING_REFUSALS = (
    *("inconsistent_contract", "margin_conflict", "margin_terms_missing", "leverage_out_of_range", "expired_contract"),
    *("price_missing", "beta_missing", "duplicate_symbol_beta_conflict", "size_out_of_range"),
)
_EXPLAINED = pages.ProblemKind(code="price_missing", **KINDS["price_missing"]._asdict())
_LIVE = health.Health(status="live", version=__version__)
_READY = health.Health(status="ready", version=__version__)
OPERATIONS = (
    Operation(
        sizing.size,
        "sizeHedge",
        "hedging",
        (*_BODY_REFUSALS, *_SIZING_REFUSALS),
        reply=sizing.SizingReply,
        request=sizing.SizingRequest,
        examples=examples.SIZING,
        answer=lambda question: sizing.answer(question, LARGEST_NOTIONAL),
    ),
    Operation(
        pages.explain_problem, "explainProblem", "operations", ("not_found",), pages.ProblemKind, shown=_EXPLAINED
    ),
    Operation(health.check_live, "checkLive", "operations", reply=health.Health, shown=_LIVE),
    Operation(health.check_ready, "checkReady", "operations", reply=health.Health, shown=_READY),
    Operation(health.read_metrics, "readMetrics", "operations"),
)
_REFUSED_BODIES = {"not_json": b"", "invalid_request": b"{}"}
"""Bodies whose refusals show what those look like."""


def write_document() -> bytes:
    """Write the document as JSON text, the same bytes every time."""
    records = [record for entry in OPERATIONS for record in (entry.request, entry.reply) if record is not None]
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "minihedge",
            "version": __version__,
            "summary": "Hedges a basket of altcoins with short mini-futures.",
            "description": _DESCRIPTION,
            "contact": {"name": "The minihedge authors"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "Where this document was read."}],
        "tags": [
            {"name": "hedging", "description": "Questions about a hedge."},
            {"name": "operations", "description": "The state of the service, and what its problems mean."},
        ],
        "security": [],
        "paths": _paths(),
        "components": {"schemas": build_components([*records, Problem])},
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _paths() -> dict[str, Schema]:
    paths: dict[str, Schema] = {}
    for entry in OPERATIONS:
        (path,) = entry.handler.paths
        method = "post" if "POST" in entry.handler.http_methods else "get"
        paths[path.replace(":str}", "}")] = {method: _operation(entry)}
    return dict(sorted(paths.items()))


def _operation(entry: Operation) -> Schema:
    summary, _, description = (entry.handler.fn.__doc__ or "").partition("\n\n")
    return {
        "operationId": entry.name,
        "summary": summary.strip().removesuffix("."),
        "description": " ".join(description.split()),
        "tags": [entry.tag],
        **({"parameters": [_CODE]} if "{code" in next(iter(entry.handler.paths)) else {}),
        **({"requestBody": _request_body(entry, entry.request)} if entry.request else {}),
        "responses": {"200": _reply(entry), **_refusals(entry)},
    }


_CODE = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "Code of the problem.",
    "schema": {"type": "string", "enum": list(KINDS)},
    "example": "price_missing",
}


def _request_body(entry: Operation, record: type[msgspec.Struct]) -> Schema:
    content = {"schema": {"$ref": f"#/components/schemas/{record.__name__}"}, "examples": entry.examples}
    return {"required": True, "description": "The question.", "content": {heads.JSON: content}}


def _reply(entry: Operation) -> Schema:
    if entry.reply is None:
        example = f'hedge_build_info{{version="{__version__}"}} 1.0\n'
        content: Schema = {"text/plain": {"schema": {"type": "string", "maxLength": 1_000_000}, "example": example}}
    else:
        schema = {"$ref": f"#/components/schemas/{entry.reply.__name__}"}
        content = {heads.JSON: {"schema": schema, **_reply_examples(entry)}}
    return {"description": "The answer.", "headers": _HEADERS, "content": content}


def _reply_examples(entry: Operation) -> Schema:
    if entry.answer is None:
        return {"example": _json(entry.shown)}
    shown = {}
    for name, example in entry.examples.items():
        question = wire.decode(entry.request, json.dumps(example["value"]).encode())
        shown[name] = {"summary": f"Answer to {name}", "value": _json(entry.answer(question))}
    return {"examples": shown}


def _json(record: object) -> object:
    return json.loads(wire.encode(record))


def _refusals(entry: Operation) -> Schema:
    by_status: dict[int, list[str]] = {}
    for code in entry.refusals:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {str(status): _refusal(entry, by_status[status]) for status in sorted(by_status)}


def _refusal(entry: Operation, codes: list[str]) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    example = _json(problems.describe(_provoke(entry, codes), "f3a1"))
    return {
        "description": " ".join(f"`{code}`: {KINDS[code].meaning}" for code in codes),
        "headers": _HEADERS,
        "content": {problems.MEDIA_TYPE: {"schema": schema, "example": example}},
    }


def _provoke(entry: Operation, codes: list[str]) -> problems.RefusalError:
    """Give a refusal with one of the codes, as it happens where a body leads to it, else as it is described."""
    provoked = problems.RefusalError(codes[0])
    for body in (_REFUSED_BODIES[code] for code in codes if code in _REFUSED_BODIES):
        try:
            wire.decode(entry.request, body)
        except problems.RefusalError as refusal:
            provoked = refusal
    return provoked


_HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "The caller's own id where it sent a printable one, else a new one.",
        "schema": {"type": "string", "maxLength": 128},
        "example": "f3a1",
    }
}
