"""Questions made by hand about margin: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.market import EXCHANGES, named, on_bitcoin
from tests.openapi.scenes import BASKET
from tests.openapi.scenes import INVERSE as INVERSE_HEDGE
from tests.openapi.scenes import LINEAR as LINEAR_HEDGE
from tests.openapi.staging import MARGIN, Body, Changes, Complete, pose_all

AS_OF = "2026-01-02T03:04:05Z"
_COIN: Body = {"asset": "SOL", "quantity": "20", "haircut": "0.1", "beta": 1.2}
_FLAT: Body = {"style": "linear", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"}
_BITCOIN: Body = {"asset": "BTC", "quantity": "0.1", "haircut": "0"}

PLAIN: Body = {"contract": BASKET["contract"], "contracts": "1", "prices": {"BTC-MINI": "60000"}, "as_of": AS_OF}
"""The seed's 5 % margin."""
LINEAR: Body = {
    "contract": LINEAR_HEDGE["contract"],
    "contracts": "1",
    "side": "short",
    "entry_price": "59000",
    "wallet_balance": "900",
    "leverage": None,
    "other_unrealized_pnl": "-120",
    "other_maintenance_margin": "60",
    "collateral": [_COIN],
    "closing_fee_rate": "0.0005",
    "moves": ["0.1"],
    "survive_move": "0.2",
    "survive_sigmas": 3,
    "volatility": 0.6,
    "horizon_days": 30,
    "checks_per_day": 1,
    "max_probability": 0.01,
    "prices": {"BTC_PERP": "60000", "SOL": "150"},
    "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
    "as_of": AS_OF,
}
"""Every member there is, with a linear contract."""
INVERSE: Body = {
    **{name: value for name, value in LINEAR.items() if name != "collateral"},
    "contract": INVERSE_HEDGE["contract"],
    "wallet_balance": None,
    "leverage": "5",
    "other_unrealized_pnl": "-0.001",
    "other_maintenance_margin": "0.001",
    "prices": {"BTC_PERP": "60000"},
}
"""Every member there is beside an inverse contract."""
LISTED: Body = {
    **LINEAR,
    "contract": {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"},
    "prices": {"SOL": "150"},
    "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 30},
    "as_of": None,
}
"""Every member there is, with a contract that is looked up."""
COMPLETE: Complete = (
    (LINEAR, ()),
    (INVERSE, (("contract",), ("leverage",), ("wallet_balance",))),
    (LISTED, (("contract",), ("market",))),
)
"""Each with the members in which it is varied; none for all of them."""

LIVE: Body = {
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "contracts": "0.2",
    "market": {"exchange": "binance"},
}
"""Nothing but the position is sent."""

_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a long": (("side", "long"), ("survive_move", "0.999"), ("survive_sigmas", 10)),
    "inverse": (("contract.style", "inverse"), ("contract.multiplier", "100")),
    "inverse, a long": (("contract.style", "inverse"), ("contract.multiplier", "100"), ("side", "long")),
    "inverse, covered by its coins": (
        ("contract.style", "inverse"),
        ("contract.multiplier", "100"),
        ("leverage", "1"),
    ),
    "a leverage": (("leverage", "5"),),
    "a wallet": (("wallet_balance", "3000"), ("survive_move", "0.2")),
    "a wallet of nothing": (("wallet_balance", "0"), ("survive_move", "0.001")),
    "a wallet that does not open it": (("wallet_balance", "200"),),
    "a wallet in trouble": (("wallet_balance", "30"), ("contract.initial_margin_rate", None)),
    "opened at another price": (("entry_price", "59000"),),
    "liquidated": (("entry_price", "55000"),),
    "insolvent": (("other_unrealized_pnl", "-7000"),),
    "beside others": (("other_unrealized_pnl", "-50.5"), ("other_maintenance_margin", "60")),
    "alt collateral": (("collateral", [_COIN]), ("prices.SOL", "150")),
    "collateral of all kinds": (
        ("collateral", [_COIN, _BITCOIN, {"asset": "USDC", "quantity": "9", "haircut": "1"}]),
        ("prices", {"BTC-MINI": "60000", "SOL": "150", "BTC": "59990", "USDC": "1.0001"}),
    ),
    "covered by coins": (
        ("wallet_balance", "0"),
        ("collateral", [{**_BITCOIN, "quantity": "1"}]),
        ("prices.BTC", "60000"),
        ("survive_move", "0.5"),
    ),
    "no equity, and none needed": (
        ("contract", {**_FLAT, "maintenance_margin_rate": "0"}),
        ("wallet_balance", "0"),
        ("other_unrealized_pnl", "-6000"),
        ("collateral", [_BITCOIN]),
        ("prices.BTC", "60000"),
        ("survive_move", "0.1"),
    ),
    "liquidated on the other side": (
        ("wallet_balance", "0"),
        ("contracts", "0.1"),
        ("other_unrealized_pnl", "-3000"),
        ("collateral", [{"asset": "SOL", "quantity": "40", "haircut": "0", "beta": 1.5}]),
        ("prices.SOL", "100"),
        ("moves", ["-0.1", "-0.5"]),
    ),
    "a closing fee": (("closing_fee_rate", "0.0005"),),
    "no closing fee": (("closing_fee_rate", "0"),),
    "a hundred moves": (("moves", [f"0.{number:02}" for number in range(100)]),),
    "no moves": (("moves", []),),
    "the largest and the least move": (("moves", ["9." + "9" * 18, "-0." + "9" * 18, "0"]),),
    "twenty coins": (
        ("collateral", [{**_COIN, "asset": f"A{number}", "beta": number * 5} for number in range(20)]),
        ("prices", {"BTC-MINI": "60000", **{f"A{number}": "1" for number in range(20)}}),
    ),
    "a volatility": (("volatility", 0.8),),
    "a calm hour": (("volatility", 0.01), ("horizon_days", 0.01), ("checks_per_day", 86400)),
    "the wildest year": (("volatility", 10), ("horizon_days", 365), ("checks_per_day", 0.01), ("max_probability", 0.5)),
    "the wildest year of a long": (("side", "long"), ("volatility", 10), ("horizon_days", 365)),
    "hardly any risk accepted": (("max_probability", 0.0001),),
    "deviations": (("survive_sigmas", 0.1),),
    "many deviations": (("survive_sigmas", 10), ("volatility", 10), ("horizon_days", 365)),
    "nobody states the initial margin": (("contract.initial_margin_rate", None), ("wallet_balance", "900")),
    "tiers": (
        ("contract.maintenance_margin_rate", None),
        ("contract.maintenance_tiers", [{"floor": "0", "rate": "0.004"}, {"floor": "5000", "rate": "0.01"}]),
    ),
    "a hundred tiers": (
        ("contract.maintenance_margin_rate", None),
        ("contract.maintenance_tiers", [{"floor": str(60 * n), "rate": f"0.000{n:02}"} for n in range(100)]),
        ("contracts", "100"),
    ),
    "maintenance at entry": (("contract.maintenance_basis", "entry"), ("entry_price", "58000")),
    "about to expire": (("contract.expiry", "2026-01-03T03:04:05Z"),),
    "expires after the horizon": (("contract.expiry", "2026-06-26T08:00:00Z"),),
    "a price not used": (("prices.XRP", "0.5"),),
    "a price of the underlying": (("prices.BTC", "59990"),),
    "a price of the underlying that is far": (("prices.BTC", "6000"),),
    "the smallest position": (("contracts", f"0.{1:018}"),),
    "the largest position": (("contracts", "166666666"),),
    "the smallest price": (("prices.BTC-MINI", f"0.{1:018}"),),
    "the largest price": (("prices.BTC-MINI", "9" * 15), ("contracts", "0.01")),
    "the largest wallet": (("wallet_balance", "9" * 15 + "." + "9" * 18),),
    "a market that is not needed": (("market", {"exchange": "mexc"}),),
    "everything by its default": tuple(
        (name, None)
        for name in (
            *("entry_price", "wallet_balance", "leverage", "closing_fee_rate", "moves", "survive_move", "volatility"),
            *("survive_sigmas", "market"),
        )
    ),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("contracts", "0"), ("horizon_days", 0)),
    "invalid_request: 101 moves": (("moves", ["0.1"] * 101),),
    "invalid_request: 21 coins": (("collateral", [_COIN] * 21),),
    "invalid_request: no side": (("side", "none"),),
    "invalid_request: no haircut": (("collateral", [{"asset": "SOL", "quantity": "20", "beta": 1}]),),
    "invalid_request: a negative beta": (("collateral", [{**_COIN, "beta": -0.1}]),),
    "invalid_request: a number": (("wallet_balance", 300),),
    "inconsistent_contract": (("contract.initial_margin_rate", "0.004"),),
    "inconsistent_contract: sizes": (("contract.min_quantity", "2"), ("contract.max_quantity", "1")),
    "inconsistent_contract: tiers": (
        ("contract.maintenance_margin_rate", None),
        ("contract.maintenance_tiers", [{"floor": "0", "rate": "0.01"}, {"floor": "1", "rate": "0.001"}]),
    ),
    "expired_contract": (("contract.expiry", AS_OF),),
    "expired_contract: by now": (("contract.expiry", "2026-01-01T00:00:00Z"), ("as_of", ABSENT)),
    "inconsistent_question: coins beside an inverse contract": (
        ("contract.style", "inverse"),
        ("contract.multiplier", "100"),
        ("collateral", [_COIN]),
    ),
    "inconsistent_question: twice": (("collateral", [_COIN, _COIN]),),
    "inconsistent_question: name": (("collateral", [_COIN]), ("contract.symbol", "SOL"), ("prices.SOL", "150")),
    "inconsistent_question: a fall to nothing": (("side", "long"), ("survive_move", "1")),
    "price_missing": (("prices", {}),),
    "price_missing: of collateral": (("collateral", [_COIN]),),
    "beta_missing": (("collateral", [{**_COIN, "beta": None}]), ("prices.SOL", "150")),
    "beta_missing: off its peg": (
        ("collateral", [{"asset": "DAI", "quantity": "1", "haircut": "0"}]),
        ("prices.DAI", "0.97"),
    ),
    "margin_conflict": (("wallet_balance", "1"), ("leverage", "1")),
    "leverage_out_of_range": (("leverage", "20.000000000000000001"),),
    "margin_terms_missing": (("contract.maintenance_margin_rate", None),),
    "margin_terms_missing: no wallet": (("contract.initial_margin_rate", None),),
    "size_out_of_range": (("contracts", "9" * 15),),
    "size_out_of_range: at entry": (("contracts", "100000000"), ("entry_price", "9" * 15)),
}
_COLLATERAL: Changes = (("collateral", [_COIN, {"asset": "USDT", "quantity": "100", "haircut": "0"}]),)
_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "coins": _COLLATERAL,
    "coins by the median": (*_COLLATERAL, ("market.exchange", "median")),
    "money, and no market": (("collateral", [{"asset": "USDT", "quantity": "9", "haircut": "0"}]), ("market", None)),
    "a mark that is sent": (("prices", {"BTCUSDT": "60000"}),),
    "a contract in full": (
        ("contract", BASKET["contract"]),
        ("contracts", "1"),
        ("prices", {"BTC-MINI": "60000"}),
        *_COLLATERAL,
    ),
    "converted": (
        ("contract", {"style": "listed", "exchange": "mexc", "symbol": "BTC_USDT"}),
        ("market.quote", "USDC"),
        ("prices", {"USDC": "0.9998"}),
        *_COLLATERAL,
    ),
    "a fee of its own": (
        ("contract", {"style": "listed", "exchange": "mexc", "symbol": "BTC_USDT"}),
        ("closing_fee_rate", "0"),
    ),
    "a thousand coins": (("contract", {"style": "listed", "exchange": "binance", "symbol": "1000SHIBUSDT"}),),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "not_listed": (("contract.symbol", "BTCUSDTT"),),
    "not_listed: an asset": (("collateral", [{**_COIN, "asset": "NOPE"}]),),
    "currency_mismatch": (("market.quote", "USDC"), *_COLLATERAL),
    "currency_mismatch: a contract in bitcoin": (
        ("contract", {"style": "listed", "exchange": "binance", "symbol": "ETHBTC"}),
    ),
    "as_of_not_now": (("as_of", AS_OF),),
    "price_missing": (("market", None), ("collateral", [_COIN])),
    "beta_missing": (("collateral", [{**_COIN, "beta": None}]),),
    "inconsistent_question: coins beside an inverse contract": (
        ("contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}),
        ("prices", {"USDT": "0.998"}),
        ("collateral", [_COIN]),
    ),
    "margin_terms_missing: unknown tiers": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("wallet_balance", "1"),
    ),
    "leverage_out_of_range": (("leverage", "101"),),
    "margin_conflict": (("wallet_balance", "1"), ("leverage", "1")),
    "size_out_of_range": (("contracts", "9" * 15),),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    *((fault, ()) for fault in ("keyless", "spent", "off", "outage", "defect")),
    *((fault, _COLLATERAL) for fault in ("off", "outage")),
    *((fault, (("contract.symbol", "NOPE"),)) for fault in ("off", "outage")),
    *((fault, (("contract", BASKET["contract"]), *_COLLATERAL)) for fault in ("off", "outage")),
    *((fault, (("contract", BASKET["contract"]), ("prices", PLAIN["prices"]))) for fault in ("off", "outage")),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        MARGIN,
        complete=COMPLETE,
        plain=PLAIN,
        of_then=(*_ANSWERED.values(), *_REFUSED.values()),
        live=LIVE,
        of_now=(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *_everywhere()),
        by_the_way=_BY_THE_WAY,
    )
    return tuple(posed)


def _everywhere() -> Iterator[Changes]:
    """Take every contract on bitcoin at every exchange."""
    for exchange in EXCHANGES:
        for listed in named(exchange, on_bitcoin(exchange)):
            yield (("contract", listed), ("contracts", "1"), ("leverage", "3"))
