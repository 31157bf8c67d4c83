"""Boards that processes share in Redis: who may fetch, what was fetched, what failed.

Law: one process fetches while the others wait; a board is replaced only by a younger one; a failure is remembered for a
moment, so that nobody repeats it at once. All times are those of Redis.
"""

from contextlib import suppress
from typing import Any, NamedTuple, get_args
from uuid import uuid4

from service.link import Allowance, Link
from service.market.sealing import STAMP_DIGITS, Board, seal
from service.market.source import Feed, Reason, UpstreamError

# A stamp that can't be read, or that lies in the future, is no stamp: damage must not outlive the next write.
_STAMP = f"""
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local stamp = tonumber(redis.pcall('GETRANGE', KEYS[1], 0, {STAMP_DIGITS - 1})) or 0
if not (stamp <= now) then stamp = 0 end
"""
_LONGEST_LOCK_SECONDS, _LONGEST_FAILURE_SECONDS = 6.0, 60.0
# What would keep everybody from fetching for longer than anybody may, was not written by a store.
_MEND = f"""
local function mend(key, longest)
  local left = redis.call('PTTL', key)
  if left == -1 or left > longest then redis.call('DEL', key) end
end
mend(KEYS[2], {_LONGEST_LOCK_SECONDS * 1e3:.0f})
mend(KEYS[3], {_LONGEST_FAILURE_SECONDS * 1e3:.0f})
"""
_RELEASE = "if redis.pcall('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end"
_CLAIM = f"""{_STAMP}{_MEND}
local token, known, fresh, lock, doubted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5] == '1'
local value, claimed = false, false
local failure = redis.pcall('GET', KEYS[3])
if type(failure) ~= 'string' then failure = false end
if stamp > known and not doubted then value = redis.call('GET', KEYS[1]) end
if not failure and (doubted or now - stamp > fresh) then
  {_RELEASE} -- an own lock is of a question that was given up, and that a Redis which hung has read after all
  claimed = redis.call('SET', KEYS[2], token, 'NX', 'PX', lock)
end
return {{string.format('%.0f', now), value, claimed, failure}}
"""
_KEEP = f"""{_STAMP}
local written = true
if stamp < tonumber(ARGV[2]) or ARGV[5] == '1' then written = redis.pcall('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
{_RELEASE}
redis.call('DEL', KEYS[3])
if type(written) == 'table' and written.err then return written end
return 1
"""
_FAIL = f"""
{_RELEASE}
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return 1
"""


class Claim(NamedTuple):
    """What Redis says to a process that needs a board."""

    now: int
    """Time of Redis in microseconds since 1970."""
    value: bytes | None
    """Kept board, where it is younger than the one that the process has."""
    is_ours: bool
    """Whether this process may ask the exchange."""
    failure: UpstreamError | None
    """What went wrong a moment ago, here or elsewhere."""


class Store:
    """The boards in Redis, as one process sees them."""

    def __init__(self, link: Link) -> None:
        """Make the store; the token tells this process's locks from the others'."""
        self._link = link
        self._token = uuid4().hex

    def allow(self) -> Allowance:
        """Give the time that one fetch may spend on Redis."""
        return self._link.allow()

    async def claim(self, feed: Feed, *, known: int, is_doubted: bool, allowance: Allowance) -> Claim:
        """Ask for a board and, where it is not fresh, for the right to fetch it.

        Args:
            feed: names the board.
            known: stamp of the board that the process has, 0 for none.
            is_doubted: whether the kept value was refused, so that it counts as not there.
            allowance: time left for Redis.

        Raises:
            LinkError: if Redis can't be had.
        """
        fresh, lock = int(feed.fresh_seconds * 1e6), int(lock_seconds(feed) * 1e3)
        answer = await self._link.run(
            _CLAIM, _keys(feed), self._token, known, fresh, lock, int(is_doubted), allowance=allowance
        )
        now, value, claimed, failure = answer
        return Claim(int(now), value, bool(claimed), _read_failure(failure))

    async def keep(self, feed: Feed, board: Board, *, is_doubted: bool, allowance: Allowance) -> None:
        """Write a board unless a younger one is there, and give the right to fetch back.

        Raises:
            LinkError: if Redis can't be had.
        """
        longest = int(feed.longest_seconds * 1e3)
        arguments = (self._token, board.stamp, seal(feed, board), longest, int(is_doubted))
        await self._link.run(_KEEP, _keys(feed), *arguments, allowance=allowance)

    async def fail(self, feed: Feed, error: UpstreamError, *, seconds: float, allowance: Allowance) -> None:
        """Leave word of a failure for some seconds, and give the right to fetch back.

        Raises:
            LinkError: if Redis can't be had.
        """
        lasting = min(_LONGEST_FAILURE_SECONDS, max(1e-3, seconds))
        arguments = (self._token, error.reason, int(lasting * 1e3))
        await self._link.run(_FAIL, _keys(feed), *arguments, allowance=allowance)


def lock_seconds(feed: Feed) -> float:
    """Longest time for which one process may keep the others from fetching a board."""
    return min(_LONGEST_LOCK_SECONDS, feed.fresh_seconds)


def _keys(feed: Feed) -> tuple[str, str, str]:
    return feed.key, f"{feed.key}:lock", f"{feed.key}:failure"


def _read_failure(text: Any) -> UpstreamError | None:
    """Read what another process left; what is not one of the reasons is not word of a failure."""
    with suppress(UnicodeDecodeError):
        reason = bytes(text or b"").decode()
        if reason in get_args(Reason):
            return UpstreamError(reason, f"Failed a moment ago ({reason})", retry_after=1.0)  # type: ignore[arg-type]
    return None
