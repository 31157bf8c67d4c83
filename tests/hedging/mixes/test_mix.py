"""Contracts entered beside a book: what is refused, with every place, and what is warned about."""

from decimal import Decimal
from typing import Any, get_args

import pytest

from service.hedging.costs.hedge_cost import Outlook
from service.hedging.errors import (
    ExpiredContractError,
    HedgingError,
    InconsistentContractError,
    InconsistentQuestionError,
    LeverageOutOfRangeError,
    MarginTermsMissingError,
    SizeOutOfRangeError,
    StressDataMissingError,
)
from service.hedging.mixes.mix import check_outlooks, plan_mix
from service.hedging.mixes.plans import Budget
from service.hedging.stresses import STRESSES, HistoricalName
from service.hedging.units import Amount, AnnualRate, FeeRate, FundingRate, Price
from tests.hedging.build import NOW, holding, linear
from tests.hedging.mixing import ETH, candidate, mixed

DATED = linear(symbol="BTC-MAR", expiry="2026-03-27T08:00:00Z")
BARE = linear(symbol="BTC-BARE")


def places(error: HedgingError) -> list[tuple[str | int, ...]]:
    """List where the question is at fault."""
    return [fault.path for fault in error.faults]


@pytest.mark.parametrize(
    ("second", "terms", "error", "path"),
    [
        ({"contract": linear(symbol="SOL")}, {}, InconsistentContractError, ("contract", "symbol")),
        (
            {"contract": linear(expiry="2026-01-02T03:04:05Z")},
            {},
            ExpiredContractError,
            ("contract", "expiry"),
        ),
        ({"leverage": "20.1"}, {}, LeverageOutOfRangeError, ("leverage",)),
        ({"contract": DATED, "funding": "0.0001"}, {}, InconsistentQuestionError, ("funding_rate",)),
        (
            {"contract": BARE, "leverage": None},
            {"budget": Budget(margin=Amount("1"))},
            MarginTermsMissingError,
            ("leverage",),
        ),
        (
            {"contract": BARE, "leverage": None},
            {"budget": Budget(capital=Amount("1"))},
            MarginTermsMissingError,
            ("leverage",),
        ),
    ],
)
def test_a_contract_that_stands_in_the_way_is_named(
    second: dict[str, Any], terms: dict[str, Any], error: type[HedgingError], path: tuple[str, ...]
) -> None:
    """At its own place among several."""
    with pytest.raises(error) as caught:
        mixed([candidate(), candidate(place=1, **second)], **terms)

    assert places(caught.value) == [("instruments", 1, *path)]


def test_a_budget_of_cost_needs_no_margin() -> None:
    """What nobody limits need not be known."""
    mix = mixed([candidate(BARE, leverage=None)], budget=Budget(cost=Amount("1")))

    assert mix.entered[0].margin_rate is None


def test_a_cost_that_is_stated_twice_is_refused_with_every_place() -> None:
    """Before anything is looked up."""
    twice = Outlook(30.0, 0.0, AnnualRate("0"), FundingRate("0"), FeeRate("0"))
    once = Outlook(30.0, 0.0, AnnualRate("0"), None, None)

    with pytest.raises(InconsistentQuestionError) as caught:
        check_outlooks([twice, once, twice])
    check_outlooks([once])

    assert places(caught.value) == [
        ("instruments", index, name) for index in (0, 2) for name in ("funding_rate", "fee_rate")
    ]


def test_a_book_beyond_the_ceiling_is_refused() -> None:
    """What all of it would be worth is said."""
    with pytest.raises(SizeOutOfRangeError, match="10000") as caught:
        mixed([candidate()], largest="9999")

    assert places(caught.value) == [("holdings",)]


def test_a_stress_that_is_asked_for_has_to_be_known_of_all_coins() -> None:
    """Each that is not, with the coins; one that is asked for twice counts once."""
    with pytest.raises(StressDataMissingError, match="SOL, DOT") as caught:
        mixed([candidate()], {"SOL": "1", "DOT": "1"}, stresses=("ftx-2022-11", "covid-2020-03"))
    mix = mixed([candidate()], stresses=("ftx-2022-11", "ftx-2022-11"))

    assert places(caught.value) == [("stresses", 1)]
    assert [one.name for one in mix.stresses] == ["ftx-2022-11"]


def test_the_historical_stresses_are_those_of_the_past() -> None:
    """Each by its name, and no other."""
    names = [name for name, stress in STRESSES.items() if stress.kind == "historical"]

    assert names == list(get_args(HistoricalName))


def test_money_is_no_exposure() -> None:
    """A pegged stablecoin needs no past, and no stress has to know it; one off its peg does."""
    pegged = mixed([candidate()], {"SOL": "5", "USDT": "5"})
    broken = mixed([candidate()], {"SOL": "5", "USDT": "5"}, prices={"USDT": "0.9"})

    assert list(pegged.exposures) == ["SOL"]
    assert list(broken.exposures) == ["SOL", "USDT"]
    assert len(broken.left_out) == 11


def test_what_is_odd_about_book_and_prices_is_said_at_its_place() -> None:
    """Betas that have no say, prices that nobody needs, a mark far from its spot."""
    mix = plan_mix(
        [candidate(), candidate(ETH, place=1, price="5000")],
        mixed([candidate()]).terms,
        holdings=[holding("SOL", "1", 1.2), holding("SOL", "1")],
        prices={name: Price(value) for name, value in _PRICES.items()},
        as_of=NOW,
        largest_notional=Decimal(10**9),
    )

    notes = {(note.code, note.pointer) for note in mix.cautions}
    assert notes >= {
        ("duplicates_merged", "#/holdings/0"),
        ("beta_ignored", "#/holdings"),
        ("unused_prices", "#/prices"),
        ("basis_implausible", "#/instruments/1/futures_price"),
    }
    assert ("beta_ignored", "#/weighting") not in notes


_PRICES = {"SOL": "150", "BTC": "60000", "ETH": "3000", "XRP": "1"}
