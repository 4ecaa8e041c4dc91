"""`status`: what a project holds and what is at work on it, at a glance."""

from __future__ import annotations

import click

from boxout.cli.console import percent, print_by_season, print_json, print_table
from boxout.cli.goalposts import print_goalposts
from boxout.cli.options import with_home, with_json
from boxout.cli.runs import print_active, print_past
from boxout.pipeline.goalposts import are_goalposts_noted, note_goalposts
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import READY, create_ledger, is_ledger_current, reading_when
from boxout.pipeline.life_signs import now
from boxout.pipeline.record_watcher import is_watcher_noted, note_watcher
from boxout.pipeline.run_views import span
from boxout.pipeline.runs import are_dead_runs_closed, close_dead_runs
from boxout.pipeline.status import ProjectStatus, TableStatus, read_status
from boxout.pipeline.watching import WatcherView
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("status")
@with_home
@with_json
def status_command(home: str | None, as_json: bool) -> None:
    """Say what the project holds and what is at work: tables, coverage, runs, models, watcher.

    States are those of the last run; whether something has become stale since, `boxout plan`
    says.

    \b
    boxout status
    boxout status --home .boxout-real --json
    """
    graph = load_graph()
    with (
        open_warehouse(find_home(home)) as warehouse,
        warehouse.one_thread(),
        reading_when(
            warehouse,
            lambda: _is_up_to_date(warehouse, graph),
            lambda: _bring_up_to_date(warehouse, graph),
        ),
    ):
        status = read_status(warehouse, graph)
    if as_json:
        print_json(status)
    else:
        _print_status(status)


def _is_up_to_date(warehouse: Warehouse, graph: Graph) -> bool:
    return (
        is_ledger_current(warehouse)
        and are_goalposts_noted(warehouse, graph)
        and are_dead_runs_closed(warehouse)
        and is_watcher_noted(warehouse)
    )


def _bring_up_to_date(warehouse: Warehouse, graph: Graph) -> None:
    create_ledger(warehouse)
    note_goalposts(warehouse, graph)
    close_dead_runs(warehouse)
    note_watcher(warehouse)


def _print_status(s: ProjectStatus) -> None:
    label = {True: "a SIMULATED league", False: "real data", None: "no data yet"}[s.is_simulated]
    click.echo(f"{s.home}: {label}, data version {s.data_version}")
    if s.first_date:
        click.echo(f"game dates {s.first_date} to {s.last_date}")
    _print_work(s)
    _print_tables(s.tables)
    if s.not_carried_on:
        click.echo(
            f"ingested after the last run, in dates: {s.not_carried_on:,}; `boxout run` carries "
            "them onward"
        )
    if s.coverage:
        click.echo("\ncoverage when computed last, and what is needed")
        print_by_season(
            ["table", "check", "needed"],
            (
                (
                    [c["table_name"], c["check_name"], f"{100 * (c['at_least'] or 1):g}%"],
                    c["season"],
                    f"{percent(c['good'], c['total'])} {'pass' if c['passed'] else 'FAIL'}",
                )
                for c in s.coverage
            ),
        )
    print_goalposts(s.goalposts)
    _print_records(s)
    if s.model:
        m = s.model
        click.echo(
            f"\n{s.models} {'model' if s.models == 1 else 'models'}, the newest {m['model_id']}: "
            f"trained {m['trained_at']:%Y-%m-%d %H:%M} UTC on {m['train_rows']:,} player games, "
            f"{m['train_start']} to {m['train_end']}, data version {m['data_version']}"
        )
    else:
        click.echo("\nno model yet: `boxout train`")


def _print_work(s: ProjectStatus) -> None:
    click.echo(watcher_line(s.watcher))
    if s.active:
        click.echo("\nat work")
        print_active(s.active)
        click.echo()


def watcher_line(w: WatcherView | None) -> str:
    """Say in one line whether somebody watches."""
    if w is None:
        return "no watcher: `boxout watch` starts one"
    if not w.is_well:
        return (
            f"the watcher is {w.state.upper()}: process {w.pid} on {w.host}, last heartbeat "
            f"{span(w.heartbeat_age)} ago, {w.doing}; start another with `boxout watch`"
        )
    wakes = f", wakes in {span((w.next_at - now()).total_seconds())}" if w.next_at else ""
    return f"watcher {w.state}: process {w.pid} on {w.host}, {w.doing}{wakes}"


def _print_tables(tables: tuple[TableStatus, ...]) -> None:
    seasons = sorted({season for table in tables for season in table.seasons})
    click.echo("partitions that are ready, of those there are")
    print_table(
        ["table", "rows", *seasons, "last built (UTC)"],
        [
            [
                t.table,
                t.rows,
                *(_cell(t, season) for season in seasons),
                f"{t.last_built:%Y-%m-%d %H:%M}" if t.last_built else "-",
            ]
            for t in tables
        ],
    )
    for table in tables:
        for season, states in table.seasons.items():
            held = [f"{n:,} {state}" for state, n in sorted(states.items()) if state not in READY]
            if held:
                click.echo(f"{table.table} {season}: {', '.join(held)}")


def _cell(table: TableStatus, season: str) -> str:
    ready, total = table.ready(season)
    return f"{ready:,}/{total:,}" if total else "-"


def _print_records(s: ProjectStatus) -> None:
    if s.incidents:
        click.echo("\nopen incidents (`boxout incidents` says more)")
        for incident in s.incidents:
            click.echo(f"{incident.sentence} (since {incident.opened_at:%Y-%m-%d %H:%M:%S} UTC)")
    if s.quarantine:
        click.echo("\nin quarantine")
        print_table(
            ["table", "reason", "rows", "dates"],
            [[q["table_name"], q["reason"], q["rows"], q["dates"]] for q in s.quarantine],
        )
    if s.waivers:
        click.echo("\nwaivers")
        print_table(
            ["table", "check", "from", "to", "who", "reason"],
            [[str(value) for value in waiver.values()] for waiver in s.waivers],
        )
    if s.runs:
        click.echo("\nlast runs")
        print_past(s.runs)
