"""What a view, a budget and a tail ask for, against worked examples and against what they say that they minimise."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.risk.hedge_ratios import (
    RiskModel,
    implied_loss,
    least_normal_shortfall_ratio,
    mean_variance_ratio,
    normal_shortfall,
    normal_tail,
    risk_budget_ratio,
    shrink_beta,
    tidy,
)

BASKET = RiskModel(1.1, 0.6, 1.1 * 0.6 * math.sqrt(0.42 / 0.58))
"""A diversified basket of beta 1.1: R squared 0.58."""
models = st.builds(RiskModel, st.floats(0.01, 5), st.floats(0.01, 5), st.floats(0, 5))


@pytest.mark.parametrize(
    ("part", "share", "variance", "volatility"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (0.25, 0.4375, 0.25375, 0.13614237284145022),
        (0.5, 0.75, 0.435, 0.24833518108132546),
        (0.75, 0.9375, 0.54375, 0.3245371956946852),
        (1.0, 1.0, 0.58, 0.351925930159214),
    ],
)
def test_half_a_hedge_removes_three_quarters_of_what_can_be_removed(
    part: float, share: float, variance: float, volatility: float
) -> None:
    """Golden vector X23: R^2 (2k - k^2), and what is felt of it."""
    ratio = part * BASKET.best

    assert BASKET.attainable == pytest.approx(0.58)
    assert BASKET.share_of_attainable(ratio) == pytest.approx(share)
    assert BASKET.variance_reduction(ratio) == pytest.approx(variance)
    assert BASKET.volatility_reduction(ratio) == pytest.approx(volatility)


@given(models, st.floats(0, 3))
def test_the_variance_removed_is_a_parabola_in_what_is_hedged(model: RiskModel, part: float) -> None:
    """Property 6: none at 0 and at twice the best, most at the best, negative beyond."""
    removed = model.variance_reduction(part * model.best)

    assert removed == pytest.approx(model.attainable * part * (2 - part), abs=1e-9)
    assert removed <= model.variance_reduction(model.best) + 1e-12


def test_a_hedge_that_only_adds_risk_has_no_share() -> None:
    """A book that falls when the future rises, hedged short: there is nothing to attain."""
    model = RiskModel(-0.5, 0.6, 0.4)

    assert (model.attainable, model.share_of_attainable(0.5)) == (0, None)
    assert model.variance_reduction(0.5) < 0
    assert risk_budget_ratio(model, 0.45) is None
    assert risk_budget_ratio(model, 0.6) == 0


def test_variances_grow_with_time() -> None:
    """A month is a twelfth of a year: volatility falls by the root."""
    month = BASKET.over(1 / 12)

    assert month.best == BASKET.best
    assert month.unhedged == pytest.approx(BASKET.unhedged / math.sqrt(12))


def test_a_bearish_view_over_hedges() -> None:
    """Golden vector X31: beta 1, mu -1 %, variance 3 %, aversion 2."""
    ratio = mean_variance_ratio(1.0, expected_loss=-0.01, volatility=math.sqrt(0.03), risk_aversion=2)

    assert ratio == pytest.approx(7 / 6)


@pytest.mark.parametrize(("coverage", "yearly"), [(0.75, 0.297), (0.5, 0.594), (1.0, 0.0)])
def test_choosing_a_part_says_what_the_hedge_is_expected_to_lose(coverage: float, yearly: float) -> None:
    """Domain 6.5: at 60 %, 30 days, beta 1.1 and aversion 3 a hedge of 75 % says +30 % a year, one of 50 % +59 %."""
    month = 0.6 * math.sqrt(30 / 365)

    loss = implied_loss(1.1, hedge_ratio=coverage * 1.1, volatility=month, risk_aversion=3)

    assert loss * 365 / 30 == pytest.approx(yearly)
    again = mean_variance_ratio(1.1, expected_loss=loss, volatility=month, risk_aversion=3)
    assert again == pytest.approx(coverage * 1.1)


def test_the_smallest_hedge_within_a_budget() -> None:
    """Golden vector X25: beta 1.2, 17 % and 12 %, target 15 %."""
    model = RiskModel(1.2, 0.17, 0.12)

    assert risk_budget_ratio(model, 0.15) == pytest.approx(0.6705882352941176)
    assert risk_budget_ratio(model, 0.12) == 1.2


def test_a_budget_below_what_the_coins_do_by_themselves_is_not_to_be_had() -> None:
    """Instead of hedging ever more, which would add risk; one above what the book does anyway takes no hedge."""
    model = RiskModel(1.2, 0.17, 0.12)

    assert risk_budget_ratio(model, 0.1199) is None
    assert risk_budget_ratio(model, 0.5) == 0


@given(models, st.floats(0, 10))
def test_a_budget_is_kept_and_no_smaller_hedge_keeps_it(model: RiskModel, target: float) -> None:
    """The volatility is the target, or what it is without any hedge."""
    ratio = risk_budget_ratio(model, target)

    if ratio is None:
        assert target < model.residual
    else:
        assert model.deviation(ratio) <= target * (1 + 1e-9) + 1e-9
        assert ratio == 0 or model.deviation(ratio * 0.99) >= target * (1 - 1e-9)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99, 0.999])
def test_the_mean_of_the_normal_tail(confidence: float) -> None:
    """phi(z) / (1 - c): at 99 % the shortfall of 2 and 10 is 24.65, golden vector X20."""
    law = NormalDist()

    assert normal_tail(confidence) == pytest.approx(law.pdf(law.inv_cdf(confidence)) / (1 - confidence), rel=1e-12)


def test_the_shortfall_of_a_normal_loss() -> None:
    """Golden vector X20: an expected gain of 2 with a deviation of 10, at 99 %."""
    model = RiskModel(0.0, 1.0, 10.0)

    assert normal_shortfall(model, 0.0, mean=2.0, tail=normal_tail(0.99)) == pytest.approx(24.65214220345805)


@given(models, st.floats(-0.5, 0.5), st.sampled_from([0.8, 0.95, 0.999]))
def test_the_least_normal_shortfall_is_the_least(model: RiskModel, loss: float, confidence: float) -> None:
    """No ratio beside it has less; where there is none, ever more has ever less."""
    tail = normal_tail(confidence)
    ratio = least_normal_shortfall_ratio(model, expected_loss=loss, tail=tail)

    def shortfall(at: float) -> float:
        """Reckon it at a ratio."""
        return normal_shortfall(model, at, mean=-at * loss, tail=tail)

    if ratio is None:
        assert shortfall(1e3) >= shortfall(1e6)
    else:
        assert ratio >= 0
        for other in (0.0, ratio * 0.9, ratio * 1.1, ratio + 0.1, ratio + 10):
            assert shortfall(ratio) <= shortfall(other) + 1e-9 * (1 + abs(shortfall(other)))


def test_a_hedge_that_costs_more_than_its_tail_is_none() -> None:
    """And one that earns more than its tail has no bound."""
    tail = normal_tail(0.95)

    assert least_normal_shortfall_ratio(BASKET, expected_loss=2.0, tail=tail) == 0
    assert least_normal_shortfall_ratio(BASKET, expected_loss=-2.0, tail=tail) is None


def test_a_sure_measurement_decides_and_an_unsure_one_does_not() -> None:
    """Property 9, and golden vector R26: 1.42 with an error of 0.04 about 1.09 is 1.4073."""
    assert shrink_beta(1.42, error=0.04, prior=1.09) == pytest.approx(1.407307692307692)
    assert shrink_beta(1.42, error=0.0, prior=1.09) == 1.42
    assert shrink_beta(1.42, error=1e6, prior=1.09) == pytest.approx(1.09)


def test_the_last_bits_are_not_shown() -> None:
    """They differ between machines; and there is no negative nothing."""
    assert tidy(1 / 3) == 0.333333333333
    assert math.copysign(1, tidy(-0.0)) == 1
