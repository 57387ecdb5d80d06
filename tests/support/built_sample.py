"""The sample logs in a warehouse of their own, and dbt's commands on it or on a copy to spoil."""

import os
import shutil
from contextlib import chdir
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from caw.feeds.declared import DBT_PROJECT_DIR
from tests.support.pipeline import Pipeline, close_warehouse
from tests.support.project import SEEDS_DIR, ProjectCopy, locations, quiet

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)  # where the sample's story ends


def built_sample(folder: Path, project: ProjectCopy) -> None:
    """Everything of the sample landed in a folder, taken in and built, without dbt's tests."""
    pipeline = Pipeline(folder, project)
    logs = SEEDS_DIR / "sample"
    paths = [path for path in logs.rglob("*") if path.is_file() and "chat_transcripts" not in path.parts]
    pipeline.deliver({str(path.relative_to(logs)): path.read_bytes() for path in paths}, AS_OF)
    pipeline.build(AS_OF)


def dbt(project: ProjectCopy, data_dir: Path, *arguments: str) -> dict[str, Any]:
    """Runs dbt on a data dir; the results by the name of the node."""
    os.environ["CAW_DATA_DIR"] = str(data_dir)
    with chdir(data_dir):
        try:
            places = locations(project.directory, data_dir / "target")
            outcome = dbtRunner(manifest=project.manifest()).invoke([*quiet(), "--no-write-json", *arguments, *places])
        finally:
            close_warehouse()
    assert isinstance(outcome.result, RunExecutionResult), outcome.exception
    nodes = [result for result in outcome.result.results if str(result.node.resource_type) != "operation"]
    return {result.node.name: result for result in nodes}


class RefusedError(Exception):
    """The project's macros refuse what they are called with; the message is theirs."""


@cache
def _manifest(project: ProjectCopy) -> Manifest:
    """One for all texts that are compiled: each takes the place of the one before."""
    return project.manifest()


def compiled(pipeline: Pipeline, text: str) -> str:
    """The SQL of a model that is no file, for this pipeline's warehouse; raises RefusedError."""
    os.environ["CAW_DATA_DIR"] = str(pipeline.data_dir)
    arguments = [*quiet(), "--no-write-json", "compile", "--inline", text]
    arguments += locations(pipeline.project.directory, pipeline.data_dir / "target" / "inline")
    try:
        outcome = dbtRunner(manifest=_manifest(pipeline.project)).invoke(arguments)
    finally:
        close_warehouse()
    if outcome.exception is not None:
        raise RefusedError(str(outcome.exception.__context__ or outcome.exception))
    found: Any = outcome.result
    return str(found.results[0].node.compiled_code)


def warehouse(data_dir: Path, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """The built warehouse."""
    connection = duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=read_only)
    connection.execute("set TimeZone = 'UTC'")
    return connection


def set_as_run(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the settings that a run's has."""
    profiles = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    for setting, value in profiles["caw"]["outputs"]["run"]["settings"].items():
        connection.execute(f"set {setting} = '{value}'")


def copied(sample: Pipeline, folder: Path) -> Path:
    """A copy of the sample's data dir, to spoil."""
    return Path(shutil.copytree(sample.data_dir, folder / "data"))
