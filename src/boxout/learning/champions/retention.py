"""Which models keep their walks: those that a challenge or a way back may still need.

A walk is of every player game of the test seasons, hundreds of thousands of rows a model. A
project that trains each night would soon hold little else, and would grade it all again.
"""

from __future__ import annotations

from itertools import pairwise

from boxout.learning.champions.decisions import REFIT, read_decisions, read_lineup, reigns
from boxout.learning.gates import GAMES
from boxout.learning.registry import list_models
from boxout.learning.storage import GRADES, MODELS, PREDICTIONS
from boxout.sources.seasons import tip_off_sql
from boxout.warehouse.ducklake import LAKE, Warehouse

# The champion, and those that rollbacks make champion again one after the other.
KEPT_REIGNS = 3
KEPT_NEWEST = 3
_KEYS = "forecasts_let_go"
# On the last date that a model was trained on it may have forecast before tip-off, too; where no
# source has the tip-off, what it has forecast on that date stays.
_WALKS = f"""
    SELECT {", ".join(f"p.{column}" for column in PREDICTIONS.key)}
    FROM {LAKE}.{PREDICTIONS.name} AS p
    JOIN {LAKE}.{MODELS.name} AS m ON m.model_id = p.model_id
    JOIN {LAKE}.{GAMES} AS g ON g.game_date = p.game_date AND g.game_id = p.game_id
    WHERE p.model_id IN (SELECT unnest($1::VARCHAR[])) AND NOT p.is_in_sample
      AND p.game_date BETWEEN m.train_start AND m.train_end
      AND p.predicted_at >= {tip_off_sql("g")}
      AND (p.game_date < m.train_end OR g.tipoff_at IS NOT NULL)
"""


def let_go_of_walks(warehouse: Warehouse, trained: str) -> tuple[str, ...]:
    """Remove the walks, and their grades, of models that nothing is compared with any more.

    Of each market the champion and the two before it keep theirs, and so does the last of each
    recipe that was champion, for another recipe has to be compared with it after rollbacks; the
    newest three models do, too. What a model forecast for games still to come stays, whichever it
    is, and so do the scores of its walk, on its card. To train the same model again, from the same
    data and code, brings its walk back.

    Parameters
    ----------
    trained
        The model that has just been trained, which may be an old one; it keeps its walk.

    Returns
    -------
    tuple of str
        The models whose walks were removed, oldest first.
    """
    with warehouse.reading():
        models = [model.model_id for model in list_models(warehouse)]
        kept = {trained, *models[-KEPT_NEWEST:], *read_lineup(warehouse).of_market.values()}
        for stack in reigns(read_decisions(warehouse)).values():
            kept |= {decision.model_id for decision in stack[-KEPT_REIGNS:]}
            kept |= {
                earlier.model_id
                for earlier, later in pairwise(stack)
                if later.outcome != REFIT  # which is of the same recipe
            }
        others = [model for model in models if model not in kept]
        have_walks = warehouse.rows(f"SELECT DISTINCT model_id FROM ({_WALKS})", [others])
    gone = tuple(model for model in others if (model,) in have_walks)
    for model in gone:  # each in a commit of its own, for others wait for it
        _let_go(warehouse, model)
    return gone


def _let_go(warehouse: Warehouse, model: str) -> None:
    key = ", ".join(PREDICTIONS.key)
    with warehouse.commit():
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {_KEYS} AS {_WALKS}", [[model]])
        for table in (GRADES, PREDICTIONS):
            warehouse.execute(
                f"DELETE FROM {LAKE}.{table.name} "
                f"WHERE model_id = $1 AND ({key}) IN (SELECT ({key}) FROM {_KEYS})",
                [model],
            )
