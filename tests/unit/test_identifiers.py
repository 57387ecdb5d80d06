"""Which raw lines carry, or name, a person."""

import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from caw.adapters.registry import ADAPTERS, expander
from caw.erasure.finding import IdentifierFinder, rows_carrying
from caw.erasure.identifiers import PLACES, Identifier
from caw.erasure.staged_people import by_source
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.raw_store.schemas import LINE_SCHEMA


def carrying(found: IdentifierFinder, table: pa.Table, identifiers: Collection[Identifier]) -> list[int]:
    """Rows that carry at least one of the identifiers."""
    return rows_carrying(found.find(table).identifiers, frozenset(identifiers))


def finder(feed: str, seeds: Path = SEEDS_DIR) -> IdentifierFinder:
    """A finder with the shipped tool map."""
    return IdentifierFinder(feeds()[feed], "acme", expander(SEEDS_DIR), seeds)


def vendor_of(feed: str) -> str:
    """The vendor whose feed it is; blank for nobody's."""
    return ADAPTERS[feed].vendor if feed in ADAPTERS else ""


def seeds_naming(folder: Path, vendor: str) -> Path:
    """A folder of seeds in which a vendor names the people of `acme`; a blank one is nobody."""
    (folder / "sources.csv").write_text(f"source,timezone,currency,channel,people\nacme,,,,{vendor}\n")
    return folder


def lines(*texts: str, rejection: str | None = None) -> pa.Table:
    """Raw lines of one file."""
    rows: list[dict[str, Any]] = [
        {"batch_id": "00000001", "ingested_at": datetime(2026, 1, 1, tzinfo=UTC), "source": "acme", "file_path": "f",
         "line_number": number, "raw_text": text, "problem": rejection, "is_erased": False}
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, LINE_SCHEMA)


PERSON = {"profile_id": 12, "email": "\u00a0Ann@X.example ", "phone_number": "0049 30 1234567", "external_id": "e",
          "anonymous_id": "a"}  # fmt: skip
BUYER = {"id": 12, "email": PERSON["email"], "phone": PERSON["phone_number"]}  # as Shopify has it
KNOWN = {Identifier("profile_id", "12"), Identifier("email", "ann@x.example"), Identifier("phone", "49301234567")}
RECORDS: dict[str, tuple[dict[str, Any], set[Identifier]]] = {
    "conversation_log": ({"conversation_id": "c", "profile": PERSON}, KNOWN | {Identifier("conversation", "c")}),
    "chat_transcripts": ({"id": "c", "profile": PERSON, "messages": []}, KNOWN | {Identifier("conversation", "c")}),
    "orders": ({"order_id": 7, "profile": PERSON}, KNOWN | {Identifier("order", "7")}),
    "profiles": (
        {**PERSON, "merged_into": "m", "anonymous_ids": ["a1", "a2"]},
        KNOWN | {Identifier("profile_id", "m"), Identifier("anonymous_id", "a1"), Identifier("anonymous_id", "a2")},
    ),
    "consents": (PERSON, {Identifier("profile_id", "12")}),
    "suppressions": (PERSON, {Identifier("profile_id", "12")}),
    "message_sends": (PERSON, {Identifier("profile_id", "12")}),
    "order_adjustments": ({"adjustment_id": "a", "order_id": 7}, {Identifier("order", "7")}),
    "shopify_orders": ({"id": 7, "line_items": [], "customer": BUYER}, KNOWN | {Identifier("order", "7")}),
    "shopify_customers": (BUYER, KNOWN),
    "shopify_products": ({"id": 7, "variants": [{"id": 8}]}, set()),
    "erasures": ({**PERSON, "phone": "555 0100 22"}, KNOWN | {Identifier("phone", "555010022")}),
}

SHOPPER = {"id": 12, "email": PERSON["email"], "phone": PERSON["phone_number"], "external_id": "e"}  # of a helpdesk
AUTHOR = {"type": "user", "id": 12, "email": PERSON["email"]}
MAILED = {Identifier("profile_id", "12"), Identifier("email", "ann@x.example")}
RECORDS |= {
    "gorgias_tickets": (
        {"id": 7, "customer": SHOPPER, "messages": []},
        {*MAILED, Identifier("external_id", "e")},
    ),
    "intercom_conversations": (
        {"id": 7, "conversation_parts": [{"id": 8, "author": AUTHOR, "part_type": "note", "body": "x"}]},
        MAILED,
    ),
    "intercom_contacts": (SHOPPER, {*KNOWN, Identifier("external_id", "e")}),
    "zendesk_tickets": ({"id": 7, "requester": SHOPPER}, {*KNOWN, Identifier("external_id", "e")}),
    "zendesk_users": ({**SHOPPER, "role": "end-user"}, {*KNOWN, Identifier("external_id", "e")}),
}

SUBSCRIBER = {"email": PERSON["email"], "phone_number": PERSON["phone_number"], "external_id": "e"}  # of Klaviyo
RECORDS |= {
    "klaviyo_events": (
        {
            "id": "e1",
            "attributes": {"event_properties": {"Conversation ID": "c"}},
            "relationships": {"profile": {"data": {"type": "profile", "id": "12"}}},
            "included": {"metric": {"name": "Received Email"}, "profile": {"id": "12", **SUBSCRIBER}},
        },
        {*KNOWN, Identifier("external_id", "e")},
    ),
    "klaviyo_profiles": (
        {"id": "12", "attributes": {"updated": "2026-06-01T09:00:00Z", **SUBSCRIBER}},
        {*KNOWN, Identifier("external_id", "e")},
    ),
    "klaviyo_catalog": ({"id": "7", "attributes": {"external_id": "shirt"}}, set()),
    "klaviyo_agent_conversations": (
        {
            "id": "c",
            "attributes": {
                "customer": {"profile_id": "12", "email": PERSON["email"], "phone_number": PERSON["phone_number"]}
            },
        },
        KNOWN,
    ),
}


@pytest.mark.parametrize("feed", [name for name in feeds() if name != "products"])
def test_every_feed_of_people_shows_who_its_lines_carry(feed: str, tmp_path: Path) -> None:
    """A feed, or a field of one, by which a person is known is forgotten about when people are forgotten."""
    record, expected = RECORDS[feed]
    found = finder(feed, seeds_naming(tmp_path, vendor_of(feed)))
    for identifier in expected:
        assert carrying(found, lines("{}", json.dumps(record)), [identifier]) == [1], identifier
    assert carrying(found, lines(json.dumps(record)), [Identifier("profile_id", "1"), Identifier("order", "c")]) == []
    assert set(PLACES) | set(ADAPTERS) == set(RECORDS)


@pytest.mark.parametrize("feed", [name for name in ADAPTERS if vendor_of(name)])
def test_another_vendors_person_ids_are_nobodys_here(feed: str, tmp_path: Path) -> None:
    """Forgetting the shop's own profile 12 would take away the data of the vendor's person 12, who is somebody else."""
    record, expected = RECORDS[feed]
    found = finder(feed, seeds_naming(tmp_path, ""))
    broken = json.dumps(record)[:-1]
    for identifier in expected:
        is_found = carrying(found, lines(json.dumps(record)), [identifier]) == [0]
        assert is_found is (identifier.kind != "profile_id"), identifier
    assert Identifier("profile_id", "12") not in found.in_broken_line(broken)
    assert Identifier("profile_id", "12") not in found.in_refused_line(json.dumps(record))


def test_a_transcript_shows_who_its_tools_identify() -> None:
    """Who is learnt in mid-conversation is in no profile of the transcript."""
    call = {"id": "k", "name": "find_user_id_by_email", "arguments": "{}"}
    messages = [
        {"role": "user", "content": "hi", "timestamp": 1e9},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "k", "content": "ann_1"},
    ]
    found = carrying(
        finder("chat_transcripts"),
        lines(json.dumps({"id": "t", "messages": messages})),
        [Identifier("profile_id", "ann_1")],
    )
    assert found == [0]


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ('{"email": "Ann@X.example", "te', Identifier("email", "ann@x.example")),
        ('{"profile": {"email": "ann\\u0040x.ex\\u0061mple"', Identifier("email", "ann@x.example")),
        ('{"phone" : "0049 (30) 1234-567", ', Identifier("phone", "49301234567")),
        ('{"order_id":"c 1","x', Identifier("order", "c 1")),
        ('{"profile_id":"p"', Identifier("profile_id", "p")),
    ],
)
def test_a_line_that_is_no_record_shows_who_its_members_name(text: str, identifier: Identifier) -> None:
    """A broken line keeps the person that a whole one would lose."""
    broken = lines("nothing", text, rejection="not_json")
    assert carrying(finder("orders"), broken, [identifier]) == [1]


def test_an_order_names_its_buyer_by_a_column_of_a_teams_own() -> None:
    """A buyer whose address is outside the profile is not forgotten; one that the profile names otherwise is not her."""
    named = [
        {"order_id": "1", "email": "Ann@X.example"},
        {"order_id": "2", "profile": {"email": "null"}, "customer_email": "ann@x.example"},
        {"order_id": "3", "profile": {"email": "bob@x.example"}, "email": "ann@x.example"},
        {"order_id": "4", "email": "guest", "customer_email": "ann@x.example", "phone": 49301234567},
        {"order_id": "5", "email": 5},
    ]
    texts = [json.dumps(record) for record in named]
    assert carrying(finder("orders"), lines(*texts), [Identifier("email", "ann@x.example")]) == [0, 1, 3]
    assert carrying(finder("orders"), lines(*texts), [Identifier("phone", "49301234567")]) == [3]
    assert carrying(finder("conversation_log"), lines(*texts), [Identifier("email", "ann@x.example")]) == []


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ('{"profile_id": 1001.0}', Identifier("profile_id", "1001")),
        ('{"profile_id": "1001.0"}', Identifier("profile_id", "1001.0")),
        ('{"phone_number": 15550100.0}', Identifier("phone", "15550100")),
        ('{"phone_number": " +1 (0) 555 0100"}', Identifier("phone", "15550100")),
        ('{"email": "A\\u030ann\\u200b@X.example"}', Identifier("email", "\u00e5nn@x.example")),
        ('{"email": "\\u1e9e@x.example"}', Identifier("email", "ss@x.example")),
        ('{"anonymous_ids": "[\\"a\\", 7]"}', Identifier("anonymous_id", "7")),
        ('{"anonymous_ids": "a"}', Identifier("anonymous_id", "a")),
    ],
)
def test_identifiers_are_read_as_staging_reads_them(record: str, found: Identifier) -> None:
    """A number, a lone value or another spelling hides the person from an erasure, and not from the warehouse."""
    assert carrying(finder("profiles"), lines("{}", record), [found]) == [1]


def test_a_broken_line_names_people_by_its_members_alone() -> None:
    """Any word of somebody else's line that is an id of hers takes the line away."""
    text = '{"actor": "customer", "text": "p1", "profile": {"profile_id": "p2", "phone_number": 49301234567, "external_id": "ab'
    assert set(finder("orders").in_broken_line(text)) == {
        Identifier("profile_id", "p2"),
        Identifier("phone", "49301234567"),
        Identifier("external_id", "ab"),
    }
    listed = '{"anonymous_ids": ["a", 7, "guest", "b'
    assert [one.value for one in finder("profiles").in_broken_line(listed)] == ["a", "7", "b"]


@pytest.mark.parametrize("under", [(), ("attributes",)])
@pytest.mark.parametrize("others", [{}, {"id": "e1", "included": {"profile": {"first_name": "Ann"}}}])
def test_contacts_are_found_where_airbyte_puts_them_also_where_no_record_has_them(
    under: tuple[str, ...], others: dict[str, Any]
) -> None:
    """An event without an id, or with an incomplete `included`, keeps a forgotten shopper's address."""
    contacts: dict[str, Any] = {"email": "Ann@x.example", "phone_number": "+49301234567", "external_id": "e"}
    for name in under:
        contacts = {name: contacts}
    line = json.dumps({**others, "relationships": {"profile": {"data": {"type": "profile", **contacts}}}})
    found = finder("klaviyo_events")
    for one in (*KNOWN - {Identifier("profile_id", "12")}, Identifier("external_id", "e")):
        assert carrying(found, lines("{}", line), {one}) == [1], one


def test_ingestion_imports_neither_dagster_nor_dbt() -> None:
    """What is done to data is plain Python: it starts in a second, in any process."""
    code = (
        "import sys, caw.ingest.ingestion, caw.erasure.subjects; "
        "print([name for name in sys.modules if name.split('.')[0] in ('dagster', 'dbt')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_words_for_nobody_are_those_of_the_run_s_own_seeds(tmp_path: Path) -> None:
    """A team takes `nil` out of the list, as it is a customer's id: a request for it was accepted, and forgot nobody."""
    for name in SEEDS_DIR.glob("*.csv"):
        shutil.copy(name, tmp_path)
    (tmp_path / "absent_identifiers.csv").write_text("word\nnobody\n", encoding="utf-8")
    assert by_source([("acme", "profile_id", "nil")]) == {"acme": frozenset({Identifier("profile_id", "nil")})}
    refused = json.dumps({"conversation_id": "c", "record_id": ["r"], "profile": {"profile_id": "nil"}})
    found = IdentifierFinder(feeds()["conversation_log"], "acme", expander(tmp_path), tmp_path)
    assert Identifier("profile_id", "nil") in found.in_refused_line(refused)
    assert Identifier("profile_id", "nil") not in finder("conversation_log").in_refused_line(refused)
