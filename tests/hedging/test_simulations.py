"""Simulations against what is known without them, and what holds whatever comes out."""

import math
import tracemalloc
from collections.abc import Callable
from statistics import NormalDist

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.contracts import Contract
from service.hedging.costs.instruments import FundingProcess
from service.hedging.paths.dynamics import BootstrapModel, FactorModel
from service.hedging.paths.experiments import Experiment
from service.hedging.simulations import CHUNK, AbandonedError, list_days, run
from service.hedging.term_structure.funding import FundingModel, expect_funding
from service.hedging.units import FundingRate
from tests.hedging.build import inverse, linear
from tests.hedging.simulating import ALONE, BITCOIN, NORMAL, contender, planned, simulated
from tests.hedging.staging import moved, played_through

PATHS = 100_000
YEARS = 30 / 365
DEVIATION = 0.6 * math.sqrt(YEARS)
_NORMAL = NormalDist()
_TERMS = {"maintenance_margin_rate": "0.004", "taker_fee_rate": "0"}


def is_near(found: float, expected: float, error: float) -> bool:
    """Tell whether a number is within four standard errors of what it should be."""
    return abs(found - expected) <= 4 * error


# Against closed forms, under normal shocks


def test_a_book_without_a_hedge_has_the_lognormal_risk() -> None:
    """Mean 0, the variance of a lognormal, and its quantiles: within four standard errors (domain 6.4).

    10,000 in a coin that is the market at 60 % a year, for 30 days.
    """
    told = simulated(model=ALONE, paths=PATHS).unhedged
    tail = math.exp(_NORMAL.inv_cdf(0.05) * DEVIATION - DEVIATION**2 / 2)
    shortfall = 1 - _NORMAL.cdf(_NORMAL.inv_cdf(0.05) - DEVIATION) / 0.05

    assert is_near(told.mean, 0, told.mean_error)
    assert told.standard_deviation == pytest.approx(10_000 * math.sqrt(math.expm1(DEVIATION**2)), rel=0.015)
    assert is_near(told.value_at_risk, 10_000 * (1 - tail), told.value_at_risk_error)
    assert is_near(told.expected_shortfall, 10_000 * shortfall, told.expected_shortfall_error)
    assert is_near(told.probability_of_loss, _NORMAL.cdf(DEVIATION / 2), 0.5 / math.sqrt(PATHS))


def test_a_hedge_of_all_of_the_market_itself_leaves_nothing() -> None:
    """With beta 1, no movement of its own and no wallet to lose, the result is 0 on every path (domain 9.5)."""
    (hedge,) = simulated(contender(coverage="1"), model=ALONE).hedges

    assert hedge.outcome.standard_deviation == 0
    assert hedge.outcome.value_at_risk == 0
    assert {one.net_pnl for one in hedge.outcome.quantiles} == {0}


def test_half_a_hedge_leaves_half() -> None:
    """Without wallets results are linear in the hedge: linear algebra, on the same paths."""
    told = simulated(contender(coverage="0"), contender(coverage="0.5"), contender(coverage="2"), model=ALONE)
    none, half, double = (hedge.outcome for hedge in told.hedges)

    assert none == told.unhedged
    assert half.mean == pytest.approx(told.unhedged.mean / 2, rel=1e-5)
    assert half.standard_deviation == pytest.approx(told.unhedged.standard_deviation / 2, rel=1e-5)
    assert double.quantiles[-1].net_pnl == pytest.approx(-told.unhedged.quantiles[0].net_pnl, rel=0.02)


def test_what_the_coins_do_by_themselves_is_left_by_any_hedge() -> None:
    """A hedged book of beta 1 has the variance of its residual, to first order."""
    told = simulated(contender(coverage="1"), model=FactorModel(degrees_of_freedom=None, residual_volatility=0.3))
    (hedge,) = told.hedges
    variance = math.exp(DEVIATION**2) * math.expm1(0.09 * YEARS)

    assert hedge.outcome.standard_deviation == pytest.approx(10_000 * math.sqrt(variance), rel=0.05)


@pytest.mark.parametrize("leverage", ["20", "10", "5", "3"])
def test_the_chance_of_liquidation_is_that_of_the_closed_form(leverage: str) -> None:
    """By reflection, within four standard errors: 78, 57, 27 and 8.6 % at 20x, 10x, 5x and 3x (domain 5.8)."""
    (hedge,) = simulated(contender(coverage="1", leverage=leverage), paths=PATHS).hedges
    barrier, drift = math.log((1 + 1 / float(leverage)) / 1.004), -(DEVIATION**2) / 2
    chance = _NORMAL.cdf((drift - barrier) / DEVIATION)
    chance += math.exp(2 * drift * barrier / DEVIATION**2) * _NORMAL.cdf((-barrier - drift) / DEVIATION)

    assert hedge.probability_of_liquidation is not None
    assert hedge.probability_of_liquidation_error is not None
    assert is_near(hedge.probability_of_liquidation, chance, hedge.probability_of_liquidation_error)


def test_fat_tails_make_far_barriers_likelier_and_near_ones_less() -> None:
    """Source: domain 5.8, 3x for 7 days and 5x for 30."""
    near, far = ({"horizon_days": 30, "leverage": "5"}, {"horizon_days": 7, "leverage": "3"})

    for terms, is_likelier in ((near, False), (far, True)):
        hedge = contender(coverage="1", leverage=str(terms["leverage"]))
        normal, fat = (
            simulated(hedge, model=model, paths=40_000, horizon_days=terms["horizon_days"])
            .hedges[0]
            .probability_of_liquidation
            for model in (NORMAL, FactorModel())
        )
        assert normal is not None
        assert fat is not None
        assert (fat > normal) is is_likelier


def test_a_liquidated_hedge_loses_its_wallet_and_no_more() -> None:
    """Where the market rises far, the coins' gain is there and 2,000 of the wallet are not."""
    (hedge,) = simulated(contender(coverage="1", leverage="5"), model=ALONE, paths=PATHS).hedges
    unhedged = simulated(model=ALONE, paths=PATHS).unhedged

    assert hedge.outcome.quantiles[-1].net_pnl == pytest.approx(unhedged.quantiles[-1].net_pnl - 2000, rel=1e-4)
    assert hedge.outcome.quantiles[0].net_pnl < -2000


def test_coins_that_are_lost_are_worth_what_coins_are_worth_at_the_end() -> None:
    """As in a scenario: a fifth of 10,000 in bitcoin, and not what it was worth when the exchange took it.

    With these coins among the holdings nothing is left of them then, and no exposure that nobody has.
    """
    contract = inverse(**_TERMS)
    (hedge,) = simulated(contender(coverage="1", leverage="5"), model=ALONE, paths=PATHS, contract=contract).hedges
    unhedged = simulated(model=ALONE, paths=PATHS).unhedged.quantiles[-1].net_pnl

    assert hedge.outcome.quantiles[-1].net_pnl == pytest.approx(unhedged - 0.2 * (10_000 + unhedged), rel=1e-4)


def test_a_hedge_that_is_gone_at_once_costs_its_wallet_on_every_path() -> None:
    """A wallet of nothing is lost in the first moment: the coins are left, less nothing."""
    told = simulated(contender(coverage="1", wallet_balance="0"), contender(coverage="1", wallet_balance="10"))

    first, second = told.hedges
    assert first.probability_of_liquidation == second.probability_of_liquidation == 1
    assert first.outcome == told.unhedged
    assert second.outcome.mean == pytest.approx(told.unhedged.mean - 10, abs=0.01)
    assert second.probability_worse_than_unhedged == 1


# Funding and fees


def test_a_steady_rate_is_paid_every_interval() -> None:
    """90 times 0.01 % of the mark value, which is expected to stay: 90 on 10,000, to the short."""
    (hedge,) = simulated(contender(coverage="1"), model=ALONE, funding_rate="0.0001", paths=40_000).hedges

    assert is_near(hedge.mean_funding, 90, 90 * DEVIATION / math.sqrt(40_000))
    assert is_near(hedge.outcome.mean, 90, 90 * DEVIATION / math.sqrt(40_000))


def test_a_long_pays_what_a_short_gets() -> None:
    """Domain 9.13."""
    (hedge,) = simulated(
        contender(coverage="1"), book={"SOL": ("-10000", 1.0)}, model=ALONE, funding_rate="0.0001"
    ).hedges

    assert hedge.mean_funding == pytest.approx(-90, rel=0.01)


def test_an_inverse_hedge_is_funded_on_its_face() -> None:
    """In dollars that is always the same: 90 on every path."""
    contract = inverse(**_TERMS, funding_interval_hours=8)
    (hedge,) = simulated(contender(coverage="1"), model=ALONE, contract=contract, funding_rate="0.0001").hedges

    assert hedge.mean_funding == pytest.approx(90, rel=1e-5)
    assert hedge.outcome.standard_deviation == 0


@pytest.mark.parametrize("hours", [1, 7, 8, 24])
def test_a_process_of_funding_has_the_moments_of_its_closed_form(hours: int) -> None:
    """Sum of an autoregression of the first order over all intervals, drawn day by day (domain 4.4)."""
    process = FundingProcess(mean_rate=0.0001, persistence=0.9, volatility=0.001)
    contract = inverse(**_TERMS, funding_interval_hours=hours)
    intervals = 30 * 24 // hours
    expected = expect_funding(-0.002, FundingModel(0.0001, 0.9, 0.001), intervals)

    (hedge,) = simulated(
        contender(coverage="1"),
        model=ALONE,
        contract=contract,
        funding_rate="-0.002",
        funding_process=process,
        paths=40_000,
    ).hedges

    deviation = 10_000 * expected.standard_deviation
    assert is_near(hedge.mean_funding, 10_000 * expected.expected, deviation / math.sqrt(40_000))
    assert hedge.outcome.standard_deviation == pytest.approx(deviation, rel=0.02)


def test_funding_ends_with_the_hedge() -> None:
    """What is liquidated on the first day is paid nothing."""
    (hedge,) = simulated(contender(coverage="1", wallet_balance="0"), funding_rate="0.01").hedges

    assert hedge.mean_funding == 0


@pytest.mark.parametrize("rate", ["-0.01", "-0.00218", "-0.00217", "0", "0.0001", "0.00217", "0.00218", "0.01"])
@pytest.mark.parametrize("value", ["10000", "-10000"])
@pytest.mark.parametrize("kind", [linear, inverse])
def test_in_a_market_that_stands_still_funding_does_what_it_does_in_a_scenario(
    kind: Callable[..., Contract], value: str, rate: str
) -> None:
    """At 5x 19.6 % of the value may be paid, which is 90 times 0.002177...: beyond that the wallet is gone, and all.

    The same result to the cent, by either endpoint, of shorts and longs.
    """
    contract = kind(**{**_TERMS, "taker_fee_rate": "0.0005"}, initial_margin_rate="0.05", funding_interval_hours=8)
    script = moved("0", days=30, funding_rate=FundingRate(rate))
    still = FactorModel(volatility=1e-9, degrees_of_freedom=None, residual_volatility=0.0)
    terms = {"contract": contract, "funding_rate": rate, "paths": 1000}

    (played,) = played_through(contract, script, coverages=["1"], book={"SOL": value}, beta=1.0, leverage="5").hedges
    (told,) = simulated(contender(coverage="1", leverage="5"), book={"SOL": (value, 1.0)}, model=still, **terms).hedges

    assert told.probability_of_liquidation == (played.status == ("liquidated",))
    assert told.mean_funding == pytest.approx(float(played.funding_pnl[0]), abs=0.005)
    assert told.mean_fees == pytest.approx(float(played.fees[0]), abs=0.005)
    for quantile in told.outcome.quantiles:
        assert quantile.net_pnl == pytest.approx(float(played.net_pnl[0]), abs=0.005)


WILD = FactorModel(volatility=3.0, degrees_of_freedom=None, residual_volatility=0.0)
STEPS = [
    {"floor": "0", "rate": "0.004"},
    {"floor": "0.2", "rate": "0.01"},
    {"floor": "11000", "rate": "0.02"},
    {"floor": "13000", "rate": "0.05"},
]


@pytest.mark.parametrize("basis", ["liquidation", "entry"])
@pytest.mark.parametrize("value", ["10000", "-10000"])
@pytest.mark.parametrize("kind", [linear, inverse])
def test_what_funding_takes_is_missing_from_the_wallet(kind: Callable[..., Contract], value: str, basis: str) -> None:
    """A day's 9 % of the value, paid out of 20 %, leave what a wallet of 11 % is: lost on the very same paths.

    Through tiers of maintenance, and for contracts whose value moves against the price.
    """
    contract = kind(maintenance_tiers=STEPS, maintenance_basis=basis, funding_interval_hours=8)
    rate = "-0.03" if value == "10000" else "0.03"
    unit = 10_000 if kind is linear else 10_000 / 60_000
    terms = {"contract": contract, "book": {"SOL": (value, 1.0)}, "model": WILD, "horizon_days": 1}

    (drained,) = simulated(contender(coverage="1", leverage="5"), **terms, funding_rate=rate).hedges
    (small,) = simulated(contender(coverage="1", wallet_balance=f"{0.11 * unit:.15f}"), **terms).hedges

    assert drained.probability_of_liquidation == small.probability_of_liquidation
    assert 0.3 < (small.probability_of_liquidation or 0) < 0.7


@pytest.mark.parametrize("value", ["10000", "-10000"])
@pytest.mark.parametrize("kind", [linear, inverse])
def test_funding_that_is_paid_makes_liquidation_likelier_and_funding_that_is_received_not_less(
    kind: Callable[..., Contract], value: str
) -> None:
    """On the same paths: the more the hedge pays, the more of them."""
    contract = kind(maintenance_tiers=STEPS, funding_interval_hours=8)
    sign = 1 if value == "10000" else -1
    told = [
        simulated(
            contender(coverage="1", leverage="4"),
            contract=contract,
            book={"SOL": (value, 1.0)},
            funding_rate=None if rate is None else f"{sign * rate:.4f}",
        )
        .hedges[0]
        .probability_of_liquidation
        or 0.0
        for rate in (None, 0.01, 0.0001, 0, -0.0002, -0.0005, -0.001, -0.002)
    ]

    assert told[0] == told[1] == told[2] == told[3] > 0
    assert told[3:] == sorted(set(told[3:]))


def test_what_is_received_late_in_a_day_does_not_save_what_was_lost_before() -> None:
    """10 % paid on the first day, and as much received on the second or nothing: lost on the same paths."""
    contract = linear(**_TERMS, funding_interval_hours=24)
    pays = FundingProcess(mean_rate=0.1, persistence=0.5, volatility=0.0)
    receives = FundingProcess(mean_rate=0.3, persistence=0.5, volatility=0.0)
    terms = {"contract": contract, "model": WILD, "horizon_days": 2}

    (alone,) = simulated(
        contender(coverage="1", leverage="3"), funding_rate="-0.3", funding_process=pays, **terms
    ).hedges
    (back,) = simulated(
        contender(coverage="1", leverage="3"), funding_rate="-0.5", funding_process=receives, **terms
    ).hedges

    assert back.probability_of_liquidation == alone.probability_of_liquidation
    assert back.mean_funding > alone.mean_funding + 500


@pytest.mark.parametrize(("kind", "enough", "little"), [(linear, "6674", "6672"), (inverse, "0.087543", "0.087523")])
def test_a_wallet_pays_at_the_price_of_each_day(kind: Callable[..., Contract], enough: str, little: str) -> None:
    """Up 10 % a day for three days, and 10 % of the value paid on each, by hand.

    Of 10,000: 0.1 (1 + 1.1 + 1.21) is paid, 0.331 lost, and 0.004 x 1.331 has to be left: 0.667324. Of 10,000 / 60,000
    in coins: 0.1 (1 + 1 / 1.1 + 1 / 1.21) is paid, 1 - 1 / 1.331 lost, and 0.004 / 1.331 has to be left: 0.525244.
    """
    days: dict[str, tuple[float | None, ...]] = {"BTC": (0.1,) * 12, "SOL": (0.1,) * 12}

    lives, dies = simulated(
        contender(coverage="1", wallet_balance=enough),
        contender(coverage="1", wallet_balance=little),
        contract=kind(**_TERMS, funding_interval_hours=24),
        model=BootstrapModel(returns=days, drift="history"),
        funding_rate="-0.1",
        horizon_days=3,
        paths=1000,
    ).hedges

    assert lives.probability_of_liquidation == 0
    assert dies.probability_of_liquidation == 1


def test_a_wallet_that_funding_has_drained_is_judged_by_the_prices_since_then() -> None:
    """Up a tenth and back in two days, which 30 % outlive; after ten they are 10.4 %, which such a day would take."""
    days: tuple[float | None, ...] = (0.1, 1 / 1.1 - 1, *(0.0,) * 58)

    (hedge,) = simulated(
        contender(coverage="1", wallet_balance="3000"),
        contract=linear(**_TERMS, funding_interval_hours=24),
        model=BootstrapModel(returns={"BTC": days, "SOL": days}, drift="history", block_days=60),
        funding_rate="-0.0194",
        horizon_days=10,
        paths=1000,
    ).hedges

    assert hedge.probability_of_liquidation == 0
    assert hedge.mean_funding == pytest.approx(-10.1 * 194, abs=0.01)


@pytest.mark.parametrize("growth", [100.0, -1.0])
@pytest.mark.parametrize("value", ["10000", "-10000"])
@pytest.mark.parametrize("kind", [linear, inverse])
def test_funding_of_what_grows_beyond_all_measure_is_a_number(
    kind: Callable[..., Contract], value: str, growth: float
) -> None:
    """A hundredfold or a millionth every day for a year, at any price of a coin."""
    days: dict[str, tuple[float | None, ...]] = {"BTC": (growth,) * 12, "SOL": (0.0,) * 12}

    (hedge,) = simulated(
        contender(coverage="1", leverage="0.001"),
        book={"SOL": (value, 1.0)},
        contract=kind(**_TERMS, funding_interval_hours=1),
        model=BootstrapModel(returns=days, drift="history"),
        funding_process=FundingProcess(mean_rate=-1.0, persistence=0.99, volatility=1.0),
        horizon_days=365,
        paths=1000,
    ).hedges

    assert hedge.probability_of_liquidation is not None


def test_a_wallet_that_no_price_takes_may_be_lost_to_funding() -> None:
    """An inverse short with all of its coins, of which funding takes nine tenths."""
    contract = inverse(**_TERMS, funding_interval_hours=8)

    (kept,) = simulated(contender(coverage="1", leverage="1"), contract=contract).hedges
    (drained,) = simulated(contender(coverage="1", leverage="1"), contract=contract, funding_rate="-0.01").hedges

    assert kept.probability_of_liquidation == 0
    assert drained.liquidation_reason == "not_liquidatable"
    assert (drained.probability_of_liquidation or 0) > 0.1


@pytest.mark.parametrize("side", ["short", "long"])
def test_a_hedge_that_is_lost_costs_its_wallet_and_the_fee_of_its_entry(side: str) -> None:
    """Beside coins that hardly move: no path is worse than 1,200 and 3 of 6,000, whatever funding takes."""
    contract = linear(**{**_TERMS, "taker_fee_rate": "0.0005"}, funding_interval_hours=8)
    value, rate = ("10000", "-0.001") if side == "short" else ("-10000", "0.001")
    model = FactorModel(degrees_of_freedom=None, residual_volatility=0.0)

    told = simulated(
        contender(contracts="1", leverage="5"),
        book={"SOL": (value, 1e-9)},
        contract=contract,
        model=model,
        funding_rate=rate,
        confidence=0.999,
    )
    (hedge,) = told.hedges

    assert told.side == side
    assert (hedge.probability_of_liquidation or 0) > 0.3
    assert hedge.outcome.expected_shortfall == pytest.approx(1203, abs=0.01)
    assert hedge.outcome.quantiles[1].net_pnl == pytest.approx(-1203, abs=0.01)


def test_trading_costs_twice_and_once_where_the_hedge_is_lost() -> None:
    """0.05 % of 10,000 at the entry and of what it is worth at the end; no second time for what is gone."""
    contract = linear(**{**_TERMS, "taker_fee_rate": "0.0005"})

    held, gone = simulated(
        contender(coverage="1"), contender(coverage="1", wallet_balance="0"), contract=contract, model=ALONE
    ).hedges

    assert held.mean_fees == pytest.approx(10, rel=0.01)
    assert gone.mean_fees == 5
    assert held.outcome.mean == pytest.approx(-held.mean_fees, rel=1e-4)


# What holds whatever comes out


def test_the_same_seed_gives_the_same_answer() -> None:
    """To the last byte; and another seed another one (domain 9.25)."""
    encode = msgspec.json.Encoder(enc_hook=str).encode

    first, again, other = (encode(simulated(seed=seed, paths=5000)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_another_hedge_changes_nothing_of_the_others() -> None:
    """All are held against each other on the same paths."""
    hedge = contender(coverage="0.7", leverage="4")

    for rate in (None, "-0.001"):
        alone = simulated(hedge, paths=5000, funding_rate=rate)
        among = simulated(
            contender(coverage="2", leverage="50"), hedge, contender(contracts="0"), paths=5000, funding_rate=rate
        )

        assert among.hedges[1] == alone.hedges[0]
        assert among.unhedged == alone.unhedged


def test_funding_changes_nothing_of_the_prices() -> None:
    """It has random numbers of its own."""
    process = FundingProcess(mean_rate=0.0001, persistence=0.9, volatility=0.001)

    assert simulated(funding_process=process, paths=2000).unhedged == simulated(paths=2000).unhedged


def test_more_paths_begin_with_the_same_ones() -> None:
    """Whole chunks stay as they are: the fan of the first is that of twice as many paths, but for the last day."""
    once, twice = (simulated(paths=count * CHUNK).unhedged_fan for count in (1, 2))

    assert once is not None
    assert twice is not None
    assert once.p05[:-1] == twice.p05[:-1]
    assert once.p05[-1] != twice.p05[-1]


@pytest.mark.parametrize("rate", [None, "-0.0005", "0.0005"])
def test_more_leverage_is_liquidated_more_often(rate: str | None) -> None:
    """On the same paths never less, whatever funding takes (domain 9.18 and 9.16)."""
    leverages = ["1", "2", "3", "5", "10", "20", "50", "100"]
    told = simulated(*(contender(coverage="1", leverage=one) for one in leverages), funding_rate=rate)

    chances = [hedge.probability_of_liquidation or 0.0 for hedge in told.hedges]

    assert chances == sorted(chances)
    assert chances[0] < 0.01
    assert chances[-1] > 0.9


def test_a_likely_liquidation_is_warned_about() -> None:
    """More than 1 % of the paths (domain 5.8)."""
    told = simulated(contender(coverage="1", leverage="5"), contender(coverage="1", leverage="0.5"))

    assert [warning.pointer for warning in told.warnings if warning.code == "liquidation_near"] == [
        "#/hedges/0/probability_of_liquidation"
    ]


def test_the_chance_of_a_hedge_that_nothing_backs_is_not_told() -> None:
    """There is no wallet to lose, or nobody knows when it is: no honest number."""
    unknown = linear(initial_margin_rate="0.05")
    (bare,) = simulated(contender(coverage="1")).hedges
    (vague,) = simulated(contender(coverage="1"), contract=unknown).hedges

    assert bare.probability_of_liquidation is bare.probability_of_liquidation_error is None
    assert bare.probability_of_liquidation_reason == "initial_margin_rate_missing"
    assert vague.probability_of_liquidation is vague.probability_of_liquidation_error is None
    assert vague.probability_of_liquidation_reason == "maintenance_rate_missing"


def test_a_hedge_without_a_wallet_has_the_initial_margin_of_its_contract() -> None:
    """As in a scenario: what comes of it is what comes of the same leverage."""
    contract = linear(**_TERMS, initial_margin_rate="0.05")

    silent, sent = simulated(contender(coverage="1"), contender(coverage="1", leverage="20"), contract=contract).hedges

    assert silent == sent
    assert silent.probability_of_liquidation is not None


def test_a_short_book_is_hedged_long() -> None:
    """And its hedge is lost in a fall."""
    told = simulated(contender(coverage="1", leverage="5"), book={"SOL": ("-10000", 1.0)}, model=ALONE)

    assert told.side == "long"
    assert told.hedges[0].liquidation_move is not None
    assert told.hedges[0].liquidation_move < 0
    assert told.unhedged.quantiles[0].net_pnl < told.unhedged.quantiles[-1].net_pnl


def test_without_exposure_there_are_no_returns() -> None:
    """A hedge of nothing is a position, told in money."""
    told = simulated(contender(contracts="1"), book={"SOL": ("0", 1.0)})

    assert told.unhedged_fan is None
    assert told.hedges[0].fan is None
    assert told.hedges[0].outcome.quantiles[0].net_return is None
    assert told.hedges[0].outcome.standard_deviation > 500


def test_past_days_are_drawn_from() -> None:
    """A history of one growth leads to that growth alone, under `history`; else to none at all."""
    returns: dict[str, tuple[float | None, ...]] = {"BTC": (0.01,) * 12, "SOL": (0.02,) * 12}

    up = simulated(model=BootstrapModel(returns=returns, drift="history"), horizon_days=3, paths=1000)
    level = simulated(model=BootstrapModel(returns=returns), horizon_days=3, paths=1000)

    assert up.unhedged.mean == pytest.approx(10_000 * (1.02**3 - 1), rel=1e-5)
    assert up.hedges[0].outcome.mean == pytest.approx(10_000 * (1.02**3 - 1.01**3), rel=1e-4)
    assert level.unhedged.standard_deviation == level.unhedged.mean == 0


def test_memory_does_not_grow_with_days_or_coins() -> None:
    """A chunk at a time: what stays is a number for each path and book, and the days of one chunk's fan."""
    coins = {f"A{place}": ("1", 1.0) for place in range(20)}
    small, large = (
        _measure_memory(planned(paths=10 * CHUNK, **terms))
        for terms in ({"horizon_days": 30}, {"horizon_days": 120, "book": coins})
    )

    assert small < 8e6
    assert large < 8e6


def _measure_memory(experiment: Experiment) -> int:
    """Give the bytes that a simulation has at most."""
    run(experiment)
    tracemalloc.start()
    try:
        run(experiment)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_nobody_wants_ends_before_the_next_chunk() -> None:
    """At once, and with no answer."""
    answers = iter([True, False])

    with pytest.raises(AbandonedError):
        run(planned(paths=3 * CHUNK, horizon_days=1), lambda: next(answers))

    assert next(answers, None) is None


@pytest.mark.parametrize(
    ("horizon", "days"), [(1, [1]), (3, [1, 2, 3]), (10, list(range(1, 11))), (60, list(range(6, 61, 6)))]
)
def test_a_fan_has_at_most_ten_days(horizon: int, days: list[int]) -> None:
    """Evenly, and the last is the horizon."""
    assert list_days(horizon) == days
    assert len(set(list_days(365))) == 10


def test_the_largest_book_is_told_to_the_last_digit() -> None:
    """A thousand million million coins at as much each, and no hedge of them."""
    most = "999999999999999"
    told = simulated(contender(contracts="0"), book={"SOL": (most, 1.0)}, price=most, paths=1000)

    assert str(told.exposure) == "999999999999998000000000000001"
    assert told.unhedged.standard_deviation > 0


values = st.sampled_from(["0", "-1", "0.000000000000000001", "10000", "-7000.5", "999999999999999"])


@settings(max_examples=40, deadline=None)
@given(
    book=st.dictionaries(
        st.sampled_from(["SOL", "ADA", "BTC", "USDT"]),
        st.tuples(values, st.sampled_from([-100.0, 0.0, 1.0, 100.0])),
        min_size=1,
    ),
    model=st.sampled_from(
        [
            FactorModel(),
            FactorModel(volatility=5.0, degrees_of_freedom=3, residual_volatility=5.0, residual_correlation=1.0),
            FactorModel(volatility=0.01, degrees_of_freedom=None, residual_volatility=0.0),
        ]
    ),
    hedges=st.lists(
        st.sampled_from(
            [
                contender(contracts="0"),
                contender(contracts="160000000", leverage="0.001"),
                contender(contracts="0.000000000000000001", leverage="99"),
                contender(contracts="5", wallet_balance="0.000000000000000001"),
                contender(contracts="5", wallet_balance="999999999999999"),
            ]
        ),
        min_size=1,
        max_size=3,
    ),
    contract=st.sampled_from([BITCOIN, inverse(**_TERMS, funding_interval_hours=1)]),
    funding=st.sampled_from(
        [None, FundingProcess(mean_rate=-1.0, persistence=0.99, volatility=1.0)],
    ),
    horizon=st.sampled_from([1, 2, 40]),
    confidence=st.sampled_from([0.8, 0.999]),
)
def test_every_question_has_an_answer_of_finite_numbers(**terms: object) -> None:
    """Extreme books, markets, hedges and funding: no NaN, no infinity, no exception (domain 9.25)."""
    hedges, horizon, funding = terms.pop("hedges"), terms.pop("horizon"), terms.pop("funding")

    told = simulated(*hedges, horizon_days=horizon, funding_process=funding, paths=1000, **terms)  # type: ignore[misc]

    for outcome in (told.unhedged, *(hedge.outcome for hedge in told.hedges)):
        assert outcome.expected_shortfall >= outcome.value_at_risk
        amounts = [one.net_pnl for one in outcome.quantiles]
        assert amounts == sorted(amounts)
