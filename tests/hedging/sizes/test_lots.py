"""The legal size next to an exact one: lot step, cap and minimums in the order that venues apply them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.sizes.lots import LotRounding, fit_size
from tests.hedging.build import linear

Plain = tuple[str, str | None]
ROUNDINGS: tuple[LotRounding, ...] = ("down", "nearest", "up")


def fit(target: str, rounding: LotRounding, *, unit: str = "10", **terms: str) -> Plain:
    """Fit a target to a contract worth `unit`, and write the answer plainly."""
    found = fit_size(linear(**terms), unit_notional=Decimal(unit), target_notional=Decimal(target), rounding=rounding)
    return f"{found.contracts.normalize():f}", found.adjustment


@pytest.mark.parametrize(
    ("target", "terms", "down", "nearest", "up"),
    [
        ("0", {}, ("0", None), ("0", None), ("0", None)),
        ("20", {}, ("2", None), ("2", None), ("2", None)),
        ("24.9", {}, ("2", None), ("2", None), ("3", None)),
        ("25", {}, ("2", None), ("2", None), ("3", None)),
        ("25.1", {}, ("2", None), ("3", None), ("3", None)),
        ("7", {"lot_step": "0.1"}, ("0.7", None), ("0.7", None), ("0.7", None)),
        ("4", {}, ("0", "rounds_to_zero"), ("0", "rounds_to_zero"), ("1", None)),
        *(
            ("24", {"max_quantity": most}, ("1", "capped_at_max_quantity"), ("1", "capped_at_max_quantity"), capped)
            for most in ("1", "1.9")
            for capped in [("1", "capped_at_max_quantity")]
        ),
        ("24", {"min_quantity": "3"}, ("0", "below_min_quantity"), ("0", "below_min_quantity"), ("3", None)),
        (
            "14",
            {"min_quantity": "2.5"},
            ("0", "below_min_quantity"),
            ("0", "below_min_quantity"),
            ("3", "raised_to_min_quantity"),
        ),
        (
            "14",
            {"min_notional": "31"},
            ("0", "below_min_notional"),
            ("0", "below_min_notional"),
            ("4", "raised_to_min_notional"),
        ),
        (
            "4",
            {"min_quantity": "2", "min_notional": "15"},
            ("0", "rounds_to_zero"),
            ("0", "rounds_to_zero"),
            ("2", "raised_to_min_quantity"),
        ),
        (
            "14",
            {"max_quantity": "3", "min_notional": "31"},
            ("0", "below_min_notional"),
            ("0", "below_min_notional"),
            ("0", "no_legal_size"),
        ),
        ("14", {"max_quantity": "0.5"}, *[("0", "no_legal_size")] * 3),
        (
            "99",
            {"max_quantity": "5", "min_quantity": "5"},
            ("5", "capped_at_max_quantity"),
            ("5", "capped_at_max_quantity"),
            ("5", "capped_at_max_quantity"),
        ),
        ("20", {"min_quantity": "0", "min_notional": "0"}, ("2", None), ("2", None), ("2", None)),
    ],
)
def test_a_size_is_rounded_then_capped_then_held_against_the_minimums(
    target: str, terms: dict[str, str], down: Plain, nearest: Plain, up: Plain
) -> None:
    """Below a minimum, down and nearest drop to nothing and up is raised."""
    assert fit(target, "down", **terms) == down
    assert fit(target, "nearest", **terms) == nearest
    assert fit(target, "up", **terms) == up


def test_the_vectors_of_a_minimum_notional_come_out() -> None:
    """0.9756 contracts of 61.5 with a minimum of 100 are none, or 1.7 rounded up."""
    terms = {"lot_step": "0.1", "min_notional": "100"}

    assert fit("60", "nearest", unit="61.5", **terms) == ("0", "below_min_notional")
    assert fit("60", "up", unit="61.5", **terms) == ("1.7", "raised_to_min_notional")


amounts = st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=2, allow_nan=False)


@given(
    target=amounts,
    unit=amounts,
    lot=st.sampled_from(["1", "0.1", "0.003", "5"]),
    least=st.integers(0, 50),
    most=st.none() | st.integers(50, 10**7),
    value=st.integers(0, 500),
)
def test_every_size_is_one_that_the_venue_takes(
    target: Decimal, unit: Decimal, lot: str, least: int, most: int | None, value: int
) -> None:
    """On the lot step, within the quantities, worth the minimum, or nothing at all; and down <= nearest <= up."""
    terms = {"lot_step": lot, "min_quantity": str(least), "min_notional": str(value)}
    contract = linear(**terms, **({} if most is None else {"max_quantity": str(most)}))

    sizes = [
        fit_size(contract, unit_notional=unit, target_notional=target, rounding=rounding).contracts
        for rounding in ROUNDINGS
    ]

    for size in sizes:
        assert size % Decimal(lot) == 0
        assert not size or (size >= least and size * unit >= value and (most is None or size <= most))
    assert sizes[0] <= sizes[1]
    assert sizes[1] <= sizes[2] or not sizes[2]
