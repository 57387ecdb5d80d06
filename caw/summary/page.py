"""The summary of a run, read in ten seconds; from the published file, as any BI tool would read it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from caw.doctor.all_needs import all_needs
from caw.doctor.needs import Need
from caw.doctor.unknowns import Unknowns, repeats_of, unknowns_of
from caw.explain.page import shown
from caw.feeds.declared import SEEDS_DIR
from caw.host.printable import printable
from caw.publication.notes import Notes, Transcripts
from caw.publication.place import folder_of, in_catalog_alone
from caw.publication.reading import open_published
from caw.report.write import FOLDER, PAGE
from caw.summary.layout import HEADING, WIDTH, fitting, headed, in_line, listed, many, together, wrapped
from caw.summary.marts import Row, story

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
    """The intake of one batch: counts of the ledger, and the refused lines by reason and field.

    Refused records that lines are expanded into are counted apart: the ledger counts such a line as one.
    """

    files: int = 0
    lines: int = 0
    blank: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: Sequence[tuple[str, int]] = ()
    refused_records: Sequence[tuple[str, int]] = ()  # by reason and field
    transcripts: Transcripts = field(default_factory=Transcripts)
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
    story: Sequence[Row] = ()
    needs: Sequence[Need] = ()
    unknowns: Unknowns = field(default_factory=Unknowns)
    taken_back: int = 0  # resolutions of the publication before that are none any more
    reports: Sequence[Path] = ()  # pages for people, one a source

    @property
    def is_latest(self) -> bool:
        """Whether it published the file that BI tools open, and not one of a past instant."""
        return folder_of(self.published).name == "published"


def read_summary(
    published: Path,
    look_closer: str,
    batch_id: str | None,
    as_of: datetime,
    seconds: float,
    notes: Notes | None = None,
    seeds: Path = SEEDS_DIR,
) -> Summary:
    """Read a published file.

    Args:
        published: the file that the run wrote.
        look_closer: the command that opens the UI on this data, as it is shown.
        batch_id: the run's batch; None where nothing was new.
        as_of: the run's instant, UTC.
        seconds: how long it took.
        notes: those of the publication; None for none.
        seeds: the folder of the run's seeds.
    """
    notes = notes or Notes()
    with open_published(published) as connection:
        intake = _intake(connection, batch_id, notes) if batch_id else Intake(troubles=_troubles(connection, None))
        return Summary(
            as_of=as_of,
            seconds=seconds,
            intake=intake,
            events={table: _count(connection, table) for table in EVENT_TABLES},
            published=published,
            look_closer=look_closer,
            story=story(connection),
            needs=all_needs(connection, notes, seeds),
            unknowns=unknowns_of(connection),
            taken_back=notes.taken_back,
            reports=sorted(folder_of(published).glob(f"{FOLDER}/*/{PAGE}")),
        )


def render(summary: Summary) -> str:
    """The summary as lines of text: first what needs a person; a row without anything to say is left out."""
    rows = [
        *_needs(summary.needs),
        ("Refreshed", f"as of {summary.as_of:%Y-%m-%d %H:%M:%S} UTC, in {summary.seconds:.1f} s"),
        *_taken_in(summary.intake),
        *_unknown(summary.unknowns),
        *headed("Events", (f"{count:>9,} {name}" for name, count in summary.events.items())),
        *_taken_back(summary.taken_back),
        *(part for row in summary.story for part in ([row] if len(row[1]) <= WIDTH else wrapped(*row))),
        ("Published", in_catalog_alone(summary.published) or str(summary.published)),
        *([] if summary.is_latest else [("", "of a past instant; the latest stays as it was")]),
        *_reports(summary.reports),
        ("Look closer", summary.look_closer),
    ]
    return "\n".join(printable(f"{name:<{HEADING}}{text}") for name, text in rows)


def _needs(needs: Sequence[Need]) -> Iterator[Row]:
    heading = "Needs you"
    for need in needs:
        yield from wrapped(heading, need.sentence)
        heading = ""
        for place in need.places[:SHOWN_FILES]:
            yield from wrapped("", shown(place.short), indent="  ")
        if len(need.places) > SHOWN_FILES:
            yield "", f"  and {len(need.places) - SHOWN_FILES:,} more: `caw doctor` names them"


def _taken_in(intake: Intake) -> Iterator[Row]:
    if not intake.files:
        yield "Taken in", "nothing new in the landing zone"
    else:
        counts = f"{many(intake.files, 'file')}, {many(intake.lines, 'line')}: {_shares(intake)}"
        yield from wrapped("Taken in", counts)
    if intake.reasons:
        yield from wrapped("Refused", _by_reason(intake.reasons))
    if refused := sum(count for _, count in intake.refused_records):
        counts = f"{many(refused, 'refused record')}: {_by_reason(intake.refused_records)}"
        yield from wrapped("Expanded", counts)
    if intake.transcripts.repeats:
        yield from wrapped("Transcripts", repeats_of(intake.transcripts))
    if intake.troubles:
        files = (f"{shown(name)} ({shown(why)})" for name, why in intake.troubles)
        yield from wrapped("Not loaded", listed(files, SHOWN_FILES))


def _taken_back(resolutions: int) -> Iterator[Row]:
    if resolutions:
        counted = (
            f"{many(resolutions, 'resolution')} of the last publication: the shopper came back, or the record changed"
        )
        yield from wrapped("Taken back", counted)


def _reports(pages: Sequence[Path]) -> Iterator[Row]:
    more = [f"and {len(pages) - SHOWN_FILES:,} more"] if len(pages) > SHOWN_FILES else []
    yield from headed("Report", [*map(str, pages[:SHOWN_FILES]), *more])


def _unknown(unknowns: Unknowns) -> Iterator[Row]:
    lines = []
    if tools := unknowns.tools:
        head = f"{many(len(tools), 'tool')}, by transcripts: "
        lines.append(fitting(head, [f"{in_line(tool.word)} {tool.lines:,}" for tool in tools]))
    if fields := unknowns.fields:
        names = [
            f"{in_line(f'{one.feed}.{one.field}')} {one.lines:,}"
            f"{f' (like {in_line(one.nearest)})' if one.nearest else ''}"
            for one in fields
        ]
        lines.append(fitting(f"{many(len(fields), 'field')}: ", names))
    if words := unknowns.other_words:
        names = [f"{in_line(f'{one.feed}.{one.field} {one.word}')} {one.lines:,}" for one in words]
        lines.append(fitting(f"{many(len(words), 'word')}: ", names))
    yield from headed("Unknown", lines)


def _intake(connection: duckdb.DuckDBPyConnection, batch_id: str, notes: Notes) -> Intake:
    sums = connection.execute(
        "select count(*), coalesce(sum(lines), 0), coalesce(sum(blank), 0), coalesce(sum(accepted), 0), "
        "coalesce(sum(duplicates), 0), coalesce(sum(rejected), 0) from health.ingestion_ledger where batch_id = ?",
        [batch_id],
    ).fetchone()
    refused = connection.execute(
        "select concat_ws(' ', reason, field), count(*) from health.rejected_records where batch_id = ? group by 1",
        [batch_id],
    ).fetchall()
    files, lines, blank, accepted, duplicates, rejected = (int(value) for value in sums or (0,) * 6)
    is_noted = notes.batch_id == batch_id
    records = dict(notes.refused_records) if is_noted else {}
    reasons = [(reason, count - records.get(reason, 0)) for reason, count in refused]
    return Intake(
        files,
        lines,
        blank,
        accepted,
        duplicates,
        rejected,
        reasons=sorted(((reason, count) for reason, count in reasons if count), key=lambda one: (-one[1], one[0])),
        refused_records=list(records.items()),
        transcripts=notes.of_batch if is_noted else Transcripts(),
        troubles=_troubles(connection, batch_id),
    )


def _troubles(connection: duckdb.DuckDBPyConnection, batch_id: str | None) -> Sequence[tuple[str, str]]:
    """Files that loaded nothing: of a batch, and of none those that could not be opened."""
    return connection.execute(
        "select file_path, coalesce(error, status) from health.ingestion_ledger "
        "where (batch_id is null or batch_id = ?) and status <> 'loaded' order by 1",
        [batch_id],
    ).fetchall()


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
    return ", ".join(together(f"{count:,} {name}") for name, count in parts.items() if count or name == "accepted")


def _by_reason(reasons: Iterable[tuple[str, int]]) -> str:
    all_of = list(reasons)
    shown_ones = [together(f"{count:,} {reason}") for reason, count in all_of[:SHOWN_REASONS]]
    others = [count for _, count in all_of[SHOWN_REASONS:]]
    more = [f"and {sum(others):,} for {many(len(others), 'other reason')}"] if others else []
    return "; ".join([*shown_ones, *more])


def render_held_files(files: Sequence[str], at_most: int = SHOWN_FILES) -> str:
    """The landed files that contain data of forgotten people, which their owner must remove."""
    text = f"{many(len(files), 'landed file')} with data of forgotten people: {listed(files, at_most)}"
    return printable(f"{'Clean up':<{HEADING}}{text}")
