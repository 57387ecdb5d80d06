"""The rows of every table are the same on Spark and on DuckDB, type by type and value by value (spec §14)."""

import shutil
from pathlib import Path

import duckdb
import pytest

from caw.engine import DUCKDB, SPARK, WAREHOUSE
from tests.support.both_engines import LANDING, OF_AN_ENGINE, OF_THE_RUN, PUBLISHED, caw, names, needs_spark, run
from tests.support.built_sample import AS_OF
from tests.support.engines import differences
from tests.support.pipeline import Pipeline
from tests.support.project import SEEDS_DIR, shipped
from tests.support.vendor_files import vendor_files

pytestmark = needs_spark
SAMPLE = SEEDS_DIR / "sample"
# With these, Spark says nearly all that it says otherwise than DuckDB: but for what the conversation log's fields alone ask
# for, every macro of macros/dialect that a model uses. What they are made from is given, as DuckDB made it.
SLICE = (
    "absent_identifiers", "pulls", "base_suppressions", "base_orders", "stg_order_adjustments", "time_spine", "unknown_fields",
    "int_conversation_identifiers", "int_conversation_records", "int_conversations", "int_profile_merges",
    "int_order_adjustments", "int_product_codes", "int_refused_permissions", "int_gate_messaged_recently",
    "int_gate_products_unavailable", "int_gate_holdout", "int_gate_no_consent", "resolved_by_agent_last_30_days",
    "segment_membership_history", "segment_sizes", "conversations", "activity_feed", "recommended_products",
    "attributed_orders", "headlines", "vendor_agreement",
)  # fmt: skip
CURRENT = Path("published", "parquet", "current")


def test_a_part_of_the_project_has_the_same_rows_on_both_engines(tmp_path: Path) -> None:
    """A model that one engine reads otherwise than the other would give a team other numbers when it grows."""
    pipeline = Pipeline(tmp_path / "duckdb", shipped())
    logs = {str(path.relative_to(SAMPLE)): path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()}
    pipeline.deliver({**logs, **vendor_files()}, AS_OF)
    pipeline.build(AS_OF)
    on_spark = tmp_path / "spark"
    shutil.copytree(pipeline.data_dir, on_spark, ignore=shutil.ignore_patterns(f"{WAREHOUSE}*", "target"))
    files = pipeline.data_dir / WAREHOUSE, on_spark / WAREHOUSE
    run("-m", "tests.support.spark_build", str(on_spark), str(files[0]), *SLICE)
    assert set(SLICE) <= made_by_spark(on_spark)
    assert names(files[0]) == names(files[1])
    assert differences(*files) == []


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The data dirs of a whole run on each engine, by engine: of one raw store, since some records come from a vendor
    without an instant, and have that of their ingestion.
    """
    folder = tmp_path_factory.mktemp("whole_runs")
    landing = folder / LANDING
    shutil.copytree(SAMPLE, landing)
    for path, content in vendor_files().items():
        (landing / path).parent.mkdir(parents=True, exist_ok=True)
        (landing / path).write_bytes(content)
    caw("run", folder / DUCKDB, "--engine", DUCKDB, "--as-of", AS_OF.isoformat())
    shutil.copytree(folder / DUCKDB, folder / SPARK, ignore=shutil.ignore_patterns(*OF_AN_ENGINE))
    caw("run", folder / SPARK, "--engine", SPARK, "--as-of", AS_OF.isoformat())
    return {engine: folder / engine for engine in (DUCKDB, SPARK)}


@pytest.mark.soak
def test_a_run_publishes_the_same_on_both_engines(runs: dict[str, Path]) -> None:
    """Another number, type or constraint in the file that people copy and mount, or views into somebody's data dir."""
    files = [runs[engine] / PUBLISHED for engine in (DUCKDB, SPARK)]
    assert names(files[0]) == names(files[1])
    assert differences(*files, OF_THE_RUN) == []
    assert constraints(files[0]) == constraints(files[1])
    parquet = [sorted(path.name for path in (runs[engine] / CURRENT).rglob("*.parquet")) for engine in runs]
    assert parquet[0] == parquet[1]


@pytest.mark.soak
def test_a_run_builds_the_same_warehouse_on_both_engines(runs: dict[str, Path]) -> None:
    """An intermediate relation that explain and doctor read otherwise, or miss."""
    files = [runs[engine] / WAREHOUSE for engine in (DUCKDB, SPARK)]
    assert names(files[0]) == names(files[1])
    assert differences(*files, OF_THE_RUN) == []


@pytest.mark.soak
def test_explain_reads_the_same_on_both_engines(runs: dict[str, Path]) -> None:
    """A page for people that one engine's warehouse cannot fill."""
    with duckdb.connect(str(runs[DUCKDB] / PUBLISHED), read_only=True) as connection:
        [(profile,)] = connection.execute("select min(profile_id) from retargeting.retargeting_eligibility").fetchall()
    pages = [caw("explain", runs[engine], profile) for engine in runs]
    assert profile in pages[0]
    assert pages[0] == pages[1]


@pytest.mark.soak
def test_history_goes_on_and_a_dead_build_is_nobodys(runs: dict[str, Path]) -> None:
    """Members who entered again with each run, or a killed build's folder that stays for ever."""
    data_dir = runs[SPARK]
    history = "select segment_id, source, profile_id, entered_at from segments.segment_membership_history order by all"
    before = rows(data_dir / PUBLISHED, history)
    (data_dir / "spark" / "20200101T000000-dead").mkdir()
    caw("run", data_dir, "--as-of", "2026-06-30T13:00:00Z")
    after = rows(data_dir / PUBLISHED, history)
    assert before
    assert set(before) <= set(after)
    assert rows(data_dir / PUBLISHED, "select count(distinct as_of) from segments.segment_sizes") == [(2,)]
    assert len(list((data_dir / "spark").iterdir())) == 1


def made_by_spark(data_dir: Path) -> set[str]:
    """The tables of the builds in a data dir that Spark itself has written, in buckets or not."""
    tables = (data_dir / "spark").glob("*/*/*")
    return {table.name for table in tables if next(table.rglob("part-*.parquet"), None) is not None}


def constraints(file: Path) -> list[tuple[object, ...]]:
    """Of each column of a table that is one on both engines, whether it may be null, and its comment."""
    return rows(
        file,
        "select schema_name, table_name, column_name, is_nullable, comment from duckdb_columns() "
        "where not internal and (schema_name, table_name) not in "
        "(('events', 'activity_feed'), ('segments', 'segment_membership')) order by all",
    )


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()
