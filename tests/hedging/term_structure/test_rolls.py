"""Rolls: which expiry is held from when until when, and which are assumed where nobody lists any."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.term_structure.rolls import Leg, next_quarterly, plan_legs
from service.hedging.units import Instant
from tests.hedging.build import NOW, moment


def at(text: str) -> Instant:
    """Read a day, at the hour at which quarterly futures settle."""
    return Instant.parse(f"{text}T08:00:00Z")


def days(legs: list[Leg]) -> list[tuple[str, str, str, bool]]:
    """List start, end and expiry of legs by their days, and whether they are assumed."""
    return [(str(leg.start)[:10], str(leg.end)[:10], str(leg.expiry)[:10], leg.is_assumed) for leg in legs]


def test_180_days_through_quarterly_futures() -> None:
    """Golden vector D14: from 2025-01-10, rolled on 03-26 and 06-25, the last one held closed before 09-26."""
    legs = plan_legs(at("2025-01-10"), at("2025-07-09"), expiries=[at("2025-03-28")])

    assert days(legs) == [
        ("2025-01-10", "2025-03-26", "2025-03-28", False),
        ("2025-03-26", "2025-06-25", "2025-06-27", True),
        ("2025-06-25", "2025-07-09", "2025-09-26", True),
    ]
    assert [leg.position for leg in legs] == [0, 0, 0]


@pytest.mark.parametrize(
    ("end", "expiries", "held"),
    [
        (5.0, [10.0], [(0, 0, 5)]),  # closed early
        (10.0, [10.0], [(0, 0, 10)]),  # settles as the hedge ends
        (9.0, [10.0], [(0, 0, 9)]),  # ends within the lead: nothing to roll for
        (11.0, [10.0, 40.0], [(0, 0, 8), (1, 8, 11)]),
        (1.0, [1.5, 40.0], [(0, 0, 1)]),  # too late to roll, and no need to
        (1.6, [1.5, 40.0], []),  # would have to be rolled at once
        (2.5, [2.0, 40.0], []),
        (30.0, [10.0, 10.0, 40.0], [(0, 0, 8), (2, 8, 30)]),  # two that settle together
        (30.0, [10.0, 11.5, 40.0], [(0, 0, 8), (1, 8, 9.5), (2, 9.5, 30)]),
        (30.0, [10.0, 10.5, 40.0], [(0, 0, 8), (1, 8, 8.5), (2, 8.5, 30)]),
    ],
)
def test_an_expiry_is_left_before_it_settles_if_the_hedge_outlives_it(
    end: float, expiries: list[float], held: list[tuple[int, float, float]]
) -> None:
    """Two days before by default; what is held until its end is not rolled."""
    legs = plan_legs(NOW, moment(end), expiries=[moment(day) for day in expiries])

    assert [(leg.position, leg.start, leg.end) for leg in legs] == [
        (position, moment(start), moment(until)) for position, start, until in held
    ]


def test_without_a_lead_each_expiry_settles_and_the_next_is_sold() -> None:
    """A lead of nothing is a roll at settlement."""
    legs = plan_legs(NOW, moment(30), expiries=[moment(10), moment(40)], lead_days=0)

    assert [(leg.end == leg.expiry, leg.end) for leg in legs] == [(True, moment(10)), (False, moment(30))]


@pytest.mark.parametrize(
    ("after", "following"),
    [
        ("2025-12-26T08:00:00Z", "2026-03-27"),
        ("2026-03-27T08:00:00Z", "2026-06-26"),
        ("2026-06-26T15:00:00Z", "2026-09-25"),  # the same settlement at another hour
        ("2026-03-25T00:00:00Z", "2026-06-26"),
        ("2026-03-20T00:00:00Z", "2026-03-27"),
        ("2025-01-31T08:00:00Z", "2025-03-28"),
        ("2024-12-31T23:59:59Z", "2025-03-28"),
    ],
)
def test_the_next_quarterly_settlement_is_a_last_friday(after: str, following: str) -> None:
    """Of March, June, September or December at 08:00 UTC; one within a week is not another one."""
    assert next_quarterly(Instant.parse(after)) == at(following)


moments = st.datetimes(datetime(1970, 1, 2), datetime(2198, 12, 31), timezones=st.just(UTC)).map(Instant.of)  # noqa: DTZ001


@given(after=moments)
def test_quarterly_settlements_follow_each_other(after: Instant) -> None:
    """Each is the last Friday of its month, 12 to 14 weeks after the one before."""
    chain = [next_quarterly(after)]
    for _ in range(5):
        chain.append(next_quarterly(chain[-1]))

    assert after + timedelta(days=7) < chain[0] <= after + timedelta(days=7 + 14 * 7)
    for settled in chain:
        assert (settled.weekday(), settled.hour, settled.month % 3) == (4, 8, 0)
        assert (settled + timedelta(days=7)).month != settled.month
    assert all(12 * 7 <= (later - settled).days <= 14 * 7 for settled, later in pairwise(chain))


ladders = st.lists(st.floats(0.01, 500), min_size=1, max_size=12).map(sorted)


@given(start=moments, hold=st.floats(0.001, 1825), ladder=ladders, lead=st.floats(0, 30))
def test_legs_cover_the_hedge_without_a_gap(start: Instant, hold: float, ladder: list[float], lead: float) -> None:
    """Domain property 23: contiguous and strictly increasing, each but the last left a lead before its expiry.

    There are none at all exactly where the first would be rolled at once.
    """
    end, expiries = moment(hold, start), [moment(day, start) for day in ladder]

    legs = plan_legs(start, end, expiries=expiries, lead_days=lead)

    assert bool(legs) == (expiries[0] >= end or expiries[0] - timedelta(days=lead) > start)
    if legs:
        assert (legs[0].start, legs[-1].end, legs[0].position) == (start, end, 0)
    for leg in legs:
        assert leg.start < leg.end <= leg.expiry
        assert leg.is_assumed or leg.expiry == expiries[leg.position]
    for leg, following in pairwise(legs):
        assert leg.end == following.start == leg.expiry - timedelta(days=lead)
        assert leg.expiry < following.expiry
        assert leg.position < following.position or following.is_assumed


@given(start=moments, hold=st.integers(1, 1825))
def test_five_years_take_no_more_than_some_twenty_quarterly_legs(start: Instant, hold: int) -> None:
    """The number of legs is bounded by the horizon, however it begins."""
    legs = plan_legs(start, moment(hold, start), expiries=[moment(10, start)])

    assert len(legs) <= 3 + hold / (12 * 7)
