"""Pages for people: the interactive document, and one page for each problem.

Law: a page loads nothing from elsewhere, and its content security policy says so.
"""

import importlib.resources
from functools import cache
from hashlib import sha256
from html import escape
from typing import Annotated, Any

import msgspec
import swagger_ui_bundle
from litestar import Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api.messages.kinds import KINDS
from service.api.messages.wire import READ

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer", "cache-control": "no-cache"}
_SHELL = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/docs/assets/{style}">
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png"></head>
<body>{body}</body>
</html>
"""
_BUNDLE = next(
    folder
    for folder in (importlib.resources.files(swagger_ui_bundle) / "vendor").iterdir()
    if folder.name.startswith("swagger-ui-")
)
_START = b"""SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"});
"""
_PLAIN_STYLE = b"""body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
code { background: rgba(127, 127, 127, 0.15); padding: 0.1em 0.3em; }
:root { color-scheme: light dark; }
"""
_OWN_ASSETS = {"start.js": (_START, "text/javascript"), "page.css": (_PLAIN_STYLE, "text/css")}
_BUNDLED_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


class ProblemKind(Struct, frozen=True, kw_only=True):
    """What a problem code means and what to do about it."""

    code: Annotated[str, Meta(description="Stable name of the problem.", examples=["price_missing"], max_length=64)]
    status: Annotated[int, Meta(description="HTTP status it comes with.", examples=[422], ge=400, le=599)]
    title: Annotated[str, Meta(description="The problem in a few words.", examples=["Price missing"], max_length=100)]
    meaning: Annotated[
        str,
        Meta(description="What happened.", examples=["The answer needs a price that was not sent."], max_length=500),
    ]
    remedy: Annotated[
        str,
        Meta(description="What to change.", examples=["Add the spot price of every asset to prices."], max_length=500),
    ]


@route("/openapi.json", http_method=READ)
async def read_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the OpenAPI document, or 304 where the caller has it already."""
    document = request.app.state.document
    tag = _tag(document)
    headers = {"etag": tag, "cache-control": "public, max-age=300"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(document, media_type="application/json", headers=headers)


@route("/docs", http_method=READ)
async def show_document() -> Response[str]:
    """Show the interactive document."""
    body = '<main id="swagger-ui"></main><script src="/docs/assets/swagger-ui-bundle.js"></script>'
    body += '<script src="/docs/assets/start.js"></script>'
    return _page("minihedge", body, style="swagger-ui.css")


@route("/docs/assets/{name:str}", http_method=READ)
async def serve_asset(name: FromPath[str]) -> Response[bytes]:
    """Serve one of the files that the pages are made of."""
    content, media_type = _asset(name)
    return Response(content, media_type=media_type, headers={"cache-control": "public, max-age=3600"})


@route("/problems", http_method=READ)
async def list_problems() -> Response[str]:
    """Show every problem there is."""
    rows = (f'<li><a href="/problems/{code}"><code>{code}</code></a> {kind.title}</li>' for code, kind in KINDS.items())
    return _page("Problems", f"<h1>Problems</h1><ul>{''.join(rows)}</ul>")


@route("/problems/{code:str}", http_method=READ)
async def explain_problem(code: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Explain a problem code.

    Every problem's `type` leads here: what it means and what to do. Answers with a page where the caller prefers HTML.
    """
    if code not in KINDS:
        raise NotFoundException
    kind = KINDS[code]
    if request.accept.best_match(["application/json", "text/html"]) == "text/html":
        text = f"<h1>{kind.title}</h1><p><code>{code}</code>, HTTP status {kind.status}</p>"
        text += f"<p>{escape(kind.meaning)}</p><p>{escape(kind.remedy)}</p>"
        return _page(kind.title, text)
    shown = ProblemKind(code=code, status=kind.status, title=kind.title, meaning=kind.meaning, remedy=kind.remedy)
    headers = {"cache-control": "public, max-age=3600", "vary": "accept"}
    return Response(msgspec.json.encode(shown), media_type="application/json", headers=headers)


@cache
def _tag(document: bytes) -> str:
    return f'"{sha256(document).hexdigest()[:32]}"'


def _page(title: str, body: str, style: str = "page.css") -> Response[str]:
    return Response(_SHELL.format(title=title, body=body, style=style), media_type="text/html", headers=_PAGE_HEADERS)


def _asset(name: str) -> tuple[bytes, str]:
    if name in _OWN_ASSETS:
        return _OWN_ASSETS[name]
    if name in _BUNDLED_ASSETS:
        return (_BUNDLE / name).read_bytes(), _BUNDLED_ASSETS[name]
    raise NotFoundException
