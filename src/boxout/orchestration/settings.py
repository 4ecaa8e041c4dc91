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
# Two years of minutes, a century of hours: what is more is no time that can be reckoned with.
MOST = 1_000_000


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
        A file that changed more recently is still being written, and left for later.
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
        When the named file is not there, cannot be read, is no TOML, or has a setting that is
        unknown or wrong.
    """
    path = config or home.path / FILE
    if not path.exists():
        if config:
            raise UsageError("There is no such settings file.", str(path), "Check --config.")
        return _with_folders(WatchSettings(), {}, home.path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"The settings cannot be read: {error.strerror or error}.",
            str(path),
            "It has to be a file that may be read.",
        ) from None
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
        values["times"] = _times(values["times"])
    if "late_after" in values:
        values["late_after"] = _time(values["late_after"], "late_after")
    for name, kind in (("train", TrainSettings), ("retry", RetrySettings)):
        if name in values:
            values[name] = _section(kind, values[name], name)
    values["dead_man_url"] = _address(values.get("dead_man_url", ""))
    values["alert_urls"] = _addresses(values.get("alert_urls", []))
    for name in ("every_minutes", "settle_seconds"):
        _check_number(values, name)
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
    for key in set(given) - {"enabled", "attempts"}:
        _check_number(given, key)
    attempts = given.get("attempts", 1)
    if isinstance(attempts, bool) or not isinstance(attempts, int) or not 1 <= attempts <= MOST:
        raise ValueError(f"attempts must be a whole number from 1 to {MOST:,}")
    return kind(**given)


def _address(given: Any) -> str | None:
    if not isinstance(given, str):
        raise ValueError("dead_man_url must be an address in quotes, or empty")
    return given or None


def _addresses(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(url, str) for url in given):
        raise ValueError("alert_urls must be a list of addresses")
    return tuple(given)


def _check_number(values: dict[str, Any], name: str) -> None:
    number = values.get(name, 0)
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not is_number or not 0 <= number <= MOST:
        raise ValueError(f"{name} must be a number from 0 to {MOST:,}")


def _times(given: Any) -> tuple[time, ...]:
    if not isinstance(given, list):
        raise ValueError('times must be a list of times of day, such as ["17:30"]')
    return tuple(_time(each, "times") for each in given)


def _time(given: Any, name: str) -> time:
    wrong = ValueError(f"{name}: {given!r} is no time of day such as 17:30")
    try:
        found = given if isinstance(given, time) else time.fromisoformat(str(given))
    except ValueError:
        raise wrong from None
    if found.tzinfo:
        raise wrong
    return found


def _with_folders(settings: WatchSettings, given: dict[str, Any], base: Path) -> WatchSettings:
    named = given.get("folders", ["incoming"])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ValueError("folders must be a list of paths")
    folders = tuple((base / Path(name).expanduser()).absolute() for name in named)
    return WatchSettings(**{**vars(settings), "folders": folders})
