"""A pipeline that forgets people, a person with a word planted in every field, and a search through all that is kept."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from caw.erasure.run import finish_erasure, forget_people
from caw.raw_store.segment_history import keep_history, warehouse_from_history
from caw.raw_store.store import RawStore
from caw.settings import Settings
from caw_dagster.dbt.build import Build
from tests.support.pipeline import BuildFailed, Pipeline

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)

# Identifiers of the person, and of the profiles that are tied to her.
PROFILE, MERGED, FORMER = "zoe-7f3a-main", "zoe-22b1-merged", "zoe-31c9-once"
EMAIL, PHONE = "Zoe.Planted@Example.com", "+1 (555) 867-5309"
EXTERNAL, ANONYMOUS = "zoe-ext-991", "zoe-anon-17"
HOUSEHOLD = "+49 30 1234567"  # two profiles', of which one is hers
IDENTIFIERS = (PROFILE, MERGED, FORMER, EMAIL, PHONE, "15558675309", EXTERNAL, ANONYMOUS, "zoe-old@example.com")

# The telephone number is another brand's customer's, too: a request reaches the source that it landed in.
GONE = tuple(one for one in IDENTIFIERS if one.strip("+() -0123456789"))

PATH_WITH_HER = "acme/conversation_log/from zoe.planted@example.com.jsonl"


class ForgettingPipeline(Pipeline):
    """A pipeline whose builds forget people first, as a run does."""

    def copied_to(self, folder: Path) -> "ForgettingPipeline":
        """The same state in another place, to go on from."""
        copy = ForgettingPipeline(folder, self.project, self.marts)
        for name in ("landing", "data"):
            shutil.copytree(self.landing.parent / name, folder / name, dirs_exist_ok=True)
        copy.runs, copy.built, copy.is_outdated = self.runs, self.built, self.is_outdated
        return copy

    @property
    def settings(self) -> Settings:
        """The requests that a run would get."""
        return Settings(self.landing, self.data_dir, "1GB", 2, 1 << 30, seeds_dir=self.project.seeds)

    def forget(self) -> None:
        """The part of a run between ingestion and the build."""
        RawStore(self.data_dir).write_run_context("forgetting", NOW, "-")
        failed = forget_people(self.settings, whole_store=False, build=self.build_some)
        if failed is not None:
            raise BuildFailed("; ".join(failed.failures) or str(failed.error))

    def build_some(self, selection: Sequence[str]) -> Build:
        """dbt builds the selected models."""
        self.dbt("build", *selection)
        return Build([], [], None, self.data_dir / "target")

    def refresh(self, files: Mapping[str, bytes], full_refresh: bool = False, at: datetime = NOW) -> None:
        """Land, take in, forget, build: a run but for publication."""
        finish_erasure(self.settings)
        self.deliver(files, at)
        self.forget()
        store, warehouse = RawStore(self.data_dir), self.data_dir / "warehouse.duckdb"
        warehouse_from_history(store, warehouse)
        self.build(at, full_refresh)
        keep_history(store, warehouse)


def finish(landing: str, data_dir: str) -> None:
    """The part of a run that carries out the plan of one that died, with the shipped seeds."""
    finish_erasure(Settings(Path(landing), Path(data_dir), "1GB", 2, 1 << 30))


def lines(*records: Any) -> bytes:
    """A JSON Lines file; texts stand as they are."""
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in records).encode()


def planted() -> dict[str, bytes]:
    """The person's files: a word that begins with `qx` in every field that must go, and her identifiers in ids."""
    at = "2026-03-09T10:00:"
    her = {"profile_id": PROFILE, "email": EMAIL, "phone_number": PHONE, "external_id": EXTERNAL, "qxkey": "qxprofile"}
    one, two, three = f"c-{PROFILE}-1", "conversation-by-phone", "conversation-by-cookie"
    log = [
        {"record_id": "r1", "conversation_id": one, "occurred_at": at + "00Z", "record_type": "message",
         "actor": "customer", "text": "qxtext one", "tags": ["qxtag"], "channel": "qxchannel", "profile": her,
         "qxunnamed": {"deep": ["qxdeep"]}},
        {"record_id": f"r2 of {EMAIL}", "conversation_id": one, "occurred_at": at + "01Z", "record_type": "message",
         "actor": "agent", "text": "qxtext two", "skill": "billing", "channel": "sms"},
        {"record_id": "r3", "conversation_id": one, "occurred_at": at + "02Z", "record_type": "tags_applied",
         "tags": ["qxapplied", " "]},
        {"record_id": "r4", "conversation_id": one, "occurred_at": at + "03Z", "record_type": "link_clicked",
         "url": "https://qxurl.example", "product_id": "lamp"},
        {"record_id": "r5", "conversation_id": one, "occurred_at": at + "04Z", "record_type": "products_recommended",
         "products": [{"sku": "lamp", "title": "qxtitle"}, "rug"]},
        {"record_id": "r6", "conversation_id": one, "occurred_at": at + "05Z", "record_type": "status_changed",
         "status": "escalated", "escalation_reason": "charged twice, says qxreason"},
        {"record_id": "r7", "conversation_id": one, "occurred_at": "qxinstant", "record_type": "message",
         "actor": "customer", "text": "qxrejected"},
        {"record_id": "r8", "conversation_id": one, "occurred_at": at + "06Z", "record_type": "status_changed",
         "status": "qxstatus"},
        {"record_id": "r1", "conversation_id": one, "occurred_at": at + "00Z", "record_type": "message",
         "actor": "customer", "text": "qxconflict", "channel": "qxother"},
        f'{{"conversation_id": "{one}", "text": "qxbroken',
        f'not json at all, but {EMAIL.lower()} and qxaddress',
        {"record_id": "p1", "conversation_id": two, "occurred_at": at + "00Z", "record_type": "message",
         "actor": "customer", "text": "qxphone", "profile": {"phone_number": "001 555 867 5309"}},
        {"record_id": "p2", "conversation_id": two, "occurred_at": at + "09Z", "record_type": "status_changed",
         "status": "resolved", "actor": "agent", "tags": ["qxlast"]},
        {"record_id": "a1", "conversation_id": three, "occurred_at": at + "00Z", "record_type": "message",
         "actor": "customer", "text": "qxcookie", "profile": {"anonymous_id": ANONYMOUS}},
    ]  # fmt: skip
    transcript = {
        "id": "transcript-1",
        "messages": [
            {"role": "user", "content": "qxsaid it", "timestamp": at + "00Z"},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "k", "name": "find_user_id_by_email", "arguments": {"email": "qxargument"}}]},
            {"role": "tool", "tool_call_id": "k", "content": PROFILE},
            {"role": "assistant", "content": "qxanswer ###STOP###"},
        ],
        "qxnote": "qxremark",
    }  # fmt: skip
    return {
        PATH_WITH_HER: lines(*log),
        "acme/profiles/p.jsonl": lines(
            {"profile_id": PROFILE, "updated_at": "2026-01-01T00:00:00Z", "email": EMAIL, "phone_number": PHONE,
             "external_id": EXTERNAL, "anonymous_ids": [ANONYMOUS], "first_name": "qxname"},
            {"profile_id": MERGED, "updated_at": "2026-01-01T00:00:00Z", "email": "zoe-old@example.com",
             "merged_into": PROFILE, "last_name": "qxfamily"},
            {"profile_id": FORMER, "updated_at": "2026-01-01T00:00:00Z", "email": EMAIL.upper()},
            {"profile_id": FORMER, "updated_at": "2026-01-02T00:00:00Z", "email": None, "city": "qxcity"},
        ),
        "acme/orders/o.jsonl": lines(
            {"order_id": f"o-{MERGED}", "placed_at": at + "30Z", "profile": {"profile_id": MERGED}, "total": 12.5,
             "items": [{"sku": "lamp", "quantity": 1, "price": "12.50", "engraving": "qxengraving"}], "note": "qxorder"},
            {"order_id": "o2", "placed_at": at + "31Z", "profile": {"email": EMAIL}, "total": "qxtotal"},
        ),
        "acme/consents/c.csv": (
            "profile_id,channel,status,occurred_at,method,ip\n"
            f"{PROFILE},email,subscribed,2026-01-01T00:00:00Z,qxmethod,qxip\n"
        ).encode(),
        "acme/suppressions/s.jsonl": lines(
            {"profile_id": FORMER, "channel": "sms", "action": "suppress", "occurred_at": "2026-01-01T00:00:00Z",
             "reason": "qxwhy"},
        ),
        "acme/message_sends/m.jsonl": lines(
            {"message_id": f"m-{PROFILE}", "profile_id": PROFILE, "channel": "email", "sent_at": at + "40Z",
             "subject": "qxsubject"},
        ),
        "acme/chat_transcripts/t.jsonl": lines(transcript),
    }  # fmt: skip


def others() -> dict[str, bytes]:
    """What belongs to somebody else of the same account; one message names the person."""
    at = "2026-03-09T11:00:"
    bob = {"profile_id": "bob-1", "email": "bob@example.com"}
    return {
        "acme/conversation_log/bob.jsonl": lines(
            {"record_id": "b1", "conversation_id": "of-bob", "occurred_at": at + "00Z", "record_type": "message",
             "actor": "customer", "text": "Hello, it is me", "tags": ["vip"], "profile": bob},
            {"record_id": "b2", "conversation_id": "of-bob", "occurred_at": at + "01Z", "record_type": "message",
             "actor": "agent", "text": f"Did {EMAIL} give you the code?"},
            {"record_id": "b3", "conversation_id": "of-bob", "occurred_at": at + "02Z",
             "record_type": "status_changed", "status": "escalated", "escalation_reason": "asked for a human"},
            '{"conversation_id": "of-bob", "text": "broken',
        ),
        "acme/profiles/bob.jsonl": lines({"profile_id": "bob-1", "updated_at": "2026-01-01T00:00:00Z", **bob}),
        "acme/orders/bob.jsonl": lines(
            {"order_id": "b-o1", "placed_at": at + "30Z", "profile": bob, "total": 7, "items": [{"sku": "rug"}]}
        ),
    }  # fmt: skip


def strangers() -> dict[str, bytes]:
    """Who is not tied to the person, or not yet: an unknown shopper, a profile, a household's number, another brand."""
    at = "2026-03-09T12:00:"
    talk = {"record_type": "message", "actor": "customer"}
    return {
        "acme/profiles/strangers.jsonl": lines(
            {"profile_id": PROFILE, "updated_at": "2025-01-01T00:00:00Z", "phone_number": HOUSEHOLD},
            {"profile_id": "neighbour", "updated_at": "2026-01-02T00:00:00Z", "phone_number": HOUSEHOLD},
            {"profile_id": "second-of-zoe", "updated_at": "2026-01-01T00:00:00Z", "email": "qysecond@example.com"},
        ),
        "acme/conversation_log/strangers.jsonl": lines(
            {**talk, "record_id": "u1", "conversation_id": "unknown talk", "occurred_at": at + "00Z",
             "text": "qyanybody"},
            {**talk, "record_id": "n1", "conversation_id": "neighbour talk", "occurred_at": at + "01Z",
             "text": "still here", "profile": {"phone_number": HOUSEHOLD}},
            {**talk, "record_id": "s1", "conversation_id": "second talk", "occurred_at": at + "02Z",
             "text": "qytalk", "profile": {"email": "qysecond@example.com"}},
        ),
        "brand/conversation_log/same.jsonl": lines(
            {**talk, "record_id": "b1", "conversation_id": "brand talk", "occurred_at": at + "03Z",
             "text": "of another brand", "profile": {"phone_number": PHONE}},
        ),
    }  # fmt: skip


def request(**identifiers: str) -> dict[str, bytes]:
    """A request to forget whoever has these identifiers."""
    record = {"request_id": "please", "requested_at": "2026-03-10T09:00:00Z", **identifiers}
    return {"acme/erasures/request.jsonl": lines(record)}


def words_of(files: Mapping[str, bytes]) -> set[str]:
    """Every planted word."""
    text = b" ".join(files.values()).decode()
    return {word for word in "".join(c if c.isalnum() else " " for c in text).split() if word.startswith("qx")}


def found_in(folder: Path, words: Iterable[str]) -> dict[str, set[str]]:
    """Which of the words stand anywhere under a folder, and in which files: names, bytes, and what formats unfold to."""
    wanted = [word.lower() for word in words]
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        for text in [str(path.relative_to(folder)).lower(), *(_contents(path) if path.is_file() else ())]:
            for word in wanted:
                if word in text:
                    found.setdefault(word, set()).add(str(path.relative_to(folder)))
    return found


def _contents(path: Path) -> Iterator[str]:
    yield path.read_bytes().decode("latin-1").lower()
    if path.suffix == ".parquet":
        yield str(pq.read_table(path).to_pylist()).lower()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() union select schema_name, view_name "
                "from duckdb_views() where not internal"
            ).fetchall()
            for schema, table in tables:
                yield str(connection.execute(f'select * from "{schema}"."{table}"').fetchall()).lower()
