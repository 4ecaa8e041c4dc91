"""The query that plans a table: what each partition reads now, beside what it was built from.

One query a table, for all of its dates: windowed sums of the input partitions' content hashes
give each partition the fingerprint of what it reads, and the same over its own dates gives a
season one. Which of them to compute is decided in `plan`.
"""

from __future__ import annotations

from boxout.pipeline.content_hash import HASH_RECIPE
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY
from boxout.pipeline.reads import EARLIER, print_sql
from boxout.tables.definition import SAME_DAY, WINDOW, TableDefinition

# Tables of this phase and on have partitions on the dates of games alone.
SCHEDULED_PHASE = 3


def plan_query(graph: Graph, table: TableDefinition) -> str:
    """Return the SELECT of `partition_plan` for one table, whose columns `plan_partitions` lists.

    It reads `ledger_now` and `known_dates`, and binds the table's name and whether every
    open partition is due.
    """
    reads = [(name, window) for name, windows in table.windows.items() for window in windows]
    sums = ", ".join(
        f"{_content(table, name, window)} AS content_{i}, "
        f"{_first_unready(graph.tables[name], window)} AS unready_{i}"
        for i, (name, window) in enumerate(reads)
    )
    hashes = ", ".join(f"content_{i}" for i in range(len(reads)))
    is_open = " AND ".join(f"unready_{i} IS NULL" for i in range(len(reads)))
    reasons = " ".join(
        f"WHEN unready_{i} IS NOT NULL THEN 'waits for {name} ' || unready_{i}"
        for i, (name, _) in enumerate(reads)
    )
    # A first date reads nothing of what has gone before, and yet there must be a table to read.
    computed = [name for name in table.windows if not graph.tables[name].is_landing]
    for name in computed:
        is_open += f" AND {_column('built', name)}"
        reasons += (
            f" WHEN NOT {_column('built', name)} THEN 'waits for {name}, which was never built'"
        )
    built = ", ".join(
        ["count(*) AS partitions"]
        + [
            f"coalesce(bool_or(table_name = '{name}'), false) AS {_column('built', name)}"
            for name in computed
        ]
    )
    built_query = f"SELECT {built} FROM ledger_now WHERE state <> 'blocked'"
    expected = "is_scheduled" if table.phase >= SCHEDULED_PHASE else "true"
    read_now = f"hash('{HASH_RECIPE}', '{table.code_hash}', {hashes})"
    if table.bootstrap_days:
        # No row says when a season opens, and yet what a date is made into depends on it.
        read_now = f"CASE WHEN is_opening THEN hash({read_now}, 'opening') ELSE {read_now} END"
    return f"""
    WITH dates AS ({_dates_query(table)}),
    sums AS (SELECT game_date, season, is_scheduled, {is_opening(table)} AS is_opening, {sums}
             FROM dates),
    built AS ({built_query}),
    own AS (SELECT * FROM ledger_now WHERE table_name = $1),
    read AS (
      SELECT s.game_date, s.season,
             {read_now} AS input_hash,
             {is_open} AS is_open, CASE {reasons} END AS closed_because,
             own.state AS recorded_state, coalesce(own.row_count, 0) AS recorded_rows,
             own.content_hash AS recorded_hash, own.read_hashes AS recorded_reads,
             own.input_hash AS recorded_input,
             own.season_hash AS recorded_season, own.judged_hash AS recorded_judged,
             own.reason AS recorded_reason,
             own.code_hash AS recorded_code, own.built_at, own.changed_at
      FROM sums AS s CROSS JOIN built LEFT JOIN own ON own.game_date = s.game_date
      WHERE {expected} OR own.row_count > 0),
    seasons AS (
      SELECT *, (sum(hash(game_date, input_hash, is_open)::HUGEINT) OVER (PARTITION BY season)
                 % 18446744073709551616)::UBIGINT AS season_hash FROM read),
    judged AS (
      SELECT *, CASE
        WHEN recorded_state IS NULL THEN 'missing'
        WHEN $2 OR recorded_input IS DISTINCT FROM input_hash
             -- its rows lost columns when others were written with new ones
             OR (recorded_hash IS NULL AND recorded_rows > 0) THEN 'stale'
        WHEN recorded_state = 'failed' AND recorded_season IS NOT NULL
             AND recorded_season <> season_hash THEN 'stale'
        ELSE recorded_state END AS judged_state FROM seasons)
    SELECT game_date, season, input_hash, season_hash, is_open, recorded_state, recorded_rows,
           recorded_hash, recorded_reads, recorded_input, recorded_judged, recorded_reason,
           recorded_code,
           built_at, changed_at,
           CASE WHEN is_held THEN 'blocked' ELSE judged_state END AS state,
           is_open AND judged_state IN ('missing', 'stale', 'blocked') AS is_due,
           CASE WHEN is_held THEN closed_because ELSE recorded_reason END AS reason
    FROM (SELECT *, NOT is_open AND judged_state <> 'waived' AS is_held FROM judged)
    """


def is_opening(table: TableDefinition) -> str:
    """SQL, over `known_dates`, of whether a date has too little history by the table's own rule."""
    return (
        "(is_scheduled AND game_date < min(game_date) FILTER (is_scheduled) "
        f"OVER (PARTITION BY season) + INTERVAL {table.bootstrap_days} DAY)"
    )


def _dates_query(reader: TableDefinition) -> str:
    """SQL with a row a known date, and what each input has on it: one join, and not one an input.

    Of an input, content_TABLE is what its rows hash to for this reader, null without rows,
    earlier_TABLE the same for its later dates where they read fewer columns, and ready_TABLE
    whether the rows may be read, null where there is no partition.
    """
    ready = ", ".join(f"'{state}'" for state in (*READY, "planned"))
    columns = ", ".join(
        f"max(content) FILTER (table_name = '{name}') AS {_column('content', name)}, "
        f"bool_or(is_ready) FILTER (table_name = '{name}') AS {_column('ready', name)}"
        for name in reader.windows
    )
    columns += "".join(
        f", max(earlier) FILTER (table_name = '{name}') AS {_column('earlier', name)}"
        for name in reader.earlier_columns
    )
    read, earlier = reader.code_hash, reader.code_hash + EARLIER
    names = ", ".join(f"'{name}'" for name in reader.windows)
    return f"""
      SELECT k.game_date, k.season, k.is_scheduled, l.* EXCLUDE (game_date)
      FROM known_dates AS k LEFT JOIN (
        SELECT game_date, {columns}
        FROM (
          SELECT game_date, table_name, state IN ({ready}) AS is_ready,
                 {print_sql(read)} AS content, {print_sql(earlier)} AS earlier
          FROM ledger_now WHERE table_name IN ({names}))
        GROUP BY game_date) AS l ON l.game_date = k.game_date
    """


def _column(kind: str, table: str) -> str:
    return f'"{kind}_{table}"'


def _content(reader: TableDefinition, table: str, window: str) -> str:
    """SQL of the fingerprint of what a window holds of an input."""
    is_narrower = window != SAME_DAY and table in reader.earlier_columns
    content = _column("earlier" if is_narrower else "content", table)
    total = content if window == SAME_DAY else f"sum({content}) OVER ({_frame(window)})"
    return f"coalesce({total}, 0)::HUGEINT"


def _first_unready(table: TableDefinition, window: str) -> str:
    """SQL of the first date in a window that may not be read; null where all may."""
    if table.is_landing:  # a source may have nothing for a date
        return "NULL::DATE"
    missing = "is_scheduled" if table.phase >= SCHEDULED_PHASE else "true"
    is_unready = f"NOT coalesce({_column('ready', table.name)}, NOT {missing})"
    unready = f"CASE WHEN {is_unready} THEN game_date END"
    return unready if window == SAME_DAY else f"min({unready}) OVER ({_frame(window)})"


def _frame(window: str) -> str:
    match = WINDOW.match(window)
    if match is not None and match["days"]:
        days = int(match["days"])
        return (
            f"ORDER BY game_date RANGE BETWEEN INTERVAL {days} DAY PRECEDING "
            "AND INTERVAL 1 DAY PRECEDING"
        )
    if window == "past_seasons":
        before = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP"
        return f"ORDER BY season {before}"
    before = "ORDER BY game_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    return {
        "season_to_date": f"PARTITION BY season {before}",
        "history": before,
        "all": "",
    }[window]
