"""Questions made by hand about scenarios: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi import beta_scenes
from tests.openapi import scenes as sizing_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.staging import SCENARIOS, Body, Changes, Complete, pose_all, pose_chart, stage

_BASKET = sizing_scenes.BASKET
_TERMS: Body = {**sizing_scenes.LINEAR["contract"], "expiry": None, "funding_interval_hours": 8}
_SHOCK: Body = {
    "name": "all at once",
    "underlying_move": "-0.1",
    "asset_moves": {"SOL": "-0.3", "USDT": "-0.05"},
    "beta": 1.43,
    "basis_move": "0.02",
    "funding_rate": "-0.0003",
    "days": 7,
    "fee_rate": "0.001",
}
STRESSES = (
    *("covid-2020-03", "china-2021-05", "day-2021-05-19", "luna-2022-05", "3ac-2022-06", "ftx-2022-11", "sec-2023-06"),
    *("yen-2024-08", "crash-2025-10", "rally-2023-q4", "rally-2024-11"),
    *("correlation-breakdown", "funding-spike", "exchange-outage", "auto-deleveraging", "stablecoin-depeg"),
)
GIVEN: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
    "contract": _TERMS,
    "prices": {"SOL": "150", "BTC_PERP": "60000"},
    "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
    "weighting": "beta",
    "hedges": [{"coverage": "0.75", "contracts": None}, {"coverage": None, "contracts": "1"}],
    "moves": ["-0.2"],
    "stresses": ["luna-2022-05"],
    "by": "lows",
    "missing_assets": "beta",
    "shocks": [_SHOCK],
    "margin": {"wallet_balance": "900", "leverage": None, "survive_move": "0.02"},
    "loss_limit": "0.1",
    "days": 3,
    "funding_rate": "0.0001",
    "fee_rate": "0.0004",
    "theme": "light",
    "as_of": "2026-01-02T03:04:05Z",
}
"""Every member there is, with a linear contract."""
INVERSE: Body = {
    **GIVEN,
    "contract": {**sizing_scenes.INVERSE["contract"]},
    "shocks": [{**_SHOCK, "funding_rate": None}],
    "funding_rate": None,
    "margin": {"wallet_balance": "0.05", "leverage": None, "survive_move": "0.02"},
}
"""Every member there is, with an inverse contract that expires."""
LISTED: Body = {
    **GIVEN,
    "holdings": [*GIVEN["holdings"], {"asset": "ADA", "quantity": "5000", "beta": 1.1}],
    "contract": {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"},
    "prices": {"SOL": "150"},
    "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 30},
    "margin": {"wallet_balance": None, "leverage": "5", "survive_move": "0.02"},
    "as_of": None,
}
"""Every member there is, with a contract that is looked up."""
COMPLETE: Complete = (
    (GIVEN, ()),
    (INVERSE, (("contract",),)),
    (LISTED, (("contract",), ("market",))),
    (beta_scenes.with_every_member(GIVEN), (("betas", "method"),)),
)
"""Each with the members in which it is varied; none for all of them."""
PLAIN: Body = {
    **_BASKET,
    "hedges": [{"coverage": "1"}, {"coverage": "0.5"}, {"coverage": "0"}, {"contracts": "1"}],
    "moves": ["-0.2", "0.04", "0.2"],
}
"""8,200 through falls and rises."""
LIVE: Body = {**sizing_scenes.LIVE, "hedges": [{"coverage": "0.75"}], "moves": ["-0.2"], "stresses": ["ftx-2022-11"]}
"""Nothing but the book and the question is sent."""

_NO_FEES: Changes = (("contract.taker_fee_rate", "0"),)
_RICH: Changes = (("margin", {"wallet_balance": "100000"}),)
_MONEY: Changes = (("holdings", [{"asset": "USDT", "quantity": "9000"}]), ("prices.USDT", "1.001"))
_COIN: Changes = (("contract.style", "inverse"), ("contract.multiplier", "100"), ("contract.tick_size", ABSENT))
_TEN_THOUSAND: Changes = (("holdings.1.quantity", "10000"), ("prices.ADA", "0.4"))
_PERPETUAL: Changes = (("contract.funding_interval_hours", 8),)
_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "with limits": (("loss_limit", "0.1"), *_RICH),
    "with a limit that nothing breaks": (("loss_limit", "1"), ("hedges", [{"coverage": "1"}]), *_RICH),
    "the article's table": (*_NO_FEES, *_RICH, ("hedges", [{"coverage": one} for one in ("1", "0.75", "0.5", "0")])),
    "flat": (*_RICH, ("hedges", [{"coverage": "1"}]), *_COIN),
    "never even": (*_RICH, ("hedges", [{"coverage": "1"}]), ("contract.taker_fee_rate", "0.9")),
    "every stress": (("stresses", STRESSES), ("missing_assets", "beta")),
    "every stress, by lows": (("stresses", STRESSES), ("missing_assets", "beta"), ("by", "lows")),
    "every stress, against a short book": (
        ("stresses", STRESSES),
        ("missing_assets", "beta"),
        ("holdings.0.quantity", "-80"),
        *_RICH,
    ),
    "every stress, in coins": (("stresses", STRESSES), ("missing_assets", "beta"), *_COIN),
    "every stress, of what expires": (
        ("stresses", STRESSES),
        ("missing_assets", "beta"),
        ("contract.expiry", "2026-06-26T08:00:00Z"),
    ),
    "a stress that is known of all": (("stresses", ["luna-2022-05", "luna-2022-05"]), ("moves", [])),
    "a stress by lows": (("stresses", ["luna-2022-05", "rally-2024-11"]), ("by", "lows")),
    "a stress with money": (
        ("stresses", STRESSES[3:]),
        ("missing_assets", "beta"),
        ("holdings.1.asset", "USDT"),
        ("prices.USDT", "1"),
    ),
    "shocks alone": (("moves", ABSENT), ("shocks", [{"name": "a fall", "underlying_move": "-0.3"}])),
    "every kind of shock": (
        ("moves", ABSENT),
        *_PERPETUAL,
        (
            "shocks",
            [
                {"name": "up and down", "underlying_move": "0.1", "asset_moves": {"SOL": "-0.15", "ADA": "-0.15"}},
                {"name": "harder", "underlying_move": "-0.5", "beta": 2.4},
                {"name": "basis", "underlying_move": "0", "basis_move": "-0.02"},
                {"name": "funding", "underlying_move": "0", "funding_rate": "-0.0003", "days": 30},
                {"name": "dear", "underlying_move": "-0.1", "fee_rate": "0.01"},
                {"name": "of what is not held", "underlying_move": "-0.1", "asset_moves": {"XRP": "-0.5"}},
                {"name": "for nothing", "underlying_move": "0.999", "basis_move": "-0.999", "days": 0},
            ],
        ),
    ),
    "funding for a month": (*_PERPETUAL, ("days", 30), ("funding_rate", "0.0001")),
    "funding that is paid": (*_PERPETUAL, ("days", 1825), ("funding_rate", "-0.001"), *_RICH),
    "funding that takes the wallet": (*_PERPETUAL, ("days", 1825), ("funding_rate", "-0.9")),
    "funding that nobody states": (*_PERPETUAL, ("days", 30)),
    "a margin call": (*_RICH, ("margin", {"wallet_balance": "500"}), ("moves", ["0.01"])),
    "a wallet without initial margin": (("contract.initial_margin_rate", None), ("margin", {"wallet_balance": "900"})),
    "no terms": (
        ("contract.initial_margin_rate", ABSENT),
        ("contract.maintenance_margin_rate", ABSENT),
        ("contract.taker_fee_rate", ABSENT),
        ("contract.tick_size", ABSENT),
    ),
    "no maintenance": (("contract.maintenance_margin_rate", None),),
    "no initial margin": (("contract.initial_margin_rate", None),),
    "maintenance at entry": (("contract.maintenance_basis", "entry"),),
    "a wallet of nothing": (("margin", {"wallet_balance": "0"}),),
    "a leverage": (("margin", {"leverage": "3", "survive_move": "0.2"}),),
    "never liquidated": (*_COIN, ("margin", {"wallet_balance": "5"})),
    "a short book": (("holdings.0.quantity", "-80"), ("loss_limit", "0.1")),
    "a short book in coins": (("holdings.0.quantity", "-80"), *_COIN),
    "by beta": (("weighting", "beta"), ("holdings.0.beta", 1.5), ("holdings.1.beta", -0.2), ("loss_limit", "0.5")),
    "betas that flip": (("weighting", "beta"), ("holdings.0.beta", -1), ("holdings.1.beta", 1)),
    "the largest betas": (("weighting", "beta"), ("holdings.0.beta", 100), ("holdings.1.beta", -100)),
    "betas of nothing": (
        ("weighting", "beta"),
        ("holdings.0.beta", 0),
        ("holdings.1.beta", 0),
        ("hedges.3", {"coverage": "1"}),
    ),
    "the underlying": (
        ("holdings", [{"asset": "BTC", "quantity": "1"}]),
        ("prices.BTC", "60000"),
        ("weighting", "beta"),
        ("shocks", [{"name": "harder", "underlying_move": "-0.5", "beta": 2.4}]),
    ),
    "money only": (*_MONEY, ("hedges", [{"coverage": "1"}]), ("loss_limit", "0.1")),
    "nothing": (("holdings", [{"asset": "SOL", "quantity": "0"}]), ("hedges", [{"contracts": "0"}])),
    "off its peg": (("holdings.0.asset", "DAI"), ("prices.DAI", "0.97")),
    "sent twice": (("holdings.1.asset", "SOL"),),
    "a price not used": (("prices.XRP", "0.5"),),
    "about to expire": (("contract.expiry", "2026-01-03T03:04:05Z"),),
    "far from its underlying": (("prices.BTC", "6000"),),
    "much coverage": (("hedges", [{"coverage": "10"}]),),
    "a name of two currencies": (("contract.symbol", "BTC/USDT:USDT"), ("prices.BTC/USDT:USDT", "60000")),
    "the smallest price": (("prices.BTC-MINI", f"0.{1:018}"), ("hedges", [{"coverage": "1"}]), *_COIN),
    "the largest moves": (("moves", ["-0.999999999999999999", "9.999999999999999999"]), *_RICH),
    "a tick that is large": (("contract.tick_size", "5000"),),
    "500 moves of 20 hedges": (
        ("moves", [f"0.{number:03}" for number in range(500)]),
        ("hedges", [{"coverage": f"0.{number:02}"} for number in range(20)]),
    ),
    "100 shocks": (("shocks", [{"name": f"N{number}", "underlying_move": "-0.1"} for number in range(100)]),),
    "1,000 holdings": (("holdings", [{"asset": "SOL", "quantity": "0.04"}] * 1000),),
    "everything by its default": tuple(
        (name, None)
        for name in (
            *("margin", "market", "loss_limit", "funding_rate", "fee_rate", "holdings.0.beta"),
            *("contract.min_quantity", "contract.max_quantity", "contract.funding_interval_hours"),
        )
    ),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("moves", ["-1"]), ("hedges", [])),
    "invalid_request: 501 moves": (("moves", ["0.1"] * 501),),
    "invalid_request: 21 hedges": (("hedges", [{"coverage": "1"}] * 21),),
    "invalid_request: 17 stresses": (("stresses", ["luna-2022-05"] * 17),),
    "invalid_request: 101 shocks": (("shocks", [{"name": "N", "underlying_move": "-0.1"}] * 101),),
    "invalid_request: an unknown stress": (("stresses", ["mtgox-2014-02"]),),
    "invalid_request: a shock without a name": (("shocks", [{"name": "", "underlying_move": "-0.1"}]),),
    "invalid_request: more than all": (("loss_limit", "1.000000000000000001"),),
    "invalid_request: more than five years": (("days", 1825.1),),
    "invalid_request: a coin that rises elevenfold": (
        ("shocks", [{"name": "N", "underlying_move": "0", "asset_moves": {"SOL": "10"}}]),
    ),
    "inconsistent_question": (("moves", []),),
    "inconsistent_question: no size": (("hedges", [{}]),),
    "inconsistent_question: two sizes": (("hedges", [{"coverage": "1", "contracts": "1"}]),),
    "inconsistent_question: no side": (*_MONEY, ("hedges", [{"contracts": "1"}])),
    "inconsistent_question: no interval": (("funding_rate", "0.0001"),),
    "inconsistent_question: it expires": (
        *_PERPETUAL,
        ("contract.expiry", "2026-06-26T08:00:00Z"),
        ("shocks", [{"name": "N", "underlying_move": "-0.1", "funding_rate": "0"}]),
    ),
    "inconsistent_question: the underlying moves twice": (
        ("shocks", [{"name": "N", "underlying_move": "-0.1", "asset_moves": {"BTC": "-0.1"}}]),
    ),
    "inconsistent_question: a future for nothing": (
        ("shocks", [{"name": "N", "underlying_move": "-0.5", "basis_move": "-0.5"}]),
    ),
    "inconsistent_contract": (("contract.symbol", "SOL"),),
    "expired_contract": (("contract.expiry", "2026-01-02T03:04:05Z"),),
    "price_missing": (("prices", {}),),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "beta_missing": (("weighting", "beta"), ("holdings.0.beta", 1.1)),
    "margin_conflict": (("margin", {"wallet_balance": "1", "leverage": "1"}),),
    "leverage_out_of_range": (("margin", {"leverage": "20.000000000000000001"}),),
    "margin_terms_missing": (
        ("margin", {"survive_move": "0.1"}),
        ("contract.initial_margin_rate", None),
        ("contract.maintenance_margin_rate", None),
    ),
    "margin_terms_missing: an account that is lost": (
        ("stresses", ["exchange-outage"]),
        ("contract.initial_margin_rate", None),
    ),
    "margin_terms_missing: money that is lost": (
        ("stresses", ["stablecoin-depeg"]),
        ("contract.initial_margin_rate", None),
        ("margin", {}),
    ),
    "stress_data_missing": (("stresses", ["covid-2020-03"]),),
    "stress_data_missing: of one of two": (
        ("stresses", ["luna-2022-05", "crash-2025-10"]),
        ("holdings.1.asset", "MATIC"),
        ("prices.MATIC", "0.4"),
    ),
    "stress_data_missing: a low": (
        ("stresses", ["luna-2022-05"]),
        ("by", "lows"),
        ("holdings.1.asset", "AVAX"),
        ("prices.AVAX", "20"),
    ),
    "stress_data_missing: the underlying": (
        ("stresses", ["luna-2022-05"]),
        ("missing_assets", "beta"),
        ("contract.underlying", "TON"),
    ),
    "size_out_of_range": (("hedges", [{"coverage": "1"}, {"contracts": "9" * 15}]),),
    "size_out_of_range: by coverage": (("holdings.0.quantity", "9" * 15),),
}
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a median": (("market.exchange", "median"),),
    "funding": (("funding_rate", "0.0001"), ("days", 7)),
    "unknown terms": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
    ),
    "by the thousand": (
        ("holdings", [{"asset": "SHIB", "quantity": "4000000"}]),
        ("contract", {"style": "listed", "exchange": "binance", "symbol": "1000SHIBUSDT"}),
        ("stresses", ABSENT),
    ),
    "its own currency": (("holdings.0.asset", "USDT"),),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "inconsistent_question: before anything is looked up": (
        ("moves", []),
        ("stresses", []),
        ("contract.symbol", "NOPE"),
    ),
    "not_listed": (("contract.symbol", "BTCUSDTT"),),
    "not_listed: an asset": (("holdings.1.asset", "NOPE"),),
    "currency_mismatch": (("contract", {"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}),),
    "as_of_not_now": (("as_of", "2026-01-02T03:04:05Z"),),
    "price_missing": (("market", None),),
    "beta_missing": (("weighting", "beta"),),
    "stress_data_missing": (("stresses", ["covid-2020-03"]),),
    "inconsistent_question: nobody tells the interval": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
        ("funding_rate", "0.0001"),
    ),
    "leverage_out_of_range": (("margin", {"leverage": "101"}),),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    ("keyless", ()),
    ("spent", ()),
    ("off", ()),
    ("off", (("market", None),)),
    ("outage", ()),
    ("outage", (("contract.symbol", "NOPE"),)),
    ("outage", (("contract.exchange", "weex"),)),
    (
        "outage",
        (
            ("contract", _BASKET["contract"]),
            ("prices", {"BTC-MINI": "60000", "ADA": "0.44"}),
            ("market.exchange", "bybit"),
        ),
    ),
    ("defect", ()),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        SCENARIOS,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values(), *beta_scenes.of_then()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *sizing_scenes.everywhere(), *beta_scenes.of_now()),
        by_the_way=(*_BY_THE_WAY, *beta_scenes.BY_THE_WAY),
    )
    return (*posed, *_draw_all())


def _draw_all() -> Iterator[Sent]:
    """Ask for charts, and for none where there is nothing to draw."""
    shown: tuple[Changes, ...] = (_TEN_THOUSAND, (("theme", "dark"),), _ANSWERED["every stress"])
    for changes in (*shown, _ANSWERED["money only"], _REFUSED["stress_data_missing"]):
        yield pose_chart(stage(PLAIN, changes), SCENARIOS)
    yield pose_chart(PLAIN, SCENARIOS, "overloaded")
    yield pose_chart(LIVE, SCENARIOS, "outage")
    yield pose_chart(LIVE, SCENARIOS, "off")
