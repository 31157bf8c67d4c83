"""How prices may move: what a simulation takes as true about the market, as asked and as it is then computed.

Law: every coin follows the underlying by its beta, and has movement of its own that no future removes. All expected
prices are today's: a simulation tells risk, and has no view. Volatilities are annual, ACT/365; what is sent as daily is
taken as it is. float64 throughout.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct, field

from service.hedging.errors import (
    Fault,
    InconsistentQuestionError,
    TooFewObservationsError,
    ZeroVarianceError,
)
from service.hedging.units import Asset

DAYS_OF_YEAR = 365
FEWEST_ROWS = 10
"""Days of joint returns from which blocks can be drawn at all."""
FEW_ROWS = 30
"""Days below which it is warned that they are few."""
SHORTEST_BLOCK, LONGEST_BLOCK = 5, 10
"""Days of a block, unless the question says otherwise."""
LEAST_GROWTH = 1e-6
"""What is left at least of a price after a day: a return of -1 is taken as almost that."""
LEAST_VARIANCE = 1e-18
_TOLERANCE = 1e-9
"""Share of a variance by which rounding may make a covariance impossible."""
_MODEL = "model"
LARGEST_RETURN = 100
"""Of a day."""

Volatility = Annotated[float, Meta(ge=0, le=5, examples=[0.8])]
Degrees = Annotated[
    Annotated[int, Meta(ge=3, le=30)] | None,
    Meta(
        description="Degrees of freedom of Student's law, which daily shocks follow at the same standard deviation; "
        "null for normal ones.",
        examples=[4],
    ),
]
_Return = Annotated[float, Meta(ge=-1, le=LARGEST_RETURN, examples=[-0.02])]


class FactorModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="factor"):
    """One market factor, betas, and movement of the coins' own."""

    volatility: Annotated[float, Meta(description="Annual, of the underlying.", ge=0.01, le=5, examples=[0.6])] = 0.6
    degrees_of_freedom: Degrees = 4
    residual_volatility: Annotated[
        Volatility | None,
        Meta(
            description="Annual, of each coin's own movement; null or absent: 0.8, as an assumption from eight large "
            "altcoins of 2021 to 2025."
        ),
    ] = None
    residual_volatilities: Annotated[
        dict[Asset, Volatility],
        Meta(description="Same by asset, for those that differ.", max_length=100, examples=[{"SOL": 0.9}]),
    ] = field(default_factory=dict)
    residual_correlation: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="Between the own movements of any two coins: altcoins move together beyond what BTC explains. "
            "Null or absent: 0.4, as an assumption from the same coins.",
            examples=[0.4],
        ),
    ] = None


class CovarianceModel(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="covariance"
):
    """A covariance of daily returns, from which betas and the coins' own movements follow."""

    assets: Annotated[
        tuple[Asset, ...],
        Meta(description="Whose, each once: all risky holdings and the underlying.", min_length=1, max_length=40),
    ]
    covariance: Annotated[
        tuple[
            Annotated[
                tuple[Annotated[float, Meta(ge=-1, le=1, examples=[0.001])], ...], Meta(min_length=1, max_length=40)
            ],
            ...,
        ],
        Meta(
            description="Of daily log returns, a row an asset in the same order; symmetric.",
            min_length=1,
            max_length=40,
        ),
    ]
    degrees_of_freedom: Degrees = 4


class BootstrapModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="bootstrap"):
    """Blocks of past days, drawn with all of their returns together."""

    returns: Annotated[
        Annotated[
            dict[
                Asset,
                Annotated[tuple[_Return | None, ...], Meta(min_length=FEWEST_ROWS, max_length=1000)],
            ],
            Meta(min_length=1, max_length=101),
        ]
        | None,
        Meta(
            description="Simple daily returns of all risky holdings and of the underlying, oldest first, of the same "
            "days. Null for one that is missing: its day is left out for all, never filled in. Null or absent: they "
            "are looked up, as history_days says.",
            examples=[{"BTC": [0.01, -0.02, None, 0.01, 0.02, -0.03, 0.01, 0.0, 0.02, -0.01]}],
        ),
    ] = None
    history_days: Annotated[
        Annotated[int, Meta(ge=30, le=365)] | None,
        Meta(
            description="Days of which the returns are made of daily closes instead, at the exchange and in the "
            "currency of `market`; as_of has to be now. The answer's model has the returns. Null or absent: returns "
            "are sent.",
            examples=[180],
        ),
    ] = None
    block_days: Annotated[
        Annotated[int, Meta(ge=1, le=60)] | None,
        Meta(
            description="Days of a block; null or absent: the cube root of the number of days, within 5 to 10.",
            examples=[7],
        ),
    ] = None
    drift: Annotated[
        Literal["none", "history"],
        Meta(description="Whether prices go on rising or falling as in those days, or expect to stay as they are."),
    ] = "none"


Model = FactorModel | CovarianceModel | BootstrapModel

USUAL_RESIDUAL = 0.8
"""Annual: R^2 of single altcoins on BTC is 0.31 to 0.46 at betas about 1.1 (domain 2.4, daily, 2021 to 2025)."""
USUAL_CORRELATION = 0.4
"""What makes an equal-weight basket of eight such coins have the R^2 of 0.58 that it had."""


class Factor(NamedTuple):
    """A market factor with what the coins add to it, per day."""

    variance: float
    """Of the underlying's log return."""
    degrees: int | None
    betas: tuple[float, ...]
    """Of the coins."""
    common: tuple[float, ...]
    """Standard deviation of the coins' own movement that they share; 0 for none."""
    loadings: tuple[tuple[float, ...], ...]
    """Lower triangle: how much of each independent shock a coin's own movement has."""


class Blocks(NamedTuple):
    """Past days to draw from."""

    market: tuple[float, ...]
    """Log returns of the underlying, a day each."""
    coins: tuple[tuple[float, ...], ...]
    """Same of the coins, of the same days."""
    variance: float
    """Of the underlying's log return, a day."""
    length: int
    """Days of a block."""
    dropped: int
    """Days that were left out."""


Dynamics = Factor | Blocks


def check_history(model: Model) -> int | None:
    """Give the past days that a model wants looked up; None for none.

    Args:
        model: as asked.

    Raises:
        InconsistentQuestionError: if past days are sent and to be looked up, or neither.
    """
    if not isinstance(model, BootstrapModel):
        return None
    if (model.returns is None) == (model.history_days is None):
        detail = "Past days are sent, as returns, or looked up, as history_days says: one of the two"
        raise InconsistentQuestionError(Fault((_MODEL,), detail))
    return model.history_days


def take_model(model: Model, betas: Mapping[str, float], underlying: str) -> Dynamics:
    """Work out how the coins of a book move.

    Args:
        model: as asked; past days that were looked up stand in its returns, beside history_days.
        betas: of the risky assets to the underlying, in the order in which they are wanted; the other models than
            `factor` have their own.
        underlying: of the contract.

    Raises:
        InconsistentQuestionError: if the model lacks an asset, or is no covariance.
        ZeroVarianceError: if the underlying never moves.
        TooFewObservationsError: if too few days have all returns.
    """
    if isinstance(model, FactorModel):
        return _take_factor(model, betas, underlying)
    if isinstance(model, CovarianceModel):
        return _take_covariance(model, tuple(betas), underlying)
    return _take_blocks(model, tuple(betas), underlying)


def usual_block(rows: int) -> int:
    """Give the days of a block for a history: its cube root, within 5 to 10."""
    return max(SHORTEST_BLOCK, min(LONGEST_BLOCK, round(math.cbrt(rows))))


def residual_of(model: FactorModel, asset: str) -> float | None:
    """Give the annual volatility that was sent of a coin's own movement; None where there is none."""
    return model.residual_volatilities.get(asset, model.residual_volatility)


def _take_factor(model: FactorModel, betas: Mapping[str, float], underlying: str) -> Factor:
    own = [_daily(_own_volatility(model, asset, underlying)) for asset in betas]
    shared = USUAL_CORRELATION if model.residual_correlation is None else model.residual_correlation
    return Factor(
        variance=_daily(model.volatility) ** 2,
        degrees=model.degrees_of_freedom,
        betas=tuple(betas.values()),
        common=tuple(one * math.sqrt(shared) for one in own),
        loadings=tuple((0.0,) * place + (one * math.sqrt(1 - shared),) for place, one in enumerate(own)),
    )


def _own_volatility(model: FactorModel, asset: str, underlying: str) -> float:
    """Give the annual volatility of a coin's own movement; the underlying has none unless it is named."""
    if asset == underlying:
        return model.residual_volatilities.get(asset, 0.0)
    sent = residual_of(model, asset)
    return USUAL_RESIDUAL if sent is None else sent


def _daily(volatility: float) -> float:
    return volatility / math.sqrt(DAYS_OF_YEAR)


def _take_covariance(model: CovarianceModel, assets: Sequence[str], underlying: str) -> Factor:
    faults = [*_shape_faults(model), *_missing(model.assets, (*assets, underlying), "assets")]
    if faults:
        raise InconsistentQuestionError(*faults)
    where = {asset: place for place, asset in enumerate(model.assets)}
    market = where[underlying]
    variance = model.covariance[market][market]
    if variance < LEAST_VARIANCE:
        raise ZeroVarianceError(Fault((_MODEL, "covariance", market, market), f"{underlying} never moves: no beta"))
    # All of it has to be a covariance, whether it is held or not.
    slopes = [row[market] / variance for row in model.covariance]
    residual = [
        [cell - slope * other * variance for cell, other in zip(row, slopes, strict=True)]
        for row, slope in zip(model.covariance, slopes, strict=True)
    ]
    scales = [row[place] for place, row in enumerate(model.covariance)]
    _factorize(residual, scales)
    held = [where[asset] for asset in assets]
    loadings = _factorize([[residual[one][other] for other in held] for one in held], [scales[one] for one in held])
    return Factor(
        variance=variance,
        degrees=model.degrees_of_freedom,
        betas=tuple(slopes[one] for one in held),
        common=(0.0,) * len(held),
        loadings=loadings,
    )


def _shape_faults(model: CovarianceModel) -> Iterator[Fault]:
    size, rows = len(model.assets), model.covariance
    if len(set(model.assets)) < size:
        yield Fault((_MODEL, "assets"), "Each asset stands once in a covariance")
    if len(rows) != size or any(len(row) != size for row in rows):
        yield Fault((_MODEL, "covariance"), f"{size} assets have {size} rows of {size} covariances")
    elif any(rows[one][other] != rows[other][one] for one in range(size) for other in range(one)):
        yield Fault((_MODEL, "covariance"), "A covariance is symmetric: the same number stands on both sides")


def _missing(known: Sequence[str], needed: Sequence[str], field_name: str) -> Iterator[Fault]:
    lacking = [asset for asset in dict.fromkeys(needed) if asset not in known]
    if lacking:
        yield Fault((_MODEL, field_name), f"The model does not say how these move: {', '.join(lacking[:10])}")


def _factorize(matrix: Sequence[Sequence[float]], scales: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    """Give the lower triangle whose product with its transpose is a matrix (Cholesky), which may be singular.

    Args:
        matrix: symmetric.
        scales: variances that its diagonal is a part of, to tell rounding from what can't be.

    Raises:
        InconsistentQuestionError: if no returns have such a covariance.
    """
    lower = [[0.0] * (place + 1) for place in range(len(matrix))]
    for column in range(len(matrix)):
        pivot = matrix[column][column] - math.fsum(one * one for one in lower[column][:column])
        if pivot < -_TOLERANCE * scales[column]:
            raise _impossible(column)
        root = math.sqrt(pivot) if pivot > _TOLERANCE * scales[column] else 0.0
        lower[column][column] = root
        for row in range(column + 1, len(matrix)):
            products = (one * other for one, other in zip(lower[row][:column], lower[column], strict=False))
            rest = matrix[row][column] - math.fsum(products)
            if root:
                lower[row][column] = rest / root
            elif rest**2 > _TOLERANCE * scales[row] * scales[column]:
                raise _impossible(row)
    return tuple(tuple(row) for row in lower)


def _impossible(place: int) -> InconsistentQuestionError:
    detail = "No returns have such a covariance: it is not positive semi-definite"
    return InconsistentQuestionError(Fault((_MODEL, "covariance", place), detail))


def _take_blocks(model: BootstrapModel, assets: Sequence[str], underlying: str) -> Blocks:
    needed, returns = tuple(dict.fromkeys((*assets, underlying))), model.returns
    if returns is None:
        raise InconsistentQuestionError(Fault((_MODEL,), "Past days are to be looked up before they are drawn from"))
    faults = [*_missing(tuple(returns), needed, "returns"), *_uneven(returns)]
    if faults:
        raise InconsistentQuestionError(*faults)
    days = list(zip(*(returns[asset] for asset in needed), strict=True))
    rows = [[_log(one) for one in day if one is not None] for day in days if None not in day]
    length = usual_block(len(rows)) if model.block_days is None else model.block_days
    if len(rows) < max(FEWEST_ROWS, length):
        detail = f"{len(rows)} days have all returns, and blocks of {length} days are drawn from {FEWEST_ROWS} at least"
        place = "returns" if model.history_days is None else "history_days"
        raise TooFewObservationsError(Fault((_MODEL, place), detail))
    columns = dict(zip(needed, zip(*rows, strict=True), strict=True))
    if model.drift == "none":
        columns = {asset: _level(column) for asset, column in columns.items()}
    market = columns[underlying]
    return Blocks(
        market=market,
        coins=tuple(columns[asset] for asset in assets),
        variance=_variance(market),
        length=length,
        dropped=len(days) - len(rows),
    )


def _uneven(returns: Mapping[str, Sequence[float | None]]) -> Iterator[Fault]:
    """List the series that are not as long as the first."""
    first = next(iter(returns))
    for asset, series in returns.items():
        if len(series) != len(returns[first]):
            detail = f"{asset} has {len(series)} returns and {first} has {len(returns[first])}: they are of one time"
            yield Fault((_MODEL, "returns", asset), detail)


def _log(change: float) -> float:
    return math.log(max(LEAST_GROWTH, 1 + change))


def _level(column: Sequence[float]) -> tuple[float, ...]:
    """Take the mean growth out, so that the expected price stays as it is."""
    growth = math.log(math.fsum(math.exp(one) for one in column) / len(column))
    return tuple(one - growth for one in column)


def _variance(column: Sequence[float]) -> float:
    center = math.fsum(column) / len(column)
    return math.fsum((one - center) ** 2 for one in column) / (len(column) - 1)
