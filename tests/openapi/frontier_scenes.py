"""Questions made by hand about plans: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi import scenes as sizing_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.staging import FRONTIER, Body, Changes, Complete, pose_all

AS_OF = "2026-01-02T03:04:05Z"
_BTC = [0.011, -0.032, 0.021, 0.004, -0.016, 0.031, -0.009, 0.018, -0.027, 0.012]
_ETH = [0.016, -0.029, 0.03, -0.004, -0.021, 0.036, -0.002, 0.011, -0.041, 0.02]
_SOL = [0.024, -0.051, 0.018, 0.016, -0.031, 0.049, 0.003, 0.009, -0.046, 0.027]
_ADA = [0.009, -0.044, 0.035, 0.001, -0.012, 0.042, -0.017, 0.025, -0.039, 0.013]
_DAYS: Body = {"BTC": _BTC, "ETH": _ETH, "SOL": _SOL, "ADA": _ADA}
_SERIES: Body = {"style": "returns", "returns": _DAYS, "interval_days": 1}
_MINI: Body = sizing_scenes.BASKET["contract"]
_ETHER: Body = {**_MINI, "symbol": "ETH-MINI", "underlying": "ETH", "multiplier": "1"}


def _leg(contract: Body, price: str | None = "60000", **more: object) -> Body:
    """Offer a contract with every member that there is."""
    usual: Body = {"leverage": "4", "cost_rate": None, "funding_rate": None, "fee_rate": None}
    return {"contract": contract, "futures_price": price, **usual, **more}


def _with(contract: Body, price: str | None = "60000", **more: object) -> Body:
    """Take a question about a sizing's contract and a book, and ask for all there is."""
    return {
        "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
        "instruments": [_leg(contract, price, **more)],
        "prices": {"SOL": "150"},
        "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
        "series": _SERIES,
        "horizon_days": 30,
        "confidence": 0.95,
        "most_coverage": 1.25,
        "budget": {"capital": "5000", "margin": "3000", "cost": "50"},
        "stresses": ["ftx-2022-11"],
        "most_plans": 20,
        "as_of": AS_OF,
    }


GIVEN: Body = _with({**sizing_scenes.LINEAR["contract"], "lot_step": "1"}, cost_rate="0.004")
"""Every member there is, with a linear contract and a cost of all."""
INVERSE: Body = _with({**sizing_scenes.INVERSE["contract"], "lot_step": "25"}, fee_rate="0.0004")
"""Every member there is, with an inverse contract."""
PARTS: Body = {
    **_with(
        {**sizing_scenes.LINEAR["contract"], "lot_step": "1", "expiry": None},
        funding_rate="0.0001",
        fee_rate="0.0004",
    ),
    "series": {
        "style": "closes",
        "closes": {
            "SOL": ["150", "153", "149", "151", None, "148", "150"],
            "BTC": ["60000", "60600", "59900", "60100", "60200", "59800", "60400"],
        },
        "interval_days": 0.25,
    },
}
"""Every member there is, with the parts of a cost, and closes."""
LISTED: Body = {
    **_with({"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}, price=None),
    "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 30},
    "series": {"style": "window", "window_days": 60, "interval_days": 1},
    "as_of": None,
}
"""Every member there is, with what is looked up."""
COMPLETE: Complete = (
    (
        GIVEN,
        (
            ("surprise",),
            *((name,) for name in GIVEN if name != "instruments"),
            ("instruments", 0, "leverage"),
            ("instruments", 0, "cost_rate"),
            ("instruments", 0, "futures_price"),
            ("instruments", 0, "surprise"),
        ),
    ),
    (
        INVERSE,
        (("instruments", 0, "contract", "style"), ("instruments", 0, "fee_rate"), ("instruments", 0, "leverage")),
    ),
    (PARTS, (("series",), ("instruments", 0, "funding_rate"), ("instruments", 0, "fee_rate"))),
    (LISTED, (("series",), ("market",), ("instruments", 0, "contract"))),
)
"""Each with the members in which it is varied; those of a contract are those of a sizing's, and varied there."""

PLAIN: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "instruments": [_leg(_MINI), _leg(_ETHER, "3000")],
    "prices": {"SOL": "150", "ADA": "0.44"},
    "series": {"style": "returns", "returns": _DAYS},
    "as_of": AS_OF,
}
"""8,200 of two coins beside whole contracts on bitcoin and ether."""
LIVE: Body = {
    "holdings": PLAIN["holdings"],
    "instruments": [
        {"contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}},
        {"contract": {"style": "listed", "exchange": "binance", "symbol": "ETHUSDT"}},
    ],
    "market": {"exchange": "binance"},
    "most_plans": 20,
}
"""Nothing but the book is sent."""


def _of(**days: object) -> Changes:
    """Send other returns of some."""
    return (("series", {"style": "returns", "returns": {**_DAYS, **days}}),)


_FINE = {**_MINI, "symbol": "BTCUSDT", "multiplier": "1", "lot_step": "0.001", "tick_size": None}
_MANY: Changes = (
    ("holdings", [{"asset": "SOL", "quantity": "40000"}]),
    ("instruments", [_leg(_FINE), _leg(_ETHER, "3000")]),
    ("most_plans", 40),
)
_BARE = {**_MINI, "initial_margin_rate": None}
_COIN = {**_MINI, "style": "inverse", "multiplier": "100", "symbol": "BTCUSD"}
_HISTORICAL = (
    *("covid-2020-03", "china-2021-05", "day-2021-05-19", "luna-2022-05", "3ac-2022-06", "ftx-2022-11", "sec-2023-06"),
    *("yen-2024-08", "crash-2025-10", "rally-2023-q4", "rally-2024-11"),
)
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a short book": (("holdings", [{"asset": "SOL", "quantity": "-40"}]),),
    "nothing to hedge": (("holdings.0.quantity", "0"), ("holdings.1.quantity", "0")),
    "nothing to hedge, and no past": (
        ("holdings", [{"asset": "USDT", "quantity": "9"}]),
        ("prices.USDT", "1.01"),
        ("series", ABSENT),
    ),
    "one contract": (("instruments", PLAIN["instruments"][:1]),),
    "four contracts": (("instruments", [*PLAIN["instruments"], _leg(_FINE), _leg({**_MINI, "symbol": "B"}, "60010")]),),
    "two of one name": (("instruments", [_leg(_MINI, leverage="5"), _leg(_MINI, funding_rate="0.0001")]),),
    "prices under the names of the contracts": (
        ("instruments.0.futures_price", None),
        ("instruments.1.futures_price", None),
        ("prices.BTC-MINI", "60000"),
        ("prices.ETH-MINI", "3000"),
    ),
    "too many plans to work all out": _MANY,
    "too many for a budget": (*_MANY, ("budget", {"margin": "300000"})),
    "too many to prove": (
        *_MANY,
        (
            "instruments",
            [
                _leg({**_FINE, "lot_step": step, "underlying": coin, "symbol": f"F{place}"}, price)
                for place, (coin, step, price) in enumerate(
                    [("BTC", "0.00061", "60000"), ("ETH", "0.0067", "3000")] * 2
                )
            ],
        ),
        ("budget", {"capital": "99999999", "margin": "99999999"}),
    ),
    "a budget of margin": (("budget", {"margin": "1600"}),),
    "a budget of cost": (("budget", {"cost": "5"}),),
    "a budget of capital": (("budget", {"capital": "1506"}),),
    "a budget of nothing": (("budget", {}),),
    "a cost of all": (("instruments.0.cost_rate", "-0.008"), ("instruments.1.cost_rate", "0.01")),
    "funding is received": (("instruments.0.funding_rate", "0.0001"), ("instruments.1.funding_rate", "0.0003")),
    "no leverage": (("instruments.0.leverage", None), ("instruments.1.leverage", None)),
    "a leverage that is near": (("instruments.0.leverage", "20"), ("instruments.0.contract.tick_size", None)),
    "no initial margin": (("instruments.0", _leg(_BARE, leverage=None)),),
    "no maintenance": (("instruments.0.contract.maintenance_margin_rate", None),),
    "never liquidated": (("instruments.0", _leg(_COIN, leverage="1")),),
    "inverse": (("instruments.0", _leg(_COIN)),),
    "dated": (("instruments.0.contract.expiry", "2026-01-20T08:00:00Z"),),
    "about to expire": (("instruments.0.contract.expiry", "2026-01-03T03:04:05Z"),),
    "large contracts": (("instruments.0.contract.multiplier", "5"),),
    "at most one and a half": (("instruments.0.contract.max_quantity", "1.5"),),
    "no legal size": (
        ("instruments.0.contract.min_notional", "40000"),
        ("instruments.0.contract.max_quantity", "1"),
    ),
    "beyond the ceiling": (("instruments.0.contract.multiplier", "99999999"),),
    "a hedge that adds risk": _of(ETH=[-one for one in _ETH]),
    "twins": _of(ETH=[one * 1.05 + 0.0001 * (day % 3) for day, one in enumerate(_BTC)]),
    "gaps": _of(SOL=[None, *_SOL[1:]], BTC=[*_BTC[:-1], None]),
    "forty days": (("series", {"style": "returns", "returns": {name: days * 4 for name, days in _DAYS.items()}}),),
    "days of a hundredfold": _of(SOL=[100, -1, *_SOL[2:]]),
    "a mix that helps in no size": (
        ("holdings", [{"asset": "SOL", "quantity": "10"}]),
        ("prices", {"SOL": "100"}),
        ("instruments.0.futures_price", "100"),
        ("instruments.1", _leg({**_ETHER, "multiplier": "0.1"}, "100")),
        ("confidence", 0.8),
        (
            "series",
            {
                "style": "returns",
                "returns": {
                    "BTC": [-0.09, -0.04, 0.06, -0.03, 0.1],
                    "ETH": [-0.04, 0.05, -0.0, 0.02, -0.05],
                    "SOL": [-0.08, 0.04, -0.03, -0.05, -0.06],
                },
            },
        ),
    ),
    "closes": (
        ("holdings", PLAIN["holdings"][:1]),
        ("instruments", PLAIN["instruments"][:1]),
        ("series", PARTS["series"]),
    ),
    "closes that stand still": (
        ("holdings", PLAIN["holdings"][:1]),
        ("instruments", PLAIN["instruments"][:1]),
        (
            "series",
            {
                "style": "closes",
                "closes": {
                    "SOL": ["150", "150", "150", "151", "148", "150", "149"],
                    "BTC": ["60000", "60600", "59900", "60100", "60200", "59800", "60400"],
                },
            },
        ),
    ),
    "a day": (("horizon_days", 1),),
    "a year": (("horizon_days", 365),),
    "the worst fifth": (("confidence", 0.8),),
    "the worst thousandth": (("confidence", 0.999),),
    "little coverage": (("most_coverage", 0.1),),
    "fivefold coverage": (("most_coverage", 5),),
    "2,000 plans": (("most_plans", 2000),),
    "no stress": (("stresses", []),),
    "coins that nobody knows": (("holdings.1.asset", "WIF"), ("prices.WIF", "1"), *_of(WIF=_ADA)),
    "many that nobody knows": (
        ("holdings", [{"asset": f"C{number}", "quantity": "1"} for number in range(50)]),
        ("prices", {f"C{number}": "1" for number in range(50)}),
        *_of(**{f"C{number}": _ADA for number in range(50)}),
    ),
    "a rally that liquidates": (
        ("stresses", ["rally-2023-q4"]),
        ("holdings", [{"asset": "ETH", "quantity": "1"}]),
        ("prices.ETH", "3000"),
    ),
    "betas and prices for nothing": (("holdings.0.beta", 2), ("prices.XRP", "1"), ("prices.BTC", "6000")),
    "one asset twice": (("holdings.1.asset", "SOL"),),
    "off its peg": (("holdings.1.asset", "DAI"), ("prices.DAI", "0.97"), *_of(DAI=_ADA)),
    "the smallest book": (("holdings", [{"asset": "SOL", "quantity": f"0.{1:018}"}]),),
    "everything by its default": tuple((name, None) for name in ("market", "budget", "stresses")),
    **{f"in {name}": (("stresses", [name]), ("holdings", PLAIN["holdings"][1:])) for name in _HISTORICAL},
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("instruments", []), ("most_plans", 19)),
    "invalid_request: five contracts": (("instruments", [_leg(_MINI)] * 5),),
    "invalid_request: 51 holdings": (("holdings", [{"asset": "SOL", "quantity": "1"}] * 51),),
    "invalid_request: a stress that is made up": (("stresses", ["funding-spike"]),),
    "invalid_request: another budget": (("budget", {"risk": "1"}),),
    "inconsistent_question: a cost and a part of it": (
        ("instruments.1.cost_rate", "0"),
        ("instruments.1.fee_rate", "0"),
        ("prices", {}),
    ),
    "inconsistent_question: it expires and is funded": (
        ("instruments.1.contract.expiry", "2026-06-26T08:00:00Z"),
        ("instruments.1.funding_rate", "0"),
    ),
    "inconsistent_question: no past": (("series", {"style": "returns", "returns": {"BTC": _BTC}}),),
    "inconsistent_question: two lengths": _of(BTC=_BTC[1:]),
    "inconsistent_question: a past from nowhere": (("series", ABSENT),),
    "inconsistent_contract": (
        ("instruments.1.contract.min_quantity", "5"),
        ("instruments.1.contract.max_quantity", "4"),
    ),
    "inconsistent_contract: a coin with the name of a contract": (("instruments.1.contract.symbol", "SOL"),),
    "expired_contract": (("instruments.1.contract.expiry", AS_OF),),
    "price_missing": (("prices", {}),),
    "price_missing: of a contract": (("instruments.1.futures_price", None),),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "leverage_out_of_range": (("instruments.1.leverage", "20.1"),),
    "margin_terms_missing": (("instruments.1", _leg(_BARE, leverage=None)), ("budget", {"margin": "1"})),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
    "stress_data_missing": (("stresses", ["ftx-2022-11", "covid-2020-03"]),),
    "too_few_observations": _of(BTC=[0.1, 0.2, *[None] * 8]),
    "zero_variance": (*_of(SOL=[0.01] * 10), ("holdings", PLAIN["holdings"][:1])),
    "zero_variance: of an underlying": _of(ETH=[0] * 10),
    "work_out_of_range": (("instruments.0.contract.lot_step", "0.000000000000000001"),),
}
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "thirty days": (("series", {"style": "window", "window_days": 30}),),
    "weeks": (("series", {"style": "window", "window_days": 90, "interval_days": 7}),),
    "a past that is sent": (("series", {"style": "returns", "returns": _DAYS}),),
    "contracts in full": (("instruments", PLAIN["instruments"]), ("series", {"style": "window", "window_days": 20})),
    "all but the past": (
        ("instruments", PLAIN["instruments"]),
        ("prices", PLAIN["prices"]),
        ("series", {"style": "window", "window_days": 3}),
    ),
    "prices of a median": (("market.exchange", "median"), ("series", {"style": "returns", "returns": _DAYS})),
    "unknown terms": (
        ("instruments.1.contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("instruments.0.contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}),
        ("prices.USDT", "1"),
    ),
    "nothing to hedge": (("holdings", [{"asset": "USDT", "quantity": "5"}]), ("prices.USDT", "1")),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "not_listed": (("instruments.1.contract.symbol", "BTCUSDTT"),),
    "not_listed: an asset": (("holdings.1.asset", "NOPE"),),
    "not_listed: no past of a coin": (("holdings.1.asset", "NOPE"), ("prices.NOPE", "1")),
    "stale_price": (("holdings.1.asset", "LUNC"),),
    "not_listed: no past of an underlying": (("instruments.1", _leg({**_ETHER, "underlying": "NOPE"}, "3000")),),
    "currency_mismatch": (
        ("instruments.1.contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}),
        ("prices.USDT", "1"),
    ),
    "as_of_not_now": (("as_of", AS_OF),),
    "as_of_not_now: of the past alone": (
        ("instruments", PLAIN["instruments"]),
        ("prices", PLAIN["prices"]),
        ("as_of", AS_OF),
    ),
    "price_missing": (("market", None),),
    "inconsistent_question: a past from nowhere": (("market", None), ("prices", PLAIN["prices"])),
    "inconsistent_question: a past of a median": (("market.exchange", "median"),),
    "inconsistent_question": (("instruments.0.cost_rate", "0"), ("instruments.0.fee_rate", "0")),
    "leverage_out_of_range": (("instruments.0.leverage", "101"),),
    "too_few_observations": (("series", {"style": "window", "window_days": 60, "interval_days": 30}),),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
}
_SPARED: Changes = (
    ("instruments", PLAIN["instruments"]),
    ("prices", {"ADA": "0.44"}),
    ("market.exchange", "bybit"),
)
"""Nothing is looked up but a coin."""
_PAST_ONLY: Changes = (("instruments", PLAIN["instruments"]), ("prices", PLAIN["prices"]))
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect", "overloaded")),
    *((fault, _PAST_ONLY) for fault in ("off", "outage", "overloaded")),
    *((fault, _SPARED) for fault in ("off", "outage")),
    ("overloaded", (("instruments", []),)),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    return tuple(_pose())


def _pose() -> Iterator[Sent]:
    yield from pose_all(
        FRONTIER,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values()),
        by_the_way=_BY_THE_WAY,
    )
