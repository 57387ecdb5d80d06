"""Words of fixed sets, aliases of members and unknown fields in the reference, worked out by hand (spec §2.0)."""

from __future__ import annotations

from pathlib import Path

from . import build
from .cases import batch, customer, lines, log
from .typed_records import Context
from .typed_values import AT, NOON, run, typed


def test_words_that_nobody_knows(context: Context) -> None:
    order = f'{{"order_id": 1, "placed_at": "{AT}", "status": %s}}'
    assert [typed(context, "orders", order % one)["status"] for one in ('"Paid"', '"canceled"')] == [
        "placed",
        "cancelled",
    ]
    lost = typed(context, "orders", order % '" Lost "')
    assert (lost["status"], lost["status_text"]) == ("placed", " Lost ")
    assert typed(context, "orders", order % "false") == "bad_value status"

    consent = f'{{"profile_id": "p", "channel": "email", "occurred_at": "{AT}", "status": %s}}'
    found = [typed(context, "consents", consent % one) for one in ('"snoozed"', "false", "true", "null", '" "')]
    assert [(one["status"], one["status_text"]) for one in found] == [
        ("never_subscribed", "snoozed"),
        ("unsubscribed", None),
        ("subscribed", None),
        ("never_subscribed", None),
        ("never_subscribed", None),
    ]
    assert typed(context, "consents", consent % "3") == "bad_value status"
    assert typed(context, "consents", (consent % "null").replace("email", "fax")) == "bad_value channel"

    suppression = f'{{"profile_id": "p", "occurred_at": "{AT}", "channel": %s, "action": %s}}'
    all_known = typed(context, "suppressions", suppression % ('"marketing"', '"pause"'))
    assert [all_known[name] for name in ("channel", "channel_text", "action", "action_text")] == [
        "all",
        "marketing",
        "suppress",
        "pause",
    ]
    logged = typed(context, "suppressions", suppression % ("true", "null"))
    assert (logged["channel"], logged["channel_text"], logged["action"]) == ("all", "true", "suppress")
    assert typed(context, "suppressions", suppression % ("null", "null"))["channel_text"] is None
    for channel in ('"marketing"', "null"):
        assert typed(context, "suppressions", suppression % (channel, '"unsuppress"')) == "bad_value channel"
    assert typed(context, "suppressions", suppression % ('"all"', '"unsuppress"'))["action"] == "unsuppress"
    assert typed(context, "suppressions", suppression % ("3", '"unsuppress"')) == "bad_value channel"
    assert typed(context, "suppressions", suppression % ('"sms"', "[1]")) == "bad_value action"

    send = f'{{"message_id": 1, "profile_id": "p", "channel": "sms", "sent_at": "{AT}", "kind": %s}}'
    sent = typed(context, "message_sends", send % '"newsletter"')
    assert (sent["kind"], sent["kind_text"]) == ("campaign", "newsletter")


def test_unknown_words_are_counted_as_given_and_part_of_the_content(seeds: Path) -> None:
    consent = {"profile_id": "p", "channel": "email", "occurred_at": AT}
    order = {"order_id": 1, "placed_at": AT, "status": "x" * 200}
    logged = [customer("1", AT, channel="Fax"), customer("2", AT, channel="Fax"), customer("2", AT, channel="Fax")]
    consents = [{**consent, "status": one} for one in ("snoozed", "Snoozed", None, "never_subscribed")]
    warehouse = run(seeds, consents=consents, orders=[order], conversation_log=logged)
    assert len(warehouse.accepted["consents"]) == 3
    rows = warehouse.tables["health.unknown_words"]
    assert [(row["feed"], row["field"], row["word"], row["lines"]) for row in rows] == [
        ("consents", "status", "Snoozed", 1),
        ("consents", "status", "snoozed", 1),
        ("conversation_log", "channel", "Fax", 2),
        ("orders", "status", "x" * 100, 1),
    ]


def test_a_member_counts_as_what_it_means_where_that_is_absent(seeds: Path) -> None:
    orders = [
        {"order_id": 1, "created_at": AT, "email": "a@x"},
        {"order_id": 2, "placed_at": AT, "created_at": "x", "email": "a@x", "buyer": "b@x"},
        {"order_id": 3, "placed_at": AT, "email": "a@x", "profile": {"email": "c@x"}},
        {"order_id": 4, "placed_at": AT, "email": "a@x", "profile": {"email": "unknown", "external_id": 5}},
        {"order_id": 5, "placed_at": AT, "buyer": "n/a", "email": "a@x", "profile": None},
        {"order_id": 6, "placed_at": AT, "Customer Email": "d@x", "customer_email": "e@x"},
    ]
    logged = [log("r", AT, "message", actor="customer", message="hi")]
    warehouse = run(seeds, orders=orders, conversation_log=logged)
    emails = [row["profile"]["email"] for row in warehouse.accepted["orders"]]
    assert emails == ["a@x", "b@x", "c@x", "a@x", "a@x", "d@x"]
    assert warehouse.accepted["orders"][3]["profile"]["external_id"] == "5"
    assert warehouse.accepted["conversation_log"][0]["text"] == "hi"
    found = [(row["feed"], row["field"]) for row in warehouse.tables["health.unknown_fields"]]
    assert found == [("orders", "customer_email")]  # a column's name is compared without case, a member's as it is


def test_aliases_are_a_column_s_name_without_case(seeds: Path) -> None:
    content = f"order_id,CREATED at,customer email\n1,{AT},a@x\n"
    warehouse = build([batch({"acme_eu/orders/a.csv": content.encode()})], seeds, NOON)
    assert warehouse.accepted["orders"][0]["profile"]["email"] == "a@x"
    assert warehouse.tables["health.unknown_fields"] == []


def test_unknown_fields_of_accepted_lines(seeds: Path) -> None:
    good = customer("1", AT, chanel="sms", profile={"email": "a@x", "nickname": "A"}, note=None)
    files = {
        "acme_us/conversation_log/b.jsonl": lines(good, {**good, "record_id": "2"}, good, {"chanel": 1}),
        "acme_us/conversation_log/a.jsonl": lines({**good, "record_id": "3", "note": 1}),
    }
    rows = build([batch(files)], seeds, NOON).tables["health.unknown_fields"]
    assert [(row["field"], row["lines"], row["first_file_path"]) for row in rows] == [
        ("chanel", 3, "acme_us/conversation_log/a.jsonl"),
        ("note", 3, "acme_us/conversation_log/a.jsonl"),
        ("profile.nickname", 3, "acme_us/conversation_log/a.jsonl"),
    ]
