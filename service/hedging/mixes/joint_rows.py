"""The rows of a sample in which everything has a return: what a book and the futures beside it did at one time.

Law: a row with a gap is left out whole, because a covariance of other rows than the next need not belong to anything,
and half a row is no scenario. A hedge is measured on its own side: what a unit of it loses where the book gains.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.hedging.cautions import Caution, caution
from service.hedging.errors import Fault, TooFewObservationsError, ZeroVarianceError
from service.hedging.mixes.mix import Mix
from service.hedging.risk.samples import Sample
from service.hedging.risk.variance import FEW, FEWEST, LEAST_VARIANCE, covariance

NEAR_ONE = 0.995
"""Correlation of two underlyings from which on nobody can tell how much of each to hold."""


class Joint(NamedTuple):
    """What happened in each row, per absolute exposure."""

    book: tuple[float, ...]
    """Gain of the book."""
    hedges: tuple[tuple[float, ...], ...]
    """Loss of a unit of a hedge in each underlying, one after the other."""
    dropped: int
    """Rows with a gap."""
    periods: float
    """Rows a year."""

    def covariances(self) -> tuple[float, tuple[float, ...], tuple[tuple[float, ...], ...]]:
        """Give the variance of the book, its covariance with each hedge, and those of the hedges."""
        return (
            covariance(self.book, self.book),
            tuple(covariance(self.book, one) for one in self.hedges),
            tuple(tuple(covariance(one, other) for other in self.hedges) for one in self.hedges),
        )


def join(mix: Mix, sample: Sample) -> Joint:
    """Take the rows in which all coins that are held and all underlyings have a return.

    Args:
        mix: with an exposure.
        sample: with all of their returns.

    Raises:
        TooFewObservationsError: for fewer than 3 rows.
        ZeroVarianceError: if the book or an underlying never moved.
    """
    assets = list(dict.fromkeys((*mix.exposures, *mix.underlyings)))
    whole = [row for row in zip(*(sample.returns[asset] for asset in assets), strict=True) if None not in row]
    if len(whole) < FEWEST:
        detail = f"{len(whole)} intervals have a return of every asset, and it takes {FEWEST}"
        raise TooFewObservationsError(Fault(("series",), detail))
    columns = {
        asset: [one for one in column if one is not None]
        for asset, column in zip(assets, zip(*whole, strict=True), strict=True)
    }
    weights = {asset: float(exposure / mix.size) for asset, exposure in mix.exposures.items()}
    sign = -1.0 if mix.side == "long" else 1.0
    joint = Joint(
        book=tuple(
            math.fsum(weight * columns[asset][row] for asset, weight in weights.items()) for row in range(len(whole))
        ),
        hedges=tuple(tuple(sign * one for one in columns[asset]) for asset in mix.underlyings),
        dropped=len(sample.returns[assets[0]]) - len(whole),
        periods=sample.periods_a_year,
    )
    _require_moves(mix, joint)
    return joint


def warn_of_rows(mix: Mix, joint: Joint, matrix: Sequence[Sequence[float]]) -> Iterator[Caution]:
    """Say what a careful reader would doubt about them.

    Args:
        mix: of which they are.
        joint: the rows.
        matrix: covariances of the hedges.
    """
    count = len(joint.book)
    if joint.dropped:
        detail = f"{joint.dropped} of {count + joint.dropped} intervals lack a return of one asset and are left out"
        yield caution("rows_dropped", detail, "rows_dropped")
    share = 1 - mix.terms.confidence
    if count < FEW or count * share < 1:
        tail = f"the worst {share * 100:.3g} % of them are {count * share:.2g}"
        detail = f"{count} observations are few, and {tail}: all of it may be far off"
        yield caution("low_sample", detail, "observations")
    yield from _warn_of_twins(mix.underlyings, matrix)


def _warn_of_twins(underlyings: Sequence[str], matrix: Sequence[Sequence[float]]) -> Iterator[Caution]:
    for one, name in enumerate(underlyings):
        for other in range(one):
            correlation = matrix[one][other] / math.sqrt(matrix[one][one]) / math.sqrt(matrix[other][other])
            if abs(correlation) > NEAR_ONE:
                detail = (
                    f"{name} and {underlyings[other]} move as one (correlation {correlation:.4f}): how much of "
                    "each is next to arbitrary"
                )
                yield caution("singular_covariance", detail, "underlyings", one)


def _require_moves(mix: Mix, joint: Joint) -> None:
    if covariance(joint.book, joint.book) < LEAST_VARIANCE:
        raise ZeroVarianceError(Fault(("series",), "The book never moved: there is no risk to remove"))
    for asset, moves in zip(mix.underlyings, joint.hedges, strict=True):
        if covariance(moves, moves) < LEAST_VARIANCE:
            raise ZeroVarianceError(Fault(("series",), f"{asset} never moved: no hedge in it can be judged"))
