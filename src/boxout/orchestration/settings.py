"""The watcher's settings, from `boxout.toml`; every one has a default."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Any

from boxout.errors import UsageError
from boxout.warehouse.home import Home

FILE = "boxout.toml"


@dataclass(frozen=True)
class TrainSettings:
    """When the watcher trains.

    Attributes
    ----------
    enabled
        Whether it trains at all.
    min_age_hours
        A model that is older than its data is replaced when it is this old; 0 is at once.
    """

    enabled: bool = True
    min_age_hours: float = 0.0


@dataclass(frozen=True)
class RetrySettings:
    """How often what failed for a passing reason is tried, with waits that double.

    Attributes
    ----------
    attempts
        Tries in all.
    first_wait_seconds, longest_wait_seconds
        The first wait, and where doubling ends.
    """

    attempts: int = 5
    first_wait_seconds: float = 2.0
    longest_wait_seconds: float = 120.0


@dataclass(frozen=True)
class WatchSettings:
    """Everything that the watcher can be told.

    Attributes
    ----------
    folders
        Folders that data files come to; relative ones lie beside the settings file.
    times
        US Eastern times of day at which a round is due.
    every_minutes
        Minutes between rounds, at most; 0 for the times alone.
    settle_seconds
        A file that changed more recently is still being written and waited for.
    late_after
        US Eastern time from which results of the day before count as late.
    alert_urls
        Apprise addresses that alerts go to.
    dead_man_url
        Fetched after every round, so that somebody notices when it no longer is.
    """

    folders: tuple[Path, ...] = ()
    times: tuple[time, ...] = (time(4), time(10), time(13), time(17, 30), time(18, 45))
    every_minutes: float = 30.0
    settle_seconds: float = 2.0
    late_after: time = time(10)
    train: TrainSettings = field(default_factory=TrainSettings)
    retry: RetrySettings = field(default_factory=RetrySettings)
    alert_urls: tuple[str, ...] = ()
    dead_man_url: str | None = None


def read_settings(home: Home, config: Path | None = None) -> WatchSettings:
    """Read a settings file, the home's own where none is named; defaults where there is none.

    Raises
    ------
    UsageError
        When the named file is not there, is no TOML, or has a setting that is unknown or wrong.
    """
    path = config or home.path / FILE
    if not path.exists():
        if config:
            raise UsageError("There is no such settings file.", str(path), "Check --config.")
        return _with_folders(WatchSettings(), {}, home.path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings are no TOML: {error}.", str(path), "Mend it.") from None
    try:
        return _with_folders(_settings(given), given, path.parent)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"A setting is wrong: {error}.", str(path), "See docs/operations.md for all of them."
        ) from None


def _settings(given: dict[str, Any]) -> WatchSettings:
    known = {f.name for f in fields(WatchSettings)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ValueError(f"{unknown[0]!r} is unknown; there are {', '.join(sorted(known))}")
    values = dict(given)
    values.pop("folders", None)
    if "times" in values:
        values["times"] = tuple(_time(text, "times") for text in values["times"])
    if "late_after" in values:
        values["late_after"] = _time(values["late_after"], "late_after")
    for name, kind in (("train", TrainSettings), ("retry", RetrySettings)):
        if name in values:
            values[name] = _section(kind, values[name], name)
    values["dead_man_url"] = values.get("dead_man_url") or None
    values["alert_urls"] = _addresses(values.get("alert_urls", []))
    for name in ("every_minutes", "settle_seconds"):
        values = _not_negative(values, name)
    settings = WatchSettings(**values)
    if not settings.times and not settings.every_minutes:
        raise ValueError("neither times nor every_minutes says when a round is due")
    return settings


def _section(kind: type[Any], given: Any, name: str) -> Any:
    known = {f.name: f for f in fields(kind)}
    if not isinstance(given, dict) or set(given) - set(known):
        raise ValueError(f"[{name}] may hold {', '.join(known)}")
    if not isinstance(given.get("enabled", True), bool):
        raise ValueError("enabled must be true or false")
    for key in given:
        if key != "enabled":
            given = _not_negative(given, key)
    if given.get("attempts", 1) < 1:
        raise ValueError("attempts must be 1 or more")
    return kind(**given)


def _addresses(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(url, str) for url in given):
        raise ValueError("alert_urls must be a list of addresses")
    return tuple(given)


def _not_negative(values: dict[str, Any], name: str) -> dict[str, Any]:
    if name in values:
        number = values[name]
        if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
            raise ValueError(f"{name} must be a number that is not negative")
    return values


def _time(given: Any, name: str) -> time:
    if isinstance(given, time):
        return given
    try:
        return time.fromisoformat(str(given))
    except ValueError:
        raise ValueError(f"{name}: {given!r} is no time of day such as 17:30") from None


def _with_folders(settings: WatchSettings, given: dict[str, Any], base: Path) -> WatchSettings:
    named = given.get("folders", ["incoming"])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ValueError("folders must be a list of paths")
    folders = tuple((base / Path(name).expanduser()).absolute() for name in named)
    return WatchSettings(**{**vars(settings), "folders": folders})
