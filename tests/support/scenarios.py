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
from typing import Any

import zstandard

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
"""The middle of all scenarios; New York's clocks were put forward 29 hours before."""

ZONES = {
    "utc": None,
    "ny": ("America/New_York", "USD", ""),
    "paris": ("Europe/Paris", "EUR", ""),
    "howe": ("Australia/Lord_Howe", "AUD", "sms"),
    "nepal": ("Asia/Kathmandu", " usd ", ""),
}
"""Prefix of a source -> its row in seeds/sources.csv; None: not listed."""

TOOLS = ("put_in_cart,,cart,product_id", "pick_product,,cart,result.product_id", "best_products,,recommend,result")
"""Rows of seeds/agent_tools.csv with what the shipped ones do not use."""

NAMED_BY_VENDORS = (
    "k_refusals,UTC,USD,,klaviyo",
    "k_nameless,UTC,USD,,klaviyo",
    "k_events,UTC,USD,,klaviyo",
    "s_refusals,UTC,USD,,shopify",
    "i_refusals,UTC,USD,,intercom",
    "pages,UTC,USD,,klaviyo",
    "growing_refusals,UTC,USD,,klaviyo",
)
"""Rows of seeds/sources.csv of sources whose people a vendor names, for test_case_refusals.py."""

ALIASES = (
    "*,conversation_log,message_text,text",
    "*,orders,created_at,placed_at",
    "*,orders,buyer,profile.external_id",
    "ny_0001,orders,buyer,profile.email",
    "*,consents,Person Id,profile_id",
)
"""Rows of seeds/field_aliases.csv."""

POLICIES = (
    "after_start,conversation_started,sms,0,48,false,0,false,0,50",
    "after_escalation,conversation_escalated,email,1,24,true,1,false,2,10",
    "after_resolution,conversation_resolved,email,24,72,true,7,true,0,0",
)
"""Rows of seeds/retargeting_policies.csv that the scenarios are checked by, in addition to the shipped ones."""

EXPERIMENTS = (
    "on_start,after_start,2000-01-01T00:00Z,2040-01-01T00:00Z,50,24,0.05",
    "on_escalation,after_escalation,2000-01-01T00:00Z,2040-01-01T00:00Z,10,1,0.02",
)
"""Rows of seeds/retargeting_experiments.csv, on two of these policies."""

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
class Table:
    """How CSV files are written.

    Attributes:
        separator: one of the four. is_named: the first line says so (`sep=;`).
        header: plain, or loud: capitals, spaces for `_`, spaces around.
        profile: object (one cell), dotted (`profile.email`) or flat (`profile_email`, `profile_id`).
        folder: feed -> a folder `name=value` that its files lie in.
        cut: so many characters that the last row still lacks in each version but the last; None: rows are ended.
    """

    separator: str = ","
    is_named: bool = False
    header: str = "plain"
    profile: str = "object"
    folder: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass(frozen=True)
class Scenario:
    """One account: its zone, its lines in order of delivery, and how its files are written.

    Attributes:
        formats: feed -> jsonl, json or csv, also with .gz or .zst; jsonl where none is named.
        style: bits of JSON Lines: 1 byte order mark, 2 CRLF, 4 no last newline; of JSON: 8 no list, but values one after
            the other.
        table: how CSV is written.
        grows: a file of a later step repeats the lines of the same file before it, and goes on.
        others: (step, path below the source, content) of files that hold no records.
    """

    zone: str = "utc"
    lines: tuple[Line, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    style: int = 0
    table: Table = Table()
    grows: bool = False
    others: tuple[tuple[int, str, bytes], ...] = ()

    @property
    def steps(self) -> int:
        """How many deliveries it takes."""
        return max([line.step + 1 for line in self.lines] + [other[0] + 1 for other in self.others], default=1)

    def files(self, source: str, step: int) -> dict[str, bytes]:
        """What a step lands: path -> content."""
        grouped: dict[str, list[Line]] = {}
        for line in sorted(self.lines, key=lambda one: one.step) if self.grows else self.lines:
            if line.step == step or (self.grows and line.step < step):
                form = self.formats.get(line.feed, "jsonl")
                name = f"f{line.file:02d}" if self.grows else f"d{step}/f{line.file:02d}"
                folder = self.table.folder.get(line.feed) if form.startswith("csv") else None
                name = f"{folder}/{name}" if folder else name
                grouped.setdefault(f"{source}/{line.feed}/{name}.{form}", []).append(line)
        files = {path: self._content(path, lines, step, source) for path, lines in grouped.items()}
        files.update({f"{source}/{path}": content for at, path, content in self.others if at == step})
        return files

    def _content(self, path: str, lines: Sequence[Line], step: int, source: str) -> bytes:
        text, _, packed = path.rpartition("/")[2].partition(".")[2].partition(".")
        if text == "csv":
            feed = lines[0].feed
            table = replace(self.table, cut=None) if feed == "chat_transcripts" else self.table
            rest = 0 if step == self.steps - 1 or not self.grows else table.cut or 0
            content = csv_content(lines, [line for line in self.lines if line.feed == feed], table, rest)
        else:
            content = self._document(lines) if text == "json" else self._lines(lines)
        content = filled(content, source)
        if packed == "gz":
            return gzip.compress(content, mtime=0)
        return zstandard.compress(content) if packed == "zst" else content

    def _document(self, lines: Sequence[Line]) -> bytes:
        if self.style & 8:
            return (b"\n" if self.style & 2 else b"").join(line.text for line in lines)
        return b"[" + b",\n".join(line.text for line in lines) + b"]"

    def _lines(self, lines: Sequence[Line]) -> bytes:
        end = b"\r\n" if self.style & 2 else b"\n"
        content = end.join(line.text for line in lines) + (b"" if self.style & 4 else end)
        return (b"\xef\xbb\xbf" if self.style & 1 else b"") + content

    def in_steps(self, most: int) -> "Scenario":
        """The same lines, in the same order, in at most so many deliveries: what comes later comes with the last."""
        last = most - 1
        return replace(
            self,
            lines=tuple(
                one if one.step <= last else replace(one, step=last, file=one.step * 10 + one.file)
                for one in self.lines
            ),
            others=tuple(
                (step, path, content) if step <= last else (last, f"{step}/{path}", content)
                for step, path, content in self.others
            ),
        )


def csv_content(lines: Sequence[Line], all_lines: Sequence[Line], table: Table, rest: int = 0) -> bytes:
    """Objects as CSV: a cell is a string's text or a value's JSON; an absent field is an empty cell.

    The header names the fields of all lines, so that a file that grows goes on as it began. Where the last row is not
    ended, it lacks its last `rest` characters, but one.
    """
    names = list(dict.fromkeys(name for line in all_lines for name in cells_of(line, table)))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", delimiter=table.separator)
    writer.writerow([_shown(name, table) for name in names])
    for line in lines:
        cells = cells_of(line, table)
        writer.writerow([cells.get(name, "") for name in names])
    content = text.getvalue()
    if table.cut is not None:
        content = content.removesuffix("\n")
        row = len(content) - content.rfind("\n") - 1
        content = content[: len(content) - min(rest, max(row - 1, 0))]
    return ((f"sep={table.separator}\n" if table.is_named else "") + content).encode()


def cells_of(line: Line, table: Table) -> dict[str, str]:
    """Column -> cell of a line; its profile's members are columns of their own where the table has them so."""
    cells: dict[str, str] = {}
    for name, value in line.members:
        members = _members(value) if name == "profile" and table.profile != "object" else None
        if members is None:
            cells[name] = _cell(value)
            continue
        for member, text in members.items():
            is_flat = table.profile == "flat" and member != "nickname"
            column = "profile_id" if member == "profile_id" else f"profile_{member}"
            cells[column if is_flat else f"profile.{member}"] = text
    return cells


def _members(value: str) -> dict[str, str] | None:
    """The cells of an object's members; None for what is no object."""
    read: Any = json.loads(value, parse_int=Token, parse_float=Token)
    if not isinstance(read, dict):
        return None
    return {name: one if isinstance(one, str) else _cell(json.dumps(one)) for name, one in read.items()}


class Token(str):
    """A number as it was written."""


def _shown(name: str, table: Table) -> str:
    return f" {name.upper().replace('_', ' ')} " if table.header == "loud" else name


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
    """Rows for the seeds: up to `count` scenarios whatever their zones, and rows that use what the shipped do not."""
    listed = [(prefix, row) for prefix, row in ZONES.items() if row is not None]
    sources = [f"{prefix}_{number:04d},{','.join(row)}," for prefix, row in listed for number in range(count)]
    return {
        "sources": [*sources, *NAMED_BY_VENDORS],
        "retargeting_policies": list(POLICIES),
        "retargeting_experiments": list(EXPERIMENTS),
        "agent_tools": list(TOOLS),
        "field_aliases": list(ALIASES),
    }


def delivered(scenarios: Mapping[str, Scenario]) -> Iterator[tuple[datetime, dict[str, bytes]]]:
    """All scenarios' deliveries, step by step: (ingested_at, files). The first is ingested at NOW."""
    steps = max((scenario.steps for scenario in scenarios.values()), default=1)
    for step in range(steps):
        files: dict[str, bytes] = {}
        for source, scenario in scenarios.items():
            files.update(scenario.files(source, step))
        yield NOW + timedelta(hours=step), files
