"""The page of `caw doctor`, and which of its findings need a person."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from caw.doctor.health import FailedFile, Health
from caw.doctor.needs import Need
from caw.doctor.runs import Runs
from caw.doctor.unknowns import repeats_of
from caw.explain.page import shown, table
from caw.host.printable import printable
from caw.settings import Settings

MAX_AGE = timedelta(hours=2)  # of a publication; the schedule makes one every 5 minutes
SHOWN_FILES = 5
SHOWN_PLACES = 20  # of one need
SHOWN_WORDS = 20
DETAIL_WIDTH = 100  # columns of a detail, which says all that is wrong with a line
SHORT_ID = 8  # characters of a run's id
NOT_PUBLISHED = "Nothing has been published yet: run `caw run`."


def needs(
    health: Health | None,
    runs: Runs | None,
    now: datetime,
    max_age: timedelta = MAX_AGE,
    landing: Path | None = None,
    late_pulls: Sequence[str] = (),
) -> Sequence[str]:
    """Needs of a person, a sentence each; places that belong to a sentence follow it, indented.

    Args:
        health: what the published file says; None for none.
        runs: what Dagster says; None where it says nothing.
        now: the instant from which ages are counted.
        max_age: how old a publication may be.
        landing: the landing zone, where there is no such folder; None where there is.
        late_pulls: of rows of `pulls.csv`, a sentence each.
    """
    found: list[str] = []
    if landing is not None:
        found.append(
            f"There is no landing zone at {landing}: nothing can be taken in. Create that folder, or put it back, or "
            "set --landing or CAW_LANDING_DIR."
        )
    for need in health.needs if health else ():
        found += _need(need)
    found += late_pulls
    if runs and runs.finished and runs.finished.failed:
        found.append(f"The last run failed: {shown(runs.finished.why or '')}")
    if health is None:
        return [*found, NOT_PUBLISHED]
    is_ahead = health.as_of > now
    if is_ahead:
        found.append(
            f"What is published is as of {health.as_of:%Y-%m-%d %H:%M:%S} UTC, which is yet to come: a run's clock was "
            "ahead. Set it right and run `caw run` without --as-of."
        )
    if now - health.published_at > max_age:
        found.append(
            f"The last publication is {age(now - health.published_at)} old: see that `caw ui`, its daemon or the timer "
            "of `caw run` is running (--max-age HOURS says how old it may be)."
        )
    for source in () if is_ahead else health.silent_sources:  # the last 24 hours before an instant to come are not over
        found.append(f"{source} had conversations, and none has started in the last 24 hours.")
    named = {place.file_path for need in health.needs for place in need.places if place.line_number is None}
    if others := [file for file in health.failed_files if file.file_path not in named]:
        found.append(
            f"Files that could not be read: {len(others)}; do what their reasons say, or mend them and land them again."
        )
    found += _files("Files of which every line was refused", health.refused_files)
    found += _files("Files in places that no feed reads", health.misplaced_files)
    if words := health.unknowns.of_fixed_sets:
        found.append(
            f"Words that no seed knows: {len(words)}; until its row, shown above, is in word_aliases.csv, each counts "
            "as the most careful word does."
        )
    return found


def _files(words: str, files: Sequence[FailedFile]) -> Iterator[str]:
    if files:
        yield f"{words}: {len(files):,}"
        yield from (f"  {shown(file.file_path)}: {shown(file.error)}" for file in files[:SHOWN_FILES])
        if len(files) > SHOWN_FILES:
            yield f"  and {len(files) - SHOWN_FILES:,} more: see health.ingestion_ledger"


def doctor_page(
    settings: Settings,
    health: Health | None,
    runs: Runs | None,
    files_wait: bool | None,
    now: datetime,
    max_age: timedelta = MAX_AGE,
    not_checked: Sequence[str] = (),
    late_pulls: Sequence[str] = (),
    reminders: Sequence[str] = (),
) -> str:
    """The page as lines of text.

    Args:
        settings: the folders that it looked at.
        health: what the published file says; None for none.
        runs: what Dagster says; None where it has never run.
        files_wait: whether files have landed that no run has ingested; None where there is no landing zone.
        now: the instant from which ages are counted.
        max_age: how old a publication may be.
        not_checked: what this user may not look at, a sentence each.
        late_pulls: of rows of `pulls.csv`, a sentence each.
        reminders: what is left to do that stops nothing, a line each.
    """
    lines: list[str] = []
    if health is not None:
        for source, metrics in groupby(health.metrics, key=lambda metric: metric.source):
            lines.append(source)
            rows = [
                (each.event_name, f"{each.events:,}", f"last {each.last_at or 'never'}", each.status, each.diagnosis)
                for each in metrics
            ]
            lines += [*table(rows), ""]
    if health is not None:
        lines += _unknown(health)
        lines += _experiments(health)
    lines += _facts(settings, health, runs, files_wait, now)
    lines += [f"Not looked at {sentence}" for sentence in not_checked]
    wanted = needs(health, runs, now, max_age, settings.landing_dir if files_wait is None else None, late_pulls)
    lines += reminders
    at_rest = "Nothing needs a person but what is to be cleaned up." if reminders else "Nothing needs a person."
    lines += ["", "Needs a person:" if wanted else at_rest]
    lines += [f"  {sentence}" for sentence in wanted]
    return "\n".join(map(printable, lines))


def _need(need: Need) -> Iterator[str]:
    yield need.sentence
    for place in need.places[:SHOWN_PLACES]:
        yield f"  {shown(place.short)}"
        if place.detail:
            yield from (f"    {shown(part)}" for part in textwrap.wrap(place.detail, DETAIL_WIDTH))
    if len(need.places) > SHOWN_PLACES:
        yield f"  and {len(need.places) - SHOWN_PLACES:,} more"


def _unknown(health: Health) -> Iterator[str]:
    """The tables of fields and words that no rule reads; one without rows is left out."""
    if fields := health.unknowns.fields:
        yield "Unknown fields: no rule reads them; a row of field_aliases.csv says what one means"
        yield from table(
            [
                (
                    one.source,
                    one.feed,
                    one.field,
                    _lines(one.lines),
                    f"like {one.nearest}" if one.nearest else None,
                    one.first_file_path and f"first in {one.first_file_path}",
                )
                for one in fields
            ]
        )
        yield ""
    if words := health.unknowns.words:
        yield "Words that no seed knows, each with the row to fill in"
        yield from table(
            [
                (one.source, one.feed, one.field, one.word, _lines(one.lines), one.seed_row)
                for one in words[:SHOWN_WORDS]
            ]
        )
        if len(words) > SHOWN_WORDS:
            yield f"  and {len(words) - SHOWN_WORDS:,} more: see health.unknown_words"
        yield ""
    repeated = {source: counts for source, counts in health.transcripts.items() if counts.repeats}
    if repeated:
        yield "Superseded transcripts: if they are different conversations, give each an id of its own"
        yield from table([(source, repeats_of(counts)) for source, counts in repeated.items()])
        yield ""
    if counts_by_source := health.at_one_instant:
        yield "All messages at one instant: durations are zero there; give each message a time, such as created_at"
        yield from table(
            [(source, f"{n:,} conversation{'' if n == 1 else 's'}") for source, n in counts_by_source.items()]
        )
        yield ""


def _experiments(health: Health) -> Iterator[str]:
    """A line for each experiment and source (spec §8.7)."""
    if health.sights:
        yield "Experiments: what each can see, four times in five"
        yield from (f"  {sight.line}" for sight in health.sights)
        yield ""


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _facts(
    settings: Settings, health: Health | None, runs: Runs | None, files_wait: bool | None, now: datetime
) -> Iterator[str]:
    landing = {
        None: "there is no such folder",
        True: "files wait for the next run",
        False: "all that has landed is ingested",
    }
    yield f"Landing zone  {settings.landing_dir}: {landing[files_wait]}"
    for one in health.absent_feeds if health else ():
        gates = f"gate{'' if len(one.gates) == 1 else 's'} {' and '.join(one.gates)}"
        sources = ", ".join(map(shown, one.sources))
        yield f"Never landed  {one.feed} in {sources}: {gates} {one.consequence} (docs/feeds.md)"
    for file in health.failed_files[:SHOWN_FILES] if health else []:
        yield f"Not read      {shown(file.file_path)}: {shown(file.error)}"
    if health and len(health.failed_files) > SHOWN_FILES:
        yield f"              and {len(health.failed_files) - SHOWN_FILES} more: see health.ingestion_ledger"
    if runs is None or runs.finished is None:
        yield "Last run      none has finished yet"
    else:
        ended = f"{runs.finished.run_id[:SHORT_ID]} ended {age(now - runs.finished.ended_at)} ago"
        yield f"Last run      {ended}: {runs.finished.status}"
    if runs and runs.working:
        yield f"Now           run {runs.working[:SHORT_ID]} works or waits"
    if health is not None:
        as_of = f"as of {health.as_of:%Y-%m-%d %H:%M:%S} UTC"
        place = health.in_catalog or settings.published
        yield f"Published     {age(now - health.published_at)} ago, {as_of}, in {place}"


def age(span: timedelta) -> str:
    """A span in its greatest unit, for people."""
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} s"
