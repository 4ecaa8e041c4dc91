"""A project over a tiny league that is changed, spoiled, killed and mended step by step.

Each method is one thing that happens to a project in life. `check` builds the same files
anew in another project and compares; tests and the long campaign draw the steps.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from tiny_league import BLOCKS, FAULTS, SPARE_DATES, STATS, TinyLeague

from boxout.pipeline.authors import Author
from boxout.pipeline.content_audit import audit_content
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph, build_graph, load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import READY
from boxout.pipeline.run import run_tables
from boxout.pipeline.waiver import Waiver
from boxout.pipeline.withdrawal import withdraw_files
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.tables.definition import load_tables
from boxout.warehouse.compaction import compact_lake
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

TINY_TABLES = Path(__file__).parent / "tiny_tables"
ALL_DATES = sorted({day for block in BLOCKS for day in block} | set(SPARE_DATES))
MOMENTS = ("before", "inside", "during", "after")
# For each graph, changes of one table's SQL: another content, the same content, another shape.
CHANGES = {
    "tiny": {
        "raw.lines": (("b.tov, ", "b.tov + 1 AS tov, "), ("b.tov, ", "b.tov + 0 AS tov, ")),
        "analytics.form": (
            ("b.ast, ", "b.ast * 2 AS ast, "),
            ("b.ast, ", "b.ast, b.ast + 1 AS more, -- one more\n"),
        ),
    },
    "full": {
        "analytics.player_game_summary": (
            ("36 * b.pts", "48 * b.pts"),
            ("b.pf, ", "b.pf, b.pf + 1 AS more, -- one more\n"),
        ),
        "raw.player_boxscores": (("  l.stl, ", "  l.stl + 0 AS stl, "),),
    },
}


def make_graph(kind: str, change: tuple[str, int] | None = None) -> Graph:
    """The tables, one of them with another SQL when a change is named."""
    tables = dict(load_graph().tables)
    if kind == "tiny":
        own = load_tables(TINY_TABLES)
        needed = {"raw.games", *tables["raw.games"].windows, "landing.bref_player_boxscores"}
        tables = {name: tables[name] for name in tables if name in needed} | own
    if change:
        name, number = change
        old, new = CHANGES[kind][name][number]
        assert old in tables[name].query
        tables[name] = replace(tables[name], query=tables[name].query.replace(old, new, 1))
    return build_graph(tables)


def open_quietly(path: Path, *, create: bool = False) -> Warehouse:
    """Open a project that computes on one thread: for a few rows that is much quicker."""
    warehouse = open_warehouse(Home(path), create=create)
    warehouse.execute("SET threads = 1")
    return warehouse


class ChangingProject:
    """The league, the project that follows it, and what has been done so far."""

    def __init__(self, folder: Path, kind: str, seed: int) -> None:
        self.folder, self.kind = folder, kind
        self.league = TinyLeague(folder / "files", seed)
        self.change: tuple[str, int] | None = None
        self.graph = make_graph(kind)
        self.home = folder / "home"
        self.warehouse = open_quietly(self.home, create=True)
        self.ingested: dict[str, bytes] = {}
        self.waived = False
        self.done: Counter[str] = Counter()
        self.log: list[str] = []
        self._scratches = 0
        self.ingest([self.league.write_schedule()])

    def close(self) -> None:
        """Close the project."""
        self.warehouse.close()

    def _note(self, what: str, *details: Any) -> None:
        self.done[what] += 1
        self.log.append(f"{what} {' '.join(map(str, details))}".strip())

    # what happens to the files

    def files(self, block: int) -> list[Path]:
        """Write a block's files and return those that the tables read."""
        return self.league.write(block)[: 1 if self.kind == "tiny" else 2]

    def ingest(self, paths: Sequence[Path], kill: tuple[int, str, int] | None = None) -> None:
        """Bring files in, in the order given; perhaps be killed at it."""
        if kill:
            self._killed(kill, "ingest", [str(path) for path in paths])
        else:
            ingest_files(self.warehouse, self.graph, paths, meant=paths)
        known = dict(self.warehouse.rows("SELECT source_file, sha256 FROM lake.ledger.files"))
        for path in paths:
            content = path.read_bytes()
            if known.get(str(path)) == sha256(content).hexdigest():
                self.ingested[path.name] = content
            else:
                assert kill, f"{path.name} was not ingested"
                before = self.ingested.get(path.name)
                assert known.get(str(path)) == (before and sha256(before).hexdigest())

    def bring(self, block: int, *, backwards: bool = False) -> None:
        """Bring a block's files in, new or known, box lines or team logs first."""
        self._note("ingest", block, backwards)
        paths = self.files(block)
        self.ingest(paths[::-1] if backwards else paths)

    def bring_killed(self, block: int, commit: int, moment: str, wait: int) -> None:
        """Bring a block's files in and be killed at one of the commits."""
        self._note(f"kill ingest {moment}", block, commit)
        self.ingest(self.files(block), (commit, moment, wait))

    def withdraw(self, number: int, kill: tuple[int, str, int] | None = None) -> None:
        """Take back what a file brought, but for the schedule; perhaps be killed at it."""
        names = sorted(name for name in self.ingested if "schedule" not in name)
        if not names:
            return
        path = self.league.folder / names[number % len(names)]
        self._note("kill withdrawal" if kill else "withdraw", path.name)
        if kill:
            self._killed(kill, "withdraw", str(path))
        else:
            withdraw_files(self.warehouse, self.graph, [path], Author("Dana", "a test"))
        known = self.warehouse.rows("SELECT source_file FROM lake.ledger.files")
        if (str(path),) not in known:
            del self.ingested[path.name]
        else:
            assert kill, f"{path.name} was not withdrawn"

    def correct(self, game: int, player: int, stat: int, by: int) -> None:
        """Correct one stat of one player."""
        played = self.league.games[game % len(self.league.games)]
        line = played.lines[sorted(played.lines)[player % len(played.lines)]]
        name = ("fg", *STATS)[stat % (len(STATS) + 1)]
        self._note("correct a stat", played.number, name)
        line[name] += by
        if name == "fg":
            line["fga"] += by

    def move_player(self, game: int, player: int) -> None:
        """Write one player of a game down for the other team."""
        played = self.league.games[game % len(self.league.games)]
        line = played.lines[sorted(played.lines)[player % len(played.lines)]]
        line["team"] = played.away if line["team"] == played.home else played.home
        self._note("move a player", played.number)

    def postpone(self, game: int, spare: int) -> None:
        """Move a game to a date of its season on which its teams do not play, box score and all."""
        played = self.league.games[game % len(self.league.games)]
        teams = {played.home, played.away}
        taken = {
            day
            for g in self.league.games
            if teams & {g.home, g.away}
            for day in (g.day, *(g.postponed_from if g is not played else ()))
        }
        free = [d for d in ALL_DATES if d.year == played.day.year and d not in taken]
        if not free:
            return
        played.postponed_from.append(played.day)
        played.day = free[spare % len(free)]
        if played.day in played.postponed_from:  # back to where it had been
            played.postponed_from.remove(played.day)
        self._note("postpone a game", played.number, played.day)
        self.ingest([self.league.write_schedule()])

    def remove(self, game: int) -> None:
        """Take a game out of the files, or bring it back."""
        played = self.league.games[game % len(self.league.games)]
        played.is_played = not played.is_played
        self._note("remove or restore a game", played.number)

    def repeat_rows(self, block: int) -> None:
        """Repeat rows in a block's files, or stop it."""
        self.league.repeated ^= {block}
        self._note("repeat rows", block)

    def corrupt(self, block: int, fault: int) -> None:
        """Plant a fault in a block's files."""
        self.league.faults[block] = FAULTS[fault % len(FAULTS)]
        self._note(f"corrupt: {self.league.faults[block]}", block)

    def repair(self, block: int) -> None:
        """Mend a block's files."""
        self._note("repair", block)
        self.league.faults.pop(block, None)

    # what happens to the tables

    def change_sql(self, number: int) -> None:
        """Edit one table's SQL, or undo the edit."""
        choices = [None, *((n, i) for n, cs in CHANGES[self.kind].items() for i in range(len(cs)))]
        self.change = choices[number % len(choices)]
        self._note("change a table's SQL", self.change)
        self.graph = make_graph(self.kind, self.change)

    def options(self, first: int, last: int, **more: Any) -> RunOptions:
        """Options of a range of dates; the whole time when `first` is 0."""
        days = ALL_DATES
        low, high = sorted((days[first % len(days)], days[last % len(days)]))
        whole = first % 3 == 0
        return RunOptions(
            FIRST_DATE if whole else low, LAST_DATE if whole else high, chunk_dates=2 + last, **more
        )

    def backfill(self, tables: int, first: int, last: int, *, force: bool = False) -> None:
        """Bring some tables up to date over some dates."""
        chosen = [t for i, t in enumerate(self.graph.computed) if tables >> (i % 6) & 1]
        options = self.options(first, last, force=force)
        self._note("backfill", options.start, options.end, len(chosen), force)
        run_tables(self.warehouse, self.graph, chosen, options)

    def backfill_killed(self, first: int, last: int, commit: int, moment: str, wait: int) -> None:
        """Bring all tables up to date and be killed at one of the commits."""
        self._note(f"kill run {moment}", commit)
        self._killed((commit, moment, wait), "run", self.options(first, last))

    def waive(self, first: int, last: int) -> None:
        """Publish past what fails."""
        self._note("waive")
        self.waived = True
        options = self.options(first, last, waiver=Waiver("Dana", "a test"))
        run_tables(self.warehouse, self.graph, self.graph.computed, options)

    def compact(self) -> None:
        """Merge small files and let every version go but the newest."""
        self._note("compact")
        compact_lake(self.warehouse, (), timedelta(0), timedelta(0))

    def upgrade(self) -> None:
        """Have all files on record as read by an earlier version, so that they are read again."""
        self._note("upgrade")
        with self.warehouse.commit():
            self.warehouse.execute("UPDATE lake.ledger.files SET read_by = NULL")

    def reopen(self) -> None:
        """Close the project and open it again."""
        self._note("restart")
        self.warehouse.close()
        self.warehouse = open_quietly(self.home)

    def _killed(self, kill: tuple[int, str, int], action: str, argument: Any) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["boxout.pipeline.run", "boxout.pipeline.ingest"])
        child = context.Process(
            target=_act_and_die,
            args=(str(self.home), self.kind, self.change, action, argument, kill),
        )
        child.start()
        child.join(120)
        assert child.exitcode in (0, -signal.SIGKILL), child.exitcode
        if child.exitcode:
            self.done["killed"] += 1

    # what must hold

    def check(self) -> int:
        """Compare with a from-scratch build of what was ingested; return the rows compared."""
        run_tables(self.warehouse, self.graph, self.graph.computed)
        stored = audit_content(self.warehouse, list(self.graph.tables.values()))
        assert not stored.damaged, stored.damaged
        self._scratches += 1
        base = self.folder / f"scratch_{self._scratches}"
        files = [base / "files" / name for name in sorted(self.ingested)]
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.ingested[path.name])
        with open_quietly(base / "home", create=True) as scratch:
            ingest_files(scratch, self.graph, files)
            run_tables(scratch, self.graph, self.graph.computed)
            compared = compare(self.warehouse, scratch, self.graph, is_waived=self.waived)
        self._note("check")
        return compared


Partitions = dict[tuple[str, date], tuple[Any, ...]]


def read_ledger(warehouse: Warehouse) -> Partitions:
    """State, rows and content hash of each partition that has any rows or a problem."""
    return {
        (table, day): (state, rows or 0, content)
        for table, day, state, rows, content in warehouse.rows(
            "SELECT table_name, game_date, state, row_count, content_hash "
            "FROM lake.ledger.partitions"
        )
        if rows or state not in ("empty", "fresh")
    }


def compare(
    project: Warehouse, scratch: Warehouse, graph: Graph, *, is_waived: bool = False
) -> int:
    """Assert that two projects hold the same, partition by partition and row by row.

    What a contract holds back keeps its last good rows in a project that had some, so that
    only its state is compared. Under a waiver more may be published than without.
    """
    ours, theirs = read_ledger(project), read_ledger(scratch)
    compared = 0
    unready = {day for (_, day), (state, *_) in theirs.items() if state not in READY}
    held_back: dict[str, set[date]] = {}
    for key in sorted(ours.keys() | theirs.keys()):
        mine, wanted = ours.get(key), theirs.get(key)
        if mine == wanted:
            if wanted and wanted[0] not in READY:
                held_back.setdefault(key[0], set()).add(key[1])
            continue
        # a date on whose schedule nothing is left knows no partition that could be held back
        is_held = wanted[0] not in READY if wanted else key[1] in unready
        assert is_held or (is_waived and mine and mine[0] == "waived"), f"{key}: {mine}, {wanted}"
        assert is_waived or not wanted or (mine and mine[0] == wanted[0]), (
            f"{key}: {mine}, {wanted}"
        )
        assert is_waived or wanted or mine[0] not in READY, f"{key}: {mine}, {wanted}"
        held_back.setdefault(key[0], set()).add(key[1])
    for name in graph.tables:
        skipped = held_back.get(name, set())
        mine, wanted = (_rows(w, name, skipped) for w in (project, scratch))
        assert mine == wanted, f"{name}: {_first_difference(mine, wanted)}"
        compared += len(wanted)
    return compared


def _rows(warehouse: Warehouse, name: str, skipped: set[date]) -> list[str]:
    if not warehouse.has_table(name):
        return []
    columns = sorted(c for c in warehouse.columns(f"{LAKE}.{name}") if c != "source_file")
    listed = ", ".join(f'"{column}"' for column in ("game_date", *columns))
    rows = warehouse.rows(f"SELECT {listed} FROM {LAKE}.{name}")
    return sorted(repr(row) for row in rows if row[0] not in skipped)


def _first_difference(mine: list[str], wanted: list[str]) -> str:
    extra, lacking = Counter(mine) - Counter(wanted), Counter(wanted) - Counter(mine)
    return (
        f"{len(extra)} rows too many {list(extra)[:1]}, {len(lacking)} lacking {list(lacking)[:1]}"
    )


def _act_and_die(
    home: str,
    kind: str,
    change: tuple[str, int] | None,
    action: str,
    argument: Any,
    kill: tuple[int, str, int],
) -> None:
    """Ingest or run in a process of its own, and be killed at one moment of one commit."""
    _kill_at(*kill)
    graph = make_graph(kind, change)
    warehouse = open_quietly(Path(home))
    if action == "ingest":
        paths = [Path(path) for path in argument]
        ingest_files(warehouse, graph, paths, meant=paths)
    elif action == "withdraw":
        withdraw_files(warehouse, graph, [Path(argument)], Author("Dana", "a test"))
    else:
        run_tables(warehouse, graph, graph.computed, argument)


def _kill_at(number: int, moment: str, wait: int) -> None:
    original, commits = Warehouse.commit, iter(range(10_000))

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @contextlib.contextmanager
    def commit(self: Warehouse) -> Iterator[None]:
        is_last = next(commits) == number
        if is_last and moment == "before":
            die()
        with original(self):
            yield
            if is_last and moment == "inside":
                die()
            if is_last and moment == "during":  # some hundred microseconds into the COMMIT
                threading.Timer(wait / 10_000, die).start()
        if is_last:
            die()

    Warehouse.commit = commit  # type: ignore[method-assign]


def random_step(project: ChangingProject, draw: random.Random) -> None:
    """Do one thing to the project, drawn at random."""
    number = lambda: draw.randrange(1000)  # noqa: E731
    block = draw.randrange(len(BLOCKS))
    kill = (draw.randrange(12), draw.choice(MOMENTS), draw.randrange(100))
    steps = {
        "bring": (6, lambda: project.bring(block, backwards=draw.random() < 0.5)),
        "correct": (
            4,
            lambda: project.correct(number(), number(), number(), draw.choice((1, 2, 95))),
        ),
        "move": (2, lambda: project.move_player(number(), number())),
        "postpone": (2, lambda: project.postpone(number(), number())),
        "remove": (2, lambda: project.remove(number())),
        "repeat": (1, lambda: project.repeat_rows(block)),
        "corrupt": (3, lambda: project.corrupt(block, number())),
        "repair": (3, lambda: project.repair(block)),
        "change": (2, lambda: project.change_sql(number())),
        "backfill": (
            5,
            lambda: project.backfill(number() | 1, number(), number(), force=draw.random() < 0.2),
        ),
        "kill run": (3, lambda: project.backfill_killed(number(), number(), *kill)),
        "kill ingest": (2, lambda: project.bring_killed(block, kill[0] % 2, *kill[1:])),
        "withdraw": (2, lambda: project.withdraw(number())),
        "kill withdrawal": (1, lambda: project.withdraw(number(), (kill[0] % 2, *kill[1:]))),
        "compact": (2, project.compact),
        "upgrade": (1, project.upgrade),
        "reopen": (1, project.reopen),
    }
    names = list(steps)
    chosen = draw.choices(names, [steps[name][0] for name in names])[0]
    steps[chosen][1]()
