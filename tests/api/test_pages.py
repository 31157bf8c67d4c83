"""Pages for people: complete without a network, under a policy that forbids anything else."""

import re

import pytest

from tests.conftest import Call


@pytest.mark.parametrize("path", ["/docs", "/problems", "/problems/not_json"])
def test_a_page_loads_nothing_from_elsewhere(call: Call, path: str) -> None:
    """Every address on the page is on this service, and the policy allows no other and no inline script."""
    page = call("GET", path, headers={"accept": "text/html"})
    policy = page.headers["content-security-policy"]
    linked = re.findall(r'(?:src|href)="([^"]*)"', page.text)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert linked
    assert all(call("GET", address).status_code == 200 for address in linked)
    assert not re.search(r"<script>|<style>|style=|onload=", page.text)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
        ("start.js", "text/javascript; charset=utf-8"),
    ],
)
def test_an_asset_has_its_type(call: Call, name: str, media_type: str) -> None:
    """A browser told not to sniff needs the right type."""
    asset = call("GET", f"/docs/assets/{name}")

    assert (asset.status_code, asset.headers["content-type"]) == (200, media_type)
    assert len(asset.content) > 100


@pytest.mark.parametrize("name", ["index.html", "..%2f..%2fapp.py", "swagger-ui-bundle.js.map"])
def test_only_the_assets_of_the_pages_are_served(call: Call, name: str) -> None:
    """The folder they come from holds more, and none of it is ours to serve."""
    assert call("GET", f"/docs/assets/{name}").status_code == 404


def test_the_document_is_not_sent_twice(call: Call) -> None:
    """Who has the document already is told so, and nothing else."""
    first = call("GET", "/openapi.json")
    second = call("GET", "/openapi.json", headers={"if-none-match": first.headers["etag"]})
    other = call("GET", "/openapi.json", headers={"if-none-match": '"another"'})

    assert other.content == first.content
    assert (second.status_code, second.content, second.headers["etag"]) == (304, b"", first.headers["etag"])
