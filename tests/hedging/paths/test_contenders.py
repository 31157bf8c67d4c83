"""Hedges that are held against each other: their sizes, their wallets, and where those are lost."""

import math
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pytest

from service.hedging.contracts import Contract
from service.hedging.errors import (
    HedgingError,
    InconsistentQuestionError,
    LeverageOutOfRangeError,
    MarginConflictError,
    MarginTermsMissingError,
    SizeOutOfRangeError,
)
from service.hedging.paths.contenders import FARTHEST, Contender, Desk, Held, Stake, enter_hedges
from tests.hedging.build import inverse, linear
from tests.hedging.simulating import contender

TERMS = {"initial_margin_rate": "0.05", "maintenance_margin_rate": "0.004"}


def desk_of(
    contract: Contract | None = None, *, side: Literal["short", "long"] = "short", exposure: str = "12000"
) -> Desk:
    """Make a desk for a book of 12,000."""
    chosen = contract or linear(tick_size="0.1", **TERMS)
    return Desk(chosen, side, Decimal(60000), Decimal(exposure), Decimal("1E12"))


def enter(*, side: Literal["short", "long"] = "short", contract: Contract | None = None, **terms: Any) -> Held:
    """Enter one hedge."""
    (held,) = enter_hedges([contender(**terms)], desk_of(contract, side=side))
    return held


def stake_of(held: Held) -> Stake:
    """Give what is lost with a hedge that has something to lose."""
    assert held.stake is not None
    return held.stake


def test_a_share_is_covered_to_a_fraction_of_a_contract() -> None:
    """Half of 12,000 is one contract of 6,000; half of that again is no whole one."""
    assert str(enter(coverage="0.5").shown.contracts) == "1"
    assert str(enter(coverage="0.25").shown.contracts) == "0.5"
    assert str(enter(contracts="3").shown.coverage) == "1.5"


def test_a_hedge_at_5x_is_liquidated_19_5_percent_higher() -> None:
    """Source: domain 5.8; the price is shown rounded toward the entry, and reckoned with unrounded."""
    held = enter(coverage="1", leverage="5")
    stake = stake_of(held)

    assert str(held.shown.wallet) == "2400"
    assert str(held.shown.liquidation_price) == "71713.1"
    assert stake.barrier == pytest.approx(math.log(1.2 / 1.004), rel=1e-12)
    assert stake.loss == 2400


def test_a_long_is_liquidated_below() -> None:
    """Its barrier is a move against it, too."""
    held = enter(coverage="1", leverage="5", side="long")
    stake = stake_of(held)

    assert held.shown.liquidation_move is not None
    assert held.shown.liquidation_move < 0
    assert stake.barrier == pytest.approx(math.log(0.996 / 0.8), rel=1e-12)


def test_without_a_wallet_the_initial_margin_is_posted() -> None:
    """5 % of 12,000, as in a sizing; it opens the position, and is lost where it would be at 20x."""
    held, geared = enter(coverage="1"), enter(coverage="1", leverage="20")

    assert str(held.shown.wallet) == "600"
    assert held == geared
    assert not held.is_short_of_margin


def test_a_wallet_is_rounded_up_as_in_a_sizing() -> None:
    """A seventh of 600 is 85.714285714...: no digit is left out to the hedger's harm."""
    held = enter(contracts="0.1", leverage="7")

    assert str(held.shown.wallet) == "85.71428572"
    assert str(enter(contracts="0.3", leverage="6").shown.wallet) == "300"  # a sixth of 1,800, of which noise is left


def test_coins_that_are_lost_are_told_at_their_price_at_the_start() -> None:
    """An inverse wallet of 0.04 BTC at 60,000: what it is worth later depends on the path."""
    held = enter(contract=inverse(**TERMS), coverage="1", leverage="5")

    assert str(held.shown.wallet) == "0.04"
    assert stake_of(held).loss == pytest.approx(0.04 * 60_000)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"coverage": "0", "leverage": "5"}, "no_contracts"),
        ({"coverage": "0", "contract": linear()}, "no_contracts"),
        ({"coverage": "1", "contract": linear(maintenance_margin_rate="0.004")}, "initial_margin_rate_missing"),
        ({"coverage": "1", "contract": linear()}, "initial_margin_rate_missing"),
        ({"coverage": "1", "contract": linear(initial_margin_rate="0.05")}, "maintenance_rate_missing"),
    ],
)
def test_what_is_never_liquidated_says_why(terms: dict[str, Any], reason: str) -> None:
    """Nothing is lost then, however far the market goes; where nobody can tell, that is told apart."""
    held = enter(**terms)

    assert held.unknown == (None if reason == "no_contracts" else reason)

    assert held.shown.liquidation_reason == reason
    assert held.shown.liquidation_price is None
    assert held.stake is None


def test_an_inverse_short_with_all_of_its_coins_is_not_liquidatable() -> None:
    """Source: domain 5.4; but for funding, which may take some of them."""
    held = enter(contract=inverse(**TERMS), coverage="1", leverage="1")

    assert held.shown.liquidation_reason == "not_liquidatable"
    assert stake_of(held).barrier == math.inf


def test_a_wallet_below_the_initial_margin_is_told() -> None:
    """It would not be taken; at maintenance it is lost at once."""
    assert not enter(coverage="1", wallet_balance="600").is_short_of_margin
    assert enter(coverage="1", wallet_balance="599").is_short_of_margin
    assert stake_of(enter(coverage="1", wallet_balance="0")).barrier < 0


def tiered(kind: Any, *floors: str, basis: str = "liquidation") -> Contract:
    """Make a contract whose maintenance rises with size."""
    rates = ("0.004", "0.01", "0.02", "0.3")
    tiers = [{"floor": floor, "rate": rate} for floor, rate in zip(("0", *floors), rates, strict=True)]
    contract: Contract = kind(initial_margin_rate="0.05", maintenance_tiers=tiers, maintenance_basis=basis)
    return contract


@pytest.mark.parametrize("side", ["short", "long"])
@pytest.mark.parametrize("basis", ["liquidation", "entry"])
@pytest.mark.parametrize(
    ("kind", "floors"), [(linear, ("9000", "15000", "900000000000000")), (inverse, ("0.15", "0.25", "900000000000000"))]
)
@pytest.mark.parametrize("leverage", ["1.3", "2", "3", "5", "9", "20"])
def test_what_a_wallet_has_to_be_is_what_its_liquidation_price_says(
    kind: Any, floors: tuple[str, ...], basis: str, side: Any, leverage: str
) -> None:
    """Through all tiers, however little funding leaves of it: lost at the very price of that wallet, and not before."""
    contract = tiered(kind, *floors, basis=basis)

    stake = stake_of(enter(contract=contract, side=side, coverage="1", leverage=leverage))

    assert stake.price is not None
    ratio = float(stake.price) / 60_000
    value = ratio if kind is linear else 1 / ratio
    assert stake.wallet == pytest.approx(1 / float(leverage))
    assert np.interp(value, stake.values, stake.needs) == pytest.approx(stake.wallet, rel=1e-12)


def test_needs_are_told_as_far_as_anybody_looks() -> None:
    """A tier that begins beyond that is left out: a hedge of almost nothing."""
    stake = stake_of(
        enter(contract=tiered(linear, "9", "99", "900000000000000"), contracts="0.000000000000000001", leverage="5")
    )

    assert stake.values[-1] == FARTHEST
    assert list(stake.values) == sorted(set(stake.values))


def test_without_exposure_there_is_no_share() -> None:
    """A size in contracts is one all the same."""
    (held,) = enter_hedges([contender(contracts="1")], desk_of(exposure="0"))

    assert held.shown.coverage is None
    assert held.notional == 6000


@pytest.mark.parametrize(
    ("terms", "contract", "error", "path"),
    [
        ({}, None, InconsistentQuestionError, ("hedges", 0)),
        ({"coverage": "1", "contracts": "1"}, None, InconsistentQuestionError, ("hedges", 0)),
        (
            {"coverage": "1", "leverage": "5", "wallet_balance": "1"},
            None,
            MarginConflictError,
            ("hedges", 0, "leverage"),
        ),
        ({"coverage": "1", "leverage": "21"}, None, LeverageOutOfRangeError, ("hedges", 0, "leverage")),
        (
            {"coverage": "1", "leverage": "5"},
            linear(),
            MarginTermsMissingError,
            ("contract", "maintenance_margin_rate"),
        ),
        ({"contracts": "166666667"}, None, SizeOutOfRangeError, ("hedges", 0)),
    ],
)
def test_what_can_not_be_entered_is_refused(
    terms: dict[str, Any], contract: Contract | None, error: type[HedgingError], path: tuple[object, ...]
) -> None:
    """With its place among the hedges."""
    with pytest.raises(error) as refused:
        enter(contract=contract, **terms)

    assert [fault.path for fault in refused.value.faults] == [path]


def test_all_hedges_that_are_wrong_are_named_at_once() -> None:
    """Not only the first."""
    wrong: list[Contender] = [contender(), contender(coverage="1"), contender(leverage="2")]

    with pytest.raises(InconsistentQuestionError) as refused:
        enter_hedges(wrong, desk_of())

    assert [fault.path[1] for fault in refused.value.faults] == [0, 2]
