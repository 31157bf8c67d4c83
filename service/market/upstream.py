"""Asks an exchange over HTTP, within its limits, and says plainly why there is no answer.

Law: whatever can happen to a request ends as the bytes of a 200 answer or as an `UpstreamError` with its reason; a host
that says no is spared for as long as it says.
"""

import asyncio
import math
import zlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Literal

import httpx

from service.gcra import MICRO, Pace, spend
from service.market.breaker import Breaker
from service.market.clock import Clock
from service.market.events import BreakerMoved, Called, Observe
from service.market.source import Adapter, Feed, Get, Reason, UpstreamError

CALL_SECONDS = 8.0
"""Longest time for one call; those who wait for it have less patience."""
LARGEST_REPLY = 16 * 1024 * 1024
"""Bytes of a reply, unpacked."""
SINGLE_SHARE = 5
"""One part in so many of a budget is for boards of single symbols: who asks for many of those, and nobody else, has to
wait then."""
_HEADERS = {"accept-encoding": "gzip", "cache-control": "no-cache", "user-agent": "minihedge"}
_GZIP = 16 + zlib.MAX_WBITS
_AGE_DIGITS = 9
LONGEST_PAUSE = 3 * 86_400.0
"""Longest ban that any of the exchanges gives."""
_BY_STATUS: dict[int, Reason] = {
    403: "blocked",
    418: "banned",
    429: "rate_limited",
    451: "geo_blocked",
    500: "maintenance",
    502: "maintenance",
    503: "maintenance",
    504: "maintenance",
}
_HOME = b"from your country"
"""What a content delivery network writes into the 403 with which it blocks a country."""


class Web:
    """The one HTTP client of a process, opened when it is first needed: its certificates take time and memory."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._client: httpx.AsyncClient | None = None

    def client(self) -> httpx.AsyncClient:
        """Give the client: no redirects, no cookies, no proxies from the environment."""
        if self._client is None:
            limits = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=30)
            jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # behind a relay all exchanges have one name
            self._client = httpx.AsyncClient(limits=limits, timeout=CALL_SECONDS, trust_env=False, cookies=jar)
        return self._client

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()


class Upstream:
    """One exchange, as the service may use it."""

    def __init__(self, adapter: Adapter, web: Web, *, relay: str | None, observe: Observe, clock: Clock) -> None:
        """Make the way to an exchange.

        Args:
            adapter: the exchange.
            web: the HTTP client, shared by all of them.
            relay: base URL that is asked instead, with the host as the first step of the path; None for the exchange.
            observe: is told of every call and of the breakers.
            clock: times of the budget and of the breakers.
        """
        self.adapter = adapter
        self._web = web
        self._relay = relay
        self._observe = observe
        self._clock = clock
        self._spent = dict.fromkeys(adapter.budgets, 0)
        self._spent_on_single = dict.fromkeys(adapter.budgets, 0)
        self.breakers: Mapping[str, Breaker] = {host: self._breaker(host) for host in adapter.budgets}

    def getter(self, feed: Feed) -> Get:
        """Give the function by which a feed asks."""
        return partial(self._get, feed)

    def _breaker(self, host: str) -> Breaker:
        exchange = self.adapter.exchange
        return Breaker(self._clock.steady, lambda state: self._observe(BreakerMoved(exchange, host, state)))

    async def _get(self, feed: Feed, host: str, path: str, /, *, weight: int = 1, **parameters: str) -> bytes:
        outcome: Reason | Literal["ok", "aborted"] = "aborted"
        try:
            self._refuse_blocked()
            with self.breakers[host].guard(feed.key):
                self._spend(feed, host, weight)
                body = await self._exchange(feed, host, path, parameters=parameters)
            outcome = "ok"
        except UpstreamError as error:
            outcome = error.reason
            raise
        finally:
            self._observe(Called(feed.exchange, feed.segment, feed.subject, outcome))
        return body

    def _refuse_blocked(self) -> None:
        """Refuse all hosts of an exchange that one of them does not serve from here."""
        if any(breaker.reason == "geo_blocked" for breaker in self.breakers.values()):
            name = self.adapter.exchange
            raise UpstreamError("geo_blocked", f"{name} does not serve this location", retry_after=math.inf)

    def _spend(self, feed: Feed, host: str, weight: int) -> None:
        """Spend on a board: first of the share of single symbols where it is one, then of the whole budget."""
        now = int(self._clock.steady() * MICRO)
        whole = self.adapter.budgets[host]
        spent, shares = [self._spent], [whole]
        if feed.symbol is not None:
            spent.insert(0, self._spent_on_single)
            shares.insert(0, whole._replace(weight=whole.weight // SINGLE_SHARE))
        for account, share in zip(spent, shares, strict=True):
            account[host], verdict = spend(account[host], now, Pace(share.weight, share.seconds), cost=weight)
            if not verdict.is_allowed:
                detail = f"The budget of {share.weight} per {share.seconds:g} s for {host} is spent"
                raise UpstreamError("budget_spent", detail, retry_after=verdict.retry_after)

    async def _exchange(self, feed: Feed, host: str, path: str, *, parameters: Mapping[str, str]) -> bytes:
        base = f"https://{host}" if self._relay is None else f"{self._relay}/{host}"
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._open(base + path, parameters) as reply,
            ):
                body = await _collect(reply)
                _refuse_kept(feed, reply)
        except (TimeoutError, httpx.TimeoutException):
            raise UpstreamError("timeout", f"{host} did not answer within {CALL_SECONDS:g} s") from None
        except zlib.error:
            raise UpstreamError("bad_payload", f"The reply of {host} can't be unpacked") from None
        except httpx.HTTPError as error:
            raise UpstreamError("network", f"{host} can't be reached ({type(error).__name__})") from None
        refusal = self._refusal(reply, body)
        if refusal is not None:
            raise refusal
        return body

    def _open(self, url: str, parameters: Mapping[str, str]) -> AbstractAsyncContextManager[httpx.Response]:
        return self._web.client().stream("GET", url, params=parameters, headers=_HEADERS)

    def _refusal(self, reply: httpx.Response, body: bytes) -> UpstreamError | None:
        """Read how an exchange says no: in its own words first, else by the status."""
        own = self.adapter.refuse(reply.status_code, body)
        asked = _retry_after(reply.headers.get("retry-after", ""))
        if own is not None:
            own.retry_after = asked if own.retry_after is None else max(own.retry_after, asked or 0)
            return own
        if reply.status_code == 200:
            return None
        reason = _BY_STATUS.get(reply.status_code, "bad_payload")
        if reply.status_code == 403 and _HOME in body:
            reason = "geo_blocked"
        detail = f"{self.adapter.exchange} answered with status {reply.status_code}"
        return UpstreamError(reason, detail, retry_after=math.inf if reason == "geo_blocked" else asked)


async def _collect(reply: httpx.Response) -> bytes:
    """Read a body, unpacked, but no endless one: a few bytes may stand for gigabytes."""
    coding = reply.headers.get("content-encoding", "identity").lower()
    if coding not in {"gzip", "identity"}:
        raise UpstreamError("bad_payload", "The reply is packed in a way that was not asked for")
    unpack = zlib.decompressobj(_GZIP) if coding == "gzip" else None
    body = bytearray()
    async for chunk in reply.aiter_raw():
        body += chunk if unpack is None else unpack.decompress(chunk, LARGEST_REPLY + 1 - len(body))
        if len(body) > LARGEST_REPLY:
            raise UpstreamError("bad_payload", "The reply is too large")
    if unpack is not None and not unpack.eof:
        raise UpstreamError("bad_payload", "The reply ends within its packing")
    return bytes(body)


def _refuse_kept(feed: Feed, reply: httpx.Response) -> None:
    """Refuse prices that some cache on the way has kept for longer than they are fresh."""
    age = reply.headers.get("age", "0")
    if feed.subject == "quotes" and not (
        age.isdecimal() and len(age) <= _AGE_DIGITS and int(age) <= feed.fresh_seconds
    ):
        raise UpstreamError("stale", f"The reply of {feed.exchange} comes out of a cache", retry_after=1.0)


def _retry_after(text: str) -> float | None:
    """Read Retry-After where it is a number of seconds, as the exchanges send it."""
    with suppress(ValueError):
        return float(min(LONGEST_PAUSE, max(0, int(text))))
    return None
