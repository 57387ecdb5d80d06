"""When the warehouse may be added to, and when it must be rebuilt."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.ingest.ingestion import ingest
from caw.raw_store import longest_id
from caw.raw_store.store import RawStore
from caw.settings import Settings
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.run_plan import begin
from caw_dagster.dbt.state import (
    IDS_SHORTENED,
    ROWS_GAVE_WAY,
    SEEDS_CHANGED,
    UNFINISHED_REBUILD,
    UNKNOWN_ORIGIN,
    Built,
    fingerprint_during,
    read_built,
    reason_to_rebuild,
    write_built,
)
from caw_dagster.resources import RunContext

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
BUILT = Built("seeds-1", True, "run", "2025-08-01T00:00:00+00:00")


def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    file.touch()
    return file


def test_a_missing_warehouse_is_built_and_not_rebuilt(tmp_path: Path) -> None:
    missing = tmp_path / "warehouse.duckdb"
    assert reason_to_rebuild(missing, None, "seeds-1") is None
    assert fingerprint_during(missing, None, "seeds-1", rebuild=False) == "seeds-1"


def test_the_same_seeds_add_and_other_seeds_rebuild(tmp_path: Path) -> None:
    assert reason_to_rebuild(warehouse(tmp_path), BUILT, "seeds-1") is None
    assert reason_to_rebuild(warehouse(tmp_path), BUILT, "seeds-2") == SEEDS_CHANGED


def test_a_staged_row_that_gave_way_rebuilds_once_and_one_that_was_never_staged_does_not(tmp_path: Path) -> None:
    """Half a row stays in the events for ever, or every tick after it rebuilds the warehouse."""
    built = replace(BUILT, batch_id="00000005", given_way=1)
    file = warehouse(tmp_path)
    assert reason_to_rebuild(file, built, "seeds-1", ["00000002"]) is None
    assert reason_to_rebuild(file, built, "seeds-1", ["00000002", "00000005"]) == ROWS_GAVE_WAY
    assert reason_to_rebuild(file, built, "seeds-1", ["00000002", "00000006"]) is None
    assert reason_to_rebuild(file, replace(built, batch_id=None), "seeds-1", ["00000002", "00000006"]) == ROWS_GAVE_WAY
    assert reason_to_rebuild(file, replace(built, given_way=2), "seeds-1", ["00000002", "00000005"]) is None


def test_a_raw_store_that_has_many_lines_by_now_rebuilds_once(tmp_path: Path) -> None:
    """Ids that were kept whole until then are shortened; a state of before there was a limit is of few lines."""
    file = warehouse(tmp_path)
    assert reason_to_rebuild(file, BUILT, "seeds-1", longest_id=32_768) is None
    assert reason_to_rebuild(file, BUILT, "seeds-1", longest_id=1_000) == IDS_SHORTENED
    assert reason_to_rebuild(file, replace(BUILT, longest_id=1_000), "seeds-1", longest_id=1_000) is None
    assert reason_to_rebuild(file, replace(BUILT, longest_id=1_000), "seeds-1") is None


def test_a_rebuild_that_died_is_done_again(tmp_path: Path) -> None:
    """Half of the tables would be of the old seeds, half of the new ones, and every later run would add to both."""
    during = fingerprint_during(warehouse(tmp_path), BUILT, "seeds-2", rebuild=True)
    assert reason_to_rebuild(warehouse(tmp_path), replace(BUILT, parsing_fingerprint=during), "seeds-2") == (
        UNFINISHED_REBUILD
    )


def test_a_build_that_died_is_gone_on_with(tmp_path: Path) -> None:
    during = fingerprint_during(warehouse(tmp_path), BUILT, "seeds-1", rebuild=False)
    assert reason_to_rebuild(warehouse(tmp_path), replace(BUILT, parsing_fingerprint=during), "seeds-1") is None


def test_a_warehouse_of_unknown_origin_is_rebuilt(tmp_path: Path) -> None:
    assert reason_to_rebuild(warehouse(tmp_path), None, "seeds-1") == UNKNOWN_ORIGIN


def test_the_state_survives_writing_and_damage_reads_as_none(tmp_path: Path) -> None:
    assert read_built(tmp_path) is None
    write_built(tmp_path, BUILT)
    assert read_built(tmp_path) == BUILT
    (tmp_path / "warehouse.json").write_text("{")
    assert read_built(tmp_path) is None


def test_a_run_that_finds_many_lines_rebuilds_and_so_does_the_one_after_its_death(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the ids whole and half shortened: one shopper would be two."""
    settings = Settings(tmp_path / "landing", tmp_path / "data", "1GB", 1, 1 << 30)
    line = tmp_path / "landing" / "acme" / "products" / "a.jsonl"
    line.parent.mkdir(parents=True)
    line.write_text("{}\n", encoding="utf-8")
    ingest(settings.landing_dir, settings.data_dir, ingested_at=NOON)
    settings.warehouse.touch()
    write_built(settings.state_dir, replace(BUILT, batch_id="00000001"))
    project, run = Project(tmp_path, tmp_path, "key"), RunContext(settings, "run", NOON, False, False)
    project.__dict__["parsing_fingerprint"] = BUILT.parsing_fingerprint  # else of a parsed project

    def planned() -> tuple[bool, int, list[int]]:
        plan = begin(project, run, ())
        return plan.rebuild, plan.during.longest_id, pq.read_table(plan.store.run_context)["longest_id"].to_pylist()

    count, counted = RawStore.longest_id, list[RawStore]()

    def noted(store: RawStore) -> int:
        counted.append(store)
        return count(store)

    monkeypatch.setattr(RawStore, "longest_id", noted)
    assert planned() == (False, 32_768, [32_768])
    assert len(counted) == 1  # each time may read the ledgers of all batches
    monkeypatch.setattr(longest_id, "FEW_LINES", 0)
    assert [planned(), planned()] == [(True, 1_000, [1_000])] * 2
