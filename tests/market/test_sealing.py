"""A board comes back from Redis as it was sealed, or not at all."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.market.sealing import LARGEST, STAMP_DIGITS, VERSION, Board, Flaw, FlawError, seal, unseal
from service.market.source import Candles, Close, Feed, Fundings, Get, Listing, Payment, Quote, Row, Tier, Tiers
from service.market.vetting import Doubt
from tests.market.hand import quotes

HEAD = STAMP_DIGITS + 16


async def ask_nobody(_get: Get) -> list[Row]:
    """Stand where a feed's way to its exchange is."""
    return []


FEED = Feed("binance", "linear", "quotes", Quote, ask_nobody, 2.0, 60.0)
numbers = st.decimals(allow_nan=False, allow_infinity=False)
names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=12)
moments = st.integers(0, 10**13)
reals = st.floats(allow_nan=False, allow_infinity=False)
some_tiers = st.lists(st.builds(Tier, numbers, numbers), max_size=4).map(tuple)
ROWS: dict[Any, st.SearchStrategy[Row]] = {
    Quote: st.builds(
        Quote,
        symbol=names,
        last=numbers | st.none(),
        mark=numbers | st.none(),
        funding_rate=numbers | st.none(),
        funding_interval_hours=st.none() | st.integers(1, 24),
        next_funding_ms=moments | st.none(),
        as_of_ms=moments | st.none(),
    ),
    Listing: st.builds(
        Listing,
        symbol=names,
        segment=st.sampled_from(["linear", "inverse", "spot"]),
        base=names,
        units=numbers,
        quote=names,
        is_trading=st.booleans(),
        expiry_ms=moments | st.none(),
        order_unit=st.sampled_from(["contract", "base"]),
        max_leverage=numbers | st.none(),
        tiers=some_tiers | st.none(),
        tier_unit=st.sampled_from(["value", "contracts"]),
    ),
    Tiers: st.builds(Tiers, symbol=names, tiers=some_tiers),
    Candles: st.builds(Candles, symbol=names, closes=st.lists(st.builds(Close, moments, reals)).map(tuple)),
    Fundings: st.builds(Fundings, symbol=names, payments=st.lists(st.builds(Payment, moments, reals)).map(tuple)),
}


def board(*rows: Row) -> Board:
    """Make a board of rows."""
    return Board(
        rows={row.symbol: row for row in rows},
        dropped={"BAD": "no_price"},
        wall_ms=1_800_000_000_123,
        stamp=1_800_000_000_456_789,
    )


def flaw(value: bytes, feed: Feed = FEED) -> Flaw:
    """Tell why a value is refused."""
    with pytest.raises(FlawError) as refusal:
        unseal(feed, value)
    assert str(refusal.value) == refusal.value.flaw
    return refusal.value.flaw


def forge(change: Callable[[list[Any]], object]) -> bytes:
    """Seal a sound board, change what it says, and write the checksum that belongs to that."""
    value = seal(FEED, board(*quotes("SOLUSDT")))
    content = msgspec.msgpack.decode(value[HEAD:])
    change(content)
    body = msgspec.msgpack.encode(content)
    return value[:STAMP_DIGITS] + blake2b(body, digest_size=16).digest() + body


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
@given(data=st.data(), wall_ms=moments, stamp=st.integers(0, 10**17))
def test_a_board_comes_back_as_it_was(row: Any, data: st.DataObject, wall_ms: int, stamp: int) -> None:
    """Rows of each kind, with every digit; and the time in front, by which a script compares."""
    rows = data.draw(st.lists(ROWS[row], max_size=4))
    dropped = data.draw(st.dictionaries(names, st.sampled_from(get_args(Doubt)), max_size=3))
    sealed = Board(rows={row.symbol: row for row in rows}, dropped=dropped, wall_ms=wall_ms, stamp=stamp)
    feed = FEED._replace(row=row)

    value = seal(feed, sealed)

    assert unseal(feed, value) == sealed
    assert str(unseal(feed, value)) == str(sealed)
    assert int(value[:STAMP_DIGITS]) == stamp


def test_a_value_that_was_cut_is_refused_at_every_length() -> None:
    """As truncated where not even a head is there, else by the checksum."""
    value = seal(FEED, board(*quotes("SOLUSDT", "BTCUSDT")))

    flaws = [flaw(value[:length]) for length in range(len(value))]

    assert flaws == ["truncated"] * (HEAD + 1) + ["checksum"] * (len(value) - HEAD - 1)


@pytest.mark.parametrize("bit", [1, 0x80])
def test_a_value_with_one_byte_changed_is_refused_wherever_it_is(bit: int) -> None:
    """In the time in front, in the checksum, in the rest."""
    value = seal(FEED, board(*quotes("SOLUSDT", "BTCUSDT")))

    changed = [bytearray(value) for _ in value]
    for place, copy in enumerate(changed):
        copy[place] ^= bit

    flaws = [flaw(bytes(copy)) for copy in changed]
    assert flaws == ["stamp"] * STAMP_DIGITS + ["checksum"] * (len(value) - STAMP_DIGITS)


@pytest.mark.parametrize(
    "other",
    [
        FEED._replace(segment="inverse"),
        FEED._replace(exchange="bybit"),
        FEED._replace(symbol="BTCUSDT"),
        FEED._replace(subject="tiers"),
    ],
)
def test_a_value_of_another_key_is_refused(other: Feed) -> None:
    """Whole as it is, and of the same kind of rows."""
    assert flaw(seal(other, board(*quotes("SOLUSDT")))) == "wrong_key"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda content: content.__setitem__(0, VERSION + 1), "version"),
        (lambda content: content.__setitem__(1, "hedge:{other}"), "wrong_key"),
        (lambda content: content.__setitem__(2, content[2] + 1), "stamp"),
        (lambda content: content.__setitem__(3, "soon"), "undecodable"),
        (lambda content: content.__setitem__(4, {"SOLUSDT": "no such doubt"}), "undecodable"),
        (lambda content: content.__setitem__(5, [{"symbol": 7}]), "undecodable"),
        (lambda content: content.__setitem__(5, {}), "undecodable"),
        (list.clear, "undecodable"),
    ],
)
def test_a_value_that_says_something_else_is_refused(change: Callable[[list[Any]], object], expected: Flaw) -> None:
    """Although its checksum is right: another version, another time, rows of another shape."""
    assert flaw(forge(change)) == expected


def test_a_forgery_that_changes_nothing_is_taken() -> None:
    """So that what the forgeries above are refused for is what they change."""
    assert unseal(FEED, forge(len)) == board(*quotes("SOLUSDT"))


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity"])
def test_a_row_with_a_number_that_is_none_is_refused(number: str) -> None:
    """A price of Redis is held against the same rule as one of the exchange."""
    assert flaw(seal(FEED, board(*quotes("SOLUSDT", mark=Decimal(number))))) == "not_finite"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("row", [Candles, Fundings])
def test_a_point_of_a_history_that_is_no_number_is_refused(row: type[Row], number: float) -> None:
    """It can be written, and is met when it is read."""
    rows: dict[type[Row], Row] = {
        Candles: Candles(symbol="SOLUSDT", closes=(Close(1, 1.0), Close(2, number))),
        Fundings: Fundings(symbol="SOLUSDT", payments=(Payment(1, number),)),
    }
    feed = FEED._replace(row=row)

    assert flaw(seal(feed, board(rows[row])), feed) == "not_finite"


def test_a_value_that_is_too_large_is_not_read() -> None:
    """At the limit it is."""
    assert flaw(bytes(LARGEST + 1)) == "oversized"
    assert flaw(bytes(LARGEST)) == "checksum"
