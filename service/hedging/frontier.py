"""Every sensible plan of a hedge from none to more than all, in whole lots of several contracts, and the best of them.

Law: what is said to be best comes with a proof, or with how far it may be from what is. Risks are of the rows of the
sample in which all returns are known, so that covariance and tails are of one time; futures are taken to move with
their underlyings. One plan dominates another by the numbers that are told.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats
from service.hedging.cautions import Caution, caution
from service.hedging.contracts import settlement_value
from service.hedging.mixes.best_plans import (
    BestByTail,
    BestPlan,
    BestPlans,
    Drawn,
    Evaluated,
    Frontier,
    Proof,
    TailProof,
)
from service.hedging.mixes.dominance import find_dominator
from service.hedging.mixes.integer_optimum import Limit, Quadratic, Range, relax
from service.hedging.mixes.joint_rows import Joint, join, warn_of_rows
from service.hedging.mixes.mix import Entered, Mix, Reach, reach, tell_facts
from service.hedging.mixes.plan_search import Fraction, Optimum, Scene, Survey, pick, survey
from service.hedging.mixes.plans import Budget, FractionalPlan, Plan, PlanLeg, Role, UnderlyingRisk
from service.hedging.mixes.positions import UNKNOWN, Positions
from service.hedging.mixes.shortfall_plane import Outcomes, measure_one
from service.hedging.rates import YEAR_DAYS
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.samples import Sample
from service.hedging.rounding import round_up
from service.hedging.sizes.advice import SPECULATIVE_COVERAGE
from service.hedging.survival.collateral import ONE_DAY_MOVE, room_of
from service.hedging.units import Money, Share, Side, exactly


@exactly
def draw_frontier(mix: Mix, sample: Sample | None) -> Drawn:
    """Draw the frontier of a book and the contracts that may hedge it.

    Args:
        mix: the book beside the contracts.
        sample: returns of every coin with an exposure and of every underlying; None for a book without exposure.

    Raises:
        TooFewObservationsError, ZeroVarianceError, WorkOutOfRangeError: in this order.
    """
    if sample is None or not mix.size:
        return _draw_nothing(mix)
    joint = join(mix, sample)
    view = _look(mix, joint)
    found = survey(view.scene)
    told = _tell_plans(view, found)
    best = BestPlans(
        by_variance=_tell_best(view, told, found.by_variance),
        by_shortfall=_tell_best_by_tail(view, told, found.by_shortfall),
        by_budget=None if found.by_budget is None else _tell_best(view, told, found.by_budget),
        budget_reason=None if found.by_budget else "no_budget",
    )
    undominated = np.flatnonzero(found.undominated)
    frontier = Frontier(
        side=mix.side,
        exposure=Money.of(mix.book.exposure),
        absent_reason=None,
        observations=len(joint.book),
        rows_dropped=joint.dropped,
        volatility=view.volatility(view.scene.variance.constant),
        underlyings=tuple(_tell_underlyings(mix, view.scene, joint)),
        least_variance=_tell_fraction(view, found.least_variance),
        least_shortfall=_tell_fraction(view, found.least_shortfall),
        plans=told.plans,
        best=best,
        evaluated=Evaluated(
            plans=len(found.rows.lots),
            is_whole=found.is_whole,
            sensible=int(np.count_nonzero(found.sensible)),
            undominated=len(undominated),
            left_out=int(np.count_nonzero(~np.isin(undominated, told.rows))),
        ),
        stresses_used=tuple(stress.name for stress in mix.stresses),
        stresses_left_out=mix.left_out,
        holdings=mix.book.holdings,
        warnings=(
            *mix.cautions,
            *warn_of_rows(mix, joint, view.scene.variance.matrix.tolist()),
            *_warn_of_stresses(mix),
            *_warn_of_best(view, told, best),
        ),
    )
    return Drawn(
        frontier, tuple(tell_facts(one, reached) for one, reached in zip(mix.entered, view.reaches, strict=True))
    )


def _draw_nothing(mix: Mix) -> Drawn:
    """Say that there is nothing to hedge."""
    frontier = Frontier(
        side="none",
        exposure=Money.of(mix.book.exposure),
        absent_reason="no_exposure",
        observations=None,
        rows_dropped=None,
        volatility=None,
        underlyings=(),
        least_variance=None,
        least_shortfall=None,
        plans=(),
        best=None,
        evaluated=None,
        stresses_used=tuple(stress.name for stress in mix.stresses),
        stresses_left_out=mix.left_out,
        holdings=mix.book.holdings,
        warnings=(
            *mix.cautions,
            caution("no_exposure", "The book has no net exposure to hedge: no plans", "exposure"),
        ),
    )
    nothing = Reach(Decimal(0), "no_exposure")
    return Drawn(frontier, tuple(tell_facts(one, nothing) for one in mix.entered))


class _View(NamedTuple):
    """A mix with all that is known of how it moves."""

    mix: Mix
    scene: Scene
    reaches: tuple[Reach, ...]
    periods: float
    """Rows a year."""

    def volatility(self, variance: float) -> float:
        """Give the annual volatility of a variance of a row."""
        return tidy(math.sqrt(variance * self.periods))

    def reductions(self, variance: float) -> tuple[float, float]:
        """Give the shares of variance and of volatility that are removed where a variance is left."""
        left = variance / self.scene.variance.constant
        return tidy(1 - left), tidy(1 - math.sqrt(left))


class _Told(NamedTuple):
    """Plans that are told."""

    found: Survey
    rows: list[int]
    plans: tuple[Plan, ...]


def _look(mix: Mix, joint: Joint) -> _View:
    """Put a mix beside its rows."""
    constant, linear, matrix = joint.covariances()
    variance = Quadratic(constant, np.array(linear), np.array(matrix))
    beside = relax(variance, np.full(len(linear), np.inf))
    ratios = [max(linear[place] / matrix[place][place], beside[place]) for place in range(len(linear))]
    underlyings = tuple(mix.underlyings.index(one.contract.underlying) for one in mix.entered)
    reaches = tuple(reach(mix, index, float(ratios[place])) for index, place in enumerate(underlyings))
    lots = np.array([float(one.lot_notional / mix.size) for one in mix.entered])
    rates = [one.margin_rate for one in mix.entered]
    margins = None if None in rates else lots * np.array([float(rate or 0) for rate in rates])
    costs = lots * np.array([float(one.expected.rate) for one in mix.entered])
    scene = Scene(
        variance=variance,
        outcomes=Outcomes(-np.array(joint.book), np.array(joint.hedges)),
        confidence=mix.terms.confidence,
        underlyings=underlyings,
        ratios=lots,
        ranges=tuple(
            Range(int(one.least / one.contract.lot_step), int(reached.most / one.contract.lot_step))
            for one, reached in zip(mix.entered, reaches, strict=True)
        ),
        costs=costs,
        margins=margins,
        budget=_limit(mix, costs, margins),
        most_share=mix.terms.most_coverage,
    )
    return _View(mix, scene, reaches, joint.periods)


def _limit(mix: Mix, costs: Floats, margins: Floats | None) -> tuple[Limit, ...] | None:
    """Write a budget as sums over the lots; a margin that is limited is known."""
    budget = mix.terms.budget or Budget()
    posted = np.zeros(len(costs)) if margins is None else margins
    sums = ((posted, budget.margin), (costs, budget.cost), (posted, budget.capital), (posted + costs, budget.capital))
    limits = tuple(Limit(amounts, float(most / mix.size)) for amounts, most in sums if most is not None)
    return limits or None


def _tell_plans(view: _View, found: Survey) -> _Told:
    """Write the plans that are told, from no hedge on by their notional."""
    picked = pick(found, view.mix.terms.most_plans)
    units = [one.lot_notional for one in view.mix.entered]
    picked.sort(
        key=lambda one: sum(int(lots) * unit for lots, unit in zip(found.rows.lots[one[0]], units, strict=True))
    )
    rows = [row for row, _ in picked]
    measures, positions = found.measures[rows], Positions(view.mix)
    plans = (
        _write(
            view,
            found,
            positions,
            row=row,
            roles=roles,
            dominated_by=None if found.undominated[row] else find_dominator(measures, place),
        )
        for place, (row, roles) in enumerate(picked)
    )
    return _Told(found, rows, tuple(plans))


def _write(
    view: _View,
    found: Survey,
    positions: Positions,
    *,
    row: int,
    roles: tuple[Role, ...],
    dominated_by: int | None,
) -> Plan:
    rows = found.rows
    sums = positions.add_up([int(lots) for lots in rows.lots[row]])
    variance = float(rows.variances[row])
    of_variance, of_volatility = view.reductions(variance)
    volatility = view.volatility(variance)
    lots = rows.lots[row : row + 1]
    hedges, share = view.scene.hedges(lots)[0], float(view.scene.shares(lots)[0])
    tail = measure_one(view.scene.outcomes, hedges, confidence=view.scene.confidence)
    return Plan(
        legs=sums.legs,
        roles=roles,
        notional=Money.of(sums.notional),
        coverage=Share.of(sums.notional / view.mix.size),
        share_of_best=tidy(share) if math.isfinite(share) else None,
        variance_reduction=of_variance,
        volatility_reduction=of_volatility,
        volatility=volatility,
        horizon_volatility=tidy(volatility * math.sqrt(view.mix.terms.horizon_days / float(YEAR_DAYS))),
        value_at_risk=tidy(tail.value_at_risk),
        expected_shortfall=tidy(tail.expected_shortfall),
        worst_stress=sums.worst_stress,
        cost=Money.of(sums.cost),
        margin=None if sums.margin is None else round_up(sums.margin),
        capital=None if sums.capital is None else round_up(sums.capital),
        dominated_by=dominated_by,
    )


def _tell_fraction(view: _View, fraction: Fraction) -> FractionalPlan:
    scene = view.scene
    variance = float(scene.variance.at(fraction.hedges[None, :])[0])
    of_variance, of_volatility = view.reductions(variance)
    steps = [float(one.contract.lot_step) for one in view.mix.entered]
    return FractionalPlan(
        contracts=tuple(tidy(float(lots) * step) for lots, step in zip(fraction.lots, steps, strict=True)),
        coverage=tidy(float(fraction.hedges.sum())),
        variance_reduction=of_variance,
        volatility_reduction=of_volatility,
        volatility=view.volatility(variance),
        expected_shortfall=tidy(
            measure_one(scene.outcomes, fraction.hedges, confidence=scene.confidence).expected_shortfall
        ),
    )


def _tell_best(view: _View, told: _Told, optimum: Optimum) -> BestPlan:
    place = told.rows.index(optimum.row)
    plan = told.plans[place]
    return BestPlan(
        plan=place,
        detail=_describe(view, plan),
        gap=max(0.0, tidy(plan.volatility - _tell_fraction(view, told.found.least_variance).volatility)),
        proof=Proof(
            method="exhaustive" if told.found.is_whole else "branch_and_bound",
            is_proven=optimum.is_proven,
            plans_examined=optimum.examined,
            lower_bound=view.volatility(optimum.bound),
        ),
    )


def _tell_best_by_tail(view: _View, told: _Told, optimum: Optimum) -> BestByTail:
    place = told.rows.index(optimum.row)
    plan = told.plans[place]
    least = _tell_fraction(view, told.found.least_shortfall).expected_shortfall
    return BestByTail(
        plan=place,
        detail=_describe(view, plan),
        gap=max(0.0, tidy(plan.expected_shortfall - least)),
        proof=TailProof(
            method="exhaustive" if told.found.is_whole else "relaxation",
            is_proven=optimum.is_proven,
            plans_examined=optimum.examined,
            lower_bound=tidy(optimum.bound),
        ),
    )


def _describe(view: _View, plan: Plan) -> str:
    held = [
        f"{leg.contracts} {one.contract.symbol}"
        for leg, one in zip(plan.legs, view.mix.entered, strict=True)
        if leg.contracts
    ]
    if not held:
        return "No hedge: nothing that may be held leaves less"
    of_variance, of_volatility = plan.variance_reduction * 100, plan.volatility_reduction * 100
    if of_variance < 0:
        told = f"{-of_variance:.1f} % more variance, which is {-of_volatility:.1f} % more volatility"
    else:
        told = f"{of_variance:.1f} % less variance, which is {of_volatility:.1f} % less volatility; the rest stays"
    return f"{' and '.join(held)}: {told}"


def _tell_underlyings(mix: Mix, scene: Scene, joint: Joint) -> Iterator[UnderlyingRisk]:
    variance = scene.variance
    for place, asset in enumerate(mix.underlyings):
        own, shared = float(variance.matrix[place][place]), float(variance.linear[place])
        explained = min(1.0, shared**2 / own / variance.constant)
        sign = math.copysign(1.0, shared) if mix.side == "short" else -math.copysign(1.0, shared)
        yield UnderlyingRisk(
            asset=asset,
            volatility=tidy(math.sqrt(own * joint.periods)),
            correlation=tidy(sign * math.sqrt(explained)),
            least_variance_ratio=tidy(shared / own),
            variance_reduction=tidy(explained),
        )


def _warn_of_stresses(mix: Mix) -> Iterator[Caution]:
    if mix.stresses:
        detail = "Stresses are by closes: a high between two of them that liquidates a short is not known"
        yield caution("by_closes", detail, "stresses_used")


def _warn_of_best(view: _View, told: _Told, best: BestPlans) -> Iterator[Caution]:
    """Say what a careful trader would mention about the best plans."""
    chosen = {one.plan for one in (best.by_variance, best.by_shortfall, best.by_budget) if one is not None}
    for place in sorted(chosen):
        plan = told.plans[place]
        if plan.coverage > SPECULATIVE_COVERAGE:
            detail = f"Worth {plan.coverage * 100:.0f} % of the exposure: too much if the book moves less from now on"
            yield caution("over_hedge", detail, "plans", place, "coverage")
        if plan.variance_reduction < 0:
            detail = f"The variance is {-plan.variance_reduction * 100:.1f} % above that without a hedge: it adds risk"
            yield caution("hedge_adds_risk", detail, "plans", place, "variance_reduction")
        for index, (one, leg) in enumerate(zip(view.mix.entered, plan.legs, strict=True)):
            yield from _warn_of_leg(view.mix.side, one, leg, "plans", place, "legs", index)


def _warn_of_leg(side: Side, one: Entered, leg: PlanLeg, *path: str | int) -> Iterator[Caution]:
    """Say what a sizing would say of a contract held so."""
    contract = one.contract
    tiers, most = contract.maintenance_tiers or (), contract.max_market_quantity
    value = settlement_value(contract, leg.contracts, one.backing.futures_price)
    if leg.margin is not None and len(tiers) > 1 and value > tiers[1].floor:
        detail = "Venues ask for more initial margin in this maintenance tier than the rate of the smallest position"
        yield caution("larger_initial_margin", detail, *path, "margin")
    if most is not None and leg.contracts > most:
        detail = f"{leg.contracts} contracts take several market orders: the venue takes {most} at most in one"
        yield caution("exceeds_market_order", detail, *path, "contracts")
    if leg.liquidation_reason in UNKNOWN:
        detail = f"Nobody can say when this is liquidated: {leg.liquidation_reason}"
        yield caution("survival_unknown", detail, *path, "liquidation_reason")
    room = None if leg.liquidation_move is None else room_of(side, leg.liquidation_move)
    if room is not None and room < ONE_DAY_MOVE:
        detail = f"Liquidated by a move of {room * 100:.2f} % against it, less than a usual day's"
        yield caution("liquidation_near", detail, *path, "liquidation_price")
