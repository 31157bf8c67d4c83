"""Why a valid question about basis has no answer: found here a second time, from the documented rules, in fractions.

Law: nothing of `service` is imported.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from math import log
from statistics import variance

from tests.openapi.lookups import COINS_AT_A_DOLLAR, Around, Question, RefusedError
from tests.openapi.market import find_future, is_asleep, spot_prices
from tests.openapi.pairs import (
    DAY,
    begin,
    expiry_of,
    find_crossed,
    find_expired,
    find_inconsistency,
    find_pairs,
    first_of,
    require_now,
)
from tests.openapi.staging import BASIS, is_live

FEWEST = 3
"""Values from which anything can be said."""
_YEAR = 365
_DAYS_OF_YEAR = {"ACT/365": 365, "ACT/360": 360}
_LARGEST_RATE = 10**15
_LARGEST_GROWTH = 50
_LEAST_VARIANCE = 1e-18


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    if _asks_nothing(question):
        return "inconsistent_question"
    try:
        if is_live(BASIS[1], question):
            require_now(question, around)
        pairs = find_pairs(question, "pairs", around)
        _assess(question.get("risk"), around)
    except RefusedError as error:
        return str(error)
    as_of = begin(question, around)
    return first_of(
        (
            ("inconsistent_question", lambda: find_inconsistency(pairs, as_of)),
            ("expired_contract", lambda: find_expired(pairs, as_of)),
            ("crossed_market", lambda: find_crossed(pairs)),
            ("inconsistent_question", lambda: _closes_badly(question.get("close"), pairs, as_of)),
            ("too_few_observations", lambda: any(_lacks_past(question, pair, as_of) for pair in pairs)),
        )
    )


def _asks_nothing(question: Question) -> bool:
    """Tell whether nothing is asked for, or where something is listed and not what."""
    wanted = [question.get("pairs"), question.get("underlying"), question.get("risk")]
    return not any(wanted) or (question.get("exchange") is not None and question.get("underlying") is None)


def _closes_badly(close: Question | None, pairs: Sequence[Question], as_of: datetime) -> bool:
    """Tell whether the hedge is closed before it begins, or at a rate at which a future has no price."""
    if close is None:
        return False
    at = datetime.fromisoformat(close["at"])
    latest = max((expiry for expiry in map(expiry_of, pairs) if expiry is not None), default=at)
    rate = Fraction(close.get("annualized_basis_rate_continuous") or 0)
    return at <= as_of or abs(rate) * Fraction((latest - at) / DAY) > _LARGEST_GROWTH * _YEAR


def _lacks_past(question: Question, pair: Question, as_of: datetime) -> bool:
    """Tell whether there is too little to place a rate among, where there is a rate at all."""
    history = pair.get("history")
    if history is None or sum(value is not None for value in history) >= FEWEST:
        return False
    expiry = expiry_of(pair)
    if expiry is None:
        return True
    days = (expiry - as_of) / DAY
    year = _DAYS_OF_YEAR[question.get("day_count", "ACT/365")]
    growth = log(Fraction(pair["futures_price"])) - log(Fraction(pair["spot_price"]))
    return days >= 1 and growth * year / days <= log(_LARGEST_RATE + 1)


def _assess(risk: Question | None, around: Around) -> None:
    """Refuse a risk that can't be measured."""
    if risk is not None:
        (_assess_sent if risk["style"] == "returns" else _assess_candles)(risk, around)


def _assess_sent(risk: Question, _: Around) -> None:
    series = [risk[name] for name in ("portfolio", "market", "futures")]
    if len(set(map(len, series))) > 1:
        raise RefusedError("inconsistent_question")
    whole = [day for day in zip(*series, strict=True) if None not in day]
    if len(whole) < FEWEST:
        raise RefusedError("too_few_observations")
    if variance(Fraction(moved) for _, moved, _ in whole) < _LEAST_VARIANCE:
        raise RefusedError("zero_variance")


def _assess_candles(risk: Question, around: Around) -> None:
    contract = risk["contract"]
    if contract["exchange"] not in around.exchanges:
        raise RefusedError("exchange_off")
    if not around.is_answered:
        raise RefusedError("price_unavailable")
    future = find_future(contract["exchange"], contract["symbol"])
    held = [holding for holding in risk["holdings"] if holding["asset"] not in COINS_AT_A_DOLLAR]
    exchange, quote = contract["exchange"], risk.get("quote", "USDT")
    coins = spot_prices(exchange, quote)
    if future is None or not {future.underlying, *(holding["asset"] for holding in held)} <= coins.keys():
        raise RefusedError("not_listed")
    if any(is_asleep(holding["asset"], exchange, quote) for holding in held):
        raise RefusedError("stale_price")
    if not sum(Fraction(holding["quantity"]) * coins[holding["asset"]] for holding in held):
        raise RefusedError("inconsistent_question")
