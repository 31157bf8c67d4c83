"""Which form an answer comes in: JSON unless a chart is wanted more, and a problem where neither will do."""

from xml.etree import ElementTree as ET

import pytest

from tests.openapi.asgi import JSON, SVG, Answer, Sent
from tests.openapi.refusals import MEDIA_TYPE
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.staging import BASIS, CARRY, SCENARIOS, Key, pose
from tests.openapi.witness import Trial, Witness

CHARTED = [BASIS, CARRY, SCENARIOS]
_NAMESPACE = "{http://www.w3.org/2000/svg}"


def wish(key: Key, *accept: str) -> Sent:
    """Ask a plain question with a wish for a form, or without any."""
    headers = (("content-type", JSON), *(("accept", text) for text in accept))
    return pose(REPERTOIRE[key].plain, key)._replace(headers=headers)


@pytest.mark.parametrize("key", CHARTED, ids="/".join)
@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (SVG, SVG),
        ("image/*", SVG),
        ("image/svg+xml, application/json;q=0.9", SVG),
        ("text/html, image/svg+xml;q=0.001", SVG),
        ("*/*;q=0.4, image/svg+xml;q=0.5", SVG),
        ("application/json;q=0, */*", SVG),
        (JSON, JSON),
        ("*/*", JSON),
        ("image/svg+xml, application/json", JSON),
        ("image/svg+xml;q=0.5, application/json;q=0.5", JSON),
        ("image/svg+xml;q=0, */*;q=0.1", JSON),
        ("image/png, application/*", JSON),
        ("image/png", MEDIA_TYPE),
        ("image/svg+xml;q=0", MEDIA_TYPE),
        ("*/*;q=0", MEDIA_TYPE),
    ],
)
def test_the_form_that_is_wanted_most_is_sent(witness: Witness, key: Key, accept: str, form: str) -> None:
    """Qualities decide, the most specific range first, and of two that are wanted alike JSON is sent."""
    (answer,) = witness.ask(wish(key, accept))

    assert answer.media_type == form
    assert answer.status == (406 if form == MEDIA_TYPE else 200)


@pytest.mark.parametrize("key", CHARTED, ids="/".join)
def test_who_wants_nothing_special_gets_json(witness: Witness, key: Key) -> None:
    """Without Accept it is the answer that Accept: application/json gets."""
    plain, wanted = witness.ask(wish(key), wish(key, JSON))

    assert plain.body == wanted.body
    assert plain.media_type == JSON


@pytest.mark.parametrize("key", CHARTED, ids="/".join)
def test_whoever_keeps_an_answer_is_told_what_it_depends_on(trial: Trial, key: Key) -> None:
    """Every answer in one of several forms says that it varies with Accept."""
    answers = [exchange.answer for exchange in trial.of(key) if exchange.answer.status == 200]

    assert {answer.headers.get("vary") for answer in answers} == {"accept"}
    assert {answer.media_type for answer in answers} == {JSON, SVG}


@pytest.mark.parametrize("key", CHARTED, ids="/".join)
def test_every_chart_can_be_read(trial: Trial, key: Key) -> None:
    """A chart is well-formed, says in words what it shows, and has nothing in it that runs or loads."""
    charts = [exchange.answer for exchange in trial.of(key) if exchange.answer.media_type == SVG]

    assert charts
    for chart in charts:
        root = read(chart)

        assert root.tag == f"{_NAMESPACE}svg"
        assert root.findtext(f"{_NAMESPACE}title")
        assert root.findtext(f"{_NAMESPACE}desc")
        assert not any(element.tag in {f"{_NAMESPACE}script", f"{_NAMESPACE}image"} for element in root.iter())


@pytest.mark.parametrize("key", CHARTED, ids="/".join)
def test_the_same_chart_is_the_same_bytes(witness: Witness, key: Key) -> None:
    """A question of then has one chart."""
    first, second = witness.ask(wish(key, SVG), wish(key, "image/*"))

    assert first.body == second.body


def read(chart: Answer) -> ET.Element:
    """Read a chart."""
    return ET.fromstring(chart.body)  # noqa: S314
