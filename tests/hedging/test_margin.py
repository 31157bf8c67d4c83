"""Margin accounts from question to answer: the seed's example, worked ladders, refusals, warnings, and every input."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.errors import (
    BetaMissingError,
    ExpiredContractError,
    HedgingError,
    InconsistentContractError,
    InconsistentQuestionError,
    LeverageOutOfRangeError,
    MarginConflictError,
    MarginTermsMissingError,
    PriceMissingError,
    SizeOutOfRangeError,
)
from service.hedging.margin import Held
from service.hedging.survival.outlook import ASSUMED_VOLATILITY
from service.hedging.survival.posting import PostedAsset
from service.hedging.survival.statement import AccountMargin
from service.hedging.survival.touch import Walk, distance_to, fat_tailed_chance, touch_probability
from service.hedging.units import Haircut
from tests.hedging.build import TIERS_2021, inverse, linear, moment, tiers
from tests.hedging.margins import COIN, assess, coin, held

PLAIN = linear(maintenance_margin_rate="0.004")


def codes(answer: AccountMargin) -> list[str]:
    """List the codes of the warnings."""
    return [warning.code for warning in answer.warnings]


def shown(*values: object) -> tuple[object, ...]:
    """Put figures side by side."""
    return values


def test_the_seeds_margin_comes_back_with_its_true_price() -> None:
    """5 % is leverage 20: gone at +4.58 %, 78 % likely in a month, 69 % if somebody looks once a day."""
    answer = assess(held())

    assert shown(answer.wallet, answer.wallet_basis, answer.leverage) == (300, "initial_margin", 20)
    assert shown(answer.initial, answer.maintenance, answer.margin_ratio) == (300, 24, Decimal("0.08"))
    assert shown(answer.liquidation_price, answer.liquidation_move) == (62749, Decimal("0.04581667"))
    assert answer.liquidation_tier == answer.tier
    assert shown(answer.touch.probability, answer.touch.watched_probability) == (0.7764, 0.690967)
    assert shown(answer.touch.fat_tailed_probability, answer.touch.terminal_probability) == (0.770083, 0.364506)
    assert codes(answer) == ["liquidation_likely"]


def test_a_ladder_shows_what_every_step_takes() -> None:
    """Golden vector M36: ten coins short, 1 % less 1,300, 5 % initial margin."""
    found = tiers([("0", "0.004"), ("50000", "0.005"), ("250000", "0.01"), ("1000000", "0.025")])
    contract = linear(multiplier="1", initial_margin_rate="0.05", maintenance_tiers=found)

    answer = assess(
        held(contract, contracts="10", wallet="60000"), moves=["0", "0.05", "0.083333333333333333", "0.1", "-0.5"]
    )

    rows = [shown(row.equity, row.required, row.margin_ratio, row.status, row.top_up) for row in answer.ladder]
    assert rows[0] == (60000, 4700, Decimal("0.07833333"), "ok", 0)
    assert rows[1] == (30000, 5000, Decimal("0.16666667"), "margin_call", 1500)
    assert rows[2][3:] == ("margin_call", 22500)
    assert rows[3] == (0, 5300, None, "liquidated", 33000)
    assert rows[4][0] == 360000
    assert answer.ladder[3].margin_ratio_reason == "no_equity"


def test_a_usual_ladder_climbs_against_the_position() -> None:
    """Up for a short, down for a long, which can't lose more than all."""
    assert [str(row.move) for row in assess(held()).ladder][-2:] == ["0.5", "1"]
    assert [str(row.move) for row in assess(held(side="long")).ladder][-2:] == ["-0.3", "-0.5"]


def test_a_wallet_for_a_rally() -> None:
    """Golden vector M30: 0.2 coins through three deviations of a month; and through 20 %, by hand."""
    contract = linear(multiplier="0.2", maintenance_margin_rate="0.005")

    answer = assess(held(contract, wallet="100"), survive_move="0.2", survive_sigmas=3.0)

    move, sigmas = answer.survival
    assert shown(move.price, move.move, move.wallet_required, move.top_up) == (72000, Decimal("0.2"), 2472, 2372)
    assert shown(sigmas.price, sigmas.wallet_required) == (Decimal("100523.19766439"), Decimal("8205.16273055"))
    assert sigmas.leverage == Decimal("1.46249384")
    assert {one.limit for one in answer.survival} == {"price"}


def test_initial_margin_may_be_more_than_a_move_takes() -> None:
    """A wallet that does not open the position survives nothing."""
    (survival,) = assess(held(wallet="0"), survive_move="0.001").survival

    assert shown(survival.wallet_required, survival.leverage, survival.limit) == (300, 20, "initial_margin")


def test_collateral_may_suffice() -> None:
    """Coins of the underlying rise with the price: a short that they cover needs no wallet and has no price."""
    answer = assess(held(wallet="0", collateral=(coin("BTC", "0.2"),)), prices={"BTC": "60000"}, survive_move="0.5")

    assert shown(answer.collateral_value, answer.liquidation_price) == (12000, None)
    assert answer.liquidation_reason == "not_liquidatable"
    assert shown(answer.survival[0].wallet_required, answer.survival[0].limit) == (0, "nothing")
    assert shown(answer.touch.probability, answer.touch.reason) == (0, "not_liquidatable")
    assert answer.touch.fat_tailed_probability == answer.touch.terminal_probability == 0
    assert codes(answer) == []


def test_alt_collateral_defends_by_its_betas() -> None:
    """Golden vector M28, and the warning that it holds only while the coins move by their betas."""
    contract = linear(multiplier="0.2", maintenance_margin_rate="0.005")
    collateral = (coin("SOL", "20", "0.1", 1.2), coin("ADA", "2500", "0.2", 0.9), coin("USDC", "0"))

    answer = assess(
        held(contract, wallet="800", collateral=collateral), prices={"SOL": "150", "ADA": "0.4", "USDC": "1"}
    )

    assert answer.liquidation_price == Decimal("91407.40740740")
    assert answer.liquidation_move == Decimal("0.52345679")
    assert [line.value for line in answer.collateral] == [2700, 800, 0]
    assert [line.beta for line in answer.collateral] == [1.2, 0.9, 0.0]
    (warning,) = [one for one in answer.warnings if one.code == "alt_collateral_decoupling"]
    assert warning.detail.startswith("SOL, ADA may fall while BTC rises")


def test_a_largest_leverage_has_the_probability_asked_for() -> None:
    """1 % in a month: 1.84x, or 1.77x with fat tails; the prices are touched as likely as that."""
    normal, fat = assess(held()).safe_leverage

    assert shown(normal.law, normal.leverage, normal.limit) == ("normal", Decimal("1.84046221"), "price")
    assert shown(fat.law, fat.leverage, fat.limit) == ("fat_tailed", Decimal("1.77369036"), "price")
    for one, chance in (
        (normal, lambda distance: touch_probability(distance, Walk(0.6, 30), side="short")),
        (fat, fat_tailed_chance(Walk(0.6, 30), side="short")),
    ):
        assert one.price is not None
        assert chance(distance_to(float(one.price), price=60000, side="short")) == pytest.approx(0.01, rel=1e-4)
        assert chance(distance_to(float(one.price), price=60000, side="short")) <= 0.01
        again = assess(held(wallet=str(one.wallet)))
        assert again.liquidation_price == (one.price or Decimal(0)).quantize(Decimal("0.1"), "ROUND_FLOOR")


def test_a_safe_leverage_is_no_more_than_the_contract_allows() -> None:
    """A few hours at 1 % a year: the initial margin decides."""
    normal, _ = assess(held(), walk=Walk(0.01, 0.1)).safe_leverage

    assert shown(normal.leverage, normal.limit) == (20, "initial_margin")


def test_nothing_is_safe_enough_for_a_long_in_the_wildest_year() -> None:
    """At 1,000 % a year without drift most prices fall to next to nothing."""
    normal, fat = assess(held(side="long"), walk=Walk(10, 365)).safe_leverage

    assert shown(normal.leverage, normal.leverage_reason) == (None, "none_is_safe")
    assert shown(fat.price, fat.wallet) == (None, None)


def test_a_fall_that_leaves_nothing_is_no_price() -> None:
    """Where only a fall of all but a millionth were safe enough, none is."""
    normal, _ = assess(held(side="long"), walk=Walk(6, 365)).safe_leverage

    assert normal.leverage_reason == "none_is_safe"


def test_a_long_is_liquidated_below() -> None:
    """Everything the other way round."""
    answer = assess(held(side="long"), survive_move="0.2")

    assert answer.liquidation_price == 57229
    assert answer.liquidation_move == Decimal("-0.04618333")
    assert shown(answer.survival[0].price, answer.survival[0].move) == (48000, Decimal("-0.2"))
    assert answer.safe_leverage[0].move is not None
    assert answer.safe_leverage[0].move < 0


def test_an_inverse_short_is_margined_in_its_coin() -> None:
    """Golden vector M24: 6,000 dollars at 10x in coins: 66,400; the coins are exposure too."""
    answer = assess(held(COIN, contracts="60", wallet="0.01"))

    assert shown(answer.currency, answer.value, answer.leverage) == ("base", Decimal("0.1"), 10)
    assert answer.liquidation_price == 66400
    assert "coin_margin_is_exposure" in codes(answer)


def test_an_inverse_short_at_1x_is_never_liquidated() -> None:
    """Golden vector M25."""
    answer = assess(held(COIN, contracts="60", leverage="1"))

    assert shown(answer.liquidation_price, answer.liquidation_reason) == (None, "not_liquidatable")
    assert shown(answer.liquidation_tier, answer.wallet_basis) == (None, "leverage")


def test_a_closing_fee_comes_nearer() -> None:
    """0.05 % beside 0.4 %: BingX's and MEXC's way."""
    answer = assess(held(closing_fee_rate="0.0005"))

    assert shown(answer.closing_fee, answer.required, answer.maintenance) == (3, 27, 24)
    assert answer.liquidation_price == Decimal("62717.7")


def test_what_is_liquidated_now_has_passed_its_price() -> None:
    """Opened at 55,000 with the margin of then."""
    answer = assess(held(entry_price="55000"))

    assert shown(answer.status, answer.wallet, answer.unrealized_pnl) == ("liquidated", 275, -500)
    assert answer.liquidation_price == Decimal(57520)
    assert shown(answer.touch.probability, answer.touch.reason) == (1, "liquidated")
    assert answer.touch.terminal_probability == 1
    assert shown(answer.other_side_price, answer.other_side_reason) == (None, "liquidated")
    assert shown(answer.margin_ratio, answer.leverage, answer.leverage_reason) == (None, None, "no_equity")
    assert codes(answer) == ["liquidation_near", "liquidation_likely", "wallet_too_small"]


def test_what_nothing_makes_whole_is_insolvent() -> None:
    """A loss elsewhere beyond all that the short can gain."""
    answer = assess(held(other_pnl="-7000"))

    assert shown(answer.liquidation_price, answer.liquidation_reason) == (None, "insolvent")
    assert answer.touch.probability == 1


def test_falling_collateral_liquidates_on_the_other_side() -> None:
    """A debt of 3,000 before 4,000 of coins that fall by half more than bitcoin."""
    answer = assess(
        held(wallet="0", contracts="0.1", other_pnl="-3000", collateral=(coin("SOL", "40", "0", 1.5),)),
        prices={"SOL": "100"},
        moves=["-0.5", "-0.1"],
    )

    assert answer.other_side_price is not None
    assert answer.other_side_move is not None
    assert answer.other_side_move < 0
    assert [row.status for row in answer.ladder] == ["liquidated", "ok"]
    assert "collateral_liquidates" in codes(answer)


def test_a_position_that_needs_no_equity_has_no_leverage() -> None:
    """Without maintenance margin a gain elsewhere is enough."""
    contract = linear(maintenance_margin_rate="0")

    answer = assess(held(contract, wallet="0", side="long", entry_price="1"), survive_move="0.5")

    assert shown(answer.survival[0].wallet_required, answer.survival[0].limit) == (0, "nothing")
    bare = assess(
        held(contract, wallet="0", other_pnl="-5"), prices={}, moves=["-0.1"], survive_move="0.000000000000000001"
    )
    assert bare.survival[0].leverage is not None


def test_an_unknown_initial_margin_is_null_with_its_reason() -> None:
    """A call then means maintenance; nothing is guessed."""
    answer = assess(held(PLAIN, wallet="30"))

    assert shown(answer.initial, answer.initial_reason) == (None, "initial_margin_rate_missing")
    assert shown(answer.status, answer.top_up) == ("ok", 0)
    assert "liquidation_near" in codes(answer)


def test_a_large_position_needs_more_initial_margin() -> None:
    """The rate is that of the smallest position."""
    contract = linear(initial_margin_rate="0.05", maintenance_tiers=tiers(TIERS_2021))

    answer = assess(held(contract, contracts="100", leverage="2"))

    assert shown(answer.tier.number, answer.tier.deduction) == (3, 1300)
    assert "larger_initial_margin" in codes(answer)


def test_a_horizon_ends_with_the_contract() -> None:
    """Nothing is liquidated after it has settled."""
    contract = linear(initial_margin_rate="0.05", maintenance_margin_rate="0.004", expiry=str(moment(7)))

    answer = assess(held(contract), is_assumed=True)

    assert shown(answer.horizon_days, answer.touch.checks) == (7, 7)
    assert round(answer.touch.probability, 2) == 0.58
    assert codes(answer) == ["liquidation_likely", "volatility_assumed", "horizon_cut"]
    assert answer.volatility == ASSUMED_VOLATILITY


def test_odd_prices_are_named() -> None:
    """What is not used, and a contract that is far from its underlying."""
    answer = assess(held(leverage="1"), prices={"BTC": "6000", "XRP": "1"}, max_probability=0.5)

    assert codes(answer) == ["unused_prices", "basis_implausible"]


@pytest.mark.parametrize(
    ("position", "more", "error", "path"),
    [
        (held(linear(maintenance_margin_rate="0.1", initial_margin_rate="0.05")), {}, InconsistentContractError, 1),
        (held(linear(expiry=str(moment(0)))), {}, ExpiredContractError, ("contract", "expiry")),
        (held(COIN, collateral=(coin("BTC"),)), {}, InconsistentQuestionError, ("collateral",)),
        (held(collateral=(coin("BTC"), coin("BTC"))), {}, InconsistentQuestionError, ("collateral", 1, "asset")),
        (
            held(linear(symbol="SOL"), collateral=(coin("SOL"),)),
            {},
            InconsistentQuestionError,
            ("collateral", 0, "asset"),
        ),
        (held(side="long"), {"survive_move": "1"}, InconsistentQuestionError, ("survive_move",)),
        (held(collateral=(coin("SOL"),)), {}, PriceMissingError, ("prices", "SOL")),
        (
            held(collateral=(coin("BTC"), coin("SOL"), coin("USDT"), coin("DAI"))),
            {"prices": {"BTC": "6", "SOL": "1", "USDT": "1", "DAI": "0.9"}},
            BetaMissingError,
            ("collateral", 1, "beta"),
        ),
        (held(wallet="1", leverage="1"), {}, MarginConflictError, ("leverage",)),
        (held(leverage="20.1"), {}, LeverageOutOfRangeError, ("leverage",)),
        (held(PLAIN), {}, MarginTermsMissingError, ("wallet_balance",)),
        (held(linear(), wallet="1"), {}, MarginTermsMissingError, ("contract", "maintenance_margin_rate")),
        (held(), {"largest": "5999"}, SizeOutOfRangeError, ("contracts",)),
        (held(entry_price="60001"), {"largest": "6000"}, SizeOutOfRangeError, ("contracts",)),
    ],
)
def test_what_has_no_answer_is_refused(
    position: Held, more: dict[str, Any], error: type[HedgingError], path: Any
) -> None:
    """Each with the place to change."""
    with pytest.raises(error) as refusal:
        assess(position, **more)

    assert path in {1, refusal.value.faults[0].path}


def test_every_missing_beta_is_named() -> None:
    """A stablecoin off its peg is no cash."""
    with pytest.raises(BetaMissingError) as refusal:
        assess(held(collateral=(coin("SOL"), coin("DAI"))), prices={"SOL": "1", "DAI": "0.9"})

    assert [fault.path[1] for fault in refusal.value.faults] == [0, 1]


_SMALLEST = "0." + 17 * "0" + "1"
sizes = st.sampled_from([_SMALLEST, "1", "250", "999999999999999"])
amounts = st.sampled_from(["0", _SMALLEST, "300", "999999999999999"])
quotes = st.sampled_from([_SMALLEST, "0.00001234", "60000", "60000.5", "999999999999999"])
volatilities = st.sampled_from([0.01, 0.6, 10.0]) | st.floats(0.01, 10)


@st.composite
def positions(draw: st.DrawFn) -> Held:
    """Draw a position with every member at its extremes."""
    rate = draw(st.sampled_from(["0", "0.004", "0.999999999999999999"]))
    kind = draw(st.sampled_from([linear, inverse]))
    terms = {"maintenance_basis": draw(st.sampled_from(["liquidation", "entry"])),
             "tick_size": draw(st.sampled_from([None, _SMALLEST, "0.1"])),
             "initial_margin_rate": draw(st.sampled_from([None, "1"]))}  # fmt: skip
    table = [{"floor": "0", "rate": rate}, {"floor": draw(st.sampled_from([_SMALLEST, "50000"])), "rate": rate}]
    contract = kind(multiplier=draw(sizes), maintenance_tiers=table, **terms)
    stated: dict[str, Any] = draw(
        st.sampled_from([{"wallet": "0"}, {"leverage": "1"}, {"wallet": "999999999999999"}, {"leverage": _SMALLEST}])
    )
    collateral: tuple[PostedAsset, ...] = ()
    if kind is linear:
        haircuts = st.sampled_from(["0", "0.1", "1"])
        beta = st.sampled_from([0.0, 5e-324, 1.2, 100.0]) | st.floats(0, 100)
        one = st.builds(lambda quantity, haircut, beta: coin("SOL", quantity, haircut, beta), amounts, haircuts, beta)
        collateral = draw(st.sampled_from([(), (draw(one),)]))
    return held(
        contract,
        side=draw(st.sampled_from(["short", "long"])),
        contracts=draw(sizes),
        other_pnl=draw(st.sampled_from(["0", "-120", "-999999999999999", "999999999999999"])),
        other_maintenance=draw(amounts),
        closing_fee_rate=draw(st.sampled_from(["0", "0.0005", "0.999999999999999999"])),
        collateral=collateral,
        **({"entry_price": draw(quotes)} if draw(st.booleans()) else {}),
        **stated,
    )


@settings(max_examples=300, deadline=None)
@given(
    position=positions(),
    mark=quotes,
    coin_price=quotes,
    walk=st.builds(Walk, volatilities, st.floats(0.01, 365)),
    sigmas=st.none() | st.floats(0.1, 10),
    move=st.none() | st.sampled_from([_SMALLEST, "0.2", "0.999", "9.999999999999999999"]),
    accepted=st.floats(0.0001, 0.5),
)
def test_every_question_has_an_answer_or_a_reason(
    position: Held, mark: str, coin_price: str, walk: Walk, sigmas: float | None, move: str | None, accepted: float
) -> None:
    """Domain 9.25: total, finite, within its own bounds; nothing but a HedgingError is raised."""
    try:
        answer = assess(
            position,
            prices={position.contract.symbol: mark, "SOL": coin_price},
            moves=["-0.999999999999999999", "0", "9.999999999999999999"],
            walk=walk,
            survive_sigmas=sigmas,
            survive_move=move,
            max_probability=accepted,
            largest="1E60",
        )
    except HedgingError:
        return
    touch = answer.touch
    assert touch.terminal_probability <= touch.watched_probability <= touch.probability
    assert (answer.liquidation_price is None) == (answer.liquidation_reason is not None)
    assert (answer.status == "liquidated") == (touch.reason == "liquidated")


@settings(max_examples=50, deadline=None)
@given(st.decimals("0.01", 1, places=3), st.decimals("0.001", "0.2", places=3))
def test_more_in_the_wallet_moves_liquidation_away(share: Decimal, more: Decimal) -> None:
    """Domain 9.16: increasing in the wallet, decreasing in the maintenance rate; and so are the probabilities."""
    wallet = 6000 * share
    strict = linear(tick_size="0.1", initial_margin_rate="0.05", maintenance_margin_rate="0.04")
    accounts = [
        held(strict, wallet=str(wallet)),
        held(wallet=str(wallet)),
        held(wallet=str(wallet + 6000 * more)),
    ]

    answers = [assess(account) for account in accounts]

    found = [answer.liquidation_price or Decimal(0) for answer in answers]
    assert found[0] < found[1] < found[2]
    assert answers[0].touch.probability >= answers[1].touch.probability >= answers[2].touch.probability


def test_a_haircut_of_all_counts_nothing() -> None:
    """And none all of it."""
    worth = [
        assess(held(collateral=(coin("SOL", "10", haircut, 0.0),)), prices={"SOL": "100"}).collateral_value
        for haircut in ("0", "0.25", "1")
    ]

    assert worth == [1000, 750, 0]
    assert Haircut.parse("1") == 1


def test_what_is_liquidated_on_the_way_is_so_at_its_end() -> None:
    """Coins worth 40,000 of beta 3 are gone at -33.3 %, where 10,000 are lacking; at -90 % 24,000 are there."""
    contract = linear(multiplier="1", maintenance_margin_rate="0")
    position = held(contract, wallet="0", other_pnl="-30000", collateral=(coin("SOL", "40", beta=3.0),))

    answer = assess(position, prices={"SOL": "1000"}, moves=["-0.9"])

    (row,) = answer.ladder
    assert shown(row.equity, row.required, row.status, row.top_up) == (24000, 0, "liquidated", 10000)


def test_others_want_their_margin_where_a_position_is_opened() -> None:
    """300 of initial margin beside 60 of maintenance of others: 60 are lacking of 360."""
    answer = assess(held(wallet="300", other_maintenance="60"), survive_move="0.001")

    assert shown(answer.required, answer.status, answer.top_up) == (84, "margin_call", 60)
    assert shown(answer.survival[0].wallet_required, answer.survival[0].limit) == (360, "initial_margin")
    assert "wallet_too_small" in codes(answer)


def test_deviations_of_a_long_go_down() -> None:
    """As far below 60,000 by its logarithm as golden vector M30 is above."""
    (survival,) = assess(held(side="long"), survive_sigmas=3.0).survival

    assert survival.price == Decimal("35812.62916067")


@pytest.mark.parametrize(("wallet", "accepted"), [("800", 0.445), ("3260.050632", 0.01)])
def test_either_law_makes_liquidation_likely(wallet: str, accepted: float) -> None:
    """Near prices are likelier by the normal law, far ones with fat tails: the likelier of both is told."""
    answer = assess(held(wallet=wallet), max_probability=accepted)

    touch = answer.touch
    assert (touch.probability > accepted) != (touch.fat_tailed_probability > accepted)
    assert "liquidation_likely" in codes(answer)
