"""Questions made by hand about estimated betas, for every operation on a book: changes to its own questions.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from typing import Any

from tests.openapi.asgi import Fault
from tests.openapi.staging import Body, Changes

RETURNS: dict[str, list[float | None]] = {
    "SOL": [0.031, -0.052, None, 0.018, -0.071, 0.044],
    "ADA": [0.01, -0.04, 0.01, 0.02, -0.05, 0.02],
    "BTC": [0.020, -0.031, 0.004, 0.011, -0.049, 0.025],
}
CLOSES: dict[str, list[str | None]] = {
    "SOL": ["150", "153", "149", None, "151", "140", "145"],
    "ADA": ["0.44", "0.45", "0.43", "0.43", "0.43", "0.42", "0.44"],
    "BTC": ["60000", "60600", "59900", "61000", "60000", "57000", "58500"],
}
_SENT: Body = {"style": "returns", "returns": RETURNS}
GIVEN: Body = {
    "method": "vasicek",
    "window_days": None,
    "interval_days": None,
    "series": {**_SENT, "interval_days": 1.0},
    "prior": {"mean": 1.0, "spread": 0.3},
    "decay": 0.97,
    "confidence": 0.9,
}
"""Every member there is, with returns."""
CLOSED: Body = {**GIVEN, "series": {"style": "closes", "closes": CLOSES, "interval_days": 1.0}}
"""Same with closes."""

BOOK: list[Body] = [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}]
"""Nothing of it brings a beta."""
_CONTRACT: Body = {
    "style": "linear",
    "symbol": "BTC-MINI",
    "underlying": "BTC",
    "multiplier": "0.1",
    "initial_margin_rate": "0.05",
    "maintenance_margin_rate": "0.004",
    "taker_fee_rate": "0.0005",
}
_PRICES: Body = {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"}


def with_every_member(body: Body, betas: Body = GIVEN) -> Body:
    """Ask for estimates beside all else that an operation takes."""
    held = [{**BOOK[0], "beta": None}, *BOOK[1:]]
    prices = {**body["prices"], "SOL": "150", "ADA": "0.44"}
    return {**body, "holdings": held, "prices": prices, "weighting": "beta", "betas": betas}


def _by(betas: object, *changes: tuple[str, object]) -> Changes:
    """Estimate the betas of a book that brings none."""
    return (("holdings", BOOK), ("weighting", "beta"), ("betas", betas), *changes)


def _of(series: dict[str, Any], **asked: object) -> Changes:
    """Estimate from returns."""
    return _by({"series": {"style": "returns", "returns": {**RETURNS, **series}}, **asked})


def _known(underlying: str, *assets: str) -> Changes:
    """Hold coins whose betas are known against a future on another."""
    held = [{"asset": asset, "quantity": "1", "beta": 1.2} for asset in assets]
    prices = {**dict.fromkeys(assets, "1"), "BTC-MINI": "60000"}
    return (
        ("holdings", held),
        ("weighting", "beta"),
        ("betas", {}),
        ("prices", prices),
        ("contract.underlying", underlying),
    )


_STEADY = {asset: [0.02, -0.03, 0.01, 0.015, -0.045, 0.03] * 5 for asset in ("SOL", "BTC")}
_LONG = {asset: [0.001 * ((day * (place + 2)) % 13 - 6) for day in range(1000)] for place, asset in enumerate(RETURNS)}
_MANY = [{"asset": f"C{number}", "quantity": "1"} for number in range(60)]

_ALONE = (("AVAX", "AAVE"), ("AVAX", "AVAX"), ("AVAX", "ADA"), ("ETC", "ETC"), ("ETC", "DOT"), ("BTC", "ADA"))
"""What a contract follows and a coin, each pair with another fall that was its worst."""

ANSWERED: dict[str, Changes] = {
    "betas by returns": _by({"series": _SENT}),
}
"""Of then: for every operation."""
ANSWERED_ONCE: dict[str, Changes] = {
    "betas by least squares": _by({"series": _SENT, "method": "ols"}),
    "betas by weights": _by({"series": _SENT, "method": "ewma", "decay": 0.5}),
    "betas by closes": _by({"series": {"style": "closes", "closes": CLOSES}}),
    "betas by another belief": _by({"series": _SENT, "prior": {"mean": -1, "spread": 10}}),
    "betas with much confidence": _by({"series": _SENT, "confidence": 0.999}),
    "betas of many returns": _by(
        {"series": {"style": "returns", "returns": {**_LONG, "DOT": _LONG["SOL"], "XRP": _LONG["ADA"]}}}
    ),
    "one beta that is sent": _by({"series": _SENT}, ("holdings", [{**BOOK[0], "beta": 1.3}, BOOK[1]])),
    "a beta that is sent of a coin held twice": _by({"series": _SENT}, ("holdings", [*BOOK, {**BOOK[0], "beta": 1.3}])),
    "betas of the underlying and of money": _by(
        {"series": _SENT},
        ("holdings", [BOOK[0], {"asset": "BTC", "quantity": "1"}, {"asset": "USDT", "quantity": "5"}]),
        ("prices", {**_PRICES, "BTC": "60000", "USDT": "1"}),
    ),
    "an own beta of the underlying": _by(
        {"series": _SENT},
        ("holdings", [BOOK[0], {"asset": "BTC", "quantity": "1", "beta": 0.9}]),
        ("prices", {**_PRICES, "BTC": "60000"}),
    ),
    "betas of nothing at risk": _by(
        {}, ("holdings", [{"asset": "USDT", "quantity": "5"}]), ("prices", {"USDT": "1", "BTC-MINI": "60000"})
    ),
    "betas of nothing held": _by({"series": _SENT}, ("holdings.0.quantity", "0"), ("holdings.1.quantity", "0")),
    "betas that need no market": _by({}, ("holdings", [{**BOOK[0], "beta": 1.3}])),
    "few and doubtful": _of({"SOL": [0.01, 0.02, -0.01, 0.02, 0.01, -0.01]}, method="ols"),
    "below 0": _of(
        {"SOL": [-move for move in _STEADY["SOL"]], "BTC": _STEADY["BTC"], "ADA": _STEADY["SOL"]}, method="ols"
    ),
    "a belief about nothing known": _by(
        {"series": {"style": "returns", "returns": {**RETURNS, "ETC": RETURNS["BTC"]}}, "prior": GIVEN["prior"]},
        ("contract.underlying", "ETC"),
    ),
    "falls": _known("AVAX", "AAVE", "ADA", "AVAX", "DOGE", "DOT", "LINK"),
    "other falls": _known("ETC", "ETC", "DOT", "BTC"),
    **{f"a fall of {held} on {on}": _known(on, held) for on, held in _ALONE},
    "falls of what nobody knows": _known("BTC", "HYPE"),
}
"""Of then: for one of them, since what is answered is of one kind for all."""
REFUSED: dict[str, Changes] = {
    "inconsistent_question: betas by value": _by({"series": _SENT}, ("weighting", "value")),
    "inconsistent_question: days sent and looked up": _by({"series": _SENT, "window_days": 90}),
    "inconsistent_question: a belief for nothing": _by({"series": _SENT, "method": "ols", "prior": GIVEN["prior"]}),
    "inconsistent_question: betas from nowhere": _by({}),
    "inconsistent_question: no returns of a coin": _by({"series": {"style": "returns", "returns": {"BTC": [0.1] * 3}}}),
    "inconsistent_question: returns of two lengths": _of({"SOL": [0.1] * 7}),
    "inconsistent_question: nothing is believed of it": _by({"series": _SENT}, ("contract.underlying", "ETC")),
    "inconsistent_question: a slope that is none": _of({"SOL": [10, -10, 30, 20, -1, 5]}, method="ols"),
    "inconsistent_question: too many coins": _by(
        {"series": _SENT}, ("holdings", _MANY), ("prices", {f"C{number}": "1" for number in range(60)} | _PRICES)
    ),
    "expired_contract: before betas": _by({}, ("contract.expiry", "2026-01-02T03:04:05Z")),
    "duplicate_symbol_beta_conflict: before betas": _by(
        {}, ("holdings", [{**BOOK[0], "beta": beta} for beta in (1, 2)])
    ),
    "too_few_observations: of betas": _of({"SOL": [0.1, None, None, None, 0.2, None]}),
    "zero_variance: of betas": _of({"BTC": [0.01] * 6}),
    "zero_variance: of a coin": _of({"SOL": [0.0] * 6}),
    "zero_variance: of late": _of(
        {name: [0.02, -0.02, *[0.001 * number] * 100] for number, name in ((0, "BTC"), (1, "SOL"), (2, "ADA"))},
        method="ewma",
        decay=0.5,
    ),
}
"""Of then: for every operation."""
LIVE_ANSWERED: dict[str, Changes] = {
    "betas of 90 days": _by({"method": "vasicek", "window_days": 90}),
}
LIVE_ANSWERED_ONCE: dict[str, Changes] = {
    **{
        f"betas of {exchange}": _by({}, ("holdings", BOOK[:1]), ("market.exchange", exchange))
        for exchange in ("bingx", "bybit", "mexc")
    },
    "betas of a year": _by({"window_days": 365}, ("market.exchange", "weex")),
    "betas of weeks": _by({"method": "ols", "window_days": 90, "interval_days": 7}),
    "betas, and all else sent": _by({"method": "ewma"}, ("contract", _CONTRACT), ("prices", _PRICES)),
    "betas of a young coin": _by({}, ("holdings.1", {"asset": "BABYDOGE", "quantity": "1000000"})),
}
LIVE_REFUSED: dict[str, Changes] = {
    "stale_price": _by({}, ("holdings.1", {"asset": "LUNC", "quantity": "1"})),
    "too_few_observations: in five days": _by({"window_days": 5, "interval_days": 2}),
    "not_listed: no days of a coin": _by(
        {}, ("holdings.1", {"asset": "NOPE", "quantity": "1"}), ("prices", {"NOPE": "1"})
    ),
    "inconsistent_question: betas of a median": _by({}, ("market.exchange", "median")),
    "as_of_not_now: betas, all else sent": _by(
        {}, ("contract", _CONTRACT), ("prices", _PRICES), ("as_of", "2026-01-02T03:04:05Z")
    ),
}
_ALL_SENT: Changes = _by({}, ("contract", _CONTRACT), ("prices", _PRICES))
"""Nothing is looked up but past days."""
BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, _ALL_SENT) for fault in ("off", "outage")),
    ("overloaded", (*ANSWERED_ONCE["betas of many returns"], ("contract", _CONTRACT), ("prices", _PRICES))),
)


def of_then() -> Iterator[Changes]:
    """List the questions of then for every operation."""
    yield from (*ANSWERED.values(), *REFUSED.values())


def of_then_once() -> Iterator[Changes]:
    """List those for one of them."""
    yield from ANSWERED_ONCE.values()


def of_now() -> Iterator[Changes]:
    """List the questions of now for every operation."""
    yield from (*LIVE_ANSWERED.values(), *LIVE_REFUSED.values())


def of_now_once() -> Iterator[Changes]:
    """List those for one of them."""
    yield from LIVE_ANSWERED_ONCE.values()
