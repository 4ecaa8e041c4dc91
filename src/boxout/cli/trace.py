"""`trace`: from a model or a prediction back to data version, contracts, code and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from boxout.cli.console import percent, print_json, print_table
from boxout.cli.options import with_home, with_json
from boxout.errors import HELD_BACK, UsageError
from boxout.pipeline.graph import load_graph
from boxout.pipeline.player_search import find_player
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.learning.trace import ModelTrace, PredictionTrace, TrainingSetCheck

SHOWN_FILES = 5


@click.command("trace")
@click.argument("model", required=False)
@click.option("--game", metavar="ID", help="Trace a prediction: the game's id.")
@click.option("--player", metavar="NAME|ID", help="Trace a prediction: the player.")
@click.option("--market", default="points", show_default=True, help="Trace a prediction: of what.")
@click.option(
    "--verify",
    is_flag=True,
    help="Read the training rows again from their data version and compare them.",
)
@with_home
@with_json
def trace_command(
    model: str | None,
    game: str | None,
    player: str | None,
    market: str,
    verify: bool,
    home: str | None,
    as_json: bool,
) -> None:
    """Say what MODEL, the newest where none is named, or a prediction was made of.

    Of several predictions the newest of the date that the game is on now is traced.
    The data version and when it came about, the contracts' results in it, the source files, the
    code and the parameters. With --verify the exit code is 3 when the training rows are not
    those that the model was trained on.

    \b
    boxout trace
    boxout trace m0001-1a2b3c4d --verify
    boxout trace --game 0022300061 --player "LeBron James" --market rebounds
    """
    from boxout.learning.trace import check_training_set, trace_model, trace_prediction

    if (game is None) != (player is None):
        raise UsageError(
            "A prediction is named by its game and its player.",
            "--game" if game is None else "--player",
            "Give both --game ID and --player NAME.",
        )
    graph = load_graph()
    checked: TrainingSetCheck | None = None
    prediction: PredictionTrace | None = None
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        if game is not None and player is not None:
            player_id, _ = find_player(warehouse, player)
            prediction = trace_prediction(warehouse, graph, game, player_id, market, model)
            made_by = prediction.model
        else:
            made_by = trace_model(warehouse, graph, model)
        if verify:
            checked = check_training_set(warehouse, str(made_by.model["model_id"]))
    if as_json:
        equal = None if checked is None else checked.is_equal
        print_json(
            {"trace": prediction or made_by, "training_set": checked, "training_set_equal": equal}
        )
    else:
        if prediction:
            _print_prediction(prediction)
        _print_model(made_by)
        if checked:
            _print_check(checked)
    if checked and not checked.is_equal:
        raise click.exceptions.Exit(HELD_BACK)


def _print_prediction(t: PredictionTrace) -> None:
    p = t.prediction
    click.echo(
        f"{p['market']} of player {p['player_id']} in game {p['game_id']} on {p['game_date']}: "
        f"{p['predicted']:.1f}, 10th to 90th percentile {p['p10']} to {p['p90']}"
    )
    click.echo(
        f"made {p['predicted_at']:%Y-%m-%d %H:%M:%S} UTC by {p['model_id']} from data version "
        f"{p['data_version']}, of {t.committed_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    if not t.is_on_schedule:
        click.echo("void: that game is not on that date any more")
    known = sum(value is not None for value in t.features.values())
    click.echo(f"features: {known:,} of {len(t.features):,} known; --json lists their values")
    if t.partition:
        click.echo(
            f"feature store on {p['game_date']}: {t.partition['state']}, built by run "
            f"{t.partition['run_id']}, content {t.partition['content_hash']}"
        )
    click.echo()


def _print_model(t: ModelTrace) -> None:
    m = t.model
    label = ", on a SIMULATED league" if m["is_simulated"] else ""
    click.echo(f"model {m['model_id']}: trained {m['trained_at']:%Y-%m-%d %H:%M:%S} UTC{label}")
    click.echo(
        f"on {m['train_rows']:,} player games from {m['train_start']} to {m['train_end']}, of data "
        f"version {m['data_version']}, committed {t.committed_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    click.echo(f"rows {m['dataset_hash']}")
    today = "as it is today" if t.is_code_as_today else "NOT as it is today"
    click.echo(f"code {m['code_hash']}, {today}")
    click.echo("with " + ", ".join(f"{name} {value}" for name, value in t.libraries.items()))
    click.echo("parameters " + ", ".join(f"{n} {value}" for n, value in t.parameters.items()))
    blocking = [check for check in t.checks if check["severity"] == "block"]
    click.echo(
        f"contracts: {sum(bool(c['passed']) for c in blocking):,} of {len(blocking):,} blocking "
        "checks of seasons passed in that version"
    )
    if t.failing:
        print_table(
            ["table", "check", "season", "severity", "good", "of"],
            [
                [
                    c["table_name"],
                    c["check_name"],
                    c["season"],
                    c["severity"],
                    percent(c["total"] - c["failing"], c["total"]),
                    c["total"],
                ]
                for c in t.failing
            ],
        )
    for waiver in t.readiness["waivers"]:
        click.echo(
            f"waived: {waiver['check']} of {waiver['table']} by {waiver['who']}: {waiver['reason']}"
        )
    click.echo(f"made of {len(t.files):,} source files, the last of them")
    print_table(
        ["file", "table", "rows", "sha256"],
        [
            [f["source_file"], f["table_name"], f["row_count"], str(f["sha256"])[:12]]
            for f in t.files[-SHOWN_FILES:]
        ],
    )


def _print_check(c: TrainingSetCheck) -> None:
    if c.is_equal:
        click.echo(f"read again: {c.rows:,} rows, equal to those trained on")
    else:
        click.echo(
            f"read again: {c.rows:,} rows with {c.dataset_hash}, NOT the {c.expected_rows:,} "
            "that it was trained on"
        )
