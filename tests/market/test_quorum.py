"""The price that enough sources agree on, or none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.market.quorum import QUORUM, agree

SOURCES = ("binance", "bingx", "bybit", "mexc", "weex")


def asked(*prices: str, asset: str = "SOL", excluded: str = "") -> tuple[str | None, str, str]:
    """Agree on prices of the sources a, b, c and so on; give the price, who agrees and who is excluded."""
    named = {chr(ord("a") + place): Decimal(price) for place, price in enumerate(prices)}
    found = agree(asset, named, excluded=frozenset(excluded))
    return (
        None if found.price is None else f"{found.price.normalize():f}",
        "".join(found.sources),
        "".join(sorted(found.excluded)),
    )


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (("100", "100.1", "99.9", "100", "100"), ("100", "abcde", "")),
        (("100", "100.1", "99.9", "100", "150"), ("100", "abcd", "e")),
        (("100", "100.1", "99.9", "100", "0.01"), ("100", "abcd", "e")),
        (("100", "100.1", "99.9", "150", "150"), (None, "", "abcde")),
        (("100", "100", "150", "150", "150"), (None, "", "abcde")),
        (("100", "100", "100.5", "150"), ("100", "abc", "d")),
        (("100", "101", "100.4"), ("100.4", "abc", "")),
        (("100", "100", "150"), (None, "", "abc")),
        (("100", "100"), (None, "ab", "")),
        (("100",), (None, "a", "")),
        ((), (None, "", "")),
    ],
)
def test_three_that_agree_make_a_price(prices: tuple[str, ...], expected: tuple[str | None, str, str]) -> None:
    """One wrong of five is left out; two that agree on a wrong price leave no price at all."""
    assert asked(*prices) == expected


@pytest.mark.parametrize(
    ("asset", "price", "excluded"),
    [
        ("SOL", "102", ""),
        ("SOL", "102.01", "d"),
        ("SOL", "97.99", "d"),
        ("BTC", "101", ""),
        ("BTC", "101.01", "d"),
        ("ETH", "98.99", "d"),
    ],
)
def test_two_percent_are_far_and_one_of_bitcoin_and_ether(asset: str, price: str, excluded: str) -> None:
    """From the median of the others; at the limit itself a source still agrees."""
    assert asked("100", "100", "100", price, asset=asset)[2] == excluded


@pytest.mark.parametrize(
    ("asset", "price", "excluded"),
    [("SOL", "101", ""), ("SOL", "101.01", "d"), ("SOL", "99.01", ""), ("BTC", "100.5", ""), ("BTC", "100.51", "d")],
)
def test_who_was_excluded_comes_back_within_half_of_the_limit(asset: str, price: str, excluded: str) -> None:
    """So that nobody goes in and out at the edge; the others keep the whole limit."""
    assert asked("100", "100", "100", price, asset=asset, excluded="d")[2] == excluded
    assert asked("100", "100", "100", price, asset=asset, excluded="abc")[2] == ""


def test_who_was_excluded_stays_so_while_it_says_nothing() -> None:
    """A source that fails for a moment does not come back as if nothing had been."""
    assert asked("100", "100", "100", excluded="d") == ("100", "abc", "d")


@given(
    right=st.lists(st.integers(10_000, 10_100), min_size=2, max_size=5),
    wrong=st.lists(st.integers(1, 10**6) | st.integers(9_500, 10_600), max_size=2),
)
def test_a_wrong_minority_never_moves_the_price_out_of_the_range_of_the_right(
    right: list[int], wrong: list[int]
) -> None:
    """Whatever the wrong ones say, while the right ones are within half of the limit; and three make a price."""
    wrong = wrong[: min(len(right) - 1, 5 - len(right))]
    prices = dict(zip(SOURCES, map(Decimal, right + wrong), strict=False))

    found = agree("SOL", prices)

    assert found.price is None or min(right) <= found.price <= max(right)
    assert (found.price is not None) == (len(found.sources) >= QUORUM)
    assert found.excluded == prices.keys() - set(found.sources)
    assert list(found.sources) == sorted(found.sources)


@given(st.lists(st.integers(10_000, 10_100), min_size=3, max_size=5))
def test_right_sources_always_agree(right: list[int]) -> None:
    """No source is left out without need."""
    found = agree("SOL", dict(zip(SOURCES, map(Decimal, right), strict=False)))

    assert found.price is not None
    assert not found.excluded
