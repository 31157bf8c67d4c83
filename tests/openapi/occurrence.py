"""The promise about all answers together: what is documented for them occurs, and what occurs is documented."""

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Any

from tests.openapi.asgi import Answer
from tests.openapi.document import Document, Schema, allows_null, kinds, meant_by, options, requests, resolve, responses
from tests.openapi.events import MEDIA_TYPE as EVENTS
from tests.openapi.events import read_data, read_events, record_of
from tests.openapi.house import REDIS
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.witness import Trial

RESERVED: dict[str, str] = {
    "UnavailableEvent.code is never 'not_listed'": "a future would have to settle while somebody follows it",
    "SizingReply.candidates.*.order.reduce_only is never True": "a sizing opens hedges, and closes none",
    "CoverageReply.recommendation.outcome.survives is never False": "what the margin does not bear is not recommended",
    "StressBeta.absent_reason is never 'no_exposure'": "what has a ratio has an exposure; of others see UsedBetas",
    "UsedBetas.assets.*.stress.absent_reason is never 'no_exposure'": "a coin alone is all of itself",
    "UsedBetas.history.quote is never 'USDC'": "it takes two coins with pairs in it, and here there is one",
    "Caution.code is never 'old_terms'": "terms are warned about after two hours",
    **({} if REDIS else {"Readiness.redis is never 'reachable'": "there is no Redis on this machine"}),
    "ExchangesReply.exchanges.*.feeds.*.state is never 'old'": "a board is too old to serve after a minute",
    "ExchangesReply.exchanges.*.hosts.*.reason is never 'budget_spent'": "a host that is spared for something else has "
    "to be tried again when the budget of it is spent, and that takes several pauses of a second each",
}
"""What occurs and is not provoked here, each with its reason."""


def describes_only_what_happens(trial: Trial) -> Iterator[str]:
    """Promise that every member, enum value and null of the documented answers is really answered by something.

    What is reserved for later is left out; see `RESERVED`. A record that several answers have says what may be in any
    of them, and one that requests have too says what a caller may send: of these it is enough if every part occurs in
    one answer or another, or in a question that is answered.
    """
    shared = frozenset((*_records_of_requests(trial.document), *_records_of_several(trial.document)))
    search, sent, deeper = _Search(trial.document, shared), _Search(trial.document, shared), _Search(trial.document)
    for name, schema, contents in _observed(trial):
        yield from _surprising(search.find_unseen(schema, contents, name))
    for schema, questions in _answered(trial):
        deque(sent.find_unseen_within(schema, questions, ""), maxlen=0)
    for reference, values in search.shared.items():
        seen = [*values, *sent.shared.get(reference, ())]
        yield from _surprising(deeper.find_unseen_within({"$ref": reference}, seen, _name(reference)))


def _surprising(places: Iterable[str]) -> Iterator[str]:
    """Leave out what is reserved."""
    yield from (place for place in places if place not in RESERVED)


def _observed(trial: Trial) -> Iterator[tuple[str, Schema, list[Any]]]:
    """Gather the answers under each record that is documented for answers.

    What a document suggests to ask about a body does not count: then whatever it claims would come back.
    """
    documented = {
        (operation, status, media_type): content["schema"]
        for operation, status, response in responses(trial.document)
        for media_type, content in response.get("content", {}).items()
    }
    contents: dict[str, list[Any]] = {
        reference: [] for schema in documented.values() for reference in _answering(trial.document, schema)
    }
    others = (trial.suggested(key) for key in trial.operations if key not in REPERTOIRE)
    for operation, _, answer in chain(*trial.witness.posed.values(), *others):
        schema = documented.get((operation, str(answer.status), answer.media_type), {})
        for reference, content in _read(trial.document, schema, answer):
            contents[reference].append(content)
    for reference, values in contents.items():
        yield _name(reference), {"$ref": reference}, values


def _answering(document: Document, schema: Schema) -> Iterator[str]:
    """List the references to the records that a schema of an answer leads to, be it by events."""
    if "$ref" in schema:
        yield schema["$ref"]
    for option in schema.get("oneOf", ()):
        record = record_of(resolve(document, option))
        if record is not None:
            yield record["$ref"]


def _read(document: Document, schema: Schema, answer: Answer) -> Iterator[tuple[str, Any]]:
    """Read the records in an answer, each with the reference to its schema."""
    if "$ref" in schema:
        yield schema["$ref"], answer.content
    elif answer.media_type == EVENTS:
        for record, data in read_data(document, schema, read_events(answer.content)):
            yield record["$ref"], data


def _answered(trial: Trial) -> Iterator[tuple[Schema, list[Any]]]:
    """Gather the questions that were thought of and answered, by the schema of the bodies of their operation."""
    for operation, _, content in requests(trial.document):
        posed = trial.witness.posed.get(operation.key, ())
        bodies = {sent.body for _, sent, answer in posed if answer.status == 200}
        yield content["schema"], [_decode(body) for body in bodies]


@cache
def _decode(body: bytes) -> Any:
    """Decode a question once."""
    return json.loads(body)


def _name(reference: str) -> str:
    """Name the component to which a reference leads."""
    return reference.rpartition("/")[2]


class _Search:
    """Looks for what a document allows for and no answer shows."""

    def __init__(self, document: Document, left: frozenset[str] = frozenset()) -> None:
        """Start with nothing gathered; some records are left to be looked at together."""
        self.shared: dict[str, list[Any]] = {}
        """What stands in answers where such a record stands."""
        self._document = document
        self._left = left

    def find_unseen(self, schema: Schema, values: list[Any], place: str) -> Iterator[str]:
        """List what a schema of answers allows for and none of the values shows."""
        present = [value for value in values if value is not None]
        if not present:
            yield f"{place} has no value ever"
            return
        if allows_null(self._document, schema) and len(present) == len(values):
            yield f"{place} is never null"
        choices = options(self._document, schema)
        for option in choices:
            meant = present if len(choices) == 1 else self._choose(option, present)
            if not meant:
                yield f"{place} is never {_name(option.get('$ref', 'another'))}"
            elif option.get("$ref") in self._left:
                self.shared.setdefault(option["$ref"], []).extend(meant)
            else:
                yield from self.find_unseen_within(option, meant, place)

    def _choose(self, option: Schema, values: list[Any]) -> list[Any]:
        """Choose the values that follow one of several alternatives."""
        return list(filter(meant_by(self._document, resolve(self._document, option)), values))

    def find_unseen_within(self, option: Schema, values: list[Any], place: str) -> Iterator[str]:
        """Do the same for one alternative, and for what its values are made of."""
        option = resolve(self._document, option)
        choices = (True, False) if "boolean" in kinds(option) else option.get("enum", ())
        yield from (f"{place} is never {choice!r}" for choice in choices if choice not in values)
        if "items" in option:
            yield from self.find_unseen(option["items"], [item for value in values for item in value], f"{place}.*")
        elif isinstance(option.get("additionalProperties"), dict):
            entries = [entry for value in values for entry in value.values()]
            yield from self.find_unseen(option["additionalProperties"], entries, f"{place}.*")
        elif "object" in kinds(option):
            yield from self._find_unseen_members(option, values, place)

    def _find_unseen_members(self, option: Schema, values: list[Any], place: str) -> Iterator[str]:
        """Do the same for the members of a record; one that is always there has to be a required one."""
        members = option.get("properties", {})
        for name in sorted({name for value in values for name in value} - members.keys()):
            yield f"{place}.{name} is answered and not documented"
        for name, member in members.items():
            present = [value[name] for value in values if name in value]
            is_optional = name not in option.get("required", ()) and "default" not in member
            if is_optional and len(present) == len(values):
                yield f"{place}.{name} is always there and not required"
            yield from self.find_unseen(member, present, f"{place}.{name}")


def _records_of_requests(document: Document) -> set[str]:
    """List the references to all records of which documented requests are made."""
    return _records(document, [content["schema"] for _, _, content in requests(document)])


def _records_of_several(document: Document) -> Iterator[str]:
    """List the references to all records that stand within more than one of those that are documented for answers."""
    replies = {
        reference
        for _, _, response in responses(document)
        for content in response.get("content", {}).values()
        for reference in _answering(document, content["schema"])
    }
    within = Counter(inner for reply in replies for inner in _records(document, [{"$ref": reply}]) - {reply})
    yield from (reference for reference, count in within.items() if count > 1)


def _records(document: Document, waiting: list[Schema]) -> set[str]:
    """List the references to all records of which some schemas are made."""
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop()
        reference = schema.get("$ref")
        if reference in seen:
            continue
        whole = resolve(document, schema)
        if reference is not None and "properties" in whole:
            seen.add(reference)
        waiting += _inner(whole)
    return seen


def _inner(schema: Schema) -> list[Schema]:
    """List the schemas that stand within one."""
    inner = [*schema.get("properties", {}).values(), *schema.get("oneOf", ())]
    return inner + [schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)]
