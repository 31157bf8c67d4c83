"""Promises about what the document shows: examples are real, and defaults are what happens without them."""

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

from tests.openapi.asgi import SVG, Sent
from tests.openapi.behaviour import quote
from tests.openapi.boundaries import ABSENT, Steps, change
from tests.openapi.document import (
    TEXT,
    Document,
    Operation,
    Schema,
    alternatives,
    is_meant,
    operations,
    requests,
    resolve,
    responses,
    schemas,
    validator,
)
from tests.openapi.events import MEDIA_TYPE as EVENTS
from tests.openapi.events import compare_event
from tests.openapi.likeness import is_alike, is_same
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.staging import Key, is_live, pose
from tests.openapi.witness import Trial

TIME: Steps = ("as_of",)
"""Place of the time of a question, which stays where two answers are compared."""


def answers_questions_as_shown(trial: Trial) -> Iterator[str]:
    """Promise that every question that is shown gets the answer that is shown under its name."""
    for operation, media_type, content in requests(trial.document):
        for name, example in content["examples"].items():
            sent = pose(example["value"], operation.key, media_type)
            yield from _check_pair(trial, operation, sent, name)


def _check_pair(trial: Trial, operation: Operation, sent: Sent, name: str) -> Iterator[str]:
    """Hold the answer to a question that is shown against the answer that is shown; of now there is one, not shown."""
    (answer,) = trial.witness.ask(sent)
    shown = operation.spec["responses"]["200"]["content"].get(answer.media_type, {}).get("examples", {})
    if is_live(operation.path, json.loads(sent.body)):
        if answer.status != 200 or name in shown:
            yield f"{name} is a question of now, and has no answer or one for good"
    elif name not in shown or not is_same(shown[name]["value"], answer.content):
        yield f"{name} is not answered as it is shown"


def shows_real_answers(trial: Trial) -> Iterator[str]:
    """Promise that every answer and refusal that is shown on its own was really given; an event is of now only."""
    yield from trial.judge("shown", _find_unreal)


def _find_unreal(trial: Trial, key: Key) -> Iterator[str]:
    """List the statuses of an operation for which something is shown that was not given."""
    given: dict[str, list[Any]] = defaultdict(list)
    for _, _, answer in trial.of(key):
        given[str(answer.status)].append(answer.content)
    for operation, status, response in responses(trial.document):
        for media_type, content in response.get("content", {}).items():
            is_of_then = operation == key and "example" in content and media_type != EVENTS
            if is_of_then and not _is_among(content["example"], given[status], media_type):
                yield f"{key} {status} never answers the example that is shown"


def _is_among(example: Any, contents: list[Any], media_type: str) -> bool:
    """Tell whether an example was given; of a text, all of its lines, and of a chart, what it says it is."""
    if media_type == SVG:
        return _caption(example) in [_caption(content) for content in contents if isinstance(content, str)]
    if media_type != TEXT:
        return example in contents
    return any(set(example.splitlines()) <= set(str(content).splitlines()) for content in contents)


@cache
def _caption(chart: str) -> tuple[str, str | None]:
    """Read the size and the title of a chart, of which an example leaves the lines out."""
    root = ET.fromstring(chart)  # noqa: S314
    return root.attrib["viewBox"], root.findtext("{http://www.w3.org/2000/svg}title")


def shows_valid_values(trial: Trial) -> Iterator[str]:
    """Promise that whatever is shown follows the schema that it illustrates."""
    for place, schema, value in _shown(trial.document):
        if not validator(trial.document, schema).is_valid(value):
            yield f"{place} shows {quote(value)}, which it excludes"
    for key, status, response in responses(trial.document):
        if EVENTS in response.get("content", {}):
            content = response["content"][EVENTS]
            differences = compare_event(trial.document, content["schema"], content["example"])
            yield from (f"{key} {status} shows an event that {text}" for text in differences)


def _shown(document: Document) -> Iterator[tuple[str, Schema, Any]]:
    """List every example and default with its schema."""
    for place, schema in schemas(document):
        yield from ((place, schema, value) for value in schema.get("examples", ()))
        if _default_of(schema) is not ABSENT:
            yield place, schema, _default_of(schema)
    for place, holder in _holders(document):
        yield from _shown_in(holder, place)


def _holders(document: Document) -> Iterator[tuple[str, Schema]]:
    """List the parameters, headers and bodies, beside whose schemas examples stand."""
    for operation in operations(document):
        yield from ((parameter["name"], parameter) for parameter in operation.spec.get("parameters", []))
    for operation, media_type, content in requests(document):
        yield f"{operation.key} {media_type}", content
    for key, status, response in responses(document):
        holders = (*response.get("headers", {}).values(), *response.get("content", {}).values())
        yield from ((f"{key} {status}", holder) for holder in holders)


def _shown_in(holder: Schema, place: str) -> Iterator[tuple[str, Schema, Any]]:
    """List the examples that stand beside a schema."""
    if "example" in holder:
        yield place, holder["schema"], holder["example"]
    yield from ((place, holder["schema"], example["value"]) for example in holder.get("examples", {}).values())


def states_real_defaults(trial: Trial) -> Iterator[str]:
    """Promise that a default that is sent changes nothing, alone or with all others, and that there always is one."""
    yield from trial.judge("defaults", _find_unreal_defaults)


def _find_unreal_defaults(trial: Trial, key: Key) -> Iterator[str]:
    """List the defaults of an operation's body that are none."""
    for operation, _media_type, content in requests(trial.document):
        if operation.key == key:
            shown = (example["value"] for example in content["examples"].values())
            for body in (*_bodies(key), *shown):
                yield from _check_defaults(trial, key, content["schema"], body)


def _bodies(key: Key) -> Iterator[Any]:
    """List the bodies that were thought of for an operation: the plain one, and those with every member."""
    if key in REPERTOIRE:
        yield REPERTOIRE[key].plain
        yield from (body for body, _ in REPERTOIRE[key].complete)


def _check_defaults(trial: Trial, key: Key, schema: Schema, body: Any) -> Iterator[str]:
    """Compare the answers to a body without and with each default, and with all of them."""
    bare = full = body
    for steps, default in find_defaults(trial.document, schema, body):
        place = ".".join(map(str, steps))
        if default is ABSENT:
            yield f"{place} may be left out and has no default"
            continue
        yield from _compare(trial, key, (change(body, steps, ABSENT), change(body, steps, default)), place)
        if has(bare, steps[:-1]) and steps != TIME:
            bare, full = change(bare, steps, ABSENT), change(full, steps, default)
    yield from _compare(trial, key, (bare, full), "all defaults at once")


def has(body: Any, steps: Steps) -> bool:
    """Tell whether a body has a member at a place."""
    for step in steps:
        if not isinstance(body, list) and (body is None or step not in body):
            return False
        body = body[step]  # type: ignore[index]
    return True


def _compare(trial: Trial, key: Key, bodies: tuple[Any, Any], place: str) -> Iterator[str]:
    """Compare two answers, by every byte if the question says when it is asked, and all that is of then."""
    one, other = trial.witness.ask(*(pose(body, key) for body in bodies))
    left_out, _ = bodies
    is_of_then = left_out.get("as_of") is not None and key in REPERTOIRE and not is_live(key[1], left_out)
    same = one.body == other.body if is_of_then else is_alike(one.content, other.content)
    if not same:
        yield f"{place}: sending the default changes the answer"


def find_defaults(
    document: Document,
    schema: Schema,
    value: Any,
    at: Steps = (),
) -> Iterator[tuple[Steps, Any]]:
    """List the members of a body that may be left out, each with its default, or `ABSENT` if it has none."""
    for option in alternatives(document, schema):
        if isinstance(value, list) and "items" in option:
            for index, item in enumerate(value):
                yield from find_defaults(document, option["items"], item, (*at, index))
        elif isinstance(value, dict) and is_meant(document, option, value):
            yield from _find_member_defaults(document, option, value, at)


def _default_of(schema: Schema) -> Any:
    """Read a default, which has another name where it is a record."""
    return schema.get("default", schema.get("x-default", ABSENT))


def _find_member_defaults(
    document: Document, option: Schema, value: dict[str, Any], at: Steps
) -> Iterator[tuple[Steps, Any]]:
    """Do the same for the members of a record, and within those that are there."""
    for name, member in option.get("properties", {}).items():
        if name not in option.get("required", ()):
            yield (*at, name), _default_of(resolve(document, member))
        if name in value:
            yield from find_defaults(document, member, value[name], (*at, name))
