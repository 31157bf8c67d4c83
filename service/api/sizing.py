"""`POST /v1/sizing`: how many contracts, and what does rounding leave."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from service.api.marks import complete
from service.api.origins import Completed, ContractSource, Listed, Prices, Provenance, Source, note_ages
from service.hedging.advice import Rounding
from service.hedging.collateral import Collateral
from service.hedging.contracts import Contract
from service.hedging.portfolio import Holding, Weighting
from service.hedging.sizing import Sizing, size_hedge
from service.hedging.units import Coverage, Instant, Symbol


class SizingRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, a contract, their prices, and how much to hedge."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(description="The book; one asset sent twice counts once.", min_length=1, max_length=1000),
    ]
    contract: Annotated[
        Contract | Listed, Meta(description="The future to hedge with, in full or by the name that an exchange lists.")
    ]
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, futures mark price by contract symbol, all in one dollar currency, "
            "the contract's own. What is sent counts; what is missing is looked up as `market` says.",
            examples=[{"SOL": "150", "BTC-MINI": "60000"}],
        ),
    ] = msgspec.field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where spot prices that were not sent are looked up; absent or null: nowhere."),
    ] = None
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


class SizingReply(Sizing, frozen=True, kw_only=True):
    """The answer, with everything it was made from; amounts in the quote currency unless said otherwise."""

    contract: Annotated[Contract, Meta(description="The terms used, defaults included; never `listed`.")]
    contract_source: Annotated[ContractSource, Meta(description="Where the terms came from.")]
    prices: Annotated[
        Prices,
        Meta(description="Every price used; sending them back with as_of reproduces the answer."),
    ]
    provenance: Annotated[
        dict[Symbol, Provenance],
        Meta(description="Where each of the prices came from.", max_length=2000),
    ]
    as_of: Annotated[Instant, Meta(description="Time of the question.")]


@post("/v1/sizing", status_code=200)
async def size(data: JSONBody[SizingRequest], request: Request[Any, Any, Any]) -> SizingReply:
    """Size a hedge: how many contracts, and what rounding leaves.

    Answers with the legal sizes on both sides of the exact one, each with its coverage, residual exposure, margin,
    liquidation price, fees and order, and recommends one. Terms of a listed contract and prices that were not sent are
    looked up. Idempotent and free of side effects: POST only because the question does not fit into a URL.
    """
    state = request.app.state
    completed = await complete(
        state.market,
        holdings=data.holdings,
        contract=data.contract,
        prices=data.prices,
        source=data.market,
        as_of=data.as_of,
    )
    reply = answer(data, completed, state.settings.max_notional)
    state.metrics.observe_sizing(reply)
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return reply


def answer(question: SizingRequest, completed: Completed, largest_notional: Decimal) -> SizingReply:
    """Answer a question whose terms and prices are complete, as of its own time or else of now."""
    as_of = question.as_of or Instant.of(datetime.now(UTC))
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
    names = [*(line.asset for line in sizing.holdings), contract.symbol]
    if contract.underlying in prices:
        names = list(dict.fromkeys([*names, contract.underlying]))
    return SizingReply(
        **msgspec.structs.asdict(sizing) | {"warnings": (*completed.cautions, *sizing.warnings)},
        contract=contract,
        contract_source=completed.contract_source,
        prices={name: prices[name] for name in names},
        provenance={name: completed.provenance[name] for name in names},
        as_of=as_of,
    )
