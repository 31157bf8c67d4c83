"""Paths of the market, day by day, with the coins beside them, for a chunk of paths at a time.

Law: only the hedge depends on the path, so the market has one, with its highest point between two days; a coin needs no
more than where it stands when it is looked at. Both are exact: the sum of a coin's daily shocks is drawn as one, given
how wild the days were, and the highest point of a day from its Brownian bridge.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from service.hedging.arrays import Floats
from service.hedging.paths.dynamics import Blocks, Factor
from service.hedging.paths.randomness import Bursts, Streams, draw_exponentials, draw_normals

MOST_GROWTH = 46.0
"""Logarithm of what a price grows by at most, which is twenty orders of magnitude."""
LEAST_GROWTH = -700.0


class Walk(Protocol):
    """A chunk of paths on their way."""

    level: Floats
    """Logarithm of what the underlying has grown by."""
    high: Floats
    """Largest move against the hedge within the last day, as a logarithm."""
    peak: Floats
    """Same so far; at least 0."""

    def step(self) -> None:
        """Go on by a day."""

    def gain(self) -> Floats:
        """Give what the coins have gained since the beginning."""


class FactorWalk:
    """Paths of a market factor, and coins that follow it by their betas."""

    def __init__(
        self, factor: Factor, exposures: Sequence[float], streams: Streams, *, count: int, against: int
    ) -> None:
        """Begin with so many paths.

        Args:
            factor: how they move.
            exposures: value of each coin held.
            streams: random numbers.
            count: of paths.
            against: 1 where a rise hurts the hedge, -1 where a fall does, 0 where nothing does.
        """
        self.level, self.high, self.peak = np.zeros(count), np.zeros(count), np.zeros(count)
        self._factor, self._exposures, self._streams, self._against = factor, exposures, streams, against
        self._bursts = None if factor.degrees is None else Bursts(factor.degrees)
        self._shocks, self._clock, self._seen = np.zeros(count), np.zeros(count), np.zeros(count)
        """Sum of the market's shocks; of the days' multipliers, now and when the coins were looked at last."""
        self._own = np.zeros((len(exposures), count))
        """Each coin's own movement, as a logarithm, before what makes its expectation 0."""

    def step(self) -> None:
        """Go on by a day."""
        count = len(self.level)
        bursts = 1.0 if self._bursts is None else self._bursts.draw(self._streams.market, count)
        variance = self._factor.variance * bursts
        shock = draw_normals(self._streams.market, count)
        shock *= np.sqrt(variance)
        self._shocks += shock
        self._clock += bursts
        before = self.level
        self.level = before + shock
        self.level -= variance / 2
        if self._against:
            ends = (self._against * before, self._against * self.level)
            self.high = draw_high(*ends, variance=variance, stream=self._streams.bridges)
            np.maximum(self.peak, self.high, out=self.peak)

    def gain(self) -> Floats:
        """Give what the coins have gained since the beginning."""
        self._move_coins()
        total = np.zeros(len(self.level))
        parts = zip(self._exposures, self._factor.betas, self._variances(), self._own, strict=True)
        for exposure, beta, variance, own in parts:
            growth = grow(beta * self._shocks + own - variance / 2 * self._clock)
            growth *= exposure
            total += growth
        return total

    def _move_coins(self) -> None:
        """Draw what the coins did by themselves since they were looked at last."""
        count, factor = len(self.level), self._factor
        width = np.sqrt(self._clock - self._seen)
        self._seen = self._clock.copy()
        shared = draw_normals(self._streams.coins, count) if any(factor.common) else np.zeros(count)
        shocks: list[Floats] = []
        for place, (common, row) in enumerate(zip(factor.common, factor.loadings, strict=True)):
            shocks.append(draw_normals(self._streams.coins, count) if row[-1] else shared)
            moved = common * shared
            for loading, shock in zip(row, shocks, strict=True):
                if loading:
                    moved += loading * shock
            moved *= width
            self._own[place] += moved

    def _variances(self) -> list[float]:
        """Give the daily variance of each coin's log return."""
        factor = self._factor
        return [
            beta**2 * factor.variance + common**2 + math.fsum(loading**2 for loading in row)
            for beta, common, row in zip(factor.betas, factor.common, factor.loadings, strict=True)
        ]


class BlockWalk:
    """Paths of past days, drawn in blocks with all of their returns together."""

    def __init__(
        self, blocks: Blocks, exposures: Sequence[float], streams: Streams, *, count: int, against: int
    ) -> None:
        """Begin with so many paths; arguments as of `FactorWalk`."""
        self.level, self.high, self.peak = np.zeros(count), np.zeros(count), np.zeros(count)
        self._blocks, self._exposures, self._streams, self._against = blocks, exposures, streams, against
        self._market, self._coins = np.array(blocks.market), [np.array(coin) for coin in blocks.coins]
        self._moves = np.zeros((len(exposures), count))
        self._variance = np.full(count, blocks.variance)
        self._first = np.zeros(count, dtype=np.intp)
        self._day = 0

    def step(self) -> None:
        """Go on by a day; the highest point between two days is that of a bridge as wild as an average day."""
        place = self._day % self._blocks.length
        if place == 0:
            starts = len(self._market) - self._blocks.length + 1
            self._first = (self._streams.market.random(len(self.level)) * starts).astype(np.intp)
        self._day += 1
        drawn = self._first + place
        before = self.level
        self.level = before + self._market[drawn]
        for place, coin in enumerate(self._coins):
            self._moves[place] += coin[drawn]
        if self._against:
            ends = (self._against * before, self._against * self.level)
            self.high = draw_high(*ends, variance=self._variance, stream=self._streams.bridges)
            np.maximum(self.peak, self.high, out=self.peak)

    def gain(self) -> Floats:
        """Give what the coins have gained since the beginning."""
        total = np.zeros(len(self.level))
        for exposure, moves in zip(self._exposures, self._moves, strict=True):
            total += exposure * grow(moves)
        return total


def draw_high(start: Floats, end: Floats, *, variance: Floats | float, stream: np.random.Generator) -> Floats:
    """Draw the highest points of paths within one day, from a Brownian bridge.

    Given both ends the highest point m has P(m > b) = exp(-2 (b - start) (b - end) / variance), which is turned around.

    Args:
        start: of the day.
        end: of the day.
        variance: of the day.
        stream: random numbers.

    Source: Karatzas and Shreve, Brownian Motion and Stochastic Calculus, 4.3.40.
    """
    reach = end - start
    reach *= reach
    highest = draw_exponentials(stream, len(start))
    highest *= 2 * variance
    reach += highest
    np.sqrt(reach, out=reach)
    reach += start
    reach += end
    reach /= 2
    return reach


def start_walk(
    dynamics: Factor | Blocks, exposures: Sequence[float], streams: Streams, *, count: int, against: int
) -> Walk:
    """Begin a walk as the model has it; arguments as of `FactorWalk`."""
    if isinstance(dynamics, Factor):
        return FactorWalk(dynamics, exposures, streams, count=count, against=against)
    return BlockWalk(dynamics, exposures, streams, count=count, against=against)


def grow(level: Floats) -> Floats:
    """Give the relative change of a price from the logarithm of its growth, within what can be reckoned with."""
    growth = np.clip(level, LEAST_GROWTH, MOST_GROWTH)
    np.exp(growth, out=growth)  # expm1 takes ten times as long, for digits that are rounded away
    growth -= 1
    return growth
