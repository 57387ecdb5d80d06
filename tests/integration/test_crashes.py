"""A run that is killed, anywhere, leaves nothing behind that the next one does not put right.

Compared with an undisturbed run are all published tables (but for what is the clock's or the run's own, `FREE`), the
names of all tables of the warehouse and of all files of the data dir; and a reader opens the published file all the
time, and must find it as it was before or as it is after.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from caw.settings import read_settings
from caw_dagster.instance.folders import dagster_home
from caw_dagster.instance.last_runs import read_runs
from tests.support.crash_site import KILLED, CrashSite, made
from tests.support.patience import wait_until
from tests.support.sudden_ends import Point
from tests.support.warm_caw import WarmCaw

soak = pytest.mark.soak
ROUNDS = int(os.environ.get("CAW_SOAK_ROUNDS", "4"))
KILLS_A_ROUND = 12
AT_RANDOM = 0.4  # of the kills of a round: not at a point, but at some moment


def among_the_models(points: Sequence[Point]) -> Point:
    """Where half of the models are built."""
    written = [point for point in points if point.name.startswith("sql model.") and ": commit" in point.name]
    return written[len(written) // 2]


def one_after_the_other(points: Sequence[Point]) -> list[Point]:
    """Points of one data dir, each later than the one before: a model, the publication. (Workers die at the commit.)"""
    renamed = [point for point in points if point.name.startswith("rename published/")]
    return [among_the_models(points), renamed[0]]


def test_runs_killed_one_after_the_other_are_made_good_by_the_next_plain_one(crash_site: CrashSite) -> None:
    """Lines are lost or doubled, BI finds half a file, or a killed run's leavings stay for ever."""
    crash_site.restore()
    with crash_site.reader() as reader:
        for point in one_after_the_other(crash_site.points):
            assert crash_site.run(point=point).code == KILLED, point
        ended = crash_site.run()
    assert ended.code == 0, ended.err
    assert crash_site.wrongs(reader) == []


def test_ctrl_c_during_models_is_one_sentence_and_no_failure(crash_site: CrashSite) -> None:
    """A person who ends a run reads a traceback, and the doctor says that the last run failed."""
    crash_site.restore()
    point = replace(among_the_models(crash_site.points), action="halt")
    started = crash_site.caw.start(crash_site.landing, crash_site.data_dir, *crash_site.options, point=point)
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
        started = site.caw.start(site.landing, site.data_dir, *site.options)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not started.has_ended():
            time.sleep(0.01)
        started.signal(-KILLED)
        started.wait()
        return f"killed after {seconds:.2f} s"
    point = rng.choice(site.points)
    assert site.run(point=point).code == KILLED, point
    return str(point)
