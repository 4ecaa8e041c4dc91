"""`withdraw`: take back what files brought."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from boxout.cli.console import notice, print_json, print_table
from boxout.cli.options import with_home, with_json
from boxout.errors import UsageError
from boxout.pipeline.authors import Author, user_name
from boxout.pipeline.graph import load_graph
from boxout.pipeline.runs import Run, shown
from boxout.pipeline.withdrawal import Withdrawal, withdraw_files
from boxout.sources.files.finding import printable
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("withdraw")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--reason", required=True, help="Why; it is on record with your name.")
@with_home
@with_json
def withdraw_command(files: tuple[Path, ...], reason: str, home: str | None, as_json: bool) -> None:
    """Take back what FILEs brought, as if they had never come.

    Rows that another file brings, too, are as that one has them; all others of the file are
    gone, and `boxout run` carries that onward. The incident of a refused FILE ends. FILE is a
    path, or a name alone; it need not exist any more, and is itself left alone. Where a folder
    still holds it, it is left out until it changes or `boxout ingest FILE` names it.

    \b
    boxout withdraw corrections/team_gamelogs_2023-24.parquet --reason "of another league"
    boxout withdraw prop_lines_2024-01-31.csv --reason "the source never mended it"
    """
    if not reason.strip():
        raise UsageError("A file is withdrawn for a reason.", "--reason", 'Add --reason "why".')
    # An argument that is not UTF-8 is no text to the engine.
    why = reason.strip().encode(errors="backslashreplace").decode()
    author = Author(user_name(), why)
    with open_warehouse(find_home(home)) as warehouse, shown(Run(warehouse, "withdraw")) as run:
        done = 0

        def withdrawn(withdrawal: Withdrawal) -> None:
            nonlocal done
            done += 1
            run.progress(printable(Path(withdrawal.name)), done, len(files), (0, 1), "files")
            run.heed_stop()

        withdrawals = withdraw_files(warehouse, load_graph(), files, author, withdrawn)
    if as_json:
        print_json(withdrawals)
    else:
        _print_withdrawals(withdrawals)


def _print_withdrawals(withdrawals: Sequence[Withdrawal]) -> None:
    if not withdrawals:
        notice("nothing is left to take back: it was taken back before")
        return
    print_table(
        ["file", "table", "rows removed", "as another file has them", "dates"],
        [
            [printable(Path(w.name)), w.table or "-", w.removed, w.followed, w.dates]
            for w in withdrawals
        ],
    )
    for withdrawal in withdrawals:
        if withdrawal.was_refused:
            click.echo(f"no longer refused: {printable(Path(withdrawal.name))}")
    if any(withdrawal.dates for withdrawal in withdrawals):
        notice("`boxout run` brings the tables up to date with it")
