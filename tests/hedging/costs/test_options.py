"""One way to hold a hedge as a trader reads it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.costs.instruments import Instrument
from service.hedging.costs.options import DURATIONS, CarryOption
from service.hedging.units import Instant, Money
from tests.hedging.build import NOW, carried, check_answer, expiring, moment, perpetual

TAIL = 1.6448536269514722


def option(*futures: Instrument, days: float = 90, name: str | None = None, **terms: Any) -> CarryOption:
    """Describe one of the ways, the first future unless another is named."""
    options = carried(*futures, days=days, **terms).options
    wanted = name or futures[0].symbol
    return next(check_answer(one) for one in options if one.instrument.symbol == wanted)


def test_a_perpetual_at_usual_funding() -> None:
    """Domain 4.5: 10 of fees, 2 of spread, 270 received, 24.66 of capital: earns 233.34 or 2.33 %."""
    found = option(perpetual())

    assert (found.rank, found.kind, found.market, found.rolls, found.legs) == (1, "perpetual", "request", 0, ())
    assert str(found.cost) == "-233.34246575"
    assert (str(found.cost_rate), str(found.annualized_cost_rate)) == ("-0.02333425", "-0.09463333")
    assert (str(found.low_cost), str(found.high_cost)) == ("-233.34246575", "-233.34246575")
    assert [str(getattr(found.parts, part)) for part in ("fees", "spread", "slippage")] == ["10", "2", "0"]
    assert [str(getattr(found.parts, part)) for part in ("funding", "carry", "capital")] == ["-270", "0", "24.65753425"]


def test_the_case_against_the_hedge_is_always_shown() -> None:
    """Domain 4.4 and 4.5: at -0.01 % per 8 hours the same hedge costs 3.07 %; a long fears the opposite."""
    short, long = option(perpetual()).funding, option(perpetual(), side="long").funding

    assert short is not None
    assert long is not None
    assert (str(short.adverse_rate), str(short.adverse_cost)) == ("-0.0001", "306.65753425")
    assert str(short.adverse_cost_rate) == "0.03066575"
    assert (str(long.adverse_rate), str(long.adverse_cost)) == ("0.0001", "306.65753425")


@pytest.mark.parametrize(("hours", "rate"), [(1, "-0.0000125"), (4, "-0.00005"), (24, "-0.0003")])
def test_the_case_against_the_hedge_is_the_same_a_year_at_every_interval(hours: int, rate: str) -> None:
    """The interest part of that interval, turned around."""
    found = option(perpetual("0", funding_interval_hours=hours)).funding

    assert found is not None
    assert (str(found.adverse_rate), str(found.adverse_cost)) == (rate, "306.65753425")


def test_funding_is_described_by_its_process_and_its_payments() -> None:
    """Half of a distance is gone in 6.58 intervals of 8 hours at 0.9; 270 payments, the first at 08:00."""
    process = {"mean_rate": 0.0001, "persistence": 0.9, "volatility": 0.00006}
    found = option(perpetual(funding_process=process)).funding

    assert found is not None
    assert (found.source, found.payments, found.first_at) == ("sent", 270, Instant.parse("2026-01-02T08:00:00Z"))
    assert found.half_life_hours == pytest.approx(8 * 6.578813478960585)
    assert found.expected_rate == pytest.approx(0.0001)
    assert (found.break_even_rate, found.annualized_break_even_rate) == (None, None)
    assert (found.process.mean_rate, found.process.persistence, found.process.volatility) == (0.0001, 0.9, 0.00006)


def test_a_hedge_that_ends_before_any_payment_knows_no_funding() -> None:
    """Null where there is nothing to divide by."""
    found = option(perpetual(), expiring(90), days=0.1)

    assert found.funding is not None
    assert (found.funding.payments, found.funding.first_at, found.funding.expected_rate) == (0, None, None)
    assert (found.funding.break_even_rate, found.funding.annualized_break_even_rate) == (None, None)
    assert "closed before any funding is paid" in found.reason
    assert found.parts.funding == 0


def test_the_break_even_against_the_cheapest_expiry() -> None:
    """Domain 4.5: c / 1095 where trading costs the same, 0.0064 % for 7 %; here the expiry's spread is 1 bp dearer."""
    found = option(perpetual(), expiring(365)).funding
    even = option(perpetual(half_spread_rate="0.0002"), expiring(365)).funding

    assert found is not None
    assert even is not None
    assert (str(even.break_even_rate), str(even.annualized_break_even_rate)) == ("0.00006393", "0.07")
    assert (str(found.break_even_rate), str(found.annualized_break_even_rate)) == ("0.00006319", "0.06918889")


def test_at_the_break_even_rate_the_perpetual_costs_as_much() -> None:
    """Sent as the funding that stays, for a short and for a long."""
    for side in ("short", "long"):
        funding = option(perpetual(), expiring(365), side=side).funding
        assert funding is not None
        assert funding.break_even_rate is not None
        again = carried(perpetual(str(funding.break_even_rate)), expiring(365), side=side)
        assert again.options[0].cost == pytest.approx(again.options[1].cost, abs=Decimal("0.02"))


def test_a_chain_is_described_leg_by_leg() -> None:
    """Held to two days before it settles, rolled, and a quarterly one assumed after the last that is listed."""
    found = option(expiring(30), expiring(60), days=80)

    assert (found.kind, found.rolls, found.funding) == ("roll_chain", 2, None)
    assert [(leg.symbol, leg.is_assumed, leg.settles) for leg in found.legs] == [
        ("F-30", False, False),
        ("F-60", False, False),
        ("F-60", True, False),
    ]
    assert [leg.start for leg in found.legs] == [NOW, moment(28), moment(58)]
    assert str(found.legs[0].annualized_basis_rate) == "0.07"
    assert str(found.legs[2].expiry) == "2026-03-27T08:00:00Z"


def test_without_a_lead_legs_settle_and_pay_for_it_once() -> None:
    """What is said to settle is not charged for a trade that never happens."""
    found = option(expiring(30), expiring(90), days=60, roll_lead_days=0.0)

    assert [leg.settles for leg in found.legs] == [True, False]
    assert str(found.parts.fees) == "15"


@pytest.mark.parametrize(
    ("futures", "terms", "words"),
    [
        ([perpetual()], {}, "Cheapest by expectation. Receives 2.70 % of the notional in 270 funding payments"),
        (
            [perpetual()],
            {"side": "long"},
            "Pays 2.70 % of the notional in 270 funding payments by expectation; nothing",
        ),
        ([perpetual("0")], {}, "Receives 0.00 % of the notional in 270 funding payments by expectation; nothing fixes"),
        (
            [perpetual(), expiring(365)],
            {},
            "Dearer than the cheapest expiry if funding averages below 0.0063 % per 8 h",
        ),
        (
            [perpetual(), expiring(365)],
            {"side": "long"},
            "Dearer than the cheapest expiry if funding averages above 0.0065 % per 8 h",
        ),
        (
            [expiring(365)],
            {},
            "Earns 1.73 % of the notional as basis if its annual rate stays; closed 275.0 days before",
        ),
        ([expiring(365)], {"side": "long"}, "Pays 1.73 % of the notional as basis"),
        ([expiring(365, carry="-0.07")], {}, "Pays 1.73 % of the notional as basis"),
        ([expiring(365, carry="0")], {}, "Earns 0.00 % of the notional as basis if its annual rate stays"),
        ([expiring(90)], {}, "Earns 1.73 % of the notional as basis, fixed now: it is held until it settles."),
        (
            [expiring(60), expiring(120)],
            {},
            "as basis if annual rates stay as they are, rolled once; only the rate until",
        ),
        ([expiring(20), expiring(50), expiring(120)], {}, "rolled 2 times; only the rate until 2026-01-22T03:04:05Z"),
    ],
)
def test_the_reason_is_what_a_trader_would_say(futures: list[Instrument], terms: dict[str, Any], words: str) -> None:
    """Verbs follow the money, and what is fixed is told from what is expected."""
    assert words in option(*futures, **terms).reason


def test_a_band_is_told_in_the_direction_of_its_verb() -> None:
    """Who pays 2.7 % reads how much he may pay, not a negative income."""
    process = {"mean_rate": -0.0001, "persistence": 0.9, "volatility": 0.00006}
    found = option(perpetual("-0.0001", funding_process=process))

    assert "Pays 2.70 % of the notional in 270 funding payments by expectation, between 1.1" in found.reason
    assert "and 4.2" in found.reason


def test_other_times_are_priced_with_the_same_rules() -> None:
    """13 usual numbers of days and its own, ascending; its own is the cost itself."""
    found = option(expiring(100), days=77.5)
    rates = {duration.days: duration for duration in found.by_duration}

    assert list(rates) == sorted({*map(float, DURATIONS), 77.5})
    assert rates[77.5].cost_rate == found.cost_rate
    assert rates[90.0].cost_rate == option(expiring(100), days=90).cost_rate


@pytest.mark.parametrize("end", ["2026-04-02T08:00:00Z", "2026-03-27T08:00:00.000001Z", "2030-12-31T23:59:59.999999Z"])
def test_the_cost_for_its_own_time_is_the_cost(end: str) -> None:
    """To the microsecond: a settlement at the end of the hedge is one in the list of durations too."""
    days = (Instant.parse(end) - NOW).total_seconds() / 86400
    found = option(expiring(30, expiry=end), days=days)

    assert found.legs[-1].settles
    assert next(one for one in found.by_duration if one.days == days).cost_rate == found.cost_rate


def test_every_time_has_its_own_band() -> None:
    """5 % of outcomes cost less, 5 % more: 1.645 deviations of the basis that is left, as a share of the notional."""
    found = option(expiring(365), days=90, notional=Decimal(5000))

    for one in found.by_duration:
        held, left = one.days / 365, (365 - one.days) / 365
        width = TAIL * left * (0.06**2 + (0.07 * 0.6) ** 2) ** 0.5 * held**0.5
        assert float(one.high_rate - one.cost_rate) == pytest.approx(width, rel=1e-4, abs=2e-8)
        assert float(one.cost_rate - one.low_rate) == pytest.approx(width, rel=1e-4, abs=2e-8)
    own = next(one for one in found.by_duration if one.days == 90)
    assert float(found.high_cost / 5000) == pytest.approx(float(own.high_rate), abs=2e-8)


def test_times_for_which_it_can_not_be_held_are_left_out() -> None:
    """An expiry in a day and a half is priced for a day and for its own time."""
    found = option(expiring(1.5), days=0.5)

    assert [duration.days for duration in found.by_duration] == [0.5, 1]


@given(
    volatility=st.floats(0, 1),
    days=st.floats(0.01, 400),
    notional=st.decimals(Decimal("0.01"), 10**6, places=2),
)
def test_a_band_lies_around_what_is_expected(volatility: float, days: float, notional: Decimal) -> None:
    """5 % of outcomes on each side, and the parts that are shown add up to the cost, to their last place."""
    process = {"mean_rate": 0.0001, "persistence": 0.9, "volatility": volatility}
    for future in (perpetual(funding_process=process), expiring(200)):
        found = option(future, days=days, notional=notional)
        parts = [getattr(found.parts, name) for name in found.parts.__struct_fields__]

        assert found.low_cost <= found.cost <= found.high_cost
        assert abs(found.high_cost - found.cost - (found.cost - found.low_cost)) <= Decimal("2E-8")
        assert abs(sum(parts, Money("0")) - found.cost) <= Decimal("4E-8")
        assert abs(found.cost_rate * notional - found.cost) <= Decimal("1E-8") * (1 + notional)
