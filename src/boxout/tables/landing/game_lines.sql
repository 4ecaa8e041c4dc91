/*
description = "Spread, total and moneyline, one row a game and bookmaker."
phase = 1
key = ["own_game_id", "bookmaker"]
*/
SELECT
  CAST(i.season AS VARCHAR) AS season,                 -- season, such as '2023-24'
  CAST(i.game_date AS DATE) AS game_date,              -- US Eastern date of the game
  CAST(i.home_team AS VARCHAR) AS home_team,           -- tricode of the home team
  CAST(i.away_team AS VARCHAR) AS away_team,           -- tricode of the visiting team
  CAST(i.own_game_id AS VARCHAR) AS own_game_id,       -- our ten-digit id: 9, the date as YYMMDD, the home team's number
  CAST(i.season_type AS VARCHAR) AS season_type,       -- regular, play-in, playoffs or cup-final, where the source or the calendar says
  CAST(i.bookmaker AS VARCHAR) AS bookmaker,           -- who offers the line; consensus where the source names nobody
  CAST(i.spread_home AS DECIMAL(5, 1)) AS spread_home, -- points given to the home team; negative when it is favoured
  CAST(i.total AS DECIMAL(5, 1)) AS total,             -- line on the points of both teams
  CAST(i.moneyline_home AS INTEGER) AS moneyline_home, -- American odds of a home win
  CAST(i.moneyline_away AS INTEGER) AS moneyline_away, -- American odds of an away win
  CAST(i.home_pts AS INTEGER) AS home_pts,             -- final score of the home team, where the source has it
  CAST(i.away_pts AS INTEGER) AS away_pts,             -- final score of the visiting team, where the source has it
  CAST(i.source_file AS VARCHAR) AS source_file        -- the file that last brought the row; no part of the content hash
FROM incoming.game_lines AS i
