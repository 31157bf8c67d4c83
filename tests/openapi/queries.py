"""Query strings as the document has them: how values are written into one, and what one says when it is read.

Law: nothing of `service` is imported.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from tests.openapi.document import Document, Operation, Schema, resolve, validator
from tests.openapi.strict_json import UnreadableError, read_json

Query = dict[str, Any]

_DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


class Reading(NamedTuple):
    """What a query says."""

    query: Query
    wrong: frozenset[str]
    """Names of the parameters that have to change."""


class QueryReader:
    """Reads queries as the document describes those of one operation."""

    def __init__(self, document: Document, operation: Operation) -> None:
        """Compile the schemas of the parameters."""
        self._parameters = {parameter["name"]: parameter for parameter in parameters(operation)}
        self._is_valid = {
            name: validator(document, parameter["schema"]).is_valid for name, parameter in self._parameters.items()
        }
        self._kinds = {
            name: resolve(document, parameter["schema"]).get("type") for name, parameter in self._parameters.items()
        }

    def read(self, text: bytes) -> Reading:
        """Read a query, and tell what is wrong with it."""
        sent: dict[str, list[str]] = {}
        for name, value in parse_qsl(text.decode(), keep_blank_values=True):
            sent.setdefault(name, []).append(value)
        query = {name: self._read(name, values) for name, values in sent.items() if name in self._parameters}
        wrong = {name for name in sent if not self._allows(name, sent[name])}
        wrong |= {name for name, value in query.items() if not self._is_valid[name](value)}
        return Reading(query, frozenset(wrong | set(self._missing(sent))))

    def _missing(self, sent: Mapping[str, object]) -> Iterator[str]:
        """List the parameters that are needed and not there."""
        for name, parameter in self._parameters.items():
            if parameter.get("required") and name not in sent:
                yield name

    def _allows(self, name: str, values: list[str]) -> bool:
        """Tell whether there is such a parameter, and whether it may stand as often."""
        return name in self._parameters and (len(values) == 1 or is_exploded(self._parameters[name]))

    def _read(self, name: str, values: list[str]) -> Any:
        """Read the values of a parameter as its type has them."""
        if self._kinds[name] == "array":
            parameter = self._parameters[name]
            return values if is_exploded(parameter) else values[0].split(_delimiter(parameter))
        return _number(values[0]) if self._kinds[name] in {"number", "integer"} else values[0]


def parameters(operation: Operation) -> list[Schema]:
    """List the query parameters of an operation."""
    return [parameter for parameter in operation.spec.get("parameters", []) if parameter["in"] == "query"]


def is_exploded(parameter: Schema) -> bool:
    """Tell whether a parameter stands once for each item of its array; it does, unless the document says otherwise."""
    is_array = parameter["schema"].get("type") == "array"
    return is_array and bool(parameter.get("explode", parameter.get("style", "form") == "form"))


def write(operation: Operation, query: Any) -> bytes:
    """Write a query as the document has it; what is no query at all becomes one parameter without a name."""
    named = query if isinstance(query, dict) else {"": query}
    known = {parameter["name"]: parameter for parameter in parameters(operation)}
    return "&".join(
        f"{quote(name, safe='')}={quote(text, safe='')}"
        for name, value in named.items()
        for text in _texts(known.get(name), value)
    ).encode()


def _texts(parameter: Schema | None, value: Any) -> list[str]:
    """Write a value as the texts that stand for it."""
    if not isinstance(value, list):
        return [_text(value)]
    if parameter is not None and is_exploded(parameter):
        return [_text(item) for item in value]
    delimiter = "," if parameter is None else _delimiter(parameter)
    return [delimiter.join(map(_text, value))]


def _text(value: Any) -> str:
    """Write a single value; what is no text as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _number(text: str) -> Any:
    """Read a number; a text that is no JSON stays a text."""
    try:
        return read_json(text.encode())
    except UnreadableError:
        return text


def _delimiter(parameter: Schema) -> str:
    """Tell what stands between the items of an array."""
    return _DELIMITERS[parameter.get("style", "form")]
