"""What is left of a forgotten person's line: the verdict on it and what is counted, and none of its words."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caw.adapters.records import Expansion, Record, restored
from caw.erasure.identifiers import normal
from caw.erasure.keyring import Keyring
from caw.erasure.redaction import Redaction
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.feeds.seeds import word_form
from tests.reference.landing import read_lines, refuse_line
from tests.reference.model import Refused
from tests.reference.seeds import read_seeds
from tests.reference.typed_records import Context, type_record
from tests.support.drawn_scenarios import any_scenario
from tests.support.redacting import SOURCE
from tests.support.scenarios import NOW
from tests.support.toy_vendor import FEED, registered

KEPT = (
    "occurred_at", "record_type", "status", "actor", "skill", "sequence", "mode", "channel", "products", "layout",
    "quantity", "placed_at", "total", "currency", "sent_at", "kind", "requested_at", "action", "valid_until",
)  # fmt: skip
SCENARIOS = 400


def drawn_lines(count: int) -> Iterator[tuple[str, str]]:
    """(feed, JSON text of an object) of random lines, many of them wrong in some field."""
    rng = Random(20260310)
    for _ in range(count):
        for line in any_scenario(rng).lines:
            if line.feed in feeds() and line.feed not in ("products", "chat_transcripts") and line.raw is None:
                members = dict(line.members)
                if len(members) == len(line.members):
                    yield line.feed, "{" + ",".join(f"{json.dumps(n)}:{v}" for n, v in members.items()) + "}"


def verdict(feed: str, text: str, context: Context) -> tuple[Any, ...]:
    """The reference's verdict on a line, and what it takes from it that an erasure keeps."""
    (line,) = read_lines(text.encode(), "jsonl", feed)
    try:
        refuse_line(line)
        assert line.record is not None
        typed = type_record(feed, line.record, context)
    except Refused as refusal:
        return ("rejected", refusal.reason, refusal.field_name)
    return ("accepted", *((name, typed.get(name)) for name in KEPT))


def test_a_redacted_line_has_the_verdict_it_had(redaction: Redaction) -> None:
    """A line is refused, or accepted, that was not before: counts of the ledger and of events move."""
    context = Context(read_seeds(SEEDS_DIR), SOURCE, NOW + timedelta(hours=24))
    seen: dict[str, int] = {}
    for feed, text in drawn_lines(SCENARIOS):
        left, _ = redaction.own_line(feeds()[feed], text)
        expected = verdict(feed, text, context)
        assert verdict(feed, left, context) == expected, (feed, text, left)
        seen[expected[0]] = seen.get(expected[0], 0) + 1
    assert seen["accepted"] > 1000 and seen["rejected"] > 500


def test_redacting_twice_is_redacting_once(redaction: Redaction) -> None:
    """A second delivery, or an erasure that died and is done again, makes another line of it."""
    for feed, text in drawn_lines(SCENARIOS // 4):
        left, _ = redaction.own_line(feeds()[feed], text)
        assert redaction.own_line(feeds()[feed], left)[0] == left


SECRET = "qx secret"


@pytest.mark.parametrize("feed", [name for name in feeds() if name not in ("products", "chat_transcripts")])
@pytest.mark.parametrize("value", [SECRET, [SECRET], {"deep": SECRET}, [{"product_id": {"a": SECRET}, "x": SECRET}]])
def test_a_word_goes_from_wherever_none_may_stay(redaction: Redaction, feed: str, value: Any) -> None:
    """A field of another type than is due, or one that nobody named, carries words through."""
    names = {name for name, kind in feeds()[feed].kinds.items() if kind not in ("id", "products", "items")}
    names -= {"skill"}  # kept as it is (spec §6.3)
    for name in names | {"unnamed", "first_name"}:
        left, _ = redaction.own_line(feeds()[feed], json.dumps({name: value}))
        assert "secret" not in left, (name, left)
    for name in {"products", "items"} & set(feeds()[feed].kinds):
        left, _ = redaction.own_line(feeds()[feed], json.dumps({name: [{"title": SECRET, "sku": {"a": SECRET}}]}))
        assert "secret" not in left


@pytest.mark.parametrize("named", ["chat/ANN@x.example", "p1/7", "+1 555-0100 again", "of customer 9", "0015550100"])
def test_an_id_with_the_person_in_it_gets_a_pseudonym_in_her_own_lines(redaction: Redaction, named: str) -> None:
    """An id tells who it was."""
    given = json.dumps({"conversation_id": named, "record_id": named})
    left = json.loads(redaction.own_line(feeds()["conversation_log"], given)[0])
    assert left["conversation_id"].startswith("erased-") and left["record_id"].startswith("erased-")
    assert left["conversation_id"] != left["record_id"]


@pytest.mark.parametrize(
    "kept", ["chat-7", "p10", "xp1", "customers-1", "joann@x.example", "915550100", "chat-ann@x.example"]
)
def test_an_id_without_a_whole_word_of_hers_stays(redaction: Redaction, kept: str) -> None:
    """An innocent id cannot be found again."""
    record = {"conversation_id": kept, "record_id": 12}
    assert json.loads(redaction.own_line(feeds()["conversation_log"], json.dumps(record))[0]) == record


def test_products_stay_whatever_number_they_share(redaction: Redaction) -> None:
    """A product's id is the person's, by chance, and who bought what is counted no more."""
    given = {"record_id": "r", "conversation_id": "c", "products": ["p1", {"sku": "customer", "title": "t"}]}
    left = json.loads(redaction.own_line(feeds()["conversation_log"], json.dumps(given))[0])
    assert left["products"] == ["p1", {"sku": "customer"}]


@pytest.mark.parametrize(
    "instant",
    ["2026-03-09", "2026-03-09T10:00", "2026-03-09t10:00:01,5 +01", "2026-03-09 10:00:01.123UTC", "1700000000.5",
     "2026-03-09T10:00:01+0100", " 2026-03-09T10:00:01 z "],
)  # fmt: skip
def test_instants_stay_as_they_were_written(redaction: Redaction, instant: str) -> None:
    """An event goes because its instant was taken for words."""
    left = json.loads(redaction.own_line(feeds()["conversation_log"], json.dumps({"occurred_at": instant}))[0])
    assert left == {"occurred_at": instant}


def test_words_in_place_of_an_instant_go(redaction: Redaction) -> None:
    """Whatever is in brackets is passed over by parsing, and would be kept."""
    for given, left in (
        ("2026-03-09T10:00:00+01:00[Ann]", "2026-03-09T10:00:00+01:00"),
        ("2026-03-09T10:00:00[Ann]", "erased"),
    ):
        line = json.dumps({"occurred_at": given})
        assert json.loads(redaction.own_line(feeds()["conversation_log"], line)[0]) == {"occurred_at": left}


def test_a_field_under_another_name_goes_and_the_line_still_says_that_it_was_there(redaction: Redaction) -> None:
    """An address in a column of a team's own stays in an order of the person's."""
    given = {"order_id": 7.0, "placed_at": "2026-03-09", "email": "ann@x.example", "phone": 15550100, "city": "Rome"}
    left = json.loads(redaction.own_line(feeds()["orders"], json.dumps(given))[0])
    assert left == {"order_id": 7.0, "placed_at": "2026-03-09", "profile": {"email": "erased", "phone_number": 1}}


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("email", "  Ann@X.example\u00a0", "ann@x.example"),
        ("email", " ", None),
        ("phone", "0049 (30) 1234-567", "49301234567"),
        ("phone", "123-456", None),
        ("phone", "(000) 000-0000", None),
        ("phone", "000000001", "0000001"),
        ("profile_id", " p1 ", " p1 "),
        ("email", "STRA\u1e9eE@x.example", "strasse@x.example"),
        ("phone", "+49 (0) 30 1234567.0", "49301234567"),
        ("email", "N/A", None),
        ("profile_id", "0-0", None),
        ("anonymous_id", " Anonymous", None),
        ("external_id", "customer", "customer"),
    ],
)
def test_identifiers_are_compared_in_the_specified_forms(kind: str, given: str, expected: str | None) -> None:
    """Spec §3.3: trimmed and lower case; digits only, a leading 00 dropped, 7 at least; ids as they are."""
    assert normal(kind, given) == expected


@pytest.mark.parametrize(
    ("reason", "category"),
    [
        ("Charged-twice again", "billing"),
        ("the VIP rule matched", "escalation_rule"),
        ("asked  for a human", "other"),
        ("SHOPPER REQUESTED it", "shopper_requested"),
        ("billing", "billing"),
        ("why not", "other"),
        ("  ", None),
        (7, None),
    ],
)
def test_the_category_of_a_reason_is_the_specified_one(reason: Any, category: str | None, redaction: Redaction) -> None:
    """Spec §3.7: the first pattern by position that occurs, matched like words; then a category's own name;
    else other."""
    assert redaction.words.category(reason) == category


def test_words_are_compared_in_the_specified_form() -> None:
    """NFC, trimmed, lower case, space, hyphen and underscore alike."""
    assert word_form("\u2003Re\u0301solu-e Par_IA \n") == "résolu_e_par_ia"


def test_a_pseudonym_is_the_keys_and_the_sources_own() -> None:
    """Two brands' people could be compared, or a lost key would not matter."""
    one, other = Keyring(b"1" * 32), Keyring(b"2" * 32)
    made = {ring.pseudonym(source, "id", "x") for ring in (one, other) for source in ("a", "b")}
    assert len(made) == 4 and one.pseudonym("a", "id", "x") in made
    assert one.pseudonym("a", "id", one.pseudonym("a", "id", "x")) == one.pseudonym("a", "id", "x")


def test_the_seeds_lie_where_redaction_reads_them() -> None:
    """A renamed seed would only be missed on the day of an erasure."""
    assert all((Path(SEEDS_DIR) / name).is_file() for name in ("word_aliases.csv", "escalation_categories.csv"))


@pytest.mark.parametrize("people", ["klaviyo", "shopify"])
def test_of_a_vendors_line_only_the_records_stay_that_count_in_the_source(redaction: Redaction, people: str) -> None:
    """Spec §2.3.10: where another vendor names the people, nothing stays of consents that count for nothing; an adjustment
    of an order stays as it is, so that no amount changes, and so does what the vendor counts.
    """
    adjustment = {"adjustment_id": "a1", "order_id": "o1", "kind": "refunded", "occurred_at": "2026-06-01T10:00:00Z"}
    records = [
        Record("order_adjustments", adjustment | {"amount": "5.00", "buyer": "qxbuyer"}),
        Record("consents", {"profile_id": "k1", "channel": "email", "occurred_at": "2026-06-01T10:00:00Z"}),
        Record("orders", {"order_id": "o1", "placed_at": "2026-06-01T09:00:00Z", "profile": {"profile_id": "k1"}}),
    ]
    given = Expansion(object_id="1", records=records, metric="conversation_started")
    own = replace(redaction, words=replace(redaction.words, people={SOURCE: people}))
    with registered("klaviyo"):
        left = restored(own.own_expansion(feeds()[FEED], given))
    is_named = people == "klaviyo"
    assert [record.feed for record in left.records] == [
        "order_adjustments", *(["consents"] if is_named else []), "orders",
    ]  # fmt: skip
    assert left.records[0].fields == adjustment | {"amount": "5.00"}
    assert left.records[-1].fields.get("profile") == ({"profile_id": "erased"} if is_named else None)
    assert (left.object_id, left.metric) == ("1", "conversation_started")
