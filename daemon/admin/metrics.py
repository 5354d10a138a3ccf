"""What this process counts of itself: calls, requests of the API, the store's answers.

Counters are of one process: with several daemons each has its own, and Prometheus adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from platform import python_version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

from shared.about import VERSION
from shared.errors import StoreError

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_CALL_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 100)
"""The Web Connector gives a call up after about 100 seconds."""
_STORE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 45)


class Metrics:
    """The counters of one daemon."""

    def __init__(self) -> None:
        disable_created_metrics()  # nobody asks when a counter was made, and it doubles the lines
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        told = "Calls of the Web Connector, by what became of them."
        self._calls = self._counter("calls", told, "operation", "outcome")
        told = "From the head of a call until its answer was written."
        self._call_seconds = self._histogram("call_seconds", told, _CALL_SECONDS, "operation")
        told = "Requests of the HTTP API, by status."
        self._requests = self._counter("api_requests", told, "status")
        told = "From the head of a request of the HTTP API until its answer was written."
        self._request_seconds = self._histogram("api_request_seconds", told, _CALL_SECONDS)
        told = "From asking the store for a unit of work until it was committed."
        self._store_seconds = self._histogram("store_seconds", told, _STORE_SECONDS)
        told = "Units of work that the store could not do."
        self._store_failures = self._counter("store_failures", told)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"deskbridge_{name}", told, labels, registry=self._registry)

    def _histogram(self, name: str, told: str, buckets: Sequence[float], *labels: str) -> Histogram:
        registry = self._registry
        return Histogram(f"deskbridge_{name}", told, labels, registry=registry, buckets=buckets)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"deskbridge_{name}", told, labels, registry=self._registry)

    def describe(
        self,
        *,
        store: str,
        waiting: Callable[[], int],
        clients: Iterable[tuple[str, Callable[[], int]]],
        certificate_end: Callable[[], datetime | None],
    ) -> None:
        """Tell of what is asked when somebody looks.

        ``store`` is the engine, ``waiting`` how many units of work wait for it, ``clients`` how
        many connections are open where.
        """
        build = self._gauge("build_info", "Which Deskbridge this is.", "version", "python", "store")
        build.labels(VERSION, python_version(), store).set(1)
        units = self._gauge("store_waiting", "Units of work that wait for the store.")
        units.set_function(waiting)
        opened = self._gauge("open_connections", "Open network connections.", "listener")
        for listener, count in clients:
            opened.labels(listener).set_function(count)
        told = "When the first certificate that we serve TLS with runs out; 0 without TLS."
        certificate = self._gauge("certificate_expires_timestamp_seconds", told)
        certificate.set_function(lambda: stamp(certificate_end()))

    def call(self, operation: str, outcome: str, seconds: float) -> None:
        """Count a call of the Web Connector; what is none, such as a page, is ``other``."""
        operation = operation or "other"
        self._calls.labels(operation, outcome).inc()
        self._call_seconds.labels(operation).observe(seconds)

    def request(self, _operation: str, outcome: str, seconds: float) -> None:
        """Count a request of the HTTP API; its outcome is its status."""
        self._requests.labels(outcome).inc()
        self._request_seconds.observe(seconds)

    def unit_done(self, seconds: float, error: BaseException | None) -> None:
        """Count a unit of work of the store; called on the store's threads."""
        self._store_seconds.observe(seconds)
        if isinstance(error, StoreError):
            self._store_failures.inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


def stamp(moment: datetime | None) -> float:
    """A moment as Prometheus has it; 0 for none."""
    return moment.timestamp() if moment else 0.0
