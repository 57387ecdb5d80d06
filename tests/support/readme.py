"""README's commands, to be run as somebody who reads it would."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```\n", re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    """The text under a heading of README's third level, up to the next heading."""
    found = re.search(
        rf"^### {re.escape(heading)}\n(.*?)^##", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None, heading
    return found[1]


def blocks(text: str) -> list[str]:
    """The commands of each of its blocks; those in a list are indented there."""
    return [re.sub(r"(?m)^ {3}", "", block) for block in SHELL.findall(text)]


def shell(commands: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a POSIX shell prints for the commands, in a folder that has this Python as README's."""
    program(folder / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    ran = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def program(path: Path, commands: str) -> None:
    """Writes a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{commands}\n", encoding="utf-8")
    path.chmod(0o755)
