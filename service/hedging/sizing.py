"""How many contracts hedge a book, and what rounding to whole contracts leaves.

Law: the answer shows the legal sizes on both sides of the exact one, with their consequences, and says which one it
would take and why (domain 1.3-1.5).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.collateral import Backing, Collateral, Margin, back_hedge, covers, post_margin
from service.hedging.contracts import Contract, check_terms, settlement_value, unit_notional
from service.hedging.errors import ExpiredContractError, Fault, InconsistentContractError, SizeOutOfRangeError
from service.hedging.lots import Adjustment, Fit, LotRounding, fit_size
from service.hedging.portfolio import Book, Holding, ValuedHolding, Weighting, require_prices, value_portfolio
from service.hedging.units import Coverage, Exact, Instant, Money, Price, Share, Side, Size, exactly

Rounding = Literal["down", "up", "nearest", "exact"]
CandidateRounding = Literal["down", "exact", "up"]
Status = Literal["under_hedged", "matched", "over_hedged", "no_target"]
OrderReason = Literal["no_contracts", "not_orderable"]
Reason = Literal["nearest", "requested", "survival", "no_candidate_survives", "no_exposure", "zero_coverage"]

LARGEST_NOTIONAL = Decimal("1E12")
"""Ceiling of a position's value in the quote currency, unless the service is set otherwise (domain 8.3)."""
SPECULATIVE_COVERAGE = Decimal("1.25")
UNUSUAL_COVERAGE = Decimal("1.5")
ONE_DAY_MOVE = Decimal("0.0314")
"""Typical move of bitcoin in one day: 60 % a year over the root of 365."""
LEAD_DAYS = 2
"""Days before expiry at which a hedge is rolled by default (domain 7.7)."""

_ADJUSTMENTS: dict[Adjustment, str] = {
    "rounds_to_zero": "The exact size is below one lot step: rounded down, nothing is hedged",
    "capped_at_max_quantity": "The venue takes no larger order: capped at max_quantity",
    "below_min_quantity": "The venue takes no order this small: below min_quantity, nothing is hedged",
    "below_min_notional": "The venue takes no order worth this little: below min_notional, nothing is hedged",
    "raised_to_min_quantity": "Raised to the smallest order the venue takes, min_quantity",
    "raised_to_min_notional": "Raised to the smallest order the venue takes, min_notional",
    "no_legal_size": "Between the venue's smallest and largest order lies no size: nothing is hedged",
}


class Order(Struct, frozen=True, kw_only=True):
    """The order that opens the hedge, in the venue's own unit."""

    side: Annotated[Literal["buy", "sell"], Meta(description="`sell` opens a short.")]
    symbol: Annotated[str, Meta(description="Contract to trade.", examples=["BTC-MINI"], max_length=40)]
    quantity: Annotated[Exact, Meta(description="Size in `unit`, exact.", examples=["1"])]
    unit: Annotated[
        Literal["contract", "base", "quote"], Meta(description="What the quantity counts: the contract's order_unit.")
    ]
    type: Annotated[Literal["market"], Meta(description="The fees shown are those of a market order.")]
    reduce_only: Annotated[bool, Meta(description="False: the order opens the hedge.", examples=[False])]


class Candidate(Struct, frozen=True, kw_only=True):
    """One size with its consequences; amounts in the quote currency unless the margin says otherwise."""

    rounding: Annotated[CandidateRounding, Meta(description="Which side of the exact size this one lies on.")]
    contracts: Annotated[
        Size, Meta(description="Contracts to hold, never negative: the side is `side`.", examples=["1"])
    ]
    adjustment: Annotated[
        Adjustment | None, Meta(description="Rule of the venue that changed the rounded size; null for none.")
    ]
    notional: Annotated[Money, Meta(description="contracts x unit_notional.", examples=["6000"])]
    coverage: Annotated[
        Share | None,
        Meta(description="notional / |beta_exposure|; null where status is no_target for want of exposure."),
    ]
    residual_exposure: Annotated[
        Money,
        Meta(
            description="|beta_exposure| - notional: positive is still unhedged, negative over-hedged.",
            examples=["4000"],
        ),
    ]
    deviation: Annotated[
        Share | None,
        Meta(description="notional / target_notional - 1; null where status is no_target.", examples=["-0.4"]),
    ]
    status: Annotated[Status, Meta(description="notional against target_notional; no_target: the target is 0.")]
    margin: Margin
    fees: Annotated[
        Money | None, Meta(description="Fee of the entry as a market order: a cost is positive.", examples=["3"])
    ]
    fees_reason: Annotated[Literal["taker_fee_rate_missing"] | None, Meta(description="Why there are no fees.")]
    order: Annotated[Order | None, Meta(description="Order that opens this size; null where there is none.")]
    order_reason: Annotated[
        OrderReason | None,
        Meta(description="Why there is no order: nothing to hold, or a size that the venue does not accept."),
    ]


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
        Meta(description="beta_exposure / exposure; null where the exposure is 0 (see reason).", examples=[1.0]),
    ]
    target_notional: Annotated[Money, Meta(description="coverage x |beta_exposure|: what the hedge should be worth.")]
    futures_price: Annotated[Price, Meta(description="Mark price of the contract, used as the entry price.")]
    unit_notional: Annotated[Money, Meta(description="Value of one contract.", examples=["6000"])]
    exact_contracts: Annotated[Size, Meta(description="target_notional / unit_notional, before any rounding.")]
    candidates: Annotated[
        tuple[Candidate, ...],
        Meta(
            description="The legal size below the exact one (`down`) and above it (`up`), fewest contracts first; the "
            "same size twice where the exact one is legal. `exact` between them on request.",
            min_length=2,
            max_length=3,
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


class _Hedge(NamedTuple):
    """What every candidate is measured against."""

    contract: Contract
    side: Side
    unit_notional: Decimal
    beta_exposure: Decimal
    """Absolute."""
    target: Decimal
    backing: Backing


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

    Source: Hull 3.4 and 3.5 (N = h V_A / V_F), domain 1.3-1.5.
    """
    check_terms(contract)
    _refuse_shared_name(contract, holdings)
    _refuse_expired(contract, as_of)
    require_prices([*(holding.asset for holding in holdings), contract.symbol], prices)
    futures_price = prices[contract.symbol]
    book = value_portfolio(holdings, prices, weighting=weighting, underlying=contract.underlying)
    hedge = _plan(contract, book, futures_price=futures_price, coverage=coverage, collateral=collateral)
    candidates = tuple(_consider(hedge, name, fit) for name, fit in _fits(hedge, rounding))
    _refuse_oversize(hedge, candidates, largest_notional)
    recommended, reason = _recommend(hedge, candidates, rounding)
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
        futures_price=futures_price,
        unit_notional=Money.of(hedge.unit_notional),
        exact_contracts=Size.of(hedge.target / hedge.unit_notional),
        candidates=candidates,
        recommended=recommended,
        reason=reason,
        holdings=book.holdings,
        warnings=(
            *book.cautions,
            *_question_cautions(contract, book, coverage=coverage, as_of=as_of),
            *_price_cautions(contract, book, prices),
            *(
                note
                for index, candidate in enumerate(candidates)
                for note in _candidate_cautions(hedge, candidate, index)
            ),
        ),
    )


def _refuse_expired(contract: Contract, as_of: Instant) -> None:
    if contract.expiry is not None and contract.expiry <= as_of:
        detail = f"{contract.symbol} expired at {contract.expiry}, and the question is as of {as_of}"
        raise ExpiredContractError(Fault(("contract", "expiry"), detail))


def _refuse_shared_name(contract: Contract, holdings: Sequence[Holding]) -> None:
    if any(holding.asset == contract.symbol for holding in holdings):
        detail = f"{contract.symbol} is also held as an asset: one price can't be its spot and its futures price"
        raise InconsistentContractError(Fault(("contract", "symbol"), detail))


def _plan(
    contract: Contract, book: Book, *, futures_price: Decimal, coverage: Decimal, collateral: Collateral | None
) -> _Hedge:
    target = coverage * abs(book.beta_exposure)
    side: Side = "none" if not target else "short" if book.beta_exposure > 0 else "long"
    return _Hedge(
        contract=contract,
        side=side,
        unit_notional=unit_notional(contract, futures_price),
        beta_exposure=abs(book.beta_exposure),
        target=target,
        backing=back_hedge(contract, side, futures_price=futures_price, collateral=collateral),
    )


def _fits(hedge: _Hedge, rounding: Rounding | None) -> Iterator[tuple[CandidateRounding, Fit]]:
    yield "down", _fit(hedge, "down")
    if rounding == "exact":
        yield "exact", Fit(hedge.target / hedge.unit_notional, None)
    yield "up", _fit(hedge, "up")


def _fit(hedge: _Hedge, rounding: LotRounding) -> Fit:
    return fit_size(hedge.contract, unit_notional=hedge.unit_notional, target_notional=hedge.target, rounding=rounding)


def _consider(hedge: _Hedge, rounding: CandidateRounding, fit: Fit) -> Candidate:
    notional = fit.contracts * hedge.unit_notional
    value = settlement_value(hedge.contract, fit.contracts, hedge.backing.futures_price)
    fee_rate = hedge.contract.taker_fee_rate
    order_reason = _order_reason(hedge, rounding, fit)
    return Candidate(
        rounding=rounding,
        contracts=Size.of(fit.contracts) if rounding == "exact" else Size(fit.contracts),
        adjustment=fit.adjustment,
        notional=Money.of(notional),
        coverage=Share.of(notional / hedge.beta_exposure) if hedge.beta_exposure else None,
        residual_exposure=Money.of(hedge.beta_exposure - notional),
        deviation=Share.of(notional / hedge.target - 1) if hedge.target else None,
        status=_status(notional, hedge.target),
        margin=post_margin(hedge.backing, fit.contracts, value),
        fees=None if fee_rate is None else Money.of(notional * fee_rate),
        fees_reason="taker_fee_rate_missing" if fee_rate is None else None,
        order=None if order_reason else _order(hedge, fit.contracts),
        order_reason=order_reason,
    )


def _status(notional: Decimal, target: Decimal) -> Status:
    if not target:
        return "no_target"
    if notional == target:
        return "matched"
    return "under_hedged" if notional < target else "over_hedged"


def _order_reason(hedge: _Hedge, rounding: CandidateRounding, fit: Fit) -> OrderReason | None:
    if not fit.contracts:
        return "no_contracts"
    if rounding == "exact" and fit.contracts != _fit(hedge, "down").contracts:
        return "not_orderable"
    return None


def _order(hedge: _Hedge, contracts: Decimal) -> Order:
    unit = hedge.contract.order_unit
    return Order(
        side="sell" if hedge.side == "short" else "buy",
        symbol=hedge.contract.symbol,
        quantity=Exact(contracts if unit == "contract" else contracts * hedge.contract.multiplier),
        unit=unit,
        type="market",
        reduce_only=False,
    )


def _refuse_oversize(hedge: _Hedge, candidates: Sequence[Candidate], largest: Decimal) -> None:
    notional = max(hedge.target, *(candidate.notional for candidate in candidates))
    if notional > largest:
        detail = (
            f"The hedge would be worth {Money.of(notional)}; this service sizes positions up to {Money.of(largest)}"
        )
        raise SizeOutOfRangeError(Fault(("holdings",), detail))


def _recommend(
    hedge: _Hedge, candidates: Sequence[Candidate], rounding: Rounding | None
) -> tuple[CandidateRounding | None, Reason]:
    if not hedge.target:
        return "down", "zero_coverage" if hedge.beta_exposure else "no_exposure"
    preferred = _preferred(hedge, candidates, rounding)
    if preferred.margin.survives is not False:
        return preferred.rounding, "nearest" if rounding in {None, "nearest"} else "requested"
    survivors = [candidate for candidate in candidates if candidate.margin.survives]
    if not survivors:
        return None, "no_candidate_survives"
    return _nearest(hedge, survivors).rounding, "survival"


def _preferred(hedge: _Hedge, candidates: Sequence[Candidate], rounding: Rounding | None) -> Candidate:
    if rounding is None:
        return _nearest(hedge, candidates)
    if rounding == "nearest":
        contracts = _fit(hedge, "nearest").contracts
        return next(candidate for candidate in candidates if candidate.contracts == contracts)
    return next(candidate for candidate in candidates if candidate.rounding == rounding)


def _nearest(hedge: _Hedge, candidates: Sequence[Candidate]) -> Candidate:
    """The first is kept on a tie: candidates ascend, and a tie goes to fewer contracts."""
    return min(candidates, key=lambda candidate: abs(hedge.target - candidate.contracts * hedge.unit_notional))


def _question_cautions(contract: Contract, book: Book, *, coverage: Decimal, as_of: Instant) -> Iterator[Caution]:
    if not book.beta_exposure:
        yield caution("no_exposure", "The book has no exposure to hedge: no contracts", "beta_exposure")
    if book.beta_exposure * book.exposure < 0:
        detail = "The betas turn the book's net exposure around, and with it the side of the hedge"
        yield caution("beta_flips_side", detail, "side")
    if coverage > UNUSUAL_COVERAGE:
        yield caution("over_hedge", f"Coverage {coverage} asks for more hedge than there is to protect", "coverage")
    if contract.expiry is not None and contract.expiry - as_of < timedelta(days=LEAD_DAYS):
        detail = f"{contract.symbol} expires at {contract.expiry}, within {LEAD_DAYS} days: take the next expiry"
        yield caution("expiry_near", detail, "contract", "expiry")


def _price_cautions(contract: Contract, book: Book, prices: Mapping[str, Price]) -> Iterator[Caution]:
    unused = prices.keys() - {line.asset for line in book.holdings} - {contract.symbol}
    if unused:
        shown = ", ".join(sorted(unused)[:10])
        yield caution("unused_prices", f"Prices sent and not used: {len(unused)} ({shown})", "prices")


def _candidate_cautions(hedge: _Hedge, candidate: Candidate, index: int) -> Iterator[Caution]:
    if candidate.adjustment is not None:
        yield caution(candidate.adjustment, _ADJUSTMENTS[candidate.adjustment], "candidates", index)
    if candidate.coverage is not None and candidate.coverage > SPECULATIVE_COVERAGE:
        detail = f"Covers {candidate.coverage} of the beta exposure: what is above 1 is a speculative position"
        yield caution("over_hedge", detail, "candidates", index)
    yield from _margin_cautions(hedge, candidate.margin, index)


def _margin_cautions(hedge: _Hedge, margin: Margin, index: int) -> Iterator[Caution]:
    if not covers(margin.wallet, margin.initial):
        detail = f"The wallet of {margin.wallet} does not cover the initial margin of {margin.initial}"
        yield caution("wallet_too_small", detail, "candidates", index, "margin")
    collateral = hedge.backing.collateral
    asked = None if collateral is None else collateral.survive_move
    if margin.liquidation_move is not None and abs(margin.liquidation_move) < (asked or ONE_DAY_MOVE):
        measure = "the move to survive" if asked else "a typical move of one day"
        detail = (
            f"A move of {margin.liquidation_move} liquidates the hedge: less than {measure}, {asked or ONE_DAY_MOVE}"
        )
        yield caution("liquidation_near", detail, "candidates", index, "margin")
