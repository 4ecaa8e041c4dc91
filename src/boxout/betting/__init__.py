"""The arithmetic of bets: odds, the bookmaker's margin, value and stakes.

Pure functions over numbers and numpy arrays; nothing here knows of players, models or tables.
"""
