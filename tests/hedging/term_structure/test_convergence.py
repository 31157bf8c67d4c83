"""Convergence: a basis runs off until expiry, and a hedge that is closed before gets the rest of it."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.errors import InconsistentQuestionError
from service.hedging.rates import forward_price
from service.hedging.term_structure.convergence import (
    Close,
    Projection,
    check_close,
    close_early,
    effective_price,
    project,
)
from service.hedging.term_structure.pairs import AnnualRates, Pair, annualize_basis
from service.hedging.units import AnnualRate, Instant, Move
from tests.hedging.build import NOW, check_answer, moment, number, pair, placed


def carry_of(future: Pair) -> Decimal:
    """Give the continuous annual rate of a pair."""
    rates = annualize_basis(future, NOW)
    assert isinstance(rates, AnnualRates)
    return rates.continuous


def close(days: float, **terms: str) -> Close:
    """Make a close some days from now."""
    words: dict[str, Any] = {"spot_move": Move, "annualized_basis_rate_continuous": AnnualRate}
    return Close(at=moment(days), **{name: words[name].parse(text) for name, text in terms.items()})


def test_hulls_effective_price() -> None:
    """Hull 3.3: F1 2.20, sold at S2 2.00 and bought back at F2 1.90: 2.30 in all, F1 plus a basis of 0.10."""
    price = effective_price(number("2.00"), futures_now=number("2.20"), futures_then=number("1.90"))

    assert price == Decimal("2.30")


def test_hulls_stack_and_roll() -> None:
    """Hull Table 3.5: three short hedges one after the other add 0.80, 0.50 and 0.40 to a final price of 86.00."""
    price = number("86.00")
    for sold, bought in (("88.20", "87.40"), ("87.00", "86.50"), ("86.30", "85.90")):
        price = effective_price(price, futures_now=number(sold), futures_then=number(bought))

    assert price - 86 == Decimal("1.70")


def test_a_basis_of_1200_runs_off_in_90_days() -> None:
    """At 8.031 % continuous 897.77 are left after a quarter of the time, 597.03 after half, nothing at expiry."""
    future = pair(expiry=str(moment(90)))

    points = project(future, NOW, carry_of(future), projection=Projection(points=4))

    assert [point.days_left for point in points] == [90, 67.5, 45, 22.5, 0]
    assert [str(round(point.basis, 2)) for point in points] == ["1200.00", "897.77", "597.03", "297.78", "0.00"]
    assert [point.effective_price + point.basis for point in points] == [61200] * 5
    assert (points[0].at, points[-1].at) == (NOW, moment(90))


def test_the_deviation_of_a_basis_follows_the_formula() -> None:
    """Domain 4.1: S x time left x sqrt(carry volatility^2 t + carry^2 volatility^2 t), 5 % of outcomes on each side."""
    future = pair(expiry=str(moment(73)), futures_price="61200")
    carry = float(carry_of(future))

    point = project(future, NOW, carry_of(future), projection=Projection(points=2))[1]

    expected = 60000 * 0.1 * np.sqrt((0.06**2 + (carry * 0.6) ** 2) * 0.1)
    assert point.standard_deviation == pytest.approx(expected, rel=1e-12)
    assert point.high - float(point.basis) == pytest.approx(1.6448536269514722 * expected)
    assert float(point.basis) - point.low == pytest.approx(1.6448536269514722 * expected)


@pytest.mark.parametrize(("expiry", "points"), [(None, 4), (90, 0)])
def test_what_does_not_expire_or_is_not_asked_for_is_not_projected(expiry: int | None, points: int) -> None:
    """Empty, not a line of zeros."""
    future = pair(expiry=None if expiry is None else str(moment(expiry)))

    assert project(future, NOW, number("0.08"), projection=Projection(points=points)) == ()


prices = st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=6).map(str)


@given(spot=prices, futures=prices, days=st.floats(1, 3650), points=st.integers(1, 60))
def test_a_basis_shrinks_to_nothing(spot: str, futures: str, days: float, points: int) -> None:
    """It starts where it is, keeps its sign, never grows, and is 0 with a deviation of 0 at expiry."""
    future = pair(spot_price=spot, futures_price=futures, expiry=str(moment(days)))
    rates = annualize_basis(future, NOW)
    if not isinstance(rates, AnnualRates):
        return

    path = project(future, NOW, rates.continuous, projection=Projection(points=points))

    assert len(path) == points + 1
    assert path[0].basis == future.basis
    assert path[-1].basis == 0
    assert path[-1].standard_deviation == path[-1].low == path[-1].high == 0
    assert path[0].standard_deviation == 0
    sizes = [abs(point.basis) for point in path]
    assert sizes == sorted(sizes, reverse=True)
    assert all(point.basis * future.basis >= 0 for point in path)
    assert all(point.low <= float(point.basis) <= point.high for point in path)


@given(futures=prices, days=st.floats(2, 3650))
def test_the_deviation_rises_for_a_third_of_the_time_and_then_shrinks(futures: str, days: float) -> None:
    """Time left x sqrt(time passed) is largest after a third: first more may have moved, then it matters less."""
    future = pair(futures_price=futures, expiry=str(moment(days)))
    path = project(future, NOW, number("0.08"), projection=Projection(points=30))
    spreads = [point.standard_deviation for point in path]

    assert spreads[:11] == sorted(spreads[:11])
    assert spreads[10:] == sorted(spreads[10:], reverse=True)


@given(days=st.floats(1, 365), left=st.floats(0.01, 0.99), volatility=st.floats(0, 2), carry_volatility=st.floats(0, 1))
def test_the_deviation_is_that_of_a_simulated_basis(
    days: float, left: float, volatility: float, carry_volatility: float
) -> None:
    """For small moves the formula is the standard deviation of S (e^(c t) - 1) itself: of both slopes at the middle."""
    scale = 1e-4
    future = pair(expiry=str(moment(days)))
    at = (1 - left) * days / 365
    carry, remaining = float(carry_of(future)) if days >= 2 else 0.1, left * days / 365

    up = 60000 * np.expm1((carry + scale * carry_volatility * np.sqrt(at)) * remaining)
    aside = 60000 * (1 + scale * volatility * np.sqrt(at)) * np.expm1(carry * remaining)
    base = 60000 * np.expm1(carry * remaining)
    exact = np.hypot(up - base, aside - base) / scale
    formula = 60000 * remaining * np.sqrt((carry_volatility**2 + carry**2 * volatility**2) * at)

    growth = np.exp(abs(carry) * remaining)
    assert formula <= exact * growth + 1e-6
    assert exact <= formula * growth * (1 + 1e-4) + 1e-6


def test_a_hedge_that_is_lifted_early_in_a_rally_with_collapsing_carry() -> None:
    """Golden vector B27: carry 12 % and 45 days, after 15 days spot is 10 % up and carry 5 %: 622.48 are earned."""
    sold = forward_price(Decimal(60000), carry=number("0.12"), days=Decimal(45))
    future = pair(expiry=str(moment(45)), futures_price=str(round(sold, 18)))
    lifted = close(15, spot_move="0.1", annualized_basis_rate_continuous="0.05")

    early = close_early(future, lifted, carry=number("0.12"))

    assert early is not None
    assert (early.at, str(early.spot_price)) == (moment(15), "66000")
    assert (str(early.futures_price), str(early.basis)) == ("66271.79096879", "271.79096879")
    assert str(early.gain) == "622.47910129"
    assert str(early.effective_price) == "60622.47910129"


def test_without_another_rate_the_one_of_now_holds() -> None:
    """Spot as it is and carry as it is: half of the time leaves 597.03, and 602.97 are earned."""
    future = pair(expiry=str(moment(90)))
    early = close_early(future, close(45), carry=carry_of(future))

    assert early is not None
    assert (str(round(early.basis, 2)), str(round(early.gain, 2))) == ("597.03", "602.97")
    assert early.effective_price == 60000 + early.gain


@pytest.mark.parametrize(("expiry", "days"), [(None, 9), (90, 90), (90, 91)])
def test_what_settles_first_is_not_closed_early(expiry: int | None, days: int) -> None:
    """Nor is a perpetual, which has no annual rate to close at."""
    future = pair(expiry=None if expiry is None else str(moment(expiry)))

    assert close_early(future, close(days), carry=number("0.08")) is None


@given(
    days=st.floats(0.01, 89.99),
    move=st.decimals(Decimal("-0.9"), 9, places=6),
    rate=st.decimals(-9, 9, places=6),
    futures=prices,
)
def test_what_an_early_close_earns_is_basis_now_less_basis_then(
    days: float, move: Decimal, rate: Decimal, futures: str
) -> None:
    """And the unit is sold for what it was hedged at, less the basis that is left: S2 + F1 - F2 = F1 - b2."""
    future = pair(expiry=str(moment(90)), futures_price=futures)
    early = close_early(
        future, close(days, spot_move=f"{move:f}", annualized_basis_rate_continuous=f"{rate:f}"), carry=rate
    )

    assert early is not None
    check_answer(early)
    assert abs(early.gain - (future.basis - early.basis)) <= Decimal("1E-8")
    assert abs(early.effective_price - (future.futures_price - early.basis)) <= Decimal("1E-8")
    assert (early.basis > 0) == (rate > 0) or abs(early.basis) < Decimal("1E-3")


@pytest.mark.parametrize(
    ("terms", "place", "words"),
    [
        ({"at": NOW}, "at", "as of"),
        ({"at": moment(-1)}, "at", "as of"),
        (
            {"at": moment(1), "annualized_basis_rate_continuous": AnnualRate("9")},
            "annualized_basis_rate_continuous",
            "price",
        ),
        (
            {"at": moment(1), "annualized_basis_rate_continuous": AnnualRate("-9")},
            "annualized_basis_rate_continuous",
            "price",
        ),
    ],
)
def test_a_close_that_can_not_be_is_refused_at_its_place(terms: dict[str, Any], place: str, words: str) -> None:
    """It lies ahead, and at a rate at which a future that settles in six years still has a price."""
    with pytest.raises(InconsistentQuestionError) as refusal:
        check_close(placed(pair(expiry=str(moment(6 * 365))), pair(expiry=str(moment(30)))), Close(**terms), NOW)

    assert [fault.path for fault in refusal.value.faults] == [("close", place)]
    assert words in refusal.value.faults[0].detail


@pytest.mark.parametrize(
    ("future", "asked"),
    [
        (pair(expiry=str(moment(6 * 365))), None),
        (pair(expiry=str(moment(5 * 365))), close(1, annualized_basis_rate_continuous="9")),
        (pair(), close(1, annualized_basis_rate_continuous="9")),
        (pair(expiry=str(moment(60000))), close(1)),
    ],
)
def test_a_close_that_can_be_passes(future: Pair, asked: Close | None) -> None:
    """None at all, a high rate for a short time, a perpetual, and a rate that stays as it is."""
    check_close(placed(future), asked, NOW)


def test_moments_of_a_projection_are_written_to_the_microsecond_at_most() -> None:
    """A third of 90 days and a second is no whole microsecond; the answer names moments all the same."""
    future = pair(expiry=str(Instant.parse("2026-04-02T03:04:06.000001Z")))

    for point in project(future, NOW, number("0.08"), projection=Projection(points=7)):
        assert Instant.parse(str(point.at)) == point.at
        check_answer(point)
