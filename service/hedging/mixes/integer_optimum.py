"""Whole lots of several contracts with the least variance, and a proof that no others have less.

Law: the variance is convex in every leg, so that with all others held the best lots of a leg lie next to its own
optimum; rounding the legs one by one is not optimal. A number of lots is left out only when even fractions of all legs
that are still open can't bring it below what was found. Where the work has an end before the proof, that is said.
float64 throughout. Source: branch and bound on the continuous relaxation (Land and Doig 1960), by breadth.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats, Truths

MOST_BRANCHES = 400_000
"""Numbers of lots of all legs but the last that are followed at most."""
MOST_FORKS = 2_000
"""Same of all legs but the last two, behind each of which the next leg's have to be found first."""
TIE = 1e-12
"""Of the variance without a hedge: what differs by less is one variance."""
_SINGULAR = 1e-12
"""Determinant over the product of the variances, from which on two legs are one."""
_INSIDE = 1e-9
"""Relative: how far beyond its most a leg may come out of equations and still be at it."""
_CHUNK = 50_000
_SLACK = 1e-14
"""Relative: what float64 leaves of a sum that has to stay below a limit."""
_ENDS = ("most", "none", "free")


class Quadratic(NamedTuple):
    """Variance of a book behind lots n of its legs: constant - 2 linear n + n matrix n."""

    constant: float
    """Without a hedge, above 0."""
    linear: Floats
    """Covariance of the book with a lot of each leg."""
    matrix: Floats
    """Covariances of the lots of the legs."""

    def at(self, lots: Floats) -> Floats:
        """Give the variance behind each row of lots, by sums and products alone: the same on every machine.

        What is left of one that float64 does not tell from none is none.
        """
        total = np.full(len(lots), self.constant)
        for leg, linear in enumerate(self.linear):
            slope = np.full(len(lots), -2 * linear)
            for other, covariance in enumerate(self.matrix[leg]):
                slope += covariance * lots[:, other]
            total += lots[:, leg] * slope
        left: Floats = np.where(total <= TIE * self.constant, 0.0, total)
        return left

    def of(self, legs: Sequence[int]) -> "Quadratic":
        """Give the same of some of the legs, in an order."""
        return Quadratic(self.constant, self.linear[list(legs)], self.matrix[np.ix_(legs, legs)])


class Range(NamedTuple):
    """Lots that a leg may have: none, or from the least to the most."""

    least: int
    """Above 0."""
    most: int
    """0 for none at all, else at least the least."""


class Limit(NamedTuple):
    """A sum over the legs that is not exceeded."""

    per_lot: Floats
    most: float

    def of(self, legs: Sequence[int]) -> "Limit":
        """Give the same of the legs in an order."""
        return Limit(self.per_lot[list(legs)], self.most)


class Grounds(NamedTuple):
    """What a plan is looked for by."""

    variance: Quadratic
    ranges: tuple[Range, ...]
    limits: tuple[Limit, ...] = ()
    preferences: tuple[Floats, ...] = ()
    """Amounts per lot of each leg: of several plans of one variance the one with the least, the first amount first."""

    def of(self, legs: Sequence[int]) -> "Grounds":
        """Give the same of the legs in an order."""
        return Grounds(
            self.variance.of(legs),
            tuple(self.ranges[leg] for leg in legs),
            tuple(limit.of(legs) for limit in self.limits),
            tuple(amounts[list(legs)] for amounts in self.preferences),
        )

    def allow(self, lots: Floats, slack: float = _SLACK) -> Truths:
        """Tell which rows stay within all limits, but for a slack as a share of what is summed."""
        allowed = np.ones(len(lots), dtype=np.bool_)
        for limit in self.limits:
            parts = lots * limit.per_lot
            allowed &= parts.sum(axis=1) <= limit.most + slack * (abs(limit.most) + np.abs(parts).sum(axis=1))
        return allowed


class Found(NamedTuple):
    """The plan with the least variance that was found."""

    lots: Floats
    variance: float
    examined: int
    """Plans whose variance was worked out."""
    is_proven: bool
    """Whether no plan within the ranges and limits has less."""


def relax(variance: Quadratic, most: Floats) -> Floats:
    """Give the fractional lots with the least variance, each leg from none to its most, which may be without end."""
    lots = np.zeros(len(most))
    for leg in range(len(most)):
        lots[leg] = _relax(variance, most, lots[None, :leg])[1][0]
    return lots


class Relaxed(NamedTuple):
    """Fractional lots with the least variance within ranges and limits."""

    lots: Floats
    below: Quadratic
    """Below the variance wherever the limits are kept, and least at these lots, ranges alone considered."""
    bound: float
    """Variance that no lots within ranges and limits go below."""


def relax_within(grounds: Grounds) -> Relaxed:
    """Give the fractional lots with the least variance within ranges and limits.

    Each leg has none, its most, or is free, and each limit is reached or not: every choice is tried. What a limit costs
    where it is reached, added to the variance, makes a variance without limits that is nowhere above it within them
    (Lagrange), and the least of that is a bound whatever the cost.
    """
    most = np.array([one.most for one in grounds.ranges], dtype=np.float64)
    lots, costs = np.zeros(len(most)), np.zeros(len(grounds.limits))
    least = grounds.variance.constant
    for reached in _subsets(len(grounds.limits)):
        for ends in product(_ENDS, repeat=len(most)):
            if ends.count("free") < len(reached):
                continue
            found = _meet(grounds, ends, reached, most=most)
            if found is None or not grounds.allow(found[0][None, :], _INSIDE)[0]:
                continue
            value = float(grounds.variance.at(found[0][None, :])[0])
            if value < least:
                least, (lots, costs) = value, found
    below = _shift(grounds, np.maximum(costs, 0.0))
    return Relaxed(lots, below, float(_relax(below, most, np.empty((1, 0)))[0][0]))


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    for size in range(count + 1):
        yield from combinations(range(count), size)


def _meet(
    grounds: Grounds, ends: Sequence[str], reached: Sequence[int], *, most: Floats
) -> tuple[Floats, Floats] | None:
    """Give the lots where some legs are at an end and some limits reached, and what these cost; None where none is."""
    lots = np.array([one if end == "most" else 0.0 for end, one in zip(ends, most, strict=True)])
    variance, costs = grounds.variance, np.zeros(len(grounds.limits))
    free = [leg for leg, end in enumerate(ends) if end == "free"]
    if not free:
        return lots, costs
    scale = np.sqrt(np.diag(variance.matrix)[free])
    prices = np.array([grounds.limits[limit].per_lot for limit in reached]).reshape(len(reached), len(most))
    sums = np.array([grounds.limits[limit].most for limit in reached]) - prices @ lots
    inner = variance.matrix[np.ix_(free, free)] / np.outer(scale, scale)
    rows = prices[:, free] / scale
    sizes = np.linalg.norm(rows, axis=1)
    if not sizes.all():
        return None
    rows = rows / sizes[:, None]
    system = np.block([[inner, rows.T], [rows, np.zeros((len(reached), len(reached)))]])
    if abs(np.linalg.det(system)) <= _SINGULAR:
        return None
    pull = (variance.linear - variance.matrix @ lots)[free] / scale
    solved = np.linalg.solve(system, np.concatenate((pull, sums / sizes)))
    lots[free] = solved[: len(free)] / scale
    costs[list(reached)] = 2 * solved[len(free) :] / sizes
    slack = _INSIDE * most
    is_within = ((lots >= -slack) & (lots <= most + slack)).all()
    return (np.clip(lots, 0, most), costs) if is_within else None


def _shift(grounds: Grounds, costs: Floats) -> Quadratic:
    """Add to a variance what limits cost: nothing where they are reached, and less than that where they are kept."""
    variance = grounds.variance
    if not len(costs):
        return variance
    prices = np.array([limit.per_lot for limit in grounds.limits])
    return Quadratic(
        variance.constant - float(costs @ np.array([limit.most for limit in grounds.limits])),
        variance.linear - costs @ prices / 2,
        variance.matrix,
    )


def find_least(grounds: Grounds, starts: Floats, below: Quadratic | None = None) -> Found:
    """Find the whole lots with the least variance.

    Args:
        grounds: legs, one at least, with what limits them.
        starts: rows of lots that are allowed by the ranges, one at least within the limits; the better they are, the
            less has to be looked at.
        below: a variance that is nowhere above theirs within the limits, of `relax_within`; the nearer it is to theirs,
            the less has to be looked at. None for their own.
    """
    legs = sorted(range(len(grounds.ranges)), key=lambda leg: grounds.ranges[leg].most)
    ordered = grounds.of(legs)
    search = _Search(ordered, starts[:, legs], (below or grounds.variance).of(legs))
    prefixes, is_whole = np.empty((1, 0)), True
    for _ in legs[:-1]:
        prefixes, is_all = search.branch(prefixes)
        is_whole = is_whole and is_all
    for chunk in _chunks(prefixes):
        search.finish(chunk)
    lots = np.empty(len(legs))
    lots[legs] = search.lots
    return Found(lots, search.variance, search.examined, is_whole)


def choose(values: Floats, lots: Floats, *, preferences: Sequence[Floats], tie: float) -> int:
    """Choose the row with the least value; of those within a tie of it, by preferences, and then the first.

    Args:
        values: one a row, one at least.
        lots: the rows.
        preferences: amounts per lot.
        tie: how much one value may differ from another and count as the same.
    """
    rows = np.flatnonzero(values <= values.min() + tie)
    for amounts in preferences:
        if len(rows) == 1:
            break
        parts = lots[rows] * amounts
        sums = parts.sum(axis=1)
        rows = rows[sums <= sums.min() + TIE * np.abs(parts).sum(axis=1).max()]
    return int(rows[0])


class _Search:
    """What is known of a least variance while it is looked for."""

    def __init__(self, grounds: Grounds, starts: Floats, below: Quadratic) -> None:
        self._grounds = grounds
        self._below = below
        self._most = np.array([one.most for one in grounds.ranges], dtype=np.float64)
        self._tie = TIE * grounds.variance.constant
        self.examined = 0
        self.variance = np.inf
        self.lots = starts[0]
        self._take(starts)

    def branch(self, prefixes: Floats) -> tuple[Floats, bool]:
        """Follow the lots of the first legs by those of one more, as far as they may lead to less.

        Returns:
            The longer rows, and whether all were followed.
        """
        leg = prefixes.shape[1]
        low, middle, high = self._between(prefixes)
        counts = np.maximum(high - low + 1, 0)
        is_fork = leg + 2 < len(self._most)
        most = MOST_FORKS if is_fork else MOST_BRANCHES
        is_whole = counts.sum() <= most
        if not is_whole:  # a part of each, around its best
            share = max(1, int(most / len(counts)))
            low = np.maximum(low, np.minimum(np.floor(middle - share / 2), high - share + 1))
            counts = np.minimum(counts, share)
        rows = np.repeat(np.arange(len(prefixes)), counts.astype(np.int64))
        begins = np.cumsum(counts) - counts
        lots = np.arange(len(rows)) - np.repeat(begins, counts.astype(np.int64)) + low[rows]
        kept = (lots == 0) | (lots >= self._grounds.ranges[leg].least)
        longer = np.column_stack((prefixes[rows[kept]], lots[kept]))
        if is_fork:  # else the end is as cheap as the bound
            bounds = [_relax(self._below, self._most, chunk)[0] for chunk in _chunks(longer)]
            longer = longer[np.concatenate([np.empty(0), *bounds]) <= self.variance + self._tie]
        return longer, bool(is_whole)

    def finish(self, prefixes: Floats) -> None:
        """Give the last leg its best lots behind those of all others, and keep what is best of all."""
        last = prefixes.shape[1]
        variance, span = self._grounds.variance, self._grounds.ranges[last]
        slope = np.full(len(prefixes), variance.linear[last])
        for leg, covariance in enumerate(variance.matrix[last][:last]):
            slope -= covariance * prefixes[:, leg]
        low, high = self._room(prefixes)
        best = np.clip(slope / variance.matrix[last][last], low, high)
        below, above = np.floor(best), np.ceil(best)
        below = np.where((below > 0) & (below < span.least), 0.0, below)
        above = np.where((above > 0) & (above < span.least), float(span.least), above)
        for lots in (below, above):
            rows = np.column_stack((prefixes, lots))
            self._take(rows[(lots >= low) & (lots <= high)])

    def _take(self, rows: Floats) -> None:
        """Keep the best of some rows, if it is better than what is kept."""
        rows = rows[self._grounds.allow(rows)]
        self.examined += len(rows)
        if not len(rows):
            return
        values = self._grounds.variance.at(rows)
        preferences = self._grounds.preferences
        best = choose(values, rows, preferences=preferences, tie=self._tie)
        both = np.array([values[best], self.variance])
        if choose(both, np.array([rows[best], self.lots]), preferences=preferences, tie=self._tie) == 0:
            self.variance, self.lots = float(values[best]), rows[best]

    def _between(self, prefixes: Floats) -> tuple[Floats, Floats, Floats]:
        """Tell from and up to which lots of the next leg there may be less, and the best; it is convex in them."""
        leg = prefixes.shape[1]
        below, most = self._below, self._most
        goal = self.variance + self._tie
        bounds, middle = _relax(below, most, prefixes)
        down, up = np.floor(middle), np.ceil(middle)
        low = _bisect(lambda lots: self._follow(prefixes, lots) <= goal, np.zeros(len(middle)), down)
        high = -_bisect(lambda lots: self._follow(prefixes, -lots) <= goal, np.full(len(middle), -most[leg]), -up)
        high = np.where(bounds > goal, low - 1, np.minimum(high, self._room(prefixes)[1]))
        return low, middle, high

    def _follow(self, prefixes: Floats, lots: Floats) -> Floats:
        return _relax(self._below, self._most, np.column_stack((prefixes, lots)))[0]

    def _room(self, prefixes: Floats) -> tuple[Floats, Floats]:
        """Tell from and up to which lots of the next leg the limits can hold."""
        leg = prefixes.shape[1]
        is_last = leg + 1 == len(self._most)
        low, high = np.zeros(len(prefixes)), np.full(len(prefixes), self._most[leg])
        for limit in self._grounds.limits:
            price = limit.per_lot[leg]
            if not price or not (is_last or limit.per_lot.min() >= 0):
                continue
            parts = prefixes * limit.per_lot[:leg]
            left = limit.most - parts.sum(axis=1)
            lots = (left + _SLACK * (abs(limit.most) + np.abs(parts).sum(axis=1))) / price
            lots = np.where(np.abs(lots - np.rint(lots)) <= _SLACK * np.abs(lots), np.rint(lots), lots)
            if price > 0:
                high = np.minimum(high, np.floor(lots))
            else:
                low = np.maximum(low, np.ceil(lots))
        return low, high


def _bisect(holds: Callable[[Floats], Truths], low: Floats, high: Floats) -> Floats:
    """Give the least whole number from low on for which something holds that holds from there to high."""
    low, high = low - 1, high.copy()
    while (high - low).max() > 1:
        middle = np.floor((low + high) / 2)
        is_open = high - low > 1
        does = holds(np.where(is_open, middle, high))
        high = np.where(is_open & does, middle, high)
        low = np.where(is_open & ~does, middle, low)
    return high


def _relax(variance: Quadratic, most: Floats, prefixes: Floats) -> tuple[Floats, Floats]:
    """Give the least variance that fractions of the other legs reach behind lots of the first, and the next leg's part.

    A convex quadratic has its least over a box where each leg has none, its most, or is free; every choice is tried.
    Legs that are one need not be free together, because then one of them may as well be at an end.
    """
    first = prefixes.shape[1]
    value, slope = _begin(variance, prefixes)
    rest = variance.matrix[first:, first:]
    least, part = np.full(len(prefixes), np.inf), np.zeros(len(prefixes))
    for ends in product(*(_ENDS if np.isfinite(one) else _ENDS[1:] for one in most[first:])):
        lots = _place(ends, slope, rest=rest, most=most[first:])
        if lots is None:
            continue
        is_within = np.all((lots >= 0) & (lots <= most[first:]), axis=1)
        reached = value + (lots * (slope + lots @ rest)).sum(axis=1)
        is_less = is_within & (reached < least)
        least = np.where(is_less, reached, least)
        part = np.where(is_less, lots[:, 0] if len(rest) else 0.0, part)
    return least, part


def _begin(variance: Quadratic, prefixes: Floats) -> tuple[Floats, Floats]:
    """Give the variance behind lots of the first legs, and its slope in each of the others."""
    first = prefixes.shape[1]
    inner = variance.matrix[:first, :first]
    value = variance.constant + (prefixes * (prefixes @ inner - 2 * variance.linear[:first])).sum(axis=1)
    return value, 2 * (prefixes @ variance.matrix[:first, first:] - variance.linear[first:])


def _place(ends: Sequence[str], slope: Floats, *, rest: Floats, most: Floats) -> Floats | None:
    """Give the lots where some legs are at an end and the others free; None where those are not told apart."""
    lots = np.tile([one if end == "most" else 0.0 for end, one in zip(ends, most, strict=True)], (len(slope), 1))
    free = [leg for leg, end in enumerate(ends) if end == "free"]
    if free:
        inner = rest[np.ix_(free, free)]
        scale = np.sqrt(np.diag(inner))
        scaled = inner / np.outer(scale, scale)
        if np.linalg.det(scaled) <= _SINGULAR:
            return None
        pull = -(slope[:, free] / 2 + lots @ rest[:, free])
        lots[:, free] = np.linalg.solve(scaled, (pull / scale).T).T / scale
    return lots


def _chunks(rows: Floats) -> Iterator[Floats]:
    for begin in range(0, len(rows), _CHUNK):
        yield rows[begin : begin + _CHUNK]
