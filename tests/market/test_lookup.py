"""What the API asks the market, of five local exchanges, through the parts as the application wires them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from service.app import open_market
from service.hedging.contracts import Inverse, Linear
from service.market import bybit
from service.market.found import Answer, Listed, Looked, NotListedError, Seen, UnavailableError
from service.market.lookup import Futures, Market
from service.market.source import EXCHANGES, Exchange, Listing, Segment
from service.settings import Exchanges, RelayUrl, Settings
from tests.market.exchange import ExchangeServer, Fault, faults
from tests.market.hand import DEADLINE, HOST, Hands, Log

T = TypeVar("T")
SPOT = "api.binance.com"
MEXC = "api.mexc.com"
WEEX_SPOT = "api-spot.weex.com"
PREMIUM = "/fapi/v1/premiumIndex"


@pytest.fixture(scope="module")
def running() -> Iterator[ExchangeServer]:
    """Give the local exchanges, started once."""
    with ExchangeServer() as exchanges:
        yield exchanges


class Desk:
    """A market on the local exchanges, with clocks that go on when they are told to."""

    def __init__(self, server: ExchangeServer) -> None:
        """Let the exchanges follow the clock."""
        self.server = server
        self.hands = Hands()
        self.log = Log()
        self.exchanges = Exchanges(EXCHANGES)
        server.world.clock = lambda: self.hands.wall

    def run(self, scene: Callable[[Market], Awaitable[T]]) -> T:
        """Play a scene on a market that is opened for it, and closed."""
        settings = Settings(upstream=RelayUrl(self.server.url), patience_seconds=DEADLINE, exchanges=self.exchanges)

        async def play() -> T:
            """Play it."""
            market, _, closers = open_market(settings, None, observe=self.log.append, clock=self.hands.clock)
            try:
                return await scene(market)
            finally:
                for close in closers:
                    await close()

        return asyncio.run(play())

    def unavailable(self, scene: Callable[[Market], Awaitable[object]]) -> UnavailableError:
        """Play a scene in which something can't be had, and give what is said."""
        with pytest.raises(UnavailableError) as refused:
            self.run(scene)
        return refused.value


@pytest.fixture
def desk(running: ExchangeServer) -> Desk:
    """Give a market on the exchanges as if just started."""
    running.reset()
    return Desk(running)


async def find(market: Market, exchange: Exchange, symbol: str) -> Listing:
    """Find a future."""
    return await market.find_contract(exchange, symbol, until=market.deadline())


async def mark(market: Market, exchange: Exchange, symbol: str, longest: float = 10) -> Looked:
    """Find a future and give its mark price."""
    listing = await find(market, exchange, symbol)
    return await market.mark_contract(exchange, listing, longest=longest, until=market.deadline())


async def take(market: Market, exchange: Exchange, name: str, /, **changes: Any) -> Listed:
    """Find a future and give its terms, as they are or with changes, at a price of 50,000."""
    listing = replace(await find(market, exchange, name), **changes)
    return await market.take_contract(exchange, listing, futures_price=Decimal(50000), until=market.deadline())


async def price(market: Market, exchange: Exchange, *assets: str, longest: float = 10) -> dict[str, Answer]:
    """Give the spot prices of assets."""
    return await market.price_assets(exchange, assets, quote="USDT", longest=longest, until=market.deadline())


async def agreed(market: Market, *assets: str) -> dict[str, Answer]:
    """Give the median spot prices of assets."""
    return await market.agree_on_assets(assets, quote="USDT", longest=10, until=market.deadline())


def looked(answer: Answer) -> Looked:
    """Give an answer that is a price."""
    assert isinstance(answer, Looked), answer
    return answer


def without(symbol: str) -> Fault:
    """Leave out the row of a symbol."""
    return Fault(change=lambda rows: [row for row in rows if row["symbol"] != symbol])


# Contracts


@pytest.mark.parametrize(
    ("exchange", "symbol", "segment"),
    [
        ("binance", "BTCUSDT", "linear"),
        ("binance", "BTCUSD_PERP", "inverse"),
        ("binance", "1MBABYDOGEUSDT", "linear"),
        ("bybit", "BTCPERP", "linear"),
        ("bybit", "BTCUSD", "inverse"),
        ("bingx", "BTC-USDT", "linear"),
        ("bingx", "BTC-USD", "inverse"),
        ("mexc", "BTC_USDT", "linear"),
        ("mexc", "BTC_USD", "inverse"),
        ("weex", "BTCUSDT", "linear"),
    ],
)
def test_a_future_is_found_by_its_symbol_and_marked_by_its_own_exchange(
    desk: Desk, exchange: Exchange, symbol: str, segment: Segment
) -> None:
    """Among linear and inverse ones; the price is what that exchange serves, and of no other."""
    listing = desk.run(lambda market: find(market, exchange, symbol))
    found = desk.run(lambda market: mark(market, exchange, symbol))

    assert (listing.symbol, listing.segment) == (symbol, segment)
    assert found.price == desk.server.world.truth(exchange, segment, symbol).mark
    assert (found.source, found.sources, found.age_seconds) == (exchange, (exchange,), 0)
    assert found.as_of_ms == int(desk.hands.wall * 1000)
    assert {request.host for request in desk.server.requests} <= set(desk.run(_hosts)[exchange])


async def _hosts(market: Market) -> dict[Exchange, list[str]]:
    """Give the hosts of each exchange."""
    return {exchange: list(hosts) for exchange, hosts in market.hosts.items()}


@pytest.mark.parametrize(
    ("exchange", "symbol", "message"),
    [
        ("binance", "BTCUSTD", r"binance lists no future BTCUSTD; did you mean BTCUSDT or .*\?"),
        ("binance", "BTCUSDT_991231", r"binance lists no future BTCUSDT_991231; did you mean BTCUSDT_[0-9]{6} or .*\?"),
        ("binance", "QQQ", "binance lists no future QQQ"),
        ("bybit", "BTCUSDH99", r"bybit lists no future BTCUSDH99; did you mean .*\?"),
        ("weex", "BTCUSDT_261225", "weex lists no future BTCUSDT_261225, nor any future that expires"),
        ("bingx", "BTC-USDT-25DEC26", "bingx lists no future BTC-USDT-25DEC26, nor any future that expires"),
        ("mexc", "BTCUSDZ26", "mexc lists no future BTCUSDZ26, nor any future that expires"),
        ("binance", "EOSUSDT", "binance lists EOSUSDT, but takes no orders for it"),
        ("mexc", "EOS_USDT", "mexc lists EOS_USDT, but takes no orders for it"),
    ],
)
def test_a_future_that_can_t_be_traded_is_not_replaced_by_another(
    desk: Desk, exchange: Exchange, symbol: str, message: str
) -> None:
    """What is said is why, and what comes near."""
    with pytest.raises(NotListedError, match=rf"\A{message}\Z"):
        desk.run(lambda market: find(market, exchange, symbol))


def test_a_dated_future_is_found_where_there_are_some(desk: Desk) -> None:
    """With the moment at which it expires."""
    expiry = desk.server.world.expiry(0)

    found = desk.run(lambda market: find(market, "binance", f"BTCUSDT_{expiry:%y%m%d}"))

    assert found.expiry_ms == int(expiry.timestamp() * 1000)


def test_listings_that_can_t_be_had_are_not_nothing(desk: Desk) -> None:
    """It is not said that the contract is not listed, but why nobody knows."""
    desk.server.inject(HOST, "/", faults.maintenance())

    error = desk.unavailable(lambda market: find(market, "binance", "BTCUSDT"))

    assert (error.exchange, error.cause.reason) == ("binance", "maintenance")
    assert str(error) == "BTCUSDT at binance: binance answered with status 503"


# Marks


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (faults.price_times("BTCUSDT", -1), "its quote was not_positive"),
        (faults.price_times("BTCUSDT", "1.06", fields=("markPrice",)), "its quote was mark_far_from_index"),
        (without("BTCUSDT"), "its quote was not sent"),
        (faults.price_times("BTCUSDT", 0, fields=("markPrice",)), "it has no mark price"),
    ],
)
def test_a_quote_that_is_not_believed_is_rejected_with_its_doubt(desk: Desk, fault: Fault, detail: str) -> None:
    """The other quotes of the board stay."""
    desk.server.inject(HOST, PREMIUM, fault)

    async def scene(market: Market) -> None:
        """Ask for a sound one first."""
        await mark(market, "binance", "ETHUSDT")
        await mark(market, "binance", "BTCUSDT")

    error = desk.unavailable(scene)

    assert (error.cause.reason, str(error)) == ("rejected", f"BTCUSDT at binance: {detail}")
    assert fault.fired == 1


@pytest.mark.parametrize(("exchange", "symbol"), [("binance", "BTCUSDT"), ("bybit", "BTCUSDT"), ("mexc", "BTC_USDT")])
def test_a_quote_is_as_old_as_its_exchange_says(desk: Desk, exchange: Exchange, symbol: str) -> None:
    """A board that just came may hold old prices; they are served with their age, or refused with it."""
    fault = desk.server.inject("", "/", faults.clock_back(30))

    found = desk.run(lambda market: mark(market, exchange, symbol, longest=30.5))
    assert found.age_seconds == pytest.approx(30)
    assert found.as_of_ms == int((desk.hands.wall - 30) * 1000)
    error = desk.unavailable(lambda market: mark(market, exchange, symbol, longest=29.5))

    assert (error.cause.reason, error.retry_after) == ("stale", 1.0)
    assert str(error) == f"{symbol} at {exchange}: older than 29.5 s; the youngest is 30.0 s old"
    assert fault.fired


@pytest.mark.parametrize(("ahead", "is_believed"), [(1.9, True), (2.1, False)])
def test_an_exchange_may_be_ahead_of_us_by_two_seconds(desk: Desk, ahead: float, *, is_believed: bool) -> None:
    """That does not make its prices younger than the board; beyond that its clock is wrong, or ours."""
    desk.server.world.offset = ahead

    if is_believed:
        found = desk.run(lambda market: mark(market, "binance", "BTCUSDT"))
        assert (found.age_seconds, found.as_of_ms) == (0, int(desk.hands.wall * 1000))
    else:
        error = desk.unavailable(lambda market: mark(market, "binance", "BTCUSDT"))
        assert error.cause.reason == "bad_payload"
        assert desk.log.rejected() == {"from_the_future": 34, "too_few_rows": 1}


def test_an_error_says_how_old_the_youngest_price_is(desk: Desk) -> None:
    """Where there is one; it is not served."""

    async def scene(market: Market) -> None:
        """Let the exchange fail when the board is old."""
        await mark(market, "binance", "BTCUSDT")
        desk.server.inject(HOST, PREMIUM, faults.rate_limited("binance"))
        desk.hands.go(20)
        await mark(market, "binance", "BTCUSDT")

    error = desk.unavailable(scene)

    assert (error.exchange, error.cause.reason, error.retry_after) == ("binance", "rate_limited", 7.0)
    assert str(error).endswith("; the youngest is 20.0 s old")


def test_a_stale_mark_is_served_with_its_age(desk: Desk) -> None:
    """It is renewed behind the answer, and grows older until the answer is sent."""

    async def scene(market: Market) -> tuple[Looked, float]:
        """Ask again after nine seconds, and wait for half a second more."""
        await mark(market, "binance", "BTCUSDT")
        desk.hands.go(9)
        found = await mark(market, "binance", "BTCUSDT")
        desk.hands.go(0.5)
        return found, market.age_now(found)

    found, age = desk.run(scene)

    assert (found.age_seconds, age, found.as_of_ms) == (9, 9.5, int((desk.hands.wall - 9.5) * 1000))


# Terms


def test_tiers_that_bybit_publishes_apart_are_fetched_once_a_symbol(desk: Desk) -> None:
    """By the first who asks for that contract."""

    async def scene(market: Market) -> list[Listed]:
        """Take two contracts, each twice."""
        return [await take(market, "bybit", symbol) for symbol in ("BTCUSDT", "SOLUSDT", "BTCUSDT", "SOLUSDT")]

    bitcoin, solana, *again = desk.run(scene)

    assert again == [bitcoin, solana]
    asked = [request.query["symbol"] for request in desk.server.requests if request.path == bybit.RISK_LIMIT]
    assert asked == ["BTCUSDT", "SOLUSDT"]
    assert bitcoin.maintenance.origin == solana.maintenance.origin == "exchange"
    assert bitcoin.contract.maintenance_tiers
    assert str(bitcoin.contract.initial_margin_rate) == "0.01"


def test_tiers_that_mexc_counts_in_contracts_become_values(desk: Desk) -> None:
    """At the price that the caller has: 0.0001 BTC a contract, and 100 dollars an inverse one."""
    linear = desk.run(lambda market: take(market, "mexc", "BTC_USDT"))
    inverse = desk.run(lambda market: take(market, "mexc", "BTC_USD"))

    for found, value, kind in ((linear, Decimal("0.0001") * 50000, Linear), (inverse, Decimal(100) / 50000, Inverse)):
        counted, tiers = found.maintenance.tiers, found.contract.maintenance_tiers
        assert isinstance(found.contract, kind)
        assert counted is not None
        assert tiers is not None
        assert len(tiers) > 1
        assert [tier.floor for tier in tiers] == [tier.floor * value for tier in counted]
        assert found.maintenance.origin == "exchange"


@pytest.mark.parametrize(
    ("exchange", "symbol", "origin"),
    [
        ("binance", "BTCUSDT", "table"),
        ("binance", "BTCUSD_PERP", "estimate"),
        ("binance", "1MBABYDOGEUSDT", "unknown"),
        ("weex", "BTCUSDT", "estimate"),
    ],
)
def test_who_uses_tiers_knows_where_they_are_from(desk: Desk, exchange: Exchange, symbol: str, origin: str) -> None:
    """Where the exchange publishes none."""
    found = desk.run(lambda market: take(market, exchange, symbol))

    assert found.maintenance.origin == origin
    assert (found.contract.maintenance_tiers is None) == (origin == "unknown")


def test_a_funding_interval_that_only_the_quote_tells_is_added(desk: Desk) -> None:
    """Where there is a quote of the contract; else it stays unknown."""

    async def scene(market: Market) -> list[int | None]:
        """Take the contract before its quote, after it, and one that has no quote."""
        before = await take(market, "mexc", "BTC_USDT")
        await mark(market, "mexc", "BTC_USDT")
        after = await take(market, "mexc", "BTC_USDT")
        unquoted = await take(market, "mexc", "BTC_USDT", symbol="BTC_XYZ")
        listed = await take(market, "binance", "BTCUSDT")
        return [found.contract.funding_interval_hours for found in (before, after, unquoted, listed)]

    assert desk.run(scene) == [None, 8, None, 8]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"multiplier": Decimal(0)}, "its terms can't be used: "),
        ({"min_quantity": Decimal(9), "max_quantity": Decimal(1)}, "its terms contradict each other: "),
    ],
)
def test_terms_that_make_no_sense_are_rejected(desk: Desk, changes: dict[str, Decimal], detail: str) -> None:
    """Each by itself, or together."""
    error = desk.unavailable(lambda market: take(market, "binance", "BTCUSDT", **changes))

    assert error.cause.reason == "rejected"
    assert str(error).startswith(f"BTCUSDT at binance: {detail}")


def test_a_contract_without_its_tiers_is_not_to_be_had(desk: Desk) -> None:
    """Where the exchange publishes them, nothing stands in for them."""
    desk.server.inject(bybit.HOST, bybit.RISK_LIMIT, faults.maintenance())

    error = desk.unavailable(lambda market: take(market, "bybit", "BTCUSDT"))

    assert (error.exchange, error.cause.reason) == ("bybit", "maintenance")


# Spot


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_an_asset_has_the_last_price_of_its_pair(desk: Desk, exchange: Exchange) -> None:
    """Of one unit, in the currency that was asked for, from the exchange that was asked for."""
    answers = desk.run(lambda market: price(market, exchange, "BTC", "SOL"))

    for asset in ("BTC", "SOL"):
        pairs = desk.server.world.listings(exchange, "spot")
        pair = next(listing for listing in pairs if (listing.asset, listing.quote) == (asset, "USDT"))
        found = looked(answers[asset])
        assert found.price == desk.server.world.quote(pair).last
        assert (found.source, found.sources, found.age_seconds) == (exchange, (exchange,), 0)


def test_an_asset_that_is_traded_by_the_million_has_the_price_of_one(desk: Desk) -> None:
    """1MBABYDOGE at Binance: the price is divided."""
    answer = desk.run(lambda market: price(market, "binance", "BABYDOGE"))["BABYDOGE"]

    assert looked(answer).price == desk.server.world.truth("binance", "spot", "1MBABYDOGEUSDT").last / 1_000_000


@pytest.mark.parametrize(
    ("exchange", "asset", "message"),
    [
        ("binance", "NOSUCH", "binance trades no NOSUCH for USDT"),
        ("binance", "1MBABYDOGE", "binance trades no 1MBABYDOGE for USDT"),
        ("binance", "XMR", "binance trades no XMR for USDT"),
        ("mexc", "EOS", "mexc lists EOSUSDT, but takes no orders for it"),
    ],
)
def test_an_asset_that_is_not_traded_has_no_price(desk: Desk, exchange: Exchange, asset: str, message: str) -> None:
    """A pair that was halted keeps its last price for good: it is not used. The others have theirs."""
    answers = desk.run(lambda market: price(market, exchange, asset, "BTC"))

    assert isinstance(answers[asset], NotListedError)
    assert str(answers[asset]) == message
    assert looked(answers["BTC"]).price


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (faults.price_times("SOLUSDT", 0, fields=("price",)), "SOLUSDT at binance: it has not been traded"),
        (faults.price_times("SOLUSDT", -1), "SOL at binance: its quote was not_positive"),
        (without("SOLUSDT"), "SOL at binance: its quote was not sent"),
        (
            faults.price_times("SOLUSDT", 0.5, fields=("bidPrice", "askPrice")),
            "SOL at binance: its last trade at 80.63 is far from the orders at 40.315 and 40.3155",
        ),
    ],
)
def test_a_pair_without_a_price_is_rejected(desk: Desk, fault: Fault, detail: str) -> None:
    """With the reason."""
    desk.server.inject(SPOT, "/api/v3/ticker", fault)

    error = desk.run(lambda market: price(market, "binance", "SOL"))["SOL"]

    assert isinstance(error, UnavailableError)
    assert (error.cause.reason, str(error)) == ("rejected", detail)


def test_what_is_worth_too_little_to_be_written_has_no_price(desk: Desk) -> None:
    """A millionth of the smallest number would be 0."""
    desk.server.inject(SPOT, "/api/v3/ticker", faults.price_times("1MBABYDOGEUSDT", 1e-14))

    error = desk.run(lambda market: price(market, "binance", "BABYDOGE"))["BABYDOGE"]

    assert isinstance(error, UnavailableError)
    assert str(error) == "1MBABYDOGEUSDT at binance: it is worth too little"


@pytest.mark.parametrize(
    ("symbol", "base", "listed"),
    [("SOLOLDUSDT", "SOL", None), ("1000SOLUSDT", "1000SOL", "SOLUSDT"), ("SOLUSDC2", "SOL", None)],
)
def test_two_pairs_of_one_asset_leave_nobody_knowing_which_is_meant(
    desk: Desk, symbol: str, base: str, listed: str | None
) -> None:
    """A plain pair goes before one of a thousand; two plain ones are none."""

    def another(reply: Any) -> Any:
        """List a second pair of SOL."""
        pair = next(row for row in reply["symbols"] if row["symbol"] == "SOLUSDT")
        return reply | {"symbols": [*reply["symbols"], pair | {"symbol": symbol, "baseAsset": base}]}

    desk.server.inject(SPOT, "/api/v3/exchangeInfo", Fault(change=another))

    answer = desk.run(lambda market: price(market, "binance", "SOL"))["SOL"]

    assert (answer.symbol if isinstance(answer, Looked) else None) == listed


def test_a_pair_and_its_quote_are_given_whole(desk: Desk) -> None:
    """For those who list prices; the index of pairs follows the listings when they are renewed."""

    async def scene(market: Market) -> list[Seen]:
        """See a pair, and the same after its listings were renewed."""
        seen = []
        for _ in range(2):
            pair = await market.find_pair("binance", "SHIB", quote="USDT", until=market.deadline())
            seen.append(await market.see("binance", pair, longest=10, until=market.deadline()))
            desk.hands.go(86_401)
        return seen

    for seen in desk.run(scene):
        truth = desk.server.world.truth("binance", "spot", "SHIBUSDT")
        assert (seen.listing.base, seen.quote.bid, seen.quote.ask) == ("SHIB", truth.bid, truth.ask)
    assert desk.server.count(SPOT, "/api/v3/exchangeInfo") == 2


# Medians


def spot_prices(desk: Desk, symbols: dict[str, str]) -> dict[str, Decimal]:
    """Give what each exchange serves for a pair."""
    truth = desk.server.world.truth
    return {exchange: truth(exchange, "spot", symbol).last for exchange, symbol in symbols.items()}


SOL = {"binance": "SOLUSDT", "bingx": "SOL-USDT", "bybit": "SOLUSDT", "mexc": "SOLUSDT", "weex": "SOLUSDT"}


def test_a_median_is_of_all_exchanges_that_agree(desk: Desk) -> None:
    """With all of them named."""
    prices = sorted(spot_prices(desk, SOL).values())

    found = looked(desk.run(lambda market: agreed(market, "SOL"))["SOL"])

    assert found == Looked(prices[2], "median", EXCHANGES, None, int(desk.hands.wall * 1000), 0, desk.hands.steady)


def test_a_wrong_exchange_is_left_out_until_it_is_right_again(desk: Desk) -> None:
    """By half of the limit: at first 1.5 % would not have excluded it, now it does not bring it back."""

    async def scene(market: Market) -> list[tuple[str, ...]]:
        """Let one exchange be wrong, nearly right, and right."""
        sources: list[tuple[str, ...]] = []
        for factor in ("1.015", "1.5", "1.015", "1.005"):
            fault = desk.server.inject(MEXC, "/api/v3/ticker", faults.price_times("SOLUSDT", factor))
            sources.append(looked((await agreed(market, "SOL"))["SOL"]).sources)
            assert fault.fired
            desk.server.clear()
            desk.hands.go(11)
        return sources

    four = tuple(exchange for exchange in EXCHANGES if exchange != "mexc")
    assert desk.run(scene) == [EXCHANGES, four, four, EXCHANGES]


def test_two_that_agree_on_a_wrong_price_leave_none(desk: Desk) -> None:
    """The question is refused, and may be asked again."""
    for host in (MEXC, WEEX_SPOT):
        desk.server.inject(host, "/api/v3", faults.price_times("SOLUSDT", 2))

    answers = desk.run(lambda market: agreed(market, "SOL", "BTC"))

    error = answers["SOL"]
    assert isinstance(error, UnavailableError)
    assert (error.exchange, error.cause.reason, error.retry_after) == ("median", "no_quorum", 1.0)
    assert str(error) == "SOL at median: 0 of 5 exchanges agree, and it takes 3"
    assert looked(answers["BTC"]).sources == EXCHANGES


def test_an_exchange_that_can_t_be_had_is_not_part_of_the_median(desk: Desk) -> None:
    """Three are enough; two are not, and that is no reason to say that the asset is not listed."""
    desk.server.inject(MEXC, "/", faults.maintenance())
    desk.server.inject(bybit.HOST, "/", faults.maintenance())
    found = looked(desk.run(lambda market: agreed(market, "SOL"))["SOL"])
    desk.server.inject(WEEX_SPOT, "/", faults.maintenance())
    error = desk.run(lambda market: agreed(market, "SOL"))["SOL"]

    assert found.sources == ("binance", "bingx", "weex")
    assert isinstance(error, UnavailableError)
    assert error.cause.reason == "no_quorum"


def test_a_median_is_as_old_as_the_oldest_price_in_it(desk: Desk) -> None:
    """By that exchange's own time."""
    desk.server.inject(bybit.HOST, "/", faults.clock_back(5))

    found = looked(desk.run(lambda market: agreed(market, "SOL"))["SOL"])

    assert "bybit" in found.sources
    assert found.age_seconds == pytest.approx(5)
    assert found.as_of_ms == int((desk.hands.wall - 5) * 1000)


@pytest.mark.parametrize(("asset", "listing"), [("BABYDOGE", 1), ("NOSUCH", 0)])
def test_an_asset_of_few_exchanges_has_no_median(desk: Desk, asset: str, listing: int) -> None:
    """It takes three that trade it."""
    error = desk.run(lambda market: agreed(market, asset))[asset]

    assert isinstance(error, NotListedError)
    assert str(error) == f"{listing} of the exchanges trade {asset} for USDT, and a median takes 3"


# Everything


def test_all_futures_that_trade_and_have_a_quote_are_listed(desk: Desk) -> None:
    """With their quotes; those that are halted or unquoted are not."""
    desk.server.inject(HOST, PREMIUM, without("SOLUSDT"))

    def listed(segment: Segment) -> dict[str, Seen]:
        """List one kind."""
        seen = desk.run(lambda market: market.list_contracts("binance", segment, longest=10, until=market.deadline()))
        return {one.listing.symbol: one for one in seen}

    linear, inverse = listed("linear"), listed("inverse")

    assert linear["BTCUSDT"].quote.mark == desk.server.world.truth("binance", "linear", "BTCUSDT").mark
    assert not {"SOLUSDT", "EOSUSDT", "BIOUSDT", "XAUUSDT"} & set(linear)
    assert "BTCUSD_PERP" in inverse
    assert not set(linear) & set(inverse)


def test_only_futures_whose_quote_is_young_enough_are_listed(desk: Desk) -> None:
    """By the exchange's own time; where none is, it is said how old they are."""

    async def scene(market: Market) -> set[str]:
        """List those of ten seconds at most."""
        seen = await market.list_contracts("binance", "linear", longest=10, until=market.deadline())
        return {one.listing.symbol for one in seen}

    all_of_them = desk.run(scene)
    desk.server.inject(HOST, PREMIUM, Fault(change=lambda rows: [{**rows[0], "time": 1}, *rows[1:]]))
    assert all_of_them - desk.run(scene) == {"BTCUSDT"}
    desk.server.inject(HOST, PREMIUM, faults.clock_back(30))

    error = desk.unavailable(scene)

    assert error.cause.reason == "stale"
    assert error.age_seconds == pytest.approx(30)


def test_futures_on_an_asset_are_linear_and_inverse_ones(desk: Desk) -> None:
    """In any currency, by the thousand too, each with its quote; and of nothing else."""

    async def scene(market: Market, exchange: Exchange, asset: str) -> Futures:
        """List them."""
        return await market.list_futures(exchange, asset, longest=10, until=market.deadline())

    ether = desk.run(lambda market: scene(market, "binance", "ETH"))
    baby = desk.run(lambda market: scene(market, "binance", "BABYDOGE"))
    nothing = desk.run(lambda market: scene(market, "weex", "NOSUCH"))

    truth = desk.server.world.truth
    assert {seen.quote.mark for seen in ether.seen} == {
        truth("binance", seen.listing.segment, seen.listing.symbol).mark for seen in ether.seen
    }
    assert {"ETHUSDT", "ETHUSDC", "ETHBTC", "ETHUSD_PERP"} < {seen.listing.symbol for seen in ether.seen}
    assert sum(seen.listing.expiry_ms is not None for seen in ether.seen) == 4
    assert {seen.listing.base for seen in ether.seen} == {"ETH"}
    assert [seen.listing.symbol for seen in baby.seen] == ["1MBABYDOGEUSDT"]
    assert [one.missing for one in (ether, baby, nothing)] == [{}, {}, {}]
    assert nothing.seen == ()


@pytest.mark.parametrize(
    ("host", "found", "missing"),
    [
        (HOST, {"inverse"}, ["linear"]),
        ("dapi.binance.com", {"linear"}, ["inverse"]),
        ("", set(), ["linear", "inverse"]),
    ],
)
def test_futures_that_can_t_be_had_are_named_beside_the_others(
    desk: Desk, host: str, found: set[Segment], missing: list[Segment]
) -> None:
    """By their kind, with the reason: the list says that it is not whole."""
    desk.server.inject(host, "/", faults.maintenance())

    futures = desk.run(lambda market: market.list_futures("binance", "BTC", longest=10, until=market.deadline()))

    assert {seen.listing.segment for seen in futures.seen} == found
    assert list(futures.missing) == missing
    assert {str(error) for error in futures.missing.values()} == {
        f"{segment} futures at binance: binance answered with status 503" for segment in missing
    }


def test_an_exchange_without_inverse_futures_misses_none(desk: Desk) -> None:
    """What it does not offer is not asked for."""
    futures = desk.run(lambda market: market.list_futures("weex", "BTC", longest=10, until=market.deadline()))

    assert ([seen.listing.symbol for seen in futures.seen], futures.missing) == (["BTCUSDT"], {})


def test_a_future_with_a_crossed_book_has_no_price(desk: Desk) -> None:
    """Whichever of both sides is wrong: it is refused by itself, and not listed with the others."""
    fault = desk.server.inject(HOST, "/fapi/v1/ticker", faults.price_times("SOLUSDT", "1.01", fields=("bidPrice",)))

    async def scene(market: Market) -> set[str]:
        """List all."""
        seen = await market.list_contracts("binance", "linear", longest=10, until=market.deadline())
        return {one.listing.symbol for one in seen}

    listed = desk.run(scene)
    error = desk.unavailable(lambda market: mark(market, "binance", "SOLUSDT"))

    assert "SOLUSDT" not in listed
    assert "BTCUSDT" in listed
    assert error.cause.reason == "rejected"
    assert re.fullmatch(r"SOLUSDT at binance: its best bid [0-9.]+ is above its best ask [0-9.]+", str(error))
    assert fault.fired


def test_a_future_that_is_not_believed_is_named_among_the_others(desk: Desk) -> None:
    """The others on the asset are found, and it is told which one is not, and why."""
    desk.server.inject(HOST, "/fapi/v1/ticker", faults.price_times("BTCUSDT", "1.01", fields=("bidPrice",)))

    futures = desk.run(lambda market: market.list_futures("binance", "BTC", longest=10, until=market.deadline()))

    assert "BTCUSDT" not in {seen.listing.symbol for seen in futures.seen}
    assert "BTCUSDC" in {seen.listing.symbol for seen in futures.seen}
    ((segment, error),) = futures.lost
    assert (segment, futures.missing) == ("linear", {})
    assert str(error).startswith("BTCUSDT at binance: its best bid ")


def test_no_future_falls_between_two_boards(desk: Desk) -> None:
    """One that was not believed is named, also if its board is renewed while another kind is waited for."""
    desk.server.inject(HOST, "/fapi/v1/ticker", faults.price_times("BTCUSDT", "1.01", fields=("bidPrice",)))

    async def scene(market: Market) -> Futures:
        """Have a stale board of the linear ones, and none of the others, which are slow."""
        await market.list_contracts("binance", "linear", longest=10, until=market.deadline())
        desk.server.clear()
        desk.server.inject("dapi.binance.com", "", faults.slow(0.2))
        desk.hands.go(3)
        return await market.list_futures("binance", "BTC", longest=10, until=market.deadline())

    futures = desk.run(scene)

    assert "BTCUSDC" in {seen.listing.symbol for seen in futures.seen}
    assert [str(error).partition(" ")[0] for _, error in futures.lost] == ["BTCUSDT"]


def test_a_book_whose_sides_meet_is_not_crossed(desk: Desk) -> None:
    """The one price on both is a price."""
    ask = desk.server.world.truth("binance", "linear", "SOLUSDT").ask
    same = Fault(
        change=lambda rows: [row | {"bidPrice": str(ask)} if row["symbol"] == "SOLUSDT" else row for row in rows]
    )
    desk.server.inject(HOST, "/fapi/v1/ticker/bookTicker", same)

    assert desk.run(lambda market: mark(market, "binance", "SOLUSDT")).price
    assert same.fired


@pytest.mark.parametrize("side", ["bidPrice", "askPrice"])
def test_a_book_with_one_side_is_not_crossed(desk: Desk, side: str) -> None:
    """Exchanges write 0 for the side that is empty; the price is that of the last trade or the mark, as ever."""
    fault = desk.server.inject("", "/", faults.price_times("SOLUSDT", 0, fields=(side,)))

    assert desk.run(lambda market: mark(market, "binance", "SOLUSDT")).price
    assert looked(desk.run(lambda market: price(market, "binance", "SOL"))["SOL"]).price
    assert fault.fired == 2


def test_the_feeds_of_an_exchange_are_shown_with_what_there_is(desk: Desk) -> None:
    """Without asking it: a board with its age, why there is none, or nothing yet."""
    desk.server.inject(SPOT, "/api/v3/exchangeInfo", faults.maintenance())

    async def scene(market: Market) -> dict[tuple[str, str], tuple[float | None, str | None]]:
        """Ask for some of them, and look a moment later."""
        await mark(market, "binance", "BTCUSDT")
        await price(market, "binance", "BTC")
        desk.hands.go(0.5)
        return {
            (now.feed.segment, now.feed.subject): (
                None if now.kept is None else market.age(now.kept),
                None if now.failure is None else now.failure.reason,
            )
            for now in market.feeds("binance")
            if (now.feed.segment, now.feed.subject) != ("spot", "quotes")
        }

    assert desk.run(scene) == {
        ("linear", "quotes"): (0.5, None),
        ("linear", "listings"): (0.5, None),
        ("inverse", "quotes"): (None, None),
        ("inverse", "listings"): (None, None),
        ("spot", "listings"): (None, "maintenance"),
    }


def test_only_exchanges_that_are_on_are_there(desk: Desk) -> None:
    """With the segments that they have."""
    desk.exchanges = Exchanges(["weex"])

    async def scene(market: Market) -> tuple[list[Exchange], list[bool]]:
        """Look at what is on."""
        segments: tuple[Segment, ...] = ("linear", "inverse", "spot")
        return list(market.adapters), [market.offers("weex", segment) for segment in segments]

    assert desk.run(scene) == (["weex"], [True, False, True])
