"""The futures that a question about basis or carry is about, each with its spot price: found here a second time.

Law: nothing of `service` is imported. What is looked up is written as a caller would have sent it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from fractions import Fraction

from tests.openapi.lookups import COINS_AT_A_DOLLAR, LONGEST_AGE, Around, Question, RefusedError
from tests.openapi.market import Future, find_future, futures, spot_prices

Refusals = Iterable[tuple[str, Callable[[], bool]]]
"""Codes in the documented order, each with what tells whether it applies."""
DAY = timedelta(days=1)
_SLACK = timedelta(minutes=2)


def first_of(refusals: Refusals) -> str | None:
    """Name the first reason that applies."""
    return next((code for code, applies in refusals if applies()), None)


def begin(question: Question, around: Around) -> datetime:
    """Tell the time of a question."""
    as_of = question.get("as_of")
    return around.now if as_of is None else datetime.fromisoformat(as_of)


def require_now(question: Question, around: Around) -> None:
    """Refuse a question of another time: what is looked up is of now."""
    seconds = abs((around.now - begin(question, around)).total_seconds())
    if seconds > question.get("max_age_seconds", LONGEST_AGE):
        raise RefusedError("as_of_not_now")


def find_pairs(question: Question, field: str, around: Around) -> list[Question]:
    """Find the futures that a question names, and all on its underlying; those that were sent come first.

    Raises:
        RefusedError: with the first reason, in the documented order, for which that can't be done.
    """
    sent = [one for one in question.get(field, ()) if one["style"] != "listed"]
    named = [one for one in question.get(field, ()) if one["style"] == "listed"]
    by_last = question.get("spot_source") == "last"
    found = [_resolve(one, by_last=by_last) for one in _allowed(named, around)]
    if None in found:
        raise RefusedError("not_listed")
    others = [] if question.get("underlying") is None else _gather(question, around, by_last=by_last)
    return [*sent, *(_in_full(*one) for one in dict.fromkeys([*filter(None, found), *others]))]


def refuse_stream(query: Question, around: Around) -> str | None:
    """Name the reason for which futures can't be followed; None if there is none."""
    wanted = [{"style": "listed", "exchange": query["exchange"], "symbol": symbol} for symbol in query["symbols"]]
    try:
        find_pairs({**query, "exchange": None, "pairs": wanted}, "pairs", around)
    except RefusedError as error:
        return str(error)
    return None


def find_inconsistency(pairs: Iterable[Question], as_of: datetime) -> bool:
    """Tell whether something that expires has funding, a rate has no interval, or the next payment is beyond it."""
    return any(_lacks_interval(pair) or _pays_late(pair, as_of) for pair in pairs)


def _lacks_interval(pair: Question) -> bool:
    is_senseless = pair.get("expiry") is not None or pair.get("funding_interval_hours") is None
    return pair.get("funding_rate") is not None and is_senseless


def _pays_late(pair: Question, as_of: datetime) -> bool:
    at, hours = pair.get("next_funding_at"), pair.get("funding_interval_hours")
    return at is not None and hours is not None and datetime.fromisoformat(at) - as_of > hours * DAY / 24 + _SLACK


def find_expired(pairs: Iterable[Question], as_of: datetime) -> bool:
    """Tell whether something has settled at a time."""
    return any(expiry <= as_of for expiry in map(expiry_of, pairs) if expiry is not None)


def find_crossed(pairs: Iterable[Question]) -> bool:
    """Tell whether a best bid is above a best ask."""
    books = ((pair.get("futures_bid"), pair.get("futures_ask")) for pair in pairs)
    return any(bid is not None and ask is not None and Fraction(bid) > Fraction(ask) for bid, ask in books)


def expiry_of(pair: Question) -> datetime | None:
    """Tell when something settles; None for a perpetual."""
    text = pair.get("expiry")
    return None if text is None else datetime.fromisoformat(text)


_Found = tuple[str, Future]


def _allowed(named: list[Question], around: Around) -> list[Question]:
    """Let names pass that can be looked up."""
    if any(one["exchange"] not in around.exchanges for one in named):
        raise RefusedError("exchange_off")
    if named and not around.is_answered:
        raise RefusedError("price_unavailable")
    return named


def _resolve(one: Question, *, by_last: bool) -> _Found | None:
    future = find_future(one["exchange"], one["symbol"])
    return (
        None if future is None or not _has_spot(one["exchange"], future, by_last=by_last) else (one["exchange"], future)
    )


def _gather(question: Question, around: Around, *, by_last: bool) -> list[_Found]:
    """Find the dollar futures on an asset."""
    asked = {question["exchange"]} if question.get("exchange") is not None else around.exchanges
    if not asked or not asked <= around.exchanges:
        raise RefusedError("exchange_off")
    if not around.is_answered:
        raise RefusedError("price_unavailable")
    listed = [(exchange, future) for exchange in sorted(asked) for future in futures(exchange).values()]
    found = [(exchange, future) for exchange, future in listed if _is_wanted(future, question["underlying"])]
    found = [(exchange, future) for exchange, future in found if _has_spot(exchange, future, by_last=by_last)]
    if not found:
        raise RefusedError("not_listed")
    return found


def _is_wanted(future: Future, underlying: str) -> bool:
    return future.underlying == underlying and future.quote in COINS_AT_A_DOLLAR


def _has_spot(exchange: str, future: Future, *, by_last: bool) -> bool:
    """Tell whether there is a spot price to hold a future against: an index, or a pair in its own currency."""
    return not by_last or future.underlying in spot_prices(exchange, future.quote)


def _in_full(exchange: str, future: Future) -> Question:
    return {
        "style": "given",
        "market": f"{exchange} {future.style} {future.quote}",
        "symbol": future.symbol,
        "underlying": future.underlying,
        "spot_price": future.index_price,
        "futures_price": future.mark,
        "expiry": None if future.expiry is None else future.expiry.isoformat(),
        "funding_interval_hours": future.hours,
        "smallest": future.smallest,
    }
