"""The metrics of the exporter itself, which ``/metrics`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from mongoping._version import __version__
from mongoping.formats.prometheus import MEDIA

if TYPE_CHECKING:
    from mongoping.exporter.probes import Outcome, Prober

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class OwnMetrics:
    """Counts probes and requests of one exporter."""

    media = MEDIA

    def __init__(self, prober: Prober) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._probes = Counter(
            "mongoping_exporter_probes",
            "Probes by module and result: ok, warn, fail, or none if it could not run.",
            ["module", "result"],
            registry=registry,
        )
        self._duration = Histogram(
            "mongoping_exporter_probe_duration_seconds",
            "Duration of the probes that ran.",
            ["module"],
            registry=registry,
            buckets=BUCKETS,
        )
        self._joined = Counter(
            "mongoping_exporter_joined_scrapes",
            "Scrapes that got the result of a probe that was already running.",
            registry=registry,
        )
        self._requests = Counter(
            "mongoping_exporter_requests",
            "Requests by path and status code.",
            ["path", "code"],
            registry=registry,
        )
        self.reload_successful = Gauge(
            "mongoping_exporter_config_last_reload_successful",
            "1 if the configuration was read successfully the last time.",
            registry=registry,
        )
        self.reload_successful.set(1)
        running = Gauge("mongoping_exporter_probes_running", "Probes that run.", registry=registry)
        running.set_function(lambda: prober.running)
        targets = Gauge("mongoping_exporter_targets", "Configured targets.", registry=registry)
        targets.set_function(lambda: len(prober.catalog.names))
        build = Gauge(
            "mongoping_exporter_build_info",
            "1, with the version of mongoping.",
            ["version"],
            registry=registry,
        )
        build.labels(__version__).set(1)
        prober.done = self._count
        prober.joined = self._joined.inc

    def _count(self, name: str | None, outcome: Outcome) -> None:
        self._probes.labels(outcome.module, outcome.status or "none").inc()
        if outcome.status is not None:
            self._duration.labels(outcome.module).observe(outcome.seconds)

    def count_request(self, path: str, code: int) -> None:
        """Count an answered request; ``path`` is a route, never what a client wrote."""
        self._requests.labels(path, str(code)).inc()

    def text(self) -> bytes:
        """Return all metrics in the text exposition format."""
        return generate_latest(self._registry)
