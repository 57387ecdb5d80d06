"""Spec §2.3.1 to §2.3.3 by a made-up vendor: a vendor is one module, whose lines come in any order, twice and in pieces."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

import pytest

from tests.support.forgetting import ForgettingPipeline, found_in, lines, request
from tests.support.pipeline import Pipeline, Row
from tests.support.project import ProjectCopy
from tests.support.toy_vendor import FEED, VERSIONS, message, registered, ticket

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
AT_ONCE = 4 if "CAW_SOAK" in os.environ else 7  # versions of a delivery
MARTS = (
    "activity_feed",
    "conversations",
    "ingestion_ledger",
    "int_consents",
    "int_message_sends",
    "int_orders",
    "rejected_records",
    "retargeting_eligibility",
    "shoppers",
)
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


class Course(NamedTuple):
    """What is in the warehouse after builds, each of which adds to what the one before it left; each test has a source.

    Attributes:
        first: after what lands at first.
        added: after two more builds, of what came later.
        forgotten: after the request, which has everything built from the raw store.
        late: after one more version of hers.
    """

    first: ForgettingPipeline
    added: ForgettingPipeline
    forgotten: ForgettingPipeline
    late: ForgettingPipeline


@pytest.fixture(scope="module")
def course(project_of_a_vendor: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The builds."""
    folders = [tmp_path_factory.mktemp(name) for name in Course._fields]
    with registered():
        first = ForgettingPipeline(folders[0], project_of_a_vendor, MARTS)
        first.refresh(at_once() | own("steps") | in_steps(0) | same(1) | landed(HERS, "first", "desk"), at=NOW)
        added = first.copied_to(folders[1])
        added.deliver(in_steps(1) | same(2), NOW)
        added.refresh(same(3), at=NOW)
        added.refresh(in_steps(2) | same(4), at=NOW)
        forgotten = added.copied_to(folders[2])
        forgotten.refresh(of_source("desk", request(email="eva@x.example")), at=NOW)
        late = forgotten.copied_to(folders[3])
        late.refresh(landed([LATE], "late", "desk"), at=NOW)
    return Course(first, added, forgotten, late)


def tuples(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows]


def assert_expected(pipeline: Pipeline, source: str) -> None:
    for sql, expected in EXPECTED.items():
        assert tuples(pipeline.query(sql.format(of=f"source = '{source}'"))) == list(expected), sql


def landed(versions: Sequence[Mapping[str, Any]], name: str, source: str) -> dict[str, bytes]:
    return {f"{source}/{FEED}/{name}.jsonl": lines(*versions)}


def own(source: str) -> dict[str, bytes]:
    return {f"{source}/{path}": content for path, content in OWN.items()}


def of_source(source: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files of acme as another source's."""
    return {path.replace("acme/", f"{source}/", 1): content for path, content in files.items()}


def split(version: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A version in as many lines as it has messages, as webhooks send it; what is of the whole is in each."""
    messages = version.get("messages", [{}])
    yield from ({**version, "messages": [one]} if one else version for one in messages)


def at_once() -> dict[str, bytes]:
    """What needs one build, each a source of its own: all at once, in pieces, and what is refused."""
    whole = own("whole") | landed(VERSIONS, "all", "whole")
    return whole | own("pieces") | in_pieces("pieces") | landed(BAD, "bad", "bad")


def test_all_at_once(course: Course) -> None:
    """A part that outlives its version is lost, or what a newer version takes back stays."""
    assert_expected(course.first, "whole")


def in_steps(step: int) -> dict[str, bytes]:
    """So many of the versions, in no order, of which some come twice."""
    rng = Random(1)
    versions = [*VERSIONS, *rng.sample(VERSIONS, 3)]
    rng.shuffle(versions)
    mine = versions[step * AT_ONCE : (step + 1) * AT_ONCE]
    return landed(mine, f"{step}", "steps") if mine else {}


def test_version_by_version_in_any_order_and_twice(course: Course) -> None:
    """A build does not reach the conversations that a late or a newer version changes, or a repeated line counts twice."""
    assert_expected(course.added, "steps")
    ledger = (
        "select sum(accepted)::int, sum(duplicates)::int from health.ingestion_ledger "
        "where source = 'steps' and feed = 'toy_tickets'"
    )
    assert tuples(course.added.query(ledger)) == [(len(VERSIONS), 3)]
    assert_expected(course.forgotten, "steps")  # built from the raw store


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


def test_in_pieces_and_in_envelopes(course: Course) -> None:
    """Partial conversations, as webhooks send them, differ from the whole one; an envelope is not taken off."""
    assert_expected(course.first, "pieces")


def same(number: int) -> dict[str, bytes]:
    """A ticket, the same written otherwise, one that says more, and its deletion; all of one instant."""
    order = {"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z"}
    said = {"bot": True, "messages": [message("m1", "customer", 50)]}
    members: Mapping[int, Mapping[str, Any]] = {
        1: {**said, "orders": [order | {"total": "10.00"}]},
        2: {**said, "orders": [order | {"total": "10.0"}]},
        3: {**said, "orders": [order | {"total": "11.00"}]},
        4: {"bot": True, "orders": [order | {"total": "11.00"}], "deleted": True},
    }
    return landed([ticket("T1", 10, **members[number])], f"{number}", "same")


def test_the_same_written_otherwise_is_a_duplicate_and_a_line_that_says_more_is_none(course: Course) -> None:
    """An export that writes amounts and instants otherwise makes a version of each of its lines; or a deletion at the
    instant of the last change is taken for a repetition.
    """
    of = "where source = 'same'"
    ledger = f"select accepted::int, duplicates::int from health.ingestion_ledger {of} order by file_path"
    assert tuples(course.added.query(ledger)) == [(1, 0), (0, 1), (1, 0), (1, 0)]
    assert tuples(course.added.query(f"select total::varchar from intermediate.int_orders {of}")) == [("11.00",)]
    assert tuples(course.added.query(f"select count(*)::int from performance.conversations {of}")) == [(0,)]


def test_bad_lines_and_refused_records(course: Course) -> None:
    """A line that is refused for no reason, or a refused record that is listed as often as the line makes it."""
    rejects = "select line_number::int, reason, field from health.rejected_records where source = 'bad' order by all"
    assert tuples(course.first.query(rejects)) == [
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
    assert tuples(course.first.query(ledger)) == [(7, 3, 0, 4)]


EVA = {"email": "Eva@x.example"}
HERS = [
    ticket("T1", 10, bot=True, status="solved", customer=EVA,
           messages=[message("m1", "customer", 50, text="qxword"), message("m2", "bot", 51, text="qxanswer")]),
    ticket("T1", 11, bot=True, status="solved", customer=EVA,
           messages=[message("m3", "customer", 55, text="qxlater")]),
    ticket("T2", 10, bot=True, customer={"email": "bob@x.example"}, note="kept as it is",
           messages=[message("n1", "customer", 50, text="as eva@x.example says")]),  # Bob's
]  # fmt: skip
LATE = ticket("T1", 12, bot=True, status="open", customer={"email": "EVA@x.example"},
              messages=[message("m4", "customer", 56, text="qxword")])  # fmt: skip


def test_a_person_in_it_is_forgotten(course: Course) -> None:
    """A word of hers stays somewhere, a count changes, or what others' lines say of her is not cut out."""
    words = ["eva@x.example", "qxword", "qxanswer", "qxlater"]
    assert set(found_in(course.added.data_dir, words)) == set(words)  # else the search finds nothing anywhere
    of = "where source = 'desk'"
    count = (
        "select conversation_id, customer_messages::int, agent_messages::int "
        f"from performance.conversations {of} order by 1"
    )
    assert tuples(course.added.query(count)) == [("toy:T1", 2, 1), ("toy:T2", 1, 0)]
    assert found_in(course.forgotten.data_dir, words) == {}
    assert tuples(course.forgotten.query(count)) == tuples(course.added.query(count))
    texts = f"select record_id, text from intermediate.int_log_records {of} and text is not null"
    assert tuples(course.forgotten.query(texts)) == [("toy:n1", "as [forgotten] says")]
    assert found_in(course.late.data_dir, words) == {}
    assert tuples(course.late.query(count)) == [("toy:T1", 3, 1), ("toy:T2", 1, 0)]
    resolved = f"select count(*)::int from events.conversation_resolved {of}"
    assert tuples(course.late.query(resolved)) == [(0,)]
