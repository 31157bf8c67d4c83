"""The betas of a book: which are estimated, how sure the book's own is, and how it fell before."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.betas import (
    MOST_ESTIMATES,
    BetaQuestion,
    BookBetas,
    check_question,
    describe_betas,
    estimate,
    list_lacking,
    make_estimator,
    warn_of_betas,
    with_betas,
)
from service.hedging.errors import HedgingError, InconsistentQuestionError
from service.hedging.estimation.priors import PRIORS, Prior
from service.hedging.estimation.stress_beta import measure_stress_beta
from service.hedging.portfolio import Holding, Weighting, value_portfolio
from service.hedging.risk.samples import CloseSeries, ReturnSeries
from service.hedging.units import Price
from tests.hedging.build import holding

RETURNS: dict[str, tuple[float | None, ...]] = {
    "SOL": (0.031, -0.052, None, 0.018, -0.071, 0.044),
    "ADA": (0.01, -0.04, 0.01, 0.02, -0.05, 0.02),
    "BTC": (0.020, -0.031, 0.004, 0.011, -0.049, 0.025),
}
BOOK = (holding("SOL", "60"), holding("ADA", "40"))


def ask(holdings: tuple[Holding, ...] = BOOK, *, returns: Mapping[str, Any] = RETURNS, **asked: Any) -> BookBetas:
    """Estimate the betas of a book whose prices are all 1."""
    question = BetaQuestion(series=ReturnSeries(returns=dict(returns)), **asked)
    check_question(question, "beta")
    prices = {**dict.fromkeys((one.asset for one in holdings), Price("1")), "BTC-MINI": Price("60000")}
    book = value_portfolio(holdings, prices, weighting="value", underlying="BTC")
    places = list_lacking(book, holdings, "BTC")
    estimator = make_estimator(question, "BTC", is_needed=bool(places))
    assert question.series is not None
    found = estimate(question.series, places, estimator, underlying="BTC") if places else {}
    held = with_betas(holdings, found)
    weighed = value_portfolio(held, prices, weighting="beta", underlying="BTC")
    return describe_betas(weighed, estimator, found, underlying="BTC")


def test_what_was_sent_counts() -> None:
    """A sent beta is kept, also of a coin held twice; the underlying has 1, money none; the rest is estimated."""
    book = (
        *(holding("SOL", "50"), holding("SOL", "10", 1.7), holding("BTC", "5"), holding("USDT", "100")),
        *(holding("ADA", "40"), holding("ADA", "1")),
    )
    found = ask(book)

    assert [(one.asset, one.source, one.estimate is None) for one in found.assets] == [
        ("SOL", "request", True),
        ("BTC", "underlying", True),
        ("ADA", "estimate", False),
    ]
    assert [one.beta for one in found.assets[:2]] == [1.7, 1]
    assert found.assets[2].estimate is not None
    assert found.assets[2].beta == found.assets[2].estimate.beta


def test_a_beta_of_the_underlying_that_was_sent_is_told_as_sent() -> None:
    """It is another than 1."""
    assert ask((holding("BTC", "5", 0.9),)).assets[0].source == "request"


def test_the_answer_says_how_it_was_made() -> None:
    """With the prior that counted; methods that have none have none, nor has a book of which nothing is estimated."""
    assert ask().prior == PRIORS["BTC"]
    assert ask(prior=Prior(mean=1.5, spread=0.5)).prior == Prior(mean=1.5, spread=0.5)
    assert ask(method="ols").prior is None
    assert ask((holding("BTC", "1"),)).prior is None
    told = ask(method="ewma", decay=0.97, confidence=0.9)
    assert (told.underlying, told.method, told.decay, told.confidence) == ("BTC", "ewma", 0.97, 0.9)


def test_the_doubt_of_a_book_is_that_of_its_coins_together() -> None:
    """60 of SOL, 40 short of ADA: lowest where SOL's beta is lowest and ADA's highest; a sent beta has no doubt."""
    found = ask((holding("SOL", "60"), holding("ADA", "-40"), holding("XRP", "10", 0.9)), method="ols")

    sol, ada = (one.estimate for one in found.assets[:2])
    assert sol is not None
    assert ada is not None
    assert None not in (sol.beta_low, sol.beta_high, ada.beta_low, ada.beta_high)
    assert found.portfolio_beta == pytest.approx((60 * sol.beta - 40 * ada.beta + 9) / 30)
    assert found.portfolio_beta_low == pytest.approx((60 * (sol.beta_low or 0) - 40 * (ada.beta_high or 0) + 9) / 30)
    assert found.portfolio_beta_high == pytest.approx((60 * (sol.beta_high or 0) - 40 * (ada.beta_low or 0) + 9) / 30)
    assert found.absent_reason is None


@given(quantities=st.lists(st.integers(-50, 50), min_size=2, max_size=2), confidence=st.floats(0.5, 0.999))
def test_the_beta_of_a_book_lies_within_its_doubt(quantities: list[int], confidence: float) -> None:
    """Whatever is held short; and more confidence means more room."""
    book = tuple(holding(asset, str(count)) for asset, count in zip(("SOL", "ADA"), quantities, strict=True))
    found, wider = ask(book, confidence=confidence), ask(book, confidence=0.999)

    if not sum(quantities):
        assert found.absent_reason == "no_exposure"
        assert (found.portfolio_beta, found.portfolio_beta_low, found.portfolio_beta_high) == (None, None, None)
        return
    assert found.portfolio_beta is not None
    assert (found.portfolio_beta_low or 0) <= found.portfolio_beta + 1e-9
    assert (found.portfolio_beta_high or 0) >= found.portfolio_beta - 1e-9
    assert (wider.portfolio_beta_low or 0) <= (found.portfolio_beta_low or 0) + 1e-9


def test_what_has_no_interval_gives_the_book_none() -> None:
    """Nobody knows the error of exponential weights; a book whose betas were all sent has no doubt at all."""
    found, sent = ask(method="ewma"), ask((holding("SOL", "1", 1.2),), method="ewma")

    assert (found.portfolio_beta_low, found.portfolio_beta_high, found.absent_reason) == (None, None, "no_interval")
    assert (sent.portfolio_beta_low, sent.portfolio_beta_high, sent.absent_reason) == (1.2, 1.2, None)


def test_a_stress_beta_stands_beside_each_beta_and_the_book() -> None:
    """What /v1/stresses knows of the coins, at the weights of today; and what there would be to hedge."""
    found = ask()

    assert found.assets[0].stress == measure_stress_beta({"SOL": 1.0}, "BTC")
    assert found.stress == measure_stress_beta({"SOL": 0.6, "ADA": 0.4}, "BTC")
    assert found.stress.beta is not None
    assert float(found.stress_beta_exposure or 0) == pytest.approx(100 * found.stress.beta)


def test_a_coin_of_which_no_fall_is_known_leaves_the_book_without_a_stress_beta() -> None:
    """With the reason, and no amount."""
    found = ask((holding("SOL", "60"), holding("NEW", "40", 1.5)))

    assert found.assets[1].stress.absent_reason == found.stress.absent_reason == "unknown"
    assert found.stress_beta_exposure is None


def test_closes_are_as_good_as_returns() -> None:
    """Those made of them."""
    closes = {"SOL": ("100", "103", "99", "101", "95"), "BTC": ("60000", "61000", "60000", "60500", "58000")}
    series = msgspec.convert({"style": "closes", "closes": closes}, CloseSeries, dec_hook=lambda _, text: Price(text))
    estimator = make_estimator(BetaQuestion(), "BTC", is_needed=True)
    found = estimate(series, {"SOL": ("holdings", 0, "asset")}, estimator, underlying="BTC")

    returns: dict[str, tuple[float | None, ...]] = {
        asset: tuple(float(late) / float(early) - 1 for early, late in pairwise(column))
        for asset, column in closes.items()
    }
    again = estimate(ReturnSeries(returns=returns), {"SOL": ("holdings", 0, "asset")}, estimator, underlying="BTC")
    assert found["SOL"].beta == pytest.approx(again["SOL"].beta, rel=1e-12)


def test_betas_of_holdings_that_lack_them_are_as_if_sent() -> None:
    """Each holding of the coin has it; those that brought one are left alone."""
    held = (holding("SOL", "1"), holding("ADA", "1", 0.5), holding("SOL", "2"))
    book = ask((holding("SOL", "3"), holding("ADA", "1", 0.5)))
    sol = book.assets[0].estimate
    assert sol is not None

    assert [one.beta for one in with_betas(held, {"SOL": sol})] == [sol.beta, 0.5, sol.beta]


# Doubts

_STRONG = (0.02, -0.03, 0.01, 0.01, -0.05, 0.03)
_APART = (0.03, 0.01, 0.0, -0.02, -0.002, -0.01)


@pytest.mark.parametrize(
    ("coin", "asked", "codes"),
    [
        (_STRONG * 5, {"method": "ols"}, []),
        (_STRONG * 4, {"method": "ols"}, ["low_sample"]),
        (_APART * 5, {"method": "ols"}, ["beta_not_significant"]),
        (_APART * 5, {"method": "ewma"}, ["beta_not_significant"]),
        (tuple(-one for one in _STRONG) * 5, {"method": "ols"}, ["negative_beta"]),
    ],
)
def test_a_doubtful_beta_is_told(coin: tuple[float, ...], asked: dict[str, Any], codes: list[str]) -> None:
    """It is used all the same: few observations, an interval with 0 in it, a beta below 0."""
    market = (RETURNS["BTC"] * 5)[: len(coin)]
    found = ask((holding("ADA", "1", 1.0), holding("SOL", "1")), returns={"SOL": coin, "BTC": market}, **asked)
    told = [*warn_of_betas(found)]

    assert [one.code for one in told] == codes
    assert all(one.pointer.startswith("#/betas/assets/1/") for one in told)


# What is refused


@pytest.mark.parametrize(
    ("asked", "weighting", "paths"),
    [
        ({}, "value", [("betas",)]),
        ({"window_days": 90, "series": ReturnSeries(returns={"BTC": (0.1, 0.2, 0.1)})}, "beta", [("window_days",)]),
        (
            {"window_days": 90, "interval_days": 1, "series": ReturnSeries(returns={"BTC": (0.1, 0.2, 0.1)})},
            "value",
            [("betas",), ("window_days",), ("interval_days",)],
        ),
        ({"method": "ols", "prior": Prior(mean=1.0, spread=0.2)}, "beta", [("prior",)]),
        ({"method": "ewma", "prior": Prior(mean=1.0, spread=0.2)}, "beta", [("prior",)]),
    ],
)
def test_what_does_not_go_together_is_refused(
    asked: dict[str, Any], weighting: Weighting, paths: list[tuple[str, ...]]
) -> None:
    """Before anything is looked up."""
    with pytest.raises(InconsistentQuestionError) as raised:
        check_question(BetaQuestion(**asked), weighting)

    assert [fault.path[-1:] for fault in raised.value.faults] == paths


@pytest.mark.parametrize("asked", [{}, {"window_days": 30, "interval_days": 2}, {"prior": Prior(mean=1, spread=1)}])
def test_what_goes_together_is_not(asked: dict[str, Any]) -> None:
    """Every member is optional."""
    check_question(BetaQuestion(**asked), "beta")


def test_nothing_is_believed_of_betas_to_other_coins() -> None:
    """The prior to SOL has to be sent; least squares needs none, and a book without estimates neither."""
    with pytest.raises(InconsistentQuestionError) as raised:
        make_estimator(BetaQuestion(), "SOL", is_needed=True)

    assert raised.value.faults[0].path == ("betas",)
    assert make_estimator(BetaQuestion(method="ols"), "SOL", is_needed=True).prior is None
    assert make_estimator(BetaQuestion(), "SOL", is_needed=False).prior is None


def test_more_coins_than_can_be_sent_are_refused() -> None:
    """The returns that were looked up are to be sent back with the answer."""
    held = tuple(holding(f"C{number}", "1") for number in range(MOST_ESTIMATES + 1))
    prices = {one.asset: Price("1") for one in held}
    book = value_portfolio(held, prices, weighting="value", underlying="BTC")

    with pytest.raises(InconsistentQuestionError, match="60 coins bring no beta, and 59"):
        list_lacking(book, held, "BTC")
    assert len(list_lacking(book, held[1:], "BTC")) == MOST_ESTIMATES


def test_a_coin_without_returns_is_refused() -> None:
    """Where the returns are."""
    with pytest.raises(HedgingError) as raised:
        ask((holding("SOL", "1"), holding("XRP", "1")))

    assert [fault.path for fault in raised.value.faults] == [("betas", "series", "returns")]
