"""Slopes of many assets' returns on one instrument's: least squares, weighted, one-sided, lagged and rolling.

Law: an interval that lacks one of two returns is left out of their pair and of no other; nothing is filled in. Arrays
are assets by intervals, oldest first, with NaN for a missing return; a statistic that has no value is NaN.
float64 throughout.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from service.hedging.arrays import Floats, Truths
from service.hedging.risk.variance import FEWEST, LEAST_VARIANCE

LARGEST_CONDITION = 1e10
"""Beyond which rounding decides what two drivers do apart from each other."""


class Line(NamedTuple):
    """Least squares of each asset on one instrument, with an intercept; each member one value an asset."""

    observations: Floats
    slope: Floats
    error: Floats
    """Standard error of the slope: sqrt(SSE / (n - 2) / sum (x - mean)^2)."""
    intercept: Floats
    correlation: Floats
    """NaN for an asset that never moved."""
    variance: Floats
    """Of the assets' returns, divisor n - 1."""
    instrument_variance: Floats
    """Same of the instrument's, in the intervals of the pair."""


class Faded(NamedTuple):
    """Moments about 0 by exponential weights; each member one value an asset."""

    slope: Floats
    """NaN where there are too few pairs, or where the instrument hardly moved by any weight."""
    worth: Floats
    """How many equal weights say as much."""
    variance: Floats
    """Of the assets' returns."""
    instrument_variance: Floats


class Rolling(NamedTuple):
    """Slopes within windows of one length; each member one value an asset, NaN where there is no window."""

    windows: Floats
    lowest: Floats
    low: Floats
    """5 % of windows are lower."""
    middle: Floats
    high: Floats
    highest: Floats
    latest: Floats


class Lagged(NamedTuple):
    """Slopes that count what an asset does an interval before and after the instrument; NaN where there is none."""

    observations: Floats
    """Intervals in which the asset's return and all three of the instrument are known."""
    before: Floats
    same: Floats
    after: Floats
    total: Floats
    """The beta: of all three."""


def stack(columns: Sequence[Sequence[float | None]]) -> Floats:
    """Make an array of series, NaN for what is missing."""
    return np.array([[np.nan if one is None else one for one in column] for column in columns], dtype=np.float64)


def fit_lines(assets: Floats, instrument: Floats) -> Line:
    """Regress each asset on an instrument.

    Args:
        assets: assets by intervals.
        instrument: of the same intervals.

    Source: Hull, Options, Futures, and Other Derivatives, 3.4; standard errors as of any text on least squares.
    """
    pairs = _Pairs(assets, instrument)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = pairs.sxy / pairs.sxx
        error = np.sqrt(pairs.left_by(slope) / (pairs.count - 2) / pairs.sxx)
        correlation = pairs.sxy / np.sqrt(pairs.sxx * pairs.syy)
        variance, instrument_variance = pairs.syy / (pairs.count - 1), pairs.sxx / (pairs.count - 1)
    has_pairs = (pairs.count >= FEWEST) & (instrument_variance >= LEAST_VARIANCE)
    return Line(
        observations=pairs.count,
        slope=_where(has_pairs, slope),
        error=_where(has_pairs, error),
        intercept=_where(has_pairs, pairs.mean_y - slope * pairs.mean_x),
        correlation=_where(has_pairs & (variance >= LEAST_VARIANCE), np.clip(correlation, -1, 1)),
        variance=variance,
        instrument_variance=instrument_variance,
    )


def fit_weighted(assets: Floats, instrument: Floats, *, decay: float) -> Faded:
    """Give second moments about 0 by exponential weights: what is recent counts more.

    Args:
        assets: assets by intervals.
        instrument: of the same intervals.
        decay: lambda, by which an observation weighs less than the one after it.

    Source: J.P. Morgan/Reuters, RiskMetrics Technical Document (1996), 5.2; worth (sum w)^2 / sum w^2.
    """
    known = np.isfinite(assets) & np.isfinite(instrument)
    later = np.cumsum(known[:, ::-1], axis=1)[:, ::-1] - 1
    weights = np.where(known, np.power(decay, later), 0)
    x, y = np.where(known, instrument, 0), np.where(known, assets, 0)
    total = weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        xx, xy, yy = (np.einsum("at,at,at->a", weights, *pair) / total for pair in ((x, x), (x, y), (y, y)))
        has_moved = (np.count_nonzero(known, axis=1) >= FEWEST) & (xx >= LEAST_VARIANCE)
        return Faded(_where(has_moved, xy / xx), total**2 / np.sum(weights * weights, axis=1), yy, xx)


def fit_side(assets: Floats, instrument: Floats, *, falls: bool) -> Line:
    """Regress each asset on an instrument over the intervals in which that fell, or else rose.

    Source: Bawa and Lindenberg (1977), lower partial moments about 0, here with an intercept of its own.
    """
    with np.errstate(invalid="ignore"):
        chosen = instrument < 0 if falls else instrument > 0
    return fit_lines(assets[:, chosen], instrument[chosen])


def fit_scholes_williams(assets: Floats, instrument: Floats) -> Lagged:
    """Give slopes that allow for closes of two times: (b-1 + b0 + b+1) / (1 + 2 rho), NaN where 1 + 2 rho <= 0.

    Each is a simple slope over the same inner intervals; rho is the correlation of the instrument with itself an
    interval before.

    Source: Scholes and Williams (1977), Estimating betas from nonsynchronous data.
    """
    inner, drivers = _neighbours(assets, instrument)
    inner = np.where(np.isfinite(drivers).all(axis=0), inner, np.nan)
    lines = [fit_lines(inner, one) for one in drivers]
    before, same, after = (line.slope for line in lines)
    rho = fit_lines(instrument[None, 1:], instrument[:-1]).correlation[0]
    whole = 1 + 2 * rho
    total = (before + same + after) / whole if whole > 0 else np.full(len(assets), np.nan)
    return Lagged(lines[1].observations, before, same, after, total)


def fit_dimson(assets: Floats, instrument: Floats) -> Lagged:
    """Give slopes that allow for thin trading: the three of one regression on the instrument before, at and after.

    Source: Dimson (1979), Risk measurement when shares are subject to infrequent trading, one lag and one lead.
    """
    inner, drivers = _neighbours(assets, instrument)
    known = np.isfinite(inner) & np.isfinite(drivers).all(axis=0)
    before, same, after = fit_each(inner, drivers).T
    return Lagged(np.count_nonzero(known, axis=1).astype(np.float64), before, same, after, before + same + after)


def fit_each(assets: Floats, drivers: Floats, *, largest_condition: float = LARGEST_CONDITION) -> Floats:
    """Regress each asset on several drivers, over the intervals in which nothing of it or of them is missing.

    Returns:
        Assets by drivers; NaN as of `fit_many`.
    """
    slopes = np.full((len(assets), len(drivers)), np.nan)
    known = np.isfinite(assets) & np.isfinite(drivers).all(axis=0)
    alike: dict[bytes, list[int]] = {}
    for place, row in enumerate(known):
        alike.setdefault(row.tobytes(), []).append(place)
    for rows in alike.values():
        pattern = known[rows[0]]
        fitted = fit_many(assets[rows][:, pattern], drivers[:, pattern], largest_condition=largest_condition)
        slopes[rows] = np.nan if fitted is None else fitted
    return slopes


def fit_many(assets: Floats, drivers: Floats, *, largest_condition: float = LARGEST_CONDITION) -> Floats | None:
    """Regress each asset on several drivers at once, with an intercept; None where there are too few or two are one.

    Args:
        assets: assets by intervals, none missing.
        drivers: drivers by intervals, none missing.
        largest_condition: of the drivers' correlations, largest over smallest eigenvalue, above which two are one.

    Returns:
        Assets by drivers.
    """
    if drivers.shape[1] < len(drivers) + FEWEST - 1:
        return None
    moved = drivers - drivers.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.sum(moved * moved, axis=1))
    if np.any(scale**2 < LEAST_VARIANCE):
        return None
    unit = moved / scale[:, None]
    gram = unit @ unit.T
    if np.linalg.cond(gram) > largest_condition:
        return None
    centered = assets - assets.mean(axis=1, keepdims=True)
    return cast("Floats", np.linalg.solve(gram, unit @ centered.T).T / scale)


def fit_rolling(assets: Floats, instrument: Floats, *, window: int) -> Rolling:
    """Give the slopes within all windows of some intervals; one that lacks half of its pairs is left out.

    Args:
        assets: assets by intervals.
        instrument: of the same intervals.
        window: intervals of each.
    """
    slopes = _roll(assets, instrument, window)
    windows = np.count_nonzero(np.isfinite(slopes), axis=1)
    ranked = np.sort(slopes, axis=1)  # NaN goes last
    lowest, low, middle, high, highest = (_rank(ranked, windows, share) for share in (0.0, 0.05, 0.5, 0.95, 1.0))
    return Rolling(windows.astype(np.float64), lowest, low, middle, high, highest, _last(slopes))


def _rank(ranked: Floats, counts: NDArray[np.int64], share: float) -> Floats:
    """Give the value of each row below which a share of its first values are, between two of them by their distance."""
    values = np.full(len(ranked), np.nan)
    rows = np.flatnonzero(counts)
    places = share * (counts[rows] - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, counts[rows] - 1)
    start = ranked[rows, below]
    values[rows] = start + (places - below) * (ranked[rows, above] - start)
    return values


def _last(slopes: Floats) -> Floats:
    """Give the last value of each row that there is."""
    values = np.full(len(slopes), np.nan)
    for place, row in enumerate(np.isfinite(slopes)):
        known = np.flatnonzero(row)
        if len(known):
            values[place] = slopes[place, known[-1]]
    return values


def _roll(assets: Floats, instrument: Floats, window: int) -> Floats:
    if window > assets.shape[1]:
        return np.empty((len(assets), 0))
    known = np.isfinite(assets) & np.isfinite(instrument)
    # Moved to about 0, so that the difference of two sums keeps its digits.
    y = np.where(known, assets - _center(assets, known), 0)
    x = np.where(known, instrument - _center(np.broadcast_to(instrument, assets.shape), known), 0)
    count, sum_x, sum_y, sum_xx, sum_xy = (
        _window_sums(one, window) for one in (known.astype(np.float64), x, y, x * x, x * y)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sum_xx - sum_x**2 / count
        slopes = (sum_xy - sum_x * sum_y / count) / spread
        enough = (count >= max(FEWEST, window / 2)) & (spread >= LEAST_VARIANCE * count)
    return _where(enough, slopes)


def _center(values: Floats, known: Truths) -> Floats:
    count = np.maximum(np.count_nonzero(known, axis=1), 1)
    return cast("Floats", (np.sum(np.where(known, values, 0), axis=1) / count)[:, None])


def _window_sums(values: Floats, window: int) -> Floats:
    total = np.cumsum(values, axis=1)
    total[:, window:] -= total[:, :-window].copy()
    return total[:, window - 1 :]


def _neighbours(assets: Floats, instrument: Floats) -> tuple[Floats, Floats]:
    """Give what assets did, and what the instrument did an interval before, in the same and after."""
    return assets[:, 1:-1], np.stack([instrument[:-2], instrument[1:-1], instrument[2:]])


def _where(condition: Truths, values: Floats) -> Floats:
    return np.where(condition, values, np.nan)


class _Pairs:
    """Sums over the intervals in which both returns of a pair are known, about their means."""

    def __init__(self, assets: Floats, instrument: Floats) -> None:
        known = np.isfinite(assets) & np.isfinite(instrument)
        self.count = np.count_nonzero(known, axis=1).astype(np.float64)
        y, x = np.where(known, assets, 0), np.where(known, instrument, 0)
        some = np.maximum(self.count, 1)
        self.mean_y, self.mean_x = y.sum(axis=1) / some, x.sum(axis=1) / some
        y = np.where(known, y - self.mean_y[:, None], 0)
        x = np.where(known, x - self.mean_x[:, None], 0)
        self.sxx, self.sxy, self.syy = (np.einsum("at,at->a", one, other) for one, other in ((x, x), (x, y), (y, y)))
        self._x, self._y = x, y

    def left_by(self, slope: Floats) -> Floats:
        """Sum the squares of what slopes leave, by the residuals: a difference of sums would be all noise."""
        left = self._y - slope[:, None] * self._x
        return cast("Floats", np.einsum("at,at->a", left, left))
