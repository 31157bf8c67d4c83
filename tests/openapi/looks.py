"""Questions made by hand about the market: together they get every kind of answer and every refusal that there is.

Law: nothing here is read from the document, so that what the document leaves out is asked for all the same.
"""

from collections.abc import Iterator

from tests.openapi.asgi import Fault, Sent
from tests.openapi.market import EXCHANGES, WITH_EXPIRIES, futures, spot_prices
from tests.openapi.queries import Query

Key = tuple[str, str]

PRICES: Key = ("GET", "/v1/prices")
CONTRACTS: Key = ("GET", "/v1/contracts")
EXCHANGES_: Key = ("GET", "/v1/exchanges")
STREAM: Key = ("GET", "/v1/basis/stream")
STRESSES: Key = ("GET", "/v1/stresses")
COMPLETE: dict[Key, Query] = {
    PRICES: {"exchange": "binance", "symbols": ["SOL", "BTCUSDT"], "quote": "USDT", "max_age_seconds": 10},
    CONTRACTS: {"underlying": "BTC", "exchange": "bybit", "style": "linear", "expiry": "perpetual"},
    EXCHANGES_: {},
    STRESSES: {"kind": "historical"},
    STREAM: {
        "exchange": "bybit",
        "symbols": ["BTCUSDT", "SOLUSDT"],
        "spot_source": "last",
        "max_age_seconds": 10,
        "interval_seconds": 60,
        "min_change": "0.0001",
    },
}
"""Every parameter there is."""
PLAIN: dict[Key, str] = {
    PRICES: "exchange=bybit&symbols=BTC,BTCUSDT",
    CONTRACTS: "underlying=BTC",
    EXCHANGES_: "",
    STRESSES: "",
    STREAM: "exchange=bybit&symbols=BTCUSDT",
}
"""A query that is answered whenever the exchanges answer."""
_MANY = [f"N{number}" for number in range(51)]

_ASKED: dict[Key, tuple[str, ...]] = {
    PRICES: (
        "exchange=median&symbols=BTC,SOL",
        "exchange=median&symbols=BTC&quote=USDT&max_age_seconds=60",
        "exchange=binance&symbols=BTC&quote=USDC",
        "exchange=binance&symbols=BTC%2CETH,SOL&max_age_seconds=1e1",
        "exchange=binance&symbols=BABYDOGE,1000SHIBUSDT",
        "exchange=binance&symbols=BTC,BTC,BTC",
        "exchange=weex&symbols=BIOUSDT",
        "exchange=mexc&symbols=BTC&max_age_seconds=10.0",
        "exchange=binance&symbols=NOPE",
        "exchange=binance&symbols=BTC,NOPE,NADA",
        "exchange=binance&symbols=XMR",
        "exchange=binance&symbols=EOSUSDT",
        "exchange=median&symbols=NOPE",
        "exchange=median&symbols=BABYDOGE",
        "exchange=median&symbols=BTCUSDT",
        "exchange=median&symbols=BTC&quote=USDC",
        "exchange=binance",
        "symbols=BTC",
        "exchange=bitmex&symbols=BTC",
        "exchange=binance&symbols=btc",
        "exchange=binance&symbols=",
        "exchange=binance&symbols=BTC,",
        "exchange=binance&symbols=BTC&symbols=ETH",
        "exchange=binance&exchange=binance&symbols=BTC",
        "exchange=binance&symbols=BTC%20ETH",
        "exchange=binance&symbols=BTC|ETH",
        "exchange=binance&symbols=BTC&quote=",
        "exchange=binance&symbols=BTC&quote=EUR",
        "exchange=binance&symbols=BTC&max_age_seconds=",
        "exchange=binance&symbols=BTC&max_age_seconds=1.9",
        "exchange=binance&symbols=BTC&max_age_seconds=61",
        "exchange=binance&symbols=BTC&max_age_seconds=ten",
        "exchange=binance&symbols=BTC&max_age_seconds=NaN",
        "exchange=binance&symbols=BTC&max_age_seconds=true",
        "exchange=binance&symbols=BTC&max_age_seconds=%2210%22",
        "exchange=binance&symbols=BTC&max_age=5",
        f"exchange=binance&symbols={','.join(_MANY[:50])}",
        f"exchange=binance&symbols={','.join(_MANY)}",
    ),
    CONTRACTS: (
        "underlying=ETH&style=linear",
        "underlying=ETH&style=inverse",
        "underlying=SHIB&expiry=perpetual",
        "underlying=BTC&expiry=dated",
        "underlying=BTC&expiry=2031-01-01",
        "underlying=NOPE",
        "underlying=BTC&exchange=weex&style=inverse",
        "underlying=BTC&exchange=weex&expiry=dated",
        "underlying=BTC&exchange=mexc&expiry=2031-01-01",
        "",
        "underlying=",
        "underlying=btc",
        "underlying=BTC&underlying=ETH",
        "underlying=BTC&exchange=median",
        "underlying=BTC&style=listed",
        "underlying=BTC&expiry=never",
        "underlying=BTC&expiry=2031-1-1",
        "underlying=BTC&asset=BTC",
    ),
    EXCHANGES_: (),
    STRESSES: ("kind=historical", "kind=synthetic", "kind=", "kind=real", "kind=historical&kind=synthetic"),
    STREAM: (
        "exchange=bybit&symbols=BTCUSDT,SOLUSDT,SHIB1000USDT,BTCUSDT&spot_source=last",
        "exchange=mexc&symbols=BTC_USD&min_change=0&interval_seconds=1",
        "exchange=bingx&symbols=BTC-USD,BTC-USDT",
        "exchange=bybit&symbols=NOPE",
        "exchange=bybit&symbols=BTCUSDT,NOPE",
        "exchange=bybit&symbols=BTC",
        "exchange=mexc&symbols=BTC_USD&spot_source=last",
        "exchange=median&symbols=BTCUSDT",
        "exchange=bybit",
        "symbols=BTCUSDT",
        "exchange=bybit&symbols=",
        "exchange=bybit&symbols=BTCUSDT&symbols=SOLUSDT",
        "exchange=bybit&symbols=BTCUSDT&spot_source=mark",
        "exchange=bybit&symbols=BTCUSDT&min_change=1",
        "exchange=bybit&symbols=BTCUSDT&min_change=-0.1",
        "exchange=bybit&symbols=BTCUSDT&interval_seconds=0.5",
        "exchange=bybit&symbols=BTCUSDT&max_age_seconds=1",
        f"exchange=bybit&symbols={','.join(['BTCUSDT'] * 20)}",
        f"exchange=bybit&symbols={','.join(['BTCUSDT'] * 21)}",
    ),
}
_ALWAYS_WRONG = ("unknown=1", "unknown", "=", "%", "%FF=1", "a%2Fb=1", "a~b=1", f"{'a' * 300}=1", "a=1&a=2")
"""What no operation here knows."""
_BY_THE_WAY: dict[Key, tuple[tuple[Fault, str], ...]] = {
    PRICES: (
        ("off", "exchange=binance&symbols=BTC"),
        ("off", "exchange=median&symbols=BTC"),
        ("off", "exchange=binance"),
        ("outage", "exchange=bybit&symbols=SOL"),
        ("outage", "exchange=bybit&symbols=NOPE,SOL"),
        ("outage", "exchange=median&symbols=BTC"),
        ("outage", "exchange=weex&symbols=BTC"),
        ("outage", "exchange=weex&symbols=btc"),
    ),
    CONTRACTS: (
        ("off", "underlying=BTC&exchange=weex"),
        ("off", "underlying=BTC"),
        ("off", "underlying=BTC&expiry=dated"),
        ("outage", "underlying=BTC"),
        ("outage", "underlying=BTC&exchange=bybit&style=inverse"),
        ("outage", "underlying=BTC&exchange=weex"),
        ("outage", "underlying=BTC&exchange=weex&style=inverse"),
        ("outage", "underlying=BTC&exchange=mexc&expiry=dated"),
    ),
    EXCHANGES_: (("off", ""), ("outage", "")),
    STRESSES: (("off", ""), ("outage", "kind=synthetic")),
    STREAM: (
        ("off", "exchange=bybit&symbols=BTCUSDT"),
        ("outage", "exchange=bybit&symbols=BTCUSDT"),
        ("outage", "exchange=bybit&symbols=NOPE"),
        ("outage", "exchange=weex&symbols=BTCUSDT,SOLUSDT"),
        ("overloaded", "exchange=bybit&symbols=BTCUSDT"),
        ("overloaded", "exchange=bybit&symbols=NOPE"),
    ),
}
_KNOWN = (("last-event-id", "0123456789abcdef0123456789abcdef"),)
"""What one sends who comes back to a stream."""


def looks() -> Iterator[tuple[Key, Sent]]:
    """Give every question made by hand, with the operation that it is for."""
    for key, plain in PLAIN.items():
        for query in (plain, "unknown=1", *_ASKED[key], *(f"{plain}&{wrong}".lstrip("&") for wrong in _ALWAYS_WRONG)):
            yield key, look(key, query)
        for headers in ((("accept", "text/csv"),), (("accept", "application/*"),)):
            yield key, look(key, plain)._replace(headers=headers)
        for tag in ("*", '"another"'):
            yield key, look(key, plain)._replace(headers=(("if-none-match", tag),))
        for fault in ("keyless", "spent", "defect"):
            yield key, look(key, plain, fault)
        yield from ((key, look(key, query, fault)) for fault, query in _BY_THE_WAY[key])
    yield from (pair for exchange in EXCHANGES for pair in _at(exchange))
    yield from ((STREAM, sent) for sent in _come_back())
    yield (
        PRICES,
        look(PRICES, f"exchange=mexc&symbols={','.join([*spot_prices('mexc', 'USDT'), *futures('mexc')][:50])}"),
    )


def look(key: Key, query: str, fault: Fault = "none") -> Sent:
    """Put a query into a request."""
    return Sent(*key, headers=(), query=query.encode(), fault=fault)


def _at(exchange: str) -> Iterator[tuple[Key, Sent]]:
    """Ask for all that an exchange has of one coin."""
    symbols = [future.symbol for future in futures(exchange).values() if future.underlying == "BTC"]
    yield PRICES, look(PRICES, f"exchange={exchange}&symbols=BTC,{','.join(symbols)}")
    yield CONTRACTS, look(CONTRACTS, f"underlying=BTC&exchange={exchange}")
    yield STREAM, look(STREAM, f"exchange={exchange}&symbols={','.join(symbols)}")
    if exchange in WITH_EXPIRIES:
        yield CONTRACTS, look(CONTRACTS, f"underlying=ETH&exchange={exchange}&expiry=dated")


def _come_back() -> Iterator[Sent]:
    """Come back to a stream, also where nothing is to be had now, or ever."""
    plain = look(STREAM, PLAIN[STREAM])
    yield plain._replace(headers=(*_KNOWN, ("accept", "text/event-stream")))
    yield plain._replace(headers=(("last-event-id", "7"),))
    yield look(STREAM, "exchange=bybit&symbols=NOPE")._replace(headers=_KNOWN)
    for exchange in ("bybit", "weex"):
        yield look(STREAM, f"exchange={exchange}&symbols=BTCUSDT", "outage")._replace(headers=_KNOWN)
