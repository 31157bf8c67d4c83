"""Where terms and prices come from: as a request says it, and as an answer shows it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.api.lookups.absences import at, refuse
from service.hedging.cautions import Caution
from service.hedging.contracts import Contract
from service.hedging.units import Exact, Instant, Price, Symbol, exactly
from service.market.events import Observe, Priced
from service.market.found import Looked
from service.market.source import Exchange

Prices = Annotated[dict[Symbol, Price], Meta(max_length=2000)]
Currency = Literal["USDT", "USDC"]
Style = Literal["linear", "inverse"]
LONGEST_AGE = 10.0
"""Seconds that a looked-up price may be old, unless the caller says otherwise."""
MaxAge = Annotated[float, Meta(ge=3, le=60, examples=[10])]
"""Seconds that the caller allows; a price is shared for 2, and one that ages on its way is not to be refused for it."""


class Listed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="listed"):
    """A contract that an exchange lists: its terms and its price are looked up there."""

    exchange: Annotated[Exchange, Meta(description="Where it is listed.")]
    symbol: Annotated[Symbol, Meta(description="Name of the contract as the exchange writes it.", examples=["BTCUSDT"])]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where prices that were not sent are looked up."""

    exchange: Annotated[
        Literal[Exchange, "median"],
        Meta(
            description="Exchange whose last spot trades value the holdings; `median`: the median of those exchanges, "
            "at least three, that agree within 2 % (BTC and ETH 1 %)."
        ),
    ]
    quote: Annotated[Currency, Meta(description="Currency of the pairs that are looked up.")] = "USDT"
    max_age_seconds: Annotated[
        MaxAge, Meta(description="Age from which a price is refused, contract marks included.")
    ] = LONGEST_AGE


class Unavailable(Struct, frozen=True, kw_only=True):
    """An exchange that is missing in the answer."""

    exchange: Annotated[Exchange, Meta(description="Which.")]
    style: Annotated[Style, Meta(description="Futures that are missing.")]
    detail: Annotated[
        str,
        Meta(
            description="Why, in a sentence.",
            max_length=1000,
            examples=["linear futures at mexc: Spared after blocked"],
        ),
    ]


class Provenance(Struct, frozen=True, kw_only=True):
    """Where a price came from."""

    source: Annotated[
        Literal[Exchange, "request", "median", "definition"],
        Meta(
            description="`request`: the caller sent it. `definition`: a currency costs 1 of itself. Else where it was "
            "looked up."
        ),
    ]
    exchanges: Annotated[
        tuple[Exchange, ...],
        Meta(description="Exchanges behind a looked-up price: those that agree, for `median`.", max_length=5),
    ]
    kind: Annotated[
        Literal["last", "mark", "index"] | None,
        Meta(
            description="`last` spot trade, a contract's `mark`, or the `index` that its exchange holds it against; "
            "null where it was not looked up."
        ),
    ]
    symbol: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(
            description="Symbol at the exchange whose price it is, divided by its scale where it has one; null where "
            "it was not looked up, or for several.",
            examples=["SOLUSDT"],
        ),
    ]
    as_of: Annotated[
        Instant | None,
        Meta(
            description="Time that the exchange gives to the price, else when it was asked; the oldest of several. A "
            "last trade may be older than that. Null where it was not looked up."
        ),
    ]
    age_seconds: Annotated[
        float | None,
        Meta(description="Age of the price when the answer was made; null where it was not looked up.", examples=[0.8]),
    ]
    converted_at: Annotated[
        Price | None,
        Meta(
            description="Price of the currency it was found in, as sent, by which it was multiplied; null where it was "
            "found in the contract's own."
        ),
    ]


class ContractSource(Struct, frozen=True, kw_only=True):
    """Where the contract's terms came from."""

    source: Annotated[Literal[Exchange, "request"], Meta(description="`request`: the caller sent them all.")]
    maintenance: Annotated[
        Literal["request", "exchange", "table", "estimate", "unknown"],
        Meta(
            description="Maintenance tiers: published by the exchange, from a dated table, estimated as 0.75 over the "
            "largest leverage, or not known at all."
        ),
    ]
    maintenance_as_of: Annotated[
        Annotated[str, Meta(max_length=10)] | None,
        Meta(description="Day of the table; null for none.", examples=["2026-09-29"]),
    ]
    as_of: Annotated[
        Instant | None, Meta(description="When the exchange was asked for the terms; null where they were sent.")
    ]
    age_seconds: Annotated[
        float | None,
        Meta(description="Age of the terms when the answer was made; null where they were sent.", examples=[120.5]),
    ]
    quote: Annotated[
        Annotated[str, Meta(max_length=20)] | None,
        Meta(description="Currency of the contract's prices; null where the caller sent the terms.", examples=["USDT"]),
    ]


class Completed(NamedTuple):
    """A contract with its terms and all prices that there are."""

    contract: Contract
    contract_source: ContractSource
    prices: Mapping[str, Price]
    provenance: Mapping[str, Provenance]
    cautions: tuple[Caution, ...]


FROM_REQUEST = Provenance(
    source="request", exchanges=(), kind=None, symbol=None, as_of=None, age_seconds=None, converted_at=None
)
BY_DEFINITION = Provenance(
    source="definition", exchanges=(), kind=None, symbol=None, as_of=None, age_seconds=None, converted_at=None
)
_TERMS_FROM_REQUEST = ContractSource(
    source="request", maintenance="request", maintenance_as_of=None, as_of=None, age_seconds=None, quote=None
)


write_instant = lru_cache(maxsize=1024)(Instant.of_ms)
"""Write a time in milliseconds since 1970; those of a board's prices are asked for often."""


@lru_cache(maxsize=8192)
@exactly
def write_price(price: Decimal) -> Price:
    """Write a price as a request would have it, to 18 fractional digits; a board's prices are asked for often.

    Raises:
        InvalidWordError: if it is no price then.
    """
    return Price.parse(str(Exact(round(price, 18))))


def origin_of(
    looked: Looked, kind: Literal["last", "mark", "index"], *, age: float, converted_at: Price | None = None
) -> Provenance:
    """Say where a price came from, and how old it is."""
    return Provenance(
        source=looked.source,
        exchanges=looked.sources,
        kind=kind,
        symbol=looked.symbol,
        as_of=write_instant(looked.as_of_ms),
        age_seconds=round(age, 3),
        converted_at=converted_at,
    )


def require_now(as_of: Instant | None, longest: float) -> None:
    """Refuse a question of another time, which what is looked up now does not answer.

    Raises:
        RefusalError: as_of_not_now.
    """
    if as_of is not None and abs((datetime.now(UTC) - as_of).total_seconds()) > longest:
        detail = f"What is looked up is of now, and the question is as of {as_of}: send all prices and terms"
        raise refuse("as_of_not_now", detail, at("as_of"))


def time_of(as_of: Instant | None) -> Instant:
    """Give the time of a question: its own, or else now."""
    return as_of or Instant.of(datetime.now(UTC))


def take_as_sent(contract: Contract, prices: Mapping[str, Price]) -> Completed:
    """Take a contract that is given in full, with the prices that were sent."""
    return Completed(contract, _TERMS_FROM_REQUEST, prices, dict.fromkeys(prices, FROM_REQUEST), ())


def note_ages(origins: Iterable[Provenance], observe: Observe) -> None:
    """Tell how old the oldest looked-up price of each source is in an answer."""
    oldest: dict[str, float] = {}
    for origin in origins:
        if origin.age_seconds is not None:
            oldest[origin.source] = max(origin.age_seconds, oldest.get(origin.source, 0.0))
    for source, age in oldest.items():
        observe(Priced(source, age))
