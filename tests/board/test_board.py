"""The board says what predict says, finds the best offer, and why; hit rates by slow counting."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest

from boxout.betting.value import StakeLimits
from boxout.errors import UsageError
from boxout.learning.board.board import build_board
from boxout.learning.board.hit_rates import SPANS, hit_rates
from boxout.learning.boosting import contributions
from boxout.learning.dataset import load_features
from boxout.learning.markets import MARKET_NAMES
from boxout.learning.predict import predict
from boxout.learning.registry import CARD, load_model
from boxout.learning.slate import coming_date
from boxout.sources.seasons import season_of
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory):
    """A copy, for predictions are written into it."""
    home = shutil.copytree(trained, tmp_path_factory.mktemp("board") / "home")
    with open_warehouse(Home(home)) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def day(project):
    return coming_date(project)


@pytest.fixture(scope="module")
def board(project, graph, day):
    return build_board(project, graph, day)


def test_projections_are_those_that_predict_writes(project, graph, day, board):
    predict(project, day, graph=graph)
    written = {
        tuple(row[:3]): row[3:]
        for row in project.rows(
            "SELECT game_id, player_id, market, predicted, sd, p10, p50, p90 "
            "FROM lake.learning.predictions WHERE game_date = $1",
            [day],
        )
    }
    shown = {
        (row["game_id"], row["player_id"], row["market"]): tuple(
            row[name] for name in ("projection", "sd", "p10", "p50", "p90")
        )
        for row in board.rows
    }
    assert shown == written
    assert len(shown) > 500


def test_a_line_has_one_chance_on_the_board_and_on_record_whatever_price_is_wrong(
    trained, open_copy, graph, day
):
    warehouse = open_copy(trained)
    with warehouse.commit():
        warehouse.execute(
            "INSERT INTO lake.raw.prop_lines BY NAME "
            "SELECT * REPLACE ('wrong' AS bookmaker, 400 AS over_price, -600 AS under_price) "
            "FROM lake.raw.prop_lines WHERE game_date = $1 AND NOT is_live "
            "QUALIFY row_number() OVER (PARTITION BY game_id, player_id, market "
            "ORDER BY captured_at DESC, bookmaker) = 1",
            [day],
        )
    predict(warehouse, day, graph=graph)
    written = {
        tuple(key): chance
        for *key, chance in warehouse.rows(
            "SELECT game_id, player_id, market, line, over_probability "
            "FROM lake.learning.predictions WHERE game_date = $1 AND line IS NOT NULL",
            [day],
        )
    }
    spoiled = build_board(warehouse, graph, day)
    shown = {
        (row["game_id"], row["player_id"], row["market"], each["line"]): each["over_probability"]
        for row in spoiled.rows
        for each in row["lines"] or ()
    }
    assert spoiled.left_out > 50
    assert written.keys() <= shown.keys()
    assert {key: shown[key] for key in written} == pytest.approx(written, abs=1e-4)
    assert len(written) > 30


def decimal(american):
    return 1 + (american / 100 if american > 0 else 100 / -american)


def last_quotes(project, day):
    """The last line and prices of each book before tip-off, by game, player and market."""
    quotes = defaultdict(dict)
    for *key, book, line, over, under in project.rows(
        "SELECT game_id, player_id, market, bookmaker, line::DOUBLE, over_price, under_price "
        "FROM lake.raw.prop_lines WHERE game_date = $1 AND NOT is_live ORDER BY captured_at",
        [day],
    ):
        quotes[tuple(key)][book] = (line, decimal(over), decimal(under))
    return quotes


def test_the_best_offer_is_found_among_the_last_quotes_of_every_book(project, day, board):
    quotes = last_quotes(project, day)
    offers = [row for row in board.rows if row["side"]]
    assert len(offers) > 50
    assert {row["side"] for row in offers} == {"over", "under"}
    for row in offers:
        books = quotes[row["game_id"], row["player_id"], row["market"]]
        line, over, under = books[row["bookmaker"]]
        assert line == row["line"]
        assert row["price"] == pytest.approx(over if row["side"] == "over" else under)
        on_line = [quote for quote in books.values() if quote[0] == line]
        assert row["best_over"] == pytest.approx(max(quote[1] for quote in on_line))
        assert row["best_under"] == pytest.approx(max(quote[2] for quote in on_line))
        assert row["price"] == pytest.approx(row[f"best_{row['side']}"])
        fair = (1 / over) / (1 / over + 1 / under)
        chance = row["over_probability"]
        if row["side"] == "under":
            fair, chance = 1 - fair, 1 - chance
        assert row["edge"] == pytest.approx(chance - fair)
        assert row["value"] == pytest.approx(
            chance * (1 - row["push"]) * row["price"] + row["push"] - 1
        )


def test_stakes_are_one_a_player_and_within_their_caps(project, graph, day, board):
    bets = [row for row in board.rows if row["stake"]]
    assert bets
    assert len({row["player_id"] for row in bets}) == len(bets)
    assert all(row["value"] >= 0.02 for row in bets)
    assert sum(row["stake"] for row in bets) <= 0.1 + 1e-4
    bold = build_board(
        project, graph, day, limits=StakeLimits(fraction=1.0, most_a_bet=0.5, most_a_night=1.0)
    )
    assert sum(row["stake"] or 0 for row in bold.rows) > sum(row["stake"] for row in bets)


def test_a_stake_is_the_same_whatever_market_is_asked_for(project, graph, day, board):
    def key(row):
        return row["player_id"], row["market"]

    staked = {key(row): row["stake"] for row in board.rows}
    for market in ("points", "assists"):
        alone = build_board(project, graph, day, markets=[market])
        assert {row["market"] for row in alone.rows} == {market}
        assert {key(row): row["stake"] for row in alone.rows} == {
            each: stake for each, stake in staked.items() if each[1] == market
        }
    points = [row for row in board.rows if row["market"] == "points"]
    assert any(row["value"] and row["value"] > 0.02 and not row["stake"] for row in points)


@pytest.fixture
def untaught(trained, open_copy):
    """Open a copy whose model card has slopes towards the price of some markets alone."""

    def spoil(*taught):
        warehouse = open_copy(trained)
        path = warehouse.home.models / load_model(warehouse).record.folder / CARD
        card = json.loads(path.read_text())
        for name, market in card["markets"].items():
            if name in taught:
                market["price_trust"] = {"slope": 0.25, "lines": 1_000}
            else:
                del market["price_trust"]
        path.write_text(json.dumps(card))
        return warehouse

    return spoil


def test_a_market_with_few_lines_is_no_better_than_the_least_trusted(untaught, graph, day, board):
    lent = build_board(untaught("points"), graph, day)
    assert "rebounds" in lent.borrowed
    assert "points" not in lent.borrowed
    assert lent.untrusted == ()
    assert board.borrowed == board.untrusted == ()


def test_where_no_line_has_taught_anything_no_stake_is_named_and_it_is_said(
    untaught, boxout, graph, day
):
    warehouse = untaught()
    alone = build_board(warehouse, graph, day)
    assert "points" in alone.untrusted
    assert any(row["value"] and row["value"] > 0.02 for row in alone.rows)
    assert not any(row["stake"] for row in alone.rows)
    warehouse.close()
    shown = boxout("slate", "--home", warehouse.home.path)
    assert "no stake is named" in shown.stdout + shown.stderr


def test_a_market_that_the_model_does_not_forecast_is_refused(trained, open_copy, graph, day):
    warehouse = open_copy(trained)
    with warehouse.commit():
        warehouse.execute("UPDATE lake.learning.models SET markets = 'points'")
    model = load_model(warehouse).record.model_id
    with pytest.raises(UsageError, match=f"{model} does not forecast assists"):
        build_board(warehouse, graph, day, model_id=model, markets=["assists"])
    with warehouse.commit():
        warehouse.execute("DELETE FROM lake.learning.champions WHERE market = 'assists'")
    with pytest.raises(UsageError, match="No champion forecasts assists"):
        build_board(warehouse, graph, day, markets=["points", "assists"])


def test_every_line_on_offer_has_the_best_price_of_each_side(project, day, board):
    quotes = last_quotes(project, day)
    offers = [row for row in board.rows if row["side"]]
    assert any(len(row["lines"]) > 1 for row in offers)
    for row in offers:
        books = quotes[row["game_id"], row["player_id"], row["market"]]
        assert [each["line"] for each in row["lines"]] == sorted({q[0] for q in books.values()})
        for each in row["lines"]:
            on_line = {book: q for book, q in books.items() if q[0] == each["line"]}
            assert each["best_over"] == pytest.approx(max(q[1] for q in on_line.values()))
            assert on_line[each["best_under_at"]][2] == pytest.approx(each["best_under"])
        chances = [each["over_probability"] for each in row["lines"]]
        assert chances == sorted(chances, reverse=True)
        assert row["value"] == pytest.approx(
            max(value for each in row["lines"] for value in (each["value_over"],
                                                             each["value_under"]))
        )  # fmt: skip


def test_rows_without_a_line_come_last_a_market_at_a_time(board):
    without = [row["market"] for row in board.rows if not row["side"]]
    assert [row["side"] is None for row in board.rows] == sorted(
        row["side"] is None for row in board.rows
    )
    assert without[0] == "points"
    assert list(dict.fromkeys(without)) == [name for name in MARKET_NAMES if name in without]


def test_rows_without_a_line_have_a_projection_and_reasons_alone(board):
    minutes = [row for row in board.rows if row["market"] == "minutes"]
    assert minutes
    assert all(row["side"] is row["edge"] is row["stake"] is row["price"] is None
               for row in minutes)  # fmt: skip
    assert all(len(row["why"]) == 3 for row in board.rows)
    played = [row for row in minutes if row["projection"] > 30]
    assert all(any("minutes" in each["feature"] for each in row["why"]) for row in played)


def test_what_moves_a_forecast_adds_up_to_it(project, day):
    model = load_model(project)
    rows = load_features(project, model.features, day)
    moved = contributions(model.boosters["points"], rows.matrix)
    rest = model.boosters["points"].inplace_predict(rows.matrix) - moved.sum(axis=1)
    # what is left is the average over the training rows, the same for all
    assert np.ptp(rest) < 1e-3
    assert 5 < rest.mean() < 20


def test_a_combination_is_moved_by_what_moves_its_parts(project, graph, day, board):
    model = load_model(project)
    rows = load_features(project, model.features, day)
    parts = [contributions(model.boosters[name], rows.matrix) for name in ("points", "assists")]
    place = {(g, p): i for i, (g, p) in enumerate(zip(rows.game_id, rows.player_id, strict=True))}
    some = [row for row in board.rows if row["market"] == "pa"][:20]
    for row in some:
        moved = sum(parts)[place[row["game_id"], row["player_id"]]]
        first = row["why"][0]
        assert first["moved"] == pytest.approx(moved[np.argmax(np.abs(moved))])
        assert first["feature"] == model.features[int(np.argmax(np.abs(moved)))]


def games_of(project, player_id, day):
    return project.records(
        "SELECT * FROM lake.analytics.player_game_summary WHERE player_id = $1 AND minutes > 0 "
        "AND game_date < $2 ORDER BY game_date DESC",
        [player_id, day],
    )


def counted(games, line):
    values = [game["pra"] for game in games]
    average = round(float(np.mean(values)), 3) if values else None
    over, push = sum(v > line for v in values), sum(v == line for v in values)
    return len(values), over, push, average


@pytest.mark.parametrize("line", [17.5, 18.0])
def test_hit_rates_are_what_counting_by_hand_gives(project, day, board, line):
    player, mate = project.rows(
        "SELECT a.player_id, min(b.player_id) FROM lake.analytics.player_game_summary AS a "
        "JOIN lake.analytics.player_game_summary AS b USING (season, team) "
        "WHERE a.game_date < $1 AND season = $2 AND a.minutes > 0 AND b.minutes > 0 "
        "AND a.player_id <> b.player_id GROUP BY a.player_id ORDER BY count(DISTINCT a.game_id) "
        "DESC, a.player_id LIMIT 1",
        [day, season_of(day)],
    )[0]
    games = games_of(project, player, day)
    mates = {game["game_id"] for game in games_of(project, mate, day)}
    season = [game for game in games if game["season"] == season_of(day)]
    rival = games[0]["opponent"]
    wanted = {name: games[:count] for name, count in SPANS.items()} | {
        "season": season,
        "home": [g for g in season if g["is_home"]],
        "away": [g for g in season if not g["is_home"]],
        "no day of rest": [g for g in season if g["days_rest"] == 1],
        "one day of rest": [g for g in season if g["days_rest"] == 2],
        "two days of rest or more": [g for g in season if (g["days_rest"] or 0) > 2],
        f"against {rival}": [g for g in games if g["opponent"] == rival],
        "with him": [g for g in season if g["game_id"] in mates],
        "without him": [g for g in season if g["game_id"] not in mates],
    }
    rates = hit_rates(project, player, "pra", line, day, mate_id=mate, opponent=rival)
    found = {r.split: (r.games, r.over, r.push, r.average) for r in rates}
    assert found == {name: counted(those, line) for name, those in wanted.items()}
    assert all(r.rate == r.over / (r.games - r.push) for r in rates if r.games > r.push)


def test_without_a_mate_counts_games_of_the_time_that_he_was_of_the_team(tmp_path):
    # by game of the player's team: where his mate played that night; None where he did not
    nights = [None, "DAL", None, "LAL", None, "LAL", None, "BOS", None, "LAL", None]
    with open_warehouse(Home(tmp_path / "home"), create=True) as warehouse:
        warehouse.execute("CREATE SCHEMA lake.analytics")
        warehouse.execute(
            "CREATE TABLE lake.analytics.player_game_summary AS "
            "SELECT '2024-25' AS season, DATE '2024-11-01' + n::INTEGER AS game_date, 'g' || n || "
            "CASE WHEN team <> 'LAL' THEN team ELSE '' END AS game_id, player_id, team, "
            "'NYK' AS opponent, true AS is_home, 1 AS days_rest, 30 AS minutes, 20 AS pts "
            "FROM (SELECT generate_subscripts($1, 1) AS n, 1 AS player_id, 'LAL' AS team UNION ALL "
            "SELECT generate_subscripts($1, 1), 2, unnest($1)) WHERE team IS NOT NULL",
            [nights],
        )

        def together(day):
            rates = hit_rates(warehouse, 1, "points", 9.5, day, mate_id=2)
            return tuple(rate.games for rate in rates[-2:])

        # with him on nights 4, 6 and 10; without him on 5, and on 11 after his last
        assert together(date(2025, 1, 1)) == (3, 2)
        # before the eighth night nobody knew that he would be of another team: the seventh counts
        assert together(date(2024, 11, 9)) == (2, 2)


def test_the_board_counts_the_last_ten_over_its_own_line(project, day, board):
    rows = [row for row in board.rows if row["market"] == "pra" and row["side"]][:10]
    assert rows
    for row in rows:
        games = games_of(project, row["player_id"], day)[:10]
        assert (row["games_10"], row["over_10"], row["push_10"]) == counted(games, row["line"])[:3]


def test_the_hits_of_the_last_ten_are_those_of_the_side_of_the_bet(trained, boxout, board):
    under = next(row for row in board.rows if row["side"] == "under" and row["games_10"] == 10)
    shown = boxout(
        "slate", "--home", trained, "--player", under["player_id"], "--market", under["market"]
    )
    hits = 10 - under["over_10"] - under["push_10"]
    assert f"{hits} of 10" in shown.stdout
    assert under["over_10"] != hits


@pytest.fixture
def last_night(trained, open_copy):
    """A copy, and a date of the walk whose games are over."""
    warehouse = open_copy(trained)
    day = warehouse.scalar(
        "SELECT max(game_date) FROM lake.learning.predictions WHERE NOT is_in_sample "
        "AND game_date IN (SELECT game_date FROM lake.raw.games WHERE status = 'final') "
        "AND (game_date, game_id) IN (SELECT (game_date, game_id) FROM lake.raw.prop_lines)"
    )
    return warehouse, day


def test_of_games_that_are_over_the_forecasts_on_record_are_shown_and_no_stake(last_night, graph):
    warehouse, day = last_night
    forecast = "game_id, player_id, market, predicted, sd, p10, p50, p90"
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.learning.predictions SET predicted = predicted * 0.9, "
            "predicted_at = $1::DATE WHERE game_date = $1",
            [day],
        )
    shown = build_board(warehouse, graph, day)
    recorded = warehouse.rows(
        f"SELECT {forecast} FROM lake.learning.predictions WHERE game_date = $1", [day]
    )
    names = ("game_id", "player_id", "market", "projection", "sd", "p10", "p50", "p90")
    found = {tuple(row[n] for n in names) for row in shown.rows}
    assert set(recorded) <= found
    assert len(recorded) > 500
    assert not any(row["stake"] for row in shown.rows)
    assert any(row["side"] for row in shown.rows)
    assert all(row["why"] is None for row in shown.rows if not row["is_after_the_fact"])
    assert shown.begun == shown.games
    # whoever was listed and did not play has no forecast from before
    assert shown.after_the_fact == len(found) - len(recorded)


def test_what_is_made_up_of_games_that_are_over_is_said_to_be(last_night, graph, boxout):
    warehouse, day = last_night
    with warehouse.commit():
        warehouse.execute("DELETE FROM lake.learning.predictions WHERE game_date = $1", [day])
    shown = build_board(warehouse, graph, day)
    assert shown.after_the_fact == len(shown.rows)
    assert not any(row["stake"] for row in shown.rows)
    warehouse.close()
    printed = boxout("slate", "--home", warehouse.home.path, "--date", day)
    assert "know who was listed and who started" in printed.stdout + printed.stderr


def test_a_chance_on_the_line_on_record_is_the_one_on_record(last_night, graph):
    """It is by what the walk knew on that date, not by what came of its games since."""
    warehouse, _ = last_night
    [day] = warehouse.rows(
        "SELECT min(game_date) FROM lake.learning.predictions "
        "WHERE NOT is_in_sample AND line IS NOT NULL"
    )[0]
    recorded = {
        tuple(key): chance
        for *key, chance in warehouse.rows(
            "SELECT game_id, player_id, market, line, over_probability "
            "FROM lake.learning.predictions WHERE game_date = $1 AND line IS NOT NULL",
            [day],
        )
    }
    shown = {
        (row["game_id"], row["player_id"], row["market"], each["line"]): each["over_probability"]
        for row in build_board(warehouse, graph, day).rows
        for each in row["lines"] or ()
    }
    assert len(recorded) > 10
    assert {key: shown[key] for key in recorded} == pytest.approx(recorded, abs=2e-3)


def test_a_chance_is_that_of_the_projection_on_record(last_night, graph):
    """It falls with a projection that is made smaller, as it would have then."""
    warehouse, day = last_night

    def chances():
        rows = [row for row in build_board(warehouse, graph, day).rows if row["why"] is None]
        return {
            (row["player_id"], row["market"], each["line"]): each["over_probability"]
            for row in rows
            for each in row["lines"] or ()
        }

    before = chances()
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.learning.predictions SET predicted = predicted / 2 WHERE game_date = $1",
            [day],
        )
    after = chances()
    assert before.keys() == after.keys()
    assert len(before) > 50
    assert all(after[key] <= before[key] for key in before)
    assert np.mean([after[key] < before[key] for key in before]) > 0.9


def test_a_game_past_tip_off_takes_nothing_of_the_nights_limit(project, graph, day, monkeypatch):
    monkeypatch.setattr("boxout.learning.board.board.is_simulated_league", lambda _: False)
    tips = dict(
        project.rows("SELECT game_id, tipoff_at FROM lake.raw.games WHERE game_date = $1", [day])
    )
    first, last = min(tips.values()), max(tips.values())
    early = build_board(project, graph, day, now=first - timedelta(hours=1))
    late = build_board(project, graph, day, now=first)
    done = build_board(project, graph, day, now=last)
    assert early.begun == 0
    assert late.begun == sum(tip <= first for tip in tips.values())
    assert sum(row["stake"] or 0 for row in early.rows) > 0
    begun = {game for game, tip in tips.items() if tip <= first}
    assert not any(row["stake"] for row in late.rows if row["game_id"] in begun)
    assert not any(row["stake"] for row in done.rows)
    assert len({row["game_id"] for row in early.rows}) == len(tips)


def test_the_commands_print_filter_and_refuse(trained, boxout, board):
    shown = boxout("slate", "--home", trained, "--odds", "fractional", "--min-edge", "0.02")
    assert shown.returncode == 0, shown.stderr
    assert "stake" in shown.stdout
    assert "can lose" in shown.stdout
    row = next(row for row in board.rows if row["side"])
    as_json = boxout(
        "slate", "--home", trained, "--json", "--market", row["market"], "--team", row["team"],
        "--player", row["player_id"],
    )  # fmt: skip
    [one] = json.loads(as_json.stdout)["board"]["rows"]
    assert one["bookmaker"] == row["bookmaker"]
    form = boxout("form", row["player_id"], "--line", row["line"], "--market", row["market"],
                  "--home", trained)  # fmt: skip
    assert form.returncode == 0, form.stderr
    assert "last 10" in form.stdout
    lines = boxout("slate", "--home", trained, "--lines", "--player", row["player_id"])
    assert "fair over" in lines.stdout
    with open_warehouse(Home(trained)) as warehouse:
        idle = warehouse.scalar(
            "SELECT min(team) FROM lake.analytics.player_game_summary "
            "WHERE team NOT IN (SELECT unnest($1))",
            [list(board.teams)],
        )
        stranger = warehouse.scalar(
            "SELECT min(player_id) FROM lake.analytics.player_game_summary WHERE team NOT IN "
            "(SELECT team FROM lake.analytics.player_game_summary WHERE player_id = $1)",
            [row["player_id"]],
        )
    for wrong, what in (
        (("slate", "--date", "2031-01-01"), "No game is known"),
        (("slate", "--market", "dunks"), "dunks"),
        (("slate", "--player", "Nobody Atall"), "No player"),
        (("form", "Nobody Atall", "--line", "1.5"), "No player"),
        (("slate", "--player", "9" * 20), "No player"),
        (("slate", "--min-edge", "nan"), "nan"),
        (("slate", "--team", idle), f"{idle} does not play"),
        (("form", row["player_id"], "--line", "1.5", "--mate", row["player_id"]), "team mate"),
        (("form", row["player_id"], "--line", "1.5", "--mate", stranger), "team mate"),
        (("form", row["player_id"], "--line", "nan"), "nan"),
        (("form", row["player_id"], "--line", "-3"), "-3"),
        (("form", row["player_id"], "--line", "1.5", "--date", "1999-01-01"), "no game before"),
    ):
        refused = boxout(*wrong, "--home", trained)
        assert refused.returncode in (1, 2)
        assert what in refused.stderr
        assert "Traceback" not in refused.stderr
