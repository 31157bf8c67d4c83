"""Why betas can't be estimated, and what they are: found here a second time, from the documented rules, in fractions.

Law: nothing of `service` is imported. Betas from looked-up days are taken as what they are in the world: roughly so.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from statistics import variance

from tests.market.exchange.assets import ASSETS
from tests.openapi.lookups import Around, Question, RefusedError, is_money, require_now
from tests.openapi.market import count_returns, is_asleep, spot_prices

MOST = 59
"""Coins whose betas are estimated at once."""
FEWEST = 3
_KNOWN = {"BTC": (1.09, 0.2), "ETH": (0.92, 0.14)}
"""What is believed of betas before they are looked at."""
_LEAST_VARIANCE = Fraction(1, 10**18)
_LARGEST = 100
_STILL = 3
"""Equal closes in a row from which on a price was not traded."""

Pairs = list[tuple[Fraction, Fraction]]
"""Returns of a coin and of the underlying, where there are both."""
Column = list[Fraction | None]


def require_sense(question: Question) -> None:
    """Refuse betas that nobody weighs by, that are looked up and sent, or that believe what their method can't use.

    Raises:
        RefusedError: inconsistent_question.
    """
    betas = question["betas"]
    is_twice = betas.get("series") is not None and any(
        betas.get(name) is not None for name in ("window_days", "interval_days")
    )
    is_idle = betas.get("prior") is not None and betas.get("method", "vasicek") != "vasicek"
    if question.get("weighting", "value") != "beta" or is_twice or is_idle:
        raise RefusedError("inconsistent_question")


def estimate(question: Question, around: Around) -> list[Question]:
    """Give the holdings of a question, whose prices are complete, the betas that they lack.

    Raises:
        RefusedError: with the first reason, in the documented order, for which that can't be done.
    """
    holdings, betas = question["holdings"], question["betas"]
    lacking = _list_lacking(question)
    if not lacking:
        return list(holdings)
    underlying = question["contract"]["underlying"]
    believes = betas.get("method", "vasicek") == "vasicek"
    if len(lacking) > MOST or (believes and betas.get("prior") is None and underlying not in _KNOWN):
        raise RefusedError("inconsistent_question")
    find = _look_up if betas.get("series") is None else _calculate
    found = find(question, lacking, around)
    return [{**held, "beta": found.get(held["asset"], held.get("beta"))} for held in holdings]


def _list_lacking(question: Question) -> list[str]:
    """List what is at risk and brings no beta, in the order of the book."""
    known = {held["asset"] for held in question["holdings"] if held.get("beta") is not None}
    known.add(question["contract"]["underlying"])
    held = dict.fromkeys(held["asset"] for held in question["holdings"])
    return [asset for asset in held if asset not in known and not is_money(asset, question["prices"])]


def _look_up(question: Question, lacking: list[str], around: Around) -> dict[str, float]:
    _require_exchange(question, around)
    needed = {*lacking, question["contract"]["underlying"]}
    exchange, quote = question["market"]["exchange"], question["market"].get("quote", "USDT")
    if not needed <= spot_prices(exchange, quote).keys():
        raise RefusedError("not_listed")
    if any(is_asleep(asset, exchange, quote) for asset in needed):
        raise RefusedError("stale_price")
    days, interval = question["betas"].get("window_days") or 90, question["betas"].get("interval_days") or 1
    known = min(count_returns(asset, around.now) for asset in needed)
    if min(days, known) // interval < FEWEST:
        raise RefusedError("too_few_observations")
    return {asset: ASSETS[asset].beta for asset in lacking}


def _require_exchange(question: Question, around: Around) -> None:
    """Refuse a question that names no exchange which tells of days before now."""
    market = question.get("market")
    if market is None or market["exchange"] == "median":
        raise RefusedError("inconsistent_question")
    require_now(question, around)
    if market["exchange"] not in around.exchanges:
        raise RefusedError("exchange_off")
    if not around.is_answered:
        raise RefusedError("price_unavailable")


def _calculate(question: Question, lacking: list[str], _: Around) -> dict[str, float]:
    """Estimate from what was sent."""
    betas = question["betas"]
    columns = _read(betas["series"])
    underlying = question["contract"]["underlying"]
    if not {*lacking, underlying} <= columns.keys() or len({len(column) for column in columns.values()}) > 1:
        raise RefusedError("inconsistent_question")
    pairs = {asset: _pair(columns[asset], columns[underlying]) for asset in lacking}
    if any(len(rows) < FEWEST for rows in pairs.values()):
        raise RefusedError("too_few_observations")
    if any(_stands_still(rows, betas) for rows in pairs.values()):
        raise RefusedError("zero_variance")
    method = _METHODS[betas.get("method", "vasicek")]
    found = {asset: method(rows, betas, underlying) for asset, rows in pairs.items()}
    if any(abs(beta) > _LARGEST for beta in found.values()):
        raise RefusedError("inconsistent_question")
    return found


def _read(series: Question) -> dict[str, Column]:
    """Read returns, or make them of closes."""
    if series["style"] == "returns":
        sent = series["returns"]
        return {asset: [None if one is None else Fraction(one) for one in column] for asset, column in sent.items()}
    return {asset: list(_move(column)) for asset, column in series["closes"].items()}


def _move(closes: list[str | None]) -> Iterator[Fraction | None]:
    """Give the return of each close but the first; a price that stands still was not traded, gaps or not."""
    still = _find_still(closes)
    for place, (early, late) in enumerate(pairwise(closes), 1):
        yield None if early is None or late is None or place in still else Fraction(late) / Fraction(early) - 1


def _find_still(closes: list[str | None]) -> set[int]:
    known = [(place, Fraction(close)) for place, close in enumerate(closes) if close is not None]
    still: set[int] = set()
    run: list[int] = []
    for number, (place, close) in enumerate(known):
        run = [*run, place] if number and known[number - 1][1] == close else [place]
        if len(run) >= _STILL:
            still.update(run[1:])
    return still


def _pair(asset: Column, underlying: Column) -> Pairs:
    return [(y, x) for y, x in zip(asset, underlying, strict=True) if y is not None and x is not None]


def _stands_still(rows: Pairs, betas: Question) -> bool:
    """Tell whether a coin, or what the contract follows, never moved; by weights only of late."""
    is_still = any(variance(column) < _LEAST_VARIANCE for column in zip(*rows, strict=True))
    if is_still or betas.get("method") != "ewma":
        return is_still
    weights = _weights(rows, betas)
    square = sum(weight * x * x for weight, (_, x) in zip(weights, rows, strict=True))
    return square / sum(weights) < _LEAST_VARIANCE


def _weights(rows: Pairs, betas: Question) -> list[Fraction]:
    decay = Fraction(betas.get("decay", 0.94))
    weights = [Fraction(1)]
    for _ in rows[1:]:
        weights.append(Fraction(float(weights[-1] * decay)))
    return weights[::-1]


def _fit(rows: Pairs) -> tuple[float, float]:
    """Give the slope and its error."""
    count = len(rows)
    mean_y, mean_x = (sum(column) / count for column in zip(*rows, strict=True))
    spread = sum((x - mean_x) ** 2 for _, x in rows)
    slope = sum((y - mean_y) * (x - mean_x) for y, x in rows) / spread
    left = sum((y - mean_y - slope * (x - mean_x)) ** 2 for y, x in rows)
    return float(slope), sqrt(left / (count - 2) / spread)


def _by_belief(rows: Pairs, betas: Question, underlying: str) -> float:
    slope, error = _fit(rows)
    prior = betas.get("prior")
    mean, spread = _KNOWN[underlying] if prior is None else (prior["mean"], prior["spread"])
    weight = 1 / (1 + (error / spread) ** 2)
    return weight * slope + (1 - weight) * mean


def _by_weights(rows: Pairs, betas: Question, _: str) -> float:
    weights = _weights(rows, betas)
    product = sum(weight * y * x for weight, (y, x) in zip(weights, rows, strict=True))
    return float(product / sum(weight * x * x for weight, (_, x) in zip(weights, rows, strict=True)))


_METHODS: dict[str, Callable[[Pairs, Question, str], float]] = {
    "ols": lambda rows, _, __: _fit(rows)[0],
    "vasicek": _by_belief,
    "ewma": _by_weights,
}
