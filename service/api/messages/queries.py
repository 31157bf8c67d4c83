"""Query parameters to records: as strict as a body, and each refusal names its parameter.

Law: a parameter stands once; a list is written with commas; what the record does not know is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from msgspec import Struct, inspect

from service.api.messages.heads import check_accept
from service.api.messages.problems import RefusalError, Violation, printable
from service.api.messages.violations import find_violations, node_of
from service.api.messages.wire import parse_word

S = TypeVar("S", bound=Struct)


def read_query(model: type[S], request: Request[Any, Any, Any]) -> S:
    """Read the query of a request into its record.

    Raises:
        RefusalError: bad_head, not_acceptable, or invalid_request with every parameter that has to change.
    """
    check_accept(request)
    sent = request.query_params
    return parse_query(model, {name: sent.getall(name) for name in sent})


def parse_query(model: type[S], sent: Mapping[str, Sequence[str]]) -> S:
    """Read parameters, each with all its values, into a record.

    Raises:
        RefusalError: invalid_request with every parameter that has to change.
    """
    node = cast("inspect.StructType", node_of(model))
    kinds = {field.encode_name: _bare(field.type) for field in node.fields}
    value = {name: _read(kinds.get(name), texts[0]) for name, texts in sent.items()}
    repeated = [name for name, texts in sent.items() if len(texts) > 1]
    errors = [
        *(Violation(parameter=printable(name), code="repeated", detail="Send it once") for name in repeated),
        *map(_name, find_violations(model, value)),
    ]
    if errors:
        raise RefusalError("invalid_request", f"{errors[0].parameter}: {errors[0].detail}", errors=errors)
    return msgspec.convert(value, model, dec_hook=parse_word)


def _bare(node: inspect.Type) -> inspect.Type:
    """Take away what says nothing about how a value is written: descriptions, and that it may be absent."""
    if isinstance(node, inspect.Metadata):
        return _bare(node.type)
    if isinstance(node, inspect.UnionType):
        return next(_bare(option) for option in node.types if not isinstance(option, inspect.NoneType))
    return node


def _read(kind: inspect.Type | None, text: str) -> object:
    """Read a text as a JSON value of its kind; one that is no number stays a text, and is refused as such."""
    if isinstance(kind, inspect.VarTupleType):
        return text.split(",")
    if isinstance(kind, inspect.FloatType | inspect.IntType):
        try:
            return cast("object", msgspec.json.decode(text))
        except msgspec.DecodeError:
            return text
    return text


def _name(violation: Violation) -> Violation:
    """Name the parameter instead of the place in a record."""
    name = str(violation.pointer).removeprefix("#/").partition("/")[0]
    if violation.code == "unknown_field":
        detail = violation.detail.replace("field", "parameter", 1)
        return Violation(parameter=name, code="unknown_parameter", detail=detail)
    return Violation(parameter=name, code=violation.code, detail=violation.detail)
