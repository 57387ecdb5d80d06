"""Small hand-made deliveries for the reference's own tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import Delivery

WORDS = {
    "channel": "web_chat chat=web_chat sms text=sms email e-mail=email whatsapp",
    "record_type": "message skill_changed products_recommended status_changed tags_applied link_clicked added_to_cart",
    "actor": "agent ai=agent customer user=customer human",
    "role": "user human=user assistant ai=assistant tool function=tool system developer=system",
    "status": "open resolved résolu=resolved escalated handed_off=escalated closed",
    "mode": "live preview",
    "layout": "card list",
    "order_status": "placed paid=placed cancelled canceled=cancelled refunded",
    "consent_channel": "email sms whatsapp push",
    "suppression_channel": "email sms whatsapp push all",
    "consent_status": "subscribed true=subscribed unsubscribed false=unsubscribed never_subscribed",
    "suppression_action": "suppress unsuppress",
    "send_kind": "campaign flow transactional",
}
"""Vocabulary -> entries `alias=word`, or a word that stands for itself."""

SEED_FILES = {
    "sources.csv": "source,timezone,currency,channel\nacme_us,America/New_York,USD,\nacme_eu,Europe/Paris,EUR,sms\n",
    "absent_identifiers.csv": "word\nnull\nn/a\nunknown\n[object object]\n",
    "field_aliases.csv": "source,feed,field,means\n*,orders,email,profile.email\n*,orders,Customer Email,profile.email\n"
    "acme_us,orders,buyer,profile.email\n*,orders,created_at,placed_at\n*,conversation_log,message,text\n"
    "*,consents,user,profile_id\n",
    "transcript_markers.csv": "position,marker,status\n1,###STOP###,resolved\n2,###TRANSFER###,escalated\n",
    "agent_tools.csv": "tool_name,skill,effect,path\nfind_user,identity,identify,result\n"
    "get_user,account,identify,user_id\nsearch,search,recommend,result.products\n"
    "recommend,search,recommend,products\nhand_over,,escalate,summary\nget_order,orders,,\n"
    "put_in_cart,,cart,product_id\npick,,cart,result.product_id\nbest,,recommend,result\n",
    "escalation_categories.csv": "position,pattern,category\n20,refund,billing\n"
    "10,asked for a human,shopper_requested\n",
    "attribution_windows.csv": "channel,hours\nweb_chat,24\nemail,120\nsms,120\nwhatsapp,120\nunknown,24\n",
    "retargeting_policies.csv": "policy_id,trigger_event,message_channel,delay_hours,expires_after_hours,"
    "exclude_if_ordered,exclude_escalated_days,require_consent,min_hours_since_last_message,holdout_percent\n"
    "follow_up,product_recommendation_received,email,2,72,true,7,true,16,0\n",
    "retargeting_experiments.csv": "experiment_id,policy_id,starts_at,ends_at,holdout_percent,conversion_hours,"
    "smallest_lift\n",
}


def write_seeds(folder: Path) -> Path:
    """Write the seed files into a folder and return it."""
    lines = ["vocabulary,alias,word"]
    for vocabulary, entries in WORDS.items():
        for entry in entries.split():
            alias, _, word = entry.partition("=")
            lines.append(f"{vocabulary},{alias},{word or alias}")
    for name, text in {**SEED_FILES, "word_aliases.csv": "\n".join(lines) + "\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def at(text: str) -> datetime:
    """A UTC instant, e.g. `at("2025-03-10 12:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lines(*records: Any) -> bytes:
    """JSON Lines; a string is taken as the line itself."""
    texts = (record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records)
    return "".join(text + "\n" for text in texts).encode("utf-8")


def batch(files: dict[str, bytes], number: int = 1, ingested_at: str = "2025-03-10 12:00") -> Delivery:
    """A delivery."""
    return Delivery(f"batch_{number}", at(ingested_at), files)


def log(
    record_id: str, occurred_at: str, record_type: str, conversation_id: str = "c1", **fields: Any
) -> dict[str, Any]:
    """A conversation_log record."""
    head = {"record_id": record_id, "conversation_id": conversation_id, "occurred_at": occurred_at}
    return {**head, "record_type": record_type, **fields}


def customer(record_id: str, occurred_at: str, conversation_id: str = "c1", **fields: Any) -> dict[str, Any]:
    """A message by the customer."""
    return log(record_id, occurred_at, "message", conversation_id, actor="customer", **fields)


def status(record_id: str, occurred_at: str, word: str, conversation_id: str = "c1", **fields: Any) -> dict[str, Any]:
    """A status_changed record."""
    return log(record_id, occurred_at, "status_changed", conversation_id, status=word, **fields)
