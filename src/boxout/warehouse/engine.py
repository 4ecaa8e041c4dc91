"""DuckDB as the extension module that it is, without the package around it.

The package opens a database to name its types and reads its own metadata as it is imported. That
takes longer than the engine itself takes to load: a quarter of all that a short command such as
`boxout status` imports.
"""

import _duckdb as duckdb

__all__ = ["duckdb"]
