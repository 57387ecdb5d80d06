"""The published file as BI tools open it: an old client, and SQLAlchemy with duckdb-engine as Superset has them."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from caw.export.superset import uri_of
from caw.publication import LastRun, publish
from tests.support import bi_client
from tests.support.patience import PATIENCE_SECONDS
from tests.support.sample_run import SampleRun
from tests.support.warm_caw import ROOT

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
OLDEST_TESTED = "1.1.3"


@pytest.fixture(scope="session")
def old_python() -> Path:
    """Python of the environment with the old client; `make test` has made it."""
    subprocess.run(["make", "-s", ".venv-old/.done", f"PYTHON={sys.executable}"], cwd=ROOT, check=True)
    return ROOT / ".venv-old" / "bin" / "python"


def client(python: Path, kept: str, file: Path) -> subprocess.Popen[str]:
    command = [str(python), "-W", "ignore", str(Path(bi_client.__file__)), kept, str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def test_an_old_client_reads_every_table_with_its_comments(old_python: Path, sample_run: SampleRun) -> None:
    """DuckDB 2 writes by default a format that no 1.x client opens."""
    file = sample_run.data_dir / "published" / "marts.duckdb"
    said, _ = client(old_python, "catalog", file).communicate(timeout=PATIENCE_SECONDS)
    seen = json.loads(said)
    assert seen["client"] == OLDEST_TESTED
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal union all "
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
        rows = {name: connection.execute(f"select count(*) from {name}").fetchall()[0][0] for (name,) in names}
        described = connection.execute(
            "select column_name, comment from duckdb_columns() where table_name = 'conversation_escalated'"
        ).fetchall()
    assert seen["rows"] == rows
    assert len(rows) >= 28
    assert seen["described"] == dict(described)
    assert all(seen["described"].values())


@pytest.mark.parametrize(("kept", "then"), [("nullpool", "second"), ("open", "first"), ("pooled", "first")])
def test_the_next_connection_sees_what_was_published_and_an_open_one_what_it_opened(
    old_python: Path, sample_run: SampleRun, tmp_path: Path, kept: str, then: str
) -> None:
    """What docs/operations.md says of pools: one that keeps its connections keeps the old file with them."""
    published = tmp_path / "published"
    warehouse = sample_run.data_dir / "warehouse.duckdb"
    publish(warehouse, published, LastRun("first", AS_OF, AS_OF, "1"))
    tool = client(old_python, kept, published / "marts.duckdb")
    assert tool.stdout is not None
    assert json.loads(tool.stdout.readline()) == "first"
    later = AS_OF + timedelta(minutes=5)
    publish(warehouse, published, LastRun("second", later, later, "1"))
    said, _ = tool.communicate("\n", timeout=PATIENCE_SECONDS)
    assert json.loads(said) == then


def test_superset_s_sqlalchemy_reads_a_path_as_it_stands(old_python: Path, tmp_path: Path) -> None:
    """Versions differ: 2.1 decodes what 1.4, which Superset 6 has, takes as it is."""
    marts = tmp_path / "100% a#b&c" / "marts.duckdb"
    read = "import sys; from sqlalchemy.engine import make_url; print(make_url(sys.argv[1]).database, end='')"
    command = [str(old_python), "-W", "ignore", "-c", read, str(uri_of(marts))]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == str(marts.resolve())
