"""In which forms a file writes ids and names, and which of them could not be placed.

Recorded at ingest, while the file's own columns are at hand; `diagnose` reads it later to
tell that a source has changed its ways. A form is a value with every digit written 9 and every
letter A, so that 0022300061 and 0022300062 are one form.
"""

from __future__ import annotations

from boxout.sources.files.shape import Shape
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

SAMPLES = 3
LONGEST = 40
# Forms of names; plain ASCII tells nothing and is left out.
RIGHT, MISREAD, TWICE = "accents right", "accents misread", "accents misread twice"
GARBLED = "accents beyond repair"
# UTF-8 that was read as Latin-1 or Windows-1252, as `sources.identity.players` knows it.
_CONTINUED = r"[\x{0080}-\x{00bf}\x{0152}-\x{017e}\x{0192}\x{02c6}\x{02dc}\x{2010}-\x{2122}]"
_MOJIBAKE = rf"(?:[\x{{00c2}}-\x{{00df}}]{_CONTINUED}|[\x{{00e0}}-\x{{00ef}}]{_CONTINUED}{{2}})"
# Each misread letter is two letters, and each of those two again when it is misread once more.
_MISREAD_TWICE = r"[\x{00c2}\x{00c3}].[\x{00c2}\x{00c3}]."


def form_expression(value: str) -> str:
    """Return the SQL of a value's form."""
    letters = f"regexp_replace({value}::VARCHAR, '[A-Za-z]', 'A', 'g')"
    return f"left(regexp_replace({letters}, '[0-9]', '9', 'g'), {LONGEST})"


def _printable(value: str) -> str:
    """Return the SQL of a text in which a zero byte, which the catalog does not take, is seen."""
    return f"replace({value}, chr(0), '\\0')"


def write_spellings(warehouse: Warehouse, table: TableDefinition, shape: Shape, name: str) -> None:
    """Record a file's forms; call inside the ingest's commit, after what was known is forgotten.

    Reads the temporary tables `source_file`, `translated` and those of `names`.
    """
    queries = [_query(column, "game", "game_names", form_expression("spelling"))
               for column in shape.games]  # fmt: skip
    queries += [_query(column, "player", "player_names", _NAME_FORM) for column in shape.players]
    if warehouse.scalar("SELECT count(*) FROM team_names WHERE problem IS NOT NULL"):
        known = "CASE WHEN problem IS NOT NULL THEN spelling END"
        queries += [_query(column, "team", "team_names", known) for column in shape.teams]
    if queries:
        forms = " UNION ALL ".join(queries)
        warehouse.execute(
            f"INSERT INTO lake.ledger.spellings SELECT $1, $2, * FROM ({forms})",
            [name, table.name],
        )


_NAME_FORM = (
    f"CASE WHEN problem IS NOT NULL THEN CASE WHEN regexp_matches(spelling, '{_MOJIBAKE}') "
    f"THEN '{GARBLED}' END "
    f"WHEN regexp_matches(spelling, '{_MISREAD_TWICE}') THEN '{TWICE}' "
    f"WHEN regexp_matches(spelling, '{_MOJIBAKE}') THEN '{MISREAD}' "
    f"WHEN regexp_matches(spelling, '[^\\x00-\\x7F]') THEN '{RIGHT}' END"
)


def _query(column: str, kind: str, names: str, form: str) -> str:
    return f"""
        SELECT '{column}', '{kind}', {_printable("form")}, problem, sum(row_count)::BIGINT,
               list_slice(list({_printable("spelling")} ORDER BY spelling), 1, {SAMPLES}),
               min(first), max(last)
        FROM (SELECT s.*, n.problem, {form} AS form
              FROM (SELECT f."{column}"::VARCHAR AS spelling, count(*) AS row_count,
                           min(t.game_date) AS first, max(t.game_date) AS last
                    FROM source_file AS f JOIN translated AS t USING (source_row) GROUP BY 1) AS s
              JOIN {names} AS n USING (spelling))
        WHERE form IS NOT NULL GROUP BY form, problem
        """
