"""Questions made by hand about outcomes: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi import beta_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.staging import SIMULATIONS, Body, Changes, Complete, pose_all, pose_chart, stage

AS_OF = "2026-01-02T03:04:05Z"
_CONTRACT: Body = {
    "style": "linear",
    "symbol": "BTC-MINI",
    "underlying": "BTC",
    "multiplier": "0.1",
    "tick_size": "0.1",
    "initial_margin_rate": "0.05",
    "maintenance_margin_rate": "0.004",
    "taker_fee_rate": "0.0005",
    "funding_interval_hours": 8,
}
_FACTOR: Body = {
    "style": "factor",
    "volatility": 0.6,
    "degrees_of_freedom": 4,
    "residual_volatility": 0.8,
    "residual_volatilities": {"SOL": 0.9},
    "residual_correlation": 0.4,
}
_COVARIANCE: Body = {
    "style": "covariance",
    "assets": ["BTC", "SOL"],
    "covariance": [[0.001, 0.0012], [0.0012, 0.004]],
    "degrees_of_freedom": 4,
}
_RETURNS: Body = {
    "BTC": [0.01, -0.03, 0.02, 0.005, -0.015, 0.03, -0.01, 0.02, -0.025, 0.01, 0.04, -0.02],
    "SOL": [0.02, -0.05, 0.02, 0.015, -0.03, 0.05, 0.0, 0.01, -0.045, 0.025, 0.06, -0.035],
}
_BOOTSTRAP: Body = {"style": "bootstrap", "returns": _RETURNS, "history_days": None, "block_days": 5, "drift": "none"}
_HISTORY: Body = {**_BOOTSTRAP, "returns": None, "history_days": 60}
_PROCESS: Body = {"mean_rate": 0.0001, "persistence": 0.9, "volatility": 0.00006}
GIVEN: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
    "contract": _CONTRACT,
    "prices": {"SOL": "150", "BTC-MINI": "60000"},
    "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
    "weighting": "beta",
    "hedges": [{"coverage": "1", "contracts": None, "wallet_balance": None, "leverage": "5"}],
    "horizon_days": 2,
    "paths": 1000,
    "seed": 1,
    "model": _FACTOR,
    "confidence": 0.95,
    "funding_rate": "0.0001",
    "funding_process": _PROCESS,
    "theme": "light",
    "as_of": AS_OF,
}
"""Every member there is, with a market factor."""
GIVEN_COVARIANCE: Body = {
    **GIVEN,
    "hedges": [{"coverage": None, "contracts": "1", "wallet_balance": "900", "leverage": None}],
    "model": _COVARIANCE,
}
"""Every member there is, with a covariance."""
GIVEN_DAYS: Body = {**GIVEN, "model": _BOOTSTRAP}
"""Every member there is, with past days."""
GIVEN_HISTORY: Body = {
    **GIVEN,
    "market": {"exchange": "bybit", "quote": "USDT", "max_age_seconds": 30},
    "model": _HISTORY,
    "as_of": None,
}
"""Every member there is, with past days that are looked up."""
COMPLETE: Complete = (
    (GIVEN, ()),
    (beta_scenes.with_every_member(GIVEN), (("betas", "method"),)),
    (GIVEN_COVARIANCE, (("model",), ("hedges",))),
    (GIVEN_DAYS, (("model",),)),
    (GIVEN_HISTORY, (("model",), ("market",))),
)
"""Each with the members in which it is varied; none for all of them."""
PLAIN: Body = {
    "holdings": [
        {"asset": "SOL", "quantity": "40", "beta": 1.2},
        {"asset": "ADA", "quantity": "5000", "beta": 1.1},
        {"asset": "DOT", "quantity": "300", "beta": 1.1},
    ],
    "contract": _CONTRACT,
    "prices": {"SOL": "150", "ADA": "0.44", "DOT": "6", "BTC-MINI": "60000"},
    "weighting": "beta",
    "hedges": [{"coverage": "1", "leverage": "5"}, {"coverage": "0.5"}],
    "horizon_days": 3,
    "paths": 1000,
    "as_of": AS_OF,
}
"""Coins worth 10,000, and two hedges, of which one has the wallet that its contract asks for."""
LIVE: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
    "hedges": [{"coverage": "1", "leverage": "5"}],
    "horizon_days": 2,
    "paths": 1000,
}
"""Nothing but the book is sent."""
_ONE_COIN: Changes = (("holdings", GIVEN["holdings"]),)
_INVERSE: Changes = (("contract.style", "inverse"), ("contract.multiplier", "100"))
_DATED: Changes = (("contract.expiry", "2026-03-27T08:00:00Z"),)
_UNKNOWN: Changes = (("contract.maintenance_margin_rate", None),)


def _under(model: Body, **members: object) -> Changes:
    """Simulate one coin under a model."""
    return (*_ONE_COIN, ("model", {**model, **members}))


def _covary(*rows: list[float]) -> Changes:
    return _under(_COVARIANCE, covariance=rows)


_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "by value": (("weighting", "value"),),
    "normal shocks": (("model", {"style": "factor", "degrees_of_freedom": None}),),
    "odd degrees": (("model", {"style": "factor", "degrees_of_freedom": 3}),),
    "everything of one factor": (("model", {**_FACTOR, "residual_volatility": None, "residual_correlation": None}),),
    "coins that are one": (("model", {**_FACTOR, "residual_correlation": 1}),),
    "coins without a life": (("model", {**_FACTOR, "residual_volatility": 0, "residual_volatilities": {}}),),
    "the wildest market": (("model", {**_FACTOR, "volatility": 5, "degrees_of_freedom": 3}), ("horizon_days", 365)),
    "the underlying itself": (
        ("holdings", [{"asset": "BTC", "quantity": "1"}]),
        ("prices.BTC", "60000"),
        ("model.style", "factor"),
    ),
    "a covariance": _under(_COVARIANCE),
    "a covariance of normal shocks": _under(_COVARIANCE, degrees_of_freedom=None),
    "a singular covariance": _covary([0.001, 0.001], [0.001, 0.001]),
    "a covariance with a coin that never moves": _covary([0.001, 0], [0, 0]),
    "a covariance of more than is held": _under(
        _COVARIANCE,
        assets=["ETH", "SOL", "BTC"],
        covariance=[[0.002, 0.001, 0.001], [0.001, 0.004, 0.0012], [0.001, 0.0012, 0.001]],
    ),
    "past days": _under(_BOOTSTRAP),
    "past days of no length": _under(_BOOTSTRAP, block_days=None),
    "past days that go on": _under(_BOOTSTRAP, drift="history"),
    "past days with a gap": _under(_BOOTSTRAP, returns={**_RETURNS, "BTC": [None, *_RETURNS["BTC"][1:]]}),
    "past days of ruin": _under(_BOOTSTRAP, returns={**_RETURNS, "SOL": [-1] * 12}),
    "past days of wonders": _under(_BOOTSTRAP, returns={**_RETURNS, "BTC": [100] * 12}),
    "many past days": _under(_BOOTSTRAP, returns={name: days * 4 for name, days in _RETURNS.items()}),
    "single days": _under(_BOOTSTRAP, block_days=1),
    "a short book": (("holdings.0.quantity", "-80"),),
    "betas that flip": (("holdings.0.beta", -1), ("holdings.1.beta", 1)),
    "nothing to hedge": (("holdings", [{"asset": "SOL", "quantity": "0", "beta": 1}]),),
    "nothing to hedge, and hedged": (
        ("holdings", [{"asset": "SOL", "quantity": "0", "beta": 1}]),
        ("hedges", [{"contracts": "1", "leverage": "3"}]),
    ),
    "money only": (("holdings", [{"asset": "USDT", "quantity": "9"}]), ("prices.USDT", "1.01")),
    "money, off its peg": (("holdings", [{"asset": "DAI", "quantity": "9", "beta": 0}]), ("prices.DAI", "0.97")),
    "sent twice": (("holdings.1", {"asset": "SOL", "quantity": "1", "beta": 1.2}),),
    "the contract's own margin": (("hedges", [{"coverage": "1"}]),),
    "no margin known": (("contract.initial_margin_rate", None), ("hedges", [{"coverage": "1"}])),
    "hedged by nothing": (("hedges", [{"coverage": "0", "leverage": "5"}]),),
    "hedged too much": (("hedges", [{"coverage": "10", "leverage": "20"}]),),
    "hedged ten times": (("hedges", [{"contracts": str(count)} for count in range(10)]),),
    "a wallet of nothing": (("hedges", [{"contracts": "1", "wallet_balance": "0"}]),),
    "a wallet for everything": (("hedges", [{"contracts": "1", "wallet_balance": "999999999"}]),),
    "inverse": (*_INVERSE, ("hedges", [{"coverage": "1", "leverage": "5"}])),
    "inverse, never liquidated": (*_INVERSE, ("hedges", [{"coverage": "1", "leverage": "1"}])),
    "inverse, with the contract's own margin": (*_INVERSE, ("hedges", [{"coverage": "1"}])),
    "inverse, of a short book": (*_INVERSE, ("holdings.0.quantity", "-80"), ("funding_rate", "0.0001")),
    "a long that is never liquidated": (
        ("holdings.0.quantity", "-80"),
        ("hedges", [{"coverage": "1", "leverage": "0.5"}]),
    ),
    "a dated contract": _DATED,
    "a dated contract, to the moment": (("contract.expiry", "2026-01-05T03:04:05Z"),),
    "no fees": (("contract.taker_fee_rate", ABSENT),),
    "rebates": (("contract.taker_fee_rate", "-0.9"),),
    "no ticks": (("contract.tick_size", ABSENT),),
    "no maintenance, and no wallet": (*_UNKNOWN, ("hedges", [{"coverage": "1"}])),
    "maintenance at entry": (("contract.maintenance_basis", "entry"),),
    "funding as it is": (("funding_rate", "0.0001"),),
    "funding of a process": (("funding_process", _PROCESS),),
    "funding that goes to its mean": (("funding_process", {**_PROCESS, "volatility": 0}), ("funding_rate", "-0.001")),
    "funding that swings": (
        ("funding_process", {**_PROCESS, "persistence": -0.99}),
        ("contract.funding_interval_hours", 7),
    ),
    "funding once a day": (("funding_process", _PROCESS), ("contract.funding_interval_hours", 24)),
    "the wildest funding": (
        ("funding_process", {"mean_rate": -1, "persistence": 0.99, "volatility": 1}),
        ("contract.funding_interval_hours", 1),
        ("horizon_days", 365),
    ),
    "funding that takes the wallet": (("funding_rate", "-0.005"), ("horizon_days", 14)),
    "funding that takes coins": (
        *_INVERSE,
        ("funding_rate", "-0.05"),
        ("hedges", [{"coverage": "1", "leverage": "1"}]),
    ),
    "a day": (("horizon_days", 1),),
    "a month": (("horizon_days", 31),),
    "a year": (("horizon_days", 365),),
    "more paths": (("paths", 5000), ("confidence", 0.8)),
    "many paths": (("paths", 20_000),),
    "a far tail": (("confidence", 0.999),),
    "another seed": (("seed", 2**31 - 1),),
    "the largest holding": (("holdings.0.quantity", "9" * 15), ("hedges", [{"coverage": "0.000000000000000001"}])),
    "the smallest price": (("prices.SOL", f"0.{1:018}"), ("hedges", [{"coverage": "1", "leverage": "5"}])),
    "a market that is not needed": (("market", {"exchange": "mexc"}),),
    "a hundred holdings": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": 1}] * 100),),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request: no hedge": (("hedges", []),),
    "invalid_request: eleven": (("hedges", [{"coverage": "1"}] * 11),),
    "invalid_request: 999 paths": (("paths", 999),),
    "invalid_request: no day": (("horizon_days", 0),),
    "invalid_request: no such model": (("model", {"style": "crystal"}),),
    "invalid_request: wild degrees": (("model", {**_FACTOR, "degrees_of_freedom": 2}),),
    "invalid_request: nine days": _under(_BOOTSTRAP, returns={name: days[:9] for name, days in _RETURNS.items()}),
    "inconsistent_contract": (("contract.min_quantity", "3"), ("contract.max_quantity", "2")),
    "inconsistent_contract: name": (("contract.symbol", "SOL"),),
    "expired_contract": (("contract.expiry", AS_OF),),
    "price_missing": (("prices", {"SOL": "150"}),),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "beta_missing": (("holdings.1", {"asset": "ADA", "quantity": "1"}),),
    "inconsistent_question: it settles before": (("contract.expiry", "2026-01-05T03:04:04Z"),),
    "inconsistent_question: it expires and is funded": (*_DATED, ("funding_rate", "0.0001")),
    "inconsistent_question: it expires and will be funded": (*_DATED, ("funding_process", _PROCESS)),
    "inconsistent_question: funded nobody knows when": (
        ("contract.funding_interval_hours", None),
        ("funding_rate", "0.0001"),
    ),
    "inconsistent_question: no size": (("hedges", [{"coverage": "1"}, {"leverage": "5"}]),),
    "inconsistent_question: two sizes": (("hedges", [{"coverage": "1", "contracts": "1"}]),),
    "margin_conflict": (("hedges", [{"coverage": "1", "wallet_balance": "1", "leverage": "1"}]),),
    "leverage_out_of_range": (("hedges", [{"coverage": "1", "leverage": "20.000000000000000001"}]),),
    "margin_terms_missing": (*_UNKNOWN, ("hedges", [{"coverage": "1", "leverage": "5"}])),
    "margin_terms_missing: for a wallet": (*_UNKNOWN, ("hedges", [{"coverage": "1", "wallet_balance": "5"}])),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
    "size_out_of_range: by contracts": (("hedges", [{"contracts": "166666666.7"}]),),
    "work_out_of_range": (("paths", 1_000_000), ("horizon_days", 30)),
    "inconsistent_question: a coin that does not move": (("model", _COVARIANCE),),
    "inconsistent_question: an underlying that does not move": _under(
        _COVARIANCE, assets=["SOL"], covariance=[[0.004]]
    ),
    "inconsistent_question: an asset twice": _under(_COVARIANCE, assets=["BTC", "BTC"]),
    "inconsistent_question: no square": _covary([0.001, 0.0012]),
    "inconsistent_question: uneven rows": _covary([0.001, 0.0012], [0.0012]),
    "inconsistent_question: not symmetric": _covary([0.001, 0.0012], [0.0011, 0.004]),
    "inconsistent_question: no covariance": _covary([0.001, 0.003], [0.003, 0.004]),
    "inconsistent_question: a negative variance": _covary([0.001, 0], [0, -0.004]),
    "inconsistent_question: moved by nothing": _under(
        _COVARIANCE,
        assets=["BTC", "SOL", "ADA"],
        covariance=[[0.001, 0.001, 0.001], [0.001, 0.001, 0.002], [0.001, 0.002, 0.009]],
    ),
    "zero_variance": _covary([0, 0], [0, 0.004]),
    "inconsistent_question: no days of a coin": _under(_BOOTSTRAP, returns={"BTC": _RETURNS["BTC"]}),
    "inconsistent_question: days of two times": _under(
        _BOOTSTRAP, returns={**_RETURNS, "SOL": [*_RETURNS["SOL"], 0.01]}
    ),
    "too_few_observations": _under(_BOOTSTRAP, returns={**_RETURNS, "BTC": [None] * 3 + _RETURNS["BTC"][3:]}),
    "too_few_observations: a long block": _under(_BOOTSTRAP, block_days=13),
}


def _lately(*changes: tuple[str, object]) -> Changes:
    """Draw from looked-up days."""
    return (("model", _HISTORY), *changes)


_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "looked-up days": _lately(),
    "looked-up days that go on": _lately(("model.drift", "history"), ("model.block_days", None)),
    "a year of looked-up days": _lately(("model.history_days", 365), ("market.exchange", "weex")),
    "looked-up days, all else sent": _lately(
        ("contract", _CONTRACT), ("prices", {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"})
    ),
    "looked-up days of a young coin": _lately(("holdings.1", {"asset": "BABYDOGE", "quantity": "1000000000"})),
    "looked-up days at BingX": _lately(("market.exchange", "bingx")),
    "looked-up days at MEXC, which tells few at once": _lately(
        ("holdings", [{"asset": "BTC", "quantity": "1"}]), ("market.exchange", "mexc")
    ),
    "looked-up days in another dollar": _lately(
        ("holdings", [{"asset": "BTC", "quantity": "1"}]),
        ("contract", _CONTRACT),
        ("prices", {"BTC": "60000", "BTC-MINI": "60000"}),
        ("market.quote", "USDC"),
    ),
    "looked-up days of the underlying alone": _lately(("holdings", [{"asset": "USDT", "quantity": "9"}])),
    "looked-up days of a coin that is held twice": _lately(("holdings.1", {"asset": "SOL", "quantity": "1"})),
    "looked-up days for coins at a dollar": _lately(
        ("contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}), ("prices.USDT", "0.998")
    ),
    "a median": (("market.exchange", "median"),),
    "a contract in full": (("contract", _CONTRACT), ("prices", {"BTC-MINI": "60000"})),
    "funded": (("funding_rate", "0.0001"),),
    "in coins": (
        ("contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}),
        ("prices.USDT", "0.998"),
    ),
    "unknown terms, and no wallet": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
        ("hedges", [{"coverage": "1"}]),
    ),
    "its own currency": (("holdings.0.asset", "USDT"),),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "inconsistent_question: days sent and looked up": _lately(("model.returns", _RETURNS)),
    "inconsistent_question: days neither sent nor looked up": _lately(("model.history_days", None)),
    "inconsistent_question: days from nowhere": _lately(
        ("market", None), ("contract", _CONTRACT), ("prices", {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"})
    ),
    "inconsistent_question: days of a median": _lately(("market.exchange", "median")),
    "as_of_not_now: days, all else sent": _lately(
        ("contract", _CONTRACT),
        ("prices", {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"}),
        ("as_of", AS_OF),
    ),
    "not_listed: no days of a coin": _lately(
        ("holdings.1", {"asset": "NOPE", "quantity": "1"}), ("prices.NOPE", "1"), ("market.exchange", "bybit")
    ),
    "stale_price: days of a coin that nobody trades": _lately(("holdings.1", {"asset": "LUNC", "quantity": "1"})),
    "not_listed: no days of the underlying": _lately(
        ("contract", {**_CONTRACT, "underlying": "NOPE"}), ("prices", {"BTC-MINI": "60000"})
    ),
    "too_few_observations: days of a young coin": _lately(
        ("holdings.1", {"asset": "BABYDOGE", "quantity": "1"}), ("model.block_days", 50)
    ),
    "not_listed: a new coin": _lately(("holdings.1", {"asset": "BIO", "quantity": "1"}), ("market.exchange", "weex")),
    "too_few_observations: blocks of more days": _lately(("model.history_days", 30), ("model.block_days", 31)),
    "margin_conflict: before days are looked up": _lately(
        ("hedges", [{"coverage": "1", "wallet_balance": "1", "leverage": "1"}]), ("contract.exchange", "binance")
    ),
    "invalid_request: 29 days": _lately(("model.history_days", 29)),
    "invalid_request: 366 days": _lately(("model.history_days", 366)),
    "not_listed": (("contract.symbol", "BTCUSDTT"),),
    "not_listed: an asset": (("holdings.1.asset", "NOPE"),),
    "currency_mismatch": (("market.quote", "USDC"),),
    "as_of_not_now": (("as_of", AS_OF),),
    "price_missing": (("market", None),),
    "beta_missing": (("weighting", "beta"),),
    "leverage_out_of_range": (("hedges", [{"coverage": "1", "leverage": "101"}]),),
    "margin_terms_missing": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
    ),
    "inconsistent_question: nobody knows when": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
        ("hedges", [{"coverage": "1"}]),
        ("funding_rate", "0.0001"),
    ),
    "size_out_of_range": (("hedges", [{"contracts": "9" * 15}]),),
    "work_out_of_range": (("paths", 1_000_000), ("horizon_days", 30)),
}
_SPARED: Changes = (
    ("contract", _CONTRACT),
    ("prices", {"BTC-MINI": "60000", "ADA": "0.44"}),
    ("market.exchange", "bybit"),
)
_DAYS_ONLY: Changes = _lately(("contract", _CONTRACT), ("prices", {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"}))
"""Nothing is looked up but past days."""
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect", "overloaded")),
    *((fault, _SPARED) for fault in ("off", "outage")),
    ("overloaded", (("hedges", [{}]),)),
    *((fault, _DAYS_ONLY) for fault in ("off", "outage", "overloaded")),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        SIMULATIONS,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values(), *beta_scenes.of_then()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *beta_scenes.of_now()),
        by_the_way=(*_BY_THE_WAY, *beta_scenes.BY_THE_WAY),
    )
    return (*posed, *_draw_all())


def _draw_all() -> Iterator[Sent]:
    """Ask for charts, and for none where there is nothing to simulate."""
    shown: tuple[Changes, ...] = ((), (("theme", "dark"),), _ANSWERED["hedged ten times"])
    for changes in (*shown, _ANSWERED["nothing to hedge"], _REFUSED["margin_conflict"]):
        yield pose_chart(stage(PLAIN, changes), SIMULATIONS)
    yield pose_chart(PLAIN, SIMULATIONS, "overloaded")
