"""What can go wrong at an exchange, ready to be injected; each fault counts how often it struck."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Cut = Literal["", "broken off", "shorter"]
_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html"}
_PAGE = b"<!DOCTYPE html><html><head><title>%b</title></head><body><h1>%b</h1></body></html>"

MOMENTS = ("time", "timestamp", "closeTime", "openTime", "serverTime")
"""The fields that say when a reply was true, on any exchange."""
PRICES = (
    "price",
    "markPrice",
    "indexPrice",
    "estimatedSettlePrice",
    "lastPrice",
    "bidPrice",
    "askPrice",
    "openPrice",
    "highPrice",
    "lowPrice",
    "prevClosePrice",
    "weightedAvgPrice",
    "bid1Price",
    "ask1Price",
    "usdIndexPrice",
    "prevPrice24h",
    "highPrice24h",
    "lowPrice24h",
    "prevPrice1h",
    "idxPrice",
    "fairPrice",
    "bid1",
    "ask1",
    "lower24Price",
    "high24Price",
)
"""The fields that hold a price, on any exchange."""
CANDLE = ("open", "high", "low", "close", "realOpen", "realHigh", "realLow", "realClose")
"""The fields that hold the prices of a candle, where it has fields; in a list they follow the time."""


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong. What is left out goes on as usual; a change works on the true reply.

    Of several faults that wait for a request, all with a change strike, and the oldest of the others.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hang: bool = False
    """Say nothing until released, then answer as usual; or until the client gives up."""
    drop: bool = False
    """Close the connection without an answer."""
    truncate: Cut = ""
    """Cut the reply in half: broken off before the length that was announced, or complete but shorter."""
    delay: float = 0
    """Seconds before the answer."""
    change: Callable[[Any], Any] | None = None
    """Make another JSON value of the true one; strikes when the two differ."""
    times: int | None = None
    """How often; None: until it is taken away."""
    fired: int = field(default=0, init=False)
    """How often it struck."""
    released: threading.Event = field(default_factory=threading.Event, init=False)

    def release(self) -> None:
        """Let all requests go on that hang now, and all that would."""
        self.released.set()

    @property
    def waits(self) -> bool:
        """Whether it may strike again."""
        return self.times is None or self.fired < self.times


def html(*, times: int | None = None) -> Fault:
    """Send a web page with status 200."""
    return Fault(body=_PAGE % (b"Welcome", b"Welcome"), headers=_HTML, times=times)


def null(*, times: int | None = None) -> Fault:
    """Send the JSON value null."""
    return Fault(body=b"null", times=times)


def empty_list(*, times: int | None = None) -> Fault:
    """Send an empty list."""
    return Fault(body=b"[]", times=times)


def empty_object(*, times: int | None = None) -> Fault:
    """Send an empty object."""
    return Fault(body=b"{}", times=times)


def truncated(*, shorter: bool = False, times: int | None = None) -> Fault:
    """Send half of the true reply: broken off, or as if it were all."""
    return Fault(truncate="shorter" if shorter else "broken off", times=times)


def hang(*, times: int | None = None) -> Fault:
    """Say nothing until released."""
    return Fault(hang=True, times=times)


def drop(*, times: int | None = None) -> Fault:
    """Close the connection without an answer."""
    return Fault(drop=True, times=times)


def slow(seconds: float, *, times: int | None = None) -> Fault:
    """Answer as usual, but later."""
    return Fault(delay=seconds, times=times)


_LIMITED: dict[str, tuple[int, Any, dict[str, str]]] = {
    "binance": (
        429,
        {
            "code": -1003,
            "msg": "Too many requests; current limit is 2400 requests per minute. "
            "Please use the websocket for live updates to avoid polling the API.",
        },
        {"Retry-After": "7"},
    ),
    "bybit": (
        200,
        {
            "retCode": 10006,
            "retMsg": "Too many visits. Exceeded the API Rate Limit.",
            "result": {},
            "retExtInfo": {},
            "time": 1_700_000_000_000,
        },
        {"X-Bapi-Limit-Status": "0"},
    ),
    "bingx": (429, {"code": 100410, "msg": "rate limited"}, {}),
    "weex": (429, {"code": -1003, "msg": "Too many requests."}, {}),
    "mexc": (
        200,
        {"success": False, "code": 510, "message": "Requests are too frequent, please try again later"},
        {},
    ),
}


def rate_limited(exchange: str, *, status: int | None = None, times: int | None = None) -> Fault:
    """Refuse as an exchange does when asked too often; another status may be set where sources disagree."""
    usual, value, headers = _LIMITED[exchange]
    return Fault(status=status or usual, body=_dump(value), headers=_JSON | headers, times=times)


def banned(until_ms: int, *, retry_after: int = 120, times: int | None = None) -> Fault:
    """Refuse as Binance does one that went on after a 429; the end of the ban is in the text."""
    text = (
        f"Way too many requests; IP banned until {until_ms}. Please use the websocket for live updates to avoid bans."
    )
    headers = _JSON | {"Retry-After": str(retry_after)}
    return Fault(status=418, body=_dump({"code": -1003, "msg": text}), headers=headers, times=times)


def geo_blocked(*, times: int | None = None) -> Fault:
    """Refuse as Binance does a country."""
    text = (
        "Service unavailable from a restricted location according to 'b. Eligibility' in "
        "https://www.binance.com/en/terms. Please contact customer service if you believe you received this message "
        "in error."
    )
    return Fault(status=451, body=_dump({"code": 0, "msg": text}), headers=_JSON, times=times)


def forbidden(*, times: int | None = None) -> Fault:
    """Refuse with a web page, as the servers before Bybit's do."""
    return Fault(status=403, body=_PAGE % (b"ERROR", b"403 ERROR"), headers=_HTML, times=times)


def maintenance(*, times: int | None = None) -> Fault:
    """Refuse with a web page, as one that is being mended."""
    page = _PAGE % (b"503 Service Temporarily Unavailable", b"503 Service Temporarily Unavailable")
    return Fault(status=503, body=page, headers=_HTML, times=times)


def price_times(
    symbol: str, factor: float | str, *, fields: tuple[str, ...] = PRICES, times: int | None = None
) -> Fault:
    """Multiply the prices of a symbol."""
    exact = Decimal(str(factor))

    def change(row: dict[str, Any]) -> dict[str, Any]:
        """Change a row if it is of the symbol."""
        if row.get("symbol") != symbol:
            return row
        return {name: _times(value, exact) if name in fields else value for name, value in row.items()}

    return Fault(change=lambda value: _each_object(value, change), times=times)


def candles_times(factor: float | str, *, times: int | None = None) -> Fault:
    """Multiply the prices of all candles of a reply, which does not say whose they are."""
    exact = Decimal(str(factor))
    return Fault(change=lambda value: _each_candle(value, exact), times=times)


def clock_back(seconds: float, *, times: int | None = None) -> Fault:
    """Make the moments of a reply earlier; not when the next funding is, nor an expiry."""
    millis = int(seconds * 1000)

    def change(row: dict[str, Any]) -> dict[str, Any]:
        """Change the moments of one object."""
        return {name: _earlier(value, millis) if name in MOMENTS else value for name, value in row.items()}

    return Fault(change=lambda value: _each_object(value, change), times=times)


def rows_cut(share: float, *, times: int | None = None) -> Fault:
    """Leave out a share of the rows, at the end."""
    return Fault(
        change=lambda value: _with_rows(value, lambda rows: rows[: round(len(rows) * (1 - share))]), times=times
    )


def numbers_quoted(*, times: int | None = None) -> Fault:
    """Send each number as a string, as an exchange does that changes its mind."""
    return Fault(change=_quoted, times=times)


READY: dict[str, Callable[..., Fault]] = {
    make.__name__: make
    for make in (
        html,
        null,
        empty_list,
        empty_object,
        truncated,
        hang,
        drop,
        slow,
        rate_limited,
        banned,
        geo_blocked,
        forbidden,
        maintenance,
        price_times,
        candles_times,
        clock_back,
        rows_cut,
        numbers_quoted,
    )
}
"""The faults by name."""


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _each_object(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change every object in a JSON value, the outer ones first."""
    if isinstance(value, list):
        return [_each_object(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _each_object(item, change) for name, item in change(value).items()}
    return value


def _with_rows(value: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """Change the list that a reply is about, wherever its envelope holds it."""
    if isinstance(value, list):
        return change(value)
    for name in ("result", "data", "symbols", "list", "resultList"):
        if name in value:
            return {**value, name: _with_rows(value[name], change)}
    if isinstance(value.get("time"), list):
        return {name: change(column) for name, column in value.items()}
    return value


def _each_candle(value: Any, factor: Decimal) -> Any:
    """Multiply the prices in the candles of a JSON value, be they lists, objects or columns."""
    if isinstance(value, list):
        return [_candle(item, factor) if isinstance(item, list) else _each_candle(item, factor) for item in value]
    if isinstance(value, dict):
        return {
            name: _price(item, factor) if name in CANDLE else _each_candle(item, factor) for name, item in value.items()
        }
    return value


def _candle(row: list[Any], factor: Decimal) -> list[Any]:
    time, *prices = row[:5]
    return [time, *(_times(price, factor) for price in prices), *row[5:]]


def _price(value: Any, factor: Decimal) -> Any:
    return [_times(price, factor) for price in value] if isinstance(value, list) else _times(value, factor)


def _times(value: Any, factor: Decimal) -> Any:
    if not value:
        return value
    product = Decimal(str(value)) * factor
    return f"{product:f}" if isinstance(value, str) else float(product)


def _earlier(value: Any, millis: int) -> Any:
    if isinstance(value, list):  # a column of candles, each of which has its place
        return value
    return str(int(value) - millis) if isinstance(value, str) else value - millis


def _quoted(value: Any) -> Any:
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    if isinstance(value, dict):
        return {name: _quoted(item) for name, item in value.items()}
    return json.dumps(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
