"""Which engine a data dir is of, and the error about a wrong one."""

from pathlib import Path

import pytest

from caw.engine import CATALOG, DUCKDB, SPARK, remember, remembered
from caw.feeds.declared import DBT_PROJECT_DIR
from caw.settings import SettingsError, check_folders, read_settings
from caw_dagster.dbt.parsing import settings_of_parsing, variables_of
from caw_dagster.engines import engine_named
from caw_dagster.engines.on_spark import BUCKETS
from caw_dagster.engines.spark_remote import REMOTE
from caw_dagster.engines.spark_session import FEW, options_of


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "landing").mkdir()
    return {"CAW_LANDING_DIR": str(tmp_path / "landing"), "CAW_DATA_DIR": str(tmp_path / "data")}


def test_a_new_data_dir_is_of_the_engine_that_is_asked_for(given: dict[str, str]) -> None:
    """Spark that nobody asked for, or DuckDB in spite of it."""
    assert read_settings(given).engine == DUCKDB
    assert read_settings({**given, "CAW_ENGINE": SPARK}).engine == SPARK
    assert read_settings({**given, "CAW_ENGINE": DUCKDB}, engine=SPARK).engine == SPARK


def test_a_data_dir_remembers_its_engine(given: dict[str, str]) -> None:
    """`caw ui` or `caw explain` that must be given the engine again."""
    check_folders(read_settings(given))
    remember(Path(given["CAW_DATA_DIR"]), SPARK)
    settings = read_settings(given)
    check_folders(settings)
    assert settings.engine == SPARK


def test_another_engine_is_refused_with_how_to_change_over(given: dict[str, str]) -> None:
    """Tables of two engines side by side; and a refusal that leaves a team without a way."""
    data_dir = Path(given["CAW_DATA_DIR"])
    check_folders(read_settings(given))
    remember(data_dir, SPARK)
    (data_dir / "warehouse.duckdb").touch()
    for name in ("spark", "mirror"):
        (data_dir / name).mkdir()
    with pytest.raises(
        SettingsError, match=r"change over to duckdb, remove warehouse\.duckdb, spark, mirror, state/engine there"
    ):
        check_folders(read_settings(given, engine=DUCKDB))
    for name in ("warehouse.duckdb", "state/engine"):
        (data_dir / name).unlink()
    assert remembered(data_dir) == SPARK  # by its tables, where the state is lost
    (data_dir / "spark").rmdir()
    check_folders(read_settings(given, engine=DUCKDB))


def test_what_was_published_in_a_catalog_is_not_forgotten_with_its_engine(given: dict[str, str]) -> None:
    """Schemas on a cluster that no run knows any more, when somebody in them is to be forgotten."""
    data_dir = Path(given["CAW_DATA_DIR"])
    check_folders(read_settings(given))
    remember(data_dir, SPARK)
    (data_dir / CATALOG).write_text("caw_", encoding="ascii")
    settings = read_settings(given, engine=DUCKDB)
    with pytest.raises(SettingsError, match="first drop the schemas of the catalog whose names begin with caw_"):
        check_folders(settings)
    (data_dir / "state" / "engine").unlink()  # by whoever does the half of what that says, or has lost it
    check_folders(settings)
    with pytest.raises(SettingsError, match="drop the schemas there whose names begin with caw_"):
        engine_named(DUCKDB).check(settings)
    (data_dir / CATALOG).unlink()
    engine_named(DUCKDB).check(settings)


def test_a_data_dir_from_before_there_was_a_choice_is_of_duckdb(given: dict[str, str]) -> None:
    """An upgrade after which Spark takes over tables that DuckDB adds to."""
    data_dir = Path(given["CAW_DATA_DIR"])
    data_dir.mkdir()
    assert remembered(data_dir) is None
    (data_dir / "warehouse.duckdb").touch()
    with pytest.raises(SettingsError, match="built on duckdb"):
        check_folders(read_settings(given, engine=SPARK))


def test_no_other_engine_is_taken(given: dict[str, str]) -> None:
    """A typing error that runs on the default."""
    with pytest.raises(SettingsError, match="'spork' is not one of duckdb, spark"):
        read_settings(given, engine="spork")


def test_spark_says_what_it_lacks(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack trace of a library, seconds into a run, where a program or a package is missing."""
    settings = read_settings(given, engine=SPARK)
    for name in ("JAVA_HOME", REMOTE, BUCKETS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("caw_dagster.engines.on_spark.shutil.which", lambda name: None)
    monkeypatch.setattr("caw_dagster.engines.on_spark.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'customer-agent-warehouse\[spark\]'"):
        engine_named(SPARK).check(settings)
    monkeypatch.setattr("caw_dagster.engines.on_spark.find_spec", lambda name: name)
    with pytest.raises(SettingsError, match="Java 17"):
        engine_named(SPARK).check(settings)
    monkeypatch.setattr("caw_dagster.engines.on_spark.shutil.which", lambda name: name)
    engine_named(SPARK).check(settings)
    monkeypatch.setenv(BUCKETS, "0")
    with pytest.raises(SettingsError, match=BUCKETS):
        engine_named(SPARK).check(settings)


def test_spark_takes_what_duckdb_takes(given: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team that grows, and reads that its own models or its store stay behind."""
    monkeypatch.setattr("caw_dagster.engines.on_spark.shutil.which", lambda name: name)
    monkeypatch.setattr("caw_dagster.engines.on_spark.find_spec", lambda name: name)
    monkeypatch.delenv(REMOTE, raising=False)
    (tmp_path / "dbt_project.yml").touch()
    (tmp_path / "policies.csv").touch()
    own = {"CAW_DBT_PROJECT_DIR": str(tmp_path), "CAW_SEEDS_DIR": str(tmp_path), "CAW_RAW_STORE": "memory://bucket/raw"}
    engine_named(SPARK).check(read_settings({**given, **own}, engine=SPARK))


def test_a_name_that_sparks_catalog_does_not_keep_is_refused(given: dict[str, str]) -> None:
    """A team's table that is there on the first run, and that dbt does not find again on the second."""
    settings = read_settings(given, engine=SPARK)
    for name in ("MyModel", "Mine"), ("mine", "MyModel"):
        with (
            pytest.raises(SettingsError, match=f"small letters only: give {name[0]}.{name[1]} an alias"),
            engine_named(SPARK).building(settings, {("events", "feed"), name}),
        ):
            pass


def test_a_session_has_the_threads_and_the_memory_that_a_run_is_allowed(given: dict[str, str]) -> None:
    """A machine's cores or memory that Spark leaves alone, or takes against what was set."""
    allowed = {"CAW_THREADS": "3", "CAW_MEMORY_LIMIT": "5GiB"}
    options = options_of(read_settings({**given, **allowed}), Path("tables"), None)
    assert options["spark.master"] == "local[3]"
    assert options["spark.driver.memory"] == "5120m"
    assert options_of(read_settings(given), Path("tables"), None)["spark.driver.memory"] == "3072m"  # for planning


def test_another_number_of_buckets_is_another_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that builds what the clock can change alone, while none of the other tables is carried over."""
    variables = variables_of([DBT_PROJECT_DIR / "macros" / "dialect" / "spark_tables.sql"])
    settings = []
    for number in ("8", "3"):
        monkeypatch.setenv(BUCKETS, number)
        settings.append(settings_of_parsing(variables, engine_named(DUCKDB)))
    assert settings[0] != settings[1]


def test_a_small_raw_store_is_planned_without_second_looks(given: dict[str, str]) -> None:
    """Minutes of compiling for a few rows, or a large store that is computed by what suits a small one."""
    settings = read_settings({**given, "CAW_RAW_STORE": str(Path(given["CAW_DATA_DIR"]) / "kept")})
    options = options_of(settings, Path("tables"), None)
    assert options["spark.sql.adaptive.enabled"] == "false"
    assert "TieredStopAtLevel=1" in options["spark.driver.extraJavaOptions"]
    large = Path(given["CAW_DATA_DIR"]) / "kept" / "feed" / "part.parquet"
    large.parent.mkdir(parents=True)
    with large.open("wb") as file:
        file.truncate(FEW + 1)
    options = options_of(settings, Path("tables"), None)
    assert "spark.sql.adaptive.enabled" not in options
    assert "TieredStopAtLevel" not in options["spark.driver.extraJavaOptions"]
