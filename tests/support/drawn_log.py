"""Random conversation logs."""

from datetime import datetime, timedelta
from random import Random

from tests.support import draws
from tests.support.draws import Members, chance, pick, some, word
from tests.support.odd_values import BAD, ODD_INSTANTS
from tests.support.scenarios import Line

CONVERSATIONS = ('"c1"', '"c1"', '"c1"', '"c2"', '"c2"', '"C1"', "7", '"7"', "7.0", '"c\u0301"', '"ć"')
RECORDS = (
    '"r1"', '"r2"', '"r3"', '"r4"', '"r5"', '"r6"', '"r7"', '"r8"', '"r9"', '"r10"', '"r11"', '"R1"', '"é"',
    '"e\u0301"', '"z"', '"😀"', '"\uff5e"', '" r1"', '"r1 "', "1", "9", "9.0", "10", '"10"', "-7", "100000000000000000000",
)  # fmt: skip
TYPES = (
    ("message",) * 6
    + ("status_changed",) * 5
    + ("products_recommended",) * 3
    + ("skill_changed",) * 2
    + ("tags_applied", "link_clicked", "added_to_cart")
)
TAGS = ('"vip"', '" vip"', '"vip\u3000"', '"Vip"', '"size"', '"é"', '"e\u0301"', '"zz"', "null", '""', '" "')
REASONS = (
    "refund please",
    "Could not find an answer",
    "DON'T KNOW",
    "asked-for a_human",
    "vip rule",
    "lack of knowledge",
    "Escalation-Rule",
    "none",
    " billing ",
    "",
    " ",
    "shopper requested, then billing",
    "unreadable refund",
    "l\u00b4e\u0301crit",
    "payment\\nrefund",
    "ReFuNd",
)
SEQUENCES = (
    "0", "1", "2", "2", "10", "-1", "9223372036854775807", "1.0", '"1"', '"2.0"', '" 2 "', "1.5", '"one"', "9223372036854775808",
)  # fmt: skip
TAG_TEXTS = (
    '"vip"', '"vip,size"', '",vip,,"', '"[\\"vip\\", \\"a,b\\"]"', '"[vip"', '"[vip,b"', '"[]"', '"[1]"', "3", '","',
)  # fmt: skip
QUANTITIES = ("1", "2", "0", "-1", '"3"', "1.0", "-0", "1.5", '"2.0"', '"-1"', '"two"')
URLS = ("https://shop.example/k1", "x", " ")
JUST_PLAIN = {
    "actor": ("customer", "agent", "agent", "human"),
    "status": ("resolved", "escalated", "closed", "open"),
    "layout": ("card", "list"),
}


def record(rng: Random, zone: str, conversation: str, moment: datetime) -> Members:
    """One record's members, in any order, mostly valid."""
    kind = pick(rng, TYPES)
    members: Members = [
        ("record_id", pick(rng, RECORDS)),
        ("conversation_id", conversation),
        ("occurred_at", draws.written(rng, moment, zone)),
        ("record_type", word(rng, "record_type", (kind,)) if chance(rng, 10) else f'"{kind}"'),
    ]
    members += _own(rng, kind)
    members += some(
        rng,
        20,
        "sequence",
        pick(rng, SEQUENCES),
    )
    members += some(rng, 30, "channel", word(rng, "channel", ("web_chat", "email", "sms")))
    members += some(rng, 3, "mode", word(rng, "mode", ("preview", "live")))
    members += some(rng, 30, "skill", draws.quoted(pick(rng, draws.SKILLS)))
    members += some(rng, 25, "tags", _tags(rng))
    members += some(rng, 35, "profile", draws.profile(rng))
    return disturbed(rng, members)


def _own(rng: Random, kind: str) -> Members:
    if kind == "message":
        return [
            ("actor", word(rng, "actor", ("customer", "customer", "agent", "human"))),
            *some(rng, 80, "text", draws.text(rng)),
            *some(rng, 5, "message_text", draws.text(rng)),
        ]
    if kind == "skill_changed":
        return [("skill", draws.quoted(pick(rng, draws.SKILLS)))]
    if kind == "products_recommended":
        actor = some(rng, 40, "actor", word(rng, "actor", JUST_PLAIN["actor"]))
        return [
            ("products", _products(rng)),
            *some(rng, 30, "layout", word(rng, "layout", JUST_PLAIN["layout"])),
            *actor,
        ]
    if kind == "status_changed":
        members: Members = [("status", word(rng, "status", JUST_PLAIN["status"]))]
        members += some(rng, 60, "actor", word(rng, "actor", JUST_PLAIN["actor"]))
        return members + some(rng, 60, "escalation_reason", f'"{pick(rng, REASONS)}"')
    if kind == "tags_applied":
        return [("tags", _tags(rng))]
    if kind == "link_clicked":
        return [("url", draws.quoted(pick(rng, URLS))), *some(rng, 50, "product_id", pick(rng, draws.PRODUCTS))]
    quantity = some(rng, 50, "quantity", pick(rng, QUANTITIES))
    return [("product_id", pick(rng, draws.PRODUCTS)), *quantity]


def _tags(rng: Random) -> str:
    if chance(rng, 5):
        return pick(rng, BAD)
    if chance(rng, 15):
        return pick(rng, TAG_TEXTS)
    return draws.as_list(draws.several(rng, TAGS, 4))


def _products(rng: Random) -> str:
    if chance(rng, 5):
        return pick(rng, BAD)
    if chance(rng, 10):
        return pick(rng, ('"k1"', "4", "4.0", '"[\\"k1\\", {\\"sku\\": \\"s1\\"}]"', '"[k1"', '"[]"', '"[null]"'))
    return draws.as_list([_product(rng) for _ in range(1 + rng.randrange(4))])


def _product(rng: Random) -> str:
    if chance(rng, 70):
        return pick(rng, draws.PRODUCTS)
    odd = ("null", '""', "[]", "{}", '{"sku": "s1"}', '{"id": 4}', '{"product_id": "k1", "sku": "s2"}', '{"product_id": " ", "id": "k2"}',
           '{"product_id": null, "sku": [], "id": "k3"}', '{"product_id": true}', '{"name": "k1"}', "1.5", "true", '{"sku": "s1", "sku": "s2"}', '["k1"]')  # fmt: skip
    return pick(rng, odd)


def disturbed(rng: Random, members: Members) -> Members:
    """The members, now and then with one missing, bad, doubled, unheard of, or in another order."""
    members = list(members)
    form = rng.randrange(40)
    place = rng.randrange(len(members))
    name = members[place][0]
    if form == 0:
        del members[place]
    elif form == 1:
        members[place] = (name, pick(rng, BAD))
    elif form == 2:
        members.insert(rng.randrange(len(members) + 1), (name, pick(rng, BAD)))
    elif form == 3:
        members.append(("note", pick(rng, BAD)))
    elif form == 4:
        members.reverse()
    elif form == 5:
        instants = [at for at, (name, _) in enumerate(members) if name.endswith("_at") or name == "valid_until"]
        if instants:
            at = pick(rng, instants)
            members[at] = (members[at][0], pick(rng, ODD_INSTANTS))
    return members


def conversation_lines(rng: Random, zone: str) -> list[Line]:
    """The records of a few conversations, in order of time within each."""
    lines = []
    for conversation in {pick(rng, CONVERSATIONS): None for _ in range(1 + rng.randrange(3))}:
        moment = draws.near(rng)
        for _ in range(1 + rng.randrange(9)):
            lines.append(Line("conversation_log", tuple(record(rng, zone, conversation, moment))))
            moment = draws.later(rng, moment)
            if chance(rng, 5):
                moment += timedelta(hours=24)
    return lines
