"""Why a valid question about plans has no answer: found here a second time, from the documented rules.

Law: nothing of `service` is imported. Whatever is asked of one contract and the book is what a sizing of it is asked.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import ceil, floor
from typing import NamedTuple

from tests.openapi import reasons
from tests.openapi.basis_reasons import FEWEST
from tests.openapi.hedge_ratio_reasons import find_where
from tests.openapi.lookups import Around, Question, RefusedError, complete, is_money
from tests.openapi.market import count_returns, find_future
from tests.openapi.pairs import first_of
from tests.openapi.scenario_reasons import CLOSES

MOST_LOTS = 10**12
_WINDOW: Question = {"style": "window"}
_WINDOW_DAYS = 90
_COVERAGE = 1.25
_LEAST_VARIANCE = Fraction(1, 10**18)
_SINGULAR = Fraction(1, 10**12)
_STILL = 3


class _Leg(NamedTuple):
    """A contract with its terms, its price and what is expected of it."""

    contract: Question
    price: Fraction
    asked: Question

    @property
    def lot(self) -> Fraction:
        """Value of one step of its size."""
        unit = Fraction(self.contract["multiplier"]) * (self.price if self.contract["style"] == "linear" else 1)
        return unit * Fraction(self.contract.get("lot_step", "1"))


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    if any(map(_costs_twice, question["instruments"])):
        return "inconsistent_question"
    try:
        found = [complete(size_one(question, leg), around) for leg in question["instruments"]]
    except RefusedError as error:
        return str(error)
    return _refuse_contracts(question, found, around) or _refuse_book(question, found, around)


def size_one(question: Question, leg: Question) -> Question:
    """Ask about one of the contracts and the book alone, every beta as 1."""
    kept: Question = {name: question[name] for name in ("holdings", "market", "as_of") if name in question}
    prices = question.get("prices", {})
    if leg.get("futures_price") is not None:
        prices = {**prices, leg["contract"]["symbol"]: leg["futures_price"]}
    return {**kept, "contract": leg["contract"], "prices": prices, "weighting": "value", "coverage": "0"}


def _costs_twice(leg: Question) -> bool:
    parts = (leg.get("funding_rate"), leg.get("fee_rate"))
    return leg.get("cost_rate") is not None and parts != (None, None)


def _refuse_contracts(question: Question, found: Sequence[Question], around: Around) -> str | None:
    """Name the first reason that lies in the contracts; the name of one is never the price of a coin."""
    if any(one["contract"]["symbol"] not in one["prices"] for one in found):
        return "price_missing"
    if len({quote for quote in map(_quote_of, question["instruments"]) if quote is not None}) > 1:
        return "currency_mismatch"
    held = {holding["asset"] for holding in question["holdings"]}
    if any(one["contract"]["symbol"] in held for one in found):
        return "inconsistent_contract"
    spot = _spot(found)
    for one in found:
        symbol = one["contract"]["symbol"]
        alone = {**one, "prices": {**spot, symbol: one["prices"][symbol]}}
        code = next((code for code, applies in reasons.OF_BOOK if applies(alone, around.now)), None)
        if code is not None:
            return code
    return next(filter(None, map(_refuse_terms, question["instruments"], found)), None)


def _spot(found: Sequence[Question]) -> Question:
    symbols = {one["contract"]["symbol"] for one in found}
    return {name: price for one in found for name, price in one["prices"].items() if name not in symbols}


def _quote_of(leg: Question) -> str | None:
    contract = leg["contract"]
    future = find_future(contract["exchange"], contract["symbol"]) if contract["style"] == "listed" else None
    return None if future is None else future.quote


def _refuse_terms(leg: Question, found: Question) -> str | None:
    contract = found["contract"]
    least, leverage = contract.get("initial_margin_rate"), leg.get("leverage")
    if least is not None and leverage is not None and Fraction(leverage) * Fraction(least) > 1:
        return "leverage_out_of_range"
    expires = contract.get("expiry") is not None
    return "inconsistent_question" if expires and leg.get("funding_rate") is not None else None


def _refuse_book(question: Question, found: Sequence[Question], around: Around) -> str | None:
    book = {**question, "prices": _spot(found), "weighting": "value"}
    exposure = reasons.beta_exposure(book)
    legs = [
        _Leg(one["contract"], Fraction(one["prices"][one["contract"]["symbol"]]), asked)
        for one, asked in zip(found, question["instruments"], strict=True)
    ]
    return first_of(
        (
            ("margin_terms_missing", lambda: _is_unknown_margin(question, legs)),
            ("size_out_of_range", lambda: abs(exposure) > reasons.CEILING),
            ("stress_data_missing", lambda: _is_unknown_stress(question, needed(book, legs))),
        )
    ) or (_refuse_past(book, legs, around) if exposure else None)


def _is_unknown_margin(question: Question, legs: Sequence[_Leg]) -> bool:
    """Tell whether a margin is limited that nobody knows."""
    budget = question.get("budget") or {}
    if budget.get("margin") is None and budget.get("capital") is None:
        return False
    return any(leg.contract.get("initial_margin_rate") is None and leg.asked.get("leverage") is None for leg in legs)


def _is_unknown_stress(question: Question, assets: set[str]) -> bool:
    """Tell whether a window is asked for in which nobody knows what something did."""
    return any(not assets <= CLOSES[name] for name in question.get("stresses") or ())


def exposures(book: Question) -> dict[str, Fraction]:
    """Value everything that is not money, each asset once."""
    values: dict[str, Fraction] = {}
    for holding in book["holdings"]:
        asset = holding["asset"]
        if not is_money(asset, book["prices"]):
            value = Fraction(holding["quantity"]) * Fraction(book["prices"][asset])
            values[asset] = values.get(asset, Fraction(0)) + value
    return {asset: value for asset, value in values.items() if value}


def needed(book: Question, legs: Sequence[_Leg]) -> set[str]:
    """List whose past is needed: what has an exposure, and what the contracts follow."""
    return {*exposures(book), *(leg.contract["underlying"] for leg in legs)}


def _refuse_past(book: Question, legs: Sequence[_Leg], around: Around) -> str | None:
    series, assets = book.get("series", _WINDOW), needed(book, legs)
    if series["style"] == "window":
        return _refuse_window(book, assets, around)
    columns = series[series["style"]]
    if not assets <= columns.keys() or len({len(column) for column in columns.values()}) > 1:
        return "inconsistent_question"
    taken = {asset: _take(columns[asset], series["style"]) for asset in assets}
    rows = [row for row in zip(*(taken[asset] for asset in sorted(assets)), strict=True) if None not in row]
    if len(rows) < FEWEST:
        return "too_few_observations"
    moves = {asset: [row[place] for row in rows] for place, asset in enumerate(sorted(assets))}
    return _refuse_moves(book, legs, moves)


def _refuse_window(book: Question, assets: set[str], around: Around) -> str | None:
    """Name the first reason for which past days can't be looked up."""
    try:
        find_where(book, sorted(assets), around)
    except RefusedError as error:
        return str(error)
    series = book.get("series", _WINDOW)
    days, step = series.get("window_days", _WINDOW_DAYS), series.get("interval_days", 1)
    known = min(days, *(count_returns(asset, around.now) for asset in assets))
    return "too_few_observations" if known // step < FEWEST else None


def _take(column: Sequence[object], style: str) -> list[float | None]:
    """Take returns as they are, or make them of closes; what stands still three times running was not traded."""
    if style == "returns":
        return [one if one is None else float(str(one)) for one in column]
    closes = [None if one is None else float(str(one)) for one in column]
    still = set(_find_still(closes))
    return [
        None if before is None or after is None or place in still else after / before - 1
        for place, (before, after) in enumerate(pairwise(closes), start=1)
    ]


def _find_still(closes: Sequence[float | None]) -> Iterator[int]:
    known = [place for place, close in enumerate(closes) if close is not None]
    run: list[int] = []
    for place in known:
        run = [*run, place] if run and closes[run[-1]] == closes[place] else [place]
        if len(run) >= _STILL:
            yield from run[1:]


def _refuse_moves(book: Question, legs: Sequence[_Leg], moves: dict[str, list[float]]) -> str | None:
    """Name the reason that lies in what happened: nothing, or so much that too many lots might be held."""
    values = exposures(book)
    exposure = sum(values.values(), Fraction(0))
    whole = [
        sum((value / exposure * Fraction(moves[asset][row]) for asset, value in values.items()), Fraction(0))
        for row in range(len(next(iter(moves.values()))))
    ]
    underlyings = list(dict.fromkeys(leg.contract["underlying"] for leg in legs))
    columns: list[list[Fraction]] = [whole, *([Fraction(one) for one in moves[asset]] for asset in underlyings)]
    every = [[_covariance(one, other) for other in columns] for one in columns]
    if any(every[place][place] < _LEAST_VARIANCE for place in range(len(columns))):
        return "zero_variance"
    ratios = dict(zip(underlyings, _ratios(every), strict=True))
    is_much = any(_lots(leg, ratios[leg.contract["underlying"]], abs(exposure), book) > MOST_LOTS for leg in legs)
    return "work_out_of_range" if is_much else None


def _covariance(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    center, other_center = sum(one) / len(one), sum(other) / len(other)
    products = ((x - center) * (y - other_center) for x, y in zip(one, other, strict=True))
    return Fraction(sum(products)) / (len(one) - 1)


def _ratios(every: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Give what is held of each with the least variance: alone, or beside the others if that is more."""
    beside = _least(every)
    count = len(every) - 1
    return [max(every[0][one + 1] / every[one + 1][one + 1], beside[one]) for one in range(count)]


def _least(every: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Hold none or some of each, in every way there is, and keep the best that holds less than nothing of none."""
    count = len(every) - 1
    best, held = Fraction(0), [Fraction(0)] * count
    for size in range(1, count + 1):
        for chosen in combinations(range(1, count + 1), size):
            found = _solve(
                [[every[row][column] for column in chosen] for row in chosen], [every[0][one] for one in chosen]
            )
            if found is None or min(found) < 0:
                continue
            removed = sum((ratio * every[0][one] for ratio, one in zip(found, chosen, strict=True)), Fraction(0))
            if removed > best:
                best, held = removed, [Fraction(0)] * count
                for ratio, one in zip(found, chosen, strict=True):
                    held[one - 1] = ratio
    return held


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Solve by elimination; None where two columns are as good as one."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        if rows[column][column] <= _SINGULAR * matrix[column][column]:
            return None
        for row in range(size):
            if row != column:
                factor = rows[row][column] / rows[column][column]
                rows[row] = [one - factor * other for one, other in zip(rows[row], rows[column], strict=True)]
    return [rows[one][size] / rows[one][one] for one in range(size)]


def _lots(leg: _Leg, ratio: Fraction, size: Fraction, book: Question) -> Fraction:
    """Count the lots of a contract that are looked at."""
    if ratio <= 0:
        return Fraction(0)
    contract, step = leg.contract, Fraction(leg.contract.get("lot_step", "1"))
    wanted = ceil(ratio * Fraction(book.get("most_coverage", _COVERAGE)) * size / leg.lot)
    least = max(
        ceil(Fraction(contract.get("min_quantity") or 0) / step),
        ceil(Fraction(contract.get("min_notional") or 0) / leg.lot),
        1,
    )
    caps = [max(wanted, least), floor(reasons.CEILING / leg.lot)]
    if contract.get("max_quantity") is not None:
        caps.append(floor(Fraction(contract["max_quantity"]) / step))
    return Fraction(min(caps)) if min(caps) >= least else Fraction(0)
