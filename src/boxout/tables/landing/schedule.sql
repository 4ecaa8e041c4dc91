/*
description = "The schedule, one row a game, played or to come."
phase = 1
key = ["own_game_id"]
*/
SELECT
  CAST(i.season AS VARCHAR) AS season,           -- season, such as '2023-24'
  CAST(i.game_date AS DATE) AS game_date,        -- US Eastern date of the game
  CAST(i.home_team AS VARCHAR) AS home_team,     -- tricode of the home team
  CAST(i.away_team AS VARCHAR) AS away_team,     -- tricode of the visiting team
  CAST(i.own_game_id AS VARCHAR) AS own_game_id, -- our ten-digit id: 9, the date as YYMMDD, the home team's number
  CAST(i.nba_game_id AS VARCHAR) AS nba_game_id, -- ten-digit NBA game id, where the source has one
  CAST(i.season_type AS VARCHAR) AS season_type, -- regular, play-in, playoffs or cup-final, where the source or the calendar says
  CAST(i.tipoff_at AS TIMESTAMP) AS tipoff_at,   -- scheduled tip-off, UTC
  CAST(i.status AS VARCHAR) AS status,           -- scheduled, final or postponed
  CAST(i.source_file AS VARCHAR) AS source_file  -- the file that last brought the row; no part of the content hash
FROM incoming.schedule AS i
