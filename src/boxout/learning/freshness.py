"""Whether training and grading were done on just the present data and code."""

from __future__ import annotations

from boxout.learning.card import code_hash
from boxout.learning.gates import GAMES
from boxout.learning.registry import is_whole, list_models
from boxout.learning.states import FEATURE_STORE, PLAYER_SUMMARY
from boxout.learning.storage import PREDICTIONS
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import read_property, write_property
from boxout.warehouse.ducklake import LAKE, Warehouse

# The ledger property that names the code and data of the last training.
TRAINED_ON = "trained_on"
# The one that names those of the last grading, and the forecasts.
GRADED_ON = "graded_on"
LEARNED_FROM = (FEATURE_STORE, PLAYER_SUMMARY, "raw.prop_lines")


def training_fingerprint(warehouse: Warehouse, graph: Graph) -> str:
    """Name the code, and the data of finished games, that a model would be trained on now."""
    changed = None
    if warehouse.has_table(GAMES):
        changed = warehouse.scalar(
            "SELECT max(changed_at) FROM lake.ledger.partitions "
            "WHERE table_name IN (SELECT unnest($1::VARCHAR[])) AND game_date IN "
            f"(SELECT game_date FROM {LAKE}.{GAMES} WHERE status = 'final')",
            [list(LEARNED_FROM)],
        )
    return f"{code_hash(graph)} {changed}"


def is_trained_on(warehouse: Warehouse, fingerprint: str) -> bool:
    """Whether the last training was on this code and data, and what it gave is still whole."""
    models = list_models(warehouse)
    return (
        bool(models)
        and read_property(warehouse, TRAINED_ON) == fingerprint
        and is_whole(warehouse, models[-1])
    )


def note_training(warehouse: Warehouse, fingerprint: str) -> None:
    """Record what the newest model was trained on."""
    _note(warehouse, TRAINED_ON, fingerprint)


def grading_fingerprint(warehouse: Warehouse, graph: Graph) -> str:
    """Name the code, the games and outcomes, and the forecasts that would be graded now."""
    # games that are moved or postponed void forecasts, and no outcome changes
    scheduled = warehouse.scalar(
        "SELECT max(changed_at) FROM lake.ledger.partitions WHERE table_name = $1", [GAMES]
    )
    forecasts = (0, None)
    if warehouse.has_table(PREDICTIONS.name):
        [forecasts] = warehouse.rows(
            f"SELECT count(*), max(predicted_at) FROM {LAKE}.{PREDICTIONS.name}"
        )
    named = training_fingerprint(warehouse, graph)
    return f"{named} {scheduled} {forecasts[0]} {forecasts[1]}"


def is_graded_on(warehouse: Warehouse, fingerprint: str) -> bool:
    """Whether the last grading was on this code, data and forecasts."""
    return read_property(warehouse, GRADED_ON) == fingerprint


def note_grading(warehouse: Warehouse, fingerprint: str) -> None:
    """Record what was graded last."""
    _note(warehouse, GRADED_ON, fingerprint)


def _note(warehouse: Warehouse, name: str, fingerprint: str) -> None:
    if read_property(warehouse, name) != fingerprint:
        with warehouse.commit():
            write_property(warehouse, name, fingerprint)
