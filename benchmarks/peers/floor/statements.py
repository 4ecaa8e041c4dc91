"""Run statements against the DuckDB file, one after the other, and nothing else.

    python statements.py FILE STATEMENTS.json

The file of statements is a list of lists: each inner list is one transaction.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

started = time.perf_counter()
groups = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
with duckdb.connect(sys.argv[1]) as connection:
    for group in groups:
        connection.execute("BEGIN TRANSACTION")
        for statement in group:
            connection.execute(statement)
        connection.execute("COMMIT")
print(json.dumps({"seconds": time.perf_counter() - started, "groups": len(groups)}))
