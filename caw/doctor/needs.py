"""Refused lines and unreadable files that need a person, in the words that a run's summary and `caw doctor` share.

The model int_needs_a_person decides which refused lines do; the notes of a publication have their hashes, and the
published file their names. Files that could not be read are in the published ledger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from duckdb import DuckDBPyConnection

from caw.adapters.registry import ADAPTERS
from caw.feeds.declared import ERASURES, PERMISSIONS, feeds_making
from caw.publication.catalog import has_column
from caw.publication.notes import PLACE, Notes

REFUSED_REQUESTS = "refused_requests"
UNREAD_REQUESTS = "unread_requests"
NAMELESS_PERMISSIONS = "nameless_permissions"
UNREAD_PERMISSIONS = "unread_permissions"

# What is wrong and what to do, of one and of many.
SENTENCES = {
    REFUSED_REQUESTS: (
        "1 erasure request was refused, so nobody was forgotten: correct it and land it again under its request_id.",
        "{} erasure requests were refused, so nobody was forgotten: correct them and land each again under its "
        "request_id.",
    ),
    UNREAD_REQUESTS: (
        "1 file of erasure requests could not be read, so nobody in it was forgotten: do what the reason says, or mend "
        "it and land it again at the same path.",
        "{} files of erasure requests could not be read, so nobody in them was forgotten: do what the reasons say, or "
        "mend them and land them again at the same paths.",
    ),
    NAMELESS_PERMISSIONS: (
        "1 refused line of consents or suppressions names nobody, so somebody who said no may be written to: correct "
        "it and land its file again at the same path.",
        "{} refused lines of consents or suppressions name nobody, so people who said no may be written to: correct "
        "them and land their files again at the same paths.",
    ),
    UNREAD_PERMISSIONS: (
        "1 file of consents or suppressions could not be read, so people who said no may be written to: do what the "
        "reason says, or mend it and land it again at the same path.",
        "{} files of consents or suppressions could not be read, so people who said no may be written to: do what the "
        "reasons say, or mend them and land them again at the same paths.",
    ),
}

FEEDS = (ERASURES, *PERMISSIONS)
# A record that a vendor's line makes is rejected under the line's feed, once for each reason and field of the line.
LINES = f"""
select file_path, line_number, concat_ws(' ', reason, field), {{detail}}
from health.rejected_records
where feed in (select unnest($feeds)) and {PLACE} in (select unnest($places))
qualify row_number() over (partition by batch_id, file_path, line_number order by reason, field) = 1
order by batch_id, file_path, line_number
"""
# The last version of each path decides, also of one that has left the landing zone: its content is still not known.
FILES = """
select feed, file_path, coalesce(error, 'no reason was given')
from health.ingestion_ledger
where feed in (select unnest($feeds)) or concat(source, '/', feed) in (select unnest($permitting))
qualify status = 'failed' and row_number() over (partition by file_path order by ingested_at desc) = 1
order by file_path
"""


@dataclass(frozen=True)
class Place:
    """A refused line, or a file that could not be read (`line_number` None), and why."""

    file_path: str
    line_number: int | None
    reason: str
    detail: str | None = None

    @property
    def short(self) -> str:
        """`<file>:<line>: <reason>`, not made printable yet."""
        line = "" if self.line_number is None else f":{self.line_number}"
        return f"{self.file_path}{line}: {self.reason}"


@dataclass(frozen=True)
class Need:
    """One thing that a person must see to: the sentence, and where: places, or the one `source` that it is about."""

    sentence: str
    places: Sequence[Place] = ()
    source: str | None = None


def needs_of(
    connection: DuckDBPyConnection, notes: Notes, people: Mapping[str, str] = MappingProxyType({})
) -> Sequence[Need]:
    """Needs of a person, the requests to forget somebody first.

    Args:
        connection: a published file.
        notes: those of its publication.
        people: the vendor whose person ids are profile_ids, by source: its files say who may be written to.
    """
    found: Mapping[str, list[Place]] = {need: [] for need in SENTENCES}
    detail = "detail" if has_column(connection, "health", "rejected_records", "detail") else "null"
    feeds = [*FEEDS, *(making for feed in FEEDS for making in feeds_making(feed))]
    for need, hashes in ((need, hashes) for need, hashes in notes.needs.items() if need in found):
        rows = connection.execute(LINES.format(detail=detail), {"feeds": feeds, "places": list(hashes)}).fetchall()
        found[need].extend(Place(*row) for row in rows)
    permitting = [f"{source}/{feed}" for source, vendor in people.items() for feed in feeds_of(vendor)]
    files = connection.execute(FILES, {"feeds": list(FEEDS), "permitting": permitting}).fetchall()
    for feed, file_path, error in files:
        need = UNREAD_REQUESTS if feed == ERASURES else UNREAD_PERMISSIONS
        found[need].append(Place(file_path, None, error))
    return list(_needs(found))


def feeds_of(vendor: str) -> Sequence[str]:
    """The feeds of a vendor whose lines say who may be written to."""
    making = {feed for made in PERMISSIONS for feed in feeds_making(made)}
    return sorted(feed for feed in making if ADAPTERS[feed].vendor == vendor)


def _needs(found: Mapping[str, Sequence[Place]]) -> Iterator[Need]:
    for need, places in found.items():
        one, many = SENTENCES[need]
        if places:
            yield Need(one if len(places) == 1 else many.format(f"{len(places):,}"), places)
