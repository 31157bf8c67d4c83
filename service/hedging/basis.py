"""What a future costs over spot, how that runs off, and what it means for a short.

Law: basis is futures less spot, so a short earns a positive one that it holds to expiry; Hull's is the opposite and is
returned beside it. What expires has an annual rate, a perpetual has its funding; neither is turned into the other.
Source: Hull, Options, Futures and Other Derivatives, 3.3; domain formulas for the projection.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.rates import YEAR_DAYS, days_between
from service.hedging.term_structure.convergence import (
    Close,
    ConvergencePoint,
    EarlyClose,
    Projection,
    check_close,
    close_early,
    project,
)
from service.hedging.term_structure.funding import (
    annualize_funding,
    annualize_funding_continuously,
    fair_perpetual_price,
    next_stamp,
    rate_of_premium,
    sum_funding,
)
from service.hedging.term_structure.pairs import (
    LARGEST_BASIS_RATE,
    LARGEST_RATE,
    AnnualRates,
    DayCount,
    Missing,
    Pair,
    Placed,
    annualize_basis,
    check_pairs,
)
from service.hedging.term_structure.rolls import LEAD_DAYS
from service.hedging.term_structure.standing import FEW, Standing, place
from service.hedging.units import Instant, Money, PriceLevel, Share, exactly

State = Literal["contango", "backwardation", "flat"]


class BasisLine(Struct, frozen=True, kw_only=True):
    """One future against its spot, in its currency and per unit as it is quoted."""

    pair: Annotated[Pair, Meta(description="The prices and terms used; sent back with as_of it gives this line again.")]
    basis: Annotated[Money, Meta(description="Futures - spot.", examples=["1200"])]
    hull_basis: Annotated[Money, Meta(description="Spot - futures, as textbooks have it.", examples=["-1200"])]
    basis_rate: Annotated[Share, Meta(description="basis / spot.", examples=["0.02"])]
    state: Annotated[
        State,
        Meta(description="`contango`: the future is dearer and a short earns it; `backwardation`: a short pays it."),
    ]
    executable_basis: Annotated[
        Money | None,
        Meta(description="Best bid - spot: what a short that sells at once gets; null where no bid is known."),
    ]
    executable_basis_rate: Annotated[Share | None, Meta(description="executable_basis / spot; null without a bid.")]
    days_to_expiry: Annotated[
        Annotated[float, Meta(ge=0)] | None, Meta(description="Null for a perpetual.", examples=[90.0])
    ]
    annualized_basis_rate: Annotated[
        Share | None, Meta(description="Simple, basis_rate x year / days.", examples=["0.08111111"])
    ]
    annualized_basis_rate_compounded: Annotated[
        Share | None, Meta(description="Compounded yearly, (F/S)^(year/days) - 1.", examples=["0.08362365"])
    ]
    annualized_basis_rate_continuous: Annotated[
        Share | None, Meta(description="Continuous, ln(F/S) x year / days.", examples=["0.08031066"])
    ]
    annualized_reason: Annotated[
        Missing | None,
        Meta(
            description="Why the three annual rates are null: a perpetual has none, on the last day they say nothing, "
            "or the prices can't be of one asset; null where they are there."
        ),
    ]
    annualized_funding_rate: Annotated[
        Share | None,
        Meta(
            description="Simple annual rate of a perpetual's funding, by its own interval: what a short earns; null "
            "where no funding is known.",
            examples=["0.1095"],
        ),
    ]
    annualized_funding_rate_compounded: Annotated[
        Share | None,
        Meta(
            description="Same, if every payment were reinvested for a year; null where no funding is known, and where "
            "that leads beyond all bounds."
        ),
    ]
    annualized_funding_rate_continuous: Annotated[
        Share | None,
        Meta(description="Same as a continuous rate, to be held beside that of a future; null without funding."),
    ]
    premium_funding_rate: Annotated[
        Share | None,
        Meta(
            description="Funding per interval to which this basis leads if it stays, by the usual formula and before "
            "the exchange's cap; null for what expires and where the interval is unknown.",
            examples=["0.0001"],
        ),
    ]
    fair_price: Annotated[
        PriceLevel | None,
        Meta(
            description="Spot x (1 + funding rate x time to the next payment / interval): dearer, a new short gains on "
            "the way there; null for what expires and where no funding is known.",
            examples=["60004.5"],
        ),
    ]
    convergence: Annotated[
        tuple[ConvergencePoint, ...],
        Meta(description="Projected basis until expiry; empty without annual rates.", max_length=61),
    ]
    early_close: Annotated[
        EarlyClose | None,
        Meta(description="As asked by `close`; null where not asked, without annual rates, or where it settles first."),
    ]
    history: Annotated[
        Standing | None,
        Meta(description="Standing among its past; null where no history was asked for or there is no annual rate."),
    ]


class Measured(NamedTuple):
    """A line with what to know about it."""

    line: BasisLine
    cautions: tuple[Caution, ...]


@exactly
def measure_basis(
    placed: Sequence[Placed[Pair]],
    *,
    as_of: Instant,
    histories: Sequence[Sequence[float | None] | None],
    projection: Projection,
    close: Close | None = None,
    day_count: DayCount = "ACT/365",
) -> list[Measured]:
    """Measure the basis of some pairs.

    Args:
        placed: the pairs, with their places in the question.
        as_of: time of the question.
        histories: past values of each pair's own measure (`standing.Measure`), None where it is not to be placed.
        projection: how convergence is projected.
        close: a time before expiry at which the hedge is closed; None for none.
        day_count: of the three annual rates; all else is ACT/365.

    Raises:
        InconsistentQuestionError, ExpiredContractError, CrossedMarketError, TooFewObservationsError: in this order.
    """
    check_pairs(placed, as_of)
    check_close(placed, close, as_of)
    ask = _Ask(as_of, projection, close, day_count)
    return [_measure(one, ask, history) for one, history in zip(placed, histories, strict=True)]


_History = Sequence[float | None] | None


class _Ask(NamedTuple):
    as_of: Instant
    projection: Projection
    close: Close | None
    day_count: DayCount


def _measure(placed: Placed[Pair], ask: _Ask, history: _History) -> Measured:
    pair, rate = placed.pair, placed.pair.basis_rate
    rates = annualize_basis(pair, ask.as_of, day_count=ask.day_count)
    line = BasisLine(
        pair=pair,
        basis=Money.of(pair.basis),
        hull_basis=Money.of(-pair.basis),
        basis_rate=Share.of(rate),
        state=_state(Share.of(rate)),
        days_to_expiry=None if pair.expiry is None else float(days_between(ask.as_of, pair.expiry)),
        **_executable(pair),
        **_annual(rates),
        **_funding(pair, ask.as_of),
        **_converge(pair, ask),
        history=_place(placed, rates, history),
    )
    return Measured(line, tuple(_warn(placed, line, ask.as_of)))


def _state(rate: Decimal) -> State:
    return "contango" if rate > 0 else "backwardation" if rate < 0 else "flat"


def _executable(pair: Pair) -> dict[str, Any]:
    basis = None if pair.futures_bid is None else pair.futures_bid - pair.spot_price
    return {
        "executable_basis": None if basis is None else Money.of(basis),
        "executable_basis_rate": None if basis is None else Share.of(basis / pair.spot_price),
    }


def _annual(rates: AnnualRates | Missing) -> dict[str, Any]:
    names = ("annualized_basis_rate", "annualized_basis_rate_compounded", "annualized_basis_rate_continuous")
    if isinstance(rates, AnnualRates):
        return {**dict(zip(names, map(Share.of, rates), strict=True)), "annualized_reason": None}
    return {**dict.fromkeys(names), "annualized_reason": rates}


def _funding(pair: Pair, as_of: Instant) -> dict[str, Any]:
    """Give what a perpetual's funding and premium amount to, where they are known."""
    hours, rate = pair.funding_interval_hours, pair.funding_rate
    if pair.expiry is not None or hours is None:
        return dict.fromkeys((*_FUNDING, "premium_funding_rate"))
    premium = Share.of(rate_of_premium(pair.basis_rate, hours=hours))
    if rate is None:
        return {**dict.fromkeys(_FUNDING), "premium_funding_rate": premium}
    compounded = sum_funding(rate, 24 * YEAR_DAYS / hours, is_reinvested=True)
    left = days_between(as_of, next_stamp(as_of, next_at=pair.next_funding_at, hours=hours)) * 24
    fair_price = fair_perpetual_price(pair.spot_price, rate=rate, hours_left=left, hours=hours)
    return {
        "annualized_funding_rate": Share.of(annualize_funding(rate, hours)),
        "annualized_funding_rate_compounded": Share.of(compounded) if compounded < LARGEST_RATE else None,
        "annualized_funding_rate_continuous": Share.of(annualize_funding_continuously(rate, hours)),
        "premium_funding_rate": premium,
        "fair_price": PriceLevel.of(fair_price),
    }


_FUNDING = (
    "annualized_funding_rate",
    "annualized_funding_rate_compounded",
    "annualized_funding_rate_continuous",
    "fair_price",
)


def _converge(pair: Pair, ask: _Ask) -> dict[str, Any]:
    rates = annualize_basis(pair, ask.as_of)
    if not isinstance(rates, AnnualRates):
        return {"convergence": (), "early_close": None}
    return {
        "convergence": project(pair, ask.as_of, rates.continuous, projection=ask.projection),
        "early_close": None if ask.close is None else close_early(pair, ask.close, carry=rates.continuous),
    }


def _place(placed: Placed[Pair], rates: AnnualRates | Missing, history: _History) -> Standing | None:
    path = (*placed.path, "history")
    if history is None or rates in {"last_day", "out_of_range"}:
        return None
    if isinstance(rates, AnnualRates):
        return place(float(rates.simple), history, measure="annualized_basis_rate", path=path)
    return place(float(placed.pair.basis_rate), history, measure="basis_rate", path=path)


def _warn(placed: Placed[Pair], line: BasisLine, as_of: Instant) -> Iterator[Caution]:
    pair, path = placed.pair, placed.path
    if abs(line.basis_rate) > LARGEST_BASIS_RATE:
        detail = f"{pair.symbol} at {pair.futures_price} is far from {pair.underlying} at {pair.spot_price}"
        yield caution("basis_implausible", detail, *path, "basis_rate")
    if pair.expiry is not None and days_between(as_of, pair.expiry) < LEAD_DAYS:
        detail = f"{pair.symbol} expires at {pair.expiry}, within {LEAD_DAYS} days: take the next expiry"
        yield caution("expiry_near", detail, *path, "days_to_expiry")
    if (pair.futures_bid is None) != (pair.futures_ask is None):
        side = "bid" if pair.futures_bid is None else "ask"
        detail = f"{pair.symbol} has no {side}: at once it can be traded on one side only, if at all"
        yield caution("one_sided_book", detail, *path, "pair")
    if line.history is not None and line.history.observations < FEW:
        detail = f"{line.history.observations} past values are few: the standing says little"
        yield caution("low_sample", detail, *path, "history")
