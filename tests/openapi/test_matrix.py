"""Every status and every problem code that the document names can be had, and no other."""

import pytest

from tests.openapi.asgi import JSON, SVG, Fault, Sent
from tests.openapi.behaviour import documents_every_status, names_every_code
from tests.openapi.looks import CONTRACTS, EXCHANGES_, PLAIN, PRICES, STREAM, look
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.staging import BASIS, CARRY, COVERAGE, HEDGE_RATIO, MARGIN, SIZING, Key, pose
from tests.openapi.witness import Trial, Witness

GOOD = pose(REPERTOIRE[SIZING].plain)
LIVE = pose(REPERTOIRE[SIZING].live)
CHART = pose(REPERTOIRE[BASIS].plain, BASIS)._replace(headers=(("content-type", JSON), ("accept", SVG)))


def _live(key: Key, fault: Fault) -> Sent:
    """Ask a question of now where something is wrong."""
    return pose(REPERTOIRE[key].live, key)._replace(fault=fault)


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param(GOOD._replace(body=b"{"), 400, "not_json", id="not JSON"),
        pytest.param(GOOD._replace(fault="cut"), 400, "body_incomplete", id="the caller hangs up"),
        pytest.param(Sent("GET", "/problems/nothing"), 404, "not_found", id="no such page"),
        pytest.param(GOOD._replace(method="PATCH"), 405, "method_not_allowed", id="wrong method"),
        pytest.param(
            GOOD._replace(headers=(("content-type", JSON), ("accept", "text/csv"))),
            406,
            "not_acceptable",
            id="no JSON wanted",
        ),
        pytest.param(GOOD._replace(fault="silent"), 408, "body_timeout", id="the body never comes"),
        pytest.param(GOOD._replace(body=b" " * (1024 * 1024 + 1)), 413, "body_too_large", id="too large"),
        pytest.param(GOOD._replace(headers=()), 415, "unsupported_media_type", id="no content type"),
        pytest.param(GOOD._replace(body=b"{}"), 422, "invalid_request", id="nothing in it"),
        pytest.param(GOOD._replace(query=b"a=1"), 422, "invalid_request", id="a query"),
        pytest.param(GOOD._replace(fault="defect"), 500, "internal_error", id="a defect of ours"),
        pytest.param(GOOD._replace(fault="keyless"), 401, "unauthorized", id="no key"),
        pytest.param(GOOD._replace(fault="spent", body=b"{"), 429, "too_many_requests", id="asked too often"),
        pytest.param(LIVE._replace(fault="outage"), 503, "price_unavailable", id="no exchange answers"),
        pytest.param(LIVE._replace(fault="off"), 422, "exchange_off", id="no exchange is on"),
        pytest.param(CHART._replace(fault="overloaded"), 503, "overloaded", id="too many charts"),
        *(
            pytest.param(_live(key, "defect"), 500, "internal_error", id=f"a defect of {key[1]}")
            for key in (BASIS, CARRY, MARGIN, COVERAGE, HEDGE_RATIO)
        ),
        *(
            pytest.param(_live(key, "off"), 422, "exchange_off", id=f"nothing on for {key[1]}")
            for key in (BASIS, CARRY, MARGIN, COVERAGE, HEDGE_RATIO)
        ),
        *(
            pytest.param(_live(key, "outage"), 503, "price_unavailable", id=f"no answer for {key[1]}")
            for key in (BASIS, CARRY, MARGIN, COVERAGE, HEDGE_RATIO)
        ),
        pytest.param(look(STREAM, PLAIN[STREAM], "overloaded"), 503, "overloaded", id="too many streams"),
        pytest.param(look(PRICES, "exchange=bybit", "keyless"), 401, "unauthorized", id="no key to see prices"),
        pytest.param(look(PRICES, "a=1", "spent"), 429, "too_many_requests", id="prices too often"),
        pytest.param(look(EXCHANGES_, "", "defect"), 500, "internal_error", id="a defect in a query"),
        pytest.param(look(CONTRACTS, "underlying=BTC", "outage"), 503, "price_unavailable", id="no contract to see"),
        pytest.param(look(CONTRACTS, "underlying=BTC", "off"), 422, "exchange_off", id="no exchange to list any"),
        pytest.param(look(CONTRACTS, "x=1"), 422, "invalid_request", id="another parameter"),
    ],
)
def test_the_hard_statuses_are_provoked(witness: Witness, sent: Sent, status: int, code: str) -> None:
    """Each way to fail that no generator finds ends in its own status and code, and leaks nothing."""
    (answer,) = witness.ask(sent)

    assert (answer.status, answer.content["code"]) == (status, code)
    assert b"secret" not in answer.body


@pytest.mark.parametrize("query", [b"&", b"&&", b"=&", b"%"])
def test_a_query_that_says_nothing_is_answered(witness: Witness, query: bytes) -> None:
    """A query string without a parameter in it is ignored or refused; the caller never waits in vain."""
    (answer,) = witness.ask(GOOD._replace(query=query))

    assert answer.status in {200, 422}


@pytest.mark.parametrize(("status", "header"), [(401, "www-authenticate"), (429, "retry-after"), (503, "retry-after")])
def test_a_refusal_says_what_to_do_next(trial: Trial, status: int, header: str) -> None:
    """How to bring a key, or when to ask again; only of WEEX, which does not serve the place at all, it does not."""
    answers = [one.answer for key in trial.operations for one in trial.of(key) if one.answer.status == status]
    silent = [answer for answer in answers if header not in answer.headers]

    assert len(silent) < len(answers)
    assert all(" at weex: " in error["detail"] for answer in silent for error in answer.content["errors"])


def test_every_status_is_documented_and_observed(trial: Trial) -> None:
    """The pairs of operation and status that are documented are those that are observed, both ways."""
    broken = list(documents_every_status(trial))

    assert not broken, "\n".join(broken)


def test_every_code_is_named_where_it_occurs(trial: Trial) -> None:
    """The description of each refusal names exactly the problem codes that come with it."""
    broken = list(names_every_code(trial))

    assert not broken, "\n".join(broken)
