"""One price out of several exchanges' prices, or none.

Law: every source is held against the median of the others; where too few agree there is no price. Deviation from the
median of all would serve a wrong price whenever most sources are wrong.
"""

from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import NamedTuple

QUORUM = 3
LIMIT = Decimal("0.02")
NARROW_LIMIT = Decimal("0.01")
NARROW = frozenset({"BTC", "ETH"})
"""Assets whose prices differ by less from exchange to exchange."""


class Agreement(NamedTuple):
    """What the sources agree on."""

    price: Decimal | None
    """Median of the sources that agree; None without a quorum."""
    sources: tuple[str, ...]
    """Those that agree, in alphabetical order."""
    excluded: frozenset[str]


def agree(asset: str, prices: Mapping[str, Decimal], *, excluded: frozenset[str] = frozenset()) -> Agreement:
    """Find the price that enough sources agree on.

    Args:
        asset: what the prices are of; it sets how far they may differ.
        prices: by source, above 0.
        excluded: sources that were excluded last time; they come back below half of the limit.
    """
    limit = NARROW_LIMIT if asset in NARROW else LIMIT
    far = {source for source in prices if _deviation(source, prices) > (limit / 2 if source in excluded else limit)}
    near = sorted(prices.keys() - far)
    price = median(prices[source] for source in near) if len(near) >= QUORUM else None
    return Agreement(price, tuple(near), frozenset(far | (excluded - prices.keys())))


def _deviation(source: str, prices: Mapping[str, Decimal]) -> Decimal:
    """Distance of one source from the median of the others, as a fraction of it; 0 where it is the only one."""
    others = [price for name, price in prices.items() if name != source]
    return abs(prices[source] / median(others) - 1) if others else Decimal(0)
