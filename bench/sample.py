"""Small runs: `caw run` on the sample, a first one and one with nothing new, next to the imports that both need.

Each turn starts from nothing: the imports, a run into a new data dir, and a second run on it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.measured import measure
from bench.ticks import History, Tick, caw
from caw_dagster.child import python
from generator.sample_landing import write_shifted_sample
from generator.sample_seeds import write_sample_seeds

IMPORTS = "import dagster, dbt.cli.main, duckdb"
STEPS = {
    "imports": f"`python -c '{IMPORTS}'`",
    "first run": "`caw run` on the sample, from nothing",
    "nothing new": "`caw run` after it",
}


def all_small_runs(work: Path, repeats: int, say: Callable[[str], None]) -> Iterator[tuple[str, Tick]]:
    """(step, run) of each turn; `published_after` of the imports is their end.

    Args:
        work: where the sample and its data dirs lie meanwhile.
        repeats: how many turns.
        say: called with what comes next.
    """
    landing, seeds, log = work / "landing_sample", work / "seeds_sample", work / "log.txt"
    shutil.rmtree(landing, ignore_errors=True)
    landing.mkdir()
    write_shifted_sample(landing, datetime.now(UTC).replace(second=0, microsecond=0))
    write_sample_seeds(seeds)
    for turn in range(repeats):
        say(f"the sample, turn {turn + 1}")
        history = History(0, landing, work / "data_sample")
        shutil.rmtree(history.data_dir, ignore_errors=True)
        imports = measure(python("-c", IMPORTS), log)
        yield "imports", Tick(imports, imports.seconds, {})
        for step in ("first run", "nothing new"):
            yield step, _run(history, seeds, log)


def _run(history: History, seeds: Path, log: Path) -> Tick:
    measured = measure(caw(history, "run"), log, {"CAW_SEEDS_DIR": os.fspath(seeds)})
    published = history.published.stat().st_ctime - measured.spawned_at if measured.is_ok else None
    return Tick(measured, published, {})
