"""A BI tool in small, run with an old DuckDB client in an environment of its own (requirements/old_client.in).

Arguments: how it keeps its connections (`nullpool`, `pooled`, `open`, or `catalog`), and the published file. It prints one
line of JSON, waits for a line on stdin while something is published, and prints another. No import of the project's.
"""

import json
import sys
from typing import Any

import duckdb
import sqlalchemy
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, Pool, QueuePool

RUN = sqlalchemy.text("select run_id from health.last_run")


def catalog(file: str) -> dict[str, Any]:
    """All tables and views with their row counts, through the client; columns, types and comments as a tool asks."""
    with duckdb.connect(file, read_only=True) as connection:
        connection.execute("set threads = 4")  # old clients have faults that one thread does not show
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal union all "
            "select schema_name || '.' || view_name from duckdb_views() where not internal order by 1"
        ).fetchall()
        rows = {name: len(connection.execute(f"from {name}").fetchall()) for (name,) in names}
    inspector = sqlalchemy.inspect(engine(file, NullPool))
    columns = inspector.get_columns("conversation_escalated", schema="events")
    described = {column["name"]: column["comment"] for column in columns}
    return {"client": duckdb.__version__, "rows": rows, "described": described}


def engine(file: str, pool: type[Pool]) -> Engine:
    """The file as SQLAlchemy's engine, through duckdb-engine."""
    return sqlalchemy.create_engine(f"duckdb:///{file}", connect_args={"read_only": True}, poolclass=pool)


def run_of(connection: Connection) -> Any:
    """The run that a connection shows."""
    return connection.execute(RUN).scalar()


def say(what: Any) -> None:
    """One line of JSON."""
    print(json.dumps(what), flush=True)


def main(kept: str, file: str) -> None:
    """Look, wait, look again."""
    if kept == "catalog":
        say(catalog(file))
        return
    database = engine(file, NullPool if kept == "nullpool" else QueuePool)
    connection = database.connect()
    say(run_of(connection))
    if kept != "open":
        connection.close()
    sys.stdin.readline()
    say(run_of(connection if kept == "open" else database.connect()))


if __name__ == "__main__":
    main(*sys.argv[1:])
