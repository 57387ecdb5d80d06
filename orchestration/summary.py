"""What a person reads when a run is over, in ten seconds; read from the published file, like any BI tool would."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.verdicts import story

SHOWN_REASONS = 4
SHOWN_FILES = 3
EVENT_TABLES = (
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
)


@dataclass(frozen=True)
class Intake:
    """What one batch took in: counts of the ledger, and the refused lines by reason and field."""

    files: int = 0
    lines: int = 0
    blank: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: Sequence[tuple[str, int]] = ()
    troubles: Sequence[tuple[str, str]] = ()  # files that loaded nothing, and why


@dataclass(frozen=True)
class Summary:
    """One successful run."""

    as_of: datetime
    seconds: float
    intake: Intake
    events: Mapping[str, int]
    published: Path
    look_closer: str  # the command that opens the UI on this data
    story: Sequence[tuple[str, str]] = ()  # further rows: heading and text

    @property
    def is_latest(self) -> bool:
        """Whether it published the file that BI tools open, and not one of a past instant."""
        return self.published.parent.name == "published"


def read_summary(published: Path, look_closer: str, batch_id: str | None, as_of: datetime, seconds: float) -> Summary:
    """Read a published file.

    Args:
        published: the file that the run wrote.
        look_closer: the command that opens the UI on this data, as the reader is told.
        batch_id: what the run took in; None for nothing new.
        as_of: the run's instant, UTC.
        seconds: how long it took.
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        intake = _intake(connection, batch_id) if batch_id else Intake()
        events = {table: _count(connection, table) for table in EVENT_TABLES}
        told = story(connection)
    return Summary(as_of, seconds, intake, events, published, look_closer, told)


def render(summary: Summary) -> str:
    """The summary as lines of text."""
    intake = summary.intake
    rows = [("Refreshed", f"as of {summary.as_of:%Y-%m-%d %H:%M:%S} UTC, in {summary.seconds:.1f} s")]
    if not intake.files:
        rows.append(("Taken in", "nothing new in the landing zone"))
    else:
        rows.append(("Taken in", f"{_many(intake.files, 'file')}, {_many(intake.lines, 'line')}: {_shares(intake)}"))
    if intake.reasons:
        rows.append(("Refused", _listed((f"{count:,} {reason}" for reason, count in intake.reasons), SHOWN_REASONS)))
    if intake.troubles:
        rows.append(("Not loaded", _listed((f"{name} ({why})" for name, why in intake.troubles), SHOWN_FILES)))
    for place, (name, count) in enumerate(summary.events.items()):
        rows.append(("" if place else "Events", f"{count:>9,} {name}"))
    rows += summary.story
    rows.append(("Published", str(summary.published)))
    if not summary.is_latest:
        rows.append(("", "of a past instant; the latest stays as it was"))
    rows.append(("Look closer", summary.look_closer))
    return "\n".join(f"{name:<12}{text}" for name, text in rows)


def _intake(connection: duckdb.DuckDBPyConnection, batch_id: str) -> Intake:
    sums = connection.execute(
        "select count(*), coalesce(sum(lines), 0), coalesce(sum(blank), 0), coalesce(sum(accepted), 0), "
        "coalesce(sum(duplicates), 0), coalesce(sum(rejected), 0) from health.ingestion_ledger where batch_id = ?",
        [batch_id],
    ).fetchone()
    reasons = connection.execute(
        "select concat_ws(' ', reason, field), count(*) from health.rejected_records where batch_id = ? "
        "group by 1 order by 2 desc, 1",
        [batch_id],
    ).fetchall()
    troubles = connection.execute(
        "select file_path, coalesce(error, status) from health.ingestion_ledger "
        "where coalesce(batch_id, ?) = ? and status <> 'loaded' order by 1",
        [batch_id, batch_id],
    ).fetchall()
    files, lines, blank, accepted, duplicates, rejected = (int(value) for value in sums or (0,) * 6)
    return Intake(files, lines, blank, accepted, duplicates, rejected, reasons, troubles)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from events.{table}").fetchone()
    return int(row[0]) if row else 0


def _shares(intake: Intake) -> str:
    parts = {
        "accepted": intake.accepted,
        "duplicate": intake.duplicates,
        "blank": intake.blank,
        "refused": intake.rejected,
    }
    return ", ".join(f"{count:,} {name}" for name, count in parts.items() if count or name == "accepted")


def render_still_holding(files: Sequence[str], shown: int = SHOWN_FILES) -> str:
    """Which landed files hold people whom caw has forgotten; they are their owner's to clean."""
    return f"{'Clean up':<12}{_many(len(files), 'landed file')} still holding forgotten people: {_listed(files, shown)}"


def _listed(items: Iterable[str], shown: int) -> str:
    texts = list(items)
    more = [f"and {len(texts) - shown} more"] if len(texts) > shown else []
    return "; ".join([*texts[:shown], *more])


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
