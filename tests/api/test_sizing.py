"""The sizing endpoint, from bytes to bytes."""

import copy
from typing import Any

import pytest

from service.api.openapi import examples
from service.app import create_app
from tests.conftest import Call, caller

SEED: dict[str, Any] = examples.SEED


def test_the_seed_example_is_answered_to_the_last_digit(call: Call) -> None:
    """The article's basket: 1.67 contracts, 60 % or 120 %, liquidated at 62,749."""
    reply = call("POST", "/v1/sizing", json=examples.SEED).json()

    down, up = reply["candidates"]
    assert reply["exact_contracts"] == "1.666666666666666667"
    assert (down["contracts"], down["coverage"], down["residual_exposure"]) == ("1", "0.6", "4000")
    assert (up["contracts"], up["coverage"], up["residual_exposure"]) == ("2", "1.2", "-2000")
    assert (down["deviation"], up["deviation"]) == ("-0.4", "0.2")
    assert down["margin"]["initial"] == "300"
    assert down["margin"]["maintenance"] == "24"
    assert down["margin"]["liquidation_price"] == up["margin"]["liquidation_price"] == "62749"
    assert down["margin"]["liquidation_move"] == "0.04581667"
    assert (reply["recommended"], reply["reason"], reply["warnings"]) == ("up", "nearest", [])


def test_the_same_question_as_of_the_same_time_gets_the_same_bytes(call: Call) -> None:
    """Nothing in an answer depends on when or where it is computed."""
    first, second = (call("POST", "/v1/sizing", json=SEED).content for _ in range(2))

    assert first == second


def test_posting_the_prices_back_reproduces_the_answer(call: Call) -> None:
    """What the reply says it used is all that it used."""
    question = {**SEED, "prices": {**SEED["prices"], "XRP": "0.5"}}
    reply = call("POST", "/v1/sizing", json=question).json()

    again = call("POST", "/v1/sizing", json={**question, "prices": reply["prices"], "contract": reply["contract"]})

    assert [warning["code"] for warning in reply["warnings"]] == ["unused_prices"]
    assert {**again.json(), "warnings": reply["warnings"]} == reply


def test_a_question_without_a_time_is_answered_as_of_now(call: Call) -> None:
    """The time is echoed, so that the answer can be had again."""
    question = {name: value for name, value in SEED.items() if name != "as_of"}
    reply = call("POST", "/v1/sizing", json=question).json()

    again = call("POST", "/v1/sizing", json={**question, "as_of": reply["as_of"]}).json()

    assert reply["as_of"].endswith("Z")
    assert again == reply


def test_every_price_says_where_it_came_from(call: Call) -> None:
    """One line of provenance a price, and no price without one."""
    reply = call("POST", "/v1/sizing", json=SEED).json()

    given: dict[str, Any] = {
        "source": "request",
        "exchanges": [],
        "kind": None,
        "symbol": None,
        "as_of": None,
        "age_seconds": None,
        "converted_at": None,
    }
    assert list(reply["provenance"].values()) == [given] * len(reply["prices"])
    assert list(reply["provenance"]) == list(reply["prices"])


def test_the_reply_shows_the_terms_that_were_used(call: Call) -> None:
    """Defaults included: what was not sent is shown as what it was taken for."""
    contract = call("POST", "/v1/sizing", json=SEED).json()["contract"]

    assert contract.items() >= SEED["contract"].items()
    assert (contract["lot_step"], contract["expiry"], contract["order_unit"]) == ("1", None, "contract")


def test_every_missing_price_is_named_at_once(call: Call) -> None:
    """422 price_missing, with a pointer to each."""
    answer = call("POST", "/v1/sizing", json={**SEED, "prices": {"SOL": "150"}})

    assert answer.status_code == 422
    assert answer.json()["code"] == "price_missing"
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "#/prices/ADA",
        "#/prices/DOT",
        "#/prices/BTC-MINI",
    ]


@pytest.mark.parametrize("pointer", ["#/candidates/1", "#/contract/expiry", "#/coverage", "#/prices"])
def test_a_warning_points_into_the_reply(call: Call, pointer: str) -> None:
    """Whoever follows the pointer finds what the warning is about."""
    question = copy.deepcopy(SEED) | {"coverage": "2"}
    question["contract"]["expiry"] = "2026-01-03T00:00:00Z"
    question["prices"]["XRP"] = "0.5"
    reply = call("POST", "/v1/sizing", json=question).json()

    place: Any = reply
    for step in pointer.removeprefix("#/").split("/"):
        place = place[int(step) if isinstance(place, list) else step]

    assert pointer in {warning["pointer"] for warning in reply["warnings"]}
    assert place is not None


def test_a_symbol_of_two_currencies_is_one_step_of_a_pointer(call: Call) -> None:
    """Libraries name a contract BTC/USDT:USDT; in a pointer its slash is escaped (RFC 6901)."""
    question = copy.deepcopy(SEED)
    question["contract"]["symbol"] = "BTC/USDT:USDT"
    question["prices"] |= {"BTC": "6000", "BTC/USDT:USDT": question["prices"].pop("BTC-MINI")}

    reply = call("POST", "/v1/sizing", json=question).json()

    assert [warning["pointer"] for warning in reply["warnings"]] == ["#/prices/BTC~1USDT:USDT"]
    assert reply["candidates"][0]["order"]["symbol"] == "BTC/USDT:USDT"


def test_the_operator_sets_the_largest_hedge() -> None:
    """Above the ceiling a size is most often a slip of units, and is refused."""
    call = caller(create_app({"HEDGE_MAX_NOTIONAL": "11999.99"}))

    answer = call("POST", "/v1/sizing", json=SEED)

    assert (answer.status_code, answer.json()["code"]) == (422, "size_out_of_range")
