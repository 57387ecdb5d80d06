"""Spark's statements that write a publication as tables of a catalog and show it by views (spec §14.4): their texts.

A publication is one schema, `<prefix>build_<id>`, with a table for each that is published; readers know the views
`<prefix><schema>.<table>`, which name those tables. What does not belong here: when a statement runs, which is
spark_catalog.py's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from caw.publication.last_run import COMMENT, LAST_RUN_COMMENTS, LastRun
from caw.publication.tables import LAST_RUN, SCHEMAS

OWNER = "caw.data_dir"  # a property of each schema
BUILD, AS_OF = "caw.build", "caw.as_of"  # properties of a view; the second one of that of LAST_RUN alone
TRIED = "tried"  # a view in a build's schema, before readers see any of it
ID = r"\d{8}t\d{6}_[0-9a-f]{8}"  # of a build: Spark hides properties whose values have some words, and these have none
OWNER_IN_PROPERTIES = re.compile(rf"\({re.escape(OWNER)},(\w+)\)")


@dataclass(frozen=True)
class Table:
    """A table to publish.

    Attributes:
        schema: one of those that are published.
        name: of the table in it.
        columns: the description of each, which may be empty, in their order.
        source: what its rows are selected from.
        rows: their number.
        comment: its own description, which may be empty.
        properties: of its view.
    """

    schema: str
    name: str
    columns: Mapping[str, str]
    source: str
    rows: int
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Place:
    """The schemas of one data dir's publications in a catalog.

    Attributes:
        prefix: begins the name of each.
        owner: the data dir, as a property of each has it.
        words: of the data dir for people, a comment of each.
        table_format: of the tables.
    """

    prefix: str
    owner: str
    words: str
    table_format: str

    @property
    def schemas(self) -> Sequence[str]:
        """Those that readers know."""
        return [f"{self.prefix}{schema}" for schema in SCHEMAS]

    def schema_of(self, build: str) -> str:
        """The schema of a build's tables."""
        return f"{self.prefix}build_{build}"

    def build_in(self, schema: str) -> str | None:
        """The build whose tables a schema has; None where its name is none of a build's."""
        found = re.fullmatch(f"{re.escape(self.prefix)}build_({ID})", schema)
        return found[1] if found else None

    def table_of(self, build: str, table: Table) -> str:
        """The path of a build's table."""
        return path(self.schema_of(build), f"{table.schema}__{table.name}")

    def view_of(self, table: Table) -> str:
        """The path of the view by which readers know a table."""
        return path(self.prefix + table.schema, table.name)


def build_id(instant: datetime, token: str) -> str:
    """The id of a build that begins at an instant; eight hexadecimal digits tell two of one second apart."""
    return f"{instant:%Y%m%dt%H%M%S}_{token}"


def files(folder: Path) -> str:
    """The rows of a folder of Parquet files, as a table's source."""
    return f"parquet.{name(str(folder))}"


def last_run_table(last_run: LastRun) -> Table:
    """`health.last_run`, with its one row; its view says as of when the publication is, for the next run."""
    instants = (f"timestamp {text(instant.isoformat())}" for instant in (last_run.as_of, last_run.published_at))
    row = ", ".join([text(last_run.run_id), *instants, text(last_run.version)])
    schema, table = LAST_RUN.split(".")
    source = f"values ({row}) as last_run ({', '.join(LAST_RUN_COMMENTS)})"
    return Table(schema, table, LAST_RUN_COMMENTS, source, 1, COMMENT, {AS_OF: last_run.as_of.isoformat()})


def create_schema(place: Place, schema: str) -> str:
    """Make a schema that is this data dir's."""
    properties = _properties({OWNER: place.owner})
    return f"create schema {name(schema)} comment {text(place.words)} with dbproperties ({properties})"


def create_table(place: Place, build: str, table: Table) -> str:
    """Write a table of a build."""
    comment = f" comment {text(table.comment)}" if table.comment else ""
    columns = ", ".join(name(column) for column in table.columns)
    target = place.table_of(build, table)
    return f"create table {target} using {place.table_format}{comment} as select {columns} from {table.source}"


def count_rows(place: Place, build: str, tables: Sequence[Table]) -> str:
    """The number of rows of each table of a build, by its label."""
    counted = "select {} as label, count(*) as number from {}"
    return " union all ".join(counted.format(text(one.label), place.table_of(build, one)) for one in tables)


def show(place: Place, build: str, table: Table) -> str:
    """Have readers see a build's table, whatever they saw before."""
    columns = ", ".join(
        f"{name(column)} comment {text(words)}" if words else name(column) for column, words in table.columns.items()
    )
    comment = f" comment {text(table.comment)}" if table.comment else ""
    properties = _properties({BUILD: build, **table.properties})
    selected = ", ".join(name(column) for column in table.columns)
    return (
        f"create or replace view {place.view_of(table)} ({columns}){comment} tblproperties ({properties}) "
        f"as select {selected} from {place.table_of(build, table)}"
    )


def read_last_run(place: Place) -> str:
    """The row of `health.last_run` that readers see, as `last_run_of` takes it."""
    schema, table = LAST_RUN.split(".")
    columns = "run_id, unix_micros(as_of), unix_micros(published_at), version"
    return f"select {columns} from {path(place.prefix + schema, table)}"


def try_view(schema: str, number: int) -> str:
    """A view of one number, whatever it was before."""
    return f"create or replace view {path(schema, TRIED)} as select {number} as number"


def drop_tried(schema: str) -> str:
    """Remove that view, if it is there."""
    return f"drop view if exists {path(schema, TRIED)}"


def path(schema: str, table: str) -> str:
    """A table or a view in a schema, for Spark's SQL."""
    return f"{name(schema)}.{name(table)}"


def name(identifier: str) -> str:
    """An identifier, or a path of files, for Spark's SQL."""
    return "`" + identifier.replace("`", "``") + "`"


def text(value: str) -> str:
    """A text for Spark's SQL, which reads two quotes as two texts, and a backslash as a sign."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _properties(given: Mapping[str, str]) -> str:
    return ", ".join(f"{text(key)} = {text(value)}" for key, value in given.items())
