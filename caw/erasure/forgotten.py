"""The store of forgotten people: keyed hashes of their identifiers, plans of erasures and follow-ups.

All of it is in `raw/erasure`, and is written before the first line is rewritten: after a crash the next run finishes
the erasure from the plan.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote

import pyarrow as pa

from caw.erasure.held_files import File, add_files, path_pseudonym, read_files, write_files
from caw.erasure.identifiers import PERSONAL_KINDS, Identifier
from caw.erasure.keyring import HASHES, Keyring, read_key
from caw.erasure.redaction import RECORD_IDS, Redaction
from caw.erasure.words import Knows, names_contact, names_id
from caw.raw_store.objects import Objects, exists
from caw.raw_store.tables import put_table, read_table

RECORDS = "records.parquet"  # a name within the memory
PLAN, FOLLOW_UPS = "plan.parquet", "seeds.parquet"
IDENTIFIERS_SCHEMA = pa.schema([("source", pa.string()), ("kind", pa.string()), ("value", pa.string())])
HASHES_SCHEMA = pa.schema([("source", pa.string()), ("hash", pa.string())])

FOLLOW_UPS_SCHEMA = pa.schema(
    [
        *IDENTIFIERS_SCHEMA,
        ("condition", pa.string()),
        ("batch_id", pa.string()),
        ("file_path", pa.string()),
        ("line_number", pa.int64()),
    ]
)

Identifiers = Mapping[str, frozenset[Identifier]]  # by source
Line = tuple[str, str, int]  # batch_id, file_path, line_number

_ENDINGS = re.compile(
    r"(?:\.(?:jsonl|ndjson|json|csv|tsv|parquet|txt|log|xlsx?|pdf|eml))?(?:\.(?:gz|zst|bz2|xz|zip))?$", re.IGNORECASE
)

ALWAYS = "always"  # conditions under which a follow-up counts
IF_ACCEPTED = "line accepted"  # the line of profiles that said it
IF_NO_PROFILE = "no profile"  # for a profile_id of which no row of profiles was ever accepted


class FollowUp(NamedTuple):
    """An identifier that a delivery added to a forgotten person; `line` where only an accepted line counts."""

    source: str
    identifier: Identifier
    condition: str = ALWAYS
    line: Line | None = None


@dataclass
class Forgotten:
    """Hashes, records and landed files of the people that one data dir has forgotten."""

    memory: Objects  # of the raw store: what tells of them
    keyring: Keyring
    hashes: dict[str, set[str]] = field(default_factory=dict)  # of personal identifiers, by source
    kept: dict[str, set[Identifier]] = field(default_factory=dict)  # conversations and orders, by the ids they have now
    files: set[File] = field(default_factory=set)  # landed files that contain data of them

    def knows(self, source: str, identifier: Identifier) -> bool:
        """Whether a line that carries this identifier belongs to a forgotten person."""
        if identifier.kind in PERSONAL_KINDS:
            hashes = self.hashes.get(source)
            return hashes is not None and self.keyring.hash(source, identifier) in hashes
        kept = self.kept.get(source)
        return kept is not None and (
            identifier in kept or Identifier(identifier.kind, self.keyring.pseudonym(source, *identifier)) in kept
        )

    def knows_of(self, source: str) -> Knows:
        """`knows` for one source."""
        return partial(self.knows, source)

    def shown_path(self, source: str | None, file_path: str, known_paths: Collection[str]) -> str:
        """A landed file's path as it may be stored: its keyed hash if it names a forgotten person.

        Args:
            source: the source that the path belongs to, None for none.
            file_path: relative to the landing zone.
            known_paths: paths of the ledger.
        """
        if file_path in known_paths:
            return file_path  # an erasure would have rewritten it
        pseudonym = path_pseudonym(self.keyring, file_path)
        sources = self.hashes if source is None else self.hashes.keys() & {source}
        is_named = pseudonym in known_paths or any(names_in_path(file_path, self.knows_of(one)) for one in sources)
        return pseudonym if is_named else file_path

    def remember_records(self, source: str, redaction: Redaction, records: Iterable[Identifier]) -> None:
        """Add conversations and orders, by the ids that they are rewritten to."""
        names = {kind: name for name, kind in RECORD_IDS.items()}
        rewritten = {Identifier(kind, redaction.own_id(names[kind], value)) for kind, value in records}
        self.kept.setdefault(source, set()).update(rewritten)

    def rewrite_records(self, source: str, redaction: Redaction) -> None:
        """Redact the ids of those known before, which may name somebody who is forgotten only now."""
        self.remember_records(source, redaction, self.kept.pop(source, ()))

    def add(self, identifiers: Identifiers) -> None:
        """Add the hashes of people; conversations and orders are added by `remember_records`."""
        for source, found in identifiers.items():
            personal = [identifier for identifier in found if identifier.kind in PERSONAL_KINDS]
            self.hashes.setdefault(source, set()).update(self.keyring.hashes(source, personal))

    def withdraw(self, source: str, identifiers: Collection[Identifier]) -> None:
        """Take back the hashes of what turned out to be somebody else's as well; durable when this returns."""
        if identifiers:
            self.hashes[source] -= self.keyring.hashes(source, identifiers)
            self.save()

    def remember_files(self, files: Iterable[File]) -> None:
        """Append landed files that contain data of them; durable when this returns."""
        new = sorted(set(files) - self.files)
        if new:
            add_files(self.memory, new)
            self.files.update(new)

    def save_files(self) -> None:
        """Write the list of landed files into one file; durable when this returns."""
        write_files(self.memory, self.files)

    def save(self) -> None:
        """Write all of it; durable when this returns. The hashes, without which nothing is read, come last."""
        self.save_files()
        _write_identifiers(self.memory, RECORDS, {name: frozenset(kept) for name, kept in self.kept.items()})
        hashes = [
            {"source": source, "hash": one} for source in sorted(self.hashes) for one in sorted(self.hashes[source])
        ]
        put_table(self.memory, HASHES, pa.Table.from_pylist(hashes, HASHES_SCHEMA), replaces=True)


def read_forgotten(memory: Objects) -> Forgotten | None:
    """Read what was stored; None where nobody was ever forgotten."""
    if not exists(memory, HASHES):
        return None
    forgotten = Forgotten(memory, read_key(memory))
    for source, one in _rows(memory, HASHES):
        forgotten.hashes.setdefault(source, set()).add(one)
    forgotten.kept = {source: set(identifiers) for source, identifiers in _read_identifiers(memory, RECORDS).items()}
    forgotten.files = read_files(memory)
    return forgotten


def begin_forgetting(memory: Objects) -> Forgotten:
    """The stored hashes and records, or an empty store with a new key."""
    return read_forgotten(memory) or Forgotten(memory, read_key(memory))


class Plan:
    """The identifiers that an erasure looks for, in plain text, in an object that exists only until it is done."""

    def __init__(self, memory: Objects) -> None:
        self.memory = memory

    def read(self) -> Identifiers:
        """The identifiers by source; none where there is no plan."""
        return _read_identifiers(self.memory, PLAN) if exists(self.memory, PLAN) else {}

    def write(self, identifiers: Identifiers) -> None:
        """Write the plan; durable when this returns."""
        _write_identifiers(self.memory, PLAN, identifiers)

    def drop(self) -> None:
        """Remove the plan, which has been carried out."""
        self.memory.remove([PLAN])


def plan_of(memory: Objects) -> Plan:
    """The plan: all identifiers of all data subjects, found before the first line is rewritten."""
    return Plan(memory)


class FollowUps:
    """Follow-ups in plain text, in an object that exists until the next erasure has looked at them."""

    def __init__(self, memory: Objects) -> None:
        self.memory = memory

    def read(self) -> list[FollowUp]:
        """All of them; none where there is no such object."""
        if not exists(self.memory, FOLLOW_UPS):
            return []
        rows = read_table(self.memory, FOLLOW_UPS).to_pylist()
        return [
            FollowUp(
                row["source"],
                Identifier(row["kind"], row["value"]),
                row.get("condition") or ALWAYS,
                (row["batch_id"], row["file_path"], row["line_number"]) if row.get("batch_id") else None,
            )
            for row in rows
        ]

    def add(self, follow_ups: Collection[FollowUp], batch_id: str) -> None:
        """Add those of a batch that is not committed yet to what there is; durable when this returns.

        What another attempt at that batch said of its lines is dropped: its files may have been corrected since.
        """
        there = self.read()
        before = [one for one in there if one.line is None or one.line[0] < batch_id]
        if follow_ups or len(before) < len(there):
            rows = [
                {"source": one.source, **one.identifier._asdict(), "condition": one.condition}
                | dict(zip(("batch_id", "file_path", "line_number"), one.line or (None,) * 3, strict=True))
                for one in dict.fromkeys([*before, *follow_ups])
            ]
            put_table(self.memory, FOLLOW_UPS, pa.Table.from_pylist(rows, FOLLOW_UPS_SCHEMA), replaces=True)

    def drop(self) -> None:
        """Remove them: they have been looked at."""
        self.memory.remove([FOLLOW_UPS])


def follow_ups_of(memory: Objects) -> FollowUps:
    """Identifiers that deliveries added to forgotten people."""
    return FollowUps(memory)


def together(*several: Identifiers) -> Identifiers:
    """All identifiers of several collections, by source."""
    sources = {source for identifiers in several for source in identifiers}
    return {
        source: frozenset().union(*(identifiers.get(source, frozenset()) for identifiers in several))
        for source in sources
    }


def names_in_path(file_path: str, knows: Knows) -> bool:
    """Whether a landed file's path names somebody: by e-mail, phone, or a profile_id that is not of digits alone."""

    def knows_id(identifier: Identifier) -> bool:
        return not identifier.value.isdecimal() and knows(identifier)

    decoded = unquote(file_path)  # a folder `email=ana%40example.com` gives its rows their address
    without_ending = (_ENDINGS.sub("", path) for path in (file_path, decoded))  # else an address would go on in it
    return any(
        names_contact(path, knows, is_id=True) for path in dict.fromkeys((file_path, decoded, *without_ending))
    ) or any(names_id(path, ("profile_id",), knows_id) for path in dict.fromkeys((file_path, decoded)))


def _read_identifiers(memory: Objects, name: str) -> Identifiers:
    found: dict[str, set[Identifier]] = {}
    for source, kind, value in _rows(memory, name):
        found.setdefault(source, set()).add(Identifier(kind, value))
    return {source: frozenset(identifiers) for source, identifiers in found.items()}


def _rows(memory: Objects, name: str) -> Iterable[tuple[str, ...]]:
    """The rows of a small table of texts, by its columns."""
    return zip(*(column.to_pylist() for column in read_table(memory, name).columns), strict=True)


def _write_identifiers(memory: Objects, name: str, identifiers: Identifiers) -> None:
    rows: Iterable[tuple[str, Identifier]] = (
        (source, identifier) for source in sorted(identifiers) for identifier in sorted(identifiers[source])
    )
    table = pa.Table.from_pylist(
        [{"source": source, "kind": identifier.kind, "value": identifier.value} for source, identifier in rows],
        IDENTIFIERS_SCHEMA,
    )
    put_table(memory, name, table, replaces=True)
