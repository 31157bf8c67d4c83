"""How a basis runs off until expiry, and what a hedge gets that is closed before.

Law: at expiry the basis is nothing, whatever it was; before, spot and the annual rate may both have moved, and the less
time is left the less that matters. It is the future's own basis that converges, never a coin against its market.
Source: Hull, Options, Futures and Other Derivatives, 3.3: the effective price of a hedge is S2 + F1 - F2.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.rates import YEAR_DAYS, days_between, forward_price
from service.hedging.term_structure.pairs import Pair, Placed
from service.hedging.units import AnnualRate, Instant, Money, Move, PriceLevel, exactly

LARGEST_GROWTH = Decimal(50)
"""Logarithm of a growth until expiry beyond which it is no price any more."""
TAIL = 1.6448536269514722
"""95 % quantile of the normal distribution: 5 % lie below a band of that many standard deviations, 5 % above."""


class Projection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the convergence of a basis is projected."""

    points: Annotated[int, Meta(description="Steps from now to expiry; 0 for none.", ge=0, le=60, examples=[4])] = 4
    carry_volatility: Annotated[
        float,
        Meta(
            description="Standard deviation by which a future's continuous annual rate moves in a year: an assumption. "
            "0.06 fits the medians of Binance's BTC and ETH quarterlies from 2024 to 2026.",
            ge=0,
            le=10,
            examples=[0.06],
        ),
    ] = 0.06
    spot_volatility: Annotated[
        float, Meta(description="Annual volatility of the spot price: an assumption.", ge=0, le=10, examples=[0.6])
    ] = 0.6


class Close(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hedge closed before expiry."""

    at: Annotated[Instant, Meta(description="When it is closed.", examples=["2026-02-15T00:00:00Z"])]
    spot_move: Annotated[Move, Meta(description="Relative change of the spot price until then.")] = Move("0")
    annualized_basis_rate_continuous: Annotated[
        AnnualRate | None,
        Meta(description="Continuous annual rate of the future then; null or absent: what it is now."),
    ] = None


class ConvergencePoint(Struct, frozen=True, kw_only=True):
    """A basis at a later time, if spot and the annual rate stay as they are, and how sure that is."""

    at: Annotated[Instant, Meta(description="When.")]
    days_left: Annotated[float, Meta(description="Days to expiry then.", ge=0, examples=[45.0])]
    basis: Annotated[Money, Meta(description="Basis then.", examples=["597.02963017"])]
    standard_deviation: Annotated[
        float, Meta(description="Of that basis; 0 now and at expiry.", ge=0, examples=[199.88])
    ]
    low: Annotated[float, Meta(description="5 % of outcomes lie below.", examples=[268.26])]
    high: Annotated[float, Meta(description="5 % of outcomes lie above.", examples=[925.8])]
    effective_price: Annotated[
        PriceLevel,
        Meta(description="What one unit is sold for in all if spot is sold and the short closed then: F - basis then."),
    ]


class EarlyClose(Struct, frozen=True, kw_only=True):
    """Outcome of the hedge of one unit that is closed before expiry, as asked."""

    at: Annotated[Instant, Meta(description="When.")]
    spot_price: Annotated[PriceLevel, Meta(description="Spot price then.", examples=["60000"])]
    futures_price: Annotated[PriceLevel, Meta(description="Price of the future then.", examples=["60597.02963017"])]
    basis: Annotated[Money, Meta(description="Basis then.", examples=["597.02963017"])]
    gain: Annotated[
        Money, Meta(description="Basis now less basis then: what the hedged unit earns.", examples=["602.97036983"])
    ]
    effective_price: Annotated[
        PriceLevel, Meta(description="What the unit is sold for in all: spot then + F now - F then.")
    ]


@exactly
def effective_price(spot_then: Decimal, *, futures_now: Decimal, futures_then: Decimal) -> Decimal:
    """Price at which a hedged unit is sold in all: what it is sold for, and what the short gained."""
    return spot_then + futures_now - futures_then


@exactly
def project(pair: Pair, as_of: Instant, carry: Decimal, *, projection: Projection) -> tuple[ConvergencePoint, ...]:
    """Project a basis until expiry, if spot and the annual rate stay as they are.

    The standard deviation is of first order: S x years left x sqrt(carry volatility^2 t + carry^2 spot volatility^2 t).

    Args:
        pair: one that expires.
        as_of: now.
        carry: its continuous annual rate.
        projection: how many steps, and the two volatilities.
    """
    if pair.expiry is None or not projection.points:
        return ()
    span = pair.expiry - as_of
    moments = [Instant.of(as_of + span * step / projection.points) for step in range(projection.points)]
    return tuple(_foresee(pair, as_of, at, carry=carry, projection=projection) for at in (*moments, pair.expiry))


def _foresee(pair: Pair, as_of: Instant, at: Instant, *, carry: Decimal, projection: Projection) -> ConvergencePoint:
    left = days_between(at, pair.expiry or at)
    spot_price = pair.spot_price
    basis = forward_price(spot_price, carry=carry, days=left) - spot_price
    years_left, years = float(left / YEAR_DAYS), float(days_between(as_of, at) / YEAR_DAYS)
    moved = math.hypot(projection.carry_volatility, float(carry) * projection.spot_volatility) * math.sqrt(years)
    spread = float(spot_price) * years_left * moved
    futures_then = spot_price + basis
    return ConvergencePoint(
        at=at,
        days_left=float(left),
        basis=Money.of(basis),
        standard_deviation=spread,
        low=float(basis) - TAIL * spread,
        high=float(basis) + TAIL * spread,
        effective_price=PriceLevel.of(
            effective_price(spot_price, futures_now=pair.futures_price, futures_then=futures_then)
        ),
    )


def check_close(placed: Sequence[Placed[Pair]], close: Close | None, as_of: Instant) -> None:
    """Refuse a close that does not lie ahead, or at a rate at which a future has no price.

    Raises:
        InconsistentQuestionError: same.
    """
    if close is None:
        return
    if close.at <= as_of:
        detail = f"The hedge is closed at {close.at}, and the question is as of {as_of}"
        raise InconsistentQuestionError(Fault(("close", "at"), detail))
    latest = max((one.pair.expiry for one in placed if one.pair.expiry is not None), default=close.at)
    growth = abs(close.annualized_basis_rate_continuous or Decimal(0)) * days_between(close.at, latest) / YEAR_DAYS
    if growth > LARGEST_GROWTH:
        detail = f"At {close.annualized_basis_rate_continuous} a year until {latest} a future has no price"
        raise InconsistentQuestionError(Fault(("close", "annualized_basis_rate_continuous"), detail))


@exactly
def close_early(pair: Pair, close: Close, *, carry: Decimal) -> EarlyClose | None:
    """Work out the hedge of one unit that is closed before expiry; None where the future settles first.

    Args:
        pair: one that expires.
        close: when, and what has moved until then.
        carry: continuous annual rate now, that holds unless the close names another.
    """
    if pair.expiry is None or close.at >= pair.expiry:
        return None
    then = carry if close.annualized_basis_rate_continuous is None else close.annualized_basis_rate_continuous
    spot_price = pair.spot_price * (1 + close.spot_move)
    futures_price = forward_price(spot_price, carry=then, days=days_between(close.at, pair.expiry))
    return EarlyClose(
        at=close.at,
        spot_price=PriceLevel.of(spot_price),
        futures_price=PriceLevel.of(futures_price),
        basis=Money.of(futures_price - spot_price),
        gain=Money.of(pair.basis - (futures_price - spot_price)),
        effective_price=PriceLevel.of(
            effective_price(spot_price, futures_now=pair.futures_price, futures_then=futures_price)
        ),
    )
