"""Name the cause of a failing contract, from the query's own structure and what ingest noted.

`lineage` says what feeds a column, `joins` which join found nothing, and `arrivals`,
`absences`, `disagreements` and `columns` look for each kind of fault; `diagnosis` puts the
questions in order, and `findings` holds what a cause is.
"""
