"""Hand-worked cases of what a vendor's refused line says of who may be written to (spec §2.3.2 and §4.15)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .cases import minute_after, warehouse

TOLD = {
    "record_id": "1",
    "conversation_id": "c",
    "occurred_at": "2026-07-01T09:00:00Z",
    "record_type": "products_recommended",
    "products": ["lamp"],
    "profile": {"profile_id": "7"},
}
YES, NO = (
    {"subscriptions": {"email": {"marketing": {"consent": word, "consent_timestamp": minute_after(minute)}}}}
    for word, minute in (("SUBSCRIBED", 1), ("UNSUBSCRIBED", 2))
)


def profile(updated: Any, said: dict[str, Any], profile_id: Any = "7") -> dict[str, Any]:
    return {"type": "profile", "id": profile_id, "attributes": {"updated": updated, **said}}


def failed(folder: Path, *later: Any, people: str = "klaviyo", feed: str = "klaviyo_profiles") -> list[str]:
    """The gates of the one trigger: its profile agreed first by the team's own feed."""
    agreed = {"profile_id": "7", "channel": "email", "status": "subscribed", "occurred_at": minute_after(0)}
    files = {"conversation_log/l.jsonl": TOLD, "consents/c.jsonl": agreed, f"{feed}/p.jsonl": list(later)}
    (row,) = warehouse(folder, files, people=people).tables["retargeting.retargeting_eligibility"]
    gates: list[str] = row["failed_gates"]
    return gates


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([profile("soon", NO)], ["no_consent"]),
        ([profile("soon", YES)], ["no_consent"]),
        ([profile("soon", {})], []),
        ([profile("soon", NO), profile(minute_after(3), YES)], []),
        ([profile("soon", NO), profile(minute_after(3), {})], ["no_consent"]),
        ([profile(minute_after(3), YES), profile("soon", NO)], ["no_consent"]),
        ([profile("soon", NO, "8")], []),
        ([{"data": [profile(minute_after(3), NO, "8"), profile(minute_after(3), NO)]}], ["no_consent"]),
    ],
)
def test_a_refused_profile_blocks(tmp_path: Path, later: list[Any], expected: list[str]) -> None:
    assert failed(tmp_path, *later) == expected
    assert failed(tmp_path, *later, people="own") == []


def test_refused_events_customers_and_contacts_block(tmp_path: Path) -> None:
    left = {"metric_name": "Marked Email as Spam", "datetime": minute_after(2)}
    event = {**left, "relationships": {"profile": {"data": {"id": "7"}}}}
    assert failed(tmp_path, event, feed="klaviyo_events") == ["suppressed"]
    consent = {"email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": minute_after(2)}}
    for body in [{"id": 7, "email": "a@x", "updated_at": "soon", **consent}, {"customer_id": 7, "email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": "soon"}}]:  # fmt: skip
        assert failed(tmp_path, body, people="shopify", feed="shopify_customers") == ["no_consent"]
    child = {"id": 7, "email": "a@x", "updated_at": "soon", "__parentId": "1", **consent}
    assert failed(tmp_path, child, people="shopify", feed="shopify_customers") == []
    contact = {"id": "7", "updated_at": "soon", "unsubscribed_from_emails": True, "has_hard_bounced": True}
    assert failed(tmp_path, contact, people="intercom", feed="intercom_contacts") == ["no_consent", "suppressed"]
