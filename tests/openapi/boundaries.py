"""Questions on both sides of every limit that a document states, and of the limits that requests here always had.

Law: a question is a whole body with one thing changed, so that what is wrong with it, if anything, is that thing.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from tests.openapi.document import Document, Schema, alternatives, is_meant, kinds
from tests.openapi.texts import TEXTS

Steps = tuple[str | int, ...]
Change = tuple[Steps, Any]

ABSENT = object()
"""Stands for a member that is taken away."""

_WRONG: tuple[Any, ...] = (None, True, 0, 1, 8, 1.5, "", "x", [], {}, [None], {"x": None})


def change(body: Any, steps: Steps, value: Any) -> Any:
    """Copy a JSON value with one member put, or taken away where the value is `ABSENT`."""
    if not steps:
        return value
    step, *rest = steps
    copy = dict(body) if isinstance(body, dict) else list(body)
    if value is ABSENT and not rest and isinstance(copy, dict):
        copy.pop(step, None)
        return copy
    copy[step] = change(copy[step] if rest else None, tuple(rest), value)  # type: ignore[index]
    return copy


def find_boundaries(document: Document, schema: Schema, body: Any, only: tuple[Steps, ...] = ()) -> Iterator[Any]:
    """Vary a valid body at every place that it and the schema have.

    Args:
        document: where references lead.
        schema: of the body.
        body: with every member that the schema names, and at least one item in every array.
        only: places in which it is varied; none for all of it.
    """
    for steps, value in _vary(document, schema, body, ()):
        if not only or any(steps[: len(place)] == place for place in only):
            yield change(body, steps, value)


def _vary(document: Document, schema: Schema, value: Any, at: Steps) -> Iterator[Change]:
    """List the changes at one place and below it."""
    yield from ((at, wrong) for wrong in _WRONG)
    for option in alternatives(document, schema):
        if is_meant(document, option, value):
            yield from ((at, text) for text in _near(option))
            for keyword, (kind, deepen) in _DEEPER.items():
                if keyword in option and isinstance(value, kind):
                    yield from deepen(document, option, value, at)


def _near(schema: Schema) -> Iterator[Any]:
    """List values at the limits of a schema of a single value, and texts for which any pattern has to decide."""
    yield from schema.get("enum", ())
    for limit in (schema[keyword] for keyword in ("minimum", "maximum") if keyword in schema):
        yield from (limit - 1, limit - 0.001, limit, limit + 0.001, limit + 1, float(limit), str(limit))
    if "string" in kinds(schema) and "enum" not in schema:
        yield from TEXTS


def _vary_members(document: Document, schema: Schema, value: Any, at: Steps) -> Iterator[Change]:
    """Vary an object: each member there, gone, and varied itself; one member more."""
    yield (*at, "surprise"), None
    for name, member in schema["properties"].items():
        if name in value:
            yield (*at, name), ABSENT
            yield from _vary(document, member, value[name], (*at, name))
        else:
            yield from (((*at, name), example) for example in _examples(document, member))


def _examples(document: Document, schema: Schema) -> list[Any]:
    """List values that a schema shows, for a member that no body here has."""
    shown = chain.from_iterable(option.get("examples", ()) for option in (schema, *alternatives(document, schema)))
    return [*shown, "1", 1, True, None]


def _vary_items(document: Document, schema: Schema, value: Any, at: Steps) -> Iterator[Change]:
    """Vary an array: as short and as long as allowed and by one item beyond, and its first item."""
    for length in _lengths(schema, "minItems", "maxItems"):
        yield at, [value[0]] * length
    yield from _vary(document, schema["items"], value[0], (*at, 0))


def _vary_entries(document: Document, schema: Schema, value: Any, at: Steps) -> Iterator[Change]:
    """Vary a map: its size, the name of one more entry, and the value of its first."""
    if not isinstance(schema["additionalProperties"], dict) or "properties" in schema:
        return
    name, first = next(iter(value.items()))
    for length in _lengths(schema, "minProperties", "maxProperties"):
        yield at, {**value, **{f"N{number}": first for number in range(length - len(value))}}
    yield from (((*at, text), first) for text in TEXTS)
    yield from _vary(document, schema["additionalProperties"], first, (*at, name))


def _lengths(schema: Schema, *keywords: str) -> list[int]:
    """List the lengths at each limit and by one on both of its sides."""
    limits = [schema[keyword] for keyword in keywords if keyword in schema]
    return sorted({max(0, limit + by) for limit in limits for by in (-1, 0, 1)})


_DEEPER: dict[str, tuple[type, Callable[[Document, Schema, Any, Steps], Iterator[Change]]]] = {
    "properties": (dict, _vary_members),
    "items": (list, _vary_items),
    "additionalProperties": (dict, _vary_entries),
}
