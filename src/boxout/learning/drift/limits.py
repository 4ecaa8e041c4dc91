"""From where on a model counts as degraded. The one place of these limits, with their reasons."""

from __future__ import annotations

# Dates of the recent part. Two weeks are some 1,500 player games: fewer say little, and more
# are slow to tell.
WINDOW_DATES = 14
# Errors of a mean that its distance from what was expected has to exceed: with twelve markets
# looked at every night, two would be exceeded every other night by chance.
SURE = 4.0
# And by how much at least, so that what is sure but small wakes nobody: of the error as a share
# of the expected one, of coverage and of the chance of over as they are.
LEAST_ERROR = 0.05
LEAST_COVERAGE = 0.03
LEAST_OVER = 0.04
# Population stability index of a feature against the same weeks of earlier seasons; above 0.25
# a shift is commonly called major. A league changes from season to season, by rules and by who
# plays, so that twice that is asked for.
LEAST_SHIFT = 0.5
# By how much the share of missing values of a feature has to grow.
LEAST_MISSING = 0.2
# Days before and after the recent part, a year or more ago, that it is compared with.
SEASON_DAYS = 21
# The features looked at: those to which a statistic's trees owe this share of their gain, as the
# model card has it. What is used less moves no forecast by much when it moves itself.
LEAST_USE = 0.02
