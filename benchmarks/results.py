"""Write what was measured: `RESULTS.md` and its chart, from the records of the rounds.

A ratio is taken within each round, between two peers that ran minutes apart, and the median
over rounds is shown: a busy spell of the machine falls on both.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chart import draw_chart
from benchmarks.environments import versions

PACKAGES = {
    "boxout": ("boxout", "duckdb", "duckdb-extension-ducklake", "sqlglot"),
    "sqlmesh": ("sqlmesh", "duckdb", "sqlglot"),
    "dbt": ("dbt-core", "dbt-duckdb", "duckdb"),
    "dagster": ("dagster", "duckdb"),
    "pandas": ("pandas", "pyarrow"),
    "polars": ("polars",),
}
CHARTED = ("full", "nothing", "game_to_season_end")
Record = dict[str, Any]


class Records:
    """The records of all rounds, asked by peer and job."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._by: dict[tuple[str, str], list[Record]] = {}
        for record in records:
            self._by.setdefault((record["peer"], record["job"]), []).append(record)

    def of(self, peer: str, job: str) -> list[Record]:
        """Return the records of a peer's job, by round."""
        return self._by.get((peer, job), [])

    def median(self, peer: str, job: str, figure: str = "wall") -> float | None:
        """Return the median of a figure; of wall and CPU time, extrapolated to all dates."""
        values = [scaled(record, figure) for record in self.of(peer, job)]
        return median(values) if values else None

    def ratio(self, peer: tuple[str, str], base: tuple[str, str]) -> float | None:
        """Return the median over rounds of one wall time divided by another."""
        bases = {r["round"]: scaled(r, "wall") for r in self.of(*base)}
        pairs = [
            scaled(r, "wall") / bases[r["round"]] for r in self.of(*peer) if r["round"] in bases
        ]
        return median(pairs) if pairs else None


def scaled(record: Record, figure: str) -> float:
    """Return a figure of a record; times of a sample are scaled to all dates."""
    value = float(record[figure])
    if figure in ("wall", "cpu") and record.get("extrapolated_from"):
        return value / float(record["extrapolated_from"]) * float(record["dates"])
    return value


def write_results(result: dict[str, Any], folder: Path) -> None:
    """Write `RESULTS.md` and `results.svg` into a folder."""
    about, records = result["about"], Records(result["records"])
    peers: dict[str, str] = about["peers"]
    present = {record["job"] for record in result["records"]}
    parts = [
        *_opening(about, result["records"]),
        *_targets(records, result),
        "## Job by job\n",
        READING,
    ]
    for job, title in about["jobs"].items():
        if job in present:
            parts += _job_table(records, job, title, peers)
    parts += _extras(result)
    parts += [_not_measured(about, present, result), ""]
    (folder / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")
    jobs = [(job, about["jobs"][job]) for job in CHARTED if job in present]
    chart = draw_chart(
        [
            (title, [(peers[p], value) for p in peers if (value := records.median(p, job))])
            for job, title in jobs
        ]
    )
    (folder / "results.svg").write_text(chart, encoding="utf-8")


READING = """Wall and CPU time are medians, in seconds, of the rounds in the last column; a star
marks times that were measured on a sample of dates and scaled to all. Memory is the peak of the
largest process, in MB. Rows are those written (boxout's own report) or replaced (the rows of
the dates and tables that a peer deletes and inserts, or builds anew). The ratio is to boxout,
within rounds. "Right" compares every cell with a from-scratch build by bare statements: the
number is of rows that are wrong, of all rows compared.
"""


def _opening(about: dict[str, Any], records: Sequence[Record]) -> list[str]:
    rounds = 1 + max(record["round"] for record in records)
    rows = "simulated" if about["simulated"] else "real"
    installed = [
        f"| {peer} | {', '.join(f'{n} {v}' for n, v in versions(peer, packages).items())} |"
        for peer, packages in PACKAGES.items()
        if any(name.split("_")[0] == peer for name in about["peers"])
    ]
    return [
        "# Results\n",
        f"Written by `{about['command']}`: the {'quick' if about['quick'] else 'full'} set's rows, "
        f"paired rounds: {rounds}, "
        f"{about['seconds'] / 60:.0f} minutes. [README.md](README.md) says what each job and "
        "peer is.\n",
        f"Rows: {', '.join(about['seasons'])}, {rows}; {about['dates']} game dates, "
        f"{about['rows']:,} rows in the eleven tables that are built.\n",
        f"Machine: {_machine()}.\n",
        "| environment | versions |\n| --- | --- |",
        *installed,
        f"\n![wall time by job]({'results.svg'})\n",
    ]


def _machine() -> str:
    model = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        names = [line for line in cpu.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":")[1].strip() if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[1]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, load average {load:.1f} at "
        "the end"
    )


def _targets(records: Records, result: dict[str, Any]) -> list[str]:
    asked = [
        ("full history, of the floor", ("boxout", "full"), ("floor", "full"), "at most 2.0"),
        ("full history, SQLMesh's of boxout's", ("sqlmesh", "full"), ("boxout", "full"),
         "at least 3"),
        ("nothing to do, SQLMesh's of boxout's", ("sqlmesh", "nothing"), ("boxout", "nothing"),
         "at least 5"),
        ("a corrected game, SQLMesh's of boxout's; SQLMesh told the date alone",
         ("sqlmesh", "game"), ("boxout", "game"), "at least 5"),
        ("a corrected game, SQLMesh's of boxout's; SQLMesh told to the season's end",
         ("sqlmesh", "game_to_season_end"), ("boxout", "game_to_season_end"), "at least 5"),
    ]  # fmt: skip
    lines = ["## Targets\n", "| ratio of wall times | target | measured |\n| --- | --- | --- |"]
    for title, peer, base, target in asked:
        value = records.ratio(peer, base)
        lines.append(f"| {title} | {target} | {'not run' if value is None else f'{value:.2f}'} |")
    lines.extend(
        f"| {figure['title']} | {figure['target']} | {figure['measured']} |"
        for figure in result.get("figures", [])
    )
    return [*lines, ""]


def _job_table(records: Records, job: str, title: str, peers: dict[str, str]) -> list[str]:
    lines = [
        f"### {title.capitalize()}\n",
        "| peer | wall | CPU | memory | rows | ratio | right | exit | rounds |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |",
    ]
    for peer, name in peers.items():
        found = records.of(peer, job)
        if not found:
            lines.append(f"| {name} | | | | | | | | not run |")
            continue
        star = "*" if found[0].get("extrapolated_from") else ""
        ratio = records.ratio((peer, job), ("boxout", job))
        wall, cpu = records.median(peer, job), records.median(peer, job, "cpu")
        rows = found[0]["rows"]
        cells = [
            name,
            f"{wall:,.2f}{star}",
            f"{cpu:,.2f}{star}",
            f"{records.median(peer, job, 'memory'):,.0f}",
            "" if rows is None else f"{rows:,}",
            "" if ratio is None else f"{ratio:.2f}",
            _verdict(found[0]),
            str(found[0]["code"]),
            str(len(found)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _verdict(record: Record) -> str:
    if record.get("wrong") is None:
        return "not judged (sample)"
    if record["wrong"] == 0:
        return f"right ({record['compared']:,})"
    return f"**{record['wrong']:,} wrong** of {record['compared']:,}"


def _extras(result: dict[str, Any]) -> list[str]:
    return list(result.get("extras", []))


def _not_measured(about: dict[str, Any], present: set[str], result: dict[str, Any]) -> str:
    absent = [title for job, title in about["jobs"].items() if job not in present]
    lines = ["## Not measured\n"]
    if absent:
        lines.append(f"- Jobs of the full set only: {'; '.join(absent)}.")
    slow = [about["titles"][p] for p in about["titles"] if p not in about["peers"]]
    if slow:
        lines.append(f"- Peers of the full set only: {'; '.join(slow)}.")
    once = sorted(
        {r["peer"] for r in result["records"]}
        - {r["peer"] for r in result["records"] if r["round"] > 0}
    )
    if once and len({r["round"] for r in result["records"]}) > 1:
        names = ", ".join(about["peers"][peer] for peer in once)
        lines.append(f"- Run in the first round only, being slow: {names}.")
    return "\n".join([*lines, NOT_MEASURED])


NOT_MEASURED = """- Ingest of raw files and the raw tables: all peers start from raw tables
  that boxout made. Training, predictions and pages: the peers have none.
- The column and row-count checks that boxout puts on every table (`columns_vary`,
  `usual_row_count`), and the rows that a season's check expects of missing dates: no peer's
  tests say these in a sentence, so theirs lack them. The floor, the loop, pandas and Polars
  check nothing.
- pandas and Polars compute the core columns of four tables (box line, usage, possessions, the
  four factors, rolling means); shot zones, injuries, lines and the scores made of them are not
  in them. Their times are for less work.
- The peers' DuckDB files are DuckDB's own format; boxout writes Parquet into a DuckLake. What
  the format costs is in boxout's figures.
- Any engine but DuckDB, more than one machine, schedulers and user interfaces."""
