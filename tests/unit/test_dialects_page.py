"""The page's transcripts of every framework, and its queries of their stores, are what a transcript is."""

import json
import re
import sqlite3

from caw.adapters.transcripts import expand
from tests.support.transcript_messages import SHIPPED
from tests.unit.test_feeds_page import example, section

STORES = "From a framework's store to transcripts"


def test_the_examples_of_dialects_are_read() -> None:
    """An example that is copied and lands without words, or without what was recommended."""
    lines = example("Dialects of agent frameworks", "json").splitlines()
    assert len(lines) == 10
    for line in lines:
        made = expand(line, SHIPPED)
        kinds = {record.fields["record_type"] for record in made.records}
        calls = {"skill_changed", "products_recommended"} if "recommend_products" in line else set()
        assert kinds == {"message"} | calls, line
        assert all("occurred_at" in record.fields for record in made.records), line


def test_queries_of_stores_give_transcripts() -> None:
    """A query whose JSON is text inside JSON, or in another order, gives transcripts that say nothing."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        create table agent_messages (id integer primary key, session_id text, message_data text, created_at timestamp);
        create table message_store (id integer primary key, session_id text, message text);
        create table sessions (session_id text, started_at text);
        insert into sessions values ('b', '2026-06-30T11:00:00Z');
        """
    )
    items = [
        {"role": "user", "content": "A lamp?"},
        {"type": "function_call", "call_id": "1", "name": "get_order_details", "arguments": "{}"},
    ]
    for place, item in enumerate(items):
        row = (place, "a", json.dumps(item), f"2026-06-30 11:00:0{place}")
        connection.execute("insert into agent_messages values (?, ?, ?, ?)", row)
    stored = [("human", "A lamp?"), ("ai", "Oak.")]
    for place, (kind, text) in enumerate(stored):
        message = json.dumps({"type": kind, "data": {"content": text}})
        connection.execute("insert into message_store values (?, ?, ?)", (place, "b", message))
    found = []
    for query in re.findall(r"^```sql\n(.*?)^```$", section(STORES), re.DOTALL | re.MULTILINE):
        ((line,),) = connection.execute(query).fetchall()
        found += [record.fields for record in expand(line, SHIPPED).records]
    assert [(one["record_id"], one["occurred_at"], one.get("text") or one["skill"]) for one in found] == [
        ("a:0:content", "2026-06-30T11:00:00Z", "A lamp?"),
        ("a:1:call0:skill", "2026-06-30T11:00:01Z", "order_status"),
        ("b:0:content", "2026-06-30T11:00:00Z", "A lamp?"),
        ("b:1:content", "2026-06-30T11:00:00Z", "Oak."),
    ]
