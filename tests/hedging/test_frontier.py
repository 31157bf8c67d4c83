"""Plans of several contracts: what they are worth by another way, which are best, and what is said of them."""

from decimal import Decimal
from itertools import product
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.errors import TooFewObservationsError, WorkOutOfRangeError, ZeroVarianceError
from service.hedging.frontier import draw_frontier
from service.hedging.mixes.best_plans import Frontier
from service.hedging.mixes.plan_search import MOST_EVALUATED
from service.hedging.mixes.plans import Budget, Plan
from service.hedging.stresses import STRESSES
from service.hedging.units import Amount
from tests.hedging.build import inverse, linear
from tests.hedging.mixing import BTC, ETH, candidate, days, draw, mixed, plan

TWO = [candidate(), candidate(ETH, place=1)]
FINE = linear(
    symbol="BTCUSDT",
    multiplier="1",
    lot_step="0.001",
    initial_margin_rate="0.01",
    maintenance_margin_rate="0.004",
    taker_fee_rate="0.0005",
)
WEALTHY = {"SOL": "600000", "ADA": "400000"}


def held(one: Plan) -> list[str]:
    """List the contracts of a plan."""
    return [str(leg.contracts) for leg in one.legs]


def best_of(frontier: Frontier, name: str) -> tuple[Plan, Any]:
    """Give the best plan by something, with what is said of it."""
    assert frontier.best is not None
    best = getattr(frontier.best, name)
    return frontier.plans[best.plan], best


def with_role(frontier: Frontier, role: str) -> list[Plan]:
    """List the plans of a role."""
    return [one for one in frontier.plans if role in one.roles]


def reckon(lots: tuple[int, int]) -> dict[str, float]:
    """Work a plan of the usual book out in plain numpy, from the daily profits of coins and futures."""
    returns: dict[str, Any] = {name: np.array(moves) for name, moves in days().items()}
    net = (
        6000 * returns["SOL"]
        + 4000 * returns["ADA"]
        - lots[0] * 6000 * returns["BTC"]
        - lots[1] * 3000 * returns["ETH"]
    )
    losses = np.sort(-net)[::-1] / 10000
    return {
        "volatility": float(net.std(ddof=1) / 10000 * np.sqrt(365)),
        "value_at_risk": float(losses[3]),
        "expected_shortfall": float(losses[:3].mean()),
        "cost": (lots[0] * 6000 + lots[1] * 3000) * 2 * 0.0005,
        "margin": (lots[0] * 6000 + lots[1] * 3000) / 4,
    }


def test_each_number_is_what_plain_profits_say() -> None:
    """Another way to volatility, tail (3 of 60 are the worst 5 %), cost and margin: day by day, for all plans told."""
    frontier = plan(TWO)

    assert len(frontier.plans) > 5
    for one in frontier.plans:
        lots = (int(one.legs[0].contracts), int(one.legs[1].contracts))
        told = {name: float(getattr(one, name)) for name in reckon(lots)}
        assert told == pytest.approx(reckon(lots), rel=1e-9)
        assert one.capital == one.margin + one.cost  # type: ignore[operator]
        assert float(one.coverage) == pytest.approx((lots[0] * 6000 + lots[1] * 3000) / 10000)
        assert one.horizon_volatility == pytest.approx(one.volatility * (30 / 365) ** 0.5)


def test_the_best_are_those_that_brute_force_finds() -> None:
    """Of all plans within the sizes, by plain numpy: variance, shortfall, and variance within 1,500 of margin."""
    frontier = plan(TWO, budget=Budget(margin=Amount("1500")))
    every = list(product(range(4), range(5)))

    by_variance = min(every, key=lambda lots: reckon(lots)["volatility"])
    by_shortfall = min(every, key=lambda lots: reckon(lots)["expected_shortfall"])
    within = min(
        (lots for lots in every if reckon(lots)["margin"] <= 1500), key=lambda lots: reckon(lots)["volatility"]
    )

    found = [tuple(map(int, held(best_of(frontier, name)[0]))) for name in ("by_variance", "by_shortfall", "by_budget")]
    assert found == [by_variance, by_shortfall, within]
    proofs = [best_of(frontier, name)[1].proof for name in ("by_variance", "by_shortfall", "by_budget")]
    assert [(one.method, one.is_proven) for one in proofs] == [("exhaustive", True)] * 3
    assert frontier.evaluated is not None
    assert [one.plans_examined for one in proofs] == [frontier.evaluated.plans] * 3


def test_what_futures_can_remove_is_said_beside_what_is_felt() -> None:
    """The least variance of fractions by the normal equations; the share of volatility is 1 - sqrt(1 - R^2)."""
    frontier = plan(TWO)

    returns: dict[str, Any] = {name: np.array(moves) for name, moves in days().items()}
    every = np.cov([0.6 * returns["SOL"] + 0.4 * returns["ADA"], returns["BTC"], returns["ETH"]])
    ratios = np.linalg.solve(every[1:, 1:], every[1:, 0])
    removed = float(ratios @ every[1:, 0] / every[0, 0])
    least = frontier.least_variance
    assert least is not None
    assert list(least.contracts) == pytest.approx([ratios[0] * 10000 / 6000, ratios[1] * 10000 / 3000], rel=1e-9)
    assert least.variance_reduction == pytest.approx(removed, rel=1e-9)
    assert least.volatility_reduction == pytest.approx(1 - (1 - removed) ** 0.5, rel=1e-9)
    assert 0.3 < removed < 0.95
    best, said = best_of(frontier, "by_variance")
    assert said.gap == pytest.approx(best.volatility - least.volatility, abs=1e-11)
    assert "flat" not in said.detail
    assert "the rest stays" in said.detail


def test_a_leg_that_would_be_bought_is_left_out() -> None:
    """Ether falls when the book rises here: fractions hold none of it, and none of it is looked at."""
    returns = days()
    opposite: dict[str, list[float | None]] = {**returns, "ETH": [-(one or 0) for one in returns["ETH"]]}

    drawn = draw(mixed(TWO), opposite)

    assert drawn.frontier.least_variance is not None
    assert drawn.frontier.least_variance.contracts[1] == 0
    assert drawn.facts[1].limited_by == "adds_risk"
    assert not drawn.facts[1].most_contracts
    assert drawn.frontier.underlyings[1].correlation < 0


def test_every_sensible_plan_is_told_and_dominated_ones_are_marked() -> None:
    """From no hedge on, by notional; what is marked is no better by any measure than what it is marked by."""
    frontier = plan([candidate(funding="0.0001"), candidate(ETH, place=1, funding="0.0003"), candidate(FINE, place=2)])

    plans = frontier.plans
    assert [one.notional for one in plans] == sorted(one.notional for one in plans)
    assert held(plans[0]) == ["0", "0", "0"]
    marked = [one for one in plans if one.dominated_by is not None]
    assert marked
    for one in marked:
        other = plans[one.dominated_by or 0]
        pairs: list[tuple[Any, Any]] = [
            (other.variance_reduction, one.variance_reduction),
            (-other.expected_shortfall, -one.expected_shortfall),
            (-other.cost, -one.cost),
            (-(other.margin or 0), -(one.margin or 0)),
        ]
        assert all(better >= worse for better, worse in pairs)
        assert any(better > worse for better, worse in pairs)
    assert len(plans) <= 200


def test_all_sensible_plans_are_told_where_there_is_room() -> None:
    """Within a quarter more than the best size of their mix, or of one contract, which go one size further."""
    frontier = plan(TWO, most_plans=2000)

    assert frontier.evaluated is not None
    assert (frontier.evaluated.plans, frontier.evaluated.is_whole) == (20, True)
    assert frontier.evaluated.sensible == len(frontier.plans)
    alone = [one for one in frontier.plans if "0" in held(one)]
    assert sorted(map(held, alone)) == sorted(
        [["0", str(one)] for one in range(5)] + [[str(one), "0"] for one in (1, 2, 3)]
    )
    for one in frontier.plans:
        share = one.share_of_best or 0
        assert share <= 1.25 or "0" in held(one) or one.roles
        least = frontier.least_variance
        assert least is not None
        assert one.variance_reduction <= least.variance_reduction * (2 * share - share**2) + 1e-9


def test_roles_say_what_a_plan_is_beside_others() -> None:
    """No hedge, the best of each contract alone, and the fractions rounded one by one."""
    frontier = plan(TWO)

    least = frontier.least_variance
    assert least is not None
    (rounded,) = with_role(frontier, "rounded_separately")
    assert held(rounded) == [str(round(one)) for one in least.contracts]
    assert [held(one) for one in with_role(frontier, "no_hedge")] == [["0", "0"]]
    assert len(with_role(frontier, "alone")) == 2


def test_rounding_separately_is_not_the_best() -> None:
    """Both can be seen: 0.68 and 1.70 contracts round to one and two, and one of each leaves less."""
    frontier = plan(TWO, returns=days(60, 23))

    (rounded,) = with_role(frontier, "rounded_separately")
    best, _ = best_of(frontier, "by_variance")
    assert (held(best), held(rounded)) == (["1", "1"], ["1", "2"])
    assert best.variance_reduction > rounded.variance_reduction + 0.05


def test_where_there_are_too_many_plans_the_best_are_proven_all_the_same() -> None:
    """A million against lots of 60 and 3,000: a branch and bound for the variance, a bound for the tail."""
    frontier = plan([candidate(FINE), candidate(ETH, place=1)], WEALTHY, budget=Budget(margin=Amount("100000")))

    assert frontier.evaluated is not None
    assert not frontier.evaluated.is_whole
    assert frontier.evaluated.plans <= MOST_EVALUATED + 500
    for name in ("by_variance", "by_budget"):
        best, said = best_of(frontier, name)
        assert (said.proof.method, said.proof.is_proven) == ("branch_and_bound", True)
        assert said.proof.lower_bound == pytest.approx(best.volatility, rel=1e-11)
    best, said = best_of(frontier, "by_shortfall")
    assert said.proof.method == "relaxation"
    assert said.proof.lower_bound <= best.expected_shortfall
    assert best.expected_shortfall - said.proof.lower_bound < 1e-4
    within, _ = best_of(frontier, "by_budget")
    assert within.margin is not None
    assert within.margin <= 100000
    assert within.margin > 99900


def test_a_plan_with_a_role_is_told_beside_what_dominates_it() -> None:
    """Of two contracts on one underlying, the dearer alone is dominated, however few plans there is room for."""
    dear = candidate(msgspec.structs.replace(FINE, symbol="BTC-DEAR"), cost="0.01", place=1)
    frontier = plan([candidate(FINE, cost="0"), dear], most_plans=20)

    dominated = [one for one in frontier.plans if one.dominated_by is not None]
    assert any(one.roles == ("alone",) and one.legs[1].contracts for one in dominated)
    for one in dominated:
        better = frontier.plans[one.dominated_by or 0]
        assert "dominator" in better.roles
        assert better.dominated_by is None
        assert better.volatility <= one.volatility
        assert better.cost <= one.cost
    assert len(frontier.plans) <= 20


def test_the_risk_of_the_underlying_itself_goes_to_none() -> None:
    """To none at all, by whole lots and by fractions, and not to what float64 leaves of it."""
    frontier = plan([candidate(), candidate(ETH, place=1)], {"BTC": "30000"}, returns=days(seed=0))

    best, said = best_of(frontier, "by_variance")
    assert frontier.least_variance is not None
    assert [leg.contracts for leg in best.legs] == [5, 0]
    assert (best.volatility, best.variance_reduction, best.volatility_reduction) == (0, 1, 1)
    assert (frontier.least_variance.volatility, said.gap, said.proof.lower_bound) == (0, 0, 0)


def test_no_plan_beside_the_best_is_better() -> None:
    """Far beyond brute force: a lot more or less of each contract, by volatility and by shortfall."""
    mix = mixed([candidate(FINE), candidate(ETH, place=1)], WEALTHY)
    returns: dict[str, Any] = {name: np.array(moves) for name, moves in days().items()}

    def look(lots: Any) -> tuple[float, float]:
        """Work a plan out in plain numpy."""
        net = (
            0.6 * returns["SOL"]
            + 0.4 * returns["ADA"]
            - (lots[0] * 60 * returns["BTC"] + lots[1] * 3000 * returns["ETH"]) / 1e6
        )
        return float(net.std()), float(np.sort(-net)[-3:].mean())

    frontier = draw(mix).frontier

    for place, name in enumerate(("by_variance", "by_shortfall")):
        legs = best_of(frontier, name)[0].legs
        lots = [int(legs[0].contracts * 1000), int(legs[1].contracts)]
        near = [look([lots[0] + one, max(0, lots[1] + other)])[place] for one in (-1, 0, 1) for other in (-1, 0, 1)]
        assert min(near) >= look(lots)[place] - 1e-15


def test_of_two_contracts_on_one_thing_the_cheaper_is_held() -> None:
    """Two exchanges list one name at one price: variance can't tell them apart, funding can; then margin."""
    by_cost = plan([candidate(funding="0.0001"), candidate(place=1, funding="0.0002")])
    by_margin = plan([candidate(leverage="4"), candidate(place=1, leverage="5")])

    for frontier in (by_cost, by_margin):
        best, said = best_of(frontier, "by_variance")
        assert best.legs[0].contracts == 0
        assert best.legs[1].contracts > 0
        assert said.proof.is_proven
        assert frontier.least_variance is not None
        assert frontier.least_variance.contracts[0] == 0


def test_a_book_that_is_net_short_is_hedged_by_longs() -> None:
    """The mirror: same sizes, volatility and gap; its tail is the other one, and its longs are liquidated by falls."""
    long, short = plan(TWO), plan(TWO, {"SOL": "-6000", "ADA": "-4000"})

    assert (long.side, short.side) == ("short", "long")
    assert held(best_of(long, "by_variance")[0]) == held(best_of(short, "by_variance")[0])
    assert long.least_variance is not None
    assert short.least_variance is not None
    assert long.least_variance.volatility == short.least_variance.volatility
    assert [one.correlation for one in long.underlyings] == [-one.correlation for one in short.underlyings]
    leg = next(leg for one in short.plans for leg in one.legs if leg.contracts)
    assert leg.liquidation_move is not None
    assert leg.liquidation_move < 0
    no_hedge = short.plans[0].worst_stress
    assert no_hedge is not None
    assert STRESSES[no_hedge.name].move_of("BTC", "closes") > 0  # type: ignore[operator]


def test_a_book_without_exposure_has_no_plans() -> None:
    """Nothing to hedge is an answer; what each contract is worth is told nevertheless."""
    drawn = draw_frontier(mixed(TWO, {"SOL": "1", "ADA": "-1"}), None)

    frontier = drawn.frontier
    assert (frontier.side, frontier.absent_reason, frontier.plans, frontier.best) == ("none", "no_exposure", (), None)
    assert drawn.facts[0].limited_by == "no_exposure"
    assert drawn.facts[0].unit_notional == 6000
    assert [one.code for one in frontier.warnings] == ["cost_assumed", "cost_assumed", "no_exposure"]


def test_rows_with_a_gap_are_left_out_whole() -> None:
    """Covariance and tail are of the rows in which everything is known: the same as without the others."""
    returns = days()
    gaps = {
        name: [None if (name, day) in {("SOL", 3), ("BTC", 3), ("ETH", 8)} else one for day, one in enumerate(moves)]
        for name, moves in returns.items()
    }
    whole = {name: [one for day, one in enumerate(moves) if day not in {3, 8}] for name, moves in returns.items()}

    with_gaps, without = plan(TWO, returns=gaps), plan(TWO, returns=whole)

    assert (with_gaps.observations, with_gaps.rows_dropped) == (58, 2)
    assert (without.observations, without.rows_dropped) == (58, 0)
    assert with_gaps.plans == without.plans
    assert codes(with_gaps) - codes(without) == {("rows_dropped", "#/rows_dropped")}


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"SOL": [0.1, None, 0.2, None], "BTC": [None, 0.1, 0.2, 0.3]}, TooFewObservationsError, "1 intervals"),
        ({"SOL": [0.1] * 4, "ADA": [0.1] * 4}, ZeroVarianceError, "book never moved"),
        ({"ETH": [0.01] * 4}, ZeroVarianceError, "ETH never moved"),
    ],
)
def test_a_past_that_says_nothing_is_refused(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    """Too few rows, and what never moved."""
    returns = {**{name: moves[:4] for name, moves in days().items()}, **changes}

    with pytest.raises(error, match=words):
        plan(TWO, returns=returns)


def test_more_lots_than_can_be_counted_are_refused() -> None:
    """A lot of a millionth of a dollar and a billion to hedge."""
    dust = linear(multiplier="1", lot_step="0.00000000001")

    with pytest.raises(WorkOutOfRangeError, match="lots of BTC-MINI"):
        plan([candidate(dust, leverage=None)], {"SOL": "6000000000"}, returns=days())


def test_margin_that_nobody_knows_is_not_told() -> None:
    """Null with its reason, of the leg and of every plan that holds it; then dominance is without it."""
    bare = linear(symbol="BTC-BARE", maintenance_margin_rate="0.004")
    drawn = draw(mixed([candidate(bare, leverage=None), candidate(ETH, place=1)]))

    assert (drawn.facts[0].margin_rate, drawn.facts[0].margin_reason) == (None, "initial_margin_rate_missing")
    for one in drawn.frontier.plans:
        is_held = one.legs[0].contracts > 0
        assert (one.margin is None, one.capital is None) == (is_held, is_held)
        assert one.legs[0].liquidation_reason == ("initial_margin_rate_missing" if is_held else "no_contracts")


@pytest.mark.parametrize(
    ("budget", "most"),
    [
        (Budget(cost=Amount("5")), lambda one: one.cost <= 5),
        (Budget(capital=Amount("1506")), lambda one: one.margin + one.cost <= 1506),
        (Budget(margin=Amount("0")), lambda one: one.notional == 0),
        (Budget(cost=Amount("0"), margin=Amount("9000")), lambda one: one.notional == 0),
    ],
)
def test_the_best_within_a_budget_is_the_best_of_those_that_fit(budget: Budget, most: Any) -> None:
    """Held against every plan that is told; a limit that is reached is kept."""
    frontier = plan(TWO, budget=budget)

    best, said = best_of(frontier, "by_budget")
    fitting = [one for one in frontier.plans if most(one)]
    assert best in fitting
    assert best.volatility == min(one.volatility for one in fitting)
    assert said.gap >= 0


def test_what_is_earned_is_no_capital() -> None:
    """1,500 behind one contract of 6,000 have to be there, though it is expected to earn 600."""
    earning = [candidate(cost="-0.1")]
    short, enough = (plan(earning, budget=Budget(capital=Amount(capital))) for capital in ("1499", "1500"))

    fitting, said = best_of(enough, "by_budget")
    assert [fitting.margin, fitting.cost, fitting.capital] == [Decimal(1500), Decimal(-600), Decimal(1500)]
    assert best_of(short, "by_budget")[0].notional == 0
    assert said.plan > 0


def test_no_hedge_adds_no_risk() -> None:
    """It is the best where nothing may be spent, and is not warned of."""
    frontier = plan(TWO, budget=Budget(margin=Amount("0")))

    assert best_of(frontier, "by_budget")[0].variance_reduction == 0
    assert "hedge_adds_risk" not in {code for code, _ in codes(frontier)}


def test_an_empty_budget_is_none() -> None:
    """It says as little as none at all."""
    frontier = plan(TWO, budget=Budget())

    assert frontier.best is not None
    assert (frontier.best.by_budget, frontier.best.budget_reason) == (None, "no_budget")


def test_the_worst_stress_is_the_worst_of_them() -> None:
    """By hand: what SOL and ADA did less what the shorts lose, where the margin of four bears the move."""
    frontier = plan(TWO, stresses=("ftx-2022-11", "sec-2023-06"))

    for one in frontier.plans:
        btc, eth = (float(leg.notional) for leg in one.legs)
        results = {
            "ftx-2022-11": 6000 * -0.6184 + 4000 * -0.2554 + btc * 0.2524 + eth * 0.3222,
            "sec-2023-06": 6000 * -0.2195 + 4000 * -0.2183 - btc * 0.0044 + eth * 0.0326,
        }
        worst = one.worst_stress
        assert worst is not None
        assert worst.name == min(results, key=results.__getitem__)
        assert float(worst.pnl) == pytest.approx(min(results.values()))
        assert worst.net_return == worst.pnl / 10000
        assert not worst.is_liquidated


@pytest.mark.parametrize(
    ("contract", "lost"),
    [
        (BTC, "-1500"),
        (inverse(multiplier="6000", initial_margin_rate="0.05", maintenance_margin_rate="0.004"), "-2407.2"),
    ],
)
def test_a_short_that_a_rally_liquidates_loses_its_margin(contract: Any, lost: str) -> None:
    """BTC rose by 60.48 %, four times the margin bears 24.5 %: 1,500 are lost, or coins that are worth more then."""
    frontier = plan([candidate(contract)], {"SOL": "5000"}, stresses=("rally-2023-q4",))

    one = next(one for one in frontier.plans if one.legs[0].contracts == 1)
    worst = one.worst_stress
    assert worst is not None
    assert worst.is_liquidated
    assert worst.pnl == Decimal(lost) + 5000 * Decimal("4.5135")


def test_a_short_that_is_liquidated_at_once_gains_nothing_of_a_crash() -> None:
    """A margin of 1/300 is below what has to be left, 0.4 %: it is lost before SOL falls by 61.84 %."""
    least = linear(maintenance_margin_rate="0.004")
    frontier = plan([candidate(least, leverage="300")], {"SOL": "5000"}, stresses=("ftx-2022-11",))

    worst = next(one.worst_stress for one in frontier.plans if one.legs[0].contracts == 1)
    assert worst is not None
    assert worst.is_liquidated
    assert worst.pnl == 5000 * Decimal("-0.6184") - 20


@pytest.mark.parametrize(("missing", "leverage"), [("maintenance_margin_rate", "4"), ("initial_margin_rate", None)])
def test_nobody_says_that_a_short_survives_of_which_that_is_not_known(missing: str, leverage: str | None) -> None:
    """BTC rose by 60.48 %: the loss is counted in full. It is known of what is not held, or what gained."""
    terms = {"initial_margin_rate": "0.05", "maintenance_margin_rate": "0.004", missing: None}
    unknown = candidate(linear(symbol="BTC-OLD", **terms), leverage=leverage)
    risen = plan([unknown, candidate(place=1)], {"SOL": "15000"}, stresses=("rally-2023-q4",))
    fallen = plan([unknown], {"SOL": "15000"}, stresses=("ftx-2022-11",))

    said = {tuple(int(leg.contracts) for leg in one.legs): one.worst_stress for one in risen.plans}
    alone, both, none = said[1, 0], said[1, 1], said[0, 0]
    assert alone is not None
    assert both is not None
    assert none is not None
    assert alone.is_liquidated is None
    assert alone.pnl == 15000 * Decimal("4.5135") - 6000 * Decimal("0.6048")
    assert both.is_liquidated is True
    assert none.is_liquidated is False
    assert {one.worst_stress.is_liquidated for one in fallen.plans if one.worst_stress} == {False}


def test_a_stress_is_left_out_where_a_coin_is_unknown() -> None:
    """It is named, with the coins; of a book that nobody knows no plan has a worst stress."""
    returns = {**days(), "WIF": days()["SOL"]}
    frontier = plan(TWO, {"SOL": "6000", "WIF": "4000"}, returns=returns)

    assert frontier.stresses_used == ()
    assert len(frontier.stresses_left_out) == 11
    assert frontier.stresses_left_out[0].unknown == ("SOL", "WIF")
    assert all(one.worst_stress is None for one in frontier.plans)
    assert "by_closes" not in {code for code, _ in codes(frontier)}


@pytest.mark.parametrize(
    ("terms", "more", "most", "limited_by"),
    [
        ({}, {}, "3", "coverage"),
        ({"min_quantity": "5"}, {}, "5", "coverage"),
        ({"max_quantity": "1.7"}, {}, "1", "max_quantity"),
        ({"min_quantity": "5", "max_quantity": "5.5"}, {}, "5", "coverage"),
        ({"min_notional": "40000", "max_quantity": "3"}, {}, "0", "no_legal_size"),
        ({"multiplier": "1"}, {"largest": "59999"}, "0", "largest_notional"),
        ({}, {"largest": "12001"}, "2", "largest_notional"),
        ({}, {"most_coverage": 0.1}, "1", "coverage"),
    ],
)
def test_sizes_end_where_they_make_no_sense(terms: Any, more: Any, most: str, limited_by: str) -> None:
    """The least-variance size of one contract is 1.7 here; a quarter more, rounded up to what the venue takes."""
    drawn = draw(mixed([candidate(linear(**terms), leverage=None)], **more))

    assert (drawn.facts[0].most_contracts, drawn.facts[0].limited_by) == (Decimal(most), limited_by)
    largest = max(one.legs[0].contracts for one in drawn.frontier.plans)
    assert largest == Decimal(most)
    smallest = {one.legs[0].contracts for one in drawn.frontier.plans if one.legs[0].contracts}
    assert all(one >= drawn.facts[0].least_contracts for one in smallest)


_BTC_ALONE = {**days(), **{coin: [1.1 * (one or 0) for one in days()["BTC"]] for coin in ("SOL", "ADA")}}
"""Coins that are bitcoin and nothing else."""


def codes(frontier: Frontier) -> set[tuple[str, str]]:
    """List the warnings with their places."""
    return {(note.code, note.pointer) for note in frontier.warnings}


def test_what_a_careful_trader_would_mention_is_said() -> None:
    """Costs, terms and prices of each contract at its own place; the sample; the best plans."""
    soon = linear(
        symbol="BTC-JAN", expiry="2026-01-03T03:04:05Z", initial_margin_rate="0.01", maintenance_margin_rate="0.005"
    )
    coin = inverse(underlying="ETH", symbol="ETH-COIN")
    candidates = [
        candidate(soon, price="90000", leverage="90"),
        candidate(coin, leverage=None, place=1, funding="0.0001"),
    ]
    mix = mixed(candidates, prices={"SOL": "1", "BTC": "60000"})
    notes = codes(draw(mix, days(20)).frontier)

    assert ("expiry_near", "#/instruments/0/contract/expiry") in notes
    assert ("expires_first", "#/instruments/0/contract/expiry") in notes
    assert ("cost_assumed", "#/instruments/0/cost") in notes
    assert ("cost_assumed", "#/instruments/0/cost/fee_rate") in notes
    assert ("coin_margin_is_exposure", "#/instruments/1/contract") in notes
    assert ("cost_assumed", "#/instruments/1/cost/funding_payments") in notes
    assert ("low_sample", "#/observations") in notes
    assert ("by_closes", "#/stresses_used") in notes


@pytest.mark.parametrize(
    ("terms", "leverage", "code", "member"),
    [
        ({"maintenance_margin_rate": "0.004"}, None, "survival_unknown", "liquidation_reason"),
        ({"initial_margin_rate": "0.05"}, "4", "survival_unknown", "liquidation_reason"),
        ({"max_market_quantity": "1"}, "4", "exceeds_market_order", "contracts"),
        (
            {"maintenance_tiers": [{"floor": "0", "rate": "0.004"}, {"floor": "11999", "rate": "0.01"}]},
            "4",
            "larger_initial_margin",
            "margin",
        ),
        ({"maintenance_margin_rate": "0.004"}, "200", "liquidation_near", "liquidation_price"),
    ],
)
def test_of_a_leg_of_a_best_plan_is_said_what_a_sizing_says(
    terms: dict[str, Any], leverage: str | None, code: str, member: str
) -> None:
    """Two contracts are best; what is doubtful about so many is said at their place, and not of a leg without any."""
    frontier = plan([candidate(linear(**terms), leverage=leverage), candidate(ETH, place=1)], returns=_BTC_ALONE)

    assert frontier.best is not None
    place = frontier.best.by_variance.plan
    assert [leg.contracts for leg in frontier.plans[place].legs] == [2, 0]
    assert (code, f"#/plans/{place}/legs/0/{member}") in codes(frontier)
    assert not any(pointer.startswith(f"#/plans/{place}/legs/1") for _, pointer in codes(frontier))


@pytest.mark.parametrize(
    "terms",
    [
        {"max_market_quantity": "2"},
        {"maintenance_tiers": [{"floor": "0", "rate": "0.004"}, {"floor": "12000", "rate": "0.01"}]},
    ],
)
def test_a_leg_within_its_terms_is_not_warned_of(terms: dict[str, Any]) -> None:
    """Two contracts in one market order of two, and worth no more than the first tier."""
    frontier = plan([candidate(linear(**terms)), candidate(ETH, place=1)], returns=_BTC_ALONE)

    assert {code for code, _ in codes(frontier)}.isdisjoint({"exceeds_market_order", "larger_initial_margin"})


def test_a_best_plan_that_adds_variance_is_told_to_add_it() -> None:
    """By hand: two shorts take most of the one crash in twenty days, and swing by themselves on all the others."""
    swings = [0.05, -0.05] * 10
    crash: dict[str, list[float | None]] = {
        "BTC": [*swings[:19], -0.1],
        "SOL": [*([0.01, 0.01, -0.01, -0.01] * 5)[:19], -0.2],
    }
    frontier = plan([candidate()], {"SOL": "10000"}, returns=crash, most_coverage=5.0)

    best, said = best_of(frontier, "by_shortfall")
    assert best.legs[0].contracts == 2
    assert best.expected_shortfall == pytest.approx(0.08)
    assert best.variance_reduction < 0
    shares = (f"{-best.variance_reduction * 100:.1f}", f"{-best.volatility_reduction * 100:.1f}")
    assert said.detail == f"2 BTC-MINI: {shares[0]} % more variance, which is {shares[1]} % more volatility"
    assert [pointer for code, pointer in codes(frontier) if code == "hedge_adds_risk"] == [
        f"#/plans/{said.plan}/variance_reduction"
    ]


def test_two_underlyings_that_move_as_one_are_told() -> None:
    """Ether is bitcoin and next to nothing of its own: how much of each is arbitrary, and the best is still best."""
    returns = days()
    twin = {**returns, "ETH": [(one or 0) * 1.05 + 0.0001 * (day % 3) for day, one in enumerate(returns["BTC"])]}

    frontier = plan(TWO, returns=twin)

    assert ("singular_covariance", "#/underlyings/1") in codes(frontier)
    assert best_of(frontier, "by_variance")[1].proof.is_proven


def test_best_plans_that_are_large_or_near_their_end_are_warned_about() -> None:
    """A book twice as wild as bitcoin, at thirty times the margin."""
    returns = days()
    wild = {**returns, "SOL": [(one or 0) * 2.4 for one in returns["BTC"]]}

    frontier = plan([candidate(leverage="20")], {"SOL": "10000"}, returns=wild)

    assert frontier.best is not None
    place = frontier.best.by_variance.plan
    assert ("over_hedge", f"#/plans/{place}/coverage") in codes(frontier)
    assert frontier.plans[place].variance_reduction == pytest.approx(1)
    low = plan([candidate(linear(initial_margin_rate="0.02", maintenance_margin_rate="0.004"), leverage="50")])
    assert low.best is not None
    assert ("liquidation_near", f"#/plans/{low.best.by_variance.plan}/legs/0/liquidation_price") in codes(low)


def test_a_mix_that_adds_variance_at_any_size_has_no_best_size() -> None:
    """A contract that helps only beside the other, which the best by tail leaves out: 5 days, the worst one counts."""
    returns: dict[str, list[float | None]] = {
        "BTC": [-0.09, -0.04, 0.06, -0.03, 0.1],
        "ETH": [-0.04, 0.05, -0.0, 0.02, -0.05],
        "SOL": [-0.08, 0.04, -0.03, -0.05, -0.06],
    }
    frontier = plan(
        [
            candidate(linear(), price="100", leverage=None),
            candidate(linear(symbol="E", underlying="ETH"), price="100", leverage=None, place=1),
        ],
        {"SOL": "1000"},
        returns=returns,
        confidence=0.8,
    )

    assert any(one.share_of_best is None and one.variance_reduction < 0 for one in frontier.plans)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_every_number_is_finite(seed: int) -> None:
    """Whatever the past, the prices and the lots: no number is infinite or none at all."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    wild = 10.0 ** random.integers(-6, 1)
    returns = {
        name: [float(one) for one in np.clip(np.round(random.standard_t(2, size=count) * wild, 8), -1, 100)]
        for name in ("BTC", "ETH", "SOL")
    }
    units = [
        f"{10 ** int(power)}" if power >= 0 else f"0.{'0' * int(-power - 1)}1"
        for power in random.integers(-4, 4, size=2)
    ]
    contracts = [linear(multiplier=units[0]), linear(symbol="E", underlying="ETH", multiplier=units[1], lot_step="0.1")]
    try:
        frontier = plan(
            [candidate(one, leverage=None, place=place) for place, one in enumerate(contracts)],
            {"SOL": str(10 ** int(random.integers(-4, 8)))},
            returns=returns,
            most_plans=40,
        )
    except (ZeroVarianceError, WorkOutOfRangeError):
        return

    for one in frontier.plans:
        numbers = [
            one.variance_reduction,
            one.volatility,
            one.value_at_risk,
            one.expected_shortfall,
            one.horizon_volatility,
        ]
        assert np.isfinite(numbers).all()
        assert one.expected_shortfall >= one.value_at_risk
    assert len(frontier.plans) <= 40
    best, said = best_of(frontier, "by_variance")
    assert best.volatility == pytest.approx(min(one.volatility for one in frontier.plans), rel=1e-11)
    assert said.proof.lower_bound <= best.volatility * (1 + 1e-9)
