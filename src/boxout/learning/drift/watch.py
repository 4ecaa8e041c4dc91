"""Look at the champions' drift and keep its incidents: one opens when a figure is degraded, and
closes when it is well again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from boxout.learning.champions.decisions import read_lineup
from boxout.learning.drift.features import FeatureShift, read_shifts, used_features
from boxout.learning.drift.figures import Figure, read_figures
from boxout.learning.registry import list_models, read_card
from boxout.learning.storage import PREDICTIONS
from boxout.pipeline.incidents import MODEL
from boxout.pipeline.life_signs import now
from boxout.pipeline.record_incidents import NEXT_INCIDENT, REPAIRED
from boxout.warehouse.ducklake import Warehouse

FEATURES = "features"
MOST_NAMED = 5


@dataclass(frozen=True)
class Drift:
    """How the champions do.

    Attributes
    ----------
    figures
        Of each market with enough graded dates.
    shifts
        By model id the features that its trees use most, most shifted first.
    """

    figures: tuple[Figure, ...]
    shifts: dict[str, tuple[FeatureShift, ...]]

    @property
    def is_degraded(self) -> bool:
        """Whether anything is worse than its limit."""
        return any(figure.is_degraded for figure in self.figures) or any(
            shift.is_degraded for shifts in self.shifts.values() for shift in shifts
        )


def read_drift(warehouse: Warehouse) -> Drift:
    """Read how the champions do, in one data version."""
    with warehouse.reading():
        lineup = read_lineup(warehouse)
        records = {record.model_id: record for record in list_models(warehouse)}
        shifts = {}
        for model_id in lineup.markets_of:
            record = records[model_id]
            features = used_features(read_card(warehouse, record))
            trained = (record.train_start, record.train_end)
            shifts[model_id] = read_shifts(warehouse, features, trained)
        return Drift(read_figures(warehouse, lineup.of_market), shifts)


def watch_drift(warehouse: Warehouse, at: datetime | None = None) -> Drift:
    """Read how the champions do, and bring the incidents in line with it.

    Parameters
    ----------
    at
        The present moment, naive UTC.
    """
    drift = read_drift(warehouse)
    judged = {f"{f.name} of {f.market}": _of_figure(f) for f in drift.figures}
    if any(drift.shifts.values()):
        judged[FEATURES] = _of_features(drift)
    degraded = {check: detail for check, detail in judged.items() if detail}
    known = {
        row["check_name"]: row["detail"]
        for row in warehouse.records(
            "SELECT check_name, detail FROM lake.ledger.incidents "
            f"WHERE repaired_at IS NULL AND scope = '{MODEL}'"
        )
    }
    # What can no longer be judged stays open: nothing says that it is well.
    well = [check for check in known if check in judged and check not in degraded]
    if well or any(known.get(check) != detail for check, detail in degraded.items()):
        _record(warehouse, degraded, well, at or now())
    return drift


def _record(
    warehouse: Warehouse, degraded: dict[str, str], well: Sequence[str], at: datetime
) -> None:
    listed = [list(degraded), list(degraded.values())]
    is_open = f"repaired_at IS NULL AND scope = '{MODEL}'"
    found = "(SELECT unnest($2::VARCHAR[]) AS check_name, unnest($3::VARCHAR[]) AS detail)"
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.ledger.incidents SET repaired_at = $1, updated_at = $1, "
            f"outcome = '{REPAIRED}' WHERE {is_open} "
            "AND check_name IN (SELECT unnest($2::VARCHAR[]))",
            [at, list(well)],
        )
        warehouse.execute(
            f"UPDATE lake.ledger.incidents AS i SET detail = n.detail, updated_at = $1 "
            f"FROM {found} AS n WHERE {is_open} AND n.check_name = i.check_name "
            "AND n.detail <> i.detail",
            [at, *listed],
        )
        warehouse.execute(
            f"""
            INSERT INTO lake.ledger.incidents BY NAME
            SELECT 'i' || lpad((({NEXT_INCIDENT}) + row_number() OVER (ORDER BY check_name))
                                 ::VARCHAR, 4, '0') AS incident_id,
                   '{PREDICTIONS.name}' AS table_name, check_name, '{MODEL}' AS scope, detail,
                   $1::TIMESTAMP AS opened_at, '{MODEL}' AS opened_run, $1::TIMESTAMP AS updated_at
            FROM {found} AS n
            WHERE check_name NOT IN (SELECT check_name FROM lake.ledger.incidents WHERE {is_open})
            """,
            [at, *listed],
        )


def _of_figure(figure: Figure) -> str:
    """Say what is wrong with a figure and what to do; empty where nothing is."""
    if not figure.is_degraded:
        return ""
    r = figure.recent
    return (
        f"{figure.market}, {figure.model_id}: {figure.what}, is {r.mean:.3f} on {r.rows:,} player "
        f"games of {figure.first_date} to {figure.last_date}, where {figure.expected:.3f} was "
        "expected. See `boxout drift` and what changed in its data; train anew with `boxout "
        f"train`, or go back with `boxout promote --rollback --market {figure.market}`."
    )


def _of_features(drift: Drift) -> str:
    worst = [
        f"{s.feature} (shift {s.shift:.2f}, {100 * s.missing:.0f}% missing, "
        f"{100 * s.missing_then:.0f}% then)"
        for shifts in drift.shifts.values()
        for s in shifts
        if s.is_degraded
    ]
    if not worst:
        return ""
    [newest] = {s.last_date for shifts in drift.shifts.values() for s in shifts}
    more = f" and {len(worst) - MOST_NAMED} more" if len(worst) > MOST_NAMED else ""
    return (
        f"{len(worst)} features are not what the champions were trained on, to {newest}: "
        f"{', '.join(worst[:MOST_NAMED])}{more}. See `boxout drift`; `boxout explain` says what "
        "changed in the feature store."
    )
