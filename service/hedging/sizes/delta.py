"""The exposure of a book together with the futures and the margin coins that it holds already.

Law: futures held already are never added to the value of a book; a hedge sized without them hedges twice.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from service.hedging.contracts import Contract, Linear, settlement_value
from service.hedging.units import Side, exactly


class FuturesPosition(NamedTuple):
    """A future that is held already."""

    contract: Contract
    side: Side
    contracts: Decimal
    entry_price: Decimal
    mark_price: Decimal


@exactly
def net_delta(
    spot_exposure: Decimal, positions: Iterable[FuturesPosition], *, coin_collateral: Decimal, coin_price: Decimal
) -> Decimal:
    """Exposure of a book together with the futures and the coin collateral it holds already, in the quote currency.

    A coin posted as margin is long exposure; an inverse short takes N x face x P / E of it away.

    Args:
        spot_exposure: signed exposure of the spot book.
        positions: futures held; long adds, short takes away.
        coin_collateral: coins posted as margin.
        coin_price: price of that coin.
    """
    total = spot_exposure + coin_collateral * coin_price
    for held in positions:
        entry = held.mark_price if isinstance(held.contract, Linear) else held.entry_price
        coins = settlement_value(held.contract, held.contracts, entry)
        delta = coins if isinstance(held.contract, Linear) else coins * held.mark_price
        total += delta if held.side == "long" else -delta
    return total
