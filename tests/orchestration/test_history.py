"""Dagster's SQLite history: what keeps a run's several hundred events from being flushed one by one."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorData,
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from sqlalchemy import Column, MetaData, String, Table, create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.pool import NullPool

from caw_dagster.instance.history import forget_ticks_ahead
from caw_dagster.instance.runs import SCHEDULE_NAME, SENSOR_NAME
from caw_dagster.instance.sqlite import KEPT_OPEN, close_idle, keep_history_quick


@pytest.fixture(autouse=True)
def relaxed() -> Iterator[None]:
    keep_history_quick()
    close_idle()
    yield
    close_idle()


def write_log(path: Path) -> Engine:
    """Write as Dagster does: a connection of its own for each event, closed after it."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    for statement in ("pragma journal_mode = wal", "create table log (event text)", "insert into log values ('e')"):
        with engine.begin() as connection:
            connection.execute(text(statement))
    return engine


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_events_wait_in_the_log_until_a_checkpoint(tmp_path: Path) -> None:
    """Moving the log into the database after each event, with two flushes, made a run's history its longest part."""
    path = tmp_path / "history.db"
    engine = write_log(path)
    assert wal_of(path).stat().st_size > 0
    with engine.begin() as connection:
        assert connection.execute(text("pragma synchronous")).scalar_one() == 1  # normal
        assert connection.execute(text("select count(*) from log")).scalar_one() == 1


def test_the_log_is_tidied_up_at_the_end(tmp_path: Path) -> None:
    """A log left behind looks like a process that died."""
    path = tmp_path / "history.db"
    write_log(path)
    close_idle()
    assert not wal_of(path).exists()
    assert path.stat().st_size > 0


def test_a_process_of_many_runs_keeps_few_databases_open(tmp_path: Path) -> None:
    """The daemon's code server would run out of file handles."""
    paths = [tmp_path / f"{number}.db" for number in range(KEPT_OPEN + 3)]
    for path in paths:
        write_log(path)
    assert [wal_of(path).exists() for path in paths] == [False] * 3 + [True] * KEPT_OPEN


def test_a_database_that_is_made_again_is_opened_again(tmp_path: Path) -> None:
    """What is written into a deleted file is lost."""
    path = tmp_path / "history.db"
    write_log(path)
    path.unlink()
    wal_of(path).unlink()
    engine = write_log(path)
    with engine.begin() as connection:
        assert connection.execute(text("select count(*) from log")).scalar_one() == 1
    assert path.stat().st_size > 0


def test_what_one_left_unfinished_is_not_the_next_one_s(tmp_path: Path) -> None:
    """A connection that is used again begins without a transaction."""
    path = tmp_path / "history.db"
    engine = write_log(path)
    with engine.connect() as connection:
        connection.execute(text("insert into log values ('never committed')"))
    with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
        assert connection.execute(text("select count(*) from log")).scalar_one() == 1


def test_two_at_a_time_have_connections_of_their_own(tmp_path: Path) -> None:
    """A reader does not see what another has not committed."""
    engine = write_log(tmp_path / "history.db")
    with engine.begin() as one, engine.connect() as other:
        one.execute(text("insert into log values ('soon')"))
        assert other.execute(text("select count(*) from log")).scalar_one() == 1
    with engine.connect() as later:
        assert later.execute(text("select count(*) from log")).scalar_one() == 2


def test_engines_share_what_they_compile(tmp_path: Path) -> None:
    """Dagster makes an engine for each event: each would compile the same statements again."""
    path = tmp_path / "history.db"
    write_log(path)
    log = Table("log", MetaData(), Column("event", String))
    caching = []
    for _ in range(2):
        with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
            caching.append(connection.execute(log.insert(), {"event": "e"}).context.cache_hit)
    assert caching == [CacheStats.CACHE_MISS, CacheStats.CACHE_HIT]


NOW = 1_800_000_000.0  # seconds since 1970
AHEAD = NOW + 3 * 24 * 3600


def ticking(instance: dg.DagsterInstance, name: str, data: InstigatorData, ticks: list[float]) -> InstigatorState:
    """A schedule or a sensor in an instance, and the instants of its ticks."""
    kind = InstigatorType.SENSOR if isinstance(data, SensorInstigatorData) else InstigatorType.SCHEDULE
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("location"), "repository")
    state = InstigatorState(RemoteInstigatorOrigin(repository, name), kind, InstigatorStatus.RUNNING, data)
    instance.add_instigator_state(state)
    for at in ticks:
        of = (state.instigator_origin_id, name, kind)
        instance.create_tick(TickData(*of, TickStatus.SUCCESS, at, run_ids=[], selector_id=state.selector_id))
    return state


def test_schedules_and_sensors_do_not_wait_for_a_clock_that_was_ahead(tmp_path: Path) -> None:
    """The daemon asks none of them before the clock has come to the latest tick: three days without a run."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        sensor = ticking(
            instance,
            SENSOR_NAME,
            SensorInstigatorData(last_tick_timestamp=AHEAD, cursor="here", last_tick_start_timestamp=AHEAD),
            [NOW - 60, AHEAD],
        )
        schedule = ticking(
            instance,
            SCHEDULE_NAME,
            ScheduleInstigatorData("*/5 * * * *", NOW - 3600, last_iteration_timestamp=NOW),
            [AHEAD],
        )
        others = ticking(
            instance,
            "another team's",
            ScheduleInstigatorData("*/5 * * * *", NOW - 3600, last_iteration_timestamp=NOW),
            [AHEAD],
        )
        assert sorted(forget_ticks_ahead(instance, NOW)) == sorted([SCHEDULE_NAME, SENSOR_NAME])
        found = {state.instigator_name: state.instigator_data for state in instance.all_instigator_state()}
        assert found[SENSOR_NAME] == SensorInstigatorData(
            last_tick_timestamp=NOW, cursor="here", last_tick_start_timestamp=NOW
        )
        assert found[SCHEDULE_NAME] == schedule.instigator_data and found["another team's"] == others.instigator_data
        for state, ticks in ((sensor, 0), (schedule, 0), (others, 1)):
            assert len(instance.get_ticks(state.instigator_origin_id, state.selector_id)) == ticks
        assert forget_ticks_ahead(instance, NOW) == []
