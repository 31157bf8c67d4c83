"""Past returns that a question is answered from: as sent, as closes, or as a window that is to be looked up.

Law: all series are of the same intervals, and what is missing in one stays missing; each statistic leaves out the
intervals that it lacks, and nothing is filled in. float64 throughout, but for closes as they are sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.risk.returns import simple_returns
from service.hedging.units import Asset, Price

YEAR_DAYS = 365
LARGEST_RETURN = 100
MOST_SERIES = 60
MOST_RETURNS = 1000
SAME = "of the same intervals, oldest first; null for one that is missing"
"""What all series of a question are, in words."""

_Return = Annotated[float, Meta(ge=-1, le=LARGEST_RETURN, examples=[-0.02])]
Returns = Annotated[tuple[_Return | None, ...], Meta(min_length=3, max_length=MOST_RETURNS)]
_Closes = Annotated[tuple[Price | None, ...], Meta(min_length=4, max_length=MOST_RETURNS + 1)]
IntervalDays = Annotated[
    float,
    Meta(
        description="Days of an interval: 1 for daily returns, 0.25 for those of 6 hours.",
        ge=0.0005,
        le=31,
        examples=[1.0],
    ),
]


class ReturnSeries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="returns"):
    """Simple returns, as sent."""

    returns: Annotated[
        dict[Asset, Returns],
        Meta(
            description=f"Simple returns by asset, {SAME}.",
            min_length=1,
            max_length=MOST_SERIES,
            examples=[{"SOL": [0.031, -0.052, None, 0.018], "BTC": [0.02, -0.031, 0.004, 0.011]}],
        ),
    ]
    interval_days: IntervalDays = 1.0


class CloseSeries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="closes"):
    """Closing prices, as sent: returns are made of them."""

    closes: Annotated[
        dict[Asset, _Closes],
        Meta(
            description=f"Prices by asset at the ends {SAME}. Each asset in a currency of its own choice. A price "
            "that stands still three times running was not traded, and counts as missing.",
            min_length=1,
            max_length=MOST_SERIES,
            examples=[{"SOL": ["150", "153", "149", "151"], "BTC": ["60000", "60600", "59900", None]}],
        ),
    ]
    interval_days: IntervalDays = 1.0


class WindowSeries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="window"):
    """Daily closes that are looked up at the exchange and in the currency of `market`; as_of has to be now."""

    window_days: Annotated[
        int, Meta(description="Days before the last close of the underlying.", ge=3, le=390, examples=[90])
    ] = 90
    interval_days: Annotated[
        int,
        Meta(
            description="Days of an interval; longer ones don't overlap, and there are window_days / interval_days.",
            ge=1,
            le=30,
            examples=[1],
        ),
    ] = 1


SentSeries = ReturnSeries | CloseSeries
Series = ReturnSeries | CloseSeries | WindowSeries


class Sample(NamedTuple):
    """Returns of several assets, of the same intervals."""

    returns: Mapping[str, Sequence[float | None]]
    interval_days: float

    @property
    def periods_a_year(self) -> float:
        """Intervals in a year of 365 days."""
        return YEAR_DAYS / self.interval_days


def take_sample(series: SentSeries, needed: Sequence[str], *path: str | int) -> Sample:
    """Take the returns of some assets from what was sent.

    Args:
        series: returns or closes.
        needed: assets that have to be among them.
        path: place of the series in the question.

    Raises:
        InconsistentQuestionError: if an asset is lacking, or a series is not as long as the others.
    """
    name, columns = _columns(series)
    faults = [*_lacking(columns, needed, (*path, name)), *_uneven(columns, (*path, name))]
    if faults:
        raise InconsistentQuestionError(*faults)
    if isinstance(series, ReturnSeries):
        return Sample({asset: series.returns[asset] for asset in needed}, series.interval_days)
    return Sample({asset: _take_returns(series.closes[asset]) for asset in needed}, series.interval_days)


def _columns(series: SentSeries) -> tuple[str, Mapping[str, Sequence[object]]]:
    return ("returns", series.returns) if isinstance(series, ReturnSeries) else ("closes", series.closes)


def _lacking(
    columns: Mapping[str, Sequence[object]], needed: Sequence[str], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    lacking = [asset for asset in dict.fromkeys(needed) if asset not in columns]
    if lacking:
        yield Fault(path, f"There is no series of {', '.join(lacking[:10])}")


def _uneven(columns: Mapping[str, Sequence[object]], path: tuple[str | int, ...]) -> Iterator[Fault]:
    """List the series that are not as long as the first."""
    first, length = next((asset, len(column)) for asset, column in columns.items())
    for asset, column in columns.items():
        if len(column) != length:
            detail = f"{asset} has {len(column)} values and {first} has {length}: they are of the same intervals"
            yield Fault((*path, asset), detail)


def _take_returns(closes: Sequence[Price | None]) -> list[float | None]:
    known = {place: float(close) for place, close in enumerate(closes) if close is not None}
    return simple_returns(known, range(len(closes)))
