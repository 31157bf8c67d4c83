"""Which size to take and why, and what a careful trader would say about each."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import settlement_value
from service.hedging.sizes.candidates import Candidate, CandidateRounding, Hedge, fit
from service.hedging.sizes.lots import Adjustment
from service.hedging.survival.collateral import ONE_DAY_MOVE, Margin, covers, room_of
from service.hedging.units import exactly

Rounding = Literal["down", "up", "nearest", "exact"]
Reason = Literal["nearest", "requested", "survival", "no_candidate_survives", "no_exposure", "zero_coverage"]

SPECULATIVE_COVERAGE = Decimal("1.25")

_ADJUSTMENTS: dict[Adjustment, str] = {
    "rounds_to_zero": "The exact size is below one lot step: rounded down, nothing is hedged",
    "capped_at_max_quantity": "The venue takes no larger order: capped at max_quantity, a full hedge takes several",
    "below_min_quantity": "The venue takes no order this small: below min_quantity, nothing is hedged",
    "below_min_notional": "The venue takes no order worth this little: below min_notional, nothing is hedged",
    "raised_to_min_quantity": "Raised to the smallest order the venue takes, min_quantity",
    "raised_to_min_notional": "Raised to the smallest order the venue takes, min_notional",
    "no_legal_size": "Between the venue's smallest and largest order lies no size: nothing is hedged",
}


@exactly
def recommend(
    hedge: Hedge, candidates: Sequence[Candidate], rounding: Rounding | None
) -> tuple[CandidateRounding | None, Reason]:
    """Choose a candidate.

    Unasked, the legal size nearest to the target, a tie going to fewer contracts; asked, the one that was asked for;
    but never one that does not survive: then the nearest that does, or none.

    Args:
        hedge: the target.
        candidates: ascending.
        rounding: what was asked for, if anything.

    Returns:
        The candidate's rounding, None where no candidate survives; and the reason.
    """
    if not hedge.target:
        return "down", "zero_coverage" if hedge.beta_exposure else "no_exposure"
    preferred = _preferred(hedge, candidates, rounding)
    if preferred.margin.survives is not False:
        return preferred.rounding, "nearest" if rounding in {None, "nearest"} else "requested"
    survivors = [candidate for candidate in candidates if candidate.margin.survives and candidate.contracts]
    if not survivors:
        return None, "no_candidate_survives"
    return _nearest(hedge, survivors).rounding, "survival"


def _preferred(hedge: Hedge, candidates: Sequence[Candidate], rounding: Rounding | None) -> Candidate:
    if rounding is None:
        return _nearest(hedge, candidates)
    if rounding == "nearest":
        contracts = fit(hedge, "nearest").contracts
        return next(candidate for candidate in candidates if candidate.contracts == contracts)
    return next(candidate for candidate in candidates if candidate.rounding == rounding)


def _nearest(hedge: Hedge, candidates: Sequence[Candidate]) -> Candidate:
    """The first is kept on a tie: candidates ascend, and a tie goes to fewer contracts."""
    return min(candidates, key=lambda candidate: abs(hedge.target - candidate.contracts * hedge.unit_notional))


def candidate_cautions(hedge: Hedge, candidate: Candidate, index: int) -> Iterator[Caution]:
    """Say what is unusual about the candidate that stands at an index of the reply."""
    if candidate.adjustment is not None:
        yield caution(candidate.adjustment, _ADJUSTMENTS[candidate.adjustment], "candidates", index)
    if candidate.coverage is not None and candidate.coverage > SPECULATIVE_COVERAGE:
        detail = f"Covers {candidate.coverage} of the beta exposure: what is above 1 is a speculative position"
        yield caution("over_hedge", detail, "candidates", index)
    yield from _size_cautions(hedge, candidate, index)
    yield from _margin_cautions(hedge, candidate.margin, index)


def _size_cautions(hedge: Hedge, candidate: Candidate, index: int) -> Iterator[Caution]:
    tiers, futures_price = hedge.contract.maintenance_tiers or (), hedge.backing.futures_price
    value = settlement_value(hedge.contract, candidate.contracts, futures_price)
    if candidate.margin.initial is not None and len(tiers) > 1 and value > tiers[1].floor:
        detail = "Venues ask for more initial margin in this maintenance tier than the rate of the smallest position"
        yield caution("larger_initial_margin", detail, "candidates", index, "margin")
    most = hedge.contract.max_market_quantity
    if candidate.order is not None and most is not None and candidate.contracts > most:
        detail = f"{candidate.contracts} contracts take several market orders: the venue takes {most} at most in one"
        yield caution("exceeds_market_order", detail, "candidates", index, "order")


def _margin_cautions(hedge: Hedge, margin: Margin, index: int) -> Iterator[Caution]:
    if not covers(margin.wallet, margin.initial):
        detail = f"The wallet of {margin.wallet} does not cover the initial margin of {margin.initial}"
        yield caution("wallet_too_small", detail, "candidates", index, "margin")
    if margin.survives_reason in {"initial_margin_rate_missing", "maintenance_rate_missing"}:
        detail = f"Nobody can say whether this survives: {margin.survives_reason}"
        yield caution("survival_unknown", detail, "candidates", index, "margin")
    if margin.liquidation_move is None:
        return
    asked = None if hedge.backing.collateral is None else hedge.backing.collateral.survive_move
    room = room_of(hedge.side, margin.liquidation_move)
    if room <= 0:
        detail = "The wallet is below maintenance margin at the entry price: liquidated at once"
        yield caution("liquidation_near", detail, "candidates", index, "margin")
    elif room < (asked or ONE_DAY_MOVE):
        measure = f"the {asked} it has to survive" if asked else f"a typical move of one day, {ONE_DAY_MOVE}"
        detail = f"A move of {margin.liquidation_move} liquidates the hedge, nearer than {measure}"
        yield caution("liquidation_near", detail, "candidates", index, "margin")
