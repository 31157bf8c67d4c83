"""What a hedge itself earns as the market moves, and what becomes of its margin.

Law: a hedge whose equity falls to its maintenance margin on the way is gone, with its wallet, whatever happens then.
Funding that is paid comes out of the wallet; funding that is received is not counted on to save it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from service.hedging.contracts import Contract, Linear
from service.hedging.rounding import toward
from service.hedging.survival.liquidation import Position, Tier, liquidation_price, maintenance_margin
from service.hedging.units import PriceLevel, Side, exactly

Status = Literal["ok", "margin_call", "liquidated", "closed", "lost", "unhedged", "unknown"]
End = Literal["held", "closed", "lost"]

_ZERO = Decimal(0)


class Leg(NamedTuple):
    """A position in a future with what stands behind it."""

    contract: Contract
    side: Side
    contracts: Decimal
    notional: Decimal
    """In the quote currency at entry, exact where the contracts are a quotient."""
    futures_price: Decimal
    wallet: Decimal | None
    """In the settlement currency, after the entry fee; None where nobody tells it."""
    tiers: Sequence[Tier] | None
    initial_rate: Decimal | None

    @property
    def sign(self) -> int:
        """Tell whether the position gains (1) or loses (-1) as the future rises."""
        return 1 if self.side == "long" else -1

    def settled(self, amount: Decimal, move: Decimal) -> Decimal:
        """Convert an amount of the quote currency into the settlement currency at a move of the future."""
        return amount if isinstance(self.contract, Linear) else amount / (self.futures_price * (1 + move))

    def quoted(self, amount: Decimal, move: Decimal) -> Decimal:
        """Convert an amount of the settlement currency into the quote currency at a move of the future."""
        return amount if isinstance(self.contract, Linear) else amount * self.futures_price * (1 + move)

    def value_at(self, move: Decimal) -> Decimal:
        """Give the position's value in the settlement currency at a move of the future."""
        is_linear = isinstance(self.contract, Linear)
        return self.notional * (1 + move) if is_linear else self.settled(self.notional, move)


class Charges(NamedTuple):
    """What holding the hedge brings and costs, as fractions of its value."""

    funding: Decimal
    """Received by a short in all, of the value at entry; negative where a short pays."""
    fee_rate: Decimal
    """Of the value at entry, and of that at exit."""


class Fate(NamedTuple):
    """What happens to the future, and to whoever holds it."""

    move: Decimal
    """Of the future in its own currency, above -1."""
    charges: Charges
    end: End = "held"
    closed_at: Decimal = _ZERO
    """Move at which the position is closed for its holder."""
    currency_price: Decimal = Decimal(1)
    """What the currency of a linear future is worth then, of 1 before."""


class Outcome(NamedTuple):
    """What comes out of a hedge: amounts in the quote currency, but for margin, which is in the settlement currency."""

    hedge_pnl: Decimal
    funding_pnl: Decimal
    fees: Decimal
    status: Status
    equity: Decimal | None
    maintenance: Decimal | None
    top_up: Decimal | None


@exactly
def settle(leg: Leg, fate: Fate, limit: Decimal | None) -> Outcome:
    """Work out what becomes of a hedge.

    Args:
        leg: the position; of no contracts, if it is none.
        fate: what happens; an account that is lost has to have a wallet that is known.
        limit: price of the future at which the position is gone, after the funding that is paid; None for none.
    """
    if not leg.notional:
        return Outcome(_ZERO, _ZERO, _ZERO, "unhedged", leg.wallet, _ZERO, _ZERO)
    if fate.end == "lost":
        return _lose(leg, fate, "lost")
    if fate.end == "closed":
        fate = fate._replace(move=fate.closed_at)
    if limit is not None and reaches(leg, fate.move, limit):
        return _lose(leg, fate, "liquidated")._replace(top_up=_top_up(leg, fate))
    return _close(leg, fate) if fate.end == "closed" else _hold(leg, fate)


@exactly
def find_limit(leg: Leg, charges: Charges) -> Decimal | None:
    """Find the price of the future at which the position is gone, on the grid of its prices.

    Args:
        leg: the position.
        charges: funding that is paid comes out of the wallet first.

    Returns:
        The price; that of entry where the position is gone at once; None where there is none or nobody can tell.
    """
    if not leg.notional or leg.wallet is None or leg.tiers is None:
        return None
    wallet = leg.wallet + min(_ZERO, _funding(leg, charges))
    if wallet <= maintenance_margin(leg.tiers, leg.value_at(_ZERO)):
        return leg.futures_price
    price = liquidation_price(Position(leg.contract, leg.side, leg.contracts, leg.futures_price, wallet), leg.tiers)
    if price is None:
        return None
    return toward(price, leg.futures_price, leg.contract.tick_size or PriceLevel.places)


def reaches(leg: Leg, move: Decimal, limit: Decimal) -> bool:
    """Tell whether the future passes a price on its way from entry to a move."""
    if leg.side == "long":
        return leg.futures_price * (1 + min(_ZERO, move)) <= limit
    return leg.futures_price * (1 + max(_ZERO, move)) >= limit


@exactly
def gain(leg: Leg, charges: Charges, move: Decimal) -> Decimal:
    """Give what a hedge that lives earns at a move after funding and fees, linear in the move."""
    return leg.notional * (leg.sign * (move - charges.funding) - charges.fee_rate * (1 + _exit_share(leg, move)))


@exactly
def loss(leg: Leg, charges: Charges, move: Decimal) -> Decimal:
    """Give what a hedge that was liquidated has lost at a move, linear in the move: at most 0 but for a rebate."""
    return -leg.quoted(leg.wallet or _ZERO, move) - leg.notional * charges.fee_rate


def _exit_share(leg: Leg, move: Decimal) -> Decimal:
    """Value at exit over that at entry, in the quote currency."""
    return 1 + move if isinstance(leg.contract, Linear) else Decimal(1)


def _lose(leg: Leg, fate: Fate, status: Status) -> Outcome:
    """Lose the wallet, and with it what funding has brought or taken; the fee of the exit is in it."""
    lost = -leg.quoted(leg.wallet or _ZERO, fate.move)
    return Outcome(lost, _ZERO, leg.notional * fate.charges.fee_rate, status, _ZERO, _ZERO, _ZERO)


def _hold(leg: Leg, fate: Fate) -> Outcome:
    equity, need = _equity(leg, fate), _initial(leg, fate.move)
    outcome = _leave(leg, fate)._replace(
        equity=equity,
        maintenance=_maintenance(leg, fate.move),
        top_up=_top_up(leg, fate),
    )
    if equity is None or outcome.maintenance is None:
        return outcome._replace(status="unknown")
    return outcome._replace(status="margin_call" if need is not None and equity < need else "ok")


def _close(leg: Leg, fate: Fate) -> Outcome:
    """Leave the position early: what is left is free."""
    return _leave(leg, fate)._replace(status="closed", equity=_equity(leg, fate))


def _leave(leg: Leg, fate: Fate) -> Outcome:
    """Give what a position that lives to its end earns, of which the margin is still to be told."""
    charges, worth = fate.charges, _worth(leg, fate)
    wallet_loss = (worth - 1) * (leg.wallet or _ZERO)
    return Outcome(
        hedge_pnl=worth * leg.sign * leg.notional * fate.move + wallet_loss,
        funding_pnl=-leg.sign * charges.funding * leg.notional,
        fees=leg.notional * charges.fee_rate * (1 + _exit_share(leg, fate.move)),
        status="ok",
        equity=None,
        maintenance=_ZERO,
        top_up=_ZERO,
    )


def _worth(leg: Leg, fate: Fate) -> Decimal:
    return fate.currency_price if isinstance(leg.contract, Linear) else Decimal(1)


def _equity(leg: Leg, fate: Fate) -> Decimal | None:
    """Wallet, profit and funding in the settlement currency."""
    if leg.wallet is None:
        return None
    profit = leg.settled(leg.sign * leg.notional * fate.move, fate.move)
    return leg.wallet + profit + _funding(leg, fate.charges)


def _funding(leg: Leg, charges: Charges) -> Decimal:
    """Give the funding that the wallet receives, in the settlement currency; coins at their price at entry."""
    return leg.settled(-leg.sign * charges.funding * leg.notional, _ZERO)


def _maintenance(leg: Leg, move: Decimal) -> Decimal | None:
    if leg.tiers is None:
        return None
    return maintenance_margin(leg.tiers, leg.value_at(_ZERO if leg.contract.maintenance_basis == "entry" else move))


def _initial(leg: Leg, move: Decimal) -> Decimal | None:
    return None if leg.initial_rate is None else leg.initial_rate * leg.value_at(move)


def _top_up(leg: Leg, fate: Fate) -> Decimal | None:
    """What would have to be in the wallet besides, so that the initial margin is there at the end."""
    equity, need = _equity(leg, fate), _initial(leg, fate.move)
    return None if equity is None or need is None else max(_ZERO, need - equity)
