"""The local exchanges over real HTTP: every host under one address, a log of what was asked, and faults on demand."""

import gzip
import json
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import MSG_DONTWAIT, MSG_PEEK, SHUT_RDWR, socket
from typing import Any, NamedTuple, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.market.exchange import binance, bingx, bybit, mexc, weex
from tests.market.exchange.faults import READY, Fault
from tests.market.exchange.wire import Exchange, Query, Reply, Route, Spending
from tests.market.exchange.world import World

EXCHANGES = (binance.EXCHANGE, bybit.EXCHANGE, bingx.EXCHANGE, weex.EXCHANGE, mexc.EXCHANGE)
ENDPOINTS = tuple((host, path) for exchange in EXCHANGES for host in exchange.routes for path in exchange.routes[host])
DEADLINE = 20.0
"""Of a wait for something that must happen, in seconds; it only fails a hang."""
_GLANCE = 0.02
"""Between two looks at whether the client of a hanging request is still there, in seconds."""
_WORTH_PACKING = 512
_HOSTS = {host: exchange for exchange in EXCHANGES for host in exchange.routes}
_NO_HOST = Reply({"error": "no such host here"}, 404)


class Request(NamedTuple):
    """A request as it came."""

    host: str
    path: str
    query: Query
    headers: Query
    """With names in lower case."""
    time: float
    """At the exchanges, in seconds since 1970."""
    used: int
    """The weight that the host counted in its window, with this request."""


class Plan(NamedTuple):
    """What a request is to be answered, and what is to go wrong with that."""

    reply: Reply
    headers: dict[str, str]
    fault: Fault
    """One that does nothing, if all is well."""


class ExchangeServer:
    """All exchanges on a free port of this machine; between entering and leaving it answers."""

    def __init__(self, *, port: int = 0, world: World | None = None) -> None:
        """Take a port, or else any that is free, and a world, or else a new one."""
        self.world = world or World()
        self._port = port
        self._requests: list[Request] = []
        self._faults: list[tuple[str, str, Fault]] = []
        self._spent: dict[tuple[str, int], int] = {}
        self._news = threading.Condition()
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start to answer."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop to answer."""
        self.stop()

    def start(self) -> None:
        """Listen, and answer from a thread."""
        self._http = _Http(self, self._port)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(_GLANCE,), name="exchanges")
        self._thread.start()

    def stop(self) -> None:
        """Close all connections, and leave no thread."""
        if self._http is None or self._thread is None:
            return
        self._http.shutdown()
        self._thread.join()
        self.clear()
        self._http.cut()
        self._http.server_close()
        self._http = self._thread = None

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        assert self._http is not None, "not started"
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, oldest first."""
        with self._news:
            return list(self._requests)

    def count(self, host_prefix: str = "", path_prefix: str = "") -> int:
        """Count the requests so far whose host and path begin so."""
        return sum(_matches(request, host_prefix, path_prefix) for request in self.requests)

    def wait_for(self, count: int, host_prefix: str = "", path_prefix: str = "") -> None:
        """Wait until so many requests have come whose host and path begin so.

        Raises:
            TimeoutError: they did not come.
        """
        with self._news:
            if not self._news.wait_for(
                lambda: sum(_matches(request, host_prefix, path_prefix) for request in self._requests) >= count,
                DEADLINE,
            ):
                raise TimeoutError(count, host_prefix, path_prefix)

    def inject(self, host: str, path_prefix: str, fault: Fault) -> Fault:
        """Let a fault strike what is asked of a host under a path; an empty host is any. Gives the fault back."""
        with self._news:
            self._faults.append((host, path_prefix, fault))
        return fault

    def clear(self) -> None:
        """Take all faults away, and let go what hangs."""
        with self._news:
            faults, self._faults = self._faults, []
        for _, _, fault in faults:
            fault.release()

    def reset(self) -> None:
        """Forget faults, requests and spent limits, and undo what was changed in the world."""
        self.clear()
        self.world.reset()
        with self._news:
            self._requests.clear()
            self._spent.clear()

    def faults(self) -> list[dict[str, Any]]:
        """Tell of each fault where it strikes and how often it did."""
        with self._news:
            return [{"host": host, "path": path, "fired": fault.fired} for host, path, fault in self._faults]

    def plan(self, host: str, path: str, sent: tuple[Query, Query]) -> Plan:
        """Note a request with its query and headers, and decide about the answer."""
        exchange = _HOSTS.get(host)
        if exchange is None:
            self._note(Request(host, path, *sent, self.world.now(), 0))
            return Plan(_NO_HOST, {}, Fault())
        route, query = _route(exchange, host, (path, sent[0]))
        spending = self._spend(exchange, host, 1 if route is None else route.cost(query))
        reply = exchange.unknown_path(self.world, path) if route is None else route.answer(self.world, query)
        plan = self._spoil(host, path, Plan(reply, exchange.headers(spending), Fault()))
        self._note(Request(host, path, *sent, spending.now_ms / 1000, spending.used))  # who waits finds faults counted
        return plan

    def _note(self, request: Request) -> None:
        with self._news:
            self._requests.append(request)
            self._news.notify_all()

    def _spend(self, exchange: Exchange, host: str, weight: int) -> Spending:
        now, window = self.world.now(), exchange.window
        period = int(now // window)
        with self._news:
            used = self._spent[host, period] = self._spent.get((host, period), 0) + weight
        return Spending(used, exchange.limits[host], (period + 1) * window * 1000, int(now * 1000))

    def _spoil(self, host: str, path: str, plan: Plan) -> Plan:
        """Choose the faults that strike, and count them."""
        with self._news:
            waiting = [fault for at, under, fault in self._faults if at in ("", host) and path.startswith(under)]
            waiting = [fault for fault in waiting if fault.waits]
            for fault in waiting:
                plan = _changed(plan, fault)
            whole = next((fault for fault in waiting if fault.change is None), plan.fault)
            whole.fired += 1
        return plan._replace(fault=whole)


def _matches(request: Request, host_prefix: str, path_prefix: str) -> bool:
    return request.host.startswith(host_prefix) and request.path.startswith(path_prefix)


def _route(exchange: Exchange, host: str, asked: tuple[str, Query]) -> tuple[Route | None, Query]:
    """Find the endpoint of a path, and put a symbol that ends the path into the query."""
    path, query = asked
    parent, _, last = path.rpartition("/")
    if parent in exchange.ends_in_symbol and path not in exchange.routes[host]:
        return exchange.routes[host].get(parent), {**query, "symbol": last}
    return exchange.routes[host].get(path), query


def _changed(plan: Plan, fault: Fault) -> Plan:
    if fault.change is None or isinstance(plan.reply.value, bytes):
        return plan
    value = fault.change(deepcopy(plan.reply.value))
    fault.fired += value != plan.reply.value
    return plan._replace(reply=plan.reply._replace(value=value))


class _Http(ThreadingHTTPServer):
    """The sockets: it remembers the open connections, because a client that keeps one alive would keep a thread."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, exchanges: ExchangeServer, port: int) -> None:
        self.exchanges = exchanges
        self._open: set[socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection and close it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """End all connections, so that their threads end."""
        for connection in list(self._open):
            _end(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    """Head and body go out together."""

    def do_GET(self) -> None:
        """Answer as an exchange does, or tell of the log and the faults."""
        parts = urlsplit(self.path)
        if parts.path in _CONTROLS:
            self._control(parts.path, {})
            return
        host, _, path = unquote(parts.path[1:]).partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._carry_out(self._exchanges.plan(host, "/" + path, (query, headers)))

    def do_POST(self) -> None:
        """Do as another process says, which is given and answered in JSON."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._control(urlsplit(self.path).path, json.loads(body or b"{}"))

    @property
    def _exchanges(self) -> ExchangeServer:
        return cast("_Http", self.server).exchanges

    def _control(self, path: str, order: dict[str, Any]) -> None:
        control = _CONTROLS.get(path)
        value = {"error": "no such control"} if control is None else control(self._exchanges, order)
        self._send(Plan(Reply(value, 404 if control is None else 200), {}, Fault()))

    def _carry_out(self, plan: Plan) -> None:
        """Answer, unless a fault says otherwise."""
        fault = plan.fault
        if fault.delay:
            fault.released.wait(fault.delay)
        if fault.drop or (fault.hang and not self._hang(fault)):
            self.close_connection = True
            return
        self._send(plan)

    def _hang(self, fault: Fault) -> bool:
        """Wait until a fault is released or the client is gone, and tell whether there is still one to answer."""
        while not fault.released.wait(_GLANCE):
            if self._is_gone():
                return False
        return True

    def _is_gone(self) -> bool:
        try:
            return not self.connection.recv(1, MSG_PEEK | MSG_DONTWAIT)
        except BlockingIOError:
            return False

    def _send(self, plan: Plan) -> None:
        body, encoding = self._body(plan)
        head = {"Content-Type": plan.reply.media_type} | plan.headers | encoding | dict(plan.fault.headers)
        self.send_response(plan.fault.status or plan.reply.status)
        for name, value in (head | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if plan.fault.truncate == "broken off":
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def _body(self, plan: Plan) -> tuple[bytes, dict[str, str]]:
        """Give the bytes to send, packed if the client takes that, with the header that says so."""
        body = _write(plan.reply.value) if plan.fault.body is None else plan.fault.body
        if plan.fault.truncate == "shorter":
            body = body[: len(body) // 2]
        if len(body) < _WORTH_PACKING or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return body, {}
        return gzip.compress(body, 1), {"Content-Encoding": "gzip"}

    def log_message(self, *_: object) -> None:
        """Say nothing: the log is kept."""


def _write(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _end(connection: socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        connection.shutdown(SHUT_RDWR)


def _control_log(exchanges: ExchangeServer, order: dict[str, Any]) -> Any:
    """Give the requests so far, or only those after so many."""
    return [request._asdict() for request in exchanges.requests[order.get("after", 0) :]]


def _control_fault(exchanges: ExchangeServer, order: dict[str, Any]) -> Any:
    """Inject a ready-made fault, or take all away; tell of all there are."""
    if order.get("clear"):
        exchanges.clear()
    if "name" in order:
        fault = READY[order["name"]](**order.get("arguments", {}))
        exchanges.inject(order.get("host", ""), order.get("path", "/"), fault)
    return exchanges.faults()


def _control_world(exchanges: ExchangeServer, order: dict[str, Any]) -> Any:
    """Set prices, funding rates and the clock; tell of all there are."""
    world = exchanges.world
    world.prices.update({name: Decimal(str(price)) for name, price in order.get("prices", {}).items()})
    world.rates.update({name: Decimal(str(rate)) for name, rate in order.get("rates", {}).items()})
    world.offset = float(order.get("offset", world.offset))
    prices = {name: str(price) for name, price in world.prices.items()}
    return {"prices": prices, "rates": {name: str(rate) for name, rate in world.rates.items()}, "offset": world.offset}


def _control_reset(exchanges: ExchangeServer, _order: dict[str, Any]) -> Any:
    """Forget everything."""
    exchanges.reset()
    return {}


_CONTROLS: dict[str, Callable[[ExchangeServer, dict[str, Any]], Any]] = {
    "/__log": _control_log,
    "/__fault": _control_fault,
    "/__world": _control_world,
    "/__reset": _control_reset,
}
