"""What an operator may set, and nothing else: HEDGE_ variables, checked before anything starts."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from service.hedging.units import Positive

PREFIX = "HEDGE_"


class SettingsError(ValueError):
    """A variable that can't be used; the message is one line for the operator."""


class Settings(Struct, frozen=True, kw_only=True):
    """The service's settings; each is the variable of the same name in upper case after HEDGE_."""

    allow_anonymous: bool = False
    """Serve on an address other than loopback although callers need no key."""
    body_seconds: Annotated[float, Meta(gt=0, le=60)] = 5.0
    """Time within which a request's body has to arrive."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level of a log line; refused requests are logged at info, failures at error."""
    max_notional: Positive = Positive("1E12")
    """Largest hedge that is sized, in the quote currency."""


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
        return msgspec.convert(values, Settings, strict=False, dec_hook=_parse_word)
    except msgspec.ValidationError as error:
        raise SettingsError(_readable(str(error))) from None


def _parse_word(_: type[Positive], value: object) -> Positive:
    return Positive.parse(value)


def _readable(message: str) -> str:
    reason, _, place = message.partition(" - at `$.")
    return f"{PREFIX}{place.rstrip('`').upper()}: {reason.replace('`', '')}"
