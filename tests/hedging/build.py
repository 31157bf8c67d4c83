"""Short ways to write a contract, a book and a question in a test."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from service.hedging.contracts import Contract, Inverse, Linear
from service.hedging.portfolio import Holding
from service.hedging.sizing import Sizing, size_hedge
from service.hedging.units import Coverage, Instant, Price

NOW = Instant.parse("2026-01-02T03:04:05Z")
TIERS_2021 = [
    ("0", "0.004"),
    ("50000", "0.005"),
    ("250000", "0.01"),
    ("1000000", "0.025"),
    ("10000000", "0.05"),
    ("20000000", "0.1"),
    ("50000000", "0.125"),
    ("100000000", "0.15"),
    ("200000000", "0.25"),
    ("300000000", "0.5"),
]
"""Floors and rates of BTCUSDT on Binance in 2021, as its bracket page printed them."""


def linear(**terms: Any) -> Linear:
    """Make a linear contract of 0.1 BTC with other terms as given."""
    defaults = {"symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"}
    return msgspec.convert({**defaults, **terms, "style": "linear"}, Linear, dec_hook=_parse)


def inverse(**terms: Any) -> Inverse:
    """Make an inverse contract of 100 quote units with other terms as given."""
    defaults = {"symbol": "BTCUSD_PERP", "underlying": "BTC", "multiplier": "100"}
    return msgspec.convert({**defaults, **terms, "style": "inverse"}, Inverse, dec_hook=_parse)


def tiers(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Write maintenance tiers as a request does."""
    return [{"floor": floor, "rate": rate} for floor, rate in pairs]


def holding(asset: str, quantity: str, beta: float | None = None) -> Holding:
    """Make a holding."""
    return msgspec.convert({"asset": asset, "quantity": quantity, "beta": beta}, Holding, dec_hook=_parse)


def sized(
    contract: Contract | None = None,
    *,
    book: Mapping[str, str] | None = None,
    price: str = "60000",
    coverage: str = "1",
    **options: Any,
) -> Sizing:
    """Size a hedge of a book given as value by asset: every price is 1."""
    hedge = contract or linear()
    book = book or {"SOL": "10000"}
    return size_hedge(
        **{
            "holdings": [holding(asset, value) for asset, value in book.items()],
            "contract": hedge,
            "prices": {**dict.fromkeys(book, Price("1")), hedge.symbol: Price(price)},
            "coverage": Coverage(coverage),
            "weighting": "value",
            "as_of": NOW,
            **options,
        }
    )


def prices(**quotes: str) -> dict[str, Price]:
    """Make a mapping of prices."""
    return {name: Price.parse(text) for name, text in quotes.items()}


def number(text: str) -> Decimal:
    """Read a decimal as a test writes it."""
    return Decimal(text)


def _parse(word: Any, value: object) -> Any:
    return word.parse(value)
