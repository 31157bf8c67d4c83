"""Bytes of an exchange to typed records: what has another shape is a `bad_payload`, never an empty answer."""

import re
from collections.abc import Hashable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any, Protocol, TypeVar, cast

import msgspec

from service.market.source import UpstreamError


class _Named(Protocol):
    @property
    def symbol(self) -> str: ...


T = TypeVar("T")
S = TypeVar("S", bound=_Named)

_is_whole = re.compile(r"[0-9]{1,15}").fullmatch

is_symbol = re.compile(r"[A-Z0-9][A-Z0-9._:/-]{0,39}").fullmatch
"""Tells whether a symbol is one that can be asked for; exchanges list a few that can't, in Chinese for instance."""


def read(model: type[T], body: bytes) -> T:
    """Decode a body into its record; numbers may be written as JSON numbers or as strings, without loss.

    Raises:
        UpstreamError: bad_payload, if it has another shape.
    """
    try:
        return cast("T", _decoder(cast("Hashable", model)).decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UpstreamError("bad_payload", f"The reply is no {model.__name__}") from None


def some(rows: list[T]) -> list[T]:
    """Pass a list on if there is anything in it: an exchange that lists nothing has a fault.

    Raises:
        UpstreamError: bad_payload, if it is empty.
    """
    if not rows:
        raise UpstreamError("bad_payload", "The reply is an empty list")
    return rows


def by_symbol(rows: Iterable[S]) -> dict[str, S]:
    """Index rows by their symbol; one that is sent with two contents is left out."""
    indexed: dict[str, S] = {}
    repeated = set()
    for row in rows:
        if indexed.setdefault(row.symbol, row) != row:
            repeated.add(row.symbol)
    return {symbol: row for symbol, row in indexed.items() if symbol not in repeated}


def whole(text: str) -> int:
    """Read a whole number of at most 15 digits, 0 where an exchange leaves it empty."""
    if not text:
        return 0
    if _is_whole(text) is None:
        raise UpstreamError("bad_payload", "A whole number is not one")
    return int(text)


def number(text: str | None) -> Decimal | None:
    """Read a number that an exchange leaves empty where it has none."""
    if not text:
        return None
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise UpstreamError("bad_payload", "A number is not one") from None
    if not value.is_finite():
        raise UpstreamError("bad_payload", "A number is not finite")
    return value


def real(text: str) -> float:
    """Read a number that has to be there, for statistics."""
    value = number(text)
    if value is None:
        raise UpstreamError("bad_payload", "A number is missing")
    return float(value)


@cache
def _decoder(model: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("Any", model), strict=False)
