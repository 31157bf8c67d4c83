"""Why a book beside no contract can't be weighed, and what it weighs: found here a second time, in fractions.

Law: nothing of `service` is imported.
"""

from fractions import Fraction

from tests.openapi import beta_reasons, reasons
from tests.openapi.lookups import Around, Question, RefusedError, complete

_OF_BOOK = dict(reasons.OF_BOOK)
_IN_THE_WAY = ("price_missing", "duplicate_symbol_beta_conflict", "beta_missing")


def is_senseless(book: Question) -> bool:
    """Tell whether betas are asked for that can't be meant."""
    if book.get("betas") is None:
        return False
    try:
        beta_reasons.require_sense(book)
    except RefusedError:
        return True
    return False


def weigh_book(book: Question, underlying: str, as_of: str | None, around: Around) -> Fraction:
    """Give the beta exposure of a book.

    Raises:
        RefusedError: with the first reason, in the documented order, for which it has none.
    """
    question = _complete({**book, "as_of": as_of}, underlying, around)
    if question.get("betas") is not None:
        _refuse({**question, "weighting": "value"}, around)
        question = {**question, "holdings": beta_reasons.estimate(question, around)}
    _refuse(question, around)
    return reasons.beta_exposure(question)


def _complete(question: Question, underlying: str, around: Around) -> Question:
    """Give all spot prices of a book; those that were sent count, and none converts another."""
    contract = {"style": "linear", "symbol": "HEDGE-1", "underlying": underlying}
    sent, market = question.get("prices", {}), question.get("market")
    unconverted = {name: price for name, price in sent.items() if name != (market or {}).get("quote", "USDT")}
    found = complete({**question, "contract": contract, "prices": unconverted}, around)
    return {**question, "contract": contract, "prices": {**found["prices"], **sent, "HEDGE-1": "1"}}


def _refuse(question: Question, around: Around) -> None:
    code = next((code for code in _IN_THE_WAY if _OF_BOOK[code](question, around.now)), None)
    if code is not None:
        raise RefusedError(code)
