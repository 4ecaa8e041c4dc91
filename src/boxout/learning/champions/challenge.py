"""A challenger against the champion, on the same rows, of which neither had seen the outcome.

Those are the forecasts on record that both made out of sample: of games that were still to
come, and of the walk forward, whose trees saw earlier dates only. The walk's trees are of the
model's recipe and not the model's own, which were grown on everything and are not judged.

A walk's rows know from the box score who started and who was out; a forecast from before tip-off
does not, and is worse by that alone. So a row counts where both models made it in their walks,
both before tip-off, or both after it.

The score is the mean of the quantile scores of the 10th, 50th and 90th percentile (Gneiting
and Raftery 2007, Journal of the American Statistical Association 102): half the absolute error
of the median, and what the interval costs. Lower is better.
"""

from __future__ import annotations

from boxout.learning.gates import GAMES
from boxout.learning.outcomes import outcomes_query
from boxout.learning.paired import MeanWithError, mean_of_sums
from boxout.learning.storage import MODELS, PREDICTIONS
from boxout.sources.seasons import tip_off_sql
from boxout.warehouse.ducklake import LAKE, Warehouse

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def compare_models(
    warehouse: Warehouse, challenger: str, champion: str
) -> dict[str, MeanWithError | None]:
    """Return by market the challenger's score minus the champion's, with its error.

    Markets without a row that both forecast out of sample, knowing the same, are left out. Sums
    are over DECIMAL, for sums of floats depend on the order of threads.
    """
    cost = f"CAST({_score('c')} - ({_score('d')}) AS DECIMAL(18, 6))"
    found = warehouse.execute(
        f"""
        WITH outcomes AS ({outcomes_query()}),
        forecasts AS (
          SELECT p.*, p.game_date BETWEEN m.train_start AND m.train_end AS is_of_walk,
                 p.predicted_at < {tip_off_sql("g")} AS is_before_tip_off
          FROM {LAKE}.{PREDICTIONS.name} AS p
          JOIN {LAKE}.{MODELS.name} AS m ON m.model_id = p.model_id
          JOIN {LAKE}.{GAMES} AS g ON g.game_date = p.game_date AND g.game_id = p.game_id
          WHERE NOT p.is_in_sample AND p.p50 IS NOT NULL)
        SELECT c.market, sum({cost})::DOUBLE AS score, count(*) AS shared
        FROM (SELECT * FROM forecasts WHERE model_id = $1) AS c
        JOIN (SELECT * FROM forecasts WHERE model_id = $2) AS d
          USING (game_date, game_id, player_id, market, is_of_walk, is_before_tip_off)
        JOIN outcomes AS o USING (game_date, game_id, player_id, market)
        GROUP BY c.market, game_date ORDER BY c.market, game_date
        """,
        [challenger, champion],
    ).fetchnumpy()
    return {
        str(market): mean_of_sums(found["score"][rows], found["shared"][rows])
        for market in dict.fromkeys(found["market"].tolist())
        for rows in [found["market"] == market]
    }


def _score(forecast: str) -> str:
    return " + ".join(
        f"(o.actual - {forecast}.{name}) * ({level} - (o.actual < {forecast}.{name})::INT) / 3"
        for name, level in LEVELS.items()
    )
