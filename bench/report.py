"""All that one `make bench` measured, and the report for programs. The page for people is page.py."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.erasures import Erasure
from bench.expansions import Expanded
from bench.hot import Runs
from bench.measured import Measured
from bench.medians import middle, middle_cpu, middle_part, middle_published
from bench.split import PARTS
from bench.ticks import Tick

SIDES = {
    "floor": "one hand-written DuckDB script: typed read, the four event tables; no refusals, durability or tests",
    "caw_events": "this project, landing zone to event tables",
    "caw_refresh": "this project, the whole `caw run`: with marts, tests and publication",
    "spark_1": "the same `caw run` on Spark: a standalone cluster with one worker of one core",
    "spark_2": "the same on two such workers",
    "pandas": "the same four event tables in pandas",
    "dlt": "dlt loading the same files into DuckDB; no event tables",
}


@dataclass
class Bench:
    """Everything that one `make bench` measured."""

    machine: dict[str, str]
    memory_limit: str  # CAW_MEMORY_LIMIT of this project's sides
    started: str  # ISO date
    runs: dict[int, dict[str, list[Measured]]] = field(default_factory=dict)  # by conversations and side
    lines: dict[int, int] = field(default_factory=dict)  # landed records by conversations
    counts: dict[int, dict[str, dict[str, int]]] = field(default_factory=dict)  # event rows by conversations and side
    ticks: dict[int, dict[str, list[Tick]]] = field(default_factory=dict)
    small: dict[str, list[Tick]] = field(default_factory=dict)  # runs on the sample, by step
    erasures: list[Erasure] = field(default_factory=list)  # the largest last
    hot: dict[str, dict[int, Runs]] = field(default_factory=dict)  # by shape and lines; "" and 0 are no lines
    expansions: dict[str, Expanded] = field(default_factory=dict)  # by vendor feed


def as_json(bench: Bench) -> dict[str, Any]:
    """The report for programs: every single run, and the medians."""
    return {
        "machine": bench.machine,
        "memory_limit": bench.memory_limit,
        "started": bench.started,
        "sizes": [
            {
                "conversations": size,
                "records": bench.lines[size],
                "event_rows": bench.counts.get(size, {}),
                "sides": {side: _runs(runs) for side, runs in sides.items()},
            }
            for size, sides in bench.runs.items()
        ],
        "ticks": [
            {"conversations": size, **{kind: _ticks(ticks) for kind, ticks in kinds.items() if ticks}}
            for size, kinds in bench.ticks.items()
        ],
        "sample": {step: _ticks(runs) for step, runs in bench.small.items()},
        "erasures": [_erasure(erasure) for erasure in bench.erasures],
        "hot_keys": [
            {"shape": shape or "no lines", "lines": size, "first": _runs([runs.first]), "second": _runs([runs.second])}
            for shape, sizes in bench.hot.items()
            for size, runs in sizes.items()
        ],
        "expansions": [{"feed": feed, **asdict(one)} for feed, one in bench.expansions.items()],
    }


def same_events(counts: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether all sides that made event tables made as many rows of each."""
    made = [dict(rows) for rows in counts.values() if rows]
    return all(rows == made[0] for rows in made)


def _erasure(erasure: Erasure) -> dict[str, Any]:
    return {
        "people": erasure.crowd.people,
        "lines": erasure.crowd.lines,
        "files": erasure.crowd.files,
        "is_whole": erasure.is_whole,
        "steps": {step: _run(run) for step, run in erasure.steps.items()},
    }


def _run(run: Measured) -> dict[str, Any]:
    return {
        "seconds": run.seconds,
        "cpu_seconds": run.cpu_seconds,
        "peak_bytes": run.peak_bytes,
        "outcome": run.outcome,
    }


def _runs(runs: Sequence[Measured]) -> dict[str, Any]:
    return {
        "median_seconds": middle(runs),
        "median_cpu_seconds": middle_cpu(runs),
        "peak_bytes": max(run.peak_bytes for run in runs),
        "runs": [_run(run) for run in runs],
    }


def _ticks(ticks: Sequence[Tick]) -> dict[str, Any]:
    return {
        **_runs([tick.measured for tick in ticks]),
        "median_published_after": middle_published(ticks),
        "published_after": [tick.published_after for tick in ticks],
        "median_parts": {part: middle_part(ticks, part) for part in PARTS},
        "parts": [tick.parts for tick in ticks],
        "folders": [tick.folders for tick in ticks],
    }
