"""The hedge-ratio endpoint, from bytes to bytes: sent and looked up, sent back, drawn from gaps, and refused."""

import math
import subprocess
import sys
from itertools import pairwise
from statistics import linear_regression
from typing import Any

import pytest

from service.api.openapi import examples
from tests.api.conftest import service_at
from tests.api.truth import answered, closes, codes, listing, named, refused
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults
from tests.market.exchange.world import World

PATH = "/v1/hedge-ratio"
SEED: dict[str, Any] = examples.SEED_RATIO
BTC_PERPETUAL = {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}
KLINES = ("api.binance.com", "/api/v3/klines")


def question(**changes: Any) -> dict[str, Any]:
    """Ask for the ratio of two coins by looked-up closes; a member that is `...` is left out."""
    asked = {
        "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
        "instruments": [{"contract": BTC_PERPETUAL}],
        "market": {"exchange": "binance"},
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not ...}


def measure(exchanges: ExchangeServer, asked: dict[str, Any]) -> Any:
    """Ask a service that has time."""
    with service_at(exchanges) as ask:
        return answered(ask("POST", PATH, json=asked))


def true_returns(world: World, asset: str, days: int, interval: int = 1) -> list[float]:
    """Make the last returns of a coin at Binance from its true closes."""
    known = closes(world, listing(world, "binance", asset, "spot"))
    ends = sorted(known)[-(days // interval) * interval - 1 :: interval]
    return [known[end] / known[begin] - 1 for begin, end in pairwise(ends)]


def test_the_seed_is_answered_with_its_doubt(call: Call) -> None:
    """8,200 of SOL and ADA by a month of returns: both instruments, the interval in contracts, what stays anyway."""
    told = answered(call("POST", PATH, json=SEED))

    weights = {"SOL": 6000 / 8200, "ADA": 2200 / 8200}
    returns = SEED["series"]["returns"]
    book = [sum(weights[asset] * returns[asset][day] for asset in weights) for day in range(30)]
    slope, _ = linear_regression(returns["BTC"], book)
    (btc, eth), joint = told["book"], told["joint"]
    assert (told["side"], told["exposure"], told["method"]) == ("short", "8200", "vasicek")
    assert btc["slopes"]["ols"]["beta"] == pytest.approx(slope)
    assert btc["lowest"]["ratio"] < btc["chosen"]["ratio"] < btc["highest"]["ratio"]
    assert float(btc["chosen"]["exact_contracts"]) == pytest.approx(btc["chosen"]["ratio"] * 8200 / 6000)
    assert btc["removable_volatility"] == pytest.approx(1 - math.sqrt(1 - btc["removable_variance"]))
    assert [leg["symbol"] for leg in joint["legs"]] == ["BTC-MINI", "ETH-MINI"]
    assert joint["removable_variance"] >= max(btc["removable_variance"], eth["removable_variance"])
    assert told["series"] == {**SEED["series"], "interval_days": 1}
    assert (told["history"], told["warnings"]) == (None, [])


@pytest.mark.parametrize(("days", "interval"), [(90, 1), (200, 7)])
def test_looked_up_closes_are_those_of_the_named_exchange(exchanges: ExchangeServer, days: int, interval: int) -> None:
    """Each interval's return, of the coins and of what the contract follows; the slope by another route."""
    asked = question(series={"style": "window", "window_days": days, "interval_days": interval})
    told = measure(exchanges, asked)

    returns = {asset: true_returns(exchanges.world, asset, days, interval) for asset in ("SOL", "ADA", "BTC")}
    assert told["series"]["interval_days"] == interval
    assert told["series"]["returns"].keys() == returns.keys()
    for asset, column in returns.items():
        assert told["series"]["returns"][asset] == pytest.approx(column, rel=1e-9)
    for place, asset in enumerate(("SOL", "ADA")):
        pair = told["assets"][place]["slopes"][0]
        assert pair["ols"]["beta"] == pytest.approx(linear_regression(returns["BTC"], returns[asset]).slope)
        assert pair["observations"] == days // interval
    history = told["history"]
    assert (history["source"], history["quote"]) == ("binance", "USDT")
    assert (history["history_days"], history["interval_days"]) == (days // interval * interval, interval)
    assert all(0 <= origin["age_seconds"] < 60 for origin in history["series"].values())
    assert told["instruments"][0]["futures_origin"]["source"] == "bybit"
    assert told["prices"].keys() == {"SOL", "ADA"}


def test_without_a_word_about_the_past_it_is_ninety_days(exchanges: ExchangeServer) -> None:
    """The least that a bot has to say: a book, a contract and a market."""
    told = measure(exchanges, question())

    assert told["history"]["history_days"] == 90
    assert told["book"][0]["slopes"]["observations"] == 90
    assert "low_sample" not in codes(told)


def test_a_young_coin_costs_its_own_pair_only(exchanges: ExchangeServer) -> None:
    """BABYDOGE is 45 days old: the book has its days, SOL has all of its own (pairwise deletion)."""
    book = [{"asset": "SOL", "quantity": "40"}, {"asset": "BABYDOGE", "quantity": "1000000000"}]
    told = measure(exchanges, question(holdings=book))

    sol, young = (asset["slopes"][0]["observations"] for asset in told["assets"])
    assert sol == 90
    assert 40 <= young < 46
    assert told["book"][0]["slopes"]["observations"] == young


def test_sending_the_answer_back_gives_the_same(exchanges: ExchangeServer, call: Call) -> None:
    """Contracts, prices, returns and time, at a service that knows no exchange."""
    asked = question(instruments=[{"contract": BTC_PERPETUAL}, {"contract": {**BTC_PERPETUAL, "symbol": "ETHUSDT"}}])
    told = measure(exchanges, asked)

    legs = [{name: leg[name] for name in ("contract", "futures_price")} for leg in told["instruments"]]
    sent = {"instruments": legs, "prices": told["prices"], "series": told["series"], "as_of": told["as_of"]}
    again = answered(call("POST", PATH, json={**asked, **sent, "market": None}))

    for reply in (told, again):
        for name in ("provenance", "history", "instruments"):
            del reply[name]
        reply["warnings"] = [one for one in reply["warnings"] if not one["pointer"].startswith("#/instruments")]
    assert again == told


def test_contracts_of_two_exchanges_may_have_one_name(exchanges: ExchangeServer) -> None:
    """What Binance calls BTCUSDT and what Bybit calls ETHUSDT have a price each of their own."""
    world = exchanges.world
    legs = [named(world, listing(world, "binance", "BTC")), named(world, listing(world, "bybit", "ETH"))]
    told = measure(exchanges, question(instruments=[{"contract": leg} for leg in legs]))

    origins = [leg["futures_origin"] for leg in told["instruments"]]
    assert [origin["source"] for origin in origins] == ["binance", "bybit"]
    btc, eth = (float(leg["futures_price"]) for leg in told["instruments"])
    assert btc > 10 * eth


def test_betas_that_are_sent_are_not_used_and_that_is_said(call: Call) -> None:
    """They are measured here; what says so points at the holdings, since there is no weighting to point at."""
    held = [{**one, "beta": 1.5} for one in SEED["holdings"]]

    with_betas, without = (
        answered(call("POST", PATH, json={**SEED, "holdings": one})) for one in (held, SEED["holdings"])
    )

    assert codes(with_betas) == {"beta_ignored": ["#/holdings"]}
    assert with_betas["book"] == without["book"]


def test_money_has_no_ratio_and_needs_no_past_but_the_underlyings(exchanges: ExchangeServer) -> None:
    """Nothing is looked up of what stays at a dollar."""
    told = measure(exchanges, question(holdings=[{"asset": "USDC", "quantity": "5"}]))

    assert (told["book"], told["joint"], told["absent_reason"], told["assets"]) == ([], None, "no_exposure", [])
    assert told["series"]["returns"].keys() == {"BTC"}
    assert exchanges.count(*KLINES) == 1


_FULL = {"style": "linear", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"}


@pytest.mark.parametrize(
    ("asked", "code", "pointers"),
    [
        (
            question(instruments=[{"contract": _FULL}], prices={"SOL": "80", "ADA": "0.16"}),
            "price_missing",
            ["#/instruments/0/contract"],
        ),
        (
            question(market=..., prices={"SOL": "80", "ADA": "0.16"}),
            "inconsistent_question",
            ["#"],
        ),
        (question(market={"exchange": "median"}), "inconsistent_question", ["#/market/exchange"]),
        (question(as_of="2026-01-02T03:04:05Z"), "as_of_not_now", ["#/as_of"]),
        (
            question(instruments=[{"contract": {**BTC_PERPETUAL, "symbol": "NOPE"}}]),
            "not_listed",
            ["#/instruments/0/contract/symbol"],
        ),
        (
            question(
                instruments=[
                    {"contract": BTC_PERPETUAL},
                    {"contract": {**BTC_PERPETUAL, "exchange": "bingx", "symbol": "BTC-USDT"}},
                ]
            ),
            "inconsistent_question",
            ["#/instruments/1/contract"],
        ),
        (
            question(
                instruments=[{"contract": BTC_PERPETUAL}, {"contract": {**BTC_PERPETUAL, "symbol": "ETHPERP"}}],
                prices={"USDT": "1"},
            ),
            "currency_mismatch",
            ["#/instruments/1/contract"],
        ),
        (
            question(
                holdings=[{"asset": "SOL", "quantity": "1"}, {"asset": "NOPE", "quantity": "1"}], prices={"NOPE": "1"}
            ),
            "not_listed",
            ["#/holdings/1/asset"],
        ),
        (
            question(holdings=[{"asset": "SOL", "quantity": "9" * 15}]),
            "size_out_of_range",
            ["#/holdings"],
        ),
    ],
)
def test_what_has_no_answer_is_refused_with_its_places(
    exchanges: ExchangeServer, asked: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """Each with the places that stand in the way."""
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    assert refused(answer, asked) == (422, code, pointers)


def test_closes_that_can_not_be_had_now_are_named_with_their_places(exchanges: ExchangeServer) -> None:
    """503, and nothing is estimated."""
    fault = exchanges.inject(*KLINES, faults.maintenance())
    asked = question(series={"style": "window"})
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    assert fault.fired
    status, code, pointers = refused(answer, asked)
    assert (status, code) == (503, "price_unavailable")
    assert sorted(pointers) == ["#/holdings/0/asset", "#/holdings/1/asset", "#/instruments/0/contract"]


def test_contracts_are_looked_up_side_by_side(exchanges: ExchangeServer) -> None:
    """While the first exchange hangs the other is asked, too; the refusal is of the first, and has one patience."""
    world = exchanges.world
    legs = [named(world, listing(world, "bybit", "BTC")), named(world, listing(world, "mexc", "ETH"))]
    asked = question(instruments=[{"contract": leg} for leg in legs])
    exchanges.inject("api.bybit.com", "", faults.hang())
    with service_at(exchanges, HEDGE_PATIENCE_SECONDS="0.3") as ask:
        answer = ask("POST", PATH, json=asked)
        exchanges.wait_for(1, "api.mexc.com", "/api/v1/contract/detail")  # it may come after a busy machine's patience

    assert refused(answer, asked) == (503, "price_unavailable", ["#/instruments/0/contract/symbol"])
    assert exchanges.count("api.mexc.com", "/api/v1/contract/detail") == 1


def test_numpy_comes_in_with_the_first_question() -> None:
    """Not with the service, which most callers never ask for it."""
    script = (
        "import sys; from tests.conftest import caller, NO_LIMIT; from service.app import create_app; "
        "from service.api.openapi import examples; call = caller(create_app(NO_LIMIT)); "
        "assert 'numpy' not in sys.modules; "
        "assert call('POST', '/v1/hedge-ratio', json=examples.SEED_RATIO).status_code == 200; "
        "assert 'numpy' in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
