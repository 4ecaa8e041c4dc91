"""Prometheus metrics: of a project, read when they are asked for, and of the watcher's rounds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boxout.errors import BoxoutError, UsageError
from boxout.orchestration.round_report import RoundReport
from boxout.pipeline.graph import Graph
from boxout.pipeline.status import ProjectStatus, read_status
from boxout.warehouse.engine import duckdb
from boxout.warehouse.home import Home
from boxout.warehouse.opening import newest_version, open_warehouse

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric
    from prometheus_client.core import GaugeMetricFamily


class ProjectMetrics:
    """The gauges of a project: partitions, coverage, incidents, newest model, data version.

    A collector of prometheus-client. `boxout_up` is 0 while there is nothing to show.

    Parameters
    ----------
    read
        Returns the project as it is to be shown; None where it cannot be read.
    """

    def __init__(self, read: Callable[[], ProjectStatus | None]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        from prometheus_client.core import GaugeMetricFamily

        status = self._read()
        text = "Whether the project could be read."
        up = GaugeMetricFamily("boxout_up", text, value=int(status is not None))
        return [up, *(_families(status) if status else ())]


class NewestStatus:
    """Reads what a project holds, anew only where its data version is another than before.

    Only for a process that has the project open nowhere else: the version is read by another
    copy of SQLite than the engine's, which would undo the engine's file locks.
    """

    def __init__(self, home: Home, graph: Graph) -> None:
        self._home = home
        self._graph = graph
        self._lock = threading.Lock()
        self._status: ProjectStatus | None = None

    def __call__(self) -> ProjectStatus | None:
        """Return the project as it is now; None where it cannot be read."""
        with self._lock:
            try:
                version = newest_version(self._home)
                if self._status is None or version != self._status.data_version:
                    with open_warehouse(self._home) as warehouse, warehouse.one_thread():
                        self._status = read_status(warehouse, self._graph)
            except (BoxoutError, duckdb.Error, OSError):
                self._status = None
            return self._status


def _families(status: ProjectStatus) -> list[GaugeMetricFamily]:
    from prometheus_client.core import GaugeMetricFamily

    partitions = GaugeMetricFamily(
        "boxout_partitions", "Partitions by state.", labels=["table", "state"]
    )
    for table in status.tables:
        for state, count in table.states.items():
            partitions.add_metric([table.table, state], count)
    coverage = GaugeMetricFamily(
        "boxout_coverage_ratio", "Share of rows that pass.", labels=["table", "check", "season"]
    )
    for each in status.coverage:
        labels = [each["table_name"], each["check_name"], each["season"]]
        coverage.add_metric(labels, each["good"] / each["total"])
    single: dict[str, tuple[str, float]] = {
        "boxout_open_incidents": ("Incidents that are open.", len(status.incidents)),
        "boxout_data_version": ("The newest version of the lake.", status.data_version),
    }
    if status.model:
        trained = _epoch(status.model["trained_at"])
        single["boxout_model_trained_timestamp_seconds"] = ("When it was trained.", trained)
    return [
        partitions,
        coverage,
        *(GaugeMetricFamily(name, text, value) for name, (text, value) in single.items()),
    ]


class WatchMetrics:
    """How the rounds of a watcher went, beside its project as it was after the last.

    Parameters
    ----------
    port, address
        Where to listen.

    Raises
    ------
    UsageError
        As `serve_metrics` does.
    """

    def __init__(self, port: int, address: str) -> None:
        self._status: ProjectStatus | None = None
        registry, _ = serve_metrics(lambda: self._status, port, address)
        from prometheus_client import Counter, Gauge

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"boxout_watch_{name}", text, registry=registry)

        self._rounds = Counter(
            "boxout_watch_rounds", "Rounds of the watcher.", ["outcome"], registry=registry
        )
        self._files = Counter("boxout_files_ingested", "Files that came.", registry=registry)
        self._round_at = gauge("round_timestamp_seconds", "When the last round ended.")
        self._next_at = gauge("next_round_timestamp_seconds", "When the next is due.")
        self._round_seconds = gauge("round_seconds", "How long the last round took.")

    def after_round(self, report: RoundReport, status: ProjectStatus | None, at: datetime) -> None:
        """Bring the metrics up to date with a round and with what the project holds now.

        Parameters
        ----------
        status
            None when the project cannot be read.
        """
        self._status = status
        outcome = "held_back" if report.held_back else "done"
        if report.problems or report.is_stopped:
            outcome = "failed" if report.problems else "stopped"
        self._rounds.labels(outcome).inc()
        self._files.inc(len(report.files))
        self._round_at.set(_epoch(at))
        self._round_seconds.set(report.seconds)

    def sleeping_until(self, moment: datetime) -> None:
        """Say when the next round is due."""
        self._next_at.set(_epoch(moment))


def serve_metrics(
    read: Callable[[], ProjectStatus | None], port: int, address: str
) -> tuple[CollectorRegistry, Callable[[], None]]:
    """Serve the metrics of a project over HTTP, at `/metrics`, from a thread of its own.

    Parameters
    ----------
    read
        Returns the project as it is to be shown; None where it cannot be read.
    port, address
        Where to listen.

    Returns
    -------
    registry, close
        What is served, for more to be added to, and what ends the server.

    Raises
    ------
    UsageError
        When the port cannot be had, or prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError:
        raise UsageError(
            "Metrics need the package prometheus-client.",
            "prometheus-client",
            "Install boxout with its extra: `pip install 'boxout[metrics]'`.",
        ) from None
    registry = CollectorRegistry()
    registry.register(ProjectMetrics(read))
    try:
        server, thread = start_http_server(port, addr=address, registry=registry)
    except OSError as error:
        raise UsageError(
            f"The metrics cannot be served: {error.strerror}.",
            f"{address}:{port}",
            "Choose another port or address.",
        ) from None

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return registry, close


def _epoch(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()
