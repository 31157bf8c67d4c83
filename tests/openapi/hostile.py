"""Requests of which no schema speaks: bytes, headers, paths, connections that fail, and a defect of ours."""

import json
from typing import Any

from tests.openapi.asgi import JSON, Sent
from tests.openapi.scenes import BASKET, SIZING

PROBLEM = ("GET", "/problems/{code}")
READS = (("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"))
CODES = (
    *("bad_head", "not_json", "not_utf8", "duplicate_key", "too_deep", "body_incomplete", "unauthorized", "not_found"),
    *("method_not_allowed", "not_acceptable", "body_timeout", "body_too_large", "unsupported_media_type"),
    *("invalid_request", "inconsistent_contract", "margin_conflict", "margin_terms_missing"),
    *("leverage_out_of_range", "expired_contract", "price_missing", "beta_missing", "too_many_requests"),
    *("duplicate_symbol_beta_conflict", "size_out_of_range", "internal_error", "price_unavailable"),
    *("not_listed", "exchange_off", "currency_mismatch", "as_of_not_now"),
)
STRANGERS = ("nothing", "Not_Found", "not-found", "price_missing2", "null")
"""Names that no problem has."""


def _raw(body: bytes, **more: Any) -> Sent:
    """Put bytes into a request to the sizing endpoint."""
    return Sent(*SIZING, body, **more)


_GOOD = json.dumps(BASKET).encode()
_DECLARED = ("content-type", JSON)
_NUMBERS = (b"-0.0", b"1E2", b"1e999", b"9" * 5000)
HOSTILE: tuple[Sent, ...] = (
    *(_raw(_GOOD, headers=(_DECLARED, ("x-request-id", "a" * length))) for length in (1, 128, 129)),
    *(_raw(b"{}", headers=(_DECLARED, ("x-request-id", "a" * length))) for length in (128, 129)),
    *(_raw(body) for body in (b"", b" ", b"{", b"null", b"[]", b"{}", b"\xff", b"\xef\xbb\xbf" + _GOOD, _GOOD + b"{}")),
    *(_raw(_GOOD.replace(b'"40"', value)) for value in (b"40", b"NaN", b"1e999", b"9" * 5000, b'"\\ud800"', b'"\x01"')),
    *(_raw(_GOOD.replace(b'"quantity"', b'"beta": ' + value + b', "quantity"', 1)) for value in _NUMBERS),
    _raw(_GOOD.replace(b'"asset": "SOL"', b'"asset": "SOL", "asset": "SOL"')),
    _raw(b'{"\\ud800": 1}'),
    _raw(b'{"' + b"a/~%\xc3\xa4" * 50_000 + b'": 1}'),
    _raw(b"[" * 100_000),
    _raw(b'{"holdings":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    _raw(json.dumps({**BASKET, "prices": {str(index): "x" for index in range(2000)}}).encode()),
    _raw(b" " * (1024 * 1024 + 1)),
    _raw(_GOOD, headers=(_DECLARED, ("accept", "application/xml"))),
    _raw(_GOOD, headers=(_DECLARED, ("accept", "application/json;q=0, */*"))),
    _raw(_GOOD, headers=(_DECLARED, ("accept", "text/html, application/*;q=0.5"))),
    *(_raw(_GOOD, headers=(("content-type", kind),)) for kind in ("text/plain", "text/json", "application/jsonl", "")),
    *(_raw(body, headers=()) for body in (b"", _GOOD)),
    _raw(_GOOD, headers=(("content-type", 'Application/JSON; charset="UTF-8"'),)),
    _raw(_GOOD, headers=(("content-type", "application/json; charset=latin-1"),)),
    _raw(_GOOD, headers=(_DECLARED, ("content-encoding", "gzip"))),
    *(_raw(_GOOD, query=query) for query in (b"a=1", b"coverage=1&coverage=2", b"=")),
    *(_raw(_GOOD, fault=fault) for fault in ("cut", "silent", "defect")),
)
