"""A Spark session in this process: its settings, and where its tables lie.

pyspark is an extra: nothing here is imported on DuckDB, and pyspark itself only when a session begins.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from caw.raw_store.segment_history import kept_tables
from caw.raw_store.store import RawStore
from caw.settings import values_are_shown

MASTER = "local[1]"
DRIVER_MEMORY = "3g"
RAW = "raw"  # the schema of what models read

SETTINGS: Mapping[str, str] = {
    # a cast that fails or a number that overflows stops the build, as on DuckDB; without ANSI it would be a null
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # else an old type of 96 bits
    "spark.sql.codegen.wholeStage": "false",  # of statements this long it costs more than it gives, and overflows
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.caseSensitive": "false",
    "spark.sql.maxPlanStringLength": "0",  # plans of hundreds of kilobytes are not printed
    "spark.sql.catalogImplementation": "in-memory",  # a build begins with no table, whatever an earlier one left
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": DRIVER_MEMORY,
    "spark.driver.extraJavaOptions": "-Xss32m -XX:+UseSerialGC",
}


@contextmanager
def spark_session(store: RawStore, folder: Path, schemas: Collection[str], scratch: Path) -> Iterator[Any]:
    """A `pyspark.sql.SparkSession` over a raw store; it ends with the block.

    Args:
        store: prepared.
        folder: for the tables: <schema>/<table>.
        schemas: those that are going to be built.
        scratch: for what Spark writes while it works; emptied by every run.
    """
    builder = import_module("pyspark.sql").SparkSession.builder.master(MASTER).appName("caw")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    builder = builder.config("spark.local.dir", str(scratch))
    session = builder.config("spark.sql.warehouse.dir", str(folder)).getOrCreate()  # of schemas without a place
    try:
        session.sparkContext.setLogLevel("ERROR" if values_are_shown() else "OFF")  # its errors quote the data
        session.sql(f"create schema if not exists {RAW}")
        for schema in schemas:
            session.sql(f"create schema {schema} location '{(folder / schema).as_uri()}'")
        for table, name in kept_tables(store).items():
            place = f"{store.objects.place}/{name}"
            session.sql(f"create or replace view {RAW}.{table} as select * from parquet.`{place}`")
        yield session
    finally:
        session.stop()


def tables_of(session: Any) -> Collection[tuple[str, str]]:
    """Schema and name of each table that a session has made."""
    schemas = (database.name for database in session.catalog.listDatabases() if database.name != RAW)
    return [
        (schema, table.name)
        for schema in schemas
        for table in session.catalog.listTables(schema)
        if not table.isTemporary
    ]
