"""What is remembered of forgotten people: keyed hashes of their identifiers, and which lines were theirs.

All of it lies in `raw/erasure`, and is written before the first line is rewritten: a crash in between is finished by
the next run, from the plan.
"""

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.erasure.identifiers import PATH, PERSONAL_KINDS, Identifier, normal
from orchestration.erasure.keyring import Keyring, read_key
from orchestration.erasure.redaction import ID_KINDS, Redaction
from orchestration.ingest.landing import content_sha256, scan
from orchestration.ingest.raw_store import sync_folder, write_whole

IDENTIFIERS_SCHEMA = pa.schema([("source", pa.string()), ("kind", pa.string()), ("value", pa.string())])
HASHES_SCHEMA = pa.schema([("source", pa.string()), ("hash", pa.string())])
FILES_SCHEMA = pa.schema([("file_path", pa.string()), ("content_sha256", pa.string())])

MOST_WORDS = 8  # in one identifier
_WORD = re.compile(r"[^\W_]+")

Identifiers = Mapping[str, frozenset[Identifier]]  # by source


@dataclass
class Forgotten:
    """The memory of one data dir's erasures."""

    folder: Path
    keyring: Keyring
    hashes: dict[str, set[str]] = field(default_factory=dict)  # of personal identifiers, by source
    kept: dict[str, set[Identifier]] = field(default_factory=dict)  # conversations and orders, by the ids they have now
    files: set[tuple[str, str]] = field(default_factory=set)  # (path, sha256) of landed files that hold somebody

    def knows(self, source: str, identifier: Identifier) -> bool:
        """Whether a line that carries this identifier belongs to a forgotten person."""
        if identifier.kind in PERSONAL_KINDS:
            hashes = self.hashes.get(source)
            return hashes is not None and self.keyring.hash(source, identifier) in hashes
        kept = self.kept.get(source)
        return kept is not None and (
            identifier in kept or Identifier(identifier.kind, self.keyring.pseudonym(source, *identifier)) in kept
        )

    def named_in(self, source: str, text: str) -> bool:
        """Whether a text holds a forgotten identifier between its word boundaries; only hashes can be compared."""
        hashes = self.hashes.get(source)
        return hashes is not None and any(
            self.keyring.hash(source, identifier) in hashes
            for part in _word_runs(text)
            for identifier in _readings(part)
        )

    def shown_path(self, source: str | None, file_path: str, known_paths: Collection[str]) -> str:
        """A landed file's path as it may be written down: its keyed hash if it names somebody.

        Args:
            source: the source that the path belongs to, None for none.
            file_path: relative to the landing zone.
            known_paths: paths that the ledger holds.
        """
        pseudonym = self.path_pseudonym(file_path)
        sources = self.hashes if source is None else (source,)
        is_named = pseudonym in known_paths or any(self.named_in(one, file_path) for one in sources)
        return pseudonym if is_named else file_path

    def path_pseudonym(self, file_path: str) -> str:
        """The keyed hash of a landed file's path."""
        return self.keyring.pseudonym("", PATH, file_path)

    def remember_records(self, source: str, redaction: Redaction, records: Iterable[Identifier]) -> None:
        """Remember conversations and orders by the ids that they are rewritten to."""
        names = {kind: name for name, kind in ID_KINDS.items()}
        kept = self.kept.setdefault(source, set())
        kept |= {Identifier(record.kind, redaction.own_id(names[record.kind], record.value)) for record in records}

    def add(self, identifiers: Identifiers) -> None:
        """Remember people by hashes; conversations and orders are added by the ids they are rewritten to."""
        for source, found in identifiers.items():
            personal = [identifier for identifier in found if identifier.kind in PERSONAL_KINDS]
            self.hashes.setdefault(source, set()).update(self.keyring.hashes(source, personal))

    def save(self) -> None:
        """Write it down; durable when this returns."""
        hashes = [
            {"source": source, "hash": one} for source in sorted(self.hashes) for one in sorted(self.hashes[source])
        ]
        write_whole(pa.Table.from_pylist(hashes, HASHES_SCHEMA), self.folder / "identifiers.parquet")
        _write_identifiers(self.folder / "records.parquet", {name: frozenset(kept) for name, kept in self.kept.items()})
        files = [{"file_path": path, "content_sha256": digest} for path, digest in sorted(self.files)]
        write_whole(pa.Table.from_pylist(files, FILES_SCHEMA), self.folder / "files.parquet")


def read_forgotten(folder: Path) -> Forgotten | None:
    """The memory of the erasures so far; None where nobody was ever forgotten."""
    if not (folder / "identifiers.parquet").exists():
        return None
    forgotten = Forgotten(folder, read_key(folder))
    for row in pq.read_table(folder / "identifiers.parquet").to_pylist():
        forgotten.hashes.setdefault(row["source"], set()).add(row["hash"])
    forgotten.kept = {
        source: set(identifiers) for source, identifiers in _read_identifiers(folder / "records.parquet").items()
    }
    files = pq.read_table(folder / "files.parquet").to_pylist()
    forgotten.files = {(row["file_path"], row["content_sha256"]) for row in files}
    return forgotten


def begin_forgetting(folder: Path) -> Forgotten:
    """The memory to add to: what there is, or an empty one with a new key."""
    return read_forgotten(folder) or Forgotten(folder, read_key(folder))


def still_holding(landing: Path, folder: Path) -> list[str]:
    """Files of the landing zone that hold forgotten people, by their real paths: caw never changes a landed file.

    Args:
        landing: the landing zone.
        folder: where the erasures are remembered.
    """
    forgotten = read_forgotten(folder)
    if forgotten is None:
        return []
    paths = {path for path, _ in forgotten.files}
    found = []
    for file in scan(landing):
        shown = forgotten.shown_path(file.source, file.file_path, paths)
        if shown in paths and file.obstacle is None:
            with contextlib.suppress(OSError):  # it went away
                if (shown, content_sha256(file.path)) in forgotten.files:
                    found.append(file.file_path)
    return found


class Plan:
    """Identifiers in plain text, in a file that is gone when they are: what an erasure is to look for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Identifiers:
        """The identifiers by source; none where there is no plan."""
        return _read_identifiers(self.path) if self.path.exists() else {}

    def write(self, identifiers: Identifiers) -> None:
        """Write it down; durable when this returns."""
        _write_identifiers(self.path, identifiers)

    def add(self, identifiers: Identifiers) -> None:
        """Add to what there is."""
        if identifiers:
            self.write(together(self.read(), identifiers))

    def drop(self) -> None:
        """It is carried out."""
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)


def plan_of(folder: Path) -> Plan:
    """What is being erased: all identifiers of all persons, found before the first line is rewritten."""
    return Plan(folder / "plan.parquet")


def follow_ups_of(folder: Path) -> Plan:
    """What a delivery said of forgotten people that was not known before: where the next erasure begins."""
    return Plan(folder / "seeds.parquet")


def together(*several: Identifiers) -> Identifiers:
    """All identifiers of several collections, by source."""
    sources = {source for identifiers in several for source in identifiers}
    return {
        source: frozenset().union(*(identifiers.get(source, frozenset()) for identifiers in several))
        for source in sources
    }


def _word_runs(text: str) -> Iterator[str]:
    """Every run of whole words of a text, at most MOST_WORDS of them: an address is several words."""
    edges = [match.span() for match in _WORD.finditer(text)]
    for first, (start, _) in enumerate(edges):
        yield from (text[start:end] for _, end in edges[first : first + MOST_WORDS])


def _readings(text: str) -> Iterator[Identifier]:
    for kind in PERSONAL_KINDS:
        value = normal(kind, text)
        if value is not None:
            yield Identifier(kind, value)


def _read_identifiers(path: Path) -> Identifiers:
    found: dict[str, set[Identifier]] = {}
    for row in pq.read_table(path).to_pylist():
        found.setdefault(row["source"], set()).add(Identifier(row["kind"], row["value"]))
    return {source: frozenset(identifiers) for source, identifiers in found.items()}


def _write_identifiers(path: Path, identifiers: Identifiers) -> None:
    rows: Iterable[tuple[str, Identifier]] = (
        (source, identifier) for source in sorted(identifiers) for identifier in sorted(identifiers[source])
    )
    table = pa.Table.from_pylist(
        [{"source": source, "kind": identifier.kind, "value": identifier.value} for source, identifier in rows],
        IDENTIFIERS_SCHEMA,
    )
    write_whole(table, path)
