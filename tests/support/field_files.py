"""Files of every feed whose lines have fields in every form that counts, and in forms that do not."""

from caw.feeds.declared import declarations, feeds
from tests.support.declared_lines import wrong_lines
from tests.support.field_forms import (
    AT,
    BOOLEANS,
    CONSENTS,
    IDS,
    INSTANTS,
    LONG_IDS,
    NOBODY,
    PRODUCTS,
    QUANTITIES,
    SEQUENCES,
    SOMEBODY,
    SUPPRESSIONS,
    TAGS,
    consent,
    each,
    lines,
    log,
    with_member,
)

WRONG = {name: list(wrong_lines(one)) for name, one in declarations().items() if not feeds()[name].is_expanded}


def field_files() -> dict[str, bytes]:
    """Path -> content of files whose lines have fields in every form."""
    us = "acme_us"
    profile = {"profile_id": "p", "updated_at": AT}
    return {
        f"{us}/conversation_log/instants.jsonl": lines(*each("occurred_at", INSTANTS)),
        f"{us}/conversation_log/sequences.jsonl": lines(*each("sequence", SEQUENCES, occurred_at=AT)),
        f"{us}/conversation_log/tags.jsonl": lines(*each("tags", TAGS, record_type="tags_applied", occurred_at=AT)),
        f"{us}/conversation_log/products.jsonl": lines(
            *each("products", PRODUCTS, record_type="products_recommended", occurred_at=AT)
        ),
        f"{us}/conversation_log/quantities.jsonl": lines(
            *each("quantity", QUANTITIES, record_type="added_to_cart", product_id="x", occurred_at=AT)
        ),
        f"{us}/conversation_log/odd.jsonl": lines(
            with_member(
                log(101, occurred_at=AT, chanel="sms", labels="a,b"), "profile", '{"mail": "a@x.com", "id": 1}'
            ),
            log(102, occurred_at=AT, chanel="sms"),
            log(103, occurred_at="never", chanel="sms", moode="x"),
        ),
        f"{us}/products/ids.jsonl": lines(*(with_member({"updated_at": AT}, "product_id", one) for one in IDS)),
        f"{us}/products/booleans.jsonl": lines(
            *(
                with_member({"product_id": f"b{number}", "updated_at": AT}, "in_stock", one)
                for number, one in enumerate(BOOLEANS)
            )
        ),
        f"{us}/profiles/nobody.jsonl": lines(
            *({**profile, "email": one, "phone_number": one, "external_id": one} for one in NOBODY),
            {**profile, "email": "\u200b \ufeff", "external_id": 0, "phone_number": 0.0},
            {**profile, "anonymous_ids": ["null", 0, "a", "n/a"], "merged_into": "none"},
        ),
        f"{us}/profiles/somebody.jsonl": lines(
            *({**profile, "email": one, "external_id": one, "merged_into": one} for one in SOMEBODY),
            {**profile, "phone_number": 4915112345678.0, "anonymous_ids": 7},
        ),
        f"{us}/consents/a.jsonl": lines(*(one for one, _, _ in CONSENTS)),
        f"{us}/consents/bad.jsonl": lines(
            consent(status=0),
            {"profile_id": "null", "channel": "email", "occurred_at": AT, "Customer Id": "p9"},
            {"profile_id": "null", "channel": "Mars", "occurred_at": "soon"},
            consent(channel=None),
            '{"profile_id": "p1"} {"profile_id": "p2"}',
            '{"profile_id": "p1"',
        ),
        f"{us}/suppressions/a.jsonl": lines(
            *({"profile_id": "p1", "occurred_at": AT, **one[0]} for one in SUPPRESSIONS)
        ),
        f"{us}/suppressions/bad.jsonl": lines(
            {"profile_id": "p1", "occurred_at": AT, "action": "unsuppress"},
            {"profile_id": "p1", "occurred_at": AT, "action": "unsuppress", "channel": "*"},
            {"profile_id": "p1", "occurred_at": AT, "action": 5, "channel": []},
            {"profile_id": "p1", "occurred_at": AT, "channel": 5},
        ),
        f"{us}/erasures/a.jsonl": lines(
            {
                "request_id": 1.0,
                "requested_at": "2026-06-30",
                "phone": 4915112345678.0,
                "phone_number": "+1 555 0100",
            },
            {"request_id": "e2", "requested_at": AT, "email": "N/A", "phone": "0000000"},
        ),
        f"{us}/message_sends/a.jsonl": lines(
            {"message_id": "m1", "profile_id": "p1", "channel": "email", "sent_at": AT, "kind": "newsletter"},
            {"message_id": "m2", "profile_id": "p1", "channel": "pigeon", "sent_at": AT},
        ),
        f"{us}/orders/a.jsonl": lines(
            {"order_id": "o1", "placed_at": AT, "status": "Backordered", "email": "a@x.com", "currency": " eur "},
            {"order_id": "o2", "placed_at": AT, "profile": {"email": "b@x.com"}, "email": "a@x.com"},
            {
                "order_id": "o3",
                "placed_at": AT,
                "profile": {"email": "n/a"},
                "email": "",
                "customer_email": "c@x.com",
            },
            {
                "order_id": "o4",
                "placed_at": AT,
                "emial": "x",
                "total": "12,50",
                "items": [{"sku": "s", "price": -1}],
            },
        ),
        **{f"{us}/{feed}/long.jsonl": lines(*(record for record, _ in given)) for feed, given in LONG_IDS.items()},
        f"{us}/orders/b.csv": b"order_id,placed_at\no5,2026-06-01\n",
        **{f"{us}/{feed}/declared.jsonl": lines(*(one.record for one in wrong)) for feed, wrong in WRONG.items()},
    }
