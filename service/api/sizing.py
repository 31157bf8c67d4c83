"""`POST /v1/sizing`: how many contracts, and what does rounding leave."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from service.hedging.advice import Rounding
from service.hedging.collateral import Collateral
from service.hedging.contracts import Contract
from service.hedging.portfolio import Holding, Weighting
from service.hedging.sizing import Sizing, size_hedge
from service.hedging.units import Coverage, Instant, Price, Symbol

Prices = Annotated[dict[Symbol, Price], Meta(max_length=2000)]


class SizingRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, a contract, their prices, and how much to hedge."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(description="The book; one asset sent twice counts once.", min_length=1, max_length=1000),
    ]
    contract: Annotated[Contract, Meta(description="The future to hedge with.")]
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, futures mark price by contract symbol, all in one dollar currency.",
            examples=[{"SOL": "150", "BTC-MINI": "60000"}],
        ),
    ]
    coverage: Annotated[
        Coverage, Meta(description="Share of the (beta) exposure to hedge, 0 to 10; above 1.5 with a warning.")
    ] = Coverage("1")
    weighting: Annotated[
        Weighting,
        Meta(description="`value` takes every beta as 1; `beta` uses the betas of the holdings."),
    ] = "value"
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
    as_of: Annotated[
        Instant | None,
        Meta(description="Time of the question; absent or null: now. With it the answer is reproducible."),
    ] = None


class Provenance(Struct, frozen=True, kw_only=True):
    """Where a price came from."""

    source: Annotated[Literal["request"], Meta(description="`request`: the caller sent it.")]
    as_of: Annotated[Instant | None, Meta(description="Time of the price at its source; null for `request`.")]
    age_seconds: Annotated[
        float | None, Meta(description="Age of the price at `as_of` of the reply; null for `request`.", examples=[0.8])
    ]


class SizingReply(Sizing, frozen=True, kw_only=True):
    """The answer, with everything it was made from; amounts in the quote currency unless said otherwise."""

    contract: Annotated[Contract, Meta(description="The terms used, defaults included.")]
    prices: Annotated[
        Prices,
        Meta(description="Every price used; sending them back with as_of reproduces the answer."),
    ]
    provenance: Annotated[
        dict[Symbol, Provenance],
        Meta(description="Where each of the prices came from.", max_length=2000),
    ]
    as_of: Annotated[Instant, Meta(description="Time of the question.")]


_FROM_REQUEST = Provenance(source="request", as_of=None, age_seconds=None)


@post("/v1/sizing", status_code=200)
async def size(data: JSONBody[SizingRequest], request: Request[Any, Any, Any]) -> SizingReply:
    """Size a hedge: how many contracts, and what rounding leaves.

    Answers with the legal sizes on both sides of the exact one, each with its coverage, residual exposure, margin,
    liquidation price, fees and order, and recommends one. Idempotent and free of side effects: POST only because the
    question does not fit into a URL.
    """
    reply = answer(data, request.app.state.settings.max_notional)
    request.app.state.metrics.observe_sizing(reply)
    return reply


def answer(question: SizingRequest, largest_notional: Decimal) -> SizingReply:
    """Answer a question with the prices it brings, as of its own time or else of now."""
    as_of = question.as_of or Instant.of(datetime.now(UTC))
    sizing = size_hedge(
        holdings=question.holdings,
        contract=question.contract,
        prices=question.prices,
        coverage=question.coverage,
        weighting=question.weighting,
        as_of=as_of,
        rounding=question.rounding,
        collateral=question.margin,
        largest_notional=largest_notional,
    )
    names = [*(line.asset for line in sizing.holdings), question.contract.symbol]
    if question.contract.underlying in question.prices:
        names = list(dict.fromkeys([*names, question.contract.underlying]))
    return SizingReply(
        **msgspec.structs.asdict(sizing),
        contract=question.contract,
        prices={name: question.prices[name] for name in names},
        provenance=dict.fromkeys(names, _FROM_REQUEST),
        as_of=as_of,
    )
