"""`drift`: whether the champions still do what they did when they were tested."""

from __future__ import annotations

import click

from boxout.cli.console import print_label, print_labelled_json, print_table
from boxout.cli.options import with_home, with_json
from boxout.errors import HELD_BACK
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

SHOWN_FEATURES = 10


@click.command("drift")
@with_home
@with_json
def drift_command(home: str | None, as_json: bool) -> None:
    """Say whether the champions still do what they did when they were tested.

    Compares the last 14 graded dates with the same model's earlier forecasts out of sample (size
    of the error, cover of the 80% interval, chance of over), and the features that it uses most
    with the same weeks of the seasons that it was trained on. What is degraded becomes an
    incident, which closes when it is well again; `boxout watch` looks after each round. The exit
    code is 3 while something is degraded.

    \b
    boxout drift
    boxout drift --json
    """
    from boxout.learning.drift.watch import watch_drift

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        drift = watch_drift(warehouse)
        is_simulated = is_simulated_league(warehouse)
    if as_json:
        print_labelled_json({"is_degraded": drift.is_degraded, "drift": drift}, is_simulated)
    else:
        print_label(is_simulated)
        print_table(
            ["market", "model", "figure", "lately", "low", "high", "expected", "player games",
             "dates", "state"],
            [
                [f.market, f.model_id, f.name, f.recent.mean, f.recent.low, f.recent.high,
                 f.expected, f.recent.rows, f.recent.dates, _state(f.is_degraded)]
                for f in drift.figures
            ],
        )  # fmt: skip
        if not drift.figures:
            click.echo("no champion has enough graded dates yet: ten lately, and some before")
        for model_id, shifts in drift.shifts.items():
            if not shifts:
                click.echo(f"{model_id}: too few rows in the same weeks of the seasons in training")
                continue
            click.echo(f"\nfeatures of {model_id}, most shifted first, of {len(shifts)}")
            print_table(
                ["feature", "shift", "missing", "missing then", "state"],
                [
                    [s.feature, float(s.shift), float(s.missing), float(s.missing_then),
                     _state(s.is_degraded)]
                    for s in shifts[:SHOWN_FEATURES]
                ],
            )  # fmt: skip
    if drift.is_degraded:
        raise click.exceptions.Exit(HELD_BACK)


def _state(is_degraded: bool) -> str:
    return "DEGRADED" if is_degraded else "well"
