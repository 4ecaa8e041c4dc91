"""Prometheus metrics of the watcher, served by its own small HTTP server."""

from __future__ import annotations

from datetime import UTC, datetime

from boxout.errors import UsageError
from boxout.orchestration.round import RoundReport
from boxout.pipeline.status import ProjectStatus


class Metrics:
    """The gauges and counters, and the server on a port.

    Parameters
    ----------
    port, address
        Where to listen.

    Raises
    ------
    UsageError
        When the port cannot be had, or prometheus-client is not installed.
    """

    def __init__(self, port: int, address: str) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
        except ImportError:
            raise UsageError(
                "Metrics need the package prometheus-client.",
                "--metrics-port",
                "Install boxout with its extra: `pip install 'boxout[metrics]'`.",
            ) from None
        registry = CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"boxout_{name}", text, labels, registry=registry)

        self._rounds = Counter(
            "boxout_watch_rounds", "Rounds of the watcher.", ["outcome"], registry=registry
        )
        self._files = Counter("boxout_files_ingested", "Files that came.", registry=registry)
        self._round_at = gauge("watch_round_timestamp_seconds", "When the last round ended.")
        self._next_at = gauge("watch_next_round_timestamp_seconds", "When the next is due.")
        self._round_seconds = gauge("watch_round_seconds", "How long the last round took.")
        self._partitions = gauge("partitions", "Partitions by state.", "table", "state")
        self._coverage = gauge(
            "coverage_ratio", "Share of rows that pass.", "table", "check", "season"
        )
        self._incidents = gauge("open_incidents", "Incidents that are open.")
        self._trained_at = gauge("model_trained_timestamp_seconds", "When it was trained.")
        self._version = gauge("data_version", "The newest version of the lake.")
        try:
            start_http_server(port, addr=address, registry=registry)
        except OSError as error:
            raise UsageError(
                f"The metrics cannot be served: {error.strerror}.",
                f"{address}:{port}",
                "Choose another port with --metrics-port.",
            ) from None

    def after_round(self, report: RoundReport, status: ProjectStatus, at: datetime) -> None:
        """Bring the metrics up to date with a round and with what the project holds now."""
        outcome = "failed" if report.problems else "held_back" if report.held_back else "done"
        self._rounds.labels(outcome).inc()
        self._files.inc(len(report.files))
        self._round_at.set(_epoch(at))
        self._round_seconds.set(report.seconds)
        self._incidents.set(len(status.incidents))
        self._version.set(status.data_version)
        self._partitions.clear()
        for table in status.tables:
            for state, count in table.states.items():
                self._partitions.labels(table.table, state).set(count)
        self._coverage.clear()
        for c in status.coverage:
            labels = (c["table_name"], c["check_name"], c["season"])
            self._coverage.labels(*labels).set(c["good"] / c["total"])
        if status.model:
            self._trained_at.set(_epoch(status.model["trained_at"]))

    def sleeping_until(self, moment: datetime) -> None:
        """Say when the next round is due."""
        self._next_at.set(_epoch(moment))


def _epoch(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()
