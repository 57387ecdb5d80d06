"""After any sequence of runs, what is published equals a publication of the same warehouse from nothing."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from orchestration.publication import FILE_NAME, PARQUET, publish
from orchestration.publication.last_run import read_last_run
from tests.orchestration.conftest import Warehouse
from tests.support.publishing import content, parquet_content
from tests.support.sample_run import SampleRun

RUNS = (
    {"as_of": "2025-08-01"},
    {"as_of": "2025-08-02"},
    {"as_of": "2025-07-01"},  # goes beside the latest
    {"as_of": "2025-08-03", "full_refresh": True},
    {"as_of": "2025-08-04"},
)


def assert_as_from_nothing(folder: Path, warehouse: Path, scratch: Path) -> None:
    last_run = read_last_run(folder / FILE_NAME)
    assert last_run is not None
    fresh = publish(warehouse, scratch, last_run)
    assert content(folder / FILE_NAME) == content(fresh.path)
    assert parquet_content(folder / PARQUET / "current") == parquet_content(fresh.parquet)
    shutil.rmtree(scratch)


def test_every_run_publishes_what_its_warehouse_holds(
    warehouse: Warehouse, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """A row that one publication overlooks would be missing from every one after it."""
    for number, options in enumerate(RUNS):
        warehouse.land(f"{number}.jsonl", f'{{"text": "hello {number}"}}', "{bad")
        assert warehouse.run(instance, **options).success
        past = options["as_of"] == "2025-07-01"
        folder = warehouse.settings.published / ("as_of/2025-07-01T000000Z" if past else "")
        assert_as_from_nothing(folder, warehouse.settings.warehouse, tmp_path / "scratch")


@pytest.mark.parametrize("options", [(), ("--full-refresh",)], ids=["a tick", "a full refresh"])
def test_so_it_is_with_all_marts(sample_run: SampleRun, tmp_path: Path, options: tuple[str, ...]) -> None:
    """The shipped tables have columns and comments that the small project of the other test has not."""
    changed = sample_run.copied(tmp_path)
    folder = changed.landing / "acme_us" / "conversation_log" / "2026" / "06"
    shutil.copyfile(folder / "late.jsonl", folder / "late-again.jsonl")
    lines = (folder / "late.jsonl").read_text(encoding="utf-8").replace('"conversation_id":"', '"conversation_id":"x')
    (folder / "later.jsonl").write_text(lines, encoding="utf-8")
    ran = changed.caw("run", "--as-of", "2026-07-01T12:00:00Z", *options)
    assert ran.returncode == 0, ran.stderr
    assert_as_from_nothing(changed.data_dir / "published", changed.data_dir / "warehouse.duckdb", tmp_path / "scratch")
