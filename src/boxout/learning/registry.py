"""Models on disk and in the lake: saved at once or not at all, named after their content.

A model is a folder of one UBJSON file a single statistic and a card; `learning.models` lists
it. The same content trained again is the same model.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from boxout.errors import BoxoutError, UsageError
from boxout.learning.boosting import predict_mean, read_booster
from boxout.learning.card import card_json, card_markdown
from boxout.learning.distribution import Distribution, read_distribution
from boxout.learning.markets import add_up, select_markets
from boxout.learning.storage import MODELS, create_learning_tables
from boxout.learning.trust import LineTrust, borrow, read_line_trust
from boxout.warehouse.ducklake import LAKE, Warehouse

if TYPE_CHECKING:
    import xgboost

CARD = "model_card.json"
READABLE_CARD = "model_card.md"


@dataclass(frozen=True)
class ModelRecord:
    """One row of `learning.models`; its columns say what each is."""

    model_id: str
    content_hash: str
    trained_at: datetime
    data_version: int
    dataset_hash: str
    code_hash: str
    markets: str
    features: int
    train_start: date
    train_end: date
    train_rows: int
    seed: int
    waived_partitions: int
    is_simulated: bool
    folder: str


@dataclass(frozen=True)
class Model:
    """A model ready to forecast.

    Attributes
    ----------
    features
        The feature store's columns in the order of the trees' matrix.
    boosters
        By single statistic.
    distributions, trusts
        By market name.
    card
        The model card.
    """

    record: ModelRecord
    features: tuple[str, ...]
    boosters: Mapping[str, xgboost.Booster]
    distributions: Mapping[str, Distribution]
    trusts: Mapping[str, LineTrust]
    card: Mapping[str, Any]

    def expected(self, matrix: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return each market's forecast of each row, which its distribution is looked up by."""
        means = {name: predict_mean(trees, matrix) for name, trees in self.boosters.items()}
        markets = select_markets(tuple(self.distributions))
        return {market.name: add_up(market, means) for market in markets}

    def as_walked(self, day: date) -> Model:
        """Return the model with what its walk put around the forecasts of a date.

        It is itself on dates that it did not walk, and where its card is of before these were kept.
        """
        for fold in self.card.get("walk", ()):
            if fold["first_date"] <= day.isoformat() <= fold["last_date"]:
                distributions, trusts = _read_markets(fold["markets"])
                return replace(self, distributions=distributions, trusts=trusts)
        return self


def content_hash(files: Mapping[str, bytes], card: Mapping[str, Any]) -> str:
    """SHA-256 of the trees, the distributions, the features, the data and moved goalposts.

    The same trees behind looser checks are another model: their card has to say so.
    """
    digest = hashlib.sha256(card["dataset_hash"].encode())
    digest.update(json.dumps([card["features"], card["settings"]], sort_keys=True).encode())
    for statistic in sorted(files):
        digest.update(files[statistic])
    digest.update(json.dumps(card["markets"], sort_keys=True).encode())
    for moved in card["readiness"]["goalposts"]:
        what = [moved[name] for name in ("table", "check", "change", "old", "new")]
        digest.update(json.dumps(what).encode())
    return digest.hexdigest()


def save_model(
    warehouse: Warehouse,
    files: Mapping[str, bytes],
    card: Mapping[str, Any],
    record: Callable[[str, str], ModelRecord],
) -> tuple[ModelRecord, bool]:
    """Write a model's folder and register it, in one commit.

    Parameters
    ----------
    files
        The trees by single statistic.
    card
        The card without its model id.
    record
        Makes the row from the model id and the content hash.

    Returns
    -------
    record, is_new
        The registered model; not new when the same content was registered before.
    """
    create_learning_tables(warehouse)
    fingerprint = content_hash(files, card)
    with warehouse.commit():
        known = _select(warehouse, "content_hash = $1", [fingerprint])
        ordinal = int(warehouse.scalar(f"SELECT count(*) FROM {LAKE}.{MODELS.name}") or 0) + 1
        row = known[0] if known else record(f"m{ordinal:04d}-{fingerprint[:8]}", fingerprint)
        folder = warehouse.home.models / row.folder
        if not (known and is_whole(warehouse, row)):
            _write_folder(folder, files, {"model_id": row.model_id, **card})
        if not known:
            names = ", ".join(vars(row))
            places = ", ".join(f"${i + 1}" for i in range(len(vars(row))))
            warehouse.execute(
                f"INSERT INTO {LAKE}.{MODELS.name} ({names}) VALUES ({places})",
                list(vars(row).values()),
            )
    return row, not known


def list_models(warehouse: Warehouse) -> tuple[ModelRecord, ...]:
    """Return all registered models, oldest first."""
    return tuple(_select(warehouse, "true", []))


def load_model(warehouse: Warehouse, model_id: str | None = None) -> Model:
    """Load a model; the newest when none is named.

    Raises
    ------
    UsageError
        When there is no model of that id, or none at all.
    BoxoutError
        When its files are missing or are not those that were saved.
    """
    records = list_models(warehouse)
    chosen = [record for record in records if model_id in (None, record.model_id)]
    if not chosen:
        raise UsageError(
            f"There is no model {model_id!r}." if model_id else "There is no model yet.",
            str(warehouse.home.models),
            "See `boxout models`." if records else "Train one with `boxout train`.",
        )
    record = chosen[-1]
    card, files = _read_files(warehouse, record)
    return Model(
        record,
        tuple(card["features"]),
        {name: read_booster(saved) for name, saved in files.items()},
        *_read_markets(card["markets"]),
        card,
    )


def _read_markets(
    saved: Mapping[str, Any],
) -> tuple[dict[str, Distribution], dict[str, LineTrust]]:
    return (
        {name: read_distribution(one["distribution"]) for name, one in saved.items()},
        borrow({name: read_line_trust(one) for name, one in saved.items()}),
    )


def is_whole(warehouse: Warehouse, record: ModelRecord) -> bool:
    """Whether a model's files are there, and are those that were saved."""
    try:
        _read_files(warehouse, record)
    except BoxoutError:
        return False
    return True


def _read_files(
    warehouse: Warehouse, record: ModelRecord
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a model's card and its trees by single statistic; refuse damaged ones."""
    folder = warehouse.home.models / record.folder
    card = read_card(warehouse, record)
    try:
        files = {name: (folder / f"{name}.ubj").read_bytes() for name in card["trees"]}
    except (OSError, KeyError) as error:
        raise _damaged(folder, str(error)) from error
    for name, saved in files.items():
        if hashlib.sha256(saved).hexdigest() != card["trees"][name]["sha256"]:
            raise _damaged(folder, f"{name}.ubj is not the file that was saved")
    return card, files


def read_card(warehouse: Warehouse, record: ModelRecord) -> dict[str, Any]:
    """Return a model's card.

    Raises
    ------
    BoxoutError
        When it is not there or cannot be read.
    """
    folder = warehouse.home.models / record.folder
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(folder, str(error)) from error
    return card


def _damaged(folder: Path, what: str) -> BoxoutError:
    return BoxoutError(
        f"The model's files are damaged: {what}.",
        str(folder),
        "Run `boxout train`, which writes them anew, or a newer model.",
    )


def _select(warehouse: Warehouse, condition: str, values: list[Any]) -> list[ModelRecord]:
    if not warehouse.has_table(MODELS.name):
        return []
    names = ", ".join(name for name, _, _ in MODELS.columns)
    rows = warehouse.records(
        f"SELECT {names} FROM {LAKE}.{MODELS.name} WHERE {condition} ORDER BY model_id", values
    )
    return [ModelRecord(**row) for row in rows]


def _write_folder(folder: Path, files: Mapping[str, bytes], card: Mapping[str, Any]) -> None:
    """Fill a folder aside and move it in; one left by a run that died gives way."""
    aside = folder.with_name(f".{folder.name}.part")
    for leftover in (aside, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    aside.mkdir(parents=True)
    for statistic, saved in files.items():
        (aside / f"{statistic}.ubj").write_bytes(saved)
    (aside / CARD).write_text(card_json(card), encoding="utf-8")
    (aside / READABLE_CARD).write_text(card_markdown(card), encoding="utf-8")
    aside.rename(folder)
