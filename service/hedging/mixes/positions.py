"""What the legs of a plan put up, cost and lose; each size of each contract is worked out once for all plans.

Law: amounts are exact and add up over the legs. In a stress a leg that passes its liquidation price loses its margin
and earns nothing more; what came between two closes is not known. A leg of which nobody knows that price is counted as
held, and said to be so.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from service.hedging.contracts import settlement, settlement_value
from service.hedging.mixes.mix import Entered, KnownStress, Mix
from service.hedging.mixes.plans import PlanLeg, WorstStress
from service.hedging.rounding import round_up
from service.hedging.survival.collateral import Margin, post_margin, room_of
from service.hedging.units import Money, Share, Size, exactly

UNKNOWN = frozenset(("initial_margin_rate_missing", "maintenance_rate_missing"))
"""Why nobody can say when a leg is liquidated."""
_ZERO = Decimal(0)


class Held(NamedTuple):
    """So much of one contract; amounts in the quote currency, unrounded."""

    leg: PlanLeg
    notional: Decimal
    margin: Decimal | None
    """None where it is not known."""
    cost: Decimal
    stresses: tuple[tuple[Decimal, bool | None], ...]
    """What it earns in each stress, and whether it is liquidated; None where nobody knows."""


class Sums(NamedTuple):
    """What all legs of a plan come to."""

    legs: tuple[PlanLeg, ...]
    notional: Decimal
    margin: Decimal | None
    cost: Decimal
    capital: Decimal | None
    worst_stress: WorstStress | None


class Positions:
    """Works out the legs of plans, each size once."""

    def __init__(self, mix: Mix) -> None:
        """Begin with none."""
        self._mix = mix
        self._held: dict[tuple[int, int], Held] = {}

    @exactly
    def add_up(self, lots: Sequence[int]) -> Sums:
        """Give what a plan comes to.

        Args:
            lots: of each contract, in steps of its size.
        """
        held = [self._hold(index, count) for index, count in enumerate(lots)]
        margins = [one.margin for one in held if one.margin is not None]
        margin = sum(margins, _ZERO) if len(margins) == len(held) else None
        cost = sum((one.cost for one in held), _ZERO)
        return Sums(
            legs=tuple(one.leg for one in held),
            notional=sum((one.notional for one in held), _ZERO),
            margin=margin,
            cost=cost,
            capital=None if margin is None else margin + max(_ZERO, cost),
            worst_stress=self._find_worst(held),
        )

    def _hold(self, index: int, lots: int) -> Held:
        key = (index, lots)
        if key not in self._held:
            self._held[key] = _hold(self._mix, self._mix.entered[index], lots)
        return self._held[key]

    def _find_worst(self, held: Sequence[Held]) -> WorstStress | None:
        worst: WorstStress | None = None
        least = _ZERO
        for place, stress in enumerate(self._mix.stresses):
            pnl = stress.book_pnl + sum((one.stresses[place][0] for one in held), _ZERO)
            if worst is None or pnl < least:
                least = pnl
                worst = WorstStress(
                    name=stress.name,
                    pnl=Money.of(pnl),
                    net_return=Share.of(pnl / self._mix.size),
                    is_liquidated=_is_any(one.stresses[place][1] for one in held),
                )
        return worst


def _is_any(answers: Iterable[bool | None]) -> bool | None:
    """Tell whether one of several is so; None where none is known to be, and one may be."""
    known = set(answers)
    return True if True in known else None if None in known else False


def _hold(mix: Mix, one: Entered, lots: int) -> Held:
    contracts = lots * one.contract.lot_step
    notional = contracts * one.unit_notional
    backing = one.backing
    posted = post_margin(backing, contracts, settlement_value(one.contract, contracts, backing.futures_price))
    margin = _ZERO if not lots else None if one.margin_rate is None else notional * one.margin_rate
    return Held(
        leg=PlanLeg(
            contracts=Size.of(contracts),
            notional=Money.of(notional),
            margin=None if margin is None else round_up(margin),
            liquidation_price=posted.liquidation_price,
            liquidation_move=posted.liquidation_move,
            liquidation_reason=posted.liquidation_reason,
        ),
        notional=notional,
        margin=margin,
        cost=notional * one.expected.rate,
        stresses=tuple(_endure(one, stress, notional=notional, posted=posted) for stress in mix.stresses),
    )


def _endure(one: Entered, stress: KnownStress, *, notional: Decimal, posted: Margin) -> tuple[Decimal, bool | None]:
    """Give what a leg earns in a stress, and whether it is liquidated on the way; None where nobody knows."""
    side, move = one.backing.side, stress.moves[one.contract.underlying]
    against = room_of(side, move)
    if posted.liquidation_move is None or one.margin_rate is None:
        return -against * notional, None if posted.liquidation_reason in UNKNOWN and against > 0 else False
    room = room_of(side, posted.liquidation_move)
    if against < room and room > 0:
        return -against * notional, False
    worth = 1 + move if settlement(one.contract) == "base" else Decimal(1)
    return -notional * one.margin_rate * worth, True
