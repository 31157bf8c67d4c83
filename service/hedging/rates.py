"""Rates of interest by their conventions, and what grows by them.

Law: a year has 365 days, for everything; a rate is a fraction; simple, compounded and continuous are three numbers with
three names. Logarithms and exponentials are the only inexact steps, at 34 digits.
Source: Hull, Options, Futures and Other Derivatives, 4.2 to 4.4 and 5.
"""

from datetime import datetime
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from service.hedging.units import exactly

YEAR_DAYS = Decimal(365)
DAY_MICROSECONDS = Decimal(86_400_000_000)
_SMOOTH = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])


@exactly
def days_between(start: datetime, end: datetime) -> Decimal:
    """Days from one moment to another, negative where the second is the earlier."""
    span = end - start
    return (span.days * DAY_MICROSECONDS + span.seconds * 1_000_000 + span.microseconds) / DAY_MICROSECONDS


@exactly
def annualize(rate: Decimal, days: Decimal, *, year_days: Decimal = YEAR_DAYS) -> Decimal:
    """Simple annual rate of what is earned in some days, above zero."""
    return rate * year_days / days


@exactly
def annualize_continuously(ratio: Decimal, days: Decimal, *, year_days: Decimal = YEAR_DAYS) -> Decimal:
    """Continuously compounded annual rate at which a price grows by a ratio, above zero, in some days: ln(F/S) / T."""
    return _SMOOTH.ln(ratio) * year_days / days


@exactly
def to_continuous(rate: Decimal, periods: Decimal) -> Decimal:
    """Turn a rate that is compounded so many times a year into a continuous one: m ln(1 + R/m)."""
    return periods * _SMOOTH.ln(1 + rate / periods)


@exactly
def from_continuous(rate: Decimal, periods: Decimal = Decimal(1)) -> Decimal:
    """Turn a continuous rate into one that is compounded so many times a year: m (e^(R/m) - 1)."""
    return periods * (_SMOOTH.exp(rate / periods) - 1)


@exactly
def compound(rate: Decimal, periods: Decimal) -> Decimal:
    """Growth over some periods when every payment is reinvested: (1 + R)^n - 1."""
    return _SMOOTH.power(1 + rate, periods) - 1


@exactly
def forward_price(spot_price: Decimal, *, carry: Decimal, days: Decimal) -> Decimal:
    """Price for delivery in some days at a continuous annual carry, which is interest less yield: S e^(cT)."""
    return spot_price * _SMOOTH.exp(carry * days / YEAR_DAYS)


@exactly
def price_after(price: Decimal, *, deviations: Decimal, volatility: Decimal, days: Decimal) -> Decimal:
    """Price so many standard deviations of its logarithm away in some days: P e^(k s sqrt T), negative k for a fall."""
    return price * _SMOOTH.exp(deviations * volatility * _SMOOTH.sqrt(days / YEAR_DAYS))
