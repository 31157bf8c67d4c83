"""Promises about single answers: which status, which code, which shape, for which request."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from re import findall

from tests.openapi.asgi import Answer, Sent
from tests.openapi.document import Document, Schema, operations, responses, validator
from tests.openapi.oracle import Oracle, around
from tests.openapi.refusals import find_faults
from tests.openapi.witness import Trial

_LONGEST_QUOTE = 900
_TOLD = frozenset(("etag", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate", "x-request-id"))
"""Headers that tell something that is not the same for every answer here: where they are sent they are documented."""


def documents_every_status(trial: Trial) -> Iterator[str]:
    """Promise that a status is documented if and only if it is observed."""
    observed = {(operation, str(answer.status)) for operation, _, answer in trial.exchanges}
    documented = {(operation, status) for operation, status, _ in responses(trial.document)}
    known = {operation.key for operation in operations(trial.document)}
    yield from (f"{pair} is observed and not documented" for pair in sorted(observed - documented))
    yield from (f"{pair} is documented and not observed" for pair in sorted(documented - observed))
    yield from (f"{key} is answered and not documented" for key in sorted({key for key, _ in observed} - known))


def names_every_code(trial: Trial) -> Iterator[str]:
    """Promise that the description of a refusal names exactly the codes that come with its status."""
    observed: dict[tuple[tuple[str, str], str], set[str]] = defaultdict(set)
    for operation, _, answer in trial.exchanges:
        if answer.status >= 400:
            observed[operation, str(answer.status)].add(answer.content["code"])
    for operation, status, response in responses(trial.document):
        named, found = set(findall(r"`(\w+)`:", response["description"])), observed[operation, status]
        if named != found:
            yield f"{operation} {status} names {sorted(named)}, observed are {sorted(found)}"


def accepts_what_it_allows(trial: Trial) -> Iterator[str]:
    """Promise that a request is answered, refused, and refused for a reason exactly as document and oracle say."""
    oracle = Oracle(trial.document)
    for operation, sent, answer in trial.exchanges:
        forecast = oracle.foretell(operation, sent, around(sent, answer))
        if not forecast.describes(answer):
            expected = f"{forecast.status} {sorted(forecast.codes)}"
            yield f"{expected} was foretold, not {quote(answer.body)}, for {describe(sent)}"


def answers_as_described(trial: Trial) -> Iterator[str]:
    """Promise that every answer has the content type, the headers and the schema that are documented for it."""
    readers = {
        (operation, status): AnswerReader(trial.document, response)
        for operation, status, response in responses(trial.document)
    }
    for operation, sent, answer in trial.exchanges:
        reader = readers.get((operation, str(answer.status)))
        if reader is not None:
            differences = reader.compare(answer)
            yield from (f"{operation} {answer.status} {text}, for {describe(sent)}" for text in differences)


class AnswerReader:
    """Compares answers with what is documented for one status of one operation."""

    def __init__(self, document: Document, response: Schema) -> None:
        """Compile the schemas of the headers and of the body in each of its content types."""
        headers, contents = response.get("headers", {}), response.get("content", {})
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
        else:
            errors = self._bodies[answer.media_type].iter_errors(answer.content)
            yield from (f"differs at {'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors)


def _has_reason_to_lack(answer: Answer, name: str) -> bool:
    """Tell whether a documented header is not sent because it would promise too much: when to ask where never helps."""
    return name == "retry-after" and answer.status == 503 and name not in answer.headers


def refuses_consistently(trial: Trial) -> Iterator[str]:
    """Promise that every refusal is a problem, true to its status, its id, its page and the places it points at."""

    @cache
    def explains(path: str) -> bool:
        """Look a page up."""
        (answer,) = trial.witness.ask(Sent("GET", path, headers=()))
        return answer.status == 200

    for operation, sent, answer in trial.exchanges:
        if answer.status >= 400:
            faults = find_faults(answer, sent, explains)
            yield from (f"{operation}: {fault}, for {describe(sent)}" for fault in faults)


def describe(sent: Sent) -> str:
    """Describe a request in a line."""
    query = "" if not sent.query else f"?{sent.query.decode()}"
    return f"{sent.method} {sent.path}{query} {quote(sent.body)} {dict(sent.headers)} ({sent.fault})"


def quote(value: object) -> str:
    """Quote a value at a length for people."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
