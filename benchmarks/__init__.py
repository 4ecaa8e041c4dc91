"""Side-by-side measurements of boxout and of what a user would pick instead."""
