"""Random numbers as simulations need them: normal, exponential, and the bursts of volatility that make fat tails.

Law: a seed and the number of a stream say all; what one stream gives does not depend on what is taken from another.
Of numpy's generator only uniform numbers are taken, since their sequence is the raw one; the others are made of them
here, so that a newer numpy gives the same. Source: O'Neill's PCG64; Box and Muller (1958).
"""

import math
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats

LARGEST_MULTIPLIER = 100.0
"""Variance of the wildest day over that of a usual one; without an end, expected prices and risks would have none."""


class Streams(NamedTuple):
    """Independent random numbers of one chunk of paths."""

    market: np.random.Generator
    bridges: np.random.Generator
    coins: np.random.Generator
    funding: np.random.Generator


def open_streams(seed: int, chunk: int) -> Streams:
    """Open the streams of a chunk of paths."""
    keys = (np.random.SeedSequence(seed, spawn_key=(chunk, stream)) for stream in range(len(Streams._fields)))
    return Streams(*(np.random.Generator(np.random.PCG64(key)) for key in keys))


def draw_normals(stream: np.random.Generator, count: int) -> Floats:
    """Draw standard normal numbers, in pairs."""
    half = (count + 1) // 2
    radius = draw_exponentials(stream, half)
    radius *= 2
    np.sqrt(radius, out=radius)
    turn = stream.random(half)
    drawn = np.empty((2, half))
    np.multiply(turn, 2 * math.pi, out=drawn[0])
    np.cos(drawn[0], out=drawn[0])
    np.multiply(drawn[0], drawn[0], out=drawn[1])
    np.subtract(1, drawn[1], out=drawn[1])
    np.sqrt(drawn[1], out=drawn[1])  # the sine but for its sign, in a quarter of the time
    np.subtract(0.5, turn, out=turn)
    np.copysign(drawn[1], turn, out=drawn[1])
    drawn *= radius
    return drawn.reshape(-1)[:count]


def draw_exponentials(stream: np.random.Generator, count: int) -> Floats:
    """Draw exponential numbers of mean 1, never infinite."""
    drawn = stream.random(count)
    np.subtract(1, drawn, out=drawn)
    np.log(drawn, out=drawn)
    return np.negative(drawn, out=drawn)


class Bursts:
    """Draws by how much the variance of a day differs, so that returns follow Student's law at the same variance.

    A normal shock whose variance is multiplied by (degrees - 2) / chi^2 is Student's. What is beyond the largest
    multiplier is cut there, and the rest raised a little, so that the mean multiplier is 1 all the same.
    """

    def __init__(self, degrees: int) -> None:
        """Prepare for so many degrees of freedom."""
        self._degrees = degrees
        self._raised = 1 / _mean_of_cut(degrees)

    def draw(self, stream: np.random.Generator, count: int) -> Floats:
        """Draw multipliers, all at most `LARGEST_MULTIPLIER` but for their being raised."""
        halves, odd = divmod(self._degrees, 2)
        product = np.ones(count)
        for _ in range(halves):
            product *= 1 - stream.random(count)
        np.log(product, out=product)
        product *= -2  # a chi^2 of twice so many degrees as there are factors
        if odd:
            product += draw_normals(stream, count) ** 2
        np.maximum(product, (self._degrees - 2) / LARGEST_MULTIPLIER, out=product)
        return np.divide((self._degrees - 2) * self._raised, product, out=product)


def _mean_of_cut(degrees: int) -> float:
    """Give the mean of (degrees - 2) / chi^2 where it is cut."""
    edge = (degrees - 2) / LARGEST_MULTIPLIER / 2
    return 1 - _lower_gamma(degrees / 2 - 1, edge) + LARGEST_MULTIPLIER * _lower_gamma(degrees / 2, edge)


def _lower_gamma(shape: float, value: float) -> float:
    """Give the regularised lower incomplete gamma function, by its series (Abramowitz and Stegun, 6.5.29)."""
    term = total = 1 / shape
    for step in range(1, 100):
        term *= value / (shape + step)
        total += term
    return total * math.pow(value, shape) * math.exp(-value) / math.gamma(shape)
