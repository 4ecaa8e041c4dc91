"""The watcher: a loop of rounds, sleeping until the next is due or something comes.

One watcher works on a project at a time, by the lock of its heartbeat; the kernel frees it
when the process dies. It keeps nothing that a restart would miss.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime

from boxout.errors import BusyError, StoppedError, WarehouseError
from boxout.orchestration.alerts import Alerts
from boxout.orchestration.logs import log, log_failure, reason_of
from boxout.orchestration.metrics import WatchMetrics
from boxout.orchestration.round import Round
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.schedule import eastern, next_round
from boxout.orchestration.settings import WatchSettings
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import Heartbeat, now, read_life_signs
from boxout.pipeline.record_watcher import note_watcher, say_unwatched
from boxout.pipeline.run_views import active_runs
from boxout.pipeline.status import read_status
from boxout.pipeline.stopping import signal_received
from boxout.pipeline.watching import WATCHER, WatcherView, read_watcher
from boxout.warehouse.home import Home
from boxout.warehouse.opening import newest_version, open_warehouse

POLL_SECONDS = 1.0
PING_SECONDS = 10.0
CHANGED = "the project changed"
# Rounds that follow each other because the version moved; if each finds something to commit, the
# next one waits for somebody else.
MOST_IN_A_ROW = 3


class Watcher:
    """A watcher of one project.

    Parameters
    ----------
    metrics
        Where to show how it goes; None to show nothing.
    clock
        Returns the present moment, naive UTC.
    """

    def __init__(
        self,
        home: Home,
        graph: Graph,
        settings: WatchSettings,
        metrics: WatchMetrics | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        home.create()
        self._home = home
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._alerts = Alerts(home, settings)
        self._heartbeat = Heartbeat(home, WATCHER, {"kind": WATCHER, "doing": "starting"})
        self._rounds = 0
        self._unrecorded: list[str] = []
        self._round = Round(home, graph, settings, clock, self._heed_stop, self._tell)
        self._graph = graph

    def once(self) -> RoundReport:
        """Do one round.

        Raises
        ------
        BusyError
            When another watcher is at work.
        StoppedError
            When it was asked to stop.
        """
        self._begin()
        with self._heartbeat_kept():
            return self._do_round("asked")

    def watch(self, *, standby: bool = False) -> None:
        """Do rounds until asked to stop.

        Parameters
        ----------
        standby
            Wait for another watcher to end instead of failing.

        Raises
        ------
        BusyError
            When another watcher is at work, and this is no standby.
        """
        try:
            self._take_over(standby=standby)
        except StoppedError:
            return
        log("watching", home=self._home.path, folders=[str(f) for f in self._settings.folders])
        try:
            with self._heartbeat_kept():
                self._go_round()
        except StoppedError as stop:
            log("stopped", reason=stop.what)

    def _go_round(self) -> None:
        why, in_a_row = "started", 0
        while True:
            before, is_complete = self._version(), False
            with contextlib.suppress(StoppedError):  # one run was stopped, not the watcher
                is_complete = not self._do_round(why).problems
            self._heed_stop()
            # What others commit during a round is seen by the next, which follows at once where
            # the version moved, and has nothing to commit where nobody else had moved it. After a
            # failure or a stop it would then only do again what just ended.
            is_to_follow = is_complete or self._have_others_committed(before)
            if not is_to_follow or in_a_row >= MOST_IN_A_ROW:
                before = self._version()
            why = self._sleep(before)
            in_a_row = in_a_row + 1 if why == CHANGED else 0

    @contextlib.contextmanager
    def _heartbeat_kept(self) -> Iterator[None]:
        """Say goodbye at the end of the block; after an error nobody foresaw, be seen as dead."""
        is_dead = False
        try:
            yield
        except StoppedError:
            raise
        except Exception as error:
            is_dead = True
            log_failure("the watcher ends by an error", error)
            raise
        finally:
            if is_dead:
                self._heartbeat.fall_silent()
            else:
                self._heartbeat.end()

    def _take_over(self, *, standby: bool) -> None:
        is_said = False
        while True:
            try:
                self._begin()
                return
            except BusyError as busy:
                if not standby:
                    raise
                if not is_said:
                    log("standing by", reason=busy.what)
                is_said = True
            if signal_received():
                raise StoppedError("The standby was asked to stop.")
            time.sleep(POLL_SECONDS)

    def _begin(self) -> None:
        """Take the place of the watcher, and put on record that the last one left it unkept."""
        last = read_watcher(read_life_signs(self._home), now())
        if last is not None and not last.is_well and self._home.exists():
            self._put_on_record(last)
        self._heartbeat.start()

    def _put_on_record(self, last: WatcherView) -> None:
        try:
            with open_warehouse(self._home) as warehouse, warehouse.one_thread():
                create_ledger(warehouse)
                note_watcher(warehouse)
        except BusyError:
            raise
        except Exception as error:  # a lake that cannot be opened is all the more to be told
            log_failure("could not put on record that nobody watched", error)
            since = f"nobody watched since {last.beat_at:%Y-%m-%d %H:%M} UTC: "
            self._unrecorded = [since + say_unwatched(last)]

    def _do_round(self, why: str) -> RoundReport:
        self._heartbeat.tell(round_at=self._clock().isoformat(), next_at=None, coming=[])
        log("round", because=why)
        report, stop = RoundReport(self._clock(), unwatched=self._unrecorded), None
        try:
            self._round.run(report)
        except StoppedError as asked:
            report.is_stopped, stop = True, asked
        self._rounds += 1
        self._unrecorded = []
        self._heartbeat.tell(rounds=self._rounds)
        self._after_round(report)
        log(
            "round stopped" if stop else "round done",
            seconds=report.seconds,
            files=len(report.files),
            partitions=sum(t.computed for t in report.tables.tables) if report.tables else 0,
            held_back=report.held_back,
            problems=len(report.problems) + len(report.refused),
        )
        if stop:
            raise stop
        return report

    def _after_round(self, report: RoundReport) -> None:
        """Tell people, metrics and the dead-man's service; none of it may end the watcher."""
        self._tell("telling")
        at, status, is_told = self._clock(), None, False
        try:
            with open_warehouse(self._home) as warehouse, warehouse.one_thread():
                warehouse.own_commits.versions = self._round.versions
                note_watcher(warehouse)
                self._alerts.after_round(warehouse, report, at)
                is_told = True
                status = read_status(warehouse, self._graph) if self._metrics else None
        except Exception as error:
            log_failure("could not read what there is to tell", error)
            if not (is_told or report.is_stopped):
                report.problems.append(f"telling: {reason_of(error)}")
        try:
            if not is_told:
                self._alerts.after_round(None, report, at)
        except Exception as error:
            log_failure("could not tell", error)
        if self._metrics:
            self._metrics.after_round(report, status, at)
        if self._settings.dead_man_url and not (report.problems or report.is_stopped):
            _ping(self._settings.dead_man_url)

    def _sleep(self, known: int | None) -> str:
        """Sleep until a round is due or something comes; return why it is over.

        Parameters
        ----------
        known
            The data version that needs no round; any other does.
        """
        version, since = self._version(), time.monotonic()
        if version != known and self._is_quiet():
            return CHANGED
        due = next_round(self._settings, self._clock())
        coming = f"a round: ingest, tables, training, predictions, grades ({eastern(due):%H:%M} ET)"
        self._heartbeat.tell(
            doing="sleeping", next_at=due.isoformat(), coming=[[due.isoformat(), coming]]
        )
        if self._metrics:
            self._metrics.sleeping_until(due)
        log("sleeping", until=f"{due:%Y-%m-%d %H:%M:%S} UTC")
        while self._clock() < due:
            self._heed_stop()
            if self._round.incoming.has_come():
                return "a file came"
            newest = self._version()
            if newest != version:
                version, since = newest, time.monotonic()
            # Half of what another process brings would fail its contracts.
            is_still = time.monotonic() - since >= self._settings.settle_seconds
            if version != known and is_still and self._is_quiet():
                return CHANGED
            time.sleep(POLL_SECONDS)
        return "it is time"

    def _is_quiet(self) -> bool:
        """Whether no run is at work, as far as the file system can be asked."""
        try:
            return not active_runs(self._home)
        except (WarehouseError, OSError):
            return False

    def _have_others_committed(self, before: int | None) -> bool:
        """Whether there is a data version after one that the last round has not made."""
        version = self._version()
        if version is None or before is None:
            return False
        return not self._round.versions.issuperset(range(before + 1, version + 1))

    def _version(self) -> int | None:
        try:
            return newest_version(self._home)
        except (WarehouseError, OSError):
            return None  # the next round says so

    def _tell(self, doing: str) -> None:
        self._heartbeat.tell(doing=doing)

    def _heed_stop(self) -> None:
        reason = signal_received() or self._heartbeat.stop_reason()
        if reason:
            raise StoppedError(f"The watcher was asked to stop: {reason}.")


def _ping(url: str) -> None:
    try:
        with urllib.request.urlopen(url, timeout=PING_SECONDS) as answer:
            answer.read()
    except (OSError, ValueError, http.client.HTTPException) as error:
        log("the dead-man's service was not reached", level=logging.WARNING, reason=str(error))
