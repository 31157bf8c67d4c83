"""Funding: when it is paid, what it amounts to, what it is likely to be, and what is fitted to its past."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.term_structure.funding import (
    USUAL_FUNDING,
    FundingModel,
    annualize_funding,
    annualize_funding_continuously,
    count_stamps,
    expect_funding,
    fair_perpetual_price,
    fit_funding,
    next_stamp,
    rate_of_premium,
    receive_funding,
    rescale,
    sum_funding,
)
from service.hedging.units import Instant
from tests.hedging.build import moment, number

MIDNIGHT = Instant.parse("2026-01-02T00:00:00Z")
INTERVALS = [1, 2, 4, 8, 24]

moments = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(Instant.of)  # noqa: DTZ001
persistences = st.floats(-0.99, 0.99)
models = st.builds(FundingModel, st.floats(-1, 1), persistences, st.floats(0, 1))


@pytest.mark.parametrize(
    ("start", "end", "next_at", "hours", "payments"),
    [
        ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", None, 8, 3),  # 00, 08, 16; the next 00 is not in it
        ("2026-01-02T00:00:01Z", "2026-01-03T00:00:00Z", None, 8, 2),
        ("2026-01-02T00:00:01Z", "2026-01-03T00:00:01Z", None, 8, 3),
        ("2026-01-02T07:59:59Z", "2026-01-02T08:00:00Z", None, 8, 0),
        ("2026-01-02T08:00:00Z", "2026-01-02T08:00:00.000001Z", None, 8, 1),
        ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-02T04:00:00Z", 8, 3),  # BitMEX: 04, 12, 20
        ("2026-01-02T04:00:01Z", "2026-01-02T20:00:00Z", "2026-01-02T12:00:00Z", 8, 1),
        ("2026-01-02T04:00:01Z", "2026-01-02T20:00:00Z", "2020-06-01T20:00:00Z", 8, 1),
        ("2026-01-02T03:04:05Z", "2026-04-02T03:04:05Z", None, 8, 270),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", None, 1, 0),
    ],
)
def test_a_payment_counts_where_the_position_is_open_at_its_moment(
    start: str, end: str, next_at: str | None, hours: int, payments: int
) -> None:
    """From the opening on, it included, until before the close."""
    anchor = None if next_at is None else Instant.parse(next_at)

    assert count_stamps(Instant.parse(start), Instant.parse(end), next_at=anchor, hours=hours) == payments


@given(start=moments, length=st.timedeltas(timedelta(0), timedelta(days=20)), anchor=moments, hours=st.integers(1, 24))
def test_payments_are_counted_as_one_would_on_a_calendar(
    start: Instant, length: timedelta, anchor: Instant, hours: int
) -> None:
    """The count and the first of them agree with a list of the exchange's own moments, on the UTC grid or off it."""
    interval, end = timedelta(hours=hours), start + length
    first = anchor + interval * math.ceil((start - anchor) / interval) - 2 * interval
    calendar = [first + interval * step for step in range(20 * 24 // hours + 6)]

    found = [stamp for stamp in calendar if start <= stamp < end]

    assert count_stamps(start, Instant.of(end), next_at=anchor, hours=hours) == len(found)
    assert next_stamp(start, next_at=anchor, hours=hours) == min(stamp for stamp in calendar if stamp >= start)


@given(start=moments, days=st.integers(0, 400), hours=st.sampled_from(INTERVALS))
def test_whole_days_have_as_many_payments_whenever_they_begin(start: Instant, days: int, hours: int) -> None:
    """24 / hours a day: the half-open window neither drops a payment nor counts one twice."""
    assert count_stamps(start, moment(days, start), next_at=None, hours=hours) == days * 24 // hours


@given(start=moments, cut=st.integers(0, 10**12), rest=st.integers(0, 10**12), hours=st.integers(1, 24))
def test_payments_of_two_parts_are_those_of_the_whole(start: Instant, cut: int, rest: int, hours: int) -> None:
    """A position that is closed and opened again at one moment gets each payment once."""
    middle = Instant.of(start + timedelta(microseconds=cut))
    end = Instant.of(middle + timedelta(microseconds=rest))

    parts = count_stamps(start, middle, next_at=None, hours=hours) + count_stamps(
        middle, end, next_at=None, hours=hours
    )

    assert parts == count_stamps(start, end, next_at=None, hours=hours)


@pytest.mark.parametrize(
    ("rate", "hours", "annual"),
    [
        ("0.0001", 8, "0.1095"),  # domain 4.4: 0.01 % per 8 hours is 10.95 % a year
        ("0.0000125", 1, "0.1095"),
        ("0.00005", 4, "0.1095"),
        ("0.0003", 24, "0.1095"),
        ("-0.0003", 8, "-0.3285"),
    ],
)
def test_funding_is_annualised_by_its_own_interval(rate: str, hours: int, annual: str) -> None:
    """The same rate is worth eight times as much where it is paid every hour."""
    assert annualize_funding(number(rate), hours) == Decimal(annual)


@pytest.mark.parametrize(
    ("rate", "hours", "annual"),
    [("0.0003", 8, "0.32845073"), ("0.01", 1, "87.16489827"), ("-0.0003", 24, "-0.10951643")],
)
def test_the_continuous_rate_of_funding_is_compounded_at_its_own_interval(rate: str, hours: int, annual: str) -> None:
    """365 x 24 / hours x ln(1 + f)."""
    assert round(annualize_funding_continuously(number(rate), hours), 8) == Decimal(annual)


@given(rate=st.decimals(min_value=Decimal("-0.999"), max_value=Decimal("0.999"), places=9), hours=st.integers(1, 24))
def test_the_continuous_rate_of_funding_is_below_the_simple_one(rate: Decimal, hours: int) -> None:
    """N ln(1 + f) <= N f, which is what a short earns that lets its funding lie."""
    assert annualize_funding_continuously(rate, hours) <= annualize_funding(rate, hours)


def test_90_days_of_usual_funding_pay_270_on_10000() -> None:
    """0.01 % per 8 hours, 270 times: 2.7 %, and 2.74 % if every payment were reinvested (B17 and B18 for 30 days)."""
    simple = sum_funding(number("0.0001"), Decimal(270))

    assert receive_funding("short", notional=Decimal(10000), rate=simple) == 270
    assert round(sum_funding(number("0.0001"), Decimal(270), is_reinvested=True), 6) == Decimal("0.027366")


def test_krakens_example_of_a_payment() -> None:
    """Kraken's inverse perpetual: short 100,000 contracts of 1 USD at 0.01785 % get 17.85 USD, 0.00255 BTC at 7,000."""
    cash = receive_funding("short", notional=Decimal(100000), rate=number("0.0001785"))

    assert cash == Decimal("17.85")
    assert cash / 7000 == Decimal("0.00255")


@pytest.mark.parametrize("side", ["short", "long"])
@given(notional=st.decimals(0, 10**9, places=4), rate=st.decimals(-1, 1, places=9))
def test_what_one_side_gets_the_other_pays(side: Literal["short", "long"], notional: Decimal, rate: Decimal) -> None:
    """Domain properties 13 and 14: the flow turns around with the side, and with the sign of funding."""
    other: Literal["short", "long"] = "long" if side == "short" else "short"
    cash = receive_funding(side, notional=notional, rate=rate)

    assert cash == -receive_funding(other, notional=notional, rate=rate)
    assert cash == -receive_funding(side, notional=notional, rate=-rate)
    assert (cash > 0) == (notional > 0 and (rate > 0) == (side == "short") and rate != 0)


@pytest.mark.parametrize(
    ("premium", "hours", "interest", "rate"),
    [
        ("0.0025", 8, "0.0025", "0.0025"),  # BitMEX's guide: (1.00 % - 0.25 %) / 3, premium not considered
        ("0.0012", 8, "0.0001", "0.0007"),  # golden vector B15: outside of the clamp
        ("0", 8, "0.0001", "0.0001"),
        ("0.0006", 8, "0.0001", "0.0001"),
        ("-0.0004", 8, "0.0001", "0.0001"),
        ("-0.0012", 8, "0.0001", "-0.0007"),
        ("0.0012", 4, "0.0001", "0.00035"),
        ("0", 1, "0.0001", "0.0000125"),
    ],
)
def test_a_premium_within_the_clamp_leads_to_the_interest_part(
    premium: str, hours: int, interest: str, rate: str
) -> None:
    """P + clamp(I - P, +-0.05 %), of which an interval has its share of 8 hours."""
    found = rate_of_premium(number(premium), hours=hours, interest_rate=number(interest))

    assert found == Decimal(rate)


@pytest.mark.parametrize(("left", "price"), [("2", "60004.5"), ("8", "60018"), ("0", "60000")])
def test_the_fair_price_holds_what_the_next_payment_takes_away(left: str, price: str) -> None:
    """BitMEX's mark: golden vector B20, 60,000 with 0.03 % in two of eight hours is 60,004.50."""
    fair = fair_perpetual_price(Decimal(60000), rate=number("0.0003"), hours_left=number(left), hours=8)

    assert fair == Decimal(price)


def brute_moments(rate: float, model: FundingModel, intervals: int) -> tuple[float, float]:
    """Work out both moments of the sum interval by interval, from the recursion itself."""
    expected = total = variance = covariance = of_sum = 0.0
    expected = rate
    for _ in range(intervals):
        expected = model.mean + model.persistence * (expected - model.mean)
        total += expected
        covariance = model.persistence * (covariance + variance)
        variance = model.persistence**2 * variance + model.volatility**2
        of_sum += variance + 2 * covariance
    return total, math.sqrt(of_sum)


@given(rate=st.floats(-1, 1), model=models, intervals=st.integers(0, 400))
def test_the_outlook_is_what_the_recursion_gives(rate: float, model: FundingModel, intervals: int) -> None:
    """Closed forms against Cov(S, f) and Var(S), carried along interval by interval."""
    outlook = expect_funding(rate, model, intervals)
    expected, deviation = brute_moments(rate, model, intervals)

    assert outlook.expected == pytest.approx(expected, rel=1e-9, abs=1e-10)
    assert outlook.standard_deviation == pytest.approx(deviation, rel=1e-8, abs=1e-12)


def test_funding_from_a_negative_start_comes_back() -> None:
    """Golden vector B25: -0.03 % now, mean 0.008 %, 0.8 left per interval, 21 intervals."""
    model = FundingModel(mean=0.00008, persistence=0.8, volatility=0.00005)

    outlook = expect_funding(-0.0003, model, 21)

    assert outlook.expected == pytest.approx(0.00017401952549601926, rel=1e-10)
    assert outlook.standard_deviation == pytest.approx(0.00096343829321943, rel=1e-10)
    assert model.half_life == pytest.approx(3.106283719505389876, rel=1e-10)


@pytest.mark.parametrize("persistence", [0.0, -0.5, -0.99])
def test_what_does_not_fade_steadily_has_no_half_life(persistence: float) -> None:
    """Funding that is forgotten at once, or jumps to the other side, has no time in which half of it is gone."""
    assert FundingModel(0.0001, persistence, 0.0).half_life is None


@given(model=models, intervals=st.integers(0, 50_000))
def test_the_outlook_of_five_years_of_hours_is_a_number(model: FundingModel, intervals: int) -> None:
    """No NaN, no infinity, no root of a negative number."""
    assert all(math.isfinite(moment) for moment in expect_funding(1.0, model, intervals))


@pytest.mark.parametrize("hours", INTERVALS)
def test_the_usual_process_is_one_process_at_every_interval(hours: int) -> None:
    """The same mean and the same spread a year, and what is left after 8 hours is left after 8 hours."""
    model = rescale(USUAL_FUNDING, hours)
    times = 8 / hours

    assert model.mean * times == pytest.approx(USUAL_FUNDING.mean)
    assert model.persistence**times == pytest.approx(USUAL_FUNDING.persistence)
    assert spread(model) * times == pytest.approx(spread(USUAL_FUNDING))


def spread(model: FundingModel) -> float:
    """Give the stationary standard deviation."""
    return model.volatility / math.sqrt(1 - model.persistence**2)


def simulate(model: FundingModel, intervals: int, seed: int) -> list[float]:
    """Draw a history of a process."""
    noise = np.random.default_rng(seed).standard_normal(intervals) * model.volatility
    steps = accumulate(
        noise.tolist(),
        lambda rate, jolt: model.mean + model.persistence * (rate - model.mean) + jolt,
        initial=model.mean,
    )
    return list(steps)


@pytest.mark.parametrize(
    ("model", "seed"),
    [
        (USUAL_FUNDING, 1),
        (FundingModel(mean=-0.0002, persistence=0.5, volatility=0.0001), 2),
        (FundingModel(mean=0.0001, persistence=-0.4, volatility=0.00002), 3),
        (FundingModel(mean=0.0, persistence=0.0, volatility=0.001), 4),
    ],
)
def test_a_fit_recovers_the_process_that_made_a_history(model: FundingModel, seed: int) -> None:
    """Within four standard errors of 2,000 payments."""
    fitted = fit_funding(simulate(model, 2000, seed))

    assert abs(fitted.persistence - model.persistence) < 4 * math.sqrt((1 - model.persistence**2) / 2000)
    assert fitted.volatility == pytest.approx(model.volatility, rel=4 / math.sqrt(2 * 2000))
    assert abs(fitted.mean - model.mean) < 4 * model.volatility / (1 - model.persistence) / math.sqrt(2000)


@given(rate=st.floats(-1, 1), payments=st.integers(3, 200))
def test_a_history_that_never_moved_stays_where_it_is(rate: float, payments: int) -> None:
    """Funding that stands at its cap or at the interest part: no volatility, and no persistence made of rounding."""
    fitted = fit_funding([rate] * payments)

    assert fitted == FundingModel(rate, 0.0, 0.0)


def test_a_history_that_moved_only_at_its_end_is_not_called_certain() -> None:
    """There is nothing to tell persistence from, but there is a jump: the standard deviation of what was paid."""
    fitted = fit_funding([0.0001] * 9 + [0.0011])

    assert fitted.persistence == 0
    assert fitted.mean == pytest.approx(0.0002)
    assert fitted.volatility == pytest.approx(float(np.std([0.0001] * 9 + [0.0011], ddof=1)))


@pytest.mark.parametrize(
    ("rates", "persistence"),
    [
        ([0.0001, 0.0002, 0.0004, 0.0008, 0.0016], 0.99),  # explodes
        ([0.0001, -0.0001] * 5, -0.99),  # alternates
        ([0.0001, 0.0002, 0.0003], 0.99),  # the least that there may be
    ],
)
def test_an_estimate_of_persistence_is_not_believed_beyond_a_bound(rates: list[float], persistence: float) -> None:
    """A process that explodes would promise any sum: the mean is then that of the history."""
    fitted = fit_funding(rates)

    assert fitted.persistence == persistence
    assert fitted.mean == pytest.approx(math.fsum(rates) / len(rates))


def test_a_trend_is_not_continued_beyond_what_was_ever_paid() -> None:
    """Least squares put the mean of 1, 2, 3 and 3.9 basis points at 21: a slope of 0.95 leads far out."""
    fitted = fit_funding([0.0001, 0.0002, 0.0003, 0.00039])

    assert fitted.persistence == pytest.approx(0.95)
    assert fitted.mean == 0.00039


histories = st.one_of(
    st.lists(st.floats(-1, 1), min_size=3, max_size=40),
    st.lists(st.sampled_from([0.0, 5e-324, 1e-200, 1e-160, 1.0, -1.0, 0.1]), min_size=3, max_size=12),
)


@given(rates=histories)
def test_a_fit_never_fails_and_can_be_sent_back(rates: list[float]) -> None:
    """Whatever was paid, the model keeps the bounds that a request has, so an answer can be posted again."""
    fitted = fit_funding(rates)

    assert min(rates) <= fitted.mean <= max(rates)
    assert -0.99 <= fitted.persistence <= 0.99
    assert 0 <= fitted.volatility <= 1


@given(rates=st.lists(st.integers(-1000, 1000), min_size=10, max_size=60))
def test_a_fit_is_least_squares_where_it_is_believed(rates: list[int]) -> None:
    """Against numpy's line through the pairs of one payment and the next."""
    past = [rate / 1e6 for rate in rates]
    fitted = fit_funding(past)
    before, after = zip(*pairwise(past), strict=True)
    if abs(fitted.persistence) == 0.99 or min(before) == max(before):
        return

    slope, offset = np.polyfit(before, after, 1)

    assert fitted.persistence == pytest.approx(slope, rel=1e-6, abs=1e-9)
    if min(past) < fitted.mean < max(past):
        assert fitted.mean == pytest.approx(offset / (1 - slope), rel=1e-6, abs=1e-9)
        errors = np.array(after) - offset - slope * np.array(before)
        assert fitted.volatility == pytest.approx(math.sqrt(np.sum(errors**2) / (len(before) - 2)), rel=1e-6, abs=1e-12)
