"""Where the result of a hedge came from: a worked example, real crashes, and that it adds up to the last digit."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.errors import InconsistentQuestionError
from service.hedging.hindsight.attribution import Attribution, UsedBeta, attribute, check_position, warn_of_position
from service.hedging.units import exactly
from tests.hedging.build import check_answer
from tests.hedging.judging import realised

GOLDEN = Path(__file__).parents[4] / "shared" / "data" / "history" / "golden_daily_closes_mit.json"
CRASHES = json.loads(GOLDEN.read_text())["crash"] if GOLDEN.exists() else {}
INVERSE = {"style": "inverse", "symbol": "BTCUSD_PERP", "underlying": "BTC", "multiplier": "100"}


@exactly
def attributed(**members: Any) -> Attribution:
    """Attribute a result, and look at all of it."""
    position = realised(**members)
    check_position(position)
    found = check_answer(attribute(position, UsedBeta(position.beta or 0, "given")))
    for hand, total in (("amount", found.net_pnl), ("book", found.spot_pnl)):
        assert sum(getattr(part, hand) for part in found.parts) == total
    assert sum(part.hedge for part in found.parts) == found.hedge_pnl + found.funding_pnl - found.fees
    assert all(part.book + part.hedge == part.amount for part in found.parts)
    return found


def amounts(found: Attribution) -> dict[str, tuple[str, str]]:
    """Give what each cause brought, of the book and of the hedge."""
    return {part.part: (str(part.book), str(part.hedge)) for part in found.parts}


def test_each_cause_has_its_part() -> None:
    """10,000 with beta 1.1, bitcoin down 15 %, 12,000 short instead of 11,000: worked by hand.

    The book loses 1,650 by beta and 150 by itself. The exact hedge earns 1,650, the 1,000 too many 150; the future fell
    by 14.9 % and the spot by 15 %, which costs the hedge 12.
    """
    found = attributed()

    assert amounts(found) == {
        "beta": ("-1650", "1650"),
        "residual": ("-150", "0"),
        "basis": ("0", "-12"),
        "rounding": ("0", "150"),
        "funding": ("0", "12.5"),
        "fees": ("0", "-11.1"),
    }
    assert [str(found.spot_pnl), str(found.hedge_pnl), str(found.net_pnl)] == ["-1800", "1788", "-10.6"]
    assert [str(found.book_value), str(found.notional), str(found.net_return)] == ["10000", "12000", "-0.00106"]
    assert str(found.exact_contracts) == "1.833333333333333333"
    assert [str(found.underlying_return), str(found.futures_return)] == ["-0.15", "-0.149"]
    assert (found.beta, found.beta_source) == (1.1, "given")


def test_without_an_exact_size_nothing_is_put_down_to_rounding() -> None:
    """All of the hedge is beta and basis then."""
    found = attributed(coverage=None)

    assert found.exact_contracts is None
    assert amounts(found)["rounding"] == ("0", "0")
    assert amounts(found)["beta"] == ("-1650", "1800")


def test_an_exact_size_serves_as_well_as_a_coverage() -> None:
    """Both say the same."""
    given_size = attributed(coverage=None, exact_contracts="1.833333333333333333")

    assert amounts(given_size)["rounding"] == ("0", "150")
    assert amounts(given_size) == amounts(attributed())


def test_an_inverse_short_earns_what_a_linear_one_of_its_value_does() -> None:
    """Domain 9.26: 120 contracts of 100 dollars are the 12,000 of the linear one."""
    inverse = attributed(contract=INVERSE, contracts="120")

    assert amounts(inverse) == amounts(attributed())
    assert str(inverse.notional) == "12000"


def test_a_short_book_is_hedged_long() -> None:
    """Everything the other way round, but funding and fees."""
    found = attributed(
        held=[{"asset": "SOL", "quantity": "-100", "start_price": "100", "end_price": "82"}], side="long"
    )

    assert amounts(found)["beta"] == ("1650", "-1650")
    assert amounts(found)["residual"] == ("150", "0")
    assert amounts(found)["basis"] == ("0", "12")
    assert str(found.net_return) == "0.00134"


def test_several_assets_are_added_up() -> None:
    """Each with its own prices."""
    held = [
        {"asset": "SOL", "quantity": "40", "start_price": "150", "end_price": "120"},
        {"asset": "ADA", "quantity": "5000", "start_price": "0.44", "end_price": "0.5"},
    ]
    found = attributed(held=held)

    assert (str(found.book_value), str(found.spot_pnl)) == ("8200", "-900")


@pytest.mark.parametrize(("beta", "side"), [(1.1, "long"), (-1.1, "short")])
def test_a_coverage_on_the_books_own_side_is_refused(beta: float, side: str) -> None:
    """It would cover nothing; what it was instead can be sent as a size."""
    with pytest.raises(InconsistentQuestionError) as caught:
        attributed(beta=beta, side=side)

    assert caught.value.faults[0].path == ("position", "coverage")
    assert attributed(beta=beta, side=side, coverage=None).exact_contracts is None


def test_prices_that_are_far_apart_are_told() -> None:
    """More than a tenth: a basis of that size is most often a price of another time, or of another coin."""
    near, far = (list(warn_of_position(realised(exit_price=price))) for price in ("56100", "56101"))
    thousand = {
        "style": "linear",
        "symbol": "1000SHIB",
        "underlying": "SHIB",
        "multiplier": "1",
        "quoted_units": "1000",
    }
    quoted = realised(contract=thousand, underlying_start_price="60", underlying_end_price="51")

    assert near == list(warn_of_position(quoted)) == []
    assert [(note.code, note.pointer) for note in far] == [("basis_implausible", "#/position/exit_price")]


def test_a_book_worth_nothing_has_no_return() -> None:
    """And no exact size but none."""
    held = [{"asset": "SOL", "quantity": "0", "start_price": "100", "end_price": "82"}]
    found = attributed(held=held)

    assert (found.net_return, str(found.exact_contracts)) == (None, "0")
    assert attributed(held=held, side="long").exact_contracts == 0


@pytest.mark.skipif(not CRASHES, reason="the golden numbers lie outside the project")
@pytest.mark.parametrize("name", [name for name, crash in CRASHES.items() if "beta90" in crash] or [""])
@pytest.mark.parametrize("percent", ["50", "75", "100"])
def test_the_crashes_of_real_closes(name: str, percent: str) -> None:
    """A basket bought in equal parts, held through, and hedged by its beta of the 90 days before: as another code."""
    crash = CRASHES[name]
    coverage = Decimal(percent) / 100
    short = round(coverage * Decimal(repr(crash["beta90"])), 18)
    found = attributed(
        held=[
            {
                "asset": coin,
                "quantity": str(round(Decimal(1) / len(crash["coins"]), 18)),
                "start_price": "1",
                "end_price": str(1 + Decimal(repr(move))),
            }
            for coin, move in crash["each"].items()
        ],
        contract={"style": "linear", "symbol": "BTC-1", "underlying": "BTC", "multiplier": "1"},
        contracts=str(short),
        entry_price="1",
        exit_price=str(1 + Decimal(repr(crash["btc"]))),
        underlying_start_price="1",
        underlying_end_price=str(1 + Decimal(repr(crash["btc"]))),
        beta=crash["beta90"],
        coverage=f"{coverage:f}",
        funding_received="0",
        fees_paid="0",
    )

    assert float(found.net_pnl) == pytest.approx(crash["hedged"][percent], abs=2e-6)
    assert amounts(found)["basis"] == amounts(found)["rounding"] == ("0", "0")


_PRICE = st.decimals("0.000001", 10**9, places=9).map(lambda value: f"{value:f}").filter(lambda text: float(text) > 0)
_UNITS = st.decimals(-(10**9), 10**9, places=9).map(lambda value: f"{value:f}")


@settings(max_examples=60, deadline=None)
@given(
    held=st.lists(st.tuples(_UNITS, _PRICE, _PRICE), min_size=1, max_size=5),
    prices=st.tuples(_PRICE, _PRICE, _PRICE, _PRICE),
    contracts=st.decimals(0, 10**6, places=6).map(lambda value: f"{value:f}"),
    terms=st.sampled_from([{}, {"contract": INVERSE}, {"side": "long"}, {"exact_contracts": "1.666666666666666667"}]),
    beta=st.floats(-3, 3),
)
def test_the_parts_add_up_exactly(
    held: list[tuple[str, str, str]], prices: tuple[str, ...], contracts: str, terms: dict[str, Any], beta: float
) -> None:
    """Across and down, whatever the prices: `attributed` holds it."""
    names = ("entry_price", "exit_price", "underlying_start_price", "underlying_end_price")
    book = [{"asset": "SOL", "quantity": units, "start_price": start, "end_price": end} for units, start, end in held]
    found = attributed(
        **{
            "coverage": None,
            "held": book,
            "contracts": contracts,
            "beta": beta,
            **dict(zip(names, prices, strict=True)),
            **terms,
        }
    )

    assert [part.part for part in found.parts] == ["beta", "residual", "basis", "rounding", "funding", "fees"]
