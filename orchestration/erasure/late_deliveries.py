"""What is delivered for people who were forgotten: redacted in the batch that brings it, before the batch is committed.

Only keyed hashes say who was forgotten, so every identifier that arrives is hashed and looked up. What such lines say
that was not known before (another profile with the same address, an older conversation) is left as seeds for an
erasure, which also reaches what earlier batches hold.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.erasure.finding import IdentifierFinder, rows_with
from orchestration.erasure.forgotten import Forgotten, Identifiers
from orchestration.erasure.identifiers import CONVERSATION, ORDER, PERSONAL_KINDS, Identifier
from orchestration.erasure.redaction import Redaction, Words
from orchestration.erasure.rewriting import ROWS_AT_ONCE, UNTOUCHED_FEEDS, Expand, Rewriter, Rewritten
from orchestration.ingest.feeds import Feed, feeds

RECORD_KINDS = (CONVERSATION, ORDER)
ERASURES = "erasures"
PROFILES = "profiles"


@dataclass
class _Met:
    """What one source's new lines say of forgotten people."""

    known: set[Identifier] = field(default_factory=set)  # identifiers that were looked up and found
    records: set[Identifier] = field(default_factory=set)  # conversations and orders that their lines belong to
    seeds: set[Identifier] = field(default_factory=set)  # what was not known of them
    looked_up: dict[Identifier, bool] = field(default_factory=dict)


def redact_late_deliveries(
    parts: Mapping[str, Sequence[Path]], forgotten: Forgotten, words: Words, expand: Expand
) -> tuple[Rewritten, Identifiers]:
    """Redact a batch's parts that are not committed yet.

    Args:
        parts: the batch's files by feed.
        forgotten: who was forgotten; the conversations and orders met here are added to it.
        words: for what is left of words and reasons.
        expand: a transcript's records.

    Returns:
        What was redacted, and seeds for an erasure.
    """
    met: dict[str, _Met] = {}
    for feed_name, paths in parts.items():
        if feed_name not in UNTOUCHED_FEEDS:
            for path in paths:
                _meet(path, feeds()[feed_name], forgotten, expand, met)
    redactions = {
        source: Redaction(
            source,
            frozenset(found.known | found.records),
            forgotten.keyring,
            words,
            hidden=lambda text, source=source: forgotten.named_in(source, text),  # type: ignore[misc]
            kept=frozenset(forgotten.kept.get(source, ())),
        )
        for source, found in met.items()
        if found.known
    }
    rewriter = Rewriter(redactions, {}, expand)
    done = Rewritten()
    for feed_name, paths in parts.items():
        for path in paths:
            rewriter.part(path, feeds()[feed_name], done)
    for source, redaction in redactions.items():
        forgotten.remember_records(source, redaction, met[source].records)
    return done, {source: frozenset(found.seeds) for source, found in met.items() if found.seeds}


def _meet(path: Path, feed: Feed, forgotten: Forgotten, expand: Expand, met: dict[str, _Met]) -> None:
    finder = IdentifierFinder(feed, expand)
    for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_ONCE):
        table = pa.Table.from_batches([batch])
        for source in set(pc.unique(table["source"]).to_pylist()) & set(forgotten.hashes):
            lines = table.filter(pc.equal(table["source"], source))
            broken = set(pc.indices_nonzero(pc.is_valid(lines["problem"])).to_pylist())
            _look_up(finder.identifiers(lines), broken, feed, source, forgotten, met.setdefault(source, _Met()))


def _look_up(
    identifiers: pa.Table, broken: Collection[int], feed: Feed, source: str, forgotten: Forgotten, met: _Met
) -> None:
    """Note whose the lines are. What stands in a broken line may be known, but it says nothing new."""
    distinct = identifiers.group_by(["kind", "value"]).aggregate([])
    for kind, value in zip(distinct["kind"].to_pylist(), distinct["value"].to_pylist(), strict=True):
        identifier = Identifier(kind, value)
        if identifier not in met.looked_up:
            met.looked_up[identifier] = forgotten.knows(source, identifier)
    known = {identifier for identifier, is_known in met.looked_up.items() if is_known}
    rows = pc.unique(rows_with(identifiers, known)["row"])
    own = identifiers.filter(pc.is_in(identifiers["row"], rows))
    lines: dict[int, set[Identifier]] = {}
    for row, kind, value in zip(*(own[name].to_pylist() for name in ("row", "kind", "value")), strict=True):
        lines.setdefault(row, set()).add(Identifier(kind, value))
    for row, carried in lines.items():
        if (
            feed.name == ERASURES
            and not {identifier for identifier in carried if identifier.kind in PERSONAL_KINDS} <= known
        ):
            continue  # a request that says more than is known: the erasure that it asks for redacts it
        met.known |= carried & known
        if row in broken:
            continue
        records = {identifier for identifier in carried if identifier.kind in RECORD_KINDS}
        met.records |= records
        met.seeds |= records - known
        if feed.name == PROFILES:
            met.seeds |= carried - known
