"""How long a question waits: once as long as the operator says, for all that it has to look up."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.api.openapi import examples
from service.app import create_app
from service.market import upstream
from service.market.clock import Clock
from tests.conftest import NO_LIMIT, conversing
from tests.market.exchange import ExchangeServer, faults

DEADLINE = 20.0
"""Of a wait for something that must happen, in seconds; it only fails a hang."""
PATIENCE = 30.0
BINANCE = "api.binance.com"
MARKET = {"exchange": "binance", "max_age_seconds": 60}
FULL = {**examples.SEED["contract"], "funding_interval_hours": 8}
HELD = [{"asset": "SOL", "quantity": "40"}]
BOOK = {"holdings": HELD, "market": MARKET}
ONE = {**BOOK, "contract": FULL, "prices": {"BTC-MINI": "60000"}}
LEGS = {**BOOK, "instruments": [{"contract": FULL, "futures_price": "60000"}]}
WINDOW = {"style": "window", "window_days": 60}
ESTIMATED = {"weighting": "beta", "betas": {"window_days": 60}}
QUESTIONS: dict[str, dict[str, Any]] = {
    "/v1/sizing": {**ONE, **ESTIMATED},
    "/v1/scenarios": {**ONE, **ESTIMATED, "hedges": [{"coverage": "1"}], "moves": ["-0.2"]},
    "/v1/coverage": {**ONE, **ESTIMATED},
    "/v1/simulations": {
        **ONE,
        "hedges": [{"coverage": "1", "leverage": "4"}],
        "horizon_days": 5,
        "paths": 1000,
        "model": {"style": "bootstrap", "history_days": 60},
    },
    "/v1/hedge-ratio": {**LEGS, "series": WINDOW},
    "/v1/effectiveness": {**BOOK, "series": WINDOW},
    "/v1/frontier": {**LEGS, "series": WINDOW},
}


class Ahead:
    """A clock that can be set forward."""

    def __init__(self) -> None:
        """Show the machine's time."""
        self.seconds = 0.0

    def __call__(self) -> float:
        """Give seconds."""
        return Clock().steady() + self.seconds


@pytest.mark.parametrize("path", QUESTIONS)
def test_who_has_waited_for_prices_does_not_wait_for_the_past_as_long_again(
    path: str, exchanges: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices that come at the end of patience leave none for closes, and the next question is answered."""
    monkeypatch.setattr(upstream, "CALL_SECONDS", 2 * PATIENCE)
    prices = exchanges.inject(BINANCE, "/api/v3/ticker/price", faults.hang())
    past = exchanges.inject(BINANCE, "/api/v3/klines", faults.hang())
    settings = {**NO_LIMIT, "HEDGE_UPSTREAM": exchanges.url, "HEDGE_PATIENCE_SECONDS": f"{PATIENCE}"}
    steady = Ahead()

    with conversing(create_app(settings, clock=Clock(steady=steady))) as ask, ThreadPoolExecutor(1) as pool:
        before = exchanges.count(BINANCE, "/api/v3/ticker/price")
        asking = pool.submit(ask, "POST", path, json=QUESTIONS[path])
        exchanges.wait_for(before + 1, BINANCE, "/api/v3/ticker/price")
        steady.seconds += PATIENCE + 1
        prices.release()
        try:
            refused = asking.result(DEADLINE)
        finally:
            past.release()
        answered = ask("POST", path, json=QUESTIONS[path])

    assert (refused.status_code, refused.json()["code"]) == (503, "price_unavailable")
    assert f"has not answered within {PATIENCE:g} s" in refused.json()["errors"][0]["detail"]
    assert prices.fired
    assert answered.status_code == 200


def test_futures_that_grow_too_old_while_the_past_of_a_book_is_waited_for_are_refused(
    exchanges: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book is priced anew after that, and what holds its hedge has to be as young as was asked for."""
    monkeypatch.setattr(upstream, "CALL_SECONDS", 2 * PATIENCE)
    past = exchanges.inject(BINANCE, "/api/v3/klines", faults.hang())
    settings = {**NO_LIMIT, "HEDGE_UPSTREAM": exchanges.url, "HEDGE_PATIENCE_SECONDS": f"{PATIENCE}"}
    listed = {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"}
    question = {"book": {**BOOK, **ESTIMATED}, "horizon_days": 30, "instruments": [listed], "max_age_seconds": 10}
    steady = Ahead()

    with conversing(create_app(settings, clock=Clock(steady=steady))) as ask, ThreadPoolExecutor(1) as pool:
        before = exchanges.count(BINANCE, "/api/v3/klines")
        asking = pool.submit(ask, "POST", "/v1/carry", json=question)
        try:
            exchanges.wait_for(before + 2, BINANCE, "/api/v3/klines")
            steady.seconds += 20
        finally:
            past.release()
        refused = asking.result(DEADLINE)
        answered = ask("POST", "/v1/carry", json=question)

    assert (refused.status_code, refused.json()["code"]) == (503, "price_unavailable")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["#/instruments/0/symbol"]
    assert answered.status_code == 200
