"""How strict a check is, and whether that is less than it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from boxout.tables.definition import TableDefinition

LOOSENED, REMOVED, REWRITTEN = "loosened", "removed", "rewritten"
EXEMPT, OPENING = "columns_vary", "bootstrap_days"
_SEVERITIES = ("warn", "block")


@dataclass(frozen=True)
class Standing:
    """How strict one check is.

    Attributes
    ----------
    at_least, severity, scope
        As the check has them.
    exempt
        What is exempt from it: of `columns_vary` the columns that may be null or constant.
    days
        Of `bootstrap_days` the days that opening season checks leave out.
    code
        A fingerprint of what it counts.
    """

    at_least: float = 1.0
    severity: str = "block"
    scope: str = "season"
    exempt: tuple[str, ...] = ()
    days: int = 0
    code: str = ""

    def __str__(self) -> str:
        if self.days:
            return f"{self.days} days left out"
        if self.exempt:
            return f"exempt: {', '.join(self.exempt)}"
        return f"{100 * self.at_least:g}%, {self.severity}"


def say_change(old: Standing, new: Standing | None) -> tuple[str, str]:
    """Return both standings in words; of long lists of exemptions only what was added."""
    if new is None:
        return str(old), "gone"
    if old.exempt and new.exempt:
        added = ", ".join(sorted(set(new.exempt) - set(old.exempt)))
        return f"{len(old.exempt)} exemptions", f"{len(new.exempt)}, now also: {added}"
    return str(old), str(new)


def write_standing(standing: Standing) -> str:
    """Return a standing as the ledger keeps it."""
    return json.dumps(asdict(standing))


def read_standing(text: str) -> Standing:
    """Return what `write_standing` wrote."""
    values: dict[str, Any] = json.loads(text)
    return Standing(**(values | {"exempt": tuple(values["exempt"])}))


def standings_of(table: TableDefinition) -> Mapping[str, Standing]:
    """Return how strict each of a table's checks is, by its name."""
    found = {
        check.name: Standing(
            check.at_least,
            check.severity,
            check.scope,
            code=_fingerprint(
                check.kind,
                check.expression,
                check.of,
                check.expected_from,
                check.expected_where,
            ),
        )
        for check in table.checks
    }
    exempt = tuple(
        sorted(
            {f"{column} may be null" for column in table.may_be_null}
            | {f"{column} may be constant" for column in table.may_be_constant}
        )
    )
    return found | {
        EXEMPT: Standing(exempt=exempt),
        OPENING: Standing(days=table.bootstrap_days),
    }


def _fingerprint(*parts: str | None) -> str:
    text = " ".join(" ".join((part or "").split()) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def change_of(old: Standing, new: Standing | None) -> str | None:
    """Say how a check moved; None where it is as strict as it was, or stricter."""
    if new is None:
        return REMOVED
    is_looser = (
        new.at_least < old.at_least
        or _SEVERITIES.index(new.severity) < _SEVERITIES.index(old.severity)
        or not set(new.exempt) <= set(old.exempt)
        or new.days > old.days
    )
    if is_looser:
        return LOOSENED
    return REWRITTEN if (new.code, new.scope) != (old.code, old.scope) else None
