"""What went on at five local exchanges before now, and at one that answers as told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

import pytest

from service.app import ADAPTERS
from service.market.boards import Boards
from service.market.fetcher import Fetcher
from service.market.found import NotListedError, UnavailableError
from service.market.history import Histories, History
from service.market.lookup import Market
from service.market.source import (
    DAY_MS,
    EXCHANGES,
    Candles,
    Close,
    Exchange,
    Feed,
    Fundings,
    Listing,
    Payment,
    Row,
    Segment,
    UpstreamError,
)
from service.market.upstream import Upstream, Web
from tests.market.exchange import ExchangeServer, Fault, faults
from tests.market.hand import DEADLINE, HOST, Hands, Log, Source

T = TypeVar("T")
HOUR_MS = 3_600_000
KLINES = "/fapi/v1/klines"
CLOSES = {"binance": 399, "bybit": 399, "bingx": 399, "weex": 299, "mexc": 399}
"""Days that are over on the page of each exchange, where it has as many."""


@pytest.fixture(scope="module")
def running() -> Iterator[ExchangeServer]:
    """Give the local exchanges, started once."""
    with ExchangeServer() as exchanges:
        yield exchanges


class Desk:
    """Markets and histories on the local exchanges, with clocks that go on when they are told to."""

    def __init__(self, server: ExchangeServer) -> None:
        """Let the exchanges follow the clock."""
        self.server = server
        self.hands = Hands()
        self.log = Log()
        server.world.clock = lambda: self.hands.wall

    def run(self, scene: Callable[[Market, Histories], Awaitable[T]]) -> T:
        """Play a scene on parts that are made for it, and closed."""
        observe, clock = self.log.append, self.hands.clock

        async def play() -> T:
            """Play it."""
            web = Web()
            ways = {
                adapter.exchange: Upstream(adapter, web, relay=self.server.url, observe=observe, clock=clock)
                for adapter in ADAPTERS
            }
            fetcher = Fetcher(ways, None, observe=observe, clock=clock)
            boards = Boards(fetcher, patience=DEADLINE, observe=observe, clock=clock)
            try:
                return await scene(Market(ways, boards, clock), Histories(ways, boards, clock))
            finally:
                await boards.close()
                await web.close()

        return asyncio.run(play())

    def listing(self, exchange: Exchange, segment: Segment, asset: str) -> Listing:
        """Find a perpetual or a pair on an asset, in dollars of the usual kind."""
        rows = self.server.world.listings(exchange, segment)
        quote = "USD" if segment == "inverse" else "USDT"
        found = next(row for row in rows if (row.asset, row.quote, row.quarter) == (asset, quote, None))
        return Listing(symbol=found.symbol, segment=segment, base=asset, quote=quote, is_trading=True)

    def closes(self, exchange: Exchange, listing: Listing) -> History[Close]:
        """Look daily closes up."""
        return self.run(lambda market, past: past.see_closes(exchange, listing, until=market.deadline()))

    def payments(self, exchange: Exchange, listing: Listing) -> History[Payment]:
        """Look past funding up."""
        return self.run(lambda market, past: past.see_payments(exchange, listing, until=market.deadline()))

    def refused(self, exchange: Exchange, listing: Listing) -> UnavailableError:
        """Look daily closes up that can't be had, and give what is said."""
        with pytest.raises(UnavailableError) as refusal:
            self.closes(exchange, listing)
        return refusal.value


@pytest.fixture
def desk(running: ExchangeServer) -> Desk:
    """Give histories of exchanges as if just started."""
    running.reset()
    return Desk(running)


def true_closes(desk: Desk, exchange: Exchange, listing: Listing) -> list[Close]:
    """Give the closes of all days that are over, as the world has them."""
    known = desk.server.world.listing(exchange, listing.segment, listing.symbol)
    return [Close(day.ended_ms, float(day.close)) for day in desk.server.world.closes(known)]


# At the local exchanges


@pytest.mark.parametrize(
    ("exchange", "segment"),
    [
        *((exchange, segment) for exchange in EXCHANGES for segment in ("linear", "spot")),
        *((exchange, "inverse") for exchange in EXCHANGES if exchange != "weex"),
    ],
)
def test_closes_are_those_of_the_days_that_are_over(desk: Desk, exchange: Exchange, segment: Segment) -> None:
    """Of the symbol itself, to the last digit; the day under way is not among them, whatever the exchange sends."""
    listing = desk.listing(exchange, segment, "SOL")
    true = true_closes(desk, exchange, listing)

    found = desk.closes(exchange, listing)

    assert list(found.points) == true[-len(found.points) :]
    assert len(found.points) >= CLOSES[exchange]
    assert found.points[-1].at_ms == int(desk.hands.wall * 1000) // DAY_MS * DAY_MS
    assert (found.as_of_ms, found.age_seconds) == (int(desk.hands.wall * 1000), 0)
    assert desk.log.rejected() == {}


@pytest.mark.parametrize(
    ("exchange", "segment"),
    [
        *((exchange, "linear") for exchange in EXCHANGES),
        *((exchange, "inverse") for exchange in EXCHANGES if exchange not in {"weex", "bingx"}),
    ],
)
def test_payments_are_those_that_were_made(desk: Desk, exchange: Exchange, segment: Segment) -> None:
    """With their sign; some exchanges stamp them a moment late."""
    desk.hands.go(60)
    listing = desk.listing(exchange, segment, "SOL")
    known = desk.server.world.listing(exchange, segment, listing.symbol)
    true = [(one.at_ms, float(one.rate)) for one in desk.server.world.payments(known)]

    found = desk.payments(exchange, listing)

    rounded = [(at_ms // HOUR_MS * HOUR_MS, rate) for at_ms, rate in found.points]
    assert rounded == true[-len(rounded) :]
    assert len(rounded) > 90
    assert all(at_ms % HOUR_MS < 100 for at_ms, _ in found.points)
    assert desk.log.rejected() == {}


def test_a_dated_future_has_closes_since_it_was_listed(desk: Desk) -> None:
    """And no funding: it is said that there is none, not that it can't be had."""

    async def scene(market: Market, past: Histories) -> tuple[Close, ...]:
        """Take the next to expire."""
        symbol = f"BTCUSDT_{desk.server.world.expiry(0):%y%m%d}"
        listing = await market.find_contract("binance", symbol, until=market.deadline())
        with pytest.raises(NotListedError, match=f"{symbol} at binance is no perpetual, and has no funding"):
            await past.see_payments("binance", listing, until=market.deadline())
        return (await past.see_closes("binance", listing, until=market.deadline())).points

    expiry = desk.server.world.expiry(0)
    found = desk.run(scene)

    listing = Listing(symbol=f"BTCUSDT_{expiry:%y%m%d}", segment="linear", base="BTC", quote="USDT", is_trading=True)
    assert list(found) == true_closes(desk, "binance", listing)
    assert 90 < len(found) < 190


def test_a_pair_has_no_funding(desk: Desk) -> None:
    """Nobody is asked."""
    listing = desk.listing("binance", "spot", "SOL")

    with pytest.raises(NotListedError, match="SOLUSDT at binance is no perpetual"):
        desk.payments("binance", listing)
    assert desk.server.count() == 0


def test_a_new_coin_has_a_short_history(desk: Desk) -> None:
    """As many days as it is traded, less the one under way; a scaled price is that of a million."""
    listing = desk.listing("binance", "linear", "BABYDOGE")

    found = desk.closes("binance", listing).points

    assert list(found) == true_closes(desk, "binance", listing)
    assert len(found) == 44


@pytest.mark.parametrize(("missing", "hours"), [(0, 8.0), (1, 32.0), (2, 56.0), (30, 728.0)])
def test_a_history_that_ended_long_ago_says_nothing_about_today(desk: Desk, missing: int, hours: float) -> None:
    """At eight in the morning the day before yesterday is enough, and no day before that."""
    listing = desk.listing("binance", "linear", "SOL")
    fault = desk.server.inject(HOST, KLINES, Fault(change=lambda rows: rows[: -1 - missing]))

    if hours <= 36:
        assert (desk.hands.wall * 1000 - desk.closes("binance", listing).points[-1].at_ms) / HOUR_MS == hours
    else:
        error = desk.refused("binance", listing)
        assert (error.exchange, error.cause.reason, error.retry_after) == ("binance", "rejected", None)
        text = f"The daily closes of SOLUSDT at binance: the last is {hours} h old, and 36 h are the most"
        assert str(error) == text
    assert fault.fired


def test_a_minute_after_midnight_a_day_is_over(desk: Desk) -> None:
    """Before that the last close is that of the day before, which is young enough."""
    listing = desk.listing("bybit", "linear", "SOL")
    desk.hands.wall = desk.hands.wall // 86_400 * 86_400 + 59
    true = [close.at_ms for close in true_closes(desk, "bybit", listing)]

    before = desk.closes("bybit", listing).points[-1].at_ms
    desk.hands.go(1)
    after = desk.closes("bybit", listing).points[-1].at_ms

    assert (before, after) == (true[-2], true[-1])


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.maintenance(), "maintenance"),
        (faults.html(), "bad_payload"),
        (faults.empty_list(), "bad_payload"),
        (faults.truncated(shorter=True), "bad_payload"),
        (Fault(change=lambda rows: [[row[0] + HOUR_MS, *row[1:]] for row in rows]), "bad_payload"),
        (Fault(change=lambda rows: [[*row[:4], "0", *row[5:]] for row in rows]), "bad_payload"),
    ],
)
def test_closes_that_can_t_be_had_are_an_error_with_its_reason(desk: Desk, fault: Fault, reason: str) -> None:
    """Whatever the exchange does instead, never an empty answer."""
    desk.server.inject(HOST, KLINES, fault)

    error = desk.refused("binance", desk.listing("binance", "linear", "SOL"))

    assert (error.exchange, error.cause.reason, error.age_seconds) == ("binance", reason, None)
    assert str(error).startswith("The daily closes of SOLUSDT at binance: ")
    assert fault.fired


def test_a_wrong_day_leaves_a_gap_and_is_counted(desk: Desk) -> None:
    """The days around it stay as they are."""
    listing = desk.listing("binance", "linear", "SOL")
    fault = Fault(change=lambda rows: [*rows[:-10], [*rows[-10][:4], "-1", *rows[-10][5:]], *rows[-9:]])
    desk.server.inject(HOST, KLINES, fault)

    found = desk.closes("binance", listing).points

    true = true_closes(desk, "binance", listing)[-399:]
    assert list(found) == [*true[:-9], *true[-8:]]
    assert desk.log.rejected() == {"not_positive": 1}


def test_histories_are_asked_for_side_by_side(desk: Desk) -> None:
    """What is prepared is under way before anybody waits, once each; what can't be had is left to who asks for it."""
    pairs = [desk.listing("binance", "spot", asset) for asset in ("SOL", "XRP", "ADA")]
    future = desk.listing("binance", "linear", "BTC")

    async def scene(market: Market, past: Histories) -> int:
        """Prepare twice, and ask."""
        until = market.deadline()
        for _ in range(2):
            past.prepare(
                closes=[("binance", listing) for listing in pairs],
                payments=[("binance", future), ("binance", pairs[0])],
            )
        begun = sum(task.get_name().startswith("hedge:{binance:") for task in asyncio.all_tasks())
        for listing in pairs:
            await past.see_closes("binance", listing, until=until)
        await past.see_payments("binance", future, until=until)
        return begun

    assert desk.run(scene) == 4
    asked = [request.query["symbol"] for request in desk.server.requests]
    assert sorted(asked) == ["ADAUSDT", "BTCUSDT", "SOLUSDT", "XRPUSDT"]


def test_a_history_is_served_for_an_hour_and_renewed_behind_the_answer(desk: Desk) -> None:
    """With its true age; what failed since then does not matter until it is older."""
    listing = desk.listing("binance", "linear", "SOL")

    async def scene(market: Market, past: Histories) -> list[tuple[int, float, float]]:
        """Look at it again and again while the exchange fails, until it is too old."""
        seen = []
        for seconds in (0, 600, 3000):
            desk.hands.go(seconds)
            found = await past.see_closes("binance", listing, until=market.deadline())
            desk.hands.go(0.25)
            seen.append((found.as_of_ms, found.age_seconds, past.age_now(found)))
            desk.hands.go(-0.25)
            desk.server.inject(HOST, KLINES, faults.maintenance())
        desk.hands.go(1)
        with pytest.raises(UnavailableError) as refused:
            await past.see_closes("binance", listing, until=market.deadline())
        assert (refused.value.cause.reason, refused.value.age_seconds) == ("maintenance", 3601)
        assert str(refused.value).endswith("; the youngest is 3601.0 s old")
        return seen

    now = int(desk.hands.wall * 1000)

    assert desk.run(scene) == [(now, 0, 0.25), (now, 600, 600.25), (now, 3600, 3600.25)]
    assert desk.log.reads() == ["fetched", "fresh", "stale", "failed"]


def test_what_is_called_the_same_has_a_history_of_its_own(desk: Desk) -> None:
    """BTCUSDT is a contract and a pair, at two exchanges."""
    listings = [(exchange, desk.listing(exchange, segment, "BTC")) for exchange, segment in SAME]

    async def scene(market: Market, past: Histories) -> list[tuple[Close, ...]]:
        """Take all of them out of the same boards."""
        found = [await past.see_closes(exchange, one, until=market.deadline()) for exchange, one in listings]
        return [history.points for history in found]

    found = desk.run(scene)

    assert {listing.symbol for _, listing in listings} == {"BTCUSDT"}
    for closes, (exchange, listing) in zip(found, listings, strict=True):
        assert list(closes) == true_closes(desk, exchange, listing)[-399:]
    assert len(set(found)) == 4


SAME: tuple[tuple[Exchange, Segment], ...] = (
    ("binance", "linear"),
    ("binance", "spot"),
    ("bybit", "linear"),
    ("bybit", "spot"),
)


# At an exchange that answers as told

BITCOIN = Listing(symbol="BTCUSDT", segment="linear", base="BTC", quote="USDT", is_trading=True)


def told(answer: Sequence[Row] | Exception, **changes: Any) -> tuple[Source, Histories]:
    """Give an exchange that tells one history, and its histories; it may be one that tells none."""
    source = Source(Hands())
    source.answer = answer

    def feed_of(listing: Listing) -> Feed:
        """Give the feed of either kind."""
        row = Fundings if isinstance(answer, Sequence) and isinstance(answer[0], Fundings) else Candles
        return Feed("binance", "linear", "candles", row, source.feed.fetch, 600.0, 3600.0, symbol=listing.symbol)

    adapter = ADAPTERS[0]._replace(candles_of=feed_of, fundings_of=feed_of)._replace(**changes)
    way = Upstream(adapter, Web(), relay=None, observe=source.log.append, clock=source.hands.clock)
    return source, Histories({"binance": way}, source.boards, source.hands.clock)


def take(answer: Sequence[Row] | Exception, name: str, **changes: Any) -> Any:
    """Look up what an exchange was told to say."""
    source, past = told(answer, **changes)

    async def scene() -> Any:
        """Look it up, and end what is under way."""
        try:
            found = await getattr(past, f"see_{name}")("binance", BITCOIN, until=source.boards.deadline())
            return found.points
        finally:
            await source.boards.close()

    return asyncio.run(scene())


def candles(*hours: float) -> Candles:
    """Make a history of a day for each number of hours that it is over."""
    now = int(Hands().wall * 1000)
    return Candles(symbol="BTCUSDT", closes=tuple(Close(int(now - ago * HOUR_MS), 60000.0) for ago in hours))


def fundings(*hours: float) -> Fundings:
    """Make a funding for each number of hours ago."""
    now = int(Hands().wall * 1000)
    return Fundings(symbol="BTCUSDT", payments=tuple(Payment(int(now - ago * HOUR_MS), 0.0001) for ago in hours))


@pytest.mark.parametrize(
    ("row", "name", "text"),
    [
        (candles(), "closes", "The daily closes of BTCUSDT at binance: there are none yet"),
        (candles(-16), "closes", "The daily closes of BTCUSDT at binance: there are none yet"),
        (fundings(), "payments", "The funding of BTCUSDT at binance: there are none yet"),
    ],
)
def test_a_history_that_has_not_begun_is_none(row: Row, name: str, text: str) -> None:
    """A symbol that was listed today: that is said, and no average of nothing is taken."""
    with pytest.raises(UnavailableError) as refused:
        take([row], name)

    assert (str(refused.value), refused.value.cause.reason) == (text, "rejected")


@pytest.mark.parametrize(("hours", "is_recent"), [(36.0, True), (36.01, False), (100.0, False)])
def test_funding_that_ended_long_ago_says_nothing_about_today(hours: float, *, is_recent: bool) -> None:
    """Every perpetual pays once a day at least."""
    if is_recent:
        assert len(take([fundings(hours)], "payments")) == 1
    else:
        with pytest.raises(UnavailableError, match=f"the last is {hours:.1f} h old, and 36 h are the most"):
            take([fundings(hours)], "payments")


@pytest.mark.parametrize(
    ("name", "absent", "text"),
    [
        ("closes", "candles_of", "binance tells no daily closes"),
        ("payments", "fundings_of", "binance tells no past funding"),
    ],
)
def test_an_exchange_that_tells_no_history_is_not_asked(name: str, absent: str, text: str) -> None:
    """What it does not have at all is not to be waited for."""
    with pytest.raises(NotListedError, match=text):
        take([candles(32)], name, **{absent: None})


@pytest.mark.parametrize("name", ["closes", "payments"])
def test_what_the_exchange_did_is_the_reason(name: str) -> None:
    """With the time after which it may be asked again."""
    with pytest.raises(UnavailableError) as refused:
        take(UpstreamError("rate_limited", "too often", retry_after=7.0), name)

    assert (refused.value.cause.reason, refused.value.retry_after) == ("rate_limited", 7.0)
