"""The committed document, and the way around in it."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs

Schema = dict[str, Any]
Document = dict[str, Any]

FILE = Path(__file__).parents[2] / "openapi" / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
TEXT = "text/plain"


class Operation(NamedTuple):
    """One operation as the document has it."""

    method: str
    """In upper case."""
    path: str
    """With the names of its parameters in braces."""
    spec: Schema

    @property
    def key(self) -> tuple[str, str]:
        """Method and path, which name the operation."""
        return self.method, self.path


def read_document() -> Document:
    """Read the document that is committed, not the one that is served."""
    document: Document = json.loads(FILE.read_bytes())
    return document


def operations(document: Document) -> list[Operation]:
    """List every operation of the document."""
    return [
        Operation(method.upper(), path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def resolve(document: Document, schema: Schema) -> Schema:
    """Follow a reference to its component; what stands beside the reference stays and wins."""
    while "$ref" in schema:
        component = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        schema = {**component, **{name: value for name, value in schema.items() if name != "$ref"}}
    return schema


def validator(document: Document, schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """Make a validator, formats included, for a schema that may refer to the document's components."""
    text = json.dumps(schema)
    if '"$ref"' not in text:
        return _compile(text)
    return _compile(json.dumps({"allOf": [schema], "components": {"schemas": below(document, schema)}}))


@cache
def _compile(text: str) -> jsonschema_rs.Draft202012Validator:
    """Make a validator once, however many documents say the same."""
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True)


def below(document: Document, schema: Any) -> dict[str, Schema]:
    """Gather the components that a schema, or anything made of schemas, refers to, and those that these refer to."""
    found: dict[str, Schema] = {}
    waiting = [schema]
    while waiting:
        names = set(_referred(json.dumps(waiting.pop()))) - found.keys()
        fresh = {name: document["components"]["schemas"][name] for name in sorted(names)}
        found |= fresh
        waiting += fresh.values()
    return found


_referred = re.compile(r'"#/components/schemas/(\w+)"').findall


def alternatives(document: Document, schema: Schema) -> list[Schema]:
    """List the schemas that a value other than null may follow; of alternatives among alternatives, the inner ones."""
    return [resolve(document, option) for option in options(document, schema)]


def options(document: Document, schema: Schema) -> list[Schema]:
    """List the same, each by its reference if it has one."""
    whole = resolve(document, schema)
    if "oneOf" not in whole:
        return [schema]
    inner = [options(document, option) for option in whole["oneOf"] if option.get("type") != "null"]
    return list(chain.from_iterable(inner))


def allows_null(document: Document, schema: Schema) -> bool:
    """Tell whether null is among the values."""
    schema = resolve(document, schema)
    if "oneOf" in schema:
        return any(option.get("type") == "null" for option in schema["oneOf"])
    return "null" in kinds(schema)


def kinds(schema: Schema) -> list[str]:
    """List the JSON types of a schema, of which there may be one or several."""
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def is_meant(document: Document, option: Schema, value: object) -> bool:
    """Tell whether an alternative is the one that a value follows: the members that allow one value only have it."""
    return meant_by(document, option)(value)


def meant_by(document: Document, option: Schema) -> Callable[[object], bool]:
    """Make the function that tells it of many values."""
    tags = {name: resolve(document, member).get("enum", ()) for name, member in option.get("properties", {}).items()}
    single = {name: tag[0] for name, tag in tags.items() if len(tag) == 1}
    needed = single.keys() & option.get("required", ())

    def is_meant(value: object) -> bool:
        """Tell it of one."""
        if not isinstance(value, dict):
            return True
        return needed <= value.keys() and all(value.get(name, tag) == tag for name, tag in single.items())

    return is_meant


def requests(document: Document) -> Iterator[tuple[Operation, str, Schema]]:
    """List every documented body of a request with its operation and content type."""
    for operation in operations(document):
        for media_type, content in operation.spec.get("requestBody", {}).get("content", {}).items():
            yield operation, media_type, content


def responses(document: Document) -> Iterator[tuple[tuple[str, str], str, Schema]]:
    """List every documented answer with its operation's method and path, and its status."""
    for operation in operations(document):
        for status, response in operation.spec["responses"].items():
            yield operation.key, status, response


def schemas(document: Document) -> Iterator[tuple[str, Schema]]:
    """Walk every schema that is written in the document, each with the path that leads to it; references stay."""
    for name, component in document["components"]["schemas"].items():
        yield from _below(component, name)
    for operation in operations(document):
        for place, schema in _of_operation(operation):
            yield from _below(schema, place)


def _of_operation(operation: Operation) -> Iterator[tuple[str, Schema]]:
    """Walk the schemas that stand at the operation itself."""
    name = operation.spec["operationId"]
    for parameter in operation.spec.get("parameters", []):
        yield f"{name}.{parameter['name']}", parameter["schema"]
    for media_type, content in operation.spec.get("requestBody", {}).get("content", {}).items():
        yield f"{name}.{media_type}", content["schema"]
    for status, response in operation.spec["responses"].items():
        for header, described in response.get("headers", {}).items():
            yield f"{name}.{status}.{header}", described["schema"]
        for media_type, content in response.get("content", {}).items():
            yield f"{name}.{status}.{media_type}", content["schema"]


def _below(schema: Schema, place: str) -> Iterator[tuple[str, Schema]]:
    """Walk a schema and all that are written within it."""
    yield place, schema
    for name, member in schema.get("properties", {}).items():
        yield from _below(member, f"{place}.{name}")
    for keyword in ("items", "additionalProperties", "propertyNames", "contentSchema"):
        if isinstance(schema.get(keyword), dict):
            yield from _below(schema[keyword], f"{place}.{keyword}")
    for index, option in enumerate(schema.get("oneOf", [])):
        yield from _below(option, f"{place}.oneOf{index}")
