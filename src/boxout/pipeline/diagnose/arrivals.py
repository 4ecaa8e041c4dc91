"""Causes that ingest has seen: files refused whole, rows refused, ids written in another form."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from boxout.pipeline.arrivals import CONTRADICTED
from boxout.pipeline.diagnose.findings import REPAIRED, Finding, Pattern
from boxout.pipeline.diagnose.question import SUSPECT, Question
from boxout.pipeline.spellings import MISREAD, RIGHT, TWICE
from boxout.sources.files.names import GARBLED_NAME
from boxout.sources.files.shape import REPEATED
from boxout.warehouse.ducklake import LAKE, Warehouse

# By the reason for which ingest refuses rows: the kind of cause, and the source columns to show.
KINDS = {
    "the game id is in no known format": ("game-id-format", ("game_id", "bref_game_id")),
    "the game id names another season": ("game-id-format", ("game_id",)),
    "the team is no NBA team": (
        "team-codes",
        ("team_abbreviation", "team", "opponent", "home_team", "visitor_team", "away_team",
         "home", "away", "matchup"),
    ),
    "the team did not play in the game": ("team-codes", ("team", "home_team", "visitor_team")),
    "the matchup names no two teams": ("team-codes", ("matchup",)),
    "minutes are missing or negative": ("minutes-unparsed", ("mp", "min")),
    "the game id holds another date": ("dates-shifted", ("game_date", "bref_game_id", "game_id")),
    "the game id names another home team": (
        "home-away-swapped", ("home_team", "visitor_team", "bref_game_id", "matchup", "game_id"),
    ),
    GARBLED_NAME: ("names-double-encoded", ("player_name",)),
    CONTRADICTED: ("duplicated-rows", ()),
    REPEATED: ("duplicated-rows", ()),
}  # fmt: skip
# What a cause must concern of a source's rows on the dates in question, to be named.
LEAST_SHARE = 0.005
# What rows without a date can explain at most: less than keeps a question from being asked further.
MOST_UNDATED = 0.45
# In characters.
LONGEST_SAMPLE = 200


def refused_files(warehouse: Warehouse, tables: Iterable[str]) -> list[Finding]:
    """Return the files that were refused whole and have not been mended."""
    findings = []
    for row in warehouse.records(
        "SELECT * FROM lake.ledger.refusals WHERE table_name IN (SELECT unnest($1::VARCHAR[])) "
        "ORDER BY refused_at",
        [list(tables)],
    ):
        pairs = _renamed(row["missing"], row["unknown"])
        lacks = ", ".join(row["missing"])
        if row["missing"]:
            said = "; ".join(f"{new} may be what was {old}" for old, new in pairs.items())
            what = f"The file lacks {lacks}" + (f": {said}." if said else ".")
        else:
            what = row["problem"]
        findings.append(
            Finding(
                "column-renamed" if row["missing"] else "file-unreadable",
                what,
                row["table_name"],
                len(row["missing"]) or 1,
                len(row["missing"]) or 1,
                column=lacks or None,
                explains=1.0,
                samples=tuple(pairs.values()) or tuple(row["unknown"][:5]),
                files=(row["source_file"],),
            )
        )
    return findings


def _renamed(missing: list[str], unknown: list[str]) -> dict[str, str]:
    """Guess which unknown column is which missing one: the likest, or the only one left."""
    pairs = {}
    left = list(unknown)
    for column in missing:
        like = difflib.get_close_matches(column, left, 1, 0.4)
        if not like and len(missing) == len(left) == 1:
            like = left
        if like:
            pairs[column] = like[0]
            left.remove(like[0])
    return pairs


def refused_rows(question: Question) -> list[Finding]:
    """Return why rows of the sources above were refused on the dates in question.

    Rows without a date count where their file brought others to the seasons in question.
    """
    return [*_on_dates(question), *_without_date(question)]


def _on_dates(question: Question) -> list[Finding]:
    findings = []
    for row in question.records(
        f"""
        SELECT q.table_name, q.check_name AS problem, sum(q.failing)::BIGINT AS rows,
               count(DISTINCT d.game_date) AS dates,
               min(q.game_date) AS first_date, max(q.game_date) AS last_date,
               list(DISTINCT q.source_file ORDER BY q.source_file) AS files,
               list(DISTINCT d.season ORDER BY d.season) AS seasons,
               list_slice(list(q.sample ORDER BY q.game_date), 1, 20) AS samples
        FROM lake.ledger.quarantine AS q JOIN {SUSPECT} AS d USING (game_date)
        WHERE q.source_file IS NOT NULL AND q.table_name IN (SELECT unnest($1::VARCHAR[]))
          AND q.check_name <> $2
        GROUP BY q.table_name, q.check_name ORDER BY rows DESC, problem
        """,
        list(question.landing),
        REPEATED,
    ):
        total = row["rows"] + question.scalar(
            f"SELECT count(*) FROM {LAKE}.{row['table_name']} "
            f"WHERE game_date IN (SELECT game_date FROM {SUSPECT})"
        )
        if row["rows"] >= LEAST_SHARE * total:
            findings.append(_refused(question, row, total, row["dates"] / question.dates))
    return findings


def _without_date(question: Question) -> list[Finding]:
    """Return why rows were refused of which nobody can tell whether the dates lack them."""
    tables = question.records(
        "SELECT DISTINCT table_name FROM lake.ledger.quarantine WHERE game_date IS NULL "
        "AND source_file IS NOT NULL AND table_name IN (SELECT unnest($1::VARCHAR[])) "
        "ORDER BY table_name",
        list(question.landing),
    )
    findings = []
    for name in (table["table_name"] for table in tables):
        for row in question.records(
            f"""
            WITH brought AS (
              SELECT l.source_file, count(*) AS there
              FROM {LAKE}.{name} AS l JOIN known_dates AS k USING (game_date)
              WHERE k.season IN (SELECT season FROM {SUSPECT})
              GROUP BY l.source_file)
            SELECT $1 AS table_name, q.check_name AS problem, sum(q.failing)::BIGINT AS rows,
                   sum(b.there)::BIGINT AS there, NULL AS first_date, NULL AS last_date,
                   list(q.source_file ORDER BY q.source_file) AS files,
                   (SELECT list(DISTINCT season ORDER BY season) FROM {SUSPECT}) AS seasons,
                   list_slice(list(q.sample), 1, 20) AS samples
            FROM lake.ledger.quarantine AS q JOIN brought AS b USING (source_file)
            WHERE q.table_name = $1 AND q.game_date IS NULL AND q.check_name <> $2
            GROUP BY q.check_name ORDER BY rows DESC, problem
            """,
            name,
            REPEATED,
        ):
            total = row["rows"] + row["there"]
            findings.append(_refused(question, row, total, min(row["rows"] / total, MOST_UNDATED)))
    return findings


def _refused(question: Question, row: dict[str, Any], total: int, explains: float) -> Finding:
    kind, columns = KINDS.get(row["problem"], ("rejected-rows", ()))
    samples = _values(row["samples"], columns)
    return Finding(
        kind,
        f"{row['rows']:,} of {total:,} rows were refused: {row['problem']}.",
        row["table_name"],
        row["rows"],
        total,
        explains=explains,
        patterns=_forms(question, row) if kind in ("game-id-format", "team-codes") else (),
        samples=samples,
        first_date=row["first_date"],
        last_date=row["last_date"],
        seasons=tuple(row["seasons"] or ()),
        files=tuple(row["files"]),
    )


def _values(samples: list[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distinct values of some columns in the sample rows that ingest kept."""
    found: dict[str, None] = {}
    for text in samples:
        for sample in json.loads(text):
            row = {name.lower(): value for name, value in sample.items()}
            shown = [f"{name} {row[name]}" for name in columns if name in row]
            whole = json.dumps(sample, ensure_ascii=False)[:LONGEST_SAMPLE]
            found[", ".join(shown) if shown else whole] = None
    return tuple(list(found)[:3])


def _forms(question: Question, row: dict[str, Any]) -> tuple[Pattern, ...]:
    kind = "game" if KINDS[row["problem"]][0] == "game-id-format" else "team"
    return tuple(
        Pattern(
            "refused" if f["problem"] else "accepted", f["form"], f["rows"], tuple(f["samples"])
        )
        for f in question.records(
            """
            SELECT problem, form, sum(row_count)::BIGINT AS rows,
                   list_slice(flatten(list(samples)), 1, 3) AS samples
            FROM lake.ledger.spellings
            WHERE table_name = $1 AND kind = $2
              AND (problem IS NULL OR list_contains($3::VARCHAR[], source_file))
            GROUP BY problem, form ORDER BY problem NULLS LAST, rows DESC LIMIT 6
            """,
            row["table_name"],
            kind,
            row["files"],
        )
    )


def repaired_spellings(warehouse: Warehouse, tables: Iterable[str]) -> list[Finding]:
    """Return what files write otherwise than the rest of their table, and ingest read past."""
    findings = []
    for row in warehouse.records(
        f"""
        WITH forms AS (
          SELECT *, sum(row_count) OVER (PARTITION BY table_name, column_name, form) AS in_table,
                 sum(row_count) OVER (PARTITION BY table_name, column_name) AS rows,
                 bool_or(form = '{RIGHT}') OVER (PARTITION BY table_name, column_name) AS is_right
          FROM lake.ledger.spellings
          WHERE problem IS NULL AND table_name IN (SELECT unnest($1::VARCHAR[])))
        SELECT table_name, column_name, kind, form, sum(row_count)::BIGINT AS row_count,
               any_value(rows)::BIGINT AS rows, list(source_file) AS files,
               flatten(list(samples)) AS samples, min(first_date) AS first_date,
               max(last_date) AS last_date
        FROM forms
        WHERE (kind = 'game' AND in_table < rows / 2)
           OR (kind = 'player' AND (form = '{TWICE}' OR (form = '{MISREAD}' AND is_right)))
        GROUP BY table_name, column_name, kind, form ORDER BY ALL
        """,
        [list(tables)],
    ):
        is_zeros = set(row["form"]) == {"9"} and len(row["form"]) < 10
        kind = "game-id-format"
        if row["kind"] == "player":
            kind = "names-double-encoded"
        elif is_zeros:
            kind = "lost-leading-zeros"
        findings.append(
            Finding(
                kind,
                f"{row['row_count']:,} of {row['rows']:,} rows write {row['column_name']} "
                f"otherwise than the rest ({row['form']}); they were read all the same.",
                row["table_name"],
                row["row_count"],
                row["rows"],
                status=REPAIRED,
                column=row["column_name"],
                samples=tuple(row["samples"][:3]),
                first_date=row["first_date"],
                last_date=row["last_date"],
                files=tuple(row["files"]),
            )
        )
    return findings


def repeated_rows(warehouse: Warehouse, tables: Iterable[str]) -> list[Finding]:
    """Return the exact repeats of rows that ingest dropped, by file."""
    return [
        Finding(
            "duplicated-rows",
            f"{row['rows']:,} rows are exact repeats of others and were dropped.",
            row["table_name"],
            row["rows"],
            row["row_count"],
            status=REPAIRED,
            first_date=row["first_date"],
            last_date=row["last_date"],
            files=(row["source_file"],),
        )
        for row in warehouse.records(
            """
            SELECT q.table_name, q.source_file, sum(q.failing)::BIGINT AS rows,
                   any_value(f.row_count) AS row_count, min(game_date) AS first_date,
                   max(game_date) AS last_date
            FROM lake.ledger.quarantine AS q JOIN lake.ledger.files AS f USING (source_file)
            WHERE q.check_name = $1 AND q.table_name IN (SELECT unnest($2::VARCHAR[]))
            GROUP BY q.table_name, q.source_file ORDER BY rows DESC
            """,
            [REPEATED, list(tables)],
        )
    ]
