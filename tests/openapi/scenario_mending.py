"""How to make a valid question about scenarios answerable: one remedy for each reason there is to refuse it."""

from tests.openapi.lookups import Question
from tests.openapi.mending import REMEDIES, Remedy, send_returns, take_away
from tests.openapi.scenario_reasons import find_refusal

_LEAST = "0.000000000000000001"


def mend_scenarios(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems; some questions resist."""
    return take_away(question, find_refusal, _REMEDIES)


def _straighten(question: Question) -> Question:
    """Let something happen, to hedges of one size each that have a side, without funding nor odd shocks."""
    hedges = [{"coverage": hedge.get("coverage") or "0.5"} for hedge in question["hedges"]]
    shocks = [_calm(shock, question) for shock in question.get("shocks", ())]
    moves = question.get("moves") or ["-0.2"]
    return {**send_returns(question), "hedges": hedges, "moves": moves, "shocks": shocks, "funding_rate": None}


def _calm(shock: Question, question: Question) -> Question:
    underlying = question["contract"].get("underlying", "BTC")
    moves = {asset: move for asset, move in shock.get("asset_moves", {}).items() if asset != underlying}
    return {**shock, "asset_moves": moves, "basis_move": "0", "funding_rate": None}


def _post(question: Question) -> Question:
    """Ask for no move to survive, and for nothing that takes the wallet."""
    stresses = [name for name in question.get("stresses", ()) if name not in {"exchange-outage", "stablecoin-depeg"}]
    margin = question.get("margin")
    return {
        **question,
        "stresses": stresses,
        "moves": question.get("moves") or ["-0.2"],
        "margin": None if margin is None else {**margin, "survive_move": None},
    }


def _know(question: Question) -> Question:
    """Let coins go by their betas; where that is not enough, ask for what is assumed."""
    if question.get("missing_assets") != "beta":
        return {**question, "missing_assets": "beta"}
    return {**question, "stresses": ["correlation-breakdown"]}


def _shrink(question: Question) -> Question:
    """Hedge next to nothing of it."""
    return {**question, "hedges": [{"coverage": _LEAST}]}


_REMEDIES: dict[str, Remedy] = {
    **REMEDIES,
    "inconsistent_question": _straighten,
    "margin_terms_missing": _post,
    "stress_data_missing": _know,
    "size_out_of_range": _shrink,
}
