"""Read what a picture shows, and save it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boxout.errors import BoxoutError, UsageError
from boxout.learning.champions.decisions import read_lineup
from boxout.learning.dataset import FeatureRows
from boxout.learning.distribution import among_bets_that_count
from boxout.learning.evaluation.measures import reliability
from boxout.learning.markets import select_markets
from boxout.learning.outcomes import outcomes_query
from boxout.learning.pictures.canvas import save_picture
from boxout.learning.pictures.drawings import (
    draw_distribution,
    draw_form,
    draw_reliability,
    draw_shots,
)
from boxout.learning.quotes import read_quotes
from boxout.learning.recorded import with_recorded
from boxout.learning.slate_forecast import SlateForecast, forecast_slate
from boxout.learning.states import NO_PLAYER_GAMES, PLAYER_SUMMARY
from boxout.learning.storage import GRADES
from boxout.pipeline.built import require_built
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.warehouse.ducklake import LAKE, Warehouse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Paths = tuple[Path, Path]
GAMES_SHOWN = 20
ZONES = {"paint": "paint", "mid_range": "mid-range", "three_zone": "three"}
PLAYER_ZONES = "precompute.player_shot_zone_analysis"
TEAM_ZONES = "precompute.team_defense_zone_analysis"
FEWEST_GRADED = 100


def form_picture(
    warehouse: Warehouse, folder: Path, player: tuple[int, str], market: str, line: float, day: date
) -> Paths:
    """Save a player's last games before a date against a line.

    Parameters
    ----------
    player
        Id and name.

    Raises
    ------
    UsageError
        When there is no such market, or the player has no game before the date, or nobody has.
    """
    [chosen] = select_markets([market])
    require_built(warehouse, PLAYER_SUMMARY, NO_PLAYER_GAMES)
    player_id, name = player
    played = outcomes_query("player_id = $1 AND game_date < $2", (chosen,))
    rows = warehouse.rows(
        f"SELECT o.actual, strftime(o.game_date, '%b %-d ') || "
        "CASE WHEN g.is_home THEN 'v ' ELSE '@ ' END || g.opponent "
        f"FROM ({played}) AS o JOIN {LAKE}.{PLAYER_SUMMARY} AS g USING (game_id, player_id) "
        f"ORDER BY o.game_date DESC LIMIT {GAMES_SHOWN}",
        [player_id, day],
    )
    if not rows:
        raise UsageError(f"{name} has no game before {day}.", "", "Name a later --date.")
    values = np.array([row[0] for row in rows[::-1]])
    labels = [row[1] for row in rows[::-1]]
    over = int((values > line).sum())
    return _save(
        warehouse,
        folder,
        _file_name("form", name, market, f"{line:g}"),
        f"{name}: {market} in the last {len(values)} games",
        f"over {line:g} in {over} of {len(values)} games before {day}; average {values.mean():.1f}",
        lambda axes: draw_form(axes, values, labels, line, market),
    )


def distribution_picture(
    warehouse: Warehouse,
    graph: Graph,
    folder: Path,
    player: tuple[int, str],
    market: str,
    day: date,
    line: float | None = None,
) -> Paths:
    """Save the forecast's distribution of a player's market on a date, with a line.

    The chance of over is that of `predict`, drawn towards the price's by what earlier lines have
    taught; that of the bars alone is told beside it.

    Parameters
    ----------
    line
        The median of the books' lines by default; none is drawn where there are none.

    Raises
    ------
    UsageError, BoxoutError, GateError
        As `predict` does, and when the player is not on the date's slate.
    """
    made, place, recorded = _forecast_of(warehouse, graph, player, market, day)
    expected, forecast = made.expected[market][place], made.forecasts[market]
    drawn = forecast.line[place] if line is None else np.array([line])
    distribution = made.model.distributions[market]
    over, push, under = distribution.chances(expected, drawn)
    alone = among_bets_that_count(over, under)
    market_chance = _market_chance(warehouse, made.rows, market, place[0], drawn[0])
    chance = made.model.trusts[market].apply(alone, market_chance)
    shown = None if np.isnan(drawn[0]) else float(drawn[0])
    said = (
        ""
        if shown is None
        else f"over {100 * chance[0]:.1f}% ({100 * alone[0]:.1f}% by the bars alone), "
        f"push {100 * push[0]:.1f}%; "
    )
    projection = float(forecast.predicted[place][0])
    survival = distribution.survival(expected)[0]
    return _save(
        warehouse,
        folder,
        _file_name("distribution", player[1], market, str(day)),
        f"{player[1]}: {market} on {day}",
        f"{said}model {made.model.record.model_id}{', as on record' if recorded else ''}",
        lambda axes: draw_distribution(axes, survival, projection, shown, market),
    )


def _forecast_of(
    warehouse: Warehouse, graph: Graph, player: tuple[int, str], market: str, day: date
) -> tuple[SlateForecast, np.ndarray, bool]:
    """Return the forecasts of a date with a player's row, one element, and whether it is on record.

    Raises
    ------
    UsageError, BoxoutError, GateError
        As `distribution_picture` does.
    """
    select_markets([market])
    player_id, name = player
    _, _, forecasts = forecast_slate(warehouse, graph, day)
    for each in forecasts:
        place = np.flatnonzero(each.rows.player_id == player_id)
        if market in each.expected and len(place):
            made, recorded = with_recorded(warehouse, each)
            return made, place, bool(recorded[market][place][0])
    raise BoxoutError(
        f"There is no forecast of {market} for {name} on {day}.",
        "",
        "`boxout slate --date` lists who is on the slate; a champion must forecast the market.",
    )


def _market_chance(
    warehouse: Warehouse, rows: FeatureRows, market: str, place: int, line: float
) -> np.ndarray:
    """Return the chance of over by the books' prices on a line, NaN without; one element."""
    quotes = read_quotes(warehouse, rows, [market])[market]
    on_line = (quotes.place == place) & (quotes.line == line)
    return np.append(quotes.together[on_line], np.nan)[:1]


def reliability_picture(warehouse: Warehouse, folder: Path, market: str) -> Paths:
    """Save how often over came true against what a market's champion said, on all graded lines.

    Other models' grades are of the same games, and would make few games look like many.

    Raises
    ------
    UsageError
        When there is no such market, or too few lines of it are graded.
    """
    select_markets([market])
    champion = read_lineup(warehouse).of_market.get(market)
    graded: dict[str, np.ndarray] = {"chance": np.zeros(0), "happened": np.zeros(0)}
    if warehouse.has_table(GRADES.name):
        graded = warehouse.execute(
            "SELECT over_probability AS chance, (result = 'over')::DOUBLE AS happened "
            f"FROM {LAKE}.{GRADES.name} WHERE market = $1 AND model_id = $2 AND NOT is_in_sample "
            "AND result IN ('over', 'under') AND over_probability IS NOT NULL "
            "ORDER BY game_date, game_id, player_id",
            [market, champion],
        ).fetchnumpy()
    chance, happened = (np.ma.getdata(graded[name]) for name in ("chance", "happened"))
    if len(chance) < FEWEST_GRADED:
        raise UsageError(
            f"{len(chance)} forecasts of {market} by its champion are graded with a line; "
            f"{FEWEST_GRADED} are needed.",
            GRADES.name,
            "Ingest lines and run `boxout grade`, or see `boxout evaluate`.",
        )
    bins = reliability(chance, happened)
    return _save(
        warehouse,
        folder,
        _file_name("reliability", market),
        f"{market}: chance of over against what happened",
        f"{len(chance):,} graded lines, out of sample, model {champion}; "
        "bars are two standard errors of a share",
        lambda axes: draw_reliability(axes, bins),
    )


def shots_picture(
    warehouse: Warehouse, folder: Path, player: tuple[int, str], day: date, opponent: str | None
) -> Paths:
    """Save a player's shots by zone against what the opponent's defence allows there.

    Parameters
    ----------
    opponent
        Tricode.

    Raises
    ------
    UsageError
        When shots of either are not known on the date.
    """
    player_id, name = player
    for table in (PLAYER_ZONES, TEAM_ZONES):
        require_built(warehouse, table, "No shots are summed up by zone yet.")
    columns = ", ".join(
        f"p.{zone}_share_last_20_games, p.{zone}_fg_pct_last_20_games, t.{zone}_fg_pct_allowed, "
        f"t.league_{zone}_fg_pct"
        for zone in ZONES
    )
    rows = warehouse.rows(
        f"SELECT p.game_date, p.games_with_shots_last_20, {columns} "
        f"FROM {LAKE}.{PLAYER_ZONES} AS p JOIN {LAKE}.{TEAM_ZONES} AS t USING (game_date) "
        "WHERE p.player_id = $1 AND t.team = $2 AND p.game_date <= $3 "
        "AND p.paint_share_last_20_games IS NOT NULL AND t.paint_fg_pct_allowed IS NOT NULL "
        "ORDER BY p.game_date DESC LIMIT 1",
        [player_id, opponent, day],
    )
    if not rows:
        raise UsageError(
            f"No shots of {name} and {opponent or 'an opponent'} are known to {day}.",
            "raw.shots",
            "Ingest shots of the season, or name another --date or --opponent.",
        )
    seen, games, *numbers = rows[0]
    taken, made, allowed, league = (
        np.array([np.nan if n is None else float(n) for n in numbers]).reshape(len(ZONES), 4).T
    )
    return _save(
        warehouse,
        folder,
        _file_name("shots", name, str(opponent), str(seen)),
        f"{name}'s shots against the defence of {opponent}",
        f"his last {games} games with shots; what was known before {seen}",
        lambda axes: draw_shots(axes, tuple(ZONES.values()), taken, made, allowed, league),
    )


def _save(
    warehouse: Warehouse,
    folder: Path,
    name: str,
    title: str,
    note: str,
    draw: Callable[[Axes], Any],
) -> Paths:
    """Save a picture that says what it rests on, and so that the league is simulated."""
    label = "SIMULATED league; " if is_simulated_league(warehouse) else ""
    return save_picture(folder, name, title, label + note, draw)


def _file_name(*parts: str) -> str:
    """Return a name that any file system takes: letters, digits and hyphens."""
    text = "-".join(parts).lower()
    return "".join(c if c.isalnum() or c == "." else "-" for c in text)
