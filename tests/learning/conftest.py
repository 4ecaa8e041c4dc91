"""A small league in a real warehouse, built by the real engine from its own small tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from boxout.betting.odds import american_from_decimal
from boxout.learning.boosting import BoostingOptions
from boxout.learning.markets import MINUTES, STATISTICS
from boxout.learning.train import TrainOptions, train
from boxout.pipeline.content_hash import content_hash_expression
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph, build_graph
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.run import run_tables
from boxout.pipeline.waiver import Waiver
from boxout.tables.definition import Check, TableDefinition
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

MORNING = datetime(2024, 7, 1, 9, 0)
OPTIONS = TrainOptions(
    folds=3,
    test_seasons=2,
    boosting=BoostingOptions(rounds=15, min_child_weight=5.0, threads=1),
    trained_at=MORNING,
)

# Three seasons of 60 dates, two games a date, eight players a team; usage, and so every
# count, depends on the player. Player 108 never plays.
_DATES = """
WITH dates AS (
  SELECT (2021 + s) || '-' || (22 + s) AS season,
         DATE '2021-11-01' + INTERVAL (s) YEAR + INTERVAL (3 * d) DAY AS day, d
  FROM range(3) AS seasons(s), range(60) AS days(d)),
games AS (
  SELECT season, day::DATE AS game_date, strftime(day, '%Y%m%d') || g AS game_id, d, g,
         CASE WHEN g = 0 THEN 1 ELSE 2 + d % 2 END AS home,
         CASE WHEN g = 0 THEN 2 + (d + 1) % 2 ELSE 4 END AS away
  FROM dates, range(2) AS both_games(g))
"""
LANDED = {
    "landing.games": f"""{_DATES}
SELECT season, game_date, game_id, 'final' AS status, home AS home_team,
       1610612736 + home AS home_team_id, 1610612736 + away AS away_team_id,
       game_date + INTERVAL 24 HOUR AS tipoff_at
FROM games""",
    "landing.boxscores": f"""{_DATES},
lines AS (
  SELECT season, game_date, game_id, is_home, 100 * team + p AS player_id, team, rival AS opponent,
         hash(game_id, 100 * team + p) AS luck, p
  FROM (SELECT *, home AS team, away AS rival, true AS is_home FROM games UNION ALL
        SELECT *, away, home, false FROM games), range(1, 9) AS players(p))
SELECT season, game_date, game_id, player_id, team, opponent, is_home,
       CASE WHEN player_id = 108 THEN 0 ELSE 10 + 2 * p + luck % 7 END::DECIMAL(6, 2) AS minutes,
       (2 * p + luck % 11)::INTEGER AS pts, (p + luck % 5)::INTEGER AS trb,
       (p // 2 + luck % 3)::INTEGER AS ast, (p // 3 + luck % 2)::INTEGER AS fg3,
       (luck % 4)::INTEGER AS stl, (luck % 2)::INTEGER AS blk, (luck % 5)::INTEGER AS tov,
       (10 + p + luck % 5)::DECIMAL(9, 4) AS usage
FROM lines""",
    "landing.prop_lines": f"""{_DATES}
SELECT season, game_date, game_id, (100 * home + p)::BIGINT AS player_id, b.bookmaker,
       'pra' AS market, (10 + 3 * p + b.lean)::DECIMAL(5, 1) AS line,
       game_date + INTERVAL (hour) HOUR AS captured_at, b.is_live,
       -112 AS over_price, -108 AS under_price
FROM games, range(5, 9) AS players(p), (VALUES
  ('alpha', 12, 4.5, NULL::BOOLEAN), ('alpha', 18, -0.5, false), ('beta', 18, 0.5, false),
  ('gamma', 18, 1.5, false), ('alpha', 25, 90.5, true)) AS b(bookmaker, hour, lean, is_live)
WHERE season = '2023-24'""",
}

_STATS = {market.name: market.outcome for market in (*STATISTICS, MINUTES)}


def _form_columns() -> str:
    columns = []
    for name, column in _STATS.items():
        for label, frame in (
            ("last_5_games", "five"),
            ("last_10_games", "ten"),
            ("season", "so_far"),
        ):
            columns.append(f"avg({column}) OVER {frame} AS avg_{name}_{label}")
        columns.append(f"avg({column}) OVER three AS avg_{name}_recency_weighted")
    return ", ".join(columns)


FEATURES = f"""
SELECT season, game_date, game_id, player_id, team, opponent, is_home, false AS is_upcoming,
       count(*) OVER so_far AS games_played_season, {_form_columns()},
       player_id % 7 < 5 AS is_starting, player_id % 3 AS new_starters,
       player_id % 5 AS benched_starters,
       100.0::DOUBLE AS data_completeness_pct, NULL::VARCHAR AS missing_data_fields
FROM raw.player_boxscores
WINDOW five AS (PARTITION BY player_id ORDER BY game_date, game_id
                ROWS BETWEEN 5 PRECEDING AND 1 PRECEDING),
       ten AS (PARTITION BY player_id ORDER BY game_date, game_id
               ROWS BETWEEN 10 PRECEDING AND 1 PRECEDING),
       three AS (PARTITION BY player_id ORDER BY game_date, game_id
                 ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING),
       so_far AS (PARTITION BY season, player_id ORDER BY game_date, game_id
                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""


def _table(
    name: str, phase: int, query: str, reads: dict[str, tuple[str, ...]], **more: object
) -> TableDefinition:
    key = ("game_id",) if name.endswith("games") else ("game_id", "player_id")
    if name.endswith("prop_lines"):
        key = (*key, "bookmaker", "market", "captured_at")
    odd = frozenset({"is_live", "missing_data_fields", "market", "status", "is_upcoming",
                     "tipoff_at", "data_completeness_pct", "over_price",
                     "under_price", "home_team_id", "away_team_id"})  # fmt: skip
    return TableDefinition(
        name,
        name,
        phase,
        key,
        reads,
        more.pop("checks", ()),  # type: ignore[arg-type]
        query,
        may_be_null=odd,
        may_be_constant=odd,
        **more,  # type: ignore[arg-type]
    )


def _share(name: str, column: str, of: str, at_least: float, expected: str | None) -> Check:
    return Check(
        name, "season", "block", "share", f"{column} IS NOT NULL", of, at_least, expected, of
    )


def small_graph(usage_at_least: float = 0.95) -> Graph:
    """Return tables of boxout's names, small enough to read."""
    same, before = ("same_day",), ("same_day", "history")
    boxscores = "raw.player_boxscores"
    usage = _share("usage_rate_populated", "usage_rate", "minutes > 0", usage_at_least, boxscores)
    rolling = _share(
        "rolling_usage_populated", "avg_usage_rate_last_7_games", "games > 2", 0.9, None
    )
    tables = [
        *(_table(name, 1, "SELECT 1", {}) for name in LANDED),
        _table("raw.games", 2, "SELECT * FROM landing.games", {"landing.games": same}),
        _table(boxscores, 2, "SELECT * FROM landing.boxscores", {"landing.boxscores": same}),
        _table(
            "raw.prop_lines", 2, "SELECT * FROM landing.prop_lines", {"landing.prop_lines": same}
        ),
        _table(
            "analytics.player_game_summary",
            3,
            "SELECT * EXCLUDE (usage), usage AS usage_rate FROM raw.player_boxscores",
            {boxscores: same},
            checks=(usage,),
        ),
        _table(
            "precompute.player_composite_factors",
            4,
            "SELECT season, game_date, game_id, player_id, count(*) OVER w AS games, "
            "avg(usage_rate) OVER w AS avg_usage_rate_last_7_games "
            "FROM analytics.player_game_summary WHERE minutes > 0 WINDOW w AS (PARTITION BY "
            "season, player_id ORDER BY game_date, game_id ROWS BETWEEN 7 PRECEDING AND 1 "
            "PRECEDING)",
            {"analytics.player_game_summary": before},
            checks=(rolling,),
            bootstrap_days=14,
        ),
        _table(
            "precompute.ml_feature_store",
            4,
            FEATURES,
            {boxscores: before, "precompute.player_composite_factors": same},
            bootstrap_days=14,
        ),
    ]
    return build_graph({table.name: table for table in tables})


@dataclass(frozen=True)
class League:
    """The open warehouse with its graph, and how to change what landed."""

    warehouse: Warehouse
    graph: Graph

    def land(self, name: str, query: str, where: str = "true") -> None:
        """Replace the landed rows that meet a condition by those of a query."""
        with self.warehouse.commit():
            self.warehouse.execute(f"DELETE FROM lake.{name} WHERE {where}")
            self.warehouse.execute(f"INSERT INTO lake.{name} BY NAME {query}")
        self.record(name)

    def correct(self, name: str, assignment: str, where: str) -> None:
        """Update landed rows, as a corrected file would."""
        with self.warehouse.commit():
            self.warehouse.execute(f"UPDATE lake.{name} SET {assignment} WHERE {where}")
        self.record(name)

    def record(self, name: str) -> None:
        """Write a landing table's partitions to the ledger, as ingest does."""
        columns = self.warehouse.columns(f"lake.{name}")
        with self.warehouse.commit():
            self.warehouse.execute(
                f"DELETE FROM lake.ledger.partitions WHERE table_name = '{name}'"
            )
            self.warehouse.execute(
                f"""
                INSERT INTO lake.ledger.partitions BY NAME
                SELECT '{name}' AS table_name, game_date, min(season) AS season, 'fresh' AS state,
                       count(*) AS row_count, {content_hash_expression(columns)} AS content_hash
                FROM lake.{name} GROUP BY game_date
                """
            )

    def build(self, waiver: Waiver | None = None) -> None:
        """Bring every table up to date."""
        run_tables(self.warehouse, self.graph, self.graph.computed, RunOptions(waiver=waiver))


@pytest.fixture(scope="module")
def book_lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse with prop lines alone, of one game and market, and none yet."""
    home = Home(tmp_path_factory.mktemp("books") / "home")
    with open_warehouse(home, create=True) as warehouse:
        warehouse.execute("CREATE SCHEMA lake.raw")
        warehouse.execute(
            "CREATE TABLE lake.raw.prop_lines AS SELECT DATE '2024-01-05' AS game_date, "
            "'g1' AS game_id, 1 AS player_id, 'points' AS market, 'b10' AS bookmaker, "
            "24.5::DECIMAL(5, 1) AS line, 1.5::DOUBLE AS over_price, 1.5::DOUBLE AS under_price, "
            "TIMESTAMP '2024-01-05 23:00:00' AS captured_at, false AS is_live LIMIT 0"
        )
        yield warehouse


@pytest.fixture
def offered(book_lines: Warehouse) -> Callable[..., Warehouse]:
    """Have each quote stand alone on record, a book each: player, line, and decimal prices."""

    def offer(*quotes: tuple[float | None, ...]) -> Warehouse:
        book_lines.execute("DELETE FROM lake.raw.prop_lines")
        for number, (player, line, *prices) in enumerate(quotes):
            over, under = prices or (1.91, 1.91)
            book_lines.execute(
                "INSERT INTO lake.raw.prop_lines SELECT DATE '2024-01-05', 'g1', $1, 'points', "
                "$2, $3, $4, $5, TIMESTAMP '2024-01-05 23:00:00', false",
                [player, f"b{10 + number}", line, _american(over), _american(under)],
            )
        return book_lines

    return offer


def _american(decimal: float | None) -> float | None:
    return None if decimal is None else float(american_from_decimal(decimal))


def _open(path: Path) -> League:
    return League(open_warehouse(Home(path), create=True), small_graph())


@pytest.fixture(scope="session")
def league_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("league") / "home"
    league = _open(path)
    create_ledger(league.warehouse)
    with league.warehouse.commit():
        league.warehouse.execute("CREATE SCHEMA IF NOT EXISTS lake.landing")
        for name, query in LANDED.items():
            league.warehouse.execute(f"CREATE TABLE lake.{name} AS {query}")
    for name in LANDED:
        league.record(name)
    league.build()
    league.warehouse.close()
    return path


@pytest.fixture(scope="session")
def trained_home(league_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "home"
    shutil.copytree(league_home, path)
    league = _open(path)
    train(league.warehouse, options=OPTIONS, graph=league.graph)
    league.warehouse.close()
    return path


@pytest.fixture
def league(league_home: Path, tmp_path: Path) -> Iterator[League]:
    """The league, built and not yet learned from."""
    shutil.copytree(league_home, tmp_path / "home")
    league = _open(tmp_path / "home")
    yield league
    league.warehouse.close()


@pytest.fixture
def trained(trained_home: Path, tmp_path: Path) -> Iterator[League]:
    """The league with one trained model."""
    shutil.copytree(trained_home, tmp_path / "trained")
    league = _open(tmp_path / "trained")
    yield league
    league.warehouse.close()


@pytest.fixture
def options() -> TrainOptions:
    """Training small enough for a test."""
    return OPTIONS


@pytest.fixture
def upcoming() -> date:
    """A date after the last game."""
    return date(2024, 5, 1)
