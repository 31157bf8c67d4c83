"""Who may call, and how often: keys, limits, and the headers that tell."""

from pathlib import Path
from typing import Any

import pytest
from litestar.types import ASGIApp, Receive, Send

from service.api.openapi import examples
from service.app import create_app
from service.keys import KeysError, make_key
from tests.conftest import Call, caller

SECRET, KEY = make_key("bot")


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """Give the name of a file with one key."""
    path = tmp_path / "keys"
    path.write_text(f"{KEY.digest} {KEY.name}\n")
    return str(path)


def bearer(secret: str) -> dict[str, str]:
    """Write the header that brings a key."""
    return {"authorization": f"Bearer {secret}"}


def service(**settings: str) -> Call:
    """Make a service of its own and a way to call it."""
    return caller(create_app({f"HEDGE_{name.upper()}": value for name, value in settings.items()}))


def test_a_service_with_keys_serves_those_who_have_one(keys: str) -> None:
    """401 with WWW-Authenticate to all others, before anything of the request is read."""
    call = service(api_keys_file=keys)

    served = call("POST", "/v1/sizing", json=examples.SEED, headers=bearer(SECRET))
    refused = call("POST", "/v1/sizing", content=b"\xff")

    assert served.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"] == 'Bearer realm="minihedge"'
    assert refused.json()["request_id"] == refused.headers["x-request-id"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("mh_" + "x" * 43),
        bearer(KEY.digest),
        bearer(""),
        {"authorization": SECRET},
        {"authorization": f"Basic {SECRET}"},
        [("authorization", f"Bearer {SECRET}"), ("authorization", f"Bearer {SECRET}")],
        {"authorization": b"Bearer \xff\xfe"},
    ],
)
def test_whatever_is_no_key_is_refused(keys: str, headers: Any) -> None:
    """Another secret, another scheme, two at once, no ASCII at all."""
    assert service(api_keys_file=keys)("GET", "/v1/exchanges", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/metrics", 200),
        ("/docs", 200),
        ("/openapi.json", 200),
        ("/problems/unauthorized", 200),
        ("/healthy", 401),
        ("/nowhere", 401),
    ],
)
def test_probes_and_pages_need_no_key(keys: str, path: str, status: int) -> None:
    """What a probe, a scraper or a reader asks for; nothing that begins like it."""
    assert service(api_keys_file=keys)("GET", path).status_code == status


def test_the_operator_may_ask_for_a_key_everywhere(keys: str) -> None:
    """Metrics tell what a service is used for."""
    call = service(api_keys_file=keys, exempt_paths="/health")

    assert call("GET", "/metrics").status_code == 401
    assert call("GET", "/metrics", headers=bearer(SECRET)).status_code == 200


def test_a_file_of_keys_that_can_not_be_read_stops_the_service(tmp_path: Path) -> None:
    """Better none than one that lets anyone in."""
    with pytest.raises(KeysError):
        service(api_keys_file=str(tmp_path / "nowhere"))


def test_every_answer_tells_what_is_left() -> None:
    """RateLimit counts down, RateLimit-Policy says of what; refusals and unknown paths count too."""
    call = service(limit_per_address="3", limit_seconds="60")

    answers = [call("GET", path) for path in ("/v1/exchanges", "/nowhere", "/v1/exchanges?x=1", "/v1/exchanges")]

    assert [answer.status_code for answer in answers] == [200, 404, 422, 429]
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        '"address";r=2',
        '"address";r=1',
        '"address";r=0',
        '"address";r=0',
    ]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"address";q=3;w=60'}
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert answers[3].json()["code"] == "too_many_requests"


def test_a_head_request_that_is_refused_has_no_body() -> None:
    """As HTTP has it."""
    call = service(limit_per_address="1")
    call("GET", "/v1/exchanges")

    answer = call("HEAD", "/v1/exchanges")

    assert (answer.status_code, answer.content) == (429, b"")


def test_a_key_has_a_limit_of_its_own(keys: str) -> None:
    """Strangers at its address use up theirs, not the key's."""
    call = service(api_keys_file=keys, limit_per_address="1", limit_per_key="2")

    strangers = [call("GET", "/v1/exchanges").status_code for _ in range(2)]
    own = [call("GET", "/v1/exchanges", headers=bearer(SECRET)) for _ in range(3)]

    assert strangers == [401, 429]
    assert [answer.status_code for answer in own] == [200, 200, 429]
    assert own[0].headers["ratelimit-policy"] == '"key";q=2;w=60'


def test_probes_are_not_counted() -> None:
    """A health check never runs into a limit."""
    call = service(limit_per_address="1")

    answers = [call("GET", "/health/live") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "ratelimit" not in answers[0].headers


def test_without_a_limit_nothing_is_said_of_one(keys: str) -> None:
    """0 means none, with keys or without."""
    anonymous = service(limit_per_address="0")("GET", "/v1/exchanges")
    known = service(api_keys_file=keys, limit_per_key="0")("GET", "/v1/exchanges", headers=bearer(SECRET))

    assert (anonymous.status_code, known.status_code) == (200, 200)
    assert "ratelimit" not in {*anonymous.headers, *known.headers}


def from_peer(app: ASGIApp, peer: str | None) -> Call:
    """Make a way to call an application from a peer of one's choice."""

    async def moved(scope: Any, receive: Receive, send: Send) -> None:
        """Change where the request seems to come from."""
        there: Any = {**scope, "client": None if peer is None else (peer, 1)}
        await app(there, receive, send)

    return caller(moved)


@pytest.mark.parametrize(
    ("peers", "statuses"),
    [
        (["192.0.2.1", "192.0.2.2"], [200, 200]),
        (["192.0.2.1", "192.0.2.1"], [200, 429]),
        (["2001:db8::1", "2001:db8::2"], [200, 429]),
        (["2001:db8::1", "2001:db8:0:1::1"], [200, 200]),
        (["unix", "unix"], [200, 429]),
        ([None, None], [200, 429]),
    ],
)
def test_an_address_is_a_peer_or_the_network_of_a_household(peers: list[str | None], statuses: list[int]) -> None:
    """Whoever has an IPv6 network has 2^64 addresses, and one limit."""
    app = create_app({"HEDGE_LIMIT_PER_ADDRESS": "1"})

    assert [from_peer(app, peer)("GET", "/v1/exchanges").status_code for peer in peers] == statuses
