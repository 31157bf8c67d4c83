"""Promises about single answers: which status, which code, which shape, for which request."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from re import findall

from tests.openapi.asgi import Answer, Sent
from tests.openapi.document import Document, Schema, responses, validator
from tests.openapi.events import MEDIA_TYPE as EVENTS
from tests.openapi.events import compare_events
from tests.openapi.oracle import Oracle, around
from tests.openapi.refusals import find_faults
from tests.openapi.staging import Key
from tests.openapi.strict_json import UnreadableError, read_json
from tests.openapi.witness import Trial

_LONGEST_QUOTE = 900
_TOLD = frozenset(("etag", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate", "x-request-id"))
"""Headers that tell something that is not the same for every answer here: where they are sent they are documented."""


def documents_every_status(trial: Trial) -> Iterator[str]:
    """Promise that a status is documented if and only if it is observed, and so is an operation."""
    yield from trial.judge("statuses", _find_other_statuses)


def _find_other_statuses(trial: Trial, key: Key) -> Iterator[str]:
    """List the statuses of an operation that are only documented, or only observed."""
    observed = {str(exchange.answer.status) for exchange in trial.of(key)}
    documented = {status for status, _ in _responses(trial.document, key)}
    yield from (f"{key} {status} is observed and not documented" for status in sorted(observed - documented))
    yield from (f"{key} {status} is documented and not observed" for status in sorted(documented - observed))


def names_every_code(trial: Trial) -> Iterator[str]:
    """Promise that the description of a refusal names exactly the codes that come with its status."""
    yield from trial.judge("codes", _find_misnamed)


def _find_misnamed(trial: Trial, key: Key) -> Iterator[str]:
    """List the refusals of an operation whose description names other codes."""
    observed: dict[str, set[str]] = defaultdict(set)
    for _, _, answer in trial.of(key):
        if answer.status >= 400:
            observed[str(answer.status)].add(answer.content["code"])
    for status, response in _responses(trial.document, key):
        named, found = set(findall(r"`(\w+)`:", response["description"])), observed[status]
        if named != found:
            yield f"{key} {status} names {sorted(named)}, observed are {sorted(found)}"


def _responses(document: Document, key: Key) -> Iterator[tuple[str, Schema]]:
    """List the documented answers of one operation."""
    yield from ((status, response) for operation, status, response in responses(document) if operation == key)


def accepts_what_it_allows(trial: Trial) -> Iterator[str]:
    """Promise that a request is answered, refused, and refused for a reason exactly as document and oracle say."""
    yield from trial.judge("accepts", _find_unforetold)


def _find_unforetold(trial: Trial, key: Key) -> Iterator[str]:
    """List the answers that nobody foretold."""
    oracle = Oracle(trial.document, key)
    for _, sent, answer in trial.of(key):
        forecast = oracle.foretell(key, sent, around(sent, answer))
        if not forecast.describes(answer):
            expected = f"{forecast.status} {sorted(forecast.codes)}"
            yield f"{expected} was foretold, not {quote(answer.body)}, for {describe(sent)}"


def answers_as_described(trial: Trial) -> Iterator[str]:
    """Promise that every answer has the content type, the headers and the schema that are documented for it."""
    yield from trial.judge("answers", _find_other)


def _find_other(trial: Trial, key: Key) -> Iterator[str]:
    """List the answers that are other than described."""
    readers = {status: AnswerReader(trial.document, response) for status, response in _responses(trial.document, key)}
    for _, sent, answer in trial.of(key):
        reader = readers.get(str(answer.status))
        if reader is not None:
            differences = reader.compare(answer)
            yield from (f"{key} {answer.status} {text}, for {describe(sent)}" for text in differences)


class AnswerReader:
    """Compares answers with what is documented for one status of one operation."""

    def __init__(self, document: Document, response: Schema) -> None:
        """Compile the schemas of the headers and of the body in each of its content types."""
        headers, contents = response.get("headers", {}), response.get("content", {})
        self._document = document
        self._event = contents.get(EVENTS, {}).get("schema")
        self._headers = {name.lower(): validator(document, header["schema"]) for name, header in headers.items()}
        self._bodies = {kind: validator(document, content["schema"]) for kind, content in contents.items()}

    def compare(self, answer: Answer) -> Iterator[str]:
        """List the differences."""
        for name, header in self._headers.items():
            value = answer.headers.get(name)
            if not header.is_valid(value) and not _has_reason_to_lack(answer, name):
                yield f"has {value!r} as {name}"
        for name in answer.headers.keys() & _TOLD - self._headers.keys():
            yield f"has {name}, which is not documented"
        yield from self._compare_body(answer)

    def _compare_body(self, answer: Answer) -> Iterator[str]:
        """List the differences of the body, where there is to be one."""
        if not self._bodies and not answer.body:
            return
        if answer.media_type not in self._bodies:
            yield f"comes as {answer.media_type!r}"
        elif answer.media_type == EVENTS:
            yield from compare_events(self._document, self._event, answer.content)
        else:
            yield from _find_unreadable(answer)
            errors = self._bodies[answer.media_type].iter_errors(answer.content)
            yield from (f"differs at {'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors)


def _find_unreadable(answer: Answer) -> Iterator[str]:
    """Tell if what comes as JSON is more than JSON is, such as NaN and infinity."""
    if not answer.media_type.endswith("json"):
        return
    try:
        read_json(answer.body)
    except UnreadableError as error:
        yield f"is no JSON: {error}"


def _has_reason_to_lack(answer: Answer, name: str) -> bool:
    """Tell whether a documented header is not sent because it would promise too much: when to ask where never helps."""
    return name == "retry-after" and answer.status == 503 and name not in answer.headers


def refuses_consistently(trial: Trial) -> Iterator[str]:
    """Promise that every refusal is a problem, true to its status, its id, its page and the places it points at."""
    yield from trial.judge("refuses", _find_inconsistent)


def _find_inconsistent(trial: Trial, key: Key) -> Iterator[str]:
    """List the refusals that are not what all of them have to be."""

    @cache
    def explains(path: str) -> bool:
        """Look a page up."""
        (answer,) = trial.witness.ask(Sent("GET", path, headers=()))
        return answer.status == 200

    for _, sent, answer in trial.of(key):
        if answer.status >= 400:
            faults = find_faults(answer, sent, explains)
            yield from (f"{key}: {fault}, for {describe(sent)}" for fault in faults)


def describe(sent: Sent) -> str:
    """Describe a request in a line."""
    query = "" if not sent.query else f"?{sent.query.decode()}"
    return f"{sent.method} {sent.path}{query} {quote(sent.body)} {dict(sent.headers)} ({sent.fault})"


def quote(value: object) -> str:
    """Quote a value at a length for people."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
