"""Which form of an answer a head takes: by quality, the most specific range first, JSON where it does not matter."""

import pytest

from service.api.openapi import examples
from tests.conftest import Call

JSON, SVG = "application/json", "image/svg+xml"
PATHS = [("/v1/basis", examples.SEED_BASIS), ("/v1/carry", examples.SEED_CARRY)]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/*", JSON),
        ("image/svg+xml", SVG),
        ("IMAGE/SVG+XML", SVG),
        ("image/*", SVG),
        ("image/svg+xml, application/json", JSON),
        ("image/svg+xml, */*;q=0.9", SVG),
        ("image/svg+xml;q=0.9, */*", JSON),
        ("image/svg+xml, application/json;q=0.5", SVG),
        ("image/svg+xml;q=0.1, application/json;q=0.2", JSON),
        ("image/svg+xml; charset=utf-8; q=1.000, */*;q=0.999", SVG),
        ("image/*;q=0.8, image/svg+xml;q=0, */*;q=0.1", JSON),
        ("*/*;q=0, image/svg+xml;q=0.001", SVG),
        ("application/json;q=0, */*", SVG),
        ("image/svg+xml;q=high, application/json;q=0.9", SVG),
        ("text/html, application/xhtml+xml, image/webp, */*;q=0.8", JSON),
        ("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", SVG),
    ],
)
@pytest.mark.parametrize(("path", "seed"), PATHS)
def test_the_form_is_the_one_that_is_wanted_most(
    call: Call, *, path: str, seed: dict[str, object], accept: str, form: str
) -> None:
    """And a cache is told that it depends on that."""
    answer = call("POST", path, json=seed, headers={"accept": accept})

    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, form)
    assert answer.headers["vary"] == "accept"


@pytest.mark.parametrize(
    "accept",
    ["text/html", "image/png", "application/json;q=0, image/svg+xml;q=0", "*/*;q=0", "application/json;q=0", ""],
)
@pytest.mark.parametrize(("path", "seed"), PATHS)
def test_a_form_that_nobody_offers_is_not_acceptable(
    call: Call, *, path: str, seed: dict[str, object], accept: str
) -> None:
    """406, in JSON."""
    answer = call("POST", path, json=seed, headers={"accept": accept})

    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_forms_in_two_lines_count_together(call: Call) -> None:
    """As one line with a comma between them."""
    lines = [("accept", "application/json;q=0.5"), ("accept", "image/svg+xml;q=0.6")]

    answer = call("POST", "/v1/basis", json=examples.SEED_BASIS, headers=lines)

    assert answer.headers["content-type"] == SVG


def test_what_has_no_chart_offers_json_alone(call: Call) -> None:
    """A size is no curve."""
    refused = call("POST", "/v1/sizing", json=examples.SEED, headers={"accept": SVG})
    served = call("POST", "/v1/sizing", json=examples.SEED, headers={"accept": f"{SVG}, */*;q=0.1"})

    assert refused.status_code == 406
    assert (served.status_code, served.headers["content-type"]) == (200, JSON)
