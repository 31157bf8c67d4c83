"""MEXC: what its replies mean, which of its rows count, and how it says no."""

import asyncio
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.market import mexc
from service.market.source import (
    Candles,
    Close,
    Feed,
    Fundings,
    Get,
    Listing,
    Payment,
    Quote,
    Row,
    Tier,
    UpstreamError,
)
from service.market.vetting import vet

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "exchanges" / "mexc"
recorded = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recorded replies lie outside the project")

FUNDING = {
    "symbol": "BTC_USDT",
    "fundingRate": 0.000067,
    "maxFundingRate": 0.0018,
    "minFundingRate": -0.002,
    "collectCycle": 8,
    "nextSettleTime": 1789459200000,
    "timestamp": 1789455551670,
    "idxPrice": 77271.6,
    "fairPrice": 77240.4,
}
TICKER = {
    "symbol": "BTC_USDT",
    "lastPrice": 77241.5,
    "bid1": 77241.4,
    "ask1": 77241.6,
    "indexPrice": 77000,
    "fairPrice": 77001,
    "timestamp": 1789455546697,
}
CONTRACT = {
    "symbol": "BTC_USDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "futureType": 1,
    "type": 1,
    "state": 0,
    "apiAllowed": True,
    "contractSize": 0.0001,
    "volUnit": 1,
    "minVol": 1,
    "maxVol": 400000,
    "limitMaxVol": 2500000,
    "priceUnit": 0.1,
    "maxLeverage": 500,
    "makerFeeRate": 0,
    "takerFeeRate": 0.0001,
    "maintenanceMarginRate": 0.004,
    "riskLimitType": "BY_VOLUME",
    "riskLimitMode": "INCREASE",
    "riskBaseVol": 10000,
    "riskIncrVol": 20000,
    "riskIncrMmr": 0.005,
    "riskLevelLimit": 4,
}
INVERSE = {"symbol": "BTC_USD", "quoteCoin": "USD", "settleCoin": "BTC", "contractSize": 100}
CUSTOM = [{"level": 2, "maxVol": 120000, "mmr": 0.004}, {"level": 1, "maxVol": 50000, "mmr": 0.001}]
PRICE = {"symbol": "BTCUSDT", "price": "77250.5"}
BOOK = {"symbol": "BTCUSDT", "bidPrice": "77250", "bidQty": "", "askPrice": "77251", "askQty": ""}
PAIR = {
    "symbol": "BTCUSDT",
    "status": "1",
    "isSpotTradingAllowed": True,
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "baseAssetPrecision": 6,
    "quoteAssetPrecision": 2,
    "baseSizePrecision": "0.000001",
    "quoteAmountPrecision": "1",
    "makerCommission": "0",
    "takerCommission": "0.0005",
}
COLUMNS: dict[str, Any] = {
    "time": [1790121600],
    "open": [59000],
    "close": [60000.5],
    "high": [61000],
    "low": [58000],
    "vol": [1740],
    "amount": [60793.6],
    "realClose": [60000.4],
}
SPOT_CANDLE = [1790121600000, "59000", "61000", "58000", "60000.5", "3.5", 1790208000000, "168387.3"]
PAID = {"symbol": "BTC_USDT", "fundingRate": -0.000117, "settleTime": 1790150400000, "collectCycle": 8}
LINEAR = Listing(symbol="BTC_USDT", segment="linear", base="BTC", quote="USDT", is_trading=True)
COINED = Listing(symbol="BTC_USD", segment="inverse", base="BTC", quote="USD", is_trading=True)
SPOT = Listing(symbol="BTCUSDT", segment="spot", base="BTC", quote="USDT", is_trading=True)
DAY = 86_400_000


def envelope(*rows: dict[str, Any]) -> bytes:
    """Write rows as MEXC does for futures."""
    return msgspec.json.encode({"success": True, "code": 0, "data": rows})


def array(*rows: object) -> bytes:
    """Write rows as MEXC does for spot prices."""
    return msgspec.json.encode(rows)


def columns(**changes: list[Any]) -> bytes:
    """Write candles as MEXC does for futures."""
    return msgspec.json.encode({"success": True, "code": 0, "data": COLUMNS | changes})


def page(*rows: dict[str, Any]) -> bytes:
    """Write a page of past funding."""
    counts = {"pageSize": 1000, "totalCount": len(rows), "totalPage": 1, "currentPage": 1}
    return msgspec.json.encode({"success": True, "code": 0, "data": counts | {"resultList": rows}})


def symbols(*rows: dict[str, Any]) -> bytes:
    """Write rows as exchangeInfo does."""
    return msgspec.json.encode({"timezone": "CST", "symbols": rows})


def recording(name: str) -> bytes:
    """Read a recorded reply of futures; one that was asked for a single symbol becomes a list of one."""
    reply = msgspec.json.decode((RECORDINGS / f"{name}.json").read_bytes())
    data = reply["data"]
    return msgspec.json.encode(reply | {"data": data if isinstance(data, list) else [data]})


RATES, TICKERS, BOOKS = envelope(FUNDING), envelope(TICKER), array(BOOK)
parse_linear_quotes = partial(mexc.parse_quotes, segment="linear")
parse_linear = partial(mexc.parse_listings, segment="linear")
PARSERS: dict[str, tuple[Callable[..., Sequence[Row]], tuple[bytes, ...]]] = {
    "linear_quotes": (parse_linear_quotes, (RATES, TICKERS)),
    "inverse_quotes": (
        partial(mexc.parse_quotes, segment="inverse"),
        (envelope(FUNDING | {"symbol": "BTC_USD"}), envelope(TICKER | {"symbol": "BTC_USD"})),
    ),
    "spot_quotes": (mexc.parse_spot_quotes, (array(PRICE), BOOKS)),
    "linear_listings": (parse_linear, (envelope(CONTRACT),)),
    "inverse_listings": (partial(mexc.parse_listings, segment="inverse"), (envelope(CONTRACT | INVERSE),)),
    "spot_listings": (mexc.parse_spot_listings, (symbols(PAIR),)),
    "linear_candles": (partial(mexc.parse_candles, LINEAR), (columns(),)),
    "inverse_candles": (partial(mexc.parse_candles, COINED), (columns(),)),
    "spot_candles": (partial(mexc.parse_candles, SPOT), (array(SPOT_CANDLE),)),
    "linear_fundings": (partial(mexc.parse_fundings, LINEAR), (page(PAID),)),
    "inverse_fundings": (partial(mexc.parse_fundings, COINED), (page(PAID | {"symbol": "BTC_USD"}),)),
}
BODIES = [(name, place) for name, (_, bodies) in PARSERS.items() for place in range(len(bodies))]
SHAPES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"<html><body>Maintenance</body></html>",
    b'{"success":true,"code":0}',
    b'{"success":true,"code":0,"data":null}',
    b'{"success":true,"code":0,"data":{}}',
    b'{"success":true,"code":0,"data":[]}',
    b'{"success":true,"code":0,"data":[{}]}',
    b'{"success":true,"code":0,"data":[{"symbol":"BTC_USDT"}]}',
    b'{"success":false,"code":1001,"message":"Contract does not exist"}',
    b'{"symbols":[]}',
    b'{"symbols":[{"symbol":"BTCUSDT"}]}',
    b'[{"symbol":"BTCUSDT"}]',
    b"[null]",
    b"\xff\xfe",
]
SPOILT = [(name, place, body) for name, place in BODIES for body in SHAPES]


@recorded
def test_recorded_perpetual_prices() -> None:
    """A live funding row and a ticker of September 2026; mark, index and time are those of the funding row."""
    quotes = parse_linear_quotes(recording("contract.funding_rate.BTC_USDT"), recording("contract.ticker"))

    assert quotes == [
        Quote(
            symbol="BTC_USDT",
            last=Decimal("80347.4"),
            mark=Decimal("80536.9"),
            index=Decimal("80564.4"),
            bid=Decimal("80347.3"),
            ask=Decimal("80347.4"),
            funding_rate=Decimal("0.0001"),
            funding_interval_hours=8,
            funding_cap=Decimal("0.0018"),
            next_funding_ms=1789920000000,
            as_of_ms=1789897303485,
        )
    ]


@recorded
def test_recorded_perpetuals() -> None:
    """The official sample of 2026 (BTC, tiers one by one) and an older one (ETH, tiers by steps)."""
    bitcoin, ether = parse_linear(recording("contract.detail"))

    assert bitcoin == Listing(
        symbol="BTC_USDT",
        segment="linear",
        base="BTC",
        quote="USDT",
        is_trading=True,
        multiplier=Decimal("0.0001"),
        order_unit="contract",
        lot_step=Decimal(1),
        min_quantity=Decimal(1),
        max_quantity=Decimal(2500000),
        max_market_quantity=Decimal(400000),
        tick_size=Decimal("0.1"),
        max_leverage=Decimal(500),
        maker_fee_rate=Decimal("0.0006"),
        taker_fee_rate=Decimal("0.0008"),
        tiers=(
            Tier(Decimal(0), Decimal("0.001")),
            Tier(Decimal(50000), Decimal("0.004")),
            Tier(Decimal(120000), Decimal("0.005")),
            Tier(Decimal(320000), Decimal("0.01")),
            Tier(Decimal(2280000), Decimal("0.02")),
            Tier(Decimal(15500000), Decimal("0.05")),
        ),
        tier_unit="contracts",
    )
    assert (ether.multiplier, ether.tick_size, ether.max_leverage) == (Decimal("0.001"), Decimal("0.05"), Decimal(100))
    assert (ether.max_quantity, ether.max_market_quantity) == (Decimal(1000000), Decimal(1000000))
    assert ether.tiers is not None
    assert ether.tiers[:3] == (
        Tier(Decimal(0), Decimal("0.004")),
        Tier(Decimal(10000), Decimal("0.008")),
        Tier(Decimal(20000), Decimal("0.012")),
    )
    assert (len(ether.tiers), ether.tiers[-1]) == (100, Tier(Decimal(990000), Decimal("0.4")))


@recorded
def test_a_recorded_single_contract_is_the_one_of_the_list() -> None:
    """Both calls write a contract alike."""
    assert parse_linear(recording("contract.detail.BTC_USDT")) == parse_linear(recording("contract.detail"))[:1]


@recorded
def test_recorded_spot_prices() -> None:
    """Official samples, which are of different coins in price and book."""
    quotes = mexc.parse_spot_quotes(
        (RECORDINGS / "spot.tickerPrice.json").read_bytes(), (RECORDINGS / "spot.bookTicker.json").read_bytes()
    )

    assert quotes == [Quote(symbol="BTCUSDT", last=Decimal("6.65")), Quote(symbol="ETHUSDT", last=Decimal("5.65"))]


@recorded
def test_recorded_spot_orders() -> None:
    """The book of the official sample."""
    books = (RECORDINGS / "spot.bookTicker.json").read_bytes()

    (quote,) = mexc.parse_spot_quotes(array(PRICE | {"symbol": "AEUSDT"}), books)

    assert (quote.bid, quote.ask) == (Decimal("0.11001"), Decimal("0.11127"))


@recorded
def test_recorded_spot_pairs() -> None:
    """A smallest order of 0 coins is none."""
    assert mexc.parse_spot_listings((RECORDINGS / "spot.exchangeInfo.json").read_bytes()) == [
        Listing(
            symbol="BROCKUSDT",
            segment="spot",
            base="BROCK",
            quote="USDT",
            is_trading=True,
            order_unit="base",
            lot_step=Decimal("0.01"),
            min_notional=Decimal(1),
            tick_size=Decimal("0.00001"),
            maker_fee_rate=Decimal("0.0005"),
            taker_fee_rate=Decimal("0.0005"),
        )
    ]


@recorded
def test_a_recorded_error() -> None:
    """It comes with status 200."""
    refusal = mexc.refuse(200, (RECORDINGS / "error.1001.json").read_bytes())

    assert refusal is not None
    assert refusal.reason == "bad_payload"


def test_mark_and_index_are_those_of_the_funding_reply() -> None:
    """The ticker has them too, up to four seconds older and under the time of the last trade."""
    assert parse_linear_quotes(RATES, TICKERS) == [
        Quote(
            symbol="BTC_USDT",
            last=Decimal("77241.5"),
            mark=Decimal("77240.4"),
            index=Decimal("77271.6"),
            bid=Decimal("77241.4"),
            ask=Decimal("77241.6"),
            funding_rate=Decimal("0.000067"),
            funding_interval_hours=8,
            funding_cap=Decimal("0.002"),
            next_funding_ms=1789459200000,
            as_of_ms=1789455551670,
        )
    ]


def test_a_funding_rate_of_zero_is_a_rate() -> None:
    """A fifth of the contracts print a hard 0, which is not the same as none; so is a cap of 0."""
    zeros = {"fundingRate": 0, "minFundingRate": 0, "maxFundingRate": 0}

    (quote,) = parse_linear_quotes(envelope(FUNDING | zeros), TICKERS)

    assert (quote.funding_rate, quote.funding_cap) == (Decimal(0), Decimal(0))


def test_a_perpetual_that_was_not_traded_has_a_mark() -> None:
    """Its row in ticker is missing; bounds that are not sent are no cap."""
    bare = {key: value for key, value in FUNDING.items() if key not in {"minFundingRate", "maxFundingRate"}}

    (quote,) = parse_linear_quotes(envelope(bare), envelope(TICKER | {"symbol": "ETH_USDT"}))

    assert (quote.last, quote.bid, quote.ask, quote.mark) == (None, None, None, Decimal("77240.4"))
    assert quote.funding_cap is None


def test_one_reply_holds_both_kinds_of_perpetuals() -> None:
    """BTC_USD is inverse; BTC_USD1 is quoted in a coin of that name."""
    named = [FUNDING | {"symbol": symbol} for symbol in ("BTC_USDT", "BTC_USD", "BTC_USD1", "BTC_USDC", "币_USDT")]

    linear = mexc.parse_quotes(envelope(*named), TICKERS, "linear")
    inverse = mexc.parse_quotes(envelope(*named), TICKERS, "inverse")

    assert [quote.symbol for quote in linear] == ["BTC_USDT", "BTC_USD1", "BTC_USDC"]
    assert [quote.symbol for quote in inverse] == ["BTC_USD"]


def test_one_reply_holds_the_terms_of_both_kinds() -> None:
    """An inverse contract is worth 100 USD; what settles in a third currency is neither."""
    body = envelope(CONTRACT, CONTRACT | INVERSE, CONTRACT | INVERSE | {"settleCoin": "ETH"})

    (linear,) = mexc.parse_listings(body, "linear")
    (inverse,) = mexc.parse_listings(body, "inverse")

    assert (linear.symbol, linear.segment, linear.quote, linear.multiplier) == (
        "BTC_USDT",
        "linear",
        "USDT",
        Decimal("0.0001"),
    )
    assert (inverse.symbol, inverse.segment, inverse.quote, inverse.multiplier) == (
        "BTC_USD",
        "inverse",
        "USD",
        Decimal(100),
    )
    assert inverse.order_unit == "contract"


@pytest.mark.parametrize("change", [{"type": 2}, {"futureType": 2}, {"symbol": "币_USDT"}])
def test_a_contract_on_no_coin_is_left_out(change: dict[str, object]) -> None:
    """Type 2 are stocks and goods; a delivery contract would look like a perpetual."""
    assert [listing.symbol for listing in parse_linear(envelope(CONTRACT | change, CONTRACT))] == ["BTC_USDT"]


@pytest.mark.parametrize(
    ("change", "is_trading"), [({}, True), ({"state": 4}, False), ({"state": 1}, False), ({"apiAllowed": False}, False)]
)
def test_a_contract_trades_if_a_program_may_trade_it(change: dict[str, object], is_trading: object) -> None:
    """Enabled is state 0."""
    (listing,) = parse_linear(envelope(CONTRACT | change))

    assert listing.is_trading is is_trading


@pytest.mark.parametrize(
    ("maker", "taker", "fees"),
    [
        (0, 0.0001, ("0.0006", "0.0008")),
        (0.0004, 0.001, ("0.0006", "0.001")),
        (0.0007, 0.0008, ("0.0007", "0.0008")),
        (None, None, ("0.0006", "0.0008")),
        ("NaN", "Infinity", ("0.0006", "0.0008")),
    ],
)
def test_a_program_pays_the_dearer_fee(maker: object, taker: object, fees: tuple[str, str]) -> None:
    """The rates of the web hold for nobody who sends orders by program."""
    (listing,) = parse_linear(envelope(CONTRACT | {"makerFeeRate": maker, "takerFeeRate": taker}))

    assert (str(listing.maker_fee_rate), str(listing.taker_fee_rate)) == fees


def test_tiers_by_steps_grow_in_size_and_rate() -> None:
    """The first ends at the base, each further one a step later; floors count contracts."""
    (listing,) = parse_linear(envelope(CONTRACT))

    assert listing.tier_unit == "contracts"
    assert listing.tiers == (
        Tier(Decimal(0), Decimal("0.004")),
        Tier(Decimal(10000), Decimal("0.009")),
        Tier(Decimal(30000), Decimal("0.014")),
        Tier(Decimal(50000), Decimal("0.019")),
    )


def test_tiers_one_by_one_begin_where_the_last_one_ended() -> None:
    """Whatever the order in which they are sent."""
    (listing,) = parse_linear(envelope(CONTRACT | {"riskLimitMode": "CUSTOM", "riskLimitCustom": CUSTOM}))

    assert listing.tiers == (Tier(Decimal(0), Decimal("0.001")), Tier(Decimal(50000), Decimal("0.004")))


@pytest.mark.parametrize("change", [{"riskIncrVol": 0}, {"riskLevelLimit": 1}, {"riskLevelLimit": None}])
def test_without_a_step_there_is_one_tier(change: dict[str, object]) -> None:
    """Its rate holds for every size."""
    (listing,) = parse_linear(envelope(CONTRACT | change))

    assert listing.tiers == (Tier(Decimal(0), Decimal("0.004")),)


@pytest.mark.parametrize(
    "change",
    [
        {"riskLimitType": "BY_VALUE"},
        {"riskLimitMode": "CUSTOM"},
        {"riskLimitMode": "CUSTOM", "riskLimitCustom": []},
        {"maintenanceMarginRate": None},
        {"riskBaseVol": None},
        {"riskIncrVol": None},
        {"riskIncrMmr": None},
    ],
)
def test_tiers_that_are_not_clear_are_unknown(change: dict[str, object]) -> None:
    """Unknown is None; no rate is made up for them."""
    (listing,) = parse_linear(envelope(CONTRACT | change))

    assert listing.tiers is None


@pytest.mark.parametrize(
    "change",
    [
        {"riskIncrVol": "1E+999999999999"},
        {"riskLimitMode": "CUSTOM", "riskLimitCustom": [CUSTOM[0], CUSTOM[1] | {"maxVol": "NaN"}]},
    ],
)
def test_tiers_that_cannot_be_computed_are_refused(change: dict[str, object]) -> None:
    """Arithmetic that fails is the reply's fault, and is said so."""
    with pytest.raises(UpstreamError, match="tier") as error:
        parse_linear(envelope(CONTRACT | change))

    assert error.value.reason == "bad_payload"


@pytest.mark.parametrize(
    ("coin", "base", "units"), [("1000BONK", "BONK", 1000), ("1000000MOG", "MOG", 1_000_000), ("PEPE", "PEPE", 1)]
)
def test_a_scale_is_taken_off_the_name(coin: str, base: str, units: int) -> None:
    """PEPE is scaled by its contract size only, and priced by the coin."""
    (listing,) = parse_linear(envelope(CONTRACT | {"baseCoin": coin}))

    assert (listing.base, listing.units) == (base, Decimal(units))


@pytest.mark.parametrize(
    ("change", "is_trading"), [({}, True), ({"status": "2"}, False), ({"isSpotTradingAllowed": False}, False)]
)
def test_a_pair_trades_if_a_program_may_trade_it(change: dict[str, object], is_trading: object) -> None:
    """Its status says whether it trades, its flag whether programs may."""
    (listing,) = mexc.parse_spot_listings(symbols(PAIR | change, PAIR | {"symbol": "币USDT"}))

    assert listing.is_trading is is_trading


def test_a_spot_quote_is_put_together_of_two_replies() -> None:
    """Where there is no order, its price is empty; foreign names are left out."""
    foreign = {"symbol": "币USDT"}

    quotes = mexc.parse_spot_quotes(
        array(PRICE, PRICE | {"symbol": "X", "price": None}, PRICE | foreign), array(BOOK | {"askPrice": ""})
    )

    assert quotes == [Quote(symbol="BTCUSDT", last=Decimal("77250.5"), bid=Decimal(77250)), Quote(symbol="X")]


def test_a_pair_has_its_grid_and_its_smallest_order() -> None:
    """What is called a precision is the smallest order, in coins and in the quote currency."""
    (listing,) = mexc.parse_spot_listings(symbols(PAIR))

    assert (listing.lot_step, listing.tick_size) == (Decimal("0.000001"), Decimal("0.01"))
    assert (listing.min_quantity, listing.min_notional) == (Decimal("0.000001"), Decimal(1))


@recorded
def test_recorded_candles() -> None:
    """Columns of 2021 and the official sample of spot, of a minute each: a time is that of the opening."""
    (minutes,) = mexc.parse_candles(LINEAR, (RECORDINGS / "contract.kline.json").read_bytes())
    (minute,) = mexc.parse_candles(SPOT, (RECORDINGS / "spot.klines.json").read_bytes())

    assert minutes.closes[0] == Close(1634052300000 + DAY, 3491.3)
    assert minutes.closes[-1] == Close(1634052420000 + DAY, 3495.2)
    assert minute == Candles(symbol="BTCUSDT", closes=(Close(1640804880000 + DAY, 47436.1),))


@recorded
def test_recorded_past_funding() -> None:
    """Live rows of August 2026."""
    (fundings,) = mexc.parse_fundings(LINEAR, (RECORDINGS / "contract.funding_rate.history.json").read_bytes())

    assert fundings.payments == (Payment(1787126400000, 0.000038), Payment(1787155200000, 0.0001))


def test_closes_are_put_in_order_and_stamped_with_the_end_of_their_day() -> None:
    """Futures have columns, and count seconds; a time is that of the opening, and the day under way stays."""
    day, later = 1790121600, [1790208000000, "1", "1", "1", "61000", "1", 1790294400000, "1"]

    (linear,) = mexc.parse_candles(LINEAR, columns(time=[day + 86_400, day], close=[61000, 60000.5]))
    (inverse,) = mexc.parse_candles(COINED, columns(time=[day, day + 86_400], close=["60000.5", "61000"]))
    (spot,) = mexc.parse_candles(SPOT, array(SPOT_CANDLE, later))

    assert linear.closes == (Close(1790208000000, 60000.5), Close(1790294400000, 61000.0))
    assert inverse.closes == spot.closes == linear.closes
    assert (linear.symbol, inverse.symbol, spot.symbol) == ("BTC_USDT", "BTC_USD", "BTCUSDT")


@pytest.mark.parametrize(
    "changes",
    [{"time": []}, {"time": [1790121600, 1790208000]}, {"close": []}, {"close": [1, 2]}]
    + [{"close": [value]} for value in (None, "", "abc", True, [1])]
    + [{"time": [value]} for value in (None, "", 1.5, "1790121600.5")],
)
def test_columns_that_do_not_fit_are_refused(changes: dict[str, list[Any]]) -> None:
    """A price must not get to a day beside its own."""
    with pytest.raises(UpstreamError) as error:
        mexc.parse_candles(LINEAR, columns(**changes))

    assert error.value.reason == "bad_payload"


def test_payments_are_put_in_order() -> None:
    """The newest comes first."""
    earlier = PAID | {"fundingRate": 0.0001, "settleTime": 1790121600000}

    (fundings,) = mexc.parse_fundings(LINEAR, page(PAID, earlier))

    assert fundings.payments == (Payment(1790121600000, 0.0001), Payment(1790150400000, -0.000117))


def test_before_the_first_payment_there_is_none() -> None:
    """A new perpetual has an empty history, which is no fault."""
    assert mexc.parse_fundings(LINEAR, page()) == [Fundings(symbol="BTC_USDT", payments=())]


def test_the_funding_of_another_perpetual_is_refused() -> None:
    """It was not asked for."""
    with pytest.raises(UpstreamError, match="another symbol"):
        mexc.parse_fundings(LINEAR, page(PAID, PAID | {"symbol": "ETH_USDT"}))


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
        ("linear_quotes", 0, b"fairPrice"),
        ("linear_quotes", 0, b"nextSettleTime"),
        ("linear_quotes", 1, b"lastPrice"),
        ("spot_quotes", 0, b"price"),
        ("spot_quotes", 1, b"bidPrice"),
        ("linear_listings", 0, b"contractSize"),
        ("linear_listings", 0, b"riskIncrMmr"),
        ("spot_listings", 0, b"baseAssetPrecision"),
        ("linear_fundings", 0, b"fundingRate"),
        ("linear_fundings", 0, b"settleTime"),
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
    quotes = parse_linear_quotes(envelope(FUNDING, FUNDING | {"symbol": "X_USDT", "fairPrice": "NaN"}), TICKERS)

    assert vet(quotes, 1789455551700).dropped == {"X_USDT": "not_finite"}


@pytest.mark.parametrize(
    ("status", "body", "reason", "retry_after"),
    [
        (200, b'{"success":false,"code":510,"message":"Requests are too frequent"}', "rate_limited", 2.0),
        (400, b'{"success":false,"code":510,"message":"Requests are too frequent"}', "rate_limited", 2.0),
        (200, b'{"success":false,"code":1001,"message":"Contract does not exist"}', "bad_payload", None),
        (200, b'{"success":false,"code":0}', "bad_payload", None),
        (200, b'{"success":true,"code":1001}', "bad_payload", None),
        (
            400,
            b'{"code":-1128,"msg":"Combination of optional parameters invalid.","_extend":null}',
            "bad_payload",
            None,
        ),
    ],
)
def test_an_error_of_its_own_is_understood(status: int, body: bytes, reason: str, retry_after: float | None) -> None:
    """Futures and spot write them differently."""
    refusal = mexc.refuse(status, body)

    assert refusal is not None
    assert (refusal.reason, refusal.retry_after) == (reason, retry_after)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, TICKERS),
        (200, BOOKS),
        (200, symbols(PAIR)),
        (200, b"<html></html>"),
        (403, b"<html>Access Denied</html>"),
        (429, b'{"code":429,"msg":"Too Many Requests"}'),
        (503, b'{"success":false,"code":500}'),
    ],
)
def test_what_is_no_error_of_its_own_is_left_to_the_status(status: int, body: bytes) -> None:
    """Nor is a good reply an error."""
    assert mexc.refuse(status, body) is None


FEEDS = {f"{feed.segment}_{feed.subject}": feed for feed in mexc.ADAPTER.feeds} | {
    "linear_candles": mexc.candles_of(LINEAR),
    "inverse_candles": mexc.candles_of(COINED),
    "spot_candles": mexc.candles_of(SPOT),
    "linear_fundings": mexc.fundings_of(LINEAR),
    "inverse_fundings": mexc.fundings_of(COINED),
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
        ("linear_quotes", {"/api/v1/contract/funding_rate": 5, "/api/v1/contract/ticker": 10}),
        ("inverse_quotes", {"/api/v1/contract/funding_rate": 5, "/api/v1/contract/ticker": 10}),
        ("spot_quotes", {"/api/v3/ticker/price": 1, "/api/v3/ticker/bookTicker": 1}),
        ("linear_listings", {"/api/v1/contract/detail": 10}),
        ("inverse_listings", {"/api/v1/contract/detail": 10}),
        ("spot_listings", {"/api/v3/exchangeInfo": 2}),
        ("linear_candles", {"/api/v1/contract/kline/BTC_USDT": 5}),
        ("inverse_candles", {"/api/v1/contract/kline/BTC_USD": 5}),
        ("spot_candles", {"/api/v3/klines": 1}),
        ("linear_fundings", {"/api/v1/contract/funding_rate/history": 5}),
        ("inverse_fundings", {"/api/v1/contract/funding_rate/history": 5}),
    ],
)
def test_a_feed_asks_for_what_it_reads(feed: str, paths: dict[str, int]) -> None:
    """Each asks its paths once, in hundredths of what two seconds allow."""
    parse, bodies = PARSERS[feed]

    found, asked = ask(feed, dict(zip(paths, bodies, strict=True)))

    assert found == parse(*bodies)
    assert [call[:3] for call in asked] == [(mexc.HOST, path, weight) for path, weight in paths.items()]


@pytest.mark.parametrize(
    ("feed", "path", "parameters"),
    [
        ("linear_candles", "/api/v1/contract/kline/BTC_USDT", {"interval": "Day1"}),
        ("spot_candles", "/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1d", "limit": "400"}),
        (
            "inverse_fundings",
            "/api/v1/contract/funding_rate/history",
            {"symbol": "BTC_USD", "page_num": "1", "page_size": "1000"},
        ),
    ],
)
def test_a_history_is_asked_for_in_one_page(feed: str, path: str, parameters: dict[str, str]) -> None:
    """As long a page as there is."""
    (body,) = PARSERS[feed][1]

    _, asked = ask(feed, {path: body})

    assert [sent for *_, sent in asked] == [parameters]


def test_of_two_thousand_days_the_newest_are_kept() -> None:
    """Candles of futures come without a limit."""
    days = range(1790121600 - 1999 * 86_400, 1790121600 + 1, 86_400)

    (candles,) = mexc.parse_candles(LINEAR, columns(time=[*days], close=[*range(2000)]))

    assert len(candles.closes) == 400
    assert candles.closes[-1] == Close(1790208000000, 1999.0)


def test_a_symbol_in_a_path_leads_nowhere_else() -> None:
    """Whatever an exchange may list."""
    odd = Listing(symbol="A/../../B", segment="linear", base="A", quote="B", is_trading=True)
    path = "/api/v1/contract/kline/A%2F..%2F..%2FB"

    _, asked = ask(mexc.candles_of(odd), {path: columns()})

    assert [call[1] for call in asked] == [path]


@pytest.mark.parametrize("subject", ["candles", "fundings"])
@pytest.mark.parametrize("listing", [LINEAR, COINED, SPOT], ids=lambda listing: listing.segment)
def test_a_history_is_a_board_of_one_symbol(subject: str, listing: Listing) -> None:
    """Ten minutes fresh, an hour at most, and under a name of its own."""
    feed = {"candles": mexc.candles_of, "fundings": mexc.fundings_of}[subject](listing)

    assert feed.key == f"hedge:{{mexc:{listing.segment}:{subject}:{listing.symbol}}}"
    assert (feed.row, feed.symbol) == ({"candles": Candles, "fundings": Fundings}[subject], listing.symbol)
    assert (feed.fresh_seconds, feed.longest_seconds) == (600.0, 3600.0)


def test_the_adapter_keeps_half_for_its_user() -> None:
    """All quotes every two seconds fit, and some histories; every segment has quotes and listings, nothing expires."""
    assert mexc.ADAPTER.budgets == {mexc.HOST: (50, 2.0)}
    assert mexc.ADAPTER.budgets[mexc.HOST].weight >= (5 + 10) + (5 + 10) + (1 + 1) + 5 + 5 + 8 * 1
    assert (mexc.ADAPTER.candles_of, mexc.ADAPTER.fundings_of) == (mexc.candles_of, mexc.fundings_of)
    assert len({feed.key for feed in mexc.ADAPTER.feeds}) == 6
    assert not mexc.ADAPTER.lists_expiring
    assert mexc.ADAPTER.tiers_of is None
