"""What Prometheus is told: counters, histograms, and the hooks that feed them.

Law: labels come from closed sets (route templates, methods, statuses, codes of ours), never from what a client sent.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service import __version__
from service.hedging.sizing import Sizing
from service.market.events import (
    BreakerMoved,
    BreakerState,
    Called,
    Event,
    Priced,
    Read,
    Rejected,
    StoreFailed,
    Stumbled,
)

_STATES: dict[BreakerState, int] = {"closed": 0, "half_open": 1, "open": 2}
_AGES = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60)
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The service's metrics, in a registry of their own."""

    def __init__(self, shared_directory: str | None = None) -> None:
        """Make the metrics.

        Args:
            shared_directory: where the worker processes keep their counts together; None for a single process.
        """
        self._shared_directory = shared_directory
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hedge_http_requests_total",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._latency = Histogram(
            "hedge_http_request_duration_seconds",
            "Time from the request's head to the last byte of the answer; of a stream, to the answer's head.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._problems = Counter(
            "hedge_problems_total", "Requests answered with a problem, by its code.", ("code",), registry=self._registry
        )
        self._candidates = Counter(
            "hedge_sizing_candidates_total",
            "Candidates shown by sizing answers.",
            ("rounding", "status"),
            registry=self._registry,
        )
        self._upstream = Counter(
            "hedge_upstream_calls_total",
            "Calls to exchanges.",
            ("exchange", "segment", "subject", "outcome"),
            registry=self._registry,
        )
        self._reads = Counter(
            "hedge_board_reads_total",
            "Boards asked for, by how they were had.",
            ("exchange", "subject", "outcome"),
            registry=self._registry,
        )
        self._rejected = Counter(
            "hedge_rejected_values_total",
            "Values of exchanges or of Redis that were not believed.",
            ("exchange", "reason"),
            registry=self._registry,
        )
        self._redis_errors = Counter(
            "hedge_redis_errors_total", "Questions that Redis did not answer.", ("error",), registry=self._registry
        )
        self._breakers = Gauge(
            "hedge_breaker_state",
            "State of the breaker of a host: 0 closed, 1 half open, 2 open.",
            ("exchange", "host"),
            registry=self._registry,
            multiprocess_mode="max",
        )
        self._ages = Histogram(
            "hedge_price_age_seconds",
            "Age of the oldest looked-up price of a source in an answer.",
            ("exchange",),
            buckets=_AGES,
            registry=self._registry,
        )
        self._streams = Gauge(
            "hedge_streams", "Streams that are open now.", registry=self._registry, multiprocess_mode="livesum"
        )
        # Finding a child by its labels costs more than counting, so it is found once; the labels are closed sets.
        self._requests_of = cache(self._requests.labels)
        self._latency_of = cache(self._latency.labels)
        self._candidates_of = cache(self._candidates.labels)
        self._reads_of = cache(self._reads.labels)
        self._ages_of = cache(self._ages.labels)
        self._market: dict[type, Callable[[Any], None]] = {
            Called: lambda event: self._upstream.labels(*event).inc(),
            Read: lambda event: self._reads_of(*event).inc(),
            Rejected: lambda event: self._rejected.labels(event.exchange, event.reason).inc(event.times),
            Stumbled: lambda event: self._rejected.labels(event.exchange, "unforeseen").inc(),
            StoreFailed: lambda event: self._redis_errors.labels(event.error).inc(),
            BreakerMoved: lambda event: self._breakers.labels(event.exchange, event.host).set(_STATES[event.state]),
            Priced: lambda event: self._ages_of(event.exchange).observe(event.age_seconds),
        }
        build = Gauge(
            "hedge_build_info",
            "Always 1; the version is the label.",
            ("version",),
            registry=self._registry,
            multiprocess_mode="max",
        )
        build.labels(__version__).set(1)

    def observe_request(self, *, route: str, method: str, status: int, problem: str | None, seconds: float) -> None:
        """Count an answer; `problem` is the code of a refusal."""
        self._requests_of(route, method, status).inc()
        self._latency_of(route).observe(seconds)
        if problem is not None:
            self._problems.labels(problem).inc()

    def observe_sizing(self, sizing: Sizing) -> None:
        """Count the candidates of an answer."""
        for candidate in sizing.candidates:
            self._candidates_of(candidate.rounding, candidate.status).inc()

    def observe_streams(self, count: int) -> None:
        """Take note of how many streams are open."""
        self._streams.set(count)

    def observe_market(self, event: Event) -> None:
        """Count what happened in the market layer."""
        self._market[type(event)](event)

    def render(self) -> tuple[bytes, str]:
        """Write all metrics, of all workers, as plain text, with its content type."""
        registry = self._registry
        if self._shared_directory is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=self._shared_directory)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
