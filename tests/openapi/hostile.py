"""Requests of which no schema speaks: bytes, headers, paths, connections that fail, and a defect of ours."""

import json
from collections.abc import Iterator

from tests.openapi.asgi import JSON, Fault, Sent
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.scenes import BASKET
from tests.openapi.staging import SIZING, Body, Key, pose

PROBLEM = ("GET", "/problems/{code}")
READS = (("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"))
CODES = (
    *("bad_head", "not_json", "not_utf8", "duplicate_key", "too_deep", "body_incomplete", "unauthorized", "not_found"),
    *("method_not_allowed", "not_acceptable", "body_timeout", "body_too_large", "unsupported_media_type"),
    *("invalid_request", "inconsistent_contract", "margin_conflict", "margin_terms_missing"),
    *("leverage_out_of_range", "expired_contract", "price_missing", "beta_missing", "too_many_requests"),
    *("duplicate_symbol_beta_conflict", "size_out_of_range", "internal_error", "price_unavailable"),
    *("not_listed", "exchange_off", "currency_mismatch", "as_of_not_now", "crossed_market", "inconsistent_question"),
    *("no_instrument", "too_few_observations", "zero_variance", "overloaded"),
)
STRANGERS = ("nothing", "Not_Found", "not-found", "price_missing2", "null")
"""Names that no problem has."""


_DECLARED = ("content-type", JSON)
_FAULTS: tuple[Fault, ...] = ("cut", "silent", "defect")
_NUMBERS = (b"-0.0", b"1E2", b"1e999", b"9" * 5000)
_GOOD = json.dumps(BASKET).encode()
_ACCEPTED = (
    *("application/xml", "application/json;q=0, */*", "text/html, application/*;q=0.5", "image/svg+xml", "image/*"),
    *("*/*", "*/*;q=0", "image/svg+xml;q=0.5, */*;q=0.4", "image/svg+xml, application/json", "image/png"),
    *("image/svg+xml;q=0.4, application/json;q=0.5", "image/svg+xml;q=0, image/*", "IMAGE/SVG+XML;Q=0.1"),
    "application/json;q=0, image/svg+xml;q=0.001",
)
"""Wishes for a form, from none that there is to the last one."""


def _pose_all() -> Iterator[tuple[Key, Sent]]:
    """Pose one after the other; what is about the envelope of any body to each operation that has one."""
    for key, part in REPERTOIRE.items():
        yield from ((key, sent) for sent in _envelopes(key, part.plain))
        for fault in _FAULTS:
            yield key, pose(part.live if fault == "defect" else part.plain, key)._replace(fault=fault)
    for value in (b"40", b"NaN", b"1e999", b"9" * 5000, b'"\\ud800"', b'"\x01"'):
        yield SIZING, _raw(_GOOD.replace(b'"40"', value))
    for value in _NUMBERS:
        yield SIZING, _raw(_GOOD.replace(b'"quantity"', b'"beta": ' + value + b', "quantity"', 1))
    yield SIZING, _raw(_GOOD.replace(b'"asset": "SOL"', b'"asset": "SOL", "asset": "SOL"'))
    yield SIZING, _raw(b'{"holdings":' + b"[" * 5000 + b"]" * 5000 + b"}")
    yield SIZING, _raw(json.dumps({**BASKET, "prices": {str(index): "x" for index in range(2000)}}).encode())


def _envelopes(key: Key, body: Body) -> Iterator[Sent]:
    """Wrap a good body badly, and put anything else into a good wrapping."""
    good = json.dumps(body).encode()
    for length in (1, 128, 129):
        yield _raw(good, key, ("x-request-id", "a" * length))
    for length in (128, 129):
        yield _raw(b"{}", key, ("x-request-id", "a" * length))
    for raw in (
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"as_of": 0}',
        b"\xff",
        b"\xef\xbb\xbf" + good,
        good + b"{}",
        b'{"\\ud800": 1}',
    ):
        yield _raw(raw, key)
    yield _raw(good[:-1] + b', "as_of": null, "as_of": null}', key)
    yield _raw(b'{"' + b"a/~%\xc3\xa4" * 50_000 + b'": 1}', key)
    yield _raw(b"[" * 100_000, key)
    yield _raw(b" " * (1024 * 1024 + 1), key)
    yield from (_raw(good, key, ("accept", accepted)) for accepted in _ACCEPTED)
    for kind in ("text/plain", "text/json", "application/jsonl", ""):
        yield _raw(good, key)._replace(headers=(("content-type", kind),))
    yield from (_raw(raw, key)._replace(headers=()) for raw in (b"", good))
    yield _raw(good, key)._replace(headers=(("content-type", 'Application/JSON; charset="UTF-8"'),))
    yield _raw(good, key)._replace(headers=(("content-type", "application/json; charset=latin-1"),))
    yield _raw(good, key, ("content-encoding", "gzip"))
    yield from (_raw(good, key)._replace(query=query) for query in (b"a=1", b"coverage=1&coverage=2", b"="))


def _raw(body: bytes, key: Key = SIZING, *headers: tuple[str, str]) -> Sent:
    """Put bytes into a request."""
    return Sent(*key, body, (_DECLARED, *headers))


HOSTILE: tuple[tuple[Key, Sent], ...] = tuple(_pose_all())
"""Each with the operation that it is for."""
