"""How to make a valid question about the ratio to hedge with answerable: one remedy for each reason to refuse it."""

from itertools import cycle, islice

from tests.openapi.hedge_ratio_reasons import find_refusal
from tests.openapi.lookups import Question
from tests.openapi.market import find_future
from tests.openapi.mending import REMEDIES, Remedy, choose, take_away

_COINS = ("SOL", "ADA", "BTC")
"""Whose closes exchanges are asked for elsewhere too: they allow little of that at once."""
_MOVES = (0.01, -0.02, 0.03, -0.01, 0.02)
_FEWEST = 3


def mend_hedge_ratio(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems."""
    return take_away(question, find_refusal, _REMEDIES)


def spare_past(question: Question) -> Question:
    """Ask for looked-up closes of few coins, and not at MEXC, which tells little at once; leave other questions."""
    series, market = question.get("series", {}), question.get("market")
    is_of_past = "instruments" in question and "holdings" in question and isinstance(series, dict)
    if not is_of_past or series.get("style", "window") != "window" or not isinstance(market, dict):
        return question
    exchange = market.get("exchange")
    return {**question, "market": {**market, "exchange": "bybit" if exchange == "mexc" else exchange}}


def _mend_each(remedy: Remedy) -> Remedy:
    """Make the remedy for each future beside the book of one for a single future."""

    def mend(question: Question) -> Question:
        """Mend one future after the other."""
        mended, legs = question, question["instruments"]
        for place, leg in enumerate(legs):
            part = remedy({**mended, "contract": leg["contract"]})
            legs = [*legs[:place], {**leg, "contract": part.pop("contract")}, *legs[place + 1 :]]
            mended = part
        return {**mended, "instruments": legs}

    return mend


def _take_first(question: Question) -> Question:
    """Hedge with the first future only, and say what its currency costs."""
    return _mend_each(REMEDIES["currency_mismatch"])({**question, "instruments": question["instruments"][:1]})


def _straighten(question: Question) -> Question:
    """Hedge with the first future by least squares, believe of it alone, and send or name what it takes."""
    first = question["instruments"][:1]
    followed = _followed(first[0]["contract"])
    priors = {name: prior for name, prior in question.get("priors", {}).items() if name == followed}
    asked = {**question, "instruments": first, "method": "ols", "priors": priors}
    if _is_of_window(asked):
        market = asked.get("market") or {"exchange": "median"}
        return {**asked, "market": {**market, "exchange": "binance"} if market["exchange"] == "median" else market}
    return _send(asked, shortest=_FEWEST)


def _list(question: Question) -> Question:
    """Hold what is listed: futures that there are, and of looked-up closes coins that there are."""
    mended = _mark(_mend_each(REMEDIES["not_listed"])(question))
    if not _is_of_window(mended) or mended.get("market") is None:
        return mended
    held = [{**holding, "asset": choose(_COINS, holding["asset"])} for holding in mended["holdings"]]
    legs = [{**leg, "contract": _follow_bitcoin(leg["contract"])} for leg in mended["instruments"][:1]]
    return {**mended, "holdings": held, "instruments": legs, "market": {**mended["market"], "quote": "USDT"}}


def _mark(question: Question) -> Question:
    """Leave the marks of listed futures to the market: at a price of next to nothing none has usable terms."""
    legs = question["instruments"]
    marked = [{**leg, "futures_price": None} if leg["contract"]["style"] == "listed" else leg for leg in legs]
    return {**question, "instruments": marked}


def _follow_bitcoin(contract: Question) -> Question:
    if contract["style"] != "listed":
        return {**contract, "underlying": "BTC"}
    future = find_future(contract["exchange"], contract["symbol"])
    return contract if future is None or future.underlying == "BTC" else {**contract, "symbol": "BTCUSDT"}


def _move(question: Question) -> Question:
    """Send returns that moved; or ask for more of them."""
    if _is_of_window(question):
        return {**question, "series": {"style": "window"}}
    return _send({**question, "series": {"style": "returns", "returns": {"BTC": [0.0] * 5}}}, shortest=len(_MOVES))


def _send(question: Question, *, shortest: int) -> Question:
    """Send as many values of everything as there are of what has fewest; in place of what moves, what was sent."""
    series = question["series"]
    name = series["style"]
    length = max(shortest + (name == "closes"), min(map(len, series[name].values())))
    needed = {holding["asset"] for holding in question["holdings"]}
    needed |= {_followed(leg["contract"]) for leg in question["instruments"]}
    usual = _MOVES if name == "returns" else [str(100 + 100 * move) for move in _MOVES]
    sent = {asset: column[:length] for asset, column in series[name].items() if len(column) >= length}
    made = {asset: list(islice(cycle(usual), place % 3, place % 3 + length)) for place, asset in enumerate(needed)}
    kept = {asset: sent.get(asset, column) for asset, column in made.items()}
    return {**question, "series": {**series, name: kept}}


def _followed(contract: Question) -> str:
    if contract["style"] != "listed":
        return str(contract["underlying"])
    future = find_future(contract["exchange"], contract["symbol"])
    return "BTC" if future is None else future.underlying


def _is_of_window(question: Question) -> bool:
    return bool(question.get("series", {}).get("style", "window") == "window")


def _price(question: Question) -> Question:
    """Price everything held, and each future."""
    mended = _mend_each(REMEDIES["price_missing"])(question)
    legs = mended["instruments"]
    return {
        **mended,
        "instruments": [leg if leg.get("futures_price") else {**leg, "futures_price": "5"} for leg in legs],
    }


def _shrink(question: Question) -> Question:
    """Hedge next to nothing of next to nothing."""
    held = [{**holding, "quantity": "0.000001"} for holding in question["holdings"]]
    return {**question, "holdings": held, "coverage": "0.000000000000000001"}


_REMEDIES: dict[str, Remedy] = {
    **{code: _mend_each(remedy) for code, remedy in REMEDIES.items()},
    "currency_mismatch": _take_first,
    "not_listed": _list,
    "price_missing": _price,
    "inconsistent_question": _straighten,
    "stale_price": _move,
    "too_few_observations": _move,
    "zero_variance": _move,
    "size_out_of_range": _shrink,
}
