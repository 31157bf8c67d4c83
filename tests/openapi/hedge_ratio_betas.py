"""Betas that hedges are sized by, found here a second time: in plain sums, as the rules describe them.

Law: nothing of `service` is imported. Falls of the past are restated from what /v1/stresses says.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from math import cos, fsum, sin, sqrt
from statistics import NormalDist, median
from typing import NamedTuple

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
    """Read what coins did in falls of the past, fall by fall."""
    rows = {coin: moves for coin, *moves in map(str.split, _FALLS.strip().splitlines())}
    return tuple(
        {coin: float(move) for coin, move in zip(rows, fall, strict=True) if move != "-"}
        for fall in zip(*rows.values(), strict=True)
    )


_FALLS = """
BTC     -0.4599  -0.3885  -0.1438  -0.2686  -0.3905  -0.2524   0.0044  -0.1911  -0.0731
ETH     -0.5455  -0.4977  -0.2774  -0.3334  -0.4512  -0.3222  -0.0326  -0.2707  -0.1233
ADA     -0.5226  -0.2548  -0.2682  -0.4732  -0.2592  -0.2554  -0.2183  -0.2262  -0.2207
LINK    -0.5409  -0.5936  -0.3839  -0.4623  -0.3203  -0.2807  -0.1356  -0.2986  -0.2128
MATIC   -0.6588   0.0091  -0.3365  -0.4885  -0.4392   -0.313  -0.2682        -        -
ATOM    -0.5536   -0.567  -0.3977  -0.5151  -0.3391  -0.3634  -0.1767  -0.2402  -0.2738
DOGE    -0.3353   -0.379  -0.3075  -0.3922   -0.342  -0.4014    -0.07  -0.2653  -0.2213
XRP     -0.4264  -0.4658  -0.3349   -0.403  -0.2456  -0.3243  -0.0045  -0.1877  -0.1541
LTC     -0.5066  -0.6229  -0.3675  -0.3932  -0.2605  -0.2679  -0.1206   -0.239  -0.2305
BNB     -0.5429   -0.612  -0.3408  -0.3318  -0.3214  -0.2345   -0.138  -0.1917  -0.1218
BCH     -0.5645  -0.6431  -0.3624  -0.3527  -0.3657  -0.2805  -0.0488  -0.2941  -0.1147
TRX      -0.505  -0.5476  -0.3222  -0.2202  -0.2562  -0.1611  -0.1112  -0.1164  -0.0487
ETC     -0.5236  -0.5363   -0.329  -0.3835  -0.3654  -0.3073  -0.1129  -0.2265  -0.2499
XLM     -0.4554  -0.5072  -0.3134   -0.347  -0.2329  -0.2685   -0.066   -0.113  -0.1589
ALGO    -0.6021  -0.4452   -0.318  -0.4087  -0.2582  -0.3734  -0.1946  -0.2073  -0.2038
SOL           -  -0.4491   -0.375  -0.5188  -0.1854  -0.6184  -0.2195  -0.2891  -0.1471
DOT           -  -0.5364  -0.3831   -0.467  -0.2362  -0.2304  -0.1082  -0.2565  -0.2771
AVAX          -  -0.5759  -0.3749  -0.5493  -0.3972  -0.3417  -0.1601  -0.2766  -0.2713
UNI           -  -0.5662  -0.3386  -0.4111  -0.3027  -0.3628  -0.1393  -0.3014  -0.2626
AAVE          -  -0.3586   -0.341  -0.5166  -0.5005  -0.3967  -0.1202  -0.0888  -0.1799
NEAR          -  -0.4624  -0.3652  -0.5053  -0.4046  -0.3908  -0.1969  -0.3314  -0.1729
FIL           -  -0.5461  -0.3479  -0.4841  -0.3029  -0.3279  -0.1734  -0.2709  -0.2668
"""
"""Moves from close to close by coin, as /v1/stresses tells them: from covid-2020-03 to crash-2025-10, no rally."""


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
