"""An exchange is asked within its limits, and whatever it does ends as bytes or as one of the reasons."""

import asyncio
import gzip
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import httpx
import pytest

from service.market import binance, bingx, bybit, mexc, weex
from service.market.events import BreakerMoved
from service.market.source import Adapter, Budget, Feed, Reason, UpstreamError
from service.market.upstream import CALL_SECONDS, LARGEST_REPLY, LONGEST_PAUSE, Upstream, Web
from tests.market.exchange import ExchangeServer, Fault, faults
from tests.market.hand import DEADLINE, HOST, Hands, JumpingLoop, Log, settle

T = TypeVar("T")
ADAPTERS = {adapter.exchange: adapter for adapter in (m.ADAPTER for m in (binance, bingx, bybit, mexc, weex))}
PATH = "/fapi/v1/premiumIndex"
SPOT = "api.binance.com"


@pytest.fixture(scope="module")
def running() -> Iterator[ExchangeServer]:
    """Give the local exchanges, started once."""
    with ExchangeServer() as exchanges:
        yield exchanges


@pytest.fixture
def server(running: ExchangeServer) -> ExchangeServer:
    """Give the local exchanges as if just started."""
    running.reset()
    return running


class Way:
    """The way to one exchange, with its clocks and all that it told."""

    def __init__(self, relay: str | None, adapter: Adapter = binance.ADAPTER, web: Web | None = None) -> None:
        """Take a relay, an exchange and a client."""
        self.hands = Hands()
        self.log = Log()
        self.adapter = adapter
        self.web = web or Web()
        self.upstream = Upstream(adapter, self.web, relay=relay, observe=self.log.append, clock=self.hands.clock)
        self.feed = adapter.feeds[0]

    def run(self, scene: Callable[[], Awaitable[T]]) -> T:
        """Play a scene, and close the connections at its end."""

        async def play() -> T:
            """Play it."""
            try:
                return await scene()
            finally:
                await self.web.close()

        return asyncio.run(play())

    async def get(self, path: str = PATH, *, host: str = HOST, **parameters: Any) -> bytes:
        """Ask a host for a path."""
        return await self.upstream.getter(self.feed)(host, path, **parameters)

    async def refusal(self, path: str = PATH, *, host: str = HOST, **parameters: Any) -> UpstreamError:
        """Ask in vain, and give the reason."""
        with pytest.raises(UpstreamError) as refused:
            await self.get(path, host=host, **parameters)
        return refused.value

    async def board(self, feed: Feed) -> UpstreamError | None:
        """Ask for a whole board, and give the reason if it can't be had."""
        try:
            await feed.fetch(self.upstream.getter(feed))
        except UpstreamError as error:
            return error
        return None


def with_budget(weight: int, seconds: float) -> Adapter:
    """Give Binance with another budget."""
    return binance.ADAPTER._replace(budgets={HOST: Budget(weight, seconds), SPOT: Budget(weight, seconds)})


def test_a_host_is_asked_for_a_path_with_its_parameters(server: ExchangeServer) -> None:
    """The body of the answer is given as it came, uncompressed; and the call is counted."""
    way = Way(server.url, bybit.ADAPTER)
    body = way.run(lambda: way.get("/v5/market/tickers", host=bybit.HOST, category="linear", weight=3))

    (asked,) = server.requests
    assert (asked.host, asked.path, asked.query) == (bybit.HOST, "/v5/market/tickers", {"category": "linear"})
    assert asked.headers["accept-encoding"].startswith("gzip")
    assert body.startswith(b"{")
    assert way.log.calls() == ["ok"]


class Caught(Web):
    """A client that notes what it would send to the exchanges, and answers with a list."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        super().__init__()
        self.urls: list[str] = []

    def client(self) -> httpx.AsyncClient:
        """Give the client."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._note))

    def _note(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(b"[]"))


def test_without_a_relay_the_exchange_itself_is_asked() -> None:
    """Over TLS, and no other host than the adapter says."""
    web = Caught()
    way = Way(None, web=web)
    body = way.run(lambda: way.get(PATH, symbol="BTCUSDT"))

    assert (web.urls, body) == (["https://fapi.binance.com/fapi/v1/premiumIndex?symbol=BTCUSDT"], b"[]")


def test_nothing_is_connected_that_is_not_needed(server: ExchangeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was never used is closed without being opened; one that is used asks no proxy."""
    asyncio.run(Web().close())
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    way = Way(server.url)

    assert way.run(way.get).startswith(b"[")
    assert server.count(HOST) == 1


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (faults.html, "bad_payload"),
        (faults.null, "bad_payload"),
        (faults.empty_list, "bad_payload"),
        (faults.empty_object, "bad_payload"),
        (faults.truncated, "network"),
        (lambda: faults.truncated(shorter=True), "bad_payload"),
        (faults.drop, "network"),
        (lambda: faults.banned(1), "banned"),
        (faults.geo_blocked, "geo_blocked"),
        (faults.forbidden, "blocked"),
        (faults.maintenance, "maintenance"),
        (lambda: Fault(status=500, body=b"oops"), "maintenance"),
        (lambda: Fault(status=404, body=b"oops"), "bad_payload"),
        (lambda: Fault(status=204), "bad_payload"),
        (lambda: Fault(body=b"not gzip", headers={"Content-Encoding": "gzip"}), "bad_payload"),
        (lambda: Fault(body=gzip.compress(b"[]")[:-4], headers={"Content-Encoding": "gzip"}), "bad_payload"),
        (
            lambda: Fault(body=gzip.compress(bytes(LARGEST_REPLY + 1)), headers={"Content-Encoding": "gzip"}),
            "bad_payload",
        ),
        (lambda: Fault(body=b"", headers={"Content-Encoding": "gzip, gzip"}), "bad_payload"),
        (lambda: Fault(body=bytes(LARGEST_REPLY + 1)), "bad_payload"),
        (lambda: Fault(status=403, body=b"can't be accessed from your country"), "geo_blocked"),
    ],
)
def test_each_fault_has_its_reason_at_every_exchange(
    server: ExchangeServer, make: Callable[[], Fault], reason: Reason
) -> None:
    """The board can't be had, and why is said alike for all of them."""
    fault = server.inject("", "/", make())

    async def ask_all() -> dict[str, str | None]:
        """Ask each exchange for its first board."""
        found: dict[str, str | None] = {}
        for name, adapter in ADAPTERS.items():
            way = Way(server.url, adapter)
            error = await way.board(way.feed)
            await way.web.close()
            found[name] = None if error is None else error.reason
        return found

    assert asyncio.run(ask_all()) == dict.fromkeys(ADAPTERS, reason)
    assert fault.fired >= len(ADAPTERS)


@pytest.mark.parametrize("exchange", ADAPTERS)
def test_each_exchange_says_in_its_own_way_that_it_was_asked_too_often(server: ExchangeServer, exchange: str) -> None:
    """By status or by a code under status 200; the host is spared at once."""
    way = Way(server.url, {str(name): adapter for name, adapter in ADAPTERS.items()}[exchange])
    server.inject("", "/", faults.rate_limited(exchange))

    error = way.run(lambda: way.board(way.feed))

    assert error is not None
    assert error.reason == "rate_limited"
    assert "open" in [event.state for event in way.log if isinstance(event, BreakerMoved)]


@pytest.mark.parametrize(
    ("text", "status", "retry_after"),
    [
        ("7", 429, 7.0),
        ("0", 429, 0.0),
        ("-5", 429, 0.0),
        ("99999999", 429, LONGEST_PAUSE),
        ("9" * 400, 429, LONGEST_PAUSE),
        ("soon", 429, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 429, None),
        ("60", 503, 60.0),
        ("60", 451, math.inf),
    ],
)
def test_what_an_exchange_says_of_coming_back_is_read(
    server: ExchangeServer, text: str, status: int, retry_after: float | None
) -> None:
    """A number of seconds, within bounds; a country's block has no end, whatever comes with it."""
    server.inject(HOST, "/", Fault(status=status, body=b"no", headers={"Retry-After": text}))
    way = Way(server.url)

    assert way.run(way.refusal).retry_after == retry_after
    assert way.upstream.breakers[HOST].state == "open"


def test_the_exchange_s_own_word_goes_before_a_header(server: ExchangeServer) -> None:
    """BingX says nothing but a code, and its adapter knows what that means; WEEX's ban has its own length."""
    server.inject("", "/", Fault(status=429, body=b"{}", headers={"Retry-After": "1"}))
    way = Way(server.url, weex.ADAPTER)

    error = way.run(lambda: way.refusal("/capi/v3/market/premiumIndex", host=weex.FUTURES_HOST))

    assert error.retry_after == weex.BANNED_FOR


def test_a_geo_block_of_one_host_ends_all_asking(server: ExchangeServer) -> None:
    """Said plainly, never worked around: no host of the exchange is asked again, however late."""
    server.inject(HOST, "/", faults.geo_blocked())
    way = Way(server.url)

    async def scene() -> list[UpstreamError]:
        """Ask the futures, then spot, then both much later."""
        refused = [await way.refusal(), await way.refusal("/api/v3/ticker/price", host=SPOT)]
        way.hands.go(1e9)
        return [*refused, await way.refusal(), await way.refusal("/api/v3/ticker/price", host=SPOT)]

    refused = way.run(scene)

    assert [(error.reason, error.retry_after) for error in refused] == [("geo_blocked", math.inf)] * 4
    assert "does not serve this location" in str(refused[1])
    assert server.count() == 1
    assert way.log.calls() == ["geo_blocked"] * 4


def test_a_redirect_is_not_followed(server: ExchangeServer) -> None:
    """No other host is asked than the adapter says."""
    server.inject(HOST, "/", Fault(status=302, headers={"Location": f"{server.url}/{SPOT}/api/v3/ticker/price"}))
    way = Way(server.url)

    assert way.run(way.refusal).reason == "bad_payload"
    assert [request.host for request in server.requests] == [HOST]


@pytest.mark.parametrize(("weight", "admitted"), [(1, 6), (2, 3), (4, 1)])
def test_the_budget_of_a_host_is_kept(server: ExchangeServer, weight: int, admitted: int) -> None:
    """What is over it is not asked; units come back evenly, and each host has its own."""
    way = Way(server.url, with_budget(6, 60))

    async def scene() -> list[str]:
        """Ask ten times at once, then once more when one request's units are back, and another host."""
        for _ in range(10):
            with suppress(UpstreamError):
                await way.get(weight=weight)
        count = server.count(HOST)
        refused = await way.refusal(weight=weight)
        assert refused.retry_after is not None
        way.hands.go(refused.retry_after)
        await way.get(weight=weight)
        await way.get("/api/v3/ticker/price", host=SPOT)
        return [refused.reason, str(count)]

    assert way.run(scene) == ["budget_spent", str(admitted)]
    assert server.count(HOST) == admitted + 1
    assert way.log.calls().count("ok") == admitted + 2


def test_boards_of_single_symbols_can_spend_a_share_of_the_budget_only(server: ExchangeServer) -> None:
    """Who asks for the past of many symbols keeps nobody from the boards of all."""
    adapter = with_budget(10, 60)
    single, boards = Way(server.url, adapter), Way(server.url, adapter)
    single.feed = single.feed._replace(symbol="BTCUSDT", subject="candles")
    single.upstream, single.web = boards.upstream, boards.web

    async def scene() -> list[str]:
        """Ask for a symbol three times, for everything as often as it goes, and for the symbol when units are back."""
        await single.get()
        await single.get()
        refused = await single.refusal()
        assert refused.retry_after is not None
        for _ in range(8):
            await boards.get()
        last = await boards.refusal()
        boards.hands.go(refused.retry_after)
        await single.get()
        return [refused.reason, last.reason, str(server.count(HOST))]

    assert boards.run(scene) == ["budget_spent", "budget_spent", "11"]


def test_a_host_that_fails_five_times_is_not_asked_again_at_once(server: ExchangeServer) -> None:
    """One request tries after the pause; it is answered, and all go through."""
    fault = server.inject(HOST, "/", faults.drop(times=5))
    way = Way(server.url)

    async def scene() -> list[str]:
        """Ask eight times, wait, and ask twice."""
        reasons = [(await way.refusal()).reason for _ in range(8)]
        assert server.count(HOST) == 5
        way.hands.go(5)
        await way.get()
        await way.get()
        return list(reasons)

    assert way.run(scene) == ["network"] * 8
    assert (fault.fired, server.count(HOST)) == (5, 7)
    moves = [(event.host, event.state) for event in way.log if isinstance(event, BreakerMoved)]
    assert moves == [(HOST, "open"), (HOST, "half_open"), (HOST, "closed")]


def test_a_host_that_is_not_there_is_a_matter_of_the_network(server: ExchangeServer) -> None:
    """Nobody listens at the address."""
    with ExchangeServer() as gone:
        nowhere = gone.url
    way = Way(nowhere)

    assert nowhere != server.url
    assert way.run(way.refusal).reason == "network"


def test_an_exchange_that_hangs_is_not_waited_for(server: ExchangeServer) -> None:
    """The call ends when its time is up, by the clock of the loop, which is set forward here."""
    server.inject(HOST, "/", faults.hang())
    way, loop = Way(server.url), JumpingLoop()

    async def scene() -> UpstreamError:
        """Ask, and let the time be up."""
        asking = asyncio.create_task(way.refusal())
        await asyncio.to_thread(server.wait_for, 1, HOST)
        loop.ahead += CALL_SECONDS + 1
        return await asking

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(scene()).reason == "timeout"
        runner.run(way.web.close())


def test_a_call_that_is_cancelled_is_not_counted_as_one_that_went_well(server: ExchangeServer) -> None:
    """It did not end at all."""
    server.inject(HOST, "/", faults.hang())
    way = Way(server.url)

    async def scene() -> None:
        """Ask, and lose interest."""
        asking = asyncio.create_task(way.get())
        await asyncio.to_thread(server.wait_for, 1, HOST)
        asking.cancel()
        await asyncio.wait({asking})

    way.run(scene)
    assert "ok" not in way.log.calls()


class Told:
    """A host that sends a head, and then what it is told to until its client hangs up."""

    def __init__(self) -> None:
        """Begin with nothing to send."""
        self.more: asyncio.Queue[bytes] = asyncio.Queue()
        self.endless = b""
        """What is sent again and again."""
        self.asked, self.gone = asyncio.Event(), asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(self.endless or await self.more.get())
                await writer.drain()
        writer.close()
        self.gone.set()


def address(listening: asyncio.Server) -> str:
    """Give the URL of a host of our own."""
    return f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def test_an_endless_body_is_not_read_to_its_end() -> None:
    """The connection is closed when it is larger than any true one."""

    async def scene() -> None:
        """Send zeros for ever."""
        told = Told()
        told.endless = bytes(1 << 20)
        async with await asyncio.start_server(told.answer, "127.0.0.1") as listening:
            way = Way(address(listening))
            refused = await way.refusal()
            await asyncio.wait_for(told.gone.wait(), DEADLINE)
            await way.web.close()
        assert (refused.reason, str(refused)) == ("bad_payload", "The reply is too large")

    asyncio.run(scene())


def test_a_body_that_comes_byte_by_byte_is_not_waited_for() -> None:
    """The time of a call is that of the whole, not from one byte to the next."""
    loop = JumpingLoop()

    async def scene() -> None:
        """Send a byte now and then, by the clock of the loop."""
        told = Told()
        async with await asyncio.start_server(told.answer, "127.0.0.1") as listening:
            way = Way(address(listening))
            asking = asyncio.create_task(way.refusal())
            await told.asked.wait()
            for _ in range(3):
                assert not asking.done()
                told.more.put_nowait(b"[")
                await settle()
                loop.ahead += 0.4 * CALL_SECONDS
                await settle()
            assert asking.done()
            assert asking.result().reason == "timeout"
            told.more.put_nowait(b"[")
            await way.web.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(scene())


@pytest.mark.parametrize(
    ("age", "reason"), [("0", None), ("2", None), ("3", "stale"), ("9" * 400, "stale"), ("x", "stale")]
)
def test_prices_out_of_a_cache_are_as_old_as_it_says(server: ExchangeServer, age: str, reason: Reason | None) -> None:
    """What stands between us and an exchange may keep its replies, and has to say so; it is asked not to."""
    server.inject(HOST, "/", Fault(body=b"[]", headers={"Age": age}))
    way = Way(server.url)

    if reason is None:
        assert way.run(way.get) == b"[]"
    else:
        assert way.run(way.refusal).reason == reason
    assert server.requests[0].headers["cache-control"] == "no-cache"
