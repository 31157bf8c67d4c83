"""The dollar offset: published examples, its edges, and what is too small to divide by."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.hindsight.offset import Changes, DollarOffset, offset_changes, offset_returns
from service.hedging.units import Notional, SignedAmount
from tests.hedging.build import check_answer


def offset(items: list[str], hedges: list[str], exposure: str | None = None) -> DollarOffset:
    """Give the offset of money."""
    changes = Changes(
        item_changes=tuple(map(SignedAmount, items)),
        hedge_changes=tuple(map(SignedAmount, hedges)),
        exposure=None if exposure is None else Notional(exposure),
    )
    return check_answer(offset_changes(changes))


@pytest.mark.parametrize(("item", "hedge", "ratio"), [("-11000", "10000", 0.909090909091), ("-1000", "1150", 1.15)])
def test_the_published_examples(item: str, hedge: str, ratio: float) -> None:
    """Golden vectors E07 and E09: 0.91 and 1.15 pass."""
    found = offset([item], [hedge])

    assert (found.cumulative, found.is_within_corridor, found.ratios) == (ratio, True, (ratio,))


def test_each_period_and_all_of_them() -> None:
    """Golden vector E12: exactly 0.80 in all is within; a period in which the item stood still has no ratio."""
    found = offset(["-500", "200", "-700", "0"], ["420", "-190", "610", "-40"])

    assert found.ratios == (0.84, 0.95, 0.871428571429, None)
    assert (found.ratios_within, found.ratios_missing) == (3, 1)
    assert (found.cumulative, found.is_within_corridor, found.source) == (0.8, True, "changes")
    assert "IFRS 9 dropped it" in found.convention


@pytest.mark.parametrize(
    ("hedge", "is_within"), [("0.8", True), ("1.25", True), ("0.799999999999999999", False), ("1.2500000001", False)]
)
def test_the_edges_are_within_and_exact(*, hedge: str, is_within: bool) -> None:
    """Also where the ratio prints as the edge."""
    assert offset(["-1"], [hedge]).is_within_corridor is is_within


def test_small_changes_have_no_ratio() -> None:
    """Domain 3: less than 0.1 % of the value; they count in the sum all the same."""
    found = offset(["-9.9", "-10", "-90"], ["8", "8", "80"], "10000")

    assert found.ratios == (None, 0.8, 0.888888888889)
    assert found.cumulative == pytest.approx(96 / 109.9)
    assert offset(["-9.9", "9.8"], ["8", "-8"], "10000").cumulative_reason == "item_hardly_changed"


def test_a_hedge_that_loses_with_the_item_has_a_negative_ratio() -> None:
    """It is no offset at all."""
    assert offset(["-100"], ["-50"]).cumulative == -0.5


def test_returns_are_offset_by_the_ratio() -> None:
    """0.8 short of what fell as the future did: on the edge, although floats are not."""
    found = check_answer(offset_returns([-0.03, 0.0005, None, 0.01], [-0.03, 0.02, 0.01, 0.01], hedge_ratio=0.8))

    assert found.ratios == (0.8, None, None, 0.8)
    assert (found.ratios_within, found.ratios_missing, found.source) == (2, 2, "series")
    assert found.cumulative == pytest.approx(0.0, abs=1e-12)
    assert found.is_within_corridor is False


def test_returns_that_cancel_have_no_cumulative_ratio() -> None:
    """Nothing was lost in all that could be taken back."""
    found = offset_returns([-0.03, 0.03], [-0.03, 0.02], hedge_ratio=1.0)

    assert (found.cumulative, found.is_within_corridor) == (None, None)
    assert found.cumulative_reason == "item_hardly_changed"


_MONEY = st.decimals(-(10**14), 10**14, places=6).map(lambda value: f"{value:f}")


@settings(deadline=None)
@given(st.lists(st.tuples(_MONEY, _MONEY), min_size=1, max_size=20), st.none() | st.sampled_from(["1", "1000000"]))
def test_every_change_has_a_finite_ratio_or_none(rows: list[tuple[str, str]], exposure: Any) -> None:
    """And both hands agree on how many."""
    items, hedges = (list(column) for column in zip(*rows, strict=True))
    found = offset(items, hedges, exposure)

    assert len(found.ratios) == len(rows)
    assert found.ratios_missing + sum(ratio is not None for ratio in found.ratios) == len(rows)
    assert (found.cumulative is None) == (found.cumulative_reason is not None)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1, 100), st.floats(-1, 100)), min_size=1, max_size=20), st.floats(-10, 10))
def test_returns_offset_as_the_same_money_does(rows: list[tuple[float, float]], ratio: float) -> None:
    """The two routes agree: floats here, exact decimals there."""
    items, futures = ([round(one, 9) for one in column] for column in zip(*rows, strict=True))
    ratio = round(ratio, 6)
    hedges = [round(-ratio * one, 15) for one in futures]

    by_returns = offset_returns(items, futures, hedge_ratio=ratio)
    by_money = offset([f"{one:.15f}" for one in items], [f"{one:.15f}" for one in hedges], "1")

    assert by_returns.ratios == pytest.approx(by_money.ratios, rel=1e-9, abs=1e-9)
