"""How to make a valid question about margin answerable: one remedy for each reason there is to refuse it."""

from tests.openapi.lookups import Question
from tests.openapi.margin_reasons import find_refusal
from tests.openapi.market import find_future, futures
from tests.openapi.mending import Remedy, choose, take_away

_PRICE = "0.25"


def mend_margin(question: Question) -> Question:
    """Take the reasons away one after the other, as a caller would who reads the problems."""
    return take_away(question, find_refusal, _REMEDIES)


def _change(question: Question, **terms: object) -> Question:
    """Change terms of a contract that was sent in full; take another name for one that is listed."""
    contract = question["contract"]
    if contract["style"] == "listed":
        return {**question, "contract": {**contract, "exchange": "bybit", "symbol": "BTCUSDT"}}
    return {**question, "contract": {**contract, **terms}}


def _agree(question: Question) -> Question:
    """Drop the terms of the contract that may contradict others."""
    plain = {
        "min_quantity": None,
        "maintenance_tiers": None,
        "maintenance_margin_rate": "0",
        "initial_margin_rate": "1",
    }
    return _change(question, **plain)


def _list(question: Question) -> Question:
    """Take a contract that the exchange lists, and coins that have a price."""
    contract = question["contract"]
    if contract["style"] == "listed" and find_future(contract["exchange"], contract["symbol"]) is None:
        symbol = choose(list(futures(contract["exchange"])), contract["symbol"])
        return {**question, "contract": {**contract, "symbol": symbol}}
    return {**question, "collateral": []}


def _price(question: Question) -> Question:
    """Price everything posted, and the contract where nobody lists it."""
    contract = question["contract"]
    needed = [one["asset"] for one in question.get("collateral", ())]
    needed += [] if contract["style"] == "listed" else [contract["symbol"]]
    return {**question, "prices": {**dict.fromkeys(needed, _PRICE), **question.get("prices", {})}}


def _simplify(question: Question) -> Question:
    """Post nothing beside the wallet, and survive no more than half."""
    moved = {} if question.get("survive_move") is None else {"survive_move": "0.5"}
    return {**question, "collateral": [], **moved}


def _weigh(question: Question) -> Question:
    """Give everything posted a beta."""
    return {**question, "collateral": [{**one, "beta": 1.5} for one in question["collateral"]]}


def _post(question: Question) -> Question:
    """State a wallet alone, and the terms of maintenance."""
    plain = {"maintenance_tiers": None, "maintenance_margin_rate": "0.004", "initial_margin_rate": "0.05"}
    return _change({**question, "wallet_balance": "300", "leverage": None}, **plain)


def _shrink(question: Question) -> Question:
    """Hold next to nothing."""
    return {**question, "contracts": "0.000000000000000001", "entry_price": None}


_REMEDIES: dict[str, Remedy] = {
    "as_of_not_now": lambda question: {**question, "as_of": None},
    "not_listed": _list,
    "currency_mismatch": lambda question: {**question, "collateral": [], "market": None},
    "inconsistent_contract": _agree,
    "expired_contract": lambda question: _change(question, expiry=None),
    "inconsistent_question": _simplify,
    "price_missing": _price,
    "beta_missing": _weigh,
    "margin_conflict": lambda question: {**question, "leverage": None},
    "leverage_out_of_range": lambda question: {**question, "leverage": None},
    "margin_terms_missing": _post,
    "size_out_of_range": _shrink,
}
