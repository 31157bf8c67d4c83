"""Funding of a perpetual: when it is paid, what it is likely to be, and what a position gets or pays.

Law: a rate is per interval, and means nothing without it; positive, longs pay and a short receives. Rates, moments and
counts follow the exchange's own stamps, never an assumed 8 hours.
Source: BitMEX's and Binance's funding documents; for the outlook the moments of a first-order autoregression.
"""

import math
from collections.abc import Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from service.hedging.rates import YEAR_DAYS, compound, to_continuous
from service.hedging.units import Instant, Side, exactly

USUAL_HOURS = 8
"""Hours for which exchanges state the interest part and the clamp of their funding formula."""
INTEREST_RATE = Decimal("0.0001")
"""Interest part of the formula, per 8 hours."""
CLAMP_RATE = Decimal("0.0005")
"""Premium that the interest part makes up for at most, per 8 hours."""
FEWEST_PAYMENTS = 3
"""Payments from which anything can be estimated at all."""
_MIDNIGHT = Instant(1970, 1, 1, tzinfo=UTC)
STEADIEST = 0.99
"""Largest persistence that is believed of an estimate."""
WILDEST = 1.0
"""Largest volatility that is believed of one, per interval."""


class FundingModel(NamedTuple):
    """Funding as a first-order autoregression: f(t+1) = mean + persistence (f(t) - mean) + noise; per interval."""

    mean: float
    persistence: float
    """Share of a distance from the mean that is left an interval later, within -1 and 1."""
    volatility: float
    """Standard deviation of the noise."""

    @property
    def half_life(self) -> float | None:
        """Intervals in which half of a distance from the mean is gone; None where it does not fade steadily."""
        return math.log(0.5) / math.log(self.persistence) if 0 < self.persistence < 1 else None


USUAL_FUNDING = FundingModel(mean=0.0001, persistence=0.9, volatility=0.00006)
"""Per 8 hours: the mean is the interest part, at which BTC's funding stood in 78 % of intervals (BitMEX, third quarter
of 2025); persistence and volatility are assumptions."""


class FundingOutlook(NamedTuple):
    """Sum of the funding rates of some intervals."""

    expected: float
    standard_deviation: float


def rescale(model: FundingModel, hours: int) -> FundingModel:
    """Restate a model that is per 8 hours for another interval.

    The same process as a rate a year: the mean and the spread about it grow with the interval, and what persists for
    8 hours persists longer over shorter ones.
    """
    share = hours / USUAL_HOURS
    persistence = model.persistence**share
    spread = model.volatility / math.sqrt(1 - model.persistence**2) * share
    return FundingModel(model.mean * share, persistence, spread * math.sqrt(1 - persistence**2))


def fit_funding(rates: Sequence[float]) -> FundingModel:
    """Fit the autoregression to what was paid, by least squares.

    Args:
        rates: at least 3, per interval, oldest first, without gaps.

    Returns:
        The model; a history that never moved has no persistence and no volatility. Persistence is kept within -0.99
        and 0.99, and the mean is then that of the history; it is kept within what was paid, where a trend would lead
        it far beyond.
    """
    before, after = rates[:-1], rates[1:]
    center_before, center_after = math.fsum(before) / len(before), math.fsum(after) / len(after)
    scatter = math.fsum((rate - center_before) ** 2 for rate in before)
    if min(before) == max(before) or not scatter:  # rounding alone may scatter equal rates about their mean
        return _stand_still(rates)
    slope = math.fsum((x - center_before) * (y - center_after) for x, y in pairwise(rates)) / scatter
    persistence = max(-STEADIEST, min(STEADIEST, slope))
    if persistence == slope:
        mean = min(max(rates), max(min(rates), (center_after - slope * center_before) / (1 - slope)))
    else:
        mean = math.fsum(rates) / len(rates)
    errors = (y - mean - persistence * (x - mean) for x, y in pairwise(rates))
    spread = math.sqrt(math.fsum(error**2 for error in errors) / max(1, len(before) - 2))
    return FundingModel(mean, persistence, min(WILDEST, spread))


def _stand_still(rates: Sequence[float]) -> FundingModel:
    """Model rates that were all one but for the last: their standard deviation is all that is known."""
    jump = rates[-1] - rates[0]
    return FundingModel(rates[0] + jump / len(rates), 0.0, min(WILDEST, abs(jump) / math.sqrt(len(rates))))


def expect_funding(rate: float, model: FundingModel, intervals: int) -> FundingOutlook:
    """Expect the sum of the rates of the intervals after one whose rate is known.

    Args:
        rate: of the interval before the first.
        model: per interval of the same length.
        intervals: how many, from 0.
    """
    mean, persistence, volatility = model
    fading = persistence * (1 - persistence**intervals) / (1 - persistence)
    fading_squared = persistence**2 * (1 - persistence ** (2 * intervals)) / (1 - persistence**2)
    weight = max(0.0, intervals - 2 * fading + fading_squared)  # the sum of (1 - persistence^k)^2 over the intervals
    spread = volatility * math.sqrt(weight) / (1 - persistence)
    return FundingOutlook(intervals * mean + (rate - mean) * fading, spread)


def count_stamps(start: Instant, end: Instant, *, next_at: Instant | None, hours: int) -> int:
    """Count the payments from a moment on, it included, until before another.

    Args:
        start: when the position is opened.
        end: when it is closed.
        next_at: any moment at which funding is paid; None for the grid that begins at 00:00 UTC.
        hours: between two payments.
    """
    anchor, interval = _MIDNIGHT if next_at is None else next_at, timedelta(hours=hours)
    return (anchor - start) // interval - (anchor - end) // interval


def next_stamp(start: Instant, *, next_at: Instant | None, hours: int) -> Instant:
    """Give the first payment from a moment on, it included; arguments as of `count_stamps`."""
    anchor, interval = _MIDNIGHT if next_at is None else next_at, timedelta(hours=hours)
    return Instant.of(anchor - (anchor - start) // interval * interval)


@exactly
def annualize_funding(rate: Decimal, hours: int) -> Decimal:
    """Simple annual rate of funding that is paid out, by its own interval."""
    return rate * 24 / hours * YEAR_DAYS


@exactly
def annualize_funding_continuously(rate: Decimal, hours: int) -> Decimal:
    """Continuous annual rate, to be held beside that of a future which expires."""
    return to_continuous(annualize_funding(rate, hours), YEAR_DAYS * 24 / hours)


@exactly
def sum_funding(rate: Decimal, intervals: Decimal, *, is_reinvested: bool = False) -> Decimal:
    """Funding of some intervals at one rate, as a fraction of the notional: paid out, or reinvested each time."""
    return compound(rate, intervals) if is_reinvested else rate * intervals


@exactly
def receive_funding(side: Side, *, notional: Decimal, rate: Decimal) -> Decimal:
    """Cash that a position gets, negative where it pays; the notional is taken at the mark price."""
    return notional * rate if side == "short" else -notional * rate


@exactly
def rate_of_premium(
    premium_rate: Decimal, *, hours: int = USUAL_HOURS, interest_rate: Decimal = INTEREST_RATE
) -> Decimal:
    """Funding per interval to which a premium leads that stays as it is: (P + clamp(I - P, +-0.05 %)) hours / 8.

    Exchanges take the mean premium of the interval and cap the result, so this is where the rate is heading, no quote.
    """
    correction = max(-CLAMP_RATE, min(CLAMP_RATE, interest_rate - premium_rate))
    return (premium_rate + correction) * hours / USUAL_HOURS


@exactly
def fair_perpetual_price(index_price: Decimal, *, rate: Decimal, hours_left: Decimal, hours: int) -> Decimal:
    """Price at which a perpetual earns nothing until its next payment: index x (1 + rate x time left / interval)."""
    return index_price * (1 + rate * hours_left / hours)
