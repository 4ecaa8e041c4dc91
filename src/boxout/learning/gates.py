"""Whether training may begin: yes or no, with the count behind it, season by season.

Thresholds are those of the tables' own contracts, looked up by the name of the check and
never restated here. What was published is counted against what the schedule and the box
scores say there should be, so that a missing partition lowers the share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from boxout.errors import GateError, TableDefinitionError, UsageError
from boxout.learning.markets import select_markets
from boxout.learning.states import (
    COMPOSITE_FACTORS,
    FEATURE_STORE,
    PLAYER_SUMMARY,
    read_states,
)
from boxout.learning.waivers import WaivedCheck, read_waivers
from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import READY_SQL, create_ledger
from boxout.tables.definition import Check, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

BOXSCORES = "raw.player_boxscores"
GAMES = "raw.games"
USAGE_CHECK = "usage_rate_populated"
ROLLING_CHECK = "rolling_usage_populated"
PARTITIONS_GATE = "feature_partitions_ready"


@dataclass(frozen=True)
class GateAnswer:
    """One gate in one season.

    Attributes
    ----------
    numerator, denominator
        Rows, or partitions, that are as they should be, of those expected.
    at_least
        The share, from 0 to 1, that opens the gate.
    first_date, last_date
        The range that was counted.
    """

    gate: str
    season: str
    first_date: date
    last_date: date
    is_open: bool
    numerator: int
    denominator: int
    at_least: float
    reason: str


@dataclass(frozen=True)
class Readiness:
    """Whether training may begin, and why.

    Attributes
    ----------
    first_date, last_date
        The range of finished games that was judged; None when there is none.
    answers
        One a gate and season.
    waivers
        Overridden checks in the range, and the partitions published under them, of the
        feature store and of all that it is made of.
    goalposts
        The checks that are looser than they were.
    """

    is_ready: bool
    reason: str
    first_date: date | None
    last_date: date | None
    answers: tuple[GateAnswer, ...] = ()
    waivers: tuple[WaivedCheck, ...] = ()
    waived_partitions: int = 0
    goalposts: tuple[Goalpost, ...] = ()


def readiness(
    warehouse: Warehouse,
    markets: Sequence[str] | None = None,
    *,
    start: date | None = None,
    end: date | None = None,
    graph: Graph | None = None,
) -> Readiness:
    """Judge every season of the training window by the gates.

    Parameters
    ----------
    markets
        Markets to train; only checked to be known, for they share their features.
    start, end
        The window's first and last game date; by default all finished games.

    Raises
    ------
    UsageError
        When a market is unknown.
    TableDefinitionError
        When a contract has no check of the name that a gate needs.
    """
    select_markets(markets)
    graph = graph or load_graph()
    create_ledger(warehouse)
    moved = read_goalposts(warehouse)
    seasons = _seasons(warehouse, start, end)
    if not seasons:
        none = "There is no finished game in the range."
        return Readiness(False, none, None, None, goalposts=moved)
    first = min(season["first_date"] for season in seasons)
    last = max(season["last_date"] for season in seasons)
    counted = {
        USAGE_CHECK: _count_usage(warehouse, graph, first, last),
        ROLLING_CHECK: _count_rolling(warehouse, graph, first, last),
        PARTITIONS_GATE: _count_partitions(warehouse, graph, first, last),
    }
    answers = tuple(
        _answer(gate, season, *counts) for season in seasons for gate, counts in counted.items()
    )
    closed = [answer for answer in answers if not answer.is_open]
    reason = "; ".join(answer.reason for answer in closed) or (
        f"All gates are open in {len(seasons)} season(s), {first} to {last}."
    )
    waivers, waived = read_waivers(warehouse, graph, first, last)
    return Readiness(not closed, reason, first, last, answers, waivers, waived, moved)


def require_ready(answer: Readiness) -> None:
    """Raise when training may not begin.

    Raises
    ------
    GateError
        With each closed gate's season, counts and threshold.
    """
    if not answer.is_ready:
        raise GateError(
            f"Training is held back: {answer.reason}",
            f"{answer.first_date} to {answer.last_date}" if answer.first_date else "",
            "Run `boxout validate` to see which checks fail, mend the input, then `boxout run`.",
        )


def require_games(warehouse: Warehouse, answer: Readiness) -> None:
    """Refuse an answer on a range without a finished game where there are some outside it.

    Raises
    ------
    UsageError
        With the range of finished games that there is.
    """
    if answer.first_date is not None:
        return
    seasons = _seasons(warehouse, None, None)
    if seasons:
        raise UsageError(
            answer.reason,
            f"finished games are of {seasons[0]['first_date']} to {seasons[-1]['last_date']}",
            "Give a range of these with --start-date and --end-date, or none.",
        )


def contract_check(table: TableDefinition, name: str) -> Check:
    """Return a season's check of a table's contract by name.

    Raises
    ------
    TableDefinitionError
        When the contract has none.
    """
    for check in table.checks:
        if check.name == name and check.scope == "season" and check.kind == "share":
            return check
    raise TableDefinitionError(
        f"The contract has no season check {name!r} that training can ask.",
        table.name,
        "Add it to the table's header.",
    )


# Why a season of which nothing can be asked yet closes no gate.
OPENING_DAYS = "opening days, with too little history to ask for any"
Counts = tuple[dict[str, tuple[int, int, str]], float]


def _answer(
    gate: str,
    season: dict[str, Any],
    by_season: dict[str, tuple[int, int, str]],
    at_least: float,
) -> GateAnswer:
    name, first, last = season["season"], season["first_date"], season["last_date"]
    good, total, detail = by_season.get(name, (0, 0, "nothing to count"))
    is_open = good >= at_least * total if total else detail == OPENING_DAYS
    share = f"{100 * good / total:.1f}%" if total else "none"
    reason = (
        f"{gate} {name}: {good:,} of {total:,} ({share}, at least {100 * at_least:g}% "
        f"needed) from {first} to {last}{', ' + detail if detail else ''}"
    )
    return GateAnswer(gate, name, first, last, is_open, good, total, at_least, reason)


def _seasons(warehouse: Warehouse, start: date | None, end: date | None) -> list[dict[str, Any]]:
    if not warehouse.has_table(GAMES):
        return []
    return warehouse.records(
        f"SELECT season, min(game_date) AS first_date, max(game_date) AS last_date "
        f"FROM {LAKE}.{GAMES} WHERE status = 'final' AND game_date BETWEEN "
        "coalesce($1, DATE '0001-01-01') AND coalesce($2, DATE '9999-12-31') "
        "GROUP BY season ORDER BY season",
        [start, end],
    )


def _expected(warehouse: Warehouse, check: Check) -> str:
    """Return the query of rows that should be there: lines of finished games' players."""
    source = check.expected_from or BOXSCORES
    if not warehouse.has_table(source):
        return "SELECT NULL::VARCHAR AS season, NULL::DATE AS game_date LIMIT 0"
    where = check.expected_where if check.expected_from else "minutes > 0"
    return (
        f"SELECT season, game_date FROM {LAKE}.{source} WHERE ({where}) AND game_id IN "
        f"(SELECT game_id FROM {LAKE}.{GAMES} WHERE status = 'final')"
    )


def _published(warehouse: Warehouse, graph: Graph, table: TableDefinition, check: Check) -> str:
    """Return the query of published rows of ready partitions, each good or not."""
    read_states(warehouse, graph, table.name, "gate_states")
    if not warehouse.has_table(table.name):
        return "SELECT NULL::VARCHAR AS season, NULL::DATE AS game_date, false AS is_good LIMIT 0"
    return (
        f"SELECT season, game_date, ({check.expression}) IS TRUE AS is_good "
        f"FROM {LAKE}.{table.name} WHERE ({check.of}) "
        "AND game_date IN (SELECT game_date FROM gate_states WHERE is_ready)"
    )


def _count_usage(warehouse: Warehouse, graph: Graph, first: date, last: date) -> Counts:
    table = graph.table(PLAYER_SUMMARY)
    check = contract_check(table, USAGE_CHECK)
    published = _published(warehouse, graph, table, check)
    return _by_season(
        warehouse,
        f"SELECT season, game_date, is_good::INT AS good, 0 AS total FROM ({published}) "
        "UNION ALL BY NAME "
        f"SELECT season, game_date, 0 AS good, 1 AS total FROM ({_expected(warehouse, check)})",
        first,
        last,
    ), check.at_least


def _count_rolling(warehouse: Warehouse, graph: Graph, first: date, last: date) -> Counts:
    table = graph.table(COMPOSITE_FACTORS)
    check = contract_check(table, ROLLING_CHECK)
    published = _published(warehouse, graph, table, check)
    # The opening days have too little history by the table's own rule: nothing is asked of them.
    opening = (
        f"SELECT game_date FROM (SELECT game_date, min(game_date) OVER (PARTITION BY season) "
        f"AS opening FROM {LAKE}.{GAMES}) "
        f"WHERE game_date < opening + INTERVAL {table.bootstrap_days} DAY"
    )
    counted = _by_season(
        warehouse,
        f"""
        SELECT * FROM (
          SELECT season, game_date, is_good::INT AS good, 1 AS total FROM ({published})
          UNION ALL BY NAME
          SELECT season, game_date, 0 AS good, 1 AS total FROM ({_expected(warehouse, check)})
          WHERE game_date NOT IN (SELECT game_date FROM gate_states WHERE is_ready))
        WHERE game_date NOT IN ({opening})
        """,
        first,
        last,
    )
    just_opened = warehouse.rows(
        f"SELECT season FROM {LAKE}.{GAMES} WHERE status = 'final' AND game_date BETWEEN $1 AND $2 "
        f"GROUP BY season HAVING bool_and(game_date IN ({opening}))",
        [first, last],
    )
    return counted | {season: (0, 0, OPENING_DAYS) for (season,) in just_opened}, check.at_least


def _by_season(
    warehouse: Warehouse, counted: str, first: date, last: date
) -> dict[str, tuple[int, int, str]]:
    rows = warehouse.rows(
        f"SELECT season, sum(good)::BIGINT, sum(total)::BIGINT FROM ({counted}) "
        "WHERE game_date BETWEEN $1 AND $2 GROUP BY season",
        [first, last],
    )
    return {season: (good, total, "") for season, good, total in rows}


def _count_partitions(warehouse: Warehouse, graph: Graph, first: date, last: date) -> Counts:
    read_states(warehouse, graph, FEATURE_STORE, "feature_states")
    rows = warehouse.rows(
        f"""
        SELECT season, sum(partitions) FILTER (WHERE state IN ({READY_SQL}))::BIGINT,
               sum(partitions)::BIGINT,
               string_agg(partitions || ' ' || state, ', ' ORDER BY state)
                 FILTER (WHERE state NOT IN ({READY_SQL}))
        FROM (
          SELECT d.season, coalesce(s.state, 'missing') AS state, count(*) AS partitions
          FROM (SELECT DISTINCT season, game_date FROM {LAKE}.{GAMES}
                WHERE game_date BETWEEN $1 AND $2) AS d
          LEFT JOIN feature_states AS s USING (game_date)
          GROUP BY ALL)
        GROUP BY season
        """,
        [first, last],
    )
    return {season: (good or 0, total, odd or "") for season, good, total, odd in rows}, 1.0
