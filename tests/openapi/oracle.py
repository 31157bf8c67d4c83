"""What the service has to answer, foretold from the document and the request alone.

Law: nothing of `service` is imported. The schema decides what is valid, `reasons` which valid questions have an answer.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, NamedTuple

from tests.openapi.asgi import JSON, Answer, Sent
from tests.openapi.document import Document, Operation, operations, validator
from tests.openapi.reasons import find_refusal
from tests.openapi.strict_json import UnreadableError, read_json

UNREADABLE = frozenset(("not_json", "not_utf8", "duplicate_key", "too_deep"))
INVALID = frozenset(("invalid_request",))
LARGEST_BODY = 1024 * 1024


class Forecast(NamedTuple):
    """What has to come back."""

    status: int
    codes: frozenset[str] = frozenset()
    """Codes of which the problem has one; empty for an answer."""

    def describes(self, answer: Answer) -> bool:
        """Tell whether an answer is as foretold."""
        if answer.status != self.status:
            return False
        return not self.codes or answer.content.get("code") in self.codes


class Oracle:
    """Foretells the answers of a service that keeps to a document."""

    def __init__(self, document: Document) -> None:
        """Compile the document's schemas."""
        self._forecasts = {
            operation.key: _forecaster(document, operation)
            for operation in operations(document)
            if "requestBody" in operation.spec or operation.spec.get("parameters")
        }

    def foretell(self, operation: tuple[str, str], sent: Sent) -> Forecast:
        """Foretell the answer of an operation to a request that is otherwise in order."""
        if operation not in self._forecasts:
            return Forecast(200)
        return self._forecasts[operation](sent)


def _forecaster(document: Document, operation: Operation) -> Callable[[Sent], Forecast]:
    """Make the function that foretells the answers of one operation."""
    if "requestBody" not in operation.spec:
        (parameter,) = operation.spec["parameters"]
        return partial(_foretell_page, validator(document, parameter["schema"]).is_valid)
    content = operation.spec["requestBody"]["content"]
    (media_type,) = content
    foretell = partial(_foretell_sizing, media_type, validator(document, content[media_type]["schema"]).is_valid)
    return foretell if operation.spec["requestBody"].get("required") else partial(_foretell_optional, foretell)


def _foretell_optional(foretell: Callable[[Sent], Forecast], sent: Sent) -> Forecast:
    """Foretell the answer of an operation that needs no body."""
    return foretell(sent) if sent.body or "content-type" in dict(sent.headers) else Forecast(200)


def _foretell_page(is_valid: Callable[[str], bool], sent: Sent) -> Forecast:
    """Foretell whether there is a page of the name that ends the path."""
    known = is_valid(sent.path.rpartition("/")[2])
    return Forecast(200) if known else Forecast(404, frozenset(("not_found",)))


def _foretell_sizing(media_type: str, is_valid: Callable[[Any], bool], sent: Sent) -> Forecast:
    """Foretell the answer to a question about a hedge."""
    refused = next((forecast for applies, forecast in _ENVELOPE if applies(sent, media_type)), None)
    if refused is not None:
        return refused
    try:
        question = _question(sent.body)
    except UnreadableError:
        return Forecast(400, UNREADABLE)
    if not is_valid(question):
        return Forecast(422, INVALID)
    code = _refusal(sent.body)
    return Forecast(200) if code is None else Forecast(422, frozenset((code,)))


def _excludes_json(sent: Sent, _: str) -> bool:
    """Tell whether the Accept header leaves nothing to answer with; the most specific range decides."""
    accept = dict(sent.headers).get("accept")
    if accept is None:
        return False
    weights = dict(_weigh(entry) for entry in accept.lower().split(","))
    return not next((weights[kind] for kind in (JSON, "application/*", "*/*") if kind in weights), 0)


def _weigh(entry: str) -> tuple[str, float]:
    """Read one media range with its quality."""
    kind, _, quality = entry.replace(" ", "").partition(";q=")
    return kind, float(quality or 1)


def _declares_another(sent: Sent, media_type: str) -> bool:
    """Tell whether the body is declared as something else than what the document takes, as UTF-8 and as it is."""
    headers = dict(sent.headers)
    kind, _, charset = headers.get("content-type", "").lower().replace(" ", "").replace('"', "").partition(";")
    is_plain = charset in {"", "charset=utf-8"} and headers.get("content-encoding", "identity") == "identity"
    return kind != media_type or not is_plain


_ENVELOPE: tuple[tuple[Callable[[Sent, str], bool], Forecast], ...] = (
    (_excludes_json, Forecast(406, frozenset(("not_acceptable",)))),
    (_declares_another, Forecast(415, frozenset(("unsupported_media_type",)))),
    (lambda sent, _: bool(sent.query), Forecast(422, INVALID)),
    (lambda sent, _: sent.fault == "cut", Forecast(400, frozenset(("body_incomplete",)))),
    (lambda sent, _: sent.fault == "silent", Forecast(408, frozenset(("body_timeout",)))),
    (lambda sent, _: sent.fault == "defect", Forecast(500, frozenset(("internal_error",)))),
    (lambda sent, _: len(sent.body) > LARGEST_BODY, Forecast(413, frozenset(("body_too_large",)))),
)
"""What is refused before the body is read, in order."""


@cache
def _question(body: bytes) -> Any:  # noqa: ANN401
    """Read a body once, however many documents it is held against."""
    return read_json(body)


@cache
def _refusal(body: bytes) -> str | None:
    """Name what makes a valid question unanswerable, once for all documents; now is now if it names no time.

    A question that is called valid and makes no sense at all should then have an answer: let the service give one.
    """
    try:
        return find_refusal(_question(body), datetime.now(UTC))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
