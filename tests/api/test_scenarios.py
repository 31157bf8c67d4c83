"""The scenarios endpoint, from bytes to bytes: given and listed contracts, stresses, large grids, charts, refusals."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from service.api.openapi import examples
from tests.api.charts.test_line_charts import read
from tests.api.conftest import service_at
from tests.api.truth import answered, codes, listing, named, refused
from tests.conftest import Call
from tests.market.exchange import ExchangeServer

TABLE: dict[str, Any] = examples.TABLE
CRASHES: dict[str, Any] = examples.CRASHES
UNMARGINED = {name: value for name, value in TABLE.items() if name != "margin"}


def play(call: Call, **question: Any) -> Any:
    """Play scenarios of the article's basket."""
    return answered(call("POST", "/v1/scenarios", json={**TABLE, **question}))


def refuse(call: Call, **question: Any) -> httpx.Response:
    """Ask what has no answer."""
    return call("POST", "/v1/scenarios", json={**TABLE, **question})


def test_the_corrected_table_of_the_article(call: Call) -> None:
    """Hedged in full nothing is left of either move; without a hedge all of it; exact, and as strings."""
    reply = play(call)

    assert [hedge["net_pnl"] for hedge in reply["hedges"]] == [
        ["0", "0"],
        ["-500", "500"],
        ["-1000", "1000"],
        ["-2000", "2000"],
    ]
    assert [hedge["net_return"][0] for hedge in reply["hedges"]] == ["0", "-0.05", "-0.1", "-0.2"]
    assert [hedge["loss_limit_move"] for hedge in reply["hedges"]] == [None, "-0.6", "-0.3", "-0.15"]
    assert (reply["side"], reply["exposure"], reply["return_reason"], reply["warnings"]) == ("short", "10000", None, [])


def test_five_percent_margin_is_gone_before_the_rise_is_over(call: Call) -> None:
    """The contract's initial margin of 500 is lost at 62,749, and a warning says so."""
    reply = answered(call("POST", "/v1/scenarios", json=UNMARGINED))
    full = reply["hedges"][0]

    assert full["status"] == ["ok", "liquidated"]
    assert full["net_pnl"] == ["0", "1500"]
    assert full["liquidation_move"] == full["margin"]["liquidation_move"] == "0.04581667"
    assert {note["code"] for note in reply["warnings"]} == {"liquidated"}


def test_the_same_question_as_of_the_same_time_gets_the_same_bytes(call: Call) -> None:
    """Nothing in an answer depends on when or where it is computed; what was used reproduces it."""
    first, second = (call("POST", "/v1/scenarios", json=CRASHES) for _ in range(2))
    again = call("POST", "/v1/scenarios", json={**CRASHES, **{k: first.json()[k] for k in ("prices", "contract")}})

    assert first.content == second.content == again.content


def test_a_question_without_a_time_is_answered_as_of_now(call: Call) -> None:
    """The time is echoed."""
    reply = play(call, as_of=None)

    assert play(call, as_of=reply["as_of"]) == reply


def test_crashes_are_played_in_their_order_with_their_definitions(call: Call) -> None:
    """Moves, then stresses, then shocks; what was not known of a coin is named."""
    reply = answered(call("POST", "/v1/scenarios", json=CRASHES))
    by_name = {scenario["name"]: scenario for scenario in reply["scenarios"]}

    assert list(by_name) == [*CRASHES["moves"], *CRASHES["stresses"], "BTC up, coins down"]
    assert by_name["luna-2022-05"]["by_beta"] == ["TON"]
    assert by_name["luna-2022-05"]["known_by"] == "closes"
    assert "2022-05-12" in by_name["luna-2022-05"]["definition"]
    assert by_name["-0.3"]["definition"] is None
    assert reply["hedges"][0]["status"][4] == "lost"


def test_a_listed_contract_and_looked_up_prices_are_played(exchanges: ExchangeServer) -> None:
    """Terms, mark and coins come from the exchanges, with their ages; the hedge is worth what was asked for."""
    one = listing(exchanges.world, "bybit", "BTC")
    question = {**examples.LIVE_SCENARIOS["listed"]["value"], "contract": named(exchanges.world, one)}

    with service_at(exchanges) as ask:
        reply = answered(ask("POST", "/v1/scenarios", json=question))
    (hedge,) = reply["hedges"]

    assert reply["contract_source"]["source"] == "bybit"
    assert reply["provenance"]["SOL"]["source"] == "binance"
    assert reply["futures_price"] == reply["prices"][reply["contract"]["symbol"]]
    assert Decimal(hedge["notional"]) == pytest.approx(Decimal("0.75") * Decimal(reply["beta_exposure"]))
    assert [scenario["known_by"] for scenario in reply["scenarios"]] == [None, None, "lows"]
    assert "lows_not_of_one_moment" in codes(reply)


@pytest.mark.parametrize(
    ("question", "code", "pointers"),
    [
        pytest.param({"moves": []}, "inconsistent_question", ["#"], id="nothing happens"),
        pytest.param(
            {"hedges": [{}, {"coverage": "1"}, {"coverage": "1", "contracts": "1"}]},
            "inconsistent_question",
            ["#/hedges/0", "#/hedges/2"],
            id="sizes",
        ),
        pytest.param(
            {"stresses": ["covid-2020-03"]},
            "stress_data_missing",
            ["#/holdings/0/asset", "#/holdings/2/asset"],
            id="coins that were not there",
        ),
        pytest.param(
            {"hedges": [{"contracts": "999999999999"}]}, "size_out_of_range", ["#/hedges/0"], id="a slip of units"
        ),
        pytest.param({"funding_rate": "0.0001"}, "inconsistent_question", ["#/funding_rate"], id="no interval"),
        pytest.param(
            {"margin": {"leverage": "1", "wallet_balance": "1"}},
            "margin_conflict",
            ["#/margin/leverage"],
            id="two margins",
        ),
    ],
)
def test_what_has_no_answer_is_refused_with_its_places(
    call: Call, question: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """A stable code, and a pointer to each place to change."""
    assert refused(refuse(call, **question), {**TABLE, **question}) == (422, code, pointers)


def test_a_stress_that_nobody_knows_is_an_invalid_request(call: Call) -> None:
    """By its place, before anything is looked up."""
    question = {**TABLE, "stresses": ["mtgox-2014-02"]}

    answer = call("POST", "/v1/scenarios", json=question)

    assert refused(answer, question) == (422, "invalid_request", ["#/stresses/0"])


def test_a_large_grid_is_played_in_the_worker(call: Call) -> None:
    """10,000 cells, answered column by column: each as in a small question."""
    moves, shares = [f"0.{number:03}" for number in range(500)], [f"0.{number:02}" for number in range(20)]

    large = play(call, moves=moves, hedges=[{"coverage": share} for share in shares])
    small = play(call, moves=moves[7::100], hedges=[{"coverage": shares[3]}])

    assert len(large["hedges"]) == 20
    assert all(len(hedge["net_pnl"]) == len(large["scenarios"]) == 500 for hedge in large["hedges"])
    for column in ("net_pnl", "hedge_pnl", "status", "equity", "top_up"):
        assert large["hedges"][3][column][7::100] == small["hedges"][0][column]


def draw(call: Call, **question: Any) -> Any:
    """Ask for a chart."""
    answer = call("POST", "/v1/scenarios", json={**UNMARGINED, **question}, headers={"Accept": "image/svg+xml"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    return read(answer.content)


def test_the_chart_shows_each_hedge_and_where_it_is_liquidated(call: Call) -> None:
    """From the outermost fall to the outermost rise, with the coins alone for comparison, once."""
    picture = draw(call)

    assert picture.title == "10000 of coins hedged in BTC-MINI, 2026-01-02 03:04 UTC"
    assert picture.description == (
        "Net return, % of the exposure, against the move of BTC. "
        "not hedged: -20.00 % at -20.00 % and 20.00 % at +20.00 %; "
        "100 % hedged: 0.00 % at -20.00 % and 15.00 % at +20.00 %, liquidated at +4.58 %; "
        "75 % hedged: -5.00 % at -20.00 % and 16.25 % at +20.00 %, liquidated at +4.58 %; "
        "50 % hedged: -10.00 % at -20.00 % and 17.50 % at +20.00 %, liquidated at +4.58 %."
    )


def test_the_chart_of_a_large_grid_is_drawn_too(call: Call) -> None:
    """In the dark, with stresses, and with more hedges than can be told apart."""
    hedges = [{"coverage": f"0.{number:02}"} for number in range(1, 21)]

    picture = draw(call, hedges=hedges, stresses=["luna-2022-05"], theme="dark", moves=["-0.5", "0.9"])

    assert "9 more not shown" in picture.description


def test_there_is_no_chart_of_a_book_without_exposure(call: Call) -> None:
    """Nothing to take percents of."""
    book = {"holdings": [{"asset": "USDT", "quantity": "100"}], "prices": {"USDT": "1", "BTC-MINI": "60000"}}

    assert draw(call, **book, hedges=[{"coverage": "1"}]).description == "Nothing to draw"
