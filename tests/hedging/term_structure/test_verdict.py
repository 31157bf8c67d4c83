"""What a future means for a short, and when that has changed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.hedging.term_structure.pairs import Pair
from service.hedging.term_structure.verdict import Reading, has_moved, identify, read_basis
from service.hedging.units import FundingRate, Instant, Price

NOW = Instant.parse("2026-01-02T03:04:05Z")
APRIL = Instant.parse("2026-04-02T03:04:05Z")
TOMORROW = Instant.parse("2026-01-02T20:00:00Z")
PERPETUAL = Pair(
    symbol="BTCUSDT",
    underlying="BTC",
    spot_price=Price("60000"),
    futures_price=Price("60003"),
    funding_rate=FundingRate("0.0001"),
    funding_interval_hours=8,
    next_funding_at=Instant.parse("2026-01-02T08:00:00Z"),
)
DATED = Pair(symbol="BTC-APR", underlying="BTC", spot_price=Price("60000"), futures_price=Price("61200"), expiry=APRIL)


def test_a_future_that_expires_in_numbers() -> None:
    """The example of the design: 1,200 of basis on 60,000 with 90 days left is 8.111111 % a year."""
    reading = read_basis(DATED, NOW)

    assert (reading.kind, reading.days_to_expiry) == ("future", 90)
    assert (reading.basis, reading.basis_rate) == (Decimal(1200), Decimal("0.02"))
    assert reading.annualized_basis_rate == Decimal("0.08111111")
    assert (reading.funding_rate, reading.annualized_funding_rate) == (None, None)


def test_a_perpetual_in_numbers() -> None:
    """A basis that is not annualised, and 0.01 % of funding thrice a day for 365 days."""
    reading = read_basis(PERPETUAL, NOW)

    assert (reading.kind, reading.days_to_expiry, reading.annualized_basis_rate) == ("perpetual", None, None)
    assert (reading.basis, reading.basis_rate) == (Decimal(3), Decimal("0.00005"))
    assert (reading.annualized_funding_rate, reading.funding_interval_hours) == (Decimal("0.1095"), 8)
    assert reading.next_funding_at == PERPETUAL.next_funding_at


@pytest.mark.parametrize(
    ("pair", "changes", "verdict", "reason"),
    [
        (DATED, {}, "earns", "The future costs 2 % more than spot: a short held to 2026-04-02 earns it, 8.11 % a year"),
        (
            DATED,
            {"futures_price": Price("59970")},
            "pays",
            "The future costs 0.05 % less than spot: a short held to 2026-04-02 pays it, 0.2028 % a year",
        ),
        (
            DATED,
            {"expiry": TOMORROW},
            "earns",
            "The future costs 2 % more than spot: a short held to 2026-01-02 earns it",
        ),
        (
            DATED,
            {"futures_price": Price("60000")},
            "neutral",
            "The future costs what spot costs: a short held to 2026-04-02 neither earns nor pays",
        ),
        (PERPETUAL, {}, "earns", "A short receives funding of 0.01 % every 8 hours, 10.95 % a year if it stays"),
        (
            PERPETUAL,
            {"funding_rate": FundingRate("-0.0000123"), "funding_interval_hours": 1},
            "pays",
            "A short pays funding of 0.00123 % every hour, 10.77 % a year if it stays",
        ),
        (
            PERPETUAL,
            {"funding_rate": FundingRate("0")},
            "neutral",
            "Funding is 0: a short neither receives nor pays it",
        ),
        (
            PERPETUAL,
            {"funding_rate": None},
            "neutral",
            "No funding rate is known: whether a short earns or pays can't be told",
        ),
        (
            PERPETUAL,
            {"funding_rate": None, "funding_interval_hours": None},
            "neutral",
            "No funding rate is known: whether a short earns or pays can't be told",
        ),
        (
            PERPETUAL,
            {"futures_price": Price("59000")},
            "earns",
            "A short receives funding of 0.01 % every 8 hours, 10.95 % a year if it stays",
        ),
    ],
)
def test_the_verdict_is_that_of_a_short(pair: Pair, changes: dict[str, Any], verdict: str, reason: str) -> None:
    """By the basis of what expires, by the funding of a perpetual whatever its basis; with the numbers behind it."""
    reading = read_basis(replace(pair, **changes), NOW)

    assert (reading.verdict, reading.reason) == (verdict, reason)


def test_a_future_that_has_just_expired_has_no_time_left() -> None:
    """The look began before its last moment, and ended after it."""
    reading = read_basis(replace(DATED, expiry=NOW), APRIL)

    assert (reading.days_to_expiry, reading.annualized_basis_rate) == (0, None)


def test_time_alone_is_no_news() -> None:
    """The annual rate has moved, the future has not; but on its last day there is no annual rate any more."""
    before, after = read_basis(DATED, NOW), read_basis(DATED, Instant.parse("2026-03-02T00:00:00Z"))
    last = read_basis(DATED, Instant.parse("2026-04-02T00:00:00Z"))

    assert before.annualized_basis_rate != after.annualized_basis_rate
    assert not has_moved(before, after, Decimal(0))
    assert has_moved(after, last, Decimal(0))
    assert has_moved(before, after, Decimal("0.1"))


@pytest.mark.parametrize(
    ("changes", "least", "moved"),
    [
        ({"spot_price": Price("60001"), "futures_price": Price("60004")}, "0", True),
        ({"spot_price": Price("60001"), "futures_price": Price("60004")}, "0.00001", False),
        ({"futures_price": Price("60009")}, "0.0001", True),
        ({"futures_price": Price("60008.9")}, "0.0001", False),
        ({"futures_price": Price("59997")}, "0.0001", True),
        ({"funding_rate": FundingRate("0.000101")}, "0.001", True),
        ({"funding_rate": FundingRate("0.0001009")}, "0.001", False),
        ({"funding_rate": None}, "0.5", True),
        ({"next_funding_at": None}, "0", True),
        ({"next_funding_at": None}, "0.5", False),
        ({"symbol": "BTCUSD"}, "0", True),
        ({}, "0", False),
    ],
)
def test_what_has_moved_enough(changes: dict[str, Any], least: str, moved: bool) -> None:
    """Any figure, or one of the rates by as much as was asked for, in either direction; funding counts a year too."""
    before, after = read_basis(PERPETUAL, NOW), read_basis(replace(PERPETUAL, **changes), NOW)

    assert has_moved(before, after, Decimal(least)) is moved
    assert has_moved(after, before, Decimal(least)) is moved


PRICES = st.decimals(min_value="1E-18", max_value="999999999999999", places=18).map(Price)
RATES = st.none() | st.decimals(min_value="-0.999", max_value="0.999", places=18).map(FundingRate)


@given(
    spot=PRICES.filter(lambda price: price > 0),
    future=PRICES.filter(lambda price: price > 0),
    rate=RATES,
    hours=st.integers(1, 24),
    expiry=st.none() | st.sampled_from([TOMORROW, APRIL]),
)
def test_whatever_the_prices_every_figure_is_a_number(
    *, spot: Price, future: Price, rate: FundingRate | None, hours: int, expiry: Instant | None
) -> None:
    """No NaN and no infinity, a verdict that goes with the sign, and no change where nothing changed."""
    pair = Pair(
        symbol="A",
        underlying="A",
        spot_price=spot,
        futures_price=future,
        expiry=expiry,
        funding_rate=None if expiry else rate,
        funding_interval_hours=None if expiry else hours,
    )
    reading = read_basis(pair, NOW)

    assert all(value.is_finite() for value in figures(reading))
    deciding = reading.basis_rate if expiry else rate or Decimal(0)
    assert reading.verdict == ("earns" if deciding > 0 else "pays" if deciding < 0 else "neutral")
    assert len(reading.reason) <= 300
    assert not has_moved(reading, reading, Decimal(0))
    assert not has_moved(reading, reading, Decimal("1E-18"))
    assert identify(reading) == identify(read_basis(pair, NOW))


def figures(reading: Reading) -> list[Decimal]:
    """List the numbers of a reading that are known."""
    values = (getattr(reading, name) for name in Reading.__struct_fields__)
    return [value for value in values if isinstance(value, Decimal)]
