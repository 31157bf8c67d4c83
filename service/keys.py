"""API keys: 256 random bits for the caller, their SHA-256 for the operator's file.

Law: the file tells nobody a key, and how long a comparison takes tells nothing either.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from typing import NamedTuple

_LINE = re.compile(r"([0-9a-f]{64})[ \t]+([A-Za-z0-9_.-]{1,64})").fullmatch
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}").fullmatch
_PREFIX = "mh_"
_BYTES = 32


class KeysError(ValueError):
    """A file of keys that can't be used; the message is one line for the operator."""


class Key(NamedTuple):
    """One key as the service knows it."""

    digest: str
    """SHA-256 in hexadecimal digits."""
    name: str
    """Whose it is, for the operator; keys of one name share one limit."""


def is_name(text: str) -> bool:
    """Tell whether a key may have this name."""
    return _NAME(text) is not None


def make_key(name: str) -> tuple[str, Key]:
    """Make a key: the secret for the caller, and what the service may know of it."""
    secret = _PREFIX + token_urlsafe(_BYTES)
    return secret, Key(_digest(secret), name)


def read_keys(path: str) -> tuple[Key, ...]:
    """Read a file with a line for each key: its digest and its name; empty lines and those after # don't count.

    Raises:
        KeysError: if it can't be read, holds another line, or no key at all.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeysError(f"The keys in {path} can't be read: {error}") from None
    keys = [_read_line(path, number, line) for number, line in enumerate(lines, start=1) if _counts(line)]
    if not keys:
        raise KeysError(f"There is no key in {path}")
    return tuple(keys)


def find_name(keys: Sequence[Key], secret: str) -> str | None:
    """Tell whose key it is, None for nobody's; every key is compared, whichever it is."""
    digest = _digest(secret)
    found = [key.name for key in keys if compare_digest(key.digest, digest)]
    return found[0] if found else None


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _read_line(path: str, number: int, line: str) -> Key:
    found = _LINE(line.strip())
    if found is None:
        raise KeysError(f"Line {number} of {path} is no digest and name as new-key writes them")
    return Key(*found.groups())


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
