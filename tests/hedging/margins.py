"""Short ways to write a margin account and a question about one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from service.hedging.contracts import Contract
from service.hedging.margin import Held, assess_margin
from service.hedging.survival.account import Account, PostedValue
from service.hedging.survival.liquidation import Tier
from service.hedging.survival.outlook import Outlook
from service.hedging.survival.posting import PostedAsset
from service.hedging.survival.statement import AccountMargin
from service.hedging.survival.touch import Walk
from service.hedging.units import (
    Amount,
    ClosingFeeRate,
    Coins,
    Haircut,
    Leverage,
    Lots,
    Move,
    Price,
    Rise,
    SignedAmount,
)
from tests.hedging.build import NOW, check_answer, inverse, linear

SEED = linear(tick_size="0.1", initial_margin_rate="0.05", maintenance_margin_rate="0.004", taker_fee_rate="0.0005")
"""The seed's contract of 0.1 BTC with 5 % margin."""
COIN = inverse(initial_margin_rate="0.05", maintenance_margin_rate="0.004")
MONTH = Walk(0.6, 30)


def flat(rate: str, deduction: str = "0") -> tuple[Tier, ...]:
    """Make one tier for all sizes."""
    return (Tier(Decimal(0), Decimal(rate), Decimal(deduction)),)


def account(contract: Contract | None = None, **terms: Any) -> Account:
    """Make an account with a short of one coin at 60,000 and other terms as given, decimals as texts."""
    defaults: dict[str, Any] = {
        "contract": linear(multiplier="1") if contract is None else contract,
        "side": "short",
        "contracts": "1",
        "entry_price": "60000",
        "mark_price": "60000",
        "wallet": "12000",
        "tiers": flat("0.004"),
    }
    found: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) and name != "side" else value
        for name, value in {**defaults, **terms}.items()
    }
    return Account(**found)


def posted(*pairs: tuple[str, str]) -> tuple[PostedValue, ...]:
    """Make collateral of values, after haircuts, and betas."""
    return tuple(PostedValue(Decimal(value), Decimal(beta)) for value, beta in pairs)


def coin(asset: str, quantity: str = "10", haircut: str = "0", beta: float | None = None) -> PostedAsset:
    """Make an asset that is posted."""
    return PostedAsset(asset=asset, quantity=Coins(quantity), haircut=Haircut(haircut), beta=beta)


def outlook(**terms: Any) -> Outlook:
    """Make the outlook of a month at 60 %, looked at once a day, 1 % accepted."""
    defaults: dict[str, Any] = {
        "walk": MONTH,
        "checks_per_day": 1.0,
        "max_probability": 0.01,
        "survive_move": None,
        "survive_sigmas": None,
        "is_assumed": False,
    }
    move = terms.get("survive_move")
    return Outlook(**{**defaults, **terms, "survive_move": None if move is None else Rise(move)})


def held(contract: Contract = SEED, **terms: Any) -> Held:
    """Make one contract, short, with other terms as given, decimals as texts."""
    return Held(
        contract=contract,
        side=terms.get("side", "short"),
        contracts=Lots(terms.get("contracts", "1")),
        entry_price=None if "entry_price" not in terms else Price(terms["entry_price"]),
        wallet_balance=None if "wallet" not in terms else Amount(terms["wallet"]),
        leverage=None if "leverage" not in terms else Leverage(terms["leverage"]),
        other_pnl=SignedAmount(terms.get("other_pnl", "0")),
        other_maintenance=Amount(terms.get("other_maintenance", "0")),
        collateral=terms.get("collateral", ()),
        closing_fee_rate=ClosingFeeRate(terms.get("closing_fee_rate", "0")),
    )


def assess(
    position: Held | None = None,
    *,
    prices: dict[str, str] | None = None,
    moves: Sequence[str] | None = None,
    largest: str = "1E12",
    **ahead: Any,
) -> AccountMargin:
    """Assess an account at a mark of 60,000, and look at all of the answer."""
    position = position or held()
    quotes = {position.contract.symbol: "60000", **(prices or {})}
    return check_answer(
        assess_margin(
            position,
            outlook(**ahead),
            moves=None if moves is None else [Move(move) for move in moves],
            prices={name: Price(price) for name, price in quotes.items()},
            as_of=NOW,
            largest_notional=Decimal(largest),
        )
    )
