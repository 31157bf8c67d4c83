"""Why a valid question about the ratio to hedge with has no answer: found here a second time, from the rules.

Law: nothing of `service` is imported. Looked-up closes are those of the local exchanges' world.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction

from tests.openapi import reasons
from tests.openapi.hedge_ratio_betas import (
    FEWEST,
    LEAST_VARIANCE,
    PRIORS,
    Driver,
    Returns,
    Terms,
    find_largest,
    match,
    variance,
)
from tests.openapi.lookups import Around, Question, RefusedError, complete, is_money
from tests.openapi.market import DAY_MS, find_future, is_asleep, past_closes, spot_prices
from tests.openapi.pairs import first_of, require_now

_STILL = 3
"""Equal closes in a row from which on nothing was traded."""
_WINDOW: Question = {"style": "window"}
_SHARED = ("holdings", "market", "as_of")


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    try:
        books = [complete(_ask_of(leg, question), around) for leg in question["instruments"]]
    except RefusedError as error:
        return str(error)
    return first_of(
        (
            ("price_missing", lambda: any(_lacks_mark(book) for book in books)),
            ("currency_mismatch", lambda: _is_of_two_currencies(question)),
            ("inconsistent_question", lambda: _contradicts_itself(question, books)),
        )
    ) or _refuse_books(question, books, around)


def find_needed(books: Sequence[Question]) -> list[str]:
    """List what has to have returns: anything at risk, and what the futures follow."""
    return [*dict.fromkeys((*_moving(books[0]), *(book["contract"]["underlying"] for book in books)))]


def _ask_of(leg: Question, question: Question) -> Question:
    """Ask of one of the futures alone."""
    price = {} if leg.get("futures_price") is None else {leg["contract"]["symbol"]: leg["futures_price"]}
    kept = {name: question[name] for name in _SHARED if name in question}
    return {**kept, "contract": leg["contract"], "prices": {**question.get("prices", {}), **price}}


def _lacks_mark(book: Question) -> bool:
    return book["contract"]["symbol"] not in book["prices"]


def _is_of_two_currencies(question: Question) -> bool:
    """Tell whether two listed futures are quoted in two currencies."""
    listed = [leg["contract"] for leg in question["instruments"] if leg["contract"]["style"] == "listed"]
    futures = (find_future(one["exchange"], one["symbol"]) for one in listed)
    return len({future.quote for future in futures if future is not None}) > 1


def _contradicts_itself(question: Question, books: Sequence[Question]) -> bool:
    """Tell whether two futures follow one asset, a belief is needed that nobody has, or one is of anything else."""
    followed = [book["contract"]["underlying"] for book in books]
    is_believed = question.get("method", "vasicek") == "vasicek"
    sent = question.get("priors", {})
    lacks = is_believed and not set(followed) <= {*PRIORS, *sent}
    return lacks or len(set(followed)) < len(followed) or not set(sent) <= set(followed)


def _refuse_books(question: Question, books: Sequence[Question], around: Around) -> str | None:
    """Name the first reason that lies in a future beside the book, then those of the past."""
    named = {book["contract"]["symbol"] for book in books}
    if not named.isdisjoint(holding["asset"] for holding in question["holdings"]):
        return "inconsistent_contract"
    for book in books:
        code = next((code for code, applies in reasons.OF_BOOK if applies(book, around.now)), None)
        if code is not None:
            return code
    needed, series = find_needed(books), question.get("series", _WINDOW)
    try:
        if series["style"] == "window":
            sample = _look_up(question, needed, books[0]["contract"]["underlying"], around)
        else:
            sample = _take(series, needed)
    except RefusedError as error:
        return str(error)
    return _refuse_sample(question, books, sample)


def _take(series: Question, needed: Sequence[str]) -> dict[str, Returns]:
    """Take the returns that were sent."""
    columns = series[series["style"]]
    if not set(needed) <= columns.keys() or len({len(column) for column in columns.values()}) > 1:
        raise RefusedError("inconsistent_question")
    return {name: columns[name] if series["style"] == "returns" else _change(columns[name]) for name in needed}


def find_where(question: Question, needed: Sequence[str], around: Around) -> tuple[str, str]:
    """Give the exchange at which closes are looked up, and the currency.

    Raises:
        RefusedError: with the first reason, in the documented order, for which that can't be done.
    """
    market = question.get("market")
    if market is None or market["exchange"] == "median":
        raise RefusedError("inconsistent_question")
    require_now({**market, "as_of": question.get("as_of")}, around)
    if market["exchange"] not in around.exchanges:
        raise RefusedError("exchange_off")
    if not around.is_answered:
        raise RefusedError("price_unavailable")
    where = market["exchange"], market.get("quote", "USDT")
    if not set(needed) <= spot_prices(*where).keys():
        raise RefusedError("not_listed")
    if any(is_asleep(asset, *where) for asset in needed):
        raise RefusedError("stale_price")
    return where


def _look_up(question: Question, needed: Sequence[str], first: str, around: Around) -> dict[str, Returns]:
    """Give the returns of the last intervals that end with the last close of what the first future follows."""
    where, series = find_where(question, needed, around), question.get("series", _WINDOW)
    step = int(series.get("interval_days", 1))
    closes = {name: past_closes(*where, name, _believed(around.now)) for name in needed}
    last, count = max(closes[first]), int(series.get("window_days", 90)) // step
    ends = [last - ago * step * DAY_MS for ago in range(count, -1, -1)]
    return {name: _change([known.get(end) for end in ends]) for name, known in closes.items()}


def _believed(now: datetime) -> int:
    """Give the last midnight whose close is believed, in milliseconds since 1970: a minute after it."""
    return (int(now.timestamp()) - 60) // 86_400 * DAY_MS


def _change(closes: Sequence[str | float | None]) -> Returns:
    """Make returns of closes; there is none to or from one that is missing, nor where nothing was traded."""
    known = {place: float(close) for place, close in enumerate(closes) if close is not None}
    still = set(_find_still(known))
    return [
        None if {place - 1, place} - known.keys() or place in still else known[place] / known[place - 1] - 1
        for place in range(1, len(closes))
    ]


def _find_still(known: dict[int, float]) -> Iterator[int]:
    """List the places of prices that stand still, but for the first of them."""
    run: list[int] = []
    for place, price in (*known.items(), (-1, -1.0)):
        if run and price != known[run[0]]:
            yield from run[1:] if len(run) >= _STILL else ()
            run = []
        run.append(place)


def _moving(book: Question) -> list[str]:
    held = dict.fromkeys(holding["asset"] for holding in book["holdings"])
    return [asset for asset in held if not is_money(asset, book["prices"])]


def _weigh(book: Question) -> dict[str, float]:
    """Give the share of each asset at risk in the net exposure; none where that is 0."""
    exposure = reasons.beta_exposure(book)
    if not exposure:
        return {}
    held = dict.fromkeys(_moving(book), Fraction(0))
    for holding in book["holdings"]:
        if holding["asset"] in held:
            held[holding["asset"]] += Fraction(holding["quantity"]) * Fraction(book["prices"][holding["asset"]])
    return {asset: float(value / exposure) for asset, value in held.items()}


def _combine(sample: dict[str, Returns], weights: dict[str, float]) -> Returns:
    """Give the returns of a book at constant weights."""
    rows = zip(*(sample[asset] for asset in weights), strict=True)
    return [
        None if None in row else sum(weight * one for weight, one in zip(weights.values(), row, strict=True) if one)
        for row in rows
    ]


def _refuse_sample(question: Question, books: Sequence[Question], sample: dict[str, Returns]) -> str | None:
    """Name the first reason that lies in returns, by one future after the other; then in what would be sized."""
    weights = _weigh(books[0])
    followed = [book["contract"]["underlying"] for book in books]
    rows = [sample[asset] for asset in _moving(books[0])]
    rows += [_combine(sample, weights)] if weights else []
    for name in followed:
        pairs = [match(sample[name], row) for row in (rows or [sample[name]])]
        if any(len(pair) < FEWEST for pair in pairs):
            return "too_few_observations"
        if any(variance([x for x, _ in pair]) < LEAST_VARIANCE for pair in pairs):
            return "zero_variance"
    if not weights:
        return None
    drivers = [Driver(name, sample[name], _prior_of(question, name)) for name in followed]
    worth = abs(reasons.beta_exposure(books[0])) * Fraction(question.get("coverage", "1"))
    largest = find_largest(rows[-1], weights, drivers, _terms(question)) if worth else 0
    return "size_out_of_range" if worth * Fraction(largest) > reasons.CEILING else None


def _prior_of(question: Question, name: str) -> tuple[float, float] | None:
    sent = question.get("priors", {}).get(name)
    return PRIORS.get(name) if sent is None else (sent["mean"], sent["spread"])


def _terms(question: Question) -> Terms:
    return Terms(question.get("method", "vasicek"), question.get("confidence", 0.95), question.get("decay", 0.94))
