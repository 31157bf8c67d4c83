"""One size of a hedge with its consequences: what it covers, leaves, costs, posts, and the order that opens it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.contracts import Contract, settlement_value
from service.hedging.sizes.lots import Adjustment, Fit, LotRounding, fit_size, smallest_size
from service.hedging.survival.collateral import Backing, Margin, post_margin
from service.hedging.units import Exact, Money, Share, Side, Size, exactly

CandidateRounding = Literal["survival", "down", "exact", "up"]
Status = Literal["under_hedged", "matched", "over_hedged", "no_target"]
OrderReason = Literal["no_contracts", "not_orderable"]


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

    rounding: Annotated[
        CandidateRounding,
        Meta(
            description="Which side of the exact size this one lies on; `survival`: the largest size that the wallet "
            "survives, where neither neighbour does."
        ),
    ]
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


class Hedge(NamedTuple):
    """What every candidate is measured against; amounts in the quote currency."""

    contract: Contract
    side: Side
    unit_notional: Decimal
    beta_exposure: Decimal
    """Absolute."""
    target: Decimal
    backing: Backing


@exactly
def list_candidates(hedge: Hedge, *, exact: bool) -> tuple[Candidate, ...]:
    """Work out the legal sizes below and above the exact one, fewest contracts first.

    Where a given wallet survives neither, the largest legal size that it does survive comes before them.

    Args:
        hedge: the target and the terms.
        exact: whether to add the exact size, which may be fractional.
    """
    candidates = [_consider(hedge, rounding, fit) for rounding, fit in _fits(hedge, exact=exact)]
    if candidates[0].margin.survives is False and hedge.backing.has_fixed_wallet:
        largest = _largest_survivor(hedge, candidates[0].contracts)
        candidates += [] if largest is None else [_consider(hedge, "survival", largest)]
    return tuple(sorted(candidates, key=lambda candidate: candidate.contracts))


def fit(hedge: Hedge, rounding: LotRounding) -> Fit:
    """Find the legal size for the hedge's target."""
    return fit_size(hedge.contract, unit_notional=hedge.unit_notional, target_notional=hedge.target, rounding=rounding)


def _fits(hedge: Hedge, *, exact: bool) -> Iterator[tuple[CandidateRounding, Fit]]:
    yield "down", fit(hedge, "down")
    if exact:
        yield "exact", Fit(hedge.target / hedge.unit_notional, None)
    yield "up", fit(hedge, "up")


def _largest_survivor(hedge: Hedge, bound: Decimal) -> Fit | None:
    """Halve the way to the largest legal size below a bound that survives: a wallet never survives more with more."""
    lot_step = hedge.contract.lot_step
    survives, fails = 0, int(bound / lot_step)
    while fails - survives > 1:
        middle = (survives + fails) // 2
        if _margin_of(hedge, middle * lot_step).survives:
            survives = middle
        else:
            fails = middle
    size = survives * lot_step
    return Fit(size, None) if size >= smallest_size(hedge.contract, hedge.unit_notional) else None


def _margin_of(hedge: Hedge, contracts: Decimal) -> Margin:
    return post_margin(
        hedge.backing, contracts, settlement_value(hedge.contract, contracts, hedge.backing.futures_price)
    )


def _consider(hedge: Hedge, rounding: CandidateRounding, size: Fit) -> Candidate:
    notional = size.contracts * hedge.unit_notional
    fee_rate = hedge.contract.taker_fee_rate
    order_reason = _order_reason(hedge, rounding, size)
    return Candidate(
        rounding=rounding,
        contracts=Size.of(size.contracts) if rounding == "exact" else Size(size.contracts),
        adjustment=size.adjustment,
        notional=Money.of(notional),
        coverage=Share.of(notional / hedge.beta_exposure) if hedge.beta_exposure else None,
        residual_exposure=Money.of(hedge.beta_exposure - notional),
        deviation=Share.of(notional / hedge.target - 1) if hedge.target else None,
        status=_status(notional, hedge.target),
        margin=_margin_of(hedge, size.contracts),
        fees=None if fee_rate is None else Money.of(notional * fee_rate),
        fees_reason="taker_fee_rate_missing" if fee_rate is None else None,
        order=None if order_reason else _order(hedge, size.contracts),
        order_reason=order_reason,
    )


def _status(notional: Decimal, target: Decimal) -> Status:
    if not target:
        return "no_target"
    if notional == target:
        return "matched"
    return "under_hedged" if notional < target else "over_hedged"


def _order_reason(hedge: Hedge, rounding: CandidateRounding, size: Fit) -> OrderReason | None:
    if not size.contracts:
        return "no_contracts"
    if rounding == "exact" and size.contracts != fit(hedge, "down").contracts:
        return "not_orderable"
    return None


def _order(hedge: Hedge, contracts: Decimal) -> Order:
    unit = hedge.contract.order_unit
    return Order(
        side="sell" if hedge.side == "short" else "buy",
        symbol=hedge.contract.symbol,
        quantity=Exact(contracts if unit == "contract" else contracts * hedge.contract.multiplier),
        unit=unit,
        type="market",
        reduce_only=False,
    )
