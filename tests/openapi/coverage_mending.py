"""How to make a valid question about how much to hedge answerable: one remedy for each reason there is to refuse it."""

from tests.openapi.coverage_reasons import find_refusal, size_nothing
from tests.openapi.lookups import Question
from tests.openapi.mending import REMEDIES, Remedy, mend, send_returns, take_away

_MOVES = (0.01, -0.02, 0.03)


def mend_coverage(question: Question) -> Question:
    """Take the reasons away one after the other; those of a sizing as a sizing does."""
    return take_away(question, find_refusal, _REMEDIES)


def _mend_book(question: Question) -> Question:
    mended = mend(size_nothing(question))
    names = ("holdings", "contract", "prices", "market", "betas", "margin", "as_of")
    return {**question, "weighting": mended["weighting"], **{name: mended[name] for name in names if name in mended}}


def _agree(question: Question) -> Question:
    """Say everything once, of a book that is long."""
    agreed = {**send_returns(question), "funding_rate": None, "fee_rate": None}
    risk = question.get("risk")
    if risk is not None and risk["style"] == "returns":
        shortest = min(len(risk[name]) for name in ("portfolio", "futures"))
        agreed["risk"] = {**risk, **{name: risk[name][:shortest] for name in ("portfolio", "futures")}}
    elif risk is not None:
        agreed["risk"] = {**risk, "r_squared": None}
    held = [{**holding, "quantity": holding["quantity"].lstrip("-")} for holding in agreed["holdings"]]
    return {**agreed, "holdings": held}


def _move(question: Question) -> Question:
    """Put returns that moved before those that were sent."""
    risk = question.get("risk", {})
    if risk.get("style") != "returns":
        return send_returns(question)
    return {
        **send_returns(question),
        "risk": {**risk, **{name: [*_MOVES, *risk[name][3:]] for name in ("portfolio", "futures")}},
    }


def _shrink(question: Question) -> Question:
    """Hold a little of it."""
    held = [{**holding, "quantity": "0.01", "beta": 0.5} for holding in question["holdings"]]
    return {**question, "holdings": held, "coverages": ["0.5"], "chosen_coverage": None}


_REMEDIES: dict[str, Remedy] = {
    **dict.fromkeys(REMEDIES, _mend_book),
    "inconsistent_question": _agree,
    "too_few_observations": _move,
    "zero_variance": _move,
    "size_out_of_range": _shrink,
}
