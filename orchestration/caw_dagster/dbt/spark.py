"""A Spark session in this process, for dbt's target `spark`: its settings, and where its tables lie.

pyspark is an extra: nothing here is imported on DuckDB.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from caw.raw_store.segment_history import kept_tables
from caw.raw_store.store import RawStore

TARGET = "spark"  # of profiles.yml
FOLDER = "spark"  # in the data dir: one folder a schema, in it one a table
MASTER = "local[1]"
DRIVER_MEMORY = "3g"

SETTINGS: Mapping[str, str] = {
    # a cast that fails or a number that overflows stops the build, as on DuckDB; without ANSI it would be a null
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # else an old type of 96 bits
    "spark.sql.codegen.wholeStage": "false",  # of statements this long it costs more than it gives, and overflows
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.caseSensitive": "false",
    "spark.sql.maxPlanStringLength": "0",  # plans of hundreds of kilobytes are not printed
    "spark.ui.enabled": "false",
    "spark.driver.memory": DRIVER_MEMORY,
    "spark.driver.extraJavaOptions": "-Xss32m -XX:+UseSerialGC",
}


@contextmanager
def spark_session(data_dir: Path, master: str = MASTER) -> Iterator[Any]:
    """A `pyspark.sql.SparkSession` over the raw store of a data dir, its tables beside it; it ends with the block.

    Args:
        data_dir: its raw store is prepared.
        master: of Spark: `local[n]` for n cores of this machine.
    """
    os.environ["CAW_DATA_DIR"] = str(data_dir)  # the dialect's macros ask for it
    builder = import_module("pyspark.sql").SparkSession.builder.master(master).appName("caw")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.config("spark.sql.warehouse.dir", str(data_dir / FOLDER)).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sql("create schema if not exists raw")
    store = RawStore(data_dir)
    for table, name in kept_tables(store).items():
        session.sql(f"create or replace view raw.{table} as select * from parquet.`{store.objects.place}/{name}`")
    try:
        yield session
    finally:
        session.stop()
