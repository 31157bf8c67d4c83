"""The delta of a book that holds futures and margin coins already."""

from decimal import Decimal

from service.hedging.sizes.delta import FuturesPosition, net_delta
from tests.hedging.build import inverse, linear


def test_futures_held_already_and_coins_posted_as_margin_count_in_the_delta() -> None:
    """10,000 of spot, 0.05 BTC of collateral, a linear and an inverse short leave 4,931.03."""
    entry, mark = Decimal(58000), Decimal(60000)
    held = [
        FuturesPosition(linear(), "short", Decimal(1), entry_price=mark, mark_price=mark),
        FuturesPosition(inverse(), "short", Decimal(20), entry_price=entry, mark_price=mark),
    ]

    delta = net_delta(Decimal(10000), held, coin_collateral=Decimal("0.05"), coin_price=mark)

    assert round(delta, 6) == Decimal("4931.034483")


def test_a_long_future_adds_to_the_delta() -> None:
    """The sign is that of the side."""
    held = [FuturesPosition(linear(), "long", Decimal(1), entry_price=Decimal(50000), mark_price=Decimal(60000))]

    assert net_delta(Decimal(0), held, coin_collateral=Decimal(0), coin_price=Decimal(1)) == 6000
