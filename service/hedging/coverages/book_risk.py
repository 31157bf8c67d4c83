"""How a book moves with the future that hedges it: by assumption, or by what happened.

Law: which of the two it is, is said. A book's profit is its exposure times its return, so that a hedge of a book that
is net short, or that falls when the market rises, is measured on its own side. float64 throughout.
"""

import math
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.errors import Fault, InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError
from service.hedging.rates import YEAR_DAYS
from service.hedging.risk.hedge_ratios import RiskModel, shrink_beta, tidy
from service.hedging.risk.least_shortfall import Outcome
from service.hedging.risk.variance import (
    FEWEST,
    LEAST_VARIANCE,
    BasisRisk,
    covariance,
    measure_basis_risk,
    warn_of_risk,
)

USUAL_VOLATILITY = 0.6
USUAL_R_SQUARED = 0.58
"""Of an equal-weight basket of eight altcoins on bitcoin, daily closes 2021-2025; of a single coin 0.15 to 0.65."""
_SERIES = "Simple returns, one a period, oldest first; null for one that is missing"
_Return = Annotated[float, Meta(ge=-1, le=100, examples=[-0.02])]
_Returns = Annotated[tuple[_Return | None, ...], Meta(min_length=3, max_length=1000)]


class AssumedRisk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="assumed"):
    """Risk by assumption: the book moves by its beta with the underlying, and by itself."""

    volatility: Annotated[
        float, Meta(description="Annual volatility of the underlying.", ge=0.01, le=10, examples=[0.6])
    ] = USUAL_VOLATILITY
    r_squared: Annotated[
        Annotated[float, Meta(ge=0.01, le=1)] | None,
        Meta(
            description="Share of the book's variance that the underlying explains. Null or absent: 0.58, that of a "
            "diversified basket, unless residual_volatility is sent; a single coin has 0.15 to 0.65.",
            examples=[0.58],
        ),
    ] = None
    residual_volatility: Annotated[
        Annotated[float, Meta(ge=0, le=10)] | None,
        Meta(
            description="Annual volatility of what the underlying does not explain, as a share of the exposure; "
            "instead of r_squared.",
            examples=[0.5],
        ),
    ] = None


class BookReturns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="returns"):
    """Returns of the book and of the future, of the same periods."""

    portfolio: Annotated[_Returns, Meta(description=f"Of the book, as a share of its net exposure. {_SERIES}.")]
    futures: Annotated[_Returns, Meta(description=f"Of the future. {_SERIES}.")]
    periods_per_year: Annotated[float, Meta(description="365 for days.", ge=1, le=1_000_000, examples=[365])] = 365.0


RiskQuestion = AssumedRisk | BookReturns


class BookRisk(Struct, frozen=True, kw_only=True):
    """How the book moves with the future, a year."""

    style: Annotated[Literal["assumed", "returns"], Meta(description="Assumed, or measured from the returns sent.")]
    volatility: Annotated[float, Meta(description="Of the future.", ge=0, examples=[0.6])]
    book_volatility: Annotated[float, Meta(description="Of the book, unhedged.", ge=0, examples=[0.866])]
    residual_volatility: Annotated[
        float, Meta(description="Of what is left behind the best hedge: the coins' own movement.", ge=0, examples=[0.5])
    ]
    r_squared: Annotated[
        float,
        Meta(description="Largest share of variance that a hedge on this side removes.", ge=0, le=1, examples=[0.58]),
    ]
    least_variance_ratio: Annotated[
        float,
        Meta(
            description="Hedge ratio with the least variance: the book's beta where assumed, else the slope of the "
            "returns; below 0 where a hedge on this side adds risk.",
            examples=[1.1],
        ),
    ]
    least_variance_error: Annotated[
        float | None, Meta(description="Its standard error; null where assumed.", examples=[0.05])
    ]
    posterior_beta: Annotated[
        float,
        Meta(
            description="Beta of the mean-variance rule: that of the holdings, moved toward the slope of the returns "
            "by how sure that is (Vasicek, spread 0.2); where assumed, that of the holdings.",
            examples=[1.1],
        ),
    ]
    observations: Annotated[
        Annotated[int, Meta(ge=3, le=1000)] | None,
        Meta(description="Periods in which both returns are known; null where assumed.", examples=[90]),
    ]


class Moves(NamedTuple):
    """A book's risk as it is reckoned with."""

    model: RiskModel
    """Per year."""
    risk: BookRisk
    outcomes: tuple[Outcome, ...]
    """Per period: loss of the book as a share of its exposure, and of the hedge per unit before costs."""
    periods_per_year: float
    """Of the outcomes."""
    posterior: float
    """Beta of the mean-variance rule."""
    measured: BasisRisk | None
    """Per period; None where the risk is assumed."""


def check_risk(question: RiskQuestion) -> None:
    """Refuse what says two things about the same risk, or is of two lengths.

    Raises:
        InconsistentQuestionError: same.
    """
    if isinstance(question, BookReturns):
        if len(question.portfolio) != len(question.futures):
            detail = (
                f"portfolio has {len(question.portfolio)} returns, and futures has {len(question.futures)}: they are "
                "of the same periods"
            )
            raise InconsistentQuestionError(Fault(("risk", "portfolio"), detail))
    elif question.r_squared is not None and question.residual_volatility is not None:
        detail = "Send r_squared or residual_volatility: the one follows from the other"
        raise InconsistentQuestionError(Fault(("risk", "residual_volatility"), detail))


def reckon_risk(question: RiskQuestion, *, beta: float, is_net_long: bool, is_short: bool) -> Moves:
    """Work out how a book moves with its hedge.

    Args:
        question: checked.
        beta: absolute beta exposure per absolute exposure, above 0.
        is_net_long: whether the book's net exposure is above 0.
        is_short: whether the hedge is short.

    Raises:
        TooFewObservationsError: if fewer than 3 periods have both returns.
        ZeroVarianceError: if the book or the future never moved.
    """
    if isinstance(question, AssumedRisk):
        return _assume(question, beta)
    signs = (1.0 if is_net_long else -1.0, 1.0 if is_short else -1.0)
    return _measure(question, beta, signs)


def warn_of_book_risk(moves: Moves, beta: float) -> Iterator[Caution]:
    """Say what a careful reader would doubt about it.

    Args:
        moves: the risk.
        beta: as the holdings state it.
    """
    risk, measured = moves.risk, moves.measured
    if measured is None:
        detail = (
            f"The risk is assumed, not measured: volatility {risk.volatility:.2f} a year, R squared "
            f"{risk.r_squared:.2f}. A single coin has 0.15 to 0.65, a diversified basket 0.58: send returns"
        )
        yield caution("assumed_risk", detail, "risk")
        return
    yield from warn_of_risk(measured, "risk")
    if abs(beta - measured.beta) > 2 * measured.beta_error:
        detail = (
            f"By the holdings' betas the book's beta is {beta:.2f}, by the returns {measured.beta:.2f} with a standard "
            f"error of {measured.beta_error:.2f}: coverage counts in the first, risk is measured by the second"
        )
        yield caution("beta_differs", detail, "risk", "least_variance_ratio")


def _assume(question: AssumedRisk, beta: float) -> Moves:
    explained = beta * question.volatility
    residual = question.residual_volatility
    if residual is None:
        share = USUAL_R_SQUARED if question.r_squared is None else question.r_squared
        residual = explained * math.sqrt((1 - share) / share)
    model = RiskModel(beta, question.volatility, residual)
    return Moves(model, _describe(model, beta, None), (), float(YEAR_DAYS), beta, None)


def _measure(question: BookReturns, beta: float, signs: tuple[float, float]) -> Moves:
    of_book, of_future = signs
    rows = [
        (of_book * held, of_future * moved)
        for held, moved in zip(question.portfolio, question.futures, strict=True)
        if held is not None and moved is not None
    ]
    if len(rows) < FEWEST:
        detail = f"{len(rows)} periods have both returns, and it takes {FEWEST}"
        raise TooFewObservationsError(Fault(("risk",), detail))
    book, future = [held for held, _ in rows], [moved for _, moved in rows]
    _require_moves(book, future)
    measured = measure_basis_risk(portfolio=book, market=future, futures=future)
    root = math.sqrt(question.periods_per_year)
    model = RiskModel(
        measured.beta,
        math.sqrt(covariance(future, future)) * root,
        math.sqrt(measured.hedged_variance.residual) * root,
    )
    posterior = shrink_beta(measured.beta, error=measured.beta_error, prior=beta)
    outcomes = tuple(Outcome(-held, moved) for held, moved in rows)
    risk = _describe(model, posterior, measured)
    return Moves(model, risk, outcomes, question.periods_per_year, posterior, measured)


def _require_moves(book: list[float], future: list[float]) -> None:
    for name, series in (("portfolio", book), ("futures", future)):
        if covariance(series, series) < LEAST_VARIANCE:
            raise ZeroVarianceError(Fault(("risk", name), f"The returns of {name} never moved: nothing to compare"))


def _describe(model: RiskModel, posterior: float, measured: BasisRisk | None) -> BookRisk:
    return BookRisk(
        style="assumed" if measured is None else "returns",
        volatility=tidy(model.volatility),
        book_volatility=tidy(model.unhedged),
        residual_volatility=tidy(model.residual),
        r_squared=tidy(model.attainable),
        least_variance_ratio=tidy(model.best),
        least_variance_error=None if measured is None else tidy(measured.beta_error),
        posterior_beta=tidy(posterior),
        observations=None if measured is None else measured.observations,
    )
