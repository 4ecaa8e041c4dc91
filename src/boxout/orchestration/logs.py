"""Structured logs: an event with fields, as a line for people or as a line of JSON."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from boxout.errors import BoxoutError

LOGGER = logging.getLogger("boxout")


class _Lines(logging.Formatter):
    """One line a record: time, level, event, fields."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields: dict[str, Any] = getattr(record, "fields", {})
        if self._as_json:
            head = {"at": at.isoformat(), "level": record.levelname.lower()}
            return json.dumps(head | {"event": record.getMessage()} | fields, default=str)
        said = " ".join(f"{key}={value}" for key, value in fields.items() if value is not None)
        return f"{at:%Y-%m-%d %H:%M:%S} {record.levelname.lower():7} {record.getMessage()} {said}"


def start_logs(form: str) -> None:
    """Write the log to standard error.

    Parameters
    ----------
    form
        'text' or 'json'.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(as_json=form == "json"))
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def log(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields, such as run, table and date."""
    LOGGER.log(level, event, extra={"fields": fields})


def log_failure(event: str, error: Exception, **fields: Any) -> None:
    """Log an error that ended something, and where it comes from if nobody has foreseen it."""
    fields["reason"] = reason_of(error)
    if not isinstance(error, BoxoutError | OSError):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        fields["at"] = f"{frame.filename}:{frame.lineno}"
    log(event, level=logging.ERROR, **fields)


def reason_of(error: BaseException | None) -> str:
    """Return in one line why something failed."""
    if isinstance(error, BoxoutError):
        return error.what
    text = str(error).splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
