"""Plays known faults on a copy of a project, to show and to test how boxout handles each.

`faults` lists them, `planting` spoils copies of source files, `stage` makes the copy of the
project, `rehearse` plays one fault from planting to repair, `events` those that are no spoiled
file (a kill, a correction, a repeat, an outage), and `truth` compares with what should be there.
"""
