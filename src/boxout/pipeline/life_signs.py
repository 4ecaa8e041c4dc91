"""Signs of life of whoever works on a home: a small file each, beside the lake and not in it.

The lake's commits are for data, so a heartbeat makes none: each worker keeps `NAME.json` in the
home's `runs` folder, written anew every two seconds, and holds an operating-system lock on
`NAME.lock`, which the kernel frees when the process dies, however it dies. `NAME.stop` asks it
to end. All three are gone when it has ended; what is to stay goes to the ledger.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxout.errors import BusyError
from boxout.warehouse.file_locks import not_lockable, take_lock
from boxout.warehouse.home import Home

if TYPE_CHECKING:
    from filelock import FileLock

BEAT_SECONDS = 2.0
# A worker on another host counts as dead, and one on this host as silent, after so long.
SILENT_SECONDS = 60.0
# Whoever looks whether a lock is free keeps it from workers for an instant.
LOCK_WAIT_SECONDS = 2.0


def now() -> datetime:
    """Return the present time in UTC, without a zone, as the ledger has it."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class LifeSign:
    """What the file of one worker says.

    Attributes
    ----------
    facts
        What it says of itself, such as its command and its progress.
    beat_at
        When the file was written last, UTC.
    is_alive
        Whether its process is there: on this host its lock is held, on another its last
        heartbeat is younger than a minute.
    stop_reason
        Why it has been asked to stop; None when it has not.
    """

    name: str
    pid: int
    host: str
    started_at: datetime
    beat_at: datetime
    is_alive: bool
    stop_reason: str | None
    facts: dict[str, Any]

    def silent_seconds(self, at: datetime) -> float:
        """Seconds since the last heartbeat."""
        return max(0.0, (at - self.beat_at).total_seconds())


class Heartbeat:
    """The file, the lock and the heartbeat of this process as one worker.

    Parameters
    ----------
    name
        Its name, one file name long.
    facts
        What it says of itself; must be plain JSON.
    """

    def __init__(self, home: Home, name: str, facts: dict[str, Any]) -> None:
        self._folder = home.runs
        self._name = name
        self._facts = dict(facts)
        self._started_at = now()
        self._lock: FileLock | None = None
        self._is_over = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._beat, name=f"beat-{name}", daemon=True)

    def start(self) -> None:
        """Take the lock, write the file, and keep it fresh from a thread of its own.

        Raises
        ------
        BusyError
            When another process works under the same name; it says which.
        WarehouseError
            When the lock cannot be taken at all.
        """

        def busy() -> BusyError:
            return BusyError(*_holder(self._path("json"), self._name))

        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(self._path("lock"), LOCK_WAIT_SECONDS, busy)
        self._path("stop").unlink(missing_ok=True)
        self._write()
        self._thread.start()

    def tell(self, **facts: Any) -> None:
        """Say something new of oneself, at once."""
        self._facts = self._facts | facts  # the thread may be writing the old ones
        self._write_if_possible()

    def stop_reason(self) -> str | None:
        """Return why this worker has been asked to stop; None when it has not."""
        return _read_stop(self._path("stop"))

    def end(self) -> None:
        """Stop beating and take the files away."""
        self._stop_beating()
        forget(self._folder, self._name)
        self._release()

    def fall_silent(self) -> None:
        """Stop beating and leave the file, so that whoever looks finds this worker dead."""
        self._stop_beating()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _stop_beating(self) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _path(self, ending: str) -> Path:
        return self._folder / f"{self._name}.{ending}"

    def _beat(self) -> None:
        while not self._is_over.wait(BEAT_SECONDS):
            self._write_if_possible()

    def _write_if_possible(self) -> None:
        # A full disk must not end the run: it shows as silent.
        with contextlib.suppress(OSError):
            self._write()

    def _write(self) -> None:
        sign = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started_at": self._started_at.isoformat(),
            "beat_at": now().isoformat(),
            "facts": self._facts,
        }
        with self._writing:
            aside = self._path("part")
            aside.write_text(json.dumps(sign), encoding="utf-8")
            aside.replace(self._path("json"))


def read_life_signs(home: Home) -> list[LifeSign]:
    """Return the workers that have a file, oldest first; dead ones among them."""
    signs = [_read(path) for path in home.runs.glob("*.json")]
    return sorted((s for s in signs if s), key=lambda sign: (sign.started_at, sign.name))


def ask_to_stop(home: Home, name: str, reason: str) -> None:
    """Leave a request that a worker reads at its next commit point."""
    path = home.runs / f"{name}.stop"
    aside = path.with_suffix(".asking")
    aside.write_text(reason, encoding="utf-8")
    aside.replace(path)


def forget(folder: Path, name: str) -> None:
    """Take the files of a worker away that ends and holds its lock, or whose name none can take."""
    for ending in ("json", "stop", "part", "lock"):
        (folder / f"{name}.{ending}").unlink(missing_ok=True)


def bury(home: Home, name: str) -> LifeSign | None:
    """Take the files of a worker away if it is dead, and return its last sign; None if it is not.

    No other can take the name meanwhile and lose its files.
    """
    with _looking_at(home.runs / f"{name}.lock") as is_free:
        sign = _read(home.runs / f"{name}.json") if is_free else None
        if sign is None or sign.is_alive:
            return None
        forget(home.runs, name)
    return sign


def _read(path: Path) -> LifeSign | None:
    try:
        sign = json.loads(path.read_text(encoding="utf-8"))
        started, beat = (datetime.fromisoformat(sign[k]) for k in ("started_at", "beat_at"))
        pid, host, facts = int(sign["pid"]), str(sign["host"]), dict(sign["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it has just ended, or is no file of ours
    if host == socket.gethostname():
        with _looking_at(path.with_suffix(".lock")) as is_free:
            is_alive = not is_free
    else:
        is_alive = (now() - beat).total_seconds() < SILENT_SECONDS
    if not is_alive and not path.exists():
        return None  # it ended between the two looks
    stop = _read_stop(path.with_suffix(".stop"))
    return LifeSign(path.stem, pid, host, started, beat, is_alive, stop, facts)


def _read_stop(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") or "no reason given"
    except PermissionError:
        return "for a reason that may not be read"
    except OSError:
        return None


@contextlib.contextmanager
def _looking_at(path: Path) -> Iterator[bool]:
    """Say whether no worker holds a lock, and let none take it within the block.

    A worker's lock is exclusive. The one who looks shares his with others who look, for they would
    take him for a worker.
    """
    descriptor, is_free = None, True
    while descriptor is None and path.exists():
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            is_free = _share(descriptor, path)
            if is_free and not os.fstat(descriptor).st_nlink:
                os.close(descriptor)  # its name leads to another file by now, or to none
                descriptor = None
    try:
        yield is_free
    finally:
        if descriptor is not None:
            # A child that was forked meanwhile has the descriptor, too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def _share(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        os.close(descriptor)
        raise not_lockable(path, error) from error
    return True


def _holder(path: Path, name: str) -> tuple[str, str, str]:
    sign = _read(path)
    who = f"process {sign.pid} on {sign.host}" if sign else "another process"
    return (
        f"{name} is already at work on this project: {who}.",
        str(path.parent),
        "Leave it to it, or stop it first with `boxout stop watch`.",
    )
