"""What holding costs: the worked examples of domain 4.5, and that every deviation is the one of its own process."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.costs.holding_cost import Costs, carry_rate, cost_chain, cost_perpetual, foresee_funding
from service.hedging.costs.instruments import Instrument, Known, assume
from service.hedging.term_structure.funding import FundingModel, expect_funding
from service.hedging.term_structure.rolls import Leg, plan_legs
from service.hedging.units import Instant, exactly
from tests.hedging.build import NOW, desk, expiring, moment, perpetual, placed


def known(future: Instrument) -> Known:
    """Leave nothing of a future open."""
    return assume(placed(future)[0])


def held(future: Instrument, days: float, **terms: Any) -> Costs:
    """Cost of holding a perpetual for some days."""
    found = known(future)
    assert found.funding is not None
    end = moment(days)
    paid = foresee_funding(found, found.funding, start=NOW, end=end)
    return cost_perpetual(found, desk(**terms), paid, end=end)


def rolled(futures: Sequence[Instrument], days: float, **terms: Any) -> Costs:
    """Cost of holding a chain of expiries for some days."""
    chosen, chain = desk(**terms), [known(future) for future in futures]
    expiries = [found.instrument.expiry or NOW for found in chain]
    legs = plan_legs(NOW, moment(days), expiries=expiries, lead_days=chosen.roll_lead_days)
    return cost_chain(chain, chosen, legs)


def rate(costs: Costs, notional: int = 10000) -> str:
    """Write a cost in percent of the notional, as domain 4.5 prints it."""
    return f"{costs.total / notional * 100:.2f}"


@pytest.mark.parametrize(("funding", "percent"), [("0.0001", "-2.33"), ("0", "0.37"), ("-0.0001", "3.07")])
def test_a_perpetual_for_90_days(funding: str, percent: str) -> None:
    """Domain 4.5: earns 2.33 % at 0.01 % per 8 hours, costs .37 % at 0 and 3.07 % at -0.01 %."""
    assert rate(held(perpetual(funding), 90)) == percent


@pytest.mark.parametrize(("settles_in", "percent"), [(365, "-1.34"), (90, "-1.41")])
def test_an_expiry_at_7_percent_for_90_days(settles_in: float, percent: str) -> None:
    """Domain 4.5: earns 1.34 % when it is closed, and one leg of 7 bp more when it settles."""
    assert rate(rolled([expiring(settles_in)], 90)) == percent


def test_the_parts_of_30_days_of_a_perpetual() -> None:
    """Golden vector C01: 14.40 for trading, 108 of funding received, 9.86 for capital: earns 83.74."""
    costs = held(perpetual("0.0001"), 30, notional=Decimal(12000))

    assert (costs.fees + costs.spread, costs.slippage, costs.carry) == (Decimal("14.4"), Decimal(0), Decimal(0))
    assert round(costs.funding, 10) == -108
    assert round(costs.capital, 8) == Decimal("9.86301370")
    assert round(costs.total, 8) == Decimal("-83.73698630")


def test_negative_funding_is_paid_by_a_short() -> None:
    """Golden vector C06: 6,000 for a week at -0.03 %: 37.80 of funding and 7.20 of trading."""
    costs = held(perpetual("-0.0003"), 7, notional=Decimal(6000), capital_cost_rate=Decimal(0))

    assert (round(costs.funding, 10), round(costs.total, 10)) == (Decimal("37.8"), Decimal(45))


def test_two_rolls_and_a_settlement() -> None:
    """Golden vector C03: 12,000 for 180 days at 7 %, rolled twice at 3 bp, settled at the end: earns 308.27."""
    spreads = ["0.00025", "0.0003", "0.0003"]  # the first is entered at 2 bp and left at 3 bp
    ladder = [expiring(days, half_spread_rate=spread) for days, spread in zip((62, 122, 180), spreads, strict=True)]

    costs = rolled(ladder, 180, notional=Decimal(12000))

    assert costs.fees + costs.spread == Decimal("46.8")
    assert round(costs.carry, 8) == Decimal("-414.24657534")
    assert round(costs.total, 8) == Decimal("-308.26849315")


@pytest.mark.parametrize("hours", [1, 2, 4, 8, 24])
@pytest.mark.parametrize("annual", ["0.1095", "-0.3285", "0"])
def test_the_same_funding_a_year_costs_the_same_at_every_interval(hours: int, annual: str) -> None:
    """Eight times the payments at an eighth of the rate."""
    every = str(Decimal(annual) / 365 / 24 * hours)
    costs = held(perpetual(every, funding_interval_hours=hours), 90)

    assert round(costs.total, 8) == round(held(perpetual(str(Decimal(annual) / 1095)), 90).total, 8)


@pytest.mark.parametrize("hours", [1, 2, 4, 8, 24])
def test_the_usual_funding_is_expected_to_pay_the_same_at_every_interval(hours: int) -> None:
    """0.01 % per 8 hours is what is assumed, however often it is paid."""
    costs = held(
        perpetual(funding_interval_hours=hours, funding_rate=None, funding_process=None),
        90,
    )

    assert round(costs.funding, 6) == -270


@given(
    funding=st.decimals(Decimal("-0.01"), Decimal("0.01"), places=8),
    side=st.sampled_from(["short", "long"]),
    days=st.floats(0.01, 400),
)
def test_a_long_pays_what_a_short_gets(funding: Decimal, side: Literal["short", "long"], days: float) -> None:
    """Domain properties 13 and 14: funding and carry turn around with the side; trading and capital do not."""
    other: Literal["short", "long"] = "long" if side == "short" else "short"
    future, dated = perpetual(f"{funding:f}"), expiring(500, carry=f"{funding:f}")

    mine, theirs = held(future, days, side=side), held(future, days, side=other)
    assert mine.funding == theirs.funding.copy_negate()
    assert (mine.fees, mine.spread, mine.capital) == (theirs.fees, theirs.spread, theirs.capital)
    assert held(perpetual(f"{-funding:f}"), days, side=side).funding == mine.funding.copy_negate()

    basis, opposite = rolled([dated], days, side=side), rolled([dated], days, side=other)
    assert basis.carry == opposite.carry.copy_negate()
    assert (basis.fees, basis.spread, basis.capital) == (opposite.fees, opposite.spread, opposite.capital)
    assert basis.standard_deviation == opposite.standard_deviation


@given(slippage=st.decimals(0, Decimal("0.1"), places=6), days=st.floats(1, 700), lead=st.sampled_from([0.0, 2.0]))
def test_a_trade_is_paid_for_once(slippage: Decimal, days: float, lead: float) -> None:
    """Two trades for each leg, one where it settles: fees, spread and slippage count the same trades."""
    ladder = [expiring(60), expiring(150), expiring(300)]
    costs = rolled(ladder, days, slippage_rate=slippage, roll_lead_days=lead)
    legs = plan_legs(NOW, moment(days), expiries=[moment(60), moment(150), moment(300)], lead_days=lead)

    trades = sum(1 if leg.end == leg.expiry else 2 for leg in legs)
    assert costs.fees == 10000 * Decimal("0.0005") * trades
    assert costs.spread == 10000 * Decimal("0.0002") * trades
    assert costs.slippage == 10000 * slippage * trades


@pytest.mark.parametrize(
    ("days", "lead", "fees"),
    [
        (90.0, 2.0, "17"),  # entered, and settled with its fee of 12
        (89.0, 2.0, "10"),  # entered and closed
        (120.0, 2.0, "20"),  # left before it settles, the next one entered and closed
        (120.0, 0.0, "27"),  # settles, and the next one is entered and closed
    ],
)
def test_settling_takes_a_fee_and_no_trade(days: float, lead: float, fees: str) -> None:
    """What is held until it settles is not bought back."""
    ladder = [expiring(90, settlement_fee_rate="0.0012"), expiring(300)]

    assert rolled(ladder, days, roll_lead_days=lead).fees == Decimal(fees)


def test_carry_is_earned_leg_by_leg_at_each_own_rate() -> None:
    """60 days less a lead of 2 at 10 %, then 42 at 5 %."""
    costs = rolled([expiring(60, carry="0.1"), expiring(200, carry="0.05")], 100)

    expected = -10000 * (Decimal("0.1") * 58 + Decimal("0.05") * 42) / 365
    assert round(costs.carry, 12) == round(expected, 12)


def test_what_expires_has_a_rate_at_which_its_basis_runs_off_and_a_perpetual_none() -> None:
    """Simple, F/S - 1 by the days that are left."""
    assert round(carry_rate(known(expiring(90)), NOW), 15) == Decimal("0.07")
    assert carry_rate(known(perpetual()), NOW) == 0


def test_the_published_rate_is_paid_at_the_next_moment_and_then_fades() -> None:
    """0.1 % is certain once; of its distance from 0.01 % half is left in the payment after, a quarter in the next."""
    process = {"mean_rate": 0.0001, "persistence": 0.5, "volatility": 0.00002}
    future = known(perpetual("0.001", funding_process=process))
    assert future.funding is not None

    paid = foresee_funding(future, future.funding, start=NOW, end=moment(1))

    assert paid.payments == 3
    assert paid.outlook.expected == pytest.approx(0.001 + (0.0001 + 0.00045) + (0.0001 + 0.000225))
    assert paid.outlook.standard_deviation == pytest.approx(0.00002 * math.sqrt(1 + 1.5**2))


@pytest.mark.parametrize(("funding", "payments"), [("0.001", 0), (None, 0), ("0.001", 1), (None, 1), (None, 3)])
def test_what_is_not_published_is_expected_from_the_mean(funding: str | None, payments: int) -> None:
    """Without a payment there is nothing to expect; a published one has no deviation."""
    process = {"mean_rate": 0.0001, "persistence": 0.5, "volatility": 0.00002}
    future = known(perpetual(funding_rate=funding, funding_process=process))
    assert future.funding is not None
    days = {0: 0.1, 1: 0.3, 3: 1.0}[payments]

    paid = foresee_funding(future, future.funding, start=NOW, end=moment(days))

    assert paid.payments == payments
    if funding is None:
        assert paid.outlook == expect_funding(0.0001, FundingModel(0.0001, 0.5, 0.00002), payments)
    else:
        assert paid.outlook == (0.001 * payments, 0)


def test_a_perpetual_is_as_unsure_as_its_funding() -> None:
    """Deviation of the sum of 270 payments times the notional."""
    process = {"mean_rate": 0.0001, "persistence": 0.9, "volatility": 0.00006}
    outlook = expect_funding(0.0001, FundingModel(0.0001, 0.9, 0.00006), 269)

    costs = held(perpetual("0.0001", funding_process=process), 90)

    assert costs.standard_deviation == pytest.approx(10000 * outlook.standard_deviation)


@given(days=st.floats(1, 364), carry=st.decimals(Decimal("-0.2"), Decimal("0.3"), places=4))
def test_one_leg_that_is_closed_early_is_as_unsure_as_its_basis_then(days: float, carry: Decimal) -> None:
    """Domain 4.1: S x time left x sqrt(carry volatility^2 t + carry^2 volatility^2 t)."""
    costs = rolled([expiring(365, carry=f"{carry:f}")], days)

    held_years, left = days / 365, (365 - days) / 365
    formula = 10000 * left * math.sqrt((0.06**2 + (float(carry) * 0.6) ** 2) * held_years)
    assert costs.standard_deviation == pytest.approx(formula, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("lead", [0.0, 2.0])
def test_one_leg_that_settles_is_certain(lead: float) -> None:
    """Its basis is earned whatever happens on the way."""
    assert rolled([expiring(90)], 90, roll_lead_days=lead).standard_deviation == 0


PATHS = 200_000


def simulate_chain(legs: list[Leg], *, carry: float, carry_volatility: float, volatility: float) -> float:
    """Draw what a chain earns, as a fraction of the notional, and give its standard deviation.

    Rate and spot are random walks that begin now: a leg earns its basis at the start less its basis at the end, each of
    which is spot x rate x time left to its expiry.
    """
    draws = np.random.default_rng(7)
    rate, spot = np.full(PATHS, carry), np.ones(PATHS)
    earned, then = np.zeros(PATHS), NOW
    for leg in legs:
        for moment_, sign, end in ((leg.start, 1, leg.expiry), (leg.end, -1, leg.expiry)):
            step = math.sqrt(years(then, moment_))
            rate = rate + carry_volatility * step * draws.standard_normal(PATHS)
            spot = spot + volatility * step * draws.standard_normal(PATHS)
            earned += sign * spot * rate * years(moment_, end)
            then = moment_
    return float(np.std(earned))


def years(start: Instant, end: Instant) -> float:
    """Give the time from one moment to another."""
    return (end - start).total_seconds() / 86400 / 365


@pytest.mark.parametrize(
    ("ladder", "days", "lead"),
    [
        ([90], 60, 2.0),
        ([60, 150], 100, 2.0),
        ([60, 150, 330], 300, 2.0),
        ([60, 150, 330], 330, 2.0),
        ([60, 150, 330], 300, 0.0),
        ([30], 365, 2.0),  # quarterly ones are assumed
        ([60, 200], 100, 30.0),
    ],
)
def test_a_chain_is_as_unsure_as_a_simulated_one(ladder: list[float], days: float, lead: float) -> None:
    """Annual rates that move together, and a spot price that moves beside them: within 1 % of 200,000 paths."""
    futures = [expiring(day) for day in ladder]
    expiries = [moment(day) for day in ladder]
    legs = plan_legs(NOW, moment(days), expiries=expiries, lead_days=lead)

    costs = rolled(futures, days, notional=Decimal(1), roll_lead_days=lead, spot_volatility=0.2)

    drawn = simulate_chain(legs, carry=0.07, carry_volatility=0.06, volatility=0.2)
    assert costs.standard_deviation == pytest.approx(drawn, rel=0.015)


@given(
    ladder=st.lists(st.floats(3, 400), min_size=1, max_size=5).map(sorted),
    days=st.floats(0.05, 1825),
    volatility=st.sampled_from([0.0, 0.06, 10.0]),
    lead=st.sampled_from([0.0, 2.0]),
)
def test_the_parts_of_a_cost_add_up_to_it(ladder: list[float], days: float, volatility: float, lead: float) -> None:
    """For a chain and for a perpetual, to the last digit."""
    chain = rolled([expiring(day) for day in ladder], days, carry_volatility=volatility, roll_lead_days=lead)

    for costs in (chain, held(perpetual(), days)):
        parts = [costs.fees, costs.spread, costs.slippage, costs.funding, costs.carry, costs.capital]
        assert costs.total == exactly(sum)(parts, Decimal(0))
        assert math.isfinite(costs.standard_deviation)
        assert costs.standard_deviation >= 0
