"""Questions made by hand about how much to hedge: together they get every kind of answer and every refusal there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi import beta_scenes
from tests.openapi import scenes as sizing_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.market import EXCHANGES, named, on_bitcoin
from tests.openapi.staging import COVERAGE, Body, Changes, Complete, pose_all

_OWN: Body = {
    "coverages": ["0", "0.5", "1"],
    "chosen_coverage": "0.5",
    "risk": {"style": "assumed", "volatility": 0.6, "r_squared": 0.58, "residual_volatility": None},
    "horizon_days": 30,
    "risk_aversion": 3,
    "expected_drift": 0.1,
    "cost_rate": "0.002",
    "funding_rate": None,
    "fee_rate": None,
    "confidence": 0.95,
    "target_volatility": 0.7,
    "margin": {"wallet_balance": "2000", "leverage": None},
    "max_probability": 0.01,
}


def _with_own(body: Body) -> Body:
    """Take the book of a sizing, and all that is asked here beside it."""
    kept = {name: value for name, value in body.items() if name not in {"coverage", "rounding"}}
    return {**kept, **_OWN}


GIVEN: Body = _with_own(sizing_scenes.LINEAR)
"""Every member there is, with a linear contract."""
INVERSE: Body = {**_with_own(sizing_scenes.INVERSE), "margin": {"wallet_balance": "0.05", "leverage": None}}
"""Every member there is, with an inverse contract."""
PARTS: Body = {
    **GIVEN,
    "contract": {**GIVEN["contract"], "expiry": None},
    "risk": {**_OWN["risk"], "r_squared": None, "residual_volatility": 0.5},
    "cost_rate": None,
    "funding_rate": "0.0001",
    "fee_rate": "0.0004",
    "margin": {"wallet_balance": None, "leverage": "5"},
}
"""Every member there is, with the parts of a cost."""
MEASURED: Body = {
    **GIVEN,
    "risk": {
        "style": "returns",
        "portfolio": [0.02, -0.03, None, 0.01, -0.02],
        "futures": [0.01, -0.02, 0.03, 0.02, -0.01],
        "periods_per_year": 365,
    },
}
"""Every member there is, with returns."""
LISTED: Body = {**_with_own(sizing_scenes.LISTED), "margin": {"wallet_balance": None, "leverage": "5"}}
"""Every member there is, with a contract that is looked up."""
COMPLETE: Complete = (
    (GIVEN, (("surprise",), *((name,) for name in GIVEN if name != "contract"))),
    (INVERSE, (("contract", "style"), ("contract", "multiplier"))),
    (PARTS, (("risk",), ("funding_rate",), ("fee_rate",), ("margin",))),
    (MEASURED, (("risk",),)),
    (LISTED, (("contract",), ("market",))),
    (beta_scenes.with_every_member(GIVEN), (("betas", "method"),)),
)
"""Each with the members in which it is varied; those of a contract are those of a sizing's, and varied there."""

PLAIN: Body = {
    **sizing_scenes.BASKET,
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.16}, {"asset": "ADA", "quantity": "5000", "beta": 1.09}],
}
"""8,200 with a beta of 1.14, and nothing that is expected or posted."""
LIVE: Body = {
    "holdings": PLAIN["holdings"],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
}
"""Nothing but the book is sent."""


def _of(portfolio: object, futures: object, **more: object) -> Changes:
    """Send returns."""
    return (("risk", {"style": "returns", "portfolio": portfolio, "futures": futures, **more}),)


_RISES = [0.02, -0.03, 0.015, 0.01, -0.02, 0.004]
_MOVES = [0.01, -0.02, 0.03, 0.02, -0.01, 0.002]
_INVERSE = (("contract.style", "inverse"), ("contract.multiplier", "100"))
_BARE = (
    ("contract.initial_margin_rate", None),
    ("contract.maintenance_margin_rate", None),
    ("contract.taker_fee_rate", None),
)
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "by value": (("weighting", "value"),),
    "twenty coverages": (("coverages", [f"0.{number:02}" for number in range(1, 21)]),),
    "one coverage": (("coverages", ["1"]),),
    "tenfold coverage": (("coverages", ["10"]), ("chosen_coverage", "10")),
    "a chosen half": (("chosen_coverage", "0.5"),),
    "all of it chosen": (("chosen_coverage", "1"),),
    "none of it chosen": (("chosen_coverage", "0"),),
    "a single coin": (("risk", {"style": "assumed", "r_squared": 0.15}),),
    "a book of its own": (("risk", {"style": "assumed", "residual_volatility": 2}),),
    "nothing of its own": (("risk", {"style": "assumed", "r_squared": 1}),),
    "a calm market": (("risk", {"style": "assumed", "volatility": 0.01}),),
    "returns": _of(_RISES, _MOVES),
    "returns with gaps": _of([*_RISES, None, 0.01], [*_MOVES, 0.01, None], periods_per_year=52),
    "a thousand returns": _of(
        [0.001 * (day % 7 - 3) + 0.002 * (day % 3 - 1) for day in range(1000)],
        [0.001 * (day % 7 - 3) for day in range(1000)],
    ),
    "thirty returns": _of([0.012 * (day % 7 - 3) for day in range(30)], [0.01 * (day % 7 - 3) for day in range(30)]),
    "returns against the future": _of([-one for one in _MOVES], _MOVES),
    "returns apart from the future": _of([0.01, 0.02, 0.01, -0.01], [0.01, 0.02, 0.03, 0.02]),
    "a future that only falls": _of([-0.01, -0.02, -0.04], [-0.02, -0.03, -0.05]),
    "returns of a hundredfold": _of([-1, 100, 0.5], [100, -1, 3]),
    "a rise is expected": (("expected_drift", 0.4),),
    "a great rise is expected": (("expected_drift", 10),),
    "a great fall is expected": (("expected_drift", -10),),
    "a tail that decides": (("expected_drift", 1.5), ("risk_aversion", 1000)),
    "a bold one": (("risk_aversion", 0.01),),
    "a day": (("horizon_days", 1),),
    "a year": (("horizon_days", 365), ("funding_rate", "0.0001"), ("contract.funding_interval_hours", 1)),
    "funding is received": (("funding_rate", "0.0001"),),
    "funding is paid": (("funding_rate", "-0.0003"), ("fee_rate", "0.0002")),
    "a cost of all": (("cost_rate", "-0.008"),),
    "a cost beyond all tails": (("cost_rate", "9.9"),),
    "an income beyond all tails": (("cost_rate", "-9.9"),),
    "a budget": (("target_volatility", 0.7),),
    "a wide budget": (("target_volatility", 100),),
    "a narrow budget": (("target_volatility", 0),),
    "a wallet": (("margin", {"wallet_balance": "1500"}),),
    "a wallet for all": (("margin", {"wallet_balance": "90000"}),),
    "an empty wallet": (("margin", {"wallet_balance": "0"}),),
    "a leverage": (("margin", {"leverage": "20"}),),
    "a leverage that is near": (("margin", {"leverage": "50"}), ("contract.initial_margin_rate", "0.02")),
    "a margin of nothing": (("margin", {}),),
    "any probability": (("margin", {"leverage": "20"}), ("max_probability", 1)),
    "no probability": (("margin", {"wallet_balance": "1500"}), ("max_probability", 0)),
    "a confidence of eight in ten": (("confidence", 0.8),),
    "a confidence of all but one in a thousand": (("confidence", 0.999),),
    "inverse": _INVERSE,
    "inverse, with coins": (*_INVERSE, ("margin", {"wallet_balance": "0.03"})),
    "inverse, never liquidated": (*_INVERSE, ("margin", {"wallet_balance": "5"})),
    "no terms": _BARE,
    "no terms, and a wallet": (*_BARE, ("margin", {"wallet_balance": "1500"})),
    "no maintenance, and a wallet": (
        ("contract.maintenance_margin_rate", None),
        ("margin", {"wallet_balance": "1500"}),
    ),
    "no initial margin, and an empty record": (("contract.initial_margin_rate", None), ("margin", {})),
    "no initial margin, and a leverage": (("contract.initial_margin_rate", None), ("margin", {"leverage": "3"})),
    "no initial margin": (("contract.initial_margin_rate", None),),
    "about to expire": (("contract.expiry", "2026-01-03T03:04:05Z"),),
    "a short book": (("holdings.0.quantity", "-80"),),
    "a short book with returns": (("holdings.0.quantity", "-80"), *_of(_RISES, _MOVES)),
    "betas that flip": (("holdings.0.beta", -1), ("holdings.1.beta", 1)),
    "nothing to hedge": (("holdings.0.quantity", "0"), ("holdings.1.quantity", "0")),
    "nothing to hedge, with returns that say nothing": (
        ("holdings.0.quantity", "0"),
        ("holdings.1.quantity", "0"),
        *_of([0, 0, 0], [0, 0, 0]),
    ),
    "betas of nothing": (("holdings.0.beta", 0), ("holdings.1.beta", 0)),
    "money only": (("holdings", [{"asset": "USDT", "quantity": "9"}]), ("prices.USDT", "1.01")),
    "off its peg": (("holdings.0.asset", "DAI"), ("prices.DAI", "0.97")),
    "the smallest book": (("holdings", [{"asset": "SOL", "quantity": f"0.{1:018}", "beta": 1e-18}]),),
    "a price of the underlying that is far": (("prices.BTC", "6000"),),
    "a price not used": (("prices.XRP", "0.5"),),
    "1,000 holdings": (("holdings", [{"asset": "SOL", "quantity": "0.04", "beta": 1.1}] * 1000),),
    "everything by its default": tuple(
        (name, None)
        for name in (
            *("market", "chosen_coverage", "cost_rate", "funding_rate", "fee_rate", "target_volatility", "margin"),
        )
    ),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("coverages", []), ("horizon_days", 0.5)),
    "invalid_request: 21 coverages": (("coverages", ["1"] * 21),),
    "invalid_request: two returns": _of([0.1, 0.2], [0.1, 0.2]),
    "invalid_request: 1,001 returns": _of([0.1] * 1001, [0.1] * 1001),
    "invalid_request: another style": (("risk", {"style": "garch"}),),
    "inconsistent_question": (("risk", {"style": "assumed", "r_squared": 0.5, "residual_volatility": 0.5}),),
    "inconsistent_question: two lengths": _of(_RISES, _MOVES[1:]),
    "inconsistent_question: a cost and a part of it": (("cost_rate", "0"), ("fee_rate", "0")),
    "inconsistent_question: a cost and funding": (("cost_rate", "0"), ("funding_rate", "0")),
    "inconsistent_question: it expires and is funded": (
        ("contract.expiry", "2026-06-26T08:00:00Z"),
        ("funding_rate", "0"),
    ),
    "inconsistent_question: before a price is missed": (("cost_rate", "0"), ("fee_rate", "0"), ("prices", {})),
    "inconsistent_question: values that cancel": (
        ("holdings", [{"asset": "SOL", "quantity": "1", "beta": 1}, {"asset": "ADA", "quantity": "-1", "beta": 2}]),
        ("prices.ADA", "150"),
    ),
    "inconsistent_contract": (("contract.symbol", "SOL"),),
    "expired_contract": (("contract.expiry", "2026-01-02T03:04:05Z"),),
    "price_missing": (("prices", {}),),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "beta_missing": (("holdings.0.beta", None),),
    "margin_conflict": (("margin", {"wallet_balance": "1", "leverage": "1"}),),
    "leverage_out_of_range": (("margin", {"leverage": "20.1"}),),
    "leverage_out_of_range: before it is funded": (
        ("margin", {"leverage": "20.1"}),
        ("contract.expiry", "2026-06-26T08:00:00Z"),
        ("funding_rate", "0"),
    ),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
    "size_out_of_range: by a coverage": (("holdings.0.quantity", "5000000000"), ("coverages", ["0.1", "2"])),
    "size_out_of_range: by the chosen one": (("holdings.0.quantity", "5000000000"), ("chosen_coverage", "2")),
    "too_few_observations": _of([0.1, None, 0.2, None], [0.1, 0.2, None, 0.3]),
    "zero_variance": _of([0.1, 0.1, 0.1], _MOVES[:3]),
    "zero_variance: of the future": _of(_RISES[:3], [0, 0, 0]),
}
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a median": (("market.exchange", "median"),),
    "a contract in full": (("contract", PLAIN["contract"]), ("prices", {"BTC-MINI": "60000"})),
    "returns": _of(_RISES, _MOVES),
    "a wallet and unknown terms": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
        ("margin", {"wallet_balance": "1"}),
    ),
    "the underlying": (("holdings", [{"asset": "BTC", "quantity": "1"}]),),
    "a wallet": (("margin", {"wallet_balance": "5000"}),),
    "prices that are sent": (("prices", {"SOL": "150", "ADA": "0.44", "BTCUSDT": "60000"}), ("market", None)),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "not_listed": (("contract.symbol", "BTCUSDTT"),),
    "not_listed: an asset": (("holdings.1.asset", "NOPE"),),
    "currency_mismatch": (("contract", {"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}),),
    "as_of_not_now": (("as_of", "2026-01-02T03:04:05Z"),),
    "price_missing": (("market", None),),
    "inconsistent_question": (("cost_rate", "0"), ("fee_rate", "0"), ("contract.symbol", "NOPE")),
    "beta_missing": (("holdings.0.beta", ABSENT),),
    "leverage_out_of_range": (("margin", {"leverage": "101"}),),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
    "zero_variance": _of([0.1, 0.1, 0.1], _MOVES[:3]),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect")),
    *((fault, (("contract", PLAIN["contract"]),)) for fault in ("off", "outage")),
    *((fault, (("contract.exchange", "weex"),)) for fault in ("off", "outage")),
    *((fault, (("cost_rate", "0"), ("fee_rate", "0"))) for fault in ("off", "outage")),
    *((fault, (("contract", PLAIN["contract"]), ("prices", PLAIN["prices"]))) for fault in ("off", "outage")),
    (
        "outage",
        (
            ("contract", PLAIN["contract"]),
            ("prices", {"BTC-MINI": "60000", "ADA": "0.44"}),
            ("market.exchange", "bybit"),
        ),
    ),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        COVERAGE,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values(), *beta_scenes.of_then()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *_everywhere(), *beta_scenes.of_now()),
        by_the_way=(*_BY_THE_WAY, *beta_scenes.BY_THE_WAY),
    )
    return tuple(posed)


def _everywhere() -> Iterator[Changes]:
    """Take every future on bitcoin at every exchange, with funding: those that expire have none."""
    for exchange in EXCHANGES:
        for listed in named(exchange, on_bitcoin(exchange)):
            yield (("contract", listed), ("prices", {"USDT": "0.9996"}), ("funding_rate", "0.0001"))
            yield (("contract", listed), ("prices", {"USDT": "0.9996", "USDC": "1.0001"}))
