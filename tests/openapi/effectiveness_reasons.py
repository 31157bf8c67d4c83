"""Why a valid question about effectiveness has no answer: found here a second time, from the documented rules.

Law: nothing of `service` is imported.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from statistics import mean, variance
from typing import Any

from tests.openapi import reasons
from tests.openapi.basis_reasons import FEWEST
from tests.openapi.hedge_ratio_reasons import find_where
from tests.openapi.lookups import Around, Question, RefusedError, complete, is_money
from tests.openapi.market import count_returns
from tests.openapi.pairs import first_of

_LEAST_VARIANCE = Fraction(1, 10**18)
_STILL = 3
_BY_ASSET = ("returns", "closes", "window")
_OF_BOOK = dict(reasons.OF_BOOK)
Rows = list[tuple[Fraction, ...]]
"""Of book, future and, where it is known, market."""


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    position = question.get("position") or {}
    code = first_of(
        (
            ("inconsistent_question", lambda: any(_contradictions(question))),
            ("inconsistent_contract", lambda: bool(position) and _has_bad_terms(position, around)),
            ("inconsistent_question", lambda: _is_sized_twice(position)),
        )
    )
    return code or _judge(question, around)


def _contradictions(question: Question) -> Iterator[bool]:
    """Tell of each member whether it is there without what it needs, or beside what excludes it."""
    series = question.get("series")
    style = None if series is None else series["style"]
    has = {
        name for name in ("holdings", "futures", "hedge_ratio", "changes", "position") if question.get(name) is not None
    }
    yield series is None and not has & {"changes", "position"}
    yield ("holdings" in has) != (style in _BY_ASSET)
    yield "futures" in has and style not in {"returns", "closes"}
    yield "hedge_ratio" in has and series is None
    if "position" in has and question["position"].get("beta") is None:
        followed, underlying = question["position"]["contract"]["underlying"], question.get("underlying", "BTC")
        yield series is None or (style != "legs" and followed != underlying)
    if style == "legs":
        legs = (question["series"].get(name) for name in ("portfolio", "futures", "market"))
        yield len({len(leg) for leg in legs if leg is not None}) > 1
    if "changes" in has:
        yield len(question["changes"]["item_changes"]) != len(question["changes"]["hedge_changes"])


def _has_bad_terms(position: Question, around: Around) -> bool:
    return _OF_BOOK["inconsistent_contract"]({"contract": position["contract"], "holdings": []}, around.now)


def _is_sized_twice(position: Question) -> bool:
    return position.get("coverage") is not None and position.get("exact_contracts") is not None


def _judge(question: Question, around: Around) -> str | None:
    """Name the reason that lies in the market, the series, or the position."""
    try:
        prices = _complete(question, around)
        code = _refuse_book(question, prices, around)
        if code is not None:
            return code
        return _refuse_series(question, prices, around)
    except RefusedError as error:
        return str(error)


def _complete(question: Question, around: Around) -> dict[str, Any]:
    """Give all spot prices of the book; those that were sent count, and none converts another."""
    sent, held = question.get("prices", {}), question.get("holdings") or []
    market = question.get("market")
    if market is None or {holding["asset"] for holding in held} <= sent.keys():
        return dict(sent)
    contract = {"style": "linear", "symbol": "HEDGE-1"}
    unconverted = {name: price for name, price in sent.items() if name != market.get("quote", "USDT")}
    found = complete({**question, "holdings": held, "contract": contract, "prices": unconverted}, around)
    return {**found["prices"], **sent}


def _refuse_book(question: Question, prices: dict[str, Any], around: Around) -> str | None:
    held = question.get("holdings") or []
    return first_of(
        (
            ("price_missing", lambda: not {holding["asset"] for holding in held} <= prices.keys()),
            (
                "duplicate_symbol_beta_conflict",
                lambda: _OF_BOOK["duplicate_symbol_beta_conflict"]({"holdings": held}, around.now),
            ),
        )
    )


def _refuse_series(question: Question, prices: dict[str, Any], around: Around) -> str | None:
    series = question.get("series")
    values = _value(question, prices)
    if series is None or (question.get("holdings") is not None and not sum(values.values())):
        return _refuse_position(question, None, set())
    if series["style"] == "window":
        return _refuse_window(question, set(values), around)
    if series["style"] != "legs" and _is_uneven(question, set(values)):
        return "inconsistent_question"
    rows = _rows(question, values)
    code = first_of(
        (
            ("too_few_observations", lambda: len(rows) < FEWEST),
            ("zero_variance", lambda: any(_stands_still(rows, leg) for leg in range(1, len(rows[0])))),
        )
    )
    money = {holding["asset"] for holding in question.get("holdings") or [] if is_money(holding["asset"], prices)}
    return code or _refuse_position(question, _slope(rows), money)


def _value(question: Question, prices: dict[str, Any]) -> dict[str, Fraction]:
    """Value what is held and at risk, by asset."""
    values: dict[str, Fraction] = {}
    for holding in question.get("holdings") or []:
        if not is_money(holding["asset"], prices):
            worth = Fraction(holding["quantity"]) * Fraction(prices[holding["asset"]])
            values[holding["asset"]] = values.get(holding["asset"], Fraction(0)) + worth
    return {asset: value for asset, value in values.items() if value}


def _refuse_window(question: Question, moving: set[str], around: Around) -> str | None:
    needed, series = moving | {question.get("underlying", "BTC")}, question["series"]
    find_where(question, sorted(needed), around)
    step = series.get("interval_days", 1)
    counts = (series.get("window_days", 90), *(count_returns(asset, around.now) for asset in needed))
    return "too_few_observations" if min(counts) // step < FEWEST else None


def _is_uneven(question: Question, moving: set[str]) -> bool:
    """Tell whether a series that is needed is lacking, or one is of another length."""
    columns = question["series"][question["series"]["style"]]
    named = {question.get("underlying", "BTC"), question.get("futures") or question.get("underlying", "BTC")}
    return not moving | named <= columns.keys() or len({len(column) for column in columns.values()}) > 1


def _rows(question: Question, values: dict[str, Fraction]) -> Rows:
    """Give the intervals in which nothing is missing."""
    series = question["series"]
    if series["style"] == "legs":
        legs = [series[name] for name in ("portfolio", "futures", "market") if series.get(name) is not None]
        return [tuple(map(Fraction, row)) for row in zip(*legs, strict=True) if None not in row]
    exposure, assets = sum(values.values(), Fraction(0)), sorted(values)
    sign = 1 if exposure > 0 else -1
    underlying = question.get("underlying", "BTC")
    futures = question.get("futures")
    is_spot = futures is None or futures in {underlying, *assets}
    names = [*assets, *([futures or underlying] if is_spot else [futures, underlying])]
    columns = [_returns(series, name) for name in names]
    whole = [[Fraction(one) for one in row] for row in zip(*columns, strict=True) if None not in row]
    return [
        (
            sum((one * values[asset] / abs(exposure) for asset, one in zip(assets, row, strict=False)), Fraction(0)),
            *(sign * one for one in row[len(assets) :]),
        )
        for row in whole
    ]


def _returns(series: Question, asset: str) -> list[Any]:
    """Give the returns of an asset; a close that stands still the third time was not traded."""
    if series["style"] == "returns":
        return list(series["returns"][asset])
    closes = [None if close is None else Fraction(close) for close in series["closes"][asset]]
    still: set[int] = set()
    run: list[int] = []
    for place in (place for place, close in enumerate(closes) if close is not None):
        run = [*run, place] if run and closes[run[-1]] == closes[place] else [place]
        still.update(run[1:] if len(run) >= _STILL else ())
    return [
        None if old is None or new is None or place in still else new / old - 1
        for place, (old, new) in enumerate(pairwise(closes), start=1)
    ]


def _stands_still(rows: Rows, leg: int) -> bool:
    return variance([row[leg] for row in rows]) < _LEAST_VARIANCE


def _slope(rows: Rows) -> Fraction:
    """Regress the book on the market; on the future where there is only that."""
    item, future = ([row[leg] for row in rows] for leg in (0, -1))
    centre, other = mean(item), mean(future)
    shared = sum((x - centre) * (y - other) for x, y in zip(item, future, strict=True))
    return Fraction(shared) / Fraction(sum((y - other) ** 2 for y in future))


def _refuse_position(question: Question, slope: Fraction | None, money: set[str]) -> str | None:
    """Tell whether a coverage was to be reached on the book's own side; in a slope money has no part."""
    position = question.get("position") or {}
    if position.get("coverage") is None:
        return None
    beta = slope if position.get("beta") is None else Fraction(repr(position["beta"]))
    exempt = money if position.get("beta") is None else set()
    moving = [line for line in position["held"] if line["asset"] not in exempt]
    worth = sum(Fraction(line["quantity"]) * Fraction(line["start_price"]) for line in moving)
    exposed = round((beta or Fraction(0)) * worth, 18)
    is_wrong = exposed and (exposed > 0) != (position.get("side", "short") == "short")
    return "inconsistent_question" if is_wrong else None
