"""Why a valid question has no answer: found here a second time, from the documented rules, in fractions.

Law: nothing of `service` is imported.
"""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from tests.openapi import beta_reasons, lookups
from tests.openapi.lookups import Around, Question, RefusedError, is_money

CEILING = Fraction(10**12)
"""Largest hedge that a service without settings sizes."""


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    try:
        completed = complete(question, around)
    except RefusedError as error:
        return str(error)
    return next((code for code, applies in _REFUSALS if applies(completed, around.now)), None)


def complete(question: Question, around: Around) -> Question:
    """Fill in what a valid question leaves to the market, and the betas that are to be estimated.

    Raises:
        RefusedError: with the first reason, in the documented order, for which that can't be done.
    """
    if question.get("betas") is None:
        return lookups.complete(question, around)
    beta_reasons.require_sense(question)
    completed = lookups.complete(question, around)
    code = next((code for code, applies in OF_BOOK[:-1] if applies(completed, around.now)), None)
    if code is not None:
        raise RefusedError(code)
    return {**completed, "holdings": beta_reasons.estimate(completed, around)}


def _is_inconsistent(question: Question, _: datetime) -> bool:
    """Tell whether two terms of the contract contradict each other."""
    contract = question["contract"]
    held = {holding["asset"] for holding in question["holdings"]}
    is_named_twice = contract["symbol"] in held
    return is_named_twice or _has_no_size(contract) or _has_bad_maintenance(contract) or _is_gone_at_once(contract)


def _has_no_size(contract: Question) -> bool:
    """Tell whether the smallest order is above the largest."""
    least, most = _number(contract, "min_quantity"), _number(contract, "max_quantity")
    return least is not None and most is not None and least > most


def _has_bad_maintenance(contract: Question) -> bool:
    """Tell whether maintenance is stated twice, or in tiers that do not begin at 0, ascend and never fall."""
    if contract.get("maintenance_tiers") is None:
        return False
    tiers = [(Fraction(tier["floor"]), Fraction(tier["rate"])) for tier in contract["maintenance_tiers"]]
    is_stated_twice = contract.get("maintenance_margin_rate") is not None
    ascends = all(low[0] < high[0] and low[1] <= high[1] for low, high in pairwise(tiers))
    return is_stated_twice or tiers[0][0] != 0 or not ascends


def _is_gone_at_once(contract: Question) -> bool:
    """Tell whether the initial margin is no more than the maintenance margin of the smallest position."""
    initial, maintenance = _number(contract, "initial_margin_rate"), _number(contract, "maintenance_margin_rate")
    for tier in (contract.get("maintenance_tiers") or [])[:1]:
        maintenance = Fraction(tier["rate"])
    return initial is not None and maintenance is not None and initial <= maintenance


def _is_expired(question: Question, now: datetime) -> bool:
    """Tell whether the contract is over at the time of the question."""
    expiry, as_of = question["contract"].get("expiry"), question.get("as_of")
    if expiry is None:
        return False
    return datetime.fromisoformat(expiry) <= (now if as_of is None else datetime.fromisoformat(as_of))


def _lacks_price(question: Question, _: datetime) -> bool:
    """Tell whether something held, or the contract, has no price."""
    needed = {holding["asset"] for holding in question["holdings"]} | {question["contract"]["symbol"]}
    return not needed <= question["prices"].keys()


def _has_two_betas(question: Question, _: datetime) -> bool:
    """Tell whether one asset is held with two betas."""
    pairs = {(holding["asset"], holding["beta"]) for holding in question["holdings"] if _has_beta(holding)}
    return len({asset for asset, _ in pairs}) < len(pairs)


def _lacks_beta(question: Question, _: datetime) -> bool:
    """Tell whether weighting by beta meets a risky asset that has none anywhere."""
    if question.get("weighting") != "beta":
        return False
    given = {holding["asset"] for holding in question["holdings"] if _has_beta(holding)}
    given.add(question["contract"]["underlying"])
    return any(
        holding["asset"] not in given and not is_money(holding["asset"], question["prices"])
        for holding in question["holdings"]
    )


def _has_beta(holding: Question) -> bool:
    """Tell whether a holding states its beta."""
    return holding.get("beta") is not None


def _has_two_margins(question: Question, _: datetime) -> bool:
    """Tell whether both a wallet and a leverage are stated."""
    margin = question.get("margin") or {}
    return margin.get("wallet_balance") is not None and margin.get("leverage") is not None


def _is_overleveraged(question: Question, _: datetime) -> bool:
    """Tell whether the leverage posts less than the contract asks for."""
    leverage = _number(question.get("margin") or {}, "leverage")
    rate = _number(question["contract"], "initial_margin_rate")
    return leverage is not None and rate is not None and leverage * rate > 1


def _lacks_margin_terms(question: Question, _: datetime) -> bool:
    """Tell whether a move is to be survived and the terms to judge that are not all given."""
    margin, contract = question.get("margin") or {}, question["contract"]
    if margin.get("survive_move") is None:
        return False
    maintenance = (contract.get("maintenance_margin_rate"), contract.get("maintenance_tiers"))
    posted = (margin.get("wallet_balance"), margin.get("leverage"), contract.get("initial_margin_rate"))
    return maintenance == (None, None) or posted == (None, None, None)


def _is_oversized(question: Question, _: datetime) -> bool:
    """Tell whether the target or the legal size above it is worth more than the service sizes."""
    target = Fraction(question.get("coverage", "1")) * abs(beta_exposure(question))
    return max(target, _notional_above(question, target)) > CEILING


def beta_exposure(question: Question) -> Fraction:
    """Sum beta times value over everything that is not money."""
    betas = {holding["asset"]: holding["beta"] for holding in question["holdings"] if _has_beta(holding)}
    weighs = question.get("weighting") == "beta"
    prices = question["prices"]
    return sum(
        (
            Fraction(holding["quantity"])
            * Fraction(prices[holding["asset"]])
            * (Fraction(repr(betas.get(holding["asset"], 1))) if weighs else 1)
            for holding in question["holdings"]
            if not is_money(holding["asset"], prices)
        ),
        Fraction(0),
    )


def _notional_above(question: Question, target: Fraction) -> Fraction:
    """Value of the smallest legal size that reaches the target, capped at the largest order; 0 where none is legal."""
    contract = question["contract"]
    unit = Fraction(contract["multiplier"])
    unit *= Fraction(question["prices"][contract["symbol"]]) if contract["style"] == "linear" else 1
    lot = Fraction(contract.get("lot_step", "1"))
    largest = _number(contract, "max_quantity")
    most = None if largest is None else floor(largest / lot)
    least = max(
        ceil((_number(contract, "min_quantity") or 0) / lot),
        ceil((_number(contract, "min_notional") or 0) / unit / lot),
    )
    lots = ceil(target / unit / lot)
    if not lots or (most is not None and least > most):
        return Fraction(0)
    return max(least, lots if most is None else min(lots, most)) * lot * unit


def _number(record: Question, name: str) -> Fraction | None:
    """Read a decimal that may be absent or null."""
    text = record.get(name)
    return None if text is None else Fraction(text)


Refusals = tuple[tuple[str, Callable[[Question, datetime], bool]], ...]
OF_BOOK: Refusals = (
    ("inconsistent_contract", _is_inconsistent),
    ("expired_contract", _is_expired),
    ("price_missing", _lacks_price),
    ("duplicate_symbol_beta_conflict", _has_two_betas),
    ("beta_missing", _lacks_beta),
)
"""Why a book and a contract have no answer, in order."""
OF_MARGIN: Refusals = (
    ("margin_conflict", _has_two_margins),
    ("leverage_out_of_range", _is_overleveraged),
    ("margin_terms_missing", _lacks_margin_terms),
)
"""Why its margin has none."""
_REFUSALS: Refusals = (*OF_BOOK, *OF_MARGIN, ("size_out_of_range", _is_oversized))
