"""The generic cell rate algorithm: so many in a window, spread as the caller likes, counted in one number.

Law: all times are whole microseconds, so that a limit is kept exactly.
Source: ITU-T I.371, annex A, the virtual scheduling form.
"""

from typing import NamedTuple

MICRO = 1_000_000


class Pace(NamedTuple):
    """How much is allowed: `limit` units in `seconds`, all of which may come at once."""

    limit: int
    seconds: float

    @property
    def interval(self) -> int:
        """Microseconds that one unit takes to come back, at least 1; rounded up, so that no more come back in time."""
        return max(1, -(-int(self.seconds * MICRO) // self.limit))


class Verdict(NamedTuple):
    """What a limit says to one caller at one time."""

    is_allowed: bool
    remaining: int
    """Units that are left now."""
    retry_after: float
    """Seconds after which the same request is allowed; 0 where it is."""
    reset_after: float
    """Seconds after which all units are back."""


def spend(used_until: int, now: int, pace: Pace, *, cost: int = 1) -> tuple[int, Verdict]:
    """Spend units if there are enough.

    Args:
        used_until: the number that the last call gave, 0 at first.
        now: microseconds on any clock that does not run backwards.
        pace: the limit.
        cost: units, at most `pace.limit`.

    Returns:
        The number to keep, and the verdict.
    """
    interval, window = pace.interval, pace.interval * pace.limit
    start = max(used_until, now)
    end = start + cost * interval
    is_allowed = end - now <= window
    kept = end if is_allowed else start
    retry_after = 0 if is_allowed else end - window - now
    verdict = Verdict(is_allowed, (window - (kept - now)) // interval, retry_after / MICRO, (kept - now) / MICRO)
    return (kept if is_allowed else used_until), verdict
