"""The question of how much to hedge, from bytes to bytes."""

import copy
import math
from decimal import Decimal
from typing import Any

import pytest

from service.api.openapi import examples
from service.app import create_app
from tests.api.truth import codes, follow, listing, named, refused
from tests.conftest import Call, caller
from tests.market.exchange import ExchangeServer

SEED: dict[str, Any] = examples.SEED_COVERAGE


def ask_coverage(call: Call, **question: Any) -> Any:
    """Ask a question that has to be answered."""
    answer = call("POST", "/v1/coverage", json=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_seeds_rule_is_answered_with_its_figures(call: Call) -> None:
    """The article's basket at beta 1.13: half removes 75 % and three quarters 93.75 % of what can be removed at all."""
    reply = ask_coverage(call, **SEED)

    rows = reply["frontier"]
    assert [row["coverage"] for row in rows] == ["0", "0.25", "0.5", "0.75", "1"]
    assert [row["share_of_attainable"] for row in rows] == [0, 0.4375, 0.75, 0.9375, 1]
    assert [row["variance_reduction"] for row in rows] == pytest.approx([0, 0.25375, 0.435, 0.54375, 0.58])
    assert (reply["beta_exposure"], reply["portfolio_beta"]) == ("11338", 1.1338)
    assert (rows[3]["notional"], rows[3]["exact_contracts"], rows[3]["cost"]) == ("8503.5", "1.41725", "8.5035")
    assert (rows[3]["liquidation_price"], rows[3]["liquidation_move"]) == ("101927.7", "0.698795")
    assert (reply["recommendation"]["coverage"], reply["recommendation"]["reason"]) == ("0.75", "cap")
    assert reply["recommendation"]["outcome"] == rows[3]
    assert reply["rule"]["attainable_variance_reduction"] == 0.58
    assert codes(reply) == {"assumed_risk": ["#/risk"], "cost_assumed": ["#/cost"]}


def test_the_chance_of_losing_the_hedge_is_that_of_reflection(call: Call) -> None:
    """Domain 5.8, written out once more: 6,000 behind all of it is lost within 30 days in one case of a hundred."""
    row = ask_coverage(call, **SEED)["frontier"][4]

    barrier = math.log(float(row["liquidation_price"]) / 60000)
    deviation = 0.6 * math.sqrt(30 / 365)
    drift = -(deviation**2) / 2

    def below(value: float) -> float:
        """Give the normal law's probability."""
        return math.erfc(-value / math.sqrt(2)) / 2

    chance = below((drift - barrier) / deviation) + math.exp(-barrier) * below((-drift - barrier) / deviation)
    assert row["touch_probability"] == pytest.approx(chance, rel=1e-9)
    assert 0.01 < chance < 0.02
    assert row["survives"] is False


@pytest.mark.parametrize("name", examples.COVERAGE)
def test_what_is_recommended_here_is_one_hedge_with_what_is_sized_there(call: Call, name: str) -> None:
    """The coverage goes to /v1/sizing as it is, and leads to the same value and the same contracts."""
    question = examples.COVERAGE[name]["value"]
    found = ask_coverage(call, **question)["recommendation"]

    kept = {part: question[part] for part in ("holdings", "contract", "prices", "as_of")}
    sized = call("POST", "/v1/sizing", json={**kept, "weighting": "beta", "coverage": found["coverage"]}).json()

    assert sized["exact_contracts"] == found["outcome"]["exact_contracts"]
    assert sized["target_notional"] == found["outcome"]["notional"]


def test_a_wallets_limit_survives_the_rounding_to_whole_contracts(call: Call) -> None:
    """1,700 behind contracts of 6,000 bear half of one and a bit: none, and not one, which is nearest."""
    found = ask_coverage(call, **{**SEED, "margin": {"wallet_balance": "1700"}})["recommendation"]

    kept = {part: SEED[part] for part in ("holdings", "contract", "prices", "as_of")}
    posted = {"coverage": found["coverage"], "rounding": found["rounding"], "weighting": "beta"}
    sized = call("POST", "/v1/sizing", json={**kept, **posted}).json()

    assert (found["reason"], found["rounding"]) == ("liquidation", "down")
    assert Decimal(sized["exact_contracts"]) > Decimal("0.5")
    assert (sized["recommended"], sized["candidates"][0]["contracts"]) == ("down", "0")


def test_what_carry_answers_is_what_a_hedge_costs_here(call: Call) -> None:
    """`cost_rate` of an option goes into the question as it is, and is all of the cost."""
    option = call("POST", "/v1/carry", json={**examples.SEED_CARRY, "horizon_days": 30}).json()["options"][0]

    reply = ask_coverage(call, **SEED, cost_rate=option["cost_rate"])

    assert (reply["cost"]["source"], reply["cost"]["rate"]) == ("sent", option["cost_rate"])
    assert Decimal(reply["frontier"][4]["cost"]) == Decimal(option["cost_rate"]) * 11338
    assert "cost_assumed" not in codes(reply)


def test_the_same_question_as_of_the_same_time_gets_the_same_bytes(call: Call) -> None:
    """And what the reply says it used is all that it used."""
    first = call("POST", "/v1/coverage", json=SEED)
    reply = first.json()
    again = call("POST", "/v1/coverage", json={**SEED, "prices": reply["prices"], "contract": reply["contract"]})

    assert again.content == first.content
    assert reply["provenance"].keys() == reply["prices"].keys()
    assert [reply[name] for name in ("weighting", "horizon_days", "risk_aversion", "confidence")] == [
        "beta",
        30.0,
        3.0,
        0.95,
    ]


def test_the_price_of_the_underlying_is_used_to_doubt_the_future(call: Call) -> None:
    """It is echoed then, and a future far from it is warned about."""
    reply = ask_coverage(call, **{**SEED, "prices": {**SEED["prices"], "BTC": "6000"}})

    assert reply["prices"]["BTC"] == "6000"
    assert codes(reply)["basis_implausible"] == ["#/prices/BTC-MINI"]


RETURNS = {"style": "returns", "portfolio": [0.01, -0.02, 0.03], "futures": [0.02, -0.01, 0.01]}


@pytest.mark.parametrize(
    ("changes", "code", "pointers"),
    [
        (
            {"risk": {"style": "assumed", "r_squared": 0.5, "residual_volatility": 0.5}},
            "inconsistent_question",
            ["#/risk/residual_volatility"],
        ),
        ({"risk": {**RETURNS, "futures": [0.02] * 4}}, "inconsistent_question", ["#/risk/portfolio"]),
        (
            {"cost_rate": "0", "funding_rate": "0", "fee_rate": "0"},
            "inconsistent_question",
            ["#/funding_rate", "#/fee_rate"],
        ),
        ({"risk": {**RETURNS, "portfolio": [0.01, None, 0.03]}}, "too_few_observations", ["#/risk"]),
        ({"risk": {**RETURNS, "portfolio": [0.01] * 3}}, "zero_variance", ["#/risk/portfolio"]),
        ({"risk": {**RETURNS, "futures": [0.01] * 3}}, "zero_variance", ["#/risk/futures"]),
        ({"margin": {"wallet_balance": "1", "leverage": "1"}}, "margin_conflict", ["#/margin/leverage"]),
        ({"margin": {"leverage": "21"}}, "leverage_out_of_range", ["#/margin/leverage"]),
        ({"margin": {"survive_move": "0.2"}}, "invalid_request", ["#/margin/survive_move"]),
        ({"coverages": []}, "invalid_request", ["#/coverages"]),
    ],
)
def test_what_has_no_answer_is_refused_with_every_place(
    call: Call, changes: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """422, and where to change what."""
    question = {**SEED, **changes}

    answer = call("POST", "/v1/coverage", json=question)

    assert refused(answer, question) == (422, code, pointers)


def test_funding_of_what_expires_is_refused(call: Call) -> None:
    """Its basis goes into cost_rate."""
    question = copy.deepcopy(SEED) | {"funding_rate": "0.0001"}
    question["contract"]["expiry"] = "2026-03-27T08:00:00Z"

    answer = call("POST", "/v1/coverage", json=question)

    assert refused(answer, question) == (422, "inconsistent_question", ["#/funding_rate"])


def test_a_beta_is_not_made_up(call: Call) -> None:
    """Without one the question is refused, unless every beta is to be 1."""
    question = copy.deepcopy(SEED)
    del question["holdings"][1]["beta"]

    answer = call("POST", "/v1/coverage", json=question)
    by_value = ask_coverage(call, **question, weighting="value")

    assert answer.json()["code"] == "beta_missing"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/holdings/1/beta"]
    assert by_value["portfolio_beta"] == 1
    assert "beta_ignored" in codes(by_value)


def test_a_warning_points_into_the_reply(call: Call) -> None:
    """Whoever follows the pointer finds what the warning is about."""
    question = copy.deepcopy(SEED) | {
        "coverages": ["1.5"],
        "margin": {"wallet_balance": "500"},
        "risk": {**RETURNS, "portfolio": [0.1, -0.2, 0.3]},
    }
    del question["contract"]["taker_fee_rate"]
    reply = ask_coverage(call, **question)

    expected = {"over_hedge", "low_sample", "cost_assumed", "wallet_too_small", "liquidation_near"}
    assert codes(reply).keys() >= expected
    for warning in reply["warnings"]:
        assert follow(reply, warning["pointer"]) is not None


def test_the_operator_sets_the_largest_hedge() -> None:
    """Of a full hedge, whatever is recommended of it."""
    answer = caller(create_app({"HEDGE_MAX_NOTIONAL": "11337.99"}))("POST", "/v1/coverage", json=SEED)

    assert refused(answer, SEED) == (422, "size_out_of_range", ["#/holdings"])


# What is looked up


@pytest.mark.parametrize(("exchange", "market"), [("bybit", "linear"), ("binance", "linear"), ("mexc", "inverse")])
def test_a_listed_contract_brings_its_price_and_its_terms(
    ask: Call, exchanges: ExchangeServer, *, exchange: str, market: Any
) -> None:
    """The frontier is that of the mark, of the fee and of the tiers that the exchange shows."""
    world = exchanges.world
    future = listing(world, exchange, "BTC", market)
    mark = world.truth(exchange, market, world.symbol(future)).mark
    wallet = "5000" if market == "linear" else "0.1"
    question = {
        "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.16}],
        "contract": named(world, future),
        "market": {"exchange": "binance"},
        "prices": {"USDT": "0.9996"} if market == "inverse" else {},
        "margin": {"wallet_balance": wallet},
    }

    reply = ask_coverage(ask, **question)
    contract, row = reply["contract"], reply["frontier"][4]

    assert Decimal(reply["futures_price"]) == mark
    assert reply["provenance"][world.symbol(future)]["source"] == exchange
    assert reply["provenance"]["SOL"]["source"] == "binance"
    assert reply["contract_source"]["source"] == exchange
    assert reply["cost"]["fee_rate"] == contract["taker_fee_rate"]
    kept = {part: reply[part] for part in ("prices", "contract", "as_of")}
    sized = ask(
        "POST",
        "/v1/sizing",
        json={**kept, "holdings": question["holdings"], "weighting": "beta", "rounding": "exact"}
        | {"margin": {"wallet_balance": wallet}},
    ).json()
    exact = next(one for one in sized["candidates"] if one["rounding"] == "exact")
    assert row["notional"] == exact["notional"]
    assert row["exact_contracts"] == exact["contracts"]
    assert row["liquidation_price"] == exact["margin"]["liquidation_price"]
    assert 0 <= row["touch_probability"] <= 1


def test_a_contradiction_is_refused_before_anybody_is_asked(ask: Call, exchanges: ExchangeServer) -> None:
    """No exchange hears of a question that has no answer anyway."""
    question = {**examples.LIVE_COVERAGE["listed"]["value"], "cost_rate": "0", "fee_rate": "0"}
    asked = len(exchanges.requests)

    answer = ask("POST", "/v1/coverage", json=question)

    assert refused(answer, question) == (422, "inconsistent_question", ["#/fee_rate"])
    assert len(exchanges.requests) == asked


def test_looked_up_prices_are_counted_with_their_age(ask: Call) -> None:
    """As of every answer that has some."""
    ask_coverage(ask, **examples.LIVE_COVERAGE["listed"]["value"])

    assert 'hedge_price_age_seconds_count{exchange="bybit"} 1.0' in ask("GET", "/metrics").text
