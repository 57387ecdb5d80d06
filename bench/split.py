"""The time that a refresh spends in each step, from outside: any run's Dagster event log and run_results.json."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, DagsterInstance, RunsFilter

PARTS = (
    "process start",
    "ingestion",
    "dbt start and parse",
    "models",
    "tests",
    "recording",
    "publication",
    "Parquet",
    "rest",
)
INGEST, WAREHOUSE, PUBLISH = "ingest", "warehouse", "published__marts"
MODELS = Path(__file__).resolve().parents[1] / "dbt_project" / "models"


def split_of_latest_run(
    data_dir: Path, spawned_at: float, published_at: float, ended_at: float | None = None
) -> dict[str, float]:
    """Seconds by part of the data dir's latest run, which is over.

    The parts add up to the time from spawned_at to ended_at (epoch); None for the end of the run's last step.
    """
    with DagsterInstance.from_config(str(data_dir / "dagster")) as instance:
        run = instance.get_runs(RunsFilter(), limit=1)[0]
        steps = {
            kind: {
                str(entry.dagster_event.step_key): entry.timestamp
                for entry in instance.all_logs(run.run_id, of_type=kind)
                if entry.dagster_event is not None
            }
            for kind in (DagsterEventType.STEP_START, DagsterEventType.STEP_SUCCESS)
        }
    results = results_of_latest_run(data_dir)
    started, succeeded = steps[DagsterEventType.STEP_START], steps[DagsterEventType.STEP_SUCCESS]
    return split(spawned_at, published_at, ended_at or max(succeeded.values()), started, succeeded, results)


def results_of_latest_run(data_dir: Path) -> list[dict[str, Any]]:
    """dbt's results of the warehouse step of the data dir's latest run, node by node."""
    found: list[dict[str, Any]] = json.loads((data_dir / "target" / "run" / "run_results.json").read_bytes())["results"]
    return found


def seconds_by_folder(results: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The cost of a run's models: seconds by folder of the dbt project's models (`staging`, `performance`, ...).

    Models of other projects are left out.
    """
    folders = {path.stem: path.relative_to(MODELS).parts[0] for path in MODELS.rglob("*.sql")}
    spent = dict.fromkeys(sorted(set(folders.values())), 0.0)
    for result in results:
        kind, *_, name = str(result["unique_id"]).split(".")
        if kind == "model" and name in folders and result["timing"]:
            begin, end = _span(result)
            spent[folders[name]] += end - begin
    return spent


def split(
    spawned_at: float,
    published_at: float,
    ended_at: float,
    started: Mapping[str, float],
    succeeded: Mapping[str, float],
    results: Sequence[Mapping[str, Any]],
) -> dict[str, float]:
    """Seconds by part.

    Args:
        spawned_at: when the process was started, or the file landed; epoch seconds, as all instants here.
        published_at: when `marts.duckdb` got its place.
        ended_at: when the process, or the run, had ended.
        started: when each Dagster step started.
        succeeded: when each ended.
        results: dbt's run results of the warehouse step.
    """
    spans = [(str(result["unique_id"]).partition(".")[0], *_span(result)) for result in results if result["timing"]]
    first = min((begin for _, begin, _ in spans), default=succeeded[WAREHOUSE])
    last = max((end for _, _, end in spans), default=first)
    tests = sum(end - begin for kind, begin, end in spans if kind == "test")
    models = sum(end - begin for kind, begin, end in spans if kind != "test")
    parts = {
        "process start": started[INGEST] - spawned_at,
        "ingestion": succeeded[INGEST] - started[INGEST],
        "dbt start and parse": first - started[WAREHOUSE],
        "models": models,
        "tests": tests,
        "recording": succeeded[WAREHOUSE] - last,
        "publication": published_at - started[PUBLISH],
        "Parquet": succeeded[PUBLISH] - published_at,
    }
    return {**parts, "rest": ended_at - spawned_at - sum(parts.values())}


def _span(result: Mapping[str, Any]) -> tuple[float, float]:
    timing = result["timing"]
    return _epoch(timing[0]["started_at"]), _epoch(timing[-1]["completed_at"])


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
