"""What an operator may set, and nothing else: HEDGE_ variables, checked before anything starts."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from service.hedging.units import InvalidWordError, Positive
from service.link import ALLOWANCE_SECONDS, check_url
from service.market.source import EXCHANGES, Exchange

PREFIX = "HEDGE_"


class SettingsError(ValueError):
    """A variable that can't be used; the message is one line for the operator."""


class Exchanges(frozenset[Exchange]):
    """Exchanges that are on, written with commas between them; `none` for none."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the list; raise `InvalidWordError` for an exchange that there is not."""
        names = {name.strip() for name in text.split(",")} - {"none"}
        unknown = sorted(names - {*EXCHANGES})
        if unknown:
            raise InvalidWordError(
                "unknown_exchange", f"{unknown[0]!r} is none of {', '.join(EXCHANGES)}, and not none"
            )
        return cls(name for name in EXCHANGES if name in names)


class Paths(tuple[str, ...]):
    """Paths, written with commas between them; `none` for none."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the list; raise `InvalidWordError` for what is no path."""
        paths = [path.strip() for path in text.split(",") if path.strip() != "none"]
        for path in paths:
            if not path.startswith("/") or path.endswith("/"):
                raise InvalidWordError("not_a_path", f"{path!r} does not begin with / or ends with it")
        return cls(paths)


class RelayUrl(str):
    """Where requests to exchanges go instead."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the URL, without the slash at its end; raise `InvalidWordError` for one that can't be built upon."""
        url = text.rstrip("/")
        try:
            parts = urlsplit(url)
            is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_usable = False
        if not is_usable or not url.isascii() or not url.isprintable() or {"?", "#", " "} & {*url}:
            raise InvalidWordError("not_a_url", f"{text!r} is no base URL such as http://relay:8080/exchanges")
        return cls(url)


class RedisUrl(str):
    """Where Redis is."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the URL; raise `InvalidWordError` for one that names no Redis."""
        try:
            check_url(text)
        except ValueError as error:
            raise InvalidWordError("not_a_redis_url", str(error)) from None
        return cls(text)


class Settings(Struct, frozen=True, kw_only=True):
    """The service's settings; each is the variable of the same name in upper case after HEDGE_."""

    allow_anonymous: bool = False
    """Serve on an address other than loopback although callers need no key."""
    api_keys_file: str | None = None
    """File with a line for each key, as `new-key` writes it; none: callers need no key."""
    body_seconds: Annotated[float, Meta(gt=0, le=60)] = 5.0
    """Time within which a request's body has to arrive."""
    exempt_paths: Paths = Paths(("/health", "/metrics"))
    """Paths, with all below them, that need no key and count for no limit."""
    exchanges: Exchanges = Exchanges(EXCHANGES)
    """Exchanges whose prices may be looked up."""
    limit_per_address: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 6000
    """Requests in `limit_seconds` of one address without a key; 0 for no limit."""
    limit_per_key: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 6000
    """Requests in `limit_seconds` of one key; 0 for no limit."""
    limit_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 60
    """Window of both limits."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level of a log line; refused requests are logged at info, failures at error."""
    max_notional: Positive = Positive("1E12")
    """Largest hedge that is sized, in the quote currency."""
    patience_seconds: Annotated[float, Meta(gt=0, le=30)] = 0.9
    """Time that a request waits for everything that has to be fetched first, prices and past together."""
    redis_seconds: Annotated[float, Meta(ge=0.05, le=10)] = ALLOWANCE_SECONDS
    """Time that a request spends on Redis before it goes on without; below `patience_seconds`."""
    redis_url: RedisUrl | None = None
    """Redis in which processes share what they fetched; none for a cache in each process."""
    streams: Annotated[int, Meta(ge=0, le=100_000)] = 100
    """Streams that each process has open at most; 0 for none."""
    upstream: RelayUrl | None = None
    """Base URL that is asked instead of the exchanges, as {upstream}/{host}{path}: a relay, or a test."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables.

    Raises:
        SettingsError: for an unknown HEDGE_ variable or a value out of range.
    """
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    known = {PREFIX + name.upper(): name for name in Settings.__struct_fields__}
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f"{name} is not a setting{hint}")
    try:
        values = {known[name]: value for name, value in given.items()}
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_parse_word)
    except msgspec.ValidationError as error:
        raise SettingsError(_readable(str(error))) from None
    if settings.redis_url and settings.redis_seconds >= settings.patience_seconds:
        raise SettingsError(
            f"HEDGE_REDIS_SECONDS: {settings.redis_seconds:g} leaves a request no time while Redis hangs;"
            f" HEDGE_PATIENCE_SECONDS is {settings.patience_seconds:g}"
        )
    return settings


def _parse_word(word: Any, value: object) -> Any:
    return word.parse(value)


def _readable(message: str) -> str:
    reason, _, place = message.partition(" - at `$.")
    return f"{PREFIX}{place.rstrip('`').upper()}: {reason.replace('`', '')}"
