"""Questions made by hand about the ratio to hedge with: together they get every kind of answer and every refusal.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from functools import cache

from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.staging import HEDGE_RATIO, Body, Changes, Complete, pose_all

AS_OF = "2026-01-02T03:04:05Z"
_BTC: Body = {"style": "linear", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"}
_ETH: Body = {"style": "inverse", "symbol": "ETH-MINI", "underlying": "ETH", "multiplier": "10"}
_ON_BTC = [0.01, -0.02, 0.03, 0.02, -0.01, 0.004, -0.035, 0.015]
_ON_ETH = [0.018, -0.022, 0.028, 0.031, -0.017, -0.005, -0.041, 0.024]
_SOL = [0.02, -0.035, 0.04, 0.018, -0.022, 0.011, -0.06, 0.031]
_ADA = [0.005, -0.03, 0.05, 0.022, -0.002, -0.009, -0.03, 0.012]
_CLOSES: Body = {
    "SOL": ["150", "153", "148", "154", "157", "153"],
    "BTC": ["60000", "60600", "59400", "61200", "62400", "61800"],
}
_WINDOW: Body = {"style": "window", "window_days": 40, "interval_days": 2}
GIVEN: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
    "instruments": [{"contract": {**_BTC, "lot_step": "0.001", "taker_fee_rate": "0.0005"}, "futures_price": "60000"}],
    "series": {"style": "returns", "returns": {"SOL": _SOL, "BTC": _ON_BTC}, "interval_days": 1},
    "prices": {"SOL": "150", "BTC-MINI": "59000"},
    "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
    "method": "vasicek",
    "coverage": "1",
    "confidence": 0.95,
    "priors": {"BTC": {"mean": 1.1, "spread": 0.3}},
    "decay": 0.94,
    "rolling_intervals": 5,
    "as_of": AS_OF,
}
"""Every member there is, with returns."""
GIVEN_CLOSES: Body = {**GIVEN, "series": {"style": "closes", "closes": _CLOSES, "interval_days": 1}}
"""Every member there is, with closes."""
GIVEN_WINDOW: Body = {
    **GIVEN,
    "market": {"exchange": "bybit", "quote": "USDT", "max_age_seconds": 30},
    "series": _WINDOW,
    "as_of": None,
}
"""Every member there is, with closes that are looked up."""
GIVEN_LISTED: Body = {
    **GIVEN,
    "instruments": [
        {"contract": {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}, "futures_price": None},
    ],
    "as_of": None,
}
"""Every member there is, with a future that is looked up."""
COMPLETE: Complete = (
    (GIVEN, ()),
    (GIVEN_CLOSES, (("series",),)),
    (GIVEN_WINDOW, (("series",), ("market",), ("as_of",))),
    (GIVEN_LISTED, (("instruments", 0, "contract"), ("instruments", 0, "surprise"))),
)
"""Each with the members in which it is varied; none for all of them."""
PLAIN: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "instruments": [{"contract": _BTC, "futures_price": "60000"}, {"contract": _ETH, "futures_price": "2500"}],
    "prices": {"SOL": "150", "ADA": "0.44"},
    "series": {"style": "returns", "returns": {"SOL": _SOL, "ADA": _ADA, "BTC": _ON_BTC, "ETH": _ON_ETH}},
    "rolling_intervals": 4,
    "as_of": AS_OF,
}
"""Two coins worth 8,200, and two futures of two styles."""
LIVE: Body = {
    "holdings": PLAIN["holdings"],
    "instruments": [{"contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}}],
    "market": {"exchange": "binance"},
}
"""Nothing but the book is sent."""


def _alone(asset: str, moves: object, *, on: str = "BTC", by: object = _ON_BTC) -> Changes:
    """Hedge one coin with one future."""
    return (
        ("holdings", [{"asset": asset, "quantity": "40"}]),
        ("prices", {asset: "150"}),
        ("instruments", [{"contract": {**_BTC, "underlying": on}, "futures_price": "60000"}]),
        ("series.returns", {asset: moves, on: by}),
    )


def _with_both(moves: object, btc: object, eth: object) -> Changes:
    """Hedge one coin with both futures."""
    return (
        ("holdings", [{"asset": "SOL", "quantity": "40"}]),
        ("series.returns", {"SOL": moves, "BTC": btc, "ETH": eth}),
    )


def _by_closes(**closes: object) -> Changes:
    """Send closes of one coin and of what its future follows."""
    return (*_alone("SOL", _SOL), ("series", {"style": "closes", "closes": {**_CLOSES, **closes}}))


_OLS = ("method", "ols")
_WORST = (
    *(("TRX", "XRP"), ("BNB", "ETH"), ("ETH", "BTC"), ("MATIC", "ETH"), ("BTC", "ETH"), ("SOL", "ETH")),
    *(("MATIC", "TRX"), ("BTC", "TRX"), ("ADA", "BTC")),
)
"""Coins that fell most with what a future follows, each pair in another fall: from covid-2020-03 to crash-2025-10."""
_FIFTY = [f"C{number}" for number in range(50)]
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "by least squares": (_OLS,),
    "by what was lately": (("method", "ewma"),),
    "one future": _alone("SOL", _SOL),
    "closes": _by_closes(),
    "closes of weeks": (*_by_closes(), ("series.interval_days", 7)),
    "closes with a gap": _by_closes(SOL=["150", None, "148", "154", "157", "153"]),
    "closes that stand still": _by_closes(
        BTC=[*_CLOSES["BTC"], "60900", "61500"], SOL=["150", "150", "150", "154", "157", "153", "149", "151"]
    ),
    "closes of all sizes": (
        *_by_closes(SOL=[f"0.{1:018}", "9" * 15, f"0.{2:018}", "9" * 15, "5", "7"]),
        ("holdings.0.quantity", f"0.{1:018}"),
        ("prices.SOL", f"0.{1:018}"),
        _OLS,
    ),
    "returns with a gap": (("series.returns.SOL", [None, *_SOL[1:]]), ("series.returns.BTC", [*_ON_BTC[:7], None])),
    "returns of hours": (("series.interval_days", 0.25),),
    "returns of a hundredfold": _alone("SOL", [-1, 100, 0.5, 0], by=[100, -1, 3, 0]),
    "a coin that never moved": _with_both([0.01] * 8, _ON_BTC, _ON_ETH),
    "a future that moved long ago": (
        *_alone("SOL", [0.02, -0.03, 0.01, *[0.0] * 60], by=[0.01, -0.02, 0.01, *[0] * 60]),
        ("decay", 0.5),
        ("method", "ewma"),
    ),
    "three intervals": _with_both(_SOL[:3], _ON_BTC[:3], _ON_ETH[:3]),
    "closes that come and go": _alone("SOL", [0.02, -0.02] * 4, by=[0.01, -0.01] * 4),
    "a future that stood still": _alone("SOL", _SOL[:5], by=[0.01, 0.01, 0.01, 0.05, -0.02]),
    "a market that only falls": _with_both([-0.01, -0.02, -0.05, -0.03], [-0.02, -0.01, -0.03, -0.04], _ON_ETH[:4]),
    "a market that only rises": _with_both([0.01, 0.02, 0.05, 0.03], [0.02, 0.01, 0.03, 0.04], [0.1, 0.2, 0.1, 0.3]),
    "futures that are one": _with_both(_SOL, _ON_BTC, [2 * one for one in _ON_BTC]),
    "a future that is best left out": _with_both(
        [1.6 * btc - 0.5 * eth for btc, eth in zip(_ON_BTC, _ON_ETH, strict=True)], _ON_BTC, _ON_ETH
    ),
    "the other one left out": _with_both(
        [1.6 * eth - 0.5 * btc for btc, eth in zip(_ON_BTC, _ON_ETH, strict=True)], _ON_BTC, _ON_ETH
    ),
    "a coin against both": _with_both([-one for one in _SOL], _ON_BTC, _ON_ETH),
    "a coin that is the future": _alone("BTC", _ON_BTC),
    **{f"{coin} on {on}": (*_alone(coin, _SOL, on=on), _OLS) for coin, on in _WORST},
    "a coin that nobody knows": _alone("NOBODY", _SOL),
    "what nobody believes of": (*_alone("ADA", _ADA, on="SOL", by=_SOL), _OLS),
    "a belief that was sent": (
        *_alone("ADA", _ADA, on="SOL", by=_SOL),
        ("priors", {"SOL": {"mean": 0.8, "spread": 0.001}}),
    ),
    "beliefs at the limits": (("priors", {"BTC": {"mean": -10, "spread": 10}, "ETH": {"mean": 10, "spread": 10}}),),
    "hardly sure": (("confidence", 0.5),),
    "nearly sure": (("confidence", 0.999), _OLS),
    "a long memory": (("decay", 0.9999),),
    "long windows": (("rolling_intervals", 1000),),
    "a short book": (("holdings.0.quantity", "-80"),),
    "nothing to hedge": (*_with_both(_SOL, _ON_BTC, _ON_ETH), ("holdings.0.quantity", "0")),
    "coins that cancel": (("holdings", [{"asset": "SOL", "quantity": q} for q in ("1", "-1")]),),
    "a pair of coins": (
        ("holdings", [{"asset": "SOL", "quantity": "1"}, {"asset": "ADA", "quantity": "-1"}]),
        ("prices.ADA", "149"),
    ),
    "money only": (("holdings", [{"asset": "USDT", "quantity": "9"}]), ("prices.USDT", "1.01")),
    "money, off its peg": (
        *_alone("SOL", _SOL),
        ("holdings", [{"asset": "DAI", "quantity": "9"}]),
        ("prices.DAI", "0.97"),
        ("series.returns.DAI", [one / 100 for one in _SOL]),
    ),
    "betas that are not used": (("holdings.0.beta", 1.2), ("holdings.1.beta", -3)),
    "sent twice": (("holdings.1.asset", "SOL"),),
    "a price that is not used": (("prices.XRP", "0.5"),),
    "a price that is far": (("prices.BTC", "6000"),),
    "a mark among the prices": (("instruments.0.futures_price", None), ("prices.BTC-MINI", "60000")),
    "two futures of one name": (("instruments.1.contract.symbol", "BTC-MINI"),),
    "about to expire": (("instruments.0.contract.expiry", "2026-01-03T03:04:05Z"),),
    "too small for a lot": (("instruments.0.contract.min_quantity", "9"),),
    "no coverage": (("coverage", "0"),),
    "tenfold coverage": (("coverage", "10"),),
    "the largest holding": (("holdings.0.quantity", "9" * 15), ("coverage", f"0.{1:018}")),
    "the smallest holding": (*_alone("SOL", _SOL), ("holdings.0.quantity", f"0.{1:018}")),
    "a thousand returns": _alone(
        "SOL",
        [0.001 * (day % 7 - 3) + 0.002 * (day % 3 - 1) for day in range(1000)],
        by=[0.001 * (day % 7 - 3) for day in range(1000)],
    ),
    "fifty holdings": (
        ("holdings", [{"asset": name, "quantity": "1"} for name in _FIFTY]),
        ("prices", dict.fromkeys(_FIFTY, "100")),
        ("instruments", PLAIN["instruments"][:1]),
        ("series.returns", {**dict.fromkeys(_FIFTY, _SOL[:5]), "BTC": _ON_BTC[:5]}),
    ),
    "everything by its default": tuple(
        (name, None) for name in ("market", "holdings.0.beta", "instruments.0.contract.expiry")
    ),
}
_ONE_UNDERLYING = ("instruments.1.contract.underlying", "BTC")
_REFUSED: dict[str, Changes] = {
    "invalid_request: no future": (("instruments", []),),
    "invalid_request: three futures": (("instruments", [*PLAIN["instruments"], PLAIN["instruments"][0]]),),
    "invalid_request: no book": (("holdings", []),),
    "invalid_request: 51 holdings": (("holdings", [{"asset": "SOL", "quantity": "1"}] * 51),),
    "invalid_request: two returns": _alone("SOL", _SOL[:2], by=_ON_BTC[:2]),
    "invalid_request: 1,001 returns": _alone("SOL", [0.1] * 1001, by=[0.1] * 1001),
    "invalid_request: three closes": _by_closes(SOL=["1", "2", "3"]),
    "invalid_request: another style": (("series", {"style": "candles"}),),
    "invalid_request: no style": (("series", {"returns": {"BTC": _ON_BTC}}),),
    "invalid_request: more than all is lost": (("series.returns.SOL", [-1.001, *_SOL[1:]]),),
    "invalid_request: another method": (("method", "kalman"),),
    "invalid_request: three beliefs": (("priors", {name: {"mean": 1, "spread": 1} for name in ("BTC", "ETH", "SOL")}),),
    "invalid_request: a belief without doubt": (("priors", {"BTC": {"mean": 1, "spread": 0}}),),
    "inconsistent_contract": (
        ("instruments.1.contract.min_quantity", "3"),
        ("instruments.1.contract.max_quantity", "2"),
    ),
    "inconsistent_contract: name": (("instruments.0.contract.symbol", "SOL"),),
    "inconsistent_contract: the other name": (("instruments.1.contract.symbol", "SOL"),),
    "expired_contract": (("instruments.1.contract.expiry", AS_OF),),
    "price_missing": (("prices", {"SOL": "150"}),),
    "price_missing: no mark": (("instruments.1.futures_price", None),),
    "price_missing: no mark of two futures on one asset": (("instruments.0.futures_price", None), _ONE_UNDERLYING),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "inconsistent_question: two futures on one asset": (_ONE_UNDERLYING, ("instruments.0.contract.expiry", AS_OF)),
    "inconsistent_question: nobody believes anything": _alone("ADA", _ADA, on="SOL", by=_SOL),
    "inconsistent_question: a belief in something else": (
        *_alone("ADA", _ADA, on="SOL", by=_SOL),
        ("priors", {"ADA": {"mean": 1, "spread": 1}}),
    ),
    "inconsistent_question: a belief in a coin": (("priors", {"SOL": {"mean": 1.4, "spread": 0.1}}),),
    "inconsistent_question: no returns of a coin": (("series.returns", {"SOL": _SOL, "BTC": _ON_BTC, "ETH": _ON_ETH}),),
    "inconsistent_question: no returns of the future": (
        ("series.returns", {"SOL": _SOL, "ADA": _ADA, "BTC": _ON_BTC}),
    ),
    "inconsistent_question: no closes of a coin": (("series", {"style": "closes", "closes": _CLOSES}),),
    "inconsistent_question: returns of two times": (("series.returns.SOL", _SOL[1:]),),
    "inconsistent_question: of two times, and not needed": (("series.returns.XRP", _SOL[1:]),),
    "inconsistent_question: a window of then": (("series", ABSENT),),
    "too_few_observations": (("series.returns.SOL", [*[None] * 6, *_SOL[6:]]),),
    "too_few_observations: none at one time": _alone("SOL", [*_SOL[:4], *[None] * 4], by=[*[None] * 4, *_ON_BTC[4:]]),
    "too_few_observations: of the book": (
        ("series.returns.SOL", [*_SOL[:4], *[None] * 4]),
        ("series.returns.ADA", [*[None] * 4, *_ADA[4:]]),
    ),
    "too_few_observations: closes that stand still": _by_closes(SOL=["150"] * 4 + ["151", "152"]),
    "too_few_observations: money only": (
        ("holdings", [{"asset": "USDT", "quantity": "9"}]),
        ("prices.USDT", "1.01"),
        ("series.returns.ETH", [*[None] * 6, *_ON_ETH[6:]]),
    ),
    "zero_variance": (("series.returns.BTC", [0.01] * 8),),
    "zero_variance: of the second": (("series.returns.ETH", [0] * 8),),
    "zero_variance: money only": (
        ("holdings", [{"asset": "USDT", "quantity": "9"}]),
        ("prices.USDT", "1.01"),
        ("series.returns.BTC", [0] * 8),
    ),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
    "size_out_of_range: at the end of an interval": (
        *_alone("SOL", _SOL),
        ("holdings.0.quantity", "6000000000"),
        ("coverage", "0.7"),
    ),
}

_BINANCE: Body = {"style": "listed", "exchange": "binance", "symbol": "ETHUSDT"}
_BOTH = ("instruments", [*LIVE["instruments"], {"contract": _BINANCE}])
_SENT: Changes = (("instruments", PLAIN["instruments"]), ("prices", PLAIN["prices"]))
"""Nothing is looked up but closes."""
_SPARED: Changes = (
    ("instruments", PLAIN["instruments"][:1]),
    ("prices", {"ADA": "0.44"}),
    ("market.exchange", "bybit"),
)
"""All but the price of one coin is sent."""
_OLD: Changes = (("series", PLAIN["series"]),)
"""Nothing is looked up but prices."""
_MONEY: Changes = (("holdings", [{"asset": "USDT", "quantity": "9"}]),)
_BITCOIN: Changes = (("holdings", [{"asset": "BTC", "quantity": "1"}]),)
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "two futures of two exchanges": (_BOTH,),
    "closes only": _SENT,
    "prices only": _OLD,
    "weeks": (("series", {"style": "window", "window_days": 350, "interval_days": 7}),),
    "three days": (("series", {"style": "window", "window_days": 3}),),
    "a year and more": (("series", {"style": "window", "window_days": 390}), ("market.exchange", "weex")),
    "months": (("series", {"style": "window", "window_days": 390, "interval_days": 30}),),
    "at BingX": (("market.exchange", "bingx"),),
    "at MEXC": (("market.exchange", "mexc"), *_BITCOIN),
    "in another dollar": (
        *_BITCOIN,
        ("market.quote", "USDC"),
        ("instruments", PLAIN["instruments"][:1]),
        ("prices.USDC", "1"),
    ),
    "a young coin": (("holdings.1", {"asset": "BABYDOGE", "quantity": "1000000000"}),),
    "a coin of nine days": (("holdings.1", {"asset": "BIO", "quantity": "1000"}), ("market.exchange", "bingx")),
    "money only": _MONEY,
    "a coin twice": (("holdings.1.asset", "SOL"),),
    "prices of a median": (*_OLD, ("market.exchange", "median")),
    "a mark that is sent": (("instruments.0.futures_price", "60000"),),
    "a future in full": (("instruments", PLAIN["instruments"][:1]),),
    "two futures in full": (("instruments", PLAIN["instruments"]), ("prices.USDT", "1")),
    "in coins": (
        ("instruments", [{"contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}}]),
        ("prices.USDT", "0.998"),
    ),
    "unknown terms": (
        ("instruments", [{"contract": {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}}]),
        ("prices.USDT", "1"),
    ),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "invalid_request: two days": (("series", {"style": "window", "window_days": 2}),),
    "invalid_request: 391 days": (("series", {"style": "window", "window_days": 391}),),
    "invalid_request: 31 days": (("series", {"style": "window", "interval_days": 31}),),
    "inconsistent_question: closes from nowhere": (*_SENT, ("market", None)),
    "inconsistent_question: closes of a median": (("market.exchange", "median"),),
    "inconsistent_question: two futures on one asset": (
        ("instruments", [LIVE["instruments"][0], {"contract": {**_BINANCE, "symbol": "BTCUSDT"}}]),
    ),
    "inconsistent_question: nobody believes anything of it": (
        ("instruments", [{"contract": {**_BINANCE, "symbol": "SOLUSDT"}}]),
    ),
    "as_of_not_now": (("as_of", AS_OF),),
    "as_of_not_now: closes only": (*_SENT, ("as_of", AS_OF)),
    "not_listed": (("instruments.0.contract.symbol", "BTCUSDTT"),),
    "not_listed: the second": (_BOTH, ("instruments.1.contract.symbol", "NOPE")),
    "not_listed: an asset": (("holdings.1.asset", "NOPE"),),
    "not_listed: closes of an asset": (("holdings.1", {"asset": "NOPE", "quantity": "1"}), ("prices.NOPE", "1")),
    "stale_price": (("holdings.1", {"asset": "LUNC", "quantity": "1"}),),
    "not_listed: closes of what a future follows": (
        ("instruments", [{"contract": {**_BTC, "underlying": "NOPE"}, "futures_price": "1"}]),
        ("method", "ols"),
    ),
    "currency_mismatch": (("market.quote", "USDC"),),
    "currency_mismatch: two futures of two currencies": (
        ("instruments", [*LIVE["instruments"], {"contract": {**_BINANCE, "symbol": "ETHUSD_PERP"}}]),
        ("prices.USDT", "1"),
    ),
    "price_missing": (*_OLD, ("market", None)),
    "price_missing: a future in full": (("instruments", [{"contract": _BTC}]),),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "too_few_observations: a window of no interval": (
        ("series", {"style": "window", "window_days": 3, "interval_days": 30}),
    ),
    "too_few_observations: a window of no interval, for money": (
        *_MONEY,
        ("series", {"style": "window", "window_days": 3, "interval_days": 30}),
    ),
    "too_few_observations: a young coin": (
        ("holdings.1", {"asset": "BABYDOGE", "quantity": "1"}),
        ("series", {"style": "window", "window_days": 390, "interval_days": 30}),
    ),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
    "too_few_observations: before a size": (
        ("holdings.0.quantity", "9" * 15),
        ("series", {"style": "window", "window_days": 3, "interval_days": 2}),
    ),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect", "overloaded")),
    *((fault, _SENT) for fault in ("off", "outage", "overloaded")),
    *((fault, _OLD) for fault in ("off", "outage")),
    *((fault, _SPARED) for fault in ("off", "outage")),
    *((fault, (*_SENT, *_OLD)) for fault in ("off", "outage")),
    ("overloaded", (*_SENT, ("market", None))),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        HEDGE_RATIO,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values()),
        by_the_way=_BY_THE_WAY,
    )
    return tuple(posed)
