"""Scenarios: one account's landed lines, in steps, and how they become files.

All rules of the warehouse hold within a source, so that many scenarios share one run, each under a source of its own.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import md5

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
"""The middle of all scenarios; New York's clocks were put forward 29 hours before."""

ZONES = {
    "utc": None,
    "ny": ("America/New_York", "USD"),
    "paris": ("Europe/Paris", "EUR"),
    "howe": ("Australia/Lord_Howe", "AUD"),
    "nepal": ("Asia/Kathmandu", " usd "),
}
"""Prefix of a source -> its row in seeds/sources.csv; None: not listed."""

POLICIES = (
    "after_start,conversation_started,sms,0,48,false,0,false,0,50",
    "after_escalation,conversation_escalated,email,1,24,true,1,false,2,10",
    "after_resolution,conversation_resolved,email,24,72,true,7,true,0,0",
)
"""Rows of seeds/retargeting_policies.csv that the scenarios are judged by, beside the shipped ones."""

EVENT = re.compile(rb"@(\w+)\|([^|@]*)\|([^|@]*)@")
"""A place where the id of an event goes: table, conversation_id, record_id."""


@dataclass(frozen=True)
class Line:
    """One landed line: the members of its object as (name, JSON text), or bytes that are no such object."""

    feed: str
    members: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    step: int = 0
    file: int = 0

    @property
    def text(self) -> bytes:
        """The line as JSON Lines has it."""
        if self.raw is not None:
            return self.raw
        return ("{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in self.members) + "}").encode()


@dataclass(frozen=True)
class Scenario:
    """One account: its zone, its lines in order of delivery, and how its files are written.

    Attributes:
        formats: feed -> jsonl, jsonl.gz, json or csv; jsonl where none is named.
        style: bits of JSON Lines: 1 byte order mark, 2 CRLF, 4 no last newline.
        grows: a file of a later step repeats the lines of the same file before it.
        others: (step, path below the source, content) of files that hold no records.
    """

    zone: str = "utc"
    lines: tuple[Line, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    style: int = 0
    grows: bool = False
    others: tuple[tuple[int, str, bytes], ...] = ()

    @property
    def steps(self) -> int:
        """How many deliveries it takes."""
        return max([line.step + 1 for line in self.lines] + [other[0] + 1 for other in self.others], default=1)

    def files(self, source: str, step: int) -> dict[str, bytes]:
        """What a step lands: path -> content."""
        grouped: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.step == step or (self.grows and line.step < step):
                form = self.formats.get(line.feed, "jsonl")
                name = f"f{line.file:02d}" if self.grows else f"d{step}/f{line.file:02d}"
                grouped.setdefault(f"{source}/{line.feed}/{name}.{form}", []).append(line)
        files = {path: filled(self._content(path, lines), source) for path, lines in grouped.items()}
        files.update({f"{source}/{path}": content for at, path, content in self.others if at == step})
        return files

    def _content(self, path: str, lines: Sequence[Line]) -> bytes:
        if path.endswith(".json"):
            return b"[" + b",\n".join(line.text for line in lines) + b"]"
        if path.endswith(".csv"):
            return csv_content(lines)
        end = b"\r\n" if self.style & 2 else b"\n"
        content = end.join(line.text for line in lines) + (b"" if self.style & 4 else end)
        content = (b"\xef\xbb\xbf" if self.style & 1 else b"") + content
        return gzip.compress(content, mtime=0) if path.endswith(".gz") else content

    def in_one_step(self) -> "Scenario":
        """The same lines, in the same order, in one delivery."""
        return replace(
            self,
            lines=tuple(replace(line, step=0, file=line.step * 10 + line.file) for line in self.lines),
            others=tuple((0, f"{step}/{path}", content) for step, path, content in self.others),
        )


def csv_content(lines: Sequence[Line]) -> bytes:
    """Objects as CSV: a cell is a string's text or a value's JSON; an absent field is an empty cell."""
    names = list(dict.fromkeys(name for line in lines for name, _ in line.members))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for line in lines:
        cells = {name: _cell(value) for name, value in line.members}
        writer.writerow([cells.get(name, "") for name in names])
    return text.getvalue().encode()


def _cell(value: str) -> str:
    if value == "null":
        return ""
    return str(json.loads(value)) if value.startswith('"') else value


def filled(content: bytes, source: str) -> bytes:
    """The content with the ids of events where `@table|conversation|record@` stands."""
    return EVENT.sub(lambda match: _event_id(source, *(part.decode() for part in match.groups())).encode(), content)


def _event_id(source: str, table: str, conversation_id: str, record_id: str) -> str:
    parts = [table, source, conversation_id, *([record_id] if table != "conversation_started" else [])]
    return md5("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


def named(scenarios: Sequence[Scenario]) -> dict[str, Scenario]:
    """Each scenario under a source of its own, whose name tells its zone."""
    return {f"{scenario.zone}_{number:04d}": scenario for number, scenario in enumerate(scenarios)}


def seed_rows(count: int) -> dict[str, list[str]]:
    """Rows for the seeds: up to `count` scenarios whatever their zones, and policies that use what the shipped do not."""
    listed = [(prefix, row) for prefix, row in ZONES.items() if row is not None]
    sources = [
        f"{prefix}_{number:04d},{zone},{currency}," for prefix, (zone, currency) in listed for number in range(count)
    ]
    return {"sources": sources, "retargeting_policies": list(POLICIES)}


def delivered(scenarios: Mapping[str, Scenario]) -> Iterator[tuple[datetime, dict[str, bytes]]]:
    """All scenarios' deliveries, step by step: (ingested_at, files). The first is ingested at NOW."""
    steps = max((scenario.steps for scenario in scenarios.values()), default=1)
    for step in range(steps):
        files: dict[str, bytes] = {}
        for source, scenario in scenarios.items():
            files.update(scenario.files(source, step))
        yield NOW + timedelta(hours=step), files
