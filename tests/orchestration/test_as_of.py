"""`caw run --as-of`: a past instant gives the same rows every time, and disturbs nothing that is later."""

import hashlib
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.publication import FILE_NAME
from tests.support.sample_run import SampleRun

PAST = "2026-06-20T12:00:00Z"
PUBLISHED = Path("published") / "as_of" / "2026-06-20T120000Z" / FILE_NAME
RUNS = 2 if "CAW_SOAK" in os.environ else 1
SCHEMAS = ["events", "segments", "retargeting", "performance", "health"]
Tables = dict[str, list[tuple[Any, ...]]]


def published_rows(file: Path) -> Tables:
    """Every published table's rows, but for what says when and by which run it was written."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where list_contains(?, schema_name)",
            [SCHEMAS],
        ).fetchall()
        names = sorted(name for (name,) in found if name != "health.last_run")
        return {name: connection.execute(f"from {name} order by all").fetchall() for name in names}


def warehouse_rows(run: SampleRun, table: str, where: str = "true") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.data_dir / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(f"from {table} where {where} order by all").fetchall()


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def changed(sample_run: SampleRun, tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    return sample_run.copied(tmp_path_factory.mktemp("as_of"))


@pytest.mark.sliced  # that a past instant's rows are always the same: test_against_reference, whose clock goes back, too
def test_runs_at_one_past_instant_give_the_same_rows_and_disturb_nothing(
    sample_run: SampleRun, changed: SampleRun
) -> None:
    tables = []
    for _ in range(RUNS):
        ran = changed.caw("run", "--as-of", PAST)
        assert ran.returncode == 0, ran.stderr
        assert "of a past instant; the latest stays as it was" in ran.stdout
        tables.append(published_rows(changed.data_dir / PUBLISHED))
    assert tables[0] == tables[-1]
    assert all(row[-1].isoformat().startswith("2026-06-20T12") for row in tables[0]["health.event_metrics"])
    latest = Path("published") / FILE_NAME
    assert digest(changed.data_dir / latest) == digest(sample_run.data_dir / latest)
    history = "segments.segment_membership_history"
    assert warehouse_rows(changed, history) == warehouse_rows(sample_run, history) != []
    later = f"as_of > timestamptz '{PAST}'"
    sizes = "segments.segment_sizes"
    assert warehouse_rows(changed, sizes, later) == warehouse_rows(sample_run, sizes)


def test_a_run_in_the_future_is_refused_and_touches_nothing(sample_run: SampleRun) -> None:
    before = digest(sample_run.data_dir / "warehouse.duckdb")
    ran = sample_run.caw("run", "--as-of", "2999-01-01T00:00:00Z")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "is in the future" in ran.stderr and ran.stderr.count("\n") == 1
    assert digest(sample_run.data_dir / "warehouse.duckdb") == before
