"""Questions made by hand about basis: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.market import EXCHANGES, named, with_past
from tests.openapi.staging import BASIS, Body, Changes, Complete, pose_all, pose_chart, stage, write_instant

AS_OF = "2026-01-02T03:04:05Z"
_HALF = "2026-02-16T03:04:05Z"
_DATED_PAIR: Body = {
    "style": "given",
    "symbol": "BTC-APR",
    "underlying": "BTC",
    "spot_price": "60000",
    "futures_price": "61200",
    "futures_bid": "61190",
    "futures_ask": "61210",
    "expiry": "2026-04-02T03:04:05Z",
    "funding_rate": None,
    "funding_interval_hours": None,
    "next_funding_at": None,
    "history": [0.07, None, 0.08, 0.09],
}
_PERPETUAL_PAIR: Body = {
    **_DATED_PAIR,
    "symbol": "BTC-PERP",
    "futures_price": "60012",
    "futures_bid": "60011",
    "futures_ask": "60013",
    "expiry": None,
    "funding_rate": "0.0001",
    "funding_interval_hours": 8,
    "next_funding_at": "2026-01-02T08:00:00Z",
    "history": [0.0001, 0.0003, 0.0002],
}
_RETURNS: Body = {
    "style": "returns",
    "portfolio": [-0.031, 0.012, 0.044, -0.008, None, 0.021, -0.055],
    "market": [-0.022, 0.015, 0.03, -0.011, 0.006, 0.01, -0.034],
    "futures": [-0.0225, 0.0152, 0.0297, -0.0108, 0.0061, 0.0099, -0.0345],
    "hedge_ratio": 1.0,
    "periods_per_year": 365,
}
_CANDLES: Body = {
    "style": "candles",
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}, {"asset": "ADA", "quantity": "5000", "beta": None}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "quote": "USDT",
    "days": 90,
    "hedge_ratio": 1.0,
}
DATED: Body = {
    "pairs": [_DATED_PAIR],
    "underlying": None,
    "exchange": None,
    "spot_source": "index",
    "max_age_seconds": 10,
    "history_days": None,
    "projection": {"points": 2, "carry_volatility": 0.06, "spot_volatility": 0.6},
    "close": {"at": _HALF, "spot_move": "-0.2", "annualized_basis_rate_continuous": "0.05"},
    "day_count": "ACT/365",
    "risk": _RETURNS,
    "theme": "light",
    "as_of": AS_OF,
}
"""Every member there is, with a future that expires and returns that are sent."""
PERPETUAL: Body = {**DATED, "pairs": [_PERPETUAL_PAIR]}
"""Every member there is, with a perpetual."""
LISTED: Body = {
    **DATED,
    "pairs": [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}],
    "underlying": "BTC",
    "exchange": "weex",
    "history_days": 30,
    "close": None,
    "risk": _CANDLES,
    "as_of": None,
}
"""Every member there is, looked up."""
COMPLETE: Complete = (
    (DATED, ()),
    (PERPETUAL, tuple(("pairs", 0, name) for name in ("funding_rate", "funding_interval_hours", "next_funding_at"))),
    (
        LISTED,
        tuple(
            (name,)
            for name in ("pairs", "underlying", "exchange", "spot_source", "max_age_seconds", "history_days", "risk")
        ),
    ),
)
"""Each with the members in which it is varied; none for all of them."""

PLAIN: Body = {"pairs": [_DATED_PAIR, _PERPETUAL_PAIR], "as_of": AS_OF}
"""A future that expires, and a perpetual."""
LIVE: Body = {"underlying": "BTC", "exchange": "bybit"}
"""Nothing is sent."""


def _only(pair: Body) -> Changes:
    """Ask for one pair."""
    return (("pairs", [pair]),)


_Series = Sequence[float | None]


def _returns(portfolio: _Series, market: _Series, future: _Series) -> Changes:
    """Ask for the risk in some returns."""
    return (("risk", {"style": "returns", "portfolio": portfolio, "market": market, "futures": future}),)


_MANY = 2000
_UP, _STILL = [0.01, -0.01, 0.02, 0.0], [0.0, 0.0, 0.0, 0.0]
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "no bid": (("pairs.0.futures_bid", None),),
    "no ask": (("pairs.0.futures_ask", None),),
    "no book": (("pairs.0.futures_bid", ABSENT), ("pairs.0.futures_ask", ABSENT)),
    "backwardation": (("pairs.0.futures_price", "59000"), ("pairs.1.futures_price", "59990")),
    "no basis": (("pairs.0.futures_price", "60000"),),
    "no basis to speak of": (("pairs.0.futures_price", "60000.000000001"),),
    "no basis, and closed early": (("pairs.0.futures_price", "60000"), ("close", {"at": _HALF})),
    "the last day": (("pairs.0.expiry", "2026-01-03T03:04:04.999999Z"),),
    "a day before the last": (("pairs.0.expiry", "2026-01-03T03:04:05Z"),),
    "the last microsecond": (("pairs.0.expiry", "2026-01-02T03:04:05.000001Z"), ("close", {"at": _HALF})),
    "two days": (("pairs.0.expiry", "2026-01-04T03:04:04Z"),),
    "no prices of one asset": (("pairs.0.futures_price", "60000000"), ("pairs.0.expiry", "2026-01-12T03:04:05Z")),
    "no prices of one asset, and no past": (
        ("pairs.0.futures_price", "60000000"),
        ("pairs.0.expiry", "2026-01-12T03:04:05Z"),
        ("pairs.0.history", [None, None, None]),
    ),
    "the last day, and no past": (("pairs.0.expiry", "2026-01-03T03:04:04Z"), ("pairs.0.history", [None] * 3)),
    "far from spot": (("pairs.0.futures_price", "70000"),),
    "the largest and the smallest price": (
        ("pairs.0.futures_price", "9" * 15 + "." + "9" * 18),
        ("pairs.0.spot_price", f"0.{1:018}"),
        ("pairs.0.futures_ask", None),
        ("pairs.1.futures_price", f"0.{1:018}"),
        ("pairs.1.spot_price", "9" * 15 + "." + "9" * 18),
        ("pairs.1.futures_bid", None),
        ("close", {"at": _HALF}),
    ),
    "in 2199": (("pairs.0.expiry", "2199-12-31T23:59:59Z"), ("close", {"at": _HALF})),
    "in 1970": (("as_of", "1970-01-01T00:00:00Z"), ("pairs.1.next_funding_at", None)),
    "no funding known": (("pairs.1.funding_rate", None), ("pairs.1.funding_interval_hours", None)),
    "an interval and no rate": (("pairs.1.funding_rate", ABSENT),),
    "the grid of midnight": (("pairs.1.next_funding_at", ABSENT),),
    "funding beyond all bounds": (("pairs.1.funding_rate", "0.9"), ("pairs.1.funding_interval_hours", 1)),
    "funding that eats it all": (("pairs.1.funding_rate", "-0." + "9" * 18), ("pairs.1.funding_interval_hours", 1)),
    "no past": (("pairs.0.history", None), ("pairs.1.history", ABSENT)),
    "a past that stood still": (("pairs.0.history", [0.07, 0.07, 0.07]),),
    "thirty days": (("pairs.0.history", [0.001 * day for day in range(30)]),),
    "the longest past": (("pairs.0.history", [0.0001 * (day % 7) for day in range(_MANY)]),),
    "by 360 days": (("day_count", "ACT/360"),),
    "no steps": (("projection", {"points": 0}),),
    "many steps": (("projection", {"points": 60, "carry_volatility": 10, "spot_volatility": 10}),),
    "a sure one": (("projection", {"carry_volatility": 0, "spot_volatility": 0}),),
    "closed early": (("close", {"at": _HALF}),),
    "closed early at another rate": (("close", {"at": _HALF, "annualized_basis_rate_continuous": "-0.1"}),),
    "closed early after a move": (("close", {"at": _HALF, "spot_move": "-0." + "9" * 18}),),
    "closed after it has settled": (("close", {"at": "2026-04-02T03:04:05Z"}),),
    "closed in the last moment": (("close", {"at": "2026-04-02T03:04:04.999999Z"}),),
    "a hundred pairs": (("pairs", [_DATED_PAIR] * 100),),
    "three expiries": (
        ("pairs.1", {**_DATED_PAIR, "symbol": "BTC-JUN", "futures_price": "62100", "expiry": "2026-06-26T08:00:00Z"}),
        (
            "pairs",
            [{**_DATED_PAIR, "symbol": f"BTC-{day}", "expiry": f"2026-0{day}-26T08:00:00Z"} for day in (3, 6, 9)],
        ),
    ),
    "two assets": (("pairs.1", {**_DATED_PAIR, "symbol": "ETH-APR", "underlying": "ETH"}),),
    "a risk alone": (("pairs", ABSENT), ("risk", _RETURNS)),
    "pairs and a risk": (("risk", _RETURNS),),
    "a risk by the slope": (("risk", {**_RETURNS, "hedge_ratio": None}),),
    "a risk of a year": (("risk", {**_RETURNS, "periods_per_year": 1}),),
    "a book that never moved": _returns(_STILL, _UP, _UP),
    "a book of another kind": _returns([0.01, 0.01, -0.02, 0.01], _UP, _UP),
    "a book like the market": _returns(_UP, _UP, _UP),
    "a future that never moved": _returns(_UP, _UP, _STILL),
    "three returns": _returns(_UP[:3], _UP[:3], _UP[:3]),
    "the wildest returns": _returns([100, -1, 100, -1], [-1, 100, -1, 100], [100, 100, -1, -1]),
    "the longest series": _returns(*([0.01 * (day % 5 - 2) for day in range(_MANY)],) * 3),
    "everything by its default": tuple(
        (name, None)
        for name in (
            *("underlying", "exchange", "history_days", "close", "risk"),
            *("pairs.0.futures_bid", "pairs.0.futures_ask", "pairs.0.history", "pairs.1.next_funding_at"),
        )
    ),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("pairs.0.spot_price", "0"), ("pairs.1.futures_price", 1)),
    "invalid_request: a long past": (("pairs.0.history", [0.1] * (_MANY + 1)),),
    "invalid_request: a short past": (("pairs.0.history", [0.1] * 2),),
    "invalid_request: 101 pairs": (("pairs", [_DATED_PAIR] * 101),),
    "invalid_request: a style of neither kind": (("pairs.0.style", "linear"),),
    "invalid_request: a style of neither kind of risk": (("risk", {**_RETURNS, "style": "given"}),),
    "inconsistent_question": (("pairs", ABSENT),),
    "inconsistent_question: no pairs": (("pairs", []),),
    "inconsistent_question: nowhere": (("exchange", "bybit"),),
    "inconsistent_question: it expires and has funding": (
        ("pairs.0.funding_rate", "0.0001"),
        ("pairs.0.funding_interval_hours", 8),
    ),
    "inconsistent_question: a rate of no interval": (("pairs.1.funding_interval_hours", None),),
    "inconsistent_question: closed at once": (("close", {"at": AS_OF}),),
    "inconsistent_question: closed at no price": (
        ("pairs.0.expiry", "2199-01-01T00:00:00Z"),
        ("close", {"at": _HALF, "annualized_basis_rate_continuous": "0.5"}),
    ),
    "inconsistent_question: series of two lengths": _returns(_UP[:3], _UP, _UP),
    "inconsistent_question: before it has expired": (
        ("pairs.0.expiry", AS_OF),
        ("pairs.1.funding_interval_hours", None),
    ),
    "expired_contract": (("pairs.0.expiry", AS_OF),),
    "expired_contract: by now": (("pairs.0.expiry", "2026-01-01T00:00:00Z"), ("as_of", ABSENT)),
    "expired_contract: before it is crossed": (("pairs.0.expiry", AS_OF), ("pairs.0.futures_bid", "61211")),
    "crossed_market": (("pairs.1.futures_bid", "60013.1"),),
    "crossed_market: before it is closed at once": (("pairs.1.futures_bid", "60013.1"), ("close", {"at": AS_OF})),
    "too_few_observations: of a past": (("pairs.0.history", [None, 0.1, 0.2]),),
    "too_few_observations: of returns": _returns([None, 0.1, 0.2], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
    "too_few_observations: before it has expired": (
        *_returns([None, 0.1, 0.2], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
        ("pairs.0.expiry", AS_OF),
    ),
    "zero_variance": _returns(_UP, _STILL, _UP),
    "zero_variance: where it moved": _returns([None, *_UP], [0.5, *_STILL], [0.5, *_UP]),
}
_NAMED: Changes = (("pairs", [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}]),)
_RISKY: Changes = (("underlying", ABSENT), ("exchange", ABSENT), ("risk", _CANDLES))
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "everywhere": (("exchange", ABSENT),),
    "everywhere, with the past": (("exchange", ABSENT), ("history_days", 30)),
    "the last trades": (("spot_source", "last"),),
    "by 360 days, with the past": (("day_count", "ACT/360"), ("history_days", 390)),
    "closed in an hour": (("close", {"at": "in an hour"}),),
    "a name and all on its asset": (("pairs", [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}]),),
    "a name twice": (
        ("underlying", ABSENT),
        ("exchange", ABSENT),
        ("pairs", [{"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}] * 2),
    ),
    "by the thousand": (("underlying", "SHIB"), ("spot_source", "last")),
    "by the million, everywhere": (("underlying", "BABYDOGE"), ("exchange", ABSENT)),
    "with one that is sent": (("pairs", [_PERPETUAL_PAIR]),),
    "with returns that are sent": (("risk", _RETURNS),),
    "in bitcoin": (
        ("underlying", ABSENT),
        ("exchange", ABSENT),
        ("pairs", [{"style": "listed", "exchange": "binance", "symbol": "ETHBTC"}]),
    ),
    "money in the book": (
        ("risk", {**_CANDLES, "holdings": [*_CANDLES["holdings"], {"asset": "USDT", "quantity": "5000"}]}),
    ),
    "held twice": (("risk", {**_CANDLES, "holdings": [*_CANDLES["holdings"]] * 2, "hedge_ratio": None}),),
    "a risk in a future of no style": (("risk", {**_CANDLES, "contract": {"exchange": "weex", "symbol": "BTCUSDT"}}),),
    "a few days of risk": (("risk", {**_CANDLES, "days": 3}),),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "not_listed: nothing on it": (("underlying", "NOPE"),),
    "not_listed: nothing on it anywhere": (("underlying", "NOPE"), ("exchange", ABSENT)),
    "not_listed: not traded": (("underlying", "EOS"), ("exchange", "binance")),
    "not_listed: no spot pair": (("underlying", "FILECOIN"), ("exchange", "mexc"), ("spot_source", "last")),
    "not_listed: a name": (("pairs", [{"style": "listed", "exchange": "bybit", "symbol": "BTCUSDTT"}]),),
    "not_listed: one of two names": (
        (
            "pairs",
            [
                {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
                {"style": "listed", "exchange": "mexc", "symbol": "BTCUSDT"},
            ],
        ),
    ),
    "not_listed: a name of no spot pair": (
        ("spot_source", "last"),
        ("pairs", [{"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}]),
    ),
    "not_listed: a holding": (("risk", {**_CANDLES, "holdings": [{"asset": "NOPE", "quantity": "1"}]}),),
    "not_listed: a holding that is not traded": (
        ("risk", _CANDLES),
        ("risk.contract.exchange", "binance"),
        ("risk.holdings", [{"asset": "XMR", "quantity": "1"}]),
    ),
    "stale_price": (
        ("risk", _CANDLES),
        ("risk.contract.exchange", "binance"),
        ("risk.holdings", [{"asset": "LUNC", "quantity": "1"}]),
    ),
    "not_listed: a future to hedge with": (("risk", _CANDLES), ("risk.contract.symbol", "NOPE")),
    "not_listed: what the future follows": (("risk", _CANDLES), ("risk.quote", "USDC")),
    "inconsistent_question: no book": (("risk", _CANDLES), ("risk.holdings", [{"asset": "USDT", "quantity": "9"}])),
    "inconsistent_question: a book of nothing": (
        ("risk", _CANDLES),
        ("risk.holdings", [{"asset": "SOL", "quantity": "4"}, {"asset": "SOL", "quantity": "-4"}]),
    ),
    "inconsistent_question: before anything is looked up": (("underlying", None),),
    "as_of_not_now": (("as_of", AS_OF),),
    "as_of_not_now: to come": (("as_of", "2126-01-02T03:04:05Z"), ("max_age_seconds", 60)),
    "as_of_not_now: before it is not listed": (("as_of", AS_OF), ("underlying", "NOPE")),
    "as_of_not_now: a risk alone": (*_RISKY, ("as_of", AS_OF)),
    "too_few_observations": (("risk", _RETURNS), ("risk.portfolio", [None] * 7)),
    "too_few_observations: of a past": (("pairs", [{**_PERPETUAL_PAIR, "history": [None] * 3}]),),
    "expired_contract": (("pairs", [_DATED_PAIR]), ("pairs.0.expiry", "2026-01-01T00:00:00Z")),
    "crossed_market": (("pairs", [{**_PERPETUAL_PAIR, "futures_bid": "60013.1"}]),),
    "inconsistent_question: closed before now": (("close", {"at": AS_OF}),),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect", "overloaded")),
    *((fault, (("exchange", ABSENT),)) for fault in ("off", "outage")),
    *((fault, (("exchange", "weex"),)) for fault in ("off", "outage")),
    *((fault, _NAMED) for fault in ("off", "outage")),
    *((fault, _RISKY) for fault in ("off", "outage")),
    *((fault, (("underlying", "NOPE"),)) for fault in ("off", "outage")),
    *((fault, (("as_of", AS_OF),)) for fault in ("off", "outage")),
    *((fault, (("underlying", ABSENT), ("exchange", ABSENT), *_only(_PERPETUAL_PAIR))) for fault in ("off", "outage")),
    ("off", (("underlying", ABSENT), ("exchange", ABSENT), ("risk", _RETURNS))),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    now = datetime.now(UTC)
    posed = pose_all(
        BASIS,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values()),
        live=LIVE,
        of_now=[
            _dated(changes, now) for changes in (*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *_everywhere())
        ],
        by_the_way=_BY_THE_WAY,
        age_limit="max_age_seconds",
    )
    return (*posed, *_draw_all())


def _dated(changes: Changes, now: datetime) -> Changes:
    """Put the time in which is in an hour from now."""
    later = write_instant(now + timedelta(hours=1))
    return tuple((place, {"at": later} if value == {"at": "in an hour"} else value) for place, value in changes)


def _everywhere() -> Iterator[Changes]:
    """Take every future on bitcoin at every exchange with its past, and the risk of a hedge with one."""
    for exchange in EXCHANGES:
        listed = named(exchange, with_past(exchange))
        yield (("underlying", ABSENT), ("exchange", ABSENT), ("pairs", listed), ("history_days", 30))
        yield (
            ("exchange", exchange),
            ("risk", {**_CANDLES, "holdings": _CANDLES["holdings"][:1], "contract": listed[0]}),
        )
        yield (("exchange", exchange), ("spot_source", "last"), ("history_days", 3))


def _draw_all() -> Iterator[Sent]:
    """Ask for charts, and for none where both would do."""
    for body in (PLAIN, stage(LIVE, (("theme", "dark"),)), stage(PLAIN, _REFUSED["crossed_market"])):
        yield pose_chart(body, BASIS)
    yield pose_chart(PLAIN, BASIS, "overloaded")
    yield pose_chart(LIVE, BASIS, "outage")
    yield pose_chart(LIVE, BASIS, "off")
