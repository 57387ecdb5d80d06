"""Command lines that start Python processes without the working directory on their path.

`python -m` puts the folder in which it is started before the standard library, and Dagster the folder that it runs
in: in a landing zone, a `json.py` that somebody delivered would be imported, and run.
"""

import sys

SAFE_PATH = {"PYTHONSAFEPATH": "1"}  # for processes that others start: the same as -P


def python(*options: str) -> list[str]:
    """The beginning of a command line of this environment's Python, to be followed by `-m`, `-c` or a script."""
    return [sys.executable, "-P", *options]


def module(name: str, *arguments: str) -> list[str]:
    """The command line that runs a module, which must be importable from wherever it is started."""
    return [*python(), "-m", name, *arguments]
