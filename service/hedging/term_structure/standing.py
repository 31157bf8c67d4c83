"""Where a number stands among its own past values.

float64 throughout: these are statistics.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.errors import Fault, TooFewObservationsError

FEWEST = 3
"""Past values from which anything can be said at all."""
FEW = 30
"""Past values below which it is warned that they are few."""
Measure = Literal["basis_rate", "annualized_basis_rate"]


class Standing(Struct, frozen=True, kw_only=True):
    """A number among its past values."""

    measure: Annotated[
        Measure,
        Meta(description="What is compared: the rate of a perpetual, the simple annual rate of a future that expires."),
    ]
    observations: Annotated[int, Meta(description="Past values.", ge=3, le=2000, examples=[90])]
    mean: Annotated[float, Meta(description="Of the past values.", examples=[0.07])]
    standard_deviation: Annotated[float, Meta(description="Of the past values, with n - 1.", ge=0, examples=[0.02])]
    z_score: Annotated[
        float | None,
        Meta(description="Standard deviations above the mean; null where the past values are all one.", examples=[0.5]),
    ]
    percentile: Annotated[
        float,
        Meta(
            description="Share of the past values that are below, those that are equal counted by half.",
            ge=0,
            le=1,
            examples=[0.7],
        ),
    ]


def place(value: float, history: Sequence[float | None], *, measure: Measure, path: tuple[str | int, ...]) -> Standing:
    """Place a number among its past values.

    Args:
        value: the number.
        history: past values of the same measure, in any order; None for one that is missing.
        measure: what they are.
        path: where the question states them.

    Raises:
        TooFewObservationsError: for fewer than 3.
    """
    past = [one for one in history if one is not None]
    if len(past) < FEWEST:
        raise TooFewObservationsError(Fault(path, f"{len(past)} past values are there, and it takes {FEWEST}"))
    mean = math.fsum(past) / len(past)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in past) / (len(past) - 1))
    if min(past) == max(past):  # rounding alone may scatter equal values about their mean
        deviation = 0.0
    below, equal = sum(one < value for one in past), sum(one == value for one in past)
    return Standing(
        measure=measure,
        observations=len(past),
        mean=mean,
        standard_deviation=deviation,
        z_score=(value - mean) / deviation if deviation else None,
        percentile=(below + equal / 2) / len(past),
    )
