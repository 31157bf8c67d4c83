"""What every refusal has to be, whatever was refused: RFC 9457, consistent with itself and with the request."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.openapi.asgi import Answer, Sent
from tests.openapi.strict_json import UnreadableError, read_json

MEDIA_TYPE = "application/problem+json"
LARGEST = 32 * 1024
_WITH_PLACES = frozenset((422, 503))
_WITHOUT_PLACES = frozenset(("overloaded",))
"""Codes of what is not wrong with the request."""
_LONG_NAME = 32
_CODES_OF_WHAT_IS_MISSING = frozenset(
    ("required", "price_missing", "beta_missing", "margin_terms_missing", "currency_mismatch", "inconsistent_question")
)
"""Codes of what may be absent, or left to its default."""
_LEFT_OPEN = "exchange"
"""The parameter that stands for all where it is not sent, and is named where all of them are to blame."""
_PRICES = "#/prices"
_NOTHING = object()


def find_faults(answer: Answer, sent: Sent, explains: Callable[[str], bool]) -> Iterator[str]:
    """List what is wrong with a refusal.

    Args:
        answer: with its body, so not an answer to HEAD.
        sent: the request that was refused.
        explains: tells whether a page answers under a path.
    """
    if answer.media_type != MEDIA_TYPE:
        yield f"a refusal with {answer.status} came as {answer.media_type!r}"
        return
    problem = answer.content
    expected = {
        "status": answer.status,
        "request_id": answer.headers["x-request-id"],
        "type": f"/problems/{problem['code']}",
    }
    yield from (
        f"{name} is {problem[name]!r}, not {value!r}" for name, value in expected.items() if problem[name] != value
    )
    if not explains(problem["type"]):
        yield f"no page explains {problem['type']}"
    if len(answer.body) > LARGEST:
        yield f"the refusal itself takes {len(answer.body)} bytes"
    yield from _find_lost_errors(problem, sent)


def _find_lost_errors(problem: dict[str, Any], sent: Sent) -> Iterator[str]:
    """List the errors that lead nowhere; each is about one place, and those that have places have all of one kind."""
    errors = problem["errors"]
    if problem["status"] in _WITH_PLACES and problem["code"] not in _WITHOUT_PLACES and not errors:
        yield f"{problem['code']} without a place to change"
    for error in errors:
        if ("pointer" in error) == ("parameter" in error):
            yield f"{error} has not one place"
        elif "pointer" in error and not leads_somewhere(error, sent.body):
            yield f"{error['pointer']} ({error['code']}) leads nowhere"
        elif "parameter" in error and not names_something(error, sent.query):
            yield f"{error['parameter']} ({error['code']}) is no parameter that was sent"


def names_something(error: dict[str, str], query: bytes) -> bool:
    """Tell whether an error names a parameter that was sent; or one that was not, if that is what is wrong."""
    name = _name(error["parameter"])
    names = [sent for sent, _ in parse_qsl(query.decode(), keep_blank_values=True)]
    if error["code"] == "required":
        return bool(name) and name not in names
    is_long = len(error["parameter"]) >= _LONG_NAME
    return name in {*names, _LEFT_OPEN} or (is_long and any(sent.startswith(name) for sent in names))


def leads_somewhere(error: dict[str, str], body: bytes) -> bool:
    """Tell whether an error points at a place in the body; what is missing or cut short may lie below one.

    Of prices there may be none at all, so that a missing one is two steps below what was sent.
    """
    try:
        value = read_json(body)
    except UnreadableError:
        return False
    pointer = error["pointer"]
    if not pointer.startswith("#"):
        return False
    if _at(value, pointer) is not _NOTHING:
        return True
    parent, _, last = pointer.rpartition("/")
    record = _at(value, parent)
    if record is _NOTHING and parent == _PRICES and error["code"] == "price_missing":
        return isinstance(value, dict)
    return isinstance(record, dict) and (error["code"] in _CODES_OF_WHAT_IS_MISSING or _is_cut(last, record))


def _is_cut(step: str, record: dict[str, Any]) -> bool:
    """Tell whether a step of a pointer is the beginning of a long name in a record."""
    return len(step) >= _LONG_NAME and any(member.startswith(_name(step)) for member in record)


def _at(value: Any, pointer: str) -> Any:
    """Follow a JSON pointer in a URI fragment (RFC 6901, section 6)."""
    for step in pointer[1:].split("/")[1:]:
        value = _member(value, _name(step))
    return value


def _name(step: str) -> str:
    """Undo the two escapes of a step of a pointer: of URIs, and of pointers."""
    return unquote(step).replace("~1", "/").replace("~0", "~")


def _member(value: Any, step: str) -> Any:
    """Take one step into a value."""
    if isinstance(value, dict):
        return value.get(step, _NOTHING)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return _NOTHING
