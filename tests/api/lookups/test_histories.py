"""Where a listed future's basis stands among its past: against the closes that the world really had."""

import asyncio
from typing import Any

import pytest

from service.api.lookups.histories import Archive, Past, find_pasts
from service.market.found import NotListedError
from service.market.source import Listing as Listed
from tests.api.conftest import service_at
from tests.api.lookups.test_pairs import WHOLE, find, look_at
from tests.api.test_basis import ask_basis, given
from tests.api.truth import (
    DAY_MS,
    answered,
    at_ms,
    codes,
    days_left,
    lasting,
    listing,
    listing_of,
    named,
    past_basis,
    refused,
    spread,
    unsettled,
)
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, faults
from tests.market.exchange.listings import Listing
from tests.market.exchange.world import World
from tests.market.hand import DEADLINE


def assert_placed(line: dict[str, Any], past: dict[int, float], now: float) -> None:
    """Hold a standing against true past values."""
    standing, values = line["history"], list(past.values())
    mean, deviation = spread(values)
    assert standing["observations"] == len(values)
    assert standing["mean"] == pytest.approx(mean, rel=1e-9)
    assert standing["standard_deviation"] == pytest.approx(deviation, rel=1e-9)
    assert standing["z_score"] == pytest.approx((now - mean) / deviation, rel=1e-6)
    assert standing["percentile"] == sum(value < now for value in values) / len(values)
    assert line["history_origin"] == {
        "source": line["market"].split()[0],
        "first_at": at_ms(min(past)),
        "last_at": at_ms(max(past)),
    }


def rate_now(world: World, one: Listing) -> float:
    """Give the true basis rate of a future now."""
    quote = world.quote(one)
    return float(quote.mark / quote.index) - 1


LENGTHS = [("binance", 90), ("bybit", 3), ("bingx", 390), ("mexc", 30), ("weex", 365)]


@pytest.mark.parametrize(("exchange", "days"), LENGTHS)
def test_a_perpetual_stands_among_its_daily_basis_rates(exchanges: ExchangeServer, exchange: str, days: int) -> None:
    """Close of the future over close of the spot pair, less 1; as many days as were asked for and are there."""
    world = exchanges.world
    one = listing(world, exchange, "SOL")
    with service_at(exchanges) as ask:
        (line,) = ask_basis(ask, pairs=[named(world, one)], history_days=days)["pairs"]

    past = past_basis(world, one, min(days, line["history"]["observations"]))
    assert line["history"]["measure"] == "basis_rate"
    assert len(past) == min(days, 299 - unsettled(world) if exchange == "weex" else 399)
    assert_placed(line, past, rate_now(world, one))


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
@pytest.mark.parametrize(("day_count", "year"), [("ACT/365", 365), ("ACT/360", 360)])
def test_an_expiry_stands_among_annual_rates_by_the_days_that_were_left(
    exchanges: ExchangeServer, *, exchange: str, day_count: str, year: int
) -> None:
    """By the day count of the rate that is placed: 1.4 % between the two conventions would look like a move."""
    world = exchanges.world
    quarter = lasting(world)
    one = listing(world, exchange, "BTC", quarter=quarter)
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, pairs=[named(world, one)], history_days=60, day_count=day_count)

    (line,) = reply["pairs"]
    past = {day: rate * year / 365 for day, rate in past_basis(world, one, 60).items()}
    now = rate_now(world, one) * year / days_left(reply["as_of"], world.expiry(quarter))
    assert line["history"]["measure"] == "annualized_basis_rate"
    assert_placed(line, past, now)


def test_the_past_of_a_scaled_future_is_that_of_as_many_units(exchanges: ExchangeServer) -> None:
    """A thousand PEPE closed against a thousand: the mean is a few basis points, and no 99,900 %."""
    world = exchanges.world
    one = listing(world, "binance", "PEPE")
    with service_at(exchanges) as ask:
        (line,) = ask_basis(ask, pairs=[named(world, one)], history_days=30)["pairs"]

    assert_placed(line, past_basis(world, one, 30), rate_now(world, one))
    assert abs(line["history"]["mean"]) < 0.002


def test_a_scaled_pair_is_the_spot_of_a_scaled_future(exchanges: ExchangeServer) -> None:
    """Binance trades BABYDOGE by the million on both sides; 44 days of it are over."""
    world = exchanges.world
    one = listing(world, "binance", "BABYDOGE")
    with service_at(exchanges) as ask:
        (line,) = ask_basis(ask, pairs=[named(world, one)], history_days=90)["pairs"]

    assert line["history"]["observations"] == 44 - unsettled(world)
    assert_placed(line, past_basis(world, one, 90), rate_now(world, one))


def test_a_future_without_a_spot_pair_in_its_currency_has_no_past(exchanges: ExchangeServer) -> None:
    """USD is not USDT, and never silently: null with a warning that says so, beside one that has a past."""
    world = exchanges.world
    inverse, linear = listing(world, "bybit", "SOL", "inverse"), listing(world, "bybit", "SOL")
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, pairs=[named(world, inverse), named(world, linear)], history_days=30)

    first, second = reply["pairs"]
    assert (first["history"], first["history_origin"]) == (None, None)
    assert second["history"]["observations"] == 30
    assert codes(reply) == {"no_history": ["#/pairs/0/history"]}
    assert reply["warnings"][0]["detail"].startswith("bybit trades no SOL for USD: ")


def shortened(days: int) -> faults.Fault:
    """Leave only the last days, as of a listing that is young; Binance sends the oldest first."""
    return faults.Fault(change=lambda rows: rows[-days - 1 :])


@pytest.mark.parametrize(
    ("days", "has_history", "words"),
    [
        (0, False, "The daily closes of SOLUSDT at binance: there are none yet"),
        (2, False, "SOLUSDT has 2 past days: "),
        (3, True, "3 past values are few"),
    ],
)
def test_a_young_listing_has_no_past_yet(
    exchanges: ExchangeServer, *, days: int, has_history: bool, words: str
) -> None:
    """Two days say nothing, and the answer says that; three are placed, with a word that they are few."""
    world = exchanges.world
    fault = exchanges.inject("fapi.binance.com", "/fapi/v1/klines", shortened(days + unsettled(world)))
    with service_at(exchanges) as ask:
        pairs = [given(expiry=None), named(world, listing(world, "binance", "SOL"))]
        reply = ask_basis(ask, pairs=pairs, history_days=30)

    assert fault.fired
    assert (reply["pairs"][1]["history"] is not None) is has_history
    assert codes(reply) == {"low_sample" if has_history else "no_history": ["#/pairs/1/history"]}
    assert reply["warnings"][0]["detail"].startswith(words)


def test_a_day_that_one_of_two_lacks_is_no_day(exchanges: ExchangeServer) -> None:
    """It is left out and not filled in; the days that are asked for reach further back then."""
    world = exchanges.world
    one = listing(world, "binance", "SOL")
    exchanges.inject("api.binance.com", "/api/v3/klines", faults.Fault(change=lambda rows: rows[:-10] + rows[-9:]))
    with service_at(exchanges) as ask:
        (line,) = ask_basis(ask, pairs=[named(world, one)], history_days=30)["pairs"]

    whole, hole = past_basis(world, one, 31), world.millis() // DAY_MS * DAY_MS - 8 * DAY_MS
    assert hole in whole
    assert_placed(line, {day: rate for day, rate in whole.items() if day != hole}, rate_now(world, one))


def test_a_past_that_can_not_be_had_is_refused_where_it_was_named(exchanges: ExchangeServer) -> None:
    """And where nobody named the future, its line comes without, and says why."""
    world = exchanges.world
    exchanges.inject("api.binance.com", "/api/v3/klines", faults.maintenance())
    question = {"pairs": [given(expiry=None), named(world, listing(world, "binance", "SOL"))], "history_days": 30}
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/basis", json=question)
        reply = ask_basis(ask, underlying="SOL", exchange="binance", history_days=30)

    assert refused(answer, question) == (503, "price_unavailable", ["#/pairs/1/symbol"])
    assert "The daily closes of SOLUSDT at binance" in answer.json()["detail"]
    assert [line["history"] for line in reply["pairs"]] == [None, None]
    assert codes(reply) == {"no_history": ["#/pairs/0/history", "#/pairs/1/history"]}
    assert "status 503" in reply["warnings"][0]["detail"]


def test_a_past_that_ended_long_ago_is_none(exchanges: ExchangeServer) -> None:
    """The exchange answers, and what it says is no past of today: asking again would not help."""
    world = exchanges.world
    exchanges.inject("api.binance.com", "/api/v3/klines", faults.Fault(change=lambda rows: rows[:-4]))
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, pairs=[named(world, listing(world, "binance", "SOL"))], history_days=30)

    assert codes(reply) == {"no_history": ["#/pairs/0/history"]}
    assert "36 h are the most" in reply["warnings"][0]["detail"]


def test_pairs_that_can_not_be_listed_now_leave_no_past(exchanges: ExchangeServer) -> None:
    """Nobody can say then which pair a future is held against."""
    world = exchanges.world
    exchanges.inject("api.binance.com", "/api/v3/exchangeInfo", faults.maintenance())
    question = {"pairs": [named(world, listing(world, "binance", "SOL"))], "history_days": 30}
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/basis", json=question)
        plain = ask("POST", "/v1/basis", json={**question, "history_days": None})

    assert refused(answer, question) == (503, "price_unavailable", ["#/pairs/0/symbol"])
    assert plain.status_code == 200


def test_a_history_that_was_fetched_is_asked_for_once(ask: Call, exchanges: ExchangeServer) -> None:
    """It changes once a day."""
    world = exchanges.world
    question = {"pairs": [named(world, listing(world, "weex", "SOL"))], "history_days": 30}
    for _ in range(3):
        answered(ask("POST", "/v1/basis", json=question))

    assert exchanges.count("", "/capi/v3/market/klines") + exchanges.count("", "/api/v3/market/klines") == 2


def test_all_markets_of_an_asset_are_placed_in_one_answer(exchanges: ExchangeServer) -> None:
    """What an exchange does not grant at once is named line by line; nothing else is lost by it."""
    world = exchanges.world
    with service_at(exchanges) as ask:
        reply = ask_basis(ask, underlying="BTC", history_days=90)

    silent = {place.removesuffix("/history") for place in codes(reply)["no_history"]}
    placed = [line for index, line in enumerate(reply["pairs"]) if f"#/pairs/{index}" not in silent]
    assert len(placed) >= 9
    for line in placed:
        one = listing_of(world, line, line["pair"])
        now = rate_now(world, one)
        if line["annualized_reason"] == "last_day":
            assert line["history"] is None
            continue
        if one.quarter is not None:
            now *= 365 / days_left(reply["as_of"], world.expiry(one.quarter))
        assert_placed(line, past_basis(world, one, 90), now)


class _Meeting:
    """A market that names no pair before two are asked for, and histories that have nothing."""

    def __init__(self) -> None:
        self._both = asyncio.Barrier(2)

    async def find_pair(self, *_: object, **__: object) -> Listed:
        """Wait for the other, and find none."""
        await self._both.wait()
        raise NotListedError("none")

    def prepare(self, **_: object) -> None:
        """Have nothing to fetch."""


def test_pairs_are_found_side_by_side() -> None:
    """They are of several exchanges, which are not to be waited for one after the other."""
    found = find(WHOLE)

    async def scene() -> dict[int, Past]:
        """Look for two."""
        market: Any = _Meeting()
        archive = Archive(look_at(market), market, 30, "ACT/365")
        async with asyncio.timeout(DEADLINE):
            return await find_pasts(archive, {0: found, 1: found}, named=())

    assert [past.values for past in asyncio.run(scene()).values()] == [None, None]
