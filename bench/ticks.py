"""The tick: 1,000 new records on top of a history, from files landed to marts published; and a tick with nothing new.

Cold is `caw run` as a process of its own; under the daemon is `caw ui` with its sensor, which finds the files itself.
"""

import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from dagster import DagsterInstance, RunsFilter

from bench.deliveries import land
from bench.measured import Measured, measure
from bench.split import results_of_latest_run, seconds_by_folder, split_of_latest_run
from caw.publication import FILE_NAME
from caw.settings import SHOW_VALUES
from caw_dagster.child import module

DAEMON_SECONDS = 300.0  # a delivery that is not published by then never will be
LOOK_EVERY = 0.1  # seconds
STOP_SECONDS = 30.0
RUN_RESULTS = {SHOW_VALUES: "1"}  # dbt's run_results.json, which split.py reads, is written with this setting only


@dataclass(frozen=True)
class History:
    """A landing zone and the data dir that has taken it in."""

    conversations: int
    landing: Path
    data_dir: Path

    @property
    def published(self) -> Path:
        """The file that readers open."""
        return self.data_dir / "published" / FILE_NAME


@dataclass(frozen=True)
class Tick:
    """One tick: the whole run as measured, when readers had the file, and its parts (seconds by name)."""

    measured: Measured
    published_after: float | None  # seconds from the landing of the files, or the start of the process, to marts.duckdb
    parts: dict[str, float]
    folders: dict[str, float] = field(default_factory=dict)  # seconds of the models by their folder


def caw(history: History, *arguments: str) -> list[str]:
    """The command line of `caw` on a history."""
    folders = ["--landing", str(history.landing), "--data-dir", str(history.data_dir)]
    return module("caw_dagster.cli", *arguments, *folders)


def cold_tick(history: History, log: Path, delivery: int | None) -> Tick:
    """One `caw run`, after a delivery has landed or, for None, with nothing new."""
    if delivery is not None:
        land(history.landing, delivery, datetime.now(UTC))
    measured = measure(caw(history, "run"), log, RUN_RESULTS)
    return _split(history, measured, measured.spawned_at + measured.seconds)


def _split(history: History, measured: Measured, ended_at: float | None) -> Tick:
    if not measured.is_ok:
        return Tick(measured, None, {})
    published_at = history.published.stat().st_ctime  # of the rename that put it there
    parts = split_of_latest_run(history.data_dir, measured.spawned_at, published_at, ended_at)
    folders = seconds_by_folder(results_of_latest_run(history.data_dir))
    return Tick(measured, published_at - measured.spawned_at, parts, folders)


def daemon_ticks(history: History, log: Path, numbers: Iterator[int], repeats: int) -> list[Tick]:
    """Deliveries one after another under `caw ui`, each from the landing of its last file; one more goes before."""
    with _daemon(history, log):
        ticks = [_daemon_tick(history, next(numbers)) for _ in range(repeats + 1)]
    return ticks[1:]  # the first one waited for the daemon to come up


def _daemon_tick(history: History, delivery: int) -> Tick:
    before = _taken_in(history)
    land(history.landing, delivery, datetime.now(UTC))
    landed_at = time.time()
    deadline = landed_at + DAEMON_SECONDS
    _wait_for_publication(history, before, deadline)
    _wait_for_end_of_run(history, deadline)
    ended_at = time.time()
    outcome = "ok" if ended_at < deadline else f"not through in {DAEMON_SECONDS:.0f} s"
    return _split(history, Measured(ended_at - landed_at, 0.0, 0, outcome, landed_at), None)


def _wait_for_publication(history: History, before: str | None, deadline: float) -> None:
    """Until a file with another latest batch is published; opening it more often would slow the run down."""
    opened = None
    while time.time() < deadline:
        lying = history.published.stat().st_ino
        if lying != opened and _taken_in(history) != before:
            return
        opened = lying
        time.sleep(LOOK_EVERY)


def _wait_for_end_of_run(history: History, deadline: float) -> None:
    """It goes on after it has published, and the next delivery must not wait for it."""
    with DagsterInstance.from_config(str(history.data_dir / "dagster")) as instance:
        while time.time() < deadline and not instance.get_runs(RunsFilter(), limit=1)[0].is_finished:
            time.sleep(LOOK_EVERY)


def _taken_in(history: History) -> str | None:
    """The latest batch of the published file; None before the first."""
    with duckdb.connect(str(history.published), read_only=True) as connection:
        row = connection.execute("select max(batch_id) from health.ingestion_ledger").fetchone()
    return None if row is None or row[0] is None else str(row[0])


@contextmanager
def _daemon(history: History, log: Path) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with log.open("ab") as output:
        process = subprocess.Popen(
            caw(history, "ui", "--port", str(port)),
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **RUN_RESULTS},
        )
        try:
            yield
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def all_ticks(
    histories: Sequence[History],
    log: Path,
    repeats: Callable[[int], int],
    say: Callable[[str], None],
) -> Iterator[tuple[int, str, Tick]]:
    """Ticks as (conversations, kind, tick): the histories in turn for cold ones, then each under the daemon.

    Args:
        histories: taken in before.
        log: where the processes' output goes.
        repeats: how many ticks of a kind, by the history's conversations.
        say: called with what comes next.
    """
    numbers = itertools.count(1)
    for turn, history in itertools.product(range(max(repeats(one.conversations) for one in histories)), histories):
        if turn < repeats(history.conversations):
            say(f"tick {turn + 1} on {history.conversations:,} conversations")
            yield history.conversations, "cold", cold_tick(history, log, next(numbers))
            yield history.conversations, "nothing new", cold_tick(history, log, None)
    for history in histories:
        say(f"ticks under the daemon on {history.conversations:,} conversations")
        for tick in daemon_ticks(history, log, numbers, repeats(history.conversations)):
            yield history.conversations, "daemon", tick
