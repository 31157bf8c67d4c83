"""JSON as RFC 8259 has it, without the freedoms that parsers take."""

import json
from typing import Any, NoReturn

_LONGEST_INTEGER = 300
_LARGEST_FLOAT = 1.7e308


class UnreadableError(ValueError):
    """A body that is no JSON text, or says two things at once."""


def read_json(body: bytes) -> Any:
    """Read a JSON text.

    Raises:
        UnreadableError: not UTF-8, not JSON, a key given twice, half a surrogate pair, nested beyond all measure.
    """
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_whole, parse_float=_bounded
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UnreadableError(str(error)) from None
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its members, each named once."""
    if len({name for name, _ in pairs}) < len(pairs):
        _refuse("a key is given twice")
    return dict(pairs)


def _refuse(reason: str) -> NoReturn:
    """Refuse what JSON does not have, such as NaN and Infinity."""
    raise UnreadableError(reason)


def _whole(digits: str) -> int:
    """Read an integer; one beyond all bounds as another beyond all bounds."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else 10**_LONGEST_INTEGER


def _bounded(text: str) -> float:
    """Read a number; infinity, which JSON does not have, as the largest one there is."""
    return max(-_LARGEST_FLOAT, min(float(text), _LARGEST_FLOAT))
