"""How much risk a hedge takes away: worked examples, another route by numpy, real closes, and what has to hold."""

import csv
import json
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from service.hedging.cautions import Caution
from service.hedging.effectiveness import LegSeries, check_question
from service.hedging.errors import (
    InconsistentContractError,
    InconsistentQuestionError,
    PriceMissingError,
    TooFewObservationsError,
    ZeroVarianceError,
)
from service.hedging.hindsight.judgement import RiskFigures
from service.hedging.hindsight.offset import Changes
from service.hedging.hindsight.reductions import Reduction, compare_risks, semivariance
from service.hedging.hindsight.walk_forward import WalkForward
from service.hedging.risk.samples import CloseSeries, ReturnSeries, WindowSeries
from service.hedging.units import Price, SignedAmount
from tests.hedging.build import check_answer
from tests.hedging.coverages.test_book_risk import drawn
from tests.hedging.judging import HULL_FUTURES, HULL_SPOT, answered, asked, judged

HISTORY = Path(__file__).parents[3] / "shared" / "data" / "history"
CLOSES, GOLDEN = HISTORY / "daily_closes_mit.csv", HISTORY / "golden_daily_closes_mit.json"
away = pytest.mark.skipif(not CLOSES.exists(), reason="the closes lie outside the project")
MEASURES = ("variance", "volatility", "value_at_risk", "expected_shortfall", "semivariance")
RISES = [0.02, -0.03, 0.015, 0.01, -0.02, 0.004]
MOVES = [0.01, -0.02, 0.03, 0.02, -0.01, 0.002]


def legs(portfolio: Sequence[float | None], futures: Sequence[float | None], **more: Any) -> LegSeries:
    """Send the returns of both legs."""
    return LegSeries(portfolio=tuple(portfolio), futures=tuple(futures), **more)


def codes(warnings: Sequence[Caution]) -> dict[str, str]:
    """Give warnings by their codes, with where they point."""
    return {note.code: note.pointer for note in warnings}


# In sample


def test_the_jet_fuel_of_hull() -> None:
    """Table 3.2: h* .7777, and R squared .862 is what the hedge takes of the variance; golden vector E10."""
    found = judged(HULL_SPOT, HULL_FUTURES).judgement

    assert found.in_sample.hedge_ratio == pytest.approx(0.7777, abs=5e-5)
    assert found.in_sample.hedge_ratio_source == "estimated"
    assert found.attainable.r_squared == pytest.approx(0.862, abs=5e-4)
    assert found.in_sample.variance.reduction == pytest.approx(0.8618752125729419, rel=1e-10)
    assert found.in_sample.volatility.reduction == pytest.approx(0.6283485673012170, rel=1e-10)
    assert found.in_sample.semivariance.reduction == pytest.approx(0.9027430491998970, rel=1e-10)
    assert found.tracking_error == pytest.approx(0.009757632355480507 * math.sqrt(365), rel=1e-10)


@pytest.mark.parametrize("hedge_ratio", [None, 0.0, 0.6, 1.3, 4.0, -1.0])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_every_figure_by_another_route(hedge_ratio: float | None, confidence: float) -> None:
    """Against numpy: its line with the textbook's error, its variance, and the worst days counted one by one."""
    item, future = drawn(250)
    found = judged(item, future, hedge_ratio=hedge_ratio, confidence=confidence).judgement

    design = np.column_stack([np.ones(250), future])
    (intercept, slope), sse, _, _ = np.linalg.lstsq(design, item, rcond=None)
    error = math.sqrt((sse[0] / 248 * np.linalg.inv(design.T @ design))[1, 1])
    test = found.regression
    assert [test.slope, test.intercept, test.slope_error] == pytest.approx([slope, intercept, error], rel=1e-9)
    assert test.r_squared == pytest.approx(np.corrcoef(item, future)[0, 1] ** 2, rel=1e-9)
    assert found.attainable.residual_volatility == pytest.approx(math.sqrt(sse[0] / 249 * 365), rel=1e-9)
    ratio = slope if hedge_ratio is None else hedge_ratio
    hedged = np.array(item) - ratio * np.array(future)
    _compare(found.in_sample, np.array(item), hedged, confidence)


def _compare(figures: RiskFigures, unhedged: Any, hedged: Any, confidence: float) -> None:
    """Hold all measures against numpy's."""
    assert figures.observations == len(hedged)
    for name, measure in (
        ("variance", lambda one: one.var(ddof=1)),
        ("volatility", lambda one: one.std(ddof=1) * math.sqrt(365)),
        ("value_at_risk", lambda one: np.quantile(-one, confidence, method="inverted_cdf")),
        ("expected_shortfall", lambda one: _mean_of_worst(one, confidence)),
        ("semivariance", lambda one: np.square(np.minimum(one, 0)).mean()),
    ):
        found: Reduction = getattr(figures, name)
        assert found.unhedged == pytest.approx(measure(unhedged), rel=1e-9), name
        assert found.hedged == pytest.approx(measure(hedged), rel=1e-9), name
        assert found.reduction == pytest.approx(1 - measure(hedged) / measure(unhedged), rel=1e-9), name


def _mean_of_worst(returns: Any, confidence: float) -> float:
    """Spread each day over a thousand equal parts, so that the worst share is whole ones of them."""
    parts = np.sort(np.repeat(-returns, 1000))[::-1]
    return float(parts[: round(len(parts) * (1 - confidence))].mean())


def test_a_hedge_of_nothing_takes_nothing_away() -> None:
    """Every measure is the book's own, and the best hedge is still told."""
    found = judged(*drawn(), hedge_ratio=0.0).judgement

    assert [getattr(found.in_sample, name).reduction for name in MEASURES] == [0, 0, 0, 0, 0]
    assert found.attainable.share_reached == 0
    assert (found.regression.slope_to_hedge_ratio, found.regression.is_passed) == (None, False)


def test_twice_the_best_ratio_takes_nothing_away_either() -> None:
    """Domain 3: the reduction is a parabola with its top at h*, 0 at 0 and at twice h*, and negative beyond."""
    item, future = drawn()
    best = judged(item, future).judgement

    twice = judged(item, future, hedge_ratio=2 * best.in_sample.hedge_ratio)
    beyond = judged(item, future, hedge_ratio=2.5 * best.in_sample.hedge_ratio)

    assert best.attainable.share_reached == pytest.approx(1)
    assert twice.judgement.in_sample.variance.reduction == pytest.approx(0, abs=1e-9)
    assert (beyond.judgement.in_sample.variance.reduction or 0) < 0
    assert codes(beyond.cautions)["hedge_adds_risk"] == "#/judgement/in_sample/variance"
    assert codes(beyond.cautions)["over_hedge"] == "#/judgement/in_sample/hedge_ratio"


def test_half_the_best_ratio_reaches_three_quarters() -> None:
    """Domain 6.5: 2k - k^2."""
    item, future = drawn()
    half = judged(item, future).judgement.in_sample.hedge_ratio / 2

    assert judged(item, future, hedge_ratio=half).judgement.attainable.share_reached == pytest.approx(0.75)


def test_what_is_left_is_said_in_words() -> None:
    """No full hedge is said to be without risk: the sentence has both shares, and the warning repeats them."""
    found = judged(*drawn(365, slope=0.9))
    attainable = found.judgement.attainable

    assert attainable.r_squared is not None
    assert attainable.volatility_share == pytest.approx(1 - math.sqrt(1 - attainable.r_squared))
    assert f"{attainable.r_squared * 100:.0f} % of the variance at most" in attainable.detail
    assert codes(found.cautions) == {"low_r_squared": "#/judgement/attainable"}


def test_a_perfect_hedge_leaves_nothing() -> None:
    """A book that is the future itself: all of the variance, all of the tail, and no warning."""
    future = [0.02, -0.03, 0.01, 0.04] * 10
    found = judged([2 * one for one in future], future)

    assert [getattr(found.judgement.in_sample, name).reduction for name in MEASURES] == pytest.approx([1] * 5)
    assert found.judgement.regression.is_passed
    assert found.cautions == ()


def test_a_book_that_never_moved_has_nothing_to_reduce() -> None:
    """Domain 8.3: null, with the reason, and no error; a hedge of it has its own risk."""
    found = judged([0.01, 0.01, 0.01], [0.01, -0.02, 0.03], hedge_ratio=1.0, market=[0.01, -0.02, 0.02])
    reductions = [getattr(found.judgement.in_sample, name) for name in MEASURES]

    assert {one.reduction for one in reductions} == {None}
    assert {one.reduction_reason for one in reductions} == {"nothing_to_reduce"}
    assert reductions[0].hedged > 0
    assert (found.judgement.attainable.r_squared, found.judgement.attainable.share_reached) == (None, None)
    assert found.judgement.basis_risk is not None
    assert found.judgement.basis_risk.effectiveness is None


def test_a_book_that_only_gained_has_no_tail_to_reduce() -> None:
    """Its value at risk is negative: a gain even then."""
    found = judged([0.01, 0.02, 0.03], [0.01, -0.02, 0.03]).judgement.in_sample

    assert (found.value_at_risk.unhedged, found.value_at_risk.reduction) == (-0.01, None)
    assert found.variance.reduction_reason is None


@pytest.mark.parametrize(
    ("confidence", "count", "pointers"),
    [
        (0.95, 29, ["#/judgement/regression"]),
        (0.95, 30, ["#/judgement/in_sample/expected_shortfall"]),
        (0.95, 40, []),
        (0.99, 199, ["#/judgement/in_sample/expected_shortfall"]),
    ],
)
def test_few_observations_are_told(confidence: float, count: int, pointers: list[str]) -> None:
    """Below 30 of all figures; from there on of the tail, while fewer than two days make it."""
    found = judged(*drawn(count), confidence=confidence)

    assert [note.pointer for note in found.cautions if note.code == "low_sample"] == pointers


def test_few_observations_out_of_sample_are_told() -> None:
    """Where there are enough in it: what is tested on ten days is another month's luck."""
    few, few_in_tail, enough = (judged(*drawn(count), plan=(90, 30)).cautions for count in (100, 129, 130))

    assert codes(few)["low_sample"] == "#/judgement/out_of_sample"
    assert codes(few_in_tail)["low_sample"] == "#/judgement/out_of_sample/expected_shortfall"
    assert "low_sample" not in codes(enough)


def test_a_slope_that_may_be_none_is_told() -> None:
    """Returns that have nothing to do with each other, and returns against each other."""
    generator = np.random.default_rng(5)
    apart = judged(*(generator.standard_normal((2, 60)) * 0.03).tolist())
    against = judged([-one for one in MOVES * 7], MOVES * 7)

    assert codes(apart.cautions)["beta_not_significant"] == "#/judgement/regression"
    assert codes(against.cautions) == {"beta_flips_side": "#/judgement/in_sample/hedge_ratio"}
    assert against.judgement.in_sample.variance.reduction == pytest.approx(1)


@pytest.mark.parametrize(("factor", "is_passed"), [(1.24, True), (1.26, False), (0.81, True), (0.79, False)])
def test_the_regression_test_wants_the_slope_near_the_ratio(*, factor: float, is_passed: bool) -> None:
    """0.80 to 1.25 of the hedge ratio, by convention, which the answer says it is."""
    item, future = drawn(60, slope=5)
    slope = judged(item, future).judgement.regression.slope

    test = judged(item, future, hedge_ratio=slope / factor).judgement.regression

    assert test.is_passed is is_passed
    assert test.slope_to_hedge_ratio == pytest.approx(factor)
    assert "convention" in test.convention
    assert not judged(item[:29], future[:29]).judgement.regression.is_passed


# Out of sample


@pytest.mark.parametrize(("estimation", "test"), [(90, 30), (90, 1), (3, 7), (200, 365), (297, 2)])
def test_the_walk_forward_by_another_route(estimation: int, test: int) -> None:
    """Against numpy's slope of each window: each day after the first window counts once, by a ratio of days before."""
    item, future = (np.array(one) for one in drawn(300))
    found = judged(item.tolist(), future.tolist(), plan=(estimation, test)).judgement.out_of_sample
    starts = range(estimation, 300, test)

    ratios, hedged = [], []
    for start in starts:
        window = slice(start - estimation, start)
        ratios.append(np.cov(item[window], future[window])[0, 1] / np.var(future[window], ddof=1))
        hedged.append(item[start : start + test] - ratios[-1] * future[start : start + test])

    assert found is not None
    assert found.windows == len(ratios)
    assert found.hedge_ratios.least == pytest.approx(min(ratios), rel=1e-9)
    assert found.hedge_ratios.median == pytest.approx(np.median(ratios), rel=1e-9)
    assert found.hedge_ratios.greatest == pytest.approx(max(ratios), rel=1e-9)
    if estimation < 200:
        _compare(found, item[estimation:], np.concatenate(hedged), 0.95)
    assert found.observations == 300 - estimation


def test_without_enough_to_test_there_is_no_out_of_sample() -> None:
    """Three days have to be left after the first window; and it has to be asked for."""
    item, future = drawn(92)

    assert judged(item, future).judgement.out_of_sample_reason == "not_asked"
    assert judged(item, future, plan=(90, 30)).judgement.out_of_sample_reason == "too_few_observations"
    assert judged(item, future, plan=(89, 30)).judgement.out_of_sample_reason is None


def test_a_window_in_which_the_future_stood_still_hedges_nothing() -> None:
    """Nobody could have estimated a ratio in it: 0, and what follows is not hedged."""
    item = [0.01, -0.02, 0.03, 0.01, -0.01, 0.02, -0.03]
    future = [0.0, 0.0, 0.0, 0.0, -0.01, 0.02, -0.02]
    found = judged(item, future, plan=(4, 3)).judgement.out_of_sample

    assert found is not None
    assert found.hedge_ratios.greatest == 0
    assert found.variance.reduction == 0


def test_a_hedge_that_was_right_and_turned_wrong_is_told() -> None:
    """A book that changed sides: the ratio of the past adds to the risk of what came."""
    moves = [0.02, -0.03, 0.01, -0.01, 0.03] * 6
    item = [*moves[:20], *(-one for one in moves[20:])]
    found = judged(item, moves, plan=(15, 15))

    assert codes(found.cautions)["hedge_adds_risk"] == "#/judgement/out_of_sample/variance"


# Gaps, sides, and what is asked


def test_gaps_are_left_out_and_counted() -> None:
    """Pairwise deletion, and never a filled-in zero: the same as without those days."""
    gappy = judged([*RISES, None, 0.01], [*MOVES, 0.01, None])

    assert gappy.judgement == judged(RISES, MOVES).judgement
    assert codes(gappy.cautions)["rows_dropped"] == "#/series"


def test_a_market_beside_the_future_tells_the_basis_apart() -> None:
    """The five parts add up to the variance that the hedge leaves."""
    item, market = drawn(120)
    future = (np.array(market) + 0.004 * np.random.default_rng(3).standard_normal(120)).tolist()
    found = judged(item, future, market=market, hedge_ratio=0.9).judgement

    split = found.basis_risk
    assert split is not None
    assert split.hedged_variance.total == pytest.approx(found.in_sample.variance.hedged, rel=1e-9)
    assert split.effectiveness == pytest.approx(found.in_sample.variance.reduction, rel=1e-9)
    assert split.hedged_variance.basis == pytest.approx(
        0.81 * np.var(np.array(future) - np.array(market), ddof=1), rel=1e-9
    )


def test_a_market_on_the_other_side_of_its_future_is_told() -> None:
    """Of a book that is net short both are negated; where one is not the basis is twice the market, and no error."""
    item, future = drawn(40)
    apart, alike = (judged(item, future, market=[sign * one for one in future]).cautions for sign in (-1, 1))

    assert codes(apart)["basis_implausible"] == "#/judgement/basis_risk"
    assert "basis_implausible" not in codes(alike)


def test_what_never_moved_is_refused() -> None:
    """A future hedges nothing then; of a market there is no beta."""
    with pytest.raises(ZeroVarianceError) as future:
        judged(RISES, [0.01] * 6, hedge_ratio=1.0)
    with pytest.raises(ZeroVarianceError) as market:
        judged(RISES, MOVES, market=[0.01] * 6)
    with pytest.raises(TooFewObservationsError) as few:
        judged([0.1, None, 0.2, 0.3], [0.1, 0.2, 0.3, None])

    assert {error.value.faults[0].path for error in (future, market, few)} == {("series",)}


RETURNS = ReturnSeries(returns={"SOL": tuple(RISES), "BTC": tuple(MOVES), "ADA": (0.01, 0.02, -0.01, 0.03, 0.0, -0.02)})
HELD = {"holdings": {"SOL": "3", "ADA": "1", "USDT": "100"}, "prices": {"SOL": "1", "ADA": "1", "USDT": "1"}}


def test_a_book_is_judged_at_its_weights() -> None:
    """Three quarters and one: the same as the returns of the two together, money left out."""
    both = [
        0.75 * one + 0.25 * other for one, other in zip(RISES, RETURNS.returns["ADA"], strict=True) if other is not None
    ]
    answer = answered(series=RETURNS, **HELD)
    alone = answered(series=legs(both, MOVES))

    assert answer.judgement == alone.judgement
    assert str(answer.exposure) == "4"
    assert codes(answer.warnings).keys() - codes(alone.warnings).keys() == {"spot_for_futures"}
    assert answer.dollar_offset == alone.dollar_offset


def test_a_net_short_book_is_judged_on_its_own_side() -> None:
    """Its profit is against the coin's return, and so is the hedge, which is long: a fall of it is no loss."""
    short = answered(series=RETURNS, holdings={"SOL": "-3"}, prices={"SOL": "1"}).judgement
    turned = answered(series=legs([-one for one in RISES], [-one for one in MOVES])).judgement

    assert short == turned
    assert short is not None
    assert short.in_sample.value_at_risk.unhedged == 0.02


def test_returns_of_the_future_itself_take_the_place_of_its_underlyings() -> None:
    """Named by their code among the series: then the underlying tells the basis apart, and nothing stands for it."""
    future = tuple(one + 0.001 * place for place, one in enumerate(MOVES))
    series = ReturnSeries(returns={**RETURNS.returns, "BTCFUT": future})
    answer = answered(series=series, holdings={"SOL": "1"}, prices={"SOL": "1"}, futures="BTCFUT")

    assert answer.judgement == answered(series=legs(RISES, future, market=tuple(MOVES))).judgement
    assert "spot_for_futures" not in codes(answer.warnings)


@pytest.mark.parametrize("code", ["BTC", "ADA"])
def test_a_spot_price_named_as_the_future_is_said_to_be_one(code: str) -> None:
    """The underlying's own has no basis of 0 but none that is known, and a coin hedges itself on paper only."""
    answer = answered(series=RETURNS, **HELD, futures=code)

    assert answer.judgement is not None
    assert answer.judgement.basis_risk is None
    assert codes(answer.warnings)["spot_for_futures"] == "#/judgement"
    assert any(f"Returns of {code} on the spot market" in note.detail for note in answer.warnings)


def test_closes_are_made_into_returns() -> None:
    """The same as their returns, in any currency."""
    closes = {"SOL": ("100", "102", "98", "99"), "BTC": ("6", "6.1", "6", "6.2")}
    series = CloseSeries(closes={asset: tuple(map(Price, column)) for asset, column in closes.items()})
    made = {
        asset: [float(later) / float(one) - 1 for one, later in pairwise(column)] for asset, column in closes.items()
    }
    answer = answered(series=series, holdings={"SOL": "1"}, prices={"SOL": "99"})

    assert answer.judgement == answered(series=legs(made["SOL"], made["BTC"])).judgement


def test_weekly_returns_are_annual_by_their_own_interval() -> None:
    """52 of them a year."""
    day, week = (answered(series=legs(RISES, MOVES, interval_days=days)).judgement for days in (1.0, 7.0))

    assert day is not None
    assert week is not None
    assert week.tracking_error == pytest.approx(day.tracking_error / math.sqrt(7))
    assert week.in_sample.variance == day.in_sample.variance


@pytest.mark.parametrize("holdings", [{"USDT": "5"}, {"SOL": "1", "ADA": "-1"}, {"SOL": "0"}])
def test_a_book_without_exposure_has_nothing_to_judge(holdings: dict[str, str]) -> None:
    """Domain 8.3: an answer, with the reason, and no attribution by a slope that there is not."""
    answer = answered(series=RETURNS, holdings=holdings, prices=HELD["prices"], position={"beta": None})

    assert (answer.judgement, answer.judgement_reason) == (None, "no_exposure")
    assert (answer.dollar_offset, answer.dollar_offset_reason) == (None, "no_exposure")
    assert (answer.attribution, answer.attribution_reason) == (None, "no_beta")
    assert codes(answer.warnings)["no_exposure"] == "#/exposure"


def test_a_dead_coin_needs_no_returns() -> None:
    """Quantity 0 has no weight."""
    dead = answered(series=RETURNS, holdings={"SOL": "3", "LUNC": "0"}, prices={"SOL": "1", "LUNC": "0.1"})

    assert dead.judgement == answered(series=RETURNS, holdings={"SOL": "3"}, prices={"SOL": "1"}).judgement


def test_prices_for_nothing_are_told() -> None:
    """Those of what is not held."""
    answer = answered(series=RETURNS, **{**HELD, "prices": {**HELD["prices"], "BTC": "60000"}})

    assert codes(answer.warnings)["unused_prices"] == "#/prices"


def test_each_part_is_answered_alone() -> None:
    """And says of the others that they were not asked for."""
    changes = Changes(item_changes=(SignedAmount("-5"),), hedge_changes=(SignedAmount("4"),))
    offset, attribution = answered(changes=changes), answered(position={})

    assert (offset.judgement_reason, offset.attribution_reason, offset.dollar_offset_reason) == (
        "not_asked",
        "not_asked",
        None,
    )
    assert (attribution.judgement_reason, attribution.dollar_offset_reason) == ("not_asked", "not_asked")
    assert attribution.attribution is not None


def test_money_takes_the_place_of_returns_in_the_offset() -> None:
    """What was sent of it counts, and says so."""
    changes = Changes(item_changes=(SignedAmount("-5"),), hedge_changes=(SignedAmount("4"),))
    both = answered(series=legs(RISES, MOVES), changes=changes)

    assert both.dollar_offset is not None
    assert (both.dollar_offset.source, both.dollar_offset.ratios) == ("changes", (0.8,))


def test_a_slope_serves_as_beta_of_an_attribution() -> None:
    """Where none is sent."""
    answer = answered(series=legs(RISES, MOVES), position={"beta": None})

    assert answer.judgement is not None
    assert answer.attribution is not None
    assert answer.attribution.beta == answer.judgement.regression.slope
    assert answer.attribution.beta_source == "regression"


def test_a_slope_on_the_underlying_comes_before_that_on_the_future() -> None:
    """The result is split by the underlying's move: half of a future that moves twice as far would be half the beta."""
    twice = [2 * one for one in MOVES]
    answer = answered(series=legs(RISES, twice, market=tuple(MOVES)), position={"beta": None})

    assert answer.judgement is not None
    assert answer.attribution is not None
    assert answer.attribution.beta == pytest.approx(2 * answer.judgement.regression.slope, rel=1e-11)
    assert answer.attribution.beta_source == "regression"


@pytest.mark.parametrize(
    ("side", "quantity", "is_told"), [("short", "9", False), ("short", "-9", True), ("long", "9", True)]
)
def test_a_position_on_the_books_own_side_is_told(*, side: str, quantity: str, is_told: bool) -> None:
    """Short is the default, and a book that is net short is hedged long; what was not held adds nothing."""
    held = [{"asset": "SOL", "quantity": quantity, "start_price": "100", "end_price": "82"}]
    opened, never = (
        answered(position={"side": side, "held": held, "coverage": None, "contracts": count}) for count in ("2", "0")
    )

    assert codes(opened.warnings) == ({"hedge_adds_risk": "#/position/side"} if is_told else {})
    assert never.warnings == ()


@pytest.mark.parametrize(
    ("quantities", "beta", "is_told"),
    [
        ({"SOL": "3", "ADA": "1"}, None, False),
        ({"SOL": "300", "ADA": "100.9"}, None, False),
        ({"SOL": "1.5", "ADA": "0.5", "USDT": "7"}, None, False),
        ({"SOL": "3", "ADA": "2"}, None, True),
        ({"SOL": "3", "ADA": "-1"}, None, True),
        ({"SOL": "-3", "ADA": "-1"}, None, True),
        ({"SOL": "3"}, None, True),
        ({"SOL": "3", "ADA": "1", "DOT": "1"}, None, True),
        ({"USDT": "7"}, None, True),
        ({"SOL": "3"}, 1.1, False),
    ],
)
def test_the_slope_of_another_book_than_was_held_is_told(
    *, quantities: dict[str, str], beta: float | None, is_told: bool
) -> None:
    """What splits the result is the beta of what was held: of other coins, or of other shares, it is another one."""
    held = [
        {"asset": asset, "quantity": quantity, "start_price": "100", "end_price": "82"}
        for asset, quantity in quantities.items()
    ]
    position = {"held": held, "coverage": None, "beta": beta}
    warned = codes(answered(series=RETURNS, **HELD, position=position).warnings)

    assert warned.get("another_book") == ("#/attribution/beta" if is_told else None)


def test_money_has_no_part_in_what_a_slope_is_of() -> None:
    """What a short sale brought in lies beside it: the book is worth more than nothing, and is exposed to less."""
    short = {"SOL": "-3", "ADA": "-1", "USDT": "700"}
    held = [
        {"asset": asset, "quantity": quantity, "start_price": "1" if asset == "USDT" else "100", "end_price": "1"}
        for asset, quantity in short.items()
    ]
    position = {"held": held, "side": "long", "coverage": "1", "beta": None}
    answer = answered(series=RETURNS, holdings=short, prices=HELD["prices"], position=position)
    (found,) = [answer.attribution] if answer.attribution else []

    assert str(found.book_value) == "300"
    assert float(found.beta_exposure) == pytest.approx(-400 * found.beta)
    assert float(found.parts[0].book) == pytest.approx(0.15 * 400 * found.beta)
    assert float(found.exact_contracts or 0) == pytest.approx(400 * found.beta / 6000)
    assert not codes(answer.warnings).keys() & {"hedge_adds_risk", "another_book"}


def test_a_beta_that_was_sent_is_of_all_that_was_held() -> None:
    """Its money included: nobody else knows what it was made of."""
    held = [
        {"asset": asset, "quantity": quantity, "start_price": "1", "end_price": "1"}
        for asset, quantity in {"SOL": "3", "ADA": "1", "USDT": "16"}.items()
    ]
    found = answered(series=RETURNS, **HELD, position={"held": held, "beta": 0.5}).attribution

    assert found is not None
    assert str(found.beta_exposure) == "10"


def test_a_coin_of_which_the_measured_book_held_none_is_no_money() -> None:
    """Who held it held another book."""
    held = [{"asset": asset, "quantity": "1", "start_price": "100", "end_price": "82"} for asset in ("SOL", "DOT")]
    book = {"holdings": {"SOL": "1", "DOT": "0"}, "prices": {"SOL": "1", "DOT": "1"}}
    answer = answered(series=RETURNS, **book, position={"held": held, "coverage": None, "beta": None})

    assert "another_book" in codes(answer.warnings)


def test_a_future_on_another_coin_takes_no_slope_but_that_of_two_legs() -> None:
    """A beta that was sent is to whatever the contract follows; and legs are of the hedge itself, whatever that was."""
    ether = {"style": "linear", "symbol": "ETH-MINI", "underlying": "ETH", "multiplier": "0.1"}
    sent = answered(series=RETURNS, **HELD, position={"contract": ether, "beta": 1.3})
    of_legs = answered(series=legs(RISES, MOVES), position={"contract": ether, "beta": None})

    assert sent.attribution is not None
    assert of_legs.attribution is not None
    assert (sent.attribution.beta_source, of_legs.attribution.beta_source) == ("given", "regression")


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({}, ()),
        ({"series": RETURNS}, ("holdings",)),
        ({"series": WindowSeries()}, ("holdings",)),
        ({"series": legs(RISES, MOVES), "holdings": {"SOL": "1"}}, ("holdings",)),
        ({"position": {}, "holdings": {"SOL": "1"}}, ("holdings",)),
        ({"series": legs(RISES, MOVES), "futures": "BTCFUT"}, ("futures",)),
        ({"series": WindowSeries(), "holdings": {"SOL": "1"}, "futures": "BTCFUT"}, ("futures",)),
        ({"position": {}, "hedge_ratio": 1.0}, ("hedge_ratio",)),
        ({"position": {"beta": None}}, ("position", "beta")),
        ({"position": {"beta": None}, "series": RETURNS, **HELD, "underlying": "ADA"}, ("position", "beta")),
        ({"series": legs(RISES, MOVES[1:])}, ("series", "futures")),
        ({"series": legs(RISES, MOVES, market=(0.1, 0.2, 0.3))}, ("series", "market")),
        ({"series": ReturnSeries(returns={"SOL": tuple(RISES)}), **HELD}, ("series", "returns")),
        (
            {"changes": Changes(item_changes=(SignedAmount("1"),), hedge_changes=(SignedAmount("1"),) * 2)},
            ("changes", "hedge_changes"),
        ),
        ({"position": {"coverage": "1", "exact_contracts": "1"}}, ("position", "exact_contracts")),
        ({"position": {"side": "long"}}, ("position", "coverage")),
    ],
)
def test_what_contradicts_itself_is_refused(members: dict[str, Any], path: tuple[str, ...]) -> None:
    """At the place where it does."""
    with pytest.raises(InconsistentQuestionError) as caught:
        answered(**members)

    assert caught.value.faults[0].path == path


def test_what_stands_in_the_way_is_refused_at_its_place() -> None:
    """A contract of the position that contradicts itself, and a coin without a price."""
    terms = {"style": "linear", "symbol": "X", "underlying": "BTC", "multiplier": "1"}
    with pytest.raises(InconsistentContractError) as contract:
        check_question(asked(position={"contract": {**terms, "min_quantity": "2", "max_quantity": "1"}}))
    with pytest.raises(PriceMissingError) as price:
        answered(series=RETURNS, holdings={"SOL": "1", "ADA": "1"}, prices={"SOL": "1"})

    assert contract.value.faults[0].path == ("position", "contract", "min_quantity")
    assert [fault.path for fault in price.value.faults] == [("prices", "ADA")]


# Real closes


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    """Read the golden numbers."""
    return dict(json.loads(GOLDEN.read_text()))


def basket(year: str, before: int = 0) -> tuple[list[float], list[float]]:
    """Give the daily returns of SOL, ADA and DOT in equal parts, and of BTC, in a year and some days before it."""
    rows = list(csv.DictReader(CLOSES.read_text().splitlines()))
    coins = ("SOL", "ADA", "DOT")
    pairs = [(old, new) for old, new in pairwise(rows) if all(one[coin] for one in (old, new) for coin in coins)]
    days = [place for place, (_, new) in enumerate(pairs) if year in {"full", new["date"][:4]}]
    kept = pairs[max(0, days[0] - before) : days[-1] + 1]
    returns = [[float(new[coin]) / float(old[coin]) - 1 for coin in (*coins, "BTC")] for old, new in kept]
    return [sum(row[:3]) / 3 for row in returns], [row[3] for row in returns]


@away
@pytest.mark.parametrize("year", ["2021", "2022", "full"])
def test_the_basket_of_real_closes_in_sample(golden: dict[str, Any], year: str) -> None:
    """Ratio, R squared and volatilities as another code has them, to all its digits; a hedge of 1 to 1 takes less."""
    expected = golden["basket_hedge"][year]
    book, bitcoin = basket(year)
    best, one = judged(book, bitcoin).judgement, judged(book, bitcoin, hedge_ratio=1.0).judgement

    assert best.regression.observations == expected["n"]
    assert best.in_sample.hedge_ratio == pytest.approx(expected["h_star"], abs=5e-7)
    assert best.attainable.r_squared == pytest.approx(expected["R2"], abs=5e-7)
    assert best.in_sample.volatility.unhedged == pytest.approx(expected["vol_ann_unhedged"], abs=5e-7)
    assert best.in_sample.volatility.hedged == pytest.approx(expected["vol_ann_hedged"], abs=5e-7)
    assert one.in_sample.variance.reduction == pytest.approx(expected["var_reduction_h1"], abs=5e-7)


@away
def test_a_ratio_of_last_year_on_this_one(golden: dict[str, Any]) -> None:
    """2021's slope takes 67.2 % of 2022's variance, of 68.9 % that could be had."""
    ratio = judged(*basket("2021")).judgement.in_sample.hedge_ratio
    found = judged(*basket("2022"), hedge_ratio=ratio).judgement.in_sample.variance.reduction

    assert found == pytest.approx(golden["basket_hedge"]["2022"]["oos_var_reduction_prev_year_beta"], abs=5e-7)


@away
@pytest.mark.parametrize("year", ["2021", "2022", "full"])
def test_the_basket_of_real_closes_walked_through_day_by_day(golden: dict[str, Any], year: str) -> None:
    """90 days estimate the ratio of the next: 49 % of the variance in all, and ratios from 0.59 to 1.61."""
    found = judged(*basket(year, before=90), plan=(90, 1)).judgement.out_of_sample
    expected = golden["rolling90"]

    assert found is not None
    assert found.variance.reduction == pytest.approx(expected["oos_var_reduction"][year], abs=5e-7)
    if year == "full":
        assert found.hedge_ratios.least == pytest.approx(expected["min"], abs=5e-7)
        assert found.hedge_ratios.greatest == pytest.approx(expected["max"], abs=5e-7)


# What has to hold

_RETURN = st.floats(-1, 100, allow_subnormal=False) | st.floats(-0.2, 0.2)
_SERIES = st.lists(st.tuples(_RETURN, _RETURN, st.none() | _RETURN), min_size=3, max_size=40)


@settings(max_examples=100, deadline=None)
@given(rows=_SERIES, ratio=st.none() | st.floats(-10, 10), window=st.integers(3, 10), confidence=st.floats(0.8, 0.999))
@example(rows=[(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)], ratio=2e-313, window=3, confidence=0.95)
def test_every_question_has_an_answer_or_a_reason(
    rows: list[tuple[float, float, float | None]], ratio: float | None, window: int, confidence: float
) -> None:
    """All numbers finite, the shortfall never below the value at risk, nothing beyond what is attainable."""
    item, future, market = zip(*rows, strict=True)
    plan = WalkForward(estimation_intervals=window, test_intervals=2)
    asked_of = {"series": legs(item, future, market=market), "hedge_ratio": ratio, "plan": plan}
    try:
        answer = answered(**asked_of, confidence=round(confidence, 3))
    except (TooFewObservationsError, ZeroVarianceError):
        return
    judgement = answer.judgement
    assert judgement is not None
    for figures in (judgement.in_sample, judgement.out_of_sample):
        if figures is None:
            continue
        for hand in ("unhedged", "hedged"):
            assert getattr(figures.expected_shortfall, hand) >= getattr(figures.value_at_risk, hand)
    reached = judgement.in_sample.variance.reduction
    if reached is not None:
        assert judgement.attainable.r_squared is not None
        assert reached <= judgement.attainable.r_squared + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)), min_size=4, max_size=40),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_days_does_not_matter_in_sample(rows: list[tuple[float, float]], order: Any) -> None:
    """Shuffled, they give the same to the last digit: sums are exactly rounded."""
    assume(np.var([future for _, future in rows]) > 1e-12)
    shuffled = list(rows)
    order.shuffle(shuffled)

    one, other = (judged(*map(list, zip(*days, strict=True))).judgement for days in (rows, shuffled))

    assert one.in_sample == other.in_sample
    assert one.regression.slope == other.regression.slope


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30), st.floats(0.01, 100))
def test_risks_grow_with_what_is_held(returns: list[float], scale: float) -> None:
    """Reductions are of any size alike; variance and semivariance grow with the square."""
    some = compare_risks(returns, [one / 2 for one in returns], confidence=0.9, periods_a_year=1)
    larger = [scale * one for one in returns]

    assert semivariance(larger) == pytest.approx(scale**2 * semivariance(returns))
    if some.variance.unhedged > 1e-9:
        much = compare_risks(larger, [one / 2 for one in larger], confidence=0.9, periods_a_year=1)
        assert (much.variance.reduction, much.volatility.reduction) == pytest.approx((0.75, 0.5))
        assert check_answer(much.variance).reduction_reason is None
