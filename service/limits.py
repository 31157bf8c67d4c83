"""How often a caller may ask: kept exactly across processes where there is Redis, else by each process for itself."""

from collections.abc import Callable

from service.gcra import MICRO, Pace, Verdict, spend
from service.link import Link, LinkError

# What `gcra.spend` does, by the clock of Redis. A number that no spending can have led to counts as none.
_SPEND = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local used = tonumber(redis.pcall('GET', KEYS[1])) or 0
if not (used <= now + window) then used = 0 end
local start = math.max(used, now)
local finish = start + interval
if finish - now > window then return {0, string.format('%.0f', start - now)} end
redis.call('SET', KEYS[1], string.format('%.0f', finish), 'PX', math.ceil((finish - now) / 1000))
return {1, string.format('%.0f', finish - now)}
"""
MOST_CALLERS = 100_000
"""Callers that a process keeps in mind; beyond that it forgets those whose units are all back."""


class Limiter:
    """One limit for each of many callers."""

    def __init__(self, pace: Pace, link: Link | None, steady: Callable[[], float]) -> None:
        """Make a limit that nobody has used.

        Args:
            pace: what each caller may spend.
            link: where processes count together; None for this one alone.
            steady: seconds on a clock that never jumps.
        """
        self.pace = pace
        self._link = link
        self._steady = steady
        self._used: dict[str, int] = {}

    def __len__(self) -> int:
        """Count the callers that this process keeps in mind."""
        return len(self._used)

    async def spend(self, caller: str) -> Verdict:
        """Count one request of a caller."""
        if self._link is not None:
            interval, window = self.pace.interval, self.pace.interval * self.pace.limit
            try:
                answer = await self._link.run(
                    _SPEND, [f"hedge:limit:{caller}"], interval, window, allowance=self._link.allow()
                )
            except LinkError:
                return self._spend_here(caller)
            return _judge(bool(answer[0]), int(answer[1]), self.pace)
        return self._spend_here(caller)

    def _spend_here(self, caller: str) -> Verdict:
        now = int(self._steady() * MICRO)
        if len(self._used) >= MOST_CALLERS:
            self._used = {name: until for name, until in self._used.items() if until > now}
        self._used[caller], verdict = spend(self._used.get(caller, 0), now, self.pace)
        return verdict


def _judge(is_allowed: bool, used: int, pace: Pace) -> Verdict:
    """Read the answer of Redis: whether the request is allowed, and the microseconds until all units are back."""
    interval, window = pace.interval, pace.interval * pace.limit
    retry_after = 0 if is_allowed else used + interval - window
    return Verdict(is_allowed, (window - used) // interval, retry_after / MICRO, used / MICRO)
