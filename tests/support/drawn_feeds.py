"""Random records of the feeds besides the log: people, orders, consents, sends, products."""

from random import Random

from tests.support import draws
from tests.support.drawn_log import disturbed
from tests.support.draws import (
    Members,
    as_list,
    as_object,
    chance,
    kept_word,
    near,
    person,
    pick,
    quoted,
    some,
    word,
    written,
)
from tests.support.odd_values import BAD
from tests.support.scenarios import Line

ORDERS = ('"o1"', '"o1"', '"o2"', '"o3"', "5", '"5"', "5.0")
MESSAGES = ('"m1"', '"m2"', '"m3"', '"m4"', "6", "6.0")
POLICIES = ('"recommendation_follow_up_email"', '"recommendation_follow_up_sms"', '"another"')
STOCKS = ("false", "false", "false", "true", '"true"', '"No"', '" YES"', "0", "1", "2", '"1"', '"sold out"', "null")
SENDERS = ("email", "email", "sms", "sms", "push")


def profile_line(rng: Random, zone: str) -> Line:
    """One version of a profile."""
    members: Members = [("profile_id", person(rng, draws.PROFILES)), ("updated_at", written(rng, near(rng), zone))]
    members += some(rng, 50, "email", draws.email(rng))
    members += some(rng, 50, "phone_number", draws.phone(rng))
    members += some(rng, 40, "external_id", person(rng, draws.EXTERNAL_IDS))
    anonymous_ids = as_list(draws.several(rng, (*draws.ANONYMOUS_IDS, "null", '" "', '"n/a"', "0")))
    if chance(rng, 10):
        anonymous_ids = pick(rng, ('"a1"', "3", "3.0", '"[\\"a1\\", 3]"', '"[a1"', '"Unknown"', '"a1,a2"'))
    members += some(rng, 50, "anonymous_ids", anonymous_ids)
    members += some(rng, 25, "merged_into", person(rng, (*draws.PROFILES, '"p99"')))
    return Line("profiles", tuple(disturbed(rng, members)))


def order_line(rng: Random, zone: str) -> Line:
    """One version of an order."""
    members: Members = [("order_id", pick(rng, ORDERS)), ("placed_at", written(rng, near(rng), zone))]
    members += some(rng, 50, "updated_at", written(rng, near(rng), zone))
    members += some(rng, 90, "profile", draws.profile(rng))
    members += some(rng, 15, "email", draws.email(rng))
    members += some(rng, 8, "customer_email", draws.email(rng))
    members += some(rng, 8, "phone", draws.phone(rng))
    members += some(rng, 8, "buyer", person(rng, ('"e1"', '"e2"', '"ann@shop.example"')))
    if chance(rng, 6):
        members[1] = ("created_at", members[1][1])
    members += some(rng, 50, "status", kept_word(rng, "order_status", ("placed", "placed", "cancelled", "refunded")))
    members += some(rng, 40, "currency", pick(rng, ('"USD"', '" usd "', '"eur"', '"EUR"', '"AUD"', '""', "3")))
    members += some(rng, 70, "total", draws.money(rng))
    members += some(rng, 30, "refunded_total", draws.money(rng))
    members += some(rng, 70, "items", as_list([_item(rng) for _ in range(rng.randrange(4))]))
    return Line("orders", tuple(disturbed(rng, members)))


def _item(rng: Random) -> str:
    if chance(rng, 6):
        return pick(rng, BAD)
    members: Members = some(rng, 70, "product_id", pick(rng, draws.PRODUCTS))
    members += some(rng, 30, "sku", pick(rng, draws.PRODUCTS))
    quantities = ("1", "2", "0", "null", '""', "-1", '"2"', "1.5", '"2.0"', '"many"')
    members += some(rng, 50, "quantity", pick(rng, quantities) if chance(rng, 30) else "1")
    members += some(rng, 50, "price", draws.money(rng) if chance(rng, 30) else "9.99")
    return as_object(members)


def consent_line(rng: Random, zone: str) -> Line:
    """One consent."""
    members: Members = [
        ("profile_id", person(rng, draws.PROFILES)),
        ("channel", word(rng, "consent_channel", SENDERS)),
        ("status", kept_word(rng, "consent_status", ("subscribed",) * 5 + ("unsubscribed", "never_subscribed"))),
        ("occurred_at", written(rng, near(rng), zone)),
    ]
    members += some(rng, 20, "method", draws.text(rng))
    ends = (written(rng, near(rng), zone), '"2030-01-01T00:00:00Z"', '"1980-01-01T00:00:00Z"')
    members += some(rng, 30, "valid_until", pick(rng, ends))
    if chance(rng, 4):
        members[0] = ("Person Id", members[0][1])
    return Line("consents", tuple(disturbed(rng, members)))


def suppression_line(rng: Random, zone: str) -> Line:
    """One suppression."""
    members: Members = [
        ("profile_id", person(rng, draws.PROFILES)),
        ("channel", kept_word(rng, "suppression_channel", (*SENDERS, "all", "all"))),
        ("action", kept_word(rng, "suppression_action", ("suppress", "unsuppress"))),
        ("occurred_at", written(rng, near(rng), zone)),
        *some(rng, 20, "reason", draws.text(rng)),
    ]
    return Line("suppressions", tuple(disturbed(rng, members)))


def send_line(rng: Random, zone: str) -> Line:
    """One message that was sent; its event is one that the log may hold."""
    members: Members = [
        ("message_id", pick(rng, MESSAGES)),
        ("profile_id", person(rng, draws.PROFILES)),
        ("channel", word(rng, "consent_channel", SENDERS)),
        ("sent_at", written(rng, near(rng), zone)),
    ]
    members += some(rng, 70, "kind", kept_word(rng, "send_kind", ("flow", "flow", "campaign", "transactional")))
    members += some(rng, 50, "policy_id", pick(rng, POLICIES))
    event = f'"@product_recommendation_received|c{1 + rng.randrange(2)}|r{1 + rng.randrange(9)}@"'
    members += some(rng, 40, "event_id", pick(rng, (event, event, '"x"', "1")))
    return Line("message_sends", tuple(disturbed(rng, members)))


def product_line(rng: Random, zone: str) -> Line:
    """One version of a product."""
    members: Members = [("product_id", pick(rng, draws.PRODUCTS)), ("updated_at", written(rng, near(rng), zone))]
    members += some(rng, 60, "sku", pick(rng, draws.PRODUCTS))
    members += some(rng, 20, "title", draws.text(rng))
    members += some(rng, 40, "price", draws.money(rng))
    members += some(rng, 10, "url", quoted("https://shop.example"))
    members += some(rng, 70, "in_stock", pick(rng, STOCKS))
    return Line("products", tuple(disturbed(rng, members)))


def erasure_line(rng: Random, zone: str) -> Line:
    """A request to forget somebody; only for accounts where nobody else is known."""
    moment = '"2025-03-09"' if chance(rng, 20) else written(rng, near(rng), zone)
    members: Members = [("request_id", pick(rng, MESSAGES)), ("requested_at", moment)]
    members += some(rng, 40, "profile_id", pick(rng, draws.PROFILES))
    members += some(rng, 30, "email", draws.email(rng))
    members += some(rng, 30, "phone_number", draws.phone(rng))
    members += some(rng, 20, "phone", draws.phone(rng))
    return Line("erasures", tuple(disturbed(rng, members)))


FEED_LINES = (profile_line, order_line, consent_line, suppression_line, send_line, product_line)
