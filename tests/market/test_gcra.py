"""A limit is kept exactly, and what it says about itself is true.

Law: all of a limit may come at once and it comes back evenly, so a span of time holds at most the limit and what came
back within the span.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.gcra import MICRO, Pace, spend

paces = st.builds(Pace, st.integers(1, 40), st.integers(1, 120))
gaps = st.lists(st.integers(0, 3 * MICRO) | st.just(0), max_size=60)


def history(pace: Pace, waits: list[int], *, cost: int = 1) -> tuple[int, int, list[int]]:
    """Ask after each wait; give what is kept, the time then, and the times of what was admitted."""
    used, now, admitted = 0, 10**15, []
    for wait in waits:
        now += wait
        used, verdict = spend(used, now, pace, cost=cost)
        admitted += [now] * verdict.is_allowed
    return used, now, admitted


@given(pace=st.builds(Pace, st.integers(1, 300), st.integers(1, 120)), more=st.integers(1, 5))
def test_while_time_stands_still_exactly_the_limit_is_admitted(pace: Pace, more: int) -> None:
    """All of it may come at once, and not one more."""
    _, _, admitted = history(pace, [0] * (pace.limit + more))

    assert len(admitted) == pace.limit


@given(pace=paces, waits=gaps)
def test_no_span_of_time_holds_more_than_the_limit_and_what_came_back(pace: Pace, waits: list[int]) -> None:
    """Whatever the times are, from any admitted request to any later one."""
    _, _, admitted = history(pace, waits)

    for first, start in enumerate(admitted):
        for last, end in enumerate(admitted[first:], start=first):
            back = Fraction(end - start, MICRO) * pace.limit / Fraction(pace.seconds)
            assert last - first + 1 <= pace.limit + back


@given(pace=paces, times=st.integers(1, 100))
def test_who_keeps_the_pace_is_never_refused(pace: Pace, times: int) -> None:
    """Even one who used up all at first."""
    _, _, admitted = history(pace, [*[0] * pace.limit, *[pace.interval] * times])

    assert len(admitted) == pace.limit + times


@given(pace=paces, waits=gaps, share=st.floats(0, 1))
def test_a_refusal_says_when_to_come_back(pace: Pace, waits: list[int], share: float) -> None:
    """After exactly that long the same request is admitted, and a microsecond earlier it is not."""
    used, now, _ = history(pace, waits)
    cost = 1 + int(share * (pace.limit - 1))
    for _ in range(pace.limit):
        used, _ = spend(used, now, pace, cost=cost)

    _, verdict = spend(used, now, pace, cost=cost)
    after = round(verdict.retry_after * MICRO)

    assert after > 0
    assert spend(used, now + after, pace, cost=cost)[1].is_allowed
    assert not spend(used, now + after - 1, pace, cost=cost)[1].is_allowed


@given(pace=paces, waits=gaps)
def test_what_is_left_is_what_can_be_had(pace: Pace, waits: list[int]) -> None:
    """Exactly `remaining` more are admitted at the same time."""
    used, now, _ = history(pace, waits)
    used, verdict = spend(used, now, pace)
    assert 0 <= verdict.remaining < pace.limit

    for _ in range(verdict.remaining):
        used, next_verdict = spend(used, now, pace)
        assert next_verdict.is_allowed

    assert not spend(used, now, pace)[1].is_allowed


@given(pace=paces, waits=gaps)
def test_the_reset_is_when_all_is_back(pace: Pace, waits: list[int]) -> None:
    """All units at once are admitted then, and a microsecond earlier they are not."""
    used, now, _ = history(pace, waits)
    used, verdict = spend(used, now, pace)
    after = round(verdict.reset_after * MICRO)

    assert spend(used, now + after, pace, cost=pace.limit)[1].is_allowed
    assert not spend(used, now + after - 1, pace, cost=pace.limit)[1].is_allowed


@pytest.mark.parametrize(
    ("waits", "cost", "verdict"),
    [
        ([0], 1, (True, 9, 0, 1)),
        ([0], 4, (True, 6, 0, 4)),
        ([0, 0], 4, (True, 2, 0, 8)),
        ([0, 0, 0], 4, (False, 2, 2, 8)),
        ([0, 0, 2 * MICRO], 4, (True, 0, 0, 10)),
        ([0], 10, (True, 0, 0, 10)),
        ([0, 9_500_000], 10, (False, 9, 0.5, 0.5)),
        ([0, 60 * MICRO], 10, (True, 0, 0, 10)),
    ],
)
def test_a_verdict_counts_units(waits: list[int], cost: int, verdict: tuple[bool, int, float, float]) -> None:
    """Ten in ten seconds, worked by hand; a refused request costs nothing."""
    used, now = 0, 10**15
    for wait in waits:
        now += wait
        used, found = spend(used, now, Pace(10, 10), cost=cost)

    assert found == verdict


@pytest.mark.parametrize(
    ("pace", "interval"),
    [(Pace(1200, 60), 50_000), (Pace(10, 2.0), 200_000), (Pace(7, 1), 142_858), (Pace(5, 1e-6), 1)],
)
def test_a_unit_takes_a_whole_number_of_microseconds(pace: Pace, interval: int) -> None:
    """Rounded up: rounded down, more than the limit would come back in its time."""
    assert pace.interval == interval
