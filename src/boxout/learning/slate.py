"""The coming slate, and whether its predictions may be published tonight."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from boxout.errors import BoxoutError
from boxout.learning.champions.decisions import read_lineup
from boxout.learning.gates import GAMES, GateAnswer, Readiness
from boxout.learning.predict import features_hash, predicted_from
from boxout.learning.states import FEATURE_STORE, read_states
from boxout.learning.storage import PREDICTIONS
from boxout.pipeline.goalposts import read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.sources.seasons import eastern_date
from boxout.warehouse.ducklake import LAKE, Warehouse


def coming_date(warehouse: Warehouse, today: date | None = None) -> date | None:
    """Return the date of the coming slate.

    It is the first date from today on with a game to come; where the schedule has none, the
    first date whose games are not played, and the last that was played where all are.

    Parameters
    ----------
    today
        The US Eastern date; that of the clock by default.
    """
    if not warehouse.has_table(GAMES):
        return None
    today = today or eastern_date(datetime.now(UTC))
    day: date | None = warehouse.scalar(
        f"SELECT coalesce(min(game_date) FILTER (status = 'scheduled' AND game_date >= $1), "
        "min(game_date) FILTER (status = 'scheduled'), max(game_date)) "
        f"FROM {LAKE}.{GAMES} WHERE status IN ('scheduled', 'final')",
        [today],
    )
    return day


def slate_date(warehouse: Warehouse, day: date | None) -> date:
    """Return the date that was asked for, or that of the coming slate.

    Raises
    ------
    BoxoutError
        When none was asked for and no game is on the schedule.
    """
    chosen = day or coming_date(warehouse)
    if chosen is None:
        raise BoxoutError(
            "There is no game on the schedule.", GAMES, "Ingest a schedule, or run `boxout run`."
        )
    return chosen


def nobody_known(day: date) -> str:
    """Say of a date with games that nobody is known to predict, as on the first night of all."""
    return (
        f"no player is known yet for the games of {day}: box scores of the last 30 days tell who "
        "plays for whom, and before a team's first game those of the season before"
    )


def publish_readiness(
    warehouse: Warehouse, graph: Graph, day: date | None = None, *, today: date | None = None
) -> Readiness:
    """Judge whether the predictions of a slate may be published.

    Every feature of the slate is ready, every game has players, there are champions, and each
    player is predicted by them from the features as they are now. Where no date is asked for,
    the coming slate must not be over: an old one is no answer for tonight. A simulated league
    has a calendar of its own, which is not compared with the clock.

    Parameters
    ----------
    day
        The slate's game date; the coming one by default.
    today
        The US Eastern date; that of the clock by default.
    """
    today = today or eastern_date(datetime.now(UTC))
    chosen = day or coming_date(warehouse, today)
    moved = read_goalposts(warehouse)
    if chosen is None:
        return Readiness(False, "There is no game on the schedule.", None, None, goalposts=moved)
    is_tonight = day is None and not is_simulated_league(warehouse)
    day = chosen
    read_states(warehouse, graph, FEATURE_STORE, "feature_states")
    season, games, state = _slate(warehouse, day)
    counted = _counts(warehouse, day)
    ready = int(state in ("fresh", "bootstrap", "waived"))
    gates = [
        ("features_ready", ready, 1, f"the date's features are {state}"),
        ("games_have_players", counted["games"], games, "games with players to predict"),
        ("model_there", counted["models"], 1, "a trained model"),
        (
            "players_predicted",
            counted["predicted"],
            counted["players"],
            "players predicted by the champions from the features as they are now",
        ),
    ]
    if is_tonight:
        gates.insert(0, ("slate_to_come", int(day >= today), 1, f"a slate on {today} or later"))
    answers = tuple(_answer(gate, season, day, *counts) for gate, *counts in gates)
    closed = [answer.reason for answer in answers if not answer.is_open]
    reason = "; ".join(closed) or f"All gates are open for {games} game(s) on {day}."
    return Readiness(not closed, reason, day, day, answers, goalposts=moved)


def _answer(gate: str, season: str, day: date, good: int, total: int, what: str) -> GateAnswer:
    is_open = good >= total > 0
    reason = f"{gate} {day}: {good:,} of {total:,} ({what})"
    return GateAnswer(gate, season, day, day, is_open, good, total, 1.0, reason)


def _slate(warehouse: Warehouse, day: date) -> tuple[str, int, str]:
    season, games = warehouse.rows(
        f"SELECT coalesce(min(season), ''), count(*) FROM {LAKE}.{GAMES} "
        "WHERE game_date = $1 AND status <> 'postponed'",
        [day],
    )[0]
    state = warehouse.scalar("SELECT state FROM feature_states WHERE game_date = $1", [day])
    return season, int(games), state or "missing"


def _counts(warehouse: Warehouse, day: date) -> dict[str, Any]:
    """Count what is there for a slate: games, players, models, and players predicted."""
    found = {"games": 0, "players": 0, "models": 0, "predicted": 0}
    if warehouse.has_table(FEATURE_STORE):
        found["games"], found["players"] = warehouse.rows(
            f"SELECT count(DISTINCT game_id), count(*) FROM {LAKE}.{FEATURE_STORE} "
            "WHERE game_date = $1",
            [day],
        )[0]
    lineup = read_lineup(warehouse)
    found["models"] = int(bool(lineup.of_market))
    if found["models"] and warehouse.has_table(PREDICTIONS.name):
        noted = predicted_from(warehouse, day)
        if noted == (lineup.name, features_hash(warehouse, day)):
            # every champion's markets are predicted in one go
            found["predicted"] = warehouse.scalar(
                f"SELECT count(DISTINCT (game_id, player_id)) FROM {LAKE}.{PREDICTIONS.name} "
                "WHERE game_date = $1 AND model_id IN (SELECT unnest($2::VARCHAR[]))",
                [day, list(lineup.markets_of)],
            )
    return found
