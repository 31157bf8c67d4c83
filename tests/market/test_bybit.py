"""Bybit: its replies read exactly, its pages and tiers put together, its errors named."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from service.market.bybit import (
    ADAPTER,
    candles_of,
    fetch_listings,
    fundings_of,
    parse_candles,
    parse_fundings,
    parse_listings,
    parse_quotes,
    parse_tiers,
    refuse,
    tiers_of,
)
from service.market.source import (
    DAY_MS,
    Candles,
    Close,
    Feed,
    Fundings,
    Get,
    Listing,
    Payment,
    Quote,
    Row,
    Segment,
    Tier,
    Tiers,
    UpstreamError,
)
from service.market.vetting import vet

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "exchanges" / "bybit"
SEGMENTS: tuple[Segment, ...] = get_args(Segment)
NOW_MS = 1_799_990_000_000
Fields = dict[str, Any]

PAIR_TICKER: Fields = {"symbol": "BTCUSDT", "lastPrice": "61001.00", "bid1Price": "61000.90", "ask1Price": "61001.10"}
TICKER: Fields = {
    **PAIR_TICKER,
    "markPrice": "61000.50",
    "indexPrice": "61010.25",
    "fundingRate": "-0.00012",
    "nextFundingTime": "1800000000000",
    "fundingIntervalHour": "4",
    "fundingCap": "0.005",
}
INSTRUMENT: Fields = {
    "symbol": "SHIB1000USDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "SHIB1000",
    "quoteCoin": "USDT",
    "deliveryTime": "0",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "75.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.1", "maxPrice": "1999999", "tickSize": "0.000010"},
    "lotSizeFilter": {
        "maxOrderQty": "1190.000",
        "minOrderQty": "0.002",
        "qtyStep": "0.001",
        "maxMktOrderQty": "500.000",
        "minNotionalValue": "5",
    },
    "fundingInterval": 480,
    "upperFundingRate": "0.00375",
    "lowerFundingRate": "-0.00400",
    "isPreListing": False,
    "symbolType": "",
}
INVERSE: Fields = {
    **INSTRUMENT,
    "symbol": "BTCUSD",
    "contractType": "InversePerpetual",
    "baseCoin": "BTC",
    "quoteCoin": "USD",
    "lotSizeFilter": {"maxOrderQty": "1000000", "minOrderQty": "1", "qtyStep": "1", "maxMktOrderQty": "0"},
}
PAIR: Fields = {
    "symbol": "BTCUSDC",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDC",
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "minOrderQty": "0.000011",
        "maxOrderQty": "99",
        "minOrderAmt": "5",
        "maxLimitOrderQty": "83",
        "maxMarketOrderQty": "41.5",
    },
    "priceFilter": {"tickSize": "0.1"},
}
LIMITS: list[Fields] = [
    {"id": 3, "symbol": "BTCUSDT", "riskLimitValue": "5000000", "maintenanceMargin": "0.0077"},
    {"id": 1, "symbol": "BTCUSDT", "riskLimitValue": "300000", "maintenanceMargin": "0.0033"},
    {"id": 2, "symbol": "BTCUSDT", "riskLimitValue": "2000000", "maintenanceMargin": "0.005"},
]
BITCOIN = Listing(symbol="BTCUSDT", segment="linear", base="BTC", quote="USDT", is_trading=True)
MORNING = 1_799_884_800_000
"""Midnight UTC, at which a day begins."""
KLINES: list[list[str]] = [
    [str(MORNING + day * DAY_MS), "60000.1", "61999.9", "59000.1", close, "102692.021", "4182081209.2145"]
    for day, close in ((2, "61001"), (1, "61001.25"), (0, "60500.5"))
]
PAID: list[Fields] = [
    {"symbol": "BTCUSDT", "fundingRate": "-0.00001355", "fundingRateTimestamp": str(MORNING + 28_800_000)},
    {"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingRateTimestamp": str(MORNING)},
]
TICKERS: dict[Segment, Fields] = {"linear": TICKER, "inverse": TICKER, "spot": PAIR_TICKER}
INSTRUMENTS: dict[Segment, Fields] = {"linear": INSTRUMENT, "inverse": INVERSE, "spot": PAIR}


def wire(category: str, *rows: Fields | list[Any], cursor: str | None = "", **more: str) -> bytes:
    """Write an answer."""
    result = {"category": category, "list": rows, "nextPageCursor": cursor, **more}
    return msgspec.json.encode({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": NOW_MS})


def recorded(name: str) -> bytes:
    """Give a recorded reply, or skip the test."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip("the recorded replies lie outside the project")
    return path.read_bytes()


def quotes(segment: Segment = "linear", **changes: Any) -> list[Quote]:
    """Read the quote of a symbol that differs from the usual one."""
    return parse_quotes(segment, wire(segment, {**TICKERS[segment], **changes}))


def listings(segment: Segment = "linear", **changes: Any) -> list[Listing]:
    """Read the listing of a symbol that differs from the usual one."""
    return parse_listings(segment, wire(segment, {**INSTRUMENTS[segment], **changes})).listings


def tiers(*rows: Fields) -> list[Tiers]:
    """Read tiers of BTCUSDT."""
    return parse_tiers(BITCOIN, wire("linear", *rows))


def candles(*rows: list[Any], symbol: str = "BTCUSDT") -> list[Candles]:
    """Read daily closes of BTCUSDT."""
    return parse_candles(BITCOIN, wire("linear", *rows, symbol=symbol))


def fundings(*rows: Fields) -> list[Fundings]:
    """Read past funding of BTCUSDT."""
    return parse_fundings(BITCOIN, wire("linear", *rows))


@pytest.mark.parametrize("segment", ["linear", "inverse"])
def test_a_quote_of_a_future_has_everything_from_one_reply(segment: Segment) -> None:
    """Prices, funding with its interval in hours and its cap, at the time of the envelope."""
    assert quotes(segment) == [
        Quote(
            symbol="BTCUSDT",
            last=Decimal(61001),
            mark=Decimal("61000.5"),
            index=Decimal("61010.25"),
            bid=Decimal("61000.9"),
            ask=Decimal("61001.1"),
            funding_rate=Decimal("-0.00012"),
            funding_interval_hours=4,
            funding_cap=Decimal("0.005"),
            next_funding_ms=1_800_000_000_000,
            as_of_ms=NOW_MS,
        )
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"fundingRate": "", "nextFundingTime": "0", "fundingIntervalHour": "", "fundingCap": ""},
        {"fundingRate": "", "nextFundingTime": "", "fundingIntervalHour": "", "fundingCap": ""},
        {"fundingRate": "0", "nextFundingTime": "0", "fundingIntervalHour": "8", "fundingCap": "0.005"},
    ],
)
def test_a_dated_contract_has_no_funding(changes: Fields) -> None:
    """Without a next funding time nothing else about funding counts."""
    (quote,) = quotes(**changes)

    funding = (quote.funding_rate, quote.next_funding_ms, quote.funding_interval_hours, quote.funding_cap)
    assert funding == (None, None, None, None)
    assert quote.mark == Decimal("61000.5")


def test_a_ticker_that_does_not_tell_interval_and_cap_has_none() -> None:
    """They were added to the reply later than the rest."""
    row = {name: value for name, value in TICKER.items() if name not in {"fundingIntervalHour", "fundingCap"}}

    (quote,) = parse_quotes("linear", wire("linear", row))

    assert (quote.funding_interval_hours, quote.funding_cap) == (None, None)
    assert quote.funding_rate == Decimal("-0.00012")


def test_a_price_that_is_empty_is_none() -> None:
    """A contract that nobody has traded yet has no last price, and an empty book no bid."""
    (quote,) = quotes(lastPrice="", bid1Price="")

    assert (quote.last, quote.bid, quote.ask) == (None, None, Decimal("61001.1"))


def test_a_quote_of_a_pair_has_no_mark_and_no_funding() -> None:
    """The last price, and the best bid and ask, at the time of the envelope."""
    assert quotes("spot") == [
        Quote(
            symbol="BTCUSDT",
            last=Decimal(61001),
            bid=Decimal("61000.9"),
            ask=Decimal("61001.1"),
            as_of_ms=NOW_MS,
        )
    ]


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("symbol", ["币安人生USDT", "btcusdt", "BTC USDT", "", "B" * 41, "BTCUSDT\n"])
def test_a_symbol_that_no_request_can_name_is_dropped(segment: Segment, symbol: str) -> None:
    """It is left out, and the others stay."""
    ticker, instrument = TICKERS[segment], INSTRUMENTS[segment]

    assert len(parse_quotes(segment, wire(segment, ticker, {**ticker, "symbol": symbol}))) == 1
    assert len(parse_listings(segment, wire(segment, {**instrument, "symbol": symbol}, instrument)).listings) == 1


@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTCPERP", "BTCUSDT-25SEP26", "BTC-25SEP26", "BTCUSDU26", "1000000BABYDOGEUSDT"]
)
def test_a_symbol_of_any_form_stays(symbol: str) -> None:
    """Perpetuals in USDT and USDC, dated contracts, and scaled tickers."""
    assert [quote.symbol for quote in quotes(symbol=symbol)] == [symbol]


def test_a_linear_listing_counts_orders_in_coins() -> None:
    """One contract is one coin; the scale stands behind the name; of two funding limits the larger one is the cap."""
    assert listings() == [
        Listing(
            symbol="SHIB1000USDT",
            segment="linear",
            base="SHIB",
            units=Decimal(1000),
            quote="USDT",
            is_trading=True,
            multiplier=Decimal(1),
            order_unit="base",
            lot_step=Decimal("0.001"),
            min_quantity=Decimal("0.002"),
            max_quantity=Decimal(1190),
            max_market_quantity=Decimal(500),
            min_notional=Decimal(5),
            tick_size=Decimal("0.00001"),
            max_leverage=Decimal(75),
            maker_fee_rate=Decimal("0.0002"),
            taker_fee_rate=Decimal("0.00055"),
            funding_interval_hours=8,
            funding_cap=Decimal("0.004"),
        )
    ]


def test_an_inverse_listing_counts_orders_in_dollars() -> None:
    """One contract is 1 USD; no order value is asked for, and a bound of 0 is none."""
    assert listings("inverse") == [
        Listing(
            symbol="BTCUSD",
            segment="inverse",
            base="BTC",
            quote="USD",
            is_trading=True,
            multiplier=Decimal(1),
            order_unit="contract",
            lot_step=Decimal(1),
            min_quantity=Decimal(1),
            max_quantity=Decimal(1_000_000),
            tick_size=Decimal("0.00001"),
            max_leverage=Decimal(75),
            maker_fee_rate=Decimal("0.0002"),
            taker_fee_rate=Decimal("0.00055"),
            funding_interval_hours=8,
            funding_cap=Decimal("0.004"),
        )
    ]


def test_a_spot_listing_has_no_fee_and_no_smallest_quantity() -> None:
    """The documentation says that minOrderQty and maxOrderQty are not checked any more."""
    assert listings("spot") == [
        Listing(
            symbol="BTCUSDC",
            segment="spot",
            base="BTC",
            quote="USDC",
            is_trading=True,
            order_unit="base",
            lot_step=Decimal("0.000001"),
            max_quantity=Decimal(83),
            max_market_quantity=Decimal("41.5"),
            min_notional=Decimal(5),
            tick_size=Decimal("0.1"),
        )
    ]


@pytest.mark.parametrize(
    ("segment", "kind", "expiry"),
    [
        ("linear", "LinearPerpetual", None),
        ("linear", "LinearFutures", 1_790_323_200_000),
        ("inverse", "InversePerpetual", None),
        ("inverse", "InverseFutures", 1_790_323_200_000),
    ],
)
def test_only_a_dated_contract_expires(segment: Segment, kind: str, expiry: int | None) -> None:
    """A perpetual that is going to be delisted has a delivery time too; a dated contract has no funding."""
    (found,) = listings(segment, contractType=kind, deliveryTime="1790323200000")

    assert found.expiry_ms == expiry
    assert found.funding_interval_hours == (8 if expiry is None else None)
    assert found.funding_cap == (Decimal("0.004") if expiry is None else None)


@pytest.mark.parametrize("time", ["0", ""])
def test_a_dated_contract_without_a_date_is_a_bad_payload(time: str) -> None:
    """It would pass for a perpetual."""
    with pytest.raises(UpstreamError) as refused:
        listings(contractType="LinearFutures", deliveryTime=time)

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(("minutes", "hours"), [(480, 8), (240, 4), (60, 1), (0, None)])
def test_the_funding_interval_is_told_in_minutes(minutes: int, hours: int | None) -> None:
    """480 minutes are eight hours."""
    assert listings(fundingInterval=minutes)[0].funding_interval_hours == hours


@pytest.mark.parametrize("minutes", [8, 30, 90])
def test_a_funding_interval_of_no_whole_hours_is_a_bad_payload(minutes: int) -> None:
    """If 8 came, it would be hours, and the unit would have changed."""
    with pytest.raises(UpstreamError) as refused:
        listings(fundingInterval=minutes)

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "PreLaunch", "isPreListing": True},
        {"status": "PreLaunch"},
        {"isPreListing": True},
        {"status": "Settling"},
        {"status": "Delivering"},
        {"status": "Closed"},
    ],
)
def test_what_takes_no_orders_is_not_trading(changes: Fields) -> None:
    """A pre-market contract is not trading either, though its status may say so."""
    assert not listings(**changes)[0].is_trading


def test_a_pair_that_was_closed_is_not_trading() -> None:
    """Spot has no pre-market."""
    assert not listings("spot", status="Closed")[0].is_trading


@pytest.mark.parametrize(
    ("kind", "stays"), [("", True), ("innovation", True), ("adventure", True), ("stock", False), ("xstocks", False)]
)
def test_what_is_not_about_a_coin_is_dropped(kind: str, *, stays: bool) -> None:
    """ONUSDT is a share of ON Semiconductor there, and a coin elsewhere."""
    assert bool(listings(symbolType=kind)) == stays
    assert bool(listings("spot", symbolType=kind)) == stays


def test_a_contract_of_an_unknown_type_is_dropped() -> None:
    """What it is settled in is not known."""
    assert listings(contractType="LinearOption") == []


def test_a_listing_without_funding_limits_has_no_cap() -> None:
    """Unknown, not 0."""
    assert listings(upperFundingRate="", lowerFundingRate="")[0].funding_cap is None


def test_tiers_ascend_whatever_their_order() -> None:
    """The limit of a tier is the floor of the next, and the first begins at 0."""
    assert tiers(*LIMITS) == [
        Tiers(
            symbol="BTCUSDT",
            tiers=(
                Tier(Decimal(0), Decimal("0.0033")),
                Tier(Decimal(300_000), Decimal("0.005")),
                Tier(Decimal(2_000_000), Decimal("0.0077")),
            ),
        )
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{**LIMITS[0], "symbol": "ETHUSDT"}],
        [*LIMITS, {**LIMITS[0], "symbol": "BTCUSDC"}],
        [{**LIMITS[0], "maintenanceMargin": "0.5"}],
        [{**LIMITS[0], "maintenanceMargin": "0.201"}],
        [{**LIMITS[0], "maintenanceMargin": ""}],
        [{**LIMITS[0], "maintenanceMargin": "NaN"}],
        [{**LIMITS[0], "riskLimitValue": "sNaN"}],
        [{**LIMITS[0], "riskLimitValue": None}],
        [{"id": 1, "symbol": "BTCUSDT", "limit": "5000000", "maintainMargin": "0.5"}],
    ],
)
def test_tiers_of_something_else_are_a_bad_payload(rows: list[Fields]) -> None:
    """Another symbol, a percentage for a fraction, or no number at all."""
    with pytest.raises(UpstreamError) as refused:
        tiers(*rows)

    assert refused.value.reason == "bad_payload"


def test_the_limit_of_a_first_rate_is_a_fifth() -> None:
    """A contract that allows little leverage may still say 0.2."""
    assert tiers({**LIMITS[0], "maintenanceMargin": "0.2"})[0].tiers == (Tier(Decimal(0), Decimal("0.2")),)


def test_closes_are_oldest_first_whatever_bybit_does() -> None:
    """It sends the newest first, which is that of the day under way, and names each by the moment at which it opens."""
    assert candles(*KLINES) == [
        Candles(
            symbol="BTCUSDT",
            closes=(
                Close(MORNING + DAY_MS, 60500.5),
                Close(MORNING + 2 * DAY_MS, 61001.25),
                Close(MORNING + 3 * DAY_MS, 61001.0),
            ),
        )
    ]


def test_payments_are_oldest_first_whatever_bybit_does() -> None:
    """It sends the newest first; before the first one there is none."""
    payments = (Payment(MORNING, 0.0001), Payment(MORNING + 28_800_000, -0.00001355))

    assert fundings(*PAID) == [Fundings(symbol="BTCUSDT", payments=payments)]
    assert fundings() == [Fundings(symbol="BTCUSDT", payments=())]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [KLINES[0][:4]],
        [[*KLINES[0][:4], 61001]],
        *([[*KLINES[0][:4], text]] for text in ("", "NaN", "Infinity", "many")),
        *([[text, *KLINES[0][1:]]] for text in ("soon", "1.5", "-1", None)),
        [{"start": "1", "close": "2"}],
    ],
)
def test_candles_of_something_else_are_a_bad_payload(rows: list[Any]) -> None:
    """None at all, though today's should be there, or none that can be read."""
    with pytest.raises(UpstreamError) as refused:
        candles(*rows)

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize("symbol", ["ETHUSDT", ""])
def test_candles_of_another_symbol_are_a_bad_payload(symbol: str) -> None:
    """The reply has to name the one that was asked for."""
    with pytest.raises(UpstreamError, match="another symbol"):
        candles(*KLINES, symbol=symbol)


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "ETHUSDT"},
        *({"fundingRate": text} for text in ("", "NaN", "often", None, 0.0001)),
        *({"fundingRateTimestamp": text} for text in ("soon", "1.5", None)),
    ],
)
def test_funding_of_something_else_is_a_bad_payload(changes: Fields) -> None:
    """Another symbol, or payments that are none."""
    with pytest.raises(UpstreamError) as refused:
        fundings(*PAID, {**PAID[0], **changes})

    assert refused.value.reason == "bad_payload"


BAD: list[bytes] = [
    b"",
    b"[]",
    b"{}",
    b"null",
    b"[{}]",
    b'{"retCode":0}',
    b'{"retCode":0,"result":{},"time":1}',
    b'{"retCode":0,"result":null,"time":1}',
    b'{"retCode":0,"result":{"category":"","list":null},"time":1}',
    b'{"retCode":0,"result":{"category":"","list":[{}]},"time":1}',
    b'{"retCode":0,"result":{"category":"","list":[null]},"time":1}',
    b'{"retCode":10006,"retMsg":"","result":{"category":"","list":[]},"time":1}',
    b"<html><body>502 Bad Gateway</body></html>",
    b'"<html></html>"',
    b"NaN",
    b"\xff\xfe",
    b"[" * 5000,
]


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_such_reply_is_a_bad_payload(bad: bytes) -> None:
    """Whatever was asked for: never an empty answer."""
    for segment in SEGMENTS:
        for parse in (parse_quotes, parse_listings):
            with pytest.raises(UpstreamError) as refused:
                parse(segment, bad)
            assert refused.value.reason == "bad_payload"
    for parse_single in (parse_tiers, parse_candles, parse_fundings):
        with pytest.raises(UpstreamError) as refused:
            parse_single(BITCOIN, bad)
        assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_truncated_reply_is_a_bad_payload(segment: Segment) -> None:
    """Cut anywhere, it is refused."""
    for parse, rows in ((parse_quotes, TICKERS), (parse_listings, INSTRUMENTS)):
        whole = wire(segment, rows[segment])
        assert parse(segment, whole)
        for end in range(0, len(whole), 7):
            with pytest.raises(UpstreamError) as refused:
                parse(segment, whole[:end])
            assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("parse", "whole"),
    [
        (parse_candles, wire("linear", *KLINES, symbol="BTCUSDT")),
        (parse_fundings, wire("linear", *PAID)),
        (parse_tiers, wire("linear", *LIMITS)),
    ],
)
def test_a_truncated_reply_about_one_symbol_is_a_bad_payload(
    parse: Callable[[Listing, bytes], Sequence[Row]], whole: bytes
) -> None:
    """Same."""
    assert parse(BITCOIN, whole)
    for end in range(0, len(whole), 7):
        with pytest.raises(UpstreamError) as refused:
            parse(BITCOIN, whole[:end])
        assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize("segment", SEGMENTS)
def test_no_quotes_are_a_bad_payload(segment: Segment) -> None:
    """An empty list says that something is broken."""
    with pytest.raises(UpstreamError) as refused:
        parse_quotes(segment, wire(segment))

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("asked", "got"), [("linear", "inverse"), ("inverse", "linear"), ("spot", "linear"), ("linear", "spot")]
)
def test_a_reply_about_another_segment_is_a_bad_payload(asked: Segment, got: Segment) -> None:
    """BTCUSDT is a contract and a pair: what was asked for decides which one it is."""
    for parse, rows in ((parse_quotes, TICKERS), (parse_listings, INSTRUMENTS)):
        with pytest.raises(UpstreamError) as refused:
            parse(asked, wire(got, rows[asked]))
        assert refused.value.reason == "bad_payload"
    listing = msgspec.structs.replace(BITCOIN, segment=asked)
    with pytest.raises(UpstreamError, match=f"not about {asked}"):
        parse_candles(listing, wire(got, *KLINES, symbol="BTCUSDT"))
    with pytest.raises(UpstreamError, match=f"not about {asked}"):
        parse_fundings(listing, wire(got, *PAID))


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "many", "1,5", "0x1", "1.2.3", " "])
@pytest.mark.parametrize("name", ["markPrice", "lastPrice", "fundingRate", "nextFundingTime", "fundingIntervalHour"])
def test_a_number_that_is_none_is_a_bad_payload(name: str, text: str) -> None:
    """It does not pass for a price, a rate or a time."""
    with pytest.raises(UpstreamError) as refused:
        parse_quotes("linear", wire("linear", {**TICKER, name: text}))

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    "changes",
    [
        {"lotSizeFilter": {}},
        {"lotSizeFilter": {**INSTRUMENT["lotSizeFilter"], "qtyStep": ""}},
        {"lotSizeFilter": {**INSTRUMENT["lotSizeFilter"], "qtyStep": None}},
        {"lotSizeFilter": {**INSTRUMENT["lotSizeFilter"], "minOrderQty": "NaN"}},
        {"priceFilter": {"tickSize": "fine"}},
        {"priceFilter": None},
        {"leverageFilter": {"maxLeverage": 100}},
        {"fundingInterval": "often"},
        {"isPreListing": None},
        {"symbol": 7},
    ],
)
def test_terms_of_another_type_are_a_bad_payload(changes: Fields) -> None:
    """A change of the format is noticed, not guessed at."""
    with pytest.raises(UpstreamError) as refused:
        listings(**changes)

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("status", "body", "reason", "retry_after"),
    [
        (200, '{"retCode":10006,"retMsg":"Too many visits!","result":{}}', "rate_limited", None),
        (200, '{"retCode":10018,"retMsg":"Exceeded the IP Rate Limit.","result":{}}', "rate_limited", None),
        (429, '{"retCode":10006,"retMsg":"Too many visits!"}', "rate_limited", None),
        (200, '{"retCode":10009,"retMsg":"IP has been banned."}', "banned", None),
        (200, '{"retCode":10016,"retMsg":"Internal System Error."}', "maintenance", None),
        (200, '{"retCode":10001,"retMsg":"params error","result":{"list":[]}}', "bad_payload", None),
        (403, "<html>Access too frequent, please try again later</html>", "blocked", 600),
        (403, '{"retCode":10005,"retMsg":"access too frequent"}', "blocked", 600),
    ],
)
def test_an_error_of_bybit_is_named(status: int, body: str, reason: str, retry_after: float | None) -> None:
    """Most come with status 200; of the text nothing is repeated."""
    error = refuse(status, body.encode())

    assert error is not None
    assert (error.reason, error.retry_after) == (reason, retry_after)
    assert "visits" not in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, wire("linear", TICKER)),
        (200, b"<html>maintenance</html>"),
        (200, b"<html>access too frequent</html>"),
        (200, b"[]"),
        (403, b"<html>Amazon CloudFront: access is blocked from your country</html>"),
        (404, b'{"retCode":10017,"retMsg":"Route not found."}'),
        (500, b'{"retCode":10000,"retMsg":"Server Timeout"}'),
        (502, b""),
    ],
)
def test_what_bybit_did_not_explain_is_left_to_the_status(status: int, body: bytes) -> None:
    """Answers, HTML, and codes that say no more than the status."""
    assert refuse(status, body) is None


Asked = tuple[str, str, int, dict[str, str]]


def ask(feed: Feed, *pages: bytes) -> tuple[Sequence[Row], list[Asked]]:
    """Fetch a feed from pages of a list, and tell what was asked for."""
    asked: list[Asked] = []

    async def get(host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Give the next page."""
        asked.append((host, path, weight, parameters))
        return pages[len(asked) - 1]

    async def fetch() -> Sequence[Row]:
        """Fetch it."""
        return await feed.fetch(get)

    return asyncio.run(fetch()), asked


@pytest.mark.parametrize("feed", ADAPTER.feeds, ids=lambda feed: feed.key)
def test_a_feed_asks_what_it_should_and_reads_it(feed: Feed) -> None:
    """One request each, of a host that has a budget; and rows of the feed's kind."""
    wanted = {
        "quotes": ("/v5/market/tickers", TICKERS, {"category": feed.segment}),
        "listings": ("/v5/market/instruments-info", INSTRUMENTS, {"category": feed.segment, "limit": "1000"}),
    }
    path, replies, query = wanted[feed.subject]

    rows, asked = ask(feed, wire(feed.segment, replies[feed.segment]))

    assert asked == [("api.bybit.com", path, 1, query)]
    assert set(ADAPTER.budgets) == {"api.bybit.com"}
    assert [type(row) for row in rows] == [feed.row]


def test_every_segment_has_its_quotes_and_its_listings() -> None:
    """Six feeds, and one of tiers for each contract."""
    named = sorted((feed.segment, feed.subject) for feed in ADAPTER.feeds)

    assert named == sorted((segment, subject) for segment in SEGMENTS for subject in ("quotes", "listings"))
    assert ADAPTER.refuse is refuse
    assert ADAPTER.tiers_of is tiers_of
    assert ADAPTER.lists_expiring


def test_tiers_are_asked_for_by_symbol() -> None:
    """Without a symbol they would come in pages of 15 contracts."""
    feed = tiers_of(BITCOIN)

    rows, asked = ask(feed, wire("linear", *LIMITS))

    assert asked == [("api.bybit.com", "/v5/market/risk-limit", 1, {"category": "linear", "symbol": "BTCUSDT"})]
    assert [type(row) for row in rows] == [feed.row] == [Tiers]
    assert (feed.symbol, feed.key) == ("BTCUSDT", "hedge:{bybit:linear:tiers:BTCUSDT}")


@pytest.mark.parametrize("segment", SEGMENTS)
def test_daily_closes_are_asked_for_by_symbol(segment: Segment) -> None:
    """A board for each, in one call."""
    feed = candles_of(msgspec.structs.replace(BITCOIN, segment=segment))

    rows, asked = ask(feed, wire(segment, *KLINES, symbol="BTCUSDT"))

    query = {"category": segment, "symbol": "BTCUSDT", "interval": "D", "limit": "400"}
    assert asked == [("api.bybit.com", "/v5/market/kline", 1, query)]
    assert [type(row) for row in rows] == [feed.row] == [Candles]
    assert (feed.symbol, feed.key) == ("BTCUSDT", f"hedge:{{bybit:{segment}:candles:BTCUSDT}}")
    assert ADAPTER.candles_of is candles_of


@pytest.mark.parametrize("segment", ["linear", "inverse"])
def test_past_funding_is_asked_for_by_symbol(segment: Segment) -> None:
    """The newest, as many as there are on a page."""
    feed = fundings_of(msgspec.structs.replace(BITCOIN, segment=segment))

    rows, asked = ask(feed, wire(segment, *PAID))

    query = {"category": segment, "symbol": "BTCUSDT", "limit": "200"}
    assert asked == [("api.bybit.com", "/v5/market/funding/history", 1, query)]
    assert [type(row) for row in rows] == [feed.row] == [Fundings]
    assert (feed.symbol, feed.key) == ("BTCUSDT", f"hedge:{{bybit:{segment}:fundings:BTCUSDT}}")
    assert ADAPTER.fundings_of is fundings_of


LISTINGS = next(feed for feed in ADAPTER.feeds if (feed.segment, feed.subject) == ("linear", "listings"))


def test_pages_are_put_together() -> None:
    """The cursor comes quoted and goes out plain, to be quoted by whoever sends it; the last page may be empty."""
    other = {**INSTRUMENT, "symbol": "BTCUSDT"}
    pages = [
        wire("linear", INSTRUMENT, cursor="first%3DSHIB1000USDT%26last%3DSHIB1000USDT"),
        wire("linear", other, cursor="first%3DBTCUSDT%26last%3DBTCUSDT"),
        wire("linear", cursor=None),
    ]

    rows, asked = ask(LISTINGS, *pages)

    assert [row.symbol for row in rows] == ["SHIB1000USDT", "BTCUSDT"]
    assert [query.get("cursor") for *_, query in asked] == [
        None,
        "first=SHIB1000USDT&last=SHIB1000USDT",
        "first=BTCUSDT&last=BTCUSDT",
    ]


def _endless(cursors: list[str]) -> Get:
    """Make an exchange whose pages never end."""
    left = iter(cursors)

    async def get(host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        """Give one more page."""
        assert (host, path, weight, parameters["category"]) == (*LISTED, "linear")
        return wire("linear", INSTRUMENT, cursor=next(left))

    return get


LISTED = ("api.bybit.com", "/v5/market/instruments-info", 1)


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], [f"c{place}" for place in range(20)]])
def test_pages_without_an_end_are_a_bad_payload(cursors: list[str]) -> None:
    """A cursor that comes again, or more than twenty pages."""
    with pytest.raises(UpstreamError) as refused:
        asyncio.run(fetch_listings("linear", _endless(cursors)))

    assert refused.value.reason == "bad_payload"


def test_twenty_pages_are_not_too_many() -> None:
    """The last of them has no cursor."""
    cursors = [f"c{place}" for place in range(19)]

    assert len(asyncio.run(fetch_listings("linear", _endless([*cursors, ""])))) == 20


@pytest.mark.parametrize("rows", [[], [{**INSTRUMENT, "symbolType": "stock"}]])
def test_no_listings_are_a_bad_payload(rows: list[Fields]) -> None:
    """Neither an empty list nor one of stocks alone is an answer."""
    with pytest.raises(UpstreamError) as refused:
        ask(LISTINGS, wire("linear", *rows))

    assert refused.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("file", "segment", "expected"),
    [
        (
            "tickers.linear.BTCUSDT.json",
            "linear",
            "BTCUSDT 107089.2 107084 107135.27 107089.1 107089.2 0.00001938 8 0.005 1762243200000 1762220791908",
        ),
        (
            "tickers.inverse.doc.json",
            "inverse",
            "BTCUSD 120635.5 114898.43 114890.92 103401 109152.8 0.0001 8 0.005 1760371200000 1760352369814",
        ),
        (
            "tickers.spot.doc.json",
            "spot",
            "BTCUSDT 20533.13 None None 20517.96 20527.77 None None None None 1673859087947",
        ),
    ],
)
def test_recorded_quotes(file: str, segment: Segment, expected: str) -> None:
    """A reply of 4 November 2025, and the samples of the documentation: every field of a quote."""
    (quote,) = parse_quotes(segment, recorded(file))

    assert plainly(msgspec.structs.astuple(quote)) == expected.split()


TERMS = (
    "symbol",
    "base",
    "units",
    "quote",
    "is_trading",
    "order_unit",
    "multiplier",
    "lot_step",
    "min_quantity",
    "max_quantity",
    "max_market_quantity",
    "min_notional",
    "tick_size",
    "max_leverage",
    "funding_interval_hours",
    "funding_cap",
    "expiry_ms",
)


def plainly(values: Sequence[Any]) -> list[str]:
    """Write values without exponents and zeros that say nothing."""
    return [f"{value.normalize():f}" if isinstance(value, Decimal) else str(value) for value in values]


@pytest.mark.parametrize(
    ("file", "segment", "expected", "cursor"),
    [
        (
            "instruments-info.linear.json",
            "linear",
            "BTCUSDT BTC 1 USDT True base 1 0.001 0.001 1190 500 5 0.1 100 8 0.00375 None",
            "",
        ),
        (
            "instruments-info.linear.prelisting.json",
            "linear",
            "BIOUSDT BIO 1 USDT False base 1 1 1 70000 14000 5 0.0001 5 8 0.05 None",
            "first=BIOUSDT&last=BIOUSDT",
        ),
        (
            "instruments-info.spot.json",
            "spot",
            "BTCUSDT BTC 1 USDT True base 1 0.000001 None 83 41.5 5 0.1 None None None None",
            "",
        ),
    ],
)
def test_recorded_listings(file: str, segment: Segment, expected: str, cursor: str) -> None:
    """The samples of the documentation of July 2026."""
    page = parse_listings(segment, recorded(file))

    (listing,) = page.listings
    assert plainly([getattr(listing, name) for name in TERMS]) == expected.split()
    assert page.cursor == cursor


def test_a_recorded_listing_with_its_interval_in_hours_is_refused() -> None:
    """Test data of another project says 8 where the exchange says 480; the rest of it is right."""
    body = recorded("instruments-info.inverse.json")

    with pytest.raises(UpstreamError, match="8 minutes"):
        parse_listings("inverse", body)
    (listing,) = parse_listings("inverse", body.replace(b'"fundingInterval":8', b'"fundingInterval":480')).listings

    expected = "BTCUSD BTC 1 USD True contract 1 1 1 1000000 500000 None 0.5 100 8 None None"
    assert plainly([getattr(listing, name) for name in TERMS]) == expected.split()


def test_recorded_tiers() -> None:
    """Two tiers of the test network of September 2026, the higher one first."""
    (found,) = parse_tiers(BITCOIN, recorded("risk-limit.linear.BTCUSDT.json"))

    assert found.tiers == (Tier(Decimal(0), Decimal("0.0033")), Tier(Decimal(300_000), Decimal("0.005")))


def test_recorded_candles() -> None:
    """Three days of September 2021, as they came: the newest first."""
    (found,) = parse_candles(BITCOIN, recorded("kline.linear.BTCUSDT.D.json"))

    closes = ((1_632_096_000_000, 47274.5), (1_632_182_400_000, 43057.0), (1_632_268_800_000, 40724.5))
    assert found.closes == closes
    assert vet([found], 1_677_516_322_292).rows == {"BTCUSDT": found}


def test_recorded_candles_of_an_hour_are_not_taken_for_days() -> None:
    """The sample of the documentation, about an inverse contract."""
    inverse = msgspec.structs.replace(BITCOIN, symbol="BTCUSD", segment="inverse")
    (found,) = parse_candles(inverse, recorded("kline.inverse.doc.json"))

    assert [close.price for close in found.closes] == [17071.5, 17071.0, 17055.5]
    assert vet([found], 1_672_025_956_592).dropped == {"BTCUSD": "absurd_time"}


def test_recorded_funding() -> None:
    """The sample of the documentation, about a contract in USDC."""
    listing = msgspec.structs.replace(BITCOIN, symbol="ETHPERP")

    (found,) = parse_fundings(listing, recorded("funding-history.doc.json"))

    assert found.payments == ((1_672_041_600_000, 0.0001),)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("error.10001.json", "bad_payload"),
        ("error.10006.json", "rate_limited"),
        ("error.10016.json", "maintenance"),
    ],
)
def test_recorded_errors(file: str, reason: str) -> None:
    """All of them with status 200."""
    error = refuse(200, recorded(file))

    assert error is not None
    assert (error.reason, error.retry_after) == (reason, None)


@pytest.mark.parametrize(
    "file",
    [
        "delivery-price.doc.json",
        "error.10001.json",
        "fee-group-info.doc.json",
        "funding-history.doc.json",
        "index-price-kline.doc.json",
        "kline.inverse.doc.json",
        "kline.linear.BTCUSDT.D.json",
        "mark-price-kline.doc.json",
        "open-interest.doc.json",
        "risk-limit.linear.BTCUSDT.json",
        "risk-limit.table.BTCUSDT.doc.json",
        "time.doc.json",
        "ws.ticker.linear.json",
    ],
)
def test_a_recorded_reply_of_another_endpoint_is_a_bad_payload(file: str) -> None:
    """As if a proxy had mixed up two answers."""
    for segment in SEGMENTS:
        for parse in (parse_quotes, parse_listings):
            with pytest.raises(UpstreamError) as refused:
                parse(segment, recorded(file))
            assert refused.value.reason == "bad_payload"
