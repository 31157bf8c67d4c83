"""Believes what an exchange sends only as far as it makes sense.

Law: a row with an impossible price is dropped and its reason kept, a doubtful funding rate becomes None, and a 0 that
stands for "none" is None; a board that lost half of its rows is refused whole. Of a history single points are dropped,
for a gap is harmless and a wrong number is not; one that lost half of them is dropped whole.
Source: the checks follow what exchanges were seen to send by mistake; see the reasons.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Literal, NamedTuple, TypeVar

from msgspec.structs import replace

from service.market.source import (
    DAY_MS,
    Candles,
    Close,
    Fundings,
    Listing,
    Payment,
    Quote,
    Row,
    Tiers,
    UpstreamError,
)

Doubt = Literal[
    "not_finite",
    "not_positive",
    "no_price",
    "mark_far_from_index",
    "from_the_future",
    "absurd_time",
    "funding_time",
    "funding_rate",
    "funding_interval",
    "unusable_terms",
    "sent_twice",
]
"""Why a value is not believed."""

LARGEST_GAP = Decimal("0.05")
"""Distance of a perpetual's mark from its index beyond which one of them is wrong."""
LONGEST_FUNDING_MS = 25 * 3_600_000
LARGEST_FUNDING_RATE = Decimal("0.03")
"""Cap of a funding rate where the exchange names none."""
LARGEST_PAYMENT = 0.05
"""The largest cap of a funding rate that any of the exchanges was seen to have; a payment beyond it was none."""
SKEW_MS = 2_000
"""How far the exchange's clock may be ahead of ours."""
MOST_DIGITS, MOST_PLACES = 15, 18
"""Digits before and after the point of numbers that the service can write."""
SMALLEST, LARGEST = Decimal(1).scaleb(-MOST_PLACES), Decimal(1).scaleb(MOST_DIGITS)
LONGEST_INTERVAL_HOURS = 24
LATEST_MS = 7_000_000_000_000
"""The year 2191: beyond it no contract settles."""
EARLIEST_MS = 1_230_768_000_000
"""The year 2009: before it no coin had a price."""
SETTLING_MS = 60_000
"""For how long after a day its close may still change: a reply takes seconds, and our clock may be a little ahead."""

_P = TypeVar("_P", Close, Payment)


class Vetted(NamedTuple):
    """Rows to believe, and what was not believed."""

    rows: dict[str, Row]
    dropped: dict[str, Doubt]
    """Why a symbol that was sent is not among the rows."""
    doubts: Counter[Doubt]
    """How often each reason came up, funding rates included."""


def vet(rows: Iterable[Row], now_ms: int) -> Vetted:
    """Check the rows of one board, each for itself.

    Args:
        rows: as the adapter read them.
        now_ms: time after the reply, in milliseconds since 1970.
    """
    vetted = Vetted({}, {}, Counter())
    seen: dict[str, Row] = {}
    for row in rows:
        verdict: Row | Doubt = "sent_twice"
        if seen.setdefault(row.symbol, row) == row and vetted.dropped.get(row.symbol) != "sent_twice":
            verdict = _believe(row, now_ms, vetted.doubts)
        if isinstance(verdict, str):
            vetted.rows.pop(row.symbol, None)
            vetted.dropped[row.symbol] = verdict
        else:
            vetted.rows[row.symbol] = verdict
    vetted.doubts.update(vetted.dropped.values())
    return vetted


def require_rows(vetted: Vetted, last_count: int) -> None:
    """Refuse a board that lost half of its rows.

    Args:
        vetted: what is left of it.
        last_count: rows of the last board that was believed, 0 where there was none.

    Raises:
        UpstreamError: bad_payload, with what most of the others were dropped for.
    """
    if vetted.rows and 2 * len(vetted.rows) >= last_count:
        return
    most = "".join(f"; most were dropped for {doubt}" for doubt, _ in vetted.doubts.most_common(1))
    detail = f"{len(vetted.rows)} sound rows, after {last_count} the time before{most}"
    raise UpstreamError("bad_payload", detail)


def is_sound(rows: Iterable[Row], now_ms: int) -> bool:
    """Tell whether rows were vetted before: nothing is dropped, and no point of a history is."""
    rows = list(rows)
    vetted = vet(rows, now_ms)
    return not vetted.dropped and all(isinstance(row, Quote) or vetted.rows[row.symbol] == row for row in rows)


def is_finite(row: Row) -> bool:
    """Tell whether all numbers of a row are numbers."""
    if isinstance(row, Candles):
        return all(isfinite(close.price) for close in row.closes)
    if isinstance(row, Fundings):
        return all(isfinite(payment.rate) for payment in row.payments)
    return all(value.is_finite() for value in _numbers(row))


def _believe(row: Row, now_ms: int, doubts: Counter[Doubt]) -> Row | Doubt:
    """Give what is to be believed of a row, or why nothing is."""
    if isinstance(row, Candles):
        over = [close for close in row.closes if not now_ms - SETTLING_MS < close.at_ms <= now_ms + DAY_MS]
        closes = _sift(over, partial(_doubt_of_close, now_ms), doubts)
        return closes if isinstance(closes, str) else replace(row, closes=closes)
    if isinstance(row, Fundings):
        paid = [payment for payment in row.payments if not now_ms < payment.at_ms <= now_ms + LONGEST_FUNDING_MS]
        payments = _sift(paid, partial(_doubt_of_payment, now_ms), doubts)
        return payments if isinstance(payments, str) else replace(row, payments=payments)
    if isinstance(row, Quote):
        return _doubt_of_quote(row, now_ms) or _tidy(row, now_ms, doubts)
    return _doubt_of_terms(row) or row


def _sift(points: Sequence[_P], judge: Callable[[_P], Doubt | None], doubts: Counter[Doubt]) -> tuple[_P, ...] | Doubt:
    """Put the points of a history in order without those that can't be true; give the doubt if most can't."""
    sound: set[_P] = set()
    found: list[Doubt] = []
    for point in points:
        doubt = judge(point)
        if doubt is None:
            sound.add(point)
        else:
            found.append(doubt)
    times = Counter(point.at_ms for point in sound)
    kept = sorted(point for point in sound if times[point.at_ms] == 1)
    found += ["sent_twice"] * (len(sound) - len(kept))
    if len(found) > len(kept):
        return Counter(found).most_common(1)[0][0]
    doubts.update(found)
    return tuple(kept)


def _doubt_of_close(now_ms: int, close: Close) -> Doubt | None:
    if not isfinite(close.price):
        return "not_finite"
    if not SMALLEST <= close.price < LARGEST:
        return "not_positive"
    if close.at_ms % DAY_MS or close.at_ms < EARLIEST_MS:
        return "absurd_time"
    return "from_the_future" if close.at_ms > now_ms else None


def _doubt_of_payment(now_ms: int, payment: Payment) -> Doubt | None:
    if not isfinite(payment.rate):
        return "not_finite"
    if abs(payment.rate) > LARGEST_PAYMENT:
        return "funding_rate"
    return None if EARLIEST_MS <= payment.at_ms <= now_ms else "funding_time"


def _doubt_of_quote(quote: Quote, now_ms: int) -> Doubt | None:
    prices = [price for price in _prices(quote) if price is not None]
    if not all(price.is_finite() for price in prices):
        return "not_finite"
    if not any(prices):
        return "no_price"
    if not all(not price or SMALLEST <= price < LARGEST for price in prices):
        return "not_positive"
    if quote.as_of_ms is not None and not 0 <= quote.as_of_ms <= now_ms + SKEW_MS:
        return "from_the_future" if quote.as_of_ms > now_ms else "absurd_time"
    return "mark_far_from_index" if _is_torn(quote) else None


def _prices(quote: Quote) -> tuple[Decimal | None, ...]:
    return quote.last, quote.mark, quote.index, quote.bid, quote.ask


def _tidy(quote: Quote, now_ms: int, doubts: Counter[Doubt]) -> Quote:
    """Write None for what is not there: prices of 0, and a funding rate that can't be true."""
    if not all(price is None or price for price in _prices(quote)):
        last, mark, index, bid, ask = (price or None for price in _prices(quote))
        quote = replace(quote, last=last, mark=mark, index=index, bid=bid, ask=ask)
    return _tidy_funding(quote, now_ms, doubts)


def _is_torn(quote: Quote) -> bool:
    """Tell whether a perpetual's mark has left its index; an expiring future may be far from it, which is its basis."""
    if quote.funding_rate is None or not quote.mark or not quote.index:
        return False
    return abs(quote.mark - quote.index) >= LARGEST_GAP * quote.index


def _tidy_funding(quote: Quote, now_ms: int, doubts: Counter[Doubt]) -> Quote:
    """Take away a funding rate that can't be true, and the time with it; the prices stay."""
    doubt = _doubt_of_funding(quote, now_ms)
    if doubt is None:
        return quote
    doubts[doubt] += 1
    return replace(quote, funding_rate=None, next_funding_ms=None, funding_interval_hours=None)


def _doubt_of_funding(quote: Quote, now_ms: int) -> Doubt | None:
    rate, at = quote.funding_rate, quote.next_funding_ms
    if not _is_interval(quote.funding_interval_hours):
        return "funding_interval"
    if rate is None:
        return None if at is None or 0 <= at <= LATEST_MS else "funding_time"
    if not _is_writable(rate) or rate.copy_abs() > (quote.funding_cap or LARGEST_FUNDING_RATE):
        return "funding_rate"
    return None if at is not None and now_ms - SKEW_MS < at <= now_ms + LONGEST_FUNDING_MS else "funding_time"


def _doubt_of_terms(row: Listing | Tiers) -> Doubt | None:
    if not is_finite(row):
        return "not_finite"
    if isinstance(row, Tiers):
        return None if row.tiers and all(map(_is_writable, _numbers(row))) else "unusable_terms"
    steps = (row.multiplier, row.units, row.lot_step, row.tick_size, row.max_leverage)
    if not _is_interval(row.funding_interval_hours):
        return "funding_interval"
    is_usable = all(step is None or step > 0 for step in steps) and all(map(_is_writable, _numbers(row)))
    return None if is_usable and 0 <= (row.expiry_ms or 0) <= LATEST_MS else "unusable_terms"


def _is_interval(hours: int | None) -> bool:
    return hours is None or 1 <= hours <= LONGEST_INTERVAL_HOURS


def _is_writable(value: Decimal) -> bool:
    """Tell whether a number is one that the service can write; 1E+999999999 would be a gigabyte of zeros."""
    return value.is_finite() and (not value or -MOST_PLACES <= value.adjusted() < MOST_DIGITS)


def _numbers(row: Quote | Listing | Tiers) -> Sequence[Decimal]:
    tiers = () if isinstance(row, Quote) else (number for tier in row.tiers or () for number in tier)
    fields = (getattr(row, name) for name in row.__struct_fields__)
    return [*(value for value in fields if isinstance(value, Decimal)), *tiers]
