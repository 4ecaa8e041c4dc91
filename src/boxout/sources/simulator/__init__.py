"""A simulated league, in the shapes of the public sources, dirt included, labelled as simulated.

`calendar` makes schedules, `people` makes players, `rosters` says who is where, `boxscores`
plays games and `season` seasons of them, `shots` and `odds` add what other sources know,
`columns` makes them flat, and `league` has `writing` and `source_files` write the files.
"""

from boxout.sources.simulator.league import SimulatedLeague, simulate_league

__all__ = ["SimulatedLeague", "simulate_league"]
