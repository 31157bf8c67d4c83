"""The OpenAPI document: every operation, every status it can answer with, examples that are real answers.

Law: paths, methods, texts and records are read from the handlers themselves, the rest from `operations`.
"""

import json
from functools import cache
from typing import Any

from msgspec import Struct

from service import __version__
from service.api.lookups import absences
from service.api.messages import heads, problems, wire
from service.api.messages.event_stream import MEDIA_TYPE as EVENT_STREAM
from service.api.messages.kinds import KINDS
from service.api.messages.problems import Problem
from service.api.messages.queries import parse_query
from service.api.openapi.operations import OPERATIONS, Operation
from service.api.openapi.schemas import Schema, build_components, build_parameters
from service.market.found import UnavailableError
from service.market.source import UpstreamError

_DESCRIPTION = """\
How many mini-futures hedge a basket of altcoins, and what rounding, beta, fees and margin do to the hedge.

Decimals are JSON strings in plain notation in both directions. Rates, shares and moves are fractions: 0.05 is 5 %. \
A cost is positive, a residual exposure above 0 is still unhedged. Computations are POST, idempotent and free of side \
effects. All prices of a request are in one quote currency: US dollars or a dollar stablecoin.

A contract is given in full, or as `listed` by an exchange; prices that are not sent are looked up where `market` \
says, and the answer names the source and the age of each.

A member that may be left out has a `default`; one that is a record has it as `x-default`, which no generator of \
clients stumbles over.

Every refusal is an RFC 9457 problem whose `type` leads to a page. Unknown paths answer 404, wrong methods 405 with \
Allow, a malformed Host 400, request heads beyond 64 KiB 431 from the server itself. Every answer carries X-Request-ID \
and Server-Timing.
"""


_REFUSED_BODIES = {"not_json": b"", "invalid_request": b'{"as_of": 0}'}
"""Bodies whose refusals show what those look like."""


@cache
def write_document() -> bytes:
    """Write the document as JSON text, the same bytes every time, and so only once."""
    records = [
        record
        for entry in OPERATIONS
        for record in (entry.request, entry.reply, *entry.events.values())
        if record is not None
    ]
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
            {"name": "market", "description": "What exchanges list and quote, and how they are."},
            {"name": "operations", "description": "The state of the service, and what its problems mean."},
        ],
        "security": [{}, {"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": _KEY}},
            "schemas": build_components([*records, Problem]),
        },
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
        **({"parameters": _parameters(entry)} if _parameters(entry) else {}),
        **({"requestBody": _request_body(entry, entry.request)} if entry.request else {}),
        "responses": {"200": _reply(entry), **_unchanged(entry), **_refusals(entry)},
    }


def _parameters(entry: Operation) -> list[Schema]:
    in_path = [_CODE] if "{code" in next(iter(entry.handler.paths)) else []
    return in_path + ([] if entry.query is None else build_parameters(entry.query))


_CODE: Schema = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "Code of the problem.",
    "schema": {"type": "string", "enum": list(KINDS)},
    "example": "price_missing",
}


def _request_body(entry: Operation, record: type[Struct]) -> Schema:
    content = {
        "schema": {"$ref": f"#/components/schemas/{record.__name__}"},
        "examples": {**entry.examples, **entry.live},
    }
    return {"required": True, "description": "The question.", "content": {heads.JSON: content}}


def _reply(entry: Operation) -> Schema:
    if entry.events:
        content: Schema = {EVENT_STREAM: {"schema": _events(entry), "example": _event_example(entry)}}
    elif entry.reply is None:
        example = f'hedge_build_info{{version="{__version__}"}} 1.0\n'
        content = {"text/plain": {"schema": {"type": "string", "maxLength": 1_000_000}, "example": example}}
    else:
        schema = {"$ref": f"#/components/schemas/{entry.reply.__name__}"}
        content = {heads.JSON: {"schema": schema, **_reply_examples(entry)}, **_chart(entry.chart)}
    return {"description": "The answer.", "headers": _headers(entry, 200), "content": content}


def _chart(title: str | None) -> Schema:
    """Describe a chart, if there is one; of the example everything that is drawn is left out."""
    if title is None:
        return {}
    example = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 540"><title>{title}</title></svg>'
    return {heads.SVG: {"schema": {"type": "string", "maxLength": 1_000_000}, "example": example}}


def _events(entry: Operation) -> Schema:
    """Describe one event of a stream; what its data is as JSON stands in `contentSchema`."""
    return {"oneOf": [_event(name, record) for name, record in entry.events.items()]}


def _event(name: str, record: type[Struct]) -> Schema:
    return {
        "type": "object",
        "description": " ".join((record.__doc__ or "").split()),
        "properties": {
            "event": {"type": "string", "enum": [name], "description": "Tells the events apart.", "examples": [name]},
            "id": {
                "type": "string",
                "pattern": "^[0-9a-f]{32}$",
                "maxLength": 32,
                "description": "Names the state that is told; sent back as Last-Event-ID, it is not told again.",
                "examples": [_EVENT_ID],
            },
            "data": {
                "type": "string",
                "maxLength": 100_000,
                "contentMediaType": heads.JSON,
                "contentSchema": {"$ref": f"#/components/schemas/{record.__name__}"},
                "description": "A record as JSON.",
                "examples": ["{}"],
            },
        },
        "required": ["event", "id", "data"],
    }


def _event_example(entry: Operation) -> Schema:
    return {"event": next(iter(entry.events)), "id": _EVENT_ID, "data": wire.encode(entry.shown).decode()}


_EVENT_ID = "0123456789abcdef0123456789abcdef"


def _unchanged(entry: Operation) -> Schema:
    """Describe the answer to a caller that has the same already."""
    if entry.query is None or entry.events:
        return {}
    return {"304": {"description": "The same as If-None-Match names.", "headers": _headers(entry, 304)}}


def _reply_examples(entry: Operation) -> Schema:
    if entry.answers:
        told = {name: {"summary": f"Answer to {name}", "value": value} for name, value in entry.answers.items()}
        return {"examples": told}
    if entry.answer is None:
        return {} if entry.shown is None else {"example": _json(entry.shown)}
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
    return {str(status): _refusal(entry, status, by_status[status]) for status in sorted(by_status)}


def _refusal(entry: Operation, status: int, codes: list[str]) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    example = _json(problems.describe(_provoke(entry, codes), "f3a1"))
    return {
        "description": " ".join(f"`{code}`: {KINDS[code].meaning}" for code in codes),
        "headers": _headers(entry, status),
        "content": {problems.MEDIA_TYPE: {"schema": schema, "example": example}},
    }


def _provoke(entry: Operation, codes: list[str]) -> problems.RefusalError:
    """Give a refusal with one of the codes, as it happens where a body or a query leads to it, else as described."""
    provoked = problems.RefusalError(codes[0])
    for code in codes:
        try:
            _send_badly(entry, code)
        except problems.RefusalError as refusal:
            provoked = refusal
    return provoked


def _send_badly(entry: Operation, code: str) -> None:
    if entry.spared is not None and code == "price_unavailable":
        name, place = entry.spared
        cause = UpstreamError("maintenance", "Spared after maintenance")
        raise absences.refuse_unavailable([(UnavailableError("bybit", name, cause), place)])
    if entry.query is not None and code == "invalid_request":
        parse_query(entry.query, {"unknown": ["1"]})
    if entry.request is not None and code in _REFUSED_BODIES:
        wire.decode(entry.request, _REFUSED_BODIES[code])


_KEY = "A key that the operator made; needed only where the service asks for one."


def _headers(entry: Operation, status: int) -> Schema:
    """Describe the headers of an answer with a status."""
    names = ["X-Request-ID"]
    names += ["RateLimit", "RateLimit-Policy"] if "too_many_requests" in entry.refusals else []
    names += ["ETag"] if entry.query is not None and not entry.events and status in {200, 304} else []
    names += _HEADERS_OF.get(status, ())
    return {name: _HEADERS[name] for name in names}


_HEADERS_OF = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_HEADERS: dict[str, Any] = {
    "ETag": {
        "description": "Changes when anything but ages does.",
        "schema": {"type": "string", "pattern": '^W/"[0-9a-f]{32}"$', "maxLength": 36},
        "example": 'W/"0123456789abcdef0123456789abcdef"',
    },
    "RateLimit": {
        "description": "What is left of the caller's limit: r requests now, all of them after t seconds.",
        "schema": {"type": "string", "pattern": '^"(?:address|key)";r=[0-9]+;t=[0-9]+$', "maxLength": 60},
        "example": '"address";r=5999;t=1',
    },
    "RateLimit-Policy": {
        "description": "The limit: q requests in w seconds, of an address or of a key.",
        "schema": {"type": "string", "pattern": '^"(?:address|key)";q=[0-9]+;w=[0-9]+$', "maxLength": 60},
        "example": '"address";q=6000;w=60',
    },
    "Retry-After": {
        "description": "Seconds after which asking again makes sense; absent where it never does.",
        "schema": {"type": "string", "pattern": "^[0-9]+$", "maxLength": 10},
        "example": "1",
    },
    "WWW-Authenticate": {
        "description": "How to bring a key.",
        "schema": {"type": "string", "maxLength": 100},
        "example": 'Bearer realm="minihedge"',
    },
    "X-Request-ID": {
        "description": "The caller's own id where it sent a printable one, else a new one.",
        "schema": {"type": "string", "maxLength": 128},
        "example": "f3a1",
    },
}
