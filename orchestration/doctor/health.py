"""The published file's word on each source: its metrics, what could not be read, and what nothing reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.doctor.needs import Need, needs_of
from orchestration.doctor.unknowns import Unknowns, unknowns_of
from orchestration.publication import FILE_NAME
from orchestration.publication.notes import Transcripts, read_notes
from orchestration.settings import Settings

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
    """A file of the landing zone whose last version could not be read."""

    file_path: str
    error: str


@dataclass(frozen=True)
class Health:
    """What the published file says, and the notes of its publication."""

    as_of: datetime
    published_at: datetime
    metrics: Sequence[Metric]
    conversations: dict[str, int]  # live ones, by source
    failed_files: Sequence[FailedFile]
    needs: Sequence[Need] = ()
    unknowns: Unknowns = field(default_factory=Unknowns)
    transcripts: Mapping[str, Transcripts] = field(default_factory=dict)  # by source

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
# The last version of each path decides: a file that was mended is no trouble any more.
FAILED_FILES = """
select file_path, coalesce(error, 'no reason was given')
from health.ingestion_ledger
qualify status = 'failed' and row_number() over (partition by file_path order by ingested_at desc) = 1
order by file_path
"""


def read_health(settings: Settings) -> Health | None:
    """The latest published file's health; None where nothing is published.

    A failed file that has left the landing zone since is left out.
    """
    published = settings.published / FILE_NAME
    if not published.is_file():
        return None
    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        as_of, published_at = connection.execute(LAST_RUN).fetchone() or (0, 0)
        metrics = [Metric(*row) for row in connection.execute(METRICS).fetchall()]
        conversations = dict(connection.execute(CONVERSATIONS).fetchall())
        failed = [FailedFile(*row) for row in connection.execute(FAILED_FILES).fetchall()]
        notes = read_notes(settings.state_dir)
        needs, unknowns = needs_of(connection, notes), unknowns_of(connection)
    return Health(
        as_of=_instant(as_of),
        published_at=_instant(published_at),
        metrics=metrics,
        conversations=conversations,
        failed_files=[file for file in failed if not _is_gone(settings.landing_dir, file.file_path)],
        needs=needs,
        unknowns=unknowns,
        transcripts=notes.by_source,
    )


def _is_gone(landing: Path, file_path: str) -> bool:
    return landing.is_dir() and not (landing / file_path).exists()


def _instant(microseconds: int) -> datetime:
    seconds, rest = divmod(microseconds, MICROSECONDS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
