"""`POST /v1/margin`: whether a position survives in its margin account, and how likely it is taken away."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from service.api.lookups.marks import complete
from service.api.lookups.origins import Completed, Listed, Prices, Provenance, Source, note_ages, time_of
from service.api.lookups.premises import AskedTime, TermsOrigin, UsedPrices, UsedTerms, UsedTime, with_premises
from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract
from service.hedging.margin import Held, assess_margin
from service.hedging.portfolio import Holding
from service.hedging.survival.outlook import ASSUMED_VOLATILITY, Outlook
from service.hedging.survival.posting import PostedAsset
from service.hedging.survival.statement import AccountMargin, PositionSide
from service.hedging.survival.touch import Walk
from service.hedging.units import (
    Amount,
    ClosingFeeRate,
    Leverage,
    Lots,
    Move,
    Price,
    Quantity,
    Rise,
    SignedAmount,
    Symbol,
)

FEE_IN_MAINTENANCE = frozenset(("bingx", "mexc"))
"""Exchanges that liquidate when the fee of closing is no longer covered either."""


class MarginRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A position, what stands behind it, and what it has to survive."""

    contract: Annotated[
        Contract | Listed, Meta(description="The future that is held, in full or by the name that an exchange lists.")
    ]
    contracts: Annotated[Lots, Meta(description="Contracts that are open.")]
    side: Annotated[PositionSide, Meta(description="Side of the position.")] = "short"
    entry_price: Annotated[
        Price | None, Meta(description="Average price at which it was opened; null or absent: the mark.")
    ] = None
    wallet_balance: Annotated[
        Amount | None,
        Meta(
            description="Margin in the settlement currency without unrealised profit; or else send leverage. With "
            "neither it is the contract's initial margin.",
            examples=["300"],
        ),
    ] = None
    leverage: Annotated[
        Leverage | None, Meta(description="Value at entry per unit of margin posted; instead of wallet_balance.")
    ] = None
    other_unrealized_pnl: Annotated[
        SignedAmount,
        Meta(description="Unrealised profit of the account's other positions, in the settlement currency."),
    ] = SignedAmount("0")
    other_maintenance_margin: Annotated[
        Amount, Meta(description="Maintenance margin of the account's other positions.", examples=["60"])
    ] = Amount("0")
    collateral: Annotated[
        tuple[PostedAsset, ...],
        Meta(
            description="Assets posted in the account of a linear contract. What is held elsewhere does not count.",
            max_length=20,
        ),
    ] = ()
    closing_fee_rate: Annotated[
        ClosingFeeRate | None,
        Meta(
            description="Fee of closing that has to be left beside maintenance margin. Null or absent: none, but for a "
            "listed contract of an exchange that asks for it (BingX, MEXC) its taker fee."
        ),
    ] = None
    moves: Annotated[
        Annotated[tuple[Move, ...], Meta(max_length=100)] | None,
        Meta(
            description="Moves of the mark for the ladder. Null or absent: 0.02 to 1 up for a short, 0.02 to 0.5 down "
            "for a long.",
            examples=[["0.1", "0.2", "0.5"]],
        ),
    ] = None
    survive_move: Annotated[
        Rise | None,
        Meta(description="Move against the position to survive, as a fraction of the mark; of a long below 1."),
    ] = None
    survive_sigmas: Annotated[
        Annotated[float, Meta(ge=0.1, le=10)] | None,
        Meta(description="Same in standard deviations over the horizon.", examples=[3]),
    ] = None
    volatility: Annotated[
        Annotated[float, Meta(ge=0.01, le=10)] | None,
        Meta(
            description="Annual volatility of the price. Null or absent: 0.6, an assumption that a warning names.",
            examples=[0.6],
        ),
    ] = None
    horizon_days: Annotated[
        float, Meta(description="Days for which it has to survive.", ge=0.01, le=365, examples=[30])
    ] = 30.0
    checks_per_day: Annotated[
        float,
        Meta(
            description="How often somebody looks, for the probability that it is seen beyond the liquidation price.",
            ge=0.01,
            le=86400,
            examples=[1],
        ),
    ] = 1.0
    max_probability: Annotated[
        float,
        Meta(description="Probability of liquidation that is accepted.", ge=0.0001, le=0.5, examples=[0.01]),
    ] = 0.01
    prices: Annotated[
        Prices,
        Meta(
            description="Futures mark price by contract symbol, spot prices of collateral by asset code, all in the "
            "contract's currency. What is sent counts; what is missing is looked up as `market` says.",
            examples=[{"BTC-MINI": "60000"}],
        ),
    ] = msgspec.field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where spot prices of collateral that were not sent are looked up; absent or null: nowhere."),
    ] = None
    as_of: AskedTime = None


class MarginReply(AccountMargin, frozen=True, kw_only=True):
    """A margin account, with everything the answer was made from."""

    contract: UsedTerms
    contract_source: TermsOrigin
    prices: UsedPrices
    provenance: Annotated[
        dict[Symbol, Provenance], Meta(description="Where each of the prices came from.", max_length=30)
    ]
    as_of: UsedTime


@post("/v1/margin", status_code=200)
async def assess(data: JSONBody[MarginRequest], request: Request[Any, Any, Any]) -> MarginReply:
    """Assess a margin account: what it needs, where it is liquidated, and how likely that is.

    Answers with margin by tier, the liquidation price in an isolated or a cross account, a ladder of moves with status
    and top-up at each, the wallet that survives a given move, the probability of touching the liquidation price before
    a horizon (watched all the time, looked at now and then, and with fat tails), and the largest leverage whose
    probability is at most a given one. Idempotent and free of side effects: POST only because the question does not fit
    into a URL.
    """
    state = request.app.state
    completed = await complete(
        state.market,
        holdings=[Holding(asset=one.asset, quantity=Quantity(one.quantity)) for one in data.collateral],
        contract=data.contract,
        prices=data.prices,
        source=data.market,
        as_of=data.as_of,
        until=state.market.deadline(),
        field="collateral",
    )
    reply = answer(data, completed, state.settings.max_notional)
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return reply


def answer(question: MarginRequest, completed: Completed, largest_notional: Decimal) -> MarginReply:
    """Answer a question whose terms and prices are complete, as of its own time or else of now."""
    as_of = time_of(question.as_of)
    contract, prices = completed.contract, completed.prices
    fee = _added_fee(completed) if question.closing_fee_rate is None else None
    assessed = assess_margin(
        Held(
            contract=contract,
            side=question.side,
            contracts=question.contracts,
            entry_price=question.entry_price,
            wallet_balance=question.wallet_balance,
            leverage=question.leverage,
            other_pnl=question.other_unrealized_pnl,
            other_maintenance=question.other_maintenance_margin,
            collateral=question.collateral,
            closing_fee_rate=fee or question.closing_fee_rate or ClosingFeeRate("0"),
        ),
        _outlook(question),
        moves=question.moves,
        prices=prices,
        as_of=as_of,
        largest_notional=largest_notional,
    )
    completed = completed._replace(cautions=(*completed.cautions, *_fee_cautions(completed, fee)))
    return MarginReply(**with_premises(assessed, completed, assessed.collateral, as_of=as_of))


def _outlook(question: MarginRequest) -> Outlook:
    volatility = ASSUMED_VOLATILITY if question.volatility is None else question.volatility
    return Outlook(
        walk=Walk(volatility, question.horizon_days),
        checks_per_day=question.checks_per_day,
        max_probability=question.max_probability,
        survive_move=question.survive_move,
        survive_sigmas=question.survive_sigmas,
        is_assumed=question.volatility is None,
    )


def _added_fee(completed: Completed) -> ClosingFeeRate | None:
    """Give the fee that the contract's exchange adds to maintenance margin; None where it adds none."""
    fee = completed.contract.taker_fee_rate
    if completed.contract_source.source not in FEE_IN_MAINTENANCE or fee is None or fee <= 0:
        return None
    return ClosingFeeRate(fee)


def _fee_cautions(completed: Completed, fee: ClosingFeeRate | None) -> Iterator[Caution]:
    if fee is not None:
        exchange = completed.contract_source.source
        detail = (
            f"{exchange} liquidates when the fee of closing is no longer covered either: taken as its taker fee {fee}"
        )
        yield caution("closing_fee_assumed", detail, "closing_fee_rate")
