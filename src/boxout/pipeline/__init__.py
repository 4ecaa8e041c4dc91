"""How a partition becomes fresh: graph, ledger, plan, contract, publish, run; and ingest."""
