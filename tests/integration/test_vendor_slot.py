"""Spec §2.3.1 to §2.3.3 by a made-up vendor: a vendor is one module, whose lines come in any order, twice and in pieces."""

import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caw.adapters.expansion import expand_pending
from caw.host import atomic
from caw.ingest.ingestion import ingest
from caw.raw_store.store import RawStore
from tests.support.dying import Died
from tests.support.forgetting import ForgettingPipeline, found_in, lines, request
from tests.support.pipeline import Pipeline, Row
from tests.support.project import ProjectCopy, copy_project
from tests.support.toy_vendor import DECLARATION, FEED, message, registered, ticket

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
AT_ONCE = 4 if "CAW_SOAK" in os.environ else 7  # versions of a delivery
MARTS = (
    "conversations",
    "conversation_resolved",
    "ingestion_ledger",
    "int_consents",
    "int_message_sends",
    "int_orders",
    "rejected_records",
)
ANN = {"id": "p1", "email": "ann@x.example"}

# T1: messages outlive versions, m2 is taken away by a version that lists it and hides it, and the status is the newest's
# that can tell whether the bot took part. T2 is gone. T3 never saw the bot. T4's resolution is taken back.
VERSIONS: Sequence[Mapping[str, Any]] = (
    ticket(
        "T1", 10, bot=True, status="open", customer=ANN | {"consent": "subscribed"},
        messages=[message("m1", "customer", 50), message("m2", "bot", 51)],
        orders=[{"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z", "total": "10.00"}],
        sent=[{"id": "s1", "at": "2026-06-01T09:00:00Z"}],
    ),
    ticket("T1", 11, status="solved", customer=ANN, messages=[message("m3", "customer", 55)]),
    ticket(
        "T1", 12, bot=True, status="solved", customer=ANN | {"consent": "unsubscribed"},
        messages=[message("m2", "bot", 51, hidden=True), message("m4", "bot", 56)],
        orders=[
            {"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z", "total": "12.00"},
            {"order_id": "O2", "placed_at": "2026-06-01T08:30:00Z", "total": "5.00"},
        ],
    ),
    ticket("T2", 10, bot=True, status="solved", messages=[message("n1", "customer", 50), message("n2", "bot", 51)]),
    ticket("T2", 11, deleted=True),
    ticket("T3", 10, bot=False, status="solved", messages=[message("o1", "customer", 50), message("o2", "staff", 51)]),
    ticket("T4", 10, bot=True, status="solved", messages=[message("q1", "customer", 50), message("q2", "bot", 51)]),
    ticket("T4", 11, bot=True, status="open", messages=[message("q1", "customer", 50), message("q2", "bot", 51)]),
    ticket("T5", 10, bot=True, status="open", messages=[message("x1", "customer", 50), message("x2", "customer", 51)]),
)  # fmt: skip
# The source's own feeds: a record that T5 has too, an order of the same instant as T1's last, a send that T1 has too.
OWN = {
    "conversation_log/own.jsonl": lines(
        {"record_id": "toy:x1", "conversation_id": "toy:T5", "occurred_at": "2026-06-01T09:50:00Z",
         "record_type": "message", "actor": "customer", "text": "the log's own"}
    ),
    "orders/own.jsonl": lines(
        {"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z", "updated_at": "2026-06-01T12:00:00Z", "total": "99.00"}
    ),
    "message_sends/own.jsonl": lines(
        {"message_id": "s1", "profile_id": "p9", "channel": "email", "sent_at": "2026-06-01T09:00:00Z"}
    ),
}  # fmt: skip

WITHOUT_TIME = [{"id": one, "from": "customer", "text": "x"} for one in ("z1", "z2")]
BAD: Sequence[Any] = (
    {"updated_at": "2026-06-01T10:00:00Z"},
    {"id": {"no": "id"}},
    {"id": "T8", "updated_at": "soon"},
    {"id": "T9", "updated_at": "2026-06-01T10:00:00Z", "bot": True, "messages": WITHOUT_TIME},
    "[1]",
    {"type": "STATE"},
    {"type": "STATE"},
)

RECORDS = [
    ("toy:T1", "toy:m1", "text of m1"),
    ("toy:T1", "toy:m3", "text of m3"),
    ("toy:T1", "toy:m4", "text of m4"),
    ("toy:T1", "toy:status", None),
    ("toy:T4", "toy:q1", "text of q1"),
    ("toy:T4", "toy:q2", "text of q2"),
    ("toy:T5", "toy:x1", "the log's own"),
    ("toy:T5", "toy:x2", "text of x2"),
]
EXPECTED: Mapping[str, Sequence[tuple[Any, ...]]] = {
    "select conversation_id, record_id, text from intermediate.int_log_records where {of} order by all": RECORDS,
    "select conversation_id, record_id, strftime(occurred_at, '%H:%M') from events.conversation_resolved where {of}": [
        ("toy:T1", "toy:status", "12:00")
    ],
    "select conversation_id, customer_messages::int, agent_messages::int from performance.conversations where {of} order by all": [
        ("toy:T1", 2, 1), ("toy:T4", 1, 1), ("toy:T5", 2, 0),
    ],
    "select order_id, total::varchar, profile_id from intermediate.int_orders where {of} order by all": [
        ("O1", "99.00", None), ("O2", "5.00", "p1"),
    ],
    "select message_id, profile_id from intermediate.int_message_sends where {of} order by all": [("s1", "p9")],
    "select profile_id, status, strftime(occurred_at, '%H:%M') from intermediate.int_consents where {of} order by all": [
        ("p1", "subscribed", "10:00"), ("p1", "unsubscribed", "12:00"),
    ],
    "select count(*)::int from health.rejected_records where {of}": [(0,)],
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """The project with the vendor declared."""
    return copy_project(tmp_path_factory.mktemp("toy") / "copy", edits=[DECLARATION])


@pytest.fixture(autouse=True)
def vendor() -> Iterator[None]:
    """The vendor, known while a test runs."""
    with registered():
        yield


def tuples(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows]


def assert_expected(pipeline: Pipeline, source: str = "acme") -> None:
    for sql, expected in EXPECTED.items():
        assert tuples(pipeline.query(sql.format(of=f"source = '{source}'"))) == list(expected), sql


def landed(versions: Sequence[Mapping[str, Any]], name: str, source: str = "acme") -> dict[str, bytes]:
    return {f"{source}/{FEED}/{name}.jsonl": lines(*versions)}


def own(source: str = "acme") -> dict[str, bytes]:
    return {f"{source}/{path}": content for path, content in OWN.items()}


def split(version: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A version in as many lines as it has messages, as webhooks send it; what is of the whole stands in each."""
    messages = version.get("messages", [{}])
    yield from ({**version, "messages": [one]} if one else version for one in messages)


@pytest.fixture(scope="module")
def together(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """What needs one build, each a source of its own: all at once, in pieces, and what is refused."""
    pipeline = Pipeline(tmp_path_factory.mktemp("together"), project, MARTS)
    with registered():
        files = own("whole") | landed(VERSIONS, "all", "whole") | own("pieces") | in_pieces("pieces")
        pipeline.deliver(files | landed(BAD, "bad", "bad"), NOW)
        pipeline.build(NOW)
    return pipeline


def test_all_at_once(together: Pipeline) -> None:
    """A part that outlives its version is lost, or what a newer version takes back stays."""
    assert_expected(together, "whole")


def test_version_by_version_in_any_order_and_twice(tmp_path: Path, project: ProjectCopy) -> None:
    """A build does not reach the conversations that a late or a newer version changes, or a repeated line counts twice."""
    rng = Random(1)
    versions = [*VERSIONS, *rng.sample(VERSIONS, 3)]
    rng.shuffle(versions)
    pipeline = Pipeline(tmp_path, project, MARTS)
    pipeline.deliver(own(), NOW)
    for number in range(0, len(versions), AT_ONCE):
        pipeline.deliver(landed(versions[number : number + AT_ONCE], f"{number:02}"), NOW)
        pipeline.build(NOW)
    assert_expected(pipeline)
    ledger = "select sum(accepted)::int, sum(duplicates)::int from health.ingestion_ledger where feed = 'toy_tickets'"
    assert tuples(pipeline.query(ledger)) == [(len(VERSIONS), 3)]
    pipeline.build(NOW, full_refresh=True)
    assert_expected(pipeline)


def in_pieces(source: str) -> dict[str, bytes]:
    """The versions message by message, the first of them in envelopes, the others in a document."""
    pieces = [piece for version in VERSIONS for piece in split(version)]
    wrapped = [
        {"_airbyte_ab_id": "1", "_airbyte_data": json.dumps(pieces[0])},
        {"type": "RECORD", "stream": "tickets", "record": {**pieces[1], "_sdc_received_at": "x"}},
        {"type": "RECORD", "record": {"stream": "tickets", "data": pieces[2]}},
        {"ticket": pieces[3]},
        {**pieces[4], "_dlt_load_id": "1"},
        {"type": "STATE", "value": {}},
    ]
    document = {f"{source}/{FEED}/document.json": json.dumps({"tickets": pieces[5:]}).encode()}
    return document | landed(wrapped, "wrapped", source)


def test_in_pieces_and_in_envelopes(together: Pipeline) -> None:
    """Partial conversations, as webhooks send them, differ from the whole one; an envelope is not taken off."""
    assert_expected(together, "pieces")


def test_the_same_written_otherwise_is_a_duplicate_and_a_line_that_says_more_is_none(
    tmp_path: Path, project: ProjectCopy
) -> None:
    """An export that writes amounts and instants otherwise makes a version of each of its lines; or a deletion at the
    instant of the last change is taken for a repetition.
    """
    order = {"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z"}
    first = ticket("T1", 10, bot=True, messages=[message("m1", "customer", 50)], orders=[order | {"total": "10.00"}])
    again = ticket("T1", 10, bot=True, messages=[message("m1", "customer", 50)], orders=[order | {"total": "10.0"}])
    other = ticket("T1", 10, bot=True, messages=[message("m1", "customer", 50)], orders=[order | {"total": "11.00"}])
    more = ticket("T1", 10, bot=True, orders=[order | {"total": "11.00"}], deleted=True)
    pipeline = Pipeline(tmp_path, project, MARTS)
    for name, version in {"1": first, "2": again, "3": other, "4": more}.items():
        pipeline.deliver(landed([version], name), NOW)
        if name != "2":  # with the one that follows it
            pipeline.build(NOW)
    ledger = "select accepted::int, duplicates::int from health.ingestion_ledger order by file_path"
    assert tuples(pipeline.query(ledger)) == [(1, 0), (0, 1), (1, 0), (1, 0)]
    assert tuples(pipeline.query("select total::varchar from intermediate.int_orders")) == [("11.00",)]
    assert tuples(pipeline.query("select count(*)::int from performance.conversations")) == [(0,)]


def test_bad_lines_and_refused_records(together: Pipeline) -> None:
    """A line that is refused for no reason, or a refused record that is listed as often as the line makes it."""
    rejects = "select line_number::int, reason, field from health.rejected_records where source = 'bad' order by all"
    assert tuples(together.query(rejects)) == [
        (1, "missing_field", "id"),
        (2, "bad_value", "id"),
        (3, "bad_value", "updated_at"),
        (4, "missing_field", "occurred_at"),
        (5, "not_an_object", None),
    ]
    ledger = (
        "select lines::int, accepted::int, duplicates::int, rejected::int from health.ingestion_ledger "
        "where source = 'bad'"
    )
    assert tuples(together.query(ledger)) == [(7, 3, 0, 4)]


def test_a_person_in_it_is_forgotten(tmp_path: Path, project: ProjectCopy) -> None:
    """A word of hers stays somewhere, a count changes, or what others' lines say of her is not cut out."""
    hers = [
        ticket("T1", 10, bot=True, status="solved", customer={"email": "Ann@x.example"},
               messages=[message("m1", "customer", 50, text="qxword"), message("m2", "bot", 51, text="qxanswer")]),
        ticket("T1", 11, bot=True, status="solved", customer={"email": "Ann@x.example"},
               messages=[message("m3", "customer", 55, text="qxlater")]),
    ]  # fmt: skip
    bobs = ticket("T2", 10, bot=True, customer={"email": "bob@x.example"}, note="kept as it is",
                  messages=[message("n1", "customer", 50, text="as ann@x.example says")])  # fmt: skip
    pipeline = ForgettingPipeline(tmp_path, project)
    pipeline.refresh(landed([*hers, bobs], "first"), at=NOW)
    count = (
        "select conversation_id, customer_messages::int, agent_messages::int from performance.conversations order by 1"
    )
    before = tuples(pipeline.query(count))
    assert before == [("toy:T1", 2, 1), ("toy:T2", 1, 0)]
    pipeline.refresh(request(email="ann@x.example"), at=NOW)
    shutil.rmtree(pipeline.landing)
    pipeline.landing.mkdir()
    words = ["ann@x.example", "qxword", "qxanswer", "qxlater"]
    assert found_in(tmp_path, words) == {}
    assert tuples(pipeline.query(count)) == before
    texts = "select record_id, text from intermediate.int_log_records where text is not null"
    assert tuples(pipeline.query(texts)) == [("toy:n1", "as [forgotten] says")]
    late = ticket("T1", 12, bot=True, status="open", customer={"email": "ANN@x.example"},
                  messages=[message("m4", "customer", 56, text="qxword")])  # fmt: skip
    pipeline.refresh(landed([late], "late"), at=NOW)
    shutil.rmtree(pipeline.landing)
    assert found_in(tmp_path, words) == {}
    assert tuples(pipeline.query(count)) == [("toy:T1", 3, 1), ("toy:T2", 1, 0)]
    assert tuples(pipeline.query("select count(*)::int from events.conversation_resolved")) == [(0,)]


def test_a_death_between_two_derived_files_is_mended(
    tmp_path: Path, project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch whose records are not all there counts as expanded."""
    landing, data_dir = tmp_path / "landing", tmp_path / "data"
    for path, content in landed(VERSIONS, "all").items():
        (landing / path).parent.mkdir(parents=True)
        (landing / path).write_bytes(content)
    ingest(landing, data_dir, NOW, seeds=project.seeds)
    expanded, store = data_dir / "expanded", RawStore(data_dir)
    whole = {path.relative_to(expanded): path.read_bytes() for path in expanded.rglob("*") if path.is_file()}
    rename, names = atomic.rename, []
    shutil.rmtree(expanded)
    for deaths in itertools.count():
        left = [deaths]

        def dying(draft: Path, path: Path, left: list[int] = left) -> None:
            if left[0] == 0:
                names.append(path.name)
                raise Died
            left[0] -= 1
            rename(draft, path)

        monkeypatch.setattr(atomic, "rename", dying)
        try:
            expand_pending(store, project.seeds)
            break
        except Died:
            pass
        finally:
            monkeypatch.setattr(atomic, "rename", rename)
        expand_pending(store, project.seeds)
        found = {path.relative_to(expanded): path.read_bytes() for path in expanded.rglob("*") if path.is_file()}
        assert found == whole, names[-1]
        shutil.rmtree(expanded)
    assert len(names) == len(whole)
