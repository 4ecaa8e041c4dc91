"""Where raw data comes from: files of known shapes, and the simulated league.

A source's quirks never leave its own module: what comes out is the landing tables' columns.
"""
