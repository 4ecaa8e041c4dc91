"""dbt with dbt-duckdb, twice: microbatch models, and plain incremental ones.

Contracts are data tests, run by `dbt build` after each model. Microbatch models are batched by
the month, since 1,700 days of batches would take dbt hours; their windows read what lies before
the batch, so inputs are referred to with `.render()`, as the documentation says. Plain models
replace the dates that variables name, or else the last date that they hold.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.compared import (
    CHANGED_TABLE,
    changed_query,
    compared_tables,
    duplicate_keys,
    failing_rows,
    interval_query,
    raw_tables,
    rename,
)
from benchmarks.environments import binary
from benchmarks.inputs import Inputs
from benchmarks.measuring import Command
from benchmarks.peer import DATABASE, Job, Peer
from boxout.pipeline.graph import load_graph
from boxout.tables.definition import TableDefinition

PROJECT = """name: side_by_side
version: "1.0"
profile: side_by_side
model-paths: [models]
test-paths: [tests]
macro-paths: [macros]
flags: {send_anonymous_usage_stats: false, use_colors: false}
"""
PROFILE = f"""side_by_side:
  target: warehouse
  outputs:
    warehouse: {{type: duckdb, path: {DATABASE}, threads: 2}}
"""
SCHEMA_MACRO = """{% macro generate_schema_name(custom_schema_name, node) -%}
{{ custom_schema_name or target.schema }}
{%- endmacro %}
"""
MICROBATCH = """{{% set batch = model.batch %}}
{{% set begins = batch.event_time_start.strftime('%Y-%m-%d') if batch else '1900-01-01' %}}
{{% set ends = batch.event_time_end.strftime('%Y-%m-%d') if batch else '1900-01-01' %}}
{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='game_date',
  batch_size='month', begin='{begin}', lookback=0, schema='{schema}') }}}}
"""
INCREMENTAL = """{{{{ config(materialized='incremental', incremental_strategy='delete+insert',
  unique_key='game_date', schema='{schema}') }}}}
"""
FIRST = "CAST('{{ begins }}' AS DATE)"
LAST = "(CAST('{{ ends }}' AS DATE) - 1)"
TOLD_FIRST = "{{ told_first }}"
TOLD_LAST = "{{ told_last }}"
TOLD = """{% set latest = '(SELECT MAX(game_date) FROM ' ~ this ~ ')' %}
{% set told_first = "DATE '" ~ var('start') ~ "'" if var('start', '') else latest %}
{% set told_last = "DATE '" ~ var('end', '2999-12-31') ~ "'" %}
"""


@dataclass(frozen=True)
class Strategy:
    """Which of the two kinds of models."""

    name: str
    is_microbatch: bool


def reference(name: str) -> str:
    """Write a table's name as dbt wants it: a source, or a reference unfiltered by event time."""
    schema, table = name.split(".")
    if schema == "raw":
        return "{{ source('raw', '" + table + "').render() }}"
    return "{{ ref('" + table + "').render() }}"


def model(table: TableDefinition, inputs: Inputs, strategy: Strategy, changed: bool) -> str:
    """Return the file of a model."""
    query = changed_query(table) if changed else table.query
    if strategy.is_microbatch:
        begin = inputs.first.replace(day=1)
        head = MICROBATCH.format(begin=begin, schema=table.schema)
        return head + interval_query(table, FIRST, LAST, query=query, reference=reference)
    part = interval_query(table, TOLD_FIRST, TOLD_LAST, query=query, reference=reference)
    whole = rename(table, _without_comments(query), reference)
    head = INCREMENTAL.format(schema=table.schema) + TOLD
    return f"{head}{{% if is_incremental() %}}\n{part}\n{{% else %}}\n{whole}\n{{% endif %}}\n"


def _without_comments(query: str) -> str:
    from boxout.tables.syntax import sliced_query

    return sliced_query(query, {}, "model")


def lay_out_with(strategy: Strategy, work: Path, inputs: Inputs, changed: bool) -> None:
    """Write the project: a model and its tests for each table."""
    for folder in ("models", "tests", "macros"):
        (work / folder).mkdir(exist_ok=True)
    (work / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (work / "profiles.yml").write_text(PROFILE, encoding="utf-8")
    (work / "macros" / "schemas.sql").write_text(SCHEMA_MACRO, encoding="utf-8")
    sources = [{"name": t.name.split(".")[1]} for t in raw_tables()]
    schema = {"version": 2, "sources": [{"name": "raw", "schema": "raw", "tables": sources}]}
    (work / "models" / "sources.yml").write_text(json.dumps(schema), encoding="utf-8")
    for table in compared_tables():
        name = table.name.split(".")[1]
        (work / "models" / f"{name}.sql").write_text(model(table, inputs, strategy, changed))
        for check, text in tests(table).items():
            (work / "tests" / f"{name}__{check}.sql").write_text(text, encoding="utf-8")


def tests(table: TableDefinition) -> dict[str, str]:
    """Return the files of a table's tests, by check: its contract."""
    this = reference(table.name)
    found = {"key_unique": duplicate_keys(table, this)}
    for check in table.checks:
        severity = "error" if check.severity == "block" else "warn"
        query = failing_rows(table, check, "boxout_this")
        query = rename(table, query, reference).replace("boxout_this", this)
        query = query.replace("FROM raw.games", f"FROM {reference('raw.games')}")
        found[check.name] = f"{{{{ config(severity='{severity}') }}}}\n{query}\n"
    return found


def commands_with(
    strategy: Strategy, work: Path, inputs: Inputs, job: Job
) -> Sequence[Command] | None:
    """Return the command of a job."""
    if job.name == "nothing" or (not strategy.is_microbatch and job.name in ("full", "resume")):
        return [_dbt(work, "build")]
    if job.name == "definition":
        changed = CHANGED_TABLE.split(".")[1]
        return [_dbt(work, "build", "--full-refresh", "--select", f"{changed}+")]
    if strategy.is_microbatch:
        after = job.end + timedelta(days=1)
        return [_dbt(work, "build", "--event-time-start", str(job.start),
                     "--event-time-end", str(after))]  # fmt: skip
    told = json.dumps({"start": str(job.start), "end": str(job.end)})
    return [_dbt(work, "build", "--vars", told)]


def _dbt(work: Path, *arguments: str) -> Command:
    return Command(
        (binary("dbt", "dbt"), *arguments, "--profiles-dir", "."),
        work,
        {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
    )


def rewritten_with(
    strategy: Strategy, inputs: Inputs, job: Job
) -> tuple[date, date, tuple[str, ...]]:
    """Whole months for microbatch; the last date when plain models are told nothing."""
    if job.name == "definition":
        return job.start, job.end, (CHANGED_TABLE, *load_graph().downstream(CHANGED_TABLE))
    if job.name == "nothing":
        return (job.end, job.start, ()) if strategy.is_microbatch else (job.end, job.end, ())
    if not strategy.is_microbatch:
        return job.start, job.end, ()
    last = (job.end.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return job.start.replace(day=1), last, ()


def _peer(strategy: Strategy, title: str) -> Peer:
    return Peer(
        strategy.name,
        title,
        lambda work, inputs, changed: lay_out_with(strategy, work, inputs, changed),
        lambda work, inputs, job: commands_with(strategy, work, inputs, job),
        lambda inputs, job: rewritten_with(strategy, inputs, job),
    )


PEERS = (
    _peer(Strategy("dbt_microbatch", True), "dbt, microbatch by month"),
    _peer(Strategy("dbt_incremental", False), "dbt, plain incremental"),
)
