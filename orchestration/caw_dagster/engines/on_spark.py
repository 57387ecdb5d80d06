"""Apache Spark: each build has a folder of its own, which begins with the tables of the last one (spec §14).

Built, tested, then shown: a build writes `spark/<build>/<schema>/<table>` below the data dir, as Parquet, and adds to
links of what the last one left (carried.py); when dbt has ended, its folder gets a name that no Spark knows it by,
`warehouse.duckdb` becomes views over these tables, by one rename, and folders that no view reads any more go. So
`caw explain`, `caw doctor`, checks and metadata read a warehouse as they do on DuckDB, and whatever a killed build left
is nobody's. What is published is copied from them into tables.
"""

import os
import re
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from caw.engine import PUBLISHED_VIEWS, SPARK, SPARK_TABLES
from caw.publication.last_run import LastRun
from caw.raw_store.segment_history import ready_kept_history
from caw.settings import Settings, SettingsError
from caw_dagster.engines import CatalogRun, carried, catalog_settings, shown, spark_catalog
from caw_dagster.engines.catalog_tables import tables_of_a_build
from caw_dagster.engines.publishable import publishable_tables
from caw_dagster.engines.raw_store_here import raw_store_here
from caw_dagster.engines.spark_remote import CLUSTER, CONNECT, REMOTE, is_connect, remote
from caw_dagster.engines.spark_session import complete, connected, register, spark_session, tables_of

BUCKETS = "CAW_SPARK_BUCKETS"  # of each table that is rebuilt by conversation (macros/dialect/spark_tables.sql)
UNFINISHED = "-unfinished"  # ends the name of a build's folder until its tables are whole
EXTRA = "customer-agent-warehouse[spark]"


class OnSpark:
    """Apache Spark, in a session of this process or elsewhere."""

    name = SPARK
    target = "spark"
    adapter = "dbt-spark"
    reads_seeds = True
    has_catalog = False  # dbt's adapter would begin a session of its own, with a metastore in the current folder
    has_views = False  # one would be computed again for each of its readers, and the warehouse shows what has files

    def check(self, settings: Settings) -> None:
        """The extra, Java, and nothing asked for that is built for DuckDB alone so far."""
        if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
            raise SettingsError(f"Spark is not installed: `pip install '{EXTRA}'`, or leave out --engine.")
        _check_place(remote())
        catalog_settings.check(settings, remote())
        if re.fullmatch("([1-9][0-9]{0,3})?", _buckets()) is None:
            raise SettingsError(
                f"{BUCKETS}={_buckets()!r} is no whole number from 1 to 9999: set it to one, or leave it unset."
            )

    @contextmanager
    def building(self, settings: Settings, names: Collection[tuple[str, str]]) -> Iterator[None]:
        """A session that ends with the block; where the block raises, nothing changes."""
        _check_names(names)
        with raw_store_here(settings) as over_files, self._building(over_files, names):
            yield

    @contextmanager
    def _building(self, settings: Settings, names: Collection[tuple[str, str]]) -> Iterator[None]:
        """As `building`, over a raw store that Spark reaches."""
        folder, schemas = settings.data_dir / SPARK_TABLES, {schema for schema, _ in names}
        ended = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        build = ended.with_name(f"{ended.name}{UNFINISHED}")
        build.mkdir(parents=True)
        before = carried.carry(_usable(shown.still_there(settings.warehouse, names)), build)
        (build / BUCKETS).write_text(_buckets(), encoding="ascii")
        with spark_session(settings, build, schemas, remote()) as session:
            register(session, before)
            yield
            tables = carried.tables_in(build, tables_of(session, schemas))
            complete(session, tables)
            build.rename(ended)
        tables = {name: ended / table.relative_to(build) for name, table in tables.items()}
        shown.show(settings.warehouse, tables, names)
        shown.remove_others((settings.warehouse, settings.data_dir / PUBLISHED_VIEWS), folder)

    def prepare_history(self, settings: Settings, as_of: datetime, by_clock: bool) -> datetime | None:
        """Models read the copy that the raw store keeps; every completed run writes it."""
        return ready_kept_history(settings.store(), settings.state_dir / "history.duckdb", as_of, by_clock)

    def publish_in_catalog(self, settings: Settings, manifest: Mapping[str, Any], run: CatalogRun) -> LastRun | None:
        """By views of a server's catalog, where CAW_SPARK_SCHEMA_PREFIX says what their schemas are called."""
        place = remote()
        if place is not None and catalog_settings.prefix() is not None:
            tables = tables_of_a_build(settings.warehouse, manifest)
            with connected(place) as session:
                return spark_catalog.publish(session, settings, tables, run)
        return None

    @contextmanager
    def publishable(self, settings: Settings, manifest: Mapping[str, Any]) -> Iterator[Path]:
        """A copy, in which the contracts' constraints and the descriptions are, too."""
        with publishable_tables(settings, settings.data_dir / SPARK_TABLES / "publishable.duckdb", manifest) as tables:
            yield tables


def _check_place(place: str | None) -> None:
    """Whether Spark may be there, and what this machine needs for it."""
    if place is not None and not place.startswith((CONNECT, CLUSTER)):
        raise SettingsError(
            f"{REMOTE} is neither {CONNECT}host:port, of Spark Connect, nor {CLUSTER}host:port, of a standalone "
            "cluster: leave it unset, and Spark runs in a session of this machine."
        )
    if is_connect(place):
        if find_spec("grpc_status") is None:
            raise SettingsError(f"Spark Connect is not installed: `pip install '{EXTRA}'`, or unset {REMOTE}.")
    elif shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise SettingsError(
            "Spark needs Java 17 or later: install it, as `apt-get install openjdk-17-jre-headless` does, or set "
            "JAVA_HOME to where it is."
        )


def _check_names(names: Collection[shown.Name]) -> None:
    """Whether Spark's catalog, which has small letters alone, finds each table again by its name."""
    others = sorted(".".join(name) for name in names if name != (name[0].lower(), name[1].lower()))
    if others:
        raise SettingsError(f"Spark has names in small letters only: give {others[0]} an alias or a schema of such.")


def _buckets() -> str:
    """The number of buckets, as it is set; nothing where the macro's own number counts."""
    return os.environ.get(BUCKETS, "")


def _usable(tables: Mapping[shown.Name, Path]) -> Mapping[shown.Name, Path]:
    """These tables, or none where they lie in another number of buckets than is set now."""
    notes = {carried.build_of(table) / BUCKETS for table in tables.values()}
    numbers = {note.read_text(encoding="ascii") if note.is_file() else None for note in notes}
    return tables if numbers <= {_buckets()} else {}


ENGINE = OnSpark()
