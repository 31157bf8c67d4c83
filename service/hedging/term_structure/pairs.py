"""A future beside the spot price of what it follows: the pair that a basis is measured of.

Law: both prices are for the same number of units, in one currency. A future that expires has no funding, and a funding
rate means nothing without its interval.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

from msgspec import Meta, Struct

from service.hedging.errors import (
    CrossedMarketError,
    ExpiredContractError,
    Fault,
    HedgingError,
    InconsistentQuestionError,
)
from service.hedging.rates import YEAR_DAYS, annualize, annualize_continuously, days_between, from_continuous
from service.hedging.units import Asset, FundingRate, Instant, Price, Symbol, exactly

DayCount = Literal["ACT/365", "ACT/360"]
Missing = Literal["perpetual", "last_day", "out_of_range"]
"""Why a pair has no annual rates."""
SLACK = timedelta(minutes=2)
"""By which a payment may lie further off than its interval: prices are a little older or younger than a question."""
LARGEST_BASIS_RATE = Decimal("0.1")
"""Distance of a future from its spot beyond which one of the two prices is more likely a slip."""
LARGEST_RATE = Decimal("1E15")
"""Annual rate beyond which the prices can't be of one asset."""
DAYS_OF_YEAR: Mapping[DayCount, Decimal] = {"ACT/365": YEAR_DAYS, "ACT/360": Decimal(360)}


class Pair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="given"):
    """A future and the spot price of what it follows, at one time, in one currency."""

    symbol: Annotated[Symbol, Meta(description="Name of the future.", examples=["BTC-0626"])]
    underlying: Annotated[Asset, Meta(description="Asset that it follows.", examples=["BTC"])]
    spot_price: Annotated[
        Price, Meta(description="Price of the underlying: of as many units as the future is quoted for.")
    ]
    futures_price: Annotated[Price, Meta(description="Mark price of the future.", examples=["61200"])]
    futures_bid: Annotated[
        Price | None,
        Meta(description="Best bid of the future, at which a short enters; null or absent where unknown."),
    ] = None
    futures_ask: Annotated[
        Price | None, Meta(description="Best ask of the future; null or absent where unknown.", examples=["61210"])
    ] = None
    expiry: Annotated[
        Instant | None,
        Meta(description="When the future settles; null or absent for a perpetual.", examples=["2026-12-25T08:00:00Z"]),
    ] = None
    funding_rate: Annotated[
        FundingRate | None,
        Meta(description="Rate per interval that is paid at next_funding_at; null or absent where unknown."),
    ] = None
    funding_interval_hours: Annotated[
        Annotated[int, Meta(ge=1, le=24)] | None,
        Meta(description="Hours between two funding payments; goes with every funding_rate.", examples=[8]),
    ] = None
    next_funding_at: Annotated[
        Instant | None,
        Meta(
            description="Next funding payment, or one that was: the others follow by the interval. Null or absent: the "
            "grid that begins at 00:00 UTC.",
            examples=["2026-01-02T08:00:00Z"],
        ),
    ] = None

    @property
    def basis(self) -> Decimal:
        """Futures less spot."""
        return self.futures_price - self.spot_price

    @property
    def basis_rate(self) -> Decimal:
        """Basis as a fraction of the spot price; in an exact context."""
        return self.basis / self.spot_price


class AnnualRates(NamedTuple):
    """Annual rate of a basis until expiry, by three conventions; a short earns it where it is positive."""

    simple: Decimal
    compounded: Decimal
    """Yearly."""
    continuous: Decimal


@exactly
def annualize_basis(pair: Pair, as_of: Instant, *, day_count: DayCount = "ACT/365") -> AnnualRates | Missing:
    """Give the annual rates of a pair, or why it has none: a perpetual, less than a day left, absurd prices.

    Simple (F/S - 1) x year / d, compounded (F/S)^(year/d) - 1, continuous ln(F/S) x year / d.
    """
    if pair.expiry is None:
        return "perpetual"
    days, year_days = days_between(as_of, pair.expiry), DAYS_OF_YEAR[day_count]
    if days < 1:
        return "last_day"
    continuous = annualize_continuously(pair.futures_price / pair.spot_price, days, year_days=year_days)
    compounded = from_continuous(continuous)
    if compounded > LARGEST_RATE:
        return "out_of_range"
    return AnnualRates(annualize(pair.basis_rate, days, year_days=year_days), compounded, continuous)


P_co = TypeVar("P_co", bound=Pair, covariant=True)


class Placed(NamedTuple, Generic[P_co]):
    """A pair with its place in the question, and the market in which it is traded."""

    pair: P_co
    path: tuple[str | int, ...]
    market: str
    """Name of what it can be rolled within: an exchange, a style and a currency."""


def check_pairs(placed: Sequence[Placed[Pair]], as_of: Instant) -> None:
    """Refuse pairs that make no sense at a time.

    Raises:
        InconsistentQuestionError, ExpiredContractError, CrossedMarketError: the first kind that applies, with all of
            its places.
    """
    checks = (
        (InconsistentQuestionError, lambda one: _inconsistencies(one, as_of)),
        (ExpiredContractError, lambda one: _expiries(one, as_of)),
        (CrossedMarketError, _crossings),
    )
    for error, find in checks:
        _refuse(error, [fault for one in placed for fault in find(one)])


def _refuse(error: type[HedgingError], faults: Sequence[Fault]) -> None:
    if faults:
        raise error(*faults)


def _inconsistencies(placed: Placed[Pair], as_of: Instant) -> Iterator[Fault]:
    pair, path = placed.pair, placed.path
    if pair.expiry is not None and pair.funding_rate is not None:
        yield Fault((*path, "funding_rate"), f"{pair.symbol} expires, and what expires has no funding")
    elif pair.funding_rate is not None and pair.funding_interval_hours is None:
        detail = f"The funding rate of {pair.symbol} means nothing without its interval in hours"
        yield Fault((*path, "funding_interval_hours"), detail)

    at, hours = pair.next_funding_at, pair.funding_interval_hours
    if at is not None and hours is not None and at - as_of > timedelta(hours=hours) + SLACK:
        detail = f"Funding every {hours} h is paid within {hours} h of {as_of}, and not next at {at}"
        yield Fault((*path, "next_funding_at"), detail)


def _expiries(placed: Placed[Pair], as_of: Instant) -> Iterator[Fault]:
    pair = placed.pair
    if pair.expiry is not None and pair.expiry <= as_of:
        detail = f"{pair.symbol} expired at {pair.expiry}, and the question is as of {as_of}"
        yield Fault((*placed.path, "expiry"), detail)


def _crossings(placed: Placed[Pair]) -> Iterator[Fault]:
    bid, ask = placed.pair.futures_bid, placed.pair.futures_ask
    if bid is not None and ask is not None and bid > ask:
        detail = f"The best bid {bid} of {placed.pair.symbol} is above its best ask {ask}"
        yield Fault((*placed.path, "futures_bid"), detail)
