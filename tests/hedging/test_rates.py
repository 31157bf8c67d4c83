"""Rates by their conventions: worked examples, and what holds between simple, compounded and continuous."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.rates import (
    annualize,
    annualize_continuously,
    compound,
    days_between,
    forward_price,
    from_continuous,
    price_after,
    to_continuous,
)
from service.hedging.units import Instant
from tests.hedging.build import NOW, moment, number


def rounded(value: Decimal, places: str) -> str:
    """Write a number as a book prints it."""
    return str(value.quantize(Decimal(places)))


@pytest.mark.parametrize(
    ("end", "days"),
    [
        ("2026-01-03T03:04:05Z", "1"),
        ("2026-01-02T09:04:05Z", "0.25"),
        ("2026-01-02T03:04:05Z", "0"),
        ("2025-12-31T15:04:05Z", "-1.5"),
        ("2026-04-02T03:04:05Z", "90"),
        ("2026-01-02T03:04:13.640Z", "0.0001"),
    ],
)
def test_days_are_counted_to_the_microsecond(end: str, days: str) -> None:
    """Parts of a day count, and a moment before is negative."""
    assert days_between(NOW, Instant.parse(end)) == Decimal(days)


@pytest.mark.parametrize(
    ("rate", "periods", "printed"),
    [
        ("0.10", "2", "0.09758"),  # Hull, chapter 4: 10 % semi-annual, 2 ln 1.05
        ("0.08", "1", "0.07696"),  # ln 1.08
        ("0", "12", "0.00000"),
    ],
)
def test_a_compounded_rate_becomes_continuous(rate: str, periods: str, printed: str) -> None:
    """M ln(1 + R/m)."""
    assert rounded(to_continuous(number(rate), number(periods)), "0.00001") == printed


@pytest.mark.parametrize(
    ("rate", "periods", "printed"),
    [
        ("0.08", "4", "0.0808"),  # Hull, chapter 4: 8 % continuous is 8.08 % quarterly
        ("0.07696104", "1", "0.0800"),
        ("-0.1", "1", "-0.0952"),
    ],
)
def test_a_continuous_rate_becomes_compounded(rate: str, periods: str, printed: str) -> None:
    """M (e^(R/m) - 1)."""
    assert rounded(from_continuous(number(rate), number(periods)), "0.0001") == printed


rates = st.decimals(min_value=Decimal("-0.9"), max_value=5, places=6)
ratios = st.decimals(min_value=Decimal("0.01"), max_value=100, places=6)
numbers_of_days = st.integers(1, 3650).map(Decimal)


@given(rate=rates, periods=st.sampled_from([Decimal(1), Decimal(2), Decimal(4), Decimal(365), Decimal(8760)]))
def test_a_rate_comes_back_from_its_other_convention(rate: Decimal, periods: Decimal) -> None:
    """The two conversions undo each other, to the 30 digits that are left of 34."""
    again = from_continuous(to_continuous(rate, periods), periods)

    assert abs(again - rate) <= Decimal("1E-28") * periods


@given(ratio=ratios, days=st.integers(1, 364).map(Decimal))
def test_the_simple_rate_is_never_below_the_continuous_one(ratio: Decimal, days: Decimal) -> None:
    """Domain property 12: ln(1 + x) <= x, and they are one only where there is no basis."""
    simple, continuous = annualize(ratio - 1, days), annualize_continuously(ratio, days)

    assert simple >= continuous
    assert (simple == continuous) == (ratio == 1)


@given(ratio=ratios.filter(lambda ratio: ratio > 1), days=st.integers(1, 364).map(Decimal))
def test_within_a_year_the_compounded_rate_of_a_contango_is_the_largest(ratio: Decimal, days: Decimal) -> None:
    """Continuous < simple < compounded, as in 8.031 % < 8.111 % < 8.362 %."""
    continuous = annualize_continuously(ratio, days)

    assert continuous < annualize(ratio - 1, days) < from_continuous(continuous)


@given(spot=ratios, ratio=ratios, days=numbers_of_days)
def test_a_forward_at_its_own_carry_is_the_future_itself(spot: Decimal, ratio: Decimal, days: Decimal) -> None:
    """The carry that a price implies leads back to that price: S e^(ln(F/S)) = F."""
    implied = annualize_continuously(ratio, days)

    assert abs(forward_price(spot, carry=implied, days=days) - spot * ratio) <= spot * ratio * Decimal("1E-30")


@pytest.mark.parametrize(
    ("days", "year_days", "printed"), [(17, 365, "-0.13395932"), (17, 360, "-0.13212426"), (360, 360, "-0.00623920")]
)
def test_the_days_of_a_year_are_a_choice(days: int, year_days: int, printed: str) -> None:
    """The golden vector B12: 2,588.25 over 2,604.5 in 17 days is -13.21 % a year by ACT/360."""
    rate = Decimal("2588.25") / Decimal("2604.5") - 1

    assert rounded(annualize(rate, Decimal(days), year_days=Decimal(year_days)), "1E-8") == printed


def test_growth_is_compounded_over_parts_of_a_period_too() -> None:
    """1 % twice is 2.01 %; half a period of it undoes its square."""
    assert compound(number("0.01"), Decimal(2)) == Decimal("0.0201")
    assert rounded(compound(number("0.0201"), number("0.5")), "1E-20") == "0.01000000000000000000"


def test_a_moment_written_with_another_offset_is_the_same_moment() -> None:
    """Days are counted between moments, not between what clocks on walls show."""
    assert days_between(NOW, Instant.parse("2026-01-03T04:04:05+01:00")) == 1
    assert moment(1) == Instant.parse("2026-01-03T04:04:05+01:00")


def test_three_deviations_of_a_month() -> None:
    """Golden vector M30: 60,000 at 60 % a year, up to 100,523.20 and down to what makes the product the square."""
    up, down = (
        price_after(Decimal(60000), deviations=Decimal(k), volatility=Decimal("0.6"), days=Decimal(30)) for k in (3, -3)
    )

    assert abs(up - Decimal("100523.1976643944830260193")) < Decimal("1E-15")
    assert abs(up * down - Decimal(60000) ** 2) < Decimal("1E-15")
