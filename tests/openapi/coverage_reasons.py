"""Why a valid question about how much to hedge has no answer: found here a second time, from the documented rules.

Law: nothing of `service` is imported. What a sizing of the same book refuses is refused here too.
"""

from fractions import Fraction
from statistics import variance

from tests.openapi import reasons
from tests.openapi.basis_reasons import FEWEST
from tests.openapi.lookups import Around, Question
from tests.openapi.market import find_future
from tests.openapi.pairs import first_of
from tests.openapi.reasons import complete

_LEAST_VARIANCE = Fraction(1, 10**18)
_USUAL = {"style": "assumed"}


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    if _contradicts_itself(question):
        return "inconsistent_question"
    book = size_nothing(question)
    refused = reasons.find_refusal(book, around)
    return refused or _find_own(question, complete(book, around))


def size_nothing(question: Question) -> Question:
    """Ask for a sizing of the same book at no coverage, which no size stands in the way of."""
    names = ("holdings", "contract", "prices", "market", "betas", "margin", "as_of")
    kept = {name: question[name] for name in names if name in question}
    return {**kept, "weighting": question.get("weighting", "beta"), "coverage": "0"}


def _contradicts_itself(question: Question) -> bool:
    """Tell whether risk or cost are stated twice, or returns are of two lengths."""
    risk = question.get("risk", _USUAL)
    if risk["style"] == "returns":
        is_odd = len(risk["portfolio"]) != len(risk["futures"])
    else:
        is_odd = risk.get("r_squared") is not None and risk.get("residual_volatility") is not None
    parts = [question.get(name) is not None for name in ("funding_rate", "fee_rate")]
    return is_odd or (question.get("cost_rate") is not None and any(parts))


def _find_own(question: Question, book: Question) -> str | None:
    beta_exposure = reasons.beta_exposure(book)
    exposure = reasons.beta_exposure({**book, "weighting": "value"})
    return first_of(
        (
            ("inconsistent_question", lambda: question.get("funding_rate") is not None and _expires(question)),
            ("size_out_of_range", lambda: _most(question) * abs(beta_exposure) > reasons.CEILING),
            ("inconsistent_question", lambda: bool(beta_exposure) and not exposure),
            ("too_few_observations", lambda: bool(beta_exposure) and _is_short(question)),
            ("zero_variance", lambda: bool(beta_exposure) and _stands_still(question)),
        )
    )


def _expires(question: Question) -> bool:
    """Tell whether the contract expires."""
    contract = question["contract"]
    if contract["style"] != "listed":
        return contract.get("expiry") is not None
    future = find_future(contract["exchange"], contract["symbol"])
    return future is not None and future.expiry is not None


def _most(question: Question) -> Fraction:
    """Tell the largest coverage that is looked at: a full one at least."""
    asked = [*question.get("coverages", ()), question.get("chosen_coverage") or "0"]
    return max(Fraction(1), *map(Fraction, asked))


def _whole(question: Question) -> list[tuple[float, float]]:
    """List the periods that have both returns."""
    risk = question.get("risk", _USUAL)
    if risk["style"] != "returns":
        return []
    return [row for row in zip(risk["portfolio"], risk["futures"], strict=True) if None not in row]


def _is_short(question: Question) -> bool:
    """Tell whether there are too few returns to say anything."""
    return question.get("risk", _USUAL)["style"] == "returns" and len(_whole(question)) < FEWEST


def _stands_still(question: Question) -> bool:
    """Tell whether the book or the future never moved."""
    columns = zip(*_whole(question), strict=True)
    return any(variance(map(Fraction, column)) < _LEAST_VARIANCE for column in columns)
