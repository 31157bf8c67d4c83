"""How to make a valid question about plans answerable: one remedy for each reason there is to refuse it."""

from tests.openapi.frontier_reasons import find_refusal, size_one
from tests.openapi.lookups import Question
from tests.openapi.mending import REMEDIES, Remedy, take_away

_MOVES = (0.01, -0.02, 0.03, 0.015)
_TINY = "0.000001"


def mend_frontier(question: Question) -> Question:
    """Take the reasons away one after the other; those of one contract as a sizing does."""
    return take_away(question, find_refusal, _REMEDIES)


def spare_plans(question: Question) -> Question:
    """Ask for a handful of plans, which take a thousandth of the time of ten thousand; of what is none leave all."""
    legs = question.get("instruments")
    if not isinstance(legs, list):
        return question
    return {**question, "instruments": [_coarsen(leg) for leg in legs]}


def _coarsen(leg: object) -> object:
    if not isinstance(leg, dict) or not isinstance(leg.get("contract"), dict) or "multiplier" not in leg["contract"]:
        return leg
    few = {"lot_step": "1", "min_quantity": None, "max_quantity": "3"}
    return {**leg, "contract": {**leg["contract"], **few}}


def _mend_each(code: str) -> Remedy:
    """Do for each contract what is done for one alone."""

    def remedy(question: Question) -> Question:
        """Mend them one after the other, each with what the book has become."""
        legs = []
        for leg in question["instruments"]:
            mended = REMEDIES[code](size_one(question, leg))
            names = ("holdings", "prices", "market", "as_of")
            question = {**question, **{name: mended[name] for name in names if name in mended}}
            legs.append({**leg, "contract": mended["contract"], "funding_rate": None})
        return {**question, "instruments": legs}

    return remedy


def _say_once(question: Question) -> Question:
    """State no cost twice, and send a past of everything that there may be."""
    legs = [{**leg, "funding_rate": None, "fee_rate": None} for leg in question["instruments"]]
    return _move({**question, "instruments": legs})


def _move(question: Question) -> Question:
    """Send days on which everything moved, each thing by itself."""
    assets = [holding["asset"] for holding in question["holdings"]]
    assets += [leg["contract"].get("underlying", "BTC") for leg in question["instruments"]]
    listed = ("BTC", "ETH", "SOL", "1000PEPE", "PEPE", "BABYDOGE", "SHIB", "BNB", "DOGE")
    names = list(dict.fromkeys([*assets, *listed]))[:60]
    returns = {
        name: [move * (1 + 0.1 * (place % 7)) + 0.001 * (day == place % 4) for day, move in enumerate(_MOVES)]
        for place, name in enumerate(names)
    }
    return {**question, "series": {"style": "returns", "returns": returns}}


def _price(question: Question) -> Question:
    """Price everything held, and each contract that nobody lists."""
    mended = _mend_each("price_missing")(question)
    legs = [
        leg if leg["contract"]["style"] == "listed" else {**leg, "futures_price": leg.get("futures_price") or "0.25"}
        for leg in mended["instruments"]
    ]
    return {**mended, "instruments": legs}


def _take_one(question: Question) -> Question:
    """Take one contract alone, whose currency is told."""
    return _mend_each("currency_mismatch")({**question, "instruments": question["instruments"][:1]})


def _post_least(question: Question) -> Question:
    return {**question, "instruments": [{**leg, "leverage": None} for leg in question["instruments"]]}


def _shrink(question: Question) -> Question:
    """Hold a little, in contracts of one coin."""
    held = [{**holding, "quantity": _TINY} for holding in question["holdings"]]
    plain = {"multiplier": "1", "lot_step": "1", "min_quantity": None, "max_quantity": None}
    legs = [
        leg
        if leg["contract"]["style"] == "listed"
        else {**leg, "contract": {**leg["contract"], **plain}, "futures_price": "1"}
        for leg in question["instruments"]
    ]
    return {**question, "holdings": held, "instruments": legs}


_REMEDIES: dict[str, Remedy] = {
    **{code: _mend_each(code) for code in REMEDIES if code not in {"margin_conflict", "beta_missing"}},
    "inconsistent_question": _say_once,
    "price_missing": _price,
    "currency_mismatch": _take_one,
    "leverage_out_of_range": _post_least,
    "margin_terms_missing": lambda question: {**question, "budget": None},
    "size_out_of_range": _shrink,
    "stress_data_missing": lambda question: {**question, "stresses": None},
    "stale_price": _move,
    "too_few_observations": _move,
    "zero_variance": _move,
    "work_out_of_range": _shrink,
}
