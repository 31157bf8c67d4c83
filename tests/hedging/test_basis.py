"""The basis: what a future costs over spot, in every convention, and what a short would want to know about it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.basis import Measured, measure_basis
from service.hedging.errors import InconsistentQuestionError, TooFewObservationsError
from service.hedging.term_structure.convergence import Close, Projection
from service.hedging.term_structure.pairs import DayCount, Pair
from service.hedging.units import Instant
from tests.hedging.build import NOW, check_answer, moment, pair, placed
from tests.hedging.questions import closes, pairs, past_values, projections, times


def measured(*futures: Pair, histories: Any = None, **options: Any) -> list[Measured]:
    """Measure some futures with what is usual."""
    asked: dict[str, Any] = {"as_of": NOW, "projection": Projection(), **options}
    return measure_basis(placed(*futures), histories=histories or [None] * len(futures), **asked)


def measure_one(**options: Any) -> Measured:
    """Measure one future, given by its terms; options are those of the question."""
    asked = {name: options.pop(name) for name in ("histories", "close", "day_count", "projection") if name in options}
    (found,) = measured(pair(**options), **asked)
    return found


def test_the_article_s_future_in_every_convention() -> None:
    """Spot 60,000, future 61,200, 90 days: 1,200, 2 %, 8.111 % simple, 8.362 % compounded, 8.031 % continuous."""
    line = check_answer(measure_one(expiry=str(moment(90)), futures_bid="61195", futures_ask="61205").line)

    assert (str(line.basis), str(line.hull_basis), str(line.basis_rate)) == ("1200", "-1200", "0.02")
    assert (line.state, line.days_to_expiry, line.annualized_reason) == ("contango", 90, None)
    assert str(line.annualized_basis_rate) == "0.08111111"
    assert str(line.annualized_basis_rate_compounded) == "0.08362365"
    assert str(line.annualized_basis_rate_continuous) == "0.08031066"
    assert (str(line.executable_basis), str(line.executable_basis_rate)) == ("1195", "0.01991667")
    assert (len(line.convergence), line.early_close, line.history) == (5, None, None)
    assert (line.annualized_funding_rate, line.premium_funding_rate, line.fair_price) == (None, None, None)


def test_the_basis_at_expiry_is_nothing() -> None:
    """Whatever it was: the future settles at spot, with no deviation left."""
    last = measure_one(expiry=str(moment(90))).line.convergence[-1]

    assert (str(last.basis), last.standard_deviation, last.days_left) == ("0", 0, 0)
    assert (str(last.effective_price), last.at) == ("61200", moment(90))


def test_cboe_s_first_future_was_in_contango() -> None:
    """Cboe, 11 December 2017: spot 16,600, January future 17,600, a premium of 1,000 with 37 days to go."""
    line = measure_one(spot_price="16600", futures_price="17600", expiry=str(moment(37))).line

    assert (str(line.basis), line.state) == ("1000", "contango")


@pytest.mark.parametrize(
    ("futures", "state"), [("60000", "flat"), ("59999", "backwardation"), ("60001", "contango"), ("60000.0002", "flat")]
)
def test_a_state_is_that_of_the_rate_as_it_is_shown(futures: str, state: str) -> None:
    """A basis whose rate is written as 0 is called flat."""
    line = measure_one(futures_price=futures).line

    assert (line.state, line.hull_basis) == (state, -line.basis)


def test_a_perpetual_has_funding_and_no_annual_basis() -> None:
    """BitMEX's mark, golden vector B20, two hours before the payment; 0.03 % every 8 hours is 32.85 % a year."""
    payment = str(Instant.parse("2026-01-02T05:04:05Z"))
    line = check_answer(
        measure_one(
            futures_price="60030", funding_rate="0.0003", funding_interval_hours=8, next_funding_at=payment
        ).line
    )

    assert (line.annualized_reason, line.annualized_basis_rate, line.days_to_expiry) == ("perpetual", None, None)
    assert (str(line.fair_price), str(line.annualized_funding_rate)) == ("60004.5", "0.3285")
    assert str(line.annualized_funding_rate_compounded) == "0.38881482"
    assert str(line.annualized_funding_rate_continuous) == "0.32845073"
    assert (str(line.premium_funding_rate), line.convergence) == ("0.0001", ())


@pytest.mark.parametrize("hours", [1, 2, 4, 8, 24])
def test_the_same_funding_a_year_is_the_same_at_every_interval(hours: int) -> None:
    """10.95 %, whether it is paid every hour or once a day; the premium leads to the interest part of that interval."""
    rate = str(Decimal("0.0000125") * hours)
    line = measure_one(futures_price="60000", funding_rate=rate, funding_interval_hours=hours).line

    assert str(line.annualized_funding_rate) == "0.1095"
    assert line.premium_funding_rate == Decimal(rate)


@pytest.mark.parametrize(
    ("terms", "known"),
    [
        ({}, [False, False, False]),
        ({"funding_interval_hours": 8}, [False, True, False]),
        ({"funding_interval_hours": 8, "funding_rate": "0"}, [True, True, True]),
        ({"funding_interval_hours": 8, "expiry": str(moment(9))}, [False, False, False]),
    ],
)
def test_what_is_not_known_of_funding_is_null(terms: dict[str, Any], known: list[bool]) -> None:
    """Without an interval a rate means nothing; without a rate there is still where the premium leads."""
    line = measure_one(**terms).line

    values = [line.annualized_funding_rate, line.premium_funding_rate, line.fair_price]
    assert [value is not None for value in values] == known
    assert (line.annualized_funding_rate_continuous is None) == (line.annualized_funding_rate is None)


def test_funding_that_can_not_be_reinvested_for_a_year_is_not_compounded() -> None:
    """1 % an hour grows to 7E37: null, while the other two conventions still have a number."""
    line = measure_one(funding_rate="0.01", funding_interval_hours=1).line

    assert line.annualized_funding_rate_compounded is None
    assert (str(line.annualized_funding_rate), str(line.annualized_funding_rate_continuous)) == ("87.6", "87.16489827")


@pytest.mark.parametrize(
    ("day_count", "simple"), [("ACT/365", "0.08111111"), ("ACT/360", "0.08")], ids=["ACT/365", "ACT/360"]
)
def test_the_day_count_changes_the_annual_rates_only(day_count: DayCount, simple: str) -> None:
    """What is projected is the same price path, whatever year its rate is written for."""
    line = measure_one(expiry=str(moment(90)), day_count=day_count).line

    assert str(line.annualized_basis_rate) == simple
    assert line.convergence == measure_one(expiry=str(moment(90))).line.convergence


@pytest.mark.parametrize(("days", "reason"), [(0.5, "last_day"), (1, None)], ids=["half a day", "a day"])
def test_on_the_last_day_nothing_is_annualised_or_projected(days: float, reason: str | None) -> None:
    """An hour's basis times 8,760 says nothing about a year."""
    line = measure_one(expiry=str(moment(days)), futures_price="60010", close=Close(at=moment(0.25))).line

    assert line.annualized_reason == reason
    assert (line.convergence == (), line.early_close is None) == (reason is not None, reason is not None)


def test_a_past_is_one_of_the_pair_s_own_measure() -> None:
    """A perpetual's rate among rates, an expiry's simple annual rate among annual rates."""
    past = [0.01, 0.05, None, 0.09, 0.11]
    perpetual, expiring = measured(pair(), pair(expiry=str(moment(90))), histories=[past, past])
    last_day = measure_one(expiry=str(moment(0.5)), histories=[past])

    assert perpetual.line.history is not None
    assert expiring.line.history is not None
    assert (perpetual.line.history.measure, perpetual.line.history.percentile) == ("basis_rate", 0.25)
    assert (expiring.line.history.measure, expiring.line.history.percentile) == ("annualized_basis_rate", 0.5)
    assert last_day.line.history is None


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({"futures_price": "66000"}, []),
        ({"futures_price": "66001"}, ["basis_implausible #/instruments/0/basis_rate"]),
        ({"futures_price": "53999"}, ["basis_implausible #/instruments/0/basis_rate"]),
        ({"expiry": str(moment(2))}, []),
        ({"expiry": str(moment(1.99))}, ["expiry_near #/instruments/0/days_to_expiry"]),
        ({"futures_bid": "61199", "futures_ask": "61201"}, []),
        ({"futures_bid": "61199"}, ["one_sided_book #/instruments/0/pair"]),
        ({"futures_ask": "61201"}, ["one_sided_book #/instruments/0/pair"]),
        ({"histories": [[0.1] * 29]}, ["low_sample #/instruments/0/history"]),
        ({"histories": [[0.1] * 30]}, []),
    ],
)
def test_a_careful_trader_is_warned_of_a_basis(options: dict[str, Any], warned: list[str]) -> None:
    """Each warning names the part of the line that it is about."""
    notes = measure_one(**options).cautions

    assert [f"{note.code} {note.pointer}" for note in notes] == warned


def test_a_one_sided_book_says_which_side_is_missing() -> None:
    """Without a bid a short can't be sold at once, and there is no executable basis."""
    (note,) = measure_one(futures_ask="61201").cautions

    assert "no bid" in note.detail
    assert measure_one(futures_ask="61201").line.executable_basis is None
    assert "no ask" in measure_one(futures_bid="61201").cautions[0].detail


def test_a_short_history_is_refused_where_it_stands() -> None:
    """Two values that are there are too few, wherever in the question they are."""
    with pytest.raises(TooFewObservationsError) as refusal:
        measured(pair(), pair(), histories=[None, [0.1, None, 0.2]])

    assert [fault.path for fault in refusal.value.faults] == [("instruments", 1, "history")]


def test_a_close_is_looked_at_after_the_pairs() -> None:
    """A close that does not lie ahead is a question that contradicts itself."""
    with pytest.raises(InconsistentQuestionError) as refusal:
        measured(pair(), close=Close(at=NOW))

    assert [fault.path for fault in refusal.value.faults] == [("close", "at")]


def test_a_line_leads_to_itself() -> None:
    """The pair that is sent back, asked again as of the same time, gives the same line."""
    line = measure_one(expiry=str(moment(90)), close=Close(at=moment(45))).line

    (again,) = measured(line.pair, close=Close(at=moment(45)))

    assert again.line == line


@settings(max_examples=300)
@given(data=st.data(), as_of=times, projection=projections, day_count=st.sampled_from(["ACT/365", "ACT/360"]))
def test_every_question_about_a_basis_has_an_honest_answer(
    data: st.DataObject, as_of: Instant, projection: Projection, day_count: DayCount
) -> None:
    """Domain property 25: finite numbers within their own bounds, or a refusal with its code; the same twice."""
    futures = data.draw(st.lists(pairs(as_of), min_size=1, max_size=3))
    histories = data.draw(st.tuples(*(st.none() | past_values for _ in futures)))
    question: dict[str, Any] = {
        "as_of": as_of,
        "projection": projection,
        "close": data.draw(st.none() | closes(as_of)),
        "day_count": day_count,
        "histories": histories,
    }
    try:
        lines = [check_answer(one.line) for one in measure_basis(placed(*futures), **question)]
    except (InconsistentQuestionError, TooFewObservationsError):
        return

    for one, future in zip(lines, futures, strict=True):
        assert one.basis == -one.hull_basis
        assert (one.annualized_reason is None) == (one.annualized_basis_rate is not None)
        assert one.annualized_reason != "perpetual" or future.expiry is None
    again = measure_basis(placed(*futures), **question)
    assert [found.line for found in again] == lines
    for found in again:
        assert [check_answer(note) for note in found.cautions] == list(found.cautions)
