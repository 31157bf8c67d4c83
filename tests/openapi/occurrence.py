"""The promise about all answers together: what is documented for them occurs, and what occurs is documented."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tests.openapi import hostile, scenes
from tests.openapi.document import Document, Schema, allows_null, is_meant, kinds, requests, resolve, responses
from tests.openapi.house import REDIS
from tests.openapi.witness import Trial

RESERVED: dict[str, str] = {
    "SizingReply.warnings.*.code is never 'old_terms'": "terms are warned about after two hours",
    **({} if REDIS else {"Readiness.redis is never 'reachable'": "there is no Redis on this machine"}),
    "ExchangesReply.exchanges.*.feeds.*.state is never 'old'": "a board is too old to serve after a minute",
    "ExchangesReply.exchanges.*.hosts.*.reason is never 'budget_spent'": "a host that is spared for something else has "
    "to be tried again when the budget of it is spent, and that takes several pauses of a second each",
}
"""What occurs and is not provoked here, each with its reason."""


def describes_only_what_happens(trial: Trial) -> Iterator[str]:
    """Promise that every member, enum value and null of the documented answers is really answered by something.

    What is reserved for later is left out; see `RESERVED`. A record that requests have too says what a caller may send,
    so of that it is enough if every part occurs in one place or another.
    """
    search, deeper = _Search(trial.document, frozenset(_records_of_requests(trial.document))), _Search(trial.document)
    for name, schema, contents in _observed(trial):
        yield from _surprising(search.find_unseen(schema, contents, name))
    for reference, values in search.shared.items():
        yield from _surprising(deeper.find_unseen_within({"$ref": reference}, values, _name(reference)))


def _surprising(places: Iterable[str]) -> Iterator[str]:
    """Leave out what is reserved."""
    yield from (place for place in places if place not in RESERVED)


def _observed(trial: Trial) -> Iterator[tuple[str, Schema, list[Any]]]:
    """Gather the answers to the questions made by hand under each record that is documented for answers."""
    by_hand = {*scenes.scenes(), *hostile.HOSTILE}
    documented = {
        (operation, status, media_type): content["schema"]["$ref"]
        for operation, status, response in responses(trial.document)
        for media_type, content in response.get("content", {}).items()
        if "$ref" in content["schema"]
    }
    contents: dict[str, list[Any]] = defaultdict(list)
    for operation, sent, answer in trial.exchanges:
        reference = documented.get((operation, str(answer.status), answer.media_type))
        if reference is not None and (sent in by_hand or operation != scenes.SIZING):
            contents[reference].append(answer.content)
    for reference in dict.fromkeys(documented.values()):
        yield _name(reference), {"$ref": reference}, contents[reference]


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
        options = _options(self._document, schema)
        for option in options:
            meant = present if len(options) == 1 else self._choose(option, present)
            if option.get("$ref") in self._left:
                self.shared.setdefault(option["$ref"], []).extend(meant)
            else:
                yield from self.find_unseen_within(option, meant, place)

    def _choose(self, option: Schema, values: list[Any]) -> list[Any]:
        """Choose the values that follow one of several alternatives."""
        whole = resolve(self._document, option)
        return [value for value in values if is_meant(self._document, whole, value)]

    def find_unseen_within(self, option: Schema, values: list[Any], place: str) -> Iterator[str]:
        """Do the same for one alternative, and for what its values are made of."""
        option = resolve(self._document, option)
        yield from (f"{place} is never {choice!r}" for choice in option.get("enum", ()) if choice not in values)
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


def _options(document: Document, schema: Schema) -> list[Schema]:
    """List the schemas that a value other than null may follow, each by its reference if it has one."""
    whole = resolve(document, schema)
    if "oneOf" not in whole:
        return [schema]
    return [option for option in whole["oneOf"] if option.get("type") != "null"]


def _records_of_requests(document: Document) -> Iterator[str]:
    """List the references to all records of which documented requests are made."""
    waiting = [content["schema"] for _, _, content in requests(document)]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop()
        reference = schema.get("$ref")
        if reference in seen:
            continue
        whole = resolve(document, schema)
        if reference is not None and "properties" in whole:
            seen.add(reference)
            yield reference
        waiting += _inner(whole)


def _inner(schema: Schema) -> list[Schema]:
    """List the schemas that stand within one."""
    inner = [*schema.get("properties", {}).values(), *schema.get("oneOf", ())]
    return inner + [schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)]
