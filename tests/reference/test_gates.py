"""Retargeting of the reference, worked out by hand (spec §4.14 to §4.17): every gate, refused lines, the funnel."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from . import build
from .cases import at, batch, lines, log, status
from .one_shop import LOG, P, order, recommendation, run

CONSENT = {"profile_id": "p", "channel": "email", "status": "subscribed", "occurred_at": "2025-01-01T00:00:00Z"}


def checked(seeds: Path, as_of: str = "2025-03-10 12:00", **feeds: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """Status and failed gates of p's recommendation of March 10, 10:00 (the latest in the log)."""
    log_records = [recommendation("1", "2025-03-10T10:00:00Z", ["x"]), *feeds.pop("conversation_log", [])]
    tables = run(seeds, as_of, **{"consents": [CONSENT], **feeds, "conversation_log": log_records}).tables
    own = [
        row for row in tables["retargeting.retargeting_eligibility"] if row["triggered_at"] == at("2025-03-10 10:00")
    ]
    return own[0]["status"], own[0]["failed_gates"]


def test_an_eligible_trigger_waits_first_and_expires_last(seeds: Path) -> None:
    assert checked(seeds) == ("eligible", [])
    assert checked(seeds, "2025-03-10 11:59:59") == ("waiting", [])
    assert checked(seeds, "2025-03-13 10:00") == ("expired", [])


def test_every_gate_blocks(seeds: Path) -> None:
    send = {"message_id": "m", "profile_id": "p", "channel": "email", "sent_at": "2025-03-09T20:00:00.000001Z"}
    flow = {**send, "kind": "flow", "sent_at": "2025-03-10T10:00:00Z"}
    ordered = [order("o", "2025-03-10T10:00:00Z", status="cancelled")]
    assert checked(seeds, orders=ordered) == ("blocked", ["ordered_since_trigger"])
    escalation = [status("9", "2025-03-03T12:00:00.000001Z", "escalated", "c2", **P)]
    assert checked(seeds, conversation_log=escalation)[1] == ["escalated_recently"]
    assert checked(seeds, consents=[])[1] == ["no_consent"]
    assert checked(seeds, consents=[CONSENT, {**CONSENT, "status": "unsubscribed"}])[1] == ["no_consent"]
    assert checked(seeds, consents=[CONSENT, {**CONSENT, "valid_until": "2025-03-10T12:00:00Z"}])[1] == ["no_consent"]
    assert checked(seeds, consents=[{**CONSENT, "valid_until": "2025-03-10T12:00:01Z"}])[1] == []
    suppression = {**CONSENT, "channel": "all", "action": "suppress"}
    assert checked(seeds, suppressions=[suppression, {**suppression, "action": "unsuppress"}])[1] == ["suppressed"]
    assert checked(seeds, message_sends=[send])[1] == ["messaged_recently"]
    assert checked(seeds, message_sends=[{**send, "sent_at": "2025-03-09T20:00:00Z"}])[1] == []
    assert checked(seeds, message_sends=[flow])[1] == ["messaged_recently", "already_sent"]
    assert checked(seeds, message_sends=[{**flow, "policy_id": "another"}])[1] == ["messaged_recently"]
    later = [recommendation("2", "2025-03-10T10:00:01Z", ["y"])]
    assert checked(seeds, conversation_log=later)[1] == ["superseded"]
    product = {"product_id": "y", "sku": "x", "updated_at": "2025-01-01T00:00:00Z", "in_stock": False}
    assert checked(seeds, products=[product])[1] == ["products_unavailable"]


REFUSED = {"profile_id": "p", "channel": "email", "status": "unsubscribed", "occurred_at": "yesterday"}


def test_a_refused_line_of_consents_blocks_until_one_is_accepted_later(seeds: Path) -> None:
    """("May one write")"""
    again = {**CONSENT, "occurred_at": "2025-01-02T00:00:00Z"}
    assert checked(seeds, consents=[CONSENT, REFUSED])[1] == ["no_consent"]
    assert checked(seeds, consents=[REFUSED, CONSENT])[1] == []
    assert checked(seeds, consents=[CONSENT, REFUSED, CONSENT])[1] == ["no_consent"]  # a duplicate does not count
    assert checked(seeds, consents=[CONSENT, REFUSED, again])[1] == []
    assert checked(seeds, consents=[CONSENT, REFUSED, {**again, "channel": "sms"}])[1] == ["no_consent"]
    assert checked(seeds, consents=[CONSENT, REFUSED, {**again, "profile_id": "q"}])[1] == ["no_consent"]
    assert checked(seeds, consents=[CONSENT, {**REFUSED, "profile_id": "q"}])[1] == []
    assert checked(seeds, consents=[CONSENT, {**REFUSED, "channel": "sms"}])[1] == []
    unreadable = {**CONSENT, "channel": "fax", "occurred_at": "2026-01-01T00:00:00Z"}
    assert checked(seeds, consents=[CONSENT, unreadable])[1] == ["no_consent"]  # it concerns all channels
    assert checked(seeds, consents=[CONSENT, {**unreadable, "profile_id": "unknown"}])[1] == []
    assert checked(seeds, consents=[CONSENT, {**REFUSED, "profile_id": None, "user": "p"}])[1] == ["no_consent"]


def test_a_refused_line_follows_merges_and_comes_from_csv_too(seeds: Path) -> None:
    merged = [{"profile_id": "old", "updated_at": "2025-01-01T00:00:00Z", "merged_into": "p"}]
    refused = {**REFUSED, "profile_id": "old"}
    assert checked(seeds, profiles=merged, consents=[CONSENT, refused])[1] == ["no_consent"]
    trigger = {LOG: lines(recommendation("1", "2025-03-10T10:00:00Z", ["x"]))}
    rows = "profile_id,status,occurred_at\np,unsubscribed,2025-01-01T00:00:00Z\n"
    for name in ("a.csv", "a.jsonl"):
        files = {**trigger, "acme_us/consents/0.jsonl": lines(CONSENT), "acme_us/consents/1.csv": rows.encode()}
        if name == "a.jsonl":  # the same delivery order, but the consent comes last
            files = {**trigger, "acme_us/consents/1.csv": rows.encode(), "acme_us/consents/2.jsonl": lines(CONSENT)}
        tables = build([batch(files)], seeds, at("2025-03-10 12:00")).tables
        (row,) = tables["retargeting.retargeting_eligibility"]
        assert row["failed_gates"] == (["no_consent"] if name == "a.csv" else [])


def test_a_refused_line_of_suppressions_blocks_whether_or_not_consent_is_required(seeds: Path) -> None:
    """Spec §4.15: channel by channel; one for `all` clears every channel."""
    policies = seeds / "retargeting_policies.csv"
    policies.write_text(policies.read_text().replace("true,7,true", "true,7,false"))
    lifted = {**CONSENT, "status": None, "channel": "email", "action": "unsuppress"}
    refused = {**lifted, "occurred_at": "?", "channel": "email"}
    assert checked(seeds, consents=[REFUSED])[1] == []  # gate 4 only where the policy requires consent
    assert checked(seeds, suppressions=[refused])[1] == ["suppressed"]
    assert checked(seeds, suppressions=[{**refused, "channel": "sms"}])[1] == []
    assert checked(seeds, suppressions=[{**refused, "channel": "fax"}])[1] == ["suppressed"]
    assert checked(seeds, suppressions=[{**refused, "channel": "all"}, lifted])[1] == []
    assert checked(seeds, suppressions=[refused, {**lifted, "channel": "all"}])[1] == []
    assert checked(seeds, suppressions=[refused, {**lifted, "channel": "sms"}])[1] == ["suppressed"]
    assert checked(seeds, suppressions=[lifted, {**lifted, "channel": "marketing"}])[1] == ["suppressed"]
    assert checked(seeds, suppressions=[{**lifted, "channel": None, "action": "whatever"}])[1] == ["suppressed"]


def test_a_send_of_an_unknown_kind_counts_as_flow_and_as_campaign(seeds: Path) -> None:
    send = {"message_id": "m", "profile_id": "p", "channel": "email", "sent_at": "2025-03-10T10:00:00Z"}
    assert checked(seeds, message_sends=[{**send, "kind": "blast"}])[1] == ["messaged_recently", "already_sent"]
    assert checked(seeds, message_sends=[{**send, "kind": "blast", "policy_id": "x"}])[1] == ["messaged_recently"]


def test_holdout_unknown_profile_and_funnel(seeds: Path) -> None:
    share = int(hashlib.md5(b"follow_up|p").hexdigest()[:8], 16) % 100
    policies = seeds / "retargeting_policies.csv"
    policies.write_text(policies.read_text().replace("true,16,0", f"true,16,{share + 1}"))
    assert checked(seeds) == ("blocked", ["holdout"])
    records = [
        recommendation("1", "2025-03-10T10:00:00Z", ["x"]),
        log("1", "2025-03-10T10:00:00Z", "products_recommended", "c2", products=["x"]),
    ]
    (row,) = run(seeds, conversation_log=records).tables["retargeting.eligibility_funnel"]
    assert (row["triggered"], row["blocked"], row["profile_unknown"], row["no_consent"], row["holdout"]) == (
        2,
        2,
        1,
        1,
        1,
    )


def test_promotion_exclusions_end_seven_days_after_the_last_escalation(seeds: Path) -> None:
    records = [
        status("1", "2025-03-03T12:00:00Z", "escalated", "edge", profile={"profile_id": "out"}),
        status("1", "2025-03-04T12:00:00Z", "escalated", "in", **P),
    ]
    (row,) = run(seeds, conversation_log=records).tables["retargeting.promotion_exclusions"]
    assert (row["profile_id"], row["excluded_until"]) == ("p", at("2025-03-11 12:00"))
