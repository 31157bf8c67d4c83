"""API keys: what the operator keeps tells nobody a key, and what can't be read is one clear line."""

from pathlib import Path

import pytest

from service.keys import Key, KeysError, find_name, make_key, read_keys

DIGEST = "a" * 64


def test_a_new_key_is_found_by_its_secret_alone() -> None:
    """The digest itself opens nothing."""
    secret, key = make_key("bot")

    assert find_name([Key(DIGEST, "other"), key], secret) == "bot"
    assert find_name([key], key.digest) is None
    assert find_name([key], secret[:-1]) is None
    assert find_name([], secret) is None


def test_no_two_keys_are_alike() -> None:
    """256 random bits, in letters that every header takes."""
    secrets = {make_key("bot")[0] for _ in range(100)}

    assert len(secrets) == 100
    assert all(len(secret) >= 43 and secret.isascii() for secret in secrets)


def test_a_file_holds_a_line_for_each_key(tmp_path: Path) -> None:
    """Empty lines and remarks don't count."""
    path = tmp_path / "keys"
    path.write_text(f"# bots\n\n{DIGEST} bot-1\n  {'b' * 64}\tbot_2  \n")

    assert read_keys(str(path)) == (Key(DIGEST, "bot-1"), Key("b" * 64, "bot_2"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "There is no key in"),
        (b"# none\n", "There is no key in"),
        (b"secret bot\n", "Line 1 of"),
        (DIGEST.encode() + b"\n", "Line 1 of"),
        (DIGEST.upper().encode() + b" bot\n", "Line 1 of"),
        (b"\xff\xfe", "can't be read"),
    ],
)
def test_a_file_that_holds_anything_else_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """A service that starts with half of its keys would lock callers out, or let strangers in."""
    path = tmp_path / "keys"
    path.write_bytes(content)

    with pytest.raises(KeysError, match=message):
        read_keys(str(path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(KeysError, match="nowhere can't be read"):
        read_keys(str(tmp_path / "nowhere"))
