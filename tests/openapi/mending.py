"""How to make a valid question answerable: one remedy for each reason there is to refuse it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tests.openapi.lookups import Around, Question
from tests.openapi.market import WITH_EXPIRIES, find_future, futures, spot_prices
from tests.openapi.queries import Query
from tests.openapi.reasons import find_refusal

Remedy = Callable[[Question], Question]

_PRICE = "0.25"
_MOVES = (0.01, -0.02, 0.03, 0.02)
_MOST_COINS = 50
_LEAST = "0.000000000000000001"


def mend(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems; some questions resist."""
    return take_away(question, find_refusal, REMEDIES)


def take_away(
    question: Question, find_refusal: Callable[[Question, Around], str | None], remedies: Mapping[str, Remedy]
) -> Question:
    """Take the reasons to refuse a question away, the first of them each time, until there is none or it resists.

    Args:
        question: as it was generated.
        find_refusal: gives the code of the problem that it ends in; None for none.
        remedies: by code.
    """
    for _ in range(2 * len(remedies)):
        code = find_refusal(question, Around(datetime.now(UTC)))
        if code is None:
            break
        question = remedies[code](question)
    return question


def send_returns(question: Question) -> Question:
    """Send returns from which the betas follow that are to be estimated, instead of looking any up."""
    betas = question.get("betas")
    if betas is None:
        return question
    contract = question["contract"]
    future = find_future(contract["exchange"], contract["symbol"]) if contract["style"] == "listed" else None
    underlying = contract.get("underlying", "BTC") if future is None else future.underlying
    held = [*dict.fromkeys(holding["asset"] for holding in question["holdings"])][:_MOST_COINS]
    returns = {asset: [move * (place % 3 + 1) for move in _MOVES] for place, asset in enumerate([underlying, *held])}
    sent = {"method": "ols", "prior": None, "series": {"style": "returns", "returns": returns}}
    book = question["holdings"] if len(held) < _MOST_COINS else _weigh_alike(question)["holdings"]
    kept = {name: betas[name] for name in ("decay", "confidence") if name in betas}
    return {**question, "weighting": "beta", "holdings": book, "betas": {**kept, **sent}}


def mend_prices(query: Query) -> Query:
    """Ask for what an exchange lists; the query is already written, each of its values as a text."""
    exchange = query["exchange"]
    coins, contracts = spot_prices(exchange, "USDT"), [] if exchange == "median" else list(futures(exchange))
    sent = enumerate(query["symbols"].split(","))
    symbols = [choose([*coins, *contracts], f"{symbol}{place}") for place, symbol in sent]
    return {**query, "symbols": ",".join(symbols), "quote": "USDT"}


def mend_contracts(query: Query) -> Query:
    """Ask for futures on a coin that has some, and for an expiry where there is one."""
    mended = {**query, "underlying": choose(["BTC", "ETH", "SOL"], query["underlying"])}
    if "expiry" in query and query.get("exchange") not in WITH_EXPIRIES:
        mended.pop("exchange", None)
    return mended


def choose(names: Sequence[str], by: str) -> str:
    """Choose a name, the same one every time."""
    return names[sum(by.encode()) % len(names)]


def _agree(question: Question) -> Question:
    """Drop the terms of the contract that may contradict others."""
    if question["contract"]["style"] == "listed":
        return {**question, "holdings": [{**holding, "asset": "SOL"} for holding in question["holdings"]]}
    contract = {**question["contract"], "symbol": "HEDGE-1", "min_quantity": None}
    if contract.get("maintenance_tiers") is not None:
        contract["maintenance_margin_rate"] = None
        contract["maintenance_tiers"] = [{**contract["maintenance_tiers"][0], "floor": "0"}]
    return {**question, "contract": contract}


def _last(question: Question) -> Question:
    """Take a perpetual contract."""
    return {**question, "contract": {**question["contract"], "expiry": None}}


def _price(question: Question) -> Question:
    """Price everything held, and the contract where nobody lists it."""
    contract = question["contract"]
    needed = [holding["asset"] for holding in question["holdings"]]
    needed += [] if contract["style"] == "listed" else [contract["symbol"]]
    return {**question, "prices": {**dict.fromkeys(needed, _PRICE), **question.get("prices", {})}}


def _list(question: Question) -> Question:
    """Take a contract that the exchange lists; or else price everything held."""
    contract = question["contract"]
    if contract["style"] != "listed" or find_future(contract["exchange"], contract["symbol"]) is not None:
        return _price(send_returns(question))
    symbol = choose(list(futures(contract["exchange"])), contract["symbol"])
    return {**question, "contract": {**contract, "symbol": symbol}}


def _exchange(question: Question) -> Question:
    """Say that the currency of the look-ups costs 1 in that of the contract, and take one in dollars."""
    contract, market = question["contract"], question.get("market") or {}
    if contract["style"] == "listed" and contract["symbol"] == "ETHBTC":
        return {**question, "contract": {**contract, "symbol": "BTCUSDT"}}
    return {**question, "prices": {**question.get("prices", {}), market.get("quote", "USDT"): "1"}}


def _ask_now(question: Question) -> Question:
    """Ask as of now."""
    return {**question, "as_of": None}


def _weigh_alike(question: Question) -> Question:
    """Give every holding the same beta."""
    return {**question, "holdings": [{**holding, "beta": 1.5} for holding in question["holdings"]]}


def _post_wallet(question: Question) -> Question:
    """Leave the leverage out."""
    return {**question, "margin": {**question["margin"], "leverage": None}}


def _survive_anything(question: Question) -> Question:
    """Ask for no move to survive."""
    return {**question, "margin": {**question["margin"], "survive_move": None}}


def _shrink(question: Question) -> Question:
    """Hedge next to nothing of it, in the smallest of lots."""
    if question["contract"]["style"] == "listed":
        return {**question, "coverage": _LEAST}
    contract = {**question["contract"], "lot_step": _LEAST, "min_quantity": None, "min_notional": None}
    return {**question, "coverage": _LEAST, "contract": contract}


REMEDIES: dict[str, Remedy] = {
    "as_of_not_now": _ask_now,
    "not_listed": _list,
    "currency_mismatch": _exchange,
    "inconsistent_contract": _agree,
    "expired_contract": _last,
    "price_missing": _price,
    "duplicate_symbol_beta_conflict": _weigh_alike,
    "beta_missing": _weigh_alike,
    "margin_conflict": _post_wallet,
    "leverage_out_of_range": _post_wallet,
    "margin_terms_missing": _survive_anything,
    "size_out_of_range": _shrink,
    **dict.fromkeys(("inconsistent_question", "too_few_observations", "zero_variance", "stale_price"), send_returns),
}
"""By the code of the problem."""
