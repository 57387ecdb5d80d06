"""Hand-worked cases of Klaviyo's profiles, catalogue and agent conversations (spec §2.3.12.3 to §2.3.12.6), and of the
drafts of the seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..cases import at
from .cases import SOURCE, counts, log, refusals, rows, warehouse
from .test_klaviyo import PREFIX, event, page
from .words import read_vendor_seeds

DRAFTS = Path(__file__).parent / "seeds"


def test_profiles_with_their_subscriptions(tmp_path: Path) -> None:
    subscriptions = {
        "email": {
            "marketing": {
                "consent": "SUBSCRIBED",
                "consent_timestamp": "2026-01-02T00:00:00+00:00",
                "method": "FORM",
                "double_optin": True,
                "can_receive_email_marketing": False,
                "suppression": [],
            }
        },
        "sms": {
            "marketing": {
                "consent": "SUBSCRIBED",
                "last_updated": "2026-01-03T00:00:00Z",
                "can_receive_sms_marketing": False,
                "valid_until": "2027-01-01T00:00:00Z",
            },
            "transactional": {"consent": "SUBSCRIBED"},
        },
        "mobile_push": {"marketing": {"consent": "UNSUBSCRIBED", "can_receive_push_marketing": False}},
        "whatsapp": {"marketing": {"consent": None, "can_receive": True}},
    }
    attributes = {
        "email": "redacted+1@example.com",
        "phone_number": "+15005550006",
        "anonymous_id": "a1",
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-02-01T00:00:00Z",
        "subscriptions": subscriptions,
    }
    person = {"type": "profile", "id": "P1", "attributes": attributes}
    files = {"klaviyo_profiles/a.json": {"data": [person, {"id": "P2", "attributes": {"updated": "soon"}}]}}
    built = warehouse(tmp_path, files, people="klaviyo")
    assert refusals(built) == [("bad_value", "updated")]
    assert rows(built, "profiles", "profile_id", "email", "anonymous_ids") == [("P1", None, ["a1"])]
    assert rows(built, "consents", "channel", "status", "occurred_at", "method") == [
        ("email", "subscribed", at("2026-01-02"), "FORM, double opt-in"),
        ("sms", "subscribed", at("2026-01-03"), None),
        ("push", "unsubscribed", at("2026-01-01"), None),
    ]
    assert rows(built, "suppressions", "channel", "action", "occurred_at") == [
        ("email", "unsuppress", at("2026-02-01")),
        ("sms", "suppress", at("2026-01-03")),
    ]
    other = warehouse(tmp_path, files, people="shopify")
    assert (counts(other), other.counted["profiles"]) == ([(1, 0, 1)], [])


def test_the_catalogue_says_what_is_in_stock(tmp_path: Path) -> None:
    def variant(external_id: str, **own: Any) -> dict[str, Any]:
        attributes = {"external_id": external_id, "updated": "2026-01-01T00:00:00Z", "published": True, **own}
        return {"type": "catalog-variant", "id": f"$custom:::$default:::{external_id}", "attributes": attributes}

    document = {
        "data": [
            variant("a", inventory_policy=1, inventory_quantity=0, price=9.5),
            variant("b", inventory_policy=2, inventory_quantity=0),
            variant("c", published=False),
            variant("d", inventory_policy=1, inventory_quantity=1),
        ]
    }
    built = warehouse(tmp_path, {"klaviyo_catalog/a.json": document})
    found = [("a", False), ("b", True), ("c", False), ("d", True)]
    assert rows(built, "products", "product_id", "in_stock") == found


def test_what_a_pull_lists_no_more_is_out_of_stock_until_it_is_listed_again(tmp_path: Path) -> None:
    def line(name: str, **own: Any) -> dict[str, Any]:
        attributes = {"external_id": name, "title": f"The {name}", "updated": "2026-06-01T00:00:00Z"}
        return {"id": f"$custom:::$default:::{name}", "type": "catalog-item", "attributes": attributes, **own}

    gone = [{**line(name, deleted_at="2026-06-03T00:00:00Z"), "attributes": {"external_id": name}} for name in "AB"]
    back = line("B", listed_at="2026-06-04T00:00:00Z")
    wrong = line("C", deleted_at="soon")
    built = warehouse(tmp_path, {"klaviyo_catalog/a.jsonl": [line("A"), line("B"), *gone, back, line("B"), wrong]})
    assert counts(built) == [(5, 1, 1)] and refusals(built) == [("bad_value", "deleted_at")]
    held = {row["product_id"]: row for row in sorted(built.counted["products"], key=lambda row: row["updated_at"])}
    assert {name: (row["title"], row["in_stock"]) for name, row in held.items()} == {
        "A": ("The A", False),
        "B": ("The B", True),
    }


def test_agent_conversations_give_way_to_the_events_of_the_same_conversation(tmp_path: Path) -> None:
    def message(message_id: str, role: str, moment: str) -> dict[str, Any]:
        return {"id": message_id, "attributes": {"role": role, "content": message_id, "created_at": moment}}

    def conversation(name: str, status: str) -> dict[str, Any]:
        texts = [
            message("2", "agent", "2026-06-10T10:00:10Z"),
            message("1", "user", "2026-06-10T10:00:00Z"),
            message("3", "user", "2026-06-10T10:00:20Z"),
            message("4", "stranger", "2026-06-10T10:00:30Z"),
        ]
        return {"id": name, "attributes": {"status": status, "updated_at": "2026-06-10T11:00:00Z"}, "messages": texts}

    files = {
        "klaviyo_agent_conversations/a.jsonl": [
            conversation("c1", "resolved-by-ai"),
            conversation("c2", "routed-to-team"),
        ],
        "klaviyo_events/a.json": page(
            event("e1", "started", "2026-06-10T10:00:01Z", Conversation_ID="c1"),
            event("e2", "resolved", "2026-06-10T10:30:00Z", Conversation_ID="c1"),
        ),
    }
    built = warehouse(tmp_path, files)
    found = log(built, "conversation_id", "record_id", "actor", "status")
    assert [one[1:] for one in found if one[0] == "c1"] == [
        ("klaviyo:e1", "customer", None),
        ("klaviyo:c1:2", "agent", None),
        ("klaviyo:c1:3", "customer", None),
        ("klaviyo:e2:open", "agent", "open"),
        ("klaviyo:e2", "agent", "resolved"),
    ]
    assert [one[1:] for one in found if one[0] == "c2"] == [
        ("klaviyo:c2:1", "customer", None),
        ("klaviyo:c2:2", "agent", None),
        ("klaviyo:c2:3", "customer", None),
        ("klaviyo:status", "agent", "escalated"),
    ]
    words = {(row["field"], row["word"]) for row in built.tables["health.unknown_words"]}
    assert words == {("role", "stranger")}


def test_agent_conversations_of_a_later_revision_have_channel_mode_and_person(tmp_path: Path) -> None:
    """Spec §2.3.12.6, from revision 2026-10-15 on."""
    own = {
        "channel": "sms",
        "mode": "preview",
        "customer": {"email": "a@x.example", "phone_number": "+1", "profile_id": "P"},
    }
    attributes = {"status": "resolved-by-ai", "updated_at": "2026-06-10T11:00:00Z", **own}
    said = {"role": "user", "content": "hi", "created_at": "2026-06-10T10:00:00Z"}
    line = {"id": "c1", "attributes": attributes, "messages": [{"id": "1", "attributes": said}]}
    for people, identifiers in (("own", (None, "a@x.example")), ("klaviyo", ("P", None))):
        built = warehouse(tmp_path, {"klaviyo_agent_conversations/a.jsonl": line}, people=people)
        found = log(built, "record_id", "channel", "mode", "profile")
        assert [one[:3] for one in found] == [("klaviyo:c1:1", "sms", "preview"), ("klaviyo:status", "sms", "preview")]
        assert [(one[3]["profile_id"], one[3]["email"]) for one in found] == [identifiers] * 2


def test_a_mode_that_nobody_knows_is_none_unless_it_speaks_of_a_preview_or_a_test(tmp_path: Path) -> None:
    said = {"id": "1", "attributes": {"role": "user", "content": "hi", "created_at": "2026-06-10T10:00:00Z"}}
    words = {"c1": "Live", "c2": "production", "c3": "test-session", "c4": "latest", "c5": "TEST"}
    lines = [{"id": one, "attributes": {"mode": word}, "messages": [said]} for one, word in words.items()]
    built = warehouse(tmp_path, {"klaviyo_agent_conversations/a.jsonl": lines})
    assert counts(built) == [(5, 0, 0)]
    assert [mode for _, mode in log(built, "record_id", "mode")] == ["live", "live", "preview", "live", "preview"]
    unknown = {(row["field"], row["word"]) for row in built.tables["health.unknown_words"]}
    assert unknown == {("mode", "production"), ("mode", "test-session"), ("mode", "latest")}


def test_the_drafts_of_the_seeds_know_every_name_that_the_page_uses() -> None:
    seeds = read_vendor_seeds(DRAFTS)
    named = [*PREFIX.values(), "Début de la conversation avec le Customer Agent", "Placed Order", "Received WhatsApp"]
    assert None not in [seeds.metric(name, []) for name in named]
    assert [seeds.metric(name, []) for name in ("Sent SMS", "Unsubscribed from List", "Ordered Product")] == [None] * 3
    assert seeds.is_agent("gorgias", "AI agent") and not seeds.is_agent("zendesk", "AI agent")
    assert SOURCE not in seeds.people
