"""Past returns to estimates: every slope of several rows of returns on one instrument, and on two at once.

Law: each row is measured over the intervals that it shares with the instrument. What has no value is None, with why.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats
from service.hedging.errors import Fault, TooFewObservationsError, ZeroVarianceError
from service.hedging.estimation.priors import Belief, Prior, adjust, shrink
from service.hedging.estimation.regression import (
    Faded,
    Lagged,
    Line,
    Rolling,
    fit_dimson,
    fit_each,
    fit_lines,
    fit_rolling,
    fit_scholes_williams,
    fit_side,
    fit_weighted,
    stack,
)
from service.hedging.estimation.slopes import (
    Dimson,
    JointSlopes,
    Lacking,
    OneSided,
    PairSlopes,
    RollingSlope,
    ScholesWilliams,
    Shrunk,
    Slope,
    Unjoined,
    Unstable,
    Weighted,
)
from service.hedging.estimation.stress_beta import measure_stress_beta
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.tail import student_quantile
from service.hedging.risk.variance import FEWEST, LEAST_VARIANCE

CLOSEST = 0.995
"""Correlation of two instruments from which on one is as good as the other."""
_LARGEST_CONDITION = (1 + CLOSEST) / (1 - CLOSEST)
_LEAST_SPREAD = 0.001


class Terms(NamedTuple):
    """How slopes are measured."""

    confidence: float
    decay: float
    """Lambda of exponential weights."""
    window: int
    """Intervals of a rolling window."""
    periods_a_year: float


class Row(NamedTuple):
    """One series of returns: of an asset, or of a book at constant weights."""

    name: str
    """For errors."""
    returns: Sequence[float | None]
    weights: Mapping[str, float]
    """Of the assets that it is of, which add up to 1."""

    def prior_of(self, prior: Prior, underlying: str) -> Belief:
        """Give what is believed of its beta, if that is known of a coin's."""
        others = [weight for asset, weight in self.weights.items() if asset != underlying]
        own, gross = self.weights.get(underlying, 0.0), math.fsum(map(abs, others))
        mean = own + prior.mean * math.fsum(others)
        return Belief(mean=mean, spread=max(_LEAST_SPREAD, prior.spread * gross))


class Rows(NamedTuple):
    """Rows and all of their returns, rows by intervals."""

    lines: tuple[Row, ...]
    returns: Floats

    @classmethod
    def of(cls, lines: Sequence[Row], intervals: int) -> "Rows":
        """Put rows together that have so many intervals; there may be no row."""
        return cls(tuple(lines), stack([line.returns for line in lines]).reshape(len(lines), intervals))


class Instrument(NamedTuple):
    """What rows are regressed on."""

    underlying: str
    returns: Floats
    prior: Prior | None
    """Of coins' betas to it; None where none is known."""


def measure_pairs(rows: Rows, instrument: Instrument, terms: Terms) -> tuple[PairSlopes, ...]:
    """Measure all slopes of some rows on one instrument.

    Args:
        rows: returns.
        instrument: of the same intervals.
        terms: how.

    Raises:
        TooFewObservationsError: if a row and the instrument share fewer than 3 intervals; without rows, if it has them.
        ZeroVarianceError: if the instrument did not move in them.
    """
    found = _measure(rows.returns, instrument.returns, terms)
    _require_observations([row.name for row in rows.lines], found.line, instrument.underlying)
    if not rows.lines:
        alone = fit_lines(instrument.returns[None], instrument.returns)
        _require_observations([instrument.underlying], alone, instrument.underlying)
    return tuple(
        _tell(row, found, place=place, instrument=instrument, terms=terms) for place, row in enumerate(rows.lines)
    )


class _Found(NamedTuple):
    line: Line
    faded: Faded
    falls: Line
    rises: Line
    scholes_williams: Lagged
    dimson: Lagged
    rolling: Rolling


def _measure(returns: Floats, instrument: Floats, terms: Terms) -> _Found:
    return _Found(
        line=fit_lines(returns, instrument),
        faded=fit_weighted(returns, instrument, decay=terms.decay),
        falls=fit_side(returns, instrument, falls=True),
        rises=fit_side(returns, instrument, falls=False),
        scholes_williams=fit_scholes_williams(returns, instrument),
        dimson=fit_dimson(returns, instrument),
        rolling=fit_rolling(returns, instrument, window=terms.window),
    )


def _require_observations(names: Sequence[str], line: Line, underlying: str) -> None:
    few = [name for name, count in zip(names, line.observations, strict=True) if count < FEWEST]
    if few:
        detail = f"Fewer than {FEWEST} intervals have returns of {underlying} and of: {', '.join(few[:10])}"
        raise TooFewObservationsError(Fault(("series",), detail))
    if np.any(line.instrument_variance < LEAST_VARIANCE):
        raise ZeroVarianceError(Fault(("series",), f"{underlying} never moved: no beta to it"))


def _tell(row: Row, found: _Found, *, place: int, instrument: Instrument, terms: Terms) -> PairSlopes:
    line = found.line
    slope, error, count = (float(one[place]) for one in (line.slope, line.error, line.observations))
    correlation = _number(line.correlation[place])
    prior = None if instrument.prior is None else row.prior_of(instrument.prior, instrument.underlying)
    year = terms.periods_a_year
    return PairSlopes(
        underlying=instrument.underlying,
        observations=int(count),
        correlation=correlation,
        r_squared=None if correlation is None else tidy(correlation**2),
        volatility=_annual(line.variance[place], year),
        underlying_volatility=_annual(line.instrument_variance[place], year),
        ols=_tell_line(line, place, terms.confidence),
        vasicek=None if prior is None else _tell_shrunk(slope, error, prior=prior, confidence=terms.confidence),
        blume=tidy(adjust(slope)),
        ewma=_tell_weighted(found.faded, place, year),
        downside=_tell_side(found.falls, place),
        upside=_tell_side(found.rises, place),
        scholes_williams=_tell_scholes_williams(found.scholes_williams, place),
        dimson=_tell_dimson(found.dimson, place),
        rolling=_tell_rolling(found.rolling, place),
        stress=measure_stress_beta(row.weights, instrument.underlying),
    )


def _number(value: float) -> float | None:
    """Write a value that is NaN where there is none."""
    return tidy(float(value)) if math.isfinite(value) else None


def _tell_line(line: Line, place: int, confidence: float) -> Slope:
    slope, error, count = (float(one[place]) for one in (line.slope, line.error, line.observations))
    half = student_quantile((1 + confidence) / 2, int(count) - 2) * error
    return Slope(
        beta=tidy(slope),
        error=tidy(error),
        low=tidy(slope - half),
        high=tidy(slope + half),
        intercept=tidy(float(line.intercept[place])),
    )


def _tell_shrunk(slope: float, error: float, *, prior: Belief, confidence: float) -> Shrunk:
    posterior = shrink(slope, error, prior)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * posterior.error
    return Shrunk(
        beta=tidy(posterior.beta),
        error=tidy(posterior.error),
        low=tidy(posterior.beta - half),
        high=tidy(posterior.beta + half),
        weight=tidy(posterior.weight),
        prior=Belief(mean=tidy(prior.mean), spread=tidy(prior.spread)),
    )


def _tell_weighted(faded: Faded, place: int, periods: float) -> Weighted:
    return Weighted(
        beta=_number(faded.slope[place]),
        volatility=_annual(faded.variance[place], periods),
        underlying_volatility=_annual(faded.instrument_variance[place], periods),
        effective_observations=tidy(float(faded.worth[place])),
    )


def _annual(variance: float, periods: float) -> float:
    return tidy(math.sqrt(variance * periods))


def _tell_side(line: Line, place: int) -> OneSided:
    beta = _number(line.slope[place])
    return OneSided(
        beta=beta,
        error=_number(line.error[place]),
        observations=int(line.observations[place]),
        absent_reason="too_few_observations" if beta is None else None,
    )


def _tell_scholes_williams(lagged: Lagged, place: int) -> ScholesWilliams:
    before, same, after, beta = _tell_lagged(lagged, place)
    count = int(lagged.observations[place])
    lacking: Unstable = "unstable_denominator"
    if None in {before, same, after}:
        lacking = _lacking(count, FEWEST)
    return ScholesWilliams(
        beta=beta,
        observations=count,
        before=before,
        same=same,
        after=after,
        absent_reason=lacking if beta is None else None,
    )


def _tell_dimson(lagged: Lagged, place: int) -> Dimson:
    before, same, after, beta = _tell_lagged(lagged, place)
    count = int(lagged.observations[place])
    return Dimson(
        beta=beta,
        observations=count,
        before=before,
        same=same,
        after=after,
        absent_reason=_lacking(count, FEWEST + 2) if beta is None else None,
    )


def _tell_lagged(lagged: Lagged, place: int) -> tuple[float | None, ...]:
    """Give the slopes before, at and after, and the beta."""
    return tuple(_number(one[place]) for one in lagged[1:])


def _lacking(count: int, fewest: int) -> Lacking:
    return "too_few_observations" if count < fewest else "not_independent"


def _tell_rolling(rolling: Rolling, place: int) -> RollingSlope:
    windows, *edges = (one[place] for one in rolling)
    lowest, low, median, high, highest, latest = map(_number, edges)
    return RollingSlope(
        windows=int(windows), lowest=lowest, low=low, median=median, high=high, highest=highest, latest=latest
    )


def measure_joint(returns: Floats, drivers: Floats) -> tuple[JointSlopes, ...]:
    """Measure the slopes of some rows on all instruments at once.

    Args:
        returns: rows by intervals.
        drivers: instruments by intervals.
    """
    if len(drivers) == 1:
        return (JointSlopes(betas=(), r_squared=None, observations=0, absent_reason="one_instrument"),) * len(returns)
    slopes = fit_each(returns, drivers, largest_condition=_LARGEST_CONDITION)
    return tuple(_tell_joint(row, drivers, slope) for row, slope in zip(returns, slopes, strict=True))


def _tell_joint(row: Floats, drivers: Floats, slopes: Floats) -> JointSlopes:
    row, drivers = keep_known(row, drivers)
    explained, has_slopes = explain(row, drivers, slopes), bool(np.isfinite(slopes).all())
    if explained is not None and has_slopes:
        betas = tuple(tidy(float(one)) for one in slopes)
        return JointSlopes(betas=betas, r_squared=tidy(_share(explained)), observations=len(row), absent_reason=None)
    lacking: Unjoined = "never_moved" if has_slopes else "singular_covariance"
    if len(row) < len(drivers) + FEWEST - 1:
        lacking = "too_few_observations"
    return JointSlopes(betas=(), r_squared=None, observations=len(row), absent_reason=lacking)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def keep_known(row: Floats, drivers: Floats) -> tuple[Floats, Floats]:
    """Keep the intervals in which nothing is missing."""
    known = np.isfinite(row) & np.isfinite(drivers).all(axis=0)
    return row[known], drivers[:, known]


def explain(row: Floats, drivers: Floats, slopes: Sequence[float] | Floats) -> float | None:
    """Give the share of a row's variance that a hedge by slopes removes; None for a row that never moved.

    Args:
        row: returns, none missing.
        drivers: instruments by the same intervals.
        slopes: one an instrument.
    """
    whole = float(np.var(row, ddof=1)) if len(row) > 1 else 0.0
    if whole < LEAST_VARIANCE:
        return None
    return 1 - float(np.var(row - np.asarray(slopes) @ drivers, ddof=1)) / whole
