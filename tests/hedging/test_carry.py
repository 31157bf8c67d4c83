"""What holding a hedge costs through everything that can hold it: ranks, switches, refusals, and what always holds."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.carry import Carry, Excluded, assess_carry, size_worth
from service.hedging.costs.instruments import Instrument, assume
from service.hedging.costs.ways import cost_of, list_ways
from service.hedging.errors import (
    CrossedMarketError,
    ExpiredContractError,
    HedgingError,
    InconsistentQuestionError,
    NoInstrumentError,
    SizeOutOfRangeError,
)
from service.hedging.portfolio import Book, Holding, value_portfolio
from service.hedging.term_structure.funding import INTEREST_RATE
from service.hedging.term_structure.pairs import Placed
from service.hedging.units import Coverage, Instant, Price, Quantity, exactly
from tests.hedging.build import NOW, carried, check_answer, desk, expiring, instrument, moment, perpetual, placed
from tests.hedging.questions import desks, instruments, times


def symbols(carry: Carry) -> list[str]:
    """List what is held first, by rank."""
    return [option.instrument.symbol for option in carry.options]


def codes(carry: Carry) -> list[str]:
    """List the warnings with what they are about."""
    return [f"{note.code} {note.pointer}" for note in carry.warnings]


def assumed(carry: Carry) -> list[tuple[str, str, str]]:
    """List what was assumed of what, and as what."""
    return [(one.name, one.symbol, one.value) for one in carry.assumptions]


def test_the_90_days_of_the_domain() -> None:
    """Domain 4.5: 2.33 % earned by the perpetual at 0.01 %, 1.34 % by the expiry at 7 %, .37 % and 3.07 % paid else."""
    flat, adverse = perpetual("0", symbol="FLAT"), perpetual("-0.0001", symbol="ADVERSE")

    carry = check_answer(carried(adverse, flat, expiring(365), perpetual()))

    assert symbols(carry) == ["PERP", "F-365", "FLAT", "ADVERSE"]
    percents = [f"{option.cost_rate * 100:.2f}" for option in carry.options]
    assert percents == ["-2.33", "-1.34", "0.37", "3.07"]
    assert [option.rank for option in carry.options] == [1, 2, 3, 4]
    assert (carry.side, str(carry.notional), carry.horizon_days, carry.ends_at) == ("short", "10000", 90, moment(90))
    assert assumed(carry) == [("funding_stamps", name, "every 8 h") for name in ("PERP", "FLAT", "ADVERSE")]


@pytest.mark.parametrize(
    ("quantity", "coverage", "expected"),
    [("3", "1", ("300", "short")), ("-3", "0.5", ("150", "long")), ("0.0000000001", "1", ("0.00000001", "short"))],
)
def test_a_hedge_is_worth_what_it_covers(quantity: str, coverage: str, expected: tuple[str, str]) -> None:
    """In money, on the side that the book is not on."""
    worth = size_worth(held(quantity), Coverage(coverage), Decimal(300))

    assert (str(worth.notional), worth.side) == expected


@pytest.mark.parametrize(
    ("quantity", "coverage", "path"),
    [("0", "1", ("holdings",)), ("1", "0", ("coverage",)), ("0.00000000001", "1", ("holdings",))],
)
def test_a_hedge_of_nothing_has_no_cost(quantity: str, coverage: str, path: tuple[str]) -> None:
    """Nothing is held, nothing is covered, or less than the smallest amount there is."""
    with pytest.raises(InconsistentQuestionError) as refusal:
        size_worth(held(quantity), Coverage(coverage), Decimal(300))

    assert [fault.path for fault in refusal.value.faults] == [path]


def test_a_book_above_the_ceiling_is_refused() -> None:
    """As a notional is."""
    assert size_worth(held("10"), Coverage("1"), Decimal(1000)).notional == 1000
    with pytest.raises(SizeOutOfRangeError):
        size_worth(held("10"), Coverage("1"), Decimal(999))


def held(quantity: str) -> Book:
    """Hold some of a coin at 100."""
    book = [Holding(asset="SOL", quantity=Quantity(quantity))]
    return value_portfolio(book, {"SOL": Price("100")}, weighting="value", underlying="BTC")


def test_a_long_ranks_the_other_way_round() -> None:
    """What a short receives a long pays."""
    carry = carried(perpetual("-0.0001", symbol="ADVERSE"), expiring(365), perpetual(), side="long")

    assert (carry.side, symbols(carry)) == ("long", ["ADVERSE", "F-365", "PERP"])


def test_of_two_that_cost_the_same_the_surer_one_comes_first() -> None:
    """Then the name decides, so that the order is one."""
    process = {"mean_rate": 0.0001, "persistence": 0.0, "volatility": 0.0001}
    unsure = perpetual(symbol="A", funding_process=process)

    assert symbols(carried(unsure, perpetual(symbol="C"), perpetual(symbol="B"))) == ["B", "C", "A"]


def test_the_cheapest_of_each_kind_are_held_against_each_other() -> None:
    """And the funding at which they change places is the one that stands beside the perpetual too."""
    carry = carried(perpetual("0"), perpetual(), expiring(365, carry="0.01", symbol="POOR"), expiring(365))
    found = carry.break_even

    assert found is not None
    assert (found.perpetual, found.expiry) == ("PERP", "F-365")
    assert (found.perpetual_market, found.expiry_market) == ("request", "request")
    assert (str(found.funding_rate), str(found.annualized_funding_rate)) == ("0.00006319", "0.06918889")
    assert all(
        option.funding.break_even_rate == found.funding_rate for option in carry.options if option.funding is not None
    )


def test_the_perpetual_is_cheaper_at_hot_funding_however_long() -> None:
    """Golden vector C07: 0.012 % every 8 hours against 5 %."""
    found = carried(perpetual("0.00012", half_spread_rate="0.0002"), expiring(365, carry="0.05")).break_even

    assert found is not None
    assert (found.depends_on_duration, found.cheaper_at_first, found.days, found.tried_days) == (
        False,
        "perpetual",
        None,
        365,
    )
    assert found.detail.startswith(
        "For the 90 days asked the perpetual PERP is the cheaper one. So it is from 1 to 365 "
    )


def test_what_is_dearer_to_trade_has_to_be_held_for_a_while() -> None:
    """7 % against 0.006 % every 8 hours: the expiry's wider spread is earned back on day 17, until it is rolled."""
    found = carried(perpetual("0.00006"), expiring(90)).break_even

    assert found is not None
    assert (found.depends_on_duration, found.cheaper_at_first) == (True, "perpetual")
    assert (found.cheaper, found.days, found.switches[:3]) == ("expiry", 17, (17, 91, 136))
    assert found.detail == (
        "For the 90 days asked F-90 is the cheaper one. Held for a day the perpetual PERP is, and they change places "
        "at 17, 91, 136, 176, 255, ... days"
    )


def test_two_that_change_places_once_are_told_so() -> None:
    """The same, with an expiry that needs no rolling for a year."""
    found = carried(perpetual("0.00006"), expiring(400)).break_even

    assert found is not None
    assert found.switches == (17,)
    assert found.detail == (
        "For the 90 days asked F-400 is the cheaper one. Held for less than 17 days the perpetual PERP is, from 17 "
        "days on F-400"
    )


def test_a_horizon_of_less_than_a_day_may_have_a_winner_of_its_own() -> None:
    """Funding that is not paid until then costs nothing: what is asked is compared too, as it is ranked."""
    carry = carried(perpetual("-0.0005", next_funding_at=str(moment(0.2))), expiring(365, carry="0"), days=0.1)
    found = carry.break_even

    assert found is not None
    assert (carry.options[0].kind, found.cheaper, found.cheaper_at_first) == ("perpetual", "perpetual", "expiry")
    assert (found.switches, found.depends_on_duration) == ((), True)
    assert found.detail.endswith("Held for 1 to 365 days, F-365 is")


@pytest.mark.parametrize("side", ["short", "long"])
@pytest.mark.parametrize(
    ("funding", "carry"), [("0.00006", "0.07"), ("0.0001", "0.1"), ("0", "-0.01"), ("0.00002", "0.03")]
)
def test_the_day_of_the_switch_is_what_a_list_of_days_shows(
    funding: str, carry: str, side: Literal["short", "long"]
) -> None:
    """Found day by day from the same costs that rank the options."""
    futures = [perpetual(funding), expiring(60, carry=carry)]
    ways = list(list_ways([assume(one) for one in placed(*futures)]))
    held = desk(side=side)
    pairs = [(cost_of(ways[0], held, day), cost_of(ways[1], held, day)) for day in range(1, 366)]
    winners = [
        "perpetual" if one is not None and other is not None and one <= other else "expiry" for one, other in pairs
    ]

    found = carried(*futures, side=side).break_even

    assert found is not None
    assert found.cheaper_at_first == winners[0]
    turned = [day for day, winner in enumerate(winners, start=1) if winner != winners[0]]
    assert found.days == (turned[0] if turned else None)


@pytest.mark.parametrize(
    ("settles_in", "days", "words"),
    [
        (1.5, 1.2, "So it is with the perpetual PERP up to 1 days; beyond, F-1.5 can't be rolled"),
        (0.5, 0.4, "F-0.5 can't be held for a whole day, so there is nothing to hold against it"),
    ],
)
def test_nothing_is_claimed_of_days_on_which_there_are_not_both(settles_in: float, days: float, words: str) -> None:
    """An expiry that is about to settle is compared for as long as it can be held, and no longer."""
    found = carried(perpetual(), expiring(settles_in), days=days).break_even

    assert found is not None
    assert (found.days, found.detail.partition(". ")[2]) == (None, words)
    assert (found.cheaper_at_first is None) == ("nothing to hold" in words)


def test_it_is_tried_for_a_year_however_long_the_hedge_is_held() -> None:
    """The horizon itself is compared in any case."""
    found = carried(perpetual(), expiring(365), days=500).break_even

    assert found is not None
    assert found.tried_days == 365


@pytest.mark.parametrize("futures", [[perpetual()], [expiring(90)]])
def test_without_both_kinds_there_is_no_break_even(futures: list[Instrument]) -> None:
    """Null, because nothing is held against anything."""
    assert carried(*futures).break_even is None


def test_before_any_payment_there_is_no_break_even_funding() -> None:
    """The days are compared all the same."""
    found = carried(perpetual(), expiring(90), days=0.1).break_even

    assert found is not None
    assert (found.funding_rate, found.annualized_funding_rate) == (None, None)


def test_what_can_not_hold_the_hedge_is_named_with_its_reason() -> None:
    """After what was left out before: an unknown interval, and an expiry that would be rolled at once."""
    coarse = Excluded(market="there", symbol="COARSE", reason="too_coarse", detail="Its smallest order is 20000")
    carry = assess_carry(
        placed(instrument(symbol="UNKNOWN"), expiring(1.5), expiring(90)),
        desk=desk(),
        end=moment(30),
        excluded=[coarse],
        largest_notional=Decimal(10000),
    )

    assert symbols(check_answer(carry)) == ["F-90"]
    assert [(one.symbol, one.reason) for one in carry.excluded] == [
        ("COARSE", "too_coarse"),
        ("UNKNOWN", "unknown_funding"),
        ("F-1.5", "expires_first"),
    ]
    assert carry.excluded[2].detail == (
        "F-1.5 expires within 2 days, before the hedge ends: it would be rolled at once"
    )


def test_quarterly_expiries_are_assumed_aloud() -> None:
    """The first four of them by their dates, of the chain that needs them."""
    carry = carried(expiring(30), expiring(60), days=600)

    next_expiry = [one for one in carry.assumptions if one.name == "next_expiry"]
    assert {one.symbol for one in next_expiry} == {"F-30", "F-60"}
    assert {one.value for one in next_expiry} == {"2026-03-27, 2026-06-26, 2026-09-25, 2026-12-25 at 0.07 a year"}
    assert "Nothing is listed after F-60" in next_expiry[0].detail


def test_the_rate_of_what_is_about_to_settle_is_not_carried_into_what_follows() -> None:
    """A premium of 0.2 % with three days left is 23 % a year, and says nothing of the next quarter."""
    late = expiring(3.2, carry="0.23")

    carry = carried(perpetual(), late, days=180)

    assert [option.kind for option in carry.options] == ["perpetual"]
    assert [(one.symbol, one.reason) for one in carry.excluded] == [("F-3.2", "nothing_follows")]
    assert "Nothing is listed after F-3.2" in carry.excluded[0].detail
    kinds = {option.instrument.symbol: option.kind for option in carried(late, expiring(200), days=180).options}
    assert kinds == {"F-3.2": "roll_chain", "F-200": "expiry"}


def test_a_hedge_is_in_one_asset() -> None:
    """Costs of hedges in two assets are not held against each other, and none is rolled into the other."""
    with pytest.raises(InconsistentQuestionError) as refused:
        carried(perpetual(), expiring(90), expiring(60, underlying="ETH", symbol="ETH-60"))

    assert [fault.path for fault in refused.value.faults] == [("instruments", 2, "underlying")]


def test_the_adverse_case_is_never_better_than_the_expected_one() -> None:
    """The usual rate against the hedge, or what 5 % of outcomes are worse than where that is worse."""
    for rate, side in (("-0.0003", "short"), ("0.0003", "long"), ("0.0001", "long"), ("0.0001", "short")):
        funding = carried(perpetual(rate), side=side).options[0].funding
        assert funding is not None
        expected = carried(perpetual(rate), side=side).options[0].cost
        assert funding.adverse_cost >= expected


def test_expiries_are_rolled_within_one_market() -> None:
    """What settles later elsewhere is not what is sold next."""
    here, there = placed(expiring(30), market="here"), placed(expiring(60), market="there")

    carry = assess_carry([*here, *there], desk=desk(), end=moment(50), largest_notional=Decimal(10000))

    chains = {option.instrument.symbol: [leg.symbol for leg in option.legs] for option in carry.options}
    assert chains == {"F-30": ["F-30", "F-30"], "F-60": ["F-60"]}
    assert {option.instrument.symbol: option.market for option in carry.options} == {"F-30": "here", "F-60": "there"}


@pytest.mark.parametrize(
    ("futures", "terms", "warned"),
    [
        ([expiring(90, futures_price="66000")], {}, []),
        ([expiring(90, futures_price="66001")], {}, ["basis_implausible #/options/0/instrument"]),
        ([perpetual(futures_price="50000")], {}, ["basis_implausible #/options/0/instrument"]),
        ([expiring(1.9)], {"days": 1}, ["expiry_near #/options/0/instrument"]),
        ([expiring(2)], {"days": 1}, []),
        (
            [perpetual(funding_process=None, past_funding=[0.0001] * 29)],
            {},
            ["low_sample #/options/0/funding"],
        ),
        ([perpetual(funding_process=None, past_funding=[0.0001] * 30)], {}, []),
    ],
)
def test_a_careful_trader_is_warned_of_an_option(
    futures: list[Instrument], terms: dict[str, Any], warned: list[str]
) -> None:
    """Each warning names the option by its rank."""
    assert codes(carried(*futures, **terms)) == warned


BROKEN = {"mean_rate": 0.0, "persistence": 0.0, "volatility": 0.0}


@pytest.mark.parametrize(
    ("error", "futures", "terms", "places"),
    [
        (InconsistentQuestionError, [perpetual()], {"days": 0}, [("ends_at",)]),
        (InconsistentQuestionError, [perpetual()], {"days": -1}, [("ends_at",)]),
        (InconsistentQuestionError, [perpetual()], {"days": 1826}, [("ends_at",)]),
        (
            InconsistentQuestionError,
            [perpetual()],
            {"as_of": Instant.parse("2198-12-01T00:00:00Z")},
            [("ends_at",)],
        ),
        (
            InconsistentQuestionError,
            [expiring(90), expiring(90, funding_process=BROKEN)],
            {},
            [("instruments", 1, "expiry")],
        ),
        (
            InconsistentQuestionError,
            [perpetual(past_funding=[0.0, 0.0, 0.0])],
            {},
            [("instruments", 0, "funding_process")],
        ),
        (
            InconsistentQuestionError,
            [perpetual(funding_interval_hours=None)],
            {},
            [("instruments", 0, "funding_interval_hours")],
        ),
        (
            InconsistentQuestionError,
            [perpetual(), expiring(9, funding_rate="0")],
            {},
            [("instruments", 1, "funding_rate")],
        ),
        (ExpiredContractError, [expiring(9), expiring(-1)], {}, [("instruments", 1, "expiry")]),
        (
            CrossedMarketError,
            [perpetual(futures_bid="2", futures_ask="1")],
            {},
            [("instruments", 0, "futures_bid")],
        ),
        (SizeOutOfRangeError, [perpetual()], {"notional": Decimal("1000000000000.01")}, [("notional",)]),
        (NoInstrumentError, [expiring(1.5), instrument(symbol="UNKNOWN")], {}, [("instruments",)]),
        (NoInstrumentError, [], {}, [("instruments",)]),
    ],
)
def test_a_hedge_without_an_honest_answer_is_refused_at_its_places(
    error: type[HedgingError], futures: list[Instrument], terms: dict[str, Any], places: list[tuple[Any, ...]]
) -> None:
    """Each refusal carries all places of its kind."""
    with pytest.raises(error) as refusal:
        carried(*futures, **terms)

    assert [fault.path for fault in refusal.value.faults] == places


def test_nothing_to_hold_it_in_says_why() -> None:
    """The reasons for which each was left out, or that there was none."""
    with pytest.raises(NoInstrumentError, match=r"F-1\.5 expires within 2 days"):
        carried(expiring(1.5))
    with pytest.raises(NoInstrumentError, match="None was found"):
        carried()


def test_the_largest_notional_and_the_longest_time_are_answered() -> None:
    """The ceilings are the last that is answered."""
    carry = carried(perpetual(), expiring(90), days=1825, notional=Decimal("1E12"))

    assert check_answer(carry).horizon_days == 1825


def test_the_last_expiry_that_is_assumed_can_still_be_written() -> None:
    """A hedge may end in 2198: the quarterly future that it is held in settles in 2199, the last year of moments."""
    start = Instant.parse("2198-10-01T00:00:00Z")
    listed = expiring(30, expiry="2198-12-26T08:00:00Z")

    carry = check_answer(carried(listed, days=91.9, as_of=start))

    assert str(carry.options[0].legs[-1].expiry) == "2199-03-29T08:00:00Z"


def test_an_option_leads_to_itself() -> None:
    """Instruments of an answer, sent back, give the same options again."""
    futures = [
        perpetual(funding_process=None, past_funding=[0.0001, 0.0003, 0.0002, 0.0001, 0.00005]),
        expiring(60, taker_fee_rate=None, half_spread_rate=None),
        expiring(150, futures_bid="61000", futures_ask="61010", half_spread_rate=None),
    ]
    first = carried(*futures)

    again = carried(*(option.instrument for option in first.options))

    assert [(one.instrument, one.cost, one.low_cost, one.legs) for one in again.options] == [
        (one.instrument, one.cost, one.low_cost, one.legs) for one in first.options
    ]
    assert again.break_even == first.break_even


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Placed[Instrument]], dict[str, Any]]:
    """Draw a question: what a hedge may be held in, and how it is held."""
    as_of = draw(times)
    futures = [draw(instruments(as_of, f"I{index}")) for index in range(draw(st.integers(1, 4)))]
    horizons = st.sampled_from([timedelta(minutes=15), timedelta(days=1), timedelta(days=90), timedelta(days=1825)])
    end = Instant.of(as_of + draw(horizons | st.timedeltas(timedelta(microseconds=1), timedelta(days=1825))))
    question = {"desk": draw(desks(as_of)), "end": end, "largest_notional": Decimal("1E15")}
    return placed(*futures), question


@settings(max_examples=150)
@given(asked=books())
def test_every_question_about_a_hedge_has_an_honest_answer(
    asked: tuple[list[Placed[Instrument]], dict[str, Any]],
) -> None:
    """Domain property 25: finite numbers within their own bounds, or a refusal with its code; ranked; adding up."""
    futures, question = asked
    try:
        carry = check_answer(assess_carry(futures, **question))
    except (InconsistentQuestionError, NoInstrumentError):
        return

    ranked = [option.cost for option in carry.options]
    assert ranked == sorted(ranked)
    assert [option.rank for option in carry.options] == list(range(1, len(ranked) + 1))
    assert len(carry.options) + len(carry.excluded) == len(futures)
    for option in carry.options:
        parts = option.parts
        total = exactly(sum)((getattr(parts, name) for name in parts.__struct_fields__), Decimal(0))
        assert abs(total - option.cost) <= Decimal("4E-8")
        assert option.low_cost <= option.cost <= option.high_cost
        assert all(leg.start < leg.end <= leg.expiry for leg in option.legs)
    assert {(one.market, one.instrument.symbol) for one in carry.options}.isdisjoint(
        (one.market, one.symbol) for one in carry.excluded
    )


@settings(max_examples=25)
@given(scale=st.integers(2, 1000), days=st.integers(1, 200))
def test_twice_the_hedge_costs_twice_as_much(scale: int, days: int) -> None:
    """All costs are in proportion; rates, ranks and days are the same."""
    futures = [perpetual(str(INTEREST_RATE)), expiring(60), expiring(150)]
    one, many = carried(*futures, days=days), carried(*futures, days=days, notional=Decimal(10000) * scale)

    assert symbols(one) == symbols(many)
    assert [option.cost_rate for option in one.options] == [option.cost_rate for option in many.options]
    for single, multiple in zip(one.options, many.options, strict=True):
        assert abs(multiple.cost - single.cost * scale) <= Decimal("1E-8") * scale
    assert one.break_even == many.break_even


def test_the_same_question_gets_the_same_answer() -> None:
    """No clock and no chance: as of the same time everything is the same."""
    futures = [perpetual(), expiring(60), expiring(150)]

    assert carried(*futures) == carried(*futures)
    assert carried(*futures).ends_at == Instant.of(NOW + timedelta(days=90))
