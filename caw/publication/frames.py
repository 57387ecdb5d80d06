"""Published tables as pandas DataFrames: what `caw.read` does.

A column's dtype follows from its type in the table alone, never from the rows that happen to be there, so that a
notebook does not break on the first empty cell. The file is open for the length of one query: a connection that is kept
would go on showing a publication that has been replaced. What does not belong here: anything that a run does.
"""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from caw.publication.place import is_of_views, published_file
from caw.publication.reading import open_published
from caw.publication.tables import name
from caw.settings import read_settings

OF_A_FILE = "see that this user may read it (CAW_READERS), and that no program has it open for writing."
# pandas' own dtypes would make floats of whole numbers, and objects of booleans, where one is absent.
NULLABLE = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def read_frame(
    table: str, columns: Sequence[str] | None = None, where: str | None = None, data_dir: str | Path | None = None
) -> pd.DataFrame:
    """A published table; see `caw.read`, which documents the arguments, the dtypes and the errors."""
    settings = read_settings(data_dir=None if data_dir is None else str(data_dir))
    file = published_file(settings)
    if file is None:
        raise FileNotFoundError(
            f"Nothing is published in {settings.data_dir}: run `caw run` first, or name the data dir "
            "(data_dir=, or CAW_DATA_DIR)."
        )
    try:
        with open_published(file) as connection:
            return _frame(_rows(connection, table, columns, where))
    except duckdb.IOException as refused:
        remedy = "run `caw run`, which writes it again." if is_of_views(file) else OF_A_FILE
        raise OSError(f"{file} cannot be opened ({str(refused).splitlines()[0]}): {remedy}") from refused


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str] | None, where: str | None
) -> pa.Table:
    found = connection.execute(
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() "
        "where not internal group by all"
    ).fetchall()
    tables: dict[str, list[str]] = dict(found)
    if table not in tables:
        raise LookupError(f"There is no published table {table!r}; {_suggestion(table, tables)}")
    for column in columns or ():
        if column not in tables[table]:
            raise LookupError(f"{table} has no column {column!r}; {_suggestion(column, tables[table])}")
    schema, _, bare = table.partition(".")
    rows = connection.sql(f"from {name(schema)}.{name(bare)}")
    try:
        chosen = rows if where is None else rows.filter(where)
        return (chosen if columns is None else chosen.project(*map(name, columns))).to_arrow_table()
    except (duckdb.ParserException, duckdb.BinderException) as refused:
        raise ValueError(f"where={where!r} is no condition on {table}: {str(refused).splitlines()[0]}") from refused
    except duckdb.DataError as refused:  # its words quote a value of the table
        raise ValueError(f"where={where!r} fails on a row of {table} ({type(refused).__name__}).") from None


def _frame(rows: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.to_pandas(types_mapper=NULLABLE.get, date_as_object=False)
    for column in rows.schema:
        if pa.types.is_list(column.type):  # NumPy's arrays otherwise, which neither compare nor print as lists
            frame[column.name] = pd.Series(rows[column.name].to_pylist(), dtype=object)
    return frame


def _suggestion(wrong: str, known: Collection[str]) -> str:
    """The known names that are near this one, first those near without the schema; all of them if none is."""
    by_bare_name = {each.rpartition(".")[2]: each for each in known}
    near = [by_bare_name[each] for each in get_close_matches(wrong.rpartition(".")[2], by_bare_name)]
    near += get_close_matches(wrong, known)
    return f"did you mean {', '.join(dict.fromkeys(near))}?" if near else f"known are {', '.join(sorted(known))}."
