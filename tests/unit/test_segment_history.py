"""The history that no log gives back, made ready for a run: what a clock that was ahead wrote is set back, in one step,
whatever died before; sizes of long ago are thinned.
"""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.raw_store import segment_history as history
from caw.raw_store.segment_history import keep_history, ready_history, ready_kept_history, warehouse_from_history
from caw.raw_store.store import RawStore
from tests.reference.segments import instants_kept

NOW = datetime(2026, 6, 10, 12, 0, 0, 250_000, tzinfo=UTC)
AHEAD = datetime(2026, 6, 13, 12, 5, tzinfo=UTC)
AT_NOW = "2026-06-10 12:00:00.25"
TABLES = """
create schema segments;
create table segments.segment_membership_history (
    segment_id varchar not null, source varchar not null, profile_id varchar not null, entered_at timestamptz not null,
    exited_at timestamptz
);
create table segments.segment_sizes (
    segment_id varchar not null, source varchar not null, as_of timestamptz not null, members bigint not null
);
"""
# entered, exited, by the clock as it was; and as they are when nothing is later than NOW
STAYS = {
    "over before": ("2026-06-01 12:00Z", "2026-06-02 12:00Z"),
    "in since before": ("2026-06-01 12:00Z", None),
    "left ahead": ("2026-06-01 12:00Z", "2026-06-13 12:00Z"),
    "entered ahead": ("2026-06-13 12:00Z", None),
    "came and went ahead": ("2026-06-13 12:00Z", "2026-06-13 12:05Z"),
}
SET_BACK = {
    "over before": ("2026-06-01 12:00:00", "2026-06-02 12:00:00"),
    "in since before": ("2026-06-01 12:00:00", None),
    "left ahead": ("2026-06-01 12:00:00", AT_NOW),
    "entered ahead": (AT_NOW, None),
    "came and went ahead": (AT_NOW, AT_NOW),
}
SIZES = [("s", "2026-06-09 12:00Z", 7), ("s", "2026-06-13 12:00Z", 8), ("s", "2026-06-13 12:05Z", 9)]


def warehouse_in(folder: Path, stays: dict[str, tuple[str, str | None]] = STAYS, sizes: Any = SIZES) -> Path:
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(TABLES)
        for profile, (entered, exited) in stays.items():
            connection.execute(
                "insert into segments.segment_membership_history values ('s', 'acme', ?, ?, ?)",
                [profile, entered, exited],
            )
        for segment, as_of, members in sizes:
            connection.execute("insert into segments.segment_sizes values (?, 'acme', ?, ?)", [segment, as_of, members])
    return file


def rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def stays_in(file: Path, where: str = "true") -> list[tuple[Any, ...]]:
    columns = (
        "profile_id, cast(entered_at at time zone 'UTC' as varchar), cast(exited_at at time zone 'UTC' as varchar)"
    )
    return rows(file, f"select {columns} from segments.segment_membership_history where {where} order by all")


def sizes_in(file: Path) -> list[tuple[Any, ...]]:
    columns = "segment_id, cast(as_of at time zone 'UTC' as varchar), members"
    return rows(file, f"select {columns} from segments.segment_sizes order by all")


def test_what_is_later_is_set_to_the_run_s_instant_and_nothing_else_moves(tmp_path: Path) -> None:
    """Spec §4.11: else no run changes the history until the clock has caught up."""
    file = warehouse_in(tmp_path)
    assert ready_history(file, NOW, by_clock=True) == AHEAD
    assert stays_in(file) == sorted((profile, *stay) for profile, stay in SET_BACK.items())
    assert ready_history(file, NOW, by_clock=True) is None


def test_sizes_keep_one_row_a_segment_and_source_the_latest_of_them(tmp_path: Path) -> None:
    """Spec §4.11: a row per as_of, segment and source; of those that are now of one instant, the last recorded."""
    file = warehouse_in(tmp_path, sizes=[*SIZES, ("t", "2026-06-13 12:00Z", 0), ("t", AT_NOW + "Z", 3)])
    ready_history(file, NOW, by_clock=True)
    assert sizes_in(file) == [("s", "2026-06-09 12:00:00", 7), ("s", AT_NOW, 9), ("t", AT_NOW, 0)]


def test_stays_that_begin_at_one_instant_are_one(tmp_path: Path) -> None:
    """Two rows of one key: the last one says whether the profile is in."""
    stay = "insert into segments.segment_membership_history values ('s', 'acme', '{}', '{}', {})"
    file = warehouse_in(tmp_path, stays={})
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for profile, entered, exited in (
            ("back again", "2026-06-11 12:00Z", "'2026-06-12 12:00Z'"),
            ("back again", "2026-06-13 12:00Z", "null"),
            ("gone again", "2026-06-11 12:00Z", "'2026-06-12 12:00Z'"),
            ("gone again", "2026-06-13 12:00Z", "'2026-06-13 12:05Z'"),
            ("in before and after", "2026-06-01 12:00Z", "'2026-06-11 12:00Z'"),
            ("in before and after", "2026-06-12 12:00Z", "null"),
        ):
            connection.execute(stay.format(profile, entered, exited))
    ready_history(file, NOW, by_clock=True)
    assert stays_in(file) == [
        ("back again", AT_NOW, None),
        ("gone again", AT_NOW, AT_NOW),
        ("in before and after", "2026-06-01 12:00:00", AT_NOW),
        ("in before and after", AT_NOW, None),
    ]


def test_history_is_set_back_though_the_run_that_was_ahead_died_before_the_sizes(tmp_path: Path) -> None:
    """What is recorded is asked of both tables: one of them alone may be ahead."""
    file = warehouse_in(tmp_path, sizes=SIZES[:1])
    assert ready_history(file, NOW, by_clock=True) == AHEAD
    assert stays_in(file, "profile_id = 'entered ahead'") == [("entered ahead", AT_NOW, None)]
    assert sizes_in(file) == [("s", "2026-06-09 12:00:00", 7)]


def test_nothing_later_nothing_to_do(tmp_path: Path) -> None:
    file = warehouse_in(tmp_path, stays={"over before": STAYS["over before"]}, sizes=SIZES[:1])
    before = file.read_bytes()
    assert ready_history(file, NOW, by_clock=True) is None
    assert file.read_bytes() == before


def test_a_warehouse_that_is_missing_or_has_no_history_yet_is_no_error(tmp_path: Path) -> None:
    assert ready_history(tmp_path / "warehouse.duckdb", NOW, by_clock=True) is None
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    assert ready_history(tmp_path / "warehouse.duckdb", NOW, by_clock=True) is None


def test_a_run_that_dies_half_way_leaves_all_as_it_was_and_the_next_one_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """History set back and sizes not, nobody would be seen to enter or leave until the clock has caught up."""
    file = warehouse_in(tmp_path)
    before = stays_in(file), sizes_in(file)
    with monkeypatch.context() as patched:
        patched.setitem(history.LATE, history.SIZES, "select error('{now}')")
        with pytest.raises(duckdb.Error):
            ready_history(file, NOW, by_clock=True)
    assert (stays_in(file), sizes_in(file)) == before
    assert ready_history(file, NOW, by_clock=True) == AHEAD


def test_a_copy_from_before_it_was_set_back_is_set_back_when_a_new_warehouse_starts_from_it(tmp_path: Path) -> None:
    """A run that dies after the warehouse and before the copy; then the warehouse is lost, or an erasure removes it."""
    store = RawStore(tmp_path)
    file = warehouse_in(tmp_path)
    keep_history(store, file)
    ready_history(file, NOW, by_clock=True)
    kept = stays_in(file), sizes_in(file)
    file.unlink()
    assert warehouse_from_history(store, file)
    assert ready_history(file, NOW, by_clock=True) == AHEAD
    assert (stays_in(file), sizes_in(file)) == kept
    keep_history(store, file)
    file.unlink()
    assert warehouse_from_history(store, file)
    assert ready_history(file, NOW, by_clock=True) is None
    assert (stays_in(file), sizes_in(file)) == kept


# NOW is 2026-06-10 12:00: the last day that ended 90 days before is 2026-03-11.
RUNS = ["2026-03-10 23:59:59.999999Z", "2026-03-11 00:00Z", "2026-03-11 10:00Z", "2026-03-11 23:55Z", "2026-03-12 00:00Z",
        "2026-03-12 09:00Z", "2026-06-10 12:00Z"]  # fmt: skip
OLD_AND_NEW = [("s", as_of, number) for number, as_of in enumerate(RUNS)]
THINNED = [
    ("s", "2026-03-10 23:59:59.999999", 0), ("s", "2026-03-11 23:55:00", 3), ("s", "2026-03-12 00:00:00", 4),
    ("s", "2026-03-12 09:00:00", 5), ("s", "2026-06-10 12:00:00", 6),
]  # fmt: skip


@pytest.mark.parametrize("by_clock", [True, False])
def test_of_a_day_that_ended_90_days_ago_the_sizes_of_the_last_run_stay(tmp_path: Path, by_clock: bool) -> None:
    """Spec §4.11: with a tick every five minutes the table grows for ever."""
    other = ("t", "2026-03-11 10:00Z", 1)  # a segment that a later run of the day did not have any more
    file = warehouse_in(tmp_path, {}, [*OLD_AND_NEW, other])
    assert ready_history(file, NOW, by_clock) is None
    assert sizes_in(file) == THINNED


def test_a_run_in_the_past_thins_nothing_and_the_next_one_does(tmp_path: Path) -> None:
    """It would find its own row gone, or take one away from a day by what it has recorded itself."""
    file = warehouse_in(tmp_path, {}, OLD_AND_NEW)
    content = file.read_bytes()
    assert ready_history(file, NOW - timedelta(seconds=1), by_clock=False) is None
    assert file.read_bytes() == content
    ready_history(file, NOW + timedelta(hours=12), by_clock=False)
    assert sizes_in(file) == [*THINNED[:2], *THINNED[3:]]


def test_a_clock_that_was_ahead_does_not_decide_which_days_are_long_over(tmp_path: Path) -> None:
    file = warehouse_in(tmp_path, {}, [*OLD_AND_NEW, ("s", "2027-06-10 12:00Z", 7)])
    assert ready_history(file, NOW, by_clock=True) == datetime(2027, 6, 10, 12, tzinfo=UTC)
    assert sizes_in(file) == [*THINNED, ("s", AT_NOW, 7)]


def test_thinned_step_by_step_or_at_once_as_the_reference_has_it(tmp_path: Path) -> None:
    """Which runs are left would depend on when they were looked at."""
    draw = random.Random(90)
    instants = [
        NOW - timedelta(minutes=minutes) for minutes in sorted(draw.sample(range(1, 200 * 24 * 60), 400), reverse=True)
    ]
    rows = [("s", at.isoformat(), 1) for at in instants]
    kept = [f"{at:%Y-%m-%d %H:%M:%S}.25" for at in instants_kept([*instants, NOW])[:-1]]
    for looks in ([NOW], [*instants[::23], NOW]):
        (folder := tmp_path / str(len(looks))).mkdir()
        file = warehouse_in(folder, {}, [])
        for look in looks:
            with duckdb.connect(str(file)) as connection:
                recorded = [row for row in rows if row[1] <= look.isoformat()]
                connection.executemany("insert into segments.segment_sizes values (?, 'acme', ?, ?)", recorded)
            del rows[: len(recorded)]
            ready_history(file, look, by_clock=False)
        rows = [("s", at.isoformat(), 1) for at in instants]
        assert [as_of for _, as_of, _ in sizes_in(file)] == kept


def test_the_copy_is_thinned_for_an_engine_that_makes_every_table_again(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    keep_history(store, warehouse_in(tmp_path, {}, OLD_AND_NEW))
    file = tmp_path / "warehouse.duckdb"
    file.unlink()
    assert ready_kept_history(store, tmp_path / "draft.duckdb", NOW, by_clock=False) is None
    assert warehouse_from_history(store, file)
    assert sizes_in(file) == THINNED
