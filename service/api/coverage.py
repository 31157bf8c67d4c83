"""`POST /v1/coverage`: how much to hedge, and what that says about whoever does."""

from decimal import Decimal
from typing import Annotated, Any

from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta

from service.api.lookups.book_betas import UsedBetas
from service.api.lookups.origins import Completed, note_ages, time_of
from service.api.lookups.premises import (
    BookQuestion,
    PricesOrigin,
    TermsOrigin,
    ToldBetas,
    UsedPrices,
    UsedTerms,
    UsedTime,
    look_up,
    with_premises,
)
from service.hedging.costs.hedge_cost import ExpectedCostRate, ExpectedFeeRate, ExpectedFundingRate, Outlook
from service.hedging.coverage import CoverageAnswer, CoverageQuestion, Posted, assess_coverage, check_question
from service.hedging.coverages.book_risk import AssumedRisk, RiskQuestion
from service.hedging.coverages.choice import Aims
from service.hedging.portfolio import Weighting
from service.hedging.setting import lay_out
from service.hedging.units import Coverage

_Aversion = Annotated[float, Meta(ge=0.01, le=1000, examples=[3])]
_Target = Annotated[float, Meta(ge=0, le=100)]


class CoverageRequest(BookQuestion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, a contract, and what is expected and wanted of a hedge."""

    weighting: Annotated[
        Weighting,
        Meta(description="`beta` uses the betas of the holdings; `value` takes every beta as 1."),
    ] = "beta"
    coverages: Annotated[
        tuple[Coverage, ...],
        Meta(description="Rows of the frontier, in this order.", min_length=1, max_length=20),
    ] = tuple(map(Coverage, ("0", "0.25", "0.5", "0.75", "1")))
    chosen_coverage: Annotated[
        Coverage | None,
        Meta(description="Coverage whose implied view is read; null or absent: the recommended one.", examples=["0.5"]),
    ] = None
    risk: Annotated[
        RiskQuestion,
        Meta(description="How the book moves with the future: assumed, or by returns that are sent."),
    ] = AssumedRisk()
    horizon_days: Annotated[
        float, Meta(description="Days for which the hedge is held.", ge=1, le=365, examples=[30])
    ] = 30.0
    risk_aversion: Annotated[
        _Aversion,
        Meta(
            description="Relative risk aversion of the mean-variance rule, the exposure taken as all of one's wealth: "
            "an assumption, 1 is bold and 10 timid."
        ),
    ] = 3.0
    expected_drift: Annotated[
        float,
        Meta(
            description="Annual rate at which you expect the underlying to rise; 0 is no view.",
            ge=-10,
            le=10,
            examples=[0.2],
        ),
    ] = 0.0
    cost_rate: ExpectedCostRate = None
    funding_rate: ExpectedFundingRate = None
    fee_rate: ExpectedFeeRate = None
    confidence: Annotated[
        float,
        Meta(description="Of the expected shortfall: 0.95 is the worst 5 %.", ge=0.8, le=0.999, examples=[0.95]),
    ] = 0.95
    target_volatility: Annotated[
        _Target | None,
        Meta(
            description="Risk budget: annual volatility of book and hedge together, as a share of the exposure. Null "
            "or absent: none, and the recommendation lies between half and three quarters of beta.",
            examples=[0.6],
        ),
    ] = None
    margin: Annotated[
        Posted | None,
        Meta(
            description="What is posted behind the hedge: it limits the recommendation. Null or absent: nothing is "
            "known of it, with a warning."
        ),
    ] = None
    max_probability: Annotated[
        float,
        Meta(
            description="Probability of being liquidated within the horizon that is accepted.",
            ge=0,
            le=1,
            examples=[0.01],
        ),
    ] = 0.01


class CoverageReply(CoverageAnswer, frozen=True, kw_only=True):
    """How much to hedge, with everything it was made from; amounts in the quote currency."""

    weighting: Annotated[Weighting, Meta(description="As requested.")]
    horizon_days: Annotated[float, Meta(description="As requested, or as assumed.", ge=1, le=365, examples=[30.0])]
    risk_aversion: Annotated[_Aversion, Meta(description="As requested, or as assumed.")]
    expected_drift: Annotated[float, Meta(description="As requested.", ge=-10, le=10, examples=[0.0])]
    confidence: Annotated[float, Meta(description="As requested.", ge=0.8, le=0.999, examples=[0.95])]
    target_volatility: Annotated[_Target | None, Meta(description="As requested; null for none.", examples=[0.6])]
    max_probability: Annotated[float, Meta(description="As requested.", ge=0, le=1, examples=[0.01])]
    betas: ToldBetas
    contract: UsedTerms
    contract_source: TermsOrigin
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


@post("/v1/coverage", status_code=200)
async def assess(data: JSONBody[CoverageRequest], request: Request[Any, Any, Any]) -> CoverageReply:
    """Say how much to hedge: coverage against risk, tail, cost, upside and survival.

    Answers with the frontier of coverages, with the one that is recommended and everything that was weighed for it,
    with the rule of 50 to 75 % by the book's own figures, and with what a coverage says that you expect of the market.
    Terms of a listed contract and prices that were not sent are looked up. Idempotent and free of side effects: POST
    only because the question does not fit into a URL.
    """
    state = request.app.state
    check_question(_ask(data))
    question, completed, betas = await look_up(state, data)
    reply = answer(question, completed, state.settings.max_notional, betas=betas)
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return reply


def answer(
    question: CoverageRequest, completed: Completed, largest_notional: Decimal, *, betas: UsedBetas | None = None
) -> CoverageReply:
    """Answer a question whose terms, prices and betas are complete, as of its own time or else of now."""
    as_of = time_of(question.as_of)
    contract, prices = completed.contract, completed.prices
    setting = lay_out(
        holdings=question.holdings, contract=contract, prices=prices, weighting=question.weighting, as_of=as_of
    )
    found = assess_coverage(setting, _ask(question), largest_notional=largest_notional)
    return CoverageReply(
        **with_premises(found, completed, found.holdings, as_of=as_of),
        **{name: getattr(question, name) for name in _AS_REQUESTED},
        betas=betas,
    )


_AS_REQUESTED = (
    *("weighting", "horizon_days", "risk_aversion", "expected_drift", "confidence"),
    *("target_volatility", "max_probability"),
)


def _ask(question: CoverageRequest) -> CoverageQuestion:
    return CoverageQuestion(
        coverages=question.coverages,
        chosen=question.chosen_coverage,
        risk=question.risk,
        outlook=Outlook(
            horizon_days=question.horizon_days,
            expected_drift=question.expected_drift,
            cost_rate=question.cost_rate,
            funding_rate=question.funding_rate,
            fee_rate=question.fee_rate,
        ),
        aims=Aims(question.risk_aversion, question.target_volatility),
        confidence=question.confidence,
        max_probability=question.max_probability,
        posted=question.margin,
    )
