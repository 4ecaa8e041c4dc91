"""Find out by experiment whether features use what was not known before tip-off.

For a game date, everything that came out later is taken away: later dates as a whole, and of
the date itself results, shots, and reports and lines seen after tip-off; the box lines are
scrambled. The features of that date are computed from the whole data and from what is left,
and compared value by value.

Some things are taken as known beforehand, because no source says when they came out: who is
listed and who starts in a finished game's box score, the consensus line of a game, dates of
birth, and which spelling of a name means whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from boxout.errors import UsageError
from boxout.pipeline.graph import SCHEDULE, Graph
from boxout.pipeline.stage import Chunk, input_slices
from boxout.sources.seasons import tip_off_sql
from boxout.tables.definition import RAW_PHASE, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

TAKEN_AS_KNOWN = (
    "who is listed in the box score of a finished game: late scratches and, where a source lists "
    "only who played, coaches' decisions are not in it",
    "who starts: the lineups are announced half an hour before tip-off",
    "the consensus spread and total of a game, which carry no time",
    "dates of birth, and which spelling of a name means whom",
)
# What is kept of a box line of the day itself: who and where, nothing of what he did.
LISTING = "season game_date game_id player_id player_name team opponent is_home is_starter".split()
# Of reports about a team the column that says when they came out.
REPORTED_AT = {"raw.injuries": "report_at", "raw.lineups": "announced_at"}
SCRAMBLED_OF_GAMES = ("home_pts", "away_pts", "overtime_periods")
TRUTH, HIDDEN = "audit_truth", "audit_hidden"


@dataclass(frozen=True)
class ColumnAudit:
    """One column: values compared, those not null, and rows in which it gave the future away."""

    column: str
    compared: int
    present: int
    leaks: int


@dataclass(frozen=True)
class LeakageAudit:
    """What an audit of one table found.

    Attributes
    ----------
    dates
        The game dates whose features were computed twice.
    rows
        Feature rows compared.
    hidden
        Rows that were taken away or scrambled, by raw table, over all dates.
    columns
        One entry for every column of the table.
    lost, gained
        Rows that are there only with, or only without, what came later.
    """

    table: str
    dates: tuple[date, ...]
    rows: int
    hidden: dict[str, int]
    columns: tuple[ColumnAudit, ...]
    lost: int
    gained: int
    taken_as_known: tuple[str, ...] = TAKEN_AS_KNOWN

    @property
    def leaks(self) -> tuple[ColumnAudit, ...]:
        """The columns that use what was not known."""
        return tuple(column for column in self.columns if column.leaks)

    @property
    def passed(self) -> bool:
        """Whether nothing leaks, over at least one row and with something hidden."""
        return bool(
            self.rows and sum(self.hidden.values()) and not (self.leaks or self.lost or self.gained)
        )


def sample_dates(
    warehouse: Warehouse, table: TableDefinition, a_season: int, seed: int
) -> list[date]:
    """Draw dates of each season that have rows; the same seed draws the same."""
    rows = warehouse.rows(
        f"""
        SELECT game_date FROM (
          SELECT game_date, row_number() OVER (
            PARTITION BY season ORDER BY hash(game_date, $1)) AS place
          FROM (SELECT DISTINCT season, game_date FROM {LAKE}.{table.name}))
        WHERE place <= $2 ORDER BY 1
        """,
        [seed, a_season],
    )
    return [row[0] for row in rows]


def audit_leakage(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, days: Sequence[date]
) -> LeakageAudit:
    """Compute one table's rows of some dates with and without what came later, and compare.

    Raises
    ------
    UsageError
        When the table has no row on a date, or is not built from raw tables.
    """
    if table.phase <= RAW_PHASE:
        raise UsageError(
            "The table is not built from raw tables: what came later can be hidden in those alone.",
            table.name,
            "Name a table of analytics or precompute.",
        )
    hidden: dict[str, int] = {}
    totals: dict[str, list[int]] = {}
    rows = lost = gained = 0
    for day in days:
        with warehouse.reading():
            chunk = _season_chunk(warehouse, day, table)
            _compute(warehouse, graph, table, chunk, TRUTH, day, hidden, hide=False)
            _compute(warehouse, graph, table, chunk, HIDDEN, day, hidden, hide=True)
        only_truth, only_hidden, both = _match(warehouse, table)
        rows, lost, gained = rows + both, lost + only_truth, gained + only_hidden
        for column, counts in _differences(warehouse, table).items():
            known = totals.setdefault(column, [0, 0, 0])
            totals[column] = [a + b for a, b in zip(known, counts, strict=True)]
    columns = tuple(ColumnAudit(name, *counts) for name, counts in totals.items())
    return LeakageAudit(table.name, tuple(days), rows, hidden, columns, lost, gained)


def _season_chunk(warehouse: Warehouse, day: date, table: TableDefinition) -> Chunk:
    first, last, dates = warehouse.rows(
        f"SELECT min(game_date), max(game_date), count(DISTINCT game_date) FROM {LAKE}.{SCHEDULE} "
        f"WHERE season = (SELECT any_value(season) FROM {LAKE}.{SCHEDULE} WHERE game_date = $1)",
        [day],
    )[0]
    if not dates:
        raise UsageError(f"There is no game on {day}.", table.name, "Choose a game date.")
    return Chunk(first, last, dates)


def _compute(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    chunk: Chunk,
    result: str,
    day: date,
    hidden: dict[str, int],
    *,
    hide: bool,
) -> None:
    """Compute a table's rows of one date into a temporary table, as a run of its season would."""
    from boxout.tables.syntax import sliced_query  # slow to import, for it parses

    stands_for: dict[str, str] = {}
    for each in (*graph.computed_upstream(table.name), table):
        if each.schema == "raw":
            if not hide:
                stands_for[each.name] = f"{LAKE}.{each.name}"
                continue
            stands_for[each.name] = _temporary(result, each.name)
            _hide(warehouse, each.name, stands_for[each.name], day, hidden)
            continue
        slices = {
            name: query.replace(f"{LAKE}.{name} ", f"{stands_for[name]} ")
            for name, query in input_slices(each, chunk).items()
        }
        query = sliced_query(each.query, slices, each.name)
        stands_for[each.name] = _temporary(result, each.name)
        last = f"AND game_date = DATE '{day}'" if each is table else ""
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE {stands_for[each.name]} AS SELECT * FROM ({query}) AS q "
            f"WHERE game_date BETWEEN DATE '{chunk.first}' AND DATE '{chunk.last}' {last}"
        )
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {result} AS SELECT * FROM {stands_for[table.name]}"
    )


def _temporary(result: str, name: str) -> str:
    return f"{result}_{name.replace('.', '_')}"


def _hide(warehouse: Warehouse, name: str, target: str, day: date, hidden: dict[str, int]) -> None:
    """Create a raw table as it could be known before the games of a date."""
    columns = warehouse.columns(f"{LAKE}.{name}")
    scrambled: list[str] = []
    seen_before = f"game_date < DATE '{day}'"
    if name == SCHEDULE:
        scrambled, seen_before = list(SCRAMBLED_OF_GAMES), f"game_date <= DATE '{day}'"
    elif name == "raw.player_boxscores":
        scrambled = [column for column in columns if column not in LISTING]
        seen_before = f"game_date <= DATE '{day}'"
    elif name == "raw.prop_lines":
        seen_before = f"game_date < DATE '{day}' OR (game_date = DATE '{day}' AND " + (
            "captured_at < tipoff_at)"
        )
    elif name in REPORTED_AT:
        seen_before = (
            f"game_date < DATE '{day}' OR (game_date = DATE '{day}' AND EXISTS ("
            f"SELECT 1 FROM {LAKE}.{SCHEDULE} AS g WHERE g.game_date = i.game_date "
            "AND i.team IN (g.home_team, g.away_team) "
            f"AND i.{REPORTED_AT[name]} < {tip_off_sql('g')}))"
        )
    elif name in ("raw.game_lines", "raw.players", "raw.player_aliases"):
        seen_before = f"game_date <= DATE '{day}'"
    is_of_day = f"game_date = DATE '{day}'"
    replaced = ", ".join(
        f'CASE WHEN {is_of_day} THEN {_scramble(c, columns[c])} ELSE "{c}" END AS "{c}"'
        for c in scrambled
    )
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {target} AS "
        f"SELECT * {f'REPLACE ({replaced})' if replaced else ''} FROM {LAKE}.{name} AS i "
        f"WHERE {seen_before}"
    )
    of_day = f"+ (SELECT count(*) FROM {target} WHERE game_date = DATE '{day}')"
    hidden[name] = hidden.get(name, 0) + int(
        warehouse.scalar(
            f"SELECT (SELECT count(*) FROM {LAKE}.{name}) - (SELECT count(*) FROM {target}) "
            f"{of_day if scrambled else ''}"
        )
    )


def _scramble(column: str, kind: str) -> str:
    if kind == "BOOLEAN":
        return f'"{column}" IS NOT TRUE'
    return f'CAST(coalesce("{column}", 0) * 3 + 7 AS {kind})'


def _match(warehouse: Warehouse, table: TableDefinition) -> tuple[int, int, int]:
    key = ", ".join(table.key)
    lost, gained, both = warehouse.rows(
        f"SELECT count(*) FILTER (WHERE h IS NULL), count(*) FILTER (WHERE t IS NULL), "
        f"count(*) FILTER (WHERE t AND h) FROM (SELECT {key}, true AS t FROM {TRUTH}) "
        f"FULL JOIN (SELECT {key}, true AS h FROM {HIDDEN}) USING ({key})"
    )[0]
    return lost, gained, both


def _differences(warehouse: Warehouse, table: TableDefinition) -> dict[str, tuple[int, int, int]]:
    """Of each column the values compared, those present, and those that differ."""
    columns = list(warehouse.columns(TRUTH))
    same_key = " AND ".join(f"t.{column} = h.{column}" for column in table.key)
    counted = ", ".join(
        f'count(t."{c}"), count(*) FILTER (WHERE t."{c}" IS DISTINCT FROM h."{c}")' for c in columns
    )
    row = warehouse.rows(
        f"SELECT count(*), {counted} FROM {TRUTH} AS t JOIN {HIDDEN} AS h ON {same_key}"
    )[0]
    return {column: (row[0], row[1 + 2 * i], row[2 + 2 * i]) for i, column in enumerate(columns)}
