"""How to make a valid question about effectiveness answerable: one remedy for each reason there is to refuse it."""

from tests.openapi.effectiveness_reasons import find_refusal
from tests.openapi.lookups import Question
from tests.openapi.market import spot_prices
from tests.openapi.mending import REMEDIES, Remedy, choose, mend, take_away

_MOVES = (0.01, -0.02, 0.03)
_LEGS = ("portfolio", "futures", "market")
_SOL = [{"asset": "SOL", "quantity": "1"}]


def mend_effectiveness(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems."""
    return take_away(question, find_refusal, _REMEDIES)


def judge_more(question: Question) -> Question:
    """Judge a window, too, in every third question that judges nothing: of themselves next to none do."""
    if question.get("series") is not None or len(repr(question)) % 3:
        return question
    market = {**(question.get("market") or {}), "exchange": choose(["binance", "bybit", "bingx"], repr(question))}
    return {**question, "series": {"style": "window"}, "market": market, "holdings": question.get("holdings") or _SOL}


def _agree(question: Question) -> Question:
    """Say everything once, and nothing that has no use."""
    asked, series = _shorten_changes(question), question.get("series")
    if asked.get("position") is not None:
        asked["position"] = {**asked["position"], "coverage": None, "beta": asked["position"].get("beta") or 1.1}
    if series is None:
        asked |= {"holdings": None, "futures": None, "hedge_ratio": None}
        is_idle = asked.get("position") is None and asked.get("changes") is None
        return {**asked, "series": {"style": "legs", **_legs()}} if is_idle else asked
    return {**asked, **_agree_series(asked, series)}


def _agree_series(question: Question, series: Question) -> Question:
    """Give the members that a series needs, and those that it excludes."""
    if series["style"] == "legs":
        shorter = _shorten({name: series[name] for name in _LEGS if series.get(name) is not None})
        return {"holdings": None, "futures": None, "series": {**series, **shorter}}
    if series["style"] == "window":
        market = question.get("market") or {}
        exchange = "binance" if market.get("exchange", "median") == "median" else market["exchange"]
        return {
            "futures": None,
            "market": {**market, "exchange": exchange},
            "holdings": question.get("holdings") or _SOL,
        }
    columns = _shorten(series[series["style"]])
    held = [{"asset": next(iter(columns)), "quantity": "1"}]
    return {
        "futures": None,
        "underlying": list(columns)[-1],
        "holdings": held,
        "series": {**series, series["style"]: columns},
    }


def _shorten(columns: Question) -> Question:
    """Cut what is of the same periods to the shortest of it."""
    shortest = min(map(len, columns.values()))
    return {name: column[:shortest] for name, column in columns.items()}


def _shorten_changes(question: Question) -> Question:
    changes = question.get("changes")
    if changes is None:
        return dict(question)
    names = ("item_changes", "hedge_changes")
    return {**question, "changes": {**changes, **_shorten({name: changes[name] for name in names})}}


def _mend_terms(question: Question) -> Question:
    position = question["position"]
    book = {"holdings": [], "contract": {**position["contract"], "expiry": None}, "prices": {}, "coverage": "0"}
    mended = mend({**book, "as_of": "2026-01-02T03:04:05Z"})["contract"]
    return {**question, "position": {**position, "contract": {**mended, "min_quantity": None}}}


def _legs() -> Question:
    return {"portfolio": [0.01, -0.03, 0.02, 0.01], "futures": [*_MOVES, 0.01]}


def _move(question: Question) -> Question:
    """Put returns that moved before those that were sent, or look more of them up."""
    series = question["series"]
    if series["style"] == "window":
        return {**question, "underlying": "BTC", "holdings": _SOL, "series": {"style": "window"}}
    if series["style"] != "legs":
        return {**question, "holdings": None, "futures": None, "series": {"style": "legs", **_legs()}}
    moved = {name: [*_MOVES, *series[name][3:]] for name in _LEGS if series.get(name) is not None}
    return {**question, "series": {**series, **moved}}


def _price(question: Question) -> Question:
    needed = [holding["asset"] for holding in question["holdings"]]
    return {**question, "prices": {**dict.fromkeys(needed, "0.25"), **question.get("prices", {})}}


def _list(question: Question) -> Question:
    """Hold what the exchange lists."""
    market = {**question["market"], "quote": "USDT"}
    coins = sorted(spot_prices(market["exchange"], "USDT"))
    held = [{**holding, "asset": choose(coins, holding["asset"])} for holding in question["holdings"]]
    return {**question, "holdings": held, "underlying": "BTC", "market": market}


_REMEDIES: dict[str, Remedy] = {
    **{code: REMEDIES[code] for code in ("as_of_not_now", "duplicate_symbol_beta_conflict")},
    "inconsistent_question": _agree,
    "inconsistent_contract": _mend_terms,
    "price_missing": _price,
    "not_listed": _list,
    "stale_price": _move,
    "too_few_observations": _move,
    "zero_variance": _move,
}
