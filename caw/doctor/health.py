"""Reads the health of each source from the published file: metrics, failed files, and fields that no rule reads."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from caw.doctor.agreement import disagreements
from caw.doctor.all_needs import all_needs
from caw.doctor.experiments import Sight, sights_of
from caw.doctor.needs import Need
from caw.doctor.unknowns import Unknowns, unknowns_of
from caw.explain.absent_feeds import AbsentFeed, absent_feeds
from caw.feeds.declared import SEEDS_DIR
from caw.landing.scan import real_path
from caw.publication.notes import Transcripts, read_notes
from caw.publication.place import in_catalog_alone, published_file
from caw.publication.reading import open_published
from caw.settings import Settings

START = "conversation_started"
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Metric:
    """One row of health.event_metrics; `last_at` is UTC, as text."""

    source: str
    event_name: str
    events: int
    last_at: str | None
    status: str
    diagnosis: str


@dataclass(frozen=True)
class FailedFile:
    """A file of the landing zone whose last version could not be read, or none of whose lines was accepted, and why."""

    file_path: str
    error: str


@dataclass(frozen=True)
class Health:
    """The health that the published file shows, and the notes of its publication."""

    as_of: datetime
    published_at: datetime
    metrics: Sequence[Metric]
    conversations: dict[str, int]  # live ones, by source
    failed_files: Sequence[FailedFile]
    refused_files: Sequence[FailedFile] = ()  # every line refused
    misplaced_files: Sequence[FailedFile] = ()  # of no feed
    needs: Sequence[Need] = ()
    unknowns: Unknowns = field(default_factory=Unknowns)
    transcripts: Mapping[str, Transcripts] = field(default_factory=dict)  # by source
    at_one_instant: Mapping[str, int] = field(
        default_factory=dict
    )  # conversations all of whose messages are; by source
    sights: Sequence[Sight] = ()  # what experiments can see
    absent_feeds: Sequence[AbsentFeed] = ()
    in_catalog: str | None = None  # where others read what is published, if it is not in files

    @property
    def silent_sources(self) -> Sequence[str]:
        """Sources with live conversations of which none started in the last 24 hours: the agent seems to be off."""
        return [
            metric.source
            for metric in self.metrics
            if metric.event_name == START and metric.status != "flowing" and self.conversations.get(metric.source)
        ]


LAST_RUN = "select epoch_us(as_of), epoch_us(published_at) from health.last_run"
METRICS = """
select source, event_name, events, cast(last_at at time zone 'UTC' as varchar), status, diagnosis
from health.event_metrics
order by source, case event_name
    when 'conversation_started' then 1
    when 'conversation_resolved' then 2
    when 'conversation_escalated' then 3
    else 4
end
"""
CONVERSATIONS = "select source, count(*) from performance.conversations where not is_preview group by source"
# Responses items and some other histories carry no times: all messages are at the transcript's start (spec §2.3.13.5).
AT_ONE_INSTANT = """
select source, count(*)
from performance.conversations
where first_record_at = last_record_at and customer_messages + agent_messages + human_messages > 1 and not is_preview
group by source
order by source
"""
# The last version of each path decides: a file that was mended is no trouble any more.
FILES = """
select file_path, {why}
from health.ingestion_ledger
qualify {condition} and row_number() over (partition by file_path order by ingested_at desc) = 1
order by file_path
"""
STATED = "coalesce(error, 'no reason was given')"
FAILED_FILES = FILES.format(why=STATED, condition="status = 'failed'")
MISPLACED_FILES = FILES.format(why=STATED, condition="status = 'unknown_feed'")
REFUSED_FILES = FILES.format(
    why="format('{:,} lines refused: see health.rejected_records', rejected)",
    condition="status = 'loaded' and rejected > 0 and accepted + duplicates = 0",
)


def read_health(settings: Settings) -> Health | None:
    """The latest published file's health; None where nothing is published.

    A file that has left the landing zone since is left out.
    """
    published = published_file(settings)
    if published is None:
        return None
    with open_published(published) as connection:
        as_of, published_at = connection.execute(LAST_RUN).fetchone() or (0, 0)
        metrics = [Metric(*row) for row in connection.execute(METRICS).fetchall()]
        conversations = dict(connection.execute(CONVERSATIONS).fetchall())
        at_one_instant = dict(connection.execute(AT_ONE_INSTANT).fetchall())
        failed, refused, misplaced = (
            _files(settings.landing_dir, connection.execute(sql).fetchall())
            for sql in (FAILED_FILES, REFUSED_FILES, MISPLACED_FILES)
        )
        notes = read_notes(settings.state_dir)
        sights = sights_of(connection, settings, _instant(as_of))
        needs = [
            *all_needs(connection, notes, settings.seeds_dir or SEEDS_DIR),
            *disagreements(connection),
            *(sight.need for sight in sights if sight.need is not None),
        ]
        unknowns, absent = unknowns_of(connection), absent_feeds(connection)
    return Health(
        as_of=_instant(as_of),
        published_at=_instant(published_at),
        metrics=metrics,
        conversations=conversations,
        failed_files=failed,
        refused_files=refused,
        misplaced_files=misplaced,
        needs=needs,
        unknowns=unknowns,
        transcripts=notes.by_source,
        at_one_instant=at_one_instant,
        sights=sights,
        absent_feeds=absent,
        in_catalog=in_catalog_alone(published),
    )


def of_source(health: Health, source: str) -> Health:
    """The part about one source; files that belong to none concern all."""

    def kept(files: Sequence[FailedFile]) -> Sequence[FailedFile]:
        return [file for file in files if file.file_path.startswith(f"{source}/")]

    unknowns = health.unknowns
    return replace(
        health,
        metrics=[metric for metric in health.metrics if metric.source == source],
        failed_files=kept(health.failed_files),
        refused_files=kept(health.refused_files),
        needs=[
            replace(need, places=places)
            for need in health.needs
            if (places := [place for place in need.places if place.file_path.startswith(f"{source}/")])
            or need.source == source
        ],
        unknowns=replace(
            unknowns,
            fields=[one for one in unknowns.fields if one.source == source],
            words=[one for one in unknowns.words if one.source == source],
        ),
        transcripts={name: counts for name, counts in health.transcripts.items() if name == source},
        at_one_instant={name: count for name, count in health.at_one_instant.items() if name == source},
        sights=[sight for sight in health.sights if sight.source in (source, None)],
        absent_feeds=[replace(one, sources=[source]) for one in health.absent_feeds if source in one.sources],
    )


def _files(landing: Path, rows: Sequence[tuple[str, str]]) -> Sequence[FailedFile]:
    """Without those that are gone; where there is no landing zone, nothing is known to be gone."""
    there = landing.is_dir()
    return [FailedFile(*row) for row in rows if not there or os.path.lexists(landing / real_path(row[0]))]


def _instant(microseconds: int) -> datetime:
    seconds, rest = divmod(microseconds, MICROSECONDS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
