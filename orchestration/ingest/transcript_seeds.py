"""The two maps that `transcripts.py` expands by: agent_tools.csv and transcript_markers.csv (contract 2.2)."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EFFECTS = ("", "escalate", "recommend", "identify")
NEED_PATH = ("recommend", "identify")


@dataclass(frozen=True)
class Tool:
    """What a call of one of the agent's tools means."""

    tool_name: str
    skill: str = ""  # the skill that the call shows the agent to use, if any
    effect: str = ""
    path: str = ""  # an argument's name, or `result`, or `result.` and names inside it

    @property
    def reads_result(self) -> bool:
        """True when the path points into the call's result, not its arguments."""
        return self.path == "result" or self.path.startswith("result.")


@dataclass(frozen=True)
class Marker:
    """A text inside a content that stands for a change of status."""

    position: int
    marker: str
    status: str


def load_tools(path: Path) -> Mapping[str, Tool]:
    """Read agent_tools.csv (tool_name, skill, effect, path), by tool_name.

    Raises:
        ValueError: a row is wrong; the message names it.
    """
    tools: dict[str, Tool] = {}
    for where, row in _rows(path, ("tool_name", "skill", "effect", "path")):
        tool = Tool(row["tool_name"], row["skill"], row["effect"], row["path"])
        if not tool.tool_name:
            raise ValueError(f"{where}: tool_name is empty")
        if tool.tool_name in tools:
            raise ValueError(f"{where}: {tool.tool_name} stands there twice")
        if tool.effect not in EFFECTS:
            raise ValueError(f"{where}: effect must be empty or one of {', '.join(EFFECTS[1:])}, not {tool.effect!r}")
        if tool.effect in NEED_PATH and not tool.path:
            raise ValueError(f"{where}: effect {tool.effect} needs a path")
        tools[tool.tool_name] = tool
    return tools


def load_markers(path: Path) -> Sequence[Marker]:
    """Read transcript_markers.csv (position, marker, status), ordered by position.

    Raises:
        ValueError: a row is wrong; the message names it.
    """
    markers: list[Marker] = []
    for where, row in _rows(path, ("position", "marker", "status")):
        if not row["position"].isdecimal():
            raise ValueError(f"{where}: position must be a whole number, not {row['position']!r}")
        if not row["marker"] or not row["status"]:
            raise ValueError(f"{where}: marker and status must not be empty")
        if any(marker.marker == row["marker"] for marker in markers):
            raise ValueError(f"{where}: {row['marker']} stands there twice")
        markers.append(Marker(int(row["position"]), row["marker"], row["status"]))
    return sorted(markers, key=lambda marker: marker.position)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """(where, row) of a seed with exactly these columns, cells trimmed; rows are numbered from 1 after the header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != tuple(columns):
            raise ValueError(f"{path.name} row 0: the columns must be {', '.join(columns)}")
        for number, row in enumerate(reader, 1):
            where = f"{path.name} row {number}"
            if None in row or None in row.values():
                raise ValueError(f"{where}: {len(columns)} cells are due")
            yield where, {name: value.strip() for name, value in row.items()}
