"""A build as Spark leaves one: Parquet in a folder of its own, which warehouse.duckdb shows by views."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from caw.engine import PUBLISHED_VIEWS, SPARK_TABLES
from caw.publication.tables import text
from caw.settings import Settings
from caw_dagster.engines.shown import Name, remove_others, show


def build(settings: Settings, number: int, tables: Mapping[Name, str], source: Path | None = None) -> None:
    """Make tables of queries in the build of this number, and take away what nobody sees any more.

    Args:
        settings: whose data dir.
        number: of the build.
        tables: the query of each table.
        source: a DuckDB file, for queries as `from source.events.feed`.
    """
    spark = settings.data_dir / SPARK_TABLES
    folders = {name: spark / str(number) / name[0] / name[1] for name in tables}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        if source is not None:
            connection.execute(f"attach {text(source)} as source (read_only)")
        for name, folder in folders.items():
            folder.mkdir(parents=True)
            connection.execute(f"copy ({tables[name]}) to {text(folder / 'part.parquet')} (format parquet)")
    show(settings.warehouse, folders, list(tables))
    remove_others((settings.warehouse, settings.data_dir / PUBLISHED_VIEWS), spark)
