"""`POST /v1/sizing`: how many contracts, and what does rounding leave."""

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
from service.hedging.sizes.advice import Rounding
from service.hedging.sizing import Sizing, size_hedge
from service.hedging.survival.collateral import Collateral
from service.hedging.units import Coverage


class SizingRequest(BookQuestion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, a contract, their prices, and how much to hedge."""

    coverage: Annotated[
        Coverage, Meta(description="Share of the (beta) exposure to hedge, 0 to 10; above 1.5 with a warning.")
    ] = Coverage("1")
    rounding: Annotated[
        Rounding | None,
        Meta(
            description="Which size to recommend. Absent or null: the legal size nearest to the target. `nearest` "
            "rounds first and drops to nothing below a minimum; `exact` adds the fractional size."
        ),
    ] = None
    margin: Annotated[
        Collateral | None,
        Meta(description="What is posted behind the hedge; makes its survival part of the recommendation."),
    ] = None


class SizingReply(Sizing, frozen=True, kw_only=True):
    """The answer, with everything it was made from; amounts in the quote currency unless said otherwise."""

    betas: ToldBetas
    contract: UsedTerms
    contract_source: TermsOrigin
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


@post("/v1/sizing", status_code=200)
async def size(data: JSONBody[SizingRequest], request: Request[Any, Any, Any]) -> SizingReply:
    """Size a hedge: how many contracts, and what rounding leaves.

    Answers with the legal sizes on both sides of the exact one, each with its coverage, residual exposure, margin,
    liquidation price, fees and order, and recommends one. Terms of a listed contract and prices that were not sent are
    looked up. Idempotent and free of side effects: POST only because the question does not fit into a URL.
    """
    state = request.app.state
    question, completed, betas = await look_up(state, data)
    reply = answer(question, completed, state.settings.max_notional, betas=betas)
    state.metrics.observe_sizing(reply)
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return reply


def answer(
    question: SizingRequest, completed: Completed, largest_notional: Decimal, *, betas: UsedBetas | None = None
) -> SizingReply:
    """Answer a question whose terms, prices and betas are complete, as of its own time or else of now."""
    as_of = time_of(question.as_of)
    contract, prices = completed.contract, completed.prices
    sizing = size_hedge(
        holdings=question.holdings,
        contract=contract,
        prices=prices,
        coverage=question.coverage,
        weighting=question.weighting,
        as_of=as_of,
        rounding=question.rounding,
        collateral=question.margin,
        largest_notional=largest_notional,
    )
    return SizingReply(**with_premises(sizing, completed, sizing.holdings, as_of=as_of), betas=betas)
