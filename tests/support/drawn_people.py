"""Random accounts where who is who is hard to say: keys that wander between profiles, versions, merges."""

from random import Random

from tests.support.draws import Members, as_list, as_object, chance, pick, some
from tests.support.scenarios import Line

PEOPLE = ('"p1"', '"p2"', '"p3"', '"p10"', '"p9"')
EMAILS = (
    '"ann@x.example"',
    '"ANN@x.example "',
    '"bo@x.example"',
    '"\u200bbo@x.example"',
    '"straße@x.example"',
    '"Strasse@X.example"',
    '"n/a"',
)
PHONES = (
    '"+1 555 0100"',
    '"0015550100"',
    '"555 0199"',
    '"123456"',
    '"00123456"',
    '"+1 (0)555 0100"',
    '"unknown"',
    "15550100",
)
EXTERNAL_IDS = ('"e1"', '"e2"', '"null"', "0")
ANONYMOUS_IDS = ('"a1"', '"a2"', '"anonymous"')
ALIASES = {"email": "customer_email", "phone_number": "phone"}  # of orders, in seeds/field_aliases.csv
VERSIONS = ('"2025-03-01T00:00:00Z"', '"2025-03-02T00:00:00Z"', '"2025-03-02T01:00:00+01:00"')
MOMENTS = ('"2025-03-05T00:00:00Z"', '"2025-03-05T00:00:00Z"', '"2025-03-05T00:00:01Z"')


def people_lines(rng: Random) -> list[Line]:
    """Profiles in several versions, and conversations and orders of people known by other keys than their ids."""
    lines = [_profile(rng) for _ in range(1 + rng.randrange(6))]
    for number in range(1 + rng.randrange(4)):
        lines += [_message(rng, number, place) for place in range(1 + rng.randrange(3))]
    return lines + [_order(rng, number) for number in range(rng.randrange(3))]


def _keys(rng: Random, percent: int) -> Members:
    members: Members = some(rng, percent, "email", pick(rng, EMAILS))
    members += some(rng, percent, "phone_number", pick(rng, PHONES))
    return members + some(rng, percent, "external_id", pick(rng, EXTERNAL_IDS))


def _profile(rng: Random) -> Line:
    members: Members = [("profile_id", pick(rng, PEOPLE)), ("updated_at", pick(rng, VERSIONS)), *_keys(rng, 45)]
    if chance(rng, 45):
        members.append(("anonymous_ids", as_list([pick(rng, ANONYMOUS_IDS) for _ in range(1 + rng.randrange(2))])))
    return Line("profiles", (*members, *some(rng, 30, "merged_into", pick(rng, PEOPLE))))


def _shopper(rng: Random) -> str:
    known = [*some(rng, 8, "profile_id", pick(rng, PEOPLE)), *_keys(rng, 45)]
    return as_object([*known, *some(rng, 45, "anonymous_id", pick(rng, ANONYMOUS_IDS))])


def _message(rng: Random, conversation: int, place: int) -> Line:
    members: Members = [
        ("record_id", f'"r{place}"'),
        ("conversation_id", f'"c{conversation}"'),
        ("occurred_at", pick(rng, MOMENTS)),
        ("record_type", '"message"'),
        ("actor", '"customer"'),
        ("profile", _shopper(rng)),
    ]
    return Line("conversation_log", tuple(members))


def _order(rng: Random, number: int) -> Line:
    members: Members = [
        ("order_id", f'"o{number}"'),
        ("placed_at", pick(rng, MOMENTS)),
        ("profile", _shopper(rng)),
        *some(rng, 50, "updated_at", pick(rng, MOMENTS)),
        ("total", pick(rng, ("1", "2"))),
    ]
    if chance(rng, 30):
        members += [(ALIASES.get(name, name), value) for name, value in _keys(rng, 60) if name != "external_id"]
    return Line("orders", tuple(members))
