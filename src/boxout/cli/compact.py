"""`compact`: give back space, and keep what models and predictions were made of."""

from __future__ import annotations

from datetime import timedelta

import click

from boxout.cli.console import print_json
from boxout.cli.options import Finite, with_home, with_json
from boxout.learning.storage import needed_versions
from boxout.warehouse.compaction import Compaction, compact_lake
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

MEGABYTE = 1_000_000


@click.command("compact")
@click.option(
    "--keep-days",
    type=Finite(min=0, max=36_500),
    default=30.0,
    show_default=True,
    help="Data versions younger than this stay.",
)
@click.option(
    "--grace-minutes",
    type=Finite(min=0, max=1_000_000),
    default=60.0,
    show_default=True,
    help="How long files of versions let go of stay, for whoever still reads them.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@with_home
@with_json
def compact_command(
    keep_days: float, grace_minutes: float, dry_run: bool, home: str | None, as_json: bool
) -> None:
    """Merge small files and let go of old data versions.

    A version that a registered model or a prediction was made of is never let go of. `explain`
    and `handoff` look back as far as versions are kept.

    \b
    boxout compact
    boxout compact --keep-days 7 --dry-run
    """
    with open_warehouse(find_home(home)) as warehouse:
        result = compact_lake(
            warehouse,
            needed_versions(warehouse),
            timedelta(days=keep_days),
            timedelta(minutes=grace_minutes),
            dry_run=dry_run,
        )
    if as_json:
        print_json(result)
    else:
        _print_compaction(result)


def _print_compaction(c: Compaction) -> None:
    verb = "would be let go of" if c.is_dry else "let go of"
    click.echo(f"data versions: {c.expired:,} {verb}, {c.kept:,} kept")
    if c.needed:
        click.echo(
            f"kept although old, for models and predictions were made of them: {len(c.needed):,} "
            f"({', '.join(str(version) for version in c.needed[:10])}"
            f"{', ...' if len(c.needed) > 10 else ''})"
        )
    if c.is_dry:
        click.echo(f"data files: {c.files_before:,}, {c.bytes_before / MEGABYTE:,.1f} MB")
        return
    click.echo(
        f"data files: {c.files_before:,} ({c.bytes_before / MEGABYTE:,.1f} MB) before, "
        f"{c.files_after:,} ({c.bytes_after / MEGABYTE:,.1f} MB) after"
    )
    if c.files_waiting:
        click.echo(
            f"{c.files_waiting:,} files wait for readers to be done with them; a later "
            "`boxout compact` deletes them"
        )
