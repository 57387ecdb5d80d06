"""Dagster's SQLite history: what keeps a run's several hundred events from being flushed one by one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from orchestration.history import KEPT_OPEN, close_kept, relax_history_sync


@pytest.fixture(autouse=True)
def relaxed() -> Iterator[None]:
    relax_history_sync()
    close_kept()
    yield
    close_kept()


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
    close_kept()
    assert not wal_of(path).exists()
    assert path.stat().st_size > 0


def test_a_process_of_many_runs_keeps_few_databases_open(tmp_path: Path) -> None:
    """The daemon's code server would run out of file handles."""
    paths = [tmp_path / f"{number}.db" for number in range(KEPT_OPEN + 3)]
    for path in paths:
        write_log(path)
    assert [wal_of(path).exists() for path in paths] == [False] * 3 + [True] * KEPT_OPEN
