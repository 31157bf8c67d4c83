"""What may become of a margin account: where it is liquidated, how likely that is, and what it takes to be safe.

Law: a probability is worth as much as its volatility; both are told, and what was assumed has a name.
Amounts are exact decimals in the settlement currency, probabilities are float64, rounded to 6 digits.
"""

import math
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.rates import price_after
from service.hedging.rounding import quantise, round_up, toward
from service.hedging.survival.account import Account, Ways, state_at, tier_at
from service.hedging.survival.ladder import EquityReason, find_least_wallet, show_leverage
from service.hedging.survival.touch import (
    LONGEST_DISTANCE,
    Chance,
    TouchSide,
    Walk,
    count_checks,
    distance_to,
    safe_distance,
    terminal_probability,
    touch_probability,
    watched_touch_probability,
)
from service.hedging.units import Money, PriceLevel, Rise, Share, exactly

Probability = Annotated[float, Meta(ge=0, le=1)]
NoLiquidation = Literal["not_liquidatable", "insolvent"]
Law = Literal["normal", "fat_tailed"]
ASSUMED_VOLATILITY = 0.6
"""A year, of bitcoin, where nobody says."""
_DIGITS = 6
_MOVE_STEP = Decimal("1E-6")


class Outlook(NamedTuple):
    """What is asked about the time to come."""

    walk: Walk
    checks_per_day: float
    max_probability: float
    survive_move: Rise | None
    survive_sigmas: float | None
    is_assumed: bool
    """Whether nobody said how volatile the price is."""


class Liquidation(NamedTuple):
    """Where an account is liquidated."""

    level: Decimal | None
    """Unrounded."""
    price: PriceLevel | None
    """Rounded toward the mark."""
    move: Share | None
    """Of the mark, to the rounded price."""
    reason: NoLiquidation | None
    tier: int | None
    """Position of the tier that counts there, from 0."""
    is_passed: bool
    """Whether the mark is at it or beyond it already."""


class Touch(Struct, frozen=True, kw_only=True):
    """How likely the mark is to touch the liquidation price before the horizon, by the ways to look at it."""

    probability: Annotated[
        Probability,
        Meta(description="Watched all the time, as an exchange does; normal steps.", examples=[0.776418]),
    ]
    watched_probability: Annotated[
        Probability,
        Meta(description="Same looked at `checks_per_day` times a day only, which sees less.", examples=[0.690967]),
    ]
    fat_tailed_probability: Annotated[
        Probability,
        Meta(
            description="Watched all the time; each day has a variance of its own, so that daily returns are Student's "
            "with 4 degrees of freedom and the same volatility: near prices are a little safer, far ones much less.",
            examples=[0.770083],
        ),
    ]
    terminal_probability: Annotated[
        Probability,
        Meta(description="Beyond it at the horizon, whatever was before; normal steps.", examples=[0.376416]),
    ]
    reason: Annotated[
        Literal["not_liquidatable", "liquidated"] | None,
        Meta(description="Why it is 0 or 1 for certain: no price liquidates, or the mark is there already."),
    ]
    checks: Annotated[
        int, Meta(description="Times that it is looked at until the horizon.", ge=1, le=31536000, examples=[30])
    ]
    assumptions: Annotated[
        tuple[Annotated[str, Meta(max_length=300)], ...],
        Meta(
            description="What the probabilities take for granted.",
            max_length=10,
            examples=[["Volatility of 0.6 a year, the same every day"]],
        ),
    ]


class Survival(Struct, frozen=True, kw_only=True):
    """What it takes to survive a move against the position; amounts in the settlement currency."""

    kind: Annotated[Literal["move", "sigmas"], Meta(description="`survive_move` or `survive_sigmas` of the request.")]
    price: Annotated[PriceLevel, Meta(description="Mark price that has to be reached.", examples=["72000"])]
    move: Annotated[Share, Meta(description="Of the mark: positive against a short.", examples=["0.2"])]
    wallet_required: Annotated[
        Money,
        Meta(
            description="Smallest wallet that opens the position at the mark and is not liquidated before that price; "
            "rounded up, 0 where what else is in the account suffices.",
            examples=["1228.8"],
        ),
    ]
    top_up: Annotated[Money, Meta(description="What the wallet lacks of it; 0 where it survives.", examples=["928.8"])]
    leverage: Annotated[
        Share | None,
        Meta(description="Position value over equity with that wallet: the largest that survives; rounded down."),
    ]
    leverage_reason: Annotated[EquityReason | None, Meta(description="Why there is no leverage.")]
    limit: Annotated[
        Literal["price", "initial_margin", "nothing"],
        Meta(description="What makes the wallet as large: that price, the initial margin, or nothing, since it is 0."),
    ]


class SafeLeverage(Struct, frozen=True, kw_only=True):
    """The largest leverage that is liquidated before the horizon with at most `max_probability`."""

    law: Annotated[Law, Meta(description="Of the steps; watched all the time.")]
    leverage: Annotated[Share | None, Meta(description="Position value over equity; rounded down.", examples=["1.83"])]
    leverage_reason: Annotated[
        Literal["no_equity", "none_is_safe"] | None,
        Meta(
            description="Why there is none: the position needs no equity, or no price is far enough; then post all of "
            "its value or take a shorter horizon."
        ),
    ]
    price: Annotated[
        PriceLevel | None,
        Meta(description="Mark price that is touched with that probability; null as the leverage is."),
    ]
    move: Annotated[Share | None, Meta(description="Of the mark, to that price, rounded outward to 6 digits.")]
    wallet: Annotated[
        Money | None,
        Meta(description="Smallest wallet that opens the position and reaches that price; rounded up.", examples=["9"]),
    ]
    top_up: Annotated[Money | None, Meta(description="What the wallet lacks of it.", examples=["0"])]
    limit: Annotated[
        Literal["price", "initial_margin", "nothing"] | None,
        Meta(description="What makes the wallet as large: that price, the initial margin, or nothing, since it is 0."),
    ]


@exactly
def find_liquidation(ways: Ways) -> Liquidation:
    """Find the price against the position at which it is liquidated, or the one at which it has been."""
    if _is_passed(ways.account):
        return _tell(ways.account, ways.in_favour.first_above(), reason="insolvent", is_passed=True)
    return _tell(ways.account, ways.against.first_below(), reason="not_liquidatable", is_passed=False)


@exactly
def find_other_side(ways: Ways) -> Liquidation:
    """Find the price in favour of the position at which falling collateral liquidates it all the same."""
    is_passed = _is_passed(ways.account)
    level = None if is_passed else ways.in_favour.first_below()
    return _tell(ways.account, level, reason="not_liquidatable", is_passed=is_passed)


def _is_passed(account: Account) -> bool:
    return state_at(account, Decimal(1)).excess <= 0


def _tell(account: Account, level: Decimal | None, *, reason: NoLiquidation, is_passed: bool) -> Liquidation:
    if level is None:
        return Liquidation(None, None, None, reason, None, is_passed)
    grid = account.fine_grid if account.contract.tick_size is None else account.contract.tick_size
    price = PriceLevel(toward(level, account.mark_price, grid))
    move = Share.of(price / account.mark_price - 1)
    return Liquidation(level, price, move, None, tier_at(account, account.ratio_of(level)), is_passed)


def estimate_touch(account: Account, outlook: Outlook, liquidation: Liquidation, *, fat: Chance) -> Touch:
    """Estimate how likely the liquidation price is touched; `fat` is the chance where tails are fat."""
    walk, side = outlook.walk, touch_side(account)
    checks = count_checks(walk, outlook.checks_per_day)
    if liquidation.is_passed or liquidation.level is None:
        certain = 1.0 if liquidation.is_passed else 0.0
        found = (certain, certain, certain, certain)
    else:
        distance = distance_to(float(liquidation.level), price=float(account.mark_price), side=side)
        found = (
            touch_probability(distance, walk, side=side),
            watched_touch_probability(distance, walk, side=side, checks=checks),
            fat(distance),
            terminal_probability(distance, walk, side=side),
        )
    probability, watched, fat_tailed, terminal = (round(one, _DIGITS) for one in found)
    return Touch(
        probability=probability,
        watched_probability=watched,
        fat_tailed_probability=fat_tailed,
        terminal_probability=terminal,
        reason=_why_certain(liquidation),
        checks=checks,
        assumptions=(
            f"Volatility of {walk.volatility:g} a year, the same every day, for {walk.days:g} days",
            f"`probability` and `fat_tailed_probability` watch all the time, `watched_probability` {checks} times",
            "The mark has no drift: neither expected gain nor loss",
            "Nothing is added to the account and nothing paid from it: no top-up, no funding, no fee",
        ),
    )


@exactly
def list_survivals(ways: Ways, outlook: Outlook, initial_rate: Decimal | None) -> tuple[Survival, ...]:
    """Say what it takes to survive each move that is asked for."""
    return tuple(
        _survive(ways, kind, price, initial_rate=initial_rate) for kind, price in _goals(ways.account, outlook)
    )


def _why_certain(liquidation: Liquidation) -> Literal["not_liquidatable", "liquidated"] | None:
    if liquidation.is_passed:
        return "liquidated"
    return "not_liquidatable" if liquidation.level is None else None


@exactly
def list_safe_leverages(
    ways: Ways, outlook: Outlook, initial_rate: Decimal | None, *, fat: Chance
) -> tuple[SafeLeverage, ...]:
    """Find the largest leverage whose chance of liquidation is small enough, by either law."""
    walk, side = outlook.walk, touch_side(ways.account)
    chances: dict[Law, Chance] = {
        "normal": lambda distance: touch_probability(distance, walk, side=side),
        "fat_tailed": fat,
    }
    found = []
    for law, chance in chances.items():
        distance = safe_distance(chance, outlook.max_probability, farthest=LONGEST_DISTANCE)
        move = None if distance is None else _move_of(distance, side)
        found.append(_leverage(ways, law, move, initial_rate=initial_rate))
    return tuple(found)


def touch_side(account: Account) -> TouchSide:
    """Side of the position as the law of touching has it."""
    return "long" if account.side == "long" else "short"


def _goals(account: Account, outlook: Outlook) -> Iterator[tuple[Literal["move", "sigmas"], Decimal]]:
    sign = 1 if account.side == "short" else -1
    if outlook.survive_move is not None:
        yield "move", account.mark_price * (1 + sign * outlook.survive_move)
    if outlook.survive_sigmas is not None:
        deviations = sign * Decimal(repr(outlook.survive_sigmas))
        volatility, days = Decimal(repr(outlook.walk.volatility)), Decimal(repr(outlook.walk.days))
        yield "sigmas", price_after(account.mark_price, deviations=deviations, volatility=volatility, days=days)


def _survive(ways: Ways, kind: Literal["move", "sigmas"], price: Decimal, *, initial_rate: Decimal | None) -> Survival:
    account, least = ways.account, find_least_wallet(ways, price, initial_rate=initial_rate)
    leverage = show_leverage(least.leverage)
    return Survival(
        kind=kind,
        price=account.show_price(price),
        move=Share.of(price / account.mark_price - 1),
        wallet_required=Money(least.wallet),
        top_up=round_up(max(Decimal(0), least.wallet - account.wallet)),
        leverage=leverage,
        leverage_reason="no_equity" if leverage is None else None,
        limit=least.limit,
    )


def _move_of(distance: float, side: TouchSide) -> Decimal | None:
    """Turn a distance into a move, rounded away from the price; None where that leaves nothing of it."""
    if side == "short":
        return quantise(Decimal(math.expm1(distance)), _MOVE_STEP, ROUND_CEILING)
    move = quantise(Decimal(math.expm1(-distance)), _MOVE_STEP, ROUND_FLOOR)
    return move if move > -1 else None


def _leverage(ways: Ways, law: Law, move: Decimal | None, *, initial_rate: Decimal | None) -> SafeLeverage:
    if move is None:
        nothing = dict.fromkeys(("leverage", "price", "move", "wallet", "top_up", "limit"))
        return SafeLeverage(law=law, leverage_reason="none_is_safe", **nothing)
    price = ways.account.mark_price * (1 + move)
    account, least = ways.account, find_least_wallet(ways, price, initial_rate=initial_rate)
    leverage = show_leverage(least.leverage)
    return SafeLeverage(
        law=law,
        leverage=leverage,
        leverage_reason="no_equity" if leverage is None else None,
        price=account.show_price(price),
        move=Share.of(move),
        wallet=Money(least.wallet),
        top_up=round_up(max(Decimal(0), least.wallet - account.wallet)),
        limit=least.limit,
    )
