"""A simulated league, in the shapes of the public sources, dirt included, labelled as simulated.

`calendar` makes schedules, `people` makes players, `boxscores` plays games, `shots` and `odds`
add what other sources know, `league` runs seasons, and `writing` writes the files.
"""

from boxout.sources.simulator.league import SimulatedLeague, simulate_league

__all__ = ["SimulatedLeague", "simulate_league"]
