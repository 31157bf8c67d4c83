"""What the service has to answer, foretold from the document, the request and the world alone.

Law: nothing of `service` is imported. The schema decides what is valid, `reasons` and its like which valid questions
have an answer, and the Accept header with the forms that the document names in which of them it comes.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.openapi import (
    basis_reasons,
    carry_reasons,
    coverage_reasons,
    effectiveness_reasons,
    frontier_reasons,
    hedge_ratio_reasons,
    margin_reasons,
    reasons,
    scenario_reasons,
    simulation_reasons,
)
from tests.openapi.asgi import JSON, SVG, Answer, Sent
from tests.openapi.document import Document, Operation, operations, validator
from tests.openapi.events import MEDIA_TYPE as EVENTS
from tests.openapi.lookups import Around, Question, refuse_contracts, refuse_prices
from tests.openapi.pairs import refuse_stream
from tests.openapi.queries import QueryReader
from tests.openapi.staging import (
    BASIS,
    CARRY,
    COVERAGE,
    EFFECTIVENESS,
    FRONTIER,
    HEDGE_RATIO,
    MARGIN,
    SCENARIOS,
    SIMULATIONS,
    SIZING,
    Key,
)
from tests.openapi.strict_json import UnreadableError, read_json

UNREADABLE = frozenset(("not_json", "not_utf8", "duplicate_key", "too_deep"))
INVALID = frozenset(("invalid_request",))
LARGEST_BODY = 1024 * 1024
MOST_ERRORS = 50
MOST_RETURNS = 4000
"""From which betas are estimated at once."""
SURE_OF_NAME = 240
"""So many characters of the name of a parameter are told at least, as it is written in an error."""
_STATUSES = {"price_unavailable": 503, "overloaded": 503}
"""Of refusals for which the request is not to blame."""


class Forecast(NamedTuple):
    """What has to come back."""

    status: int
    codes: frozenset[str] = frozenset()
    """Codes of which the problem has one; empty for an answer."""
    wrong: frozenset[str] = frozenset()
    """Parameters that the problem has to name, and no others."""
    form: str | None = None
    """Content type of an answer; None where it is not foretold."""

    def describes(self, answer: Answer) -> bool:
        """Tell whether an answer is as foretold."""
        if answer.status != self.status or self.form not in {None, answer.media_type}:
            return False
        if self.codes and answer.content.get("code") not in self.codes:
            return False
        return not self.wrong or self._are_named(answer.content["errors"])

    def _are_named(self, errors: list[dict[str, str]]) -> bool:
        """Tell whether errors name exactly the parameters that are wrong; of many, some."""
        found = {error.get("parameter", "")[:SURE_OF_NAME] for error in errors}
        expected = {_written(name)[:SURE_OF_NAME] for name in self.wrong}
        return found <= expected and (found == expected or len(errors) == MOST_ERRORS)


def _written(name: str) -> str:
    """Write a name as an error does: with the escapes of JSON pointers, and then of URI fragments."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="!$&'()*+,;=:@~")


Foretell = Callable[[Sent, Around], Forecast]
Refuse = Callable[[Question, Around], str | None]
"""Names what makes a valid question unanswerable."""


class Oracle:
    """Foretells the answers of a service that keeps to a document."""

    def __init__(self, document: Document, only: Key | None = None) -> None:
        """Compile the document's schemas, of all operations or of one."""
        described = (operation for operation in operations(document) if only in {None, operation.key})
        self._forecasts = {operation.key: _forecaster(document, operation) for operation in described}

    def foretell(self, operation: Key, sent: Sent, around: Around) -> Forecast:
        """Foretell the answer of an operation to a request that is otherwise in order."""
        if operation not in self._forecasts:
            return Forecast(200)
        return self._forecasts[operation](sent, around)


def around(sent: Sent, answer: Answer) -> Around:
    """Tell what surrounded a question when it was asked."""
    if sent.fault == "off":
        return Around(answer.asked_at, exchanges=frozenset())
    return Around(answer.asked_at, is_answered=sent.fault != "outage")


def _forecaster(document: Document, operation: Operation) -> Foretell:
    """Make the function that foretells the answers of one operation."""
    if "requestBody" in operation.spec:
        return _body_forecaster(document, operation)
    in_path = [parameter for parameter in operation.spec.get("parameters", []) if parameter["in"] == "path"]
    if in_path:
        return partial(_foretell_page, validator(document, in_path[0]["schema"]).is_valid)
    if operation.path in _MARKET:
        return partial(_foretell_query, QueryReader(document, operation), _what_is_offered(operation))
    return lambda _, __: Forecast(200)


def _body_forecaster(document: Document, operation: Operation) -> Foretell:
    """Make the function that foretells the answers of an operation with a body."""
    content = operation.spec["requestBody"]["content"]
    (media_type,) = content
    terms = _Terms(media_type, tuple(operation.spec["responses"]["200"]["content"]))
    is_valid = validator(document, content[media_type]["schema"]).is_valid
    foretell = partial(_foretell_answer, terms, is_valid, _REASONS.get(operation.path, _refuse_nothing))
    return foretell if operation.spec["requestBody"].get("required") else partial(_foretell_optional, foretell)


def _foretell_optional(foretell: Foretell, sent: Sent, around: Around) -> Forecast:
    """Foretell the answer of an operation that needs no body."""
    return foretell(sent, around) if sent.body or "content-type" in dict(sent.headers) else Forecast(200)


def _foretell_page(is_valid: Callable[[str], bool], sent: Sent, _: Around) -> Forecast:
    """Foretell whether there is a page of the name that ends the path."""
    if sent.fault == "spent":
        return _SPENT
    known = is_valid(sent.path.rpartition("/")[2])
    return Forecast(200) if known else Forecast(404, frozenset(("not_found",)))


def _what_is_offered(operation: Operation) -> "_Offer":
    """Read what an operation with a query answers with."""
    answers = operation.spec["responses"]
    forms = tuple(answers["200"].get("content", (JSON,)))
    return _Offer(_Terms("", forms), _MARKET[operation.path], can_be_the_same="304" in answers)


def _foretell_query(reader: QueryReader, offer: "_Offer", sent: Sent, around: Around) -> Forecast:
    """Foretell the answer to a query."""
    refused = next((forecast for applies, forecast in _HEAD if applies(sent, offer.terms)), None)
    if refused is not None:
        return refused
    query, wrong = reader.read(sent.query)
    if wrong:
        return Forecast(422, INVALID, wrong)
    code = _safely(lambda: offer.refuse(query, around))
    if code is not None:
        return _foretell_failure(code, sent)
    is_known = offer.can_be_the_same and dict(sent.headers).get("if-none-match") == "*"
    if EVENTS in offer.terms.forms and sent.fault == "overloaded":
        return _refused("overloaded")
    return Forecast(304) if is_known else Forecast(200, form=offer.terms.forms[0])


def _foretell_failure(code: str, sent: Sent) -> Forecast:
    """Foretell a refusal, of which whoever comes back to a stream hears as of an event if it may pass."""
    is_back = code == "price_unavailable" and "last-event-id" in dict(sent.headers)
    return Forecast(200, form=EVENTS) if is_back else _refused(code)


def _foretell_answer(
    terms: "_Terms", is_valid: Callable[[Any], bool], refuse: Refuse, sent: Sent, around: Around
) -> Forecast:
    """Foretell the answer to a question with a body."""
    refused = _refuse_envelope(terms, sent._replace(body=b"" if len(sent.body) <= LARGEST_BODY else sent.body))
    if refused is not None:
        return refused
    try:
        question = _question(sent.body)
    except UnreadableError:
        return Forecast(400, UNREADABLE)
    if not is_valid(question):
        return Forecast(422, INVALID)
    code = _refusal(sent.body, around, refuse)
    if code is not None:
        return _refused(code)
    form = _choose(sent, terms.forms)
    is_heavy = form == SVG or sent.path in _HEAVY or _has_many_returns(question)
    return _refused("overloaded") if is_heavy and sent.fault == "overloaded" else Forecast(200, form=form)


def _has_many_returns(question: Question) -> bool:
    """Tell whether betas are estimated from more returns than are counted while others wait."""
    series = (question.get("betas") or {}).get("series") or {}
    return sum(map(len, (series.get("returns") or series.get("closes") or {}).values())) > MOST_RETURNS


@cache
def _refuse_envelope(terms: "_Terms", sent: Sent) -> Forecast | None:
    """Foretell what is refused whatever the body says; it is looked at for its size only."""
    return next((forecast for applies, forecast in _ENVELOPE if applies(sent, terms)), None)


def _refused(code: str) -> Forecast:
    """Foretell a refusal for a reason that lies in the question or in the market."""
    return Forecast(_STATUSES.get(code, 422), frozenset((code,)))


def _refuse_nothing(_: Question, __: Around) -> None:
    """Find nothing to refuse in a valid query."""


_REASONS: dict[str, Refuse] = {
    SIZING[1]: reasons.find_refusal,
    BASIS[1]: basis_reasons.find_refusal,
    CARRY[1]: carry_reasons.find_refusal,
    MARGIN[1]: margin_reasons.find_refusal,
    COVERAGE[1]: coverage_reasons.find_refusal,
    EFFECTIVENESS[1]: effectiveness_reasons.find_refusal,
    FRONTIER[1]: frontier_reasons.find_refusal,
    SCENARIOS[1]: scenario_reasons.find_refusal,
    SIMULATIONS[1]: simulation_reasons.find_refusal,
    HEDGE_RATIO[1]: hedge_ratio_reasons.find_refusal,
}
"""By path of the operation with a body."""
_HEAVY = frozenset((EFFECTIVENESS[1], FRONTIER[1], HEDGE_RATIO[1], SIMULATIONS[1]))
"""Paths whose answers are always heavy work; of others the charts are."""
_MARKET: dict[str, Refuse] = {
    "/v1/prices": refuse_prices,
    "/v1/contracts": refuse_contracts,
    "/v1/exchanges": _refuse_nothing,
    "/v1/stresses": _refuse_nothing,
    "/v1/basis/stream": refuse_stream,
}
"""By path of the operation that looks at the market."""


class _Offer(NamedTuple):
    """What an operation with a query answers."""

    terms: "_Terms"
    refuse: Refuse
    can_be_the_same: bool
    """Whether it tells a caller that it has the same already."""


class _Terms(NamedTuple):
    """What an operation takes, and what it offers."""

    media_type: str
    """Of the body; none of a query."""
    forms: tuple[str, ...]
    """Content types of the answer; of those that are wanted alike the first is sent."""


def _excludes_all(sent: Sent, terms: _Terms) -> bool:
    """Tell whether the Accept header leaves nothing to answer with."""
    return not max(_weights(sent, terms.forms).values())


def _choose(sent: Sent, forms: tuple[str, ...]) -> str:
    """Choose the form that is wanted most."""
    weights = _weights(sent, forms)
    return max(weights, key=weights.__getitem__)


def _weights(sent: Sent, forms: tuple[str, ...]) -> dict[str, float]:
    """Tell how much each form is wanted; the most specific range decides."""
    ranges = dict(_weigh(entry) for entry in dict(sent.headers).get("accept", "*/*").lower().split(","))
    return {form: next((ranges[kind] for kind in _ranges_of(form) if kind in ranges), 0) for form in forms}


def _ranges_of(form: str) -> tuple[str, str, str]:
    """List the ranges that a content type is in, the most specific first."""
    return form, f"{form.partition('/')[0]}/*", "*/*"


def _weigh(entry: str) -> tuple[str, float]:
    """Read one media range with its quality."""
    kind, _, quality = entry.replace(" ", "").partition(";q=")
    return kind, float(quality or 1)


def _declares_another(sent: Sent, terms: _Terms) -> bool:
    """Tell whether the body is declared as something else than what the document takes, as UTF-8 and as it is."""
    headers = dict(sent.headers)
    kind, _, charset = headers.get("content-type", "").lower().replace(" ", "").replace('"', "").partition(";")
    is_plain = charset in {"", "charset=utf-8"} and headers.get("content-encoding", "identity") == "identity"
    return kind != terms.media_type or not is_plain


Case = tuple[Callable[[Sent, _Terms], bool], Forecast]
_SPENT = Forecast(429, frozenset(("too_many_requests",)))
_CALLER: tuple[Case, ...] = (
    (lambda sent, _: sent.fault == "spent", _SPENT),
    (lambda sent, _: sent.fault == "keyless", Forecast(401, frozenset(("unauthorized",)))),
)
_DEFECT: Case = (lambda sent, _: sent.fault == "defect", Forecast(500, frozenset(("internal_error",))))
_HEAD: tuple[Case, ...] = (
    *_CALLER,
    (_excludes_all, Forecast(406, frozenset(("not_acceptable",)))),
    _DEFECT,
)
"""What is refused before a query is read, in order."""
_ENVELOPE: tuple[Case, ...] = (
    *_HEAD[:-1],
    (_declares_another, Forecast(415, frozenset(("unsupported_media_type",)))),
    (lambda sent, _: bool(sent.query), Forecast(422, INVALID)),
    (lambda sent, _: sent.fault == "cut", Forecast(400, frozenset(("body_incomplete",)))),
    (lambda sent, _: sent.fault == "silent", Forecast(408, frozenset(("body_timeout",)))),
    _DEFECT,
    (lambda sent, _: len(sent.body) > LARGEST_BODY, Forecast(413, frozenset(("body_too_large",)))),
)
"""What is refused before a body is read, in order."""


@cache
def _question(body: bytes) -> Any:
    """Read a body once, however many documents it is held against."""
    return read_json(body)


@cache
def _refusal(body: bytes, around: Around, refuse: Refuse) -> str | None:
    """Name what makes a valid question unanswerable, once for all documents."""
    return _safely(lambda: refuse(_question(body), around))


def _safely(find: Callable[[], str | None]) -> str | None:
    """Name what a question is refused for.

    One that is called valid and makes no sense at all should then have an answer: let the service give one.
    """
    try:
        return find()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
