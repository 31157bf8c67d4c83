"""A listing becomes the contract that a caller would have written, or is refused."""

from decimal import Decimal
from typing import Any

import pytest

from service.hedging.contracts import Inverse, Linear, MaintenanceTier, check_terms
from service.hedging.units import Amount, Instant, MaintenanceMarginRate
from service.market.maintenance import Maintenance
from service.market.source import Listing, Tier, UpstreamError
from service.market.terms import contract_of
from tests.market.hand import tiers

PRICE = Decimal(50000)
NONE = Maintenance("unknown")


def listing(**changes: Any) -> Listing:
    """Make a listing that differs from the usual one; numbers are written as text."""
    usual: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "segment": "linear",
        "base": "BTC",
        "quote": "USDT",
        "is_trading": True,
        "order_unit": "base",
        "lot_step": Decimal("0.001"),
        "tick_size": Decimal("0.1"),
    }
    texts = {"base", "symbol", "segment", "quote", "order_unit", "tier_unit"}
    exact = {
        name: Decimal(value) if isinstance(value, str) and name not in texts else value
        for name, value in changes.items()
    }
    return Listing(**(usual | exact))


def written(pairs: tuple[Tier, ...]) -> tuple[MaintenanceTier, ...]:
    """Write tiers as a contract has them."""
    return tuple(MaintenanceTier(floor=Amount(tier.floor), rate=MaintenanceMarginRate(tier.rate)) for tier in pairs)


def test_a_linear_contract_has_all_that_its_listing_says() -> None:
    """Each term as it was listed, with leverage turned into the margin that it takes."""
    found = contract_of(
        listing(
            min_quantity="0.002",
            max_quantity="900",
            max_market_quantity="110",
            min_notional="55",
            maker_fee_rate="-0.0001",
            taker_fee_rate="0.0005",
            funding_interval_hours=8,
        ),
        Maintenance("exchange", tiers(("0", "0.004"), ("300000", "0.005")), None, Decimal(150)),
        PRICE,
    )

    assert isinstance(found, Linear)
    check_terms(found)
    assert (found.symbol, found.underlying, found.order_unit) == ("BTCUSDT", "BTC", "base")
    assert (str(found.quoted_units), str(found.multiplier)) == ("1", "1")
    assert (found.lot_step, found.tick_size) == (Decimal("0.001"), Decimal("0.1"))
    sizes = found.min_quantity, found.max_quantity, found.max_market_quantity, found.min_notional
    assert list(map(str, sizes)) == ["0.002", "900", "110", "55"]
    assert (found.expiry, found.funding_interval_hours) == (None, 8)
    assert (found.maker_fee_rate, found.taker_fee_rate) == (Decimal("-0.0001"), Decimal("0.0005"))
    assert str(found.initial_margin_rate) == "0.006666666666666666"
    assert found.maintenance_tiers == written(tiers(("0", "0.004"), ("300000", "0.005")))


def test_what_is_not_listed_is_not_invented() -> None:
    """A contract without bounds, fees and margin; only a size that has no grid is whole."""
    found = contract_of(listing(lot_step=None, tick_size=None), NONE, PRICE)

    assert found == Linear(symbol="BTCUSDT", underlying="BTC", multiplier=found.multiplier, order_unit="base")
    assert str(found.multiplier) == "1"


def test_an_inverse_contract_counts_quote_units() -> None:
    """A hundred dollars a contract, ordered by the contract."""
    found = contract_of(
        listing(symbol="BTCUSD_PERP", segment="inverse", multiplier="100", order_unit="contract"), NONE, PRICE
    )

    assert isinstance(found, Inverse)
    assert (str(found.multiplier), found.order_unit) == ("100", "contract")


def test_a_scaled_contract_follows_the_single_coin() -> None:
    """1000SHIB is SHIB, a thousand at a time."""
    found = contract_of(listing(symbol="1000SHIBUSDT", base="SHIB", units="1000"), NONE, PRICE)

    assert (found.underlying, str(found.quoted_units), str(found.multiplier)) == ("SHIB", "1000", "1")


def test_a_dated_contract_expires() -> None:
    """At the listed moment."""
    found = contract_of(listing(expiry_ms=1_798_185_600_000), NONE, PRICE)

    assert found.expiry == Instant.parse("2026-12-25T08:00:00Z")


@pytest.mark.parametrize(
    ("terms", "price", "floor"),
    [
        ({"multiplier": "0.0001"}, "61509.45", "61509.45"),
        ({"multiplier": "1", "units": "1000"}, "0.00443", "44.3"),
        ({"multiplier": "100", "segment": "inverse"}, "50000", "20"),
        ({"multiplier": "100", "segment": "inverse"}, "60000", "16.66666667"),
    ],
)
def test_tiers_that_count_contracts_become_values(terms: dict[str, str], price: str, floor: str) -> None:
    """10,000 contracts at the price: in the quote currency, or in coins for an inverse contract."""
    counted = Maintenance("exchange", tiers(("0", "0.004"), ("10000", "0.008")))

    found = contract_of(listing(tier_unit="contracts", **terms), counted, Decimal(price))

    assert found.maintenance_tiers == written(tiers(("0", "0.004"), (floor, "0.008")))


def test_tiers_that_are_unknown_stay_unknown() -> None:
    """Whatever they would count."""
    assert contract_of(listing(tier_unit="contracts"), NONE, PRICE).maintenance_tiers is None


@pytest.mark.parametrize(
    ("terms", "maintenance"),
    [
        ({"multiplier": "0"}, NONE),
        ({"lot_step": "1E-19"}, NONE),
        ({"tick_size": "-0.1"}, NONE),
        ({"min_quantity": "-1"}, NONE),
        ({"max_quantity": "1E+15"}, NONE),
        ({"min_notional": "0.0000000000000000001"}, NONE),
        ({"taker_fee_rate": "1.5"}, NONE),
        ({}, Maintenance("estimate", None, None, Decimal("0.5"))),
        ({}, Maintenance("exchange", tiers(("0", "1")))),
        ({}, Maintenance("exchange", tiers(("-1", "0.01")))),
        ({"tier_unit": "contracts"}, Maintenance("exchange", tiers(("0", "0.01"), ("99999999999", "0.02")))),
    ],
)
def test_terms_that_no_contract_can_have_are_refused(terms: dict[str, str], maintenance: Maintenance) -> None:
    """As rejected, with the symbol and what is wrong."""
    with pytest.raises(UpstreamError, match="its terms can't be used: ") as refusal:
        contract_of(listing(**terms), maintenance, PRICE)

    assert refusal.value.reason == "rejected"
