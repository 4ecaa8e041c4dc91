"""Causes that show in a column: it stopped varying, or its key is there twice."""

from __future__ import annotations

from typing import Any

from boxout.pipeline.contract import COLUMNS_VARY, UNIQUE_KEY
from boxout.pipeline.diagnose.findings import Finding
from boxout.pipeline.diagnose.lineage import column_inputs
from boxout.pipeline.diagnose.question import Question
from boxout.warehouse.ducklake import LAKE

_DETAIL = "constant or all null: "
# More columns than this are named no further.
NAMED = 6


def constant_columns(question: Question) -> list[Finding]:
    """Return the columns that do not vary, each with the source column that does not."""
    findings = []
    for check in question.checks:
        if check["check_name"] != COLUMNS_VARY or not check["detail"]:
            continue
        columns = str(check["detail"]).removeprefix(_DETAIL).split(", ")
        findings += [_constant(question, column, check) for column in columns[:NAMED]]
    return findings


def _constant(question: Question, column: str, check: dict[str, Any]) -> Finding:
    season = str(check["season"])
    for table, source in column_inputs(question.graph, question.table, column):
        if not table.startswith("landing."):
            continue
        row = question.records(
            f"""
            WITH of_season AS (
              SELECT l.game_date, l."{source}"::VARCHAR AS value, l.source_file
              FROM {LAKE}.{table} AS l JOIN known_dates AS k USING (game_date)
              WHERE k.season = $1),
            last_value AS (
              SELECT value FROM of_season ORDER BY game_date DESC LIMIT 1)
            SELECT count(*) AS rows, (SELECT value FROM last_value) AS value,
                   max(game_date) FILTER (value IS DISTINCT FROM (SELECT value FROM last_value))
                     AS last_other,
                   min(game_date) AS first, max(game_date) AS last,
                   list(DISTINCT source_file) AS files
            FROM of_season
            """,
            season,
        )[0]
        if row["rows"] and row["last_other"] is None:
            said = "null" if row["value"] is None else row["value"]
            return Finding(
                "column-constant",
                f"{source} is {said} in all {row['rows']:,} rows of {season}, and so is "
                f"{question.table.name}.{column}.",
                table,
                row["rows"],
                row["rows"],
                column=source,
                explains=1.0,
                samples=(str(said),),
                first_date=row["first"],
                last_date=row["last"],
                seasons=(season,),
                files=tuple(row["files"]),
            )
    return Finding(
        "column-constant",
        f"{column} is constant or null throughout {season}, and no source column is: its query "
        "does not compute it.",
        question.table.name,
        int(check["failing"]),
        int(check["total"]),
        column=column,
        explains=1.0,
        first_date=check["first_date"],
        last_date=check["last_date"],
        seasons=(season,),
    )


def repeated_keys(question: Question) -> list[Finding]:
    """Return the keys that are there more than once, where the table's key is not unique."""
    return [
        Finding(
            "duplicated-rows",
            f"{check['failing']:,} of {check['total']:,} rows repeat the key "
            f"({', '.join(question.table.key)}) of another in {check['season']}.",
            question.table.name,
            int(check["failing"]),
            int(check["total"]),
            explains=1.0,
            first_date=check["first_date"],
            last_date=check["last_date"],
            seasons=(str(check["season"]),),
        )
        for check in question.checks
        if check["check_name"] == UNIQUE_KEY
    ]
