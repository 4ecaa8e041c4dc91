"""`serve`: the metrics of a project over HTTP, whoever works on it."""

from __future__ import annotations

import time

import click

from boxout.cli.console import notice, print_json
from boxout.cli.options import with_home, with_json
from boxout.pipeline.graph import load_graph
from boxout.pipeline.stopping import heed_signals, signal_received
from boxout.warehouse.home import find_home

POLL_SECONDS = 0.2


@click.command("serve")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=9464, show_default=True, help="To listen on."
)
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@with_home
@with_json
def serve_command(port: int, address: str, home: str | None, as_json: bool) -> None:
    """Serve Prometheus metrics of the project at /metrics: partitions, coverage, incidents, model.

    Each scrape shows the newest data version, whichever process wrote it; `boxout_up` is 0 while
    the project cannot be read. `boxout watch --metrics-port` has these and its own rounds'.
    SIGTERM and Ctrl-C end it; --json prints the address once it listens.

    \b
    boxout serve
    boxout serve --port 9100 --address 0.0.0.0
    """
    from boxout.orchestration.metrics import NewestStatus, serve_metrics

    project = find_home(home)
    with heed_signals():
        _, close = serve_metrics(NewestStatus(project, load_graph()), port, address)
        url = f"http://{address}:{port}/metrics"
        if as_json:
            print_json({"url": url, "home": project.path})
        else:
            notice(f"serving {url} of {project.path}")
        try:
            while not signal_received():
                time.sleep(POLL_SECONDS)
        finally:
            close()
