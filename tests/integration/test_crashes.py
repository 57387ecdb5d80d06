"""A run that is killed, anywhere, leaves nothing behind that the next one does not put right.

Compared with an undisturbed run are all published tables (but for what is the clock's or the run's own, `FREE`), the
names of all tables of the warehouse and of all files of the data dir; and a reader opens the published file all the
time, and must find it as it was before or as it is after.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from caw.settings import read_settings
from caw_dagster.instance.folders import dagster_home
from caw_dagster.instance.last_runs import read_runs
from tests.support.crash_site import COMMIT, KILLED, LOCK_WORDS, CrashSite, assert_reported, made
from tests.support.patience import wait_until
from tests.support.sudden_ends import Point
from tests.support.warm_caw import WarmCaw

soak = pytest.mark.soak
ROUNDS = int(os.environ.get("CAW_SOAK_ROUNDS", "4"))
KILLS_A_ROUND = 12
SIZE = 192 * 1024 * 1024
ROOM = 3 * 1024 * 1024  # enough to begin, not to build the models
AT_RANDOM = 0.4  # of the kills of a round: not at a point, but at some moment


def after_models(points: Sequence[Point]) -> Sequence[Point]:
    """Where each of the models has been built."""
    return [point for point in points if point.name.startswith("sql model.") and ": commit" in point.name]


def among_the_models(points: Sequence[Point]) -> Point:
    """Where half of the models are built."""
    written = after_models(points)
    return written[len(written) // 2]


@pytest.fixture
def is_small(crash_site: CrashSite) -> Iterator[bool]:
    """The data dir as the first run left it, on a disk of its own where one may be mounted; whether it is."""
    crash_site.data_dir.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(crash_site.data_dir)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        crash_site.restore()
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(crash_site.data_dir)], check=True)


def test_runs_that_die_one_after_the_other_are_made_good_by_the_next_plain_one(
    crash_site: CrashSite, is_small: bool
) -> None:
    """Lines are lost or doubled, BI finds half a file, or a dead run's leavings stay for ever.

    A run is killed at its commit, while another one waits; that one at a model; the next one finds the disk full, and the
    one after it is killed at the publication.
    """
    publication = next(point for point in crash_site.points if point.name.startswith("rename published/"))
    with crash_site.reader() as reader:
        assert_killed_while_another_one_waits(crash_site, among_the_models(crash_site.points))
        if is_small:
            assert_a_full_disk_is_reported(crash_site)
        assert crash_site.run(point=publication).code == KILLED
        ended = crash_site.run()
    assert ended.code == 0, ended.err
    assert crash_site.wrongs(reader) == []
    if not is_small:
        pytest.skip("all but the full disk: nothing may be mounted here")


def assert_a_full_disk_is_reported(site: CrashSite) -> None:
    """A run has no room for the models; then there is room again.

    Else a person sees a stack of calls, BI half a file, or the next run goes on from what was half written.
    """
    filler = site.data_dir / "filler"
    free = os.statvfs(site.data_dir).f_bavail * os.statvfs(site.data_dir).f_frsize
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - ROOM)
    assert_reported(site, site.run(), "full")
    filler.unlink()


def assert_killed_while_another_one_waits(site: CrashSite, point: Point) -> None:
    """A run is killed while it holds the data dir; the one that waited for it takes over, and is killed at the point.

    Else a person sees an error of a lock, or two runs take the same files in twice.
    """
    first = site.start(Point(COMMIT, action="halt"))
    wait_until(first.is_halted)
    second = site.start(point)
    wait_until(lambda: "Waiting: run " in second.said())
    assert f"(process {first.pid}, since " in second.said()
    assert "Recovery" not in second.said(), "the first is not dead yet"
    first.signal(signal.SIGKILL)
    ended = [first.wait(), second.wait()]
    assert [one.code for one in ended] == [KILLED, KILLED], ended[1].err
    assert not any(words in one.out + one.err for one in ended for words in LOCK_WORDS)


def test_ctrl_c_during_models_is_one_sentence_and_no_failure(crash_site: CrashSite) -> None:
    """A person who ends a run reads a traceback, and the doctor says that the last run failed."""
    crash_site.restore()
    started = crash_site.start(replace(after_models(crash_site.points)[1], action="halt"))
    wait_until(started.is_halted)
    started.signal(signal.SIGINT)
    started.signal(signal.SIGCONT)
    ended = started.wait()
    last = ended.err.strip().splitlines()[-1]
    assert (ended.code, last) == (130, "caw: interrupted; the next run takes up what this one left"), ended.err
    assert "Traceback" not in ended.err + ended.out
    settings = read_settings({}, landing=str(crash_site.landing), data_dir=str(crash_site.data_dir))
    with patch.dict(os.environ):
        finished = read_runs(settings, dagster_home(settings)).finished
    assert finished is not None and finished.status == "canceled"


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=soak) for seed in range(ROUNDS)])
@pytest.mark.parametrize("course", ["next run", "first run", "full refresh"])
def test_a_run_killed_anywhere_is_made_good_by_the_next(tmp_path: Path, course: str, seed: int) -> None:
    """As above, with one kill each, at points and moments that differ from round to round."""
    rng = Random(f"{course} {seed}")
    with WarmCaw(tmp_path / "commands", lays_parsed=course != "first run") as caw:
        site = made(caw, tmp_path, from_nothing=course == "first run", full_refresh=course == "full refresh")
        began = time.monotonic()
        site.restore()
        assert site.run().code == 0
        length = time.monotonic() - began
        for _ in range(KILLS_A_ROUND):
            site.restore()
            with site.reader() as reader:
                how = _kill_somewhere(site, rng, length)
                ended = site.run()
            assert ended.code == 0, f"{how}: {ended.err}"
            assert site.wrongs(reader) == [], how


def _kill_somewhere(site: CrashSite, rng: Random, length: float) -> str:
    """Kill a run; where, in words. One that is done before its moment has come is no kill, and no harm."""
    if rng.random() < AT_RANDOM:
        seconds = rng.random() * length
        started = site.start()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not started.has_ended():
            time.sleep(0.01)
        started.signal(-KILLED)
        started.wait()
        return f"killed after {seconds:.2f} s"
    point = rng.choice(site.points)
    assert site.run(point=point).code == KILLED, point
    return str(point)
