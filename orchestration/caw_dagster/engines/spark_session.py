"""A Spark session, of this process or elsewhere: its settings, and where its tables lie.

pyspark is an extra: nothing here is imported on DuckDB, and pyspark itself only when a session begins.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from caw.engine import SPARK
from caw.limits import GIB, MIB, size_of
from caw.raw_store.segment_history import kept_tables
from caw.settings import Settings, SettingsError, values_are_shown
from caw_dagster.engines.spark_adapter import given_to_dbt
from caw_dagster.engines.spark_outage import given_up_soon
from caw_dagster.engines.spark_remote import (
    REMOTE,
    addressed,
    check_answer,
    check_reach,
    check_session,
    claim,
    give_back,
    is_connect,
)

LEAST_MEMORY = 3 * GIB  # bytes: planning alone takes that much, whatever DuckDB is allowed
LEAST_PARTITIONS = 2
RAW = "raw"  # the schema of what models read
FEW = 16 * MIB  # bytes of a raw store: up to here a run is planning, and computes hardly anything
BUCKET = "caw_bucket"  # the column by which tables that are added to lie in folders (macros/dialect/spark_tables.sql)
JAVA_OPTIONS = "-Xss32m -XX:+UseSerialGC"
# Java's second compiler takes half the time of a run that plans; the first one alone has 48 MB for its code, and throws
# some of it away again and again.
FIRST_COMPILER = f"{JAVA_OPTIONS} -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
# What planning makes lives for seconds: Java memory that grows from small, with a third of it for what is new, moves
# that among the old, and is collected whole again and again.
FOR_PLANNING = f"{FIRST_COMPILER} -Xms{LEAST_MEMORY // MIB}m -XX:NewRatio=1"
QUOTING = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")  # pyspark's loggers of errors, which quote the data

IN_SESSION: Mapping[str, str] = {
    # a cast that fails or a number that overflows stops the build, as on DuckDB; without ANSI it would be a null
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # else an old type of 96 bits
    "spark.sql.codegen.wholeStage": "false",  # of statements this long it costs more than it gives, and overflows
    "spark.sql.caseSensitive": "false",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",  # only the buckets that rows are written to
    "spark.sql.maxPlanStringLength": "0",  # plans of hundreds of kilobytes are not printed
}
OF_A_DRIVER: Mapping[str, str] = {  # that this process starts: a server has its own
    "spark.sql.catalogImplementation": "in-memory",  # a build begins with the tables that it is given
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": JAVA_OPTIONS,
    "spark.executor.extraJavaOptions": JAVA_OPTIONS,
    "spark.executor.syncLogLevel.enabled": "true",
}
OF_FEW_ROWS: Mapping[str, str] = {
    "spark.sql.shuffle.partitions": str(LEAST_PARTITIONS),  # with the next setting, Spark's own 200 are 200 tasks
    "spark.sql.adaptive.enabled": "false",  # plans the rest of a statement again after each of its stages
    "spark.sql.constraintPropagation.enabled": "false",  # a third of the optimizer's time; it skips nulls before joins
    "spark.driver.extraJavaOptions": FOR_PLANNING,
    "spark.executor.extraJavaOptions": FIRST_COMPILER,
}


def options_of(settings: Settings, folder: Path, place: str | None) -> Mapping[str, str]:
    """A session's options: those above, and what a run is allowed.

    Args:
        settings: threads, memory, and the data dir, in which Spark writes while it works; every run empties that.
        folder: for the tables of schemas without a place.
        place: of Spark; None for this process. Its cores and how many parts they make are a cluster's own settings.
    """
    if is_connect(place):
        return IN_SESSION
    partitions = {"spark.sql.shuffle.partitions": str(max(LEAST_PARTITIONS, settings.threads))}
    return {
        **IN_SESSION,
        **OF_A_DRIVER,
        **({} if place else partitions),
        **(OF_FEW_ROWS if has_few_rows(settings) else {}),
        "spark.master": place or f"local[{settings.threads}]",
        "spark.log.level": "ERROR" if values_are_shown() else "OFF",  # its errors quote the data
        "spark.driver.memory": f"{max(LEAST_MEMORY, size_of(settings.memory_limit) or 0) // MIB}m",
        "spark.local.dir": str(settings.data_dir / "spill" / SPARK),
        "spark.sql.warehouse.dir": str(folder),
    }


def has_few_rows(settings: Settings) -> bool:
    """Whether the raw store is so small that planning takes longer than computing."""
    files = (path for path in Path(settings.store().objects.place).rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) <= FEW


@contextmanager
def spark_session(settings: Settings, folder: Path, schemas: Collection[str], place: str | None) -> Iterator[Any]:
    """A `pyspark.sql.SparkSession` over a raw store; it ends with the block.

    Args:
        settings: whose raw store, which is prepared.
        folder: for the tables: <schema>/<table>.
        schemas: those that are going to be built.
        place: of Spark; None for this process.

    Raises:
        SettingsError: Spark elsewhere is none that a run can build on.
    """
    options = options_of(settings, folder, place)
    with addressed(place), _begun(options, place) as session, ExitStack() as stack:
        if is_connect(place):
            stack.enter_context(given_up_soon(session))
            check_session(session, options)
        if place is not None:
            check_reach(session, folder)
        with _schemas(session, folder, {RAW, *schemas}, is_connect(place)):
            _show_history(session, settings)
            with given_to_dbt(session):
                yield session


@contextmanager
def connected(place: str) -> Iterator[Any]:
    """A `pyspark.sql.SparkSession` on a server of Spark Connect, with the settings of a build and none of its schemas.

    Args:
        place: its address.

    Raises:
        SettingsError: it is none that a run can work on.
    """
    with addressed(place), _begun(IN_SESSION, place) as session, given_up_soon(session):
        check_session(session, IN_SESSION)
        yield session


@contextmanager
def _begun(options: Mapping[str, str], place: str | None) -> Iterator[Any]:
    loggers = import_module("pyspark.logger").PySparkLogger
    for name in QUOTING:
        loggers.getLogger(name).disabled = not values_are_shown()
    builder = import_module("pyspark.sql").SparkSession.builder.appName("caw")
    for name, value in options.items():
        builder = builder.config(name, value)
    try:
        check_answer(place)
        session = builder.getOrCreate()
    except SettingsError:
        raise
    except Exception as error:
        if is_connect(place):  # its words may quote the address, and with it a token
            raise SettingsError(
                f"The server of {REMOTE} gives no session ({type(error).__name__}): see whether it runs there."
            ) from None
        raise
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def _schemas(session: Any, folder: Path, schemas: Collection[str], outlive: bool) -> Iterator[None]:
    """Schemas whose tables lie in a folder; where they would outlive the session, they end with the block."""
    if outlive:
        claim(session, schemas, folder.parent)
    try:
        for schema in schemas:
            session.sql(f"create schema {schema} location '{(folder / schema).as_uri()}'")
        yield
    finally:
        if outlive:
            with suppress(Exception):  # whatever ended the block is the error to show; the next build finds what stays
                give_back(session, schemas)


def _show_history(session: Any, settings: Settings) -> None:
    store = settings.store()
    for table, name in kept_tables(store).items():
        place = f"{store.objects.place}/{name}"
        session.sql(f"create or replace view {RAW}.{table} as select * from parquet.`{place}`")


def register(session: Any, folders: Mapping[tuple[str, str], Path]) -> None:
    """Have tables of an earlier build in the session's catalog; to drop one leaves its files.

    Args:
        session: as `spark_session` gives it.
        folders: of each table, by schema and name.
    """
    for (schema, table), folder in folders.items():
        session.sql(f"create table {schema}.{table} using parquet location '{folder.as_uri()}'")
        if any(folder.glob(f"{BUCKET}=*")):  # else it would be empty, without a word
            session.sql(f"alter table {schema}.{table} recover partitions")


def complete(session: Any, folders: Mapping[tuple[str, str], Path]) -> None:
    """Write a file without rows for each table that has none: who reads files would find no columns.

    Args:
        session: that made the tables.
        folders: of each table, by schema and name.
    """
    for (schema, table), folder in folders.items():
        if next(folder.rglob("*.parquet"), None) is None:
            rows = session.table(f"{schema}.{table}").drop(BUCKET)
            rows.limit(0).coalesce(1).write.parquet(str(folder / f"{BUCKET}=-1"))


def tables_of(session: Any, schemas: Collection[str]) -> Collection[tuple[str, str]]:
    """Schema and name of each table that a session has made in these schemas."""
    return [
        (schema, table.name)
        for schema in schemas
        for table in session.catalog.listTables(schema)
        if not table.isTemporary
    ]
