"""Why a valid question about outcomes has no answer: found here a second time, from the documented rules, in fractions.

Law: nothing of `service` is imported.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from fractions import Fraction

from tests.openapi import reasons
from tests.openapi.lookups import Around, Question, RefusedError, is_money
from tests.openapi.market import count_returns, find_future, is_asleep, spot_prices
from tests.openapi.pairs import begin, first_of, require_now
from tests.openapi.reasons import complete

MOST_WORK = 60_000_000
FEWEST_DAYS = 10
_SHORTEST, _LONGEST = 5, 10
_TOLERANCE = Fraction(1, 10**9)
_LEAST_VARIANCE = Fraction(1, 10**18)
_SHARED = ("holdings", "contract", "prices", "market", "weighting", "betas", "as_of")
"""Members that a question about a sizing has too."""

Refusals = tuple[tuple[str, Callable[[], bool]], ...]


def find_refusal(question: Question, around: Around) -> str | None:
    """Name the first reason, in the documented order, for which a valid question has no answer; None if there is none.

    Source: the codes' own pages under /problems.
    """
    code = _refuse_history(question, around)
    if code is not None:
        return code
    shared = {name: question[name] for name in _SHARED if name in question}
    code = reasons.find_refusal({**shared, "coverage": "0"}, around)
    if code is not None:
        return code
    try:
        completed = {**question, **complete(shared, around)}
    except RefusedError as error:  # a price became too old meanwhile, or the like
        return str(error)
    completed["contract"] = _dated(question["contract"], completed["contract"])
    return first_of(
        (
            ("inconsistent_question", lambda: _is_mistimed(completed, begin(question, around))),
            ("inconsistent_question", lambda: any(map(_is_sizeless, question["hedges"]))),
            ("margin_conflict", lambda: any(map(_has_two_margins, question["hedges"]))),
            ("leverage_out_of_range", lambda: _is_overleveraged(completed)),
            ("margin_terms_missing", lambda: _lacks_margin_terms(completed)),
            ("size_out_of_range", lambda: _is_oversized(completed)),
            ("work_out_of_range", lambda: _work(question) > MOST_WORK),
            *_OF_MODELS[_style(question)](completed),
            *_of_history(completed, around),
        )
    )


def _refuse_history(question: Question, around: Around) -> str | None:
    """Name the first reason for which past days can't be looked up at all; None if there is none."""
    model, market = question.get("model", {}), question.get("market")
    if _style(question) != "bootstrap":
        return None
    if (model.get("returns") is None) == (model.get("history_days") is None):
        return "inconsistent_question"
    if model.get("returns") is not None:
        return None
    if market is None or market["exchange"] == "median":
        return "inconsistent_question"
    try:
        require_now({**market, "as_of": question.get("as_of")}, around)
    except RefusedError as error:
        return str(error)
    return None if market["exchange"] in around.exchanges else "exchange_off"


def _of_history(question: Question, around: Around) -> Refusals:
    """Give the reasons for which the past days of what is needed can't be had."""
    days = question.get("model", {}).get("history_days")
    if days is None:
        return ()
    return (
        # Even its pairs are unknown while an exchange does not answer.
        ("price_unavailable", lambda: not around.is_answered),
        ("not_listed", lambda: not _needed(question) <= spot_prices(*_place(question)).keys()),
        ("stale_price", lambda: any(is_asleep(asset, *_place(question)) for asset in _needed(question))),
        ("too_few_observations", lambda: _is_young(question, around.now)),
    )


def _place(question: Question) -> tuple[str, str]:
    market = question["market"]
    return market["exchange"], market.get("quote", "USDT")


def _is_young(question: Question, now: datetime) -> bool:
    """Tell whether something that is needed has been traded for too few days."""
    known = (count_returns(asset, now) for asset in _needed(question))
    count: int = min(question["model"]["history_days"], *known)
    return count < _least_days(question["model"], count)


def _dated(asked: Question, contract: Question) -> Question:
    """Add to a listed contract what it expires or is funded by."""
    future = find_future(asked["exchange"], asked["symbol"]) if asked["style"] == "listed" else None
    if future is None:
        return contract
    expiry = None if future.expiry is None else future.expiry.isoformat()
    return {**contract, "expiry": expiry, "funding_interval_hours": future.hours}


def _is_mistimed(question: Question, now: datetime) -> bool:
    """Tell whether the contract settles too early, or is to be funded and is not."""
    contract = question["contract"]
    expiry, hours = contract.get("expiry"), contract.get("funding_interval_hours")
    is_funded = question.get("funding_rate") is not None or question.get("funding_process") is not None
    if is_funded and (expiry is not None or hours is None):
        return True
    return expiry is not None and datetime.fromisoformat(expiry) < now + timedelta(
        days=question.get("horizon_days", 30)
    )


def _is_sizeless(hedge: Question) -> bool:
    return (hedge.get("coverage") is None) == (hedge.get("contracts") is None)


def _has_two_margins(hedge: Question) -> bool:
    return hedge.get("wallet_balance") is not None and hedge.get("leverage") is not None


def _is_overleveraged(question: Question) -> bool:
    least = question["contract"].get("initial_margin_rate")
    sent = [Fraction(hedge["leverage"]) for hedge in question["hedges"] if hedge.get("leverage") is not None]
    return least is not None and any(leverage * Fraction(least) > 1 for leverage in sent)


def _lacks_margin_terms(question: Question) -> bool:
    """Tell whether a wallet stands behind what nobody knows when it is taken."""
    terms = (question["contract"].get(name) for name in ("maintenance_margin_rate", "maintenance_tiers"))
    is_posted = any(
        hedge.get(name) is not None for hedge in question["hedges"] for name in ("wallet_balance", "leverage")
    )
    return is_posted and all(term is None for term in terms)


def _is_oversized(question: Question) -> bool:
    contract = question["contract"]
    unit = Fraction(contract["multiplier"])
    unit *= Fraction(question["prices"][contract["symbol"]]) if contract["style"] == "linear" else 1
    exposure = abs(reasons.beta_exposure(question))
    worth = (
        Fraction(hedge["coverage"]) * exposure
        if hedge.get("contracts") is None
        else Fraction(hedge["contracts"]) * unit
        for hedge in question["hedges"]
    )
    return any(notional > reasons.CEILING for notional in worth)


def _work(question: Question) -> int:
    """Count the steps of a simulation."""
    steps: int = question.get("horizon_days", 30) + len(question["holdings"])
    paths: int = question.get("paths", 10_000)
    return paths * steps * (len(question["hedges"]) + 1)


def _style(question: Question) -> str:
    return str(question.get("model", {}).get("style", "factor"))


def _refuse_covariance(question: Question) -> Refusals:
    model = question["model"]
    return (
        ("inconsistent_question", lambda: _is_misshapen(model) or _lacks(model["assets"], question)),
        ("zero_variance", lambda: _market_variance(question) < _LEAST_VARIANCE),
        ("inconsistent_question", lambda: _is_impossible(question)),
    )


def _is_misshapen(model: Question) -> bool:
    """Tell whether assets stand twice, or what is there is no symmetric square of their number."""
    rows, size = model["covariance"], len(model["assets"])
    if len(set(model["assets"])) < size or len(rows) != size or any(len(row) != size for row in rows):
        return True
    return any(rows[one][other] != rows[other][one] for one in range(size) for other in range(one))


def _lacks(known: Iterable[str], question: Question) -> bool:
    """Tell whether the underlying or anything at risk does not move in a model."""
    return not _needed(question) <= set(known)


def _needed(question: Question) -> set[str]:
    """List what has to move in a model: the underlying, and anything at risk."""
    prices = question["prices"]
    held = {holding["asset"] for holding in question["holdings"]}
    return {asset for asset in held if not is_money(asset, prices)} | {question["contract"]["underlying"]}


def _market_variance(question: Question) -> Fraction:
    place = question["model"]["assets"].index(question["contract"]["underlying"])
    return Fraction(question["model"]["covariance"][place][place])


def _is_impossible(question: Question) -> bool:
    """Tell whether no returns have such a covariance: beside what the market explains, a pivot is below 0."""
    given = [[Fraction(cell) for cell in row] for row in question["model"]["covariance"]]
    place, market = question["model"]["assets"].index(question["contract"]["underlying"]), _market_variance(question)
    rest = [
        [cell - row[place] * other[place] / market for cell, other in zip(row, given, strict=True)] for row in given
    ]
    for column in range(len(rest)):
        scale, pivot = given[column][column], rest[column][column]
        if pivot < -_TOLERANCE * scale:
            return True
        below = range(column + 1, len(rest))
        if pivot > _TOLERANCE * scale:
            rest = _eliminate(rest, column)
        elif any(rest[row][column] ** 2 > _TOLERANCE * scale * given[row][row] for row in below):
            return True
    return False


def _eliminate(rest: list[list[Fraction]], column: int) -> list[list[Fraction]]:
    """Take away what a column explains of those after it."""
    pivot = rest[column][column]
    return [
        [
            cell - cells[column] * rest[other][column] / pivot if min(row, other) > column else cell
            for other, cell in enumerate(cells)
        ]
        for row, cells in enumerate(rest)
    ]


def _refuse_blocks(question: Question) -> Refusals:
    returns = question["model"].get("returns")
    if returns is None:
        return ()
    return (
        ("inconsistent_question", lambda: len({len(series) for series in returns.values()}) > 1),
        ("inconsistent_question", lambda: _lacks(returns, question)),
        ("too_few_observations", lambda: _has_few_days(question)),
    )


def _has_few_days(question: Question) -> bool:
    """Tell whether blocks can't be drawn from the days on which all that is needed has a return."""
    model = question["model"]
    days = zip(*(model["returns"][asset] for asset in sorted(_needed(question))), strict=True)
    count = sum(None not in day for day in days)
    return count < _least_days(model, count)


def _least_days(model: Question, count: int) -> int:
    """Tell from how many days blocks are drawn, where there are so many."""
    usual = max(_SHORTEST, min(_LONGEST, round(count ** (1 / 3))))
    block: int = usual if model.get("block_days") is None else model["block_days"]
    return max(FEWEST_DAYS, block)


_OF_MODELS: dict[str, Callable[[Question], Refusals]] = {
    "factor": lambda _: (),
    "covariance": _refuse_covariance,
    "bootstrap": _refuse_blocks,
}
