"""SIGTERM and SIGINT as a request to end at the next commit point, not as an end on the spot."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

HEEDED = (signal.SIGTERM, signal.SIGINT)
_received: list[str] = []


@contextmanager
def heed_signals(notice: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Note SIGTERM and SIGINT for `signal_received`; a second one interrupts at once.

    Parameters
    ----------
    notice
        Called at the first signal with what will happen.

    Call it from the main thread of a process, which alone receives signals.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if _received:
            raise KeyboardInterrupt
        _received.append(signal.Signals(number).name)
        notice("stopping at the next commit point; once more stops at once")

    before = {number: signal.signal(number, handle) for number in HEEDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _received.clear()


def signal_received() -> str | None:
    """Return the name of the signal that asked this process to stop; None when none did."""
    return _received[0] if _received else None
