"""Klaviyo's lines in every form in which they come, against the independent reference, and as erasure and seeds see them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caw.adapters.klaviyo_metrics import load_metrics
from caw.adapters.registry import ADAPTERS, expanders
from caw.feeds.declared import SEEDS_DIR
from tests.support.expansions_against_reference import differences
from tests.support.klaviyo_lines import (
    AGENT_EVENTS,
    CONVERSATION,
    EVENTS,
    EXPAND,
    LATER_CONVERSATION,
    PROFILE,
    ROWS,
    VARIANT,
    WEBHOOK,
    event,
    lines_of,
    made,
    page,
    records,
)
from tests.support.odd_lines import odd_lines

SHARED = Path(__file__).resolve().parents[3] / "shared"
MADE_BY_US = SHARED / "data" / "vendors" / "klaviyo" / "made_by_us_events_page.json"


def test_rows_of_connectors_tables_are_events(tmp_path: Path) -> None:
    """Columns with and without underscores, JSON in cells, instants without a zone."""
    path = tmp_path / "event.csv"
    path.write_text(
        "id,person_id,person_email,datetime,type,property_conversation_id,property_first_message,property_tags,_fivetran_synced\n"
        'h,P9,h@x.example,2026-06-10 10:00:00.000,Conversation Resolved,c9,hi,"[""a"", ""b""]",2026-06-11\n'
    )
    (opened, ended) = made(json.loads(lines_of(path)[0])).records
    assert ended.fields["tags"] == ["a", "b"] and opened.fields["conversation_id"] == "c9"
    assert ended.fields["occurred_at"] == "2026-06-10T10:00:00Z"
    assert ended.fields["profile"] == {"profile_id": "P9", "email": "h@x.example"}
    path.write_text(
        "uuid,datetime,type,propertyeventid,propertyvalue,propertyitems\n"
        '5,2026-06-10T10:00:00Z,Placed Order,1001,12.10,"[{""ProductID"": ""p1""}]"\n'
    )
    ((_, order),) = records(json.loads(lines_of(path)[0]))
    assert (order["order_id"], order["total"], order["items"]) == ("1001", "12.10", [{"product_id": "p1"}])


def test_a_page_is_the_same_in_every_envelope_and_split(tmp_path: Path) -> None:
    """What a team lands depends on its connector; what it means does not."""
    document = page(*AGENT_EVENTS)
    (tmp_path / "page.json").write_text(json.dumps(document))
    elements = lines_of(tmp_path / "page.json")
    expected = [EXPAND("klaviyo_events", one) for one in elements]
    assert [len(one.records) for one in expected] == [1, 1, 2, 2]
    split = []
    for number, one in enumerate(document["data"]):
        (tmp_path / f"{number}.json").write_text(json.dumps({**document, "data": one}))
        split += lines_of(tmp_path / f"{number}.json")
    forms = [
        split,
        [json.dumps({**document, "data": one}) for one in document["data"]],
        [json.dumps({"_airbyte_data": one, "_airbyte_ab_id": "1"}) for one in elements],
        [json.dumps({"type": "RECORD", "stream": "events", "record": json.loads(one)}) for one in elements],
        [json.dumps({"type": "RECORD", "record": {"stream": "e", "data": json.loads(one)}}) for one in elements],
        [json.dumps({**json.loads(one), "_dlt_id": "x", "_dlt_load_id": "1"}) for one in elements],
        [json.dumps({"topic": "event:klaviyo.x", "payload": {**document, "data": one}}) for one in document["data"]],
    ]
    for form in forms:
        assert [EXPAND("klaviyo_events", line) for line in form] == expected


@pytest.mark.skipif(not MADE_BY_US.is_file(), reason="the shared data is not here")
def test_the_made_up_page_counts_as_its_description_says() -> None:
    """10 started in 9 conversations, 8 resolved, 5 escalated, 4 recommended, localized and refused ones included."""
    found = [EXPAND("klaviyo_events", line) for line in lines_of(MADE_BY_US)]
    counts = [sum(one.metric == name for one in found) for name in
              ("conversation_started", "conversation_resolved", "conversation_escalated", "recommendation_received")]  # fmt: skip
    assert counts == [10, 8, 5, 4]
    started = [one.records[0].fields["conversation_id"] for one in found if one.metric == "conversation_started"]
    assert len(set(started)) == 9
    assert all(differences("klaviyo_events", line, SEEDS_DIR) == [] for line in lines_of(MADE_BY_US))


def lines_for_comparison() -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """(feed, line, whether it is a row of a table)."""
    yield from (("klaviyo_events", one, False) for one in (*EVENTS, WEBHOOK))
    yield from (("klaviyo_events", one, True) for one in ROWS)
    yield from [("klaviyo_profiles", PROFILE, False), ("klaviyo_catalog", VARIANT, False)]
    yield from (("klaviyo_agent_conversations", one, False) for one in (CONVERSATION, LATER_CONVERSATION))


def test_the_reference_says_the_same_of_every_line() -> None:
    """A rule that both sides of a hand-worked case forget."""
    for feed, line, is_row in lines_for_comparison():
        assert differences(feed, line, SEEDS_DIR, is_row=is_row) == [], line


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_says_the_same_of_odd_lines_and_none_makes_an_adapter_raise(seed: int) -> None:
    """Refusals for other reasons, records from what is none, and a run that one odd line ends."""
    random = Random(seed)
    for feed, line, is_row in lines_for_comparison():
        if line is WEBHOOK:  # the reference raises for odd types in `included`
            continue
        for odd in odd_lines(line, random, 40):
            assert expanders(SEEDS_DIR)[feed].spots(odd) is not None if seed == 0 else True
            if not is_read_otherwise(feed, odd):
                assert differences(feed, odd, SEEDS_DIR, is_row=is_row) == [], json.dumps(odd)


def is_read_otherwise(feed: str, line: Mapping[str, Any]) -> bool:
    """Whether the reference reads a line otherwise than the specification says.

    It takes `{}` and false for absent where it looks for a member in two places, and asks a catalogue's line for its
    version before its id (spec §2.3.2).
    """
    attributes = line.get("attributes")
    if feed == "klaviyo_catalog":
        return made(line, feed).field == "id"
    members = [*line.values(), *(attributes.values() if isinstance(attributes, dict) else ())]
    return feed == "klaviyo_events" and any(one is False or one == {} for one in members)


def test_a_wrong_mapping_is_noticed_by_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison that finds nothing, ever."""
    monkeypatch.setattr("caw.adapters.klaviyo_events.SKILLS", ("procedure",))
    found = differences("klaviyo_events", AGENT_EVENTS[1], SEEDS_DIR)
    assert any("skill: ours None, the reference's 'advice'" in one for one in found), found


def test_texts_and_ids_are_found_in_every_envelope() -> None:
    """A forgotten shopper's e-mail stays in what another one wrote, as a connector landed it."""
    started = AGENT_EVENTS[0]
    spots = expanders(SEEDS_DIR)["klaviyo_events"].spots
    inner = ("attributes", "event_properties")
    plain = {("id",): "object_id", ("attributes", "uuid"): "object_id", (*inner, "Conversation ID"): "conversation_id",
             (*inner, "First message"): "text"}  # fmt: skip
    assert spots(started) == plain
    record = {"type": "RECORD", "record": started}
    assert spots(record) == {("record", *path): what for path, what in plain.items()}
    webhook = {"topic": "event:klaviyo.placed_order", "payload": {"data": started}}
    assert spots(webhook) == {("payload", "data", *path): what for path, what in plain.items()}
    assert spots({"_airbyte_data": json.dumps(started)}) == {("_airbyte_data",): plain}
    assert spots({"id": "1", "property_first_message": "x", "propertyconversationid": "c"}) == {
        ("id",): "object_id", ("property_first_message",): "text", ("propertyconversationid",): "conversation_id",
    }  # fmt: skip
    of_messages = expanders(SEEDS_DIR)["klaviyo_agent_conversations"].spots(CONVERSATION)
    assert of_messages[("id",)] == "conversation_id"
    assert (
        of_messages[("messages", 1, "attributes", "content")] == "text" and of_messages[("messages", 1, "id")] == "part"
    )


@pytest.mark.parametrize(
    "seed, row, says",
    [
        ("klaviyo_metrics", "Placed Order,,sold", "row 1: means is one of"),
        ("klaviyo_metrics", "Received Email,,message_received", "row 1: means is one of"),
        ("klaviyo_metrics", ",,order_placed", "row 1: metric must not be blank"),
        (
            "klaviyo_metrics",
            "Placed Order,,order_placed\nPLACED_ORDER,,order_refunded",
            "row 2: PLACED_ORDER means order_placed",
        ),
        ("klaviyo_flows", "F1,", "row 1: policy_id must not be blank"),
        ("klaviyo_flows", "F1,a\nF2,a\nF1,b", "row 3: F1 is of a in another row"),
        ("vendor_words", "klaviyo,property,Étape,", "row 1: means must not be blank"),
        (
            "vendor_words",
            "klaviyo,role,user,customer\nklaviyo,role,Usér,agent",
            "row 2: Usér means customer in another row",
        ),
    ],
)
def test_a_wrong_row_of_a_seed_is_named(tmp_path: Path, seed: str, row: str, says: str) -> None:
    """A row that is passed over, so that its events are missing and nobody knows why."""
    header = (SEEDS_DIR / f"{seed}.csv").read_text(encoding="utf-8").partition("\n")[0]
    (tmp_path / f"{seed}.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"{seed}.csv {says}"):
        ADAPTERS["klaviyo_events"].load(tmp_path)


def test_words_match_without_accents_and_a_localized_property_needs_a_row_alone() -> None:
    """An account in French has other names for everything, and spaces that do not break."""
    assert load_metrics(SEEDS_DIR).meaning(["Conversation\u00a0Resolved"], []) == "conversation_resolved"
    assert (
        load_metrics(SEEDS_DIR).meaning(["DEBUT de la conversation avec le customer-agent"], [])
        == "conversation_started"
    )
    properties = {"ID de conversation": "c", "competence finale": "retours", "Étiquettes": ["vip"]}
    line = event("f", "Conversa com Customer Agent Resolvida", "2026-06-10T10:00:00Z", **properties)
    assert [one["conversation_id"] for _, one in records(line)] == ["c", "c"]
    assert records(line)[1][1]["skill"] == "retours" and records(line)[1][1]["tags"] == ["vip"]
    assert all(ADAPTERS[feed].vendor == "klaviyo" for feed in ADAPTERS if feed.startswith("klaviyo_"))
