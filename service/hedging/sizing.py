"""How many contracts hedge a book, and what rounding to whole contracts leaves.

Law: the answer shows the legal sizes on both sides of the exact one, with their consequences, and says which one it
would take and why.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract, unit_notional
from service.hedging.errors import Fault, SizeOutOfRangeError
from service.hedging.portfolio import Holding, ValuedHolding, Weighting
from service.hedging.setting import Setting, lay_out, warn_of_book, warn_of_coins, warn_of_expiry, warn_of_prices
from service.hedging.sizes.advice import Reason, Rounding, candidate_cautions, recommend
from service.hedging.sizes.candidates import Candidate, CandidateRounding, Hedge, list_candidates
from service.hedging.survival.collateral import Collateral, back_hedge
from service.hedging.units import Coverage, Instant, Money, Price, Side, Size, exactly

LARGEST_NOTIONAL = Decimal("1E12")
"""Ceiling of a position's value in the quote currency, unless the service is set otherwise."""
UNUSUAL_COVERAGE = Decimal("1.5")


class Sizing(Struct, frozen=True, kw_only=True):
    """How many contracts hedge the book; amounts in the quote currency."""

    side: Annotated[Side, Meta(description="Side of the hedge: short for a long book, none where there is no target.")]
    weighting: Annotated[Weighting, Meta(description="As requested.")]
    coverage: Annotated[Coverage, Meta(description="As requested.")]
    exposure: Annotated[Money, Meta(description="Net signed value of the book without pegged stablecoins: V.")]
    gross_value: Annotated[Money, Meta(description="Sum of the absolute values of all holdings.")]
    stable_value: Annotated[Money, Meta(description="Value of stablecoins at their peg: not hedged.", examples=["0"])]
    beta_exposure: Annotated[Money, Meta(description="Sum of beta x exposure.")]
    portfolio_beta: Annotated[
        float | None,
        Meta(description="beta_exposure / exposure; null where the exposure is 0.", examples=[1.0]),
    ]
    target_notional: Annotated[Money, Meta(description="coverage x |beta_exposure|: what the hedge should be worth.")]
    futures_price: Annotated[Price, Meta(description="Mark price of the contract, used as the entry price.")]
    unit_notional: Annotated[Money, Meta(description="Value of one contract.", examples=["6000"])]
    exact_contracts: Annotated[Size, Meta(description="target_notional / unit_notional, before any rounding.")]
    candidates: Annotated[
        tuple[Candidate, ...],
        Meta(
            description="The legal size below the exact one (`down`) and above it (`up`), fewest contracts first; the "
            "same size twice where the exact one is legal. `exact` on request; `survival` if the wallet survives "
            "neither.",
            min_length=2,
            max_length=4,
        ),
    ]
    recommended: Annotated[
        CandidateRounding | None,
        Meta(description="`rounding` of the candidate to take; null where none survives.", examples=["up"]),
    ]
    reason: Annotated[
        Reason,
        Meta(description="Why: nearest to the target, requested, the wallet's survival, or nothing to hedge."),
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...],
        Meta(description="The book, one line an asset.", min_length=1, max_length=1000),
    ]
    warnings: Annotated[
        tuple[Caution, ...],
        Meta(description="What to know before acting on the answer.", max_length=2100),
    ]


@exactly
def size_hedge(
    *,
    holdings: Sequence[Holding],
    contract: Contract,
    prices: Mapping[str, Price],
    coverage: Coverage,
    weighting: Weighting,
    as_of: Instant,
    rounding: Rounding | None = None,
    collateral: Collateral | None = None,
    largest_notional: Decimal = LARGEST_NOTIONAL,
) -> Sizing:
    """Size the hedge of a book in one contract.

    Args:
        holdings: 1 to 1,000 holdings.
        contract: the future, with its terms.
        prices: spot prices by asset and the futures mark price by contract symbol, all in one quote currency.
        coverage: share of the beta exposure to hedge, 1 for all.
        weighting: `value` (every beta is 1) or `beta`.
        as_of: the time of the question; a contract that expires by then is refused.
        rounding: which candidate to recommend; None for the one nearest to the target.
        collateral: margin posted and the move to survive; None for the contract's initial margin.
        largest_notional: ceiling of the target's and of a candidate's value in the quote currency.

    Returns:
        The candidates with margin, fees and orders, and a recommendation.

    Raises:
        InconsistentContractError, ExpiredContractError, PriceMissingError, BetaConflictError, BetaMissingError,
        MarginConflictError, LeverageOutOfRangeError, MarginTermsMissingError, SizeOutOfRangeError: in this order, the
        first that applies, with all of its places.

    Source: Hull, Options, Futures and Other Derivatives, 3.4 and 3.5: N = h V_A / V_F.
    """
    setting = lay_out(holdings=holdings, contract=contract, prices=prices, weighting=weighting, as_of=as_of)
    book, hedge = setting.book, _plan(setting, coverage, collateral)
    candidates = list_candidates(hedge, exact=rounding == "exact")
    _refuse_oversize(hedge, candidates, largest_notional)
    recommended, reason = recommend(hedge, candidates, rounding)
    return Sizing(
        side=hedge.side,
        weighting=weighting,
        coverage=coverage,
        exposure=Money.of(book.exposure),
        gross_value=Money.of(book.gross_value),
        stable_value=Money.of(book.net_value - book.exposure),
        beta_exposure=Money.of(book.beta_exposure),
        portfolio_beta=float(book.beta_exposure / book.exposure) if book.exposure else None,
        target_notional=Money.of(hedge.target),
        futures_price=setting.futures_price,
        unit_notional=Money.of(hedge.unit_notional),
        exact_contracts=Size.of(hedge.target / hedge.unit_notional),
        candidates=candidates,
        recommended=recommended,
        reason=reason,
        holdings=book.holdings,
        warnings=(
            *book.cautions,
            *warn_of_book(book),
            *_coverage_cautions(coverage),
            *warn_of_expiry(contract, as_of),
            *warn_of_prices(setting),
            *warn_of_coins(contract, collateral),
            *(
                note
                for index, candidate in enumerate(candidates)
                for note in candidate_cautions(hedge, candidate, index)
            ),
        ),
    )


def _plan(setting: Setting, coverage: Decimal, collateral: Collateral | None) -> Hedge:
    target = coverage * abs(setting.book.beta_exposure)
    side: Side = setting.side if target else "none"
    return Hedge(
        contract=setting.contract,
        side=side,
        unit_notional=unit_notional(setting.contract, setting.futures_price),
        beta_exposure=abs(setting.book.beta_exposure),
        target=target,
        backing=back_hedge(setting.contract, side, futures_price=setting.futures_price, collateral=collateral),
    )


def _refuse_oversize(hedge: Hedge, candidates: Sequence[Candidate], largest: Decimal) -> None:
    notional = max(hedge.target, *(candidate.notional for candidate in candidates))
    if notional > largest:
        detail = (
            f"The hedge would be worth {Money.of(notional)}; this service sizes positions up to {Money.of(largest)}"
        )
        raise SizeOutOfRangeError(Fault(("holdings",) if hedge.target > largest else ("contract",), detail))


def _coverage_cautions(coverage: Decimal) -> Iterator[Caution]:
    if coverage > UNUSUAL_COVERAGE:
        yield caution("over_hedge", f"Coverage {coverage} asks for more hedge than there is to protect", "coverage")
