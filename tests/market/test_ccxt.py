"""Ours against ccxt's: two readings of the same bytes agree, but for what is known and why.

Law: the tables hold what is so and nothing else: a new disagreement fails, and so does one that has gone.
"""

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple
from unittest.mock import ANY

import pytest

from service.market.source import EXCHANGES
from tests.market.ccxt_world import ADAPTERS, FIELDS, Comparison, Facts, Name, ask_both

Where = Callable[[Facts], bool]


def everywhere(_ours: Facts) -> bool:
    """All that the exchange lists."""
    return True


def spot(ours: Facts) -> bool:
    """Pairs."""
    return bool(ours["segment"] == "spot")


def linear(ours: Facts) -> bool:
    """Futures margined in the quote currency."""
    return bool(ours["segment"] == "linear")


def inverse(ours: Facts) -> bool:
    """Futures margined in the coin."""
    return bool(ours["segment"] == "inverse")


def future(ours: Facts) -> bool:
    """Linear and inverse."""
    return not spot(ours)


def dated(ours: Facts) -> bool:
    """Futures that expire."""
    return ours["expiry_ms"] is not None


def dated_linear(ours: Facts) -> bool:
    """Linear futures that expire."""
    return dated(ours) and linear(ours)


def unadjusted(ours: Facts) -> bool:
    """Perpetuals of Binance that fundingInfo does not list: it would give a cap."""
    return future(ours) and not dated(ours) and ours["funding_cap"] is None


def twin(ours: Facts) -> bool:
    """Futures that are called like a spot pair of the same exchange."""
    return future(ours) and bool(ours["has_twin"])


def named(symbol: str) -> Where:
    """One future."""
    return lambda ours: future(ours) and bool(ours["symbol"] == symbol)


def bitcoin(ours: Facts) -> bool:
    """Futures on bitcoin."""
    return future(ours) and "BTC" in ours["base"]


def other_coins(ours: Facts) -> bool:
    """Futures on all else."""
    return future(ours) and not bitcoin(ours)


def reachable(ours: Facts) -> Any:
    """The tiers that begin below the largest market order."""
    return tuple(tier for tier in ours["tiers"] if tier.floor < ours["max_market_quantity"])


class Known(NamedTuple):
    """A disagreement: where it is, why, and what both sides say there."""

    where: Where
    reason: str
    ours: Any = ANY
    theirs: Any = None
    """A value, or how it follows from what we say of the symbol."""


OWN_FEE = "ccxt brings a fee of its own, which is not the one on the exchange's page of fees."
SPOT_FEE = "The exchange does not publish fees by pair, so we give none; ccxt brings one of its own."
NO_FUNDING = "ccxt passes on the 0 with which a dated contract says that it has no funding."
ONE_LIMIT = "ccxt does not read the largest market order."
TWIN = "ccxt files the prices of a future under the spot pair that is called the same."
WEB_FEE = "ccxt reads the fee of orders from the web; those from a program cost more."
NO_MARK = "ccxt reads neither mark nor index, though both are in the replies that it asks for."
USUAL = "fundingInfo leaves out what has the usual interval, and ccxt does not fill it in."
FLAGS = "ccxt looks for flags that inverse contracts do not have."
STATUS = "ccxt does not look at the status: 25 takes no new positions."
FACE = "ccxt gives every contract the size 1; the face value, 100 or 10 dollars, is called minTickSize."
PRECISION = "ccxt looks for a precision that inverse contracts do not have."
TRADABLE = "ccxt does not ask which contracts a program may trade."
STEP = "ccxt takes contractVal for a size, but orders count in coins, and it is their step."
UNCHECKED = "ccxt reads minOrderQty, which Bybit says it does not check any more."
LIMIT_ORDERS = "ccxt reads maxVol for limit orders too, which have limitMaxVol."
CUSTOM = "ccxt does not read tiers that are written out in riskLimitCustom."
LAST_TIER = "ccxt ends at maxVol, the largest market order; we end where riskLevelLimit does."
KNOWN: Mapping[tuple[str, str], tuple[Known, ...]] = {
    ("binance", "funding_interval_hours"): (Known(unadjusted, USUAL, ours=8),),
    ("binance", "funding_rate"): (Known(dated_linear, NO_FUNDING, ours=None, theirs=0),),
    ("binance", "next_funding_ms"): (Known(dated, NO_FUNDING, ours=None, theirs=0),),
    ("binance", "maker_fee_rate"): (
        Known(inverse, OWN_FEE, ours=0.0002, theirs=0.0001),
        Known(spot, SPOT_FEE, ours=None, theirs=0.001),
    ),
    ("binance", "taker_fee_rate"): (Known(spot, SPOT_FEE, ours=None, theirs=0.001),),
    ("bybit", "funding_interval_hours"): (Known(dated, NO_FUNDING, ours=None, theirs=0),),
    ("bybit", "next_funding_ms"): (Known(dated, NO_FUNDING, ours=None, theirs=0),),
    ("bybit", "maker_fee_rate"): (
        Known(future, OWN_FEE, ours=0.0002, theirs=0.0001),
        Known(spot, SPOT_FEE, ours=None, theirs=0.001),
    ),
    ("bybit", "taker_fee_rate"): (
        Known(future, OWN_FEE, ours=0.00055, theirs=0.0006),
        Known(spot, SPOT_FEE, ours=None, theirs=0.001),
    ),
    ("bybit", "max_market_quantity"): (Known(everywhere, ONE_LIMIT),),
    ("bybit", "min_notional"): (Known(linear, "ccxt does not read minNotionalValue.", ours=5),),
    ("bybit", "min_quantity"): (Known(spot, UNCHECKED, ours=None, theirs=itemgetter("lot_step")),),
    ("bingx", "last"): (Known(twin, TWIN),),
    ("bingx", "bid"): (Known(twin, TWIN),),
    ("bingx", "ask"): (Known(twin, TWIN),),
    ("bingx", "funding_interval_hours"): (Known(linear, "ccxt does not read fundingIntervalHours."),),
    ("bingx", "is_trading"): (
        Known(inverse, FLAGS, ours=True, theirs=False),
        Known(named("EOS-USDT"), STATUS, ours=False, theirs=True),
    ),
    ("bingx", "multiplier"): (Known(inverse, FACE, theirs=1),),
    ("bingx", "lot_step"): (Known(inverse, PRECISION, ours=1),),
    ("bingx", "max_leverage"): (Known(linear, "ccxt does not read maxShortLeverage."),),
    ("bingx", "maker_fee_rate"): (Known(spot, SPOT_FEE, ours=None, theirs=0.001),),
    ("bingx", "taker_fee_rate"): (Known(spot, SPOT_FEE, ours=None, theirs=0.001),),
    ("weex", "bid"): (Known(twin, TWIN),),
    ("weex", "ask"): (Known(twin, TWIN),),
    ("weex", "is_trading"): (
        Known(named("EOSUSDT"), TRADABLE, ours=False, theirs=True),
        Known(named("XMRUSDT"), TRADABLE, ours=False, theirs=True),
    ),
    ("weex", "multiplier"): (Known(linear, STEP, ours=1, theirs=itemgetter("lot_step")),),
    ("weex", "max_market_quantity"): (Known(linear, ONE_LIMIT),),
    ("mexc", "mark"): (Known(future, NO_MARK),),
    ("mexc", "index"): (Known(future, NO_MARK),),
    ("mexc", "is_trading"): (Known(named("BIO_USDT"), "ccxt does not read apiAllowed.", ours=False, theirs=True),),
    ("mexc", "max_quantity"): (Known(future, LIMIT_ORDERS, ours=2_500_000, theirs=itemgetter("max_market_quantity")),),
    ("mexc", "max_market_quantity"): (Known(future, ONE_LIMIT, ours=400_000),),
    ("mexc", "maker_fee_rate"): (Known(future, WEB_FEE, ours=0.0006, theirs=0),),
    ("mexc", "taker_fee_rate"): (Known(future, WEB_FEE, ours=0.0008, theirs=0.0001),),
    ("mexc", "tiers"): (
        Known(bitcoin, CUSTOM, theirs=((None, None),)),
        Known(other_coins, LAST_TIER, theirs=reachable),
    ),
}
"""By exchange and field."""
STOCK = "A stock or a good, which no coin hedges or is hedged with."
ONLY_THEIRS: Mapping[Name, str] = {
    Name("binance", "future", "TSLAUSDT"): STOCK,
    Name("binance", "future", "XAUUSDT"): STOCK,
    Name("binance", "spot", "XMRUSDT"): "Halted, and we only ask for what trades.",
    Name("bingx", "future", "NCCOGOLD2USD-USDT"): STOCK,
    Name("bingx", "future", "NCSKTSLA2USD-USDT"): STOCK,
    Name("mexc", "future", "TESLA_USDT"): STOCK,
    Name("weex", "future", "TSLAUSDT"): STOCK,
    Name("weex", "future", "XAUUSDT"): STOCK,
}
"""Symbols that we leave out and ccxt lists."""
SEGMENTS = {(adapter.exchange, feed.segment) for adapter in ADAPTERS for feed in adapter.feeds}


@pytest.fixture(scope="module")
def both() -> Comparison:
    """Both sides, asked once; importing ccxt takes seconds on a cold machine, so it is not done at the top."""
    reason = "ccxt is a development dependency, and it is not here"
    modules = (
        pytest.importorskip(name, reason=reason, exc_type=ImportError) for name in ("ccxt.async_support", "aiohttp")
    )
    return asyncio.run(ask_both(*modules))


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two values are one; ccxt has the nearest float where we have a decimal."""
    if isinstance(ours, frozenset):
        return theirs in ours
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool((float(ours) if isinstance(ours, Decimal) else ours) == theirs)


def expected(exchange: str, field: str, ours: Facts) -> Any:
    """Give what ccxt says, going by us and by the table."""
    known = [one.theirs for one in KNOWN.get((exchange, field), ()) if one.where(ours)]
    assert len(known) <= 1, "two entries hold of one symbol"
    theirs = known[0] if known else ours[field]
    return theirs(ours) if callable(theirs) else theirs


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_agrees(both: Comparison, exchange: str, field: str) -> None:
    """Of every symbol that both know ccxt says what we say, or what the table says that it says instead."""
    shared = [name for name in both.ours if name in both.theirs and name.exchange == exchange]
    said = [(name, expected(exchange, field, both.ours[name]), both.theirs[name][field]) for name in shared]

    assert [(name, wanted, told) for name, wanted, told in said if not same(wanted, told)] == []


@pytest.mark.parametrize(
    ("exchange", "field", "known"), [(*place, known) for place, entries in KNOWN.items() for known in entries]
)
def test_still_disagrees(both: Comparison, exchange: str, field: str, known: Known) -> None:
    """Where the table knows of a disagreement there still is one, and we say what it says that we say."""
    names = [name for name, facts in both.ours.items() if name.exchange == exchange and known.where(facts)]
    said = [(both.ours[name][field], both.theirs[name][field]) for name in names]

    assert any(not same(ours, theirs) for ours, theirs in said), known.reason
    assert [ours for ours, _ in said if not same(ours, known.ours)] == []


def test_symbols(both: Comparison) -> None:
    """We list nothing that ccxt does not know, and leave out only what the table gives a reason for."""
    ours, theirs = both.ours.keys(), both.theirs.keys()

    assert ours - theirs == set()
    assert theirs - ours == ONLY_THEIRS.keys()


def test_compares_everything(both: Comparison) -> None:
    """Each segment of each exchange has some symbols on both sides, and each field a value that is no absence."""
    shared = [(name, facts) for name, facts in both.ours.items() if name in both.theirs]

    assert {(name.exchange, facts["segment"]) for name, facts in shared} == SEGMENTS
    assert all(any(both.theirs[name][field] is not None for name, _ in shared) for field in FIELDS)


def test_asks_nobody_else(both: Comparison) -> None:
    """All that either side sent went to the local exchanges, and arrived there."""
    assert [url for url in both.asked if not url.startswith(both.url + "/")] == []
    assert len(both.asked) == both.seen
