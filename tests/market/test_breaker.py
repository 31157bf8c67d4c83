"""A host that said no or does not answer is spared, tried by one request, and asked freely again."""

import asyncio
import math
from contextlib import suppress

import pytest

from service.market.breaker import MOST_FAILURES, PAUSES, SHORT_PAUSE, Breaker
from service.market.source import Reason, UpstreamError
from tests.market.hand import Hands


class Watched(Breaker):
    """A breaker with its clock and all that it told."""

    def __init__(self) -> None:
        """Make a closed one."""
        self.hands = Hands()
        self.moves: list[str] = []
        super().__init__(self.hands.clock.steady, self.moves.append)

    def fail(self, reason: Reason = "network", retry_after: float | None = None) -> None:
        """Send a request that ends badly, or is not let through."""
        with suppress(UpstreamError), self.guard("board"):
            raise UpstreamError(reason, "it said no", retry_after=retry_after)

    def succeed(self) -> None:
        """Send a request that ends well."""
        with self.guard("board"):
            pass

    def refusal(self) -> UpstreamError:
        """Give what it refuses a request with."""
        with pytest.raises(UpstreamError) as refusal:
            self.succeed()
        return refusal.value


def test_a_closed_breaker_lets_everything_through() -> None:
    """And says that nothing stands in the way."""
    breaker = Watched()
    breaker.succeed()

    assert (breaker.state, breaker.reason, breaker.seconds_left, breaker.moves) == ("closed", None, 0, [])


@pytest.mark.parametrize(
    ("reason", "retry_after", "pause"),
    [
        *((reason, None, pause) for reason, pause in PAUSES.items() if reason != "geo_blocked"),
        ("rate_limited", 7, 7),
        ("rate_limited", 0, 1),
        ("rate_limited", 0.2, 1),
        ("banned", 3600, 3600),
        ("maintenance", 5, 5),
    ],
)
def test_a_host_that_says_no_is_spared_as_long_as_it_says(
    reason: Reason, retry_after: float | None, pause: float
) -> None:
    """Retry-After is honoured; without it each reason has its pause, and at least a second it is."""
    breaker = Watched()
    breaker.fail(reason, retry_after)

    assert (breaker.state, breaker.reason, breaker.seconds_left) == ("open", reason, pause)
    assert (breaker.refusal().reason, breaker.refusal().retry_after) == (reason, pause)
    breaker.hands.go(pause)
    assert (breaker.state, breaker.seconds_left) == ("half_open", 0)
    assert breaker.moves == ["open"]


def test_a_pause_that_is_nearly_over_is_said_to_be_a_second() -> None:
    """Nobody is told to come back at once."""
    breaker = Watched()
    breaker.fail("rate_limited", 7)
    breaker.hands.go(6.9)

    assert breaker.refusal().retry_after == 1


def test_a_geo_block_is_for_ever() -> None:
    """No time ends it."""
    breaker = Watched()
    breaker.fail("geo_blocked")
    breaker.hands.go(1e9)

    assert (breaker.state, breaker.seconds_left) == ("open", math.inf)
    assert breaker.refusal().retry_after == math.inf


@pytest.mark.parametrize("later", ["rate_limited", "maintenance", "network"])
def test_a_geo_block_stays_one_whatever_ends_later(later: Reason) -> None:
    """Requests that were under way and failed otherwise don't change why the host is spared."""
    breaker = Watched()
    with suppress(UpstreamError), breaker.guard("board"):
        breaker.fail("geo_blocked")
        raise UpstreamError(later, "it was under way")

    assert (breaker.reason, breaker.seconds_left) == ("geo_blocked", math.inf)


@pytest.mark.parametrize("reason", ["network", "timeout", "bad_payload"])
def test_five_other_failures_in_a_row_open_it(reason: Reason) -> None:
    """Four are bad luck; a success between them starts the count anew."""
    breaker = Watched()
    for _ in range(MOST_FAILURES - 1):
        breaker.fail(reason)
    breaker.succeed()
    for _ in range(MOST_FAILURES - 1):
        breaker.fail(reason)
    assert breaker.state == "closed"

    breaker.fail(reason)

    assert (breaker.state, breaker.reason, breaker.seconds_left) == ("open", reason, SHORT_PAUSE)
    assert breaker.moves == ["open"]


def test_a_budget_of_ours_that_is_spent_is_no_failure_of_the_host() -> None:
    """It was not even asked."""
    breaker = Watched()
    for _ in range(MOST_FAILURES):
        breaker.fail("budget_spent", 0.5)

    assert breaker.state == "closed"


def test_one_board_tries_and_the_rest_wait() -> None:
    """While its requests are under way the others are refused; they end well, and all may go."""
    breaker = Watched()
    breaker.fail("rate_limited")
    breaker.hands.go(10)

    with breaker.guard("another"), breaker.guard("another"):
        assert breaker.state == "half_open"
        assert breaker.refusal().reason == "rate_limited"

    assert (breaker.state, breaker.reason) == ("closed", None)
    with breaker.guard("board"), breaker.guard("board"):
        assert breaker.moves == ["open", "half_open", "closed"]


def test_one_request_of_a_board_that_fails_keeps_it_open() -> None:
    """Though another one of the same board ends well after it."""
    breaker = Watched()
    breaker.fail("rate_limited")
    breaker.hands.go(10)

    with breaker.guard("board"):
        breaker.fail("maintenance")

    assert (breaker.state, breaker.reason) == ("open", "maintenance")


def test_a_probe_that_fails_opens_it_again_at_once() -> None:
    """Even by a failure that would not have opened it."""
    breaker = Watched()
    breaker.fail("rate_limited")
    breaker.hands.go(10)
    breaker.fail("timeout")

    assert (breaker.state, breaker.reason, breaker.seconds_left) == ("open", "timeout", SHORT_PAUSE)
    breaker.hands.go(SHORT_PAUSE)
    breaker.succeed()
    assert breaker.moves == ["open", "half_open", "open", "half_open", "closed"]


def test_a_cancelled_probe_leaves_the_trying_to_the_next() -> None:
    """It says nothing about the host."""
    breaker = Watched()
    breaker.fail("rate_limited")
    breaker.hands.go(10)
    with pytest.raises(asyncio.CancelledError), breaker.guard("board"):
        raise asyncio.CancelledError

    breaker.succeed()
    assert breaker.moves == ["open", "half_open", "half_open", "closed"]


def test_a_late_success_does_not_close_it() -> None:
    """A request that was sent before the host said no proves nothing."""
    breaker = Watched()
    with breaker.guard("board"):
        breaker.fail("banned")

    assert (breaker.state, breaker.reason) == ("open", "banned")


def test_a_late_failure_does_not_shorten_the_pause() -> None:
    """The longest of them counts, and so does its reason."""
    breaker = Watched()
    with suppress(UpstreamError), breaker.guard("board"):
        breaker.fail("banned", 3600)
        raise UpstreamError("rate_limited", "it was under way", retry_after=7)

    assert (breaker.reason, breaker.seconds_left) == ("banned", 3600)
