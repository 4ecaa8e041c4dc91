"""DuckDB as the extension module that it is, without the package around it.

The package opens a database to name its types and reads its own metadata as it is imported. That
takes longer than the engine itself takes to load, and a quarter of what a short command such as
`boxout status` takes in all.
"""

import _duckdb as duckdb

__all__ = ["duckdb"]
