"""What may be asked to happen: moves, named stresses and shocks that are said in full.

Law: what does not go together is refused, and nothing is left out in silence.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.contracts import Contract
from service.hedging.errors import Fault, InconsistentQuestionError, MarginTermsMissingError
from service.hedging.stresses import KnownBy, StressName
from service.hedging.units import Asset, Beta, FeeRate, FundingRate, LossLimit, Move, exactly

MissingAssets = Literal["refuse", "beta"]
Days = Annotated[float, Meta(ge=0, le=1825)]

_NEED_WALLET: frozenset[StressName] = frozenset(("exchange-outage", "stablecoin-depeg"))


class Shock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happens, said in full."""

    name: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z0-9][A-Za-z0-9 .,:+%/_-]{0,59}\Z",
            max_length=60,
            description="What it is called in the answer.",
            examples=["BTC up, coins down"],
        ),
    ]
    underlying_move: Annotated[Move, Meta(description="Move of the contract's underlying.")]
    asset_moves: Annotated[
        dict[Asset, Move],
        Meta(
            description="Moves of coins, by asset, instead of beta times underlying_move; of a stablecoin too. Not of "
            "the underlying.",
            max_length=1000,
            examples=[{"SOL": "-0.15"}],
        ),
    ] = {}
    beta: Annotated[
        Beta | None,
        Meta(
            description="Beta of every coin but the underlying, instead of its own: coins fall harder in a crash. Null "
            "or absent: each its own.",
            examples=[1.43],
        ),
    ] = None
    basis_move: Annotated[
        Move,
        Meta(description="What the future moves beyond its underlying, as a fraction of its price.", examples=["0.02"]),
    ] = Move("0")
    funding_rate: Annotated[
        FundingRate | None,
        Meta(
            description="Funding per interval of the contract; null or absent: as for the moves.", examples=["-0.0003"]
        ),
    ] = None
    days: Annotated[
        Days | None, Meta(description="How long it lasts; null or absent: as for the moves.", examples=[7])
    ] = None
    fee_rate: Annotated[
        FeeRate | None, Meta(description="Fee of each trade; null or absent: as for the moves.", examples=["0.001"])
    ] = None


class Script(NamedTuple):
    """All that is to be played."""

    moves: Sequence[Move] = ()
    stresses: Sequence[StressName] = ()
    by: KnownBy = "closes"
    missing_assets: MissingAssets = "refuse"
    shocks: Sequence[Shock] = ()
    days: float = 0.0
    funding_rate: FundingRate | None = None
    """Per interval of the contract; None: none is counted."""
    fee_rate: FeeRate | None = None
    """None: that of a market order."""
    loss_limit: LossLimit | None = None


def check_script(script: Script) -> None:
    """Refuse to play nothing.

    Raises:
        InconsistentQuestionError: if nothing happens.
    """
    if not (script.moves or script.stresses or script.shocks):
        raise InconsistentQuestionError(Fault((), "Nothing happens: send moves, stresses or shocks"))


@exactly
def check_shocks(script: Script, contract: Contract) -> None:
    """Refuse what does not go together with the contract.

    Raises:
        InconsistentQuestionError: for funding that the contract does not have, for a move of the underlying beside its
            own, and for a future that would be worth nothing.
    """
    faults = [*_funding_faults(script, contract), *_shock_faults(script.shocks, contract)]
    if faults:
        raise InconsistentQuestionError(*faults)


def check_wallet(script: Script) -> None:
    """Refuse stresses that take the wallet, where nobody knows it.

    Raises:
        MarginTermsMissingError: for each of them.
    """
    detail = "It takes the wallet: send margin.wallet_balance, margin.leverage or the contract's initial_margin_rate"
    faults = [Fault(("stresses", index), detail) for index, name in enumerate(script.stresses) if name in _NEED_WALLET]
    if faults:
        raise MarginTermsMissingError(*faults)


def _funding_faults(script: Script, contract: Contract) -> Iterator[Fault]:
    rates: dict[tuple[str | int, ...], FundingRate | None] = {("funding_rate",): script.funding_rate}
    rates |= {("shocks", index, "funding_rate"): shock.funding_rate for index, shock in enumerate(script.shocks)}
    if contract.expiry is None and contract.funding_interval_hours is not None:
        return
    why = "expires and has no funding" if contract.expiry is not None else "says no funding_interval_hours"
    for path, rate in rates.items():
        if rate is not None:
            yield Fault(path, f"{contract.symbol} {why}: leave the rate out")


def _shock_faults(shocks: Iterable[Shock], contract: Contract) -> Iterator[Fault]:
    for index, shock in enumerate(shocks):
        if contract.underlying in shock.asset_moves:
            detail = f"{contract.underlying} is what the contract follows: it moves by underlying_move"
            yield Fault(("shocks", index, "asset_moves", contract.underlying), detail)
        if shock.underlying_move + shock.basis_move <= -1:
            detail = f"A move of {shock.underlying_move} and this leave nothing of the future's price"
            yield Fault(("shocks", index, "basis_move"), detail)
