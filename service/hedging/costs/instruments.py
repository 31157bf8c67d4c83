"""What a hedge can be held in: a pair with what trading it costs and how its funding is expected to go.

Law: what is not known is assumed aloud: every assumption has a name and a value in the answer.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.term_structure.funding import USUAL_FUNDING, FundingModel, fit_funding, rescale
from service.hedging.term_structure.pairs import Pair, Placed
from service.hedging.units import FeeRate, SpreadRate, Symbol, exactly

USUAL_TAKER_FEE = FeeRate("0.0005")
LARGEST_HALF_SPREAD = 1 - Decimal("1E-18")
USUAL_HALF_SPREADS = {"perpetual": SpreadRate("0.0001"), "future": SpreadRate("0.0002")}
AssumptionName = Literal[
    "funding_process",
    "funding_stamps",
    "half_spread_rate",
    "next_expiry",
    "settlement_fee_rate",
    "taker_fee_rate",
]
FundingSource = Literal["sent", "fitted", "assumed"]


class FundingProcess(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How funding is expected to go: each interval it keeps a share of its distance from the mean, and is jolted."""

    mean_rate: Annotated[float, Meta(description="Per interval, in the long run.", ge=-1, le=1, examples=[0.0001])]
    persistence: Annotated[
        float,
        Meta(
            description="Share of a distance from the mean that is left an interval later.",
            ge=-0.99,
            le=0.99,
            examples=[0.9],
        ),
    ]
    volatility: Annotated[
        float, Meta(description="Standard deviation of the jolt, per interval.", ge=0, le=1, examples=[0.00006])
    ]


class Instrument(Pair, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="given"):
    """A future that can be held, with what its trading costs."""

    taker_fee_rate: Annotated[
        FeeRate | None,
        Meta(description="Fee per trade as a fraction of the notional; null or absent: 0.0005, as an assumption."),
    ] = None
    half_spread_rate: Annotated[
        SpreadRate | None,
        Meta(
            description="Loss per trade against the mid price; null or absent: from bid and ask, else 0.0001 for a "
            "perpetual and 0.0002 for a future, as an assumption."
        ),
    ] = None
    settlement_fee_rate: Annotated[
        FeeRate, Meta(description="Fee for what is held until it settles, as a fraction of the notional.")
    ] = FeeRate("0")
    funding_process: Annotated[
        FundingProcess | None,
        Meta(description="How a perpetual's funding is expected to go; null or absent: fitted, or else assumed."),
    ] = None
    past_funding: Annotated[
        Annotated[
            tuple[Annotated[float, Meta(ge=-1, le=1, examples=[0.0001])], ...], Meta(min_length=3, max_length=2000)
        ]
        | None,
        Meta(
            description="Rates that a perpetual paid, per interval of now, oldest first, without gaps: a process is "
            "fitted to them. Null or absent for none."
        ),
    ] = None


class Assumption(Struct, frozen=True, kw_only=True):
    """Something that nobody knew, and that was assumed."""

    name: Annotated[AssumptionName, Meta(description="What.")]
    symbol: Annotated[Symbol, Meta(description="Of which instrument.")]
    market: Annotated[str, Meta(description="Where it is traded.", max_length=60, examples=["binance linear USDT"])]
    value: Annotated[str, Meta(description="As what.", examples=["0.0005"], max_length=200)]
    detail: Annotated[
        str, Meta(description="Why, in a sentence.", examples=["No fee was sent or listed"], max_length=500)
    ]


class Known(NamedTuple):
    """An instrument with nothing left open."""

    instrument: Instrument
    """With its costs and its process filled in: sent back, it leads to the same."""
    path: tuple[str | int, ...]
    """Its place in the question."""
    market: str
    """In which it can be rolled."""
    fee_rate: Decimal
    """Per trade."""
    half_spread_rate: Decimal
    """Lost per trade."""
    funding: FundingModel | None
    """Per interval; None for what expires, and for a perpetual whose interval nobody knows."""
    funding_source: FundingSource | None
    observations: int | None
    """Past payments that the process is fitted to; None where it is not."""
    assumptions: tuple[Assumption, ...]


def check_instruments(placed: Sequence[Placed[Instrument]]) -> None:
    """Refuse what says two things about its funding, or anything about one that it does not have.

    Raises:
        InconsistentQuestionError: with all places.
    """
    faults = [*_mixtures(placed), *(fault for one in placed for fault in _faults(one))]
    if faults:
        raise InconsistentQuestionError(*faults)


def _mixtures(placed: Sequence[Placed[Instrument]]) -> Iterator[Fault]:
    """List what follows another asset than the first: a hedge is in one."""
    for one in placed:
        if one.pair.underlying != placed[0].pair.underlying:
            detail = (
                f"{one.pair.symbol} follows {one.pair.underlying}, and a hedge in {placed[0].pair.underlying} is asked"
            )
            yield Fault((*one.path, "underlying"), detail)


def _faults(placed: Placed[Instrument]) -> Iterator[Fault]:
    instrument, path = placed.pair, placed.path
    if instrument.expiry is not None and (instrument.funding_process or instrument.past_funding):
        yield Fault((*path, "expiry"), f"{instrument.symbol} expires, and what expires has no funding")
    elif instrument.funding_process is not None and instrument.past_funding is not None:
        detail = f"Send funding_process or past_funding of {instrument.symbol}, not both"
        yield Fault((*path, "funding_process"), detail)


@exactly
def assume(placed: Placed[Instrument]) -> Known:
    """Fill in what an instrument leaves open, and name it."""
    instrument = placed.pair
    fee, half_spread, funding = _fee(placed), _half_spread(placed), _funding(placed)
    process = None if funding.model is None else _write_process(funding.model)
    return Known(
        instrument=replace(
            instrument,
            taker_fee_rate=fee.value,
            half_spread_rate=half_spread.value,
            funding_process=process,
            past_funding=None,
        ),
        path=placed.path,
        market=placed.market,
        fee_rate=fee.value,
        half_spread_rate=half_spread.value,
        funding=funding.model,
        funding_source=funding.source,
        observations=None if instrument.past_funding is None else len(instrument.past_funding),
        assumptions=(*fee.assumptions, *half_spread.assumptions, *funding.assumptions),
    )


def _write_process(model: FundingModel) -> FundingProcess:
    return FundingProcess(mean_rate=model.mean, persistence=model.persistence, volatility=model.volatility)


R = TypeVar("R")


class _Filled(NamedTuple, Generic[R]):
    value: R
    assumptions: tuple[Assumption, ...] = ()


class _Funding(NamedTuple):
    model: FundingModel | None = None
    source: FundingSource | None = None
    assumptions: tuple[Assumption, ...] = ()


def _fee(placed: Placed[Instrument]) -> _Filled[FeeRate]:
    instrument = placed.pair
    if instrument.taker_fee_rate is not None:
        return _Filled(instrument.taker_fee_rate)
    detail = "Its fee per trade is not known: taken as that of a regular user at most exchanges"
    return _Filled(USUAL_TAKER_FEE, _assume(placed, "taker_fee_rate", value=USUAL_TAKER_FEE, detail=detail))


def _half_spread(placed: Placed[Instrument]) -> _Filled[SpreadRate]:
    instrument = placed.pair
    bid, ask = instrument.futures_bid, instrument.futures_ask
    if instrument.half_spread_rate is not None:
        return _Filled(instrument.half_spread_rate)
    if bid is not None and ask is not None:
        return _Filled(SpreadRate(min(LARGEST_HALF_SPREAD, round((ask - bid) / (ask + bid), 18))))
    usual = USUAL_HALF_SPREADS["perpetual" if instrument.expiry is None else "future"]
    detail = "Its best bid and ask are not both known: half of the spread is taken as usual for BTC"
    return _Filled(usual, _assume(placed, "half_spread_rate", value=usual, detail=detail))


def _funding(placed: Placed[Instrument]) -> _Funding:
    instrument = placed.pair
    hours, sent = instrument.funding_interval_hours, instrument.funding_process
    if instrument.expiry is not None or hours is None:
        return _Funding()
    stamps: tuple[Assumption, ...] = ()
    if instrument.next_funding_at is None:
        detail = "Its next payment is not known: payments are taken to lie on the grid that begins at 00:00 UTC"
        stamps = _assume(placed, "funding_stamps", value=f"every {hours} h", detail=detail)
    if sent is not None:
        return _Funding(FundingModel(sent.mean_rate, sent.persistence, sent.volatility), "sent", stamps)
    if instrument.past_funding is not None:
        return _Funding(fit_funding(instrument.past_funding), "fitted", stamps)
    model = rescale(USUAL_FUNDING, hours)
    detail = (
        "No past funding was sent or looked up: the mean is the interest part of 0.01 % per 8 hours, persistence (0.9 "
        "over 8 hours) and volatility (0.006 %) are guesses"
    )
    value = f"mean {model.mean:.8f}, persistence {model.persistence:.4f}, volatility {model.volatility:.8f}"
    return _Funding(model, "assumed", (*_assume(placed, "funding_process", value=value, detail=detail), *stamps))


def _assume(placed: Placed[Instrument], name: AssumptionName, *, value: object, detail: str) -> tuple[Assumption, ...]:
    return (Assumption(name=name, symbol=placed.pair.symbol, market=placed.market, value=str(value), detail=detail),)
