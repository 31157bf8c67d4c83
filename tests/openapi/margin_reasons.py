"""Why a valid question about margin has no answer: found here a second time, from the documented rules, in fractions.

Law: nothing of `service` is imported.
"""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from tests.openapi.lookups import COINS_AT_A_DOLLAR, Around, Question, RefusedError, complete
from tests.openapi.reasons import CEILING


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    try:
        completed = complete({**question, "holdings": question.get("collateral", ())}, around)
    except RefusedError as error:
        return str(error)
    return next((code for code, applies in _REFUSALS if applies(completed, around.now)), None)


def _contradicts_itself(question: Question, _: datetime) -> bool:
    """Tell whether two terms of the contract contradict each other."""
    contract = question["contract"]
    least, most = _number(contract, "min_quantity"), _number(contract, "max_quantity")
    if least is not None and most is not None and least > most:
        return True
    tiers = [(Fraction(one["floor"]), Fraction(one["rate"])) for one in contract.get("maintenance_tiers") or ()]
    rate, initial = _number(contract, "maintenance_margin_rate"), _number(contract, "initial_margin_rate")
    if tiers and (rate is not None or tiers[0][0] or not all(map(_ascends, pairwise(tiers)))):
        return True
    first = tiers[0][1] if tiers else rate
    return initial is not None and first is not None and initial <= first


def _ascends(neighbours: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]) -> bool:
    """Tell whether one tier follows another."""
    (floor, rate), (next_floor, next_rate) = neighbours
    return floor < next_floor and rate <= next_rate


def _is_expired(question: Question, now: datetime) -> bool:
    """Tell whether the contract is over at the time of the question."""
    expiry, as_of = question["contract"].get("expiry"), question.get("as_of")
    if expiry is None:
        return False
    return datetime.fromisoformat(expiry) <= (now if as_of is None else datetime.fromisoformat(as_of))


def _makes_no_sense(question: Question, _: datetime) -> bool:
    """Tell whether collateral can't be posted as it stands, or a long is to survive a fall to nothing."""
    contract, names = question["contract"], [one["asset"] for one in question["holdings"]]
    is_misplaced = contract["style"] == "inverse" and bool(names)
    is_mistaken = contract["symbol"] in names or len(set(names)) < len(names)
    move = _number(question, "survive_move")
    return is_misplaced or is_mistaken or (question.get("side") == "long" and move is not None and move >= 1)


def _lacks_price(question: Question, _: datetime) -> bool:
    """Tell whether the contract, or something posted, has no price."""
    needed = {one["asset"] for one in question["holdings"]} | {question["contract"]["symbol"]}
    return not needed <= question["prices"].keys()


def _lacks_beta(question: Question, _: datetime) -> bool:
    """Tell whether something posted is neither the underlying nor money, and has no beta."""
    known = {question["contract"]["underlying"]}
    return any(
        one.get("beta") is None and one["asset"] not in known and not _is_money(one["asset"], question["prices"])
        for one in question["holdings"]
    )


def _is_money(asset: str, prices: dict[str, str]) -> bool:
    """Tell whether an asset is a stablecoin within 2 % of its peg."""
    return asset in COINS_AT_A_DOLLAR and abs(Fraction(prices[asset]) - 1) <= Fraction(2, 100)


def _has_two_margins(question: Question, _: datetime) -> bool:
    """Tell whether both a wallet and a leverage are stated."""
    return question.get("wallet_balance") is not None and question.get("leverage") is not None


def _is_overleveraged(question: Question, _: datetime) -> bool:
    """Tell whether the leverage posts less than the contract asks for."""
    leverage, rate = _number(question, "leverage"), _number(question["contract"], "initial_margin_rate")
    return leverage is not None and rate is not None and leverage * rate > 1


def _lacks_terms(question: Question, _: datetime) -> bool:
    """Tell whether nobody says what is in the account, or when the contract is liquidated."""
    contract = question["contract"]
    wallet = (question.get("wallet_balance"), question.get("leverage"), contract.get("initial_margin_rate"))
    tiers = (contract.get("maintenance_margin_rate"), contract.get("maintenance_tiers"))
    return wallet == (None, None, None) or tiers == (None, None)


def _is_oversized(question: Question, _: datetime) -> bool:
    """Tell whether the position is, or was at entry, worth more than the service takes."""
    contract = question["contract"]
    size = Fraction(question["contracts"]) * Fraction(contract["multiplier"])
    if contract["style"] == "inverse":
        return size > CEILING
    mark = Fraction(question["prices"][contract["symbol"]])
    return size * max(mark, _number(question, "entry_price") or mark) > CEILING


def _number(record: Question, name: str) -> Fraction | None:
    """Read a decimal that may be absent or null."""
    text = record.get(name)
    return None if text is None else Fraction(text)


_REFUSALS: tuple[tuple[str, Callable[[Question, datetime], bool]], ...] = (
    ("inconsistent_contract", _contradicts_itself),
    ("expired_contract", _is_expired),
    ("inconsistent_question", _makes_no_sense),
    ("price_missing", _lacks_price),
    ("beta_missing", _lacks_beta),
    ("margin_conflict", _has_two_margins),
    ("leverage_out_of_range", _is_overleveraged),
    ("margin_terms_missing", _lacks_terms),
    ("size_out_of_range", _is_oversized),
)
