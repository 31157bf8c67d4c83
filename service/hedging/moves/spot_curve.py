"""What the coins of a book gain or lose as the market moves.

Law: a coin moves by its beta and never loses more than all it is worth, so the book's profit is piecewise linear in the
move, with a corner where a coin comes to nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from service.hedging.portfolio import Book, exact_beta
from service.hedging.units import exactly

LOWEST, HIGHEST = Decimal(-1), Decimal(10)
"""Moves between which a market is looked at: to nothing, and to eleven times its price."""
_ZERO = Decimal(0)


class Coin(NamedTuple):
    """One asset of a book; amounts in the quote currency, unrounded."""

    asset: str
    value: Decimal
    """Signed."""
    beta: Decimal
    """0 for money, which does not move."""
    is_money: bool


class SpotCurve(NamedTuple):
    """Profit of a book whose coins move by their betas."""

    betas: Sequence[Decimal]
    """Ascending, each once."""
    values: Sequence[Decimal]
    """Value of all before each beta, and of all in the end."""
    weighted: Sequence[Decimal]
    """The same, each times its beta."""
    corners: Sequence[Decimal]
    """Moves at which a coin comes to nothing, ascending, within `LOWEST` and `HIGHEST`."""

    @exactly
    def profit(self, move: Decimal) -> Decimal:
        """Give the profit at a move of the market of at least -1."""
        if not move:
            return _ZERO
        if move < 0:
            moving = bisect_left(self.betas, -1 / move)
            return move * self.weighted[moving] - (self.values[-1] - self.values[moving])
        gone = bisect_right(self.betas, -1 / move)
        return move * (self.weighted[-1] - self.weighted[gone]) - self.values[gone]


@exactly
def list_coins(book: Book) -> tuple[Coin, ...]:
    """List the assets of a book with their exact values and betas."""
    return tuple(
        Coin(
            asset=line.asset,
            value=line.quantity * line.price,
            beta=_ZERO if line.kind == "stablecoin" else exact_beta(line.beta),
            is_money=line.kind == "stablecoin",
        )
        for line in book.holdings
    )


@exactly
def draw_curve(coins: Iterable[Coin]) -> SpotCurve:
    """Draw the profit of coins against the move of the market."""
    by_beta: dict[Decimal, Decimal] = {}
    for coin in coins:
        by_beta[coin.beta] = by_beta.get(coin.beta, _ZERO) + coin.value
    betas = sorted(by_beta)
    return SpotCurve(
        betas=betas,
        values=[_ZERO, *accumulate(by_beta[beta] for beta in betas)],
        weighted=[_ZERO, *accumulate(beta * by_beta[beta] for beta in betas)],
        corners=sorted(-1 / beta for beta in betas if beta and LOWEST < -1 / beta < HIGHEST),
    )


@exactly
def follow_coins(coins: Iterable[Coin], moves: Mapping[str, Decimal], *, market: Decimal) -> Decimal:
    """Give the profit of coins of which some have moves of their own, and the others move by their betas.

    Args:
        coins: the book.
        moves: of what does not move by its beta, money included.
        market: move of the market.
    """
    return sum((coin.value * moves.get(coin.asset, max(LOWEST, coin.beta * market)) for coin in coins), _ZERO)
