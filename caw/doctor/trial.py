"""A test conversation: landed like a shopper's, in preview mode so that it fires no event, and found again later."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from caw.host import atomic
from caw.landing.scan import SOURCE_NAME
from caw.publication.place import published_file
from caw.publication.reading import open_published
from caw.settings import Settings, SettingsError

FEED = "conversation_log"


@dataclass(frozen=True)
class Trial:
    """One test conversation's file and names."""

    source: str
    conversation_id: str
    file_path: str  # relative to the landing zone, as the ledger has it
    records: Sequence[dict[str, object]]


@dataclass(frozen=True)
class Step:
    """One expected result, whether it occurred, and what was found."""

    name: str
    ok: bool
    found: str


def compose(source: str, now: datetime) -> Trial:
    """A conversation of two messages, a recommendation and an end; every name in it says that it is a test."""
    name = f"caw-doctor-test-{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:12]}"
    steps: list[dict[str, object]] = [
        {"record_type": "message", "actor": "customer", "text": "Test of the data flow; no shopper wrote this."},
        {"record_type": "message", "actor": "agent", "text": "Test of the data flow; no agent wrote this."},
        {"record_type": "products_recommended", "actor": "agent", "products": [f"{name}-product"]},
        {"record_type": "status_changed", "actor": "agent", "status": "resolved"},
    ]
    began = now - timedelta(seconds=len(steps))
    records = [
        {
            "record_id": f"{name}-{place}",
            "conversation_id": name,
            "occurred_at": (began + timedelta(seconds=place)).isoformat(timespec="seconds"),
            "mode": "preview",
            "channel": "web_chat",
            **step,
        }
        for place, step in enumerate(steps)
    ]
    return Trial(source, name, f"{source}/{FEED}/{name}.jsonl", records)


def choose_source(settings: Settings, asked: str | None) -> str:
    """The source that the test lands in: the one asked for, else the first that the published file or the folders know.

    Raises:
        SettingsError: none was asked for and none is known, or the one asked for is no source.
    """
    known = _known_sources(settings)
    if asked is None:
        if not known:
            raise SettingsError("No source is known yet: name the one to test with --source.")
        return known[0]
    if not SOURCE_NAME.fullmatch(asked):
        raise SettingsError(f"--source {asked!r} is no source: write lower-case letters, digits and _.")
    if known and asked not in known:
        raise SettingsError(
            f"--source {asked!r} is not known: the sources are {', '.join(known)}; "
            f"make the folder {settings.landing_dir / asked} if it is a new one."
        )
    return asked


def land(settings: Settings, test: Trial) -> Path:
    """Write the test's file into the landing zone, whole from the first moment on.

    Raises:
        SettingsError: the landing zone cannot be written.
    """
    place = settings.landing_dir / test.file_path
    try:
        atomic.write(place, "".join(f"{json.dumps(record)}\n" for record in test.records), flush=False)
    except OSError as refused:
        raise SettingsError(
            f"The test cannot land in {place.parent} ({refused.strerror}): give this user the right to write there."
        ) from refused
    return place


def follow(published: Path, test: Trial) -> Sequence[Step]:
    """Look for the test in the published file: its file's row in the ledger, its conversation, and no event."""
    with open_published(published) as connection:
        ledger = connection.execute(
            "select status, lines, accepted, rejected from health.ingestion_ledger where file_path = ?",
            [test.file_path],
        ).fetchall()
        conversation = connection.execute(
            "select is_preview, customer_messages, agent_messages, human_messages, recommendations, outcome "
            "from performance.conversations where source = ? and conversation_id = ?",
            [test.source, test.conversation_id],
        ).fetchall()
        events = connection.execute(
            "select count(*) from events.activity_feed where source = ? and conversation_id = ?",
            [test.source, test.conversation_id],
        ).fetchone()
    count = len(test.records)
    return [
        Step(
            "loaded, as health.ingestion_ledger says",
            ledger == [("loaded", count, count, 0)],
            ledger_words(ledger),
        ),
        Step(
            "in performance.conversations, as a preview",
            conversation == [(True, 1, 1, 0, 0, None)],
            conversation_words(conversation),
        ),
        Step("fired no event, as previews do not", events == (0,), f"{events[0] if events else 0} events"),
    ]


def ledger_words(rows: Sequence[tuple[str, int, int, int]]) -> str:
    """The ledger's rows of one file (status, lines, accepted, rejected)."""
    words = [
        f"{status}: {lines} lines, {accepted} accepted, {refused} refused" for status, lines, accepted, refused in rows
    ]
    return "; ".join(words) or "no row for the file"


def conversation_words(rows: Sequence[tuple[bool, int, int, int, int, str | None]]) -> str:
    """The rows of one conversation (is_preview, messages by customer, agent and human, recommendations, outcome)."""
    words = [
        f"{'preview' if preview else 'live'}, messages: {customer} customer, {agent} agent, {human} human"
        for preview, customer, agent, human, *_ in rows
    ]
    return "; ".join(words) or "no row for the conversation"


def _known_sources(settings: Settings) -> Sequence[str]:
    known: set[str] = set()
    published = published_file(settings)
    if published is not None:
        with open_published(published) as connection:
            known |= {source for (source,) in connection.execute("select source from health.event_metrics").fetchall()}
    if settings.landing_dir.is_dir():
        folders = (path for path in settings.landing_dir.iterdir() if path.is_dir())
        known |= {path.name for path in folders if SOURCE_NAME.fullmatch(path.name)}
    return sorted(known)
