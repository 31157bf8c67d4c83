"""What a hedge can be held in: what is not known is assumed aloud, and what contradicts itself is refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.costs.instruments import assume, check_instruments
from service.hedging.errors import InconsistentQuestionError
from service.hedging.term_structure.funding import USUAL_FUNDING, FundingModel
from service.hedging.units import Instant, SpreadRate
from tests.hedging.build import NOW, check_answer, instrument, known, moment, placed
from tests.hedging.questions import instruments

PROCESS = {"mean_rate": 0.0002, "persistence": 0.5, "volatility": 0.0001}
EXPIRY = str(moment(90))


@pytest.mark.parametrize(
    ("terms", "assumed"),
    [
        ({"expiry": EXPIRY}, {"taker_fee_rate": "0.0005", "half_spread_rate": "0.0002"}),
        ({"expiry": EXPIRY, "taker_fee_rate": "0", "half_spread_rate": "0"}, {}),
        ({"expiry": EXPIRY, "futures_bid": "1", "futures_ask": "2"}, {"taker_fee_rate": "0.0005"}),
        ({}, {"taker_fee_rate": "0.0005", "half_spread_rate": "0.0001"}),
        (
            {"funding_interval_hours": 4, "taker_fee_rate": "0", "half_spread_rate": "0"},
            {
                "funding_process": "mean 0.00005000, persistence 0.9487, volatility 0.00002176",
                "funding_stamps": "every 4 h",
            },
        ),
        (
            {
                "funding_interval_hours": 8,
                "next_funding_at": EXPIRY,
                "funding_process": PROCESS,
                "taker_fee_rate": "0",
                "half_spread_rate": "0",
            },
            {},
        ),
    ],
)
def test_what_is_not_known_is_assumed_aloud(terms: dict[str, Any], assumed: dict[str, str]) -> None:
    """Every assumption has a name, a value and the instrument of which it is."""
    found = known(**terms)

    assert {one.name: one.value for one in found.assumptions} == assumed
    assert all(one.symbol == "BTC-0626" and check_answer(one).detail for one in found.assumptions)


@pytest.mark.parametrize(
    ("bid", "ask", "half_spread"),
    [
        ("59990", "60010", "0.000166666666666667"),
        ("60000", "60000", "0"),
        ("0.000000000000000001", "999999999999999", "0.999999999999999999"),
        ("1", "3", "0.5"),
    ],
)
def test_half_of_the_spread_comes_from_the_book(bid: str, ask: str, half_spread: str) -> None:
    """(ask - bid) / (ask + bid): half of the spread against the mid price, and a word that can be sent back."""
    found = known(futures_bid=bid, futures_ask=ask)

    assert str(found.half_spread_rate) == half_spread
    assert SpreadRate.parse(str(found.half_spread_rate)) == found.half_spread_rate


def test_what_was_sent_goes_before_the_book() -> None:
    """A caller who knows his spread is believed."""
    found = known(futures_bid="59990", futures_ask="60010", half_spread_rate="0.0007", taker_fee_rate="-0.0001")

    assert (found.half_spread_rate, found.fee_rate) == (Decimal("0.0007"), Decimal("-0.0001"))


@pytest.mark.parametrize(
    ("terms", "model", "source", "observations"),
    [
        ({"funding_process": PROCESS}, FundingModel(0.0002, 0.5, 0.0001), "sent", None),
        ({"past_funding": [0.0001, 0.0001, 0.0001]}, FundingModel(0.0001, 0.0, 0.0), "fitted", 3),
        ({}, USUAL_FUNDING, "assumed", None),
    ],
)
def test_funding_is_sent_or_fitted_or_assumed(
    terms: dict[str, Any], model: FundingModel, source: str, observations: int | None
) -> None:
    """In this order, and it is said which."""
    found = known(funding_interval_hours=8, **terms)

    assert found.funding is not None
    assert found.funding._asdict() == pytest.approx(model._asdict())
    assert (found.funding_source, found.observations) == (source, observations)


@pytest.mark.parametrize("terms", [{}, {"expiry": EXPIRY}, {"expiry": EXPIRY, "funding_interval_hours": 8}])
def test_what_expires_has_no_funding_and_neither_has_an_unknown_interval(terms: dict[str, Any]) -> None:
    """None, and nothing is assumed about it."""
    found = known(**terms)

    assert (found.funding, found.funding_source) == (None, None)
    assert not {"funding_process", "funding_stamps"} & {one.name for one in found.assumptions}


@pytest.mark.parametrize(
    ("terms", "place"),
    [
        ({"expiry": EXPIRY, "funding_process": PROCESS}, "expiry"),
        ({"expiry": EXPIRY, "past_funding": [0.0, 0.0, 0.0]}, "expiry"),
        ({"funding_process": PROCESS, "past_funding": [0.0, 0.0, 0.0]}, "funding_process"),
    ],
)
def test_two_statements_about_one_funding_are_refused_at_their_places(terms: dict[str, Any], place: str) -> None:
    """All of them at once."""
    with pytest.raises(InconsistentQuestionError) as refusal:
        check_instruments(placed(instrument(**terms), instrument(), instrument(**terms)))

    assert [fault.path for fault in refusal.value.faults] == [("instruments", 0, place), ("instruments", 2, place)]


def test_consistent_instruments_pass() -> None:
    """One statement each, or none."""
    check_instruments(placed(instrument(), instrument(expiry=EXPIRY), instrument(funding_process=PROCESS)))


@given(data=st.data())
def test_what_was_filled_in_leads_to_itself(data: st.DataObject) -> None:
    """An instrument of the answer, sent back, has nothing left to assume but the moments of its payments."""
    drawn = data.draw(instruments(NOW, "ANY"))
    check_instruments(placed(drawn))

    first = assume(placed(drawn)[0])
    again = assume(placed(check_answer(first.instrument))[0])

    assert again.instrument == first.instrument
    assert (again.fee_rate, again.half_spread_rate, again.funding) == (
        first.fee_rate,
        first.half_spread_rate,
        first.funding,
    )
    assert {one.name for one in again.assumptions} <= {"funding_stamps"}
    assert isinstance(again.instrument.expiry, Instant | None)
