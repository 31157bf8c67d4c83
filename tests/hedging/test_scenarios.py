"""Scenarios: the article's table, liquidation on the way, where a book turns, stresses, and what always holds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.contracts import Contract
from service.hedging.errors import (
    HedgingError,
    InconsistentQuestionError,
    MarginTermsMissingError,
    SizeOutOfRangeError,
    StressDataMissingError,
)
from service.hedging.moves.shocks import Script, Shock
from service.hedging.scenarios import Scenarios
from service.hedging.stresses import STRESSES, StressName
from service.hedging.units import FeeRate, FundingRate, LossLimit, Move, Price, exactly
from tests.hedging.build import check_answer, inverse, linear, tiers
from tests.hedging.staging import moved, played_through

BARE = {"tick_size": "0.1", "initial_margin_rate": "0.05", "maintenance_margin_rate": "0.004", "taker_fee_rate": "0"}
MINI = linear(**BARE)
FUNDED = linear(**BARE, funding_interval_hours=8)
RICH = "100000"
FALL = ["-0.2", "0.2"]


def coins(**terms: Any) -> Contract:
    """Make an inverse contract with margin terms."""
    return inverse(**{**BARE, **terms})


def texts(column: Any) -> list[str]:
    """Write a column as an answer does."""
    return [str(one) for one in column]


def nets(played: Scenarios) -> list[list[str]]:
    """List what is left, hedge by hedge."""
    return [texts(hedge.net_pnl) for hedge in played.hedges]


def codes(played: Scenarios) -> list[str]:
    """List the warnings with what they are about."""
    return [f"{note.code} {note.pointer}" for note in played.warnings]


def shock(**members: Any) -> Shock:
    """Make a shock that is called shock."""
    return Shock(**{"name": "shock", "underlying_move": Move("0"), **members})


def test_the_corrected_table_of_the_article() -> None:
    """Domain 6.1 and X14: 10,000 by value without costs, exact, where the wallet outlives both moves."""
    played = check_answer(played_through(MINI, moved(*FALL), coverages=["1", "0.75", "0.5", "0"], wallet=RICH))

    assert nets(played) == [["0", "0"], ["-500", "500"], ["-1000", "1000"], ["-2000", "2000"]]
    assert texts(played.hedges[1].net_return or ()) == ["-0.05", "0.05"]
    assert [hedge.status for hedge in played.hedges] == [("ok", "ok")] * 3 + [("unhedged", "unhedged")]
    assert [str(scenario.spot_pnl) for scenario in played.scenarios] == ["-2000", "2000"]
    assert [scenario.name for scenario in played.scenarios] == FALL
    assert codes(played) == []


def test_five_percent_margin_does_not_outlive_the_rise_of_the_table() -> None:
    """Liquidated at 62,749 on the way to +20 %: 500 of margin are lost, and the coins are unhedged from entry on."""
    played = check_answer(played_through(MINI, moved(*FALL), coverages=["1"]))
    (hedge,) = played.hedges

    assert hedge.status == ("ok", "liquidated")
    assert texts(hedge.hedge_pnl) == ["2000", "-500"]
    assert texts(hedge.net_pnl) == ["0", "1500"]
    assert texts(hedge.equity or ()) == ["2500", "0"]
    assert texts(hedge.top_up or ()) == ["0", "2100"]
    assert (str(hedge.margin.liquidation_price), str(hedge.liquidation_move)) == ("62749", "0.04581667")
    assert codes(played) == ["liquidated #/hedges/0/status"]


def test_liquidation_happens_at_its_price_and_not_before() -> None:
    """A tick below 62,749 the hedge lives with a margin call; at it, it is gone."""
    below = Decimal("62748.9") / 60000 - 1
    script = Script(moves=[Move(below), Move(Decimal(62749) / 60000 - 1 + Decimal("1E-18"))])

    (hedge,) = played_through(MINI, script, contracts=["1"]).hedges

    assert hedge.status == ("margin_call", "liquidated")


def test_what_an_exchange_would_want_beside_the_wallet() -> None:
    """Domain 5.6 at 62,000: equity 1,000 - 200, initial margin 310 of 6,200; with 350 it is 150, and 160 short."""
    script = Script(moves=[Move(Decimal(62000) / 60000 - 1)])

    (enough,) = played_through(MINI, script, contracts=["1"], wallet="1000").hedges
    (short,) = played_through(MINI, script, contracts=["1"], wallet="350").hedges

    assert (enough.status, texts(enough.equity or ()), texts(enough.top_up or ())) == (("ok",), ["800"], ["0"])
    assert (short.status, texts(short.equity or ())) == (("margin_call",), ["150"])
    assert texts(short.maintenance or ()) == ["24.8"]
    assert abs(Decimal((short.top_up or ())[0]) - 160) < Decimal("1E-7")


def test_maintenance_at_entry_stays() -> None:
    """Bybit's classic margin takes it of the value at entry, wherever the price is."""
    contract = linear(**BARE, maintenance_basis="entry")

    (hedge,) = played_through(contract, moved("0.5", "-0.5"), contracts=["1"], wallet=RICH).hedges

    assert texts(hedge.maintenance or ()) == ["24", "24"]


def test_an_inverse_short_is_worth_the_same_in_dollars() -> None:
    """Domain 1.6 and property 26: exactly linear at exit; its margin is in coins, and never called if all are there."""
    straight = played_through(MINI, moved("-0.5", "0.5", "2"), coverages=["1", "0.6"], wallet="1000000")
    curved = played_through(coins(), moved("-0.5", "0.5", "2"), coverages=["1", "0.6"], wallet="2")

    assert nets(curved) == nets(straight)
    assert [str(hedge.liquidation_reason) for hedge in curved.hedges] == ["not_liquidatable"] * 2
    assert curved.hedges[0].liquidation_move is None


def test_coins_of_a_lost_wallet_are_worth_what_they_are_then() -> None:
    """A quarter of a coin at 120,000 is 30,000, less than the 60,000 that the short would have lost."""
    (hedge,) = played_through(coins(), moved("1"), contracts=["600"], wallet="0.25", price="60000").hedges

    assert hedge.status == ("liquidated",)
    assert texts(hedge.hedge_pnl) == ["-30000"]
    assert hedge.margin.currency == "base"


def test_a_short_book_is_hedged_long_and_liquidated_by_a_fall() -> None:
    """Its hedge gains in a rally; at 5 % margin a fall of about 4.6 % takes it."""
    (hedge,) = played_through(MINI, moved("-0.2", "0.2"), coverages=["1"], book={"SOL": "-10000"}).hedges

    assert hedge.status == ("liquidated", "ok")
    assert texts(hedge.net_pnl) == ["1500", "0"]
    assert hedge.liquidation_move is not None
    assert hedge.liquidation_move < 0


def test_funding_and_fees_of_a_month() -> None:
    """90 payments of 0.01 % on 10,000 are received; fees of 0.05 % on 10,000 and on 8,000 are paid."""
    script = moved("-0.2", days=30.0, funding_rate=FundingRate("0.0001"), fee_rate=FeeRate("0.0005"))

    (hedge,) = played_through(FUNDED, script, coverages=["1"], wallet=RICH).hedges

    assert (texts(hedge.funding_pnl), texts(hedge.fees), texts(hedge.net_pnl)) == (["90"], ["9"], ["81"])


def test_funding_flips_its_sign_with_the_rate_and_with_the_side() -> None:
    """Positive funding pays a short, and a long pays it."""
    paid = moved("0", days=1.0, funding_rate=FundingRate("-0.0001"))
    received = moved("0", days=1.0, funding_rate=FundingRate("0.0001"))

    values = [
        texts(played_through(FUNDED, script, coverages=["1"], wallet=RICH, book={"SOL": value}).hedges[0].funding_pnl)
        for script in (paid, received)
        for value in ("10000", "-10000")
    ]

    assert values == [["-3"], ["3"], ["3"], ["-3"]]


def test_funding_that_is_paid_brings_liquidation_nearer() -> None:
    """Of the 500, 270 go into funding: a rise of 4 % is too much then, and without funding it is not."""
    script = moved("0.02", days=30.0, funding_rate=FundingRate("-0.0003"))

    (hedge,) = played_through(FUNDED, script, coverages=["1"]).hedges
    (unfunded,) = played_through(FUNDED, moved("0.02"), coverages=["1"]).hedges

    assert (hedge.status, unfunded.status) == (("liquidated",), ("margin_call",))
    assert texts(hedge.hedge_pnl) == ["-500"]
    assert texts(hedge.funding_pnl) == ["0"]
    assert hedge.liquidation_move is not None
    assert hedge.liquidation_move < Decimal("0.02") < (unfunded.liquidation_move or 0)


def test_funding_alone_may_take_the_wallet() -> None:
    """Then it is gone at once, whatever the price does."""
    script = moved("-0.5", "0.5", days=300.0, funding_rate=FundingRate("-0.001"))

    (hedge,) = played_through(FUNDED, script, coverages=["1"]).hedges

    assert hedge.status == ("liquidated", "liquidated")
    assert hedge.liquidation_move == 0


# Where it turns


def test_the_break_even_of_the_domain() -> None:
    """X19: (9 - 22.5) / (12,000 - 7,500) is -0.3 %; an inverse contract has the same fee at exit as at entry."""
    script = moved("0", days=0.4, funding_rate=FundingRate("0.003"), fee_rate=FeeRate("0.0006"))

    (hedge,) = played_through(
        inverse(multiplier="1", funding_interval_hours=8), script, contracts=["7500"], beta=1.2
    ).hedges

    assert (str(hedge.break_even_move), hedge.break_even_reason) == ("-0.003", None)


@pytest.mark.parametrize(
    ("coverage", "fee", "wallet", "move", "reason"),
    [
        pytest.param("1", "0", RICH, None, "always", id="a full hedge without costs"),
        pytest.param("0.5", "0", RICH, "0", None, id="half a hedge without costs"),
        pytest.param("0", "0.001", RICH, "0", None, id="no hedge"),
        pytest.param("1", "0.0005", RICH, None, "flat", id="a full hedge that costs the same everywhere"),
        pytest.param("0.5", "0.0005", RICH, "0.001", None, id="half a hedge that costs 5"),
        pytest.param("10", "0.45", RICH, "-1", None, id="what only the end of the world pays for"),
        pytest.param("10", "0.6", RICH, None, "never", id="what nothing pays for"),
        pytest.param("1", "0.0005", "0.1", None, None, id="after liquidation"),
    ],
)
def test_break_even_by_hedge(coverage: str, fee: str, wallet: str, move: str | None, reason: str | None) -> None:
    """Solved for on the piece where it lies, or null with the reason."""
    script = moved("0", fee_rate=FeeRate(fee))

    (hedge,) = played_through(coins(), script, coverages=[coverage], wallet=wallet).hedges

    assert hedge.break_even_reason == reason
    if move is not None or reason is not None:
        assert (None if hedge.break_even_move is None else str(hedge.break_even_move)) == move
    else:
        assert hedge.break_even_move is not None
        assert hedge.break_even_move > (hedge.liquidation_move or 0)


def test_profit_may_jump_over_zero_as_the_hedge_is_liquidated() -> None:
    """At 62,749 half a basis point of profit becomes a loss: that is where it turns, and not beyond."""
    script = moved("0", days=0.4, funding_rate=FundingRate("0.004"))

    (hedge,) = played_through(FUNDED, script, coverages=["1"]).hedges

    assert hedge.break_even_move == hedge.liquidation_move
    assert hedge.break_even_reason is None


def test_a_limit_of_loss_is_broken_at_the_nearest_move() -> None:
    """10 % of 10,000 are lost by the coins alone at -10 %, by half a hedge at -20 %, by a full one never."""
    script = moved("0", loss_limit=LossLimit("0.1"))

    played = played_through(MINI, script, coverages=["0", "0.5", "1", "1.5"], wallet=RICH)

    assert [None if hedge.loss_limit_move is None else str(hedge.loss_limit_move) for hedge in played.hedges] == [
        *("-0.1", "-0.2", None, "0.2")
    ]
    assert [hedge.loss_limit_reason for hedge in played.hedges] == [None, None, "never", None]


def test_what_a_quotient_leaves_moves_no_number_to_the_next() -> None:
    """At beta 3 30 % are lost at -10 %; at 6 x leverage a rise of 10 % takes 7/60 of 18,000 from the margin."""
    script = moved("0.1", loss_limit=LossLimit("0.3"))

    bare, hedged = played_through(MINI, script, coverages=["0", "0.6"], beta=3.0, leverage="6").hedges

    assert str(bare.loss_limit_move) == "-0.1"
    assert texts(hedged.top_up or ()) == ["2100"]


def test_a_limit_of_loss_may_be_broken_by_liquidation_itself() -> None:
    """20 x leverage on twice the book: just before it 458 are lost, at it 542: the margin less what coins gained."""
    script = moved("0", loss_limit=LossLimit("0.05"))

    (hedge,) = played_through(MINI, script, coverages=["2"]).hedges

    assert hedge.loss_limit_move is not None
    assert hedge.liquidation_move is not None
    assert 0 <= hedge.liquidation_move - hedge.loss_limit_move <= Decimal("1E-8")


def test_a_limit_of_loss_may_be_broken_by_costs_alone() -> None:
    """Fees of 20 % are too much without any move."""
    script = moved("0", loss_limit=LossLimit("0.1"), fee_rate=FeeRate("0.1"))

    (hedge,) = played_through(MINI, script, coverages=["1"], wallet=RICH).hedges

    assert hedge.loss_limit_move == 0


def test_where_coins_are_gone_the_hedge_goes_on_gaining() -> None:
    """At beta 2, covered with twice the value, -50 % takes all coins; further down the short earns alone."""
    (hedge,) = played_through(MINI, moved("-0.5", "-0.9"), coverages=["1"], beta=2.0, wallet=RICH).hedges

    assert texts(hedge.net_pnl) == ["0", "8000"]


# Shocks


def test_every_part_of_a_shock_counts() -> None:
    """X16: beta 1.3 and a fall of its own, a basis that widens, funding that comes in, fees of two trades."""
    script = Script(
        shocks=[
            shock(
                underlying_move=Move("-0.25"),
                asset_moves={"SOL": Move("-0.405")},
                basis_move=Move("0.012"),
                funding_rate=FundingRate("0.0001"),
                days=7.0,
                fee_rate=FeeRate("0.0006"),
            )
        ]
    )

    played = played_through(coins(funding_interval_hours=8), script, contracts=["90"], wallet="1")
    (scenario,), (hedge,) = played.scenarios, played.hedges

    assert (str(scenario.spot_pnl), str(scenario.futures_move), scenario.days) == ("-4050", "-0.238", 7.0)
    assert [texts(column) for column in (hedge.hedge_pnl, hedge.funding_pnl, hedge.fees, hedge.net_pnl)] == [
        ["2142"],
        ["18.9"],
        ["10.8"],
        ["-1899.9"],
    ]


def test_a_stress_beta_is_that_of_every_coin_but_the_underlying() -> None:
    """Median beta of crashes is 1.43; bitcoin itself falls as bitcoin falls, and money stays."""
    script = Script(shocks=[shock(underlying_move=Move("-0.1"), beta=1.43)])

    played = played_through(MINI, script, coverages=["0"], book={"SOL": "1000", "BTC": "1000", "USDT": "1000"})

    assert str(played.scenarios[0].spot_pnl) == "-243"


def test_moves_of_what_is_not_held_are_told() -> None:
    """A slip in an asset's code is not passed over."""
    script = Script(shocks=[shock(asset_moves={"SOLL": Move("-0.5")})])

    played = played_through(MINI, script, coverages=["0"])

    assert codes(played) == ["unused_moves #/scenarios/0"]


def test_lasting_without_funding_and_trading_without_fees_is_told() -> None:
    """What nobody stated is not counted, and that is said once."""
    contract = linear(funding_interval_hours=8)

    played = played_through(contract, moved("0", "0.1", days=3.0), coverages=["0.5"])

    assert codes(played) == [
        "fees_unknown #/contract",
        "funding_not_counted #/scenarios/0/days",
        "survival_unknown #/hedges/0/margin",
    ]
    (hedge,) = played.hedges
    assert hedge.status == ("unknown", "unknown")
    assert (hedge.equity, hedge.maintenance, hedge.top_up) == (None, None, None)
    assert (hedge.equity_reason, hedge.maintenance_reason, hedge.top_up_reason) == (
        "initial_margin_rate_missing",
        "maintenance_rate_missing",
        "initial_margin_rate_missing",
    )


def test_what_outlasts_the_contract_is_told() -> None:
    """A future that settles in a day hedges nothing after that; it is taken to be rolled, and the answer says so."""
    dated = linear(**BARE, expiry="2026-01-05T08:00:00Z")

    lasting = played_through(dated, moved("0", days=4.0), coverages=["1"])
    brief = played_through(dated, moved("0", days=3.0), coverages=["1"])

    assert codes(lasting) == ["expiry_near #/scenarios/0/days"]
    assert codes(brief) == []


# Stresses


def stressed(*names: StressName, contract: Contract = MINI, **options: Any) -> Scenarios:
    """Play stresses with a full hedge and a large wallet."""
    script = Script(stresses=names, **options.pop("script", {}))
    return check_answer(played_through(contract, script, **{"coverages": ["1"], "wallet": "5000", **options}))


def test_luna_by_closes_and_by_lows() -> None:
    """Solana fell 51.88 % and bitcoin 26.86 %: a full hedge by value leaves a loss of 25.02 %; by lows 27.11 %."""
    by_closes, by_lows = stressed("luna-2022-05"), stressed("luna-2022-05", script={"by": "lows"})

    assert nets(by_closes) == [["-2502"]]
    assert nets(by_lows) == [["-2711"]]
    assert [str(by_closes.scenarios[0].spot_return), str(by_lows.scenarios[0].spot_return)] == ["-0.5188", "-0.6001"]
    assert "by_closes #/scenarios/0" in codes(by_closes)
    assert "lows_not_of_one_moment #/scenarios/0" in codes(by_lows)
    assert by_closes.scenarios[0].days == 8


def test_a_rally_has_no_lows_and_says_that_it_is_by_closes() -> None:
    """Asked by lows, it is known by closes all the same, with the warning that highs are not known."""
    played = stressed("rally-2024-11", script={"by": "lows"})

    assert played.scenarios[0].known_by == "closes"
    assert "by_closes #/scenarios/0" in codes(played)


def test_a_coin_that_nobody_knows_is_refused_or_goes_by_its_beta() -> None:
    """By name and place; with the caller's word it moves by beta times bitcoin, and the answer says so."""
    book = {"SOL": "10000", "TON": "1000", "PEPE": "1000"}

    with pytest.raises(StressDataMissingError) as refused:
        stressed("ftx-2022-11", book=book)
    played = stressed("ftx-2022-11", book=book, beta=2.0, script={"missing_assets": "beta"})

    assert [fault.path for fault in refused.value.faults] == [("holdings", 1, "asset"), ("holdings", 2, "asset")]
    assert played.scenarios[0].by_beta == ("TON", "PEPE")
    assert played.scenarios[0].spot_pnl == Decimal(-6184) - 2 * 2 * Decimal("252.4")
    assert "moves_by_beta #/scenarios/0/by_beta" in codes(played)


def test_a_low_that_nobody_knows_is_not_replaced_by_a_close() -> None:
    """Bitcoin at its low beside a coin at its close would show a hedge that gains too much."""
    with pytest.raises(StressDataMissingError):
        stressed("luna-2022-05", book={"AVAX": "10000"}, script={"by": "lows"})


def test_nothing_stands_in_for_the_underlying() -> None:
    """Without its move nobody knows what the future did."""
    contract = linear(**{**BARE, "underlying": "TON"})

    with pytest.raises(StressDataMissingError) as refused:
        stressed("luna-2022-05", contract=contract, script={"missing_assets": "beta"})

    assert [fault.path for fault in refused.value.faults] == [("contract", "symbol")]


def test_the_future_follows_its_own_underlying() -> None:
    """A future on ether falls as ether did."""
    contract = linear(**{**BARE, "underlying": "ETH", "symbol": "ETH-MINI"})

    assert str(stressed("luna-2022-05", contract=contract).scenarios[0].futures_move) == "-0.3334"


def test_correlation_breaks_down() -> None:
    """X18: bitcoin +10 %, coins -15 %: at three quarters -22.5 %."""
    played = stressed("correlation-breakdown", coverages=["0.75"])

    assert nets(played) == [["-2250"]]


@pytest.mark.parametrize(("value", "sign"), [("10000", 1), ("-10000", -1)])
def test_what_is_made_up_goes_against_the_book(value: str, sign: int) -> None:
    """A book that is short has the same losses from moves the other way, and its long pays funding."""
    played = stressed(
        "correlation-breakdown", "funding-spike", "auto-deleveraging", book={"SOL": value}, contract=FUNDED
    )
    (hedge,) = played.hedges

    assert texts(hedge.net_pnl) == ["-2500", "-105", "-2000"]
    assert [scenario.underlying_move * sign for scenario in played.scenarios] == [
        Decimal("0.1"),
        0,
        Decimal("-0.4"),
    ]


def test_funding_spikes_for_a_perpetual_only() -> None:
    """21 payments of 0.05 % are 1.05 %; a future that expires pays nothing, and the answer says so."""
    dated = linear(**BARE, expiry="2026-06-26T08:00:00Z")

    assert nets(stressed("funding-spike")) == [["-105"]]
    assert nets(stressed("funding-spike", contract=dated)) == [["0"]]
    assert "funding_not_counted #/scenarios/0" in codes(stressed("funding-spike", contract=dated))


def test_an_exchange_fails_with_gain_and_wallet() -> None:
    """The coins lose 3,000, the wallet of 5,000 is lost, and the gain of 3,000 with it."""
    (hedge,) = stressed("exchange-outage").hedges

    assert (texts(hedge.hedge_pnl), texts(hedge.net_pnl), hedge.status) == (["-5000"], ["-8000"], ("lost",))


def test_the_exchange_closes_the_winner_halfway() -> None:
    """Of a fall of 40 % the short earns 20 %; then it is closed, and the equity is free."""
    (hedge,) = stressed("auto-deleveraging").hedges

    assert (texts(hedge.hedge_pnl), texts(hedge.net_pnl), hedge.status) == (["2000"], ["-2000"], ("closed",))
    assert (texts(hedge.equity or ()), texts(hedge.maintenance or ())) == (["7000"], ["0"])


def test_stablecoins_lose_a_tenth() -> None:
    """Of 1,000 held 100, of the wallet 500, of what a linear short of 10,000 pays 1,000; the coins stand still."""
    played = stressed("stablecoin-depeg", book={"SOL": "10000", "USDT": "1000"})

    assert (str(played.scenarios[0].spot_pnl), nets(played)) == ("-100", [["-1600"]])
    assert str(played.scenarios[0].futures_move) == "0.11111111"


def test_a_stablecoin_that_is_off_its_peg_already_falls_with_the_others() -> None:
    """It counts as a coin otherwise; here it loses a tenth of what it is still worth."""
    options: dict[str, Any] = {"prices": {"SOL": Price("1"), "DAI": Price("0.9"), "BTC-MINI": Price("60000")}}

    played = stressed("stablecoin-depeg", book={"SOL": "10000", "DAI": "1000"}, coverages=["0"], **options)

    assert nets(played) == [["-90"]]


def test_a_depeg_may_liquidate_a_short_and_leaves_a_coin_margined_one_alone() -> None:
    """In stablecoins the price rises by a ninth: at 5 % margin the 500 are gone. In coins nothing happens."""
    assert nets(stressed("stablecoin-depeg", wallet=None)) == [["-500"]]
    assert nets(stressed("stablecoin-depeg", contract=coins(), wallet="1")) == [["0"]]


def test_a_stress_that_takes_the_wallet_has_to_know_it() -> None:
    """Without margin terms nobody can say what is lost."""
    with pytest.raises(MarginTermsMissingError) as refused:
        stressed("funding-spike", "exchange-outage", "stablecoin-depeg", contract=linear(), wallet=None)

    assert [fault.path for fault in refused.value.faults] == [("stresses", 1), ("stresses", 2)]


# Refusals


@pytest.mark.parametrize(
    ("script", "options", "paths"),
    [
        pytest.param(Script(), {"coverages": ["1"]}, [()], id="nothing happens"),
        pytest.param(
            moved("0"), {"contracts": ["1"], "book": {"USDT": "9"}}, [("hedges", 0, "contracts")], id="no side"
        ),
        pytest.param(
            moved("0", funding_rate=FundingRate("0")), {"coverages": ["1"]}, [("funding_rate",)], id="no interval"
        ),
        pytest.param(
            Script(
                shocks=[
                    shock(),
                    shock(asset_moves={"BTC": Move("0")}, basis_move=Move("-0.5"), underlying_move=Move("-0.5")),
                ]
            ),
            {"coverages": ["1"]},
            [("shocks", 1, "asset_moves", "BTC"), ("shocks", 1, "basis_move")],
            id="a shock that contradicts itself",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(script: Script, options: Any, paths: list[tuple[Any, ...]]) -> None:
    """Each with its place, all places of a kind at once."""
    with pytest.raises(InconsistentQuestionError) as refused:
        played_through(MINI, script, **options)

    assert [fault.path for fault in refused.value.faults] == paths


def test_too_large_a_hedge_is_refused_by_its_place() -> None:
    """A slip of units is not played."""
    with pytest.raises(SizeOutOfRangeError) as refused:
        played_through(MINI, moved("0"), coverages=["1"], contracts=["999999999999"])

    assert [fault.path for fault in refused.value.faults] == [("hedges", 1)]


def test_a_book_without_exposure_has_no_returns() -> None:
    """Money and nothing else: nothing to divide by, and the reasons stand beside the nulls."""
    script = moved("-0.2", loss_limit=LossLimit("0.1"))

    played = check_answer(played_through(MINI, script, coverages=["1"], book={"USDT": "100"}))
    (hedge,) = played.hedges

    assert (played.side, played.return_reason, played.scenarios[0].spot_return) == ("none", "no_exposure", None)
    assert (hedge.net_return, hedge.coverage, hedge.coverage_reason) == (None, None, "no_exposure")
    assert (hedge.loss_limit_move, hedge.loss_limit_reason) == (None, "no_exposure")
    assert hedge.liquidation_reason == "no_contracts"


@pytest.mark.parametrize("contract", [linear(**BARE), inverse(**BARE)], ids=["linear", "inverse"])
def test_the_margin_that_a_hedge_is_opened_with_opens_it(contract: Contract) -> None:
    """An amount that does not end is shown rounded up, and is not held against itself."""
    played = played_through(contract, moved("0"), coverages=["0.3333333333", "1"])

    assert codes(played) == []


def test_hedges_that_a_careful_trader_would_mention() -> None:
    """Too much of it, a wallet that does not open it, and one that a usual day takes."""
    played = played_through(MINI, moved("0"), coverages=["2"], wallet="500")

    assert codes(played) == [
        "over_hedge #/hedges/0",
        "wallet_too_small #/hedges/0/margin",
        "liquidation_near #/hedges/0/liquidation_move",
    ]


# What always holds

EXTREMES = [
    "-0.999999999999999999",
    "-0.5",
    "-0.2",
    "-0.000000000000000001",
    "0",
    "0.04",
    "0.2",
    "9.999999999999999999",
]
moves = st.sampled_from(EXTREMES) | st.decimals("-0.99", "9.99", places=6).map(str)
values = st.sampled_from(["10000", "-10000", "0.000000000000000001", "0", "123456789.123456789"])
rates = st.sampled_from(["0", "0.004", "0.5", "0.99"])
fees = st.sampled_from([None, "0", "0.0005", "-0.0002", "0.999", "-0.999"])
wallets = st.sampled_from([None, "0", "0.1", "500", "10000", "999999999999999"])


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Draw a contract."""
    make, multiplier = draw(st.sampled_from([(linear, "0.1"), (inverse, "100")]))
    terms: dict[str, Any] = {"multiplier": multiplier, "taker_fee_rate": draw(fees)}
    terms["tick_size"] = draw(st.sampled_from([None, "0.1", "5000"]))
    terms["initial_margin_rate"] = draw(st.sampled_from([None, "1"]))
    terms["maintenance_basis"] = draw(st.sampled_from(["liquidation", "entry"]))
    margin = draw(st.sampled_from(["none", "rate", "tiers"]))
    if margin == "rate":
        terms["maintenance_margin_rate"] = draw(rates)
    if margin == "tiers":
        terms["maintenance_tiers"] = tiers([("0", "0"), ("0.05", "0.01"), ("5000", "0.2")])
    if draw(st.booleans()):
        terms["funding_interval_hours"] = draw(st.sampled_from([1, 8, 24]))
    contract: Contract = make(**terms)
    return contract


@st.composite
def scripts(draw: st.DrawFn, contract: Contract) -> Script:
    """Draw what is to be played."""
    is_funded = contract.funding_interval_hours is not None
    funding = draw(st.sampled_from([None, "0.0001", "-0.0003", "0.999", "-0.999"])) if is_funded else None
    fee = draw(fees)
    limit = draw(st.sampled_from([None, "0.1", "1", "0.000000000000000001"]))
    found = draw(st.lists(st.sampled_from(list(STRESSES)), max_size=4))
    needs_wallet = {"exchange-outage", "stablecoin-depeg"}
    return Script(
        moves=[Move(move) for move in draw(st.lists(moves, min_size=1, max_size=6))],
        stresses=[name for name in found if name not in needs_wallet],  # type: ignore[misc]
        by=draw(st.sampled_from(["closes", "lows"])),
        missing_assets="beta",
        shocks=[
            Shock(
                name="shock",
                underlying_move=Move(draw(st.sampled_from(["-0.4", "0", "9"]))),
                basis_move=Move(draw(st.sampled_from(["-0.5", "0", "0.02", "9"]))),
                beta=draw(st.sampled_from([None, -100.0, 0.0, 2.4, 100.0])),
            )
        ],
        days=draw(st.sampled_from([0.0, 0.34, 7.0, 1825.0])),
        funding_rate=None if funding is None else FundingRate(funding),
        fee_rate=None if fee is None else FeeRate(fee),
        loss_limit=None if limit is None else LossLimit(limit),
    )


@st.composite
def plays(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a whole question."""
    contract = draw(contracts())
    return {
        "contract": contract,
        "script": draw(scripts(contract)),
        "coverages": draw(st.lists(st.sampled_from(["0", "0.3", "1", "1.5", "10"]), min_size=1, max_size=3)),
        "book": {"SOL": draw(values), "ADA": draw(values), "USDT": "100"},
        "beta": draw(st.sampled_from([None, 1.0, 1.43, -0.5, 0.0, 100.0, -100.0])),
        "price": draw(st.sampled_from(["60000", "0.000000000000000001", "999999999999999.9"])),
        "wallet": draw(wallets),
    }


@settings(deadline=None, max_examples=300)
@given(play=plays())
@exactly
def test_every_question_has_an_answer_that_adds_up(play: dict[str, Any]) -> None:
    """Finite numbers, columns of one length, net the sum of its parts; or a refusal that is known."""
    try:
        played = check_answer(played_through(**play))
    except HedgingError as error:
        assert error.code in {"size_out_of_range", "stress_data_missing"}  # noqa: PT017
        return

    for hedge in played.hedges:
        assert {len(hedge.net_pnl), len(hedge.status), len(hedge.fees)} == {len(played.scenarios)}
        parts = zip(played.scenarios, hedge.hedge_pnl, hedge.funding_pnl, hedge.fees, hedge.net_pnl, strict=True)
        for scenario, profit, funding, fee, net in parts:
            assert abs(scenario.spot_pnl + profit + funding - fee - net) <= Decimal("2E-8")
        assert (hedge.break_even_move is None) == (hedge.break_even_reason is not None)
        assert (hedge.loss_limit_move is None) == (hedge.loss_limit_reason is not None)
        assert (hedge.liquidation_move is None) == (hedge.liquidation_reason is not None)


@settings(deadline=None, max_examples=150)
@given(play=plays())
@exactly
def test_turning_points_are_where_the_table_turns(play: dict[str, Any]) -> None:
    """Around a break-even the net is of two signs; a limit of loss holds on one side and not on the other."""
    script = play["script"]._replace(stresses=(), shocks=(), loss_limit=LossLimit("0.1"))
    try:
        played = played_through(**{**play, "script": script})
    except SizeOutOfRangeError:
        return

    for hedge, coverage in zip(played.hedges, play["coverages"], strict=True):
        for found, level in ((hedge.break_even_move, Decimal(0)), (hedge.loss_limit_move, Decimal("0.1"))):
            if found is not None and abs(found) > Decimal("1E-6") and found > Decimal("-0.9999"):
                _check_turn({**play, "coverages": [coverage]}, script, found, level)


def _check_turn(play: dict[str, Any], script: Script, found: Decimal, level: Decimal) -> None:
    """Look a little nearer and a little further than a turn: the nearer is on one side, the further on the other.

    Or the turn is on neither, where a wallet that is lost leaves exactly the level, from which the coins rise on.
    """
    step = Decimal("1E-7").copy_sign(found)
    around = [Move(found - step), Move(found), Move(found + step)]
    played = played_through(**{**play, "script": script._replace(moves=around)})
    (hedge,) = played.hedges
    exposure = abs(played.exposure)
    nearer, turn, further = (net + level * exposure for net in hedge.net_pnl)
    tolerance = Decimal("1E-6")  # what rounding an amount to 8 digits may hide
    assert nearer * further <= 0 or min(abs(nearer), abs(turn), abs(further)) <= tolerance


@settings(deadline=None)
@given(move=moves, beta=st.sampled_from([0.5, 1.0, 1.43]))
def test_without_a_hedge_net_is_the_coins(move: str, beta: float) -> None:
    """Domain 9, property 4: all legs of the hedge are 0."""
    played = played_through(MINI, moved(move), coverages=["0"], beta=beta)

    assert [hedge.net_pnl for hedge in played.hedges] == [(played.scenarios[0].spot_pnl,)]


@settings(deadline=None)
@given(move=st.decimals("-0.6", "9", places=4).map(str), beta=st.sampled_from([0.5, 1.0, 1.43]))
def test_a_hedge_of_all_beta_does_not_depend_on_the_move(move: str, beta: float) -> None:
    """Domain 9, property 5, as long as no coin is gone and the wallet holds."""
    (hedge,) = played_through(MINI, moved(move), coverages=["1"], beta=beta, wallet="999999").hedges

    assert texts(hedge.net_pnl) == ["0"]


@settings(deadline=None)
@given(move=moves, wallet=st.integers(0, 20000))
def test_more_wallet_is_never_liquidated_sooner(move: str, wallet: int) -> None:
    """What survives a move with less survives it with more."""
    statuses = [
        played_through(MINI, moved(move), coverages=["1"], wallet=str(one)).hedges[0].status[0]
        for one in (wallet, wallet + 1000)
    ]

    assert statuses[0] == "liquidated" or statuses[1] != "liquidated"


@settings(deadline=None)
@given(move=moves, scale=st.sampled_from(["0.5", "3", "1000"]))
@exactly
def test_a_larger_book_loses_in_proportion(move: str, scale: str) -> None:
    """Domain 9, property 1: returns do not depend on the size of the book, with its margin in proportion."""
    factor = Decimal(scale)
    one, many = (
        played_through(
            MINI, moved(move), coverages=["0.5"], book={"SOL": str(10000 * by)}, wallet=str(1000 * by)
        ).hedges[0]
        for by in (Decimal(1), factor)
    )

    assert one.status == many.status
    assert one.net_return == many.net_return


def test_funding_that_is_received_saves_nothing() -> None:
    """It may come too late: 9,000 of it move the liquidation by no tick, and are lost with the wallet of 500."""
    script = moved("0.2", days=300.0, funding_rate=FundingRate("0.001"))

    (hedge,) = played_through(FUNDED, script, coverages=["1"]).hedges

    assert (hedge.status, texts(hedge.hedge_pnl), texts(hedge.funding_pnl)) == (("liquidated",), ["-500"], ["0"])
    assert str(hedge.liquidation_move) == "0.04581667"


@pytest.mark.parametrize(("rate", "equity", "top_up"), [("0.0001", "590", "0"), ("-0.0001", "410", "90")])
def test_equity_has_the_funding_once(rate: str, equity: str, top_up: str) -> None:
    """90 payments of 1 on 10,000, received or paid, beside an initial margin of 500."""
    script = moved("0", days=30.0, funding_rate=FundingRate(rate))

    (hedge,) = played_through(FUNDED, script, coverages=["1"]).hedges

    assert (texts(hedge.equity or ()), texts(hedge.top_up or ())) == ([equity], [top_up])


def test_shocks_and_stresses_last_as_long_as_they_say() -> None:
    """Not as long as the moves: 8 days of Luna are 24 payments of 1 on 10,000, and a moment is none."""
    script = Script(
        moves=[Move("0")],
        stresses=["luna-2022-05"],
        shocks=[shock(days=0.0), shock()],
        days=30.0,
        funding_rate=FundingRate("0.0001"),
    )

    (hedge,) = played_through(FUNDED, script, coverages=["1"], wallet=RICH).hedges

    assert texts(hedge.funding_pnl) == ["90", "24", "0", "90"]


def test_a_limit_of_loss_is_told_no_further_away_than_it_is() -> None:
    """With 0.4 hedged 10 % are lost at -0.1 / 0.6 = -0.1666666666..., which is not yet lost at -0.16666666."""
    script = moved("0", loss_limit=LossLimit("0.1"))

    (hedge,) = played_through(MINI, script, coverages=["0.4"], wallet=RICH).hedges

    assert str(hedge.loss_limit_move) == "-0.16666666"


def test_what_ends_with_the_contract_does_not_outlast_it() -> None:
    """To the second."""
    dated = linear(**BARE, expiry="2026-01-05T03:04:05Z")

    assert codes(played_through(dated, moved("0", days=3.0), coverages=["1"])) == []
