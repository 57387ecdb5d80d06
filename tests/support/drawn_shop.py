"""Random accounts whose records are all valid, so that the marts' windows and gates are met at their very edges."""

from datetime import datetime, timedelta
from random import Random

from tests.support.draws import Members, as_list, as_object, chance, pick, quoted, some
from tests.support.scenarios import NOW, Line

PEOPLE = ('"p1"', '"p1"', '"p1"', '"p2"', '"p3"')
GOODS = ('"k1"', '"k2"', '"s1"')
CODES = ('"k1"', '"k2"', '"s1"', '"s2"')
CHANNELS = ("web_chat", "web_chat", "email", "sms", "whatsapp", "fax")
CONVERSATIONS = tuple(f'"c{number}"' for number in range(1, 6))
TRIGGERED_HOURS_AGO = (0, 1, 2, 3, 16, 24, 47, 48, 71, 72, 96, 168, 719, 720, 721)
ORDERED_HOURS_LATER = (0, 0, 1, 2, 24, 24, 48, 72, 120, 120, 168, 168, 180)
UPDATED_HOURS_LATER = (-1, -1, 0, 1, 1)
EDGE = (0, 0, 0, 0, 0, 1, -1)  # microseconds
KEYS = {
    '"p1"': ("email", '"ann@x.example"'),
    '"p2"': ("phone_number", '"+1 555 010 0002"'),
    '"p3"': ("anonymous_id", '"a3"'),
}


def instant(moment: datetime) -> str:
    """JSON text of an instant."""
    return quoted(moment.replace(tzinfo=None).isoformat() + "Z")


def edged(rng: Random, moment: datetime, hours: float = 0) -> datetime:
    """So many hours later, or a microsecond off that."""
    return moment + timedelta(hours=hours, microseconds=pick(rng, EDGE))


def shop_lines(rng: Random) -> list[Line]:
    """One account's lines."""
    lines: list[Line] = []
    triggers: list[datetime] = []
    for conversation in CONVERSATIONS[: 1 + rng.randrange(len(CONVERSATIONS))]:
        moment = edged(rng, NOW, -pick(rng, TRIGGERED_HOURS_AGO))
        triggers.append(moment)
        lines += _conversation(rng, conversation, moment)
    for number in range(rng.randrange(5)):
        placed_at = edged(rng, pick(rng, triggers), pick(rng, ORDERED_HOURS_LATER))
        lines.append(_order(rng, f'"o{number}"', placed_at))
        if chance(rng, 40):
            updated_at = instant(placed_at + timedelta(hours=pick(rng, UPDATED_HOURS_LATER)))
            lines.append(_order(rng, f'"o{number}"', placed_at, ("updated_at", updated_at)))
    lines += [_profile(rng, person) for person in KEYS]
    for person in KEYS:
        lines += _permissions(rng, person)
    lines += [_refused(rng) for _ in range(rng.randrange(3) if chance(rng, 25) else 0)]
    lines += [_send(rng, number, triggers) for number in range(rng.randrange(5))]
    lines += [_product(rng, code) for code in GOODS[: rng.randrange(3)]]
    adjusting = Random(repr(lines))  # of its own, so that the draws of the next account stay what they were
    return lines + [_adjustment(adjusting, number) for number in range(adjusting.randrange(4))]


def _line(feed: str, members: Members) -> Line:
    return Line(feed, tuple(members))


def _conversation(rng: Random, conversation: str, moment: datetime) -> list[Line]:
    person = pick(rng, PEOPLE)
    known = as_object([("profile_id", person)] if chance(rng, 70) else [KEYS[person]])
    kinds = pick(rng, (("message", "recommend"), ("message", "recommend", "status"), ("message", "status"), ("message", "recommend", "message", "status"),
                       ("recommend",), ("message", "click", "recommend", "cart"), ("message", "human", "status"), ("message", "status", "message", "status")))  # fmt: skip
    lines = []
    for number, kind in enumerate(kinds):
        members: Members = [
            ("record_id", f'"r{number}"'),
            ("conversation_id", conversation),
            ("occurred_at", instant(moment)),
            *_own(rng, kind),
            *some(rng, 40, "channel", quoted(pick(rng, CHANNELS))),
            *some(rng, 30, "skill", quoted(pick(rng, ("alpha", "beta")))),
            *some(rng, 60, "profile", known),
            *some(rng, 1, "mode", '"preview"'),
        ]
        lines.append(_line("conversation_log", members))
        moment += timedelta(seconds=pick(rng, (0, 1, 60, 3600)), microseconds=pick(rng, (0, 0, 1)))
    return lines


def _own(rng: Random, kind: str) -> Members:
    if kind in ("message", "human"):
        actor = "human" if kind == "human" else pick(rng, ("customer", "customer", "customer", "agent"))
        return [("record_type", '"message"'), ("actor", quoted(actor))]
    if kind == "recommend":
        goods = [pick(rng, GOODS) for _ in range(1 + rng.randrange(2))]
        return [("record_type", '"products_recommended"'), ("products", as_list(goods))]
    if kind == "status":
        status = pick(rng, ("resolved", "resolved", "escalated", "closed"))
        return [("record_type", '"status_changed"'), ("status", quoted(status)), *some(rng, 60, "actor", '"agent"')]
    if kind == "click":
        return [("record_type", '"link_clicked"'), ("url", '"u"')]
    return [("record_type", '"added_to_cart"'), ("product_id", pick(rng, GOODS))]


def _order(rng: Random, order_id: str, placed_at: datetime, *more: tuple[str, str]) -> Line:
    person = pick(rng, PEOPLE)
    item = as_object([(pick(rng, ("product_id", "product_id", "sku")), pick(rng, CODES)), ("quantity", "1")])
    members: Members = [
        ("order_id", order_id),
        ("placed_at", instant(placed_at)),
        *more,
        ("profile", as_object([("profile_id", person)] if chance(rng, 70) else [KEYS[person]])),
        *some(rng, 20, "status", pick(rng, ('"cancelled"', '"voided"', '"refunded"', '"paid"', '"lost"'))),
        *some(rng, 25, "currency", pick(rng, ('"USD"', '"EUR"'))),
        ("total", pick(rng, ("10", "19.99", "5.5"))),
        *some(rng, 20, "refunded_total", "3.25"),
        *some(rng, 80, "items", as_list([item])),
    ]
    return _line("orders", members)


def _adjustment(rng: Random, number: int) -> Line:
    """Of an order or of none; ids repeat, so that some are conflicts."""
    members: Members = [
        ("adjustment_id", f'"a{number - rng.randrange(2)}"'),
        ("order_id", pick(rng, ('"o0"', '"o1"', '"o2"', '"o9"'))),
        ("kind", pick(rng, ('"cancelled"', '"refunded"', '" Refunded "', '"refunded"', '"void"'))),
        ("occurred_at", instant(edged(rng, NOW, -pick(rng, (0, 24, 720))))),
        *some(rng, 80, "amount", pick(rng, ("3.25", "4", "50", "1.005"))),
    ]
    return _line("order_adjustments", members)


def _profile(rng: Random, person: str) -> Line:
    name, value = KEYS[person]
    key = ("anonymous_ids", as_list([value])) if name == "anonymous_id" else (name, value)
    merged = some(rng, 15, "merged_into", pick(rng, ('"p1"', '"p2"', '"p4"')))
    return _line("profiles", [("profile_id", person), ("updated_at", '"2025-01-01T00:00:00Z"'), key, *merged])


def _permissions(rng: Random, person: str) -> list[Line]:
    lines = []
    for channel in ("email", "sms"):
        given = [("2025-01-01T00:00:00Z", "subscribed")] if chance(rng, 85) else []
        moments = [
            (instant(edged(rng, NOW, -pick(rng, (0, 24, 72)))), pick(rng, ("subscribed", "unsubscribed")))
            for _ in range(rng.randrange(2))
        ]
        for moment, status in [*((quoted(when), word) for when, word in given), *moments]:
            members: Members = [
                ("profile_id", person),
                ("channel", quoted(channel)),
                ("status", quoted(status)),
                ("occurred_at", moment),
            ]
            members += some(rng, 10, "valid_until", instant(edged(rng, NOW, pick(rng, (0, 0, -24, 24)))))
            lines.append(_line("consents", members))
    for _ in range(rng.randrange(3) if chance(rng, 30) else 0):
        moment = instant(edged(rng, NOW, -pick(rng, (0, 0, 24, 48))))
        action = pick(rng, ("suppress", "unsuppress"))
        members = [
            ("profile_id", person),
            ("channel", pick(rng, ('"email"', '"all"'))),
            ("action", quoted(action)),
            ("occurred_at", moment),
        ]
        lines.append(_line("suppressions", members))
    return lines


def _refused(rng: Random) -> Line:
    """A line that may have said no, and cannot be read; another of its feed may come before or after it."""
    feed = pick(rng, ("consents", "suppressions"))
    members: Members = [
        ("profile_id", pick(rng, PEOPLE)),
        ("channel", pick(rng, ('"email"', '"sms"', '"fax"', "3", '"all"'))),
        ("occurred_at", pick(rng, ('"yesterday"', "true", '"2031-01-01T00:00:00Z"'))),
    ]
    return _line(feed, members if chance(rng, 90) else members[:1])


def _send(rng: Random, number: int, triggers: list[datetime]) -> Line:
    if chance(rng, 50):
        sent_at = edged(rng, NOW, -pick(rng, (0, 15, 16, 24, 40)))
    else:
        sent_at = edged(rng, pick(rng, triggers), pick(rng, (0, 0, 1, 56, 72)))
    members: Members = [
        ("message_id", f'"m{number}"'),
        ("profile_id", pick(rng, PEOPLE)),
        ("channel", pick(rng, ('"email"', '"email"', '"sms"'))),
        ("sent_at", instant(sent_at)),
        ("kind", pick(rng, ('"flow"', '"flow"', '"campaign"', '"transactional"', '"blast"'))),
        *some(
            rng,
            40,
            "policy_id",
            pick(rng, ('"recommendation_follow_up_email"', '"recommendation_follow_up_sms"', '"other"')),
        ),
        *some(rng, 40, "event_id", f'"@product_recommendation_received|c{1 + rng.randrange(3)}|r{rng.randrange(3)}@"'),
    ]
    return _line("message_sends", members)


def _product(rng: Random, code: str) -> Line:
    members: Members = [
        ("product_id", code),
        ("updated_at", instant(NOW - timedelta(days=rng.randrange(3)))),
        *some(rng, 60, "sku", pick(rng, ('"s1"', '"s2"', '"k2"'))),
        ("in_stock", pick(rng, ("false", "false", "true"))),
    ]
    return _line("products", members)
