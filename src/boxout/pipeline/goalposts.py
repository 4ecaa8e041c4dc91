"""Checks that were loosened, rewritten or removed: noticed, named, and shown until put back.

The ledger keeps each check as it stood when it was strictest. Whenever a project is opened the
contracts in the code are compared with that; what is looser is a moved goalpost, on record with
who, when and why, and stays one when it is accepted: it goes away when the check is back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from boxout.errors import UsageError
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import read_property, write_property
from boxout.pipeline.ledger_at import LedgerAt
from boxout.pipeline.standings import (
    Standing,
    change_of,
    read_standing,
    say_change,
    standings_of,
    write_standing,
)
from boxout.pipeline.waiver import in_force
from boxout.warehouse.ducklake import Warehouse

WAIVED = "waived"
_READ = ("ledger.goalposts", "ledger.waivers", "ledger.partitions")
_SEEN = "contracts_seen"


@dataclass(frozen=True)
class Goalpost:
    """One check that is looser than it was.

    Attributes
    ----------
    goalpost_id
        Such as 'g0001'; '-' for a waiver, which was accepted when it was given.
    change
        loosened, removed, rewritten or waived.
    old, new
        How it stood when it was strictest, and how it stands.
    who, why
        Who last changed the table's file, and the words of that change where it is in version
        control; else who opened the project first with it.
    accepted_by, accepted_why
        Who agreed to it, and why; None where nobody has. It stays on show.
    """

    goalpost_id: str
    table: str
    check: str
    change: str
    old: str
    new: str
    who: str
    why: str
    noticed_at: datetime
    accepted_by: str | None
    accepted_why: str | None

    def __str__(self) -> str:
        is_accepted = self.accepted_by and self.change != WAIVED
        accepted = f"; accepted by {self.accepted_by}: {self.accepted_why}" if is_accepted else ""
        why = f" ({self.why})" if self.why else ""
        return (
            f"{self.table}: {self.check} {self.change}: {self.old} -> {self.new}, by {self.who}"
            f"{why}, noticed {self.noticed_at:%Y-%m-%d %H:%M}{accepted}"
        )


def note_goalposts(warehouse: Warehouse, graph: Graph) -> None:
    """Compare the contracts in the code with the strictest on record, and record what moved.

    Costs one look at the ledger where nothing has changed since the last time.
    """
    standings = _standings(graph)
    seen = _digest(standings)
    with warehouse.reading():
        if read_property(warehouse, _SEEN) == seen:
            return
    with warehouse.commit():
        known = {
            (table, check): read_standing(text)
            for table, check, text in warehouse.rows("SELECT * FROM lake.ledger.thresholds")
        }
        # What is as strict as it was, or stricter, is what the next change is measured from.
        sound = {
            key: new
            for key, new in standings.items()
            if key not in known or change_of(known[key], new) is None
        }
        _restore(warehouse, sound)
        _remember(warehouse, {k: new for k, new in sound.items() if known.get(k) != new})
        for key, old in known.items():
            if key not in sound:
                _record(warehouse, graph, key, old, standings.get(key))
        write_property(warehouse, _SEEN, seen)


def are_goalposts_noted(warehouse: Warehouse, graph: Graph) -> bool:
    """Whether the contracts in the code are those that were compared last."""
    return read_property(warehouse, _SEEN) == _digest(_standings(graph))


def _standings(graph: Graph) -> dict[tuple[str, str], Standing]:
    return {
        (table.name, check): standing
        for table in graph.computed
        for check, standing in standings_of(table).items()
    }


def _digest(standings: Mapping[tuple[str, str], Standing]) -> str:
    return hashlib.sha256(repr(sorted(standings.items())).encode()).hexdigest()[:16]


def _record(
    warehouse: Warehouse,
    graph: Graph,
    key: tuple[str, str],
    old: Standing,
    new: Standing | None,
) -> None:
    """Record one check that is looser than it was, unless that is on record already."""
    table, check = key
    change = change_of(old, new)
    was, said = say_change(old, new)
    moved = warehouse.rows(
        "SELECT change, new_standing FROM lake.ledger.goalposts "
        "WHERE table_name = $1 AND check_name = $2 AND restored_at IS NULL",
        [*key],
    )
    if moved == [(change, said)]:
        return
    from boxout.pipeline.authors import last_author  # it asks git, and is seldom needed

    author = last_author(table if table in graph.tables else None)
    if moved:
        _restore(warehouse, [key])
    warehouse.execute(
        """
        INSERT INTO lake.ledger.goalposts
        SELECT 'g' || lpad((count(*) + 1)::VARCHAR, 4, '0'), $1, $2, $3, $4, $5, $6, $7,
               now()::TIMESTAMP, NULL, NULL, NULL, NULL
        FROM lake.ledger.goalposts
        """,
        [table, check, change, was, said, author.who, author.why],
    )


_THESE = "(table_name, check_name) IN (SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[]))"


def _restore(warehouse: Warehouse, keys: Collection[tuple[str, str]]) -> None:
    """End the moved goalposts of these checks, where there are any."""
    bound = [[table for table, _ in keys], [check for _, check in keys]]
    still = f"restored_at IS NULL AND {_THESE}"
    if warehouse.scalar(f"SELECT count(*) FROM lake.ledger.goalposts WHERE {still}", bound):
        warehouse.execute(
            f"UPDATE lake.ledger.goalposts SET restored_at = now()::TIMESTAMP WHERE {still}", bound
        )


def _remember(warehouse: Warehouse, standings: Mapping[tuple[str, str], Standing]) -> None:
    """Write how strict these checks are, all at once."""
    if not standings:
        return
    bound = [[table for table, _ in standings], [check for _, check in standings]]
    warehouse.execute(f"DELETE FROM lake.ledger.thresholds WHERE {_THESE}", bound)
    warehouse.execute(
        "INSERT INTO lake.ledger.thresholds "
        "SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[]), unnest($3::VARCHAR[])",
        [*bound, [write_standing(standing) for standing in standings.values()]],
    )


def read_goalposts(warehouse: Warehouse, ledger: LedgerAt | None = None) -> tuple[Goalpost, ...]:
    """Return the checks that are looser now than they were, and the waivers in force.

    A waiver is in force for as long as a partition is published under it.

    Parameters
    ----------
    ledger
        The ledger as it was at some moment; as it is by default.
    """
    ledger = ledger or LedgerAt(warehouse)
    if not ledger.is_now and not all(ledger.has(name) for name in _READ):
        return ()
    moved, waivers, partitions = (ledger.table(name) for name in _READ)
    if ledger.is_now:
        moved, waivers = (warehouse.in_full(name) for name in _READ[:2])
    # Most projects have no waiver; to plan a query of the partitions takes longer than the rest.
    has_waivers = warehouse.scalar(f"SELECT count(*) FROM {waivers}")
    waived = f"UNION ALL {_waived(waivers, partitions)}" if has_waivers else ""
    return tuple(
        Goalpost(*row)
        for row in warehouse.rows(
            f"""
            SELECT goalpost_id, table_name, check_name, change, old_standing, new_standing, who,
                   why, noticed_at, accepted_by, accepted_why
            FROM {moved} WHERE restored_at IS NULL {waived}
            ORDER BY noticed_at, goalpost_id, table_name
            """
        )
    )


def _waived(waivers: str, partitions: str) -> str:
    return f"""
      SELECT '-', table_name, check_name, '{WAIVED}', 'held back',
             'published, ' || start_date || ' to ' || end_date, who, reason, waived_at, who, reason
      FROM {waivers} AS w WHERE {in_force(partitions)}
    """


def accept_goalpost(warehouse: Warehouse, goalpost_id: str, who: str, why: str) -> None:
    """Record that somebody agrees to a moved goalpost; it stays on show all the same.

    Raises
    ------
    UsageError
        When there is no such goalpost.
    """
    known = {goalpost.goalpost_id for goalpost in read_goalposts(warehouse)} - {"-"}
    if goalpost_id not in known:
        raise UsageError(
            f"There is no moved goalpost {goalpost_id!r}.",
            str(warehouse.home.path),
            "`boxout goalposts` lists them.",
        )
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.ledger.goalposts SET accepted_by = $2, accepted_why = $3, "
            "accepted_at = now()::TIMESTAMP WHERE goalpost_id = $1 AND restored_at IS NULL",
            [goalpost_id, who, why],
        )
