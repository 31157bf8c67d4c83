"""The soak says what does not hold; how long anything takes is measured when it runs, not here."""

from collections import Counter

import pytest

from tests.ops.load import Tally
from tests.ops.soak import PHASES, Phase, Report


def nothing(_: object) -> None:
    """Break nothing."""


WELL = Tally(statuses=Counter({200: 9}), slowest={200: 0.4})
REFUSED = Tally(statuses=Counter({200: 9, 503: 1}), slowest={200: 0.4, 503: 0.9})


def report(tally: Tally, kind: str, *, calls: int = 1, strikes: int = 1) -> Report:
    """Make a report of a phase of 8 seconds, in which 5 intervals begin."""
    return Report(Phase("it", nothing, kind=kind, shows=kind != "well"), tally, 8.0, Counter(board=calls), strikes)


@pytest.mark.parametrize(
    "sound",
    [
        report(WELL, "well", calls=6),
        report(WELL, "well", strikes=0),
        report(WELL, "redis", calls=10),
        report(REFUSED, "exchange", calls=99),
        report(Tally(statuses=Counter({200: 9}), slowest={200: 0.9}), "exchange"),
    ],
)
def test_a_phase_that_holds_is_not_named(sound: Report) -> None:
    """Up to each limit, and beyond it where the design sets none."""
    assert list(sound.broken()) == []


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (report(WELL, "well", calls=7), "calls"),
        (report(WELL, "redis", calls=11), "calls"),
        (report(WELL, "redis", strikes=0), "noticed"),
        (report(WELL, "exchange", strikes=0), "noticed"),
        (report(REFUSED, "well"), "statuses"),
        (report(REFUSED, "redis"), "statuses"),
        (report(Tally(statuses=Counter({500: 1})), "exchange"), "statuses"),
        (report(Tally(), "well"), "statuses"),
        (report(Tally(statuses=Counter({200: 1}), over_age=1), "exchange"), "old or wrong"),
        (report(Tally(statuses=Counter({200: 1}), wrong=1), "exchange"), "old or wrong"),
        (report(Tally(statuses=Counter({200: 1}), slowest={200: 0.51}), "redis"), "510 ms"),
        (report(Tally(statuses=Counter({503: 1}), slowest={503: 1.01}), "exchange"), "1010 ms"),
    ],
)
def test_a_phase_that_does_not_hold_is_named(broken: Report, word: str) -> None:
    """One sentence for each criterion."""
    assert any(word in failure for failure in broken.broken())


def test_every_fault_of_the_design_has_a_phase() -> None:
    """And what breaks something is mended before the end."""
    names = {phase.name for phase in PHASES}

    assert names >= {"redis frozen", "redis killed", "redis flushed", "values spoilt"}
    assert names >= {"exchange hangs", "exchange sends HTML", "wrong prices", "exchange limits"}
    assert len(names) == len(PHASES)
