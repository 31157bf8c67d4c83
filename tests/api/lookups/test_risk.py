"""The risk that a hedge leaves: returns that were sent, and candles against numpy on the world's true closes."""

from typing import Any

import numpy as np
import pytest

from service.api.openapi import examples
from tests.api.conftest import service_at
from tests.api.test_basis import ask_basis
from tests.api.truth import DAY_MS, at_ms, closes, codes, follow, listing, named, refused, unsettled
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults
from tests.market.exchange.assets import MAJORS
from tests.market.exchange.world import World

SENT: Any = examples.RISK_BASIS["risk"]
BOOK = [("SOL", "40"), ("ADA", "5000"), ("DOT", "-300")]


def holdings(*book: tuple[str, str]) -> list[dict[str, str]]:
    """Write a book."""
    return [{"asset": asset, "quantity": quantity} for asset, quantity in book]


def fetched(*book: tuple[str, str], symbol: str = "BTCUSDT", exchange: str = "binance", **terms: Any) -> dict[str, Any]:
    """Write a question about the risk behind a future that an exchange lists."""
    contract = {"style": "listed", "exchange": exchange, "symbol": symbol}
    return {"risk": {"style": "candles", "holdings": holdings(*book), "contract": contract, **terms}}


def assert_measured(risk: dict[str, Any], rows: Any, *, ratio: float | None = None, periods: float = 365) -> None:
    """Hold a risk against what numpy makes of portfolio, market and futures returns."""
    portfolio, market, futures = np.array(rows, dtype=float).T
    beta = np.cov(portfolio, market, ddof=1)[0, 1] / np.var(market, ddof=1)
    held = beta if ratio is None else ratio
    hedged = portfolio - held * futures
    residual = portfolio - beta * market
    variance, unhedged = np.var(hedged, ddof=1), np.var(portfolio, ddof=1)
    error = np.sqrt(np.var(residual, ddof=1) / np.var(market, ddof=1) / (len(market) - 2))
    assert risk["observations"] == len(market)
    assert risk["beta"] == pytest.approx(beta, rel=1e-9)
    assert risk["beta_error"] == pytest.approx(error, rel=1e-6)
    assert risk["hedge_ratio"] == pytest.approx(held, rel=1e-9)
    assert risk["r_squared"] == pytest.approx(np.corrcoef(portfolio, market)[0, 1] ** 2, rel=1e-9)
    assert risk["hedged_variance"]["total"] == pytest.approx(variance, rel=1e-6)
    assert risk["unhedged_variance"] == pytest.approx(unhedged, rel=1e-9)
    assert risk["effectiveness"] == pytest.approx(1 - variance / unhedged, rel=1e-6)
    assert risk["volatility_reduction"] == pytest.approx(1 - np.sqrt(variance / unhedged), rel=1e-6)
    assert risk["tracking_error"] == pytest.approx(np.sqrt(variance * periods), rel=1e-6)
    parts = [part for name, part in risk["hedged_variance"].items() if name != "total"]
    assert sum(parts) == pytest.approx(variance, rel=1e-6)


# What was sent


@pytest.mark.parametrize(
    ("changes", "ratio", "periods"), [({}, 1.0, 365), ({"hedge_ratio": None, "periods_per_year": 52.0}, None, 52)]
)
def test_the_risk_of_sent_returns_is_that_of_the_periods_that_have_all_three(
    call: Call, changes: dict[str, Any], ratio: float | None, periods: float
) -> None:
    """A missing return is left out and not filled in; without a ratio it is the book's beta."""
    reply = ask_basis(call, **{**examples.RISK_BASIS, "risk": {**SENT, **changes}})

    rows = [row for row in zip(SENT["portfolio"], SENT["market"], SENT["futures"], strict=True) if None not in row]
    assert len(rows) == 6
    assert_measured(reply["risk"], rows, ratio=ratio, periods=periods)
    assert reply["risk"]["origin"] == {"source": "request", "first_at": None, "last_at": None}
    assert codes(reply) == {"low_sample": ["#/risk"]}


@pytest.mark.parametrize(
    ("changes", "code", "pointers"),
    [
        ({"portfolio": [0.1, 0.2, 0.3]}, "inconsistent_question", ["#/risk/portfolio"]),
        ({"futures": [0.1] * 8}, "inconsistent_question", ["#/risk/futures"]),
        ({"portfolio": [0.1, 0.2, None, None, None, None, None]}, "too_few_observations", ["#/risk"]),
        ({"market": [0.01] * 7}, "zero_variance", ["#/risk"]),
    ],
)
def test_returns_that_say_nothing_are_refused(
    call: Call, changes: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """Of two lengths, too few, or of a market that never moved."""
    question = {**examples.RISK_BASIS, "risk": {**SENT, **changes}}

    answer = call("POST", "/v1/basis", json=question)

    assert refused(answer, question) == (422, code, pointers)


def test_a_book_that_never_moved_has_a_beta_of_nothing(call: Call) -> None:
    """Null where a share of its variance would be, and a word that the beta may be none."""
    reply = ask_basis(call, **{**examples.RISK_BASIS, "risk": {**SENT, "portfolio": [0.0] * 7}})

    risk = reply["risk"]
    assert (risk["beta"], risk["r_squared"], risk["effectiveness"], risk["volatility_reduction"]) == (
        0,
        None,
        None,
        None,
    )


# What exchanges traded


def true_returns(world: World, exchange: str, future: Any, *, book: list[tuple[str, str]], days: int) -> Any:
    """Make the returns of book, market and future of the last days, at the weights of the last closes."""
    spots = {asset: closes(world, listing(world, exchange, asset, "spot")) for asset, _ in book}
    market, held = closes(world, listing(world, exchange, future.asset, "spot")), closes(world, future)
    last = max(market)
    values = {asset: sum(float(size) for one, size in book if one == asset) * spots[asset][last] for asset in spots}
    rows = []
    for day in range(last - (days - 1) * DAY_MS, last + 1, DAY_MS):
        before = day - DAY_MS
        if not all(before in one for one in (*spots.values(), market, held)):
            continue
        moves = {asset: one[day] / one[before] - 1 for asset, one in spots.items()}
        basket = sum(values[asset] * move for asset, move in moves.items()) / sum(values.values())
        rows.append((basket, market[day] / market[before] - 1, held[day] / held[before] - 1))
    return rows


@pytest.mark.parametrize(("exchange", "symbol"), [("binance", "BTCUSDT"), ("bybit", "BTCUSDT"), ("bingx", "BTC-USDT")])
@pytest.mark.parametrize("days", [60, 200])
def test_the_risk_of_a_book_comes_from_daily_closes(
    exchanges: ExchangeServer, *, exchange: str, symbol: str, days: int
) -> None:
    """Of the exchange that lists the future: coins, its underlying and itself; a short holding counts by its sign."""
    world = exchanges.world
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, **fetched(*BOOK, exchange=exchange, symbol=symbol, days=days))

    rows = true_returns(world, exchange, listing(world, exchange, "BTC"), book=BOOK, days=days)
    last = max(closes(world, listing(world, exchange, "BTC", "spot")))
    assert len(rows) == days
    assert_measured(reply["risk"], rows)
    assert reply["risk"]["origin"] == {
        "source": exchange,
        "first_at": at_ms(last - (days - 1) * DAY_MS),
        "last_at": at_ms(last),
    }
    assert reply["risk"]["effectiveness"] > 0.3
    assert codes(reply) == {}


def test_an_asset_held_twice_is_one_holding(exchanges: ExchangeServer) -> None:
    """15 and 25 SOL are 40; a stablecoin is no exposure, and is not asked for."""
    apart = [("SOL", "15"), ("USDT", "9000"), ("ADA", "5000"), ("SOL", "25"), ("USDC", "1")]
    with service_at(exchanges) as ask:
        one, other = (ask_basis(ask, **fetched(*book))["risk"] for book in ([*BOOK[:2]], apart))

    assert one.pop("hedged_variance") == pytest.approx(other.pop("hedged_variance"))
    assert one.pop("origin") == other.pop("origin")
    assert one == pytest.approx(other)
    assert not [request for request in exchanges.requests if request.query.get("symbol") == "USDCUSDT"]


def test_a_ratio_that_was_asked_for_is_the_one_that_is_measured(exchanges: ExchangeServer) -> None:
    """Instead of the book's beta."""
    world = exchanges.world
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, **fetched(("SOL", "1"), hedge_ratio=0.5, days=90))

    rows = true_returns(world, "binance", listing(world, "binance", "BTC"), book=[("SOL", "1")], days=90)
    assert_measured(reply["risk"], rows, ratio=0.5)


def test_an_inverse_future_hedges_as_its_price_moves(exchanges: ExchangeServer) -> None:
    """In dollars, against spot in USDT: returns have no currency but for the move between the two."""
    world = exchanges.world
    future = listing(world, "bybit", "ETH", "inverse")
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, **fetched(("SOL", "1"), exchange="bybit", symbol=future.symbol, days=90))

    assert_measured(reply["risk"], true_returns(world, "bybit", future, book=[("SOL", "1")], days=90))


def test_a_scaled_future_moves_as_one_coin_does(exchanges: ExchangeServer) -> None:
    """A thousand PEPE hedge PEPE with a beta of 1; a coin that is traded by the million is one of a book."""
    world = exchanges.world
    future = listing(world, "binance", "PEPE")
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, **fetched(("PEPE", "1000000"), symbol=future.symbol, days=90))
        mixed = ask_basis(ask, **fetched(("BABYDOGE", "1000000000"), ("SOL", "1"), symbol=future.symbol, days=30))

    assert reply["risk"]["beta"] == pytest.approx(1, abs=1e-9)
    assert_measured(reply["risk"], true_returns(world, "binance", future, book=[("PEPE", "1000000")], days=90))
    book = [("BABYDOGE", "1000000000"), ("SOL", "1")]
    assert_measured(mixed["risk"], true_returns(world, "binance", future, book=book, days=30))


@pytest.mark.parametrize(
    ("exchange", "book", "symbol", "days", "observations"),
    [
        ("weex", ("SOL", "1"), "BTCUSDT", 390, 298),  # WEEX keeps 300 days of a pair
        ("binance", ("BABYDOGE", "1000000"), "BTCUSDT", 90, 43),  # traded for 45 days, today included
    ],
)
def test_the_origin_says_from_when_on_there_are_returns(
    exchanges: ExchangeServer, *, exchange: str, book: tuple[str, str], symbol: str, days: int, observations: int
) -> None:
    """Not from when on they were asked for."""
    world = exchanges.world
    with service_at(exchanges) as ask:
        risk = ask_basis(ask, **fetched(book, exchange=exchange, symbol=symbol, days=days))["risk"]

    last = max(closes(world, listing(world, exchange, "BTC", "spot")))
    count = observations - unsettled(world)
    assert risk["observations"] == count
    assert risk["origin"]["first_at"] == at_ms(last - (count - 1) * DAY_MS)
    assert risk["origin"]["last_at"] == at_ms(last)


@pytest.mark.parametrize(
    ("question", "code", "pointers"),
    [
        (fetched(("USDT", "5"), ("DAI", "1")), "inconsistent_question", ["#/risk/holdings"]),
        (fetched(("SOL", "0"), ("ADA", "0")), "inconsistent_question", ["#/risk/holdings"]),
        (fetched(("SOL", "2"), ("SOL", "-2")), "inconsistent_question", ["#/risk/holdings"]),
        (
            fetched(("NOPE", "1"), ("SOL", "1"), ("ALSONOT", "1"), ("NOPE", "2")),
            "not_listed",
            ["#/risk/holdings/0/asset", "#/risk/holdings/2/asset"],
        ),
        (fetched(("XMR", "1")), "not_listed", ["#/risk/holdings/0/asset"]),
        (fetched(("SOL", "1"), symbol="NOPE"), "not_listed", ["#/risk/contract/symbol"]),
        (
            fetched(("BTC", "1"), quote="USDC", symbol="ETHUSDT"),
            "not_listed",
            ["#/risk/contract/symbol"],
        ),
        ({**fetched(("SOL", "1")), "as_of": "2026-01-02T03:04:05Z"}, "as_of_not_now", ["#/as_of"]),
    ],
)
def test_a_book_that_can_not_be_measured_is_refused(
    ask: Call, question: dict[str, Any], code: str, pointers: list[str]
) -> None:
    """No exposure, no pair, no future, another time: at each place, a coin that is held twice at its first."""
    answer = ask("POST", "/v1/basis", json=question)

    assert refused(answer, question) == (422, code, pointers)


@pytest.mark.parametrize(
    ("host", "path", "pointers"),
    [
        ("fapi.binance.com", "/fapi/v1/exchangeInfo", ["#/risk/contract/symbol"]),
        ("fapi.binance.com", "/fapi/v1/klines", ["#/risk/contract/symbol"]),
        (
            "api.binance.com",
            "/api/v3/exchangeInfo",
            ["#/risk/contract/symbol", "#/risk/holdings/0/asset", "#/risk/holdings/1/asset"],
        ),
        (
            "api.binance.com",
            "/api/v3/klines",
            ["#/risk/contract/symbol", "#/risk/holdings/0/asset", "#/risk/holdings/1/asset"],
        ),
    ],
)
def test_closes_that_can_not_be_had_are_named_with_their_places(
    exchanges: ExchangeServer, host: str, path: str, pointers: list[str]
) -> None:
    """The future, its underlying or the coins: 503, and nothing is estimated instead."""
    fault = exchanges.inject(host, path, faults.maintenance())
    question = fetched(("SOL", "1"), ("ADA", "1"))
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/basis", json=question)

    assert fault.fired
    status, code, places = refused(answer, question)
    assert (status, code, sorted(places)) == (503, "price_unavailable", pointers)


def test_a_risk_stands_beside_pairs_of_one_question(exchanges: ExchangeServer) -> None:
    """Each as if it were asked alone."""
    world = exchanges.world
    pairs = [named(world, listing(world, "binance", "BTC"))]
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, pairs=pairs, **fetched(("SOL", "1")))
        sent = ask_basis(ask, pairs=pairs, risk=SENT)
        plain = ask_basis(ask, pairs=pairs)

    assert [answer["pairs"][0]["basis"] for answer in (reply, sent, plain)] == [plain["pairs"][0]["basis"]] * 3
    assert follow(reply, "#/risk/origin/source") == "binance"
    assert follow(sent, "#/risk/origin/source") == "request"
    assert plain["risk"] is None


def test_the_largest_book_asks_no_exchange_for_more_than_its_share(exchanges: ExchangeServer) -> None:
    """Fifty holdings of twenty coins are twenty-one histories, and MEXC grants two at once."""
    book = [(asset, "1") for asset in MAJORS] * 3
    question = fetched(*book[:50], exchange="mexc", symbol="BTC_USDT")
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/basis", json=question)
        calm = ask("POST", "/v1/basis", json={"underlying": "BTC", "exchange": "mexc"})

    status, code, pointers = refused(answer, question)
    assert (status, code) == (503, "price_unavailable")
    assert len(pointers) == len(set(pointers)) >= 15
    assert exchanges.count("api.mexc.com", "/api/v3/klines") < 12
    assert calm.status_code == 200
