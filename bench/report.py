"""The report's words: docs/benchmarks.md from what was measured. Ratios first; seconds stand in for the one machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from bench.measured import GIB, Measured
from bench.split import PARTS
from bench.ticks import Tick

SIDES = {
    "floor": "one hand-written DuckDB script: typed read, the four event tables; no refusals, durability or tests",
    "caw_events": "this project, landing zone to event tables",
    "caw_refresh": "this project, the whole `caw run`: with marts, tests and publication",
    "pandas": "the same four event tables in pandas",
    "dlt": "dlt loading the same files into DuckDB; no event tables",
}
KINDS = {"cold": "a process of its own", "daemon": "under the daemon", "nothing new": "a process, nothing new"}


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
    }


def as_markdown(bench: Bench) -> str:
    """The report for people."""
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; the same figures, run by run, are in benchmarks.json. Each is the median of the runs",
        "named; a run is a whole process, start-up included, and all sides take turns. Every side is held to 16 GiB of",
        "memory. Compare ratios: seconds are of one machine, and of what else it did at the time. CPU seconds are of",
        "all cores and child processes, and depend far less on what else the machine did.",
        "",
        *(f"- {name}: {words}" for name, words in bench.machine.items()),
        f"- memory setting of this project (CAW_MEMORY_LIMIT): {bench.memory_limit}",
        f"- measured on {bench.started}",
        "",
        "| side | what it does |",
        "|---|---|",
        *(f"| {side} | {words} |" for side, words in SIDES.items()),
    ]
    for size in sorted(bench.runs):
        parts += ["", *_size_section(bench, size)]
    if len(bench.runs) > 1:
        parts += ["", *_growth_section(bench)]
    if bench.ticks:
        parts += ["", *_tick_section(bench)]
    return "\n".join(parts) + "\n"


def same_events(counts: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether all sides that made event tables made as many rows of each."""
    made = [dict(rows) for rows in counts.values() if rows]
    return all(rows == made[0] for rows in made)


def middle(runs: Sequence[Measured]) -> float | None:
    """Median of the seconds of the runs that came to their end."""
    return _median(run.seconds for run in runs if run.is_ok)


def middle_cpu(runs: Sequence[Measured]) -> float | None:
    """Median of the CPU seconds of the same runs."""
    return _median(run.cpu_seconds for run in runs if run.is_ok)


def _ratio(value: float | None, base: float | None) -> str:
    return f"{value / base:.2f}" if value and base else "-"


def _size_section(bench: Bench, size: int) -> Iterable[str]:
    sides = bench.runs[size]
    floor, floor_cpu = middle(sides.get("floor", [])), middle_cpu(sides.get("floor", []))
    yield f"## {size:,} conversations, {bench.lines[size]:,} records"
    yield ""
    yield "| side | times the floor | in CPU time | seconds | CPU seconds | records/s | peak memory | runs | ended |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for side, runs in sides.items():
        seconds, cpu = middle(runs), middle_cpu(runs)
        peak = max(run.peak_bytes for run in runs)
        outcomes = ", ".join(sorted({run.outcome for run in runs}))
        yield (
            f"| {side} | {_ratio(seconds, floor)} | {_ratio(cpu, floor_cpu)} | {_seconds(seconds)} | {_seconds(cpu)} | "
            f"{f'{bench.lines[size] / seconds:,.0f}' if seconds else '-'} | {peak / GIB:.2f} GiB | "
            f"{len(runs)} | {outcomes} |"
        )
    yield ""
    same = same_events(bench.counts.get(size, {}))
    yield f"Event rows of all sides that make them: {'the same' if same else 'DIFFERENT'}."


def _growth_section(bench: Bench) -> Iterable[str]:
    sizes = sorted(bench.runs)
    yield "## Growth"
    yield ""
    yield "Time at a size as a multiple of the time at the size before it."
    yield ""
    yield "| from | to | data | " + " | ".join(SIDES) + " |"
    yield "|---:|---:|---:|" + "---:|" * len(SIDES)
    for smaller, larger in pairwise(sizes):
        cells = []
        for side in SIDES:
            before, after = middle(bench.runs[smaller].get(side, [])), middle(bench.runs[larger].get(side, []))
            cells.append(_ratio(after, before))
        data = f"{bench.lines[larger] / bench.lines[smaller]:.2f}"
        yield f"| {smaller:,} | {larger:,} | {data} | " + " | ".join(cells) + " |"


def _tick_section(bench: Bench) -> Iterable[str]:
    yield "## The tick"
    yield ""
    yield "1,000 new records on top of a history: *published after* is the time from files landed, or from the start of"
    yield "the process, to `marts.duckdb` in its place; the run then writes Parquet. Parts are medians of their own, so"
    yield "they need not add up. *Process start* under the daemon is all until ingestion begins: the sensor's and the"
    yield "queue's waiting, and the run's process. *Recording* is what Dagster keeps of dbt's results."
    for kind, words in KINDS.items():
        rows = [(size, kinds[kind]) for size, kinds in sorted(bench.ticks.items()) if kinds.get(kind)]
        if not rows:
            continue
        first = rows[0][1]
        yield ""
        yield f"### {words.capitalize()}"
        yield ""
        yield (
            "| history | published after | times the first | whole run | times the first | CPU seconds | peak memory | "
            + " | ".join(PARTS)
            + " | runs |"
        )
        yield "|---:|---:|---:|---:|---:|---:|---:|" + "---:|" * (len(PARTS) + 1)
        for size, ticks in rows:
            runs = [tick.measured for tick in ticks]
            published, whole = _middle_published(ticks), middle(runs)
            peak = max(tick.measured.peak_bytes for tick in ticks)
            memory = f"{peak / GIB:.2f} GiB" if peak else "-"
            cells = [_seconds(_middle_part(ticks, part)) for part in PARTS]
            soon = f"{_seconds(published)} | {_ratio(published, _middle_published(first))}"
            late = f"{_seconds(whole)} | {_ratio(whole, middle([tick.measured for tick in first]))}"
            cost = f"{_seconds(middle_cpu(runs) or None)} | {memory}"
            yield f"| {size:,} | {soon} | {late} | {cost} | {' | '.join(cells)} | {len(ticks)} |"


def _middle_published(ticks: Sequence[Tick]) -> float | None:
    return _median(tick.published_after for tick in ticks if tick.published_after is not None)


def _middle_part(ticks: Sequence[Tick], part: str) -> float | None:
    return _median(tick.parts[part] for tick in ticks if part in tick.parts)


def _median(seconds: Iterable[float]) -> float | None:
    found = list(seconds)
    return median(found) if found else None


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _runs(runs: Sequence[Measured]) -> dict[str, Any]:
    return {
        "median_seconds": middle(runs),
        "median_cpu_seconds": middle_cpu(runs),
        "peak_bytes": max(run.peak_bytes for run in runs),
        "runs": [
            {
                "seconds": run.seconds,
                "cpu_seconds": run.cpu_seconds,
                "peak_bytes": run.peak_bytes,
                "outcome": run.outcome,
            }
            for run in runs
        ],
    }


def _ticks(ticks: Sequence[Tick]) -> dict[str, Any]:
    return {
        **_runs([tick.measured for tick in ticks]),
        "median_published_after": _middle_published(ticks),
        "published_after": [tick.published_after for tick in ticks],
        "median_parts": {part: _middle_part(ticks, part) for part in PARTS},
        "parts": [tick.parts for tick in ticks],
    }
