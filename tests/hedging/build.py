"""Short ways to write a contract, a future, a book and a question in a test."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from service.hedging.carry import Carry, assess_carry
from service.hedging.contracts import Contract, Inverse, Linear
from service.hedging.costs.holding_cost import Desk
from service.hedging.costs.instruments import Instrument, Known, assume
from service.hedging.portfolio import Holding
from service.hedging.sizing import Sizing, size_hedge
from service.hedging.term_structure.pairs import Pair, Placed
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


def moment(days: float, since: Instant = NOW) -> Instant:
    """Give the moment some days after another."""
    return Instant.of(since + timedelta(days=days))


def pair(**terms: Any) -> Pair:
    """Make a future on BTC at 61,200 over a spot of 60,000, a perpetual unless an expiry is given."""
    return _future(Pair, terms)


def instrument(**terms: Any) -> Instrument:
    """Make the same future as something to be held."""
    return _future(Instrument, terms)


F = TypeVar("F", bound=Pair)


def placed(*futures: F, market: str = "request") -> list[Placed[F]]:
    """Put futures in their places in a question."""
    return [Placed(future, ("instruments", index), market) for index, future in enumerate(futures)]


def known(**terms: Any) -> Known:
    """Make a future with nothing left open."""
    return assume(placed(instrument(**terms))[0])


def perpetual(rate: str = "0.0001", **terms: Any) -> Instrument:
    """Make a perpetual whose funding stays at a rate, with the trading costs of domain 4.5: 5 bp and 1 bp."""
    steady = {"mean_rate": float(rate), "persistence": 0.0, "volatility": 0.0}
    costs = {"taker_fee_rate": "0.0005", "half_spread_rate": "0.0001"}
    payments = {"funding_rate": rate, "funding_interval_hours": 8, "funding_process": steady}
    return instrument(**{"symbol": "PERP", "futures_price": "60000", **costs, **payments, **terms})


def expiring(days: float, *, carry: str = "0.07", **terms: Any) -> Instrument:
    """Make a future that settles in some days at a simple annual carry, with the costs of domain 4.5: 5 bp and 2 bp."""
    price = round(Decimal(60000) * (1 + Decimal(carry) * Decimal(str(days)) / 365), 18)
    costs = {"taker_fee_rate": "0.0005", "half_spread_rate": "0.0002"}
    place = {"symbol": f"F-{days:g}", "expiry": str(moment(days)), "futures_price": str(price)}
    return instrument(**{**place, **costs, **terms})


def desk(**terms: Any) -> Desk:
    """Make the desk of domain 4.5: short 10,000, 20 % margin that would earn 5 % elsewhere."""
    defaults: dict[str, Any] = {
        "as_of": NOW,
        "notional": Decimal(10000),
        "side": "short",
        "margin_rate": Decimal("0.2"),
        "capital_cost_rate": Decimal("0.05"),
        "slippage_rate": Decimal(0),
        "roll_lead_days": 2.0,
        "carry_volatility": 0.06,
        "spot_volatility": 0.6,
    }
    return Desk(**{**defaults, **terms})


def carried(*futures: Instrument, days: float = 90, market: str = "request", **terms: Any) -> Carry:
    """Assess what holding futures costs for some days."""
    held = desk(**terms)
    end = moment(days, held.as_of)
    return assess_carry(placed(*futures, market=market), desk=held, end=end, largest_notional=Decimal("1E12"))


A = TypeVar("A", bound=msgspec.Struct)


def check_answer(answer: A) -> A:
    """Give back an answer, after a look at all of it.

    Every number is finite, every decimal plain and of at most 200 characters, and what is written keeps the bounds that
    its own record states: it reads back as the same.
    """
    for number in _leaves(answer):
        assert not isinstance(number, float) or math.isfinite(number)
        assert not isinstance(number, Decimal) or (number.is_finite() and len(str(number)) <= 200)
    text = msgspec.json.encode(answer, enc_hook=str)
    assert msgspec.json.decode(text, type=type(answer), dec_hook=_parse) == answer
    return answer


def _leaves(value: Any) -> Iterator[object]:
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _leaves(getattr(value, field))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def prices(**quotes: str) -> dict[str, Price]:
    """Make a mapping of prices."""
    return {name: Price.parse(text) for name, text in quotes.items()}


def number(text: str) -> Decimal:
    """Read a decimal as a test writes it."""
    return Decimal(text)


def _future(kind: type[F], terms: Mapping[str, Any]) -> F:
    """Make a future of a kind."""
    defaults = {"symbol": "BTC-0626", "underlying": "BTC", "spot_price": "60000", "futures_price": "61200"}
    return msgspec.convert({**defaults, **terms, "style": "given"}, kind, dec_hook=_parse)


def _parse(word: Any, value: object) -> Any:
    return word.parse(value)
