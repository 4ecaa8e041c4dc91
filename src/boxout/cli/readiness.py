"""`validate`: do the contracts hold over what is published."""

from __future__ import annotations

from datetime import date

import click

from boxout.cli.console import percent, print_by_season, print_label, print_labelled_json
from boxout.cli.goalposts import print_goalposts
from boxout.cli.options import check_range, with_home, with_json, with_range
from boxout.errors import HELD_BACK
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.pipeline.preparation import prepare
from boxout.pipeline.validate import Coverage, Presence, Validation, validate_tables
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

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
    it. The exit code is 3 when a blocking check fails, a partition is not ready, or
    there is none.

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
        is_simulated = is_simulated_league(warehouse)
    if as_json:
        print_labelled_json({"passed": result.passed, "validation": result}, is_simulated)
    else:
        print_label(is_simulated)
        _print_validation(result, show_all)
    if not result.passed:
        raise click.exceptions.Exit(HELD_BACK)


def _print_validation(result: Validation, show_all: bool) -> None:
    click.echo("partitions that are ready, of those that the schedule expects")
    print_by_season(["table"], (([p.table], p.season, _presence_cell(p)) for p in result.presence))
    for p in result.presence:
        if p.ready < p.total:
            waiting = ", ".join(f"{n} {state}" for state, n in sorted(p.states.items()))
            click.echo(f"{p.table} {p.season}: {waiting}")
    shown = [c for c in result.coverage if show_all or c.scope in ALWAYS_SHOWN or not c.passed]
    click.echo("\nchecks, share of rows that pass (--all shows those of rows and dates, too)")
    print_by_season(
        ["table", "check", "needed"],
        (([c.table, c.check, f"{100 * c.at_least:g}%"], c.season, _check_cell(c)) for c in shown),
    )
    _print_failures(shown)
    print_goalposts(result.goalposts)
    failing = len(result.failures)
    missing = sum(p.total - p.ready for p in result.presence)
    checks = len(result.coverage)
    if not result.presence:
        click.echo("\nNOT ready: no partition is expected in this range, so nothing was validated")
    elif result.passed:
        click.echo(f"\nready: all {checks} checks pass and every partition is there")
    else:
        click.echo(
            f"\nNOT ready: {failing} blocking checks fail, {missing:,} partitions are not ready"
        )


def _presence_cell(p: Presence) -> str:
    return f"{p.ready:,}/{p.total:,} {'pass' if p.ready == p.total else 'FAIL'}"


def _check_cell(c: Coverage) -> str:
    return f"{percent(c.good, c.total)} {_verdict(c)}"


def _verdict(c: Coverage) -> str:
    return "pass" if c.passed else ("FAIL" if c.severity == "block" else "warn")


def _print_failures(shown: list[Coverage]) -> None:
    for c in shown:
        if c.passed:
            continue
        dates = f" on {c.failing_dates} dates" if c.failing_dates else ""
        detail = f": {c.detail}" if c.detail else ""
        click.echo(
            f"{_verdict(c)}: {c.table} {c.season} {c.check}: {c.good:,} of {c.total:,}"
            f"{dates}{detail}"
        )
