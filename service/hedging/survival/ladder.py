"""What a margin account looks like at one price after another, and what it takes to get there.

Law: a row shows the account as if it were let live until there; its status says whether the exchange would.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.rounding import drop_noise, round_up
from service.hedging.survival.account import Account, State, Ways, state_at
from service.hedging.units import Money, Move, PriceLevel, Share, exactly

Status = Literal["ok", "margin_call", "liquidated"]
EquityReason = Literal["no_equity"]


class Rung(Struct, frozen=True, kw_only=True):
    """The account after one move of the mark price; amounts in the settlement currency."""

    move: Annotated[Move, Meta(description="Of the mark price, as requested.")]
    price: Annotated[PriceLevel, Meta(description="Mark price then.")]
    value: Annotated[Money, Meta(description="Value of the position.", examples=["6600"])]
    unrealized_pnl: Annotated[Money, Meta(description="Profit of the position since entry.", examples=["-600"])]
    collateral_value: Annotated[Money, Meta(description="Value of the collateral after haircuts.", examples=["0"])]
    equity: Annotated[Money, Meta(description="All that the account has.", examples=["-300"])]
    required: Annotated[
        Money,
        Meta(
            description="Maintenance margin of all positions, with the closing fee; rounded up.",
            examples=["26.4"],
        ),
    ]
    margin_ratio: Annotated[
        Share | None, Meta(description="required / equity; 1 or more is liquidated.", examples=["0.08"])
    ]
    margin_ratio_reason: Annotated[EquityReason | None, Meta(description="Why there is no ratio: no equity is left.")]
    status: Annotated[
        Status,
        Meta(
            description="`liquidated`: on the way there equity comes down to what is required. `margin_call`: it is "
            "less than the position would be opened with."
        ),
    ]
    top_up: Annotated[
        Money,
        Meta(
            description="What has to be added before, so that there is no call: up to the initial margin, or to what "
            "is required where that is more or the initial margin is not known.",
            examples=["657"],
        ),
    ]


class Standing(NamedTuple):
    """How an account stands at one price, unrounded."""

    state: State
    status: Status
    top_up: Decimal

    @property
    def margin_ratio(self) -> Decimal | None:
        """What is required over equity; None where there is none."""
        return self.state.required / self.state.equity if self.state.equity > 0 else None


@exactly
def judge(account: Account, state: State, *, lowest: Decimal, initial_rate: Decimal | None) -> Standing:
    """Judge an account at one price.

    Args:
        account: with the maintenance of others.
        state: of the account there.
        lowest: least excess on the way there.
        initial_rate: initial margin over value; None where it is not known.
    """
    level = max(state.required, to_open(account, state, initial_rate))
    top_up = max(Decimal(0), level - state.equity, -lowest)
    if lowest <= 0:
        return Standing(state, "liquidated", top_up)
    return Standing(state, "margin_call" if top_up else "ok", top_up)


@exactly
def to_open(account: Account, state: State, initial_rate: Decimal | None) -> Decimal:
    """Equity with which the position would be opened beside the others, 0 where the initial margin is not known."""
    return Decimal(0) if initial_rate is None else state.value * initial_rate + account.other_maintenance


@exactly
def climb(ways: Ways, moves: Sequence[Decimal], *, initial_rate: Decimal | None) -> list[Standing]:
    """Judge an account after each of some moves of the mark, above -1."""
    account = ways.account
    ratios = [account.ratio_of(account.mark_price * (1 + move)) for move in moves]
    return [
        judge(account, state_at(account, ratio), lowest=ways.lowest(ratio), initial_rate=initial_rate)
        for ratio in ratios
    ]


@exactly
def show_rung(account: Account, move: Move, standing: Standing) -> Rung:
    """Write one row."""
    state, ratio = standing.state, standing.margin_ratio
    return Rung(
        move=move,
        price=account.show_price(account.mark_price * (1 + move)),
        value=Money.of(state.value),
        unrealized_pnl=Money.of(state.unrealized_pnl),
        collateral_value=Money.of(state.collateral),
        equity=Money.of(state.equity),
        required=round_up(state.required),
        margin_ratio=None if ratio is None else Share.of(ratio),
        margin_ratio_reason="no_equity" if ratio is None else None,
        status=standing.status,
        top_up=round_up(standing.top_up),
    )


class LeastWallet(NamedTuple):
    """A wallet that is large enough for something, unrounded but for the wallet itself."""

    wallet: Decimal
    leverage: Decimal | None
    """Position value over equity now; None where there is no equity."""
    limit: Literal["price", "initial_margin", "nothing"]
    """What makes it as large: the price to be reached, the initial margin, or nothing: the rest suffices."""


@exactly
def find_least_wallet(ways: Ways, price: Decimal, *, initial_rate: Decimal | None) -> LeastWallet:
    """Find the smallest wallet that opens the position at the mark and reaches a price; rounded up.

    Args:
        ways: of an account, whatever its wallet.
        price: to be reached, above zero.
        initial_rate: initial margin over value; None where it is not known.
    """
    account, now = ways.account, state_at(ways.account, Decimal(1))
    rest = now.equity - account.wallet
    reach, opening = ways.wallet_to_survive(price), to_open(account, now, initial_rate) - rest
    wallet = round_up(max(reach, opening))
    equity = rest + wallet
    limit: Literal["price", "initial_margin", "nothing"] = "price" if reach >= opening else "initial_margin"
    return LeastWallet(wallet, now.value / equity if equity > 0 else None, limit if wallet else "nothing")


def show_leverage(leverage: Decimal | None) -> Share | None:
    """Write a leverage, rounded down."""
    return None if leverage is None else Share.of(drop_noise(leverage), ROUND_FLOOR)
