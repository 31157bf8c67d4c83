"""Beta in falls of the past: quotients of the figures of named windows, by hand."""

import pytest

from service.hedging.estimation.stress_beta import LEAST_FALL, StressBeta, measure_stress_beta
from service.hedging.stresses import STRESSES


def test_the_beta_of_a_fall_is_what_the_coin_did_over_what_the_underlying_did() -> None:
    """Of ETH on BTC in eight falls, by the figures of each: the median and the worst."""
    betas = {}
    for stress in STRESSES.values():
        eth, btc = stress.move_of("ETH", "closes"), stress.move_of("BTC", "closes")
        if eth is not None and btc is not None and btc <= -LEAST_FALL:
            betas[stress.name] = float(eth) / float(btc)
    ranked = sorted(betas.values())

    found = measure_stress_beta({"ETH": 1.0}, "BTC")

    assert found.falls == len(ranked) == 8
    assert found.beta == pytest.approx((ranked[3] + ranked[4]) / 2)
    assert found.worst == pytest.approx(ranked[-1])
    assert found.worst_stress is not None
    assert betas[found.worst_stress] == ranked[-1]


def test_what_hardly_fell_does_not_count() -> None:
    """In June 2023 BTC rose by 0.4 % and ETH fell by 3.3 %: nothing is divided by either."""
    assert measure_stress_beta({"SOL": 1.0}, "ETH").worst_stress != "sec-2023-06"


def test_a_book_has_the_beta_of_its_weights() -> None:
    """Half ETH and half BTC: half of what ETH has beyond 1."""
    eth, both = (measure_stress_beta(weights, "BTC") for weights in ({"ETH": 1.0}, {"ETH": 0.5, "BTC": 0.5}))

    assert eth.beta is not None
    assert both.beta == pytest.approx(0.5 + 0.5 * eth.beta)


@pytest.mark.parametrize(
    ("weights", "reason"), [({"SOL": 0.9, "NOBODY": 0.1}, "unknown"), ({}, "no_exposure"), ({"SOL": 1.0}, "unknown")]
)
def test_no_figure_is_filled_in(weights: dict[str, float], reason: str) -> None:
    """A coin or an underlying that nobody has figures of leaves the book without a stress beta."""
    underlying = "NOBODY" if weights == {"SOL": 1.0} else "BTC"

    assert measure_stress_beta(weights, underlying) == StressBeta(
        beta=None,
        worst=None,
        worst_stress=None,
        falls=0,
        absent_reason=reason,  # type: ignore[arg-type]
    )
