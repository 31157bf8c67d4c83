"""Questions made by hand about effectiveness: together they get every kind of answer and every refusal there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from functools import cache

from tests.openapi import scenes as sizing_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import Steps
from tests.openapi.staging import EFFECTIVENESS, Body, Changes, Complete, pose_all

AS_OF = "2026-01-02T03:04:05Z"
_BOOK = [0.02, -0.05, 0.02, 0.015, -0.03, 0.05, 0.0, 0.01, -0.045, 0.025, 0.06, -0.035]
_FUTURE = [0.01, -0.03, 0.02, 0.005, -0.015, 0.03, -0.01, 0.02, -0.025, 0.01, 0.04, -0.02]
_MARKET = [0.0102, -0.0301, 0.0198, 0.0051, -0.0149, 0.0301, -0.0102, 0.0201, -0.0249, 0.0098, 0.0401, -0.0202]
_LEGS: Body = {"style": "legs", "portfolio": _BOOK, "futures": _FUTURE, "market": None, "interval_days": 1}
_RETURNS: Body = {"style": "returns", "returns": {"SOL": _BOOK, "BTC": _MARKET, "BTCFUT": _FUTURE}, "interval_days": 1}
_CLOSES: Body = {
    "style": "closes",
    "closes": {"SOL": ["150", "153", "149", "151", None], "BTC": ["60000", "60600", "59900", "60100", "60300"]},
    "interval_days": 1,
}
_WINDOW: Body = {"style": "window", "window_days": 60, "interval_days": 1}
_WALK: Body = {"estimation_intervals": 5, "test_intervals": 2}
_CHANGES: Body = {"item_changes": ["-500", "200", "-700"], "hedge_changes": ["420", "-190", "610"], "exposure": "10000"}
_HELD: Body = {"asset": "SOL", "quantity": "100", "start_price": "100", "end_price": "82"}
_POSITION: Body = {
    "held": [_HELD],
    "contract": sizing_scenes.LINEAR["contract"],
    "side": "short",
    "contracts": "2",
    "entry_price": "60000",
    "exit_price": "51060",
    "underlying_start_price": "60000",
    "underlying_end_price": "51000",
    "beta": 1.1,
    "coverage": None,
    "exact_contracts": "1.8",
    "funding_received": "12.5",
    "fees_paid": "11.1",
}
_TERMS: Body = {"symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"}
_BARE: Body = {**_TERMS, "style": "linear", "maintenance_margin_rate": "0.004"}
_TIERED: Body = {**_TERMS, "maintenance_tiers": [{"floor": "0", "rate": "0.004"}]}
_OWN: Body = {"hedge_ratio": 1.1, "confidence": 0.95, "walk_forward": _WALK, "as_of": AS_OF}
_FEW_LEGS: Body = {**_LEGS, "portfolio": _BOOK[:3], "futures": _FUTURE[:3]}
_FEW_RETURNS: Body = {**_RETURNS, "returns": {"SOL": _BOOK[:3], "BTC": _MARKET[:3], "BTCFUT": _FUTURE[:3]}}
GIVEN: Body = {
    **_OWN,
    "series": _FEW_LEGS,
    "holdings": None,
    "underlying": "BTC",
    "futures": None,
    "changes": _CHANGES,
    "position": _POSITION,
    "prices": {"SOL": "150"},
    "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
}
"""Every member there is, of two legs."""
WEIGHED: Body = {
    **GIVEN,
    "series": _FEW_RETURNS,
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
    "futures": "BTCFUT",
    "changes": None,
    "position": {**_POSITION, "coverage": "1", "exact_contracts": None},
}
"""Every member there is, of returns by asset."""
CLOSED: Body = {**WEIGHED, "series": _CLOSES, "futures": None, "position": None}
"""Every member there is, of closes."""
LOOKED_UP: Body = {
    **CLOSED,
    "series": _WINDOW,
    "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 60},
    "as_of": None,
}
"""Every member there is, of a window."""
_OF_POSITION = ("surprise", "held", "side", "contracts", "entry_price", "beta", "funding_received")
_VARIED: tuple[Steps, ...] = (
    *((name,) for name in ("surprise", "series", "hedge_ratio", "confidence", "walk_forward", "as_of")),
    *(("changes", name) for name in ("surprise", "item_changes", "exposure")),
    *(("position", name) for name in _OF_POSITION),
)
COMPLETE: Complete = (
    (GIVEN, _VARIED),
    (WEIGHED, (("series",), ("holdings",), ("futures",), ("position", "coverage"))),
    (CLOSED, (("series",), ("prices",))),
    (LOOKED_UP, (("series",), ("market",))),
)
"""Each with the members in which it is varied; a contract is varied for a sizing, of several prices one is."""

PLAIN: Body = {"series": {"style": "legs", "portfolio": _BOOK, "futures": _FUTURE}, "as_of": AS_OF}
"""Twelve days of two legs, and nothing else."""
LIVE: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "series": {"style": "window", "window_days": 60},
    "market": {"exchange": "binance"},
}
"""Nothing but the book is sent."""


def _legs(portfolio: object, futures: object, **more: object) -> Changes:
    return (("series", {"style": "legs", "portfolio": portfolio, "futures": futures, **more}),)


def _assets(*changes: tuple[str, object]) -> Changes:
    """Judge a book by the returns of its assets."""
    return (
        ("series", _RETURNS),
        ("holdings", [{"asset": "SOL", "quantity": "40"}]),
        ("prices", {"SOL": "150"}),
        *changes,
    )


def _closed(*changes: tuple[str, object]) -> Changes:
    """Split a result, and judge nothing."""
    return (("series", None), ("position", {**_POSITION, "exact_contracts": None}), *changes)


def _changed(items: list[str], hedges: list[str], **more: object) -> Changes:
    """Offset money, and judge nothing."""
    return (("series", None), ("changes", {"item_changes": items, "hedge_changes": hedges, **more}))


_FORTY = [0.012 * (day % 7 - 3) + 0.004 * (day % 3 - 1) for day in range(40)]
_NEAR = [0.01 * (day % 7 - 3) for day in range(40)]
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "walked through": (("walk_forward", _WALK),),
    "walked through in vain": (("walk_forward", {"estimation_intervals": 10}),),
    "not walked through": (("walk_forward", None),),
    "one to one": (("hedge_ratio", 1),),
    "not hedged": (("hedge_ratio", 0),),
    "hedged to more risk": (("hedge_ratio", 5),),
    "the future bought": (("hedge_ratio", -1),),
    "a future that hedges well": _legs(_FORTY, _NEAR),
    "a future that hedges well, in the eyes of an auditor": (*_legs(_FORTY, _NEAR), ("confidence", 0.8)),
    "forty days, and ten to test": (*_legs(_FORTY, _NEAR), ("walk_forward", {"estimation_intervals": 30})),
    "a market": _legs(_BOOK, _FUTURE, market=_MARKET),
    "a market with a gap": _legs(_BOOK, _FUTURE, market=[None, *_MARKET[1:]]),
    "gaps": _legs([*_BOOK, None, 0.01], [*_FUTURE, 0.01, None], interval_days=7),
    "hours": _legs(_BOOK, _FUTURE, interval_days=0.0005),
    "months": _legs(_BOOK, _FUTURE, interval_days=31),
    "against each other": _legs([-one for one in _BOOK], _FUTURE),
    "apart": _legs([0.01, 0.02, 0.01, -0.01], [0.01, 0.02, 0.03, 0.02]),
    "nothing in common": _legs([0.01, -0.01, -0.01, 0.01], [0.01, 0.01, -0.01, -0.01]),
    "a book that never moved": _legs([0.01] * 3, _FUTURE[:3], market=_MARKET[:3]),
    "a book that only gained": _legs([0.01, 0.02, 0.03, 0.05], _FUTURE[:4]),
    "a book that only gained, tested": (
        *_legs([0.01, 0.02, 0.03, 0.05, 0.01, 0.02], _FUTURE[:6]),
        ("walk_forward", {"estimation_intervals": 3, "test_intervals": 1}),
    ),
    "a book that never moved again": (
        *_legs([0.01, 0.02, -0.03, 0.01, 0.01, 0.01], _FUTURE[:6]),
        ("walk_forward", {"estimation_intervals": 3}),
    ),
    "returns that cancel": _legs([0.05, -0.05, 0.0001], [0.04, -0.05, 0.02]),
    "returns of a hundredfold": _legs([-1, 100, 0.5], [100, -1, 3]),
    "a thousand returns": (
        *_legs([0.001 * (day % 7 - 3) for day in range(1000)], [0.001 * (day % 5 - 2) for day in range(1000)]),
        ("walk_forward", {"estimation_intervals": 997, "test_intervals": 365}),
    ),
    "a confidence of eight in ten": (("confidence", 0.8),),
    "a confidence of all but one in a thousand": (("confidence", 0.999),),
    "by asset": _assets(),
    "by asset, with a future": _assets(("futures", "BTCFUT")),
    "by asset, with the underlying as future": _assets(("futures", "BTC")),
    "by asset, with what is held as future": _assets(("futures", "SOL")),
    "by asset, against another underlying": _assets(("underlying", "SOL")),
    "by asset, short": _assets(("holdings", [{"asset": "SOL", "quantity": "-40"}])),
    "by asset, with a dead coin": _assets(
        ("holdings", [{"asset": "SOL", "quantity": "1"}, {"asset": "LUNC", "quantity": "0"}]), ("prices.LUNC", "0.1")
    ),
    "by asset, with betas": _assets(("holdings", [{"asset": "SOL", "quantity": "1", "beta": 2}] * 2)),
    "by asset, with a price not used": _assets(("prices.XRP", "0.5")),
    "by asset, with money": _assets(
        ("holdings", [{"asset": "SOL", "quantity": "1"}, {"asset": "USDT", "quantity": "9"}]), ("prices.USDT", "1.001")
    ),
    "by asset, off its peg": _assets(
        ("holdings", [{"asset": "DAI", "quantity": "9"}]), ("prices.DAI", "0.97"), ("series.returns.DAI", _BOOK)
    ),
    "by asset, looks like money": _assets(
        ("holdings", [{"asset": "XUSD", "quantity": "9"}]), ("prices.XUSD", "1"), ("series.returns.XUSD", _BOOK)
    ),
    "fifty holdings": _assets(("holdings", [{"asset": "SOL", "quantity": "0.1"}] * 50)),
    "the smallest book": _assets(("holdings", [{"asset": "SOL", "quantity": f"0.{1:018}"}])),
    "nothing held": _assets(("holdings", [{"asset": "SOL", "quantity": "0"}])),
    "nothing held, and money to offset": _assets(
        ("holdings", [{"asset": "SOL", "quantity": "0"}]), ("changes", _CHANGES)
    ),
    "nothing held, and a result": _assets(
        ("holdings", [{"asset": "SOL", "quantity": "0"}]), ("position", {**_POSITION, "beta": None})
    ),
    "closes": (("series", _CLOSES), ("holdings", [{"asset": "SOL", "quantity": "1"}]), ("prices", {"SOL": "151"})),
    "money alone": _changed(["-500", "200"], ["420", "-190"]),
    "money of a value": _changed(["-500", "200", "1"], ["420", "-190", "1"], exposure="10000"),
    "money that cancels": _changed(["-500", "500"], ["420", "-190"]),
    "money within the corridor": _changed(["-1"], ["0.8"]),
    "money beside returns": (("changes", _CHANGES),),
    "a result": _closed(),
    "a result by the slope": (("position", {**_POSITION, "beta": None}),),
    "a result by the slope of another book": _assets(
        ("position", {**_POSITION, "held": [{**_HELD, "asset": "ADA"}], "beta": None})
    ),
    "a result of an inverse future": _closed(
        ("position.contract", sizing_scenes.INVERSE["contract"]), ("position.contracts", "120")
    ),
    "a result of a bare future": _closed(("position.contract", _BARE)),
    "a result of a bare inverse future": _closed(("position.contract", {**_BARE, "style": "inverse"})),
    "a result of a future with tiers": _closed(("position.contract", {**_TIERED, "style": "linear"})),
    "a result of an inverse future with tiers": _closed(("position.contract", {**_TIERED, "style": "inverse"})),
    "a result of odd prices": _closed(("position.exit_price", "40000")),
    "a result on a coverage": _closed(("position.coverage", "0.75")),
    "a result of an exact size": _closed(("position.exact_contracts", "1.7")),
    "a result of a long hedge": _closed(("position.side", "long"), ("position.held.0.quantity", "-100")),
    "a result of nothing": _closed(("position.held.0.quantity", "0"), ("position.coverage", "1")),
    "a result of the largest": _closed(
        ("position.contracts", "9" * 15), ("position.held.0.quantity", "9" * 15), ("position.entry_price", f"0.{1:018}")
    ),
    "a result of a thousand coins": _closed(("position.held", [_HELD] * 1000)),
    "everything by its default": (
        *((name, None) for name in ("holdings", "futures", "hedge_ratio", "changes", "position", "market")),
    ),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("confidence", 1), ("hedge_ratio", 11)),
    "invalid_request: two returns": _legs([0.1, 0.2], [0.1, 0.2]),
    "invalid_request: 1,001 returns": _legs([0.1] * 1001, [0.1] * 1001),
    "invalid_request: another style": (("series", {"style": "candles"}),),
    "invalid_request: 51 holdings": _assets(("holdings", [{"asset": "SOL", "quantity": "0.1"}] * 51)),
    "invalid_request: a window of two": (("walk_forward", {"estimation_intervals": 2}),),
    "invalid_request: a listed position": _closed(
        ("position.contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"})
    ),
    "inconsistent_question": (("series", None),),
    "inconsistent_question: no book": _assets(("holdings", None)),
    "inconsistent_question: a book for nothing": (("holdings", [{"asset": "SOL", "quantity": "1"}]),),
    "inconsistent_question: a future for nothing": (("futures", "BTCFUT"),),
    "inconsistent_question: a ratio for nothing": _closed(("hedge_ratio", 1)),
    "inconsistent_question: no beta": _closed(("position.beta", None)),
    "inconsistent_question: a slope to another coin": _assets(
        ("underlying", "SOL"), ("position", {**_POSITION, "beta": None})
    ),
    "inconsistent_question: two lengths": _legs(_BOOK, _FUTURE[1:]),
    "inconsistent_question: a market of another length": _legs(_BOOK, _FUTURE, market=_MARKET[1:]),
    "inconsistent_question: money of two lengths": _changed(["1"], ["1", "2"]),
    "inconsistent_question: a coin without returns": _assets(
        ("holdings", [{"asset": "ADA", "quantity": "1"}]), ("prices.ADA", "1")
    ),
    "inconsistent_question: no underlying": _assets(("underlying", "ETH")),
    "inconsistent_question: no future": _assets(("futures", "ETHFUT")),
    "inconsistent_question: uneven returns": _assets(("series.returns.SOL", _BOOK[1:])),
    "inconsistent_question: sized twice": _closed(("position.coverage", "1"), ("position.exact_contracts", "1")),
    "inconsistent_question: on the book's own side": _closed(("position.coverage", "1"), ("position.side", "long")),
    "inconsistent_question: on the slope's own side": (
        *_legs([-one for one in _BOOK], _FUTURE),
        ("position", {**_POSITION, "beta": None, "exact_contracts": None, "coverage": "1"}),
    ),
    "inconsistent_contract": _closed(("position.contract.min_quantity", "2"), ("position.contract.max_quantity", "1")),
    "price_missing": _assets(("prices", {})),
    "duplicate_symbol_beta_conflict": _assets(
        ("holdings", [{"asset": "SOL", "quantity": "1", "beta": beta} for beta in (1, 2)])
    ),
    "too_few_observations": _legs([0.1, None, 0.2, None], [0.1, 0.2, None, 0.3]),
    "too_few_observations: by asset": _assets(("series.returns.BTC", [None] * 10 + _MARKET[10:])),
    "zero_variance": _legs(_BOOK[:3], [0, 0, 0]),
    "zero_variance: of the market": _legs(_BOOK[:3], _FUTURE[:3], market=[0.01] * 3),
}
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a year": (("series.window_days", 365), ("market.exchange", "weex")),
    "weeks": (("series.interval_days", 7), ("series.window_days", 180)),
    "a young coin": (("holdings.1", {"asset": "BABYDOGE", "quantity": "1000000000"}),),
    "prices that are sent": (("prices", {"SOL": "150", "ADA": "0.44"}),),
    "the underlying alone": (("holdings", [{"asset": "BTC", "quantity": "1"}]),),
    "another underlying": (("underlying", "ETH"),),
    "its own currency": (("holdings.0.asset", "USDT"),),
    "a price of its own currency": (("holdings.0.asset", "USDT"), ("prices.USDT", "0.9")),
    "money only": (("holdings", [{"asset": "USDT", "quantity": "9"}]),),
    "a median for prices": (
        ("market.exchange", "median"),
        ("series", {**_RETURNS, "returns": {**_RETURNS["returns"], "ADA": _FUTURE}}),
    ),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "inconsistent_question: a window from nowhere": (("market", None), ("prices", {"SOL": "150", "ADA": "0.44"})),
    "inconsistent_question: a window of a median": (("market.exchange", "median"),),
    "inconsistent_question: a window and a future": (("futures", "BTCFUT"),),
    "price_missing": (("market", None),),
    "not_listed": (("holdings.1.asset", "NOPE"),),
    "not_listed: no days": (("holdings.1.asset", "NOPE"), ("prices.NOPE", "1")),
    "stale_price": (("holdings.1.asset", "LUNC"),),
    "not_listed: an underlying": (("underlying", "NOPE"),),
    "as_of_not_now": (("as_of", AS_OF),),
    "as_of_not_now: prices sent": (("as_of", AS_OF), ("prices", {"SOL": "150", "ADA": "0.44"})),
    "too_few_observations": (("series.interval_days", 30),),
}
_DAYS_ONLY: Changes = (("prices", {"SOL": "150", "ADA": "0.44"}),)
"""Nothing is looked up but past days."""
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect", "overloaded")),
    *((fault, _DAYS_ONLY) for fault in ("off", "outage")),
    *((fault, (("series", None),)) for fault in ("off", "outage")),
    ("outage", (("market.exchange", "bybit"), ("prices", {"ADA": "0.44"}))),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        EFFECTIVENESS,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values()),
        by_the_way=_BY_THE_WAY,
    )
    return tuple(posed)
