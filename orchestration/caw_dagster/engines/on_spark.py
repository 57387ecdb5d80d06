"""Apache Spark: each build makes every table anew from the raw store, in a folder of its own (spec §14).

Built, tested, then shown: a build writes `spark/<build>/<schema>/<table>` below the data dir, as Parquet; when dbt has
ended, `warehouse.duckdb` becomes views over these tables, by one rename, and folders that no view reads any more go. So
`caw explain`, `caw doctor`, checks and metadata read a warehouse as they do on DuckDB, and whatever a killed build left
is nobody's. What is published is copied from them into tables.
"""

import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from caw.engine import SPARK, SPARK_TABLES
from caw.raw_store.segment_history import ready_kept_history
from caw.settings import Settings, SettingsError
from caw_dagster.engines import shown
from caw_dagster.engines.publishable import publishable_tables
from caw_dagster.engines.spark_session import spark_session, tables_of

REMOTE = "CAW_SPARK_REMOTE"  # of Spark Connect


class OnSpark:
    """Apache Spark in a session of this process."""

    name = SPARK
    target = "spark"
    adapter = "dbt-spark"
    adds = False

    def check(self, settings: Settings) -> None:
        """The extra, Java, and nothing asked for that is built for DuckDB alone so far."""
        if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
            raise SettingsError(
                "Spark is not installed: `pip install 'customer-agent-warehouse[spark]'`, or leave out --engine."
            )
        if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
            raise SettingsError(
                "Spark needs Java 17 or later: install it, as `apt-get install openjdk-17-jre-headless` does, or set "
                "JAVA_HOME to where it is."
            )
        if os.environ.get(REMOTE):
            raise SettingsError(
                f"{REMOTE} is not built yet: leave it unset, and Spark runs in a session of this machine."
            )
        if settings.raw_store is not None and "://" in settings.raw_store:
            raise SettingsError(
                f"Spark cannot read the raw store {settings.raw_store} yet: give CAW_RAW_STORE a path, or use DuckDB."
            )

        if settings.dbt_project_dir is not None:
            raise SettingsError("A dbt project of your own runs on DuckDB only, so far: unset CAW_DBT_PROJECT_DIR.")

    @contextmanager
    def building(self, settings: Settings, names: Collection[tuple[str, str]]) -> Iterator[None]:
        """A session that ends with the block; where the block raises, nothing changes."""
        folder = settings.data_dir / SPARK_TABLES
        build = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        build.mkdir(parents=True)
        schemas, scratch = {schema for schema, _ in names}, settings.data_dir / "spill" / SPARK
        with spark_session(settings.store(), build, schemas, scratch) as session:
            yield
            built = tables_of(session)
        shown.show(settings.warehouse, {name: build / name[0] / name[1] for name in built}, names)
        shown.remove_others(settings.warehouse, folder)

    def prepare_history(self, settings: Settings, as_of: datetime, by_clock: bool) -> datetime | None:
        """Models read the copy that the raw store keeps; every completed run writes it."""
        return ready_kept_history(settings.store(), settings.state_dir / "history.duckdb", as_of, by_clock)

    @contextmanager
    def publishable(self, settings: Settings, manifest: Mapping[str, Any]) -> Iterator[Path]:
        """A copy, in which the contracts' constraints and the descriptions are, too."""
        with publishable_tables(settings, settings.data_dir / SPARK_TABLES / "publishable.duckdb", manifest) as tables:
            yield tables


ENGINE = OnSpark()
