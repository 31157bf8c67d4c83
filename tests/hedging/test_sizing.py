"""How many contracts: the seed's basket, the recommendation, the warnings, and what always holds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging.contracts import Contract
from service.hedging.errors import (
    ExpiredContractError,
    HedgingError,
    InconsistentContractError,
    LeverageOutOfRangeError,
    MarginConflictError,
    MarginTermsMissingError,
    PriceMissingError,
    SizeOutOfRangeError,
)
from service.hedging.sizes.advice import Rounding
from service.hedging.sizes.candidates import Candidate
from service.hedging.sizing import Sizing, size_hedge
from service.hedging.survival.collateral import Collateral
from service.hedging.units import Amount, Coverage, Exact, Instant, Leverage, Price, Rise
from tests.hedging.build import NOW, holding, inverse, linear, prices, sized, tiers

MARGINED = {"initial_margin_rate": "0.05", "maintenance_margin_rate": "0.004", "tick_size": "0.1"}


def candidate(sizing: Sizing, rounding: str) -> Candidate:
    """Pick a candidate by name."""
    return next(found for found in sizing.candidates if found.rounding == rounding)


def codes(sizing: Sizing) -> list[str]:
    """List the warnings of an answer with what they are about."""
    return [f"{caution.code} {caution.pointer}" for caution in sizing.warnings]


def test_the_seeds_basket_needs_one_and_two_thirds_of_a_contract() -> None:
    """The article's steps 1 to 3: 10,000 over 0.1 x 60,000 is 1.67; one contract covers 60 %, two 120 %."""
    sizing = size_hedge(
        holdings=[holding("SOL", "40"), holding("ADA", "5000"), holding("DOT", "300")],
        contract=linear(),
        prices={**prices(SOL="150", ADA="0.44", DOT="6"), "BTC-MINI": Price("60000")},
        coverage=Coverage("1"),
        weighting="value",
        as_of=NOW,
    )

    assert str(sizing.exact_contracts) == "1.666666666666666667"
    assert [str(found.coverage) for found in sizing.candidates] == ["0.6", "1.2"]
    assert [str(found.residual_exposure) for found in sizing.candidates] == ["4000", "-2000"]
    assert [found.status for found in sizing.candidates] == ["under_hedged", "over_hedged"]
    assert (sizing.side, sizing.recommended, sizing.reason) == ("short", "up", "nearest")


@pytest.mark.parametrize(
    ("value", "rounding", "recommended", "reason"),
    [
        ("10000", None, "up", "nearest"),
        ("8000", None, "down", "nearest"),
        ("9000", None, "down", "nearest"),
        ("9001", None, "up", "nearest"),
        ("12000", None, "down", "nearest"),
        ("10000", "nearest", "up", "nearest"),
        ("9000", "nearest", "down", "nearest"),
        ("10000", "down", "down", "requested"),
        ("8000", "up", "up", "requested"),
        ("10000", "exact", "exact", "requested"),
    ],
)
def test_the_nearest_size_is_recommended_unless_another_is_asked_for(
    value: str,
    rounding: Rounding | None,
    recommended: str,
    reason: str,
) -> None:
    """A tie goes to fewer contracts: never more leverage than needed."""
    sizing = sized(book={"SOL": value}, rounding=rounding)

    assert (sizing.recommended, sizing.reason) == (recommended, reason)


def test_nearest_as_a_rule_drops_below_a_minimum_where_the_nearest_size_does_not() -> None:
    """Asked to round to nearest, a size under the minimum is none; unasked, the nearest legal size wins."""
    terms = {"multiplier": "1", "lot_step": "0.1", "min_notional": "100"}
    question: dict[str, Any] = {"book": {"SOL": "120"}, "price": "61.5", "coverage": "0.5"}

    assert sized(linear(**terms), **question, rounding="nearest").recommended == "down"
    assert sized(linear(**terms), **question).recommended == "up"


@pytest.mark.parametrize(
    ("value", "lot_step", "reason", "quantity"),
    [("10000", "1", "not_orderable", None), ("12000", "1", None, "2"), ("10000", "0.3", "not_orderable", None)],
)
def test_an_exact_size_is_orderable_only_where_the_venue_takes_it(
    value: str, lot_step: str, reason: str | None, quantity: str | None
) -> None:
    """The fractional candidate shows the target met, and says that nobody can trade it."""
    exact = candidate(sized(linear(lot_step=lot_step), book={"SOL": value}, rounding="exact"), "exact")

    assert (exact.status, str(exact.coverage), exact.order_reason) == ("matched", "1", reason)
    assert quantity == (None if exact.order is None else str(exact.order.quantity))


@pytest.mark.parametrize(
    ("contract", "quantity", "unit"),
    [
        (linear(), "2", "contract"),
        (linear(order_unit="base"), "0.2", "base"),
        (inverse(symbol="BTC-MINI", multiplier="6000", order_unit="quote"), "12000", "quote"),
    ],
)
def test_an_order_counts_in_the_venues_unit(contract: Contract, quantity: str, unit: str) -> None:
    """Contracts and coins are not the same: Binance counts BTC where MEXC counts contracts."""
    order = candidate(sized(contract), "up").order

    assert order is not None
    assert (order.side, str(order.quantity), order.unit, order.reduce_only) == ("sell", quantity, unit, False)


def test_a_net_short_book_is_hedged_with_a_long() -> None:
    """The side follows the sign of the beta exposure, sizes stay unsigned."""
    sizing = sized(linear(**MARGINED), book={"SOL": "-10000"})
    down = candidate(sizing, "down")

    assert sizing.side == "long"
    assert down.order is not None
    assert down.order.side == "buy"
    assert (str(down.contracts), str(down.residual_exposure)) == ("1", "4000")
    assert down.margin.liquidation_move is not None
    assert down.margin.liquidation_move < 0


@pytest.mark.parametrize(
    ("book", "coverage", "reason", "warned"),
    [
        ({"USDT": "10000"}, "1", "no_exposure", ["no_exposure #/beta_exposure"]),
        ({"SOL": "10000"}, "0", "zero_coverage", []),
    ],
)
def test_nothing_to_hedge_is_an_answer(book: dict[str, str], coverage: str, reason: str, warned: list[str]) -> None:
    """No contracts, no order, and null where there is nothing to divide by."""
    sizing = sized(linear(**MARGINED, min_quantity="1"), book=book, coverage=coverage)

    assert (sizing.side, sizing.recommended, sizing.reason, codes(sizing)) == ("none", "down", reason, warned)
    for found in sizing.candidates:
        assert (str(found.contracts), found.status, found.deviation) == ("0", "no_target", None)
        assert (found.order, found.order_reason) == (None, "no_contracts")
        assert found.margin.liquidation_reason == "no_contracts"
        assert (found.coverage is None) == (reason == "no_exposure")


def test_margin_fees_and_liquidation_stand_with_each_size() -> None:
    """The seed's 5 % margin: 300 a contract, gone at +4.58 %."""
    down = candidate(sized(linear(**MARGINED, taker_fee_rate="0.0005")), "down")
    margin = down.margin

    assert (str(margin.initial), str(margin.maintenance), str(margin.wallet)) == ("300", "24", "300")
    assert (str(margin.liquidation_price), str(margin.liquidation_move)) == ("62749", "0.04581667")
    assert (str(down.fees), margin.currency, margin.survives) == ("3", "quote", None)


def test_an_inverse_hedge_is_margined_in_coins() -> None:
    """100 contracts of 100 at 60,000 are worth 0.16666667 BTC; fees stay in the quote currency."""
    terms = {**MARGINED, "taker_fee_rate": "0.0005"}
    down = candidate(sized(inverse(**terms)), "down")

    assert (down.margin.currency, str(down.margin.initial)) == ("base", "0.00833334")
    assert (str(down.margin.liquidation_price), str(down.fees)) == ("62905.2", "5")


@pytest.mark.parametrize(
    ("terms", "wallet", "initial", "maintenance", "liquidation"),
    [
        ({}, None, "initial_margin_rate_missing", "maintenance_rate_missing", "initial_margin_rate_missing"),
        ({"initial_margin_rate": "0.05"}, None, None, "maintenance_rate_missing", "maintenance_rate_missing"),
        (
            {"maintenance_margin_rate": "0.004"},
            None,
            "initial_margin_rate_missing",
            None,
            "initial_margin_rate_missing",
        ),
        ({"maintenance_margin_rate": "0.004"}, "300", "initial_margin_rate_missing", None, None),
        ({"initial_margin_rate": "0.05"}, "300", None, "maintenance_rate_missing", "maintenance_rate_missing"),
    ],
)
def test_a_term_that_was_not_sent_leaves_a_gap_with_its_reason(
    terms: dict[str, str], wallet: str | None, initial: str | None, maintenance: str | None, liquidation: str | None
) -> None:
    """Nothing is guessed: what can't be known is null, and says why."""
    posted = None if wallet is None else Collateral(wallet_balance=Amount(wallet))
    down = candidate(sized(linear(**terms), collateral=posted), "down")
    margin = down.margin

    assert (margin.initial_reason, margin.maintenance_reason) == (initial, maintenance)
    assert (margin.liquidation_reason, down.fees_reason) == (liquidation, "taker_fee_rate_missing")
    assert (margin.initial is None, margin.maintenance is None) == (initial is not None, maintenance is not None)
    assert (margin.liquidation_price is None, down.fees) == (liquidation is not None, None)


def test_a_leverage_that_is_no_decimal_asks_for_no_more_than_its_part() -> None:
    """A sixth of 18,000 is 3,000, although a sixth that is written out is a little more than one."""
    margin = candidate(
        sized(linear(**MARGINED), book={"SOL": "18000"}, collateral=Collateral(leverage=Leverage("6"))), "down"
    ).margin

    assert (str(margin.initial), str(margin.wallet)) == ("3000", "3000")


def test_an_inverse_short_with_its_coins_posted_has_no_liquidation_price() -> None:
    """Null, because nothing liquidates it."""
    margin = candidate(sized(inverse(**MARGINED), collateral=Collateral(leverage=Leverage("1"))), "down").margin

    assert (margin.liquidation_price, margin.liquidation_move) == (None, None)
    assert margin.liquidation_reason == "not_liquidatable"


@pytest.mark.parametrize(
    ("posted", "recommended", "reason", "survives"),
    [
        (Collateral(wallet_balance=Amount("600")), "up", "nearest", [True, True]),
        (Collateral(wallet_balance=Amount("599")), "down", "survival", [True, False]),
        (Collateral(wallet_balance=Amount("299")), None, "no_candidate_survives", [False, False]),
        (Collateral(leverage=Leverage("5")), "up", "nearest", [True, True]),
        (Collateral(survive_move=Rise("0.04")), "up", "nearest", [True, True]),
        (Collateral(survive_move=Rise("0.04581667")), "up", "nearest", [True, True]),
        (Collateral(survive_move=Rise("0.05")), None, "no_candidate_survives", [False, False]),
        (Collateral(wallet_balance=Amount("1300"), survive_move=Rise("0.2")), "down", "survival", [True, False]),
        (Collateral(leverage=Leverage("4"), survive_move=Rise("0.2")), "up", "nearest", [True, True]),
        (Collateral(leverage=Leverage("5"), survive_move=Rise("0.2")), None, "no_candidate_survives", [False, False]),
        (Collateral(), "up", "nearest", [True, True]),
        (Collateral(wallet_balance=Amount("0")), None, "no_candidate_survives", [False, False]),
    ],
)
def test_a_size_that_does_not_survive_is_not_recommended(
    posted: Collateral, recommended: str | None, reason: str, survives: list[bool]
) -> None:
    """The wallet decides before closeness does; where no size survives, none is recommended."""
    sizing = sized(linear(**MARGINED), collateral=posted)

    assert (sizing.recommended, sizing.reason) == (recommended, reason)
    assert [found.margin.survives for found in sizing.candidates] == survives


def test_the_largest_size_that_a_wallet_survives_is_offered() -> None:
    """Where the wallet survives neither neighbour, a smaller hedge does: q = W / (E (1.2 x 1.004 - 1)), on the lot."""
    contract = linear(**MARGINED, lot_step="0.01")
    posted = Collateral(wallet_balance=Amount("1000"), survive_move=Rise("0.2"))
    sizing = sized(contract, collateral=posted)
    more = sized(contract, collateral=posted, coverage="0.4884")

    survival = sizing.candidates[0]
    exact = Decimal(1000) / (6000 * (Decimal("1.2") * Decimal("1.004") - 1))
    assert (survival.rounding, str(survival.contracts)) == ("survival", "0.81")
    assert Decimal("0.81") <= exact < Decimal("0.82")
    assert (sizing.recommended, sizing.reason) == ("survival", "survival")
    assert [found.rounding for found in more.candidates] == ["down", "up"]


@pytest.mark.parametrize(
    ("terms", "options"),
    [
        ({"min_quantity": "1"}, {"wallet_balance": Amount("1000"), "survive_move": Rise("0.2")}),
        ({}, {"wallet_balance": Amount("0")}),
        ({}, {"leverage": Leverage("5"), "survive_move": Rise("0.2")}),
    ],
)
def test_no_smaller_size_is_offered_where_none_is_legal_or_none_would_help(
    terms: dict[str, str], options: dict[str, Any]
) -> None:
    """Under the venue's minimum, without a wallet, or with a margin that shrinks with the size."""
    sizing = sized(linear(**MARGINED, lot_step="0.01", **terms), collateral=Collateral(**options))

    assert [found.rounding for found in sizing.candidates] == ["down", "up"]
    assert (sizing.recommended, sizing.reason) == (None, "no_candidate_survives")


def test_holding_nothing_is_not_called_survival() -> None:
    """A size of nothing survives everything and protects nothing: it is not recommended for that."""
    posted = Collateral(leverage=Leverage("5"), survive_move=Rise("0.2"))
    sizing = sized(linear(**MARGINED), book={"SOL": "4000"}, collateral=posted)

    assert [str(found.contracts) for found in sizing.candidates] == ["0", "1"]
    assert (sizing.recommended, sizing.reason) == (None, "no_candidate_survives")


@pytest.mark.parametrize(
    ("terms", "posted", "reason"),
    [
        ({}, Collateral(wallet_balance=Amount("1")), "maintenance_rate_missing"),
        ({}, Collateral(), "initial_margin_rate_missing"),
        ({"initial_margin_rate": "0.05"}, Collateral(leverage=Leverage("2")), "maintenance_rate_missing"),
        ({"initial_margin_rate": "0.05"}, None, "margin_not_sent"),
    ],
)
def test_survival_that_can_not_be_judged_is_not_claimed(
    terms: dict[str, str], posted: Collateral | None, reason: str
) -> None:
    """Null with its reason, and a warning where the caller asked."""
    sizing = sized(linear(**terms), collateral=posted)

    for found in sizing.candidates:
        assert (found.margin.survives, found.margin.survives_reason) == (None, reason)
    unknown = [f"survival_unknown #/candidates/{index}/margin" for index in (0, 1)]
    assert codes(sizing) == ([] if posted is None else unknown)


@pytest.mark.parametrize("value", ["10000", "-10000"])
def test_a_hedge_that_is_liquidated_at_once_does_not_survive(value: str) -> None:
    """A wallet under maintenance margin puts the liquidation price on the wrong side of the entry, and that is said."""
    contract = linear(maintenance_margin_rate="0.5")
    sizing = sized(contract, book={"SOL": value}, collateral=Collateral(wallet_balance=Amount("10")))

    assert [found.margin.survives for found in sizing.candidates] == [False, False]
    assert (sizing.recommended, sizing.reason) == (None, "no_candidate_survives")
    assert codes(sizing) == [f"liquidation_near #/candidates/{index}/margin" for index in (0, 1)]


def test_survival_overrules_the_rounding_that_was_asked_for() -> None:
    """Asked to round up into a liquidation, the service says no."""
    sizing = sized(linear(**MARGINED), rounding="up", collateral=Collateral(wallet_balance=Amount("599")))

    assert (sizing.recommended, sizing.reason) == ("down", "survival")


@pytest.mark.parametrize(
    ("contract", "options", "warned"),
    [
        (linear(), {"coverage": "1.6"}, ["over_hedge #/coverage", "over_hedge #/candidates/1"]),
        (linear(), {"coverage": "1.5"}, ["over_hedge #/candidates/1"]),
        (linear(), {"book": {"SOL": "4800"}}, ["rounds_to_zero #/candidates/0"]),
        (linear(), {"book": {"SOL": "4000"}}, ["rounds_to_zero #/candidates/0", "over_hedge #/candidates/1"]),
        (inverse(**MARGINED), {"collateral": Collateral()}, ["coin_margin_is_exposure #/contract"]),
        (
            linear(),
            {"prices": {**prices(SOL="1", BTC="54545"), "BTC-MINI": Price("60000")}},
            ["basis_implausible #/prices/BTC-MINI"],
        ),
        (linear(), {"prices": {**prices(SOL="1", BTC="54546"), "BTC-MINI": Price("60000")}}, []),
        (linear(), {"book": {"EURC": "10000"}}, ["looks_like_stablecoin #/holdings/0"]),
        (linear(expiry="2026-01-04T03:04:04Z"), {}, ["expiry_near #/contract/expiry"]),
        (linear(expiry="2026-01-04T03:04:05Z"), {}, []),
        (linear(max_quantity="1"), {}, ["capped_at_max_quantity #/candidates/1"]),
        (linear(max_market_quantity="1"), {}, ["exceeds_market_order #/candidates/1/order"]),
        (linear(max_market_quantity="2"), {}, []),
        (linear(quoted_units="1000"), {"prices": {**prices(SOL="1", BTC="60"), "BTC-MINI": Price("60000")}}, []),
        (
            linear(quoted_units="1000"),
            {"prices": {**prices(SOL="1", BTC="60000"), "BTC-MINI": Price("60000")}},
            ["basis_implausible #/prices/BTC-MINI"],
        ),
        (
            linear(initial_margin_rate="0.03", maintenance_margin_rate="0.004"),
            {},
            [f"liquidation_near #/candidates/{index}/margin" for index in (0, 1)],
        ),
        (
            linear(**MARGINED),
            {"collateral": Collateral(wallet_balance=Amount("500"))},
            ["wallet_too_small #/candidates/1/margin"],
        ),
        (
            linear(**MARGINED),
            {"collateral": Collateral(survive_move=Rise("0.05"))},
            [f"liquidation_near #/candidates/{index}/margin" for index in (0, 1)],
        ),
    ],
)
def test_a_careful_trader_is_warned(contract: Contract, options: dict[str, Any], warned: list[str]) -> None:
    """Each warning names the part of the reply that it is about."""
    assert codes(sized(contract, **options)) == warned


def test_betas_that_turn_the_book_around_are_said_aloud() -> None:
    """The side is never flipped silently."""
    sizing = size_hedge(
        holdings=[holding("SOL", "10", -1.5), holding("ADA", "5", 1.0)],
        contract=linear(multiplier="0.001"),
        prices={**prices(SOL="100", ADA="100"), "BTC-MINI": Price("60000")},
        coverage=Coverage("1"),
        weighting="beta",
        as_of=NOW,
    )

    assert sizing.side == "long"
    assert "beta_flips_side #/side" in codes(sizing)


def test_prices_that_nobody_needs_are_mentioned() -> None:
    """A typing error in a price's name is not passed over in silence."""
    sizing = sized(prices={**prices(SOL="1", S0L="2"), "BTC-MINI": Price("60000")})

    assert codes(sizing) == ["unused_prices #/prices"]


@pytest.mark.parametrize(
    ("error", "contract", "options", "places"),
    [
        (InconsistentContractError, linear(min_quantity="2", max_quantity="1"), {}, [("contract", "min_quantity")]),
        (InconsistentContractError, linear(symbol="SOL"), {}, [("contract", "symbol")]),
        (ExpiredContractError, linear(expiry="2026-01-02T03:04:05Z"), {}, [("contract", "expiry")]),
        (PriceMissingError, linear(), {"prices": {}}, [("prices", "SOL"), ("prices", "BTC-MINI")]),
        (
            MarginConflictError,
            linear(),
            {"collateral": Collateral(wallet_balance=Amount("1"), leverage=Leverage("1"))},
            [("margin", "leverage")],
        ),
        (
            LeverageOutOfRangeError,
            linear(initial_margin_rate="0.05"),
            {"collateral": Collateral(leverage=Leverage("20.1"))},
            [("margin", "leverage")],
        ),
        (
            MarginTermsMissingError,
            linear(),
            {"collateral": Collateral(survive_move=Rise("0.2"))},
            [("contract", "maintenance_margin_rate"), ("margin", "wallet_balance")],
        ),
        (SizeOutOfRangeError, linear(), {"largest_notional": Decimal(9999)}, [("holdings",)]),
        (SizeOutOfRangeError, linear(), {"largest_notional": Decimal(11999)}, [("contract",)]),
    ],
)
def test_a_question_without_an_honest_answer_is_refused_at_its_places(
    error: type[HedgingError], contract: Contract, options: dict[str, Any], places: list[tuple[str, ...]]
) -> None:
    """Each refusal carries all places of its kind."""
    with pytest.raises(error) as refusal:
        sized(contract, **options)

    assert [fault.path for fault in refusal.value.faults] == places


def test_a_hedge_of_the_largest_notional_itself_is_sized() -> None:
    """The ceiling is the last size that is answered."""
    assert sized(linear(), largest_notional=Decimal(12000)).recommended == "up"


def test_the_leverage_of_the_initial_margin_itself_is_allowed() -> None:
    """20x on a 5 % initial margin is the limit, not beyond it."""
    sizing = sized(linear(**MARGINED), collateral=Collateral(leverage=Leverage("20")))

    assert str(candidate(sizing, "down").margin.wallet) == "300"


money = st.decimals(min_value=Decimal("0.01"), max_value=10**7, places=2, allow_nan=False)
shares = st.decimals(min_value=0, max_value=2, places=2, allow_nan=False)
contracts_of = st.sampled_from(
    [
        linear(**MARGINED),
        linear(multiplier="0.0001", lot_step="0.003", maintenance_tiers=tiers([("0", "0.004"), ("900", "0.02")])),
        inverse(**MARGINED, symbol="BTC-MINI"),
        inverse(symbol="BTC-MINI", multiplier="7", min_notional="50", max_quantity="900"),
    ]
)


@given(contract=contracts_of, value=money, price=money, coverage=shares)
def test_what_is_hedged_and_what_is_left_add_up(
    contract: Contract, value: Decimal, price: Decimal, coverage: Decimal
) -> None:
    """Notional + residual is the exposure, and notional over target is 1 + deviation, as printed."""
    sizing = sized(contract, book={"SOL": str(value)}, price=str(price), coverage=str(coverage))

    for found in sizing.candidates:
        assert abs(found.notional + found.residual_exposure - sizing.beta_exposure) <= Decimal("1E-8")
        if found.deviation is not None:
            short_of = found.notional - sizing.target_notional * (1 + found.deviation)
            assert abs(short_of) <= Decimal("1E-8") * (1 + sizing.target_notional)


@given(value=money, price=money, coverage=shares, scale=st.integers(1, 1000))
def test_scaling_the_book_and_the_contract_changes_no_size(
    value: Decimal, price: Decimal, coverage: Decimal, scale: int
) -> None:
    """V and u times a leave the exact size as it is; V alone scales it."""
    question: dict[str, Any] = {"price": str(price), "coverage": str(coverage)}
    base = sized(linear(multiplier="1"), book={"SOL": str(value)}, **question)
    both = sized(linear(multiplier=str(scale)), book={"SOL": str(value * scale)}, **question)
    book = sized(linear(multiplier="1"), book={"SOL": str(value * scale)}, **question)

    assert [found.contracts for found in both.candidates] == [found.contracts for found in base.candidates]
    assert both.exact_contracts == base.exact_contracts
    assert abs(book.exact_contracts - base.exact_contracts * scale) <= Decimal("1E-18") * scale


@given(contract=contracts_of, value=money, price=money, coverage=shares, leverage=st.integers(1, 20))
def test_the_same_question_gets_the_same_answer_and_every_number_is_finite(
    contract: Contract, value: Decimal, price: Decimal, coverage: Decimal, leverage: int
) -> None:
    """No NaN, no infinity, no clock, no chance."""
    options: dict[str, Any] = {
        "book": {"SOL": str(value)},
        "price": str(price),
        "coverage": str(coverage),
        "rounding": "exact",
        "collateral": Collateral(leverage=Leverage(leverage)),
    }

    first, second = sized(contract, **options), sized(contract, **options)

    assert first == second
    assert all(number.is_finite() for found in first.candidates for number in _numbers(found))


def _numbers(record: Any) -> list[Exact]:
    fields = [getattr(record, name) for name in record.__struct_fields__]
    nested = [number for field in fields if hasattr(field, "__struct_fields__") for number in _numbers(field)]
    return nested + [field for field in fields if isinstance(field, Exact)]


def test_a_question_of_another_day_is_answered_as_of_that_day() -> None:
    """The core has no clock: the same contract is alive the day before it expires, and gone the day after."""
    contract = linear(expiry="2026-03-27T08:00:00Z")

    assert sized(contract, as_of=Instant.parse("2026-03-20T08:00:00Z")).side == "short"
    with pytest.raises(ExpiredContractError):
        sized(contract, as_of=Instant.parse("2026-03-28T08:00:00Z"))
