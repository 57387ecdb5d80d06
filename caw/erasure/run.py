"""Erasure within a run: find the people that new requests name, redact all that is stored, rebuild the rest.

It comes between ingestion and the build. What it finds is written as a plan before the first line is rewritten; a run
that dies leaves the plan, and the next run carries it out before it does anything else. The warehouse, whose free pages
still contain the people's data, is removed and rebuilt from the raw store; older publications are removed once there is
a new one.
"""

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caw.adapters.expansion import expand_pending
from caw.adapters.registry import expander
from caw.engine import MIRROR, SPARK_TABLES
from caw.erasure.earlier_lines import look_again, reaches_back
from caw.erasure.finding import IdentifierFinder
from caw.erasure.forgotten import (
    FollowUp,
    Identifiers,
    begin_forgetting,
    follow_ups_of,
    names_in_path,
    plan_of,
    together,
)
from caw.erasure.identifiers import PATH, RECORD_KINDS, Identifier
from caw.erasure.redaction import Redaction
from caw.erasure.rewriting import Rewritten, rewriter_of
from caw.erasure.seed_words import load_words
from caw.erasure.subjects import requested, subjects
from caw.erasure.words import Knows
from caw.feeds.declared import ERASURES, SEEDS_DIR, feeds, feeds_making
from caw.host import progress
from caw.publication import forget_published
from caw.pull.cursor import FOLDER as PULLS
from caw.pull.cursor import forget_pages
from caw.raw_store.objects import exists, put_bytes, read_bytes
from caw.raw_store.scratch import sweep
from caw.raw_store.segment_history import forget_members, keep_history
from caw.raw_store.store import RawStore
from caw.raw_store.tables import read_table, write_whole
from caw.settings import Settings

PHASE = "Erasure"
COLUMNS_OF_REQUESTS = ["batch_id", "is_erased"]
HANDLED = "handled"  # the last batch whose requests were looked at
# What must be built to know to which person a line belongs.
IDENTITIES = ("+int_conversation_profiles", "+int_orders", "+stg_erasures")
WITHOUT_TESTS = ("--exclude-resource-type", "test")


class Build(Protocol):
    """The outcome of a build of models."""

    @property
    def succeeded(self) -> bool:
        """Whether all of them were built."""
        ...


AnyBuild = TypeVar("AnyBuild", bound=Build)


@dataclass(frozen=True)
class _Erasure:
    """The settings and the raw store of one erasure."""

    settings: Settings
    store: RawStore

    @property
    def seeds_dir(self) -> Path:
        return self.settings.seeds_dir or SEEDS_DIR


def forget_people(
    settings: Settings, whole_store: bool, build: Callable[[tuple[str, ...]], AnyBuild]
) -> AnyBuild | None:
    """Carry out the requests that have come since the last run.

    Args:
        settings: whose data dir; the caller holds its lock.
        whole_store: look at all requests and lines, not only at those of new batches: the warehouse is rebuilt
            anyway, maybe because a seed shows now who a line names.
        build: builds the selected models in the warehouse, without tests.

    Returns:
        The build of the identities if it failed, else None. If somebody was forgotten, the warehouse
        is gone.
    """
    erasure = _Erasure(settings, settings.store())
    follow_ups = follow_ups_of(erasure.store.erasure)
    if whole_store:
        look_again(erasure.store, erasure.seeds_dir)
    found = follow_ups.read()
    since = "" if whole_store else _handled(erasure)
    if (
        _has_requests(erasure, since)
        or (whole_store and found)
        or reaches_back(erasure.store, settings.warehouse, found)
    ):
        expanded = (f"+stg_expanded_{feed}" for feed in feeds() if feeds_making(feed))
        built = build(("--select", *IDENTITIES, *expanded, *WITHOUT_TESTS))
        if not built.succeeded:
            return built
        identifiers = _data_subjects(erasure, found)
        if identifiers:
            keep_history(erasure.store, settings.warehouse)
            _carry_out(erasure, identifiers)
    _note_handled(erasure, erasure.store.last_batch_id())
    if found:
        follow_ups.drop()
    return None


def finish_erasure(settings: Settings) -> None:
    """Carry out the plan of a run that died; before ingestion, which knows landed files by the paths it rewrites."""
    erasure = _Erasure(settings, settings.store())
    identifiers = plan_of(erasure.store.erasure).read()
    if identifiers:
        erasure.store.prepare()
        _carry_out(erasure, identifiers, is_resumed=True)


def _has_requests(erasure: _Erasure, since: str) -> bool:
    parts = (part for parts in erasure.store.parts(ERASURES).values() for part in parts)
    made = (erasure.store.data_dir / "expanded" / "records" / ERASURES).glob("*/*.parquet")
    tables = chain(
        (read_table(erasure.store.objects, part, COLUMNS_OF_REQUESTS) for part in parts),
        (pq.ParquetFile(path).read(COLUMNS_OF_REQUESTS) for path in made),
    )
    return any(_latest_request(table) > since for table in tables)


def _latest_request(table: pa.Table) -> str:
    """The last batch with a request that is not erased; '' where there is none.

    No value of Python's is given to Arrow, which loads pandas for the first one, in every run (docs/decisions.md).
    """
    latest: str | None = pc.max(table["batch_id"].filter(pc.invert(table["is_erased"]))).as_py()
    return latest or ""


def _handled(erasure: _Erasure) -> str:
    """The last batch whose requests were looked at; '' before the first."""
    memory = erasure.store.erasure
    return read_bytes(memory, HANDLED).decode("ascii").strip() if exists(memory, HANDLED) else ""


def _note_handled(erasure: _Erasure, batch_id: str) -> None:
    if batch_id != _handled(erasure):
        put_bytes(erasure.store.erasure, HANDLED, batch_id.encode("ascii"), replaces=True)


def _data_subjects(erasure: _Erasure, follow_ups: Sequence[FollowUp]) -> Identifiers:
    expand = expander(erasure.seeds_dir)

    @cache
    def finder_of(feed: str, source: str) -> IdentifierFinder:
        return IdentifierFinder(feeds()[feed], source, expand, erasure.seeds_dir)

    with duckdb.connect(str(erasure.settings.warehouse), read_only=True) as connection:
        requests = requested(connection)
        if not requests and not follow_ups:
            return {}
        identifiers = subjects(connection, requests, follow_ups, finder_of)
    return _with_paths(identifiers, erasure.store)


def _with_paths(identifiers: Identifiers, store: RawStore) -> Identifiers:
    """Identifiers, and the paths of landed files that name somebody: of the people's source, or of none."""
    columns = ["file_path", "source"]
    tables = [store.ledger_rows(columns), pq.read_table(store.unreadable, columns=columns)]
    paths: dict[str | None, set[str]] = {}
    for table in tables:
        for path, source in zip(*(column.to_pylist() for column in table.columns), strict=True):
            paths.setdefault(source, set()).add(path)
    found = {
        source: frozenset(
            Identifier(PATH, path)
            for path in paths.get(source, set()) | paths.get(None, set())
            if names_in_path(path, known.__contains__)
        )
        for source, known in identifiers.items()
    }
    return together(identifiers, found)


def _carry_out(erasure: _Erasure, identifiers: Identifiers, is_resumed: bool = False) -> None:
    """Write the plan, carry it out, remove it; everything in between may be done twice."""
    plan = plan_of(erasure.store.erasure)
    plan.write(identifiers)
    forgotten = begin_forgetting(erasure.store.erasure)
    words, expand = load_words(erasure.seeds_dir), expander(erasure.seeds_dir)
    had_some = set(forgotten.hashes)
    forgotten.add(identifiers)
    redactions = []
    for source, found in identifiers.items():
        redaction = Redaction(
            source,
            found,
            forgotten.keyring,
            words,
            knows=found.__contains__,
            knows_of_any=_either(found, forgotten.knows_of(source)) if source in had_some else found.__contains__,
            kept=frozenset(forgotten.kept.get(source, ())),
        )
        forgotten.rewrite_records(source, redaction)
        forgotten.remember_records(source, redaction, (one for one in found if one.kind in RECORD_KINDS))
        redactions.append(redaction)
    forgotten.save()
    rewriter = rewriter_of(erasure.store.objects, redactions, expand)
    digests = _digests(erasure.store, rewriter.paths)
    done = rewriter.whole_store(
        erasure.store,
        lambda count, total: progress.report(PHASE, "raw store", count, total),
        lambda part: forgotten.remember_files((path, digests[batch_id, path]) for batch_id, path in part.files),
    )
    forgotten.save_files()
    unreadable = pq.read_table(erasure.store.unreadable)
    if (shown := rewriter.with_shown_paths(unreadable)) is not unreadable:
        write_whole(shown, erasure.store.unreadable)
    if done.parts or is_resumed:  # else nothing of theirs was stored
        forget_published(erasure.settings.published)
        forget_members(erasure.store, _profiles(identifiers))
        _remove_copies(erasure)
        expand_pending(erasure.store, erasure.seeds_dir)
        progress.say(PHASE, _sentence(identifiers, done))
    plan.drop()


def _either(found: Collection[Identifier], knows: Knows) -> Knows:
    return lambda identifier: identifier in found or knows(identifier)


def _digests(store: RawStore, paths: Mapping[str, str]) -> Mapping[tuple[str, str], str]:
    """The digest of each file version, by its batch and by its path as it is after the rewriting."""
    ledger = store.ledger_rows(["batch_id", "file_path", "content_sha256"]).to_pylist()
    return {(row["batch_id"], paths.get(row["file_path"], row["file_path"])): row["content_sha256"] for row in ledger}


def _remove_copies(erasure: _Erasure) -> None:
    """Remove what was derived from the raw store, logs that may quote it, and where pulls stand."""
    data_dir = erasure.settings.data_dir
    for path in (*data_dir.glob("warehouse.duckdb*"), data_dir / "state" / "seen_files.parquet"):
        path.unlink(missing_ok=True)
    (data_dir / "state" / "warehouse.json").unlink(missing_ok=True)
    sweep(data_dir)
    forget_pages(data_dir / PULLS)
    for folder in ("expanded", Path("target", "run"), "spill", SPARK_TABLES, MIRROR):
        shutil.rmtree(data_dir / folder, ignore_errors=True)
    for log in erasure.settings.log_dir.rglob("*"):
        if log.is_file():
            with log.open("wb"):  # emptied, not removed: this very run may be writing it
                pass


def _profiles(identifiers: Identifiers) -> Mapping[str, Sequence[str]]:
    """The forgotten profiles, by source."""
    return {source: [one.value for one in found if one.kind == "profile_id"] for source, found in identifiers.items()}


def _sentence(identifiers: Identifiers, done: Rewritten) -> str:
    profiles = sum(map(len, _profiles(identifiers).values()))
    return (
        f"profiles forgotten: {profiles:,}, lines redacted: {done.lines:,}, files of the raw store rewritten: "
        f"{done.parts:,}; every table is rebuilt from the raw store"
    )
