"""Believes what an exchange sends only as far as it makes sense.

Law: a row with an impossible price is dropped and its reason kept, a doubtful funding rate becomes None, and a 0 that
stands for "none" is None; a board that lost half of its rows is refused whole.
Source: the checks follow what exchanges were seen to send by mistake; see the reasons.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec.structs import replace

from service.market.source import Listing, Quote, Row, Tiers, UpstreamError

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
SKEW_MS = 2_000
"""How far the exchange's clock may be ahead of ours."""
MOST_DIGITS, MOST_PLACES = 15, 18
"""Digits before and after the point of numbers that the service can write."""
SMALLEST, LARGEST = Decimal(1).scaleb(-MOST_PLACES), Decimal(1).scaleb(MOST_DIGITS)
LONGEST_INTERVAL_HOURS = 24
LATEST_MS = 7_000_000_000_000
"""The year 2191: beyond it no contract settles."""


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
        doubt = _doubt_of_quote(row, now_ms) if isinstance(row, Quote) else _doubt_of_terms(row)
        if seen.setdefault(row.symbol, row) != row:
            vetted.rows.pop(row.symbol, None)
            doubt = "sent_twice"
        if doubt is None:
            vetted.rows[row.symbol] = _tidy(row, now_ms, vetted.doubts) if isinstance(row, Quote) else row
        else:
            vetted.dropped[row.symbol] = doubt
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


def is_finite(row: Row) -> bool:
    """Tell whether all numbers of a row are numbers."""
    return all(value.is_finite() for value in _numbers(row))


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


def _numbers(row: Row) -> Sequence[Decimal]:
    tiers = () if isinstance(row, Quote) else (number for tier in row.tiers or () for number in tier)
    fields = (getattr(row, name) for name in row.__struct_fields__)
    return [*(value for value in fields if isinstance(value, Decimal)), *tiers]
