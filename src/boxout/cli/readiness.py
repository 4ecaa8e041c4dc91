"""`validate` and `status`: is the data ready, and what is there."""

from __future__ import annotations

from datetime import date

import click

from boxout.cli.console import percent, print_json, print_table
from boxout.cli.options import check_range, with_home, with_json, with_range
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ingest import prepare
from boxout.pipeline.run import FIRST_DATE, LAST_DATE
from boxout.pipeline.status import ProjectStatus, read_status
from boxout.pipeline.validate import Coverage, Validation, validate_tables
from boxout.warehouse.ducklake import open_warehouse
from boxout.warehouse.home import find_home

HELD_BACK = 3
ALWAYS_SHOWN = ("season",)


@click.command("validate")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@with_range
@click.option("--all", "show_all", is_flag=True, help="Show passing checks of rows and dates, too.")
@with_home
@with_json
def validate_command(
    tables: tuple[str, ...],
    start_date: date | None,
    end_date: date | None,
    show_all: bool,
    home: str | None,
    as_json: bool,
) -> None:
    """Evaluate the contracts over what is published: coverage by season, pass or fail.

    Coverage counts against what the schedule expects, so that a date that is not there lowers
    it. The exit code is 3 when a blocking check fails or a partition is not ready.

    \b
    boxout validate
    boxout validate player_game_summary --start-date 2023-10-24 --end-date 2024-06-17
    """
    check_range(start_date, end_date)
    graph = load_graph()
    selected = graph.select(tables)
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        result = validate_tables(
            warehouse, graph, selected, start_date or FIRST_DATE, end_date or LAST_DATE
        )
    if as_json:
        print_json({"passed": result.passed, "validation": result})
    else:
        _print_validation(result, show_all)
    if not result.passed:
        raise click.exceptions.Exit(HELD_BACK)


def _print_validation(result: Validation, show_all: bool) -> None:
    click.echo("partitions, of those that the schedule expects")
    print_table(
        ["table", "season", "ready", "expected", "", "not ready"],
        [
            [
                p.table,
                p.season,
                p.ready,
                p.total,
                "pass" if p.ready == p.total else "FAIL",
                ", ".join(
                    f"{count} {state}"
                    for state, count in sorted(p.states.items())
                    if state not in ("fresh", "empty", "bootstrap", "waived")
                ),
            ]
            for p in result.presence
        ],
    )
    shown = [c for c in result.coverage if show_all or c.scope in ALWAYS_SHOWN or not c.passed]
    click.echo("\nchecks (every passing check of rows and dates is left out; --all shows them)")
    print_table(
        ["table", "check", "season", "coverage", "good", "total", "needed", "", "severity"],
        [_check_row(c) for c in shown],
    )
    for c in shown:
        if c.detail:
            click.echo(f"{c.table} {c.season}: {c.check}: {c.detail}")
    failing = len(result.failures)
    missing = sum(p.total - p.ready for p in result.presence)
    checks = len(result.coverage)
    if result.passed:
        click.echo(f"\nready: all {checks} checks pass and every partition is there")
    else:
        click.echo(
            f"\nNOT ready: {failing} blocking checks fail, {missing:,} partitions are not ready"
        )


def _check_row(c: Coverage) -> list[object]:
    verdict = "pass" if c.passed else ("FAIL" if c.severity == "block" else "warn")
    if not c.passed and c.failing_dates:
        verdict += f" on {c.failing_dates} dates"
    return [
        c.table,
        c.check,
        c.season,
        percent(c.good, c.total),
        c.good,
        c.total,
        f"{100 * c.at_least:g}%",
        verdict,
        c.severity,
    ]


@click.command("status")
@with_home
@with_json
def status_command(home: str | None, as_json: bool) -> None:
    """Say what the project holds: tables, states, quarantine, runs and models."""
    graph = load_graph()
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        status = read_status(warehouse, graph)
    if as_json:
        print_json(status)
    else:
        _print_status(status)


def _print_status(s: ProjectStatus) -> None:
    label = {True: "a SIMULATED league", False: "real data", None: "no data yet"}[s.is_simulated]
    click.echo(f"{s.home}: {label}, data version {s.data_version}")
    if s.first_date:
        click.echo(f"game dates {s.first_date} to {s.last_date}")
    states = sorted({state for table in s.tables for state in table.states})
    print_table(
        ["table", "rows", *states, "last built"],
        [
            [
                t.table,
                t.rows,
                *(t.states.get(state, 0) for state in states),
                f"{t.last_built:%Y-%m-%d %H:%M}" if t.last_built else "-",
            ]
            for t in s.tables
        ],
    )
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
        print_table(
            ["run", "command", "started", "s", "outcome"],
            [
                [
                    r["run_id"],
                    r["command"],
                    f"{r['started_at']:%Y-%m-%d %H:%M:%S}",
                    r["seconds"],
                    r["outcome"] or "running or killed",
                ]
                for r in s.runs
            ],
        )
    click.echo(f"\n{s.models} models" if s.models else "\nno model yet: `boxout train`")
