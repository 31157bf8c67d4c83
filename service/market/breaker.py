"""Spares a host that said no or does not answer.

Law: while it is open nobody is sent; when its pause is over one board is asked for, and the rest wait for the outcome.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.market.events import BreakerState
from service.market.source import Reason, UpstreamError

PAUSES: dict[Reason, float] = {
    "rate_limited": 10,
    "banned": 120,
    "blocked": 600,
    "geo_blocked": math.inf,
    "maintenance": 30,
}
"""Seconds for which a host is spared at once, unless it names its own."""
MOST_FAILURES = 5
"""Failures of another kind in a row, after which it is spared too."""
SHORT_PAUSE = 5.0


class Breaker:
    """The breaker of one host."""

    def __init__(self, steady: Callable[[], float], moved: Callable[[BreakerState], None]) -> None:
        """Make a closed breaker; `moved` is told of every change."""
        self._steady = steady
        self._moved = moved
        self._failures = 0
        self._open_until: float | None = None
        self._reason: Reason = "network"
        self._prober: str | None = None

    @property
    def state(self) -> BreakerState:
        """What a request would meet now."""
        if self._open_until is None:
            return "closed"
        return "open" if self._steady() < self._open_until else "half_open"

    @property
    def reason(self) -> Reason | None:
        """Why it is not closed."""
        return None if self._open_until is None else self._reason

    @property
    def seconds_left(self) -> float:
        """Seconds until it may be tried again; 0 if it may."""
        return 0 if self._open_until is None else max(0.0, self._open_until - self._steady())

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """Let a request through and learn from how it ends.

        Args:
            name: of what it is part of; the requests of one name try together.

        Raises:
            UpstreamError: with the reason for which the host is spared.
        """
        is_probe = self._admit(name)
        try:
            yield
        except UpstreamError as error:
            self._note_failure(error, is_probe=is_probe)
            raise
        else:
            self._note_success(is_probe=is_probe)
        finally:
            if is_probe:  # also where the request was cancelled, which says nothing about the host
                self._prober = None

    def _admit(self, name: str) -> bool:
        """Refuse, or tell whether the request is the one that tries."""
        if self._open_until is None:
            return False
        if self.seconds_left or self._prober not in {None, name}:
            detail = f"Spared after {self._reason}"
            raise UpstreamError(self._reason, detail, retry_after=max(1.0, self.seconds_left))
        if self._prober is None:
            self._prober = name
            self._moved("half_open")
        return True

    def _note_success(self, *, is_probe: bool) -> None:
        self._failures = 0
        if is_probe and self.state == "half_open":  # one that was sent before the host said no proves nothing
            self._open_until = None
            self._moved("closed")

    def _note_failure(self, error: UpstreamError, *, is_probe: bool) -> None:
        self._failures += error.reason != "budget_spent"  # then the host was not even asked
        pause = PAUSES.get(error.reason, SHORT_PAUSE if is_probe or self._failures >= MOST_FAILURES else 0)
        if not pause:
            return
        own = pause if error.retry_after is None else max(1.0, error.retry_after)
        until = self._steady() + own
        if self._open_until is None or until >= self._open_until:  # the longest pause counts, with its reason
            self._open_until, self._reason = until, error.reason
        self._moved("open")
