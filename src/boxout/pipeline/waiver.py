"""A decision to publish past what fails: who made it, why, and what it lets through."""

from __future__ import annotations

from dataclasses import dataclass

# The condition on `check_now` of a run without a waiver.
NOTHING = "false"


@dataclass(frozen=True)
class Waiver:
    """Leave to publish past failing checks.

    Attributes
    ----------
    who
        The person who decided.
    reason
        Why.
    checks
        The checks that are let through, by name. None lets everything through, closed gates
        too.
    """

    who: str
    reason: str
    checks: frozenset[str] | None = None

    @property
    def opens_gates(self) -> bool:
        """Whether it publishes what rests on inputs that are not ready."""
        return self.checks is None

    @property
    def condition(self) -> str:
        """The SQL condition on `check_now` of the failures that it lets through."""
        if self.checks is None:
            return "true"
        listed = ", ".join(f"'{check}'" for check in sorted(self.checks))
        return f"check_name IN ({listed})"


def let_through(waiver: Waiver | None) -> str:
    """Return the SQL condition on `check_now` of the failures that are let through."""
    return waiver.condition if waiver else NOTHING


def in_force(partitions: str = "lake.ledger.partitions", within: str = "true") -> str:
    """Return the SQL condition on waivers, `w`, that a partition is still published under them.

    Parameters
    ----------
    partitions
        What to read the partitions from.
    within
        A condition on the partition, `p`.
    """
    return (
        f"EXISTS (SELECT 1 FROM {partitions} AS p WHERE p.table_name = w.table_name "
        "AND p.run_id = w.run_id AND p.state = 'waived' "
        f"AND p.game_date BETWEEN w.start_date AND w.end_date AND {within})"
    )
