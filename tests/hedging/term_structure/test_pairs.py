"""Pairs of a future and its spot price: annual rates, and pairs that make no sense."""

from decimal import Decimal
from typing import Any

import pytest

from service.hedging.errors import (
    CrossedMarketError,
    ExpiredContractError,
    HedgingError,
    InconsistentQuestionError,
)
from service.hedging.term_structure.pairs import AnnualRates, annualize_basis, check_pairs
from service.hedging.units import Share
from tests.hedging.build import NOW, moment, pair, placed


def printed(rates: object) -> list[str]:
    """Write annual rates as an answer does."""
    assert isinstance(rates, AnnualRates)
    return [str(Share.of(rate)) for rate in rates]


def test_two_percent_in_90_days() -> None:
    """Spot 60,000, future 61,200: 1,200 or 2 %, a year 8.111 % simple, 8.362 % compounded, 8.031 % continuous."""
    future = pair(expiry=str(moment(90)))

    assert (future.basis, future.basis_rate) == (Decimal(1200), Decimal("0.02"))
    assert printed(annualize_basis(future, NOW)) == ["0.08111111", "0.08362365", "0.08031066"]


@pytest.mark.parametrize(
    ("spot", "futures", "days", "day_count", "rates"),
    [
        ("60000", "61350", 45, "ACT/365", ["0.1825", "0.19778877", "0.18047716"]),  # golden vector B11
        ("2604.5", "2588.25", 17, "ACT/360", ["-0.13212426", "-0.12413049", "-0.13253816"]),  # B12
        ("60000", "60000", 30, "ACT/365", ["0", "0", "0"]),
        ("16600", "17600", 37, "ACT/365", ["0.59426897", "0.78079016", "0.57705717"]),  # Cboe, 11 December 2017
        ("1", "1.1", 365, "ACT/365", ["0.1", "0.1", "0.09531018"]),
    ],
)
def test_a_basis_is_annualised_by_three_conventions(
    spot: str, futures: str, days: int, day_count: Any, rates: list[str]
) -> None:
    """Simple, compounded yearly and continuous, on the days that a year is said to have."""
    future = pair(spot_price=spot, futures_price=futures, expiry=str(moment(days)))

    found = annualize_basis(future, NOW, day_count=day_count)

    assert printed(found) == rates


@pytest.mark.parametrize(
    ("terms", "days", "missing"),
    [
        ({}, None, "perpetual"),
        ({}, 0.999, "last_day"),
        ({}, 1, None),
        ({"futures_price": "999999999999999", "spot_price": "0.000000000000000001"}, 2, "out_of_range"),
        ({"spot_price": "999999999999999", "futures_price": "0.000000000000000001"}, 2, None),
        ({"futures_price": "999999999999999", "spot_price": "0.000000000000000001"}, 60000, None),
        ({"futures_price": "66000"}, 1, "out_of_range"),  # 10 % in a day, every day of a year: 1.28E15
    ],
)
def test_a_pair_without_annual_rates_says_why(terms: dict[str, str], days: float | None, missing: str | None) -> None:
    """A perpetual has none, on the last day they say nothing, and absurd prices lead nowhere."""
    expiry = None if days is None else str(moment(days))
    rates = annualize_basis(pair(**terms, expiry=expiry), NOW)

    assert (rates if isinstance(rates, str) else None) == missing


@pytest.mark.parametrize(
    ("error", "terms", "place"),
    [
        (InconsistentQuestionError, {"expiry": str(moment(9)), "funding_rate": "0.0001"}, "funding_rate"),
        (InconsistentQuestionError, {"funding_rate": "0.0001"}, "funding_interval_hours"),
        (ExpiredContractError, {"expiry": str(NOW)}, "expiry"),
        (ExpiredContractError, {"expiry": str(moment(-1))}, "expiry"),
        (CrossedMarketError, {"futures_bid": "61201", "futures_ask": "61200"}, "futures_bid"),
    ],
)
def test_a_pair_that_makes_no_sense_is_refused_at_its_place(
    error: type[HedgingError], terms: dict[str, str], place: str
) -> None:
    """With all of its kind, each where it stands."""
    with pytest.raises(error) as refusal:
        check_pairs(placed(pair(**terms), pair(), pair(**terms)), NOW)

    assert [fault.path for fault in refusal.value.faults] == [("instruments", index, place) for index in (0, 2)]
    assert all("BTC-0626" in fault.detail for fault in refusal.value.faults)


@pytest.mark.parametrize(
    "terms",
    [
        {"futures_bid": "61200", "futures_ask": "61200"},
        {"futures_bid": "61201"},
        {"futures_ask": "1"},
        {"funding_rate": "0.0001", "funding_interval_hours": 8},
        {"funding_interval_hours": 8},
        {"expiry": "2026-01-02T03:04:05.000001Z"},
    ],
)
def test_a_pair_that_makes_sense_passes(terms: dict[str, Any]) -> None:
    """A bid at the ask is a market; one side alone, or an interval without a rate, is no contradiction."""
    check_pairs(placed(pair(**terms)), NOW)


def test_the_first_kind_of_fault_is_told_alone() -> None:
    """What contradicts itself comes before what has expired, and that before what is crossed."""
    crossed, expired = pair(futures_bid="2", futures_ask="1"), pair(expiry=str(NOW))

    with pytest.raises(ExpiredContractError) as refusal:
        check_pairs(placed(crossed, expired), NOW)

    assert [fault.path for fault in refusal.value.faults] == [("instruments", 1, "expiry")]


@pytest.mark.parametrize(("hours", "is_fine"), [(8, True), (-8, True), (-480, True), (8.1, False), (480, False)])
def test_the_next_payment_lies_within_an_interval(hours: float, *, is_fine: bool) -> None:
    """One that is 20 days ahead is not the next of those that come every 8 hours; one that was tells the grid."""
    future = pair(funding_rate="0.0001", funding_interval_hours=8, next_funding_at=str(moment(hours / 24)))

    if is_fine:
        check_pairs(placed(future), NOW)
    else:
        with pytest.raises(InconsistentQuestionError) as refused:
            check_pairs(placed(future), NOW)
        assert [fault.path[-1] for fault in refused.value.faults] == ["next_funding_at"]
