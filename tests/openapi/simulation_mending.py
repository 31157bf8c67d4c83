"""How to make a valid question about outcomes answerable: one remedy for each reason there is to refuse it."""

from tests.openapi.lookups import Question
from tests.openapi.mending import REMEDIES, Remedy, send_returns, take_away
from tests.openapi.simulation_reasons import find_refusal

_MOST_PATHS = 2000
_MOST_HOLDINGS = 20


def mend_simulation(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems."""
    return take_away(question, find_refusal, _REMEDIES)


def spare_work(question: Question) -> Question:
    """Ask for no more paths than it takes to see that there is an answer."""
    paths = question.get("paths")
    is_much = isinstance(paths, int) and _MOST_PATHS < paths <= 1_000_000 and "hedges" in question
    return {**question, "paths": _MOST_PATHS} if is_much else question


def _straighten(question: Question) -> Question:
    """Hedge with sizes, under a market factor, in a perpetual that nobody funds."""
    asked: Question = {
        **send_returns(question),
        "funding_rate": None,
        "funding_process": None,
        "model": {"style": "factor"},
    }
    if question["contract"]["style"] != "listed":
        asked["contract"] = {**question["contract"], "expiry": None}
    asked["hedges"] = [_size(hedge) for hedge in question["hedges"]]
    return asked


def _size(hedge: Question) -> Question:
    if hedge.get("contracts") is not None:
        return {**hedge, "coverage": None}
    return {**hedge, "coverage": hedge.get("coverage") or "1"}


def _post_nothing(question: Question) -> Question:
    return {
        **question,
        "hedges": [{**hedge, "wallet_balance": None, "leverage": None} for hedge in question["hedges"]],
    }


def _shrink(question: Question) -> Question:
    return {
        **question,
        "hedges": [{**hedge, "coverage": "0.000000000000000001", "contracts": None} for hedge in question["hedges"]],
    }


def _take_few(question: Question) -> Question:
    return {**question, "paths": 1000, "holdings": question["holdings"][:_MOST_HOLDINGS]}


def _forget_model(question: Question) -> Question:
    return {**send_returns(question), "model": {"style": "factor"}}


_REMEDIES: dict[str, Remedy] = {
    **REMEDIES,
    "inconsistent_question": _straighten,
    "margin_conflict": _post_nothing,
    "leverage_out_of_range": _post_nothing,
    "margin_terms_missing": _post_nothing,
    "size_out_of_range": _shrink,
    "work_out_of_range": _take_few,
    "zero_variance": _forget_model,
    "stale_price": _forget_model,
    "too_few_observations": _forget_model,
}
