"""Which features are betting lines: the champion does without, the second model may use them."""

from __future__ import annotations

# Prices hold what others know; a forecast that is to be held against them must not read them.
GAME_LINES = ("point_spread", "game_total", "implied_team_points")
PROP_LINES = ("line_points", "line_rebounds", "line_assists", "line_threes", "line_pra")
BETTING_LINES = frozenset({*GAME_LINES, *PROP_LINES})
