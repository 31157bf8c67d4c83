"""What ccxt and our adapters make of the same replies, each in the words of our own records.

Law: both ask the local exchanges, at one standing moment, and nobody else; what is not said is None.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any, Literal, NamedTuple, get_args

import httpx

from service.market import binance, bingx, bybit, mexc, weex
from service.market.source import (
    DAY_MS,
    HISTORY_DAYS,
    Adapter,
    Candles,
    Fundings,
    Get,
    Listing,
    Quote,
    Segment,
    Tier,
    Tiers,
)
from tests.market.exchange import ExchangeServer, World

MOMENT = datetime(2030, 3, 5, 9, 20, tzinfo=UTC)
"""When both ask: the clock of the exchanges stands still, so that two replies to one question are the same bytes."""
ADAPTERS = (binance.ADAPTER, bybit.ADAPTER, bingx.ADAPTER, weex.ADAPTER, mexc.ADAPTER)
TERMS = (
    "segment",
    "quote",
    "expiry_ms",
    "is_trading",
    "lot_step",
    "min_quantity",
    "max_quantity",
    "max_market_quantity",
    "min_notional",
    "tick_size",
    "max_leverage",
    "maker_fee_rate",
    "taker_fee_rate",
)
"""Fields of a listing that are compared as they are."""
PRICES = {
    "last": ("last", "price"),
    "mark": ("markPrice",),
    "index": ("indexPrice",),
    "bid": ("bid",),
    "ask": ("ask",),
    "funding_rate": ("nextFundingRate", "fundingRate"),
    "next_funding_ms": ("nextFundingTimestamp", "fundingTimestamp"),
    "funding_interval_hours": ("interval",),
}
"""Fields of a quote with their names in ccxt, where the funding to come is "next" beside a funding that was."""
PAST = ("closes", "payments")
"""Fields of the past, each a tuple of times and numbers."""
PAST_OF = "BTC"
"""Whose past is compared: everything else is read by the same lines, and the replies are long."""
UNCOMPARED = {
    ("bingx", "inverse", "payments"): "BingX does not tell it.",
    ("bingx", "spot", "closes"): "ccxt asks an older endpoint than we do.",
}
"""Parts of the past that neither side is asked for, by exchange and segment, and why."""
NEWEST_DAYS = 100
"""Of the closes, those that both sides have: how far back they go depends on the page that each asks for."""
MOST_PAYMENTS = {"binance": 1000, "bybit": 200, "bingx": 1000, "weex": 1000, "mexc": 1000}
"""How many payments ccxt is to ask for."""
FIELDS = ("base", "multiplier", "tiers", *TERMS, *PRICES, *PAST)

Facts = Mapping[str, Any]
"""What one side says of one symbol, by field."""
Said = dict["Name", Facts]
Kind = Literal["future", "spot"]
Watch = Callable[[str], None]
"""Is told of each URL before it is asked."""


class Name(NamedTuple):
    """A symbol; some exchanges call a future and a pair the same."""

    exchange: str
    kind: Kind
    symbol: str


class Call(NamedTuple):
    """A method of ccxt, and what it is about."""

    method: str
    kind: Kind
    about: Mapping[str, str]


class Client(NamedTuple):
    """A class of ccxt and what it is asked; of two calls that tell the same thing, the first counts."""

    name: str
    exchange: str
    calls: Sequence[Call]
    types: Sequence[str] = ()
    """Of markets to load, where it would load others too."""
    by_symbol: Sequence[str] = ()
    """Methods that take one future at a time."""


class Answer(NamedTuple):
    """What a call gave, by ccxt's own symbols."""

    kind: Kind
    rows: Mapping[str, Any]


class Comparison(NamedTuple):
    """What both sides said, and whom they asked."""

    ours: Said
    theirs: Said
    asked: Sequence[str]
    """URLs that were asked, or tried."""
    seen: int
    """Requests that arrived at the local exchanges."""
    url: str
    """Of the local exchanges."""


def _calls(subjects: str, kind: Kind, *about: Mapping[str, str]) -> tuple[Call, ...]:
    return tuple(Call(f"fetch_{subject}", kind, one) for subject, one in product(subjects.split(), about))


_SPOT = {"type": "spot"}
_LINEAR, _INVERSE = {"type": "swap", "subType": "linear"}, {"type": "swap", "subType": "inverse"}
_BINANCE = _calls("tickers bids_asks mark_prices funding_rates funding_intervals", "future", {})
_TICKERS = _calls("tickers", "spot", _SPOT)
_CLIENTS = (
    Client("binanceusdm", "binance", _BINANCE),
    Client("binancecoinm", "binance", _BINANCE),
    Client("binance", "binance", _calls("last_prices bids_asks", "spot", _SPOT), types=("spot",)),
    Client(
        "bybit",
        "bybit",
        (*_calls("tickers funding_rates leverage_tiers", "future", _LINEAR, _INVERSE), *_TICKERS),
        types=("spot", "linear", "inverse"),
    ),
    Client("bingx", "bingx", (*_calls("tickers funding_rates", "future", _LINEAR, _INVERSE), *_TICKERS)),
    # The ticker comes first: the prices that WEEX has beside its funding are a minute old.
    Client("weex", "weex", (*_calls("tickers bids_asks funding_rates", "future", _LINEAR), *_TICKERS)),
    Client(
        "mexc",
        "mexc",
        (*_calls("tickers leverage_tiers", "future", _LINEAR), *_TICKERS),
        by_symbol=("fetch_funding_rate",),
    ),
)


async def ask_both(ccxt: Any, aiohttp: Any) -> Comparison:
    """Ask both sides for all they know.

    Args:
        ccxt: the module with its asynchronous classes.
        aiohttp: the module with which they ask.
    """
    asked: list[str] = []
    with ExchangeServer(world=World(clock=MOMENT.timestamp)) as server:
        watch = partial(_watch, asked, server.url)
        ours = await _ask_ours(server.url, watch)
        async with _session(aiohttp, watch) as session:
            theirs = await _ask_theirs(ccxt, session, server.url)
        return Comparison(ours, theirs, asked, len(server.requests), server.url)


def _watch(asked: list[str], url: str, to: str) -> None:
    asked.append(to)
    if not to.startswith(url + "/"):
        raise ConnectionRefusedError(to)


async def _ask_ours(url: str, watch: Watch) -> Said:
    async with httpx.AsyncClient(trust_env=False) as client:
        get: Get = partial(_get, client, watch, url)
        return {name: facts for adapter in ADAPTERS async for name, facts in _read(adapter, get)}


async def _get(client: httpx.AsyncClient, watch: Watch, *to: str, weight: int = 1, **parameters: str) -> bytes:
    """Ask without a budget: `weight` is not counted."""
    del weight
    url = "/".join(to[:2]) + to[2]
    watch(url)
    return (await client.get(url, params=parameters)).content


async def _read(adapter: Adapter, get: Get) -> AsyncIterator[tuple[Name, Facts]]:
    """Tell what an adapter knows of each of its listings."""
    boards = {(feed.segment, feed.subject): await feed.fetch(get) for feed in adapter.feeds}
    quotes = {
        (segment, row.symbol): row for (segment, _), rows in boards.items() for row in rows if isinstance(row, Quote)
    }
    listings = [row for rows in boards.values() for row in rows if isinstance(row, Listing)]
    pairs = {listing.symbol for listing in listings if listing.segment == "spot"}
    for listing in listings:
        tiers = await _tiers(adapter, listing, get)
        facts = _ours(listing, quotes.get((listing.segment, listing.symbol)), tiers)
        past = await _our_past(adapter, listing, get)
        kind: Kind = "spot" if listing.segment == "spot" else "future"
        yield Name(adapter.exchange, kind, listing.symbol), {**facts, **past, "has_twin": listing.symbol in pairs}


async def _tiers(adapter: Adapter, listing: Listing, get: Get) -> Sequence[Tier] | None:
    if adapter.tiers_of is None or listing.segment == "spot":
        return listing.tiers
    rows = await adapter.tiers_of(listing).fetch(get)
    return next(row.tiers for row in rows if isinstance(row, Tiers))


async def _our_past(adapter: Adapter, listing: Listing, get: Get) -> Facts:
    """Tell the closes, with that of the day under way, and the funding that was paid."""
    past: dict[str, Any] = dict.fromkeys(PAST)
    if _is_compared(adapter.exchange, listing, "closes") and adapter.candles_of is not None:
        (row,) = await adapter.candles_of(listing).fetch(get)
        past["closes"] = row.closes[-NEWEST_DAYS:] if isinstance(row, Candles) else None
    if _is_compared(adapter.exchange, listing, "payments") and adapter.fundings_of is not None:
        (row,) = await adapter.fundings_of(listing).fetch(get)
        past["payments"] = row.payments if isinstance(row, Fundings) else None
    return past


def _is_compared(exchange: str, listing: Listing, part: str) -> bool:
    is_there = part == "closes" or (listing.segment != "spot" and listing.expiry_ms is None)
    return is_there and listing.base == PAST_OF and (exchange, listing.segment, part) not in UNCOMPARED


def _ours(listing: Listing, quote: Quote | None, tiers: Sequence[Tier] | None) -> Facts:
    """Give what we say, and what a known disagreement may depend on."""
    facts = {field: getattr(listing, field) for field in (*TERMS, "symbol", "funding_cap")}
    prices = {field: getattr(quote, field, None) for field in PRICES}
    interval = prices["funding_interval_hours"] or listing.funding_interval_hours
    multiplier = None if listing.segment == "spot" else listing.multiplier
    derived = {"base": _spellings(listing), "multiplier": multiplier, "funding_interval_hours": interval}
    return {**facts, **prices, **derived, "tiers": tiers}


def _spellings(listing: Listing) -> frozenset[str]:
    """Give the names that an exchange may have for a base asset with its scale."""
    if listing.units == 1:
        return frozenset({listing.base})
    whole, millions = f"{listing.units:f}", f"{listing.units / 1_000_000:f}M"
    return frozenset({whole + listing.base, listing.base + whole, millions + listing.base})


def _session(aiohttp: Any, watch: Watch) -> Any:
    async def note(_session: object, _context: object, sent: Any) -> None:
        watch(str(sent.url))

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(note)
    return aiohttp.ClientSession(trace_configs=[trace])


async def _ask_theirs(ccxt: Any, session: Any, url: str) -> Said:
    said: Said = {}
    for client in _CLIENTS:
        exchange = getattr(ccxt, client.name)(_settings(session, client))
        exchange.has["fetchCurrencies"] = False
        exchange.urls["api"] = _moved(exchange.urls["api"], exchange.hostname or "", url)
        async with exchange:
            said |= await _load(exchange, client)
    return said


def _settings(session: Any, client: Client) -> dict[str, Any]:
    return {
        "session": session,
        "verify": False,  # nothing is encrypted here, and certificates take time to read
        "enableRateLimit": False,
        "timeout_on_exit": 0,  # what it would wait for is the session's business
        "options": {"fetchMarkets": {"types": list(client.types)}} if client.types else {},
    }


def _moved(urls: Any, hostname: str, url: str) -> Any:
    """Put the address of the local exchanges before every host."""
    if isinstance(urls, dict):
        return {name: _moved(inner, hostname, url) for name, inner in urls.items()}
    return urls.replace("{hostname}", hostname).replace("https://", url + "/")


async def _load(exchange: Any, client: Client) -> Said:
    """Ask one class of ccxt."""
    markets = (await exchange.load_markets()).values()
    answers = [Answer(kind, await getattr(exchange, method)(params=about)) for method, kind, about in client.calls]
    for method, market in product(client.by_symbol, markets):
        if _kind(market) == "future":
            symbol = market["symbol"]
            answers.append(Answer("future", {symbol: await getattr(exchange, method)(symbol)}))
    return {
        Name(client.exchange, _kind(market), market["id"]): {
            **_theirs(market, answers),
            **await _their_past(exchange, market, client.exchange),
        }
        for market in markets
    }


async def _their_past(exchange: Any, market: Mapping[str, Any], name: str) -> Facts:
    """Ask for the past of one market; ccxt names a day by its beginning."""
    past: dict[str, Any] = dict.fromkeys(PAST)
    segment = _first(segment for segment in get_args(Segment) if market[segment])
    wanted = {part for part in PAST if market["base"] == PAST_OF and (name, segment, part) not in UNCOMPARED}
    if "closes" in wanted:
        rows = await exchange.fetch_ohlcv(market["symbol"], "1d", limit=HISTORY_DAYS)
        past["closes"] = tuple((row[0] + DAY_MS, row[4]) for row in rows[-NEWEST_DAYS:])
    if "payments" in wanted and market["swap"]:
        rows = await exchange.fetch_funding_rate_history(market["symbol"], limit=MOST_PAYMENTS[name])
        past["payments"] = tuple((row["timestamp"], row["fundingRate"]) for row in rows)
    return past


def _kind(market: Mapping[str, Any]) -> Kind:
    return "future" if market["contract"] else "spot"


def _theirs(market: Mapping[str, Any], answers: Iterable[Answer]) -> Facts:
    kind, symbol = _kind(market), market["symbol"]
    rows = [answer.rows[symbol] for answer in answers if answer.kind == kind and symbol in answer.rows]
    tickers = [row for row in rows if isinstance(row, dict)]
    prices = {field: _first(row.get(name) for row in tickers for name in names) for field, names in PRICES.items()}
    interval = prices["funding_interval_hours"]
    return {
        **_terms(market),
        **prices,
        "funding_interval_hours": interval and int(interval.removesuffix("h")),
        "tiers": _first(_steps(row) for row in rows if isinstance(row, list)),
    }


def _terms(market: Mapping[str, Any]) -> Facts:
    limits, precision = market["limits"], market["precision"]
    return {
        "segment": _first(segment for segment in get_args(Segment) if market[segment]),
        "base": market["base"],
        "quote": market["quote"],
        "expiry_ms": market["expiry"],
        "multiplier": market["contractSize"],
        "is_trading": market["active"],
        "lot_step": precision["amount"],
        "min_quantity": limits["amount"]["min"],
        "max_quantity": limits["amount"]["max"],
        "max_market_quantity": limits.get("market", {}).get("max"),
        "min_notional": limits["cost"]["min"],
        "tick_size": precision["price"],
        "max_leverage": limits["leverage"]["max"],
        "maker_fee_rate": market["maker"],
        "taker_fee_rate": market["taker"],
    }


def _steps(tiers: Iterable[Mapping[str, Any]]) -> Sequence[Any]:
    return tuple((tier["minNotional"], tier["maintenanceMarginRate"]) for tier in tiers)


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)
