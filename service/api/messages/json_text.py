"""JSON text read strictly: UTF-8, plain numbers, and no key twice."""

import json

import msgspec

from service.api.messages.problems import RefusalError

_LONGEST_INTEGER = 300


def load(body: bytes) -> object:
    """Read a text as plain JSON, and see what msgspec can't: a key that is given twice.

    Raises:
        RefusalError: not_utf8, not_json, duplicate_key or too_deep.
    """
    try:
        return _plain.decode(body.decode())
    except UnicodeDecodeError:
        raise RefusalError("not_utf8") from None
    except RecursionError:
        raise RefusalError("too_deep") from None
    except json.JSONDecodeError as error:
        raise RefusalError("not_json", f"{error.msg} at character {error.pos}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RefusalError("duplicate_key")
    return found


def may_repeat_a_key(body: bytes) -> bool:
    """Read a JSON text and write it again: a key given twice is lost, and its colon with it.

    Only an escape can hide a colon or add one, so a text without any that kept its colons kept its keys.
    """
    return b"\\" in body or body.count(b":") != _write_plain(_read_plain(body)).count(b":")


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


def _fraction(digits: str) -> float:
    number = float(digits)
    return int(number) if number.is_integer() else number


def _no_constant(name: str) -> float:
    raise RefusalError("not_json", f"{name} is not JSON")


_read_plain = msgspec.json.Decoder().decode
_write_plain = msgspec.json.Encoder().encode
_plain = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_fraction, parse_constant=_no_constant
)
