"""Where a hedged book turns: the nearest moves of the market at which it breaks even, loses too much, or is liquidated.

Law: net profit is linear between the corners of the book and the price of liquidation, so each point is solved for, and
not looked for in steps. The future moves as its underlying does: no basis.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

from service.hedging.moves.futures_leg import Charges, Leg, find_limit, gain, loss
from service.hedging.moves.spot_curve import HIGHEST, LOWEST, SpotCurve
from service.hedging.units import exactly

BreakEvenReason = Literal["always", "flat", "never"]
LimitReason = Literal["not_sent", "no_exposure", "never"]

_ZERO = Decimal(0)


class Piece(NamedTuple):
    """A stretch of moves, away from 0, over which net profit is linear."""

    start: Decimal
    end: Decimal
    at_start: Decimal
    at_end: Decimal
    """Net profit."""


class NetCurve(NamedTuple):
    """Net profit of a hedged book against the move of the market."""

    spot: SpotCurve
    leg: Leg
    charges: Charges
    limit: Decimal | None
    """Move of the future at which the hedge is gone; None for none. 0 where it is gone at once."""

    @property
    def at_rest(self) -> Decimal:
        """Net profit where nothing moves."""
        return self._lives(_ZERO) if self.limit != 0 else self._gone(_ZERO)

    def pieces(self, *, is_rise: bool) -> Iterator[Piece]:
        """Give the pieces from 0 outward, on one side."""
        bound = HIGHEST if is_rise else LOWEST
        inside = {corner for corner in self.spot.corners if (corner > 0) == is_rise}
        inside |= {self.limit} if self.limit and (self.limit > 0) == is_rise and abs(self.limit) < abs(bound) else set()
        for start, end in pairwise(sorted({_ZERO, bound, *inside}, key=abs)):
            net = self._gone if self._is_gone(start, is_rise=is_rise) else self._lives
            yield Piece(start, end, net(start), net(end))

    def _is_gone(self, start: Decimal, *, is_rise: bool) -> bool:
        """Tell whether the hedge is gone on a piece that starts at a move."""
        if self.limit is None:
            return False
        return self.limit == 0 or ((self.limit > 0) == is_rise and abs(start) >= abs(self.limit))

    def _lives(self, move: Decimal) -> Decimal:
        return self.spot.profit(move) + (gain(self.leg, self.charges, move) if self.leg.notional else _ZERO)

    def _gone(self, move: Decimal) -> Decimal:
        return self.spot.profit(move) + loss(self.leg, self.charges, move)


@exactly
def draw_net(spot: SpotCurve, leg: Leg, charges: Charges) -> NetCurve:
    """Draw the net profit of a book with its hedge."""
    price = find_limit(leg, charges)
    return NetCurve(spot, leg, charges, None if price is None else price / leg.futures_price - 1)


@exactly
def find_break_even(net: NetCurve) -> tuple[Decimal | None, BreakEvenReason | None]:
    """Find the move nearest to 0 at which net profit is 0, or jumps over it as the hedge is liquidated.

    Returns:
        The move, and else why there is none: profit is 0 whatever small move comes, or it does not depend on small
        moves and large ones don't bring it to 0, or no move does.

    Source: x = (fees - funding) / (V beta - H) on the piece around 0.
    """
    if net.at_rest:
        sign = 1 if net.at_rest > 0 else -1
        move = _find_nearest(net, lambda profit: sign * profit)
        return (move, None) if move is not None else (None, "flat" if _is_flat(net) else "never")
    return (None, "always") if _is_flat(net) else (_ZERO, None)


@exactly
def find_breach(net: NetCurve, largest_loss: Decimal) -> Decimal | None:
    """Find the move nearest to 0 at which the loss is as large as a limit, in the quote currency; None for none."""
    return _find_nearest(net, lambda profit: profit + largest_loss)


def _is_flat(net: NetCurve) -> bool:
    first = (next(net.pieces(is_rise=is_rise)) for is_rise in (False, True))
    return all(piece.at_start == piece.at_end for piece in first)


def _find_nearest(net: NetCurve, height: Callable[[Decimal], Decimal]) -> Decimal | None:
    """Find where a height, linear in the profit, comes down to 0; of two such moves as near the fall."""
    found = [_descend(net.pieces(is_rise=is_rise), height) for is_rise in (False, True)]
    return min((move for move in found if move is not None), key=abs, default=None)


def _descend(pieces: Iterator[Piece], height: Callable[[Decimal], Decimal]) -> Decimal | None:
    for piece in pieces:
        start, end = height(piece.at_start), height(piece.at_end)
        if start <= 0:
            return piece.start
        if end <= 0:
            return piece.start + (piece.end - piece.start) * start / (start - end)
    return None
