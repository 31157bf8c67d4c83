"""A simulation before its first path: the book valued, the hedges sized, the model understood, all else refused.

Law: whatever can be wrong with a question is found here, so that nothing long begins in vain.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract, Inverse
from service.hedging.costs.instruments import FundingProcess
from service.hedging.errors import (
    Fault,
    InconsistentQuestionError,
    WorkOutOfRangeError,
)
from service.hedging.paths.contenders import Contender, Desk, Held, enter_hedges
from service.hedging.paths.distribution import Supposition
from service.hedging.paths.dynamics import (
    FEW_ROWS,
    Blocks,
    Dynamics,
    Model,
    take_model,
)
from service.hedging.paths.suppositions import assume_hedge, assume_market
from service.hedging.portfolio import Book, Holding, Weighting
from service.hedging.risk.tail import count_tail
from service.hedging.setting import lay_out, warn_of_book, warn_of_expiry, warn_of_prices
from service.hedging.term_structure.funding import FundingModel
from service.hedging.units import FundingRate, Instant, Price, exactly

MOST_WORK = 60_000_000
"""Steps of one simulation: paths x (days + holdings) x (hedges + 1)."""
FEW_IN_TAIL = 100
"""Paths in the tail below which it is warned that they are few."""
LARGEST_COVERAGE = Decimal("1.25")


class Setup(NamedTuple):
    """How it is simulated."""

    model: Model
    hedges: Sequence[Contender]
    horizon_days: int
    paths: int
    seed: int
    confidence: float
    funding_rate: FundingRate | None
    funding_process: FundingProcess | None


class Funding(NamedTuple):
    """What a perpetual pays."""

    model: FundingModel
    """Per interval."""
    rate: float
    """Of the interval before the first."""
    hours: int
    """Of an interval."""


class Experiment(NamedTuple):
    """Everything that a simulation needs."""

    setup: Setup
    contract: Contract
    side: Literal["short", "long"]
    book: Book
    futures_price: Price
    exposures: tuple[float, ...]
    """Of the coins that move, as the dynamics have them."""
    dynamics: Dynamics
    held: tuple[Held, ...]
    funding: Funding | None
    fee_rate: float
    """Per trade."""
    assumptions: tuple[Supposition, ...]
    warnings: tuple[Caution, ...]


@exactly
def plan_experiment(
    setup: Setup,
    *,
    holdings: Sequence[Holding],
    contract: Contract,
    prices: Mapping[str, Price],
    weighting: Weighting,
    as_of: Instant,
    largest_notional: Decimal,
) -> Experiment:
    """Check a question and work out everything that does not depend on chance.

    Args:
        setup: how it is simulated.
        holdings: 1 to 100 holdings.
        contract: the future, with its terms.
        prices: spot prices by asset and the futures mark price by contract symbol, all in one quote currency.
        weighting: `value` (every beta is 1) or `beta`.
        as_of: the time of the question, when the hedges are entered.
        largest_notional: ceiling of a hedge's value in the quote currency.

    Raises:
        InconsistentContractError, ExpiredContractError, PriceMissingError, BetaConflictError, BetaMissingError: first.
        InconsistentQuestionError: if the contract settles too early, or has no funding and is to have some.
        InconsistentQuestionError, MarginConflictError, LeverageOutOfRangeError, MarginTermsMissingError,
        SizeOutOfRangeError: as of `enter_hedges`.
        WorkOutOfRangeError: if it were too much work.
        InconsistentQuestionError, ZeroVarianceError, TooFewObservationsError: as of `take_model`.
    """
    setting = lay_out(holdings=holdings, contract=contract, prices=prices, weighting=weighting, as_of=as_of)
    book = setting.book
    _refuse_times(setup, contract, as_of)
    side: Literal["short", "long"] = "long" if book.beta_exposure < 0 else "short"
    desk = Desk(contract, side, setting.futures_price, abs(book.beta_exposure), largest_notional)
    held = enter_hedges(setup.hedges, desk)
    _refuse_work(setup, len(holdings))
    moving = {line.asset: line for line in book.holdings if line.kind == "risky"}
    dynamics = take_model(setup.model, {name: line.beta for name, line in moving.items()}, contract.underlying)
    return Experiment(
        setup=setup,
        contract=contract,
        side=side,
        book=book,
        futures_price=setting.futures_price,
        exposures=tuple(float(line.exposure) for line in moving.values()),
        dynamics=dynamics,
        held=held,
        funding=_fund(setup, contract),
        fee_rate=float(contract.taker_fee_rate or 0),
        assumptions=(
            *assume_market(setup.model, contract.underlying, weighting=weighting, moving=list(moving)),
            *assume_hedge(contract, has_funding=setup.funding_rate is not None or setup.funding_process is not None),
        ),
        warnings=(
            *book.cautions,
            *warn_of_book(book),
            *warn_of_expiry(contract, as_of),
            *warn_of_prices(setting),
            *_warn(setup, dynamics),
            *_warn_of_coins(contract, held),
            *(note for index, hedge in enumerate(held) for note in _warn_of_hedge(hedge, index)),
        ),
    )


def _refuse_times(setup: Setup, contract: Contract, as_of: Instant) -> None:
    """Refuse a contract that does not last, and funding of what has none."""
    faults = []
    if contract.expiry is not None and contract.expiry < as_of + timedelta(days=setup.horizon_days):
        detail = f"{contract.symbol} settles at {contract.expiry}, within the {setup.horizon_days} days that are asked"
        faults.append(Fault(("horizon_days",), detail))
    for name in ("funding_rate", "funding_process"):
        if getattr(setup, name) is not None and contract.expiry is not None:
            faults.append(Fault((name,), f"{contract.symbol} expires, and what expires has no funding"))
        elif getattr(setup, name) is not None and contract.funding_interval_hours is None:
            faults.append(Fault((name,), "A funding rate is per interval: the contract lacks funding_interval_hours"))
    if faults:
        raise InconsistentQuestionError(*faults)


def _refuse_work(setup: Setup, holdings: int) -> None:
    work = setup.paths * (setup.horizon_days + holdings) * (len(setup.hedges) + 1)
    if work > MOST_WORK:
        detail = f"paths x (horizon_days + holdings) x (hedges + 1) is {work:,}, and {MOST_WORK:,} is the most"
        raise WorkOutOfRangeError(Fault(("paths",), detail))


def _fund(setup: Setup, contract: Contract) -> Funding | None:
    process, rate, hours = setup.funding_process, setup.funding_rate, contract.funding_interval_hours
    if hours is None or (process is None and rate is None):
        return None
    if process is None:
        return Funding(FundingModel(float(rate or 0), 0.0, 0.0), float(rate or 0), hours)
    model = FundingModel(process.mean_rate, process.persistence, process.volatility)
    return Funding(model, model.mean if rate is None else float(rate), hours)


def _warn(setup: Setup, dynamics: Dynamics) -> Iterator[Caution]:
    tail = count_tail(setup.paths, setup.confidence)
    if tail < FEW_IN_TAIL:
        detail = f"The tail is made of {float(tail):g} of {setup.paths:,} paths: ask for more"
        yield caution("low_sample", detail, "paths")
    if isinstance(dynamics, Blocks):
        if len(dynamics.market) < FEW_ROWS:
            detail = f"{len(dynamics.market)} days are few: the tail is that of a handful of them"
            yield caution("low_sample", detail, "model", "returns")
        if dynamics.dropped:
            detail = f"Days left out because a return is missing: {dynamics.dropped}; blocks reach across them"
            yield caution("rows_dropped", detail, "model", "returns")


def _warn_of_coins(contract: Contract, held: Sequence[Held]) -> Iterator[Caution]:
    if isinstance(contract, Inverse) and any(hedge.shown.wallet for hedge in held):
        detail = f"Margin posted in {contract.underlying} is long exposure itself: count it among the holdings"
        yield caution("coin_margin_is_exposure", detail, "contract")


def _warn_of_hedge(hedge: Held, index: int) -> Iterator[Caution]:
    shown = hedge.shown
    if shown.coverage is not None and shown.coverage > LARGEST_COVERAGE:
        detail = f"Covers {shown.coverage * 100:.4g} % of the exposure: the part above it is a speculative position"
        yield caution("over_hedge", detail, "hedges", index)
    if hedge.unknown is not None:
        detail = f"Taken to survive whatever happens, which no hedge does: {hedge.unknown}"
        yield caution("survival_unknown", detail, "hedges", index, "liquidation_reason")
    if hedge.is_short_of_margin:
        detail = f"A wallet of {shown.wallet} is less than the contract's initial margin: it can't be opened"
        yield caution("wallet_too_small", detail, "hedges", index, "wallet")
