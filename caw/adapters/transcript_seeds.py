"""The seeds that `transcripts.py` expands by (spec §2.2): tools, markers, roles, and the words that name nobody."""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from caw.feeds.seeds import identifies_nobody, rows_of, seed_file, word_form, words_of_nobody

TOOLS = "agent_tools"
MARKERS = "transcript_markers"
ALIASES = "word_aliases"
ROLE = "role"  # the vocabulary of a message's role; the actors' aliases, where `human` is staff, never apply to it

EFFECTS = ("", "escalate", "recommend", "identify", "cart")
NEED_PATH = ("recommend", "identify", "cart")


@dataclass(frozen=True)
class Tool:
    """The meaning of a call of one of the agent's tools."""

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
    """A text inside a content that means a change of status."""

    position: int
    marker: str
    status: str


@dataclass(frozen=True)
class Rules:
    """The rules by which transcripts are expanded."""

    tools: Mapping[str, Tool]  # by name
    markers: Sequence[Marker]  # by position
    roles: Mapping[str, str]  # word by form: user, assistant, tool, system
    absent: frozenset[str] = frozenset()  # forms of words that identify nobody

    def role(self, given: str) -> str | None:
        """The role that a message's `role` means; None for an unknown word."""
        return self.roles.get(given) or self.roles.get(word_form(given))

    def names_nobody(self, profile_id: str) -> bool:
        """Whether a profile_id that a tool gives counts as absent."""
        return identifies_nobody(profile_id, self.absent)

    @cached_property
    def marker_pattern(self) -> re.Pattern[str] | None:
        """Finds the markers in a text; None where there are none."""
        return re.compile("|".join(re.escape(marker.marker) for marker in self.markers)) if self.markers else None

    @cached_property
    def status_of(self) -> Mapping[str, str]:
        """The status that each marker sets."""
        return {marker.marker: marker.status for marker in self.markers}

    @cached_property
    def reasons(self) -> Mapping[str, str]:
        """The argument with the reason, by the tool that escalates."""
        return {tool.tool_name: tool.path for tool in self.tools.values() if tool.effect == "escalate" and tool.path}

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all of them: what was expanded by rules with another one is out of date."""
        parts = (sorted(self.tools.items()), list(self.markers), sorted(self.roles.items()), sorted(self.absent))
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def load_rules(seeds: Path) -> Rules:
    """Read the seeds of a folder; those that it lacks are the packaged ones.

    Raises:
        ValueError: a row of the tool map or the markers is wrong; the message names it.
    """
    return Rules(
        tools=load_tools(seed_file(seeds, TOOLS)),
        markers=load_markers(seed_file(seeds, MARKERS)),
        roles=load_roles(seed_file(seeds, ALIASES)),
        absent=words_of_nobody(seeds),
    )


def load_roles(path: Path) -> Mapping[str, str]:
    """Read the role of each way of writing one from word_aliases.csv."""
    return {word_form(row["alias"]): row["word"] for row in rows_of(path) if row["vocabulary"] == ROLE}


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
            raise ValueError(f"{where}: {tool.tool_name} is there twice")
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
            raise ValueError(f"{where}: {row['marker']} is there twice")
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
                raise ValueError(f"{where}: {len(columns)} cells are required")
            yield where, {name: value.strip() for name, value in row.items()}
