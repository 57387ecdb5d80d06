"""dbt run by hand in dbt_project/: nothing has to be set, and nothing of a run is touched."""

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.cli.main import dbtRunner
from dbt.flags import set_from_args
from dbt_common.exceptions import DbtRuntimeError

from caw.feeds.declared import DBT_PROJECT_DIR, SEEDS_DIR
from caw.host.locks import LOCK, Holder, exclusive
from caw_dagster.dbt.by_hand import Plugin
from tests.support.project import NOT_COPIED, ProjectCopy

RUN = Holder("0123456789", 1, "2026-06-30T12:00:00+00:00")
LANDED = '{"product_id": "shirt", "updated_at": "2026-06-01T00:00:00Z"}\n'
AS_OF = "2026-06-30T12:00:00Z"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A data dir that a run holds."""
    lock = tmp_path / "state" / LOCK
    lock.parent.mkdir()
    with exclusive(lock, RUN):
        yield tmp_path


def plugin(data_dir: Path, command: str, **config: object) -> Plugin:
    """The plugin as dbt-duckdb makes it before it connects."""
    set_from_args(Namespace(which=command), None)
    credentials = DuckDBCredentials(path=str(data_dir / "warehouse.duckdb"))
    return Plugin(name="by_hand", plugin_config=dict(config), credentials=credentials)


def dbt(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """dbt in a process of its own, started in the folder of the project, as people do."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CAW_")}
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments],
        cwd=project,
        env={**inherited, "DO_NOT_TRACK": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project of a clone, with two files of the sample logs."""
    root = tmp_path_factory.mktemp("clone")
    shutil.copytree(DBT_PROJECT_DIR, root / "dbt_project", ignore=shutil.ignore_patterns(*NOT_COPIED))
    shutil.copytree(SEEDS_DIR, root / "seeds", ignore=shutil.ignore_patterns(*NOT_COPIED))
    landing = root / "seeds" / "sample" / "acme_us" / "products"
    landing.mkdir(parents=True)
    for name in ("story.csv", "stock.csv.gz"):
        shutil.copy(next(SEEDS_DIR.glob(f"sample/acme_us/products/**/{name}")), landing)
    return root / "dbt_project"


def test_a_clone_builds_its_own_warehouse_from_the_sample_without_a_setting(clone: Path) -> None:
    """A first command that asks for environment variables, and a naive build that writes what runs write."""
    built = dbt(clone, "build", "--exclude-resource-type", "unit_test", "--select", "+stg_products", "int_run")
    assert built.returncode == 0, built.stdout[-3000:]
    with duckdb.connect(str(clone / "target" / "dev" / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        assert connection.execute("select as_of from intermediate.int_run").fetchall() == [
            (datetime(2026, 6, 30, 12, tzinfo=UTC),)
        ]
        accepted = connection.execute("select count(*) from staging.stg_products where verdict = 'accepted'").fetchall()
    assert accepted[0][0] > 0
    assert not (clone.parent / "data").exists()


def test_a_warehouse_in_use_is_said_in_a_sentence(
    project: ProjectCopy, held: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB's "Could not set lock on file" says neither who nor what to do."""
    (held / "warehouse.duckdb").touch()
    monkeypatch.setenv("CAW_DATA_DIR", str(held))
    places = ["--project-dir", str(project.directory), "--profiles-dir", str(project.directory)]
    places += ["--target", "warehouse", "--target-path", str(held / "target"), "--log-path", str(held / "logs")]
    shown = dbtRunner(manifest=project.manifest()).invoke(["show", "--inline", "select 1", *places])
    said = capfd.readouterr().out + str(shown.exception)
    assert not shown.success
    assert f"run 01234567 (process 1, since {RUN.since}) holds {held}: try again when it has ended." in said
    assert "Could not set lock" not in said


def test_dev_takes_in_what_has_landed_and_says_the_instant(tmp_path: Path) -> None:
    landing, data_dir = tmp_path / "landing", tmp_path / "dev"
    (landing / "acme" / "products").mkdir(parents=True)
    (landing / "acme" / "products" / "a.jsonl").write_text(LANDED, encoding="utf-8")
    made = [plugin(data_dir, "build", landing=str(landing), as_of=AS_OF)]
    lines, run = f"{data_dir}/raw/products/*/*.parquet", f"{data_dir}/state/run.parquet"
    with duckdb.connect() as connection:
        taken = connection.execute("select raw_text from read_parquet(?)", [lines]).fetchall()
        instant = connection.execute("select epoch(as_of) from read_parquet(?)", [run]).fetchall()
    assert taken == [(LANDED.strip(),)]
    assert instant == [(datetime(2026, 6, 30, 12, tzinfo=UTC).timestamp(),)]
    with pytest.raises(DbtRuntimeError, match="run by hand"):  # two at once
        plugin(data_dir, "build", landing=str(landing))
    made.clear()
    plugin(data_dir, "build", landing=str(landing))


def test_without_landed_files_there_are_empty_tables_to_build_from(tmp_path: Path) -> None:
    """A new project has no logs yet, and its first `dbt build` should not end in an error about a missing file."""
    plugin(tmp_path / "dev", "build", landing=str(tmp_path / "nowhere"))
    with duckdb.connect() as connection:
        lines = connection.execute(f"select count(*) from '{tmp_path}/dev/raw/orders/*/*.parquet'").fetchall()
    assert lines == [(0,)]


@pytest.mark.parametrize("command", ["build", "run", "seed", "snapshot", "run-operation"])
def test_nobody_but_caw_writes_its_warehouse(tmp_path: Path, command: str) -> None:
    """caw remembers what it has built: rows of another build would be taken for its own, or be missing for ever."""
    (tmp_path / "warehouse.duckdb").touch()
    with pytest.raises(DbtRuntimeError, match=f"Only caw writes .*`dbt {command}` builds a warehouse of its own"):
        plugin(tmp_path, command, reads_only=True)


@pytest.mark.parametrize("command", ["show", "test", "generate", "compile"])
def test_the_warehouse_is_opened_to_be_read(tmp_path: Path, command: str) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create table counted as select 1 as one")
    config: dict[str, object] = {}
    made = plugin(tmp_path, command, reads_only=True)
    made.update_connection_config(made.creds, config)
    with (
        duckdb.connect(str(tmp_path / "warehouse.duckdb"), config=config) as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("drop table counted")


def test_a_missing_warehouse_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(DbtRuntimeError, match=r"There is no warehouse at .*: run `caw run` first"):
        plugin(tmp_path, "show", reads_only=True)
    assert list(tmp_path.iterdir()) == []
