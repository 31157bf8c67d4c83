"""Health, metrics, and what stands around every answer."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service import __version__
from service.api.openapi import examples
from service.app import create_app
from service.market.source import EXCHANGES
from service.metrics import Metrics
from tests.conftest import Call, caller


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Read metrics as Prometheus does: name and label values, in the order of the labels' names, to number."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("state", ["live", "ready"])
def test_the_service_says_how_it_is(call: Call, state: str) -> None:
    """State and version, to GET and to HEAD."""
    answer, head = call("GET", f"/health/{state}"), call("HEAD", f"/health/{state}")

    assert (answer.json()["status"], answer.json()["version"]) == (state, __version__)
    assert (head.status_code, head.content) == (200, b"")


def test_a_service_that_was_asked_nothing_has_asked_nobody(call: Call) -> None:
    """Ready without Redis and without any exchange: a question may bring all it needs."""
    ready = call("GET", "/health/ready").json()

    assert ready["redis"] == "off"
    assert ready["exchanges"] == [{"exchange": name, "state": "unused"} for name in EXCHANGES]


def test_a_redis_that_can_not_be_reached_is_named() -> None:
    """The service stays ready, since Redis is only a cache, and says what is missing."""
    call = caller(create_app({"HEDGE_REDIS_URL": "redis://127.0.0.1:1", "HEDGE_EXCHANGES": "none"}))

    answer = call("GET", "/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "version": __version__, "redis": "failing", "exchanges": []}


def test_what_happened_is_counted_by_closed_labels() -> None:
    """Routes by template, problems by code, candidates by kind; nothing that a client wrote."""
    call = caller(create_app({}))
    call("POST", "/v1/sizing", json=examples.SEED)
    call("POST", "/v1/sizing", json={})
    call("GET", "/secret/path?token=1")
    call("BREW", "/v1/sizing")

    text = call("GET", "/metrics").text

    counted = samples(text)
    assert counted["hedge_http_requests_total", "POST", "/v1/sizing", "200"] == 1
    assert counted["hedge_http_requests_total", "POST", "/v1/sizing", "422"] == 1
    assert counted["hedge_http_requests_total", "GET", "unmatched", "404"] == 1
    assert counted["hedge_http_requests_total", "other", "unmatched", "405"] == 1
    assert counted["hedge_http_request_duration_seconds_count", "/v1/sizing"] == 2
    assert counted["hedge_problems_total", "invalid_request"] == 1
    assert counted["hedge_sizing_candidates_total", "down", "under_hedged"] == 1
    assert counted["hedge_build_info", __version__] == 1
    assert "secret" not in text
    assert "BREW" not in text


def test_prometheus_gets_plain_text_whatever_it_asks_for(call: Call) -> None:
    """The one format that every version reads."""
    metrics = call("GET", "/metrics", headers={"accept": "application/openmetrics-text; version=x"})

    assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_workers_share_their_counts_through_a_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Metrics of several processes come from their common directory, not from this process's memory."""
    metrics = Metrics(str(tmp_path_factory.mktemp("shared")))
    metrics.observe_request(route="/x", method="GET", status=200, problem=None, seconds=0.1)

    body, _ = metrics.render()

    assert body == b""


@pytest.mark.parametrize("path", ["/health/live", "/v1/sizing", "/nowhere"])
def test_every_answer_carries_an_id_its_time_and_safe_headers(call: Call, path: str) -> None:
    """Also where the router refuses, which middleware would not see."""
    headers = call("GET", path).headers

    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert re.fullmatch(r"app;dur=\d+\.\d{3}", headers["server-timing"])
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("trade-7_a.B", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("", False), ("\u00fc", False)],
)
def test_a_printable_request_id_is_kept_and_any_other_replaced(call: Call, sent: str, kept: bool) -> None:
    """The caller finds its own id in the answer, and nobody finds a log forged."""
    answer = call("GET", "/nowhere", headers={"x-request-id": sent.encode()})

    assert (answer.headers["x-request-id"] == sent) == kept
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_wrong_method_is_told_the_right_ones(call: Call) -> None:
    """405 comes with Allow, and OPTIONS answers the same."""
    refused, asked = call("GET", "/v1/sizing"), call("OPTIONS", "/v1/sizing")

    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == set(asked.headers["allow"].split(", ")) == {"OPTIONS", "POST"}
