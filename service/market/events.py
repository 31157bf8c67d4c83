"""What happens in the market layer, as data: whoever wants to count it passes a callable."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from service.market.source import Exchange, Reason, Segment, Subject

Outcome = Literal["fresh", "stale", "fetched", "shared", "failed"]
"""How a board was had: young enough in the process, served while a newer one is fetched, asked of the exchange, taken
from Redis, or not at all."""
BreakerState = Literal["closed", "half_open", "open"]


class Called(NamedTuple):
    """An exchange was asked."""

    exchange: Exchange
    segment: Segment
    subject: Subject
    outcome: Reason | Literal["ok", "aborted"]


class Read(NamedTuple):
    """A board was asked for."""

    exchange: Exchange
    subject: Subject
    outcome: Outcome


class Rejected(NamedTuple):
    """Values were not believed."""

    exchange: Exchange
    reason: str
    """From the closed sets of `vetting` and `sealing`."""
    times: int


class Stumbled(NamedTuple):
    """A reply led to an error that nobody foresaw: a defect of ours, met by a change of theirs."""

    exchange: Exchange
    subject: Subject
    error: Exception


class StoreFailed(NamedTuple):
    """Redis did not do what it was asked to."""

    error: Literal["timeout", "connection", "refused", "garbage", "paused"]


class BreakerMoved(NamedTuple):
    """A host is spared, tried again or asked freely."""

    exchange: Exchange
    host: str
    state: BreakerState


class Priced(NamedTuple):
    """A looked-up price went into an answer."""

    exchange: str
    age_seconds: float


Event = Called | Read | Rejected | Stumbled | StoreFailed | BreakerMoved | Priced
Observe = Callable[[Event], None]
