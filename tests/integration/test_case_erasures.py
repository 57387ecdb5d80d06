"""Cases: erasing one person touches nobody else (spec §6.4 and §6.5). The cases e1 (ids
within ids) and e3 (ids that are words) are of this kind.

Each shop of `SHOPS` is landed three times: the request comes a run later (`_late`), with everything else (`_early`), or
a run before it (`_first`). Spec §3.11: the tables are the same whatever the order of delivery.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.case_runs import (
    JANUARY,
    Files,
    ThreeRuns,
    by,
    gates,
    ledger,
    message,
    of,
    recommended,
    refused,
    subscribed,
)
from tests.support.forgetting import ForgettingPipeline, lines
from tests.support.pipeline import Row

ORDERS_OF_DELIVERY = ("late", "early", "first")
ROW_TABLES = (
    "events.activity_feed", "events.recommended_products", "performance.conversations", "performance.attributed_orders",
    "retargeting.retargeting_eligibility", "retargeting.promotion_exclusions", "segments.segment_membership",
    "intermediate.int_orders", "intermediate.int_products", "health.rejected_records",
)  # fmt: skip
PSEUDONYM = re.compile("erased-[0-9a-f]{32}")  # the key is the data dir's, and may be the source's
NOT_COMPARED = ("source", "event_id", "ingested_at", "batch_id", "file_path")  # they name the source, or the delivery


@dataclass(frozen=True)
class Shop:
    """The person to be forgotten, others whose identifiers look like theirs, and what those did besides.

    Attributes:
        hers: the profile.
        request: what the request names.
        others: profiles that stay.
        log: lines of the others' conversations next to a start, a recommendation and a resolution of each.
        products: ids of products that are recommended and bought.
    """

    hers: Mapping[str, Any]
    request: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...]
    log: tuple[Any, ...] = ()
    products: tuple[str, ...] = ("lamp",)
    texts: Mapping[str, str] = field(default_factory=dict)  # what others wrote, by what is left of it

    def files(self) -> dict[str, bytes]:
        people = [self.hers, *self.others]
        ids = [str(one["profile_id"]) for one in people]
        log = [line for one in people for line in self.conversation(one)]
        texts = [message("texts", f"t{number}", text=text, actor="agent") for number, text in enumerate(self.texts)]
        orders = [
            {
                "order_id": f"order {number}",
                "placed_at": "2026-06-30T09:00:00Z",
                "total": 80,
                "items": [{"product_id": one} for one in self.products],
                "profile": {key: one[key] for key in ("email", "phone_number", "profile_id") if key in one},
            }
            for number, one in enumerate(people)
        ]
        return {
            "profiles/p.jsonl": lines(*({"updated_at": JANUARY, **one} for one in people)),
            "conversation_log/l.jsonl": lines(*log, *texts, *self.log),
            "orders/o.jsonl": lines(*orders),
            "consents/c.jsonl": subscribed(ids),
            "products/p.jsonl": lines(*({"product_id": one, "updated_at": JANUARY, "title": "Lamp"} for one in self.products)),
            "suppressions/s.jsonl": lines({"profile_id": ids[-1], "channel": "all", "action": "suppress", "occurred_at": JANUARY}),
        }  # fmt: skip

    def conversation(self, one: Mapping[str, Any]) -> list[Any]:
        name = f"talk of {one['profile_id']}"
        return [
            message(name, "1", text="a lamp, please", profile=dict(one)),
            recommended(name, str(one["profile_id"]), "2", products=list(self.products), occurred_at="2026-06-30T08:00:00.100234Z"),
            message(name, "3", record_type="status_changed", status="resolved", actor="agent", occurred_at="2026-06-30T08:00:01.100234Z"),
        ]  # fmt: skip

    def erasure(self) -> dict[str, bytes]:
        return {"erasures/e.jsonl": lines({"request_id": "r1", "requested_at": "2026-06-30T11:00:00Z", **self.request})}


def person(profile_id: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    return {"profile_id": profile_id, **({"email": email} if email else {}), **more}


HER_PHONE = "+31 6 1234 5678"
SHOPS = {
    # e1: identifiers within identifiers
    "within": Shop(
        person("kd-1", "eva@shop.example", phone_number=HER_PHONE),
        {"email": "Eva@Shop.example"},
        (
            person("kd-10", "neva@shop.example"), person("kd-12", "eva@shop.example.org"), person("kd-1b", "eva@shop.examples"),
            person("Kd-1", "my-eva@shop.example"), person("xkd-1", "x.eva@shop.example", phone_number="+31 6 1234 56789"),
            person("kd", "eva@shop.example-store.com"), person("eva", "eva+1@shop.example", external_id="kd-1"),
        ),
        texts={
            "Ask eva@shop.example about it": "Ask [forgotten] about it", "<EVA@SHOP.EXAMPLE>, she knows.": "<[forgotten]>, she knows.",
            "It was eva@shop.example.": "It was [forgotten].", "(eva@shop.example)": "([forgotten])",
            "neva@shop.example": "neva@shop.example", "eva@shop.example.org": "eva@shop.example.org",
            "eva@shop.example-store.com": "eva@shop.example-store.com", "my-eva@shop.example": "my-eva@shop.example",
            "x.eva@shop.example": "x.eva@shop.example", "_eva@shop.example": "_eva@shop.example", "eva+1@shop.example": "eva+1@shop.example",
            "%eva@shop.example": "%eva@shop.example", "eva@shop.examples": "eva@shop.examples", "eva @shop.example": "eva @shop.example",
            "Call +31 6 1234 5678 now": "Call [forgotten] now", "call 0031612345678": "call [forgotten]",
            "+31 (0)6-1234.5678?": "[forgotten]?", "31/6/12345678": "[forgotten]", "it is 316123456789": "it is 316123456789",
            "kd-1 and kd-10": "kd-1 and kd-10", "order 31612345": "order 31612345",
        },
    ),
    # e1: an id of digits, which occur in instants, products and amounts
    "digits": Shop(
        person("100234", "zed@shop.example"), {"profile_id": "100234"},
        (person("700001", "yan@shop.example"), person("1002345", "xan@shop.example"), person("a100234", "wan@shop.example")),
        products=("100234", "1002345"),
        log=(message("by number 100234", text="100234 is the lamp"), message("one more", skill="100234", tags=["100234"]),
             message("escalated", record_type="status_changed", status="escalated", escalation_reason="order 100234 is late")),
        texts={"Order 100234 costs 100234": "Order 100234 costs 100234"},
    ),
    # e3: ids that are words of the log
    "words": Shop(
        person("p1", "xena@shop.example", external_id="customer", anonymous_ids=["anonymous", "agent", "message", "web_chat", "null"]),
        {"email": "xena@shop.example"},
        (person("p2", "yuri@shop.example", anonymous_ids=["v-22"]), person("p3", "zora@shop.example", external_id="customers"),
         person("p4", "wim@shop.example", anonymous_ids=["guest"])),
        log=(message("by cookie", profile={"anonymous_id": "v-22"}, occurred_at="2026-06-30T08:30:00Z"), message("by guest", profile={"anonymous_id": "guest"})),
        texts={"the customer wrote a message to the agent": "the customer wrote a message to the agent"},
    ),
    "names": Shop(
        person("profile_id", "qe@shop.example", external_id="lamp"), {"profile_id": "profile_id"},
        (person("profile_id2", "re@shop.example"), person("email", "se@shop.example", external_id="subscribed")),
        products=("lamp", "profile_id"),
    ),
    "keys": Shop(
        person("true", "te@shop.example", external_id="resolved"), {"email": "te@shop.example"},
        (person("false", "ue@shop.example"), person("8", "ve@shop.example"), person("2026", "we@shop.example")),
    ),
}  # fmt: skip


def snapshot(pipeline: ForgettingPipeline, source: str, hers: Mapping[str, Any] | None = None) -> dict[str, list[str]]:
    """What the tables say of a source, but for the rows of her own conversation, order and profile."""
    mine = {hers["profile_id"], f"talk of {hers['profile_id']}", "order 0"} if hers else set()
    columns = ("profile_id", "conversation_id", "order_id")

    def is_hers(row: Row) -> bool:
        if "conversation_id" not in row and "order_id" not in row and row.get("profile_id", "") is None:
            return True  # a table of people has no row of nobody before
        return bool(mine & {row[one] for one in columns if one in row}) or str(row.get("conversation_id")).startswith(
            "erased-"
        )

    found = {}
    for name, rows in pipeline.tables(ROW_TABLES).items():
        kept = [row for row in rows if row["source"] == source and not (hers and is_hers(row))]
        texts = (str({key: value for key, value in row.items() if key not in NOT_COMPARED}) for row in kept)
        found[name] = sorted(PSEUDONYM.sub("erased-*", text) for text in texts)
    return found


def deliveries() -> Sequence[Files]:
    """All shops, and the late requests in a second run."""
    first: dict[str, bytes] = {}
    second: dict[str, bytes] = {}
    for name, shop in SHOPS.items():
        first |= (
            of(f"{name}_late", shop.files())
            | of(f"{name}_early", shop.files() | shop.erasure())
            | of(f"{name}_first", shop.erasure())
        )
        second |= of(f"{name}_late", shop.erasure()) | of(f"{name}_first", shop.files())
    return first, second


@pytest.mark.parametrize("name", SHOPS)
def test_nobody_else_s_rows_change(three_runs: ThreeRuns, name: str) -> None:
    """A neighbour in the alphabet loses their conversations, orders and consents, for good."""
    shop = SHOPS[name]
    after = snapshot(three_runs.pipeline, f"{name}_late", shop.hers)
    assert after == snapshot(three_runs.first, f"{name}_late", shop.hers)
    assert len(after["performance.conversations"]) >= len(shop.others)
    assert refused(three_runs.pipeline, f"{name}_late") == {}


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("order", ["early", "first"])
def test_the_order_of_delivery_makes_no_difference(three_runs: ThreeRuns, name: str, order: str) -> None:
    """What a rewrite spares, an arrival takes away, or the other way round."""
    assert snapshot(three_runs.pipeline, f"{name}_{order}") == snapshot(three_runs.pipeline, f"{name}_late")


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("order", ORDERS_OF_DELIVERY)
def test_she_is_forgotten_and_the_others_are_not(three_runs: ThreeRuns, name: str, order: str) -> None:
    """Her id is nobody's any more; her events are counted without a person; each other is known as before."""
    shop, source = SHOPS[name], f"{name}_{order}"
    people = three_runs.pipeline.query(
        f"select profile_id, count(*)::int as n from events.activity_feed where source = '{source}' group by 1"
    )
    counted = {row["profile_id"]: row["n"] for row in people}
    assert set(counted) - {None} == {str(one["profile_id"]) for one in shop.others}
    assert all(counted[str(one["profile_id"])] >= 3 for one in shop.others), "start, recommendation, resolution"
    assert counted[None] >= 3
    talk = by(three_runs.pipeline, source, "performance.conversations", "conversation_id", "outcome", "profile_id")
    assert all(talk[f"talk of {one['profile_id']}"] == ("resolved", one["profile_id"]) for one in shop.others)
    bought = by(three_runs.pipeline, source, "performance.attributed_orders", "order_id", "profile_id", "revenue::int")
    assert bought == {f"order {number}": (one["profile_id"], 80) for number, one in enumerate(shop.others, 1)}
    assert set(gates(three_runs.pipeline, source)) - {None} == {str(one["profile_id"]) for one in shop.others}
    accepted = {path: row[2] for path, row in ledger(three_runs.pipeline, source).items()}
    assert accepted["conversation_log/l.jsonl"] == 3 * (1 + len(shop.others)) + len(shop.texts) + len(shop.log)


@pytest.mark.parametrize("order", ORDERS_OF_DELIVERY)
@pytest.mark.parametrize("name", [name for name, shop in SHOPS.items() if shop.texts])
def test_of_others_words_her_address_and_number_alone_are_cut_out(three_runs: ThreeRuns, name: str, order: str) -> None:
    """Texts of others lose what looks like hers, or keep her address."""
    found = by(
        three_runs.pipeline,
        f"{name}_{order}",
        "staging.stg_conversation_log",
        "record_id",
        "text",
        where="conversation_id = 'texts'",
    )
    texts = SHOPS[name].texts
    assert {text: found[f"t{number}"] for number, text in enumerate(texts)} == texts
