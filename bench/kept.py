"""The figures of an earlier `make bench`, read back, so that one of its parts can be measured again by itself."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.crowd import Crowd
from bench.erasures import Erasure
from bench.expansions import Expanded
from bench.hot import Runs
from bench.measured import Measured
from bench.report import Bench
from bench.ticks import Tick


def add_kept(bench: Bench, path: Path) -> None:
    """Put what a benchmarks.json holds into a report that has nothing yet; the days of both are named.

    Raises:
        OSError: the file cannot be read.
        KeyError, TypeError: it is of another version of the report.
    """
    kept = json.loads(path.read_bytes())
    bench.started = " and ".join(dict.fromkeys([*kept["started"].split(" and "), bench.started]))
    for one in kept["sizes"]:
        size = one["conversations"]
        bench.lines[size] = one["records"]
        bench.counts[size] = one["event_rows"]
        bench.runs[size] = {side: _runs(runs) for side, runs in one["sides"].items()}
    for one in kept["ticks"]:
        kinds = {kind: _ticks(ticks) for kind, ticks in one.items() if kind != "conversations"}
        bench.ticks[one["conversations"]] = kinds
    bench.small.update({step: _ticks(ticks) for step, ticks in kept["sample"].items()})
    bench.erasures.extend(_erasure(one) for one in kept["erasures"])
    for one in kept["hot_keys"]:
        shape = one["shape"] if one["lines"] else ""
        runs = Runs(*(run for step in ("first", "second") for run in _runs(one[step])))
        bench.hot.setdefault(shape, {})[one["lines"]] = runs
    bench.expansions.update({one.pop("feed"): Expanded(**one) for one in kept["expansions"]})


def _run(run: Mapping[str, Any]) -> Measured:
    return Measured(**run, spawned_at=0.0)


def _runs(found: Mapping[str, Any]) -> list[Measured]:
    return [_run(run) for run in found["runs"]]


def _ticks(found: Mapping[str, Any]) -> list[Tick]:
    columns: Iterable[Any] = zip(_runs(found), found["published_after"], found["parts"], found["folders"], strict=True)
    return [Tick(*column) for column in columns]


def _erasure(one: Mapping[str, Any]) -> Erasure:
    steps = {step: _run(run) for step, run in one["steps"].items()}
    return Erasure(Crowd(one["people"], one["lines"]), steps, one["is_whole"])
