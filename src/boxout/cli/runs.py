"""`runs` and `stop`: what is at work on a project, and how it is ended."""

from __future__ import annotations

import click

from boxout.cli.console import print_json, print_table
from boxout.cli.options import with_home, with_json
from boxout.errors import UsageError
from boxout.pipeline.authors import user_name
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import ask_to_stop, bury, read_life_signs
from boxout.pipeline.record_watcher import note_watcher
from boxout.pipeline.run_views import RunView, active_runs, past_runs, span
from boxout.pipeline.runs import close_dead_runs
from boxout.pipeline.watching import WATCHER
from boxout.warehouse.home import Home, find_home
from boxout.warehouse.opening import open_warehouse


@click.command("runs")
@click.option("--all", "show_all", is_flag=True, help="Past runs, too, newest first.")
@with_home
@with_json
def runs_command(show_all: bool, home: str | None, as_json: bool) -> None:
    """List the runs at work, with progress, rate, ETA, process and heartbeat.

    A run whose process is gone is recorded as died by whoever looks first. ETAs assume that the
    tables to come have as many dates due as the one in work.

    \b
    boxout runs
    boxout runs --all --json
    """
    with open_warehouse(find_home(home)) as warehouse, warehouse.one_thread():
        create_ledger(warehouse)
        died = close_dead_runs(warehouse)
        note_watcher(warehouse)
        active = active_runs(warehouse.home)
        past = past_runs(warehouse) if show_all or died else ()
    shown = past if show_all else tuple(run for run in past if run.run_id in died)
    if as_json:
        print_json({"active": active, "past": shown})
        return
    if active:
        print_active(active)
    else:
        click.echo("no run is at work" + ("" if show_all else "; --all lists past ones"))
    if shown:
        click.echo("\npast runs" if show_all else "\nfound dead, and recorded")
        print_past(shown)


def print_active(runs: tuple[RunView, ...]) -> None:
    """Print the runs at work."""
    print_table(
        ["run", "command", "state", "at", "done", "rate", "ETA", "process", "heartbeat"],
        [
            [
                r.run_id,
                r.command,
                r.state,
                _place(r),
                f"{r.done}/{r.due} {r.unit}" if r.due is not None else "-",
                f"{r.rate:.1f}/s" if r.rate else "-",
                span(r.eta_seconds),
                f"{r.pid} on {r.host}",
                f"{r.heartbeat_age:.0f} s ago",
            ]
            for r in runs
        ],
    )
    for run in runs:
        if run.reason:
            click.echo(f"{run.run_id} ends at its next commit point: {run.reason}")


def print_past(runs: tuple[RunView, ...]) -> None:
    """Print runs that have ended."""
    print_table(
        ["run", "command", "started (UTC)", "took", "outcome", "why"],
        [
            [
                r.run_id,
                r.command,
                f"{r.started_at:%Y-%m-%d %H:%M:%S}",
                span(r.seconds),
                r.state,
                r.reason or "",
            ]
            for r in runs
        ],
    )


def _place(run: RunView) -> str:
    if run.what is None:
        return "starting"
    if run.parts and run.parts > 1:
        return f"{run.what} ({(run.parts_done or 0) + 1} of {run.parts})"
    return run.what


@click.command("stop")
@click.argument("run")
@click.option("--reason", help="Why; it goes on record.")
@with_home
@with_json
def stop_command(run: str, reason: str | None, home: str | None, as_json: bool) -> None:
    """End RUN at its next commit point; what it has committed stays.

    RUN is an id that `boxout runs` lists, or the beginning of one, or `watch` for the watcher.
    The stopped run exits with 130 and is on record as stopped, with your name and reason. A
    watcher that has died is called off: its incident ends.

    \b
    boxout stop 3f2a91c07b1e --reason "the source is being corrected"
    boxout stop watch
    """
    project = find_home(home)
    if not run:
        raise UsageError(
            "RUN is empty.", "RUN", "Name a run; `boxout runs` lists those that are at work."
        )
    if run == WATCHER and (gone := _call_off(project)):
        print_json(gone) if as_json else click.echo(
            f"the watcher was gone (process {gone['pid']} on {gone['host']}); it is called off"
        )
        return
    alive = [sign for sign in read_life_signs(project) if sign.is_alive]
    matches = [sign for sign in alive if sign.name.startswith(run)]
    if len(matches) != 1:
        raise UsageError(
            f"{run!r} fits several runs." if matches else f"No run {run!r} is at work.",
            ", ".join(sign.name for sign in matches or alive) or str(project.path),
            "See `boxout runs`, and `boxout runs --all` for past ones.",
        )
    sign = matches[0]
    asked = f"{user_name()} asked with `boxout stop`" + (f": {reason}" if reason else "")
    ask_to_stop(project, sign.name, asked)
    if as_json:
        print_json({"run_id": sign.name, "pid": sign.pid, "host": sign.host, "reason": asked})
    else:
        click.echo(f"asked {sign.name} (process {sign.pid} on {sign.host}) to stop")
        click.echo("it ends at its next commit point; `boxout runs` says when it has")


def _call_off(project: Home) -> dict[str, object] | None:
    """Take the files of a watcher away that has died, and end its incident; None without one."""
    gone = bury(project, WATCHER)
    if gone is None:
        return None
    with open_warehouse(project) as warehouse, warehouse.one_thread():
        create_ledger(warehouse)
        note_watcher(warehouse)
    return {"run_id": gone.name, "pid": gone.pid, "host": gone.host, "called_off": True}
