"""Find the one player whom a person means, by name, part of a name, or id."""

from __future__ import annotations

from boxout.errors import UsageError
from boxout.pipeline.built import require_built
from boxout.warehouse.ducklake import LAKE, Warehouse

PLAYERS = "raw.players"
SUGGESTED = 10


def find_player(warehouse: Warehouse, player: str) -> tuple[int, str]:
    """Return the id and name of the one player that a name, part of one, or an id fits.

    Raises
    ------
    UsageError
        When none fits, or several, or no player is known yet.
    """
    require_built(warehouse, PLAYERS, "No player is known yet.")
    found: list[tuple[int, str]] = []
    if _is_text(player):
        wanted = (
            "player_id = try_cast($1 AS BIGINT)"
            if player.isdigit()
            else "contains(strip_accents(lower(full_name)), strip_accents(lower($1)))"
        )
        found = warehouse.rows(
            f"SELECT player_id, min(full_name) FROM {LAKE}.{PLAYERS} WHERE {wanted} "
            "GROUP BY player_id ORDER BY 2, 1",
            [player],
        )
    exact = [each for each in found if each[1].lower() == player.lower()]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) != 1:
        raise UsageError(
            f"{player!r} fits {len(found)} players." if found else f"No player is {player!r}.",
            ", ".join(f"{name} ({number})" for number, name in found[:SUGGESTED]) or PLAYERS,
            "Give the name in full, or the player's id.",
        )
    return chosen[0]


def _is_text(written: str) -> bool:
    """Whether it is no bytes of another encoding, which the engine does not take."""
    return not any("\ud800" <= character <= "\udfff" for character in written)
