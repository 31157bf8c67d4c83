"""The dollar offset of a hedge: how much of the item's change the hedge's change took back.

Law: the corridor of 80 to 125 % is a convention about ratios, and says nothing about risk. A ratio to next to nothing
is none. Money is exact, also on the edges of the corridor; returns are floats.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.variance import Observations
from service.hedging.units import Notional, SignedAmount, exactly

SMALL = Decimal("0.001")
"""Share of the item's value below which a change of it is too small to divide by."""
_LOWEST, _HIGHEST = Decimal("0.8"), Decimal("1.25")
_SMALL_RETURN, _LOWEST_RETURN, _HIGHEST_RETURN = float(SMALL), float(_LOWEST), float(_HIGHEST)
_ZERO = Decimal(0)
CONVENTION = (
    "0.80 to 1.25, both included, is the corridor of IAS 39 and FAS 133; IFRS 9 dropped it. It is a convention, not a "
    "measure of the risk that is left"
)
_Values = Annotated[tuple[SignedAmount, ...], Meta(min_length=1, max_length=1000)]


class Changes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What item and hedge gained in each period, in money."""

    item_changes: Annotated[
        _Values,
        Meta(
            description="Change of the item's value per period, oldest first; losses negative.",
            examples=[["-500", "200", "-700"]],
        ),
    ]
    hedge_changes: Annotated[
        _Values,
        Meta(description="Same of the hedge, of the same periods.", examples=[["420", "-190", "610"]]),
    ]
    exposure: Annotated[
        Notional | None,
        Meta(
            description="Value of the item: periods in which it changed by less than 0.1 % of it have no ratio. Null "
            "or absent: only those in which it did not change at all have none."
        ),
    ] = None


class DollarOffset(Struct, frozen=True, kw_only=True):
    """How much of the item's change the hedge took back: - change of hedge / change of item."""

    source: Annotated[
        Literal["changes", "series"],
        Meta(
            description="`changes`: the money that was sent. `series`: the returns, the hedge at the hedge ratio in "
            "each period anew."
        ),
    ]
    ratios: Annotated[
        tuple[float | None, ...],
        Meta(
            description="One a period, in its order: 1 took all of it back, below 0 both gained or both lost. Null "
            "where the item changed by less than 0.1 % of its value, or a return is missing.",
            min_length=1,
            max_length=1000,
            examples=[[0.84, 0.95, None]],
        ),
    ]
    ratios_within: Annotated[
        int, Meta(description="How many of the ratios are within the corridor.", ge=0, le=1000, examples=[2])
    ]
    ratios_missing: Annotated[int, Meta(description="How many are null.", ge=0, le=1000, examples=[1])]
    cumulative: Annotated[
        float | None,
        Meta(
            description="Same of the sums over all periods that have both; null as cumulative_reason says.",
            examples=[0.8],
        ),
    ]
    cumulative_reason: Annotated[
        Literal["item_hardly_changed"] | None,
        Meta(description="The item changed by less than 0.1 % of its value in all; null where there is a ratio."),
    ]
    is_within_corridor: Annotated[
        bool | None,
        Meta(description="Whether `cumulative` is within the corridor; null where there is none.", examples=[True]),
    ]
    convention: Annotated[
        str, Meta(description="What the corridor is, and what it is not.", max_length=300, examples=[CONVENTION])
    ]


class _Ratio(NamedTuple):
    value: float
    is_within: bool


def check_changes(changes: Changes) -> None:
    """Refuse changes of two lengths.

    Raises:
        InconsistentQuestionError: same.
    """
    if len(changes.item_changes) != len(changes.hedge_changes):
        detail = (
            f"item_changes has {len(changes.item_changes)} values and hedge_changes has "
            f"{len(changes.hedge_changes)}: they are of the same periods"
        )
        raise InconsistentQuestionError(Fault(("changes", "hedge_changes"), detail))


@exactly
def offset_changes(changes: Changes) -> DollarOffset:
    """Give the dollar offset of what was sent.

    Args:
        changes: checked.
    """
    small = SMALL * changes.exposure if changes.exposure else _ZERO
    rows = zip(changes.item_changes, changes.hedge_changes, strict=True)
    whole = (sum(changes.item_changes, _ZERO), sum(changes.hedge_changes, _ZERO))
    return _report("changes", [_divide(row, small) for row in rows], _divide(whole, small))


def offset_returns(item: Observations, future: Observations, *, hedge_ratio: float) -> DollarOffset:
    """Give the dollar offset of a hedge by returns, per unit of the item.

    Args:
        item: profits of the book per period as a share of it; None for one that is missing. One period at least has
            both.
        future: returns of the future, of the same periods.
        hedge_ratio: value of the future short per value held.
    """
    rows = [
        None if held is None or moved is None else (held, -hedge_ratio * moved)
        for held, moved in zip(item, future, strict=True)
    ]
    whole = [math.fsum(column) for column in zip(*(row for row in rows if row is not None), strict=True)]
    ratios = [None if row is None else _divide_returns(*row) for row in rows]
    return _report("series", ratios, _divide_returns(*whole))


def _report(
    source: Literal["changes", "series"], ratios: Sequence[_Ratio | None], cumulative: _Ratio | None
) -> DollarOffset:
    return DollarOffset(
        source=source,
        ratios=tuple(None if ratio is None else ratio.value for ratio in ratios),
        ratios_within=sum(ratio is not None and ratio.is_within for ratio in ratios),
        ratios_missing=ratios.count(None),
        cumulative=None if cumulative is None else cumulative.value,
        cumulative_reason="item_hardly_changed" if cumulative is None else None,
        is_within_corridor=None if cumulative is None else cumulative.is_within,
        convention=CONVENTION,
    )


def _divide(row: tuple[Decimal, Decimal], small: Decimal) -> _Ratio | None:
    """Divide money, exactly enough to tell on which side of an edge it is."""
    item, hedge = row
    if not item or abs(item) < small:
        return None
    ratio = -hedge / item
    return _Ratio(tidy(float(ratio)), _LOWEST <= ratio <= _HIGHEST)


def _divide_returns(item: float, hedge: float) -> _Ratio | None:
    """Divide returns; what prints as an edge is on it."""
    if abs(item) < _SMALL_RETURN:
        return None
    ratio = tidy(-hedge / item)
    return _Ratio(ratio, _LOWEST_RETURN <= ratio <= _HIGHEST_RETURN)
