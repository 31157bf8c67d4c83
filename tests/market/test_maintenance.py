"""Maintenance margin comes from the exchange, else from the table, else from an estimate that is on the safe side."""

from decimal import Decimal
from importlib.resources import files
from typing import Any, NamedTuple, cast

import msgspec
import pytest

from service.hedging.contracts import check_terms
from service.market.maintenance import maintain
from service.market.scale import unscale
from service.market.source import Listing, Segment, Tier
from service.market.terms import contract_of
from tests.market.hand import tiers

BRACKETS = msgspec.json.decode(files("service.market").joinpath("maintenance.json").read_bytes())
USDT = [symbol for symbol in BRACKETS["binance:linear"]["symbols"] if symbol.endswith("USDT")]
LEVERAGES = ("0.5", "1", "3", "20", "75", "125", "500")
TWO = tiers(("0", "0.01"), ("1000", "0.02"))


class Row(NamedTuple):
    """One symbol of a table."""

    table: str
    symbol: str

    @property
    def steps(self) -> list[list[Any]]:
        """Floors, rates and leverages as they are written."""
        return cast("list[list[Any]]", BRACKETS[self.table]["symbols"][self.symbol])


ROWS = [Row(name, symbol) for name, table in BRACKETS.items() for symbol in table["symbols"]]


def listed(symbol: str, *, segment: Segment = "linear", leverage: str | None = None, **terms: Any) -> Listing:
    """Make a listing of a symbol."""
    most = None if leverage is None else Decimal(leverage)
    usual: dict[str, Any] = {"base": "X", "quote": "USDT", "is_trading": True}
    return Listing(symbol=symbol, segment=segment, max_leverage=most, **(usual | terms))


def rate_at(steps: tuple[Tier, ...], size: Decimal) -> Decimal:
    """Give the rate of the tier that a size lies in."""
    return [tier.rate for tier in steps if tier.floor <= size][-1]


@pytest.mark.parametrize(
    ("listing", "published", "origin", "as_of"),
    [
        (listed("BTCUSDT", leverage="100", tiers=TWO), tiers(("0", "0.03")), "exchange", None),
        (listed("BTCUSDT", leverage="100", tiers=TWO), None, "exchange", None),
        (listed("BTCUSDT", leverage="100", tiers=()), (), "table", "2026-09-29"),
        (listed("BTCUSDT", leverage="100"), None, "table", "2026-09-29"),
        (listed("BTCUSDT_261225"), None, "table", "2026-09-29"),
        (listed("BTCUSD_PERP", segment="inverse"), None, "estimate", "2020-06-11"),
        (listed("XYZUSDT", leverage="50"), None, "estimate", None),
        (listed("XYZUSDT"), None, "unknown", None),
        (listed("BTCUSDT", segment="inverse"), None, "unknown", None),
    ],
)
def test_the_exchange_goes_before_the_table_and_that_before_an_estimate(
    listing: Listing, published: tuple[Tier, ...] | None, origin: str, as_of: str | None
) -> None:
    """Whoever uses the tiers is told which they are, and of when."""
    found = maintain("binance", listing, published)

    assert (found.origin, found.as_of) == (origin, as_of)
    assert (found.tiers is None) == (origin == "unknown")
    if origin == "exchange":
        assert found.tiers == (published or TWO)


def test_the_table_has_what_binance_prints() -> None:
    """BTCUSDT: the first four tiers and the leverage of the smallest position, from Binance's page of brackets."""
    found = maintain("binance", listed("BTCUSDT"), None)

    assert found.tiers is not None
    assert found.tiers[:4] == tiers(("0", "0.004"), ("300000", "0.005"), ("800000", "0.0065"), ("3000000", "0.01"))
    assert found.max_leverage == 150


def test_what_the_exchange_says_of_leverage_goes_before_the_table() -> None:
    """The table is older."""
    assert maintain("binance", listed("BTCUSDT", leverage="100"), None).max_leverage == 100
    assert maintain("binance", listed("BTCUSDT"), TWO).max_leverage is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.table}:{row.symbol}")
def test_every_table_ascends_and_can_be_used(row: Row) -> None:
    """From 0 up; no position is liquidated by the leverage that it may have; and the hedging core takes it."""
    exchange, _, segment = row.table.partition(":")
    symbol = row.symbol + ("261225" if row.symbol.endswith("_") else "")
    listing = listed(symbol, segment=cast("Segment", segment))
    floors = [Decimal(floor) for floor, _, _ in row.steps]

    found = maintain(exchange, listing, None)

    assert floors[0] == 0
    assert floors == sorted(set(floors))
    assert all(Decimal(rate) * most < 1 for _, rate, most in row.steps if rate and most)
    assert found.origin == ("estimate" if row.steps[0][1] is None else "table")
    assert found.as_of == BRACKETS[row.table]["as_of"]
    assert [tier.floor for tier in found.tiers or ()] == floors
    check_terms(contract_of(listing, found, Decimal(60000)))


@pytest.mark.parametrize("leverage", LEVERAGES)
def test_an_estimate_is_three_quarters_of_the_least_initial_margin(leverage: str) -> None:
    """One rate for a coin of which nothing is known, and for every inverse contract."""
    rate = (Decimal("0.75") / Decimal(leverage)).quantize(Decimal("1E-18"))

    for listing in (
        listed("XYZ-USDT", leverage=leverage, base="XYZ"),
        listed("BTC-USD", segment="inverse", leverage=leverage, base="BTC"),
    ):
        found = maintain("bingx", listing, None)
        assert (found.origin, found.tiers) == ("estimate", (Tier(Decimal(0), rate),))


@pytest.mark.parametrize("symbol", USDT)
@pytest.mark.parametrize("leverage", [most for most in LEVERAGES if most != "0.5"])
def test_an_estimate_is_not_below_what_binance_asks_of_a_larger_position(symbol: str, leverage: str) -> None:
    """Of the same coin, also where it is traded by the thousand; it ascends, and the hedging core takes it."""
    base, units = unscale(symbol.removesuffix("USDT"))
    listing = listed(f"{base}_USDT", leverage=leverage, base=base, units=units)

    found = maintain("mexc", listing, None)

    assert found.origin == "estimate"
    assert found.tiers is not None
    for floor, rate, _ in BRACKETS["binance:linear"]["symbols"][symbol][1:]:
        assert rate_at(found.tiers, Decimal(floor)) >= Decimal(rate)
    check_terms(contract_of(listing, found, Decimal(60000)))


@pytest.mark.parametrize("leverage", ["1E-18", "1E-9", "999999999999999"])
def test_a_leverage_that_vetting_lets_through_breaks_nothing(leverage: str) -> None:
    """It is nonsense, and the terms say so later."""
    assert maintain("weex", listed("XYZUSDT", leverage=leverage), None).origin == "estimate"
