"""What happens: moves, stresses and shocks, each brought into one form for a book and a contract.

Law: what a coin does in a stress was seen, assumed, or asked for; none moves by its beta where its own move is missing,
unless the caller says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from service.hedging.contracts import Contract, Linear
from service.hedging.errors import Fault, StressDataMissingError
from service.hedging.moves.futures_leg import Charges, Fate
from service.hedging.moves.shocks import Script, Shock
from service.hedging.moves.spot_curve import Coin
from service.hedging.portfolio import STABLECOINS, exact_beta
from service.hedging.stresses import STRESSES, KnownBy, Stress, StressParameters
from service.hedging.units import Move, Side, exactly

Kind = Literal["move", "shock", "stress"]

_ZERO = Decimal(0)
_STRESS_HOURS = 8


class Course(NamedTuple):
    """What happens to the market and to the future."""

    name: str
    kind: Kind
    underlying_move: Decimal
    asset_moves: Mapping[str, Decimal]
    """Of what does not move by its beta."""
    days: Decimal
    fate: Fate
    stress: Stress | None = None
    known_by: KnownBy | None = None
    by_beta: tuple[str, ...] = ()
    """Coins that move by their betas because nobody knows what they did."""
    unused: tuple[str, ...] = ()
    """Assets with a move that are not held."""
    lacks_funding: bool = False
    """Whether it lasts, and nobody says what funding it brings."""


class Stage(NamedTuple):
    """The book and the contract to which it happens."""

    coins: Sequence[Coin]
    contract: Contract
    side: Side
    positions: Mapping[str, int]
    """Where each asset stands first among the holdings."""


@exactly
def plan_courses(script: Script, stage: Stage) -> tuple[Course, ...]:
    """Bring all that is to be played into one form: moves first, then stresses, then shocks.

    Raises:
        StressDataMissingError: for every coin, by its name, of which a stress does not tell what it did.
    """
    return (
        *(_plan_move(move, script, stage) for move in script.moves),
        *(_plan_stress(STRESSES[name], script, stage) for name in script.stresses),
        *(_plan_shock(shock, script, stage) for shock in script.shocks),
    )


@exactly
def charges_of(script: Script, contract: Contract, shock: Shock | None = None) -> Charges:
    """Give what holding the hedge brings and costs while something lasts."""
    rate = _first(None if shock is None else shock.funding_rate, script.funding_rate)
    fee_rate = _first(None if shock is None else shock.fee_rate, script.fee_rate, contract.taker_fee_rate)
    days = _days(script.days if shock is None or shock.days is None else shock.days)
    return Charges(_funding(rate, days, contract), fee_rate or _ZERO)


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _days(days: float) -> Decimal:
    return Decimal(repr(days))


def _funding(rate: Decimal | None, days: Decimal, contract: Contract) -> Decimal:
    """Sum the payments that are due within some days, each of the value at entry."""
    hours = contract.funding_interval_hours
    return _ZERO if rate is None or hours is None else rate * (days * 24 // hours)


def _plan_move(move: Move, script: Script, stage: Stage) -> Course:
    return Course(
        name=str(move),
        kind="move",
        underlying_move=move,
        asset_moves=_still(stage.coins),
        days=_days(script.days),
        fate=Fate(move, charges_of(script, stage.contract)),
        lacks_funding=_lacks_funding(script.funding_rate, script.days, stage.contract),
    )


def _plan_shock(shock: Shock, script: Script, stage: Stage) -> Course:
    days = script.days if shock.days is None else shock.days
    rate = _first(shock.funding_rate, script.funding_rate)
    held = {coin.asset for coin in stage.coins}
    moves: dict[str, Decimal] = {**_still(stage.coins), **_stressed(shock, stage)}
    return Course(
        name=shock.name,
        kind="shock",
        underlying_move=shock.underlying_move,
        asset_moves=moves | shock.asset_moves,
        days=_days(days),
        fate=Fate(shock.underlying_move + shock.basis_move, charges_of(script, stage.contract, shock)),
        unused=tuple(sorted(shock.asset_moves.keys() - held)),
        lacks_funding=_lacks_funding(rate, days, stage.contract),
    )


def _stressed(shock: Shock, stage: Stage) -> dict[str, Decimal]:
    """Move the coins by the shock's own beta, if it has one."""
    if shock.beta is None:
        return {}
    move = max(Decimal(-1), exact_beta(shock.beta) * shock.underlying_move)
    others = (coin for coin in stage.coins if not coin.is_money and coin.asset != stage.contract.underlying)
    return dict.fromkeys((coin.asset for coin in others), move)


def _plan_stress(stress: Stress, script: Script, stage: Stage) -> Course:
    if stress.parameters is None:
        return _replay(stress, script, stage)
    return _make_up(stress, stress.parameters, script=script, stage=stage)


def _replay(stress: Stress, script: Script, stage: Stage) -> Course:
    """Take what the coins did."""
    underlying = stage.contract.underlying
    known = {coin.asset: stress.move_of(coin.asset, script.by) for coin in stage.coins if not coin.is_money}
    market = stress.move_of(underlying, script.by)
    missing = tuple(asset for asset, move in known.items() if move is None)
    if market is None or (missing and script.missing_assets == "refuse"):
        raise StressDataMissingError(*_missing_faults(stress, script, stage, missing=missing))
    charges = charges_of(script._replace(days=float(stress.days)), stage.contract)
    return Course(
        name=stress.name,
        kind="stress",
        underlying_move=market,
        asset_moves={**_still(stage.coins), **{asset: move for asset, move in known.items() if move is not None}},
        days=Decimal(stress.days),
        fate=Fate(market, charges),
        stress=stress,
        known_by=stress.known_by(script.by),
        by_beta=missing,
        lacks_funding=_lacks_funding(script.funding_rate, stress.days, stage.contract),
    )


def _missing_faults(stress: Stress, script: Script, stage: Stage, *, missing: Sequence[str]) -> Iterator[Fault]:
    """Name what is missing: the underlying, which nothing stands in for, or else the coins."""
    what = f"{stress.name} by {stress.known_by(script.by)}"
    underlying = stage.contract.underlying
    if stress.move_of(underlying, script.by) is None:
        yield Fault(("contract", "symbol"), f"Nobody knows what {underlying} did in {what}, so nor what the future did")
        return
    for asset in missing:
        detail = f'Nobody knows what {asset} did in {what}: "missing_assets": "beta" takes beta times {underlying}'
        yield Fault(("holdings", stage.positions[asset], "asset"), detail)


def _make_up(stress: Stress, parameters: StressParameters, *, script: Script, stage: Stage) -> Course:
    """Take what is assumed, turned against the book."""
    against = -1 if stage.side == "long" else 1
    move = against * Decimal(parameters.underlying_move)
    return Course(
        name=stress.name,
        kind="stress",
        underlying_move=move,
        asset_moves=_stablecoins(parameters, stage) | _others(parameters, against, stage),
        days=Decimal(stress.days),
        fate=_fate(stress, parameters, script=script, stage=stage),
        stress=stress,
    )


def _stablecoins(parameters: StressParameters, stage: Stage) -> dict[str, Decimal]:
    """Move money by what it loses; with it stablecoins that are off their peg already."""
    if parameters.stablecoin_price is None:
        return _still(stage.coins)
    falling = (coin.asset for coin in stage.coins if coin.asset in STABLECOINS)
    return dict.fromkeys(falling, parameters.stablecoin_price - 1)


def _others(parameters: StressParameters, against: int, stage: Stage) -> dict[str, Decimal]:
    """Move the coins that have a move of their own, apart from the underlying."""
    if parameters.others_move is None:
        return {}
    others = (coin for coin in stage.coins if not coin.is_money and coin.asset != stage.contract.underlying)
    return dict.fromkeys((coin.asset for coin in others), against * Decimal(parameters.others_move))


def _fate(stress: Stress, parameters: StressParameters, *, script: Script, stage: Stage) -> Fate:
    against, contract = -1 if stage.side == "long" else 1, stage.contract
    move, closed_at = against * Decimal(parameters.underlying_move), parameters.closed_at_move
    price = parameters.stablecoin_price or Decimal(1)
    payments = stress.days * 24 // _STRESS_HOURS if contract.expiry is None else 0
    fee_rate = charges_of(script, contract).fee_rate
    return Fate(
        move=(1 + move) / price - 1 if isinstance(contract, Linear) else move,
        charges=Charges(against * (parameters.funding_rate or _ZERO) * payments, fee_rate),
        end="lost" if parameters.loses_account else "held" if closed_at is None else "closed",
        closed_at=_ZERO if closed_at is None else against * Decimal(closed_at),
        currency_price=price,
    )


def _still(coins: Iterable[Coin]) -> dict[str, Decimal]:
    """Leave money where it is."""
    return dict.fromkeys((coin.asset for coin in coins if coin.is_money), _ZERO)


def _lacks_funding(rate: Decimal | None, days: float, contract: Contract) -> bool:
    return rate is None and days > 0 and contract.expiry is None
