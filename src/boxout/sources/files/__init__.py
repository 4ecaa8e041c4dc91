"""Files of known shapes, each translated at the edge into its landing table's columns.

`reading` finds and opens files, `shape` says what a shape is, `names` maps what a file
writes to identities, and each other module is one shape.
"""
