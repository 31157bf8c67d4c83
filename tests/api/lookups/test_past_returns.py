"""Past days of a simulation, looked up: against the world's true closes, sent back, with gaps, and refused."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from service.api.lookups import absences
from service.api.lookups.past_closes import Vault
from service.api.lookups.past_returns import Needs, Span, find_returns, tell_origin
from service.hedging.risk.returns import DAY_MS
from service.market.history import Histories, History
from service.market.lookup import Market
from service.market.source import Close, Exchange, Listing
from tests.api.conftest import service_at
from tests.api.truth import answered, at_ms, closes, codes, listing, refused, unsettled
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults
from tests.market.exchange.world import World

PATH = "/v1/simulations"
FULL: dict[str, Any] = {
    "style": "linear",
    "symbol": "BTC-MINI",
    "underlying": "BTC",
    "multiplier": "0.1",
    "maintenance_margin_rate": "0.004",
}
SENT = {"SOL": "80", "ADA": "0.16", "BTC-MINI": "61000"}
KLINES = ("api.binance.com", "/api/v3/klines")


def question(days: int = 60, **changes: Any) -> dict[str, Any]:
    """Ask for looked-up days of two coins; a member that is `...` is left out."""
    asked = {
        "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
        "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
        "market": {"exchange": "binance"},
        "hedges": [{"coverage": "1", "leverage": "5"}],
        "horizon_days": 5,
        "paths": 1000,
        "model": {"style": "bootstrap", "history_days": days},
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not ...}


def simulate(exchanges: ExchangeServer, asked: dict[str, Any]) -> Any:
    """Ask a service that has time."""
    with service_at(exchanges) as ask:
        return answered(ask("POST", PATH, json=asked))


def true_returns(world: World, exchange: str, asset: str, days: int) -> list[float]:
    """Make the returns of a coin's last days, as far as it was traded."""
    known = closes(world, listing(world, exchange, asset, "spot"))
    ends = sorted(known)[-days - 1 :]
    return [known[end] / known[end - DAY_MS] - 1 for end in ends[1:]]


# What is found


@pytest.mark.parametrize("exchange", ["binance", "bingx", "bybit", "weex"])
@pytest.mark.parametrize("days", [30, 200])
def test_past_days_are_those_of_the_named_exchange(exchanges: ExchangeServer, *, exchange: str, days: int) -> None:
    """Of the coins and of what the contract follows, wherever it is listed, each with its pair, days and age."""
    world = exchanges.world
    told = simulate(exchanges, question(days, market={"exchange": exchange}))

    model, history = told["model"], told["history"]
    assert model["returns"].keys() == {"SOL", "ADA", "BTC"}
    for asset, series in model["returns"].items():
        assert series == pytest.approx(true_returns(world, exchange, asset, days), rel=1e-9)
    assert model["history_days"] is None
    assert (history["source"], history["quote"], history["history_days"]) == (exchange, "USDT", days)
    last = max(closes(world, listing(world, exchange, "BTC", "spot")))
    for asset, origin in history["series"].items():
        assert origin["symbol"] == world.symbol(listing(world, exchange, asset, "spot"))
        assert (origin["first_at"], origin["last_at"]) == (at_ms(last - (days - 1) * DAY_MS), at_ms(last))
        assert 0 <= origin["age_seconds"] < 60
        assert (
            abs((datetime.fromisoformat(origin["as_of"]) - datetime.fromtimestamp(world.now(), UTC)).total_seconds())
            < 60
        )
    assert "rows_dropped" not in codes(told)


def test_a_year_of_past_days_ends_where_the_exchange_does(exchanges: ExchangeServer) -> None:
    """WEEX keeps 300 days of a pair: those before have no return, are left out, and are counted in a warning."""
    told = simulate(exchanges, question(365, market={"exchange": "weex"}))

    known = 298 - unsettled(exchanges.world)
    assert [one is None for one in told["model"]["returns"]["SOL"]] == [True] * (365 - known) + [False] * known
    (warning,) = (one for one in told["warnings"] if one["code"] == "rows_dropped")
    assert warning["pointer"] == "#/model/returns"
    assert str(365 - known) in warning["detail"]


def test_days_before_a_coin_was_traded_are_left_out_for_all(exchanges: ExchangeServer) -> None:
    """BABYDOGE is 45 days old, and traded by the million; its series begins later, and says so."""
    world = exchanges.world
    book = [{"asset": "SOL", "quantity": "40"}, {"asset": "BABYDOGE", "quantity": "1000000000"}]
    told = simulate(exchanges, question(60, holdings=book))

    young, old = told["model"]["returns"]["BABYDOGE"], told["model"]["returns"]["SOL"]
    truth = true_returns(world, "binance", "BABYDOGE", 60)
    assert young == [None] * (60 - len(truth)) + [pytest.approx(one, rel=1e-9) for one in truth]
    assert None not in old
    assert codes(told)["rows_dropped"] == ["#/model/returns"]
    series = told["history"]["series"]
    last = max(closes(world, listing(world, "binance", "BTC", "spot")))
    assert series["BABYDOGE"]["first_at"] == at_ms(last - (len(truth) - 1) * DAY_MS)
    assert series["SOL"]["first_at"] == at_ms(last - 59 * DAY_MS)


@pytest.mark.parametrize("book", [[("SOL", "40"), ("ADA", "5000")], [("BABYDOGE", "1000000000"), ("BTC", "0.1")]])
def test_sending_the_answer_back_gives_the_same_distributions(
    exchanges: ExchangeServer, call: Call, book: list[tuple[str, str]]
) -> None:
    """To the byte, gaps included, at a service that knows no exchange."""
    asked = question(60, holdings=[{"asset": asset, "quantity": quantity} for asset, quantity in book])
    told = simulate(exchanges, asked)

    sent = {name: told[name] for name in ("contract", "prices", "model", "as_of")}
    again = answered(call("POST", PATH, json={**asked, **sent, "market": None}))

    assert again.pop("history") is None
    assert told.pop("history") is not None
    for reply in (told, again):
        del reply["provenance"], reply["contract_source"]
    assert again.pop("warnings") == [one for one in told.pop("warnings") if not one["pointer"].startswith("#/contract")]
    assert again == told


def test_the_book_of_a_hundred_coins_sends_a_year_back_within_one_body(call: Call) -> None:
    """101 series of 365 numbers, at their longest, are no more than a body may have."""
    names = [f"C{number}" for number in range(100)]
    returns = {name: [-0.012345678901234567 + 1e-17 * day for day in range(365)] for name in [*names, "BTC"]}
    asked = question(
        contract=FULL,
        holdings=[{"asset": name, "quantity": "1"} for name in names],
        prices={**dict.fromkeys(names, "1"), "BTC-MINI": "61000"},
        market=...,
        model={"style": "bootstrap", "returns": returns},
    )

    assert answered(call("POST", PATH, json=asked))["model"]["returns"] == returns


def test_nothing_is_looked_up_of_money(exchanges: ExchangeServer) -> None:
    """What stays at a dollar does not move; what a contract follows does, though nobody holds it."""
    asked = question(30, holdings=[{"asset": "USDC", "quantity": "5"}, {"asset": "USDT", "quantity": "5"}])
    told = simulate(exchanges, asked)

    assert told["model"]["returns"].keys() == {"BTC"}
    assert exchanges.count(*KLINES) == 1


def test_past_days_are_in_the_currency_of_the_market(exchanges: ExchangeServer) -> None:
    """Also where everything else was sent."""
    asked = question(
        30,
        holdings=[{"asset": "BTC", "quantity": "2"}],
        contract=FULL,
        prices={"BTC": "61000", "BTC-MINI": "61000"},
        market={"exchange": "binance", "quote": "USDC"},
    )
    told = simulate(exchanges, asked)

    assert told["history"]["quote"] == "USDC"
    assert told["history"]["series"]["BTC"]["symbol"] == "BTCUSDC"
    assert told["provenance"]["BTC"]["source"] == "request"


# What is missing


class _Shelf:
    """A market and its histories, as one test has them."""

    def __init__(self, **series: dict[int, float]) -> None:
        self._series = series

    async def find_pair(self, _exchange: str, asset: str, *, quote: str, until: float) -> Listing:
        """Name the pair."""
        assert until == 9.0
        return Listing(symbol=asset + quote, segment="spot", base=asset, quote=quote, is_trading=True)

    def prepare(self, *, closes: list[tuple[Exchange, Listing]]) -> None:
        """Have everything already."""
        assert len(closes) == len(self._series)

    async def see_closes(self, _exchange: str, one: Listing, *, until: float) -> History[Close]:
        """Give the closes of a pair by the number of their day."""
        assert until == 9.0
        points = tuple(Close(day * DAY_MS, price) for day, price in self._series[one.base].items())
        return History(points, round(5.25 * DAY_MS), 2.0, 0.0)

    def age_now(self, history: History[Close]) -> float:
        """Give the age that it had."""
        return history.age_seconds


def test_what_is_missing_is_never_filled_in() -> None:
    """A gap costs two returns, a price that stands still all its days, a redenomination one, a late close the last."""
    shelf = _Shelf(
        BTC={1: 100.0, 2: 110.0, 3: 99.0, 4: 99.0, 5: 108.9},
        GAP={1: 1.0, 2: 1.5, 4: 3.0, 5: 1.5},
        STILL={1: 1.0, 2: 2.0, 3: 2.0, 4: 2.0, 5: 1.0},
        NEW={1: 1.0, 2: 1000.0, 3: 500.0, 4: 250.0},
    )
    vault = Vault(cast("Market", shelf), cast("Histories", shelf), 9.0)
    needs = Needs(("GAP", "STILL", "NEW"), {"BTC": absences.at("model")}, ())

    past = asyncio.run(
        find_returns(vault, ("bybit", "USDT"), Span(4, absences.at("model", "history_days")), needs=needs)
    )

    assert past.returns == {
        "GAP": (0.5, None, None, -0.5),
        "STILL": (1.0, None, None, -0.5),
        "NEW": (None, -0.5, -0.5, None),
        "BTC": (pytest.approx(0.1), pytest.approx(-0.1), 0.0, pytest.approx(0.1)),
    }
    origin = tell_origin(cast("Histories", shelf), past)
    assert origin.series["NEW"].symbol == "NEWUSDT"
    assert (origin.series["NEW"].first_at, origin.series["NEW"].last_at) == (at(3), at(4))
    assert (origin.series["GAP"].first_at, origin.series["GAP"].last_at) == (at(2), at(5))
    assert (origin.series["GAP"].as_of, origin.series["GAP"].age_seconds) == (at(5.25), 2.0)


def at(day: float) -> datetime:
    """Give the midnight at which a day ends that is counted since 1970; of part of one that time."""
    return datetime.fromtimestamp(day * 86_400, UTC)


# What is refused

_ALL_SENT: dict[str, Any] = {"contract": FULL, "prices": SENT}


@pytest.mark.parametrize(
    ("asked", "code", "pointers"),
    [
        (question(model={"style": "bootstrap"}), "inconsistent_question", ["#/model"]),
        (
            question(model={"style": "bootstrap", "history_days": 30, "returns": {"BTC": [0.01] * 10}}),
            "inconsistent_question",
            ["#/model"],
        ),
        (question(**_ALL_SENT, market=...), "inconsistent_question", ["#/model/history_days"]),
        (question(market={"exchange": "median"}), "inconsistent_question", ["#/market/exchange"]),
        (question(**_ALL_SENT, as_of="2026-01-02T03:04:05Z"), "as_of_not_now", ["#/as_of"]),
        (
            question(
                holdings=[{"asset": name, "quantity": "1"} for name in ("SOL", "NOPE", "SOL", "XMR", "NOPE")],
                contract=FULL,
                prices={**SENT, "NOPE": "1", "XMR": "300"},
            ),
            "not_listed",
            ["#/holdings/1/asset", "#/holdings/3/asset"],
        ),
        (
            question(contract={**FULL, "underlying": "NOPE"}, prices=SENT),
            "not_listed",
            ["#/model/history_days"],
        ),
        (
            question(
                holdings=[{"asset": "BABYDOGE", "quantity": "1"}],
                model={"style": "bootstrap", "history_days": 60, "block_days": 50},
            ),
            "too_few_observations",
            ["#/model/history_days"],
        ),
        (
            question(model={"style": "bootstrap", "history_days": 30, "block_days": 31}),
            "too_few_observations",
            ["#/model/history_days"],
        ),
    ],
)
def test_past_days_that_are_not_to_be_had_are_refused(
    exchanges: ExchangeServer, asked: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """Each with the places that ask for them."""
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    assert refused(answer, asked) == (422, code, pointers)


def test_an_exchange_that_is_off_has_no_past_days(exchanges: ExchangeServer) -> None:
    """Also where everything else was sent."""
    asked = question(**_ALL_SENT)
    with service_at(exchanges, HEDGE_EXCHANGES="bybit") as ask:
        answer = ask("POST", PATH, json=asked)

    assert refused(answer, asked) == (422, "exchange_off", ["#/market/exchange"])


@pytest.mark.parametrize("path", ["/api/v3/exchangeInfo", "/api/v3/klines"])
def test_past_days_that_can_not_be_had_now_are_named_with_their_places(exchanges: ExchangeServer, path: str) -> None:
    """The coins where they are held, the underlying where its days are asked for: 503, and nothing is estimated."""
    fault = exchanges.inject(KLINES[0], path, faults.maintenance())
    asked = question(**_ALL_SENT)
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    assert fault.fired
    status, code, pointers = refused(answer, asked)
    assert (status, code) == (503, "price_unavailable")
    assert sorted(pointers) == ["#/holdings/0/asset", "#/holdings/1/asset", "#/model/history_days"]


def test_closes_that_ended_long_ago_are_refused(exchanges: ExchangeServer) -> None:
    """By the rule of every history: 36 hours are the most."""
    exchanges.inject(*KLINES, faults.rows_cut(0.5))
    asked = question(**_ALL_SENT)
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    places = ["#/holdings/0/asset", "#/holdings/1/asset", "#/model/history_days"]
    assert refused(answer, asked) == (422, "stale_price", places)
    assert "36 h are the most" in answer.json()["detail"]


def test_a_coin_that_is_no_longer_traded_is_refused(exchanges: ExchangeServer) -> None:
    """LUNC has a candle every day, and each closes where the one before did: the last trade is days old."""
    world = exchanges.world
    asked = question(60, holdings=[{"asset": asset, "quantity": "40"} for asset in ("SOL", "LUNC")])
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=asked)

    assert refused(answer, asked) == (422, "stale_price", ["#/holdings/1/asset"])
    hours = 72 + world.now() % 86_400 / 3600
    (told,) = re.findall(r"the last that was traded is ([0-9.]+) h old", answer.json()["detail"])
    assert float(told) == pytest.approx(hours, abs=0.2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hedges": [{"coverage": "1", "wallet_balance": "1", "leverage": "1"}]},
        {"paths": 1_000_000, "horizon_days": 365},
        {"weighting": "beta"},
        {"contract": {**FULL, "expiry": "2020-01-01T00:00:00Z"}},
    ],
)
def test_nothing_is_looked_up_for_a_question_that_has_no_answer(
    exchanges: ExchangeServer, wrong: dict[str, Any]
) -> None:
    """Exchanges grant few histories at once."""
    with service_at(exchanges) as ask:
        answer = ask("POST", PATH, json=question(**{**_ALL_SENT, **wrong}))

    assert answer.status_code == 422
    assert exchanges.count(*KLINES) == 0
