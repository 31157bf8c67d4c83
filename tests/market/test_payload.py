"""Bytes become typed records without loss, and what is not what it should be is a bad_payload."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct

from service.market.payload import by_symbol, is_symbol, number, read, real, some, whole
from service.market.source import Tier, Tiers, UpstreamError


class Ticker(Struct):
    """A row as exchanges write it."""

    symbol: str
    price: Decimal
    count: int = 0


@pytest.mark.parametrize(
    ("body", "price"),
    [
        (b'{"symbol": "X", "price": "0.1000000000000000055511151231257827"}', "0.1000000000000000055511151231257827"),
        (b'{"symbol": "X", "price": 0.1000000000000000055511151231257827}', "0.1000000000000000055511151231257827"),
        (b'{"symbol": "X", "price": 61509, "more": [1]}', "61509"),
        (b'{"symbol": "X", "price": "1E-11", "count": "7"}', "1E-11"),
    ],
)
def test_numbers_come_as_strings_or_as_numbers(body: bytes, price: str) -> None:
    """All digits stay, and fields that nobody needs are passed over."""
    assert read(Ticker, body).price == Decimal(price)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<!DOCTYPE html>",
        b'{"symbol": "X", "price": ',
        b'{"symbol": "X", "price": "abc"}',
        b'{"symbol": "X", "price": null}',
        b'{"symbol": "X", "price": 1e99999999999999999999}',
        b'{"symbol": 7, "price": 1}',
        b'{"symbol": "\xff", "price": 1}',
        b'{"symbol": "X", "price": 1, "more": ' + b"[" * 100_000,
        b'{"symbol": "X", "price": 1} trailing',
    ],
)
def test_what_has_another_shape_is_a_bad_payload(body: bytes) -> None:
    """Never an empty answer, and never an exception of the decoder."""
    with pytest.raises(UpstreamError, match="The reply is no Ticker") as refusal:
        read(Ticker, body)

    assert refusal.value.reason == "bad_payload"


@pytest.mark.parametrize("model", [list[Ticker], dict[str, Ticker]])
def test_a_model_may_be_a_collection(model: Any) -> None:
    """A decoder is made of it all the same, and the refusal names it."""
    with pytest.raises(UpstreamError, match=r"The reply is no (?:list|dict)"):
        read(model, b"7")


def test_a_list_has_something_in_it() -> None:
    """An exchange that lists nothing has a fault."""
    assert some([1]) == [1]
    with pytest.raises(UpstreamError) as refusal:
        some([])

    assert refusal.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("text", "value"), [(None, None), ("", None), ("0", Decimal(0)), ("-1.50", Decimal("-1.5")), ("1e3", Decimal(1000))]
)
def test_an_empty_number_is_none(text: str | None, value: Decimal | None) -> None:
    """Nothing is not 0."""
    assert number(text) == value


@pytest.mark.parametrize("text", ["abc", "1,5", "NaN", "sNaN", "Infinity", "-inf", "1E99999999999999999999"])
def test_a_number_is_finite_or_a_bad_payload(text: str) -> None:
    """What Python's Decimal takes is not all that a price can be."""
    with pytest.raises(UpstreamError) as refusal:
        number(text)

    assert refusal.value.reason == "bad_payload"


@pytest.mark.parametrize(("text", "value"), [("0.1", 0.1), ("-1.50", -1.5), ("0", 0.0), ("1E+999", float("inf"))])
def test_a_number_for_statistics_is_the_nearest_float(text: str, value: float) -> None:
    """One that is too large for a float is infinite, which those who check it refuse."""
    assert real(text) == value


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity"])
def test_a_number_for_statistics_has_to_be_there(text: str) -> None:
    """Nothing would make a gap where none is."""
    with pytest.raises(UpstreamError) as refusal:
        real(text)

    assert refusal.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("symbol", "can_be_asked_for"),
    [
        *((symbol, True) for symbol in ("BTCUSDT", "BTC-USDT", "BTC_USDT", "1", "B" * 40)),
        *((symbol, False) for symbol in ("B" * 41, "btc", "", "-BTC", "BTC\n", "币安人生USDT")),
    ],
)
def test_a_symbol_is_one_that_can_be_asked_for(symbol: str, *, can_be_asked_for: bool) -> None:
    """Upper case, digits and a few signs, at most 40."""
    assert bool(is_symbol(symbol)) == can_be_asked_for


@pytest.mark.parametrize(("text", "value"), [("", 0), ("0", 0), ("480", 480), ("1" * 15, int("1" * 15))])
def test_a_whole_number_is_read(text: str, value: int) -> None:
    """Empty is 0, which is how exchanges write that there is none."""
    assert whole(text) == value


@pytest.mark.parametrize("text", ["1E+999999999", "1.5", "-1", " 1", "1" * 16, "\u0661", "NaN"])
def test_whatever_is_no_whole_number_is_refused(text: str) -> None:
    """At once: a power of ten that is written in a few letters would keep the service busy for hours."""
    with pytest.raises(UpstreamError) as refusal:
        whole(text)

    assert refusal.value.reason == "bad_payload"


def test_rows_of_one_symbol_with_two_contents_are_left_out() -> None:
    """Nobody knows which is true; the same row twice says one thing."""
    first, other = Tiers(symbol="A", tiers=()), Tiers(symbol="A", tiers=(Tier(Decimal(0), Decimal(1)),))
    sound = Tiers(symbol="B", tiers=())

    assert by_symbol([first, sound, sound, other, first]) == {"B": sound}
