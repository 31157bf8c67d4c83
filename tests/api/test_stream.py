"""The stream of basis and funding: what it tells, when, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import pytest
from litestar.exceptions import LitestarException

from service.hedging.units import Instant
from service.metrics import Metrics
from service.streams import LONGEST_SECONDS
from tests.api.conftest import service_at
from tests.api.reader import PATH, Desk, Event, Reader, play
from tests.conftest import Call
from tests.market.exchange import ExchangeServer, Fault, faults

PAIR = "exchange=binance&symbols=BTCUSDT,ETHUSDT"
RETRY, QUIET = Event("retry"), Event("heartbeat")
HOST, QUOTES, LISTINGS = "fapi.binance.com", "/fapi/v1/premiumIndex", "/fapi/v1/exchangeInfo"


async def begin(reader: Reader) -> Event:
    """Read the first event, which comes before any time has passed."""
    began = reader.desk.hands.steady
    assert await reader.read() == RETRY
    event = await reader.read()
    assert event is not None
    assert reader.desk.hands.steady == began
    return event


async def next_told(reader: Reader) -> Event:
    """Read the next event, passing over heartbeats."""
    async for _, event in reader.follow():
        if event != QUIET:
            return event
    pytest.fail("the stream has ended")


async def is_quiet(reader: Reader) -> bool:
    """Tell whether nothing comes but heartbeats for a while."""
    return [await reader.read() for _ in range(3)] == [QUIET] * 3


async def leave(reader: Reader) -> None:
    """Close the connection, and see that all is cleared away."""
    reader.leave()
    await reader.ended()
    assert (len(reader.desk.streams), reader.desk.time.asleep) == (0, [])


def dated(exchanges: ExchangeServer) -> str:
    """Name the first future on bitcoin that expires."""
    world = exchanges.world
    listed = world.listings("binance", "linear")
    return next(world.symbol(one) for one in listed if (one.asset, one.quarter) == ("BTC", 0))


def prices(event: Event) -> dict[str, str]:
    """Give the prices of the futures."""
    return {line["symbol"]: line["futures_price"] for line in event.data["futures"]}


def mark(exchanges: ExchangeServer, symbol: str) -> str:
    """Give the price of a future at the exchange."""
    return f"{exchanges.world.truth('binance', 'linear', symbol).mark.normalize():f}"


def test_the_first_event_comes_at_once_with_all_that_was_asked_for(exchanges: ExchangeServer) -> None:
    """Each future once, in the order of the question, with the exchange's own prices and their ages."""

    async def scene(desk: Desk) -> None:
        """Ask for two futures, one of them twice."""
        reader = Reader(desk, "exchange=binance&symbols=ETHUSDT,BTCUSDT,ETHUSDT")
        event = await begin(reader)

        assert (event.data["exchange"], event.data["spot_source"]) == ("binance", "index")
        assert event.data["as_of"] == str(Instant.of_ms(int(desk.hands.wall * 1000)))
        assert [line["symbol"] for line in event.data["futures"]] == ["ETHUSDT", "BTCUSDT"]
        line, truth = event.data["futures"][1], exchanges.world.truth("binance", "linear", "BTCUSDT")
        assert line["futures_price"] == mark(exchanges, "BTCUSDT")
        assert Decimal(line["spot_price"]) == truth.index
        assert Decimal(line["basis"]) == truth.mark - truth.index
        assert (line["kind"], line["verdict"], line["days_to_expiry"]) == ("perpetual", "earns", None)
        assert (line["futures_age_seconds"], line["spot_age_seconds"]) == (0.0, 0.0)
        await leave(reader)

    play(Desk(exchanges), scene)


def test_the_head_says_that_it_is_a_stream_and_not_to_be_kept(exchanges: ExchangeServer) -> None:
    """Proxies neither keep nor gather it, and it has what every answer has."""

    async def scene(desk: Desk) -> None:
        """Look at the headers."""
        reader = Reader(desk, PAIR, headers={"accept": "text/event-stream", "x-request-id": "bot-7"})
        await begin(reader)

        assert (reader.status, reader.head["content-type"]) == (200, "text/event-stream")
        assert (reader.head["cache-control"], reader.head["x-accel-buffering"]) == ("no-store", "no")
        assert (reader.head["x-request-id"], reader.head["server-timing"]) == ("bot-7", "app;dur=0.000")
        assert "content-length" not in reader.head
        await leave(reader)

    play(Desk(exchanges), scene)


@pytest.mark.parametrize("interval", [1, 7, 60])
def test_never_more_than_15_seconds_pass_in_silence(exchanges: ExchangeServer, interval: int) -> None:
    """However seldom it looks, and also while prices can't be had."""

    async def scene(desk: Desk) -> None:
        """Follow it through a fault."""
        reader = Reader(desk, f"{PAIR}&interval_seconds={interval}")
        times, events = [desk.hands.steady], []
        async for at, event in reader.follow():
            times.append(at)
            events.append(event.name)
            if len(events) == 6:
                exchanges.inject(HOST, QUOTES, faults.maintenance())
            if at > times[0] + 200:
                break
        await leave(reader)

        assert max(later - earlier for earlier, later in pairwise(times)) <= 15
        assert events.count("basis") == events.count("unavailable") == 1

    play(Desk(exchanges), scene)


def test_what_changes_is_told_and_what_only_gets_older_is_not(exchanges: ExchangeServer) -> None:
    """Neither ages nor the annual rate of a future that expires, which moves with time alone, are news."""

    async def scene(desk: Desk) -> None:
        """Let time pass, and then the price move."""
        reader = Reader(desk, f"exchange=binance&symbols=BTCUSDT,{dated(exchanges)}")
        first = await begin(reader)
        assert await is_quiet(reader)

        exchanges.world.prices["BTC"] += 100
        second = await next_told(reader)

        assert second.name == "basis"
        assert second.id != first.id
        assert prices(second) == {name: mark(exchanges, name) for name in ("BTCUSDT", dated(exchanges))}
        assert second.data["futures"][1]["annualized_basis_rate"] != first.data["futures"][1]["annualized_basis_rate"]
        await leave(reader)

    play(Desk(exchanges), scene)


def test_a_change_that_is_too_small_is_not_told(exchanges: ExchangeServer) -> None:
    """A price that moves with its index leaves the basis as it was; a funding rate that moves does not."""

    async def scene(desk: Desk) -> None:
        """Move one, then the other."""
        reader = Reader(desk, f"{PAIR}&min_change=0.0001")
        first = await begin(reader)
        exchanges.world.prices["BTC"] += 100
        assert await is_quiet(reader)

        exchanges.world.rates["BTC"] = Decimal("-0.0002")
        second = await next_told(reader)

        assert prices(second)["BTCUSDT"] != prices(first)["BTCUSDT"]
        assert [line["verdict"] for line in second.data["futures"]] == ["pays", "earns"]
        await leave(reader)

    play(Desk(exchanges), scene)


def test_the_last_trade_of_the_spot_pair_may_take_the_place_of_the_index(exchanges: ExchangeServer) -> None:
    """As in a single question."""

    async def scene(desk: Desk) -> None:
        """Ask for it."""
        reader = Reader(desk, f"{PAIR}&spot_source=last")
        event = await begin(reader)

        spot = exchanges.world.truth("binance", "spot", "BTCUSDT").last
        assert Decimal(event.data["futures"][0]["spot_price"]) == spot
        assert event.data["spot_source"] == "last"
        await leave(reader)

    play(Desk(exchanges), scene)


def test_who_comes_back_is_not_told_again_what_is_still_so(exchanges: ExchangeServer) -> None:
    """Another process knows the state by its id just as well, and goes on with what changes."""
    told: list[Event] = []

    async def first(desk: Desk) -> None:
        """Take the first event, and leave."""
        reader = Reader(desk, PAIR)
        told.append(await begin(reader))
        await leave(reader)

    async def second(desk: Desk) -> None:
        """Come back to another process."""
        reader = Reader(desk, PAIR, headers={"last-event-id": told[0].id})
        assert await reader.read() == RETRY
        assert await is_quiet(reader)

        exchanges.world.prices["BTC"] += 100
        assert prices(await next_told(reader)) != prices(told[0])
        await leave(reader)

    play(Desk(exchanges), first)
    play(Desk(exchanges), second)


@pytest.mark.parametrize("known", ["0123456789abcdef0123456789abcdef", "0123", "A" * 32, "\u00fc", "a,b", ""])
def test_who_comes_back_with_another_id_is_told_all(exchanges: ExchangeServer, known: str) -> None:
    """Be it of another state, of another service, or nonsense."""

    async def scene(desk: Desk) -> None:
        """Come back."""
        reader = Reader(desk, PAIR, headers={"last-event-id": known})

        assert (await begin(reader)).name == "basis"
        await leave(reader)

    play(Desk(exchanges), scene)


def test_an_id_is_of_one_question(exchanges: ExchangeServer) -> None:
    """Who comes back with fewer futures, or another kind of spot price, has not been told that."""

    async def scene(desk: Desk) -> None:
        """Ask three things, each with the id of the first."""
        reader = Reader(desk, PAIR)
        told = {"last-event-id": (await begin(reader)).id}
        await leave(reader)
        for query in ("exchange=binance&symbols=BTCUSDT", f"{PAIR}&spot_source=last"):
            other = Reader(desk, query, headers=told)
            assert (await begin(other)).name == "basis"
            await leave(other)

    play(Desk(exchanges), scene)


def test_what_can_not_be_had_is_told_once_and_what_is_back_at_once(exchanges: ExchangeServer) -> None:
    """When prices are older than was asked for; then nothing but heartbeats until there are some."""

    async def scene(desk: Desk) -> None:
        """Let the exchange go away for a while."""
        reader = Reader(desk, PAIR)
        first = await begin(reader)
        fault = exchanges.inject(HOST, QUOTES, faults.maintenance())
        began = desk.hands.steady
        gone = await next_told(reader)

        assert fault.fired
        assert desk.hands.steady - began > 10
        assert (gone.name, gone.data["code"]) == ("unavailable", "price_unavailable")
        assert gone.data["symbols"] == ["BTCUSDT", "ETHUSDT"]
        assert gone.data["detail"].startswith("BTCUSDT at binance: ")
        assert gone.data["retry_after"] >= 1
        assert await is_quiet(reader)

        exchanges.clear()
        back = await next_told(reader)
        assert (back.name, back.id, prices(back)) == ("basis", first.id, prices(first))
        await leave(reader)

    play(Desk(exchanges), scene)


def test_one_price_that_can_not_be_had_is_named_and_no_half_is_shown(exchanges: ExchangeServer) -> None:
    """A list with a hole would be read as a whole one."""

    async def scene(desk: Desk) -> None:
        """Tear one mark from its index."""
        reader = Reader(desk, f"{PAIR}&max_age_seconds=3")
        await begin(reader)
        exchanges.inject(HOST, QUOTES, faults.price_times("ETHUSDT", 3, fields=("markPrice",)))

        gone = await next_told(reader)

        assert (gone.data["symbols"], gone.data["code"]) == (["ETHUSDT"], "price_unavailable")
        assert "mark_far_from_index" in gone.data["detail"]
        await leave(reader)

    play(Desk(exchanges), scene)


def test_what_will_never_be_had_says_so(exchanges: ExchangeServer) -> None:
    """An exchange that does not serve the country has no time to ask again."""

    async def scene(desk: Desk) -> None:
        """Be shut out."""
        reader = Reader(desk, PAIR)
        await begin(reader)
        exchanges.inject(HOST, "", faults.geo_blocked())

        assert (await next_told(reader)).data["retry_after"] is None
        await leave(reader)

    play(Desk(exchanges), scene)


def test_who_comes_back_during_a_fault_goes_on_and_who_is_new_is_refused(exchanges: ExchangeServer) -> None:
    """A browser does not come back after a status, so it would never see the prices again; nor is it told twice."""

    async def scene(desk: Desk) -> None:
        """Come with an id, with the id of the fault, and with none."""
        exchanges.inject(HOST, QUOTES, faults.maintenance())
        back = Reader(desk, PAIR, headers={"last-event-id": "0" * 32})
        gone = await begin(back)
        await leave(back)
        again = Reader(desk, PAIR, headers={"last-event-id": gone.id})
        new = Reader(desk, PAIR)

        assert gone.name == "unavailable"
        assert await again.read() == RETRY
        refused = await new.refusal()
        assert (new.status, refused["code"]) == (503, "price_unavailable")
        assert refused["errors"][0]["parameter"] == "symbols"
        assert int(new.head["retry-after"]) >= 1
        exchanges.clear()
        assert (await next_told(again)).name == "basis"
        await leave(again)

    play(Desk(exchanges), scene)


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_future_that_settles_is_told_of_and_the_others_go_on(exchanges: ExchangeServer, is_alone: bool) -> None:
    """The stream ends where there are none; a future whose day has come is not taken for one that can't be had."""
    desk = Desk(exchanges)
    desk.hands.wall = exchanges.world.expiry(0).timestamp() - 5

    async def scene(desk: Desk) -> None:
        """Follow it over its last seconds."""
        symbol = dated(exchanges)
        reader = Reader(desk, f"exchange=binance&symbols={symbol}" + ("" if is_alone else ",BTCUSDT"))
        first = await begin(reader)
        assert first.data["futures"][0]["annualized_basis_rate"] is None
        assert 0 < first.data["futures"][0]["days_to_expiry"] < 1e-3
        gone = await next_told(reader)

        assert (gone.name, gone.data["code"], gone.data["symbols"]) == ("unavailable", "not_listed", [symbol])
        assert gone.data["retry_after"] is None
        assert "settled" in gone.data["detail"]
        if is_alone:
            assert await reader.read() is None
            assert reader.is_whole
        else:
            assert list(prices(await next_told(reader))) == ["BTCUSDT"]
        await leave(reader)

    play(desk, scene)


def test_a_future_that_trades_no_more_is_told_of(exchanges: ExchangeServer) -> None:
    """As soon as the exchange's list, which is asked for once an hour, says so."""

    async def scene(desk: Desk) -> None:
        """Let the list be read anew while the stream is open."""
        await leave_early(desk)
        desk.hands.go(3590)
        reader = Reader(desk, PAIR)
        await begin(reader)
        exchanges.inject(HOST, LISTINGS, Fault(change=lambda reply: halt(reply, "BTCUSDT")))

        gone = await next_told(reader)

        assert (gone.data["code"], gone.data["symbols"]) == ("not_listed", ["BTCUSDT"])
        assert list(prices(await next_told(reader))) == ["ETHUSDT"]
        await leave(reader)

    play(Desk(exchanges), scene)


async def leave_early(desk: Desk) -> None:
    """Open a stream and leave it."""
    reader = Reader(desk, PAIR)
    await begin(reader)
    await leave(reader)


def halt(reply: Any, symbol: str) -> Any:
    """Let an exchange take no orders for a contract."""
    for row in reply["symbols"]:
        row["status"] = "SETTLING" if row["symbol"] == symbol else row["status"]
    return reply


def test_a_stream_ends_by_itself_in_good_order(exchanges: ExchangeServer) -> None:
    """After 15 minutes, so that its reader comes back, perhaps to another process."""

    async def scene(desk: Desk) -> None:
        """Wait for the end."""
        began = desk.hands.steady
        reader = Reader(desk, f"{PAIR}&interval_seconds=60")
        events = [event async for _, event in reader.follow()]

        assert {event.name for event in events[2:]} == {"heartbeat"}
        assert desk.hands.steady - began == LONGEST_SECONDS
        assert reader.is_whole
        await leave(reader)

    play(Desk(exchanges), scene)


def test_a_slow_reader_is_not_written_for_in_advance(exchanges: ExchangeServer) -> None:
    """Nobody looks at the market while it takes nothing, and then it gets what is so by then."""

    async def scene(desk: Desk) -> None:
        """Let prices move three times while it takes nothing."""
        reader = Reader(desk, PAIR)
        await begin(reader)
        reader.takes.clear()
        exchanges.world.prices["BTC"] += 100
        await reader.wait_for(lambda: reader.offered == 3)
        asked = exchanges.count()
        offered = mark(exchanges, "BTCUSDT")
        for _ in range(2):
            exchanges.world.prices["BTC"] += 100
            desk.hands.go(30)

        reader.takes.set()
        told = [await next_told(reader), await next_told(reader)]

        assert [prices(event)["BTCUSDT"] for event in told] == [offered, mark(exchanges, "BTCUSDT")]
        assert exchanges.count() - asked <= 4  # two boards of two calls
        await leave(reader)

    play(Desk(exchanges), scene)


def test_a_reader_that_takes_nothing_is_let_go(exchanges: ExchangeServer) -> None:
    """At the end of the stream's time at the latest, and without a word, for it would not take that either."""

    async def scene(desk: Desk) -> None:
        """Take nothing any more."""
        reader = Reader(desk, PAIR)
        await begin(reader)
        reader.takes.clear()
        exchanges.world.prices["BTC"] += 100
        await reader.wait_for(lambda: reader.offered == 3)
        await desk.time.wake_next()
        await desk.time.wake_next()
        await reader.ended()

        assert not reader.is_whole
        assert (len(desk.streams), desk.time.asleep) == (0, [])

    play(Desk(exchanges), scene)


async def _by_leaving(reader: Reader) -> None:
    reader.leave()
    await reader.ended()


async def _by_the_end_of_the_process(reader: Reader) -> None:
    reader.desk.streams.end()
    await reader.ended()


async def _by_being_cancelled(reader: Reader) -> None:
    reader.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader.ended()


async def _by_a_defect(reader: Reader) -> None:
    reader.desk.state.metrics = Defect()
    reader.desk.server.world.prices["BTC"] += 100
    await reader.wait_for(reader.task.done)
    with pytest.raises(LitestarException):
        await reader.ended()
    reader.desk.state.metrics = reader.desk.metrics


class Defect:
    """Stands in for metrics that fail."""

    def observe_market(self, _: object) -> NoReturn:
        """Fail."""
        raise ZeroDivisionError


End = Callable[[Reader], Awaitable[None]]
ENDS: dict[str, tuple[End, bool]] = {
    "its reader leaves": (_by_leaving, True),
    "the process ends": (_by_the_end_of_the_process, True),
    "it is cancelled": (_by_being_cancelled, False),
    "it fails": (_by_a_defect, False),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_place_is_free_again_whatever_ends_a_stream(exchanges: ExchangeServer, name: str) -> None:
    """Of one place the second reader is refused, and the third has it; nothing of the first runs on."""
    end, is_whole = ENDS[name]

    async def scene(desk: Desk) -> None:
        """End a stream."""
        before = asyncio.all_tasks()
        reader = Reader(desk, PAIR)
        await begin(reader)
        second = Reader(desk, PAIR)
        refused = await second.refusal()

        assert (second.status, refused["code"], second.head["retry-after"]) == (503, "overloaded", "10")
        await end(reader)
        assert (desk.counts, desk.time.asleep, reader.is_whole) == ([1, 0], [], is_whole)
        await asyncio.sleep(0)
        assert {task for task in asyncio.all_tasks() if not task.get_name().startswith("hedge:")} == before
        third = Reader(desk, PAIR)
        assert await third.read() in {RETRY, None}
        third.leave()
        await third.ended()
        assert desk.counts == [1, 0, 1, 0]

    play(Desk(exchanges, most=1), scene)


def test_the_end_of_the_process_is_the_end_of_what_begins_after_it(exchanges: ExchangeServer) -> None:
    """A server may still let requests in that had been on their way."""

    async def scene(desk: Desk) -> None:
        """Come too late."""
        desk.streams.end()
        reader = Reader(desk, PAIR)
        await reader.ended()

        assert (reader.status, reader.is_whole, len(desk.streams)) == (200, True, 0)

    play(Desk(exchanges), scene)


@pytest.mark.parametrize("count", [1, 20])
def test_streams_ask_the_exchange_no_more_than_one_does(exchanges: ExchangeServer, count: int) -> None:
    """Two calls for prices every time that they are no longer fresh, and two at first for what is listed."""

    async def scene(desk: Desk) -> None:
        """Let a minute pass, with one look in three seconds."""
        began = desk.hands.steady
        readers = [Reader(desk, f"{PAIR}&interval_seconds=3") for _ in range(count)]
        while desk.hands.steady < began + 60:
            await desk.time.fall_asleep(2 * count)
            await desk.time.wake_next()
        await desk.time.fall_asleep(2 * count)

        assert exchanges.count(HOST, QUOTES) == 21
        assert exchanges.count(HOST, LISTINGS) == 1
        for reader in readers:
            reader.leave()
            await reader.ended()
        assert desk.counts == [*range(1, count + 1), *reversed(range(count))]

    play(Desk(exchanges), scene)


def test_a_stream_took_as_long_as_its_head(exchanges: ExchangeServer) -> None:
    """How long it was open is not counted among the latencies, where it would drown them."""
    desk = Desk(exchanges)
    seen: list[dict[str, Any]] = []

    def observe(**answer: Any) -> None:
        """Note an answer."""
        seen.append(answer)

    desk.observe = observe

    async def scene(desk: Desk) -> None:
        """Stay for a while."""
        reader = Reader(desk, PAIR)
        await begin(reader)
        assert await is_quiet(reader)
        assert seen == []
        await leave(reader)

    play(desk, scene)

    assert seen == [{"route": PATH, "method": "GET", "status": 200, "problem": None, "seconds": 0.0}]


def test_open_streams_are_counted() -> None:
    """A gauge of its own, the sum over the processes that live."""
    metrics = Metrics()
    metrics.observe_streams(3)

    assert b"\nhedge_streams 3.0\n" in metrics.render()[0]


def test_ages_are_counted_with_each_event(exchanges: ExchangeServer) -> None:
    """As with every answer that shows prices."""

    async def scene(desk: Desk) -> None:
        """Read one event."""
        await leave_early(desk)

        assert b'hedge_price_age_seconds_count{exchange="binance"} 1.0' in desk.metrics.render()[0]

    play(Desk(exchanges), scene)


def test_head_is_the_head_alone(exchanges: ExchangeServer) -> None:
    """With all headers of GET; it holds no place."""

    async def scene(desk: Desk) -> None:
        """Ask for the head."""
        get, head = Reader(desk, PAIR), Reader(desk, PAIR, method="HEAD")
        await begin(get)
        await leave(get)
        await head.ended()

        assert (head.status, list(head.chunks), head.is_whole) == (200, [], True)
        assert head.head.keys() == get.head.keys()
        assert len(desk.streams) == 0

    play(Desk(exchanges), scene)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/event-stream", 200),
        ("text/*", 200),
        ("*/*", 200),
        ("application/json, text/event-stream;q=0.1", 200),
        ("application/json", 406),
        ("text/event-stream;q=0, */*", 406),
    ],
)
def test_who_does_not_take_events_gets_none(ask: Call, accept: str, status: int) -> None:
    """What EventSource sends is fine, and so is nothing at all; JSON is not what there is, for once."""
    answer = ask("HEAD", f"{PATH}?{PAIR}", headers={"accept": accept})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("exchange=binance&symbols=NOPE", "not_listed", "symbols"),
        ("exchange=binance&symbols=BTC", "not_listed", "symbols"),
        ("exchange=binance&symbols=BTCUSD_PERP&spot_source=last", "not_listed", "symbols"),
        ("exchange=median&symbols=BTCUSDT", "invalid_request", "exchange"),
        ("exchange=binance", "invalid_request", "symbols"),
        ("exchange=binance&symbols=" + ",".join(["BTCUSDT"] * 21), "invalid_request", "symbols"),
        (f"{PAIR}&spot_source=mark", "invalid_request", "spot_source"),
        (f"{PAIR}&max_age_seconds=61", "invalid_request", "max_age_seconds"),
        (f"{PAIR}&interval_seconds=0.9", "invalid_request", "interval_seconds"),
        (f"{PAIR}&interval_seconds=Infinity", "invalid_request", "interval_seconds"),
        (f"{PAIR}&min_change=-0.1", "invalid_request", "min_change"),
        (f"{PAIR}&min_change=1", "invalid_request", "min_change"),
        (f"{PAIR}&min_change=1e-3", "invalid_request", "min_change"),
        (f"{PAIR}&every=2", "invalid_request", "every"),
    ],
)
def test_what_can_not_be_followed_is_refused_before_the_stream_begins(
    ask: Call, *, query: str, code: str, parameter: str
) -> None:
    """As a problem like any other, for whoever comes back too."""
    answer = ask("GET", f"{PATH}?{query}", headers={"last-event-id": "0" * 32})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_an_exchange_that_is_off_is_not_followed(exchanges: ExchangeServer) -> None:
    """The operator has switched it off."""
    with service_at(exchanges, HEDGE_EXCHANGES="bybit") as ask:
        refused = ask("GET", f"{PATH}?{PAIR}").json()

    assert (refused["code"], refused["errors"][0]["parameter"]) == ("exchange_off", "exchange")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_operator_may_allow_no_streams(exchanges: ExchangeServer, method: str) -> None:
    """HEDGE_STREAMS is how many each process has open at most."""
    with service_at(exchanges, HEDGE_STREAMS="0") as ask:
        refused = ask(method, f"{PATH}?{PAIR}")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")


def test_callers_are_known_and_counted_as_everywhere(exchanges: ExchangeServer, tmp_path: Path) -> None:
    """A stream is one request of its caller's limit, and takes a key where one is asked for."""
    (tmp_path / "keys").write_text(f"{sha256(b'secret').hexdigest()} bot\n")
    key = {"authorization": "Bearer secret"}

    with service_at(exchanges, HEDGE_API_KEYS_FILE=str(tmp_path / "keys"), HEDGE_LIMIT_PER_KEY="1") as ask:
        answers = [ask("HEAD", f"{PATH}?{PAIR}", headers=headers) for headers in ({}, key, key)]

    assert [answer.status_code for answer in answers] == [401, 200, 429]
    assert answers[1].headers["ratelimit"].startswith('"key";r=0;')
