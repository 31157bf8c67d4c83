"""The effectiveness endpoint, from bytes to bytes: sent and looked up, sent back, and refused at its places."""

from itertools import pairwise
from statistics import linear_regression, variance
from typing import Any

import pytest

from service.api.openapi import examples
from tests.api.conftest import service_at
from tests.api.truth import answered, closes, codes, listing, refused
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults
from tests.market.exchange.world import World

PATH = "/v1/effectiveness"
CLOSED: dict[str, Any] = examples.CLOSED_HEDGE
LEGS: dict[str, Any] = examples.LEGS_EFFECTIVENESS
KLINES = ("api.binance.com", "/api/v3/klines")
PRICES = {"SOL": "150", "ADA": "0.44"}


def question(days: int = 60, **changes: Any) -> dict[str, Any]:
    """Ask how effective a hedge of two coins was by looked-up closes; a member that is `...` is left out."""
    asked = {
        "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
        "series": {"style": "window", "window_days": days},
        "market": {"exchange": "binance"},
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not ...}


def judge(exchanges: ExchangeServer, asked: dict[str, Any]) -> Any:
    """Ask a service that has time."""
    with service_at(exchanges) as ask:
        return answered(ask("POST", PATH, json=asked))


def true_returns(world: World, asset: str, days: int, interval: int = 1) -> list[float]:
    """Make the last returns of a coin at Binance from its true closes."""
    known = closes(world, listing(world, "binance", asset, "spot"))
    ends = sorted(known)[-(days // interval) * interval - 1 :: interval]
    return [known[end] / known[begin] - 1 for begin, end in pairwise(ends)]


def test_the_result_of_the_articles_hedge_adds_up(call: Call) -> None:
    """Six causes, in money, across and down; nothing else was asked, and it says so."""
    told = answered(call("POST", PATH, json=CLOSED))
    found = told["attribution"]

    assert [part["part"] for part in found["parts"]] == ["beta", "residual", "basis", "rounding", "funding", "fees"]
    assert sum(float(part["amount"]) for part in found["parts"]) == pytest.approx(float(found["net_pnl"]))
    assert (found["spot_pnl"], found["hedge_pnl"], found["net_pnl"]) == ("-1829", "1788", "-37.91")
    assert (told["judgement_reason"], told["dollar_offset_reason"]) == ("not_asked", "not_asked")
    assert (told["exposure"], told["holdings"], told["prices"], told["series"]) == (None, [], {}, None)


def test_a_hedge_that_was_is_judged_on_its_legs(call: Call) -> None:
    """One to one, with its basis told apart, and its money for the offset."""
    told = answered(call("POST", PATH, json=LEGS))
    found = told["judgement"]
    rows = [row for row in zip(LEGS["series"]["portfolio"], LEGS["series"]["futures"], strict=True) if None not in row]
    book, future = zip(*rows, strict=True)

    assert found["in_sample"]["hedge_ratio_source"] == "given"
    assert found["in_sample"]["variance"]["unhedged"] == pytest.approx(variance(book))
    assert found["in_sample"]["variance"]["hedged"] == pytest.approx(variance(one - other for one, other in rows))
    assert found["regression"]["slope"] == pytest.approx(linear_regression(future, book).slope)
    assert found["basis_risk"]["hedged_variance"]["total"] == pytest.approx(found["in_sample"]["variance"]["hedged"])
    assert told["dollar_offset"]["source"] == "changes"
    assert (found["out_of_sample_reason"], told["attribution_reason"]) == ("not_asked", "not_asked")
    assert {"low_r_squared", "rows_dropped"} <= codes(told).keys()


@pytest.mark.parametrize(("days", "interval"), [(180, 1), (200, 7)])
def test_looked_up_closes_are_those_of_the_named_exchange(exchanges: ExchangeServer, days: int, interval: int) -> None:
    """Each interval's return, of the coins and of bitcoin, whose spot stands for the future; the slope as elsewhere."""
    asked = question(series={"style": "window", "window_days": days, "interval_days": interval})
    told = judge(exchanges, asked)

    returns = {asset: true_returns(exchanges.world, asset, days, interval) for asset in ("SOL", "ADA", "BTC")}
    assert told["series"]["style"] == "returns"
    assert told["series"]["interval_days"] == told["judgement"]["interval_days"] == interval
    for asset, column in returns.items():
        assert told["series"]["returns"][asset] == pytest.approx(column, rel=1e-9)
    values = {line["asset"]: float(line["value"]) for line in told["holdings"]}
    total = sum(values.values())
    book = [sum(values[asset] / total * returns[asset][day] for asset in values) for day in range(days // interval)]
    assert told["judgement"]["in_sample"]["hedge_ratio"] == pytest.approx(linear_regression(returns["BTC"], book).slope)
    assert told["judgement"]["in_sample"]["variance"]["unhedged"] == pytest.approx(variance(book))
    history = told["history"]
    assert (history["source"], history["interval_days"]) == ("binance", interval)
    assert history["history_days"] == days // interval * interval
    assert codes(told)["spot_for_futures"] == ["#/judgement"]
    assert told["prices"].keys() == told["provenance"].keys() == {"SOL", "ADA"}
    assert told["provenance"]["SOL"]["source"] == "binance"


def test_half_a_year_is_walked_through_unasked(exchanges: ExchangeServer) -> None:
    """90 days estimate, 30 test: three windows of the last 90."""
    tested = judge(exchanges, question(180))["judgement"]["out_of_sample"]

    assert (tested["windows"], tested["observations"]) == (3, 90)


def test_sending_the_answer_back_gives_the_same(exchanges: ExchangeServer, call: Call) -> None:
    """Prices, returns and time, at a service that knows no exchange."""
    asked = question(holdings=[{"asset": "BABYDOGE", "quantity": "1000000000"}, {"asset": "USDT", "quantity": "5"}])
    told = judge(exchanges, asked)

    sent = {name: told[name] for name in ("prices", "series", "as_of", "walk_forward")}
    again = answered(call("POST", PATH, json={**asked, **sent, "market": None}))

    assert "rows_dropped" in codes(told)
    assert again.pop("history") is None
    assert told.pop("history")["series"].keys() == {"BABYDOGE", "BTC"}
    for reply in (told, again):
        del reply["provenance"]
    assert again == told


def test_nothing_is_looked_up_where_there_is_nothing_to_judge(exchanges: ExchangeServer) -> None:
    """Money has no exposure, and needs no past; the window comes back as it was asked."""
    told = judge(exchanges, question(holdings=[{"asset": "USDT", "quantity": "5"}]))

    assert (told["judgement"], told["judgement_reason"], told["history"]) == (None, "no_exposure", None)
    assert told["series"] == {"style": "window", "window_days": 60, "interval_days": 1}
    assert (told["prices"], told["provenance"]["USDT"]["source"]) == ({"USDT": "1"}, "definition")
    assert exchanges.count(*KLINES) == 0


def test_prices_that_were_sent_need_no_market(call: Call) -> None:
    """And betas that were sent have no say here, which is said."""
    returns = {"SOL": [0.02, -0.03, 0.015, 0.01], "BTC": [0.01, -0.02, 0.03, 0.02]}
    asked = question(
        holdings=[{"asset": "SOL", "quantity": "40", "beta": 1.2}],
        series={"style": "returns", "returns": returns},
        prices={"SOL": "150"},
        market=...,
    )
    told = answered(call("POST", PATH, json=asked))

    assert told["exposure"] == "6000"
    assert told["provenance"]["SOL"]["source"] == "request"
    assert codes(told)["beta_ignored"] == ["#/holdings"]


# What is refused


@pytest.mark.parametrize(
    ("asked", "code", "pointers"),
    [
        ({}, "inconsistent_question", ["#"]),
        (question(holdings=...), "inconsistent_question", None),
        (question(market=..., prices=PRICES), "inconsistent_question", ["#"]),
        (question(market={"exchange": "median"}), "inconsistent_question", ["#/market/exchange"]),
        (question(market=...), "price_missing", None),
        (question(prices=PRICES, as_of="2026-01-02T03:04:05Z"), "as_of_not_now", ["#/as_of"]),
        (question(holdings=[{"asset": "NOPE", "quantity": "1"}]), "not_listed", ["#/holdings/0/asset"]),
        (
            question(holdings=[{"asset": "NOPE", "quantity": "1"}], prices={"NOPE": "1"}),
            "not_listed",
            ["#/holdings/0/asset"],
        ),
        (question(underlying="NOPE"), "not_listed", ["#/underlying"]),
        (
            question(series={"style": "window", "window_days": 60, "interval_days": 30}),
            "too_few_observations",
            ["#/series"],
        ),
        (
            {**CLOSED, "position": {**CLOSED["position"], "side": "long"}},
            "inconsistent_question",
            ["#/position/coverage"],
        ),
        ({**LEGS, "series": {**LEGS["series"], "futures": [0] * 10}}, "zero_variance", ["#/series"]),
    ],
)
def test_what_has_no_answer_is_refused_at_its_place(
    exchanges: ExchangeServer, *, asked: dict[str, Any], code: str, pointers: list[str] | None
) -> None:
    """Each place is in the request, but for a member that is missing there."""
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    if pointers is None:
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    else:
        assert refused(answer, asked) == (422, code, pointers)


def test_closes_that_can_not_be_had_are_no_answer(exchanges: ExchangeServer) -> None:
    """503, at every coin and at the series for bitcoin, of which nobody said a word."""
    fault = exchanges.inject(*KLINES, faults.maintenance())
    asked = question(prices=PRICES)
    with service_at(exchanges) as ask:
        status, code, pointers = refused(ask("POST", PATH, json=asked), asked)

    assert fault.fired
    assert (status, code) == (503, "price_unavailable")
    assert sorted(pointers) == ["#/holdings/0/asset", "#/holdings/1/asset", "#/series"]
