"""The model card: everything that a model came from and how good it is, twice.

Once as JSON for programs and once as Markdown for people, from the same facts.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from boxout.learning.boosting import BoostingOptions
from boxout.learning.dataset import Dataset
from boxout.learning.distribution import Distribution
from boxout.learning.evaluate import LEAST_GAMES, OVERALL, WITH_LINE
from boxout.learning.folds import Fold
from boxout.learning.inputs import Inputs
from boxout.learning.states import FEATURE_STORE, with_inputs
from boxout.learning.trust import LineTrust
from boxout.learning.walk import Walk
from boxout.pipeline.graph import Graph

LIBRARIES = ("boxout", "duckdb", "numpy", "xgboost-cpu")
FOLDER = Path(__file__).parent
METRICS_RULE = (
    f"Rows of players with {LEAST_GAMES} or more earlier games in the season and with every "
    "baseline; each fold was forecast by trees that saw earlier dates only"
)


def code_hash(graph: Graph) -> str:
    """SHA-256 of the learning code and of the SQL of every table it learns from."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for table in with_inputs(graph, FEATURE_STORE).tables.values():
        digest.update(f"{table.name} {table.code_hash}".encode())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that matter."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def build_card(
    inputs: Inputs,
    boosting: BoostingOptions,
    folds: Sequence[Fold],
    walk: Walk,
    files: Mapping[str, bytes],
    most_used: Mapping[str, list[tuple[str, float]]],
    code: str,
    trained_at: datetime,
) -> dict[str, Any]:
    """Gather the card's facts; the model id comes with the saving."""
    return {
        "trained_at": trained_at,
        "is_simulated": inputs.is_simulated,
        "data_version": inputs.data_version,
        "dataset_hash": inputs.data.fingerprint(),
        "code_hash": code,
        "libraries": library_versions(),
        "settings": asdict(boosting),
        "training": _training_facts(inputs.data),
        "readiness": asdict(inputs.readiness),
        "folds": [_fold_facts(fold) for fold in folds],
        "metrics": [asdict(metric) for metric in walk.metrics],
        "features": list(inputs.data.features),
        "trees": {
            name: {"sha256": hashlib.sha256(saved).hexdigest(), "most_used": most_used[name]}
            for name, saved in files.items()
        },
        "markets": _market_facts(walk.distributions, walk.trusts),
        # what the forecasts of the walk were made with, for their chances on other lines
        "walk": [
            {
                "first_date": fold.first_date,
                "last_date": fold.last_date,
                "markets": _market_facts(*walk.by_fold[fold.number]),
            }
            for fold in folds
            if fold.number
        ],
    }


def _market_facts(
    distributions: Mapping[str, Distribution], trusts: Mapping[str, LineTrust]
) -> dict[str, Any]:
    return {
        name: {"distribution": distribution.to_dict(), **trusts[name].to_dict()}
        for name, distribution in distributions.items()
    }


def _training_facts(data: Dataset) -> dict[str, Any]:
    seasons, rows = np.unique(data.season.astype(str), return_counts=True)
    return {
        "first_date": data.first_date,
        "last_date": data.last_date,
        "rows": data.rows,
        "rows_by_season": dict(zip(seasons.tolist(), rows.tolist(), strict=True)),
        "metrics_rule": METRICS_RULE,
    }


def _fold_facts(fold: Fold) -> dict[str, Any]:
    return {
        "fold": fold.number or "calibration",
        "trained_before": fold.first_date,
        "train_rows": fold.train_rows,
        "last_date": fold.last_date,
        "rows": fold.test.stop - fold.test.start,
    }


def card_json(card: Mapping[str, Any]) -> str:
    """Return the card as JSON; dates are ISO strings."""
    return json.dumps(card, indent=1, default=str, ensure_ascii=False) + "\n"


def card_markdown(card: Mapping[str, Any]) -> str:
    """Return the card as a page to read."""
    training = card["training"]
    parts = [
        f"# Model {card['model_id']}",
        "> Trained on a **simulated** league." if card["is_simulated"] else "",
        _facts(card),
        "## Gates\n\n" + "\n".join(f"- {a['reason']}" for a in card["readiness"]["answers"]),
        "## Waivers\n\n" + _waivers(card["readiness"]),
        "## Moved goalposts\n\n" + _goalposts(card["readiness"]),
        "## Errors on dates after those trained on\n\n"
        f"{training['metrics_rule']}. In the market's unit.\n\n" + _metrics(card["metrics"]),
        "## Folds\n\n" + _table(card["folds"]),
        "## What the trees use most\n\n" + _most_used(card["trees"]),
        "## Features\n\n" + ", ".join(card["features"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(card: Mapping[str, Any]) -> str:
    training = card["training"]
    facts = {
        "Markets": ", ".join(card["markets"]),
        "Trained": f"{card['trained_at']} UTC",
        "Data version": card["data_version"],
        "Training rows": f"{training['rows']:,} player games, "
        f"{training['first_date']} to {training['last_date']}",
        "Features": len(card["features"]),
        "Data hash": card["dataset_hash"],
        "Code hash": card["code_hash"],
        "Settings": ", ".join(f"{k} {v}" for k, v in card["settings"].items()),
        "Libraries": ", ".join(f"{k} {v}" for k, v in card["libraries"].items()),
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _waivers(readiness: Mapping[str, Any]) -> str:
    if not readiness["waivers"] and not readiness["waived_partitions"]:
        return "None."
    lines = [f"{readiness['waived_partitions']} partition(s) carry a waiver.", ""]
    lines += [
        f"- {w['table']}, {w['check']}, {w['start_date']} to {w['end_date']}: "
        f"{w['who']}: {w['reason']}"
        for w in readiness["waivers"]
    ]
    return "\n".join(lines)


def _goalposts(readiness: Mapping[str, Any]) -> str:
    lines = [
        f"- {g['table']}, {g['check']} {g['change']}: {g['old']} -> {g['new']}, by {g['who']}"
        f"{', ' + g['why'] if g['why'] else ''}, noticed {g['noticed_at']}"
        + (f"; accepted by {g['accepted_by']}: {g['accepted_why']}" if g["accepted_by"] else "")
        for g in readiness["goalposts"]
    ]
    return "\n".join(lines) or "None."


def _metrics(metrics: Sequence[Mapping[str, Any]]) -> str:
    shown = [m for m in metrics if m["scope"] in (OVERALL, WITH_LINE) or m["scope"][:1] == "2"]
    return _table(shown)


def _most_used(trees: Mapping[str, Any]) -> str:
    return "\n".join(
        f"- {name}: " + ", ".join(f"{f} {100 * share:.0f}%" for f, share in one["most_used"])
        for name, one in trees.items()
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "None."
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines)
