"""How a book moves with its hedge: assumed aloud, or measured on the hedge's own side."""

import math
from typing import Any

import numpy as np
import pytest

from service.hedging.coverages.book_risk import (
    AssumedRisk,
    BookReturns,
    Moves,
    check_risk,
    reckon_risk,
    warn_of_book_risk,
)
from service.hedging.errors import InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError
from tests.hedging.covered import returns


def reckoned(risk: AssumedRisk | BookReturns, *, beta: float = 1.1, **sides: bool) -> Moves:
    """Reckon the risk of a long book with a short hedge, unless told otherwise."""
    return reckon_risk(risk, beta=beta, **{"is_net_long": True, "is_short": True, **sides})


def drawn(count: int = 90, slope: float = 1.3, seed: int = 1) -> tuple[list[float], list[float]]:
    """Draw returns of a book and of a future."""
    moves, own = np.random.default_rng(seed).standard_normal((2, count)) * 0.03
    return (0.001 + slope * moves + own).tolist(), moves.tolist()


def codes(moves: Moves, beta: float = 1.1) -> dict[str, str]:
    """Give the warnings by their codes, with where they point."""
    return {note.code: note.pointer for note in warn_of_book_risk(moves, beta)}


def test_a_usual_basket_is_assumed_unless_told_otherwise() -> None:
    """60 % a year, and R squared .58: the coins' own movement is 1.1 x 60 % x root(42 / 58)."""
    moves = reckoned(AssumedRisk())

    assert moves.model.best == moves.posterior == 1.1
    assert moves.model.attainable == pytest.approx(0.58)
    assert moves.risk.residual_volatility == pytest.approx(1.1 * 0.6 * math.sqrt(0.42 / 0.58))
    assert (moves.risk.style, moves.risk.observations, moves.risk.least_variance_error) == ("assumed", None, None)
    assert (moves.outcomes, codes(moves)) == ((), {"assumed_risk": "#/risk"})


def test_r_squared_follows_from_the_residual_and_back() -> None:
    """One of the two is enough, and both is one too many."""
    moves = reckoned(AssumedRisk(residual_volatility=0.5))

    assert moves.risk.r_squared == pytest.approx(0.66**2 / (0.66**2 + 0.25))
    assert reckoned(AssumedRisk(r_squared=moves.model.attainable)).risk.residual_volatility == pytest.approx(0.5)
    check_risk(AssumedRisk(r_squared=0.3))
    with pytest.raises(InconsistentQuestionError) as caught:
        check_risk(AssumedRisk(r_squared=0.3, residual_volatility=0.5))
    assert caught.value.faults[0].path == ("risk", "residual_volatility")


def test_a_book_of_the_underlying_has_no_residual() -> None:
    """R squared 1: only then is a full hedge flat, and its basis apart."""
    assert reckoned(AssumedRisk(r_squared=1.0), beta=1.0).model.deviation(1.0) == 0


def test_measured_risk_is_that_of_the_returns() -> None:
    """Against numpy: slope, its error, what is left of the variance; a year has as many periods as told."""
    portfolio, futures = drawn()
    moves = reckoned(returns(portfolio, futures, periods=52.0))
    slope, offset = np.polyfit(futures, portfolio, 1)
    errors = np.array(portfolio) - offset - slope * np.array(futures)
    scatter = np.sum((np.array(futures) - np.mean(futures)) ** 2)
    error = math.sqrt(np.sum(errors**2) / 88 / scatter)

    assert moves.model.best == pytest.approx(slope)
    assert moves.model.volatility == pytest.approx(np.std(futures, ddof=1) * math.sqrt(52))
    assert moves.model.unhedged == pytest.approx(np.std(portfolio, ddof=1) * math.sqrt(52))
    assert moves.risk.r_squared == pytest.approx(np.corrcoef(portfolio, futures)[0, 1] ** 2)
    assert moves.risk.least_variance_error == pytest.approx(error)
    weight = 0.04 / (0.04 + error**2)
    assert moves.posterior == pytest.approx(weight * slope + (1 - weight) * 1.1)
    assert [(-one.level, one.slope) for one in moves.outcomes] == list(zip(portfolio, futures, strict=True))


def test_a_missing_return_is_left_out() -> None:
    """On both sides, and never filled in."""
    portfolio, futures = drawn(40)
    gaps: tuple[list[Any], list[Any]] = ([None, *portfolio[1:]], [*futures[:5], None, *futures[6:]])
    rest = [one for place, one in enumerate(portfolio) if place not in {0, 5}]
    others = [one for place, one in enumerate(futures) if place not in {0, 5}]

    assert reckoned(returns(*gaps)) == reckoned(returns(rest, others))


def test_a_short_book_is_hedged_on_the_other_side() -> None:
    """Its profit is its exposure times its return, and its hedge gains when the future rises: the same risk."""
    portfolio, futures = drawn()
    book = returns(portfolio, futures)

    long, short = reckoned(book), reckoned(book, is_net_long=False, is_short=False)

    assert short.model == long.model
    assert [(-one.level, -one.slope) for one in short.outcomes] == [(one.level, one.slope) for one in long.outcomes]


def test_a_book_that_its_betas_turn_around_is_measured_on_the_side_of_its_hedge() -> None:
    """Net long, but hedged long: the slope that counts is the negative one."""
    portfolio, futures = drawn()
    book = returns(portfolio, futures)

    assert reckoned(book, is_short=False).model.best == pytest.approx(-reckoned(book).model.best)


@pytest.mark.parametrize(
    ("risk", "error", "path"),
    [
        (returns([0.1, 0.2, None], [0.1, 0.2, 0.3]), TooFewObservationsError, ("risk",)),
        (returns([0.1] * 4, [0.1, 0.2, 0.3, 0.4]), ZeroVarianceError, ("risk", "portfolio")),
        (returns([0.1, 0.2, 0.3], [0.1] * 3), ZeroVarianceError, ("risk", "futures")),
    ],
)
def test_returns_that_say_nothing_are_refused(risk: BookReturns, error: Any, path: tuple[str, ...]) -> None:
    """Too few, or without any move."""
    with pytest.raises(error) as caught:
        reckoned(risk)

    assert caught.value.faults[0].path == path


def test_returns_of_two_lengths_are_refused() -> None:
    """They are of the same periods, or of none that could be told."""
    check_risk(returns([0.1] * 3, [0.1] * 3))
    with pytest.raises(InconsistentQuestionError) as caught:
        check_risk(returns([0.1] * 3, [0.1] * 4))

    assert caught.value.faults[0].path == ("risk", "portfolio")


def test_a_careful_reader_is_told_of_doubts() -> None:
    """Few periods, a slope that may be none, and betas that the returns don't bear out."""
    few = reckoned(returns([0.01, -0.02, 0.015, 0.0], [0.02, 0.01, -0.03, 0.01]))
    many = reckoned(returns(*drawn(400)))

    assert codes(few).keys() >= {"low_sample", "beta_not_significant"}
    assert codes(many) == {"beta_differs": "#/risk/least_variance_ratio"}
    assert codes(many, beta=1.3) == {}
