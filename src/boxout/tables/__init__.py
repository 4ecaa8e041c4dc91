"""The pipeline itself: one SQL file a table, and the reader of those files."""
