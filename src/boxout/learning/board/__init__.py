"""Tonight's board: forecasts beside the bookmakers' best offers, with reasons and hit rates."""
