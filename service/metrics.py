"""What Prometheus is told: counters, histograms, and the hooks that feed them.

Law: labels come from closed sets (route templates, methods, statuses, codes of ours), never from what a client sent.
"""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service import __version__
from service.hedging.sizing import Sizing

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
            "Time from the request's head to the last byte of the answer.",
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
        # Finding a child by its labels costs more than counting, so it is found once; the labels are closed sets.
        self._requests_of = cache(self._requests.labels)
        self._latency_of = cache(self._latency.labels)
        self._candidates_of = cache(self._candidates.labels)
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

    def render(self) -> tuple[bytes, str]:
        """Write all metrics, of all workers, as plain text, with its content type."""
        registry = self._registry
        if self._shared_directory is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=self._shared_directory)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
