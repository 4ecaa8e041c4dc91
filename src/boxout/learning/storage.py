"""The learning tables in the lake: their columns, their creation and their writing.

Every CREATE statement of the schema `learning` comes from here, with a comment on each
column. Rows are written as differences: what is already there and equal is left alone, so
that doing a thing twice makes no new data version.
"""

from __future__ import annotations

from dataclasses import dataclass

from boxout.warehouse.ducklake import LAKE, Warehouse


@dataclass(frozen=True)
class LearningTable:
    """One table: its name, its key, and its columns as (name, type, comment)."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]

    @property
    def create_statement(self) -> str:
        """The CREATE TABLE statement."""
        columns = ", ".join(f"{name} {kind}" for name, kind, _ in self.columns)
        return f"CREATE TABLE IF NOT EXISTS {LAKE}.{self.name} ({columns})"


# A game that is moved to another date keeps its id.
_KEY = ("game_date", "game_id", "player_id", "market", "model_id")
_IDENTITY = (
    ("season", "VARCHAR", "season, such as 2023-24"),
    ("game_date", "DATE", "US Eastern date of the game"),
    ("game_id", "VARCHAR", "id of the game in raw.games"),
    ("player_id", "BIGINT", "id of the player in raw.players"),
    ("market", "VARCHAR", "one of the markets, such as points or pra"),
    ("model_id", "VARCHAR", "id of the model in learning.models"),
)

MODELS = LearningTable(
    "learning.models",
    "One trained model: what it was trained on and where its files and card are.",
    ("model_id",),
    (
        ("model_id", "VARCHAR", "ordinal and content hash, such as m0001-1a2b3c4d"),
        ("content_hash", "VARCHAR", "SHA-256 of models, features, distributions and data"),
        ("trained_at", "TIMESTAMP", "when training ended, UTC"),
        ("data_version", "BIGINT", "data version (lake snapshot) that it was trained on"),
        ("dataset_hash", "VARCHAR", "SHA-256 of the training rows"),
        ("code_hash", "VARCHAR", "SHA-256 of the learning code and of the feature tables' SQL"),
        ("markets", "VARCHAR", "markets that it forecasts, comma-separated"),
        ("features", "INTEGER", "number of features"),
        ("train_start", "DATE", "first game date trained on"),
        ("train_end", "DATE", "last game date trained on"),
        ("train_rows", "BIGINT", "player games trained on"),
        ("seed", "BIGINT", "seed of the row and column sampling"),
        ("waived_partitions", "BIGINT", "partitions in the range that carry a waiver"),
        ("is_simulated", "BOOLEAN", "whether the project runs on a simulated league"),
        ("folder", "VARCHAR", "folder of the model below the home's models"),
    ),
)
PREDICTIONS = LearningTable(
    "learning.predictions",
    "One forecast: the distribution of a player's outcome in a game, and the line.",
    _KEY,
    (
        *_IDENTITY,
        ("predicted", "DOUBLE", "expected value, in the market's unit"),
        ("sd", "DOUBLE", "standard deviation; null where no distribution was known yet"),
        ("p10", "DOUBLE", "10th percentile"),
        ("p50", "DOUBLE", "median, a whole number"),
        ("p90", "DOUBLE", "90th percentile"),
        ("line", "DOUBLE", "lower median of the books' believed pre-game lines; null: none"),
        ("over_probability", "DOUBLE", "chance of over, given that it is no push, 0 to 1"),
        ("is_in_sample", "BOOLEAN", "whether the model had learned from the game or later dates"),
        ("data_version", "BIGINT", "data version (lake snapshot) that was read"),
        ("predicted_at", "TIMESTAMP", "when the forecast was made, UTC"),
    ),
)
GRADES = LearningTable(
    "learning.grades",
    "How one forecast turned out.",
    _KEY,
    (
        *_IDENTITY,
        ("is_in_sample", "BOOLEAN", "whether the model had learned from the game or later dates"),
        ("predicted", "DOUBLE", "expected value, in the market's unit"),
        ("actual", "INTEGER", "outcome; null when void"),
        ("error", "DOUBLE", "predicted minus actual; null when void"),
        ("absolute_error", "DOUBLE", "size of the error; null when void"),
        ("is_covered", "BOOLEAN", "whether the outcome lay within p10 to p90"),
        ("line", "DOUBLE", "line at the time of the forecast; null where none"),
        ("closing_line", "DOUBLE", "lower median of the books' believed pre-game lines"),
        ("side", "VARCHAR", "over or under, the likelier; null without a line or at even odds"),
        ("over_probability", "DOUBLE", "chance of over, given that it is no push, 0 to 1"),
        ("result", "VARCHAR", "over, under or push; void: did not play that date; null: no line"),
        ("is_hit", "BOOLEAN", "whether the side came in; null at a push, a void or no side"),
        ("graded_at", "TIMESTAMP", "when it was graded, UTC"),
    ),
)
CHAMPIONS = LearningTable(
    "learning.champions",
    "One decision about which model forecasts a market; rows are only ever added.",
    ("decision",),
    (
        ("decision", "BIGINT", "1, 2, 3, ... in the order in which they were taken"),
        ("market", "VARCHAR", "one of the markets, such as points or pra"),
        ("model_id", "VARCHAR", "the model that it is about, as in learning.models"),
        ("replaces", "VARCHAR", "the champion before; null where there was none"),
        ("outcome", "VARCHAR", "first, refit, won, forced, rolled back, or refused"),
        ("shared_rows", "BIGINT", "player games that both had forecast out of sample"),
        ("shared_dates", "BIGINT", "dates of those"),
        ("difference", "DOUBLE", "mean score of the model minus the champion's; below 0 is better"),
        ("low", "DOUBLE", "lower end of the 95% interval of the difference"),
        ("high", "DOUBLE", "upper end of it"),
        ("decided_at", "TIMESTAMP", "when, UTC"),
        ("who", "VARCHAR", "whose command it was"),
        ("reason", "VARCHAR", "why, in words"),
    ),
)
TABLES = (MODELS, PREDICTIONS, GRADES, CHAMPIONS)
# When and on which version a row was written is not part of what it says.
_VOLATILE = {"data_version", "predicted_at", "graded_at"}


@dataclass(frozen=True)
class Written:
    """Rows that a write inserted, removed and left alone."""

    inserted: int
    removed: int
    unchanged: int

    def __add__(self, other: Written) -> Written:
        return Written(
            self.inserted + other.inserted,
            self.removed + other.removed,
            self.unchanged + other.unchanged,
        )


def create_learning_tables(warehouse: Warehouse) -> None:
    """Create the learning tables where they are missing."""
    if all(warehouse.has_table(table.name) for table in TABLES):
        return
    with warehouse.commit():
        warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.learning")
        for table in TABLES:
            warehouse.execute(table.create_statement)
            name = f"{LAKE}.{table.name}"
            warehouse.execute(f"COMMENT ON TABLE {name} IS '{_quoted(table.description)}'")
            for column, _, comment in table.columns:
                warehouse.execute(f"COMMENT ON COLUMN {name}.{column} IS '{_quoted(comment)}'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def replace_rows(warehouse: Warehouse, table: LearningTable, staged: str, scope: str) -> Written:
    """Make the rows of a scope equal to those of a staged relation, in one commit.

    Parameters
    ----------
    staged
        A relation with the table's columns and all rows that the scope should hold.
    scope
        The SQL condition on the table that says which rows are replaced.

    Returns
    -------
    Written
        All zero but `unchanged` when nothing differs; then there is no new data version.
    """
    compared = ", ".join(name for name, _, _ in table.columns if name not in _VOLATILE)
    listed = ", ".join(name for name, _, _ in table.columns)
    key = ", ".join(table.key)
    target = f"{LAKE}.{table.name}"
    wanted = f"SELECT {compared} FROM {staged}"
    held = f"SELECT {compared} FROM {target} WHERE {scope}"
    insert = f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {staged}"
    with warehouse.commit():
        total = _count(warehouse, staged)
        # To compare takes longer than to write.
        if total and not _count(warehouse, f"{target} WHERE {scope}"):
            warehouse.execute(f"{insert} ORDER BY {key}")
            return Written(total, 0, 0)
        for name, query in (
            ("added", f"{wanted} EXCEPT {held}"),
            ("gone", f"{held} EXCEPT {wanted}"),
        ):
            warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {name}_rows AS {query}")
        added, gone = (_count(warehouse, name) for name in ("added_rows", "gone_rows"))
        if gone:
            same = " AND ".join(f"g.{column} = t.{column}" for column in table.key)
            warehouse.execute(
                f"DELETE FROM {target} AS t WHERE {scope} "
                f"AND EXISTS (SELECT 1 FROM gone_rows AS g WHERE {same})"
            )
        if added:
            warehouse.execute(
                f"{insert} WHERE ({key}) IN (SELECT ({key}) FROM added_rows) ORDER BY {key}"
            )
    return Written(added, gone, total - added)


def _count(warehouse: Warehouse, relation: str) -> int:
    return int(warehouse.scalar(f"SELECT count(*) FROM {relation}") or 0)


def needed_versions(warehouse: Warehouse) -> frozenset[int]:
    """Return the data versions that a registered model or a prediction was made of."""
    versions: set[int] = set()
    for table in (MODELS, PREDICTIONS):
        if warehouse.has_table(table.name):
            rows = warehouse.rows(f"SELECT DISTINCT data_version FROM {LAKE}.{table.name}")
            versions |= {row[0] for row in rows}
    return frozenset(versions)
