"""Who and what a source means: teams, game ids and player names in every known spelling.

Each module parses one kind of identity and refuses, with an `IdentityError`, what it
cannot place. Whether a player or game is known to the project is decided in the raw tables.
"""
