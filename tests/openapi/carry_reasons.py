"""Why a valid question about carry has no answer: found here a second time, from the documented rules, in fractions.

Law: nothing of `service` is imported.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.openapi.basis_reasons import FEWEST
from tests.openapi.book_reasons import is_senseless, weigh_book
from tests.openapi.lookups import COINS_AT_A_DOLLAR, Around, Question, RefusedError
from tests.openapi.pairs import (
    begin,
    expiry_of,
    find_crossed,
    find_expired,
    find_inconsistency,
    find_pairs,
    first_of,
    require_now,
)
from tests.openapi.reasons import CEILING
from tests.openapi.staging import CARRY, is_live

_LONGEST = timedelta(days=1825)
_LAST_YEAR = 2198
_LEAD_DAYS = 2
_LEAST = timedelta(days=30)


class _Span(NamedTuple):
    begin: datetime
    end: datetime
    lead: timedelta


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    if _lacks_parts(question):
        return "inconsistent_question"
    try:
        if is_live(CARRY[1], {**question, "book": None}):
            require_now(question, around)
        found = _funded(question, find_pairs(question, "instruments", around))
    except RefusedError as error:
        return str(error)
    span = _span(question, begin(question, around))
    try:
        notional = _size(question, found, span, around)
    except RefusedError as error:
        return str(error)
    fine = [one for one in found if one.get("smallest", 0) <= notional]
    return first_of(
        (
            ("inconsistent_question", lambda: _is_no_time(span)),
            ("inconsistent_question", lambda: _is_mixed(question, found, fine)),
            ("inconsistent_question", lambda: any(map(_has_odd_funding, fine))),
            ("inconsistent_question", lambda: find_inconsistency(fine, span.begin)),
            ("expired_contract", lambda: find_expired(fine, span.begin)),
            ("crossed_market", lambda: find_crossed(fine)),
            ("size_out_of_range", lambda: notional > CEILING),
            ("no_instrument", lambda: not _can_be_held(fine, span)),
        )
    )


def _size(question: Question, found: Sequence[Question], span: _Span, around: Around) -> Fraction:
    """Give the value of the hedge: as sent, or what hedges the book once nothing else stands in the way.

    Raises:
        RefusedError: with the first reason, in the documented order, for which there is none.
    """
    if question.get("book") is None:
        return Fraction(question["notional"])
    followed = {one["underlying"] for one in (*found, question) if one.get("underlying") is not None}
    if _is_no_time(span) or len(followed) > 1:
        raise RefusedError("inconsistent_question")
    if any("market" in one and one["market"].split()[-1] not in COINS_AT_A_DOLLAR for one in found):
        raise RefusedError("currency_mismatch")
    (underlying,) = followed
    exposure = weigh_book(question["book"], underlying, question.get("as_of"), around)
    notional = round(abs(exposure) * Fraction(question["book"].get("coverage", 1)), 8)
    if not notional:
        raise RefusedError("inconsistent_question")
    if notional > CEILING:
        raise RefusedError("size_out_of_range")
    return notional


def _funded(question: Question, found: Sequence[Question]) -> list[Question]:
    """Leave out what is looked up and has not been paid often enough in the days that are asked for."""
    named = {one.get("symbol") for one in question.get("instruments", ())}
    lost = [one for one in found if _is_seldom_paid(one, question.get("funding_days"))]
    if any(one["symbol"] in named for one in lost) or (len(lost) == len(found) and lost):
        raise RefusedError("price_unavailable")
    return [one for one in found if one not in lost]


def _is_seldom_paid(one: Question, days: int | None) -> bool:
    """Tell whether a process is to be fitted to too few payments of a listed perpetual."""
    hours = one.get("funding_interval_hours")
    if days is None or hours is None:
        return False
    return "smallest" in one and days * 24 // hours + 1 < FEWEST


def _lacks_parts(question: Question) -> bool:
    """Tell whether there is nothing to hold it in, or where that is listed and not what, or no end, or two."""
    is_empty = not question.get("instruments") and question.get("underlying") is None
    is_lost = question.get("exchange") is not None and question.get("underlying") is None
    is_endless = (question.get("horizon_days") is None) == (question.get("ends_at") is None)
    return is_empty or is_lost or is_endless or _lacks_hedge(question)


def _lacks_hedge(question: Question) -> bool:
    """Tell whether nothing is hedged, or two things, or a book by betas that can't be meant."""
    if question.get("book") is None:
        return question.get("notional") is None
    return question.get("notional") is not None or question.get("side") is not None or is_senseless(question["book"])


def _span(question: Question, start: datetime) -> _Span:
    ends_at = question.get("ends_at")
    end = start + timedelta(days=question["horizon_days"]) if ends_at is None else datetime.fromisoformat(ends_at)
    return _Span(start, end, timedelta(days=question.get("roll_lead_days", _LEAD_DAYS)))


def _is_no_time(span: _Span) -> bool:
    """Tell whether a hedge ends before it begins, or far too late."""
    return span.end <= span.begin or span.end - span.begin > _LONGEST or span.end.astimezone(UTC).year > _LAST_YEAR


def _is_mixed(question: Question, found: Sequence[Question], fine: Sequence[Question]) -> bool:
    """Tell whether a hedge in two assets is asked for; what is too coarse counts only beside an underlying."""
    underlying = question.get("underlying")
    asked = {one["underlying"] for one in fine} if underlying is None else {one["underlying"] for one in found}
    return len(asked | ({underlying} - {None})) > 1


def _has_odd_funding(one: Question) -> bool:
    """Tell whether something expires and has funding, or has it twice."""
    said = [one.get("funding_process") is not None, one.get("past_funding") is not None]
    return any(said) if one.get("expiry") is not None else all(said)


def _can_be_held(fine: Sequence[Question], span: _Span) -> bool:
    """Tell whether anything holds until the end."""
    return any(_holds(one, fine, span) for one in fine)


def _holds(one: Question, fine: Sequence[Question], span: _Span) -> bool:
    """Tell whether something can be held: funded at known times, or not rolled at once nor into what nobody knows."""
    expiry = expiry_of(one)
    if expiry is None:
        return one.get("funding_interval_hours") is not None
    beside = (expiry_of(other) for other in fine if other.get("market") == one.get("market"))
    last = max(other for other in beside if other is not None)
    follows = last >= span.end or last - span.begin >= _LEAST
    return expiry >= span.end or (expiry - span.lead > span.begin and follows)
