"""What `make bench` holds the service against: FastAPI as it is commonly written, and ASGI with nothing around it.

Law: the same question in, the same numbers out, from the same domain function; no handicaps.
"""

import gc
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from fastapi import FastAPI
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.api.lookups.origins import take_as_sent
from service.api.messages.wire import encode
from service.api.sizing import SizingRequest, answer
from service.hedging import contracts, portfolio, sizing
from service.hedging.survival import collateral
from service.hedging.units import (
    Amount,
    Contracts,
    Coverage,
    FeeRate,
    InitialMarginRate,
    Instant,
    Leverage,
    MaintenanceMarginRate,
    Multiplier,
    Price,
    Quantity,
    Rise,
    Step,
)

Asset = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,39}$")]
# Bounds alone: max_digits and decimal_places, nearer to what the service refuses, cost pydantic 0.5 us a decimal more.
Signed = Annotated[Decimal, Field(gt=Decimal("-1E15"), lt=Decimal("1E15"))]
NotNegative = Annotated[Decimal, Field(ge=0, lt=Decimal("1E15"))]
Positive = Annotated[Decimal, Field(gt=0, lt=Decimal("1E15"))]
Fee = Annotated[Decimal, Field(gt=-1, lt=1)]


class Question(BaseModel):
    """What every request model forbids."""

    model_config = ConfigDict(extra="forbid")


class Holding(Question):
    """Units of one asset."""

    asset: Asset
    quantity: Signed
    beta: Annotated[float, Field(ge=-100, le=100)] | None = None


class Tier(Question):
    """One step of the maintenance table."""

    floor: NotNegative
    rate: Annotated[Decimal, Field(ge=0, lt=1)]


class Terms(Question):
    """What every contract states."""

    symbol: Symbol
    underlying: Asset
    quoted_units: Positive = Decimal(1)
    lot_step: Positive = Decimal(1)
    min_quantity: NotNegative | None = None
    max_quantity: NotNegative | None = None
    max_market_quantity: NotNegative | None = None
    min_notional: NotNegative | None = None
    tick_size: Positive | None = None
    expiry: AwareDatetime | None = None
    initial_margin_rate: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    maintenance_margin_rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    maintenance_tiers: Annotated[list[Tier], Field(min_length=1, max_length=100)] | None = None
    maintenance_basis: Literal["liquidation", "entry"] = "liquidation"
    maker_fee_rate: Fee | None = None
    taker_fee_rate: Fee | None = None
    funding_interval_hours: Annotated[int, Field(ge=1, le=24)] | None = None
    multiplier: Positive


class Linear(Terms):
    """A future settled in the quote currency."""

    style: Literal["linear"]
    order_unit: Literal["contract", "base"] = "contract"


class Inverse(Terms):
    """A future settled in the coin."""

    style: Literal["inverse"]
    order_unit: Literal["contract", "quote"] = "contract"


class Collateral(Question):
    """What the hedger posts."""

    wallet_balance: NotNegative | None = None
    leverage: Annotated[Decimal, Field(gt=0, lt=1000)] | None = None
    survive_move: Annotated[Decimal, Field(gt=0, lt=10)] | None = None


class Request(Question):
    """The body of a request."""

    holdings: Annotated[list[Holding], Field(min_length=1, max_length=1000)]
    contract: Annotated[Linear | Inverse, Field(discriminator="style")]
    prices: Annotated[dict[Symbol, Positive], Field(max_length=2000)]
    coverage: Annotated[Decimal, Field(ge=0, le=10)] = Decimal(1)
    weighting: Literal["value", "beta"] = "value"
    rounding: Literal["down", "up", "nearest", "exact"] | None = None
    margin: Collateral | None = None
    as_of: AwareDatetime | None = None


class Answer(BaseModel):
    """What every reply model reads: the records of the domain, or keywords."""

    model_config = ConfigDict(from_attributes=True)


class ValuedHolding(Answer):
    """One line of the book."""

    asset: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    exposure: Decimal
    weight: Decimal | None
    beta: float
    beta_exposure: Decimal
    kind: Literal["risky", "stablecoin"]


class Margin(Answer):
    """Margin of one candidate."""

    currency: Literal["quote", "base"]
    wallet: Decimal | None
    initial: Decimal | None
    initial_reason: str | None
    maintenance: Decimal | None
    maintenance_reason: str | None
    liquidation_price: Decimal | None
    liquidation_move: Decimal | None
    liquidation_reason: str | None
    survives: bool | None
    survives_reason: str | None


class Order(Answer):
    """The order that opens the hedge."""

    side: Literal["buy", "sell"]
    symbol: str
    quantity: Decimal
    unit: Literal["contract", "base", "quote"]
    type: Literal["market"]
    reduce_only: bool


class Candidate(Answer):
    """One size with its consequences."""

    rounding: Literal["survival", "down", "exact", "up"]
    contracts: Decimal
    adjustment: str | None
    notional: Decimal
    coverage: Decimal | None
    residual_exposure: Decimal
    deviation: Decimal | None
    status: Literal["under_hedged", "matched", "over_hedged", "no_target"]
    margin: Margin
    fees: Decimal | None
    fees_reason: str | None
    order: Order | None
    order_reason: str | None


class Caution(Answer):
    """What to know."""

    code: str
    pointer: str
    detail: str


class Provenance(Answer):
    """Where a price came from."""

    source: Literal["request"]
    exchanges: list[str]
    kind: str | None
    symbol: str | None
    as_of: AwareDatetime | None
    age_seconds: float | None
    converted_at: Decimal | None


class ContractSource(Answer):
    """Where the terms came from."""

    source: Literal["request"]
    maintenance: Literal["request"]
    maintenance_as_of: str | None
    as_of: AwareDatetime | None
    age_seconds: float | None
    quote: str | None


class Reply(Answer):
    """The body of a reply."""

    side: Literal["short", "long", "none"]
    weighting: Literal["value", "beta"]
    coverage: Decimal
    exposure: Decimal
    gross_value: Decimal
    stable_value: Decimal
    beta_exposure: Decimal
    portfolio_beta: float | None
    target_notional: Decimal
    futures_price: Decimal
    unit_notional: Decimal
    exact_contracts: Decimal
    candidates: list[Candidate]
    recommended: Literal["survival", "down", "exact", "up"] | None
    reason: str
    holdings: list[ValuedHolding]
    warnings: list[Caution]
    contract: Linear | Inverse
    contract_source: ContractSource
    prices: dict[str, Decimal]
    provenance: dict[str, Provenance]
    as_of: AwareDatetime


_FROM_REQUEST = Provenance(
    source="request", exchanges=[], kind=None, symbol=None, as_of=None, age_seconds=None, converted_at=None
)
_TERMS_FROM_REQUEST = ContractSource(
    source="request", maintenance="request", maintenance_as_of=None, as_of=None, age_seconds=None, quote=None
)


def create_fastapi() -> FastAPI:
    """Build the FastAPI application, with nothing around its one operation but what FastAPI has by itself."""
    app = FastAPI()

    @app.post("/v1/sizing")
    async def size(question: Request) -> Reply:
        """Convert to the domain, ask it, convert back."""
        as_of = question.as_of or datetime.now(UTC)
        prices = {name: Price(price) for name, price in question.prices.items()}
        found = sizing.size_hedge(
            holdings=[
                portfolio.Holding(asset=holding.asset, quantity=Quantity(holding.quantity), beta=holding.beta)
                for holding in question.holdings
            ],
            contract=_contract(question.contract),
            prices=prices,
            coverage=Coverage(question.coverage),
            weighting=question.weighting,
            as_of=Instant.of(as_of),
            rounding=question.rounding,
            collateral=_collateral(question.margin),
        )
        names = [*(line.asset for line in found.holdings), question.contract.symbol]
        return Reply(
            **msgspec.structs.asdict(found),
            contract=question.contract,
            contract_source=_TERMS_FROM_REQUEST,
            prices={name: prices[name] for name in names},
            provenance=dict.fromkeys(names, _FROM_REQUEST),
            as_of=as_of,
        )

    gc.freeze()
    return app


def _contract(terms: Linear | Inverse) -> contracts.Contract:
    """Convert the terms to the domain's record."""
    record = contracts.Linear if isinstance(terms, Linear) else contracts.Inverse
    return record(
        symbol=terms.symbol,
        underlying=terms.underlying,
        quoted_units=Step(terms.quoted_units),
        lot_step=Step(terms.lot_step),
        min_quantity=None if terms.min_quantity is None else Contracts(terms.min_quantity),
        max_quantity=None if terms.max_quantity is None else Contracts(terms.max_quantity),
        max_market_quantity=None if terms.max_market_quantity is None else Contracts(terms.max_market_quantity),
        min_notional=None if terms.min_notional is None else Amount(terms.min_notional),
        tick_size=None if terms.tick_size is None else Step(terms.tick_size),
        expiry=None if terms.expiry is None else Instant.of(terms.expiry),
        initial_margin_rate=None if terms.initial_margin_rate is None else InitialMarginRate(terms.initial_margin_rate),
        maintenance_margin_rate=None
        if terms.maintenance_margin_rate is None
        else MaintenanceMarginRate(terms.maintenance_margin_rate),
        maintenance_tiers=None if terms.maintenance_tiers is None else _tiers(terms.maintenance_tiers),
        maintenance_basis=terms.maintenance_basis,
        maker_fee_rate=None if terms.maker_fee_rate is None else FeeRate(terms.maker_fee_rate),
        taker_fee_rate=None if terms.taker_fee_rate is None else FeeRate(terms.taker_fee_rate),
        funding_interval_hours=terms.funding_interval_hours,
        multiplier=Multiplier(terms.multiplier),
        order_unit=terms.order_unit,  # type: ignore[arg-type]  # each style has its own
    )


def _tiers(tiers: list[Tier]) -> tuple[contracts.MaintenanceTier, ...]:
    """Convert the maintenance table."""
    return tuple(
        contracts.MaintenanceTier(floor=Amount(tier.floor), rate=MaintenanceMarginRate(tier.rate)) for tier in tiers
    )


def _collateral(margin: Collateral | None) -> collateral.Collateral | None:
    """Convert what is posted."""
    if margin is None:
        return None
    return collateral.Collateral(
        wallet_balance=None if margin.wallet_balance is None else Amount(margin.wallet_balance),
        leverage=None if margin.leverage is None else Leverage(margin.leverage),
        survive_move=None if margin.survive_move is None else Rise(margin.survive_move),
    )


def create_bare() -> ASGIApp:
    """Build the bare application: read, decode strictly, ask the domain, encode, send; whatever fails, fails."""
    decode = msgspec.json.Decoder(SizingRequest, dec_hook=_parse).decode

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a sizing, whatever the path."""
        if scope["type"] != ScopeType.HTTP:
            return
        body = b""
        more = True
        while more:
            message: Any = await receive()
            body += message["body"]
            more = message["more_body"]
        question: Any = decode(body)
        reply = encode(answer(question, take_as_sent(question.contract, question.prices), sizing.LARGEST_NOTIONAL))
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(reply))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": reply, "more_body": False})

    gc.freeze()
    return respond


def _parse(word: Any, value: object) -> Any:
    """Read a word, for msgspec."""
    return word.parse(value)
