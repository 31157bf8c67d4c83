"""Where one way of hedging becomes dearer than another: at which funding, after how many days."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

from service.hedging.units import exactly

Winner = Literal["perpetual", "expiry"]
CostOf = Callable[[int], Decimal | None]
"""Cost of holding something for a number of days; None where it can't be held that long."""


class Switches(NamedTuple):
    """Which is cheaper for how long."""

    at_first: Winner | None
    """Cheaper for the shortest time for which there are both; None if there is none."""
    days: tuple[int, ...]
    """Whole numbers of days at which they change places, ascending."""
    last_day: int
    """Number of days until which it was tried."""
    compared_days: int
    """Largest number of days for which there were both; 0 if there is none."""


@exactly
def break_even_funding(
    perpetual_cost: Decimal, expiry_cost: Decimal, *, notional: Decimal, payments: int, sign: int = 1
) -> Decimal | None:
    """Funding per interval at which a perpetual costs as much as an expiry; None without any payment.

    Args:
        perpetual_cost: what the perpetual costs without any funding.
        expiry_cost: what the expiry costs, its carry included.
        notional: value of the position.
        payments: funding payments in the time.
        sign: 1 for a short, which wants funding above it; -1 for a long, which wants it below.
    """
    if not payments:
        return None
    return sign * (perpetual_cost - expiry_cost) / (notional * payments)


def find_switches(perpetual: CostOf, expiry: CostOf, *, last_day: int) -> Switches:
    """Find the numbers of days at which the cheaper of two is no longer the one that it was the day before.

    Day by day, because fees of a roll come at once: the difference is no smooth function. Equal costs count for the
    perpetual, which leaves the end open.
    """
    winners: list[tuple[int, Winner]] = []
    for day in range(1, last_day + 1):
        one, other = perpetual(day), expiry(day)
        if one is not None and other is not None:
            winners.append((day, "perpetual" if one <= other else "expiry"))
    turned = tuple(day for (_, before), (day, winner) in pairwise(winners) if winner != before)
    at_first, compared = (winners[0][1], winners[-1][0]) if winners else (None, 0)
    return Switches(at_first, turned, last_day, compared)
