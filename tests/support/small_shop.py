"""A shop of some sixty lines, delivered in parts: what comes late, who asks to be forgotten, and when nothing comes.

Small enough for whole runs on an engine that plans each model for seconds, whatever the number of its rows.
"""

from collections.abc import Mapping

from tests.support.case_runs import JANUARY, JUNE, Files, message, of, recommended, subscribed
from tests.support.forgetting import lines, request

SOURCE = "acme_us"  # shipped, with a time zone and a currency
PEOPLE = ("ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kit", "lou")
FORGOTTEN, MERGED = "cat", "hal"
RECOMMENDED = "2026-06-20T08:00:00Z"  # ten days before the first run: what follows on it can be counted
ASKED = request(email=f"{FORGOTTEN}@people.example", requested_at="2026-06-30T13:30:00Z")


def deliveries() -> Mapping[str, Files]:
    """What lands before each run, by the run's instant; with the last two, nothing."""
    return {
        "2026-06-30T12:00:00Z": of(SOURCE, first()),
        "2026-06-30T13:00:00Z": of(SOURCE, late()),
        "2026-06-30T14:00:00Z": {path.replace("acme", SOURCE, 1): content for path, content in ASKED.items()},
        "2026-06-30T15:00:00Z": {},
        "2026-06-30T16:00:00Z": {},
    }


def first() -> dict[str, bytes]:
    """Shoppers, a recommendation to each, and something in each feed that is theirs."""
    talk = "of ann"
    return {
        "profiles/people.jsonl": lines(*(_profile(one) for one in PEOPLE)),
        "consents/people.jsonl": subscribed(PEOPLE),
        "conversation_log/log.jsonl": lines(
            *(recommended(f"of {one}", one, occurred_at=RECOMMENDED) for one in PEOPLE),
            message(talk, "2", text="Which lamp is the small one?", occurred_at="2026-06-20T08:01:00Z"),
            message(talk, "3", record_type="status_changed", status="resolved", actor="agent", occurred_at="2026-06-20T08:02:00Z"),
            message("of cat", "2", text="cat@people.example is mine", tags=["vip"], occurred_at="2026-06-20T08:01:00Z"),
            message("of ben", "2", record_type="link_clicked", url="https://shop.example/lamp", product_id="lamp"),
            message("of dan", "2", record_type="added_to_cart", product_id="lamp", quantity=2),
            message("of eve", "2", record_type="status_changed", status="escalated", escalation_reason="charged twice"),
            recommended("of fay again", "fay", products=["lamp", "rug"]),
            message("of nobody", text="Hello?"),
            message("of nobody", "2", occurred_at="soon"),
            '{"conversation_id": "of nobody", "text": "broken',
        ),
        "orders/orders.jsonl": lines(_order("o1", "ann", 80), _order("o2", "cat", 20), _order("o3", "dan", 35)),
        "products/products.jsonl": lines(
            *({"product_id": one, "updated_at": JANUARY, "title": one.title(), "price": 40} for one in ("lamp", "rug"))
        ),
        "message_sends/sends.jsonl": lines(_send("m1", "gus"), _send("m2", "cat")),
        "suppressions/kit.jsonl": lines(
            {"profile_id": "kit", "channel": "email", "action": "suppress", "occurred_at": JUNE, "reason": "bounced"}
        ),
        "chat_transcripts/jon.jsonl": lines(_transcript("Do you ship to Norway?")),
    }  # fmt: skip


def late() -> dict[str, bytes]:
    """Records of conversations, orders and people that are in other files too, and new ones."""
    return {
        "conversation_log/late.jsonl": lines(
            message("of ann", "0", text="Hi!", skill="lamps", occurred_at="2026-06-20T07:59:00Z"),
            message("of eve", "3", text="Anybody?", occurred_at="2026-06-21T08:00:00Z"),
            recommended("of mia", "mia", occurred_at="2026-06-30T09:00:00Z"),
        ),
        "orders/late.jsonl": lines(
            {**_order("o1", "ann", 80), "updated_at": "2026-06-29T00:00:00Z", "status": "refunded", "refunded_total": 80},
            _order("o4", "ben", 12),
        ),
        "profiles/late.jsonl": lines(
            {**_profile("mia"), "updated_at": JUNE}, {**_profile(MERGED), "updated_at": JUNE, "merged_into": "gus"}
        ),
        "consents/late.jsonl": lines(
            {"profile_id": "lou", "channel": "email", "status": "unsubscribed", "occurred_at": "2026-06-15T00:00:00Z"}
        ),
        "products/late.jsonl": lines({"product_id": "rug", "updated_at": JUNE, "title": "Rug", "in_stock": False}),
        "chat_transcripts/late.jsonl": lines(_transcript("Do you ship to Norway?", "Both places. ###STOP###")),
    }  # fmt: skip


def _profile(name: str) -> dict[str, str]:
    return {"profile_id": name, "updated_at": JANUARY, "email": f"{name}@people.example"}


def _order(order_id: str, name: str, total: int) -> dict[str, object]:
    profile = {"email": f"{name}@people.example"}
    items = [{"product_id": "lamp", "quantity": 1, "price": total}]
    return {
        "order_id": order_id,
        "placed_at": "2026-06-21T10:00:00Z",
        "profile": profile,
        "total": total,
        "items": items,
    }


def _send(message_id: str, name: str) -> dict[str, str]:
    send = {"message_id": message_id, "profile_id": name, "channel": "email", "sent_at": "2026-06-20T11:00:00Z"}
    return {**send, "kind": "flow", "policy_id": "recommendation_follow_up_email"}


def _transcript(*said: str) -> dict[str, object]:
    messages = [{"role": role, "content": text} for role, text in zip(("user", "assistant"), said, strict=False)]
    return {"id": "t-jon", "start_time": "2026-06-25T10:00:00Z", "profile": {"profile_id": "jon"}, "messages": messages}
