"""Expected shortfall behind several hedges at once, over outcomes that happened, and the hedges that make it least.

Law: the worst part of n outcomes is n (1 - c) of them, the last one in part, and its mean loss is convex and piecewise
linear in the hedges. A plane that touches it lies above it nowhere, so that the best mean of such planes is a bound
which no hedge goes below, however soon the search for the least one ends. float64 throughout.
Source: Rockafellar and Uryasev (2000); the planes are columns of a linear program, as of Dantzig and Wolfe (1960).
"""

import math
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats
from service.hedging.risk.tail import Tail, count_tail, measure_tail

_CHUNK = 16
"""Rows at a time: of a thousand outcomes they are small enough for memory that is there already."""
MOST_STEPS = 500
_ROUNDING = 1e-12


class Outcomes(NamedTuple):
    """What periods of one length brought."""

    levels: Floats
    """Loss of the book without a hedge, one a period."""
    slopes: Floats
    """More of it for a unit of each hedge: a row a hedge."""

    def losses(self, hedges: Floats) -> Floats:
        """Give the losses behind rows of hedges, by sums and products alone: the same on every machine."""
        losses: Floats = hedges[:, :1] * self.slopes[0]
        losses += self.levels
        for column, slope in enumerate(self.slopes[1:], start=1):
            losses += hedges[:, column, None] * slope
        return losses


class Lowest(NamedTuple):
    """The least expected shortfall of fractional hedges."""

    hedges: Floats
    shortfall: float
    bound: float
    """No hedges lead below it; the shortfall itself, but for what float64 leaves, where the search came to its end."""


def measure_all(outcomes: Outcomes, hedges: Floats, *, confidence: float) -> Floats:
    """Measure the shortfalls behind rows of hedges, but for the last bits of sums: what is told is measured singly."""
    share = count_tail(len(outcomes.levels), confidence)
    whole, count = math.floor(share), len(outcomes.levels)
    shortfalls = np.empty(len(hedges))
    for begin in range(0, len(hedges), _CHUNK):
        losses = outcomes.losses(hedges[begin : begin + _CHUNK])
        losses.partition(count - whole - 1, axis=1)
        edge = losses[:, count - whole - 1]
        mean = (losses[:, count - whole :].sum(axis=1) + float(share - whole) * edge) / float(share)
        shortfalls[begin : begin + _CHUNK] = np.maximum(edge, mean)
    return shortfalls


def measure_one(outcomes: Outcomes, hedges: Floats, *, confidence: float) -> Tail:
    """Measure the tail behind one row of hedges, its sum rounded once: the same on every machine."""
    losses = outcomes.losses(hedges[None, :])[0]
    edge = len(losses) - 1 - math.floor(count_tail(len(losses), confidence))
    losses.partition(edge)
    return measure_tail(sorted(losses[edge:].tolist(), reverse=True), len(losses), confidence)


def find_lowest(outcomes: Outcomes, most: Floats, *, confidence: float, steps: int = MOST_STEPS) -> Lowest:
    """Find the hedges with the least expected shortfall, each from none to its most.

    A mean of planes whose slopes are all made up for by the ends of the hedges is a bound, and the best one leads to
    hedges; the plane that touches there makes it better, until it touches already.

    Args:
        outcomes: of periods of one length, one at least.
        most: of each hedge.
        confidence: c; the worst part is 1 - c of the outcomes.
        steps: from plane to plane at most, one at least.
    """
    first = _touch(outcomes, np.zeros(len(most)), confidence)
    program = _Program(first, most)
    scale = float(np.abs(outcomes.levels).max() + most @ np.abs(outcomes.slopes).max(axis=1))
    best = Lowest(np.zeros(len(most)), first.level, -np.inf)
    for _ in range(steps):
        bound, hedges = program.solve()
        plane = program.end_of(hedges)
        if plane is None:
            touching = _touch(outcomes, hedges, confidence)
            reached = touching.at(hedges)
            if reached < best.shortfall:
                best = best._replace(hedges=hedges, shortfall=reached)
            if reached - bound <= _ROUNDING * scale:
                break
            plane = touching
        program.enter(plane)
    return best._replace(bound=min(best.shortfall, bound))


class _Plane(NamedTuple):
    """A level and a slope in each hedge, with the weight that it has in a mean of planes: 0 for the end of a hedge."""

    level: float
    slopes: Floats
    weight: float = 1.0

    def at(self, hedges: Floats) -> float:
        return self.level + float(self.slopes @ hedges)


class _Program:
    """The linear program of the best mean of planes, as far as its planes are known: a simplex, by its columns.

    To make up for a slope below 0, a hedge is held at its most, which costs so much of the level; for one above 0 it is
    held at none, which costs nothing.
    """

    def __init__(self, first: _Plane, most: Floats) -> None:
        self._most = most
        units = np.eye(len(most))
        self._full = [_Plane(-limit, unit, 0.0) for limit, unit in zip(most, units, strict=True)]
        self._none = [_Plane(0.0, -unit, 0.0) for unit in units]
        ends = zip(first.slopes, self._full, self._none, strict=True)
        self._basis = [first, *(full if slope < 0 else none for slope, full, none in ends)]

    def solve(self) -> tuple[float, Floats]:
        """Give the level of the best mean, and the hedges at which its planes meet."""
        bound, *slopes = np.linalg.solve(self._columns().T, np.array([plane.level for plane in self._basis]))
        return float(bound), -np.array(slopes)

    def end_of(self, hedges: Floats) -> _Plane | None:
        """Give the end that a hedge is beyond, if one is."""
        slack = _ROUNDING * self._most.max()
        for hedge, full, none, most in zip(hedges, self._full, self._none, self._most, strict=True):
            if hedge > most + slack:
                return full
            if hedge < -slack:
                return none
        return None

    def enter(self, plane: _Plane) -> None:
        """Take a plane in, for the one that is no longer needed first."""
        columns = self._columns()
        unit = np.eye(len(columns))[0]
        parts = np.maximum(np.linalg.solve(columns, unit), 0.0)
        change = np.linalg.solve(columns, _column(plane))
        steps = np.full(len(parts), np.inf)
        np.divide(parts, change, out=steps, where=change > _ROUNDING * np.abs(change).max())
        self._basis[int(steps.argmin())] = plane

    def _columns(self) -> Floats:
        return np.column_stack([_column(plane) for plane in self._basis])


def _column(plane: _Plane) -> Floats:
    return np.concatenate(([plane.weight], plane.slopes))


def _touch(outcomes: Outcomes, hedges: Floats, confidence: float) -> _Plane:
    """Average the worst outcomes behind some hedges: a plane that touches the expected shortfall there."""
    share = count_tail(len(outcomes.levels), confidence)
    ranked = np.argsort(-outcomes.losses(hedges[None, :])[0], kind="stable")[: math.ceil(share)]
    weights = np.minimum(1.0, float(share) - np.arange(len(ranked))) / float(share)
    return _Plane(float(outcomes.levels[ranked] @ weights), outcomes.slopes[:, ranked] @ weights)
