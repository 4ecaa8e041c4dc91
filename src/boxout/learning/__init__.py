"""The learning phase: gate, train, predict and grade, on features that the gates let through."""
