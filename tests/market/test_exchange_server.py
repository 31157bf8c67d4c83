"""The local exchanges serve what they say: the recorded formats, a world with traps, and faults that count themselves.

Law: nothing here waits for a time to pass; every wait is for an event, and its deadline only fails a hang.
"""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPConnection
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import correlation, linear_regression, mean, stdev
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from service.market import binance, bingx, bybit, mexc, source, weex
from service.market.source import Adapter, Get
from tests.market.exchange import ExchangeServer, Fault, World, faults
from tests.market.exchange.history import DAY_MS, HOUR_MS
from tests.market.exchange.listings import LISTINGS, Listing
from tests.market.exchange.server import DEADLINE, ENDPOINTS

ROOT = Path(__file__).parents[2]
ADAPTERS = (binance.ADAPTER, bybit.ADAPTER, bingx.ADAPTER, weex.ADAPTER, mexc.ADAPTER)
RECORDINGS = ROOT.parent / "shared" / "data" / "exchanges"

FAPI = "fapi.binance.com"
DAPI = "dapi.binance.com"
BINANCE = "api.binance.com"
BYBIT = "api.bybit.com"
BINGX = "open-api.bingx.com"
WEEX = "api-contract.weex.com"
WEEX_SPOT = "api-spot.weex.com"
MEXC = "api.mexc.com"
PREMIUM = "/fapi/v1/premiumIndex"
Query = dict[str, str]
_DAY = {"interval": "1d", "symbol": "BTCUSDT"}
_DASHED, _BARRED = {"interval": "1d", "symbol": "BTC-USDT"}, {"interval": "Day1", "symbol": "BTC_USDT"}
HISTORIES: dict[tuple[str, str], Query] = {
    (FAPI, "/fapi/v1/klines"): _DAY,
    (FAPI, "/fapi/v1/fundingRate"): {"symbol": "BTCUSDT"},
    (DAPI, "/dapi/v1/klines"): _DAY | {"symbol": "BTCUSD_PERP"},
    (DAPI, "/dapi/v1/fundingRate"): {"symbol": "BTCUSD_PERP"},
    (BINANCE, "/api/v3/klines"): _DAY,
    (BYBIT, "/v5/market/kline"): {"interval": "D", "symbol": "BTCUSDT"},
    (BYBIT, "/v5/market/funding/history"): {"symbol": "BTCUSDT"},
    (BINGX, "/openApi/swap/v3/quote/klines"): _DASHED,
    (BINGX, "/openApi/swap/v2/quote/fundingRate"): {"symbol": "BTC-USDT"},
    (BINGX, "/openApi/cswap/v1/market/klines"): _DASHED | {"symbol": "BTC-USD"},
    (BINGX, "/openApi/spot/v2/market/kline"): _DASHED,
    (WEEX, "/capi/v3/market/klines"): _DAY,
    (WEEX, "/capi/v3/market/fundingRate"): {"symbol": "BTCUSDT"},
    (WEEX_SPOT, "/api/v3/market/klines"): _DAY,
    (MEXC, "/api/v1/contract/kline"): _BARRED,
    (MEXC, "/api/v1/contract/funding_rate/history"): {"symbol": "BTC_USDT"},
    ("contract.mexc.com", "/api/v1/contract/kline"): _BARRED,
    ("contract.mexc.com", "/api/v1/contract/funding_rate/history"): {"symbol": "BTC_USDT"},
    (MEXC, "/api/v3/klines"): _DAY,
}
"""What is told of one symbol, and what the question must say at least."""
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def running() -> Iterator[ExchangeServer]:
    """Give the exchanges, started once."""
    with ExchangeServer() as exchanges:
        yield exchanges


@pytest.fixture
def exchanges(running: ExchangeServer) -> ExchangeServer:
    """Give the exchanges as if just started."""
    running.reset()
    return running


@pytest.fixture(scope="module")
def client(running: ExchangeServer) -> Iterator[httpx.Client]:
    """Give a client of the exchanges, made once."""
    with httpx.Client(base_url=running.url, timeout=DEADLINE) as client:
        yield client


@pytest.fixture
def ask(exchanges: ExchangeServer, client: httpx.Client) -> Ask:
    """Give a function that asks a host for a path."""
    assert exchanges.url == client.base_url

    def send(host: str, path: str, query: Query | None = None, **options: Any) -> httpx.Response:
        """Ask with whatever some endpoint insists on."""
        needed = {"timestamp": "1"} | ({"category": "linear"} if host == BYBIT else {})
        needed |= HISTORIES.get((host, path), {})
        return client.get(f"/{host}{path}", params=needed | (query or {}), **options)

    return send


def rows(value: Any) -> list[Any]:
    """Take the rows out of any envelope."""
    while isinstance(value, dict):
        names = ("result", "data", "symbols", "list", "resultList", "time")
        value = next(value[name] for name in names if name in value)
    assert isinstance(value, list)
    return value


def row(value: Any, symbol: str) -> dict[str, Any]:
    """Find the row of a symbol in any envelope."""
    found = [each for each in rows(value) if each["symbol"] == symbol]
    assert len(found) == 1
    return dict(found[0])


# The formats


class Recorded(NamedTuple):
    """A recorded reply, and what it was the answer to."""

    file: str
    host: str
    path: str
    query: Query | None = None
    more: frozenset[str] = frozenset()
    """Fields that came later than the recording."""
    quoted: bool = False
    """Whether the recorder turned numbers into strings."""


_FUNDING_TIMES = frozenset({"fundingIntervalHours", "updateTime"})
_REAL = frozenset({"realOpen", "realClose", "realHigh", "realLow"})
_API_STATES = frozenset({"apiStateSell", "apiStateBuy", "timeOnline", "offTime", "maintainTime"})
_TYPES = frozenset({"displaySymbol", "contractType", "underlyingType"})
_SWAP, _COIN = "/openApi/swap/v2/quote", "/openApi/cswap/v1/market"
_LATER = frozenset({"symbolId", "category", "copyTrading", "upperFundingRate", "lowerFundingRate"}) | {
    "isPreListing",
    "preListingInfo",
    "riskParameters",
    "symbolType",
}
RECORDED = [
    Recorded("binanceusdm/exchangeInfo.json", FAPI, "/fapi/v1/exchangeInfo"),
    Recorded("binanceusdm/premiumIndex.json", FAPI, PREMIUM),
    Recorded("binanceusdm/ticker24hr.json", FAPI, "/fapi/v1/ticker/24hr"),
    Recorded("binanceusdm/fundingInfo.json", FAPI, "/fapi/v1/fundingInfo"),
    Recorded("binanceusdm/fundingRate.BTCUSDT.json", FAPI, "/fapi/v1/fundingRate"),
    Recorded("binancecoinm/exchangeInfo.json", DAPI, "/dapi/v1/exchangeInfo"),
    Recorded("binancecoinm/premiumIndex.json", DAPI, "/dapi/v1/premiumIndex"),
    Recorded("binancecoinm/ticker24hr.json", DAPI, "/dapi/v1/ticker/24hr"),
    Recorded("binancecoinm/tickerPrice.json", DAPI, "/dapi/v1/ticker/price"),
    Recorded("binancecoinm/fundingInfo.json", DAPI, "/dapi/v1/fundingInfo", more=frozenset({"updateTime"})),
    Recorded("binancecoinm/fundingRate.json", DAPI, "/dapi/v1/fundingRate"),
    Recorded("binance/exchangeInfo.json", BINANCE, "/api/v3/exchangeInfo"),
    Recorded("binance/tickerPrice.json", BINANCE, "/api/v3/ticker/price"),
    Recorded("bybit/instruments-info.linear.json", BYBIT, "/v5/market/instruments-info"),
    Recorded(
        "bybit/instruments-info.inverse.json",
        BYBIT,
        "/v5/market/instruments-info",
        {"category": "inverse"},
        more=_LATER,
    ),
    Recorded("bybit/instruments-info.spot.json", BYBIT, "/v5/market/instruments-info", {"category": "spot"}),
    Recorded("bybit/tickers.linear.BTCUSDT.json", BYBIT, "/v5/market/tickers"),
    Recorded("bybit/tickers.inverse.doc.json", BYBIT, "/v5/market/tickers", {"category": "inverse"}),
    Recorded("bybit/tickers.spot.doc.json", BYBIT, "/v5/market/tickers", {"category": "spot"}),
    Recorded("bybit/risk-limit.linear.BTCUSDT.json", BYBIT, "/v5/market/risk-limit", {"symbol": "BTCUSDT"}),
    Recorded("bybit/funding-history.doc.json", BYBIT, "/v5/market/funding/history"),
    Recorded("bingx/swap.contracts.json", BINGX, _SWAP + "/contracts"),
    Recorded(
        "bingx/swap.premiumIndex.BTC.json", BINGX, _SWAP + "/premiumIndex", {"symbol": "BTC-USDT"}, more=_FUNDING_TIMES
    ),
    Recorded("bingx/swap.ticker.2026.json", BINGX, _SWAP + "/ticker"),
    Recorded("bingx/swap.klines.json", BINGX, "/openApi/swap/v3/quote/klines"),
    Recorded("bingx/swap.fundingRate.2026.json", BINGX, "/openApi/swap/v2/quote/fundingRate"),
    Recorded("bingx/cswap.contracts.json", BINGX, _COIN + "/contracts"),
    Recorded("bingx/cswap.premiumIndex.json", BINGX, _COIN + "/premiumIndex"),
    Recorded("bingx/cswap.ticker.json", BINGX, _COIN + "/ticker"),
    Recorded("bingx/spot.symbols.json", BINGX, "/openApi/spot/v1/common/symbols", more=_API_STATES),
    Recorded("bingx/spot.ticker24hr.json", BINGX, "/openApi/spot/v1/ticker/24hr"),
    Recorded("weex/contract.exchangeInfo.json", WEEX, "/capi/v3/market/exchangeInfo", more=_TYPES, quoted=True),
    Recorded("weex/contract.apiTradingSymbols.json", WEEX, "/capi/v3/market/apiTradingSymbols"),
    Recorded("weex/contract.premiumIndex.json", WEEX, "/capi/v3/market/premiumIndex"),
    Recorded("weex/contract.bookTicker.json", WEEX, "/capi/v3/market/bookTicker"),
    Recorded("weex/contract.fundingRate.json", WEEX, "/capi/v3/market/fundingRate"),
    Recorded("weex/spot.exchangeInfo.json", WEEX_SPOT, "/api/v3/exchangeInfo"),
    Recorded("weex/spot.ticker24hr.json", WEEX_SPOT, "/api/v3/market/ticker/24hr"),
    Recorded("mexc/contract.detail.json", MEXC, "/api/v1/contract/detail"),
    Recorded("mexc/contract.ticker.json", MEXC, "/api/v1/contract/ticker"),
    Recorded("mexc/contract.funding_rate.BTC_USDT.json", MEXC, "/api/v1/contract/funding_rate", {"symbol": "BTC_USDT"}),
    Recorded("mexc/contract.funding_rate.BTC_USDT.json", MEXC, "/api/v1/contract/funding_rate/BTC_USDT"),
    Recorded("mexc/contract.kline.json", MEXC, "/api/v1/contract/kline/BTC_USDT", _BARRED, more=_REAL),
    Recorded("mexc/contract.funding_rate.history.json", MEXC, "/api/v1/contract/funding_rate/history"),
    Recorded("mexc/spot.exchangeInfo.json", MEXC, "/api/v3/exchangeInfo"),
    Recorded("mexc/spot.tickerPrice.json", MEXC, "/api/v3/ticker/price"),
    Recorded("mexc/spot.ticker24hr.json", MEXC, "/api/v3/ticker/24hr"),
]


def recording(file: str) -> Any:
    """Read a recorded reply; skip the test where there are none."""
    if not RECORDINGS.exists():
        pytest.skip("the recorded replies lie outside the project")
    return json.loads((RECORDINGS / file).read_text())


def kind(value: Any) -> str:
    """Name the JSON type of a value."""
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def differences(recorded: Any, served: Any, more: frozenset[str], at: str = "") -> Iterator[str]:
    """Tell where two JSON values are of different form, by the first row of each list."""
    if isinstance(recorded, dict) and isinstance(served, dict):
        added = served.keys() - recorded.keys() - more
        yield from (f"{at}.{name}" for name in (recorded.keys() - served.keys()) | added)
        for name in recorded.keys() & served.keys():
            yield from differences(recorded[name], served[name], more, f"{at}.{name}")
    elif isinstance(recorded, list) and isinstance(served, list):
        pairs = filters(recorded, served) if at.endswith(".filters") else zip(recorded[:1], served[:1], strict=False)
        for one, other in pairs:
            yield from differences(one, other, more, at + "[]")
    elif None not in (recorded, served) and kind(recorded) != kind(served):
        yield f"{at}: {kind(served)} is no {kind(recorded)}"


def filters(recorded: list[Any], served: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair the filters of a contract by their type; not all that were recorded need to be served."""
    by_type = {each["filterType"]: each for each in recorded}
    return ((by_type[each["filterType"]], each) for each in served) if recorded else iter(())


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded.file)
def test_a_reply_has_the_fields_and_types_of_the_recorded_one(
    recorded: Recorded, exchanges: ExchangeServer, ask: Ask
) -> None:
    """Envelope and first row: no field too few, none too many, strings where strings were."""
    sample = recording(recorded.file)
    if recorded.quoted:
        exchanges.inject(recorded.host, recorded.path, faults.numbers_quoted())
    answer = ask(recorded.host, recorded.path, recorded.query).json()
    if recorded.quoted:
        answer["rateLimits"] = sample["rateLimits"]  # the recorder left these alone

    assert list(differences(sample, answer, recorded.more)) == []


@pytest.mark.parametrize(
    ("file", "host", "path", "unit"),
    [
        ("binance/klines.1d.BTCUSDT.json", BINANCE, "/api/v3/klines", DAY_MS),
        ("binanceusdm/klines.1d.BTCUSDT.json", FAPI, "/fapi/v1/klines", DAY_MS),
        ("binancecoinm/klines.json", DAPI, "/dapi/v1/klines", 60_000),
        ("bybit/kline.linear.BTCUSDT.D.json", BYBIT, "/v5/market/kline", DAY_MS),
        ("bingx/spot.klines.json", BINGX, "/openApi/spot/v2/market/kline", 60_000),
        ("weex/contract.klines.json", WEEX, "/capi/v3/market/klines", 60_000),
        ("weex/spot.klines.json", WEEX_SPOT, "/api/v3/market/klines", 60_000),
        ("mexc/spot.klines.json", MEXC, "/api/v3/klines", 60_000),
    ],
)
def test_a_candle_has_the_form_of_the_recorded_one(file: str, host: str, path: str, unit: int, ask: Ask) -> None:
    """In a list: as many values, of the same types, and the end of the day as far from its beginning."""
    sample = rows(recording(file))
    found = rows(ask(host, path).json())

    assert [kind(value) for value in found[0]] == [kind(value) for value in sample[0]]
    if host != BYBIT:  # it tells no end
        assert found[0][6] - found[0][0] - DAY_MS == sample[0][6] - sample[0][0] - unit
    if len(sample) > 1:
        assert (found[0][0] < found[1][0]) == (sample[0][0] < sample[1][0])


@pytest.mark.parametrize(("host", "path"), ENDPOINTS)
def test_every_endpoint_answers_with_rows(host: str, path: str, ask: Ask) -> None:
    """Status 200, and a JSON value with something in it, packed for those who take that and plain for others."""
    packed = ask(host, path)
    plain = ask(host, path, headers={"Accept-Encoding": "identity"})

    assert packed.status_code == plain.status_code == 200
    assert len(rows(packed.json())) == len(rows(plain.json())) > 1
    assert "Content-Encoding" not in plain.headers


REFUSALS = [
    ("binance/error.-1121.json", FAPI, PREMIUM, {"symbol": "NOPE"}, 400),
    ("binance/error.-1121.json", DAPI, "/dapi/v1/premiumIndex", {"symbol": "NOPE"}, 400),
    ("binance/error.-1121.json", BINANCE, "/api/v3/ticker/price", {"symbol": "NOPE"}, 400),
    ("bybit/error.10001.json", BYBIT, "/v5/market/tickers", {"symbol": "NOPE"}, 200),
    ("bingx/error.104414.json", BINGX, _COIN + "/contracts", {"timestamp": ""}, 400),
    ("bingx/error.104414.json", BINGX, "/openApi/spot/v1/ticker/24hr", {"timestamp": ""}, 400),
    ("bingx/error.109425.json", BINGX, _SWAP + "/premiumIndex", {"symbol": "NOPE-USDT"}, 200),
    ("weex/error.-1142.json", WEEX, "/capi/v3/market/premiumIndex", {"symbol": "NOPE"}, 400),
    ("mexc/error.1001.json", MEXC, "/api/v1/contract/ticker", {"symbol": "NOPE"}, 200),
    ("binance/error.-1121.json", FAPI, "/fapi/v1/klines", {"symbol": "NOPE"}, 400),
    ("binance/error.-1121.json", DAPI, "/dapi/v1/klines", {"symbol": "NOPE"}, 400),
    ("binance/error.-1121.json", BINANCE, "/api/v3/klines", {"symbol": "NOPE"}, 400),
    ("binance/error.-1121.json", FAPI, "/fapi/v1/fundingRate", {"symbol": "NOPE"}, 400),
    ("binance/error.-1121.json", DAPI, "/dapi/v1/fundingRate", {"symbol": "NOPE"}, 400),
    ("bybit/error.10001.json", BYBIT, "/v5/market/kline", {"symbol": "NOPE"}, 200),
    ("bybit/error.10001.json", BYBIT, "/v5/market/funding/history", {"symbol": "NOPE"}, 200),
    ("bingx/error.109425.json", BINGX, "/openApi/swap/v3/quote/klines", {"symbol": "NOPE-USDT"}, 200),
    ("bingx/error.109425.json", BINGX, "/openApi/swap/v2/quote/fundingRate", {"symbol": "NOPE-USDT"}, 200),
    ("weex/error.-1141.json", WEEX, "/capi/v3/market/klines", {"symbol": ""}, 400),
    ("weex/error.-1142.json", WEEX, "/capi/v3/market/klines", {"symbol": "NOPE"}, 400),
    ("weex/error.-1142.json", WEEX_SPOT, "/api/v3/market/klines", {"symbol": "NOPE"}, 400),
    ("weex/error.-1141.json", WEEX, "/capi/v3/market/fundingRate", {"symbol": ""}, 400),
    ("weex/error.-1142.json", WEEX, "/capi/v3/market/fundingRate", {"symbol": "NOPE"}, 400),
    ("mexc/error.1001.json", MEXC, "/api/v1/contract/kline/NOPE", {}, 200),
    ("mexc/error.1001.json", MEXC, "/api/v1/contract/funding_rate/history", {"symbol": "NOPE"}, 200),
]


@pytest.mark.parametrize(("file", "host", "path", "query", "status"), REFUSALS)
def test_a_bad_question_gets_the_recorded_refusal(
    file: str, host: str, path: str, query: Query, status: int, ask: Ask
) -> None:
    """Word for word, but for the time."""
    answer = ask(host, path, query)

    assert answer.status_code == status
    assert {"time": 0} | answer.json() | {"time": 0} == {"time": 0} | recording(file) | {"time": 0}


@pytest.mark.parametrize(
    ("host", "path", "query", "code"),
    [
        (FAPI, "/fapi/v1/klines", {"symbol": ""}, -1102),
        (FAPI, "/fapi/v1/klines", {"interval": "1x"}, -1120),
        (FAPI, "/fapi/v1/klines", {"limit": "1501"}, -1130),
        (BINANCE, "/api/v3/klines", {"limit": "0"}, -1130),
        (DAPI, "/dapi/v1/fundingRate", {"symbol": ""}, -1102),
        (DAPI, "/dapi/v1/fundingRate", {"limit": "1001"}, -1130),
        (BYBIT, "/v5/market/kline", {"category": "bond"}, 10001),
        (BYBIT, "/v5/market/kline", {"interval": "1d"}, 10001),
        (BYBIT, "/v5/market/kline", {"limit": "1001"}, 10001),
        (BYBIT, "/v5/market/funding/history", {"category": "spot"}, 10001),
        (BYBIT, "/v5/market/funding/history", {"limit": "201"}, 10001),
        (BYBIT, "/v5/market/funding/history", {"startTime": "1"}, 10001),
        (BINGX, "/openApi/swap/v3/quote/klines", {"interval": "D"}, 109400),
        (BINGX, "/openApi/spot/v2/market/kline", {"limit": "1441"}, 109400),
        (BINGX, "/openApi/swap/v2/quote/fundingRate", {"limit": "1001"}, 109400),
        (BINGX, "/openApi/cswap/v1/market/fundingRate", {"symbol": "BTC-USD"}, 100400),
        (WEEX, "/capi/v3/market/klines", {"interval": "D"}, -1142),
        (WEEX_SPOT, "/api/v3/market/klines", {"limit": "301"}, -1142),
        (WEEX, "/capi/v3/market/fundingRate", {"limit": "1001"}, -1142),
        (WEEX, "/capi/v3/market/fundingRate", {"startTime": "1000000000000"}, -1142),
        (MEXC, "/api/v1/contract/kline/BTC_USDT", {"interval": "1d"}, 600),
        (MEXC, "/api/v1/contract/funding_rate/history", {"page_size": "1001"}, 600),
        (MEXC, "/api/v1/contract/funding_rate/history", {"page_num": "0"}, 600),
        (MEXC, "/api/v3/klines", {"symbol": "NOPE"}, -1121),
        (MEXC, "/api/v3/klines", {"interval": "Day1"}, -1121),
    ],
)
def test_a_question_about_the_past_must_make_sense(host: str, path: str, query: Query, code: int, ask: Ask) -> None:
    """A page that is too long, another interval or a missing symbol is refused with a code."""
    answer = ask(host, path, query).json()

    assert answer.get("code", answer.get("retCode")) == code


@pytest.mark.parametrize(
    ("host", "query", "message"),
    [
        (BYBIT, {"category": "bond"}, "params error: Category is invalid"),
        (BYBIT, {"limit": "0"}, "params error: limit is invalid"),
        (BYBIT, {"cursor": "last=NOPE"}, "params error: cursor is invalid"),
        (BYBIT, {"symbol": "NOPE"}, "Not supported symbols"),
    ],
)
def test_bybit_says_what_is_wrong_with_a_parameter(host: str, query: Query, message: str, ask: Ask) -> None:
    """With code 10001 and status 200."""
    answer = ask(host, "/v5/market/instruments-info", query)

    assert (answer.status_code, answer.json()["retCode"], answer.json()["retMsg"]) == (200, 10001, message)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere/x", 404), (f"/{WEEX}/capi/v3/market/nope", 404), (f"/{BINGX}/openApi/nope", 200), (f"/{FAPI}/x", 404)],
)
def test_what_is_not_there_is_refused(path: str, status: int, exchanges: ExchangeServer) -> None:
    """An unknown host, and an unknown path in the form of its host; each is noted."""
    assert httpx.get(exchanges.url + path).status_code == status
    assert exchanges.count() == 1


# The world


def test_contracts_come_in_pages_and_each_once(exchanges: ExchangeServer, ask: Ask) -> None:
    """The cursor of a page leads to the next, whether it is sent as it came or quoted once more."""
    for category in ("linear", "inverse"):
        query, found = {"category": category, "limit": "1000"}, []
        while True:
            result = ask(BYBIT, "/v5/market/instruments-info", query).json()["result"]
            found += [each["symbol"] for each in result["list"]]
            if not result["nextPageCursor"]:
                break
            query["cursor"] = result["nextPageCursor"]

        assert len(found) > exchanges.world.page_cap
        assert sorted(found) == sorted(_symbols(exchanges.world, "bybit", category))


def _symbols(world: World, exchange: str, market: str) -> list[str]:
    return [world.symbol(each) for each in LISTINGS if (each.exchange, each.market) == (exchange, market)]


def test_dated_contracts_are_named_after_the_next_two_quarter_ends() -> None:
    """On 2026-07-03 these were 25 September and 25 December; the day after an expiry it is gone."""
    world = World(lambda: datetime(2026, 7, 3, tzinfo=UTC).timestamp())

    assert {"BTCUSDT_260925", "BTCUSDT_261225"} <= set(_symbols(world, "binance", "linear"))
    assert {"BTCUSD_260925", "BTCUSD_261225"} <= set(_symbols(world, "binance", "inverse"))
    assert {"BTCUSDT-25SEP26", "ETHUSDT-25DEC26"} <= set(_symbols(world, "bybit", "linear"))
    assert {"BTCUSDU26", "BTCUSDZ26"} <= set(_symbols(world, "bybit", "inverse"))

    world.offset = (datetime(2026, 12, 25, 8, tzinfo=UTC) - datetime(2026, 7, 3, tzinfo=UTC)).total_seconds()
    assert [world.expiry(0), world.expiry(1)] == [
        datetime(2027, 3, 26, 8, tzinfo=UTC),
        datetime(2027, 6, 25, 8, tzinfo=UTC),
    ]


def test_the_next_funding_is_always_to_come() -> None:
    """At the very moment of one it is the next, and it lies on the hour."""
    moment = datetime(2026, 7, 3, 8, tzinfo=UTC).timestamp()

    for hours in (1, 4, 8):
        assert World(lambda: moment).next_funding(hours) == (moment + hours * 3600) * 1000
        assert World(lambda: moment - 1).next_funding(hours) == moment * 1000


@pytest.mark.parametrize("asset", ["BTC", "ETH", "SOL", "ADA", "DOT", "XRP", "DOGE", "LINK", "LTC", "AVAX"])
def test_each_exchange_has_its_own_price_of_a_coin(asset: str) -> None:
    """Close to the others', yet a test can tell from a number whose it is."""
    world = World()
    prices = {
        world.quote(world.listing(exchange, "spot", asset + joint + "USDT")).last
        for exchange, joint in (("binance", ""), ("bybit", ""), ("bingx", "-"), ("weex", ""), ("mexc", ""))
    }

    assert len(prices) == 5
    assert max(prices) / min(prices) < Decimal("1.0003")


def test_what_is_served_is_what_the_world_says(exchanges: ExchangeServer, ask: Ask) -> None:
    """After a change too."""
    exchanges.world.prices["SOL"] = Decimal(97)

    truth = exchanges.world.truth("binance", "linear", "SOLUSDT")
    served = ask(FAPI, PREMIUM, {"symbol": "SOLUSDT"}).json()
    scaled = row(ask(BYBIT, "/v5/market/tickers").json(), "SHIB1000USDT")
    assert (Decimal(served["markPrice"]), Decimal(served["indexPrice"])) == (truth.mark, truth.index)
    assert abs(truth.mark - 97) < Decimal("0.1")
    assert Decimal(scaled["markPrice"]) == exchanges.world.truth("bybit", "linear", "SHIB1000USDT").mark


# The past


def at_noon() -> World:
    """Give a world on a day in July 2026, at noon."""
    return World(lambda: datetime(2026, 7, 3, 12, tzinfo=UTC).timestamp())


def moves(world: World, listing: Listing) -> list[float]:
    """Give the logarithms by which a price moved from day to day."""
    return [log(later.close / earlier.close) for earlier, later in pairwise(world.candles(listing))]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: f"{listing.exchange}-{listing.symbol}")
def test_candles_lead_up_to_the_price_now(listing: Listing) -> None:
    """Each begins at midnight where the one before ended, holds what is between, and the last is of today."""
    world = at_noon()
    days = world.candles(listing)

    assert days[-1].close == world.quote(listing).last
    assert days[-1].opened_ms == datetime(2026, 7, 3, tzinfo=UTC).timestamp() * 1000
    assert all(later.opened_ms == earlier.ended_ms for earlier, later in pairwise(days))
    assert all(later.open == earlier.close for earlier, later in pairwise(days))
    assert all(0 < day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high for day in days)
    assert world.closes(listing) == days[:-1]


def test_the_past_is_the_same_whoever_asks() -> None:
    """In another world, at another time of the day, on the next day but for the day that is under way."""
    world, other = at_noon(), at_noon()
    listing = world.listing("binance", "linear", "SOLUSDT")

    other.offset = 3600.0
    assert world.candles(listing) == other.candles(listing)
    assert world.payments(listing) == other.payments(listing)

    other.offset = 86_400.0
    assert moves(world, listing)[1:] == pytest.approx(moves(other, listing)[:-1], abs=1e-3)
    assert set(world.payments(listing)[3:]) < set(other.payments(listing))


def test_the_past_follows_a_price_that_is_set() -> None:
    """In its proportions: what a coin moved on a day remains."""
    world, changed = at_noon(), at_noon()
    listing = world.listing("bybit", "linear", "ETHUSDT")

    changed.prices["ETH"] *= 2

    assert changed.candles(listing)[0].close == pytest.approx(2 * world.candles(listing)[0].close, rel=Decimal("1E-5"))
    assert moves(changed, listing) == pytest.approx(moves(world, listing), abs=1e-4)


@pytest.mark.parametrize(("asset", "beta"), [("ETH", 1.15), ("SOL", 1.35), ("TRX", 0.5), ("BNB", 0.8), ("PEPE", 1.55)])
def test_a_coin_moves_with_bitcoin_and_by_itself(asset: str, beta: float) -> None:
    """By its beta, and neither alone."""
    world = at_noon()
    bitcoin = moves(world, world.listing("binance", "spot", "BTCUSDT"))
    coin = moves(world, world.listing("binance", "spot", asset + "USDT"))

    assert linear_regression(bitcoin, coin).slope == pytest.approx(beta, abs=0.15)
    assert 0.5 < correlation(bitcoin, coin) < 0.97
    assert 0.02 < stdev(bitcoin) < 0.03


def test_a_future_is_above_spot_by_less_and_less() -> None:
    """Until it expires; a perpetual stays beside it."""
    world = at_noon()
    spot = {day.opened_ms: day.close for day in world.candles(world.listing("binance", "spot", "BTCUSDT"))}

    def basis(symbol: str) -> list[float]:
        """Give what a contract was above spot, day by day."""
        days = world.candles(world.listing("binance", "linear", symbol))
        return [float(day.close / spot[day.opened_ms] - 1) for day in days]

    dated = basis("BTCUSDT_260925")
    assert len(dated) == 106
    assert (dated[0], dated[-1]) == pytest.approx((0.04 * 189 / 365, 0.04 * 84 / 365), abs=0.0005)
    assert mean(dated[:20]) > mean(dated[40:60]) > mean(dated[-20:])
    assert max(map(abs, basis("BTCUSDT"))) < 0.0005


def test_what_is_new_has_a_short_past() -> None:
    """Nine days of BIO, seven weeks of BABYDOGE, and no more funding than days."""
    world = at_noon()
    bio, baby = world.listing("weex", "linear", "BIOUSDT"), world.listing("bybit", "linear", "1000000BABYDOGEUSDT")

    assert [len(world.candles(listing)) for listing in (bio, baby)] == [9, 45]
    assert [len(world.payments(listing)) for listing in (bio, baby)] == [8 * 6 + 4, 44 * 6 + 4]


def test_funding_was_paid_whenever_it_was_due() -> None:
    """On the hours of the listing since midnight UTC, up to now; every usual interval occurs."""
    world = at_noon()
    perpetuals = [one for one in LISTINGS if one.market != "spot" and one.quarter is None]

    for listing in perpetuals:
        paid = world.payments(listing)
        period = listing.hours * HOUR_MS
        assert all(later.at_ms - earlier.at_ms == period for earlier, later in pairwise(paid))
        assert paid[-1].at_ms + period == world.next_funding(listing.hours)
    assert {listing.hours for listing in perpetuals} == {1, 2, 4, 8, 24}


def test_nothing_else_paid_funding() -> None:
    """Neither a pair nor a contract that expires."""
    world = at_noon()

    assert world.payments(world.listing("binance", "spot", "BTCUSDT")) == []
    assert world.payments(world.listing("binance", "linear", "BTCUSDT_260925")) == []


def test_funding_is_plausible() -> None:
    """Mostly longs paid, about a basis point in eight hours, in moods that last, and each exchange at its own rate."""
    world = at_noon()
    listings = [one for one in world.listings("bybit", "linear") if one.quarter is None]
    rates = [[float(paid.rate) * 8 / one.hours for paid in world.payments(one)] for one in listings]
    flat = [rate for each in rates for rate in each]

    assert mean(flat) == pytest.approx(0.0001, abs=0.00005)
    assert 0.03 < sum(rate < 0 for rate in flat) / len(flat) < 0.3
    assert max(map(abs, flat)) < 0.001
    assert mean(correlation(each[:-1], each[1:]) for each in rates) > 0.5
    one = world.payments(world.listing("binance", "linear", "BTCUSDT"))
    other = world.payments(world.listing("mexc", "linear", "BTC_USDT"))
    assert {theirs.rate - ours.rate for ours, theirs in zip(one, other, strict=True)} == {Decimal("0.000004")}
    assert {paid.rate for paid in world.payments(world.listing("mexc", "linear", "DOT_USDT"))} == {Decimal(0)}


def times(value: Any) -> list[int]:
    """Read the times of candles or payments, in milliseconds, out of any envelope."""
    read = [_time(each) for each in rows(value)]
    return [time * 1000 if time < 10**11 else time for time in read]


def _time(row: Any) -> int:
    if isinstance(row, dict):
        names = ("time", "fundingTime", "fundingRateTimestamp", "settleTime")
        row = next(row[name] for name in names if name in row)
    return int(row[0] if isinstance(row, list) else row)


@pytest.mark.parametrize(
    ("host", "path", "usual", "most", "newest_first"),
    [
        (FAPI, "/fapi/v1/klines", 500, 519, False),
        (DAPI, "/dapi/v1/klines", 500, 519, False),
        (BINANCE, "/api/v3/klines", 500, 519, False),
        (FAPI, "/fapi/v1/fundingRate", 100, 359, False),
        (DAPI, "/dapi/v1/fundingRate", 100, 359, False),
        (BYBIT, "/v5/market/kline", 200, 519, True),
        (BYBIT, "/v5/market/funding/history", 200, 200, True),
        (BINGX, "/openApi/swap/v3/quote/klines", 500, 519, True),
        (BINGX, "/openApi/cswap/v1/market/klines", 500, 519, True),
        (BINGX, "/openApi/spot/v2/market/kline", 500, 518, True),
        (BINGX, "/openApi/swap/v2/quote/fundingRate", 100, 359, True),
        (WEEX, "/capi/v3/market/klines", 100, 519, True),
        (WEEX_SPOT, "/api/v3/market/klines", 100, 300, True),
        (WEEX, "/capi/v3/market/fundingRate", 100, 359, True),
        (MEXC, "/api/v3/klines", 500, 500, False),
        (MEXC, "/api/v1/contract/kline", 519, 519, False),
        (MEXC, "/api/v1/contract/funding_rate/history", 20, 359, True),
    ],
)
def test_a_page_has_its_length_and_order(
    host: str, path: str, usual: int, most: int, *, newest_first: bool, exchanges: ExchangeServer, ask: Ask
) -> None:
    """The usual one, and one as long as is asked for; the newest are always in it."""
    exchanges.world.clock = at_noon().clock
    name = "page_size" if "funding_rate/" in path else "limit"
    caps = {"/v5/market/funding/history": "200", "/api/v3/market/klines": "300"}
    short = times(ask(host, path).json())
    long = times(ask(host, path, {name: caps.get(path, "1000")}).json())

    assert [len(short), len(long)] == [usual, most]
    assert all(sorted(page, reverse=newest_first) == page for page in (short, long))
    assert max(short) == max(long) > exchanges.world.millis() - DAY_MS


@pytest.mark.parametrize(
    ("host", "path", "names", "unit"),
    [
        (FAPI, "/fapi/v1/klines", ("startTime", "endTime"), 1),
        (BINANCE, "/api/v3/klines", ("startTime", "endTime"), 1),
        (FAPI, "/fapi/v1/fundingRate", ("startTime", "endTime"), 1),
        (BYBIT, "/v5/market/kline", ("start", "end"), 1),
        (BYBIT, "/v5/market/funding/history", ("startTime", "endTime"), 1),
        (BINGX, "/openApi/swap/v3/quote/klines", ("startTime", "endTime"), 1),
        (BINGX, "/openApi/swap/v2/quote/fundingRate", ("startTime", "endTime"), 1),
        (WEEX, "/capi/v3/market/fundingRate", ("startTime", "endTime"), 1),
        (MEXC, "/api/v3/klines", ("startTime", "endTime"), 1),
        (MEXC, "/api/v1/contract/kline", ("start", "end"), 1000),
    ],
)
def test_a_stretch_of_time_can_be_asked_for(
    host: str, path: str, names: tuple[str, str], unit: int, *, exchanges: ExchangeServer, ask: Ask
) -> None:
    """From one moment to another, both included."""
    exchanges.world.clock = at_noon().clock
    end = exchanges.world.millis() // DAY_MS * DAY_MS - 9 * DAY_MS
    start = end - 3 * DAY_MS
    found = times(ask(host, path, {names[0]: str(start // unit), names[1]: str(end // unit)}).json())

    assert [edge // HOUR_MS * HOUR_MS for edge in (min(found), max(found))] == [start, end]
    assert len(found) == (10 if "unding" in path else 4)


def test_days_of_bingx_spot_begin_in_china(exchanges: ExchangeServer, ask: Ask) -> None:
    """Unless told not to, and then they are those of all others; perpetuals only if told to, inverse ones never."""
    exchanges.world.clock = at_noon().clock
    asked: dict[str, Query] = {"usual": {}, "here": {"timeZone": "0"}, "china": {"timeZone": "8"}}
    hours = {
        path: [times(ask(BINGX, path, query).json())[0] % DAY_MS // HOUR_MS for query in asked.values()]
        for path in (
            "/openApi/spot/v2/market/kline",
            "/openApi/swap/v3/quote/klines",
            "/openApi/cswap/v1/market/klines",
        )
    }

    assert list(hours.values()) == [[16, 0, 16], [0, 0, 16], [0, 0, 0]]


def test_payments_of_binance_are_stamped_a_little_late(ask: Ask) -> None:
    """By some milliseconds, most of them."""
    late = {time % HOUR_MS for time in times(ask(FAPI, "/fapi/v1/fundingRate").json())}

    assert max(late) < 14
    assert len(late) > 3


@pytest.mark.parametrize(
    ("host", "path", "limit", "weight"),
    [
        (FAPI, "/fapi/v1/klines", "99", 1),
        (FAPI, "/fapi/v1/klines", "400", 2),
        (DAPI, "/dapi/v1/klines", "500", 5),
        (DAPI, "/dapi/v1/klines", "1500", 10),
        (BINANCE, "/api/v3/klines", "1000", 2),
        (FAPI, "/fapi/v1/fundingRate", "1000", 0),
        (BYBIT, "/v5/market/kline", "400", 1),
        (BINGX, "/openApi/swap/v3/quote/klines", "400", 1),
        (WEEX, "/capi/v3/market/klines", "400", 1),
        (WEEX, "/capi/v3/market/fundingRate", "1000", 5),
        (WEEX_SPOT, "/api/v3/market/klines", "300", 2),
        (MEXC, "/api/v3/klines", "400", 1),
    ],
)
def test_a_longer_page_may_count_for_more(
    host: str, path: str, limit: str, weight: int, *, exchanges: ExchangeServer, ask: Ask
) -> None:
    """On futures of Binance it does."""
    ask(host, path, {"limit": limit})

    assert exchanges.requests[-1].used == weight


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.exchange)
def test_the_service_reads_what_the_world_says(adapter: Adapter, exchanges: ExchangeServer) -> None:
    """Of every listing, as many days as a page holds, and all that was paid in them."""
    now = exchanges.world.now()
    exchanges.world.clock = lambda: now

    async def get(host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Ask without sending; what the adapter counts is no less than what the exchange does."""
        used = exchanges.requests[-1].used if exchanges.requests else 0
        plan = exchanges.plan(host, unquote(path), (parameters, {}))
        assert plan.reply.status == 200
        assert exchanges.requests[-1].used - used <= weight
        return json.dumps(plan.reply.value).encode()

    for listing in [one for one in LISTINGS if one.exchange == adapter.exchange]:
        closes, payments = asyncio.run(_past(adapter, listing, (exchanges.world, get)))
        days, paid = exchanges.world.candles(listing), exchanges.world.payments(listing)
        assert closes == [(day.ended_ms, float(day.close)) for day in days[-len(closes) :]]
        assert len(closes) >= min(len(days), 300)
        assert payments == [(one.at_ms, float(one.rate)) for one in paid[len(paid) - len(payments) :]]
        assert len(payments) >= min(len(paid), 200) or (adapter.exchange, listing.market) == ("bingx", "inverse")


Points = list[tuple[int, float]]


async def _past(adapter: Adapter, listing: Listing, at: tuple[World, Get]) -> tuple[Points, Points]:
    """Let an adapter read closes and payments; the latter to the second, which Binance stamps a little late."""
    world, get = at
    symbol, base, quote = world.symbol(listing), listing.base, listing.quote
    asked = source.Listing(symbol=symbol, segment=listing.market, base=base, quote=quote, is_trading=True)
    assert adapter.candles_of is not None
    assert adapter.fundings_of is not None
    (candles,) = await adapter.candles_of(asked).fetch(get)
    assert isinstance(candles, source.Candles)
    payments: Points = []
    if world.payments(listing):
        with suppress(source.UpstreamError):
            (fundings,) = await adapter.fundings_of(asked).fetch(get)
            assert isinstance(fundings, source.Fundings)
            payments = [(paid.at_ms // 1000 * 1000, paid.rate) for paid in fundings.payments]
    return [(close.at_ms, close.price) for close in candles.closes], payments


def test_the_traps_are_set(ask: Ask) -> None:
    """What is listed and must not be used is listed, in the exchange's own way of saying so."""
    binance = ask(FAPI, "/fapi/v1/exchangeInfo").json()
    spot = ask(BINANCE, "/api/v3/exchangeInfo", {"symbolStatus": "TRADING"}).json()
    bybit = ask(BYBIT, "/v5/market/instruments-info", {"status": "PreLaunch"}).json()
    bingx = ask(BINGX, _SWAP + "/contracts").json()
    weex = ask(WEEX, "/capi/v3/market/exchangeInfo").json()
    tradable = ask(WEEX, "/capi/v3/market/apiTradingSymbols").json()
    mexc = ask(MEXC, "/api/v1/contract/detail").json()

    assert row(binance, "EOSUSDT")["status"] == "SETTLING"
    assert row(binance, "XAUUSDT")["contractType"] == "TRADIFI_PERPETUAL"
    assert "XMRUSDT" not in [each["symbol"] for each in spot["symbols"]]
    assert row(ask(BINANCE, "/api/v3/ticker/price").json(), "XMRUSDT")["price"] == "139.23000000"
    assert [each["isPreListing"] for each in rows(bybit)] == [True]
    assert row(bingx, "EOS-USDT")["status"] == 25
    assert row(bingx, "NCCOGOLD2USD-USDT")["status"] == 1
    assert row(weex, "XAUUSDT")["underlyingType"] == "Metals"
    assert row(weex, "DOGEUSDT")["quantityPrecision"] == -2
    assert "EOSUSDT" not in tradable
    assert row(ask(WEEX, "/capi/v3/market/premiumIndex").json(), "BIOUSDT")["nextFundingTime"] == 28_800_000
    assert [row(mexc, name)["riskLimitMode"] for name in ("BTC_USDT", "ETH_USDT")] == ["CUSTOM", "INCREASE"]
    assert [row(mexc, "TESLA_USDT")["type"], row(mexc, "BIO_USDT")["apiAllowed"]] == [2, False]
    assert row(mexc, "EOS_USDT")["state"] == 4
    assert row(ask(MEXC, "/api/v1/contract/funding_rate").json(), "DOT_USDT")["fundingRate"] == 0


def test_only_adjusted_contracts_have_a_funding_interval_on_binance(exchanges: ExchangeServer, ask: Ask) -> None:
    """All others have 8 hours, unsaid."""
    told = {each["symbol"]: each["fundingIntervalHours"] for each in ask(FAPI, "/fapi/v1/fundingInfo").json()}

    assert (told["ADAUSDT"], told["TRXUSDT"], told["BTCUSDT"]) == (4, 1, 8)
    assert "SOLUSDT" not in told
    assert exchanges.world.listing("binance", "linear", "SOLUSDT").hours == 8


def test_bybit_tells_the_margin_tiers(exchanges: ExchangeServer, ask: Ask) -> None:
    """The highest id first, rates as fractions, and the first tier allows the leverage of the contract."""
    tiers = rows(ask(BYBIT, "/v5/market/risk-limit", {"symbol": "BTCUSDT"}).json())
    page = ask(BYBIT, "/v5/market/risk-limit").json()["result"]

    assert [tier["id"] for tier in tiers] == list(range(len(tiers), 0, -1))
    assert Decimal(tiers[-1]["maintenanceMargin"]) == Decimal("0.005")
    assert Decimal(tiers[-1]["maxLeverage"]) == exchanges.world.listing("bybit", "linear", "BTCUSDT").leverage
    assert len({tier["symbol"] for tier in page["list"]}) == 15
    assert page["nextPageCursor"]


def test_limits_are_counted_and_told(exchanges: ExchangeServer, ask: Ask) -> None:
    """By weight and by host, each exchange in its own header, and MEXC in none."""
    exchanges.world.clock = lambda: 1_790_000_000.0
    told = [ask(FAPI, path).headers["X-MBX-USED-WEIGHT-1M"] for path in (PREMIUM, "/fapi/v1/ticker/price")]
    weex = ask(WEEX, "/capi/v3/market/ticker/24hr").headers
    bybit = ask(BYBIT, "/v5/market/tickers").headers

    assert told == ["10", "12"]
    assert [request.used for request in exchanges.requests] == [10, 12, 40, 1]
    assert weex["x-used-weight-10s"] == "40"
    assert bybit["X-Bapi-Limit-Status"] == "599"
    assert "X-RateLimit-Requests-Remain" in ask(BINGX, _SWAP + "/ticker").headers


# The faults

REFUSED = [
    (faults.rate_limited("binance"), 429, "binance/error.-1003.429.json"),
    (faults.rate_limited("bybit"), 200, "bybit/error.10006.json"),
    (faults.rate_limited("bingx"), 429, "bingx/error.100410.json"),
    (faults.rate_limited("bingx", status=200), 200, "bingx/error.100410.json"),
    (faults.banned(1783052218599), 418, "binance/error.-1003.418.json"),
    (faults.geo_blocked(), 451, "binance/error.451.json"),
]


@pytest.mark.parametrize(("fault", "status", "file"), REFUSED)
def test_a_refusal_is_the_recorded_one(
    fault: Fault, status: int, file: str, exchanges: ExchangeServer, ask: Ask
) -> None:
    """Word for word."""
    exchanges.inject(FAPI, PREMIUM, fault)
    answer = ask(FAPI, PREMIUM)

    assert (answer.status_code, answer.json()) == (status, recording(file))
    assert fault.fired == 1


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (faults.html(), 200, b"<!DOCTYPE html>"),
        (faults.null(), 200, b"null"),
        (faults.empty_list(), 200, b"[]"),
        (faults.empty_object(), 200, b"{}"),
        (faults.forbidden(), 403, b"<!DOCTYPE html>"),
        (faults.maintenance(), 503, b"<!DOCTYPE html>"),
        (faults.rate_limited("weex"), 429, b'{"code":-1003'),
        (faults.rate_limited("mexc"), 200, b'{"success":false,"code":510'),
        (faults.slow(0.001), 200, b'[{"symbol":"BTCUSDT"'),
        (Fault(status=500, body=b"oops", headers={"Retry-After": "3"}), 500, b"oops"),
        (Fault(status=500), 500, b'[{"symbol":"BTCUSDT"'),
    ],
)
def test_a_fault_answers_in_place_of_the_exchange(
    fault: Fault, status: int, body: bytes, exchanges: ExchangeServer, ask: Ask
) -> None:
    """With its status, headers and body, and only where it was told to."""
    exchanges.inject(FAPI, PREMIUM, fault)
    answer = ask(FAPI, PREMIUM)
    other = ask(FAPI, "/fapi/v1/ticker/price")

    assert (answer.status_code, answer.content[: len(body)]) == (status, body)
    assert fault.headers.items() <= {name.title(): value for name, value in answer.headers.items()}.items()
    assert other.status_code == 200
    assert fault.fired == 1


def test_half_a_reply_is_broken_off_or_looks_whole(exchanges: ExchangeServer, ask: Ask) -> None:
    """One the client sees at once, the other only when it decodes."""
    broken_off = exchanges.inject(FAPI, PREMIUM, faults.truncated(times=1))
    shorter = exchanges.inject(FAPI, PREMIUM, faults.truncated(shorter=True, times=1))

    with pytest.raises(httpx.RemoteProtocolError):
        ask(FAPI, PREMIUM)
    with pytest.raises(json.JSONDecodeError):
        ask(FAPI, PREMIUM).json()
    assert [broken_off.fired, shorter.fired] == [1, 1]
    assert ask(FAPI, PREMIUM).json()


def test_a_connection_is_dropped_as_often_as_said(exchanges: ExchangeServer, ask: Ask) -> None:
    """And not once more."""
    fault = exchanges.inject("", "/", faults.drop(times=2))

    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            ask(FAPI, PREMIUM)
    assert ask(FAPI, PREMIUM).status_code == 200
    assert fault.fired == 2


def connect(exchanges: ExchangeServer) -> HTTPConnection:
    """Send a request without waiting for the answer."""
    parts = urlsplit(exchanges.url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=DEADLINE)
    connection.request("GET", f"/{FAPI}{PREMIUM}")
    return connection


def test_a_hanging_request_is_answered_when_released(exchanges: ExchangeServer) -> None:
    """Not before, and then as usual."""
    fault = exchanges.inject(FAPI, PREMIUM, faults.hang())
    connection = connect(exchanges)
    exchanges.wait_for(1, FAPI, PREMIUM)

    fault.release()
    assert connection.getresponse().status == 200
    connection.close()
    assert fault.fired == 1


def test_a_price_is_multiplied(exchanges: ExchangeServer, ask: Ask) -> None:
    """Of the symbol and in the fields named, in strings and in numbers; several faults work together."""
    before = ask(FAPI, PREMIUM).json()
    one = exchanges.inject(FAPI, PREMIUM, faults.price_times("BTCUSDT", 2))
    other = exchanges.inject(FAPI, PREMIUM, faults.price_times("ETHUSDT", "0.5", fields=("markPrice",)))
    after = ask(FAPI, PREMIUM).json()
    exchanges.inject(MEXC, "/api/v1", faults.price_times("BTC_USDT", 3, fields=("fairPrice",)))
    number = row(ask(MEXC, "/api/v1/contract/ticker").json(), "BTC_USDT")["fairPrice"]

    assert Decimal(row(after, "BTCUSDT")["markPrice"]) == 2 * Decimal(row(before, "BTCUSDT")["markPrice"])
    assert Decimal(row(after, "ETHUSDT")["markPrice"]) == Decimal(row(before, "ETHUSDT")["markPrice"]) / 2
    assert row(after, "ETHUSDT")["indexPrice"] == row(before, "ETHUSDT")["indexPrice"]
    assert number == float(3 * exchanges.world.truth("mexc", "linear", "BTC_USDT").mark)
    assert [one.fired, other.fired] == [1, 1]


def test_a_change_that_changes_nothing_does_not_count(exchanges: ExchangeServer, ask: Ask) -> None:
    """So that a test cannot pass for a fault that missed."""
    fault = exchanges.inject(FAPI, PREMIUM, faults.price_times("NOPE", 2))
    ask(FAPI, PREMIUM)

    assert fault.fired == 0


@pytest.mark.parametrize(
    ("host", "path", "field"),
    [(FAPI, PREMIUM, "time"), (MEXC, "/api/v1/contract/ticker", "timestamp"), (WEEX, "/capi/v3/market", "closeTime")],
)
def test_a_clock_goes_back(host: str, path: str, field: str, exchanges: ExchangeServer, ask: Ask) -> None:
    """In the moments of the reply and of its rows, not in the next funding."""
    exchanges.world.clock = lambda: 1_790_000_000.0
    fault = exchanges.inject(host, path, faults.clock_back(90))
    asked = path + "/ticker/24hr" if host == WEEX else path
    served = rows(ask(host, asked).json())[0]

    assert served[field] == 1_789_999_910_000
    assert served.get("nextFundingTime", 1_790_006_400_000) == 1_790_006_400_000
    assert fault.fired == 1


def test_rows_are_left_out(exchanges: ExchangeServer, ask: Ask) -> None:
    """The share named, in any envelope, which stays."""
    for host, path in ((FAPI, PREMIUM), (BYBIT, "/v5/market/tickers"), (BINGX, "/openApi/spot/v1/common/symbols")):
        before = ask(host, path).json()
        fault = exchanges.inject(host, path, faults.rows_cut(0.6))
        after = ask(host, path).json()

        assert len(rows(after)) == round(len(rows(before)) * 0.4)
        assert type(after) is type(before)
        assert fault.fired == 1


@pytest.mark.parametrize("at", [at for at in HISTORIES if at[1].lower().find("kline") >= 0], ids="".join)
def test_prices_of_candles_are_multiplied(at: tuple[str, str], exchanges: ExchangeServer, ask: Ask) -> None:
    """In lists, objects and columns; the times stay."""
    before = ask(*at).json()
    fault = exchanges.inject(*at, faults.candles_times(2))
    after = ask(*at).json()

    assert times(after) == times(before)
    assert _close(after) == 2 * _close(before)
    assert fault.fired == 1


def _close(value: Any) -> Decimal:
    """Read the first close of candles."""
    if isinstance(value, dict) and "close" in value.get("data", ()):
        return Decimal(str(value["data"]["close"][0]))
    first = rows(value)[0]
    return Decimal(str(first["close"] if isinstance(first, dict) else first[4]))


@pytest.mark.parametrize("at", HISTORIES, ids="".join)
@pytest.mark.parametrize("fault", [faults.rows_cut(0.6), faults.numbers_quoted()], ids=["cut", "quoted"])
def test_the_past_can_be_spoilt(at: tuple[str, str], fault: Fault, exchanges: ExchangeServer, ask: Ask) -> None:
    """Rows are left out and numbers quoted wherever there are some, and the times stay in their place."""
    before = times(ask(*at).json())
    exchanges.inject(*at, fault)
    after = times(ask(*at).json())

    assert after == before[: len(after)]
    assert len(after) in {len(before), round(len(before) * 0.4)}


def test_a_clock_that_goes_back_moves_no_column(exchanges: ExchangeServer, ask: Ask) -> None:
    """The times of candles in columns are a list, and no moment of the reply."""
    at = (MEXC, "/api/v1/contract/kline")
    before = times(ask(*at).json())
    fault = exchanges.inject(*at, faults.clock_back(90))

    assert times(ask(*at).json()) == before
    assert fault.fired == 0


@pytest.mark.parametrize("fault", ["html", "null", "empty_list", "empty_object", "drop", "maintenance", "forbidden"])
def test_a_question_about_the_past_may_fail_too(fault: str, exchanges: ExchangeServer, ask: Ask) -> None:
    """As any other, and only the one that was to fail."""
    struck = exchanges.inject(WEEX, "/capi/v3/market/fundingRate", faults.READY[fault]())
    with suppress(httpx.RemoteProtocolError):
        ask(WEEX, "/capi/v3/market/fundingRate")

    assert ask(WEEX, "/capi/v3/market/klines").status_code == 200
    assert struck.fired == 1


# The life of the server


def test_every_request_is_noted(exchanges: ExchangeServer, ask: Ask) -> None:
    """With host, path, query, headers and the time at the exchange."""
    exchanges.world.offset = -3600.0
    ask(BYBIT, "/v5/market/tickers", {"symbol": "BTCUSDT"})
    ask(FAPI, PREMIUM)

    first = exchanges.requests[0]
    assert (first.host, first.path, first.query["symbol"]) == (BYBIT, "/v5/market/tickers", "BTCUSDT")
    assert "gzip" in first.headers["accept-encoding"]
    assert first.time < exchanges.world.clock() - 3500
    assert [exchanges.count(), exchanges.count("api."), exchanges.count(FAPI, "/fapi/v1/ticker")] == [2, 1, 0]


def test_stopping_leaves_no_thread() -> None:
    """Not even with a connection kept alive and a request that hangs."""
    before = set(threading.enumerate())
    with ExchangeServer() as exchanges:
        hanging = connect(exchanges)
        hanging.getresponse().read()
        exchanges.inject("", "/", faults.hang())
        waiting = connect(exchanges)
        exchanges.wait_for(2)

    assert set(threading.enumerate()) <= before
    hanging.close()
    waiting.close()
    exchanges.stop()


def test_another_process_can_run_it_and_give_orders() -> None:
    """It prints its address; faults, log and world go over HTTP; a signal ends it."""
    command = [sys.executable, "-m", "tests.market.exchange"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with httpx.Client(base_url=process.stdout.readline().strip(), timeout=DEADLINE) as client:
            order = {"host": FAPI, "path": PREMIUM, "name": "rate_limited", "arguments": {"exchange": "binance"}}
            client.post("/__fault", json=order)
            limited = client.get(f"/{FAPI}{PREMIUM}").status_code
            told = client.get("/__fault").json()
            cleared = client.post("/__fault", json={"clear": True}).json()
            world = client.post("/__world", json={"prices": {"SOL": "50"}, "offset": 2}).json()
            log = client.get("/__log").json()
            client.post("/__reset")
            forgotten = client.get("/__log").json()
            unknown = client.post("/__nope").status_code
        process.send_signal(signal.SIGTERM)

    assert (limited, told, cleared) == (429, [{"host": FAPI, "path": PREMIUM, "fired": 1}], [])
    assert (world["prices"]["SOL"], world["offset"]) == ("50", 2.0)
    assert ([request["path"] for request in log], forgotten, unknown) == ([PREMIUM], [], 404)
    assert process.returncode == 0
