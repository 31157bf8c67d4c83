"""The promise about all answers together: what is documented for them occurs, and what occurs is documented."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.openapi import hostile, scenes
from tests.openapi.document import Document, Schema, allows_null, alternatives, is_meant, kinds, responses
from tests.openapi.witness import Trial

RESERVED: dict[str, str] = {
    "SizingReply.provenance.*.as_of has no value ever": "prices come with the request until they are looked up",
    "SizingReply.provenance.*.age_seconds has no value ever": "the same",
}
"""What is documented for later and can't occur yet, each with its reason."""


def describes_only_what_happens(trial: Trial) -> Iterator[str]:
    """Promise that every member, enum value and null of the documented answers is really answered by something.

    What is reserved for later is left out; see `RESERVED`.
    """
    for name, schema, contents in _observed(trial):
        for place in _unseen(trial.document, schema, contents, name):
            if place not in RESERVED:
                yield place


def _observed(trial: Trial) -> Iterator[tuple[str, Schema, list[Any]]]:
    """Gather the answers to the questions made by hand under each record that is documented for answers."""
    by_hand = {scenes.pose(body) for body in scenes.scenes()} | set(hostile.HOSTILE)
    documented = {
        (operation, status, media_type): content["schema"]["$ref"]
        for operation, status, response in responses(trial.document)
        for media_type, content in response["content"].items()
        if "$ref" in content["schema"]
    }
    contents: dict[str, list[Any]] = defaultdict(list)
    for operation, sent, answer in trial.exchanges:
        reference = documented.get((operation, str(answer.status), answer.media_type))
        if reference is not None and (sent in by_hand or operation != scenes.SIZING):
            contents[reference].append(answer.content)
    for reference in dict.fromkeys(documented.values()):
        yield reference.rpartition("/")[2], {"$ref": reference}, contents[reference]


def _unseen(document: Document, schema: Schema, values: list[Any], place: str) -> Iterator[str]:
    """List what a schema of answers allows for and none of the values shows."""
    present = [value for value in values if value is not None]
    if not present:
        yield f"{place} has no value ever"
        return
    if allows_null(document, schema) and len(present) == len(values):
        yield f"{place} is never null"
    for option in alternatives(document, schema):
        meant = [value for value in present if is_meant(document, option, value)]
        yield from (f"{place} is never {choice!r}" for choice in option.get("enum", ()) if choice not in values)
        yield from _unseen_within(document, option, meant, place)


def _unseen_within(document: Document, option: Schema, values: list[Any], place: str) -> Iterator[str]:
    """Do the same for what values are made of."""
    if "items" in option:
        yield from _unseen(document, option["items"], [item for value in values for item in value], f"{place}.*")
    elif isinstance(option.get("additionalProperties"), dict):
        entries = [entry for value in values for entry in value.values()]
        yield from _unseen(document, option["additionalProperties"], entries, f"{place}.*")
    elif "object" in kinds(option):
        yield from _unseen_members(document, option, values, place)


def _unseen_members(document: Document, option: Schema, values: list[Any], place: str) -> Iterator[str]:
    """Do the same for the members of a record; one that is always there has to be a required one."""
    members = option.get("properties", {})
    for name in sorted({name for value in values for name in value} - members.keys()):
        yield f"{place}.{name} is answered and not documented"
    for name, member in members.items():
        present = [value[name] for value in values if name in value]
        is_optional = name not in option.get("required", ()) and "default" not in member
        if is_optional and len(present) == len(values):
            yield f"{place}.{name} is always there and not required"
        yield from _unseen(document, member, present, f"{place}.{name}")
