"""Betas that hedges are sized by, found here a second time: in plain sums, as the rules describe them.

Law: nothing of `service` is imported. Falls of the past are read from the document, which shows what /v1/stresses says.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from math import cos, fsum, sin, sqrt
from statistics import NormalDist, median
from typing import NamedTuple

from tests.openapi.document import read_document

FEWEST = 3
LEAST_VARIANCE = 1e-18
LEAST_FALL = 0.05
PRIORS = {"BTC": (1.09, 0.2), "ETH": (0.92, 0.14)}
"""Mean and spread of coins' betas, by what the future follows."""
_LEAST_SPREAD = 0.001
_CLOSEST = 0.995
_SLICES = 400

Returns = Sequence[float | None]
Weights = dict[str, float]
Pairs = list[tuple[float, ...]]


class Driver(NamedTuple):
    """What a future follows."""

    name: str
    returns: Returns
    prior: tuple[float, float] | None
    """Mean and spread; None where none is known."""


class Terms(NamedTuple):
    """How betas are measured."""

    method: str
    confidence: float
    decay: float


def match(*columns: Returns) -> Pairs:
    """List the intervals that have all returns."""
    return [tuple(one for one in row if one is not None) for row in zip(*columns, strict=True) if None not in row]


def variance(values: Sequence[float]) -> float:
    """Give the variance with n - 1; 0 for fewer than two."""
    return _product(values, values) / (len(values) - 1) if len(values) > 1 else 0.0


def find_largest(book: Returns, weights: Weights, drivers: Sequence[Driver], terms: Terms) -> float:
    """Give the largest ratio that a book is sized by, none of them below 0."""
    ratios = [0.0, *_find_joint(book, [driver.returns for driver in drivers])]
    for driver in drivers:
        ratios += _find_alone(match(driver.returns, book), weights, driver, terms)
        ratios += _find_stressed(weights, driver.name)
    return max(ratios)


def _product(one: Sequence[float], other: Sequence[float]) -> float:
    """Sum the products of what lies about the means."""
    here, there = fsum(one) / len(one), fsum(other) / len(other)
    return fsum((x - here) * (y - there) for x, y in zip(one, other, strict=True))


def _find_alone(pairs: Pairs, weights: Weights, driver: Driver, terms: Terms) -> Iterator[float]:
    """Give the beta by the method, and the ends of its interval."""
    x, y = zip(*pairs, strict=True)
    slope = _product(x, y) / _product(x, x)
    degrees = len(pairs) - 2
    error = sqrt(max(0.0, _product(y, y) - slope * _product(x, y)) / degrees / _product(x, x))
    quantile = (1 + terms.confidence) / 2
    if terms.method == "ols":
        half = error * _student(quantile, degrees)
        yield from (slope - half, slope, slope + half)
    elif terms.method == "ewma":
        yield from _weigh(pairs, terms.decay)
    elif driver.prior is not None:
        mean, spread = _believe(weights, driver.name, *driver.prior)
        weight = spread**2 / (spread**2 + error**2)
        half = error * sqrt(weight) * NormalDist().inv_cdf(quantile)
        beta = mean + weight * (slope - mean)
        yield from (beta - half, beta, beta + half)


def _believe(weights: Weights, name: str, mean: float, spread: float) -> tuple[float, float]:
    """Give what is believed of a book's beta: its own weight in the underlying, and all else as one coin."""
    others = [weight for asset, weight in weights.items() if asset != name]
    whole = weights.get(name, 0.0) + mean * fsum(others)
    return whole, max(_LEAST_SPREAD, spread * fsum(map(abs, others)))


def _weigh(pairs: Pairs, decay: float) -> Iterator[float]:
    """Give the beta by exponential weights, if the instrument moved by them."""
    weights = [decay**ago for ago in reversed(range(len(pairs)))]
    moved = fsum(weight * x * x for weight, (x, _) in zip(weights, pairs, strict=True))
    if moved / fsum(weights) >= LEAST_VARIANCE:
        yield fsum(weight * x * y for weight, (x, y) in zip(weights, pairs, strict=True)) / moved


def _find_stressed(weights: Weights, underlying: str) -> Iterator[float]:
    """Give the median beta of the falls in which everything has a figure."""
    falls = [moves for moves in _read_falls() if {underlying, *weights} <= moves.keys()]
    falls = [moves for moves in falls if moves[underlying] <= -LEAST_FALL]
    if falls:
        yield median(
            fsum(weight * moves[asset] for asset, weight in weights.items()) / moves[underlying] for moves in falls
        )


@cache
def _read_falls() -> tuple[dict[str, float], ...]:
    """Read what coins did in windows of the past."""
    content = read_document()["paths"]["/v1/stresses"]["get"]["responses"]["200"]["content"]["application/json"]
    return tuple(
        {figure["asset"]: float(figure["move"]) for figure in stress["figures"]}
        for stress in content["example"]["stresses"]
    )


def _find_joint(book: Returns, drivers: Sequence[Returns]) -> tuple[float, ...]:
    """Give the two ratios with the least variance of which none is below 0; none where there are no two."""
    rows = match(book, *drivers)
    if len(drivers) == 1 or len(rows) < len(drivers) + FEWEST - 1:
        return ()
    y, one, other = zip(*rows, strict=True)
    xx, zz, xz, xy, zy = (_product(*pair) for pair in ((one, one), (other, other), (one, other), (one, y), (other, y)))
    is_still = min(xx, zz) < LEAST_VARIANCE or variance(y) < LEAST_VARIANCE
    if is_still or xz * xz > _CLOSEST**2 * xx * zz:
        return ()
    determinant = xx * zz - xz * xz
    betas = (zz * xy - xz * zy) / determinant, (xx * zy - xz * xy) / determinant
    if min(betas) >= 0:
        return betas
    alone = max(0.0, xy / xx), max(0.0, zy / zz)
    removed = [(2 * ratio * xy - ratio**2 * xx, ratio) for ratio in alone[:1]]
    removed += [(2 * ratio * zy - ratio**2 * zz, ratio) for ratio in alone[1:]]
    return (max(removed)[1],)


@cache
def _student(probability: float, degrees: int) -> float:
    """Give a quantile of Student's law by halving: with the angle of its tangent its density is a power of a cosine."""
    low, high = 0.0, _RIGHT
    whole = 2 * _area(_RIGHT, degrees)
    for _ in range(60):
        middle = (low + high) / 2
        is_below = 0.5 + _area(middle, degrees) / whole < probability
        low, high = (middle, high) if is_below else (low, middle)
    return sqrt(degrees) * sin(low) / cos(low)


_RIGHT = 1.5707963267948966


def _area(angle: float, degrees: int) -> float:
    """Integrate a power of the cosine from 0 by Simpson's rule."""
    step = angle / _SLICES
    inner = (cos(place * step) ** (degrees - 1) * (2 + 2 * (place % 2)) for place in range(1, _SLICES))
    return (1 + fsum(inner) + cos(angle) ** (degrees - 1)) * step / 3
