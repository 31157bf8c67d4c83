"""Two clocks: one that knows the time of day, one that never jumps."""

import time
from collections.abc import Callable
from typing import NamedTuple

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # both count the time that a machine sleeps


class Clock(NamedTuple):
    """Where time comes from; tests bring their own."""

    wall: Callable[[], float] = time.time
    """Seconds since 1970; may be set while the service runs."""
    steady: Callable[[], float] = lambda: time.clock_gettime(_STEADY)
    """Seconds since some moment; only moves on."""
