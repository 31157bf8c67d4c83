"""Tickers that quote many coins at once come apart into the coin and how many; all others stay as they are."""

from decimal import Decimal

import pytest

from service.market.scale import Scaled, unscale


@pytest.mark.parametrize(
    ("listed", "asset", "units"),
    [
        ("1000SHIB", "SHIB", "1000"),
        ("SHIB1000", "SHIB", "1000"),
        ("10000LADYS", "LADYS", "10000"),
        ("1MBABYDOGE", "BABYDOGE", "1000000"),
        ("1000000BABYDOGE", "BABYDOGE", "1000000"),
        ("1000000000X2", "X2", "1000000000"),
    ],
)
def test_a_scale_is_taken_off(listed: str, asset: str, units: str) -> None:
    """Before the asset, or behind it as on Bybit."""
    assert unscale(listed) == Scaled(asset, Decimal(units))


@pytest.mark.parametrize(
    "listed",
    [
        "BTC",
        "1INCH",
        "100X",
        "X1000",
        "1000",
        "1M",
        "BTC100",
        "2000CAT",
        "10010X",
        "1000X",
        "1MIL",
        "AI1000",
        "BTCDOM",
        "10000000000X",
        "",
    ],
)
def test_an_asset_without_a_scale_stays(listed: str) -> None:
    """A number in a name is not a scale by itself."""
    assert unscale(listed) == Scaled(listed, Decimal(1))
