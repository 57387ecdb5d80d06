"""Whole runs of both engines, each in a process of its own, and what of their files is compared."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from caw.engine import MEMORY, WAREHOUSE
from tests.support.engines import relations
from tests.support.spark_here import ROOT

needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="Spark needs Java and the extra `spark`: `make spark`",
)
LANDING = "landing"
PUBLISHED = Path("published", "marts.duckdb")
OF_AN_ENGINE = (f"{WAREHOUSE}*", MEMORY.name, "target", "published")  # of a data dir
OF_THE_RUN = {  # its own id and time
    "health.last_run": ("run_id", "published_at"),
    **{
        f"intermediate.{name}": ("run_id",)
        for name in ("int_run", "int_conversation_build_log", "int_conversations_to_rebuild")
    },
}


def command(name: str, data_dir: Path, *arguments: str) -> list[str]:
    """A command on a data dir and the landing zone next to it: the arguments of a process."""
    folders = ["--landing", str(data_dir.parent / LANDING), "--data-dir", str(data_dir)]
    return [sys.executable, "-P", "-m", "caw_dagster.cli", name, *arguments, *folders]


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's, without settings of caw but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAW_", "DAGSTER_"))}
    return {**kept, **(given or {})}


def caw(name: str, data_dir: Path, *arguments: str, given: Mapping[str, str] | None = None) -> str:
    """A command on the landing zone next to a data dir, which must end well; what it says."""
    return _ended(command(name, data_dir, *arguments), given)


def run(*arguments: str, python: Path | str = sys.executable, given: Mapping[str, str] | None = None) -> str:
    """A process of Python that must end well, in the folder of the project; what it says."""
    return _ended([str(python), *arguments], given)


def _ended(arguments: list[str], given: Mapping[str, str] | None) -> str:
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment(given), cwd=ROOT)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-2000:]
    return ended.stdout


def names(file: Path) -> list[str]:
    """The tables and views of a DuckDB file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return relations(connection, file.stem)
