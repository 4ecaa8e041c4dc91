"""`watch`: the orchestrator, in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from boxout.cli.console import print_json
from boxout.cli.options import with_home, with_json
from boxout.cli.tables import print_run
from boxout.errors import HELD_BACK
from boxout.pipeline.graph import load_graph
from boxout.pipeline.stopping import heed_signals
from boxout.warehouse.home import find_home

if TYPE_CHECKING:
    from boxout.orchestration.round_report import RoundReport

FAILED = 1


@click.command("watch")
@click.option("--once", is_flag=True, help="Do one round and end.")
@click.option("--standby", is_flag=True, help="Wait for another watcher to end, then take over.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings.  [default: boxout.toml in the project's folder]",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or JSON lines.",
)
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Serve Prometheus metrics.")
@click.option("--metrics-address", default="127.0.0.1", show_default=True, help="Where to listen.")
@with_home
@with_json
def watch_command(
    once: bool,
    standby: bool,
    config: Path | None,
    log_format: str,
    metrics_port: int | None,
    metrics_address: str,
    home: str | None,
    as_json: bool,
) -> None:
    """Watch over the project: ingest what comes, build, train, predict, grade; then sleep.

    Rounds are due at the times of boxout.toml, and whenever a file comes or something else
    changes the project. What fails for a passing reason is tried again. SIGTERM, Ctrl-C and
    `boxout stop watch` end it at the next commit point, with exit code 0; --json prints the
    round of --once.

    \b
    boxout watch
    boxout watch --once --json
    boxout watch --config /etc/boxout.toml --log-format json --metrics-port 9464
    """
    from boxout.orchestration.logs import start_logs
    from boxout.orchestration.metrics import WatchMetrics
    from boxout.orchestration.settings import read_settings
    from boxout.orchestration.watch import Watcher

    project = find_home(home)
    settings = read_settings(project, config)
    start_logs(log_format)
    with heed_signals():
        metrics = WatchMetrics(metrics_port, metrics_address) if metrics_port else None
        watcher = Watcher(project, load_graph(), settings, metrics)
        if not once:
            watcher.watch(standby=standby)
            return
        report = watcher.once()
    if as_json:
        print_json(report)
    else:
        _print_round(report)
    if not report.is_well:
        raise click.exceptions.Exit(FAILED)
    if report.held_back:
        raise click.exceptions.Exit(HELD_BACK)


def _print_round(report: RoundReport) -> None:
    click.echo(f"{len(report.files)} files came")
    if report.tables:
        print_run(report.tables)
    learned = report.learned
    if learned:
        if learned.model_id:
            click.echo(f"trained {learned.model_id}")
        if learned.not_trained:
            click.echo(f"not trained: {learned.not_trained}")
        if learned.predicted:
            click.echo(f"predicted {learned.predicted}")
        if learned.not_predicted:
            click.echo(f"not predicted: {learned.not_predicted}")
        click.echo(f"{learned.graded:,} grades written")
    for path, why in report.refused.items():
        click.echo(f"refused: {path}: {why}")
    for problem in report.problems:
        click.echo(f"failed: {problem}")
