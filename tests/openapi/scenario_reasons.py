"""Why a valid question about scenarios has no answer: found here a second time, from the rules, in fractions.

Law: nothing of `service` is imported.
"""

from collections.abc import Iterator
from fractions import Fraction

from tests.openapi.lookups import Around, Question, RefusedError, is_money
from tests.openapi.pairs import first_of
from tests.openapi.reasons import CEILING, OF_BOOK, OF_MARGIN, beta_exposure, complete

_EARLY = frozenset(("BTC", "ETH", "ADA", "LINK", "MATIC", "ATOM", "DOGE", "XRP", "LTC", "BNB", "BCH", "TRX"))
_EARLY |= {"ETC", "XLM", "ALGO"}
_ALL = _EARLY | {"SOL", "DOT", "AVAX", "UNI", "AAVE", "NEAR", "FIL"}
_LATE = _ALL - {"MATIC"}
CLOSES: dict[str, frozenset[str]] = {
    "covid-2020-03": _EARLY,
    **dict.fromkeys(("china-2021-05", "day-2021-05-19", "luna-2022-05", "3ac-2022-06"), _ALL),
    **dict.fromkeys(("ftx-2022-11", "sec-2023-06", "rally-2023-q4"), _ALL),
    **dict.fromkeys(("yen-2024-08", "crash-2025-10", "rally-2024-11"), _LATE),
}
"""Coins of which it is known what they did from close to close, by window."""
_LOWS = frozenset(("BTC", "ETH", "SOL", "ADA", "DOT"))
"""Coins whose lows are known too, but for rallies."""
_TAKE_THE_WALLET = frozenset(("exchange-outage", "stablecoin-depeg"))


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    if _lacks_parts(question):
        return "inconsistent_question"
    try:
        completed = complete(question, around)
    except RefusedError as error:
        return str(error)
    now = around.now
    found = next((code for code, applies in OF_BOOK if applies(completed, now)), None)
    if found is not None:
        return found
    return first_of(
        (
            ("inconsistent_question", lambda: _has_no_side(completed)),
            ("inconsistent_question", lambda: _has_odd_funding(completed)),
            ("inconsistent_question", lambda: any(_is_odd(shock, completed) for shock in _shocks(completed))),
            *((code, lambda applies=applies: applies(completed, now)) for code, applies in OF_MARGIN),
            ("margin_terms_missing", lambda: _lacks_wallet(completed)),
            ("stress_data_missing", lambda: any(map(bool, _unknown(completed)))),
            ("size_out_of_range", lambda: max(_notionals(completed)) > CEILING),
        )
    )


def _lacks_parts(question: Question) -> bool:
    """Tell whether nothing happens, or a hedge has no size, or two."""
    is_still = not any(question.get(name) for name in ("moves", "stresses", "shocks"))
    sizes = ((hedge.get("coverage"), hedge.get("contracts")) for hedge in question["hedges"])
    return is_still or any((coverage is None) == (contracts is None) for coverage, contracts in sizes)


def _shocks(question: Question) -> list[Question]:
    return question.get("shocks") or []


def _has_no_side(question: Question) -> bool:
    """Tell whether contracts are held against a book without exposure."""
    is_held = any(Fraction(hedge.get("contracts") or 0) for hedge in question["hedges"])
    return is_held and not beta_exposure(question)


def _has_odd_funding(question: Question) -> bool:
    """Tell whether funding is stated of a contract that has none, or nobody knows how often."""
    contract = question["contract"]
    is_funded = contract.get("expiry") is None and contract.get("funding_interval_hours") is not None
    rates = [question.get("funding_rate"), *(shock.get("funding_rate") for shock in _shocks(question))]
    return not is_funded and any(rate is not None for rate in rates)


def _is_odd(shock: Question, question: Question) -> bool:
    """Tell whether a shock moves the underlying twice, or leaves nothing of the future."""
    move = Fraction(shock["underlying_move"]) + Fraction(shock.get("basis_move", 0))
    return question["contract"]["underlying"] in shock.get("asset_moves", {}) or move <= -1


def _lacks_wallet(question: Question) -> bool:
    """Tell whether something takes a wallet that nobody knows."""
    margin = question.get("margin") or {}
    known = (margin.get("wallet_balance"), margin.get("leverage"), question["contract"].get("initial_margin_rate"))
    return known == (None, None, None) and not _TAKE_THE_WALLET.isdisjoint(question.get("stresses", ()))


def _unknown(question: Question) -> Iterator[frozenset[str]]:
    """List, by window, what is asked of it and not known: the underlying always, coins where none goes by its beta."""
    held = frozenset(holding["asset"] for holding in question["holdings"])
    risky = {asset for asset in held if not is_money(asset, question["prices"])}
    underlying = {question["contract"]["underlying"]}
    for name in question.get("stresses", ()):
        if name in CLOSES:
            known = CLOSES[name]
            if question.get("by") == "lows" and not name.startswith("rally"):
                known &= _LOWS
            asked = risky | underlying if question.get("missing_assets", "refuse") == "refuse" else underlying
            yield frozenset(asked - known)


def _notionals(question: Question) -> Iterator[Fraction]:
    """Value each hedge."""
    contract = question["contract"]
    unit = Fraction(contract["multiplier"])
    unit *= Fraction(question["prices"][contract["symbol"]]) if contract["style"] == "linear" else 1
    for hedge in question["hedges"]:
        if hedge.get("contracts") is not None:
            yield Fraction(hedge["contracts"]) * unit
        else:
            yield Fraction(hedge["coverage"]) * abs(beta_exposure(question))
