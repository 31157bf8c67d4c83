"""How to make a valid question about basis or carry answerable: one remedy for each reason there is to refuse it."""

from collections.abc import Mapping
from typing import Any

from tests.openapi import basis_reasons, carry_reasons
from tests.openapi.basis_reasons import FEWEST
from tests.openapi.lookups import Question
from tests.openapi.market import find_future, with_past
from tests.openapi.mending import REMEDIES, Remedy, choose, send_returns, take_away
from tests.openapi.queries import Query

_PAIR: Question = {"style": "given", "symbol": "X-1", "underlying": "X", "spot_price": "10", "futures_price": "10.1"}
_PERPETUAL: Question = {**_PAIR, "funding_interval_hours": 8}
_MOVES = (0.01, -0.02, 0.03)
_MOST_INSTRUMENTS = 50


def mend_basis(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems."""
    return take_away(question, basis_reasons.find_refusal, _OF_BASIS)


def mend_carry(question: Question) -> Question:
    """Do the same for a question about carry."""
    return take_away(question, carry_reasons.find_refusal, _OF_CARRY)


def mend_stream(query: Query) -> Query:
    """Follow what an exchange lists; the query is already written, each of its values as a text."""
    symbols = [choose(with_past(query["exchange"]), symbol) for symbol in query["symbols"].split(",")]
    return {**query, "symbols": ",".join(symbols), "spot_source": "index"}


def spare(question: Question) -> Question:
    """Ask for the past of bitcoin only: exchanges tell little of that at once."""
    is_of_past = question.get("funding_days") is not None and question.get("underlying") is not None
    return {**question, "underlying": "BTC"} if is_of_past else question


def _each(question: Question, field: str, remedy: Remedy) -> Question:
    """Mend each future that was sent."""
    ones = question.get(field, ())
    return {**question, field: [one if one["style"] == "listed" else remedy(one) for one in ones]}


def _agree(one: Question) -> Question:
    """Drop what says two things about funding, or nothing without more."""
    said = {**one, "past_funding": None} if one.get("funding_process") is not None else one
    expires, hours = one.get("expiry") is not None, one.get("funding_interval_hours")
    unfunded: Question = {name: None for name in ("funding_rate", "funding_process", "past_funding") if name in one}
    return {**said, **unfunded} if expires else {**said, "funding_interval_hours": 8 if hours is None else hours}


def _last(one: Question) -> Question:
    return {**one, "expiry": None}


def _uncross(one: Question) -> Question:
    return {**one, "futures_bid": None}


def _forget(one: Question) -> Question:
    return {**one, "history": None}


def _straighten_basis(question: Question) -> Question:
    """Ask for something, in one piece."""
    asked = {**question, "exchange": None if question.get("underlying") is None else question.get("exchange")}
    if not (asked.get("pairs") or asked.get("underlying") or asked.get("risk")):
        asked["pairs"] = [_PAIR]
    asked = {**_each(asked, "pairs", _agree), "close": None}
    risk = asked.get("risk")
    return asked if risk is None else {**asked, "risk": _STRAIGHTENED[risk["style"]](risk)}


def _straighten_returns(risk: Question) -> Question:
    shortest = min(len(risk[name]) for name in _SERIES)
    return {**risk, **{name: risk[name][:shortest] for name in _SERIES}}


def _straighten_book(risk: Question) -> Question:
    return {**risk, "holdings": [{"asset": "SOL", "quantity": "40"}]}


_SERIES = ("portfolio", "market", "futures")
_STRAIGHTENED: Mapping[str, Remedy] = {
    "returns": _straighten_returns,
    "candles": _straighten_book,
}


def _move(question: Question) -> Question:
    """Put returns that moved before those that were sent, and forget a past that says nothing."""
    risk, asked = question.get("risk"), _each(question, "pairs", _forget)
    if risk is None or risk["style"] != "returns":
        return asked
    return {**asked, "risk": {**risk, **{name: [*_MOVES, *risk[name][FEWEST:]] for name in _SERIES}}}


def _straighten_carry(question: Question) -> Question:
    """Hold it in something, for as long as one part says."""
    asked = {**question, "exchange": None if question.get("underlying") is None else question.get("exchange")}
    if not (asked.get("instruments") or asked.get("underlying")):
        asked["underlying"] = "BTC"
    horizon = asked.get("horizon_days") or 90
    asked = {**_each(asked, "instruments", _agree), "horizon_days": horizon, "ends_at": None, "as_of": None}
    if asked.get("book") is None:
        return {**asked, "notional": asked.get("notional") or "10000"}
    return _straighten_book_of({**asked, "notional": None, "side": None, "instruments": _on_one(asked)})


def _on_one(question: Question) -> list[Question]:
    """Leave what is on the first asset."""
    followed = _followed(question)
    return [one for one in question.get("instruments", ()) if one["style"] == "listed" or one["underlying"] == followed]


def _followed(question: Question) -> str:
    """Say to what betas of a book are."""
    given = (one["underlying"] for one in question.get("instruments", ()) if one["style"] == "given")
    return str(question.get("underlying") or next(given, "BTC"))


def _in_book(*remedies: Remedy) -> Remedy:
    """Mend the book of a hedge, as that of a question about a contract."""

    def mend(question: Question) -> Question:
        book = question.get("book")
        if book is None:
            return question
        contract = {"style": "linear", "symbol": "HEDGE-1", "underlying": _followed(question)}
        asked = {**book, "contract": contract}
        for remedy in remedies:
            asked = remedy(asked)
        return {**question, "book": {name: value for name, value in asked.items() if name != "contract"}}

    return mend


def _weigh_something(book: Question) -> Question:
    """Hold a little of each, all on one side, and hedge all of it."""
    held = [{**holding, "quantity": "2"} for holding in book["holdings"]]
    prices = dict.fromkeys(book.get("prices", {}), "0.25")
    return {**book, "holdings": held, "prices": prices, "coverage": "1"}


def _weigh_by_value(book: Question) -> Question:
    """Ask for no betas where nobody weighs by them."""
    return book if book.get("weighting") == "beta" else {**book, "betas": None}


_straighten_book_of = _in_book(_weigh_something, _weigh_by_value, send_returns)


def _hold(question: Question) -> Question:
    """Add something that can always be held."""
    return {**question, "instruments": [*question.get("instruments", ()), _PERPETUAL][-_MOST_INSTRUMENTS:]}


def _list_basis(question: Question) -> Question:
    """Take what the exchanges list, all on bitcoin and against the index."""
    asked, risk = {**_list(question, "pairs"), "spot_source": "index"}, question.get("risk")
    if risk is None or risk["style"] == "returns":
        return asked
    held = [{**holding, "asset": "SOL"} for holding in risk["holdings"]]
    return {**asked, "risk": {**risk, "contract": _known(risk["contract"]), "holdings": held, "quote": "USDT"}}


def _list_carry(question: Question) -> Question:
    """Do the same for a hedge, and price everything held."""
    return _in_book(REMEDIES["price_missing"], send_returns)(_list(question, "instruments"))


def _make_small(question: Question) -> Question:
    small = {**question, "notional": "10000"}
    return small if question.get("book") is None else _in_book(_weigh_something)(question)


def _list(question: Question, field: str) -> Question:
    """Change every name."""
    ones = [one if one["style"] == "given" else _known(one) for one in question.get(field, ())]
    return {**question, field: ones, "underlying": None if question.get("underlying") is None else "BTC"}


def _known(one: Question) -> Question:
    if find_future(one["exchange"], one["symbol"]) is not None:
        return one
    return {**one, "symbol": choose(with_past(one["exchange"]), one["symbol"])}


def _with(**members: Any) -> Remedy:
    """Make a remedy that says one thing."""
    return lambda question: {**question, **members}


_OF_BASIS: Mapping[str, Remedy] = {
    "inconsistent_question": _straighten_basis,
    "as_of_not_now": _with(as_of=None),
    "not_listed": _list_basis,
    "expired_contract": lambda question: _each(question, "pairs", _last),
    "crossed_market": lambda question: _each(question, "pairs", _uncross),
    "too_few_observations": _move,
    "zero_variance": _move,
}
_OF_CARRY: Mapping[str, Remedy] = {
    "inconsistent_question": _straighten_carry,
    "as_of_not_now": _with(as_of=None),
    "not_listed": _list_carry,
    **{code: _in_book(REMEDIES[code]) for code in ("price_missing", "duplicate_symbol_beta_conflict", "beta_missing")},
    **dict.fromkeys(("too_few_observations", "zero_variance", "stale_price"), _in_book(send_returns)),
    "currency_mismatch": _with(instruments=[], underlying="BTC"),
    "price_unavailable": _with(funding_days=30),
    "expired_contract": lambda question: _each(question, "instruments", _last),
    "crossed_market": lambda question: _each(question, "instruments", _uncross),
    "size_out_of_range": _make_small,
    "no_instrument": _hold,
}
