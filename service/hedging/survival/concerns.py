"""What a careful trader would say about a margin account."""

from collections.abc import Iterator
from decimal import Decimal

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import settlement
from service.hedging.survival.account import Account, state_at
from service.hedging.survival.collateral import ONE_DAY_MOVE
from service.hedging.survival.ladder import to_open
from service.hedging.survival.outlook import Outlook
from service.hedging.survival.statement import AccountMargin


def list_concerns(account: Account, statement: AccountMargin, outlook: Outlook) -> Iterator[Caution]:
    """List what to know before acting on a statement.

    Args:
        account: of which it is.
        statement: every figure.
        outlook: as it was asked, before it was cut to the contract's life.
    """
    yield from _of_liquidation(statement)
    yield from _of_margin(account, statement)
    yield from _of_collateral(account, statement)
    yield from _of_outlook(statement, outlook)


def _of_liquidation(statement: AccountMargin) -> Iterator[Caution]:
    move = statement.liquidation_move
    if statement.status == "liquidated":
        detail = f"Equity of {statement.equity} is not above the {statement.required} required: liquidated at once"
        yield caution("liquidation_near", detail, "status")
    elif move is not None and abs(move) < ONE_DAY_MOVE:
        detail = f"A move of {move} liquidates the position, nearer than a typical move of one day, {ONE_DAY_MOVE}"
        yield caution("liquidation_near", detail, "liquidation_price")
    touch = statement.touch
    likely = max(touch.probability, touch.fat_tailed_probability)
    if likely > statement.max_probability:
        detail = (
            f"Liquidated within {statement.horizon_days:g} days with a probability of {likely:.2g}, more than the "
            f"{statement.max_probability:g} that is accepted"
        )
        yield caution("liquidation_likely", detail, "touch")


def _of_margin(account: Account, statement: AccountMargin) -> Iterator[Caution]:
    state = state_at(account, Decimal(1))
    rate = account.contract.initial_margin_rate
    if state.equity < to_open(account, state, rate):
        detail = f"Equity of {statement.equity} does not cover the initial margin of {statement.initial}"
        yield caution("wallet_too_small", detail, "equity")
    if rate is not None and statement.tier.number > 1:
        detail = "Venues ask for more initial margin in this maintenance tier than the rate of the smallest position"
        yield caution("larger_initial_margin", detail, "initial")


def _of_collateral(account: Account, statement: AccountMargin) -> Iterator[Caution]:
    underlying = account.contract.underlying
    if settlement(account.contract) == "base":
        detail = f"Margin posted in {underlying} is long exposure itself: count it among the holdings"
        yield caution("coin_margin_is_exposure", detail, "wallet")
    others = [line.asset for line in statement.collateral if line.asset != underlying and line.beta]
    if others:
        detail = (
            f"{', '.join(others)} may fall while {underlying} rises, and then defends nothing: the answer holds if "
            "they move by their betas"
        )
        yield caution("alt_collateral_decoupling", detail, "collateral")
    if statement.other_side_price is not None:
        detail = (
            f"At {statement.other_side_price} the position gains, and is liquidated all the same: collateral fell "
            "by more, or more is required; the probabilities leave that out"
        )
        yield caution("collateral_liquidates", detail, "other_side_price")


def _of_outlook(statement: AccountMargin, outlook: Outlook) -> Iterator[Caution]:
    if outlook.is_assumed:
        detail = f"No volatility was sent: {outlook.walk.volatility:g} a year is assumed, and probabilities hang on it"
        yield caution("volatility_assumed", detail, "volatility")
    if statement.horizon_days < outlook.walk.days:
        detail = f"The contract expires before the horizon: what may happen is told for {statement.horizon_days:g} days"
        yield caution("horizon_cut", detail, "horizon_days")
