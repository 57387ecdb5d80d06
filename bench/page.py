"""The report's words: docs/benchmarks.md from what was measured. Ratios first; seconds are of the one machine."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from bench.erasures import STEPS, Erasure
from bench.expansions import Expanded
from bench.hot import LEAST_SECONDS, Runs, above, exponent
from bench.hot_shapes import SHAPES
from bench.measured import GIB, Measured
from bench.medians import median_of, middle, middle_cpu, middle_part, middle_published
from bench.report import SIDES, Bench, same_events
from bench.sample import STEPS as SMALL_STEPS
from bench.split import PARTS
from bench.ticks import Tick

KINDS = {"cold": "a process of its own", "daemon": "under the daemon", "nothing new": "a process, nothing new"}


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
    if bench.small:
        parts += ["", *_small_section(bench.small)]
    if bench.erasures:
        parts += ["", *_erasure_section(bench.erasures)]
    if len(bench.hot) > 1:
        parts += ["", *_hot_section(bench)]
    if bench.expansions:
        parts += ["", *_expansion_section(bench.expansions)]
    return "\n".join(parts) + "\n"


def _ratio(value: float | None, base: float | None) -> str:
    return f"{value / base:.2f}" if value and base else "-"


def _size_section(bench: Bench, size: int) -> Iterable[str]:
    sides = bench.runs[size]
    floor, floor_cpu = middle(sides.get("floor", [])), middle_cpu(sides.get("floor", []))
    yield f"## {size:,} conversations, {bench.lines[size]:,} records"
    yield ""
    yield "| side | times the floor | in CPU time | seconds | CPU seconds | records/s | peak memory | runs | ended |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for side in (name for name in SIDES if name in sides):
        runs = sides[side]
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
            published, whole = middle_published(ticks), middle(runs)
            peak = max(tick.measured.peak_bytes for tick in ticks)
            memory = f"{peak / GIB:.2f} GiB" if peak else "-"
            cells = [_seconds(middle_part(ticks, part)) for part in PARTS]
            soon = f"{_seconds(published)} | {_ratio(published, middle_published(first))}"
            late = f"{_seconds(whole)} | {_ratio(whole, middle([tick.measured for tick in first]))}"
            cost = f"{_seconds(middle_cpu(runs) or None)} | {memory}"
            yield f"| {size:,} | {soon} | {late} | {cost} | {' | '.join(cells)} | {len(ticks)} |"
    yield ""
    yield from _folder_tables(bench)


def _folder_tables(bench: Bench) -> Iterable[str]:
    yield "### What the models of a tick cost"
    yield ""
    yield "Seconds of each folder of the dbt project's models; what the marts for analysts cost is `performance`."
    for kind, words in KINDS.items():
        rows = [(size, kinds[kind]) for size, kinds in sorted(bench.ticks.items()) if kinds.get(kind)]
        names = sorted({name for _, ticks in rows for tick in ticks for name in tick.folders})
        if not names:
            continue
        yield ""
        yield f"| {words} | {' | '.join(names)} |"
        yield "|---:|" + "---:|" * len(names)
        for size, ticks in rows:
            found = (median_of(tick.folders[name] for tick in ticks if name in tick.folders) for name in names)
            yield f"| {size:,} | {' | '.join('-' if cost is None else f'{cost:.2f}' for cost in found)} |"


def _small_section(small: Mapping[str, Sequence[Tick]]) -> Iterable[str]:
    yield "## Small runs"
    yield ""
    yield "What a run costs that has next to nothing to do, next to the imports without which no run can begin."
    yield "*Published after* is from the start of the process to `marts.duckdb` in its place."
    yield ""
    yield (
        "| step | published after | times the imports | whole run | times the imports "
        "| CPU seconds | times the imports | runs |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    base = [run.measured for run in small["imports"]]
    for step, words in SMALL_STEPS.items():
        runs = [run.measured for run in small.get(step, [])]
        published, whole, cpu = middle_published(small.get(step, [])), middle(runs), middle_cpu(runs)
        cells = (
            f"{_seconds(seconds)} | {_ratio(seconds, imports)}"
            for seconds, imports in ((published, middle(base)), (whole, middle(base)), (cpu, middle_cpu(base)))
        )
        yield f"| {words} | {' | '.join(cells)} | {len(runs)} |"


def _erasure_section(erasures: Sequence[Erasure]) -> Iterable[str]:
    yield "## Erasure of many"
    yield ""
    yield "Half of a crowd is forgotten; half of the lines are theirs, and texts, ids and file names of all lines name"
    yield "people. Each step is one whole `caw run`, seconds and CPU seconds:"
    yield ""
    yield from (f"- {step}: {words}" for step, words in STEPS.items())
    yield ""
    yield "| people forgotten | lines a delivery | files | " + " | ".join(STEPS) + " | peak memory | redacted |"
    yield "|---:|---:|---:|" + "---:|" * (len(STEPS) + 1) + "---|"
    for erasure in erasures:
        crowd, runs = erasure.crowd, erasure.steps
        cells = [_step(runs[step]) if step in runs else "-" for step in STEPS]
        peak = max(run.peak_bytes for run in runs.values()) / GIB
        ended = "all of theirs, and no other line" if erasure.is_whole else "NOT AS IT SHOULD BE"
        size = f"{crowd.people:,} | {crowd.lines:,} | {crowd.files:,}"
        yield f"| {size} | {' | '.join(cells)} | {peak:.2f} GiB | {ended} |"
    yield ""
    yield "CPU time of the largest as a multiple of the others':"
    yield ""
    yield "| people | lines | " + " | ".join(STEPS) + " |"
    yield "|---:|---:|" + "---:|" * len(STEPS)
    largest = erasures[-1]
    for smaller in erasures[:-1]:
        people = f"{largest.crowd.people / smaller.crowd.people:.2f}"
        lines = f"{largest.crowd.lines / smaller.crowd.lines:.2f}"
        ratios = [_ratio(_cpu(largest, step), _cpu(smaller, step)) for step in STEPS]
        yield f"| {people} | {lines} | {' | '.join(ratios)} |"


def _step(run: Measured) -> str:
    return f"{run.seconds:.1f} ({run.cpu_seconds:.1f})" if run.is_ok else run.outcome


def _cpu(erasure: Erasure, step: str) -> float | None:
    run = erasure.steps.get(step)
    return run.cpu_seconds if run is not None and run.is_ok else None


def _hot_section(bench: Bench) -> Iterable[str]:
    empty = bench.hot[""][0]
    yield "## One hot key"
    yield ""
    yield "All lines of each feed under one key, at sizes that double; then one more line of each feed. The exponent is"
    yield "log2(t2n / tn) of the CPU seconds above those of an empty landing zone: 1 is linear, 2 would be pairs. It is"
    yield f"left out where these are less than {LEAST_SECONDS:.0f} s, which two runs of one size may differ by."
    yield "All seconds are of CPU."
    yield ""
    yield f"An empty landing zone: {empty.first.cpu_seconds:.1f} s, a run after it {empty.second.cpu_seconds:.1f} s."
    yield ""
    yield (
        "| shape | lines | first run | above empty | exponent | peak memory | ended "
        "| one line more | above empty | exponent | peak memory | ended |"
    )
    yield "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---|"
    for shape, sizes in ((shape, sizes) for shape, sizes in bench.hot.items() if shape):
        before: Runs | None = None
        smaller = 0
        for size, runs in sorted(sizes.items()):
            cells = []
            for run, base, last in (
                (runs.first, empty.first, before and before.first),
                (runs.second, empty.second, before and before.second),
            ):
                more = above(run, base)
                power = exponent((smaller, above(last, base)), (size, more)) if last else None
                cells += [_seconds(run.cpu_seconds), _seconds(more), "-" if power is None else f"{power:.2f}"]
                cells += [f"{run.peak_bytes / GIB:.2f} GiB", run.outcome]
            yield f"| {shape} | {size:,} | {' | '.join(cells)} |"
            before, smaller = runs, size
    yield ""
    yield "| shape | what is hot |"
    yield "|---|---|"
    for shape in bench.hot:
        if shape:
            yield f"| {shape} | {SHAPES[shape].words} |"


def _expansion_section(expansions: Mapping[str, Expanded]) -> Iterable[str]:
    yield "## Expansion of vendors' lines"
    yield ""
    yield "Microseconds of CPU a line, from the raw store to the derived tables on disk, next to json.loads of the same"
    yield "lines in the same process. A microsecond a line is a CPU second for a million."
    yield ""
    yield "| feed | lines | bytes a line | expansion | json.loads | ratio |"
    yield "|---|---:|---:|---:|---:|---:|"
    for feed, one in expansions.items():
        costs = f"{one.expansion:.1f} | {one.json_loads:.1f} | {_ratio(one.expansion, one.json_loads)}"
        yield f"| {feed} | {one.lines:,} | {one.bytes_a_line:,.0f} | {costs} |"


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"
