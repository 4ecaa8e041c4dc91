"""Long campaigns against promise 1: random histories for as long as there is time.

    python tests/promises/campaign.py --minutes 30 --seed 1 --tables tiny

Each seed is one history; a seed that fails prints its steps and can be run again alone.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from changing_project import ChangingProject, random_step
from tiny_league import BLOCKS

FAULTS = ("corrupt", "kill", "repeat", "remove", "postpone", "move")


def live(seed: int, kind: str, steps: int) -> tuple[Counter[str], int, str | None]:
    """Live one history; return what was done, the rows compared and what went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="boxout-campaign-"))
    draw = random.Random(seed)
    project = ChangingProject(folder, kind, seed)
    try:
        for block in range(len(BLOCKS)):
            if draw.random() < 0.7:
                project.bring(block)
        for _ in range(draw.randint(4, steps)):
            random_step(project, draw)
        return project.done, project.check(), None
    except Exception as error:
        steps_taken = "\n  ".join(project.log)
        return project.done, 0, f"{type(error).__name__}: {error}\n  {steps_taken}"
    finally:
        project.close()
        shutil.rmtree(folder)


def main() -> int:
    """Run histories until the time is up and print what was tried and found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--tables", choices=("tiny", "full"), default="tiny")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    done: Counter[str] = Counter()
    sequences = rows = violations = 0
    while time.monotonic() < until:
        seed = options.seed + sequences
        counts, compared, problem = live(seed, options.tables, options.steps)
        sequences, rows = sequences + 1, rows + compared
        done += counts
        if problem:
            violations += 1
            print(f"seed {seed}: {problem}", flush=True)
    faults = sum(count for name, count in done.items() if name.startswith(FAULTS))
    report = {"sequences": sequences, "faults": faults, "rows compared": rows}
    print(json.dumps(report | {"violations": violations, "done": done}, indent=1))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
