"""How a document lies: one change to the committed one, at a place and of a kind."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.openapi.boundaries import Steps, change
from tests.openapi.document import Document


class Lie(NamedTuple):
    """One change to a document."""

    name: str
    steps: Steps
    """Where."""
    value: Any
    """What is put there, `ABSENT` to take it away, or a function of what was there."""

    def tell(self, document: Document) -> Document:
        """Copy a document and put the lie into the copy."""
        value = self.value(_at(document, self.steps)) if callable(self.value) else self.value
        lying: Document = change(document, self.steps, value)
        return lying


def _at(value: Any, steps: Steps) -> Any:
    """Look up what stands at a place; None if nothing does."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else value[step]
    return value


def more(*values: object) -> Callable[[list[object]], list[object]]:
    """Make a function that puts values at the end of a list."""
    return lambda old: [*old, *values]


def less(*values: object) -> Callable[[list[object]], list[object]]:
    """Make a function that takes values out of a list."""
    return lambda old: [value for value in old if value not in values]


def first(old: list[object]) -> list[object]:
    """Leave only the first item of a list."""
    return old[:1]


def rename(old_name: str, new_name: str) -> Callable[[dict[str, object]], dict[str, object]]:
    """Make a function that renames a member and leaves it in its place."""
    return lambda old: {new_name if name == old_name else name: value for name, value in old.items()}


def also(name: str, like: str) -> Callable[[dict[str, object]], dict[str, object]]:
    """Make a function that adds a member like another one."""
    return lambda old: {**old, name: old[like]}


def replace(part: str, other: str) -> Callable[[str], str]:
    """Make a function that replaces part of a text."""
    return lambda old: old.replace(part, other)


def without(name: str) -> Callable[[list[dict[str, object]]], list[dict[str, object]]]:
    """Make a function that takes a parameter away."""
    return lambda old: [parameter for parameter in old if parameter["name"] != name]


def like(name: str, like: str) -> Callable[[list[dict[str, object]]], list[dict[str, object]]]:
    """Make a function that adds a parameter like another one."""
    return lambda old: [*old, *({**parameter, "name": name} for parameter in old if parameter["name"] == like)]


def say(code: str) -> Callable[[str], str]:
    """Make a function that names one more code."""
    return lambda old: f"{old} `{code}`: Sometimes."


def record(name: str, *steps: str | int) -> Steps:
    """Name a place in a component."""
    return ("components", "schemas", name, *steps)


def member(of: str, name: str, *steps: str | int) -> Steps:
    """Name a place in a member of a record."""
    return record(of, "properties", name, *steps)


REF = "#/components/schemas/"
