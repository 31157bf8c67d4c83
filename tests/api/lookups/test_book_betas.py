"""Estimated betas of a book: against the world's true closes, in every question that takes them, sent back, refused."""

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import NormalDist
from threading import Event
from typing import Any

import numpy as np
import pytest

from service.api.openapi import examples
from service.app import create_app
from service.market.clock import Clock
from service.worker import QUEUE, Worker
from tests.api.conftest import PATIENT, service_at
from tests.api.truth import DAY_MS, answered, at_ms, closes, codes, listing, named, refused
from tests.conftest import NO_LIMIT, Call, shut_down
from tests.market.exchange import ExchangeServer, faults
from tests.market.exchange.world import World
from tests.openapi.asgi import Reader, Sent, deliver, scope_of

KLINES = ("api.binance.com", "/api/v3/klines")
OWN: dict[str, dict[str, Any]] = {
    "/v1/sizing": {},
    "/v1/scenarios": {"hedges": [{"coverage": "1"}], "moves": ["-0.2", "0.2"]},
    "/v1/coverage": {},
    "/v1/simulations": {"hedges": [{"coverage": "1", "leverage": "4"}], "horizon_days": 5, "paths": 1000},
}
"""What each question takes beside the book."""
CARRIED: dict[str, Any] = examples.SEED_CARRY
FULL = {**examples.SEED["contract"], "funding_interval_hours": 8}
SENT = {"SOL": "150", "ADA": "0.44", "BTC-MINI": "60000"}
RETURNS: dict[str, list[float | None]] = {
    "SOL": [0.031, -0.052, None, 0.018, -0.071, 0.044, 0.02, -0.03],
    "ADA": [0.01, -0.04, 0.01, 0.02, -0.05, 0.02, 0.03, -0.01],
    "BTC": [0.020, -0.031, 0.004, 0.011, -0.049, 0.025, 0.018, -0.021],
}


def question(path: str = "/v1/sizing", **changes: Any) -> dict[str, Any]:
    """Ask for a hedge by betas of the last 90 days; a member that is `...` is left out."""
    asked = {**examples.ESTIMATED, **OWN[path], **changes}
    return {name: value for name, value in asked.items() if value is not ...}


def of_then(path: str = "/v1/sizing", betas: Any = None, **changes: Any) -> dict[str, Any]:
    """Ask the same with returns, prices and terms sent."""
    series = {"style": "returns", "returns": RETURNS}
    sent = {"contract": FULL, "prices": SENT, "market": ..., "as_of": "2026-01-02T03:04:05Z"}
    return question(path, **{**sent, "betas": {"series": series, **(betas or {})}, **changes})


@pytest.fixture(scope="module")
def bot(exchange_server: ExchangeServer) -> Iterator[Call]:
    """Give a function that asks a service which has time, and keeps what it looked up for the next question."""
    with service_at(exchange_server) as ask:
        yield ask


def put(ask: Call, asked: dict[str, Any], path: str = "/v1/sizing") -> Any:
    """Ask what has to be answered."""
    return answered(ask("POST", path, json=asked))


def true_returns(world: World, exchange: str, asset: str, *, days: int, interval: int = 1) -> Any:
    """Make the returns of a coin's last days."""
    known = closes(world, listing(world, exchange, asset, "spot"))
    last = max(known)
    ends = [last - (days // interval - place) * interval * DAY_MS for place in range(days // interval + 1)]
    prices = np.array([known[end] for end in ends])
    return prices[1:] / prices[:-1] - 1


def fit(asset: Any, market: Any) -> tuple[float, float]:
    """Give numpy's slope and its error."""
    (slope, _), covariance = np.polyfit(market, asset, 1, cov=True)
    return float(slope), math.sqrt(covariance[0, 0])


# What is found


@pytest.mark.parametrize("exchange", ["binance", "bingx", "bybit", "weex"])
def test_a_bot_gets_betas_of_the_true_closes(bot: Call, exchanges: ExchangeServer, exchange: str) -> None:
    """One request: the slope by numpy, shrunk as Vasicek does, with its interval, its pair and its age."""
    world = exchanges.world
    told = put(bot, question(market={"exchange": exchange}))
    betas = told["betas"]

    market = true_returns(world, exchange, "BTC", days=90)
    last = max(closes(world, listing(world, exchange, "BTC", "spot")))
    for line in betas["assets"]:
        slope, error = fit(true_returns(world, exchange, line["asset"], days=90), market)
        weight = 0.2**2 / (0.2**2 + error**2)
        beta, reach = weight * slope + (1 - weight) * 1.09, NormalDist().inv_cdf(0.975) * math.sqrt(weight) * error
        found = line["estimate"]
        assert (line["source"], found["observations"]) == ("estimate", 90)
        assert (found["slope"], found["standard_error"]) == pytest.approx((slope, error), rel=1e-8)
        assert line["beta"] == found["beta"] == pytest.approx(beta, rel=1e-8)
        assert (found["beta_low"], found["beta_high"]) == pytest.approx((beta - reach, beta + reach), rel=1e-8)
        origin = betas["history"]["series"][line["asset"]]
        assert origin["symbol"] == world.symbol(listing(world, exchange, line["asset"], "spot"))
        assert origin["last_at"] == at_ms(last)
        assert 0 <= origin["age_seconds"] < 60
    assert betas["prior"] == {"mean": 1.09, "spread": 0.2}
    assert (betas["history"]["source"], betas["history"]["history_days"]) == (exchange, 90)


@pytest.mark.parametrize("path", OWN)
def test_every_question_is_answered_as_if_the_betas_had_been_sent(bot: Call, call: Call, path: str) -> None:
    """Those of the holdings are those told, and with them sent in their place everything else is the same."""
    told = put(bot, question(path), path)

    betas = {line["asset"]: line["beta"] for line in told["betas"]["assets"]}
    assert {line["asset"]: line["beta"] for line in told["holdings"]} == betas
    held = [{**line, "beta": betas[line["asset"]]} for line in examples.ESTIMATED["holdings"]]
    again = _send_back(call, told, path, holdings=held, betas=None)
    assert again.pop("betas") is None
    del told["betas"]
    assert again == told


@pytest.mark.parametrize(
    ("path", "method"),
    [*((path, "vasicek") for path in OWN), ("/v1/sizing", "ols"), ("/v1/sizing", "ewma")],
)
def test_sending_the_returns_back_estimates_the_same(bot: Call, call: Call, path: str, method: str) -> None:
    """With contract, prices, time, and how it was estimated: the same to the digit, but for where it was looked up."""
    told = put(bot, question(path, betas={"method": method, "confidence": 0.9}), path)
    used = told["betas"]

    names = ("method", "prior", "decay", "confidence", "series")
    again = _send_back(call, told, path, betas={name: used[name] for name in names})

    assert again["betas"].pop("history") is None
    assert used.pop("history") is not None
    assert again == told


def _send_back(call: Call, told: dict[str, Any], path: str, **changes: Any) -> dict[str, Any]:
    """Ask a service without exchanges with all that an answer shows, and drop from both what tells where it is from."""
    shown = {name: told[name] for name in ("contract", "prices", "as_of")}
    again: dict[str, Any] = put(call, question(path, **shown, market=..., **changes), path)
    for reply in (told, again):
        del reply["provenance"], reply["contract_source"]
    return again


def test_a_beta_that_was_sent_counts(ask: Call, exchanges: ExchangeServer) -> None:
    """Nothing is looked up of a coin that has one, of money, nor of what the contract follows beyond its closes."""
    book = [
        *({"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000", "beta": 1.4}),
        *({"asset": "BTC", "quantity": "0.01"}, {"asset": "USDC", "quantity": "50"}),
    ]
    told = put(ask, question(holdings=book))

    assert [(line["asset"], line["source"]) for line in told["betas"]["assets"]] == [
        ("SOL", "estimate"),
        ("ADA", "request"),
        ("BTC", "underlying"),
    ]
    assert told["betas"]["series"]["returns"].keys() == {"SOL", "BTC"}
    assert exchanges.count(*KLINES) == 2


def test_a_book_that_lacks_no_beta_needs_no_past(call: Call) -> None:
    """Nothing is looked up, whatever the underlying; the stress beta stands there all the same."""
    asked = of_then(
        holdings=[{"asset": "SOL", "quantity": "40", "beta": 1.2}],
        contract={**FULL, "underlying": "ETC"},
        betas={"series": None},
    )
    told = put(call, asked)["betas"]

    assert (told["series"], told["history"], told["prior"]) == (None, None, None)
    assert told["assets"][0]["estimate"] is None
    assert told["stress"]["beta"] > 0


def test_weeks_are_as_good_as_days(bot: Call, exchanges: ExchangeServer) -> None:
    """Twelve returns of a week in 90 days, which don't overlap; and a warning that twelve are few."""
    told = put(bot, question(betas={"method": "ols", "window_days": 90, "interval_days": 7}))

    market = true_returns(exchanges.world, "binance", "BTC", days=90, interval=7)
    slope, _ = fit(true_returns(exchanges.world, "binance", "SOL", days=90, interval=7), market)
    assert told["betas"]["assets"][0]["beta"] == pytest.approx(slope, rel=1e-8)
    assert told["betas"]["series"]["interval_days"] == told["betas"]["history"]["interval_days"] == 7
    assert codes(told)["low_sample"] == [f"#/betas/assets/{index}/estimate/observations" for index in (0, 1)]


def test_a_young_coin_has_fewer_observations_and_takes_none_from_others(bot: Call) -> None:
    """BABYDOGE is 45 days old."""
    book = [{"asset": "SOL", "quantity": "40"}, {"asset": "BABYDOGE", "quantity": "1000000000"}]
    told = put(bot, question(holdings=book))

    counts = [line["estimate"]["observations"] for line in told["betas"]["assets"]]
    assert counts[0] == 90
    assert counts[1] in {42, 43}
    assert told["betas"]["stress"]["absent_reason"] == "unknown"
    assert told["betas"]["stress_beta_exposure"] is None


def test_betas_to_ether_have_a_prior_of_their_own(bot: Call, exchanges: ExchangeServer) -> None:
    """Altcoins move less with ETH than with BTC."""
    contract = named(exchanges.world, listing(exchanges.world, "bybit", "ETH"))
    told = put(bot, question(contract=contract))["betas"]

    assert (told["underlying"], told["prior"]) == ("ETH", {"mean": 0.92, "spread": 0.14})
    assert told["history"]["series"].keys() == {"SOL", "ADA", "ETH"}


def test_coins_move_by_their_estimated_betas(call: Call) -> None:
    """A fall of 20 % of the underlying takes beta x 20 % from each: 4 % of 8,200 at a portfolio beta of about 1.2."""
    told = answered(call("POST", "/v1/scenarios", json=of_then("/v1/scenarios")))

    betas = {line["asset"]: line["beta"] for line in told["betas"]["assets"]}
    fall = -0.2 * (6000 * betas["SOL"] + 2200 * betas["ADA"])
    assert float(told["scenarios"][0]["spot_pnl"]) == pytest.approx(fall, abs=1e-6)


def test_the_chart_of_scenarios_is_drawn_with_them(call: Call) -> None:
    """A chart of a question whose holdings bring no beta."""
    answer = call("POST", "/v1/scenarios", json=of_then("/v1/scenarios"), headers={"accept": "image/svg+xml"})

    assert answer.status_code == 200
    assert b"<svg" in answer.content


def test_past_days_of_a_model_and_betas_come_together(ask: Call, exchanges: ExchangeServer) -> None:
    """Each tells its own days; a bootstrap is hedged by the estimated betas."""
    asked = question("/v1/simulations", model={"style": "bootstrap", "history_days": 60})
    told = put(ask, asked, "/v1/simulations")

    assert told["history"]["history_days"] == 60
    assert told["betas"]["history"]["history_days"] == 90
    assert told["holdings"][0]["beta"] == told["betas"]["assets"][0]["beta"]
    assert exchanges.count(*KLINES) == 3


def test_prices_are_looked_at_once_more_after_the_wait_for_closes(exchanges: ExchangeServer) -> None:
    """A slow history makes them older: they are fetched anew, or told with the age that they have by then."""
    exchanges.inject(*KLINES, faults.slow(1.5))
    with service_at(exchanges) as ask:
        told = put(ask, question(market={"exchange": "binance", "max_age_seconds": 20}))

    ages = [told["provenance"][asset]["age_seconds"] for asset in ("SOL", "ADA")]
    assert min(ages) > 1.4 or exchanges.count("api.binance.com", "/api/v3/ticker/price") > 1


# What is refused


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize(
    ("changes", "code", "pointers"),
    [
        ({"weighting": "value"}, "inconsistent_question", ["#/betas"]),
        ({"betas": {"method": "ols", "prior": {"mean": 1, "spread": 1}}}, "inconsistent_question", ["#/betas/prior"]),
        ({"betas": {"series": {"style": "returns", "returns": {"SOL": [0.1] * 3}}}}, "inconsistent_question", ...),
        ({"betas": {}, "market": ...}, "inconsistent_question", ["#/betas"]),
        ({"betas": {}, "market": {"exchange": "median"}}, "inconsistent_question", ["#/market/exchange"]),
        ({"betas": {}, "market": {"exchange": "binance"}}, "as_of_not_now", ["#/as_of"]),
        ({"contract": {**FULL, "underlying": "ETC"}}, "inconsistent_question", ["#/betas"]),
        ({"contract": {**FULL, "expiry": "2026-01-01T00:00:00Z"}}, "expired_contract", ...),
        (
            {"holdings": [{"asset": "SOL", "quantity": "1", "beta": beta} for beta in (1, 2)]},
            "duplicate_symbol_beta_conflict",
            ["#/holdings/1/beta"],
        ),
        (
            {"betas": {"series": {"style": "returns", "returns": {**RETURNS, "ADA": [None, 0.1, *[None] * 6]}}}},
            "too_few_observations",
            ["#/holdings/1/asset"],
        ),
        (
            {"betas": {"series": {"style": "returns", "returns": {**RETURNS, "BTC": [0.01] * 8}}}},
            "zero_variance",
            ["#/betas"],
        ),
        (
            {"betas": {"series": {"style": "returns", "returns": {**RETURNS, "SOL": [0] * 8}}}},
            "zero_variance",
            ["#/holdings/0/asset"],
        ),
    ],
)
def test_betas_that_can_not_be_estimated_are_refused(
    call: Call, path: str, changes: dict[str, Any], code: str, pointers: Any
) -> None:
    """By every question alike, each with the places that ask for them."""
    asked = of_then(path)
    wrong = {name: value for name, value in {**asked, "prices": SENT, **changes}.items() if value is not ...}
    answer = call("POST", path, json=wrong)

    status, told, places = refused(answer, wrong)
    assert (status, told) == (422, code)
    if pointers is not ...:
        assert places == pointers


@pytest.mark.parametrize(
    ("asked", "code", "pointers"),
    [
        (
            question(
                holdings=[{"asset": name, "quantity": "1"} for name in ("SOL", "NOPE", "XMR")],
                prices={"NOPE": "1", "XMR": "300"},
            ),
            "not_listed",
            ["#/holdings/1/asset", "#/holdings/2/asset"],
        ),
        (
            question(holdings=[{"asset": name, "quantity": "1"} for name in ("SOL", "LUNC")]),
            "stale_price",
            ["#/holdings/1/asset"],
        ),
        (
            question(betas={"window_days": 5, "interval_days": 2}),
            "too_few_observations",
            ["#/holdings/0/asset", "#/holdings/1/asset"],
        ),
        (
            question(betas={"window_days": 3, "interval_days": 30}),
            "too_few_observations",
            ["#/holdings/0/asset", "#/holdings/1/asset"],
        ),
    ],
)
def test_past_days_that_are_not_to_be_had_are_refused(
    bot: Call, asked: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """At every coin that it concerns."""
    assert refused(bot("POST", "/v1/sizing", json=asked), asked) == (422, code, pointers)


def test_the_beta_of_a_coin_that_is_not_listed_is_what_it_takes(bot: Call) -> None:
    """Its price does not do, which a bot is told that was told before to send it; its beta does."""
    held = {"asset": "NOPE", "quantity": "1"}
    asked = question(holdings=[{"asset": "SOL", "quantity": "40"}, held], prices={"NOPE": "1"})
    answer = bot("POST", "/v1/sizing", json=asked)
    told = put(bot, {**asked, "holdings": [asked["holdings"][0], {**held, "beta": 1.2}]})

    assert refused(answer, asked) == (422, "not_listed", ["#/holdings/1/asset"])
    assert answer.json()["detail"].endswith("or a beta where one is estimated: a price does not do")
    assert [line["source"] for line in told["betas"]["assets"]] == ["estimate", "request"]


def test_closes_that_ended_long_ago_are_refused_with_their_age(exchanges: ExchangeServer) -> None:
    """At the coins, and at the betas for what the contract follows; nothing of today is said by them."""
    exchanges.inject(*KLINES, faults.rows_cut(0.1))
    asked = question()
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/sizing", json=asked)

    places = ["#/holdings/0/asset", "#/holdings/1/asset", "#/betas"]
    assert refused(answer, asked) == (422, "stale_price", places)
    assert " h old, and 36 h are the most" in answer.json()["detail"]


def test_closes_that_can_not_be_had_now_are_no_reason_to_guess(exchanges: ExchangeServer) -> None:
    """503, though all prices were sent."""
    exchanges.inject(*KLINES, faults.maintenance())
    asked = of_then(betas={"series": None}, market={"exchange": "binance"}, as_of=...)
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/sizing", json=asked)

    places = ["#/holdings/0/asset", "#/holdings/1/asset", "#/betas"]
    assert refused(answer, asked) == (503, "price_unavailable", places)


def test_nothing_is_looked_up_for_a_question_that_has_no_answer(ask: Call, exchanges: ExchangeServer) -> None:
    """Exchanges grant few histories at once."""
    wrongs: tuple[dict[str, Any], ...] = (
        {"contract": {**FULL, "expiry": "2020-01-01T00:00:00Z"}},
        {"contract": {**FULL, "underlying": "ETC"}},
        {"contract": {**FULL, "symbol": "SOL"}},
        {"prices": {"SOL": "150", "ADA": "0.44"}},
        {"holdings": [{"asset": "SOL", "quantity": "1", "beta": beta} for beta in (1, 2)]},
    )
    usual: dict[str, Any] = {"betas": {"series": None}, "market": {"exchange": "binance"}, "as_of": ...}
    answers = [ask("POST", "/v1/sizing", json=of_then(**{**usual, **wrong})) for wrong in wrongs]

    assert {answer.status_code for answer in answers} == {422}
    assert exchanges.count(*KLINES) == 0


# How it is done


def _long() -> dict[str, Any]:
    """Ask with more returns than are counted while others wait: a thousand of each of five assets."""
    names = ("SOL", "ADA", "DOT", "XRP", "BTC")
    many = {
        name: [math.sin(day * (place + 1)) / 50 for day in range(1000)] for place, name in enumerate(names, start=1)
    }
    held = [{"asset": name, "quantity": "1"} for name in names[:-1]]
    prices = {**dict.fromkeys(names[:-1], "1"), "BTC-MINI": "60000"}
    return of_then(betas={"series": {"style": "returns", "returns": many}}, holdings=held, prices=prices)


def test_many_returns_take_their_turn_in_the_worker() -> None:
    """Where it has enough to do they are refused, while few are answered at once."""

    async def crowd() -> list[int]:
        """Ask a service whose worker is busy, and again when it is not."""
        app, released = create_app(NO_LIMIT), Event()
        few, many = (Sent("POST", "/v1/sizing", json.dumps(asked).encode()) for asked in (of_then(), _long()))
        scope: Any = scope_of(few)
        await app(scope, Reader({"type": "http.request", "body": few.body, "more_body": False}).receive, _forget)
        worker: Worker = scope["litestar_app"].state.worker
        jobs = [asyncio.create_task(worker.run(released.wait)) for _ in range(QUEUE + 1)]
        await asyncio.sleep(0)
        busy = await deliver(app, [few, many])
        released.set()
        await asyncio.gather(*jobs)
        return [answer.status for answer in (*busy, *await deliver(app, [many]))]

    assert asyncio.run(crowd()) == [200, 503, 200]


class Late:
    """A worker of which each turn comes five seconds after it is asked for."""

    def __init__(self, worker: Worker, pass_time: Callable[[float], None]) -> None:
        """Take who does the work, and what makes time pass."""
        self._worker = worker
        self._pass = pass_time

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Let the time pass, and do it."""
        self._pass(5.0)
        return await self._worker.run(function, *args)


@pytest.mark.parametrize("path", ["/v1/sizing", "/v1/carry"])
def test_prices_are_looked_at_once_more_after_the_turn_in_the_worker(path: str, exchanges: ExchangeServer) -> None:
    """The answer says how old they are by then, not how old they were before it."""
    ahead = [0.0]
    clock = Clock(steady=lambda: Clock().steady() + sum(ahead))
    sized = {**_long(), "prices": {"BTC-MINI": "60000"}, "market": {"exchange": "binance", "max_age_seconds": 60}}
    del sized["as_of"]
    book = {name: sized[name] for name in ("holdings", "market", "weighting", "betas")}
    questions = {
        "/v1/sizing": sized,
        "/v1/carry": {"book": book, "horizon_days": 30, "instruments": CARRIED["instruments"][:1]},
    }

    async def ask() -> Any:
        """Ask a service whose worker is late."""
        app = create_app({**NO_LIMIT, **PATIENT, "HEDGE_UPSTREAM": exchanges.url}, clock=clock)
        scope: Any = scope_of(Sent("GET", "/health/live", headers=()))
        await app(scope, Reader({"type": "http.request", "body": b"", "more_body": False}).receive, _forget)
        state = scope["litestar_app"].state
        state.worker = Late(state.worker, ahead.append)
        (answer,) = await deliver(app, [Sent("POST", path, json.dumps(questions[path]).encode())])
        await shut_down(app)
        return answer.content

    told = asyncio.run(ask())
    origins = told["provenance"] if path == "/v1/sizing" else told["book"]["provenance"]

    assert min(origins[asset]["age_seconds"] for asset in ("SOL", "ADA", "DOT", "XRP")) >= 5


async def _forget(_: Any) -> None:
    """Take what an application sends."""


def test_no_estimate_brings_numpy_in() -> None:
    """A service that only sizes stays small."""
    script = (
        "import sys, json; from tests.conftest import caller, NO_LIMIT; from service.app import create_app; "
        "answer = caller(create_app(NO_LIMIT))('POST', '/v1/sizing', json=json.load(sys.stdin)); "
        "sys.exit(answer.status_code != 200 or 'numpy' in sys.modules)"
    )

    told = subprocess.run([sys.executable, "-c", script], input=json.dumps(of_then()).encode(), check=False)

    assert told.returncode == 0
