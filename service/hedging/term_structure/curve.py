"""The expiries of one market side by side: what each earns a year, and what rolling from one to the next earns."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, Struct

from service.hedging.rates import annualize_continuously, days_between
from service.hedging.term_structure.pairs import AnnualRates, Pair, annualize_basis
from service.hedging.units import Instant, Money, Share, Symbol, exactly


class CurvePoint(Struct, frozen=True, kw_only=True):
    """One expiry of a term structure."""

    symbol: Annotated[Symbol, Meta(description="Name of the future.")]
    expiry: Annotated[Instant, Meta(description="When it settles.")]
    days_to_expiry: Annotated[float, Meta(description="Days until then.", ge=0, examples=[90.0])]
    basis_rate: Annotated[Share, Meta(description="basis / spot.", examples=["0.02"])]
    annualized_basis_rate: Annotated[
        Share | None, Meta(description="Simple; null on the last day.", examples=["0.08111111"])
    ]


class CalendarRoll(Struct, frozen=True, kw_only=True):
    """A short rolled from one expiry to the next: bought back near, sold far."""

    near: Annotated[Symbol, Meta(description="Expiry that is bought back.")]
    far: Annotated[Symbol, Meta(description="Expiry that is sold.", examples=["BTC-0926"])]
    days_between: Annotated[float, Meta(description="Days from one expiry to the other.", examples=[91.0])]
    spread: Annotated[Money, Meta(description="Far - near: what a short earns by rolling.", examples=["590"])]
    roll_rate: Annotated[Share, Meta(description="Far / near - 1.", examples=["0.00976498"])]
    annualized_roll_rate: Annotated[
        Share, Meta(description="Continuous, ln(far/near) x year / days between.", examples=["0.10134078"])
    ]


@exactly
def draw_curve(pairs: Sequence[Pair], as_of: Instant) -> tuple[CurvePoint, ...]:
    """List the expiries among some pairs, the nearest first."""
    return tuple(_point(pair, expiry, as_of) for expiry, pair in _by_expiry(pairs))


@exactly
def list_rolls(pairs: Sequence[Pair]) -> tuple[CalendarRoll, ...]:
    """List what a short earns by rolling from each expiry to the next: it buys the near one and sells the far one.

    A year of it is ln(far / near) x 365 / days between.
    """
    steps = pairwise(_by_expiry(pairs))
    return tuple(
        _roll(near, far, days=days_between(settled, settles))
        for (settled, near), (settles, far) in steps
        if settled < settles
    )


def _by_expiry(pairs: Sequence[Pair]) -> list[tuple[Instant, Pair]]:
    dated = ((pair.expiry, pair) for pair in pairs if pair.expiry is not None)
    return sorted(dated, key=lambda one: (one[0], one[1].symbol))


def _point(pair: Pair, expiry: Instant, as_of: Instant) -> CurvePoint:
    rates = annualize_basis(pair, as_of)
    return CurvePoint(
        symbol=pair.symbol,
        expiry=expiry,
        days_to_expiry=float(days_between(as_of, expiry)),
        basis_rate=Share.of(pair.basis_rate),
        annualized_basis_rate=Share.of(rates.simple) if isinstance(rates, AnnualRates) else None,
    )


def _roll(near: Pair, far: Pair, *, days: Decimal) -> CalendarRoll:
    ratio = far.futures_price / near.futures_price
    return CalendarRoll(
        near=near.symbol,
        far=far.symbol,
        days_between=float(days),
        spread=Money.of(far.futures_price - near.futures_price),
        roll_rate=Share.of(ratio - 1),
        annualized_roll_rate=Share.of(annualize_continuously(ratio, days)),
    )
