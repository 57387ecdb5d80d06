"""`make bench`: all sides in turn, ticks, the sample, erasures, hot keys and expansions, and the report of them."""

import itertools
import json
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.counts import read_counts
from bench.deliveries import remove_deliveries
from bench.erasures import DEFAULT_LINES, DEFAULT_PEOPLE, all_erasures
from bench.expansions import LINES, all_expansions
from bench.hot import SIZES, all_hot
from bench.kept import add_kept
from bench.machine import machine
from bench.measured import measure
from bench.page import as_markdown
from bench.report import SIDES, Bench, as_json, same_events
from bench.sample import all_small_runs
from bench.ticks import History, all_ticks, caw
from caw.settings import read_settings
from caw_dagster.child import module
from generator.logs import generate

DEFAULT_SIZES = (20_000, 200_000, 1_000_000)  # conversations
ROOT = Path(__file__).resolve().parents[1]  # nothing of bench is installed
DAYS = 30
SEED = 1
MODULES = {"floor": "floor", "caw_events": "caw_events", "caw_refresh": "caw_refresh", "pandas": "analyst"}
HISTORY = "caw_refresh"  # the side whose data dirs the ticks come on top of
# How often at most from how many conversations on: for 200,000, dlt took longer than all other sides, and 16 GiB.
AT_MOST = {"dlt": ((200_000, 0),), "spark_1": ((0, 1),), "spark_2": ((0, 1),)}
WRONG_RESULT = 1
JSON = "benchmarks.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 if the sides' event tables differ, or if an erasure redacted other lines than it should."""
    options = _parsed(arguments)
    bench = Bench(machine(), read_settings().memory_limit, datetime.now(UTC).date().isoformat())
    options.work.mkdir(parents=True, exist_ok=True)
    if options.add:
        add_kept(bench, options.out / JSON)
        _forget_parts(bench, options)
    for size in options.sizes:
        landing = _landing(options.work, size)
        bench.lines[size] = _lines_of(landing)
        _run_sides(bench, options, size, landing)
    _run_small(bench, options)
    _run_others(bench, options)
    if options.remove:
        shutil.rmtree(options.work)
    is_same = all(same_events(counts) for counts in bench.counts.values())
    return 0 if is_same and all(erasure.is_whole for erasure in bench.erasures) else WRONG_RESULT


def _run_small(bench: Bench, options: Namespace) -> None:
    """Ticks and runs on the sample."""
    if options.ticks:
        histories = [_empty_history(options.work), *(_history(options, size) for size in options.sizes)]
        log = options.work / "log.txt"
        for size, kind, tick in all_ticks(histories, log, lambda size: times("tick", size, options), _say):
            bench.ticks.setdefault(size, {}).setdefault(kind, []).append(tick)
            _write(bench, options.out)
    if options.sample:
        for step, run in all_small_runs(options.work, options.repeats, _say):
            bench.small.setdefault(step, []).append(run)
            _write(bench, options.out)


def _run_others(bench: Bench, options: Namespace) -> None:
    """Erasures, hot keys and expansions."""
    if options.forget:
        people, lines = options.forget
        for erasure in all_erasures(people, lines, options.work, options.work / "log.txt", _say):
            bench.erasures.append(erasure)
            _write(bench, options.out)
    if options.hot_sizes:
        for shape, size, runs in all_hot(options.work, options.hot_sizes, _say):
            bench.hot.setdefault(shape, {})[size] = runs
            _write(bench, options.out)
    if options.expansion_lines:
        for feed, expanded in all_expansions(options.expansion_lines, options.work, _say):
            bench.expansions[feed] = expanded
            _write(bench, options.out)


def _forget_parts(bench: Bench, options: Namespace) -> None:
    """Take out of a report what is about to be measured again."""
    for size, side in itertools.product(options.sizes, options.sides):
        bench.counts.get(size, {}).pop(side, None)
        bench.runs.get(size, {}).pop(side, None)
    for size in (0, *options.sizes) if options.ticks else ():
        bench.ticks.pop(size, None)
    for again, figures in (
        (options.sample, bench.small),
        (options.forget, bench.erasures),
        (options.hot_sizes, bench.hot),
        (options.expansion_lines, bench.expansions),
    ):
        if again:
            figures.clear()


def times(side: str, size: int, options: Namespace) -> int:
    """The number of times that a side, or a tick, runs at a size."""
    repeats = 1 if size >= options.once_from else options.repeats
    return min([repeats, *(most for beyond, most in AT_MOST.get(side, ()) if size >= beyond)])


def _parsed(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=list(DEFAULT_SIZES), help="conversations; none for no side"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side and tick (3)")
    parser.add_argument("--once-from", type=int, default=sys.maxsize, help="sizes from here on run once")
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--no-ticks", dest="ticks", action="store_false")
    parser.add_argument("--no-sample", dest="sample", action="store_false")
    parser.add_argument(
        "--forget",
        type=int,
        nargs=2,
        metavar=("PEOPLE", "LINES"),
        help=f"how many are forgotten, in a log of so many lines ({DEFAULT_PEOPLE} {DEFAULT_LINES})",
    )
    parser.add_argument("--no-forget", dest="forget", action="store_const", const=None)
    parser.set_defaults(forget=[DEFAULT_PEOPLE, DEFAULT_LINES])
    parser.add_argument("--hot-sizes", type=int, nargs="*", default=list(SIZES), help="lines that share one hot key")
    parser.add_argument("--expansion-lines", type=int, default=LINES, help="of each vendor's feed; 0 for none")
    parser.add_argument("--work", type=Path, default=Path("data/bench"), help="where logs and tables lie meanwhile")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="where the report goes")
    parser.add_argument("--dlt-python", default=None, help="the interpreter with dlt; without one, dlt is left out")
    parser.add_argument("--spark-python", default=None, help="the one with pyspark; without one, Spark is left out")
    parser.add_argument(
        "--add", action="store_true", help="keep the figures of benchmarks.json that are not measured this time"
    )
    parser.add_argument("--remove", action="store_true", help="remove the work folder at the end")
    options = parser.parse_args(arguments)
    options.work = options.work.resolve()
    return options


def _landing(work: Path, size: int) -> Path:
    """The landing zone of a size; made if it is not there."""
    landing = work / f"landing{size}"
    if landing.exists():
        remove_deliveries(landing)
        return landing
    _say(f"generating {size:,} conversations")
    draft = work / f".landing{size}"
    shutil.rmtree(draft, ignore_errors=True)
    generate(draft, size, DAYS, SEED, datetime.now(UTC))
    draft.rename(landing)
    return landing


def _lines_of(landing: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in landing.glob("*/*/**/*.jsonl"))


def _run_sides(bench: Bench, options: Namespace, size: int, landing: Path) -> None:
    runs = bench.runs.setdefault(size, {})
    for turn, side in itertools.product(range(options.repeats), options.sides):
        run = _command(side, options)
        if run is None or turn >= times(side, size, options):
            continue
        work = _folder(options.work, side, size)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        _say(f"{side}, {size:,} conversations, run {turn + 1}")
        measured = measure([*run, str(landing), str(work)], options.work / "log.txt", {"PYTHONPATH": str(ROOT)})
        _say(f"  {measured.seconds:.1f} s, {measured.outcome}")
        runs.setdefault(side, []).append(measured)
        if counts := read_counts(work):
            bench.counts.setdefault(size, {})[side] = counts
        if side != HISTORY or not measured.is_ok:  # ticks come on no half-made history
            shutil.rmtree(work)
        _write(bench, options.out)  # an hour's figures outlast an interruption


def _command(side: str, options: Namespace) -> list[str] | None:
    """The command that starts a side; None where the interpreter that it needs was not named."""
    if side in MODULES:
        return module(f"bench.sides.{MODULES[side]}")
    python = options.dlt_python if side == "dlt" else options.spark_python
    what = [str(_dlt_script())] if side == "dlt" else ["-m", "bench.sides.caw_spark", side.removeprefix("spark_")]
    return python and [python, "-P", *what]


def _folder(work: Path, side: str, size: int) -> Path:
    """The folder of a side at a size. Histories stay where they were made: a moved one parses its project again."""
    return work / f"{side}{size}"


def _history(options: Namespace, size: int) -> History:
    folder = _folder(options.work, HISTORY, size)
    folder.mkdir(exist_ok=True)
    history = History(size, _landing(options.work, size), folder / "data")
    if not history.data_dir.exists():  # the refresh was left out of this run
        _refresh(history, options.work)
    return history


def _empty_history(work: Path) -> History:
    history = History(0, work / "landing0", work / "data0")
    for folder in (history.landing, history.data_dir):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    _refresh(history, work)
    return history


def _refresh(history: History, work: Path) -> None:
    measured = measure(caw(history, "run"), work / "log.txt")
    if not measured.is_ok:
        raise SystemExit(f"caw run on {history.conversations:,} conversations {measured.outcome}; see {work}/log.txt")


def _dlt_script() -> Path:
    return Path(__file__).with_name("sides") / "dlt_load.py"


def _write(bench: Bench, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "benchmarks.md").write_text(as_markdown(bench), encoding="utf-8")
    (out / JSON).write_text(json.dumps(as_json(bench), indent=1) + "\n", encoding="utf-8")


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
