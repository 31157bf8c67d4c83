"""How much to hedge: the frontier, the recommendation with what binds it, the rule and the view, and that they hold."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.coverage import CoverageAnswer, assess_coverage, check_question
from service.hedging.coverages.book_risk import AssumedRisk
from service.hedging.errors import (
    HedgingError,
    InconsistentQuestionError,
    LeverageOutOfRangeError,
    MarginConflictError,
    SizeOutOfRangeError,
)
from service.hedging.portfolio import Holding
from service.hedging.setting import lay_out
from service.hedging.units import Price, Quantity
from tests.hedging.build import NOW, check_answer, inverse, linear, moment, number, tiers
from tests.hedging.coverages.test_book_risk import drawn
from tests.hedging.covered import TERMS, assessed, laid, outlook, question, returns


def anchors(answer: CoverageAnswer) -> dict[str, Any]:
    """Give what was weighed, by name: the coverage, or why there is none."""
    assert answer.recommendation is not None
    return {
        anchor.name: anchor.reason if anchor.coverage is None else float(anchor.coverage)
        for anchor in answer.recommendation.anchors
    }


def chosen(answer: CoverageAnswer) -> tuple[float | None, str]:
    """Give what is recommended, and what binds it."""
    found = answer.recommendation
    assert found is not None
    assert (found.outcome is None) == (found.coverage is None)
    assert found.outcome is None or found.outcome.coverage == found.coverage
    return None if found.coverage is None else float(found.coverage), found.reason


def codes(answer: CoverageAnswer) -> dict[str, list[str]]:
    """Give the warnings: where they point, by code."""
    found: dict[str, list[str]] = {}
    for note in answer.warnings:
        found.setdefault(note.code, []).append(note.pointer)
    return found


# The frontier


def test_each_coverage_shows_all_its_consequences() -> None:
    """10,000 of beta 1.1 at 75 %: 8,250 short, 93.75 % of what can be removed, a quarter of the upside kept."""
    answer = assessed(wallet="1500")
    row = answer.frontier[3]
    month = math.sqrt(30 / 365)
    left = math.hypot(0.6 * 1.1 * 0.25, 1.1 * 0.6 * math.sqrt(0.42 / 0.58))

    assert [str(row.coverage), str(row.notional), str(row.exact_contracts)] == ["0.75", "8250", "1.375"]
    assert [str(row.cost), str(row.upside_kept), row.hedge_ratio] == ["8.25", "0.25", 0.825]
    assert row.share_of_attainable == pytest.approx(0.9375)
    assert row.variance_reduction == pytest.approx(0.54375)
    assert row.volatility_reduction == pytest.approx(0.324537196)
    assert row.volatility == pytest.approx(left)
    assert row.horizon_volatility == pytest.approx(left * month)
    assert row.expected_shortfall == pytest.approx(2.0627128075074 * left * month + 0.825 * 0.001)
    assert str(row.liquidation_price) == "70626.5845708"
    assert row.touch_probability == pytest.approx(0.315691855, abs=1e-8)
    assert (row.survives, row.historical_shortfall) == (False, None)


def test_a_coverage_is_echoed_to_its_last_digit() -> None:
    """18 of them: what was asked is what is answered."""
    answer = assessed(coverages=("0.123456789012345678",), chosen="0.123456789012345678")

    assert str(answer.frontier[0].coverage) == "0.123456789012345678"
    assert answer.implied_view is not None
    assert str(answer.implied_view.coverage) == "0.123456789012345678"


def test_the_first_row_is_no_hedge() -> None:
    """It removes, costs and risks nothing."""
    row = assessed(wallet="1500").frontier[0]

    assert [row.variance_reduction, str(row.cost), str(row.notional)] == [0, "0", "0"]
    assert (row.liquidation_price, row.liquidation_reason, row.touch_probability) == (None, "no_contracts", 0)
    assert row.survives is True


def test_the_seeds_margin_is_most_likely_lost() -> None:
    """Domain 5.8: at leverage 20 a short is liquidated at +4.58 %, within 30 days with a probability of 78 %."""
    row = assessed(leverage="20").frontier[4]

    assert str(row.liquidation_move) == "0.04581673"
    assert row.touch_probability == pytest.approx(0.78, abs=0.01)


def test_the_tail_of_the_past_is_that_of_the_periods_sent() -> None:
    """The worst 10 % of ten days is one day: unhedged the worst return, hedged the worst of what is left, with cost."""
    book = [-0.031, 0.012, 0.044, -0.008, 0.021, -0.055, 0.018, 0.006, -0.012, 0.01]
    future = [-0.022, 0.015, 0.03, -0.011, 0.01, -0.034, 0.013, -0.004, -0.01, 0.002]

    answer = assessed(risk=returns(book, future), confidence=0.9, outlook=outlook(cost_rate="0.03"))

    assert answer.frontier[0].historical_shortfall == pytest.approx(0.055)
    left = max(-one + 1.1 * (other + 0.001) for one, other in zip(book, future, strict=True))
    assert answer.frontier[4].historical_shortfall == pytest.approx(left)


def test_an_expected_rise_takes_from_the_hedge_and_gives_to_the_book() -> None:
    """By beta, so that a full hedge without costs is left with neither."""
    flat, rising = (assessed(outlook=outlook(cost_rate="0", expected_drift=drift)).frontier for drift in (0.0, 0.365))

    assert rising[0].expected_shortfall == pytest.approx(flat[0].expected_shortfall - 1.1 * 0.03)
    assert rising[4].expected_shortfall == pytest.approx(flat[4].expected_shortfall)


# The recommendation


@pytest.mark.parametrize(
    ("terms", "coverage", "reason"),
    [
        ({}, 0.75, "cap"),
        ({"outlook": outlook(expected_drift=0.4)}, 0.65305836, "mean_variance"),
        ({"outlook": outlook(expected_drift=2.0)}, 0.5, "floor"),
        ({"outlook": outlook(expected_drift=-1.0)}, 0.75, "cap"),
        ({"outlook": outlook(expected_drift=1.0), "risk_aversion": 1000.0}, 0.75, "cap"),
        ({"outlook": outlook(expected_drift=1.5), "risk_aversion": 1000.0}, 0.68, "least_shortfall"),
        ({"target_volatility": 0.6}, 0.68014324, "risk_budget"),
        ({"target_volatility": 2.0}, 0, "risk_budget"),
        ({"target_volatility": 0.5}, None, "risk_budget_infeasible"),
        ({"wallet": "90000"}, 0.75, "cap"),
        ({"wallet": "1500"}, 0.25097196, "liquidation"),
        ({"wallet": "1500", "target_volatility": 0.5}, None, "risk_budget_infeasible"),
        ({"wallet": "1500", "target_volatility": 0.6}, 0.25097196, "liquidation"),
        ({"leverage": "20"}, 0, "liquidation"),
        ({"leverage": "1.5"}, 0.75, "cap"),
        ({"leverage": "2", "max_probability": 0.02}, 0.75, "cap"),
    ],
)
def test_what_binds_the_recommendation(terms: dict[str, Any], coverage: float | None, reason: str) -> None:
    """View or tail within bounds, or the caller's budget; and the margin overrides both downwards, below half too."""
    found, binding = chosen(assessed(**terms))

    assert binding == reason
    assert found == (None if coverage is None else pytest.approx(coverage, abs=0.002))


def test_everything_that_was_weighed_is_shown() -> None:
    """With a number each, or with the reason why there is none."""
    assert anchors(assessed()) == {
        "mean_variance": pytest.approx(1 - 0.001 / (3 * 0.36 * 30 / 365) / 1.1, abs=1e-8),
        "least_shortfall": pytest.approx(0.99760167),
        "floor": 0.5,
        "cap": 0.75,
        "risk_budget": "not_asked",
        "liquidation": "margin_not_sent",
    }
    assert anchors(assessed(wallet="90000"))["liquidation"] == "no_limit"
    assert anchors(assessed(target_volatility=0.5))["risk_budget"] == "infeasible"
    assert anchors(assessed(outlook=outlook(cost_rate="-2")))["least_shortfall"] == "no_least"
    nameless = linear(taker_fee_rate="0.0005")
    assert anchors(assessed(laid(contract=nameless), wallet="900"))["liquidation"] == "margin_terms_missing"


@pytest.mark.parametrize(
    ("terms", "rounding"),
    [
        ({}, None),
        ({"wallet": "90000"}, None),
        ({"wallet": "1500"}, "down"),
        ({"wallet": "4500"}, "down"),
        ({"target_volatility": 0.6}, "up"),
        ({"target_volatility": 0.6, "wallet": "4500"}, "down"),
        ({"target_volatility": 0.5, "wallet": "4500"}, None),
    ],
)
def test_whole_contracts_are_rounded_to_the_side_that_keeps_what_was_promised(
    terms: dict[str, Any], rounding: str | None
) -> None:
    """Down where the margin has a limit, whatever decides; up within a budget; else a sizing knows best."""
    found = assessed(**terms).recommendation

    assert found is not None
    assert found.rounding == rounding


@pytest.mark.parametrize("wallet", ["20", "400", "1500", "4000"])
@pytest.mark.parametrize("steps", [[("0", "0.004")], [("0", "0.004"), ("3000", "0.01"), ("6000", "0.1")]])
def test_the_margin_bears_what_is_recommended_and_no_more(wallet: str, steps: list[tuple[str, str]]) -> None:
    """One step of a coverage more is liquidated too often, or can't be opened."""
    contract = linear(initial_margin_rate="0.12", taker_fee_rate="0", maintenance_tiers=tiers(steps))
    setting = laid(contract=contract)
    limit = assessed(setting, wallet=wallet).recommendation
    assert limit is not None
    assert limit.coverage is not None

    beside = assessed(
        setting, wallet=wallet, coverages=(str(limit.coverage), str(limit.coverage + Decimal("0.0000001")))
    )

    assert limit.reason == "liquidation"
    assert [row.survives for row in beside.frontier] == [True, False]


def test_the_tail_of_the_past_decides_where_returns_are_sent() -> None:
    """The ratio with the least shortfall of what happened, as exact as the past; here it is 0.6 of 1.1."""
    book = [0.66 * one for one in (-0.05, 0.03, 0.02, -0.04, 0.01)]

    answer = assessed(risk=returns(book, [-0.05, 0.03, 0.02, -0.04, 0.01]), outlook=outlook(cost_rate="0"))

    assert anchors(answer)["least_shortfall"] == pytest.approx(0.6)
    assert chosen(answer)[0] == pytest.approx(0.6)


def test_a_budget_beyond_all_of_beta_is_none() -> None:
    """By these returns it takes more than the holdings' betas make a full hedge: the betas are to be mended first."""
    book, future = drawn(slope=3.0)
    answer = assessed(risk=returns(book, future), target_volatility=0.6)

    assert answer.risk is not None
    assert answer.risk.residual_volatility < 0.6
    assert chosen(answer) == (None, "risk_budget_infeasible")
    assert "beta_differs" in codes(answer)


# The rule and the view


def test_the_rule_is_explained_by_the_books_own_figures() -> None:
    """Half is 75 % and three quarters 93.75 % of what can be removed, and all that can be removed is R squared."""
    rule = assessed(risk=AssumedRisk(r_squared=0.36)).rule
    assert rule is not None

    assert rule.attainable_variance_reduction == pytest.approx(0.36)
    assert rule.attainable_volatility_reduction == pytest.approx(0.2)
    assert [step.share_of_attainable for step in rule.steps] == pytest.approx([0.75, 0.9375, 1.0])
    assert [step.variance_reduction for step in rule.steps] == pytest.approx([0.27, 0.3375, 0.36])
    assert [str(step.upside_kept) for step in rule.steps] == ["0.5", "0.25", "0"]
    assert "removes 75.00 %" in rule.detail
    assert "36.0 % of the variance, 20.0 % of the volatility: a full hedge is not flat" in rule.detail


def test_a_book_of_the_underlying_is_flat_but_for_the_basis() -> None:
    """Bitcoin against its own future: all that is assumed to move is removed."""
    rule = assessed(laid({"BTC": ("10000", 1.0)}), risk=AssumedRisk(r_squared=1.0)).rule
    assert rule is not None

    assert rule.attainable_volatility_reduction == 1
    assert rule.detail.endswith("a full hedge leaves the future's own basis, which is not counted here.")


def test_a_book_that_does_not_move_with_the_future_has_no_rule() -> None:
    """Hedged short, a book that rises when bitcoin falls only gets riskier."""
    book, future = drawn(slope=-2.0)
    rule = assessed(risk=returns(book, future)).rule
    assert rule is not None

    assert rule.attainable_variance_reduction == 0
    assert [step.share_of_attainable for step in rule.steps] == [None] * 3
    assert rule.detail.startswith("No hedge on this side removes anything")


@pytest.mark.parametrize(
    ("coverage", "yearly", "words"),
    [
        (
            "0.75",
            0.297,
            "Hedging 75.00 % of beta, at risk aversion 3, is right for someone who expects the hedge to lose",
        ),
        ("0.5", 0.594, "lose 59.4 % a year: BTC to rise 59.4 % a year, beside a cost of 0 % for holding the hedge."),
        ("1", 0.0, "Hedging all of beta"),
        ("1.5", -0.594, "earn 59.4 % a year: BTC to fall 59.4 % a year"),
    ],
)
def test_a_coverage_says_what_is_expected(coverage: str, yearly: float, words: str) -> None:
    """Domain 6.5, at 60 % a year, 30 days, beta 1.1 and risk aversion 3."""
    view = assessed(chosen=coverage, outlook=outlook(cost_rate="0")).implied_view
    assert view is not None

    assert view.annualized_expected_loss_rate == pytest.approx(yearly)
    assert view.implied_drift == pytest.approx(yearly)
    assert view.expected_loss_rate == pytest.approx(yearly * 30 / 365)
    assert words in view.detail
    assert view.source == "chosen"


def test_a_hedge_that_earns_its_funding_implies_a_stronger_view() -> None:
    """Whoever is paid to hedge and does not hedge all has to expect more of a rise: by what it pays."""
    view = assessed(outlook=outlook(cost_rate="-0.008")).implied_view
    assert view is not None

    assert (view.source, view.coverage) == ("recommended", number("0.75"))
    assert view.implied_drift == pytest.approx(0.297 + 0.008 * 365 / 30)
    assert "beside an income of 9.73 %" in view.detail


def test_no_coverage_says_nothing() -> None:
    """Where none is recommended and none chosen."""
    assert assessed(target_volatility=0.5).implied_view is None
    assert assessed(target_volatility=0.5, chosen="1").implied_view is not None


# Books that are not long


def test_a_short_book_is_hedged_long() -> None:
    """Positive funding is paid then, the barrier lies below, and a rise is what the hedge is there for."""
    answer = assessed(
        laid({"SOL": ("-10000", 1.1)}), wallet="1500", outlook=outlook(funding_rate="0.0001", expected_drift=-0.4)
    )
    row = answer.frontier[2]

    assert (answer.side, str(answer.beta_exposure), answer.portfolio_beta) == ("long", "-11000", 1.1)
    assert str(row.cost) == "55"
    assert row.liquidation_move is not None
    assert row.liquidation_move < 0
    assert anchors(answer)["mean_variance"] < 0.75
    assert answer.implied_view is not None
    assert answer.implied_view.implied_drift < 0
    assert "BTC to fall" in answer.implied_view.detail
    assert "less of a fall than that" in answer.implied_view.detail


def test_a_book_without_exposure_has_nothing_to_recommend() -> None:
    """And says why, once."""
    answer = assessed(laid({"USDT": ("9000", 1.0)}))

    assert (answer.side, answer.frontier, answer.absent_reason) == ("none", (), "no_exposure")
    assert (answer.recommendation, answer.rule, answer.implied_view, answer.risk, answer.cost) == (None,) * 5
    assert codes(answer) == {"no_exposure": ["#/beta_exposure"]}


def test_a_book_whose_values_cancel_has_no_shares() -> None:
    """Long and short of one value with two betas: its hedge is a sizing's business."""
    with pytest.raises(InconsistentQuestionError) as caught:
        assessed(laid({"SOL": ("1000", 1.2), "ADA": ("-1000", 0.8)}))

    assert caught.value.faults[0].path == ("holdings",)


def test_an_inverse_contract_is_margined_in_its_coin() -> None:
    """A tenth of a bitcoin behind 8,250 dollars; with all of it there it is never liquidated."""
    setting = laid(contract=inverse(**TERMS), price="60000")
    some, all_of_it = (assessed(setting, wallet=coins).frontier[3] for coins in ("0.1", "1"))

    assert str(some.exact_contracts) == "82.5"
    assert some.liquidation_price is not None
    assert (all_of_it.liquidation_reason, all_of_it.touch_probability) == ("not_liquidatable", 0)
    assert "coin_margin_is_exposure" in codes(assessed(setting, wallet="0.1"))


# Warnings and refusals


@pytest.mark.parametrize(
    ("terms", "code", "pointers"),
    [
        ({}, "assumed_risk", ["#/risk"]),
        ({}, "cost_assumed", ["#/cost"]),
        ({}, "survival_unknown", ["#/recommendation"]),
        ({"wallet": "1500"}, "wallet_too_small", ["#/recommendation"]),
        ({"coverages": ("1.25", "1.3")}, "over_hedge", ["#/frontier/1"]),
        ({"leverage": "20"}, "liquidation_near", []),
        (
            {"leverage": "40", "setting": laid(contract=linear(maintenance_margin_rate="0.004"))},
            "liquidation_near",
            [f"#/frontier/{index}/liquidation_price" for index in range(1, 5)],
        ),
        ({"setting": laid(contract=linear())}, "cost_assumed", ["#/cost/fee_rate", "#/cost"]),
        ({"outlook": outlook(cost_rate="0")}, "cost_assumed", []),
        ({"outlook": outlook(funding_rate="0")}, "cost_assumed", []),
        ({"outlook": outlook(funding_rate="0.0001")}, "cost_assumed", ["#/cost/funding_payments"]),
        (
            {
                "outlook": outlook(funding_rate="0.0001"),
                "setting": laid(contract=linear(funding_interval_hours=8, **TERMS)),
            },
            "cost_assumed",
            [],
        ),
        ({"setting": laid(contract=linear(expiry=str(moment(1)), **TERMS))}, "expiry_near", ["#/contract/expiry"]),
        ({"target_volatility": 0.5}, "survival_unknown", []),
        ({"target_volatility": 2.0}, "survival_unknown", []),
        ({"setting": laid(contract=linear(expiry=str(moment(29.9)), **TERMS))}, "expires_first", ["#/contract/expiry"]),
        ({"setting": laid(contract=linear(expiry=str(moment(30)), **TERMS))}, "expires_first", []),
    ],
)
def test_a_careful_trader_would_mention_it(terms: dict[str, Any], code: str, pointers: list[str]) -> None:
    """Each where it belongs, and nowhere else."""
    answer = assessed(terms.pop("setting", None), **terms)

    assert codes(answer).get(code, []) == pointers


def test_unknown_survival_says_what_is_known() -> None:
    """With the contract's least margin the chance of being liquidated; without terms that they are missing."""
    known, unknown = assessed(), assessed(laid(contract=linear(taker_fee_rate="0")))

    assert "probability of 77.6 %" in next(note.detail for note in known.warnings if note.code == "survival_unknown")
    assert "Terms of the margin are missing" in unknown.warnings[-1].detail


@pytest.mark.parametrize(
    ("terms", "error", "path"),
    [
        ({"wallet": "1", "leverage": "1"}, MarginConflictError, ("margin", "leverage")),
        ({"leverage": "21"}, LeverageOutOfRangeError, ("margin", "leverage")),
        ({"largest": "10999"}, SizeOutOfRangeError, ("holdings",)),
        ({"largest": "11000", "coverages": ("0.5", "1.1")}, SizeOutOfRangeError, ("coverages",)),
        ({"largest": "11000", "chosen": "1.1"}, SizeOutOfRangeError, ("chosen_coverage",)),
    ],
)
def test_what_has_no_answer_is_refused(terms: dict[str, Any], error: Any, path: tuple[str, ...]) -> None:
    """With the place that stands in the way."""
    with pytest.raises(error) as caught:
        assessed(**terms)

    assert caught.value.faults[0].path == path


def test_a_contradiction_is_found_before_anything_is_looked_up() -> None:
    """Of the risk, and of the cost."""
    check_question(question())
    for wrong in (
        question(risk=AssumedRisk(r_squared=0.5, residual_volatility=0.5)),
        question(outlook=outlook(cost_rate="0", fee_rate="0")),
    ):
        with pytest.raises(InconsistentQuestionError):
            check_question(wrong)


# Anything at all

_SMALLEST = "0.000000000000000001"
_amounts = st.sampled_from([_SMALLEST, "1", "10000", "999999999999999.999999999999999999"])
_quantities = _amounts | _amounts.map(lambda text: f"-{text}") | st.just("0")
_betas = st.sampled_from([-100.0, -1.0, 0.0, 1e-18, 1e-9, 1.1, 100.0]) | st.floats(-100, 100)
_moves = st.none() | st.sampled_from([-1.0, 0.0, 1e-9, 0.01, -0.02, 100.0]) | st.floats(-1, 100)
_coverages = st.sampled_from(["0", _SMALLEST, "0.5", "1", "1.0", "10"])


@st.composite
def _risks(draw: st.DrawFn) -> Any:
    if draw(st.booleans()):
        pairs = draw(st.lists(st.tuples(_moves, _moves), min_size=3, max_size=12))
        held, moved = [one for one, _ in pairs], [other for _, other in pairs]
        return returns(held, moved, draw(st.sampled_from([1.0, 365.0, 1e6])))
    shares = st.none() | st.sampled_from([0.01, 0.58, 1.0])
    r_squared = draw(shares)
    own = None if r_squared is not None else draw(st.none() | st.sampled_from([0.0, 1e-9, 0.5, 10.0]))
    return AssumedRisk(
        volatility=draw(st.sampled_from([0.01, 0.6, 10.0])), r_squared=r_squared, residual_volatility=own
    )


@st.composite
def _outlooks(draw: st.DrawFn) -> Any:
    is_sent = draw(st.booleans())
    rates = st.sampled_from(["-0.999999999999999999", "-0.0001", "0", _SMALLEST, "0.999999999999999999"])
    return outlook(
        horizon_days=draw(st.sampled_from([1.0, 30.0, 365.0])),
        expected_drift=draw(st.sampled_from([-10.0, 0.0, 1e-300, 0.4, 10.0])),
        **({"cost_rate": draw(rates | st.just("9.999999999999999999"))} if is_sent else {}),
        **({} if is_sent else {"funding_rate": draw(rates), "fee_rate": draw(rates)}),
    )


@st.composite
def _contracts(draw: st.DrawFn) -> Any:
    terms: dict[str, Any] = {
        "multiplier": draw(_amounts),
        "tick_size": draw(st.none() | st.sampled_from([_SMALLEST, "0.1", "1000000"])),
        "initial_margin_rate": draw(st.none() | st.sampled_from(["0.05", "1"])),
        "maintenance_margin_rate": draw(st.none() | st.sampled_from(["0", "0.004"])),
        "maintenance_basis": draw(st.sampled_from(["liquidation", "entry"])),
        "taker_fee_rate": draw(st.none() | st.just("0.0005")),
        "symbol": "HEDGE",
    }
    return draw(st.sampled_from([linear, inverse]))(**terms)


@given(
    book=st.lists(st.tuples(_quantities, _amounts, _betas), min_size=1, max_size=3),
    contract=_contracts(),
    price=_amounts,
    risk=_risks(),
    expects=_outlooks(),
    terms=st.fixed_dictionaries(
        {
            "coverages": st.lists(_coverages, min_size=1, max_size=3),
            "chosen": st.none() | _coverages,
            "wallet": st.none() | _amounts,
            "risk_aversion": st.sampled_from([0.01, 3.0, 1000.0]),
            "target_volatility": st.none() | st.sampled_from([0.0, 0.3, 100.0]),
            "confidence": st.sampled_from([0.8, 0.95, 0.999]),
            "max_probability": st.sampled_from([0.0, 0.01, 1.0]),
        }
    ),
)
@settings(max_examples=300, deadline=None)
def test_every_question_has_an_answer_or_a_reason(
    *, book: list[tuple[str, str, float]], contract: Any, price: str, risk: Any, expects: Any, terms: dict[str, Any]
) -> None:
    """Property 25: every number finite, every null reasoned, and no exception but those that say what is wrong."""
    setting = lay_out(
        holdings=[
            Holding(asset=f"A{index}", quantity=Quantity(held), beta=beta) for index, (held, _, beta) in enumerate(book)
        ],
        contract=contract,
        prices={"HEDGE": Price(price), **{f"A{index}": Price(value) for index, (_, value, _) in enumerate(book)}},
        weighting="beta",
        as_of=NOW,
    )
    asked = question(risk=risk, outlook=expects, **terms)

    try:
        answer = check_answer(assess_coverage(setting, asked, largest_notional=Decimal("1E12")))
    except HedgingError:
        return

    for row in answer.frontier:
        assert (row.liquidation_price is None) == (row.liquidation_reason is not None)
        assert (row.survives is None) == (row.survives_reason is not None)
    recommended, reason = (0.0, "none") if answer.recommendation is None else chosen(answer)
    assert recommended is None or 0 <= recommended <= 1
    assert (recommended is None) == (reason == "risk_budget_infeasible")
    assert (
        answer.recommendation is None
        or answer.recommendation.outcome is None
        or (answer.recommendation.outcome.survives is not False or recommended == 0)
    )


@given(scale=st.sampled_from(["0.001", "1", "1000"]), part=st.sampled_from(["0.5", "1"]))
def test_a_book_a_thousand_times_as_large_is_hedged_alike(scale: str, part: str) -> None:
    """Property 1: shares, ratios and the recommendation don't depend on the size, if the margin grows with it."""
    one = assessed(laid({"SOL": ("10000", 1.1)}), coverages=(part,), wallet="1500")
    value, wallet = (str(number(text) * number(scale)) for text in ("10000", "1500"))
    other = assessed(laid({"SOL": (value, 1.1)}), coverages=(part,), wallet=wallet)

    assert chosen(one)[0] == pytest.approx(chosen(other)[0])
    assert chosen(one)[1] == chosen(other)[1]
    assert one.frontier[0].expected_shortfall == other.frontier[0].expected_shortfall
    assert one.frontier[0].touch_probability == pytest.approx(other.frontier[0].touch_probability)
    assert one.frontier[0].exact_contracts * number(scale) == pytest.approx(other.frontier[0].exact_contracts)


def test_a_margin_that_opens_nothing_bears_nothing() -> None:
    """In a market that stands still 1,100 behind 11,000 are never lost, and open no more than a fifth at 50 %."""
    still, contract = AssumedRisk(volatility=0.01), linear(**{**TERMS, "initial_margin_rate": "0.5"})

    answer = assessed(laid(contract=contract), risk=still, wallet="1100", coverages=("0.2", "0.3"))

    assert [row.touch_probability for row in answer.frontier] == [0, 0]
    assert [row.survives for row in answer.frontier] == [True, False]
    assert anchors(answer)["liquidation"] == pytest.approx(0.2, abs=2e-8)


def test_a_chance_of_nothing_may_be_asked_for() -> None:
    """What is never liquidated has it: a short in coins that are all posted."""
    answer = assessed(laid(contract=inverse(**TERMS)), wallet="5", max_probability=0.0)

    assert {row.survives for row in answer.frontier} == {True}
    assert anchors(answer)["liquidation"] == "no_limit"


@pytest.mark.parametrize("target", [0.58, 0.6, 0.63, 0.67, 0.7, 0.8])
def test_a_budget_is_kept_to_the_last_digit(target: float) -> None:
    """Its coverage is rounded up: half a step less would be beyond it."""
    found = assessed(target_volatility=target).recommendation

    assert found is not None
    assert found.outcome is not None
    assert found.outcome.volatility <= target
