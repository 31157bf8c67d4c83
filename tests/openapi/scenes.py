"""Questions made by hand: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.openapi.asgi import JSON, Sent
from tests.openapi.boundaries import ABSENT, change

Body = dict[str, Any]

SIZING = ("POST", "/v1/sizing")

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
    "lot_step": "0.01",
    "min_quantity": "0.02",
    "max_quantity": "500",
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
COMPLETE = (LINEAR, INVERSE)

_ANSWERED: dict[str, tuple[tuple[str, object], ...]] = {
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
            *("rounding", "margin", "holdings.0.beta", "contract.min_quantity", "contract.max_quantity"),
            *("contract.min_notional", "contract.expiry", "contract.maintenance_tiers", "contract.maker_fee_rate"),
            *("contract.funding_interval_hours", "contract.tick_size"),
        )
    ),
}
_REFUSED: dict[str, tuple[tuple[str, object], ...]] = {
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


def scenes() -> Iterator[Body]:
    """Give every question made by hand, with and without an answer."""
    yield from COMPLETE
    for changes in (*_ANSWERED.values(), *_REFUSED.values()):
        yield _stage(BASKET, changes)


def _stage(body: Body, changes: tuple[tuple[str, object], ...]) -> Body:
    """Change a body at places written with dots."""
    for place, value in changes:
        body = change(body, tuple(int(step) if step.isdecimal() else step for step in place.split(".")), value)
    return body


def pose(body: object, media_type: str = JSON) -> Sent:
    """Put a body into a request to the sizing endpoint."""
    return Sent(*SIZING, json.dumps(body).encode(), (("content-type", media_type),))
