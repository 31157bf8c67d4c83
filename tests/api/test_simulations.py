"""The simulations endpoint, from bytes to bytes: sent and looked up, drawn, refused, and left alone."""

import asyncio
import json
import re
import subprocess
import sys
from typing import Any

import pytest

from service.api.openapi import answers, examples
from service.app import create_app
from tests.answers import answer_examples
from tests.api.charts.test_line_charts import read
from tests.api.conftest import service_at
from tests.conftest import NO_LIMIT, Call
from tests.market.exchange import ExchangeServer
from tests.openapi.asgi import Sent, scope_of

SEED: dict[str, Any] = examples.SEED_SIMULATION
PATH = "/v1/simulations"
LISTED = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
    "hedges": [{"coverage": "1", "leverage": "5"}],
    "paths": 2000,
}


def ask_simulation(call: Call, **changes: Any) -> Any:
    """Ask the example's question with changes, of few paths."""
    answer = call("POST", PATH, json={**SEED, "paths": 2000, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_answer_that_is_shown_is_the_one_that_is_given() -> None:
    """The document does not simulate; what it shows was, and is still so."""
    assert answer_examples() == answers.ANSWERS


def test_the_same_question_gets_the_same_bytes(call: Call) -> None:
    """Twice in one process; and another seed gets others."""
    question = {**SEED, "paths": 5000}

    first, again, other = (
        call("POST", PATH, json=one).content for one in (question, question, {**question, "seed": 1})
    )

    assert first == again
    assert first != other


def test_another_process_gives_the_same_bytes(call: Call) -> None:
    """Nothing depends on what was asked before, nor on the order in which a process hashes."""
    question = json.dumps({**SEED, "paths": 5000})
    script = (
        "import sys; from tests.conftest import caller, NO_LIMIT; from service.app import create_app; "
        f"answer = caller(create_app(NO_LIMIT))('POST', {PATH!r}, content=sys.stdin.buffer.read(), "
        "headers={'content-type': 'application/json'}); sys.stdout.buffer.write(answer.content)"
    )

    told = subprocess.run([sys.executable, "-c", script], input=question.encode(), capture_output=True, check=True)

    assert told.stdout == call("POST", PATH, json=json.loads(question)).content


def test_sending_everything_back_gives_the_same(call: Call) -> None:
    """Contract, prices, model and time of an answer reproduce it."""
    told = ask_simulation(call)
    names = ("contract", "prices", "weighting", "model", "seed", "confidence", "funding_rate", "as_of", "horizon_days")

    again = ask_simulation(call, **{name: told[name] for name in names})

    assert again == told


def test_what_was_asked_is_echoed_with_its_defaults(call: Call) -> None:
    """A reader of the answer sees what it rests on."""
    told = ask_simulation(call)

    assert told["model"]["style"] == "factor"
    assert told["model"]["degrees_of_freedom"] == 4
    assert (told["paths"], told["seed"], told["confidence"]) == (2000, 0, 0.95)
    assert {one["name"] for one in told["assumptions"]} >= {"prices", "shocks", "liquidation", "basis"}


def test_a_listed_contract_is_looked_up(ask: Call) -> None:
    """With the coins' prices; the answer says where all of it is from."""
    told = ask("POST", PATH, json=LISTED).json()

    assert told["contract"]["symbol"] == "BTCUSDT"
    assert told["contract_source"]["source"] == "bybit"
    assert told["provenance"]["SOL"]["source"] == "binance"
    assert told["hedges"][0]["probability_of_liquidation"] > 0


def test_cautions_about_what_was_looked_up_come_first(exchanges: ExchangeServer) -> None:
    """Estimated tiers decide when a hedge is lost."""
    question = {**LISTED, "contract": {"style": "listed", "exchange": "mexc", "symbol": "BTC_USDT"}}
    with service_at(exchanges) as call:
        codes = [warning["code"] for warning in call("POST", PATH, json=question).json()["warnings"]]

    assert "liquidation_near" in codes


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_fan_comes_as_a_chart(call: Call, theme: str) -> None:
    """For whoever accepts SVG, with the chance of liquidation in words."""
    question = {**SEED, "paths": 2000, "theme": theme}

    seen = read(call("POST", PATH, json=question, headers={"accept": "image/svg+xml"}).content)

    assert seen.title == "10000 hedged with BTC-MINI, 2026-01-02 03:04 UTC"
    assert "100 % hedged: liquidated in" in seen.description
    assert "not hedged: after 7 days" in seen.description
    assert re.search(r"100 % hedged, [0-9.]+ % lost: after 7 days", seen.description)


def test_a_hedge_of_nothing_is_named_by_its_contracts(call: Call) -> None:
    """There is no share to name it by, and no return to draw."""
    question = {
        **SEED,
        "paths": 1000,
        "holdings": [{"asset": "SOL", "quantity": "0", "beta": 1}],
        "hedges": [{"contracts": "2", "leverage": "5"}],
    }

    seen = read(call("POST", PATH, json=question, headers={"accept": "image/svg+xml"}).content)

    assert seen.description == "Nothing to draw"


def test_a_service_that_never_simulates_has_no_numpy() -> None:
    """It would be a third of its memory."""
    script = (
        "import sys; from service.app import create_app; create_app({}); "
        "sys.exit('numpy' in sys.modules or 'matplotlib' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_who_leaves_ends_the_work() -> None:
    """The connection gets an end that nobody reads, and the thread is free again, long before a million paths."""

    async def leave() -> tuple[int, int]:
        """Send a question of many chunks and hang up; then ask for another."""
        app = create_app(NO_LIMIT)
        long = json.dumps({**SEED, "paths": 1_000_000, "horizon_days": 10}).encode()
        short = json.dumps({**SEED, "paths": 1000}).encode()
        left = [await _status(app, Sent("POST", PATH, long), leaves=True) for _ in range(20)]
        return max(left), await _status(app, Sent("POST", PATH, short))

    assert asyncio.run(leave()) == (499, 200)


def test_too_many_simulations_are_refused_and_charts_are_not() -> None:
    """Each kind of heavy work has a thread and a queue of its own."""

    async def crowd() -> tuple[list[int], int]:
        """Ask for more at once than may wait."""
        app = create_app(NO_LIMIT)
        body = json.dumps({**SEED, "paths": 50_000}).encode()
        chart = json.dumps({**examples.SEED_CARRY}).encode()
        drawn = (("content-type", "application/json"), ("accept", "image/svg+xml"))
        sents = [Sent("POST", PATH, body) for _ in range(8)] + [Sent("POST", "/v1/carry", chart, drawn)]
        statuses = await asyncio.gather(*(_status(app, sent) for sent in sents))
        return statuses[:-1], statuses[-1]

    simulated_statuses, drawn_status = asyncio.run(crowd())

    assert simulated_statuses.count(200) == 5
    assert simulated_statuses.count(503) == 3
    assert drawn_status == 200


async def _status(app: Any, sent: Sent, *, leaves: bool = False) -> int:
    """Ask, hang up or wait, and give the status."""
    messages: list[Any] = [{"type": "http.request", "body": sent.body, "more_body": False}]
    kept: list[Any] = []

    async def receive() -> Any:
        """Give the body, and then the end or nothing."""
        if messages:
            return messages.pop()
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        """Keep what comes."""
        kept.append(message)

    await app(scope_of(sent), receive, send)
    return int(kept[0]["status"])
