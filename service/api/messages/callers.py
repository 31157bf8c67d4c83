"""Who calls, and how often: before anything else is read of a request, its key and its limit.

Law: every answer outside the exempt paths says what is left of the limit, and who has no valid key gets nothing else.
"""

import ipaddress
import math
from collections.abc import Sequence
from typing import NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from service.api.messages.problems import RefusalError, send_refusal
from service.gcra import Verdict
from service.keys import Key, find_name
from service.limits import Limiter

PUBLIC = ("/docs", "/openapi.json", "/problems")
"""Paths that need no key: what a caller reads before it has one."""
_SUBNET = 64
"""Bits of an IPv6 address that name a household; the rest changes at its will."""


class Policy(NamedTuple):
    """What is asked of callers."""

    keys: Sequence[Key]
    """Keys of which a caller needs one; empty where none is needed."""
    by_key: Limiter | None
    """Limit of each key; None for none."""
    by_address: Limiter | None
    """Limit of each address that brings no valid key; None for none."""
    exempt: Sequence[str]
    """Paths, with all below them, of which nothing is asked."""


def admit(app: ASGIApp, policy: Policy) -> ASGIApp:
    """Wrap an application: only those who may call it reach it."""
    if not policy.keys and policy.by_address is None:
        return app

    async def admitting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or _is_below(scope["path"], policy.exempt):
            await app(scope, receive, send)
            return
        name = find_name(policy.keys, _bearer(scope)) if policy.keys else None
        kind, limiter = ("address", policy.by_address) if name is None else ("key", policy.by_key)
        caller = _address(scope) if name is None else name
        verdict = None if limiter is None else await limiter.spend(f"{kind}:{caller}")
        answer = send if limiter is None or verdict is None else _telling(send, kind, limiter=limiter, verdict=verdict)
        refusal = _refusal(
            verdict, needs_key=bool(policy.keys) and name is None and not _is_below(scope["path"], PUBLIC)
        )
        if refusal is None:
            await app(scope, receive, answer)
        else:
            await send_refusal(scope, answer, refusal)

    return admitting


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)


def _refusal(verdict: Verdict | None, *, needs_key: bool) -> RefusalError | None:
    if verdict is not None and not verdict.is_allowed:
        return RefusalError("too_many_requests", headers={"retry-after": str(math.ceil(verdict.retry_after))})
    if needs_key:
        return RefusalError("unauthorized", headers={"www-authenticate": 'Bearer realm="minihedge"'})
    return None


def _bearer(scope: HTTPScope) -> str:
    """Take the key out of the Authorization header; empty where there is none, or more than one."""
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, secret = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _address(scope: HTTPScope) -> str:
    """Name the peer: its address, or of IPv6 the network that one household has."""
    client = scope.get("client")
    if client is None:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:  # a socket that has no address, or a server that writes it in its own way
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, _SUBNET), strict=False).network_address)


def _telling(send: Send, kind: str, *, limiter: Limiter, verdict: Verdict) -> Send:
    """Add to an answer what is left: RateLimit and RateLimit-Policy, of the IETF draft on rate limit headers."""
    policy = f'"{kind}";q={limiter.pace.limit};w={math.ceil(limiter.pace.seconds)}'.encode()
    left = f'"{kind}";r={verdict.remaining};t={math.ceil(verdict.reset_after)}'.encode()

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"ratelimit-policy", policy), (b"ratelimit", left)]
        await send(message)

    return tell
