"""A board as it lies in Redis: with its own name, its times and a checksum.

Law: a value that is not whole, not of this key, not of this version or not of the past is refused with its reason; it
counts as not there.
"""

from collections.abc import Hashable, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from service.market.source import Feed, Row
from service.market.vetting import Doubt, is_finite

Flaw = Literal[
    "truncated", "oversized", "checksum", "undecodable", "version", "wrong_key", "stamp", "not_finite", "unsound"
]
"""What is wrong with a kept value."""
VERSION = 1
STAMP_DIGITS = 20
"""Width of the stamp in front of a value, in decimal digits, by which a script compares two values without reading
them."""
LARGEST = 16 * 1024 * 1024
_SUM_BYTES = 16
_HEAD = STAMP_DIGITS + _SUM_BYTES


class Board(Struct, frozen=True, kw_only=True):
    """What one exchange says about one subject, at one time."""

    rows: Mapping[str, Row]
    """By symbol."""
    dropped: Mapping[str, Doubt]
    """Why a symbol that was sent is not among the rows."""
    wall_ms: int
    """Wall clock before the exchange was asked, in milliseconds since 1970."""
    stamp: int
    """The same moment by the clock that all writers share, in microseconds since 1970."""


class FlawError(Exception):
    """A kept value that is not to be used."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


class _Sealed(Struct, frozen=True, array_like=True):
    version: int
    key: str
    stamp: int
    wall_ms: int
    dropped: dict[str, Doubt]
    rows: msgspec.Raw


def seal(feed: Feed, board: Board) -> bytes:
    """Write a board: its stamp in digits, a checksum of the rest, the rest."""
    rows = msgspec.Raw(msgspec.msgpack.encode(list(board.rows.values())))
    body = msgspec.msgpack.encode(_Sealed(VERSION, feed.key, board.stamp, board.wall_ms, dict(board.dropped), rows))
    return b"%0*d" % (STAMP_DIGITS, board.stamp) + _checksum(body) + body


def unseal(feed: Feed, value: bytes) -> Board:
    """Read a board back.

    Raises:
        FlawError: with what is wrong.
    """
    if not _HEAD < len(value) <= LARGEST:
        raise FlawError("oversized" if len(value) > LARGEST else "truncated")
    stamp, checksum, body = value[:STAMP_DIGITS], value[STAMP_DIGITS:_HEAD], value[_HEAD:]
    if _checksum(body) != checksum:
        raise FlawError("checksum")
    sealed, rows = _decode(feed, body)
    if sealed.key != feed.key:
        raise FlawError("wrong_key")
    if b"%0*d" % (STAMP_DIGITS, sealed.stamp) != stamp:
        raise FlawError("stamp")
    if not all(is_finite(row) for row in rows):
        raise FlawError("not_finite")
    return Board(
        rows={row.symbol: row for row in rows}, dropped=sealed.dropped, wall_ms=sealed.wall_ms, stamp=sealed.stamp
    )


def _decode(feed: Feed, body: bytes) -> tuple[_Sealed, list[Row]]:
    try:
        sealed = msgspec.msgpack.decode(body, type=_Sealed)
        if sealed.version != VERSION:
            raise FlawError("version")
        return sealed, cast("list[Row]", _decoder(cast("Hashable", feed.row)).decode(sealed.rows))
    except msgspec.MsgspecError:
        raise FlawError("undecodable") from None


@cache
def _decoder(row: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(list[row])  # type: ignore[valid-type]


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_SUM_BYTES).digest()
