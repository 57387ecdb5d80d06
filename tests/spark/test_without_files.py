"""Whole runs that publish in a catalog alone have there, and show by caw's own commands, what DuckDB publishes (spec §14.4).

The catalog is that of a server of Spark Connect with Hive's metastore; its tables' files are read by DuckDB.
"""

import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import caw as library
from caw.engine import DUCKDB, PUBLISHED_VIEWS, SPARK
from caw.publication.catalog_only import COPY
from caw.publication.tables import SCHEMAS, name
from caw_dagster.engines.catalog_settings import PREFIX
from caw_dagster.engines.spark_remote import REMOTE
from tests.support.both_engines import LANDING, OF_THE_RUN, PUBLISHED, caw, command, environment, names, needs_spark
from tests.support.engines import differences
from tests.support.forgetting import found_in
from tests.support.small_shop import FORGOTTEN, SOURCE, deliveries
from tests.support.spark_elsewhere import STACK, connect_server, metastore
from tests.support.spark_runs import land, share_a_key

pytestmark = [needs_spark, pytest.mark.soak]
RUNS = 3  # the first files, late ones, and a request to be forgotten
OURS = "caw_"
READ = "retargeting.retargeting_eligibility"


def test_run_after_run_a_catalog_alone_has_what_duckdb_publishes(tmp_path: Path) -> None:
    """A table that lacks rows in the catalog, a command that finds nothing without files, or a person who stays there."""
    dirs = {engine: tmp_path / engine / "data" for engine in (DUCKDB, SPARK)}
    share_a_key(dirs[DUCKDB], dirs[SPARK])
    catalog, found = tmp_path / "catalog", dict[str, list[str]]()
    with connect_server(tmp_path / "server", {**STACK, **metastore(catalog)}) as server:
        given = {REMOTE: server, PREFIX: OURS, COPY: "0"}
        for as_of, files in islice(deliveries().items(), RUNS):
            for engine, data_dir in dirs.items():
                land(data_dir.parent / LANDING, files)
                caw("run", data_dir, "--engine", engine, "--as-of", as_of, given=given if engine == SPARK else None)
            found[as_of] = list(unlike(dirs, in_catalog(catalog, tmp_path / f"{len(found)}.duckdb")))
    assert found == {as_of: [] for as_of in islice(deliveries(), RUNS)}
    [build] = (catalog / "warehouse").glob(f"{OURS}build_*")
    rows = library.read(READ, data_dir=dirs[SPARK])
    assert len(rows) > 0
    assert FORGOTTEN not in set(rows["profile_id"])
    assert [found_in(folder, [f"{FORGOTTEN}@people.example"]) for folder in (build, dirs[SPARK])] == [{}, {}]


def unlike(dirs: dict[str, Path], shown: Path) -> Iterator[str]:
    """What is published on Spark, or shown by a command, otherwise than on DuckDB."""
    ours, views = dirs[DUCKDB] / PUBLISHED, dirs[SPARK] / PUBLISHED_VIEWS
    for file in (views, shown):
        yield from sorted(set(names(ours)) ^ set(names(file)))
        yield from differences(ours, file, OF_THE_RUN)
    left = sorted(path.name for path in (dirs[SPARK] / "published").iterdir())
    if left != ["report"]:
        yield f"in published/: {left}"
    frames = [library.read(READ, data_dir=data_dir) for data_dir in dirs.values()]
    order = ["source", "event_id", "policy_id"]
    if not pd.DataFrame.equals(*(frame.sort_values(order, ignore_index=True) for frame in frames)):
        yield f"caw.read {READ}"
    somebody = str(frames[0]["profile_id"].dropna().min())
    if len({caw("explain", data_dir, somebody) for data_dir in dirs.values()}) != 1:
        yield f"caw explain {somebody}"
    caw("report", dirs[SPARK], "--source", SOURCE, "--out", str(shown.with_suffix(".html")))
    doctor = subprocess.run(
        command("doctor", dirs[SPARK]), capture_output=True, text=True, check=False, env=environment()
    )
    if "the catalog alone" not in " ".join(doctor.stdout.split()) or doctor.stderr:
        yield f"caw doctor: {doctor.stdout}{doctor.stderr}"


def in_catalog(catalog: Path, file: Path) -> Path:
    """A DuckDB file of the tables of the catalog's last build, read from their files, by the names that readers know."""
    build = max((catalog / "warehouse").glob(f"{OURS}build_*"))
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
        for table in build.iterdir():
            schema, _, alias = table.name.partition("__")
            files = f"{table}/*.parquet"
            connection.execute(f"create table {name(schema)}.{name(alias)} as from read_parquet(?)", [files])
    return file
