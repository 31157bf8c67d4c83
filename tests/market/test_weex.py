"""WEEX: what its replies mean, which of its rows count, and how it says no."""

import asyncio
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.market import weex
from service.market.source import Candles, Close, Feed, Fundings, Get, Listing, Payment, Quote, Row, UpstreamError

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "exchanges" / "weex"
recorded = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recorded replies lie outside the project")

TICKER = {"symbol": "ETHUSDT", "lastPrice": "2081.80", "closeTime": 1775579400000, "markPrice": "2081.8"} | {
    "indexPrice": "2082.75"
}
PREMIUM = {
    "symbol": "ETHUSDT",
    "markPrice": "2133.71",
    "indexPrice": "2134.44",
    "forecastFundingRate": "0.00005618",
    "lastFundingRate": "0.00001031",
    "nextFundingTime": 1775606400000,
    "time": 1775597594265,
    "collectCycle": 480,
}
BOOK = {"symbol": "ETHUSDT", "bidPrice": "2081.7", "askPrice": "2081.9", "time": 1764505776000}
SPOT = {"symbol": "ETHUSDT", "lastPrice": "2085.46", "bidPrice": "2085.44", "askPrice": "2085.47", "closeTime": 1}
CONTRACT = {
    "symbol": "ETHUSDT",
    "baseAsset": "ETH",
    "quoteAsset": "USDT",
    "pricePrecision": 2,
    "quantityPrecision": 3,
    "contractVal": "0.001",
    "delivery": ["00:00:00", " 08:00:00\t", "16:00:00"],
    "contractType": "PERPETUAL",
    "underlyingType": "COIN",
    "forwardContractFlag": True,
    "maxLeverage": 400,
    "makerFeeRate": 0.0002,
    "takerFeeRate": 0.0008,
    "minOrderSize": 0.001,
    "maxOrderSize": 1000000,
    "marketOpenLimitSize": 2300,
}
PAIR = {
    "symbol": "ETHUSDT",
    "status": "TRADING",
    "enableTrade": True,
    "baseAsset": "ETH",
    "quoteAsset": "USDT",
    "tickSize": "0.01",
    "stepSize": "0.00001",
}
CANDLE = [
    1790121600000,
    "4300.0",
    "4400.0",
    "4200.0",
    "4321.5",
    "25.678",
    1790208000000,
    "110000.5",
    125,
    "12",
    "50000",
]
PAID = {"symbol": "ETHUSDT", "fundingRate": "-0.00001031", "fundingTime": 1790150400000, "markPrice": "4300.1"}
LINEAR = Listing(symbol="ETHUSDT", segment="linear", base="ETH", quote="USDT", is_trading=True)
SPOT_LISTING = Listing(symbol="ETHUSDT", segment="spot", base="ETH", quote="USDT", is_trading=True)
DAY = 86_400_000


def rows(*those: object) -> bytes:
    """Write rows as WEEX writes most of its replies."""
    return msgspec.json.encode(those)


def symbols(*those: dict[str, Any]) -> bytes:
    """Write rows as exchangeInfo does."""
    return msgspec.json.encode({"symbols": those})


def recording(name: str) -> bytes:
    """Read a recorded reply."""
    return (RECORDINGS / f"{name}.json").read_bytes()


FUNDING, BOOKS, TRADABLE = rows(PREMIUM), rows(BOOK), rows("ETHUSDT")
PARSERS: dict[str, tuple[Callable[..., Sequence[Row]], tuple[bytes, ...]]] = {
    "linear_quotes": (weex.parse_linear_quotes, (rows(TICKER), FUNDING, BOOKS)),
    "spot_quotes": (weex.parse_spot_quotes, (rows(SPOT),)),
    "linear_listings": (weex.parse_linear_listings, (symbols(CONTRACT), TRADABLE)),
    "spot_listings": (weex.parse_spot_listings, (symbols(PAIR),)),
    "linear_candles": (partial(weex.parse_candles, LINEAR), (rows(CANDLE),)),
    "spot_candles": (partial(weex.parse_candles, SPOT_LISTING), (rows(CANDLE),)),
    "linear_fundings": (partial(weex.parse_fundings, LINEAR), (rows(PAID),)),
}
BODIES = [(name, place) for name, (_, bodies) in PARSERS.items() for place in range(len(bodies))]
NOTHING_PAID = b"[]"
"""The one empty answer that is true: before the first payment."""
SHAPES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"<html><body>Maintenance</body></html>",
    b"[null]",
    b"[{}]",
    b'{"symbols":[]}',
    b'{"symbols":null}',
    b'{"symbols":[{}]}',
    b'[{"symbol":"ETHUSDT"}]',
    b'{"symbols":[{"symbol":"ETHUSDT"}]}',
    b"[7]",
    b'{"code":-1142,"msg":"Parameter is invalid."}',
    b"\xff\xfe",
]
SPOILT = [
    (name, place, body) for name, place in BODIES for body in SHAPES if body != NOTHING_PAID or "fundings" not in name
]


@recorded
def test_recorded_funding() -> None:
    """A live row of April 2026 under a ticker of the same day, whose prices are not the minute-old ones."""
    (quote,) = weex.parse_linear_quotes(
        rows(TICKER), recording("contract.premiumIndex"), recording("contract.bookTicker")
    )

    assert quote == Quote(
        symbol="ETHUSDT",
        last=Decimal("2081.80"),
        mark=Decimal("2081.8"),
        index=Decimal("2082.75"),
        funding_rate=Decimal("0.00005618"),
        funding_interval_hours=8,
        next_funding_ms=1775606400000,
    )


@recorded
def test_recorded_orders() -> None:
    """The book of the official documentation."""
    (quote,) = weex.parse_linear_quotes(rows(TICKER | {"symbol": "BTCUSDT"}), FUNDING, recording("contract.bookTicker"))

    assert (quote.bid, quote.ask) == (Decimal("69350.1"), Decimal("69351.0"))


@recorded
def test_recorded_spot_prices() -> None:
    """A live row of April 2026."""
    assert weex.parse_spot_quotes(recording("spot.ticker24hr")) == [
        Quote(symbol="ETHUSDT", last=Decimal("2085.46"), bid=Decimal("2085.44"), ask=Decimal("2085.47"))
    ]


@recorded
def test_recorded_perpetuals() -> None:
    """Live rows of April 2026: an order is in coins, and DOGE goes by the hundred."""
    bitcoin, ether, doge = weex.parse_linear_listings(
        recording("contract.exchangeInfo"), recording("contract.apiTradingSymbols")
    )

    assert ether == Listing(
        symbol="ETHUSDT",
        segment="linear",
        base="ETH",
        quote="USDT",
        is_trading=True,
        multiplier=Decimal(1),
        order_unit="base",
        lot_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000000),
        max_market_quantity=Decimal(2300),
        tick_size=Decimal("0.01"),
        max_leverage=Decimal(400),
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0008"),
        funding_interval_hours=8,
    )
    assert (bitcoin.lot_step, bitcoin.max_quantity, bitcoin.is_trading) == (Decimal("0.0001"), Decimal(1200), False)
    assert (str(doge.lot_step), doge.min_quantity, doge.max_leverage) == ("100", Decimal(100), Decimal(200))
    assert doge.tick_size == Decimal("0.00001")


@recorded
def test_recorded_spot_pairs() -> None:
    """Live rows of April 2026."""
    ether, bitcoin, doge = weex.parse_spot_listings(recording("spot.exchangeInfo"))

    assert ether == Listing(
        symbol="ETHUSDT",
        segment="spot",
        base="ETH",
        quote="USDT",
        is_trading=True,
        order_unit="base",
        lot_step=Decimal("0.00001"),
        min_quantity=Decimal("0.0001"),
        max_quantity=Decimal(99999),
        tick_size=Decimal("0.01"),
        maker_fee_rate=Decimal("0.001"),
        taker_fee_rate=Decimal("0.001"),
    )
    assert (bitcoin.lot_step, doge.min_quantity) == (Decimal("0.000001"), Decimal(200))


@recorded
def test_recorded_candles() -> None:
    """The samples of the official documentation, of a minute each: a time is that of the opening."""
    (linear,) = weex.parse_candles(LINEAR, recording("contract.klines"))
    (spot,) = weex.parse_candles(SPOT_LISTING, recording("spot.klines"))

    assert linear == Candles(symbol="ETHUSDT", closes=(Close(1764505740000 + DAY, 69355.2),))
    assert spot == Candles(symbol="ETHUSDT", closes=(Close(1764505860000 + DAY, 68952.4),))


@recorded
def test_recorded_past_funding() -> None:
    """A live row of April 2026."""
    assert weex.parse_fundings(LINEAR, recording("contract.fundingRate")) == [
        Fundings(symbol="ETHUSDT", payments=(Payment(1775577600000, 0.00001031),))
    ]


@recorded
@pytest.mark.parametrize("name", ["error.-1141", "error.-1142"])
def test_recorded_errors(name: str) -> None:
    """Both come with status 400."""
    refusal = weex.refuse(400, recording(name))

    assert refusal is not None
    assert refusal.reason == "bad_payload"


@recorded
def test_a_recorded_unknown_path_is_left_to_the_status() -> None:
    """It carries no code."""
    assert weex.refuse(404, recording("error.404")) is None


def test_a_quote_is_put_together_of_three_replies() -> None:
    """Prices of the ticker, the rate to come of premiumIndex, orders of the book; none tells the prices' time."""
    assert weex.parse_linear_quotes(rows(TICKER), FUNDING, BOOKS) == [
        Quote(
            symbol="ETHUSDT",
            last=Decimal("2081.80"),
            mark=Decimal("2081.8"),
            index=Decimal("2082.75"),
            bid=Decimal("2081.7"),
            ask=Decimal("2081.9"),
            funding_rate=Decimal("0.00005618"),
            funding_interval_hours=8,
            next_funding_ms=1775606400000,
        )
    ]


def test_a_perpetual_without_funding_or_orders_keeps_its_prices() -> None:
    """What is missing is None, and no other contract's."""
    (quote,) = weex.parse_linear_quotes(rows(TICKER | {"symbol": "BTCUSDT"}), FUNDING, BOOKS)

    assert quote == Quote(symbol="BTCUSDT", last=Decimal("2081.80"), mark=Decimal("2081.8"), index=Decimal("2082.75"))


def test_a_funding_time_of_1970_is_passed_on_with_its_prices() -> None:
    """DALUSDT is written so; vetting takes the funding away."""
    (quote,) = weex.parse_linear_quotes(rows(TICKER), rows(PREMIUM | {"nextFundingTime": 28800000}), BOOKS)

    assert (quote.next_funding_ms, quote.mark) == (28800000, Decimal("2081.8"))


@pytest.mark.parametrize(("minutes", "hours"), [(480, 8), (240, 4), (60, 1), ("480", 8), (90, None), (0, None)])
def test_a_funding_interval_is_whole_hours(minutes: object, hours: int | None) -> None:
    """It is written in minutes."""
    (quote,) = weex.parse_linear_quotes(rows(TICKER), rows(PREMIUM | {"collectCycle": minutes}), BOOKS)

    assert quote.funding_interval_hours == hours


@pytest.mark.parametrize(("times", "hours"), [(3, 8), (6, 4), (24, 1), (1, 24), (0, None), (5, None), (7, None)])
def test_a_listed_funding_interval_is_a_day_over_its_times(times: int, hours: int | None) -> None:
    """Some of the times are written with stray spaces, so that only their number counts."""
    (listing,) = weex.parse_linear_listings(symbols(CONTRACT | {"delivery": ["\t00:00:00 "] * times}), TRADABLE)

    assert listing.funding_interval_hours == hours


@pytest.mark.parametrize(
    "change",
    [
        {"underlyingType": "Stocks"},
        {"underlyingType": "Metals"},
        {"forwardContractFlag": False},
        {"symbol": "牛来USDT"},
        {"symbol": "ethusdt"},
    ],
)
def test_a_contract_on_no_coin_is_left_out(change: dict[str, object]) -> None:
    """Nor is one listed that is margined in the coin, or that can't be asked for."""
    listings = weex.parse_linear_listings(symbols(CONTRACT | change, CONTRACT), TRADABLE)

    assert [listing.symbol for listing in listings] == ["ETHUSDT"]


def test_a_contract_without_the_flags_is_one_on_a_coin() -> None:
    """Replies of April 2026 had none of them."""
    known = {key: CONTRACT[key] for key in CONTRACT if key not in {"underlyingType", "forwardContractFlag"}}

    (listing,) = weex.parse_linear_listings(symbols(known), TRADABLE)

    assert listing.base == "ETH"


def test_a_contract_trades_if_a_program_may_trade_it() -> None:
    """Three of four contracts are refused with -1058 when a program orders them."""
    listings = weex.parse_linear_listings(symbols(CONTRACT, CONTRACT | {"symbol": "API3USDT"}), TRADABLE)

    assert [listing.is_trading for listing in listings] == [True, False]


@pytest.mark.parametrize(
    ("change", "is_trading"), [({}, True), ({"status": "BREAK"}, False), ({"enableTrade": False}, False)]
)
def test_a_pair_trades_if_it_is_enabled(change: dict[str, object], is_trading: object) -> None:
    """Both its status and its flag must say so."""
    (listing,) = weex.parse_spot_listings(symbols(PAIR | change))

    assert listing.is_trading is is_trading


@pytest.mark.parametrize(
    ("asset", "base", "units"), [("1000PEPE", "PEPE", 1000), ("1MBABYDOGE", "BABYDOGE", 1_000_000), ("ETH", "ETH", 1)]
)
def test_a_scale_is_taken_off_the_name(asset: str, base: str, units: int) -> None:
    """A price of 1MBABYDOGE is for a million coins."""
    (listing,) = weex.parse_linear_listings(symbols(CONTRACT | {"baseAsset": asset}), TRADABLE)

    assert (listing.base, listing.units) == (base, Decimal(units))


def test_names_that_cannot_be_asked_for_are_left_out_of_the_quotes() -> None:
    """WEEX lists some coins under Chinese names."""
    foreign = {"symbol": "牛来USDT"}

    linear = weex.parse_linear_quotes(rows(TICKER | foreign, TICKER), FUNDING, BOOKS)
    spot = weex.parse_spot_quotes(rows(SPOT | foreign, SPOT))

    assert [quote.symbol for quote in (*linear, *spot)] == ["ETHUSDT", "ETHUSDT"]


def test_closes_are_put_in_order_and_stamped_with_the_end_of_their_day() -> None:
    """The newest comes first, and its time is that of its opening; the day under way stays for vetting to drop."""
    later = [1790121600000 + DAY, "4321.5", "4400", "4300", "4399", "1", 1790294400000, "1", 1, "1", "1"]

    (candles,) = weex.parse_candles(LINEAR, rows(later, CANDLE))

    assert candles == Candles(symbol="ETHUSDT", closes=(Close(1790208000000, 4321.5), Close(1790294400000, 4399.0)))


@pytest.mark.parametrize("row", [CANDLE[:4], [], [*CANDLE[:4], None], [*CANDLE[:4], ""], ["", *CANDLE[1:]], [[]] * 5])
def test_a_candle_without_a_close_is_refused(row: list[object]) -> None:
    """One such row makes the whole reply doubtful."""
    with pytest.raises(UpstreamError) as error:
        weex.parse_candles(LINEAR, rows(CANDLE, row))

    assert error.value.reason == "bad_payload"


def test_payments_are_put_in_order() -> None:
    """The newest comes first."""
    earlier = PAID | {"fundingRate": "0.0001", "fundingTime": 1790121600000}

    (fundings,) = weex.parse_fundings(LINEAR, rows(PAID, earlier))

    assert fundings.payments == (Payment(1790121600000, 0.0001), Payment(1790150400000, -0.00001031))


def test_before_the_first_payment_there_is_none() -> None:
    """A new perpetual has an empty history, which is no fault."""
    assert weex.parse_fundings(LINEAR, NOTHING_PAID) == [Fundings(symbol="ETHUSDT", payments=())]


def test_the_funding_of_another_perpetual_is_refused() -> None:
    """It was not asked for."""
    with pytest.raises(UpstreamError, match="another symbol"):
        weex.parse_fundings(LINEAR, rows(PAID, PAID | {"symbol": "BTCUSDT"}))


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


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b'"abc"', b"true", b"[1]", b"{}"])
@pytest.mark.parametrize(
    ("name", "place", "key"),
    [
        ("linear_quotes", 0, b"markPrice"),
        ("linear_quotes", 0, b"lastPrice"),
        ("linear_quotes", 1, b"forecastFundingRate"),
        ("linear_quotes", 1, b"collectCycle"),
        ("linear_quotes", 2, b"bidPrice"),
        ("spot_quotes", 0, b"askPrice"),
        ("linear_listings", 0, b"quantityPrecision"),
        ("spot_listings", 0, b"stepSize"),
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


@pytest.mark.parametrize(
    ("status", "body", "reason", "retry_after"),
    [
        (429, b'{"code":-1003,"msg":"Too many requests"}', "rate_limited", 10.0),
        (429, b"<html></html>", "rate_limited", 10.0),
        (400, b'{"code":-1141,"msg":"Parameter \'symbol\' cannot be empty."}', "bad_payload", None),
        (400, b'{"code":-1142,"msg":"Parameter \'symbol\' is invalid."}', "bad_payload", None),
    ],
)
def test_an_error_of_its_own_is_understood(status: int, body: bytes, reason: str, retry_after: float | None) -> None:
    """WEEX shuts an address out for ten seconds."""
    refusal = weex.refuse(status, body)

    assert refusal is not None
    assert (refusal.reason, refusal.retry_after) == (reason, retry_after)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, rows(TICKER)), (400, b"<html></html>"), (403, b'{"code":-1}'), (404, b'{"status":404}'), (503, b"")],
)
def test_what_is_no_error_of_its_own_is_left_to_the_status(status: int, body: bytes) -> None:
    """Nothing is read into it."""
    assert weex.refuse(status, body) is None


FEEDS = {f"{feed.segment}_{feed.subject}": feed for feed in weex.ADAPTER.feeds} | {
    "linear_candles": weex.candles_of(LINEAR),
    "spot_candles": weex.candles_of(SPOT_LISTING),
    "linear_fundings": weex.fundings_of(LINEAR),
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
    ("feed", "host", "paths"),
    [
        (
            "linear_quotes",
            weex.FUTURES_HOST,
            {
                "/capi/v3/market/ticker/24hr": 40,
                "/capi/v3/market/premiumIndex": 1,
                "/capi/v3/market/ticker/bookTicker": 1,
            },
        ),
        ("spot_quotes", weex.SPOT_HOST, {"/api/v3/market/ticker/24hr": 10}),
        (
            "linear_listings",
            weex.FUTURES_HOST,
            {"/capi/v3/market/exchangeInfo": 1, "/capi/v3/market/apiTradingSymbols": 5},
        ),
        ("spot_listings", weex.SPOT_HOST, {"/api/v3/exchangeInfo": 100}),
        ("linear_candles", weex.FUTURES_HOST, {"/capi/v3/market/klines": 1}),
        ("spot_candles", weex.SPOT_HOST, {"/api/v3/market/klines": 2}),
        ("linear_fundings", weex.FUTURES_HOST, {"/capi/v3/market/fundingRate": 5}),
    ],
)
def test_a_feed_asks_for_what_it_reads(feed: str, host: str, paths: dict[str, int]) -> None:
    """Each asks its paths once, at the weight that WEEX counts."""
    parse, bodies = PARSERS[feed]

    found, asked = ask(feed, dict(zip(paths, bodies, strict=True)))

    assert found == parse(*bodies)
    assert [call[:3] for call in asked] == [(host, path, weight) for path, weight in paths.items()]


@pytest.mark.parametrize(
    ("feed", "path", "parameters"),
    [
        ("linear_candles", "/capi/v3/market/klines", {"symbol": "ETHUSDT", "interval": "1d", "limit": "400"}),
        ("spot_candles", "/api/v3/market/klines", {"symbol": "ETHUSDT", "interval": "1d", "limit": "300"}),
        ("linear_fundings", "/capi/v3/market/fundingRate", {"symbol": "ETHUSDT", "limit": "1000"}),
    ],
)
def test_a_history_is_asked_for_in_one_page(feed: str, path: str, parameters: dict[str, str]) -> None:
    """Of spot come 300 candles at most; with a start and an end funding would be that of a week."""
    (body,) = PARSERS[feed][1]

    _, asked = ask(feed, {path: body})

    assert [sent for *_, sent in asked] == [parameters]


@pytest.mark.parametrize("subject", ["candles", "fundings"])
@pytest.mark.parametrize("listing", [LINEAR, SPOT_LISTING], ids=lambda listing: listing.segment)
def test_a_history_is_a_board_of_one_symbol(subject: str, listing: Listing) -> None:
    """Ten minutes fresh, an hour at most, and under a name of its own."""
    feed = {"candles": weex.candles_of, "fundings": weex.fundings_of}[subject](listing)

    assert feed.key == f"hedge:{{weex:{listing.segment}:{subject}:ETHUSDT}}"
    assert (feed.row, feed.symbol) == ({"candles": Candles, "fundings": Fundings}[subject], "ETHUSDT")
    assert (feed.fresh_seconds, feed.longest_seconds) == (600.0, 3600.0)


def test_the_adapter_keeps_half_for_its_user() -> None:
    """500 in 10 s at either host; quotes every two seconds fit; nothing is inverse and nothing expires."""
    assert set(weex.ADAPTER.budgets.values()) == {(250, 10.0)}
    assert {feed.segment for feed in weex.ADAPTER.feeds} == {"linear", "spot"}
    assert weex.ADAPTER.budgets[weex.FUTURES_HOST].weight >= 5 * (40 + 1 + 1)
    assert (weex.ADAPTER.candles_of, weex.ADAPTER.fundings_of) == (weex.candles_of, weex.fundings_of)
    assert not weex.ADAPTER.lists_expiring
    assert weex.ADAPTER.tiers_of is None
