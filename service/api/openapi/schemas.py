"""Records as JSON Schema: the document says exactly what decoding enforces, because both read the same types."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec
from msgspec import NODEFAULT, UNSET, inspect
from msgspec.structs import replace

from service.api.messages.violations import node_of, published
from service.hedging.units import Exact, Instant

Schema = dict[str, Any]

_NAMED: dict[str, type] = {}
"""Records that have a component, by their name."""

RECORD_DEFAULT = "x-default"
"""Keyword of a default that is a record: clients are generated from a document that has no such `default`."""


def build_components(records: Iterable[Any]) -> dict[str, Schema]:
    """Write a component for every record and every word that the given records are made of, sorted by name."""
    components: dict[str, Schema] = {}
    for record in records:
        _write(node_of(record), components)
    return dict(sorted(components.items()))


def build_parameters(record: Any) -> list[Schema]:
    """Write the fields of a record as query parameters; a list stands in one, with commas between its items."""
    node = cast("inspect.StructType", node_of(record))
    return [_parameter(field) for field in node.fields]


def _parameter(field: inspect.Field) -> Schema:
    words: dict[str, Schema] = {}
    schema = _write(_stated(field.type), words)
    word = words.get(schema.pop("$ref", "").rpartition("/")[2], {})  # written out: a parameter has no component
    schema = {**word, **schema}
    form = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    default = {} if field.default is None else _default(field)
    return {
        "name": field.encode_name,
        "in": "query",
        "required": field.required,
        "description": schema.pop("description"),
        **form,
        "schema": {**schema, **default},
    }


def _stated(node: inspect.Type) -> inspect.Type:
    """Take null away: a parameter that is absent is not sent."""
    if isinstance(node, inspect.Metadata):
        return replace(node, type=_stated(node.type))
    if isinstance(node, inspect.UnionType):
        (node,) = (option for option in node.types if not isinstance(option, inspect.NoneType))
    return node


def _write(node: inspect.Type, components: dict[str, Schema]) -> Schema:
    return _WRITERS[type(node)](node, components)


def _write_metadata(node: inspect.Metadata, components: dict[str, Schema]) -> Schema:
    return {**_write(node.type, components), **(node.extra_json_schema or {})}


def _write_struct(node: inspect.StructType, components: dict[str, Schema]) -> Schema:
    name = node.cls.__name__
    if _NAMED.setdefault(name, node.cls) is not node.cls:
        raise TypeError(f"Two records are called {name}: the document can't tell them apart")
    if name not in components:
        components[name] = {}
        components[name] = _struct(node, components)
    return {"$ref": f"#/components/schemas/{name}"}


def _struct(node: inspect.StructType, components: dict[str, Schema]) -> Schema:
    properties: Schema = {}
    if node.tag_field is not None:
        tag = {"type": "string", "enum": [node.tag], "description": "Tells the styles apart.", "examples": [node.tag]}
        properties[node.tag_field] = tag
    for field in node.fields:
        properties[field.encode_name] = {**_write(field.type, components), **_default(field)}
    tagged = [] if node.tag_field is None else [node.tag_field]
    return {
        "type": "object",
        "description": " ".join((node.cls.__doc__ or "").split()),
        "properties": properties,
        "required": tagged + [field.encode_name for field in node.fields if field.required],
        **({"additionalProperties": False} if node.forbid_unknown_fields else {}),
    }


def _default(field: inspect.Field) -> Schema:
    """Write the default of a field; one that is a record under a name that no generator of clients stumbles over."""
    default = field.default if field.default_factory is NODEFAULT else field.default_factory()
    if default in (NODEFAULT, UNSET):
        return {}
    return {RECORD_DEFAULT if isinstance(default, msgspec.Struct) else "default": _plain(default)}


def _plain(default: object) -> object:
    return msgspec.to_builtins(default, enc_hook=str)


def _write_union(node: inspect.UnionType, components: dict[str, Schema]) -> Schema:
    types = [option for option in node.types if not isinstance(option, inspect.NoneType)]
    if len(types) == 1:
        schema = _write(types[0], components)
    else:
        options = [_write(option, components) for option in types]
        schema = {"oneOf": options, "discriminator": _discriminator(cast("list[inspect.StructType]", types))}
    if len(types) == len(node.types):
        return schema
    if "discriminator" in schema:  # by which a reader tells objects apart, and may say nothing of null
        return {"oneOf": [{"type": "object", **schema}, {"type": "null"}]}
    if "type" in schema and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"oneOf": [schema, {"type": "null"}]}


def _discriminator(options: list[inspect.StructType]) -> Schema:
    mapping = {str(option.tag): f"#/components/schemas/{option.cls.__name__}" for option in options}
    return {"propertyName": options[0].tag_field, "mapping": mapping}


def _write_array(node: inspect.VarTupleType, components: dict[str, Schema]) -> Schema:
    limits = {"minItems": node.min_length, "maxItems": node.max_length}
    return {"type": "array", "items": _write(node.item_type, components), **_present(limits)}


def _write_mapping(node: inspect.DictType, components: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"type": "string", **_write(node.key_type, components)},
        "additionalProperties": _write(node.value_type, components),
        **_present({"minProperties": node.min_length, "maxProperties": node.max_length}),
    }


def _write_text(node: inspect.StrType, _: object) -> Schema:
    pattern = None if node.pattern is None else published(node.pattern)
    return {"type": "string", **_present({"pattern": pattern, "maxLength": node.max_length})}


def _write_word(node: inspect.CustomType, components: dict[str, Schema]) -> Schema:
    word = cast("type[Exact | Instant]", node.cls)
    components[word.__name__] = {
        "type": "string",
        "format": "decimal" if issubclass(word, Exact) else "date-time",
        "pattern": f"^(?:{word.pattern})$",
        "maxLength": word.max_length,
        "description": " ".join((word.__doc__ or "").split()),
        "examples": [word.example],
    }
    return {"$ref": f"#/components/schemas/{word.__name__}"}


def _write_number(node: inspect.FloatType | inspect.IntType, _: object) -> Schema:
    kind = "integer" if isinstance(node, inspect.IntType) else "number"
    form = "int32" if kind == "integer" else "double"
    return {"type": kind, "format": form, **_present({"minimum": node.ge, "maximum": node.le})}


def _write_flag(_node: inspect.BoolType, _: object) -> Schema:
    return {"type": "boolean"}


def _write_choice(node: inspect.LiteralType, _: object) -> Schema:
    return {"type": "string", "enum": list(node.values), "examples": [node.values[0]]}


def _present(keywords: Schema) -> Schema:
    return {name: value for name, value in keywords.items() if value is not None}


_WRITERS: dict[type, Callable[[Any, dict[str, Schema]], Schema]] = {
    inspect.Metadata: _write_metadata,
    inspect.StructType: _write_struct,
    inspect.UnionType: _write_union,
    inspect.VarTupleType: _write_array,
    inspect.DictType: _write_mapping,
    inspect.StrType: _write_text,
    inspect.CustomType: _write_word,
    inspect.FloatType: _write_number,
    inspect.IntType: _write_number,
    inspect.BoolType: _write_flag,
    inspect.LiteralType: _write_choice,
}
