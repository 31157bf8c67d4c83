"""BingX: what its replies mean, which of its rows count, and how it says no."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.market import bingx
from service.market.source import Candles, Close, Feed, Fundings, Get, Listing, Payment, Quote, Row, UpstreamError
from service.market.vetting import vet

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "exchanges" / "bingx"
recorded = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recorded replies lie outside the project")

PREMIUM = {
    "symbol": "BTC-USDT",
    "markPrice": "60000.5",
    "indexPrice": "60010",
    "lastFundingRate": "0.00013",
    "nextFundingTime": 1790150400000,
    "fundingIntervalHours": 8,
    "updateTime": 1790121600000,
    "minFundingRate": "-0.003",
    "maxFundingRate": "0.002",
}
TICKER = {"symbol": "BTC-USDT", "lastPrice": "60001", "bidPrice": "60000", "askPrice": "60002", "closeTime": 1}
CONTRACT = {
    "symbol": "BTC-USDT",
    "asset": "BTC",
    "currency": "USDT",
    "size": "0",
    "quantityPrecision": 4,
    "pricePrecision": 1,
    "makerFeeRate": 0.0002,
    "takerFeeRate": 0.0005,
    "tradeMinQuantity": 0.0001,
    "tradeMinUSDT": 2,
    "maxLongLeverage": 150,
    "maxShortLeverage": 125,
    "status": 1,
    "apiStateOpen": "true",
    "apiStateClose": "true",
}
INVERSE = {"symbol": "BTC-USD", "pricePrecision": 1, "minTickSize": "100", "minTradeValue": "100", "status": 1} | {
    "minQty": "1.00000000"
}
PAIR = {"symbol": "BTC-USDT", "status": 1, "tickSize": 0.01, "stepSize": 1e-05, "minNotional": 5, "minQty": 0.0001826}
CANDLE = {"open": "59000", "close": "60000.5", "high": "61000", "low": "58000", "volume": "9.5", "time": 1790121600000}
BEGAN = 1790121600000
SPOT_CANDLE = [BEGAN, 59000, 61000.5, 58000.25, 60000.5, 9.5, 1790207999999, 570000.1]
PAID = {"symbol": "BTC-USDT", "fundingRate": "-0.00011700", "fundingTime": 1790150400000, "markPrice": "68532.3"}
LINEAR = Listing(symbol="BTC-USDT", segment="linear", base="BTC", quote="USDT", is_trading=True)
COINED = Listing(symbol="BTC-USD", segment="inverse", base="BTC", quote="USD", is_trading=True)
SPOT = Listing(symbol="BTC-USDT", segment="spot", base="BTC", quote="USDT", is_trading=True)
DAY = 86_400_000


def envelope(*rows: object) -> bytes:
    """Write rows as BingX does."""
    return msgspec.json.encode({"code": 0, "msg": "", "data": rows})


def pairs(*rows: dict[str, Any]) -> bytes:
    """Write spot pairs as BingX does."""
    return msgspec.json.encode({"code": 0, "msg": "", "data": {"symbols": rows}})


def recording(name: str) -> bytes:
    """Read a recorded reply; one that was asked for a single symbol becomes a list of one."""
    reply = msgspec.json.decode((RECORDINGS / f"{name}.json").read_bytes())
    data = reply["data"]
    return msgspec.json.encode(reply | {"data": [data] if "symbol" in data else data})


TICKERS = envelope(TICKER)
PARSERS: dict[str, tuple[Callable[..., Sequence[Row]], tuple[bytes, ...]]] = {
    "linear_quotes": (bingx.parse_linear_quotes, (envelope(PREMIUM), envelope(TICKER))),
    "inverse_quotes": (bingx.parse_inverse_quotes, (envelope(PREMIUM), envelope(TICKER))),
    "spot_quotes": (bingx.parse_spot_quotes, (envelope(TICKER),)),
    "linear_listings": (bingx.parse_linear_listings, (envelope(CONTRACT),)),
    "inverse_listings": (bingx.parse_inverse_listings, (envelope(INVERSE),)),
    "spot_listings": (bingx.parse_spot_listings, (pairs(PAIR),)),
    "linear_candles": (partial(bingx.parse_candles, LINEAR), (envelope(CANDLE),)),
    "inverse_candles": (partial(bingx.parse_candles, COINED), (envelope(CANDLE),)),
    "spot_candles": (partial(bingx.parse_candles, SPOT), (envelope(SPOT_CANDLE),)),
    "linear_fundings": (partial(bingx.parse_fundings, LINEAR), (envelope(PAID),)),
}
BODIES = [(name, place) for name, (_, bodies) in PARSERS.items() for place in range(len(bodies))]
NOTHING_PAID = b'{"code":0,"data":[]}'
"""The one empty answer that is true: before the first payment."""
SHAPES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"<html><body>Maintenance</body></html>",
    b'{"code":0,"msg":""}',
    b'{"code":0,"data":null}',
    b'{"code":0,"data":{}}',
    b'{"code":0,"data":[]}',
    b'{"code":0,"data":[{}]}',
    b'{"code":0,"data":[null]}',
    b'{"code":0,"data":{"symbols":[]}}',
    b'{"code":0,"data":[{"symbol":"BTC-USDT"}]}',
    b'{"code":0,"data":[{"symbol":7}]}',
    b"\xff\xfe",
]
SPOILT = [
    (name, place, body) for name, place in BODIES for body in SHAPES if body != NOTHING_PAID or "fundings" not in name
]


@recorded
def test_recorded_perpetual_prices() -> None:
    """Rows of a test collection of December 2023 (premiumIndex) and of a live reply of August 2026 (ticker)."""
    quotes = bingx.parse_linear_quotes(recording("swap.premiumIndex.BTC"), recording("swap.ticker.2026"))

    assert quotes == [
        Quote(
            symbol="BTC-USDT",
            last=Decimal("67822.8"),
            mark=Decimal("42216.4"),
            index=Decimal("42219.9"),
            bid=Decimal("67822.8"),
            ask=Decimal("67822.9"),
            funding_rate=Decimal("0.000251"),
            next_funding_ms=1702742400000,
        )
    ]


@recorded
def test_recorded_inverse_prices() -> None:
    """Live rows of 2024; ticker and premiumIndex are of two coins, so the last price of ETH-USD is not there."""
    (quote,) = bingx.parse_inverse_quotes(recording("cswap.premiumIndex"), recording("cswap.ticker"))

    assert quote == Quote(
        symbol="ETH-USD",
        mark=Decimal("2402.68"),
        index=Decimal("2404.92"),
        funding_rate=Decimal("0.0001"),
        next_funding_ms=1728604800000,
    )


@recorded
def test_recorded_inverse_orders() -> None:
    """The live ticker of July 2024, under a premiumIndex for the same coin."""
    (quote,) = bingx.parse_inverse_quotes(envelope(PREMIUM | {"symbol": "SOL-USD"}), recording("cswap.ticker"))

    assert (quote.last, quote.bid, quote.ask) == (Decimal("140.574"), Decimal("140.573"), Decimal("140.577"))


@recorded
def test_recorded_spot_prices() -> None:
    """Numbers in place of texts, as BingX wrote them in 2023."""
    assert bingx.parse_spot_quotes(recording("spot.ticker24hr")) == [
        Quote(symbol="BTC-USDT", last=Decimal("42215.15"), bid=Decimal("42214.65"), ask=Decimal("42215.55"))
    ]


@recorded
def test_recorded_perpetuals() -> None:
    """BTC is ordered in steps of 0.0001 coins, whatever `size` says."""
    bitcoin, ether = bingx.parse_linear_listings(recording("swap.contracts"))

    assert bitcoin == Listing(
        symbol="BTC-USDT",
        segment="linear",
        base="BTC",
        quote="USDT",
        is_trading=True,
        multiplier=Decimal(1),
        order_unit="base",
        lot_step=Decimal("0.0001"),
        min_quantity=Decimal("0.0001"),
        min_notional=Decimal(2),
        tick_size=Decimal("0.1"),
        max_leverage=Decimal(125),
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0005"),
    )
    assert (ether.base, ether.lot_step, ether.min_quantity) == ("ETH", Decimal("0.01"), Decimal("0.01"))
    assert ether.tick_size == Decimal("0.01")


@recorded
def test_recorded_inverse_perpetuals() -> None:
    """`minTickSize` is the face value: 100 USD for BTC, 10 USD for others."""
    bitcoin, coin = bingx.parse_inverse_listings(recording("cswap.contracts"))

    assert bitcoin == Listing(
        symbol="BTC-USD",
        segment="inverse",
        base="BTC",
        quote="USD",
        is_trading=True,
        multiplier=Decimal(100),
        order_unit="contract",
        lot_step=Decimal(1),
        min_quantity=Decimal(1),
        min_notional=Decimal(100),
        tick_size=Decimal("0.1"),
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0005"),
    )
    assert (coin.base, coin.multiplier, coin.tick_size) == ("BNB", Decimal(10), Decimal("0.01"))


@recorded
def test_recorded_spot_pairs() -> None:
    """A pair of December 2023."""
    assert bingx.parse_spot_listings(recording("spot.symbols")) == [
        Listing(
            symbol="BTC-USDT",
            segment="spot",
            base="BTC",
            quote="USDT",
            is_trading=True,
            order_unit="base",
            lot_step=Decimal("0.00001"),
            min_notional=Decimal(5),
            tick_size=Decimal("0.01"),
        )
    ]


@recorded
def test_recorded_candles() -> None:
    """Rows of December 2023, of an hour and of minutes: a time is that of the opening, spot has the newest first."""
    (hour,) = bingx.parse_candles(LINEAR, recording("swap.klines"))
    (minutes,) = bingx.parse_candles(SPOT, recording("spot.klines"))

    assert hour == Candles(symbol="BTC-USDT", closes=(Close(1702717200000 + DAY, 0.7065),))
    assert minutes.closes[0] == Close(1702720380000 + DAY, 42182.76)
    assert minutes.closes[-1] == Close(1702720620000 + DAY, 42216.72)


@recorded
def test_recorded_past_funding() -> None:
    """A live row of August 2026."""
    assert bingx.parse_fundings(LINEAR, recording("swap.fundingRate.2026")) == [
        Fundings(symbol="BTC-USDT", payments=(Payment(1787155200000, -0.000117),))
    ]


@recorded
@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [("100410", 429, "rate_limited"), ("104414", 400, "bad_payload"), ("109425", 200, "bad_payload")],
)
def test_recorded_errors(name: str, status: int, reason: str) -> None:
    """Most come with status 200."""
    refusal = bingx.refuse(status, (RECORDINGS / f"error.{name}.json").read_bytes())

    assert refusal is not None
    assert refusal.reason == reason


def test_a_quote_takes_funding_from_the_running_rate() -> None:
    """The wider bound is the cap, and no time is claimed: `updateTime` is the last settlement."""
    (quote,) = bingx.parse_linear_quotes(envelope(PREMIUM), envelope(TICKER))

    assert (quote.funding_rate, quote.next_funding_ms) == (Decimal("0.00013"), 1790150400000)
    assert (quote.funding_interval_hours, quote.funding_cap) == (8, Decimal("0.003"))
    assert quote.as_of_ms is None


@pytest.mark.parametrize(
    ("written", "price"),
    [("1.50", "1.50"), (1.5, "1.5"), (15, "15"), (1e-05, "0.00001"), ("", None), (None, None)],
)
def test_a_price_may_be_written_in_many_ways(written: object, price: str | None) -> None:
    """BingX changed between texts and numbers, and leaves a price empty where there is no order."""
    (quote,) = bingx.parse_spot_quotes(envelope(TICKER | {"bidPrice": written}))

    assert quote.bid == (None if price is None else Decimal(price))


def test_a_perpetual_that_was_not_traded_has_a_mark() -> None:
    """Its row in ticker is missing; the last price is None, not 0."""
    (quote,) = bingx.parse_linear_quotes(envelope(PREMIUM), envelope(TICKER | {"symbol": "ETH-USDT"}))

    assert (quote.last, quote.bid, quote.ask, quote.mark) == (None, None, None, Decimal("60000.5"))


@pytest.mark.parametrize(
    "symbol", ["NCCOGOLD2USD-USDT", "NCSKTSLA2USD-USDT", "btc-USDT", "币-USDT", "BTCUSDT", "-USDT"]
)
def test_a_perpetual_on_no_coin_is_left_out(symbol: str) -> None:
    """Stocks, goods and currencies begin with NC; a name outside the pattern can't be asked for."""
    known, other = PREMIUM, PREMIUM | {"symbol": symbol}

    quotes = bingx.parse_linear_quotes(envelope(known, other), envelope(TICKER))
    listings = bingx.parse_linear_listings(envelope(CONTRACT, CONTRACT | {"symbol": symbol}))

    assert [quote.symbol for quote in quotes] == [listing.symbol for listing in listings] == ["BTC-USDT"]


@pytest.mark.parametrize(
    ("change", "is_trading"),
    [
        ({}, True),
        ({"status": 25}, False),
        ({"status": 0}, False),
        ({"apiStateOpen": "false"}, False),
        ({"apiStateClose": "false"}, False),
    ],
)
def test_a_perpetual_trades_if_a_program_may_open_it(change: dict[str, object], is_trading: object) -> None:
    """Status 25 takes no new positions, and still says that its interface is open."""
    (listing,) = bingx.parse_linear_listings(envelope(CONTRACT | change))

    assert listing.is_trading is is_trading


@pytest.mark.parametrize(
    ("change", "is_trading"),
    [({}, True), ({"status": 0}, False), ({"apiStateBuy": False}, False), ({"apiStateSell": False}, False)],
)
def test_a_pair_trades_if_a_program_may_trade_it(change: dict[str, object], is_trading: object) -> None:
    """Older replies have no flags for programs."""
    (listing,) = bingx.parse_spot_listings(pairs(PAIR | change))

    assert listing.is_trading is is_trading


def test_an_inverse_perpetual_that_is_closed_does_not_trade() -> None:
    """Only the status tells."""
    (listing,) = bingx.parse_inverse_listings(envelope(INVERSE | {"status": 0}))

    assert not listing.is_trading


@pytest.mark.parametrize(
    ("asset", "base", "units"),
    [("1000PEPE", "PEPE", 1000), ("1000000MOG", "MOG", 1_000_000), ("BTC", "BTC", 1)],
)
def test_a_scale_is_taken_off_the_name(asset: str, base: str, units: int) -> None:
    """A price of 1000PEPE is for a thousand coins."""
    (listing,) = bingx.parse_linear_listings(envelope(CONTRACT | {"asset": asset, "symbol": f"{asset}-USDT"}))

    assert (listing.base, listing.units) == (base, Decimal(units))


def test_a_term_that_is_not_published_is_unknown() -> None:
    """Never 0, and never another contract's."""
    known = (
        *("symbol", "asset", "currency", "status", "apiStateOpen", "apiStateClose"),
        *("quantityPrecision", "pricePrecision"),
    )
    (listing,) = bingx.parse_linear_listings(envelope({key: CONTRACT[key] for key in known}))

    assert listing.max_leverage is None
    assert listing.min_quantity is None
    assert listing.taker_fee_rate is None


def test_closes_are_put_in_order_and_stamped_with_the_end_of_their_day() -> None:
    """The newest comes first, and its time is that of its opening; the day under way stays for vetting to drop."""
    later, later_spot = CANDLE | {"close": "61000", "time": BEGAN + DAY}, [BEGAN + DAY, *"1234"]

    (linear,) = bingx.parse_candles(LINEAR, envelope(later, CANDLE))
    (inverse,) = bingx.parse_candles(COINED, envelope(later, CANDLE))
    (spot,) = bingx.parse_candles(SPOT, envelope(later_spot, SPOT_CANDLE))

    assert linear.closes == inverse.closes == (Close(1790208000000, 60000.5), Close(1790294400000, 61000.0))
    assert spot.closes == (Close(1790208000000, 60000.5), Close(1790294400000, 4.0))
    assert (linear.symbol, inverse.symbol, spot.symbol) == ("BTC-USDT", "BTC-USD", "BTC-USDT")


def test_days_that_begin_in_china_end_in_vetting() -> None:
    """Those of spot do, unless the offset is asked for; a history of them would lie eight hours beside all others."""
    days = [[BEGAN - 28_800_000 - day * DAY, *SPOT_CANDLE[1:]] for day in range(3)]

    vetted = vet(bingx.parse_candles(SPOT, envelope(*days)), 1790300000000)

    assert vetted.dropped == {"BTC-USDT": "absurd_time"}


def test_payments_are_put_in_order() -> None:
    """The newest comes first."""
    earlier = PAID | {"fundingRate": "0.0001", "fundingTime": 1790121600000}

    (fundings,) = bingx.parse_fundings(LINEAR, envelope(PAID, earlier))

    assert fundings.payments == (Payment(1790121600000, 0.0001), Payment(1790150400000, -0.000117))


def test_before_the_first_payment_there_is_none() -> None:
    """A new perpetual has an empty history, which is no fault."""
    assert bingx.parse_fundings(LINEAR, NOTHING_PAID) == [Fundings(symbol="BTC-USDT", payments=())]


def test_the_funding_of_another_perpetual_is_refused() -> None:
    """It was not asked for."""
    with pytest.raises(UpstreamError, match="another symbol"):
        bingx.parse_fundings(LINEAR, envelope(PAID, PAID | {"symbol": "ETH-USDT"}))


def test_past_funding_of_inverse_perpetuals_is_not_told() -> None:
    """BingX has no path for it; nothing is asked, and who wants it is told so."""
    with pytest.raises(UpstreamError, match="no past funding of inverse") as error:
        ask(bingx.fundings_of(COINED), {})

    assert error.value.reason == "rejected"


@pytest.mark.parametrize(("name", "place", "body"), SPOILT)
def test_a_reply_of_another_shape_is_refused(name: str, place: int, body: bytes) -> None:
    """None of them may pass as an empty answer."""
    parse, bodies = PARSERS[name]

    with pytest.raises(UpstreamError) as error:
        parse(*bodies[:place], body, *bodies[place + 1 :])

    assert error.value.reason == "bad_payload"


@pytest.mark.parametrize(("name", "place"), BODIES)
def test_a_reply_that_was_cut_is_refused(name: str, place: int) -> None:
    """Wherever it was cut."""
    parse, bodies = PARSERS[name]

    for end in range(len(bodies[place])):
        with pytest.raises(UpstreamError, match="is no"):
            parse(*bodies[:place], bodies[place][:end], *bodies[place + 1 :])


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b'"abc"', b"true", b"[1]"])
@pytest.mark.parametrize(
    ("name", "place", "key"),
    [
        ("linear_quotes", 0, b"markPrice"),
        ("linear_quotes", 0, b"nextFundingTime"),
        ("linear_quotes", 1, b"lastPrice"),
        ("spot_quotes", 0, b"askPrice"),
        ("linear_listings", 0, b"quantityPrecision"),
        ("inverse_listings", 0, b"minTickSize"),
        ("spot_listings", 0, b"stepSize"),
        ("linear_candles", 0, b"time"),
        ("linear_candles", 0, b"close"),
        ("inverse_candles", 0, b"close"),
        ("linear_fundings", 0, b"fundingRate"),
        ("linear_fundings", 0, b"fundingTime"),
    ],
)
def test_a_value_that_is_no_number_is_refused(name: str, place: int, key: bytes, value: bytes) -> None:
    """One such row makes the whole reply doubtful."""
    parse, bodies = PARSERS[name]
    spoilt = re.sub(rb'("%s":)("[^"]*"|[^,}]*)' % key, rb"\g<1>" + value, bodies[place])

    with pytest.raises(UpstreamError) as error:
        parse(*bodies[:place], spoilt, *bodies[place + 1 :])

    assert error.value.reason == "bad_payload"


def test_a_text_that_spells_no_number_ends_in_vetting() -> None:
    """A Decimal may be NaN; the row goes, and the others stay."""
    quotes = bingx.parse_linear_quotes(envelope(PREMIUM, PREMIUM | {"symbol": "X-USDT", "markPrice": "NaN"}), TICKERS)

    assert vet(quotes, 1790150000000).dropped == {"X-USDT": "not_finite"}


def test_a_cap_that_is_no_number_is_unknown() -> None:
    """It must not stop the prices beside it."""
    (quote,) = bingx.parse_linear_quotes(envelope(PREMIUM | {"minFundingRate": "NaN"}), envelope(TICKER))

    assert quote.funding_cap == Decimal("0.002")


@pytest.mark.parametrize(
    ("status", "body", "reason", "retry_after"),
    [
        (200, b'{"code":100410,"msg":"rate limited"}', "rate_limited", 300.0),
        (429, b'{"code":100410,"msg":"rate limited"}', "rate_limited", 300.0),
        (429, b"Too many requests", "rate_limited", 300.0),
        (400, b'{"code":104414,"msg":"Invalid parameter","retryable":0}', "bad_payload", None),
        (200, b'{"code":109425,"msg":"NOPE-USDT not exist"}', "bad_payload", None),
        (200, b'{"code":"100400","msg":"this api is not exist"}', "bad_payload", None),
    ],
)
def test_an_error_of_its_own_is_understood(status: int, body: bytes, reason: str, retry_after: float | None) -> None:
    """BingX lifts a limit after five minutes."""
    refusal = bingx.refuse(status, body)

    assert refusal is not None
    assert (refusal.reason, refusal.retry_after) == (reason, retry_after)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, envelope(TICKER)),
        (200, b'{"code":"0","data":[]}'),
        (200, b"[]"),
        (200, b"<html></html>"),
        (403, b'{"code":100410}'),
        (418, b'{"code":100410}'),
        (503, b'{"code":100500}'),
    ],
)
def test_what_is_no_error_of_its_own_is_left_to_the_status(status: int, body: bytes) -> None:
    """A ban stays a ban."""
    assert bingx.refuse(status, body) is None


FEEDS = {f"{feed.segment}_{feed.subject}": feed for feed in bingx.ADAPTER.feeds} | {
    "linear_candles": bingx.candles_of(LINEAR),
    "inverse_candles": bingx.candles_of(COINED),
    "spot_candles": bingx.candles_of(SPOT),
    "linear_fundings": bingx.fundings_of(LINEAR),
}


def ask(
    feed: str | Feed, replies: dict[str, bytes]
) -> tuple[Sequence[Row], list[tuple[str, str, int, dict[str, str]]]]:
    """Let a feed ask for prepared replies by path."""
    known = FEEDS[feed] if isinstance(feed, str) else feed
    asked = []

    async def get(host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Note what was asked, and answer."""
        asked.append((host, path, weight, parameters))
        return replies[path]

    async def fetch(get: Get) -> Sequence[Row]:
        """Run the feed."""
        return await known.fetch(get)

    return asyncio.run(fetch(get)), asked


@pytest.mark.parametrize(
    ("feed", "paths"),
    [
        ("linear_quotes", ["/openApi/swap/v2/quote/premiumIndex", "/openApi/swap/v2/quote/ticker"]),
        ("inverse_quotes", ["/openApi/cswap/v1/market/premiumIndex", "/openApi/cswap/v1/market/ticker"]),
        ("spot_quotes", ["/openApi/spot/v1/ticker/24hr"]),
        ("linear_listings", ["/openApi/swap/v2/quote/contracts"]),
        ("inverse_listings", ["/openApi/cswap/v1/market/contracts"]),
        ("spot_listings", ["/openApi/spot/v1/common/symbols"]),
        ("linear_candles", ["/openApi/swap/v3/quote/klines"]),
        ("inverse_candles", ["/openApi/cswap/v1/market/klines"]),
        ("spot_candles", ["/openApi/spot/v2/market/kline"]),
        ("linear_fundings", ["/openApi/swap/v2/quote/fundingRate"]),
    ],
)
def test_a_feed_asks_for_what_it_reads(feed: str, paths: list[str]) -> None:
    """Each asks its paths once, at the one host that has a budget."""
    parse, bodies = PARSERS[feed]

    rows, asked = ask(feed, dict(zip(paths, bodies, strict=True)))

    assert rows == parse(*bodies)
    assert [path for _, path, _, _ in asked] == paths
    assert {host for host, *_ in asked} == set(bingx.ADAPTER.budgets)


@pytest.mark.parametrize(
    ("feed", "path"),
    [
        ("inverse_listings", "/openApi/cswap/v1/market/contracts"),
        ("spot_quotes", "/openApi/spot/v1/ticker/24hr"),
        ("inverse_candles", "/openApi/cswap/v1/market/klines"),
    ],
)
def test_calls_that_need_the_time_send_it(feed: str, path: str) -> None:
    """In milliseconds; without it they are refused."""
    before = int(time.time() * 1000)

    _, ((*_, parameters),) = ask(feed, {path: PARSERS[feed][1][0]})

    assert before <= int(parameters["timestamp"]) <= int(time.time() * 1000)


@pytest.mark.parametrize(
    ("feed", "parameters"),
    [
        ("linear_candles", {"symbol": "BTC-USDT", "interval": "1d", "limit": "400", "timeZone": "0"}),
        ("inverse_candles", {"symbol": "BTC-USD", "interval": "1d", "limit": "400", "timeZone": "0"}),
        ("spot_candles", {"symbol": "BTC-USDT", "interval": "1d", "limit": "400", "timeZone": "0"}),
        ("linear_fundings", {"symbol": "BTC-USDT", "limit": "1000"}),
    ],
)
def test_a_history_is_asked_for_in_one_page(feed: str, parameters: dict[str, str]) -> None:
    """Days are those of UTC, and the page is as long as is useful."""
    (body,) = PARSERS[feed][1]

    _, ((*_, sent),) = ask(feed, dict.fromkeys([*bingx.CANDLES.values(), "/openApi/swap/v2/quote/fundingRate"], body))

    assert {name: sent[name] for name in sent if name != "timestamp"} == parameters


@pytest.mark.parametrize("subject", ["candles", "fundings"])
@pytest.mark.parametrize("listing", [LINEAR, COINED, SPOT], ids=lambda listing: listing.segment)
def test_a_history_is_a_board_of_one_symbol(subject: str, listing: Listing) -> None:
    """Ten minutes fresh, an hour at most, and under a name of its own."""
    feed = {"candles": bingx.candles_of, "fundings": bingx.fundings_of}[subject](listing)

    assert feed.key == f"hedge:{{bingx:{listing.segment}:{subject}:{listing.symbol}}}"
    assert (feed.row, feed.symbol) == ({"candles": Candles, "fundings": Fundings}[subject], listing.symbol)
    assert (feed.fresh_seconds, feed.longest_seconds) == (600.0, 3600.0)


def test_the_adapter_keeps_half_for_its_user() -> None:
    """500 requests in 10 s; every segment has quotes and listings, and nothing expires."""
    assert bingx.ADAPTER.budgets[bingx.HOST] == (250, 10.0)
    assert len({feed.key for feed in bingx.ADAPTER.feeds}) == 6
    assert (bingx.ADAPTER.candles_of, bingx.ADAPTER.fundings_of) == (bingx.candles_of, bingx.fundings_of)
    assert not bingx.ADAPTER.lists_expiring
    assert bingx.ADAPTER.tiers_of is None
