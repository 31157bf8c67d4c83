"""Random numbers: of the laws that they should have, and the same for a seed whatever else is taken."""

import math

import numpy as np
import pytest

from service.hedging.paths.randomness import (
    LARGEST_MULTIPLIER,
    Bursts,
    Streams,
    draw_exponentials,
    draw_normals,
    open_streams,
)

COUNT = 200_000


@pytest.fixture
def streams() -> Streams:
    """Open the streams of some chunk."""
    return open_streams(7, 3)


def test_normal_numbers_are_normal(streams: Streams) -> None:
    """Mean, variance, third and fourth moment within four standard errors, and both halves unlike each other."""
    drawn = draw_normals(streams.market, COUNT)

    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((drawn**power).mean() - moment) < 4 * math.sqrt(variance / COUNT)
    half = COUNT // 2
    assert abs((drawn[:half] * drawn[half:]).mean()) < 4 / math.sqrt(half)


def test_an_odd_number_of_normal_numbers_is_drawn(streams: Streams) -> None:
    """They come in pairs, and the last is left."""
    assert len(draw_normals(streams.market, 7)) == 7


def test_exponential_numbers_are_exponential(streams: Streams) -> None:
    """Mean and variance 1, never negative."""
    drawn = draw_exponentials(streams.bridges, COUNT)

    assert drawn.min() >= 0
    assert abs(drawn.mean() - 1) < 4 / math.sqrt(COUNT)
    assert abs(np.mean(drawn**2) - 2) < 4 * math.sqrt(20 / COUNT)


@pytest.mark.parametrize("degrees", [3, 4, 5, 10, 30])
def test_bursts_have_a_mean_of_1_and_an_end(streams: Streams, degrees: int) -> None:
    """So that the variance is what was asked, and the wildest day is one of a hundred usual ones."""
    bursts = Bursts(degrees).draw(streams.market, COUNT)

    assert abs(bursts.mean() - 1) < 4 * bursts.std() / math.sqrt(COUNT)
    assert bursts.min() > 0
    assert bursts.max() <= LARGEST_MULTIPLIER * 1.06


@pytest.mark.parametrize(("degrees", "beyond"), [(4, 0.04742), (5, 0.04931)])
def test_normal_numbers_in_bursts_are_those_of_student(streams: Streams, degrees: int, beyond: float) -> None:
    """Of a t law scaled to a standard deviation of 1, so much lies beyond 2; a normal one has 4.55 %.

    Source: P(|T| > 2 sqrt(nu / (nu - 2))) by Abramowitz and Stegun, 26.7.3 and 26.7.4, before the cut.
    """
    shocks = np.sqrt(Bursts(degrees).draw(streams.market, COUNT)) * draw_normals(streams.market, COUNT)

    assert np.mean(np.abs(shocks) > 2) == pytest.approx(beyond, abs=0.003)
    assert np.mean(np.abs(shocks) > 4) > 10 * math.erfc(4 / math.sqrt(2))


def test_what_one_stream_gives_does_not_depend_on_another() -> None:
    """Nor one chunk on those before it."""
    one, other = open_streams(1, 2), open_streams(1, 2)
    other.market.random(1000)

    assert (one.coins.random(5) == other.coins.random(5)).all()
    assert (open_streams(1, 2).funding.random(5) != open_streams(1, 3).funding.random(5)).all()
    assert (open_streams(1, 2).market.random(5) != open_streams(2, 2).market.random(5)).all()


def test_the_first_numbers_of_a_seed_stay_what_they_are() -> None:
    """Another numpy, processor or order of streams would be noticed: answers would change with it."""
    streams = open_streams(0, 0)

    drawn = [float(stream.random()) for stream in streams]

    assert drawn == FIRST


FIRST = [0.5651317655614634, 0.36480310130787075, 0.12537320607303704, 0.0055470300761251146]
