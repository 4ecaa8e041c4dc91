"""How often the diagnosis is right: faults planted in real seasons, and clean seasons accused.

    python -m benchmarks.diagnosis ../shared/data [--home FOLDER] [--fault NAME]... [--json FILE]

Builds a project from a folder of source files (or copies the one that --home names), plants
every fault of `boxout rehearse` in every season whose files it fits, one at a time, and asks
what the first named cause is. Then it asks about clean data: what fails (nothing may), and what
the same detectors find when every date is put under suspicion (nothing may, either).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from boxout.errors import UsageError
from boxout.pipeline.diagnose.diagnosis import diagnose, find_causes
from boxout.pipeline.diagnose.question import suspect_everything
from boxout.pipeline.graph import Graph, load_graph
from boxout.rehearsal.faults import FAULTS, Fault
from boxout.rehearsal.rehearse import rehearse_fault
from boxout.rehearsal.stage import build_project, copy_project
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

# Where the faults show; the tables below them would only wait, and take time to rebuild.
TABLES = ("raw.player_aliases", "raw.games", "raw.player_boxscores", "raw.team_boxscores")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--home", type=Path, help="A project built from the data; it is copied.")
    parser.add_argument("--fault", choices=[fault.name for fault in FAULTS], action="append")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    faults = [fault for fault in FAULTS if fault.name in (options.fault or [fault.name])]
    graph = load_graph()
    with tempfile.TemporaryDirectory(prefix="boxout-diagnosis-") as scratch:
        folder = Path(scratch)
        if options.home:
            home = copy_project(Home(options.home), folder / "home")
        else:
            home = build_project(graph, options.data, folder / "home")
        with open_warehouse(home) as warehouse:
            accused = accusations(warehouse, graph)
            played = [
                row for fault in faults for row in play(warehouse, graph, fault, folder / "spoiled")
            ]
    wrong: Counter[str] = Counter()
    for row in played:
        wrong.update(row["wrong_rows"])
    right = sum(row["named"] == row["planted"] for row in played)
    print(f"\n{right} of {len(played)} planted faults named right ({right / len(played):.1%})")
    print(f"wrong rows published, by table: {dict(wrong) or 0}")
    print(f"{sum(row['differences'] for row in played)} partitions not restored")
    print(f"{len(accused)} accusations on clean data {accused or ''}")
    if options.json:
        options.json.write_text(json.dumps({"played": played, "accused": accused}, indent=1))


def play(warehouse: Warehouse, graph: Graph, fault: Fault, folder: Path) -> list[dict[str, Any]]:
    """Plant one fault in each season that it fits."""
    rows = []
    for (season,) in warehouse.rows("SELECT DISTINCT season FROM lake.raw.games ORDER BY 1"):
        started = time.monotonic()
        try:
            result = rehearse_fault(
                warehouse,
                graph,
                fault,
                folder / fault.name / season,
                tables=graph.select(TABLES),
                season=season,
            )
        except UsageError:
            continue  # the season's file has another shape
        row = {
            "fault": fault.name,
            "season": season,
            "planted": fault.kind,
            "named": result.causes[0] if result.causes else None,
            "noticed": result.noticed,
            "noticed_seconds": result.noticed_seconds,
            "stopped_seconds": result.stopped_seconds,
            "repaired_seconds": result.repaired_seconds,
            "wrong_rows": result.wrong_rows,
            "renamed_rows": result.renamed_rows,
            "differences": result.differences,
        }
        rows.append(row)
        verdict = "right" if row["named"] == row["planted"] else "WRONG"
        print(
            f"{verdict} {fault.name} {season}: {row['named']}, {result.noticed}, "
            f"wrong rows {row['wrong_rows'] or 0}, {row['renamed_rows']} under another game id, "
            f"{row['differences']} not restored, "
            f"{time.monotonic() - started:.1f} s",
            flush=True,
        )
    return rows


def accusations(warehouse: Warehouse, graph: Graph) -> list[str]:
    """Return what is said against clean data."""
    said = []
    for table in graph.computed:
        diagnosis = diagnose(warehouse, graph, table)
        said += [f"{table.name}: {failing}" for failing in diagnosis.failing]
        said += [f"{table.name}: {cause.kind}: {cause.what}" for cause in diagnosis.causes]
        found = find_causes(suspect_everything(warehouse, graph, table))
        said += [f"{table.name}, all dates suspected: {f.kind}: {f.what}" for f in found]
    return said


if __name__ == "__main__":
    main()
