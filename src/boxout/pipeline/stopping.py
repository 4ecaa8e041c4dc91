"""SIGTERM and SIGINT as a request to end at the next commit point, not as an end on the spot."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from boxout.errors import StoppedError

HEEDED = (signal.SIGTERM, signal.SIGINT)
RESUMES = "What was committed stays; the same command resumes."
_SAID = b"stopping at the next commit point; once more stops at once\n"
_received: list[str] = []
_depth = 0


@contextmanager
def heed_signals() -> Iterator[None]:
    """Note SIGTERM and SIGINT for `signal_received`; a second one interrupts at once.

    Blocks may be nested: a signal is remembered until the outermost ends, so that none is lost
    between two parts of a job. Call it from the main thread, which alone receives signals.
    """
    global _depth
    before = {number: signal.signal(number, _note) for number in HEEDED}
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        for number, handler in before.items():
            signal.signal(number, handler)
        if not _depth:
            _received.clear()


def _note(number: int, frame: FrameType | None) -> None:
    if _received:
        raise KeyboardInterrupt
    _received.append(signal.Signals(number).name)
    os.write(2, _SAID)  # a print could be in the middle of another print


def signal_received() -> str | None:
    """Return the name of the signal that asked this process to stop; None when none did."""
    return _received[0] if _received else None


def heed_stop() -> None:
    """End here when a signal asked for it; called where everything is committed.

    Raises
    ------
    StoppedError
        When one did.
    """
    reason = signal_received()
    if reason:
        raise StoppedError(f"Ended at a commit point, as asked: {reason}.", "", RESUMES)
