"""`caw generate`: logs of any size, for trying things out and for measuring."""

from argparse import Namespace
from pathlib import Path

from orchestration.generate.command import run


def main(arguments: Namespace) -> int:
    """Write the logs and say what was written; the exit code."""
    return run(Path(arguments.directory), arguments.conversations, arguments.days, arguments.seed)
