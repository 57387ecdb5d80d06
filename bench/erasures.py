"""Erasure of many: whole runs that take a crowd in, forget half of it, and redact what comes for them afterwards.

A run is `caw run`, a process of its own. Each of three sizes has a data dir of its own: the size that was asked for,
half of its people, and half of its lines, so that the report can say how time grows with either.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from bench.crowd import SOURCE, Crowd, land_delivery, land_profiles, land_requests
from bench.measured import Measured, measure
from bench.ticks import History, caw
from caw.raw_store.store import RawStore
from caw.raw_store.tables import read_table

DEFAULT_PEOPLE, DEFAULT_LINES = 1_000, 1_000_000
STEPS = {
    "load": "the log and the profiles, into an empty data dir",
    "erase": "the requests, and nothing else",
    "late": "as many lines again, half of them for people who were forgotten",
    "nothing new": "no file",
}


@dataclass(frozen=True)
class Erasure:
    """Time and memory of one crowd's runs. `is_whole`: every line of the forgotten was redacted, and no other."""

    crowd: Crowd
    steps: Mapping[str, Measured]
    is_whole: bool


def sizes(people: int, lines: int) -> list[Crowd]:
    """The size that was asked for comes last, after those with half of its people and half of its lines."""
    return [Crowd(max(people // 2, 1), lines), Crowd(people, max(lines // 2, 1)), Crowd(people, lines)]


def all_erasures(people: int, lines: int, work: Path, log: Path, say: Callable[[str], None]) -> Iterator[Erasure]:
    """Each size's runs, one after another.

    Args:
        people: how many are forgotten at most.
        lines: of a delivery of the log, at most.
        work: where the landing zones and data dirs lie meanwhile.
        log: where the processes' output goes.
        say: called with what comes next.
    """
    for crowd in sizes(people, lines):
        say(f"{crowd.people:,} people forgotten, {crowd.lines:,} lines")
        yield erase(crowd, work / "crowd", log)


def erase(crowd: Crowd, folder: Path, log: Path) -> Erasure:
    """One size's runs, in a folder that is emptied before and after; a run that fails ends them."""
    shutil.rmtree(folder, ignore_errors=True)
    history = History(0, folder / "landing", folder / "data")
    steps: dict[str, Measured] = {}
    for step, land in _landings(history.landing, crowd).items():
        land()
        steps[step] = measure(caw(history, "run"), log)
        if not steps[step].is_ok:
            break
    is_whole = redacted(history.data_dir) == 2 * crowd.own_lines()
    shutil.rmtree(folder)
    return Erasure(crowd, steps, is_whole)


def redacted(data_dir: Path) -> int:
    """The number of the log's lines in the raw store that were redacted as a forgotten person's own."""
    store = RawStore(data_dir)
    parts = (part for parts in store.parts("conversation_log").values() for part in parts)
    tables = (read_table(store.objects, part, ["source", "is_erased"]) for part in parts)
    return sum(pc.sum(table.filter(pc.equal(table["source"], SOURCE))["is_erased"]).as_py() or 0 for table in tables)


def _landings(landing: Path, crowd: Crowd) -> Mapping[str, Callable[[], None]]:
    """The files that land before each step."""

    def load() -> None:
        land_profiles(landing, crowd)
        land_delivery(landing, crowd, 1)

    return {
        "load": load,
        "erase": lambda: land_requests(landing, crowd),
        "late": lambda: land_delivery(landing, crowd, 2),
        "nothing new": lambda: None,
    }
