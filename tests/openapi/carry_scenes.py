"""Questions made by hand about carry: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi import beta_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.market import EXCHANGES, named, on_bitcoin
from tests.openapi.staging import CARRY, Body, Changes, Complete, pose_all, pose_chart, stage

AS_OF = "2026-01-02T03:04:05Z"
_PROCESS: Body = {"mean_rate": 0.0001, "persistence": 0.9, "volatility": 0.00006}
_PERPETUAL: Body = {
    "style": "given",
    "symbol": "BTC-PERP",
    "underlying": "BTC",
    "spot_price": "60000",
    "futures_price": "60012",
    "futures_bid": "60011",
    "futures_ask": "60013",
    "expiry": None,
    "funding_rate": "0.0001",
    "funding_interval_hours": 8,
    "next_funding_at": "2026-01-02T08:00:00Z",
    "taker_fee_rate": "0.0005",
    "half_spread_rate": "0.0001",
    "settlement_fee_rate": "0",
    "funding_process": _PROCESS,
    "past_funding": None,
}
_DATED: Body = {
    **_PERPETUAL,
    "symbol": "BTC-APR",
    "futures_price": "61200",
    "futures_bid": "61190",
    "futures_ask": "61210",
    "expiry": "2026-04-02T03:04:05Z",
    "funding_rate": None,
    "funding_interval_hours": None,
    "next_funding_at": None,
    "settlement_fee_rate": "0.0002",
    "funding_process": None,
}
_NEAR: Body = {
    **_DATED,
    "symbol": "BTC-JAN",
    "futures_price": "60290",
    "expiry": "2026-01-30T08:00:00Z",
} | dict.fromkeys(("futures_bid", "futures_ask"))
GIVEN: Body = {
    "notional": "10000",
    "side": "short",
    "book": None,
    "horizon_days": 90,
    "ends_at": None,
    "instruments": [_DATED],
    "underlying": None,
    "exchange": None,
    "max_age_seconds": 10,
    "funding_days": None,
    "margin_rate": "0.2",
    "capital_cost_rate": "0.05",
    "slippage_rate": "0.0001",
    "roll_lead_days": 2,
    "carry_volatility": 0.06,
    "spot_volatility": 0.6,
    "theme": "light",
    "as_of": AS_OF,
}
"""Every member there is, with a future that expires, and nothing to look up."""
UNTIL: Body = {**GIVEN, "horizon_days": None, "ends_at": "2026-04-02T03:04:05Z", "instruments": [_PERPETUAL]}
"""Every member there is, with a perpetual."""
FITTED: Body = {
    **UNTIL,
    "instruments": [{**_PERPETUAL, "funding_process": None, "past_funding": [0.0001, 0.0002, 0.0001]}],
}
"""Every member there is, with a perpetual whose process is fitted."""
LISTED: Body = {
    **GIVEN,
    "instruments": [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}],
    "underlying": "BTC",
    "exchange": "weex",
    "funding_days": 30,
    "as_of": None,
}
"""Every member there is, looked up."""
BOOKED: Body = {
    **UNTIL,
    "notional": None,
    "side": None,
    "book": {
        "prices": {"SOL": "150", "ADA": "0.44"},
        "weighting": "beta",
        "betas": beta_scenes.GIVEN,
        "coverage": "0.5",
        "holdings": [{**beta_scenes.BOOK[0], "beta": None}, *beta_scenes.BOOK[1:]],
        "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 30},
    },
}
"""Every member there is, with a book."""
_OF_FUNDING = ("funding_rate", "funding_interval_hours", "next_funding_at", "funding_process")
COMPLETE: Complete = (
    (GIVEN, ()),
    (UNTIL, (("ends_at",), ("horizon_days",), *(("instruments", 0, name) for name in _OF_FUNDING))),
    (FITTED, (("instruments", 0, "past_funding"),)),
    (BOOKED, (("book",), ("notional",), ("side",))),
    (LISTED, (("instruments",), ("underlying",), ("exchange",), ("max_age_seconds",), ("funding_days",))),
)
"""Each with the members in which it is varied; none for all of them."""

PLAIN: Body = {"notional": "10000", "horizon_days": 90, "instruments": [_PERPETUAL, _DATED, _NEAR], "as_of": AS_OF}
"""A perpetual, a future that settles as the hedge ends, and one that has to be rolled."""
LIVE: Body = {"notional": "10000", "horizon_days": 60, "underlying": "BTC", "exchange": "bybit"}
"""Nothing is sent."""


_BOOK: Body = {"holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}], "prices": {"SOL": "150"}}


def _of_book(book: Body | None = None, *changes: tuple[str, object]) -> Changes:
    """Hedge a book instead of a value."""
    return (("notional", ABSENT), ("book", {**_BOOK, **(book or {})}), *changes)


def _by_betas(betas: Body, *changes: tuple[str, object]) -> Changes:
    """Hedge a book by betas that it does not bring."""
    book = {"holdings": beta_scenes.BOOK, "prices": {"SOL": "150", "ADA": "0.44"}, "weighting": "beta", "betas": betas}
    return _of_book(book, *changes)


def _looked_up(betas: Body | None = None, **book: object) -> Changes:
    """Hedge a book whose prices are looked up."""
    market = {"exchange": "binance"}
    weighed = {} if betas is None else {"weighting": "beta", "betas": betas}
    return (("notional", ABSENT), ("book", {"holdings": beta_scenes.BOOK, "market": market, **weighed, **book}))


_OF_BOTH = ("book.prices", {"SOL": "150", "ADA": "0.44"})
_FEW = {name: [*column[:2], None] for name, column in beta_scenes.RETURNS.items()}
_STILL = {**beta_scenes.RETURNS, "BTC": [0.0] * 6}
_UNTIMED: Body = {**_PERPETUAL, "next_funding_at": None}


def _only(*instruments: Body) -> Changes:
    """Hold it in some instruments."""
    return (("instruments", instruments),)


_BARE = dict.fromkeys(
    ("futures_bid", "futures_ask", "next_funding_at", "taker_fee_rate", "half_spread_rate", "funding_process")
)
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a book by value": _of_book(),
    "a book by its betas": _of_book({"weighting": "beta"}),
    "half of a book": _of_book({"coverage": "0.5"}),
    "a short book": _of_book({"holdings": [{"asset": "SOL", "quantity": "-40"}]}),
    "a book with money": _of_book(
        {"holdings": [*_BOOK["holdings"], {"asset": "USDT", "quantity": "900"}], "prices": {"SOL": "150", "USDT": "1"}}
    ),
    "a book that cancels nearly": _of_book(
        {"holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "-5900"}]},
        ("book.prices", {"SOL": "150", "ADA": "1"}),
    ),
    "a book by betas of returns": _by_betas(beta_scenes.GIVEN | {"prior": None}),
    "a book by betas of closes": _by_betas(beta_scenes.CLOSED | {"method": "ols", "prior": None}),
    "a book whose betas are there": _of_book({"weighting": "beta", "betas": {}}),
    "a long": (("side", "long"),),
    "until a moment": (("horizon_days", ABSENT), ("ends_at", "2026-04-02T03:04:05Z")),
    "for a while": (("horizon_days", 0.01),),
    "until before it is funded": (("horizon_days", 0.2),),
    "for five years": (("horizon_days", 1825),),
    "until 2198": (("horizon_days", 1), ("as_of", "2198-12-30T23:00:00Z"), *_only(_PERPETUAL)),
    "from 1970": (("horizon_days", 1825), ("as_of", "1970-01-01T00:00:00Z"), *_only(_PERPETUAL, _DATED)),
    "a perpetual alone": _only(_PERPETUAL),
    "an expiry alone": _only(_DATED),
    "a chain alone": _only(_NEAR),
    "a chain of two": _only(_NEAR, _DATED),
    "a chain that is rolled twice": (("horizon_days", 365),),
    "nothing known of a perpetual": _only({**_PERPETUAL, **_BARE, "funding_rate": None}, _DATED),
    "nothing known of an expiry": _only({**_DATED, **_BARE}, _PERPETUAL),
    "no interval": _only(_DATED, {**_PERPETUAL, "funding_interval_hours": None, "funding_rate": None}),
    "a fitted process": _only(
        {**_PERPETUAL, "funding_process": None, "past_funding": [0.0001, 0.0002, 0.0001, 0.0004]}
    ),
    "a process of many payments": _only(
        {**_PERPETUAL, "funding_process": None, "past_funding": [0.0001 * (payment % 3) for payment in range(2000)]}
    ),
    "thirty payments": _only(
        {**_PERPETUAL, "funding_process": None, "past_funding": [0.0001 * (payment % 3) for payment in range(30)]}
    ),
    "a process that stood still": _only({**_PERPETUAL, "funding_process": None, "past_funding": [0.0001] * 3}),
    "a process that swings": _only({**_PERPETUAL, "funding_process": {**_PROCESS, "persistence": -0.99}}, _DATED),
    "a process that never fades": _only({**_PERPETUAL, "funding_process": {**_PROCESS, "persistence": 0}}, _DATED),
    "the wildest process": _only(
        {**_PERPETUAL, "funding_process": {"mean_rate": -1, "persistence": 0.99, "volatility": 1}}, _DATED
    ),
    "funding each hour": _only({**_PERPETUAL, "funding_interval_hours": 1}, _DATED),
    "the short pays": _only({**_PERPETUAL, "funding_rate": "-0.001"}, _DATED),
    "the perpetual is cheaper at first": (
        *_only({**_PERPETUAL, "funding_process": {**_PROCESS, "mean_rate": -0.0001}, "funding_rate": "0.003"}, _DATED),
        ("horizon_days", 80),
    ),
    "the expiry is cheaper at first": _only(
        {**_PERPETUAL, "taker_fee_rate": "0.01", "funding_process": {**_PROCESS, "mean_rate": 0.002}}, _DATED
    ),
    "an expiry for less than a day": (
        ("horizon_days", 0.5),
        *_only({**_DATED, "expiry": "2026-01-02T18:04:05Z"}, _PERPETUAL),
    ),
    "an expiry within two days": (("horizon_days", 1), *_only({**_DATED, "expiry": "2026-01-03T18:04:05Z"})),
    "one expires first": (("horizon_days", 30), *_only(_PERPETUAL, {**_DATED, "expiry": "2026-01-03T18:04:05Z"})),
    "rolled in the last moment": (
        ("horizon_days", 30),
        ("roll_lead_days", 0),
        *_only(_PERPETUAL, {**_DATED, "expiry": "2026-01-03T18:04:05Z"}),
    ),
    "rolled a month before": (("roll_lead_days", 30),),
    "far from spot": _only({**_PERPETUAL, "futures_price": "70000"}, {**_DATED, "futures_price": "50000"}),
    "the largest and the smallest price": _only(
        {**_DATED, "futures_price": "9" * 15 + "." + "9" * 18, "spot_price": f"0.{1:018}", "futures_ask": None},
        {**_PERPETUAL, "futures_price": f"0.{1:018}", "spot_price": "9" * 15 + "." + "9" * 18, "futures_bid": None},
    ),
    "the widest book": _only(
        {**_PERPETUAL, "half_spread_rate": None, "futures_bid": f"0.{1:018}", "futures_ask": "9" * 15}
    ),
    "the smallest hedge": (("notional", f"0.{1:018}"),),
    "the largest hedge": (("notional", "1000000000000"),),
    "all margin, all dear": (("margin_rate", "1"), ("capital_cost_rate", "9.99"), ("slippage_rate", "0.999")),
    "margin that earns": (("capital_cost_rate", "-9.99"),),
    "sure rates": (("carry_volatility", 0), ("spot_volatility", 0)),
    "wild rates": (("carry_volatility", 10), ("spot_volatility", 10), ("horizon_days", 80)),
    "rebates": _only({**_PERPETUAL, "taker_fee_rate": "-0.0001"}, {**_DATED, "settlement_fee_rate": "-0.5"}),
    "fifty instruments": _only(*[{**_DATED, "symbol": f"BTC-{number}"} for number in range(50)]),
    "one twice": _only(_PERPETUAL, _PERPETUAL, _DATED, _DATED),
    "two assets": _only(_PERPETUAL, {**_PERPETUAL, "symbol": "ETH-PERP", "underlying": "ETH"}),
    "everything by its default": tuple((name, None) for name in ("ends_at", "underlying", "exchange", "funding_days")),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request: a book of nothing": _of_book({"holdings": []}),
    "inconsistent_question: nothing to hedge": (("notional", ABSENT),),
    "inconsistent_question: a book and its value": _of_book(None, ("notional", "10000")),
    "inconsistent_question: a book and its side": _of_book(None, ("side", "short")),
    "inconsistent_question: betas of a book by value": _of_book({"betas": {}}),
    "inconsistent_question: a book that is none": _of_book({"holdings": [{"asset": "SOL", "quantity": "0"}]}),
    "inconsistent_question: none of a book": _of_book({"coverage": "0"}),
    "inconsistent_question: a book for two assets": _of_book(
        None, ("instruments", [_PERPETUAL, {**_DATED, "underlying": "ETH"}])
    ),
    "inconsistent_question: a book for no time": _of_book(None, ("horizon_days", ABSENT), ("ends_at", AS_OF)),
    "inconsistent_question: betas looked up nowhere": _by_betas({}),
    "price_missing: of a book": _of_book({"prices": {}}),
    "duplicate_symbol_beta_conflict: in a book": _of_book(
        {"holdings": [{"asset": "SOL", "quantity": "1", "beta": 1.1}, {"asset": "SOL", "quantity": "1", "beta": 1.2}]}
    ),
    "beta_missing: in a book": _of_book({"holdings": beta_scenes.BOOK, "weighting": "beta"}, _OF_BOTH),
    "too_few_observations: of a book": _by_betas({"series": {"style": "returns", "returns": _FEW}}),
    "zero_variance: of a book": _by_betas({"series": {"style": "returns", "returns": _STILL}}),
    "size_out_of_range: a book": _of_book({"prices": {"SOL": "100000000000"}}),
    "invalid_request": (("notional", "0"), ("horizon_days", 0.009)),
    "invalid_request: more than five years": (("horizon_days", 1825.1),),
    "invalid_request: 51 instruments": _only(*[_DATED] * 51),
    "invalid_request: a short past": _only({**_PERPETUAL, "funding_process": None, "past_funding": [0.0001] * 2}),
    "invalid_request: no side": (("side", "none"),),
    "invalid_request: no margin": (("margin_rate", "0"),),
    "invalid_request: an unsteady process": _only({**_PERPETUAL, "funding_process": {**_PROCESS, "persistence": 1}}),
    "inconsistent_question": (("instruments", ABSENT),),
    "inconsistent_question: no instruments": (("instruments", []),),
    "inconsistent_question: nowhere": (("exchange", "bybit"),),
    "inconsistent_question: no end": (("horizon_days", ABSENT),),
    "inconsistent_question: two ends": (("ends_at", "2026-04-02T03:04:05Z"),),
    "inconsistent_question: ended": (("horizon_days", ABSENT), ("ends_at", AS_OF)),
    "inconsistent_question: far away": (("horizon_days", ABSENT), ("ends_at", "2031-01-02T03:04:05Z")),
    "inconsistent_question: after 2198": (("horizon_days", 2), ("as_of", "2198-12-30T23:00:00Z")),
    "inconsistent_question: it expires and is funded": _only({**_DATED, "funding_process": _PROCESS}),
    "inconsistent_question: it expires and was funded": _only({**_DATED, "past_funding": [0.0001] * 3}),
    "inconsistent_question: it expires and will be funded": _only({**_DATED, "funding_rate": "0"}),
    "inconsistent_question: two processes": _only({**_PERPETUAL, "past_funding": [0.0001] * 3}),
    "inconsistent_question: a rate of no interval": _only({**_PERPETUAL, "funding_interval_hours": None}),
    "inconsistent_question: before it has expired": _only(
        {**_DATED, "expiry": AS_OF}, {**_PERPETUAL, "past_funding": [0.0001] * 3}
    ),
    "expired_contract": _only({**_DATED, "expiry": AS_OF}),
    "expired_contract: by now": (*_only({**_DATED, "expiry": "2026-01-01T00:00:00Z"}), ("as_of", ABSENT)),
    "crossed_market": _only({**_PERPETUAL, "futures_bid": "60013.1"}),
    "crossed_market: before it is too large": (
        *_only({**_PERPETUAL, "futures_bid": "60013.1"}),
        ("notional", "1000000000001"),
    ),
    "size_out_of_range": (("notional", "1000000000000.000000000000000001"),),
    "no_instrument": _only({**_PERPETUAL, "funding_interval_hours": None, "funding_rate": None}),
    "no_instrument: it expires first": (
        ("horizon_days", 30),
        *_only({**_DATED, "expiry": "2026-01-04T03:04:05Z"}),
    ),
    "no_instrument: both": _only(
        {**_PERPETUAL, "funding_interval_hours": None, "funding_rate": None},
        {**_DATED, "expiry": "2026-01-04T03:04:05Z"},
    ),
}
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a book": _looked_up(),
    "a book by betas": _looked_up({"window_days": 90}),
    "a book, all instruments sent": (
        *_looked_up({"method": "ewma"}, holdings=beta_scenes.BOOK[:1]),
        *(("underlying", ABSENT), ("exchange", ABSENT), ("instruments", [_UNTIMED])),
    ),
    "everywhere": (("exchange", ABSENT),),
    "everywhere, with past funding": (("exchange", ABSENT), ("funding_days", 30)),
    "a day of past funding": (("funding_days", 1),),
    "a long": (("side", "long"),),
    "a name and all on its asset": (("instruments", [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}]),),
    "a name twice": (
        ("underlying", ABSENT),
        ("exchange", ABSENT),
        ("instruments", [{"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}] * 2),
    ),
    "by the thousand, everywhere": (("underlying", "SHIB"), ("exchange", ABSENT)),
    "with one that is sent": _only(_PERPETUAL),
    "too coarse for some": (("notional", "30"),),
    "for an hour": (("horizon_days", 0.05),),
    "for five years": (("horizon_days", 1825),),
}
_NAMED: Changes = (("instruments", [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}]),)
_LIVE_REFUSED: dict[str, Changes] = {
    "not_listed: a coin of a book": _looked_up(holdings=[{"asset": "NOPE", "quantity": "1"}]),
    "stale_price: a coin of a book": _looked_up({}, holdings=[{"asset": "LUNC", "quantity": "1"}]),
    "inconsistent_question: betas of a median": _looked_up({}, market={"exchange": "median"}),
    "currency_mismatch: a book beside a future in bitcoin": (
        *_looked_up(),
        *(("underlying", ABSENT), ("exchange", ABSENT)),
        (
            "instruments",
            [_PERPETUAL | {"underlying": "ETH"}, {"style": "listed", "exchange": "binance", "symbol": "ETHBTC"}],
        ),
    ),
    "as_of_not_now: a book alone": (
        *_looked_up(),
        *(("underlying", ABSENT), ("exchange", ABSENT), ("instruments", [_PERPETUAL]), ("as_of", AS_OF)),
    ),
    "not_listed: nothing on it": (("underlying", "NOPE"),),
    "not_listed: nothing on it anywhere": (("underlying", "NOPE"), ("exchange", ABSENT)),
    "not_listed: a name": (("instruments", [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDTT"}]),),
    "not_listed: one of two names": (
        (
            "instruments",
            [
                {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
                {"style": "listed", "exchange": "mexc", "symbol": "BTCUSDT"},
            ],
        ),
    ),
    "as_of_not_now": (("as_of", AS_OF),),
    "as_of_not_now: before it is not listed": (("as_of", AS_OF), ("underlying", "NOPE")),
    "inconsistent_question: no end": (("horizon_days", ABSENT), ("underlying", "NOPE")),
    "inconsistent_question: ended": (("horizon_days", ABSENT), ("ends_at", AS_OF)),
    "size_out_of_range": (("notional", "1000000000001"),),
    "no_instrument: too coarse": (("notional", "0.5"),),
    "no_instrument: not funded as far as anybody knows": (
        ("underlying", ABSENT),
        ("exchange", ABSENT),
        ("instruments", [{"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}]),
    ),
    "expired_contract": (*_only(_DATED), ("instruments.0.expiry", "2026-01-01T00:00:00Z")),
    "crossed_market": (*_only(_PERPETUAL), ("instruments.0.futures_bid", "60013.1")),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, _looked_up()) for fault in ("off", "outage")),
    *(
        (fault, (*_looked_up({}), ("underlying", ABSENT), ("exchange", ABSENT), ("instruments", [_UNTIMED])))
        for fault in ("off", "outage")
    ),
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect", "overloaded")),
    *((fault, (("exchange", ABSENT),)) for fault in ("off", "outage")),
    *((fault, (("exchange", "weex"),)) for fault in ("off", "outage")),
    *((fault, _NAMED) for fault in ("off", "outage")),
    *((fault, (("underlying", "NOPE"),)) for fault in ("off", "outage")),
    *((fault, (("as_of", AS_OF),)) for fault in ("off", "outage")),
    *((fault, (("underlying", ABSENT), ("exchange", ABSENT), *_only(_PERPETUAL))) for fault in ("off", "outage")),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        CARRY,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *_everywhere()),
        by_the_way=_BY_THE_WAY,
        age_limit="max_age_seconds",
    )
    return (*posed, *_draw_all())


def _everywhere() -> Iterator[Changes]:
    """Take every future on bitcoin at every exchange, the perpetuals with their past funding."""
    for exchange in EXCHANGES:
        listed = named(exchange, on_bitcoin(exchange))
        yield (("underlying", ABSENT), ("exchange", ABSENT), ("instruments", listed), ("funding_days", 30))
        yield (("exchange", exchange), ("funding_days", 90), ("horizon_days", 200))


def _draw_all() -> Iterator[Sent]:
    """Ask for charts, and for none where there is nothing to hold it in."""
    for body in (PLAIN, stage(LIVE, (("theme", "dark"),)), stage(PLAIN, _REFUSED["no_instrument"])):
        yield pose_chart(body, CARRY)
    yield pose_chart(PLAIN, CARRY, "overloaded")
    yield pose_chart(LIVE, CARRY, "outage")
    yield pose_chart(LIVE, CARRY, "off")
