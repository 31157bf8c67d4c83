"""Questions made by hand about hedges: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator
from functools import cache

from tests.openapi import beta_scenes
from tests.openapi.asgi import Fault, Sent
from tests.openapi.boundaries import ABSENT
from tests.openapi.market import EXCHANGES, named, on_bitcoin
from tests.openapi.staging import SIZING, Body, Changes, Complete, pose_all

BASKET: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "contract": {
        "style": "linear",
        "symbol": "BTC-MINI",
        "underlying": "BTC",
        "multiplier": "0.1",
        "tick_size": "0.1",
        "initial_margin_rate": "0.05",
        "maintenance_margin_rate": "0.004",
        "taker_fee_rate": "0.0005",
    },
    "prices": {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"},
    "as_of": "2026-01-02T03:04:05Z",
}
"""8,200 against contracts of 6,000."""

_TERMS: Body = {
    "symbol": "BTC_PERP",
    "underlying": "BTC",
    "quoted_units": "1",
    "lot_step": "0.01",
    "min_quantity": "0.02",
    "max_quantity": "500",
    "max_market_quantity": "100",
    "min_notional": "5",
    "tick_size": "0.5",
    "expiry": "2026-06-26T08:00:00Z",
    "initial_margin_rate": "0.05",
    "maintenance_margin_rate": None,
    "maintenance_tiers": [{"floor": "0", "rate": "0.004"}],
    "maintenance_basis": "entry",
    "maker_fee_rate": "-0.0001",
    "taker_fee_rate": "0.0005",
    "funding_interval_hours": 4,
}
LINEAR: Body = {
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.2}],
    "contract": {"style": "linear", "multiplier": "0.1", "order_unit": "base", **_TERMS},
    "prices": {"SOL": "150", "BTC_PERP": "60000"},
    "market": {"exchange": "median", "quote": "USDT", "max_age_seconds": 30},
    "coverage": "0.75",
    "weighting": "beta",
    "rounding": "nearest",
    "margin": {"wallet_balance": "900", "leverage": None, "survive_move": "0.02"},
    "as_of": "2026-01-02T03:04:05Z",
}
"""Every member there is, with a linear contract."""
INVERSE: Body = {
    **LINEAR,
    "contract": {"style": "inverse", "multiplier": "100", "order_unit": "quote", **_TERMS},
    "margin": {"wallet_balance": "0.05", "leverage": None, "survive_move": "0.02"},
}
"""Every member there is, with an inverse contract."""
LISTED: Body = {
    **LINEAR,
    "holdings": [*LINEAR["holdings"], {"asset": "ADA", "quantity": "5000", "beta": 1.1}],
    "contract": {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"},
    "prices": {"SOL": "150"},
    "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 30},
    "margin": {"wallet_balance": None, "leverage": "5", "survive_move": "0.02"},
    "as_of": None,
}
"""Every member there is, with a contract that is looked up."""
COMPLETE: Complete = (
    (LINEAR, ()),
    (INVERSE, (("contract",),)),
    (LISTED, (("contract",), ("market",))),
    (beta_scenes.with_every_member(LINEAR), (("betas",),)),
    (beta_scenes.with_every_member(LINEAR, beta_scenes.CLOSED), (("betas", "series"),)),
)
"""Each with the members in which it is varied; none for all of them."""

LIVE: Body = {
    "holdings": BASKET["holdings"],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
}
"""Nothing but the book is sent."""

_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "inverse": (("contract.style", "inverse"), ("contract.multiplier", "100")),
    "requested down": (("rounding", "down"),),
    "requested up": (("rounding", "up"),),
    "requested nearest": (("rounding", "nearest"),),
    "requested exact": (("rounding", "exact"), ("holdings.0.quantity", "4")),
    "by value": (("weighting", "value"),),
    "by beta": (("weighting", "beta"), ("holdings.0.beta", 1.5), ("holdings.1.beta", -0.2)),
    "a short book": (("holdings.0.quantity", "-80"),),
    "a matched book": (("coverage", "1"), ("holdings", [{"asset": "SOL", "quantity": "40"}])),
    "nothing to hedge": (("holdings", [{"asset": "SOL", "quantity": "0"}]),),
    "zero coverage": (("coverage", "0"),),
    "much coverage": (("coverage", "1.75"),),
    "money only": (("holdings", [{"asset": "USDT", "quantity": "9"}]), ("prices.USDT", "1.01")),
    "off its peg": (("holdings.0.asset", "DAI"), ("prices.DAI", "0.97")),
    "sent twice": (("holdings.1.asset", "SOL"),),
    "a beta not used": (("holdings.0.beta", 1),),
    "betas that flip": (("weighting", "beta"), ("holdings.0.beta", -1), ("holdings.1.beta", 1)),
    "an own beta": (
        ("weighting", "beta"),
        ("holdings", [{"asset": "BTC", "quantity": "1", "beta": 0.9}]),
        ("prices.BTC", "60000"),
    ),
    "a price not used": (("prices.XRP", "0.5"),),
    "about to expire": (("contract.expiry", "2026-01-03T03:04:05Z"),),
    "a zone of its own": (("as_of", "2026-01-02T05:04:05.5+02:00"), ("contract.expiry", "2026-01-03T03:04:05-08:00")),
    "capped": (("contract.max_quantity", "1"),),
    "several orders": (("contract.max_market_quantity", "1"),),
    "quoted by the thousand": (("contract.quoted_units", "1000"), ("prices.BTC", "60"), ("contract.multiplier", "1")),
    "a market that is not needed": (("market", {"exchange": "mexc"}),),
    "too few": (("contract.min_quantity", "3"),),
    "worth too little": (("contract.min_notional", "15000"),),
    "no size": (("contract.lot_step", "2"), ("contract.max_quantity", "1")),
    "no size at all": (("contract.max_quantity", "1"), ("contract.min_notional", "15000")),
    "no terms": (
        ("contract.initial_margin_rate", ABSENT),
        ("contract.maintenance_margin_rate", ABSENT),
        ("contract.taker_fee_rate", ABSENT),
        ("contract.tick_size", ABSENT),
    ),
    "no terms, inverse": (
        ("contract", {"style": "inverse", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "100"}),
    ),
    "no maintenance": (("contract.maintenance_margin_rate", None),),
    "no initial margin": (("contract.initial_margin_rate", None),),
    "tiers": (
        ("contract.maintenance_margin_rate", None),
        ("contract.maintenance_tiers", [{"floor": "0", "rate": "0"}, {"floor": "0.5", "rate": "0.01"}]),
    ),
    "maintenance at entry": (("contract.maintenance_basis", "entry"),),
    "maintenance at liquidation": (("contract.maintenance_basis", "liquidation"),),
    "counted in contracts": (("contract.order_unit", "contract"),),
    "counted in coins": (("contract.order_unit", "base"),),
    "counted in quote units": (
        ("contract.style", "inverse"),
        ("contract.multiplier", "100"),
        ("contract.order_unit", "quote"),
    ),
    "counted in inverse contracts": (
        ("contract.style", "inverse"),
        ("contract.multiplier", "100"),
        ("contract.order_unit", "contract"),
    ),
    "never liquidated": (
        ("contract.style", "inverse"),
        ("contract.multiplier", "100"),
        ("margin", {"wallet_balance": "5"}),
    ),
    "a wallet too small": (("margin", {"wallet_balance": "1"}),),
    "a wallet for one": (
        ("rounding", "up"),
        ("margin", {"wallet_balance": "400", "survive_move": "0.05"}),
    ),
    "a wallet for less": (
        ("contract.lot_step", "0.01"),
        ("margin", {"wallet_balance": "400", "survive_move": "0.2"}),
    ),
    "a wallet without a maintenance rate": (
        ("contract.maintenance_margin_rate", None),
        ("margin", {"wallet_balance": "900"}),
    ),
    "a margin without rates": (
        ("contract.initial_margin_rate", None),
        ("contract.maintenance_margin_rate", None),
        ("margin", {}),
    ),
    "a price of the underlying that is far": (("prices.BTC", "6000"),),
    "a name of two currencies": (("contract.symbol", "BTC/USDT:USDT"), ("prices.BTC/USDT:USDT", "60000")),
    "what looks like money": (("holdings.0.asset", "XUSD"), ("prices.XUSD", "1")),
    "a leverage": (("margin", {"leverage": "20"}),),
    "liquidated soon": (("contract.initial_margin_rate", "0.02"), ("margin", {"leverage": "50"})),
    "a margin of nothing": (("margin", {}),),
    "the largest holding twice": (
        ("holdings", [{"asset": "SOL", "quantity": "9" * 15}] * 2),
        ("prices.SOL", "0.000000001"),
    ),
    "the longest names": (
        ("contract.symbol", "A-" * 20),
        ("holdings.0.asset", "A" * 20),
        ("prices", {"A-" * 20: "60000", "A" * 20: "150", "ADA": "0.44"}),
    ),
    "the largest betas": (("weighting", "beta"), ("holdings.0.beta", 100), ("holdings.1.beta", -100)),
    "1,000 holdings": (("holdings", [{"asset": "SOL", "quantity": "0.04"}] * 1000),),
    "2,000 prices": (("prices", {**BASKET["prices"], **{f"N{number}": "1" for number in range(1997)}}),),
    "everything by its default": tuple(
        (name, None)
        for name in (
            *("rounding", "margin", "market", "holdings.0.beta", "contract.min_quantity", "contract.max_quantity"),
            *("contract.max_market_quantity", "contract.initial_margin_rate", "contract.taker_fee_rate"),
            *("contract.min_notional", "contract.expiry", "contract.maintenance_tiers", "contract.maker_fee_rate"),
            *("contract.funding_interval_hours", "contract.tick_size"),
        )
    ),
}
_REFUSED: dict[str, Changes] = {
    "invalid_request": (("holdings.0.quantity", 40), ("contract.multiplier", "0")),
    "invalid_request: a beta too large": (("holdings.0.beta", 100.5),),
    "invalid_request: a beta too small": (("holdings.0.beta", -100.5),),
    "invalid_request: funding at all times": (("contract.funding_interval_hours", 0),),
    "invalid_request: funding every other day": (("contract.funding_interval_hours", 25),),
    "invalid_request: 1,001 holdings": (("holdings", [{"asset": "SOL", "quantity": "0.04"}] * 1001),),
    "invalid_request: 2,001 prices": (("prices", {**BASKET["prices"], **{f"N{n}": "1" for n in range(1998)}}),),
    "invalid_request: 101 tiers": (("contract.maintenance_tiers", [{"floor": "0", "rate": "0"}] * 101),),
    "inconsistent_contract": (("contract.min_quantity", "2"), ("contract.max_quantity", "1")),
    "inconsistent_contract: name": (("contract.symbol", "SOL"),),
    "inconsistent_contract: rate and tiers": (("contract.maintenance_tiers", [{"floor": "0", "rate": "0.1"}]),),
    "inconsistent_contract: tiers": (
        ("contract.maintenance_margin_rate", None),
        ("contract.maintenance_tiers", [{"floor": "1", "rate": "0.1"}, {"floor": "1", "rate": "0.01"}]),
    ),
    "inconsistent_contract: gone at once": (("contract.initial_margin_rate", "0.004"),),
    "expired_contract": (("contract.expiry", "2026-01-02T03:04:05Z"),),
    "expired_contract: by now": (("contract.expiry", "2026-01-01T00:00:00Z"), ("as_of", ABSENT)),
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
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
}


_LIVE_ANSWERED: dict[str, Changes] = {
    "as it is": (),
    "a median": (("market.exchange", "median"),),
    "in another dollar": (
        ("holdings", [{"asset": "BTC", "quantity": "1"}]),
        ("contract", {"style": "listed", "exchange": "binance", "symbol": "BTCUSDC"}),
        ("market.quote", "USDC"),
    ),
    "converted": (("contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}), ("prices.USDT", "0.998")),
    "converted, and held": (
        ("holdings.0.asset", "USDT"),
        ("contract", {"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}),
        ("prices.USDT", "0.998"),
    ),
    "its own currency": (("holdings.0.asset", "USDT"),),
    "its own currency, in full": (
        *((name, BASKET[name]) for name in ("contract", "prices")),
        ("holdings.0.asset", "USDT"),
        ("market.quote", "USDT"),
    ),
    "its own currency, and no market": (("holdings", [{"asset": "USDT", "quantity": "9"}]), ("market", None)),
    "prices that are sent": (("prices", {"SOL": "150", "ADA": "0.44", "BTCUSDT": "60000"}), ("market", None)),
    "a mark that is sent": (("prices", {"BTCUSDT": "60000"}),),
    "a contract in full": (("contract", BASKET["contract"]), ("prices", {"BTC-MINI": "60000"})),
    "a contract in full, converted": (
        ("contract", BASKET["contract"]),
        ("prices", {"BTC-MINI": "60000", "USDT": "0.998"}),
    ),
    "an inverse contract in full, converted": (
        ("contract", {"style": "inverse", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "100"}),
        ("prices", {"BTC-MINI": "60000", "USDT": "0.998"}),
    ),
    "by the thousand": (
        ("holdings", [{"asset": "SHIB", "quantity": "4000000"}]),
        ("contract", {"style": "listed", "exchange": "binance", "symbol": "1000SHIBUSDT"}),
    ),
    "by the million": (("holdings", [{"asset": "BABYDOGE", "quantity": "50000000000"}]),),
    "several orders": (("contract.exchange", "weex"), ("holdings.0.quantity", "90000000")),
    "a wallet and unknown terms": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
        ("margin", {"wallet_balance": "1"}),
    ),
    "survives": (("margin", {"leverage": "3", "survive_move": "0.2"}),),
    "by beta": (("weighting", "beta"), ("holdings.0.beta", 1.2), ("holdings.1.beta", 1.1)),
    "the underlying by beta": (("weighting", "beta"), ("holdings", [{"asset": "BTC", "quantity": "1"}])),
}
_LIVE_REFUSED: dict[str, Changes] = {
    "not_listed": (("contract.symbol", "BTCUSDTT"),),
    "not_listed: of another exchange": (("contract.exchange", "mexc"),),
    "not_listed: not traded": (("contract.symbol", "BIOUSDT"),),
    "not_listed: no coin": (("contract", {"style": "listed", "exchange": "binance", "symbol": "XAUUSDT"}),),
    "not_listed: a pair": (("contract", {"style": "listed", "exchange": "bybit", "symbol": "SHIBUSDT"}),),
    "not_listed: an asset": (("holdings.1.asset", "NOPE"),),
    "not_listed: an asset that is not traded": (("holdings.1.asset", "XMR"),),
    "not_listed: a scale is no asset": (("holdings.1.asset", "1MBABYDOGE"),),
    "not_listed: too few for a median": (("holdings.1.asset", "BABYDOGE"), ("market.exchange", "median")),
    "not_listed: nothing for USDC": (("market", {"exchange": "weex", "quote": "USDC"}), ("prices.USDC", "1")),
    "not_listed: before the price of the contract is missed": (
        ("contract", BASKET["contract"]),
        ("holdings.1.asset", "NOPE"),
    ),
    "currency_mismatch: a contract in bitcoin": (
        ("contract", {"style": "listed", "exchange": "binance", "symbol": "ETHBTC"}),
    ),
    "currency_mismatch": (("contract", {"style": "listed", "exchange": "mexc", "symbol": "BTC_USD"}),),
    "currency_mismatch: another dollar": (("market.quote", "USDC"),),
    "currency_mismatch: inverse, in full": (
        ("contract", {"style": "inverse", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "100"}),
        ("holdings.1.asset", "NOPE"),
    ),
    "currency_mismatch: inverse, in full, and nothing to look up": (
        ("contract", {"style": "inverse", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "100"}),
        ("holdings", [{"asset": "USDT", "quantity": "9"}]),
        ("prices", {"BTC-MINI": "60000"}),
    ),
    "currency_mismatch: before an asset is not listed": (("market.quote", "USDC"), ("holdings.1.asset", "NOPE")),
    "currency_mismatch: converted to nothing": (
        ("contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}),
        ("holdings.1.asset", "SHIB"),
        ("prices.USDT", "0.000000000000000001"),
    ),
    "currency_mismatch: converted to more than there is": (
        ("contract", {"style": "listed", "exchange": "bybit", "symbol": "BTCUSD"}),
        ("prices.USDT", "9" * 15),
    ),
    "as_of_not_now": (("as_of", "2026-01-02T03:04:05Z"),),
    "as_of_not_now: to come": (("as_of", "2126-01-02T03:04:05Z"), ("market.max_age_seconds", 60)),
    "as_of_not_now: before all else": (("as_of", "2026-01-02T03:04:05Z"), ("contract.symbol", "NOPE")),
    "as_of_not_now: prices to look up": (
        ("contract", BASKET["contract"]),
        ("prices", {"BTC-MINI": "60000"}),
        ("as_of", "2026-01-02T03:04:05Z"),
    ),
    "price_missing": (("market", None),),
    "price_missing: of two": (("market", None), ("prices", {"SOL": "150"})),
    "price_missing: nobody lists the contract": (("contract", BASKET["contract"]),),
    "inconsistent_contract: name": (("holdings.0.asset", "BTCUSDT"), ("prices", {"BTCUSDT": "60000"})),
    "beta_missing": (("weighting", "beta"),),
    "beta_missing: another name for a coin": (
        ("weighting", "beta"),
        ("holdings", [{"asset": "FIL", "quantity": "1"}]),
        ("contract", {"style": "listed", "exchange": "mexc", "symbol": "FILECOIN_USDT"}),
    ),
    "duplicate_symbol_beta_conflict": (("holdings", [{"asset": "SOL", "quantity": "1", "beta": b} for b in (1, 2)]),),
    "margin_conflict": (("margin", {"wallet_balance": "1", "leverage": "1"}),),
    "leverage_out_of_range": (("margin", {"leverage": "101"}),),
    "leverage_out_of_range: from a table": (
        ("contract", {"style": "listed", "exchange": "binance", "symbol": "ADAUSDT"}),
        ("margin", {"leverage": "76"}),
    ),
    "margin_terms_missing": (
        ("contract", {"style": "listed", "exchange": "bingx", "symbol": "BTC-USD"}),
        ("prices.USDT", "1"),
        ("margin", {"wallet_balance": "1", "survive_move": "0.1"}),
    ),
    "size_out_of_range": (("holdings.0.quantity", "9" * 15),),
}
_BY_THE_WAY: tuple[tuple[Fault, Changes], ...] = (
    ("keyless", ()),
    ("spent", ()),
    ("off", ()),
    ("off", (("market", None),)),
    ("off", (("contract", BASKET["contract"]),)),
    ("off", (("contract", BASKET["contract"]), ("market.exchange", "median"))),
    ("off", (("contract", BASKET["contract"]), ("prices", {**BASKET["prices"]}))),
    ("off", (("as_of", "2026-01-02T03:04:05Z"),)),
    ("outage", ()),
    ("outage", (("contract.symbol", "NOPE"),)),
    ("outage", (("contract.exchange", "weex"),)),
    (
        "outage",
        (
            ("contract", BASKET["contract"]),
            ("prices", {"BTC-MINI": "60000", "ADA": "0.44"}),
            ("market.exchange", "bybit"),
        ),
    ),
    ("outage", (("contract", BASKET["contract"]), ("market.exchange", "bybit"))),
    ("outage", (("contract", BASKET["contract"]), ("market.exchange", "median"))),
    ("outage", (("contract", BASKET["contract"]), ("prices", {**BASKET["prices"]}))),
    ("outage", (("as_of", "2026-01-02T03:04:05Z"),)),
    ("defect", ()),
)


@cache
def scenes() -> tuple[Sent, ...]:
    """Give every question made by hand, with and without an answer; those of now are of the time of the first call."""
    posed = pose_all(
        SIZING,
        complete=COMPLETE,
        plain=BASKET,
        of_then=(*_ANSWERED.values(), *_REFUSED.values(), *beta_scenes.of_then(), *beta_scenes.of_then_once()),
        live=LIVE,
        of_now=(
            *(*_LIVE_ANSWERED.values(), *_LIVE_REFUSED.values(), *everywhere()),
            *(*beta_scenes.of_now(), *beta_scenes.of_now_once()),
        ),
        by_the_way=(*_BY_THE_WAY, *beta_scenes.BY_THE_WAY),
    )
    return tuple(posed)


def everywhere() -> Iterator[Changes]:
    """Take a contract of each style and expiry at every exchange, and look the coins up there."""
    for exchange in EXCHANGES:
        for listed in named(exchange, on_bitcoin(exchange)):
            yield (("contract", listed), ("market.exchange", exchange), ("prices", {"USDT": "0.9996"}))
