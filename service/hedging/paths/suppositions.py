"""What a simulation takes as true, in words: of the market, of the coins, of the hedge."""

from collections.abc import Iterator, Sequence

from service.hedging.contracts import Contract, Inverse
from service.hedging.paths.distribution import Supposition, SuppositionName
from service.hedging.paths.dynamics import (
    USUAL_CORRELATION,
    USUAL_RESIDUAL,
    BootstrapModel,
    FactorModel,
    Model,
    residual_of,
)
from service.hedging.portfolio import Weighting


def assume_market(
    model: Model, underlying: str, *, weighting: Weighting, moving: Sequence[str]
) -> Iterator[Supposition]:
    """Say what is taken as true about prices.

    Args:
        model: as asked.
        underlying: of the contract.
        weighting: `value` takes every beta as 1.
        moving: assets of the book that are at risk.
    """
    drifts = isinstance(model, BootstrapModel) and model.drift == "history"
    yield _say("prices", "They go on as in the history" if drifts else "All expected prices are those of now")
    yield _say("basis", "The futures price moves with the underlying: its basis stays as it is, as a share of it")
    yield _say("shocks", _tell_shocks(model))
    if isinstance(model, FactorModel):
        yield from _assume_coins(model, underlying, weighting=weighting, moving=moving)
    else:
        yield _say(
            "betas", "Coins move as the model says; the weighting and the holdings' betas only size the coverage"
        )


def assume_hedge(contract: Contract, *, has_funding: bool) -> Iterator[Supposition]:
    """Say what is taken as true about the hedges.

    Args:
        contract: that they are in.
        has_funding: whether any was sent.
    """
    yield _say("liquidation", _tell_liquidation(has_funding=has_funding))
    if contract.taker_fee_rate is None:
        yield _say("fees", "No taker fee was sent or listed: trading is taken to cost nothing")
    if has_funding:
        yield _say("funding", "Paid on the value at each day's start, the first time one interval from now")
    elif contract.expiry is None:
        yield _say("funding", "None was sent: holding a perpetual is taken to cost and to earn nothing")
    if isinstance(contract, Inverse):
        yield _say("margin", "Coins posted as margin are not part of the book unless they are among its holdings")


def _say(name: SuppositionName, detail: str) -> Supposition:
    return Supposition(name=name, detail=detail)


def _tell_liquidation(*, has_funding: bool) -> str:
    wallet = (
        "with the wallet that is left after all funding that is paid by the end of the day; what is received makes up "
        "for that, and never for more. What is posted is lost then, with what funding has brought or taken"
        if has_funding
        else "with what is posted. It is lost then"
    )
    return (
        f"Watched all the time, by a Brownian bridge within each day, {wallet}, and the coins are without hedge until "
        "the end"
    )


def _tell_shocks(model: Model) -> str:
    if isinstance(model, BootstrapModel):
        return (
            "Days are those of the history, in blocks, and nothing else happens; within a day the market moves as in "
            "an average one"
        )
    if model.degrees_of_freedom is None:
        return "Daily log returns are normal"
    return (
        f"Daily log returns follow Student's law with {model.degrees_of_freedom} degrees of freedom, at the same "
        "standard deviation; market and coins have their wild days together, the wildest ten times as volatile"
    )


def _assume_coins(
    model: FactorModel, underlying: str, *, weighting: Weighting, moving: Sequence[str]
) -> Iterator[Supposition]:
    if weighting == "value":
        yield _say("betas", "Weighted by value, every coin moves with a beta of 1")
    if find_unknown(model, underlying, moving):
        yield _say("own_movement", f"Volatility of a coin's own movement: {USUAL_RESIDUAL} a year where none was sent")
    if model.residual_correlation is None and len(moving) > 1:
        yield _say("own_movement", f"Correlation between the coins' own movements: {USUAL_CORRELATION}")


def find_unknown(model: FactorModel, underlying: str, moving: Sequence[str]) -> list[str]:
    """List the coins of whose own movement nothing was sent."""
    return [asset for asset in moving if asset != underlying and residual_of(model, asset) is None]
