"""Bytes to records: what is not plain JSON is refused before anything is computed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.types import ASGIApp, Message

from service.api.messages.problems import RefusalError
from service.api.messages.wire import decode, encode
from service.api.openapi import examples
from service.api.sizing import SizingRequest
from service.app import create_app
from tests.conftest import Call


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{} {}", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'{"coverage":NaN}', "not_json"),
        (b'{"nonsense":1,"coverage":-Infinity}', "not_json"),
        (b'{"coverage":"\xff"}', "not_utf8"),
        (b'{"nonsense":1,"coverage":"\xff"}', "not_utf8"),
        ("{}".encode("utf-16"), "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b'{"nonsense":' + b"[" * 100_000, "too_deep"),
        (b'{"coverage":"1","coverage":"1"}', "duplicate_key"),
        (b'{"prices":{"SOL":"1","S\\u004fL":"2"}}', "duplicate_key"),
        (b'{"coverage":"\\ud800"}', "not_json"),
        (b'{"funding":' + b"9" * 5000 + b"}", "invalid_request"),
        (b'{"funding":1e999}', "invalid_request"),
        (b"null", "invalid_request"),
    ],
)
def test_a_body_that_is_not_the_record_is_refused_by_its_first_fault(body: bytes, code: str) -> None:
    """What can't be read is 400 whatever else is wrong; what reads but is not the request is 422."""
    with pytest.raises(RefusalError) as refusal:
        decode(SizingRequest, body)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    "again",
    [
        b'"coverage":"1","coverage":"0.5"',
        b'"coverage":"1","cov\\u0065rage":"0.5"',
        b'"coverage":"2","coverage":"1","as_of":"2026-01-02T03\\u003a04:05Z","as_of":"2026-01-02T03:04:05Z"',
        b'"coverage":"2","coverage":"1","rounding":"d\\u006fwn"',
    ],
)
def test_a_valid_body_with_a_key_given_twice_is_refused(again: bytes) -> None:
    """Two coverages are two questions: the last one is not taken in silence."""
    once = b'"coverage":"1"'
    body = encode(examples.SEED).replace(once, again)

    with pytest.raises(RefusalError) as refusal:
        decode(SizingRequest, body)

    assert refusal.value.code == "duplicate_key"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*;q=0.1", 200),
        ("text/html, application/json;q=0.5", 200),
        ("APPLICATION/JSON", 200),
        ("application/json;q=0.001", 200),
        ("application/xml", 406),
        ("text/*", 406),
        ("application/json;q=0", 406),
        ("application/json;q=0.000, */*", 406),
        ("*/*, application/*;q=0", 406),
        ("", 406),
        ("nonsense", 406),
    ],
)
def test_a_caller_that_does_not_take_json_gets_none(call: Call, accept: str | None, status: int) -> None:
    """RFC 9110: the most specific range decides, and q=0 forbids."""
    headers = {"accept": accept} if accept is not None else {}

    assert call("POST", "/v1/sizing", json=examples.SEED, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 200),
        ({"content-type": 'Application/JSON; charset="UTF-8"'}, 200),
        ({"content-type": "application/json", "content-encoding": "identity"}, 200),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({"content-type": "application/json; profile=x"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
    ],
)
def test_a_body_is_declared_as_plain_json(call: Call, headers: dict[str, str], status: int) -> None:
    """What a proxy or a browser form sends by accident is not taken for a question."""
    answer = call("POST", "/v1/sizing", content=encode(examples.SEED), headers=headers)

    assert answer.status_code == status
    assert status == 200 or answer.headers["accept"] == "application/json"


def test_a_query_parameter_is_not_ignored(call: Call) -> None:
    """A coverage in the query would otherwise be taken for granted and never read."""
    answer = call("POST", "/v1/sizing?coverage=0.5", json=examples.SEED)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"parameter": "coverage", "code": "unknown_parameter", "detail": "All goes into the body"}
    ]


async def _answer(app: ASGIApp, messages: Iterator[Message] | None) -> tuple[int, dict[bytes, bytes]]:
    """Send one sizing request whose body comes as the given messages, or never."""
    sent: list[Any] = []

    async def receive() -> Any:
        """Give the next message, or wait for ever."""
        if messages is None:
            await asyncio.Event().wait()
            raise AssertionError
        return next(messages)

    async def send(message: Message) -> None:
        """Keep what is answered."""
        sent.append(message)

    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": "/v1/sizing",
        "raw_path": b"/v1/sizing",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "http",
    }
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


def test_a_body_that_does_not_arrive_is_given_up() -> None:
    """A slow body costs its sender the connection, not the service a worker."""
    status, headers = asyncio.run(_answer(create_app({"HEDGE_BODY_SECONDS": "0.01"}), None))

    assert (status, headers[b"connection"]) == (408, b"close")


def test_a_body_cut_short_is_no_defect(app: ASGIApp) -> None:
    """A caller who hangs up is refused, not reported as a failure of the service."""
    parts: list[Any] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    status, _ = asyncio.run(_answer(app, iter(parts)))

    assert status == 400
