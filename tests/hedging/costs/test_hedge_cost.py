"""What a hedge is expected to cost, and what it is expected to lose."""

from typing import Any

import pytest

from service.hedging.costs.hedge_cost import check_outlook, count_payments, expect_cost, is_fee_known
from service.hedging.errors import InconsistentQuestionError
from tests.hedging.build import linear, moment, number
from tests.hedging.covered import TERMS, outlook


@pytest.mark.parametrize(
    ("terms", "is_short", "rate"),
    [
        ({}, True, "0.001"),
        ({"fee_rate": "0.0002"}, True, "0.0004"),
        ({"funding_rate": "0.0001"}, True, "-0.008"),
        ({"funding_rate": "0.0001"}, False, "0.01"),
        ({"funding_rate": "-0.0001"}, True, "0.01"),
        ({"cost_rate": "-0.02"}, True, "-0.02"),
    ],
)
def test_a_cost_is_two_trades_less_what_is_received(*, terms: dict[str, str], is_short: bool, rate: str) -> None:
    """90 payments in 30 days: a short receives positive funding, a long pays it; a cost that is sent is all of it."""
    expected = expect_cost(outlook(**terms), linear(**TERMS), is_short=is_short)

    assert expected.rate == number(rate)
    assert str(expected.cost.rate) == rate
    assert expected.loss == float(rate)
    assert expected.cost.source == ("sent" if "cost_rate" in terms else "fees_and_funding")
    assert expected.cost.funding_payments == (None if "cost_rate" in terms else 90)


@pytest.mark.parametrize(("is_short", "drift"), [(True, 0.2 * 30 / 365), (False, -0.2 * 30 / 365)])
def test_drift_is_a_loss_of_the_hedge_and_no_cost(*, is_short: bool, drift: float) -> None:
    """A short loses what the underlying gains, and a long gains it."""
    expected = expect_cost(outlook(expected_drift=0.2), linear(**TERMS), is_short=is_short)

    assert expected.rate == number("0.001")
    assert expected.drift == pytest.approx(drift)
    assert expected.cost.expected_loss_rate == pytest.approx(0.001 + drift)


@pytest.mark.parametrize(
    ("days", "hours", "payments"), [(1.0, None, 3), (1.3, 8, 3), (2.0, 7, 6), (365.0, 1, 8760), (1.0, 24, 1)]
)
def test_whole_intervals_are_counted(days: float, hours: int | None, payments: int) -> None:
    """Every 8 hours where the contract does not say."""
    assert count_payments(days, linear(funding_interval_hours=hours)) == payments


def test_an_unknown_fee_is_taken_as_usual() -> None:
    """And it can be told that it was."""
    plain = linear()

    assert expect_cost(outlook(), plain, is_short=True).cost.fee_rate == number("0.0005")
    assert not is_fee_known(outlook(), plain)
    assert is_fee_known(outlook(fee_rate="0"), plain)
    assert is_fee_known(outlook(cost_rate="0"), plain)
    assert is_fee_known(outlook(), linear(**TERMS))


@pytest.mark.parametrize(
    ("terms", "paths"),
    [
        ({"funding_rate": "0"}, [("funding_rate",)]),
        ({"funding_rate": "0", "fee_rate": "0"}, [("funding_rate",), ("fee_rate",)]),
    ],
)
def test_a_cost_is_stated_once(terms: dict[str, str], paths: list[Any]) -> None:
    """All of it, or its parts."""
    check_outlook(outlook(**terms))
    check_outlook(outlook(cost_rate="0.1"))
    with pytest.raises(InconsistentQuestionError) as caught:
        check_outlook(outlook(cost_rate="0.1", **terms))

    assert [fault.path for fault in caught.value.faults] == paths


def test_what_expires_is_not_funded() -> None:
    """Its basis is told as a cost."""
    dated = linear(expiry=str(moment(90)), **TERMS)

    expected = expect_cost(outlook(), dated, is_short=True)

    assert (expected.rate, expected.cost.funding_payments) == (number("0.001"), 0)
    with pytest.raises(InconsistentQuestionError):
        expect_cost(outlook(funding_rate="0"), dated, is_short=True)
