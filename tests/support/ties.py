"""Later lines that name a forgotten person, or tie somebody to them."""

from typing import NamedTuple

from tests.support.forgetting import (
    EMAIL,
    HOUSEHOLD,
    PROFILE,
    lines,
    planted,
)

LATER = "2026-03-09T13:00:0"


def again() -> dict[str, bytes]:
    """Her files, delivered once more under other names."""
    return {
        path.replace("conversation_log/", "conversation_log/again ").replace("/p.jsonl", "/q.jsonl"): content + b"\n"
        for path, content in planted().items()
    }


def late(**profile: str) -> dict[str, bytes]:
    """A new conversation of hers, of two records, and one more record of an old one that names nobody."""
    talk = {"conversation_id": "late one", "record_type": "message", "actor": "customer"}
    return {
        f"acme/conversation_log/late for {EMAIL.lower()}.jsonl": lines(
            {**talk, "record_id": "l0", "occurred_at": LATER + "0Z", "text": "qxbefore"},
            {**talk, "record_id": f"l1-{PROFILE}", "occurred_at": LATER + "1Z", "text": "qxlate", "profile": profile},
            {**talk, "conversation_id": "conversation-by-cookie", "record_id": "l2", "occurred_at": LATER + "2Z",
             "text": "qxanonymous"},
            f'{{"broken": "{EMAIL}", "qxtail',
        ),
    }  # fmt: skip


class Tie(NamedTuple):
    """What shows later that something old is hers, and the words that go with it."""

    files: dict[str, bytes]
    gone: tuple[str, ...]


OF_A_CONVERSATION = Tie(
    {
        "acme/conversation_log/known.jsonl": lines(
            {"record_id": "u2", "conversation_id": "unknown talk", "occurred_at": LATER + "0Z", "record_type": "message",
             "actor": "customer", "text": "qxknown", "profile": {"email": EMAIL}}
        )
    },
    ("qyanybody",),
)  # fmt: skip


# A household's number is hers by her next profile, whose line alone says so: who writes from it is she, not the neighbour.
OF_A_SHARED_PHONE = Tie(
    {
        "acme/profiles/third.jsonl": lines(
            {"profile_id": "third-of-zoe", "updated_at": "2026-02-03T00:00:00Z", "email": EMAIL,
             "phone_number": HOUSEHOLD, "city": "qxtown"}
        ),
        "acme/conversation_log/shared.jsonl": lines(
            {"record_id": "h1", "conversation_id": "by the household's number", "occurred_at": LATER + "0Z",
             "record_type": "message", "actor": "customer", "text": "qxshared", "profile": {"phone_number": HOUSEHOLD}}
        ),
    },
    (),
)  # fmt: skip

# A request that names somebody besides, and is refused by staging alone.
OF_A_REFUSED_REQUEST = Tie(
    {
        "acme/erasures/refused.jsonl": lines(
            {"request_id": "more", "requested_at": "2026-03-10T10:00:00Z", "email": EMAIL, "profile_id": "second-of-zoe",
             "phone": {"qxnumber": 1}}
        )
    },
    (),
)  # fmt: skip


def of_a_profile(**profile: str) -> Tie:
    """A line of profiles by which the second profile turns out to be hers."""
    tie = lines({"updated_at": "2026-02-01T00:00:00Z", **profile})
    return Tie({"acme/profiles/tie.jsonl": tie}, ("qytalk", "qysecond", "second-of-zoe"))
