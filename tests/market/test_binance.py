"""Binance: its replies read exactly, its gaps understood, its errors named."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.market import binance
from service.market.binance import (
    ADAPTER,
    candles_of,
    classify,
    fundings_of,
    parse_candles,
    parse_fundings,
    parse_futures_quotes,
    parse_inverse_listings,
    parse_linear_listings,
    parse_spot_listings,
    parse_spot_quotes,
    refuse,
)
from service.market.source import (
    DAY_MS,
    Candles,
    Close,
    Feed,
    Fundings,
    Listing,
    Payment,
    Quote,
    Row,
    Segment,
    UpstreamError,
)
from service.market.vetting import vet

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "exchanges"
Rows = list[dict[str, Any]]

PREMIUMS: Rows = [
    {
        "symbol": "BTCUSDT",
        "markPrice": "61000.50000000",
        "indexPrice": "61010.25000000",
        "lastFundingRate": "-0.00012000",
        "nextFundingTime": 1_800_000_000_000,
        "time": 1_799_990_000_000,
    }
]
PRICES: Rows = [{"symbol": "BTCUSDT", "price": "61001.00", "time": 1_799_990_000_000}]
BOOKS: Rows = [{"symbol": "BTCUSDT", "bidPrice": "61000.90", "bidQty": "2", "askPrice": "61001.10", "askQty": "3"}]
FILTERS: Rows = [
    {"filterType": "PRICE_FILTER", "minPrice": "1", "maxPrice": "1000000", "tickSize": "0.10"},
    {"filterType": "LOT_SIZE", "minQty": "0.002", "maxQty": "900", "stepSize": "0.001"},
    {"filterType": "MARKET_LOT_SIZE", "minQty": "0.002", "maxQty": "110", "stepSize": "0.001"},
    {"filterType": "MAX_NUM_ORDERS", "limit": 200},
    {"filterType": "MIN_NOTIONAL", "notional": "55"},
]
CONTRACT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4_133_404_800_000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "underlyingType": "COIN",
    "filters": FILTERS,
}
COIN_CONTRACT: dict[str, Any] = {
    **{name: value for name, value in CONTRACT.items() if name != "status"},
    "symbol": "BTCUSD_PERP",
    "quoteAsset": "USD",
    "contractStatus": "TRADING",
    "contractSize": 100,
    "filters": FILTERS[:4],
}
PAIR: dict[str, Any] = {
    "symbol": "1MBABYDOGEUSDT",
    "status": "TRADING",
    "baseAsset": "1MBABYDOGE",
    "quoteAsset": "USDT",
    "isSpotTradingAllowed": True,
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.00000010"},
        {"filterType": "LOT_SIZE", "minQty": "1.00000000", "maxQty": "9000.00000000", "stepSize": "1.00000000"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "0.00000000", "stepSize": "0.00000000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
    ],
}
FUNDING: Rows = [
    {
        "symbol": "SOLUSDT",
        "fundingIntervalHours": 4,
        "adjustedFundingRateCap": "0.0200",
        "adjustedFundingRateFloor": "-0.0300",
        "updateTime": None,
    }
]
BITCOIN = Listing(symbol="BTCUSDT", segment="linear", base="BTC", quote="USDT", is_trading=True)
MORNING = 1_799_884_800_000
"""Midnight UTC, at which a day begins."""
KLINES: list[list[Any]] = [
    [
        at,
        "60000.0",
        "61999.9",
        "59000.1",
        close,
        "9241.53",
        at + DAY_MS - 1,
        "568420013.29",
        140_223,
        "4633.88",
        "28",
        "0",
    ]
    for at, close in ((MORNING, "60500.5"), (MORNING + DAY_MS, "61001.25"), (MORNING + 2 * DAY_MS, "61001.0"))
]
PAID: Rows = [
    {"symbol": "BTCUSDT", "fundingTime": MORNING, "fundingRate": "0.00010000", "markPrice": "60000.4"},
    {"symbol": "BTCUSDT", "fundingTime": MORNING + 28_800_013, "fundingRate": "-0.00001355", "markPrice": "60192.5"},
]
candles, fundings = partial(parse_candles, BITCOIN), partial(parse_fundings, BITCOIN)
FEES: dict[str, Any] = {"maker_fee_rate": Decimal("0.0002"), "taker_fee_rate": Decimal("0.0005")}


def wire(value: object) -> bytes:
    """Write a reply."""
    return msgspec.json.encode(value)


def recorded(name: str) -> bytes:
    """Give a recorded reply, or skip the test."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("the recorded replies lie outside the project")
    return path.read_bytes()


def futures_quotes(premium: dict[str, Any] | None = None, prices: Rows = PRICES, books: Rows = BOOKS) -> list[Quote]:
    """Read the quote of a future that differs from the usual one."""
    return parse_futures_quotes(wire([{**PREMIUMS[0], **(premium or {})}]), wire(prices), wire(books))


def linear(**changes: Any) -> list[Listing]:
    """Read the listing of a USD-M future that differs from the usual one."""
    return parse_linear_listings(wire({"symbols": [{**CONTRACT, **changes}]}), wire(FUNDING))


def inverse(funding: Rows, **changes: Any) -> list[Listing]:
    """Read the listing of a COIN-M future that differs from the usual one."""
    return parse_inverse_listings(wire({"symbols": [{**COIN_CONTRACT, **changes}]}), wire(funding))


def spot(**changes: Any) -> list[Listing]:
    """Read the listing of a pair that differs from the usual one."""
    return parse_spot_listings(wire({"symbols": [{**PAIR, **changes}]}))


def without(kind: str, filters: Rows = FILTERS) -> Rows:
    """Leave out one filter."""
    return [one for one in filters if one["filterType"] != kind]


def test_a_quote_of_a_future_is_joined_from_three_replies() -> None:
    """Mark, index and funding, the last price, and the best bid and ask, at the time of the first."""
    assert futures_quotes() == [
        Quote(
            symbol="BTCUSDT",
            last=Decimal("61001.00"),
            mark=Decimal("61000.5"),
            index=Decimal("61010.25"),
            bid=Decimal("61000.90"),
            ask=Decimal("61001.10"),
            funding_rate=Decimal("-0.00012"),
            next_funding_ms=1_800_000_000_000,
            as_of_ms=1_799_990_000_000,
        )
    ]


def test_a_symbol_that_is_missing_in_a_reply_has_no_such_price() -> None:
    """No last price, no bid and no ask: None each, not 0."""
    other = "ETHUSDT"
    (quote,) = futures_quotes(prices=[{**PRICES[0], "symbol": other}], books=[{**BOOKS[0], "symbol": other}])

    assert (quote.last, quote.bid, quote.ask) == (None, None, None)
    assert quote.mark == Decimal("61000.5")


@pytest.mark.parametrize("rate", ["", "0.00000000"])
def test_a_dated_contract_has_no_funding(rate: str) -> None:
    """COIN-M leaves the rate empty and USD-M writes 0: the next funding time is 0 on both."""
    (quote,) = futures_quotes({"lastFundingRate": rate, "nextFundingTime": 0})

    assert (quote.funding_rate, quote.next_funding_ms) == (None, None)


def test_a_rate_of_zero_is_a_rate() -> None:
    """A perpetual that charges nothing is not one without funding."""
    (quote,) = futures_quotes({"lastFundingRate": "0.00000000"})

    assert quote.funding_rate == 0
    assert quote.funding_rate is not None


def test_a_quote_of_a_pair_is_joined_from_two_replies() -> None:
    """The last price, and the best bid and ask where there are some; Binance tells no time."""
    prices = [*PRICES, {"symbol": "ETHBTC", "price": "0.02800000"}]

    assert parse_spot_quotes(wire(prices), wire(BOOKS)) == [
        Quote(symbol="BTCUSDT", last=Decimal("61001.00"), bid=Decimal("61000.90"), ask=Decimal("61001.10")),
        Quote(symbol="ETHBTC", last=Decimal("0.028")),
    ]


@pytest.mark.parametrize("symbol", ["币安人生USDT", "btcusdt", "BTC USDT", "", "B" * 41, "BTCUSDT\n"])
def test_a_symbol_that_no_request_can_name_is_dropped(symbol: str) -> None:
    """Some tickers are Chinese words: they are left out, and the others stay."""
    prices = [*PRICES, {**PRICES[0], "symbol": symbol}]
    contracts = [CONTRACT, {**CONTRACT, "symbol": symbol}]

    assert len(parse_spot_quotes(wire(prices), wire(BOOKS))) == 1
    assert futures_quotes({"symbol": symbol}) == []
    assert len(parse_linear_listings(wire({"symbols": contracts}), wire(FUNDING))) == 1
    assert inverse(FUNDING, symbol=symbol) == []
    assert spot(symbol=symbol) == []


def test_a_linear_listing_counts_orders_in_coins() -> None:
    """One contract is one coin; steps and bounds come from the filters, fees are bundled, leverage is not told."""
    assert linear() == [
        Listing(
            symbol="BTCUSDT",
            segment="linear",
            base="BTC",
            quote="USDT",
            is_trading=True,
            multiplier=Decimal(1),
            order_unit="base",
            lot_step=Decimal("0.001"),
            min_quantity=Decimal("0.002"),
            max_quantity=Decimal(900),
            max_market_quantity=Decimal(110),
            min_notional=Decimal(55),
            tick_size=Decimal("0.1"),
            funding_interval_hours=8,
            **FEES,
        )
    ]


def test_an_inverse_listing_counts_orders_in_contracts() -> None:
    """One contract is 100 USD, and no order value is asked for; nothing at all needs to be adjusted there."""
    assert inverse([]) == [
        Listing(
            symbol="BTCUSD_PERP",
            segment="inverse",
            base="BTC",
            quote="USD",
            is_trading=True,
            multiplier=Decimal(100),
            order_unit="contract",
            lot_step=Decimal("0.001"),
            min_quantity=Decimal("0.002"),
            max_quantity=Decimal(900),
            max_market_quantity=Decimal(110),
            tick_size=Decimal("0.1"),
            funding_interval_hours=8,
            **FEES,
        )
    ]


def test_a_spot_listing_has_no_fee_and_no_funding() -> None:
    """A scaled ticker is one million coins; a bound of 0 is no bound."""
    assert spot() == [
        Listing(
            symbol="1MBABYDOGEUSDT",
            segment="spot",
            base="BABYDOGE",
            units=Decimal(1_000_000),
            quote="USDT",
            is_trading=True,
            order_unit="base",
            lot_step=Decimal(1),
            min_quantity=Decimal(1),
            max_quantity=Decimal(9000),
            min_notional=Decimal(5),
            tick_size=Decimal("1E-7"),
        )
    ]


@pytest.mark.parametrize(
    ("listed", "asset", "units"),
    [("1000PEPE", "PEPE", 1000), ("1MBABYDOGE", "BABYDOGE", 1_000_000), ("1INCH", "1INCH", 1), ("BTC", "BTC", 1)],
)
def test_a_scaled_ticker_is_many_coins(listed: str, asset: str, units: int) -> None:
    """Everywhere alike; a name that only begins with a digit has no scale."""
    for listing in (*linear(baseAsset=listed), *inverse([], baseAsset=listed), *spot(baseAsset=listed)):
        assert (listing.base, listing.units) == (asset, Decimal(units))


@pytest.mark.parametrize(
    ("changes", "expiry"),
    [
        ({"contractType": "CURRENT_QUARTER"}, 1_790_323_200_000),
        ({"contractType": "NEXT_QUARTER"}, 1_790_323_200_000),
        ({"contractType": "CURRENT_QUARTER_DELIVERING"}, 1_790_323_200_000),
        ({"contractType": "NEXT_QUARTER DELIVERING"}, 1_790_323_200_000),
        ({"contractType": "PERPETUAL"}, None),
        ({"contractType": "PERPETUAL_DELIVERING"}, None),
    ],
)
def test_only_a_dated_contract_expires(changes: dict[str, Any], expiry: int | None) -> None:
    """A perpetual has a delivery date too: a far one, or the day it is delisted; a dated one has no funding."""
    (found,) = linear(**changes, deliveryDate=1_790_323_200_000)

    assert found.expiry_ms == expiry
    assert found.funding_interval_hours == (8 if expiry is None else None)


@pytest.mark.parametrize(
    "changes",
    [
        {"contractType": "TRADIFI_PERPETUAL"},
        {"contractType": "TRADIFI_PERPETUAL", "underlyingType": "EQUITY"},
        {"contractType": "CURRENT_MONTH"},
        {"contractType": ""},
        {"underlyingType": "INDEX"},
        {"underlyingType": "PREMARKET"},
    ],
)
def test_what_is_no_future_on_a_coin_is_dropped(changes: dict[str, Any]) -> None:
    """Stocks, metals, indices and contracts that do not trade yet."""
    assert linear(**changes) == []
    assert inverse(FUNDING, **changes) == []


@pytest.mark.parametrize("status", ["SETTLING", "PENDING_TRADING", "PRE_DELIVERING", "BREAK", "HALT", "CLOSE", ""])
def test_what_takes_no_orders_is_not_trading(status: str) -> None:
    """Its price may be months old, so the listing has to say it."""
    listings = [*linear(status=status), *inverse([], contractStatus=status), *spot(status=status)]

    assert [listing.is_trading for listing in listings] == [False] * 3


def test_a_pair_without_spot_trading_is_not_trading() -> None:
    """Status TRADING alone does not say that orders are taken."""
    assert not spot(isSpotTradingAllowed=False)[0].is_trading


def test_an_adjusted_funding_interval_is_told() -> None:
    """What fundingInfo lists has its interval, and of its two limits the larger one as cap."""
    (adjusted,) = linear(symbol="SOLUSDT")
    (usual,) = linear()
    (dated,) = linear(symbol="SOLUSDT", contractType="NEXT_QUARTER")

    assert (adjusted.funding_interval_hours, adjusted.funding_cap) == (4, Decimal("0.03"))
    assert (usual.funding_interval_hours, usual.funding_cap) == (8, None)
    assert (dated.funding_interval_hours, dated.funding_cap) == (None, None)


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        (without("MARKET_LOT_SIZE"), "max_market_quantity"),
        (without("MIN_NOTIONAL"), "min_notional"),
        ([*without("LOT_SIZE"), {"filterType": "LOT_SIZE", "stepSize": "1"}], "min_quantity"),
        ([*without("LOT_SIZE"), {"filterType": "LOT_SIZE", "stepSize": "1"}], "max_quantity"),
        ([*without("LOT_SIZE"), {"filterType": "LOT_SIZE", "stepSize": "1", "minQty": "0.000"}], "min_quantity"),
    ],
)
def test_a_bound_that_is_not_there_is_none(filters: Rows, name: str) -> None:
    """A missing bound is unknown, and one of 0 is no bound."""
    (found,) = linear(filters=filters)

    assert getattr(found, name) is None


@pytest.mark.parametrize(
    "filters",
    [
        [],
        without("LOT_SIZE"),
        without("PRICE_FILTER"),
        [*without("LOT_SIZE"), {"filterType": "LOT_SIZE", "step": "1"}],
        [*without("PRICE_FILTER"), {"filterType": "PRICE_FILTER", "tickSize": "NaN"}],
        [*without("PRICE_FILTER"), {"filterType": "PRICE_FILTER", "tickSize": 0.1}],
        [{"filter": "LOT_SIZE"}],
    ],
)
def test_a_listing_without_its_grids_is_a_bad_payload(filters: Rows) -> None:
    """An unknown step would size a hedge wrongly."""
    with pytest.raises(UpstreamError) as refused:
        linear(filters=filters)

    assert refused.value.reason == "bad_payload"


PARSERS: list[tuple[Callable[..., Sequence[Row]], list[object]]] = [
    (parse_futures_quotes, [PREMIUMS, PRICES, BOOKS]),
    (parse_spot_quotes, [PRICES, BOOKS]),
    (parse_linear_listings, [{"symbols": [CONTRACT]}, FUNDING]),
    (parse_inverse_listings, [{"symbols": [COIN_CONTRACT]}, FUNDING]),
    (parse_spot_listings, [{"symbols": [PAIR]}]),
    (candles, [KLINES]),
    (fundings, [PAID]),
]
PLACES = [(parse, place) for parse, replies in PARSERS for place in range(len(replies))]
BAD: list[bytes] = [
    b"",
    b"{}",
    b"null",
    b"[null]",
    b"[{}]",
    b'{"symbols":[]}',
    b'{"symbols":[{}]}',
    b'{"symbols":null}',
    b"<html><body>502 Bad Gateway</body></html>",
    b'"<html></html>"',
    b"NaN",
    b'{"code":-1121,"msg":"Invalid symbol."}',
    b"\xff\xfe",
    b"[" * 5000,
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("parse", "place"), PLACES)
def test_what_is_no_such_reply_is_a_bad_payload(parse: Callable[..., Sequence[Row]], place: int, bad: bytes) -> None:
    """Each reply of each feed: never an empty answer."""
    replies = [wire(reply) for reply in dict(PARSERS)[parse]]
    assert parse(*replies)

    with pytest.raises(UpstreamError) as refused:
        parse(*replies[:place], bad, *replies[place + 1 :])

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(("parse", "place"), PLACES)
def test_a_truncated_reply_is_a_bad_payload(parse: Callable[..., Sequence[Row]], place: int) -> None:
    """Cut anywhere, it is refused."""
    replies = [wire(reply) for reply in dict(PARSERS)[parse]]

    for end in range(0, len(replies[place]), 7):
        with pytest.raises(UpstreamError) as refused:
            parse(*replies[:place], replies[place][:end], *replies[place + 1 :])
        assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("parse", "place"),
    [one for one in PLACES if one not in {(parse_inverse_listings, 1), (parse_spot_listings, 0), (fundings, 0)}],
)
def test_an_empty_list_is_a_bad_payload(parse: Callable[..., Sequence[Row]], place: int) -> None:
    """Without fundingInfo every interval would pass for 8 hours; only COIN-M may have adjusted none.

    What trades has a candle of today at least, but it may not have paid any funding yet.
    """
    replies = [wire(reply) for reply in dict(PARSERS)[parse]]

    with pytest.raises(UpstreamError) as refused:
        parse(*replies[:place], b"[]", *replies[place + 1 :])

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "many", "1,5", "0x1", "1.2.3", " "])
@pytest.mark.parametrize("name", ["markPrice", "indexPrice", "lastFundingRate"])
def test_a_number_that_is_none_is_a_bad_payload(name: str, text: str) -> None:
    """It does not pass for a price."""
    with pytest.raises(UpstreamError) as refused:
        futures_quotes({name: text})

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    "changes",
    [
        {"markPrice": 61000.5},
        {"markPrice": None},
        {"nextFundingTime": ""},
        {"nextFundingTime": 1.5},
        {"time": None},
        {"symbol": 7},
    ],
)
def test_a_field_of_another_type_is_a_bad_payload(changes: dict[str, Any]) -> None:
    """A change of the format is noticed, not guessed at."""
    with pytest.raises(UpstreamError) as refused:
        futures_quotes(changes)

    assert refused.value.reason == "bad_payload"


def test_a_close_belongs_to_the_end_of_its_day() -> None:
    """Binance names a candle by the moment at which it opens; the last one is under way."""
    assert candles(wire(KLINES)) == [
        Candles(
            symbol="BTCUSDT",
            closes=(
                Close(MORNING + DAY_MS, 60500.5),
                Close(MORNING + 2 * DAY_MS, 61001.25),
                Close(MORNING + 3 * DAY_MS, 61001.0),
            ),
        )
    ]


def test_a_payment_has_the_time_at_which_it_was_made() -> None:
    """Some milliseconds after the hour; positive, longs paid."""
    payments = (Payment(MORNING, 0.0001), Payment(MORNING + 28_800_013, -0.00001355))

    assert fundings(wire(PAID)) == [Fundings(symbol="BTCUSDT", payments=payments)]
    assert fundings(b"[]") == [Fundings(symbol="BTCUSDT", payments=())]


@pytest.mark.parametrize(
    ("parse", "rows"),
    [
        (fundings, [*PAID, {**PAID[0], "symbol": "ETHUSDT"}]),
        *((fundings, [{**PAID[0], "fundingRate": text}]) for text in ("", "NaN", "often", 0.0001, None)),
        *((fundings, [{**PAID[0], "fundingTime": text}]) for text in ("", 1.5, None)),
        *((candles, [[*KLINES[0][:4], text, *KLINES[0][5:]]]) for text in ("", "NaN", "Infinity", 60500.5, None)),
        *((candles, [[text, *KLINES[0][1:]]]) for text in ("", 1.5, None)),
        (candles, [*KLINES, KLINES[0][:4]]),
        (candles, [{"openTime": MORNING, "close": "60500.5"}]),
    ],
)
def test_a_history_of_something_else_is_a_bad_payload(parse: Callable[..., Sequence[Row]], rows: list[Any]) -> None:
    """Another symbol, or points that are none."""
    with pytest.raises(UpstreamError) as refused:
        parse(wire(rows))

    assert refused.value.reason == "bad_payload"


def test_a_number_keeps_all_its_digits() -> None:
    """No price goes through a float."""
    (quote,) = futures_quotes({"markPrice": "0.000000012345678901234567890123"})

    assert str(quote.mark) == "1.2345678901234567890123E-8"


BAN = '{"code":-1003,"msg":"Way too much request weight used; IP banned until %s. Please use WebSocket Streams."}'


@pytest.mark.parametrize(
    ("status", "body", "reason", "retry_after"),
    [
        (418, BAN % 1_800_000_120_500, "banned", 120.5),
        (429, BAN % 1_800_000_120_500, "banned", 120.5),
        (418, BAN % 1_700_000_000_000, "banned", 0),
        (418, BAN % 9_999_999_999_999, "banned", 259_200),
        (418, BAN % 99, "banned", None),
        (418, BAN % 99_999_999_999_999, "banned", None),
        (429, '{"code":-1003,"msg":"Too many requests."}', "rate_limited", None),
        (451, '{"code":0,"msg":"Service unavailable from a restricted location."}', "geo_blocked", math.inf),
        (400, '{"code":-1121,"msg":"Invalid symbol."}', "bad_payload", None),
        (400, '{"code":-1130,"msg":"Data sent for parameter is not valid."}', "bad_payload", None),
        (401, '{"code":-2015,"msg":"Invalid API-key."}', "bad_payload", None),
    ],
)
def test_an_error_of_binance_is_named(status: int, body: str, reason: str, retry_after: float | None) -> None:
    """A ban lasts until the time in its text, at most three days; nothing of the text is repeated."""
    error = classify(status, body.encode(), now=1_800_000_000)

    assert error is not None
    assert (error.reason, error.retry_after) == (reason, retry_after)
    assert str(error) == f"binance answered with status {status} and code {msgspec.json.decode(body)['code']}"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"code":-1003,"msg":"Too many requests."}'),
        (200, b"[]"),
        (403, b"<html>403 Forbidden</html>"),
        (403, b'{"code":-2015,"msg":"No."}'),
        (429, b"<html>429</html>"),
        (429, b'{"code":-1015,"msg":"Too many new orders."}'),
        (451, b""),
        (451, b"{}"),
        (500, b'{"code":-1000,"msg":"An unknown error occurred."}'),
        (502, b"<html>502 Bad Gateway</html>"),
        (503, b"null"),
    ],
)
def test_what_binance_did_not_explain_is_left_to_the_status(status: int, body: bytes) -> None:
    """HTML, other codes, and answers that are no error."""
    assert refuse(status, body) is None


def test_a_ban_is_counted_from_now() -> None:
    """By this machine's clock: a ban that ends in a minute lasts a minute or a little less."""
    error = refuse(418, (BAN % int(time.time() * 1000 + 60_000)).encode())

    assert error is not None
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 60


REPLIES: dict[str, object] = {
    **{f"{root}/premiumIndex": PREMIUMS for root in ("/fapi/v1", "/dapi/v1")},
    **{f"{root}/ticker/price": PRICES for root in ("/fapi/v1", "/dapi/v1", "/api/v3")},
    **{f"{root}/ticker/bookTicker": BOOKS for root in ("/fapi/v1", "/dapi/v1", "/api/v3")},
    **{f"{root}/fundingInfo": FUNDING for root in ("/fapi/v1", "/dapi/v1")},
    "/fapi/v1/exchangeInfo": {"symbols": [CONTRACT]},
    "/dapi/v1/exchangeInfo": {"symbols": [COIN_CONTRACT]},
    "/api/v3/exchangeInfo": {"symbols": [PAIR]},
    **{f"{root}/klines": KLINES for root in ("/fapi/v1", "/dapi/v1", "/api/v3")},
    **{f"{root}/fundingRate": PAID for root in ("/fapi/v1", "/dapi/v1")},
}
SPOT_QUERY = {"permissions": "SPOT", "symbolStatus": "TRADING", "showPermissionSets": "false"}
Asked = tuple[str, str, int, dict[str, str]]


def ask(feed: Feed) -> tuple[Sequence[Row], list[Asked]]:
    """Fetch a feed, and tell what was asked for."""
    asked: list[Asked] = []

    async def get(host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Give the reply that belongs to a path."""
        asked.append((host, path, weight, parameters))
        return wire(REPLIES[path])

    async def fetch() -> Sequence[Row]:
        """Fetch it."""
        return await feed.fetch(get)

    return asyncio.run(fetch()), asked


def _futures(host: str, root: str) -> dict[str, list[Asked]]:
    quotes = [("premiumIndex", 10), ("ticker/price", 2), ("ticker/bookTicker", 5)]
    listings = [("exchangeInfo", 1), ("fundingInfo", 1)]
    return {
        "quotes": [(host, f"{root}/{path}", weight, {}) for path, weight in quotes],
        "listings": [(host, f"{root}/{path}", weight, {}) for path, weight in listings],
    }


REQUESTS: dict[str, dict[str, list[Asked]]] = {
    "linear": _futures("fapi.binance.com", "/fapi/v1"),
    "inverse": _futures("dapi.binance.com", "/dapi/v1"),
    "spot": {
        "quotes": [
            ("api.binance.com", "/api/v3/ticker/price", 4, {}),
            ("api.binance.com", "/api/v3/ticker/bookTicker", 4, {}),
        ],
        "listings": [("api.binance.com", "/api/v3/exchangeInfo", 20, SPOT_QUERY)],
    },
}


@pytest.mark.parametrize("feed", ADAPTER.feeds, ids=lambda feed: feed.key)
def test_a_feed_asks_what_it_should_and_reads_it(feed: Feed) -> None:
    """Host, path, weight and query of every request, all of hosts that have a budget; and rows of the feed's kind."""
    rows, asked = ask(feed)

    assert asked == REQUESTS[feed.segment][feed.subject]
    assert {host for host, *_ in asked} <= set(ADAPTER.budgets)
    assert [type(row) for row in rows] == [feed.row]


def test_every_segment_has_its_quotes_and_its_listings() -> None:
    """Six feeds; tiers are published with a key only."""
    assert sorted((feed.segment, feed.subject) for feed in ADAPTER.feeds) == sorted(
        (segment, subject) for segment, subjects in REQUESTS.items() for subject in subjects
    )
    assert ADAPTER.tiers_of is None
    assert ADAPTER.refuse is refuse
    assert ADAPTER.lists_expiring


@pytest.mark.parametrize(
    ("segment", "host", "path", "weight"),
    [
        ("linear", "fapi.binance.com", "/fapi/v1/klines", 2),
        ("inverse", "dapi.binance.com", "/dapi/v1/klines", 2),
        ("spot", "api.binance.com", "/api/v3/klines", 2),
    ],
)
def test_daily_closes_are_asked_for_by_symbol(segment: Segment, host: str, path: str, weight: int) -> None:
    """A board for each, in one call."""
    feed = candles_of(msgspec.structs.replace(BITCOIN, segment=segment))

    rows, asked = ask(feed)

    assert asked == [(host, path, weight, {"symbol": "BTCUSDT", "interval": "1d", "limit": "400"})]
    assert [type(row) for row in rows] == [feed.row] == [Candles]
    assert (feed.symbol, feed.key) == ("BTCUSDT", f"hedge:{{binance:{segment}:candles:BTCUSDT}}")
    assert ADAPTER.candles_of is candles_of


@pytest.mark.parametrize(
    ("segment", "host", "path", "weight"),
    [
        ("linear", "fapi.binance.com", "/fapi/v1/fundingRate", 15),
        ("inverse", "dapi.binance.com", "/dapi/v1/fundingRate", 1),
    ],
)
def test_past_funding_is_asked_for_by_symbol(segment: Segment, host: str, path: str, weight: int) -> None:
    """The newest, as many as there are on a page."""
    feed = fundings_of(msgspec.structs.replace(BITCOIN, segment=segment))

    rows, asked = ask(feed)

    assert asked == [(host, path, weight, {"symbol": "BTCUSDT", "limit": "1000"})]
    assert [type(row) for row in rows] == [feed.row] == [Fundings]
    assert (feed.symbol, feed.key) == ("BTCUSDT", f"hedge:{{binance:{segment}:fundings:BTCUSDT}}")
    assert ADAPTER.fundings_of is fundings_of


def test_past_funding_of_usd_m_stays_below_its_own_limit() -> None:
    """500 in five minutes, beside the budget of all else: what a full budget and its refill allow is less."""
    _, ((host, _, weight, _),) = ask(fundings_of(BITCOIN))
    budget = ADAPTER.budgets[host]

    assert (budget.weight + 300 / budget.seconds * budget.weight) / weight < 500


@pytest.mark.parametrize(("segment", "share"), [("linear", 0.5), ("inverse", 0.5), ("spot", 0.1)])
def test_steady_quotes_leave_room_in_the_budget(segment: str, share: float) -> None:
    """Asked for as often as they grow old, quotes use at most this share of it."""
    feed = next(one for one in ADAPTER.feeds if (one.segment, one.subject) == (segment, "quotes"))
    _, asked = ask(feed)
    budget = ADAPTER.budgets[asked[0][0]]

    used = sum(weight for _, _, weight, _ in asked) * budget.seconds / feed.fresh_seconds

    assert used <= budget.weight * share


def test_an_error_of_one_request_is_the_error_of_the_feed() -> None:
    """What `get` raises comes out as it is, whichever of the requests it is about."""

    async def get(host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Answer all but the best bids and asks."""
        if path.endswith("bookTicker"):
            raise UpstreamError("timeout", f"{host} {weight} {parameters}")
        return wire(REPLIES[path])

    with pytest.raises(UpstreamError) as failed:
        asyncio.run(binance.fetch_linear_quotes(get))

    assert failed.value.reason == "timeout"


def find(rows: Sequence[Any], symbol: str) -> Any:
    """Find the row of a symbol."""
    return next(row for row in rows if row.symbol == symbol)


@pytest.mark.parametrize(
    ("symbol", "mark", "index", "rate", "at"),
    [
        ("BTCUSDT", "61509.44731159", "61531.44260870", "0.0001", 1_783_065_600_000),
        ("1000PEPEUSDT", "0.00246224", "0.00246612", "7.7E-7", 1_783_065_600_000),
        ("ATOMUSDT", "1.553", "1.554", "-0.00014623", 1_783_065_600_000),
        ("BTCUSDT_260925", "62019.99402174", "61531.45130435", None, None),
    ],
)
def test_recorded_quotes_of_usd_m(symbol: str, mark: str, index: str, rate: str | None, at: int | None) -> None:
    """A reply of 3 July 2026; the last price and the book were not recorded."""
    quotes = parse_futures_quotes(recorded("binanceusdm/premiumIndex.json"), wire(PRICES), wire(BOOKS))

    assert len(quotes) == 35
    quote = find(quotes, symbol)
    assert (quote.mark, quote.index) == (Decimal(mark), Decimal(index))
    assert quote.funding_rate == (None if rate is None else Decimal(rate))
    assert (quote.next_funding_ms, quote.as_of_ms) == (at, 1_783_055_489_000)


def test_recorded_quotes_of_coin_m() -> None:
    """The sample of the documentation: a perpetual, and a dated contract whose rate is empty."""
    premiums, prices = (recorded(f"binancecoinm/{name}.json") for name in ("premiumIndex", "tickerPrice"))

    perpetual, dated = parse_futures_quotes(premiums, prices, wire(BOOKS))

    assert perpetual == Quote(
        symbol="BTCUSD_PERP",
        mark=Decimal("11029.69574559"),
        index=Decimal("10979.14437500"),
        funding_rate=Decimal("0.00071003"),
        next_funding_ms=1_596_096_000_000,
        as_of_ms=1_596_094_042_000,
    )
    assert (dated.symbol, dated.mark) == ("BTCUSD_200925", Decimal("12077.0134375"))
    assert (dated.funding_rate, dated.next_funding_ms) == (None, None)


def test_recorded_quotes_of_spot() -> None:
    """A reply of 5 July 2026, among it a pair that is quoted in bitcoin and a scaled one."""
    quotes = parse_spot_quotes(recorded("binance/tickerPrice.json"), wire(BOOKS))

    assert len(quotes) == 25
    assert find(quotes, "BTCUSDT").last == Decimal("63731.09")
    assert find(quotes, "ETHBTC").last == Decimal("0.02813")
    assert find(quotes, "1000SATSUSDT").last == Decimal("0.00000972")


@pytest.mark.parametrize(
    ("file", "days", "first", "last"),
    [
        ("binance/klines.1d.BTCUSDT.json", 400, (1_739_664_000_000, 97569.66), (1_774_137_600_000, 70558.34)),
        ("binance/klines.1d.ADAUSDT.json", 400, None, None),
        ("binance/klines.1d.DOGEUSDT.json", 400, None, None),
        ("binanceusdm/klines.1d.BTCUSDT.json", 400, (1_701_216_000_000, 37812.1), None),
        ("binanceusdm/klines.1d.ETHUSDT.json", 400, None, None),
        ("binancecoinm/klines.json", 1, (1_591_344_720_000, 9642.0), None),
    ],
)
def test_recorded_candles(
    file: str, days: int, first: tuple[int, float] | None, last: tuple[int, float] | None
) -> None:
    """Real days of spot and of USD-M, and the sample of COIN-M's documentation, which is a candle of a minute."""
    (found,) = candles(recorded(file))

    closes = found.closes
    assert len(closes) == days
    assert closes[0] == (first or closes[0])
    assert closes[-1] == (last or closes[-1])
    assert all(one.at_ms - other.at_ms == DAY_MS for one, other in zip(closes[1:], closes, strict=False))
    assert vet([found], closes[-1].at_ms + DAY_MS).rows == ({"BTCUSDT": found} if days > 1 else {})


@pytest.mark.parametrize(
    ("file", "symbol", "first"),
    [
        ("binanceusdm/fundingRate.BTCUSDT.json", "BTCUSDT", (1_782_604_800_000, 0.00004258)),
        ("binanceusdm/fundingRate.BNBUSDT.json", "BNBUSDT", (1_782_604_800_000, 0.0)),
        ("binanceusdm/fundingRate.SOLUSDT.json", "SOLUSDT", (1_782_604_800_000, 0.0000163)),
        ("binanceusdm/fundingRate.XRPUSDT.json", "XRPUSDT", (1_782_604_800_000, -0.00013963)),
        ("binancecoinm/fundingRate.json", "BTCUSD_PERP", (1_698_768_000_000, -0.003)),
    ],
)
def test_recorded_funding(file: str, symbol: str, first: tuple[int, float]) -> None:
    """Replies of 4 July 2026, oldest first and some milliseconds late, and the sample of COIN-M's documentation."""
    (found,) = parse_fundings(msgspec.structs.replace(BITCOIN, symbol=symbol), recorded(file))

    assert found.payments[0] == first
    assert vet([found], found.payments[-1].at_ms).rows == {symbol: found}


TERMS = (
    "base",
    "units",
    "quote",
    "multiplier",
    "lot_step",
    "min_quantity",
    "max_quantity",
    "max_market_quantity",
    "min_notional",
    "tick_size",
    "funding_interval_hours",
    "funding_cap",
    "expiry_ms",
)


def terms(listing: Listing) -> list[str]:
    """Write the terms of a listing plainly."""
    values = (getattr(listing, name) for name in TERMS)
    return [f"{value.normalize():f}" if isinstance(value, Decimal) else str(value) for value in values]


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("BTCUSDT", "BTC 1 USDT 1 0.001 0.001 1000 120 50 0.1 8 0.003 None"),
        ("ETHUSDT", "ETH 1 USDT 1 0.001 0.001 10000 2000 20 0.01 8 0.003 None"),
        ("1000PEPEUSDT", "PEPE 1000 USDT 1 1 1 800000000 100000000 5 0.0000001 8 0.02 None"),
        ("ADAUSDC", "ADA 1 USDC 1 0.1 0.1 20000000 2000000 5 0.0001 4 0.02 None"),
        ("ETHBTC", "ETH 1 BTC 1 0.01 0.01 10000 60 0.001 0.000001 8 0.00375 None"),
        ("BTCUSDT_260925", "BTC 1 USDT 1 0.001 0.001 500 1 5 0.1 None None 1790323200000"),
    ],
)
def test_recorded_listings_of_usd_m(symbol: str, expected: str) -> None:
    """Replies of 3 and 4 July 2026."""
    replies = (recorded(f"binanceusdm/{name}.json") for name in ("exchangeInfo", "fundingInfo"))

    listings = parse_linear_listings(*replies)

    assert len(listings) == 35
    assert all(listing.is_trading for listing in listings)
    assert terms(find(listings, symbol)) == expected.split()


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("BTCUSD_PERP", "BTC 1 USD 100 1 1 1000000 100000 None 0.1 8 None None"),
        ("ETHUSD_PERP", "ETH 1 USD 10 1 1 1000000 100000 None 0.01 8 None None"),
        ("BTCUSD_211231", "BTC 1 USD 100 1 1 1000000 500 None 0.1 None None 1640937600000"),
    ],
)
def test_recorded_listings_of_coin_m(symbol: str, expected: str) -> None:
    """A reply of July 2021 with the fundingInfo of the documentation, which is about another contract."""
    replies = (recorded(f"binancecoinm/{name}.json") for name in ("exchangeInfo", "fundingInfo"))

    listings = parse_inverse_listings(*replies)

    assert len(listings) == 36
    assert all(listing.is_trading for listing in listings)
    assert terms(find(listings, symbol)) == expected.split()


@pytest.mark.parametrize(
    ("file", "symbol", "expected", "trading"),
    [
        ("exchangeInfo", "BTCUSDT", "BTC 1 USDT 1 0.00001 0.00001 9000 160.64030255 5 0.01 None None None", True),
        ("exchangeInfo", "XVGUSDT", "XVG 1 USDT 1 1 1 9222449 4609626.88702928 5 0.000001 None None None", True),
        (
            "exchangeInfo.symbols",
            "XMRUSDT",
            "XMR 1 USDT 1 0.001 0.001 90000 540.1297438 5 0.1 None None None",
            False,
        ),
    ],
)
def test_recorded_listings_of_spot(file: str, symbol: str, expected: str, *, trading: bool) -> None:
    """Replies of July 2026, one of them about pairs that were halted long ago."""
    listing = find(parse_spot_listings(recorded(f"binance/{file}.json")), symbol)

    assert terms(listing) == expected.split()
    assert listing.is_trading is trading


@pytest.mark.parametrize(
    ("file", "status", "reason", "retry_after"),
    [
        ("error.-1003.418.json", 418, "banned", 218.599),
        ("error.-1003.429.json", 429, "rate_limited", None),
        ("error.-1121.json", 400, "bad_payload", None),
        ("error.-2015.json", 401, "bad_payload", None),
        ("error.nokey.json", 401, "bad_payload", None),
        ("error.451.json", 451, "geo_blocked", math.inf),
    ],
)
def test_recorded_errors(file: str, status: int, reason: str, retry_after: float | None) -> None:
    """Each with the status that it came with."""
    error = classify(status, recorded(f"binance/{file}"), now=1_783_052_000)

    assert error is not None
    assert error.reason == reason
    assert error.retry_after == (retry_after if retry_after is None else pytest.approx(retry_after))


def test_a_recorded_error_page_is_left_to_the_status() -> None:
    """The transport knows what 502 is."""
    assert refuse(502, recorded("binance/error.502.html")) is None


@pytest.mark.parametrize(
    "file",
    [
        "binance/klines.1d.BTCUSDT.json",
        "binance/error.502.html",
        "binancecoinm/constituents.json",
        "binancecoinm/fundingInfo.json",
        "binancecoinm/fundingRate.json",
        "binancecoinm/klines.json",
        "binancecoinm/ticker24hr.json",
        "binanceusdm/exchangeInfo.json",
        "binanceusdm/fundingRate.BTCUSDT.json",
        "binanceusdm/leverageBracket.json",
        "binanceusdm/ticker24hr.json",
        "mexc/contract.ticker.json",
    ],
)
def test_a_recorded_reply_of_another_endpoint_is_a_bad_payload(file: str) -> None:
    """As if a proxy had mixed up two answers."""
    reply = recorded(file)

    for parse, replies in (
        (parse_futures_quotes, (reply, wire(PRICES), wire(BOOKS))),
        (parse_spot_quotes, (reply, wire(BOOKS))),
        (parse_spot_listings, (reply,)),
        (fundings if "fundingRate" not in file else candles, (reply,)),
        (candles if "klines" not in file else fundings, (reply,)),
    ):
        with pytest.raises(UpstreamError) as refused:
            parse(*replies)
        assert refused.value.reason == "bad_payload"
