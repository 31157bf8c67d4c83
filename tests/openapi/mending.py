"""How to make a valid question answerable: one remedy for each reason there is to refuse it."""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.openapi.reasons import Question, find_refusal

_PRICE = "0.25"
_LEAST = "0.000000000000000001"


def mend(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems; some questions resist."""
    for _ in _REMEDIES:
        code = find_refusal(question, datetime.now(UTC))
        if code is None:
            break
        question = _REMEDIES[code](question)
    return question


def _agree(question: Question) -> Question:
    """Drop the terms of the contract that may contradict others."""
    contract = {**question["contract"], "symbol": "HEDGE-1", "min_quantity": None}
    if contract.get("maintenance_tiers") is not None:
        contract["maintenance_margin_rate"] = None
        contract["maintenance_tiers"] = [{**contract["maintenance_tiers"][0], "floor": "0"}]
    return {**question, "contract": contract}


def _last(question: Question) -> Question:
    """Take a perpetual contract."""
    return {**question, "contract": {**question["contract"], "expiry": None}}


def _price(question: Question) -> Question:
    """Price everything held, and the contract."""
    needed = [*(holding["asset"] for holding in question["holdings"]), question["contract"]["symbol"]]
    return {**question, "prices": {**dict.fromkeys(needed, _PRICE), **question["prices"]}}


def _weigh_alike(question: Question) -> Question:
    """Give every holding the same beta."""
    return {**question, "holdings": [{**holding, "beta": 1.5} for holding in question["holdings"]]}


def _post_wallet(question: Question) -> Question:
    """Leave the leverage out."""
    return {**question, "margin": {**question["margin"], "leverage": None}}


def _survive_anything(question: Question) -> Question:
    """Ask for no move to survive."""
    return {**question, "margin": {**question["margin"], "survive_move": None}}


def _shrink(question: Question) -> Question:
    """Hedge next to nothing of it, in the smallest of lots."""
    contract = {**question["contract"], "lot_step": _LEAST, "min_quantity": None, "min_notional": None}
    return {**question, "coverage": _LEAST, "contract": contract}


_REMEDIES: dict[str, Callable[[Question], Question]] = {
    "inconsistent_contract": _agree,
    "expired_contract": _last,
    "price_missing": _price,
    "duplicate_symbol_beta_conflict": _weigh_alike,
    "beta_missing": _weigh_alike,
    "margin_conflict": _post_wallet,
    "leverage_out_of_range": _post_wallet,
    "margin_terms_missing": _survive_anything,
    "size_out_of_range": _shrink,
}
