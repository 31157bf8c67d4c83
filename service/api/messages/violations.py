"""All that is wrong with a request at once, each with its place.

Law: msgspec stops at the first error, so on the error path, and only there, the value is held against the record's
type once more, node by node. The types are those that decode and that the document is made of.
"""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Any, cast

from msgspec import inspect

from service.api.messages.problems import MOST_ERRORS, Violation, pointer
from service.hedging.units import Exact, Instant, InvalidWordError

_LONGEST_NAME = 40

Path = tuple[str | int, ...]


def find_violations(model: Any, value: object) -> list[Violation]:
    """List what keeps a decoded JSON value from being the record, in the order of the record, at most 50."""
    return list(islice(_check(node_of(model), value, ()), MOST_ERRORS))


@cache
def node_of(model: Any) -> inspect.Type:
    """Describe a record's type as a tree of nodes."""
    return inspect.type_info(model)


def _check(node: inspect.Type, value: object, path: Path) -> Iterator[Violation]:
    return _CHECKS[type(node)](node, value, path)


def _violation(path: Path, code: str, detail: str) -> Violation:
    return Violation(pointer=pointer(path), code=code, detail=detail)


def _wrong_type(expected: str, value: object, path: Path) -> Iterator[Violation]:
    yield _violation(path, "wrong_type", f"Expected {expected}, got {_json_type(value)}")


def _json_type(value: object) -> str:
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "null")


def _check_metadata(node: inspect.Metadata, value: object, path: Path) -> Iterator[Violation]:
    return _check(node.type, value, path)


def _check_struct(node: inspect.StructType, value: object, path: Path) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield from _wrong_type("an object", value, path)
        return
    for field in node.fields:
        if field.encode_name in value:
            yield from _check(field.type, value[field.encode_name], (*path, field.encode_name))
        elif field.required:
            yield _violation((*path, field.encode_name), "required", "Required and missing")
    yield from _check_names(node, value, path)


def _check_names(node: inspect.StructType, value: dict[str, object], path: Path) -> Iterator[Violation]:
    known = [field.encode_name for field in node.fields]
    known += [] if node.tag_field is None else [node.tag_field]
    for name in value:
        if name not in known:
            yield _violation((*path, name), "unknown_field", _unknown_field(name, known))


def _unknown_field(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1) if len(name) <= _LONGEST_NAME else []
    return f"There is no such field; did you mean '{near[0]}'?" if near else "There is no such field"


def _check_union(node: inspect.UnionType, value: object, path: Path) -> Iterator[Violation]:
    options = [option for option in node.types if not isinstance(option, inspect.NoneType)]
    if value is None and len(options) < len(node.types):
        return
    if len(options) == 1:
        yield from _check(options[0], value, path)
        return
    yield from _check_tagged({str(cast("inspect.StructType", option).tag): option for option in options}, value, path)


def _check_tagged(options: dict[str, inspect.Type], value: object, path: Path) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield from _wrong_type("an object", value, path)
        return
    tag_field = str(cast("inspect.StructType", next(iter(options.values()))).tag_field)
    names = " or ".join(f"'{tag}'" for tag in sorted(options))
    tag = value.get(tag_field)
    if tag_field not in value:
        yield _violation((*path, tag_field), "required", f"Required and missing: {names}")
    elif not isinstance(tag, str) or tag not in options:
        yield _violation((*path, tag_field), "unknown_value", f"Must be {names}")
    else:
        yield from _check(options[tag], value, path)


def _check_array(node: inspect.VarTupleType, value: object, path: Path) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield from _wrong_type("an array", value, path)
    elif wrong := _wrong_length(node, len(value)):
        yield _violation(path, *wrong)
    else:
        for index, item in enumerate(value):
            yield from _check(node.item_type, item, (*path, index))


def _check_mapping(node: inspect.DictType, value: object, path: Path) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield from _wrong_type("an object", value, path)
    elif wrong := _wrong_length(node, len(value)):
        yield _violation(path, *wrong)
    else:
        for key, item in value.items():
            yield from _check_member(node, item, (*path, key))


def _check_member(node: inspect.DictType, item: object, path: Path) -> Iterator[Violation]:
    if list(_check(node.key_type, path[-1], path)):
        yield _violation(path, "invalid_key", "Not a symbol: upper case letters, digits and ._:/-")
    else:
        yield from _check(node.value_type, item, path)


def _wrong_length(node: inspect.VarTupleType | inspect.DictType, length: int) -> tuple[str, str] | None:
    """Say what is wrong with a length; what is too long is not looked into, since that is what it would cost most."""
    if node.min_length is not None and length < node.min_length:
        return "too_few", f"At least {node.min_length}, got {length}"
    if node.max_length is not None and length > node.max_length:
        return "too_many", f"At most {node.max_length}, got {length}"
    return None


def _check_text(node: inspect.StrType, value: object, path: Path) -> Iterator[Violation]:
    if not isinstance(value, str):
        yield from _wrong_type("a string", value, path)
    elif (node.max_length is not None and len(value) > node.max_length) or re.search(node.pattern or "", value) is None:
        yield _violation(path, "pattern", f"Must match {published(node.pattern or '')}")


def published(pattern: str) -> str:
    r"""Write a Python pattern as JSON Schema has it: \A and \Z, which mean the very ends, as ^ and $."""
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")


def _check_word(node: inspect.CustomType, value: object, path: Path) -> Iterator[Violation]:
    word = cast("type[Exact | Instant]", node.cls)
    try:
        word.parse(value)
    except InvalidWordError as error:
        yield _violation(path, error.code, str(error))


def _check_number(node: inspect.FloatType | inspect.IntType, value: object, path: Path) -> Iterator[Violation]:
    whole = isinstance(node, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        yield from _wrong_type("a whole number" if whole else "a number", value, path)
    elif not (node.ge is None or node.ge <= value) or not (node.le is None or value <= node.le):
        yield _violation(path, "out_of_range", f"Must be from {node.ge} to {node.le}")


def _check_choice(node: inspect.LiteralType, value: object, path: Path) -> Iterator[Violation]:
    if value not in node.values:
        yield _violation(path, "unknown_value", "Must be one of " + ", ".join(f"'{choice}'" for choice in node.values))


_CHECKS: dict[type, Callable[[Any, object, Path], Iterator[Violation]]] = {
    inspect.Metadata: _check_metadata,
    inspect.StructType: _check_struct,
    inspect.UnionType: _check_union,
    inspect.VarTupleType: _check_array,
    inspect.DictType: _check_mapping,
    inspect.StrType: _check_text,
    inspect.CustomType: _check_word,
    inspect.FloatType: _check_number,
    inspect.IntType: _check_number,
    inspect.LiteralType: _check_choice,
}
