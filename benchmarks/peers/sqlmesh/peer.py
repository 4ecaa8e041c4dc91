"""SQLMesh: incremental models by time range, contracts as audits, state in the same file.

As its documentation has it: `plan` the first time and after a change of a model, `run` from
then on, `plan --restate-model` with a range for a correction. A restatement reaches the models
downstream, but only within the range that it is told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.compared import (
    CHANGED_TABLE,
    changed_query,
    compared_tables,
    duplicate_keys,
    failing_rows,
    interval_query,
    raw_tables,
)
from benchmarks.environments import binary
from benchmarks.inputs import Inputs
from benchmarks.measuring import Command
from benchmarks.peer import DATABASE, Job, Peer
from boxout.pipeline.graph import load_graph
from boxout.tables.definition import TableDefinition

CONFIG = f"""gateways:
  warehouse:
    connection:
      type: duckdb
      database: {DATABASE}
default_gateway: warehouse
model_defaults:
  dialect: duckdb
disable_anonymized_analytics: true
"""
WITHIN = ("@start_date", "@end_date")
QUIET = {"SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true", "NO_COLOR": "1"}


def lay_out(work: Path, inputs: Inputs, changed: bool) -> None:
    """Write the project: a model and its audits for each table."""
    for folder in ("models", "audits"):
        (work / folder).mkdir(exist_ok=True)
    (work / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (work / "external_models.yaml").write_text(_external_models(inputs), encoding="utf-8")
    for table in compared_tables():
        name = table.name.replace(".", "_")
        (work / "models" / f"{name}.sql").write_text(model(table, inputs, changed))
        (work / "audits" / f"{name}.sql").write_text(audits(table))


def model(table: TableDefinition, inputs: Inputs, changed: bool) -> str:
    """Return the file of a model."""
    names = ", ".join(
        _audit_name(table, check) for check in ("key_unique", *(c.name for c in table.checks))
    )
    query = interval_query(table, *WITHIN, query=changed_query(table) if changed else None)
    return f"""MODEL (
  name {table.name},
  kind INCREMENTAL_BY_TIME_RANGE (time_column game_date),
  start '{inputs.first}',
  cron '@daily',
  grain ({", ".join(table.key)}),
  columns ({_column_types(table, inputs)}),
  audits ({names})
);

{query}
"""


def audits(table: TableDefinition) -> str:
    """Return the file of a table's audits: its contract."""
    parts = [
        f"AUDIT (name {_audit_name(table, 'key_unique')});\n{duplicate_keys(table, '@this_model')};"
    ]
    for check in table.checks:
        blocking = "" if check.severity == "block" else ", blocking false"
        query = failing_rows(table, check, "@this_model", WITHIN)
        parts.append(f"AUDIT (name {_audit_name(table, check.name)}{blocking});\n{query};")
    return "\n\n".join(parts) + "\n"


def _column_types(table: TableDefinition, inputs: Inputs) -> str:
    """Name the types: those that SQLMesh infers for quotients of decimals lose digits."""
    with duckdb.connect(str(inputs.truth("base")), read_only=True) as connection:
        rows = connection.execute(f"DESCRIBE {table.name}").fetchall()
    return ", ".join(f"{row[0]} {row[1]}" for row in rows)


def _audit_name(table: TableDefinition, check: str) -> str:
    return f"{table.name.split('.')[1]}__{check}"


def _external_models(inputs: Inputs) -> str:
    with duckdb.connect(str(inputs.raw("base")), read_only=True) as connection:
        models = [
            {
                "name": table.name,
                "columns": {
                    row[0]: row[1]
                    for row in connection.execute(f"DESCRIBE {table.name}").fetchall()
                },
            }
            for table in raw_tables()
        ]
    return json.dumps(models, indent=2)  # JSON is YAML


def commands(work: Path, inputs: Inputs, job: Job) -> Sequence[Command]:
    """Return the command of a job."""
    plan = ("plan", "--auto-apply", "--no-prompts", "--no-diff")
    if job.name == "nothing":
        return [_sqlmesh(work, "run")]
    if job.name in ("full", "resume", "definition"):
        return [_sqlmesh(work, *plan)]
    restated = [
        word
        for table in compared_tables()
        if set(inputs.changing) & set(table.windows)
        for word in ("--restate-model", table.name)
    ]
    interval = ("--start", str(job.start), "--end", str(job.end))
    return [_sqlmesh(work, *plan, *restated, *interval)]


def _sqlmesh(work: Path, *arguments: str) -> Command:
    return Command((binary("sqlmesh", "sqlmesh"), *arguments), work, QUIET)


def rewritten(inputs: Inputs, job: Job) -> tuple[date, date, tuple[str, ...]] | None:
    """All models downstream of the change, within the range told."""
    if job.name == "nothing":
        return job.end, job.start, ()
    if job.name == "definition":
        return job.start, job.end, (CHANGED_TABLE, *load_graph().downstream(CHANGED_TABLE))
    return job.start, job.end, ()


PEER = Peer("sqlmesh", "SQLMesh", lay_out, commands, rewritten)
