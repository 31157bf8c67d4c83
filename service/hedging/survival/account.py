"""A margin account: one position, what is posted behind it, and the prices at which the exchange takes it away.

Law: at a liquidation price, before it is rounded, equity equals what is required. Both are piecewise linear in the
ratio of price to mark (linear) or of mark to price (inverse), so that every such price is found exactly, by walking
from the mark through the points where a line bends. All amounts are in the settlement currency.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import NamedTuple

from service.hedging.contracts import Contract, Linear, settlement_value
from service.hedging.rounding import quantise
from service.hedging.survival.liquidation import Tier, maintenance_margin, tier_of
from service.hedging.units import PriceLevel, Side, exactly

HIGHEST_PRICE = Decimal("1E15")
"""From which no price is told: none is read either."""
_ONE = Decimal(1)


class PostedValue(NamedTuple):
    """An asset posted beside the wallet, in a linear contract's account."""

    value: Decimal
    """At the mark, after its haircut."""
    beta: Decimal
    """Its relative move per relative move of the mark, from 0; it falls to nothing at most."""


class Account(NamedTuple):
    """One position with everything that stands behind it and beside it."""

    contract: Contract
    side: Side
    contracts: Decimal
    entry_price: Decimal
    mark_price: Decimal
    wallet: Decimal
    tiers: Sequence[Tier]
    """Ascending, the first from 0."""
    closing_fee_rate: Decimal = Decimal(0)
    other_pnl: Decimal = Decimal(0)
    """Unrealised profit of other positions of the account, which stays as it is."""
    other_maintenance: Decimal = Decimal(0)
    """Maintenance margin of other positions, which stays as it is."""
    posted: Sequence[PostedValue] = ()

    @property
    def is_linear(self) -> bool:
        """Tell whether the position is settled in the quote currency."""
        return isinstance(self.contract, Linear)

    @property
    def rises_against(self) -> bool:
        """Tell whether the ratio rises as the position loses: a linear short, an inverse long."""
        return (self.side == "short") == self.is_linear

    @property
    def fine_grid(self) -> Decimal:
        """Grid of prices that are no orders: 8 digits after the point, or after the first of a mark below 1."""
        return min(PriceLevel.places, Decimal(1).scaleb(self.mark_price.adjusted() - 8))

    def price_at(self, ratio: Decimal) -> Decimal:
        """Price of a ratio above zero."""
        return self.mark_price * ratio if self.is_linear else self.mark_price / ratio

    def ratio_of(self, price: Decimal) -> Decimal:
        """Ratio of a price above zero, the inverse of `price_at`."""
        return price / self.mark_price if self.is_linear else self.mark_price / price

    def show_price(self, price: Decimal) -> PriceLevel:
        """Write a price that is told."""
        return PriceLevel(quantise(price, self.fine_grid, ROUND_HALF_EVEN))

    def value_at(self, ratio: Decimal) -> Decimal:
        """Value of the position."""
        return settlement_value(self.contract, self.contracts, self.mark_price) * ratio


class State(NamedTuple):
    """An account at one price, unrounded."""

    value: Decimal
    unrealized_pnl: Decimal
    collateral: Decimal
    equity: Decimal
    maintenance: Decimal
    """Of the position alone."""
    closing_fee: Decimal
    required: Decimal
    """Maintenance, closing fee and the maintenance of others: what equity has to stay above."""

    @property
    def excess(self) -> Decimal:
        """Equity beyond what is required; at 0 or less the exchange closes the position."""
        return self.equity - self.required


@exactly
def state_at(account: Account, ratio: Decimal) -> State:
    """Reckon an account at a ratio from 0, with the maintenance of the tier that the exchange takes it from."""
    value = account.value_at(ratio)
    entry_value = settlement_value(account.contract, account.contracts, account.entry_price)
    gain = entry_value - value if account.rises_against else value - entry_value
    collateral = sum((max(Decimal(0), one.value * (1 + one.beta * (ratio - 1))) for one in account.posted), Decimal(0))
    maintenance = maintenance_margin(account.tiers, base_value(account, value))
    fee = value * account.closing_fee_rate
    return State(
        value=value,
        unrealized_pnl=gain,
        collateral=collateral,
        equity=account.wallet + account.other_pnl + gain + collateral,
        maintenance=maintenance,
        closing_fee=fee,
        required=maintenance + fee + account.other_maintenance,
    )


def base_value(account: Account, value: Decimal) -> Decimal:
    """Value that maintenance is taken of where the position is worth a value: that, or what it was worth at entry."""
    if account.contract.maintenance_basis == "entry":
        return settlement_value(account.contract, account.contracts, account.entry_price)
    return value


def tier_at(account: Account, ratio: Decimal) -> int:
    """Position of the tier that counts at a ratio, from 0."""
    return list(account.tiers).index(tier_of(account.tiers, base_value(account, account.value_at(ratio))))


class Way(NamedTuple):
    """The way of the price from the mark up or down."""

    account: Account
    rises: bool
    """Whether the ratio rises on it, or falls to 0."""
    bends: tuple[tuple[Decimal, Decimal], ...]
    """Ratios from 1 outward at which a line bends, with the excess there; behind the last there is no bend."""

    @exactly
    def first_below(self) -> Decimal | None:
        """Find the first price at which an account with some excess has none; None where there is none."""
        return self._first(1)

    @exactly
    def first_above(self) -> Decimal | None:
        """Find the first price at which an account without excess has some again; None where there is none."""
        return self._first(-1)

    @exactly
    def lowest(self, ratio: Decimal) -> Decimal:
        """Find the least excess between the mark and a ratio on this way, both included."""
        passed = [excess for bend, excess in self.bends if (bend < ratio) == self.rises or bend == 1]
        return min(*passed, state_at(self.account, ratio).excess)

    def _first(self, sign: int) -> Decimal | None:
        for (near, before), (far, after) in pairwise(self.bends):
            if sign * after <= 0 and before != after:
                return self._tell(near + (far - near) * before / (before - after))
        return self._tell(self._find_beyond(sign)) if self.rises else None

    def _find_beyond(self, sign: int) -> Decimal:
        """Ratio at which the last line, which goes on for ever, comes to nothing; 0 where it never does."""
        (near, before), (far, after) = self.bends[-2:]
        if sign * (before - after) <= 0:
            return Decimal(0)
        return near + (far - near) * before / (before - after)

    def _tell(self, ratio: Decimal) -> Decimal | None:
        """Give the price of a ratio, or None where it is no price that anybody reads."""
        if ratio <= 0:
            return None
        price = self.account.price_at(ratio)
        return price if price < HIGHEST_PRICE else None


class Ways(NamedTuple):
    """Both ways from the mark."""

    account: Account
    up: Way
    """On which the ratio rises."""
    down: Way

    @property
    def against(self) -> Way:
        """The one on which the position loses."""
        return self.up if self.account.rises_against else self.down

    @property
    def in_favour(self) -> Way:
        """The one on which it gains."""
        return self.down if self.account.rises_against else self.up

    def lowest(self, ratio: Decimal) -> Decimal:
        """Find the least excess between the mark and a ratio above zero, both included."""
        return (self.up if ratio > 1 else self.down).lowest(ratio)

    @exactly
    def wallet_to_survive(self, price: Decimal) -> Decimal:
        """Find the wallet with which a price, above zero, is reached with just what is required; 0 at least."""
        return max(Decimal(0), self.account.wallet - self.lowest(self.account.ratio_of(price)))


@exactly
def take_ways(account: Account) -> Ways:
    """Find where the excess of an account bends."""
    bends = sorted(set(_bends(account)))
    above, below = [ratio for ratio in bends if ratio > 1], [ratio for ratio in reversed(bends) if ratio < 1]
    beyond = (above[-1] if above else _ONE) + 1
    return Ways(
        account,
        _way(account, [_ONE, *above, beyond], rises=True),
        _way(account, [_ONE, *below, Decimal(0)], rises=False),
    )


def _way(account: Account, ratios: Sequence[Decimal], *, rises: bool) -> Way:
    return Way(account, rises, tuple((ratio, state_at(account, ratio).excess) for ratio in ratios))


def _bends(account: Account) -> Iterator[Decimal]:
    """List the ratios at which a line bends: at the floors of tiers, and where collateral has fallen to nothing."""
    if account.contract.maintenance_basis == "liquidation":
        value = account.value_at(_ONE)
        yield from (tier.floor / value for tier in account.tiers[1:])
    yield from (1 - 1 / one.beta for one in account.posted if one.beta > 1)
