"""Problems: a stable code, a page for each, and nothing internal in an answer."""

import json

import httpx
import pytest

from service.api.messages.kinds import KINDS
from service.api.messages.problems import pointer
from service.api.openapi import examples
from service.app import create_app
from service.hedging.errors import HedgingError
from service.hedging.sizing import Sizing
from service.metrics import Metrics
from tests.conftest import Call, caller


class BrokenMetrics(Metrics):
    """Metrics with a defect, to see what a defect does."""

    def observe_sizing(self, sizing: Sizing) -> None:
        """Fail with a text that nobody outside may see."""
        raise RuntimeError(f"secret {sizing.side}")


@pytest.mark.parametrize("error", HedgingError.__subclasses__(), ids=lambda error: error.code)
def test_every_question_without_an_answer_has_a_page(error: type[HedgingError]) -> None:
    """No refusal of the core reaches a caller without an explanation, and all are 422."""
    assert KINDS[error.code].status == 422


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_is_explained_to_programs_and_to_people(call: Call, code: str) -> None:
    """A problem's type is a page that exists: JSON by default, HTML for a browser."""
    shown = call("GET", f"/problems/{code}").json()
    page = call("GET", f"/problems/{code}", headers={"accept": "text/html,*/*;q=0.8"})

    assert (shown["code"], shown["status"], shown["title"]) == (code, KINDS[code].status, KINDS[code].title)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<h1>{KINDS[code].title}</h1>" in page.text


def test_the_list_of_problems_leads_to_each(call: Call) -> None:
    """All of them on one page."""
    page = call("GET", "/problems").text

    assert all(f'href="/problems/{code}"' in page for code in KINDS)


def test_an_unknown_problem_is_not_found(call: Call) -> None:
    """There is no page for a code that does not exist."""
    assert call("GET", "/problems/nonsense").json()["code"] == "not_found"


@pytest.fixture
def failure(capsys: pytest.CaptureFixture[str]) -> tuple[httpx.Response, list[dict[str, object]]]:
    """Provoke a defect; give the answer and the lines that were logged."""
    answer = caller(create_app({}, BrokenMetrics()))("POST", "/v1/sizing", json=examples.SEED)
    return answer, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_defect_is_an_honest_500_that_says_nothing_internal(
    failure: tuple[httpx.Response, list[dict[str, object]]],
) -> None:
    """The caller gets the request id and no more."""
    answer, _ = failure

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


def test_a_defect_is_one_line_in_the_log_with_its_traceback(
    failure: tuple[httpx.Response, list[dict[str, object]]],
) -> None:
    """The operator finds it by the request id, once."""
    answer, (line,) = failure

    assert (line["event"], line["level"], line["request_id"]) == ("failed", "error", answer.headers["x-request-id"])
    assert "secret short" in json.dumps(line["exception"])
    assert "locals" not in json.dumps(line["exception"])


def test_a_refusal_is_one_line_in_the_log_and_an_answer_is_none(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    """What went well is counted, not logged."""
    call("GET", "/health/live")
    call("GET", "/nowhere/in/particular")

    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["event"], line["code"], line["route"]) == ("refused", "not_found", "unmatched")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "#"),
        (("holdings", 0, "quantity"), "#/holdings/0/quantity"),
        (("a/b", "c~d"), "#/a~1b/c~0d"),
        (("\u20ac uro",), "#/%E2%82%AC%20uro"),
        (("x" * 1000,), "#/" + "x" * 255),
        (("\U0001f600" * 30,), "#/" + "%F0%9F%98%80" * 21),
    ],
)
def test_a_pointer_is_a_uri_fragment_of_printable_length(path: tuple[str | int, ...], text: str) -> None:
    """RFC 6901, section 6: escaped and percent-encoded, whatever a caller named its fields."""
    assert pointer(path) == text
