"""Where one way becomes dearer than another: at which funding, and after how many days."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.costs.break_even import Switches, break_even_funding, find_switches
from service.hedging.term_structure.funding import annualize_funding

costs = st.decimals(-1000, 1000, places=4)


def test_carry_of_7_percent_breaks_even_at_a_1095th() -> None:
    """Domain 4.5: without a roll and with equal trading costs, f* is c / 1095 at 8 hours: 0.0064 % for 7 %."""
    earned = Decimal(10000) * Decimal("0.07") * 90 / 365

    rate = break_even_funding(Decimal(14), 14 - earned, notional=Decimal(10000), payments=270)

    assert rate is not None
    assert round(rate, 8) == Decimal("0.00006393")
    assert round(annualize_funding(rate, 8), 12) == Decimal("0.07")


def test_a_roll_lowers_the_funding_that_a_perpetual_needs() -> None:
    """Golden vector C04: 12,000 for 90 days at 6 % carry, one roll of 14 bp: 0.00496 % or 5.43 % a year."""
    trade = Decimal(12000) * Decimal("0.0007")
    expiry = 4 * trade - Decimal(12000) * Decimal("0.06") * 90 / 365

    rate = break_even_funding(2 * trade, expiry, notional=Decimal(12000), payments=270)

    assert rate is not None
    assert round(rate, 20) == Decimal("0.00004960933536276002")
    assert round(annualize_funding(rate, 8), 14) == Decimal("0.05432222222222")


def test_without_a_payment_there_is_nothing_to_break_even() -> None:
    """A hedge that is closed before the next payment knows no funding."""
    assert break_even_funding(Decimal(1), Decimal(2), notional=Decimal(100), payments=0) is None


@given(perpetual=costs, expiry=costs, payments=st.integers(1, 5000), sign=st.sampled_from([1, -1]))
def test_at_the_break_even_both_cost_the_same(perpetual: Decimal, expiry: Decimal, payments: int, sign: int) -> None:
    """Put back into the perpetual's cost it gives the expiry's, for a short and for a long."""
    rate = break_even_funding(perpetual, expiry, notional=Decimal(100), payments=payments, sign=sign)

    assert rate is not None
    assert abs(perpetual - sign * 100 * rate * payments - expiry) < Decimal("1E-20")


def expiry_of(carry: str, roll_days: int) -> Callable[[int], Decimal]:
    """Cost per unit of an expiry that is rolled every so many days, as the golden vectors reckon it."""

    def cost(days: int) -> Decimal:
        """Two trades, two more for each roll, less carry."""
        rolls = -(-days // roll_days) - 1
        return (2 + 2 * rolls) * Decimal("0.0007") - Decimal(carry) * days / 365

    return cost


def perpetual_of(rate: str) -> Callable[[int], Decimal]:
    """Cost per unit of a perpetual that is paid a rate three times a day."""
    return lambda days: 2 * Decimal("0.0007") - Decimal(rate) * 3 * days


@pytest.mark.parametrize(
    ("rate", "carry", "roll_days", "switches"),
    [
        ("0.00012", "0.05", 30, Switches("perpetual", (), 365, 365)),  # golden vector C07: hot funding
        ("0.00006", "0.07", 90, Switches("expiry", (91,), 365, 365)),  # the roll of day 91 eats what carry was ahead
        ("0.00001", "0.07", 30, Switches("expiry", (), 365, 365)),
        ("0.0001", "0.1095", 30, Switches("perpetual", (), 365, 365)),  # equal: the one that leaves the end open
    ],
)
def test_the_day_on_which_the_cheaper_one_changes(rate: str, carry: str, roll_days: int, switches: Switches) -> None:
    """Day by day, because a roll costs all at once."""
    found = find_switches(perpetual_of(rate), expiry_of(carry, roll_days), last_day=365)

    assert found._replace(days=found.days[:1]) == switches


days_of = st.lists(st.none() | st.integers(-3, 3).map(Decimal), min_size=1, max_size=30)


@given(days=days_of, others=days_of)
def test_the_switches_are_those_of_a_list_of_all_days(days: list[Decimal | None], others: list[Decimal | None]) -> None:
    """The first winner, and each day on which it is another than before, of all days on which there are both."""
    last = min(len(days), len(others))
    winners = [
        (day, "perpetual" if one <= other else "expiry")
        for day, (one, other) in enumerate(zip(days, others, strict=False), start=1)
        if one is not None and other is not None
    ]
    turned = [winners[index][0] for index in range(1, len(winners)) if winners[index][1] != winners[index - 1][1]]

    found = find_switches(lambda day: days[day - 1], lambda day: others[day - 1], last_day=last)

    assert found.at_first == (winners[0][1] if winners else None)
    assert list(found.days) == turned
    assert found.compared_days == max((day for day, _ in winners), default=0)
