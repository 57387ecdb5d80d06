"""Tables of Iceberg are a publication as others are, and after an erasure nothing is left of an older one (spec §14.4).

No Iceberg comes with pyspark, and nothing is fetched: JAR names a runtime jar that fits the pyspark that is installed. The
session is one of this process, since pyspark 3.5 has no server of Spark Connect, and a jar for it can be had.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from caw.engine import SPARK
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines import on_spark
from caw_dagster.engines.catalog_settings import FORMAT, PREFIX
from caw_dagster.engines.spark_remote import REMOTE
from tests.spark.test_catalog import Watched, numbers, published
from tests.support.dying import Died, dying
from tests.support.spark_elsewhere import FOR_FEW_ROWS, LOOPBACK, metastore

JAR = "CAW_TEST_ICEBERG_JAR"
ICEBERG = "org.apache.iceberg.spark"
SHARED, OWN = "spark.sql.catalog.spark_catalog", "spark.sql.catalog.lake"  # Spark's own catalog, and another

pytestmark = [
    pytest.mark.skipif(not os.environ.get(JAR), reason=f"no Iceberg: {JAR} names no runtime jar of it"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the metastore and the tables."""
    return tmp_path_factory.mktemp("lake")


@pytest.fixture
def session(request: pytest.FixtureRequest, folder: Path) -> Iterator[Any]:
    """A session of this process with a catalog of this kind."""
    given = {
        **FOR_FEW_ROWS, **metastore(folder), "spark.jars": os.environ[JAR], "spark.driver.host": LOOPBACK,
        "spark.hadoop.iceberg.engine.hive.lock-enabled": "false",  # the embedded metastore has no table of locks
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder / 'derby.log'}",
        **kinds(folder)[request.param],
    }  # fmt: skip
    builder = import_module("pyspark.sql").SparkSession.builder.master("local[1]")
    for name, value in given.items():
        builder = builder.config(name, value)
    begun = builder.getOrCreate()
    yield begun
    begun.stop()


def kinds(folder: Path) -> dict[str, dict[str, str]]:
    """The settings of catalogs that have tables of Iceberg."""
    extended = {"spark.sql.extensions": f"{ICEBERG}.extensions.IcebergSparkSessionExtensions"}
    hive = {SHARED: f"{ICEBERG}.SparkSessionCatalog", f"{SHARED}.type": "hive"}
    return {
        "hive": hive,
        "hive_extended": {**hive, **extended},
        "folders": {**hive, f"{SHARED}.type": "hadoop", f"{SHARED}.warehouse": str(folder / "files")},
        "own": {
            **extended, OWN: f"{ICEBERG}.SparkCatalog", f"{OWN}.type": "hive", f"{OWN}.warehouse": str(folder / "lake"),
            "spark.sql.defaultCatalog": "lake",
        },
    }  # fmt: skip


@pytest.fixture
def settings(session: Any, tmp_path: Path, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a data dir that publishes tables of Iceberg there."""
    for name, value in {PREFIX: prefix, FORMAT: "iceberg", REMOTE: "sc://here"}.items():
        monkeypatch.setenv(name, value)
    watch(monkeypatch, session, lambda _: None)
    read = read_settings({"CAW_LANDING_DIR": str(tmp_path), "CAW_DATA_DIR": str(tmp_path / "data")}, engine=SPARK)
    read.state_dir.mkdir(parents=True)
    return read


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Of a test's own schemas."""
    return f"caw_{request.node.callspec.params['session']}_"


def watch(monkeypatch: pytest.MonkeyPatch, session: Any, first: Callable[[Any], object]) -> None:
    """Have this done before each statement of the next publications that changes what readers see."""

    @contextmanager
    def begun(_: str) -> Iterator[Any]:
        yield Watched(session, first)

    monkeypatch.setattr(on_spark, "connected", begun)


def folders(folder: Path, prefix: str) -> set[str]:
    """Those of builds with a file of a table: of its rows, or of its versions. Of views, without rows, Iceberg keeps some."""
    found = (path.relative_to(folder).parts[1] for path in folder.rglob(f"{prefix}build_*/*__*/**/*") if path.is_file())
    return {name.removesuffix(".db") for name in found}


@pytest.mark.parametrize("session", ["hive", "own"], indirect=True)
def test_tables_are_whole_at_any_time_and_nobody_who_was_forgotten_has_a_file(
    session: Any, settings: Settings, folder: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that Iceberg keeps of a table that was dropped, and in it a person."""
    seen: list[tuple[int, ...]] = []
    look = partial(watch, monkeypatch, session)
    published(settings, 1)
    look(lambda _: seen.append(numbers(session, prefix)))
    published(settings, 2)
    assert seen == [(1, 1), (2, 1), (2, 2)]
    assert len(folders(folder, prefix)) == 2
    look(dying(5, lambda _: None))  # four remove the build before the last
    with pytest.raises(Died):
        published(settings, 3)
    assert numbers(session, prefix) == (3, 2)
    look(lambda _: None)
    published(settings, 4, forgets=True)
    assert numbers(session, prefix) == (4, 4)
    [build] = folders(folder, prefix)
    assert [row.namespace for row in session.sql(f"show schemas like '{prefix}build_*'").collect()] == [build]


@pytest.mark.parametrize(
    ("session", "says"),
    [
        pytest.param("folders", "does not list the tables of iceberg", id="folders"),
        pytest.param("hive_extended", "reads a view that was replaced as it was before", id="hive_extended"),
    ],
    indirect=["session"],
)
def test_a_catalog_that_would_keep_or_show_what_is_old_is_refused(
    session: Any, settings: Settings, folder: Path, prefix: str, says: str
) -> None:
    """Schemas of Hive's that go without Iceberg's tables in folders; views that name the first build for ever."""
    with pytest.raises(SettingsError, match=says):
        published(settings, 1)
    assert folders(folder, prefix) == set()
    assert session.sql(f"show schemas like '{prefix}build_*'").collect() == []
