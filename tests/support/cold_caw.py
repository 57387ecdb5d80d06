"""`caw` commands as a person starts them: each in a process of its own, which imports everything (warm_caw.py does not)."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from caw.feeds.declared import PROJECT_ROOT
from caw_dagster.child import module

CAW = module("caw_dagster.cli")


def environment() -> dict[str, str]:
    """No setting from outside, and the path of these tests' Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAW_", "DAGSTER_", "DBT_"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT_ROOT), kept.get("PYTHONPATH")]))}


def cold_caw(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A command line, started in a folder."""
    command = [*CAW, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=folder, check=False)
