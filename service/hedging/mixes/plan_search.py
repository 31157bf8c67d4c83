"""Plans by their lots: which are worked out, which are best and how that is known, and which are worth telling.

Law: as long as there are no more plans than can be worked out, all are. Where there are more, sizes are spread evenly,
and the best are looked for among all of them: by a proof for the variance, and with a bound for the tail.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats, Truths
from service.hedging.mixes.dominance import find_dominator, find_undominated
from service.hedging.mixes.integer_optimum import (
    TIE,
    Found,
    Grounds,
    Limit,
    Quadratic,
    Range,
    choose,
    find_least,
    relax,
    relax_within,
)
from service.hedging.mixes.plans import Role
from service.hedging.mixes.shortfall_plane import Outcomes, find_lowest, measure_all

MOST_EVALUATED = 10_000
MOST_STEPS = 200
_DIGITS = 12
"""To which measures differ, of the book's own risk or of its exposure; beyond is what float64 leaves."""


class Scene(NamedTuple):
    """What plans are made of and judged by, per absolute exposure."""

    variance: Quadratic
    """By hedge in each underlying."""
    outcomes: Outcomes
    """Same."""
    confidence: float
    underlyings: tuple[int, ...]
    """Which of them each leg follows."""
    ratios: Floats
    """Hedge in a lot of each leg."""
    ranges: tuple[Range, ...]
    """Lots of each leg."""
    costs: Floats
    """Cost of a lot of each leg."""
    margins: Floats | None
    """Margin of a lot of each leg; None where one is not known."""
    budget: tuple[Limit, ...] | None
    """None where there is none."""
    most_share: float
    """How large a plan makes sense, of the least-variance size of its own mix."""

    @property
    def most(self) -> Floats:
        """Most lots of each leg."""
        return np.array([one.most for one in self.ranges], dtype=np.float64)

    def hedges(self, lots: Floats) -> Floats:
        """Give the hedge in each underlying of rows of lots."""
        hedges = np.zeros((len(lots), len(self.variance.linear)))
        for leg, underlying in enumerate(self.underlyings):
            hedges[:, underlying] += lots[:, leg] * self.ratios[leg]
        return hedges

    def shares(self, lots: Floats) -> Floats:
        """Give the size of plans as a share of the least-variance size of their own mix; infinite where that is none.

        A hedge h leaves c - 2 b h + h S h, which is least at the multiple b h / h S h of it.
        """
        hedges = self.hedges(lots)
        sizes, pulls = np.zeros(len(lots)), np.zeros(len(lots))
        for place, linear in enumerate(self.variance.linear):
            pulls += hedges[:, place] * linear
            for other, covariance in enumerate(self.variance.matrix[place]):
                sizes += hedges[:, place] * hedges[:, other] * covariance
        shares: Floats = np.where(sizes > 0, np.inf, 0.0)
        np.divide(sizes, pulls, out=shares, where=pulls > 0)
        return shares

    def grounds(self, limits: tuple[Limit, ...]) -> Grounds:
        """Give what a least variance is looked for by."""
        legs = list(self.underlyings)
        variance = Quadratic(
            self.variance.constant,
            self.variance.linear[legs] * self.ratios,
            self.variance.matrix[np.ix_(legs, legs)] * np.outer(self.ratios, self.ratios),
        )
        return Grounds(variance, self.ranges, limits, self.preferences)

    @property
    def preferences(self) -> tuple[Floats, ...]:
        """Amounts by which one of several equal plans is chosen."""
        return (self.ratios, self.costs) if self.margins is None else (self.ratios, self.costs, self.margins)

    def split(self, hedges: Floats, most: Floats) -> Floats:
        """Give the fractional lots that hold a hedge: of one underlying the cheapest leg first, up to its most."""
        keys = [amounts / self.ratios for amounts in self.preferences[:0:-1]]
        lots, left = np.zeros(len(self.ratios)), hedges.copy()
        for leg in np.lexsort(keys):
            wanted = left[self.underlyings[leg]]
            lots[leg] = min(most[leg], wanted / self.ratios[leg])
            left[self.underlyings[leg]] = wanted - lots[leg] * self.ratios[leg] if lots[leg] == most[leg] else 0.0
        return lots


class Measured(NamedTuple):
    """Plans with their risks, in the order of their lots."""

    lots: Floats
    variances: Floats
    shortfalls: Floats

    def row_of(self, lots: Floats) -> int:
        """Tell where a plan is."""
        return int(np.flatnonzero((self.lots == lots).all(axis=1))[0])


class Optimum(NamedTuple):
    """A plan that is best for something, and how that is known."""

    row: int
    is_proven: bool
    examined: int
    bound: float
    """Variance or shortfall that no plan goes below."""


class Fraction(NamedTuple):
    """The best fractional plan for something."""

    lots: Floats
    hedges: Floats


class Survey(NamedTuple):
    """Everything that was found."""

    rows: Measured
    is_whole: bool
    sensible: Truths
    """Those that are no larger than makes sense, of one leg alone, or with a role."""
    undominated: Truths
    """Sensible ones that no sensible one dominates."""
    measures: Floats
    """By which one plan dominates another; infinite where a plan makes no sense."""
    roles: tuple[tuple[Role, int], ...]
    by_variance: Optimum
    by_shortfall: Optimum
    by_budget: Optimum | None
    least_variance: Fraction
    least_shortfall: Fraction


def survey(scene: Scene, *, steps: int = MOST_STEPS) -> Survey:
    """Work plans out, and find the best of them.

    Args:
        scene: what they are made of.
        steps: from plan to plan in search of the least shortfall, where not all are worked out.
    """
    grid, is_whole = spread(scene.ranges)
    fractions, bound = _find_fractions(scene)
    named = [*_name(scene, fractions[0])]
    starts = np.vstack((*(lots for _, lots in named), *(_around(scene, one.lots) for one in fractions)))
    searched = [] if is_whole else [_search(scene, limits, starts) for limits in _budgets(scene)]
    rows = _measure(scene, np.vstack((grid, starts, *(one.lots for one, _ in searched))))
    if is_whole:
        optima = [_exhaust(scene, rows, limits) for limits in _budgets(scene)]
    else:
        rows = _descend(scene, rows, steps)
        optima = [_prove(scene, rows, one) for one in searched]
    tail = _choose_tail(scene, rows, bound=None if is_whole else bound)
    roles: list[tuple[Role, int]] = [(role, rows.row_of(lots)) for role, lots in named]
    roles += [("least_variance", optima[0].row), ("least_shortfall", tail.row)]
    roles += [("within_budget", one.row) for one in optima[1:]]
    sensible = (scene.shares(rows.lots) <= scene.most_share) | ((rows.lots > 0).sum(axis=1) <= 1)
    sensible[[row for _, row in roles]] = True
    measures = np.where(sensible[:, None], _compare(scene, rows), np.inf)
    undominated = np.zeros(len(measures), dtype=np.bool_)
    undominated[sensible] = find_undominated(measures[sensible])
    return Survey(
        rows=rows,
        is_whole=is_whole,
        sensible=sensible,
        undominated=undominated,
        measures=measures,
        roles=tuple(roles),
        by_variance=optima[0],
        by_shortfall=tail,
        by_budget=optima[1] if len(optima) > 1 else None,
        least_variance=fractions[0],
        least_shortfall=fractions[1],
    )


def spread(ranges: Sequence[Range]) -> tuple[Floats, bool]:
    """Give all plans within the ranges, or as many as are worked out, spread evenly; and whether these are all."""
    axes: list[Floats] = [np.empty(0)] * len(ranges)
    room = float(MOST_EVALUATED)
    by_size = sorted(range(len(ranges)), key=lambda leg: ranges[leg].most)
    for place, leg in enumerate(by_size):
        axes[leg] = _spread_one(ranges[leg], max(2, int(room ** (1 / (len(ranges) - place)) + 1e-9)))
        room /= len(axes[leg])
    is_whole = all(len(axis) == _count(one) for axis, one in zip(axes, ranges, strict=True))
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(ranges)), is_whole


def pick(found: Survey, most: int) -> list[tuple[int, tuple[Role, ...]]]:
    """Pick the plans to tell, in the order of their lots, each with its roles.

    All that make sense, if there are no more than the most; else those with a role, what dominates them, and a spread
    of the others that nothing dominates.
    """
    roles: dict[int, list[Role]] = {}
    for role, row in found.roles:
        roles.setdefault(row, []).append(role)
    for row in list(roles):
        dominator = find_dominator(found.measures, row)
        if dominator is not None:
            roles.setdefault(dominator, []).append("dominator")
    rows = np.flatnonzero(found.sensible)
    if len(rows) > most:
        front = np.flatnonzero(found.undominated)
        front = front[~np.isin(front, list(roles))]
        front = front[np.argsort(found.rows.variances[front], kind="stable")]
        room = most - len(roles)
        if len(front) > room:
            front = front[np.unique(np.linspace(0, len(front) - 1, room).astype(np.int64))]
        rows = np.unique(np.concatenate((front, list(roles))).astype(np.int64))
    return [(row, tuple(dict.fromkeys(roles.get(row, ())))) for row in rows.tolist()]


def _count(one: Range) -> int:
    """Count the sizes of a leg."""
    return one.most - one.least + 2 if one.most else 1


def _spread_one(one: Range, most: int) -> Floats:
    """Give the sizes of a leg, or as many as there may be, none and the most among them."""
    count = _count(one)
    places = np.unique(np.rint(np.linspace(0, count - 1, min(count, most))))
    return np.where(places > 0, places + one.least - 1, 0.0)


def _budgets(scene: Scene) -> tuple[tuple[Limit, ...], ...]:
    return ((),) if scene.budget is None else ((), scene.budget)


def _find_fractions(scene: Scene) -> tuple[tuple[Fraction, Fraction], float]:
    """Find the fractions with the least variance, and those with the least shortfall and how low that is."""
    free = np.full(len(scene.ratios), np.inf)
    hedges = relax(scene.variance, free[: len(scene.variance.linear)])
    most = scene.most
    lowest = find_lowest(scene.outcomes, scene.hedges(most[None, :])[0], confidence=scene.confidence)
    tail = np.maximum(lowest.hedges, 0.0)
    return (Fraction(scene.split(hedges, free), hedges), Fraction(scene.split(tail, most), tail)), lowest.bound


def _name(scene: Scene, least_variance: Fraction) -> Iterator[tuple[Role, Floats]]:
    """List the plans that one would think of."""
    none = np.zeros(len(scene.ranges))
    yield "no_hedge", none
    for leg in range(len(scene.ranges)):
        alone = none.copy()
        alone[leg] = find_least(scene.grounds(()).of([leg]), np.zeros((1, 1))).lots[0]
        if alone[leg]:
            yield "alone", alone
    rounded = np.ceil(np.minimum(least_variance.lots, scene.most) - 0.5)
    least = np.array([one.least for one in scene.ranges])
    yield "rounded_separately", np.where(rounded < least, 0.0, rounded)


def _around(scene: Scene, lots: Floats) -> Floats:
    """Give the plans around a fractional one: each leg below it and above."""
    ends = (
        {_legal(one, np.floor(size)), _legal(one, np.ceil(size))}
        for one, size in zip(scene.ranges, np.minimum(lots, scene.most), strict=True)
    )
    return np.array(list(product(*ends)), dtype=np.float64)


def _legal(one: Range, lots: float) -> float:
    """Give the size of a leg that is at least so much."""
    return float(max(lots, one.least)) if lots and one.most else 0.0


def _measure(scene: Scene, lots: Floats) -> Measured:
    lots = np.unique(lots, axis=0)
    hedges = scene.hedges(lots)
    return Measured(lots, scene.variance.at(hedges), measure_all(scene.outcomes, hedges, confidence=scene.confidence))


def _exhaust(scene: Scene, rows: Measured, limits: tuple[Limit, ...]) -> Optimum:
    """Choose the least variance of all plans, or of all within a budget."""
    allowed = np.flatnonzero(scene.grounds(limits).allow(rows.lots))
    values, tie = rows.variances[allowed], TIE * scene.variance.constant
    row = int(allowed[choose(values, rows.lots[allowed], preferences=scene.preferences, tie=tie)])
    return _know(row, rows, float(rows.variances[row]))


def _know(row: int, rows: Measured, least: float) -> Optimum:
    """Say that all plans were worked out."""
    return Optimum(row=row, is_proven=True, examined=len(rows.lots), bound=least)


def _search(scene: Scene, limits: tuple[Limit, ...], starts: Floats) -> tuple[Found, float]:
    """Find the least variance among all plans, or all within a budget, and how low fractions go."""
    grounds = scene.grounds(limits)
    relaxed = relax_within(grounds)
    near = np.vstack((starts, _around(scene, relaxed.lots)))
    return find_least(grounds, near, relaxed.below), relaxed.bound


def _prove(scene: Scene, rows: Measured, searched: tuple[Found, float]) -> Optimum:
    """Take what was found among all plans, with its proof or else with what fractions reach."""
    found, bound = searched
    row = rows.row_of(found.lots)
    least = float(rows.variances[row])
    is_proven = found.is_proven or least - bound <= TIE * scene.variance.constant
    return Optimum(row, is_proven, found.examined, least if is_proven else bound)


def _choose_tail(scene: Scene, rows: Measured, *, bound: float | None) -> Optimum:
    """Choose the least shortfall of all plans that were worked out; a bound where these are not all there are."""
    tie = TIE * float(np.sqrt(scene.variance.constant))
    row = choose(rows.shortfalls, rows.lots, preferences=scene.preferences, tie=tie)
    least = float(rows.shortfalls[row])
    if bound is None:
        return _know(row, rows, least)
    is_proven = least - bound <= tie
    return Optimum(row, is_proven, len(rows.lots), least if is_proven else bound)


def _descend(scene: Scene, rows: Measured, steps: int) -> Measured:
    """Add the plans next to the one with the least shortfall, and go on from the best of them until it is itself."""
    place = int(rows.shortfalls.argmin())
    best, least, added = rows.lots[place], rows.shortfalls[place], [rows]
    for _ in range(steps):
        near = _measure(scene, np.array(list(product(*map(_next_to, scene.ranges, best))), dtype=np.float64))
        added.append(near)
        place = int(near.shortfalls.argmin())
        if near.shortfalls[place] >= least:
            break
        best, least = near.lots[place], near.shortfalls[place]
    lots, places = np.unique(np.vstack([one.lots for one in added]), axis=0, return_index=True)
    variances, shortfalls = (np.concatenate(column)[places] for column in list(zip(*added, strict=True))[1:])
    return Measured(lots, variances, shortfalls)


def _next_to(one: Range, lots: float) -> set[float]:
    """Give the sizes of a leg next to one of them, and itself."""
    below = lots - 1 if lots > one.least else 0.0
    return {below, lots, min(max(lots + 1, one.least), one.most)}


def _compare(scene: Scene, rows: Measured) -> Floats:
    """Give the measures of dominance, each rounded to what it is worth."""
    columns = [rows.variances / scene.variance.constant, rows.shortfalls / np.sqrt(scene.variance.constant)]
    columns.extend((rows.lots * amounts).sum(axis=1) for amounts in scene.preferences[1:])
    return np.round(np.column_stack(columns), _DIGITS)
